//! What is told of runs with requests: times are of downloads, each from when it was asked
//! for, and not of nodes, that are done when they have asked for the last time.

use crate::common::place::Place;
use codexsim::results::{DownloadRow, RunRow, TableRow, median, quantile, read};
use serde_json::Value;
use std::fs;

/// Two sizes of files, of which nine nodes ask for one after another.
const ASKED: &str = r#"
name = "asked"
seed = 3
protocol = "codex-v2"
[swarm]
network_size = 10
seeders = 1
[requests]
rate = "1/s"
number = 40
"#;
const DATASETS: &str = r#"
[[datasets]]
name = "small"
count = 6
size = "256 KiB"
holders = { replicas = 2 }
[[datasets]]
name = "large"
count = 2
size = "4 MiB"
holders = { replicas = 2 }
"#;
/// The same files, and others, by the name of a cell.
const CELLS: &str = r#"
[sweep]
protocol = ["codex-v2", "codex-v3d"]
[[sweep.cells]]
name = "few"
datasets = [{ name = "file", count = 2, size = "1 MiB", holders = { replicas = 2 } }]
[[sweep.cells]]
name = "many"
datasets = [{ name = "file", count = 8, size = "256 KiB", holders = { replicas = 2 } }]
"#;

impl Place {
    fn printed(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.codexsim(arguments).code(0).get_output().stdout.clone()).unwrap()
    }

    fn downloads(&self, dir: &str) -> Vec<DownloadRow> {
        read(fs::File::open(self.path(dir).join(DownloadRow::KIND.file)).unwrap()).unwrap()
    }

    fn finished_runs(&self, dir: &str) -> Vec<RunRow> {
        self.runs(dir).records.into_iter().map(|record| record.run).collect()
    }
}

/// How long those of a run took that had something to fetch; all of them ended.
fn times(downloads: &[DownloadRow], run_id: &str) -> Vec<f64> {
    let mine = downloads.iter().filter(|row| row.run_id == run_id && row.is_fetched());
    mine.map(|row| row.t100_s.unwrap() - row.asked_s).collect()
}

#[test]
fn a_run_tells_how_long_its_downloads_took() {
    let place = Place::new(&format!("{ASKED}{DATASETS}"));
    let text = place.printed(&["run", "s.toml", "--trace", "--out", "r"]);
    let (run, downloads) = (place.finished_runs("r").remove(0), place.downloads("r"));
    let taken = times(&downloads, &run.run_id);
    assert_eq!(run.downloads_asked, Some(40));
    for (told, found) in [(run.download_median_s, median(&taken)), (run.download_p95_s, quantile(&taken, 0.95))] {
        assert!((told.unwrap() - found.unwrap()).abs() < 1e-9, "{told:?}, not {found:?}");
    }
    let held = downloads.iter().filter(|row| row.outcome == "held").count();
    assert!(held > 0 && text.contains(&format!("40, {held} of them had already")), "{text}");
    for word in ["makespan", "efficiency", "50 % stored", "not reached"] {
        assert!(!text.contains(word), "{word} is of nodes: {text}");
    }
    place.codexsim(&["view", "r"]).code(0);
    let page = fs::read_to_string(place.path("r/view.html")).unwrap();
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    let data: Value = serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap();
    let moments = |name: &str| -> usize {
        data["nodes"].as_array().unwrap().iter().map(|node| node[name].as_array().unwrap().len()).sum()
    };
    assert_eq!((moments("asked"), moments("stored")), (40, 40), "each request and what came of it");
    assert!(page.contains(&format!("Downloads: 40, {held} of them had already.")));
    assert!(page.contains("<td>small</td>") && page.contains("<td>large</td>"), "a table by class");
    let lone = ["run", "s.toml", "--set", "datasets=[{ name='a', size='1 MiB' }]", "--out", "one"];
    assert!(place.printed(&lone).contains("40 downloads of one file of 1 MiB, by 9 of 10 nodes"));
    fs::write(place.path("r/downloads.csv"), DownloadRow::KIND.header() + "0,0,0,0,,1,0,,,,,,0,0,held,file,\n")
        .unwrap();
    place.codexsim(&["view", "r"]).code(2);
}

/// What is wanted from the start on is told as of one file.
#[test]
fn many_files_without_requests_are_those_of_nodes() {
    let scenario = format!("{ASKED}{DATASETS}");
    let place = Place::new(scenario.split("[requests]").next().unwrap());
    let files = "datasets=[{ name='a', count=3, size='256 KiB' }]";
    let text = place.printed(&["run", "s.toml", "--set", files, "--out", "r"]);
    let run = place.finished_runs("r").remove(0);
    assert_eq!((run.downloads_asked, run.downloads), (None, Some(27)));
    assert!(text.contains("makespan") && text.contains("9 of 9") && text.contains("27 downloads of 3"), "{text}");
}

#[test]
fn a_study_is_of_downloads() {
    let place = Place::new(&format!("{ASKED}{CELLS}"));
    let text = place.printed(&["sweep", "s.toml", "--reproducible", "--out", "r"]);
    let report = place.printed(&["report", "r"]);
    let (runs, downloads) = (place.finished_runs("r"), place.downloads("r"));
    assert_eq!(runs.len(), 4);
    for text in [&text, &report] {
        assert!(text.contains("each download from when it was asked for"), "{text}");
        assert!(text.contains("p95") && text.contains("40/40"), "{text}");
        for word in ["makespan", "efficiency", "t100", "replicas"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
    // The answer, from the files: the ratio of medians, its geometric mean over the cells.
    let median_of = |protocol: &str| {
        let mine = runs.iter().filter(|run| run.protocol == protocol);
        let logs: Vec<f64> = mine.map(|run| libm::log(median(&times(&downloads, &run.run_id)).unwrap())).collect();
        logs.iter().sum::<f64>() / logs.len() as f64
    };
    let ratio = libm::exp((median_of("codex-v3d") - median_of("codex-v2")).abs());
    assert!(ratio > 1.02, "a case in which something is to be told: {ratio}");
    let told: f64 = report.split(" times as fast as").next().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
    assert!((told / ratio - 1.0).abs() < 0.01, "{told} is not {ratio}: {report}");
    let page = fs::read_to_string(place.path("r/report.html")).unwrap();
    assert!(page.contains("Share of all downloads that are complete") && !page.contains("Efficiency against"));
}

#[test]
fn a_change_is_judged_by_downloads() {
    let cells = CELLS.replace("protocol = [\"codex-v2\", \"codex-v3d\"]\n", "");
    let place = Place::new(&format!("{}{cells}", ASKED.replace("protocol = \"codex-v2\"\n", "")));
    let sides = ["--base", "codex-v2", "--change", "codex-v3d", "--max-pairs", "4", "--out", "r"];
    let text = place.printed(&[&["impact", "--pack", "./s.toml", "--reproducible"], &sides[..]].concat());
    assert!(!text.contains("makespan") && !text.contains("efficiency"), "these tell how long requests came: {text}");
    let verdict: Value = serde_json::from_str(&fs::read_to_string(place.path("r/verdict.json")).unwrap()).unwrap();
    let table = place.runs("r");
    let column = table.extra.iter().position(|key| key == "side").unwrap();
    let mine = table.records.iter().filter(|record| record.extra[column] == "base");
    let logs: Vec<f64> = mine.map(|record| libm::log(record.run.download_median_s.unwrap())).collect();
    assert_eq!(logs.len(), 8);
    let expected = libm::exp(logs.iter().sum::<f64>() / logs.len() as f64);
    let quantities = verdict["quantities"].as_array().unwrap();
    let time = quantities.iter().find(|line| line["quantity"] == "download_time_median_s").unwrap();
    assert!((time["base"].as_f64().unwrap() / expected - 1.0).abs() < 1e-6, "{time}, not {expected}");
    let worlds = verdict["worlds"].as_array().unwrap();
    assert!(worlds.iter().all(|world| world["quantities"].as_array().unwrap().len() == 7), "{worlds:?}");
}
