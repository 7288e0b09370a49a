//! Where slots go.

use super::super::{PlacementRule, RebuiltOn, Struck, one_of};
use super::History;
use super::state::NONE;
use crate::rng::Rng;
use std::ops::Range;

/// Hosts that are drawn before all are counted that could be.
const TRIES: u32 = 24;

/// No class of hosts rather than another.
pub(super) const ANY: u8 = u8::MAX;

/// Hosts that follow one another at even distances.
#[derive(Debug, Clone, Copy)]
pub(super) struct Domain {
    first: u32,
    step: u32,
    count: u32,
}

impl Domain {
    pub fn hosts(self) -> impl Iterator<Item = u32> {
        (0..self.count).map(move |at| self.first + at * self.step)
    }

    /// Those of them with numbers in a range.
    fn within(self, range: &Range<u32>) -> Domain {
        let before = |end: u32| end.saturating_sub(self.first).div_ceil(self.step).min(self.count);
        let (skipped, ended) = (before(range.start), before(range.end));
        Domain { first: self.first + skipped * self.step, count: ended - skipped, ..self }
    }
}

impl History<'_> {
    /// How many domains hosts are chosen in: one, the groups, or what slots are spread over.
    pub(super) fn domains(&self) -> u32 {
        match self.spec.placement.rule {
            PlacementRule::Random => 1,
            PlacementRule::Groups => self.spec.hosts.count / self.rules.n,
            PlacementRule::Spread => self.parts_of(self.spec.placement.over),
        }
    }

    /// How many there are of what a shock hits or slots are spread over.
    pub(super) fn parts_of(&self, of: Struck) -> u32 {
        let count = self.spec.hosts.count;
        match of {
            Struck::All => 1,
            Struck::Region => self.spec.hosts.regions.min(count),
            Struck::Operator => self.spec.hosts.operators.unwrap_or(count).min(count),
        }
    }

    /// The hosts of one of them: those with one remainder.
    pub(super) fn part(&self, of: Struck, index: u32) -> Domain {
        let step = self.parts_of(of);
        Domain { first: index, step, count: (self.spec.hosts.count - index).div_ceil(step) }
    }

    /// The hosts of a domain that are of a class.
    fn domain(&self, index: u32, class: u8) -> Domain {
        let all = match self.spec.placement.rule {
            PlacementRule::Random => self.part(Struck::All, 0),
            PlacementRule::Groups => Domain { first: index * self.rules.n, step: 1, count: self.rules.n },
            PlacementRule::Spread => self.part(self.spec.placement.over, index),
        };
        self.rules.classes.get(class as usize).map_or(all, |class| all.within(&class.hosts))
    }

    /// How many of these may get a slot.
    fn open_in(&self, domain: u32, class: u8) -> u32 {
        let classes = self.rules.classes.len();
        let of_domain = &self.open[domain as usize * classes..(domain as usize + 1) * classes];
        of_domain.get(class as usize).copied().unwrap_or_else(|| of_domain.iter().sum())
    }

    /// The class of hosts that a slot goes to.
    pub(super) fn class_of(&self, slot: u32) -> u8 {
        self.slot_classes.get(slot as usize).copied().unwrap_or(ANY)
    }

    pub(super) fn set_class(&mut self, slot: u32, class: u8) {
        if let Some(of) = self.slot_classes.get_mut(slot as usize) {
            *of = class;
        }
    }

    /// Decides on which class of hosts a slot is rebuilt that has come to this host.
    fn decide_class(&mut self, slot: u32, host: u32) {
        let class = match self.rules.rebuilt_on {
            RebuiltOn::Any => ANY,
            RebuiltOn::Same => self.hosts[host as usize].class,
            RebuiltOn::Mix => {
                let unit = self.unit_of(slot);
                one_of(&self.rules.mix, &mut self.units[unit as usize].draws) as u8
            }
        };
        self.set_class(slot, class);
    }

    /// Whether a slot may go to the class of a host.
    pub(super) fn suits(&self, host: u32, slot: u32) -> bool {
        let class = self.class_of(slot);
        class == ANY || class == self.hosts[host as usize].class
    }

    /// The domain of a host; hosts beyond the last group are in none.
    pub(super) fn domain_of(&self, host: u32) -> Option<u32> {
        match self.spec.placement.rule {
            PlacementRule::Random => Some(0),
            PlacementRule::Groups => Some(host / self.rules.n).filter(|group| *group < self.domains()),
            PlacementRule::Spread => Some(host % self.domains()),
        }
    }

    /// The group of a unit: units take them in turn.
    pub(super) fn group_of(&self, unit: u32) -> u32 {
        unit % self.domains()
    }

    /// Whether the host may get a slot of the unit: it is open and has none, not even one to
    /// come.
    pub(super) fn may_have(&self, host: u32, unit: u32) -> bool {
        self.hosts[host as usize].open && !self.is_in(host, unit)
    }

    /// Whether the host has a slot of the unit, gets one, or races for one.
    pub(super) fn is_in(&self, host: u32, unit: u32) -> bool {
        self.slots_of(unit).any(|slot| slot.host == host || slot.target == host) || self.races_for(host, unit)
    }

    /// A host of the class for a slot of the unit, if there is one.
    pub(super) fn choose(&mut self, unit: u32, class: u8, rng: &mut Rng) -> Option<u32> {
        match self.spec.placement.rule {
            PlacementRule::Random => self.choose_in((0, class), unit, rng),
            PlacementRule::Groups => self.choose_in((self.group_of(unit), class), unit, rng),
            PlacementRule::Spread => self.choose_spread(unit, class, rng),
        }
    }

    /// A host of the domain, at random: drawn until one may have it, but not for ever.
    fn choose_in(&self, (domain, class): (u32, u8), unit: u32, rng: &mut Rng) -> Option<u32> {
        if self.open_in(domain, class) == 0 {
            return None;
        }
        let hosts = self.domain(domain, class);
        let Domain { first, step, count } = hosts;
        for _ in 0..TRIES {
            let host = first + step * rng.below(u64::from(count)) as u32;
            if self.may_have(host, unit) {
                return Some(host);
            }
        }
        let those = || hosts.hosts().filter(|host| self.may_have(*host, unit));
        let count = those().count();
        if count == 0 { None } else { those().nth(rng.below(count as u64) as usize) }
    }

    /// A host of a domain that has the fewest slots of the unit.
    fn choose_spread(&mut self, unit: u32, class: u8, rng: &mut Rng) -> Option<u32> {
        let domains = self.domains();
        if domains > self.rules.n {
            // Some have none of it, most where they are many.
            for _ in 0..TRIES {
                let domain = rng.below(u64::from(domains)) as u32;
                if self.slots_in(domain, unit) == 0
                    && let Some(host) = self.choose_in((domain, class), unit, rng)
                {
                    return Some(host);
                }
            }
        }
        let first = rng.below(u64::from(domains)) as u32;
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        order.extend((0..domains).map(|at| (self.slots_in((first + at) % domains, unit), at)));
        order.sort_unstable();
        let found = order.iter().find_map(|(_, at)| self.choose_in(((first + at) % domains, class), unit, rng));
        self.order = order;
        found
    }

    /// Slots of a unit in a domain, those on their way there in the place of what they replace.
    fn slots_in(&self, domain: u32, unit: u32) -> u32 {
        let at = |slot: &&super::state::Slot| {
            let host = if slot.target == NONE { slot.host } else { slot.target };
            host != NONE && self.domain_of(host) == Some(domain)
        };
        self.slots_of(unit).filter(at).count() as u32
    }

    /// Puts a slot on a host.
    pub(super) fn put(&mut self, slot: u32, host: u32) {
        let on = &mut self.hosts[host as usize];
        self.slots[slot as usize].host = host;
        self.slots[slot as usize].place = on.slots.len() as u32;
        on.slots.push(slot);
        on.outcome.most_slots = on.outcome.most_slots.max(on.slots.len() as u32);
        self.decide_class(slot, host);
        self.refresh(host);
        if self.hosts[host as usize].is_new {
            self.begin_life(host);
            self.await_host(host);
        }
    }

    /// Takes a slot off its host. One that is dying has given its list up.
    pub(super) fn take(&mut self, slot: u32) {
        let place = self.slots[slot as usize].place as usize;
        let host = std::mem::replace(&mut self.slots[slot as usize].host, NONE);
        let on = &mut self.hosts[host as usize].slots;
        if on.get(place) == Some(&slot) {
            on.swap_remove(place);
            if let Some(moved) = on.get(place) {
                self.slots[*moved as usize].place = place as u32;
            }
        }
        self.refresh(host);
    }

    /// Keeps room on a host for a slot that is being rebuilt.
    pub(super) fn expect(&mut self, slot: u32, host: u32) {
        let on = &mut self.hosts[host as usize];
        self.slots[slot as usize].target = host;
        self.slots[slot as usize].target_place = on.incoming.len() as u32;
        on.incoming.push(slot);
        self.refresh(host);
    }

    /// Gives that room up, if any was kept.
    pub(super) fn expect_no_more(&mut self, slot: u32) {
        let place = self.slots[slot as usize].target_place as usize;
        let host = std::mem::replace(&mut self.slots[slot as usize].target, NONE);
        if host == NONE {
            return;
        }
        let on = &mut self.hosts[host as usize].incoming;
        on.swap_remove(place);
        if let Some(moved) = on.get(place) {
            self.slots[*moved as usize].target_place = place as u32;
        }
        self.refresh(host);
        if self.hosts[host as usize].open {
            self.freed.push(host); // another slot of its unit may go there now
        }
    }

    /// Sees whether a host may get slots, after something changed there.
    pub(super) fn refresh(&mut self, host: u32) {
        let Some(domain) = self.domain_of(host) else { return };
        let limit = if self.spec.repair.per_host == 0 { usize::MAX } else { self.spec.repair.per_host as usize };
        let of = &mut self.hosts[host as usize];
        let class = of.class as usize;
        let has_room = of.taken() < self.rules.classes[class].room as usize;
        let index = domain as usize * self.rules.classes.len() + class;
        let open = of.up && has_room && of.incoming.len() + of.rivals.len() < limit;
        if open && !of.open {
            self.open[index] += 1;
            self.freed.push(host);
        } else if of.open && !open {
            self.open[index] -= 1;
        }
        of.open = open;
    }
}
