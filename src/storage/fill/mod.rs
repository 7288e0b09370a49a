//! How datasets come to their hosts: the story before a storage run begins.
//!
//! Clients encode and request; a request has one slot for each of a unit's. Hosts hear of it,
//! queue its slots (`queue`), reserve some (`market`), fetch, prove and fill them (`sale`).
//! The first to fill a slot has it. A host that is fetching when another fills the slot goes on
//! and loses when it fills, as in Codex (codex-protocol.md 13.3), so all that it fetched is
//! wasted. A request that expires with slots unfilled is cancelled, and its slots are freed; those
//! of a dataset that was kept for as long as it was asked for are too, and its data make room.
//!
//! A host works on one slot of a unit at a time and fills no other. The real market does not
//! forbid more (codex-protocol.md 13.2): a host may there fill several slots of a request,
//! which saves it nothing and costs the request its independence.

mod bound;
mod market;
mod members;
mod queue;
mod sale;
#[cfg(test)]
mod tests;
mod traffic;
mod window;

use super::outcome::{FILL_HELD_BACK, FillOutcome};
use super::{Class, Dispersal, FillSpec, StorageSpec};
use crate::engine::EventList;
use crate::rng::{Purpose, Rng};
use crate::units::Time;
use market::{Host, Slot, Unit};
use members::Members;
use sale::Sale;
use traffic::Traffic;
use window::Window;

/// Nobody.
const NONE: u32 = u32::MAX;

/// Places among what holds back of [`FILL_HELD_BACK`].
const ENCODING: usize = 3;
const ROOM: usize = FILL_HELD_BACK.len() - 1;

/// Transactions (codex-protocol.md 13.5): of a request, approval and the request.
const TO_REQUEST: u64 = 2;
/// Of a client that takes back the funds of a request that was cancelled.
const TO_WITHDRAW: u64 = 1;
/// Of a reservation.
const TO_RESERVE: u64 = 1;
/// Of filling a slot, and of trying to when another was first: approval and proof.
const TO_FILL: u64 = 2;
/// Of a host that frees a slot of a request that was cancelled or has ended.
const TO_FREE: u64 = 1;

/// What happens at a moment known before. A worker comes with how many slots it had begun with:
/// what concerns a slot that it gave up finds it at another or at none.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// A unit is encoded and requested.
    Requested(u32),
    /// So many hosts nearer to a slot may reserve it; now the next may.
    Turn(u32, u32),
    /// A request expires.
    Expired(u32),
    /// A dataset was kept for as long as was asked for.
    Ended(u32),
    /// The first byte of a download.
    Began(u32, u32),
    /// A host has encoded a slot.
    Encoded(u32, u32),
    /// The proof of a slot is there.
    Proved(u32, u32),
}

/// A dataset that is given in.
#[derive(Debug, Clone, Copy, Default)]
struct Dataset {
    /// When.
    given_in: Time,
    /// Units neither filled nor cancelled.
    undecided: u32,
    cancelled: bool,
}

#[derive(Debug, Clone, Copy)]
struct Client {
    /// The next dataset that it gives in.
    next: u32,
    /// When all that it encodes is encoded.
    encoded: Time,
}

/// A fill under way.
struct Fill<'a> {
    spec: &'a StorageSpec,
    rules: FillSpec,
    seed: u64,
    now: Time,
    events: EventList<Event>,
    traffic: Traffic,
    clients: Vec<Client>,
    datasets: Vec<Dataset>,
    units: Vec<Unit>,
    slots: Vec<Slot>,
    hosts: Vec<Host>,
    /// Of each host as many as it has workers.
    sales: Vec<Sale>,
    members: Members,
    window: Option<Window>,
    /// Slots that have left the market.
    gone: u64,
    /// The hosts in the order in which they come upon a request.
    order: Vec<(u64, u32)>,
    /// The hosts of a unit while its slots are handed on.
    scratch: Vec<u32>,
    slot_bytes: u64,
    encode: Time,
    outcome: FillOutcome,
}

/// Gives all datasets of `spec` in and follows them to their hosts; time zero is when the
/// first is given in.
///
/// # Panics
/// When the specification does not say how datasets come to their hosts, or has more than
/// 2^32 slots.
pub fn fill(spec: &StorageSpec, seed: u64) -> FillOutcome {
    fill_while(spec, seed, &mut |_| true).expect("nobody ends it")
}

/// Events between two looks whether it is to go on.
const BETWEEN_LOOKS: u64 = 4096;

/// The same as long as `goes_on`, which is told how far it is every few thousand events; nothing
/// when that ended it.
///
/// # Panics
/// As [`fill`].
pub fn fill_while(spec: &StorageSpec, seed: u64, goes_on: &mut dyn FnMut(Time) -> bool) -> Option<FillOutcome> {
    let rules = spec.fill.expect("how datasets come to their hosts");
    let mut fill = Fill::new(spec, rules, seed);
    for client in 0..rules.clients {
        (0..rules.at_a_time).for_each(|_| fill.give_in(client));
    }
    fill.run(goes_on).then(|| fill.close())
}

impl<'a> Fill<'a> {
    fn new(spec: &'a StorageSpec, rules: FillSpec, seed: u64) -> Self {
        let (hosts, units) = (spec.hosts.count, spec.units() as usize);
        let slots = units * spec.code.total as usize;
        assert!(u32::try_from(slots).is_ok(), "slots are counted in 32 bits");
        let undecided = spec.units_per_dataset() as u32;
        let classes = spec.hosts.by_class();
        let of_class =
            |class: &Class| class.hosts.clone().map(|host| Host::new(class.disk, &rules, seed, host)).collect();
        let all: Vec<Host> = classes.iter().flat_map(|class| -> Vec<Host> { of_class(class) }).collect();
        let names = all.iter().map(|host| host.name);
        Fill {
            window: rules.window.map(|half| Window::new(half, rules.expiry, names)),
            spec,
            rules,
            seed,
            now: Time::ZERO,
            events: EventList::new(),
            traffic: Traffic::new(spec, rules.clients, rules.up),
            clients: (0..rules.clients).map(|next| Client { next, encoded: Time::ZERO }).collect(),
            datasets: vec![Dataset { undecided, ..Dataset::default() }; spec.data.count as usize],
            units: vec![Unit::default(); units],
            slots: vec![Slot::default(); slots],
            sales: vec![Sale::default(); (hosts * rules.slot_workers) as usize],
            members: Members::new(units, hosts),
            gone: 0,
            order: all.iter().zip(0..).map(|(host, number)| (host.haste, number)).collect(),
            scratch: Vec::new(),
            hosts: all,
            slot_bytes: bound::wire_bytes(spec),
            encode: bound::encode_time(spec, &rules),
            outcome: FillOutcome {
                slots: vec![0; hosts as usize],
                filled_at: vec![Time::NEVER; spec.data.count as usize],
                bound: bound::bound(spec, &rules),
                ..FillOutcome::default()
            },
        }
    }

    /// Until nothing is under way any more; whether it came to that. What arrives comes before
    /// what was set for the same moment.
    fn run(&mut self, goes_on: &mut dyn FnMut(Time) -> bool) -> bool {
        for event in 1u64.. {
            if event % BETWEEN_LOOKS == 0 && !goes_on(self.now) {
                return false;
            }
            let set = self.events.peek().unwrap_or(Time::NEVER);
            match self.traffic.next() {
                Some((at, flow)) if at <= set => {
                    self.now = at;
                    self.arrived(flow);
                }
                _ => {
                    let Some((at, event)) = self.events.pop() else { return true };
                    self.now = at;
                    self.handle(event);
                }
            }
        }
        true
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Requested(unit) => self.request(unit),
            Event::Turn(slot, turn) => self.turn(slot, turn),
            Event::Expired(unit) => self.expire(unit),
            Event::Ended(dataset) => self.end_dataset(dataset),
            Event::Began(sale, begun) if self.is_on(sale, begun) => self.fetch(sale),
            Event::Encoded(sale, begun) if self.is_on(sale, begun) => self.prove(sale),
            Event::Proved(sale, begun) if self.is_on(sale, begun) => self.try_to_fill(sale),
            Event::Began(..) | Event::Encoded(..) | Event::Proved(..) => {}
        }
    }

    /// A client gives in its next dataset: it encodes the units one after another, where
    /// hosts do not, and requests each when it is encoded.
    fn give_in(&mut self, client: u32) {
        let Client { next: number, encoded } = self.clients[client as usize];
        let Some(dataset) = self.datasets.get_mut(number as usize) else { return };
        dataset.given_in = self.now;
        let units = dataset.undecided;
        let encode = if self.rules.dispersal == Dispersal::HostsEncode { Time::ZERO } else { self.encode };
        let mut at = encoded.max(self.now);
        for unit in number * units..(number + 1) * units {
            at += encode;
            self.events.push(at, Event::Requested(unit));
            self.outcome.held_back_s[ENCODING] += encode.secs();
        }
        self.clients[client as usize] = Client { next: number + self.rules.clients, encoded: at };
    }

    /// All slots of a unit are filled, or it is cancelled; with the last unit of a dataset
    /// its client gives in another.
    fn decide(&mut self, unit: u32, is_filled: bool) {
        let number = unit / self.spec.units_per_dataset() as u32;
        let dataset = &mut self.datasets[number as usize];
        dataset.undecided -= 1;
        dataset.cancelled |= !is_filled;
        if dataset.undecided > 0 {
            return;
        }
        let outcome = &mut self.outcome;
        if dataset.cancelled {
            outcome.cancelled += 1;
        } else {
            outcome.filled += 1;
            outcome.ended = self.now;
            outcome.times_s.push(self.now.since(dataset.given_in).secs());
            outcome.curve.push((self.now, outcome.filled));
            outcome.filled_at[number as usize] = self.now;
            if let Some(duration) = self.spec.data.duration {
                self.events.push(self.now + duration, Event::Ended(number));
            }
        }
        self.give_in(number % self.rules.clients);
    }

    fn close(self) -> FillOutcome {
        let mut outcome = self.outcome;
        outcome.times_s.sort_unstable_by(f64::total_cmp);
        (outcome.client_bytes, outcome.host_bytes) = (self.traffic.client_bytes, self.traffic.host_bytes);
        outcome.held_back_s[..ENCODING].copy_from_slice(&self.traffic.held_back_s);
        outcome.host_of = self.slots.iter().map(|slot| slot.host).collect();
        outcome
    }

    /// The name of a slot, as hashed.
    fn name(&self, slot: u32) -> u64 {
        Rng::stream(self.seed, Purpose::SlotNames, u64::from(slot)).next_u64()
    }

    /// The slots of a unit.
    fn slots_of(&self, unit: u32) -> std::ops::Range<u32> {
        unit * self.spec.code.total..(unit + 1) * self.spec.code.total
    }

    fn unit_of(&self, slot: u32) -> u32 {
        slot / self.spec.code.total
    }

    /// The client of a unit.
    fn client_of(&self, unit: u32) -> u32 {
        unit / self.spec.units_per_dataset() as u32 % self.rules.clients
    }
}
