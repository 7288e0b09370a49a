//! Shocks, as one unit meets them.

use super::kept::{Shock, UnitSpec};
use super::span::exponential;
use super::{Slot, Unit};
use crate::rng::Rng;
use crate::storage::Struck;

/// A shock that happens now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Striking {
    pub(super) shock: Shock,
    /// The region or operator that it strikes.
    pub(super) place: u32,
    /// The next slot that it comes to.
    pub(super) slot: usize,
}

impl Unit {
    pub(super) fn await_shock(&mut self, spec: &UnitSpec, rng: &mut Rng) {
        self.state.next_shock = match spec.recorded.get(self.state.shocks) {
            Some(shock) => shock.time.secs(),
            None if spec.shock_rate > 0.0 => self.state.now + exponential(1.0 / spec.shock_rate, rng),
            None => f64::INFINITY,
        };
    }

    pub(super) fn strike(&mut self, spec: &UnitSpec, rng: &mut Rng) {
        let shock = self.shock(spec, rng);
        self.state.striking = shock.map(|(shock, place)| Striking { shock, place, slot: 0 });
        if shock.is_none() {
            self.await_shock(spec, rng);
        }
    }

    /// A shock comes to its next slot: one by one, so that histories are split in its midst.
    pub(super) fn strike_next(
        &mut self,
        Striking { shock, place, slot: index }: Striking,
        spec: &UnitSpec,
        rng: &mut Rng,
    ) {
        self.state.striking = Some(Striking { shock, place, slot: index + 1 });
        let slot = &mut self.slots[index];
        if slot.there && spec.places.place(slot.host, shock.hits) == place && rng.uniform() < shock.share {
            if let Some(span) = shock.away_for {
                (slot.there, slot.struck, slot.since) = (false, true, self.state.now);
                slot.turns = self.state.now + span;
                self.misses(index, spec, rng);
            } else {
                self.die(index, spec, rng);
            }
        }
        if index + 1 == self.slots.len() {
            self.state.striking = None;
            self.await_shock(spec, rng);
            self.begin_repairs(spec, rng);
        }
    }

    /// The shock that happens now and the place that it strikes. A region or an operator is
    /// struck at its rate however many slots it has: of shocks that are drawn for each slot,
    /// one in so many counts.
    fn shock(&mut self, spec: &UnitSpec, rng: &mut Rng) -> Option<(Shock, u32)> {
        if let Some(recorded) = spec.recorded.get(self.state.shocks) {
            self.state.shocks += 1;
            return spec.shocks.get(recorded.shock as usize).map(|shock| {
                let place = if shock.hits == Struck::All { 0 } else { recorded.place };
                (*shock, place)
            });
        }
        let mut left = rng.uniform() * spec.shock_rate;
        let falls = |shock: &&Shock| {
            left -= shock.rate;
            left < 0.0
        };
        let shock = spec.shocks.iter().find(falls).or(spec.shocks.last())?;
        if shock.hits == Struck::All {
            return Some((*shock, 0));
        }
        let place_of = |slot: &Slot| spec.places.place(slot.host, shock.hits);
        let place = place_of(&self.slots[rng.below(u64::from(spec.n)) as usize]);
        let there = self.slots.iter().filter(|slot| place_of(slot) == place).count();
        (rng.below(there as u64) == 0).then_some((*shock, place))
    }
}
