//! Circuits: connections through a relay, and what they may carry.

use super::{Nat, Way};
use crate::units::{Bytes, Time};
use crate::world::{Channel, NodeId};

/// Names a circuit.
pub type CircuitId = u32;

/// A connection, the lower number first.
pub(super) type Line = (NodeId, NodeId, Channel);

fn line_of(a: NodeId, b: NodeId, channel: Channel) -> Line {
    (a.min(b), a.max(b), channel)
}

/// How much of what is written a circuit carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// All of it.
    All,
    /// So many bytes; then the relay closes the circuit.
    Part(u64),
    /// Nothing: it is about to be closed.
    Nothing,
}

/// A way around a relay that is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Who dialled, and who was dialled.
    pub ends: [NodeId; 2],
    /// Which connection of the two.
    pub channel: Channel,
    /// The relay.
    pub relay: NodeId,
    /// Their times online.
    pub epochs: [u32; 2],
    /// What it would be.
    pub way: Way,
}

/// A connection through a relay.
#[derive(Debug)]
pub(super) struct Circuit {
    attempt: Attempt,
    /// Bytes that it may still carry from the caller, and from the callee.
    left: [u64; 2],
    open: bool,
    /// A direct way is tried.
    upgrading: bool,
    /// A direct connection stands; what is written now waits until all before it has come.
    moving: bool,
    /// What was written to it and has neither come through nor been lost.
    under_way: u32,
    /// When both ends know that the relay has closed it, if it has.
    known_closed: Time,
}

impl Nat {
    /// Whether both ends have a circuit left over `relay`.
    pub(super) fn has_room(&self, ends: [NodeId; 2], relay: NodeId) -> bool {
        let used = |id: NodeId| self.circuits_of.get(&(relay, id)).copied().unwrap_or(0);
        ends.into_iter().all(|id| used(id) < self.spec.circuits_per_peer)
    }

    /// Opens a circuit over `relay`; nothing where the callee holds no reservation there or
    /// either has too many.
    pub fn open(&mut self, ends: [NodeId; 2], channel: Channel, relay: NodeId, epochs: [u32; 2]) -> Option<CircuitId> {
        let reserved = self.stations[ends[1].index()].reserved().contains(&relay);
        if !reserved || !self.has_room(ends, relay) {
            self.tally.refused += 1;
            return None;
        }
        let id = self.next_circuit;
        self.next_circuit += 1;
        let data = self.spec.circuit_data;
        let left = [if data == Bytes::UNLIMITED { u64::MAX } else { data.get() }; 2];
        let attempt = Attempt { ends, channel, relay, epochs, way: Way::Relayed };
        self.circuits.insert(
            id,
            Circuit {
                attempt,
                left,
                open: true,
                upgrading: false,
                moving: false,
                under_way: 0,
                known_closed: Time::ZERO,
            },
        );
        self.carriers.insert(line_of(ends[0], ends[1], channel), id);
        ends.into_iter().for_each(|end| *self.circuits_of.entry((relay, end)).or_default() += 1);
        self.tally.circuits += 1;
        Some(id)
    }

    /// The circuit that carries the connection of two nodes, and its relay.
    pub fn carrier(&self, a: NodeId, b: NodeId, channel: Channel) -> Option<(CircuitId, NodeId)> {
        let id = *self.carriers.get(&line_of(a, b, channel))?;
        Some((id, self.circuits[&id].attempt.relay))
    }

    /// `from` writes `bytes` to the circuit.
    pub fn write(&mut self, id: CircuitId, from: NodeId, bytes: u64) -> Written {
        let Some(circuit) = self.circuits.get_mut(&id) else { return Written::Nothing };
        let left = &mut circuit.left[usize::from(circuit.attempt.ends[0] != from)];
        let room = *left;
        if room == 0 || circuit.moving {
            return Written::Nothing;
        }
        circuit.under_way += 1;
        if room < bytes {
            *left = 0;
            return Written::Part(room);
        }
        *left -= if room == u64::MAX { 0 } else { bytes };
        Written::All
    }

    /// Something that was written has come through, or never will.
    pub fn done(&mut self, id: CircuitId) {
        if let Some(circuit) = self.circuits.get_mut(&id) {
            circuit.under_way -= 1;
        }
    }

    /// Whether its connection is on the circuit, and stays there.
    pub fn carries(&self, id: CircuitId) -> bool {
        let line =
            |circuit: &Circuit| line_of(circuit.attempt.ends[0], circuit.attempt.ends[1], circuit.attempt.channel);
        let on_it = |circuit: &&Circuit| !circuit.moving && self.carriers.get(&line(circuit)) == Some(&id);
        self.circuits.get(&id).filter(on_it).is_some()
    }

    /// A direct connection stands: the connection of the circuit moves there.
    pub fn begin_move(&mut self, id: CircuitId) {
        if let Some(circuit) = self.circuits.get_mut(&id) {
            circuit.moving = true;
        }
    }

    /// Whether the connection of the circuit is about to leave it.
    pub fn is_moving(&self, id: CircuitId) -> bool {
        self.circuits.get(&id).is_some_and(|circuit| circuit.moving && circuit.under_way > 0)
    }

    /// Ends the move of a connection once all that is on its circuit has come through; whether
    /// that is so.
    pub fn end_move(&mut self, id: CircuitId) -> bool {
        let waits = |circuit: &&Circuit| circuit.moving && circuit.under_way == 0;
        let Some(attempt) = self.circuits.get(&id).filter(waits).map(|circuit| circuit.attempt) else { return false };
        self.leave(attempt, id)
    }

    /// Whether what was written to the circuit still comes through.
    pub fn is_open(&self, id: CircuitId) -> bool {
        self.circuits.get(&id).is_some_and(|circuit| circuit.open)
    }

    /// What the circuit connects, or connected while a direct way is tried.
    pub fn attempt(&self, id: CircuitId) -> Option<Attempt> {
        self.circuits.get(&id).map(|circuit| circuit.attempt)
    }

    /// The circuit is closed; nothing when it was. Whether it still carried a connection.
    pub fn close(&mut self, id: CircuitId) -> Option<(Attempt, bool)> {
        let circuit = self.circuits.get_mut(&id).filter(|circuit| circuit.open)?;
        circuit.open = false;
        let (attempt, upgrading) = (circuit.attempt, circuit.upgrading);
        for end in attempt.ends {
            if let Some(used) = self.circuits_of.get_mut(&(attempt.relay, end)) {
                *used -= 1;
            }
        }
        if !upgrading {
            self.circuits.remove(&id);
        }
        Some((attempt, self.leave(attempt, id)))
    }

    /// The connection is on the circuit no longer; whether it was.
    fn leave(&mut self, attempt: Attempt, id: CircuitId) -> bool {
        let line = line_of(attempt.ends[0], attempt.ends[1], attempt.channel);
        let carried = self.carriers.get(&line) == Some(&id);
        if carried {
            self.carriers.remove(&line);
        }
        carried
    }

    /// A circuit is closed by its limit of bytes, or else by that of time.
    pub fn count_limit(&mut self, of_data: bool) {
        *(if of_data { &mut self.tally.closed_by_data } else { &mut self.tally.closed_by_time }) += 1;
    }

    /// The callee of a circuit that stands looks for a direct way: what it tries, if anything.
    /// It dials back where it can, whether or not the circuit still stands; to punch takes one.
    pub fn upgrade(&mut self, id: CircuitId) -> Option<Attempt> {
        let [caller, _] = self.circuits.get(&id)?.attempt.ends;
        let reversal = self.spec.reversal && self.is_dialable(caller);
        let punching = self.spec.punching > 0.0 && self.is_open(id);
        let circuit = self.circuits.get_mut(&id)?;
        if !reversal && !punching {
            self.end_attempt(id);
            return None;
        }
        circuit.attempt.way = if reversal { Way::Reversed } else { Way::Punched };
        Some(circuit.attempt)
    }

    /// Notes that a direct way will be looked for.
    pub fn will_upgrade(&mut self, id: CircuitId) {
        if let Some(circuit) = self.circuits.get_mut(&id) {
            circuit.upgrading = true;
        }
    }

    /// Both ends are to dial each other: whether that works; nothing where the circuit was
    /// closed before they had agreed.
    pub fn punch(&mut self, id: CircuitId) -> Option<bool> {
        let Some(attempt) = self.attempt(id).filter(|_| self.is_open(id)) else {
            self.tally.punchings_cut += 1;
            self.end_attempt(id);
            return None;
        };
        let works = self.can_punch(attempt.ends[0], attempt.ends[1]);
        self.tally.punchings += 1;
        self.tally.punched += u64::from(works);
        Some(works)
    }

    /// Both ends will know at `at` that the relay has closed the circuit.
    pub fn tell_closed(&mut self, id: CircuitId, at: Time) {
        if let Some(circuit) = self.circuits.get_mut(&id) {
            circuit.known_closed = at;
        }
    }

    /// When both ends know that the relay has closed the circuit; zero where it has not.
    pub fn known_closed(&self, id: CircuitId) -> Time {
        self.circuits.get(&id).map_or(Time::ZERO, |circuit| circuit.known_closed)
    }

    /// No direct way is tried any more.
    pub fn end_attempt(&mut self, id: CircuitId) {
        if let Some(circuit) = self.circuits.get_mut(&id) {
            circuit.upgrading = false;
            if !circuit.open {
                self.circuits.remove(&id);
            }
        }
    }
}
