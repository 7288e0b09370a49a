//! A packet from its sender over its relays to its receiver.

use super::packet::{Frame, Packet, SessionId, Task};
use super::path::Candidates;
use super::session::INITIATOR;
use super::sizes::DATA;
use super::spec::Exit;
use super::{Alarm, Mix, Out};
use crate::ledger::Class;
use crate::protocol::Size;
use crate::units::Time;
use crate::world::NodeId;

impl Mix {
    /// Has a packet packed, proven and, unless it hides others, held; then it leaves.
    pub(super) fn launch(&mut self, mut packet: Packet, held: bool) {
        let station = &mut self.stations[packet.origin.index()];
        (packet.life, packet.begun) = (station.life, self.now);
        let packed = station.work(self.now, self.spec.build_time);
        let slot = station.slot(packed, &self.spec);
        self.tally.wait_for_slot(slot.since(packed));
        let mut at = station.prove(slot, &self.spec);
        if held {
            at += self.spec.delays.sample(self.spec.hold, &mut station.hold);
        }
        self.tally.sent(&packet);
        let holder = packet.origin;
        let packet = self.packets.add(packet);
        self.out.push_back(Out::Alarm(at, holder, Alarm::Leave(packet)));
    }

    /// A packet has been held for long enough.
    pub(super) fn leave(&mut self, id: u32) {
        let Some(packet) = self.packets.get(id) else { return };
        let (from, to) = (packet.holder(), packet.next());
        if packet.life == self.stations[from.index()].life {
            self.out.push_back(Out::Forward { packet: id, from, to });
        } else {
            self.packets.take(id);
            self.tally.lose_held();
        }
    }

    /// The packet has begun to leave the node that held it.
    pub fn left(&mut self, id: u32) {
        let Some(packet) = self.packets.get(id) else { return };
        if packet.hop > 0 || std::mem::replace(&mut packet.left, true) {
            return;
        }
        let (session, frame, task) = (packet.session, packet.frame, packet.task);
        self.has_left(session, frame, task);
    }

    /// The packet will not come to the next node.
    pub fn lost(&mut self, id: u32) {
        self.left(id);
        self.packets.take(id);
        self.tally.lost += 1;
    }

    /// The packet has come to the next node, which unpacks it; it took so many bytes on the
    /// wire to come there.
    pub fn arrived(&mut self, id: u32, wire: u64) {
        let Some(packet) = self.packets.get(id) else { return };
        if packet.hop > 0 {
            self.tally.carry(wire);
        }
        packet.hop += 1;
        let clear = packet.is_there() && is_clear(packet, self.spec.exit);
        let node = packet.holder();
        let station = &mut self.stations[node.index()];
        packet.life = station.life;
        let checked = if self.spec.limit > 0 { self.spec.verify_time } else { Time::ZERO };
        let work = if clear { Time::ZERO } else { self.spec.unwrap_time + checked };
        let at = station.work(self.now, work);
        if at > self.now {
            self.out.push_back(Out::Alarm(at, node, Alarm::Unpacked(id)));
        } else {
            self.unpacked(id);
        }
    }

    /// A packet is unpacked: its receiver takes it, a relay holds it for a while.
    pub(super) fn unpacked(&mut self, id: u32) {
        let Some(packet) = self.packets.get(id) else { return };
        let node = packet.holder();
        let station = &mut self.stations[node.index()];
        let gone = packet.life != station.life;
        if gone || packet.is_there() {
            let Some(packet) = self.packets.take(id) else { return };
            if gone {
                return self.tally.lose_held();
            }
            self.tally.arrive(self.now.since(packet.begun));
            return self.handle(packet);
        }
        if !station.forwards(self.now, &self.spec) {
            self.packets.take(id);
            self.tally.no_slot += 1;
            return;
        }
        let exits = packet.is_last() && is_clear(packet, self.spec.exit);
        let drawn = self.spec.delays.sample(self.spec.relay_delay, &mut station.delay);
        let delay = if exits { Time::ZERO } else { drawn + self.spec.floor };
        let at = (self.now + delay).max(station.prove(self.now, &self.spec));
        self.tally.relay(node, at.since(self.now));
        self.out.push_back(Out::Alarm(at, node, Alarm::Leave(id)));
    }

    /// What the packet is booked under on the way to the next node, and its bytes.
    pub fn booked(&mut self, id: u32) -> (Class, u64) {
        let (exit, bytes) = (self.spec.exit, self.spec.packet());
        let Some(packet) = self.packets.get(id) else { return (Class::MixRelay, 0) };
        let class = match packet.frame {
            _ if !packet.is_last() => Class::MixRelay,
            Frame::Data(..) => Class::MixCopy,
            Frame::Ack(..) => Class::MixAck,
            Frame::Supply => Class::MixSupply,
            Frame::Cover => Class::MixCover,
            _ => Class::MixControl,
        };
        let clear = packet.is_last() && is_clear(packet, exit);
        (class, if clear { DATA } else { bytes })
    }

    /// The packet is about to arrive: what of the messages of a protocol is in it that has
    /// not arrived before, and who sent it.
    pub fn count(&mut self, id: u32) -> Option<(NodeId, Size)> {
        let packet = self.packets.get(id).filter(|packet| packet.is_last())?;
        let Frame::Data(stream, seq) = packet.frame else { return None };
        let (id, side, origin) = (packet.session, packet.side, packet.origin);
        let place = self.place(id)?;
        let of = self.sessions[place as usize].streams.get_mut(usize::from(stream))?;
        Some((origin, of.halves[side].count(seq, self.spec.coding)?))
    }

    /// Every relay begins to send packets that hide others, at a moment of its own.
    pub(super) fn begin_cover(&mut self) {
        let Some(interval) = self.spec.cover_interval() else { return };
        for id in self.pool.ids() {
            let uniform = self.stations[id.index()].hold.uniform();
            let at = Time::from_secs_f64(interval.secs() * uniform);
            self.out.push_back(Out::Alarm(at, id, Alarm::Cover));
        }
    }

    /// A packet over two relays, or more, back to where it came from; without a slot none.
    pub(super) fn cover(&mut self, node: NodeId) {
        let Some(interval) = self.spec.cover_interval() else { return };
        self.out.push_back(Out::Alarm(self.now + interval, node, Alarm::Cover));
        let station = &mut self.stations[node.index()];
        if !station.is_free(self.now, &self.spec) {
            self.tally.no_slot += 1;
            return;
        }
        let count = self.spec.hops as usize - 1;
        let path = self.pool.path([node, node], count, &Candidates::default(), &mut station.path);
        self.launch(Packet::alone(Frame::Cover, [node, node], path), false);
    }
}

impl Packet {
    /// One of no session.
    pub(super) fn alone(frame: Frame, [origin, receiver]: [NodeId; 2], path: super::path::Path) -> Self {
        Packet {
            session: SessionId::NONE,
            side: INITIATOR,
            frame,
            supply: None,
            grant: super::packet::Grant::default(),
            task: Task::None,
            origin,
            receiver,
            path,
            begun: Time::ZERO,
            hop: 0,
            left: false,
            life: 0,
        }
    }
}

/// Whether the last relay of a packet hands on in clear what is in it: the packets of who
/// began a session where the receiver is no hop, and queries.
fn is_clear(packet: &Packet, exit: Exit) -> bool {
    match packet.frame {
        Frame::Query(_) => true,
        Frame::Answer(_) | Frame::Cover => false,
        _ => exit == Exit::Node && packet.side == INITIATOR,
    }
}
