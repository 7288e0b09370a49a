//! Carrying runs out, in parallel and resumably.

use super::batch::threads;
use super::row_file::{RowFile, Unread, row_path};
use super::{Host, Plan, Selection};
use crate::ledger::Outcome;
use crate::results::{AtomicFile, ResultsError, RunResult};
use crate::sim::{self, Progress, RunSpec};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How to carry a study out.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Runs at the same time; 0 takes as many as there are cores.
    pub threads: usize,
    /// Whether wall time and memory are left out of the rows.
    pub reproducible: bool,
}

/// A run that failed: it panicked. It is tried again next time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its id.
    pub run_id: String,
    /// What it said.
    pub reason: String,
}

/// What became of the selected runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Execution {
    /// Row files that were not what was written: the runs were carried out again.
    pub damaged: Vec<String>,
    /// Row files of other sources of this program, or without the wanted steps of
    /// downloads: likewise.
    pub other: usize,
    /// Carried out now.
    pub computed: usize,
    /// Found finished.
    pub reused: usize,
    /// Failed, in order of id.
    pub failed: Vec<Failure>,
    /// Not begun, or abandoned.
    pub left: usize,
}

/// Carries out the runs of `selection` that are not finished in `dir`, and
/// keeps each as a row file. The first file that cannot be written ends it;
/// what was finished stays.
pub fn execute(
    plan: &Plan,
    selection: Selection,
    dir: &Path,
    options: Options,
    host: &dyn Host,
) -> Result<Execution, ResultsError> {
    execute_with(&sim::run, plan, selection, dir, options, host)
}

/// What carries out a run: [`sim::run`], except in tests.
type Simulator<'a> = &'a (dyn Fn(&RunSpec, &mut dyn FnMut(Progress) -> bool) -> Option<Outcome> + Sync);

fn execute_with(
    simulator: Simulator,
    plan: &Plan,
    selection: Selection,
    dir: &Path,
    options: Options,
    host: &dyn Host,
) -> Result<Execution, ResultsError> {
    let rows = dir.join("rows");
    std::fs::create_dir_all(&rows).map_err(ResultsError::io(&rows))?;
    let selected = distinct(plan, selection);
    let total = selected.len();
    let (mut missing, mut damaged, mut other) = (Vec::new(), Vec::new(), 0);
    for index in selected {
        let id = &plan.runs[index].id;
        match RowFile::load(dir, id, plan.progress_steps) {
            Ok(_) => continue,
            Err(Unread::Absent) => {}
            Err(Unread::Damaged) => damaged.push(id.clone()),
            Err(Unread::Other) => other += 1,
        }
        missing.push(index);
    }
    let options = Options { threads: threads(options.threads), ..options };
    host.foretold(&plan.forecast(&missing, options.threads));
    host.planned(missing.len() as u64);
    let execution = Crew::new(simulator, plan, dir, options, host).carry_out(&missing)?;
    Ok(Execution { damaged, other, reused: total - missing.len(), ..execution })
}

/// Selected runs in plan order, each id once.
fn distinct(plan: &Plan, selection: Selection) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    (0..plan.runs.len()).filter(|i| selection.contains(*i)).filter(|i| seen.insert(&plan.runs[*i].id)).collect()
}

/// Threads at work on one list of runs.
struct Crew<'a> {
    simulator: Simulator<'a>,
    plan: &'a Plan,
    dir: &'a Path,
    options: Options,
    host: &'a dyn Host,
    /// Next run of the list.
    next: AtomicUsize,
    /// A file could not be written: nothing more makes sense.
    broken: AtomicBool,
    done: Mutex<Execution>,
}

impl<'a> Crew<'a> {
    fn new(simulator: Simulator<'a>, plan: &'a Plan, dir: &'a Path, options: Options, host: &'a dyn Host) -> Self {
        let (next, broken) = (AtomicUsize::new(0), AtomicBool::new(false));
        Crew { simulator, plan, dir, options, host, next, broken, done: Mutex::default() }
    }

    fn carry_out(self, list: &[usize]) -> Result<Execution, ResultsError> {
        match rayon::ThreadPoolBuilder::new().num_threads(self.options.threads).build() {
            Ok(pool) => pool.broadcast(|_| self.work(list)).into_iter().collect::<Result<(), _>>()?,
            // A machine that gives no further threads still has this one.
            Err(_) => self.work(list)?,
        }
        let mut done = self.done.into_inner().expect("no thread panics while it holds the lock");
        done.failed.sort_by(|a, b| a.run_id.cmp(&b.run_id));
        done.left = list.len() - done.computed - done.failed.len();
        Ok(done)
    }

    /// One thread: takes runs from the list, in order, until it is empty.
    fn work(&self, list: &[usize]) -> Result<(), ResultsError> {
        while self.host.may_start() && !self.stopped() {
            let Some(index) = list.get(self.next.fetch_add(1, Ordering::Relaxed)) else { break };
            self.one(*index).inspect_err(|_| self.broken.store(true, Ordering::Relaxed))?;
        }
        Ok(())
    }

    fn one(&self, index: usize) -> Result<(), ResultsError> {
        let id = &self.plan.runs[index].id;
        let outcome = catch_unwind(AssertUnwindSafe(|| self.simulate(index)));
        match outcome {
            Ok(None) => return Ok(()),
            Ok(Some(result)) => {
                let text = RowFile::new(&result, self.plan.progress_steps).encode();
                AtomicFile::write_all(&row_path(self.dir, id), text.as_bytes())?;
                self.count(|done| done.computed += 1);
            }
            Err(panic) => {
                let failure = Failure { run_id: id.clone(), reason: reason(panic.as_ref()) };
                self.count(|done| done.failed.push(failure));
            }
        }
        self.host.finished();
        Ok(())
    }

    /// The rows of a run; nothing when it was abandoned.
    fn simulate(&self, index: usize) -> Option<RunResult> {
        let spec = self.plan.spec(index);
        let began = self.host.elapsed_s();
        let mut events = 0;
        let outcome = (self.simulator)(&spec, &mut |progress| {
            self.host.advanced(progress, progress.events - events);
            events = progress.events;
            !self.stopped()
        })?;
        let mut result = RunResult::new(self.plan.labels(index), &spec, &outcome);
        if !self.options.reproducible {
            result.run.wall_s = Some(self.host.elapsed_s() - began);
            result.run.peak_rss_bytes = self.host.peak_rss_bytes();
        }
        Some(result)
    }

    fn stopped(&self) -> bool {
        self.host.interrupted() || self.broken.load(Ordering::Relaxed)
    }

    fn count(&self, add: impl FnOnce(&mut Execution)) {
        add(&mut self.done.lock().expect("no thread panics while it holds the lock"));
    }
}

/// The message of a panic.
fn reason(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("panicked").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{RunTable, sample_outcome};
    use crate::study::{assemble, sample};
    use crate::units::Time;

    /// A host whose user presses Ctrl-C when `patience` runs have ended.
    struct Patient {
        ended: AtomicUsize,
        patience: usize,
    }

    impl Host for Patient {
        fn elapsed_s(&self) -> f64 {
            0.0
        }
        fn peak_rss_bytes(&self) -> Option<u64> {
            None
        }
        fn may_start(&self) -> bool {
            true
        }
        fn interrupted(&self) -> bool {
            self.ended.load(Ordering::Relaxed) >= self.patience
        }
        fn planned(&self, _total: u64) {}
        fn advanced(&self, _progress: Progress, _events: u64) {}
        fn finished(&self) {
            self.ended.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn host(patience: usize) -> Patient {
        Patient { ended: AtomicUsize::new(0), patience }
    }

    fn plan() -> Plan {
        let sweep = "[sweep]\n\"swarm.network_size\" = [3, 4, 5]\nrepetitions = 2\n";
        let (_file, input) = sample::scenario(sweep, &[]);
        Plan::new(&input).unwrap()
    }

    /// Six runs on one thread.
    fn carry_out(simulator: Simulator, dir: &Path, host: &Patient) -> Result<Execution, ResultsError> {
        let options = Options { threads: 1, reproducible: true };
        execute_with(simulator, &plan(), Selection::All, dir, options, host)
    }

    fn good(_: &RunSpec, progress: &mut dyn FnMut(Progress) -> bool) -> Option<Outcome> {
        let goes_on = progress(Progress { time: Time::ZERO, events: 1, share: 0.5 });
        goes_on.then(sample_outcome)
    }

    #[test]
    fn a_panic_fails_one_run_which_is_tried_again() {
        let dir = tempfile::tempdir().unwrap();
        let bad = |spec: &RunSpec, progress: &mut dyn FnMut(Progress) -> bool| {
            assert!(spec.world.swarm.network_size != 4, "four is\ntoo many");
            good(spec, progress)
        };
        let done = carry_out(&bad, dir.path(), &host(99)).unwrap();
        assert_eq!((done.computed, done.failed.len(), done.left), (4, 2, 0));
        let assembled = assemble(&plan(), dir.path(), &done.failed, true).unwrap();
        assert_eq!((assembled.rows.len(), assembled.failed, assembled.missing), (6, 2, 0));
        let table = RunTable::read(std::fs::File::open(dir.path().join("runs.csv")).unwrap()).unwrap();
        assert_eq!(table.records[2].run.status, "failed: four is too many");
        assert_eq!(table.records[2].run.network_size, 4);
        let again = carry_out(&good, dir.path(), &host(99)).unwrap();
        assert_eq!((again.computed, again.reused), (2, 4));
    }

    #[test]
    fn an_interruption_keeps_what_is_finished_and_abandons_the_rest() {
        let dir = tempfile::tempdir().unwrap();
        let impatient = host(3);
        let done = carry_out(&good, dir.path(), &impatient).unwrap();
        assert_eq!((done.computed, done.left), (3, 3));
        let assembled = assemble(&plan(), dir.path(), &[], true).unwrap();
        assert_eq!((assembled.rows.len(), assembled.missing), (3, 3));
        assert_eq!(assembled.violations[0].1, "books");
        assert_eq!(assembled.warnings, [("nobody left".into(), 3)]);

        let dir = tempfile::tempdir().unwrap();
        let during = host(1);
        let interrupted = |spec: &RunSpec, progress: &mut dyn FnMut(Progress) -> bool| {
            during.ended.store(1, Ordering::Relaxed);
            good(spec, progress)
        };
        let done = carry_out(&interrupted, dir.path(), &during).unwrap();
        assert_eq!((done.computed, done.left), (0, 6), "the running one was abandoned");
        assert_eq!(std::fs::read_dir(dir.path().join("rows")).unwrap().count(), 0);
    }

    #[test]
    fn a_row_that_cannot_be_written_ends_the_study_and_spares_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let third = row_path(dir.path(), &plan().runs[2].id);
        std::fs::create_dir_all(third.join("in the way")).unwrap();
        let error = carry_out(&good, dir.path(), &host(99)).unwrap_err().to_string();
        assert!(error.contains(&*third.to_string_lossy()), "{error}");
        std::fs::remove_dir_all(&third).unwrap();
        let again = carry_out(&good, dir.path(), &host(99)).unwrap();
        assert_eq!((again.computed, again.reused), (4, 2));
    }
}
