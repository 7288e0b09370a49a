//! Which inputs of a scenario matter: one step of each from many places (screening, after
//! Morris), and shares of the variance (after Sobol'), each beside what chance does.
//!
//! What is looked at is the mean of a measure over some runs under different seeds (one, mostly).
//! Around one place all of these meet the same seeds, so an input that does nothing changes
//! nothing at all; with other seeds at the same place, chance is an input of its own.

mod bootstrap;
mod design;
mod found;
#[cfg(test)]
mod functions;
mod inputs;
mod morris;
mod refused;
mod sample;
mod sobol;
#[cfg(test)]
mod tests;

pub use bootstrap::Estimate;
pub use found::{Influence, Screening, Sensitivity, Shares};
#[cfg(test)]
pub use inputs::LeftOut;
pub use inputs::SensitivityError;
pub use morris::Screened;
pub use sobol::Shared;

use super::{History, Next, Plan, Question};
use crate::results::{Measure, ResultsError};
use crate::scenario::{Input, Range, Sweep};
use design::{Design, Seen};
use serde::Serialize;

/// Chance that any bearing of one list says more than is true.
const DOUBT: f64 = 0.05;

/// The chance that one of so many `inputs` may be wrong with to one side.
fn doubt(inputs: usize) -> f64 {
    DOUBT / 2.0 / inputs.max(1) as f64
}

/// How an input bears on a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bearing {
    /// By itself, and more than that through what others are.
    Both,
    /// By itself.
    Alone,
    /// Through what others are, or up and down; not by itself on average.
    Through,
    /// Surely, but by less than a hundredth of the variance.
    Little,
    /// No more than another seed does.
    Noise,
    /// Not at all: nothing that was run is different with it.
    None,
}

/// What is asked of a scenario.
#[derive(Debug, Clone)]
pub struct SensitivityRequest {
    /// The scenario.
    pub input: Input,
    /// What is varied; where there is nothing, every number that the scenario sets, from half of
    /// it to twice as much.
    pub vary: Vec<Range>,
    /// What is looked at; where there is nothing, what is commonly asked of its kind of run.
    pub measures: Vec<&'static Measure>,
    /// Whether the logarithms of measures are looked at.
    pub of_logarithms: bool,
    /// Places from which each input takes a step; 0 for no screening.
    pub places: usize,
    /// Pairs of places between which inputs are exchanged; 0 for no shares of the variance.
    pub pairs: usize,
    /// Runs under different seeds whose mean is looked at; at least 1.
    pub repetitions: u32,
}

/// The runs behind a sensitivity. Ended before all are carried out, it knows what the pairs that
/// were finished say.
#[derive(Debug)]
pub struct SensitivityStudy {
    asked: inputs::Asked,
    /// Screening, then shares.
    designs: Vec<Design>,
    /// What was seen of each of these.
    seen: Vec<Seen>,
    wanted: Option<usize>,
}

impl SensitivityStudy {
    /// Reads the scenario and makes all points.
    ///
    /// # Errors
    /// On wrong ranges and measures, and on points that cannot be run.
    pub fn new(request: SensitivityRequest) -> Result<SensitivityStudy, SensitivityError> {
        let asked = inputs::Asked::new(request)?;
        let designs = [Design::screening(&asked)?, Design::shares(&asked)?];
        let designs: Vec<Design> = designs.into_iter().filter(|design| design.rows() > 0).collect();
        let seen = designs.iter().map(|_| Seen::default()).collect();
        Ok(SensitivityStudy { asked, designs, seen, wanted: None })
    }

    /// Name of the scenario.
    pub fn name(&self) -> &str {
        &self.asked.name
    }

    /// Things to look at before trusting a result.
    pub fn warnings(&self) -> &[String] {
        &self.asked.warnings
    }

    /// What the scenario varies itself, which is left out.
    pub fn sweep(&self) -> &Sweep {
        &self.asked.sweep
    }

    /// The runs that were looked at, as a study.
    pub fn plan(&self) -> Plan {
        let parts = self.designs.iter().zip(&self.seen).map(|(design, seen)| design.plan(&self.asked, 0..seen.rows()));
        let parts: Vec<Plan> = parts.collect();
        Plan { points: Plan::joined(parts.iter()).points, ..self.asked.plan.clone() }
    }

    /// What follows from what was seen.
    pub fn found(&self) -> Sensitivity {
        found::found(&self.asked, &self.designs, &self.seen)
    }
}

impl Question for SensitivityStudy {
    /// It is in what was asked: a part of it is there before the end, too.
    type Answer = ();

    fn next(&mut self, history: &History) -> Result<Next<()>, ResultsError> {
        if let Some(rows) = self.wanted.take() {
            let at = self.open().expect("what was wanted is of a design");
            let first = self.seen[at].rows();
            let plan = self.designs[at].plan(&self.asked, first..rows);
            self.seen[at].read(&self.asked, &plan, self.designs[at].per_row(), history)?;
        }
        let Some(at) = self.open() else { return Ok(Next::Done(())) };
        let (design, seen) = (&self.designs[at], self.seen[at].rows());
        let rows = design.next_look(seen);
        self.wanted = Some(rows);
        Ok(Next::Batch(design.plan(&self.asked, seen..rows)))
    }
}

impl SensitivityStudy {
    /// The first design of which there is more to see.
    fn open(&self) -> Option<usize> {
        (0..self.designs.len()).find(|at| self.seen[*at].rows() < self.designs[*at].rows())
    }
}
