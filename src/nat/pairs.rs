//! How pairs of nodes came together.

use crate::world::NodeId;
use std::collections::BTreeMap;

/// How two nodes that tried came together, the best last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// They did not.
    Never,
    /// Through a relay.
    Relayed,
    /// By a hole that both punched.
    Punched,
    /// The callee dialled back.
    Reversed,
    /// One dialled the other.
    Direct,
}

impl Way {
    const ALL: [Way; 5] = [Way::Direct, Way::Reversed, Way::Punched, Way::Relayed, Way::Never];

    const fn name(self) -> &'static str {
        match self {
            Way::Direct => "direct",
            Way::Reversed => "reversed",
            Way::Punched => "punched",
            Way::Relayed => "relayed",
            Way::Never => "never",
        }
    }
}

/// The best way of each pair that tried.
#[derive(Debug, Default)]
pub(super) struct Pairs(BTreeMap<(NodeId, NodeId), Way>);

impl Pairs {
    /// One of the two dials the other.
    pub fn tried(&mut self, a: NodeId, b: NodeId) {
        self.met(a, b, Way::Never);
    }

    /// They have come together in this way.
    pub fn met(&mut self, a: NodeId, b: NodeId, way: Way) {
        let best = self.0.entry((a.min(b), a.max(b))).or_insert(way);
        *best = way.max(*best);
    }

    /// How many pairs came together in each way.
    pub fn report(&self, report: &mut Vec<(String, f64)>) {
        for way in Way::ALL {
            let count = self.0.values().filter(|best| **best == way).count();
            report.push((format!("nat_pairs_{}", way.name()), count as f64));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_way_of_a_pair_counts() {
        let (mut pairs, id) = (Pairs::default(), NodeId);
        pairs.tried(id(1), id(2));
        pairs.met(id(2), id(1), Way::Punched);
        pairs.met(id(1), id(2), Way::Relayed);
        pairs.tried(id(3), id(1));
        let mut report = Vec::new();
        pairs.report(&mut report);
        assert_eq!(report.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [0.0, 0.0, 1.0, 0.0, 1.0]);
        assert_eq!(report[2].0, "nat_pairs_punched");
    }
}
