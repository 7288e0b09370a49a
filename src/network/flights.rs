//! What has left its sender and not yet arrived, and the count of bytes.

use super::streams::Streams;
use super::{Carried, NetEvent, NetworkSpec, WireFlight};
use crate::dist::Distribution;
use crate::engine::EventList;
use crate::rng::{Purpose, Rng};
use crate::units::{Bytes, Time};
use crate::world::{NodeId, World};

/// A message on its way.
#[derive(Debug)]
struct Arrival {
    route: Route,
    id: u32,
    wire: Bytes,
}

/// How a message travels.
#[derive(Debug, Clone, Copy)]
pub(super) enum Route {
    /// On the stream of this number and generation; lost when it closes.
    Stream(u32, u32),
    /// Alone, to this node.
    Datagram(NodeId),
    /// Alone, and somewhere on the way it is dropped.
    Dropped,
}

/// Messages between the last byte's leaving and its arrival, in order of
/// (time of arrival, launch). Shared by all models.
#[derive(Debug)]
pub(super) struct Flights {
    arrivals: EventList<Arrival>,
    /// The time of the first of them, [`Time::NEVER`] when there is none.
    next: Time,
    jitter: Option<(Distribution, Vec<Rng>)>,
    carried: Vec<Carried>,
}

impl Flights {
    /// Nothing on its way.
    pub fn new(world: &World, spec: &NetworkSpec) -> Self {
        let rng = |id: NodeId| Rng::stream(world.seed, Purpose::Jitter, u64::from(id.0));
        Flights {
            arrivals: EventList::new(),
            next: Time::NEVER,
            jitter: spec.jitter.map(|jitter| (jitter, world.ids().map(rng).collect())),
            carried: vec![Carried::default(); world.nodes.len()],
        }
    }

    /// Draws what a message from `sender` takes beyond the latency.
    pub fn jitter(&mut self, sender: NodeId) -> Time {
        match &mut self.jitter {
            Some((jitter, rngs)) => Time::from_secs_f64(jitter.sample(&mut rngs[sender.index()])),
            None => Time::ZERO,
        }
    }

    /// The message `flight` arrives at `at`.
    pub fn launch(&mut self, at: Time, route: Route, flight: WireFlight) {
        self.next = self.next.min(at);
        self.arrivals.push(at, Arrival { route, id: flight.id, wire: flight.wire });
    }

    /// Counts bytes that left `node`.
    pub fn book_up(&mut self, node: NodeId, bytes: Bytes) {
        self.carried[node.index()].up.0 += bytes.get();
    }

    /// When the next message arrives, [`Time::NEVER`] when none is on its way.
    pub fn next(&self) -> Time {
        self.next
    }

    /// Reports what arrives until `now`; what was on a stream that has closed
    /// since is lost.
    pub fn deliver(&mut self, now: Time, streams: &Streams, out: &mut Vec<NetEvent>) {
        while self.next <= now {
            let Some((_, Arrival { route, id, wire })) = self.arrivals.pop() else { return };
            self.next = self.arrivals.peek().unwrap_or(Time::NEVER);
            let to = match route {
                Route::Stream(stream, generation) if streams[stream].generation == generation => streams[stream].to,
                Route::Datagram(to) => to,
                Route::Stream(..) | Route::Dropped => {
                    out.push(NetEvent::Lost { id, carried: wire });
                    continue;
                }
            };
            self.carried[to.index()].down.0 += wire.get();
            out.push(NetEvent::Arrived(id));
        }
    }

    /// The counts of `node`, without what has left of heads.
    pub fn carried(&self, node: NodeId) -> Carried {
        self.carried[node.index()]
    }
}
