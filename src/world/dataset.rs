//! Datasets: how files become blocks, and all blocks one row of units.

use super::{BlockSet, Code};
use crate::units::Bytes;

/// Names a dataset: its index among all datasets of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DatasetId(pub u32);

impl DatasetId {
    /// As an index into arrays of datasets.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A file cut into blocks. Blocks are counted and moved in *units* of `group`
/// consecutive blocks; with `group` 1 a unit is a block. The units of all datasets of a
/// run stand in one row, each dataset behind the one before: a set of units may be of
/// many datasets, as the want list of a node is. With an erasure code the units of its
/// parity stand behind those of the file ([`Code`]); a code word is then made of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dataset {
    /// The first of its units in the row of all.
    pub first: u32,
    /// Size of the file.
    pub size: Bytes,
    /// Size of a block; the last one may be shorter.
    pub block_size: Bytes,
    /// Blocks per unit.
    pub group: u32,
    /// Whether the last block is filled up to `block_size`; the protocol says
    /// ([`crate::protocol::Protocol::PADS`]).
    pub padded: bool,
    /// Its erasure code, if it has one.
    pub code: Option<Code>,
    /// Blocks of the file.
    data_blocks: u64,
    /// Units of the file.
    data_units: u32,
    /// Units of the file and its parity.
    units: u32,
    /// Code words.
    words: u32,
}

impl Dataset {
    /// A file of `size`, its last block filled up; its units are the first of all.
    pub fn new(size: Bytes, block_size: Bytes, group: u32, code: Option<Code>) -> Self {
        let data_blocks = size.get().div_ceil(block_size.get());
        let data_units = data_blocks.div_ceil(u64::from(group)) as u32;
        let words = code.map_or(0, |code| data_units.div_ceil(u32::from(code.k)));
        let units = data_units + code.map_or(0, |code| u32::from(code.m) * words);
        Dataset { first: 0, size, block_size, group, padded: true, code, data_blocks, data_units, units, words }
    }

    /// The same with a last block as short as it is.
    pub fn unpadded(self) -> Self {
        Dataset { padded: false, ..self }
    }

    /// Number of blocks: `ceil(size / block_size)` of the file, and those of its parity.
    pub fn blocks(&self) -> u64 {
        self.data_blocks + u64::from(self.units - self.data_units) * u64::from(self.group)
    }

    /// Leaves of its Merkle tree: its blocks and, with a code, the zeros between the file
    /// and the parity.
    pub fn leaves(&self) -> u64 {
        let coded = |code: Code| u64::from(self.words()) * u64::from(code.slots()) * u64::from(self.group);
        self.code.map_or(self.data_blocks, coded)
    }

    /// The place of block `block`, counted from the first of the dataset, in the tree.
    pub fn leaf(&self, block: u64) -> u64 {
        if block < self.data_blocks { block } else { block + self.leaves() - self.blocks() }
    }

    /// How many blocks have places before `leaf` in the tree, if there are so many.
    pub fn blocks_before(&self, leaf: u64) -> u64 {
        let zeros = self.leaves() - self.blocks();
        if leaf <= self.data_blocks { leaf } else { leaf.saturating_sub(zeros).max(self.data_blocks) }
    }

    /// Number of units of the file, `ceil(blocks / group)`.
    pub fn data_units(&self) -> u32 {
        self.data_units
    }

    /// Number of code words, which is that of the units in a full row; none without a code.
    pub fn words(&self) -> u32 {
        self.words
    }

    /// Number of units, those of the parity among them.
    pub fn units(&self) -> u32 {
        self.units
    }

    /// The unit after its last.
    pub fn end(&self) -> u32 {
        self.first + self.units
    }

    /// The last unit of its file, the only one that may be short.
    pub fn last(&self) -> u32 {
        self.first + self.data_units - 1
    }

    /// Number of blocks in unit `unit`; the last unit of the file may be short.
    pub fn blocks_in(&self, unit: u32) -> u64 {
        let group = u64::from(self.group);
        if unit == self.last() { self.data_blocks - u64::from(self.data_units - 1) * group } else { group }
    }

    /// Number of blocks in `units` units, of which the last of the file is
    /// one when `with_last`.
    pub fn blocks_of(&self, units: u64, with_last: bool) -> u64 {
        let full = units * u64::from(self.group);
        if with_last { full - (u64::from(self.group) - self.blocks_in(self.last())) } else { full }
    }

    /// Bytes of the last block.
    pub fn last_block(&self) -> u64 {
        let whole = self.block_size.get();
        if self.padded { whole } else { self.size.get() - (self.data_blocks - 1) * whole }
    }

    /// Bytes of block data in `units` units, of which the last of the file is
    /// one when `with_last`.
    pub fn bytes_of(&self, units: u64, with_last: bool) -> u64 {
        let whole = self.block_size.get();
        let blocks = self.blocks_of(units, with_last);
        if with_last { (blocks - 1) * whole + self.last_block() } else { blocks * whole }
    }

    /// Bytes of block data in unit `unit`.
    pub fn bytes_in(&self, unit: u32) -> u64 {
        self.bytes_of(1, unit == self.last())
    }

    /// Bytes of block data of all of it.
    pub fn bytes(&self) -> Bytes {
        Bytes(self.bytes_of(u64::from(self.units()), true))
    }

    /// How many of `set` are of this dataset, and whether the last unit of its file is among them.
    pub fn count_of(&self, set: &BlockSet) -> (u32, bool) {
        let (end, last) = (self.end(), set.last());
        if self.first == 0 && last.is_none_or(|last| last < end) {
            return (set.len(), last.is_some_and(|last| last >= self.last()) && set.contains(self.last()));
        }
        let count = set.count_within(self.first, self.end());
        (count, count > 0 && set.contains(self.last()))
    }

    /// The members of `set` that are units of this dataset.
    pub fn part_of(&self, set: &BlockSet) -> BlockSet {
        set.within(self.first, self.end())
    }

    /// Depth of the Merkle tree over the blocks, `max(1, ceil(log2 n))`
    /// (Codex `codex/merkletree/merkletree.nim`).
    pub fn tree_depth(&self) -> u32 {
        let n = self.leaves();
        if n <= 2 { 1 } else { 64 - (n - 1).leading_zeros() }
    }
}

/// All datasets of a run, in the order of their units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datasets(Vec<Dataset>);

impl Datasets {
    /// Puts datasets one behind the other; there is at least one.
    pub fn new(mut list: Vec<Dataset>) -> Self {
        let mut next = 0;
        for dataset in &mut list {
            dataset.first = next;
            next = dataset.end();
        }
        Datasets(list)
    }

    /// Says whether last blocks are filled up.
    pub fn set_padded(&mut self, padded: bool) {
        self.0.iter_mut().for_each(|dataset| dataset.padded = padded);
    }

    /// How many there are.
    pub fn len(&self) -> u32 {
        self.0.len() as u32
    }

    /// Whether there is none; there always is one.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of all.
    pub fn ids(&self) -> impl Iterator<Item = DatasetId> + use<> {
        (0..self.len()).map(DatasetId)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Dataset> {
        self.0.iter()
    }

    /// The dataset `id`.
    pub fn get(&self, id: DatasetId) -> &Dataset {
        &self.0[id.index()]
    }

    /// The dataset that `unit` is of.
    pub fn of(&self, unit: u32) -> DatasetId {
        if self.0.len() == 1 {
            return DatasetId(0);
        }
        let behind = self.0.partition_point(|dataset| dataset.first <= unit);
        DatasetId(behind.saturating_sub(1) as u32)
    }

    /// The dataset that `unit` is of, itself.
    pub fn at(&self, unit: u32) -> &Dataset {
        self.get(self.of(unit))
    }

    /// The datasets that `set` has units of, in order.
    pub fn touched<'a>(&'a self, set: &'a BlockSet) -> impl Iterator<Item = (DatasetId, &'a Dataset)> {
        let (mut next, last) = (set.first(), set.last());
        std::iter::from_fn(move || {
            let id = self.of(next?);
            let dataset = self.get(id);
            let end = dataset.end();
            next = match last {
                Some(last) if last >= end && id.index() + 1 < self.0.len() => {
                    set.first_from(end).filter(|unit| *unit < self.end())
                }
                _ => None,
            };
            Some((id, dataset))
        })
    }

    /// The unit after the last of all.
    pub fn end(&self) -> u32 {
        self.0.last().map_or(0, Dataset::end)
    }

    /// Units of all datasets.
    pub fn units(&self) -> u32 {
        self.end()
    }

    /// Bytes of block data in `set`.
    pub fn bytes_of_set(&self, set: &BlockSet) -> u64 {
        if let [only] = self.0.as_slice() {
            return only.bytes_of(u64::from(set.len()), set.contains(only.last()));
        }
        let bytes = |(_, dataset): (DatasetId, &Dataset)| {
            let (count, with_last) = dataset.count_of(set);
            dataset.bytes_of(u64::from(count), with_last)
        };
        self.touched(set).map(bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(size: u64, group: u32) -> Dataset {
        Dataset::new(Bytes(size), Bytes(65_536), group, None)
    }

    #[test]
    fn counts_blocks_and_depth() {
        for (blocks, depth) in [(1, 1), (2, 1), (3, 2), (16_000, 14), (16_384, 14), (16_385, 15)] {
            let d = dataset(blocks * 65_536, 1);
            assert_eq!((d.blocks(), d.tree_depth()), (blocks, depth));
        }
        assert_eq!(dataset(1, 1).blocks(), 1);
    }

    #[test]
    fn a_short_last_unit_is_counted_as_such() {
        let d = dataset(10 * 65_536, 4);
        assert_eq!(d.units(), 3);
        assert_eq!((d.blocks_in(0), d.blocks_in(2)), (4, 2));
        assert_eq!(d.blocks_of(3, true), 10);
        assert_eq!(d.blocks_of(2, false), 8);
    }

    #[test]
    fn the_last_block_is_short_or_padded() {
        const BLOCK: u64 = 65_536;
        for group in [1, 4] {
            for (size, blocks) in
                [(1, 1), (BLOCK - 1, 1), (BLOCK, 1), (BLOCK + 1, 2), (9 * BLOCK, 9), (9 * BLOCK + 7, 10)]
            {
                let padded = dataset(size, group);
                let short = padded.unpadded();
                assert_eq!((padded.bytes(), short.bytes()), (Bytes(blocks * BLOCK), Bytes(size)));
                for d in [padded, short] {
                    let sum: u64 = (0..d.units()).map(|unit| d.bytes_in(unit)).sum();
                    assert_eq!(Bytes(sum), d.bytes(), "{size} B in units of {group}");
                }
            }
        }
        let short = dataset(9 * BLOCK + 7, 4).unpadded();
        assert_eq!((short.bytes_in(1), short.bytes_in(2), short.last_block()), (4 * BLOCK, BLOCK + 7, 7));
    }

    #[test]
    fn a_set_of_units_of_many_datasets_is_told_apart() {
        const BLOCK: u64 = 65_536;
        let list = [(3 * BLOCK, 1), (7, 1), (10 * BLOCK + 1, 4)].map(|(size, group)| dataset(size, group).unpadded());
        let all = Datasets::new(list.to_vec());
        assert_eq!(all.iter().map(|d| (d.first, d.end())).collect::<Vec<_>>(), [(0, 3), (3, 4), (4, 7)]);
        let owners: Vec<u32> = (0..7).map(|unit| all.of(unit).0).collect();
        assert_eq!(owners, [0, 0, 0, 1, 2, 2, 2]);
        let set: BlockSet = [2, 3, 4, 6].into_iter().collect();
        assert_eq!(all.touched(&set).map(|(id, _)| id.0).collect::<Vec<_>>(), [0, 1, 2]);
        // One block, 7 bytes, four blocks, and two blocks and a byte.
        assert_eq!(all.bytes_of_set(&set), BLOCK + 7 + 4 * BLOCK + 2 * BLOCK + 1);
        let ends: BlockSet = [0, 5].into_iter().collect();
        assert_eq!(all.touched(&ends).map(|(id, _)| id.0).collect::<Vec<_>>(), [0, 2]);
        assert_eq!(all.bytes_of_set(&ends), 5 * BLOCK);
        let everything = BlockSet::range(0, all.end());
        assert_eq!(all.bytes_of_set(&everything), list.iter().map(|d| d.size.get()).sum::<u64>());
    }
}
