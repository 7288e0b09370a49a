//! From pairs to verdicts.

use super::contrast::Contrast;
use crate::study::statistics::t_quantile;

/// What can be said of the change of one quantity. The first four are what pairs alone
/// say (Holm's family of tests); the others come from what happened in the worlds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImpactVerdict {
    /// It is less: the change is not zero, and what was seen is beyond the margin.
    Less,
    /// It is more: the change is not zero, and what was seen is beyond the margin.
    More,
    /// Whatever change there is lies within the margin.
    NoPracticalChange,
    /// Not enough is known.
    Undecided {
        /// Further pairs that would decide, if what they show is like what was
        /// seen; nothing when these are more than a million or cannot be told.
        more_pairs: Option<u64>,
    },
    /// A time, where one side does not complete in some world: however short, it is
    /// not better.
    Fails,
    /// It is less in some worlds and more in others, so that nothing can be said of
    /// all together.
    Mixed,
    /// The same happened on both sides in every pair: nothing is known of the change.
    NotExercised,
}

impl ImpactVerdict {
    /// The words of the verdict, which never change.
    pub const fn word(self) -> &'static str {
        match self {
            ImpactVerdict::Less => "LESS",
            ImpactVerdict::More => "MORE",
            ImpactVerdict::NoPracticalChange => "NO PRACTICAL CHANGE",
            ImpactVerdict::Undecided { .. } => "UNDECIDED",
            ImpactVerdict::Fails => "FAILS",
            ImpactVerdict::Mixed => "DIFFERS BY WORLD",
            ImpactVerdict::NotExercised => "NOT EXERCISED",
        }
    }

    /// The same, where `pairs` are there and verdicts are made at `looks`: nothing
    /// is decided between them. What no look is planned for stays an estimate.
    pub(super) fn until_a_look(self, pairs: usize, looks: &[u32]) -> ImpactVerdict {
        let ImpactVerdict::Undecided { more_pairs: Some(more) } = self else { return self };
        let pairs = pairs as u64;
        let look = looks.iter().map(|look| u64::from(*look)).find(|look| *look >= pairs + more);
        ImpactVerdict::Undecided { more_pairs: Some(look.map_or(more, |look| look - pairs)) }
    }

    /// Whether it says anything.
    pub const fn is_decided(self) -> bool {
        !matches!(self, ImpactVerdict::Undecided { .. })
    }
}

/// A verdict with the interval that belongs to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Judgement {
    pub(super) verdict: ImpactVerdict,
    /// Changes that are not refuted at the level of the verdict.
    pub(super) interval: Option<(f64, f64)>,
}

/// The verdict that one quantity asks for, and the chance of data that speak for
/// it as clearly when it is wrong.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    verdict: ImpactVerdict,
    p: f64,
}

/// Judges a family of quantities: the chance that any of the verdicts is wrong is
/// at most `alpha` (Holm 1979, step down).
pub(super) fn judge(family: &[&Contrast], margin: f64, alpha: f64) -> Vec<Judgement> {
    let claims: Vec<Candidate> = family.iter().map(|contrast| claim(contrast, margin)).collect();
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by(|a, b| claims[*a].p.total_cmp(&claims[*b].p));
    let mut judgements = vec![None; claims.len()];
    let mut failed = None;
    for (rank, index) in order.into_iter().enumerate() {
        let level = failed.unwrap_or(alpha / (claims.len() - rank) as f64);
        if claims[index].p > level {
            failed = Some(level);
        }
        let verdict = match failed {
            None => claims[index].verdict,
            Some(_) => {
                ImpactVerdict::Undecided { more_pairs: needed(family[index], claims[index].verdict, margin, level) }
            }
        };
        // Two one-sided tests at `level` are an interval at twice the level (Schuirmann 1987).
        let sides = if verdict == ImpactVerdict::NoPracticalChange { 2.0 } else { 1.0 };
        judgements[index] = Some(Judgement { verdict, interval: family[index].interval(sides * level) });
    }
    judgements.into_iter().flatten().collect()
}

fn claim(contrast: &Contrast, margin: f64) -> Candidate {
    if contrast.pairs() < 2 {
        return Candidate { verdict: ImpactVerdict::Undecided { more_pairs: None }, p: 1.0 };
    }
    let verdict = match contrast.beyond(margin) {
        false => ImpactVerdict::NoPracticalChange,
        true if contrast.effect() < 0.0 => ImpactVerdict::Less,
        true => ImpactVerdict::More,
    };
    let t = evidence(contrast, verdict, margin);
    let sides = if verdict == ImpactVerdict::NoPracticalChange { 1.0 } else { 2.0 };
    Candidate { verdict, p: (sides * contrast.above(t)).min(1.0) }
}

/// How far the pairs speak for `verdict`, in standard errors.
fn evidence(contrast: &Contrast, verdict: ImpactVerdict, margin: f64) -> f64 {
    match verdict {
        ImpactVerdict::NoPracticalChange if contrast.is_unchanged() => f64::INFINITY,
        ImpactVerdict::NoPracticalChange => contrast.t(-margin).min(-contrast.t(margin)),
        _ => contrast.t(0.0).abs(),
    }
}

/// Further pairs until `verdict` holds at `level`, if mean and spread stay as they are.
fn needed(contrast: &Contrast, verdict: ImpactVerdict, margin: f64, level: f64) -> Option<u64> {
    const MOST: f64 = 1e6;
    let pairs = contrast.pairs();
    let t = if pairs < 2 { 0.0 } else { evidence(contrast, verdict, margin) };
    let tail = if verdict == ImpactVerdict::NoPracticalChange { level } else { 0.5 * level };
    // The quantile depends on the number of pairs; a few rounds settle it.
    let mut all = pairs as f64;
    for _ in 0..8 {
        let quantile = t_quantile(1.0 - tail, libm::floor(all.clamp(2.0, MOST)) - 1.0);
        all = pairs as f64 * (quantile / t) * (quantile / t);
        if !(t > 0.0 && all < MOST) {
            return None;
        }
    }
    Some((all.ceil() as u64).saturating_sub(pairs as u64).max(1))
}

#[cfg(test)]
mod tests {
    use super::super::contrast::SideValue;
    use super::super::metric::Yardstick;
    use super::*;

    fn pairs(values: &[(f64, f64)]) -> Contrast {
        let value = |amount| Some(SideValue { amount, per: 1.0, wire: 1.0 });
        Contrast::new(&[values.iter().map(|(a, b)| [value(*a), value(*b)]).collect()], Yardstick::Base)
    }

    fn alone(values: &[(f64, f64)]) -> ImpactVerdict {
        judge(&[&pairs(values)], 0.02, 0.05)[0].verdict
    }

    #[test]
    fn the_four_verdicts() {
        assert_eq!(alone(&[(10.0, 11.0), (10.1, 11.2), (9.9, 10.9)]), ImpactVerdict::More);
        assert_eq!(alone(&[(10.0, 9.0), (10.1, 9.2), (9.9, 8.9)]), ImpactVerdict::Less);
        assert_eq!(alone(&[(10.0, 10.01), (10.1, 10.09), (9.9, 9.9)]), ImpactVerdict::NoPracticalChange);
        assert!(matches!(
            alone(&[(10.0, 15.0), (10.0, 6.0), (10.0, 11.0)]),
            ImpactVerdict::Undecided { more_pairs: Some(_) }
        ));
        assert_eq!(alone(&[(10.0, 15.0)]), ImpactVerdict::Undecided { more_pairs: None }, "one pair has no spread");
    }

    #[test]
    fn a_change_within_the_margin_is_no_more_however_sure() {
        assert_eq!(alone(&[(10.0, 10.19), (10.0, 10.19), (10.0, 10.19)]), ImpactVerdict::NoPracticalChange);
        assert_eq!(alone(&[(10.0, 10.21), (10.0, 10.21), (10.0, 10.21)]), ImpactVerdict::More);
        assert_eq!(
            alone(&[(0.0, 0.0), (1.0, 1.0), (3.0, 3.0)]),
            ImpactVerdict::NoPracticalChange,
            "the same in every pair"
        );
        assert_eq!(alone(&[(0.0, 1.0), (0.0, 1.1), (0.0, 0.9)]), ImpactVerdict::More, "new");
        assert!(!alone(&[(0.0, 0.0), (0.0, 0.0), (0.0, 1.0)]).is_decided(), "once in three pairs is not sure");
    }

    /// By hand: with p = 0.01, 0.02, 0.04 Holm's levels at 0.05 are 0.0167, 0.025,
    /// 0.05; with p = 0.01, 0.03, 0.04 the second fails and takes the third along.
    #[test]
    fn many_quantities_are_corrected() {
        let with_p = |p: f64| {
            let t = t_quantile(1.0 - 0.5 * p, 1.0);
            pairs(&[(1.0, 1.0 + 0.1 * (t + 1.0)), (1.0, 1.0 + 0.1 * (t - 1.0))])
        };
        let decided = |ps: [f64; 3]| {
            let family = ps.map(with_p);
            let family: Vec<&Contrast> = family.iter().collect();
            judge(&family, 0.02, 0.05).iter().map(|j| j.verdict.is_decided()).collect::<Vec<_>>()
        };
        assert_eq!(decided([0.04, 0.01, 0.02]), [true, true, true]);
        assert_eq!(decided([0.04, 0.01, 0.03]), [false, true, false]);
        assert_eq!(decided([0.02, 0.02, 0.02]), [false, false, false]);
    }

    #[test]
    fn the_interval_agrees_with_the_verdict() {
        let samples = [
            vec![(10.0, 10.05), (10.1, 10.09), (9.9, 9.95), (10.0, 9.93)],
            vec![(10.0, 11.0), (10.1, 10.4), (9.9, 10.6), (10.0, 10.2)],
            vec![(10.0, 9.1), (10.1, 9.9), (9.9, 9.0), (10.0, 10.4)],
        ];
        for sample in samples {
            for alpha in [0.3, 0.1, 0.03, 0.01, 0.001] {
                let Judgement { verdict, interval } = judge(&[&pairs(&sample)], 0.02, alpha)[0];
                let (low, high) = interval.unwrap();
                match verdict {
                    ImpactVerdict::NoPracticalChange => assert!(-0.02 <= low && high <= 0.02),
                    ImpactVerdict::Less => assert!(high < 0.0),
                    ImpactVerdict::More => assert!(low > 0.0),
                    ImpactVerdict::Undecided { .. } => assert!(low < -0.02 || high > 0.02 || low < 0.0 && high > 0.0),
                    other => panic!("{other:?} is nothing that pairs say"),
                }
            }
        }
    }

    #[test]
    fn what_is_still_needed_ends_at_a_look() {
        let after = |pairs, more| {
            let verdict = ImpactVerdict::Undecided { more_pairs: Some(more) };
            let ImpactVerdict::Undecided { more_pairs } = verdict.until_a_look(pairs, &[4, 8, 16]) else { panic!() };
            more_pairs.unwrap()
        };
        assert_eq!((after(4, 1), after(4, 4), after(4, 5)), (4, 4, 12));
        assert_eq!((after(4, 99), after(16, 1)), (99, 1), "beyond the last look");
    }

    /// Sixteen times the pairs of a spread sample give a quarter of the error.
    #[test]
    fn the_pairs_still_needed_do_decide() {
        let sample = [(10.0, 10.4), (10.0, 9.8), (10.0, 10.3), (10.0, 11.0), (10.0, 9.9), (10.0, 10.5)];
        let ImpactVerdict::Undecided { more_pairs: Some(more) } = alone(&sample) else {
            panic!("{:?}", alone(&sample))
        };
        let repeated = |n: usize| (0..n).map(|i| sample[i % sample.len()]).collect::<Vec<_>>();
        let all = sample.len() + more as usize;
        assert_eq!(alone(&repeated(all.next_multiple_of(6) + 6)), ImpactVerdict::More, "{more}");
        assert!(!alone(&repeated(all / 12 * 6)).is_decided(), "half of them do not: {more}");
    }
}
