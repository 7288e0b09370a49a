//! A place in the dataset.

use crate::world::{BlockSet, Holdings};

/// Hands the units of a dataset out in order, each once.
#[derive(Debug, Default)]
pub(in crate::protocols) struct Cursor {
    /// Everything before this was handed out or held.
    next: u32,
}

impl Cursor {
    /// The next `count` of `units` units, of those that are not held.
    pub fn take(&mut self, count: u32, units: u32, store: &Holdings) -> BlockSet {
        let mut set = BlockSet::new();
        let mut taken = 0;
        self.next = self.next.max(store.contiguous());
        while taken < count && self.next < units {
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
    use super::*;

    #[test]
    fn what_is_held_is_never_handed_out_nor_anything_twice() {
        let mut store = Holdings::prefix(10);
        store.add_range(12, 14);
        let mut cursor = Cursor::default();
        let mut take = |count| cursor.take(count, 18, &store).iter().collect::<Vec<_>>();
        assert_eq!([take(4), take(9), take(1)], [vec![10, 11, 14, 15], vec![16, 17], vec![]]);
    }
}
