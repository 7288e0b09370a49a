//! What a node wants of one torrent: interest, requests, blocks that arrive or do not.

use super::peer::Wanted;
use super::picker::{Demand, Pick};
use super::pieces::PeerPieces;
use super::torrent::Torrent;
use super::wire::{Msg, UnitList};
use super::{Context, Session};

impl Torrent {
    /// What a peer has, as it says in its introduction.
    pub(super) fn on_pieces(&mut self, at: usize, pieces: PeerPieces, session: &mut Session, cx: &mut Context<'_>) {
        let Some(picker) = &mut self.picker else {
            self.peers[at].pieces = pieces;
            self.drop_if_redundant(at, session, cx);
            return;
        };
        let lacking = if pieces.seed {
            picker.missing()
        } else {
            pieces.iter().for_each(|piece| picker.peer_has(piece, cx.rng()));
            pieces.iter().filter(|piece| !picker.has(*piece)).count() as u32
        };
        self.peers[at].pieces = pieces;
        self.peers[at].lacking = lacking;
        if lacking > 0 {
            self.become_interested(at, cx);
        }
    }

    pub(super) fn on_have(&mut self, at: usize, piece: u32, session: &mut Session, cx: &mut Context<'_>) {
        let pieces = self.layout.pieces();
        let peer = &mut self.peers[at];
        if !peer.pieces.insert(piece, pieces) {
            return;
        }
        let Some(picker) = &mut self.picker else {
            self.drop_if_redundant(at, session, cx);
            return;
        };
        picker.peer_has(piece, cx.rng());
        if !picker.has(piece) {
            peer.lacking += 1;
            if !peer.interesting {
                self.become_interested(at, cx);
            }
        }
    }

    pub(super) fn on_allowed_fast(&mut self, at: usize, pieces: &[u32], cx: &mut Context<'_>) {
        let Some(picker) = &self.picker else { return };
        let peer = &mut self.peers[at];
        peer.allowed.extend(pieces.iter().copied().filter(|piece| !picker.has(*piece)));
        if peer.allowed.iter().any(|piece| peer.pieces.has(*piece)) {
            self.become_interested(at, cx);
        }
    }

    /// Says so, if it is news, and asks for blocks if that is allowed.
    pub(super) fn become_interested(&mut self, at: usize, cx: &mut Context<'_>) {
        if !self.loads {
            return;
        }
        let peer = &mut self.peers[at];
        if !peer.interesting {
            peer.interesting = true;
            cx.send(peer.id, Msg::Interested);
        }
        if peer.can_ask() {
            self.ask(at, cx);
        }
    }

    pub(super) fn on_unchoke(&mut self, at: usize, cx: &mut Context<'_>) {
        self.peers[at].unchoked_us = true;
        if self.peers[at].interesting {
            self.ask(at, cx);
        }
    }

    /// What was asked for is rejected one by one (BEP 6); what was not yet
    /// asked for is free again.
    pub(super) fn on_choke(&mut self, at: usize, cx: &mut Context<'_>) {
        self.peers[at].unchoked_us = false;
        self.peers[at].end_game = false;
        self.drop_picked(at, cx);
    }

    fn drop_picked(&mut self, at: usize, cx: &mut Context<'_>) {
        while let Some(wanted) = self.peers[at].picked.pop_back() {
            if let Some(picker) = &mut self.picker {
                picker.release(wanted.unit, cx.rng());
            }
        }
    }

    pub(super) fn on_reject(&mut self, at: usize, units: &[u32], cx: &mut Context<'_>) {
        for unit in units {
            let peer = &mut self.peers[at];
            if let Some(place) = peer.asked.iter().position(|w| w.unit == *unit) {
                let wanted = peer.asked.remove(place);
                if let Some(picker) = self.picker.as_mut().filter(|_| !wanted.timed_out && !wanted.unwanted) {
                    picker.release(*unit, cx.rng());
                }
            }
            if !peer.unchoked_us {
                let piece = self.layout.piece_of(*unit);
                peer.allowed.retain(|p| *p != piece);
            }
        }
        if self.peers[at].picked.is_empty() && self.peers[at].asked.len() < 2 {
            self.ask(at, cx);
        }
    }

    /// A block arrives.
    pub(super) fn on_piece(&mut self, at: usize, unit: u32, session: &mut Session, cx: &mut Context<'_>) {
        let (now, unit_bytes) = (cx.now(), self.layout.unit);
        let params = &cx.shared.params;
        let peer = &mut self.peers[at];
        peer.down.add(cx.world.datasets.get(self.id).bytes_in(unit));
        peer.last_block = now;
        let place = peer.asked.iter().position(|w| w.unit == unit);
        let Some(picker) = &mut self.picker else {
            place.map(|place| peer.asked.remove(place));
            return;
        };
        peer.desired += u32::from(peer.slow_start);
        peer.update_desired(params, unit_bytes);
        let Some(place) = place else { return };
        peer.asked.remove(place);
        let late = now.since(peer.due_since);
        if late < peer.request_time.timeout(params.request_timeout) {
            peer.snubbed = false;
        }
        peer.request_time.add(late);
        if !peer.asked.is_empty() {
            peer.due_since = now;
        }
        if !picker.is_done(unit) {
            let others = picker.requests(unit) > 1;
            let complete = picker.done(unit, Some(peer.id), cx.rng());
            cx.keep_unverified(unit);
            if others && params.cancels {
                self.take_back(unit, at, cx);
            }
            if complete {
                self.complete_piece(self.layout.piece_of(unit), session, cx);
            }
        }
        // Completing the last piece may have closed connections.
        if !self.is_seed() {
            self.ask(at, cx);
        }
    }

    /// Tells all others who were asked for `unit` that it is no longer wanted.
    fn take_back(&mut self, unit: u32, from: usize, cx: &mut Context<'_>) {
        for (_, peer) in self.peers.iter_mut().enumerate().filter(|(at, _)| *at != from) {
            peer.picked.retain(|w| w.unit != unit);
            if let Some(wanted) = peer.asked.iter_mut().find(|w| w.unit == unit && !w.unwanted) {
                wanted.unwanted = true;
                cx.send(peer.id, Msg::Cancel(unit));
            }
        }
    }

    /// A piece has passed its check: everybody is told.
    fn complete_piece(&mut self, piece: u32, session: &mut Session, cx: &mut Context<'_>) {
        let Some(picker) = &mut self.picker else { return };
        let (start, end) = self.layout.units_of(piece);
        cx.verified(start, end);
        picker.complete(piece);
        if picker.missing() == 0 {
            self.picker = None;
        }
        for peer in self.peers.iter_mut() {
            cx.send(peer.id, Msg::Have(piece));
            peer.allowed.retain(|p| *p != piece);
            if peer.pieces.has(piece) {
                peer.lacking -= 1;
                if peer.lacking == 0 && peer.interesting {
                    peer.interesting = false;
                    peer.slow_start = false;
                    cx.send(peer.id, Msg::NotInterested);
                }
            }
        }
        if self.is_seed() {
            (0..self.peers.len()).rev().for_each(|at| {
                self.drop_if_redundant(at, session, cx);
            });
        }
    }

    /// Picks blocks for a peer and asks for them.
    fn ask(&mut self, at: usize, cx: &mut Context<'_>) {
        self.pick(at, cx);
        self.send_requests(at, cx);
    }

    /// After libtorrent `request_a_block`.
    fn pick(&mut self, at: usize, cx: &mut Context<'_>) {
        let Some(picker) = &mut self.picker else { return };
        let (params, layout) = (&cx.shared.params, self.layout);
        let (peers, peer) = (self.peers.len(), &mut self.peers[at]);
        let mut left = i64::from(peer.desired) - peer.outstanding() as i64;
        if left <= 0 {
            return;
        }
        let run = (peer.down.rate * params.whole_piece_time.secs()).min(params.whole_piece_limit.get() as f64);
        let whole = (run / (self.layout.unit * u64::from(layout.per_piece)) as f64) as u32;
        let (pieces, allowed) = (&peer.pieces, (!peer.unchoked_us).then_some(&peer.allowed));
        let has = |piece| pieces.has(piece) && allowed.is_none_or(|allowed| allowed.contains(&piece));
        let random = picker.len() < params.random_first;
        let ask = Demand {
            peer: peer.id,
            has: &has,
            some: pieces.unless_all(),
            blocks: left as u32,
            in_a_row: whole * layout.per_piece,
            random,
            reverse: peer.snubbed,
            begun_first: random,
            peers,
        };
        self.picks.clear();
        picker.pick(&ask, cx.rng(), &mut self.picks);
        let mut busy = None;
        let may_double = picker.all_begun() && peer.outstanding() == 0;
        for Pick { unit, busy: taken } in self.picks.drain(..) {
            if taken {
                busy = Some(unit);
            } else if (whole > 0 || left > 0) && !peer.is_asked(unit) {
                picker.request(unit, peer.id, cx.rng());
                peer.picked.push_back(Wanted::new(unit));
                left -= 1;
            }
        }
        if left <= 0 {
            peer.end_game = false;
            return;
        }
        peer.end_game |= peer.unchoked_us;
        // End game: one block that others were asked for, when nothing else is outstanding.
        if let Some(unit) = busy.filter(|_| may_double && peer.outstanding() == 0) {
            picker.request(unit, peer.id, cx.rng());
            peer.picked.push_back(Wanted::new(unit));
        }
    }

    /// After libtorrent `send_block_requests`.
    fn send_requests(&mut self, at: usize, cx: &mut Context<'_>) {
        let Some(picker) = &mut self.picker else { return };
        let peer = &mut self.peers[at];
        let idle = peer.asked.is_empty();
        let mut units = UnitList::new();
        while peer.asked.len() < peer.desired as usize
            && let Some(wanted) = peer.picked.pop_front()
        {
            if picker.is_done(wanted.unit) {
                continue;
            }
            units.push(wanted.unit);
            peer.asked.push(wanted);
        }
        if units.is_empty() {
            return;
        }
        (peer.last_request, peer.last_block) = (cx.now(), cx.now());
        if idle {
            peer.due_since = cx.now();
        }
        cx.send(peer.id, Msg::Request(units));
    }

    /// Once a second: rates, time-outs, and a try for idle connections.
    pub(super) fn tick_download(&mut self, at: usize, cx: &mut Context<'_>) {
        let (now, params) = (cx.now(), &cx.shared.params);
        let peer = &mut self.peers[at];
        let idle = peer.end_game && peer.interesting && peer.outstanding() == 0;
        if idle && now.since(peer.last_request) >= params.end_game_pause {
            peer.last_request = now;
            self.ask(at, cx);
        }
        let peer = &mut self.peers[at];
        let timeout = peer.request_time.timeout(params.request_timeout);
        if !peer.asked.is_empty() && now.since(peer.due_since) > timeout {
            self.snub(at, cx);
        }
        let peer = &mut self.peers[at];
        // Slow start ends when the rate no longer grows.
        if peer.slow_start && peer.unchoked_us && peer.down.last > 0 && peer.down.last + 5_000 >= peer.down.now {
            peer.slow_start = false;
        }
        peer.down.tick();
        peer.update_desired(params, self.layout.unit);
        if !peer.asked.is_empty() && now.since(peer.last_block) > params.piece_timeout {
            self.snub(at, cx);
        }
    }

    /// The peer keeps this node waiting: one block is asked of it at a time, and
    /// what holds up a piece may be asked of others.
    fn snub(&mut self, at: usize, cx: &mut Context<'_>) {
        self.drop_picked(at, cx);
        let peer = &mut self.peers[at];
        peer.snubbed = true;
        peer.slow_start = false;
        peer.desired = 1;
        let Some(picker) = &mut self.picker else { return };
        let Some(place) = peer.asked.iter().rposition(|w| !w.timed_out && !w.unwanted) else { return };
        let unit = peer.asked[place].unit;
        if picker.free_beside(unit) > 0 {
            return;
        }
        // Something else is picked first, lest the same block be picked again.
        peer.desired = 2;
        self.pick(at, cx);
        let peer = &mut self.peers[at];
        peer.desired = 1;
        if let Some(wanted) = peer.asked.iter_mut().rfind(|w| w.unit == unit) {
            wanted.timed_out = true;
        }
        if let Some(picker) = &mut self.picker {
            picker.release(unit, cx.rng());
        }
        self.send_requests(at, cx);
    }
}
