//! How much is kept of a run.

use crate::results::{HostRow, NodeRow, PartRow, ProgressRow, TrafficRow};
use crate::sim::Keep;

/// How much is kept of a run besides its row of `runs.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// Which tables.
    pub tables: Keep,
    /// Steps in which the downloads were noted; 0 when they were not.
    pub progress_steps: u32,
}

impl Kept {
    /// Whether the table at `place` of [`crate::results::PARTS`] is there.
    pub fn has(self, place: usize) -> bool {
        match self.tables {
            Keep::Row => false,
            Keep::Nodes => [NodeRow::PLACE, HostRow::PLACE, TrafficRow::PLACE].contains(&place),
            Keep::All => true,
        }
    }

    /// Whether this serves one who wants `wanted`. What nobody wants does no harm.
    pub(super) fn serves(self, wanted: Kept) -> bool {
        let steps = !wanted.has(ProgressRow::PLACE) || [0, self.progress_steps].contains(&wanted.progress_steps);
        self.tables >= wanted.tables && steps
    }

    /// As it stands in the first line of a row file.
    pub(super) fn words(self) -> String {
        format!("{} kept, progress in {}", self.tables.name(), self.progress_steps)
    }

    pub(super) fn read(words: &str) -> Option<Kept> {
        let (tables, steps) = words.split_once(" kept, progress in ")?;
        let tables = Keep::ALL.into_iter().find(|keep| keep.name() == tables)?;
        Some(Kept { tables, progress_steps: steps.parse().ok()? })
    }
}
