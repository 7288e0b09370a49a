//! One unit through one history: hosts die and go away, what is missing is noticed, slots
//! are rebuilt.
//!
//! A unit follows the specification of a storage run as far as that decides its own fate, and
//! does what it does in a history of the whole system: a rebuild has its new host from its begin,
//! and begins again with another when that dies or goes away. Where a unit can only be on few
//! hosts, those of its group or of a small system, all of these are followed. Else a new host is
//! one drawn from all that are there: of their ages, and somewhere in its time there. At a start that
//! is not fresh, hosts are there or away as they are in the long run.
//!
//! What it has no part in it does not know: room on disks, and what other units do but for how
//! long rebuilds take (see [`Environment`]).

mod hosts;
mod kept;
mod mend;
mod notice;
mod places;
mod span;
mod strike;
#[cfg(test)]
mod tests;

pub use kept::{UnitSpec, followed_hosts};
pub use span::{Environment, Recorded, Span};

use crate::rng::Rng;
use hosts::Host;
use mend::{Care, Together};
use places::Turn;
use span::Last;
use strike::Striking;

/// No host.
const NOBODY: u16 = u16::MAX;

/// A slot. Hosts are places in the list of those that are followed.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Slot {
    /// The host that has it, there or away; [`NOBODY`] when it is gone.
    host: u16,
    /// The host on which it is being rebuilt.
    target: u16,
    care: Care,
    /// On which class of hosts it is rebuilt.
    class: Turn,
    /// Others that rebuild it too, of which one takes the place of a host that is lost.
    rivals: u32,
}

impl Slot {
    fn is_gone(&self) -> bool {
        self.host == NOBODY
    }

    /// Whether it is to be rebuilt together with others and has no new host yet.
    fn is_homeless(&self) -> bool {
        self.target == NOBODY && (self.is_gone() || matches!(self.care, Care::Waits { .. }))
    }
}

/// A moment of a unit's history. Moments are seconds from the start.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    state: State,
    slots: Vec<Slot>,
    /// Hosts that have a slot, get one, or may.
    hosts: Vec<Host>,
    /// When something happens next: to each slot, then to each host.
    next: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct State {
    now: f64,
    /// When it is kept no longer.
    ends: f64,
    /// Events that were handled.
    steps: u64,
    gone: u32,
    /// Slots that are known to be missing.
    noticed: u32,
    /// Of these, slots that are being rebuilt by themselves.
    running: u32,
    /// Whether its repair was begun, and is to go on until nothing is known to be missing.
    repairing: bool,
    /// The repair of all slots together.
    together: Together,
    /// When repairs that lack sources are looked at again, if that is not on another's account.
    retry: f64,
    next_shock: f64,
    /// The last shock.
    last: Option<Last>,
    /// A shock that happens now.
    striking: Option<Striking>,
}

/// What a history came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// So many slots are gone as was asked for.
    Goal,
    /// No more slots are gone than is well.
    Well,
    /// The end.
    End,
}

/// What happens next.
enum Next {
    Slot(usize),
    Host(usize),
    Together,
    Retry,
    Shock,
}

impl Unit {
    /// All slots filled, at the start.
    pub fn new(spec: &UnitSpec, rng: &mut Rng) -> Self {
        let state = State {
            now: 0.0,
            ends: spec.ends(rng),
            steps: 0,
            gone: 0,
            noticed: 0,
            running: 0,
            repairing: false,
            together: Together::None,
            retry: f64::INFINITY,
            next_shock: f64::INFINITY,
            last: None,
            striking: None,
        };
        let slot = Slot { host: NOBODY, target: NOBODY, care: Care::Fine, class: Turn::Any, rivals: 0 };
        let (n, followed) = (spec.n as usize, spec.places.followed());
        let next = vec![f64::INFINITY; n + followed];
        let mut unit = Unit { state, slots: vec![slot; n], hosts: vec![Host::NONE; followed], next };
        unit.populate(spec, rng);
        for index in 0..n {
            if !unit.hosts[unit.slots[index].host as usize].there {
                unit.misses(index, 0.0, spec, rng);
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

    /// Events that it has seen.
    pub fn steps(&self) -> u64 {
        self.state.steps
    }

    /// Becomes as `other` is.
    pub fn become_as(&mut self, other: &Unit) {
        self.state = other.state;
        self.slots.clone_from(&other.slots);
        self.hosts.clone_from(&other.hosts);
        self.next.clone_from(&other.next);
    }

    /// Draws anew what is to come, given what has been: a clone that kept what was drawn
    /// would be the same history again.
    pub fn diverge(&mut self, spec: &UnitSpec, rng: &mut Rng) {
        let State { now, last, .. } = self.state;
        for (host, next) in self.hosts.iter_mut().zip(&mut self.next[spec.n as usize..]) {
            host.diverge(now, spec, rng);
            *next = host.next();
        }
        for (slot, next) in self.slots.iter_mut().zip(&mut self.next) {
            slot.care.diverge((now, last), spec, rng);
            *next = slot.care.next();
        }
        self.state.together.diverge((now, last), spec, rng);
        if self.state.retry < f64::INFINITY {
            self.state.retry = now;
        }
        self.await_shock(spec, rng);
    }

    /// Lives on until `goal` slots are gone, or until `end`, or till it is kept no longer; whether the
    /// first.
    pub fn until(&mut self, goal: u32, end: f64, spec: &UnitSpec, rng: &mut Rng) -> bool {
        self.run((goal, None), end, spec, rng) == Came::Goal
    }

    /// Lives on until `goal` slots are gone, until no more than `well` are gone, or until `end`.
    pub fn until_well(&mut self, (goal, well): (u32, u32), end: f64, spec: &UnitSpec, rng: &mut Rng) -> Came {
        self.run((goal, Some(well)), end, spec, rng)
    }

    fn run(&mut self, (goal, well): (u32, Option<u32>), end: f64, spec: &UnitSpec, rng: &mut Rng) -> Came {
        let end = end.min(self.state.ends);
        while self.state.gone < goal {
            if well.is_some_and(|well| self.state.gone <= well) {
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
            self.state.steps += 1;
            match next {
                Next::Slot(index) => self.slot_turns(index, spec, rng),
                Next::Host(index) => self.host_turns(index, spec, rng),
                Next::Together => self.make_good(spec, rng),
                Next::Retry => {}
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
        let n = self.slots.len();
        let mut next = if first < n { Next::Slot(first) } else { Next::Host(first - n) };
        if self.state.next_shock < at {
            (at, next) = (self.state.next_shock, Next::Shock);
        }
        if self.state.retry < at {
            (at, next) = (self.state.retry, Next::Retry);
        }
        let together = self.state.together.next();
        if together < at { (together, Next::Together) } else { (at, next) }
    }
}
