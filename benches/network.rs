//! What the network costs: time per message (streams that always have a next
//! one) and per flow event (streams that come and go), messages of 1.3 MB
//! between random pairs; and of small messages between them, as flows and as loads.

use codexsim::network::{NetEvent, Network, NetworkModel, NetworkSpec, Transport, WireFlight};
use codexsim::rng::{Purpose, Rng};
use codexsim::units::{Bytes, Rate, Time};
use codexsim::world::{Channel, Dataset, Datasets, Hardware, Latency, Life, Node, NodeId, Role, World};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const SIZE: Bytes = Bytes(1_300_000);
const SMALL: Bytes = Bytes(100);
const MESSAGES: u64 = 20_000;
/// Small messages for each large one, where there are any.
const BESIDE: u64 = 50;

/// Random uplinks of 20 to 100 Mbit/s, downlinks `faster` times as fast.
fn world(nodes: u32, faster: u64) -> World {
    let mut rng = Rng::stream(1, Purpose::Links, 0);
    let node = |_| {
        let up = Rate(20_000_000 + rng.below(80_000_000));
        Node::new(Role::Leecher, up, Rate(up.0 * faster))
    };
    World {
        nodes: (0..nodes).map(node).collect(),
        latency: Latency::constant(Time::from_millis(50)),
        regions: vec![],
        classes: vec![],
        overlay: None,
        mesh: codexsim::world::Mesh::None,
        lives: vec![Life::without_outages(); nodes as usize],
        strikes: Vec::new(),
        datasets: Datasets::new(vec![Dataset::new(SIZE, SIZE, 1, None)]),
        dataset_classes: vec![0],
        dataset_names: vec![],
        steps: vec![],
        at_a_time: 1,
        think: Time::ZERO,
        given: None,
        wants: None,
        hardware: vec![Hardware::IDEAL],
        seed: 1,
    }
}

/// A network under load. The name of a message is the number of its pair.
struct Load {
    network: Network,
    pairs: Vec<(NodeId, NodeId)>,
    idle: Vec<u32>,
    /// Small messages go over idle streams beside the large ones of the others.
    beside: bool,
    /// By pair: whether its stream is one of the busy ones at the start.
    is_large: Vec<bool>,
    rng: Rng,
    now: Time,
    out: Vec<NetEvent>,
}

impl Load {
    /// `busy` streams per node have two messages each; `idle` further ones
    /// per node wait for their turn.
    fn new(nodes: u32, faster: u64, model: NetworkModel, busy: u32, idle: u32) -> Self {
        Self::over(Transport::NONE, (nodes, faster, model), (busy, idle))
    }

    /// The same over a transport.
    fn over(transport: Transport, (nodes, faster, model): (u32, u64, NetworkModel), (busy, idle): (u32, u32)) -> Self {
        let spec = NetworkSpec { model, transport, jitter: None, loss: 0.0 };
        let mut network = Network::new(&world(nodes, faster), &spec);
        let mut rng = Rng::stream(2, Purpose::Links, 0);
        let mut pairs = Vec::new();
        for from in 0..nodes {
            for _ in 0..busy + idle {
                let to = (from + 1 + rng.below(u64::from(nodes) - 1) as u32) % nodes;
                network.open(NodeId(from), NodeId(to), Channel::ONLY);
                pairs.push((NodeId(from), NodeId(to)));
            }
        }
        let mut order: Vec<u32> = (0..pairs.len() as u32).collect();
        rng.shuffle(&mut order);
        let waiting = order.split_off((nodes * busy) as usize);
        let mut is_large = vec![true; pairs.len()];
        waiting.iter().for_each(|pair| is_large[*pair as usize] = false);
        let mut load =
            Load { network, pairs, idle: waiting, beside: false, is_large, rng, now: Time::ZERO, out: Vec::new() };
        for pair in order {
            load.send(pair);
            if idle == 0 {
                load.send(pair);
            }
        }
        load
    }

    /// Small messages that are loads of up to so many bytes, or flows; and large ones that go on.
    fn beside(small: u64) -> Self {
        let transport = Transport { small: Bytes(small), ..Transport::NONE };
        Load { beside: true, ..Self::over(transport, (1_000, 1, NetworkModel::Fair), (10, 10)) }
    }

    fn send(&mut self, pair: u32) {
        self.send_sized(pair, SIZE);
    }

    fn send_sized(&mut self, pair: u32, wire: Bytes) {
        let (from, to) = self.pairs[pair as usize];
        let flight = WireFlight { id: pair, wire, tracked: false };
        self.network.send(self.now, (from, to), Channel::ONLY, flight, &mut self.out);
    }

    /// Goes on until so many messages have arrived. Each is followed by another,
    /// on the same stream or, if there are idle ones, on a random idle one.
    fn run(&mut self, messages: u64) {
        let mut arrived = 0;
        while arrived < messages {
            self.now = self.network.next_event().expect("messages are on their way");
            self.network.advance(self.now, &mut self.out);
            for event in std::mem::take(&mut self.out) {
                let NetEvent::Arrived(mut pair) = event else { continue };
                arrived += 1;
                if self.beside {
                    self.go_on_beside(pair);
                    continue;
                }
                if !self.idle.is_empty() {
                    let pick = self.rng.below(self.idle.len() as u64) as usize;
                    pair = std::mem::replace(&mut self.idle[pick], pair);
                }
                self.send(pair);
            }
        }
    }
}

impl Load {
    /// A large message is followed by another on its stream, and by small ones on idle streams.
    fn go_on_beside(&mut self, pair: u32) {
        if !self.is_large[pair as usize] {
            return;
        }
        self.send(pair);
        for _ in 0..BESIDE {
            let pick = self.rng.below(self.idle.len() as u64) as usize;
            self.send_sized(self.idle[pick], SMALL);
        }
    }
}

fn measure(c: &mut Criterion, name: &str, make: impl Fn() -> Load) {
    let mut group = c.benchmark_group("network");
    group.throughput(Throughput::Elements(MESSAGES)).sample_size(10);
    group.bench_function(name, |b| {
        let warm = || {
            let mut load = make();
            load.run(MESSAGES);
            load
        };
        b.iter_batched(warm, |mut load| load.run(MESSAGES), BatchSize::PerIteration);
    });
}

fn benches(c: &mut Criterion) {
    use NetworkModel::{Fair, Fifo};
    for (model, name) in [(Fifo, "fifo"), (Fair, "fair")] {
        for (nodes, busy) in [(1_000, 10), (10_000, 4)] {
            measure(c, &format!("{name}/{nodes}x{busy} steady"), || Load::new(nodes, 1, model, busy, 0));
            for faster in [1, 5] {
                let case = format!("{name}/{nodes}x{busy} come and go, down {faster} up");
                measure(c, &case, || Load::new(nodes, faster, model, busy, busy));
            }
        }
    }
}

fn small(c: &mut Criterion) {
    measure(c, "fair/1000x10 and small messages, as flows", || Load::beside(0));
    measure(c, "fair/1000x10 and small messages, as loads", || Load::beside(400));
}

criterion_group!(network, benches, small);
criterion_main!(network);
