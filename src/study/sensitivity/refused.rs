//! Values that cannot be run together, and whose ranges are to blame.

use super::SensitivityError;
use crate::scenario::{Base, Range};
use crate::study::{Cell, PlanError, Values};

/// What `error`, of the point at `shares` of all `ranges`, says to whoever gave these.
pub(super) fn refused(base: &Base, error: PlanError, ranges: &[Range], shares: &[f64]) -> SensitivityError {
    let PlanError::Point { point, source } = error else { return error.into() };
    let without = |left_out: usize| {
        let others = ranges.iter().zip(shares).enumerate().filter(|(index, _)| *index != left_out);
        let values = others.map(|(_, (range, share))| (range.key.clone(), range.at(*share)));
        Cell::with(base, Values(values.collect()))
    };
    let to_blame = (0..ranges.len()).filter(|index| without(*index).is_ok());
    let names: Vec<String> = to_blame.map(|index| format!("`{}`", ranges[index].key)).collect();
    let narrow = match names.as_slice() {
        [] => "narrow the ranges".into(),
        [one] => format!("narrow the range of {one}: with its value in the scenario the point can be run"),
        several => format!(
            "narrow the range of {}: with the value of either in the scenario the point can be run",
            several.join(" or of ")
        ),
    };
    SensitivityError::Refused { point, source, narrow }
}
