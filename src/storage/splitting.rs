//! How likely a loss is that hardly ever happens.
//!
//! Fixed-effort splitting on the number of missing slots (Garvels, "The splitting method in
//! rare event simulation", 2000): histories that have come to a level are continued, each
//! with a future of its own, and the share that comes to the next is counted; the product of
//! the shares is the probability. A pilot places the levels so that none of these shares is
//! small, and has more histories follow where one is: what is passed by few of them is
//! estimated too low, by intervals that do not show it. The estimate is the mean of independent repetitions, which give its interval.

mod any;

pub use any::{any_loss, dataset_loss};

use super::StorageSpec;
use super::statistics::student;
use super::unit::{Came, Environment, Unit, UnitSpec};
use crate::rng::{Purpose, Rng};

/// A probability and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub probability: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// Histories that were followed, the pilot's left out.
    pub histories: u64,
}

/// Repetitions at the least: their spread gives the interval.
const FEWEST: u32 = 5;

/// A level that so many pass is none.
const EASY: f64 = 0.4;

/// Of the histories that are asked for, so many are to come from a level to the next, in the
/// mean; where fewer do, more are followed.
const COME: f64 = 0.2;

/// The most histories from a level, as a multiple of what was asked for.
const MOST: u32 = 1000;

/// An interval of which the upper end is more than so many times the lower (about a third
/// either way) comes of too few histories: another round has more.
const SHARP: f64 = 1.8;

/// So many times as many, in at most so many rounds, as long as no round follows more histories
/// than this: seconds to a minute.
const MORE: u32 = 4;
const ROUNDS: u64 = 4;
const MOST_HISTORIES: u64 = 1_500_000;

/// The probability that a unit is lost within the horizon. Repetitions take the environments
/// by turns, so that the interval covers how much they differ; without any, the unit is in
/// none but its own. Where repetitions differ much, another round follows that has more
/// histories from each level: few that are far apart are too low as a rule, and by more than
/// they show.
pub fn unit_loss(spec: &StorageSpec, environments: &[Environment]) -> Estimate {
    unit_loss_while(spec, environments, &mut || true).expect("nobody ends it")
}

/// Histories between two looks whether there are to be more.
const BETWEEN_LOOKS: u64 = 256;

/// The same as long as `goes_on`, which is asked every few hundred histories; nothing when
/// that ended it.
pub fn unit_loss_while(
    spec: &StorageSpec,
    environments: &[Environment],
    goes_on: &mut dyn FnMut() -> bool,
) -> Option<Estimate> {
    let own = [Environment::Own];
    let environments = if environments.is_empty() { &own } else { environments };
    let units: Vec<UnitSpec> = environments.iter().map(|environment| UnitSpec::of(spec, environment)).collect();
    let mut starts = spec.rare.starts;
    let mut round = 0;
    loop {
        let found = one_round(spec, &units, (starts, round), goes_on)?;
        round += 1;
        let is_sharp = found.interval.1 < SHARP * found.interval.0;
        let is_dear = found.histories.saturating_mul(u64::from(MORE)) > MOST_HISTORIES;
        if round == ROUNDS || is_sharp || is_dear || found.probability == 0.0 {
            return Some(found);
        }
        starts = starts.saturating_mul(MORE);
    }
}

/// A loss that is less likely is told as one that does not happen, and is at most so likely.
const NEVER: f64 = 1e-40;

/// One round of [`unit_loss`], with so many histories from each level.
fn one_round(
    spec: &StorageSpec,
    units: &[UnitSpec],
    (starts, round): (u32, u64),
    goes_on: &mut dyn FnMut() -> bool,
) -> Option<Estimate> {
    let (seed, horizon) = (spec.seed, spec.horizon.secs());
    let mut stopped = false;
    let mut until_stopped = || {
        stopped |= !goes_on();
        !stopped
    };
    let goes_on: &mut dyn FnMut() -> bool = &mut until_stopped;
    let stream = |repetition: u64| round << 56 | repetition << 40;
    let plan = Pass { unit: &units[0], horizon, seed, stream: stream(0), histories: 0, goes_on }.pilot(starts);
    let repetitions = spec.rare.repetitions.max(FEWEST);
    let mut found = Vec::with_capacity(repetitions as usize);
    let mut histories = 0;
    for repetition in 0..repetitions {
        let unit = &units[repetition as usize % units.len()];
        let stream = stream(u64::from(repetition) + 1);
        let mut pass = Pass { unit, horizon, seed, stream, histories: 0, goes_on };
        found.push(pass.run(&plan.levels));
        histories += pass.histories;
    }
    let (probability, interval) = with_interval(&found, plan.at_most);
    (!stopped).then_some(Estimate { probability, interval, histories })
}

/// The mean of independent estimates and its 95 % interval, from the spread of its logarithm
/// when one of them is left out (jackknife): products of shares are skewed, their logarithms
/// hardly. Where too few found anything it reaches from nothing to `at_most`.
fn with_interval(found: &[f64], at_most: f64) -> (f64, (f64, f64)) {
    let n = found.len() as f64;
    let sum: f64 = found.iter().sum();
    let without = |one: &f64| libm::log((sum - one) / (n - 1.0));
    let logs: Vec<f64> = found.iter().map(without).collect();
    if sum <= 0.0 || logs.iter().any(|log| !log.is_finite()) {
        return (sum / n, (0.0, at_most));
    }
    let mean = logs.iter().sum::<f64>() / n;
    let variance = logs.iter().map(|log| (log - mean) * (log - mean)).sum::<f64>() * (n - 1.0) / n;
    let factor = libm::exp(student(found.len() - 1) * variance.sqrt());
    (sum / n, (sum / n / factor, (sum / n * factor).min(1.0)))
}

/// Histories in which no slot is gone any more go on with this probability, for that many
/// others, where hardly any of them comes on ([`SELDOM`]).
const GOES_ON: f64 = 0.1;

/// Of the histories that come to a level, those in which no slot was gone in between.
const SELDOM: f64 = 0.02;

/// A number of gone slots to which histories come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Level {
    gone: u32,
    /// How many are followed there.
    starts: u32,
    /// Whether most of those are given up in which no slot is gone any more.
    gives_up: bool,
}

/// How histories are split.
#[derive(Debug, Clone, PartialEq)]
struct Plan {
    /// The last is the loss.
    levels: Vec<Level>,
    /// What the probability is not above if nothing is found.
    at_most: f64,
}

/// One repetition.
struct Pass<'a> {
    unit: &'a UnitSpec<'a>,
    horizon: f64,
    seed: u64,
    /// Streams of this repetition: a clone's has its number.
    stream: u64,
    histories: u64,
    /// Asked now and then; when it says no, nothing more is followed.
    goes_on: &'a mut dyn FnMut() -> bool,
}

/// Histories that came to a level.
#[derive(Default)]
struct Entries {
    /// Those beyond the weights are there for their room.
    units: Vec<Unit>,
    /// For how many each stands.
    weights: Vec<f64>,
    /// The sum of these.
    weight: f64,
    /// Of that, in which no slot was gone in between.
    well: f64,
}

impl Entries {
    fn clear(&mut self) {
        self.weights.clear();
        (self.weight, self.well) = (0.0, 0.0);
    }

    fn push(&mut self, unit: &Unit, weight: f64, was_well: bool) {
        match self.units.get_mut(self.weights.len()) {
            Some(room) => room.become_as(unit),
            None => self.units.push(unit.clone()),
        }
        self.weights.push(weight);
        self.weight += weight;
        self.well += if was_well { weight } else { 0.0 };
    }
}

impl Pass<'_> {
    /// Whether another history is to be followed.
    fn may_follow(&mut self) -> bool {
        !self.histories.is_multiple_of(BETWEEN_LOOKS) || (self.goes_on)()
    }

    fn rng(&mut self) -> Rng {
        self.histories += 1;
        Rng::stream(self.seed, Purpose::Splitting, self.stream + self.histories)
    }

    /// Follows histories to a level from the start.
    fn begin(&mut self, level: Level, reached: &mut Entries) {
        for _ in 0..level.starts {
            if !self.may_follow() {
                return;
            }
            let mut rng = self.rng();
            let mut unit = Unit::new(self.unit, &mut rng);
            if unit.until(level.gone, self.horizon, self.unit, &mut rng) {
                reached.push(&unit, 1.0, false);
            }
        }
    }

    /// Follows clones of `entries` to a level. Each has as many as is its weight, as nearly as
    /// whole numbers allow, and in the mean exactly.
    fn go_on(&mut self, entries: &Entries, level: Level, reached: &mut Entries) {
        let step = entries.weight / f64::from(level.starts);
        let mut at = self.rng().uniform() * step;
        let Some(mut unit) = entries.units.first().cloned() else { return };
        for (entry, weight) in entries.units.iter().zip(&entries.weights) {
            while at < *weight {
                if !self.may_follow() {
                    return;
                }
                at += step;
                let mut rng = self.rng();
                unit.become_as(entry);
                unit.diverge(self.unit, &mut rng);
                self.follow(&mut unit, level, reached, &mut rng);
            }
            at -= weight;
        }
    }

    fn follow(&self, unit: &mut Unit, level: Level, reached: &mut Entries, rng: &mut Rng) {
        match unit.until_well(level.gone, self.horizon, self.unit, rng) {
            Came::Goal => reached.push(unit, 1.0, false),
            Came::End => {}
            Came::Well => {
                let goes_on = !level.gives_up || rng.uniform() < GOES_ON;
                if goes_on && unit.until(level.gone, self.horizon, self.unit, rng) {
                    reached.push(unit, if level.gives_up { 1.0 / GOES_ON } else { 1.0 }, true);
                }
            }
        }
    }

    fn advance(&mut self, entries: &Entries, level: Level, reached: &mut Entries) {
        if entries.weights.is_empty() { self.begin(level, reached) } else { self.go_on(entries, level, reached) }
    }

    /// The share of histories that come from each level to the next, multiplied.
    fn run(&mut self, levels: &[Level]) -> f64 {
        let mut probability = if levels.is_empty() { 0.0 } else { 1.0 };
        let (mut entries, mut reached) = (Entries::default(), Entries::default());
        for level in levels {
            reached.clear();
            self.advance(&entries, *level, &mut reached);
            probability *= reached.weight / f64::from(level.starts);
            if reached.weights.is_empty() {
                return 0.0;
            }
            std::mem::swap(&mut entries, &mut reached);
        }
        probability
    }

    /// Places the levels: every number of gone slots, but for those that are passed easily.
    fn pilot(&mut self, starts: u32) -> Plan {
        let (lost, most) = (self.unit.lost(), starts.saturating_mul(MOST));
        let fewest = COME * f64::from(starts);
        let mut levels = Vec::new();
        let (mut all, mut share, mut gives_up) = (1.0, 1.0, true);
        let mut entries = Entries::default();
        for gone in 1..=lost {
            let (mut reached, mut tried) = (Entries::default(), 0);
            while reached.weight < fewest && tried < most {
                let more = tried.max(starts);
                // Where hardly any come on, those that are well again have shown by now if they do.
                let gives_up = gone > 1 && tried >= 8 * starts && reached.well <= SELDOM * reached.weight;
                self.advance(&entries, Level { gone, starts: more, gives_up }, &mut reached);
                tried += more;
            }
            if reached.weights.is_empty() {
                // Fewer than 3.7 in so many tries, at 97.5 %.
                let at_most = (all * 3.7 / f64::from(tried)).min(1.0);
                levels.push(Level { gone: lost, starts: most, gives_up: false });
                return Plan { levels, at_most };
            }
            let passed = reached.weight / f64::from(tried);
            all *= passed;
            if all < NEVER {
                return Plan { levels: vec![], at_most: NEVER };
            }
            share *= passed;
            gives_up &= gone > 1 && reached.well < SELDOM * reached.weight;
            if share < EASY || gone == lost {
                let needed = libm::ceil(fewest / share) as u32;
                levels.push(Level { gone, starts: needed.clamp(starts, most), gives_up });
                (share, gives_up) = (1.0, true);
            }
            entries = reached;
        }
        Plan { levels, at_most: 1.0 }
    }
}

#[cfg(test)]
mod tests;
