//! Exact numbers, where a specification is a Markov chain that is solved.

use super::outcome::Exact;
use super::{
    DetectSpec, LifeFamily, LifeSpec, PlacementRule, RebuiltOn, RepairBy, SpanFamily, Start, StorageSpec, Struck,
};
use crate::bound::durability::{
    Chain, Regions, Shocks, drifting_classes, grid_checks, insensitive_loss_rate, kept_classes, lazy_repair,
    observed_repair, region_repair, slot_repair,
};
use crate::units::Time;

/// States of a chain that is still solved at once.
const MOST_STATES: u64 = 500;

/// Of chains of regions, which have more transitions.
const MOST_REGION_STATES: u64 = 200;

/// The exact probability that a unit is lost within the horizon, where lives are exponential
/// and all else of the specification is a model that is solved exactly.
pub fn exact(spec: &StorageSpec) -> Option<Exact> {
    if spec.fill.is_some() && spec.data.duration.is_some() {
        return None; // each is kept for another time
    }
    let Some(setting) = Setting::of(spec) else { return by_classes(spec) };
    if spec.repair.by != RepairBy::Nobody && spec.hosts.replaced_after > Time::ZERO {
        return None; // a slot may have to wait for a host
    }
    setting.unrepaired().or_else(|| setting.by_slot()).or_else(|| setting.by_unit()).or_else(|| setting.at_checks())
}

/// What the probability that a unit is lost within the horizon is not above, whatever the law
/// of lives: the expected number of times at which one slot more than may be is missing
/// (alternating renewal processes; Barlow & Proschan). It holds for a stationary start and
/// slots that are missing for independent times, and depends on means alone.
pub fn insensitive_bound(spec: &StorageSpec) -> Option<f64> {
    let life = spec.hosts.one_life()?;
    // A host of any age has another mean life before it than a new one.
    let new_hosts = spec.placement.rule == PlacementRule::Groups || spec.hosts.count == spec.code.total;
    let means = life.family == LifeFamily::Exponential || life.family == LifeFamily::Weibull && new_hosts;
    let detect = &spec.detect;
    let own_clocks = detect.check_every == Time::ZERO && detect.proofs.is_none();
    let time = spec.repair.time.filter(|_| repaired_in_own_time(spec) && spec.repair.parallel == 0)?;
    let alone = spec.shocks.is_empty() && spec.hosts.away.is_none();
    if !(means && own_clocks && is_eager(spec) && alone && life.start == Start::Stationary) {
        return None;
    }
    let missing = (detect.offline_after + detect.mean_delay + time.mean).secs();
    let rate = insensitive_loss_rate((spec.code.data, spec.parity()), life.mean.secs(), missing);
    Some((rate * spec.kept().secs()).min(1.0))
}

/// Whether spans of repair depend on nothing but their own unit.
fn repaired_in_own_time(spec: &StorageSpec) -> bool {
    let repair = &spec.repair;
    repair.by != RepairBy::Nobody && repair.time.is_some() && repair.workers == 0 && repair.per_host == 0
}

/// Two classes of hosts that live for different times, and every missing slot rebuilt by
/// itself on the class that it was on, or on one that is drawn.
fn by_classes(spec: &StorageSpec) -> Option<Exact> {
    let classes = spec.hosts.by_class();
    let [first, second] = classes.as_slice() else { return None };
    let lives = (first.life.mean.secs(), second.life.mean.secs());
    let memoryless = is_memoryless(first.life) && is_memoryless(second.life);
    let lasting = spec.hosts.away.is_none() && spec.hosts.replaced_after == Time::ZERO;
    let repair = memoryless_repair(spec).filter(|_| spec.repair.parallel == 0 && is_eager(spec))?;
    let alone = at_once(&spec.detect) && spec.shocks.is_empty();
    let states = u64::from(spec.code.total + 1) * u64::from(spec.parity() + 1);
    if !memoryless || !lasting || !alone || spec.placement.slots.is_empty() || states > MOST_STATES {
        return None;
    }
    let on_first = spec.first_classes().iter().filter(|class| **class == 0).count() as u32;
    let slots = (on_first, spec.code.total - on_first);
    let (model, (chain, start)) = match spec.repair.class {
        RebuiltOn::Any => return None,
        RebuiltOn::Same => (
            "two classes of hosts, every missing slot rebuilt on its own on the class that it was on, a Markov chain",
            (kept_classes(slots, spec.parity(), lives, repair), 0),
        ),
        RebuiltOn::Mix => (
            "two classes of hosts, every missing slot rebuilt on its own on one that is drawn, a Markov chain",
            drifting_classes(slots, spec.parity(), lives, repair, spec.mix()[0]),
        ),
    };
    let (unit_loss, mttdl) = (chain.loss_within(start, spec.kept().secs()), chain.mean_time_to_loss(start));
    Some(Exact { model, unit_loss, mttdl_s: Some(mttdl) })
}

fn is_memoryless(life: &LifeSpec) -> bool {
    life.family == LifeFamily::Exponential
}

/// Whether every slot is rebuilt by itself as soon as it is noticed to be missing.
fn is_eager(spec: &StorageSpec) -> bool {
    !spec.repair.together && spec.threshold() + 1 == spec.code.total
}

/// The mean time of a repair, where its law has no memory.
fn memoryless_repair(spec: &StorageSpec) -> Option<f64> {
    let time = spec.repair.time.filter(|_| repaired_in_own_time(spec))?;
    (time.family == SpanFamily::Exponential && time.mean > Time::ZERO).then(|| time.mean.secs())
}

/// A specification with exponential lives of hosts that do not go away.
struct Setting<'a> {
    spec: &'a StorageSpec,
    /// K and M.
    code: (u32, u32),
    /// Mean life, s.
    life: f64,
}

impl<'a> Setting<'a> {
    fn of(spec: &'a StorageSpec) -> Option<Self> {
        let life = spec.hosts.one_life();
        let lasting = life.is_some_and(is_memoryless) && spec.hosts.away.is_none();
        let small = u64::from(spec.parity()) < MOST_STATES;
        let code = (spec.code.data, spec.parity());
        life.filter(|_| lasting && small).map(|life| Setting { spec, code, life: life.mean.secs() })
    }

    fn solved(&self, model: &'static str, chain: &Chain) -> Exact {
        let (unit_loss, mttdl) = (chain.loss_within(0, self.spec.kept().secs()), chain.mean_time_to_loss(0));
        Exact { model, unit_loss, mttdl_s: Some(mttdl) }
    }

    /// Shocks, if there are none but such as strike all.
    fn shocks(&self) -> Option<Shocks> {
        match self.spec.shocks.as_slice() {
            [] => Some(Shocks::default()),
            [shock] if shock.hits == Struck::All && shock.away_for.is_none() => {
                Some(Shocks { rate: 1.0 / shock.every.secs(), kills: shock.share })
            }
            _ => None,
        }
    }

    fn unrepaired(&self) -> Option<Exact> {
        let shocks = self.shocks().filter(|_| self.spec.repair.by == RepairBy::Nobody)?;
        let chain = slot_repair(self.code, self.life, 1.0, 0, shocks);
        Some(self.solved("nothing is rebuilt, a chain of deaths", &chain))
    }

    /// Every missing slot is rebuilt by itself from when it is missing.
    fn by_slot(&self) -> Option<Exact> {
        let eager = is_eager(self.spec) && at_once(&self.spec.detect);
        let repair = memoryless_repair(self.spec).filter(|_| eager)?;
        let parallel = self.spec.repair.parallel;
        if let Some(shocks) = self.shocks() {
            let most = if parallel == 0 { u32::MAX } else { parallel };
            let chain = slot_repair(self.code, self.life, repair, most, shocks);
            let model = match (shocks.rate > 0.0, parallel) {
                (false, 0) => "every missing slot rebuilt on its own, a birth-death chain",
                (false, _) => "missing slots rebuilt so many at a time, a birth-death chain",
                (true, _) => "missing slots rebuilt one by one, under shocks that strike all slots, a Markov chain",
            };
            return Some(self.solved(model, &chain));
        }
        let regions = self.regions().filter(|_| parallel == 0)?;
        let chain = region_repair(self.code.1, self.life, repair, regions);
        let model = "every missing slot rebuilt on its own where it was, of places that are struck as a whole, a \
                     Markov chain";
        Some(self.solved(model, &chain))
    }

    /// Regions, or operators, that are struck as a whole and over which slots are spread evenly.
    fn regions(&self) -> Option<Regions> {
        let (hosts, n) = (&self.spec.hosts, self.spec.code.total);
        let [shock] = self.spec.shocks.as_slice() else { return None };
        let places = match shock.hits {
            Struck::All => return None,
            Struck::Region => hosts.regions,
            Struck::Operator => hosts.operators.unwrap_or(hosts.count),
        };
        let regions = places.min(n);
        let placement = &self.spec.placement;
        let spread = placement.rule == PlacementRule::Spread && placement.over == shock.hits;
        let destroyed = shock.share == 1.0 && shock.away_for.is_none();
        if !spread || !destroyed || n % regions != 0 {
            return None;
        }
        let slots = n / regions;
        let solved = region_states(regions, slots, self.code.1) <= MOST_REGION_STATES;
        solved.then(|| Regions { regions, slots, strikes: 1.0 / shock.every.secs() })
    }

    /// One repair makes all slots good.
    fn by_unit(&self) -> Option<Exact> {
        let repair = &self.spec.repair;
        let mean = memoryless_repair(self.spec)
            .filter(|_| repair.together && repair.parallel == 0 && self.spec.shocks.is_empty())?;
        let (threshold, detect) = (self.spec.threshold(), &self.spec.detect);
        if at_once(detect) {
            let (chain, _) = lazy_repair(self.code, threshold, self.life, mean);
            return Some(self.solved("all slots made good by one repair, a Markov chain", &chain));
        }
        let m = u64::from(self.code.1);
        let delayed = DetectSpec { mean_delay: Time::ZERO, ..*detect };
        if !at_once(&delayed) || (m + 1) * (m + 2) / 2 > MOST_STATES {
            return None;
        }
        let most = self.spec.code.total - threshold;
        let chain = observed_repair(self.code, most, self.life, mean, detect.mean_delay.secs());
        let model = "losses noticed each by its own clock, all slots made good by one repair, the chain of the Codex \
                     whitepaper";
        Some(self.solved(model, &chain))
    }

    /// What is missing at a check is rebuilt in no time.
    fn at_checks(&self) -> Option<Exact> {
        let (repair, detect) = (&self.spec.repair, &self.spec.detect);
        let every = detect.check_every;
        let checks = DetectSpec { check_every: every, ..DetectSpec::default() };
        let instant = repair.time.is_some_and(|time| time.mean == Time::ZERO) && repaired_in_own_time(self.spec);
        if !instant || *detect != checks || every == Time::ZERO || repair.parallel != 0 || !self.spec.shocks.is_empty()
        {
            return None;
        }
        let horizon = self.spec.kept().nanos();
        let (whole, rest) = (horizon / every.nanos(), Time::from_nanos(horizon % every.nanos()));
        let checks = u32::try_from(whole).ok()?;
        let found = grid_checks(self.code, self.spec.threshold(), self.life, every.secs(), (checks, rest.secs()));
        let model = "slots made good in no time at regular checks, a chain of binomial steps";
        Some(Exact { model, unit_loss: found.loss, mttdl_s: None })
    }
}

/// Whether a missing slot is noticed at once.
fn at_once(detect: &DetectSpec) -> bool {
    let (offline, delay, every) = (detect.offline_after, detect.mean_delay, detect.check_every);
    detect.proofs.is_none() && [offline, delay, every] == [Time::ZERO; 3]
}

/// In how many ways at most `m` of the slots of `regions` regions of `slots` slots can be
/// missing, regions of the same number being alike.
fn region_states(regions: u32, slots: u32, m: u32) -> u64 {
    let (regions, m) = (regions as usize, m as usize);
    // By regions that miss any slot, and slots missing.
    let mut ways = vec![vec![0u64; m + 1]; regions + 1];
    ways[0][0] = 1;
    for missing in 1..=(slots as usize).min(m) {
        for used in 1..=regions {
            for all in missing..=m {
                ways[used][all] = ways[used][all].saturating_add(ways[used - 1][all - missing]);
            }
        }
    }
    ways.iter().flatten().fold(0, |sum: u64, ways| sum.saturating_add(*ways))
}

#[cfg(test)]
mod tests;
