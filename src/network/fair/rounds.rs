//! Rounds of full links: windows grow with what is acknowledged, fill the buffer, and lose.
//!
//! The streams that one link holds back share it as their windows are: what each has in the
//! buffer is served in its turn. A round is the time in which the buffer and the way there and
//! back are passed once. At its end each window has grown by what was acknowledged, and the
//! buffer holds what of the windows is not on its way. Where that is more than it can, packets
//! have been dropped, as many as are too many: each is of a stream by its share, and a stream
//! that lost any backs off once.

use super::super::congestion::{Acked, Growth};
use super::super::window::{Window, WindowRule};
use super::super::{NetworkSpec, Transport};
use super::Fair;
use super::moments::Moments;
use crate::rng::{Purpose, Rng};
use crate::units::Time;
use crate::world::{Congestion, Node, World};

/// The least length of a round: over short ways several are one.
const LEAST_ROUND: Time = Time::from_millis(10);
/// Round trip of what has neither latency nor a buffer to wait in.
const LEAST_ROUND_TRIP: Time = Time::from_nanos(1_000);

/// The buffer before a link.
#[derive(Debug, Clone)]
struct Buffer {
    /// How long what comes now waits in it.
    delay: Time,
    /// Which streams lose.
    rng: Rng,
}

/// What `node` does, where its transport is `all` but for what is said of it.
fn sender(node: &Node, all: &Transport) -> (Congestion, Option<Time>) {
    let target = node.sender.delay_target.unwrap_or(all.delay_target);
    (node.sender.congestion.unwrap_or(all.congestion), Some(target).filter(|target| *target < Time::NEVER))
}

/// Windows that answer to queues and losses.
#[derive(Debug)]
pub(super) struct Rounds {
    /// By node: by what it decides how much it sends, and the queue that it aims at, where it
    /// looks at that.
    senders: Vec<(Congestion, Option<Time>)>,
    /// Bytes of a segment on the wire.
    segment: f64,
    /// Share of the segments that get lost elsewhere.
    loss: f64,
    /// Time in which a full buffer drains; of one before a downlink.
    room: Time,
    down_room: Time,
    /// How many nodes there are: the numbers of their downlinks come after those of uplinks.
    nodes: u32,
    /// By stream.
    growths: Vec<Growth>,
    /// By link: the end of its round.
    ends: Moments,
    buffers: Vec<Buffer>,
    /// The flows of one round; kept for its memory.
    held: Vec<u32>,
}

impl Rounds {
    /// Those of an idle network; none where streams share evenly.
    pub fn of(world: &World, spec: &NetworkSpec) -> Option<Self> {
        let Transport { congestion, segment_payload, segment_header, link_header, .. } = spec.transport;
        if congestion == Congestion::Even {
            return None;
        }
        let links = 2 * world.nodes.len() + world.latency.core_links().len();
        let rng = |link: usize| Rng::stream(world.seed, Purpose::Losses, link as u64);
        let mut ends = Moments::default();
        ends.reserve(links as u32);
        Some(Rounds {
            senders: world.nodes.iter().map(|node| sender(node, &spec.transport)).collect(),
            segment: segment_payload.get().saturating_add(segment_header.get() + link_header.get()) as f64,
            loss: spec.loss,
            room: spec.transport.queue,
            down_room: spec.transport.down_queue.unwrap_or(spec.transport.queue),
            nodes: world.nodes.len() as u32,
            growths: Vec::new(),
            ends,
            buffers: (0..links).map(|link| Buffer { delay: Time::ZERO, rng: rng(link) }).collect(),
            held: Vec::new(),
        })
    }

    /// A new stream of this number, over an uplink and a downlink.
    pub fn open(&mut self, stream: u32, links: [u32; 2], window: &Window, now: Time) {
        let round_trip = window.size().1 + self.waiting(links);
        let (at, new) = (stream as usize, Growth::new(self.senders[links[0] as usize].0, now, round_trip));
        if at >= self.growths.len() {
            self.growths.resize(at + 1, new);
        }
        self.growths[at] = new;
    }

    /// How long what begins now waits in the buffers of these links.
    pub fn waiting(&self, links: [u32; 2]) -> Time {
        links.into_iter().fold(Time::ZERO, |waiting, link| waiting + self.buffers[link as usize].delay)
    }

    /// What a stream over these links weighs: its window, for the time that it takes through
    /// the buffers. What has no window, a datagram, is a segment.
    fn weight(&self, window: &Window, links: [u32; 2]) -> f64 {
        let (size, rtt) = window.size();
        let size = if size.is_finite() { size } else { self.segment };
        size / (rtt + self.waiting(links)).max(LEAST_ROUND_TRIP).secs()
    }

    /// The window of `flow`, over an uplink and a downlink, has been used up to `now`, with this
    /// share of the one that is full.
    fn grow(&mut self, flow: u32, links: [u32; 2], share: f64, window: &mut Window, (now, rule): (Time, &WindowRule)) {
        let ((size, rtt), acked) = (window.size(), window.take_acked());
        if !size.is_finite() {
            return;
        }
        let waiting = self.waiting(links);
        let (_, target) = self.senders[links[0] as usize];
        let below_target = target.map(|target| 1.0 - waiting.secs() / target.secs());
        let round_trip = rtt + waiting;
        let told = Acked { now, bytes: acked, segment: self.segment, round_trip, share, below_target };
        let rng = &mut self.buffers[links[0] as usize].rng;
        window.resize(self.growths[flow as usize].grown(size, told, rng), rule);
        if self.loss > 0.0 {
            let spared = libm::pow(1.0 - self.loss, acked / self.segment);
            if rng.uniform() >= spared {
                self.back_off(flow, window, (now, round_trip), rule);
            }
        }
    }

    /// The stream lost packets in a round trip of this length that ends now.
    fn back_off(&mut self, flow: u32, window: &mut Window, (now, trip): (Time, Time), rule: &WindowRule) {
        let growth = &mut self.growths[flow as usize];
        window.resize(growth.after_loss(window.size().0, now, trip, self.segment), rule);
    }

    fn room(&self, link: u32) -> Time {
        if link >= self.nodes && link < 2 * self.nodes { self.down_room } else { self.room }
    }

    /// When the first round ends.
    pub fn next(&self) -> Time {
        self.ends.first().map_or(Time::NEVER, |(at, _)| at)
    }

    /// Whether `link` is full may have changed.
    pub fn note(&mut self, link: u32, is_full: bool, now: Time) {
        if !is_full {
            self.buffers[link as usize].delay = Time::ZERO;
            self.ends.set(link, Time::NEVER);
        } else if !self.ends.has(link) {
            self.ends.set(link, now + LEAST_ROUND);
        }
    }
}

impl Fair {
    pub(super) fn round_is_due(&self) -> bool {
        self.rounds.as_ref().is_some_and(|rounds| rounds.next() <= self.now)
    }

    /// What `flow` weighs: its window, for the time that it takes through the buffers.
    pub(super) fn weight(&self, flow: u32) -> f64 {
        match &self.rounds {
            Some(rounds) => rounds.weight(&self.heads[flow as usize].window, self.levels.links(flow)),
            None => 1.0,
        }
    }

    /// The window of `flow` is what holds it back, and its time to grow has come.
    pub(super) fn grow(&mut self, flow: u32) {
        if let Some(rounds) = &mut self.rounds {
            let links = self.levels.links(flow);
            rounds.grow(flow, links, 1.0, &mut self.heads[flow as usize].window, (self.now, &self.rule));
        }
    }

    /// `flow` has nothing more to send: what it sent last still counts, if that was much of its
    /// window (RFC 7661).
    pub(super) fn grow_at_rest(&mut self, flow: u32) {
        if self.heads[flow as usize].window.is_used() {
            self.grow(flow);
        }
    }

    /// Ends the first round.
    pub(super) fn round(&mut self) {
        let Some(mut rounds) = self.rounds.take() else { return };
        if let Some((_, link)) = rounds.ends.first() {
            self.end_round(&mut rounds, link);
        }
        self.rounds = Some(rounds);
    }

    fn end_round(&mut self, rounds: &mut Rounds, link: u32) {
        let mut held = std::mem::take(&mut rounds.held);
        held.clear();
        held.extend(self.levels.held_by(link));
        let capacity = self.levels.capacities()[link as usize];
        let (mut windows, mut on_the_way, mut shortest) = (0.0, 0.0, Time::NEVER);
        for flow in &held {
            let head = &mut self.heads[*flow as usize];
            head.settle(self.now);
            let share = head.rate / capacity;
            rounds.grow(*flow, self.levels.links(*flow), share, &mut head.window, (self.now, &self.rule));
            let (size, rtt) = head.window.size();
            windows += if size.is_finite() { size } else { 0.0 };
            on_the_way += head.rate * rtt.secs();
            shortest = shortest.min(rtt);
        }
        let room = capacity * rounds.room(link).secs();
        let too_much = windows - on_the_way - room;
        if too_much > 0.0 {
            windows -= self.lose(rounds, link, &held, (windows, too_much));
        }
        let queue = (windows - on_the_way).clamp(0.0, room);
        rounds.buffers[link as usize].delay = Time::from_secs_f64(queue / capacity);
        let round = rounds.buffers[link as usize].delay + if held.is_empty() { Time::ZERO } else { shortest };
        rounds.ends.set(link, self.now + round.max(LEAST_ROUND));
        for flow in &held {
            self.reweigh(rounds, *flow);
        }
        rounds.held = held;
    }

    /// Packets of `held` were dropped at `link`, as many bytes as are `too_much` of their
    /// `windows`; how much smaller these are then.
    fn lose(&mut self, rounds: &mut Rounds, link: u32, held: &[u32], (windows, too_much): (f64, f64)) -> f64 {
        let others = (too_much / rounds.segment).ceil() - 1.0;
        let Buffer { delay, rng } = &mut rounds.buffers[link as usize];
        let waiting = *delay;
        // The first packet is of the stream whose byte is drawn, and each other of any.
        let mut first = rng.uniform() * windows;
        let draws: Vec<f64> = held.iter().map(|_| rng.uniform()).collect();
        let mut fewer = 0.0;
        for (flow, draw) in held.iter().zip(draws) {
            let window = &mut self.heads[*flow as usize].window;
            let (size, rtt) = window.size();
            if !size.is_finite() {
                continue;
            }
            let is_first = (0.0..size).contains(&first);
            first -= size;
            if is_first || draw >= libm::pow(1.0 - size / windows, others) {
                rounds.back_off(*flow, window, (self.now, rtt + waiting), &self.rule);
                fewer += size - window.size().0;
            }
        }
        fewer
    }

    fn reweigh(&mut self, rounds: &Rounds, flow: u32) {
        let head = &self.heads[flow as usize];
        let (limit, rate) = (head.window.limit(), head.rate);
        let weight = rounds.weight(&head.window, self.levels.links(flow));
        let is_new = limit != self.levels.limit(flow) || weight != self.levels.weight(flow);
        if is_new && self.levels.set(flow, limit, weight, rate) {
            self.moments.set(flow, Time::NEVER); // until its rate is known
            self.untimed.push(flow);
            return;
        }
        // What it was to do at its next moment may have been to grow, which it has done.
        if self.moments.has(flow) {
            let head = &mut self.heads[flow as usize];
            head.window.note_rate(self.now, rate, &self.rule);
            self.moments.set(flow, head.next().0);
        }
    }
}
