//! The trees down which the stripes flow.

use crate::bound::distribution_time;
use crate::world::{NodeId, Role, World};

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
        let edges = edge_capacities(world, count);
        let mut senders = inner_nodes(&leechers, &edges, count);
        add_seeders(world, &edges, leechers.len() as u32, &mut senders);
        let mut trees = Trees {
            stripes: count,
            children: vec![Vec::new(); world.nodes.len()],
            parents: vec![Vec::new(); world.nodes.len()],
        };
        for (stripe, list) in senders.into_iter().enumerate() {
            trees.grow(stripe as u32, list, &leechers, world);
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

/// Makes each leecher an inner node of the stripe that has the least capacity
/// so far, the strongest first.
fn inner_nodes(leechers: &[NodeId], edges: &[u32], stripes: u32) -> Vec<Vec<Sender>> {
    let mut by_strength = leechers.to_vec();
    by_strength.sort_by_key(|id| (std::cmp::Reverse(edges[id.index()]), *id));
    let mut senders: Vec<Vec<Sender>> = vec![Vec::new(); stripes as usize];
    let mut supply = vec![0u64; stripes as usize];
    for node in by_strength {
        let capacity = edges[node.index()];
        let weakest = (0..supply.len()).min_by_key(|s| (supply[*s], *s)).unwrap_or(0);
        if capacity > 0 {
            supply[weakest] += u64::from(capacity);
            senders[weakest].push(Sender { node, capacity });
        }
    }
    senders
}

/// Gives every stripe a seeder edge, then the others to the stripes that lack most.
fn add_seeders(world: &World, edges: &[u32], leechers: u32, senders: &mut [Vec<Sender>]) {
    let mut supply: Vec<u64> = senders.iter().map(|l| l.iter().map(|s| u64::from(s.capacity)).sum()).collect();
    let mut rooted = vec![false; senders.len()];
    for seeder in world.with_role(Role::Seeder) {
        let mut given = vec![0u32; senders.len()];
        for _ in 0..edges[seeder.index()].max(1) {
            let neediest = (0..senders.len()).min_by_key(|s| (rooted[*s], supply[*s], *s)).unwrap_or(0);
            if rooted[neediest] && supply[neediest] >= u64::from(leechers) {
                break;
            }
            rooted[neediest] = true;
            supply[neediest] += 1;
            given[neediest] += 1;
        }
        for (stripe, capacity) in given.into_iter().enumerate().filter(|(_, c)| *c > 0) {
            senders[stripe].insert(0, Sender { node: seeder, capacity });
        }
    }
    for stripe in 0..senders.len() {
        if !rooted[stripe] {
            let seeder = world.with_role(Role::Seeder).nth(stripe % world.with_role(Role::Seeder).count());
            senders[stripe].insert(0, Sender { node: seeder.expect("a swarm has a seeder"), capacity: 1 });
        }
    }
}
