//! The books of a history: what adds up over time, samples, and what must hold at the end.

use super::super::WorkerSpec;
use super::super::outcome::{Sample, StorageOutcome, Totals};
use super::jobs::{Job, Stage};
use super::race::Race;
use super::state::{Counts, Host, NONE};
use super::{CHECKPOINTS, Event, History};
use crate::network::Bottleneck;
use crate::rng::mix;
use crate::units::Time;

/// Places among what holds a repair back.
const UPLINK: usize = 0;
const DOWNLINK: usize = 1;
const LIMIT: usize = 2;
const DISK: usize = 3;
const SOURCES: usize = 4;

/// Samples of a history, where no distance between them is given.
const SAMPLES: u64 = 200;

/// Counts integrated over time, in ns.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Integrals {
    units: u128,
    unreadable: u128,
    missing: u128,
}

impl History<'_> {
    /// Time goes on to this moment.
    pub(super) fn advance(&mut self, now: Time) {
        let span = u128::from(now.since(self.now).nanos());
        if span == 0 {
            return;
        }
        self.integrals.units += span * u128::from(self.counts.units);
        self.integrals.unreadable += span * u128::from(self.counts.unreadable);
        self.integrals.missing += span * u128::from(self.counts.gone + self.counts.away);
        while self.is_first && (self.checkpoints.len() as u64) < CHECKPOINTS {
            let next = self.spec.horizon / CHECKPOINTS * (self.checkpoints.len() as u64 + 1);
            if next > now {
                break;
            }
            self.checkpoints.push((next, self.digest));
        }
        self.now = now;
    }

    fn interval(&self) -> Time {
        self.spec.sample_every.unwrap_or(self.spec.horizon / SAMPLES)
    }

    /// Lists the next sample.
    pub(super) fn await_sample(&mut self) {
        let interval = self.interval();
        if interval > Time::ZERO && interval < Time::NEVER {
            self.list.push(self.now + interval, Event::Sample);
        }
    }

    /// Looks at how things stand, and at what each repair is held back by.
    pub(super) fn sample(&mut self) {
        let moved = |totals: &Totals| totals.repair_fetched + totals.repair_sent;
        let mut sample = Sample {
            time: self.now,
            missing: self.counts.gone,
            away: self.counts.away,
            lost: self.counts.units_lost,
            hosts_up: self.counts.hosts_up,
            repair_bytes: moved(&self.totals) - self.sampled_bytes,
            ..Sample::default()
        };
        self.sampled_bytes = moved(&self.totals);
        let interval = self.interval().secs();
        for job in 0..self.jobs.len() as u32 {
            let Job { unit, slot, stage, race, .. } = self.jobs[job as usize];
            if unit == NONE || race != Race::Leads {
                continue;
            }
            let slots = if slot == NONE { u64::from(self.units[unit as usize].noticed) } else { 1 };
            *if stage.has_begun() { &mut sample.rebuilding } else { &mut sample.waiting } += slots;
            let held = self.held_back(job);
            let all: f64 = held.iter().sum();
            if all > 0.0 {
                for (total, share) in self.totals.held_back_s.iter_mut().zip(held) {
                    *total += interval * share / all;
                }
            }
        }
        if self.is_first {
            self.series.push(sample);
        }
    }

    /// What holds a rebuild back, in proportion to its transfers.
    fn held_back(&mut self, job: u32) -> [f64; 5] {
        let mut held = [0.0; 5];
        let Job { stage, parts, .. } = self.jobs[job as usize];
        match stage {
            Stage::Idle | Stage::Queued | Stage::Homeless { limited: true } => held[LIMIT] = 1.0,
            Stage::Homeless { limited: false } | Stage::Homing => held[DISK] = 1.0,
            Stage::Starved => held[SOURCES] = 1.0,
            Stage::Starting | Stage::Running | Stage::Paused { .. } => {}
        }
        let Some(bulk) = self.bulk.as_mut().filter(|_| stage == Stage::Running) else { return held };
        let mut part = parts;
        while part != NONE {
            let of = &self.parts[part as usize];
            if of.flow != NONE {
                held[match bulk.pace(of.flow).1 {
                    Bottleneck::Uplink => UPLINK,
                    Bottleneck::Downlink => DOWNLINK,
                    _ => LIMIT,
                }] += 1.0;
            } else if of.left > 0 {
                held[SOURCES] += 1.0;
            }
            part = of.next;
        }
        held
    }

    /// The history is over: closes its books and adds them to the outcome.
    pub(super) fn finish(mut self, number: u32, outcome: &mut StorageOutcome) {
        for part in 0..self.parts.len() as u32 {
            self.stop(part); // what has come until now is booked
        }
        self.close();
        let violations = &mut outcome.violations;
        self.check(number, violations);
        self.outcome.units_lost = self.counts.units_lost as u32;
        outcome.histories.push(self.outcome);
        outcome.fingerprint = if number == 0 { self.digest } else { mix(outcome.fingerprint ^ self.digest) };
        outcome.events += self.events;
        outcome.warnings.append(&mut self.warnings);
        add(&mut outcome.totals, self.totals);
        if number == 0 {
            outcome.hosts = self.hosts.iter().map(|host| host.outcome).collect();
            outcome.datasets = self.datasets.iter().map(|dataset| dataset.outcome).collect();
            outcome.repairs = self.repairs;
            outcome.shocks = self.struck;
            outcome.series = self.series;
            outcome.checkpoints = self.checkpoints;
        }
    }

    /// Sums that are known at the end only.
    fn close(&mut self) {
        let secs = |nanos: u128| nanos as f64 / 1e9;
        let Integrals { units, unreadable, missing } = self.integrals;
        let slots = units * u128::from(self.rules.n);
        self.totals.unit_s = secs(units);
        self.totals.unreadable_unit_s = secs(unreadable);
        self.totals.missing_slot_s = secs(missing);
        let detect = &self.spec.detect;
        let mut marked = 0;
        if let Some(proofs) = &detect.proofs {
            marked = detect.misses.max(1);
            self.totals.proofs = secs(slots - missing) * proofs.probability / proofs.period.secs();
        }
        self.totals.transactions = self.totals.proofs
            + self.freed_slots as f64 * f64::from(marked + 1)
            + self.ended_slots as f64
            + (self.totals.repairs + self.totals.rivals) as f64
            + (self.totals.rebuilt + self.totals.lost_races) as f64;
        for (index, host) in self.hosts.iter_mut().enumerate() {
            host.outcome.slots = host.slots.len() as u32;
            if host.up {
                host.outcome.up_s += self.now.since(host.since).secs();
            }
            if let Some(node) = self.nodes.get(index) {
                (host.outcome.received, host.outcome.sent) = (node.received, node.sent);
            }
        }
        for dataset in &mut self.datasets {
            if dataset.unreadable > 0 && dataset.outcome.lost.is_none() {
                dataset.outcome.unreadable_s += self.now.since(dataset.since).secs();
            }
        }
    }

    /// What must hold.
    fn check(&self, number: u32, violations: &mut Vec<String>) {
        let mut say = |what: String| violations.push(format!("history {number}: {what}"));
        let sent: u64 = self.nodes.iter().map(|node| node.sent).sum();
        let received: u64 = self.nodes.iter().map(|node| node.received).sum();
        let moved = self.totals.repair_fetched + self.totals.repair_sent;
        if self.bulk.is_some() && (sent != moved || received != moved) {
            say(format!("books: {moved} bytes were moved to repair, {sent} sent and {received} received"));
        }
        self.check_links(&mut say);
        self.check_slots(&mut say);
    }

    fn check_links(&self, say: &mut dyn FnMut(String)) {
        for (index, node) in self.nodes.iter().enumerate() {
            let of_worker = |of: WorkerSpec| (of.up.bytes_per_second(), of.down.bytes_per_second());
            let worker = self.spec.repair.worker.map_or((f64::INFINITY, f64::INFINITY), of_worker);
            let of_class = |host: &Host| &self.rules.classes[host.class as usize];
            let (up, down) = self.hosts.get(index).map(of_class).map_or(worker, |class| (class.up, class.down));
            for (bytes, rate, what) in [(node.sent, up, "sent"), (node.received, down, "received")] {
                let most = rate * self.now.secs();
                if bytes as f64 > most * (1.0 + 1e-9) + 1.0 {
                    say(format!("node {index} {what} {bytes} bytes, its link carries {most} in that time"));
                }
            }
        }
    }

    /// Counts everything again.
    pub(super) fn check_slots(&self, say: &mut dyn FnMut(String)) {
        let mut counts =
            Counts { hosts_up: self.counts.hosts_up, units_lost: self.counts.units_lost, ..Counts::default() };
        let mut hosts: Vec<u32> = Vec::new();
        for (unit, of) in (0..).zip(&self.units).filter(|(_, of)| !of.lost) {
            hosts.clear();
            hosts.extend(self.slots_of(unit).map(|slot| slot.host).filter(|host| *host != NONE));
            let gone = self.rules.n - hosts.len() as u32;
            let missing = self.slots_of(unit).filter(|slot| !self.is_up(slot.host)).count() as u32;
            let noticed = self.slots_of(unit).filter(|slot| slot.is_noticed()).count() as u32;
            if (gone, missing, noticed) != (of.gone, of.missing, of.noticed) || gone > self.rules.m {
                say(format!(
                    "unit {unit} has {gone} slots gone, {missing} missing, {noticed} noticed, and counts {of:?}"
                ));
            }
            counts.units += 1;
            counts.unreadable += u64::from(missing > self.rules.m);
            counts.gone += u64::from(gone);
            counts.away += u64::from(missing - gone);
            hosts.sort_unstable();
            if hosts.windows(2).any(|pair| pair[0] == pair[1]) {
                say(format!("unit {unit} has two slots on one host"));
            }
        }
        if counts != self.counts {
            say(format!("{counts:?} slots were counted, {:?} are in the books", self.counts));
        }
        let listed: usize = self.hosts.iter().map(|host| host.slots.len()).sum();
        let placed = self.slots.iter().filter(|slot| slot.host != NONE).count();
        if listed != placed {
            say(format!("{placed} slots are on hosts, {listed} are on their lists"));
        }
        for (number, host) in self.hosts.iter().enumerate() {
            let (most, room) = (host.outcome.most_slots, self.rules.classes[host.class as usize].room);
            if most > room {
                say(format!("host {number} had {most} slots, and room for {room}"));
            }
        }
    }
}

/// Adds the sums of a history to those of others.
fn add(all: &mut Totals, of: Totals) {
    all.deaths += of.deaths;
    all.absences += of.absences;
    all.shocks += of.shocks;
    all.slots_lost += of.slots_lost;
    all.repairs += of.repairs;
    all.rebuilt += of.rebuilt;
    all.unneeded += of.unneeded;
    all.given_up += of.given_up;
    all.repair_fetched += of.repair_fetched;
    all.repair_sent += of.repair_sent;
    all.unneeded_bytes += of.unneeded_bytes;
    all.given_up_bytes += of.given_up_bytes;
    all.rivals += of.rivals;
    all.lost_races += of.lost_races;
    all.raced_bytes += of.raced_bytes;
    all.waited_s += of.waited_s;
    all.times_to_repair.append(of.times_to_repair);
    all.unreadable_unit_s += of.unreadable_unit_s;
    all.unit_s += of.unit_s;
    all.missing_slot_s += of.missing_slot_s;
    all.proofs += of.proofs;
    all.transactions += of.transactions;
    for (all, of) in all.held_back_s.iter_mut().zip(of.held_back_s) {
        *all += of;
    }
}
