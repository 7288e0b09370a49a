//! The tables: the same texts in every form of the report.

use super::super::document::{Grid, GridColumn};
use super::words::{amount, bearing, share_within, stepped, within};
use crate::study::{Influence, Screening, Sensitivity, Shares};

/// Shares of the variance, the largest first; chance among them.
pub(super) fn shares(found: &Sensitivity, shares: &Shares) -> Grid {
    let [alone, total] = ["by itself", "with all others"].map(GridColumn::numbers);
    let mut grid = Grid::new([GridColumn::words("share of the variance"), alone, total, GridColumn::words("")]);
    let inputs = shares.inputs.as_deref().unwrap_or_default();
    for at in ranked(inputs.iter().map(|input| input.total.value)) {
        let (name, word) = match found.ranges.get(at) {
            Some(range) => (range.key.clone(), bearing(inputs[at].bearing)),
            None => (ANOTHER_SEED.into(), "the noise floor"),
        };
        grid.row([name, share_within(inputs[at].first), share_within(inputs[at].total), word.into()]);
    }
    grid
}

/// What chance is called among the inputs.
pub(super) const ANOTHER_SEED: &str = "another seed";

/// Elementary effects, the largest first.
pub(super) fn screening(found: &Sensitivity, influence: &Influence, screening: &Screening) -> Grid {
    let [mu_star, mu, sigma, floor] = ["mu*", "mu", "sigma", "noise floor"].map(GridColumn::numbers);
    let name = GridColumn::words("one step at a time");
    let mut grid = Grid::new([name, mu_star, mu.ranked(2), sigma.ranked(1), floor, GridColumn::words("")]);
    let value = |value| amount(found, influence, value);
    for at in ranked(screening.inputs.iter().map(|input| input.mu_star.value)) {
        let input = &screening.inputs[at];
        grid.row([
            found.ranges[at].key.clone(),
            within(input.mu_star, value),
            value(input.mu.value),
            value(input.sigma),
            value(input.floor),
            stepped(input.bearing).into(),
        ]);
    }
    grid
}

/// What was varied.
pub(super) fn inputs(found: &Sensitivity) -> Grid {
    let mut grid = Grid::new(["input", "range"].map(GridColumn::words));
    found.ranges.iter().for_each(|range| grid.row([range.key.clone(), range.to_string()]));
    grid
}

/// Places of values, the largest first; equal ones in their order.
pub(super) fn ranked(values: impl Iterator<Item = f64>) -> Vec<usize> {
    let mut order: Vec<(usize, f64)> = values.enumerate().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order.into_iter().map(|(at, _)| at).collect()
}
