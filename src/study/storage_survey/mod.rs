//! A finished study of storage runs, from its result files alone: its points, how likely a
//! loss is at each, and which of them are worth what they cost.

mod axis;
mod loss;
mod parts;
mod points;
#[cfg(test)]
pub(crate) mod sample;
mod trade_off;

pub use axis::StorageAxis;
pub use loss::Loss;
pub use parts::StorageParts;
pub use points::{StoragePoint, StoragePoints};
pub use trade_off::TradeOffs;

use super::inputs::NotAStudy;
use crate::results::{Manifest, ResultsError, RunRow, RunTable, TableRow, holds_storage, open};
use std::path::Path;

/// A study of storage runs, or one such run.
#[derive(Debug, Clone)]
pub struct StorageSurvey {
    /// Where the results come from.
    pub manifest: Manifest,
    /// Its runs.
    pub points: StoragePoints,
}

impl StorageSurvey {
    /// Reads the runs in `dir`; nothing where they are of swarms.
    pub fn read(dir: &Path) -> Result<Option<StorageSurvey>, NotAStudy> {
        let unread = |error: ResultsError| NotAStudy { dir: dir.into(), reason: error.to_string() };
        let manifest = Manifest::read(dir).map_err(unread)?;
        if !holds_storage(dir).map_err(unread)? {
            return Ok(None);
        }
        let table = open::<RunRow>(dir).and_then(RunTable::read).map_err(unread)?;
        if table.records.is_empty() {
            let reason = format!("{} has no row", RunRow::KIND.file);
            return Err(NotAStudy { dir: dir.into(), reason });
        }
        Ok(Some(StorageSurvey::of(manifest, &table)))
    }

    /// The same of a table that was read.
    pub(crate) fn of(mut manifest: Manifest, table: &RunTable) -> StorageSurvey {
        // Of the two the one that knows of more: rows may have come from elsewhere.
        let failed = table.records.iter().filter(|record| record.run.is_failed()).count() as u64;
        manifest.runs_failed = manifest.runs_failed.max(failed);
        StorageSurvey { manifest, points: StoragePoints::of(table) }
    }

    /// Planned runs without a result.
    pub fn runs_missing(&self) -> u64 {
        self.manifest.runs_missing + self.manifest.runs_failed
    }
}
