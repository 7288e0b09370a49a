//! Screening: what one step of one input does, from many places (Morris 1991, Technometrics
//! 33(2); the mean of amounts is of Campolongo, Cariboni & Saltelli 2007).
//!
//! Around each place every input takes one step of its own (a radial design, Campolongo,
//! Saltelli & Cariboni 2011). A step goes over half to three quarters of the range: were all of
//! one length, what repeats itself after that length would seem to do nothing. An input that
//! chooses among words steps from one word to another, and its step counts as 1 to a later one,
//! as -1 to an earlier one.
//!
//! At each place the run is made with another seed, too. What that does is what an input must
//! do more of to be told from chance.

use super::Bearing;
use super::bootstrap::{Estimate, Resampled};

/// How much less an input must be uneven than its effect for it to count as even.
const EVEN: f64 = 0.5;

/// One place and the steps from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps {
    /// What came out at the place itself.
    pub here: f64,
    /// There, with another seed.
    pub reseeded: f64,
    /// What came out after the step of each input.
    pub there: Vec<f64>,
    /// How far each went, with its sign, as a share of its range.
    pub lengths: Vec<f64>,
}

/// What screening says of one input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Screened {
    /// Mean amount of its elementary effects, a change over the length of its step: roughly what
    /// it does over its whole range. In the unit of the measure.
    pub mu_star: Estimate,
    /// The mean of these effects with their signs.
    pub mu: Estimate,
    /// Their deviation: large where the effect hangs on where the others are, or on where the
    /// input itself begins.
    pub sigma: f64,
    /// The mean amount that another seed gives over the same lengths: the noise floor.
    pub floor: f64,
    /// What follows.
    pub bearing: Bearing,
}

/// What each of the inputs does, all of which have a step in each of `rows`. `seed` decides
/// resamples.
pub(super) fn screened(rows: &[Steps], seed: u64) -> Vec<Screened> {
    let inputs = rows.first().map_or(0, |row| row.there.len());
    (0..inputs).map(|input| one(rows, input, inputs, seed)).collect()
}

/// The columns of a row: how many, effect, its amount and square, and amount and square of
/// what another seed would be in its place.
fn columns(row: &Steps, input: usize) -> Vec<f64> {
    let effect = (row.there[input] - row.here) / row.lengths[input];
    let chance = (row.reseeded - row.here) / row.lengths[input].abs();
    vec![1.0, effect, effect.abs(), effect * effect, chance.abs(), chance * chance]
}

fn one(rows: &[Steps], input: usize, inputs: usize, seed: u64) -> Screened {
    let columns: Vec<Vec<f64>> = rows.iter().map(|row| columns(row, input)).collect();
    let found = Resampled::of(&columns, seed);
    let mean = |column: usize| move |sums: &[f64]| sums[column] / sums[0];
    let [mu, mu_star] = [1, 2].map(|column| found.estimate(mean(column)));
    let [square, floor, noise] = [3, 4, 5].map(|column| found.estimate(mean(column)).value);
    let variance = (square - mu.value * mu.value).max(0.0) * rows.len() as f64 / (rows.len() as f64 - 1.0).max(1.0);
    let doubt = super::doubt(inputs);
    let moves = found.is_above(doubt, mean(1)) || found.is_above(doubt, |sums| -sums[1]);
    let exceeds = found.is_above(doubt, |sums| sums[2] - sums[4]);
    // Chance makes effects uneven, too.
    let is_uneven = variance - noise > EVEN * EVEN * mu_star.value * mu_star.value;
    let bearing = match () {
        () if rows.iter().all(|row| row.there[input] == row.here) => Bearing::None,
        () if !moves && !exceeds => Bearing::Noise,
        () if !moves => Bearing::Through,
        () if is_uneven => Bearing::Both,
        () => Bearing::Alone,
    };
    Screened { mu_star, mu, sigma: variance.sqrt(), floor, bearing }
}

#[cfg(test)]
mod tests {
    use super::super::functions::{G, g, ishigami, noise};
    use super::super::sample::{Step, steps};
    use super::*;

    /// Screening of `function`, which takes places and a seed, of so many inputs.
    fn seen(inputs: usize, rows: usize, seed: u64, function: impl Fn(&[f64], u64) -> f64) -> Vec<Screened> {
        let row = |(row, steps): (usize, &Vec<Step>)| {
            let (own, other) = (2 * row as u64, 2 * row as u64 + 1);
            let here: Vec<f64> = steps.iter().map(|step| step.from).collect();
            let moved = |input: usize| {
                let mut there = here.clone();
                there[input] = steps[input].to;
                there
            };
            Steps {
                here: function(&here, own),
                reseeded: function(&here, other),
                there: (0..inputs).map(|input| function(&moved(input), own)).collect(),
                lengths: steps.iter().map(|step| step.to - step.from).collect(),
            }
        };
        let rows: Vec<Steps> = steps(inputs, rows, seed).iter().enumerate().map(row).collect();
        screened(&rows, seed)
    }

    /// The effects of a sum are its factors, everywhere.
    #[test]
    fn of_a_sum() {
        let found = seen(3, 16, 1, |x, _| 3.0 * x[0] - 2.0 * x[1] + 7.0);
        for (screened, factor) in found.iter().zip([3.0, -2.0, 0.0_f64]) {
            let Screened { mu_star, mu, sigma, floor, .. } = screened;
            assert!((mu_star.value - factor.abs()).abs() < 1e-9 && (mu.value - factor).abs() < 1e-9, "{screened:?}");
            assert!(*sigma < 1e-6 && *floor == 0.0, "{screened:?}");
        }
        assert_eq!([0, 1, 2].map(|at| found[at].bearing), [Bearing::Alone, Bearing::Alone, Bearing::None]);
    }

    /// The third input of Ishigami's function acts through the first alone: its mean effect is
    /// zero, its amount is not. The second goes up and down.
    #[test]
    fn of_ishigami() {
        let found = seen(3, 400, 1, |x, _| ishigami(x));
        assert!(found.iter().all(|screened| screened.mu_star.value > 2.0), "{found:?}");
        let third = &found[2];
        let (low, high) = third.mu.interval.unwrap();
        assert!(low < 0.0 && high > 0.0 && third.sigma > third.mu_star.value, "{third:?}");
        assert_eq!(third.bearing, Bearing::Through);
    }

    /// The smaller the constant of the g-function, the more its input matters.
    #[test]
    fn of_the_g_function() {
        let found = seen(6, 100, 1, |x, _| g(x));
        let order: Vec<f64> = found.iter().map(|screened| screened.mu_star.value).collect();
        assert!(order[..4].is_sorted_by(|a, b| a > b), "{order:?} for {G:?}");
        assert!(order[4] < 0.05 * order[0] && order[5] < 0.05 * order[0], "{order:?}");
    }

    /// An input that only stirs chance does as much as another seed; the floor is what a normal
    /// difference of deviation `sqrt 2` over the steps is, `2 / sqrt pi * E[1 / length]`.
    #[test]
    fn what_only_stirs_chance_is_not_told_from_it() {
        let stirred = |x: &[f64], seed: u64| 2.0 * x[0] + noise(seed ^ x[1].to_bits());
        let found = seen(3, 400, 1, stirred);
        assert_eq!([0, 1, 2].map(|at| found[at].bearing), [Bearing::Alone, Bearing::Noise, Bearing::None]);
        let floor = 2.0 / std::f64::consts::PI.sqrt() * libm::log(1.5) / 0.25;
        assert!(found.iter().all(|screened| (screened.floor / floor - 1.0).abs() < 0.12), "{found:?} {floor}");
        assert!((found[1].mu_star.value / floor - 1.0).abs() < 0.12, "{found:?}");
    }

    /// Six inputs that only stir chance, from as few places as a first look has: in 100 such
    /// screenings hardly any is called more than that.
    #[test]
    fn chance_alone_is_hardly_ever_called_an_effect() {
        let wrong = |trial: u64| {
            let mixed = |x: &[f64], seed| x.iter().fold(seed, |mixed, x| crate::rng::mix(mixed ^ x.to_bits()));
            let found = seen(6, 16, trial, |x, seed| noise(mixed(x, seed)));
            found.iter().any(|screened| screened.bearing != Bearing::Noise)
        };
        let wrong = (0..100).filter(|trial| wrong(*trial)).count();
        assert!(wrong <= 10, "{wrong}");
    }
}
