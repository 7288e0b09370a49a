//! How sure it is that a goal holds at a point, from runs that met it and runs that did not.

/// Runs that are the same event by event, of which one is as good as many.
const ALIKE: u32 = 3;
/// Runs after which a point is judged by what it showed.
const FIRST: u32 = 16;
/// Chances of a good run that are weighed against [`LimitJudge::share`], evenly on each side.
const CHANCES: u32 = 16;
/// The weight of the farthest of them, at which all runs are good or none is.
const FARTHEST: f64 = 0.5;

/// What was seen at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LimitTally {
    /// Runs that were looked at.
    pub runs: u32,
    /// Those that met every goal.
    pub good: u32,
    /// Whether all of them are the same event by event: chance has no part in them.
    pub alike: bool,
}

/// On which side of its limit a point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitSide {
    /// The goals hold there.
    Holds,
    /// They do not.
    Breaks,
}

impl LimitSide {
    /// The other one.
    pub const fn other(self) -> LimitSide {
        match self {
            LimitSide::Holds => LimitSide::Breaks,
            LimitSide::Breaks => LimitSide::Holds,
        }
    }
}

/// Says on which side a point is.
///
/// The goals hold at a point when a run there meets them with a chance of at least `share`.
/// Against each of the two sides runs a bet at fair odds: capital that begins with 1 and is
/// multiplied in each run by how much more likely its outcome is at another chance, summed
/// over chances of the other side. If the side is right, the capital ever reaches `1 / error`
/// with a chance of at most `error` (Ville 1939): whenever one looks, and however often, the
/// error is spent once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitJudge {
    /// The chance of a good run from which on the goals hold, between 0 and 1.
    pub share: f64,
    /// The chance that a point is ever put on the wrong side.
    pub error: f64,
    /// Runs at one point at the most.
    pub most_runs: u32,
}

impl LimitJudge {
    /// The side on which the point surely is; nothing while that is not sure.
    pub fn sure(&self, seen: LimitTally) -> Option<LimitSide> {
        if seen.alike && seen.runs >= ALIKE {
            return Some(self.leaning(seen));
        }
        [LimitSide::Holds, LimitSide::Breaks]
            .into_iter()
            .find(|side| self.capital(*side, seen) >= -libm::log(self.error))
    }

    /// The side that the runs speak for, be it by little.
    pub fn leaning(&self, seen: LimitTally) -> LimitSide {
        if f64::from(seen.good) >= self.share * f64::from(seen.runs) { LimitSide::Holds } else { LimitSide::Breaks }
    }

    /// Whether further runs would most likely not make the point sure: what was seen, and one
    /// standard error more, is too close to the share for as many as there may be.
    pub fn is_hopeless(&self, seen: LimitTally) -> bool {
        let (runs, good) = (f64::from(seen.runs), f64::from(seen.good));
        // Neither none nor all of a few runs says that no run ever is, or all are.
        let chance = (good + 0.5) / (runs + 1.0);
        let further = (chance * (1.0 - chance) / runs).sqrt() * if chance < self.share { -1.0 } else { 1.0 };
        let least = 0.5 / (runs + 1.0);
        let chance = (chance + further).clamp(least, 1.0 - least);
        let each =
            chance * libm::log(chance / self.share) + (1.0 - chance) * libm::log((1.0 - chance) / (1.0 - self.share));
        seen.runs >= FIRST && -libm::log(self.error) / each > f64::from(self.most_runs)
    }

    /// Runs that the point has to have so that it is sure, if all further ones speak for the
    /// same side; nothing when it is sure, or has as many as there may be.
    pub fn wanted(&self, seen: LimitTally) -> Option<u32> {
        if self.sure(seen).is_some() || seen.runs >= self.most_runs {
            return None;
        }
        if seen.alike && seen.runs < ALIKE {
            return Some(ALIKE);
        }
        let side = self.leaning(seen);
        let is_enough = |n: u32| {
            let good = if side == LimitSide::Holds { seen.good + n } else { seen.good };
            self.sure(LimitTally { runs: seen.runs + n, good, alike: false }).is_some()
        };
        let (mut low, mut high) = (1, self.most_runs - seen.runs);
        while low < high {
            let middle = low + (high - low) / 2;
            (low, high) = if is_enough(middle) { (low, middle) } else { (middle + 1, high) };
        }
        Some(seen.runs + low)
    }

    /// Runs that make a point sure when all of them are good, or all are not, whichever
    /// takes more; a limit of runs below that would find nothing.
    pub fn least(share: f64, error: f64) -> u32 {
        let judge = LimitJudge { share, error, most_runs: u32::MAX };
        let all = |good: bool| {
            (1..).find(|runs| {
                judge.sure(LimitTally { runs: *runs, good: if good { *runs } else { 0 }, alike: false }).is_some()
            })
        };
        all(true).max(all(false)).unwrap_or(u32::MAX)
    }

    /// Logarithm of the capital of who bets on `side`.
    fn capital(&self, side: LimitSide, seen: LimitTally) -> f64 {
        let (runs, good) = (f64::from(seen.runs), f64::from(seen.good));
        let bad = runs - good;
        // How much more likely one outcome is at the chance than at the share.
        let gain = |count: f64, chance: f64, share: f64| {
            if count == 0.0 {
                0.0
            } else if chance <= 0.0 {
                f64::NEG_INFINITY
            } else {
                count * libm::log(chance / share)
            }
        };
        let one = |place: u32| {
            let part = f64::from(place) / f64::from(CHANCES);
            let chance = match side {
                LimitSide::Holds => self.share + part * (1.0 - self.share),
                LimitSide::Breaks => self.share - part * self.share,
            };
            let weight = if place == CHANCES { FARTHEST } else { (1.0 - FARTHEST) / f64::from(CHANCES - 1) };
            libm::log(weight) + gain(good, chance, self.share) + gain(bad, 1.0 - chance, 1.0 - self.share)
        };
        let all: Vec<f64> = (1..=CHANCES).map(one).collect();
        let most = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        most + libm::log(all.iter().map(|log| libm::exp(log - most)).sum::<f64>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Rng};

    const JUDGE: LimitJudge = LimitJudge { share: 0.5, error: 0.0025, most_runs: 64 };

    fn tally(runs: u32, good: u32) -> LimitTally {
        LimitTally { runs, good, alike: false }
    }

    /// By hand: half of the capital doubles in each good run, so 0.5 * 2^n is 1 / 0.0025 after
    /// 9.6 of them; the rest may save one.
    #[test]
    fn ten_good_runs_are_sure() {
        assert_eq!(JUDGE.sure(tally(8, 8)), None);
        assert_eq!(JUDGE.sure(tally(10, 10)), Some(LimitSide::Holds));
        assert_eq!(JUDGE.sure(tally(10, 0)), Some(LimitSide::Breaks));
        assert_eq!(JUDGE.sure(tally(40, 20)), None);
        assert!((9..=10).contains(&LimitJudge::least(0.5, 0.0025)));
        assert!(LimitJudge::least(0.95, 0.0025) > 100, "0.95^n has to be small");
    }

    #[test]
    fn runs_that_are_the_same_are_sure_at_once() {
        let alike = |runs, good| JUDGE.sure(LimitTally { runs, good, alike: true });
        assert_eq!((alike(3, 3), alike(3, 0)), (Some(LimitSide::Holds), Some(LimitSide::Breaks)));
        assert_eq!(JUDGE.wanted(LimitTally { runs: 2, good: 2, alike: true }), Some(3));
        assert_eq!(JUDGE.sure(tally(3, 3)), None, "chance may have had a part");
    }

    #[test]
    fn as_many_are_wanted_as_would_do() {
        let wanted = JUDGE.wanted(tally(2, 2)).unwrap();
        assert_eq!(
            (JUDGE.sure(tally(wanted, wanted)), JUDGE.sure(tally(wanted - 1, wanted - 1))),
            (Some(LimitSide::Holds), None)
        );
        assert_eq!(JUDGE.wanted(tally(wanted, wanted)), None, "it is sure");
        assert!(JUDGE.is_hopeless(tally(20, 10)) && !JUDGE.is_hopeless(tally(20, 14)));
        assert!(!JUDGE.is_hopeless(tally(4, 2)), "of a few runs nothing can be said");
        assert_eq!(JUDGE.wanted(tally(64, 45)), None, "there are too many already");
    }

    /// At the share itself, where a wrong word is likeliest, looked at after every run.
    #[test]
    fn looking_often_makes_no_error_more_likely() {
        for share in [0.5, 0.9] {
            let judge = LimitJudge { share, error: 0.05, most_runs: 200 };
            let wrong = |seed: u64| {
                let mut rng = Rng::stream(seed, Purpose::Resamples, 0);
                let mut seen = LimitTally::default();
                (0..200).any(|_| {
                    seen = tally(seen.runs + 1, seen.good + u32::from(rng.uniform() < share - 1e-9));
                    judge.sure(seen) == Some(LimitSide::Holds)
                })
            };
            let wrong = (0..2000).filter(|seed| wrong(*seed)).count();
            assert!((10..=100).contains(&wrong), "{share}: {wrong} of 2000");
        }
    }
}
