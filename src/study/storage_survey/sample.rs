//! Storage runs made by hand.

use super::{StoragePoint, StoragePoints};
use crate::results::{Record, RunRow, RunTable, StorageRow};

/// A run of a year of a system, with such a loss of a dataset (within a tenth of it) and the
/// values of swept keys.
pub fn record(system: &str, seed: u64, loss: f64, extra: &[&str]) -> Record {
    let row = StorageRow { system: system.into(), seed, ..row(1.5, 0.7, loss, 0.1) };
    Record { run: RunRow::from(&row), storage: Some(row), extra: extra.iter().map(|value| value.to_string()).collect() }
}

/// The table of these runs.
pub fn table(extra: &[&str], records: &[Record]) -> RunTable {
    RunTable { extra: extra.iter().map(|key| key.to_string()).collect(), records: records.to_vec() }
}

/// A run for each (overhead, repair traffic, loss, half of its interval as a share of it), at
/// points that are numbered by the key `k`.
pub fn points(of: &[(f64, f64, f64, f64)]) -> StoragePoints {
    let point = |(at, (overhead, repair, loss, half)): (usize, &(f64, f64, f64, f64))| StoragePoint {
        values: vec![at.to_string()],
        runs: vec![row(*overhead, *repair, *loss, *half)],
    };
    let mut all = StoragePoints::new(vec!["k".into()]);
    all.points = of.iter().enumerate().map(point).collect();
    all
}

fn row(overhead: f64, repair: f64, loss: f64, half: f64) -> StorageRow {
    StorageRow {
        run_id: format!("{overhead} {repair} {loss}"),
        scenario: "kept".into(),
        system: "codex".into(),
        status: "complete".into(),
        hosts: 20,
        datasets: 10,
        dataset_bytes: 1_000_000_000,
        units_per_dataset: 1,
        k: 4,
        n: 6,
        histories: 1,
        horizon_s: 365.0 * 86_400.0,
        overhead,
        repair_per_stored_byte_year: Some(repair),
        repair_per_host_bps: Some(1e4),
        dataset_loss: Some(loss),
        dataset_loss_low: Some(loss * (1.0 - half)),
        dataset_loss_high: Some(loss * (1.0 + half)),
        any_loss: Some(loss),
        any_loss_low: Some(loss * (1.0 - half)),
        any_loss_high: Some(loss * (1.0 + half)),
        ..StorageRow::default()
    }
}
