//! Small messages, which are a load on their links instead of flows of their own.
//!
//! A message that is small beside a round trip comes and goes before the others on its links
//! notice, and yet as a flow of its own it changes the rates of all of them twice. As a load
//! it leaves after what it would take among them, in the order in which loads came to the
//! link. Its bytes are a debt of the link, which is paid out of what the flows on it leave
//! over; where that does not suffice, flows have a part of the link less until it is paid. So
//! over time every byte has had its time, and no link carries more than it can.

use super::Fair;
use super::levels::Levels;
use super::moments::Moments;
use crate::network::window::span;
use crate::network::{Transport, WireFlight};
use crate::units::{Bytes, Time};

/// How often what a link owes is looked at, while it is much.
const PERIOD: Time = Transport::SETTLED_AFTER;

/// Flows give up a link by parts of this size: less than one is owed for a while.
const PART: f64 = 1.0 / 64.0;

/// Parts that flows give up at the most.
const MOST_PARTS: f64 = 57.0;

/// The loads on one link.
#[derive(Debug, Clone, Copy)]
struct LinkLoad {
    /// Bytes per second of the link, and of what flows have of it.
    line: f64,
    /// Bytes of loads that had not left at `queued_at`.
    queue: f64,
    queued_at: Time,
    /// Bytes of loads for which the link had no time by `owed_since`.
    owed: f64,
    owed_since: Time,
}

impl LinkLoad {
    /// Lets pass what has left by `now`, where each of `flows` gets as much as one load. Loads
    /// of `bytes` each are as many flows together.
    fn drain(&mut self, now: Time, bytes: f64, flows: f64) {
        let loads = (self.queue / bytes).max(1.0);
        let rate = self.line * loads / (loads + flows);
        self.queue = (self.queue - rate * now.since(self.queued_at).secs()).max(0.0);
        self.queued_at = now;
    }

    /// How much is worth a part of the link.
    fn parts(&self) -> f64 {
        libm::floor(self.owed / (PART * self.line * PERIOD.secs())).min(MOST_PARTS)
    }
}

/// The loads of all links, numbered as in [`Levels`].
#[derive(Debug)]
pub(super) struct Loads {
    /// Bytes of the largest message that is one.
    most: u64,
    links: Vec<LinkLoad>,
    /// When links that owe much are looked at.
    reviews: Moments,
}

impl Loads {
    /// None yet, on links of these capacities; nothing where every message is a flow.
    pub fn of(small: Bytes, capacities: &[f64]) -> Option<Self> {
        let (queued_at, owed_since) = (Time::ZERO, Time::ZERO);
        let idle = |line: &f64| LinkLoad { line: *line, queue: 0.0, queued_at, owed: 0.0, owed_since };
        let mut reviews = Moments::default();
        reviews.reserve(capacities.len() as u32);
        let loads = || Loads { most: small.get(), links: capacities.iter().map(idle).collect(), reviews };
        (small > Bytes(0)).then(loads)
    }

    /// When the next link is looked at.
    pub fn next(&self) -> Time {
        self.reviews.first().map_or(Time::NEVER, |(at, _)| at)
    }

    /// A load of `bytes` comes to `link`, where a stream of this weight would be one flow
    /// more; how long it takes to leave.
    fn put(&mut self, levels: &Levels, (link, weight): (u32, f64), bytes: f64, now: Time) -> Time {
        let load = &mut self.links[link as usize];
        if load.line.is_infinite() {
            return Time::ZERO;
        }
        let flows = levels.crowd(link, weight);
        load.drain(now, bytes, flows);
        load.queue += bytes;
        if load.owed == 0.0 {
            load.owed_since = now;
        }
        load.owed += bytes;
        if load.parts() >= 1.0 && !self.reviews.has(link) {
            self.reviews.set(link, now.max(load.owed_since + PERIOD));
        }
        span(load.queue + flows * bytes, load.line)
    }

    /// Looks at what `link` owes after what has been paid; the bytes per second that are left
    /// to flows.
    fn review(&mut self, levels: &Levels, link: u32, now: Time) -> f64 {
        let load = &mut self.links[link as usize];
        let paid = (load.line - levels.used(link)).max(0.0) * now.since(load.owed_since).secs();
        load.owed = (load.owed - paid).max(0.0);
        load.owed_since = now;
        let parts = load.parts();
        self.reviews.set(link, if parts >= 1.0 { now + PERIOD } else { Time::NEVER });
        load.line * (1.0 - PART * parts)
    }
}

impl Levels {
    /// How many flows of this weight share `link` where it is full.
    fn crowd(&self, link: u32, weight: f64) -> f64 {
        let level = self.level[link as usize];
        if level.is_finite() { self.capacity[link as usize] / (level * weight) } else { 0.0 }
    }

    /// Bytes per second of `link` that flows use.
    fn used(&self, link: u32) -> f64 {
        if self.is_full(link) {
            return self.capacity[link as usize];
        }
        self.flows(link).iter().map(|member| self.rate(member.flow)).sum()
    }

    /// Leaves so many bytes per second of `link` to flows.
    fn leave(&mut self, link: u32, capacity: f64) {
        if capacity != self.capacity[link as usize] {
            self.capacity[link as usize] = capacity;
            self.wake(link, 0.0);
        }
    }
}

impl Fair {
    /// When `flight`, which finds `flow` at rest, has left as a load; nothing where it is to
    /// be a flow.
    pub(super) fn ride(&mut self, flow: u32, flight: WireFlight) -> Option<Time> {
        let wire = flight.wire.get();
        let bytes = wire as f64;
        let is_small = self.loads.as_ref().is_some_and(|loads| wire <= loads.most);
        if !is_small || !self.heads[flow as usize].window.has_credit(bytes) {
            return None;
        }
        let weight = self.weight(flow);
        let (loads, now) = (self.loads.as_mut()?, self.now);
        let links = self.levels.path(flow);
        let leaving = links.map(|link| loads.put(&self.levels, (link, weight), bytes, now)).max()?;
        self.heads[flow as usize].window.spend_at_rest(bytes, now);
        Some(now + leaving)
    }

    pub(super) fn review_is_due(&self) -> bool {
        self.loads.as_ref().is_some_and(|loads| loads.next() <= self.now)
    }

    /// Looks at the link that is due first.
    pub(super) fn review(&mut self) {
        let Some(loads) = &mut self.loads else { return };
        let Some((_, link)) = loads.reviews.first() else { return };
        let left = loads.review(&self.levels, link, self.now);
        self.levels.leave(link, left);
    }

    /// Bytes of loads that are booked and have not left over `link`, at the most.
    pub(super) fn load_on_its_way(&self, link: u32, now: Time) -> u64 {
        self.loads.as_ref().map_or(0, |loads| {
            let mut load = loads.links[link as usize];
            load.drain(now, 1.0, 0.0);
            load.queue as u64
        })
    }
}
