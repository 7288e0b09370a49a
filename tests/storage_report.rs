//! `codexsim report` of storage runs as a user meets it: a tiny study, one run, and what is
//! said where something else was asked for.

use crate::common::place::Place;
use codexsim::results::HostRow;
use std::fs;

const STUDY: &str = r#"
kind = "storage"
name = "kept"
horizon = "1 y"
[hosts]
count = 20
regions = 2
up = "50 Mbit/s"
down = "200 Mbit/s"
[hosts.life]
mean = "60 d"
[data]
count = 20
size = "1 GB"
[code]
data = 4
total = 6
[rare]
starts = 50
repetitions = 5
[sweep]
"code.total" = [5, 6, 8]
"repair.time.mean" = ["2 d", "8 d"]
"#;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_study_of_storage_has_an_answer_a_table_and_figures() {
    let place = Place::new(STUDY);
    place.codexsim(&["sweep", "s.toml", "--reproducible", "--out", "r"]).code(0);
    let assert = place.codexsim(&["report", "r"]).code(0);
    let shown = text(&assert.get_output().stdout);
    assert!(shown.contains("6 points") && shown.contains("trade-off") && shown.contains("nines a year"), "{shown}");
    let page = fs::read_to_string(place.path("r/report.html")).unwrap();
    for figure in [
        "Nines against overhead",
        "Nines against repair traffic",
        "Nines over code.total and repair.time.mean",
        "Losses against code.total",
        "Losses against repair.time.mean",
        "Missing slots over time",
        "Repair traffic over time",
        "Time to repair",
        "Slots on hosts",
    ] {
        assert!(page.contains(&format!("<h3>{figure}</h3>")), "no figure of {figure}");
    }
    let hosts = codexsim::results::read::<HostRow>(fs::File::open(place.path("r/hosts.csv")).unwrap()).unwrap();
    assert!(hosts.iter().all(|host| (host.up_bps.0, host.down_bps.0) == (5e7, 2e8)), "capacities are in the table");
    let rows = text(&place.codexsim(&["report", "r", "--format", "json"]).code(0).get_output().stdout.clone());
    assert!(rows.contains("\"dataset_loss\"") && !rows.contains("\"makespan_s\""), "the columns of storage: {rows}");
}

#[test]
fn systems_beside_each_other_have_a_report() {
    let sweep = "[sweep]\nsystem = [\"ceph-replica3\", \"hdfs-rs63\"]\n";
    let own = STUDY.split("[code]").next().unwrap();
    let place = Place::new(&format!("{own}[rare]\nstarts = 50\nrepetitions = 5\n{sweep}"));
    let assert = place.codexsim(&["sweep", "s.toml", "--reproducible", "--out", "r"]).code(0);
    let shown = text(&assert.get_output().stdout);
    assert!(shown.contains("ceph-replica3") && shown.contains("hdfs-rs63"), "a line each: {shown}");
    let assert = place.codexsim(&["report", "r"]).code(0);
    let shown = text(&assert.get_output().stdout);
    assert!(shown.contains("2 points") && shown.contains("ceph-replica3") && shown.contains("hdfs-rs63"), "{shown}");
    let header = fs::read_to_string(place.path("r/runs.csv")).unwrap();
    let header: Vec<&str> = header.lines().next().unwrap().split(',').collect();
    assert_eq!(header.iter().filter(|column| **column == "system").count(), 1, "{header:?}");
}

#[test]
fn one_run_of_storage_has_a_report_too() {
    let place = Place::new(STUDY);
    place.codexsim(&["run", "s.toml", "--reproducible", "--out", "r"]).code(0);
    let assert = place.codexsim(&["report", "r"]).code(0);
    let shown = text(&assert.get_output().stdout);
    assert!(shown.starts_with("A dataset is lost within 365 d with probability"), "{shown}");
    assert!(shown.contains("of its downlink of 200 Mbit/s"), "{shown}");
    assert!(fs::read_to_string(place.path("r/report.html")).unwrap().contains("<h3>Slots on hosts</h3>"));
}

#[test]
fn what_is_about_downloads_is_refused_with_what_to_do() {
    let place = Place::new(STUDY);
    place.codexsim(&["sweep", "s.toml", "--set", "output.keep=row", "--reproducible", "--out", "r"]).code(0);
    let assert = place.codexsim(&["report", "r", "--baseline", "codex"]).code(2);
    let error = text(&assert.get_output().stderr);
    assert!(error.contains("its runs are of storage") && error.contains("codexsim impact"), "{error}");
    place.codexsim(&["report", "r"]).code(0);
    let page = fs::read_to_string(place.path("r/report.html")).unwrap();
    assert!(page.contains("Nines against overhead") && !page.contains("Missing slots over time"));
    assert!(page.contains("keeps too little of its runs"));
    place.codexsim(&["run", "s.toml", "--reproducible", "--out", "one"]).code(0);
    let assert = place.codexsim(&["view", "one"]).code(2);
    let error = text(&assert.get_output().stderr);
    assert!(error.contains("this plays swarms"), "{error}");
}
