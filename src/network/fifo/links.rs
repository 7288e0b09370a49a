//! What links do with whole messages.

use super::super::window::{HeadPace, WindowRule, span};
use super::super::{Fate, WireFlight};
use crate::units::{Bytes, Rate, Time};
use std::collections::VecDeque;

/// The link from a sender into the network.
#[derive(Debug)]
pub(super) struct Uplink {
    pub rate: Rate,
    /// Number of the turn that is being served.
    pub serving: Option<u32>,
    pub turn: u32,
    /// (stream, generation) of each message that waits for its turn.
    pub turns: VecDeque<(u32, u32)>,
}

/// A link behind the uplink: it serves messages in order of their first bytes.
#[derive(Debug)]
pub(super) struct Server {
    pub rate: Rate,
    /// When it has served all that has come.
    pub free: Time,
    /// The bytes of all that has come.
    taken: Bytes,
}

impl Server {
    /// One that has nothing to do.
    pub fn idle(rate: Rate) -> Self {
        Server { rate, free: Time::ZERO, taken: Bytes(0) }
    }

    /// Serves a message of which the first byte has come: from when, and until when.
    pub fn serve(&mut self, now: Time, wire: Bytes) -> (Time, Time) {
        let begin = self.free.max(now);
        self.taken.0 += wire.get();
        self.free = begin + span(wire.get() as f64, self.rate.bytes_per_second());
        (begin, self.free)
    }

    /// A message that it was to serve ends early, by `unused`.
    pub fn give_back(&mut self, unused: Bytes) {
        self.free = self.free.since(self.rate.time_for(unused));
        self.taken.0 -= unused.get();
    }

    /// The same where others already wait behind it: they keep their turns, and so must
    /// those that come later, or they would overtake.
    pub fn forget(&mut self, unused: Bytes) {
        self.taken.0 -= unused.get();
    }

    /// What it has served by `now`: all but what it still has to do, without a pause.
    pub fn carried(&self, now: Time) -> Bytes {
        let waits = self.rate.bytes_per_second() * self.free.since(now).secs();
        Bytes(self.taken.0.saturating_sub(libm::ceil(waits) as u64))
    }
}

/// What a stream transmits.
#[derive(Debug)]
pub(super) struct Head {
    /// Its transit, or [`NONE`].
    pub transit: u32,
    /// Messages that lost their turn because the one before was held back.
    pub passed_over: u32,
    /// When the last message reaches the link after the uplink; none does so before it.
    pub last_byte: Time,
    pub pace: HeadPace,
    /// What becomes of it, when it is a datagram.
    pub datagram: Option<Fate>,
}

impl Head {
    /// When the last byte of a message of `bytes` leaves that begins now, for
    /// all that the window has to say.
    pub fn leave(&mut self, now: Time, bytes: f64, line: Rate, rule: &WindowRule) -> Time {
        if !self.pace.window.is_finite() {
            return now;
        }
        self.pace.window.wake(now, rule);
        let leave = self.pace.alone(now, bytes, line.bytes_per_second(), rule);
        self.pace.window.sleep(leave);
        leave
    }
}

/// A message between its first byte's leaving and the moment when both its
/// last byte has left and its first has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct FifoFlight {
    pub stream: u32,
    pub generation: u32,
    pub flight: WireFlight,
    /// The turn of its uplink.
    pub turn: u32,
    /// First byte leaves, last byte leaves.
    pub start: Time,
    pub leave: Time,
    /// The last byte reaches the next link.
    pub last_byte: Time,
    /// Core links that it has crossed, and whether one of them made it wait.
    pub hops: u32,
    pub waited: bool,
    /// When the downlink has served it; known when the first byte has come.
    pub served: Option<Time>,
    /// The connection closed before the last byte left.
    pub cut: bool,
}

impl FifoFlight {
    /// Bytes that had left at `now`, as if they left evenly.
    pub fn sent(&self, now: Time) -> Bytes {
        let (part, whole) = (now.since(self.start).nanos(), self.leave.since(self.start).nanos());
        if part >= whole {
            return self.flight.wire;
        }
        Bytes((u128::from(self.flight.wire.get()) * u128::from(part) / u128::from(whole)) as u64)
    }
}
