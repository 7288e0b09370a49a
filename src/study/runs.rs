//! The runs of a plan by name: each of their points was made once.

use super::plan::{Plan, PlanError, run_digest, run_id};
use super::{Forecast, Selection};
use crate::results::{Labels, RunRow, StorageRow};
use crate::scenario::{self, KeyUse};
use crate::sim::Spec;
use rayon::prelude::*;
use std::sync::Arc;

/// Runs of a plan, in its order: what they are called and what they will take. They are
/// not kept whole, so that there may be many.
#[derive(Debug)]
pub struct Runs<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What the scenario and these runs have to say before they begin, each thing once.
    pub warnings: Vec<String>,
    list: Vec<Named>,
    points: Vec<Made>,
}

/// One of them.
#[derive(Debug, Clone, Copy)]
struct Named {
    /// Its index in the plan.
    index: usize,
    id: u64,
    /// Its point, as an index into [`Runs::points`].
    point: usize,
}

/// What is known of a point that was made.
#[derive(Debug, Clone)]
struct Made {
    protocol: Arc<str>,
    /// What one run there will take.
    forecast: Forecast,
}

/// A point that was made, for some runs.
struct Fresh {
    made: Made,
    warnings: Vec<String>,
    uses: Vec<KeyUse>,
    /// The runs: index in the plan, and id.
    runs: Vec<(usize, u64)>,
}

impl Plan {
    /// Makes the points of the runs in `selection`, each once.
    ///
    /// # Errors
    /// The first of them that cannot be run.
    pub fn runs(&self, selection: Selection) -> Result<Runs<'_>, PlanError> {
        let mut chosen: Vec<(usize, usize)> =
            selection.indices(self.len()).map(|index| (self.place(index).point, index)).collect();
        chosen.sort_unstable();
        let by_point: Vec<&[(usize, usize)]> = chosen.chunk_by(|a, b| a.0 == b.0).collect();
        let fresh: Vec<Result<Fresh, PlanError>> = by_point.par_iter().map(|runs| self.fresh(runs)).collect();
        let mut warnings = self.warnings.clone();
        // Whether a key acts at no point is known to who has seen all.
        if fresh.len() == self.points() {
            warnings.extend(scenario::in_vain(fresh.iter().flatten().map(|fresh| fresh.uses.as_slice())));
        }
        let (mut list, mut points) = (Vec::with_capacity(chosen.len()), Vec::with_capacity(fresh.len()));
        for (point, fresh) in fresh.into_iter().enumerate() {
            let Fresh { mut made, warnings: further, runs, .. } = fresh?;
            further.iter().for_each(|warning| scenario::warn(&mut warnings, warning));
            // Neighbours mostly run the same protocol: one name serves all.
            if let Some(Made { protocol, .. }) = points.last().filter(|last: &&Made| last.protocol == made.protocol) {
                made.protocol = protocol.clone();
            }
            points.push(made);
            list.extend(runs.into_iter().map(|(index, id)| Named { index, id, point }));
        }
        list.sort_unstable_by_key(|named| named.index);
        Ok(Runs { plan: self, warnings, list, points })
    }

    /// Whether a run of the plan is not `finished`, given its id. It is looked for
    /// beginning beyond the one at `index`, in steps that go far: most who ask find one
    /// at once, whatever order runs end in, and only who asks last has to go to all.
    /// A point that cannot be run is never finished.
    pub fn lacks_any(&self, index: usize, finished: impl Fn(&str) -> bool) -> bool {
        let (len, golden) = (self.len(), 0.618_034);
        let step = ((len as f64 * golden) as usize..).find(|step| gcd(*step, len) == 1).unwrap_or(1);
        let others = (1..=len).scan(index, |at, _| {
            *at = (*at + step) % len;
            Some(*at)
        });
        others.into_iter().any(|other| self.spec(other).map_or(true, |spec| !finished(&run_id(&spec))))
    }

    /// Makes the point of `runs`, which are (point, index).
    fn fresh(&self, runs: &[(usize, usize)]) -> Result<Fresh, PlanError> {
        let cell = self.cell(runs[0].0)?;
        let runs = runs.iter().map(|(_, index)| (*index, run_digest(&cell.spec(self.place(*index))))).collect();
        let made = Made { protocol: cell.protocol.as_str().into(), forecast: Forecast::of([&cell.base], 1) };
        Ok(Fresh { made, warnings: cell.warnings, uses: cell.uses, runs })
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Runs<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Index in the plan of the one at `at`.
    pub fn index(&self, at: usize) -> usize {
        self.list[at].index
    }

    /// Digest of everything that decides the run at `at`, 16 hex digits. Two points
    /// that come to the same run share it.
    pub fn id(&self, at: usize) -> String {
        format!("{:016x}", self.list[at].id)
    }

    /// What it is called in results, where its id is `id`.
    pub fn labels<'b>(&'b self, at: usize, id: &'b str) -> Labels<'b> {
        let Named { index, point, .. } = self.list[at];
        let repetition = self.plan.place(index).repetition;
        Labels { run_id: id, scenario: &self.plan.name, protocol: &self.points[point].protocol, repetition }
    }

    /// Its row before anything is known of how it went; nothing when its point, because a
    /// file was changed meanwhile, is none any more.
    pub fn planned(&self, at: usize) -> Option<(RunRow, Option<StorageRow>)> {
        let id = self.id(at);
        let labels = self.labels(at, &id);
        Some(match self.plan.spec(self.index(at)).ok()? {
            Spec::Swarm(spec) => (RunRow::planned(labels, &spec), None),
            Spec::Storage(spec) => {
                let row = StorageRow::planned(labels, &spec);
                (RunRow::from(&row), Some(row))
            }
        })
    }

    /// Those of `selection`, each id once.
    pub fn distinct(&self, selection: Selection) -> Vec<usize> {
        let mut all: Vec<usize> = (0..self.len()).filter(|at| selection.contains(self.index(*at))).collect();
        all.sort_by_key(|at| self.list[*at].id);
        all.dedup_by_key(|at| self.list[*at].id);
        all.sort_unstable();
        all
    }

    /// Puts `list` in the order of what its runs will roughly take, the longest first: so many
    /// at a time, the last to end leaves the fewest threads idle (Graham 1969). Equal ones stay
    /// in the order of the plan.
    pub fn longest_first(&self, list: &mut [usize]) {
        let seconds = |at: &usize| self.points[self.list[*at].point].forecast.work.seconds;
        list.sort_by(|a, b| seconds(b).total_cmp(&seconds(a)));
    }

    /// The one at `list` that takes the most memory.
    pub fn largest(&self, list: &[usize]) -> Option<Spec> {
        let memory = |at: &usize| self.points[self.list[*at].point].forecast.work.memory_bytes;
        let largest = list.iter().max_by(|a, b| memory(a).total_cmp(&memory(b)))?;
        self.plan.spec(self.index(*largest)).ok()
    }

    /// What those at `list` will roughly take, so many at a time.
    pub fn forecast(&self, list: &[usize], threads: usize) -> Forecast {
        Forecast::together(list.iter().map(|at| self.points[self.list[*at].point].forecast), threads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::sample;
    use std::cell::Cell;

    /// A hundred points with two repetitions; the last two points are the same run.
    fn plan() -> Plan {
        let cell =
            |size: u32| format!("[[sweep.cells]]\nprotocol = \"codex-v2\"\n\"swarm.file_size\" = \"{size} kB\"\n");
        let cells: String = (1..100).chain([99]).map(cell).collect();
        let sweep = format!("[sweep]\nrepetitions = 2\n{cells}\"protocol.codex-v2.window\" = 1024\n");
        let (_file, input) = sample::scenario(&sweep, &[]);
        Plan::new(&input).unwrap()
    }

    #[test]
    fn parts_are_called_as_the_whole_calls_them() {
        let plan = plan();
        let whole = plan.runs(Selection::All).unwrap();
        assert_eq!((whole.len(), whole.distinct(Selection::All).len()), (200, 198));
        assert_eq!(whole.distinct(Selection::Index(199)), [199], "of its own part it is the only one");
        for index in [0, 1, 77, 199] {
            let part = plan.runs(Selection::Index(index)).unwrap();
            let (at, id) = (index as usize, part.id(0));
            assert_eq!((part.len(), part.index(0), &id), (1, at, &whole.id(at)));
            let spec = plan.spec(at).unwrap();
            assert_eq!((run_id(&spec), plan.place(at).repetition), (id, index as u32 % 2));
        }
        let each: f64 = (0..200).map(|at| whole.forecast(&[at], 1).work.seconds).sum();
        let mut order: Vec<usize> = (0..200).collect();
        whole.longest_first(&mut order);
        let seconds = |at: usize| whole.forecast(&[at], 1).seconds();
        assert!(seconds(order[0]) > seconds(order[199]), "files grow by point");
        let in_order = |pair: &[usize]| {
            let (first, second) = (seconds(pair[0]), seconds(pair[1]));
            first > second || (first == second && pair[0] < pair[1])
        };
        assert!(order.len() == 200 && order.windows(2).all(in_order), "{order:?}");
        let all = whole.forecast(&(0..200).collect::<Vec<_>>(), 2);
        assert_eq!((all.runs, all.at_a_time), (200, 2));
        assert!((all.work.seconds / each - 1.0).abs() < 1e-9, "all of them");
        assert!(all.seconds() < 0.5 * each + 0.1, "two at a time");
    }

    /// Who asks while much is missing goes to few other points; who asks last, to all.
    #[test]
    fn what_is_missing_is_found_soon() {
        let plan = plan();
        let ids: Vec<String> = (0..200).map(|index| run_id(&plan.spec(index).unwrap())).collect();
        let asked = Cell::new(0);
        let lacks = |done: &dyn Fn(usize) -> bool, index| {
            asked.set(0);
            plan.lacks_any(index, |id| {
                asked.set(asked.get() + 1);
                ids.iter().enumerate().any(|(at, other)| other == id && done(at))
            })
        };
        for index in 0..200 {
            assert!(lacks(&|at| at == index, index) && asked.get() <= 2, "{index}: {}", asked.get());
            assert!(lacks(&|at| at <= 100.max(index), index) == (index < 197), "{index} of an array in order");
        }
        assert!(lacks(&|at| at < 100, 99) && asked.get() <= 4, "half is there: {}", asked.get());
        assert!(!lacks(&|_| true, 5) && asked.get() == 200);
        assert!((0..196).all(|missing| lacks(&|at| at != missing, (missing + 50) % 200)), "the only one is found");
    }
}
