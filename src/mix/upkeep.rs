//! What is overdue: what was not acknowledged, and ends that are silent.

use super::packet::{Frame, SessionId, Task};
use super::session::{INITIATOR, RECIPIENT};
use super::{Alarm, Mix, Out};
use crate::units::Time;

impl Mix {
    /// The session is looked at by `at` at the latest.
    pub(super) fn wake_by(&mut self, place: u32, at: Time) {
        let session = &mut self.sessions[place as usize];
        if at < session.due {
            session.due = at;
            let id = SessionId { place, generation: session.generation };
            self.out.push_back(Out::Alarm(at, session.ends[INITIATOR], Alarm::Session(id)));
        }
    }

    pub(super) fn look_after(&mut self, id: SessionId) {
        let Some(place) = self.place(id).filter(|place| self.sessions[*place as usize].due == self.now) else {
            return; // it is looked at earlier or later
        };
        self.sessions[place as usize].due = Time::NEVER;
        self.mind_initiator(place);
        self.mind_recipient(place);
        if self.place(id).is_none() {
            return; // it is over
        }
        self.mind_streams(place);
        let deadline = self.sessions[place as usize].deadline(&self.spec);
        if deadline < Time::NEVER {
            self.wake_by(place, deadline.max(self.now + Time::from_nanos(1)));
        }
    }

    /// The initiator sends reply blocks again, asks whether anybody is there, or gives up.
    fn mind_initiator(&mut self, place: u32) {
        let session = &mut self.sessions[place as usize];
        if !session.alive[INITIATOR] {
            return;
        }
        let late = |at: Time| at + self.spec.timeout <= self.now;
        for supplied in session.unconfirmed.iter_mut().filter(|supplied| late(supplied.at)) {
            supplied.at = self.now;
            session.resupply.push_back(supplied.supply);
            self.tally.supplied_again += 1;
        }
        let silent = session.silence(&self.spec) <= self.now;
        let [me, other] = session.ends;
        if !silent {
            self.supply(place);
        } else if !session.stands[INITIATOR] {
            self.out.push_back(Out::Refused(me, other, session.channel));
            self.end(place, INITIATOR);
        } else if session.probes < self.spec.probes {
            session.probes += 1;
            let supply = session.give(self.spec.copies, self.now);
            self.forward(place, Frame::Probe, supply, Task::None);
            self.supply(place);
        } else {
            self.tally.died += 1;
            self.out.push_back(Out::Ended(me, other, session.channel));
            self.end(place, INITIATOR);
        }
    }

    /// The recipient, which cannot ask, bears as long a silence as the initiator.
    fn mind_recipient(&mut self, place: u32) {
        let session = &mut self.sessions[place as usize];
        let patience = self.spec.probe_after + self.spec.timeout * (u64::from(self.spec.probes) + 1);
        if session.alive[RECIPIENT] && session.heard[RECIPIENT] + patience <= self.now {
            let [other, me] = session.ends;
            self.out.push_back(Out::Ended(me, other, session.channel));
            self.end(place, RECIPIENT);
        }
    }

    /// Both ends send again what was not answered.
    fn mind_streams(&mut self, place: u32) {
        for stream in 0..self.sessions[place as usize].streams.len() {
            let of = &mut self.sessions[place as usize].streams[stream];
            let unanswered = of.asked.is_some_and(|at| at + self.spec.timeout <= self.now);
            let again = [INITIATOR, RECIPIENT].map(|side| of.halves[side].overdue(self.now, self.spec.timeout));
            if unanswered {
                self.open_stream(place, stream as u8);
            }
            for side in [INITIATOR, RECIPIENT] {
                self.tally.sent_again += u64::from(again[side]);
                self.pump(place, stream as u8, side);
            }
        }
    }
}
