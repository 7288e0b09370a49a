//! Every key of the tables is one; each is told where it does nothing, and nowhere else.

use super::*;
use crate::scenario::{Base, Input, Scenario, load};

fn scenario(sets: &[&str]) -> Scenario {
    let sets = sets.iter().map(|set| set.to_string()).collect();
    load(&Input { sets, ..Input::default() }).unwrap_or_else(|error| panic!("{error}"))
}

/// What a run of hosts says besides these settings.
const HOSTS: [&str; 4] = ["kind=\"storage\"", "hosts.count=20", "data.count=4", "data.size=1 GB"];

fn storage(sets: &[&str]) -> Scenario {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("s.toml");
    std::fs::write(&file, "horizon = \"1 y\"\n").unwrap();
    let sets = HOSTS.iter().chain(sets).map(|set| set.to_string()).collect();
    load(&Input { file: Some(file), sets, ..Input::default() }).unwrap_or_else(|error| panic!("{error}"))
}

/// What is said of keys that do nothing.
fn idle(scenario: &Scenario) -> Vec<&str> {
    let told = scenario.warnings.iter().filter(|warning| warning.contains("has no effect"));
    told.map(String::as_str).collect()
}

#[test]
fn the_tables_are_of_keys_that_there_are() {
    let swarm = SWARM.iter().flat_map(|idle| idle.names.iter().map(|name| format!("{}.{name}", idle.table)));
    let storage = STORAGE.iter().flat_map(|idle| idle.names.iter().map(|name| format!("{}.{name}", idle.table)));
    for key in swarm.chain(storage) {
        assert!(schema_of(&key).is_some(), "{key}");
    }
    assert_eq!(schema_of("network.mix.epoch").unwrap()["default"], "10 s");
    assert_eq!(schema_of("datasets.*.weight").unwrap()["default"], 1.0);
    assert!(schema_of("network.mix.epochs").is_none() && schema_of("network.mixer").is_none());
}

/// A key that does nothing, what is said of it, and with what it acts.
const IN_SWARMS: [(&[&str], &str, &[&str]); 18] = [
    (&["network.transport.small=400 B", "network.model=fifo"], "unless `network.model`", &["network.model=fair"]),
    (&["network.transport.congestion=reno", "network.model=ideal"], "unless `network.model`", &["network.model=fair"]),
    (&["network.transport.max_window=1 MiB", "network.model=ideal"], "\"ideal\"", &["network.model=fifo"]),
    (
        &["network.transport.down_queue=1 s", "network.transport.queue=1 s"],
        "\"even\"",
        &["network.transport.congestion=cubic"],
    ),
    (&["network.transport.send_buffer=1 MiB", "network.nat={ relays = 1 }"], "`network.nat`", &[]),
    (&["network.connected=100"], "everybody", &["swarm.network_size=100"]),
    (&["network.mix={ relays = 9, epoch = \"1 s\" }"], "without `network.mix.limit`", &["network.mix.limit=10"]),
    (&["network.mix={ relays = 9, proof_cores = 2 }"], "without `network.mix.limit`", &["network.mix.limit=10"]),
    (
        &["network.mix={ relays = 9, query_timeout = \"1 s\" }"],
        "without `network.mix.proxies`",
        &["network.mix.proxies=2"],
    ),
    (&["network.nat={ relays = 2, reserve_at = 3 }"], "`network.nat.relays`", &["network.nat.relays=3"]),
    (&["network.nat={ relays = 0, linger = \"9 s\" }"], "`network.nat.relays`", &["network.nat.relays=1"]),
    (&["network.nat={ punching = 0.0, punching_timeout = \"9 s\" }"], "punching`", &["network.nat.punching=0.1"]),
    (&["store.when_full=evict", "store.ttl=1 d"], "without `store.quota`", &["store.quota=1 GB"]),
    (&["store.gc_watermark=0.5", "store.quota=1 GB"], "collect", &["store.when_full=collect"]),
    (&["store.sweep_blocks=7"], "without `store.ttl`", &["store.ttl=1 d"]),
    (&["requests.each=2", "requests.think=1 s"], "`requests.parallel`", &["requests.parallel=1"]),
    (&["discovery.model=tracker", "discovery.max_providers=7"], "\"static\"", &["discovery.model=static"]),
    (&["stop.run_for=1 h", "stop.no_progress_for=1 min"], "beside `stop.run_for`", &["protocol=direct"]),
];

/// The same of runs of hosts.
const IN_STORAGE: [(&[&str], &str, &[&str]); 14] = [
    (&["detect.misses=3"], "without `detect.check_every`", &["detect.check_every=1 d"]),
    (&["repair.resumes=true"], "without `hosts.away`", &["hosts.away={ up = \"1 d\", down = \"1 h\" }"]),
    (&["repair.rate_limit=1 Mbit/s", "repair.time={ mean = \"1 d\" }"], "beside `repair.time`", &[]),
    (&["repair.transfer={ startup = \"1 s\" }", "repair.time={ mean = \"1 d\" }"], "beside `repair.time`", &[]),
    (&["repair.per_host=2", "repair.by=nobody"], "\"nobody\"", &["repair.by=new_host"]),
    (&["code.groups=2"], "unless `code.kind`", &["code={ data = 4, total = 7, kind = \"lrc\", groups = 2 }"]),
    (&["rare={ method = \"count\", starts = 100 }"], "\"count\"", &["rare.method=split"]),
    (&["placement.over=operator"], "unless `placement.rule`", &["placement.rule=spread"]),
    (
        &["hosts.replaced_after=1 d", "hosts.life.family=forever"],
        "no host ever dies",
        &["shocks=[{ every = \"1 y\" }]"],
    ),
    (&["hosts.life={ family = \"forever\", mean = \"2 y\" }"], "of this", &["hosts.life.family=exponential"]),
    (
        &["hosts.up=1 Mbit/s", "repair.time={ mean = \"1 d\" }"],
        "where nothing goes over links",
        &["fill={ up = \"1 Gbit/s\" }"],
    ),
    (&["data.unit=2 GB"], "above `data.size`", &["data.size=2 GB"]),
    (&["hosts.up=1 Mbit/s", "hosts.classes=[{ name = \"a\", share = 1.0, up = \"2 Mbit/s\" }]"], "its own", &[]),
    (&["repair.worker={ up = \"1 Gbit/s\", down = \"1 Gbit/s\" }"], "`new_host`", &["repair.by=worker"]),
];

#[test]
fn what_does_nothing_is_told_and_what_acts_is_not() {
    type Make = fn(&[&str]) -> Scenario;
    let swarms = IN_SWARMS.iter().map(|case| (case, scenario as Make));
    for ((sets, why, with), make) in swarms.chain(IN_STORAGE.iter().map(|case| (case, storage as Make))) {
        let alone = make(sets);
        let told = idle(&alone);
        assert!(told.len() == 1 && told[0].contains(why), "{sets:?}: {told:?}");
        if with.is_empty() {
            continue;
        }
        // A time to run for is there or not.
        let kept = sets.iter().filter(|set| with != &["protocol=direct"] || !set.starts_with("stop.run_for"));
        let acting = make(&kept.chain(*with).copied().collect::<Vec<_>>());
        assert!(idle(&acting).is_empty(), "{sets:?} with {with:?}: {:?}", idle(&acting));
    }
}

#[test]
fn the_key_is_named_with_its_place() {
    let told = scenario(&["network.mix.relays=9", "network.mix.epoch=1 s"]);
    let words = "`network.mix.epoch` (--set network.mix.epoch=1 s) has no effect without `network.mix.limit`";
    assert_eq!(idle(&told), [words]);
}

/// Classes too small for a node, of nodes and of links; one of no share is meant to have none.
#[test]
fn a_class_without_nodes_is_told() {
    let classes =
        |small: &str| format!("nodes=[{{ name = \"a\", share = {small} }}, {{ name = \"b\", share = 0.99 }}]");
    let small = scenario(&[&classes("0.01")]);
    assert!(idle(&small)[0].starts_with("`nodes.0.share`") && idle(&small).len() == 1, "{:?}", small.warnings);
    let large = scenario(&[&classes("0.01"), "swarm.network_size=100"]);
    assert!(idle(&large).is_empty(), "{:?}", large.warnings);
    let nobody = scenario(&["nodes=[{ name = \"a\", share = 0.0 }, { name = \"b\", share = 1.0 }]"]);
    assert!(idle(&nobody).is_empty(), "{:?}", nobody.warnings);
    let link = |share: f64| format!("{{ share = {share}, up = \"1 Mbit/s\", down = \"1 Mbit/s\" }}");
    let links = scenario(&[&format!("network.classes=[{}, {}]", link(0.999), link(0.001))]);
    let told = idle(&links).iter().filter(|told| told.starts_with("`network.classes.1.share`")).count();
    assert_eq!(told, 1, "{:?}", links.warnings);
}

/// What a protocol, a model or a word brings along nobody has set, and what holds anyway says
/// nothing: so does a scenario that was printed in full.
#[test]
fn what_nobody_set_is_not_told() {
    let own = scenario(&["protocol=bittorrent", "network.model=fifo"]);
    assert!(idle(&own).is_empty(), "it has a queue of its own: {:?}", own.warnings);
    assert!(idle(&scenario(&["network.transport=none", "network.model=ideal"])).is_empty());
    let swarm = scenario(&["network.model=ideal", "network.mix={ relays = 9 }", "protocol=bittorrent"]);
    let hosts = storage(&["repair.time={ mean = \"1 d\" }", "rare.method=count", "system=storj", "hosts.count=90"]);
    for printed in [swarm, hosts] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("again.toml");
        std::fs::write(&file, &printed.resolved).unwrap();
        let again = load(&Input { file: Some(file), ..Input::default() }).unwrap();
        assert!(idle(&again).is_empty(), "{:?}\n{}", again.warnings, printed.resolved);
    }
}

/// Of several points a key has to act at one.
#[test]
fn a_key_may_be_for_some_points_of_a_sweep() {
    let uses = |limits: &str| {
        let sets = ["network.mix={ relays = 9, epoch = \"1 s\" }", &format!("sweep.\"network.mix.limit\"={limits}")];
        let input = Input { sets: sets.map(str::to_owned).to_vec(), ..Input::default() };
        let base = Base::read(&input).unwrap();
        let points = base.outline().sweep.axes[0].points.len();
        (0..points).map(|point| base.point(&[point]).unwrap().uses).collect::<Vec<_>>()
    };
    let told = |uses: Vec<Vec<KeyUse>>| in_vain(uses.iter().map(Vec::as_slice)).len();
    assert_eq!(told(uses("[0]")), 1);
    assert_eq!((told(uses("[0, 10]")), told(uses("[10, 0]"))), (0, 0));
    assert_eq!(told(vec![]), 0);
}
