//! What the worker of a host does with a slot that it reserved (codex-protocol.md 13.3):
//! fetch it, or what it is made of; prove; fill.

use super::traffic::Sender;
use super::{ENCODING, Event, Fill, NONE, TO_FILL};
use crate::storage::Dispersal;
use crate::units::Time;

/// A worker and what it works on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sale {
    /// The slot; [`NONE`] when it has nothing to do.
    pub slot: u32,
    /// How many slots it has begun with.
    begun: u32,
    from: Origin,
    /// Flows that have not ended.
    flows: u32,
    /// Bytes received.
    bytes: u64,
}

impl Default for Sale {
    fn default() -> Self {
        Sale { slot: NONE, begun: 0, from: Origin::Client, flows: 0, bytes: 0 }
    }
}

/// Where a slot comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The client.
    Client,
    /// The first host that reserved it, once that has it.
    First,
    /// The hosts of the data slots, of which it is encoded.
    Data,
}

impl Fill<'_> {
    /// Whether a worker still is at the slot that it had begun with when it had begun with so many.
    pub(super) fn is_on(&self, sale: u32, begun: u32) -> bool {
        let now = self.sales[sale as usize];
        now.slot != NONE && now.begun == begun
    }

    fn host_of(&self, sale: u32) -> u32 {
        sale / self.rules.slot_workers
    }

    /// A worker of a host begins with a slot that nobody reserved before, or somebody.
    pub(super) fn begin(&mut self, host: u32, slot: u32, is_first: bool) {
        let idle = |sale: &u32| self.sales[*sale as usize].slot == NONE;
        let sale = self.sales_of(host).find(idle).expect("a worker is idle");
        let from = match self.rules.dispersal {
            Dispersal::HostsRelay if !is_first => Origin::First,
            Dispersal::HostsEncode if self.parity_of(self.unit_of(slot)).contains(&slot) => Origin::Data,
            _ => Origin::Client,
        };
        let begun = self.sales[sale as usize].begun.wrapping_add(1);
        self.sales[sale as usize] = Sale { slot, begun, from, flows: 0, bytes: 0 };
        if from != Origin::First || self.slots[slot as usize].source != NONE {
            self.download(sale);
        }
    }

    /// A download begins; its bytes come when it has started up.
    fn download(&mut self, sale: u32) {
        self.outcome.downloads += 1;
        let startup = self.spec.repair.transfer.startup;
        self.after(startup, sale, Event::Began, Self::fetch);
    }

    /// What is next in a sale: after a span an event, or at once where there is no span.
    fn after(&mut self, span: Time, sale: u32, event: fn(u32, u32) -> Event, next: fn(&mut Self, u32)) {
        if span == Time::ZERO {
            next(self, sale);
        } else {
            self.events.push(self.now + span, event(sale, self.sales[sale as usize].begun));
        }
    }

    /// The bytes of a download begin to flow.
    pub(super) fn fetch(&mut self, sale: u32) {
        let Sale { slot, from, .. } = self.sales[sale as usize];
        let unit = self.unit_of(slot);
        match from {
            Origin::Client => self.flow(sale, Sender::Client(self.client_of(unit))),
            Origin::First => self.flow(sale, Sender::Host(self.slots[slot as usize].source)),
            Origin::Data => {
                for data in self.slots_of(unit).start..self.parity_of(unit).start {
                    self.flow(sale, Sender::Host(self.slots[data as usize].host));
                }
            }
        }
    }

    fn flow(&mut self, sale: u32, from: Sender) {
        self.sales[sale as usize].flows += 1;
        self.traffic.start(self.now, sale, from, self.host_of(sale), self.slot_bytes);
    }

    /// A flow has ended.
    pub(super) fn arrived(&mut self, flow: u32) {
        let (sale, bytes) = self.traffic.end(self.now, flow);
        let Sale { flows, bytes: received, from, slot, .. } = &mut self.sales[sale as usize];
        *flows -= 1;
        *received += bytes;
        if *flows > 0 {
            return;
        }
        match (*from, self.rules.dispersal) {
            (Origin::Data, _) => self.encode(sale),
            (Origin::Client, Dispersal::HostsRelay) => {
                let slot = *slot;
                self.hand_on(sale, slot);
                self.prove(sale);
            }
            _ => self.prove(sale),
        }
    }

    /// The first host that reserved a slot has it: those who wait for it get it from there.
    fn hand_on(&mut self, first: u32, slot: u32) {
        let unit = self.unit_of(slot);
        self.slots[slot as usize].source = self.host_of(first);
        let mut hosts = std::mem::take(&mut self.scratch);
        hosts.extend(self.members.of(unit));
        for host in hosts.drain(..) {
            let waiting = self.sale_in(unit, host).filter(|sale| *sale != first);
            if let Some(sale) = waiting.filter(|sale| self.sales[*sale as usize].slot == slot) {
                self.download(sale);
            }
        }
        self.scratch = hosts;
    }

    /// A host encodes a slot, after what it encodes already.
    fn encode(&mut self, sale: u32) {
        let host = self.host_of(sale) as usize;
        self.outcome.held_back_s[ENCODING] += self.encode.secs();
        self.hosts[host].encoded = self.hosts[host].encoded.max(self.now) + self.encode;
        self.after(self.hosts[host].encoded.since(self.now), sale, Event::Encoded, Self::prove);
    }

    /// A host proves that it has a slot.
    pub(super) fn prove(&mut self, sale: u32) {
        self.after(self.rules.proving, sale, Event::Proved, Self::try_to_fill);
    }

    /// A host fills a slot, unless another was first.
    pub(super) fn try_to_fill(&mut self, sale: u32) {
        self.outcome.transactions += TO_FILL;
        let (host, Sale { slot, bytes, .. }) = (self.host_of(sale), self.sales[sale as usize]);
        let unit = self.unit_of(slot);
        if self.slots[slot as usize].host == NONE {
            self.end(sale);
            self.filled(unit, slot, host, bytes);
        } else {
            self.give_up(sale);
            self.members.remove(unit, host);
        }
        self.work(host);
    }

    fn filled(&mut self, unit: u32, slot: u32, host: u32, bytes: u64) {
        let place = &mut self.slots[slot as usize];
        (place.host, place.bytes) = (host, bytes);
        self.take_off(slot);
        self.outcome.slots[host as usize] += 1;
        self.units[unit as usize].filled += 1;
        let filled = self.units[unit as usize].filled;
        if filled == self.spec.code.total {
            self.decide(unit, true);
        } else if self.rules.dispersal == Dispersal::HostsEncode && filled == self.spec.code.data {
            self.offer(unit, self.parity_of(unit));
        }
    }

    /// A worker has nothing to do any more.
    fn end(&mut self, sale: u32) {
        self.sales[sale as usize].slot = NONE;
        let host = self.host_of(sale);
        self.hosts[host as usize].idle += 1;
    }

    /// A worker ends without a slot: what it received is wasted.
    fn give_up(&mut self, sale: u32) {
        self.outcome.wasted_bytes += self.sales[sale as usize].bytes;
        let host = self.host_of(sale) as usize;
        self.hosts[host].room += self.spec.slot_size().get();
        self.end(sale);
    }

    /// All sales in a unit end without a slot; `hosts` are those that work on it.
    pub(super) fn stop_sales(&mut self, unit: u32, hosts: &[u32]) {
        let (sales, total) = (&self.sales, self.spec.code.total);
        let carried = self.traffic.cut(self.now, |sale| sales[sale as usize].slot / total == unit);
        for (sale, bytes) in carried {
            self.sales[sale as usize].bytes += bytes;
        }
        for host in hosts {
            if let Some(sale) = self.sale_in(unit, *host) {
                self.give_up(sale);
            }
        }
    }
}
