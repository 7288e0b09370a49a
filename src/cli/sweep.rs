//! `codexsim sweep`: all runs of a study.

use super::args::{Changes, Output, duration};
use super::format::Shown;
use super::host::Console;
use super::progress::{Display, Unit};
use super::{End, Failure, output};
use crate::report;
use crate::results::ResultsError;
use crate::study::{self, Assembled, Execution, Host, Options, Plan, RowFile, Selection};
use clap::Args;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Environment variables in which batch systems number the tasks of an array:
/// HyperQueue, Slurm, Kubernetes.
const INDEX_VARIABLES: [&str; 3] = ["HQ_TASK_ID", "SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"];
/// Points that a dry run lists one by one.
const MOST_POINTS_SHOWN: usize = 40;

/// Carry out all runs of a scenario's [sweep]
///
/// Finished runs are kept in DIR/rows. The same command again carries out
/// what is missing and nothing else: after an interruption, with more
/// repetitions, with another swept key, or as several shards in one directory.
#[derive(Debug, Args)]
pub struct Sweep {
    /// Scenario (TOML)
    file: PathBuf,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    output: Output,
    /// Runs at the same time; default: one per core
    #[arg(short = 'j', long = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Say what would be run and what it would cost, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Carry out the K-th of N parts of the plan
    #[arg(long, value_name = "K/N", conflicts_with = "index")]
    shard: Option<Selection>,
    /// Carry out one run of the plan, counted from 0; the result files are
    /// written by whoever completes the plan. Default: HQ_TASK_ID,
    /// SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX, where set
    #[arg(long, value_name = "N")]
    index: Option<u64>,
    /// Start no new run after this real time, such as 90s, 30m, 2h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    budget: Option<Duration>,
    #[command(flatten)]
    shown: Shown,
}

impl Sweep {
    /// Runs what is missing, writes the result files, shows a table.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let plan = Plan::new(&self.changes.input(Some(self.file.clone())))?;
        let selection = self.selection(plan.runs.len())?;
        let dir = self.output.dir(&plan.name);
        plan.warnings.iter().for_each(|w| self.output.note(&format!("warning: {w}")));
        if self.dry_run {
            output::say(&self.describe(&plan, selection, &dir))?;
            return Ok(End::Good);
        }
        let console = Console::new(self.budget, Display::new(Unit::Runs, self.output.quiet));
        let options = Options { threads: self.jobs.map_or(0, usize::from), reproducible: self.output.reproducible };
        let execution = study::execute(&plan, selection, &dir, options, &console);
        console.close();
        let execution = execution.map_err(|error| {
            Failure::Own(format!("{error}\nFinished runs are kept; the same command carries out the others"))
        })?;
        self.report_execution(&execution);
        if matches!(selection, Selection::Index(_)) && !is_complete(&plan, &dir) {
            return Ok(if execution.failed.is_empty() && execution.left == 0 { End::Good } else { End::Incomplete });
        }
        let assembled = self.assemble(&plan, &dir, &execution, &console)?;
        self.shown.study(|| report::study_report(&plan, &assembled), &assembled.table(&plan))?;
        self.output.note(&format!("results are in {}", dir.display()));
        Ok(self.judge(&plan, &execution, &assembled, selection))
    }

    /// The part of the plan that this process carries out.
    fn selection(&self, runs: usize) -> Result<Selection, Failure> {
        if let Some(shard) = self.shard {
            return Ok(shard);
        }
        let Some((index, origin)) = self.index()? else { return Ok(Selection::All) };
        if index >= runs as u64 {
            let message = format!("{origin} {index} is not in the plan: it has {runs} runs, counted from 0");
            return Err(Failure::Input(message));
        }
        Ok(Selection::Index(index))
    }

    fn index(&self) -> Result<Option<(u64, &'static str)>, Failure> {
        if let Some(index) = self.index {
            return Ok(Some((index, "--index")));
        }
        let Some((name, text)) = INDEX_VARIABLES.iter().find_map(|v| Some((*v, std::env::var(v).ok()?))) else {
            return Ok(None);
        };
        let index = text.parse().map_err(|_| Failure::Input(format!("{name} is `{text}`, not a number")))?;
        self.output.note(&format!("note: {name} is set, so only run {index} of the plan is carried out"));
        Ok(Some((index, name)))
    }

    fn report_execution(&self, execution: &Execution) {
        let Execution { computed, reused, failed, left } = execution;
        self.output.note(&format!("computed {computed}, reused {reused}, failed {}, left {left}", failed.len()));
        output::tell_each("failed", failed.iter().map(|f| format!("run {}: {}", f.run_id, f.reason)));
    }

    /// Puts the result files together, one process at a time: of several
    /// shards the last one finds the rows of all.
    fn assemble(
        &self,
        plan: &Plan,
        dir: &Path,
        execution: &Execution,
        console: &Console,
    ) -> Result<Assembled, ResultsError> {
        let place = dir.join("rows").join(".lock");
        let lock = File::create(&place).map_err(ResultsError::io(&place))?;
        if let Err(error) = lock.lock() {
            // Some network file systems have no locks.
            self.output.note(&format!("note: shards that end at the same moment may miss each other: {error}"));
        }
        let assembled = study::assemble(plan, dir, &execution.failed, self.output.reproducible)?;
        self.output.manifest(plan, &assembled, console.elapsed_s()).write(dir)?;
        Ok(assembled)
    }

    fn judge(&self, plan: &Plan, execution: &Execution, assembled: &Assembled, selection: Selection) -> End {
        for (message, count) in &assembled.warnings {
            self.output.note(&format!("warning ({count} runs): {message}"));
        }
        let breaches = study::check(&plan.expect, assembled.rows.iter().map(|(_, row)| row));
        output::tell_each("violation", assembled.violations.iter().map(|(run, rule)| format!("run {run}: {rule}")));
        output::tell_each("expectation not met", breaches.iter());
        // What other shards have not done yet is no fault of this one.
        let missing = if selection == Selection::All { assembled.missing } else { execution.left };
        if missing > 0 {
            self.output.note(&format!("{missing} runs are missing; the same command again carries them out"));
        }
        if !breaches.is_empty() || !assembled.violations.is_empty() {
            End::Breach
        } else if missing > 0 || !execution.failed.is_empty() {
            End::Incomplete
        } else {
            End::Good
        }
    }

    /// What would be run, and what it would roughly cost.
    fn describe(&self, plan: &Plan, selection: Selection, dir: &Path) -> String {
        let chosen: Vec<usize> = (0..plan.runs.len()).filter(|i| selection.contains(*i)).collect();
        let missing: Vec<usize> = chosen
            .iter()
            .copied()
            .filter(|i| RowFile::load(dir, &plan.runs[*i].id, plan.progress_steps).is_none())
            .collect();
        let mut text = format!("{} points, {} runs", plan.cells.len(), plan.runs.len());
        if selection != Selection::All {
            text += &format!(", {} of them selected", chosen.len());
        }
        text += &format!(", {} finished in {}\n", chosen.len() - missing.len(), dir.display());
        for (index, cell) in plan.cells.iter().enumerate().take(MOST_POINTS_SHOWN) {
            let runs = chosen.iter().filter(|i| plan.runs[**i].cell == index).count();
            text += &format!("  {}: {runs} runs\n", cell.describe());
        }
        if plan.cells.len() > MOST_POINTS_SHOWN {
            text += &format!("  and {} more points\n", plan.cells.len() - MOST_POINTS_SHOWN);
        }
        text + &self.cost(plan, &missing)
    }

    fn cost(&self, plan: &Plan, missing: &[usize]) -> String {
        if missing.is_empty() {
            return "nothing is missing\n".into();
        }
        let jobs = self.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get()), usize::from);
        let estimates: Vec<study::Estimate> = plan.cells.iter().map(|cell| study::estimate(&cell.base)).collect();
        let of_run = |index: &usize| estimates[plan.runs[*index].cell];
        let sum = missing.iter().map(of_run).fold(study::Estimate::default(), study::Estimate::then);
        let busy = jobs.min(missing.len()) as f64;
        format!(
            "what is missing: roughly {} events, {} at {busy} runs at a time, up to {} of memory\n",
            report::count(sum.events),
            report::seconds(sum.seconds / busy),
            report::bytes(sum.memory_bytes * busy),
        )
    }
}

/// Whether every run of the plan has a row file.
fn is_complete(plan: &Plan, dir: &Path) -> bool {
    plan.runs.iter().all(|run| study::row_path(dir, &run.id).exists())
}
