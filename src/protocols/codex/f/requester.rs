//! Asking: who has what, and from whom to take it.

use super::peer::{OpenRequest, Peer, Question};
use super::{Batches, CodexF, Context, Timer, Why, coding, group};
use crate::protocol::Units;
use crate::protocols::codex::discovery::holders;
use crate::protocols::codex::wanted::{Turn, datasets_of, drop_dataset, is_about, manifest_of, manifests_in, touched};
use crate::protocols::codex::{Msg, advertise};
use crate::protocols::parts::Wakeup;
use crate::units::Time;
use crate::world::{BlockSet, DatasetId, NodeId};
use std::rc::Rc;

/// What a node wants, of all datasets.
#[derive(Debug, Default)]
pub(super) struct Wants {
    /// Wanted and not here.
    wanted: BlockSet,
    /// The part of `wanted` that some peer is or is about to be asked for.
    assigned: BlockSet,
    /// Requests sent so far.
    requests: u32,
    last_search: Option<Time>,
    /// Whose turn it is to be searched for (inferred).
    turn: Turn,
    /// For blocks without holder.
    holders_timer: Wakeup,
    /// A timer for an early question is set since peers were asked last.
    ask_timer: bool,
    /// How many such timers are set.
    ask_timers: u32,
    /// The datasets for the sake of which they are set.
    early: BlockSet,
}

impl CodexF {
    /// Begins with the manifest, unless it is here already.
    pub(super) fn begin_download(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let Some(part) = cx.part_wanted(dataset) else { return };
        if self.downloads.get(&dataset).is_some_and(|download| download.part == part) {
            return;
        }
        let units = coding::in_order(part, cx.dataset(dataset), &cx.shared.params.coding);
        self.downloads.insert(dataset, Batches::new(part, units));
        if cx.has_manifest(dataset) {
            self.begin_dataset(dataset, cx);
        } else {
            self.want(&BlockSet::one(manifest_of(dataset)), cx);
        }
    }

    fn begin_dataset(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        coding::begin(self, dataset, cx);
        self.fetch(dataset, cx);
    }

    /// Gives a download up; peers are not told.
    pub(super) fn end_download(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        self.downloads.remove(&dataset);
        self.decoders.stop(dataset);
        if is_about(&self.wants.wanted, dataset, cx.world) {
            let mut left = self.wants.wanted.clone();
            drop_dataset(&mut left, dataset, cx.world);
            let dropped = self.wants.wanted.difference(&left);
            self.forget(&dropped, cx);
        }
    }

    fn forget(&mut self, dropped: &BlockSet, cx: &mut Context<'_>) {
        self.wants.wanted.subtract(dropped);
        self.wants.assigned.subtract(dropped);
        for peer in self.peers.iter_mut() {
            peer.settle(dropped, |timer| {
                cx.cancel(timer);
            });
        }
    }

    /// `set`, units of one dataset, is not wanted any more.
    pub(super) fn drop_wants(&mut self, set: &BlockSet, why: Why, cx: &mut Context<'_>) {
        let dropped = set.intersection(&self.wants.wanted);
        match why {
            Why::Recovered => self.forget(&dropped, cx),
            Why::Spare => self.resolve(cx.me, &dropped, cx),
        }
        self.go_on(&dropped, cx);
    }

    /// `set` is here: downloads go on whose batches are.
    fn go_on(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        let world = cx.world;
        for (dataset, _) in touched(set, &world.datasets) {
            if self.downloads.get_mut(&dataset).is_some_and(|download| download.came(set)) {
                self.fetch(dataset, cx);
            }
        }
    }

    /// Asks for the next blocks in order that are not here (`fetchBatched`).
    fn fetch(&mut self, id: DatasetId, cx: &mut Context<'_>) {
        let Some(download) = self.downloads.get_mut(&id) else { return };
        let dataset = cx.world.datasets.get(id);
        let batch = (cx.shared.params.fetch_batch / dataset.group).max(1);
        let units = download.take(batch, dataset, cx.store());
        if units.is_empty() {
            if !self.decoders.has(id) {
                self.downloads.remove(&id);
            }
            return;
        }
        cx.cpu(cx.hardware().per_lookup * u64::from(units.len() * dataset.group));
        self.want(&units, cx);
    }

    pub(super) fn want(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        self.wants.wanted.union_with(set);
        self.pursue(set, cx);
    }

    /// Finds a peer for each of `set` that has none; where there is no holder,
    /// asks around.
    fn pursue(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        let open = set.intersection(&self.wants.wanted).difference(&self.wants.assigned);
        let mut unheld = BlockSet::new();
        for unit in cx.shared.order.of(&open) {
            match self.choose(unit, cx) {
                Some(index) => self.assign(unit, index, cx),
                None => drop(unheld.insert(unit)),
            }
        }
        if !unheld.is_empty() {
            self.ask_best(&datasets_of(&unheld, cx.world), cx);
            self.search(&unheld, cx);
            let due = cx.now() + cx.shared.params.holder_wait;
            self.wants.holders_timer.set(due, Timer::Holders, cx);
        }
    }

    pub(super) fn on_holders_timer(&mut self, cx: &mut Context<'_>) {
        self.wants.holders_timer.fired();
        let wanted = self.wants.wanted.clone();
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
        let (params, now, group) = (&cx.shared.params, cx.now(), group(cx.world));
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
        self.wants.assigned.insert(unit);
        if peer.queued.is_empty() {
            cx.after(params.request_delay, Timer::Send(id));
        }
        peer.queue(unit);
        if peer.queued.len() * group(cx.world) >= params.request_batch {
            self.send_request(id, cx);
        }
    }

    /// Asks a peer for what has been collected. (A request that filled up has
    /// left before; its timer then sends a younger one early.)
    pub(super) fn send_request(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let Some(peer) = self.peers.find(id).filter(|p| !p.queued.is_empty()) else { return };
        let left = std::mem::take(&mut peer.queued);
        let number = self.wants.requests;
        self.wants.requests += 1;
        cx.send(id, Msg::WantBlock(Rc::new(left.clone())).into());
        let timeout = cx.after(cx.shared.params.request_timeout, Timer::Timeout(id, number));
        peer.requests.push(OpenRequest { number, at: cx.now(), left, timeout });
    }

    /// What did not come in time is asked for again; by its failures the peer
    /// comes after others that hold it.
    pub(super) fn on_timeout(&mut self, id: NodeId, number: u32, cx: &mut Context<'_>) {
        let Some(peer) = self.peers.find(id) else { return };
        let Some(left) = peer.give_up(number) else { return };
        let now = cx.now();
        (0..left.len()).for_each(|_| peer.score.failed(now, &cx.shared.params.score));
        self.wants.assigned.subtract(&left);
        self.pursue(&left, cx);
    }

    /// A question that was early is due.
    pub(super) fn on_ask_timer(&mut self, cx: &mut Context<'_>) {
        self.wants.ask_timers -= 1;
        let early = self.wants.early.clone();
        if self.wants.ask_timers == 0 {
            self.wants.early.clear();
        }
        self.ask_best(&early, cx);
    }

    /// Asks the best peers what they have: for each of `datasets` of those that hold
    /// anything of it, where nobody does of all.
    fn ask_best(&mut self, datasets: &BlockSet, cx: &mut Context<'_>) {
        let (params, now, group, world) = (&cx.shared.params, cx.now(), group(cx.world), cx.world);
        let most = params.asked_peers as usize;
        let value = |p: &Peer| p.score.value(p.load(group), now, &params.score);
        let mut strange = BlockSet::new();
        self.wants.ask_timer = false;
        for dataset in datasets.iter() {
            let ranked = self.ranked(|p| is_about(&p.have, DatasetId(dataset), world), value, cx);
            if ranked.is_empty() {
                strange.insert(dataset);
            }
            for (.., index) in ranked.into_iter().take(most) {
                self.ask(index, &BlockSet::one(dataset), cx);
            }
        }
        if !strange.is_empty() {
            let ranked = self.ranked(|_| true, |p| p.score.aggregate(p.load(group), now, &params.score), cx);
            for (.., index) in ranked.into_iter().take(most) {
                self.ask(index, &strange, cx);
            }
        }
    }

    /// Asks one peer for the sake of `datasets`, if a question is due.
    fn ask(&mut self, index: usize, datasets: &BlockSet, cx: &mut Context<'_>) {
        let params = &cx.shared.params;
        match self.peers[index].question(&self.wants.wanted, cx.now(), params) {
            Question::Nothing => {}
            Question::Later(wait) => {
                if !std::mem::replace(&mut self.wants.ask_timer, true) {
                    self.wants.ask_timers += 1;
                    cx.after(wait, Timer::Ask);
                }
                self.wants.early.union_with(datasets);
            }
            Question::Now(set) => {
                let id = self.peers.ids()[index];
                let limit = (params.want_list_entries / group(cx.world)).max(1) as usize;
                for part in cx.shared.order.of(&set).chunks(limit) {
                    cx.send(id, Msg::WantHave(Rc::new(part.iter().copied().collect())).into());
                }
            }
        }
    }

    /// Searches for peers, at most once an interval, while few hold anything; when
    /// several of `set`'s datasets need them, in turn.
    fn search(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        let (params, world) = (&cx.shared.params, cx.world);
        if self.wants.last_search.is_some_and(|at| at + params.discovery_interval > cx.now()) {
            return;
        }
        let key = self.wants.turn.next(set, world);
        let scarce = |key: &_| holders(&self.peers, |peer| &peer.have, *key, world) < params.min_peers;
        if let Some(key) = key.filter(scarce) {
            self.wants.last_search = Some(cx.now());
            cx.find(key);
        }
    }

    /// A new peer is asked for everything that is wanted.
    pub(super) fn on_connected(&mut self, id: NodeId, cx: &mut Context<'_>) {
        self.peers.add(id, Peer::new(cx.now()));
        self.responder.meet(id);
        self.ask(self.peers.len() - 1, &datasets_of(&self.wants.wanted, cx.world), cx);
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
        self.wants.assigned.subtract(&owed);
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
        peer.have.retain_in(&self.wants.wanted);
        let woken = peer.have.intersection(have);
        if !woken.is_empty() {
            self.pursue(&woken, cx);
        }
    }

    pub(super) fn on_manifests(&mut self, from: NodeId, set: &BlockSet, cx: &mut Context<'_>) {
        let got = set.intersection(&self.wants.wanted);
        if got.is_empty() {
            return;
        }
        self.resolve(from, &got, cx);
        manifests_in(&got).for_each(|dataset| cx.manifest_stored(dataset));
        self.responder.serve_waiting(&got, cx);
        for dataset in manifests_in(&got) {
            advertise(dataset, cx);
            self.begin_dataset(dataset, cx);
        }
    }

    /// Whoever sends a block that is wanted, it is taken.
    pub(super) fn on_delivery(&mut self, from: NodeId, set: &BlockSet, cx: &mut Context<'_>) {
        let got = set.intersection(&self.wants.wanted);
        if got.is_empty() {
            return;
        }
        cx.keep(Units::Set(&got));
        self.judge(from, &got, cx);
        self.resolve(from, &got, cx);
        self.responder.serve_waiting(&got, cx);
        self.go_on(&got, cx);
        coding::on_delivery(self, &got, cx);
    }

    /// Notes how well `from` delivered what of `got` it was asked for.
    fn judge(&mut self, from: NodeId, got: &BlockSet, cx: &mut Context<'_>) {
        let Some(peer) = self.peers.find(from) else { return };
        let now = cx.now();
        for request in &peer.requests {
            let came = request.left.intersection(got);
            for (_, dataset) in touched(&came, &cx.world.datasets) {
                for _ in 0..dataset.count_of(&came).0 * dataset.group {
                    peer.score.delivered(dataset.block_size, now.since(request.at), now, &cx.shared.params.score);
                }
            }
        }
    }

    /// `set` is here: nobody owes it any more. Others that were asked for it
    /// are told so.
    fn resolve(&mut self, from: NodeId, set: &BlockSet, cx: &mut Context<'_>) {
        self.wants.wanted.subtract(set);
        self.wants.assigned.subtract(set);
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
