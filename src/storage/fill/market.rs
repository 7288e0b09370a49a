//! Requests, the hosts that hear of them, reservations, and what expires.

use super::queue::{Fit, SlotQueue};
use super::{Event, Fill, NONE, ROOM, Sale, TO_FREE, TO_REQUEST, TO_RESERVE, TO_WITHDRAW};
use crate::rng::{Purpose, Rng, mix};
use crate::storage::{Dispersal, FillSpec};
use crate::units::{Bytes, Time};
use std::ops::Range;

/// A request.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Unit {
    expiry: Time,
    /// Slots filled.
    pub filled: u32,
}

/// A slot of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    /// Whether it can be reserved.
    is_open: bool,
    reservations: u32,
    /// From when on some host could have reserved it.
    offered: Time,
    /// Who filled it.
    pub host: u32,
    /// Who has it and hands it on, where hosts do that.
    pub source: u32,
    /// What its host received for it.
    pub bytes: u64,
}

impl Default for Slot {
    fn default() -> Self {
        Slot { is_open: false, reservations: 0, offered: Time::NEVER, host: NONE, source: NONE, bytes: 0 }
    }
}

/// A host in the market.
#[derive(Debug)]
pub(super) struct Host {
    /// Bytes of its disk that are free and not reserved.
    pub room: u64,
    /// Workers without a slot.
    pub idle: u32,
    queue: SlotQueue,
    /// When all that it encodes is encoded.
    pub encoded: Time,
    /// Its name, as hashed.
    pub name: u64,
    /// Decides when it comes upon a request, before which others.
    pub haste: u64,
    /// Decides the order of slots that expire together.
    taste: u64,
}

impl Host {
    /// Host `number`, with so much space.
    pub fn new(space: Bytes, rules: &FillSpec, seed: u64, number: u32) -> Self {
        let mut chance = Rng::stream(seed, Purpose::SlotQueues, u64::from(number));
        Host {
            room: space.get(),
            idle: rules.slot_workers,
            queue: SlotQueue::new(rules.queue),
            encoded: Time::ZERO,
            name: chance.next_u64(),
            haste: chance.next_u64(),
            taste: chance.next_u64(),
        }
    }
}

impl Fill<'_> {
    /// A client requests a unit. Where hosts encode, the slots that they encode come to the
    /// market when there is something to make them of.
    pub(super) fn request(&mut self, unit: u32) {
        self.outcome.transactions += TO_REQUEST;
        self.units[unit as usize].expiry = self.now + self.rules.expiry;
        self.events.push(self.now + self.rules.expiry, Event::Expired(unit));
        let slots = self.slots_of(unit);
        let end = if self.rules.dispersal == Dispersal::HostsEncode { self.parity_of(unit).start } else { slots.end };
        self.offer(unit, slots.start..end);
    }

    /// The slots of a unit beyond the first K.
    pub(super) fn parity_of(&self, unit: u32) -> Range<u32> {
        let slots = self.slots_of(unit);
        slots.start + self.spec.code.data..slots.end
    }

    /// Slots of a unit come to the market. With a window hosts hear of each when their turn
    /// has come; without, all hosts hear of it, one after another in an order that is drawn
    /// for each unit, and who has nothing to do reserves at once.
    pub(super) fn offer(&mut self, unit: u32, slots: Range<u32>) {
        for slot in slots.clone() {
            let slot = &mut self.slots[slot as usize];
            (slot.is_open, slot.offered) = (true, self.now);
        }
        if self.window.is_some() {
            slots.for_each(|slot| self.await_turn(slot, 0));
            return;
        }
        let mut order = std::mem::take(&mut self.order);
        let salt = mix(u64::from(slots.start));
        order.iter_mut().for_each(|(rank, host)| *rank = mix(self.hosts[*host as usize].haste ^ salt));
        order.sort_unstable();
        for (_, host) in &order {
            if !slots.clone().any(|slot| self.slots[slot as usize].is_open) {
                break;
            }
            slots.clone().for_each(|slot| self.hear(unit, slot, *host));
            self.work(*host);
        }
        self.order = order;
    }

    /// A host puts a slot that is open into its queue.
    fn hear(&mut self, unit: u32, slot: u32, host: u32) {
        if !self.slots[slot as usize].is_open {
            return;
        }
        let (slots, Host { queue, taste, .. }) = (&self.slots, &mut self.hosts[host as usize]);
        let place = (self.units[unit as usize].expiry, mix(*taste ^ u64::from(slot)));
        queue.push(slot, place, self.gone, |slot| !slots[slot as usize].is_open);
    }

    /// Waits until the next host may reserve a slot.
    fn await_turn(&mut self, slot: u32, turn: u32) {
        let (unit, name) = (self.unit_of(slot), self.name(slot));
        let Some((_, after)) = self.window.as_ref().and_then(|window| window.turn(name, turn)) else { return };
        let requested = self.units[unit as usize].expiry - self.rules.expiry;
        let at = (requested + after).max(self.now);
        if turn == 0 {
            self.slots[slot as usize].offered = at;
        }
        self.events.push(at, Event::Turn(slot, turn));
    }

    /// The next host may reserve a slot, if it still is in the market.
    pub(super) fn turn(&mut self, slot: u32, turn: u32) {
        if !self.slots[slot as usize].is_open {
            return;
        }
        let name = self.name(slot);
        let Some((host, _)) = self.window.as_ref().and_then(|window| window.turn(name, turn)) else { return };
        self.hear(self.unit_of(slot), slot, host);
        self.work(host);
        if self.slots[slot as usize].is_open {
            self.await_turn(slot, turn + 1);
        }
    }

    /// A host takes slots out of its queue for as long as it has a worker and room for one.
    pub(super) fn work(&mut self, host: u32) {
        let (size, total) = (self.spec.slot_size().get(), self.spec.code.total);
        while self.hosts[host as usize].idle > 0 && self.hosts[host as usize].room >= size {
            let (slots, members) = (&self.slots, &self.members);
            let fit = |slot: u32| match slots[slot as usize].is_open {
                false => Fit::Gone,
                true if members.has(slot / total, host) => Fit::Held,
                true => Fit::Free,
            };
            let Some(slot) = self.hosts[host as usize].queue.take(fit) else { return };
            self.reserve(host, slot);
        }
    }

    /// A host reserves a slot, and a worker of it begins.
    fn reserve(&mut self, host: u32, slot: u32) {
        self.outcome.reservations += 1;
        self.outcome.transactions += TO_RESERVE;
        let place = &mut self.slots[slot as usize];
        place.reservations += 1;
        let (is_first, offered) = (place.reservations == 1, place.offered);
        if is_first {
            self.outcome.held_back_s[ROOM] += self.now.since(offered).secs();
        }
        if self.slots[slot as usize].reservations == self.rules.reservations {
            self.take_off(slot);
        }
        self.members.add(self.unit_of(slot), host);
        let space = &mut self.hosts[host as usize];
        space.room -= self.spec.slot_size().get();
        space.idle -= 1;
        self.begin(host, slot, is_first);
    }

    /// A slot leaves the market.
    pub(super) fn take_off(&mut self, slot: u32) {
        self.gone += u64::from(std::mem::replace(&mut self.slots[slot as usize].is_open, false));
    }

    /// A request that is not filled is cancelled: what was filled is freed, who fetches stops.
    pub(super) fn expire(&mut self, unit: u32) {
        if self.units[unit as usize].filled == self.spec.code.total {
            return;
        }
        self.outcome.transactions += TO_WITHDRAW;
        let freed: Vec<u32> = self.members.of(unit).collect();
        self.stop_sales(unit, &freed);
        for slot in self.slots_of(unit) {
            self.free(slot);
        }
        for host in &freed {
            self.members.remove(unit, *host);
        }
        self.decide(unit, false);
        for host in freed {
            self.work(host);
        }
    }

    /// A dataset was kept for as long as was asked for: its data are deleted, and who has room now
    /// takes another slot. What ends when all is given in is no part of the filling.
    pub(super) fn end_dataset(&mut self, number: u32) {
        if self.outcome.filled + self.outcome.cancelled == self.spec.data.count {
            return;
        }
        let units = self.spec.units_per_dataset() as u32;
        for unit in number * units..(number + 1) * units {
            for slot in self.slots_of(unit) {
                // Who still fetches it, in vain, frees its own room when it has lost.
                let host = self.slots[slot as usize].host;
                self.outcome.transactions += TO_FREE;
                self.members.remove(unit, host);
                self.hosts[host as usize].room += self.spec.slot_size().get();
                self.work(host);
            }
        }
    }

    /// A slot of a request that was cancelled.
    fn free(&mut self, slot: u32) {
        self.take_off(slot);
        let Slot { host, bytes, reservations, offered, .. } = self.slots[slot as usize];
        if reservations == 0 {
            self.outcome.held_back_s[ROOM] += self.now.since(offered).secs();
        }
        if host != NONE {
            self.outcome.wasted_bytes += bytes;
            self.outcome.transactions += TO_FREE;
            self.outcome.slots[host as usize] -= 1;
            self.hosts[host as usize].room += self.spec.slot_size().get();
            self.slots[slot as usize].host = NONE;
        }
    }

    /// The places for sales of a host.
    pub(super) fn sales_of(&self, host: u32) -> Range<u32> {
        host * self.rules.slot_workers..(host + 1) * self.rules.slot_workers
    }

    /// The sale of a host in a unit, if it works on a slot of it.
    pub(super) fn sale_in(&self, unit: u32, host: u32) -> Option<u32> {
        self.sales_of(host).find(|sale| {
            let Sale { slot, .. } = self.sales[*sale as usize];
            slot != NONE && self.unit_of(slot) == unit
        })
    }
}
