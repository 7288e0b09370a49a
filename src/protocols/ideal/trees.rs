//! The trees down which the stripes flow.

use crate::bound::distribution_time;
use crate::world::{NodeId, Role, World};
use std::cmp::Reverse;
use std::collections::VecDeque;

/// Who passes which stripe on to whom.
#[derive(Debug)]
pub struct Trees {
    stripes: u32,
    children: Vec<Vec<(u32, NodeId)>>,
    parents: Vec<Vec<NodeId>>,
}

/// A node that passes one stripe on, and to how many it can at full rate.
#[derive(Debug, Clone, Copy)]
struct Sender {
    node: NodeId,
    capacity: u32,
}

impl Trees {
    /// Plans at most `stripes` trees over the nodes of `world` so that no
    /// uplink has to carry more than its capacity when the makespan is the
    /// bound, up to whole edges.
    pub fn plan(world: &World, stripes: u32) -> Trees {
        let leechers: Vec<NodeId> = world.with_role(Role::Leecher).collect();
        let count = stripes.clamp(1, leechers.len().max(1) as u32);
        let mut trees = Trees {
            stripes: count,
            children: vec![Vec::new(); world.nodes.len()],
            parents: vec![Vec::new(); world.nodes.len()],
        };
        for (stripe, senders) in allot(world, &leechers, count).into_iter().enumerate() {
            trees.grow(stripe as u32, senders, &leechers, world);
        }
        trees
    }

    /// Number of stripes.
    pub fn stripes(&self) -> u32 {
        self.stripes
    }

    /// To whom `node` passes what: (stripe, child).
    pub fn children(&self, node: NodeId) -> &[(u32, NodeId)] {
        &self.children[node.index()]
    }

    /// From whom `node` gets its stripes.
    pub fn parents(&self, node: NodeId) -> &[NodeId] {
        &self.parents[node.index()]
    }

    /// Attaches all leechers to one tree: its inner nodes first, so that they
    /// can pass on, then the leaves, each to the first sender with room.
    fn grow(&mut self, stripe: u32, senders: Vec<Sender>, leechers: &[NodeId], world: &World) {
        let is_inner = |id: &NodeId| senders.iter().any(|s| s.node == *id);
        let inner = senders.iter().map(|s| s.node).filter(|id| world.node(*id).role == Role::Leecher);
        let offset = stripe as usize % leechers.len().max(1);
        let leaves = leechers[offset..].iter().chain(&leechers[..offset]).copied().filter(|id| !is_inner(id));
        let order: Vec<NodeId> = inner.chain(leaves).collect();
        let mut attached: Vec<Sender> =
            senders.iter().filter(|s| world.node(s.node).role == Role::Seeder).copied().collect();
        let (mut first, mut overflow) = (0, 0);
        for child in order {
            while first < attached.len() && attached[first].capacity == 0 {
                first += 1;
            }
            let parent = if first < attached.len() {
                attached[first].capacity -= 1;
                attached[first].node
            } else {
                overflow += 1; // whole edges do not always suffice
                attached[overflow % attached.len()].node
            };
            self.children[parent.index()].push((stripe, child));
            self.parents[child.index()].push(parent);
            attached.extend(senders.iter().filter(|s| s.node == child).copied());
        }
    }
}

/// How many edges each node's uplink carries at the rate of one stripe.
fn edge_capacities(world: &World, stripes: u32) -> Vec<u32> {
    let seconds = distribution_time(world).makespan.secs();
    let stripe_rate = world.dataset.size.get() as f64 / seconds / f64::from(stripes);
    let most = world.nodes.len() as f64 * f64::from(stripes);
    let edges = |up: f64| (up / stripe_rate + 1e-6).min(most) as u32;
    world.nodes.iter().map(|n| if seconds > 0.0 { edges(n.up.bytes_per_second()) } else { most as u32 }).collect()
}

/// Shares the uplinks out among the stripes: every stripe gets seeder edges, at
/// least one, and then as many edges of leechers as it still needs. The
/// strongest leechers come first; few have to serve in two stripes.
fn allot(world: &World, leechers: &[NodeId], stripes: u32) -> Vec<Vec<Sender>> {
    let edges = edge_capacities(world, stripes);
    let supply = |id: NodeId| Sender { node: id, capacity: edges[id.index()] };
    let needed = leechers.len() as u64;
    let mut seeders: VecDeque<Sender> = world.with_role(Role::Seeder).map(supply).collect();
    let mut inner: Vec<Sender> = leechers.iter().map(|id| supply(*id)).collect();
    inner.sort_by_key(|s| (Reverse(s.capacity), s.node));
    let mut inner: VecDeque<Sender> = inner.into();
    let (from_seeders, from_leechers) = (total(&seeders), total(&inner));
    let share = |of: u64, stripe: u64| of * (stripe + 1) / u64::from(stripes) - of * stripe / u64::from(stripes);
    let root = seeders[0].node;
    (0..u64::from(stripes))
        .map(|stripe| {
            let mut senders = take(&mut seeders, share(from_seeders, stripe).clamp(1, needed));
            if senders.is_empty() {
                senders.push(Sender { node: root, capacity: 1 });
            }
            let missing = needed.saturating_sub(senders.iter().map(|s| u64::from(s.capacity)).sum());
            senders.extend(take(&mut inner, missing.min(share(from_leechers, stripe))));
            senders
        })
        .collect()
}

fn total(supply: &VecDeque<Sender>) -> u64 {
    supply.iter().map(|s| u64::from(s.capacity)).sum()
}

/// Takes `amount` edges from the front of `supply`, splitting the last sender.
fn take(supply: &mut VecDeque<Sender>, mut amount: u64) -> Vec<Sender> {
    let mut taken = Vec::new();
    while amount > 0
        && let Some(first) = supply.front_mut()
    {
        let capacity = u64::from(first.capacity).min(amount) as u32;
        if capacity > 0 {
            taken.push(Sender { node: first.node, capacity });
        }
        amount -= u64::from(capacity);
        first.capacity -= capacity;
        if first.capacity == 0 {
            supply.pop_front();
        }
    }
    taken
}
