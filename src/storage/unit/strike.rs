//! Shocks, as one unit meets them.

use super::Unit;
use super::hosts::Host;
use super::kept::{Shock, UnitSpec};
use super::span::{Last, exponential};
use crate::rng::Rng;
use crate::storage::Struck;

/// A shock that happens now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Striking {
    pub(super) shock: Shock,
    /// The region or operator that it strikes.
    pub(super) place: u32,
    /// The next host that it comes to.
    pub(super) host: usize,
}

impl Unit {
    pub(super) fn await_shock(&mut self, spec: &UnitSpec, rng: &mut Rng) {
        self.state.next_shock = f64::INFINITY;
        if spec.shock_rate > 0.0 {
            self.state.next_shock = self.state.now + exponential(1.0 / spec.shock_rate, rng);
        }
    }

    pub(super) fn strike(&mut self, spec: &UnitSpec, rng: &mut Rng) {
        let Some((index, place)) = self.shock(spec, rng) else { return self.await_shock(spec, rng) };
        self.state.last = Some(Last { at: self.state.now, shock: index as u32 });
        self.state.striking = Some(Striking { shock: spec.shocks[index], place, host: 0 });
    }

    /// A shock comes to its next host: one by one, so that histories are split in its midst.
    pub(super) fn strike_next(&mut self, striking: Striking, spec: &UnitSpec, rng: &mut Rng) {
        let Striking { shock, place, host } = striking;
        self.state.striking = Some(Striking { host: host + 1, ..striking });
        let of = &mut self.hosts[host];
        of.catch_up(self.state.now, spec, rng);
        if of.there && spec.places.place(of.number, shock.hits) == place && rng.uniform() < shock.share {
            if let Some(span) = shock.away_for {
                self.leave(host, span, spec, rng);
            } else {
                self.die(host, spec, rng);
            }
        }
        if host + 1 == self.hosts.len() {
            self.state.striking = None;
            self.await_shock(spec, rng);
            self.begin_repairs(spec, rng);
        }
    }

    /// Which shock happens now and the place that it strikes. A region or an operator is
    /// struck at its rate however many hosts of it are followed: of shocks that are drawn for
    /// each place of such a host, one in so many counts.
    fn shock(&mut self, spec: &UnitSpec, rng: &mut Rng) -> Option<(usize, u32)> {
        let mut left = rng.uniform() * spec.shock_rate;
        let falls = |shock: &Shock| {
            left -= shock.rate;
            left < 0.0
        };
        let index = spec.shocks.iter().position(falls).unwrap_or(spec.shocks.len() - 1);
        let shock = spec.shocks[index];
        if shock.hits == Struck::All {
            return Some((index, 0));
        }
        if spec.all_shocks {
            return Some((index, rng.below(u64::from(shock.parts)) as u32));
        }
        let drawn = &self.hosts[rng.below(self.hosts.len() as u64) as usize];
        let place_of =
            |host: &Host| (host.number != Host::NONE.number).then(|| spec.places.place(host.number, shock.hits));
        let place = place_of(drawn)?;
        let there = self.hosts.iter().filter(|host| place_of(host) == Some(place)).count();
        (rng.below(there as u64) == 0).then_some((index, place))
    }
}
