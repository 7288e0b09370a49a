//! Runs for tests, described as a user would: by settings over the quickstart.

pub mod pair;
pub mod place;

use codexsim::ledger::Outcome;
use codexsim::scenario::{Input, load};
use codexsim::sim::{RunSpec, run};

/// The quickstart with `sets` applied.
pub fn spec(sets: &[&str]) -> RunSpec {
    let sets = sets.iter().map(|s| s.to_string()).collect();
    load(&Input { sets, ..Input::default() }).unwrap_or_else(|e| panic!("{e}")).run
}

/// Runs to the end; everything that must always hold has to hold.
pub fn checked(spec: &RunSpec) -> Outcome {
    let outcome = run(spec, &mut |_| true).expect("nobody abandons the run");
    assert!(outcome.violations.is_empty(), "{:?}\n{spec:#?}", outcome.violations);
    outcome
}
