//! Carrying runs out, in parallel and resumably: the one place that does.

use super::row_file::{RowFile, Unread};
use super::{Cache, Host, Runs, Selection};
use crate::results::{ResultsError, RunResult};
use crate::sim::{self, Ended, Progress, Spec};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use thiserror::Error;

/// How runs are carried out.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Runs at the same time; 0 takes as many as there are cores.
    pub threads: usize,
    /// Whether wall time and memory are left out of the rows.
    pub reproducible: bool,
}

/// A run that failed: it panicked. It is tried again next time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedRun {
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
    /// Row files of other sources of this program, or that keep less than is wanted:
    /// likewise.
    pub other: usize,
    /// Carried out now.
    pub computed: usize,
    /// Found finished.
    pub reused: usize,
    /// Failed, in order of id.
    pub failed: Vec<FailedRun>,
    /// Not begun, or abandoned.
    pub left: usize,
}

/// Why runs were not carried out.
#[derive(Debug, Error)]
pub enum RunnerError {
    /// The machine has not enough for them.
    #[error("{0}")]
    Refused(String),
    /// A file could not be read or written.
    #[error("{0}")]
    Results(#[from] ResultsError),
}

impl Execution {
    /// What became of this and of a later batch, in which runs of this one may be again.
    pub(super) fn add(&mut self, later: Execution) {
        self.damaged.extend(later.damaged);
        self.other += later.other;
        self.computed += later.computed;
        self.reused += later.reused;
        self.failed.extend(later.failed);
        self.failed.sort_by(|a, b| a.run_id.cmp(&b.run_id));
        self.failed.dedup();
        self.left = later.left;
    }
}

/// What carries out a run: [`sim::carry_out`], except in tests.
type Simulator<'a> = &'a (dyn Fn(&Spec, &mut dyn FnMut(Progress) -> bool) -> Ended + Sync);

/// Carries runs out, on some threads, as long as its host lets it, and keeps each that
/// is finished.
pub struct Runner<'a> {
    pub(super) cache: Cache,
    pub(super) options: Options,
    pub(super) host: &'a dyn Host,
    simulator: Simulator<'a>,
}

impl<'a> Runner<'a> {
    /// One that keeps finished runs in `cache` and takes up those that are there.
    pub fn new(cache: Cache, options: Options, host: &'a dyn Host) -> Self {
        Runner {
            cache,
            options: Options { threads: threads(options.threads), ..options },
            host,
            simulator: &sim::carry_out,
        }
    }

    /// Carries out those of `runs` in `selection` that are not finished: one after the other in
    /// their order, several at a time the longest first.
    ///
    /// # Errors
    /// When the machine has not enough for them, or at the first file that cannot be written;
    /// what was finished stays.
    pub fn carry_out(&self, runs: &Runs, selection: Selection) -> Result<Execution, RunnerError> {
        let selected = runs.distinct(selection);
        let total = selected.len();
        let (mut missing, mut damaged, mut other) = (Vec::new(), Vec::new(), 0);
        for at in selected {
            let id = runs.id(at);
            match self.cache.load(&id, runs.plan.kept) {
                Ok(_) => continue,
                Err(Unread::Absent) => {}
                Err(Unread::Damaged) => damaged.push(id),
                Err(Unread::Other) => other += 1,
            }
            missing.push(at);
        }
        if self.options.threads > 1 {
            runs.longest_first(&mut missing);
        }
        let forecast = runs.forecast(&missing, self.options.threads);
        if let Some(why) = self.host.refusal(&forecast, runs.largest(&missing).as_ref()) {
            return Err(RunnerError::Refused(why));
        }
        self.host.foretold(&forecast);
        self.host.planned(missing.len() as u64);
        let execution = Crew::new(self, runs).carry_out(&missing)?;
        Ok(Execution { damaged, other, reused: total - missing.len(), ..execution })
    }
}

/// How many threads are meant by `asked`: 0 stands for one a core. No variable of the
/// environment has a say in it, as it would if the thread pool were asked.
pub fn threads(asked: usize) -> usize {
    if asked > 0 { asked } else { std::thread::available_parallelism().map_or(1, |cores| cores.get()) }
}

/// Threads at work on one list of runs.
struct Crew<'a> {
    runner: &'a Runner<'a>,
    runs: &'a Runs<'a>,
    /// Next run of the list.
    next: AtomicUsize,
    /// A file could not be written: nothing more makes sense.
    broken: AtomicBool,
    done: Mutex<Execution>,
}

impl<'a> Crew<'a> {
    fn new(runner: &'a Runner<'a>, runs: &'a Runs<'a>) -> Self {
        Crew { runner, runs, next: AtomicUsize::new(0), broken: AtomicBool::new(false), done: Mutex::default() }
    }

    fn carry_out(self, list: &[usize]) -> Result<Execution, ResultsError> {
        match rayon::ThreadPoolBuilder::new().num_threads(self.runner.options.threads.min(list.len()).max(1)).build() {
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
        while self.runner.host.may_start() && !self.stopped() {
            let Some(at) = list.get(self.next.fetch_add(1, Ordering::Relaxed)) else { break };
            self.one(*at).inspect_err(|_| self.broken.store(true, Ordering::Relaxed))?;
        }
        Ok(())
    }

    fn one(&self, at: usize) -> Result<(), ResultsError> {
        let id = self.runs.id(at);
        let made = self.runs.plan.spec(self.runs.index(at)).map_err(|error| error.to_string());
        let outcome = made.and_then(|spec| {
            catch_unwind(AssertUnwindSafe(|| self.simulate(at, &id, &spec))).map_err(|panic| reason(panic.as_ref()))
        });
        match outcome {
            Ok(None) => return Ok(()),
            Ok(Some(file)) => {
                self.runner.cache.keep(file)?;
                self.count(|done| done.computed += 1);
            }
            Err(reason) => self.count(|done| done.failed.push(FailedRun { run_id: id, reason })),
        }
        self.runner.host.finished();
        Ok(())
    }

    /// What is kept of a run; nothing when it was abandoned.
    fn simulate(&self, at: usize, id: &str, spec: &Spec) -> Option<RowFile> {
        let Runner { host, options, simulator, .. } = self.runner;
        let began = host.elapsed_s();
        let mut events = 0;
        let outcome = simulator(spec, &mut |progress| {
            host.advanced(progress, progress.events - events);
            events = progress.events;
            !self.stopped()
        });
        if outcome.is_interrupted() {
            return None;
        }
        let mut result = RunResult::of(self.runs.labels(at, id), spec, &outcome);
        if !options.reproducible {
            result.took(host.elapsed_s() - began, host.peak_rss_bytes());
        }
        Some(RowFile::new(&result, self.runs.plan.kept).with_trail(&outcome))
    }

    fn stopped(&self) -> bool {
        self.runner.host.interrupted() || self.broken.load(Ordering::Relaxed)
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
    use crate::ledger::{Outcome, Status};
    use crate::results::{Record, RunTable, sample_outcome};
    use crate::study::{Assembled, Plan, assemble, row_path, sample};
    use crate::units::Time;
    use std::path::Path;

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
    fn carry_out(simulator: Simulator, dir: &Path, host: &Patient) -> Result<Execution, RunnerError> {
        let options = Options { threads: 1, reproducible: true };
        let runner = Runner { simulator, ..Runner::new(Cache::folder(dir)?, options, host) };
        runner.carry_out(&plan().runs(Selection::All).unwrap(), Selection::All)
    }

    /// What is put together, and point and nodes of each row.
    fn assembled(dir: &Path, failed: &[FailedRun]) -> (Assembled, Vec<(usize, u32)>) {
        let mut rows = Vec::new();
        let see = |point, record: &Record| rows.push((point, record.run.network_size));
        let assembled = assemble(&plan().runs(Selection::All).unwrap(), dir, failed, true, see).unwrap();
        (assembled, rows)
    }

    fn good(_: &Spec, progress: &mut dyn FnMut(Progress) -> bool) -> Ended {
        let goes_on = progress(Progress { time: Time::ZERO, events: 1, share: 0.5 });
        let outcome = sample_outcome();
        let status = if goes_on { outcome.status } else { Status::Interrupted };
        Ended::Swarm(Outcome { status, ..outcome })
    }

    #[test]
    fn a_panic_fails_one_run_which_is_tried_again() {
        let dir = tempfile::tempdir().unwrap();
        let bad = |spec: &Spec, progress: &mut dyn FnMut(Progress) -> bool| {
            assert!(spec.swarm().unwrap().world.swarm.network_size != 4, "four is\ntoo many");
            good(spec, progress)
        };
        let done = carry_out(&bad, dir.path(), &host(99)).unwrap();
        assert_eq!((done.computed, done.failed.len(), done.left), (4, 2, 0));
        let (assembled, rows) = assembled(dir.path(), &done.failed);
        assert_eq!((rows.len(), assembled.failed, assembled.missing), (6, 2, 0));
        assert_eq!(rows[2], (1, 4), "of the second point");
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
        let (assembled, rows) = assembled(dir.path(), &[]);
        assert_eq!((rows.len(), assembled.missing), (3, 3));
        assert_eq!(assembled.violations[0].1, "books");
        assert_eq!(assembled.warnings, [("nobody left".into(), 3)]);

        let dir = tempfile::tempdir().unwrap();
        let during = host(1);
        let interrupted = |spec: &Spec, progress: &mut dyn FnMut(Progress) -> bool| {
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
        let third = row_path(dir.path(), &plan().runs(Selection::All).unwrap().id(2));
        std::fs::create_dir_all(third.join("in the way")).unwrap();
        let error = carry_out(&good, dir.path(), &host(99)).unwrap_err().to_string();
        assert!(error.contains(&*third.to_string_lossy()), "{error}");
        std::fs::remove_dir_all(&third).unwrap();
        let again = carry_out(&good, dir.path(), &host(99)).unwrap();
        assert_eq!((again.computed, again.reused), (4, 2));
    }
}
