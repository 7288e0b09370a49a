//! Sessions, and messages that travel on their streams.

use super::packet::{Frame, Grant, Packet, SessionId, Supply, Task};
use super::session::{INITIATOR, RECIPIENT, Stream};
use super::spec::Sending;
use super::{Mix, Out};
use crate::units::Time;
use crate::world::Channel;

/// Reply blocks that come with the question for a session: two for the answer.
const SURBS_TO_CONNECT: u32 = 5;
/// Those that come with the question for a stream, at the most.
const SURBS_TO_OPEN: u32 = 4;

impl Mix {
    fn id(&self, place: u32) -> SessionId {
        SessionId { place, generation: self.sessions[place as usize].generation }
    }

    /// The place of a session that still goes on.
    pub(super) fn place(&self, id: SessionId) -> Option<u32> {
        let session = self.sessions.get(id.place as usize)?;
        (session.generation == id.generation).then_some(id.place)
    }

    pub(super) fn ask_to_connect(&mut self, place: u32) {
        let session = &mut self.sessions[place as usize];
        session.limit = u64::from(SURBS_TO_CONNECT);
        let supply = session.give(SURBS_TO_CONNECT.max(self.spec.copies), self.now);
        self.forward(place, Frame::Connect, supply, Task::None);
        self.wake_by(place, self.now + self.spec.timeout);
    }

    /// Whether the session that [`Out::Knock`] was about is taken.
    pub fn admit(&mut self, id: SessionId, taken: bool) {
        let Some(place) = self.place(id) else { return };
        let session = &mut self.sessions[place as usize];
        let [initiator, recipient] = session.ends;
        if !taken {
            return self.reply_now(place, Frame::Connected(false));
        }
        (session.alive[RECIPIENT], session.stands[RECIPIENT]) = (true, true);
        session.heard[RECIPIENT] = self.now;
        let channel = session.channel;
        self.lines.insert((recipient, initiator, channel), (place, RECIPIENT));
        self.out.push_back(Out::Stands(recipient, initiator, channel));
        self.send(place, RECIPIENT, Frame::Connected(true), Task::None);
    }

    /// A new stream is opened by the end that writes on it first.
    pub(super) fn open_stream(&mut self, place: u32, stream: u8) {
        let session = &mut self.sessions[place as usize];
        let Stream { opener, asked, .. } = &mut session.streams[usize::from(stream)];
        *asked = Some(self.now);
        if *opener == RECIPIENT {
            self.send(place, RECIPIENT, Frame::Open(stream), Task::None);
        } else {
            let count = session.room().min(u64::from(SURBS_TO_OPEN)) as u32;
            let supply = session.give(count, self.now);
            self.forward(place, Frame::Open(stream), supply, Task::None);
        }
        self.wake_by(place, self.now + self.spec.timeout);
    }

    /// Tells the other end that the session is over, if that can be told at once.
    pub(super) fn disconnect(&mut self, place: u32, side: usize) {
        if side == INITIATOR {
            self.forward(place, Frame::Disconnect, None, Task::None);
        } else {
            self.reply_now(place, Frame::Disconnect);
        }
    }

    /// Sends of a stream what may be sent.
    pub(super) fn pump(&mut self, place: u32, stream: u8, side: usize) {
        let most = if self.spec.sending == Sending::Pipelined { self.spec.window } else { 1 };
        loop {
            let session = &mut self.sessions[place as usize];
            let Some(of) = session.streams.get_mut(usize::from(stream)) else { return };
            let half = &mut of.halves[side];
            if !of.open[side] || half.writing >= most {
                return;
            }
            let Some(seq) = half.next(self.spec.window, self.spec.coding) else { return };
            half.writing += 1;
            self.send(place, side, Frame::Data(stream, seq), Task::Writer(stream));
        }
    }

    /// Acknowledges what has come to `side` of a stream, unless that is about to be done.
    pub(super) fn acknowledge(&mut self, place: u32, stream: u8, side: usize) {
        let session = &mut self.sessions[place as usize];
        let Some(of) = session.streams.get_mut(usize::from(stream)) else { return };
        let half = &mut of.halves[1 - side];
        if !half.dirty || std::mem::replace(&mut half.acking, true) {
            return;
        }
        let have = half.have();
        // Through a reply block it says what has arrived when its turn has come.
        half.dirty = side == RECIPIENT;
        self.send(place, side, Frame::Ack(stream, have), Task::Acker(stream));
    }

    /// Has a frame sent: in one packet, or when its turn has come through reply blocks.
    pub(super) fn send(&mut self, place: u32, side: usize, frame: Frame, task: Task) {
        if side == INITIATOR {
            self.forward(place, frame, None, task);
        } else {
            self.reply(place, frame, task);
        }
    }

    /// Sends a frame of the initiator.
    pub(super) fn forward(&mut self, place: u32, frame: Frame, supply: Option<Supply>, task: Task) {
        let session = &self.sessions[place as usize];
        let ends = session.ends;
        let rng = &mut self.stations[ends[INITIATOR].index()].path;
        let path = self.pool.path(ends, self.spec.relays_on_path(), &session.candidates, rng);
        let packet = Packet {
            session: self.id(place),
            side: INITIATOR,
            frame,
            supply,
            grant: Grant::default(),
            task,
            origin: ends[INITIATOR],
            receiver: ends[RECIPIENT],
            path,
            begun: Time::ZERO,
            hop: 0,
            left: false,
            life: 0,
        };
        self.launch(packet, true);
    }

    /// What follows when a packet of a session has left its sender.
    pub(super) fn has_left(&mut self, id: SessionId, frame: Frame, task: Task) {
        let Some(place) = self.place(id) else { return };
        match task {
            Task::Reply(slot) => self.reply_left(place, slot),
            Task::Supplier => {
                let session = &mut self.sessions[place as usize];
                session.supplying = session.supplying.saturating_sub(1);
                self.supply(place);
            }
            _ => self.done(place, INITIATOR, frame, task),
        }
    }

    /// A frame of `side` has left in all its packets.
    pub(super) fn done(&mut self, place: u32, side: usize, frame: Frame, task: Task) {
        let session = &mut self.sessions[place as usize];
        match (task, frame) {
            (Task::Writer(stream), Frame::Data(_, seq)) => {
                let Some(of) = session.streams.get_mut(usize::from(stream)) else { return };
                let half = &mut of.halves[side];
                half.writing = half.writing.saturating_sub(1);
                if let Some(letter) = half.left(seq, self.now) {
                    self.out.push_back(Out::Written(letter));
                }
                self.wake_by(place, self.now + self.spec.timeout);
                self.pump(place, stream, side);
            }
            (Task::Acker(stream), _) => {
                let Some(of) = session.streams.get_mut(usize::from(stream)) else { return };
                of.halves[1 - side].acking = false;
                self.acknowledge(place, stream, side);
            }
            _ => {}
        }
    }

    /// A packet has come to its receiver.
    pub(super) fn handle(&mut self, packet: Packet) {
        match packet.frame {
            Frame::Cover => return,
            Frame::Query(query) => return self.on_query(query, packet.receiver),
            Frame::Answer(query) => return self.on_answer(query),
            _ => {}
        }
        let Some(place) = self.place(packet.session) else { return };
        let (sender, side) = (packet.side, 1 - packet.side);
        let session = &mut self.sessions[place as usize];
        if let Frame::Connect = packet.frame {
            return self.on_connect(place, packet.supply);
        }
        if !session.alive[side] || !(session.alive[sender] || ends(packet.frame)) {
            return;
        }
        session.heard[side] = self.now;
        if side == INITIATOR {
            session.probes = 0;
            session.hear(&packet.grant);
        } else if let Some(supply) = packet.supply {
            session.accept(supply, &self.spec);
        }
        self.act_on(place, side, packet.frame);
        if side == INITIATOR {
            self.supply(place);
        } else {
            self.work_off(place);
        }
    }

    fn on_connect(&mut self, place: u32, supply: Option<Supply>) {
        let session = &mut self.sessions[place as usize];
        if session.alive != [true, false] || session.stands[RECIPIENT] {
            return;
        }
        if let Some(supply) = supply {
            session.accept(supply, &self.spec);
        }
        let (ends, channel): (_, Channel) = (session.ends, session.channel);
        self.out.push_back(Out::Knock(self.id(place), ends, channel));
    }

    fn act_on(&mut self, place: u32, side: usize, frame: Frame) {
        let session = &mut self.sessions[place as usize];
        let (me, other, channel) = (session.ends[side], session.ends[1 - side], session.channel);
        match frame {
            Frame::Connected(true) => {
                if !std::mem::replace(&mut session.stands[INITIATOR], true) {
                    self.out.push_back(Out::Stands(me, other, channel));
                }
            }
            Frame::Connected(false) => {
                self.out.push_back(Out::Refused(me, other, channel));
                self.end(place, INITIATOR);
            }
            Frame::Disconnect => {
                self.out.push_back(Out::Ended(me, other, channel));
                self.end(place, side);
            }
            Frame::Open(stream) => {
                let Some(of) = session.streams.get_mut(usize::from(stream)) else { return };
                of.open[side] = true;
                self.send(place, side, Frame::Opened(stream), Task::None);
                self.pump(place, stream, side);
            }
            Frame::Opened(stream) => {
                let Some(of) = session.streams.get_mut(usize::from(stream)) else { return };
                (of.open[side], of.asked) = (true, None);
                self.pump(place, stream, side);
            }
            Frame::Data(stream, seq) => self.on_data(place, side, stream, seq),
            Frame::Ack(stream, have) => {
                let Some(of) = session.streams.get_mut(usize::from(stream)) else { return };
                of.halves[side].acknowledge(&have);
                self.pump(place, stream, side);
            }
            Frame::Probe => self.send(place, side, Frame::Status, Task::None),
            Frame::Connect | Frame::Supply | Frame::Status => {}
            Frame::Cover | Frame::Query(_) | Frame::Answer(_) => {}
        }
    }

    fn on_data(&mut self, place: u32, side: usize, stream: u8, seq: u32) {
        let session = &mut self.sessions[place as usize];
        let Some(of) = session.streams.get_mut(usize::from(stream)) else { return };
        let half = &mut of.halves[1 - side];
        half.receive(seq, self.spec.coding);
        while let Some((letter, unwritten)) = half.deliver() {
            self.out.extend(unwritten.then_some(Out::Written(letter)));
            self.out.push_back(Out::Delivered(letter));
        }
        self.acknowledge(place, stream, side);
    }
}

/// Whether a frame is the last that its sender sends.
fn ends(frame: Frame) -> bool {
    matches!(frame, Frame::Disconnect | Frame::Connected(false))
}
