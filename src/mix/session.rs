//! What the two ends of a session keep.

use super::packet::{Frame, Grant, Supply, Task};
use super::path::Candidates;
use super::spec::MixSpec;
use super::stream::Half;
use crate::units::Time;
use crate::world::{Channel, NodeId};
use std::collections::VecDeque;

/// The end that began a session, and so supplies reply blocks.
pub(super) const INITIATOR: usize = 0;
/// The other, which sends through them.
pub(super) const RECIPIENT: usize = 1;

/// A stream: what either end sends on it.
#[derive(Debug)]
pub(super) struct Stream {
    /// Messages of this kind travel on it.
    pub lane: u8,
    /// The end that opened it.
    pub opener: usize,
    /// Whether each end may send on it.
    pub open: [bool; 2],
    /// When it was asked to be opened, while that is not answered.
    pub asked: Option<Time>,
    /// By the end that sends.
    pub halves: [Half; 2],
}

impl Stream {
    pub fn new(lane: u8, opener: usize) -> Self {
        Stream { lane, opener, open: [false; 2], asked: None, halves: [Half::default(), Half::default()] }
    }
}

/// Reply blocks that were supplied and whose arrival was not told yet.
#[derive(Debug)]
pub(super) struct Supplied {
    pub supply: Supply,
    pub at: Time,
}

/// A frame that is to leave through reply blocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job {
    pub frame: Frame,
    pub task: Task,
}

/// A frame that leaves through reply blocks.
#[derive(Debug)]
pub(super) struct Leaving {
    pub job: Job,
    pub grant: Grant,
    /// Packets with it that were not begun.
    pub more: u32,
    /// Packets with it that have not left.
    pub held: u32,
}

/// A session between two nodes.
#[derive(Debug)]
pub(super) struct Session {
    pub generation: u32,
    pub ends: [NodeId; 2],
    pub channel: Channel,
    /// Whether each end keeps it.
    pub alive: [bool; 2],
    /// Whether it stands at each end.
    pub stands: [bool; 2],
    /// When each end last heard of the other.
    pub heard: [Time; 2],
    /// Questions asked since the initiator last heard anything, or tries to connect.
    pub probes: u32,
    /// When the session is looked at next.
    pub due: Time,
    pub candidates: Candidates,
    pub streams: Vec<Stream>,
    /// Reply blocks that the initiator has sent.
    pub supplied: u64,
    /// Reply blocks that it may send altogether.
    pub limit: u64,
    /// Frames with reply blocks that wait to leave.
    pub supplying: u32,
    pub unconfirmed: VecDeque<Supplied>,
    /// Those of them that are to be sent again.
    pub resupply: VecDeque<Supply>,
    pub next_supply: u32,
    /// Reply blocks that the recipient holds.
    pub stock: u32,
    /// Reply blocks that have come to it.
    pub accepted: u64,
    /// Supplies that have come to it.
    pub supplies: Grant,
    /// Frames that wait for their turn and for reply blocks.
    pub jobs: VecDeque<Job>,
    pub leaving: Vec<Option<Leaving>>,
    /// Since when the first of the jobs has waited for reply blocks alone.
    pub starved: Option<Time>,
}

impl Session {
    /// One that is being begun.
    pub fn new(generation: u32, ends: [NodeId; 2], channel: Channel, candidates: Candidates, now: Time) -> Self {
        Session {
            generation,
            ends,
            channel,
            alive: [true, false],
            stands: [false; 2],
            heard: [now; 2],
            probes: 0,
            due: Time::NEVER,
            candidates,
            streams: Vec::new(),
            supplied: 0,
            limit: 0,
            supplying: 0,
            unconfirmed: VecDeque::new(),
            resupply: VecDeque::new(),
            next_supply: 0,
            stock: 0,
            accepted: 0,
            supplies: Grant::default(),
            jobs: VecDeque::new(),
            leaving: Vec::new(),
            starved: None,
        }
    }

    /// Reply blocks for a frame of the initiator, `count` of them.
    pub fn give(&mut self, count: u32, now: Time) -> Option<Supply> {
        if count == 0 {
            return None;
        }
        let supply = Supply { number: self.next_supply, count };
        self.next_supply += 1;
        self.supplied += u64::from(count);
        self.unconfirmed.push_back(Supplied { supply, at: now });
        Some(supply)
    }

    /// Reply blocks that the initiator may still supply.
    pub fn room(&self) -> u64 {
        self.limit.saturating_sub(self.supplied)
    }

    /// The recipient gets reply blocks; what it has no room for it drops, and what it has
    /// had before.
    pub fn accept(&mut self, supply: Supply, spec: &MixSpec) {
        let seen = &mut self.supplies;
        if seen.has(supply.number) || supply.number - seen.base >= 64 {
            return;
        }
        seen.bits |= 1 << (supply.number - seen.base);
        while seen.bits & 1 == 1 {
            seen.bits >>= 1;
            seen.base += 1;
        }
        self.accepted += u64::from(supply.count);
        self.stock = (self.stock + supply.count).min(spec.capacity);
    }

    /// What a frame of the recipient says about reply blocks.
    pub fn grant(&self, spec: &MixSpec) -> Grant {
        let limit = self.accepted - u64::from(self.stock) + u64::from(spec.capacity);
        Grant { limit, ..self.supplies }
    }

    /// The initiator hears it.
    pub fn hear(&mut self, grant: &Grant) {
        self.limit = self.limit.max(grant.limit);
        self.unconfirmed.retain(|supplied| !grant.has(supplied.supply.number));
        self.resupply.retain(|supply| !grant.has(supply.number));
    }

    /// The stream of this lane, which `side` opens where there is none.
    pub fn stream(&mut self, lane: u8, side: usize) -> (u8, bool) {
        match self.streams.iter().position(|stream| stream.lane == lane) {
            Some(at) => (at as u8, false),
            None => {
                self.streams.push(Stream::new(lane, side));
                (self.streams.len() as u8 - 1, true)
            }
        }
    }

    /// The messages that have not arrived.
    pub fn letters(&self) -> impl Iterator<Item = u32> {
        self.streams.iter().flat_map(|stream| &stream.halves).flat_map(Half::letters)
    }

    /// When something has to be looked at, if nothing comes before.
    pub fn deadline(&self, spec: &MixSpec) -> Time {
        let mut first = Time::NEVER;
        let mut by = |at: Option<Time>, span: Time| {
            if let Some(at) = at {
                first = first.min(at + span);
            }
        };
        if self.alive[INITIATOR] {
            by(self.unconfirmed.iter().map(|supplied| supplied.at).min(), spec.timeout);
            by(Some(self.silence(spec)), Time::ZERO);
        }
        if self.alive[RECIPIENT] {
            by(Some(self.heard[RECIPIENT]), spec.probe_after + spec.timeout * (u64::from(spec.probes) + 1));
        }
        for stream in &self.streams {
            by(stream.asked, spec.timeout);
            stream.halves.iter().for_each(|half| by(half.oldest(), spec.timeout));
        }
        first
    }

    /// Until when the initiator bears that it hears nothing.
    pub fn silence(&self, spec: &MixSpec) -> Time {
        let patience = if self.stands[INITIATOR] { spec.probe_after } else { spec.timeout };
        self.heard[INITIATOR] + patience + spec.timeout * u64::from(self.probes)
    }
}
