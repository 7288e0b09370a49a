//! How sure a statistic of rows is: the same of rows drawn anew.

use crate::results::quantile;
use crate::rng::{Purpose, Rng};
use crate::study::statistics::t_quantile;

/// Times that rows are drawn anew.
const RESAMPLES: usize = 2_000;
/// The share below, and above, an interval of 95 %.
const BEYOND: f64 = 0.025;
/// Fewer rows than this show no spread worth telling.
pub(super) const FEWEST: usize = 4;

/// A value, and the interval that it is in with 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Both ends; nothing of too few rows.
    pub interval: Option<(f64, f64)>,
}

/// Sums of the columns of some rows, and the same of as many rows drawn among them, again and
/// again (a percentile bootstrap, Efron & Tibshirani 1993, chapter 13). What a statistic makes
/// of the one it makes of the others, so what two columns owe to the same rows cancels.
///
/// Of few rows all resamples are closer to each other than other rows would be; quantiles are
/// taken so much further out that the interval of a mean is as wide as Student's (Hesterberg
/// 2015, The American Statistician 69(4), section 3.4).
#[derive(Debug)]
pub(super) struct Resampled {
    rows: usize,
    whole: Vec<f64>,
    drawn: Vec<Vec<f64>>,
}

impl Resampled {
    /// Of `rows`, all of one length. `seed` decides what is drawn, and nothing else does.
    pub(super) fn of(rows: &[Vec<f64>], seed: u64) -> Resampled {
        let mut rng = Rng::stream(seed, Purpose::Resamples, 0);
        let sum = |times: &[f64]| {
            let mut sums = vec![0.0; rows.first().map_or(0, Vec::len)];
            for (row, times) in rows.iter().zip(times).filter(|(_, times)| **times > 0.0) {
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += times * value);
            }
            sums
        };
        let resamples = if rows.len() < FEWEST { 0 } else { RESAMPLES };
        let mut times = vec![0.0; rows.len()];
        let drawn = (0..resamples).map(|_| {
            times.fill(0.0);
            rows.iter().for_each(|_| times[rng.below(rows.len() as u64) as usize] += 1.0);
            sum(&times)
        });
        let drawn = drawn.collect();
        Resampled { rows: rows.len(), whole: sum(&vec![1.0; rows.len()]), drawn }
    }

    /// What `statistic` makes of the sums, with its interval.
    pub(super) fn estimate(&self, statistic: impl Fn(&[f64]) -> f64) -> Estimate {
        let value = statistic(&self.whole);
        let among = self.among(statistic);
        let beyond = self.further_out(BEYOND);
        let interval = quantile(&among, beyond).zip(quantile(&among, 1.0 - beyond));
        Estimate { value, interval }
    }

    /// Whether `statistic` is above zero in all resamples but a share of `doubt`; never so of
    /// too few rows.
    pub(super) fn is_above(&self, doubt: f64, statistic: impl Fn(&[f64]) -> f64) -> bool {
        quantile(&self.among(statistic), self.further_out(doubt)).is_some_and(|low| low > 0.0)
    }

    /// The share of resamples that stands for a share `beyond` an end.
    fn further_out(&self, beyond: f64) -> f64 {
        if self.rows < FEWEST {
            return beyond;
        }
        let rows = self.rows as f64;
        let deviations = (rows / (rows - 1.0)).sqrt() * t_quantile(1.0 - beyond, (self.rows - 1) as f64);
        0.5 * libm::erfc(deviations / std::f64::consts::SQRT_2)
    }

    /// The statistic of each resample; where all rows drawn are alike there may be none.
    fn among(&self, statistic: impl Fn(&[f64]) -> f64) -> Vec<f64> {
        self.drawn.iter().map(|sums| statistic(sums)).filter(|value| value.is_finite()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 400 values of deviation 1: the interval of their mean is 1.96 / 20 to both sides.
    #[test]
    fn the_interval_of_a_mean_is_that_of_the_normal_law() {
        let values: Vec<f64> = (0..400).map(|i| crate::dist::normal_quantile((f64::from(i) + 0.5) / 400.0)).collect();
        let rows: Vec<Vec<f64>> = values.iter().map(|value| vec![1.0, 5.0 + value]).collect();
        let found = Resampled::of(&rows, 3);
        let Estimate { value, interval } = found.estimate(|sums| sums[1] / sums[0]);
        let (low, high) = interval.unwrap();
        assert!((value - 5.0).abs() < 1e-9);
        assert!((low - (5.0 - 0.098)).abs() < 0.006 && (high - 5.098).abs() < 0.006, "{low} {high}");
        assert!(found.is_above(0.025, |sums| sums[1] / sums[0] - 4.89));
        assert!(!found.is_above(0.025, |sums| sums[1] / sums[0] - 4.91));
    }

    /// By tables: Student's 97.5 % quantile of 15 degrees is 2.131, and the normal law has
    /// 1.39 % beyond `2.131 sqrt(16 / 15)`; of many rows it is 2.5 %.
    #[test]
    fn quantiles_of_few_rows_are_further_out() {
        let beyond = |rows: usize| Resampled::of(&vec![vec![1.0]; rows], 1).further_out(0.025);
        assert!((beyond(16) - 0.0139).abs() < 1e-4 && (beyond(20_000) - 0.025).abs() < 1e-4, "{}", beyond(16));
    }

    #[test]
    fn few_rows_have_a_value_and_no_interval() {
        let found = Resampled::of(&vec![vec![2.0]; FEWEST - 1], 1);
        assert_eq!(found.estimate(|sums| sums[0]), Estimate { value: 6.0, interval: None });
        assert!(!found.is_above(0.5, |sums| sums[0]));
        let none = Resampled::of(&[], 1).estimate(|sums| sums.iter().sum());
        assert_eq!(none, Estimate { value: 0.0, interval: None });
    }

    #[test]
    fn is_the_same_every_time() {
        let rows: Vec<Vec<f64>> = (0..9).map(|i| vec![f64::from(i * i)]).collect();
        let interval = |seed| Resampled::of(&rows, seed).estimate(|sums| sums[0]).interval;
        assert_eq!(interval(1), interval(1));
        assert_ne!(interval(1), interval(2));
    }
}
