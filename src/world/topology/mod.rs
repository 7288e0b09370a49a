//! The wires: a graph of points, edges between them with delay, capacity and loss, and
//! the routes over it.
//!
//! A point is where hosts hang or wires meet: a city, a switch, an exchange. Hosts are
//! nodes of the run, each behind its own access link at a point; they are no part of the
//! graph. Who knows whom is another graph ([`super::Overlay`]).

mod generate;
mod routes;
mod spec;

pub use generate::GeneratorSpec;
pub use routes::{CoreLink, Hop, Routes};

pub use spec::{AttachSpec, GraphSpec, Stretch, TopologySpec};
pub(super) use spec::{Placement, TopologyKeys, topology};

use crate::rng::{digest, mix};
use crate::units::{Rate, Refusal, Time, require};
use petgraph::graph::DiGraph;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place in the graph.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Point {
    /// Its name; unique in its graph.
    pub name: String,
    /// The region that it is in.
    pub region: Option<String>,
    /// Upload capacity of each host here, where the graph says so.
    pub up: Option<Rate>,
    /// Download capacity of each host here, where the graph says so.
    pub down: Option<Rate>,
    /// Latitude and longitude, in degrees.
    pub place: Option<[f64; 2]>,
    /// Whether wires alone meet here, and no host is.
    pub router: bool,
}

impl Point {
    /// A point of which nothing but the name is known.
    pub fn named(name: impl Into<String>) -> Self {
        Point { name: name.into(), ..Point::default() }
    }
}

/// A wire from one point to another, in one direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// One-way delay, above zero.
    pub delay: Time,
    /// What all who send over it share; [`Rate::UNLIMITED`] when it holds nobody back.
    pub capacity: Rate,
    /// Share of the packets that are lost, from 0 to below 1. (Kept and shown; no run
    /// loses anything by it.)
    pub loss: f64,
}

impl Edge {
    /// A wire that only delays.
    pub const fn of(delay: Time) -> Self {
        Edge { delay, capacity: Rate::UNLIMITED, loss: 0.0 }
    }
}

/// Which way from one point to another is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RouteRule {
    /// The one of least delay.
    Shortest,
    /// The edge between the two, which must be there.
    Direct,
}

/// A graph of points and wires.
#[derive(Debug, Clone)]
pub struct Topology {
    graph: DiGraph<Point, Edge>,
    rule: RouteRule,
}

impl Topology {
    /// The graph of `points` and `edges`, each from one index to another in one direction.
    ///
    /// # Panics
    /// When an edge ends at no point.
    pub fn new(points: Vec<Point>, edges: impl IntoIterator<Item = (u32, u32, Edge)>, rule: RouteRule) -> Self {
        let mut graph = DiGraph::with_capacity(points.len(), 0);
        for point in points {
            graph.add_node(point);
        }
        for (from, to, edge) in edges {
            graph.add_edge(from.into(), to.into(), edge);
        }
        Topology { graph, rule }
    }

    /// Both directions of `edges`, each with the whole capacity.
    pub fn two_way(points: Vec<Point>, edges: impl IntoIterator<Item = (u32, u32, Edge)>, rule: RouteRule) -> Self {
        let both = |(a, b, edge): (u32, u32, Edge)| {
            let back = (a != b).then_some((b, a, edge));
            [(a, b, edge)].into_iter().chain(back)
        };
        Topology::new(points, edges.into_iter().flat_map(both), rule)
    }

    /// The points, in order.
    pub fn points(&self) -> impl ExactSizeIterator<Item = &Point> {
        self.graph.raw_nodes().iter().map(|node| &node.weight)
    }

    /// The point of this name.
    pub fn find(&self, name: &str) -> Option<u32> {
        self.points().position(|point| point.name == name).map(|at| at as u32)
    }

    /// The edges, in order: from, to, and what they are.
    pub fn edges(&self) -> impl ExactSizeIterator<Item = (u32, u32, &Edge)> {
        self.graph
            .raw_edges()
            .iter()
            .map(|edge| (edge.source().index() as u32, edge.target().index() as u32, &edge.weight))
    }

    /// The edges that lead to `point` from elsewhere: where from, and what they are.
    pub fn edges_into(&self, point: u32) -> impl Iterator<Item = (u32, &Edge)> {
        let edges = self.graph.edges_directed(point.into(), petgraph::Direction::Incoming);
        edges.map(|edge| (petgraph::visit::EdgeRef::source(&edge).index() as u32, edge.weight()))
    }

    /// Which way is taken between two points.
    pub fn rule(&self) -> RouteRule {
        self.rule
    }

    /// The same with another rule.
    pub fn with_rule(self, rule: RouteRule) -> Self {
        Topology { rule, ..self }
    }

    /// The same with other delays and capacities.
    fn stretched(self, by: Stretch) -> Self {
        let wider = |rate: Rate, by: f64| if rate.is_unlimited() { rate } else { Rate((rate.0 as f64 * by) as u64) };
        let point = |point: &Point| Point {
            up: point.up.map(|up| wider(up, by.up)),
            down: point.down.map(|down| wider(down, by.down)),
            ..point.clone()
        };
        let edge = |edge: &Edge| Edge {
            delay: Time::from_nanos((edge.delay.nanos() as f64 * by.delay) as u64),
            capacity: wider(edge.capacity, by.capacity),
            ..*edge
        };
        Topology { graph: self.graph.map(|_, at| point(at), |_, wire| edge(wire)), ..self }
    }

    /// The same with wires that only delay.
    pub fn without_capacities(&self) -> Self {
        let edge = |edge: &Edge| Edge { capacity: Rate::UNLIMITED, ..*edge };
        Topology { graph: self.graph.map(|_, point| point.clone(), |_, wire| edge(wire)), rule: self.rule }
    }

    /// The names of the regions, in the order of their first points; none when no point
    /// says its own.
    pub fn regions(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for region in self.points().filter_map(|point| point.region.as_ref()) {
            if !names.contains(region) {
                names.push(region.clone());
            }
        }
        names
    }

    /// A digest of all that it says, whatever file it was read from.
    pub fn digest(&self) -> u64 {
        let mut text = format!("{:?}", self.rule);
        for point in self.points() {
            text += &format!("{point:?}");
        }
        let edges = self.edges().map(|(from, to, edge)| {
            let Edge { delay, capacity, loss } = edge;
            [u64::from(from) << 32 | u64::from(to), delay.nanos(), capacity.0, loss.to_bits()]
        });
        edges.flatten().fold(digest(text.as_bytes()), |sum, word| mix(sum ^ word))
    }

    /// Refuses edges that no wire is like.
    ///
    /// # Errors
    /// On the first edge without delay or capacity, or that loses everything.
    pub fn check(&self) -> Result<(), Refusal> {
        let name = |at: u32| &self.graph[petgraph::graph::NodeIndex::from(at)].name;
        require(self.points().len() > 0, "topology", "a graph without points", "at least one point")?;
        for (from, to, edge) in self.edges() {
            let what = |wrong: &str| format!("the edge from {} to {} {wrong}", name(from), name(to));
            let passes = edge.delay > Time::ZERO && edge.delay != Time::NEVER;
            require(passes, "topology", what("takes no time"), "a latency above zero")?;
            require(edge.capacity > Rate(0), "topology", what("carries nothing"), "a capacity above zero")?;
            require((0.0..1.0).contains(&edge.loss), "topology", what("loses everything"), "a loss from 0 to below 1")?;
        }
        Ok(())
    }
}
