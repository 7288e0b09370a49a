//! BitTorrent clients with many torrents.

use crate::common::checked;
use codexsim::ledger::{Outcome, Status};
use codexsim::scenario::{Input, load};
use codexsim::world::DatasetId;
use proptest::prelude::*;

/// A swarm with these datasets and further settings.
fn swarm(datasets: &str, sets: &[&str]) -> Outcome {
    let datasets = format!("datasets=[{datasets}]");
    let sets = [&["protocol=bittorrent", &*datasets], sets].concat();
    let without = vec!["swarm.file_size".into()]; // of the quickstart
    let input = Input { sets: sets.iter().map(|s| s.to_string()).collect(), without, ..Input::default() };
    checked(&load(&input).unwrap_or_else(|e| panic!("{e}")).run.into_swarm().unwrap())
}

/// One seeder with a slow link and one leecher.
const PAIR: [&str; 5] = [
    "swarm.network_size=2",
    "swarm.seeders=1",
    "network.up=20 Mbit/s",
    "network.down=20 Mbit/s",
    "network.latency=10 ms",
];

/// When the first download of each dataset was complete, and when the first had its
/// first block, in seconds.
fn spans(outcome: &Outcome, dataset: u32) -> (f64, f64) {
    let of_it = || outcome.downloads.iter().filter(|d| d.want.dataset == DatasetId(dataset));
    let first = of_it().filter_map(|d| d.milestones.first).min().unwrap();
    let done = of_it().filter_map(|d| d.complete_since).min().unwrap();
    (first.secs(), done.secs())
}

#[test]
fn datasets_of_several_classes_are_loaded_at_once() {
    let classes = "{ name = \"a\", count = 5, size = \"1 MiB\" }, \
        { name = \"b\", size = \"300 kB\", holders = { replicas = 2 } }";
    for seed in ["seed=1", "seed=2", "seed=3"] {
        let outcome = swarm(classes, &["swarm.network_size=8", seed]);
        assert_eq!(outcome.status, Status::Complete);
        let leechers = outcome.leechers().count();
        assert!(outcome.downloads.len() > 5 * leechers, "all of a and some of b");
    }
}

/// Three files at once take what one file three times as large takes, but for starting
/// slowly three times side by side.
#[test]
fn equal_torrents_share_the_link_of_a_seeder() {
    let makespan = |classes: &str| swarm(classes, &PAIR).makespan().unwrap().secs();
    let one = makespan("{ name = \"a\", size = \"24 MiB\" }");
    let three = makespan("{ name = \"a\", count = 3, size = \"8 MiB\" }");
    assert!((three / one - 1.0).abs() < 0.05, "{one} s and {three} s");
}

/// Three load at a time; the others follow as those are complete.
#[test]
fn the_queue_lets_three_load_at_a_time() {
    let outcome = swarm("{ name = \"a\", count = 9, size = \"4 MiB\" }", &PAIR);
    assert_eq!(outcome.status, Status::Complete);
    let mut ends: Vec<f64> = (0..9).map(|id| spans(&outcome, id).1).collect();
    ends.sort_by(f64::total_cmp);
    for id in 0..9 {
        let complete = ends.iter().filter(|end| **end <= spans(&outcome, id).0).count();
        assert!(complete + 3 > id as usize, "{id} began when {complete} were complete");
    }
    // The seeder serves five, and the others when those have been slow for a minute.
    let span = outcome.makespan().unwrap().secs();
    assert!((60.0..90.0).contains(&span), "{span} s");
    let all = swarm("{ name = \"a\", count = 9, size = \"4 MiB\" }", &[&PAIR[..], &MANY].concat());
    let span = all.makespan().unwrap().secs();
    assert!((15.1..20.0).contains(&span), "without the queue nothing waits: {span} s");
}

/// No torrent waits.
const MANY: [&str; 2] = ["protocol.bittorrent.active_downloads=500", "protocol.bittorrent.active_seeds=500"];

/// Holders of parts give the whole pieces that they have, and nobody has all of them.
#[test]
fn parts_of_a_torrent_make_up_the_whole() {
    let held = "{ name = \"a\", size = \"2 MiB\", holders = { replicas = 12 }, held = { share = 0.6 } }";
    let outcome = swarm(held, &["swarm.network_size=16", "swarm.seeders=1", "protocol.bittorrent.piece_size=16 KiB"]);
    assert_eq!(outcome.status, Status::Complete);
}

/// A leecher that was away and came back complete is found by who comes later, and is the
/// only one that can be.
#[test]
fn who_returns_complete_is_a_seed() {
    let sets = [
        "swarm.network_size=3",
        "swarm.seeders=1",
        "nodes=[{ name = \"s\", count = 1, first = 0, role = \"seeder\" }, \
            { name = \"l\", count = 2, first = 1, role = \"leecher\" }]",
        "churn.model=trace",
        "churn.trace=[[0, 0.0, 100.0], [1, 0.0, 150.0], [1, 300.0, 5000.0], [2, 310.0, 5000.0]]",
        "stop.max_time=1 h",
    ];
    let outcome = swarm("{ name = \"a\", count = 2, size = \"1 MiB\" }", &sets);
    assert_eq!(outcome.status, Status::Complete);
}

/// Random small worlds.
fn worlds() -> impl Strategy<Value = (String, Vec<String>)> {
    let classes = (1u32..8, 1u32..40, 1u32..4, 1u32..5, 0usize..2);
    (classes, 3u32..10, 0usize..4, any::<u32>(), (1u32..4, 1u32..4, 2u32..10)).prop_map(
        |((count, blocks, others, replicas, waits), nodes, life, seed, (downloads, seeds, limit))| {
            let classes = format!(
                "{{ name = \"a\", count = {count}, size = \"{} kB\" }}, {{ name = \"b\", count = {others}, \
                 size = \"100 kB\", holders = {{ replicas = {} }}, wanted_by = {{ share = 0.7 }} }}",
                17 * blocks,
                replicas.min(nodes)
            );
            let mut sets = vec![
                format!("swarm.network_size={nodes}"),
                "swarm.seeders=1".into(),
                format!("seed={seed}"),
                format!("protocol.bittorrent.active_downloads={downloads}"),
                format!("protocol.bittorrent.active_seeds={seeds}"),
                format!("protocol.bittorrent.active_limit={limit}"),
                format!("protocol.bittorrent.dont_count_slow={}", waits == 0),
                "stop.max_time=1 h".into(),
            ];
            if life > 0 {
                sets.push("churn.model=sessions".into());
                sets.push("churn.online={ exponential = { mean = 40.0 } }".into());
                sets.push("churn.offline={ exponential = { mean = 15.0 } }".into());
            }
            if life > 1 {
                sets.push("failures=[{ at = \"3 s\", nodes = 1, kind = \"crash\", duration = \"30 s\" }]".into());
            }
            (classes, sets)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Torrents, nodes and data come and go: nothing that must hold is violated.
    #[test]
    fn random_worlds_of_many_torrents_hold((classes, sets) in worlds()) {
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        swarm(&classes, &sets);
    }
}
