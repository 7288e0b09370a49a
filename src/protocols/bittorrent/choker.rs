//! Whom a node lets request: the slots.
//!
//! After libtorrent `src/choker.cpp` and `recalculate_unchoke_slots`,
//! `recalculate_optimistic_unchoke_slots` in `src/session_impl.cpp`: leechers
//! prefer those who gave them most in the last round (tit for tat), seeders
//! those they send to fastest until their turn is over; a slot is optimistic.
//! Who becomes interested while a slot is free gets it at once.

use super::peer::Peer;
use super::wire::Msg;
use super::{BitTorrent, Context, Params, TICK};
use crate::rng::{Rng, mix};
use crate::units::Time;
use std::cmp::Reverse;

/// The slots of a node and when they are given anew.
#[derive(Debug, Default)]
pub(super) struct Choker {
    /// Peers that hold a slot.
    taken: u32,
    /// Seconds to the next round.
    to_round: u64,
    /// Seconds to the next optimistic unchoke.
    to_optimistic: u64,
}

fn seconds(time: Time) -> u64 {
    (time.nanos() / TICK.nanos()).max(1)
}

impl Choker {
    /// Of a client that has been running for a while without connections: the
    /// first round is overdue and comes with the first connection, the optimistic
    /// ones go by the clock.
    pub fn at_any_time(params: &Params, rng: &mut Rng) -> Self {
        Choker { taken: 0, to_round: 0, to_optimistic: 1 + rng.below(seconds(params.optimistic_interval)) }
    }

    /// The next tick brings a round and an optimistic unchoke.
    #[cfg(test)]
    pub fn make_due(&mut self) {
        (self.to_round, self.to_optimistic) = (1, 1);
    }

    /// Another second is over.
    fn tick(&mut self) {
        self.to_round = self.to_round.saturating_sub(1);
        self.to_optimistic = self.to_optimistic.saturating_sub(1);
    }

    /// A peer with a slot is gone.
    pub fn turn_ended(&mut self, optimistic: bool) {
        self.taken -= 1;
        self.to_round = 0;
        if optimistic {
            self.to_optimistic = 0;
        }
    }
}

/// What decides who gets a slot: the smaller first.
type SlotClaim = (Reverse<u64>, bool, Reverse<u64>, Time, u64);

impl BitTorrent {
    pub(super) fn on_interested(&mut self, at: usize, cx: &mut Context<'_>) {
        self.peers[at].interested = true;
        self.grant(at, cx);
        let params = &cx.shared.params;
        if !self.peers[at].unchoked && (params.ignore_slots || self.choker.taken < params.unchoke_slots) {
            self.unchoke(at, cx);
        }
    }

    /// Who is interested for the first time is told what it may ask for while choked, of
    /// its set what it lacks (`bt_peer_connection.cpp`, `on_interested`).
    fn grant(&mut self, at: usize, cx: &mut Context<'_>) {
        let peer = &mut self.peers[at];
        if std::mem::replace(&mut peer.told, true) {
            return;
        }
        let set = cx.shared.allowed_fast(peer.id);
        peer.granted = set.into_iter().filter(|piece| !peer.pieces.has(*piece)).collect();
        if !peer.granted.is_empty() {
            cx.send(peer.id, Msg::AllowedFast(peer.granted.as_slice().into()));
        }
    }

    pub(super) fn on_not_interested(&mut self, at: usize, cx: &mut Context<'_>) {
        self.peers[at].interested = false;
        if self.peers[at].unchoked {
            self.choke(at, cx);
        }
    }

    fn unchoke(&mut self, at: usize, cx: &mut Context<'_>) {
        let peer = &mut self.peers[at];
        (peer.unchoked, peer.last_unchoke, peer.sent_before) = (true, cx.now(), peer.up.total);
        self.choker.taken += 1;
        cx.send(peer.id, Msg::Unchoke);
    }

    fn choke(&mut self, at: usize, cx: &mut Context<'_>) {
        let peer = &mut self.peers[at];
        peer.unchoked = false;
        let optimistic = std::mem::take(&mut peer.optimistic);
        cx.send(peer.id, Msg::Choke);
        self.choker.turn_ended(optimistic);
        self.refuse_waiting(at, cx);
    }

    /// Once a second: rounds, when their time has come.
    pub(super) fn tick_choker(&mut self, cx: &mut Context<'_>) {
        let params = &cx.shared.params;
        if self.peers.is_empty() || params.ignore_slots {
            return;
        }
        self.choker.tick();
        if self.choker.to_round == 0 {
            self.round(cx);
            self.choker.to_round = seconds(params.unchoke_interval);
        }
        if self.choker.to_optimistic == 0 {
            self.optimistic_round(cx);
            self.choker.to_optimistic = seconds(params.optimistic_interval);
        }
    }

    fn optimistic_slots(&self, cx: &Context<'_>) -> usize {
        let params = &cx.shared.params;
        match params.optimistic_slots {
            0 => (params.unchoke_slots / 5).max(1) as usize,
            slots => slots as usize,
        }
    }

    /// Gives the regular slots anew.
    fn round(&mut self, cx: &mut Context<'_>) {
        let regular = (cx.shared.params.unchoke_slots as usize).saturating_sub(self.optimistic_slots(cx));
        let mut order: Vec<usize> = (0..self.peers.len()).filter(|at| self.peers[*at].interested).collect();
        order.sort_by_cached_key(|at| self.claim(&self.peers[*at], cx));
        for (rank, at) in order.into_iter().enumerate() {
            let (unchoked, optimistic) = (self.peers[at].unchoked, self.peers[at].optimistic);
            match (rank < regular, unchoked) {
                (true, false) => self.unchoke(at, cx),
                (true, true) if optimistic => {
                    // It has earned a regular slot; the optimistic one is free.
                    self.peers[at].optimistic = false;
                    self.choker.to_optimistic = 0;
                }
                (false, true) if !optimistic => self.choke(at, cx),
                _ => {}
            }
        }
        for peer in self.peers.iter_mut() {
            (peer.up.round, peer.down.round) = (0, 0);
        }
    }

    fn claim(&self, peer: &Peer, cx: &Context<'_>) -> SlotClaim {
        let params = &cx.shared.params;
        let quota = u64::from(params.seeding_quota) * u64::from(cx.shared.layout.per_piece) * cx.shared.unit;
        let had_its_turn = peer.unchoked
            && peer.up.total - peer.sent_before > quota
            && cx.now().since(peer.last_unchoke) > params.seeding_turn;
        let sent = if peer.unchoked { peer.up.round } else { 0 };
        (Reverse(peer.down.round), had_its_turn, Reverse(sent), peer.last_unchoke, self.lot(peer))
    }

    /// An order of this node's own among peers that are equal otherwise.
    fn lot(&self, peer: &Peer) -> u64 {
        mix(u64::from(self.me.0) << 32 | u64::from(peer.id.0))
    }

    /// Gives the optimistic slots to those who have waited longest for one.
    fn optimistic_round(&mut self, cx: &mut Context<'_>) {
        let slots = self.optimistic_slots(cx);
        let waits = |peer: &Peer| peer.interested && (!peer.unchoked || peer.optimistic);
        let mut order: Vec<usize> = (0..self.peers.len()).filter(|at| waits(&self.peers[*at])).collect();
        cx.rng().shuffle(&mut order);
        order.sort_by_key(|at| self.peers[*at].last_optimistic);
        for (rank, at) in order.into_iter().enumerate() {
            let optimistic = self.peers[at].optimistic;
            if rank < slots && !optimistic {
                self.unchoke(at, cx);
                self.peers[at].optimistic = true;
                self.peers[at].last_optimistic = cx.now();
            } else if rank >= slots && optimistic {
                self.choke(at, cx);
            }
        }
    }
}
