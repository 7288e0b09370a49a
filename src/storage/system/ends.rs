//! How rebuilds end: done, given up, or not needed any more.

use super::super::outcome::{MOST_REPAIRS, RepairOutcome};
use super::jobs::{Job, Stage};
use super::race::Race;
use super::state::NONE;
use super::{History, Kind};
use crate::units::Time;

/// What became of the rebuild of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Rebuilt,
    GivenUp,
    Unneeded,
}

impl History<'_> {
    /// Whether a slot is to be rebuilt and has no host to go to yet: it is gone, or noticed to be
    /// away.
    fn is_to_rebuild(&self, slot: u32) -> bool {
        let of = &self.slots[slot as usize];
        of.target == NONE && (of.is_noticed() || of.host == NONE)
    }

    /// Whether any slot of a unit is.
    fn is_any_to_rebuild(&self, unit: u32) -> bool {
        self.numbers_of(unit).any(|slot| self.is_to_rebuild(slot))
    }

    /// A slot that a rebuild may bring to a host, if there is one.
    fn to_rebuild_on(&self, job: u32, host: u32) -> Option<u32> {
        let Job { unit, slot, .. } = self.jobs[job as usize];
        let mut slots = if slot == NONE { self.numbers_of(unit) } else { slot..slot + 1 };
        slots.find(|slot| self.is_to_rebuild(*slot) && self.suits(host, *slot))
    }

    /// Whether a host is of no use to a rebuild that waits for one.
    pub(super) fn is_of_no_use(&self, job: u32, host: u32) -> bool {
        let Job { unit, .. } = self.jobs[job as usize];
        let suits = self.to_rebuild_on(job, host).is_some() || !self.is_any_to_rebuild(unit);
        !suits || !self.may_have(host, unit)
    }

    /// A slot of a rebuild that waits for a host and the host that it goes to: what is offered, or
    /// one that is chosen.
    pub(super) fn home(&mut self, job: u32, offered: Option<u32>) -> Option<(u32, u32)> {
        let Job { unit, slot, .. } = self.jobs[job as usize];
        match offered {
            Some(host) => self.to_rebuild_on(job, host).map(|slot| (slot, host)),
            None if slot == NONE => self.next_home(unit),
            None => self.choose_for_repair(slot).map(|host| (slot, host)),
        }
    }

    /// The first slot of a unit that is to be rebuilt and for which there is a host, and that.
    fn next_home(&mut self, unit: u32) -> Option<(u32, u32)> {
        let mut refused = None; // the class that had no host for a slot before
        for slot in self.numbers_of(unit) {
            if !self.is_to_rebuild(slot) || refused == Some(self.class_of(slot)) {
                continue;
            }
            if let Some(host) = self.choose_for_repair(slot) {
                return Some((slot, host));
            }
            refused = Some(self.class_of(slot));
        }
        None
    }

    /// The rebuild of one slot is done.
    pub(super) fn end_one(&mut self, job: u32) {
        let Job { slot, bytes, race, .. } = self.jobs[job as usize];
        match race {
            Race::Leads => {}
            Race::Follows => self.take_lead(job),
            Race::Late => return self.end_late(job),
        }
        self.rebuilt(job, slot, bytes);
        self.end_race(job);
        self.release(job);
        self.clear_parts(job);
        self.forget(job);
    }

    /// A slot is on its new host. The copy of a host that is away is not wanted any more.
    pub(super) fn rebuilt(&mut self, job: u32, slot: u32, bytes: u64) {
        self.note(Kind::Rebuilt, slot);
        let of = self.slots[slot as usize];
        let (unit, due) = (self.unit_of(slot), self.due(slot));
        self.record(job, slot, bytes, End::Rebuilt);
        if of.host == NONE {
            self.counts.gone -= 1;
            self.units[unit as usize].gone -= 1;
        } else {
            self.counts.away -= 1;
            self.totals.unneeded += 1;
            self.totals.unneeded_bytes += bytes;
            self.take(slot);
        }
        self.expect_no_more(slot);
        self.put(slot, of.target);
        self.found(slot);
        self.totals.rebuilt += 1;
        self.datasets[(unit / self.rules.units_per_dataset) as usize].outcome.rebuilt += 1;
        self.totals.times_to_repair.add(self.now.since(of.lost).secs());
        self.totals.waited_s += self.jobs[job as usize].began.since(due).secs();
    }

    /// Since when the slot was to be rebuilt: it was noticed to be missing, and of its unit so few
    /// slots were left that its repair began. What was lost while all are made good together was
    /// so from then on.
    fn due(&self, slot: u32) -> Time {
        let (noticed, due) = (self.slots[slot as usize].noticed, self.units[self.unit_of(slot) as usize].due);
        if noticed == Time::NEVER { due } else { noticed.max(due) }
    }

    fn record(&mut self, job: u32, slot: u32, bytes: u64, end: End) {
        if !self.is_first || self.repairs.len() == MOST_REPAIRS {
            return;
        }
        let (of, Job { asked, began, missing, .. }) = (self.slots[slot as usize], self.jobs[job as usize]);
        self.repairs.push(RepairOutcome {
            unit: u64::from(self.unit_of(slot)),
            slot: slot % self.rules.n,
            lost: of.lost,
            noticed: of.noticed.min(self.now),
            due: self.due(slot),
            asked,
            began,
            missing,
            held_up: self.held_up(job),
            ended: self.now,
            host: of.target,
            bytes,
            rebuilt: end == End::Rebuilt,
            unneeded: end == End::Unneeded || (end == End::Rebuilt && of.host != NONE),
        });
    }

    /// Ends what a rebuild was doing before it was done.
    fn break_off(&mut self, job: u32, end: End) {
        let unit = self.jobs[job as usize].unit;
        self.note(Kind::BreaksOff, unit);
        self.call_off_race(job);
        self.stop_parts(job);
        let Job { slot, bytes, .. } = self.jobs[job as usize];
        let slots = if slot == NONE { self.numbers_of(unit) } else { slot..slot + 1 };
        let targets = slots.clone().filter(|slot| self.slots[*slot as usize].target != NONE).count() as u64;
        for slot in slots {
            if self.slots[slot as usize].target != NONE {
                self.record(job, slot, bytes / targets, end);
                self.expect_no_more(slot);
            }
        }
        match end {
            End::Unneeded => self.totals.unneeded_bytes += bytes,
            _ => {
                self.totals.given_up += 1;
                self.totals.given_up_bytes += bytes;
            }
        }
        self.release(job);
        let of = &mut self.jobs[job as usize];
        (of.stage, of.bytes, of.stamp) = (Stage::Idle, 0, of.stamp + 1);
    }

    /// A rebuild cannot go on where it was, and begins again.
    pub(super) fn give_up(&mut self, job: u32) {
        self.break_off(job, End::GivenUp);
    }

    /// The host is not there any more that this slot was coming to.
    pub(super) fn target_lost(&mut self, slot: u32) {
        let unit = self.unit_of(slot);
        let job = self.job_of(slot);
        let Job { slot: one, node, .. } = self.jobs[job as usize];
        if one != NONE && self.hand_over(job) {
            return;
        }
        if one != NONE || node == self.slots[slot as usize].target {
            return self.give_up(job);
        }
        self.drop_target(job, slot);
        self.look_at(unit);
    }

    /// The rebuild that a slot is in, by itself or with others.
    fn job_of(&self, slot: u32) -> u32 {
        let job = self.slots[slot as usize].job;
        if job == NONE { self.units[self.unit_of(slot) as usize].whole } else { job }
    }

    /// A slot is back: its rebuild is not needed any more.
    pub(super) fn call_off(&mut self, slot: u32) {
        let job = self.job_of(slot);
        if job == NONE {
            return;
        }
        let (unit, of) = (self.unit_of(slot), self.jobs[job as usize]);
        let target = self.slots[slot as usize].target;
        if of.slot != NONE || self.units[unit as usize].noticed == 0 {
            if of.stage.has_begun() {
                self.break_off(job, End::Unneeded);
            }
            self.forget(job);
        } else if target != NONE && target == of.node {
            self.break_off(job, End::Unneeded); // others are missing still
        } else if target != NONE {
            self.drop_target(job, slot);
        }
        self.look_at(unit);
    }

    /// All repairs of a unit end: it is lost.
    pub(super) fn end_repairs(&mut self, unit: u32) {
        for slot in self.numbers_of(unit) {
            self.end_repair(self.slots[slot as usize].job);
        }
        self.end_repair(self.units[unit as usize].whole);
        self.end_all_late(unit);
    }

    fn end_repair(&mut self, job: u32) {
        if job == NONE {
            return;
        }
        if self.jobs[job as usize].stage.has_begun() {
            self.break_off(job, End::GivenUp);
        }
        self.forget(job);
    }

    /// The span of a repair of all slots together is over: all of them are good.
    pub(super) fn end_whole_span(&mut self, job: u32) {
        let unit = self.jobs[job as usize].unit;
        let missing = self.numbers_of(unit).filter(|slot| {
            let of = &self.slots[*slot as usize];
            of.is_noticed() || of.host == NONE
        });
        let missing = missing.count() as u32;
        self.book_span(job, missing);
        self.aim(job);
        self.end_wave(job);
    }

    /// Chooses hosts for all slots that are to be rebuilt together; how many there are.
    pub(super) fn aim(&mut self, job: u32) -> u32 {
        let unit = self.jobs[job as usize].unit;
        let mut aimed = 0;
        while let Some((slot, host)) = self.next_home(unit) {
            self.expect(slot, host);
            aimed += 1;
        }
        aimed
    }

    /// Whether the new host that fetched for others is not there any more. It has a slot of
    /// the unit itself by the time that this is asked.
    fn lacks_leader(&self, job: u32) -> bool {
        let Job { unit, node, .. } = self.jobs[job as usize];
        let leads = self.bulk.is_some() && !self.serves_others();
        leads && !(self.is_up(node) && self.slots_of(unit).any(|slot| slot.host == node))
    }

    /// What of a unit is on its way together has come.
    pub(super) fn end_wave(&mut self, job: u32) {
        let Job { unit, bytes, .. } = self.jobs[job as usize];
        let coming = |slot: &&super::state::Slot| slot.target != NONE;
        let count = self.slots_of(unit).filter(coming).count() as u64;
        for slot in self.numbers_of(unit) {
            if self.slots[slot as usize].target != NONE {
                self.rebuilt(job, slot, bytes / count);
            }
        }
        self.jobs[job as usize].bytes = 0;
        self.clear_parts(job);
        if !self.is_any_to_rebuild(unit) {
            self.release(job);
            return self.forget(job);
        }
        if self.lacks_leader(job) {
            return self.give_up(job);
        }
        if self.spec.repair.time.is_none() && self.aim(job) > 0 {
            return self.send_on(job);
        }
        self.jobs[job as usize].stage = Stage::Homing;
        self.wait_for_host(job);
    }

    /// A host is there for one of the slots that were rebuilt together.
    pub(super) fn bring_home(&mut self, job: u32, host: u32) {
        let Some(slot) = self.to_rebuild_on(job, host) else {
            self.release(job);
            return self.forget(job);
        };
        if self.lacks_leader(job) {
            return self.give_up(job);
        }
        self.expect(slot, host);
        self.jobs[job as usize].stage = Stage::Running;
        if self.bulk.is_some() { self.send_on(job) } else { self.end_wave(job) }
    }
}
