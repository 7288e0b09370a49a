//! The look at reality: every measured cell, of the Nim node (generation v2) and
//! of libtorrent, re-created with a few seeds and held against the measurement.
//! `codexsim validate` does the same with more seeds and shows the numbers.

use codexsim::results::{Measured, NodeFigures, median};
use codexsim::scenario::{Conditions, Input, load, testbeds};
use codexsim::sim::{Progress, RunSpec, run};
use codexsim::study::{Cases, Host, Metric, Options, Request, RunFigures, Selection, Validation, execute};
use codexsim::world::Role;

/// Nobody watches.
struct Alone;

impl Host for Alone {
    fn elapsed_s(&self) -> f64 {
        0.0
    }
    fn peak_rss_bytes(&self) -> Option<u64> {
        None
    }
    fn may_start(&self) -> bool {
        true
    }
    fn interrupted(&self) -> bool {
        false
    }
    fn planned(&self, _: u64) {}
    fn advanced(&self, _: Progress, _: u64) {}
    fn finished(&self) {}
}

/// The measured cells that `only` picks, predicted.
fn validated(only: &str, seeds: u32) -> Validation {
    let only = Conditions::parse(only).unwrap();
    let request = Request { testbeds: testbeds(), seeds, sets: vec![], only };
    let cases = Cases::new(&Measured::shipped(), &request);
    assert!(cases.refused.is_empty(), "{:?}", cases.refused);
    let place = tempfile::tempdir().unwrap();
    let options = Options { threads: 0, reproducible: true };
    let execution = execute(&cases.plan, Selection::All, place.path(), options, &Alone).unwrap();
    assert!(execution.failed.is_empty(), "{:?}", execution.failed);
    let validation = cases.judge(place.path());
    print!("{}", codexsim::report::validation_report(&validation));
    for case in 0..validation.cases.len() {
        for metric in [Metric::Makespan, Metric::T100, Metric::Received, Metric::SeederCopies] {
            assert!(validation.verdict(case, metric).error.is_some(), "{:?} of {case}", metric);
        }
    }
    validation
}

/// Absolute errors over all cells, those that decided something included.
fn errors(validation: &Validation, metric: Metric) -> Vec<f64> {
    (0..validation.cases.len()).map(|case| validation.verdict(case, metric).error.unwrap().abs()).collect()
}

fn worst(errors: &[f64]) -> f64 {
    errors.iter().copied().fold(0.0, f64::max)
}

#[test]
fn every_measured_cell_of_codex_is_predicted() {
    let validation = validated("system=codex", 21);
    assert_eq!(validation.cases.len(), 25, "measured cells");
    assert_eq!(validation.cases.iter().filter(|case| !case.is_evidence()).count(), 4, "the fitted pairs");
    let makespan = errors(&validation, Metric::Makespan);
    assert!(median(&makespan).unwrap() <= 0.10 && worst(&makespan) <= 0.35, "makespan: {makespan:?}");
}

#[test]
fn every_measured_cell_of_bittorrent_is_predicted() {
    for (system, cells, typical) in [("libtorrent", 18, 0.10), ("libtorrent-shadow", 12, 0.15)] {
        let validation = validated(&format!("system={system}"), 21);
        assert_eq!(validation.cases.len(), cells, "measured cells");
        let completion = errors(&validation, Metric::T100);
        assert!(median(&completion).unwrap() <= typical && worst(&completion) <= 0.30, "t100: {completion:?}");
        assert!(median(&errors(&validation, Metric::Makespan)).unwrap() <= typical);
        assert!(worst(&errors(&validation, Metric::SeederCopies)) <= 0.25);
        assert!(worst(&errors(&validation, Metric::Received)) <= 0.08);
        same_order(&validation);
    }
}

/// Where two cells differ in one condition and measured completion times by more
/// than 15 %, the prediction has the same one ahead.
fn same_order(validation: &Validation) {
    let time = |case: usize| {
        let verdict = validation.verdict(case, Metric::T100);
        (verdict.measured_median().unwrap(), verdict.predicted.unwrap().median)
    };
    let mut compared = 0;
    for a in 0..validation.cases.len() {
        for b in a + 1..validation.cases.len() {
            let (one, other) = (&validation.cases[a], &validation.cases[b]);
            let differ = one.conditions.iter().filter(|(column, value)| other.conditions.get(*column) != Some(*value));
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
        let spec = load(&Input { sets, ..Input::default() }).unwrap().run;
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
    let node = |n: &codexsim::ledger::NodeOutcome| NodeFigures {
        leecher: n.role == Role::Leecher,
        start_s: Some(n.start.secs()),
        t100_s: n.milestones.all.map(|t| t.secs()),
        bytes_rx: Some(n.bytes_rx as f64),
        bytes_tx: Some(n.bytes_tx as f64),
        ..NodeFigures::default()
    };
    let nodes: Vec<NodeFigures> = outcome.nodes.iter().map(node).collect();
    RunFigures::of(&nodes, spec.world.dataset.size.get() as f64)
}
