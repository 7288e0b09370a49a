//! How often intervals cover what they are of, by distributions of which that is known.

use super::*;
use crate::dist::normal_quantile;
use crate::rng::{Purpose, Rng};

/// What is computed of values.
type Statistic = fn(&[f64]) -> Option<f64>;

/// Draws of a distribution, by its quantile function.
type Quantile = fn(f64) -> f64;

/// Normal, exponential and log-normal (of deviation 1), each with its mean and median.
const LAWS: [(&str, Quantile, f64, f64); 3] = [
    ("normal", normal_quantile, 0.0, 0.0),
    ("exponential", |share| -libm::log(share), 1.0, std::f64::consts::LN_2),
    ("lognormal", |share| libm::exp(normal_quantile(share)), 1.648_721_270_700_128, 1.0),
];

/// In how many of so many experiments what `covers` makes of a stream is true.
fn share(experiments: u64, covers: impl Fn(&mut Rng) -> bool) -> f64 {
    let stream = |at: u64| Rng::stream(2026, Purpose::Resamples, 1 << 32 | at);
    (0..experiments).filter(|at| covers(&mut stream(*at))).count() as f64 / experiments as f64
}

fn draws(n: usize, law: Quantile, rng: &mut Rng) -> Vec<f64> {
    (0..n).map(|_| law(rng.uniform())).collect()
}

fn is_within((low, high): (f64, f64), truth: f64) -> bool {
    (low..=high).contains(&truth)
}

/// Student's interval is exact for the normal distribution; of skewed ones it covers less, the
/// fewer the values, as every textbook says: these are the bounds.
#[test]
fn student_covers_means() {
    let covered = |n: usize, law: Quantile, mean: f64| {
        share(2_000, |rng| {
            let summary = Summary::of(&draws(n, law, rng)).unwrap();
            (summary.mean - mean).abs() <= summary.ci95.unwrap()
        })
    };
    let bounds =
        [[(0.935, 0.965); 3], [(0.86, 0.91), (0.88, 0.925), (0.91, 0.95)], [(0.80, 0.86), (0.81, 0.87), (0.85, 0.91)]];
    for ((name, law, mean, _), bounds) in LAWS.into_iter().zip(bounds) {
        for (n, (low, high)) in [5, 10, 30].into_iter().zip(bounds) {
            let covered = covered(n, law, mean);
            assert!((low..=high).contains(&covered), "{name}, {n} values: {covered}");
        }
    }
}

/// A percentile bootstrap of means, medians and upper quartiles.
#[test]
fn a_bootstrap_covers_the_more_the_more_values_there_are() {
    let covered = |n: usize, law: Quantile, of: Statistic, truth: f64| {
        share(60, |rng| {
            let values = draws(n, law, rng);
            let again = |drawn: &[usize]| of(&drawn.iter().map(|at| values[*at]).collect::<Vec<_>>());
            is_within(percentile(n, rng.next_u64(), again).unwrap(), truth)
        })
    };
    let statistics: [Statistic; 3] = [|v| Some(Mean::of(v).mean), |v| quantile(v, 0.5), |v| quantile(v, 0.75)];
    for (name, law, mean, median) in LAWS {
        let quartile = law(if name == "exponential" { 0.25 } else { 0.75 });
        for (of, truth) in statistics.into_iter().zip([mean, median, quartile]) {
            let [five, ten, thirty] = [5, 10, 30].map(|n| covered(n, law, of, truth));
            assert!(five > 0.6 && ten > 0.7 && thirty > 0.8, "{name} {truth}: {five} {ten} {thirty}");
        }
    }
}

/// Sets of seeders and seeds with effects of these deviations, and one value for each of both.
fn crossed(sets: usize, seeds: usize, [set, seed, rest]: [f64; 3], rng: &mut Rng) -> Vec<Labelled<2>> {
    let (of_sets, of_seeds) = (draws(sets, normal_quantile, rng), draws(seeds, normal_quantile, rng));
    let mut values = vec![];
    for (a, of_set) in of_sets.iter().enumerate() {
        for (b, of_seed) in of_seeds.iter().enumerate() {
            let value = set * of_set + seed * of_seed + rest * normal_quantile(rng.uniform());
            values.push(Labelled { value, levels: [a as u64, b as u64] });
        }
    }
    values
}

fn covers(values: &[Labelled<2>]) -> bool {
    let grand = GrandMean::of(values).unwrap();
    grand.mean.abs() <= grand.half(0.05).unwrap()
}

fn covers_naively(values: &[Labelled<2>]) -> bool {
    let summary = Summary::of(&values.iter().map(|value| value.value).collect::<Vec<_>>()).unwrap();
    summary.mean.abs() <= summary.ci95.unwrap()
}

/// Three sets of seeders with ten seeds each are not thirty runs.
#[test]
fn few_seeder_sets_are_not_independent_runs() {
    let experiment = |rng: &mut Rng| crossed(3, 10, [1.0, 0.0, 1.0], rng);
    let (ours, naive) =
        (share(600, |rng| covers(&experiment(rng))), share(600, |rng| covers_naively(&experiment(rng))));
    assert!(ours >= 0.93 && naive < 0.7, "{ours} {naive}");
    // The same where every set has seeds of its own.
    let nested = |rng: &mut Rng| {
        let mut values = experiment(rng);
        values.iter_mut().for_each(|value| value.levels[1] += 100 * value.levels[0]);
        values
    };
    let (ours, naive) = (share(600, |rng| covers(&nested(rng))), share(600, |rng| covers_naively(&nested(rng))));
    assert!(ours >= 0.93 && naive < 0.7, "{ours} {naive}");
}

/// Whichever factor it is that runs share, or both, or none.
#[test]
fn the_grand_mean_is_covered_whatever_runs_share() {
    for (sets, seeds) in [(3, 10), (5, 5), (2, 4), (6, 12)] {
        for effects in
            [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.1], [0.3, 1.0, 0.3]]
        {
            let covered = share(250, |rng| covers(&crossed(sets, seeds, effects, rng)));
            assert!(covered >= 0.91, "{sets} x {seeds} {effects:?}: {covered}");
        }
    }
}

/// Topologies as a third factor.
#[test]
fn three_factors() {
    let covered = share(400, |rng| {
        let [topologies, sets, seeds] = [4, 4, 5].map(|n| draws(n, normal_quantile, rng));
        let mut values = vec![];
        for (a, of_topology) in topologies.iter().enumerate() {
            for (b, of_set) in sets.iter().enumerate() {
                for (c, of_seed) in seeds.iter().enumerate() {
                    let value = of_topology + 0.5 * of_set + of_seed + normal_quantile(rng.uniform());
                    values.push(Labelled { value, levels: [a as u64, b as u64, c as u64] });
                }
            }
        }
        let grand = GrandMean::of(&values).unwrap();
        grand.mean.abs() <= grand.half(0.05).unwrap()
    });
    assert!((0.93..=1.0).contains(&covered), "{covered}");
}

/// A seeder set with a third of its runs missing.
#[test]
fn missing_runs_leave_it_covered() {
    let covered = share(600, |rng| {
        let mut values = crossed(4, 9, [0.7, 0.7, 1.0], rng);
        values.retain(|value| value.levels[0] > 0 || value.levels[1] % 3 > 0);
        covers(&values)
    });
    assert!(covered >= 0.93, "{covered}");
}
