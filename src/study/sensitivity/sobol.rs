//! Shares of the variance: what each input decides by itself, and with all others (Sobol' 1993).
//!
//! Two places A and B are drawn for each row; for each input there is A with that input as in B.
//! With `f_A`, `f_B` and `f_i` of these three, after Jansen (1999, Computer Physics
//! Communications 117),
//!
//! ```text
//! first order   1 - sum (f_B - f_i)^2 / sum (f_A - f_B)^2
//! total order       sum (f_A - f_i)^2 / sum (f_A - f_B)^2
//! ```
//!
//! with the variance from the same pairs: an input that does nothing is exactly 0, and one that
//! decides everything exactly 1, in any number of rows. The seed is an input like the others,
//! so all shares are of the variance with chance in it, and its total order is the noise floor:
//! an input that only stirs chance has no first order, and no larger total order than that.

use super::Bearing;
use super::bootstrap::{Estimate, Resampled};

/// A smaller share of the variance is little, however sure it is.
const LITTLE: f64 = 0.01;

/// Two places and what lies between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchanges {
    /// What came out at A.
    pub a: f64,
    /// At B.
    pub b: f64,
    /// At A with one input as in B, each input in turn, the seed last.
    pub mixed: Vec<f64>,
}

/// What one input decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shared {
    /// The share of the variance that it decides by itself: that would be gone, on average, were
    /// it known. Estimates may be below zero.
    pub first: Estimate,
    /// The share that is left, on average, were all others known: its own, and all that it
    /// decides together with others.
    pub total: Estimate,
    /// What follows.
    pub bearing: Bearing,
}

/// What each input decides, the seed last, of which there is no more to say than its shares;
/// nothing where all is alike. `seed` decides resamples.
pub(super) fn shared(rows: &[Exchanges], seed: u64) -> Option<Vec<Shared>> {
    let columns: Vec<Vec<f64>> = rows.iter().map(columns).collect();
    let found = Resampled::of(&columns, seed);
    let inputs = rows.first().map_or(0, |row| row.mixed.len());
    let varies = rows.iter().any(|row| row.a != row.b);
    varies.then(|| (0..inputs).map(|input| one(rows, &found, input)).collect())
}

/// Squares of the differences: A and B; then for each input B and mixed, A and mixed.
fn columns(row: &Exchanges) -> Vec<f64> {
    let square = |x: f64, y: f64| (x - y) * (x - y);
    let mixed = row.mixed.iter().flat_map(|mixed| [square(row.b, *mixed), square(row.a, *mixed)]);
    std::iter::once(square(row.a, row.b)).chain(mixed).collect()
}

fn one(rows: &[Exchanges], found: &Resampled, input: usize) -> Shared {
    let of_seed = rows[0].mixed.len() - 1;
    let first = |sums: &[f64]| 1.0 - sums[1 + 2 * input] / sums[0];
    let total_of = |input: usize| move |sums: &[f64]| sums[2 + 2 * input] / sums[0];
    let (total, floor) = (total_of(input), total_of(of_seed));
    let doubt = super::doubt(of_seed);
    let alone = found.is_above(doubt, first);
    let exceeds = found.is_above(doubt, |sums| total(sums) - floor(sums));
    let through = found.is_above(doubt, |sums| total(sums) - first(sums) - floor(sums));
    let (first, total) = (found.estimate(first), found.estimate(total));
    let bearing = match () {
        () if rows.iter().all(|row| row.mixed[input] == row.a) => Bearing::None,
        () if !alone && !exceeds => Bearing::Noise,
        () if total.value < LITTLE => Bearing::Little,
        () if !alone => Bearing::Through,
        () if through => Bearing::Both,
        () => Bearing::Alone,
    };
    Shared { first, total, bearing }
}

#[cfg(test)]
mod tests {
    use super::super::functions::{g, g_shares, ishigami, ishigami_shares, noise};
    use super::super::sample::{Pair, pairs};
    use super::*;

    /// Shares of `function`, which takes places and a seed, of so many inputs.
    fn seen(inputs: usize, rows: usize, seed: u64, function: impl Fn(&[f64], u64) -> f64) -> Option<Vec<Shared>> {
        let row = |(row, pairs): (usize, &Vec<Pair>)| {
            let (a, b): (Vec<f64>, Vec<f64>) = pairs.iter().map(|pair| (pair.a, pair.b)).unzip();
            let (own, other) = (2 * row as u64, 2 * row as u64 + 1);
            let mixed = |input: usize| {
                let mut place = a.clone();
                place[input] = b[input];
                function(&place, own)
            };
            let mut mixed: Vec<f64> = (0..inputs).map(mixed).collect();
            mixed.push(function(&a, other));
            Exchanges { a: function(&a, own), b: function(&b, other), mixed }
        };
        let rows: Vec<Exchanges> = pairs(inputs, rows, seed).iter().enumerate().map(row).collect();
        shared(&rows, seed)
    }

    /// The truth, first and total order of each input.
    fn check(found: &[Shared], truth: &[(f64, f64)], within: f64) {
        for (input, (shared, (first, total))) in found.iter().zip(truth).enumerate() {
            assert!((shared.first.value - first).abs() < within, "first of {input}: {shared:?}, {first}");
            assert!((shared.total.value - total).abs() < within, "total of {input}: {shared:?}, {total}");
        }
    }

    #[test]
    fn of_ishigami() {
        let found = seen(3, 8192, 1, |x, _| ishigami(x)).unwrap();
        check(&found, &ishigami_shares(), 0.02);
        assert_eq!(found[3].total.value, 0.0, "it knows no seed");
        assert_eq!([0, 1, 2].map(|at| found[at].bearing), [Bearing::Both, Bearing::Alone, Bearing::Through]);
    }

    #[test]
    fn of_the_g_function() {
        let found = seen(6, 8192, 1, |x, _| g(x)).unwrap();
        check(&found, &g_shares(), 0.02);
        assert_eq!([0, 1].map(|at| found[at].bearing), [Bearing::Both; 2]);
        assert!([4, 5].iter().all(|at| found[*at].bearing >= Bearing::Little), "{found:?}");
    }

    /// Variances 9, 4 and 0 of the uniform law's 1/12, and noise of variance 1.
    #[test]
    fn of_a_sum_with_noise() {
        let sum = |x: &[f64], seed: u64| 3.0 * x[0] + 2.0 * x[1] + noise(seed);
        let found = seen(3, 8192, 1, sum).unwrap();
        let all = 13.0 / 12.0 + 1.0;
        let [a, b, n] = [0.75, 1.0 / 3.0, 1.0].map(|part| (part / all, part / all));
        check(&found, &[a, b, (0.0, 0.0), n], 0.03);
        assert_eq!((found[2].first.value, found[2].total.value), (0.0, 0.0), "exactly");
        assert_eq!([0, 1, 2].map(|at| found[at].bearing), [Bearing::Alone, Bearing::Alone, Bearing::None]);
    }

    /// What decides everything has all shares in however few rows, and what decides nothing none.
    #[test]
    fn ends_are_exact() {
        let found = seen(2, 8, 1, |x, _| libm::exp(9.0 * x[0])).unwrap();
        let shares = |at: usize| (found[at].first.value, found[at].total.value);
        assert_eq!([shares(0), shares(1), shares(2)], [(1.0, 1.0), (0.0, 0.0), (0.0, 0.0)]);
        assert_eq!(seen(1, 8, 1, |_, _| 4.0), None, "of no variance there is no share");
    }

    /// In at least 90 of 100 trials the interval of 95 % holds the truth, of each share.
    #[test]
    fn intervals_hold_the_truth() {
        let truth = ishigami_shares();
        let mut held = [[0; 2]; 3];
        for trial in 0..100 {
            let found = seen(3, 256, 100 + trial, |x, _| ishigami(x)).unwrap();
            for (input, (first, total)) in truth.iter().enumerate() {
                let holds = |estimate: Estimate, truth: f64| {
                    estimate.interval.is_some_and(|(low, high)| (low..=high).contains(&truth))
                };
                held[input][0] += usize::from(holds(found[input].first, *first));
                held[input][1] += usize::from(holds(found[input].total, *total));
            }
        }
        assert!(held.iter().flatten().all(|held| *held >= 90), "{held:?}");
    }

    #[test]
    fn chance_alone_is_hardly_ever_called_an_effect() {
        let wrong = |trial: u64| {
            let mixed = |x: &[f64], seed| x.iter().fold(seed, |mixed, x| crate::rng::mix(mixed ^ x.to_bits()));
            let found = seen(6, 64, trial, |x, seed| noise(mixed(x, seed))).unwrap();
            found[..6].iter().any(|shared| shared.bearing != Bearing::Noise)
        };
        let wrong = (0..100).filter(|trial| wrong(*trial)).count();
        assert!(wrong <= 10, "{wrong}");
    }
}
