//! Whom a node lets request: the slots, which all its torrents share.
//!
//! After libtorrent `src/choker.cpp` and `recalculate_unchoke_slots`,
//! `recalculate_optimistic_unchoke_slots` in `src/session_impl.cpp`: leechers
//! prefer those who gave them most in the last round (tit for tat), seeders
//! those they send to fastest until their turn is over; a slot is optimistic.
//! Who becomes interested while a slot is free gets it at once. The candidates are the
//! connections of all active torrents: a peer of two torrents stands there twice, and
//! what it gives in one does not count in the other.

use super::peer::Peer;
use super::torrent::Torrent;
use super::wire::Msg;
use super::{BitTorrent, Context, Params, Session, TICK};
use crate::rng::{Rng, mix};
use crate::units::Time;
use crate::world::NodeId;
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

fn whole_seconds(time: Time) -> u64 {
    time.nanos() / TICK.nanos()
}

fn seconds(time: Time) -> u64 {
    whole_seconds(time).max(1)
}

impl Choker {
    /// Of a client that has been running for a while without connections: the
    /// first round is overdue and comes with the first connection, the optimistic
    /// ones go by the clock, which began with the client (`session_impl.hpp`,
    /// `m_optimistic_unchoke_time_scaler`).
    pub fn of_a_running_client(params: &Params, rng: &mut Rng) -> Self {
        let interval = seconds(params.optimistic_interval);
        let age = whole_seconds(params.session_age) + rng.below(seconds(params.session_age_spread));
        Choker { taken: 0, to_round: 0, to_optimistic: interval - age % interval }
    }

    /// The next tick brings a round and an optimistic unchoke.
    #[cfg(test)]
    pub fn make_due(&mut self) {
        (self.to_round, self.to_optimistic) = (1, 1);
    }

    /// The next tick brings an optimistic unchoke.
    #[cfg(test)]
    pub fn make_optimistic_due(&mut self) {
        self.to_optimistic = 1;
    }

    /// Another second is over.
    fn tick(&mut self) {
        self.to_round = self.to_round.saturating_sub(1);
        self.to_optimistic = self.to_optimistic.saturating_sub(1);
    }

    /// A peer with a slot is gone, or wants nothing more: the slot is given anew
    /// (`trigger_unchoke`, `trigger_optimistic_unchoke`).
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

impl Torrent {
    pub(super) fn on_interested(&mut self, at: usize, session: &mut Session, cx: &mut Context<'_>) {
        self.peers[at].interested = true;
        self.grant(at, cx);
        let params = &cx.shared.params;
        if !self.peers[at].unchoked && (params.ignore_slots || session.choker.taken < params.unchoke_slots) {
            self.unchoke(at, &mut session.choker, cx);
        }
    }

    /// Who is interested for the first time is told what it may ask for while choked, of
    /// its set what it lacks (`bt_peer_connection.cpp`, `on_interested`).
    fn grant(&mut self, at: usize, cx: &mut Context<'_>) {
        let peer = &mut self.peers[at];
        if std::mem::replace(&mut peer.told, true) {
            return;
        }
        let set = cx.shared.allowed_fast(peer.id, self.id);
        peer.granted = set.into_iter().filter(|piece| !peer.pieces.has(*piece)).collect();
        if !peer.granted.is_empty() {
            cx.send(peer.id, Msg::AllowedFast(peer.granted.as_slice().into()));
        }
    }

    pub(super) fn on_not_interested(&mut self, at: usize, session: &mut Session, cx: &mut Context<'_>) {
        self.peers[at].interested = false;
        if self.peers[at].unchoked {
            let optimistic = self.peers[at].optimistic;
            self.choke(at, cx);
            session.choker.turn_ended(optimistic);
        }
    }

    fn unchoke(&mut self, at: usize, choker: &mut Choker, cx: &mut Context<'_>) {
        let peer = &mut self.peers[at];
        (peer.unchoked, peer.last_unchoke, peer.sent_before) = (true, cx.now(), peer.up.total);
        choker.taken += 1;
        cx.send(peer.id, Msg::Unchoke);
    }

    fn choke(&mut self, at: usize, cx: &mut Context<'_>) {
        let peer = &mut self.peers[at];
        (peer.unchoked, peer.optimistic) = (false, false);
        cx.send(peer.id, Msg::Choke);
        self.refuse_waiting(at, cx);
    }

    fn claim(&self, at: usize, me: NodeId, now: Time, params: &Params) -> SlotClaim {
        let peer = &self.peers[at];
        let quota = u64::from(params.seeding_quota) * u64::from(self.layout.per_piece) * self.layout.unit;
        let had_its_turn = peer.unchoked
            && peer.up.total - peer.sent_before > quota
            && now.since(peer.last_unchoke) > params.seeding_turn;
        let sent = if peer.unchoked { peer.up.round } else { 0 };
        // An order of this node's own among connections that are equal otherwise.
        let lot = mix(u64::from(me.0) << 32 | u64::from(peer.id.0)) ^ u64::from(self.id.0).wrapping_mul(LOTS);
        (Reverse(peer.down.round), had_its_turn, Reverse(sent), peer.last_unchoke, lot)
    }
}

/// Sets the lots of one peer in different torrents apart: 2^64 over the golden ratio.
const LOTS: u64 = 0x9E37_79B9_7F4A_7C15;

/// A connection: the place of its torrent, and of its peer there.
type Place = (usize, usize);

impl BitTorrent {
    /// Once a second: rounds, when their time has come.
    pub(super) fn tick_choker(&mut self, cx: &mut Context<'_>) {
        let params = &cx.shared.params;
        if self.session.connections == 0 || params.ignore_slots {
            return;
        }
        self.session.choker.tick();
        if self.session.choker.to_round == 0 {
            self.round(cx);
            self.session.choker.to_round = seconds(params.unchoke_interval);
        }
        if self.session.choker.to_optimistic == 0 {
            self.optimistic_round(cx);
            self.session.choker.to_optimistic = seconds(params.optimistic_interval);
        }
    }

    /// The connections, of all torrents, that `which` picks.
    fn candidates(&self, which: impl Fn(&Peer) -> bool) -> Vec<Place> {
        let mut order = Vec::new();
        for (place, torrent) in self.torrents.iter().enumerate() {
            let peers = torrent.peers.iter().enumerate().filter(|(_, peer)| which(peer));
            order.extend(peers.map(|(at, _)| (place, at)));
        }
        order
    }

    /// Gives the regular slots anew.
    fn round(&mut self, cx: &mut Context<'_>) {
        let params = &cx.shared.params;
        let regular = (params.unchoke_slots as usize).saturating_sub(optimistic_slots(params));
        let mut order = self.candidates(|peer| peer.interested);
        order.sort_by_cached_key(|(torrent, at)| self.torrents[*torrent].claim(*at, self.me, cx.now(), params));
        let choker = &mut self.session.choker;
        for (rank, (torrent, at)) in order.into_iter().enumerate() {
            let torrent = &mut self.torrents[torrent];
            cx.on(torrent.channel());
            let (unchoked, optimistic) = (torrent.peers[at].unchoked, torrent.peers[at].optimistic);
            match (rank < regular, unchoked) {
                (true, false) => torrent.unchoke(at, choker, cx),
                (true, true) if optimistic => {
                    // It has earned a regular slot; the optimistic one is free.
                    torrent.peers[at].optimistic = false;
                    choker.to_optimistic = 0;
                }
                (false, true) if !optimistic => {
                    torrent.choke(at, cx);
                    choker.taken -= 1;
                }
                _ => {}
            }
        }
        for peer in self.torrents.iter_mut().flat_map(|torrent| torrent.peers.iter_mut()) {
            (peer.up.round, peer.down.round) = (0, 0);
        }
    }

    /// Gives the optimistic slots to those who have waited longest for one.
    fn optimistic_round(&mut self, cx: &mut Context<'_>) {
        let slots = optimistic_slots(&cx.shared.params);
        let mut order = self.candidates(|peer| peer.interested && (!peer.unchoked || peer.optimistic));
        cx.rng().shuffle(&mut order);
        order.sort_by_key(|(torrent, at)| self.torrents[*torrent].peers[*at].last_optimistic);
        let choker = &mut self.session.choker;
        for (rank, (torrent, at)) in order.into_iter().enumerate() {
            let torrent = &mut self.torrents[torrent];
            cx.on(torrent.channel());
            let optimistic = torrent.peers[at].optimistic;
            if rank < slots && !optimistic {
                torrent.unchoke(at, choker, cx);
                torrent.peers[at].optimistic = true;
                torrent.peers[at].last_optimistic = cx.now();
            } else if rank >= slots && optimistic {
                torrent.choke(at, cx);
                choker.taken -= 1;
            }
        }
        // More than there are slots: a round chokes some.
        if choker.taken > cx.shared.params.unchoke_slots {
            choker.to_round = 0;
        }
    }
}

fn optimistic_slots(params: &Params) -> usize {
    match params.optimistic_slots {
        0 => (params.unchoke_slots / 5).max(1) as usize,
        slots => slots as usize,
    }
}
