//! Streams: who is connected to whom, and what waits to be sent.

use super::{NetEvent, WireFlight};
use crate::units::{Bytes, Time};
use crate::world::{Channel, Hop, Latency, NodeId, World};
use std::collections::VecDeque;
use std::ops::{Index, IndexMut};

/// One direction of a connection: a queue of messages, of which the head is
/// the one in transmission.
#[derive(Debug)]
pub(super) struct Stream {
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// Counts the uses of this slot: what still travels when a stream closes
    /// bears an older number.
    pub generation: u32,
    /// One-way delay, without jitter.
    pub delay: Time,
    /// When the last message so far arrives.
    last_arrival: Time,
    /// Messages that have not left in full, the head first.
    pub queue: VecDeque<WireFlight>,
    /// How many of these the sender has written, and their bytes.
    written: (usize, u64),
}

impl Stream {
    /// How many messages of the queue fit into `most` bytes, where so much of the head has left.
    pub fn fitting(&self, sent: Bytes, most: Bytes) -> usize {
        let room = sent.get().saturating_add(most.get());
        let ends = self.queue.iter().scan(0, |end: &mut u64, flight| {
            *end += flight.wire.get();
            Some(*end)
        });
        ends.take_while(|end| *end <= room).count()
    }

    /// Takes the head away, of which everything has left, or will go no further.
    pub fn pop(&mut self) -> Option<WireFlight> {
        let head = self.queue.pop_front()?;
        if self.written.0 > 0 {
            self.written = (self.written.0 - 1, self.written.1 - head.wire.get());
        }
        Some(head)
    }

    /// Tells of the messages that are written by now: those that the buffer of the sender's host
    /// takes, and the head, once it `starts`.
    pub fn write(&mut self, buffer: Bytes, starts: bool, out: &mut Vec<NetEvent>) {
        while let Some(next) = self.queue.get(self.written.0) {
            let (count, bytes) = self.written;
            let ends = bytes + next.wire.get();
            let fits = buffer > Bytes(0) && ends <= buffer.get();
            if !(fits || starts && count == 0) {
                return;
            }
            if next.tracked {
                out.push(NetEvent::Started(next.id));
            }
            self.written = (count + 1, ends);
        }
    }

    /// All but the first `count` messages are lost, and nothing of them has left.
    pub fn truncate(&mut self, count: usize, out: &mut Vec<NetEvent>) {
        if self.written.0 > count {
            let left = self.queue.iter().take(count);
            self.written = (count, left.map(|flight| flight.wire.get()).sum());
        }
        out.extend(self.queue.drain(count..).map(|flight| NetEvent::Lost { id: flight.id, carried: Bytes(0) }));
    }

    /// When a message arrives that would do so at `at` if it were alone on the
    /// stream: not before the message before it.
    pub fn in_order(&mut self, at: Time) -> Time {
        self.last_arrival = self.last_arrival.max(at);
        self.last_arrival
    }
}

/// All streams, by index. The indices of closed streams are used again.
#[derive(Debug)]
pub(super) struct Streams {
    /// Per sender: the key of the line, in order, and the stream.
    peers: Vec<Vec<(u64, u32)>>,
    slots: Vec<Stream>,
    free: Vec<u32>,
    /// By node: its point and the delay of its access link.
    ends: Vec<(u32, Time)>,
    latency: Latency,
}

impl Streams {
    /// No streams yet between the nodes of `world`.
    pub fn new(world: &World) -> Self {
        Streams {
            peers: vec![Vec::new(); world.nodes.len()],
            slots: Vec::new(),
            free: Vec::new(),
            ends: world.nodes.iter().map(|n| (n.point, n.access)).collect(),
            latency: world.latency.clone(),
        }
    }

    /// The open stream from `from` to `to` of this channel.
    pub fn find(&self, from: NodeId, to: NodeId, channel: Channel) -> Option<u32> {
        let peers = &self.peers[from.index()];
        peers.binary_search_by_key(&channel.key(to), |p| p.0).ok().map(|at| peers[at].1)
    }

    /// The open streams that leave `from`, in order of their receivers.
    pub fn leaving(&self, from: NodeId) -> impl Iterator<Item = u32> + '_ {
        self.peers[from.index()].iter().map(|p| p.1)
    }

    /// Opens both streams; `None` when they are open.
    pub fn open(&mut self, a: NodeId, b: NodeId, channel: Channel) -> Option<[u32; 2]> {
        debug_assert!(a != b, "a node has no connection to itself");
        let there = self.find(a, b, channel).is_some();
        if there { None } else { Some([self.add(a, b, channel), self.add(b, a, channel)]) }
    }

    fn add(&mut self, from: NodeId, to: NodeId, channel: Channel) -> u32 {
        let index = self.lone(from, to);
        let peers = &mut self.peers[from.index()];
        let key = channel.key(to);
        let at = peers.partition_point(|p| p.0 < key);
        peers.insert(at, (key, index));
        index
    }

    /// A stream for one datagram: nobody finds it, and it goes with
    /// [`Streams::release`].
    pub fn lone(&mut self, from: NodeId, to: NodeId) -> u32 {
        let delay = self.delay(from, to);
        let index = self.free.pop().unwrap_or_else(|| {
            let queue = VecDeque::new();
            self.slots.push(Stream {
                from,
                to,
                generation: 0,
                delay,
                last_arrival: Time::ZERO,
                queue,
                written: (0, 0),
            });
            (self.slots.len() - 1) as u32
        });
        let slot = &mut self.slots[index as usize];
        (slot.from, slot.to, slot.delay, slot.last_arrival) = (from, to, delay, Time::ZERO);
        slot.written = (0, 0);
        index
    }

    /// The slot of `stream` may be used again.
    pub fn release(&mut self, stream: u32) {
        let slot = &mut self[stream];
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(stream);
    }

    /// One-way delay between two nodes, without jitter.
    pub fn delay(&self, from: NodeId, to: NodeId) -> Time {
        let ((from, leaving), (to, entering)) = (self.ends[from.index()], self.ends[to.index()]);
        self.latency.between(from, to) + leaving + entering
    }

    /// Puts the core links that `stream` crosses into `hops`, each with the delay from
    /// the link before it, which for the first is the sender's own.
    pub fn hops(&self, stream: u32, hops: &mut Vec<Hop>) {
        let Stream { from, to, .. } = self[stream];
        let ((from, leaving), (to, _)) = (self.ends[from.index()], self.ends[to.index()]);
        self.latency.hops(from, to, hops);
        if let Some(first) = hops.first_mut() {
            first.delay += leaving;
        }
    }

    /// Closes both streams, a to b first; `None` when they are not open. Their
    /// queues can still be read (and must be emptied) until the next `open`.
    pub fn close(&mut self, a: NodeId, b: NodeId, channel: Channel) -> Option<[u32; 2]> {
        let streams = [self.find(a, b, channel)?, self.find(b, a, channel)?];
        for (from, to) in [(a, b), (b, a)] {
            self.peers[from.index()].retain(|p| p.0 != channel.key(to));
        }
        streams.into_iter().for_each(|index| self.release(index));
        Some(streams)
    }

    /// Round-trip time between the ends of `stream`, without queueing.
    pub fn rtt(&self, stream: u32) -> Time {
        let Stream { from, to, delay, .. } = self[stream];
        delay + self.delay(to, from)
    }
}

impl Index<u32> for Streams {
    type Output = Stream;
    fn index(&self, stream: u32) -> &Stream {
        &self.slots[stream as usize]
    }
}

impl IndexMut<u32> for Streams {
    fn index_mut(&mut self, stream: u32) -> &mut Stream {
        &mut self.slots[stream as usize]
    }
}
