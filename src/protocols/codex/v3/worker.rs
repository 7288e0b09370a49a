//! The loop of a download (`downloadWorker` in `engine/engine.nim`), of which each has its
//! own.
//!
//! The loop takes a batch, finds out whom to ask, asks, and sleeps 10 ms; when it
//! goes on `turns` tells.

use super::announcer::Announcer;
use super::joining::Joining;
use super::requests::Requests;
use super::room::Waiting;
use super::scheduler::Scheduler;
use super::swarm::{Availability, Choice, Member, Swarm};
use super::turns::{Sleep, stir};
use super::wire::{Blocks, Ranges};
use super::{AdvertisedKeys, Audience, CodexV3, Context, Msg, Peers};
use crate::protocol::Key;
use crate::protocols::parts::UnitRange;
use crate::units::Time;
use crate::world::{BlockSet, Dataset, DatasetId, Holdings, NodeId};
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

/// All downloads of a node.
pub(super) type Downloads = BTreeMap<DatasetId, Box<Download>>;

/// A download.
#[derive(Debug)]
pub(super) struct Download {
    pub dataset: DatasetId,
    pub scheduler: Scheduler,
    pub swarm: Swarm,
    pub requests: Requests,
    pub announcer: Announcer,
    /// The unit that is read next, and fruitless tries for it.
    pub tries: (u32, u32),
    /// Whom discovery has named and who was not asked yet, by look-up.
    pub joining: Vec<Joining>,
    pub stage: Stage,
    /// Questions and announcements to be written, each awaited.
    pub outbox: VecDeque<(NodeId, Msg)>,
    /// To whom one is being written, since when.
    pub writing: Option<(NodeId, Time)>,
    /// A timer limits the time of writing.
    pub limited: bool,
    pub sleep: Sleep,
    /// Somebody was asked about a batch in this turn.
    asked: bool,
    /// Turns in a row that found everybody at capacity, while nothing happened
    /// and nobody was asked.
    pub vain: usize,
    /// Where it waits for room.
    pub waiting: Waiting,
    /// Nobody else downloads anything here: whatever makes room happens to this download.
    pub alone: bool,
}

/// Where in its turn the loop is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stage {
    /// At the top.
    Window,
    /// The next window has been asked about.
    Announce,
    /// Something has been announced.
    Announced,
    /// A batch is to be taken.
    Take,
    /// This has been asked about.
    Asked(UnitRange),
    /// Those who never answered are to be asked about this.
    Requery(UnitRange),
    /// They have been.
    Requeried(UnitRange),
    /// A peer is to be chosen for this.
    Choose(UnitRange),
}

/// What comes after a stage.
pub(super) enum Then {
    /// Another one, as soon as the outbox is empty.
    Go(Stage),
    /// Another one, after a while.
    Pause(Time, Stage),
    /// A turn with this period, in vain before something happens or this moment.
    Rest(Time, Time),
    /// The download has failed.
    Fail,
}

impl CodexV3 {
    pub(super) fn begin_download(&mut self, id: DatasetId, cx: &mut Context<'_>) {
        let (now, params, dataset) = (cx.now(), &cx.shared.params, cx.world.datasets.get(id));
        let mut download = Box::new(Download {
            dataset: id,
            scheduler: Scheduler::new(dataset, params, cx.rng()),
            swarm: Swarm::default(),
            requests: Requests::new(id),
            announcer: Announcer::new(dataset.first, now, params, cx.rng()),
            tries: (0, 0),
            joining: Vec::new(),
            stage: Stage::Window,
            outbox: VecDeque::new(),
            writing: None,
            limited: false,
            sleep: Sleep::None,
            asked: false,
            vain: 0,
            waiting: Waiting::default(),
            alone: true,
        });
        if let Some(first) = self.downloads.keys().next().copied().filter(|_| self.downloads.len() == 1) {
            stir(&mut self.downloads, first, cx); // it rests nowhere, for it was alone
        }
        let mut connected = self.peers.ids().to_vec();
        if connected.len() > params.initial_fan_out as usize {
            cx.rng().shuffle(&mut connected);
            connected.truncate(params.initial_fan_out as usize);
        }
        if connected.is_empty() {
            download.search(&mut self.last_search, cx);
        } else {
            download.ask(&connected, download.scheduler.window(), cx);
        }
        self.downloads.insert(id, download);
        self.run(id, cx);
    }

    /// Everything is here, or the download has failed or is given up. Connections stay.
    pub(super) fn end_download(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let Some(mut download) = self.downloads.remove(&dataset) else { return };
        if let Sleep::Until(timer) | Sleep::Rest { timer: Some(timer), .. } = download.sleep {
            cx.cancel(timer);
        }
        download.forget_room(&mut self.peers);
        for id in download.requests.stop(cx) {
            self.end_request(id);
            self.wake_next(id, cx);
        }
        while let Some(id) = download.take_waker() {
            self.pass_on(id, cx);
        }
    }

    /// Lets `act` act on each download; it may end that one.
    pub(super) fn each_download(
        &mut self,
        cx: &mut Context<'_>,
        mut act: impl FnMut(&mut Self, DatasetId, &mut Context<'_>),
    ) {
        let mut next = self.downloads.keys().next().copied();
        while let Some(dataset) = next {
            act(self, dataset, cx);
            next = self.downloads.range((Bound::Excluded(dataset), Bound::Unbounded)).next().map(|(id, _)| *id);
        }
    }

    /// A peer says what it has of the dataset that `about` is a unit of. Downloads of other
    /// datasets learn nothing.
    pub(super) fn on_have(&mut self, from: NodeId, about: u32, ranges: &Ranges, cx: &mut Context<'_>) {
        let dataset = cx.world.datasets.of(about);
        if let Some(member) = self.holder(from, dataset, cx) {
            member.learn(ranges, cx.dataset(dataset).first, cx.now());
        }
    }

    /// A peer says that it has everything.
    pub(super) fn on_complete(&mut self, from: NodeId, about: u32, cx: &mut Context<'_>) {
        if let Some(member) = self.holder(from, cx.world.datasets.of(about), cx) {
            member.availability = Availability::Complete;
            member.last_seen = cx.now();
        }
    }

    /// A peer says that it has nothing of that: at least it is there.
    pub(super) fn on_dont_have(&mut self, from: NodeId, about: u32, cx: &mut Context<'_>) {
        if let Some(download) = stir(&mut self.downloads, cx.world.datasets.of(about), cx) {
            download.swarm.touch(from, cx.now());
        }
    }

    /// The member `from`, who becomes one if there is room.
    fn holder(&mut self, from: NodeId, dataset: DatasetId, cx: &mut Context<'_>) -> Option<&mut Member> {
        let download = stir(&mut self.downloads, dataset, cx)?;
        download.swarm.admit(from, cx.now(), &cx.shared.params);
        download.swarm.find(from)
    }
}

impl Download {
    /// Asks `peers` what they have of `span`, but for those that have everything.
    fn ask(&mut self, peers: &[NodeId], span: UnitRange, cx: &Context<'_>) {
        for id in peers {
            self.swarm.admit(*id, cx.now(), &cx.shared.params);
            if self.swarm.find(*id).is_none_or(|m| m.availability != Availability::Complete) {
                self.outbox.push_back((*id, Msg::WantHave(span.0, span.1)));
            }
        }
    }

    /// Searches for peers, unless the node did a moment ago, for whatever download that was.
    fn search(&self, last_search: &mut Option<Time>, cx: &mut Context<'_>) {
        let now = cx.now();
        if last_search.is_none_or(|last| last + cx.shared.params.discovery_interval < now) {
            *last_search = Some(now);
            cx.find(match cx.shared.params.advertised_keys {
                AdvertisedKeys::ManifestAndTree => Key::Dataset(self.dataset),
                AdvertisedKeys::Manifest => Key::Manifest(self.dataset),
            });
        }
    }

    /// What the present stage does.
    pub fn step(&mut self, peers: &mut Peers, last_search: &mut Option<Time>, cx: &mut Context<'_>) -> Then {
        let params = &cx.shared.params;
        match self.stage {
            Stage::Window => self.next_window(peers, cx),
            Stage::Announce => self.announce(cx),
            Stage::Announced => {
                self.announcer.said(&self.scheduler, cx.now(), params, cx.rng());
                Then::Go(Stage::Take)
            }
            Stage::Take => self.take(peers, last_search, cx),
            Stage::Asked(span) => Then::Pause(params.presence_wait, Stage::Requery(span)),
            Stage::Requery(span) => self.requery(span, cx),
            Stage::Requeried(span) => Then::Pause(params.presence_wait, Stage::Choose(span)),
            Stage::Choose(span) => self.choose(span, peers, *last_search, cx),
        }
    }

    fn next_window(&mut self, peers: &Peers, cx: &Context<'_>) -> Then {
        self.asked = false;
        if self.scheduler.needs_next_window() {
            self.announcer.leave(self.scheduler.window());
            self.scheduler.advance();
            self.ask(&self.audience(cx.shared.params.window_query, peers), self.scheduler.window(), cx);
        }
        Then::Go(Stage::Announce)
    }

    fn audience(&self, audience: Audience, peers: &Peers) -> Vec<NodeId> {
        match audience {
            Audience::Connected => peers.ids().to_vec(),
            Audience::Swarm => self.swarm.members.iter().map(|m| m.id).collect(),
        }
    }

    fn announce(&mut self, cx: &Context<'_>) -> Then {
        let params = &cx.shared.params;
        if !self.announcer.is_due(&self.scheduler, cx.dataset(self.dataset).group, cx.now(), params) {
            return Then::Go(Stage::Take);
        }
        let news = self.announcer.news(&self.scheduler, params);
        for member in self.swarm.members.iter().filter(|m| m.availability != Availability::Complete) {
            self.outbox.push_back((member.id, Msg::Announce(Ranges::clone(&news), params.presence_form)));
        }
        Then::Go(Stage::Announced)
    }

    /// Takes a batch and sees whether somebody has it.
    fn take(&mut self, peers: &Peers, last_search: &mut Option<Time>, cx: &mut Context<'_>) -> Then {
        let (now, params, swarm) = (cx.now(), &cx.shared.params, &self.swarm);
        let Some(span) = self.scheduler.take(cx.rng, |span| swarm.holders(span, now, params)) else {
            return Then::Rest(params.idle, self.announcer.next_due(&self.scheduler, params));
        };
        if cx.store().covers(span.0, span.1) {
            if let Some(batch) = self.scheduler.complete(span, cx.store()) {
                self.announcer.ahead(batch);
            }
            return Then::Go(Stage::Window);
        }
        if self.swarm.active(now, params) < params.swarm_target as usize {
            self.search(last_search, cx);
        }
        if self.swarm.has_source(span, now, params) {
            return Then::Go(Stage::Requery(span));
        }
        let audience = self.audience(params.batch_query, peers);
        if audience.is_empty() {
            return self.retry(span, params.retry_interval, cx);
        }
        self.asked = true;
        self.ask(&audience, span, cx);
        Then::Go(Stage::Asked(span))
    }

    fn requery(&mut self, span: UnitRange, cx: &Context<'_>) -> Then {
        let (now, params) = (cx.now(), &cx.shared.params);
        let silent: Vec<NodeId> = self.swarm.stale_unknown(now, params).collect();
        if silent.is_empty() {
            return Then::Go(Stage::Choose(span));
        }
        for id in silent {
            self.outbox.push_back((id, Msg::WantHave(span.0, span.1)));
            if params.asks_silent_once {
                self.swarm.touch(id, now);
            }
        }
        self.asked = true;
        Then::Go(Stage::Requeried(span))
    }

    fn choose(&mut self, span: UnitRange, peers: &mut Peers, searched: Option<Time>, cx: &mut Context<'_>) -> Then {
        let (now, params) = (cx.now(), &cx.shared.params);
        if self.vain == 0 {
            self.swarm.full.clear();
        }
        match self.swarm.choose(span, self.batch_bytes(cx), now, (&mut *peers, params, cx.rng())) {
            Choice::NoPeers => {
                let active = self.swarm.active(now, params) > 0;
                self.retry(span, if active { params.retry_interval } else { params.no_active_wait }, cx)
            }
            Choice::AtCapacity => {
                self.scheduler.requeue_back(span);
                self.vain = if self.asked { 0 } else { self.vain + 1 };
                if self.asked || self.vain < self.scheduler.requeued() {
                    return Then::Pause(params.tick, Stage::Window);
                }
                if !self.wait_for_room(peers, cx) {
                    self.vain = 0;
                    return Then::Pause(params.tick, Stage::Window);
                }
                Then::Rest(params.tick, self.next_change(peers, searched, cx))
            }
            Choice::Peer(peer) => {
                self.vain = 0;
                let wanted = missing(span, cx.store());
                self.request(peer, peers, span, wanted, cx);
                Then::Pause(params.tick, Stage::Window)
            }
        }
    }

    /// Nobody has `span`: the whole download waits.
    fn retry(&mut self, span: UnitRange, wait: Time, cx: &Context<'_>) -> Then {
        self.scheduler.requeue_back(span);
        self.vain = 0;
        if self.count_retry(span, cx) { Then::Pause(wait, Stage::Window) } else { Then::Fail }
    }

    /// Until when turns that find everybody at capacity go on to do so and have
    /// no other effect, if nothing happens.
    fn next_change(&mut self, peers: &mut Peers, searched: Option<Time>, cx: &Context<'_>) -> Time {
        let (now, params, batch) = (cx.now(), &cx.shared.params, self.batch_bytes(cx));
        let announcement = self.announcer.next_due(&self.scheduler, params);
        let mut next = announcement.min(self.swarm.next_stale(now, params));
        if self.swarm.active(now, params) < params.swarm_target as usize {
            next = next.min(searched.map_or(now, |last| last + params.discovery_interval));
        }
        for member in self.swarm.members.iter_mut().filter(|m| !m.is_stale(now, params)) {
            if let Some(peer) = member.among(peers) {
                next = next.min(peer.stats.next_review(now, batch, params));
            }
        }
        next
    }

    /// Bytes of a whole batch.
    fn batch_bytes(&self, cx: &Context<'_>) -> u64 {
        let dataset: &Dataset = cx.dataset(self.dataset);
        u64::from(self.scheduler.batch()) * u64::from(dataset.group) * dataset.block_size.get()
    }
}

/// What is not in `store` of `span`.
fn missing((start, end): UnitRange, store: &Holdings) -> Blocks {
    if !store.touches(start, end) {
        return Blocks::Run(start, end);
    }
    let span = BlockSet::range(start, end);
    Blocks::new(span.difference(&store.held_of(&span)))
}
