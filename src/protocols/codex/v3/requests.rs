//! Requests outstanding at peers, and what comes of them.

use super::turns::stir;
use super::wire::{Blocks, RequestId};
use super::worker::Download;
use super::{CodexV3, Context, Msg, Peers, Timer};
use crate::protocols::parts::{UnitRange, Wakeup};
use crate::units::Time;
use crate::world::{DatasetId, NodeId};

/// A request that was not answered yet.
#[derive(Debug)]
pub(super) struct Outstanding {
    pub peer: NodeId,
    /// What the scheduler handed out; some of it may have been here already.
    pub span: UnitRange,
    /// What was asked for.
    pub wanted: Blocks,
    pub sent: Time,
    deadline: Time,
}

/// The outstanding requests of a download.
#[derive(Debug)]
pub(super) struct Requests {
    dataset: DatasetId,
    slots: Vec<(u32, Option<Outstanding>)>,
    free: Vec<u32>,
    timer: Wakeup,
}

impl Requests {
    pub fn new(dataset: DatasetId) -> Self {
        Requests { dataset, slots: Vec::new(), free: Vec::new(), timer: Wakeup::default() }
    }

    fn add(&mut self, request: Outstanding) -> RequestId {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push((0, None));
            self.slots.len() as u32 - 1
        });
        let (generation, place) = &mut self.slots[slot as usize];
        *generation += 1;
        *place = Some(request);
        RequestId { dataset: self.dataset, slot, generation: *generation }
    }

    /// Takes the request `id`, if it is outstanding at `peer`.
    fn take(&mut self, id: RequestId, peer: NodeId) -> Option<Outstanding> {
        let (current, place) = self.slots.get_mut(id.slot as usize)?;
        if *current != id.generation || place.as_ref()?.peer != peer {
            return None;
        }
        self.free.push(id.slot);
        place.take()
    }

    /// Takes all requests that `which` is about, in order of sending.
    fn take_all(&mut self, which: impl Fn(&Outstanding) -> bool) -> Vec<Outstanding> {
        let mut taken = Vec::new();
        for (slot, (_, place)) in self.slots.iter_mut().enumerate() {
            if place.as_ref().is_some_and(&which) {
                self.free.push(slot as u32);
                taken.extend(place.take());
            }
        }
        taken.sort_by_key(|request| (request.sent, request.span));
        taken
    }

    /// Sees to it that a timer fires at the first deadline or before.
    fn arm(&mut self, cx: &mut Context<'_>) {
        let deadlines = self.slots.iter().filter_map(|(_, place)| Some(place.as_ref()?.deadline));
        if let Some(first) = deadlines.min() {
            self.timer.set(first, Timer::Deadline(self.dataset), cx);
        }
    }

    /// Forgets all requests and cancels the timer; says of whom they were.
    pub fn stop(&mut self, cx: &mut Context<'_>) -> impl Iterator<Item = NodeId> + use<> {
        self.timer.cancel(cx);
        self.take_all(|_| true).into_iter().map(|request| request.peer)
    }
}

impl Download {
    /// Asks `peer` for what is `wanted` of `span`.
    pub fn request(&mut self, peer: NodeId, peers: &mut Peers, span: UnitRange, wanted: Blocks, cx: &mut Context<'_>) {
        let Some(asked) = peers.find(peer) else { return };
        let (now, params) = (cx.now(), &cx.shared.params);
        // As in the original the whole span counts, not what is missing of it.
        let dataset = cx.world.datasets.get(self.dataset);
        let blocks = Blocks::Run(span.0, span.1).count(dataset);
        let timeout = asked.stats.timeout(now, blocks * dataset.block_size.get(), params);
        asked.in_flight += 1;
        let deadline = now + timeout;
        let request = Outstanding { peer, span, wanted: wanted.clone(), sent: now, deadline };
        let id = self.requests.add(request);
        self.requests.timer.set(deadline, Timer::Deadline(self.dataset), cx);
        cx.send(peer, Msg::Request(id, wanted));
    }

    /// A try for `span` was in vain; false when that was one too many, with which the
    /// download has failed. Only of the block that is read next are tries counted.
    pub fn count_retry(&mut self, span: UnitRange, cx: &Context<'_>) -> bool {
        let reading = cx.store().contiguous_of(cx.dataset(self.dataset));
        if reading < span.0 || span.1 <= reading {
            return true;
        }
        let (unit, tries) = &mut self.tries;
        *tries = if *unit == reading { *tries + 1 } else { 1 };
        *unit = reading;
        *tries < cx.shared.params.block_retries
    }
}

impl CodexV3 {
    /// A response came. What answers no outstanding request is thrown away.
    pub(super) fn on_response(&mut self, from: NodeId, id: RequestId, found: &Blocks, cx: &mut Context<'_>) {
        let Some(download) = stir(&mut self.downloads, id.dataset, cx) else { return };
        if let Some(request) = download.requests.take(id, from) {
            self.end_request(from);
            self.take_response(request, id.dataset, found, cx);
            self.wake_next(from, cx);
        }
    }

    /// A request to `id` is outstanding no longer.
    pub(super) fn end_request(&mut self, id: NodeId) {
        if let Some(peer) = self.peers.find(id) {
            peer.in_flight -= 1;
            peer.room.opened();
        }
    }

    /// What comes of the response `found` to `request`.
    fn take_response(&mut self, request: Outstanding, id: DatasetId, found: &Blocks, cx: &mut Context<'_>) {
        let (from, dataset) = (request.peer, cx.world.datasets.get(id));
        let Some(download) = self.downloads.get_mut(&id) else { return };
        let Some(peer) = self.peers.find(from) else { return };
        let blocks = found.count(dataset);
        if blocks == 0 {
            return download.scheduler.requeue_back(request.span);
        }
        let (now, params) = (cx.now(), &cx.shared.params);
        cx.keep(found.units());
        download.swarm.delivered(from, now);
        let bytes = blocks * dataset.block_size.get();
        peer.stats.record(now, now.since(request.sent), bytes, params);
        if *found == request.wanted {
            if let Some(batch) = download.scheduler.complete(request.span, cx.store()) {
                download.announcer.ahead(batch);
            }
            if cx.store().has_all(dataset) {
                self.end_download(id, cx);
            }
            return;
        }
        let missing = request.wanted.to_set().difference(&found.to_set());
        let spans: Vec<UnitRange> = missing.runs().collect();
        let member = download.swarm.find(from);
        let claimed = |span: &&UnitRange| member.as_ref().is_some_and(|m| m.availability.has_any(span.0, span.1));
        let tried: Vec<UnitRange> = spans.iter().filter(claimed).copied().collect();
        download.scheduler.requeue_front(spans.into_iter());
        if !tried.into_iter().all(|span| download.count_retry(span, cx)) {
            self.end_download(id, cx);
        }
    }

    /// Gives up on requests whose time is over; their answers, when they come,
    /// are thrown away.
    pub(super) fn on_deadline(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let Some(download) = stir(&mut self.downloads, dataset, cx) else { return };
        let now = cx.now();
        download.requests.timer.fired();
        for request in download.requests.take_all(|r| r.deadline <= now).into_iter().rev() {
            self.end_request(request.peer);
            self.wake_next(request.peer, cx);
            let Some(download) = self.downloads.get_mut(&dataset) else { return };
            download.swarm.timed_out(request.peer, &cx.shared.params);
            download.scheduler.requeue_front([request.span].into_iter());
            if !download.count_retry(request.span, cx) {
                return self.end_download(dataset, cx);
            }
        }
        if let Some(download) = self.downloads.get_mut(&dataset) {
            download.requests.arm(cx);
        }
    }

    /// What a lost peer owes a download is asked for again.
    pub(super) fn on_peer_lost(&mut self, dataset: DatasetId, peer: NodeId, cx: &mut Context<'_>) {
        let Some(download) = stir(&mut self.downloads, dataset, cx) else { return };
        download.swarm.remove(peer);
        for request in download.requests.take_all(|r| r.peer == peer).into_iter().rev() {
            download.scheduler.requeue_front([request.span].into_iter());
        }
        self.on_written(dataset, peer, cx);
    }
}
