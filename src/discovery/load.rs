//! Load on discovery without a download: many keys, each provided by some
//! nodes and asked for now and then, as in a network of many communities.

use crate::rng::{Purpose, Rng};
use crate::units::{Refusal, require};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is provided and asked for. (How often nodes announce themselves again
/// is a constant of the hash table, `advertise_interval`.)
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadSpec {
    /// Keys that each node announces.
    pub keys_per_node: u32,
    /// Nodes that announce the same key.
    pub providers_per_key: u32,
    /// Searches for the providers of a random key that a node begins, per
    /// second; at random moments.
    #[serde(default)]
    pub queries_per_second: f64,
}

impl LoadSpec {
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let some = self.keys_per_node > 0 && self.providers_per_key > 0;
        let nothing = "a load of no keys, or of keys that nobody provides";
        require(some, "discovery.load", nothing, "at least 1 of each")?;
        let queries = self.queries_per_second;
        let given = format!("{queries} queries a second");
        require(queries.is_finite() && queries >= 0.0, "discovery.load.queries_per_second", given, "0 or more")
    }

    /// Number of keys when `nodes` nodes announce them.
    pub fn keys(&self, nodes: u32) -> u32 {
        let places = u64::from(nodes) * u64::from(self.keys_per_node);
        places.div_ceil(u64::from(self.providers_per_key.max(1))) as u32
    }

    /// Keys of each node: in round `r` every node, in random order, takes one of
    /// the next places, and `providers_per_key` places in a row are of one key.
    pub(super) fn assign(&self, nodes: u32, seed: u64) -> Vec<Vec<u32>> {
        let mut keys = vec![Vec::with_capacity(self.keys_per_node as usize); nodes as usize];
        let mut order: Vec<u32> = (0..nodes).collect();
        for round in 0..self.keys_per_node {
            Rng::stream(seed, Purpose::DiscoveryLoad, u64::from(round)).shuffle(&mut order);
            for (place, node) in (u64::from(round) * u64::from(nodes)..).zip(&order) {
                let key = (place / u64::from(self.providers_per_key.max(1))) as u32;
                // A key that straddles two rounds may come to a node twice.
                if keys[*node as usize].last() != Some(&key) {
                    keys[*node as usize].push(key);
                }
            }
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_number_of_providers() {
        let load = LoadSpec { keys_per_node: 6, providers_per_key: 10, queries_per_second: 0.0 };
        let keys = load.assign(50, 1);
        assert!(keys.iter().all(|k| k.len() == 6));
        assert_eq!(load.keys(50), 30);
        for key in 0..30 {
            assert_eq!(keys.iter().filter(|k| k.contains(&key)).count(), 10);
        }
    }
}
