//! Wrong input, and claims that do not hold.

use super::{SCENARIO, SWEEP, errors};
use crate::common::place::Place;

#[test]
fn wrong_input_is_2_and_writes_nothing() {
    let place = Place::new(SCENARIO);
    for arguments in [
        vec!["run", "s.toml", "--no-such-flag"],
        vec!["run", "nowhere.toml"],
        vec!["run", "s.toml", "--set", "network.up=10 MB/s"],
        vec!["run", "s.toml", "--protocol", "no-such-protocol"],
        vec!["run", "s.toml", "--set", "swarm.seeders=4"],
        vec!["sweep"],
        vec!["sweep", "nowhere.toml"],
        vec!["sweep", "s.toml", "--shard", "3/2"],
        vec!["sweep", "s.toml", "--index", "1"],
        vec!["sweep", "s.toml", "--budget", "soon"],
        vec!["sweep", "s.toml", "-j", "0"],
        vec!["check", "nowhere.toml"],
        vec!["explain-run", "."],
        vec!["new", "scenario", "results/"],
        vec!["no-such-command"],
        vec![],
    ] {
        let assert = place.codexsim(&arguments).code(2);
        assert!(!errors(&assert).is_empty(), "{arguments:?} said nothing");
        assert!(!errors(&assert).contains("error: error"), "{}", errors(&assert));
        assert!(!place.path("results").exists(), "{arguments:?} wrote something");
    }
}

#[test]
fn a_wrong_point_of_a_sweep_is_named() {
    let place = Place::new(&format!("{SCENARIO}[sweep]\n\"swarm.seeders\" = [1, 4]\n"));
    for command in ["sweep", "check"] {
        let assert = place.codexsim(&[command, "s.toml"]).code(2);
        assert!(errors(&assert).contains("swarm.seeders = 4"), "{}", errors(&assert));
    }
    assert!(!place.path("results").exists());
}

#[test]
fn a_broken_expectation_is_4_and_names_the_run_and_the_value() {
    let claims = "[expect]\nmissing = \"<= 0\"\nmakespan_s = \"<= 0.001\"\n";
    let place = Place::new(&format!("{SCENARIO}{SWEEP}{claims}"));
    for command in ["run", "sweep"] {
        let assert = place.codexsim(&[command, "s.toml", "--out", command]).code(4);
        let table = place.runs(command);
        for record in &table.records {
            let run = &record.run;
            let point = format!(" (swarm.network_size = {}, network.latency = ", run.network_size);
            let start = format!("run {}{}", run.run_id, if command == "run" { ":" } else { &point });
            let value = format!("makespan_s = {}", run.makespan_s.unwrap());
            let told = errors(&assert).lines().any(|line| line.contains(&start) && line.contains(&value));
            assert!(told, "{start} .. {value} is missing in\n{}", errors(&assert));
        }
        let count = if command == "run" { "1 of 2 are not met, in 1 runs" } else { "8 of 16 are not met, in 8 runs" };
        assert!(errors(&assert).contains(count), "{}", errors(&assert));
        assert!(!errors(&assert).contains(": missing"), "the other claim holds");
    }
}

#[test]
fn an_expectation_about_nothing_is_wrong_input() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}[expect]\nmakespan = \"<= 1\"\n"));
    for command in ["run", "sweep", "check"] {
        let assert = place.codexsim(&[command, "s.toml"]).code(2);
        assert!(errors(&assert).contains("makespan"), "{}", errors(&assert));
    }
    assert!(!place.path("results").exists());
}

#[test]
fn a_setting_that_a_sweep_overrules_is_wrong_input() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    for command in ["sweep", "check"] {
        let assert = place.codexsim(&[command, "s.toml", "--set", "swarm.network_size=9"]).code(2);
        let told = "`swarm.network_size` is swept at s.toml:16, so this would do nothing";
        assert!(errors(&assert).contains(told), "{}", errors(&assert));
    }
    assert!(!place.path("results").exists());
}

/// What is asked for twice, or against what was said, is a mistake.
#[test]
fn repetitions_and_contradictions_are_wrong_input() {
    let place = Place::new(SCENARIO);
    let limit = ["limit", "s.toml", "--vary", "swarm.seeders=1..3", "--goal", "missing == 0"];
    let seeders = ["--vary", "swarm.seeders=1..2", "--vary", "swarm.\"seeders\"=1..3", "--points", "4"];
    for (arguments, told) in [
        (vec!["run", "s.toml", "--trace", "--set", "output.trace=false"], "contradict each other"),
        ([&["plan", "s.toml"], &seeders[..]].concat(), "is varied twice"),
        ([&limit[..], &["--protocol", "direct", "--protocol", "direct"]].concat(), "`direct` is given twice"),
        ([&limit[..], &["--goal", "missing == 0"]].concat(), "`missing == 0` is given twice"),
        (vec!["sensitivity", "s.toml", "--measure", "makespan_s,makespan_s"], "`makespan_s` is measured twice"),
    ] {
        let assert = place.codexsim(&arguments).code(2);
        assert!(errors(&assert).contains(told), "{arguments:?}: {}", errors(&assert));
    }
    assert!(!place.path("results").exists());
    place.codexsim(&["run", "s.toml", "--trace", "--set", "output.trace=true", "--out", "a"]).code(0);
}

/// An error shows what was typed, and no setting that a command made of it.
#[test]
fn errors_name_the_option_that_was_given() {
    let place = Place::new(SCENARIO);
    let limit = ["limit", "s.toml", "--vary", "swarm.seeders=1..9", "--goal", "missing == 0"];
    let impact = ["impact", "--base", "codex-v2", "--change", "codex-v2"];
    for (arguments, told) in [
        (limit.to_vec(), " --> the varied swarm.seeders\n"),
        (
            [&impact[..], &["--change-set", "protocol.codex-v2.windw=9"]].concat(),
            " --> --change-set protocol.codex-v2.windw=9",
        ),
        (vec!["transfer", "--slots", "1 B,2 B"], " --> --data 4 --total 6, slots of 1 B\n"),
    ] {
        let assert = place.codexsim(&arguments).code(2);
        assert!(errors(&assert).contains(told) && !errors(&assert).contains("> --set"), "{}", errors(&assert));
    }
}

/// Of a key that does nothing a word is said once, and by a sweep if it does nothing at all points.
#[test]
fn keys_that_do_nothing_are_told() {
    let place = Place::new(&format!("{SCENARIO}[network.transport]\nsmall = \"400 B\"\n{SWEEP}"));
    let told = "warning: `network.transport.small` (s.toml:15) has no effect unless `network.model` is \"fair\"";
    for command in ["check", "plan", "run"] {
        let assert = place.codexsim(&[command, "s.toml"]).code(0);
        assert_eq!(errors(&assert).matches(told).count(), 1, "{command}: {}", errors(&assert));
    }
    let swept = ["check", "s.toml", "--set", "sweep.\"network.model\"=[\"fifo\", \"fair\"]"];
    assert!(!errors(&place.codexsim(&swept).code(0)).contains("has no effect"), "it has one at half of the points");
}
