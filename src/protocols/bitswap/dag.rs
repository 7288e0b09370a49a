//! Datasets as UnixFS files: each a balanced tree of blocks.
//!
//! Every block has a number. The leaves are the units of the datasets, in the row of
//! all; inner nodes follow behind the units of all datasets, dataset by dataset, of each
//! level by level from the bottom, its root last. Layout:
//! `ipfs/boxo` `ipld/unixfs/importer/balanced` with raw leaves.

use super::params::{Order, Params};
use crate::protocols::parts::wire::{field, varint};
use crate::world::{Dataset, DatasetId, Datasets};
use std::ops::Range;

/// Bytes of a CIDv1 with a SHA2-256 multihash: version, codec, hash function
/// and length, 32 bytes of hash.
pub(super) const CID: u64 = 36;

/// The trees of all files.
#[derive(Debug)]
pub struct Dags {
    all: Vec<Dag>,
    /// Leaves are below this.
    leaves: u32,
}

impl Dags {
    /// The trees over `datasets`.
    pub fn new(datasets: &Datasets, params: &Params) -> Self {
        let mut next = datasets.end();
        let dag = |dataset: &Dataset| {
            let dag = match params.order {
                Order::List => Dag::flat(*dataset, next),
                Order::Reader | Order::Graph => Dag::new(*dataset, next, params.links_per_node),
            };
            next = dag.end();
            dag
        };
        Dags { all: datasets.iter().map(dag).collect(), leaves: datasets.end() }
    }

    /// The tree of dataset `id`.
    pub fn get(&self, id: DatasetId) -> &Dag {
        &self.all[id.index()]
    }

    /// The dataset whose tree `unit` is in.
    pub fn of(&self, unit: u32) -> DatasetId {
        let before = self.all.len() - 1;
        let behind = |dag: &Dag| unit >= if self.is_leaf(unit) { dag.dataset.end() } else { dag.end() };
        DatasetId(if before == 0 { 0 } else { self.all.partition_point(behind).min(before) } as u32)
    }

    /// The tree that `unit` is in.
    pub fn at(&self, unit: u32) -> &Dag {
        self.get(self.of(unit))
    }

    /// Whether there is one tree alone.
    pub fn is_single(&self) -> bool {
        self.all.len() == 1
    }

    /// Whether `unit` is a leaf.
    pub fn is_leaf(&self, unit: u32) -> bool {
        unit < self.leaves
    }

    /// Blocks that a number stands for.
    pub fn blocks(&self, unit: u32) -> u64 {
        if self.is_leaf(unit) { self.at(unit).blocks(unit) } else { 1 }
    }
}

/// The tree of a file.
#[derive(Debug)]
pub struct Dag {
    dataset: Dataset,
    /// Children of an inner node at the most.
    fan: u32,
    /// First number of each level of inner nodes from the lowest up, and the end of all.
    starts: Vec<u32>,
}

impl Dag {
    /// The tree over `dataset` with `links` links in an inner node; inner nodes begin
    /// with number `inner`.
    pub fn new(dataset: Dataset, inner: u32, links: u32) -> Self {
        let mut dag = Dag::flat(dataset, inner);
        dag.fan = (links / dataset.group).max(2);
        let mut width = dataset.units();
        // A file of one block is a raw leaf and its own root; one of several
        // blocks has an inner node, also where they are a single unit.
        let mut single = dataset.blocks() == 1;
        while width > 1 || !single {
            width = width.div_ceil(dag.fan);
            dag.starts.push(dag.end() + width);
            single = true;
        }
        dag
    }

    /// Leaves alone.
    pub fn flat(dataset: Dataset, inner: u32) -> Self {
        Dag { dataset, fan: 0, starts: vec![inner] }
    }

    /// The leaves.
    pub fn leaves(&self) -> Range<u32> {
        self.dataset.first..self.dataset.end()
    }

    /// The inner nodes.
    pub fn inner(&self) -> Range<u32> {
        self.starts[0]..self.end()
    }

    /// The number after the last inner node.
    fn end(&self) -> u32 {
        self.starts[self.starts.len() - 1]
    }

    /// The root; of leaves alone, the first of them.
    pub fn root(&self) -> u32 {
        if self.starts.len() == 1 { self.dataset.first } else { self.end() - 1 }
    }

    /// Whether `unit` is a leaf.
    pub fn is_leaf(&self, unit: u32) -> bool {
        unit < self.starts[0]
    }

    /// The level of `unit`; leaves are on level 0.
    fn level(&self, unit: u32) -> usize {
        self.starts.partition_point(|start| *start <= unit)
    }

    /// The numbers of a level.
    fn of_level(&self, level: usize) -> Range<u32> {
        if level == 0 { self.leaves() } else { self.starts[level - 1]..self.starts[level] }
    }

    /// Children of an inner node; none of a leaf.
    pub fn children(&self, unit: u32) -> Range<u32> {
        let level = self.level(unit);
        if level == 0 {
            return 0..0;
        }
        let (below, here) = (self.of_level(level - 1), self.of_level(level));
        let first = below.start + (unit - here.start) * self.fan;
        first..(first + self.fan).min(below.end)
    }

    /// The parent; none of the root.
    pub fn parent(&self, unit: u32) -> Option<u32> {
        let level = self.level(unit);
        (unit != self.root() && level + 1 < self.starts.len())
            .then(|| self.starts[level] + (unit - self.of_level(level).start) / self.fan)
    }

    /// Blocks that a number stands for.
    pub fn blocks(&self, unit: u32) -> u64 {
        if self.is_leaf(unit) { self.dataset.blocks_in(unit) } else { 1 }
    }

    /// Bytes of all blocks of `unit`.
    pub fn bytes(&self, unit: u32) -> u64 {
        if self.is_leaf(unit) { self.dataset.bytes_in(unit) } else { self.node_size(unit) }
    }

    /// Bytes of file in or below `unit`.
    fn file_below(&self, unit: u32) -> u64 {
        let (mut range, mut level) = (unit..unit + 1, self.level(unit));
        while level > 0 {
            range = self.children(range.start).start..self.children(range.end - 1).end;
            level -= 1;
        }
        let with_last = range.end == self.dataset.end();
        self.dataset.bytes_of(u64::from(range.end - range.start), with_last)
    }

    /// Bytes of an inner node. A link is the CID, an empty name and the size
    /// below; the UnixFS part is the type, the size of the file and the size
    /// below each link (`ipfs/boxo` `ipld/merkledag/pb/merkledag.proto`,
    /// `ipld/unixfs/pb/unixfs.proto`). Sizes below count file bytes; those of
    /// inner nodes, 0.01 % of them, hardly ever make one a byte longer.
    fn node_size(&self, unit: u32) -> u64 {
        let (mut links, mut sizes) = (0, 0);
        let mut link = |count: u64, bytes: u64| {
            let below = varint(bytes);
            links += count * field(field(CID) + 2 + 1 + below);
            sizes += count * (1 + below);
        };
        let whole = self.dataset.block_size.get();
        for child in self.children(unit) {
            // Of a leaf of several blocks the last may be short.
            let others = self.blocks(child) - 1;
            link(others, whole);
            link(1, self.file_below(child) - others * whole);
        }
        links + field(2 + 1 + varint(self.file_below(unit)) + sizes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Bytes;

    fn file(blocks: u64, group: u32) -> Dataset {
        Dataset::new(Bytes(blocks << 18), Bytes(1 << 18), group, None).unpadded()
    }

    fn tree(dataset: Dataset) -> Dag {
        Dag::new(dataset, dataset.end(), 174)
    }

    #[test]
    fn a_gibibyte_has_24_inner_nodes_and_a_root() {
        let dag = tree(file(4096, 1));
        assert_eq!((dag.leaves(), dag.root(), dag.end()), (0..4096, 4120, 4121));
        assert_eq!(dag.children(dag.root()), 4096..4120);
        assert_eq!((dag.children(4096), dag.children(4119)), (0..174, 4002..4096));
        assert_eq!((dag.parent(173), dag.parent(174), dag.parent(4119)), (Some(4096), Some(4097), Some(4120)));
        assert_eq!((dag.parent(4120), dag.is_leaf(4095), dag.is_leaf(4096)), (None, true, false));
    }

    #[test]
    fn small_files_have_few_levels() {
        let one = tree(file(1, 1));
        assert_eq!((one.root(), one.end(), one.parent(0)), (0, 1, None));
        let two = tree(file(2, 1));
        assert_eq!((two.root(), two.children(2)), (2, 0..2));
        let deep = tree(file(174 * 174 + 1, 1));
        assert_eq!(deep.children(deep.root()).len(), 2);
        let flat = Dag::flat(file(7, 1), 7);
        assert_eq!((flat.root(), flat.end(), flat.parent(3)), (0, 7, None));
    }

    /// By hand: 174 links of 2 + (38 + 2 + 4); the sizes 174 x 4 with the type 2
    /// and the size of the file 5 behind tag and length 3.
    #[test]
    fn a_full_node_of_the_lowest_level_has_8_7_kb() {
        let dag = tree(file(4096, 1));
        assert_eq!(dag.bytes(4096), 174 * 46 + 3 + 2 + 5 + 174 * 4);
        // Grouped units carry the links of all their blocks.
        let grouped = tree(file(174 * 6, 6));
        assert_eq!(grouped.bytes(grouped.leaves().end), 174 * 46 + 3 + 2 + 5 + 174 * 4);
    }

    /// By hand: links of a whole chunk (2 + 38 + 2 + 4) and of one byte (2 + 38 +
    /// 2 + 2); type, size of the file (1 + 3) and the sizes of both chunks.
    #[test]
    fn a_short_last_chunk_is_linked_as_short_as_it_is() {
        let size = (1 << 18) + 1;
        for group in [1, 2] {
            let dag = tree(Dataset::new(Bytes(size), Bytes(1 << 18), group, None).unpadded());
            assert_eq!((dag.end(), dag.file_below(dag.root())), (dag.leaves().end + 1, size), "in units of {group}");
            assert_eq!(dag.bytes(dag.root()), (46 + 44) + 2 + (2 + 4 + 4 + 2));
            let leaves: u64 = dag.leaves().map(|leaf| dag.bytes(leaf)).sum();
            assert_eq!(leaves, size);
        }
        let byte = tree(Dataset::new(Bytes(1), Bytes(1 << 18), 1, None).unpadded());
        assert_eq!((byte.root(), byte.end(), byte.bytes(0)), (0, 1, 1), "a raw leaf is the root");
    }

    #[test]
    fn the_file_below_the_root_is_the_whole() {
        let dag = tree(file(4000, 1));
        assert_eq!(dag.file_below(dag.root()), 4000 << 18);
        assert_eq!(dag.file_below(4000), 174 << 18);
    }
}
