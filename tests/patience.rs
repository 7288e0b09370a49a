//! How long a run waits before it ends without progress.

use crate::common::{checked, exchanges, spec};
use codexsim::ledger::{Outcome, Status};
use codexsim::units::Time;

fn run(sets: &[&[&str]]) -> Outcome {
    checked(&spec(&sets.concat()))
}

const COLD_KADEMLIA: &str = "discovery={ model=\"kademlia\", constants={ warm=false } }";

/// A leecher whose look-ups were answered before anybody had announced asks its
/// tracker again after 30 min.
#[test]
fn what_follows_from_a_long_timer_is_waited_for() {
    let outcome = run(&[&["protocol=bittorrent", COLD_KADEMLIA, "swarm.file_size=5 MB"]]);
    assert_eq!((outcome.status, outcome.completed()), (Status::Complete, 28));
    assert!(outcome.end.secs() > 1800.0 && outcome.end.secs() < 1810.0, "{}", outcome.end);
}

/// What completes in a run that waits to its very end completes in one with the
/// patience that comes with the program, at the same moment.
#[test]
fn patience_takes_nothing_away() {
    let discoveries = [
        "discovery.model=static",
        "discovery.model=tracker",
        "discovery={ model=\"tracker\", constants={ warm=false } }",
        "discovery.model=discv5",
        "discovery={ model=\"discv5\", constants={ warm=false } }",
        "discovery.model=kademlia",
        COLD_KADEMLIA,
    ];
    let mut complete = 0;
    for protocol in exchanges() {
        for discovery in discoveries {
            for start in ["\"together\"", "{ stagger = \"400 s\" }"] {
                let (protocol, start) = (format!("protocol={protocol}"), format!("swarm.start={start}"));
                let world = ["swarm.file_size=1 MB", "stop.max_time=6 h"];
                let with = |patience: &[&str]| {
                    let outcome = run(&[&world, &[&*protocol, discovery, &*start], patience]);
                    (outcome.nodes.iter().map(|node| node.complete_since).collect::<Vec<_>>(), outcome.status)
                };
                let (downloads, status) = with(&["stop.no_progress_for=6 h"]);
                complete += u32::from(status == Status::Complete);
                assert_eq!(with(&[]).0, downloads, "{protocol} {discovery} {start}");
            }
        }
    }
    assert!(complete > 70, "only {complete} complete at all");
}

/// When all copies are lost, those who come and go renew nothing.
#[test]
fn comings_are_no_progress_when_all_copies_are_lost() {
    let churn = [
        "churn.model=sessions",
        "churn.online={ exponential = { mean = 200.0 } }",
        "churn.offline={ exponential = { mean = 100.0 } }",
        "network.up=1 Mbit/s",
        "swarm.network_size=20",
        "swarm.seeders=1",
        "stop.max_time=20 h",
    ];
    let worlds: [&[&str]; 2] = [
        &["failures=[{ at = \"300 s\", nodes = 20, kind = \"crash\", duration = \"1 min\", seeders = true }]"],
        // What is on the disk of who never comes back is as good as lost.
        &[
            "failures=[{ at = \"1 ms\", nodes = 2, kind = \"departure\", seeders = true }]",
            "swarm.start={ stagger = \"100 s\" }",
        ],
    ];
    for protocol in ["codex-v2", "bittorrent", "bitswap"] {
        for world in worlds {
            let outcome = run(&[&churn, &[&format!("protocol={protocol}")], world]);
            assert_eq!(outcome.status, Status::NoProgress, "{protocol} {world:?}");
            assert!(outcome.end.secs() < 1000.0, "{protocol} {world:?}: {}", outcome.end);
        }
    }
}

/// Messages that wait in a queue that grows for ever are nothing to wait for.
#[test]
fn a_growing_queue_is_a_standstill() {
    let outcome = run(&[&[
        "protocol=codex-v1",
        "swarm.network_size=4",
        "swarm.seeders=1",
        "swarm.file_size=1 MB",
        "network.up=100 bit/s",
        "network.down=100 bit/s",
        "stop.max_time=1 d",
    ]]);
    assert_eq!(outcome.status, Status::NoProgress);
    assert!(outcome.end < Time::from_secs(3 * 3600), "{}", outcome.end);
}

/// When everybody has gone for good the run has stalled, whatever timers those who went
/// had set; while somebody is left who acts again and again it makes no progress.
#[test]
fn a_run_stalls_when_nothing_can_happen_and_only_then() {
    for discovery in ["static", "tracker", "discv5", "kademlia"] {
        for protocol in ["codex-v0.1.6", "codex-v2", "bittorrent"] {
            let with = |nodes: u32, seed: u32| {
                run(&[&[
                    &format!("protocol={protocol}"),
                    &format!("discovery.model={discovery}"),
                    "swarm.network_size=4",
                    "swarm.seeders=1",
                    &format!("seed={seed}"),
                    &format!("failures=[{{ at = \"100 ms\", nodes = {nodes}, seeders = true, kind = \"departure\" }}]"),
                ]])
            };
            for seed in 0..4 {
                assert_eq!(with(4, seed).status, Status::Stalled, "{protocol} {discovery} {seed}");
                // A node of a hash table sees to its table for ever.
                if ["discv5", "kademlia"].contains(&discovery) {
                    assert_eq!(with(3, seed).status, Status::NoProgress, "{protocol} {discovery} {seed}");
                }
            }
        }
    }
}
