//! Intervals of whatever is computed from independent units, by drawing these anew.

use crate::results::quantile;
use crate::rng::{Purpose, Rng};

/// Times that units are drawn anew.
const RESAMPLES: usize = 2_000;

/// The 95 % interval of what `of` makes of units, which are told by their numbers below
/// `units`, by a percentile bootstrap (Efron & Tibshirani 1993, chapter 13): all are drawn
/// anew with replacement, and what comes out is put in order. Resamples that `of` makes
/// nothing of are left out; nothing where that are all. `seed` decides the resamples.
///
/// All draws are among the units at hand: of few it covers less than 95 %, see the tests.
pub(in crate::study) fn percentile(
    units: usize,
    seed: u64,
    mut of: impl FnMut(&[usize]) -> Option<f64>,
) -> Option<(f64, f64)> {
    let mut rng = Rng::stream(seed, Purpose::Resamples, 0);
    let (mut drawn, mut made) = (vec![0; units], Vec::with_capacity(RESAMPLES));
    for _ in 0..RESAMPLES {
        drawn.iter_mut().for_each(|unit| *unit = rng.below(units as u64) as usize);
        made.extend(of(&drawn));
    }
    Some((quantile(&made, 0.025)?, quantile(&made, 0.975)?))
}
