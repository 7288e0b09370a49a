//! Who knows whom: a random graph of given degree, or one that has grown.

use super::NodeId;
use crate::rng::{Purpose, Rng};
use petgraph::graph::{NodeIndex, UnGraph};
use petgraph::unionfind::UnionFind;

/// An undirected graph of acquaintances. Only acquainted nodes connect.
#[derive(Debug, Clone)]
pub struct Overlay {
    neighbours: Vec<Vec<NodeId>>,
}

impl Overlay {
    /// A connected random graph in which every node has about `degree`
    /// neighbours: the union of `degree / 2` random Hamiltonian cycles and, for
    /// an odd degree, a random matching; where edges coincide, others take their
    /// place. A degree falls short by one where no other is left to link with;
    /// from `nodes - 1` on everybody knows everybody.
    pub fn random(nodes: u32, degree: u32, seed: u64) -> Self {
        Self::drawn(nodes, degree, seed, Purpose::Overlay)
    }

    /// The same, for another purpose than acquaintance.
    pub fn drawn(nodes: u32, degree: u32, seed: u64, purpose: Purpose) -> Self {
        let mut graph = UnGraph::<(), ()>::default();
        let ids: Vec<_> = (0..nodes).map(|_| graph.add_node(())).collect();
        for round in 0..degree.div_ceil(2) {
            let mut order = ids.clone();
            Rng::stream(seed, purpose, u64::from(round)).shuffle(&mut order);
            let matching = degree % 2 == 1 && round == degree / 2;
            let step = if matching { 2 } else { 1 };
            for i in (0..order.len()).step_by(step) {
                let (a, b) = (order[i], order[(i + 1) % order.len()]);
                if a != b {
                    graph.update_edge(a, b, ());
                }
            }
        }
        fill(&mut graph, degree, seed, purpose);
        Self::of(&graph)
    }

    /// A graph that grew: each node joined to `joins` of those before it, chosen
    /// evenly, or to all where there were no more.
    pub fn grown(nodes: u32, joins: u32, seed: u64) -> Self {
        let mut graph = UnGraph::<(), ()>::default();
        let mut rng = Rng::stream(seed, Purpose::Overlay, 0);
        for node in 0..nodes as usize {
            let new = graph.add_node(());
            let mut earlier: Vec<usize> = Vec::new();
            while earlier.len() < node.min(joins as usize) {
                let one = rng.below(node as u64) as usize;
                if !earlier.contains(&one) {
                    earlier.push(one);
                }
            }
            for one in earlier {
                graph.add_edge(new, NodeIndex::new(one), ());
            }
        }
        Self::of(&graph)
    }

    fn of(graph: &UnGraph<(), ()>) -> Self {
        let neighbours = graph.node_indices().map(|id| {
            let mut list: Vec<_> = graph.neighbors(id).map(|n| NodeId(n.index() as u32)).collect();
            list.sort();
            list
        });
        Overlay { neighbours: neighbours.collect() }
    }

    /// Acquaintances of `node`, in order.
    pub fn neighbours(&self, node: NodeId) -> &[NodeId] {
        &self.neighbours[node.index()]
    }

    /// The acquaintances of one node after the other.
    pub fn all(&self) -> impl Iterator<Item = &[NodeId]> {
        self.neighbours.iter().map(Vec::as_slice)
    }

    /// Whether two nodes know each other.
    pub fn linked(&self, a: NodeId, b: NodeId) -> bool {
        self.neighbours.get(a.index()).is_some_and(|list| list.binary_search(&b).is_ok())
    }

    /// Whether every node can reach every other.
    pub fn is_connected(&self) -> bool {
        let mut sets = UnionFind::<usize>::new(self.neighbours.len());
        let mut parts = self.neighbours.len();
        for (a, list) in self.neighbours.iter().enumerate() {
            parts -= list.iter().filter(|b| sets.union(a, b.index())).count();
        }
        parts <= 1
    }
}

/// Links nodes that lack neighbours, in random order.
fn fill(graph: &mut UnGraph<(), ()>, degree: u32, seed: u64, purpose: Purpose) {
    let complete = degree as usize + 1 >= graph.node_count();
    let lacks = |graph: &UnGraph<(), ()>, id| complete || graph.neighbors(id).count() < degree as usize;
    let mut short: Vec<_> = graph.node_indices().filter(|id| lacks(graph, *id)).collect();
    Rng::stream(seed, purpose, u64::from(u32::MAX)).shuffle(&mut short);
    for i in 0..short.len() {
        for j in i + 1..short.len() {
            let (a, b) = (short[i], short[j]);
            if lacks(graph, a) && lacks(graph, b) {
                graph.update_edge(a, b, ());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_as_asked_and_the_graph_is_connected() {
        for (nodes, degree) in [(200, 8), (200, 7), (1000, 16), (2, 2), (9, 3), (32, 31), (32, 20)] {
            let overlay = Overlay::random(nodes, degree, 3);
            assert!(overlay.is_connected(), "{nodes} {degree}");
            let sum: usize = (0..nodes).map(|i| overlay.neighbours(NodeId(i)).len()).sum();
            let mean = sum as f64 / f64::from(nodes);
            let most = f64::from(degree.min(nodes - 1));
            assert!(mean <= most + 0.2 && mean > most - 0.3, "{nodes} {degree}: {mean}");
            assert!((0..nodes).all(|i| !overlay.linked(NodeId(i), NodeId(i))));
        }
    }

    /// Hops from `source` to everybody, sorted.
    fn hops(overlay: &Overlay, source: u32, nodes: u32) -> Vec<u32> {
        let mut far = vec![u32::MAX; nodes as usize];
        far[source as usize] = 0;
        let mut queue = std::collections::VecDeque::from([NodeId(source)]);
        while let Some(at) = queue.pop_front() {
            for next in overlay.neighbours(at) {
                if far[next.index()] == u32::MAX {
                    far[next.index()] = far[at.index()] + 1;
                    queue.push_back(*next);
                }
            }
        }
        far.remove(source as usize);
        far.sort_unstable();
        far
    }

    /// Oracle F8: edges exactly, the first node's degree within three standard
    /// errors over 400 graphs, hops of (160, 2) at the median, 95 % and most.
    #[test]
    fn f8_grown_graphs() {
        use crate::bound::{grown_edges, grown_first_degree};
        for (nodes, joins) in [(160, 2), (300, 3), (40, 1)] {
            let graphs: Vec<Overlay> = (0..400).map(|seed| Overlay::grown(nodes, joins, seed)).collect();
            for graph in &graphs {
                let ends: usize = (0..nodes).map(|id| graph.neighbours(NodeId(id)).len()).sum();
                assert_eq!(ends as u64 / 2, grown_edges(u64::from(nodes), u64::from(joins)));
                assert!(graph.is_connected());
            }
            let degrees: Vec<f64> = graphs.iter().map(|g| g.neighbours(NodeId(0)).len() as f64).collect();
            let mean = degrees.iter().sum::<f64>() / 400.0;
            let variance = degrees.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / 399.0;
            let expected = grown_first_degree(u64::from(nodes), u64::from(joins));
            assert!((mean - expected).abs() < 3.0 * libm::sqrt(variance / 400.0), "{mean} {expected}");
        }
        // From all sources together; from a single one the most is usually 6.
        let pooled = |seed| {
            let graph = Overlay::grown(160, 2, seed);
            let mut all: Vec<u32> = (0..160).flat_map(|source| hops(&graph, source, 160)).collect();
            all.sort_unstable();
            [all.len() / 2, all.len() * 95 / 100, all.len() - 1].map(|at| all[at])
        };
        let graphs: Vec<[u32; 3]> = (0..41).map(pooled).collect();
        let typical = [0, 1, 2].map(|i| {
            let mut of: Vec<u32> = graphs.iter().map(|g| g[i]).collect();
            of.sort_unstable();
            of[20]
        });
        assert_eq!(typical, [4, 5, 7]);
    }

    #[test]
    fn acquaintance_is_mutual() {
        let overlay = Overlay::random(50, 5, 9);
        for a in (0..50).map(NodeId) {
            assert!(overlay.neighbours(a).iter().all(|b| overlay.linked(*b, a)));
        }
    }
}
