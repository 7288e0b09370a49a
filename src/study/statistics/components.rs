//! Means over runs that share their chances.

use super::student::{Mean, satterthwaite, t_quantile};
use std::collections::BTreeMap;

/// A value of a run, and at which level of each of `K` factors the run was made: its set of
/// seeders and its seed, say. Equal labels are one level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::study) struct Labelled<const K: usize> {
    pub(in crate::study) value: f64,
    pub(in crate::study) levels: [u64; K],
}

/// The mean over all levels of all factors that there might have been, of which those at hand
/// are a sample.
///
/// Runs with the same level of a factor share what that level brings, so that many runs with
/// few levels say little about the others. The model is a random effect of each factor and a
/// rest by run: the variance of the mean is that of the means of the levels of each factor,
/// over their number, less the rest where it was counted more than once (for two crossed
/// factors `(MS_a + MS_b - MS_rest) / n`: Searle, Casella & McCulloch 1992, section 4.7). Its
/// degrees of freedom are those of Satterthwaite (1946). No factor alone may have a larger
/// variance or a wider interval, which is what counts where one is nested within another
/// (seeds that differ from set to set), and where the rest is by chance larger than all.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::study) struct GrandMean {
    pub(in crate::study) mean: f64,
    /// Variances of the mean with their degrees of freedom: by each factor, and by all.
    by: Vec<(f64, f64)>,
}

impl GrandMean {
    /// Of `values`; nothing when there are none.
    pub(in crate::study) fn of<const K: usize>(values: &[Labelled<K>]) -> Option<GrandMean> {
        let n = values.len();
        let Mean { mean, variance } = Mean::of(&values.iter().map(|value| value.value).collect::<Vec<_>>());
        let factors: Vec<Factor> = (0..K).map(|k| Factor::of(values, k)).filter(|factor| factor.levels() > 1).collect();
        let mut by: Vec<(f64, f64)> = factors.iter().map(Factor::variance).collect();
        match factors.len() {
            0 if n > 1 => by.push((variance, n as f64 - 1.0)),
            0 | 1 => {}
            _ => by.extend(rest(values, &factors, mean).map(|rest| combined(&by, rest))),
        }
        (n > 0).then_some(GrandMean { mean, by })
    }

    /// Half the width of the interval in which the mean is but for a chance of `alpha`;
    /// nothing for a single value.
    pub(in crate::study) fn half(&self, alpha: f64) -> Option<f64> {
        self.widest(alpha).map(|(half, _)| half)
    }

    /// The variance of the mean and its degrees of freedom, those that make the 95 % interval
    /// the widest; nothing for a single value.
    pub(in crate::study) fn variance(&self) -> Option<(f64, f64)> {
        self.widest(0.05).map(|(_, by)| by)
    }

    fn widest(&self, alpha: f64) -> Option<(f64, (f64, f64))> {
        let half = |by: &(f64, f64)| (t_quantile(1.0 - 0.5 * alpha, by.1) * by.0.sqrt(), *by);
        self.by.iter().map(half).reduce(|a, b| if b.0 > a.0 { b } else { a })
    }
}

/// The means of the levels of a factor.
struct Factor {
    /// Which of the labels.
    label: usize,
    means: BTreeMap<u64, f64>,
}

impl Factor {
    fn of<const K: usize>(values: &[Labelled<K>], label: usize) -> Factor {
        let mut sums: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
        for value in values {
            let (sum, count) = sums.entry(value.levels[label]).or_default();
            (*sum, *count) = (*sum + value.value, *count + 1.0);
        }
        Factor { label, means: sums.into_iter().map(|(level, (sum, count))| (level, sum / count)).collect() }
    }

    fn levels(&self) -> usize {
        self.means.len()
    }

    /// The variance of the mean by the means of the levels, and its degrees of freedom.
    fn variance(&self) -> (f64, f64) {
        let means: Vec<f64> = self.means.values().copied().collect();
        (Mean::of(&means).variance, means.len() as f64 - 1.0)
    }
}

/// The part of the variance of the mean that is by run, and its degrees of freedom: what the
/// levels of all factors leave. Nothing where they leave nothing, as nested ones do.
fn rest<const K: usize>(values: &[Labelled<K>], factors: &[Factor], mean: f64) -> Option<(f64, f64)> {
    let n = values.len() as f64;
    let degrees = n - 1.0 - factors.iter().map(|factor| factor.levels() as f64 - 1.0).sum::<f64>();
    let left = |value: &Labelled<K>| {
        let effects: f64 = factors.iter().map(|factor| factor.means[&value.levels[factor.label]] - mean).sum();
        value.value - mean - effects
    };
    let squares: f64 = values.iter().map(left).map(|left| left * left).sum();
    (degrees > 0.0).then_some((squares / degrees / n, degrees))
}

/// All factors together, with the rest in it once.
fn combined(by: &[(f64, f64)], (rest, degrees): (f64, f64)) -> (f64, f64) {
    let often = (by.len() - 1) as f64;
    let sum: f64 = by.iter().map(|(variance, _)| variance).sum::<f64>() - often * rest;
    let least = by.iter().map(|(variance, _)| *variance).fold(0.0, f64::max);
    let parts = by.iter().copied().chain([(often * rest, degrees)]);
    (sum.max(least), satterthwaite(parts, sum.max(least)))
}
