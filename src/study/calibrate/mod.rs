//! Fitting a few constants to measured cells, and saying what the cells can and
//! cannot tell about them.
//!
//! What is made small is the sum of the squared logarithms of predicted over
//! measured medians: of the makespan of every cell, and of its t100 where that
//! differs. All constants meet the same seeds, and are varied by factors.

mod identify;
mod objective;
mod parameter;
mod search;

pub use identify::{CONFOUNDED, Identified, PINNED, UNDETERMINED};
pub use parameter::Fit;

use super::validate::{self, Cases, Metric, Refused};
use super::{History, Next, Question};
use crate::results::{Measured, ResultsError};
use crate::scenario::{Conditions, Testbed};
use identify::{Precision, with_effect};
use objective::{Halt, Objective, Section, Target, cases, targets};
use parameter::{DIGITS, INTERVAL_DIGITS, Parameter};
use std::cell::OnceCell;
use thiserror::Error;

/// Step of the slopes from which precision is read: wide enough to average over
/// the roughness that whole blocks and messages give the figures.
const STEP: f64 = 0.1;

/// What to fit to what.
#[derive(Debug, Clone)]
pub struct CalibrateRequest {
    /// The set-ups that runs can come from.
    pub testbeds: Vec<Testbed>,
    /// The one whose cells are fitted, as an index into `testbeds`.
    pub testbed: usize,
    /// Only cells that meet these.
    pub only: Conditions,
    /// Simulated runs of each cell, at least 1.
    pub seeds: u32,
    /// `key=value` over the scenario of every cell.
    pub sets: Vec<String>,
    /// The constants, at least one.
    pub fits: Vec<Fit>,
    /// How many sets of constants are tried at the most in the search.
    pub max_evaluations: usize,
}

/// Why nothing could be fitted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CalibrateError {
    /// No such key; the nearest one that could be fitted.
    #[error("unknown key `{0}` in --fit; did you mean `{1}`?")]
    Unknown(String, String),
    /// The same key twice.
    #[error("`{0}` stands twice in --fit")]
    Twice(String),
    /// A word or a list: key and value.
    #[error("`{0}` is {1}, which is no quantity that could be fitted")]
    NoQuantity(String, String),
    /// The cells themselves say what it is.
    #[error("`{0}` differs among the chosen cells; expected a constant that is the same in all of them")]
    Differs(String),
    /// Factors lead nowhere from zero.
    #[error("`{0}` begins at zero, from where a search by factors leads nowhere; expected a start: --fit {0}=VALUE")]
    Zero(String),
    /// The start is no such quantity: key, start, and an example.
    #[error("`{1}` is no start for `{0}`; expected a value such as {2}")]
    Start(String, String, String),
    /// No cell is left.
    #[error("no measured cell of the testbed {0} meets --only")]
    NoCell(String),
    /// No cell can be re-created; the first reason.
    #[error("{}\n(in the cell {})", .0.reason, .0.name)]
    Refused(Refused),
    /// No cell has a makespan or t100.
    #[error("the chosen cells have neither makespan nor t100, so there is nothing to fit to")]
    NoFigure,
    /// A rule that always holds did not.
    #[error("{0}")]
    Violation(String),
    /// A run failed.
    #[error("{0}")]
    Failed(String),
}

/// A constant after the fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    /// Its dotted key.
    pub key: String,
    /// What the testbed gives it.
    pub initial: toml::Value,
    /// What the fit gives it; `initial` where it is not fitted.
    pub value: toml::Value,
    /// Relative standard error, where there is an interval.
    pub relative_error: Option<f64>,
    /// 95 % interval, where there is one within a factor of [`UNDETERMINED`].
    pub interval: Option<(toml::Value, toml::Value)>,
    /// What the cells say about it.
    pub verdict: Identified,
}

impl Constant {
    /// Whether the cells say anything about it.
    pub fn is_fitted(&self) -> bool {
        !matches!(self.verdict, Identified::NoEffect | Identified::Vanishes | Identified::Undetermined)
    }
}

/// A figure before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Name of its cell.
    pub cell: String,
    /// Measured runs of that cell.
    pub runs: usize,
    /// Which one.
    pub metric: Metric,
    /// Median of the measured runs.
    pub measured: f64,
    /// Predicted with the constants of the testbed.
    pub before: Option<f64>,
    /// Predicted with the fitted ones.
    pub after: Option<f64>,
}

/// What came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Name of the testbed.
    pub testbed: String,
    /// Name of its protocol.
    pub protocol: String,
    /// Which cells were chosen.
    pub only: Conditions,
    /// Simulated runs of each cell.
    pub seeds: u32,
    /// The figures that were fitted, cell by cell.
    pub figures: Vec<Figure>,
    /// The constants, in the order they were asked for.
    pub constants: Vec<Constant>,
    /// Pairs of constants (indices) and the correlation of their estimates.
    pub correlations: Vec<(usize, usize, f64)>,
    /// Sets of constants that were tried.
    pub evaluations: usize,
    /// Whether the search ended by itself.
    pub arrived: bool,
    /// Chosen cells that cannot be re-created.
    pub refused: Vec<Refused>,
    /// The scenario of the first cell in full, before the fit.
    pub resolved: String,
}

/// The fit of some constants to cells of the measured.
#[derive(Debug)]
pub struct Calibrator {
    request: CalibrateRequest,
    chosen: Cases,
    objective: Objective,
}

impl Calibrator {
    /// Of `request.fits` to cells of `measured`.
    ///
    /// # Errors
    /// On keys that cannot be fitted, and when no cell is left.
    pub fn new(measured: &Measured, request: CalibrateRequest) -> Result<Calibrator, CalibrateError> {
        let own = validate::of_testbed(measured, &request.testbeds, request.testbed);
        let chosen = cases(&own, &request, std::iter::empty());
        let parameters = parameters(&chosen, &request)?;
        let objective = Objective::new(own, parameters, targets(&chosen));
        if objective.targets.is_empty() {
            return Err(CalibrateError::NoFigure);
        }
        Ok(Calibrator { request, chosen, objective })
    }
}

impl Question for Calibrator {
    type Answer = Result<Calibration, CalibrateError>;

    /// The search begins anew each time and finds what it found before, until it comes to
    /// constants that nothing is known of.
    fn next(&mut self, seen: &History) -> Result<Next<Self::Answer>, ResultsError> {
        loop {
            if let Some(error) = self.objective.learn(seen)? {
                return Ok(Next::Done(Err(error)));
            }
            self.objective.begin();
            let found = fit(&self.objective, self.request.max_evaluations)
                .and_then(|fit| report(&self.objective, fit, &self.request, &self.chosen));
            if let Ok(calibration) = found {
                return Ok(Next::Done(Ok(calibration)));
            }
            // Constants that cannot be need no runs.
            if let Some(plan) = self.objective.wanted(&self.request) {
                return Ok(Next::Batch(plan));
            }
        }
    }
}

fn parameters(chosen: &Cases, request: &CalibrateRequest) -> Result<Vec<Parameter>, CalibrateError> {
    if chosen.cases.is_empty() {
        let none = || CalibrateError::NoCell(request.testbeds[request.testbed].name.clone());
        return Err(chosen.refused.first().cloned().map_or_else(none, CalibrateError::Refused));
    }
    let keys = || request.fits.iter().map(|fit| &fit.key);
    if let Some((_, twice)) = keys().enumerate().find(|(i, key)| keys().take(*i).any(|k| k == *key)) {
        return Err(CalibrateError::Twice(twice.clone()));
    }
    let resolved: Vec<&str> = (0..chosen.cases.len()).map(|case| chosen.resolved(case)).collect();
    request.fits.iter().map(|fit| Parameter::find(fit, &resolved)).collect()
}

/// Constants that are not fitted, and why.
type Dropped = Vec<(usize, Identified)>;

/// Values of all constants, and what the figures say about those at `active`.
struct Fitted {
    values: Vec<f64>,
    active: Vec<usize>,
    /// Why the others are not among them.
    dropped: Dropped,
    precision: Option<Precision>,
    arrived: bool,
}

/// Constants that the figures say nothing about, at the start or where a search
/// leads, go back to what the testbed has, and the others are fitted without
/// them, from their starts.
fn fit(objective: &Objective, max_evaluations: usize) -> Result<Fitted, Halt> {
    let all: Vec<usize> = (0..objective.parameters.len()).collect();
    let starts: Vec<f64> = objective.parameters.iter().map(|p| p.start).collect();
    let mut active = with_effect(&objective.slopes(&starts, &all, STEP)?);
    let unseen = all.iter().filter(|j| !active.contains(j));
    let mut dropped: Dropped = unseen.map(|j| (*j, Identified::NoEffect)).collect();
    loop {
        let mut values = starts.clone();
        dropped.iter().for_each(|(j, _)| values[*j] = objective.parameters[*j].initial);
        if active.is_empty() {
            return Ok(Fitted { values, active, dropped, precision: None, arrived: true });
        }
        let limit = objective.tried() + max_evaluations;
        let (values, arrived) = descend(objective, &active, &values, limit)?;
        let (out, precision) = judge(objective, &values, &active)?;
        if out.is_empty() {
            return Ok(Fitted { values, active, dropped, precision, arrived });
        }
        active.retain(|j| out.iter().all(|(dropped, _)| dropped != j));
        dropped.extend(out);
    }
}

/// Which constants have to go, and the precision of the others when none has to.
fn judge(objective: &Objective, values: &[f64], active: &[usize]) -> Result<(Dropped, Option<Precision>), Halt> {
    let slopes = objective.slopes(values, active, STEP)?;
    let seen = with_effect(&slopes);
    if seen.len() < active.len() {
        let gone = (0..active.len()).filter(|column| !seen.contains(column));
        return Ok((gone.map(|column| (active[column], Identified::Vanishes)).collect(), None));
    }
    let precision = Precision::of(&slopes, &objective.residuals(values)?);
    let out = precision.least_known().map(|column| (active[column], Identified::Undetermined));
    Ok((out.into_iter().collect(), Some(precision)))
}

/// One search; the values it found, in the digits that will be written down.
fn descend(objective: &Objective, active: &[usize], values: &[f64], limit: usize) -> Result<(Vec<f64>, bool), Halt> {
    let section = Section { objective, active, values, limit, halted: OnceCell::new() };
    let start: Vec<f64> = active.iter().map(|j| libm::log(values[*j] / objective.parameters[*j].start)).collect();
    let found = search::search(&section, &start);
    if let Some(halt) = section.halted.get() {
        return Err(*halt);
    }
    let mut values = section.values(&found.logs);
    for j in active {
        values[*j] = objective.parameters[*j].unit.digits(values[*j], DIGITS);
    }
    Ok((values, found.arrived))
}

fn report(objective: &Objective, fit: Fitted, request: &CalibrateRequest, chosen: &Cases) -> Result<Calibration, Halt> {
    let initial: Vec<f64> = objective.parameters.iter().map(|p| p.initial).collect();
    let (before, after) = (objective.predict(&initial)?, objective.predict(&fit.values)?);
    let figure = |(i, target): (usize, &Target)| {
        let case = &chosen.cases[target.case];
        let Target { metric, measured, .. } = *target;
        Figure { cell: case.name.clone(), runs: case.runs.len(), metric, measured, before: before[i], after: after[i] }
    };
    let constants = (0..initial.len()).map(|j| constant(&objective.parameters[j], j, &fit)).collect();
    let testbed = &request.testbeds[request.testbed];
    Ok(Calibration {
        testbed: testbed.name.clone(),
        protocol: testbed.protocol.clone(),
        only: request.only.clone(),
        seeds: request.seeds,
        figures: objective.targets.iter().enumerate().map(figure).collect(),
        constants,
        correlations: correlations(&fit),
        evaluations: objective.tried(),
        arrived: fit.arrived,
        resolved: chosen.resolved(0).to_owned(),
        refused: chosen.refused.clone(),
    })
}

fn constant(parameter: &Parameter, j: usize, fit: &Fitted) -> Constant {
    let unit = parameter.unit;
    let known = fit.active.iter().position(|k| *k == j).zip(fit.precision.as_ref());
    let value = fit.values[j];
    // Wider ones say nothing, and their ends are beyond what can be written.
    let half = known.and_then(|(k, precision)| precision.halves[k]).filter(|half| *half <= libm::log(UNDETERMINED));
    let interval = half.map(|half| {
        let end = |log: f64| unit.toml(unit.digits(value * libm::exp(log), INTERVAL_DIGITS));
        (end(-half), end(half))
    });
    Constant {
        key: parameter.key.clone(),
        initial: unit.toml(parameter.initial),
        value: unit.toml(value),
        relative_error: half.and(known).and_then(|(k, precision)| precision.errors[k]),
        interval,
        verdict: match known.map(|(k, precision)| precision.verdict(k)) {
            Some(Identified::Confounded(with)) => {
                Identified::Confounded(with.into_iter().map(|other| fit.active[other]).collect())
            }
            Some(verdict) => verdict,
            None => {
                let dropped = fit.dropped.iter().find(|(k, _)| *k == j);
                dropped.map_or(Identified::NoEffect, |(_, verdict)| verdict.clone())
            }
        },
    }
}

fn correlations(fit: &Fitted) -> Vec<(usize, usize, f64)> {
    let Some(precision) = &fit.precision else { return vec![] };
    let pairs = (0..fit.active.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
    pairs.map(|(a, b)| (fit.active[a], fit.active[b], precision.correlations[(a, b)])).collect()
}
