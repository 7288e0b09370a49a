//! What a download of v1 or of the sister forks asks for by itself: blocks in order, a
//! batch at a time, the next when all are here (`codex/node.nim`, `fetchBatched`).

use crate::protocols::parts::UnitCursor;
use crate::world::{BlockSet, Dataset, Holdings, Part};
use std::ops::Range;

/// The batches of a download.
#[derive(Debug)]
pub(super) struct Batches {
    /// What is fetched.
    pub part: Part,
    next: UnitCursor,
    /// What of the last batch has not come.
    left: BlockSet,
}

impl Batches {
    pub fn new(part: Part, units: Range<u32>) -> Self {
        Batches { part, next: UnitCursor::over(units), left: BlockSet::new() }
    }

    /// The next batch; empty at the end.
    pub fn take(&mut self, count: u32, dataset: &Dataset, store: &Holdings) -> BlockSet {
        self.left = self.next.take(count, dataset, store);
        self.left.clone()
    }

    /// `set` is here; whether that was the last of a batch.
    pub fn came(&mut self, set: &BlockSet) -> bool {
        let waited = !self.left.is_empty();
        if waited {
            self.left.subtract(set);
        }
        waited && self.left.is_empty()
    }
}
