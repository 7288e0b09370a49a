//! Rebuilds: which wait for what, and which are under way.

use super::super::RepairBy;
use super::race::Race;
use super::state::NONE;
use super::{Event, History, Kind};
use crate::units::Time;

/// How far a rebuild is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It waits until its unit is looked at, perhaps for its turn among the rebuilds of it.
    Idle,
    /// It waits for a worker.
    Queued,
    /// It waits for a host to go to: for room, or for fewer rebuilds there.
    Homeless { limited: bool },
    /// It waits for sources.
    Starved,
    /// It has begun, and nothing moves yet.
    Starting,
    /// It is under way.
    Running,
    /// It is held up while its new host is away: before it moved anything, or after.
    Paused { moved: bool },
    /// All was fetched; what was rebuilt together waits for hosts to go to.
    Homing,
}

impl Stage {
    pub fn has_begun(self) -> bool {
        matches!(self, Stage::Starting | Stage::Running | Stage::Paused { .. } | Stage::Homing)
    }
}

/// The rebuild of one slot, or of all of a unit together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job {
    pub unit: u32,
    /// [`NONE`] is all.
    pub slot: u32,
    pub stage: Stage,
    /// Which of its events, and of its places in queues, counts.
    pub stamp: u32,
    /// Who fetches: a host, a worker or an owner.
    pub node: u32,
    /// The worker that it has.
    pub worker: u32,
    pub began: Time,
    /// Since when its own unit does not hold it back.
    pub asked: Time,
    /// Slots of its unit that were missing when it began.
    pub missing: u32,
    /// For how long it was held up while its new host was away; while it is, when it would have been
    /// so since.
    pub held_up: Time,
    /// When the span is over that it is in; while it is held up, how long is left of that.
    pub over: Time,
    /// Slots that it fetches.
    pub width: u32,
    /// Its transfers, the first of a chain.
    pub parts: u32,
    /// How many of these are not through.
    pub open: u32,
    /// Bytes moved for slots that are not rebuilt yet.
    pub bytes: u64,
    /// What it is to other rebuilds of its slot.
    pub race: Race,
    /// The first of its rivals; of a rival, the next of these.
    pub rivals: u32,
    /// Hosts that have reserved its slot, where it leads.
    pub reserved: u32,
}

impl History<'_> {
    /// Puts a unit on the list of those to be looked at, when what happens now has happened.
    pub(super) fn look_at(&mut self, unit: u32) {
        if !self.units[unit as usize].listed {
            self.units[unit as usize].listed = true;
            self.dirty.push(unit);
        }
    }

    /// After each event: begins what can begin now.
    pub(super) fn settle(&mut self) {
        loop {
            let mut at = 0;
            while at < self.dirty.len() {
                let unit = self.dirty[at];
                self.units[unit as usize].listed = false;
                self.consider(unit);
                self.feed_rivals(unit);
                at += 1;
            }
            self.dirty.clear();
            self.offer_hosts();
            self.next_in_queue();
            if self.dirty.is_empty() && self.freed.is_empty() {
                return;
            }
        }
    }

    /// Repairs of a unit begin or go on, as far as that is asked for.
    fn consider(&mut self, unit: u32) {
        let of = &mut self.units[unit as usize];
        let whole = of.whole;
        if of.lost || self.spec.repair.by == RepairBy::Nobody {
            return;
        }
        of.starving = false;
        if whole != NONE && self.jobs[whole as usize].stage.has_begun() {
            return self.push_on(whole);
        }
        let was_repairing = of.repairing;
        of.repairing = of.noticed > 0 && (of.repairing || self.rules.n - of.noticed <= self.rules.threshold);
        if !was_repairing {
            of.due = self.now;
        }
        if !of.repairing {
            if whole != NONE {
                self.forget(whole); // what it waited to rebuild is back
            }
            return;
        }
        if !self.spec.repair.together {
            return self.consider_each(unit);
        }
        if of.whole == NONE {
            let job = self.new_job(unit, NONE);
            self.units[unit as usize].whole = job;
        }
        self.push_on(self.units[unit as usize].whole);
    }

    /// Slots by themselves, first those of which it was noticed first.
    fn consider_each(&mut self, unit: u32) {
        let mut order = std::mem::take(&mut self.noticed);
        order.clear();
        for slot in self.numbers_of(unit) {
            let of = self.slots[slot as usize];
            if !of.is_noticed() {
                continue;
            }
            if of.job == NONE {
                self.slots[slot as usize].job = self.new_job(unit, slot);
            }
            order.push((of.noticed, slot));
        }
        order.sort_unstable();
        for (_, slot) in &order {
            self.push_on(self.slots[*slot as usize].job);
        }
        self.noticed = order;
    }

    /// Begins a rebuild that waits for its unit, or feeds one that lacks sources.
    fn push_on(&mut self, job: u32) {
        match self.jobs[job as usize].stage {
            Stage::Idle | Stage::Starved => self.begin(job, None),
            Stage::Running if self.bulk.is_some() => self.feed(job),
            _ => {}
        }
    }

    /// A rebuild that waits to be begun.
    pub(super) fn new_job(&mut self, unit: u32, slot: u32) -> u32 {
        let stamp = self.jobs_free.last().map_or(0, |job| self.jobs[*job as usize].stamp);
        let job = Job {
            unit,
            slot,
            stage: Stage::Idle,
            stamp,
            node: NONE,
            worker: NONE,
            began: Time::ZERO,
            asked: Time::ZERO,
            missing: 0,
            held_up: Time::ZERO,
            over: Time::ZERO,
            width: 0,
            parts: NONE,
            open: 0,
            bytes: 0,
            race: Race::Leads,
            rivals: NONE,
            reserved: 0,
        };
        let Some(free) = self.jobs_free.pop() else {
            self.jobs.push(job);
            return self.jobs.len() as u32 - 1;
        };
        self.jobs[free as usize] = job;
        free
    }

    /// Begins a rebuild, on the host that is offered or on one that is chosen, or says what
    /// it waits for.
    fn begin(&mut self, job: u32, offered: Option<u32>) {
        let Job { unit, slot, stage, stamp, .. } = self.jobs[job as usize];
        let (repair, of) = (&self.spec.repair, &self.units[unit as usize]);
        let width = self.spec.sources(of.missing);
        let is_new = matches!(stage, Stage::Idle | Stage::Starved);
        let out_of_turn = is_new && !self.queue.is_empty();
        if is_new {
            self.jobs[job as usize].asked = self.now;
        }
        if repair.parallel > 0 && of.running >= repair.parallel {
            self.jobs[job as usize].stage = Stage::Idle;
        } else if self.rules.n - of.missing < width {
            self.jobs[job as usize].stage = Stage::Starved;
            self.units[unit as usize].starving = true;
        } else if repair.workers > 0 && (out_of_turn || self.busy >= repair.workers) {
            self.jobs[job as usize].stage = Stage::Queued;
            self.queue.push_back((job, stamp));
        } else if slot == NONE && (repair.time.is_some() || self.serves_others()) {
            self.set_off(job, width, NONE);
        } else {
            match self.home(job, offered) {
                Some((slot, host)) => {
                    self.expect(slot, host);
                    self.set_off(job, width, host);
                    self.begin_rivals(job);
                }
                None => self.wait_for_host(job),
            }
        }
    }

    /// No host may get what is rebuilt: it waits until one is offered.
    pub(super) fn wait_for_host(&mut self, job: u32) {
        let Job { unit, slot, stage, stamp, .. } = self.jobs[job as usize];
        if !stage.has_begun() {
            let limited = self.spec.repair.per_host > 0 && self.has_room(unit, slot);
            self.jobs[job as usize].stage = Stage::Homeless { limited };
        }
        let queue = self.homes_of(unit);
        self.homeless[queue].push_back((job, stamp));
        self.homeless_count += 1;
    }

    /// Whether any host that is there has room for the slot of the unit, or for one of all.
    fn has_room(&self, unit: u32, slot: u32) -> bool {
        let mut up = self.hosts.iter().enumerate().filter(|(_, of)| of.up);
        up.any(|(host, of)| {
            let room = of.taken() < self.rules.classes[of.class as usize].room as usize;
            room && self.suits(host as u32, slot) && !self.is_in(host as u32, unit)
        })
    }

    /// The queue in which rebuilds of a unit wait for hosts.
    fn homes_of(&self, unit: u32) -> usize {
        if self.homeless.len() > 1 { self.group_of(unit) as usize } else { 0 }
    }

    /// A host for a slot that is rebuilt, if there is one.
    pub(super) fn choose_for_repair(&mut self, slot: u32) -> Option<u32> {
        let unit = self.unit_of(slot);
        let mut draws = self.units[unit as usize].draws.clone();
        let host = self.choose(unit, self.class_of(slot), &mut draws);
        self.units[unit as usize].draws = draws;
        host
    }

    /// Whether those who repair do so for others.
    pub(super) fn serves_others(&self) -> bool {
        matches!(self.spec.repair.by, RepairBy::Worker | RepairBy::Owner)
    }

    /// A rebuild begins.
    fn set_off(&mut self, job: u32, width: u32, host: u32) {
        let (unit, repair) = (self.jobs[job as usize].unit, &self.spec.repair);
        self.note(Kind::Begins, unit);
        self.totals.repairs += 1;
        self.units[unit as usize].running += 1;
        self.busy += 1;
        let worker = if repair.by == RepairBy::Worker { self.idle.pop().unwrap_or(0) } else { NONE };
        let of = &mut self.jobs[job as usize];
        (of.began, of.width, of.worker) = (self.now, width, worker);
        (of.missing, of.held_up) = (self.units[unit as usize].missing, Time::ZERO);
        of.node = match repair.by {
            RepairBy::Worker => self.spec.hosts.count + worker,
            RepairBy::Owner => self.spec.hosts.count + unit / self.rules.units_per_dataset,
            _ => host,
        };
        self.start_up(job);
    }

    /// A rebuild begins to fetch, or the span begins that it takes.
    pub(super) fn start_up(&mut self, job: u32) {
        let (unit, repair) = (self.jobs[job as usize].unit, &self.spec.repair);
        self.jobs[job as usize].stage = Stage::Starting;
        if let Some(time) = repair.time {
            let span = super::span(time, &mut self.units[unit as usize].draws);
            self.jobs[job as usize].stage = Stage::Running;
            self.await_job(job, span);
        } else if repair.transfer.startup > Time::ZERO {
            self.await_job(job, repair.transfer.startup);
        } else {
            self.launch(job);
        }
    }

    /// Lists the end of a span of a rebuild.
    pub(super) fn await_job(&mut self, job: u32, span: Time) {
        let of = &mut self.jobs[job as usize];
        of.over = self.now + span;
        self.list.push(of.over, Event::Job { job, stamp: of.stamp });
    }

    /// The span of a rebuild is over, or that before its first byte; whether it still counts.
    pub(super) fn job_due(&mut self, job: u32, stamp: u32) -> bool {
        let of = self.jobs[job as usize];
        if of.stamp != stamp {
            return false;
        }
        if of.stage == Stage::Starting {
            self.note(Kind::Starts, of.unit);
            self.launch(job);
        } else if of.slot == NONE {
            self.end_whole_span(job);
        } else {
            self.book_span(job, 1);
            self.book_rivals(job);
            self.end_one(job);
        }
        true
    }

    /// A worker, and a turn among the rebuilds of its unit, are free again.
    pub(super) fn release(&mut self, job: u32) {
        let Job { unit, worker, .. } = self.jobs[job as usize];
        self.units[unit as usize].running -= 1;
        self.busy -= 1;
        if worker != NONE && self.spec.repair.workers > 0 {
            self.idle.push(worker);
        }
        self.look_at(unit);
    }

    /// Forgets a rebuild that has not begun, or was released.
    pub(super) fn forget(&mut self, job: u32) {
        let Job { unit, slot, .. } = self.jobs[job as usize];
        match self.slots.get_mut(slot as usize) {
            Some(of) => of.job = NONE,
            None => self.units[unit as usize].whole = NONE,
        }
        self.retire(job);
    }

    /// The place of a rebuild that nothing points at any more is free for another.
    pub(super) fn retire(&mut self, job: u32) {
        self.jobs[job as usize].stamp += 1;
        self.jobs[job as usize].stage = Stage::Idle;
        self.jobs[job as usize].unit = NONE;
        self.jobs_free.push(job);
    }

    /// Free workers take what has waited longest.
    fn next_in_queue(&mut self) {
        while self.busy < self.spec.repair.workers {
            let Some((job, stamp)) = self.queue.pop_front() else { return };
            if self.jobs[job as usize].stamp == stamp {
                self.begin(job, None);
            }
        }
    }

    /// Offers hosts that may get slots again to rebuilds that wait for one.
    fn offer_hosts(&mut self) {
        let mut at = 0;
        while at < self.freed.len() && self.homeless_count > 0 {
            let host = self.freed[at];
            let queue = if self.homeless.len() > 1 { self.domain_of(host) } else { Some(0) };
            if let Some(queue) = queue {
                self.offer(host, queue as usize);
            }
            at += 1;
        }
        self.freed.clear();
    }

    /// Offers a host to those that wait in a queue, as long as it may get slots.
    fn offer(&mut self, host: u32, queue: usize) {
        for _ in 0..self.homeless[queue].len() {
            if !self.hosts[host as usize].open {
                return;
            }
            let Some((job, stamp)) = self.homeless[queue].pop_front() else { return };
            let of = self.jobs[job as usize];
            if of.stamp != stamp || of.race != Race::Leads {
                self.homeless_count -= 1;
            } else if of.slot != NONE && of.stage.has_begun() {
                if self.offer_race(job, host) && !self.is_open(job) {
                    self.homeless_count -= 1;
                } else {
                    self.homeless[queue].push_back((job, stamp));
                }
            } else if self.is_of_no_use(job, host) {
                self.homeless[queue].push_back((job, stamp));
            } else {
                self.homeless_count -= 1;
                if of.stage == Stage::Homing { self.bring_home(job, host) } else { self.begin(job, Some(host)) }
            }
        }
    }
}
