//! Statistics over repetitions.

use crate::results::quantile;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// What several runs of the same point say about one quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Number of values.
    pub n: usize,
    /// Median.
    pub median: f64,
    /// 5 % quantile.
    pub p5: f64,
    /// 95 % quantile.
    pub p95: f64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Half the width of the 95 % confidence interval of the mean (Student);
    /// nothing for a single value.
    pub ci95: Option<f64>,
}

impl Summary {
    /// Of `values`; nothing when there are none.
    pub fn of(values: &[f64]) -> Option<Summary> {
        let n = values.len();
        let median = quantile(values, 0.5)?;
        let Mean { mean, variance } = Mean::of(values);
        let ci95 = (n > 1).then(|| t_quantile(0.975, n - 1) * variance.sqrt());
        Some(Summary { n, median, p5: quantile(values, 0.05)?, p95: quantile(values, 0.95)?, mean, ci95 })
    }
}

/// A mean, and the variance of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mean {
    pub(super) mean: f64,
    /// Of a single value no number.
    pub(super) variance: f64,
}

impl Mean {
    /// Of `values`, at least one.
    pub(super) fn of(values: &[f64]) -> Mean {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        Mean { mean, variance: squares / (n - 1.0) / n }
    }
}

/// The `p`-quantile, 0 to 1, of Student's t with `degrees` degrees of freedom, at least 1.
pub(super) fn t_quantile(p: f64, degrees: usize) -> f64 {
    student(degrees).inverse_cdf(p)
}

/// The chance that Student's t with `degrees` degrees of freedom, at least 1, is above `t`.
pub(super) fn t_above(t: f64, degrees: usize) -> f64 {
    student(degrees).sf(t)
}

fn student(degrees: usize) -> StudentsT {
    StudentsT::new(0.0, 1.0, degrees as f64).expect("at least one degree of freedom")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: sorted 1 4 9 16 25, variance 93.5, half width
    /// `2.776445 sqrt(93.5 / 5)`.
    #[test]
    fn of_five_values() {
        let s = Summary::of(&[9.0, 1.0, 4.0, 16.0, 25.0]).unwrap();
        assert_eq!((s.n, s.median, s.mean), (5, 9.0, 11.0));
        assert!((s.p5 - 1.6).abs() < 1e-12 && (s.p95 - 23.2).abs() < 1e-12, "{s:?}");
        assert!((s.ci95.unwrap() - 12.006319).abs() < 1e-5, "{s:?}");
    }

    /// Published tables; each was checked by integrating the density.
    #[test]
    fn t_quantiles() {
        for (degrees, expected) in
            [(1, 12.706205), (30, 2.042272), (31, 2.039513), (40, 2.021075), (60, 2.000298), (120, 1.979930)]
        {
            let found = t_quantile(0.975, degrees);
            assert!((found - expected).abs() < 2e-6, "{degrees}: {found}");
            assert!((t_above(found, degrees) - 0.025).abs() < 1e-9, "{degrees}");
        }
        assert!((t_quantile(0.975, 1000) - 1.962339).abs() < 2e-6);
    }

    /// Closed forms: one degree of freedom is Cauchy's distribution, 1/2 - atan(t)/pi
    /// above t; two have (1 - t / sqrt(2 + t^2)) / 2.
    #[test]
    fn t_tails_reach_far() {
        for t in [0.0, 1.0, 7.5, 300.0, 1e6] {
            let cauchy = libm::atan2(1.0, t) / std::f64::consts::PI;
            assert!((t_above(t, 1) / cauchy - 1.0).abs() < 1e-9, "{t}: {} {cauchy}", t_above(t, 1));
            let root = libm::sqrt(2.0 + t * t);
            let two = 1.0 / (root * (root + t));
            assert!((t_above(t, 2) / two - 1.0).abs() < 1e-9, "{t}: {} {two}", t_above(t, 2));
            assert!((t_above(-t, 2) - (1.0 - two)).abs() < 1e-12, "{t}");
        }
        let far = t_quantile(1.0 - 5e-6, 3);
        assert!((t_above(far, 3) / 5e-6 - 1.0).abs() < 1e-6, "{far}");
    }

    #[test]
    fn of_one_value_and_of_none() {
        assert_eq!(Summary::of(&[2.0]).unwrap().ci95, None);
        assert_eq!(Summary::of(&[]), None);
    }
}
