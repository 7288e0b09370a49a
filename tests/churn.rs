//! Nodes that come and go at awkward moments.

use crate::common::{checked, exchanges, protocols, spec};
use codexsim::ledger::{Outcome, Status};
use codexsim::units::Time;

/// A pair and 4 MiB over 50 Mbit/s and 50 ms, with more settings.
fn pair(protocol: &str, further: &[&str]) -> Outcome {
    let mut sets = vec!["swarm.network_size=2", "swarm.seeders=1", "swarm.file_size=4 MiB", "stop.max_time=1 h"];
    let protocol = format!("protocol={protocol}");
    sets.push(&protocol);
    sets.extend_from_slice(further);
    checked(&spec(&sets))
}

/// Either end goes at any moment of the connection set-up, and comes back.
#[test]
fn a_set_up_cut_short_can_be_made_again() {
    for protocol in protocols() {
        for node in [0, 1] {
            for millis in (20..1200).step_by(20) {
                let trace = format!("churn.trace=[[{node}, 0.0, {}], [{node}, 20.0, 3000.0]]", f64::from(millis) / 1e3);
                let outcome = pair(protocol, &["churn.model=trace", "churn.kind=departure", &trace]);
                assert_eq!(outcome.status, Status::Complete, "{protocol}, node {node} leaves after {millis} ms");
            }
        }
    }
}

/// When all copies are gone nobody completes, whoever is asked.
#[test]
fn what_nobody_holds_nobody_gets() {
    for protocol in ["codex-v1", "codex-v2", "codex-f", "direct", "bitswap", "bittorrent"] {
        let crash = "failures=[{ at = \"0.5 s\", nodes = 2, duration = \"10 s\", kind = \"crash\", seeders = true }]";
        let outcome = pair(protocol, &[crash]);
        assert_eq!((outcome.status, outcome.completed()), (Status::NoProgress, 0), "{protocol}");
    }
}

/// The moment at which the last of three nodes, who starts after 30 s, has the
/// manifest; `life` is what the second does.
fn manifest_of_the_last(protocol: &str, life: &[&str]) -> Time {
    let protocol = format!("protocol={protocol}");
    let sets = ["swarm.network_size=3", "swarm.seeders=1", "swarm.file_size=4 MiB", "stop.max_time=1 h", &protocol];
    let outcome = checked(&spec(&[&sets[..], life].concat()));
    outcome.nodes[2].milestones.manifest.unwrap()
}

/// A provider that is not there refuses the dial: the next one is tried a round
/// trip later, not when the time to send the manifest is over.
#[test]
fn who_is_not_there_costs_a_round_trip() {
    for protocol in ["codex-v3a", "codex-v3b", "codex-v3c", "codex-v3d"] {
        let gone = ["swarm.start={ at = [\"0 s\", \"30 s\"] }", "churn.model=trace", "churn.trace=[[1, 0.0, 20.0]]"];
        let gone = manifest_of_the_last(protocol, &gone);
        let alone = manifest_of_the_last(protocol, &["swarm.start={ at = [\"60 s\", \"30 s\"] }"]);
        assert_eq!(gone.since(alone), Time::from_millis(100), "{protocol}: {gone} against {alone}");
    }
}

/// The same where the provider goes while the connection is being set up, some time
/// between 31 and 33 s.
#[test]
fn who_goes_during_the_set_up_is_not_waited_for() {
    for tenths in 310..330 {
        let trace = format!("churn.trace=[[1, 0.0, {}]]", f64::from(tenths) / 10.0);
        let life = ["swarm.start={ at = [\"0 s\", \"30 s\"] }", "churn.model=trace", &trace];
        let manifest = manifest_of_the_last("codex-v3c", &life);
        assert!(manifest < Time::from_secs(34), "{manifest}, where the provider goes after {tenths} tenths");
    }
}

/// The seeder is gone when the second leecher comes: it gets everything from the first
/// one, unless that has gone too because it was done.
#[test]
fn who_seeds_for_a_while_goes_then() {
    for protocol in exchanges().filter(|protocol| *protocol != "direct") {
        let completed = |first: &str| {
            let nodes = format!(
                "nodes=[{{ name = \"a\", count = 1, role = \"seeder\", away = [[\"60 s\"]] }}, \
                 {{ name = \"b\", count = 1, role = \"leecher\"{first} }}, \
                 {{ name = \"c\", count = 1, role = \"leecher\", start = {{ at = [\"70 s\"] }} }}]"
            );
            let protocol = format!("protocol={protocol}");
            let size = ["swarm.network_size=3", "swarm.seeders=1", "swarm.file_size=4 MiB"];
            let sets = [&size[..], &[nodes.as_str(), &protocol, "network.latency=1 ms", "stop.max_time=1 h"]].concat();
            checked(&spec(&sets)).completed()
        };
        let seen = ["", ", seed_for = \"0 s\"", ", seed_for = \"30 s\"", ", seed_for = \"20 min\""].map(completed);
        assert_eq!(seen, [2, 1, 1, 2], "{protocol}");
    }
}

/// A seeder that lost its data and fetches it again is no leecher.
#[test]
fn only_leechers_complete() {
    for seed in 1..5 {
        let outcome = checked(&spec(&[
            "swarm.network_size=6",
            "swarm.seeders=5",
            "swarm.file_size=64 MiB",
            "network.down=5 Mbit/s",
            "network.seeder_down=1 Gbit/s",
            "failures=[{ at = \"1 s\", nodes = 3, duration = \"1 s\", kind = \"crash\", seeders = true }]",
            &format!("seed={seed}"),
        ]));
        assert_eq!((outcome.status, outcome.completed()), (Status::Complete, 1), "seed {seed}");
        assert!(outcome.series.iter().all(|s| s.metric != "stored_share" || (0.0..=1.0).contains(&s.value)));
    }
}

/// Twenty restarts leave no timers of earlier lives behind.
#[test]
fn timers_do_not_survive_a_restart() {
    let events = |restarts: u32| {
        let lives: Vec<String> = (0..restarts).map(|i| format!("[1, {}.0, {}.5]", i, i)).collect();
        let comma = if lives.is_empty() { "" } else { ", " };
        let trace = format!("churn.trace=[[0, 400.0, 3000.0], {}{comma}[1, 30.0, 3000.0]]", lives.join(", "));
        pair("codex-v2", &["churn.model=trace", "churn.kind=departure", &trace]).events
    };
    let (none, twenty) = (events(0), events(20));
    assert!(twenty < none + 20 * 20, "{twenty} events against {none}");
}

/// The news that a connection has gone never overtakes the news of it.
#[test]
fn a_busy_processor_learns_things_in_order() {
    let outcome = checked(&spec(&[
        "swarm.network_size=3",
        "swarm.seeders=2",
        "swarm.file_size=4 MiB",
        "hardware={ extends = \"ideal\", per_message = \"500 ms\" }",
        "churn.model=trace",
        "churn.kind=departure",
        "churn.trace=[[0, 0.0, 3.0], [1, 0.0, 0.9], [1, 10.0, 3500.0]]",
        "stop.max_time=1 h",
    ]));
    assert_eq!(outcome.status, Status::Complete);
}

/// The bound holds to the last nanosecond even over weeks.
#[test]
fn rounding_never_beats_the_bound() {
    for rate in ["1 kbit/s", "3 kbit/s"] {
        let outcome = checked(&spec(&[
            "protocol=direct",
            "swarm.network_size=2",
            "swarm.seeders=1",
            "swarm.file_size=1 GiB",
            "network.transport=none",
            "network.latency=0 ms",
            &format!("network.up={rate}"),
            &format!("network.down={rate}"),
            "stop.max_time=2000 d",
            "stop.no_progress_for=2000 d",
        ]));
        assert!(outcome.efficiency().is_some_and(|e| e > 0.999 && e <= 1.0), "{outcome:?}");
    }
}

/// Clients that are complete leave each other alone: after the last leecher of a
/// staggered start has begun, handshakes grow with the pairs, not with time.
#[test]
fn complete_peers_do_not_call_each_other_again() {
    let handshakes = |stagger: &str| {
        let start = format!("swarm.start={{ stagger = \"{stagger}\" }}");
        let outcome = checked(&spec(&[
            "protocol=bittorrent",
            "swarm.network_size=8",
            "swarm.seeders=2",
            "swarm.file_size=5 MB",
            &start,
        ]));
        outcome.traffic(codexsim::ledger::Class::Handshake).messages
    };
    let (short, long) = (handshakes("60 s"), handshakes("600 s"));
    assert!(long <= short + short / 4, "{short} handshakes within minutes, {long} within an hour");
}

/// A seeder of 4 MiB at 10 Mbit/s that stops 2 s after it began has sent half of it. What its
/// host has taken goes on leaving: with 1 MiB so much more arrives, with 64 MiB all; where it
/// keeps nothing, or its disk is gone too, nothing comes. A seeder that is back has new connections.
#[test]
fn the_host_of_who_has_stopped_sends_what_it_has_taken() {
    let stored = |buffer: &str, life: &[&str]| {
        let buffer = format!("network.transport.send_buffer={buffer}");
        let sets = ["network.up=10 Mbit/s", "network.down=10 Mbit/s", "stop.no_progress_for=2 min", &buffer];
        let outcome = pair("direct", &[&sets[..], life].concat());
        (outcome.traffic(codexsim::ledger::Class::Payload).bytes as f64 / 1048576.0, outcome.completed())
    };
    let stops = ["churn.model=trace", "churn.kind=departure", "churn.trace=[[0, 0.0, 2.0]]"];
    let crashes = ["churn.model=trace", "churn.kind=crash", "churn.trace=[[0, 0.0, 2.0]]"];
    let (lost, _) = stored("0 B", &stops);
    assert!((1.0..3.0).contains(&lost), "{lost} MiB before it stopped");
    let (some, completed) = stored("1 MiB", &stops);
    assert!((some - lost - 1.0).abs() < 0.13 && completed == 0, "{some} MiB, {lost} without a buffer");
    assert_eq!(stored("64 MiB", &stops), (4.0, 1));
    assert_eq!(stored("64 MiB", &crashes), (lost, 0));
    let back = ["churn.model=trace", "churn.kind=departure", "churn.trace=[[0, 0.0, 2.0], [0, 2.5, 3000.0]]"];
    assert_eq!(stored("64 MiB", &back), (4.0, 1));
    // Of what its host has taken nothing is lost by that.
    let by = |life: &[&str]| stored("64 MiB", &[life, &["stop.run_for=3.5 s"]].concat()).0;
    assert!(by(&stops) > lost + 0.5 && by(&back) == by(&stops), "{} and {}", by(&back), by(&stops));
}

/// What is lost when a node goes is what had left it: a part of what was sent.
#[test]
fn what_churn_has_cost_is_a_part_of_what_was_sent() {
    let trace = "churn.trace=[[0, 0.0, 1.5], [0, 3.0, 4.5], [0, 6.0, 3000.0]]";
    let large = ["protocol.direct.request=4 MiB", "churn.model=trace", "churn.kind=departure", trace];
    let outcome = pair("direct", &[&["network.up=10 Mbit/s", "network.down=10 Mbit/s"][..], &large].concat());
    let churned = outcome.cut[codexsim::ledger::Cut::Churn as usize];
    let lost = outcome.traffic(codexsim::ledger::Class::Lost).bytes;
    assert!(churned > 500_000 && churned <= lost, "{churned} of {lost} lost");
}
