//! Nodes that are there and take no part.

use crate::common::{checked, exchanges, protocols, spec};
use codexsim::ledger::{NodeOutcome, Outcome, Status};
use codexsim::results::{Labels, RunResult};
use codexsim::scenario::{Input, load};
use codexsim::world::Role;

/// A seeder, four leechers and three idle nodes, scattered among each other.
const CLASSES: &str = "nodes=[{ name = \"s\", count = 1, role = \"seeder\" }, \
    { name = \"l\", count = 4, role = \"leecher\" }, { name = \"i\", count = 3, role = \"idle\" }]";
const FILE: [&str; 2] = ["swarm.file_size=4 MiB", "swarm.network_size=8"];

fn swarm(sets: &[&str]) -> Outcome {
    checked(&spec(&[&[CLASSES, "swarm.seeders=1"], &FILE[..], sets].concat()))
}

fn idle(outcome: &Outcome) -> Vec<&NodeOutcome> {
    outcome.nodes.iter().filter(|node| node.role == Role::Idle).collect()
}

/// The run ends when the leechers are done; who is idle takes and gives no data.
fn assert_apart(outcome: &Outcome, who: &str) {
    assert_eq!((outcome.status, outcome.completed()), (Status::Complete, 4), "{who}");
    assert_eq!(idle(outcome).len(), 3, "{who}");
    for node in idle(outcome) {
        assert!(node.complete_since.is_none() && node.milestones.first.is_none(), "{who}: {node:?}");
        assert_eq!((node.payload_rx, node.payload_tx, node.duplicate_rx), (0, 0, 0), "{who}: {node:?}");
        assert_eq!(node.sessions, 1, "{who}: it was there");
    }
}

#[test]
fn idle_nodes_take_no_part_whatever_the_protocol() {
    for protocol in protocols() {
        assert_apart(&swarm(&[&format!("protocol={protocol}")]), protocol);
    }
}

/// Connected with everybody from before the start they answer, and still want nothing.
#[test]
fn idle_nodes_in_a_mesh_answer_and_take_nothing() {
    for protocol in exchanges() {
        let outcome = swarm(&[&format!("protocol={protocol}"), "network.connected=7"]);
        assert_apart(&outcome, protocol);
        let all = |moved: fn(&NodeOutcome) -> u64| idle(&outcome).into_iter().all(|node| moved(node) > 0);
        let (heard, spoke) = (all(|node| node.bytes_rx), all(|node| node.bytes_tx));
        let asks = ["bitswap", "codex-v1", "codex-v2", "codex-v2-hybrid", "codex-v3c"].contains(&protocol);
        assert!(heard || !asks, "{protocol}: who asks all it knows asks them too");
        let denies = ["codex-f", "codex-v2-hybrid"].contains(&protocol);
        assert!(spoke || !denies, "{protocol}: who tells what it has not got tells it too");
    }
}

#[test]
fn idle_nodes_come_and_go_and_are_members_of_a_hash_table() {
    let churn = "churn={ model = \"trace\", trace = [[0, 0.0, 1.0], [0, 2.0, 1e6], [1, 0.0, 1.0], [1, 2.0, 1e6], \
        [2, 0.0, 1.0], [2, 2.0, 1e6]]}";
    let first = CLASSES.replace("name = \"i\",", "name = \"i\", first = 0,");
    for protocol in ["codex-v2", "codex-v3d", "bittorrent", "bitswap"] {
        let name = format!("protocol={protocol}");
        let run = [&first, "swarm.seeders=1", FILE[0], FILE[1], &name, "discovery.model=discv5", churn];
        let outcome = checked(&spec(&[&run[..], &["network.connected=7"]].concat()));
        assert_eq!((outcome.status, outcome.completed()), (Status::Complete, 4), "{protocol}");
        assert!(idle(&outcome).iter().all(|node| node.payload_rx == 0 && node.sessions == 2), "{protocol}");
    }
}

/// Tables count leechers, not all who are no seeders.
#[test]
fn who_counts_leechers_leaves_idle_nodes_out() {
    let spec = spec(&[&[CLASSES, "swarm.seeders=1", "protocol=direct"], &FILE[..]].concat());
    let labels = Labels { run_id: "r", scenario: "s", protocol: "direct", repetition: 0 };
    let result = RunResult::new(labels, &spec, &checked(&spec));
    assert_eq!((result.run.completed, result.run.missing, result.run.leechers()), (Some(4), Some(0), 4));
    let rows: Vec<_> = result.nodes.iter().filter(|row| row.role == "idle").collect();
    assert!(rows.len() == 3 && rows.iter().all(|row| !row.completed && row.start_s.is_none() && row.t100_s.is_none()));
}

#[test]
fn worlds_without_a_leecher_and_idle_nodes_that_start_are_refused() {
    let message = |sets: &[&str]| {
        let sets = sets.iter().map(|set| set.to_string()).collect();
        load(&Input { sets, ..Input::default() }).unwrap_err().to_string()
    };
    let class = |role: &str, more: &str| format!("{{ name = \"{role}\", count = 4, role = \"{role}\"{more} }}");
    let nodes = |classes: &[String]| format!("nodes=[{}]", classes.join(", "));
    let none = message(&[&nodes(&[class("seeder", ""), class("idle", "")]), "swarm.network_size=8", "swarm.seeders=4"]);
    assert!(none.contains("4 seeders and 4 idle nodes in a network of 8 leave nobody to download"), "{none}");
    let all = message(&[&nodes(&[class("idle", "")]), "swarm.network_size=4", "swarm.seeders=1"]);
    assert!(all.contains("classes name 0 and leave 0 nodes to draw from"), "{all}");
    for (more, told) in [
        (", seed_for = \"0 s\"", "idle nodes that go when they hold everything"),
        (", start = \"together\"", "idle nodes that start"),
    ] {
        let classes = [class("seeder", ""), class("leecher", ""), class("idle", more)];
        let refusal = message(&[&nodes(&classes), "swarm.network_size=12", "swarm.seeders=4"]);
        assert!(refusal.contains(told), "{refusal}");
    }
}
