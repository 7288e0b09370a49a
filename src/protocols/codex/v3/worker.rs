//! The loop of a download (`downloadWorker` in `engine/engine.nim`).
//!
//! The loop takes a batch, finds out whom to ask, asks, and sleeps 10 ms. While
//! nothing can be asked for it turns every 10 or 100 ms in vain; those turns are
//! left out here and made up for when something happens that could matter, so
//! that the next turn comes when and finds what it would have in the original.
//! It awaits the writing of every question and announcement.

use super::announcer::Announcer;
use super::joining::Joining;
use super::requests::Requests;
use super::scheduler::{Scheduler, Span};
use super::swarm::{Availability, Choice, Swarm};
use super::wire::{Blocks, Ranges};
use super::{AdvertisedKeys, Audience, CodexV3, Context, Msg, Timer, Token};
use crate::engine::TimerId;
use crate::protocol::Key;
use crate::units::Time;
use crate::world::{BlockSet, Holdings, NodeId};
use std::collections::VecDeque;

/// A download.
#[derive(Debug)]
pub(super) struct Download {
    pub scheduler: Scheduler,
    pub swarm: Swarm,
    pub requests: Requests,
    pub announcer: Announcer,
    /// The unit that is read next, and fruitless tries for it.
    pub tries: (u32, u32),
    last_search: Option<Time>,
    /// Whom discovery has named and who was not asked yet, by look-up.
    pub joining: Vec<Joining>,
    stage: Stage,
    /// Questions and announcements to be written, each awaited.
    outbox: VecDeque<(NodeId, Msg)>,
    /// To whom one is being written, since when.
    writing: Option<(NodeId, Time)>,
    /// A timer limits the time of writing.
    limited: bool,
    sleep: Sleep,
    /// Somebody was asked about a batch in this turn.
    asked: bool,
    /// Turns in a row that found everybody at capacity, while nothing happened
    /// and nobody was asked.
    vain: usize,
}

/// Where in its turn the loop is.
#[derive(Debug, Clone, Copy)]
enum Stage {
    /// At the top.
    Window,
    /// The next window has been asked about.
    Announce,
    /// Something has been announced.
    Announced,
    /// A batch is to be taken.
    Take,
    /// This has been asked about.
    Asked(Span),
    /// Those who never answered are to be asked about this.
    Requery(Span),
    /// They have been.
    Requeried(Span),
    /// A peer is to be chosen for this.
    Choose(Span),
}

/// What comes after a stage.
enum Then {
    /// Another one, as soon as the outbox is empty.
    Go(Stage),
    /// Another one, after a while.
    Pause(Time, Stage),
    /// A turn with this period, in vain before something happens or this moment.
    Rest(Time, Time),
}

/// When the loop goes on.
#[derive(Debug)]
enum Sleep {
    /// It is awake, or awaits a write.
    None,
    /// When the timer fires.
    Until(TimerId),
    /// Turns are left out: the next would come at `due`, the others each
    /// `period` later; the timer, if any, fires at one of them.
    Rest { due: Time, period: Time, timer: Option<TimerId> },
}

impl CodexV3 {
    pub(super) fn begin_download(&mut self, cx: &mut Context<'_>) {
        let (now, params) = (cx.now(), &cx.shared.params);
        let scheduler = Scheduler::new(&cx.world.dataset, params, cx.rng());
        let window = scheduler.window();
        self.download = Some(Box::new(Download {
            scheduler,
            swarm: Swarm::default(),
            requests: Requests::default(),
            announcer: Announcer::new(now, params, cx.rng()),
            tries: (0, 0),
            last_search: None,
            joining: Vec::new(),
            stage: Stage::Window,
            outbox: VecDeque::new(),
            writing: None,
            limited: false,
            sleep: Sleep::None,
            asked: false,
            vain: 0,
        }));
        let mut connected = self.peers.ids().to_vec();
        if connected.len() > params.initial_fan_out as usize {
            cx.rng().shuffle(&mut connected);
            connected.truncate(params.initial_fan_out as usize);
        }
        if connected.is_empty() {
            self.search(cx);
        } else {
            self.ask(&connected, window, cx);
        }
        self.run(cx);
    }

    /// Everything is here, or the download has failed.
    pub(super) fn end_download(&mut self, cx: &mut Context<'_>) {
        let Some(mut download) = self.download.take() else { return };
        if let Sleep::Until(timer) | Sleep::Rest { timer: Some(timer), .. } = download.sleep {
            cx.cancel(timer);
        }
        for id in download.requests.stop(cx) {
            if let Some(peer) = self.peers.find(id) {
                peer.in_flight -= 1;
            }
        }
    }

    /// Asks `peers` what they have of `span`, but for those that have everything.
    fn ask(&mut self, peers: &[NodeId], span: Span, cx: &mut Context<'_>) {
        let Some(download) = &mut self.download else { return };
        for id in peers {
            download.swarm.admit(*id, cx.now(), &cx.shared.params);
            if download.swarm.find(*id).is_none_or(|m| m.availability != Availability::Complete) {
                download.outbox.push_back((*id, Msg::WantHave(span.0, span.1)));
            }
        }
    }

    /// Searches for peers, unless it did a moment ago.
    fn search(&mut self, cx: &mut Context<'_>) {
        let Some(download) = &mut self.download else { return };
        let now = cx.now();
        if download.last_search.is_none_or(|last| last + cx.shared.params.discovery_interval < now) {
            download.last_search = Some(now);
            cx.find(match cx.shared.params.advertised_keys {
                AdvertisedKeys::ManifestAndTree => Key::Dataset,
                AdvertisedKeys::Manifest => Key::Manifest,
            });
        }
    }

    /// Goes on until it has to wait.
    fn run(&mut self, cx: &mut Context<'_>) {
        loop {
            let Some(download) = &mut self.download else { return };
            if let Some((to, message)) = download.outbox.pop_front() {
                if self.peers.find(to).is_some() {
                    return self.write(to, message, cx);
                }
                continue;
            }
            match self.step(cx) {
                Then::Go(stage) => self.at(stage),
                Then::Pause(time, stage) => {
                    self.at(stage);
                    return self.pause(time, cx);
                }
                Then::Rest(period, until) => {
                    self.at(Stage::Window);
                    return self.rest(period, until, cx);
                }
            }
        }
    }

    fn at(&mut self, stage: Stage) {
        if let Some(download) = &mut self.download {
            download.stage = stage;
        }
    }

    fn step(&mut self, cx: &mut Context<'_>) -> Then {
        let Some(download) = &mut self.download else { return Then::Rest(Time::NEVER, Time::NEVER) };
        let params = &cx.shared.params;
        match download.stage {
            Stage::Window => self.next_window(cx),
            Stage::Announce => self.announce(cx),
            Stage::Announced => {
                download.announcer.said(&download.scheduler, cx.now(), params, cx.rng());
                Then::Go(Stage::Take)
            }
            Stage::Take => self.take(cx),
            Stage::Asked(span) => Then::Pause(params.presence_wait, Stage::Requery(span)),
            Stage::Requery(span) => self.requery(span, cx),
            Stage::Requeried(span) => Then::Pause(params.presence_wait, Stage::Choose(span)),
            Stage::Choose(span) => self.choose(span, cx),
        }
    }

    fn next_window(&mut self, cx: &mut Context<'_>) -> Then {
        let Some(download) = &mut self.download else { return Then::Go(Stage::Take) };
        download.asked = false;
        if download.scheduler.needs_next_window() {
            download.announcer.leave(download.scheduler.window());
            download.scheduler.advance();
            let window = download.scheduler.window();
            let audience = self.audience(cx.shared.params.window_query);
            self.ask(&audience, window, cx);
        }
        Then::Go(Stage::Announce)
    }

    fn audience(&self, audience: Audience) -> Vec<NodeId> {
        match audience {
            Audience::Connected => self.peers.ids().to_vec(),
            Audience::Swarm => self.download.iter().flat_map(|d| &d.swarm.members).map(|m| m.id).collect(),
        }
    }

    fn announce(&mut self, cx: &mut Context<'_>) -> Then {
        let Some(download) = &mut self.download else { return Then::Go(Stage::Take) };
        let params = &cx.shared.params;
        if !download.announcer.is_due(&download.scheduler, cx.world.dataset.group, cx.now(), params) {
            return Then::Go(Stage::Take);
        }
        let news = download.announcer.news(&download.scheduler, params);
        for member in &download.swarm.members {
            if member.availability != Availability::Complete {
                download.outbox.push_back((member.id, Msg::Announce(Ranges::clone(&news), params.presence_form)));
            }
        }
        Then::Go(Stage::Announced)
    }

    /// Takes a batch and sees whether somebody has it.
    fn take(&mut self, cx: &mut Context<'_>) -> Then {
        let Some(download) = &mut self.download else { return Then::Go(Stage::Take) };
        let (now, params) = (cx.now(), &cx.shared.params);
        let swarm = &download.swarm;
        let Some(span) = download.scheduler.take(cx.rng, |span| swarm.holders(span, now, params)) else {
            return Then::Rest(params.idle, download.announcer.next_due(&download.scheduler, params));
        };
        if cx.store().covers(span.0, span.1) {
            if let Some(batch) = download.scheduler.complete(span, cx.store()) {
                download.announcer.ahead(batch);
            }
            return Then::Go(Stage::Window);
        }
        if download.swarm.active(now, params) < params.swarm_target as usize {
            self.search(cx);
        }
        let Some(download) = &mut self.download else { return Then::Go(Stage::Take) };
        if download.swarm.has_source(span, now, params) {
            return Then::Go(Stage::Requery(span));
        }
        let audience = self.audience(params.batch_query);
        if audience.is_empty() {
            return self.retry(span, params.retry_interval, cx);
        }
        if let Some(download) = &mut self.download {
            download.asked = true;
        }
        self.ask(&audience, span, cx);
        Then::Go(Stage::Asked(span))
    }

    fn requery(&mut self, span: Span, cx: &mut Context<'_>) -> Then {
        let Some(download) = &mut self.download else { return Then::Go(Stage::Take) };
        let (now, params) = (cx.now(), &cx.shared.params);
        let silent: Vec<NodeId> = download.swarm.stale_unknown(now, params).collect();
        if silent.is_empty() {
            return Then::Go(Stage::Choose(span));
        }
        for id in silent {
            download.outbox.push_back((id, Msg::WantHave(span.0, span.1)));
            if params.asks_silent_once {
                download.swarm.touch(id, now);
            }
        }
        download.asked = true;
        Then::Go(Stage::Requeried(span))
    }

    fn choose(&mut self, span: Span, cx: &mut Context<'_>) -> Then {
        let Some(download) = &mut self.download else { return Then::Go(Stage::Take) };
        let (now, params) = (cx.now(), &cx.shared.params);
        let batch = batch_bytes(download, cx);
        match download.swarm.choose(span, batch, now, (&mut self.peers, params, cx.rng())) {
            Choice::NoPeers => {
                let active = download.swarm.active(now, params) > 0;
                self.retry(span, if active { params.retry_interval } else { params.no_active_wait }, cx)
            }
            Choice::AtCapacity => {
                download.scheduler.requeue_back(span);
                download.vain = if download.asked { 0 } else { download.vain + 1 };
                if download.asked || download.vain < download.scheduler.requeued() {
                    return Then::Pause(params.tick, Stage::Window);
                }
                Then::Rest(params.tick, self.next_change(cx))
            }
            Choice::Peer(peer) => {
                download.vain = 0;
                let wanted = missing(span, cx.store());
                self.request(peer, span, wanted, cx);
                Then::Pause(params.tick, Stage::Window)
            }
        }
    }

    /// Nobody has `span`: the whole download waits.
    fn retry(&mut self, span: Span, wait: Time, cx: &mut Context<'_>) -> Then {
        if let Some(download) = &mut self.download {
            download.scheduler.requeue_back(span);
            download.vain = 0;
        }
        self.count_retry(span, cx);
        Then::Pause(wait, Stage::Window)
    }

    /// Until when turns that find everybody at capacity go on to do so and have
    /// no other effect, if nothing happens.
    fn next_change(&mut self, cx: &mut Context<'_>) -> Time {
        let Some(download) = &mut self.download else { return Time::NEVER };
        let (now, params) = (cx.now(), &cx.shared.params);
        let batch = batch_bytes(download, cx);
        let announcement = download.announcer.next_due(&download.scheduler, params);
        let mut next = announcement.min(download.swarm.next_stale(now, params));
        if download.swarm.active(now, params) < params.swarm_target as usize {
            next = next.min(download.last_search.map_or(now, |last| last + params.discovery_interval));
        }
        for member in download.swarm.members.iter().filter(|m| !m.is_stale(now, params)) {
            if let Some(peer) = self.peers.find(member.id) {
                next = next.min(peer.stats.next_review(now, batch, params));
            }
        }
        next
    }

    fn write(&mut self, to: NodeId, message: Msg, cx: &mut Context<'_>) {
        let Some(download) = &mut self.download else { return };
        download.writing = Some((to, cx.now()));
        cx.send_tracked(to, message, Token::Loop as u32);
        if !download.limited {
            download.limited = true;
            cx.after(cx.shared.params.send_timeout, Timer::Written);
        }
    }

    /// A message to `to` has been written, or never will be.
    pub(super) fn on_written(&mut self, to: NodeId, cx: &mut Context<'_>) {
        let Some(download) = &mut self.download else { return };
        if download.writing.is_some_and(|(peer, _)| peer == to) {
            download.writing = None;
            self.run(cx);
        }
    }

    /// Waits no longer for a write that takes too long.
    pub(super) fn on_write_limit(&mut self, cx: &mut Context<'_>) {
        let Some(download) = &mut self.download else { return };
        download.limited = false;
        let Some((_, since)) = download.writing else { return };
        let end = since + cx.shared.params.send_timeout;
        if end <= cx.now() {
            download.writing = None;
            self.run(cx);
        } else {
            download.limited = true;
            cx.after(end.since(cx.now()), Timer::Written);
        }
    }

    fn pause(&mut self, time: Time, cx: &mut Context<'_>) {
        if let Some(download) = &mut self.download {
            download.sleep = Sleep::Until(cx.after(time, Timer::Turn));
        }
    }

    /// Leaves out the turns, one every `period`, that come before `until`.
    fn rest(&mut self, period: Time, until: Time, cx: &mut Context<'_>) {
        if cx.shared.params.literal {
            return self.pause(period, cx);
        }
        let Some(download) = &mut self.download else { return };
        let due = cx.now() + period;
        let timer = (until != Time::NEVER).then(|| {
            let turns = until.since(due).nanos().div_ceil(period.nanos());
            cx.after(period + period * turns, Timer::Turn)
        });
        download.sleep = Sleep::Rest { due, period, timer };
    }

    /// The loop goes on; the turns that were left out have been in vain.
    pub(super) fn on_turn(&mut self, cx: &mut Context<'_>) {
        let Some(download) = &mut self.download else { return };
        if let Sleep::Rest { due, period, .. } = download.sleep {
            download.scheduler.rotate(cx.now().since(due).nanos() / period.nanos());
        }
        download.sleep = Sleep::None;
        self.run(cx);
    }

    /// To be called before anything happens that a turn could take notice of:
    /// what was left out until now is made up for, and the next turn is made.
    pub(super) fn stir(&mut self, cx: &mut Context<'_>) {
        let Some(download) = &mut self.download else { return };
        download.vain = 0;
        let Sleep::Rest { due, period, timer } = download.sleep else { return };
        if let Some(timer) = timer {
            cx.cancel(timer);
        }
        let missed = cx.now().since(due).nanos().div_ceil(period.nanos());
        download.scheduler.rotate(missed);
        let next = due + period * missed;
        download.sleep = Sleep::Until(cx.after(next.since(cx.now()), Timer::Turn));
    }

    /// A peer says what it has.
    pub(super) fn on_have(&mut self, from: NodeId, ranges: &Ranges, cx: &mut Context<'_>) {
        self.stir(cx);
        if let Some(member) = self.holder(from, cx) {
            member.learn(ranges, cx.now());
        }
    }

    /// A peer says that it has everything.
    pub(super) fn on_complete(&mut self, from: NodeId, cx: &mut Context<'_>) {
        self.stir(cx);
        if let Some(member) = self.holder(from, cx) {
            member.availability = Availability::Complete;
            member.last_seen = cx.now();
        }
    }

    /// A peer says that it has nothing of that: at least it is there.
    pub(super) fn on_dont_have(&mut self, from: NodeId, cx: &mut Context<'_>) {
        self.stir(cx);
        let Some(download) = &mut self.download else { return };
        if let Some(member) = download.swarm.find(from) {
            member.last_seen = cx.now();
        }
    }

    /// The member `from`, who becomes one if there is room.
    fn holder(&mut self, from: NodeId, cx: &mut Context<'_>) -> Option<&mut super::swarm::Member> {
        let download = self.download.as_mut()?;
        download.swarm.admit(from, cx.now(), &cx.shared.params);
        download.swarm.find(from)
    }
}

/// What is not in `store` of `span`.
fn missing((start, end): Span, store: &Holdings) -> Blocks {
    if !store.touches(start, end) {
        return Blocks::Run(start, end);
    }
    let span = BlockSet::range(start, end);
    Blocks::new(span.difference(&store.held_of(&span)))
}

/// Bytes of a whole batch.
fn batch_bytes(download: &Download, cx: &Context<'_>) -> u64 {
    let dataset = &cx.world.dataset;
    u64::from(download.scheduler.batch()) * u64::from(dataset.group) * dataset.block_size.get()
}
