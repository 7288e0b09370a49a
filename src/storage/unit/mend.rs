//! What is done about slots that are missing: they are noticed, and rebuilt by themselves or
//! together.

use super::kept::{Repair, UnitSpec};
use super::notice::Stage;
use super::span::{Begun, Last};
use super::{NOBODY, Slot, Unit};
use crate::rng::Rng;

/// What is done about a slot. Moments are seconds from the start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Care {
    /// Nothing: it is not missing.
    Fine,
    /// It is missing and that is not noticed yet: the stage ends then.
    Unnoticed(Stage, f64),
    /// It waits to be rebuilt, noticed then: for its turn, for sources, for a host, or for the
    /// repair of all.
    Waits { noticed: f64 },
    /// It waits for what others of the system hold: from when, until when.
    Queued { noticed: f64, from: f64, until: f64 },
    /// It is being rebuilt.
    Rebuilt { noticed: f64, began: Begun, ends: f64 },
    /// So it is, and is held up since then, while its new host is away: it ends so much later.
    Paused { noticed: f64, began: Begun, ends: f64, since: f64 },
}

impl Care {
    /// When it changes by itself.
    pub(super) fn next(&self) -> f64 {
        match *self {
            Care::Fine | Care::Waits { .. } | Care::Paused { .. } => f64::INFINITY,
            Care::Unnoticed(_, end) => end,
            Care::Queued { until, .. } => until,
            Care::Rebuilt { ends, .. } => ends,
        }
    }

    /// When it was noticed.
    fn noticed(&self) -> Option<f64> {
        match *self {
            Care::Fine | Care::Unnoticed(..) => None,
            Care::Waits { noticed }
            | Care::Queued { noticed, .. }
            | Care::Rebuilt { noticed, .. }
            | Care::Paused { noticed, .. } => Some(noticed),
        }
    }

    /// Whether it was begun to rebuild it.
    fn has_begun(&self) -> bool {
        matches!(self, Care::Rebuilt { .. } | Care::Paused { .. })
    }

    /// Draws anew what is to come after now and the last shock.
    pub(super) fn diverge(&mut self, (now, last): (f64, Option<Last>), spec: &UnitSpec, rng: &mut Rng) {
        match (self, &spec.repair) {
            (Care::Unnoticed(stage, end), _) => *end = spec.notice.again(*stage, *end, now, rng),
            (Care::Queued { from, until, .. }, Some(of)) => {
                *until = of.waits.again((Begun { at: *from, missing: 1 }, *until), now, last, rng);
            }
            (Care::Rebuilt { began, ends, .. }, Some(of)) => *ends = of.takes.again((*began, *ends), now, last, rng),
            (Care::Paused { began, ends, since, .. }, Some(of)) => {
                *ends = of.takes.again((*began, *ends), *since, last, rng);
            }
            _ => {}
        }
    }
}

/// The repair of all slots of a unit together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Together {
    /// None is under way.
    None,
    /// It waits for what others of the system hold.
    Queued { from: f64, until: f64 },
    /// It is under way, a slot's new host fetching for all where one does.
    Runs { began: Begun, ends: f64, leader: Option<u16> },
    /// All was rebuilt, and what has no host yet gets one as soon as there is one.
    Homing,
}

impl Together {
    /// When it changes by itself.
    pub(super) fn next(&self) -> f64 {
        match *self {
            Together::None | Together::Homing => f64::INFINITY,
            Together::Queued { until, .. } => until,
            Together::Runs { ends, .. } => ends,
        }
    }

    /// Draws anew what is to come after now and the last shock.
    pub(super) fn diverge(&mut self, (now, last): (f64, Option<Last>), spec: &UnitSpec, rng: &mut Rng) {
        match (self, &spec.repair) {
            (Together::Queued { from, until }, Some(of)) => {
                *until = of.waits.again((Begun { at: *from, missing: 1 }, *until), now, last, rng);
            }
            (Together::Runs { began, ends, .. }, Some(of)) => *ends = of.takes.again((*began, *ends), now, last, rng),
            _ => {}
        }
    }
}

impl Unit {
    /// What happens to a slot whose time has come.
    pub(super) fn slot_turns(&mut self, index: usize, spec: &UnitSpec, rng: &mut Rng) {
        match self.slots[index].care {
            Care::Unnoticed(stage, _) => {
                let follows = spec.notice.follow(stage, self.state.now, rng);
                self.notice(index, follows);
            }
            Care::Queued { noticed, .. } => {
                self.care(index, Care::Waits { noticed });
                if let Some(repair) = &spec.repair
                    && self.state.running < repair.parallel
                    && self.is_readable(spec, rng)
                {
                    self.rebuild(index, noticed, repair, spec, rng);
                }
            }
            _ => self.renew(index, spec, rng),
        }
    }

    fn care(&mut self, index: usize, care: Care) {
        self.slots[index].care = care;
        self.next[index] = care.next();
    }

    /// The slot is missing since then, if that is not known.
    pub(super) fn misses(&mut self, index: usize, since: f64, spec: &UnitSpec, rng: &mut Rng) {
        if self.slots[index].care == Care::Fine {
            let stage = spec.notice.begin(since, rng);
            self.notice(index, stage);
        }
    }

    /// The slot is noticed to be missing, unless something is to be waited for.
    fn notice(&mut self, index: usize, stage: Option<(Stage, f64)>) {
        let care = match stage {
            Some((stage, end)) => Care::Unnoticed(stage, end),
            None => {
                self.state.noticed += 1;
                Care::Waits { noticed: self.state.now }
            }
        };
        self.care(index, care);
    }

    /// The slot is not missing any more.
    pub(super) fn is_well(&mut self, index: usize, spec: &UnitSpec, rng: &mut Rng) {
        let care = self.slots[index].care;
        if care == Care::Fine {
            return;
        }
        self.state.noticed -= u32::from(care.noticed().is_some());
        self.state.running -= u32::from(care.has_begun());
        self.care(index, Care::Fine);
        self.drop_target(index, spec, rng);
    }

    /// The host on which a slot is being rebuilt has gone away: the rebuild is held up until it is
    /// back, or begins again elsewhere.
    pub(super) fn pause(&mut self, index: usize, spec: &UnitSpec, rng: &mut Rng) {
        match self.slots[index].care {
            Care::Rebuilt { noticed, began, ends } if spec.repair.is_some_and(|repair| repair.resumes) => {
                self.care(index, Care::Paused { noticed, began, ends, since: self.state.now });
            }
            Care::Paused { .. } => {}
            _ => self.give_up(index, spec, rng),
        }
    }

    /// The host on which a slot is being rebuilt is there: a rebuild that was held up goes on.
    pub(super) fn resume(&mut self, index: usize) {
        if let Care::Paused { noticed, began, ends, since } = self.slots[index].care {
            let later = self.state.now - since;
            let began = Begun { at: began.at + later, ..began };
            self.care(index, Care::Rebuilt { noticed, began, ends: ends + later });
        }
    }

    /// The host on which a slot is being rebuilt is not there any more: the rebuild goes on with one
    /// that races with it, or begins again.
    pub(super) fn give_up(&mut self, index: usize, spec: &UnitSpec, rng: &mut Rng) {
        if self.slots[index].rivals > 0 && self.slots[index].care.has_begun() {
            self.drop_target(index, spec, rng);
            if self.new_host(index, spec, rng).is_some() {
                self.slots[index].rivals -= 1;
                return;
            }
        }
        if let Care::Rebuilt { noticed, .. } | Care::Paused { noticed, .. } = self.slots[index].care {
            self.state.running -= 1;
            self.care(index, Care::Waits { noticed });
        }
        self.drop_target(index, spec, rng);
    }

    /// The slot is not rebuilt any more where it was; if that host fetched for all, nor are
    /// others.
    fn drop_target(&mut self, index: usize, spec: &UnitSpec, rng: &mut Rng) {
        let host = std::mem::replace(&mut self.slots[index].target, NOBODY);
        if host == NOBODY {
            return;
        }
        self.let_go(host, spec, rng);
        if matches!(self.state.together, Together::Runs { leader: Some(leader), .. } if leader == index as u16) {
            self.state.together = Together::None;
        }
    }

    /// The slot is good, on its new host.
    fn renew(&mut self, index: usize, spec: &UnitSpec, rng: &mut Rng) {
        let Slot { host: old, target, .. } = self.slots[index];
        self.slots[index].host = target;
        self.slots[index].target = NOBODY;
        if old == NOBODY {
            self.state.gone -= 1;
        } else {
            self.let_go(old, spec, rng);
        }
        self.slots[index].class = spec.places.turn(self.hosts[target as usize].number);
        self.is_well(index, spec, rng);
        self.begins_to_live(target, spec, rng);
        self.keeps(target, spec);
    }

    /// Repairs of what is known to be missing begin, as far as there is room and there are
    /// enough slots to rebuild it from.
    pub(super) fn begin_repairs(&mut self, spec: &UnitSpec, rng: &mut Rng) {
        let (Some(repair), state) = (&spec.repair, &mut self.state) else { return };
        state.retry = f64::INFINITY;
        if state.noticed == 0 {
            if state.repairing {
                self.end_together(spec, rng);
            }
            return;
        }
        state.repairing |= spec.n - state.noticed <= repair.threshold;
        if !state.repairing {
            return;
        }
        if repair.together {
            self.begin_together(repair, spec, rng);
        } else if state.running < state.noticed.min(repair.parallel) && self.is_readable(spec, rng) {
            self.begin_each(repair, spec, rng);
        }
    }

    /// Nothing is known to be missing any more.
    fn end_together(&mut self, spec: &UnitSpec, rng: &mut Rng) {
        self.state.repairing = false;
        if let Together::Runs { leader: Some(leader), .. } = self.state.together {
            self.drop_target(leader as usize, spec, rng);
        }
        self.state.together = Together::None;
    }

    fn begin_together(&mut self, repair: &Repair, spec: &UnitSpec, rng: &mut Rng) {
        match self.state.together {
            Together::None => {
                if !self.is_readable(spec, rng) {
                    return;
                }
                let now = self.state.now;
                let until = repair.waits.end(Begun { at: now, missing: 1 }, self.state.last, rng);
                if until > now {
                    self.state.together = Together::Queued { from: now, until };
                } else {
                    self.lead(repair, spec, rng);
                }
            }
            Together::Homing => self.bring_home(spec, rng),
            Together::Queued { .. } | Together::Runs { .. } => {}
        }
    }

    /// The repair of all together begins; or it waits, where it needs a host or sources.
    fn lead(&mut self, repair: &Repair, spec: &UnitSpec, rng: &mut Rng) {
        let mut leader = None;
        if repair.led {
            let Some(slot) = self.next_home(spec, rng) else { return };
            leader = Some(slot as u16);
        }
        let began = Begun { at: self.state.now, missing: self.missing(spec, rng) };
        let ends = repair.takes.end(began, self.state.last, rng);
        self.state.together = Together::Runs { began, ends, leader };
    }

    /// Slots by themselves, first those of which it was noticed first.
    fn begin_each(&mut self, repair: &Repair, spec: &UnitSpec, rng: &mut Rng) {
        let now = self.state.now;
        while self.state.running < repair.parallel {
            let waits = |(index, slot): (usize, &Slot)| match slot.care {
                Care::Waits { noticed } => Some((noticed, index)),
                _ => None,
            };
            let first = self.slots.iter().enumerate().filter_map(waits).min_by(|a, b| a.0.total_cmp(&b.0));
            let Some((noticed, index)) = first else { return };
            let until = repair.waits.end(Begun { at: now, missing: 1 }, self.state.last, rng);
            if until > now {
                self.care(index, Care::Queued { noticed, from: now, until });
            } else if !self.rebuild(index, noticed, repair, spec, rng) {
                return;
            }
        }
    }

    /// Begins to rebuild a slot, if there is a host for it.
    fn rebuild(&mut self, index: usize, noticed: f64, repair: &Repair, spec: &UnitSpec, rng: &mut Rng) -> bool {
        let found = self.new_host(index, spec, rng).is_some();
        if found {
            let began = Begun { at: self.state.now, missing: self.missing(spec, rng) };
            let ends = repair.takes.end(began, self.state.last, rng);
            self.state.running += 1;
            self.slots[index].rivals = repair.rivals;
            self.care(index, Care::Rebuilt { noticed, began, ends });
        }
        found
    }

    /// Whether as many slots are there as a rebuild reads.
    fn is_readable(&mut self, spec: &UnitSpec, rng: &mut Rng) -> bool {
        if !spec.away {
            return true; // no more than M are gone
        }
        let missing = self.missing(spec, rng);
        let readable = spec.n - missing >= spec.sources(missing);
        if !readable {
            // Not before another is back.
            let back = |slot: &Slot| self.hosts.get(slot.host as usize).filter(|of| !of.there).map(|of| of.turns);
            self.state.retry = self.slots.iter().filter_map(back).fold(f64::INFINITY, f64::min);
        }
        readable
    }

    /// How many slots are gone or away.
    fn missing(&mut self, spec: &UnitSpec, rng: &mut Rng) -> u32 {
        if !spec.away {
            return self.state.gone;
        }
        (0..self.slots.len()).filter(|slot| !self.is_there(self.slots[*slot].host, spec, rng)).count() as u32
    }

    /// The next slot that is to be rebuilt together with others, has no new host yet, and gets one
    /// now.
    fn next_home(&mut self, spec: &UnitSpec, rng: &mut Rng) -> Option<usize> {
        (0..self.slots.len())
            .find(|index| self.slots[*index].is_homeless() && self.new_host(*index, spec, rng).is_some())
    }

    /// What was waited for is there, or all was rebuilt: what is gone, and what is known to be away.
    pub(super) fn make_good(&mut self, spec: &UnitSpec, rng: &mut Rng) {
        let Some(repair) = &spec.repair else { return };
        match self.state.together {
            Together::Queued { .. } => {
                self.state.together = Together::None;
                if self.is_readable(spec, rng) {
                    self.lead(repair, spec, rng);
                }
            }
            Together::Runs { leader, .. } => {
                self.state.together = Together::Homing;
                if let Some(leader) = leader {
                    self.renew(leader as usize, spec, rng);
                }
                self.bring_home(spec, rng);
            }
            Together::None | Together::Homing => {}
        }
    }

    /// What was rebuilt together goes to hosts, as far as there are any.
    fn bring_home(&mut self, spec: &UnitSpec, rng: &mut Rng) {
        while let Some(slot) = self.next_home(spec, rng) {
            self.renew(slot, spec, rng);
        }
        if !self.slots.iter().any(Slot::is_homeless) {
            self.state.together = Together::None;
        }
    }
}
