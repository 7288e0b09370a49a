//! How likely a loss is that hardly ever happens.
//!
//! Fixed-effort splitting on the number of missing slots (Garvels, "The splitting method in
//! rare event simulation", 2000), of excursions: a unit is lost once at most, so the probability of its loss is
//! the number of losses in the mean, and each of these ends an excursion that began when more slots
//! were gone than usual, and did not come back from there. How many of these begin in a
//! history is counted in histories that run to the horizon. Those that have come to a level
//! are continued, each with a future of its own, until they come to the next, which is
//! counted, or are over; that number times all shares is the probability. A pilot finds what is usual,
//! and places the levels so that none of these shares is small, and has more histories follow
//! where one is: what is passed by few of them is estimated too low, by intervals that do not
//! show it. The estimate is the mean of independent repetitions, which give its interval.

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
pub(super) const FEWEST: u32 = 5;

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

/// Histories that are followed at the most where the first round follows so many.
pub fn most_histories(first_round: f64) -> f64 {
    let rounds = std::iter::successors(Some(first_round), |round| Some(round * f64::from(MORE)));
    let taken = rounds.take(ROUNDS as usize).take_while(|round| *round <= MOST_HISTORIES as f64);
    taken.sum::<f64>().max(first_round)
}

/// The probability that a unit is lost within the horizon. Repetitions take the environments
/// by turns, so that the interval covers how much they differ; without any, the unit is in
/// none but its own. Where repetitions differ much, another round follows that has more
/// histories from each level: few that are far apart are too low as a rule, and by more than
/// they show.
pub fn unit_loss(spec: &StorageSpec, environments: &[Environment]) -> Estimate {
    let kept = [spec.kept().secs()];
    let lasts: &[f64] = if spec.data.duration.is_some() { &kept } else { &[] };
    unit_loss_while(spec, environments, lasts, &mut || true).expect("nobody ends it")
}

/// Histories between two looks whether there are to be more.
const BETWEEN_LOOKS: u64 = 256;

/// The same of units that are kept for one of the spans `lasts`, in seconds, each as likely
/// (to the end of the horizon where there are none), as long as `goes_on`, which is asked every few
/// hundred histories; nothing when that ended it.
pub fn unit_loss_while(
    spec: &StorageSpec,
    environments: &[Environment],
    lasts: &[f64],
    goes_on: &mut dyn FnMut() -> bool,
) -> Option<Estimate> {
    let own = [Environment::Own];
    let environments = if environments.is_empty() { &own } else { environments };
    let unit = |environment| UnitSpec::of(spec, environment).lasting(lasts);
    let units: Vec<UnitSpec> = environments.iter().map(unit).collect();
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
        found.push(pass.run(&plan));
        histories += pass.histories;
    }
    let (probability, interval) = with_interval(&found, plan.at_most);
    (!stopped).then_some(Estimate { probability, interval, histories })
}

/// The mean of independent estimates and its 95 % interval, from the spread of its logarithm
/// when one of them is left out (jackknife): products of shares are skewed, their logarithms
/// hardly. Where too few found anything it reaches from nothing to `at_most`.
pub(super) fn with_interval(found: &[f64], at_most: f64) -> (f64, (f64, f64)) {
    let n = found.len() as f64;
    // An expected number of losses; by chance that may be more than the one that there can be.
    let sum: f64 = found.iter().sum::<f64>().min(n);
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

/// Excursions begin at a number of gone slots to which histories come at least this many times as
/// often as to any other.
const USUAL: f64 = 0.5;

/// Histories of the pilot at the least.
const FEW: u32 = 20;

/// Events of the histories in which excursions begin, in one repetition, where more are not needed
/// to have as many excursions as are asked for.
const EVENTS: f64 = 100_000.0;

/// Excursions that are kept, as a multiple of the starts that are asked for.
const KEPT: u32 = 4;

/// A number of gone slots to which excursions come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Level {
    gone: u32,
    /// How many are followed there.
    starts: u32,
}

/// How histories are split.
#[derive(Debug, Clone, PartialEq)]
struct Plan {
    begin: Begin,
    /// The last is the loss; none where excursions begin with it.
    levels: Vec<Level>,
    /// What the probability is not above if nothing is found.
    at_most: f64,
}

/// How excursions begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Begin {
    /// When more slots than these are gone; they are over when no more are.
    usual: u32,
    /// Histories in which they are looked for.
    histories: u32,
    /// Of so many, one is kept.
    one_of: u32,
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
    /// Those beyond the count are there for their room.
    units: Vec<Unit>,
    count: usize,
}

impl Entries {
    fn push(&mut self, unit: &Unit) {
        match self.units.get_mut(self.count) {
            Some(room) => room.become_as(unit),
            None => self.units.push(unit.clone()),
        }
        self.count += 1;
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

    /// Follows histories to the horizon, or to a loss, and keeps of the excursions that begin in
    /// them every so many-th.
    fn begin(&mut self, Begin { usual, histories, one_of }: Begin, reached: &mut Entries) {
        let lost = self.unit.lost();
        let mut skip = self.rng().below(u64::from(one_of)) as u32;
        for _ in 0..histories {
            if !self.may_follow() {
                return;
            }
            let mut rng = self.rng();
            let mut unit = Unit::new(self.unit, &mut rng);
            while unit.until(usual + 1, self.horizon, self.unit, &mut rng) {
                if skip == 0 {
                    reached.push(&unit);
                    skip = one_of;
                }
                skip -= 1;
                if unit.until_well((lost, usual), self.horizon, self.unit, &mut rng) != Came::Well {
                    break;
                }
            }
        }
    }

    /// Follows clones of `entries`, as many of each as whole numbers allow, until they come to a
    /// level or are over.
    fn go_on(&mut self, entries: &Entries, usual: u32, level: Level, reached: &mut Entries) {
        let step = entries.count as f64 / f64::from(level.starts);
        let mut at = self.rng().uniform() * step;
        let Some(mut unit) = entries.units.first().cloned() else { return };
        for entry in &entries.units[..entries.count] {
            while at < 1.0 {
                if !self.may_follow() {
                    return;
                }
                at += step;
                let mut rng = self.rng();
                unit.become_as(entry);
                unit.diverge(self.unit, &mut rng);
                if unit.until_well((level.gone, usual), self.horizon, self.unit, &mut rng) == Came::Goal {
                    reached.push(&unit);
                }
            }
            at -= 1.0;
        }
    }

    /// The excursions that begin in a history, times the shares that come from each level to the
    /// next.
    fn run(&mut self, plan: &Plan) -> f64 {
        let (mut entries, mut reached) = (Entries::default(), Entries::default());
        self.begin(plan.begin, &mut entries);
        let mut probability = entries.count as f64 * f64::from(plan.begin.one_of) / f64::from(plan.begin.histories);
        for level in &plan.levels {
            if entries.count == 0 {
                return 0.0;
            }
            reached.count = 0;
            self.go_on(&entries, plan.begin.usual, *level, &mut reached);
            probability *= reached.count as f64 / f64::from(level.starts);
            std::mem::swap(&mut entries, &mut reached);
        }
        probability
    }

    /// How often histories come to each number of gone slots from below, and how much happens
    /// in one.
    fn look(&mut self, starts: u32) -> (u32, Vec<f64>, f64) {
        let lost = self.unit.lost();
        let mut came = vec![0.0; lost as usize + 1];
        let (mut tried, mut steps) = (0, 0.0);
        let most = starts.saturating_mul(MOST);
        let enough = |came: &[f64]| came.iter().any(|came| *came >= f64::from(starts));
        while tried < most && (tried < FEW || !enough(&came)) && self.may_follow() {
            tried += 1;
            let mut rng = self.rng();
            let mut unit = Unit::new(self.unit, &mut rng);
            while unit.gone() < lost {
                let gone = unit.gone();
                let met = match gone {
                    0 if unit.until(1, self.horizon, self.unit, &mut rng) => Came::Goal,
                    0 => Came::End,
                    _ => unit.until_well((gone + 1, gone - 1), self.horizon, self.unit, &mut rng),
                };
                match met {
                    Came::Goal => came[gone as usize + 1] += 1.0,
                    Came::Well => {}
                    Came::End => break,
                }
            }
            steps += unit.steps() as f64;
        }
        let each = f64::from(tried.max(1));
        came.iter_mut().for_each(|came| *came /= each);
        (tried, came, steps / each)
    }

    /// Finds what is usual, and how many histories are to be followed.
    fn pilot(&mut self, starts: u32) -> Plan {
        let most = starts.saturating_mul(MOST);
        let (tried, came, steps) = self.look(starts);
        let often = came.iter().fold(0.0, |most: f64, came| most.max(*came));
        let usual = came.iter().rposition(|came| *came >= USUAL * often).unwrap_or(1).max(1) as u32 - 1;
        let begins = came[usual as usize + 1];
        if begins == 0.0 {
            let begin = Begin { usual, histories: most, one_of: 1 };
            return Plan { begin, levels: vec![], at_most: (3.7 / f64::from(tried.max(1))).min(1.0) };
        }
        let needed = libm::ceil(f64::from(starts) / begins).min(f64::from(most));
        let affordable = libm::floor(EVENTS / steps.max(1.0)).min(f64::from(starts));
        let histories = needed.max(affordable) as u32;
        let one_of = libm::floor(f64::from(histories) * begins / f64::from(KEPT * starts)).max(1.0) as u32;
        let begin = Begin { usual, histories, one_of };
        let mut entries = Entries::default();
        self.begin(begin, &mut entries);
        self.place_levels(starts, begin, begins, entries)
    }

    /// Places the levels: every number of gone slots, but for those that are passed easily.
    fn place_levels(&mut self, starts: u32, begin: Begin, begins: f64, mut entries: Entries) -> Plan {
        let (lost, most) = (self.unit.lost(), starts.saturating_mul(MOST));
        let fewest = COME * f64::from(starts);
        let mut levels = Vec::new();
        let (mut all, mut share) = (begins, 1.0);
        for gone in begin.usual + 2..=lost {
            let (mut reached, mut tried) = (Entries::default(), 0);
            while (reached.count as f64) < fewest && tried < most && entries.count > 0 {
                let more = tried.max(starts);
                self.go_on(&entries, begin.usual, Level { gone, starts: more }, &mut reached);
                tried += more;
            }
            if reached.count == 0 {
                // Fewer than 3.7 in so many tries, at 97.5 %.
                let at_most = (all * 3.7 / f64::from(tried.max(1))).min(1.0);
                levels.push(Level { gone: lost, starts: most });
                return Plan { begin, levels, at_most };
            }
            let passed = reached.count as f64 / f64::from(tried);
            all *= passed;
            if all < NEVER {
                let begin = Begin { histories: 1, ..begin };
                return Plan { begin, levels: vec![Level { gone: lost, starts: 1 }], at_most: NEVER };
            }
            share *= passed;
            if share < EASY || gone == lost {
                let needed = libm::ceil(fewest / share) as u32;
                levels.push(Level { gone, starts: needed.clamp(starts, most) });
                share = 1.0;
            }
            entries = reached;
        }
        Plan { begin, levels, at_most: 1.0 }
    }
}

#[cfg(test)]
mod tests;
