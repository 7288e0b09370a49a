//! What the chosen cells do under given constants, and how far that is from
//! what was measured.

use super::parameter::Parameter;
use super::search::Landscape;
use super::{CalibrateError, CalibrateRequest};
use crate::results::{Measured, ResultsError, median};
use crate::sim::Keep;
use crate::study::validate::{self, Cases, Metric};
use crate::study::{History, Plan};
use nalgebra::DMatrix;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

/// Residual of a figure that no simulated run reached, and of constants that
/// cannot be: a factor of `e^5` off.
const MISS: f64 = 5.0;
/// The search stays within a factor of `e^7`, about 1,100, of its start.
const REACH: f64 = 7.0;
/// Medians of makespan and t100 closer than this are one figure, not two.
const SAME: f64 = 1e-3;

/// A measured figure that is fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Target {
    /// The cell, as an index into [`Cases::cases`].
    pub(super) case: usize,
    pub(super) metric: Metric,
    /// Median of the measured runs.
    pub(super) measured: f64,
}

/// Makespan of every case, and t100 where it says something else.
pub(super) fn targets(cases: &Cases) -> Vec<Target> {
    let mut targets = Vec::new();
    for (case, of) in cases.cases.iter().enumerate() {
        let target = |metric| {
            let values: Vec<f64> = of.runs.iter().filter_map(|run| run.get(metric)).collect();
            median(&values).filter(|m| *m > 0.0).map(|measured| Target { case, metric, measured })
        };
        let makespan = target(Metric::Makespan);
        let differs = |t: &Target| makespan.is_none_or(|m| (t.measured / m.measured - 1.0).abs() > SAME);
        targets.extend(makespan);
        targets.extend(target(Metric::T100).filter(differs));
    }
    targets
}

/// What a set of constants predicts: a value for each target, nothing where no
/// run got there.
pub(super) type Prediction = Vec<Option<f64>>;

/// Values of all constants, by their bits.
type ValueBits = Vec<u64>;

fn key(values: &[f64]) -> ValueBits {
    values.iter().map(|value| value.to_bits()).collect()
}

/// The search came to constants that nothing is known of yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Halt;

/// Predictions for one calibration, each made once.
#[derive(Debug)]
pub(super) struct Objective {
    measured: Measured,
    pub(super) parameters: Vec<Parameter>,
    pub(super) targets: Vec<Target>,
    known: BTreeMap<ValueBits, Prediction>,
    /// The cells of constants whose runs were asked for.
    asked: Vec<(ValueBits, Cases)>,
    /// What was tried since the search began.
    tried: RefCell<BTreeSet<ValueBits>>,
    /// What it came to that is not known.
    unknown: RefCell<Vec<Vec<f64>>>,
}

impl Objective {
    pub(super) fn new(measured: Measured, parameters: Vec<Parameter>, targets: Vec<Target>) -> Self {
        let (known, asked) = (BTreeMap::new(), vec![]);
        Objective {
            measured,
            parameters,
            targets,
            known,
            asked,
            tried: RefCell::default(),
            unknown: RefCell::default(),
        }
    }

    /// A search begins.
    pub(super) fn begin(&mut self) {
        self.tried.get_mut().clear();
        self.unknown.get_mut().clear();
    }

    /// The runs of what the search came to; nothing where they are not needed because
    /// these constants cannot be.
    pub(super) fn wanted(&mut self, request: &CalibrateRequest) -> Option<Plan> {
        for values in self.unknown.take() {
            let sets = self.parameters.iter().zip(&values).map(|(parameter, value)| parameter.set(*value));
            let cases = cases(&self.measured, request, sets);
            if cases.refused.is_empty() {
                self.asked.push((key(&values), cases));
            } else {
                self.known.insert(key(&values), vec![None; self.targets.len()]); // below what a constant may be
            }
        }
        (!self.asked.is_empty()).then(|| Plan::joined(self.asked.iter().map(|(_, cases)| &cases.plan)))
    }

    /// Takes in the runs that were asked for. Returns what is wrong with them.
    pub(super) fn learn(&mut self, seen: &History) -> Result<Option<CalibrateError>, ResultsError> {
        if let Some(failure) = seen.failed().first() {
            return Ok(Some(CalibrateError::Failed(format!("run {} failed: {}", failure.run_id, failure.reason))));
        }
        for (key, cases) in std::mem::take(&mut self.asked) {
            let runs = (0..cases.cases.len()).map(|case| cases.figures(case, seen)).collect::<Result<Vec<_>, _>>()?;
            for (_, file) in runs.iter().flatten() {
                if let Some(rule) = file.violations().next() {
                    return Ok(Some(CalibrateError::Violation(format!("seed {}: {rule}", file.run.seed))));
                }
            }
            let predicted = |target: &Target| {
                let figures = runs[target.case].iter().filter_map(|(figures, _)| figures.get(target.metric));
                median(&figures.collect::<Vec<_>>())
            };
            self.known.insert(key, self.targets.iter().map(predicted).collect());
        }
        Ok(None)
    }

    /// How many different constants were tried.
    pub(super) fn tried(&self) -> usize {
        self.tried.borrow().len()
    }

    /// What the targets become with these values of the constants.
    pub(super) fn predict(&self, values: &[f64]) -> Result<Prediction, Halt> {
        self.need(&[values.to_vec()])?;
        self.tried.borrow_mut().insert(key(values));
        Ok(self.known[&key(values)].clone())
    }

    /// Makes sure that all of these are known.
    fn need(&self, all: &[Vec<f64>]) -> Result<(), Halt> {
        let mut unknown = all.iter().filter(|values| !self.known.contains_key(&key(values))).peekable();
        if unknown.peek().is_none() {
            return Ok(());
        }
        unknown.for_each(|values| self.unknown.borrow_mut().push(values.clone()));
        Err(Halt)
    }

    /// Logarithms of predicted over measured.
    pub(super) fn residuals(&self, values: &[f64]) -> Result<Vec<f64>, Halt> {
        let prediction = self.predict(values)?;
        let error = |(target, value): (&Target, Option<f64>)| value.map_or(MISS, |v| libm::log(v / target.measured));
        Ok(self.targets.iter().zip(prediction).map(error).collect())
    }

    /// Slopes of the residuals over the logarithms of the constants at `active`.
    pub(super) fn slopes(&self, values: &[f64], active: &[usize], step: f64) -> Result<DMatrix<f64>, Halt> {
        let sides = active.iter().map(|j| self.parameters[*j].unit.around(values[*j], step));
        let sides: Vec<(f64, f64)> = sides.collect();
        let moved = |j: usize, value| {
            let mut moved = values.to_vec();
            moved[j] = value;
            moved
        };
        // Together, so that all are carried out at the same time.
        let pairs = active.iter().zip(&sides).flat_map(|(j, (low, high))| [moved(*j, *low), moved(*j, *high)]);
        self.need(&pairs.collect::<Vec<_>>())?;
        let mut slopes = DMatrix::zeros(self.targets.len(), active.len());
        for (column, (j, (low, high))) in active.iter().zip(sides).enumerate() {
            let (below, above) = (self.residuals(&moved(*j, low))?, self.residuals(&moved(*j, high))?);
            for (row, (a, b)) in above.iter().zip(&below).enumerate() {
                slopes[(row, column)] = (a - b) / libm::log(high / low);
            }
        }
        Ok(slopes)
    }
}

/// The chosen cells with further settings.
pub(super) fn cases(measured: &Measured, request: &CalibrateRequest, sets: impl Iterator<Item = String>) -> Cases {
    let mut cases = Cases::new(
        measured,
        &validate::Request {
            testbeds: request.testbeds.clone(),
            seeds: request.seeds,
            sets: request.sets.iter().cloned().chain(sets).collect(),
            only: request.only.clone(),
        },
    );
    cases.plan.kept.tables = Keep::Nodes;
    cases
}

/// The objective over the logarithms of some constants (relative to their
/// starts), the others staying as they are.
pub(super) struct Section<'a> {
    pub(super) objective: &'a Objective,
    pub(super) active: &'a [usize],
    /// Values of all constants; those at `active` are replaced.
    pub(super) values: &'a [f64],
    /// No constants beyond so many are tried.
    pub(super) limit: usize,
    /// What ended the search before its time.
    pub(super) halted: OnceCell<Halt>,
}

impl Section<'_> {
    /// The values at these logarithms.
    pub(super) fn values(&self, logs: &[f64]) -> Vec<f64> {
        let mut values = self.values.to_vec();
        for (j, log) in self.active.iter().zip(logs) {
            let parameter = &self.objective.parameters[*j];
            values[*j] = parameter.unit.above_zero(parameter.start * libm::exp(*log));
        }
        values
    }

    fn keep<T>(&self, result: Result<T, Halt>) -> Option<T> {
        result.map_err(|halt| self.halted.get_or_init(|| halt)).ok()
    }

    fn may_go_on(&self) -> bool {
        self.halted.get().is_none() && self.objective.tried() < self.limit
    }
}

impl Landscape for Section<'_> {
    fn residuals(&self, logs: &[f64]) -> Option<Vec<f64>> {
        if self.halted.get().is_some() {
            return None;
        }
        if logs.iter().any(|log| log.abs() > REACH) {
            return Some(vec![MISS; self.objective.targets.len()]);
        }
        if !self.may_go_on() {
            return None;
        }
        self.keep(self.objective.residuals(&self.values(logs)))
    }

    fn slopes(&self, logs: &[f64], step: f64) -> Option<DMatrix<f64>> {
        if !self.may_go_on() {
            return None;
        }
        self.keep(self.objective.slopes(&self.values(logs), self.active, step))
    }
}
