//! Storage runs: one run, and studies of them.

mod points;
mod run;

pub use points::{StoragePoints, table};
pub use run::kept;

use super::human;
use crate::results::StorageRow;

/// A probability: `1.6e-2`, or `0`.
fn probability(value: f64) -> String {
    if value == 0.0 { "0".into() } else { format!("{value:.2e}") }
}

/// A probability with its interval.
fn with_interval(value: f64, interval: Option<(f64, f64)>) -> String {
    match interval {
        Some((low, high)) => format!("{} ({} .. {})", probability(value), probability(low), probability(high)),
        None => probability(value),
    }
}

/// What was run, in a line.
fn title(row: &StorageRow) -> String {
    let size = human::bytes(row.dataset_bytes as f64);
    let ages = match row.host_ages.as_str() {
        "memoryless" => "lives without memory".into(),
        ages => format!("{ages} host ages"),
    };
    format!(
        "{}: {} datasets of {size} as {} of {} slots on {} hosts, {}, for {}, {ages}, seed {}",
        row.scenario,
        row.datasets,
        row.k,
        row.n,
        row.hosts,
        row.system,
        human::seconds(row.horizon_s),
        row.seed
    )
}
