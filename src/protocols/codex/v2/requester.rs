//! Asking: who has what, and from whom to take it.

use super::choice::turns;
use super::download::{Download, Wants, window_units};
use super::peer::{Peer, RefreshCause};
use super::{Cancel, CodexV2, Context, Msg, Timer, Why, advertise, coding, group};
use crate::protocol::{Key, Units};
use crate::protocols::codex::discovery::holders;
use crate::protocols::codex::wanted::{drop_dataset, is_about, is_manifest, manifest_of, manifests_in, touched};
use crate::units::{Bytes, Time};
use crate::world::{BlockSet, DatasetId, NodeId};
use std::rc::Rc;

impl CodexV2 {
    /// Begins with the manifest, unless it is here already.
    pub(super) fn begin_download(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let Some(part) = cx.part_wanted(dataset) else { return };
        if self.downloads.get(&dataset).is_some_and(|download| download.part == part) {
            return;
        }
        let units = coding::in_order(part, cx.dataset(dataset), &cx.shared.params.coding);
        self.downloads.insert(dataset, Download::new(part, units));
        if cx.has_manifest(dataset) {
            self.begin_dataset(dataset, cx);
        } else {
            if !std::mem::replace(&mut self.looping, true) {
                cx.after(cx.shared.params.discovery_loop, Timer::DiscoveryLoop);
            }
            self.want(&BlockSet::one(manifest_of(dataset)), cx);
        }
    }

    /// Gives a download up.
    pub(super) fn end_download(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        self.downloads.remove(&dataset);
        self.decoders.stop(dataset);
        if !is_about(&self.wants.pending, dataset, cx.world) {
            return;
        }
        for set in [&mut self.wants.pending, &mut self.wants.requested] {
            drop_dataset(set, dataset, cx.world);
        }
        for peer in self.peers.iter_mut() {
            for set in [&mut peer.have, &mut peer.told, &mut peer.requested] {
                drop_dataset(set, dataset, cx.world);
            }
        }
    }

    /// Opens the window. The stream reader wants block 0 at the same time; it
    /// overtakes the window when checking the local store for all of the
    /// window takes so long that the node turns to other work. Its question is
    /// then open when the window's blocks are added, and these have to wait for
    /// the next search (measured: 3 s of silence).
    fn begin_dataset(&mut self, id: DatasetId, cx: &mut Context<'_>) {
        coding::begin(self, id, cx);
        let Some(download) = self.downloads.get_mut(&id) else { return };
        let (params, dataset) = (&cx.shared.params, cx.world.datasets.get(id));
        let mut window = download.next.take(window_units(params, dataset.group), dataset, cx.store());
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
    pub(super) fn want(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        if !set.is_empty() {
            self.wants.include(set);
            self.pursue(set, cx);
        }
    }

    /// One turn of the per-block loop (`downloadInternal`) for all of `set`.
    fn pursue(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        let open = set.intersection(&self.wants.pending).difference(&self.wants.requested);
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
        unheld.subtract(&self.wants.requested); // small blocks are asked for at once
        if !unheld.is_empty() {
            self.search(&unheld, cx);
            self.wait_for_holders(&unheld, cx);
        }
    }

    pub(super) fn request(&mut self, index: usize, set: BlockSet, cx: &mut Context<'_>) {
        self.wants.requested.union_with(&set);
        owe(&mut self.peers[index], &set, cx);
        cx.send(self.peers[index].id, Msg::WantBlock(Rc::new(set)));
    }

    /// Asks every peer whose answer is stale or who does not know our new
    /// wants, or as many as may be asked.
    fn refresh_all(&mut self, cx: &mut Context<'_>) {
        let mut last = Rc::default();
        for index in turns(&self.peers, cx) {
            let peer = &mut self.peers[index];
            if let Some(why) = peer.begin_refresh(cx.now(), self.wants.inclusions, &cx.shared.params) {
                ask(peer, &mut self.wants, why, &mut last, cx);
            }
        }
    }

    /// Searches for peers, at most once an interval for the whole node, for the
    /// downloads of `set` in turn; a search is carried out only while few peers hold
    /// anything of the dataset.
    fn search(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        let interval = cx.shared.params.discovery_interval;
        if self.wants.last_search.is_none_or(|t| t + interval <= cx.now())
            && let Some(key) = self.wants.turn.next(set, cx.world)
        {
            self.wants.last_search = Some(cx.now());
            self.lookups.put(key);
            self.look_up(cx);
        }
    }

    /// Carries searches out.
    pub(super) fn look_up(&mut self, cx: &mut Context<'_>) {
        let (peers, world, enough) = (&self.peers, cx.world, cx.shared.params.min_peers);
        self.lookups.work(|key| holders(peers, |peer| &peer.have, key, world) < enough, cx);
    }

    /// Blocks without known holder are tried again after a random whole number
    /// of seconds, but not before the next search is allowed.
    fn wait_for_holders(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        let (wants, params) = (&mut self.wants, &cx.shared.params);
        let allowed = wants.last_search.map_or(cx.now(), |t| t + params.discovery_interval);
        let until_search = allowed.since(cx.now());
        if until_search >= params.retry_interval {
            wants.retry_at(cx.now() + until_search, set.clone());
        } else {
            let longest = params.retry_interval.nanos() / 1_000_000_000;
            for unit in set.iter() {
                let pause = Time::from_secs(cx.rng().below(longest + 1)).max(until_search);
                wants.retry_at(cx.now() + pause, BlockSet::one(unit));
            }
        }
        self.arm_retry(cx);
    }

    fn arm_retry(&mut self, cx: &mut Context<'_>) {
        if let Some(next) = self.wants.next_retry() {
            self.wants.retry_timer.set(next, Timer::Retry, cx);
        }
    }

    pub(super) fn on_retry(&mut self, cx: &mut Context<'_>) {
        self.wants.retry_timer.fired();
        let due = self.wants.due(cx.now());
        self.pursue(&due, cx);
        self.arm_retry(cx);
    }

    /// Every few seconds missing manifests are looked for again, all of them.
    pub(super) fn on_discovery_loop(&mut self, cx: &mut Context<'_>) {
        let (lookups, mut missing) = (&mut self.lookups, manifests_in(&self.wants.pending).peekable());
        self.looping = missing.peek().is_some();
        missing.for_each(|dataset| lookups.offer(Key::Manifest(dataset)));
        if self.looping {
            self.look_up(cx);
            cx.after(cx.shared.params.discovery_loop, Timer::DiscoveryLoop);
        }
    }

    /// A new peer is told all our wants.
    pub(super) fn on_connected(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let mut peer = Peer::new(id, cx.now());
        ask(&mut peer, &mut self.wants, RefreshCause { stale: false, changed: false }, &mut Rc::default(), cx);
        self.peers.add(id, peer);
        self.responder.meet(id);
    }

    /// The first peer that answers is asked for everything it has that nobody
    /// else was asked for, in one message; or for as much as it may be.
    pub(super) fn on_presence(&mut self, from: NodeId, have: &BlockSet, lack: Option<&BlockSet>, cx: &mut Context<'_>) {
        let Some(index) = self.peers.position(from) else { return };
        let peer = &mut self.peers[index];
        peer.answered(cx.now(), self.wants.inclusions, have, &cx.shared.params);
        peer.have.retain_in(&self.wants.pending);
        if let Some(lack) = lack {
            self.on_absence(index, lack, cx);
        }
        self.request_from(index, cx);
    }

    /// What a peer does not have is asked of others, or later.
    fn on_absence(&mut self, index: usize, lack: &BlockSet, cx: &mut Context<'_>) {
        let (wants, peer) = (&mut self.wants, &mut self.peers[index]);
        peer.have.subtract(lack);
        let mut free = peer.requested.intersection(lack);
        peer.requested.subtract(&free);
        self.peers.iter().for_each(|other| free.subtract(&other.requested));
        wants.requested.subtract(&free);
        free.retain_in(&wants.pending);
        if !free.is_empty() {
            self.wait_for_holders(&free, cx);
        }
    }

    pub(super) fn on_manifests(&mut self, from: NodeId, set: &BlockSet, cx: &mut Context<'_>) {
        let got = self.accept(from, set, cx);
        for dataset in manifests_in(&got) {
            cx.manifest_stored(dataset);
            advertise(dataset, cx);
        }
        if !got.is_empty() {
            self.responder.serve_waiting(&got, cx);
            manifests_in(&got).for_each(|dataset| self.begin_dataset(dataset, cx));
        }
    }

    pub(super) fn on_delivery(&mut self, from: NodeId, set: &BlockSet, cx: &mut Context<'_>) {
        let got = self.accept(from, set, cx);
        if got.is_empty() {
            return;
        }
        cx.keep(Units::Set(&got));
        self.responder.serve_waiting(&got, cx);
        let world = cx.world;
        for (id, _) in touched(&got, &world.datasets) {
            self.refill(id, &got, cx);
        }
        coding::on_delivery(self, &got, cx);
        self.top_up(from, cx);
    }

    /// Where a peer may be asked for a few blocks at a time only, it is asked for
    /// the next ones when some of these are settled.
    fn top_up(&mut self, from: NodeId, cx: &mut Context<'_>) {
        if let (true, Some(index)) = (self.is_limited(cx), self.peers.position(from)) {
            self.peers[index].have.retain_in(&self.wants.pending);
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
        got.retain_in(&self.wants.pending);
        self.wants.resolve(&got);
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

    /// `got` is here: as much of the download joins the window as that makes room for.
    fn refill(&mut self, id: DatasetId, got: &BlockSet, cx: &mut Context<'_>) {
        let Some(download) = self.downloads.get_mut(&id) else { return };
        let dataset = cx.world.datasets.get(id);
        let room = download.refill_due(download.next.count_of(got), &cx.shared.params, dataset.group);
        if room > 0 {
            let more = download.next.take(room, dataset, cx.store);
            cx.cpu(cx.hardware().per_lookup * u64::from(more.len() * dataset.group));
            self.want(&more, cx);
        }
        if !cx.wants(id) {
            self.downloads.remove(&id);
        }
    }

    /// `set`, units of one dataset, is not wanted any more.
    pub(super) fn drop_wants(&mut self, set: &BlockSet, why: Why, cx: &mut Context<'_>) {
        let dropped = set.intersection(&self.wants.pending);
        self.wants.resolve(&dropped);
        for peer in self.peers.iter_mut() {
            let asked = peer.requested.intersection(&dropped);
            peer.requested.subtract(&asked);
            if why == Why::Spare && !asked.is_empty() {
                cx.send(peer.id, Msg::Cancel(Rc::new(asked)));
            }
        }
        let world = cx.world;
        touched(&dropped, &world.datasets).for_each(|(id, _)| self.refill(id, &dropped, cx));
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
        self.wants.retry_at(noticed.max(cx.now()), owed);
        self.arm_retry(cx);
        self.responder.serve(cx);
    }

    /// Forgets a peer; returns what is requested from nobody any more, and what
    /// it would have been asked for next.
    fn remove_peer(&mut self, index: usize, cx: &Context<'_>) -> BlockSet {
        let Peer { id, requested: mut owed, .. } = self.peers.remove(index);
        self.responder.forget(id);
        self.peers.iter().for_each(|other| owed.subtract(&other.requested));
        self.wants.requested.subtract(&owed);
        if self.is_limited(cx) { self.wants.pending.difference(&self.wants.requested) } else { owed }
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
fn ask(peer: &mut Peer, wants: &mut Wants, why: RefreshCause, last: &mut Rc<BlockSet>, cx: &mut Context<'_>) {
    let Some(mut list) = peer.question(&wants.pending, why) else { return };
    let mut small = small_of(&list, cx);
    if !small.is_empty() {
        list.subtract(&small);
        if list.is_empty() {
            peer.close_question();
        }
        small.subtract(&peer.requested);
        if !small.is_empty() {
            wants.requested.union_with(&small);
            owe(peer, &small, cx);
            tell(peer.id, small, Msg::WantBlock, last, cx);
        }
    }
    if !list.is_empty() {
        tell(peer.id, list, Msg::WantHave, last, cx);
    }
}

/// Sends `list`, in parts where it is long.
fn tell(to: NodeId, list: BlockSet, message: fn(Rc<BlockSet>) -> Msg, last: &mut Rc<BlockSet>, cx: &mut Context<'_>) {
    let limit = (cx.shared.params.want_list_entries / group(cx.world)).max(1);
    if list.len() > limit {
        for part in cx.shared.order.of(&list).chunks(limit as usize) {
            cx.send(to, message(Rc::new(part.iter().copied().collect())));
        }
        return;
    }
    if **last != list {
        *last = Rc::new(list);
    }
    cx.send(to, message(Rc::clone(last)));
}

/// What of a list is so small that it is asked of all peers at once.
fn small_of(list: &BlockSet, cx: &Context<'_>) -> BlockSet {
    let (below, manifest_size) = (cx.shared.params.parallel_below, cx.shared.params.manifest_size);
    let mut small = BlockSet::new();
    if below > Bytes(0) {
        let datasets = touched(list, &cx.world.datasets).filter(|(_, dataset)| dataset.block_size < below);
        datasets.for_each(|(_, dataset)| small.union_with(&dataset.part_of(list)));
        if manifest_size < below {
            small.union_with(&list.iter().filter(|unit| is_manifest(*unit)).collect());
        }
    }
    small
}
