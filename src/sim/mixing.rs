//! Between the simulation and the mixnet.

use super::flight::Cargo;
use super::node::Line;
use super::run::{Event, Notice, Simulation};
use crate::ledger::Class;
use crate::mix::{Alarm, Mix, Out, SessionId, sizes};
use crate::protocol::{Key, Message, Protocol, Size};
use crate::world::{Channel, NodeId};

impl<P: Protocol> Simulation<'_, P> {
    /// Lets the mixnet act, where there is one, and does what it asks for.
    pub(super) fn mix(&mut self, act: impl FnOnce(&mut Mix)) {
        let Some(mix) = &mut self.mix else { return };
        mix.at(self.now);
        act(mix);
        self.drain_mix();
    }

    /// Does what the mixnet asks for; what that causes may make it ask for more, behind the
    /// rest. While the effects of a handler are being carried out it waits.
    pub(super) fn drain_mix(&mut self) {
        if self.mixing || self.carrying > 0 {
            return;
        }
        self.mixing = true;
        while let Some(out) = self.mix.as_mut().and_then(|mix| mix.pop()) {
            self.do_for_mix(out);
        }
        self.mixing = false;
    }

    fn do_for_mix(&mut self, out: Out) {
        match out {
            Out::Forward { packet, from, to } => self.forward_packet(packet, from, to),
            Out::Alarm(at, id, alarm) => match alarm {
                Alarm::Session(_) | Alarm::Query { .. } => self.later(at, Event::Mix(id, alarm)),
                Alarm::Leave(_) | Alarm::Unpacked(_) | Alarm::Cover => self.list.push(at, Event::Mix(id, alarm)),
            },
            Out::Knock(session, ends, channel) => self.on_session_asked(session, ends, channel),
            Out::Stands(id, peer, channel) => {
                let node = &mut self.nodes[id.index()];
                node.end_opening((peer, channel));
                node.add_link((peer, channel), u64::MAX);
                self.notify(id, Notice::Connected((peer, channel)));
            }
            Out::Refused(id, peer, channel) => {
                self.nodes[id.index()].end_opening((peer, channel));
                self.notify(id, Notice::Refused((peer, channel)));
            }
            Out::Ended(id, peer, channel) => {
                if self.nodes[id.index()].remove_link((peer, channel)).is_some() {
                    self.notify(id, Notice::Lost((peer, channel)));
                }
            }
            Out::Written(letter) => {
                let Some(flight) = &self.flights[letter as usize] else { return };
                if let Some(token) = flight.token {
                    self.notify(flight.from, Notice::Sent(flight.line(), token));
                }
            }
            Out::Delivered(letter) => self.deliver_message(letter),
            Out::Dropped(letter) => self.drop_flight(letter),
            Out::LookUp { proxy, key } => {
                self.discover(|discovery, world, out| discovery.find(proxy, Key::at(key), world, out));
            }
            Out::Answered { asker, key, providers } => {
                if self.nodes[asker.index()].online {
                    self.found.push_back((asker, Key::at(key), providers));
                    self.tell_found();
                }
            }
        }
    }

    /// `from` begins a session in the place of a connection.
    pub(super) fn begin_session(&mut self, from: NodeId, line: Line) {
        self.nodes[from.index()].opening.push(line);
        self.mix(|mix| mix.connect(from, line.0, line.1));
    }

    /// Somebody asks for a session. Of two that ask each other the lower number's stands.
    fn on_session_asked(&mut self, id: SessionId, [from, to]: [NodeId; 2], channel: Channel) {
        let line = (from, channel);
        let crossing = self.nodes[to.index()].opening.contains(&line);
        if self.nodes[to.index()].remove_link(line).is_some() {
            // Of an earlier life of that node, which would not ask else.
            self.mix(|mix| mix.give_up(to, from, channel));
            self.notify(to, Notice::Lost(line));
        }
        let yields = crossing && to > from;
        let taken = (yields || !crossing) && self.nodes[to.index()].online && self.both_accept([from, to], channel);
        if taken && yields {
            self.nodes[to.index()].end_opening(line);
            self.mix(|mix| mix.hang_up(to, from, channel));
        }
        self.mix(|mix| mix.admit(id, taken));
    }

    /// A message of the protocol goes into its stream.
    pub(super) fn write_through_mix(&mut self, id: u32) {
        let now = self.now;
        let Some(flight) = &mut self.flights[id as usize] else { return };
        let Cargo::Message(message) = &flight.cargo else { return };
        let lane = message.lane();
        flight.wait(now, now);
        flight.waits = true;
        flight.epoch = self.nodes[flight.to.index()].epoch;
        let (line, size) = ((flight.from, flight.to, flight.channel), flight.size);
        self.mix(|mix| mix.write(line, id, size, lane));
    }

    /// All of a message has arrived; its bytes were booked packet by packet.
    fn deliver_message(&mut self, id: u32) {
        let Some(flight) = &mut self.flights[id as usize] else { return };
        (flight.waits, flight.arrived) = (false, true);
        self.books.digest.add(self.now, flight.to.0, 3, flight.size.total());
        self.books.book(flight.class, 0, 1);
        self.await_reader(id);
    }

    /// A packet goes to its next hop, over the one connection there; the first has it made.
    fn forward_packet(&mut self, packet: u32, from: NodeId, to: NodeId) {
        let Some((class, bytes)) = self.mix.as_mut().map(|mix| mix.booked(packet)) else { return };
        let size = Size { control: bytes, framing: sizes::LENGTH_PREFIX, ..Size::default() };
        let line = (to, Channel::MIX);
        let id = self.new_flight(from, line, Cargo::Packet(packet, class), size, None);
        if self.nodes[from.index()].is_linked(line) {
            self.launch(id);
        } else {
            self.packets.entry((from, to)).or_default().push(id);
            self.dial(from, line);
        }
    }

    /// The connection to the next hop stands.
    pub(super) fn send_packets(&mut self, from: NodeId, to: NodeId) {
        let waiting = self.packets.remove(&(from, to)).unwrap_or_default();
        waiting.into_iter().for_each(|id| self.launch(id));
    }

    /// There is no connection to the next hop: what waits for it is lost.
    pub(super) fn lose_packets(&mut self, from: NodeId, to: NodeId) {
        for id in self.packets.remove(&(from, to)).unwrap_or_default() {
            let cargo = self.flights[id as usize].as_ref().map(|flight| &flight.cargo);
            if let Some(Cargo::Packet(packet, _)) = cargo {
                let packet = *packet;
                self.drop_flight(id);
                self.mix(|mix| mix.lost(packet));
            }
        }
    }

    /// `id` has gone: its sessions are over, and what it held is lost.
    pub(super) fn leave_mix(&mut self, id: NodeId) {
        self.mix(|mix| mix.offline(id));
        let waiting = (id, NodeId(0))..=(id, NodeId(u32::MAX));
        let hops: Vec<NodeId> = self.packets.range(waiting).map(|((_, to), _)| *to).collect();
        hops.into_iter().for_each(|to| self.lose_packets(id, to));
    }

    /// A packet with a chunk has arrived. It was handed over as a copy; the first of its
    /// chunk turns out to be more.
    pub(super) fn unwrap_data(&mut self, id: u32) {
        let Some(flight) = &mut self.flights[id as usize] else { return };
        let Cargo::Packet(packet, Class::MixCopy) = flight.cargo else { return };
        let Some((origin, found)) = self.mix.as_mut().and_then(|mix| mix.count(packet)) else { return };
        let size = &mut flight.size;
        let handed = &mut self.books.handed;
        handed[Class::MixCopy as usize] -= size.control;
        (size.payload, size.proof) = (found.payload, found.proof);
        size.control -= found.payload + found.proof;
        handed[Class::Duplicate as usize] += size.payload;
        handed[Class::Proof as usize] += size.proof;
        handed[Class::MixData as usize] += size.control;
        (flight.class, flight.cargo) = (Class::MixData, Cargo::Packet(packet, Class::MixData));
        flight.origin = Some(origin);
    }
}
