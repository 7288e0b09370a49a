//! Who knows whom: a random graph of given degree.

use super::NodeId;
use crate::rng::{Purpose, Rng};
use petgraph::graph::UnGraph;
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
        let mut graph = UnGraph::<(), ()>::default();
        let ids: Vec<_> = (0..nodes).map(|_| graph.add_node(())).collect();
        for round in 0..degree.div_ceil(2) {
            let mut order = ids.clone();
            Rng::stream(seed, Purpose::Overlay, u64::from(round)).shuffle(&mut order);
            let matching = degree % 2 == 1 && round == degree / 2;
            let step = if matching { 2 } else { 1 };
            for i in (0..order.len()).step_by(step) {
                let (a, b) = (order[i], order[(i + 1) % order.len()]);
                if a != b {
                    graph.update_edge(a, b, ());
                }
            }
        }
        fill(&mut graph, nodes, degree, seed);
        let neighbours = ids
            .iter()
            .map(|id| {
                let mut list: Vec<_> = graph.neighbors(*id).map(|n| NodeId(n.index() as u32)).collect();
                list.sort();
                list
            })
            .collect();
        Overlay { neighbours }
    }

    /// Acquaintances of `node`, in order.
    pub fn neighbours(&self, node: NodeId) -> &[NodeId] {
        &self.neighbours[node.index()]
    }

    /// Whether two nodes know each other.
    pub fn linked(&self, a: NodeId, b: NodeId) -> bool {
        self.neighbours(a).binary_search(&b).is_ok()
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
fn fill(graph: &mut UnGraph<(), ()>, nodes: u32, degree: u32, seed: u64) {
    let complete = degree.saturating_add(1) >= nodes;
    let lacks = |graph: &UnGraph<(), ()>, id| complete || graph.neighbors(id).count() < degree as usize;
    let mut short: Vec<_> = graph.node_indices().filter(|id| lacks(graph, *id)).collect();
    Rng::stream(seed, Purpose::Overlay, u64::from(u32::MAX)).shuffle(&mut short);
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

    #[test]
    fn acquaintance_is_mutual() {
        let overlay = Overlay::random(50, 5, 9);
        for a in (0..50).map(NodeId) {
            assert!(overlay.neighbours(a).iter().all(|b| overlay.linked(*b, a)));
        }
    }
}
