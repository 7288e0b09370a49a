//! Verdicts about numbers of which the truth is known.

use super::contrast::{Both, Contrast, SideValue};
use super::looks;
use super::metric::Yardstick;
use super::verdict::{ImpactVerdict, judge};
use crate::dist::Distribution;
use crate::rng::{Purpose, Rng};

const TRIALS: u64 = 200;

/// Ten quantities with the noise of `distribution` on both sides and `effect` on
/// the change, until all is decided: the verdicts, and whether all intervals held
/// the truth.
fn synthetic(distribution: Distribution, effect: f64, share: f64, seed: u64) -> (Vec<ImpactVerdict>, bool) {
    const LOOKS: u32 = 64;
    let mut rng = Rng::stream(seed, Purpose::Resamples, 0);
    let yardsticks = [Yardstick::Ratio, Yardstick::Base];
    let mut values: Vec<Vec<Both>> = vec![vec![]; 10];
    let looks = looks(LOOKS);
    let alpha = 0.05 / looks.len() as f64;
    for pairs in &looks {
        for quantity in &mut values {
            while quantity.len() < *pairs as usize {
                // What the pair shares, and what each side has of its own.
                let world = 1.0 + distribution.sample(&mut rng);
                let mut side = || world * (1.0 + share * distribution.sample(&mut rng));
                let (base, change) = (side(), side() * (1.0 + effect));
                quantity.push([base, change].map(|amount| Some(SideValue { amount, per: 1.0, wire: 1.0 })));
            }
        }
        let contrasts: Vec<Contrast> = values
            .iter()
            .enumerate()
            .map(|(index, quantity)| Contrast::new(std::slice::from_ref(quantity), yardsticks[index % 2]))
            .collect();
        let told = judge(&contrasts.iter().collect::<Vec<_>>(), 0.02, alpha);
        if told.iter().all(|judgement| judgement.verdict.is_decided()) || *pairs == LOOKS {
            let holds = |(low, high): (f64, f64)| (low..=high).contains(&effect);
            let covered = told.iter().all(|judgement| judgement.interval.is_none_or(holds));
            return (told.iter().map(|judgement| judgement.verdict).collect(), covered);
        }
    }
    unreachable!("the last look is at all pairs")
}

const SKEWED: [Distribution; 3] = [
    Distribution::LogNormal { median: 0.5, sigma: 1.0 },
    Distribution::Exponential { mean: 1.0 },
    Distribution::Weibull { shape: 0.5, scale: 0.5 },
];

#[test]
fn skewed_noise_alone_is_no_change() {
    for distribution in SKEWED {
        for share in [1.0, 0.05] {
            let trials = (0..TRIALS).map(|seed| synthetic(distribution, 0.0, share, seed).0);
            let claims =
                |told: &Vec<ImpactVerdict>| told.iter().any(|v| matches!(v, ImpactVerdict::Less | ImpactVerdict::More));
            let wrong = trials.filter(claims).count();
            assert!(wrong * 100 <= 5 * TRIALS as usize, "{distribution:?}, {share}: a change in {wrong} of {TRIALS}");
        }
    }
}

#[test]
fn a_change_of_just_the_margin_is_seldom_called_none() {
    for distribution in SKEWED {
        let trials = (0..TRIALS).map(|seed| synthetic(distribution, 0.02, 0.05, seed).0);
        let wrong = trials.filter(|told| told.contains(&ImpactVerdict::NoPracticalChange)).count();
        assert!(wrong * 100 <= 5 * TRIALS as usize, "{distribution:?}: none in {wrong} of {TRIALS}");
    }
}

#[test]
fn a_tenth_more_is_found_in_skewed_noise_and_its_interval_holds() {
    for distribution in SKEWED {
        let trials: Vec<_> = (0..TRIALS).map(|seed| synthetic(distribution, 0.1, 0.02, seed)).collect();
        let found = trials.iter().filter(|(told, _)| told.iter().all(|v| *v == ImpactVerdict::More)).count();
        let covered = trials.iter().filter(|(_, covered)| *covered).count();
        assert!(found * 100 >= 95 * TRIALS as usize, "{distribution:?}: found in {found} of {TRIALS}");
        assert!(covered * 100 >= 95 * TRIALS as usize, "{distribution:?}: ten intervals hold in {covered} of {TRIALS}");
    }
}
