//! The order in which hash sets of block addresses are iterated.

use crate::rng::{Purpose, mix};
use crate::world::{BlockSet, NodeId, World};

/// Iteration order of hash sets. It depends on the addresses alone, so it is
/// the same in every node.
#[derive(Debug, Clone, Copy)]
pub(super) struct HashOrder {
    salt: u64,
}

impl HashOrder {
    /// The order of the addresses of this run; the number of a unit in the row of all
    /// stands for its address.
    pub fn new(world: &World) -> Self {
        HashOrder { salt: mix(world.seed ^ mix(Purpose::Identifiers as u64)) }
    }

    /// An order of the same kind that is `node`'s own.
    pub fn own(self, node: NodeId) -> Self {
        HashOrder { salt: mix(self.salt ^ (u64::from(node.0) + 1).rotate_left(32)) }
    }

    /// The hash of the address of `unit`.
    pub fn hash(self, unit: u32) -> u64 {
        mix(self.salt ^ u64::from(unit))
    }

    /// The members of `set` in hash-set order.
    pub fn of(self, set: &BlockSet) -> Vec<u32> {
        let mut keyed: Vec<(u64, u32)> = set.iter().map(|unit| (self.hash(unit), unit)).collect();
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, unit)| unit).collect()
    }
}
