//! The mixnet, and sessions and streams through it.
//!
//! This layer lies below every protocol and above the network. A protocol dials, writes and
//! hangs up as ever; where `network.mix` is set, what it dials is a *session* through the
//! mixnet in place of a connection. A message is cut into chunks, each chunk travels in a
//! *packet* of 4608 B, and every packet is a message of its own on the network at each of its
//! hops: it takes the processor of who packs and unpacks it, the links of its relays, and the
//! time for which they hold it. Who began a session sends over paths that it draws anew for
//! each packet; the other end cannot know whom it answers and sends through *reply blocks*
//! (SURBs) that the first supplies, each frame in several copies. Frames through reply blocks
//! leave one after another, and each waits until its sender has held it: with the constants of
//! the code that is what limits a download. Chunks are acknowledged, and sent again after half
//! a minute; nothing here knows of round trips or of full links, which the connections below
//! do. A node that must prove that it keeps a limit (RLN) needs a slot and a proof for each
//! packet, its own or another's. The layer is a state machine in the sense of
//! [`crate::discovery`]: it is told what happened and says by [`Out`] what is to be done; it
//! never touches the event list, the network or a protocol. What it costs is booked packet by
//! packet: the last hop of a packet under what the packet was for, all hops before as
//! [`crate::ledger::Class::MixRelay`]. Without `network.mix` none of this exists.
//!
//! Sources, and what was inferred where they leave something open: `docs/mix.md`.

mod delay;
mod exchange;
mod packet;
mod path;
mod query;
mod replies;
mod session;
pub mod sizes;
mod spec;
mod station;
mod stream;
mod tally;
mod travel;
mod upkeep;

#[cfg(test)]
mod tests;

pub use delay::Family;
pub use packet::SessionId;
pub use spec::{Coding, Exit, MixSpec, PathProfile, Sending};

use crate::protocol::Size;
use crate::units::Time;
use crate::world::{Channel, NodeId, World};
use packet::Packets;
use path::Pool;
use query::Queries;
use session::{INITIATOR, Session};
use station::Station;
use std::collections::{BTreeMap, VecDeque};
use tally::Tally;

/// What the layer wants to be reminded of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// A packet has been held for long enough.
    Leave(u32),
    /// A packet has been unpacked.
    Unpacked(u32),
    /// Something in a session may be overdue.
    Session(SessionId),
    /// The node sends a packet that hides others.
    Cover,
    /// A query was not answered, unless it has another serial by now.
    Query {
        /// The query.
        place: u32,
        /// Its serial when it was sent.
        serial: u32,
    },
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Out {
    /// A packet goes from one node to the next.
    Forward {
        /// The packet.
        packet: u32,
        /// Who holds it.
        from: NodeId,
        /// Where it goes.
        to: NodeId,
    },
    /// The node is to be reminded then.
    Alarm(Time, NodeId, Alarm),
    /// The first node wants to begin a session with the second: [`Mix::admit`] answers.
    Knock(SessionId, [NodeId; 2], Channel),
    /// A session with the second stands at the first.
    Stands(NodeId, NodeId, Channel),
    /// The first gets no session with the second.
    Refused(NodeId, NodeId, Channel),
    /// The session with the second is over at the first.
    Ended(NodeId, NodeId, Channel),
    /// All of the message has left.
    Written(u32),
    /// The message has arrived.
    Delivered(u32),
    /// The message will not arrive.
    Dropped(u32),
    /// The proxy is to look the providers of the key up: [`Mix::found`] answers.
    LookUp {
        /// Who.
        proxy: NodeId,
        /// The number of the key.
        key: u32,
    },
    /// The answer to a query.
    Answered {
        /// Who asked.
        asker: NodeId,
        /// For which key.
        key: u32,
        /// Who provides it.
        providers: Vec<NodeId>,
    },
}

/// Whether the first began the session, and the place of that.
type Line = (NodeId, NodeId, Channel);

/// The mixnet of one run.
#[derive(Debug)]
pub struct Mix {
    spec: MixSpec,
    pool: Pool,
    stations: Vec<Station>,
    sessions: Vec<Session>,
    free: Vec<u32>,
    /// The sessions of every node: which, and which end it is.
    lines: BTreeMap<Line, (u32, usize)>,
    packets: Packets,
    queries: Queries,
    out: VecDeque<Out>,
    now: Time,
    tally: Tally,
}

impl Mix {
    /// An idle mixnet between the nodes of `world`.
    pub fn new(world: &World, spec: &MixSpec) -> Self {
        let mut mix = Mix {
            spec: *spec,
            pool: Pool::of(world, spec),
            stations: world.ids().map(|id| Station::new(id, world.seed, spec)).collect(),
            sessions: Vec::new(),
            free: Vec::new(),
            lines: BTreeMap::new(),
            packets: Packets::default(),
            queries: Queries::new(world, spec),
            out: VecDeque::new(),
            now: Time::ZERO,
            tally: Tally::new(world.nodes.len()),
        };
        mix.begin_cover();
        mix
    }

    /// It is `now`.
    pub fn at(&mut self, now: Time) {
        self.now = now;
    }

    /// The next thing that is to be done.
    pub fn pop(&mut self) -> Option<Out> {
        self.out.pop_front()
    }

    /// The time of an [`Out::Alarm`] of `node` has come.
    pub fn alarm(&mut self, node: NodeId, alarm: Alarm) {
        match alarm {
            Alarm::Leave(packet) => self.leave(packet),
            Alarm::Unpacked(packet) => self.unpacked(packet),
            Alarm::Session(id) => self.look_after(id),
            Alarm::Cover => self.cover(node),
            Alarm::Query { place, serial } => self.query_overdue(place, serial),
        }
    }

    /// `from` begins a session with `to`; [`Out::Stands`] or [`Out::Refused`] follows.
    pub fn connect(&mut self, from: NodeId, to: NodeId, channel: Channel) {
        let place = self.begin([from, to], channel);
        self.lines.insert((from, to, channel), (place, INITIATOR));
        self.ask_to_connect(place);
    }

    /// A session that stands from before the start, all reply blocks supplied.
    #[cfg(test)]
    pub(crate) fn stand(&mut self, ends: [NodeId; 2], channel: Channel) {
        let place = self.begin(ends, channel);
        let session = &mut self.sessions[place as usize];
        (session.alive, session.stands) = ([true; 2], [true; 2]);
        let stock = u64::from(self.spec.capacity);
        (session.stock, session.accepted, session.supplied) = (self.spec.capacity, stock, stock);
        session.limit = stock;
        self.lines.insert((ends[0], ends[1], channel), (place, INITIATOR));
        self.lines.insert((ends[1], ends[0], channel), (place, session::RECIPIENT));
        self.wake_by(place, self.now + self.spec.timeout);
    }

    fn begin(&mut self, ends: [NodeId; 2], channel: Channel) -> u32 {
        let rng = &mut self.stations[ends[INITIATOR].index()].path;
        let candidates = self.pool.candidates(self.spec.path, ends, rng);
        self.tally.sessions += 1;
        match self.free.pop() {
            Some(place) => {
                let generation = self.sessions[place as usize].generation;
                self.sessions[place as usize] = Session::new(generation, ends, channel, candidates, self.now);
                place
            }
            None => {
                self.sessions.push(Session::new(0, ends, channel, candidates, self.now));
                self.sessions.len() as u32 - 1
            }
        }
    }

    /// Whether `from` has, or is beginning, a session with `to`.
    pub fn knows(&self, from: NodeId, to: NodeId, channel: Channel) -> bool {
        self.lines.contains_key(&(from, to, channel))
    }

    /// `from` writes a message of `size` to `to`, on the stream of `lane`; where they have
    /// no session it is dropped.
    pub fn write(&mut self, (from, to, channel): Line, letter: u32, size: Size, lane: u8) {
        let Some(&(place, side)) = self.lines.get(&(from, to, channel)) else {
            return self.out.push_back(Out::Dropped(letter));
        };
        let session = &mut self.sessions[place as usize];
        let (stream, new) = session.stream(lane, side);
        session.streams[usize::from(stream)].halves[side].push(letter, size, self.spec.coding);
        if new { self.open_stream(place, stream) } else { self.pump(place, stream, side) }
    }

    /// `from` ends its session with `to`.
    pub fn hang_up(&mut self, from: NodeId, to: NodeId, channel: Channel) {
        if let Some(&(place, side)) = self.lines.get(&(from, to, channel)) {
            self.disconnect(place, side);
            self.end(place, side);
        }
    }

    /// `from` ends its session with `to`, and tells nobody.
    pub fn give_up(&mut self, from: NodeId, to: NodeId, channel: Channel) {
        if let Some(&(place, side)) = self.lines.get(&(from, to, channel)) {
            self.end(place, side);
        }
    }

    /// `node` is gone: what it held is lost, and nobody is told.
    pub fn offline(&mut self, node: NodeId) {
        self.stations[node.index()].life += 1;
        let all = (node, NodeId(0), Channel(0))..=(node, NodeId(u32::MAX), Channel(u32::MAX));
        let ends: Vec<(u32, usize)> = self.lines.range(all).map(|(_, end)| *end).collect();
        ends.into_iter().for_each(|(place, side)| self.end(place, side));
        self.queries.forget(node);
    }

    /// One end of a session is given up; nothing more arrives at either.
    fn end(&mut self, place: u32, side: usize) {
        let session = &mut self.sessions[place as usize];
        session.alive[side] = false;
        let (mine, other) = (session.ends[side], session.ends[1 - side]);
        self.lines.remove(&(mine, other, session.channel));
        self.out.extend(session.letters().map(Out::Dropped));
        session.streams.clear();
        session.jobs.clear();
        if session.alive == [false; 2] {
            session.generation = session.generation.wrapping_add(1);
            self.free.push(place);
        }
    }

    /// What was done until `end`, in numbers.
    pub fn report(&self, end: Time) -> Vec<(String, f64)> {
        self.tally.report(end, &self.pool)
    }
}
