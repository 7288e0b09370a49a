//! Every message of a run, one by one, for those who ask for it.

use super::Class;
use crate::units::Time;
use crate::world::NodeId;

/// A message that was handed to the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracedFlight {
    /// When its sender handed it to the network.
    pub sent: Time,
    /// When its last byte arrived; [`Time::NEVER`] when it did not.
    pub arrived: Time,
    /// Its sender.
    pub from: NodeId,
    /// Its receiver.
    pub to: NodeId,
    /// What it is for.
    pub class: Class,
    /// Its size on the wire.
    pub wire: u64,
    /// The part of `wire` that is block data.
    pub payload: u64,
    /// The part of `wire` that is Merkle proofs.
    pub proof: u64,
    /// The part of `wire` that layers add around it.
    pub framing: u64,
    /// The part of `wire` that acknowledges earlier messages.
    pub acks: u64,
    /// Whether it is a piece of a message that did not fit into a window of the muxer,
    /// and not the last one.
    pub piece: bool,
}

/// Messages in the order in which they were handed to the network, up to a limit.
#[derive(Debug)]
pub struct Trace {
    flights: Vec<TracedFlight>,
    /// Where each message now on the network stands, by the number the network
    /// knows it by; [`ABSENT`] when it came after the limit.
    places: Vec<u32>,
    limit: usize,
    missed: u64,
}

/// Not in the trace.
const ABSENT: u32 = u32::MAX;

impl Trace {
    /// Messages that a trace holds: about 200 MB of memory and as much on the disk.
    pub const LIMIT: usize = 2_000_000;

    /// A trace of the first `limit` messages.
    pub fn new(limit: usize) -> Self {
        Trace { flights: Vec::new(), places: Vec::new(), limit, missed: 0 }
    }

    /// The message that the network knows as `id` sets out.
    pub fn sent(&mut self, id: u32, flight: TracedFlight) {
        let at = id as usize;
        if at >= self.places.len() {
            self.places.resize(at + 1, ABSENT);
        }
        if self.flights.len() < self.limit {
            self.places[at] = self.flights.len() as u32;
            self.flights.push(flight);
        } else {
            self.places[at] = ABSENT;
            self.missed += 1;
        }
    }

    /// The message that the network knows as `id` is there.
    pub fn arrived(&mut self, id: u32, now: Time) {
        let place = self.places[id as usize];
        if place != ABSENT {
            self.flights[place as usize].arrived = now;
        }
    }

    /// How many came after the limit.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// The messages.
    pub fn into_flights(self) -> Vec<TracedFlight> {
        self.flights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flight(second: u64) -> TracedFlight {
        let sent = Time::from_secs(second);
        TracedFlight {
            sent,
            arrived: Time::NEVER,
            from: NodeId(0),
            to: NodeId(1),
            class: Class::Want,
            wire: 5,
            payload: 0,
            proof: 0,
            framing: 0,
            acks: 0,
            piece: false,
        }
    }

    #[test]
    fn numbers_are_used_again_and_arrivals_find_their_message() {
        let mut trace = Trace::new(10);
        trace.sent(3, flight(1));
        trace.sent(0, flight(2));
        trace.arrived(3, Time::from_secs(4));
        trace.sent(3, flight(5)); // a message of its own, which is lost
        trace.arrived(0, Time::from_secs(6));
        let arrived: Vec<Time> = trace.into_flights().iter().map(|s| s.arrived).collect();
        assert_eq!(arrived, [Time::from_secs(4), Time::from_secs(6), Time::NEVER]);
    }

    #[test]
    fn what_comes_after_the_limit_disturbs_nothing() {
        let mut trace = Trace::new(1);
        trace.sent(0, flight(1));
        trace.sent(1, flight(2));
        trace.arrived(1, Time::from_secs(3));
        trace.arrived(0, Time::from_secs(4));
        assert_eq!(trace.missed(), 1);
        let flights = trace.into_flights();
        assert_eq!((flights.len(), flights[0].arrived), (1, Time::from_secs(4)));
    }
}
