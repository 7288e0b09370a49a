//! What the chosen cells do under given constants, and how far that is from
//! what was measured.

use super::parameter::Parameter;
use super::search::Landscape;
use super::{CalibrateError, Request};
use crate::results::{Measured, RunResult, median};
use crate::sim;
use crate::study::batch::threads;
use crate::study::validate::{self, Cases, Metric, RunFigures};
use crate::study::{Host, PlannedRun};
use nalgebra::DMatrix;
use rayon::prelude::*;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

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

/// Predictions for one calibration, each made once.
pub(super) struct Objective<'a> {
    measured: Measured,
    request: &'a Request,
    pub(super) parameters: Vec<Parameter>,
    pub(super) targets: Vec<Target>,
    pool: rayon::ThreadPool,
    host: &'a dyn Host,
    /// By the bits of the values.
    known: RefCell<BTreeMap<Vec<u64>, Prediction>>,
}

impl<'a> Objective<'a> {
    pub(super) fn new(
        measured: Measured,
        request: &'a Request,
        parameters: Vec<Parameter>,
        targets: Vec<Target>,
        host: &'a dyn Host,
    ) -> Result<Self, CalibrateError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads(request.threads)).build();
        let pool = pool.map_err(|error| CalibrateError::Threads(error.to_string()))?;
        Ok(Objective { measured, request, parameters, targets, pool, host, known: RefCell::default() })
    }

    /// How many different constants were tried.
    pub(super) fn tried(&self) -> usize {
        self.known.borrow().len()
    }

    /// What the targets become with these values of the constants.
    pub(super) fn predict(&self, values: &[f64]) -> Result<Prediction, CalibrateError> {
        let key: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
        if let Some(known) = self.known.borrow().get(&key) {
            return Ok(known.clone());
        }
        let sets = self.parameters.iter().zip(values).map(|(parameter, value)| parameter.set(*value));
        let cases = cases(&self.measured, self.request, sets);
        let prediction = if cases.refused.is_empty() {
            self.simulate(&cases)?
        } else {
            vec![None; self.targets.len()] // below what the constant may be
        };
        self.known.borrow_mut().insert(key, prediction.clone());
        Ok(prediction)
    }

    fn simulate(&self, cases: &Cases) -> Result<Prediction, CalibrateError> {
        let runs: Vec<usize> = (0..cases.plan.runs.len()).collect();
        let host = self.host;
        let results: Option<Vec<RunResult>> =
            self.pool.install(|| runs.par_iter().map(|index| run(cases, *index, host)).collect());
        let results = results.ok_or(CalibrateError::Interrupted)?;
        for (PlannedRun { seed, .. }, result) in cases.plan.runs.iter().zip(&results) {
            if let Some(rule) = result.violations.first() {
                return Err(CalibrateError::Violation(format!("seed {seed}: {rule}")));
            }
        }
        let figures: Vec<(usize, RunFigures)> =
            results.iter().enumerate().map(|(index, result)| cases.figures(index, result)).collect();
        let predicted = |target: &Target| {
            let own = figures.iter().filter(|(case, _)| *case == target.case);
            median(&own.filter_map(|(_, figures)| figures.get(target.metric)).collect::<Vec<_>>())
        };
        Ok(self.targets.iter().map(predicted).collect())
    }

    /// Logarithms of predicted over measured.
    pub(super) fn residuals(&self, values: &[f64]) -> Result<Vec<f64>, CalibrateError> {
        let prediction = self.predict(values)?;
        let error = |(target, value): (&Target, Option<f64>)| value.map_or(MISS, |v| libm::log(v / target.measured));
        Ok(self.targets.iter().zip(prediction).map(error).collect())
    }

    /// Slopes of the residuals over the logarithms of the constants at `active`.
    pub(super) fn slopes(&self, values: &[f64], active: &[usize], step: f64) -> Result<DMatrix<f64>, CalibrateError> {
        let mut slopes = DMatrix::zeros(self.targets.len(), active.len());
        for (column, j) in active.iter().enumerate() {
            let (low, high) = self.parameters[*j].unit.around(values[*j], step);
            let at = |value| {
                let mut moved = values.to_vec();
                moved[*j] = value;
                self.residuals(&moved)
            };
            let (below, above) = (at(low)?, at(high)?);
            for (row, (a, b)) in above.iter().zip(&below).enumerate() {
                slopes[(row, column)] = (a - b) / libm::log(high / low);
            }
        }
        Ok(slopes)
    }
}

/// One run; nothing when the user has had enough.
fn run(cases: &Cases, index: usize, host: &dyn Host) -> Option<RunResult> {
    if !host.may_start() {
        return None;
    }
    let spec = cases.plan.spec(index);
    let mut events = 0;
    let outcome = sim::run(&spec, &mut |progress| {
        host.advanced(progress, progress.events - events);
        events = progress.events;
        !host.interrupted()
    })?;
    host.finished();
    Some(RunResult::new(cases.plan.labels(index), &spec, &outcome))
}

/// The chosen cells with further settings.
pub(super) fn cases(measured: &Measured, request: &Request, sets: impl Iterator<Item = String>) -> Cases {
    Cases::new(
        measured,
        &validate::Request {
            testbeds: request.testbeds.clone(),
            seeds: request.seeds,
            sets: request.sets.iter().cloned().chain(sets).collect(),
            only: request.only.clone(),
        },
    )
}

/// The objective over the logarithms of some constants (relative to their
/// starts), the others staying as they are.
pub(super) struct Section<'a, 'b> {
    pub(super) objective: &'a Objective<'b>,
    pub(super) active: &'a [usize],
    /// Values of all constants; those at `active` are replaced.
    pub(super) values: &'a [f64],
    /// No constants beyond so many are tried.
    pub(super) limit: usize,
    /// What ended the search before its time.
    pub(super) error: Cell<Option<CalibrateError>>,
}

impl Section<'_, '_> {
    /// The values at these logarithms.
    pub(super) fn values(&self, logs: &[f64]) -> Vec<f64> {
        let mut values = self.values.to_vec();
        for (j, log) in self.active.iter().zip(logs) {
            let parameter = &self.objective.parameters[*j];
            values[*j] = parameter.unit.above_zero(parameter.start * libm::exp(*log));
        }
        values
    }

    fn keep<T>(&self, result: Result<T, CalibrateError>) -> Option<T> {
        result.map_err(|error| self.error.set(Some(error))).ok()
    }

    fn may_go_on(&self) -> bool {
        self.objective.tried() < self.limit
    }
}

impl Landscape for Section<'_, '_> {
    fn residuals(&self, logs: &[f64]) -> Option<Vec<f64>> {
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
