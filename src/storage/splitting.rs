//! How likely a loss is that hardly ever happens.
//!
//! Fixed-effort splitting on the number of missing slots (Garvels, "The splitting method in
//! rare event simulation", 2000): histories that have come to a level are continued, each
//! with a future of its own, and the share that comes to the next is counted; the product of
//! the shares is the probability. A pilot places the levels so that none of these shares is
//! small. The estimate is the mean of independent repetitions, which give its interval.

use super::dataset::{Dataset, DatasetSpec};
use crate::rng::{Purpose, Rng};

/// A probability and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub probability: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// Histories that were followed, the pilot's left out.
    pub histories: u64,
}

/// How much is spent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    /// Histories from each level, in one repetition.
    pub starts: u32,
    /// Repetitions.
    pub repetitions: u32,
}

impl Default for Effort {
    fn default() -> Self {
        Effort { starts: 500, repetitions: 20 }
    }
}

/// Two-sided 95 % quantiles of Student's t with 4, 9, 19, 39 and 79 degrees of freedom, the
/// last of many: intervals are of so many repetitions at the least.
const STUDENT: [(u32, f64); 5] = [(5, 2.776), (10, 2.262), (20, 2.093), (40, 2.023), (80, 1.990)];

/// The probability that a dataset is lost within `horizon` seconds, under this seed.
pub fn loss_within(spec: &DatasetSpec, horizon: f64, seed: u64, effort: Effort) -> Estimate {
    let levels = place_levels(spec, horizon, seed, effort.starts);
    let repetitions = effort.repetitions.max(STUDENT[0].0);
    let mut found = Vec::with_capacity(repetitions as usize);
    let mut histories = 0;
    for repetition in 0..repetitions {
        let mut pass = Pass::new(spec, horizon, seed, u64::from(repetition) + 1);
        found.push(pass.run(&levels, effort.starts).iter().product::<f64>());
        histories += pass.histories;
    }
    let (probability, interval) = with_interval(&found);
    Estimate { probability, interval, histories }
}

/// The mean of independent estimates and its 95 % interval, from the spread of its logarithm
/// when one of them is left out (jackknife): products of shares are skewed, their logarithms
/// hardly.
fn with_interval(found: &[f64]) -> (f64, (f64, f64)) {
    let n = found.len() as f64;
    let sum: f64 = found.iter().sum();
    let without = |one: &f64| libm::log((sum - one) / (n - 1.0));
    let logs: Vec<f64> = found.iter().map(without).collect();
    if sum <= 0.0 || logs.iter().any(|log| !log.is_finite()) {
        return (sum / n, (0.0, 1.0));
    }
    let mean = logs.iter().sum::<f64>() / n;
    let variance = logs.iter().map(|log| (log - mean) * (log - mean)).sum::<f64>() * (n - 1.0) / n;
    let known = STUDENT.iter().take_while(|(count, _)| *count <= found.len() as u32);
    let factor = libm::exp(known.last().map_or(2.776, |(_, t)| *t) * variance.sqrt());
    (sum / n, (sum / n / factor, (sum / n * factor).min(1.0)))
}

/// Numbers of missing slots between which histories are split, the last of which is the
/// loss: every number, but for those that are passed easily.
fn place_levels(spec: &DatasetSpec, horizon: f64, seed: u64, starts: u32) -> Vec<u32> {
    /// A level that so many pass is none.
    const EASY: f64 = 0.4;
    let all: Vec<u32> = (1..=spec.m + 1).collect();
    let shares = Pass::new(spec, horizon, seed, 0).run(&all, starts.max(200));
    let mut levels = Vec::new();
    let mut share = 1.0;
    for (level, passed) in all.iter().zip(&shares) {
        share *= passed;
        if share < EASY || *level == spec.m + 1 {
            levels.push(*level);
            share = 1.0;
        }
    }
    levels
}

/// One repetition.
struct Pass<'a> {
    spec: &'a DatasetSpec,
    horizon: f64,
    seed: u64,
    /// Streams of this repetition: a clone's has its number.
    stream: u64,
    histories: u64,
}

impl<'a> Pass<'a> {
    fn new(spec: &'a DatasetSpec, horizon: f64, seed: u64, repetition: u64) -> Self {
        Pass { spec, horizon, seed, stream: repetition << 40, histories: 0 }
    }

    fn rng(&mut self) -> Rng {
        self.histories += 1;
        Rng::stream(self.seed, Purpose::Splitting, self.stream + self.histories)
    }

    /// The share of histories that come from each level to the next.
    fn run(&mut self, levels: &[u32], starts: u32) -> Vec<f64> {
        let mut shares = Vec::with_capacity(levels.len());
        let mut entries: Vec<Dataset> = Vec::new();
        for (at, level) in levels.iter().enumerate() {
            let mut next = Vec::new();
            for number in 0..starts {
                let mut rng = self.rng();
                let mut dataset = if at == 0 {
                    Dataset::new(self.spec, &mut rng)
                } else {
                    // All in turn, the rest drawn: nobody stands for more than his share.
                    let whole = starts - starts % entries.len() as u32;
                    let entry = if number < whole {
                        u64::from(number) % entries.len() as u64
                    } else {
                        rng.below(entries.len() as u64)
                    };
                    let mut clone = entries[entry as usize].clone();
                    clone.diverge(self.spec, &mut rng);
                    clone
                };
                if dataset.until(*level, self.horizon, self.spec, &mut rng) {
                    next.push(dataset);
                }
            }
            shares.push(next.len() as f64 / f64::from(starts));
            if next.is_empty() {
                shares.resize(levels.len(), 0.0);
                return shares;
            }
            entries = next;
        }
        shares
    }
}

#[cfg(test)]
mod tests;
