//! How much slower, and how sure that is.

use crate::results::median;
use crate::study::statistics::percentile;

/// The ratio of two median download times.
///
/// The interval is a percentile bootstrap (Efron & Tibshirani 1993, chapter 13)
/// over pairs of runs, 2.5 to 97.5 %. Leechers of one run share its luck, so
/// whole runs are drawn, and both of a pair together: what both owe to the same
/// world cancels. (The users' own 1.58 iqr / sqrt n takes downloads for
/// independent and is an interval of one median.) With n pairs all draws are
/// among n values: below five pairs or so the interval is about their range and
/// covers less than 95 %.
#[derive(Debug, Clone, PartialEq)]
pub struct Ratio {
    /// Median over all downloads of the pairs, over that of the baseline.
    pub value: f64,
    /// Its interval; nothing for a single pair.
    pub interval: Option<(f64, f64)>,
    /// Pairs of runs.
    pub pairs: usize,
}

impl Ratio {
    /// Of pairs of runs: download times of the one and of the baseline, in the
    /// same unit. Nothing without pairs or when the baseline takes no time.
    /// `seed` decides the resamples.
    pub(super) fn of(pairs: &[(&[f64], &[f64])], seed: u64) -> Option<Ratio> {
        let value = ratio(pairs.iter().copied())?;
        let interval = if pairs.len() > 1 { Some(interval(pairs, seed)?) } else { None };
        Some(Ratio { value, interval, pairs: pairs.len() })
    }
}

fn ratio<'a>(pairs: impl Iterator<Item = (&'a [f64], &'a [f64])> + Clone) -> Option<f64> {
    let own: Vec<f64> = pairs.clone().flat_map(|(own, _)| own.iter().copied()).collect();
    let base: Vec<f64> = pairs.flat_map(|(_, base)| base.iter().copied()).collect();
    Some(median(&own)? / median(&base).filter(|time| *time > 0.0)?)
}

fn interval(pairs: &[(&[f64], &[f64])], seed: u64) -> Option<(f64, f64)> {
    percentile(pairs.len(), seed, |drawn| ratio(drawn.iter().map(|pair| pairs[*pair])))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: medians of 2, 4, 6, 8 and 1, 2, 3, 4 are 5 and 2.5.
    #[test]
    fn of_medians_over_all_downloads_and_not_of_runs() {
        let pairs: [(&[f64], &[f64]); 2] = [(&[2.0, 4.0], &[1.0, 2.0]), (&[6.0, 8.0], &[3.0, 4.0])];
        let ratio = Ratio::of(&pairs, 1).unwrap();
        assert_eq!((ratio.value, ratio.pairs), (2.0, 2));
        assert_eq!(ratio.interval, Some((2.0, 2.0)), "the pairs agree in every resample: 3/1.5, 5/2.5, 7/3.5");
    }

    /// By hand: resamples of two pairs are both the first (a quarter, ratio 1),
    /// one of each (half, 3/1) or both the second (a quarter, 5/1). The 2.5 and
    /// 97.5 % quantiles lie in the outer quarters.
    #[test]
    fn two_pairs_that_differ_span_their_range() {
        let pairs: [(&[f64], &[f64]); 2] = [(&[1.0], &[1.0]), (&[5.0], &[1.0])];
        let ratio = Ratio::of(&pairs, 1).unwrap();
        assert_eq!((ratio.value, ratio.interval), (3.0, Some((1.0, 5.0))));
    }

    /// By hand: one pair of seven stands out. The resampled median is that of
    /// the outlier only when at least four of seven draws hit it: p = 35/7^4 or
    /// so, 1.1 %, less than the 2.5 % outside; so the outlier is not in the interval.
    #[test]
    fn one_run_out_of_seven_does_not_decide() {
        let pairs: Vec<(&[f64], &[f64])> =
            (0..7).map(|i| (if i == 0 { &[9.0][..] } else { &[1.5][..] }, &[1.0][..])).collect();
        assert_eq!(Ratio::of(&pairs, 3).unwrap().interval, Some((1.5, 1.5)));
    }

    /// 200 pairs with ratios 1.00 to 2.99: the median's 95 % interval by order
    /// statistics is ranks 86 to 115 (binomial 100 -+ 1.96 sqrt 50), 1.85 to 2.14.
    #[test]
    fn agrees_with_the_order_statistics_of_many_pairs() {
        let own: Vec<f64> = (0..200).map(|i| 1.0 + 0.01 * f64::from(i)).collect();
        let pairs: Vec<(&[f64], &[f64])> = own.chunks(1).map(|one| (one, &[1.0][..])).collect();
        let (low, high) = Ratio::of(&pairs, 7).unwrap().interval.unwrap();
        assert!((low - 1.85).abs() < 0.03 && (high - 2.14).abs() < 0.03, "{low} {high}");
    }

    #[test]
    fn is_the_same_every_time_and_absent_without_pairs() {
        let pairs: [(&[f64], &[f64]); 3] = [(&[1.0, 7.0], &[1.0]), (&[5.0], &[2.0]), (&[4.0], &[3.0])];
        assert_eq!(Ratio::of(&pairs, 5), Ratio::of(&pairs, 5));
        assert_eq!(Ratio::of(&[], 5), None);
        assert_eq!(Ratio::of(&pairs[..1], 5).unwrap().interval, None, "one pair has no spread");
        assert_eq!(Ratio::of(&[(&[1.0], &[0.0])], 5), None, "no multiple of nothing");
    }
}
