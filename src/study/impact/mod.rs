//! What a change of a protocol would do: two sides in the same worlds with the
//! same seeds, until the verdicts are sure.
//!
//! A *pair* is one seed in every world of a pack, on both sides. Pairs are the
//! independent units of all statistics. They are looked at when there are 4, 8,
//! 16 and so on, and at no other number; each look has its share of the chance of
//! a wrong verdict, so that looking often makes no verdict easier.

mod contrast;
mod decomposition;
mod metric;
mod observation;
mod sides;
#[cfg(test)]
mod tests;
mod verdict;

pub use decomposition::{Decomposition, Part};
pub use metric::{Metric, Unit};
pub use sides::{Duel, ImpactError, Request, Side, World};
pub use verdict::Verdict;

use super::{Failure, Host, Options, Plan, RowFile, Selection, execute};
use contrast::{Contrast, Value};
use observation::Observation;
use std::path::Path;
use verdict::judge;

/// One quantity on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The quantity.
    pub metric: Metric,
    /// Mean of the base over worlds and pairs that reached it: of times, efficiency
    /// and queues the geometric one.
    pub base: f64,
    /// The same of the change.
    pub change: f64,
    /// The change as a share of the base, or as a difference where
    /// [`Metric::is_difference`]; below zero is less. Infinite where the base has
    /// none of it.
    pub effect: f64,
    /// Its interval at the level of the verdict; nothing where it has no end.
    pub interval: Option<(f64, f64)>,
    /// What can be said; nothing where no pair reached the quantity.
    pub verdict: Option<Verdict>,
    /// Pairs with a value on both sides.
    pub pairs: usize,
    /// Runs of a pair in a world without a value on both sides.
    pub excluded: usize,
}

/// What a change does.
#[derive(Debug, Clone)]
pub struct Impact {
    /// What was asked.
    pub request: Request,
    /// What base and change are called.
    pub names: [String; 2],
    /// The worlds.
    pub worlds: Vec<World>,
    /// Pairs of runs in each world that were compared.
    pub pairs: usize,
    /// Seed of the first pair.
    pub seed: u64,
    /// All worlds together: quantities of the whole run.
    pub whole: Vec<Line>,
    /// All worlds together: classes of bytes that occur.
    pub parts: Vec<Line>,
    /// Quantities of the whole run in each world.
    pub by_world: Vec<Vec<Line>>,
    /// The bytes of all runs that were compared.
    pub bytes: Decomposition,
    /// Real time that a pair took, in s; nothing when none was computed. Not for
    /// files that have to be the same again.
    pub seconds_per_pair: Option<f64>,
}

/// A comparison and the runs behind it.
#[derive(Debug)]
pub struct Examined {
    /// The result at the last look that was reached; nothing before the first one.
    pub impact: Option<Impact>,
    /// The runs that were compared, as a study; others wait for the next time.
    pub plan: Plan,
    /// Runs that failed.
    pub failed: Vec<Failure>,
    /// Runs not begun or abandoned: time was up, or the user interrupted.
    pub left: usize,
    /// Pairs at the look after that; nothing after the last one.
    pub next_look: Option<u32>,
}

/// Both sides of each pair in one world, none where a run failed.
type Seen = Vec<Option<(Observation, Observation)>>;

/// Numbers of pairs after which verdicts are made.
fn looks(max_pairs: u32) -> Vec<u32> {
    let doubling = std::iter::successors(Some(4), |pairs: &u32| pairs.checked_mul(2));
    doubling.take_while(|pairs| *pairs < max_pairs).chain([max_pairs]).collect()
}

impl Duel {
    /// Runs pairs until every verdict about all worlds together is decided, or
    /// there are as many pairs as allowed, or `host` ends it. Verdicts are made at
    /// the planned looks only, however often it is ended and begun again. Row files
    /// are kept in `dir`.
    ///
    /// # Errors
    /// When files cannot be written or read.
    pub fn carry_out(self, dir: &Path, options: Options, host: &dyn Host) -> Result<Examined, ImpactError> {
        let mut seen: Vec<Seen> = vec![vec![]; self.worlds.len()];
        let (mut computed, mut seconds) = (0, 0.0);
        let looks = looks(self.request.max_pairs);
        let next_look = looks.first().copied();
        let mut examined = Examined { impact: None, plan: self.plan(0), failed: vec![], left: 0, next_look };
        for (index, pairs) in looks.iter().copied().enumerate() {
            let plan = self.plan(pairs);
            let began = host.elapsed_s();
            let execution = execute(&plan, Selection::All, dir, options, host)?;
            seconds += host.elapsed_s() - began;
            computed += execution.computed;
            let known = std::mem::take(&mut examined.failed);
            let fresh = execution.failed.into_iter().filter(|failure| !known.contains(failure)).collect::<Vec<_>>();
            examined.failed = [known, fresh].concat();
            examined.left = execution.left;
            if execution.left > 0 {
                break;
            }
            self.read(&plan, dir, &mut seen)?;
            // Real time is nothing that comes out the same again.
            let per_run = (computed > 0 && !options.reproducible).then(|| seconds / computed as f64);
            let runs = plan.runs.len() / pairs as usize;
            let impact = self.impact(&seen, per_run.map(|time| time * runs as f64));
            let decided = impact.is_decided();
            (examined.impact, examined.plan) = (Some(impact), plan);
            examined.next_look = looks.get(index + 1).copied();
            if decided {
                break;
            }
        }
        Ok(examined)
    }

    /// The run of one side, 0 or 1, of a pair in a world, in [`Duel::plan`].
    fn run(&self, pair: usize, world: usize, side: usize) -> usize {
        let sets = self.plan.seeder_sets as usize;
        let cell = 2 * (world / sets) + side;
        (pair * self.plan.cells.len() + cell) * sets + world % sets
    }

    /// Reads the pairs of `plan`, all of which were carried out, that are new.
    fn read(&self, plan: &Plan, dir: &Path, seen: &mut [Seen]) -> Result<(), ImpactError> {
        for (world, seen) in seen.iter_mut().enumerate() {
            for pair in seen.len()..plan.repetitions as usize {
                let side = |side| observe(plan, self.run(pair, world, side), dir);
                seen.push(side(0)?.zip(side(1)?));
            }
        }
        Ok(())
    }

    fn impact(&self, seen: &[Seen], seconds_per_pair: Option<f64>) -> Impact {
        let Request { confidence, margin, max_pairs, .. } = self.request;
        let alpha = (1.0 - confidence) / looks(max_pairs).len() as f64;
        let contrast = |worlds: &[Seen], metric: Metric| (metric, contrast(worlds, metric));
        let all = Metric::all().map(|metric| contrast(seen, metric));
        let all = all.filter(|(metric, contrast)| !(metric.is_part() && contrast.is_absent())).collect();
        let pairs = seen.first().map_or(0, Vec::len);
        let lines = |all: Vec<(Metric, Contrast)>| {
            let mut lines = lines(all, margin, alpha);
            lines
                .iter_mut()
                .for_each(|line| line.verdict = line.verdict.map(|v| v.until_a_look(pairs, &looks(max_pairs))));
            lines
        };
        let (parts, whole) = lines(all).into_iter().partition(|line| line.metric.is_part());
        let each =
            seen.iter().flat_map(|world| Metric::WHOLE.map(|metric| contrast(std::slice::from_ref(world), metric)));
        let each = lines(each.collect());
        let runs = seen.iter().flatten().flatten().map(|(base, change)| (&base.bytes, &change.bytes));
        Impact {
            names: self.names.clone(),
            worlds: self.worlds.clone(),
            pairs,
            seed: self.plan.cells.first().map_or(0, |cell| cell.base.seed),
            whole,
            parts,
            by_world: each.chunks(Metric::WHOLE.len()).map(<[Line]>::to_vec).collect(),
            bytes: Decomposition::of(runs),
            seconds_per_pair,
            request: self.request.clone(),
        }
    }
}

/// What the run at `index` shows; nothing when it failed.
fn observe(plan: &Plan, index: usize, dir: &Path) -> Result<Option<Observation>, ImpactError> {
    let file = RowFile::load(dir, &plan.runs[index].id, plan.progress_steps);
    Ok(file.ok().map(|file| Observation::new(&file)).transpose()?)
}

fn contrast(worlds: &[Seen], metric: Metric) -> Contrast {
    let value = |seen: &Observation| {
        let wire = seen.value(Metric::Wire).unwrap_or(0.0);
        seen.value(metric).map(|value| Value { value, wire })
    };
    let pair = |pair: &Option<(Observation, Observation)>| {
        let (base, change) = pair.as_ref()?;
        value(base).zip(value(change))
    };
    let values: Vec<_> = worlds.iter().map(|world| world.iter().map(pair).collect()).collect();
    Contrast::new(&values, metric.yardstick())
}

/// Judges quantities as one family.
fn lines(all: Vec<(Metric, Contrast)>, margin: f64, alpha: f64) -> Vec<Line> {
    let family: Vec<&Contrast> = all.iter().map(|(_, contrast)| contrast).filter(|c| c.pairs() > 0).collect();
    let mut judgements = judge(&family, margin, alpha).into_iter();
    let line = |(metric, contrast): &(Metric, Contrast)| {
        let judgement = if contrast.pairs() > 0 { judgements.next() } else { None };
        Line {
            metric: *metric,
            base: contrast.base,
            change: contrast.change,
            effect: if judgement.is_some() { contrast.effect() } else { 0.0 },
            interval: judgement.and_then(|judgement| judgement.interval),
            verdict: judgement.map(|judgement| judgement.verdict),
            pairs: contrast.pairs(),
            excluded: contrast.excluded,
        }
    };
    all.iter().map(line).collect()
}

impl Line {
    /// Whether the change is surely for the worse.
    pub fn is_worse(&self) -> bool {
        match self.verdict {
            Some(Verdict::More) => !self.metric.more_is_better(),
            Some(Verdict::Less) => self.metric.more_is_better(),
            _ => false,
        }
    }

    /// Whether the change is surely for the better.
    pub fn is_better(&self) -> bool {
        matches!(self.verdict, Some(Verdict::Less | Verdict::More)) && !self.is_worse()
    }
}

impl Impact {
    /// Quantities and classes of all worlds together.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.whole.iter().chain(&self.parts)
    }

    /// Whether every verdict about all worlds together is decided.
    pub fn is_decided(&self) -> bool {
        self.lines().filter_map(|line| line.verdict).all(Verdict::is_decided)
    }

    /// Whether time was up, or the user ended it, before there was an answer or there
    /// were as many pairs as allowed.
    pub fn is_cut_short(&self) -> bool {
        !self.is_decided() && self.pairs < self.request.max_pairs as usize
    }

    /// Quantities of the whole run that are surely worse in all worlds together.
    pub fn worse(&self) -> Vec<&Line> {
        self.whole.iter().filter(|line| line.is_worse()).collect()
    }
}
