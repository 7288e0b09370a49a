//! When keys act.

use super::Idle;
use crate::discovery::DiscoverySpec;
use crate::mix::MixSpec;
use crate::nat::NatSpec;
use crate::network::NetworkModel;
use crate::sim::RunSpec;
use crate::storage::{CodeKind, HostClass, LifeFamily, LifeSpec, PlacementRule, RareMethod, RepairBy, StorageSpec};
use crate::units::Time;
use crate::world::{Congestion, WhenStoreFull};

const fn idle<S>(
    table: &'static str,
    names: &'static [&'static str],
    otherwise: &'static str,
    acts: fn(&S, usize) -> bool,
) -> Idle<S> {
    Idle { table, names, acts, otherwise }
}

fn is_fair(run: &RunSpec) -> bool {
    run.network.model == NetworkModel::Fair
}

fn is_even(run: &RunSpec) -> bool {
    run.network.transport.congestion == Congestion::Even
}

/// Whether what the mixnet has to be for keys to act holds; without one there are none.
fn mixes(run: &RunSpec, acts: fn(&MixSpec) -> bool) -> bool {
    run.mix.as_ref().is_none_or(acts)
}

/// The same of what stands between nodes.
fn reaches(run: &RunSpec, acts: fn(&NatSpec) -> bool) -> bool {
    run.nat.as_ref().is_none_or(acts)
}

fn is_static(run: &RunSpec) -> bool {
    matches!(run.discovery, DiscoverySpec::Static(_))
}

fn collects(run: &RunSpec) -> bool {
    let store = run.world.store.as_ref();
    store.is_some_and(|store| store.quota.is_some() && store.when_full == WhenStoreFull::Collect)
}

/// Keys of swarms.
pub(in crate::scenario) const SWARM: &[Idle<RunSpec>] = &[
    idle(
        "network.transport",
        &["queue", "down_queue", "burst", "delay_target", "congestion", "small"],
        "unless `network.model` is \"fair\"",
        |run, _| is_fair(run),
    ),
    idle(
        "network.transport",
        &["initial_window", "max_window", "idle_restart"],
        "while `network.model` is \"ideal\", where nothing takes time to leave",
        |run, _| run.network.model != NetworkModel::Ideal,
    ),
    idle("network.transport", &["down_queue"], "while `network.transport.congestion` is \"even\"", |run, _| {
        !is_even(run)
    }),
    idle("network.transport", &["delay_target"], "without `network.transport.queue`", |run, _| {
        !is_even(run) || run.network.transport.queue > Time::ZERO
    }),
    idle("network.transport", &["send_buffer"], "beside `network.mix` and `network.nat`", |run, _| {
        run.mix.is_none() && run.nat.is_none()
    }),
    idle("network", &["loss"], "unless `network.model` is \"fair\"", |run, _| is_fair(run)),
    idle("nodes.*", &["congestion", "delay_target"], "unless `network.model` is \"fair\"", |run, _| is_fair(run)),
    idle("network", &["connected"], "beyond `swarm.network_size`, which is everybody", |run, _| {
        run.world.connected <= run.world.swarm.network_size
    }),
    idle("network.classes.*", &["share"], "where it is less than one node", |run, class| {
        let nobody = run.world.links.get(class).is_some_and(|class| class.share == 0.0);
        nobody || run.world.has_nodes_of_link_class(class)
    }),
    idle("nodes.*", &["share"], "where it is less than one node", |run, class| {
        let nobody = run.world.nodes.get(class).is_some_and(|class| class.share == Some(0.0));
        nobody || run.world.has_nodes_of_class(class)
    }),
    idle(
        "network.mix",
        &["epoch", "proof_time", "verify_time", "proof_cores", "cover"],
        "without `network.mix.limit`",
        |run, _| mixes(run, |mix| mix.limit > 0),
    ),
    idle("network.mix", &["proxy_lookups", "query_timeout"], "without `network.mix.proxies`", |run, _| {
        mixes(run, |mix| mix.proxies > 0)
    }),
    idle(
        "network.nat",
        &[
            "relay_rate",
            "reservations",
            "reserve_at",
            "circuits_per_peer",
            "circuit_data",
            "circuit_time",
            "circuits_carry",
            "reversal",
            "punching",
            "punching_symmetric",
            "upgrade_after",
            "upgrade_round_trips",
            "punching_timeout",
            "linger",
            "probe_servers",
            "probe_answers",
            "probe_confidence",
        ],
        "without `network.nat.relays`",
        |run, _| reaches(run, |nat| nat.relays > 0),
    ),
    idle("network.nat", &["reserve_at"], "beyond the number of `network.nat.relays`", |run, _| {
        reaches(run, |nat| nat.reserve_at <= nat.relays)
    }),
    idle("network.nat", &["probe_servers"], "beyond the number of `network.nat.relays`", |run, _| {
        reaches(run, |nat| nat.probe_servers <= nat.relays)
    }),
    idle(
        "network.nat",
        &["punching_symmetric", "punching_timeout", "upgrade_round_trips"],
        "without `network.nat.punching`",
        |run, _| reaches(run, |nat| nat.punching > 0.0),
    ),
    idle("network.nat", &["upgrade_after"], "without `network.nat.reversal` or `network.nat.punching`", |run, _| {
        reaches(run, |nat| nat.reversal || nat.punching > 0.0)
    }),
    idle("network.nat", &["behind"], "where every node can be dialled", |run, _| {
        let of_class = run.world.nodes.iter().any(|class| class.unreachable.is_some_and(|share| share > 0.0));
        of_class || reaches(run, |nat| nat.unreachable > 0.0)
    }),
    idle(
        "network.nat",
        &["unreachable"],
        "where each of `nodes` has a `reach` or `unreachable` of its own",
        |run, _| {
            let nodes = &run.world.nodes;
            nodes.is_empty() || nodes.iter().any(|class| class.reach.is_none() && class.unreachable.is_none())
        },
    ),
    idle("network.nat", &["dht_clients"], "unless `discovery.model` is a hash table", |run, _| {
        matches!(run.discovery, DiscoverySpec::Dht(..))
    }),
    idle(
        "discovery",
        &["round_trips", "round_trips_per_doubling", "max_providers"],
        "unless `discovery.model` is \"static\"",
        |run, _| is_static(run),
    ),
    idle("store", &["when_full"], "without `store.quota`", |run, _| {
        run.world.store.as_ref().is_some_and(|store| store.quota.is_some())
    }),
    idle(
        "store",
        &["gc_period", "gc_watermark"],
        "without `store.quota` and `store.when_full = \"collect\"`",
        |run, _| collects(run),
    ),
    idle("store", &["gc_period"], "beside `store.ttl`: garbage is looked for whenever the store is", |run, _| {
        run.world.store.as_ref().is_none_or(|store| store.ttl.is_none())
    }),
    idle("store", &["sweep_interval", "sweep_blocks"], "without `store.ttl`", |run, _| {
        run.world.store.as_ref().is_some_and(|store| store.ttl.is_some())
    }),
    idle("requests", &["think"], "without `requests.parallel`: no request waits for another", |run, _| {
        run.world.requests.as_ref().is_none_or(|requests| requests.parallel.is_some())
    }),
    idle("datasets.*", &["weight", "popularity"], "without `requests` that are drawn", |run, _| {
        run.world.requests.as_ref().is_some_and(|requests| requests.arrivals.are_drawn())
    }),
    idle("hardware", &["encode_per_mib", "decode_per_mib"], "without a `code` of a dataset", |run, _| {
        run.world.datasets.iter().any(|class| class.code.is_some())
    }),
    idle("stop", &["no_progress_for"], "beside `stop.run_for`", |run, _| run.stop.run_for.is_none()),
];

/// Whether hosts of some class are as `hosts` says in what `of` looks at.
fn some_class(spec: &StorageSpec, of: fn(&HostClass) -> bool) -> bool {
    spec.hosts.classes.is_empty() || !spec.hosts.classes.iter().all(of)
}

fn has_a_mean(life: &LifeSpec) -> bool {
    matches!(life.family, LifeFamily::Exponential | LifeFamily::Weibull)
}

fn repairs(spec: &StorageSpec) -> bool {
    spec.repair.by != RepairBy::Nobody
}

/// Whether hosts move anything, rather than that it takes a time that is given.
fn moves(spec: &StorageSpec) -> bool {
    spec.shares_links() || spec.fill.is_some()
}

/// Whether hosts may be away for a while.
fn goes_away(spec: &StorageSpec) -> bool {
    spec.hosts.away.is_some() || spec.shocks.iter().any(|shock| shock.away_for.is_some())
}

fn dies(spec: &StorageSpec) -> bool {
    let lives = || spec.hosts.by_class().iter().any(|class| class.life.family != LifeFamily::Forever);
    lives() || spec.shocks.iter().any(|shock| shock.away_for.is_none())
}

const CLASSES: &str = "where each of `hosts.classes` has its own";
const NO_REPAIR: &str = "while `repair.by` is \"nobody\"";
const TIMED: &str = "beside `repair.time`, which is how long a rebuild takes whatever it moves";

/// Keys of storage runs.
pub(in crate::scenario) const STORAGE: &[Idle<StorageSpec>] = &[
    idle("hosts", &["life"], CLASSES, |spec, _| some_class(spec, |class| class.life.is_some())),
    idle("hosts", &["disk"], CLASSES, |spec, _| some_class(spec, |class| class.disk.is_some())),
    idle("hosts", &["up"], CLASSES, |spec, _| some_class(spec, |class| class.up.is_some())),
    idle("hosts", &["down"], CLASSES, |spec, _| some_class(spec, |class| class.down.is_some())),
    idle(
        "hosts",
        &["up", "down"],
        "where nothing goes over links: without `fill`, rebuilds are timed or none",
        |spec, _| moves(spec),
    ),
    idle("hosts.life", &["mean"], "with lives of this `hosts.life.family`", |spec, _| has_a_mean(&spec.hosts.life)),
    idle("hosts.classes.*.life", &["mean"], "with lives of this `family`", |spec, class| {
        spec.hosts.classes.get(class).and_then(|class| class.life.as_ref()).is_none_or(has_a_mean)
    }),
    idle("hosts", &["replaced_after"], "where no host ever dies", |spec, _| dies(spec)),
    idle("data", &["unit"], "above `data.size`", |spec, _| spec.data.unit.is_none_or(|unit| unit <= spec.data.size)),
    idle("code", &["groups"], "unless `code.kind` is \"lrc\"", |spec, _| spec.code.kind == CodeKind::Lrc),
    idle("placement", &["over"], "unless `placement.rule` is \"spread\"", |spec, _| {
        spec.placement.rule == PlacementRule::Spread
    }),
    idle("detect", &["misses"], "without `detect.check_every` or `detect.proofs`", |spec, _| {
        spec.detect.check_every > Time::ZERO || spec.detect.proofs.is_some()
    }),
    idle(
        "repair",
        &["threshold", "together", "class", "parallel", "workers", "per_host", "time"],
        NO_REPAIR,
        |spec, _| repairs(spec),
    ),
    idle("repair", &["rate_limit", "worker"], NO_REPAIR, |spec, _| repairs(spec)),
    idle("repair", &["rate_limit", "worker"], TIMED, |spec, _| spec.shares_links() || !repairs(spec)),
    idle("repair", &["worker"], "while a `new_host` repairs", |spec, _| spec.repair.by != RepairBy::NewHost),
    idle("repair", &["transfer"], NO_REPAIR, |spec, _| repairs(spec) || moves(spec)),
    idle("repair.transfer", &["startup", "efficiency"], TIMED, |spec, _| moves(spec) || !repairs(spec)),
    idle("repair", &["resumes"], "where no host is ever away: without `hosts.away`", |spec, _| goes_away(spec)),
    idle("rare", &["starts", "repetitions"], "while `rare.method` is \"count\"", |spec, _| {
        spec.rare.method == RareMethod::Split
    }),
];
