//! What the network reports, and messages reaching their receivers.

use super::flight::Cargo;
use super::node::Line;
use super::run::{Event, Notice, Simulation};
use crate::network::NetEvent;
use crate::protocol::{Message, Protocol, Side, Size};
use crate::units::Bytes;
use crate::world::NodeId;

/// Acknowledgements owed, beyond which they travel alone.
const ACKS_ALONE: u32 = 16_384;

impl<P: Protocol> Simulation<'_, P> {
    /// Acts on everything the network has reported. What that causes may make
    /// the network report more, which queues up behind. While the effects of a
    /// handler are being carried out it waits: a node is told that its message has
    /// left when it has done all that it was about, as if that had taken any time.
    pub(super) fn drain_network(&mut self) {
        if self.net_events.len() == self.net_due || self.carrying > 0 {
            return;
        }
        let nested = self.net_due > 0;
        self.net_due = self.net_events.len();
        if nested {
            return; // the outer call goes on with it
        }
        let mut next = 0;
        while next < self.net_due {
            self.on_network(self.net_events[next]);
            next += 1;
        }
        self.net_events.drain(..next);
        self.net_due = 0;
    }

    fn on_network(&mut self, event: NetEvent) {
        match event {
            NetEvent::Started(id) => {
                let Some(flight) = &mut self.flights[id as usize] else { return };
                flight.since = self.now;
                if let Cargo::Packet(packet, _) = flight.cargo {
                    return self.mix(|mix| mix.left(packet));
                }
                if let Some(message) = flight.cargo.inside() {
                    let by = flight.from;
                    return self.on_written_to_circuit(message, by);
                }
                if let Some(token) = flight.token {
                    let (from, to) = (flight.from, flight.line());
                    self.notify(from, Notice::Sent(to, token));
                }
            }
            NetEvent::Lost { id, carried } => self.on_lost(id, carried),
            NetEvent::Arrived(id) => self.on_arrival(id),
        }
    }

    /// Of a message that will not arrive `carried` had left its sender.
    pub(super) fn on_lost(&mut self, id: u32, carried: Bytes) {
        let Some(flight) = &self.flights[id as usize] else { return };
        let account = &mut self.books.accounts[flight.from.index()];
        account.lost += flight.wire;
        for (part, bytes) in flight.parts() {
            self.books.lost[part as usize] += bytes;
        }
        if let Cargo::Letter(letter) = flight.cargo {
            self.discovery.lost(letter);
        } else if let Cargo::Packet(packet, _) = flight.cargo {
            self.drop_flight(id);
            return self.mix(|mix| mix.lost(packet));
        } else if let Cargo::Relayed { message, circuit, .. } = flight.cargo {
            self.on_relayed_lost(message, circuit);
        } else if let Some(cut) =
            self.cut_by.get(&([flight.from.min(flight.to), flight.from.max(flight.to)], flight.channel))
        {
            self.books.cut[*cut as usize] += carried.get();
            if flight.size.payload > 0 {
                self.nodes[flight.to.index()].cut = Some(*cut);
            }
        }
        self.drop_flight(id);
    }

    /// A message is here: books it, and has it read.
    fn on_arrival(&mut self, id: u32) {
        let Some(flight) = &self.flights[id as usize] else { return };
        let letter = matches!(flight.cargo, Cargo::Letter(_));
        if letter && !self.nodes[flight.to.index()].online {
            let all = Bytes(flight.wire);
            return self.on_lost(id, all); // nobody is there to take it
        }
        self.unwrap_data(id);
        self.book_arrival(id);
        let Some(flight) = &mut self.flights[id as usize] else { return };
        let (from, to, wire) = ((flight.from, flight.channel), flight.to, flight.wire);
        flight.arrived = true;
        self.books.digest.add(self.now, to.0, 3, wire);
        match flight.cargo {
            Cargo::Acks => return self.drop_flight(id),
            Cargo::Letter(_) => return self.read(id),
            Cargo::Fin => {
                self.drop_flight(id);
                return self.on_drained((from.0, to, from.1));
            }
            Cargo::Credit(bytes) => {
                self.drop_flight(id);
                return self.on_credit(to, from, bytes);
            }
            Cargo::Packet(packet, _) => {
                self.drop_flight(id);
                self.owe_acks(to, from, wire);
                return self.mix(|mix| mix.arrived(packet, wire));
            }
            Cargo::Relayed { .. } => return self.on_relayed(id),
            Cargo::Message(_) | Cargo::Hello { .. } | Cargo::Frame(_) => {}
        }
        self.owe_acks(to, from, wire);
        self.await_reader(id);
    }

    /// A message that is here is read when the reader of its receiver does not pause.
    pub(super) fn await_reader(&mut self, id: u32) {
        let Some(flight) = &self.flights[id as usize] else { return };
        let (from, to) = (flight.from, flight.to);
        let clock = self.spec.clock;
        let pause = self.minds[to.index()].reads_at(from, clock.shows(self.now), &self.shared);
        let at = clock.real(pause);
        if at > self.now {
            self.list.push(at, Event::Read(to, id));
        } else {
            self.read(id);
        }
    }

    /// Has a message handled when the processor gets round to it.
    pub(super) fn read(&mut self, id: u32) {
        let Some(flight) = &self.flights[id as usize] else { return };
        let (from, to, bytes) = ((flight.from, flight.channel), flight.to, flight.size.total());
        let letter = matches!(flight.cargo, Cargo::Letter(_));
        if !letter && self.nodes[to.index()].epoch != flight.epoch {
            self.drop_flight(id);
            return;
        }
        if matches!(flight.cargo, Cargo::Message(_) | Cargo::Frame(_)) && self.mix.is_none() {
            self.count_read(to, from, bytes);
        }
        self.await_processor(to, id);
        let cost = self.cost_of(id, Side::Receive);
        self.work(to, cost);
        let free = self.nodes[to.index()].cpu_free;
        if free > self.now {
            self.list.push(free, Event::Handle(to, id));
        } else {
            self.handle_message(id);
        }
    }

    pub(super) fn owe_acks(&mut self, node: NodeId, peer: Line, wire: u64) {
        let transport = &self.spec.network.transport;
        let Some(link) = self.nodes[node.index()].link(peer) else { return };
        link.acks_owed += transport.acks(wire) as u32;
        if link.acks_owed >= ACKS_ALONE {
            let alone = self.new_flight(node, peer, Cargo::Acks, Size::default(), None);
            self.depart(alone);
        }
    }

    pub(super) fn handle_message(&mut self, id: u32) {
        let Some(flight) = self.flights[id as usize].take() else { return };
        self.free_flights.push(id);
        self.patience.handled(self.now, flight.begun, flight.service(self.now));
        let node = &self.nodes[flight.to.index()];
        if let Cargo::Letter(letter) = flight.cargo {
            // It was booked as arrived; a receiver that has gone since does nothing.
            return if node.online { self.deliver_letter(letter) } else { self.discovery.lost(letter) };
        }
        if node.epoch != flight.epoch || !node.online {
            return;
        }
        match flight.cargo {
            Cargo::Hello { back } => self.on_hello(flight.from, flight.line(), back),
            Cargo::Acks | Cargo::Fin | Cargo::Credit(_) | Cargo::Frame(_) | Cargo::Letter(_) => {}
            Cargo::Packet(..) | Cargo::Relayed { .. } => {}
            Cargo::Message(message) => {
                self.handling = Some(flight.from);
                self.with_on(flight.to, flight.channel, message.carried(), |mind, cx| {
                    mind.message(flight.from, &message, cx);
                });
                self.handling = None;
            }
        }
    }
}
