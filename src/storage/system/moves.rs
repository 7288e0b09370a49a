//! What rebuilds move over links: transfers from sources, and on to new hosts.
//!
//! A rebuild fetches from as many slots as it takes, all at once, and what is sent on to new
//! hosts goes out while that comes in: it ends when the last of these transfers does. A
//! transfer that reaches only a share of its links' rate is one of as many more bytes; the
//! books have those that are useful.

use super::super::pace::Links;
use super::jobs::{Job, Stage};
use super::race::Race;
use super::state::NONE;
use super::{History, Kind};
use crate::units::Rate;

/// A transfer of a rebuild.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub job: u32,
    /// What is fetched, or sent on to its new host; [`NONE`] while no source has it.
    pub slot: u32,
    pub is_sent_on: bool,
    pub from: u32,
    pub to: u32,
    /// Bytes still to come.
    pub left: u64,
    /// Its number among transfers; [`NONE`] when it waits or is through.
    pub flow: u32,
    /// The next of its rebuild.
    pub next: u32,
    /// Its places in the lists of its two ends.
    pub at: [u32; 2],
}

impl History<'_> {
    /// Transfers of a rebuild begin.
    pub(super) fn launch(&mut self, job: u32) {
        let Job { slot, node, width, race, .. } = self.jobs[job as usize];
        self.jobs[job as usize].stage = Stage::Running;
        let bytes = self.rules.fetched;
        for _ in 0..width {
            self.add_part(Part { to: node, left: bytes, ..waiting(job) });
        }
        if slot == NONE {
            self.aim(job);
        }
        if race == Race::Leads {
            self.send_on(job);
        }
        self.feed(job);
    }

    /// Sends slots on to the hosts that they are coming to, other than who sends.
    pub(super) fn send_on(&mut self, job: u32) {
        let Job { unit, slot, node, .. } = self.jobs[job as usize];
        let slots = if slot == NONE { self.numbers_of(unit) } else { slot..slot + 1 };
        let to_send = |slot: u32| Some(self.slots[slot as usize].target).filter(|to| *to != NONE && *to != node);
        let count = slots.clone().filter(|slot| to_send(*slot).is_some()).count();
        let most = self.spec.repair.rate_limit.map_or(f64::INFINITY, Rate::bytes_per_second);
        let limit = most / count.max(1) as f64;
        for slot in slots {
            let to = self.slots[slot as usize].target;
            if to != NONE && to != node {
                let left = self.rules.pushed;
                let part = self.add_part(Part { slot, is_sent_on: true, from: node, to, left, ..waiting(job) });
                self.start(part, limit);
            }
        }
    }

    fn add_part(&mut self, part: Part) -> u32 {
        let of = &mut self.jobs[part.job as usize];
        let part = Part { next: of.parts, ..part };
        let number = self.parts_free.pop().unwrap_or(self.parts.len() as u32);
        (of.parts, of.open) = (number, of.open + 1);
        match self.parts.get_mut(number as usize) {
            Some(place) => *place = part,
            None => self.parts.push(part),
        }
        number
    }

    /// The parts of a rebuild, by number.
    pub(super) fn parts_of_job(&self, job: u32) -> impl Iterator<Item = u32> {
        let next = |part: u32| Some(part).filter(|part| *part != NONE);
        std::iter::successors(next(self.jobs[job as usize].parts), move |part| next(self.parts[*part as usize].next))
    }

    /// Finds sources for what a rebuild has none for, at random among slots that are there
    /// and that it has nothing from; what is through when nothing is missing ends.
    pub(super) fn feed(&mut self, job: u32) {
        let Job { unit, slot, node, width, open, .. } = self.jobs[job as usize];
        if open == 0 {
            return if slot == NONE { self.end_wave(job) } else { self.end_one(job) };
        }
        let lacks = |part: &u32| self.parts[*part as usize].left > 0 && self.parts[*part as usize].flow == NONE;
        if !self.parts_of_job(job).any(|part| lacks(&part)) {
            return;
        }
        let mut sources = std::mem::take(&mut self.sources);
        sources.clear();
        let used = |slot: u32| self.parts_of_job(job).any(|part| self.parts[part as usize].slot == slot);
        sources
            .extend(self.numbers_of(unit).filter(|slot| self.is_up(self.slots[*slot as usize].host) && !used(*slot)));
        let limit = self.spec.most_of_links(self.links_of(node), width) / f64::from(width.max(1));
        let mut part = self.jobs[job as usize].parts;
        while part != NONE {
            let of = self.parts[part as usize];
            if of.left > 0 && of.flow == NONE {
                if sources.is_empty() {
                    self.units[unit as usize].starving = true;
                    break;
                }
                let drawn = self.units[unit as usize].draws.below(sources.len() as u64) as usize;
                let slot = sources.swap_remove(drawn);
                self.parts[part as usize].slot = slot;
                self.parts[part as usize].from = self.slots[slot as usize].host;
                self.start(part, limit);
            }
            part = of.next;
        }
        self.sources = sources;
    }

    /// The links of who fetches, and of sources in the mean.
    fn links_of(&self, node: u32) -> Links {
        let class = self.hosts.get(node as usize).map(|host| &self.rules.classes[host.class as usize]);
        let down = class.map_or(self.rules.links.down, |class| class.down);
        Links { down, ..self.rules.links }
    }

    fn start(&mut self, part: u32, limit: f64) {
        let Part { from, to, left, .. } = self.parts[part as usize];
        let Some(bulk) = &mut self.bulk else { return };
        let flow = bulk.start(self.now, (from, to), left as f64 / self.spec.repair.transfer.efficiency, limit);
        self.parts[part as usize].flow = flow;
        if self.part_of.len() <= flow as usize {
            self.part_of.resize(flow as usize + 1, NONE);
        }
        self.part_of[flow as usize] = part;
        for (end, node) in [from, to].into_iter().enumerate() {
            let list = &mut self.nodes[node as usize].parts;
            self.parts[part as usize].at[end] = list.len() as u32;
            list.push(part);
        }
    }

    /// Ends the transfer of a part, if one is under way, and books what it carried.
    pub(super) fn stop(&mut self, part: u32) {
        let Part { job, is_sent_on, from, to, left, flow, at, .. } = self.parts[part as usize];
        let Some(bulk) = self.bulk.as_mut().filter(|_| flow != NONE) else { return };
        let efficiency = self.spec.repair.transfer.efficiency;
        let all = left as f64 / efficiency;
        let carried = bulk.stop(self.now, flow);
        let bytes = if carried >= all { left } else { ((carried.max(0.0) * efficiency) as u64).min(left) };
        self.parts[part as usize].flow = NONE;
        self.parts[part as usize].left -= bytes;
        for (node, place) in [from, to].into_iter().zip(at) {
            let list = &mut self.nodes[node as usize].parts;
            list.swap_remove(place as usize);
            if let Some(moved) = list.get(place as usize) {
                let moved = &mut self.parts[*moved as usize];
                moved.at[usize::from(moved.to == node)] = place;
            }
        }
        self.nodes[from as usize].sent += bytes;
        self.nodes[to as usize].received += bytes;
        self.book(job, if is_sent_on { (0, bytes) } else { (bytes, 0) });
    }

    /// Books bytes that were moved for a rebuild: fetched, and sent on.
    pub(super) fn book(&mut self, job: u32, (fetched, sent): (u64, u64)) {
        self.totals.repair_fetched += fetched;
        self.totals.repair_sent += sent;
        let of = &mut self.jobs[job as usize];
        of.bytes += fetched + sent;
        let dataset = &mut self.datasets[(of.unit / self.rules.units_per_dataset) as usize];
        dataset.outcome.repair_bytes += fetched + sent;
    }

    /// Books what a rebuild of so many slots moves whose span was drawn, whatever it moves: it
    /// is on nobody's links.
    pub(super) fn book_span(&mut self, job: u32, slots: u32) {
        let Job { width, slot, .. } = self.jobs[job as usize];
        let on = match (self.serves_others(), slot == NONE) {
            (true, _) => slots,
            (false, true) => slots.saturating_sub(1),
            (false, false) => 0,
        };
        self.book(job, (u64::from(width) * self.rules.fetched, u64::from(on) * self.rules.pushed));
    }

    /// A transfer is through.
    pub(super) fn flow_ended(&mut self, flow: u32) {
        let part = self.part_of[flow as usize];
        self.stop(part);
        let Part { job, .. } = self.parts[part as usize];
        let unit = self.jobs[job as usize].unit;
        self.note(Kind::Delivered, unit);
        self.parts[part as usize].left = 0;
        self.jobs[job as usize].open -= 1;
        if self.jobs[job as usize].open == 0 {
            self.look_at(unit);
        }
    }

    /// A transfer whose end is not there any more: another source is looked for, and who sent
    /// on what it had fetched gives up.
    pub(super) fn end_lost(&mut self, part: u32, host: u32) {
        let Part { job, is_sent_on, from, .. } = self.parts[part as usize];
        if is_sent_on || from != host {
            return self.give_up(job);
        }
        self.interrupt(part);
        self.look_at(self.jobs[job as usize].unit);
    }

    /// Stops the transfer of a part, if one is under way: what is left of it may come from anywhere.
    pub(super) fn interrupt(&mut self, part: u32) {
        let Part { job, flow, .. } = self.parts[part as usize];
        if flow == NONE {
            return;
        }
        self.stop(part);
        self.parts[part as usize].slot = NONE;
        if self.parts[part as usize].left == 0 {
            self.jobs[job as usize].open -= 1; // its last byte had just left
        }
    }

    /// One of the slots that are rebuilt together is not coming to its host.
    pub(super) fn drop_target(&mut self, job: u32, slot: u32) {
        let found = self.parts_of_job(job).find(|part| {
            let of = &self.parts[*part as usize];
            of.is_sent_on && of.slot == slot && of.left > 0
        });
        if let Some(part) = found {
            self.stop(part);
            self.parts[part as usize].left = 0;
            self.jobs[job as usize].open -= 1;
        }
        self.expect_no_more(slot);
    }

    /// Stops all transfers of a rebuild.
    pub(super) fn stop_parts(&mut self, job: u32) {
        let mut part = self.jobs[job as usize].parts;
        while part != NONE {
            self.stop(part);
            part = self.parts[part as usize].next;
        }
        self.clear_parts(job);
    }

    /// Forgets the transfers of a rebuild, which are through or were stopped.
    pub(super) fn clear_parts(&mut self, job: u32) {
        let mut part = std::mem::replace(&mut self.jobs[job as usize].parts, NONE);
        while part != NONE {
            self.parts_free.push(part);
            part = self.parts[part as usize].next;
        }
        self.jobs[job as usize].open = 0;
    }
}

/// A part of a rebuild that has no source yet.
fn waiting(job: u32) -> Part {
    Part { job, slot: NONE, is_sent_on: false, from: NONE, to: NONE, left: 0, flow: NONE, next: NONE, at: [NONE; 2] }
}
