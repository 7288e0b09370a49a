//! Which way bytes go from point to point, worked out when somebody asks.

use super::{Edge, RouteRule, Topology};
use crate::units::{Rate, Time};
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use std::sync::OnceLock;

/// No edge, no link.
const NONE: u32 = u32::MAX;

/// A core link: a wire whose capacity those who send over it share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoreLink {
    /// The point that it leaves.
    pub from: u32,
    /// The point that it leads to.
    pub to: u32,
    /// Its capacity.
    pub capacity: Rate,
}

/// A core link on a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    /// The link, an index into [`Routes::core_links`].
    pub link: u32,
    /// One-way delay from the core link before it, or from where the route begins.
    pub delay: Time,
}

/// The ways from one point to all others.
#[derive(Debug)]
struct Row {
    /// By point: how far it is; [`Time::NEVER`] when no way leads there.
    delay: Vec<Time>,
    /// By point: the last edge on the way there, or [`NONE`].
    last: Vec<u32>,
}

/// The routes of a topology. The ways from a point are worked out when they are first
/// asked for, and then kept: 12 bytes for each point that they lead to.
#[derive(Debug)]
pub struct Routes {
    topology: Topology,
    rows: Vec<OnceLock<Row>>,
    /// By edge: its number among the core links, or [`NONE`].
    core: Vec<u32>,
    links: Vec<CoreLink>,
}

impl Routes {
    /// The routes of `topology`, none of them worked out yet.
    pub fn new(topology: Topology) -> Self {
        let mut links = Vec::new();
        let mut number = |(from, to, edge): (u32, u32, &Edge)| {
            if edge.capacity == Rate::UNLIMITED {
                return NONE;
            }
            links.push(CoreLink { from, to, capacity: edge.capacity });
            links.len() as u32 - 1
        };
        let core = topology.edges().map(&mut number).collect();
        let rows = topology.points().map(|_| OnceLock::new()).collect();
        Routes { rows, core, links, topology }
    }

    /// The graph.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// The wires whose capacity is shared, in the order of the edges.
    pub fn core_links(&self) -> &[CoreLink] {
        &self.links
    }

    /// One-way delay from `from` to `to`; nothing when no way leads there. Hosts at one
    /// point are as far apart as its edge to itself says, or not at all.
    pub fn delay(&self, from: u32, to: u32) -> Option<Time> {
        let delay = self.row(from).delay[to as usize];
        (delay != Time::NEVER).then_some(delay)
    }

    /// Whether `point` has an edge to itself.
    pub fn has_loop(&self, point: u32) -> bool {
        self.topology.graph.contains_edge(point.into(), point.into())
    }

    /// Two of these points between which no way leads, from the first to the second; nothing
    /// when every one reaches every other.
    pub fn unreachable(&self, points: &[u32]) -> Option<(u32, u32)> {
        let lost = |from: u32| points.iter().find(|to| self.delay(from, **to).is_none()).map(|to| (from, *to));
        if self.topology.rule == RouteRule::Direct {
            return points.iter().find_map(|from| lost(*from));
        }
        // Who is in one strongly connected part with the first reaches all that it reaches.
        let parts = petgraph::algo::tarjan_scc(&self.topology.graph);
        let of = |point: &u32| parts.iter().position(|part| part.contains(&NodeIndex::from(*point)));
        let first = points.first()?;
        let home: Vec<bool> = {
            let mut home = vec![false; self.rows.len()];
            parts[of(first)?].iter().for_each(|point| home[point.index()] = true);
            home
        };
        let other = points.iter().find(|point| !home[**point as usize])?;
        Some(if self.delay(*first, *other).is_none() { (*first, *other) } else { (*other, *first) })
    }

    /// The edges from `from` to `to`, in order.
    pub fn edges(&self, from: u32, to: u32) -> Vec<(u32, u32, &Edge)> {
        let graph = &self.topology.graph;
        let last = &self.row(from).last;
        let (mut way, mut at) = (Vec::new(), to);
        while last[at as usize] != NONE {
            let edge = &graph.raw_edges()[last[at as usize] as usize];
            at = edge.source().index() as u32;
            way.push((at, edge.target().index() as u32, &edge.weight));
            if at == from {
                break;
            }
        }
        way.reverse();
        way
    }

    /// Share of the packets that are lost between two points.
    pub fn loss(&self, from: u32, to: u32) -> f64 {
        1.0 - self.edges(from, to).iter().map(|(.., edge)| 1.0 - edge.loss).product::<f64>()
    }

    /// Puts the core links from `from` to `to` into `hops`, in order.
    pub fn hops(&self, from: u32, to: u32, hops: &mut Vec<Hop>) {
        hops.clear();
        if self.links.is_empty() {
            return;
        }
        let edges = self.topology.graph.raw_edges();
        let last = &self.row(from).last;
        let mut at = to;
        // From the end: each hop first holds the delay behind its link.
        let mut behind = Time::ZERO;
        while last[at as usize] != NONE {
            let index = last[at as usize] as usize;
            if self.core[index] != NONE {
                hops.push(Hop { link: self.core[index], delay: behind + edges[index].weight.delay });
                behind = Time::ZERO;
            } else {
                behind += edges[index].weight.delay;
            }
            at = edges[index].source().index() as u32;
            if at == from {
                break;
            }
        }
        hops.reverse();
        let mut before = behind;
        for hop in hops {
            std::mem::swap(&mut hop.delay, &mut before);
        }
    }

    fn row(&self, from: u32) -> &Row {
        self.rows[from as usize].get_or_init(|| match self.topology.rule {
            RouteRule::Shortest => self.shortest(from),
            RouteRule::Direct => self.direct(from),
        })
    }

    /// Nothing but the edges that leave `from`, of several to one point the first.
    fn direct(&self, from: u32) -> Row {
        let mut row = self.nowhere();
        row.delay[from as usize] = Time::ZERO;
        let mut edges: Vec<_> = self.topology.graph.edges(NodeIndex::from(from)).collect();
        edges.sort_by_key(|edge| edge.id());
        for edge in edges {
            let to = edge.target().index();
            if row.last[to] == NONE {
                (row.delay[to], row.last[to]) = (edge.weight().delay, edge.id().index() as u32);
            }
        }
        row
    }

    /// Of ways that take equally long, the one whose last edge comes first in the graph.
    fn shortest(&self, from: u32) -> Row {
        let (graph, start) = (&self.topology.graph, NodeIndex::from(from));
        let reached = petgraph::algo::dijkstra(graph, start, None, |edge| edge.weight().delay.nanos());
        let mut row = self.nowhere();
        for (point, delay) in reached {
            row.delay[point.index()] = Time::from_nanos(delay);
        }
        for index in graph.edge_indices() {
            let (source, target) = graph.edge_endpoints(index).expect("an edge has two ends");
            let (before, after) = (row.delay[source.index()], row.delay[target.index()]);
            let leads = before != Time::NEVER && before + graph[index].delay == after && target != start;
            if leads && row.last[target.index()] == NONE {
                row.last[target.index()] = index.index() as u32;
            }
        }
        let own: Option<EdgeIndex> = graph.find_edge(start, start);
        if let Some(own) = own {
            (row.delay[from as usize], row.last[from as usize]) = (graph[own].delay, own.index() as u32);
        }
        row
    }

    fn nowhere(&self) -> Row {
        let points = self.rows.len();
        Row { delay: vec![Time::NEVER; points], last: vec![NONE; points] }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Point;
    use super::*;

    fn ms(ms: u64) -> Time {
        Time::from_millis(ms)
    }

    /// Oracle T1: points 0-1 10 ms, 1-2 20 ms, 0-2 50 ms, each losing 1 %.
    fn triangle(rule: RouteRule) -> Routes {
        let points = (0..3).map(|point: u32| Point::named(point.to_string())).collect();
        let edges = [(0, 1, 10), (1, 2, 20), (0, 2, 50)];
        let edges = edges.map(|(a, b, delay)| (a, b, Edge { loss: 0.01, ..Edge::of(ms(delay)) }));
        Routes::new(Topology::two_way(points, edges, rule))
    }

    #[test]
    fn t1_shortest_and_direct_paths() {
        let shortest = triangle(RouteRule::Shortest);
        assert_eq!(shortest.delay(0, 2), Some(ms(30)));
        assert!((shortest.loss(0, 2) - 0.0199).abs() < 1e-12);
        let direct = triangle(RouteRule::Direct);
        assert_eq!(direct.delay(0, 2), Some(ms(50)));
        assert!((direct.loss(0, 2) - 0.01).abs() < 1e-12);
    }

    /// A line a - b - c - d, of which b - c and c - d are shared.
    fn line() -> Routes {
        let points = ["a", "b", "c", "d"].map(Point::named).to_vec();
        let shared = |delay, mbit: u64| Edge { capacity: Rate(mbit * 1_000_000), ..Edge::of(ms(delay)) };
        let edges = [(0, 1, Edge::of(ms(1))), (1, 2, shared(2, 10)), (2, 3, shared(4, 20)), (2, 2, shared(8, 5))];
        Routes::new(Topology::two_way(points, edges, RouteRule::Shortest))
    }

    #[test]
    fn hops_are_the_core_links_with_the_delay_before_each() {
        let routes = line();
        let mut hops = Vec::new();
        let mut of = |from, to| {
            routes.hops(from, to, &mut hops);
            let shared = |hop: &Hop| (routes.core_links()[hop.link as usize], hop.delay);
            hops.iter()
                .map(shared)
                .map(|(link, delay)| (link.from, link.to, delay.nanos() / 1_000_000))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(0, 3), [(1, 2, 1), (2, 3, 2)], "what lies before the first link counts for it");
        assert_eq!(of(3, 0), [(3, 2, 0), (2, 1, 4)]);
        assert_eq!(of(0, 1), []);
        assert_eq!(of(2, 2), [(2, 2, 0)], "hosts at one point meet over its edge to itself");
        assert_eq!(
            (routes.delay(2, 2), routes.delay(0, 0), routes.delay(0, 3)),
            (Some(ms(8)), Some(Time::ZERO), Some(ms(7)))
        );
    }

    #[test]
    fn where_no_way_leads_nothing_is_said() {
        let points = ["a", "b", "c"].map(Point::named).to_vec();
        let routes = Routes::new(Topology::new(points, [(0, 1, Edge::of(ms(1)))], RouteRule::Shortest));
        assert_eq!((routes.delay(0, 1), routes.delay(1, 0), routes.delay(0, 2)), (Some(ms(1)), None, None));
    }

    #[test]
    fn of_equal_ways_the_first_in_the_file_is_taken() {
        let points = (0..4).map(|point: u32| Point::named(point.to_string())).collect();
        let edges = [(0, 2, 1), (2, 3, 1), (0, 1, 1), (1, 3, 1)].map(|(a, b, delay)| (a, b, Edge::of(ms(delay))));
        let routes = Routes::new(Topology::two_way(points, edges, RouteRule::Shortest));
        assert_eq!(routes.edges(0, 3).iter().map(|edge| edge.0).collect::<Vec<_>>(), [0, 2]);
    }
}
