//! One run.

use super::{SCENARIO, SWEEP, content, errors, printed};
use crate::common::place::Place;
use codexsim::results::{Manifest, NodeRow, RunTable, TrafficRow, read};
use std::fs;

#[test]
fn run_writes_all_files_where_it_says() {
    let place = Place::new(SCENARIO);
    let assert = place.codexsim(&["run", "s.toml"]).code(0);
    assert!(errors(&assert).contains("results/tiny"), "{}", errors(&assert));
    let dir = place.path("results/tiny");
    let table = place.runs("results/tiny");
    assert_eq!(table.records.len(), 1);
    let run = &table.records[0].run;
    assert_eq!((run.scenario.as_str(), run.protocol.as_str(), run.seed), ("tiny", "direct", 5));
    assert_eq!((run.network_size, run.seeders, run.file_size_bytes), (4, 1, 1_000_000));
    assert_eq!((run.status.as_str(), run.completed, run.missing), ("complete", Some(3), Some(0)));
    assert!(run.wall_s.is_some());
    let nodes = read::<NodeRow>(fs::File::open(dir.join("nodes.csv")).unwrap()).unwrap();
    assert_eq!(nodes.len(), 4);
    let last = nodes.iter().filter_map(|n| n.t100_s).fold(0.0, f64::max);
    assert!((last - run.makespan_s.unwrap()).abs() < 1e-9, "makespan is the last completion");
    let traffic = read::<TrafficRow>(fs::File::open(dir.join("traffic.csv")).unwrap()).unwrap();
    assert_eq!(traffic.iter().map(|t| t.bytes).sum::<u64>(), run.wire_bytes.unwrap());
    let manifest = Manifest::read(&dir).unwrap();
    for file in &manifest.files {
        let lines = fs::read_to_string(dir.join(&file.name)).unwrap().lines().count() as u64;
        assert_eq!(lines, file.rows + 1, "{}", file.name);
    }
    assert_eq!(manifest.files.len(), 6);
    assert_eq!(Some(&manifest.results_fingerprint), run.fingerprint.as_ref());
    assert_eq!(manifest.command_line.unwrap()[1..], ["run", "s.toml"]);
}

#[test]
fn run_twice_gives_the_same_bytes() {
    let place = Place::new(SCENARIO);
    for out in ["a", "b"] {
        place.codexsim(&["run", "s.toml", "--reproducible", "--out", out]).code(0);
    }
    assert_eq!(content(&place.path("a")), content(&place.path("b")));
    place.codexsim(&["run", "s.toml", "--reproducible", "--out", "c", "--set", "swarm.file_size=2 MB"]).code(0);
    assert_ne!(content(&place.path("a")), content(&place.path("c")));
}

#[test]
fn run_prints_a_table_json_or_csv() {
    let place = Place::new(SCENARIO);
    let table = printed(&place.codexsim(&["run", "s.toml"]).code(0));
    for word in ["complete", "makespan", "bound", "efficiency", "payload", "fingerprint", "events/s"] {
        assert!(table.contains(word), "{word} is missing in\n{table}");
    }
    let json = printed(&place.codexsim(&["run", "s.toml", "--format", "json"]).code(0));
    let row: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(row["network_size"], 4);
    let csv = printed(&place.codexsim(&["run", "s.toml", "--format", "csv"]).code(0));
    assert_eq!(RunTable::read(csv.as_bytes()).unwrap().records.len(), 1);
}

#[test]
fn quiet_says_nothing_but_the_result() {
    let place = Place::new(SCENARIO);
    let assert = place.codexsim(&["run", "s.toml", "--quiet"]).code(0);
    assert_eq!(errors(&assert), "");
}

#[test]
fn changes_are_laid_over_the_scenario_in_order() {
    let place = Place::new(SCENARIO);
    fs::write(place.path("o.toml"), "[swarm]\nnetwork_size = 5\nseeders = 2\n").unwrap();
    place.codexsim(&["run", "s.toml", "-p", "o.toml", "--set", "swarm.seeders=3", "--seed", "9", "--out", "a"]).code(0);
    let run = &place.runs("a").records[0].run;
    assert_eq!((run.network_size, run.seeders, run.seed), (5, 3, 9));
}

/// Models of one family are told apart by their names.
#[test]
fn results_name_the_model_and_not_its_family() {
    let place = Place::new(&format!("{SCENARIO}[sweep]\nprotocol = [\"codex-v3a\", \"codex-v3c\"]\n"));
    place.sweep("r", &[]).success();
    let table = RunTable::read(fs::File::open(place.path("r/runs.csv")).unwrap()).unwrap();
    let names: Vec<&str> = table.records.iter().map(|record| record.run.protocol.as_str()).collect();
    assert_eq!(names, ["codex-v3a", "codex-v3c"]);
    let place = Place::new(SCENARIO);
    place.codexsim(&["run", "s.toml", "--protocol", "codex-v2-parallel", "--out", "one"]).success();
    let table = RunTable::read(fs::File::open(place.path("one/runs.csv")).unwrap()).unwrap();
    assert_eq!(table.records[0].run.protocol, "codex-v2-parallel");
}

#[test]
fn a_run_is_drawn_only_for_people() {
    let place = Place::new(SCENARIO);
    let run = |format: &str| {
        let arguments = ["run", "s.toml", "--format", format, "--set", "series_interval=50 ms"];
        printed(&place.codexsim(&arguments).code(0))
    };
    assert!(run("table").contains("simulated time, s"));
    assert!(!run("csv").contains("simulated time") && !run("json").contains("simulated time"));
}

#[test]
fn a_study_is_run_without_its_sweep_and_with_what_is_set() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    let seen = |further: &[&str], out: &str| {
        let assert = place.codexsim(&[&["run", "s.toml"], further].concat()).code(0);
        assert!(errors(&assert).contains("without its [sweep]"), "{}", errors(&assert));
        assert!(errors(&assert).contains(&format!("results are in results/{out}")), "{}", errors(&assert));
        let run = &place.runs(&format!("results/{out}")).records[0].run;
        (run.protocol.clone(), run.network_size, run.latency_s)
    };
    assert_eq!(seen(&[], "tiny-base"), ("direct".into(), 4, Some(0.02)));
    assert_eq!(seen(&["--protocol", "bitswap"], "tiny-base-bitswap"), ("bitswap".into(), 4, Some(0.02)));
    place.codexsim(&["run", "s.toml", "--set", "swarm.network_size=7", "--out", "a"]).code(0);
    assert_eq!(place.runs("a").records[0].run.network_size, 7);
}

#[test]
fn what_only_a_sweep_says_is_missing_in_a_run() {
    let place = Place::new(&format!("{}{SWEEP}", SCENARIO.replace("network_size = 4\n", "")));
    for command in ["run", "doctor", "explain-run"] {
        let assert = place.codexsim(&[command, "s.toml"]).code(2);
        assert!(errors(&assert).contains("missing key `network_size`"), "{}", errors(&assert));
        let way = "the sweep alone sets `swarm.network_size` at s.toml:15; for one run: --set swarm.network_size=3";
        assert!(errors(&assert).contains(way), "{}", errors(&assert));
    }
    let assert = place.codexsim(&["check", "s.toml"]).code(0);
    assert!(printed(&assert).contains("network_size = 3 "), "{}", printed(&assert));
    assert!(errors(&assert).contains("first point of the sweep") && errors(&assert).contains("ok: 4 points, 8 runs"));
    place.codexsim(&["sweep", "s.toml", "--out", "a"]).code(0);
}
