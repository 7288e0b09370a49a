//! `codexsim limit`: where does it break?

use super::args::{Layers, duration, ended, note_on_base, share};
use super::destination::Output;
use super::format::Shown;
use super::host::Console;
use super::progress::{Counted, Display};
use super::{End, Failure, output};
use crate::report;
use crate::results::{AtomicFile, Program, ResultsError, ResultsKind};
use crate::scenario::Input;
use crate::study::{self, Asked, Cache, Host, LimitError, LimitRequest, Limits, Options, Runner, Selection};
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Find up to which value of a key goals hold, and what binds there
///
/// Goes from the low end of --vary in growing steps until the goals do not hold any more,
/// then by halves, and says between which two values the limit lies. The goals hold at a
/// value where at least --share of runs meet all of them. Runs are repeated, with other seeds, until
/// it is sure on which side of the limit the two values are; the expensive end of the range is run
/// only when nothing breaks before it. What holds everywhere or nowhere is said, and so is
/// what holds again beyond its limit.
///
/// Without --vary, --goal or --protocol it takes those of the table [limit] of the scenario.
/// With two --vary the limit of the second is found at some values of the first. DIR gets
/// limit.html, limit.json, limit.csv (each value that was tried) and the runs as an
/// ordinary study; the same command again goes on where it ended. See docs/where-it-breaks.md.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  codexsim limit --vary swarm.file_size=1MB..1GB --goal download_time_p95_s<=60\n  codexsim limit experiments/limits/one-seeder.toml --budget 10m\n  codexsim limit --protocol codex-v2 --protocol bittorrent --vary swarm.network_size=5..200 --goal t100_p95_s<=8*bound_s --goal unfinished_share<=0.001"
)]
pub struct LimitCommand {
    /// Scenario (TOML), swarm or storage; the quickstart when absent
    file: Option<PathBuf>,
    /// Protocol, of a storage run system: a name from `codexsim models`, or a TOML file;
    /// several stand side by side
    #[arg(long = "protocol", value_name = "NAME|FILE")]
    protocols: Vec<String>,
    /// What is varied: key=LOW..HIGH, with " log" after it to go by factors; whole numbers stay
    /// whole. Of two, the first may also be key=ONE|OTHER
    #[arg(long, value_name = "KEY=LOW..HIGH")]
    vary: Vec<String>,
    /// What has to hold in a run: a comparison of measures (`codexsim columns measures`), such as
    /// "t100_p95_s <= 2 * bound_s"; several have to hold together
    #[arg(long = "goal", value_name = "COMPARISON")]
    goals: Vec<String>,
    #[command(flatten)]
    layers: Layers,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    shown: Shown,
    /// The share of runs that have to meet all goals: 50% asks for the middle run, 95% for nearly
    /// all, which takes some hundred runs
    #[arg(long, value_name = "SHARE", default_value = "50%", value_parser = share)]
    share: f64,
    /// How sure the interval of a limit has to be
    #[arg(long, value_name = "SHARE", default_value = "95%", value_parser = share)]
    confidence: f64,
    /// How narrow the interval has to be, as a share of its upper end; of whole numbers two
    /// neighbours are narrow enough
    #[arg(long, value_name = "SHARE", default_value = "5%", value_parser = share)]
    precision: f64,
    /// Runs at one value at the most; at least as many as it takes to be sure of anything
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    max_runs: u32,
    /// Start no new run after this real time, such as 90s, 30m, 2h
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    budget: Duration,
    /// Runs at the same time; default: one per core
    #[arg(short = 'j', long = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

impl From<LimitError> for Failure {
    fn from(error: LimitError) -> Self {
        Failure::Input(error.to_string())
    }
}

impl LimitCommand {
    /// Searches, writes the reports, shows the answer.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let mut limits = Limits::new(self.request())?;
        let dir = self.output.dir(&limits.name);
        limits.warnings.iter().for_each(|warning| self.output.note(&format!("warning: {warning}")));
        note_on_base(&limits.sweep).iter().for_each(|note| self.output.note(note));
        self.output.claim(&dir, ResultsKind::Study, &limits.name, None)?;
        let console = Console::new(Some(self.budget), Display::new(Counted::Runs, self.output.quiet));
        let options = Options { threads: self.jobs.map_or(0, usize::from), reproducible: self.output.reproducible };
        let asked = Runner::new(Cache::folder(&dir)?, options, &console).ask(&mut limits);
        console.close();
        let Asked { answer, execution } = asked.map_err(ended)?;
        let is_ended = match answer {
            Some(Err(error)) => return Err(error.into()),
            answer => answer.is_none(),
        };
        let plan = limits.plan();
        let runs = plan.runs(Selection::All)?;
        let assembled = study::assemble(&runs, &dir, &execution.failed, self.output.reproducible, |_, _| ())?;
        self.output.manifest(&plan, &assembled, console.elapsed_s()).write(&dir)?;
        write(&dir, &limits)?;
        output::tell_failed(&execution.failed);
        self.shown.rows(|| report::limit(&limits), &report::limit_rows(&limits))?;
        for (message, count) in &assembled.warnings {
            self.output.note(&format!("warning ({count} runs): {message}"));
        }
        output::tell_wrong(&assembled);
        if is_ended {
            self.output.note("ended before every limit was found; the same command goes on");
        }
        self.output.note(&format!("results are in {}", dir.display()));
        Ok(match () {
            () if !assembled.violations.is_empty() => End::Breach,
            () if is_ended || !execution.failed.is_empty() => End::Incomplete,
            () => End::Good,
        })
    }

    fn request(&self) -> LimitRequest {
        LimitRequest {
            input: Input { file: self.file.clone(), ..self.layers.input() },
            protocols: self.protocols.clone(),
            vary: self.vary.clone(),
            goals: self.goals.clone(),
            share: self.share,
            confidence: self.confidence,
            precision: self.precision,
            max_runs: self.max_runs,
        }
    }
}

fn write(dir: &Path, limits: &Limits) -> Result<(), ResultsError> {
    let files = [
        ("limit.json", report::limit_json(limits, &Program::this())),
        ("limit.csv", report::limit_points(limits)),
        ("limit.html", report::limit(limits).html()),
    ];
    files.iter().try_for_each(|(name, text)| AtomicFile::write_all(&dir.join(name), text.as_bytes()))
}
