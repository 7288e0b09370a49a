//! Studies: their rows, and what is kept of them.

use super::{SCENARIO, SWEEP, content, errors, printed, row_files};
use crate::common::place::Place;
use codexsim::results::{NodeRow, read};
use std::fs;
use std::path::PathBuf;

#[test]
fn sweep_has_a_row_per_run_in_plan_order() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    let assert = place.sweep("a", &[]).code(0);
    assert!(errors(&assert).contains("computed 8, reused 0, failed 0, left 0"), "{}", errors(&assert));
    let table = place.runs("a");
    let order: Vec<_> = table.records.iter().map(|r| (r.run.network_size, r.run.latency_s, r.run.repetition)).collect();
    let wanted: Vec<_> = [(3, 0.0), (3, 0.02), (4, 0.0), (4, 0.02)]
        .into_iter()
        .flat_map(|(size, latency)| [(size, Some(latency), 0), (size, Some(latency), 1)])
        .collect();
    assert_eq!(order, wanted);
    assert!(table.extra.is_empty());
    let seeds: Vec<u64> = table.records.iter().map(|r| r.run.seed).collect();
    assert!(seeds.chunks(2).all(|pair| pair == [5, seeds[1]]), "points share their seeds: {seeds:?}");
    let nodes = read::<NodeRow>(fs::File::open(place.path("a/nodes.csv")).unwrap()).unwrap();
    assert_eq!(nodes.len(), 2 * (3 + 3 + 4 + 4));
    let printed = printed(&assert);
    let parts: Vec<&str> = printed.trim_end().split("\n\n").collect();
    assert_eq!(parts.len(), 3, "table, note and plot: {printed}");
    assert_eq!(parts[0].lines().count(), 1 + 4, "a line per point: {printed}");
    assert_eq!(parts[2].lines().count(), 1 + 2, "a bar per size: {printed}");
}

#[test]
fn a_sweep_stopped_at_any_time_ends_with_the_same_bytes() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    place.sweep("whole", &[]).code(0);
    let whole = content(&place.path("whole"));

    let assert = place.sweep("budget", &["--budget", "0s"]).code(3);
    assert!(errors(&assert).contains("computed 0, reused 0, failed 0, left 8"), "{}", errors(&assert));
    place.sweep("budget", &[]).code(0);
    assert_eq!(content(&place.path("budget")), whole, "after a budget of nothing");

    place.sweep("half", &["--shard", "1/2"]).code(0);
    assert!(!place.path("half/runs.csv").exists() && !place.path("half/manifest.json").exists());
    let assert = place.codexsim(&["report", "half"]).code(2);
    assert!(errors(&assert).contains("half: there are 4 runs of an unfinished study and no result files yet"));
    assert!(errors(&assert).contains("`codexsim sweep FILE --out half` carries out what is missing"));
    let assert = place.sweep("half", &[]).code(0);
    assert!(errors(&assert).contains("computed 4, reused 4"), "{}", errors(&assert));
    assert_eq!(content(&place.path("half")), whole, "after a shard");

    place.sweep("shards", &["--shard", "2/2"]).code(0);
    place.sweep("shards", &["--shard", "1/2"]).code(0);
    assert_eq!(content(&place.path("shards")), whole, "as two shards");

    for index in 0..8 {
        assert!(!place.path("tasks/runs.csv").exists(), "written before the plan was complete");
        place.sweep("tasks", &["--index", &index.to_string()]).code(0);
    }
    assert_eq!(content(&place.path("tasks")), whole, "as eight tasks");
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    let runs: Vec<_> = ["1", "2", "4"]
        .into_iter()
        .map(|jobs| {
            place.sweep(jobs, &["-j", jobs]).code(0);
            content(&place.path(jobs))
        })
        .collect();
    assert_eq!(runs[0].len(), 8 + 1 + 6 + 1, "rows, lock, tables, manifest");
    assert!(runs.iter().all(|r| *r == runs[0]));
}

#[test]
fn an_extended_sweep_computes_only_what_is_new() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    place.sweep("a", &[]).code(0);
    let old = row_files(&place.path("a"));
    let written = |path: &PathBuf| fs::metadata(path).unwrap().modified().unwrap();
    let before: Vec<_> = old.iter().map(written).collect();
    let more = SWEEP.replace("repetitions = 2", "repetitions = 3").replace("[3, 4]", "[3, 4, 5]");
    fs::write(place.path("s.toml"), format!("{SCENARIO}{more}")).unwrap();
    let assert = place.sweep("a", &[]).code(0);
    assert!(errors(&assert).contains("computed 10, reused 8"), "{}", errors(&assert));
    assert_eq!(old.iter().map(written).collect::<Vec<_>>(), before, "old rows were left alone");
    assert_eq!(place.runs("a").records.len(), 18);
    place.sweep("b", &[]).code(0);
    assert_eq!(content(&place.path("a")), content(&place.path("b")), "the same as if planned from the start");
}

#[test]
fn a_damaged_row_is_computed_again() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    place.sweep("a", &[]).code(0);
    let whole = content(&place.path("a"));
    let rows = row_files(&place.path("a"));
    let text = fs::read(&rows[0]).unwrap();
    fs::write(&rows[0], &text[..text.len() / 2]).unwrap();
    fs::write(&rows[1], fs::read(&rows[2]).unwrap()).unwrap();
    fs::write(&rows[3], b"").unwrap();
    let assert = place.sweep("a", &[]).code(0);
    assert!(errors(&assert).contains("computed 3, reused 5"), "{}", errors(&assert));
    for row in [&rows[0], &rows[1], &rows[3]] {
        let run = row.file_stem().unwrap().to_string_lossy();
        assert!(errors(&assert).contains(&format!("damaged and computed again: run {run}")), "{}", errors(&assert));
    }
    assert_eq!(content(&place.path("a")), whole);
}

#[test]
fn a_dry_run_says_what_it_would_do_and_does_nothing() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    let text = printed(&place.sweep("a", &["--dry-run"]).code(0));
    assert!(text.contains("4 points, 8 runs, 0 finished"), "{text}");
    assert!(text.contains("swarm.network_size = 3, network.latency = 20 ms: 2 runs"), "{text}");
    assert!(text.contains("roughly"), "{text}");
    assert!(!place.path("a").exists());
    let plan = ["plan", "s.toml", "--out", "a", "--reproducible"];
    assert_eq!(printed(&place.codexsim(&plan).code(0)), text, "`plan` says the same");
    let json = printed(&place.codexsim(&[&plan[..], &["--json"]].concat()).code(0));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["runs"], &json["missing"], &json["axes"][0]["steps"]), (&8.into(), &8.into(), &2.into()));
    let sweep = "codexsim sweep s.toml --out a --reproducible";
    assert_eq!(json["commands"]["here"], sweep);
    let hyperqueue = format!("hq submit --array 0-7 --cpus 1 --wait -- {sweep} --index env");
    assert!(json["commands"]["hyperqueue"] == hyperqueue && text.contains(&hyperqueue), "{text}");
    assert!(!place.path("a").exists());
    place.sweep("a", &["--shard", "1/2"]).code(0);
    let text = printed(&place.sweep("a", &["--dry-run"]).code(0));
    assert!(text.contains("8 runs, 4 finished"), "{text}");
}

#[test]
fn a_swept_key_without_a_column_gets_one() {
    let sweep = "[sweep]\n\"network.model\" = [\"fifo\", \"ideal\"]\n";
    let place = Place::new(&format!("{SCENARIO}{sweep}"));
    place.sweep("a", &[]).code(0);
    let table = place.runs("a");
    assert_eq!(table.extra, ["network.model"]);
    let values: Vec<&str> = table.records.iter().map(|r| r.extra[0].as_str()).collect();
    assert_eq!(values, ["fifo", "ideal"]);
}

#[test]
fn a_study_is_printed_as_its_rows_or_as_a_table_with_a_plot() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    let sweep = |format: &str| printed(&place.sweep("a", &["--format", format]).code(0));
    let csv = sweep("csv");
    assert_eq!(csv.as_bytes(), fs::read(place.path("a/runs.csv")).unwrap());
    let json: serde_json::Value = serde_json::from_str(&sweep("json")).unwrap();
    let runs = place.runs("a");
    assert_eq!(json.as_array().unwrap().len(), runs.records.len());
    for (object, record) in json.as_array().unwrap().iter().zip(&runs.records) {
        assert_eq!(object["run_id"], record.run.run_id.as_str());
        assert_eq!(object["makespan_s"].as_f64(), record.run.makespan_s);
    }
    let table = sweep("table");
    assert_eq!(table.lines().filter(|line| line.contains('█')).count(), 2, "a bar for each size:\n{table}");
    assert!(table.contains("t100, s") && table.contains("makespan by swarm.network_size"), "{table}");
}

/// The files that a study has, without those of its runs.
fn tables(place: &Place, dir: &str) -> Vec<String> {
    let files = content(&place.path(dir)).into_keys().map(|path| path.display().to_string());
    files.filter(|path| path.ends_with(".csv") && !path.starts_with("rows")).collect()
}

/// What is kept of the runs decides which files there are, and nothing of the runs.
#[test]
fn a_study_keeps_as_much_as_it_is_told() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    let keep = |keep: &str| place.sweep("a", &["--set", &format!("output.keep={keep}")]).code(0);
    keep("row");
    assert_eq!(tables(&place, "a"), ["runs.csv"]);
    let rows = fs::read(place.path("a/runs.csv")).unwrap();
    let assert = place.codexsim(&["report", "a"]).code(2);
    assert!(errors(&assert).contains("nodes.csv") && errors(&assert).contains("output.keep"), "{}", errors(&assert));
    let assert = place.codexsim(&["export", "a", "--format", "10ksim"]).code(2);
    assert!(errors(&assert).contains("output.keep"), "{}", errors(&assert));
    let assert = keep("nodes");
    assert!(errors(&assert).contains("computed 8, reused 0"), "more is wanted than is there: {}", errors(&assert));
    assert_eq!(tables(&place, "a"), ["nodes.csv", "runs.csv", "traffic.csv"]);
    place.codexsim(&["report", "a", "--quiet"]).code(0);
    keep("all");
    let all = tables(&place, "a");
    assert_eq!(all.len(), 6);
    let assert = keep("row");
    assert!(errors(&assert).contains("computed 0, reused 8"), "there is more than is wanted: {}", errors(&assert));
    assert_eq!((tables(&place, "a"), fs::read(place.path("a/runs.csv")).unwrap()), (vec!["runs.csv".into()], rows));
    place.sweep("a", &[]).code(0);
    assert_eq!(tables(&place, "a"), all);
    place.sweep("b", &["--set", "output.keep=most"]).code(2);
    let claim =
        |claim: &str| place.sweep("b", &["--set", "output.keep=row", "--set", &format!("expect.{claim}='>= 0'")]);
    claim("makespan_s").code(0);
    let assert = claim("t100_s").code(2);
    assert!(errors(&assert).contains("is about `t100_s`"), "{}", errors(&assert));
}
