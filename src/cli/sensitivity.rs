//! `codexsim sensitivity`: which inputs of a scenario matter?

use super::args::{Changes, duration, ended, last, note_on_base};
use super::destination::Output;
use super::format::Shown;
use super::host::Console;
use super::new_file::quoted;
use super::progress::{Counted, Display};
use super::{End, Failure, output};
use crate::report;
use crate::results::{AtomicFile, Measure, Program, ResultsError, ResultsKind};
use crate::scenario::{self, Range};
use crate::study::{
    self, Asked, Assembled, Cache, Host, Options, Runner, Selection, Sensitivity, SensitivityError, SensitivityRequest,
    SensitivityStudy,
};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Say which inputs of a scenario matter, and which only seem to
///
/// Screening (Morris) takes one step of each input from many places; shares of the
/// variance (Sobol) say what each decides by itself and with all others. Beside both
/// stands the noise floor: what another seed does. Without --vary every number that
/// the scenario sets is screened, from half of it to twice as much. A scenario with a
/// [sweep] is examined as it is without it. DIR gets sensitivity.html (with figures),
/// sensitivity.json, sensitivity.csv, and the runs as an ordinary study; the same
/// command again goes on where it ended. See docs/sensitivity.md.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  codexsim sensitivity\n  codexsim sensitivity my-swarm.toml --vary swarm.seeders=1..8 --vary \"network.up=5Mbit/s..50Mbit/s\"\n  codexsim sensitivity --vary network.latency=5ms..200ms --vary \"protocol=codex-v2|bittorrent\" --measure makespan_s --points 64"
)]
pub struct SensitivityCommand {
    /// Scenario (TOML); the quickstart when absent
    file: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    /// Vary a key: KEY=LOW..HIGH, with ` log` after it for even steps in the logarithm;
    /// KEY=normal(MEAN, SD), KEY=lognormal(MEDIAN, SIGMA), or KEY=ONE|OTHER|..
    #[arg(long, value_name = "KEY=RANGE", value_parser = Range::parse)]
    vary: Vec<Range>,
    /// Measures to look at (`codexsim columns measures`), separated by commas; default:
    /// download_time_p95_s and wire_per_payload, of storage runs unit_loss and
    /// repair_per_stored_byte_year
    #[arg(long = "measure", value_name = "NAME", value_delimiter = ',', value_parser = measure)]
    measures: Vec<String>,
    /// Look at the logarithms of measures: for those that change by factors
    #[arg(long)]
    log: bool,
    /// How to look; default: both with --vary, morris without
    #[arg(long, value_enum, value_name = "METHOD")]
    method: Option<Method>,
    /// Pairs of places for shares of the variance, places for screening; with both a quarter as
    /// many places; default: 128, of morris alone 32
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(8..=65_536))]
    points: Option<u32>,
    /// Runs under different seeds at each point, whose mean is looked at
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    repetitions: u32,
    /// Start no new run after this real time, such as 90s, 30m, 2h
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    budget: Duration,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    shown: Shown,
    /// Runs at the same time; default: one per core
    #[arg(short = 'j', long = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

/// How sensitivities are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Method {
    /// Screening: one step of each input from many places
    Morris,
    /// Shares of the variance
    Sobol,
    /// Both
    Both,
}

impl From<SensitivityError> for Failure {
    fn from(error: SensitivityError) -> Self {
        Failure::Input(error.to_string())
    }
}

impl SensitivityCommand {
    /// Carries the runs out, writes the reports, shows the tables.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let mut study = SensitivityStudy::new(self.request())?;
        let title = format!("sensitivity-{}", self.changes.title(study.name()));
        let dir = self.output.dir(&title);
        note_on_base(study.sweep()).iter().for_each(|note| self.output.note(note));
        study.warnings().iter().for_each(|warning| self.output.note(&format!("warning: {warning}")));
        self.output.claim(&dir, ResultsKind::Study, &study.plan().name, None)?;
        let console = Console::new(Some(self.budget), Display::new(Counted::Runs, self.output.quiet));
        let options = Options { threads: self.jobs.map_or(0, usize::from), reproducible: self.output.reproducible };
        let asked = Runner::new(Cache::folder(&dir)?, options, &console).ask(&mut study);
        console.close();
        let Asked { answer, execution } = asked.map_err(ended)?;
        let plan = study.plan();
        let runs = plan.runs(Selection::All)?;
        let assembled = study::assemble(&runs, &dir, &execution.failed, self.output.reproducible, |_, _| ())?;
        self.output.manifest(&plan, &assembled, console.elapsed_s()).write(&dir)?;
        output::tell_failed(&execution.failed);
        let found = study.found();
        self.write(&dir, &found)?;
        self.shown.rows(|| report::sensitivity(&found, &self.words()), &report::sensitivity_rows(&found))?;
        if answer.is_none() {
            self.output
                .note("ended before all runs were finished; the same command goes on, --budget gives it more time");
        }
        self.output.note(&format!("results are in {}", dir.display()));
        Ok(self.judge(&assembled, answer.is_none() || !execution.failed.is_empty()))
    }

    fn request(&self) -> SensitivityRequest {
        let (places, pairs) = self.rows();
        SensitivityRequest {
            input: self.changes.input(self.file.clone()),
            vary: self.vary.clone(),
            measures: self.measures.iter().filter_map(|name| Measure::named(name)).collect(),
            of_logarithms: self.log,
            places,
            pairs,
            repetitions: self.repetitions,
        }
    }

    /// Places for screening, and pairs for shares of the variance.
    fn rows(&self) -> (usize, usize) {
        let by_default = if self.vary.is_empty() { Method::Morris } else { Method::Both };
        let method = self.method.unwrap_or(by_default);
        let points = self.points.map_or(if method == Method::Morris { 32 } else { 128 }, |points| points as usize);
        match method {
            Method::Morris => (points, 0),
            Method::Sobol => (0, points),
            Method::Both => (points.div_ceil(4).max(4), points),
        }
    }

    fn write(&self, dir: &Path, found: &Sensitivity) -> Result<(), ResultsError> {
        let words = self.words();
        let texts = [
            ("sensitivity.json", report::sensitivity_json(found, &words, &Program::this())),
            ("sensitivity.csv", super::format::csv(&report::sensitivity_rows(found))),
            ("sensitivity.html", report::sensitivity(found, &words).html()),
        ];
        texts.iter().try_for_each(|(name, text)| AtomicFile::write_all(&dir.join(name), text.as_bytes()))
    }

    fn judge(&self, assembled: &Assembled, incomplete: bool) -> End {
        for (message, count) in &assembled.warnings {
            self.output.note(&format!("warning ({count} runs): {message}"));
        }
        output::tell_wrong(assembled);
        match () {
            () if !assembled.violations.is_empty() => End::Breach,
            () if incomplete => End::Incomplete,
            () => End::Good,
        }
    }

    /// What decides the outcome, as it would be typed; of paths the last part.
    fn words(&self) -> String {
        let word = |text: &str| report::command([text]);
        let mut words = vec!["codexsim sensitivity".to_owned()];
        words.extend(self.file.iter().map(|file| word(&last(file))));
        words.extend(self.changes.words());
        words.extend(self.vary.iter().map(|range| format!("--vary {}", word(&format!("{}={range}", range.key)))));
        words.extend(self.measures.iter().map(|name| format!("--measure {}", quoted(name))));
        words.extend(self.log.then(|| "--log".into()));
        let method = self.method.and_then(|method| method.to_possible_value());
        words.extend(method.map(|method| format!("--method {}", method.get_name())));
        words.extend(self.points.map(|points| format!("--points {points}")));
        words.extend((self.repetitions > 1).then(|| format!("--repetitions {}", self.repetitions)));
        words.join(" ")
    }
}

/// The name of a measure.
fn measure(name: &str) -> Result<String, String> {
    let near = || scenario::nearest(name, Measure::all().iter().map(|measure| measure.name.as_str()));
    let meant = || near().map_or(String::new(), |near| format!(": did you mean `{near}`?"));
    let expected = "expected a number that `codexsim columns measures` lists";
    let found = Measure::named(name).map(|measure| measure.name.clone());
    found.ok_or_else(|| format!("`{name}` is not measured{}\n = {expected}", meant()))
}
