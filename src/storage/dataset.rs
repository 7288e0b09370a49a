//! One dataset through one history: hosts die, losses are seen, slots are rebuilt.

use super::{Life, Start};
use crate::rng::Rng;

/// How long something takes, seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Span {
    /// Exponential with this mean.
    Exponential(f64),
    /// Always so long.
    Fixed(f64),
}

impl Span {
    pub(super) fn draw(self, rng: &mut Rng) -> f64 {
        match self {
            Span::Exponential(mean) => -mean * libm::log(rng.uniform()),
            Span::Fixed(span) => span,
        }
    }

    /// What is left of a span that ends at `end`, drawn anew where it has no memory.
    fn again(self, end: f64, now: f64, rng: &mut Rng) -> f64 {
        match self {
            Span::Exponential(_) => now + self.draw(rng),
            Span::Fixed(_) => end,
        }
    }
}

/// How slots are rebuilt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Repair {
    /// Each missing slot by itself, at most so many at a time.
    Each(u32),
    /// All at once: begun when so many slots are left alive or fewer, not begun anew by
    /// further deaths, and then all are good.
    Whole(u32),
}

/// Something that strikes all living slots at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shock {
    /// Shocks per second, at random.
    pub rate: f64,
    /// Probability with which each living slot dies in one, independently.
    pub kills: f64,
}

/// A dataset and how it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetSpec {
    /// Slots that are needed.
    pub k: u32,
    /// Slots that may be missing.
    pub m: u32,
    /// How long its hosts live.
    pub life: Life,
    /// How old they are at the start.
    pub start: Start,
    /// Losses are seen at multiples of this, seconds; zero is at once.
    pub seen_every: f64,
    /// How long a repair takes.
    pub takes: Span,
    /// How slots are rebuilt.
    pub repair: Repair,
    /// What strikes all slots, if anything does.
    pub shock: Option<Shock>,
}

impl DatasetSpec {
    /// All its slots.
    pub fn slots(&self) -> u32 {
        self.k + self.m
    }

    /// When a loss at `now` is seen.
    fn seen(&self, now: f64) -> f64 {
        if self.seen_every > 0.0 { (libm::floor(now / self.seen_every) + 1.0) * self.seen_every } else { now }
    }
}

/// A slot.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Slot {
    /// On a host that was born and will die then.
    Up { born: f64, dies: f64 },
    /// Missing; rebuilding begins when that is seen, if there is room.
    Waits { seen: f64 },
    /// Missing, and good again then.
    Rebuilt { done: f64 },
}

/// A moment of its history. The unit of time is the second, from the start.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    now: f64,
    slots: Vec<Slot>,
    missing: u32,
    /// The end of a repair of all slots that is under way.
    whole: Option<f64>,
    next_shock: f64,
}

/// What happens next.
enum Next {
    Slot(usize),
    Whole,
    Shock,
}

impl Dataset {
    /// All slots good, at the start.
    pub fn new(spec: &DatasetSpec, rng: &mut Rng) -> Self {
        let mut slot = || {
            let age = spec.life.first_age(spec.start, rng);
            Slot::Up { born: -age, dies: spec.life.remaining(age, rng) }
        };
        let slots = (0..spec.slots()).map(|_| slot()).collect();
        let mut dataset = Dataset { now: 0.0, slots, missing: 0, whole: None, next_shock: f64::INFINITY };
        dataset.await_shock(spec, rng);
        dataset
    }

    /// How many slots are missing.
    pub fn missing(&self) -> u32 {
        self.missing
    }

    /// Draws anew what is to come, given what has been: a clone that kept what was drawn
    /// would be the same history again.
    pub fn diverge(&mut self, spec: &DatasetSpec, rng: &mut Rng) {
        let now = self.now;
        for slot in &mut self.slots {
            match slot {
                Slot::Up { born, dies } => *dies = now + spec.life.remaining(now - *born, rng),
                Slot::Rebuilt { done } => *done = spec.takes.again(*done, now, rng),
                Slot::Waits { .. } => {}
            }
        }
        if let Some(end) = &mut self.whole {
            *end = spec.takes.again(*end, now, rng);
        }
        self.await_shock(spec, rng);
    }

    fn await_shock(&mut self, spec: &DatasetSpec, rng: &mut Rng) {
        self.next_shock = spec.shock.map_or(f64::INFINITY, |shock| self.now - libm::log(rng.uniform()) / shock.rate);
    }

    /// Lives on until `goal` slots are missing, or until `end`; whether the former.
    pub fn until(&mut self, goal: u32, end: f64, spec: &DatasetSpec, rng: &mut Rng) -> bool {
        while self.missing < goal {
            let (at, next) = self.next();
            if at > end {
                self.now = end;
                return false;
            }
            self.now = at;
            match next {
                Next::Slot(index) => self.turn(index, spec, rng),
                Next::Whole => self.make_whole(spec, rng),
                Next::Shock => self.strike(spec, rng),
            }
        }
        true
    }

    fn next(&self) -> (f64, Next) {
        let (mut at, mut next) = (self.next_shock, Next::Shock);
        for (index, slot) in self.slots.iter().enumerate() {
            let moment = match *slot {
                Slot::Up { dies, .. } => dies,
                Slot::Rebuilt { done } => done,
                Slot::Waits { seen } if seen > self.now => seen,
                Slot::Waits { .. } => continue, // for room, or for the repair of all
            };
            if moment < at {
                (at, next) = (moment, Next::Slot(index));
            }
        }
        if let Some(end) = self.whole.filter(|end| *end < at) {
            (at, next) = (end, Next::Whole);
        }
        (at, next)
    }

    fn turn(&mut self, index: usize, spec: &DatasetSpec, rng: &mut Rng) {
        match self.slots[index] {
            Slot::Up { .. } => self.die(index, spec),
            Slot::Rebuilt { .. } => self.renew(index, spec, rng),
            Slot::Waits { .. } => {} // it is seen now
        }
        self.begin_repairs(spec, rng);
    }

    fn die(&mut self, index: usize, spec: &DatasetSpec) {
        self.slots[index] = Slot::Waits { seen: spec.seen(self.now) };
        self.missing += 1;
    }

    /// The slot is good, on a new host.
    fn renew(&mut self, index: usize, spec: &DatasetSpec, rng: &mut Rng) {
        self.slots[index] = Slot::Up { born: self.now, dies: self.now + spec.life.remaining(0.0, rng) };
        self.missing -= 1;
    }

    /// Repairs of what is seen to be missing begin, as far as there is room.
    fn begin_repairs(&mut self, spec: &DatasetSpec, rng: &mut Rng) {
        let now = self.now;
        let waits = |slot: &Slot| matches!(slot, Slot::Waits { seen } if *seen <= now);
        match spec.repair {
            Repair::Each(at_once) => {
                let running = self.slots.iter().filter(|slot| matches!(slot, Slot::Rebuilt { .. })).count() as u32;
                for _ in running..at_once.min(self.slots.len() as u32) {
                    let Some(index) = self.slots.iter().position(waits) else { return };
                    self.slots[index] = Slot::Rebuilt { done: now + spec.takes.draw(rng) };
                }
            }
            Repair::Whole(threshold) => {
                let seen = self.slots.iter().filter(|slot| waits(slot)).count() as u32;
                if self.whole.is_none() && seen > 0 && spec.slots() - seen <= threshold {
                    self.whole = Some(now + spec.takes.draw(rng));
                }
            }
        }
    }

    fn make_whole(&mut self, spec: &DatasetSpec, rng: &mut Rng) {
        self.whole = None;
        for index in 0..self.slots.len() {
            if !matches!(self.slots[index], Slot::Up { .. }) {
                self.renew(index, spec, rng);
            }
        }
    }

    fn strike(&mut self, spec: &DatasetSpec, rng: &mut Rng) {
        let kills = spec.shock.map_or(0.0, |shock| shock.kills);
        for index in 0..self.slots.len() {
            if matches!(self.slots[index], Slot::Up { .. }) && rng.uniform() < kills {
                self.die(index, spec);
            }
        }
        self.await_shock(spec, rng);
        self.begin_repairs(spec, rng);
    }
}
