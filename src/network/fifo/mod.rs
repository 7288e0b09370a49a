//! Links that serve whole messages one after another.
//!
//! The uplink of the sender serves messages in order of sending, each for
//! size / up. A message whose stream is still held back by its window lets
//! others pass and has the next turn when the window allows. The core links on its
//! way and the downlink of the receiver serve messages in order of their first bytes
//! (cut-through), each for size / capacity; a message is there when its last byte has
//! come and the downlink has served it. None of these waits for a slow sender: it
//! serves others meanwhile.
//!
//! A stream with a window is paced by the slowest of its links, as by the
//! clock of acknowledgements; without a window nothing tells the sender of a
//! slow receiver.

mod links;

use super::flights::{Flights, Route};
use super::streams::Streams;
use super::window::{HeadPace, Window, WindowRule, span};
use super::{Bottleneck, Carried, Fate, HeadFlight, NetEvent, NetworkSpec, WireFlight};
use crate::engine::EventList;
use crate::units::{Bytes, Rate, Time};
use crate::world::{Channel, Hop, NodeId, World};
use links::{FifoFlight, Head, Server, Uplink};
use std::collections::VecDeque;

/// No message.
const NONE: u32 = u32::MAX;

/// Links serve messages in order; a constant number of events per message.
#[derive(Debug)]
pub struct Fifo {
    streams: Streams,
    flights: Flights,
    rule: WindowRule,
    /// What a host takes of what is written to one stream.
    buffer: Bytes,
    up: Vec<Uplink>,
    down: Vec<Server>,
    core: Vec<Server>,
    /// By stream: the core links on its way; empty where there are none.
    routes: Vec<Vec<Hop>>,
    heads: Vec<Head>,
    transits: Vec<FifoFlight>,
    free_transits: Vec<u32>,
    steps: EventList<FifoStep>,
    now: Time,
}

#[derive(Debug, Clone, Copy)]
enum FifoStep {
    /// The last byte of the head of this stream and generation leaves, which had this turn.
    Left(u32, u32, u32),
    /// The uplink of this node has served the message of this turn.
    UplinkFree(NodeId, u32),
    /// The first byte of this transit reaches the downlink.
    FirstByte(u32),
}

impl Fifo {
    pub(super) fn new(world: &World, spec: &NetworkSpec) -> Self {
        let up = |n: &crate::world::Node| Uplink { rate: n.up, serving: None, turn: 0, turns: VecDeque::new() };
        Fifo {
            streams: Streams::new(world),
            flights: Flights::new(world, spec),
            rule: WindowRule::new(spec),
            buffer: spec.transport.send_buffer,
            up: world.nodes.iter().map(up).collect(),
            down: world.nodes.iter().map(|n| Server::idle(n.down)).collect(),
            core: world.latency.core_links().iter().map(|link| Server::idle(link.capacity)).collect(),
            routes: Vec::new(),
            heads: Vec::new(),
            transits: Vec::new(),
            free_transits: Vec::new(),
            steps: EventList::new(),
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
        let pace = HeadPace::new(window);
        let head = Head { transit: NONE, passed_over: 0, last_byte: Time::ZERO, pace, datagram };
        let at = stream as usize;
        if at < self.heads.len() {
            self.heads[at] = head
        } else {
            self.heads.push(head)
        }
        if !self.core.is_empty() {
            self.routes.resize(self.routes.len().max(at + 1), Vec::new());
            self.streams.hops(stream, &mut self.routes[at]);
        }
    }

    /// The core links that `stream` crosses.
    fn route(&self, stream: u32) -> &[Hop] {
        self.routes.get(stream as usize).map_or(&[], Vec::as_slice)
    }

    /// The least rate of the links after the uplink of `stream`.
    fn slowest_ahead(&self, stream: u32) -> Rate {
        let core = self.route(stream).iter().map(|hop| self.core[hop.link as usize].rate);
        core.fold(self.down[self.streams[stream].to.index()].rate, Rate::min)
    }

    pub(super) fn close(&mut self, now: Time, (a, b): (NodeId, NodeId), channel: Channel, out: &mut Vec<NetEvent>) {
        self.now = now;
        for stream in self.streams.close(a, b, channel).into_iter().flatten() {
            self.lose_all(stream, out);
        }
        self.serve(a, out);
        self.serve(b, out);
    }

    /// Everything on the stream is lost.
    fn lose_all(&mut self, stream: u32, out: &mut Vec<NetEvent>) {
        let head = std::mem::replace(&mut self.heads[stream as usize].transit, NONE);
        if head != NONE {
            self.cut(head, out);
        }
        self.streams[stream].truncate(0, out);
    }

    pub(super) fn keep_first(
        &mut self,
        now: Time,
        (from, to): (NodeId, NodeId),
        channel: Channel,
        most: Bytes,
        out: &mut Vec<NetEvent>,
    ) {
        self.now = now;
        let Some(stream) = self.streams.find(from, to, channel) else { return };
        let head = self.heads[stream as usize].transit;
        let sent = if head == NONE { Bytes(0) } else { self.transits[head as usize].sent(now) };
        match self.streams[stream].fitting(sent, most) {
            0 => self.lose_all(stream, out),
            count => self.streams[stream].truncate(count, out),
        }
        self.serve(from, out);
    }

    /// A head is lost; the links are free of what has not left of it.
    fn cut(&mut self, at: u32, out: &mut Vec<NetEvent>) {
        let transit = self.transits[at as usize];
        let stream = &mut self.streams[transit.stream];
        stream.pop();
        let carried = transit.sent(self.now);
        let (from, to) = (stream.from, stream.to);
        // What comes next need not wait for more than its first byte.
        let first_byte = transit.last_byte.since(transit.leave.since(transit.start));
        self.heads[transit.stream as usize].last_byte = first_byte;
        self.flights.book_up(from, carried);
        out.push(NetEvent::Lost { id: transit.flight.id, carried });
        let uplink = &mut self.up[from.index()];
        if uplink.serving == Some(transit.turn) {
            uplink.serving = None;
        }
        let unused = Bytes(transit.flight.wire.get() - carried.get());
        for hop in self.routes.get(transit.stream as usize).into_iter().flatten().take(transit.hops as usize) {
            self.core[hop.link as usize].forget(unused);
        }
        if transit.served.is_some() {
            self.down[to.index()].give_back(unused);
            self.free_transits.push(at);
        } else {
            self.transits[at as usize].cut = true; // until its first byte would come
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
        self.now = now;
        let Some(stream) = self.streams.find(from, to, channel) else {
            return out.push(NetEvent::Lost { id: flight.id, carried: Bytes(0) });
        };
        self.streams[stream].queue.push_back(flight);
        self.streams[stream].write(self.buffer, false, out);
        self.up[from.index()].turns.push_back((stream, self.streams[stream].generation));
        self.serve(from, out);
    }

    /// Takes its turn like any message, on a stream of its own without a window.
    pub(super) fn datagram(
        &mut self,
        now: Time,
        (from, to): (NodeId, NodeId),
        flight: WireFlight,
        fate: Fate,
        out: &mut Vec<NetEvent>,
    ) {
        self.now = now;
        let stream = self.streams.lone(from, to);
        self.put_head(stream, Window::none(), Some(fate));
        self.streams[stream].queue.push_back(flight);
        self.up[from.index()].turns.push_back((stream, self.streams[stream].generation));
        self.serve(from, out);
    }

    /// Gives the uplink of `node` its next message, if it is free.
    fn serve(&mut self, node: NodeId, out: &mut Vec<NetEvent>) {
        let uplink = &mut self.up[node.index()];
        while uplink.serving.is_none() {
            let Some((stream, generation)) = uplink.turns.pop_front() else { return };
            if self.streams[stream].generation != generation {
                continue; // closed since
            }
            if self.streams[stream].queue.is_empty() {
                continue; // it was lost since
            }
            let head = &mut self.heads[stream as usize];
            if head.transit == NONE {
                return self.start(stream, out);
            }
            head.passed_over += 1;
        }
    }

    /// The first byte of the head of `index` leaves.
    fn start(&mut self, index: u32, out: &mut Vec<NetEvent>) {
        let now = self.now;
        let stream = &self.streams[index];
        let (from, generation, delay, flight) = (stream.from, stream.generation, stream.delay, stream.queue[0]);
        let ahead = self.slowest_ahead(index);
        let delay = self.route(index).first().map_or(delay, |hop| hop.delay);
        let up = &mut self.up[from.index()];
        let head = &mut self.heads[index as usize];
        let bytes = flight.wire.get() as f64;
        let free = now + span(bytes, up.rate.bytes_per_second());
        let leave = head.leave(now, bytes, up.rate.min(ahead), &self.rule).max(free);
        let first_byte = head.last_byte.max(now + delay + self.flights.jitter(from));
        head.last_byte = first_byte + leave.since(now);
        up.turn = up.turn.wrapping_add(1);
        up.serving = Some(up.turn);
        let transit = FifoFlight {
            stream: index,
            generation,
            flight,
            turn: up.turn,
            start: now,
            leave,
            last_byte: head.last_byte,
            hops: 0,
            waited: false,
            served: None,
            cut: false,
        };
        self.steps.push(leave, FifoStep::Left(index, generation, up.turn));
        self.steps.push(free, FifoStep::UplinkFree(from, up.turn));
        let transit = self.keep(transit);
        self.heads[index as usize].transit = transit;
        self.steps.push(first_byte, FifoStep::FirstByte(transit));
        self.streams[index].write(self.buffer, true, out);
    }

    fn keep(&mut self, transit: FifoFlight) -> u32 {
        if let Some(at) = self.free_transits.pop() {
            self.transits[at as usize] = transit;
            return at;
        }
        self.transits.push(transit);
        (self.transits.len() - 1) as u32
    }

    fn step(&mut self, step: FifoStep, out: &mut Vec<NetEvent>) {
        match step {
            FifoStep::UplinkFree(node, turn) if self.up[node.index()].serving == Some(turn) => {
                self.up[node.index()].serving = None;
                self.serve(node, out);
            }
            FifoStep::UplinkFree(..) => {} // its message was cut
            FifoStep::Left(stream, generation, turn) if self.is_head((stream, generation), turn) => {
                self.left(stream, out)
            }
            FifoStep::Left(..) => {} // lost before
            FifoStep::FirstByte(at) => self.first_byte(at),
        }
    }

    /// Whether the head of a stream, of this generation, is the message that had this turn.
    fn is_head(&self, (stream, generation): (u32, u32), turn: u32) -> bool {
        let transit = self.heads[stream as usize].transit;
        let is_open = self.streams[stream].generation == generation;
        is_open && transit != NONE && self.transits[transit as usize].turn == turn
    }

    fn left(&mut self, stream: u32, out: &mut Vec<NetEvent>) {
        let at = std::mem::replace(&mut self.heads[stream as usize].transit, NONE);
        let (from, generation) = (self.streams[stream].from, self.streams[stream].generation);
        let head = &mut self.heads[stream as usize];
        self.streams[stream].pop();
        self.streams[stream].write(self.buffer, false, out);
        self.flights.book_up(from, self.transits[at as usize].flight.wire);
        if head.passed_over > 0 {
            head.passed_over -= 1;
            self.up[from.index()].turns.push_front((stream, generation));
        }
        if let Some(served) = self.transits[at as usize].served {
            self.launch(at, served);
        }
        self.serve(from, out);
    }

    /// Takes its place at the next link, which a lost message does not need.
    fn first_byte(&mut self, at: u32) {
        let transit = self.transits[at as usize];
        if transit.cut {
            return self.free_transits.push(at);
        }
        let stream = &self.streams[transit.stream];
        let dropped = self.heads[transit.stream as usize].datagram == Some(Fate::Dropped);
        let passes = stream.generation == transit.generation && !dropped;
        if passes && (transit.hops as usize) < self.route(transit.stream).len() {
            return self.cross(at);
        }
        let mut served = transit.last_byte;
        if passes {
            let (_, until) = self.down[stream.to.index()].serve(self.now, transit.flight.wire);
            served = served.max(until);
        }
        if self.heads[transit.stream as usize].transit == at {
            self.transits[at as usize].served = Some(served);
        } else {
            self.launch(at, served);
        }
    }

    /// Crosses the next core link, towards the link after it.
    fn cross(&mut self, at: u32) {
        let transit = &mut self.transits[at as usize];
        let route = &self.routes[transit.stream as usize];
        let hop = transit.hops as usize;
        let (begin, until) = self.core[route[hop].link as usize].serve(self.now, transit.flight.wire);
        let before: Time = route[..=hop].iter().fold(Time::ZERO, |sum, hop| sum + hop.delay);
        let whole = self.streams[transit.stream].delay;
        let delay = route.get(hop + 1).map_or(whole.since(before), |next| next.delay);
        transit.waited |= until > transit.last_byte;
        transit.last_byte = transit.last_byte.max(until) + delay;
        transit.hops += 1;
        self.steps.push(begin + delay, FifoStep::FirstByte(at));
    }

    fn launch(&mut self, at: u32, served: Time) {
        let FifoFlight { stream, generation, flight, .. } = self.transits[at as usize];
        self.free_transits.push(at);
        let open = self.streams[stream].generation == generation;
        if let Some(fate) = self.heads[stream as usize].datagram.filter(|_| open) {
            self.flights.launch(served, fate.route(self.streams[stream].to), flight);
            return self.streams.release(stream);
        }
        let at = if open { self.streams[stream].in_order(served) } else { served };
        self.flights.launch(at, Route::Stream(stream, generation), flight);
    }

    pub(super) fn next_event(&self) -> Option<Time> {
        let steps = self.steps.peek().unwrap_or(Time::NEVER);
        Some(steps.min(self.flights.next())).filter(|t| *t != Time::NEVER)
    }

    /// At one time arrivals come before the steps of links, each in the order
    /// in which they were scheduled.
    pub(super) fn advance(&mut self, now: Time, out: &mut Vec<NetEvent>) {
        self.now = now;
        loop {
            self.flights.deliver(now, &self.streams, out);
            if self.steps.peek().is_none_or(|t| t > now) {
                return;
            }
            if let Some((_, step)) = self.steps.pop() {
                self.step(step, out);
            }
        }
    }

    /// A head that waits for its turn waits for the uplink.
    pub(super) fn head(&self, from: NodeId, to: NodeId, channel: Channel) -> Option<HeadFlight> {
        let stream = self.streams.find(from, to, channel)?;
        let id = self.streams[stream].queue.front()?.id;
        let at = self.heads[stream as usize].transit;
        if at == NONE {
            return Some(HeadFlight { id, bottleneck: Bottleneck::Uplink, rate: 0.0 });
        }
        let transit = &self.transits[at as usize];
        let (up, down, ahead) = (self.up[from.index()].rate, self.down[to.index()].rate, self.slowest_ahead(stream));
        let rate = transit.flight.wire.get() as f64 / transit.leave.since(transit.start).secs();
        // The window of a message begins small: it counts when it costs a tenth.
        let held_by_window = rate < up.min(ahead).bytes_per_second() * 0.9;
        let bottleneck = match transit.served {
            _ if held_by_window => Bottleneck::Window,
            _ if transit.waited || ahead < up.min(down) => Bottleneck::CoreLink,
            // The downlink has more before it, or is the slower one.
            Some(served) if served > transit.last_byte => Bottleneck::Downlink,
            _ if up <= down => Bottleneck::Uplink,
            _ => Bottleneck::Downlink,
        };
        Some(HeadFlight { id, bottleneck, rate })
    }

    pub(super) fn uplink_is_full(&self, node: NodeId) -> bool {
        self.up[node.index()].serving.is_some()
    }

    pub(super) fn downlink_is_full(&self, node: NodeId) -> bool {
        self.down[node.index()].free > self.now
    }

    /// What has left over the core link of this index by `now`.
    pub(super) fn core_carried(&self, link: u32, now: Time) -> Bytes {
        self.core[link as usize].carried(now)
    }

    pub(super) fn carried(&self, node: NodeId, now: Time) -> Carried {
        let mut carried = self.flights.carried(node);
        for stream in self.streams.leaving(node) {
            let transit = self.heads[stream as usize].transit;
            if transit != NONE {
                carried.up.0 += self.transits[transit as usize].sent(now).get();
            }
        }
        carried
    }
}
