//! The look at reality: every measured cell, of the Nim node (generation v2), of the
//! exchange of v3 and of libtorrent, re-created and held against the measurement, and against what the
//! documents say about that.
//! `codexsim validate` does the same and shows the numbers.

use crate::common::Alone;
use codexsim::results::{Labels, Measured, Observation, RunResult, median};
use codexsim::scenario::{Conditions, Input, load, testbeds};
use codexsim::sim::{RunSpec, run};
use codexsim::study::{Cache, Cases, Metric, Options, Request, RunFigures, Runner, Validation};
use std::collections::BTreeSet;

/// As many as `codexsim validate` takes, and as the documents tell.
const SEEDS: u32 = 40;

/// How far a figure may be from what is written: two points.
const TOLERATED: f64 = 0.02;

/// Every measured cell, predicted.
fn validated() -> Validation {
    let request = Request { testbeds: testbeds(), seeds: SEEDS, sets: vec![], only: Conditions::default() };
    let mut cases = Cases::new(&Measured::shipped(), &request);
    let refused: Vec<&str> = cases.refused.iter().map(|refused| refused.reason.as_str()).collect();
    assert!(refused.is_empty(), "{:?}", cases.refused);
    let options = Options { threads: 0, reproducible: true };
    let asked = Runner::new(Cache::memory(), options, &Alone).ask(&mut cases).unwrap();
    assert!(asked.execution.failed.is_empty(), "{:?}", asked.execution.failed);
    let validation = asked.answer.expect("nobody interrupts");
    print!("{}", codexsim::report::validation(&validation, &[]).terminal(None));
    for case in 0..validation.cases.len() {
        for metric in [Metric::Makespan, Metric::T100, Metric::Received, Metric::SeederCopies] {
            assert!(validation.verdict(case, metric).error.is_some(), "{:?} of {case}", metric);
        }
    }
    validation
}

/// Number of cells, median of the absolute errors and the largest with its sign,
/// over the cells of some testbeds that decided nothing in the model.
fn score(validation: &Validation, testbeds: &[&str], metric: Metric) -> (usize, f64, f64) {
    let counts = |case: &usize| {
        let case = &validation.cases[*case];
        case.is_evidence() && testbeds.contains(&case.testbed.as_str())
    };
    let cases = (0..validation.cases.len()).filter(counts);
    let errors: Vec<f64> = cases.filter_map(|case| validation.verdict(case, metric).error).collect();
    let sizes: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
    let worst = errors.iter().copied().reduce(|a, b| if b.abs() > a.abs() { b } else { a }).unwrap();
    (errors.len(), median(&sizes).unwrap(), worst)
}

/// The cells of a row of a Markdown table.
fn fields(row: &str) -> Vec<&str> {
    row.trim().trim_matches('|').split('|').map(str::trim).collect()
}

/// `-30 %` or `4.7 pp`, as a share; what follows does not count.
fn share(text: &str) -> f64 {
    let (number, unit) = text.split_once(' ').unwrap_or_else(|| panic!("`{text}` is no figure"));
    assert!(unit.starts_with('%') || unit.starts_with("pp"), "`{text}`");
    number.parse::<f64>().unwrap_or_else(|_| panic!("`{text}`")) / 100.0
}

fn document(name: &str) -> String {
    std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The figures that a document has wrong or that have become stale.
#[derive(Default)]
struct Check(Vec<String>);

impl Check {
    fn figure(&mut self, what: &str, written: &str, computed: f64) {
        if (share(written) - computed).abs() > TOLERATED {
            self.0.push(format!("{what}: written {written}, computed {:.1} %", 100.0 * computed));
        }
    }
}

/// Every figure of the table in the README, where a user looks for how far to trust
/// the program, and of the tables of scores in docs/validation.md.
#[test]
fn the_documents_say_how_well_reality_is_met() {
    let validation = validated();
    let mut check = Check::default();
    let readme = document("README.md");
    let rows: Vec<&str> = readme.lines().skip_while(|line| !line.starts_with("| system | cells |")).collect();
    assert_eq!(
        fields(rows[0]),
        ["system", "cells", "makespan", "worst", "median t100", "received per leecher", "seeder copies"]
    );
    let systems = [
        ("Codex v2 (Nim node) in namespaces", "codex-netns"),
        ("Codex v2 (Nim node) in Shadow", "codex-shadow"),
        ("Codex v3, equal shares", "codex-v3-netns-fair"),
        ("Codex v3, 25 ms above TCP", "codex-v3-netns-delay"),
        ("Codex v3, drop-tail queues", "codex-v3-netns"),
        ("libtorrent in namespaces", "libtorrent-netns"),
        ("libtorrent in Shadow", "libtorrent-shadow"),
    ];
    for ((name, testbed), row) in systems.iter().zip(&rows[2..]) {
        let row = fields(row);
        assert!(row[0].starts_with(name), "{row:?}");
        let of = |metric| score(&validation, &[testbed], metric);
        let (cells, makespan, worst) = of(Metric::Makespan);
        assert_eq!(row[1].parse(), Ok(cells), "cells of {name}");
        for (at, computed) in [
            (2, makespan),
            (3, worst),
            (4, of(Metric::T100).1),
            (5, of(Metric::Received).1),
            (6, of(Metric::SeederCopies).1),
        ] {
            check.figure(&format!("README, {name}, column {at}"), row[at], computed);
        }
    }
    let docs = document("docs/validation.md");
    let all: Vec<&str> = systems.iter().map(|(_, testbed)| *testbed).collect();
    let mut found = 0;
    for row in docs.lines().map(fields).filter(|row| row.len() == 7) {
        let Some(metric) = Metric::ALL.into_iter().find(|metric| metric.title() == row[1]) else { continue };
        let testbeds = if row[0] == "all" { all.as_slice() } else { std::slice::from_ref(&row[0]) };
        let (cells, typical, worst) = score(&validation, testbeds, metric);
        let what = format!("docs/validation.md, {} of {}", row[1], row[0]);
        assert_eq!(row[2].parse(), Ok(cells), "{what}");
        check.figure(&what, row[3], typical);
        check.figure(&what, row[6], worst);
        found += 1;
    }
    assert!(found >= 53, "{found} rows of scores");
    assert!(check.0.is_empty(), "{}", check.0.join("\n"));
    same_order(&validation, "libtorrent-netns");
    same_order(&validation, "libtorrent-shadow");
}

/// Where two cells differ in one condition and measured completion times by more
/// than 15 %, the prediction has the same one ahead.
fn same_order(validation: &Validation, testbed: &str) {
    let time = |case: usize| {
        let verdict = validation.verdict(case, Metric::T100);
        (verdict.measured_median().unwrap(), verdict.predicted.unwrap().median)
    };
    let mut compared = 0;
    let cases: Vec<usize> = (0..validation.cases.len()).filter(|c| validation.cases[*c].testbed == testbed).collect();
    for (at, &a) in cases.iter().enumerate() {
        for &b in &cases[at + 1..] {
            let (one, other) = (&validation.cases[a], &validation.cases[b]);
            let columns: BTreeSet<_> = one.conditions.keys().chain(other.conditions.keys()).collect();
            let differ =
                columns.into_iter().filter(|column| one.conditions.get(*column) != other.conditions.get(*column));
            let ((measured, predicted), (measured2, predicted2)) = (time(a), time(b));
            if differ.count() != 1 || (measured / measured2).max(measured2 / measured) < 1.15 {
                continue;
            }
            compared += 1;
            assert_eq!(
                measured < measured2,
                predicted < predicted2,
                "{}: {measured} {predicted}, {}: {measured2} {predicted2}",
                one.name,
                other.name
            );
        }
    }
    println!("{compared} pairs of cells in the measured order");
    assert!(compared >= 8, "{compared}");
}

/// Leechers that start together hardly trade: seeders send nearly a copy to
/// each, and the makespan grows with leechers over seeder uplink.
#[test]
fn a_flash_crowd_shows_what_the_real_node_shows() {
    let makespan = |leechers: u32| {
        let sets = vec![
            format!("swarm.network_size={}", leechers + 1),
            "swarm.seeders=1".into(),
            "swarm.file_size=10 MiB".into(),
            "network.up=10 Mbit/s".into(),
            "network.down=10 Mbit/s".into(),
            "network.latency=1 ms".into(),
        ];
        let spec = load(&Input { sets, ..Input::default() }).unwrap().run.into_swarm().unwrap();
        let figures = simulate(&spec);
        let copies = figures.get(Metric::SeederCopies).unwrap();
        assert!(copies > 0.98 * f64::from(leechers), "{leechers}: {copies}");
        figures.get(Metric::Makespan).unwrap()
    };
    let one = makespan(1);
    for leechers in [2, 4, 8] {
        let ratio = makespan(leechers) / one;
        assert!((ratio / f64::from(leechers) - 1.0).abs() < 0.03, "{leechers} leechers take {ratio} times as long");
    }
}

fn simulate(spec: &RunSpec) -> RunFigures {
    let outcome = run(spec, &mut |_| true).unwrap();
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    let labels = Labels { run_id: "r", scenario: "s", protocol: "p", repetition: 0 };
    RunFigures::of(&Observation::of(&RunResult::new(labels, spec, &outcome)))
}
