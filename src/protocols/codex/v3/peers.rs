//! The connected peers: what was measured of them, and what they ask for.

use super::stats::Stats;
use super::wire::Blocks;
use crate::world::NodeId;
use std::collections::VecDeque;

/// One connected peer.
#[derive(Debug)]
pub(super) struct Peer {
    pub stats: Stats,
    /// Requests outstanding there.
    pub in_flight: u32,
    /// Its requests that wait for the one being answered.
    pub waiting: VecDeque<(u64, Blocks)>,
    /// A response to it is being written.
    pub answering: bool,
    /// Its question about presence is being answered.
    pub questioned: bool,
}

/// The connected peers, by id.
#[derive(Debug, Default)]
pub(super) struct Peers {
    /// Who they are, beside what is known of them: a peer is looked up for
    /// every message, and a `Peer` fills several lines of the cache.
    ids: Vec<NodeId>,
    all: Vec<Peer>,
}

impl Peers {
    pub fn add(&mut self, id: NodeId, stats: Stats) {
        if let Err(at) = self.ids.binary_search(&id) {
            self.ids.insert(at, id);
            let waiting = VecDeque::new();
            self.all.insert(at, Peer { stats, in_flight: 0, waiting, answering: false, questioned: false });
        }
    }

    pub fn remove(&mut self, id: NodeId) {
        if let Ok(at) = self.ids.binary_search(&id) {
            self.ids.remove(at);
            self.all.remove(at);
        }
    }

    pub fn find(&mut self, id: NodeId) -> Option<&mut Peer> {
        let at = self.ids.binary_search(&id).ok()?;
        Some(&mut self.all[at])
    }

    pub fn ids(&self) -> &[NodeId] {
        &self.ids
    }
}
