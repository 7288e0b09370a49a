//! What is held of one dataset.

use super::BlockSet;
use smallvec::SmallVec;

/// What is held of one dataset: everything below a mark, and a sparse set above it. Small whenever the holdings are nearly contiguous, and constant for a seeder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holding {
    /// The first unit of the dataset.
    pub(super) first: u32,
    pub(super) below: u32,
    above: BlockSet,
    /// Number of members of `above`, so that nobody has to count a set that may
    /// span the file.
    ahead: u32,
}

impl Holding {
    /// Nothing yet of what begins with unit `first`.
    pub fn new(first: u32) -> Self {
        Holding { first, below: first, above: BlockSet::new(), ahead: 0 }
    }

    /// Number of units held.
    pub fn len(&self) -> u32 {
        self.below - self.first + self.ahead
    }

    /// Whether `unit` is held.
    pub fn contains(&self, unit: u32) -> bool {
        (self.first..self.below).contains(&unit) || self.above.contains(unit)
    }

    /// Whether all from `start` up to, not including, `end` are held.
    pub fn covers(&self, start: u32, end: u32) -> bool {
        self.first <= start && self.above.covers(start.max(self.below), end)
    }

    /// Whether any from `start` up to, not including, `end` is held.
    pub fn touches(&self, start: u32, end: u32) -> bool {
        let start = start.max(self.first);
        start < end && (start < self.below || self.above.touches(start, end))
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Everything below this unit is held; it itself is not.
    pub fn contiguous(&self) -> u32 {
        self.below
    }

    /// The members of `set` that are held.
    pub fn held_of(&self, set: &BlockSet) -> BlockSet {
        let mut held = set.clone();
        if set.first().is_some_and(|first| first < self.first) {
            held.remove_below(self.first);
        }
        if set.last().is_none_or(|last| last < self.below) {
            return held;
        }
        held.truncate(self.below);
        held.union_with(&set.intersection(&self.above));
        held
    }

    /// Everything that `other`, of the same dataset, holds is held.
    pub(super) fn includes(&self, other: &Holding) -> bool {
        self.covers(other.first, other.below) && self.above.includes_from(self.below, &other.above)
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
