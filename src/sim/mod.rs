//! One run: hands events to nodes.

mod spec;

pub use spec::{DiscoverySpec, RunSpec, StopSpec};

use crate::ledger::Outcome;

/// Carries out one run. `progress` is told the simulated time, the events so
/// far and the share of blocks stored about every 2^16 events; returning false
/// abandons the run.
pub fn run(_spec: &RunSpec, _progress: &mut dyn FnMut(Progress) -> bool) -> Option<Outcome> {
    todo!()
}

/// How far a run is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Simulated time.
    pub time: crate::units::Time,
    /// Events handled so far.
    pub events: u64,
    /// Share of the wanted blocks that are stored, 0 to 1.
    pub share: f64,
}
