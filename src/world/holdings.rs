//! What a node holds.

use super::{BlockSet, Dataset};
use smallvec::SmallVec;

/// What is held of one dataset: everything below a mark, and a sparse set above it. Small whenever the holdings are nearly contiguous, and constant for a seeder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holding {
    /// The first unit of the dataset.
    first: u32,
    below: u32,
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
    fn includes(&self, other: &Holding) -> bool {
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

/// What a node holds of all datasets: of each that it has anything of, a part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holdings {
    /// By their first units.
    parts: SmallVec<[Holding; 1]>,
}

impl Holdings {
    /// The part that holds `unit`, if any does.
    fn part_at(&self, unit: u32) -> Option<&Holding> {
        match self.parts.as_slice() {
            [only] => Some(only),
            parts => parts[..parts.partition_point(|part| part.first <= unit)].last(),
        }
    }

    /// The part of the dataset whose first unit is `first`, made where it is not there.
    fn part_of(&mut self, first: u32) -> &mut Holding {
        let at = match self.parts.binary_search_by_key(&first, |part| part.first) {
            Ok(at) => at,
            Err(at) => {
                self.parts.insert(at, Holding::new(first));
                at
            }
        };
        &mut self.parts[at]
    }

    /// First units of the datasets of which something is held.
    pub fn firsts(&self) -> impl Iterator<Item = u32> {
        self.parts.iter().filter(|part| !part.is_empty()).map(|part| part.first)
    }

    /// Datasets of which something is or was held.
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Number of units held, of all datasets.
    pub fn len(&self) -> u32 {
        self.parts.iter().map(Holding::len).sum()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of units held of `dataset`.
    pub fn len_of(&self, dataset: &Dataset) -> u32 {
        self.of(dataset).map_or(0, Holding::len)
    }

    /// Whether all of `dataset` is held.
    pub fn has_all(&self, dataset: &Dataset) -> bool {
        self.len_of(dataset) == dataset.units()
    }

    /// Everything of `dataset` below this unit is held; it itself is not.
    pub fn contiguous_of(&self, dataset: &Dataset) -> u32 {
        self.of(dataset).map_or(dataset.first, |part| part.below)
    }

    fn of(&self, dataset: &Dataset) -> Option<&Holding> {
        self.part_at(dataset.first).filter(|part| part.first == dataset.first)
    }

    /// Whether `unit` is held.
    pub fn contains(&self, unit: u32) -> bool {
        self.part_at(unit).is_some_and(|part| part.contains(unit))
    }

    /// Whether all from `start` up to, not including, `end`, units of one dataset, are held.
    pub fn covers(&self, start: u32, end: u32) -> bool {
        start >= end || self.part_at(start).is_some_and(|part| part.covers(start, end))
    }

    /// Whether any from `start` up to, not including, `end`, units of one dataset, is held.
    pub fn touches(&self, start: u32, end: u32) -> bool {
        self.part_at(start).is_some_and(|part| part.touches(start, end))
    }

    /// The members of `set` that are held.
    pub fn held_of(&self, set: &BlockSet) -> BlockSet {
        let mut held = BlockSet::new();
        let (Some(first), Some(last)) = (set.first(), set.last()) else { return held };
        if self.part_at(first).is_some_and(|part| part.first <= first && last < part.below) {
            return set.clone();
        }
        let start = self.parts.partition_point(|part| part.first <= first).saturating_sub(1);
        let parts = &self.parts[start..start + self.parts[start..].partition_point(|part| part.first <= last)];
        let ends = parts.iter().skip(1).map(|part| part.first).chain([u32::MAX]);
        for (part, end) in parts.iter().zip(ends) {
            held.union_with(&part.held_of(&set.within(part.first, end)));
        }
        held
    }

    /// Whether everything that `other` holds of `dataset` is held.
    pub fn includes(&self, other: &Holdings, dataset: &Dataset) -> bool {
        match (self.of(dataset), other.of(dataset)) {
            (_, None) => true,
            (None, Some(theirs)) => theirs.is_empty(),
            (Some(mine), Some(theirs)) => mine.includes(theirs),
        }
    }

    /// First units of the datasets of which `other` holds something that is not held.
    pub fn lacks_of<'a>(&'a self, other: &'a Holdings) -> impl Iterator<Item = u32> + 'a {
        let mut mine = self.parts.iter().peekable();
        let lacks = move |theirs: &&Holding| {
            while mine.next_if(|part| part.first < theirs.first).is_some() {}
            match mine.peek() {
                Some(part) if part.first == theirs.first => !part.includes(theirs),
                _ => !theirs.is_empty(),
            }
        };
        other.parts.iter().filter(lacks).map(|theirs| theirs.first)
    }

    /// Adds `set`, units of `dataset`; returns how many of it were new.
    pub fn add(&mut self, set: &BlockSet, dataset: &Dataset) -> u32 {
        if set.is_empty() { 0 } else { self.part_of(dataset.first).add(set) }
    }

    /// Adds all from `start` up to, not including, `end`, units of `dataset`; returns how
    /// many were new.
    pub fn add_range(&mut self, start: u32, end: u32, dataset: &Dataset) -> u32 {
        if start >= end { 0 } else { self.part_of(dataset.first).add_range(start, end) }
    }

    /// Adds all of `dataset`; returns how many units were new.
    pub fn add_all(&mut self, dataset: &Dataset) -> u32 {
        self.add_range(dataset.first, dataset.end(), dataset)
    }

    /// Takes everything of `dataset` away; returns how many units that were.
    pub fn remove(&mut self, dataset: &Dataset) -> u32 {
        let at = self.parts.binary_search_by_key(&dataset.first, |part| part.first);
        at.map_or(0, |at| self.parts.remove(at).len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Datasets;
    use super::*;
    use crate::units::Bytes;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Datasets of 200, 150, 250 and 100 units.
    fn datasets() -> Datasets {
        let dataset = |units| Dataset { first: 0, size: Bytes(units), block_size: Bytes(1), group: 1, padded: true };
        Datasets::new([200, 150, 250, 100].map(dataset).to_vec())
    }

    proptest! {
        #[test]
        fn holdings_behave_like_a_set(steps in prop::collection::vec((0u32..700, 1u32..90, 0u8..12), 0..60)) {
            let all = datasets();
            let mut holdings = Holdings::default();
            let mut twin = BTreeSet::new();
            for (start, length, how) in steps {
                let dataset = all.at(start);
                let end = (start + length).min(dataset.end());
                let before = twin.len();
                if how == 0 {
                    twin.retain(|unit| !(dataset.first..dataset.end()).contains(unit));
                    prop_assert_eq!(holdings.remove(dataset) as usize, before - twin.len());
                } else {
                    twin.extend(start..end);
                    let new = if how % 2 == 0 {
                        holdings.add_range(start, end, dataset)
                    } else {
                        holdings.add(&BlockSet::range(start, end), dataset)
                    };
                    prop_assert_eq!(new as usize, twin.len() - before);
                }
                prop_assert_eq!(holdings.len() as usize, twin.len());
                prop_assert!((0..800).all(|unit| holdings.contains(unit) == twin.contains(&unit)));
                for dataset in all.iter() {
                    let units = dataset.first..dataset.end();
                    let of = twin.range(units.clone()).count() as u32;
                    prop_assert_eq!((holdings.len_of(dataset), holdings.has_all(dataset)), (of, of == dataset.units()));
                    let first = units.clone().find(|unit| !twin.contains(unit)).unwrap_or(units.end);
                    prop_assert_eq!(holdings.contiguous_of(dataset), first);
                    let middle = units.start + 30;
                    prop_assert_eq!(holdings.covers(middle, units.end), (middle..units.end).all(|u| twin.contains(&u)));
                    prop_assert_eq!(holdings.touches(middle, units.end), (middle..units.end).any(|u| twin.contains(&u)));
                }
                for query in [BlockSet::range(100, 620), BlockSet::range(210, 240), BlockSet::range(340, 360)] {
                    prop_assert_eq!(holdings.held_of(&query), query.iter().filter(|u| twin.contains(u)).collect::<BlockSet>());
                }
            }
        }

        #[test]
        fn one_includes_another_if_nothing_is_left(
            mine in prop::collection::btree_set(0u32..40, 0..40),
            theirs in prop::collection::btree_set(0u32..40, 0..8),
        ) {
            let all = datasets();
            let dataset = all.at(0);
            let hold = |units: &BTreeSet<u32>| {
                let mut holdings = Holdings::default();
                holdings.add(&units.iter().copied().collect(), dataset);
                holdings
            };
            prop_assert_eq!(hold(&mine).includes(&hold(&theirs), dataset), theirs.is_subset(&mine));
        }
    }
}
