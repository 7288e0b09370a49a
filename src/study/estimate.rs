//! What a run will roughly cost, before it is carried out.

use crate::discovery::{DhtParams, DiscoverySpec, LoadSpec, Refresh};
use crate::mix::MixSpec;
use crate::protocol::SwarmShape;
use crate::sim::{RunSpec, Spec};
use crate::storage::{RareMethod, StorageSpec};
use crate::units::{Bytes, Time};
use crate::world::{Arrivals, Dataset, DatasetClass, DatasetSpec, HolderSpec, RequestSpec, WantedBy, WorldSpec};

/// Memory of the program itself and of a node, in bytes.
const PROGRAM: f64 = 17.5e6;
const NODE: f64 = 4e3;

/// Bytes of a bucket of a routing table, of a node in it, and of a session.
const BUCKET: f64 = 24.0;
const ENTRY: f64 = 8.0;
const SESSION: f64 = 8.0;

/// Seconds to draw the table of a node at the start, to handle a datagram of a
/// small hash table, and what comes on top in one of 1e5 nodes.
const JOINED: f64 = 5e-5;
const DATAGRAM: f64 = 0.6e-6;
const DATAGRAM_FAR: f64 = 1.6e-6;

/// Events of a packet of a mixnet at each of its hops, and seconds for each of these.
const HOP_EVENTS: f64 = 5.3;
const HOP_EVENT: f64 = 0.7e-6;

/// What a run will roughly cost: mostly within a factor of 3, no better.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Estimate {
    /// Blocks (or requests and pieces, where a protocol moves these) delivered.
    pub deliveries: f64,
    /// Events to be handled.
    pub events: f64,
    /// Time on one core.
    pub seconds: f64,
    /// Memory while it runs, in bytes.
    pub memory_bytes: f64,
}

/// Every leecher receives everything once; what a delivery costs the protocol says
/// ([`crate::protocol::Protocol::cost`]).
pub fn estimate(spec: &RunSpec) -> Estimate {
    estimate_with(spec, spec.world.overlay.as_ref().map_or(spec.world.swarm.network_size - 1, |o| o.mean_degree()))
}

/// The same when each node knew `peers` others.
fn estimate_with(spec: &RunSpec, peers: u32) -> Estimate {
    let (swarm, DatasetSpec { size, block_size, group }) = (&spec.world.swarm, spec.world.dataset);
    let shape = SwarmShape {
        nodes: swarm.network_size,
        seeders: swarm.seeders,
        idle: spec.world.idle_nodes(),
        peers,
        dataset: Dataset::new(size, block_size, group, None),
        network: spec.network.model,
    };
    let nodes = f64::from(shape.nodes);
    let (mut transfer, mut connections) = (Estimate::default(), 0.0);
    for (count, shape) in swarms(spec, shape) {
        let cost = spec.protocol.cost(&shape);
        let deliveries = count * shape.leechers() * cost.deliveries;
        connections += count * f64::from(shape.nodes) * cost.connections * cost.connection_bytes;
        transfer = transfer.then(Estimate {
            deliveries,
            events: deliveries * cost.events,
            seconds: deliveries * cost.micros * 1e-6,
            memory_bytes: 0.0,
        });
        if let Some(mix) = &spec.mix {
            let bytes = count * shape.leechers() * shape.dataset.size.get() as f64;
            transfer = transfer.then(mixnet(mix, bytes));
        }
    }
    // Datasets share connections, and nobody has more than with all whom it knows.
    let all = spec.protocol.cost(&shape);
    let connections = connections.min(nodes * all.connections * all.connection_bytes);
    transfer.memory_bytes = PROGRAM + nodes * NODE + connections;
    match &spec.discovery {
        DiscoverySpec::Dht(params, load) => {
            // How long a download takes is not known; a time to run for is.
            let time = spec.stop.run_for.map_or(0.0, |time| time.secs());
            transfer.with(hash_table(params, load.as_ref(), nodes, time))
        }
        _ => transfer,
    }
}

/// The swarms of a run, and how many there are of each: one, or one for each dataset, of those
/// that hold it and those that want or ask for it.
fn swarms(spec: &RunSpec, whole: SwarmShape) -> Vec<(f64, SwarmShape)> {
    let classes = &spec.world.datasets;
    if classes.is_empty() {
        return vec![(1.0, whole)];
    }
    let requests = spec.world.requests.as_ref().map_or(0.0, |requests| asked(requests, spec, whole.leechers()));
    let weights: f64 = classes.iter().map(|class| f64::from(class.count) * class.weight).sum();
    let swarm = |class: &DatasetClass| {
        let nodes = f64::from(whole.nodes);
        let holders = match class.holders {
            HolderSpec::Seeders | HolderSpec::Class(_) => f64::from(whole.seeders),
            HolderSpec::Nobody => 1.0,
            HolderSpec::Replicas(replicas) => f64::from(replicas),
            HolderSpec::Share(share) => share * nodes,
        };
        let wanting = match class.wanted_by {
            Some(WantedBy::Leechers | WantedBy::Class(_)) => whole.leechers(),
            None if spec.world.requests.is_none() => whole.leechers(),
            None | Some(WantedBy::Nobody) => 0.0,
            Some(WantedBy::Share(share)) => share * whole.leechers(),
        };
        let of_requests = if weights > 0.0 { requests * class.weight / weights } else { 0.0 };
        let (holders, wanting) = (holders.max(1.0), (wanting + of_requests).min(nodes - 1.0));
        // Who is asked for by less than one in the mean is so by one now and then.
        let some = wanting.min(1.0);
        let taking = wanting.max(1.0).round();
        let together = ((holders + taking).round() as u32).max(2);
        let size = Bytes(WorldSpec::mean_total_size(std::slice::from_ref(class)).get() / u64::from(class.count.max(1)));
        let DatasetSpec { block_size, group, .. } = spec.world.dataset;
        let shape = SwarmShape {
            nodes: together,
            seeders: together - taking as u32,
            idle: 0,
            peers: whole.peers.min(together - 1),
            dataset: Dataset::new(Bytes(size.get().max(1)), class.block_size.unwrap_or(block_size), group, class.code),
            ..whole
        };
        (f64::from(class.count) * some, shape)
    };
    classes.iter().map(swarm).collect()
}

/// How many requests there are in the mean.
fn asked(requests: &RequestSpec, spec: &RunSpec, leechers: f64) -> f64 {
    match &requests.arrivals {
        Arrivals::Each(number) => f64::from(*number) * leechers,
        Arrivals::Trace(rows) => rows.len() as f64,
        Arrivals::Poisson { mean, each_node, number, until } => {
            let end = until.or(spec.stop.run_for).map_or(f64::INFINITY, Time::secs);
            let in_time = end / mean.secs();
            let each = number.map_or(in_time, |number| f64::from(number).min(in_time));
            let all = if *each_node { each * leechers } else { each };
            if all.is_finite() { all } else { 0.0 }
        }
    }
}

/// What it costs to move `bytes` through a mixnet: for each chunk its copies, one and a half
/// acknowledgements and the supplies, each over all hops; a hop takes five events (measured
/// in a download of 1 MiB: 62 events for a chunk).
fn mixnet(mix: &MixSpec, bytes: f64) -> Estimate {
    let copies = f64::from(mix.copies);
    let packets = copies + 1.5 + copies / f64::from(mix.supply);
    let events = bytes / mix.coding.chunk() as f64 * packets * f64::from(mix.hops) * HOP_EVENTS;
    Estimate { deliveries: 0.0, events, seconds: events * HOP_EVENT, memory_bytes: 0.0 }
}

/// What a hash table of `nodes` nodes costs in `time` simulated seconds.
///
/// A ping is a reminder and, with the set-up that it mostly needs, four
/// datagrams. Of the requests of a look-up many find a session: three and a half
/// datagrams each, 1.2 k of them in an announcement, and k records of three. A
/// datagram is an event. With many nodes it finds nothing in a cache.
fn hash_table(params: &DhtParams, load: Option<&LoadSpec>, nodes: f64, time: f64) -> Estimate {
    let k = f64::from(params.k);
    let bits = libm::log2((nodes / k).max(1.0));
    let pause = 0.5 * (params.revalidate_min.secs() + params.revalidate_max.secs());
    let pings = if pause > 0.0 { 5.0 / pause } else { 0.0 };
    let refreshes = match params.refresh {
        Refresh::Random => 4.0 * k / params.refresh_interval.secs(),
        Refresh::StaleBuckets => bits * 4.0 * k / params.refresh_interval.max(params.stale_after).secs(),
    };
    let asked = load.map_or(0.0, |load| {
        let announcements = f64::from(load.keys_per_node) / params.advertise_interval.secs();
        7.2 * k * announcements + 8.2 * k * load.queries_per_second
    });
    let events = nodes * time * (pings + refreshes + asked);
    // Full hops of buckets on the way to the own id, and what is left of the last.
    let per_hop = f64::from(params.bits_per_hop);
    let hops = libm::floor(bits / per_hop);
    let buckets = hops * (libm::exp2(per_hop) - 1.0) + libm::exp2(bits - hops * per_hop);
    let bucket = BUCKET + ENTRY * f64::from(params.k + params.replacements);
    Estimate {
        deliveries: 0.0,
        events,
        seconds: nodes * JOINED + events * (DATAGRAM + DATAGRAM_FAR * (nodes / 1e5).min(1.0)),
        memory_bytes: nodes * (buckets * bucket + SESSION * f64::from(params.sessions)),
    }
}

/// Seconds of an event of a storage run, and of one slot's history that is split; bytes of a
/// slot and of a host.
const SLOT_EVENT: f64 = 0.2e-6;
const SPLIT_SLOT: f64 = 0.05e-6;
const SLOT: f64 = 24.0;
const HOST: f64 = 500.0;

/// What the histories of a storage run cost: each host that dies takes its slots with it, and
/// each of them is seen and rebuilt.
fn years(spec: &StorageSpec) -> Estimate {
    let slots = spec.units() as f64 * f64::from(spec.code.total);
    let lives = spec.horizon.secs() / spec.hosts.life.mean.secs();
    let away = spec.hosts.away.map_or(0.0, |away| spec.horizon.secs() / (away.up.secs() + away.down.secs()));
    let sources = if spec.shares_links() { 1.0 + 4.0 * f64::from(spec.code.data) } else { 1.0 };
    let events = f64::from(spec.histories) * slots * (2.0 * lives * sources + away);
    let split = f64::from(spec.rare.starts) * f64::from(spec.rare.repetitions) * f64::from(spec.parity() + 1);
    let split = if spec.rare.method == RareMethod::Split { split } else { 0.0 };
    let of_unit = f64::from(spec.code.total) * (1.0 + lives.min(2.0) + away.min(50.0));
    Estimate {
        deliveries: 0.0,
        events,
        seconds: events * SLOT_EVENT + split * of_unit * SPLIT_SLOT,
        memory_bytes: PROGRAM + slots * SLOT + f64::from(spec.hosts.count) * HOST,
    }
}

/// What runs will roughly take together.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Forecast {
    /// How many there are.
    pub runs: usize,
    /// How many of them go on at the same time.
    pub at_a_time: usize,
    /// One after the other.
    pub work: Estimate,
    /// The same if in each full mesh of [`Forecast::LARGE`] nodes and more a node knew
    /// [`Forecast::DEGREE`] others.
    pub sparse: Estimate,
    /// Nodes of the largest full mesh.
    pub mesh: u32,
}

impl Forecast {
    /// Nodes from which on a full mesh is large.
    pub const LARGE: u32 = 100;
    /// Acquaintances that are enough to spread a dataset.
    pub const DEGREE: u32 = 8;

    /// What `specs` will take on so many threads.
    pub fn of<'a>(specs: impl IntoIterator<Item = &'a Spec>, threads: usize) -> Self {
        Self::together(specs.into_iter().map(Self::one), threads)
    }

    fn one(spec: &Spec) -> Self {
        let spec = match spec {
            Spec::Swarm(spec) => spec,
            Spec::Storage(spec) => {
                let work = years(spec);
                return Forecast { runs: 1, at_a_time: 1, work, sparse: work, mesh: 0 };
            }
        };
        let (nodes, full) = (spec.world.swarm.network_size, spec.world.overlay.is_none());
        let work = estimate(spec);
        let limited = full && nodes >= Self::LARGE;
        let sparse = if limited { estimate_with(spec, Self::DEGREE) } else { work };
        Forecast { runs: 1, at_a_time: 1, work, sparse, mesh: if full { nodes } else { 0 } }
    }

    /// What `parts` will take together on so many threads.
    pub fn together(parts: impl IntoIterator<Item = Forecast>, threads: usize) -> Self {
        let sum = parts.into_iter().fold(Forecast::default(), |sum, part| Forecast {
            runs: sum.runs + part.runs,
            at_a_time: 1,
            work: sum.work.then(part.work),
            sparse: sum.sparse.then(part.sparse),
            mesh: sum.mesh.max(part.mesh),
        });
        Forecast { at_a_time: threads.min(sum.runs).max(1), ..sum }
    }

    /// The most nodes with which `spec` would take no more than `bytes` of memory; nothing where
    /// it is no swarm or where fewer nodes do not help.
    pub fn nodes_that_fit(spec: &Spec, bytes: f64) -> Option<u32> {
        let spec = spec.swarm()?;
        let fits = |nodes: u32| {
            let mut smaller = spec.clone();
            smaller.world.swarm.network_size = nodes;
            estimate(&smaller).memory_bytes <= bytes
        };
        let (mut fitting, mut above) = (spec.world.swarm.seeders + 1, spec.world.swarm.network_size);
        if above <= fitting || !fits(fitting) {
            return None;
        }
        while above - fitting > 1 {
            let middle = fitting + (above - fitting) / 2;
            if fits(middle) { fitting = middle } else { above = middle }
        }
        Some(fitting)
    }

    /// Real time, in seconds.
    pub fn seconds(&self) -> f64 {
        self.work.seconds / self.at_a_time as f64
    }

    /// Real time with limited acquaintance; nothing where that is not much less.
    pub fn sparse_seconds(&self) -> Option<f64> {
        let less = self.sparse.seconds < 0.5 * self.work.seconds;
        less.then(|| self.sparse.seconds / self.at_a_time as f64)
    }

    /// Memory that all that go on at the same time may take, in bytes.
    pub fn memory_bytes(&self) -> f64 {
        self.work.memory_bytes * self.at_a_time as f64
    }
}

impl Estimate {
    /// Two things that happen in one run.
    fn with(self, other: Estimate) -> Estimate {
        let memory_bytes = self.memory_bytes + other.memory_bytes;
        Estimate { memory_bytes, ..self.then(other) }
    }

    /// Two runs one after the other.
    pub fn then(self, next: Estimate) -> Estimate {
        Estimate {
            deliveries: self.deliveries + next.deliveries,
            events: self.events + next.events,
            seconds: self.seconds + next.seconds,
            memory_bytes: self.memory_bytes.max(next.memory_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    fn of(sets: &[&str]) -> Estimate {
        let (_file, input) = crate::study::sample::scenario("", sets);
        estimate(scenario::load(&input).unwrap().swarm().unwrap())
    }

    #[test]
    fn counts_every_block_of_every_leecher() {
        let e = of(&["swarm.network_size=11", "swarm.seeders=1", "swarm.file_size=64 MiB", "protocol=codex-v2"]);
        assert_eq!(e.deliveries, 10.0 * 1024.0);
        let classes = "nodes=[{ name = \"i\", count = 4, role = \"idle\" }, { name = \"l\", count = 7 }]";
        let some_idle =
            of(&[classes, "swarm.network_size=11", "swarm.seeders=1", "swarm.file_size=64 MiB", "protocol=codex-v2"]);
        assert_eq!(some_idle.deliveries, 6.0 * 1024.0);
    }

    /// What the families say of their costs: a number that changes was measured anew.
    #[test]
    fn estimates_are_what_the_protocols_say() {
        let expected = [
            ("bitswap", [1896055.0, 92906695.0, 65.03468649999999, 74500000.0]),
            ("bittorrent", [7583723.0, 45502338.0, 292.51503, 199500000.0]),
            ("codex-f", [3792110.0, 12893174.000000002, 292.37168099999997, 299500000.0]),
            ("codex-v1", [7583723.0, 6863269315.000001, 13040.211698500001, 299500000.0]),
            ("codex-v2", [7583723.0, 29163555.84026399, 201.77758995333332, 299500000.0]),
            ("codex-v3c", [3791861.5, 79629091.5, 184.73949227999998, 131500000.0]),
            ("direct", [474138.0, 237069.0, 4.1645121, 24750000.0]),
            ("ideal", [2035712.0, 4071424.0, 63.107071999999995, 75500000.0]),
            ("idle", [0.0, 0.0, 0.0, 19500000.0]),
        ];
        let swarm = [
            "swarm.network_size=500",
            "swarm.seeders=3",
            "swarm.file_size=1 GB",
            "swarm.group=4",
            "network.model=fair",
        ];
        for (protocol, numbers) in expected {
            let e = of(&[&swarm[..], &[&format!("protocol={protocol}")]].concat());
            let got = [e.deliveries, e.events, e.seconds, e.memory_bytes];
            let same = got.iter().zip(numbers).all(|(got, want)| (got - want).abs() <= 1e-12 * want);
            assert!(same, "{protocol}: {e:?}");
        }
    }

    #[test]
    fn grows_with_the_work() {
        let small = of(&["swarm.file_size=1 GB", "protocol=codex-v2"]);
        let large = of(&["swarm.file_size=10 GB", "protocol=codex-v2", "swarm.network_size=5"]);
        assert!(large.seconds > 9.0 * small.seconds && large.memory_bytes > small.memory_bytes);
        let both = small.then(large);
        assert_eq!((both.seconds, both.memory_bytes), (small.seconds + large.seconds, large.memory_bytes));
    }

    #[test]
    fn a_large_full_mesh_is_expensive_and_a_sparse_one_is_not() {
        let swarm = ["swarm.network_size=200", "swarm.seeders=8", "swarm.file_size=400 MB", "protocol=codex-v2"];
        let mesh = of(&swarm);
        let sparse = of(&[&swarm[..], &["network.degree=8"]].concat());
        assert!((3.3..30.0).contains(&mesh.seconds), "measured 10 s: {mesh:?}");
        assert!(sparse.seconds < mesh.seconds / 10.0, "{sparse:?}");
    }

    #[test]
    fn a_forecast_knows_threads_and_the_way_out_of_a_mesh() {
        let spec = |sets: &[&str]| {
            let (_file, input) = crate::study::sample::scenario("", sets);
            scenario::load(&input).unwrap().run
        };
        let swarm = ["swarm.network_size=400", "swarm.seeders=8", "swarm.file_size=400 MB", "protocol=codex-v2"];
        let mesh = spec(&swarm);
        let (one, two) = (Forecast::of([&mesh], 4), Forecast::of([&mesh, &mesh, &mesh], 2));
        assert_eq!((one.runs, one.at_a_time, one.mesh), (1, 1, 400));
        assert!((two.seconds() / one.seconds() - 1.5).abs() < 1e-9, "three runs, two at a time");
        assert_eq!(two.memory_bytes(), 2.0 * one.memory_bytes());
        let limited = spec(&[&swarm[..], &["network.degree=8"]].concat());
        let limited = estimate(limited.swarm().unwrap());
        assert_eq!(one.sparse_seconds(), Some(limited.seconds));
        let sparse = spec(&[&swarm[..], &["network.degree=32"]].concat());
        assert_eq!(Forecast::of([&sparse], 1).sparse_seconds(), None, "no full mesh");
        assert_eq!(Forecast::of([&spec(&[])], 1).sparse_seconds(), None, "a small one");
        assert_eq!(Forecast::of([], 3).seconds(), 0.0);
    }

    /// 1e5 nodes with a key each for 80 s: 5.3 million events, 1.8 GB.
    #[test]
    fn a_hash_table_costs_by_its_nodes_and_its_time() {
        let table = |nodes: &str, time: &str| {
            let load = "discovery.load={ keys_per_node = 1, providers_per_key = 10 }";
            let (size, end) = (format!("swarm.network_size={nodes}"), format!("stop.run_for={time}"));
            of(&["protocol=idle", "swarm.seeders=1", "discovery.model=discv5", load, &size, &end])
        };
        let large = table("100000", "80 s");
        assert!((2e6..16e6).contains(&large.events), "{large:?}");
        assert!((0.6e9..5.4e9).contains(&large.memory_bytes), "{large:?}");
        assert_eq!(table("100000", "160 s").events, 2.0 * large.events);
        let small = table("1000", "80 s");
        assert!(small.seconds < 0.01 * large.seconds && small.seconds > 0.0, "{small:?}");
    }

    #[test]
    fn a_request_of_direct_may_be_a_large_part_of_the_dataset() {
        let (gb, tb) = (of(&["swarm.file_size=100 GB"]), of(&["swarm.file_size=100 TB"]));
        assert_eq!(gb.seconds, tb.seconds, "both are cut into as many requests as allowed");
    }
}
