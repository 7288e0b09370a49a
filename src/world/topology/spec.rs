//! How a topology is described, and where nodes are in it.

use super::{GeneratorSpec, RouteRule, Routes, Topology};
use crate::rng::{Purpose, Rng};
use crate::units::{Rate, Refusal, Time, require, require_whole};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The wires between nodes, and where nodes are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopologySpec {
    /// The graph.
    pub graph: GraphSpec,
    /// Which way bytes go; as the graph says when absent.
    pub routes: Option<RouteRule>,
    /// Where nodes are whose class does not say it.
    pub attach: AttachSpec,
    /// One-way delay of the access link of each node whose class does not say it.
    pub access_delay: Time,
    /// How much shorter delays are and how much wider wires, for what-if questions.
    #[serde(skip_serializing_if = "Stretch::is_none")]
    pub stretch: Stretch,
}

/// Where a graph comes from.
#[derive(Debug, Clone)]
pub enum GraphSpec {
    /// It is made by rule.
    Made(GeneratorSpec),
    /// It was read from a file: the graph, and its digest.
    Read(Arc<Topology>, u64),
    /// It is read from a file and has not been yet.
    Unread,
}

impl PartialEq for GraphSpec {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (GraphSpec::Made(mine), GraphSpec::Made(theirs)) => mine == theirs,
            (GraphSpec::Read(_, mine), GraphSpec::Read(_, theirs)) => mine == theirs,
            (GraphSpec::Unread, GraphSpec::Unread) => true,
            _ => false,
        }
    }
}

impl Serialize for GraphSpec {
    /// The rule, or the digest of the graph.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            GraphSpec::Made(rule) => rule.serialize(to),
            GraphSpec::Read(_, digest) => to.serialize_str(&format!("{digest:016x}")),
            GraphSpec::Unread => to.serialize_unit(),
        }
    }
}

/// Factors of all delays and capacities of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stretch {
    /// Of delays.
    pub delay: f64,
    /// Of capacities of wires.
    pub capacity: f64,
    /// Of the uplinks that points give to hosts.
    pub up: f64,
    /// Of the downlinks likewise.
    pub down: f64,
}

impl Stretch {
    /// Everything as it is.
    pub const NONE: Stretch = Stretch { delay: 1.0, capacity: 1.0, up: 1.0, down: 1.0 };

    fn is_none(&self) -> bool {
        *self == Stretch::NONE
    }
}

/// Where nodes are in a graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AttachSpec {
    /// One at each point after another, from the first point on again and again.
    Even,
    /// Each at a point drawn for it.
    Random,
    /// At these points, one for each node in order.
    List(Vec<String>),
    /// So many at each point, by its name.
    Counts(BTreeMap<String, u32>),
    /// Such shares at each point, by its name; they sum to 1.
    Shares(BTreeMap<String, f64>),
    /// Such shares in each region, by its name, evenly over its points; they sum to 1.
    Regions(BTreeMap<String, f64>),
}

/// How a topology is written.
#[derive(Deserialize, JsonSchema)]
pub(in crate::world) struct TopologyKeys {
    /// A graph made by rule, of points between which the wires run; `{ racks = { .. } }`.
    #[serde(rename = "topology.generate")]
    #[schemars(extend("examples" = [{ "racks": { "racks": 8, "delay": "50 us", "uplink": "10 Gbit/s" } }]))]
    generate: Option<GeneratorSpec>,
    /// A graph from a file, instead of `generate`: GML as Shadow reads it, GraphML, a list of edges, or a matrix of latencies (docs/topology.md).
    #[serde(rename = "topology.file")]
    #[schemars(extend("examples" = ["map.gml"]))]
    file: Option<String>,
    /// Digest of the graph in that file, 16 hex digits, as `codexsim check` prints it: the scenario is refused when the file has another. Absent, it takes what it finds.
    #[serde(rename = "topology.digest")]
    #[schemars(extend("examples" = ["0123456789abcdef"]))]
    _digest: Option<String>,
    /// Which way bytes go: "shortest" (the least delay) or "direct" (the edge between two points). As the graph says when absent: a matrix of latencies is direct, any other graph shortest.
    #[serde(rename = "topology.routes")]
    #[schemars(extend("examples" = ["direct"]))]
    routes: Option<RouteRule>,
    /// Where nodes are: "even" over all points, "random", { list = ["tokyo", ..] } node by node, { counts = { tokyo = 10 } }, { shares = { tokyo = 0.2 } } by point, or { regions = { EU = 0.4 } }. Classes of nodes may say their own.
    #[serde(rename = "topology.attach")]
    #[schemars(extend("default" = "even"))]
    attach: AttachSpec,
    /// One-way delay of every access link, on top of the wires; two nodes at one point are twice that apart.
    #[serde(rename = "topology.access_delay")]
    #[schemars(extend("default" = "0 s"))]
    access_delay: Time,
}

/// Reads [`TopologyKeys`]; the scenario refuses two graphs together, and puts what it has
/// read from a file in the place of [`GraphSpec::Unread`].
pub(in crate::world) fn topology<'de, D: Deserializer<'de>>(from: D) -> Result<Option<TopologySpec>, D::Error> {
    let TopologyKeys { generate, file, routes, attach, access_delay, .. } = TopologyKeys::deserialize(from)?;
    let graph = match (generate, file) {
        (Some(rule), _) => GraphSpec::Made(rule),
        (None, Some(_)) => GraphSpec::Unread,
        (None, None) => return Ok(None),
    };
    Ok(Some(TopologySpec { graph, routes, attach, access_delay, stretch: Stretch::NONE }))
}

/// Where the nodes of a run are that do not say it themselves, by node.
pub(in crate::world) type Wanted<'a> = &'a [Option<Placement<'a>>];

/// Where a class of nodes is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::world) enum Placement<'a> {
    /// At this point.
    Point(&'a str),
    /// Somewhere in this region.
    Region(&'a str),
}

impl TopologySpec {
    /// The graph.
    ///
    /// # Panics
    /// When it stands in a file that nobody has read.
    pub fn build(&self, seed: u64) -> Topology {
        let graph = match &self.graph {
            GraphSpec::Made(rule) => rule.build(seed),
            GraphSpec::Read(graph, _) => Topology::clone(graph),
            GraphSpec::Unread => panic!("the scenario reads the file"),
        };
        let graph = if self.stretch.is_none() { graph } else { graph.stretched(self.stretch) };
        match self.routes {
            Some(rule) => graph.with_rule(rule),
            None => graph,
        }
    }

    /// Refuses a graph that is none, and nodes that are nowhere or cannot reach each other.
    ///
    /// # Errors
    /// On the first such thing.
    pub(in crate::world) fn check(&self, wanted: Wanted<'_>, seed: u64) -> Result<(), Refusal> {
        match &self.graph {
            GraphSpec::Made(rule) => rule.check()?,
            GraphSpec::Read(graph, _) => {
                graph.check().map_err(|refusal| Refusal { key: "topology.file".into(), ..refusal })?
            }
            GraphSpec::Unread => return Ok(()),
        }
        let topology = self.build(seed);
        let points = self.place(&topology, wanted, seed)?;
        let mut hosts = vec![0u32; topology.points().len()];
        points.iter().for_each(|point| hosts[*point as usize] += 1);
        self.check_paths(&Routes::new(topology), &hosts)
    }

    /// Every host reaches every other; those at one point have a way between them where
    /// the graph was measured.
    fn check_paths(&self, routes: &Routes, hosts: &[u32]) -> Result<(), Refusal> {
        let name = |at: u32| routes.topology().points().nth(at as usize).map_or("", |point| &point.name);
        let used: Vec<u32> = (0..hosts.len() as u32).filter(|at| hosts[*at as usize] > 0).collect();
        let key = match self.graph {
            GraphSpec::Made(_) => "topology.generate",
            _ => "topology.file",
        };
        let pieces = routes.unreachable(&used);
        let given =
            pieces.map_or(String::new(), |(from, to)| format!("no way leads from {} to {}", name(from), name(to)));
        if pieces.is_some() {
            let direct = routes.topology().rule() == RouteRule::Direct;
            let detour = "with topology.routes = \"shortest\" the way may lead over other points";
            let help = direct.then(|| detour.to_owned());
            return Err(Refusal {
                help,
                ..Refusal::new(key, given, "a graph in which every node reaches every other")
            });
        }
        let read = matches!(self.graph, GraphSpec::Read(..));
        let crowded = |at: &&u32| hosts[**at as usize] > 1 && !routes.has_loop(**at);
        let Some(at) = used.iter().find(crowded).filter(|_| read && self.access_delay == Time::ZERO) else {
            return Ok(());
        };
        let given = format!("{} nodes are at {}, which has no edge to itself", hosts[*at as usize], name(*at));
        Err(Refusal {
            help: Some("set topology.access_delay, and they are twice that apart".into()),
            ..Refusal::new(key, given, "an edge from that point to itself, or a delay of the access links")
        })
    }

    /// The point of every node.
    pub(in crate::world) fn place(
        &self,
        topology: &Topology,
        wanted: Wanted<'_>,
        seed: u64,
    ) -> Result<Vec<u32>, Refusal> {
        let open: Vec<usize> = (0..wanted.len()).filter(|node| wanted[*node].is_none()).collect();
        let spread = self.spread(topology, open.len() as u32, wanted.len() as u32, seed)?;
        let mut points = vec![0; wanted.len()];
        let listed = matches!(self.attach, AttachSpec::List(_));
        for (at, node) in open.into_iter().enumerate() {
            points[node] = spread[if listed { node } else { at }];
        }
        let mut turn: BTreeMap<&str, u32> = BTreeMap::new();
        for (node, placement) in wanted.iter().enumerate() {
            points[node] = match placement {
                None => continue,
                Some(Placement::Point(name)) => point(topology, name, "nodes")?,
                Some(Placement::Region(name)) => {
                    let inside = region(topology, name, "nodes")?;
                    let turn = turn.entry(name).or_insert(0);
                    *turn += 1;
                    inside[(*turn as usize - 1) % inside.len()]
                }
            };
        }
        Ok(points)
    }

    /// Points for `open` nodes, one after another; for all `nodes` where they are listed.
    fn spread(&self, topology: &Topology, open: u32, nodes: u32, seed: u64) -> Result<Vec<u32>, Refusal> {
        let key = "topology.attach";
        let hosts: Vec<u32> =
            (0..).zip(topology.points()).filter(|(_, point)| !point.router).map(|(at, _)| at).collect();
        require(!hosts.is_empty(), key, "a graph without points for hosts", "at least one")?;
        let shuffled = |shares: Vec<(f64, Vec<u32>)>| {
            let classes =
                crate::world::build::quotas(shares.iter().map(|s| s.0), open as usize, seed, Purpose::Attachment);
            let mut turn = vec![0; shares.len()];
            let next = |class: &usize| {
                let inside = &shares[*class].1;
                turn[*class] += 1;
                inside[(turn[*class] - 1) % inside.len()]
            };
            classes.iter().map(next).collect()
        };
        Ok(match &self.attach {
            AttachSpec::Even => (0..open as usize).map(|node| hosts[node % hosts.len()]).collect(),
            AttachSpec::Random => {
                let mut rng = Rng::stream(seed, Purpose::Attachment, 0);
                (0..open).map(|_| hosts[rng.below(hosts.len() as u64) as usize]).collect()
            }
            AttachSpec::List(names) => {
                let given = format!("{} points for {nodes} nodes", names.len());
                require(names.len() == nodes as usize, "topology.attach.list", given, "one for each node")?;
                names.iter().map(|name| point(topology, name, "topology.attach.list")).collect::<Result<_, _>>()?
            }
            AttachSpec::Counts(counts) => {
                let sum: u64 = counts.values().map(|count| u64::from(*count)).sum();
                let given = format!("places for {sum} of {open} nodes");
                require(
                    sum == u64::from(open),
                    "topology.attach.counts",
                    given,
                    "counts that sum to the number of nodes",
                )?;
                let mut points = Vec::new();
                for (name, count) in counts {
                    let at = point(topology, name, "topology.attach.counts")?;
                    points.extend(std::iter::repeat_n(at, *count as usize));
                }
                points
            }
            AttachSpec::Shares(shares) => {
                require_whole(shares.values().copied(), "topology.attach.shares")?;
                let at = |(name, share): (&String, &f64)| {
                    Ok((*share, vec![point(topology, name, "topology.attach.shares")?]))
                };
                shuffled(shares.iter().map(at).collect::<Result<_, Refusal>>()?)
            }
            AttachSpec::Regions(shares) => {
                require_whole(shares.values().copied(), "topology.attach.regions")?;
                let at =
                    |(name, share): (&String, &f64)| Ok((*share, region(topology, name, "topology.attach.regions")?));
                shuffled(shares.iter().map(at).collect::<Result<_, Refusal>>()?)
            }
        })
    }

    /// Whether its points give hosts their links.
    pub(in crate::world) fn gives_links(&self) -> bool {
        let GraphSpec::Read(graph, _) = &self.graph else { return false };
        graph.points().any(|point| point.up.is_some() || point.down.is_some())
    }

    /// The slowest link that a graph gives its hosts or wires, if it gives any.
    pub(crate) fn slowest(&self) -> Option<Rate> {
        let GraphSpec::Read(graph, _) = &self.graph else { return None };
        let hosts = graph.points().flat_map(|point| [point.up, point.down]).flatten();
        hosts.chain(graph.edges().map(|(.., edge)| edge.capacity)).min()
    }
}

/// The point called `name`, where a host can be.
fn point(topology: &Topology, name: &str, key: &str) -> Result<u32, Refusal> {
    let hosts = || topology.points().filter(|point| !point.router).map(|point| point.name.as_str());
    let known = topology.find(name).filter(|at| topology.points().nth(*at as usize).is_some_and(|point| !point.router));
    known.ok_or_else(|| unknown(format!("no point `{name}` for hosts"), name, hosts(), key))
}

/// The points in the region called `name`, where hosts can be.
fn region(topology: &Topology, name: &str, key: &str) -> Result<Vec<u32>, Refusal> {
    let here = |point: &&super::Point| point.region.as_deref() == Some(name) && !point.router;
    let inside: Vec<u32> = (0..).zip(topology.points()).filter(|(_, point)| here(point)).map(|(at, _)| at).collect();
    if !inside.is_empty() {
        return Ok(inside);
    }
    let regions = topology.regions();
    Err(unknown(format!("no region `{name}` with hosts"), name, regions.iter().map(String::as_str), key))
}

/// The refusal of a name of the graph that is none of `known`.
fn unknown<'a>(message: String, name: &str, known: impl Iterator<Item = &'a str>, key: &str) -> Refusal {
    let mut known = known.peekable();
    match known.peek() {
        None => Refusal::new(key, message, "a graph that has names"),
        Some(_) => Refusal::unknown(message, name, known, key),
    }
}
