//! A session: which of the connected peers are asked for which block.
//!
//! Sources: `ipfs/boxo` `bitswap/client/internal/session/session.go`,
//! `sessionwants.go`, `sessionwantsender.go`, `peerresponsetracker.go`. The
//! original gathers what arrives at once and works through it together; here
//! every message is worked through alone, in order.

use super::params::Params;
use crate::rng::Rng;
use crate::units::Time;
use crate::world::{BlockSet, NodeId};

/// A block that is wanted.
#[derive(Debug)]
struct Want {
    unit: u32,
    /// Whom the block was asked of, until an answer comes.
    sent_to: Option<NodeId>,
    /// All peers of the session lack it, and that was acted upon.
    exhausted: bool,
    /// When anybody was first (or last, in a broadcast) told of it.
    live: Option<Time>,
}

/// A peer that is or was in the session.
#[derive(Debug)]
struct SessionPeer {
    id: NodeId,
    active: bool,
    /// Blocks that it was the first to send.
    firsts: u64,
    /// DONT_HAVEs since anything better came from it.
    in_a_row: u32,
    /// Wanted blocks that it said it has.
    has: BlockSet,
    /// Wanted blocks that it said it lacks.
    lacks: BlockSet,
    /// Wanted blocks that were asked of it.
    asked: BlockSet,
}

/// Which wants are to be sent to a peer of the session.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WantSet {
    pub peer: NodeId,
    /// Asked for as blocks; everything else that is wanted, as HAVEs.
    pub blocks: Vec<u32>,
}

/// What a session wants done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Orders {
    pub sends: Vec<WantSet>,
    /// Asked of everybody connected.
    pub broadcast: Vec<u32>,
    /// Providers are to be searched for.
    pub search: bool,
}

/// What came from a peer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Received<'a> {
    pub blocks: &'a [u32],
    pub haves: &'a [u32],
    pub lacks: &'a [u32],
}

/// The session of one download.
#[derive(Debug)]
pub(super) struct Session {
    /// In the order in which they were wanted.
    wants: Vec<Want>,
    /// The same as a set.
    wanted: BlockSet,
    /// Wants that were asked of nobody, or whose answer was no.
    unsent: u32,
    members: Vec<SessionPeer>,
    discovered: bool,
    latency: (Time, u64),
    ticks: u64,
    /// When the session will have been idle for too long; never, when nothing
    /// was live as the last block came.
    pub idle_at: Time,
}

impl Session {
    pub fn new(now: Time, params: &Params) -> Self {
        Session {
            wants: Vec::new(),
            wanted: BlockSet::new(),
            unsent: 0,
            members: Vec::new(),
            discovered: false,
            latency: (Time::ZERO, 0),
            ticks: 0,
            idle_at: now + params.search_delay,
        }
    }

    /// Everything that is wanted.
    pub fn wanted(&self) -> &BlockSet {
        &self.wanted
    }

    fn has_live(&self) -> bool {
        self.wants.iter().any(|want| want.live.is_some())
    }

    fn member(&mut self, id: NodeId) -> Option<&mut SessionPeer> {
        self.members.iter_mut().find(|m| m.id == id && m.active)
    }

    fn find(&mut self, unit: u32) -> Option<&mut Want> {
        self.wants.iter_mut().find(|want| want.unit == unit)
    }

    /// Wants `units`, none of which is wanted already.
    pub fn want(&mut self, units: &[u32], now: Time, params: &Params, rng: &mut Rng) -> Orders {
        for unit in units {
            self.wants.push(Want { unit: *unit, sent_to: None, exhausted: false, live: None });
            self.wanted.insert(*unit);
        }
        self.unsent += units.len() as u32;
        let mut orders = Orders::default();
        self.send_next(None, now, rng, &mut orders);
        if !self.discovered {
            let room = (params.broadcast_wants as usize).saturating_sub(self.live_count());
            for want in self.wants.iter_mut().filter(|w| w.live.is_none()).take(room) {
                want.live = Some(now);
                orders.broadcast.push(want.unit);
            }
        }
        orders
    }

    fn live_count(&self) -> usize {
        self.wants.iter().filter(|want| want.live.is_some()).count()
    }

    /// `from` sent something.
    pub fn receive(&mut self, from: NodeId, what: Received<'_>, now: Time, params: &Params, rng: &mut Rng) -> Orders {
        let mut orders = Orders::default();
        let useful = !what.blocks.is_empty() || !what.haves.is_empty();
        let newly = useful && self.join(from);
        let got = self.receive_blocks(from, what.blocks, now);
        let prune = self.receive_presences(from, what, params);
        self.give_up(what.lacks, now, params, &mut orders);
        if got > 0 {
            (self.ticks, self.idle_at) = (0, Time::NEVER);
            if self.has_live() {
                self.reset_idle(now, params);
            }
        }
        self.send_next(newly.then_some(from), now, rng, &mut orders);
        if prune {
            self.leave_with(from, now, params, rng, &mut orders);
        }
        orders
    }

    /// A provider was found and is connected.
    pub fn found(&mut self, peer: NodeId, now: Time, rng: &mut Rng) -> Orders {
        let mut orders = Orders::default();
        if self.join(peer) {
            self.send_next(Some(peer), now, rng, &mut orders);
        }
        orders
    }

    /// Adds a peer; false when it was there.
    fn join(&mut self, id: NodeId) -> bool {
        self.discovered = true;
        let (has, lacks, asked) = Default::default();
        match self.members.iter_mut().find(|m| m.id == id) {
            Some(member) => !std::mem::replace(&mut member.active, true),
            None => {
                self.members.push(SessionPeer { id, active: true, firsts: 0, in_a_row: 0, has, lacks, asked });
                true
            }
        }
    }

    /// Takes received blocks off the wants; returns how many were wanted.
    fn receive_blocks(&mut self, from: NodeId, blocks: &[u32], now: Time) -> u64 {
        let mut got = 0;
        for unit in blocks.iter().filter(|unit| self.wanted.remove(**unit)) {
            let Some(at) = self.wants.iter().position(|want| want.unit == *unit) else { continue };
            let want = self.wants.remove(at);
            self.unsent -= u32::from(want.sent_to.is_none());
            for member in &mut self.members {
                member.has.remove(*unit);
                member.lacks.remove(*unit);
                member.asked.remove(*unit);
            }
            self.latency.0 += want.live.map_or(Time::ZERO, |since| now.since(since));
            got += 1;
        }
        self.latency.1 += got;
        if let Some(member) = self.member(from).filter(|_| !blocks.is_empty()) {
            member.firsts += got;
            member.in_a_row = 0;
        }
        got
    }

    /// Notes who has what; returns whether `from` has to leave.
    fn receive_presences(&mut self, from: NodeId, what: Received<'_>, params: &Params) -> bool {
        let mut refused = Vec::new();
        let Some(member) = self.members.iter_mut().find(|m| m.id == from && m.active) else { return false };
        let mut prune = false;
        for unit in what.lacks {
            prune |= member.in_a_row == params.dont_have_limit;
            member.in_a_row = (member.in_a_row + 1).min(params.dont_have_limit);
            if self.wanted.contains(*unit) {
                // A HAVE is never taken back.
                if !member.has.contains(*unit) {
                    member.lacks.insert(*unit);
                }
                if member.asked.contains(*unit) {
                    refused.push(*unit);
                }
            }
        }
        for unit in what.haves {
            member.in_a_row = 0;
            prune = false;
            if self.wanted.contains(*unit) {
                member.lacks.remove(*unit);
                member.has.insert(*unit);
            }
        }
        prune &= member.has.is_empty();
        for unit in what.haves {
            self.find(*unit).into_iter().for_each(|want| want.exhausted = false);
        }
        for unit in refused {
            let freed = self.find(unit).filter(|w| w.sent_to == Some(from)).map(|w| w.sent_to = None);
            self.unsent += u32::from(freed.is_some());
        }
        prune
    }

    /// Broadcasts and searches for those of `units` that all peers lack.
    fn give_up(&mut self, units: &[u32], now: Time, params: &Params, orders: &mut Orders) {
        let mut exhausted = Vec::new();
        for unit in units {
            let all_lack = self.members.iter().filter(|m| m.active).all(|m| m.lacks.contains(*unit));
            if let Some(want) = self.find(*unit).filter(|want| all_lack && !want.exhausted) {
                want.exhausted = true;
                exhausted.push(*unit);
            }
        }
        if !exhausted.is_empty() {
            self.broadcast(&exhausted, now, params, orders);
        }
    }

    /// Asks everybody, and searches unless that was done and nothing came of it.
    fn broadcast(&mut self, units: &[u32], now: Time, params: &Params, orders: &mut Orders) {
        orders.broadcast.extend(units);
        orders.search |= !units.is_empty() && self.ticks == 0;
        if self.has_live() {
            self.reset_idle(now, params);
            self.ticks += 1;
        }
    }

    fn reset_idle(&mut self, now: Time, params: &Params) {
        let (total, count) = self.latency;
        let delay = match total.nanos().checked_div(count) {
            Some(mean) => params.idle_base + Time::from_nanos(mean) * 3,
            None => params.search_delay,
        };
        self.idle_at = now + delay * (1 + self.ticks);
    }

    /// The session has been idle for too long.
    pub fn idle(&mut self, now: Time, params: &Params) -> Orders {
        let mut orders = Orders::default();
        self.idle_at = Time::NEVER;
        let live: Vec<u32> = self
            .wants
            .iter_mut()
            .filter(|want| want.live.is_some())
            .take(params.broadcast_wants as usize)
            .map(|want| {
                want.live = Some(now);
                want.unit
            })
            .collect();
        self.broadcast(&live, now, params, &mut orders);
        orders
    }

    /// Searches for a random live want; none when there is no such want, and
    /// then the original never does so again.
    pub fn periodic(&self, rng: &mut Rng) -> Option<Orders> {
        let live: Vec<u32> = self.wants.iter().filter(|w| w.live.is_some()).map(|w| w.unit).collect();
        let chosen = *live.get(rng.below(live.len().max(1) as u64) as usize)?;
        Some(Orders { broadcast: vec![chosen], search: true, ..Orders::default() })
    }

    /// A peer is gone.
    pub fn leave(&mut self, peer: NodeId, now: Time, params: &Params, rng: &mut Rng) -> Orders {
        let mut orders = Orders::default();
        self.leave_with(peer, now, params, rng, &mut orders);
        orders
    }

    fn leave_with(&mut self, peer: NodeId, now: Time, params: &Params, rng: &mut Rng, orders: &mut Orders) {
        let Some(member) = self.member(peer) else { return };
        (member.active, member.in_a_row) = (false, 0);
        member.has.clear();
        member.lacks.clear();
        member.asked.clear();
        for want in self.wants.iter_mut().filter(|want| want.sent_to == Some(peer)) {
            want.sent_to = None;
            self.unsent += 1;
        }
        let all: Vec<u32> = self.wants.iter().map(|want| want.unit).collect();
        self.give_up(&all, now, params, orders);
        self.send_next(None, now, rng, orders);
    }

    /// Asks the best peer for each block that is asked of nobody, and all other
    /// peers of the session whether they have it. A peer that is told anything,
    /// or has just come, is told of all wants.
    fn send_next(&mut self, newly: Option<NodeId>, now: Time, rng: &mut Rng, orders: &mut Orders) {
        let mut sends: Vec<WantSet> = Vec::new();
        for index in 0..if self.unsent == 0 { 0 } else { self.wants.len() } {
            if self.wants[index].sent_to.is_some() {
                continue;
            }
            let unit = self.wants[index].unit;
            let Some(best) = self.best(unit, rng) else { continue };
            let peer = self.members[best].id;
            self.members[best].asked.insert(unit);
            self.wants[index].sent_to = Some(peer);
            self.unsent -= 1;
            if sends.is_empty() {
                let active = self.members.iter().filter(|m| m.active);
                sends = active.map(|m| WantSet { peer: m.id, blocks: Vec::new() }).collect();
            }
            if let Some(order) = sends.iter_mut().find(|order| order.peer == peer) {
                order.blocks.push(unit);
            }
        }
        if let Some(peer) = newly.filter(|_| sends.is_empty() && !self.wants.is_empty()) {
            sends.push(WantSet { peer, blocks: Vec::new() });
        }
        if !sends.is_empty() {
            self.wants.iter_mut().for_each(|want| want.live = want.live.or(Some(now)));
        }
        orders.sends.append(&mut sends);
    }

    /// Draws one of the peers that have `unit`, or if there are none, of those
    /// that may have it, with weights of one more than the blocks that each was
    /// the first to send.
    fn best(&self, unit: u32, rng: &mut Rng) -> Option<usize> {
        let active = || self.members.iter().enumerate().filter(|(_, m)| m.active);
        let holders = active().any(|(_, m)| m.has.contains(unit));
        let fits = |m: &SessionPeer| if holders { m.has.contains(unit) } else { !m.lacks.contains(unit) };
        let candidates = || active().filter(|(_, m)| fits(m));
        let total: u64 = candidates().map(|(_, m)| m.firsts + 1).sum();
        if candidates().nth(1).is_none() {
            return candidates().next().map(|(index, _)| index);
        }
        let mut draw = rng.below(total);
        for (index, member) in candidates() {
            if draw <= member.firsts {
                return Some(index);
            }
            draw -= member.firsts + 1;
        }
        None
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
