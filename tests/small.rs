//! Small messages as loads of their links, against the exact model, in whole swarms.

use crate::common::{checked, spec};
use codexsim::ledger::{Outcome, Status};
use codexsim::results::median;

/// A swarm in which no two messages take equally long: where all nodes are alike and nothing
/// jitters, what happens hangs on which of two messages of one moment comes first.
fn swarm(protocol: &str, nodes: u32, small: &str, seed: u64) -> Outcome {
    let sets = [
        format!("protocol={protocol}"),
        format!("swarm.network_size={nodes}"),
        "swarm.seeders=4".into(),
        "swarm.file_size=16 MiB".into(),
        "network.jitter={ exponential = { mean = \"5 ms\" } }".into(),
        format!("network.transport.small={small}"),
        format!("seed={seed}"),
    ];
    let outcome = checked(&spec(&sets.each_ref().map(String::as_str)));
    assert_eq!(outcome.status, Status::Complete);
    outcome
}

/// The median time of a download in the mean of seeds, and bytes on the wire.
fn typical(protocol: &str, nodes: u32, small: &str, seeds: u64) -> (f64, f64) {
    let each = (1..=seeds).map(|seed| {
        let outcome = swarm(protocol, nodes, small, seed);
        let times: Vec<f64> = outcome.leechers().map(|n| n.milestones.all.unwrap().secs() - n.start.secs()).collect();
        let sent: u64 = outcome.nodes.iter().map(|node| node.bytes_tx).sum();
        (median(&times).unwrap(), sent as f64)
    });
    let (times, bytes): (Vec<f64>, Vec<f64>) = each.unzip();
    (times.iter().sum::<f64>() / seeds as f64, bytes.iter().sum::<f64>() / seeds as f64)
}

/// docs/scenarios.md says by how much.
fn within(protocol: &str, nodes: u32, seeds: u64, time: f64) {
    let (exact, load) = (typical(protocol, nodes, "0 B", seeds), typical(protocol, nodes, "400 B", seeds));
    assert!((load.0 / exact.0 - 1.0).abs() < time, "{protocol}: median {load:?} against {exact:?}");
    assert!((load.1 / exact.1 - 1.0).abs() < 0.01, "{protocol}: bytes {load:?} against {exact:?}");
}

#[test]
fn bittorrent_takes_as_long() {
    within("bittorrent", 40, 4, 0.03);
}

#[test]
fn codex_v2_takes_as_long() {
    within("codex-v2", 40, 8, 0.02);
}

#[test]
fn codex_v3_takes_as_long() {
    within("codex-v3c", 40, 4, 0.02);
}

#[test]
fn bitswap_takes_as_long() {
    within("bitswap", 40, 16, 0.03);
}
