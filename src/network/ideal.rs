//! Latency only.

use super::flights::{Flights, Route};
use super::streams::Streams;
use super::{Carried, Fate, NetEvent, NetworkSpec, WireFlight};
use crate::units::{Bytes, Time};
use crate::world::{Channel, NodeId, World};

/// Links are infinitely fast; a message takes the latency (and jitter) and
/// nothing else. Windows do not count.
#[derive(Debug)]
pub struct LatencyOnly {
    streams: Streams,
    flights: Flights,
}

impl LatencyOnly {
    pub(super) fn new(world: &World, spec: &NetworkSpec) -> Self {
        LatencyOnly { streams: Streams::new(world), flights: Flights::new(world, spec) }
    }

    pub(super) fn open(&mut self, a: NodeId, b: NodeId, channel: Channel) {
        self.streams.open(a, b, channel);
    }

    /// Everything sent has left, so all of it is reported by the arrivals.
    pub(super) fn close(&mut self, _now: Time, (a, b): (NodeId, NodeId), channel: Channel, _out: &mut Vec<NetEvent>) {
        self.streams.close(a, b, channel);
    }

    pub(super) fn send(
        &mut self,
        now: Time,
        (from, to): (NodeId, NodeId),
        channel: Channel,
        flight: WireFlight,
        out: &mut Vec<NetEvent>,
    ) {
        let Some(index) = self.streams.find(from, to, channel) else {
            return out.push(NetEvent::Lost { id: flight.id, carried: Bytes(0) });
        };
        if flight.tracked {
            out.push(NetEvent::Started(flight.id));
        }
        let stream = &mut self.streams[index];
        let at = stream.in_order(now + stream.delay + self.flights.jitter(from));
        self.flights.book_up(from, flight.wire);
        self.flights.launch(at, Route::Stream(index, stream.generation), flight);
    }

    pub(super) fn datagram(&mut self, now: Time, (from, to): (NodeId, NodeId), flight: WireFlight, fate: Fate) {
        let at = now + self.streams.delay(from, to) + self.flights.jitter(from);
        self.flights.book_up(from, flight.wire);
        self.flights.launch(at, fate.route(to), flight);
    }

    pub(super) fn next_event(&self) -> Option<Time> {
        Some(self.flights.next()).filter(|t| *t != Time::NEVER)
    }

    pub(super) fn advance(&mut self, now: Time, out: &mut Vec<NetEvent>) {
        self.flights.deliver(now, &self.streams, out);
    }

    pub(super) fn carried(&self, node: NodeId, _now: Time) -> Carried {
        self.flights.carried(node)
    }
}
