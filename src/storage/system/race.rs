//! Hosts that reserve one freed slot (codex-protocol.md 13.2, 13.3): each rebuilds it, who has it
//! first keeps it, and what the others fetch to their ends is in vain.
//!
//! One rebuild of the slot *leads*: it is the slot's own, and has its new host. Its *rivals* are
//! rebuilds of the same slot on other hosts, in a chain from the one that leads. A rival that is done
//! first, or whose leader has lost its host, takes the lead. When the slot is rebuilt, rivals are
//! *late*: in a chain of their unit until they too have fetched all. As long as fewer have
//! reserved a slot than may, the rebuild that leads stands in the queue of those that wait for hosts:
//! a host that has room and a worker again takes what waits first there, and a slot of which it takes
//! one of several reservations goes to the end.

use super::jobs::{Job, Stage};
use super::state::NONE;
use super::{History, Kind};

/// What the rebuild of a slot is to others of the same slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Race {
    /// It is the slot's own.
    Leads,
    /// It is a rival of that.
    Follows,
    /// Another was done before it.
    Late,
}

impl History<'_> {
    /// Hosts that reserve the slot of this rebuild too begin to rebuild it, as many as may and can;
    /// the others wait until they can.
    pub(super) fn begin_rivals(&mut self, leader: u32) {
        self.jobs[leader as usize].reserved = 1;
        while self.is_open(leader) {
            let Some(host) = self.choose_for_repair(self.jobs[leader as usize].slot) else {
                return self.wait_for_host(leader);
            };
            self.begin_rival(leader, host);
        }
    }

    /// Whether more hosts may reserve the slot of this rebuild. Where spans are drawn the first one's
    /// is, and no others are followed.
    pub(super) fn is_open(&self, leader: u32) -> bool {
        self.spec.repair.time.is_none() && self.jobs[leader as usize].reserved <= self.spec.rivals()
    }

    /// A host is there for a race that goes on; whether it takes part.
    pub(super) fn offer_race(&mut self, leader: u32, host: u32) -> bool {
        let Job { unit, slot, .. } = self.jobs[leader as usize];
        let takes_part = self.may_have(host, unit) && self.suits(host, slot);
        if takes_part {
            self.begin_rival(leader, host);
        }
        takes_part
    }

    fn begin_rival(&mut self, leader: u32, host: u32) {
        let Job { unit, slot, .. } = self.jobs[leader as usize];
        let rival = self.new_job(unit, slot);
        let Job { asked, began, missing, width, .. } = self.jobs[leader as usize];
        self.jobs[leader as usize].reserved += 1;
        let next = std::mem::replace(&mut self.jobs[leader as usize].rivals, rival);
        let of = &mut self.jobs[rival as usize];
        *of = Job { race: Race::Follows, rivals: next, node: host, asked, began, missing, width, ..*of };
        self.join(host, rival);
        self.note(Kind::Begins, unit);
        self.totals.rivals += 1;
        self.start_up(rival);
    }

    /// Books what the rivals of a rebuild move whose span was drawn.
    pub(super) fn book_rivals(&mut self, leader: u32) {
        let Job { unit, width, .. } = self.jobs[leader as usize];
        let rivals = u64::from(self.spec.rivals());
        let bytes = rivals * u64::from(width) * self.rules.fetched;
        self.totals.rivals += rivals;
        self.totals.lost_races += rivals;
        self.totals.raced_bytes += bytes;
        self.totals.repair_fetched += bytes;
        self.datasets[(unit / self.rules.units_per_dataset) as usize].outcome.repair_bytes += bytes;
    }

    /// Keeps room on a host for a rival.
    fn join(&mut self, host: u32, rival: u32) {
        self.hosts[host as usize].rivals.push(rival);
        self.refresh(host);
    }

    /// Gives that room up.
    fn quit(&mut self, host: u32, rival: u32) {
        self.hosts[host as usize].rivals.retain(|other| *other != rival);
        self.refresh(host);
        if self.hosts[host as usize].open {
            self.freed.push(host);
        }
    }

    /// Whether a host is in a race for a slot of the unit, or late in one.
    pub(super) fn races_for(&self, host: u32, unit: u32) -> bool {
        self.hosts[host as usize].rivals.iter().any(|rival| self.jobs[*rival as usize].unit == unit)
    }

    fn next_rival(&self, job: u32) -> Option<u32> {
        Some(self.jobs[job as usize].rivals).filter(|rival| *rival != NONE)
    }

    /// Takes a rival out of the chain that begins with the rivals of its leader, or with those of its
    /// unit that are late.
    fn unchain(&mut self, rival: u32) {
        let Job { unit, slot, race, rivals: next, .. } = self.jobs[rival as usize];
        let mut before = if race == Race::Late { NONE } else { self.slots[slot as usize].job };
        let first = if before == NONE { self.units[unit as usize].late } else { self.jobs[before as usize].rivals };
        let mut at = first;
        while at != rival {
            before = at;
            at = self.jobs[at as usize].rivals;
        }
        match self.jobs.get_mut(before as usize) {
            Some(of) => of.rivals = next,
            None => self.units[unit as usize].late = next,
        }
    }

    /// A rival takes the lead: the slot comes to its host, and who led is one of its rivals.
    pub(super) fn take_lead(&mut self, rival: u32) {
        let Job { slot, node, .. } = self.jobs[rival as usize];
        self.unchain(rival);
        let led = std::mem::replace(&mut self.slots[slot as usize].job, rival);
        let rivals = std::mem::replace(&mut self.jobs[led as usize].rivals, NONE);
        self.jobs[led as usize].race = Race::Follows;
        self.jobs[led as usize].rivals = rivals;
        let reserved = self.jobs[led as usize].reserved;
        let of = &mut self.jobs[rival as usize];
        (of.race, of.rivals, of.reserved) = (Race::Leads, led, reserved);
        self.expect_no_more(slot);
        self.quit(node, rival);
        self.expect(slot, node);
        self.join(self.jobs[led as usize].node, led);
    }

    /// The host of the rebuild that leads is not there any more: a rival takes the lead, if there is
    /// one.
    pub(super) fn hand_over(&mut self, leader: u32) -> bool {
        let Some(rival) = self.next_rival(leader) else { return false };
        self.take_lead(rival);
        self.drop_out(leader);
        if self.is_open(rival) {
            self.wait_for_host(rival);
        }
        true
    }

    /// A rival ends before it has the slot.
    fn drop_out(&mut self, rival: u32) {
        self.stop_parts(rival);
        self.unchain(rival);
        self.retire_rival(rival);
    }

    /// A rival has all, and the slot is another's.
    pub(super) fn end_late(&mut self, rival: u32) {
        self.totals.lost_races += 1;
        self.clear_parts(rival);
        self.unchain(rival);
        self.retire_rival(rival);
    }

    fn retire_rival(&mut self, rival: u32) {
        let Job { unit, node, bytes, .. } = self.jobs[rival as usize];
        self.note(Kind::OutOfRace, unit);
        self.totals.raced_bytes += bytes;
        self.quit(node, rival);
        self.retire(rival);
    }

    /// The slot of a rebuild is where it led to: its rivals are late.
    pub(super) fn end_race(&mut self, leader: u32) {
        let unit = self.jobs[leader as usize].unit as usize;
        while let Some(rival) = self.next_rival(leader) {
            self.unchain(rival);
            self.jobs[rival as usize].race = Race::Late;
            self.jobs[rival as usize].rivals = std::mem::replace(&mut self.units[unit].late, rival);
        }
    }

    /// The slot of a rebuild is not to be rebuilt any more: its rivals end.
    pub(super) fn call_off_race(&mut self, leader: u32) {
        while let Some(rival) = self.next_rival(leader) {
            self.drop_out(rival);
        }
    }

    /// A unit is kept no more: who is late ends.
    pub(super) fn end_all_late(&mut self, unit: u32) {
        while self.units[unit as usize].late != NONE {
            self.drop_out(self.units[unit as usize].late);
        }
    }

    /// A host is not there any more: what it raced for it gives up.
    pub(super) fn lose_rivals(&mut self, host: u32) {
        while let Some(rival) = self.hosts[host as usize].rivals.last() {
            self.drop_out(*rival);
        }
    }

    /// Rivals of a unit's rebuilds, and who is late, go on, or end when they have all.
    pub(super) fn feed_rivals(&mut self, unit: u32) {
        if self.spec.repair.reservations == 1 {
            return;
        }
        let mut rivals = std::mem::take(&mut self.racing);
        rivals.clear();
        let leading = self.slots_of(unit).map(|slot| slot.job).filter(|job| *job != NONE);
        for first in leading.map(|job| self.jobs[job as usize].rivals).chain([self.units[unit as usize].late]) {
            let some = |job: u32| Some(job).filter(|job| *job != NONE);
            let chain = std::iter::successors(some(first), |job| some(self.jobs[*job as usize].rivals));
            rivals.extend(chain.map(|job| (job, self.jobs[job as usize].stamp)));
        }
        for (rival, stamp) in &rivals {
            let of = &self.jobs[*rival as usize];
            if of.stamp == *stamp && of.stage == Stage::Running {
                self.feed(*rival);
            }
        }
        self.racing = rivals;
    }
}
