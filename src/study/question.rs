//! What is asked of many runs: some are carried out, their results are looked at, then
//! others are, until there is an answer.

use super::plan::{Plan, run_id};
use super::{Cache, Execution, FailedRun, RowFile, Runner, RunnerError, Selection};
use crate::results::ResultsError;

/// Something that runs are to answer.
pub trait Question {
    /// What comes out.
    type Answer;

    /// What is to be carried out next, given what has been. Asked again after an
    /// interruption, it asks for the same runs, which are there.
    ///
    /// # Errors
    /// When what is kept of a run cannot be read.
    fn next(&mut self, seen: &History) -> Result<Next<Self::Answer>, ResultsError>;
}

/// What a question says to what was seen.
#[derive(Debug)]
pub enum Next<A> {
    /// These runs are wanted, of listed points.
    Batch(Plan),
    /// Enough is known.
    Done(A),
}

/// What has been carried out for a question.
#[derive(Debug)]
pub struct History<'a> {
    cache: &'a Cache,
    batches: usize,
    execution: Execution,
    /// Real time that computing took, in s; nothing when results have to come out the
    /// same again.
    seconds: Option<f64>,
}

impl<'a> History<'a> {
    /// Of finished runs in `cache`, before any batch.
    pub fn new(cache: &'a Cache) -> Self {
        History { cache, batches: 0, execution: Execution::default(), seconds: None }
    }

    /// What is kept of the run at `index` of `plan`; nothing when it failed.
    pub fn run(&self, plan: &Plan, index: usize) -> Option<RowFile> {
        let id = run_id(&plan.spec(index).ok()?);
        self.cache.load(&id, plan.kept).ok()
    }

    /// How many batches were carried out.
    pub fn batches(&self) -> usize {
        self.batches
    }

    /// Runs that failed.
    pub fn failed(&self) -> &[FailedRun] {
        &self.execution.failed
    }

    /// Real time for each run that was computed, in s.
    pub fn seconds_per_run(&self) -> Option<f64> {
        let computed = self.execution.computed;
        self.seconds.filter(|_| computed > 0).map(|seconds| seconds / computed as f64)
    }
}

/// What became of a question.
#[derive(Debug)]
pub struct Asked<A> {
    /// Its answer; nothing when time was up or the user interrupted. The same question
    /// goes on where it ended, if finished runs were kept.
    pub answer: Option<A>,
    /// What became of its runs: of all batches, those left in the last one.
    pub execution: Execution,
}

impl Runner<'_> {
    /// Carries out what `question` asks for until it has its answer.
    ///
    /// # Errors
    /// As of [`Runner::carry_out`].
    pub fn ask<Q: Question>(&self, question: &mut Q) -> Result<Asked<Q::Answer>, RunnerError> {
        let seconds = (!self.options.reproducible).then_some(0.0);
        let mut seen = History { seconds, ..History::new(&self.cache) };
        loop {
            let plan = match question.next(&seen)? {
                Next::Done(answer) => return Ok(Asked { answer: Some(answer), execution: seen.execution }),
                Next::Batch(plan) => plan,
            };
            let began = self.host.elapsed_s();
            let runs = plan.runs(Selection::All).expect("listed points are there");
            seen.batches += 1;
            seen.execution.add(self.carry_out(&runs, Selection::All)?);
            seen.seconds = seen.seconds.map(|seconds| seconds + self.host.elapsed_s() - began);
            if seen.execution.left > 0 {
                return Ok(Asked { answer: None, execution: seen.execution });
            }
        }
    }
}
