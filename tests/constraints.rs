//! What is said to hold a leecher back is what holds it back.
//!
//! Each world has one resource that closed forms say is the only one that counts.

use crate::common::{checked, exchanges, spec};
use codexsim::ledger::{Constraint, Cut, Outcome};

/// A seeder and a leecher over 20 MB, with more settings.
fn pair(protocol: &str, further: &[&str]) -> Outcome {
    let protocol = format!("protocol={protocol}");
    let mut sets = vec!["swarm.network_size=2", "swarm.seeders=1", "swarm.file_size=20 MB", &protocol];
    sets.extend_from_slice(further);
    checked(&spec(&sets))
}

fn share(outcome: &Outcome, constraint: Constraint) -> f64 {
    outcome.timeline.tally(0).shares()[constraint as usize]
}

/// The share of `constraint`, the slower end of a path at 5 Mbit/s, is the part of
/// the time that the leecher's bytes take there.
fn all_are_busy(constraint: Constraint, further: &[&str]) {
    // v0.1.6 has one block under way at a time, whose delay counts with the link.
    for protocol in exchanges().filter(|p| *p != "codex-v0.1.6") {
        let outcome = pair(protocol, further);
        let leecher = &outcome.nodes[1];
        let busy = leecher.bytes_rx as f64 * 8.0 / 5e6 / leecher.milestones.all.unwrap().secs();
        let found = share(&outcome, constraint);
        let shares = outcome.timeline.tally(0).shares();
        assert!((found - busy).abs() < 0.05, "{protocol}, {further:?}: {found} of {busy} {shares:?}");
    }
}

#[test]
fn the_slower_end_of_a_path_is_named_as_long_as_it_is_busy() {
    for model in ["network.model=fair", "network.model=fifo"] {
        all_are_busy(Constraint::OwnDownlink, &[model, "network.up=10 Mbit/s", "network.down=5 Mbit/s"]);
        all_are_busy(Constraint::RemoteUplink, &[model, "network.up=5 Mbit/s", "network.down=10 Mbit/s"]);
    }
}

/// 1 Gbit/s and 200 ms there and back: 4 MiB of window are 160 Mbit/s at most, and
/// requests take turns.
#[test]
fn a_long_fat_path_is_a_matter_of_round_trips() {
    let path = ["network.up=1 Gbit/s", "network.down=1 Gbit/s", "network.latency=100 ms"];
    for protocol in exchanges() {
        let outcome = pair(protocol, &path);
        let waits = [Constraint::RoundTrip, Constraint::Presence, Constraint::Discovery, Constraint::Timer];
        let waiting: f64 = waits.iter().map(|c| share(&outcome, *c)).sum();
        assert!(waiting > 0.9 && share(&outcome, Constraint::RoundTrip) > 0.5, "{protocol}: {waiting}");
    }
}

/// 20 ms of work on every block of a fast path; the yardstick has no hardware.
#[test]
fn a_slow_processor_is_named() {
    let slow = [
        "network.up=1 Gbit/s",
        "network.down=1 Gbit/s",
        "network.latency=1 ms",
        "hardware.per_block_received=20 ms",
        "hardware.per_lookup=0 s",
    ];
    for protocol in exchanges().filter(|p| *p != "direct") {
        let outcome = pair(protocol, &slow);
        let working = share(&outcome, Constraint::Cpu);
        // Bitswap's first second is a timer's, and the first two of v3d are.
        let least = match protocol {
            "bitswap" => 0.55,
            "codex-v3d" => 0.7,
            _ => 0.85,
        };
        assert!(working > least, "{protocol}: {working} {:?}", outcome.timeline.tally(0).shares());
    }
}

/// The seeder is away from 5 s to 105 s: for 100 s nobody has anything.
#[test]
fn an_absent_seeder_leaves_nobody_and_an_absent_leecher_is_away() {
    let rates = ["network.up=5 Mbit/s", "network.down=5 Mbit/s"];
    for (node, constraint) in [(0, Constraint::Nobody), (1, Constraint::Away)] {
        let trace = format!("churn.trace=[[{node}, 0.0, 5.0], [{node}, 105.0, 9000.0]]");
        let churn = ["churn.model=trace", "churn.kind=departure", &trace, rates[0], rates[1]];
        for protocol in ["codex-v2", "codex-v3c", "codex-v3d", "bittorrent"] {
            let outcome = pair(protocol, &churn);
            let all = outcome.nodes[1].milestones.all.unwrap().secs();
            let seconds = share(&outcome, constraint) * all;
            // One stratum of error at either end, and the delay of bad news.
            assert!((seconds - 100.0).abs() < 2.5, "{protocol}: {constraint:?} {seconds} of {all} s");
        }
    }
}

#[test]
fn looking_for_a_slow_directory_is_discovery() {
    let outcome = pair("codex-v2", &["discovery.model=tracker", "network.latency=2 s", "swarm.file_size=64 KiB"]);
    assert!(share(&outcome, Constraint::Discovery) > 0.1, "{:?}", outcome.timeline.tally(0).shares());
}

/// Shares add up, for every leecher of a swarm, and seconds to its time.
#[test]
fn every_moment_has_one_constraint() {
    for protocol in exchanges() {
        let protocol = format!("protocol={protocol}");
        let outcome = checked(&spec(&[&protocol, "swarm.network_size=8", "swarm.file_size=8 MiB"]));
        for leecher in 0..outcome.leechers().count() {
            let sum: f64 = outcome.timeline.tally(leecher).shares().iter().sum();
            assert!((sum - 1.0).abs() < 1e-9, "{protocol}, leecher {leecher}: {sum}");
        }
    }
}

/// Nodes that go in the middle of every transfer are what holds the others back, and a
/// warning says so. What had left its sender when it went counts too.
#[test]
fn goings_that_cut_data_off_are_called_by_their_name() {
    // A seeder that goes before the only block has left it, and before it has arrived.
    for (latency, stays) in [("10 ms", 4), ("3 s", 15)] {
        let trace: Vec<String> = (0..20).map(|i| format!("[0, {}, {}]", 60 * i, 60 * i + stays)).collect();
        let outcome = checked(&spec(&[
            "protocol=direct",
            "swarm.network_size=2",
            "swarm.seeders=1",
            "swarm.file_size=10 MiB",
            "swarm.block_size=10 MiB",
            "protocol.direct.request=10 MiB",
            "network.transport=none",
            "network.up=20 Mbit/s",
            &format!("network.latency={latency}"),
            "discovery={ model = \"static\", round_trips = 0, round_trips_per_doubling = 0 }",
            "churn.model=trace",
            &format!("churn.trace=[{}]", trace.join(", ")),
        ]));
        assert_eq!((outcome.completed(), outcome.cut[Cut::TimeOut as usize]), (0, 0), "{latency}");
        assert!(outcome.cut[Cut::Churn as usize] > 100 << 20, "{latency}: {:?}", outcome.cut);
        assert!(outcome.warnings.iter().any(|warning| warning.contains("nodes stay")), "{:?}", outcome.warnings);
        let shares = outcome.timeline.tally(0).shares();
        // While the seeder is away nobody has what the leecher lacks.
        assert!(shares[Constraint::Churn as usize] > 0.03, "{latency}: {shares:?}");
        assert!(shares[Constraint::RemoteUplink as usize] < 0.02, "{latency}: {shares:?}");
    }
}
