//! What a node had written when it stopped, and its host still sends.

use super::flight::Cargo;
use super::node::Line;
use super::run::{Notice, Simulation};
use crate::ledger::Cut;
use crate::protocol::{Protocol, Size};
use crate::units::Bytes;
use crate::world::{Channel, NodeId};

/// A connection whose one end has stopped: who, its peer, the channel.
pub(super) type Drain = (NodeId, NodeId, Channel);

impl<P: Protocol> Simulation<'_, P> {
    /// `id` has stopped and had this connection. What it had written goes on leaving its host,
    /// where that has a buffer, with the end of the connection behind it; until the peer hears
    /// of that it takes what comes for what it always was. False where all is lost.
    pub(super) fn drain(&mut self, id: NodeId, line: Line) -> bool {
        let (peer, channel) = line;
        let most = self.spec.network.transport.send_buffer;
        let relayed = self.mix.is_some() || self.nat.is_some();
        if most == Bytes(0) || relayed {
            return false;
        }
        let Some(link) = self.nodes[peer.index()].remove_link((id, channel)) else { return false };
        self.drop_waiting(link);
        self.note_cut((id, line), Some(Cut::Churn));
        self.network.keep_first(self.now, (id, peer), channel, most, &mut self.net_events);
        self.network.keep_first(self.now, (peer, id), channel, Bytes(0), &mut self.net_events);
        self.drains.insert((id, peer, channel));
        let end = self.new_flight(id, line, Cargo::Fin, Size::default(), None);
        self.launch(end);
        true
    }

    /// The end of a connection has come behind all that was written to it.
    pub(super) fn on_drained(&mut self, drain: Drain) {
        let (gone, peer, channel) = drain;
        if self.end_drain(drain) {
            self.notify(peer, Notice::Lost((gone, channel)));
        }
    }

    /// Nothing more comes over the connection; false where nothing would.
    pub(super) fn end_drain(&mut self, drain: Drain) -> bool {
        let drains = self.drains.remove(&drain);
        if drains {
            let (gone, peer, channel) = drain;
            self.network.close(self.now, (gone, peer), channel, &mut self.net_events);
            self.drain_network();
        }
        drains
    }

    /// Two nodes connect anew, for who had stopped is back: what the old connection still
    /// carried is lost, and it is over.
    pub(super) fn end_drains_between(&mut self, [a, b]: [NodeId; 2], channel: Channel) {
        for drain in [(a, b, channel), (b, a, channel)] {
            self.on_drained(drain);
        }
    }

    /// `id` has gone: nobody takes what still comes to it.
    pub(super) fn end_drains_to(&mut self, id: NodeId) {
        let drains: Vec<Drain> = self.drains.iter().filter(|(_, peer, _)| *peer == id).copied().collect();
        drains.into_iter().for_each(|drain| {
            self.end_drain(drain);
        });
    }
}
