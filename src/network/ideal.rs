//! Latency only.

use super::flight::{Flight, Route};
use super::streams::Streams;
use super::{Carried, Fate, NetEvent, NetworkSpec, Parcel};
use crate::units::{Bytes, Time};
use crate::world::{NodeId, World};

/// Links are infinitely fast; a message takes the latency (and jitter) and
/// nothing else. Windows do not count.
#[derive(Debug)]
pub struct Ideal {
    streams: Streams,
    flight: Flight,
}

impl Ideal {
    pub(super) fn new(world: &World, spec: &NetworkSpec) -> Self {
        Ideal { streams: Streams::new(world), flight: Flight::new(world, spec) }
    }

    pub(super) fn open(&mut self, a: NodeId, b: NodeId) {
        self.streams.open(a, b);
    }

    /// Everything sent has left, so all of it is reported by the arrivals.
    pub(super) fn close(&mut self, _now: Time, a: NodeId, b: NodeId, _out: &mut Vec<NetEvent>) {
        self.streams.close(a, b);
    }

    pub(super) fn send(&mut self, now: Time, from: NodeId, to: NodeId, parcel: Parcel, out: &mut Vec<NetEvent>) {
        let Some(index) = self.streams.find(from, to) else {
            return out.push(NetEvent::Lost { id: parcel.id, carried: Bytes(0) });
        };
        if parcel.tracked {
            out.push(NetEvent::Started(parcel.id));
        }
        let stream = &mut self.streams[index];
        let at = stream.in_order(now + stream.delay + self.flight.jitter(from));
        self.flight.book_up(from, parcel.wire);
        self.flight.launch(at, Route::Stream(index, stream.generation), parcel);
    }

    pub(super) fn datagram(&mut self, now: Time, (from, to): (NodeId, NodeId), parcel: Parcel, fate: Fate) {
        let at = now + self.streams.delay(from, to) + self.flight.jitter(from);
        self.flight.book_up(from, parcel.wire);
        self.flight.launch(at, fate.route(to), parcel);
    }

    pub(super) fn next_event(&self) -> Option<Time> {
        Some(self.flight.next()).filter(|t| *t != Time::NEVER)
    }

    pub(super) fn advance(&mut self, now: Time, out: &mut Vec<NetEvent>) {
        self.flight.deliver(now, &self.streams, out);
    }

    pub(super) fn carried(&self, node: NodeId, _now: Time) -> Carried {
        self.flight.carried(node)
    }
}
