//! What a run will roughly cost, before it is carried out.

use crate::discovery::{DhtParams, DiscoverySpec, LoadSpec, Refresh};
use crate::mix::MixSpec;
use crate::protocol::SwarmShape;
use crate::sim::RunSpec;
use crate::storage::outcome::MOST_REPAIRS;
use crate::storage::{Class, Life, RareMethod, RepairBy, StorageSpec, splitting, system, unit};
use crate::units::{Bytes, Time};
use crate::world::{Arrivals, Dataset, DatasetClass, DatasetSpec, HolderSpec, RequestSpec, WantedBy, WorldSpec};

/// Memory of the program itself and the least of a node, in bytes.
const PROGRAM: f64 = 17.5e6;
const NODE: f64 = 4e3;

/// Deliveries of which a node keeps account at one time, at the most.
const AT_A_TIME: f64 = 4000.0;

/// Seconds until the program has begun and has read its models, and to set up a node.
pub(super) const START: f64 = 0.025;
const NODE_SECONDS: f64 = 1e-4;

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

/// What a run will roughly cost: time and memory mostly within a factor of 2, events, of which
/// those of one moment are one, within 4.
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
    /// Whether it may end much earlier: histories are split until an interval is narrow enough.
    pub may_end_early: bool,
}

/// Every leecher receives everything once; what a delivery costs the protocol says
/// ([`crate::protocol::Protocol::cost`]).
pub fn estimate(spec: &RunSpec) -> Estimate {
    estimate_with(spec, spec.world.overlay.as_ref().map_or(spec.world.swarm.network_size - 1, |o| o.mean_degree()))
}

/// The same when each node knew `peers` others.
pub(super) fn estimate_with(spec: &RunSpec, peers: u32) -> Estimate {
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
    let (mut transfer, mut connections, mut kept) = (Estimate::default(), 0.0, 0.0);
    for (count, shape) in swarms(spec, shape) {
        let cost = spec.protocol.cost(&shape);
        let deliveries = count * shape.leechers() * cost.deliveries;
        connections += count * f64::from(shape.nodes) * cost.connections;
        kept += count * f64::from(shape.nodes) * cost.deliveries.min(AT_A_TIME) * cost.delivery_bytes;
        transfer = transfer.then(Estimate {
            deliveries,
            events: deliveries * cost.events,
            seconds: deliveries * cost.micros * 1e-6,
            ..Estimate::default()
        });
        if let Some(mix) = &spec.mix {
            let bytes = count * shape.leechers() * shape.dataset.size.get() as f64;
            transfer = transfer.then(mixnet(mix, bytes));
        }
    }
    // Datasets share connections, and nobody has more than with all whom it knows.
    let all = spec.protocol.cost(&shape);
    let connections = connections.min(nodes * all.connections);
    transfer.events += connections * all.connection_events;
    transfer.seconds += nodes * NODE_SECONDS + connections * all.connection_micros * 1e-6;
    transfer.memory_bytes = PROGRAM + nodes * all.node_bytes.max(NODE) + connections * all.connection_bytes + kept;
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
    Estimate { events, seconds: events * HOP_EVENT, ..Estimate::default() }
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
        events,
        seconds: nodes * JOINED + events * (DATAGRAM + DATAGRAM_FAR * (nodes / 1e5).min(1.0)),
        memory_bytes: nodes * (buckets * bucket + SESSION * f64::from(params.sessions)),
        ..Estimate::default()
    }
}

/// Seconds of an event of a storage run, bytes of a slot with its part of a unit, of a host, and of a
/// rebuild that is noted.
const SLOT_EVENT: f64 = 0.2e-6;
const SLOT: f64 = 85.0;
const HOST: f64 = 800.0;
const REBUILD: f64 = 112.0;

/// Seconds of a history that is split where slots are rebuilt, and for each slot and host
/// that is followed where none are and it goes on to its end.
const SPLIT_EXCURSION: f64 = 40e-6;
/// Seconds of an event of a system that is followed as a whole.
const SPLIT_EVENT: f64 = 1e-6;
const SPLIT_FOLLOWED: f64 = 0.45e-6;

/// How often a host dies and how often it is away, in the mean over hosts, until the horizon.
fn lives_and_absences(spec: &StorageSpec) -> (f64, f64) {
    let horizon = spec.horizon.secs();
    let of_class = |class: &Class| f64::from(class.count()) / Life::of(class.life).mean();
    let deaths: f64 = spec.hosts.by_class().iter().map(of_class).sum();
    let mut lives = horizon * deaths / f64::from(spec.hosts.count);
    let mut away = spec.hosts.away.map_or(0.0, |away| horizon / (away.up.secs() + away.down.secs()));
    for shock in &spec.shocks {
        let struck = horizon * shock.share / shock.every.secs();
        *(if shock.away_for.is_some() { &mut away } else { &mut lives }) += struck;
    }
    (lives, away)
}

/// What the histories of a storage run cost: each host that dies takes its slots with it, and
/// each of them is seen and rebuilt.
pub(super) fn years(spec: &StorageSpec) -> Estimate {
    let slots = spec.units() as f64 * f64::from(spec.code.total);
    let (lives, away) = lives_and_absences(spec);
    let rebuilds = f64::from(1 + spec.rivals());
    let sources = if spec.shares_links() { 1.0 + 4.0 * f64::from(spec.code.data) * rebuilds } else { 1.0 };
    let events = f64::from(spec.histories) * slots * (2.0 * lives * sources + away);
    let noted = (slots * lives).min(MOST_REPAIRS as f64);
    let is_split = spec.rare.method == RareMethod::Split && spec.waits_for_others();
    let kept = if is_split { system::kept_bytes(slots, spec.units() as f64, f64::from(spec.hosts.count)) } else { 0.0 };
    Estimate {
        deliveries: 0.0,
        events,
        seconds: events * SLOT_EVENT + split_seconds(spec),
        memory_bytes: PROGRAM + slots * SLOT + f64::from(spec.hosts.count) * HOST + noted * REBUILD + kept,
        may_end_early: spec.rare.method == RareMethod::Split && spec.repair.by != RepairBy::Nobody,
    }
}

/// What splitting takes where losses are rare: how many rounds there are depends on what the
/// first finds, and where losses are not rare it ends after that, in a hundredth of the time.
fn split_seconds(spec: &StorageSpec) -> f64 {
    if spec.rare.method != RareMethod::Split {
        return 0.0;
    }
    let whole = if spec.waits_for_others() { system::most_events(spec) * SPLIT_EVENT } else { 0.0 };
    let levels = f64::from(spec.parity().max(1));
    let first_round = f64::from(spec.rare.starts) * f64::from(spec.rare.repetitions) * levels;
    if spec.repair.by == RepairBy::Nobody {
        // What is gone stays gone, and all that a unit has to do with is followed to the end.
        first_round * (f64::from(spec.code.total) + unit::followed_hosts(spec) as f64) * SPLIT_FOLLOWED
    } else {
        whole.max(splitting::most_histories(first_round) * SPLIT_EXCURSION)
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
            may_end_early: self.may_end_early || next.may_end_early,
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

    /// Seconds of one core and megabytes, measured on one machine in 2026; nodes,
    /// seeders and megabytes that are distributed before them.
    #[test]
    fn what_was_measured_is_met_within_a_factor_of_two() {
        let measured: [(&str, [u32; 3], f64, f64); 19] = [
            ("bitswap", [32, 4, 100], 0.43, 22.0),
            ("bitswap", [300, 8, 20], 2.28, 61.1),
            ("bittorrent", [32, 4, 100], 1.18, 23.4),
            ("bittorrent", [300, 8, 20], 23.97, 116.7),
            ("codex-f", [32, 4, 100], 0.05, 21.6),
            ("codex-f", [60, 1, 50], 0.20, 29.4),
            ("codex-v1", [32, 4, 100], 1.70, 23.5),
            ("codex-v1", [150, 1, 20], 177.4, 174.3),
            ("codex-v2", [32, 4, 100], 0.04, 19.4),
            ("codex-v2", [200, 8, 400], 37.9, 151.0),
            ("codex-v2", [1000, 8, 34], 80.6, 593.0),
            ("codex-v2", [100, 4, 500], 3.67, 59.4),
            ("codex-v3c", [32, 4, 1000], 3.87, 25.9),
            ("codex-v3c", [300, 30, 60], 11.1, 79.8),
            ("codex-v3d", [32, 4, 1000], 1.61, 22.8),
            ("codex-v3d", [300, 30, 60], 5.2, 75.8),
            ("direct", [300, 30, 60], 0.86, 32.8),
            ("ideal", [32, 4, 100], 0.16, 20.3),
            ("ideal", [300, 30, 60], 4.19, 35.2),
        ];
        for (protocol, [nodes, seeders, megabytes], seconds, memory_mb) in measured {
            let (nodes, seeders) = (format!("swarm.network_size={nodes}"), format!("swarm.seeders={seeders}"));
            let (size, protocol) = (format!("swarm.file_size={megabytes} MB"), format!("protocol={protocol}"));
            let e = of(&["network.model=fair", &nodes, &seeders, &size, &protocol]);
            let time = (START + e.seconds) / seconds;
            let memory = e.memory_bytes / 1e6 / memory_mb;
            assert!((0.5..2.0).contains(&time), "{protocol}, {nodes}, {size}: {seconds} s, {e:?}");
            assert!((0.5..2.0).contains(&memory), "{protocol}, {nodes}, {size}: {memory_mb} MB, {e:?}");
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
        assert!((19.0..76.0).contains(&mesh.seconds), "measured 38 s: {mesh:?}");
        assert!(sparse.seconds < mesh.seconds / 10.0, "{sparse:?}");
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

    /// A host that shocks strike is away or dies as others are and do, and classes live as they do.
    #[test]
    fn years_are_as_long_as_what_happens_in_them() {
        let hosts = |sets: &[&str]| {
            let kept = ["kind=\"storage\"", "horizon=1 y", "hosts.count=20", "data.count=10", "data.size=10 GB"];
            let own = ["repair.time={ mean = \"1 d\" }", "rare.method=count", "hosts.life.family=forever"];
            let sets: Vec<String> = kept.iter().chain(&own).chain(sets).map(|set| set.to_string()).collect();
            let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
            let input = scenario::Input { file: Some(file.path().into()), sets, ..scenario::Input::default() };
            years(scenario::load(&input).unwrap().run.storage().unwrap()).events
        };
        let lives = hosts(&["hosts.life={ family = \"exponential\", mean = \"1 d\" }"]);
        assert!(lives > 1e4 && hosts(&[]) == 0.0);
        assert_eq!(hosts(&["shocks=[{ every = \"1 d\" }]"]), lives, "all hosts each day");
        assert_eq!(hosts(&["shocks=[{ every = \"12 h\", share = 0.5, hits = \"operator\" }]"]), lives);
        let absences = hosts(&["hosts.away={ up = \"1 h\", down = \"23 h\" }"]);
        assert_eq!(hosts(&["shocks=[{ every = \"1 d\", away_for = \"1 h\" }]"]), absences);
        let class = "{ name = \"a\", share = 1.0, life = { family = \"trace\", observed_days = [1.0] } }";
        assert_eq!(hosts(&[&format!("hosts.classes=[{class}]")]), lives);
    }

    #[test]
    fn a_request_of_direct_may_be_a_large_part_of_the_dataset() {
        let (gb, tb) = (of(&["swarm.file_size=100 GB"]), of(&["swarm.file_size=100 TB"]));
        assert_eq!(gb.seconds, tb.seconds, "both are cut into as many requests as allowed");
    }
}
