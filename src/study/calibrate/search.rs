//! Least squares: the Levenberg-Marquardt method over logarithms.

use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt, TerminationReason};
use nalgebra::storage::Owned;
use nalgebra::{DMatrix, DVector, Dyn};
use std::cell::RefCell;

/// Steps of the slopes, one search after the other: the first looks far, over
/// the steps of counts and the roughness of chance, the second close.
const STEPS: [f64; 2] = [0.2, 0.02];
/// Relative change of the sum of squares, and of the constants, at which a
/// search has arrived.
const TOLERANCE: f64 = 1e-6;
/// The first step is at most as long as changes the figures by about this
/// factor of e.
const FIRST_STEP: f64 = 1.0;

/// How far from what was found a search begins again: a factor of 2.
const AGAIN: f64 = std::f64::consts::LN_2;
/// A sum of squares that needs no further search.
const PERFECT: f64 = 1e-10;

/// What is searched over.
pub(super) trait Landscape {
    /// Residuals at these logarithms; nothing when the search has to end.
    fn residuals(&self, logs: &[f64]) -> Option<Vec<f64>>;
    /// Slopes of the residuals over steps of about `step`; nothing when the
    /// search has to end.
    fn slopes(&self, logs: &[f64], step: f64) -> Option<DMatrix<f64>>;
}

/// Where a search got to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    /// The logarithms with the least sum of squares of all that were tried.
    pub(super) logs: Vec<f64>,
    /// Whether the search ended by itself.
    pub(super) arrived: bool,
}

/// Searches from `start`, and again from both sides of what was found: the
/// figures are not smooth, and a valley where one constant makes up for another
/// has places to get stuck in.
pub(super) fn search(landscape: &dyn Landscape, start: &[f64]) -> Found {
    let (mut squares, mut found) = descend(landscape, start);
    for j in 0..start.len() {
        for side in [-AGAIN, AGAIN] {
            if squares <= PERFECT {
                return found;
            }
            let mut from = found.logs.clone();
            from[j] += side;
            let (less, other) = descend(landscape, &from);
            if less < squares {
                (squares, found) = (less, other);
            }
        }
    }
    found
}

/// The least sum of squares on the way down from `start`, and where it is.
fn descend(landscape: &dyn Landscape, start: &[f64]) -> (f64, Found) {
    let best = RefCell::new((f64::INFINITY, start.to_vec()));
    let mut arrived = true;
    for step in STEPS {
        let at = DVector::from_vec(best.borrow().1.clone());
        let problem = Problem { landscape, step, at, best: &best };
        let solver = LevenbergMarquardt::new().with_tol(TOLERANCE).with_stepbound(FIRST_STEP);
        let (_, report) = solver.minimize(problem);
        arrived = !matches!(report.termination, TerminationReason::User(_) | TerminationReason::LostPatience);
    }
    let (squares, logs) = best.into_inner();
    (squares, Found { logs, arrived })
}

struct Problem<'a> {
    landscape: &'a dyn Landscape,
    step: f64,
    at: DVector<f64>,
    /// Least sum of squares so far, and where.
    best: &'a RefCell<(f64, Vec<f64>)>,
}

impl LeastSquaresProblem<f64, Dyn, Dyn> for Problem<'_> {
    type ResidualStorage = Owned<f64, Dyn>;
    type JacobianStorage = Owned<f64, Dyn, Dyn>;
    type ParameterStorage = Owned<f64, Dyn>;

    fn set_params(&mut self, at: &DVector<f64>) {
        self.at = at.clone();
    }

    fn params(&self) -> DVector<f64> {
        self.at.clone()
    }

    fn residuals(&self) -> Option<DVector<f64>> {
        let residuals = self.landscape.residuals(self.at.as_slice())?;
        let squares: f64 = residuals.iter().map(|r| r * r).sum();
        let mut best = self.best.borrow_mut();
        if squares < best.0 {
            *best = (squares, self.at.as_slice().to_vec());
        }
        Some(DVector::from_vec(residuals))
    }

    fn jacobian(&self) -> Option<DMatrix<f64>> {
        self.landscape.slopes(self.at.as_slice(), self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// Residuals e^x - 3, e^(x+y) - 6: zero at ln 3, ln 2. Ends after `patience` values.
    struct Curves {
        patience: Cell<usize>,
    }

    impl Landscape for Curves {
        fn residuals(&self, logs: &[f64]) -> Option<Vec<f64>> {
            self.patience.set(self.patience.get().checked_sub(1)?);
            Some(vec![libm::exp(logs[0]) - 3.0, libm::exp(logs[0] + logs[1]) - 6.0])
        }
        fn slopes(&self, logs: &[f64], _: f64) -> Option<DMatrix<f64>> {
            let (one, both) = (libm::exp(logs[0]), libm::exp(logs[0] + logs[1]));
            Some(DMatrix::from_row_slice(2, 2, &[one, 0.0, both, both]))
        }
    }

    #[test]
    fn the_least_sum_is_found() {
        let found = search(&Curves { patience: Cell::new(1000) }, &[0.0, 0.0]);
        let off = (found.logs[0] - libm::log(3.0)).abs() + (found.logs[1] - libm::log(2.0)).abs();
        assert!(found.arrived && off < 1e-6, "{found:?}");
    }

    #[test]
    fn a_search_that_is_cut_short_has_the_best_so_far() {
        let found = search(&Curves { patience: Cell::new(3) }, &[0.0, 0.0]);
        assert!(!found.arrived);
        let squares = |logs: &[f64]| {
            let all = Curves { patience: Cell::new(1) };
            all.residuals(logs).unwrap().iter().map(|r| r * r).sum::<f64>()
        };
        assert!(squares(&found.logs) < squares(&[0.0, 0.0]), "{found:?}");
    }
}
