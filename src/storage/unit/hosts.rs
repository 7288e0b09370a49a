//! The hosts of a unit: those that have a slot, those on which one is being rebuilt, and where
//! a unit can only be on few, all of these.

use super::kept::{Presence, UnitSpec};
use super::{NOBODY, Unit};
use crate::rng::Rng;
use crate::storage::Start;

/// A host, or a place for one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Host {
    /// Its number among all; [`Host::NONE`] has none.
    pub(super) number: u32,
    /// The slot that it has or gets; [`NOBODY`] where there is none.
    pub(super) slot: u16,
    pub(super) alive: bool,
    /// Whether it is there, since when, and until when; of a dead one, when another comes.
    pub(super) there: bool,
    pub(super) since: f64,
    pub(super) turns: f64,
    /// Whether each of its absences is an event; else it is looked at when one could have
    /// lasted for long enough to be noticed.
    watched: bool,
    looked_at: f64,
    /// Whether it is away because a shock struck it.
    pub(super) struck: bool,
    pub(super) born: f64,
    pub(super) dies: f64,
}

impl Host {
    /// None.
    pub(super) const NONE: Host = Host {
        number: u32::MAX,
        slot: NOBODY,
        alive: false,
        there: false,
        since: 0.0,
        turns: f64::INFINITY,
        watched: true,
        looked_at: f64::INFINITY,
        struck: false,
        born: 0.0,
        dies: f64::INFINITY,
    };

    /// One of this age that is there from now on.
    fn there(number: u32, age: f64, now: f64, spec: &UnitSpec, rng: &mut Rng) -> Self {
        let turns = spec.presence.as_ref().map_or(f64::INFINITY, |presence| now + presence.up.whole(rng));
        let dies = now + spec.lives(number).life.remaining(age, rng);
        Host { number, alive: true, there: true, since: now, turns, born: now - age, dies, ..Host::NONE }
    }

    /// An empty one that takes the place of one that died.
    fn comes(number: u32, now: f64, spec: &UnitSpec, rng: &mut Rng) -> Self {
        let host = Host::there(number, 0.0, now, spec, rng);
        if spec.none_to_spare { Host { born: f64::INFINITY, dies: f64::INFINITY, ..host } } else { host }
    }

    /// Whether its life does not count yet.
    fn is_new(&self) -> bool {
        self.born == f64::INFINITY
    }

    /// One of all that are there now.
    pub(super) fn drawn(number: u32, now: f64, spec: &UnitSpec, rng: &mut Rng) -> Self {
        let age = spec.lives(number).new_age(now, rng);
        let mut host = Host::there(number, age, now, spec, rng);
        if let Some(presence) = &spec.presence {
            host.enter_spell(presence, now, rng);
        }
        host
    }

    /// One at the start.
    fn first(number: u32, spec: &UnitSpec, rng: &mut Rng) -> Self {
        let lives = spec.lives(number);
        let age = lives.first_age(rng);
        let mut host = Host::there(number, age, 0.0, spec, rng);
        if let Some(presence) = spec.presence.as_ref().filter(|_| lives.start == Start::Stationary) {
            host.there = rng.uniform() < presence.there;
            host.enter_spell(presence, 0.0, rng);
        }
        host
    }

    /// It is, there or away, somewhere in such a spell.
    fn enter_spell(&mut self, presence: &Presence, now: f64, rng: &mut Rng) {
        let law = presence.spell(self.there);
        let age = law.first_age(Start::Stationary, rng);
        self.since = now - age;
        self.turns = now + law.remaining(age, rng);
    }

    /// When something happens to it next.
    pub(super) fn next(&self) -> f64 {
        self.dies.min(if self.watched { self.turns } else { self.looked_at })
    }

    /// Comes and goes until now.
    pub(super) fn catch_up(&mut self, now: f64, spec: &UnitSpec, rng: &mut Rng) {
        while self.turns <= now && self.alive {
            self.there = !self.there;
            (self.since, self.struck) = (self.turns, false);
            let spell = |presence: &Presence| presence.spell(self.there).whole(rng);
            self.turns += spec.presence.as_ref().map_or(f64::INFINITY, spell);
        }
    }

    /// Draws anew what is to come.
    pub(super) fn diverge(&mut self, now: f64, spec: &UnitSpec, rng: &mut Rng) {
        if !self.alive {
            return;
        }
        if !self.is_new() {
            self.dies = now + spec.lives(self.number).life.remaining(now - self.born, rng);
        }
        // Of the time since it was looked at nothing is known yet.
        if let Some(presence) = spec.presence.as_ref().filter(|_| !self.struck && self.turns > now) {
            self.turns = now + presence.spell(self.there).remaining(now - self.since, rng);
        }
    }
}

impl Unit {
    /// Hosts at the start, and slots on them.
    pub(super) fn populate(&mut self, spec: &UnitSpec, rng: &mut Rng) {
        if spec.places.is_few() {
            let first = spec.places.base(rng);
            for (index, host) in self.hosts.iter_mut().enumerate() {
                *host = Host::first(first + index as u32, spec, rng);
            }
        }
        for slot in 0..self.slots.len() {
            let class = spec.places.first_class(slot);
            let host = if spec.places.is_few() {
                self.free_host(class, false, spec, rng).expect("there are as many hosts as slots, of each class")
            } else {
                let number = self.new_number(slot, class, spec, rng);
                self.hosts[slot] = Host::first(number, spec, rng);
                slot as u16
            };
            self.slots[slot].host = host;
            self.slots[slot].class = spec.places.turn(self.hosts[host as usize].number);
            self.hosts[host as usize].slot = slot as u16;
        }
        for host in 0..self.hosts.len() as u16 {
            let of = self.hosts[host as usize];
            if of.slot != NOBODY && of.there {
                self.keeps(host, spec);
            }
            self.await_host(host);
        }
    }

    /// The number of a host of the class for a slot, other than those that are followed.
    fn new_number(&self, slot: usize, class: Option<usize>, spec: &UnitSpec, rng: &mut Rng) -> u32 {
        spec.places.outside(slot as u32, class, self.hosts.iter().map(|host| host.number), rng)
    }

    /// A host to which a slot can go that is to be rebuilt, if there is one.
    pub(super) fn new_host(&mut self, slot: usize, spec: &UnitSpec, rng: &mut Rng) -> Option<u16> {
        let class = spec.places.decide(&mut self.slots[slot].class, rng);
        let host = if spec.places.is_few() {
            self.free_host(class, true, spec, rng)?
        } else {
            // Each slot has two places: for its host, and for the one it is rebuilt on.
            let host = if self.slots[slot].host == slot as u16 { slot + self.slots.len() } else { slot };
            let number = self.new_number(slot, class, spec, rng);
            self.hosts[host] = Host::drawn(number, self.state.now, spec, rng);
            host as u16
        };
        self.hosts[host as usize].slot = slot as u16;
        self.slots[slot].target = host;
        self.await_host(host);
        Some(host)
    }

    /// One of few hosts that has no slot and gets none, of the class if one is given, at random among
    /// those where fewest slots are; only those that are there, where that is asked for.
    fn free_host(&self, class: Option<usize>, there: bool, spec: &UnitSpec, rng: &mut Rng) -> Option<u16> {
        let suits = |host: &Host| class.is_none_or(|class| spec.places.class(host.number) == class);
        let may = |host: &&Host| host.slot == NOBODY && (host.there || !there) && suits(host);
        let beside = |host: &Host| {
            let place = spec.places.spread(host.number)?;
            let here = |slot: &&super::Slot| {
                let at = if slot.target == NOBODY { slot.host } else { slot.target };
                at != NOBODY && spec.places.spread(self.hosts[at as usize].number) == Some(place)
            };
            Some(self.slots.iter().filter(here).count())
        };
        let fewest = self.hosts.iter().filter(may).map(beside).min()?;
        let good = |(_, host): &(usize, &Host)| may(host) && beside(host) == fewest;
        let count = self.hosts.iter().enumerate().filter(good).count();
        let drawn = rng.below(count as u64) as usize;
        self.hosts.iter().enumerate().filter(good).nth(drawn).map(|(host, _)| host as u16)
    }

    /// A host has no slot of the unit any more, nor gets one.
    pub(super) fn let_go(&mut self, host: u16, spec: &UnitSpec, rng: &mut Rng) {
        let of = &mut self.hosts[host as usize];
        of.slot = NOBODY;
        if spec.places.is_few() {
            of.catch_up(self.state.now, spec, rng);
            of.watched = true;
        } else {
            *of = Host::NONE;
        }
        self.await_host(host);
    }

    pub(super) fn await_host(&mut self, host: u16) {
        self.next[self.slots.len() + host as usize] = self.hosts[host as usize].next();
    }

    /// A host has got its first slot: if its life did not count before, it begins.
    pub(super) fn begins_to_live(&mut self, host: u16, spec: &UnitSpec, rng: &mut Rng) {
        let (now, of) = (self.state.now, &mut self.hosts[host as usize]);
        if of.is_new() {
            of.born = now;
            of.dies = now + spec.lives(of.number).life.remaining(0.0, rng);
        }
    }

    /// A host has a slot and is there: what is away for less than it takes to be noticed changes
    /// nothing by itself.
    pub(super) fn keeps(&mut self, host: u16, spec: &UnitSpec) {
        let unnoticed = spec.notice.at_least();
        let of = &mut self.hosts[host as usize];
        (of.watched, of.looked_at) = (unnoticed == 0.0, self.state.now + unnoticed);
        self.await_host(host);
    }

    /// Whether a host is there.
    pub(super) fn is_there(&mut self, host: u16, spec: &UnitSpec, rng: &mut Rng) -> bool {
        let now = self.state.now;
        self.hosts.get_mut(host as usize).is_some_and(|of| {
            of.catch_up(now, spec, rng);
            of.there
        })
    }

    /// What a host does whose time has come.
    pub(super) fn host_turns(&mut self, host: usize, spec: &UnitSpec, rng: &mut Rng) {
        let (now, of) = (self.state.now, &mut self.hosts[host]);
        if !of.alive {
            *of = Host::comes(of.number, now, spec, rng);
        } else if of.dies <= now {
            return self.die(host, spec, rng);
        } else {
            of.catch_up(now, spec, rng);
            self.is_seen(host, spec, rng);
        }
        self.await_host(host as u16);
    }

    /// A host is seen to be there or away.
    fn is_seen(&mut self, host: usize, spec: &UnitSpec, rng: &mut Rng) {
        let Host { slot, there, since, .. } = self.hosts[host];
        let index = slot as usize;
        if slot == NOBODY {
            return;
        }
        if there && self.slots[index].target == host as u16 {
            self.resume(index);
        } else if there {
            self.is_well(index, spec, rng);
            self.keeps(host as u16, spec);
        } else if self.slots[index].target == host as u16 {
            self.pause(index, spec, rng);
        } else {
            self.hosts[host].watched = true;
            self.misses(index, since, spec, rng);
        }
    }

    /// A host is away for so long.
    pub(super) fn leave(&mut self, host: usize, span: f64, spec: &UnitSpec, rng: &mut Rng) {
        let (now, of) = (self.state.now, &mut self.hosts[host]);
        (of.there, of.struck, of.since, of.turns) = (false, true, now, now + span);
        self.is_seen(host, spec, rng);
        self.await_host(host as u16);
    }

    /// A host dies, and what it has with it.
    pub(super) fn die(&mut self, host: usize, spec: &UnitSpec, rng: &mut Rng) {
        let now = self.state.now;
        self.hosts[host].catch_up(now, spec, rng);
        let Host { number, slot, there, since, .. } = self.hosts[host];
        let index = slot as usize;
        self.hosts[host] = match spec.places.is_few() {
            true if spec.replaced_after == 0.0 => Host::comes(number, now, spec, rng),
            true => Host { number, turns: now + spec.replaced_after, ..Host::NONE },
            false => Host::NONE,
        };
        self.await_host(host as u16);
        if slot == NOBODY {
            return;
        }
        if self.slots[index].target == host as u16 {
            return self.give_up(index, spec, rng);
        }
        self.slots[index].host = NOBODY;
        self.state.gone += 1;
        self.misses(index, if there { now } else { since }, spec, rng);
    }
}
