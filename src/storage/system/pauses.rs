//! Rebuilds that wait for their new host while it is away.

use super::History;
use super::jobs::{Job, Stage};
use super::state::NONE;
use crate::units::Time;

impl History<'_> {
    /// Holds up a rebuild whose new host has gone away: its transfers stop, and what has come is
    /// kept.
    fn pause(&mut self, job: u32) {
        let of = &mut self.jobs[job as usize];
        of.over = of.over.since(self.now);
        of.held_up = self.now.since(of.held_up);
        of.stamp += 1;
        of.stage = Stage::Paused { moved: of.stage == Stage::Running };
        let mut part = of.parts;
        while part != NONE {
            self.interrupt(part);
            part = self.parts[part as usize].next;
        }
    }

    /// Goes on with a rebuild whose new host is back.
    fn resume(&mut self, job: u32) {
        let Job { unit, over, stage, .. } = self.jobs[job as usize];
        self.jobs[job as usize].held_up = self.held_up(job);
        let moves = stage == Stage::Paused { moved: true };
        self.jobs[job as usize].stage = if moves { Stage::Running } else { Stage::Starting };
        if moves && self.bulk.is_some() {
            self.look_at(unit); // which finds sources
        } else {
            self.await_job(job, over);
        }
    }

    /// For how long a rebuild was held up.
    pub(super) fn held_up(&self, job: u32) -> Time {
        let Job { held_up, stage, .. } = self.jobs[job as usize];
        if matches!(stage, Stage::Paused { .. }) { self.now.since(held_up) } else { held_up }
    }

    /// Holds up all rebuilds onto a host, which is away.
    pub(super) fn pause_all(&mut self, host: u32) {
        for at in 0..self.hosts[host as usize].incoming.len() {
            self.pause(self.slots[self.hosts[host as usize].incoming[at] as usize].job);
        }
    }

    /// Goes on with them.
    pub(super) fn resume_all(&mut self, host: u32) {
        for at in 0..self.hosts[host as usize].incoming.len() {
            self.resume(self.slots[self.hosts[host as usize].incoming[at] as usize].job);
        }
    }
}
