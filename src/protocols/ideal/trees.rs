//! The trees down which the stripes flow.

use crate::world::{Dataset, NodeId, World};
use std::cmp::Reverse;
use std::collections::VecDeque;

/// One dataset as it is planned.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    pub world: &'a World,
    pub dataset: &'a Dataset,
    /// Who has all of it, in order; somebody does.
    pub sources: &'a [NodeId],
    /// Who wants it, in order.
    pub leechers: &'a [NodeId],
    /// By node, the part of its uplink that this dataset may take.
    pub shares: &'a [f64],
    /// The time that it takes.
    pub seconds: f64,
}

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
    /// Plans at most `stripes` trees so that no uplink has to carry more than its share
    /// of it, up to whole edges; only of those stripes that are `used`.
    pub fn plan(job: &Job<'_>, stripes: u32, used: impl Fn(u32, u32) -> bool) -> Trees {
        let (nodes, leechers) = (job.world.nodes.len(), job.leechers);
        let count = stripes.clamp(1, leechers.len().max(1) as u32);
        let mut trees = Trees { stripes: count, children: vec![Vec::new(); nodes], parents: vec![Vec::new(); nodes] };
        for (stripe, senders) in (0..).zip(allot(job, count)).filter(|(stripe, _)| used(*stripe, count)) {
            trees.grow(stripe, senders, job);
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
    fn grow(&mut self, stripe: u32, senders: Vec<Sender>, job: &Job<'_>) {
        let leechers = job.leechers;
        let is_source = |id: &NodeId| job.sources.binary_search(id).is_ok();
        let is_inner = |id: &NodeId| senders.iter().any(|s| s.node == *id);
        let inner = senders.iter().map(|s| s.node).filter(|id| !is_source(id));
        let offset = stripe as usize % leechers.len().max(1);
        let leaves = leechers[offset..].iter().chain(&leechers[..offset]).copied().filter(|id| !is_inner(id));
        let order: Vec<NodeId> = inner.chain(leaves).collect();
        let mut attached: Vec<Sender> = senders.iter().filter(|s| is_source(&s.node)).copied().collect();
        let (mut first, mut overflow) = (0, 0);
        let mut edges: Vec<(NodeId, NodeId)> = Vec::new();
        for child in order {
            while first < attached.len() && attached[first].capacity == 0 {
                first += 1;
            }
            // Two stripes over one connection would share its rate.
            let fresh = |s: &Sender| s.capacity > 0 && !self.parents[child.index()].contains(&s.node);
            let room = (first..attached.len()).find(|i| fresh(&attached[*i]));
            let mut parent = match room.or((first < attached.len()).then_some(first)) {
                Some(at) => {
                    attached[at].capacity -= 1;
                    attached[at].node
                }
                None => {
                    overflow += 1; // whole edges do not always suffice
                    attached[overflow % attached.len()].node
                }
            };
            if self.parents[child.index()].contains(&parent) {
                parent = self.swap(parent, child, &mut edges, &is_inner);
            }
            edges.push((parent, child));
            attached.extend(senders.iter().filter(|s| s.node == child).copied());
        }
        for (parent, child) in edges {
            self.children[parent.index()].push((stripe, child));
            self.parents[child.index()].push(parent);
        }
    }

    /// Gives `child` the parent of some leaf of the same tree, and that leaf
    /// `parent`, so that neither has a parent twice; `parent` when none fits.
    fn swap(
        &self,
        parent: NodeId,
        child: NodeId,
        edges: &mut [(NodeId, NodeId)],
        is_inner: &impl Fn(&NodeId) -> bool,
    ) -> NodeId {
        let knows = |child: &NodeId, parent: &NodeId| self.parents[child.index()].contains(parent);
        let fits = |(p, leaf): &&mut (NodeId, NodeId)| {
            *p != parent && !is_inner(leaf) && !knows(&child, p) && !knows(leaf, &parent)
        };
        match edges.iter_mut().find(fits) {
            Some(edge) => std::mem::replace(&mut edge.0, parent),
            None => parent,
        }
    }
}

/// How many edges the part of each node's uplink carries at the rate of one stripe.
fn edge_capacities(job: &Job<'_>, stripes: u32) -> Vec<u32> {
    let (world, seconds) = (job.world, job.seconds);
    let stripe_rate = job.dataset.size.get() as f64 / seconds / f64::from(stripes);
    let most = world.nodes.len() as f64 * f64::from(stripes);
    let edges = |up: f64| (up / stripe_rate + 1e-6).min(most) as u32;
    let of = |id: NodeId| {
        if seconds > 0.0 { edges(world.node(id).up.bytes_per_second() * job.shares[id.index()]) } else { most as u32 }
    };
    world.ids().map(of).collect()
}

/// Shares the uplinks out among the stripes: every stripe gets seeder edges, at
/// least one, and then as many edges of leechers as it still needs. The
/// strongest leechers come first; few have to serve in two stripes.
fn allot(job: &Job<'_>, stripes: u32) -> Vec<Vec<Sender>> {
    let (edges, leechers) = (edge_capacities(job, stripes), job.leechers);
    let supply = |id: NodeId| Sender { node: id, capacity: edges[id.index()] };
    let needed = leechers.len() as u64;
    let mut seeders: VecDeque<Sender> = job.sources.iter().map(|id| supply(*id)).collect();
    let mut inner: Vec<Sender> = leechers.iter().map(|id| supply(*id)).collect();
    inner.sort_by_key(|s| (Reverse(s.capacity), s.node));
    let mut inner: VecDeque<Sender> = inner.into();
    // Spare capacity is spread evenly: a full uplink has no room to catch up.
    let missing = (needed * u64::from(stripes)).saturating_sub(total(&seeders)).max(1);
    let supplied = total(&inner).max(missing);
    inner.iter_mut().for_each(|s| s.capacity = (u64::from(s.capacity) * missing).div_ceil(supplied) as u32);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bound::distribution_time;
    use crate::units::Bytes;
    use crate::world::*;

    fn world(nodes: u32, seeders: u32) -> World {
        let rate = "50 Mbit/s".parse().unwrap();
        let dataset = DatasetSpec { size: Bytes(1 << 30), block_size: Bytes(65_536), group: 1 };
        let spec = WorldSpec::plain((nodes, seeders), dataset, rate);
        World::build(&spec, 1, 0)
    }

    /// One dataset and all the uplinks.
    fn trees(world: &World) -> (Trees, Vec<u32>) {
        let sources: Vec<NodeId> = world.with_role(Role::Seeder).collect();
        let leechers: Vec<NodeId> = world.with_role(Role::Leecher).collect();
        let (shares, seconds) = (vec![1.0; world.nodes.len()], distribution_time(world).makespan.secs());
        let (sources, leechers, shares) = (&sources[..], &leechers[..], &shares[..]);
        let job = Job { world, dataset: world.only(), sources, leechers, shares, seconds };
        let trees = Trees::plan(&job, 16, |_, _| true);
        let edges = edge_capacities(&job, trees.stripes());
        (trees, edges)
    }

    #[test]
    fn every_stripe_reaches_every_leecher_and_no_uplink_is_overloaded() {
        for (nodes, seeders) in [(2, 1), (5, 1), (32, 4), (100, 7), (16, 15)] {
            let world = world(nodes, seeders);
            let (trees, edges) = trees(&world);
            for id in world.ids() {
                assert!(trees.children(id).len() <= edges[id.index()] as usize + 1, "{nodes}-{seeders} {id:?}");
            }
            for leecher in world.with_role(Role::Leecher) {
                let mut stripes: Vec<u32> = world
                    .ids()
                    .flat_map(|id| trees.children(id))
                    .filter(|(_, child)| *child == leecher)
                    .map(|(stripe, _)| *stripe)
                    .collect();
                stripes.sort();
                assert_eq!(stripes, (0..trees.stripes()).collect::<Vec<_>>(), "{nodes}-{seeders} {leecher:?}");
            }
        }
    }

    #[test]
    fn no_tree_has_a_cycle() {
        let world = world(40, 2);
        let (trees, _) = trees(&world);
        for stripe in 0..trees.stripes() {
            let mut reached: Vec<NodeId> = world.with_role(Role::Seeder).collect();
            let mut next = 0;
            while next < reached.len() {
                let of = trees.children(reached[next]).iter().filter(|(s, _)| *s == stripe);
                reached.extend(of.map(|(_, child)| *child));
                next += 1;
                assert!(reached.len() <= world.nodes.len(), "a cycle in stripe {stripe}");
            }
            assert_eq!(reached.len(), world.nodes.len(), "stripe {stripe}");
        }
    }
}
