//! One unit through one history: hosts die and go away, what is missing is noticed, slots
//! are rebuilt.
//!
//! A unit follows the specification of a storage run as far as that decides its own fate. A
//! slot is rebuilt on a host of which the age is that of a host drawn from all; where a unit
//! can only be rebuilt on the host that took the place of the one that died (in groups, or
//! with no more hosts than slots), its life begins then. Hosts are there or away as they are
//! in the long run, also at the start.

mod kept;
mod notice;
mod places;
mod span;
mod strike;

pub use kept::UnitSpec;
pub use span::{Environment, Recorded, ShockAt, Span};

use super::Start;
use crate::rng::Rng;
use kept::Presence;
use notice::Stage;
use strike::Striking;

/// A slot. Moments are seconds from the start.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Slot {
    /// The number of its host.
    host: u32,
    /// Whether it is lost with its host.
    gone: bool,
    /// When its host was born and will die.
    born: f64,
    dies: f64,
    /// Whether its host is there, since when, and until when.
    there: bool,
    since: f64,
    turns: f64,
    /// Whether it is away because a shock struck it.
    struck: bool,
    care: Care,
}

/// What is done about a slot.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Care {
    /// Nothing: it is not missing.
    Fine,
    /// It is missing and that is not noticed yet: the stage ends then.
    Unnoticed(Stage, f64),
    /// It waits to be rebuilt: for room, or for the repair of all.
    Waits,
    /// It is being rebuilt: from when, until when.
    Rebuilt(f64, f64),
}

/// A moment of a unit's history.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    state: State,
    slots: Vec<Slot>,
    /// By slot: when something happens to it next.
    next: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct State {
    now: f64,
    gone: u32,
    /// Slots that are known to be missing.
    noticed: u32,
    /// Of these, slots that are being rebuilt by themselves.
    running: u32,
    /// Whether its repair was begun, and is to go on until nothing is known to be missing.
    repairing: bool,
    /// A repair of all slots that is under way: from when, until when.
    together: Option<(f64, f64)>,
    next_shock: f64,
    /// Recorded shocks that have been.
    shocks: usize,
    /// A shock that happens now.
    striking: Option<Striking>,
}

/// What a history came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// So many slots are gone as was asked for.
    Goal,
    /// No slot is gone.
    Well,
    /// The end.
    End,
}

/// What happens next.
enum Next {
    Slot(usize),
    Together,
    Shock,
}

impl Unit {
    /// All slots filled, at the start.
    pub fn new(spec: &UnitSpec, rng: &mut Rng) -> Self {
        let mut slots: Vec<Slot> = Vec::with_capacity(spec.n as usize);
        for number in 0..spec.n {
            let host = spec.places.first(number, slots.iter().map(|slot| slot.host), rng);
            let age = if spec.memory { spec.life.first_age(spec.start, rng) } else { 0.0 };
            let dies = spec.life.remaining(age, rng);
            let mut slot = Slot {
                host,
                gone: false,
                born: -age,
                dies,
                there: true,
                since: 0.0,
                turns: f64::INFINITY,
                struck: false,
                care: Care::Fine,
            };
            if let Some(presence) = &spec.presence {
                slot.there = rng.uniform() < presence.there;
                slot.enter_spell(presence, 0.0, rng);
            }
            slots.push(slot);
        }
        let state = State {
            now: 0.0,
            gone: 0,
            noticed: 0,
            running: 0,
            repairing: false,
            together: None,
            next_shock: f64::INFINITY,
            shocks: 0,
            striking: None,
        };
        let mut unit = Unit { state, next: slots.iter().map(Slot::next).collect(), slots };
        for index in 0..unit.slots.len() {
            if !unit.slots[index].there {
                unit.misses(index, spec, rng);
            }
        }
        unit.await_shock(spec, rng);
        unit.begin_repairs(spec, rng);
        unit
    }

    /// How many slots are gone.
    pub fn gone(&self) -> u32 {
        self.state.gone
    }

    /// The present moment, seconds from the start.
    pub fn now(&self) -> f64 {
        self.state.now
    }

    /// Becomes as `other` is.
    pub fn become_as(&mut self, other: &Unit) {
        self.state = other.state;
        self.slots.clone_from(&other.slots);
        self.next.clone_from(&other.next);
    }

    /// Draws anew what is to come, given what has been: a clone that kept what was drawn
    /// would be the same history again.
    pub fn diverge(&mut self, spec: &UnitSpec, rng: &mut Rng) {
        let now = self.state.now;
        for (slot, next) in self.slots.iter_mut().zip(&mut self.next) {
            if !slot.gone {
                slot.dies = now + spec.life.remaining(now - slot.born, rng);
                if let Some(presence) = spec.presence.as_ref().filter(|_| !slot.struck) {
                    slot.turns = now + presence.spell(slot.there).remaining(now - slot.since, rng);
                }
            }
            match (&mut slot.care, &spec.repair) {
                (Care::Unnoticed(stage, end), _) => *end = spec.notice.again(*stage, *end, now, rng),
                (Care::Rebuilt(began, end), Some(repair)) => *end = repair.takes.again((*began, *end), now, rng),
                _ => {}
            }
            *next = slot.next();
        }
        if let (Some((began, end)), Some(repair)) = (&mut self.state.together, &spec.repair) {
            *end = repair.takes.again((*began, *end), now, rng);
        }
        self.await_shock(spec, rng);
    }

    /// Lives on until `goal` slots are gone, or until `end`; whether the former.
    pub fn until(&mut self, goal: u32, end: f64, spec: &UnitSpec, rng: &mut Rng) -> bool {
        self.run((goal, None), end, spec, rng) == Came::Goal
    }

    /// Lives on until `goal` slots are gone, until that no slot is gone any more, or until `end`.
    pub fn until_well(&mut self, goal: u32, end: f64, spec: &UnitSpec, rng: &mut Rng) -> Came {
        self.run((goal, Some(0)), end, spec, rng)
    }

    fn run(&mut self, (goal, well): (u32, Option<u32>), end: f64, spec: &UnitSpec, rng: &mut Rng) -> Came {
        while self.state.gone < goal {
            if Some(self.state.gone) == well {
                return Came::Well;
            }
            if let Some(striking) = self.state.striking {
                self.strike_next(striking, spec, rng);
                continue;
            }
            let (at, next) = self.next();
            if at > end {
                self.state.now = end;
                return Came::End;
            }
            self.state.now = at;
            match next {
                Next::Slot(index) => self.turn(index, spec, rng),
                Next::Together => self.make_good(spec, rng),
                Next::Shock => self.strike(spec, rng),
            }
            if self.state.striking.is_none() {
                self.begin_repairs(spec, rng);
            }
        }
        Came::Goal
    }

    fn next(&self) -> (f64, Next) {
        let (mut at, mut first) = (f64::INFINITY, 0);
        for (index, moment) in self.next.iter().enumerate() {
            if *moment < at {
                (at, first) = (*moment, index);
            }
        }
        let mut next = Next::Slot(first);
        if self.state.next_shock < at {
            (at, next) = (self.state.next_shock, Next::Shock);
        }
        match self.state.together {
            Some((_, end)) if end < at => (end, Next::Together),
            _ => (at, next),
        }
    }

    fn turn(&mut self, index: usize, spec: &UnitSpec, rng: &mut Rng) {
        let now = self.state.now;
        let slot = &mut self.slots[index];
        if slot.dies <= now {
            self.die(index, spec, rng);
        } else if slot.turns <= now {
            slot.there = !slot.there;
            slot.since = now;
            slot.struck = false;
            let spell = |presence: &Presence| now + presence.spell(slot.there).remaining(0.0, rng);
            slot.turns = spec.presence.as_ref().map_or(f64::INFINITY, spell);
            if slot.there {
                self.is_well(index);
            } else {
                self.misses(index, spec, rng);
            }
        } else if let Care::Unnoticed(stage, _) = slot.care {
            let follows = spec.notice.follow(stage, now, rng);
            self.notice(index, follows);
        } else {
            self.renew(index, spec, rng);
        }
        self.next[index] = self.slots[index].next();
    }

    fn die(&mut self, index: usize, spec: &UnitSpec, rng: &mut Rng) {
        let slot = &mut self.slots[index];
        (slot.gone, slot.there, slot.dies, slot.turns) = (true, false, f64::INFINITY, f64::INFINITY);
        self.state.gone += 1;
        self.misses(index, spec, rng);
    }

    /// The slot is missing, if it was not before.
    fn misses(&mut self, index: usize, spec: &UnitSpec, rng: &mut Rng) {
        if self.slots[index].care == Care::Fine {
            let stage = spec.notice.begin(self.state.now, rng);
            self.notice(index, stage);
        }
        self.next[index] = self.slots[index].next();
    }

    /// The slot is noticed to be missing, unless something is to be waited for.
    fn notice(&mut self, index: usize, stage: Option<(Stage, f64)>) {
        self.slots[index].care = match stage {
            Some((stage, end)) => Care::Unnoticed(stage, end),
            None => {
                self.state.noticed += 1;
                Care::Waits
            }
        };
    }

    /// The slot is not missing any more.
    fn is_well(&mut self, index: usize) {
        let care = std::mem::replace(&mut self.slots[index].care, Care::Fine);
        self.state.noticed -= u32::from(matches!(care, Care::Waits | Care::Rebuilt(..)));
        self.state.running -= u32::from(matches!(care, Care::Rebuilt(..)));
    }

    /// The slot is good, on a new host that is there.
    fn renew(&mut self, index: usize, spec: &UnitSpec, rng: &mut Rng) {
        let now = self.state.now;
        let others = self.slots.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, slot)| slot.host);
        let host = spec.places.next(index as u32, self.slots[index].host, others, rng);
        let age = spec.new_age(now, rng);
        self.is_well(index);
        let slot = &mut self.slots[index];
        self.state.gone -= u32::from(slot.gone);
        let dies = now + spec.life.remaining(age, rng);
        *slot = Slot { host, gone: false, born: now - age, dies, there: true, struck: false, ..*slot };
        match &spec.presence {
            Some(presence) => slot.enter_spell(presence, now, rng),
            None => slot.turns = f64::INFINITY,
        }
        self.next[index] = slot.next();
    }

    /// Repairs of what is known to be missing begin, as far as there is room and there are
    /// enough slots to rebuild it from.
    fn begin_repairs(&mut self, spec: &UnitSpec, rng: &mut Rng) {
        let (Some(repair), state) = (&spec.repair, &mut self.state) else { return };
        if state.noticed == 0 {
            (state.repairing, state.together) = (false, None);
            return;
        }
        state.repairing |= spec.n - state.noticed <= repair.threshold;
        let idle =
            if repair.together { state.together.is_none() } else { state.running < state.noticed.min(repair.parallel) };
        if !state.repairing || !idle || (spec.away && !self.readable(spec)) {
            return;
        }
        let now = self.state.now;
        if repair.together {
            self.state.together = Some((now, repair.takes.end(now, rng)));
            return;
        }
        for (slot, next) in self.slots.iter_mut().zip(&mut self.next).filter(|(slot, _)| slot.care == Care::Waits) {
            if self.state.running == repair.parallel {
                return;
            }
            self.state.running += 1;
            slot.care = Care::Rebuilt(now, repair.takes.end(now, rng));
            *next = slot.next();
        }
    }

    /// Whether enough slots are there.
    fn readable(&self, spec: &UnitSpec) -> bool {
        self.slots.iter().filter(|slot| slot.there).count() >= spec.k as usize
    }

    /// All that is gone is rebuilt, and what is known to be away.
    fn make_good(&mut self, spec: &UnitSpec, rng: &mut Rng) {
        self.state.together = None;
        for index in 0..self.slots.len() {
            if self.slots[index].gone || self.slots[index].care == Care::Waits {
                self.renew(index, spec, rng);
            }
        }
    }
}

impl Slot {
    /// When something happens to it next.
    fn next(&self) -> f64 {
        let care = match self.care {
            Care::Fine | Care::Waits => f64::INFINITY,
            Care::Unnoticed(_, end) | Care::Rebuilt(_, end) => end,
        };
        care.min(self.dies).min(self.turns)
    }

    /// Its host is, there or away, somewhere in such a spell.
    fn enter_spell(&mut self, presence: &Presence, now: f64, rng: &mut Rng) {
        let law = presence.spell(self.there);
        let age = law.first_age(Start::Stationary, rng);
        self.since = now - age;
        self.turns = now + law.remaining(age, rng);
    }
}
