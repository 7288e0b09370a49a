//! `codexsim sweep`: all runs of a study.

use super::args::{duration, ended};
use super::destination::Output;
use super::format::Shown;
use super::host::Console;
use super::outlook::Means;
use super::plan::Planned;
use super::progress::{Counted, Display};
use super::{End, Failure, outlook, output};
use crate::report::SweepTable;
use crate::results::{self, NodeRow, Record, ResultsError, ResultsKind, TableRow};
use crate::study::{self, Assembled, Cache, Execution, Host, Options, Plan, Runner, Runs, Selection, Survey};
use clap::Args;
use std::fs::File;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// Environment variables in which batch systems number the tasks of an array:
/// HyperQueue, Slurm, Kubernetes.
const INDEX_VARIABLES: [&str; 3] = ["HQ_TASK_ID", "SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"];
/// Rows of a file up to which it is read again for who is faster; `report` reads larger ones.
const MOST_ROWS_READ: u64 = 100_000;

/// Carry out all runs of a scenario's [sweep]
///
/// Finished runs are kept in DIR/rows. The same command again carries out
/// what is missing and nothing else: after an interruption, with more
/// repetitions, with another swept key, or as several shards in one directory.
/// Exit code 3 while runs of the plan are missing; a part that was asked for
/// (--shard, --index) is done with its own runs, and says what others are missing; the
/// result files are written by whoever completes the plan.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  codexsim sweep my-study.toml --dry-run\n  codexsim sweep my-study.toml --budget 30m\n  codexsim sweep my-study.toml --shard 2/8\n  codexsim sweep my-study.toml --vary 'network.up=1 Mbit/s..1 Gbit/s log' --vary swarm.seeders=1..8 --points 64\n  codexsim sweep my-study.toml --precision 2% --most-repetitions 128"
)]
pub struct SweepCommand {
    #[command(flatten)]
    planned: Planned,
    #[command(flatten)]
    output: Output,
    /// Say what would be run and what it would cost, as `codexsim plan` does, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Carry out the K-th of N parts of the plan
    #[arg(long, value_name = "K/N", conflicts_with_all = ["index", "precision"])]
    shard: Option<Selection>,
    /// Carry out one run of the plan, counted from 0. `env` takes the number from HQ_TASK_ID,
    /// SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX, the first that is set
    #[arg(long, value_name = "N|env", conflicts_with = "precision")]
    index: Option<Index>,
    /// Start no new run after this real time, such as 90s, 30m, 2h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    budget: Option<Duration>,
    #[command(flatten)]
    shown: Shown,
}

/// Which run of the plan.
#[derive(Debug, Clone, Copy)]
enum Index {
    /// This one.
    Number(u64),
    /// The one that the batch system says.
    Environment,
}

impl FromStr for Index {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "env" => Ok(Index::Environment),
            _ => text.parse().map(Index::Number).map_err(|_| format!("`{text}` is neither a number nor `env`")),
        }
    }
}

impl SweepCommand {
    /// Runs what is missing, writes the result files, shows a table.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let Planned { wanted, .. } = &self.planned;
        let plan = self.planned.plan()?;
        let selection = self.selection(plan.len())?;
        let dir = self.output.dir(&self.planned.title(&plan));
        // Of many tasks each makes its own points and leaves the others to theirs.
        let runs = plan.runs(if self.dry_run { Selection::All } else { selection })?;
        runs.warnings.iter().for_each(|w| self.output.note(&format!("warning: {w}")));
        if self.dry_run {
            let outlook = self.planned.outlook(&runs, selection, &dir);
            let sweep = self.planned.sweep(&self.output.place, self.output.reproducible);
            output::say(&outlook::words(&outlook, &Means { dir: &dir, sweep, foretold: wanted.foretold() }))?;
            return Ok(End::Good);
        }
        self.output.claim(&dir, ResultsKind::Study, &plan.name, Some(plan.fingerprint))?;
        let console = Console::new(self.budget, Display::new(Counted::Runs, self.output.quiet));
        let options = Options { threads: self.planned.jobs(), reproducible: self.output.reproducible };
        let runner = Runner::new(Cache::folder(&dir)?, options, &console);
        let mut precision = wanted.question(&plan)?;
        let execution = match &mut precision {
            Some(question) => runner.ask(question).map(|asked| asked.execution),
            None => runner.carry_out(&runs, selection),
        };
        console.close();
        let execution = execution.map_err(ended)?;
        self.report_execution(&execution);
        if let Some(question) = &precision {
            wanted.words(question).iter().for_each(|line| self.output.note(line));
            let grown = question.plan();
            return self.finish(&grown, &grown.runs(Selection::All)?, &dir, &execution, &console);
        }
        if selection != Selection::All && lacks_any(&plan, selection, &dir) {
            let (missing, all) = (missing(&plan, &dir), plan.len());
            output::tell(&format!(
                "{missing} of {all} runs of the plan are missing, so no result files are written yet"
            ));
            let done = execution.failed.is_empty() && execution.left == 0;
            return Ok(if done { End::Good } else { End::Incomplete });
        }
        let runs = if selection == Selection::All { runs } else { plan.runs(Selection::All)? };
        self.finish(&plan, &runs, &dir, &execution, &console)
    }

    /// Writes the result files of all `runs` of `plan`, and shows a table.
    fn finish(
        &self,
        plan: &Plan,
        runs: &Runs,
        dir: &Path,
        execution: &Execution,
        console: &Console,
    ) -> Result<End, Failure> {
        let mut table = SweepTable::new(plan);
        let assembled = self.assemble(runs, dir, execution, console, &mut table)?;
        // A study may keep too little for an answer, or so much that to read it takes long.
        let is_small = assembled.files.iter().all(|file| file.rows <= MOST_ROWS_READ);
        let is_small = is_small && dir.join(NodeRow::KIND.file).exists();
        let survey = || is_small.then(|| Survey::read(dir).ok()).flatten();
        self.shown.study(|| table.document(survey().as_ref()), dir)?;
        self.output.note(&format!("results are in {}", dir.display()));
        let is_part = self.shard.is_some() || self.index.is_some();
        Ok(self.judge(plan, execution, &assembled, is_part))
    }

    /// The part of the plan that this process carries out.
    fn selection(&self, runs: usize) -> Result<Selection, Failure> {
        let (index, origin) = match (self.shard, self.index) {
            (Some(shard), _) => return Ok(shard),
            (None, None) => {
                self.mention_batch_system();
                return Ok(Selection::All);
            }
            (None, Some(Index::Number(index))) => (index, "--index"),
            (None, Some(Index::Environment)) => from_environment()?,
        };
        if index >= runs as u64 {
            let message = format!("{origin} {index} is not in the plan: it has {runs} runs, counted from 0");
            return Err(Failure::Input(message));
        }
        Ok(Selection::Index(index))
    }

    /// What the environment says changes nothing that nobody asked for.
    fn mention_batch_system(&self) {
        if let Some((name, _)) = variable() {
            self.output.note(&format!("note: {name} is set; with `--index env` only that run is carried out"));
        }
    }

    fn report_execution(&self, execution: &Execution) {
        let Execution { computed, reused, failed, left, damaged, other } = execution;
        output::tell_each("damaged and computed again", damaged.iter().map(|run| format!("run {run}")));
        if *other > 0 {
            let why = "another version of the program made them, or they keep less than is wanted";
            self.output.note(&format!("note: {other} finished runs could not be used: {why}"));
        }
        self.output.note(&format!("computed {computed}, reused {reused}, failed {}, left {left}", failed.len()));
        output::tell_failed(failed);
    }

    /// Puts the result files together, one process at a time: of several
    /// shards the last one finds the rows of all.
    fn assemble(
        &self,
        runs: &Runs,
        dir: &Path,
        execution: &Execution,
        console: &Console,
        table: &mut SweepTable,
    ) -> Result<Assembled, ResultsError> {
        let place = dir.join("rows").join(".lock");
        let lock = File::create(&place).map_err(ResultsError::io(&place))?;
        if let Err(error) = lock.lock() {
            // Some network file systems have no locks.
            self.output.note(&format!("note: shards that end at the same moment may miss each other: {error}"));
        }
        let see = |point, record: &Record| table.add(point, record);
        let assembled = study::assemble(runs, dir, &execution.failed, self.output.reproducible, see)?;
        self.output.manifest(runs.plan, &assembled, console.elapsed_s()).write(dir)?;
        Ok(assembled)
    }

    fn judge(&self, plan: &Plan, execution: &Execution, assembled: &Assembled, is_part: bool) -> End {
        for (message, count) in &assembled.warnings {
            self.output.note(&format!("warning ({count} runs): {message}"));
        }
        output::tell_wrong(assembled);
        // What other shards have not done yet is no fault of this one, and still is missing.
        let missing = if is_part { execution.left } else { assembled.missing };
        if missing > 0 {
            self.output.note(&format!("{missing} runs are missing; the same command again carries them out"));
        } else if assembled.missing > 0 {
            let (others, all) = (assembled.missing, plan.len());
            output::tell(&format!("{others} of {all} runs of the plan are missing; they are not of this part"));
        }
        if !assembled.breaches.is_empty() || !assembled.violations.is_empty() {
            End::Breach
        } else if missing > 0 || !execution.failed.is_empty() {
            End::Incomplete
        } else {
            End::Good
        }
    }
}

/// Whether a run of the plan has no row file; looked for beginning beyond the first of `part`.
fn lacks_any(plan: &Plan, part: Selection, dir: &Path) -> bool {
    let first = part.indices(plan.len()).next().unwrap_or(0);
    plan.lacks_any(first, |id| study::row_path(dir, id).exists())
}

/// Runs of the plan that have no row file, going by how many such files there are.
fn missing(plan: &Plan, dir: &Path) -> usize {
    plan.len().saturating_sub(results::kept_runs(dir)).max(1)
}

/// The variable of a batch system, and what it says.
fn variable() -> Option<(&'static str, String)> {
    INDEX_VARIABLES.iter().find_map(|name| Some((*name, std::env::var(name).ok()?)))
}

/// The run that a batch system wants, and who says so.
fn from_environment() -> Result<(u64, &'static str), Failure> {
    let wrong = |why: String| Failure::Input(format!("--index env: {why}"));
    let (name, text) = variable().ok_or_else(|| wrong(format!("none of {} is set", INDEX_VARIABLES.join(", "))))?;
    let index = text.parse().map_err(|_| wrong(format!("{name} is `{text}`, not a number")))?;
    Ok((index, name))
}
