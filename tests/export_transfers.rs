//! The files of the Mix transport's experiment: read back by the names of their columns, as
//! its notebook does, and held against the study.

use crate::common::place::Place;
use codexsim::results::median;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;

const SCENARIO: &str = r#"
name = "transfers"
[protocol.codex-v3c]
newcomers = "asked"
[swarm]
network_size = 10
seeders = 1
[network.mix]
delays = "exponential"
[sweep]
"network.mix.delays" = ["exponential", "short"]
datasets = [
  [{ name = "file", count = 2, size = "100 kB", holders = { replicas = 1 }, wanted_by = { share = 0.1 } }],
  [{ name = "file", count = 4, size = "100 kB", holders = { replicas = 1 }, wanted_by = { share = 0.1 } }],
]
[[sweep.cells]]
name = "none"
"network.latency" = "50 us"
[[sweep.cells]]
name = "wired"
"network.latency" = "10 ms"
"#;

/// A row, by the names that the harness gives its columns.
#[derive(Debug, Deserialize)]
struct Transfer {
    timestamp: String,
    filesize: u64,
    source: u32,
    destination: Option<u32>,
    wallclock: Option<f64>,
    cpu: f64,
    concurrent: usize,
    emulator: String,
    strategy: String,
    netsize: u32,
    mix: bool,
}

impl Place {
    /// The files of an export, by run.
    fn transfers(&self, dir: &str) -> BTreeMap<String, Vec<Transfer>> {
        let files = fs::read_dir(self.path(dir)).unwrap().map(|entry| entry.unwrap().path());
        let mut runs = BTreeMap::new();
        for file in files {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            if let Some(run) = name.strip_suffix("-transfer-times.csv") {
                let rows = csv::Reader::from_path(&file).unwrap().into_deserialize();
                runs.insert(run.to_owned(), rows.map(Result::unwrap).collect());
            }
        }
        runs
    }
}

#[test]
fn the_notebooks_medians_are_those_of_the_study() {
    let place = Place::new(SCENARIO);
    place.sweep("r", &["--quiet"]).success();
    place.codexsim(&["export", "r", "--format", "multitransfer", "--out", "export"]).success();
    let (runs, table) = (place.transfers("export"), place.runs("r"));
    assert_eq!((runs.len(), table.records.len()), (8, 8));
    for record in &table.records {
        let (row, [delays, _, cell]) = (&record.run, &record.extra[..]) else { panic!("three swept keys") };
        let transfers = &runs[&row.run_id];
        let times: Vec<f64> = transfers.iter().map(|transfer| transfer.wallclock.unwrap()).collect();
        assert!((median(&times).unwrap() - row.download_median_s.unwrap()).abs() < 1e-3);
        let strategy = if delays == "short" { "default" } else { delays };
        for transfer in transfers {
            // All are asked for at once.
            assert_eq!(transfer.timestamp, "1970-01-01 00:00:00.000000+0000");
            assert_eq!((transfer.concurrent, transfer.filesize), (transfers.len(), 100_000));
            assert_eq!((&transfer.emulator, transfer.strategy.as_str()), (cell, strategy));
            assert_eq!((transfer.netsize, transfer.mix, transfer.cpu), (10, true, 0.0));
            assert!(transfer.destination.is_some_and(|serves| serves != transfer.source && serves < 10));
        }
    }
    let counts: Vec<usize> = table.records.iter().map(|record| runs[&record.run.run_id].len()).collect();
    assert!(counts.contains(&2) && counts.contains(&4), "{counts:?}");
}

/// One file, relays on machines apart, and a download that does not end.
#[test]
fn one_file_has_its_leechers_as_transfers() {
    let place = Place::new("");
    let args =
        ["--set", "swarm.network_size=2", "--set", "swarm.seeders=1", "--set", "swarm.file_size=1 MB", "--quiet"];
    let run = |out: &str, more: &[&str]| {
        let all = [&["run", "--protocol", "codex-v3c", "--out", out][..], &args, more].concat();
        place.codexsim(&all);
        place.codexsim(&["export", out, "--format", "multitransfer", "--out", &format!("{out}-export")]).success();
        let runs = place.transfers(&format!("{out}-export"));
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs.into_values().next().unwrap()
    };
    let mixed = run("mixed", &["--set", "network.mix.relays=6", "--set", "network.mix.delays=short"]);
    let [transfer] = &mixed[..] else { panic!("{mixed:?}") };
    assert_eq!((transfer.mix, transfer.strategy.as_str(), transfer.netsize), (true, "default", 2));
    assert_eq!((transfer.source, transfer.destination, transfer.emulator.as_str()), (1, Some(0), "none"));
    assert!(transfer.wallclock.is_some());
    let plain = run("plain", &["--set", "stop.max_time=10 ms"]);
    let [transfer] = &plain[..] else { panic!("{plain:?}") };
    assert_eq!((transfer.mix, transfer.strategy.as_str(), transfer.wallclock), (false, "default", None));
}

/// One after another, with pauses: what waits behind others of its node has not begun. The format
/// for one file has no place for such a run, and each download is a delivery of the other.
#[test]
fn what_waits_behind_others_has_not_begun() {
    let place = Place::new(
        "protocol = \"codex-v3c\"\ndatasets = [{ name = \"a\", count = 3, size = \"2 MB\" }]\n\
         requests = { trace = [[0, 1, \"get\", \"a-0\"], [0, 1, \"get\", \"a-1\"], [0, 1, \"get\", \"a-2\"]], \
         parallel = 1, think = \"5 s\" }\n[swarm]\nnetwork_size = 2\nseeders = 1\n",
    );
    place.codexsim(&["run", "s.toml", "--out", "r", "--quiet"]).success();
    place.codexsim(&["export", "r", "--format", "multitransfer", "--out", "export"]).success();
    let transfers = place.transfers("export").into_values().next().unwrap();
    let begun: Vec<f64> = transfers.iter().map(|transfer| transfer.timestamp[17..26].parse().unwrap()).collect();
    let took: Vec<f64> = transfers.iter().map(|transfer| transfer.wallclock.unwrap()).collect();
    assert!(transfers.len() == 3 && transfers.iter().all(|transfer| transfer.concurrent == 1), "{transfers:?}");
    for place in 1..3 {
        let pause = begun[place] - begun[place - 1] - took[place - 1];
        assert!((pause - 5.0).abs() < 2e-3, "{begun:?} {took:?}");
    }
    let refused = place.codexsim(&["export", "r", "--format", "benchmarks"]).code(2);
    let said = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    assert!(said.contains("datasets or requests") && said.contains("multitransfer"), "{said}");
    place.codexsim(&["export", "r", "--format", "10ksim", "--out", "tenksim"]).success();
    let folder =
        fs::read_dir(place.path("tenksim")).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.is_dir());
    let received = fs::read_to_string(folder.unwrap().join("analysis_data/summary/received.csv")).unwrap();
    assert_eq!(
        received.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect::<Vec<_>>(),
        ["0", "1", "2"]
    );
}
