//! Where slots go.

use super::super::{PlacementRule, Struck};
use super::History;
use super::state::NONE;
use crate::rng::Rng;

/// Hosts that are drawn before all are counted that could be.
const TRIES: u32 = 24;

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

    fn domain(&self, index: u32) -> Domain {
        match self.spec.placement.rule {
            PlacementRule::Random => self.part(Struck::All, 0),
            PlacementRule::Groups => Domain { first: index * self.rules.n, step: 1, count: self.rules.n },
            PlacementRule::Spread => self.part(self.spec.placement.over, index),
        }
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
        self.hosts[host as usize].open && !self.slots_of(unit).any(|slot| slot.host == host || slot.target == host)
    }

    /// A host for a slot of the unit, if there is one.
    pub(super) fn choose(&mut self, unit: u32, rng: &mut Rng) -> Option<u32> {
        match self.spec.placement.rule {
            PlacementRule::Random => self.choose_in(0, unit, rng),
            PlacementRule::Groups => self.choose_in(self.group_of(unit), unit, rng),
            PlacementRule::Spread => self.choose_spread(unit, rng),
        }
    }

    /// A host of the domain, at random: drawn until one may have it, but not for ever.
    fn choose_in(&self, domain: u32, unit: u32, rng: &mut Rng) -> Option<u32> {
        if self.open[domain as usize] == 0 {
            return None;
        }
        let Domain { first, step, count } = self.domain(domain);
        for _ in 0..TRIES {
            let host = first + step * rng.below(u64::from(count)) as u32;
            if self.may_have(host, unit) {
                return Some(host);
            }
        }
        let those = || self.domain(domain).hosts().filter(|host| self.may_have(*host, unit));
        let count = those().count();
        if count == 0 { None } else { those().nth(rng.below(count as u64) as usize) }
    }

    /// A host of a domain that has the fewest slots of the unit.
    fn choose_spread(&mut self, unit: u32, rng: &mut Rng) -> Option<u32> {
        let domains = self.domains();
        if domains > self.rules.n {
            // Some have none of it, most where they are many.
            for _ in 0..TRIES {
                let domain = rng.below(u64::from(domains)) as u32;
                if self.slots_in(domain, unit) == 0
                    && let Some(host) = self.choose_in(domain, unit, rng)
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
        let found = order.iter().find_map(|(_, at)| self.choose_in((first + at) % domains, unit, rng));
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
        self.refresh(host);
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
        let has_room = of.slots.len() + of.incoming.len() < self.rules.room as usize;
        let open = of.up && has_room && of.incoming.len() < limit;
        if open && !of.open {
            self.open[domain as usize] += 1;
            self.freed.push(host);
        } else if of.open && !open {
            self.open[domain as usize] -= 1;
        }
        of.open = open;
    }
}
