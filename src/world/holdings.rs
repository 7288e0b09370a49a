//! What a node holds.

use super::BlockSet;
use smallvec::SmallVec;

/// What a node holds: everything below a mark, and a sparse set above it. Small
/// whenever the holdings are nearly contiguous, and constant for a seeder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holdings {
    below: u32,
    above: BlockSet,
    /// Number of members of `above`, so that nobody has to count a set that may
    /// span the file.
    ahead: u32,
}

impl Holdings {
    /// Everything below `end`.
    pub fn prefix(end: u32) -> Self {
        Holdings { below: end, ..Holdings::default() }
    }

    /// Number of units held.
    pub fn len(&self) -> u32 {
        self.below + self.ahead
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Everything below this unit is held; it itself is not.
    pub fn contiguous(&self) -> u32 {
        self.below
    }

    /// Whether `unit` is held.
    pub fn contains(&self, unit: u32) -> bool {
        unit < self.below || self.above.contains(unit)
    }

    /// Whether all from `start` up to, not including, `end` are held.
    pub fn covers(&self, start: u32, end: u32) -> bool {
        self.above.covers(start.max(self.below), end)
    }

    /// Whether any from `start` up to, not including, `end` is held.
    pub fn touches(&self, start: u32, end: u32) -> bool {
        start < end && (start < self.below || self.above.touches(start, end))
    }

    /// The members of `set` that are held.
    pub fn held_of(&self, set: &BlockSet) -> BlockSet {
        if set.last().is_none_or(|last| last < self.below) {
            return set.clone();
        }
        let mut held = set.clone();
        held.truncate(self.below);
        held.union_with(&set.intersection(&self.above));
        held
    }

    /// Whether everything that `other` holds is held.
    pub fn includes(&self, other: &Holdings) -> bool {
        self.covers(0, other.below) && self.held_of(&other.above).len() == other.ahead
    }

    /// Adds `set`; returns how many of it were new.
    pub fn add(&mut self, set: &BlockSet) -> u32 {
        let before = self.len();
        match (set.first(), set.last()) {
            // A run that continues the prefix costs nothing per unit.
            (Some(first), Some(last)) if first <= self.below && last - first + 1 == set.len() => {
                self.extend_to(last + 1);
            }
            (Some(first), _) if first >= self.below => {
                self.above.union_with(set);
                self.ahead = self.above.len();
                self.absorb();
            }
            _ => {
                for unit in set.iter().filter(|unit| *unit >= self.below) {
                    self.ahead += u32::from(self.above.insert(unit));
                }
                self.absorb();
            }
        }
        self.len() - before
    }

    /// Adds all from `start` up to, not including, `end`; returns how many were new.
    pub fn add_range(&mut self, start: u32, end: u32) -> u32 {
        let before = self.len();
        if start <= self.below {
            self.extend_to(end);
        } else {
            self.ahead += self.above.insert_range(start, end);
        }
        self.len() - before
    }

    fn extend_to(&mut self, end: u32) {
        if end > self.below {
            self.below = end;
            let behind: SmallVec<[u32; 64]> = self.above.iter().take_while(|unit| *unit < end).collect();
            self.ahead -= behind.len() as u32;
            behind.iter().for_each(|unit| {
                self.above.remove(*unit);
            });
            self.absorb();
        }
    }

    fn absorb(&mut self) {
        while self.ahead > 0 && self.above.remove(self.below) {
            self.below += 1;
            self.ahead -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn holdings_behave_like_a_set(steps in prop::collection::vec((0u32..600, 1u32..90, prop::bool::ANY), 0..60)) {
            let mut holdings = Holdings::default();
            let mut twin = BTreeSet::new();
            for (start, length, as_range) in steps {
                let before = twin.len();
                twin.extend(start..start + length);
                let new = if as_range {
                    holdings.add_range(start, start + length)
                } else {
                    holdings.add(&BlockSet::range(start, start + length))
                };
                prop_assert_eq!(new as usize, twin.len() - before);
                prop_assert_eq!(holdings.len() as usize, twin.len());
                prop_assert!((0..700).all(|unit| holdings.contains(unit) == twin.contains(&unit)));
                prop_assert_eq!(holdings.covers(start, start + 2 * length), (start..start + 2 * length).all(|unit| twin.contains(&unit)));
                prop_assert_eq!(holdings.touches(start + length, 650), (start + length..650).any(|unit| twin.contains(&unit)));
                prop_assert_eq!(holdings.contiguous(), (0..).find(|unit| !twin.contains(unit)).unwrap());
                let query = BlockSet::range(100, 500);
                prop_assert_eq!(holdings.held_of(&query), (100..500).filter(|u| twin.contains(u)).collect::<BlockSet>());
            }
        }
    }
}
