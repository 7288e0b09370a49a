//! `codexsim run`: one run.

use super::args::{Changes, Output, note_on_base};
use super::format::Shown;
use super::host::Console;
use super::progress::{Display, Unit};
use super::{End, Failure, output};
use crate::ledger::Outcome;
use crate::report;
use crate::results::{self, Checkpoint, FileEntry, Labels, Manifest, ResultsError, Row, RunResult};
use crate::scenario::{self, Input, Scenario};
use crate::sim;
use crate::study::{self, Host};
use clap::Args;
use std::path::{Path, PathBuf};

/// Carry out one run
///
/// Without FILE the quickstart is run: a small swarm over ordinary links. A
/// scenario with a [sweep] is run as it is without it.
#[derive(Debug, Args)]
pub struct Run {
    /// Scenario (TOML)
    file: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    output: Output,
    /// Write every message to trace.csv, for `codexsim view`: short for
    /// --set output.trace=true
    #[arg(long)]
    trace: bool,
    #[command(flatten)]
    shown: Shown,
}

impl Run {
    /// Runs, writes the result files, shows the result.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let scenario = scenario::load(&self.input())?;
        study::check_columns(&scenario.expect)?;
        scenario.warnings.iter().for_each(|w| self.output.note(&format!("warning: {w}")));
        note_on_base(&scenario.sweep).iter().for_each(|note| self.output.note(note));
        let console = Console::new(None, Display::new(Unit::Share, self.output.quiet));
        let Some((result, outcome)) = self.simulate(&scenario, &console) else {
            self.output.note("interrupted; nothing was written");
            return Ok(End::Incomplete);
        };
        let dir = self.output.dir(&scenario.name);
        self.write(&dir, &scenario, &result, &outcome)?;
        self.shown.row(|| report::run_report(&result), &result.run)?;
        self.output.note(&format!("results are in {}", dir.display()));
        Ok(judge(&scenario, &result))
    }

    fn input(&self) -> Input {
        let mut input = self.changes.input(self.file.clone());
        input.sets.extend(self.trace.then(|| "output.trace=true".into()));
        input
    }

    /// The result, as rows and whole; nothing when it was interrupted.
    fn simulate(&self, scenario: &Scenario, console: &Console) -> Option<(RunResult, Outcome)> {
        console.planned(1);
        let mut events = 0;
        let outcome = sim::run(&scenario.run, &mut |progress| {
            console.advanced(progress, progress.events - events);
            events = progress.events;
            !console.interrupted()
        });
        console.close();
        let run_id = study::run_id(&scenario.run);
        let labels = Labels { run_id: &run_id, scenario: &scenario.name, protocol: &scenario.protocol, repetition: 0 };
        let outcome = outcome?;
        let mut result = RunResult::new(labels, &scenario.run, &outcome);
        if !self.output.reproducible {
            result.run.wall_s = Some(console.elapsed_s());
            result.run.peak_rss_bytes = console.peak_rss_bytes();
        }
        Some((result, outcome))
    }

    fn write(
        &self,
        dir: &Path,
        scenario: &Scenario,
        result: &RunResult,
        outcome: &Outcome,
    ) -> Result<(), ResultsError> {
        std::fs::create_dir_all(dir).map_err(ResultsError::io(dir))?;
        let mut files = vec![
            table(dir, std::slice::from_ref(&result.run))?,
            table(dir, &result.nodes)?,
            table(dir, &result.traffic)?,
            table(dir, &result.series)?,
            table(dir, &result.constraints)?,
            table(dir, &result.timeline)?,
        ];
        files.extend(optional(dir, scenario.run.progress_steps > 0, result.progress.iter().cloned())?);
        files.extend(optional(dir, scenario.run.trace, results::trace_rows(&result.run.run_id, outcome))?);
        files.extend(optional(dir, !result.discovery.is_empty(), result.discovery.iter().cloned())?);
        self.manifest(scenario, result, outcome, files).write(dir)
    }

    fn manifest(&self, scenario: &Scenario, result: &RunResult, outcome: &Outcome, files: Vec<FileEntry>) -> Manifest {
        let checkpoint = |(time, digest): &(crate::units::Time, u64)| Checkpoint {
            time_s: time.secs(),
            fingerprint: format!("{digest:016x}"),
        };
        Manifest {
            program: self.output.program(),
            scenario: scenario.name.clone(),
            resolved: scenario.resolved.clone(),
            scenario_fingerprint: format!("{:016x}", scenario.fingerprint),
            results_fingerprint: format!("{:016x}", outcome.fingerprint),
            checkpoints: outcome.checkpoints.iter().map(checkpoint).collect(),
            seeder_sets: 1,
            repetitions: 1,
            runs_planned: 1,
            runs_failed: 0,
            runs_missing: 0,
            command_line: self.output.command_line(),
            machine: self.output.machine(),
            wall_s: result.run.wall_s,
            files,
        }
    }
}

fn table<R: Row + Clone>(dir: &Path, rows: &[R]) -> Result<FileEntry, ResultsError> {
    results::write_table(dir, rows.iter().cloned())
}

/// A table that is there only when it is `wanted`; that of an earlier run goes.
fn optional<R: Row>(
    dir: &Path,
    wanted: bool,
    rows: impl Iterator<Item = R>,
) -> Result<Option<FileEntry>, ResultsError> {
    if wanted {
        return results::write_table(dir, rows).map(Some);
    }
    results::remove_table::<R>(dir)?;
    Ok(None)
}

/// Says what did not hold.
fn judge(scenario: &Scenario, result: &RunResult) -> End {
    let breaches = study::check(&scenario.expect, [&result.run]);
    output::tell_each("violation", result.violations.iter().map(|v| format!("run {}: {v}", result.run.run_id)));
    output::tell_each("expectation not met", breaches.iter());
    if breaches.is_empty() && result.violations.is_empty() { End::Good } else { End::Breach }
}
