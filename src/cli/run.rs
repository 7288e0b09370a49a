//! `codexsim run`: one run.

use super::args::{Changes, note_on_base};
use super::destination::Output;
use super::format::Shown;
use super::host::{Console, too_large};
use super::progress::{Counted, Display};
use super::{End, Failure, output};
use crate::report;
use crate::results::{
    self, Checkpoint, FileEntry, Labels, Manifest, Observation, ResultsError, ResultsKind, RunResult,
};
use crate::scenario::{self, Input, Scenario};
use crate::sim::{self, Ended, Progress};
use crate::study::{self, Claim, Forecast, Host};
use clap::Args;
use std::path::{Path, PathBuf};

/// Carry out one run
///
/// Without FILE the quickstart is run: a small swarm over ordinary links. A
/// scenario with a [sweep] is run as it is without it. Interrupted, it keeps what there
/// is of the run, with exit code 3.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  codexsim run\n  codexsim run my-swarm.toml --protocol bittorrent\n  codexsim run --set swarm.network_size=64 --set \"network.up=20 Mbit/s\""
)]
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
        let scenario = scenario::load(&self.input()?)?;
        let claims = study::claims(&scenario.expect)?;
        scenario.warnings.iter().for_each(|w| self.output.note(&format!("warning: {w}")));
        note_on_base(&scenario.sweep).iter().for_each(|note| self.output.note(note));
        let refusal = too_large(&Forecast::of([&scenario.run], 1), Some(&scenario.run));
        refusal.map_or(Ok(()), |why| Err(Failure::Input(why)))?;
        let dir = self.dir(&scenario);
        let earlier = self.output.claim(&dir, ResultsKind::Run, &scenario.name, Some(scenario.fingerprint))?;
        let console = Console::new(None, Display::new(Counted::Share, self.output.quiet));
        let (result, outcome) = self.simulate(&scenario, &console);
        let interrupted = outcome.is_interrupted();
        // A part of a run is better than nothing, and worse than a whole one.
        let keeps = interrupted && earlier.is_some_and(|earlier| earlier.runs_missing == 0);
        if !keeps {
            self.write(&dir, &scenario, &result, &outcome)?;
        }
        match &result.storage {
            Some(row) => self.shown.row(|| report::kept(&result, row), row)?,
            None => self.shown.row(|| report::run(&result), &result.run)?,
        }
        let place = dir.display();
        self.output.note(&match (interrupted, keeps) {
            (false, _) => format!("results are in {place}"),
            (true, false) => format!("interrupted; what there is of the run is in {place}"),
            (true, true) => format!("interrupted; the results of an earlier run in {place} were left alone"),
        });
        Ok(judge(&claims, &result, interrupted))
    }

    /// Where the results go when nothing else is said: those of other settings elsewhere,
    /// and those of a study without its sweep beside the study's.
    fn dir(&self, scenario: &Scenario) -> PathBuf {
        let base = if scenario.sweep.is_nothing() { "" } else { "-base" };
        self.output.dir(&self.changes.title(&format!("{}{base}", scenario.name)))
    }

    fn input(&self) -> Result<Input, Failure> {
        let mut input = self.changes.input(self.file.clone());
        if !self.trace {
            return Ok(input);
        }
        let says_no = |set: &&String| {
            let of_trace = scenario::setting_key(set).is_ok_and(|keys| keys == ["output", "trace"]);
            of_trace && set.trim_end().ends_with("false")
        };
        if let Some(set) = input.sets.iter().find(says_no) {
            return Err(Failure::Input(format!(
                "`--trace` and `--set {set}` contradict each other\n = expected one of them"
            )));
        }
        input.options.push(("--trace".into(), "output.trace=true".into()));
        Ok(input)
    }

    /// The result, as rows and whole; of an interrupted run as far as it came.
    fn simulate(&self, scenario: &Scenario, console: &Console) -> (RunResult, Ended) {
        console.foretold(&Forecast::of([&scenario.run], 1));
        console.planned(1);
        let mut events = 0;
        let run_for = scenario.run.swarm().and_then(|run| run.stop.run_for);
        let outcome = sim::carry_out(&scenario.run, &mut |progress| {
            // A run for a time is as far as its time.
            let share = run_for.map_or(progress.share, |end| progress.time.secs() / end.secs());
            console.advanced(Progress { share, ..progress }, progress.events - events);
            events = progress.events;
            !console.interrupted()
        });
        console.close();
        let run_id = study::run_id(&scenario.run);
        let labels = Labels { run_id: &run_id, scenario: &scenario.name, protocol: &scenario.protocol, repetition: 0 };
        let mut result = RunResult::of(labels, &scenario.run, &outcome);
        if !self.output.reproducible {
            result.took(console.elapsed_s(), console.peak_rss_bytes());
        }
        (result, outcome)
    }

    fn write(&self, dir: &Path, scenario: &Scenario, result: &RunResult, outcome: &Ended) -> Result<(), ResultsError> {
        let traced = match outcome {
            Ended::Swarm(outcome) => Some(outcome).filter(|_| scenario.run.swarm().is_some_and(|run| run.trace)),
            Ended::Storage(_) => None,
        };
        let files = results::write_run(dir, result, scenario.run.progress_steps(), traced)?;
        self.manifest(scenario, result, outcome, files).write(dir)
    }

    fn manifest(&self, scenario: &Scenario, result: &RunResult, outcome: &Ended, files: Vec<FileEntry>) -> Manifest {
        Manifest {
            program: self.output.program(),
            kind: ResultsKind::Run,
            scenario: scenario.name.clone(),
            resolved: scenario.resolved.clone(),
            scenario_fingerprint: format!("{:016x}", scenario.fingerprint),
            results_fingerprint: format!("{:016x}", outcome.fingerprint()),
            checkpoints: Checkpoint::list(outcome.checkpoints()),
            seeder_sets: 1,
            repetitions: 1,
            design: None,
            precision: None,
            runs_planned: 1,
            runs_failed: 0,
            runs_missing: u64::from(outcome.is_interrupted()),
            command_line: self.output.command_line(),
            machine: self.output.machine(),
            wall_s: result.run.wall_s,
            files,
        }
    }
}

/// Says what did not hold. Claims are about whole runs.
fn judge(claims: &[Claim], result: &RunResult, interrupted: bool) -> End {
    let breaches = if interrupted { vec![] } else { study::check(claims, &Observation::of(result)) };
    output::tell_each("violation", result.violations.iter().map(|v| format!("run {}: {v}", result.run.run_id)));
    output::tell_breaches(&breaches, claims.len());
    match () {
        () if !breaches.is_empty() || !result.violations.is_empty() => End::Breach,
        () if interrupted => End::Incomplete,
        () => End::Good,
    }
}
