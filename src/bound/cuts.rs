//! What the wires of a graph allow: whatever crosses into a part of it takes its time.

use super::demand::Demand;
use crate::units::{Bytes, Rate};
use crate::world::{DatasetId, NodeId, Role, Routes, World};
use petgraph::algo::bridges::bridges;
use petgraph::graph::{NodeIndex, UnGraph};
use petgraph::visit::EdgeRef;
use std::collections::BTreeMap;

/// A part of a graph, and what leads into it.
#[derive(Debug, Clone, PartialEq)]
pub struct CoreCut {
    /// What is behind: a point, a region, or a side of a wire.
    pub name: String,
    /// Nodes behind it, and those of them that are leechers.
    pub hosts: u32,
    /// Leechers among them.
    pub leechers: u32,
    /// The nodes, in order.
    behind: Vec<NodeId>,
    /// What the wires let in together, bytes per second.
    pub entering: f64,
    /// What the hosts behind could send together, idle ones left out, bytes per second.
    pub uplinks: f64,
    /// What they could take together.
    pub downlinks: f64,
}

impl CoreCut {
    /// What the hosts behind could take over what the wires let in; above 1 the wires hold
    /// them back when they fetch from elsewhere.
    pub fn oversubscription(&self) -> f64 {
        self.downlinks / self.entering
    }

    /// The least time for what the nodes `behind` want, from the first need on.
    ///
    /// That comes from hosts behind or over the wires that lead in, so `L F <= T (sum of
    /// these capacities + sum of the uplinks behind)`; and of each dataset that nobody
    /// behind has, one copy at least comes in, `F <= T (sum of the capacities)`.
    fn secs(&self, demand: &Demand) -> f64 {
        let needs = || self.behind.iter().flat_map(|id| demand.of_node(*id));
        let Some(first) = needs().map(|need| need.from).min() else { return 0.0 };
        let all: f64 = needs().map(|need| need.bytes).sum();
        let mut alone: BTreeMap<DatasetId, f64> = BTreeMap::new();
        for need in needs() {
            let sources = &demand.sources[need.want.dataset.index()];
            if !sources.iter().any(|id| self.behind.binary_search(id).is_ok()) {
                let most = alone.entry(need.want.dataset).or_default();
                *most = most.max(need.bytes);
            }
        }
        let alone = alone.values().sum::<f64>() / self.entering;
        first.since(demand.first()).secs() + alone.max(all / (self.entering + self.uplinks))
    }
}

/// The least time, from the first need on, in which core links can bring everybody what it
/// wants; zero where they hold nobody back.
pub(super) fn core_secs(world: &World, demand: &Demand) -> f64 {
    cuts(world).map(|cut| cut.secs(demand)).fold(0.0, f64::max)
}

/// The parts of the graph of `world` into which only wires with a capacity lead: each
/// point, each region and each side of each wire without which the graph falls apart (of a
/// tree, every cut by one wire). Parts with the same hosts are told once.
pub fn core_cuts(world: &World) -> Vec<CoreCut> {
    let mut found: Vec<CoreCut> = Vec::new();
    for cut in cuts(world).filter(|cut| cut.entering.is_finite() && cut.hosts > 0) {
        let same =
            |known: &CoreCut| (known.hosts, known.entering, known.uplinks) == (cut.hosts, cut.entering, cut.uplinks);
        if (cut.hosts as usize) < world.nodes.len() && !found.iter().any(|known| same(known) && known.name == cut.name)
        {
            found.push(cut);
        }
    }
    found
}

fn cuts(world: &World) -> impl Iterator<Item = CoreCut> {
    let routes = world.latency.graph().filter(|routes| !routes.core_links().is_empty());
    routes.into_iter().flat_map(move |routes| {
        let sets = point_sets(routes).chain(region_sets(routes)).chain(bridge_sides(routes));
        let at = hosts(world, routes);
        sets.map(move |(name, inside)| cut(world, routes, &at, (name, &inside)))
    })
}

/// The nodes at each point.
fn hosts(world: &World, routes: &Routes) -> Vec<Vec<NodeId>> {
    let mut at = vec![Vec::new(); routes.topology().points().len()];
    world.ids().for_each(|id| at[world.node(id).point as usize].push(id));
    at
}

fn cut(world: &World, routes: &Routes, at: &[Vec<NodeId>], (name, inside): (String, &[u32])) -> CoreCut {
    let mut member = vec![false; at.len()];
    inside.iter().for_each(|point| member[*point as usize] = true);
    let nodes = || inside.iter().flat_map(|point| &at[*point as usize]).map(|id| world.node(*id));
    let mut behind: Vec<NodeId> = inside.iter().flat_map(|point| &at[*point as usize]).copied().collect();
    behind.sort_unstable();
    let into = inside.iter().flat_map(|point| routes.topology().edges_into(*point));
    let entering = into.filter(|(from, _)| !member[*from as usize]).map(|(_, edge)| edge.capacity.bytes_per_second());
    CoreCut {
        name,
        hosts: nodes().count() as u32,
        leechers: nodes().filter(|node| node.role == Role::Leecher).count() as u32,
        behind,
        entering: entering.sum(),
        uplinks: nodes().filter(|node| node.role != Role::Idle).map(|node| node.up.bytes_per_second()).sum(),
        downlinks: nodes().map(|node| node.down.bytes_per_second()).sum(),
    }
}

/// A name and the points of a part.
type Part = (String, Vec<u32>);

fn point_sets(routes: &Routes) -> impl Iterator<Item = Part> {
    (0..).zip(routes.topology().points()).map(|(at, point)| (point.name.clone(), vec![at]))
}

fn region_sets(routes: &Routes) -> Vec<Part> {
    let topology = routes.topology();
    let of = |region: String| {
        let here = (0..).zip(topology.points()).filter(|(_, point)| point.region.as_ref() == Some(&region));
        let points = here.map(|(at, _)| at).collect();
        (region, points)
    };
    topology.regions().into_iter().map(of).collect()
}

/// Wires of which both sides are looked at; more would take longer than they are worth.
const MOST_BRIDGES: usize = 2_000;

/// Both sides of each wire without which the graph falls apart.
fn bridge_sides(routes: &Routes) -> impl Iterator<Item = Part> {
    let topology = routes.topology();
    let mut graph = UnGraph::<(), (), u32>::default();
    let nodes: Vec<_> = topology.points().map(|_| graph.add_node(())).collect();
    // A wire is a pair of edges, one each way.
    for (from, to, _) in topology.edges().filter(|(from, to, _)| from < to) {
        graph.add_edge(nodes[from as usize], nodes[to as usize], ());
    }
    let names: Vec<String> = topology.points().map(|point| point.name.clone()).collect();
    let cuts: Vec<_> = bridges(&graph).map(|edge| (edge.source(), edge.target())).take(MOST_BRIDGES).collect();
    cuts.into_iter().flat_map(move |(a, b)| {
        let mut reached = vec![false; graph.node_count()];
        let mut next = vec![a];
        reached[a.index()] = true;
        while let Some(at) = next.pop() {
            for other in graph.neighbors(at) {
                let is_cut = at == a && other == b;
                if !is_cut && !std::mem::replace(&mut reached[other.index()], true) {
                    next.push(other);
                }
            }
        }
        let name = |at: NodeIndex| &names[at.index()];
        let sides =
            [(true, format!("{} without {}", name(a), name(b))), (false, format!("{} without {}", name(b), name(a)))];
        sides.map(|(side, name)| {
            (name, (0..reached.len() as u32).filter(|point| reached[*point as usize] == side).collect())
        })
    })
}

/// A rack, a campus, a country: so many leechers behind a wire of this capacity, with
/// uplinks of `up` among them and a seeder elsewhere. The least time that the wire allows.
pub fn behind_one_wire_secs(file: Bytes, leechers: u32, wire: Rate, up: Rate) -> f64 {
    let (file, wire) = (file.get() as f64, wire.bytes_per_second());
    (file / wire).max(f64::from(leechers) * file / (wire + f64::from(leechers) * up.bytes_per_second()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Time;
    use crate::world::{DatasetSpec, GeneratorSpec, GraphSpec, Stretch, TopologySpec, WorldSpec};

    fn world(generator: GeneratorSpec, nodes: u32, seeders: u32) -> World {
        let dataset = DatasetSpec { size: Bytes(10_000_000), block_size: Bytes(1 << 16), group: 1 };
        let plain = WorldSpec::plain((nodes, seeders), dataset, Rate(100_000_000));
        let topology = TopologySpec {
            graph: GraphSpec::Made(generator),
            routes: None,
            attach: crate::world::AttachSpec::Even,
            access_delay: Time::ZERO,
            stretch: Stretch::NONE,
        };
        World::build(&WorldSpec { topology: Some(topology), ..plain }, 1, 0)
    }

    #[test]
    fn a_rack_waits_for_its_uplink() {
        let (delay, uplink) = (Time::from_millis(1), Rate(10_000_000));
        // 8 nodes in 2 racks; the seeder is in the first, four leechers in the second.
        let racks = world(GeneratorSpec::Racks { racks: 2, delay, uplink }, 8, 1);
        let expected = behind_one_wire_secs(Bytes(10_000_000), 4, uplink, Rate(100_000_000));
        assert_eq!((core_secs(&racks, &Demand::of(&racks)), expected), (8.0, 8.0), "80 Mbit over 10 Mbit/s");
        let bound = super::super::distribution_time(&racks);
        assert_eq!((bound.makespan, bound.kind), (Time::from_secs(8), "core_link"));
        // A seeder on each side: only what leechers cannot give each other has to cross.
        let two = world(GeneratorSpec::Racks { racks: 2, delay, uplink }, 8, 2);
        assert!((core_secs(&two, &Demand::of(&two)) - 3.0 * 8e7 / (1e7 + 4e8)).abs() < 1e-12);
    }

    #[test]
    fn a_tree_is_cut_at_each_of_its_wires() {
        let (delay, capacity) = (Time::from_millis(1), Some(Rate(10_000_000)));
        let tree = world(GeneratorSpec::Tree { depth: 2, fanout: 2, delay, capacity }, 4, 1);
        assert_eq!(core_secs(&tree, &Demand::of(&tree)), 8.0, "two leaves behind the branch that the seeder is not in");
        let wide = GeneratorSpec::Tree { depth: 2, fanout: 2, delay, capacity: None };
        let wide = world(wide, 4, 1);
        assert_eq!(core_secs(&wide, &Demand::of(&wide)), 0.0);
    }
}
