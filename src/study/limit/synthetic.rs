//! Searches in worlds of which the truth is known.

use super::evidence::{LimitSide, LimitTally};
use super::ground::LimitGround;
use super::search::{LimitBracket, LimitFinding, LimitSearch};
use crate::rng::{Purpose, Rng};
use crate::scenario::Quantity;
use std::collections::BTreeMap;

const TRIALS: u64 = 100;
const GROUND: LimitGround = LimitGround { low: 2.0, high: 1024.0, log: true, unit: Quantity::Number, precision: 0.05 };

/// How a search ended.
struct Trial {
    finding: LimitFinding,
    again: Vec<f64>,
    runs: u32,
}

/// A search in a world where a run at x is good with the chance `good(x)`. Observations of
/// the same number at different points share their luck, as common random numbers do.
fn trial(ground: LimitGround, share: f64, seed: u64, good: &dyn Fn(f64) -> f64) -> Trial {
    let mut search = LimitSearch::new(ground, share, 0.95, 100);
    let mut tallies: BTreeMap<u64, LimitTally> = BTreeMap::new();
    loop {
        let asked = search.next();
        if asked.is_empty() {
            let runs = tallies.values().map(|seen| seen.runs).sum();
            return Trial { finding: search.finding(), again: search.again(), runs };
        }
        for (x, runs) in asked {
            let seen = tallies.entry(x.to_bits()).or_default();
            assert!(runs > seen.runs, "more is asked for: {x}");
            let luck = |run| Rng::stream(seed, Purpose::Resamples, u64::from(run)).uniform();
            seen.good += (seen.runs..runs).filter(|run| luck(*run) < good(x)).count() as u32;
            seen.runs = runs;
            search.saw(x, *seen);
        }
    }
}

fn trials(ground: LimitGround, share: f64, good: impl Fn(f64, f64) -> f64) -> Vec<(f64, Trial)> {
    let one = |seed: u64| {
        // Another limit each time, so that no lucky place of it decides.
        let limit = 20.0 * libm::pow(10.0, Rng::stream(seed, Purpose::Resamples, 1 << 40).uniform());
        (limit, trial(ground, share, seed, &|x| good(x, limit)))
    };
    (0..TRIALS).map(one).collect()
}

/// In how many trials the limit lies in the interval, the mean width of intervals beside the
/// limit, and the mean number of runs.
fn coverage(trials: &[(f64, Trial)]) -> (usize, f64, f64) {
    let n = trials.len() as f64;
    let brackets = trials.iter().filter_map(|(limit, trial)| match trial.finding {
        LimitFinding::Limit(LimitBracket { inner, outer: Some(outer), likely, .. }) => {
            assert!((inner..=outer).contains(&likely), "{inner} {likely} {outer}");
            Some((*limit, inner, outer))
        }
        _ => None,
    });
    let brackets: Vec<_> = brackets.collect();
    let covered = brackets.iter().filter(|(limit, inner, outer)| (*inner..=*outer).contains(limit)).count();
    let width = brackets.iter().map(|(limit, inner, outer)| (outer - inner) / limit).sum::<f64>() / n;
    let runs = trials.iter().map(|(_, trial)| f64::from(trial.runs)).sum::<f64>() / n;
    (covered, width, runs)
}

fn step(x: f64, limit: f64, noise: f64) -> f64 {
    if x <= limit { 1.0 - noise } else { noise }
}

/// A half at the limit.
fn slope(x: f64, limit: f64, width: f64) -> f64 {
    1.0 / (1.0 + libm::exp(libm::log(x / limit) / width))
}

#[test]
fn a_step_is_found_whatever_the_noise() {
    for (noise, most_width, most_runs) in [(0.0, 0.05, 70.0), (0.1, 0.05, 120.0), (0.2, 0.1, 250.0)] {
        let (covered, width, runs) = coverage(&trials(GROUND, 0.5, |x, limit| step(x, limit, noise)));
        assert!(covered >= 95, "{noise}: {covered}");
        assert!(width <= most_width && runs <= most_runs, "{noise}: {width} {runs}");
    }
}

#[test]
fn a_slope_is_found_as_well_as_its_noise_lets() {
    for (width, most_width, most_runs) in [(0.02, 0.1, 180.0), (0.1, 0.25, 500.0), (0.5, 1.3, 900.0)] {
        let found = trials(GROUND, 0.5, |x, limit| slope(x, limit, width));
        let (covered, wide, runs) = coverage(&found);
        assert!(covered >= 95, "{width}: {covered}");
        assert!(wide <= most_width && runs <= most_runs, "{width}: {wide} {runs}");
    }
}

/// Seven of ten against three of ten is too little for a hundred runs: hardly any is found, and
/// no interval is wrong.
#[test]
fn what_is_too_noisy_is_not_sure_rather_than_wrong() {
    let found = trials(GROUND, 0.5, |x, limit| step(x, limit, 0.3));
    let wrong = found.iter().filter(|(limit, trial)| match trial.finding {
        LimitFinding::Limit(LimitBracket { inner, outer, .. }) => {
            *limit < inner || outer.is_some_and(|outer| *limit > outer)
        }
        LimitFinding::Throughout(_, is_sure) => is_sure,
        LimitFinding::Unknown => false,
    });
    assert_eq!(wrong.count(), 0);
}

/// On a slope the goals hold in nine of ten runs where its chance is 0.9.
#[test]
fn another_share_has_another_limit() {
    let nine = |x: f64, limit: f64| slope(x, limit * libm::exp(0.1 * libm::log(9.0)), 0.1);
    let (covered, width, runs) = coverage(&trials(GROUND, 0.9, nine));
    assert!(covered >= 95 && width < 0.4 && runs < 1000.0, "{covered} {width} {runs}");
}

/// Beyond the limit it holds again for a while: the limit is the first one, and that there
/// is more is noticed.
#[test]
fn a_bump_is_noticed() {
    let bump = |x: f64, limit: f64| if x <= limit || (2.0..5.0).contains(&(x / limit)) { 0.9 } else { 0.1 };
    let found = trials(GROUND, 0.5, bump);
    let (covered, ..) = coverage(&found);
    let noticed = found.iter().filter(|(limit, trial)| trial.again.iter().any(|x| (2.0..5.0).contains(&(x / limit))));
    let noticed = noticed.count();
    assert!(covered >= 95 && noticed >= 95, "{covered} {noticed}");
    let none = trials(GROUND, 0.5, |x, limit| slope(x, limit, 0.1));
    let wrong = none.iter().filter(|(_, trial)| !trial.again.is_empty()).count();
    assert!(wrong <= 5, "{wrong}");
}

#[test]
fn a_limit_from_below_is_found_too() {
    let found = trials(GROUND, 0.5, |x, limit| 1.0 - step(x, limit, 0.1));
    let (covered, ..) = coverage(&found);
    assert!(covered >= 95, "{covered}");
    let breaks =
        |trial: &Trial| matches!(trial.finding, LimitFinding::Limit(LimitBracket { side: LimitSide::Breaks, .. }));
    assert!(found.iter().all(|(_, trial)| breaks(trial)));
}

#[test]
fn what_holds_everywhere_or_nowhere_is_no_limit() {
    for (chance, side) in [(0.9, LimitSide::Holds), (0.1, LimitSide::Breaks), (1.0, LimitSide::Holds)] {
        let right = (0..TRIALS)
            .filter(|seed| trial(GROUND, 0.5, *seed, &|_| chance).finding == LimitFinding::Throughout(side, true));
        let right = right.count();
        assert!(right >= 95, "{chance}: {right}");
    }
    let coin = trial(GROUND, 0.5, 1, &|_| 0.5);
    assert!(matches!(coin.finding, LimitFinding::Unknown | LimitFinding::Throughout(..)), "{:?}", coin.finding);
}

/// Whole numbers end at neighbours, and what has no noise costs few runs.
#[test]
fn without_noise_the_limit_is_exact_and_cheap() {
    let ground = LimitGround { low: 2.0, high: 512.0, log: true, unit: Quantity::Count, precision: 0.01 };
    for limit in 2..=100 {
        let mut search = LimitSearch::new(ground, 0.5, 0.95, 100);
        let mut tallies: BTreeMap<u64, u32> = BTreeMap::new();
        loop {
            let asked = search.next();
            if asked.is_empty() {
                break;
            }
            for (x, runs) in asked {
                tallies.insert(x.to_bits(), runs);
                let good = if x <= f64::from(limit) { runs } else { 0 };
                search.saw(x, LimitTally { runs, good, alike: true });
            }
        }
        let LimitFinding::Limit(LimitBracket { inner, outer, .. }) = search.finding() else {
            panic!("{:?}", search.finding())
        };
        assert_eq!((inner, outer), (f64::from(limit), Some(f64::from(limit + 1))));
        let runs: u32 = tallies.values().sum();
        assert!(runs <= 48, "{limit}: {runs}");
    }
}
