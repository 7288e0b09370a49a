//! The command line as its users meet it: files, exit codes, resumption.

#[path = "common/place.rs"]
mod place;

use assert_cmd::assert::Assert;
use codexsim::results::{Manifest, NodeRow, RunTable, TrafficRow, read};
use place::Place;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const SCENARIO: &str = r#"
name = "tiny"
seed = 5
protocol = "direct"
[swarm]
network_size = 4
seeders = 1
file_size = "1 MB"
[network]
model = "fifo"
up = "10 Mbit/s"
down = "10 Mbit/s"
latency = "20 ms"
"#;
const SWEEP: &str = r#"
[sweep]
"swarm.network_size" = [3, 4]
"network.latency" = ["0 ms", "20 ms"]
repetitions = 2
"#;

impl Place {
    fn sweep(&self, out: &str, further: &[&str]) -> Assert {
        let mut arguments = vec!["sweep", "s.toml", "--reproducible", "--out", out];
        arguments.extend(further);
        self.codexsim(&arguments)
    }

    fn runs(&self, out: &str) -> RunTable {
        RunTable::read(fs::File::open(self.path(out).join("runs.csv")).unwrap()).unwrap()
    }
}

fn errors(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

fn printed(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

/// Content of every file below `dir`, row files included.
fn content(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let inner = content(&path).into_iter().map(|(name, bytes)| (path.join(name), bytes));
            files.extend(inner.map(|(name, bytes)| (name.strip_prefix(dir).unwrap().to_owned(), bytes)));
        } else {
            files.insert(path.strip_prefix(dir).unwrap().to_owned(), fs::read(&path).unwrap());
        }
    }
    files
}

fn row_files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("rows")).unwrap().map(|e| e.unwrap().path());
    let mut rows: Vec<PathBuf> = entries.filter(|p| p.extension().is_some_and(|e| e == "csv")).collect();
    rows.sort();
    rows
}

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
fn an_output_that_cannot_be_written_is_1_and_names_it() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    fs::write(place.path("file"), "in the way").unwrap();
    for command in ["run", "sweep"] {
        let assert = place.codexsim(&[command, "s.toml", "--out", "file"]).code(1);
        assert!(errors(&assert).contains("file"), "{}", errors(&assert));
    }
    assert_eq!(fs::read(place.path("file")).unwrap(), b"in the way");
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
fn check_prints_the_scenario_or_the_mistake() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    let assert = place.codexsim(&["check", "s.toml"]).code(0);
    assert!(printed(&assert).contains("network_size"), "{}", printed(&assert));
    assert!(errors(&assert).contains("ok: 4 points, 8 runs"), "{}", errors(&assert));
    place.codexsim(&["check", "s.toml", "--set", "network.latency=20"]).code(2);
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
fn explain_tells_a_key_and_knows_its_name() {
    let place = Place::new("");
    let told = place.codexsim(&["explain", "protocol.codex-v2.window"]).success().get_output().stdout.clone();
    let told = String::from_utf8(told).unwrap();
    for part in ["Blocks wanted", "at least 1", "1024 (models/protocols/codex-v2.toml)", "codex/node.nim:56"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let wrong = place.codexsim(&["explain", "protocol.codex-v2.windw"]).code(2).get_output().stderr.clone();
    assert!(String::from_utf8(wrong).unwrap().contains("did you mean `protocol.codex-v2.window`?"));
}

#[test]
fn schema_is_json_and_models_is_a_list() {
    let place = Place::new(SCENARIO);
    let schema = printed(&place.codexsim(&["schema"]).code(0));
    assert!(serde_json::from_str::<serde_json::Value>(&schema).unwrap().is_object());
    place.codexsim(&["models"]).code(0);
}

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
    assert_eq!(place.runs("half").records.len(), 4);
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
    place.sweep("a", &["--shard", "1/2"]).code(0);
    let text = printed(&place.sweep("a", &["--dry-run"]).code(0));
    assert!(text.contains("8 runs, 4 finished"), "{text}");
}

#[test]
fn the_index_comes_from_the_batch_system() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("codexsim");
    let assert = command
        .current_dir(place.path("."))
        .env_remove("HQ_TASK_ID")
        .env("SLURM_ARRAY_TASK_ID", "3")
        .args(["sweep", "s.toml", "--out", "a"])
        .assert()
        .code(0);
    assert!(errors(&assert).contains("computed 1, reused 0"), "{}", errors(&assert));
    assert_eq!(row_files(&place.path("a")).len(), 1);
}

#[test]
fn a_broken_expectation_is_4_and_names_the_run_and_the_value() {
    let claims = "[expect]\nmissing = \"<= 0\"\nmakespan_s = \"<= 0.001\"\n";
    let place = Place::new(&format!("{SCENARIO}{SWEEP}{claims}"));
    for command in ["run", "sweep"] {
        let assert = place.codexsim(&[command, "s.toml", "--out", command]).code(4);
        let table = place.runs(command);
        for record in &table.records {
            let start = format!("run {}: makespan_s = {}", record.run.run_id, record.run.makespan_s.unwrap());
            assert!(errors(&assert).contains(&start), "{start} is missing in\n{}", errors(&assert));
        }
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
fn models_are_rows_too() {
    let place = Place::new(SCENARIO);
    let json = printed(&place.codexsim(&["models", "--format", "json"]).code(0));
    let models: serde_json::Value = serde_json::from_str(&json).unwrap();
    let model = models.as_array().unwrap().iter().find(|m| m["name"] == "codex-v2").unwrap();
    assert_eq!((&model["kind"], &model["calibrated"]), (&"protocols".into(), &true.into()));
    let csv = printed(&place.codexsim(&["models", "--format", "csv"]).code(0));
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(reader.records().map(Result::unwrap).count(), models.as_array().unwrap().len());
}

#[test]
fn shells_and_the_manual_know_every_command() {
    let place = Place::new(SCENARIO);
    let help = printed(&place.codexsim(&["--help"]).code(0));
    // Longer descriptions go on in further lines, which begin further right.
    let is_command = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let words = listed.filter(is_command).map(|line| line.split_whitespace().next().unwrap());
    let commands: Vec<&str> = words.filter(|command| *command != "help").collect();
    assert!(commands.contains(&"view") && commands.contains(&"man"), "{help}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = printed(&place.codexsim(&["completions", shell]).code(0));
        assert!(commands.iter().all(|command| script.contains(command)), "{shell}");
    }
    // A hyphen that is none is marked in such a page.
    let page = printed(&place.codexsim(&["man"]).code(0)).replace("\\-", "-");
    assert!(page.contains(".TH codexsim") && commands.iter().all(|command| page.contains(command)));
    place.codexsim(&["man", "pages"]).code(0);
    for command in commands {
        let page = fs::read_to_string(place.path(&format!("pages/codexsim-{command}.1"))).unwrap();
        assert!(page.contains(".TH"), "{command}");
    }
}
