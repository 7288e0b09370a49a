//! Runs for tests, described as a user would: by settings over the quickstart.

pub mod foretold;
pub mod pair;
pub mod place;

use codexsim::ledger::Outcome;
use codexsim::scenario::{Input, load, models};
use codexsim::sim::{Progress, RunSpec, run};
use codexsim::study::Host;

/// Every protocol that comes with the program and downloads anything, yardsticks among
/// them.
pub fn protocols() -> impl Iterator<Item = &'static str> {
    models().into_iter().filter(|model| model.kind == "protocols" && model.name != "idle").map(|model| model.name)
}

/// Those that find their peers while they run: all but the one that plans before.
pub fn exchanges() -> impl Iterator<Item = &'static str> {
    protocols().filter(|protocol| *protocol != "ideal")
}

/// The quickstart with `sets` applied.
pub fn spec(sets: &[&str]) -> RunSpec {
    let sets = sets.iter().map(|s| s.to_string()).collect();
    load(&Input { sets, ..Input::default() }).unwrap_or_else(|e| panic!("{e}")).run.into_swarm().unwrap()
}

/// Runs to the end; everything that must always hold has to hold.
pub fn checked(spec: &RunSpec) -> Outcome {
    let outcome = run(spec, &mut |_| true).expect("nobody abandons the run");
    assert!(outcome.violations.is_empty(), "{:?}\n{spec:#?}", outcome.violations);
    outcome
}

/// Nobody watches.
pub struct Alone;

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
