//! Many datasets on hosts that they share: one death takes a slot of many of them.
//!
//! Work is proportional to what changes: a host that dies walks its own list of slots, a
//! dataset has one counter of what is missing. A host that dies is replaced at once by an
//! empty one of the same number.

use super::unit::Span;
use super::{Life, Start};
use crate::engine::EventList;
use crate::rng::{Purpose, Rng};
use crate::units::Time;
use std::collections::VecDeque;

/// Where slots are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// Each dataset on hosts of its own draw; a rebuilt slot on any host that has none of it.
    Random,
    /// Hosts stand in groups of as many as a dataset has slots, and a dataset in one group, in
    /// turn (copysets: Cidon et al., USENIX ATC 2013); hosts beyond the last group are empty.
    Groups,
}

/// Who rebuilds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workers {
    /// Every missing slot has its own.
    Own,
    /// So many for the whole system; slots wait in the order in which they were seen. Those
    /// of a dataset that is lost by then are dropped.
    Shared(u32),
}

/// Datasets on hosts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SystemSpec {
    /// Hosts, at least as many as a dataset has slots.
    pub hosts: u32,
    /// Datasets.
    pub datasets: u32,
    /// Slots of a dataset that are needed.
    pub k: u32,
    /// Slots that may be missing.
    pub m: u32,
    /// How long hosts live.
    pub life: Life,
    /// How old they are at the start.
    pub start: Start,
    /// Where slots are.
    pub placement: Placement,
    /// Losses are seen at multiples of this, seconds; zero is at once.
    pub seen_every: f64,
    /// How long it takes to rebuild a slot.
    pub takes: Span,
    /// Who does so.
    pub workers: Workers,
}

impl SystemSpec {
    fn slots(&self) -> u32 {
        self.k + self.m
    }
}

/// What became of the datasets.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Kept {
    /// Datasets that are lost.
    pub lost: u32,
    /// When the first was.
    pub first_loss: Option<Time>,
    /// Hosts that died.
    pub deaths: u64,
    /// Slots that were rebuilt.
    pub rebuilt: u64,
    /// The mean time for which these waited for a worker, from when they were seen, seconds.
    pub mean_wait: f64,
}

/// What happens at a moment.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// A host dies.
    Dies(u32),
    /// The slot is seen to be missing.
    Seen(u32),
    /// The slot is rebuilt.
    Rebuilt(u32),
}

/// No host.
const NOWHERE: u32 = u32::MAX;

struct System<'a> {
    spec: &'a SystemSpec,
    seed: u64,
    now: Time,
    list: EventList<Event>,
    /// By slot: its host. Slot j of dataset d is number d n + j.
    host_of: Vec<u32>,
    /// By host: its slots, in no order.
    slots_on: Vec<Vec<u32>>,
    /// By slot: its place in the list of its host.
    place_of: Vec<u32>,
    /// By dataset: slots that are missing; more than m is lost.
    missing: Vec<u16>,
    lives: Vec<Rng>,
    chances: Vec<Rng>,
    /// Slots that wait for a worker, and since when.
    queue: VecDeque<(u32, Time)>,
    idle: u32,
    waited: f64,
    kept: Kept,
}

/// Follows the datasets for `horizon` under this seed.
pub fn keep(spec: &SystemSpec, horizon: Time, seed: u64) -> Kept {
    let mut system = System::new(spec, seed);
    while let Some((at, event)) = system.list.pop().filter(|(at, _)| *at <= horizon) {
        system.now = at;
        match event {
            Event::Dies(host) => system.die(host),
            Event::Seen(slot) => system.seen(slot),
            Event::Rebuilt(slot) => system.rebuilt(slot),
        }
    }
    let mut kept = system.kept;
    kept.mean_wait = if kept.rebuilt > 0 { system.waited / kept.rebuilt as f64 } else { 0.0 };
    kept
}

impl<'a> System<'a> {
    fn new(spec: &'a SystemSpec, seed: u64) -> Self {
        let (hosts, slots) = (spec.hosts as usize, (spec.datasets * spec.slots()) as usize);
        let streams = |purpose, count: u32| (0..count).map(|of| Rng::stream(seed, purpose, u64::from(of))).collect();
        let mut system = System {
            spec,
            seed,
            now: Time::ZERO,
            list: EventList::default(),
            host_of: vec![NOWHERE; slots],
            slots_on: vec![Vec::new(); hosts],
            place_of: vec![0; slots],
            missing: vec![0; spec.datasets as usize],
            lives: streams(Purpose::Lives, spec.hosts),
            chances: streams(Purpose::Repairs, spec.datasets),
            queue: VecDeque::new(),
            idle: match spec.workers {
                Workers::Own => u32::MAX,
                Workers::Shared(workers) => workers,
            },
            waited: 0.0,
            kept: Kept::default(),
        };
        for dataset in 0..spec.datasets {
            for (slot, host) in (0..).zip(system.hosts_of(dataset)) {
                system.put(dataset * spec.slots() + slot, host);
            }
        }
        for host in 0..spec.hosts {
            let life = &mut system.lives[host as usize];
            let age = spec.life.first_age(spec.start, life);
            let left = spec.life.remaining(age, life);
            system.list.push(Time::from_secs_f64(left), Event::Dies(host));
        }
        system
    }

    /// The hosts of a dataset at the start.
    fn hosts_of(&self, dataset: u32) -> Vec<u32> {
        let n = self.spec.slots();
        match self.spec.placement {
            Placement::Groups => {
                let group = dataset % (self.spec.hosts / n);
                (group * n..(group + 1) * n).collect()
            }
            Placement::Random => {
                let mut rng = Rng::stream(self.seed, Purpose::Placement, u64::from(dataset));
                let mut hosts: Vec<u32> = Vec::with_capacity(n as usize);
                while hosts.len() < n as usize {
                    let host = rng.below(u64::from(self.spec.hosts)) as u32;
                    if !hosts.contains(&host) {
                        hosts.push(host);
                    }
                }
                hosts
            }
        }
    }

    fn put(&mut self, slot: u32, host: u32) {
        let on = &mut self.slots_on[host as usize];
        self.host_of[slot as usize] = host;
        self.place_of[slot as usize] = on.len() as u32;
        on.push(slot);
    }

    fn dataset(&self, slot: u32) -> usize {
        (slot / self.spec.slots()) as usize
    }

    fn is_lost(&self, slot: u32) -> bool {
        u32::from(self.missing[self.dataset(slot)]) > self.spec.m
    }

    fn die(&mut self, host: u32) {
        self.kept.deaths += 1;
        let next = self.spec.life.remaining(0.0, &mut self.lives[host as usize]);
        self.list.push(self.now + Time::from_secs_f64(next), Event::Dies(host));
        for slot in std::mem::take(&mut self.slots_on[host as usize]) {
            self.host_of[slot as usize] = NOWHERE;
            let dataset = self.dataset(slot);
            self.missing[dataset] += 1;
            match u32::from(self.missing[dataset]).cmp(&(self.spec.m + 1)) {
                std::cmp::Ordering::Less => self.list.push(self.sight(), Event::Seen(slot)),
                std::cmp::Ordering::Equal => self.lose(dataset as u32),
                std::cmp::Ordering::Greater => {}
            }
        }
    }

    /// When what is lost now is seen.
    fn sight(&self) -> Time {
        let every = Time::from_secs_f64(self.spec.seen_every);
        if every == Time::ZERO { self.now } else { every * (self.now.nanos() / every.nanos() + 1) }
    }

    /// The dataset is lost: what is left of it makes room.
    fn lose(&mut self, dataset: u32) {
        self.kept.lost += 1;
        self.kept.first_loss.get_or_insert(self.now);
        for slot in dataset * self.spec.slots()..(dataset + 1) * self.spec.slots() {
            let host = std::mem::replace(&mut self.host_of[slot as usize], NOWHERE);
            if host != NOWHERE {
                self.take(slot, host);
            }
        }
    }

    /// Takes a slot off the list of its host.
    fn take(&mut self, slot: u32, host: u32) {
        let on = &mut self.slots_on[host as usize];
        let place = self.place_of[slot as usize];
        // A host that is dying has given its list up.
        if on.get(place as usize) == Some(&slot) {
            on.swap_remove(place as usize);
            if let Some(moved) = on.get(place as usize) {
                self.place_of[*moved as usize] = place;
            }
        }
    }

    fn seen(&mut self, slot: u32) {
        self.queue.push_back((slot, self.now));
        self.begin();
    }

    /// Workers that are idle begin.
    fn begin(&mut self) {
        while self.idle > 0 {
            let Some((slot, since)) = self.queue.pop_front() else { return };
            if self.is_lost(slot) {
                continue;
            }
            let dataset = self.dataset(slot);
            let takes = self.spec.takes.draw(&mut self.chances[dataset]);
            self.waited += (self.now - since).secs();
            self.idle -= u32::from(self.spec.workers != Workers::Own);
            self.list.push(self.now + Time::from_secs_f64(takes), Event::Rebuilt(slot));
        }
    }

    fn rebuilt(&mut self, slot: u32) {
        if self.spec.workers != Workers::Own {
            self.idle += 1;
        }
        if !self.is_lost(slot) {
            let host = self.new_host(slot);
            self.put(slot, host);
            let dataset = self.dataset(slot);
            self.missing[dataset] -= 1;
            self.kept.rebuilt += 1;
        }
        self.begin();
    }

    /// A host that has no slot of the dataset yet.
    fn new_host(&mut self, slot: u32) -> u32 {
        let (n, dataset) = (self.spec.slots(), self.dataset(slot));
        let first = dataset * n as usize;
        let taken = |system: &Self, host: u32| system.host_of[first..first + n as usize].contains(&host);
        if self.spec.placement == Placement::Groups {
            let free = self.hosts_of(dataset as u32).into_iter().find(|host| !taken(self, *host));
            return free.unwrap_or(NOWHERE);
        }
        loop {
            let host = self.chances[dataset].below(u64::from(self.spec.hosts)) as u32;
            if !taken(self, host) {
                return host;
            }
        }
    }
}

#[cfg(test)]
mod tests;
