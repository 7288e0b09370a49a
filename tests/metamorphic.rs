//! What must not change when something changes that does not matter, and what must
//! change in step: names of nodes, the order of equal times, the unit of rates and
//! sizes. (Nothing against next to nothing is in `zero.rs`.)

use crate::common::pair::{NETWORKS, bare, pair};
use crate::common::{checked, protocols, spec};
use codexsim::ledger::{Outcome, Status};
use codexsim::units::Time;
use codexsim::world::Role;

/// Direct, which needs 16 blocks of 64 KiB at 8 Mbit/s: 1.048576 s.
fn direct(further: &[&str]) -> Outcome {
    bare("direct", "fair", further)
}

const PAIR_NANOS: u64 = 1_048_576_000;

#[test]
fn the_pair_takes_what_it_takes() {
    assert_eq!(direct(&[]).makespan().map(|t| t.nanos()), Some(PAIR_NANOS));
}

/// Where one leecher is alone with one seeder nothing races, so no salt matters.
#[test]
fn salts_permute_nothing_where_nothing_races() {
    let worlds: [&[&str]; 3] = [
        &["network.transport=none"],
        &["network.latency=20 ms", "discovery.round_trips=1"],
        &["network.latency=5 ms", "hardware=codex-netns-2025"],
    ];
    for protocol in protocols() {
        for network in NETWORKS {
            for world in worlds {
                let with = |salt: u32| {
                    let sets = [format!("protocol={protocol}"), format!("network.model={network}")];
                    let salt = format!("tie_salt={salt}");
                    let outcome = pair(&[&[&*sets[0], &sets[1], &salt], world].concat());
                    (outcome.status, outcome.end, outcome.wire_bytes())
                };
                let plain = with(0);
                assert_eq!(plain.0, Status::Complete, "{protocol} {network} {world:?}");
                for salt in 1..4 {
                    assert_eq!(with(salt), plain, "{protocol} {network} {world:?}, salt {salt}");
                }
            }
        }
    }
}

/// All rates and sizes twice as large: the same times, to rounding.
#[test]
fn rates_and_sizes_have_no_unit_of_their_own() {
    for network in ["fair", "fifo"] {
        for protocol in ["direct", "ideal"] {
            let with = |factor: u64| {
                let sets = [
                    format!("network.up={} Mbit/s", 5 * factor),
                    format!("network.down={} Mbit/s", 9 * factor),
                    format!("swarm.file_size={} KiB", 6400 * factor),
                    format!("swarm.block_size={} KiB", 64 * factor),
                    format!(
                        "protocol.{protocol}.{}",
                        if protocol == "direct" { format!("request={} MiB", factor) } else { "pieces=100".into() }
                    ),
                ];
                let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
                let swarm = ["swarm.network_size=8", "swarm.seeders=2", "network.latency=7 ms"];
                bare(protocol, network, &[&swarm[..], &sets].concat()).makespan().unwrap().nanos()
            };
            let (once, twice) = (with(1), with(2));
            assert!(once.abs_diff(twice) < 2_000, "{protocol} {network}: {once} and {twice} ns");
        }
    }
}

/// Something is still to come, so the run goes on.
#[test]
fn a_run_waits_for_what_is_still_to_come() {
    let three = ["swarm.network_size=4", "swarm.start={ stagger = \"15 min\" }"];
    let late = direct(&three);
    assert_eq!((late.status, late.completed()), (Status::Complete, 3));
    assert_eq!(late.makespan().unwrap().nanos(), 1_800_000_000_000 + PAIR_NANOS);

    let back = direct(&["churn.model=trace", "churn.kind=departure", "churn.trace=[[1, 0, 0.5], [1, 900, 1000]]"]);
    assert_eq!((back.status, back.makespan().unwrap().nanos()), (Status::Complete, 900_000_000_000 + PAIR_NANOS));

    let seeder = direct(&["churn.model=trace", "churn.kind=departure", "churn.trace=[[0, 2000, 3000]]"]);
    assert_eq!(seeder.status, Status::Complete);
    assert!(seeder.makespan().unwrap().secs() > 2000.0);
}

/// Where each step of an exchange takes longer than the patience of the run, it ends
/// as one whose patience has no end.
#[test]
fn a_slow_exchange_is_no_standstill() {
    let slow: [&[&str]; 3] = [
        // A request of some hundred bytes takes the better part of an hour.
        &["network.up=1 bit/s", "network.seeder_up=8 Mbit/s", "swarm.file_size=64 KiB", "network.transport=none"],
        &["network.latency=15 min", "swarm.file_size=64 KiB"],
        &["hardware={ extends = \"ideal\", per_message = \"700 s\" }", "swarm.file_size=64 KiB"],
    ];
    let mut completed = 0;
    for protocol in protocols() {
        for world in slow {
            let name = format!("protocol={protocol}");
            let with = |patience: &str| {
                let outcome = pair(&[&[&*name, "stop.max_time=5 d", patience], world].concat());
                (outcome.status == Status::Complete).then_some(outcome.end)
            };
            let patient = with("stop.no_progress_for=5 d");
            completed += u32::from(patient.is_some());
            assert_eq!(with("stop.no_progress_for=10 min"), patient, "{protocol}, {world:?}");
        }
    }
    let of = 3 * protocols().count();
    assert!(completed as usize > of / 3, "only {completed} of {of} complete at all");
}

/// Bytes that are lost and asked for again are no progress, and what holds the
/// leechers back are the time-outs.
#[test]
fn a_livelock_ends_and_is_called_by_its_name() {
    let outcome = checked(&spec(&[
        "swarm.network_size=32",
        "swarm.seeders=1",
        "swarm.block_size=1 MiB",
        "swarm.file_size=40 MiB",
        "network.up=5 Mbit/s",
        "network.down=50 Mbit/s",
    ]));
    assert_eq!(outcome.status, Status::NoProgress);
    assert!(outcome.end.secs() < 1500.0, "{}", outcome.end);
    let lost: u64 = outcome.cut[codexsim::ledger::Cut::TimeOut as usize];
    assert!(lost > 100_000_000, "{lost} B");
    assert!(outcome.warnings.iter().any(|warning| warning.contains("timer")), "{:?}", outcome.warnings);
    let shares = outcome.timeline.tally(0).shares();
    let timed_out = shares[codexsim::ledger::Constraint::TimeOut as usize];
    assert!(timed_out > 0.8, "{shares:?}");
}

/// Two failures of two of four leechers at one moment leave nobody.
#[test]
fn failures_of_one_moment_add_up() {
    for seed in 0..6 {
        let failure = "{ at = \"0.5 s\", nodes = 2 }";
        let outcome =
            direct(&["swarm.network_size=5", &format!("failures=[{failure}, {failure}]"), &format!("seed={seed}")]);
        assert_eq!((outcome.completed(), outcome.ever_completed()), (0, 0), "seed {seed}");
    }
}

/// A leecher that loses everything is not complete, whatever it once was; what it
/// lost is booked.
#[test]
fn a_crash_takes_completion_back() {
    let crash = |duration: &str| {
        let failure = format!("failures=[{{ at = \"3 s\", nodes = 1{duration} }}]");
        direct(&["swarm.network_size=3", "swarm.start={ stagger = \"10 s\" }", &failure])
    };
    for (duration, completed) in [("", 1), (", duration = \"1 s\"", 2)] {
        // Of the two leechers only the first is up at 3 s, and complete.
        let outcome = crash(duration);
        assert_eq!((outcome.completed(), outcome.ever_completed()), (completed, 2), "{duration}");
        assert_eq!(outcome.nodes.iter().map(|node| node.crash_lost).sum::<u64>(), 1_048_576);
        let at = |second: f64| {
            let mut samples = outcome.series.iter().filter(|s| s.metric == "completed" && s.time.secs() <= second);
            samples.next_back().unwrap().value
        };
        assert_eq!((at(2.9), at(3.5)), (1.0, 0.0), "{duration}");
    }
}

/// The horizon costs nothing: two centuries of sessions that nobody waits for.
#[test]
fn the_time_limit_changes_nothing_before_it() {
    let with = |limit: &str| {
        let churn = ["churn.model=sessions", "churn.online={ exponential = { mean = 30.0 } }"];
        let more = ["churn.offline={ exponential = { mean = 10.0 } }", "swarm.network_size=200"];
        let outcome = direct(&[&churn[..], &more, &[&format!("stop.max_time={limit}")]].concat());
        (outcome.status, outcome.end, outcome.fingerprint)
    };
    assert_eq!(with("1 d"), with("73000 d"));
}

/// The same of the seeder of a swarm, whose number is another with every set of
/// seeders, through the window of a muxer: of a pair to the nanosecond, of a swarm in
/// which nodes draw lots as the mean of some seeds.
#[test]
fn no_seeder_is_special_by_its_number() {
    for protocol in ["codex-v3c", "codex-v3d"] {
        for window in ["100 kB", "256 KiB"] {
            let with = |nodes: u32, set: u32, seed: u32| {
                // When a node announces what it has is drawn; a pair is to draw nothing.
                let announce = if nodes == 2 { "none" } else { "immediate" };
                let outcome = checked(&spec(&[
                    &format!("protocol={protocol}"),
                    &format!("protocol.{protocol}.announce={announce}"),
                    &format!("network.transport.mux_window={window}"),
                    &format!("swarm.network_size={nodes}"),
                    &format!("swarm.seeder_set={set}"),
                    &format!("seed={seed}"),
                    "swarm.seeders=1",
                    "swarm.file_size=5 MB",
                ]));
                assert_eq!(outcome.status, Status::Complete);
                let seeder = outcome.nodes.iter().position(|node| node.role == Role::Seeder).unwrap();
                (seeder, outcome.makespan().unwrap(), outcome.wire_bytes())
            };
            let (one, other) = (with(2, 0, 1), with(2, 1, 1));
            assert_eq!((one.0, other.0), (0, 1));
            assert_eq!((one.1, one.2), (other.1, other.2), "{protocol} {window}");
            let means: Vec<(f64, f64)> = (0..5)
                .map(|set| {
                    let runs: Vec<_> = (0..12).map(|seed| with(5, set, seed)).collect();
                    let mean = |of: fn(&(usize, Time, u64)) -> f64| runs.iter().map(of).sum::<f64>() / 12.0;
                    (mean(|run| run.1.secs()), mean(|run| run.2 as f64))
                })
                .collect();
            let ratio = |of: fn(&(f64, f64)) -> f64| {
                let (least, most) = means.iter().map(of).fold((f64::MAX, 0.0f64), |(l, m), x| (l.min(x), m.max(x)));
                most / least
            };
            let (time, bytes) = (ratio(|mean| mean.0), ratio(|mean| mean.1));
            assert!(time < 1.1 && bytes < 1.02, "{protocol} {window}: {means:?}");
        }
    }
}

/// Whoever plays a part plays it alike: node 0, the last, or one in between.
#[test]
fn no_node_is_special_by_its_number() {
    let discoveries: [&[&str]; 7] = [
        &["discovery.model=static"],
        &["discovery.model=tracker"],
        &["discovery.model=tracker", "discovery.constants.warm=false"],
        &["discovery.model=discv5"],
        &["discovery.model=discv5", "discovery.constants.warm=false"],
        &["discovery.model=kademlia"],
        &["discovery.model=kademlia", "discovery.constants.warm=false"],
    ];
    // Of the seeders 0 and 1 and the leechers 2 to 9, one part of each kind.
    type Part = (&'static str, &'static str, fn(u32) -> String);
    let parts: [Part; 4] = [
        ("a seeder leaves", "0,1", |n| format!("churn.trace=[[{n}, 0, 2], [{n}, 200, 9000]]")),
        ("a seeder comes late", "0,1", |n| format!("churn.trace=[[{n}, 60, 9000]]")),
        ("a leecher leaves", "2,5,9", |n| format!("churn.trace=[[{n}, 0, 2], [{n}, 60, 9000]]")),
        ("a leecher comes late", "2,5,9", |n| format!("churn.trace=[[{n}, 60, 9000]]")),
    ];
    for discovery in discoveries {
        for (part, nodes, churn) in parts {
            let times: Vec<(u32, f64)> = nodes
                .split(',')
                .map(|node| {
                    let node: u32 = node.parse().unwrap();
                    let mean = (0..6).map(|seed| {
                        let sets = [
                            churn(node),
                            format!("seed={seed}"),
                            "churn.model=trace".into(),
                            "churn.kind=departure".into(),
                            "swarm.network_size=10".into(),
                            "swarm.seeders=2".into(),
                            "swarm.file_size=10 MB".into(),
                        ];
                        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
                        let outcome = checked(&spec(&[&sets[..], discovery].concat()));
                        assert_eq!(outcome.completed(), 8, "{discovery:?}: {part}, node {node}, seed {seed}");
                        outcome.makespan().unwrap().secs()
                    });
                    (node, mean.sum::<f64>() / 6.0)
                })
                .collect();
            let (least, most) = times.iter().fold((f64::MAX, 0.0f64), |(l, m), (_, t)| (l.min(*t), m.max(*t)));
            assert!(most < 1.5 * least + 5.0, "{discovery:?}: {part}: {times:?}");
        }
    }
}
