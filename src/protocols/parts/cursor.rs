//! A place in the dataset.

use crate::world::{BlockSet, Dataset, Holdings};
use std::ops::Range;

/// Hands units of a dataset out in order, each once.
#[derive(Debug)]
pub(in crate::protocols) struct UnitCursor {
    start: u32,
    /// Everything from the start up to this was handed out or held.
    next: u32,
    end: u32,
}

impl UnitCursor {
    /// One that hands out `range`.
    pub fn over(range: Range<u32>) -> Self {
        UnitCursor { start: range.start, next: range.start, end: range.end }
    }

    /// How many of `set` were handed out.
    pub fn count_of(&self, set: &BlockSet) -> u32 {
        set.count_below(self.next) - set.count_below(self.start)
    }

    /// The next `count` units of `dataset`, of those that are not held.
    pub fn take(&mut self, count: u32, dataset: &Dataset, store: &Holdings) -> BlockSet {
        let mut set = BlockSet::new();
        let mut taken = 0;
        self.next = self.next.max(store.contiguous_of(dataset));
        while taken < count && self.next < self.end {
            if !store.contains(self.next) {
                set.insert(self.next);
                taken += 1;
            }
            self.next += 1;
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::dataset;
    use super::*;

    #[test]
    fn what_is_held_is_never_handed_out_nor_anything_twice() {
        let dataset = dataset(18);
        let mut store = Holdings::default();
        store.add_range(0, 10, &dataset);
        store.add_range(12, 14, &dataset);
        let mut cursor = UnitCursor::over(0..18);
        let mut take = |count| cursor.take(count, &dataset, &store).iter().collect::<Vec<_>>();
        assert_eq!([take(4), take(9), take(1)], [vec![10, 11, 14, 15], vec![16, 17], vec![]]);
    }
}
