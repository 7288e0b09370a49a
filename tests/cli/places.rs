//! Where results go: places that cannot be used, and what lies there already.

use super::{SCENARIO, SWEEP, content, errors};
use crate::common::place::Place;
use std::fs;
use std::time::Duration;

/// What keeps the program busy for hours: whoever answers has not begun.
const LONG: [&str; 4] = ["--set", "protocol=codex-v2", "--set", "swarm.file_size=100 GB"];

#[test]
fn a_place_that_cannot_be_used_is_2_before_the_first_event() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    fs::write(place.path("file"), "in the way").unwrap();
    fs::create_dir_all(place.path("folder/nodes.csv")).unwrap();
    let mut places = vec!["file", "file/below", "folder"];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", place.path("link")).unwrap();
        places.push("link");
    }
    if fs::exists("/proc/self").unwrap() {
        places.push("/proc/x");
    }
    let refused = |arguments: &[&str]| {
        let assert = place.command().args(arguments).timeout(Duration::from_secs(60)).assert().code(2);
        assert!(errors(&assert).contains("cannot write to `"), "{arguments:?}: {}", errors(&assert));
    };
    let fit = ["calibrate", "--testbed", "codex-netns", "--fit", "hardware.per_entry"];
    for out in places {
        refused(&[&["run", "s.toml", "--out", out], &LONG[..]].concat());
        refused(&[&["sweep", "s.toml", "--out", out], &LONG[..]].concat());
        refused(&["impact", "--base", "codex-v2", "--change", "codex-v3c", "--pack", "rfc", "--out", out]);
        refused(&["validate", "--out", out]);
    }
    refused(&["man", "file"]);
    if cfg!(target_os = "linux") {
        refused(&[&fit[..], &["--out", "/proc/own.toml"]].concat());
    }
    place.codexsim(&[&fit[..], &["--out", "file/own.toml"]].concat()).code(2);
    assert_eq!(fs::read(place.path("file")).unwrap(), b"in the way");
    assert!(!place.path("nowhere").exists());
}

#[test]
fn reports_about_results_know_their_places_too() {
    let place = Place::new(SCENARIO);
    place.codexsim(&["run", "s.toml", "--trace", "--out", "r"]).code(0);
    fs::write(place.path("file"), "in the way").unwrap();
    for command in [
        &["report", "r", "--out", "file"][..],
        &["view", "r", "--out", "file/view.html"],
        &["view", "r", "--out", "r"],
        &["export", "r", "--format", "10ksim", "--out", "file/export"],
        &["export", "r", "--format", "10ksim", "--out", "file"],
    ] {
        let before = content(&place.path("."));
        let assert = place.codexsim(command).code(2);
        assert!(!errors(&assert).is_empty());
        assert_eq!(content(&place.path(".")), before, "{command:?}");
    }
}

#[test]
fn results_of_something_else_are_not_replaced() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    fs::write(place.path("other.toml"), SCENARIO.replace("tiny", "other")).unwrap();
    place.codexsim(&["run", "s.toml", "--out", "run"]).code(0);
    place.codexsim(&["sweep", "s.toml", "--out", "sweep"]).code(0);
    place.codexsim(&["sweep", "s.toml", "--out", "part", "--index", "0"]).code(0);
    let impact = ["impact", "--base", "codex-v2", "--change", "codex-v3c"];
    let commands: [(&str, &[&[&str]]); 3] = [
        ("run", &[&["run", "other.toml"], &["sweep", "s.toml"], &impact, &["validate"]]),
        ("sweep", &[&["run", "s.toml"], &["sweep", "other.toml"], &impact, &["validate"]]),
        ("part", &[&["run", "s.toml"], &["run", "other.toml"]]),
    ];
    for (out, commands) in commands {
        let before = content(&place.path(out));
        for command in commands {
            let assert = place.codexsim(&[command, &["--out", out][..]].concat()).code(2);
            assert!(errors(&assert).contains(&format!("`{out}` holds the ")), "{}", errors(&assert));
            assert!(errors(&assert).contains("--force"), "{}", errors(&assert));
        }
        assert_eq!(content(&place.path(out)), before);
    }
    place.codexsim(&["run", "other.toml", "--out", "sweep", "--force"]).code(0);
    assert_eq!(place.runs("sweep").records[0].run.scenario, "other");
    place.codexsim(&["run", "other.toml", "--out", "sweep"]).code(0);
}

#[test]
fn results_of_other_settings_go_elsewhere_or_are_said_to_go() {
    let place = Place::new(SCENARIO);
    place.codexsim(&["run", "s.toml"]).code(0);
    let plain = content(&place.path("results/tiny"));
    place.codexsim(&["run", "s.toml", "--protocol", "bitswap"]).code(0);
    place.codexsim(&["run", "s.toml", "--set", "swarm.seeders=2"]).code(0);
    place.codexsim(&["run", "s.toml", "--seed", "9"]).code(0);
    place.codexsim(&["run", "s.toml", "--set", "name=mine", "--set", "swarm.seeders=2"]).code(0);
    assert_eq!(content(&place.path("results/tiny")), plain);
    let folders = fs::read_dir(place.path("results")).unwrap().map(|entry| entry.unwrap().file_name());
    let folders: Vec<String> = folders.map(|name| name.into_string().unwrap()).collect();
    assert_eq!(folders.len(), 5, "{folders:?}");
    assert!(["mine", "tiny", "tiny-bitswap"].iter().all(|name| folders.contains(&(*name).into())), "{folders:?}");
    fs::write(place.path("s.toml"), SCENARIO.replace("1 MB", "2 MB")).unwrap();
    let assert = place.codexsim(&["run", "s.toml"]).code(0);
    assert!(errors(&assert).contains("`tiny` with other settings in results/tiny are replaced"), "{}", errors(&assert));
}

/// Nothing that was made from other results stays beside new ones.
#[test]
fn reports_and_traces_of_earlier_results_go() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}"));
    let files = || {
        let names = fs::read_dir(place.path("r")).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    };
    let run = |further: &[&str]| drop(place.codexsim(&[&["run", "s.toml", "--out", "r"], further].concat()).code(0));
    run(&["--trace"]);
    place.codexsim(&["view", "r"]).code(0);
    place.codexsim(&["report", "r"]).code(0);
    for name in ["comparison.csv", "comparison.html", "comparison.md"] {
        fs::write(place.path("r").join(name), "of a comparison").unwrap();
    }
    let made = ["comparison.csv", "comparison.html", "comparison.md", "report.html", "view.html"];
    assert!(made.iter().all(|name| files().contains(&(*name).into())), "{:?}", files());
    run(&["--trace"]);
    assert!(files().contains(&"report.html".into()), "the same results are told by the same reports");
    run(&["--seed", "9"]);
    let tables = ["constraints", "nodes", "runs", "series", "timeline", "traffic"].map(|name| format!("{name}.csv"));
    let mut all: Vec<String> = tables.into_iter().chain(["manifest.json".into()]).collect();
    all.sort();
    assert_eq!(files(), all);
    run(&["--trace"]);
    place.codexsim(&["sweep", "s.toml", "--out", "r", "--force"]).code(0);
    assert!(!files().contains(&"trace.csv".into()) && !files().contains(&"progress.csv".into()), "{:?}", files());
}
