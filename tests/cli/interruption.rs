//! Commands that are ended from outside: by a signal, or because memory runs out.
#![cfg(unix)]

use super::{SCENARIO, SWEEP, errors, row_files};
use crate::common::place::Place;
use codexsim::results::Manifest;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

/// Minutes of work for every machine.
const LONG: [&str; 6] =
    ["--set", "protocol=codex-v2", "--set", "swarm.network_size=64", "--set", "swarm.file_size=40 GB"];

/// The program in the middle of its work.
struct AtWork {
    program: Child,
    /// What it said of how long that will take.
    forecast: String,
    /// What it said later.
    later: JoinHandle<Vec<String>>,
}

impl AtWork {
    /// Starts it after `before` in a shell, and waits until it has begun.
    fn new(place: &Place, before: &str, arguments: &[&str]) -> Self {
        let quoted: Vec<String> = arguments.iter().map(|word| format!("'{word}'")).collect();
        let line = format!("{before} exec {} {}", env!("CARGO_BIN_EXE_codexsim"), quoted.join(" "));
        let mut command = Command::new("sh");
        command.args(["-c", &line]).current_dir(place.path(".")).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut program = command.spawn().unwrap();
        let mut told = BufReader::new(program.stderr.take().unwrap()).lines().map_while(Result::ok);
        let forecast = told.find(|line| line.contains("this takes ")).expect("it ended before it began");
        // What it says later has to go somewhere.
        let later = std::thread::spawn(move || told.collect());
        AtWork { program, forecast, later }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.program.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    fn code(self) -> Option<i32> {
        self.end().0
    }

    /// Its exit code, and what it said after its forecast.
    fn end(mut self) -> (Option<i32>, String) {
        let code = self.program.wait().unwrap().code();
        (code, self.later.join().unwrap().join("\n"))
    }
}

#[test]
fn a_run_that_is_ended_keeps_what_there_is() {
    for signal in ["INT", "TERM", "HUP"] {
        let place = Place::new(SCENARIO);
        let run = AtWork::new(&place, "", &[&["run", "s.toml", "--out", "a"], &LONG[..]].concat());
        run.signal(signal);
        assert_eq!(run.code(), Some(3), "{signal}");
        let run = &place.runs("a").records[0].run;
        assert_eq!(run.status, "interrupted");
        assert!(run.events.unwrap() > 0 && run.wire_bytes.unwrap() > 0);
        assert_eq!(Manifest::read(&place.path("a")).unwrap().runs_missing, 1);
        place.codexsim(&["report", "a"]).code(3);
        place.codexsim(&["export", "a", "--format", "10ksim"]).code(3);
    }
}

#[test]
fn an_ended_run_replaces_no_whole_one() {
    let place = Place::new(SCENARIO);
    place.codexsim(&["run", "s.toml", "--out", "a"]).code(0);
    let run = AtWork::new(&place, "", &[&["run", "s.toml", "--out", "a"], &LONG[..]].concat());
    run.signal("TERM");
    assert_eq!(run.code(), Some(3));
    assert_eq!(place.runs("a").records[0].run.status, "complete");
}

#[test]
fn a_sweep_that_is_ended_keeps_whole_runs_only() {
    let place = Place::new(&format!("{SCENARIO}{SWEEP}").replace("[3, 4]", "[60, 64]"));
    let sweep = ["sweep", "s.toml", "--out", "a", "-j", "2", LONG[0], LONG[1], LONG[4], LONG[5]];
    let sweep = AtWork::new(&place, "", &sweep);
    sweep.signal("TERM");
    assert_eq!(sweep.code(), Some(3));
    assert_eq!((place.runs("a").records.len(), row_files(&place.path("a")).len()), (0, 0));
}

/// What only shows an answer keeps whole runs where it is told to.
#[test]
fn a_question_that_is_ended_says_how_it_goes_on() {
    for (further, told) in [(&["--rows", "kept"][..], "the same command goes on"), (&[], "with --rows DIR")] {
        let place = Place::new(SCENARIO);
        let explain = AtWork::new(&place, "", &[&["explain-run", "s.toml"], &LONG[..], further].concat());
        explain.signal("TERM");
        let (code, said) = explain.end();
        assert_eq!(code, Some(3));
        assert!(said.contains(&format!("interrupted; {told}")), "{said}");
        assert_eq!(place.path("kept/rows").exists(), !further.is_empty());
    }
}

/// `nohup` is for what outlives its terminal.
#[test]
fn a_signal_that_was_ignored_stays_ignored() {
    let place = Place::new(SCENARIO);
    let mut run = AtWork::new(&place, "trap '' HUP;", &[&["run", "s.toml", "--out", "a"], &LONG[..]].concat());
    run.signal("HUP");
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(run.program.try_wait().unwrap().is_none(), "it went on");
    run.signal("TERM");
    assert_eq!(run.code(), Some(3));
}

#[cfg(target_os = "linux")]
#[test]
fn memory_that_runs_out_is_told() {
    let place = Place::new(SCENARIO);
    let line = format!(
        "ulimit -v 100000; exec {} run s.toml --out a --set swarm.network_size=100000 --set network.degree=8 \
         --set protocol=codex-v2",
        env!("CARGO_BIN_EXE_codexsim")
    );
    let output = Command::new("sh").args(["-c", &line]).current_dir(place.path(".")).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("error: out of memory: ") && !told.contains("panicked"), "{told}");
    assert_eq!(fs::read_dir(place.path("a")).unwrap().count(), 0, "nothing is half-written");
}

#[test]
fn what_takes_long_says_so_and_what_would_not() {
    let place = Place::new(SCENARIO);
    let mesh = ["run", "s.toml", "--set", "protocol=codex-v2", "--set", "swarm.network_size=800"];
    let run = AtWork::new(&place, "", &[&mesh[..], &["--set", "swarm.file_size=4 GB"]].concat());
    let way = "a full mesh of 800 nodes: with network.degree=8 it takes ";
    assert!(run.forecast.contains(way), "{}", run.forecast);
    run.signal("KILL");
    assert_eq!(run.code(), None);
    let short = place.codexsim(&["run", "s.toml", "--out", "b"]).code(0);
    assert!(!errors(&short).contains("roughly"), "{}", errors(&short));
}

/// Many points take a while before the first run.
#[cfg(target_os = "linux")]
#[test]
fn a_study_that_is_ended_while_it_is_planned_says_so() {
    let place = Place::new(SCENARIO);
    let vary = ["--vary", "network.latency=1 ms..2 s", "--points", "1000000"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_codexsim"));
    command.args([&["sweep", "s.toml", "--out", "a"], &vary[..]].concat()).current_dir(place.path("."));
    let sweep = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", sweep.id());
    // The mask of the signals that it has a handler for.
    let handled = || {
        let text = fs::read_to_string(&status).unwrap();
        let mask = text.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap().trim().to_owned();
        u64::from_str_radix(&mask, 16).unwrap() & (1 << 14) != 0
    };
    while !handled() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(Command::new("kill").args(["-TERM", &sweep.id().to_string()]).status().unwrap().success());
    let output = sweep.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("interrupted before anything was run"), "{told}");
    assert!(!place.path("a").exists());
}
