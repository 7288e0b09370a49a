//! What goes over circuits: to the relay, and from there to its receiver.

use super::flight::Cargo;
use super::node::Line;
use super::run::{Event, Notice, Simulation};
use crate::nat::{Alarm, Attempt, CircuitId, Written};
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

    /// Writes a message to a circuit: it travels in another one, to the relay. What both ends
    /// add around it is part of what the circuit carries. Of what this does not carry any more
    /// a piece goes, and the message waits for a direct connection.
    pub(super) fn write_to_circuit(&mut self, id: u32, (circuit, relay): (CircuitId, NodeId)) {
        let Some(flight) = &mut self.flights[id as usize] else { return };
        let (from, line, class, size) = (flight.from, flight.line(), flight.class, flight.size);
        let transport = &self.spec.network.transport;
        let added = match flight.cargo {
            Cargo::Credit(_) => transport.sealed_update(),
            _ => transport.sealing(size.total()),
        };
        flight.waits = true;
        let written = self.nat.as_mut().map_or(Written::Nothing, |nat| nat.write(circuit, from, size.total() + added));
        match written {
            Written::All => self.send_to_relay(id, (circuit, relay), size.total() + added, true),
            Written::Part(room) => {
                self.held.entry(circuit).or_default().push(id);
                let (mut rest, most) = (size, room.saturating_sub(added));
                let piece = self.new_flight(from, line, Cargo::Frame(class), rest.take(most), None);
                self.send_to_relay(piece, (circuit, relay), room, false);
            }
            Written::Nothing => self.held.entry(circuit).or_default().push(id),
        }
    }

    fn send_to_relay(&mut self, id: u32, (circuit, relay): (CircuitId, NodeId), bytes: u64, whole: bool) {
        let now = self.now;
        let Some(flight) = &mut self.flights[id as usize] else { return };
        flight.wait(now, now);
        flight.waits = true;
        flight.epoch = self.nodes[flight.to.index()].epoch;
        let (from, begun) = (flight.from, flight.begun);
        let cargo = Cargo::Relayed { message: id, circuit, whole };
        let carrier = self.new_flight(from, (relay, Channel::RELAY), cargo, Size::control(bytes), None);
        if let Some(carrier) = &mut self.flights[carrier as usize] {
            carrier.begun = begun;
        }
        self.launch(carrier);
    }

    /// Where the connection of a circuit moves and all that is on the circuit has come through,
    /// what waits for that goes directly.
    pub(super) fn end_move(&mut self, circuit: CircuitId) {
        if !self.nat.as_mut().is_some_and(|nat| nat.end_move(circuit)) {
            return;
        }
        for id in self.held.remove(&circuit).unwrap_or_default() {
            if let Some(flight) = &mut self.flights[id as usize] {
                flight.waits = false;
            }
            self.launch(id);
        }
    }

    /// What waits for a circuit that is closed never leaves.
    fn drop_held(&mut self, circuit: CircuitId) {
        self.held.remove(&circuit).unwrap_or_default().into_iter().for_each(|id| self.drop_flight(id));
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
        let Some(nat) = &mut self.nat else { return };
        let open = nat.is_open(circuit);
        if nat.is_relay(at) && open {
            return self.relay(message, (circuit, at), bytes, whole);
        }
        nat.done(circuit);
        let (came, last) = (open && !nat.is_relay(at), !whole && nat.carries(circuit));
        if came && whole && self.is_heard(message) {
            self.take_from_circuit(message);
        } else {
            self.drop_flight(message); // a piece, or of a connection that is gone
        }
        if came && last {
            self.limit_circuit(circuit, true);
        }
        self.end_move(circuit);
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

    /// What carries a message over a circuit is lost.
    pub(super) fn on_relayed_lost(&mut self, message: u32, circuit: CircuitId) {
        self.drop_flight(message);
        if let Some(nat) = &mut self.nat {
            nat.done(circuit);
        }
        self.end_move(circuit);
    }

    /// The time of a circuit is over. One that its connection is leaving stays until it has.
    pub(super) fn on_expired(&mut self, id: NodeId, circuit: CircuitId) {
        let Some(nat) = &self.nat else { return };
        if nat.is_moving(circuit) {
            let again = self.nat_spec().linger.max(Time::from_millis(1));
            self.remind(self.now + again, id, Alarm::Expire(circuit));
        } else if nat.is_open(circuit) {
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
        self.drop_held(circuit);
        let Attempt { ends, channel, relay, .. } = attempt;
        for (id, peer) in [(ends[0], ends[1]), (ends[1], ends[0])] {
            let at = self.now + self.world.delay(relay, id);
            self.tell_cut(id, (peer, channel), at);
            if let Some(nat) = &mut self.nat {
                nat.tell_closed(circuit, at.max(nat.known_closed(circuit)));
            }
        }
        true
    }

    /// `id` lets go of a connection; when its peer learns of it, where a circuit carried it.
    pub(super) fn leave_circuit(&mut self, id: NodeId, (peer, channel): Line) -> Option<Time> {
        let nat = self.nat.as_mut()?;
        let (circuit, relay) = nat.carrier(id, peer, channel)?;
        nat.close(circuit);
        nat.end_attempt(circuit); // who lets go wants no other way either
        self.drop_held(circuit);
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
