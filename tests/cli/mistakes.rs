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
