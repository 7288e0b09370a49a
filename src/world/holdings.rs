//! What a node holds.

use super::code::Words;
use super::{BlockSet, Dataset, Holding, Part};
use smallvec::SmallVec;

/// What a node holds of one dataset and, where that has a code, of each of its code words.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    held: Holding,
    words: Option<Box<Words>>,
}

impl Held {
    fn new(dataset: &Dataset) -> Self {
        let words = dataset.code.map(|_| Box::new(Words::new(dataset)));
        Held { held: Holding::new(dataset.first), words }
    }

    /// Adds what `add` adds of `units`; returns how many were new.
    fn add(
        &mut self,
        units: impl Iterator<Item = u32>,
        dataset: &Dataset,
        add: impl FnOnce(&mut Holding) -> u32,
    ) -> u32 {
        let Held { held, words } = self;
        let Some(words) = words else { return add(held) };
        units.filter(|unit| !held.contains(*unit)).for_each(|unit| words.add(unit, dataset));
        let new = add(held);
        words.advance(dataset, |unit| held.contains(unit));
        new
    }
}

/// How far a node is with what it wants of a dataset, in units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Advance {
    /// What it has of it.
    pub held: u32,
    /// What can be read in order, from the beginning.
    pub in_order: u32,
}

/// What a node holds of all datasets: of each that it has anything of, a part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holdings {
    /// By their first units.
    parts: SmallVec<[Held; 1]>,
}

impl Holdings {
    /// The part that holds `unit`, if any does.
    fn part_at(&self, unit: u32) -> Option<&Held> {
        match self.parts.as_slice() {
            [only] => Some(only),
            parts => parts[..parts.partition_point(|part| part.held.first <= unit)].last(),
        }
    }

    /// The part of `dataset`, made where it is not there.
    fn part_of(&mut self, dataset: &Dataset) -> &mut Held {
        let at = match self.parts.binary_search_by_key(&dataset.first, |part| part.held.first) {
            Ok(at) => at,
            Err(at) => {
                self.parts.insert(at, Held::new(dataset));
                at
            }
        };
        &mut self.parts[at]
    }

    /// First units of the datasets of which something is held.
    pub fn firsts(&self) -> impl Iterator<Item = u32> {
        self.parts.iter().filter(|part| !part.held.is_empty()).map(|part| part.held.first)
    }

    /// Datasets of which something is or was held.
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Number of units held, of all datasets.
    pub fn len(&self) -> u32 {
        self.parts.iter().map(|part| part.held.len()).sum()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of units held of `dataset`.
    pub fn len_of(&self, dataset: &Dataset) -> u32 {
        self.of(dataset).map_or(0, |part| part.held.len())
    }

    /// Whether all of `dataset` is held.
    pub fn has_all(&self, dataset: &Dataset) -> bool {
        self.len_of(dataset) == dataset.units()
    }

    /// Everything of `dataset` below this unit is held; it itself is not.
    pub fn contiguous_of(&self, dataset: &Dataset) -> u32 {
        self.of(dataset).map_or(dataset.first, |part| part.held.below)
    }

    fn of(&self, dataset: &Dataset) -> Option<&Held> {
        self.part_at(dataset.first).filter(|part| part.held.first == dataset.first)
    }

    /// How far this is with `part` of `dataset`; of a file with a code that is how much of
    /// it can be had from what is held.
    pub fn advance_of(&self, dataset: &Dataset, part: Part) -> Advance {
        let Some(Held { held, words }) = self.of(dataset) else { return Advance::default() };
        let Some(words) = words else {
            return Advance { held: held.len(), in_order: held.below - dataset.first };
        };
        match part {
            Part::Slot(slot) => {
                let held = words.held_of_slot(slot); // nobody reads a slot in order
                Advance { held, in_order: held }
            }
            Part::File | Part::Rebuilt(_) => {
                Advance { held: words.useful(), in_order: words.in_order() - dataset.first }
            }
        }
    }

    /// Whether what is held gives `part` of `dataset`.
    pub fn meets(&self, dataset: &Dataset, part: Part) -> bool {
        part.slot().map_or_else(|| self.reads_all(dataset), |slot| self.has_slot(dataset, slot))
    }

    /// Number of units held of `dataset` that its code words need; without a code all.
    pub fn useful_of(&self, dataset: &Dataset) -> u32 {
        self.of(dataset).map_or(0, |part| part.words.as_ref().map_or(part.held.len(), |words| words.useful()))
    }

    /// Number of units of parity held of `dataset`.
    pub fn parity_of(&self, dataset: &Dataset) -> u32 {
        self.of(dataset).and_then(|part| part.words.as_ref()).map_or(0, |words| words.parity())
    }

    /// Whether all of `slot` of `dataset` is held.
    pub fn has_slot(&self, dataset: &Dataset, slot: u16) -> bool {
        let row = dataset.slot(slot);
        self.covers(row.start, row.end)
    }

    /// Whether code word `word` of `dataset` can be decoded.
    pub fn reads(&self, dataset: &Dataset, word: u32) -> bool {
        let words = self.of(dataset).and_then(|part| part.words.as_ref());
        words.map_or(dataset.needed(word) == 0, |words| words.reads(word, dataset))
    }

    /// Whether the whole file can be had from what is held of `dataset`.
    pub fn reads_all(&self, dataset: &Dataset) -> bool {
        let Some(part) = self.of(dataset) else { return false };
        part.words.as_ref().map_or(part.held.len() == dataset.units(), |words| words.reads_all())
    }

    /// Whether `unit` is held.
    pub fn contains(&self, unit: u32) -> bool {
        self.part_at(unit).is_some_and(|part| part.held.contains(unit))
    }

    /// Whether all from `start` up to, not including, `end`, units of one dataset, are held.
    pub fn covers(&self, start: u32, end: u32) -> bool {
        start >= end || self.part_at(start).is_some_and(|part| part.held.covers(start, end))
    }

    /// Whether any from `start` up to, not including, `end`, units of one dataset, is held.
    pub fn touches(&self, start: u32, end: u32) -> bool {
        self.part_at(start).is_some_and(|part| part.held.touches(start, end))
    }

    /// The members of `set` that are held.
    pub fn held_of(&self, set: &BlockSet) -> BlockSet {
        let mut held = BlockSet::new();
        let (Some(first), Some(last)) = (set.first(), set.last()) else { return held };
        if self.part_at(first).is_some_and(|Held { held, .. }| held.first <= first && last < held.below) {
            return set.clone();
        }
        let start = self.parts.partition_point(|part| part.held.first <= first).saturating_sub(1);
        let parts = &self.parts[start..start + self.parts[start..].partition_point(|part| part.held.first <= last)];
        let ends = parts.iter().skip(1).map(|part| part.held.first).chain([u32::MAX]);
        for (Held { held: part, .. }, end) in parts.iter().zip(ends) {
            held.union_with(&part.held_of(&set.within(part.first, end)));
        }
        held
    }

    /// Whether everything that `other` holds of `dataset` is held.
    pub fn includes(&self, other: &Holdings, dataset: &Dataset) -> bool {
        match (self.of(dataset), other.of(dataset)) {
            (_, None) => true,
            (None, Some(theirs)) => theirs.held.is_empty(),
            (Some(mine), Some(theirs)) => mine.held.includes(&theirs.held),
        }
    }

    /// First units of the datasets of which `other` holds something that is not held.
    pub fn lacks_of<'a>(&'a self, other: &'a Holdings) -> impl Iterator<Item = u32> + 'a {
        let mut mine = self.parts.iter().peekable();
        let lacks = move |theirs: &&Held| {
            let theirs = &theirs.held;
            while mine.next_if(|part| part.held.first < theirs.first).is_some() {}
            match mine.peek() {
                Some(part) if part.held.first == theirs.first => !part.held.includes(theirs),
                _ => !theirs.is_empty(),
            }
        };
        other.parts.iter().filter(lacks).map(|theirs| theirs.held.first)
    }

    /// Adds `set`, units of `dataset`; returns how many of it were new.
    pub fn add(&mut self, set: &BlockSet, dataset: &Dataset) -> u32 {
        if set.is_empty() { 0 } else { self.part_of(dataset).add(set.iter(), dataset, |held| held.add(set)) }
    }

    /// Adds all from `start` up to, not including, `end`, units of `dataset`; returns how
    /// many were new.
    pub fn add_range(&mut self, start: u32, end: u32, dataset: &Dataset) -> u32 {
        if start >= end {
            return 0;
        }
        self.part_of(dataset).add(start..end, dataset, |held| held.add_range(start, end))
    }

    /// Adds all of `dataset`; returns how many units were new.
    pub fn add_all(&mut self, dataset: &Dataset) -> u32 {
        self.add_range(dataset.first, dataset.end(), dataset)
    }

    /// Takes everything of `dataset` away; returns how many units that were.
    pub fn remove(&mut self, dataset: &Dataset) -> u32 {
        let at = self.parts.binary_search_by_key(&dataset.first, |part| part.held.first);
        at.map_or(0, |at| self.parts.remove(at).held.len())
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
        let dataset = |units| Dataset::new(Bytes(units), Bytes(1), 1, None);
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
