//! What is given before time starts: nodes and their links, latency, who knows
//! whom, who is online when, the dataset, and the cost of a node's own work.
//!
//! A [`WorldSpec`] says how the world is drawn; [`World::build`] draws it from
//! the seed alone, so that every protocol under that seed meets the same world.

mod blocks;
mod build;
mod catalogue;
mod churn;
mod classes;
mod code;
mod dataset;
mod distribution;
mod failure;
mod holding;
mod holdings;
mod latency;
mod overlay;
mod random_graph;
mod reach;
mod requests;
mod sender;
mod sessions;
mod spec;
mod start;
mod store;
mod topology;

pub use blocks::BlockSet;
pub use build::seeder_sets;
pub use catalogue::{DatasetClass, HeldSpec, HolderSpec, SizeSpec, WantedBy, WantedPart};
pub use churn::{ChurnSpec, OfflineKind, SessionSpec};
pub use classes::{ClassChurn, ClassRole, NodeClass, counted_nodes, seeder_places};
pub use code::{Code, Part, Want};
pub use dataset::{Dataset, DatasetId, Datasets};
pub use failure::FailureSpec;
pub use holding::Holding;
pub use holdings::{Advance, Holdings};
pub use latency::{Latency, LatencySpec};
pub use overlay::{Acquaintances, Overlay, OverlayGraph, OverlaySpec};
pub use reach::{Behind, Reach};
pub use requests::{Act, Arrivals, RequestSpec, Step, TraceRow};
pub use sender::{Congestion, Sender};
pub use sessions::{Life, Outage, Strike};
pub use spec::{DatasetSpec, Hardware, LinkClass, SwarmSpec, WorldSpec};
pub use start::{StartSpec, mean_distance};
pub use store::{StoreSpec, WhenStoreFull};
pub use topology::{
    AttachSpec, CoreLink, Edge, GeneratorSpec, GraphSpec, Hop, Point, RouteRule, Routes, Stretch, Topology,
    TopologySpec,
};

use crate::units::{Rate, Time};

/// Names a node: its index among all nodes of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NodeId(pub u32);

impl NodeId {
    /// As an index into arrays of nodes.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Tells the connections between two nodes apart, where they have several: a protocol
/// that makes one for each dataset names each by its dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Channel(pub u32);

impl Channel {
    /// The one connection of two nodes that never have another.
    pub const ONLY: Channel = Channel(0);
    /// That over which packets of a mixnet go from hop to hop, beside all others.
    pub const MIX: Channel = Channel(u32::MAX);
    /// That between a node and a relay over which its circuits to others go.
    pub const RELAY: Channel = Channel(u32::MAX - 1);

    /// Whether it carries connections of protocols, and is none itself.
    pub const fn is_beneath(self) -> bool {
        self.0 >= Channel::RELAY.0
    }

    /// A number for this connection with `peer`: in the order of peers, then of channels.
    pub const fn key(self, peer: NodeId) -> u64 {
        ((peer.0 as u64) << 32) | self.0 as u64
    }
}

/// What a node is in the swarm at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Role {
    /// Holds the whole dataset from the start.
    #[default]
    Seeder,
    /// Wants the whole dataset.
    Leecher,
    /// Is there and answers; holds nothing and wants nothing.
    Idle,
    /// Serves discovery; takes no part in the swarm.
    Server,
    /// Relays what others send each other; takes no part in the swarm either.
    Relay,
}

impl Role {
    /// The word used in result files.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Seeder => "seeder",
            Role::Leecher => "leecher",
            Role::Idle => "idle",
            Role::Server => "server",
            Role::Relay => "relay",
        }
    }

    /// The role of this name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [Role::Seeder, Role::Leecher, Role::Idle, Role::Server, Role::Relay];
        all.into_iter().find(|role| role.name() == name)
    }

    /// Whether it takes part in the swarm.
    pub const fn takes_part(self) -> bool {
        !matches!(self, Role::Server | Role::Relay)
    }
}

/// A node as it is given.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is in the swarm.
    pub role: Role,
    /// Capacity of its access link towards the network.
    pub up: Rate,
    /// Capacity of its access link from the network.
    pub down: Rate,
    /// Index of its region among the names of regions; 0 when there are none.
    pub region: u16,
    /// Index of what its work costs in [`World::hardware`].
    pub hardware: u16,
    /// Index of its class among the names of classes; 0 when there are none.
    pub class: u16,
    /// Where its access link ends: a region of the latency model, or a point of the graph.
    pub point: u32,
    /// One-way delay of its access link.
    pub access: Time,
    /// When a leecher begins to want the dataset; zero for all others.
    pub start: Time,
    /// How long a leecher stays once it holds everything.
    pub seed_for: Time,
    /// What its transport does otherwise than that of the others.
    pub sender: Sender,
    /// What stands between it and who dials it; nothing where `network.nat` is not set.
    pub reach: Reach,
}

impl Node {
    /// A node that is there from the start, at the first point.
    pub fn new(role: Role, up: Rate, down: Rate) -> Self {
        let (access, start, seed_for) = (Time::ZERO, Time::ZERO, Time::NEVER);
        let (sender, reach) = (Sender::default(), Reach::Public);
        Node { role, up, down, region: 0, hardware: 0, class: 0, point: 0, access, start, seed_for, sender, reach }
    }
}

/// Connections that stand before their ends start.
#[derive(Debug, Clone)]
pub enum Mesh {
    /// There are none.
    None,
    /// Between all who may connect.
    Acquaintances,
    /// As this graph has them.
    Graph(Overlay),
}

/// The world of one run.
#[derive(Debug, Clone)]
pub struct World {
    /// All nodes; a [`NodeId`] is an index into this.
    pub nodes: Vec<Node>,
    /// What nodes do with datasets during the run, in order of time.
    pub steps: Vec<Step>,
    /// How many requests of one node are carried out at a time; of those that it wants
    /// from its start on all are.
    pub at_a_time: u32,
    /// Pause of a node between the end of a request and the beginning of one that waited.
    pub think: Time,
    /// One-way delays.
    pub latency: Latency,
    /// The names of the regions, in which [`Node::region`] is an index; none without regions.
    pub regions: Vec<String>,
    /// The names of the classes, in which [`Node::class`] is an index; none without classes.
    pub classes: Vec<String>,
    /// Who may ever connect to whom; everybody when absent.
    pub overlay: Option<Overlay>,
    /// Who is connected with whom from before the start.
    pub mesh: Mesh,
    /// When each node is away, before failures strike; drawn when needed.
    pub lives: Vec<Life>,
    /// The failures, in the order of the scenario.
    pub strikes: Vec<Strike>,
    /// What is distributed.
    pub datasets: Datasets,
    /// By dataset, the place of its class among [`World::dataset_names`].
    pub dataset_classes: Vec<u16>,
    /// The names of the classes of datasets; none where no classes are described.
    pub dataset_names: Vec<String>,
    /// By node, what it holds from the start; where nothing is said, seeders hold all
    /// datasets and others nothing.
    pub given: Option<Vec<Holdings>>,
    /// By node, what it wants from its start on, in order; where nothing is said, leechers
    /// want all datasets and others none.
    pub wants: Option<Vec<Vec<Want>>>,
    /// What a node's own work costs, in all kinds that there are; [`Node::hardware`] says
    /// which a node has.
    pub hardware: Vec<Hardware>,
    /// The seed everything was drawn from; protocols draw their streams from it.
    pub seed: u64,
}

impl World {
    /// Ids of all nodes, in order.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// The node `id`.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// What the work of `id` costs.
    pub fn hardware_of(&self, id: NodeId) -> &Hardware {
        &self.hardware[usize::from(self.node(id).hardware)]
    }

    /// Ids of the nodes with `role`, in order.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = NodeId> + '_ {
        self.ids().filter(move |id| self.node(*id).role == role)
    }

    /// What `id` holds from the start.
    pub fn given_to(&self, id: NodeId) -> Holdings {
        match &self.given {
            Some(given) => given[id.index()].clone(),
            None => {
                let mut holdings = Holdings::default();
                if self.node(id).role == Role::Seeder {
                    for dataset in self.datasets.iter() {
                        holdings.add_all(dataset);
                    }
                }
                holdings
            }
        }
    }

    /// Whether `id` holds anything of `dataset` from the start.
    pub fn holds_at_start(&self, id: NodeId, dataset: DatasetId) -> bool {
        match &self.given {
            Some(given) => given[id.index()].len_of(self.datasets.get(dataset)) > 0,
            None => self.node(id).role == Role::Seeder,
        }
    }

    /// What `id` wants from its start on, in order.
    pub fn wanted_by(&self, id: NodeId) -> Vec<Want> {
        match &self.wants {
            Some(wants) => wants[id.index()].clone(),
            None if self.node(id).role == Role::Leecher => self.datasets.ids().map(Want::file).collect(),
            None => Vec::new(),
        }
    }

    /// The dataset of a run that has one.
    #[cfg(test)]
    pub(crate) fn only(&self) -> &Dataset {
        self.datasets.get(DatasetId(0))
    }

    /// One-way delay from `from` to `to`, without jitter.
    pub fn delay(&self, from: NodeId, to: NodeId) -> Time {
        let (from, to) = (self.node(from), self.node(to));
        self.latency.between(from.point, to.point) + from.access + to.access
    }

    /// The mean one-way delay between two regions; over a graph, between two nodes (from
    /// at most 64 of them, evenly picked, to all).
    pub fn mean_delay(&self) -> Time {
        const SOURCES: usize = 64;
        let mean = |delays: &mut dyn Iterator<Item = Time>| {
            let (sum, count) = delays.fold((0, 0), |(sum, count), delay| (sum + u128::from(delay.nanos()), count + 1));
            Time::from_nanos((sum / u128::max(count, 1)) as u64)
        };
        match &self.latency {
            Latency::Matrix { delay, .. } => mean(&mut delay.iter().copied()),
            Latency::Graph(_) => {
                let sources = self.ids().step_by(self.nodes.len().div_ceil(SOURCES));
                let pairs = sources.flat_map(|from| self.ids().map(move |to| (from, to)));
                mean(&mut pairs.filter(|(from, to)| from != to).map(|(from, to)| self.delay(from, to)))
            }
        }
    }

    /// By node, whether it is up once everything has happened that happens at the start.
    pub fn present_at_start(&self) -> Vec<bool> {
        let absent = |id: NodeId| self.lives[id.index()].peek().is_some_and(|outage| outage.from == Time::ZERO);
        let comes = |id: NodeId| self.node(id).start == Time::ZERO && self.node(id).role != Role::Relay;
        let mut present: Vec<bool> = self.ids().map(|id| comes(id) && !absent(id)).collect();
        for strike in self.strikes.iter().filter(|strike| strike.failure.at == Time::ZERO) {
            let mut left = strike.failure.nodes;
            for id in &strike.order {
                if left > 0 && std::mem::take(&mut present[id.index()]) {
                    left -= 1;
                }
            }
        }
        present
    }

    /// Adds a machine on which discovery runs: always there, with a link without
    /// limit, at the point where most nodes are. It comes after all other nodes.
    pub fn add_server(&mut self) {
        let mut nodes_at: Vec<u32> = Vec::new();
        for node in &self.nodes {
            nodes_at.resize(nodes_at.len().max(node.point as usize + 1), 0);
            nodes_at[node.point as usize] += 1;
        }
        let most = nodes_at.iter().max().and_then(|most| nodes_at.iter().position(|count| count == most));
        let point = most.unwrap_or(0) as u32;
        let region = self.nodes.iter().find(|node| node.point == point).map_or(0, |node| node.region);
        self.add_machine(Node { point, region, ..Node::new(Role::Server, Rate::UNLIMITED, Rate::UNLIMITED) });
    }

    /// Adds `count` machines that relay what others send, behind all nodes of the swarm:
    /// one beside each of these in turn, with the links and the place that it has. The last
    /// `stale` of them never come.
    pub fn add_relays(&mut self, count: u32, stale: u32) {
        let swarm = self.nodes.len();
        for relay in 0..count {
            let Node { up, down, region, point, access, .. } = self.nodes[relay as usize % swarm];
            let start = if relay + stale < count { Time::ZERO } else { Time::NEVER };
            self.add_machine(Node { region, point, access, start, ..Node::new(Role::Relay, up, down) });
        }
    }

    fn add_machine(&mut self, node: Node) {
        self.nodes.push(node);
        self.lives.push(Life::without_outages());
        self.given.iter_mut().for_each(|given| given.push(Holdings::default()));
        self.wants.iter_mut().for_each(|wants| wants.push(Vec::new()));
    }

    /// The machine on which discovery runs, if it has one of its own.
    pub fn server(&self) -> Option<NodeId> {
        self.with_role(Role::Server).last()
    }

    /// Round-trip time between two nodes, without queueing.
    pub fn rtt(&self, a: NodeId, b: NodeId) -> Time {
        self.delay(a, b) + self.delay(b, a)
    }

    /// Whether `a` may connect to `b`.
    pub fn may_know(&self, a: NodeId, b: NodeId) -> bool {
        a != b && self.overlay.as_ref().is_none_or(|overlay| overlay.linked(a, b))
    }

    /// With whom `node` is connected from before its start, in order.
    pub fn met_before(&self, node: NodeId) -> Vec<NodeId> {
        match (&self.mesh, &self.overlay) {
            (Mesh::None, _) => Vec::new(),
            (Mesh::Graph(graph), _) | (Mesh::Acquaintances, Some(graph)) => graph.neighbours(node).to_vec(),
            (Mesh::Acquaintances, None) => self.ids().filter(|id| *id != node).collect(),
        }
    }

    /// A digest of everything that is drawn before the start, equal for two
    /// protocols that meet the same world.
    pub fn digest(&self) -> u64 {
        use crate::rng::mix;
        let mut digest = mix(self.datasets.get(DatasetId(0)).size.get()) ^ mix(self.nodes.len() as u64);
        let mut add = |value: u64| digest = mix(digest ^ value);
        for node in &self.nodes {
            add(node.role as u64);
            add(node.up.0);
            add(node.down.0);
            add(u64::from(node.point));
            add(node.start.nanos());
        }
        for dataset in self.datasets.iter().skip(1) {
            add(dataset.size.get());
        }
        for step in &self.steps {
            add(step.at.nanos() ^ u64::from(step.node.0).rotate_left(40) ^ u64::from(step.dataset.0).rotate_left(20));
        }
        // What comes later comes from the same stream.
        for outage in self.lives.iter().filter_map(Life::peek) {
            add(outage.from.nanos());
            add(outage.until.nanos());
            add(outage.kind as u64);
        }
        for id in self.strikes.iter().flat_map(|strike| &strike.order) {
            add(u64::from(id.0));
        }
        if let Some(overlay) = &self.overlay {
            overlay.all().flatten().for_each(|id| add(u64::from(id.0)));
        }
        digest
    }
}
