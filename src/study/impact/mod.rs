//! What a change of a protocol would do: two sides in the same worlds with the
//! same seeds, until the verdicts are sure.
//!
//! A *pair* is one seed in every world of a pack, on both sides. Pairs are the
//! independent units of all statistics. They are looked at when there are 4, 8,
//! 16 and so on, and at no other number; each look has its share of the chance of
//! a wrong verdict, so that looking often makes no verdict easier.

mod contrast;
mod decomposition;
mod elsewhere;
mod line;
mod metric;
mod sides;
mod standing;
#[cfg(test)]
mod synthetic;
#[cfg(test)]
mod tests;
mod verdict;

#[cfg(test)]
pub use decomposition::ClassBytes;
pub use decomposition::Decomposition;
pub use elsewhere::Elsewhere;
pub use line::ImpactLine;
#[cfg(test)]
pub use line::ImpactRange;
pub use metric::ImpactMetric;
pub use sides::{Duel, ImpactError, ImpactRequest, ImpactSide, ImpactWorld};
pub use standing::{Party, Stand, Standing};
pub use verdict::ImpactVerdict;

use super::{History, Next, Plan, Question, statistics};
use crate::results::{Observation, ResultsError};
use crate::scenario::Progress;
use elsewhere::Search;

/// What a change does.
#[derive(Debug, Clone)]
pub struct Impact {
    /// What was asked.
    pub request: ImpactRequest,
    /// What base and change are called.
    pub names: [String; 2],
    /// The worlds.
    pub worlds: Vec<ImpactWorld>,
    /// Pairs of runs in each world that were compared.
    pub pairs: usize,
    /// Seed of the first pair.
    pub seed: u64,
    /// All worlds together: quantities of the whole run.
    pub whole: Vec<ImpactLine>,
    /// All worlds together: classes of bytes that occur.
    pub parts: Vec<ImpactLine>,
    /// Quantities of the whole run in each world.
    pub by_world: Vec<Vec<ImpactLine>>,
    /// How both sides stand in each world.
    pub standings: Vec<Standing>,
    /// Where the change acts, when it did nothing in any of the worlds.
    pub elsewhere: Option<Elsewhere>,
    /// The bytes of all runs that were compared.
    pub bytes: Decomposition,
    /// Real time that a pair took, in s; nothing when none was computed. Not for
    /// files that have to be the same again.
    pub seconds_per_pair: Option<f64>,
    /// Whether its worlds are of storage.
    pub of_storage: bool,
}

/// A comparison, look by look: pairs until every verdict is decided
/// ([`Impact::is_decided`]), or there are as many as allowed. Verdicts are made at the
/// planned looks only, however often it is ended and begun again.
#[derive(Debug)]
pub struct Examined {
    /// The result at the last look that was reached; nothing before the first one.
    pub impact: Option<Impact>,
    /// The runs that were compared, as a study; others wait for the next time.
    pub plan: Plan,
    /// Pairs at the look after that; nothing after the last one.
    pub next_look: Option<u32>,
    duel: Duel,
    seen: Vec<SeenPairs>,
    stage: ExaminedStage,
}

/// What was asked for last.
#[derive(Debug)]
enum ExaminedStage {
    /// Nothing.
    Beginning,
    /// The pairs up to a look.
    Look(Plan),
    /// Runs in a world of another pack.
    Elsewhere(Search),
}

/// Both sides of each pair in one world, none where a run failed.
type SeenPairs = Vec<[Option<Observation>; 2]>;

/// Numbers of pairs after which verdicts are made.
fn looks(max_pairs: u32) -> Vec<u32> {
    statistics::looks(4, max_pairs)
}

impl Examined {
    /// Nothing yet.
    pub fn new(duel: Duel) -> Examined {
        let next_look = looks(duel.request.max_pairs).first().copied();
        let seen = vec![vec![]; duel.worlds.len()];
        Examined { impact: None, plan: duel.plan(0), next_look, duel, seen, stage: ExaminedStage::Beginning }
    }

    /// Looks at the pairs of `plan`, all of which were carried out.
    fn look(&mut self, plan: Plan, history: &History) -> Result<(), ResultsError> {
        let pairs = plan.repetitions;
        self.duel.read(&plan, history, &mut self.seen)?;
        // Real time is nothing that comes out the same again.
        let runs = plan.len() / pairs as usize;
        let mut impact = self.duel.impact(&self.seen, history.seconds_per_run().map(|time| time * runs as f64));
        if !impact.is_exercised() {
            impact.elsewhere = Some(Elsewhere::Unknown);
            self.stage = ExaminedStage::Elsewhere(self.duel.search());
        }
        (self.impact, self.plan) = (Some(impact), plan);
        self.next_look = looks(self.duel.request.max_pairs).into_iter().find(|look| *look > pairs);
        Ok(())
    }
}

impl Question for Examined {
    /// It is in what was asked: a part of it is there before the end, too.
    type Answer = ();

    fn next(&mut self, history: &History) -> Result<Next<()>, ResultsError> {
        if let ExaminedStage::Look(plan) = &self.stage {
            self.look(plan.clone(), history)?;
        }
        if let ExaminedStage::Elsewhere(search) = &mut self.stage {
            match search.next(history)? {
                Next::Batch(plan) => return Ok(Next::Batch(plan)),
                Next::Done(found) => self.impact.iter_mut().for_each(|impact| impact.elsewhere = Some(found.clone())),
            }
        }
        let open = self.impact.as_ref().is_none_or(|impact| !impact.is_decided());
        let Some(pairs) = self.next_look.filter(|_| open) else { return Ok(Next::Done(())) };
        let plan = self.duel.plan(pairs);
        self.stage = ExaminedStage::Look(plan.clone());
        Ok(Next::Batch(plan))
    }
}

impl Duel {
    /// The run of one side, 0 or 1, of a pair in a world, in [`Duel::plan`].
    fn run(&self, pair: usize, world: usize, side: usize) -> usize {
        let sets = self.plan.seeder_sets as usize;
        let cell = 2 * (world / sets) + side;
        (pair * self.cells.len() + cell) * sets + world % sets
    }

    /// Reads the pairs of `plan`, all of which were carried out, that are new.
    fn read(&self, plan: &Plan, history: &History, seen: &mut [SeenPairs]) -> Result<(), ResultsError> {
        for (world, seen) in seen.iter_mut().enumerate() {
            for pair in seen.len()..plan.repetitions as usize {
                let side = |side| observe(history, plan, self.run(pair, world, side));
                seen.push([side(0)?, side(1)?]);
            }
        }
        Ok(())
    }

    fn impact(&self, seen: &[SeenPairs], seconds_per_pair: Option<f64>) -> Impact {
        let has_requests = seen.iter().flatten().flatten().flatten().any(Observation::has_requests);
        let of_storage = self.of_storage();
        let present = |metric: &ImpactMetric| match metric.is_part() {
            true => !line::is_absent(seen, *metric),
            false if of_storage && metric.is_of_storage() => !line::is_absent(seen, *metric),
            false => metric.is_of_storage() == of_storage && !(has_requests && metric.is_of_whole_run()),
        };
        let metrics: Vec<ImpactMetric> = ImpactMetric::all().filter(present).collect();
        let mut all = line::lines(&[seen], &metrics, &self.request);
        let worlds: Vec<&[SeenPairs]> = seen.iter().map(std::slice::from_ref).collect();
        let whole: Vec<ImpactMetric> = ImpactMetric::whole().filter(present).collect();
        let each = line::lines(&worlds, &whole, &self.request);
        let mut by_world: Vec<Vec<ImpactLine>> = each.chunks(whole.len()).map(<[ImpactLine]>::to_vec).collect();
        let unfinished =
            |lines: &[ImpactLine]| lines.iter().find(|line| line.metric == ImpactMetric::Unfinished)?.verdict;
        let standings = seen.iter().zip(&by_world).map(|(seen, lines)| Standing::new(seen, unfinished(lines)));
        let standings: Vec<Standing> = standings.collect();
        all.iter_mut().for_each(|line| line.verdict = standing::verdict(line, &standings));
        for (lines, standing) in by_world.iter_mut().zip(&standings) {
            lines.iter_mut().for_each(|line| line.verdict = standing.verdict(line));
        }
        let (parts, whole) = all.into_iter().partition(|line| line.metric.is_part());
        let runs = seen.iter().flatten().filter_map(|[base, change]| base.as_ref().zip(change.as_ref()));
        Impact {
            names: self.names.clone(),
            worlds: self.worlds.clone(),
            pairs: seen.first().map_or(0, Vec::len),
            seed: self.cells.first().map_or(0, |cell| cell.base.seed()),
            whole,
            parts,
            by_world,
            standings,
            elsewhere: None,
            bytes: Decomposition::of(runs.filter_map(|(base, change)| base.bytes.as_ref().zip(change.bytes.as_ref()))),
            seconds_per_pair,
            request: self.request.clone(),
            of_storage,
        }
    }

    /// Whether its worlds are of storage.
    fn of_storage(&self) -> bool {
        self.cells.iter().any(|cell| cell.base.storage().is_some())
    }
}

/// Whether the same happened in both runs, event by event.
fn is_alike(one: &Observation, other: &Observation) -> bool {
    let stream = |seen: &Observation| seen.run.as_ref().map(|run| (run.fingerprint.clone(), run.events));
    let value = |seen: &Observation, metric: ImpactMetric| metric.measure().amount(seen);
    stream(one) == stream(other) && ImpactMetric::all().all(|metric| value(one, metric) == value(other, metric))
}

/// What the run at `index` shows; nothing when it failed.
fn observe(history: &History, plan: &Plan, index: usize) -> Result<Option<Observation>, ResultsError> {
    history.run(plan, index).map(|file| file.observation(Progress::Storage)).transpose()
}

impl Impact {
    /// The quantity by which a world is called better or worse.
    pub fn by(&self) -> ImpactMetric {
        ImpactMetric::main(self.of_storage)
    }

    /// Quantities and classes of all worlds together.
    pub fn lines(&self) -> impl Iterator<Item = &ImpactLine> {
        self.whole.iter().chain(&self.parts)
    }

    /// Each world with its lines and how both sides stand there.
    pub fn each_world(&self) -> impl Iterator<Item = (&ImpactWorld, &[ImpactLine], &Standing)> {
        let lines = self.by_world.iter().map(Vec::as_slice);
        self.worlds.iter().zip(lines).zip(&self.standings).map(|((world, lines), standing)| (world, lines, standing))
    }

    /// What the change does in each world, by `metric`.
    pub fn stands(&self, metric: ImpactMetric) -> impl Iterator<Item = (&ImpactWorld, &ImpactLine, Stand)> {
        self.each_world().filter_map(move |(world, lines, standing)| {
            let line = lines.iter().find(|line| line.metric == metric)?;
            Some((world, line, standing.by(line)))
        })
    }

    /// Whether the change did anything in any pair.
    pub fn is_exercised(&self) -> bool {
        self.standings.iter().any(Standing::is_exercised)
    }

    /// Whether every verdict about all worlds together is decided, and in each world
    /// those that nothing is said of for all together.
    pub fn is_decided(&self) -> bool {
        let decided = |line: &ImpactLine| line.verdict.is_none_or(ImpactVerdict::is_decided);
        let each = |metric: ImpactMetric| self.stands(metric).all(|(_, line, _)| decided(line));
        self.lines().all(|line| match line.verdict {
            Some(ImpactVerdict::Mixed | ImpactVerdict::Fails) => each(line.metric),
            _ => decided(line),
        })
    }

    /// Whether time was up, or the user ended it, before there was an answer or there
    /// were as many pairs as allowed.
    pub fn is_cut_short(&self) -> bool {
        !self.is_decided() && self.pairs < self.request.max_pairs as usize
    }

    /// Quantities of the whole run that are surely worse in all worlds together.
    pub fn worse(&self) -> Vec<&ImpactLine> {
        self.whole.iter().filter(|line| line.is_worse()).collect()
    }

    /// Those of `lines`, which are of one world, that are surely worse and not so in all
    /// worlds together.
    pub fn worse_here<'a>(&self, lines: &'a [ImpactLine]) -> Vec<&'a ImpactLine> {
        let here = lines.iter().zip(&self.whole).filter(|(here, whole)| here.is_worse() && !whole.is_worse());
        here.map(|(here, _)| here).collect()
    }
}
