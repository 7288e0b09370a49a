//! `codexsim explain-run` and `codexsim doctor` tell the truth about worlds of
//! which one knows it beforehand.

use crate::common::{Alone, checked, exchanges, spec};
use assert_cmd::Command;
use codexsim::ledger::Constraint;
use codexsim::sim::RunSpec;
use codexsim::study::{Cache, Options, Reasons, Resource, Runner, WhatIf, Who};
use std::fs;

fn asked(sets: &[&str], seeds: u32) -> Option<Reasons> {
    let runner = Runner::new(Cache::memory(), Options { threads: 0, reproducible: true }, &Alone);
    let asked = runner.ask(&mut WhatIf::new(&spec(sets), seeds)).expect("nothing is written");
    asked.answer.expect("nobody interrupts")
}

fn reasons(sets: &[&str]) -> Reasons {
    asked(sets, 3).expect("all complete")
}

/// Elasticity and share of the slowest leecher's time.
fn slowest(found: &Reasons, resource: Resource) -> (f64, f64) {
    let reason = found.reasons.iter().find(|r| r.resource == resource).unwrap();
    (reason.elasticity.as_ref().map_or(f64::NAN, |of| of[0].mean), reason.share.map_or(f64::NAN, |of| of[0]))
}

/// A swarm in which everything is a tenth faster is the same swarm, a tenth faster.
/// (Windows are bytes per round trip, so they follow; what has a clock of its own,
/// such as the restart of idle windows, is out of the way here. Nothing is a
/// round number: what falls together in one run does not, by rounding to
/// nanoseconds, in the other.)
#[test]
fn everything_together_is_a_change_of_the_unit_of_time() {
    for protocol in exchanges() {
        let protocol_set = format!("protocol={protocol}");
        let base = spec(&[
            &protocol_set,
            "swarm.network_size=6",
            "swarm.seeders=2",
            "swarm.file_size=8 MiB",
            "network.latency=51234567 ns",
            "network.transport=none",
            "hardware.per_block_sent=3141593 ns",
            "hardware.per_block_received=5196152 ns",
        ]);
        let makespan = |spec: &RunSpec| checked(spec).makespan().unwrap().secs();
        let ratio = makespan(&base) / makespan(&Resource::All.more(&base).unwrap());
        assert!((ratio - 1.1).abs() < 0.002, "{protocol}: {ratio}");
    }
}

/// One seeder, one leecher: the shares and the elasticities are both those of the
/// closed form T = bytes / rate + rest.
#[test]
fn the_two_ways_of_asking_agree_where_one_resource_counts() {
    let pair = ["swarm.network_size=2", "swarm.seeders=1", "swarm.file_size=20 MB"];
    let cases: [(Resource, [&str; 3]); 3] = [
        (Resource::Uplinks, ["network.up=5 Mbit/s", "network.down=10 Mbit/s", "hardware=ideal"]),
        (Resource::Downlinks, ["network.up=10 Mbit/s", "network.down=5 Mbit/s", "hardware=ideal"]),
        (Resource::Processors, ["network.up=1 Gbit/s", "network.down=1 Gbit/s", "hardware.per_block_received=50 ms"]),
    ];
    for protocol in ["codex-v2", "codex-f"] {
        let protocol_set = format!("protocol={protocol}");
        for (resource, sets) in &cases {
            let all: Vec<&str> =
                pair.iter().chain(sets).copied().chain([&*protocol_set, "network.latency=5 ms"]).collect();
            let found = reasons(&all);
            let (elasticity, share) = slowest(&found, *resource);
            assert!(elasticity > 0.85, "{protocol}, {resource:?}: {elasticity}");
            assert!((elasticity - share).abs() < 0.06, "{protocol}, {resource:?}: {elasticity} and {share}");
            // Of timers it is true that shorter ones do harm, which no share says.
            let others = found.reasons.iter().filter(|r| r.resource != Resource::Timers);
            others.for_each(|r| assert!(!r.disagrees(Who::Slowest), "{protocol}: {r:?}"));
        }
    }
}

/// Seen waiting for uplinks, but more of them does not help: that is said.
#[test]
fn disagreement_is_flagged() {
    let mut found = reasons(&["swarm.network_size=4", "swarm.seeders=1", "swarm.file_size=4 MiB"]);
    let reason = found.reasons.iter_mut().find(|r| r.resource == Resource::Uplinks).unwrap();
    assert_eq!(reason.resource.constraints(), [Constraint::OwnUplink, Constraint::RemoteUplink]);
    assert!(!reason.disagrees(Who::Median));
    let share = reason.share.unwrap()[Who::Median as usize];
    let mut with = |above: f64, half: f64| {
        let median = &mut reason.elasticity.as_mut().unwrap()[Who::Median as usize];
        (median.mean, median.ci95) = (share + above, Some(half));
        reason.disagrees(Who::Median)
    };
    assert!(with(0.13, 0.02) && !with(0.13, 0.05), "the interval reaches in the second case");
    assert!(with(-0.13, 0.02) && !with(-0.09, 0.0));
    let text = codexsim::report::reasons("t", &found).terminal(None);
    assert!(!text.contains('!'), "{text}");
}

fn stdout(args: &[&str]) -> String {
    let output = Command::cargo_bin("codexsim").unwrap().args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The line of the doctor's table about `key`.
fn line<'a>(text: &'a str, key: &str) -> &'a str {
    text.lines().find(|l| l.trim_start().starts_with(&format!("{key} "))).unwrap_or_else(|| panic!("{key}: {text}"))
}

#[test]
fn the_doctor_knows_dead_settings_from_live_ones() {
    let sets = [
        "swarm.file_size=4 MiB",
        "stop.max_time=3 h",
        "network.up=20 Mbit/s",
        "failures=[{ at = \"2 h\", nodes = 1 }]",
    ];
    let args: Vec<&str> = ["doctor", "--quiet"].into_iter().chain(sets.iter().flat_map(|s| ["--set", s])).collect();
    let text = stdout(&args);
    assert!(line(&text, "stop.max_time").contains("NO EFFECT"), "a limit that is not reached\n{text}");
    assert!(line(&text, "failures").contains("NO EFFECT"), "nobody is there any more\n{text}");
    assert!(line(&text, "network.up").contains("makespan -"), "faster at the default 50 Mbit/s\n{text}");
    assert!(line(&text, "network.down").contains("as the default"), "{text}");
    assert!(line(&text, "swarm.seeders").contains("needed: missing key `seeders`"), "{text}");
    assert!(text.contains("never acted: churn or failures were asked for"), "{text}");
    assert!(line(&text, "chance (seed)").contains("%"), "{text}");
}

/// A time-out far beyond the run is set and never fires.
#[test]
fn the_doctor_lists_timers_that_never_fired() {
    let text = stdout(&["doctor", "--quiet", "--protocol", "codex-v3c", "--set", "swarm.file_size=1 MiB"]);
    assert!(line(&text, "Deadline").ends_with("never fired"), "{text}");
    assert!(line(&text, "Turn").trim_end().ends_with(|c: char| c.is_ascii_digit()), "{text}");
}

/// Two nodes meet no ties and no chance.
#[test]
fn where_nothing_is_left_to_chance_the_doctor_says_so() {
    let pair = ["--set", "swarm.network_size=2", "--set", "swarm.seeders=1", "--set", "swarm.file_size=4 MiB"];
    let args: Vec<&str> = ["doctor", "--quiet", "--protocol", "codex-v2"].into_iter().chain(pair).collect();
    let text = stdout(&args);
    assert_eq!(line(&text, "order of equal times (tie_salt)").matches("none").count(), 3, "{text}");
}

/// A path as wide at both ends: neither end alone helps, both do.
#[test]
fn equally_narrow_links_are_told_together() {
    let pair = ["swarm.network_size=2", "swarm.seeders=1", "swarm.file_size=20 MB", "protocol=direct"];
    let found = reasons(&pair);
    let (alone, _) = slowest(&found, Resource::Uplinks);
    let (both, seen) = slowest(&found, Resource::Links);
    assert!(alone < 0.05 && both > 0.6 && (both - seen).abs() < 0.06, "{alone} {both} {seen}");
    let told = stdout(&[&["explain-run", "--seeds", "2"][..], &pair.map(|set| ["--set", set]).concat()].concat());
    assert!(told.contains("gains most from: up- and downlinks"), "{told}");
}

/// Nothing takes any time.
#[test]
fn no_time_has_no_reasons() {
    let ideal = ["network.up=unlimited", "network.down=unlimited", "network.latency=0 s", "protocol=direct"];
    let sets: Vec<&str> = ideal.into_iter().chain(["network.transport=none"]).collect();
    assert!(asked(&sets, 2).is_none());
}

/// What a sweep says is no setting of the file; what the file says beside it is one.
#[test]
fn the_doctor_examines_a_study_without_its_sweep() {
    let pack = concat!(env!("CARGO_MANIFEST_DIR"), "/experiments/packs/quick.toml");
    let world = ["--set", "swarm.network_size=3", "--set", "swarm.seeders=1", "--set", "swarm.file_size=1 MB"];
    let text = stdout(&[&["doctor", "--quiet", pack], &world[..]].concat());
    assert!(text.contains("swarm.network_size") && !text.contains("network.links"), "{text}");
}

/// Both keep nothing unless they are told where; then they go on where they were ended.
#[test]
fn what_is_kept_is_not_computed_again() {
    let small = ["--set", "swarm.network_size=3", "--set", "swarm.seeders=1", "--set", "swarm.file_size=1 MB"];
    for command in [&["doctor"][..], &["explain-run", "--seeds", "2"]] {
        let place = tempfile::tempdir().unwrap();
        let shown = |further: &[&str]| {
            let arguments = [command, &["--quiet"], &small, further].concat();
            let output = Command::cargo_bin("codexsim").unwrap().current_dir(&place).args(arguments).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let rows = || {
            let files = fs::read_dir(place.path().join("kept/rows")).unwrap().map(|entry| entry.unwrap());
            let mut rows: Vec<_> =
                files.map(|file| (file.path(), file.metadata().unwrap().modified().unwrap())).collect();
            rows.sort();
            rows
        };
        let first = shown(&[]);
        assert_eq!(fs::read_dir(&place).unwrap().count(), 0, "nothing is written");
        assert_eq!(shown(&["--rows", "kept"]), first);
        let before = rows();
        fs::remove_file(&before[1].0).unwrap();
        fs::write(&before[2].0, "cut sho").unwrap();
        assert_eq!(shown(&["--rows", "kept", "-j", "1"]), first);
        let after = rows();
        let anew: Vec<usize> = (0..after.len()).filter(|at| before[*at] != after[*at]).collect();
        assert_eq!((before.len(), anew), (after.len(), vec![1, 2]), "{command:?}");
    }
}
