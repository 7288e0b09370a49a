//! What a run will roughly cost, before it is carried out.

use crate::discovery::{DhtParams, DiscoverySpec, LoadSpec, Refresh};
use crate::network::NetworkModel;
use crate::protocols::ProtocolSpec;
use crate::sim::RunSpec;

/// Memory of the program itself, of a node, and of a connection, in bytes.
const PROGRAM: f64 = 5e6;
const NODE: f64 = 4e3;
const CONNECTION: f64 = 3.5e3;

/// Bytes of a bucket of a routing table, of a node in it, and of a session.
const BUCKET: f64 = 24.0;
const ENTRY: f64 = 8.0;
const SESSION: f64 = 8.0;

/// Seconds to draw the table of a node at the start, to handle a datagram of a
/// small hash table, and what comes on top in one of 1e5 nodes.
const JOINED: f64 = 5e-5;
const DATAGRAM: f64 = 0.6e-6;
const DATAGRAM_FAR: f64 = 1.6e-6;

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

/// Every leecher receives everything once; the cost of one delivery depends on
/// the protocol and on how crowded the swarm is.
///
/// Codex: a delivery comes in a message of twenty and is cheap. What costs is
/// that a node which finds no holder asks all its peers again every 3 s, more
/// often the more leechers there are for each seeder; hence the *crowd*, peers
/// of a node times leechers per seeder: 0.1 us and 0.3 events, and 1 ns and
/// 0.0003 events for each of the crowd. A large full mesh is expensive.
///
/// | nodes, seeders, size | peers | seconds | estimate |
/// |---|---|---|---|
/// | 2, 1, 10 GB | 1 | 0.02 | 0.015 |
/// | 8, 2, 1 GB | 7 | 0.009 | 0.011 |
/// | 32, 4, 100 MB | 31 | 0.005 | 0.014 |
/// | 32, 4, 1 GB | 31 | 0.073 | 0.14 |
/// | 32, 16, 1 GB | 31 | 0.034 | 0.032 |
/// | 128, 4, 100 MB | 127 | 0.30 | 0.76 |
/// | 100, 4, 500 MB | 99 | 2.1 | 1.8 |
/// | 200, 8, 400 MB | 160 | 10.0 | 4.6 |
/// | 400, 8, 50 MB | 160 | 6.5 | 2.4 |
/// | 1000, 16, 100 MB | 8 | 1.1 | 0.89 |
/// | 1000, 16, 1 GiB | 8 | 10.7 | 9.5 |
/// | 1000, 16, 50 MB | 32 | 2.4 | 1.5 |
///
/// (50 Mbit/s, 50 ms, `fair`; `fifo` differs by less than a third.) Direct: a
/// request with its answer costs 0.5 us and 0.05 us for each leecher per
/// seeder (measured 0.7 / 1.0 / 8 us at 7 / 24 / 61). Ideal: the rates of all
/// trees hang together on `fair`, so a piece costs 1 us and 0.15 us for each
/// node up to 200 (3.7 / 40 / 27 us at 32 / 200 / 1000), else 1.3 us. Bitswap: a
/// delivery takes messages to and from all peers of a session, about as many as
/// are found at once: 5 events and 4 for each peer, of 0.7 us (measured 7 / 16 /
/// 39 / 53 events with 1 / 4 / 31 / 99 peers, and 25 to 50 us with the latter).
/// Codex v1: messages of one entry to and from all peers, whose wants are gone
/// through for each: measured 60 / 114 / 209 events and 29 / 76 / 202 us with 15 /
/// 31 / 63 peers. Sister forks: peers are ranked for each block; 0.4 / 0.6 / 1.4
/// events and 0.8 / 2.3 / 12 us.
pub fn estimate(spec: &RunSpec) -> Estimate {
    estimate_with(spec, spec.world.overlay.map_or(spec.world.swarm.network_size - 1, |o| o.mean_degree()))
}

/// The same when each node knew `peers` others.
fn estimate_with(spec: &RunSpec, peers: u32) -> Estimate {
    let swarm = &spec.world.swarm;
    let nodes = f64::from(swarm.network_size);
    let leechers = nodes - f64::from(swarm.seeders);
    let per_seeder = leechers / f64::from(swarm.seeders.max(1));
    let peers = f64::from(peers);
    let dataset = &spec.world.dataset;
    let blocks = dataset.size.get().div_ceil(dataset.block_size.get().max(1));
    let (each, peers, events, micros) = match &spec.protocol {
        ProtocolSpec::BitTorrent(p) => {
            let peers = peers.min(f64::from(p.connections));
            let per_piece = (p.piece_size.get() / dataset.block_size.get().max(1)).max(1) as f64;
            let units = blocks as f64 / f64::from(dataset.group.max(1));
            (units, peers, 2.5 + 2.0 * peers / per_piece, (2.5 + 0.1 * peers) * (1.0 + nodes / 700.0))
        }
        ProtocolSpec::CodexF(p) => {
            let peers = peers.min(f64::from(p.max_peers));
            (blocks as f64, peers, 0.2 + 0.02 * peers, 0.3 + 0.003 * peers * peers)
        }
        ProtocolSpec::CodexV1(p) => {
            let peers = peers.min(f64::from(p.max_peers));
            (blocks as f64, peers, 5.0 + 3.3 * peers, (1.3 + 0.03 * peers) * peers)
        }
        ProtocolSpec::CodexV2(p) => {
            let peers = peers.min(f64::from(p.max_peers));
            let crowd = peers * per_seeder;
            (blocks as f64, peers, 0.3 + 3e-4 * crowd, 0.1 + 1e-3 * crowd)
        }
        ProtocolSpec::CodexV3(p) => {
            let peers = peers.min(f64::from(p.max_peers));
            let batch = p.target_batch.get() / dataset.block_size.get().max(1);
            let batches = blocks as f64 / batch.clamp(1, u64::from(p.max_blocks_per_batch)) as f64;
            (batches, peers, 6.0, 3.0)
        }
        ProtocolSpec::Bitswap(p) => {
            let found = f64::from(p.max_providers) + 1.0;
            let events = 5.0 + 4.0 * peers.min(found);
            (blocks as f64, peers.min(2.0 * found), events, 0.7 * events)
        }
        ProtocolSpec::Direct(p) => {
            let requests = dataset.size.get().div_ceil(p.request.get().max(1)).min(u64::from(p.max_requests));
            (requests as f64, peers.min(f64::from(swarm.seeders)), 0.5, 0.5 + 0.05 * per_seeder)
        }
        ProtocolSpec::Idle(_) => (0.0, 0.0, 0.0, 0.0),
        ProtocolSpec::Ideal(p) => {
            let fair = spec.network.model == NetworkModel::Fair;
            let micros = if fair { 1.0 + 0.15 * nodes.min(200.0) } else { 1.3 };
            ((blocks as f64).min(f64::from(p.pieces)), peers.min(f64::from(p.stripes)), 3.0, micros)
        }
    };
    let deliveries = leechers * each;
    let transfer = Estimate {
        deliveries,
        events: deliveries * events,
        seconds: deliveries * micros * 1e-6,
        memory_bytes: PROGRAM + nodes * (NODE + peers * CONNECTION),
    };
    match &spec.discovery {
        DiscoverySpec::Dht(params, load) => {
            // How long a download takes is not known; a time to run for is.
            let time = spec.stop.run_for.map_or(0.0, |time| time.secs());
            transfer.with(hash_table(params, load.as_ref(), nodes, time))
        }
        _ => transfer,
    }
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
    pub fn of<'a>(specs: impl IntoIterator<Item = &'a RunSpec>, threads: usize) -> Self {
        Self::together(specs.into_iter().map(Self::one), threads)
    }

    fn one(spec: &RunSpec) -> Self {
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
        estimate(&scenario::load(&input).unwrap().run)
    }

    #[test]
    fn counts_every_block_of_every_leecher() {
        let e = of(&["swarm.network_size=11", "swarm.seeders=1", "swarm.file_size=64 MiB", "protocol=codex-v2"]);
        assert_eq!(e.deliveries, 10.0 * 1024.0);
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
        let limited = estimate(&spec(&[&swarm[..], &["network.degree=8"]].concat()));
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
