//! What the simulation keeps for each node, beside the protocol's own state.

use super::store::Shelf;
use crate::ledger::Cut;
use crate::rng::{Purpose, Rng};
use crate::units::Time;
use crate::world::{BlockSet, Channel, DatasetId, Holdings, NodeId, Part, Step, Want, World};
use std::collections::VecDeque;

/// A peer, and which of the connections with it.
pub(super) type Line = (NodeId, Channel);

/// One end of a standing connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub line: Line,
    /// Acknowledgements owed to the peer, in bytes; they travel with the next
    /// message, or alone when they grow large.
    pub acks_owed: u32,
    /// Bytes that the muxer lets be sent to the peer now.
    pub credit: u64,
    /// Bytes read from the peer that were not given back as credit.
    pub read: u64,
    /// Messages to the peer that wait for credit, in order.
    pub waiting: VecDeque<u32>,
}

/// The simulation's side of a node.
#[derive(Debug)]
pub(super) struct NodeState {
    pub online: bool,
    /// Counts the node's times online; what was meant for an earlier one is void.
    pub epoch: u32,
    /// When it last went, if it ever did.
    pub went: Option<Time>,
    /// The processor is busy until then.
    pub cpu_free: Time,
    pub store: Holdings,
    /// What has arrived and cannot be verified yet.
    pub unverified: BlockSet,
    pub rng: Rng,
    /// Standing connections, by peer and channel.
    pub links: Vec<Connection>,
    /// Their keys, beside them: they are looked up several times for every message.
    keys: Vec<u64>,
    /// Who is being dialled, and when all but the last round trip is over; nothing
    /// has reached them yet.
    pub dialling: Vec<(Line, Time)>,
    /// With whom the last round trip of a set-up is under way.
    pub opening: Vec<Line>,
    /// Keys whose providers it looks up, by their places.
    pub finding: BlockSet,
    /// Datasets whose manifests it holds.
    pub manifests: BlockSet,
    /// What it is to fetch, in order.
    pub wanted: Vec<Want>,
    /// Whether it asks for datasets during the run.
    pub asks: bool,
    /// Requests that wait for others to end, by their places in the list of all.
    pub queue: VecDeque<u32>,
    /// Requests that are carried out: what and place, in order.
    pub running: Vec<(Want, u32)>,
    /// How many are carried out or paused after.
    pub busy: u32,
    /// What its store knows of what is in it.
    pub shelf: Shelf,
    /// What it is to do when it comes.
    pub put_off: Vec<Step>,
    /// Has gone and does not come back.
    pub gone: bool,
    /// What has cut data off that was meant for it, if it has stored none since.
    pub cut: Option<Cut>,
}

impl NodeState {
    pub fn new(id: NodeId, world: &World) -> Self {
        let store = world.given_to(id);
        let held = world.datasets.ids().filter(|dataset| store.len_of(world.datasets.get(*dataset)) > 0);
        NodeState {
            manifests: held.map(|dataset| dataset.0).collect(),
            online: false,
            epoch: 0,
            went: None,
            cpu_free: Time::ZERO,
            store,
            unverified: BlockSet::new(),
            rng: Rng::stream(world.seed, Purpose::Protocol, u64::from(id.0)),
            links: Vec::new(),
            keys: Vec::new(),
            dialling: Vec::new(),
            opening: Vec::new(),
            finding: BlockSet::new(),
            wanted: Vec::new(),
            asks: false,
            queue: VecDeque::new(),
            running: Vec::new(),
            busy: 0,
            shelf: Shelf::default(),
            put_off: Vec::new(),
            gone: false,
            cut: None,
        }
    }

    /// Whether it is to fetch anything of `dataset`.
    pub fn is_fetching(&self, dataset: DatasetId) -> bool {
        let first = self.wanted.partition_point(|want| want.dataset < dataset);
        self.wanted.get(first).is_some_and(|want| want.dataset == dataset)
    }

    /// Whether what comes of `dataset` is for a slot that it rebuilds.
    pub fn rebuilds(&self, dataset: DatasetId) -> bool {
        let first = self.wanted.partition_point(|want| *want < Want { dataset, part: Part::Rebuilt(0) });
        self.wanted.get(first).is_some_and(|want| want.dataset == dataset)
    }

    /// Whether this connection stands or is being made.
    pub fn knows(&self, line: Line) -> bool {
        self.is_linked(line) || self.dialling.iter().any(|(to, _)| *to == line) || self.opening.contains(&line)
    }

    /// Notes that this set-up is over; false when there was none.
    pub fn end_opening(&mut self, line: Line) -> bool {
        let at = self.opening.iter().position(|l| *l == line);
        at.map(|at| self.opening.swap_remove(at)).is_some()
    }

    /// This connection, if it stands.
    pub fn link(&mut self, line: Line) -> Option<&mut Connection> {
        let at = self.find(line).ok()?;
        Some(&mut self.links[at])
    }

    fn find(&self, line: Line) -> Result<usize, usize> {
        self.keys.binary_search(&line.1.key(line.0))
    }

    pub fn is_linked(&self, line: Line) -> bool {
        self.find(line).is_ok()
    }

    /// This connection stands, and `credit` bytes may be sent over it at first.
    pub fn add_link(&mut self, line: Line, credit: u64) {
        if let Err(at) = self.find(line) {
            self.keys.insert(at, line.1.key(line.0));
            self.links.insert(at, Connection { line, acks_owed: 0, credit, read: 0, waiting: VecDeque::new() });
        }
    }

    /// Takes all connections away.
    pub fn take_links(&mut self) -> Vec<Connection> {
        self.keys.clear();
        std::mem::take(&mut self.links)
    }

    /// Takes this connection away, if it stands.
    pub fn remove_link(&mut self, line: Line) -> Option<Connection> {
        let at = self.find(line).ok()?;
        self.keys.remove(at);
        Some(self.links.remove(at))
    }
}
