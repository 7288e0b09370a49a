//! What the simulation keeps for each node, beside the protocol's own state.

use crate::ledger::Cut;
use crate::protocol::Key;
use crate::rng::{Purpose, Rng};
use crate::units::Time;
use crate::world::{BlockSet, Holdings, NodeId, Role, World};
use std::collections::VecDeque;

/// One end of a standing connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub peer: NodeId,
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
    /// The processor is busy until then.
    pub cpu_free: Time,
    pub store: Holdings,
    /// What has arrived and cannot be verified yet.
    pub unverified: BlockSet,
    pub rng: Rng,
    /// Standing connections, by peer.
    pub links: Vec<Connection>,
    /// Peers being dialled, and when all but the last round trip is over; nothing
    /// has reached them yet.
    pub dialling: Vec<(NodeId, Time)>,
    /// Peers with whom the last round trip of a set-up is under way.
    pub opening: Vec<NodeId>,
    /// Looks providers up, by key.
    pub finding: [bool; Key::ALL.len()],
    /// Holds the manifest.
    pub manifest: bool,
    /// Has gone and does not come back.
    pub gone: bool,
    /// What has cut data off that was meant for it, if it has stored none since.
    pub cut: Option<Cut>,
}

impl NodeState {
    pub fn new(id: NodeId, world: &World) -> Self {
        let store = match world.node(id).role {
            Role::Seeder => Holdings::prefix(world.dataset.units()),
            Role::Leecher | Role::Idle | Role::Server => Holdings::default(),
        };
        NodeState {
            online: false,
            epoch: 0,
            cpu_free: Time::ZERO,
            store,
            unverified: BlockSet::new(),
            rng: Rng::stream(world.seed, Purpose::Protocol, u64::from(id.0)),
            links: Vec::new(),
            dialling: Vec::new(),
            opening: Vec::new(),
            finding: [false; Key::ALL.len()],
            manifest: world.node(id).role == Role::Seeder,
            gone: false,
            cut: None,
        }
    }

    /// Whether a connection with `peer` stands or is being made.
    pub fn knows(&self, peer: NodeId) -> bool {
        self.is_linked(peer) || self.dialling.iter().any(|(to, _)| *to == peer) || self.opening.contains(&peer)
    }

    /// Notes that the set-up with `peer` is over; false when there was none.
    pub fn end_opening(&mut self, peer: NodeId) -> bool {
        let at = self.opening.iter().position(|p| *p == peer);
        at.map(|at| self.opening.swap_remove(at)).is_some()
    }

    /// The link to `peer`, if it stands.
    pub fn link(&mut self, peer: NodeId) -> Option<&mut Connection> {
        let at = self.links.binary_search_by_key(&peer, |l| l.peer).ok()?;
        Some(&mut self.links[at])
    }

    pub fn is_linked(&self, peer: NodeId) -> bool {
        self.links.binary_search_by_key(&peer, |l| l.peer).is_ok()
    }

    /// A connection with `peer` stands, over which `credit` bytes may be sent at first.
    pub fn add_link(&mut self, peer: NodeId, credit: u64) {
        if let Err(at) = self.links.binary_search_by_key(&peer, |l| l.peer) {
            self.links.insert(at, Connection { peer, acks_owed: 0, credit, read: 0, waiting: VecDeque::new() });
        }
    }

    /// Takes the link to `peer` away, if it stands.
    pub fn remove_link(&mut self, peer: NodeId) -> Option<Connection> {
        let at = self.links.binary_search_by_key(&peer, |l| l.peer).ok()?;
        Some(self.links.remove(at))
    }
}
