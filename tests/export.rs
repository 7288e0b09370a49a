//! Exports as the other tools read them: every file is parsed back, and what
//! their analysis would find is compared with the study itself.

use crate::common::place::Place;
use assert_cmd::assert::Assert;
use codexsim::results::{Manifest, NodeRow, ProgressRow, RunRow, median, read};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const SCENARIO: &str = r#"
name = "tiny"
seed = 5
protocol = "codex-v2"
[swarm]
network_size = 4
seeders = 1
file_size = "4 MiB"
start = { stagger = "300 ms" }
[network]
up = "10 Mbit/s"
down = "10 Mbit/s"
latency = "20 ms"
"#;
const SWEEP: &str = r#"
[sweep]
constrained__networkSize_seeders = [[4, 1], [6, [1, 2]]]
"network.latency" = ["20 ms", "40 ms"]
seeder_sets = 2
repetitions = 3
"#;
const FINE: &str = "[output]\nprogress = 20\n";

impl Place {
    fn run_rows(&self, out: &str) -> Vec<RunRow> {
        self.runs(out).records.into_iter().map(|record| record.run).collect()
    }

    fn leechers(&self, out: &str, run_id: &str) -> Vec<NodeRow> {
        let nodes = read::<NodeRow>(fs::File::open(self.path(out).join("nodes.csv")).unwrap()).unwrap();
        nodes.into_iter().filter(|node| node.run_id == run_id && node.role == "leecher").collect()
    }
}

fn errors(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

fn folders(dir: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    folders.sort();
    folders
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn content(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(content(&path).into_iter().map(|(p, c)| (PathBuf::from(name(&path)).join(p), c)));
        } else {
            files.insert(PathBuf::from(name(&path)), fs::read(&path).unwrap());
        }
    }
    files
}

/// The rows of a CSV file whose header is `columns`.
fn rows(path: &Path, columns: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>().join(","), columns, "{}", path.display());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// Seconds since 1970-01-01 of a moment in January 1970.
fn seconds(stamp: &str) -> f64 {
    let number = |range: std::ops::Range<usize>| stamp[range].parse::<f64>().unwrap();
    assert_eq!(&stamp[..8], "1970-01-", "{stamp}");
    let fraction: f64 = stamp.get(19..26).map_or(0.0, |digits| format!("0{digits}").parse().unwrap());
    (number(8..10) - 1.0) * 86_400.0 + number(11..13) * 3600.0 + number(14..16) * 60.0 + number(17..19) + fraction
}

/// What the users' analysis finds in an experiment folder, after
/// `analysis/final/R/analysis.R` of logos-storage/bittorrent-benchmarks.
#[derive(Debug)]
struct Experiment {
    config: serde_json::Value,
    expected_n: usize,
    completion: Vec<f64>,
    first_byte: Vec<f64>,
}

impl Experiment {
    fn read(dir: &Path) -> Self {
        let text = fs::read_to_string(dir.join("codex_experiment_config_log_entry.jsonl")).unwrap();
        assert_eq!(text.lines().count(), 1);
        let config: serde_json::Value = serde_json::from_str(&text).unwrap();
        let count = |value: &serde_json::Value| value.as_u64().unwrap() as usize;
        let leechers = count(&config["nodes"]["network_size"]) - count(&config["seeders"]);
        let (sets, repetitions) = (count(&config["seeder_sets"]), count(&config["repetitions"]));
        let starts = starts(dir, leechers, repetitions);
        let expected_n = leechers * sets * repetitions;
        assert_eq!(starts.len(), expected_n, "requests are counted off, so each is there and names another download");
        let size = count(&config["file_size"]) as f64;
        let (mut completion, mut first_byte, mut least) = (Vec::new(), Vec::new(), f64::INFINITY);
        for (download, entries) in downloads(dir) {
            let start = starts[&download];
            let done = entries.iter().filter(|(_, bytes)| (1.0 - bytes / size).abs() < 1e-7);
            let done: Vec<f64> = done.map(|(at, _)| at - start).collect();
            assert!(done.len() <= 1, "completed once: {download:?}");
            least = if done.is_empty() { least } else { least.min(entries[0].0 - start) };
            first_byte.extend(done.first().map(|_| entries[0].0 - start));
            completion.extend(done);
        }
        assert!(completion.is_empty() || least < 60.0, "R would count in minutes: it goes by the least difference");
        Experiment { config, expected_n, completion, first_byte }
    }
}

type Download = (String, String);

/// When each leecher was asked; runs are told apart by counting.
fn starts(dir: &Path, leechers: usize, repetitions: usize) -> BTreeMap<Download, f64> {
    let events = rows(&dir.join("request_event.csv"), "name,timestamp,node,destination,request_id,type");
    let mut asked: Vec<_> = events.into_iter().filter(|e| e[0] == "leech" && e[5] == "EventBoundary.start").collect();
    asked.sort_by(|a, b| seconds(&a[1]).total_cmp(&seconds(&b[1])));
    let dataset = |index: usize| {
        let run = index / leechers;
        format!("dataset-{}-{}", run / repetitions, run % repetitions)
    };
    let key = |(index, event): (usize, &Vec<String>)| {
        assert_eq!(event[4], format!("CodexMeta(name='{}')", dataset(index)), "the count is right");
        ((dataset(index), event[3].clone()), seconds(&event[1]))
    };
    asked.iter().enumerate().map(key).collect()
}

/// Moments and bytes of each download, in order of time.
fn downloads(dir: &Path) -> BTreeMap<Download, Vec<(f64, f64)>> {
    let mut downloads: BTreeMap<Download, Vec<(f64, f64)>> = BTreeMap::new();
    let log = rows(&dir.join("download_metric.csv"), "name,timestamp,node,value,dataset_name");
    assert!(log.is_sorted_by_key(|row| &row[1]), "a log is in order of time");
    for row in log {
        assert_eq!(row[0], "download");
        let entries = downloads.entry((row[4].clone(), row[2].clone())).or_default();
        entries.push((seconds(&row[1]), row[3].parse().unwrap()));
    }
    for entries in downloads.values() {
        assert!(entries.is_sorted_by(|a, b| a.0 <= b.0 && a.1 < b.1), "{entries:?}");
    }
    downloads
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 2e-6, "{a} is not {b}: stamps have microseconds");
}

/// Values of leechers of the finished runs of one swarm and latency, counted
/// from each leecher's own start.
fn own(place: &Place, study: &str, run: &RunRow, value: impl Fn(&NodeRow) -> Option<f64>) -> Vec<f64> {
    let same = |r: &&RunRow| (r.network_size, r.seeders, r.latency_s) == (run.network_size, run.seeders, run.latency_s);
    let runs = place.run_rows(study);
    let leechers = runs.iter().filter(same).flat_map(|r| place.leechers(study, &r.run_id));
    leechers.filter_map(|node| Some(value(&node)? - node.start_s?)).collect()
}

#[test]
fn the_users_summary_is_that_of_the_study() {
    let place = Place::new(&format!("{SCENARIO}{FINE}{SWEEP}"));
    place.sweep("a", &[]).code(0);
    let assert = place.codexsim(&["export", "a", "--format", "benchmarks"]).code(0);
    assert_eq!(errors(&assert), "", "nothing to warn of");
    let labels = folders(&place.path("a/export-benchmarks"));
    let words: Vec<String> = labels.iter().map(|label| name(label)).collect();
    assert_eq!(words, ["codex-v2__latency_s=0.02", "codex-v2__latency_s=0.04"]);
    let mut seen = 0;
    for (label, latency) in labels.iter().zip([0.02, 0.04]) {
        for folder in folders(label) {
            let experiment = Experiment::read(&folder);
            assert_eq!(experiment.config["experiment_set_id"], name(&folder).as_str(), "the folder is the id");
            assert_eq!((&experiment.config["seeder_sets"], &experiment.config["repetitions"]), (&2.into(), &3.into()));
            assert_eq!(experiment.config["file_size"], 4 << 20);
            let runs = place.run_rows("a");
            let mine = |r: &&RunRow| {
                experiment.config["nodes"]["network_size"] == r.network_size
                    && experiment.config["seeders"] == r.seeders
                    && r.latency_s == Some(latency)
            };
            let run = runs.iter().find(mine).unwrap();
            let t100 = own(&place, "a", run, |node| node.stream_t100_s);
            assert_eq!((experiment.completion.len(), experiment.expected_n), (t100.len(), t100.len()));
            close(median(&experiment.completion).unwrap(), median(&t100).unwrap());
            seen += 1;
        }
    }
    assert_eq!(seen, 6, "a folder for each point");
}

#[test]
fn first_bytes_are_the_first_step_of_the_stream() {
    let place = Place::new(&format!("{SCENARIO}{FINE}"));
    place.codexsim(&["run", "s.toml", "--out", "a"]).code(0);
    place.codexsim(&["export", "a", "--format", "benchmarks"]).code(0);
    let folder = place.path("a/export-benchmarks/codex-v2/codex-v2-4194304-4-1");
    let steps = read::<ProgressRow>(fs::File::open(place.path("a/progress.csv")).unwrap()).unwrap();
    let run = &place.runs("a").records[0].run;
    let starts: BTreeMap<u32, f64> =
        place.leechers("a", &run.run_id).iter().map(|n| (n.node, n.start_s.unwrap())).collect();
    let first: Vec<f64> = steps
        .iter()
        .filter(|step| step.bytes == (4 << 20) / 20)
        .map(|step| step.stream_s.unwrap() - starts[&step.node])
        .collect();
    assert_eq!(first.len(), 3);
    close(median(&Experiment::read(&folder).first_byte).unwrap(), median(&first).unwrap());
    assert!(downloads(&folder).values().all(|entries| entries.len() == 20), "every step is an entry");
}

#[test]
fn missing_runs_and_downloads_are_missing_and_not_moved() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    place.part("a", "1/5", &["--set", "stop.max_time=2 s"]);
    let runs = place.run_rows("a");
    assert!(runs.len() < 36 && runs.iter().any(|run| run.missing > Some(0)), "the test needs both");
    let assert = place.codexsim(&["export", "a", "--format", "benchmarks"]).code(3);
    assert!(errors(&assert).contains("runs are missing or failed"), "{}", errors(&assert));
    assert!(errors(&assert).contains("first block, 50, 90 and 100 % only"), "{}", errors(&assert));
    let (mut n, mut expected) = (0, 0);
    for label in folders(&place.path("a/export-benchmarks")) {
        for folder in folders(&label) {
            let experiment = Experiment::read(&folder);
            let status = rows(&folder.join("experiment_status.csv"), "name,timestamp,repetition,duration,error");
            assert_eq!(status.iter().map(|s| s[2].as_str()).collect::<Vec<_>>(), ["0", "1", "2", "3", "4", "5"]);
            assert!(status.iter().any(|s| s[4] == "missing"));
            n += experiment.completion.len();
            expected += experiment.expected_n;
        }
    }
    assert_eq!(n as u64, runs.iter().filter_map(|run| run.completed).sum::<u64>());
    assert_eq!(expected, 2 * 6 * (3 + 5 + 4), "two latencies, six runs, the leechers of three swarms");
}

#[test]
fn without_steps_the_known_moments_are_the_entries() {
    let place = Place::new(SCENARIO);
    place.codexsim(&["run", "s.toml", "--out", "a", "--set", "swarm.seeder_set=3"]).code(0);
    place.codexsim(&["export", "a", "--format", "benchmarks", "--out", "b"]).code(0);
    let folder = place.path("b/codex-v2/codex-v2-4194304-4-1");
    let run = &place.runs("a").records[0].run;
    let experiment = Experiment::read(&folder);
    close(median(&experiment.first_byte).unwrap(), median(&own(&place, "a", run, |n| n.stream_ttfb_s)).unwrap());
    close(median(&experiment.completion).unwrap(), median(&own(&place, "a", run, |n| n.stream_t100_s)).unwrap());
    for (_, entries) in downloads(&folder) {
        let bytes: Vec<f64> = entries.iter().map(|(_, bytes)| *bytes).collect();
        assert_eq!(bytes, [65_536.0, 2_097_152.0, 3_774_873.0, 4_194_304.0]);
    }
}

#[test]
fn completion_stays_in_seconds_where_downloads_begin_late() {
    let place = Place::new(&format!("{SCENARIO}{FINE}"));
    let slow = ["--set", "protocol=direct", "--set", "network.up=20 kbit/s", "--set", "stop.max_time=1000 h"];
    place.codexsim(&[&["run", "s.toml", "--out", "a"][..], &slow].concat()).code(0);
    let assert = place.codexsim(&["export", "a", "--format", "benchmarks"]).code(0);
    assert!(errors(&assert).contains("At 1 points an entry of 0 bytes was added"), "{}", errors(&assert));
    let folder = place.path("a/export-benchmarks/direct/direct-4194304-4-1");
    let run = &place.runs("a").records[0].run;
    let t100 = own(&place, "a", run, |node| node.stream_t100_s);
    close(median(&Experiment::read(&folder).completion).unwrap(), median(&t100).unwrap());
    let entries: Vec<_> = downloads(&folder).into_values().flatten().collect();
    assert_eq!(entries.iter().filter(|(_, bytes)| *bytes == 0.0).count(), 1);
    assert_eq!(entries.len(), 3 * 20 + 1);
}

#[test]
fn stages_follow_each_other() {
    let place = Place::new(SCENARIO);
    place.codexsim(&["run", "s.toml", "--out", "a"]).code(0);
    place.codexsim(&["export", "a", "--format", "benchmarks"]).code(0);
    let folder = place.path("a/export-benchmarks/codex-v2/codex-v2-4194304-4-1");
    let stages = rows(&folder.join("experiment_stage.csv"), "name,timestamp,stage,type,error");
    let order: Vec<&str> = stages.iter().step_by(2).map(|s| s[2].as_str()).collect();
    assert_eq!(order, ["seeding", "leeching", "downloading", "log_cooldown", "deleting"]);
    assert!(stages.is_sorted_by_key(|s| seconds(&s[1])));
    let kinds: Vec<&str> = stages.iter().take(2).map(|s| s[3].as_str()).collect();
    assert_eq!(kinds, ["EventBoundary.start", "EventBoundary.end"]);
}

#[test]
fn tenksim_has_a_column_for_each_pod() {
    let place = Place::new(&format!("{SCENARIO}{FINE}"));
    place.codexsim(&["run", "s.toml", "--out", "a", "--set", "series_interval=500 ms"]).code(0);
    place.codexsim(&["export", "a", "--format", "10ksim"]).code(0);
    let folder = place.path("a/export-10ksim/codex-v2-4194304-4-1");
    let table = |metric: &str| {
        let place = folder.join("metrics").join(metric).join("dataset-0-0.csv");
        rows(&place, "Time,pod-0,pod-1,pod-2,pod-3")
    };
    let run = &place.runs("a").records[0].run;
    let leechers = place.leechers("a", &run.run_id);
    for (metric, end) in [
        ("stored-bytes", leechers.iter().map(|n| n.t100_s.unwrap()).collect::<Vec<_>>()),
        ("stream-bytes", leechers.iter().map(|n| n.stream_t100_s.unwrap()).collect()),
    ] {
        let rows = table(metric);
        for (sample, row) in rows.iter().enumerate() {
            let time = seconds(&row[0]);
            assert_eq!(time, sample as f64 * 0.5, "regular");
            assert_eq!(row[1], "4194304", "the seeder has everything");
            for (node, end) in end.iter().enumerate() {
                assert_eq!(row[2 + node] == "4194304", time >= *end, "{metric} of leecher {node} at {time} s");
            }
        }
        assert!(rows.last().unwrap()[1..].iter().all(|bytes| bytes == "4194304"));
    }
    let rate: f64 = table("libp2p-in")[1][2].parse().unwrap();
    assert!((rate * run.sim_time_s.unwrap() - leechers[0].bytes_rx as f64).abs() < 1e-3);
    let received = table("payload-received");
    assert_eq!((&*received[0][2], &received[1][2]), ("0", &leechers[0].payload_rx.to_string()));
}

#[test]
fn tenksim_has_deliveries_medians_and_parameters() {
    let place = Place::new(SCENARIO);
    place.codexsim(&["run", "s.toml", "--out", "a"]).code(0);
    place.codexsim(&["export", "a", "--format", "10ksim"]).code(0);
    let folder = place.path("a/export-10ksim/codex-v2-4194304-4-1");
    let run = &place.runs("a").records[0].run;
    let summary = folder.join("analysis_data/summary");
    let received = rows(&summary.join("received.csv"), "kubernetes.pod_name,msgId,sentAt,timestamp,delayMs");
    let delays: Vec<f64> = received.iter().map(|row| row[4].parse::<f64>().unwrap() / 1e3).collect();
    close(median(&delays).unwrap(), median(&own(&place, "a", run, |node| node.t100_s)).unwrap());
    let medians = rows(&summary.join("medians.csv"), "metric,dataset-0-0");
    let ratio: f64 = medians.iter().find(|row| row[0] == "duplicate ratio").unwrap()[1].parse().unwrap();
    let leechers = place.leechers("a", &run.run_id);
    let ratios: Vec<f64> = leechers.iter().map(|n| n.duplicate_rx as f64 / n.payload_rx as f64).collect();
    assert_eq!(Some(ratio), median(&ratios));
    let text = fs::read_to_string(folder.join("metadata.json")).unwrap();
    let metadata: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(metadata["stack"]["nodes_per_statefulset"][0], 4);
    assert_eq!(
        (&metadata["params"]["latency_ms"], &metadata["params"]["bandwidth_mbit"]),
        (&20.0.into(), &10.0.into())
    );
    assert_eq!(metadata["results"]["dataset-0-0"]["run_id"], run.run_id.as_str());
}

#[test]
fn where_there_is_no_study_is_2_and_says_why() {
    let place = Place::new(SCENARIO);
    fs::create_dir(place.path("empty")).unwrap();
    place.codexsim(&["run", "s.toml", "--out", "a"]).code(0);
    let short = |from: &str, to: &str, file: &str, cut: usize| {
        fs::create_dir(place.path(to)).unwrap();
        for entry in fs::read_dir(place.path(from)).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_file()) {
            fs::copy(&entry, place.path(to).join(entry.file_name().unwrap())).unwrap();
        }
        let text = fs::read_to_string(place.path(to).join(file)).unwrap();
        let kept: Vec<&str> = text.lines().take(cut).collect();
        fs::write(place.path(to).join(file), kept.join("\n")).unwrap();
    };
    short("a", "cut", "nodes.csv", 3);
    short("a", "none", "runs.csv", 1);
    for (dir, word) in [
        ("nowhere", "there is no such directory"),
        ("empty", "manifest.json"),
        ("cut", "nodes.csv has 2 rows"),
        ("none", "no run of this study is finished"),
    ] {
        for format in ["benchmarks", "10ksim"] {
            let assert = place.codexsim(&["export", dir, "--format", format]).code(2);
            assert!(errors(&assert).contains(word) && errors(&assert).contains(dir), "{}", errors(&assert));
            assert!(!place.path(dir).join(format!("export-{format}")).exists());
        }
    }
    place.codexsim(&["export", "a"]).code(2);
    place.codexsim(&["export", "a", "--format", "xml"]).code(2);
}

#[test]
fn only_an_earlier_export_is_replaced() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    place.sweep("a", &[]).code(0);
    place.codexsim(&["export", "a", "--format", "benchmarks", "--out", "b"]).code(0);
    let first = content(&place.path("b"));
    fs::write(place.path("b/left.txt"), "by an earlier version").unwrap();
    place.codexsim(&["export", "a", "--format", "benchmarks", "--out", "b"]).code(0);
    assert_eq!(content(&place.path("b")), first, "the same bytes, and nothing else");

    let study = content(&place.path("a"));
    for (format, out) in [("10ksim", "b"), ("benchmarks", "a"), ("benchmarks", "s.toml")] {
        let assert = place.codexsim(&["export", "a", "--format", format, "--out", out]).code(2);
        assert!(errors(&assert).contains("no earlier export"), "{}", errors(&assert));
    }
    assert_eq!((content(&place.path("b")), content(&place.path("a"))), (first, study));
    let names: Vec<String> = fs::read_dir(place.path(".")).unwrap().map(|e| name(&e.unwrap().path())).collect();
    assert!(names.iter().all(|n| ["a", "b", "s.toml"].contains(&n.as_str())), "something is left: {names:?}");
}

#[test]
fn steps_of_downloads_change_nothing_else() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    place.sweep("plain", &[]).code(0);
    place.sweep("fine", &["--set", "output.progress=20"]).code(0);
    let plain = Manifest::read(&place.path("plain")).unwrap();
    let fine = Manifest::read(&place.path("fine")).unwrap();
    assert_eq!(plain.results_fingerprint, fine.results_fingerprint);
    assert_eq!(plain.scenario_fingerprint, fine.scenario_fingerprint);
    for file in ["runs.csv", "nodes.csv", "traffic.csv", "series.csv"] {
        assert_eq!(fs::read(place.path("plain").join(file)).unwrap(), fs::read(place.path("fine").join(file)).unwrap());
    }
    let steps = read::<ProgressRow>(fs::File::open(place.path("fine/progress.csv")).unwrap()).unwrap();
    assert_eq!(steps.len(), 20 * 2 * 6 * (3 + 5 + 4), "steps, latencies, runs, leechers");
    let run = &place.runs("fine").records[0].run;
    let mine = |node: &NodeRow, share| {
        let bytes = run.file_size_bytes * share / 20;
        steps.iter().find(|s| s.run_id == run.run_id && s.node == node.node && s.bytes == bytes).unwrap()
    };
    for node in place.leechers("fine", &run.run_id) {
        for (share, stored, stream) in [
            (10, node.t50_s, node.stream_t50_s),
            (18, node.t90_s, node.stream_t90_s),
            (20, node.t100_s, node.stream_t100_s),
        ] {
            let step = mine(&node, share);
            assert_eq!((Some(step.stored_s), step.stream_s), (stored, stream), "{share}/20 of node {}", node.node);
        }
    }
}

#[test]
fn a_study_resumed_with_other_steps_has_them_all() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    let fine = ["--set", "output.progress=20"];
    place.sweep("whole", &fine).code(0);
    let whole = content(&place.path("whole"));
    let assert = place.sweep("a", &["--shard", "1/2"]).code(0);
    assert!(errors(&assert).contains("computed 18"), "{}", errors(&assert));
    let assert = place.sweep("a", &fine).code(0);
    assert!(errors(&assert).contains("computed 36, reused 0"), "{}", errors(&assert));
    assert_eq!(content(&place.path("a")), whole);
    place.sweep("shards", &[&fine[..], &["--shard", "2/2"]].concat()).code(0);
    place.sweep("shards", &[&fine[..], &["--shard", "1/2"]].concat()).code(0);
    assert_eq!(content(&place.path("shards")), whole);
    let assert = place.sweep("a", &[]).code(0);
    assert!(errors(&assert).contains("computed 0, reused 36"), "{}", errors(&assert));
    assert!(!place.path("a/progress.csv").exists(), "nobody asks for it any more");
    place.codexsim(&["run", "s.toml", "--out", "r", "--set", "output.progress=5"]).code(0);
    assert!(place.path("r/progress.csv").exists());
    place.codexsim(&["run", "s.toml", "--out", "r"]).code(0);
    assert!(!place.path("r/progress.csv").exists());
}

#[test]
fn impossible_steps_are_wrong_input() {
    let place = Place::new(SCENARIO);
    let assert = place.codexsim(&["run", "s.toml", "--set", "output.progress=1000000"]).code(2);
    assert!(errors(&assert).contains("0 to 100000 steps"), "{}", errors(&assert));
}
