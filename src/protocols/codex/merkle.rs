//! Merkle proofs over the blocks of a dataset.

use crate::world::{BlockSet, Dataset};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the blocks of a message are proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProofForm {
    /// A Merkle proof for each.
    PerBlock,
    /// One proof for all.
    Multiproof,
}

/// Sibling digests that prove the blocks of `units`, all of `dataset`, together (a multiproof):
/// every node beside the paths from those blocks to the root whose digest does
/// not follow from theirs. One block alone needs one sibling for each level, and
/// a whole aligned subtree of `2^k` blocks needs `depth - k`.
///
/// As in proofs of single blocks, the zero digests that pad an odd layer count
/// (Codex `codex/merkletree/merkletree.nim:62-86`).
pub fn multiproof_siblings(units: &BlockSet, dataset: &Dataset) -> u64 {
    let group = u64::from(dataset.group);
    let block = |unit: u32| (u64::from(unit - dataset.first) * group).min(dataset.blocks());
    let leaves = |(start, end): (u32, u32)| (dataset.leaf(block(start)), dataset.leaf(block(end) - 1) + 1);
    let mut runs: Vec<(u64, u64)> = units.runs().map(leaves).collect();
    let mut siblings = 0;
    for _ in 0..dataset.tree_depth() {
        // Runs do not touch, so what lies beside a run's odd end is in no other.
        siblings += runs.iter().map(|(start, end)| start % 2 + end % 2).sum::<u64>();
        runs.iter_mut().for_each(|(start, end)| (*start, *end) = (*start / 2, end.div_ceil(2)));
        runs.dedup_by(|next, before| {
            let touch = next.0 <= before.1;
            before.1 = if touch { next.1 } else { before.1 };
            touch
        });
    }
    siblings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::parts::bench::dataset;
    use crate::protocols::parts::bench::grouped;
    use proptest::prelude::*;

    /// codex-protocol 17, row 15: 16 aligned blocks need d - 4 siblings, 10 of
    /// them at d = 14, which is 340 B of 34 B each.
    #[test]
    fn an_aligned_subtree_needs_the_levels_above_it() {
        for (depth, size) in [(14u32, 4u32), (14, 0), (18, 6), (5, 5)] {
            let start = if size == depth { 0 } else { 3 << size };
            let units = BlockSet::range(start, start + (1 << size));
            assert_eq!(multiproof_siblings(&units, &dataset(1 << depth)), u64::from(depth - size));
        }
    }

    #[test]
    fn blocks_that_share_nothing_below_the_root_need_all_but_that() {
        let ends: BlockSet = [0, 1023].into_iter().collect();
        assert_eq!(multiproof_siblings(&ends, &dataset(1024)), 2 * 9);
        assert_eq!(multiproof_siblings(&BlockSet::new(), &dataset(1024)), 0);
    }

    #[test]
    fn a_group_is_its_blocks() {
        let single = dataset(999);
        let grouped = grouped(999, 8);
        let units: BlockSet = [3, 4, 9, 124].into_iter().collect();
        let blocks: BlockSet = units.iter().flat_map(|u| u * 8..(u * 8 + 8).min(999)).collect();
        assert_eq!(multiproof_siblings(&units, &grouped), multiproof_siblings(&blocks, &single));
    }

    proptest! {
        /// Level by level: the nodes whose sibling is not there.
        #[test]
        fn counts_like_a_walk_over_all_levels(units in prop::collection::btree_set(0u32..300, 1..40)) {
            let (mut layer, mut siblings) = (units.clone(), 0);
            for _ in 0..9 {
                siblings += layer.iter().filter(|node| !layer.contains(&(**node ^ 1))).count() as u64;
                layer = layer.iter().map(|node| node / 2).collect();
            }
            let set: BlockSet = units.into_iter().collect();
            prop_assert_eq!(multiproof_siblings(&set, &dataset(300)), siblings);
        }
    }
}
