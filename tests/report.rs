//! `codexsim report` as a user meets it: a tiny study, its comparison in all
//! forms, and what is said when there is nothing to compare.

use crate::common::place::Place;
use codexsim::results::{ComparisonRow, NodeRow, RunTable, median, read};
use std::fs;

const STUDY: &str = r#"
name = "tiny"
seed = 5
[swarm]
file_size = "2 MiB"
[network]
up = "10 Mbit/s"
down = "10 Mbit/s"
latency = "20 ms"
[sweep]
cells = [
    { protocol = "bittorrent", hardware = "ideal" },
    { protocol = "bittorrent", hardware = "ideal", "protocol.bittorrent.ignore_slots" = true },
    { protocol = "direct", hardware = "codex-netns-2025" },
]
constrained__networkSize_seeders = [[4, 1], [8, [1, 2]]]
repetitions = 3
"#;
const PRIVATE: &str = "bittorrent (ignore_slots)";

impl Place {
    fn rows(&self) -> Vec<ComparisonRow> {
        read(fs::File::open(self.path("r/comparison.csv")).unwrap()).unwrap()
    }

    /// The median download time of `protocol` in a cell, from the tables.
    fn median(&self, protocol: &str, slots: &str, nodes: u32, seeders: u32) -> f64 {
        let table = RunTable::read(fs::File::open(self.path("r/runs.csv")).unwrap()).unwrap();
        let column = table.extra.iter().position(|key| key.ends_with("ignore_slots")).unwrap();
        let mine = table.records.iter().filter(|record| {
            let run = &record.run;
            (run.protocol.as_str(), record.extra[column].as_str(), run.network_size, run.seeders)
                == (protocol, slots, nodes, seeders)
        });
        let ids: Vec<&String> = mine.map(|record| &record.run.run_id).collect();
        assert_eq!(ids.len(), 3, "repetitions");
        let all = read::<NodeRow>(fs::File::open(self.path("r/nodes.csv")).unwrap()).unwrap();
        let times: Vec<f64> = all.iter().filter(|n| ids.contains(&&n.run_id)).filter_map(|n| n.t100_s).collect();
        assert_eq!(times.len(), 3 * (nodes - seeders) as usize);
        median(&times).unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_study_is_compared_in_all_forms() {
    let place = Place::new(STUDY);
    place.codexsim(&["sweep", "s.toml", "--reproducible", "--out", "r"]).code(0);
    let assert = place.codexsim(&["report", "r", "--baseline", "bittorrent"]).code(0);
    let shown = text(&assert.get_output().stdout);
    assert!(shown.contains(PRIVATE) && shown.contains("of 3 cells within 1.2 x bittorrent"), "{shown}");
    let rows = place.rows();
    assert_eq!(rows.len(), 9, "three cells, three variants");
    for row in rows.chunks(3) {
        let variants: Vec<&str> = row.iter().map(|r| r.variant.as_str()).collect();
        assert_eq!(variants, ["bittorrent", PRIVATE, "direct"]);
        let median = |protocol, slots| place.median(protocol, slots, row[0].network_size, row[0].seeders);
        let base = median("bittorrent", "");
        assert_eq!(row[0].median_s, Some(base));
        assert_eq!(row[1].ratio, Some(median("bittorrent", "true") / base));
        assert_eq!(row[2].ratio, Some(median("direct", "") / base));
        assert!(row.iter().all(|r| r.missing == 0 && r.n == 3 * u64::from(r.leechers) && r.bound_s > Some(0.0)));
        assert!(row[2].ratio_low <= row[2].ratio && row[2].ratio <= row[2].ratio_high && row[2].pairs == 3);
    }
    let (page, notes) = (
        fs::read_to_string(place.path("r/comparison.html")).unwrap(),
        fs::read_to_string(place.path("r/comparison.md")).unwrap(),
    );
    for row in rows.iter().filter(|row| row.ratio.is_some()) {
        let number = format!("{:.2} [{:.2}", row.ratio.unwrap(), row.ratio_low.unwrap());
        assert!(page.contains(&number) && notes.contains(&number), "{number}");
    }
    assert!(page.contains("<svg") && page.contains("seeders 1/4"));
    let before = (page, notes, fs::read(place.path("r/comparison.csv")).unwrap());
    place.codexsim(&["report", "r", "--baseline", "bittorrent", "--quiet"]).code(0).stderr("");
    let read = |name: &str| fs::read_to_string(place.path("r").join(name)).unwrap();
    assert!(
        before == (read("comparison.html"), read("comparison.md"), read("comparison.csv").into_bytes()),
        "the same again"
    );
    assert!(
        fs::read_dir(place.path("r")).unwrap().all(|e| !e.unwrap().file_name().to_string_lossy().ends_with(".tmp"))
    );
}

#[test]
fn what_cannot_be_compared_is_wrong_input() {
    let place = Place::new(STUDY);
    let refused = |arguments: &[&str], words: &str| {
        let assert = place.codexsim(arguments).code(2);
        let error = text(&assert.get_output().stderr);
        assert!(error.contains(words), "{error}");
    };
    refused(&["report", "r", "--baseline", "x"], "r: there is no such directory");
    place.codexsim(&["sweep", "s.toml", "--reproducible", "--out", "r"]).code(0);
    refused(&["report", "r", "--baseline", "bitorrent"], "did you mean `bittorrent`?");
    refused(&["report", "r", "--baseline", "direct", "--limit", "0"], "expected a ratio above 0");
    let only = ["--set", "sweep.cells=[{ protocol = \"direct\", hardware = \"ideal\" }]"];
    place.codexsim(&[&["sweep", "s.toml", "--out", "one"][..], &only].concat()).code(0);
    refused(&["report", "one", "--baseline", "direct"], "no run of another protocol shares");
    assert!(!place.path("one/comparison.csv").exists() && !place.path("r/comparison.csv").exists());
}

#[test]
fn a_study_with_missing_runs_is_compared_and_says_so() {
    let place = Place::new(STUDY);
    place.part("r", "1/2", &[]);
    let assert = place.codexsim(&["report", "r", "--baseline", "bittorrent", "--out", "elsewhere"]).code(3);
    let shown = text(&assert.get_output().stdout);
    assert!(shown.contains("13 planned runs are missing or failed"), "{shown}");
    assert!(shown.contains(" of 9)"), "downloads are counted: {shown}");
    assert!(place.path("elsewhere/comparison.html").exists() && !place.path("r/comparison.html").exists());
}
