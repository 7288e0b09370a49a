//! The layer alone, over a network on which nothing takes any time: what it does event by
//! event, against the closed forms.

use super::*;
use crate::bound::mixnet;
use crate::engine::EventList;
use crate::ledger::Class;
use crate::units::{Bytes, Rate};
use crate::world::{DatasetSpec, WorldSpec};
use sizes::{CHUNK, PACKET, PROOF};

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const LINE: Channel = Channel::ONLY;

/// No processor takes any time, and delays are as closed forms have them.
fn fluid() -> MixSpec {
    let none = Time::ZERO;
    MixSpec { relays: 40, delays: Family::Continuous, build_time: none, unwrap_time: none, ..MixSpec::default() }
}

struct Net {
    mix: Mix,
    list: EventList<(NodeId, Alarm)>,
    now: Time,
    /// Whether sessions are taken.
    takes: bool,
    dead: Vec<NodeId>,
    /// Bytes on all hops, by class; those of data in `Payload`.
    bytes: BTreeMap<Class, u64>,
    happened: Vec<(Time, Out)>,
}

impl Net {
    fn new(spec: MixSpec) -> Self {
        Net::between(2, spec)
    }

    fn between(nodes: u32, spec: MixSpec) -> Self {
        let dataset = DatasetSpec { size: Bytes(1 << 16), block_size: Bytes(1 << 16), group: 1 };
        let mut world = World::build(&WorldSpec::plain((nodes, 1), dataset, Rate::UNLIMITED), 1, 0);
        world.add_relays(spec.relays, 0);
        Net {
            mix: Mix::new(&world, &spec),
            list: EventList::new(),
            now: Time::ZERO,
            takes: true,
            dead: Vec::new(),
            bytes: BTreeMap::new(),
            happened: Vec::new(),
        }
    }

    /// What the layer has counted.
    fn told(&self, metric: &str) -> f64 {
        let counts = self.mix.report(self.now);
        counts.into_iter().find(|(name, _)| name == metric).unwrap_or_else(|| panic!("{metric}")).1
    }

    fn drain(&mut self) {
        while let Some(out) = self.mix.pop() {
            match out {
                Out::Alarm(at, node, alarm) => self.list.push(at, (node, alarm)),
                Out::Forward { packet, to, .. } => self.forward(packet, to),
                Out::Knock(id, ..) => self.mix.admit(id, self.takes),
                other => self.happened.push((self.now, other)),
            }
        }
    }

    fn forward(&mut self, packet: u32, to: NodeId) {
        let (class, bytes) = self.mix.booked(packet);
        self.mix.left(packet);
        if self.dead.contains(&to) {
            return self.mix.lost(packet);
        }
        match self.mix.count(packet) {
            Some((_, size)) => {
                *self.bytes.entry(Class::Payload).or_default() += size.payload;
                *self.bytes.entry(Class::MixData).or_default() += bytes - size.payload;
            }
            None => *self.bytes.entry(class).or_default() += bytes,
        }
        self.mix.arrived(packet, bytes);
    }

    /// Goes on until `end`, or until nothing is left to be done.
    fn run(&mut self, end: Time) {
        self.drain();
        while self.list.peek().is_some_and(|at| at <= end) {
            let Some((at, (node, alarm))) = self.list.pop() else { return };
            self.now = at;
            self.mix.at(at);
            self.mix.alarm(node, alarm);
            self.drain();
        }
    }

    /// The recipient of a standing session sends `chunks` chunks as one message: seconds
    /// from the first that is sent to the delivery.
    fn send(&mut self, chunks: u64) -> f64 {
        self.mix.stand([A, B], LINE);
        self.mix.write((B, A, LINE), 7, payload(chunks * CHUNK), 0);
        self.run(Time::from_secs(100_000));
        let at = |what: Out| self.happened.iter().find(|(_, out)| *out == what).map(|(at, _)| at.secs());
        at(Out::Delivered(7)).expect("it arrived")
    }

    fn bytes(&self, class: Class) -> f64 {
        self.bytes.get(&class).copied().unwrap_or(0) as f64
    }
}

fn payload(bytes: u64) -> Size {
    Size { payload: bytes, ..Size::default() }
}

/// Rate of a long message in bytes per second: the difference of two cancels its ends.
fn rate(spec: MixSpec) -> f64 {
    let time = |chunks| Net::new(spec).send(chunks);
    let (short, long) = (400, 16_400);
    (long - short) as f64 * CHUNK as f64 / (time(long) - time(short))
}

fn near(got: f64, want: f64, tolerance: f64) {
    assert!((got / want - 1.0).abs() < tolerance, "{got} is not {want} to {tolerance}");
}

/// Oracles M8 and M9, with the delays of the code and more reply blocks than are needed:
/// 199.0 and 149.5 ms for each chunk. Of 16,000 chunks the error of the mean is 1 ms.
#[test]
fn m8_and_m9_frames_wait_for_their_holds() {
    let spec = MixSpec { delays: Family::Exponential, capacity: 64, ..fluid() };
    let serial = CHUNK as f64 / rate(spec);
    assert!((serial - 0.1990).abs() < 3e-3, "{serial}");
    let at_once = CHUNK as f64 / rate(MixSpec { sending: Sending::Concurrent, ..spec });
    assert!((at_once - 0.1495).abs() < 2.5e-3, "{at_once}");
}

/// The loop of reply blocks alone, written down once more: 16 of them, two for each chunk,
/// supplied `count` at a time. A frame says what has been used up to then, or, not
/// `cumulative`, what it used itself.
fn loop_rate(count: u32, serial: bool, held: bool, cumulative: bool) -> f64 {
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    enum Happens {
        Grant(u32),
        Supply,
        Free,
    }
    let mut rng = crate::rng::Rng::stream(5, crate::rng::Purpose::MixDelay, 0);
    let mut delays =
        |n: u32| (0..n).map(|_| Family::Continuous.sample(Time::from_millis(100), &mut rng).nanos()).sum::<u64>();
    let way = if held { 3 } else { 2 };
    let (mut stock, mut used, mut supplied, mut limit) = (16u32, 0u32, 16u32, 16u32);
    let (mut busy, mut sent, mut now) = (false, 0u32, 0u64);
    let mut list = std::collections::BinaryHeap::new();
    loop {
        while stock >= 2 {
            (stock, used, sent) = (stock - 2, used + 2, sent + 1);
            let first = delays(way).min(delays(way));
            list.push(std::cmp::Reverse((now + first, Happens::Grant(used + 16))));
        }
        while limit - supplied >= count && !(serial && busy) {
            supplied += count;
            let hold = if held { delays(1) } else { 0 };
            busy = serial;
            if serial {
                list.push(std::cmp::Reverse((now + hold, Happens::Free)));
            }
            list.push(std::cmp::Reverse((now + hold + delays(2), Happens::Supply)));
        }
        let Some(std::cmp::Reverse((at, happens))) = list.pop().filter(|_| sent < 16_000) else { break };
        now = at;
        match happens {
            Happens::Grant(told) => limit = if cumulative { limit.max(told) } else { limit + 2 },
            Happens::Supply => stock += count,
            Happens::Free => busy = false,
        }
    }
    f64::from(sent) * CHUNK as f64 / (now as f64 / 1e9)
}

/// Oracles M10 and M10b: reply blocks limit a session that waits for nothing else. The
/// values of M10b are those where a frame tells of its own reply blocks alone; they were found
/// with 4000 chunks, of which the mean has an error of about 1.5 %. The credit on
/// a frame is a sum, so one that overtakes tells of those before it, and a session gets more.
#[test]
fn m10_reply_blocks_limit_what_is_sent_at_once() {
    let credit = |held| mixnet::credit_rate(16, 2, if held { 3 } else { 2 }, 0.1, CHUNK as f64);
    near(loop_rate(2, false, true, false), credit(true), 0.02);
    near(loop_rate(2, false, false, false), credit(false), 0.02);
    let spec = MixSpec { sending: Sending::Pipelined, ..fluid() };
    for (supply, supply_serial, hold, m10b) in [
        (2, false, true, 60.8e3),
        (5, false, true, 52.5e3),
        (5, true, true, 49.3e3),
        (2, false, false, 94.0e3),
        (5, false, false, 79.0e3),
        (5, true, false, 78.4e3),
    ] {
        near(loop_rate(supply, supply_serial, hold, false), m10b, 0.04);
        let mean = if hold { spec.hold } else { Time::ZERO };
        let got = rate(MixSpec { supply, supply_serial, hold: mean, ..spec });
        near(got, loop_rate(supply, supply_serial, hold, true), 0.02);
        assert!(got > m10b, "{got} {m10b}");
    }
}

/// Oracles M11 and M12: what is booked is what the packets come to, over three links.
#[test]
fn m11_and_m12_every_packet_is_booked_over_three_links() {
    let mut net = Net::new(fluid());
    let chunks = 2_000;
    net.send(chunks);
    let packets = |class: Class| net.bytes(class) / PACKET as f64;
    let data = net.bytes(Class::Payload);
    assert_eq!(data, (chunks * CHUNK) as f64);
    assert_eq!((data + net.bytes(Class::MixData)) / PACKET as f64, chunks as f64);
    assert_eq!(packets(Class::MixCopy), chunks as f64, "two copies of each");
    let acks = packets(Class::MixAck) / chunks as f64;
    assert!((1.0..2.0).contains(&acks), "{acks} acknowledgements for each chunk");
    let supplies = packets(Class::MixSupply) / chunks as f64;
    assert!((0.4..0.42).contains(&supplies), "{supplies}");
    let at_end: f64 =
        net.bytes.iter().filter(|(class, _)| **class != Class::MixRelay).map(|(_, bytes)| *bytes as f64).sum();
    let other = packets(Class::MixControl) / chunks as f64;
    let want = mixnet::overhead(2.0 + acks + supplies + other, PACKET as f64, CHUNK as f64);
    near(at_end / data, want, 1e-9);
    near(net.bytes(Class::MixRelay), 2.0 * at_end, 1e-9);
    near(data / net.told("mix_relay_tx_bytes"), mixnet::payload_per_relay_byte(want, 2), 1e-9);
    near(net.told("mix_packet_time_mean_s"), 0.3, 0.02); // a hold and two delays
    // Five in each supply, two with each question whether anybody is there (a third of what the
    // session itself needs, its answer in two copies is the rest); the other end uses what comes.
    let [made, used] = ["mix_surbs", "mix_surbs_used"].map(|name| net.told(name));
    assert!((-16.0..=21.0).contains(&(made - used)), "{made} {used}");
    near(made, 5.0 * net.told("mix_supply_packets") + 2.0 / 3.0 * net.told("mix_control_packets"), 0.01);
}

/// Oracle M13: a limit of a hundred packets in 10 s is the rate of a sender, whatever else
/// it could.
#[test]
fn m13_a_limit_is_the_rate_of_a_sender() {
    let spec = MixSpec {
        relays: 200,
        limit: 100,
        sending: Sending::Pipelined,
        proof_time: Time::from_millis(15),
        verify_time: Time::ZERO,
        ..fluid()
    };
    let got = rate(spec);
    near(got, mixnet::slot_rate(10.0, 2.0, CHUNK as f64), 0.03);
}

/// Oracle M15, second half: with cover traffic alone every node sends its own and those of
/// two others.
#[test]
fn m15_bytes_of_cover_traffic() {
    let mut net = Net::between(30, MixSpec { relays: 0, limit: 100, cover: 0.7, ..fluid() });
    net.run(Time::from_secs(1_000));
    let bytes: u64 = net.bytes.values().sum();
    assert_eq!(bytes % (PACKET + PROOF), 0);
    near(bytes as f64 / 30.0 / 1_000.0, 25.77e3, 0.01);
    assert!(net.bytes(Class::MixCover) * 2.0 <= net.bytes(Class::MixRelay));
}

/// Oracle M16: of a hundred relays three are dead.
#[test]
fn m16_dead_relays_lose_packets() {
    let spec = MixSpec { relays: 100, sending: Sending::Pipelined, timeout: Time::from_secs(5), ..fluid() };
    let mut net = Net::new(spec);
    net.dead = vec![NodeId(10), NodeId(50), NodeId(90)];
    net.send(10_000);
    let report: BTreeMap<String, f64> = net.mix.report(net.now).into_iter().collect();
    let fails = report["mix_lost"] / report["mix_packets"];
    assert!((fails - mixnet::path_fails(0.03, 2)).abs() < 0.005, "{fails}");
    let again = report["mix_sent_again"] / 10_000.0;
    assert!((again - 0.00349).abs() < 0.003, "{again}");
}

/// Oracle M17: in a relay rest as many packets as come in a mean delay (Little).
#[test]
fn m17_packets_that_rest_in_a_relay() {
    let mut net = Net::new(MixSpec { relays: 2, ..fluid() });
    net.send(3_000);
    let report: BTreeMap<String, f64> = net.mix.report(net.now).into_iter().collect();
    near(report["mix_packets_in_relay"], report["mix_relay_packets_per_s"] * 0.1, 0.03);
}

#[test]
fn a_session_begins_and_ends() {
    let mut net = Net::new(fluid());
    net.mix.connect(A, B, LINE);
    net.run(Time::from_secs(10));
    let happened: Vec<Out> = net.happened.drain(..).map(|(_, out)| out).collect();
    assert_eq!(happened, [Out::Stands(B, A, LINE), Out::Stands(A, B, LINE)]);
    net.mix.hang_up(A, B, LINE);
    net.run(Time::from_secs(20));
    assert!(matches!(net.happened[..], [(_, Out::Ended(B, A, LINE))]), "{:?}", net.happened);
    assert!(!net.mix.knows(A, B, LINE) && !net.mix.knows(B, A, LINE));
}

#[test]
fn who_is_not_taken_is_told() {
    let mut net = Net::new(fluid());
    net.takes = false;
    net.mix.connect(A, B, LINE);
    net.run(Time::from_secs(10));
    assert!(matches!(net.happened[..], [(_, Out::Refused(A, B, LINE))]), "{:?}", net.happened);
    // Of one who is not there nothing is heard for half a minute.
    let mut net = Net::new(fluid());
    net.dead = vec![B];
    net.mix.connect(A, B, LINE);
    net.run(Time::from_secs(100));
    assert_eq!(net.happened, [(Time::from_secs(30), Out::Refused(A, B, LINE))]);
}

/// Two minutes of silence, then three questions 30 s apart.
#[test]
fn silence_ends_a_session() {
    let mut net = Net::new(fluid());
    net.mix.connect(A, B, LINE);
    net.run(Time::from_secs(10));
    let heard = net.happened.drain(..).next_back().map(|(at, _)| at).unwrap();
    net.dead = vec![B];
    net.mix.offline(B);
    net.mix.write((A, B, LINE), 3, payload(100), 0);
    net.run(Time::from_secs(1_000));
    let ended = net.happened.iter().find(|(_, out)| *out == Out::Ended(A, B, LINE)).unwrap().0;
    let patience = ended.since(heard);
    assert!((210.0..211.0).contains(&patience.secs()), "{patience}");
    assert!(net.happened.iter().any(|(_, out)| *out == Out::Dropped(3)));
}

/// An idle session lives: both ends hear of each other every two minutes.
#[test]
fn an_idle_session_stays() {
    let mut net = Net::new(fluid());
    net.mix.connect(A, B, LINE);
    net.run(Time::from_secs(3_600));
    assert_eq!(net.happened.len(), 2, "{:?}", net.happened);
    net.mix.write((B, A, LINE), 4, payload(10_000), 2);
    net.run(Time::from_secs(3_700));
    let said: Vec<&Out> = net.happened[2..].iter().map(|(_, out)| out).collect();
    assert_eq!(said, [&Out::Written(4), &Out::Delivered(4)]);
}

#[test]
fn both_ends_write_on_streams_of_their_own() {
    let mut net = Net::new(fluid());
    net.mix.connect(A, B, LINE);
    net.run(Time::from_secs(10));
    for (letter, (from, to), lane) in [(1, (A, B), 0), (2, (B, A), 2), (3, (A, B), 1), (4, (B, A), 0)] {
        net.mix.write((from, to, LINE), letter, payload(20_000), lane);
    }
    net.run(Time::from_secs(60));
    let mut delivered: Vec<&Out> =
        net.happened.iter().map(|(_, out)| out).filter(|out| matches!(out, Out::Delivered(_))).collect();
    delivered.sort_by_key(|out| format!("{out:?}"));
    assert_eq!(delivered, [1, 2, 3, 4].map(Out::Delivered).iter().collect::<Vec<_>>());
}

/// A lost chunk is sent again after half a minute, and a lost supply too.
#[test]
fn what_is_lost_comes_after_half_a_minute() {
    let spec = MixSpec { copies: 1, relays: 20, ..fluid() };
    let whole = Net::new(spec).send(40);
    let mut net = Net::new(spec);
    net.dead = vec![NodeId(7), NodeId(8)];
    let late = net.send(40);
    assert!(whole < 15.0 && late > 30.0, "{whole} {late}");
    let report: BTreeMap<String, f64> = net.mix.report(net.now).into_iter().collect();
    assert!(report["mix_sent_again"] > 0.0 && report["mix_supplied_again"] > 0.0, "{report:?}");
}

/// Coded messages need no copies: half of the packets, and twice the rate of a lock that
/// waits for one hold in the place of two.
#[test]
fn coded_messages_take_one_packet_for_each_chunk() {
    let send = |coding| {
        let mut net = Net::new(MixSpec { coding, ..fluid() });
        let time = net.send(267);
        (time, net.bytes(Class::Payload), net.bytes(Class::MixCopy) / PACKET as f64)
    };
    let (plain, data, copies) = send(Coding::None);
    assert_eq!((data, copies), ((267 * CHUNK) as f64, 267.0));
    let (coded, data, surplus) = send(Coding::Medium);
    assert_eq!(data, (267 * CHUNK) as f64);
    assert!(surplus <= 12.0 && coded < 0.56 * plain, "{surplus} {coded} {plain}");
}

/// Where a node at the end hands on, a packet passes four links on its way and three back.
#[test]
fn exits_hand_on_in_clear() {
    let hops = |exit| {
        let mut net = Net::new(MixSpec { exit, ..fluid() });
        net.mix.connect(A, B, LINE);
        net.run(Time::from_millis(29_000));
        let [all, relayed] = [None, Some(Class::MixRelay)].map(|only| {
            let of = net.bytes.iter().filter(|(class, _)| only.is_none_or(|only| only == **class));
            of.map(|(_, bytes)| *bytes).sum::<u64>()
        });
        (all - relayed, relayed)
    };
    // Connect, two copies of the answer, and two supplies: there is room for 18 - 5 blocks.
    assert_eq!(hops(Exit::Destination), (5 * PACKET, 10 * PACKET));
    assert_eq!(hops(Exit::Node), (3 * sizes::DATA + 2 * PACKET, 13 * PACKET));
}

#[test]
fn queries_go_through_proxies_and_find_the_next_one() {
    let spec = MixSpec { proxies: 2, query_timeout: Time::from_secs(90), ..fluid() };
    let mut net = Net::between(4, spec);
    let asker = NodeId(3);
    net.mix.queries = Queries::of(vec![A, B]);
    assert!(net.mix.hides_queries(asker) && !net.mix.hides_queries(A));
    net.mix.ask(asker, 5);
    net.run(Time::from_secs(10));
    let [(_, Out::LookUp { proxy, key: 5 })] = net.happened[..] else { panic!("{:?}", net.happened) };
    let many: Vec<NodeId> = (0..40).map(NodeId).collect();
    assert!(net.mix.found(proxy, 5, &many) && !net.mix.found(proxy, 5, &many));
    net.run(Time::from_secs(20));
    let Some((_, Out::Answered { key: 5, providers, .. })) = net.happened.get(1) else { panic!() };
    assert_eq!(providers.len(), 13, "as many as fit");
    // Nobody answers: each proxy has its time.
    net.happened.clear();
    net.dead = vec![A, B];
    net.mix.ask(asker, 6);
    net.run(Time::from_secs(500));
    let [(at, Out::Answered { key: 6, providers, .. })] = &net.happened[..] else { panic!("{:?}", net.happened) };
    assert!(providers.is_empty() && at.secs() > 180.0 && at.secs() < 182.0, "{at}");
}
