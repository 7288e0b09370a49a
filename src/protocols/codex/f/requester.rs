//! Asking: who has what, and from whom to take it.

use super::peer::{OpenRequest, Peer, Question};
use super::{CodexF, Context, Timer};
use crate::protocol::{Key, Units};
use crate::protocols::codex::{MANIFEST, Msg, advertise};
use crate::protocols::parts::{UnitCursor, Wakeup};
use crate::units::Time;
use crate::world::{BlockSet, DatasetId, NodeId};
use std::rc::Rc;

/// The state of one node's download.
#[derive(Debug, Default)]
pub(super) struct Download {
    /// Wanted and not here.
    wanted: BlockSet,
    /// The part of `wanted` that some peer is or is about to be asked for.
    assigned: BlockSet,
    /// The next units to be asked for.
    next: UnitCursor,
    /// Requests sent so far.
    requests: u32,
    last_search: Option<Time>,
    /// For blocks without holder.
    holders_timer: Wakeup,
    /// A timer for an early question is set.
    ask_timer: bool,
}

impl CodexF {
    /// Begins with the manifest, unless it is here already.
    pub(super) fn begin_download(&mut self, cx: &mut Context<'_>) {
        if cx.has_manifest(DatasetId(0)) {
            self.fetch(cx);
        } else {
            self.want(&BlockSet::one(MANIFEST), cx);
        }
    }

    /// Asks for the next blocks in order that are not here (`fetchBatched`).
    fn fetch(&mut self, cx: &mut Context<'_>) {
        let dataset = cx.world.only();
        let batch = (cx.shared.params.fetch_batch / dataset.group).max(1);
        let units = self.download.next.take(batch, dataset, cx.store());
        cx.cpu(cx.hardware().per_lookup * u64::from(units.len() * dataset.group));
        self.want(&units, cx);
    }

    fn want(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        self.download.wanted.union_with(set);
        self.pursue(set, cx);
    }

    /// Finds a peer for each of `set` that has none; where there is no holder,
    /// asks around.
    fn pursue(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        let open = set.intersection(&self.download.wanted).difference(&self.download.assigned);
        let mut unheld = false;
        for unit in cx.shared.order.of(&open) {
            match self.choose(unit, cx) {
                Some(index) => self.assign(unit, index, cx),
                None => unheld = true,
            }
        }
        if unheld {
            self.ask_best(cx);
            self.search(cx);
            let due = cx.now() + cx.shared.params.holder_wait;
            self.download.holders_timer.set(due, Timer::Holders, cx);
        }
    }

    pub(super) fn on_holders_timer(&mut self, cx: &mut Context<'_>) {
        self.download.holders_timer.fired();
        let wanted = self.download.wanted.clone();
        self.pursue(&wanted, cx);
    }

    /// The usable peers that `has` picks, best first; a draw orders equals.
    fn ranked(
        &self,
        has: impl Fn(&Peer) -> bool,
        value: impl Fn(&Peer) -> f64,
        cx: &mut Context<'_>,
    ) -> Vec<(f64, u64, usize)> {
        let now = cx.now();
        let picked = self.peers.iter().enumerate().filter(|(_, p)| p.score.is_usable(now) && has(p));
        let mut ranked: Vec<_> = picked.map(|(index, p)| (value(p), cx.rng().next_u64(), index)).collect();
        ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        ranked
    }

    /// The peer to ask for `unit`: now and then any holder, else the least
    /// loaded of the best.
    fn choose(&mut self, unit: u32, cx: &mut Context<'_>) -> Option<usize> {
        let (params, now, group) = (&cx.shared.params, cx.now(), cx.world.only().group);
        let value = |p: &Peer| p.score.value(p.load(group), now, &params.score);
        let ranked = self.ranked(|p| p.have.contains(unit), value, cx);
        if ranked.len() > 1 && cx.rng().uniform() < params.exploration {
            return Some(ranked[cx.rng().below(ranked.len() as u64) as usize].2);
        }
        let best = ranked.iter().take(params.best_peers as usize).map(|(.., index)| *index);
        best.min_by_key(|index| self.peers[*index].load(group))
    }

    /// Puts `unit` into the next request to a peer.
    fn assign(&mut self, unit: u32, index: usize, cx: &mut Context<'_>) {
        let params = &cx.shared.params;
        let (id, peer) = (self.peers.ids()[index], &mut self.peers[index]);
        self.download.assigned.insert(unit);
        if peer.queued.is_empty() {
            cx.after(params.request_delay, Timer::Send(id));
        }
        peer.queued.insert(unit);
        if peer.queued.len() * cx.world.only().group >= params.request_batch {
            self.send_request(id, cx);
        }
    }

    /// Asks a peer for what has been collected. (A request that filled up has
    /// left before; its timer then sends a younger one early.)
    pub(super) fn send_request(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let Some(peer) = self.peers.find(id).filter(|p| !p.queued.is_empty()) else { return };
        let left = std::mem::take(&mut peer.queued);
        let number = self.download.requests;
        self.download.requests += 1;
        cx.send(id, Msg::WantBlock(Rc::new(left.clone())).into());
        let timeout = cx.after(cx.shared.params.request_timeout, Timer::Timeout(id, number));
        peer.requests.push(OpenRequest { number, at: cx.now(), left, timeout });
    }

    /// What did not come in time is asked for again; by its failures the peer
    /// comes after others that hold it.
    pub(super) fn on_timeout(&mut self, id: NodeId, number: u32, cx: &mut Context<'_>) {
        let Some(peer) = self.peers.find(id) else { return };
        let Some(at) = peer.requests.iter().position(|r| r.number == number) else { return };
        let left = peer.requests.remove(at).left;
        let now = cx.now();
        (0..left.len()).for_each(|_| peer.score.failed(now, &cx.shared.params.score));
        self.download.assigned.subtract(&left);
        self.pursue(&left, cx);
    }

    /// Asks the best peers what they have: of those that hold anything wanted,
    /// else of all.
    pub(super) fn ask_best(&mut self, cx: &mut Context<'_>) {
        self.download.ask_timer = false;
        let (params, now, group) = (&cx.shared.params, cx.now(), cx.world.only().group);
        let value = |p: &Peer| p.score.value(p.load(group), now, &params.score);
        let mut ranked = self.ranked(|p| !p.have.is_empty(), value, cx);
        if ranked.is_empty() {
            ranked = self.ranked(|_| true, |p| p.score.aggregate(p.load(group), now, &params.score), cx);
        }
        for (.., index) in ranked.into_iter().take(params.asked_peers as usize) {
            self.ask(index, cx);
        }
    }

    /// Asks one peer, if a question is due.
    fn ask(&mut self, index: usize, cx: &mut Context<'_>) {
        let params = &cx.shared.params;
        match self.peers[index].question(&self.download.wanted, cx.now(), params) {
            Question::Nothing => {}
            Question::Later(wait) => {
                if !std::mem::replace(&mut self.download.ask_timer, true) {
                    cx.after(wait, Timer::Ask);
                }
            }
            Question::Now(set) => {
                let id = self.peers.ids()[index];
                let limit = (params.want_list_entries / cx.world.only().group).max(1) as usize;
                for part in cx.shared.order.of(&set).chunks(limit) {
                    cx.send(id, Msg::WantHave(Rc::new(part.iter().copied().collect())).into());
                }
            }
        }
    }

    /// Searches for peers, at most once an interval, while few hold anything.
    fn search(&mut self, cx: &mut Context<'_>) {
        let params = &cx.shared.params;
        let due = self.download.last_search.is_none_or(|at| at + params.discovery_interval <= cx.now());
        let holders = self.peers.iter().filter(|p| !p.have.is_empty()).count();
        if due && holders < params.min_peers as usize {
            self.download.last_search = Some(cx.now());
            cx.find(if cx.has_manifest(DatasetId(0)) {
                Key::Dataset(DatasetId(0))
            } else {
                Key::Manifest(DatasetId(0))
            });
        }
    }

    /// A new peer is asked for everything that is wanted.
    pub(super) fn on_connected(&mut self, id: NodeId, cx: &mut Context<'_>) {
        self.peers.add(id, Peer::new(cx.now()));
        self.responder.meet(id);
        self.ask(self.peers.len() - 1, cx);
    }

    /// What a peer owed is asked of others.
    pub(super) fn on_lost(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let Some(peer) = self.peers.take(id) else { return };
        self.responder.forget(id);
        let mut owed = peer.queued;
        for request in peer.requests {
            cx.cancel(request.timeout);
            owed.union_with(&request.left);
        }
        self.download.assigned.subtract(&owed);
        self.pursue(&owed, cx);
        self.responder.serve(cx);
    }

    /// An answer wakes the blocks that have no peer.
    pub(super) fn on_presence(&mut self, from: NodeId, have: &BlockSet, lack: Option<&BlockSet>, cx: &mut Context<'_>) {
        let Some(peer) = self.peers.find(from) else { return };
        peer.have.union_with(have);
        if let Some(lack) = lack {
            peer.have.subtract(lack);
        }
        peer.have.retain_in(&self.download.wanted);
        let woken = peer.have.intersection(have);
        if !woken.is_empty() {
            self.pursue(&woken, cx);
        }
    }

    pub(super) fn on_manifest(&mut self, from: NodeId, cx: &mut Context<'_>) {
        let manifest = BlockSet::one(MANIFEST);
        if self.download.wanted.contains(MANIFEST) {
            self.resolve(from, &manifest, cx);
            cx.manifest_stored(DatasetId(0));
            self.responder.serve_waiting(&manifest, cx);
            advertise(cx);
            self.fetch(cx);
        }
    }

    /// Whoever sends a block that is wanted, it is taken.
    pub(super) fn on_delivery(&mut self, from: NodeId, set: &BlockSet, cx: &mut Context<'_>) {
        let got = set.intersection(&self.download.wanted);
        if got.is_empty() {
            return;
        }
        cx.keep(Units::Set(&got));
        self.judge(from, &got, cx);
        self.resolve(from, &got, cx);
        self.responder.serve_waiting(&got, cx);
        if self.download.wanted.is_empty() {
            self.fetch(cx);
        }
    }

    /// Notes how well `from` delivered what of `got` it was asked for.
    fn judge(&mut self, from: NodeId, got: &BlockSet, cx: &mut Context<'_>) {
        let Some(peer) = self.peers.find(from) else { return };
        let (now, size, group) = (cx.now(), cx.world.only().block_size, cx.world.only().group);
        for request in &peer.requests {
            for _ in 0..request.left.intersection(got).len() * group {
                peer.score.delivered(size, now.since(request.at), now, &cx.shared.params.score);
            }
        }
    }

    /// `set` is here: nobody owes it any more. Others that were asked for it
    /// are told so.
    fn resolve(&mut self, from: NodeId, set: &BlockSet, cx: &mut Context<'_>) {
        self.download.wanted.subtract(set);
        self.download.assigned.subtract(set);
        for index in 0..self.peers.len() {
            let outstanding = self.peers[index].settle(set, |timer| {
                cx.cancel(timer);
            });
            let id = self.peers.ids()[index];
            if id != from && !outstanding.is_empty() {
                cx.send(id, Msg::Cancel(Rc::new(outstanding)).into());
            }
        }
    }
}
