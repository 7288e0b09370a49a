//! Statistics over repetitions.

use crate::results::quantile;

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
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
        let ci95 = (n > 1).then(|| t975(n - 1) * (squares / (n - 1) as f64 / n as f64).sqrt());
        Some(Summary { n, median, p5: quantile(values, 0.05)?, p95: quantile(values, 0.95)?, mean, ci95 })
    }
}

/// The 97.5 % quantile of Student's t with `degrees` degrees of freedom, at
/// least 1: a table up to 30, beyond that the expansion
/// around the normal quantile (Abramowitz & Stegun 26.7.5), good to 1e-6.
pub(super) fn t975(degrees: usize) -> f64 {
    const TABLE: [f64; 30] = [
        12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139, 2.200985,
        2.178813, 2.160369, 2.144787, 2.131450, 2.119905, 2.109816, 2.100922, 2.093024, 2.085963, 2.079614, 2.073873,
        2.068658, 2.063899, 2.059539, 2.055529, 2.051831, 2.048407, 2.045230, 2.042272,
    ];
    if let Some(value) = TABLE.get(degrees - 1) {
        return *value;
    }
    let z = 1.959963984540054_f64;
    let v = degrees as f64;
    let (z3, z5, z7) = (z * z * z, z * z * z * z * z, z * z * z * z * z * z * z);
    z + (z3 + z) / (4.0 * v)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * v * v)
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * v * v * v)
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
            assert!((t975(degrees) - expected).abs() < 2e-6, "{degrees}: {}", t975(degrees));
        }
        assert!((t975(1000) - 1.962339).abs() < 2e-6);
    }

    #[test]
    fn of_one_value_and_of_none() {
        assert_eq!(Summary::of(&[2.0]).unwrap().ci95, None);
        assert_eq!(Summary::of(&[]), None);
    }
}
