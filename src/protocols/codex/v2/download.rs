//! What a node wants of all datasets and how each wanted block stands, and of each
//! download the sliding window (Codex `engine/pendingblocks.nim`; `node.nim`,
//! `fetchBatched`).

use super::Params;
use crate::protocols::codex::wanted::Turn;
use crate::protocols::parts::{UnitCursor, Wakeup};
use crate::units::Time;
use crate::world::{BlockSet, Part};
use std::collections::BTreeMap;
use std::ops::Range;

/// What a node wants, of all its downloads.
#[derive(Debug, Default)]
pub(super) struct Wants {
    /// Wanted and not here.
    pub pending: BlockSet,
    /// The part of `pending` that some peer was asked to send.
    pub requested: BlockSet,
    /// How often something was added to `pending`. (The node compares times, and
    /// no two of its events have the same.)
    pub inclusions: u64,
    /// When peers were last searched for.
    pub last_search: Option<Time>,
    /// Whose turn it is when several downloads need peers. (In the original it is that of
    /// the block whose task runs first: inferred.)
    pub turn: Turn,
    /// Blocks to be tried again, by time.
    waiting: BTreeMap<Time, BlockSet>,
    pub retry_timer: Wakeup,
}

impl Wants {
    /// Adds `set` to what is wanted.
    pub fn include(&mut self, set: &BlockSet) {
        self.pending.union_with(set);
        self.inclusions += 1;
    }

    /// Has `set` tried again at `when`.
    pub fn retry_at(&mut self, when: Time, set: BlockSet) {
        if !set.is_empty() {
            self.waiting.entry(when).or_default().union_with(&set);
        }
    }

    /// The earliest time at which something is to be tried again.
    pub fn next_retry(&self) -> Option<Time> {
        self.waiting.keys().next().copied()
    }

    /// Takes what is to be tried again by `now`.
    pub fn due(&mut self, now: Time) -> BlockSet {
        let mut due = BlockSet::new();
        while let Some(first) = self.waiting.first_entry().filter(|first| *first.key() <= now) {
            due.union_with(&first.remove());
        }
        due
    }

    /// `set` is here, or wanted no more.
    pub fn resolve(&mut self, set: &BlockSet) {
        self.pending.subtract(set);
        self.requested.subtract(set);
    }
}

/// One download: a window of wanted blocks.
#[derive(Debug)]
pub(super) struct Download {
    /// What is fetched.
    pub part: Part,
    /// The next units to join the window.
    pub next: UnitCursor,
    /// Units completed since the window was last refilled.
    completed: u32,
}

impl Download {
    /// One of these units.
    pub fn new(part: Part, units: Range<u32>) -> Self {
        Download { part, next: UnitCursor::over(units), completed: 0 }
    }

    /// Notes `count` completions; how many new units that lets into the window.
    pub fn refill_due(&mut self, count: u32, params: &Params, group: u32) -> u32 {
        let threshold = refill_units(params, group);
        self.completed += count;
        if self.completed < threshold {
            return 0;
        }
        // The original refills one by one and starts counting anew each time.
        let refills = self.completed / threshold;
        self.completed %= threshold;
        refills * threshold
    }
}

/// Units that fit into the window, at least one.
pub(super) fn window_units(params: &Params, group: u32) -> u32 {
    (params.window / group).max(1)
}

fn refill_units(params: &Params, group: u32) -> u32 {
    let blocks = (f64::from(params.window) * params.refill_threshold) as u32;
    (blocks / group).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::codex::v2::test_params;

    #[test]
    fn the_window_is_refilled_by_768_after_768() {
        let mut download = Download::new(Part::File, 0..9000);
        let params = test_params();
        assert_eq!(window_units(&params, 1), 1024);
        assert_eq!(download.refill_due(767, &params, 1), 0);
        assert_eq!(download.refill_due(1, &params, 1), 768);
        assert_eq!(download.refill_due(20, &params, 1), 0);
    }

    #[test]
    fn retries_come_due_by_time() {
        let mut wants = Wants::default();
        wants.retry_at(Time::from_secs(3), BlockSet::one(1));
        wants.retry_at(Time::from_secs(2), BlockSet::one(2));
        wants.retry_at(Time::from_secs(3), BlockSet::one(4));
        assert_eq!(wants.next_retry(), Some(Time::from_secs(2)));
        assert_eq!(wants.due(Time::from_secs(2)), BlockSet::one(2));
        assert_eq!(wants.due(Time::from_secs(3)), [1, 4].into_iter().collect());
        assert_eq!(wants.next_retry(), None);
    }
}
