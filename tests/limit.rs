//! `codexsim limit` as its user meets it: a question on the command line or in the scenario, the
//! files, and what is said when something is wrong.

use crate::common::place::Place;
use codexsim::results::RunTable;
use serde_json::Value;
use std::fs;

/// One seeder that sends each leecher a copy of its own, 0.8 s each.
const ALONE: &str = r#"
name = "alone"
seed = 5
protocol = "direct"
[swarm]
network_size = 2
seeders = 1
file_size = "1 MB"
[network]
model = "fifo"
up = "10 Mbit/s"
down = "10 Mbit/s"
latency = "20 ms"
[limit]
vary = "swarm.network_size=2..64 log"
goal = ["makespan_s <= 9.5", "missing == 0"]
"#;

fn limit(place: &Place, arguments: &[&str], code: i32) -> String {
    let all = [&["limit", "./s.toml", "--reproducible", "--out", "r"], arguments].concat();
    String::from_utf8(place.codexsim(&all).code(code).get_output().stdout.clone()).unwrap()
}

fn text(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path("r").join(name)).unwrap()
}

#[test]
fn the_question_of_a_scenario_is_answered_in_every_form() {
    let place = Place::new(ALONE);
    let told = limit(&place, &[], 0);
    assert!(told.starts_with("swarm.network_size, 2 goals together: holds up to 11, no longer at 12"), "{told}");
    assert!(
        told.contains("At 12 makespan_s <= 9.5: missed in 100 %; the slowest leecher was held back by remote uplink"),
        "{told}"
    );
    let json: Value = serde_json::from_str(&text(&place, "limit.json")).unwrap();
    let answer = &json["limits"][0]["answer"];
    assert_eq!((&answer["holds_at"], &answer["breaks_at"]), (&"11".into(), &"12".into()));
    assert_eq!(json["limits"][0]["binding"]["goals"][1]["missed_share"], 0.0);
    assert!(json["limits"][0]["binding"]["held_back_where_it_does_not"]["remote_uplink"].as_f64().unwrap() > 0.5);
    let page = text(&place, "limit.html");
    assert!(page.contains("holds up to 11") && page.contains("<svg") && !page.contains("src="), "a page by itself");
    let points = text(&place, "limit.csv");
    let line =
        points.lines().find(|line| line.starts_with("direct,,swarm.network_size,12,makespan_s <= 9.5,")).unwrap();
    assert!(line.contains(",0,,"), "none of its runs meets it: {line}");
    let runs = RunTable::read(fs::File::open(place.path("r").join("runs.csv")).unwrap()).unwrap();
    assert_eq!(runs.records.len() as u64, answer["runs"].as_u64().unwrap(), "the runs are a study");
    // All of it again: nothing is run anew, and the files are the same.
    let before = ["limit.json", "limit.csv", "limit.html", "runs.csv"].map(|name| text(&place, name));
    assert_eq!(limit(&place, &[], 0), told);
    assert_eq!(before, ["limit.json", "limit.csv", "limit.html", "runs.csv"].map(|name| text(&place, name)));
    place.codexsim(&["report", "r"]).code(0);
}

#[test]
fn what_holds_everywhere_or_nowhere_is_said_with_its_range() {
    let place = Place::new(ALONE);
    let told = limit(&place, &["--goal", "makespan_s <= 1000"], 0);
    assert!(told.contains("`makespan_s <= 1000`: NO LIMIT: holds at every value tried, from 2 to 64"), "{told}");
    let told = limit(&place, &["--goal", "makespan_s <= 0.001", "--force"], 0);
    assert!(told.contains("HOLDS NOWHERE: at no value tried, from 2 to 64"), "{told}");
    let told = limit(&place, &["--goal", "makespan_s > 9.5", "--force"], 0);
    assert!(told.contains("holds from 12 on, not yet at 11"), "{told}");
}

#[test]
fn two_keys_give_a_frontier_and_rows_for_programs() {
    let place = Place::new(ALONE);
    let vary =
        ["--vary", "network.up=10 Mbit/s|20 Mbit/s", "--vary", "swarm.network_size=2..64 log", "--format", "csv"];
    let rows = limit(&place, &vary, 0);
    let answers: Vec<&str> = rows.lines().skip(1).collect();
    assert_eq!(answers.len(), 2, "{rows}");
    assert!(answers[0].starts_with("direct,network.up=10 Mbit/s,swarm.network_size,limit,11,12,"), "{rows}");
    assert!(answers[1].contains(",limit,20,21,"), "{rows}");
    assert!(!text(&place, "limit.html").contains("<h3>Frontier"), "words are no axis");
}

#[test]
fn what_is_cut_short_says_so_and_goes_on() {
    let place = Place::new(ALONE);
    let told = limit(&place, &["--budget", "0s"], 3);
    assert!(told.contains("nothing is known yet"), "{told}");
    assert!(limit(&place, &[], 0).contains("holds up to 11"));
}

#[test]
fn storage_runs_have_limits_too() {
    let storage = "kind = \"storage\"\nsystem = \"codex-market\"\nhorizon = \"30 d\"\nhistories = 1\nseed = 1\n\
        [hosts]\ncount = 20\n[data]\ncount = 10\nsize = \"1 GB\"\n[code]\ndata = 4\ntotal = 6\n\
        [chain]\ntransactions_per_s = 0.01\n[rare]\nmethod = \"count\"\n";
    let place = Place::new(storage);
    let asked = ["--vary", "data.count=10..2000 log", "--goal", "proofs_per_second <= 0.01"];
    limit(&place, &asked, 0);
    // Six slots a dataset, each proved with 1/720 every 120 s: 0.01 are 144 datasets, and a little
    // more as slots are missing at times.
    let json: Value = serde_json::from_str(&text(&place, "limit.json")).unwrap();
    let number = |key: &str| json["limits"][0]["answer"][key].as_str().unwrap().parse::<f64>().unwrap();
    let (holds, breaks) = (number("holds_at"), number("breaks_at"));
    assert!(holds < breaks && breaks <= 1.05 * holds + 1.0, "{holds} {breaks}");
    assert!(holds >= 0.95 * 144.0 && breaks <= 1.1 * 144.0, "{holds} {breaks}");
}

/// The client sends 50 slots of a fortieth each, once: what 1 Gbit/s carries in a week, over 1.25. That is
/// what binds, and not what repairs wait for. A dataset that finds no room takes no time at all, which
/// is none that could meet a goal.
#[test]
fn what_is_filled_in_a_week_is_bound_by_the_client() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/experiments/limits/fill-in-a-week.toml");
    let place = Place::new(ALONE);
    let once = ["limit", file, "--out", "r", "--set", "fill.reservations=1", "--goal", "fill_s <= 7 * 86400"];
    let told = String::from_utf8(place.codexsim(&once).code(0).get_output().stdout.clone()).unwrap();
    assert!(told.contains("what held back the longest: fill client uplink 100 %"), "{told}");
    assert!(!told.contains("NOT MONOTONE"), "{told}");
    let json: Value = serde_json::from_str(&text(&place, "limit.json")).unwrap();
    let number = |key: &str| {
        let text = json["limits"][0]["answer"][key].as_str().unwrap();
        text.strip_suffix(" GB").unwrap_or_else(|| panic!("{text}")).parse::<f64>().unwrap()
    };
    let exact = 7.0 * 86_400.0 / 8.0 / 1.25;
    let (holds, breaks) = (number("holds_at"), number("breaks_at"));
    assert!(holds <= exact && exact <= breaks * 1.001 && breaks <= 1.06 * holds, "{holds} {exact} {breaks}");
}

/// The protocol is said once where it is what tells lines apart.
#[test]
fn a_frontier_over_protocols_names_each_once() {
    let place = Place::new(ALONE);
    let asked = ["--vary", "protocol=direct|ideal", "--vary", "swarm.network_size=2..64 log"];
    let told = limit(&place, &asked, 0);
    assert!(told.contains("\nprotocol = direct: holds up to 11, no longer at 12."), "{told}");
    assert!(told.contains("\nprotocol = ideal: NO LIMIT"), "{told}");
}

/// The questions that come with it, none of which is answered here.
#[test]
fn experiments_can_be_asked() {
    let place = Place::new(ALONE);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/limits");
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 6, "{files:?}");
    for (index, file) in files.iter().enumerate() {
        let out = format!("r{index}");
        place.codexsim(&["limit", file.to_str().unwrap(), "--budget", "0s", "--out", &out]).code(3);
    }
}

#[test]
fn wrong_questions_are_refused_before_any_run() {
    let place = Place::new(ALONE);
    for (arguments, words) in [
        (&["--goal", "makespan <= 3"][..], "did you mean `makespan_s`?"),
        (&["--goal", "makespan_s ="], "not a comparison"),
        (&["--goal", "any_loss <= 0.1"], "not measured of swarm runs"),
        (&["--vary", "swarm.network_sze=2..9"], "did you mean `swarm.network_size`?"),
        (&["--vary", "swarm.network_size=9..2"], "low end is not below"),
        (&["--vary", "swarm.seeders=1..9"], "at the point swarm.seeders = 9"),
        (&["--set", "swarm.network_size=3"], "would do nothing"),
        (&["--vary", "seed=1..9"], "no input"),
    ] {
        let all = [&["limit", "./s.toml", "--out", "r"], arguments].concat();
        let output = place.codexsim(&all).code(2).get_output().stderr.clone();
        let told = String::from_utf8(output).unwrap();
        assert!(told.contains(words), "{words}: {told}");
        assert!(!place.path("r").exists(), "{words}: nothing was made");
    }
}

/// A question that is kept with its scenario is checked with it.
#[test]
fn a_scenario_is_checked_with_its_question() {
    Place::new(ALONE).codexsim(&["check", "./s.toml"]).code(0);
    let wrong = Place::new(&ALONE.replace("=2..64 log", "=64..2 log"));
    let output = wrong.codexsim(&["check", "./s.toml"]).code(2).get_output().stderr.clone();
    let told = String::from_utf8(output).unwrap();
    assert!(told.contains("low end is not below"), "{told}");
}
