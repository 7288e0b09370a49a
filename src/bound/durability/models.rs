//! Models of repair as chains.

use super::Chain;
use std::collections::BTreeMap;

/// Binomial probability of `hits` out of `n`, each with probability `p`.
pub(super) fn binomial(n: u32, hits: u32, p: f64) -> f64 {
    if p <= 0.0 || p >= 1.0 {
        return f64::from(u8::from(hits == if p <= 0.0 { 0 } else { n }));
    }
    let (n, k) = (f64::from(n), f64::from(hits));
    let log = libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    libm::exp(log + k * libm::log(p) + (n - k) * libm::log1p(-p))
}

/// Shocks that strike all living slots of a dataset at once.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Shocks {
    /// Shocks per unit of time.
    pub rate: f64,
    /// Probability with which each living slot dies in one, independently.
    pub kills: f64,
}

/// Every missing slot is rebuilt in a mean time of `repair`, at most `at_once` of them at a
/// time; a slot lives for a mean time of `life`. State i: i slots are missing.
pub fn slot_repair((k, m): (u32, u32), life: f64, repair: f64, at_once: u32, shocks: Shocks) -> Chain {
    let n = k + m;
    let mut chain = Chain::new(m as usize + 1);
    for missing in 0..=m {
        let (state, alive) = (missing as usize, n - missing);
        die(&mut chain, state, m, 1, f64::from(alive) / life);
        if missing > 0 {
            chain.turns(state, state - 1, f64::from(missing.min(at_once)) / repair);
        }
        if shocks.rate > 0.0 {
            for killed in 1..=alive {
                die(&mut chain, state, m, killed, shocks.rate * binomial(alive, killed, shocks.kills));
            }
        }
    }
    chain
}

/// From `missing` on `killed` more are missing at `rate`: a loss beyond `m`.
fn die(chain: &mut Chain, missing: usize, m: u32, killed: u32, rate: f64) {
    let next = missing + killed as usize;
    if next > m as usize { chain.is_lost(missing, rate) } else { chain.turns(missing, next, rate) }
}

/// Rate of passages from m to m + 1 missing slots, where each slot is up and down by turns
/// with these means and any distributions: it bounds the rate of loss from above, and
/// depends on the means alone (alternating renewal processes; Barlow & Proschan).
pub fn insensitive_loss_rate((k, m): (u32, u32), life: f64, repair: f64) -> f64 {
    let (n, down) = (k + m, repair / (life + repair));
    f64::from(n) * binomial(n - 1, m, down) / (life + repair)
}

/// Slots by region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regions {
    /// How many regions have slots of the dataset.
    pub regions: u32,
    /// Slots in each.
    pub slots: u32,
    /// Of each region, events per unit of time that destroy all slots in it.
    pub strikes: f64,
}

/// As [`slot_repair`] without a limit, with regions that are struck as a whole; what is
/// rebuilt stays in its region. The first state has everything.
pub fn region_repair(m: u32, life: f64, repair: f64, of: Regions) -> Chain {
    // By how many regions miss how many slots: which regions these are does not matter.
    let mut states: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
    let mut list: Vec<Vec<u32>> = Vec::new();
    let mut full = vec![0; of.slots as usize + 1];
    full[0] = of.regions;
    let mut place = |state: Vec<u32>, list: &mut Vec<Vec<u32>>| {
        *states.entry(state.clone()).or_insert_with(|| {
            list.push(state);
            list.len() - 1
        })
    };
    place(full, &mut list);
    let mut jumps: Vec<(usize, Option<usize>, f64)> = Vec::new();
    let mut at = 0;
    while at < list.len() {
        let state = list[at].clone();
        let missing: u32 = (0..).zip(&state).map(|(missing, regions): (u32, &u32)| missing * regions).sum();
        for (gone, regions) in state.iter().enumerate().filter(|(_, regions)| **regions > 0) {
            let many = f64::from(*regions);
            let alive = of.slots - gone as u32;
            let mut turn = |to: usize, rate: f64, list: &mut Vec<Vec<u32>>| {
                let lost = missing + to as u32 > m + gone as u32;
                let mut next = state.clone();
                next[gone] -= 1;
                next[to] += 1;
                let next = (!lost).then(|| place(next, list));
                jumps.push((at, next, rate));
            };
            if alive > 0 {
                turn(gone + 1, many * f64::from(alive) / life, &mut list);
                turn(of.slots as usize, many * of.strikes, &mut list);
            }
            if gone > 0 {
                turn(gone - 1, many * gone as f64 / repair, &mut list);
            }
        }
        at += 1;
    }
    let mut chain = Chain::new(list.len());
    for (from, to, rate) in jumps {
        match to {
            Some(to) => chain.turns(from, to, rate),
            None => chain.is_lost(from, rate),
        }
    }
    chain
}

/// What lazy repair comes to in the long run, a lost dataset being replaced at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lazy {
    /// Repairs per unit of time.
    pub repairs: f64,
    /// Slots rebuilt in one, in the mean.
    pub rebuilt: f64,
    /// Slots alive, in the mean.
    pub alive: f64,
}

/// A repair begins when `threshold` slots are left, takes a mean time of `repair`, is not
/// begun anew by further deaths, and makes all slots good. State i: i slots are missing.
pub fn lazy_repair((k, m): (u32, u32), threshold: u32, life: f64, repair: f64) -> (Chain, Lazy) {
    let n = k + m;
    let mut chain = Chain::new(m as usize + 1);
    for missing in 0..=m {
        let alive = n - missing;
        die(&mut chain, missing as usize, m, 1, f64::from(alive) / life);
        if alive <= threshold {
            chain.turns(missing as usize, 0, 1.0 / repair);
        }
    }
    let shares = chain.long_run(0);
    let states = || (0..).zip(&shares).map(|(missing, share): (u32, &f64)| (missing, *share));
    let repairing = || states().filter(|(missing, _)| n - missing <= threshold);
    let time: f64 = repairing().map(|(_, share)| share).sum();
    let lazy = Lazy {
        repairs: time / repair,
        rebuilt: repairing().map(|(missing, share)| f64::from(missing) * share).sum::<f64>() / time,
        alive: states().map(|(missing, share)| f64::from(n - missing) * share).sum(),
    };
    (chain, lazy)
}

/// A dataset that is looked at every `interval`: with fewer than `k` slots alive it is lost,
/// with at most `threshold` all are made good at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observed {
    /// Probability that it is lost by the end.
    pub loss: f64,
    /// Repairs until then, in the mean.
    pub repairs: f64,
    /// Slots rebuilt until then, in the mean.
    pub rebuilt: f64,
}

/// Solves that for so many checks and a time after the last: between two checks every slot
/// dies with probability `1 - exp(-C/T)`.
pub fn grid_checks(
    (k, m): (u32, u32),
    threshold: u32,
    life: f64,
    interval: f64,
    (checks, rest): (u32, f64),
) -> Observed {
    let (n, dies) = (k + m, -libm::expm1(-interval / life));
    let mut alive = vec![0.0; n as usize + 1];
    alive[n as usize] = 1.0;
    let mut found = Observed { loss: 0.0, repairs: 0.0, rebuilt: 0.0 };
    for _ in 0..checks {
        let mut next = vec![0.0; n as usize + 1];
        for (before, share) in (0..=n).zip(&alive).filter(|(_, share)| **share > 0.0) {
            for dead in 0..=before {
                let (left, share) = (before - dead, share * binomial(before, dead, dies));
                if left < k {
                    found.loss += share;
                } else if left <= threshold {
                    found.repairs += share;
                    found.rebuilt += share * f64::from(n - left);
                    next[n as usize] += share;
                } else {
                    next[left as usize] += share;
                }
            }
        }
        alive = next;
    }
    let dies = -libm::expm1(-rest / life);
    for (left, share) in (k..=n).zip(&alive[k as usize..]) {
        found.loss += share * (left - k + 1..=left).map(|dead| binomial(left, dead, dies)).sum::<f64>();
    }
    found
}

/// Two classes of hosts with `slots` slots and mean lives `lives` each; every missing slot
/// is rebuilt in a mean time of `repair` on the class that it was on. The first state has
/// everything.
pub fn kept_classes(slots: (u32, u32), m: u32, lives: (f64, f64), repair: f64) -> Chain {
    two_classes(slots, m, lives, |one, other| {
        let back = |missing: u32| f64::from(missing) / repair;
        [(back(one), (1, 0)), (back(other), (0, 1))]
    })
}

fn two_classes(
    (a, b): (u32, u32),
    m: u32,
    (life_a, life_b): (f64, f64),
    back: impl Fn(u32, u32) -> [(f64, (u32, u32)); 2],
) -> Chain {
    let wide = m as usize + 1;
    let place = |one: u32, other: u32| one as usize * wide + other as usize;
    let mut chain = Chain::new(wide * wide);
    for one in 0..=a.min(m) {
        for other in 0..=b.min(m - one) {
            let from = place(one, other);
            for (alive, life, next) in [(a - one, life_a, (one + 1, other)), (b - other, life_b, (one, other + 1))] {
                let rate = f64::from(alive) / life;
                if one + other == m {
                    chain.is_lost(from, rate)
                } else {
                    chain.turns(from, place(next.0, next.1), rate)
                }
            }
            for (rate, (first, second)) in back(one, other) {
                if rate > 0.0 {
                    chain.turns(from, place(one - first, other - second), rate);
                }
            }
        }
    }
    chain.reached(0)
}

/// The same, but a missing slot is rebuilt on the first class with probability `first`,
/// wherever it was. Returns the chain and the state in which all slots are where they begin.
pub fn drifting_classes(slots: (u32, u32), m: u32, lives: (f64, f64), repair: f64, first: f64) -> (Chain, usize) {
    let n = slots.0 + slots.1;
    let mut places: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    for one in 0..=n {
        for other in (n - m).saturating_sub(one)..=n - one {
            let next = places.len();
            places.insert((one, other), next);
        }
    }
    let mut chain = Chain::new(places.len());
    for (&(one, other), &from) in &places {
        let missing = n - one - other;
        let deaths = [(one, lives.0, (1, 0)), (other, lives.1, (0, 1))];
        for (alive, life, (a, b)) in deaths.into_iter().filter(|(alive, ..)| *alive > 0) {
            let rate = f64::from(alive) / life;
            if missing == m {
                chain.is_lost(from, rate)
            } else {
                chain.turns(from, places[&(one - a, other - b)], rate)
            }
        }
        if missing > 0 {
            let rate = f64::from(missing) / repair;
            chain.turns(from, places[&(one + 1, other)], rate * first);
            chain.turns(from, places[&(one, other + 1)], rate * (1.0 - first));
        }
    }
    (chain, places[&slots])
}

/// The chain of the Codex whitepaper (section 5): a missing slot is seen at 1 / `interval`,
/// each by its own clock; with at least `threshold` seen, all slots are made good after a mean
/// time of `repair`. The first state has everything.
pub fn observed_repair((k, m): (u32, u32), threshold: u32, life: f64, repair: f64, interval: f64) -> Chain {
    let n = k + m;
    let place = |missing: u32, seen: u32| (missing * (missing + 1) / 2 + seen) as usize;
    let mut chain = Chain::new(place(m + 1, 0));
    for missing in 0..=m {
        for seen in 0..=missing {
            let from = place(missing, seen);
            let dies = f64::from(n - missing) / life;
            if missing == m {
                chain.is_lost(from, dies)
            } else {
                chain.turns(from, place(missing + 1, seen), dies)
            }
            if seen < missing {
                chain.turns(from, place(missing, seen + 1), f64::from(missing - seen) / interval);
            }
            if missing > 0 && seen >= threshold.max(1) {
                chain.turns(from, 0, 1.0 / repair);
            }
        }
    }
    chain
}

/// What lazy repair in steps comes to in the long run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LazySteps {
    /// Share of steps in which the dataset is lost.
    pub lost: f64,
    /// Slots alive beyond k, in the mean; none where it is lost.
    pub redundancy: f64,
    /// Repairs in a step.
    pub repairs: f64,
}

/// The chain of Giroire, Monteiro & Perennes ("Peer-to-peer storage systems: a practical
/// guideline to be lazy", IEEE GLOBECOM 2010), `life` and `repair` being counted in steps: in
/// a step one slot dies or none; with at most `threshold` slots beyond k left, one in which
/// none does ends a repair, which makes all good, with probability 1 / `repair`. What is lost
/// is so for one step, then there is a new dataset.
pub fn lazy_steps((k, m): (u32, u32), threshold: u32, life: f64, repair: f64) -> LazySteps {
    let n = k + m;
    let dies = |missing: u32| f64::from(n - missing) / life;
    let mended = |missing: u32| if m - missing <= threshold { (1.0 - dies(missing)) / repair } else { 0.0 };
    let mut chain = Chain::new(m as usize + 2);
    for missing in 0..=m {
        chain.turns(missing as usize, missing as usize + 1, dies(missing));
        chain.turns(missing as usize, 0, mended(missing));
    }
    chain.turns(m as usize + 1, 0, 1.0);
    let shares = chain.long_run(0);
    let mean = |of: &dyn Fn(u32) -> f64| (0..=m).zip(&shares).map(|(missing, share)| of(missing) * share).sum();
    LazySteps {
        lost: shares[m as usize + 1],
        redundancy: mean(&|missing| f64::from(m - missing)),
        repairs: mean(&mended),
    }
}

/// Probability that more than `m` of the slots have died by `time`, nothing being rebuilt.
pub fn without_repair((k, m): (u32, u32), life: f64, time: f64) -> f64 {
    let dies = -libm::expm1(-time / life);
    (m + 1..=k + m).map(|dead| binomial(k + m, dead, dies)).sum()
}
