//! What the figures can and cannot say about the fitted constants.
//!
//! Near the best fit a figure's logarithm is linear in the logarithms of the
//! constants; its slopes are the Jacobian J. The usual theory of least squares
//! (e.g. Seber & Wild, Nonlinear Regression, 1989, section 2.1.2) then gives the
//! covariance of the constants: s² (JᵀJ)⁻¹, s² being the sum of squared
//! residuals over the degrees of freedom.

use crate::study::statistics::t_quantile;
use nalgebra::{DMatrix, SymmetricEigen};

/// Two constants whose estimates correlate more than this are confounded: the
/// figures fix a combination of both and little else.
pub const CONFOUNDED: f64 = 0.95;
/// A slope below this is no effect: doubling the constant moves no figure by a
/// thousandth.
pub const NEGLIGIBLE: f64 = 1e-3;
/// Half-width of a 95 % interval, as a share of the value, up to which a
/// constant counts as pinned down.
pub const PINNED: f64 = 0.25;
/// A constant whose 95 % interval reaches further than this factor to each side
/// is not determined.
pub const UNDETERMINED: f64 = 10.0;

/// Smallest eigenvalue of the normalised JᵀJ that is told from zero: slopes are
/// known to some four digits, eigenvalues go with their square.
const SMALLEST: f64 = 1e-8;

/// What the figures say about one constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identified {
    /// The 95 % interval is within [`PINNED`] of the value.
    Pinned,
    /// It is wider, but known to a factor of [`UNDETERMINED`].
    Loose,
    /// Not even that.
    Undetermined,
    /// Only a combination with these is fixed (indices of constants).
    Confounded(Vec<usize>),
    /// It has no effect on any figure where the search begins.
    NoEffect,
    /// It has an effect there, but none where the search leads.
    Vanishes,
    /// There are not more figures than constants, so nothing is left over to
    /// judge the fit by.
    Unjudged,
}

/// Precision of all constants that have an effect.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Precision {
    /// Standard errors of the logarithms, which are relative errors.
    pub(super) errors: Vec<Option<f64>>,
    /// Half-widths of the 95 % intervals of the logarithms (Student).
    pub(super) halves: Vec<Option<f64>>,
    /// Correlations of the estimates.
    pub(super) correlations: DMatrix<f64>,
}

/// Columns of `jacobian` that move some figure.
pub(super) fn with_effect(jacobian: &DMatrix<f64>) -> Vec<usize> {
    (0..jacobian.ncols()).filter(|j| jacobian.column(*j).amax() >= NEGLIGIBLE).collect()
}

impl Precision {
    /// Of the fit with these slopes and `residuals`.
    pub(super) fn of(jacobian: &DMatrix<f64>, residuals: &[f64]) -> Precision {
        let n = jacobian.ncols();
        let covariance = inverse(jacobian);
        let deviation = |j: usize| covariance[(j, j)].sqrt();
        let correlations =
            DMatrix::from_fn(n, n, |i, j| if i == j { 1.0 } else { covariance[(i, j)] / deviation(i) / deviation(j) });
        let freedom = residuals.len().saturating_sub(n);
        let squares: f64 = residuals.iter().map(|r| r * r).sum();
        let error = |j: usize| (freedom > 0).then(|| (squares / freedom as f64).sqrt() * deviation(j));
        let errors: Vec<Option<f64>> = (0..n).map(error).collect();
        let halves = errors.iter().map(|error| error.map(|error| error * t_quantile(0.975, freedom as f64))).collect();
        Precision { errors, halves, correlations }
    }

    /// Constants that are confounded with the one at `j`.
    pub(super) fn confounded_with(&self, j: usize) -> Vec<usize> {
        (0..self.errors.len()).filter(|i| *i != j && self.correlations[(*i, j)].abs() > CONFOUNDED).collect()
    }

    /// The verdict on the constant at `j`, with indices of this fit.
    pub(super) fn verdict(&self, j: usize) -> Identified {
        let others = self.confounded_with(j);
        match self.halves[j] {
            _ if !others.is_empty() => Identified::Confounded(others),
            None => Identified::Unjudged,
            Some(half) if libm::exp(half) - 1.0 <= PINNED => Identified::Pinned,
            Some(half) if half <= libm::log(UNDETERMINED) => Identified::Loose,
            Some(_) => Identified::Undetermined,
        }
    }

    /// The constant that is known least, when it is not determined.
    pub(super) fn least_known(&self) -> Option<usize> {
        let undetermined = (0..self.errors.len()).filter(|j| self.verdict(*j) == Identified::Undetermined);
        undetermined.max_by(|a, b| self.errors[*a].unwrap_or(0.0).total_cmp(&self.errors[*b].unwrap_or(0.0)))
    }
}

/// (JᵀJ)⁻¹. Directions that no figure sees get a very large variance in place
/// of an infinite one, so that correlations stay defined.
fn inverse(jacobian: &DMatrix<f64>) -> DMatrix<f64> {
    let n = jacobian.ncols();
    let norms: Vec<f64> = (0..n).map(|j| jacobian.column(j).norm()).collect();
    let scaled = DMatrix::from_fn(jacobian.nrows(), n, |i, j| jacobian[(i, j)] / norms[j]);
    let SymmetricEigen { eigenvectors, eigenvalues } = SymmetricEigen::new(scaled.transpose() * &scaled);
    let floor = SMALLEST * eigenvalues.max();
    let variances = DMatrix::from_diagonal(&eigenvalues.map(|value| 1.0 / value.max(floor)));
    let inverse = &eigenvectors * variances * eigenvectors.transpose();
    DMatrix::from_fn(n, n, |i, j| inverse[(i, j)] / norms[i] / norms[j])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-6 * expected.abs().max(1.0), "{value} is not {expected}");
    }

    /// By hand: J = [1 0; 1 1; 0 1] gives JᵀJ = [2 1; 1 2], whose inverse is
    /// [2 -1; -1 2] / 3. Residuals 0.1, 0.1, 0.2 leave one degree of freedom, so
    /// s² = 0.06 and both variances are 0.04. Correlation -1/2.
    #[test]
    fn two_constants_by_hand() {
        let jacobian = DMatrix::from_row_slice(3, 2, &[1.0, 0.0, 1.0, 1.0, 0.0, 1.0]);
        let precision = Precision::of(&jacobian, &[0.1, 0.1, 0.2]);
        for j in 0..2 {
            near(precision.errors[j].unwrap(), 0.2);
            near(precision.halves[j].unwrap(), 0.2 * 12.706205);
            assert_eq!(precision.verdict(j), Identified::Undetermined, "a factor of e^2.5 to each side");
        }
        assert_eq!(Precision::of(&jacobian, &[0.05, 0.05, 0.1]).verdict(0), Identified::Loose);
        near(precision.correlations[(0, 1)], -0.5);
        let tight = Precision::of(&jacobian, &[0.001, 0.001, 0.002]);
        assert_eq!(tight.verdict(0), Identified::Pinned);
    }

    /// Units must not matter: one column a thousand times the other.
    #[test]
    fn scale_does_not_matter() {
        let jacobian = DMatrix::from_row_slice(3, 2, &[1000.0, 0.0, 1000.0, 1.0, 0.0, 1.0]);
        let precision = Precision::of(&jacobian, &[0.1, 0.1, 0.2]);
        near(precision.errors[0].unwrap(), 0.2e-3);
        near(precision.correlations[(0, 1)], -0.5);
        assert_eq!(precision.least_known(), Some(1));
        assert_eq!(Precision::of(&jacobian, &[0.001, 0.001, 0.002]).least_known(), None);
    }

    #[test]
    fn constants_that_act_alike_are_confounded() {
        let jacobian = DMatrix::from_row_slice(3, 3, &[1.0, 2.0, 0.0, 0.5, 1.0, 1.0, 2.0, 4.0, 0.3]);
        let precision = Precision::of(&jacobian, &[1e-9, -1e-9, 1e-9, 1e-9]);
        assert_eq!(precision.verdict(0), Identified::Confounded(vec![1]));
        assert_eq!(precision.verdict(1), Identified::Confounded(vec![0]));
        assert_eq!(precision.verdict(2), Identified::Pinned);
        near(precision.correlations[(0, 1)], -1.0);
    }

    #[test]
    fn without_freedom_there_is_no_interval() {
        let precision = Precision::of(&DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 0.2, 1.0]), &[0.0, 0.0]);
        assert_eq!((precision.errors[0], precision.verdict(0)), (None, Identified::Unjudged));
    }

    #[test]
    fn what_moves_nothing_has_no_effect() {
        let jacobian = DMatrix::from_row_slice(2, 3, &[1.0, 0.0, 9e-4, -0.2, 0.0, -2e-3]);
        assert_eq!(with_effect(&jacobian), [0, 2]);
    }
}
