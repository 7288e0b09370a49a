//! The heads of all busy streams share the links max-min fairly.
//!
//! A fluid: a head leaves at a rate that passes the uplink of the sender, the core
//! links on its way and the downlink of the receiver at once and changes only when a stream becomes
//! busy or idle or its window changes. When a message ends and the next of its
//! stream begins, no rate changes.

mod afresh;
mod bulk;
mod levels;
mod load;
mod members;
mod moments;
mod rounds;

use super::bucket::Buckets;
use super::flights::{Flights, Route};
use super::streams::Streams;
use super::window::{HeadPace, HeadStep, Window, WindowRule};
use super::{Carried, Fate, HeadFlight, NetEvent, NetworkSpec, WireFlight};
use crate::units::{Bytes, Time};
use crate::world::{Channel, Hop, NodeId, World};
use levels::Levels;
use load::Loads;
use moments::Moments;
use rounds::Rounds;

pub use bulk::Bulk;

/// Max-min fair sharing, exact and incremental. A flow is a busy stream and
/// bears its number.
#[derive(Debug)]
pub struct Fair {
    streams: Streams,
    flights: Flights,
    rule: WindowRule,
    /// Time to drain the buffer before a full uplink.
    queue: Time,
    /// What a host takes of what is written to one stream.
    buffer: Bytes,
    buckets: Buckets,
    heads: Vec<HeadPace>,
    /// By stream: what becomes of it, when it carries a datagram.
    datagrams: Vec<Option<Fate>>,
    levels: Levels,
    moments: Moments,
    /// How windows answer to queues and losses, where they do.
    rounds: Option<Box<Rounds>>,
    /// Messages that are no flows, where there are any.
    loads: Option<Box<Loads>>,
    /// Flows to be timed whether or not the levels of their links change.
    untimed: Vec<u32>,
    changed_links: Vec<(u32, f64)>,
    /// By core link: the bytes of messages that have left in full, or will go no further.
    core: Vec<Bytes>,
    /// The core links on one route; kept for its memory.
    route: Vec<Hop>,
    now: Time,
}

impl Fair {
    pub(super) fn new(world: &World, spec: &NetworkSpec) -> Self {
        let levels = Levels::new(world);
        let loads = Loads::of(spec.transport.small, levels.capacities());
        Fair {
            streams: Streams::new(world),
            flights: Flights::new(world, spec),
            rule: WindowRule::new(spec),
            queue: spec.transport.waiting(),
            buffer: spec.transport.send_buffer,
            buckets: Buckets::new(world, spec.transport.burst),
            heads: Vec::new(),
            datagrams: Vec::new(),
            levels,
            moments: Moments::default(),
            rounds: Rounds::of(world, spec).map(Box::new),
            loads: loads.map(Box::new),
            untimed: Vec::new(),
            changed_links: Vec::new(),
            core: vec![Bytes(0); world.latency.core_links().len()],
            route: Vec::new(),
            now: Time::ZERO,
        }
    }

    pub(super) fn open(&mut self, a: NodeId, b: NodeId, channel: Channel) {
        for stream in self.streams.open(a, b, channel).into_iter().flatten() {
            let window = Window::new(&self.rule, self.streams.rtt(stream));
            self.put_head(stream, window, None);
        }
    }

    fn put_head(&mut self, stream: u32, window: Window, datagram: Option<Fate>) {
        let (at, head) = (stream as usize, HeadPace::new(window));
        if at < self.heads.len() {
            (self.heads[at], self.datagrams[at]) = (head, datagram);
        } else {
            self.heads.push(head);
            self.datagrams.push(datagram);
        }
        self.streams.hops(stream, &mut self.route);
        let (from, to) = (self.streams[stream].from, self.streams[stream].to);
        self.levels.open(stream, from.0, to.0, &self.route);
        self.moments.reserve(stream);
        if let Some(rounds) = &mut self.rounds {
            rounds.open(stream, self.levels.links(stream), &self.heads[at].window, self.now);
        }
    }

    pub(super) fn close(&mut self, now: Time, (a, b): (NodeId, NodeId), channel: Channel, out: &mut Vec<NetEvent>) {
        self.catch_up(now);
        for flow in self.streams.close(a, b, channel).into_iter().flatten() {
            self.lose_all(flow, now, out);
        }
    }

    /// Everything on the stream of `flow` is lost.
    fn lose_all(&mut self, flow: u32, now: Time, out: &mut Vec<NetEvent>) {
        let stream = &mut self.streams[flow];
        let Some(head) = stream.pop() else { return };
        let carried = self.heads[flow as usize].whole_bytes_sent(head, now);
        self.flights.book_up(stream.from, carried);
        self.levels.core_path(flow).for_each(|link| self.core[link as usize].0 += carried.get());
        out.push(NetEvent::Lost { id: head.id, carried });
        stream.truncate(0, out);
        self.stop(flow);
    }

    pub(super) fn keep_first(
        &mut self,
        now: Time,
        (from, to): (NodeId, NodeId),
        channel: Channel,
        most: Bytes,
        out: &mut Vec<NetEvent>,
    ) {
        self.catch_up(now);
        let Some(flow) = self.streams.find(from, to, channel) else { return };
        let stream = &mut self.streams[flow];
        let Some(head) = stream.queue.front() else { return };
        let sent = self.heads[flow as usize].whole_bytes_sent(*head, now);
        match stream.fitting(sent, most) {
            0 => self.lose_all(flow, now, out),
            count => stream.truncate(count, out),
        }
    }

    pub(super) fn send(
        &mut self,
        now: Time,
        (from, to): (NodeId, NodeId),
        channel: Channel,
        flight: WireFlight,
        out: &mut Vec<NetEvent>,
    ) {
        let Some(flow) = self.streams.find(from, to, channel) else {
            return out.push(NetEvent::Lost { id: flight.id, carried: Bytes(0) });
        };
        self.push(now, flow, flight, out);
    }

    /// A flow of its own, without a window.
    pub(super) fn datagram(
        &mut self,
        now: Time,
        (from, to): (NodeId, NodeId),
        flight: WireFlight,
        fate: Fate,
        out: &mut Vec<NetEvent>,
    ) {
        let flow = self.streams.lone(from, to);
        self.put_head(flow, Window::none(), Some(fate));
        self.push(now, flow, flight, out);
    }

    fn push(&mut self, now: Time, flow: u32, flight: WireFlight, out: &mut Vec<NetEvent>) {
        let stream = &mut self.streams[flow];
        let from = stream.from;
        stream.queue.push_back(flight);
        if stream.queue.len() > 1 {
            return stream.write(self.buffer, false, out);
        }
        self.catch_up(now);
        let full = self.levels.is_full(from.0);
        let queued = match &self.rounds {
            Some(rounds) => rounds.waiting(self.levels.links(flow)),
            None if full => self.queue,
            None => Time::ZERO,
        };
        self.heads[flow as usize].window.wake(now, &self.rule);
        if let Some(left) = self.ride(flow, flight) {
            return self.launch_load(flow, left + queued, out);
        }
        let head = &mut self.heads[flow as usize];
        head.queued = queued;
        let (limit, weight) = (head.window.limit(), self.weight(flow));
        self.buckets.enter(self.levels.links(flow), now);
        self.begin(flow, flight, out);
        self.levels.add(flow, limit, weight);
        self.untimed.push(flow);
    }

    /// The only message of `flow`, a load, has left at `at`.
    fn launch_load(&mut self, flow: u32, at: Time, out: &mut Vec<NetEvent>) {
        let stream = &mut self.streams[flow];
        let Some(flight) = stream.pop() else { return };
        if flight.tracked {
            out.push(NetEvent::Started(flight.id));
        }
        let at = stream.in_order(at + stream.delay + self.flights.jitter(stream.from));
        self.send_off(flow, flight, at);
    }

    /// All of `flight` has left on the stream of `flow`, and arrives at `at`.
    fn send_off(&mut self, flow: u32, flight: WireFlight, at: Time) {
        let stream = &self.streams[flow];
        self.flights.book_up(stream.from, flight.wire);
        self.levels.core_path(flow).for_each(|link| self.core[link as usize].0 += flight.wire.get());
        match self.datagrams[flow as usize] {
            Some(fate) => {
                self.flights.launch(at, fate.route(stream.to), flight);
                self.streams.release(flow);
            }
            None => self.flights.launch(at, Route::Stream(flow, stream.generation), flight),
        }
    }

    /// Changes of one moment are solved together, by the next `advance`; a
    /// caller that moved on without it finds them solved here.
    fn catch_up(&mut self, now: Time) {
        if now > self.now && self.is_stale() {
            self.retime();
        }
        self.now = now;
    }

    fn is_stale(&self) -> bool {
        self.levels.is_stale() || !self.untimed.is_empty()
    }

    /// The first byte of `flight`, the head of `flow`, leaves.
    fn begin(&mut self, flow: u32, flight: WireFlight, out: &mut Vec<NetEvent>) {
        let head = &mut self.heads[flow as usize];
        head.begin(self.now, flight.wire.get() as f64);
        // What a shaper lets pass at once would still have to queue at a core link.
        let at_once = if self.levels.core_path(flow).next().is_some() { 0.0 } else { head.unpaced() };
        head.leave_at_once(self.buckets.take(self.levels.links(flow), at_once));
        self.streams[flow].write(self.buffer, true, out);
    }

    /// The stream of `flow` has nothing more to send.
    fn stop(&mut self, flow: u32) {
        self.grow_at_rest(flow);
        let head = &mut self.heads[flow as usize];
        head.window.sleep(self.now);
        head.rate = 0.0;
        head.left = 0.0;
        self.buckets.leave(self.levels.links(flow), self.now);
        self.levels.remove(flow);
        self.moments.set(flow, Time::NEVER);
    }

    pub(super) fn next_event(&self) -> Option<Time> {
        if self.is_stale() {
            return Some(self.now);
        }
        let flows = self.moments.first().map_or(Time::NEVER, |m| m.0);
        let rounds = self.rounds.as_ref().map_or(Time::NEVER, |rounds| rounds.next());
        let loads = self.loads.as_ref().map_or(Time::NEVER, |loads| loads.next());
        Some(flows.min(self.flights.next()).min(rounds).min(loads)).filter(|t| *t != Time::NEVER)
    }

    /// At one time arrivals come first, in the order in which they were
    /// scheduled, then what happens to flows, by number of the stream, then rounds of
    /// full links and reviews of loads; then rates are brought up to date, and whatever that makes due follows.
    pub(super) fn advance(&mut self, now: Time, out: &mut Vec<NetEvent>) {
        self.catch_up(now);
        loop {
            self.flights.deliver(now, &self.streams, out);
            match self.moments.first() {
                Some((at, flow)) if at <= now => self.step(flow, out),
                _ if self.round_is_due() => self.round(),
                _ if self.review_is_due() => self.review(),
                _ if self.is_stale() => self.retime(),
                _ => return,
            }
        }
    }

    /// Does what is due for `flow`.
    fn step(&mut self, flow: u32, out: &mut Vec<NetEvent>) {
        let head = &mut self.heads[flow as usize];
        let (at, step) = head.next();
        debug_assert!(at <= self.now, "a message ends before its last byte has left");
        head.take(self.now, step, &self.rule);
        if step == HeadStep::Grow {
            self.grow(flow);
        }
        if step == HeadStep::End && !self.end_message(flow, out) {
            return;
        }
        let head = &self.heads[flow as usize];
        let limit = head.window.limit();
        let mut next = head.next().0;
        let (rate, weight) = (head.rate, self.weight(flow));
        let is_new = limit != self.levels.limit(flow) || weight != self.levels.weight(flow);
        if is_new && self.levels.set(flow, limit, weight, rate) {
            self.untimed.push(flow);
            next = Time::NEVER; // until its rate is known
        } else if step == HeadStep::Grow {
            // It did not grow, and still is held back.
            let head = &mut self.heads[flow as usize];
            head.window.note_rate(self.now, rate, &self.rule);
            next = head.next().0;
        }
        self.moments.set(flow, next);
    }

    /// The last byte of the head has left; whether another message follows.
    fn end_message(&mut self, flow: u32, out: &mut Vec<NetEvent>) -> bool {
        let stream = &mut self.streams[flow];
        let Some(flight) = stream.pop() else { return false };
        // Only what finds the buffer full waits in it: bulk data itself does not
        // end any later for having filled it.
        let queued = std::mem::take(&mut self.heads[flow as usize].queued);
        let at = stream.in_order(self.now + queued + stream.delay + self.flights.jitter(stream.from));
        let next = stream.queue.front().copied();
        self.send_off(flow, flight, at);
        match next {
            Some(next) => {
                self.begin(flow, next, out);
                true
            }
            None => {
                self.stop(flow);
                false
            }
        }
    }

    /// Brings rates up to date and times the flows whose rates changed.
    fn retime(&mut self) {
        self.levels.solve();
        let mut links = std::mem::take(&mut self.changed_links);
        self.levels.take_changed(&mut links);
        let mut timing = Timing { heads: &mut self.heads, moments: &mut self.moments, rule: &self.rule, now: self.now };
        for (link, old) in links.drain(..) {
            if let Some(rounds) = &mut self.rounds {
                rounds.note(link, self.levels.is_full(link), self.now);
            }
            for (flow, rate) in self.levels.rates_since(link, old) {
                if rate != timing.heads[flow as usize].rate {
                    timing.set_rate(flow, rate);
                }
            }
        }
        self.changed_links = links;
        while let Some(flow) = self.untimed.pop() {
            // What has a moment was timed just now, with a link.
            if !timing.moments.has(flow) && !self.streams[flow].queue.is_empty() {
                timing.set_rate(flow, self.levels.rate(flow));
            }
        }
    }

    pub(super) fn head(&self, from: NodeId, to: NodeId, channel: Channel) -> Option<HeadFlight> {
        let flow = self.streams.find(from, to, channel)?;
        let id = self.streams[flow].queue.front()?.id;
        Some(HeadFlight { id, bottleneck: self.levels.bottleneck(flow), rate: self.heads[flow as usize].rate })
    }

    pub(super) fn uplink_is_full(&self, node: NodeId) -> bool {
        self.levels.is_full(node.0)
    }

    pub(super) fn downlink_is_full(&self, node: NodeId) -> bool {
        self.levels.is_full(self.levels.nodes() as u32 + node.0)
    }

    /// What has left over the core link of this index by `now`.
    pub(super) fn core_carried(&self, link: u32, now: Time) -> Bytes {
        let on_it = self.levels.flows(self.levels.core_link(link)).iter();
        let sent = on_it.filter_map(|member| {
            let head = self.streams[member.flow].queue.front()?;
            Some(self.heads[member.flow as usize].whole_bytes_sent(*head, now).get())
        });
        let carried = self.core[link as usize].get() + sent.sum::<u64>();
        Bytes(carried - self.load_on_its_way(self.levels.core_link(link), now))
    }

    pub(super) fn carried(&self, node: NodeId, now: Time) -> Carried {
        let mut carried = self.flights.carried(node);
        for flow in self.streams.leaving(node) {
            if let Some(head) = self.streams[flow].queue.front() {
                carried.up.0 += self.heads[flow as usize].whole_bytes_sent(*head, now).get();
            }
        }
        carried.up.0 -= self.load_on_its_way(node.0, now);
        carried
    }
}

/// What it takes to give a flow another rate.
struct Timing<'a> {
    heads: &'a mut [HeadPace],
    moments: &'a mut Moments,
    rule: &'a WindowRule,
    now: Time,
}

impl Timing<'_> {
    fn set_rate(&mut self, flow: u32, rate: f64) {
        let head = &mut self.heads[flow as usize];
        head.settle(self.now);
        head.rate = rate;
        head.window.note_rate(self.now, rate, self.rule);
        self.moments.set(flow, head.next().0);
    }
}

impl HeadPace {
    /// How much of `flight`, the message in transmission, has left at `now`.
    fn whole_bytes_sent(&self, flight: WireFlight, now: Time) -> Bytes {
        let left = self.left - self.sent(now);
        Bytes((flight.wire.get() as f64 - left).max(0.0) as u64)
    }
}

#[cfg(test)]
impl Fair {
    /// A network that solves everything afresh at every change.
    pub(super) fn impatient(world: &World, spec: &NetworkSpec) -> Self {
        let mut fair = Fair::new(world, spec);
        fair.levels.patience = 0;
        fair
    }

    /// Sender, receiver, own limit and rate of every flow, in bytes per second.
    pub(super) fn allocation(&self) -> Vec<super::tests::Share> {
        let senders = (0..self.levels.nodes() as u32).map(NodeId);
        senders
            .flat_map(|from| self.streams.leaving(from))
            .filter(|flow| !self.streams[*flow].queue.is_empty())
            .map(|flow| super::tests::Share {
                from: self.streams[flow].from,
                to: self.streams[flow].to,
                limit: self.levels.limit(flow),
                rate: self.heads[flow as usize].rate,
            })
            .collect()
    }
}
