//! What becomes of slots and units: lost, away, noticed, back, and lost for good.

use super::state::{NONE, Slot};
use super::{Event, History, Kind};
use crate::rng::Rng;
use crate::units::Time;

impl History<'_> {
    /// The slots of a unit.
    pub(super) fn slots_of(&self, unit: u32) -> impl Iterator<Item = &Slot> {
        let first = unit as usize * self.rules.n as usize;
        self.slots[first..first + self.rules.n as usize].iter()
    }

    /// The numbers of these.
    pub(super) fn numbers_of(&self, unit: u32) -> std::ops::Range<u32> {
        unit * self.rules.n..(unit + 1) * self.rules.n
    }

    pub(super) fn unit_of(&self, slot: u32) -> u32 {
        slot / self.rules.n
    }

    pub(super) fn is_up(&self, host: u32) -> bool {
        host != NONE && self.hosts[host as usize].up
    }

    /// A host died that had this slot, which was there until now or was away.
    pub(super) fn gone(&mut self, slot: u32, was_there: bool) {
        if was_there {
            self.miss(slot);
        }
        let unit = self.unit_of(slot);
        self.totals.slots_lost += 1;
        (self.counts.away, self.counts.gone) = (self.counts.away - 1, self.counts.gone + 1);
        let of = &mut self.units[unit as usize];
        of.gone += 1;
        let (left, lost) = (self.rules.n - of.gone, of.gone > self.rules.m);
        if let Some(watch) = &mut self.watch {
            watch.note(unit, of.gone);
        }
        let dataset = &mut self.datasets[(unit / self.rules.units_per_dataset) as usize];
        dataset.outcome.fewest = dataset.outcome.fewest.min(left);
        if lost {
            self.lose(unit);
        } else if was_there {
            self.await_notice(slot);
        }
    }

    /// The host of this slot has gone away.
    pub(super) fn away(&mut self, slot: u32) {
        self.miss(slot);
        self.await_notice(slot);
    }

    /// A slot is not there from now on. Until it is known to be gone it counts as away.
    fn miss(&mut self, slot: u32) {
        let unit = self.unit_of(slot);
        self.slots[slot as usize].lost = self.now;
        self.counts.away += 1;
        self.units[unit as usize].missing += 1;
        if self.units[unit as usize].missing == self.rules.m + 1 {
            self.unreadable(unit);
        }
    }

    /// A slot is there again, or another in its place.
    pub(super) fn found(&mut self, slot: u32) {
        let unit = self.unit_of(slot);
        let noticed = std::mem::replace(&mut self.slots[slot as usize].noticed, Time::NEVER);
        self.slots[slot as usize].stamp += 1;
        let of = &mut self.units[unit as usize];
        of.missing -= 1;
        of.noticed -= u32::from(noticed < Time::NEVER);
        if of.missing == self.rules.m {
            self.readable(unit);
        }
        if self.units[unit as usize].starving || self.units[unit as usize].repairing {
            self.look_at(unit);
        }
    }

    fn unreadable(&mut self, unit: u32) {
        self.counts.unreadable += 1;
        let dataset = &mut self.datasets[(unit / self.rules.units_per_dataset) as usize];
        if dataset.unreadable == 0 {
            dataset.since = self.now;
        }
        dataset.unreadable += 1;
    }

    fn readable(&mut self, unit: u32) {
        self.counts.unreadable -= 1;
        let dataset = &mut self.datasets[(unit / self.rules.units_per_dataset) as usize];
        dataset.unreadable -= 1;
        if dataset.unreadable == 0 && dataset.outcome.lost.is_none() {
            dataset.outcome.unreadable_s += self.now.since(dataset.since).secs();
        }
    }

    /// The host of this slot is back.
    pub(super) fn returned(&mut self, slot: u32) {
        let was_noticed = self.slots[slot as usize].is_noticed();
        self.counts.away -= 1;
        self.found(slot);
        if was_noticed {
            self.call_off(slot);
        }
    }

    /// More than M slots of the unit are gone.
    fn lose(&mut self, unit: u32) {
        self.note(Kind::UnitLost, unit);
        self.counts.units_lost += 1;
        self.drop_unit(unit);
        self.lose_dataset(unit / self.rules.units_per_dataset);
    }

    /// A dataset was kept for as long as was asked for: all of it is deleted.
    pub(super) fn end_dataset(&mut self, index: u32) {
        self.note(Kind::Ended, index);
        let units = self.rules.units_per_dataset;
        for unit in index * units..(index + 1) * units {
            if !self.units[unit as usize].lost {
                self.ended_slots += u64::from(self.rules.n - self.units[unit as usize].gone);
                self.drop_unit(unit);
            }
        }
        let dataset = &mut self.datasets[index as usize];
        dataset.outcome.ended = dataset.outcome.lost.is_none().then_some(self.now);
    }

    /// A unit is kept no more: what is left of it makes room, and nothing is repaired any more.
    fn drop_unit(&mut self, unit: u32) {
        self.end_repairs(unit);
        let of = &mut self.units[unit as usize];
        of.lost = true;
        self.counts.units -= 1;
        self.counts.gone -= u64::from(of.gone);
        self.counts.away -= u64::from(of.missing - of.gone);
        if of.missing > self.rules.m {
            self.readable(unit);
        }
        for slot in self.numbers_of(unit) {
            self.slots[slot as usize].stamp += 1;
            if self.slots[slot as usize].host != NONE {
                self.take(slot);
            }
        }
    }

    fn lose_dataset(&mut self, index: u32) {
        let dataset = &mut self.datasets[index as usize];
        if dataset.outcome.lost.is_some() {
            return;
        }
        if dataset.unreadable > 0 {
            dataset.outcome.unreadable_s += self.now.since(dataset.since).secs();
        }
        dataset.outcome.lost = Some(self.now);
        self.outcome.lost += 1;
        self.outcome.first_loss.get_or_insert(self.now);
    }

    fn await_notice(&mut self, slot: u32) {
        let at = self.notice(self.unit_of(slot));
        self.slots[slot as usize].stamp += 1;
        if at < Time::NEVER && !self.is_back_before(self.slots[slot as usize].host, at) {
            self.list.push(at, Event::Noticed { slot, stamp: self.slots[slot as usize].stamp });
        }
    }

    /// Whether a host that is away comes back before then: nothing can happen to it meanwhile.
    fn is_back_before(&self, host: u32, then: Time) -> bool {
        self.hosts.get(host as usize).is_some_and(|host| host.turns < host.dies && host.turns < then)
    }

    /// When it is noticed that a slot of the unit is missing from now on.
    fn notice(&mut self, unit: u32) -> Time {
        let detect = &self.spec.detect;
        let draws = &mut self.units[unit as usize].notices;
        let mut at = self.now + detect.offline_after;
        if detect.mean_delay > Time::ZERO {
            at += Time::from_secs_f64(-detect.mean_delay.secs() * libm::log(draws.uniform()));
        }
        let mut checks = detect.misses.max(1);
        if let Some(proofs) = &detect.proofs {
            let first = at.nanos() / proofs.period.nanos() + 1;
            let last = first.saturating_add(periods(checks, proofs.probability, draws) - 1);
            at = proofs.period * last.saturating_add(1) + proofs.timeout;
            checks = 1; // they are of proofs
        }
        match detect.check_every {
            Time::ZERO => at,
            every => every * (at.nanos() / every.nanos() + u64::from(checks)),
        }
    }

    /// It is noticed that a slot is missing; whether it still is.
    pub(super) fn noticed(&mut self, slot: u32, stamp: u32) -> bool {
        if self.slots[slot as usize].stamp != stamp {
            return false;
        }
        self.note(Kind::Noticed, slot);
        let unit = self.unit_of(slot);
        self.slots[slot as usize].noticed = self.now;
        self.units[unit as usize].noticed += 1;
        self.freed_slots += 1;
        self.look_at(unit);
        true
    }
}

/// Periods until a slot was asked for so many proofs that it is asked for with this
/// probability in each: a negative binomial number, as the sum of geometric ones.
fn periods(proofs: u32, probability: f64, rng: &mut Rng) -> u64 {
    let silent = libm::log1p(-probability);
    let mut one = || (libm::floor(libm::log(rng.uniform()) / silent) as u64).saturating_add(1);
    (0..proofs).fold(0u64, |sum, _| sum.saturating_add(one()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    /// Mean k / p and variance k (1 - p) / p^2 of a negative binomial number; a proof in
    /// every period is one period for each.
    #[test]
    fn periods_until_proofs_are_negative_binomial() {
        let mut rng = Rng::stream(1, Purpose::Notices, 0);
        assert_eq!(periods(3, 1.0, &mut rng), 3);
        assert_eq!(periods(3, 0.0, &mut rng), u64::MAX, "never");
        let n = 200_000;
        let drawn: Vec<f64> = (0..n).map(|_| periods(2, 0.1, &mut rng) as f64).collect();
        let mean = drawn.iter().sum::<f64>() / f64::from(n);
        let variance = drawn.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / f64::from(n);
        assert!((mean - 20.0).abs() < 0.15 && (variance - 180.0).abs() < 4.0, "{mean} {variance}");
        assert!(drawn.iter().all(|x| *x >= 2.0));
    }
}
