//! The start of a run in a network that has long converged.

use super::table::{RoutingTable, Shape, id_prefix};
use super::{Dht, Moment};
use crate::rng::Rng;
use crate::units::Time;
use smallvec::SmallVec;

/// The nodes of a network in order of their ids.
#[derive(Debug)]
pub(super) struct Ring(Vec<(u64, u32)>);

impl Ring {
    pub fn new(ids: &[u64], members: &[bool]) -> Self {
        let mut ring: Vec<(u64, u32)> = (0..).zip(ids).map(|(node, id)| (*id, node)).collect();
        ring.retain(|(_, node)| members[*node as usize]);
        ring.sort_unstable();
        Ring(ring)
    }

    /// The `k` nodes closest to `target`, the closest first.
    pub fn closest(&self, target: u64, k: usize) -> Vec<u32> {
        let mut found = Vec::new();
        visit(&self.0, target, 0, k, &mut found);
        found.sort_unstable();
        found.truncate(k);
        found.into_iter().map(|(_, node)| node).collect()
    }

    /// The table of a node in a converged network: every bucket that can split
    /// has split, and each has as many nodes of its range as fit, chosen at
    /// random; all were seen, those who wait were not.
    pub fn fill(&self, table: &mut RoutingTable, me: u64, shape: &Shape, rng: &mut Rng) {
        table.clear();
        self.fill_range(&self.0, (0, 0), (table, me), shape, rng);
        table.index();
    }

    /// Fills the buckets of the ids in `range`: those that begin with the first
    /// `depth` bits of `start`.
    fn fill_range(
        &self,
        range: &[(u64, u32)],
        (start, depth): (u64, u8),
        (table, me): (&mut RoutingTable, u64),
        shape: &Shape,
        rng: &mut Rng,
    ) {
        let own = id_prefix(me, depth) == start;
        let others = range.len() - usize::from(own);
        if others > shape.k && depth < 64 && (own || !depth.is_multiple_of(shape.bits_per_hop)) {
            let bit = 1u64 << (63 - depth);
            let (lower, upper) = range.split_at(range.partition_point(|(id, _)| id & bit == 0));
            self.fill_range(lower, (start, depth + 1), (table, me), shape, rng);
            return self.fill_range(upper, (start | bit, depth + 1), (table, me), shape, rng);
        }
        let wanted = if own { range.len() } else { (shape.k + shape.replacements).min(range.len()) };
        // Where few are left out, count through all; else draw until enough differ.
        let mut chosen: SmallVec<[usize; 32]> = SmallVec::new();
        while chosen.len() < wanted {
            let at = if wanted == range.len() { chosen.len() } else { rng.below(range.len() as u64) as usize };
            if !chosen.contains(&at) {
                chosen.push(at);
            }
        }
        let nodes = chosen.into_iter().map(|at| range[at]).filter(|(id, _)| *id != me).map(|(_, node)| node);
        table.lay((start, depth), nodes, shape);
    }
}

/// Collects at least `k` nodes of a sorted range, half by half, those in the
/// half of the target first.
fn visit(range: &[(u64, u32)], target: u64, depth: u32, k: usize, found: &mut Vec<(u64, u32)>) {
    if found.len() >= k || range.is_empty() {
        return;
    }
    if range.len() <= k || depth == 64 {
        return found.extend(range.iter().map(|(id, node)| (id ^ target, *node)));
    }
    let bit = 1u64 << (63 - depth);
    let (lower, upper) = range.split_at(range.partition_point(|(id, _)| id & bit == 0));
    let (near, far) = if target & bit == 0 { (lower, upper) } else { (upper, lower) };
    visit(near, target, depth + 1, k, found);
    visit(far, target, depth + 1, k, found);
}

impl Dht {
    /// Whether records of this node that belong to the time before the start
    /// are put in place.
    pub(super) fn is_warm(&self, node: u32, now: Time) -> bool {
        self.params.warm && now == Time::ZERO && self.at_start[node as usize]
    }

    /// `node` has announced `topic` before the start.
    pub(super) fn place(&mut self, node: u32, topic: u32, cx: &mut Moment<'_>) {
        let holders = self.ring.closest(self.key_id(topic), self.shape.k);
        self.put(node, topic, &holders);
        self.advertised(node, &[topic], cx);
    }

    /// Puts records of `node` in place.
    pub(super) fn put(&mut self, node: u32, topic: u32, holders: &[u32]) {
        let until = self.params.provider_ttl;
        // A look-up does not find the node that looks up; who is alone keeps its records.
        let alone = holders == [node];
        for holder in holders.iter().filter(|holder| alone || **holder != node) {
            self.records[*holder as usize].add(topic, node, until, Time::ZERO, &self.params);
        }
    }
}
