//! Where in the ranges of its inputs a sensitivity is looked for: along the sequence of Sobol',
//! two dimensions for each input, so that further rows leave the earlier ones as they are, and
//! a further input leaves the places of those before it.

use crate::scenario::Sampler;

/// A share of each input's range, 0 to 1.
pub(super) type Place = Vec<f64>;

/// Two independent draws of one input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    pub(super) a: f64,
    pub(super) b: f64,
}

/// One step of one input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) from: f64,
    pub(super) to: f64,
}

/// Least and greatest length of a step.
const LENGTHS: (f64, f64) = (0.5, 0.75);

/// So many rows of draws of so many `inputs` for both places.
pub(super) fn pairs(inputs: usize, rows: usize, seed: u64) -> Vec<Vec<Pair>> {
    // There is no such sequence for very many inputs.
    let sampler = [Sampler::Sobol, Sampler::Random].into_iter().find(|it| it.refusal(2 * inputs, rows).is_none());
    let points = sampler.unwrap_or(Sampler::Random).points(2 * inputs, rows, seed);
    points.iter().map(|point| point.chunks(2).map(|draws| Pair { a: draws[0], b: draws[1] }).collect()).collect()
}

/// So many rows of steps of so many `inputs`, as often up as down.
pub(super) fn steps(inputs: usize, rows: usize, seed: u64) -> Vec<Vec<Step>> {
    pairs(inputs, rows, seed).iter().map(|row| row.iter().map(Step::of).collect()).collect()
}

impl Step {
    /// Of a length that one draw decides; where it begins and whether it goes up, the other does.
    fn of(draws: &Pair) -> Step {
        let length = LENGTHS.0 + (LENGTHS.1 - LENGTHS.0) * draws.a;
        let up = draws.b < 0.5;
        let low = (1.0 - length) * (2.0 * draws.b - if up { 0.0 } else { 1.0 });
        let (low, high) = (low, low + length);
        if up { Step { from: low, to: high } } else { Step { from: high, to: low } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_within_the_range_and_as_often_up_as_down() {
        let steps: Vec<Step> = steps(3, 4096, 5).iter().map(|row| row[1]).collect();
        let length = |step: &Step| (step.to - step.from).abs();
        assert!(steps.iter().all(|s| (0.5 - 1e-9..=0.75).contains(&length(s))));
        assert!(steps.iter().flat_map(|s| [s.from, s.to]).all(|end| (0.0..=1.0).contains(&end)));
        let up = steps.iter().filter(|s| s.to > s.from).count();
        assert!((2000..2100).contains(&up), "{up}");
        let middle = steps.iter().filter(|s| (0.4..0.6).contains(&s.from)).count();
        assert!(middle > 100, "the middle is not left out: {middle}");
    }

    #[test]
    fn pairs_are_even_and_independent_of_each_other_and_of_other_inputs() {
        let pairs: Vec<[f64; 3]> =
            pairs(2, 4096, 5).iter().map(|row| [row[0].a, row[0].b, row[1].a].map(|share| share - 0.5)).collect();
        let mean = |of: &dyn Fn(&[f64; 3]) -> f64| pairs.iter().map(of).sum::<f64>() / pairs.len() as f64;
        assert!((0..3).all(|at| mean(&|row| row[at]).abs() < 0.002));
        assert!((0..3).all(|at| (mean(&|row| row[at] * row[at]) - 1.0 / 12.0).abs() < 0.002));
        assert!([(0, 1), (0, 2), (1, 2)].iter().all(|(x, y)| mean(&|row| row[*x] * row[*y]).abs() < 0.002));
    }

    #[test]
    fn more_rows_and_more_inputs_leave_the_others_as_they_are() {
        let (few, more) = (pairs(2, 8, 5), pairs(3, 16, 5));
        assert!(few.iter().zip(&more).all(|(few, more)| few[..] == more[..2]));
        assert_eq!(pairs(200, 4, 5)[3].len(), 200, "of very many inputs, too");
    }
}
