//! Statistics over runs: quantiles, means, and how far both may be off.
//!
//! Quantiles are those of [`crate::results::quantile`], wherever they are. Means have intervals
//! after Student, over the levels of what runs share ([`GrandMean`]); whatever else is computed
//! from independent units has the interval of a bootstrap ([`percentile`]). What these cover is
//! tested on known distributions.

mod bootstrap;
mod components;
#[cfg(test)]
mod coverage;
mod student;

pub(super) use bootstrap::percentile;
pub(super) use components::{GrandMean, Labelled};
pub(super) use student::{Mean, satterthwaite, t_above, t_quantile};

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
    /// Half the width of the 95 % interval of the mean; nothing for a single value.
    pub ci95: Option<f64>,
}

impl Summary {
    /// Of `values` that are independent of one another; nothing when there are none.
    pub fn of(values: &[f64]) -> Option<Summary> {
        let alone = |(at, value): (usize, &f64)| Labelled { value: *value, levels: [at as u64] };
        Summary::over(&values.iter().enumerate().map(alone).collect::<Vec<_>>())
    }

    /// Of runs of one point, which may share their seed or their set of seeders; nothing when
    /// there are none.
    pub fn of_runs(runs: &[RunValue]) -> Option<Summary> {
        Summary::over(&runs.iter().map(RunValue::labelled).collect::<Vec<_>>())
    }

    fn over<const K: usize>(labelled: &[Labelled<K>]) -> Option<Summary> {
        let values: Vec<f64> = labelled.iter().map(|labelled| labelled.value).collect();
        let grand = GrandMean::of(labelled)?;
        let [p5, median, p95] = [0.05, 0.5, 0.95].map(|p| quantile(&values, p));
        Some(Summary { n: values.len(), median: median?, p5: p5?, p95: p95?, mean: grand.mean, ci95: grand.half(0.05) })
    }
}

/// A value of a run, and what the run shares with others of its point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunValue {
    /// The value.
    pub value: f64,
    /// Its set of seeders.
    pub seeder_set: u32,
    /// Its seed.
    pub seed: u64,
}

impl RunValue {
    /// With what it shares as two factors.
    pub(super) fn labelled(&self) -> Labelled<2> {
        Labelled { value: self.value, levels: [self.seeder_set.into(), self.seed] }
    }
}

/// Numbers of repetitions at which something is looked at that goes on until it is known: from
/// `first` on twice as many each time, and last `most`. Few looks cost little confidence.
pub(super) fn looks(first: u32, most: u32) -> Vec<u32> {
    let doubling = std::iter::successors(Some(first), |count: &u32| count.checked_mul(2));
    doubling.take_while(|count| *count < most).chain([most]).collect()
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

    #[test]
    fn of_one_value_and_of_none() {
        assert_eq!(Summary::of(&[2.0]).unwrap().ci95, None);
        assert_eq!(Summary::of(&[]), None);
    }
}
