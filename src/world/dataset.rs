//! The dataset: how a file becomes blocks.

use crate::units::Bytes;

/// A file cut into blocks. Blocks are counted and moved in *units* of `group`
/// consecutive blocks; with `group` 1 a unit is a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dataset {
    /// Size of the file.
    pub size: Bytes,
    /// Size of a block; the last one may be shorter.
    pub block_size: Bytes,
    /// Blocks per unit.
    pub group: u32,
    /// Whether the last block is filled up to `block_size`; the protocol says
    /// ([`crate::protocol::Protocol::PADS`]).
    pub padded: bool,
}

impl Dataset {
    /// Number of blocks, `ceil(size / block_size)`.
    pub fn blocks(&self) -> u64 {
        self.size.get().div_ceil(self.block_size.get())
    }

    /// Number of units, `ceil(blocks / group)`.
    pub fn units(&self) -> u32 {
        self.blocks().div_ceil(u64::from(self.group)) as u32
    }

    /// Number of blocks in unit `unit`; the last unit may be short.
    pub fn blocks_in(&self, unit: u32) -> u64 {
        let first = u64::from(unit) * u64::from(self.group);
        u64::from(self.group).min(self.blocks() - first)
    }

    /// Number of blocks in `units` units, of which the last of the dataset is
    /// one when `with_last`.
    pub fn blocks_of(&self, units: u64, with_last: bool) -> u64 {
        let full = units * u64::from(self.group);
        if with_last { full - (u64::from(self.group) - self.blocks_in(self.units() - 1)) } else { full }
    }

    /// Bytes of the last block.
    pub fn last_block(&self) -> u64 {
        let whole = self.block_size.get();
        if self.padded { whole } else { self.size.get() - (self.blocks() - 1) * whole }
    }

    /// Bytes of block data in `units` units, of which the last of the dataset is
    /// one when `with_last`.
    pub fn bytes_of(&self, units: u64, with_last: bool) -> u64 {
        let whole = self.block_size.get();
        let blocks = self.blocks_of(units, with_last);
        if with_last { (blocks - 1) * whole + self.last_block() } else { blocks * whole }
    }

    /// Bytes of block data in unit `unit`.
    pub fn bytes_in(&self, unit: u32) -> u64 {
        self.bytes_of(1, unit + 1 == self.units())
    }

    /// Bytes of block data that a node needs to have everything.
    pub fn bytes(&self) -> Bytes {
        Bytes(self.bytes_of(u64::from(self.units()), true))
    }

    /// Depth of the Merkle tree over the blocks, `max(1, ceil(log2 n))`
    /// (Codex `codex/merkletree/merkletree.nim`).
    pub fn tree_depth(&self) -> u32 {
        let n = self.blocks();
        if n <= 2 { 1 } else { 64 - (n - 1).leading_zeros() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(size: u64, group: u32) -> Dataset {
        Dataset { size: Bytes(size), block_size: Bytes(65_536), group, padded: true }
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
                let short = Dataset { padded: false, ..padded };
                assert_eq!((padded.bytes(), short.bytes()), (Bytes(blocks * BLOCK), Bytes(size)));
                for d in [padded, short] {
                    let sum: u64 = (0..d.units()).map(|unit| d.bytes_in(unit)).sum();
                    assert_eq!(Bytes(sum), d.bytes(), "{size} B in units of {group}");
                }
            }
        }
        let short = Dataset { padded: false, ..dataset(9 * BLOCK + 7, 4) };
        assert_eq!((short.bytes_in(1), short.bytes_in(2), short.last_block()), (4 * BLOCK, BLOCK + 7, 7));
    }
}
