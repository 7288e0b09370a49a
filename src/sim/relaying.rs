//! What goes over circuits: to the relay, and from there to its receiver.

use super::flight::Cargo;
use super::node::Line;
use super::run::{Event, Notice, Simulation};
use crate::nat::{Attempt, CircuitId, Written};
use crate::protocol::{Protocol, Size};
use crate::units::Time;
use crate::world::{Channel, NodeId};

impl<P: Protocol> Simulation<'_, P> {
    /// The circuit that a message goes over, and its relay.
    pub(super) fn circuit_of(&self, id: u32) -> Option<(CircuitId, NodeId)> {
        let nat = self.nat.as_ref()?;
        let flight = self.flights[id as usize].as_ref()?;
        nat.carrier(flight.from, flight.to, flight.channel)
    }

    /// Writes a message to a circuit, or as much of it as this still carries: it travels in
    /// another one, to the relay. What both ends add around it is part of what that carries.
    pub(super) fn write_to_circuit(&mut self, id: u32, (circuit, relay): (CircuitId, NodeId)) {
        let now = self.now;
        let Some(flight) = &mut self.flights[id as usize] else { return };
        let (from, transport) = (flight.from, &self.spec.network.transport);
        let added = match flight.cargo {
            Cargo::Credit(_) => transport.sealed_update(),
            _ => transport.sealing(flight.size.total()),
        };
        let bytes = flight.size.total() + added;
        let written = self.nat.as_mut().map_or(Written::Nothing, |nat| nat.write(circuit, from, bytes));
        let (bytes, whole) = match written {
            Written::All => (bytes, true),
            Written::Part(room) => (room, false),
            Written::Nothing => return self.drop_flight(id),
        };
        if !whole {
            flight.size = flight.size.take(bytes.saturating_sub(added));
        }
        flight.wait(now, now);
        flight.waits = true;
        flight.epoch = self.nodes[flight.to.index()].epoch;
        let begun = flight.begun;
        let cargo = Cargo::Relayed { message: id, circuit, whole };
        let carrier = self.new_flight(from, (relay, Channel::RELAY), cargo, Size::control(bytes), None);
        if let Some(carrier) = &mut self.flights[carrier as usize] {
            carrier.begun = begun;
        }
        self.launch(carrier);
    }

    /// The first byte of what carries a message over a circuit leaves `by`, its sender or the
    /// relay: the writer may go on.
    pub(super) fn on_written_to_circuit(&mut self, message: u32, by: NodeId) {
        let Some(flight) = self.flights[message as usize].as_ref().filter(|flight| flight.from == by) else { return };
        if let Some(token) = flight.token {
            self.notify(by, Notice::Sent(flight.line(), token));
        }
    }

    /// What carries a message over a circuit has come to its relay, or from there to its
    /// receiver.
    pub(super) fn on_relayed(&mut self, carrier: u32) {
        let Some(flight) = &self.flights[carrier as usize] else { return };
        let (at, from, wire, bytes) = (flight.to, (flight.from, flight.channel), flight.wire, flight.size.total());
        let Cargo::Relayed { message, circuit, whole } = flight.cargo else { return };
        self.drop_flight(carrier);
        self.owe_acks(at, from, wire);
        let Some(nat) = &self.nat else { return };
        let open = nat.is_open(circuit);
        match (nat.is_relay(at), open) {
            (true, true) => self.relay(message, (circuit, at), bytes, whole),
            (false, true) if whole && self.is_heard(message) => self.take_from_circuit(message),
            (false, true) if !whole => {
                self.drop_flight(message);
                self.limit_circuit(circuit, true);
            }
            _ => self.drop_flight(message), // of a connection that is gone
        }
    }

    /// Whether the receiver of a message has the connection on which it comes.
    fn is_heard(&self, message: u32) -> bool {
        let Some(flight) = &self.flights[message as usize] else { return false };
        let (node, line) = (&self.nodes[flight.to.index()], (flight.from, flight.channel));
        node.is_linked(line) || node.opening.contains(&line)
    }

    /// The relay sends on what it has read.
    fn relay(&mut self, message: u32, (circuit, relay): (CircuitId, NodeId), bytes: u64, whole: bool) {
        let Some(flight) = &self.flights[message as usize] else { return };
        let (origin, to, class, begun, size) = (flight.from, flight.to, flight.class, flight.begun, flight.size);
        let framing = bytes - size.payload - size.proof - size.control;
        let cargo = Cargo::Relayed { message, circuit, whole };
        let carrier = self.new_flight(relay, (to, Channel::RELAY), cargo, Size { framing, ..size }, None);
        if let Some(carrier) = &mut self.flights[carrier as usize] {
            (carrier.class, carrier.origin, carrier.begun) = (class, Some(origin), begun);
        }
        self.launch(carrier);
    }

    /// A message has come through; its bytes were booked with what carried it.
    fn take_from_circuit(&mut self, id: u32) {
        let Some(flight) = &mut self.flights[id as usize] else { return };
        (flight.waits, flight.arrived) = (false, true);
        match flight.cargo {
            Cargo::Credit(bytes) => {
                let (to, from) = (flight.to, (flight.from, flight.channel));
                self.drop_flight(id);
                self.on_credit(to, from, bytes);
            }
            _ => self.await_reader(id),
        }
    }

    /// The time of a circuit is over.
    pub(super) fn on_expired(&mut self, circuit: CircuitId) {
        if self.nat.as_ref().is_some_and(|nat| nat.is_open(circuit)) {
            self.limit_circuit(circuit, false);
        }
    }

    fn limit_circuit(&mut self, circuit: CircuitId, of_data: bool) {
        if self.close_circuit(circuit)
            && let Some(nat) = &mut self.nat
        {
            nat.count_limit(of_data);
        }
    }

    /// The relay closes a circuit: both ends learn of it. Whether it carried a connection.
    pub(super) fn close_circuit(&mut self, circuit: CircuitId) -> bool {
        let Some((attempt, true)) = self.nat.as_mut().and_then(|nat| nat.close(circuit)) else { return false };
        let Attempt { ends, channel, relay, .. } = attempt;
        for (id, peer) in [(ends[0], ends[1]), (ends[1], ends[0])] {
            self.tell_cut(id, (peer, channel), self.now + self.world.delay(relay, id));
        }
        true
    }

    /// `id` lets go of a connection; when its peer learns of it, where a circuit carried it.
    pub(super) fn leave_circuit(&mut self, id: NodeId, (peer, channel): Line) -> Option<Time> {
        let nat = self.nat.as_mut()?;
        let (circuit, relay) = nat.carrier(id, peer, channel)?;
        nat.close(circuit);
        Some(self.now + self.world.delay(id, relay) + self.world.delay(relay, peer))
    }

    /// `id` learns at `at` that its connection with a peer, or the set-up of one, is gone.
    pub(super) fn tell_cut(&mut self, id: NodeId, (peer, channel): Line, at: Time) {
        let node = &mut self.nodes[id.index()];
        let epoch = node.epoch;
        if node.end_opening((peer, channel)) {
            self.step_until(at, Event::Refused(id, epoch, peer, channel));
        } else if let Some(link) = node.remove_link((peer, channel)) {
            self.step_until(at, Event::Cut(id, epoch, peer, channel));
            self.drop_waiting(link);
        }
    }
}
