//! Asking: who has what, and from whom to take it.

use super::choice::turns;
use super::download::{Download, window_units};
use super::peer::{Peer, RefreshCause};
use super::{Cancel, CodexV2, Context, MANIFEST, Msg, Timer, advertise};
use crate::protocol::{Key, Units};
use crate::units::{Bytes, Time};
use crate::world::{BlockSet, DatasetId, NodeId};
use std::rc::Rc;

impl CodexV2 {
    /// Begins with the manifest, unless it is here already.
    pub(super) fn begin_download(&mut self, cx: &mut Context<'_>) {
        if cx.has_manifest(DatasetId(0)) {
            self.begin_dataset(cx);
        } else {
            cx.after(cx.shared.params.discovery_loop, Timer::DiscoveryLoop);
            self.want(&BlockSet::one(MANIFEST), cx);
        }
    }

    /// Opens the window. The stream reader wants block 0 at the same time; it
    /// overtakes the window when checking the local store for all of the
    /// window takes so long that the node turns to other work. Its question is
    /// then open when the window's blocks are added, and these have to wait for
    /// the next search (measured: 3 s of silence).
    fn begin_dataset(&mut self, cx: &mut Context<'_>) {
        let (params, dataset) = (&cx.shared.params, cx.world.only());
        let mut window = self.download.next.take(window_units(params, dataset.group), dataset, cx.store());
        let checking = cx.hardware().per_lookup * u64::from(window.len() * dataset.group);
        if checking > params.yield_after
            && let Some(first) = window.first()
        {
            window.remove(first);
            self.want(&BlockSet::one(first), cx);
        }
        cx.cpu(checking);
        self.want(&window, cx);
    }

    /// Adds `set` to the wants and sets out to get it.
    fn want(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        if !set.is_empty() {
            self.download.include(set);
            self.pursue(set, cx);
        }
    }

    /// One turn of the per-block loop (`downloadInternal`) for all of `set`.
    fn pursue(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        let open = set.intersection(&self.download.pending).difference(&self.download.requested);
        let mut held = BlockSet::new();
        for peer in self.peers.iter().filter(|p| p.have.intersects(&open)) {
            held.union_with(&peer.have.intersection(&open));
        }
        for unit in self.ordered(&held, cx) {
            self.request_one(unit, cx);
        }
        let mut unheld = open.difference(&held);
        if unheld.is_empty() {
            return;
        }
        self.refresh_all(cx);
        unheld.subtract(&self.download.requested); // small blocks are asked for at once
        if !unheld.is_empty() {
            self.search(cx);
            self.wait_for_holders(&unheld, cx);
        }
    }

    pub(super) fn request(&mut self, index: usize, set: BlockSet, cx: &mut Context<'_>) {
        self.download.requested.union_with(&set);
        owe(&mut self.peers[index], &set, cx);
        cx.send(self.peers[index].id, Msg::WantBlock(Rc::new(set)));
    }

    /// Asks every peer whose answer is stale or who does not know our new
    /// wants, or as many as may be asked.
    fn refresh_all(&mut self, cx: &mut Context<'_>) {
        let mut last = Rc::default();
        for index in turns(&self.peers, cx) {
            let peer = &mut self.peers[index];
            if let Some(why) = peer.begin_refresh(cx.now(), self.download.inclusions, &cx.shared.params) {
                ask(peer, &mut self.download, why, &mut last, cx);
            }
        }
    }

    /// Searches for peers, at most once an interval for the whole node; a
    /// search is carried out only while few peers hold anything.
    fn search(&mut self, cx: &mut Context<'_>) {
        let interval = cx.shared.params.discovery_interval;
        if self.download.last_search.is_none_or(|t| t + interval <= cx.now()) {
            self.download.last_search = Some(cx.now());
            self.find_if_few(cx);
        }
    }

    fn find_if_few(&mut self, cx: &mut Context<'_>) {
        let holders = self.peers.iter().filter(|p| !p.have.is_empty()).count();
        if holders < cx.shared.params.min_peers as usize {
            cx.find(if cx.has_manifest(DatasetId(0)) {
                Key::Dataset(DatasetId(0))
            } else {
                Key::Manifest(DatasetId(0))
            });
        }
    }

    /// Blocks without known holder are tried again after a random whole number
    /// of seconds, but not before the next search is allowed.
    fn wait_for_holders(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        let (download, params) = (&mut self.download, &cx.shared.params);
        let allowed = download.last_search.map_or(cx.now(), |t| t + params.discovery_interval);
        let until_search = allowed.since(cx.now());
        if until_search >= params.retry_interval {
            download.retry_at(cx.now() + until_search, set.clone());
        } else {
            let longest = params.retry_interval.nanos() / 1_000_000_000;
            for unit in set.iter() {
                let pause = Time::from_secs(cx.rng().below(longest + 1)).max(until_search);
                download.retry_at(cx.now() + pause, BlockSet::one(unit));
            }
        }
        self.arm_retry(cx);
    }

    fn arm_retry(&mut self, cx: &mut Context<'_>) {
        if let Some(next) = self.download.next_retry() {
            self.download.retry_timer.set(next, Timer::Retry, cx);
        }
    }

    pub(super) fn on_retry(&mut self, cx: &mut Context<'_>) {
        self.download.retry_timer.fired();
        let due = self.download.due(cx.now());
        self.pursue(&due, cx);
        self.arm_retry(cx);
    }

    /// Every few seconds a missing manifest is looked for again.
    pub(super) fn on_discovery_loop(&mut self, cx: &mut Context<'_>) {
        if !cx.has_manifest(DatasetId(0)) {
            self.find_if_few(cx);
            cx.after(cx.shared.params.discovery_loop, Timer::DiscoveryLoop);
        }
    }

    /// A new peer is told all our wants.
    pub(super) fn on_connected(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let mut peer = Peer::new(id, cx.now());
        ask(&mut peer, &mut self.download, RefreshCause { stale: false, changed: false }, &mut Rc::default(), cx);
        self.peers.add(id, peer);
        self.responder.meet(id);
    }

    /// The first peer that answers is asked for everything it has that nobody
    /// else was asked for, in one message; or for as much as it may be.
    pub(super) fn on_presence(&mut self, from: NodeId, have: &BlockSet, lack: Option<&BlockSet>, cx: &mut Context<'_>) {
        let Some(index) = self.peers.position(from) else { return };
        let peer = &mut self.peers[index];
        peer.answered(cx.now(), self.download.inclusions, have, &cx.shared.params);
        peer.have.retain_in(&self.download.pending);
        if let Some(lack) = lack {
            self.on_absence(index, lack, cx);
        }
        self.request_from(index, cx);
    }

    /// What a peer does not have is asked of others, or later.
    fn on_absence(&mut self, index: usize, lack: &BlockSet, cx: &mut Context<'_>) {
        let (download, peer) = (&mut self.download, &mut self.peers[index]);
        peer.have.subtract(lack);
        let mut free = peer.requested.intersection(lack);
        peer.requested.subtract(&free);
        self.peers.iter().for_each(|other| free.subtract(&other.requested));
        download.requested.subtract(&free);
        free.retain_in(&download.pending);
        if !free.is_empty() {
            self.wait_for_holders(&free, cx);
        }
    }

    pub(super) fn on_manifest(&mut self, from: NodeId, cx: &mut Context<'_>) {
        let asked = self.accept(from, &BlockSet::one(MANIFEST), cx);
        if cx.has_manifest(DatasetId(0)) || asked.is_empty() {
            return;
        }
        cx.manifest_stored(DatasetId(0));
        advertise(cx);
        self.responder.serve_waiting(&asked, cx);
        self.begin_dataset(cx);
    }

    pub(super) fn on_delivery(&mut self, from: NodeId, set: &BlockSet, cx: &mut Context<'_>) {
        let got = self.accept(from, set, cx);
        if got.is_empty() {
            return;
        }
        cx.keep(Units::Set(&got));
        self.responder.serve_waiting(&got, cx);
        self.refill(got.len(), cx);
        self.top_up(from, cx);
    }

    /// Where a peer may be asked for a few blocks at a time only, it is asked for
    /// the next ones when some of these are settled.
    fn top_up(&mut self, from: NodeId, cx: &mut Context<'_>) {
        if let (true, Some(index)) = (Self::is_limited(cx), self.peers.position(from)) {
            self.peers[index].have.retain_in(&self.download.pending);
            self.request_from(index, cx);
        }
    }

    /// Of what `from` delivered, what it was asked for and is still wanted.
    fn accept(&mut self, from: NodeId, set: &BlockSet, cx: &mut Context<'_>) -> BlockSet {
        let now = cx.now();
        let Some(peer) = self.peers.find(from) else { return BlockSet::new() };
        let mut got = set.intersection(&peer.requested);
        peer.requested.subtract(&got);
        peer.last_exchange = now;
        got.retain_in(&self.download.pending);
        self.download.resolve(&got);
        self.cancel_at_others(&got, cx);
        got
    }

    /// Only blocks that several peers were asked for at once have anything to
    /// cancel.
    fn cancel_at_others(&mut self, got: &BlockSet, cx: &mut Context<'_>) {
        let params = &cx.shared.params;
        if params.parallel_below == Bytes(0) || params.cancel == Cancel::Never {
            return;
        }
        for peer in self.peers.iter_mut() {
            let vain = peer.requested.intersection(got);
            if !vain.is_empty() {
                peer.requested.subtract(&vain);
                cx.send(peer.id, Msg::Cancel(Rc::new(vain)));
            }
        }
    }

    fn refill(&mut self, completed: u32, cx: &mut Context<'_>) {
        let dataset = cx.world.only();
        let room = self.download.refill_due(completed, &cx.shared.params, dataset.group);
        if room > 0 {
            let more = self.download.next.take(room, dataset, cx.store);
            cx.cpu(cx.hardware().per_lookup * u64::from(more.len() * dataset.group));
            self.want(&more, cx);
        }
    }

    /// Drops a peer that owes blocks and delivered none for too long.
    pub(super) fn on_activity_timer(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let timeout = cx.shared.params.activity_timeout;
        let now = cx.now();
        let Some(index) = self.peers.position(id).filter(|at| !self.peers[*at].requested.is_empty()) else { return };
        let deadline = self.peers[index].last_exchange + timeout;
        if deadline > now {
            cx.after(deadline - now, Timer::Activity(id));
            return;
        }
        let owed = self.remove_peer(index, cx);
        cx.hang_up(id);
        self.pursue(&owed, cx);
        self.responder.serve(cx);
    }

    /// The loss of a connection is not acted upon: the tasks of the blocks asked
    /// of that peer sleep until it would have been inactive for too long. Only
    /// an answer of another peer that comes before gets them earlier.
    pub(super) fn evict(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let Some(index) = self.peers.position(id) else { return };
        let noticed = self.peers[index].last_exchange + cx.shared.params.activity_timeout;
        let owed = self.remove_peer(index, cx);
        self.download.retry_at(noticed.max(cx.now()), owed);
        self.arm_retry(cx);
        self.responder.serve(cx);
    }

    /// Forgets a peer; returns what is requested from nobody any more, and what
    /// it would have been asked for next.
    fn remove_peer(&mut self, index: usize, cx: &Context<'_>) -> BlockSet {
        let Peer { id, requested: mut owed, .. } = self.peers.remove(index);
        self.responder.forget(id);
        self.peers.iter().for_each(|other| owed.subtract(&other.requested));
        let download = &mut self.download;
        download.requested.subtract(&owed);
        if Self::is_limited(cx) { download.pending.difference(&download.requested) } else { owed }
    }
}

/// Notes that `set` is asked of `peer`, whose silence will be noticed.
fn owe(peer: &mut Peer, set: &BlockSet, cx: &mut Context<'_>) {
    if peer.requested.is_empty() {
        cx.after(cx.shared.params.activity_timeout, Timer::Activity(peer.id));
    }
    peer.request(cx.now(), set);
}

/// Sends a peer the question that is due, in lists of limited length: who has
/// these, or, of small blocks, send me these. Most peers are asked the same as
/// the one before, `last`.
fn ask(peer: &mut Peer, download: &mut Download, why: RefreshCause, last: &mut Rc<BlockSet>, cx: &mut Context<'_>) {
    let Some(mut list) = peer.question(&download.pending, why) else { return };
    let at_once = size_of_one(&list, cx) < cx.shared.params.parallel_below;
    if at_once {
        peer.close_question();
        list.subtract(&peer.requested);
        if list.is_empty() {
            return;
        }
        download.requested.union_with(&list);
        owe(peer, &list, cx);
    }
    let message = if at_once { Msg::WantBlock } else { Msg::WantHave };
    let limit = (cx.shared.params.want_list_entries / cx.world.only().group).max(1);
    if list.len() > limit {
        for part in cx.shared.order.of(&list).chunks(limit as usize) {
            cx.send(peer.id, message(Rc::new(part.iter().copied().collect())));
        }
        return;
    }
    if **last != list {
        *last = Rc::new(list);
    }
    cx.send(peer.id, message(Rc::clone(last)));
}

/// The size of each block of a list; the manifest is asked for alone.
fn size_of_one(list: &BlockSet, cx: &Context<'_>) -> Bytes {
    if list.contains(MANIFEST) { cx.shared.params.manifest_size } else { cx.world.only().block_size }
}
