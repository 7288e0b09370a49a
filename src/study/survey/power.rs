//! How a result scales with a number.

use super::super::statistics::t_quantile;

/// `y = factor x^exponent`, fitted by least squares on the logarithms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerLaw {
    /// The exponent: 1 is proportional, 0 does not depend on x.
    pub exponent: f64,
    /// 95 % confidence interval of the exponent (Student): of the scatter of the
    /// points around the law, so a bend widens it too.
    pub interval: (f64, f64),
    /// Value at x = 1.
    pub factor: f64,
    /// Points it was fitted to.
    pub points: usize,
}

impl PowerLaw {
    /// Fitted to (x, y), x all different; points that are not above zero have no
    /// logarithm and are left out. Nothing with fewer than three points.
    pub fn of(points: &[(f64, f64)]) -> Option<PowerLaw> {
        let logs = points.iter().filter(|(x, y)| *x > 0.0 && *y > 0.0).map(|(x, y)| (libm::log(*x), libm::log(*y)));
        let logs: Vec<(f64, f64)> = logs.collect();
        let n = logs.len() as f64;
        if logs.len() < 3 {
            return None;
        }
        let mean = |of: fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / n;
        let (x, y) = (mean(|p| p.0), mean(|p| p.1));
        let spread: f64 = logs.iter().map(|p| (p.0 - x) * (p.0 - x)).sum();
        let exponent = logs.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / spread;
        let off = |p: &(f64, f64)| p.1 - y - exponent * (p.0 - x);
        let squares: f64 = logs.iter().map(|p| off(p) * off(p)).sum();
        let half = t_quantile(0.975, n - 2.0) * (squares / (n - 2.0) / spread).sqrt();
        let interval = (exponent - half, exponent + half);
        Some(PowerLaw { exponent, interval, factor: libm::exp(y - exponent * x), points: logs.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::Distribution;
    use crate::rng::{Purpose, Rng};

    #[test]
    fn finds_a_known_law() {
        let law = |x: f64| (x, 0.7 * libm::pow(x, 1.5));
        let fit = PowerLaw::of(&[2.0, 8.0, 16.0, 128.0].map(law)).unwrap();
        assert!((fit.exponent - 1.5).abs() < 1e-12 && (fit.factor - 0.7).abs() < 1e-12, "{fit:?}");
        assert!(fit.interval.1 - fit.interval.0 < 1e-10 && fit.points == 4, "no scatter: {fit:?}");
    }

    /// By hand: logarithms (0, 0), (1, 2), (2, 2); slope 1, mean 4/3; residuals
    /// -1/3, 2/3, -1/3, so the error is sqrt((6/9)/1/2) and t (1) is tan(0.475 pi) = 12.7062047.
    #[test]
    fn the_interval_by_hand() {
        let e = libm::exp(1.0);
        let fit = PowerLaw::of(&[(1.0, 1.0), (e, e * e), (e * e, e * e)]).unwrap();
        let half = 12.706_204_736_174_7 * (1.0f64 / 3.0).sqrt();
        assert!((fit.exponent - 1.0).abs() < 1e-12);
        assert!((fit.interval.0 - (1.0 - half)).abs() < 1e-9 && (fit.interval.1 - (1.0 + half)).abs() < 1e-9);
    }

    /// Of 4,000 studies with log-normal scatter 95 % should hold the exponent;
    /// the count scatters by sqrt(4000 x 0.95 x 0.05) = 14, and 4 of those are
    /// allowed.
    #[test]
    fn the_interval_covers_as_often_as_it_says() {
        for sizes in [3u32, 6] {
            let scatter = Distribution::LogNormal { median: 1.0, sigma: 0.2 };
            let mut rng = Rng::stream(11, Purpose::Resamples, u64::from(sizes));
            let mut held = 0i32;
            for _ in 0..4000 {
                let point = |k: u32| {
                    let x = f64::from(1u32 << k);
                    (x, libm::pow(x, 0.8) * scatter.sample(&mut rng))
                };
                let points: Vec<(f64, f64)> = (1..=sizes).map(point).collect();
                let (low, high) = PowerLaw::of(&points).unwrap().interval;
                held += i32::from(low <= 0.8 && 0.8 <= high);
            }
            assert!((held - 3800).abs() <= 56, "{sizes} points: {held} of 4000");
        }
    }

    #[test]
    fn no_fit_of_two_points_or_of_zeros() {
        assert_eq!(PowerLaw::of(&[(1.0, 1.0), (2.0, 2.0)]), None);
        assert_eq!(PowerLaw::of(&[(0.0, 1.0), (1.0, 1.0), (2.0, 2.0)]), None, "no logarithm of 0");
    }
}
