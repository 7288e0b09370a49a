//! Reply blocks: how they are supplied, and what is sent through them.
//!
//! Frames through reply blocks of one session wait for one lock, which covers waiting for
//! the blocks and sending all copies (`sessions.nim`).

use super::Mix;
use super::packet::{Frame, Grant, Packet, SessionId, Task};
use super::path::Path;
use super::session::{INITIATOR, Job, Leaving, RECIPIENT};
use super::spec::{Coding, Sending};
use crate::units::Time;

impl Mix {
    /// Supplies reply blocks while there is room for a packet of them.
    pub(super) fn supply(&mut self, place: u32) {
        loop {
            let session = &mut self.sessions[place as usize];
            let waits = self.spec.supply_serial && session.supplying > 0;
            if waits || !session.alive[INITIATOR] || !session.stands[INITIATOR] {
                return;
            }
            let supply = match session.resupply.pop_front() {
                Some(supply) => Some(supply),
                None if session.room() >= u64::from(self.spec.supply) => session.give(self.spec.supply, self.now),
                None => return,
            };
            session.supplying += 1;
            self.forward(place, Frame::Supply, supply, Task::Supplier);
            self.wake_by(place, self.now + self.spec.timeout);
        }
    }

    /// Puts a frame of the recipient behind those that wait. Where chunks wait for nothing
    /// but reply blocks, all else goes first.
    pub(super) fn reply(&mut self, place: u32, frame: Frame, task: Task) {
        let session = &mut self.sessions[place as usize];
        let job = Job { frame, task };
        if self.spec.sending == Sending::Pipelined && !matches!(task, Task::Writer(_)) {
            session.jobs.push_front(job);
        } else {
            session.jobs.push_back(job);
        }
        self.work_off(place);
    }

    /// Packets in which a frame is sent.
    fn copies(&self, frame: Frame) -> u32 {
        let coded = matches!(frame, Frame::Data(..)) && self.spec.coding != Coding::None;
        if coded { 1 } else { self.spec.copies }
    }

    /// Sends what waits for reply blocks as far as these, and the lock, allow.
    pub(super) fn work_off(&mut self, place: u32) {
        loop {
            let session = &mut self.sessions[place as usize];
            let locked = self.spec.sending != Sending::Pipelined && session.leaving.iter().any(Option::is_some);
            let Some(job) = session.jobs.front().copied().filter(|_| !locked) else { return };
            let copies = self.copies(job.frame);
            let session = &mut self.sessions[place as usize];
            if session.stock < copies {
                session.starved.get_or_insert(self.now);
                return;
            }
            if let Some(since) = session.starved.take() {
                self.tally.starve(self.now.since(since));
            }
            session.jobs.pop_front();
            session.stock -= copies;
            self.begin_reply(place, job, copies);
        }
    }

    fn begin_reply(&mut self, place: u32, mut job: Job, copies: u32) {
        let session = &mut self.sessions[place as usize];
        if let Frame::Ack(stream, have) = &mut job.frame
            && let Some(of) = session.streams.get_mut(usize::from(*stream))
        {
            *have = of.halves[INITIATOR].have();
        }
        let grant = session.grant(&self.spec);
        let leaving = Leaving { job, grant, more: copies, held: 0 };
        let free = session.leaving.iter().position(Option::is_none);
        let slot = free.unwrap_or(session.leaving.len());
        if slot == session.leaving.len() {
            session.leaving.push(Some(leaving));
        } else {
            session.leaving[slot] = Some(leaving);
        }
        let at_once = if self.spec.sending == Sending::Serial { 1 } else { copies };
        (0..at_once).for_each(|_| self.send_copy(place, slot as u32));
    }

    fn send_copy(&mut self, place: u32, slot: u32) {
        let session = &mut self.sessions[place as usize];
        let Some(leaving) = &mut session.leaving[slot as usize] else { return };
        (leaving.more, leaving.held) = (leaving.more - 1, leaving.held + 1);
        let (frame, grant) = (leaving.job.frame, leaving.grant);
        self.launch_reply(place, frame, grant, Task::Reply(slot));
    }

    /// One packet of those in which a frame is sent through reply blocks has left.
    pub(super) fn reply_left(&mut self, place: u32, slot: u32) {
        let session = &mut self.sessions[place as usize];
        let Some(leaving) = session.leaving.get_mut(slot as usize).and_then(Option::as_mut) else { return };
        leaving.held -= 1;
        if leaving.more > 0 {
            return self.send_copy(place, slot);
        }
        if leaving.held > 0 {
            return;
        }
        let job = leaving.job;
        session.leaving[slot as usize] = None;
        self.done(place, RECIPIENT, job.frame, job.task);
        self.work_off(place);
    }

    /// Sends a frame of the recipient at once, through the reply blocks that there are, be
    /// these fewer than copies are wanted.
    pub(super) fn reply_now(&mut self, place: u32, frame: Frame) {
        let session = &mut self.sessions[place as usize];
        let copies = self.spec.copies.min(session.stock);
        session.stock -= copies;
        let grant = session.grant(&self.spec);
        (0..copies).for_each(|_| self.launch_reply(place, frame, grant, Task::None));
    }

    /// A reply block is used: its creator has drawn the path.
    fn launch_reply(&mut self, place: u32, frame: Frame, grant: Grant, task: Task) {
        let session = &self.sessions[place as usize];
        let [creator, origin] = session.ends;
        let rng = &mut self.stations[creator.index()].path;
        let path: Path = self.pool.path(session.ends, self.spec.hops as usize - 1, &session.candidates, rng);
        let session = SessionId { place, generation: session.generation };
        let packet = Packet {
            session,
            side: RECIPIENT,
            frame,
            supply: None,
            grant,
            task,
            origin,
            receiver: creator,
            path,
            begun: Time::ZERO,
            hop: 0,
            left: false,
            life: 0,
        };
        self.launch(packet, true);
    }
}
