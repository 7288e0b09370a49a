//! Means and Student's t.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// A mean, and the variance of it.
#[derive(Debug, Clone, Copy)]
pub(in crate::study) struct Mean {
    pub(in crate::study) mean: f64,
    /// Of a single value no number.
    pub(in crate::study) variance: f64,
}

impl Mean {
    /// Of `values`, at least one.
    pub(in crate::study) fn of(values: &[f64]) -> Mean {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        Mean { mean, variance: squares / (n - 1.0) / n }
    }
}

/// The `p`-quantile, 0 to 1, of Student's t with `degrees` degrees of freedom, at least 1.
pub(in crate::study) fn t_quantile(p: f64, degrees: f64) -> f64 {
    student(degrees).inverse_cdf(p)
}

/// The chance that Student's t with `degrees` degrees of freedom, at least 1, is above `t`.
pub(in crate::study) fn t_above(t: f64, degrees: f64) -> f64 {
    student(degrees).sf(t)
}

fn student(degrees: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, degrees).expect("at least one degree of freedom")
}

/// The degrees of freedom of a sum of independent estimates of variances, each with its own,
/// after Satterthwaite (1946): at least 1, which also a sum of nothing has. A part that is
/// subtracted counts like one that is added.
pub(in crate::study) fn satterthwaite(parts: impl Iterator<Item = (f64, f64)> + Clone, sum: f64) -> f64 {
    let doubt: f64 = parts.map(|(part, degrees)| part * part / degrees).sum();
    if sum > 0.0 && doubt > 0.0 { (sum * sum / doubt).max(1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published tables; each was checked by integrating the density.
    #[test]
    fn t_quantiles() {
        for (degrees, expected) in [
            (1.0, 12.706205),
            (30.0, 2.042272),
            (31.0, 2.039513),
            (40.0, 2.021075),
            (60.0, 2.000298),
            (120.0, 1.979930),
        ] {
            let found = t_quantile(0.975, degrees);
            assert!((found - expected).abs() < 2e-6, "{degrees}: {found}");
            assert!((t_above(found, degrees) - 0.025).abs() < 1e-9, "{degrees}");
        }
        assert!((t_quantile(0.975, 1000.0) - 1.962339).abs() < 2e-6);
    }

    /// Closed forms: one degree of freedom is Cauchy's distribution, 1/2 - atan(t)/pi
    /// above t; two have (1 - t / sqrt(2 + t^2)) / 2.
    #[test]
    fn t_tails_reach_far() {
        for t in [0.0, 1.0, 7.5, 300.0, 1e6] {
            let cauchy = libm::atan2(1.0, t) / std::f64::consts::PI;
            assert!((t_above(t, 1.0) / cauchy - 1.0).abs() < 1e-9, "{t}: {} {cauchy}", t_above(t, 1.0));
            let root = libm::sqrt(2.0 + t * t);
            let two = 1.0 / (root * (root + t));
            assert!((t_above(t, 2.0) / two - 1.0).abs() < 1e-9, "{t}: {} {two}", t_above(t, 2.0));
            assert!((t_above(-t, 2.0) - (1.0 - two)).abs() < 1e-12, "{t}");
        }
        let far = t_quantile(1.0 - 5e-6, 3.0);
        assert!((t_above(far, 3.0) / 5e-6 - 1.0).abs() < 1e-6, "{far}");
    }

    /// By hand: equal parts add up their degrees; one part keeps its own.
    #[test]
    fn degrees_of_sums() {
        let of = |parts: &[(f64, f64)], sum| satterthwaite(parts.iter().copied(), sum);
        assert_eq!(of(&[(1.0, 3.0), (1.0, 3.0)], 2.0), 6.0);
        assert_eq!(of(&[(5.0, 4.0), (0.0, 1.0)], 5.0), 4.0);
        assert_eq!((of(&[(0.0, 4.0)], 0.0), of(&[(2.0, 2.0), (1.9, 2.0)], 0.1)), (1.0, 1.0));
    }
}
