//! `codexsim report`: what a finished study says.

use super::format::Shown;
use super::{End, Failure, output};
use crate::report::{self, SurveySources};
use crate::results::{self, AtomicFile, ComparisonRow, DiscoveryRow, MixRow, TableRow};
use crate::study::{CompareError, Comparison, NotAStudy, StorageParts, StorageSurvey, Survey, SurveyParts};
use clap::Args;
use std::path::{Path, PathBuf};

/// Show what a finished study says, in a table and in one HTML file
///
/// Works from the result files of `run` and `sweep` alone. Of swarms it begins with the answer:
/// who is how much faster than whom, over pairs of runs with equal seeds. DIR gets
/// report.html: completion curves, time and speed against each swept number with the
/// exponent of the scaling, bytes by class, efficiency against the bound, and what held
/// the leechers back, each with its data. With --baseline the protocols are
/// compared with one of them instead: median download times and their ratios go
/// to standard output, comparison.csv, comparison.md and comparison.html to DIR.
/// Of storage runs the page tells how likely a loss is and what keeping the data costs:
/// which points are the best trade-offs, nines against overhead and repair traffic, losses
/// against each swept key, missing slots, repair traffic and times to repair, and how slots
/// lie on hosts.
/// A study with `discovery.load` also gets discovery.md: bytes per second and node
/// beside the storage team's formula.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  codexsim report results/my-study\n  codexsim report results/my-study --baseline bittorrent"
)]
pub struct Report {
    /// Directory with the result files
    dir: PathBuf,
    /// What the others are compared with: a protocol, or where it was run in
    /// several ways one of them, such as "bittorrent (ignore_slots)"
    #[arg(long, value_name = "PROTOCOL")]
    baseline: Option<String>,
    /// A ratio above this is too slow
    #[arg(long, value_name = "RATIO", default_value_t = 1.2, value_parser = ratio, requires = "baseline")]
    limit: f64,
    /// Where the reports go; default DIR
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// No notes, only errors and the table
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    shown: Shown,
}

fn ratio(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("`{text}` is not a number"))?;
    if value.is_finite() && value > 0.0 { Ok(value) } else { Err("expected a ratio above 0, such as 1.2".into()) }
}

impl From<NotAStudy> for Failure {
    fn from(error: NotAStudy) -> Self {
        Failure::Input(error.to_string())
    }
}

impl From<CompareError> for Failure {
    fn from(error: CompareError) -> Self {
        match error {
            CompareError::Results(error) => error.into(),
            wrong => Failure::Input(wrong.to_string()),
        }
    }
}

impl Report {
    /// Reads, writes the reports, shows the table.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let out = self.out.as_deref().unwrap_or(&self.dir);
        let missing = match &self.baseline {
            Some(baseline) => self.compare(baseline, out)?,
            None => match StorageSurvey::read(&self.dir)? {
                Some(survey) => self.storage(&survey, out)?,
                None => self.survey(out)?,
            },
        };
        if !self.quiet {
            output::tell(&format!("reports are in {}", out.display()));
        }
        Ok(if missing > 0 { End::Incomplete } else { End::Good })
    }

    /// Against a baseline; the number of runs without a result.
    fn compare(&self, baseline: &str, out: &Path) -> Result<u64, Failure> {
        let comparison = Comparison::read(&self.dir, baseline, self.limit)?;
        results::try_folder(out)?;
        let document = report::comparison(&comparison);
        let write = |name: &str, text: &str| AtomicFile::write_all(&out.join(name), text.as_bytes());
        write(ComparisonRow::KIND.file, &results::write(&comparison.rows()))?;
        write("comparison.md", &document.markdown(1))?;
        write("comparison.html", &document.html())?;
        self.shown.rows(|| document, &comparison.rows())?;
        Ok(comparison.runs_missing)
    }

    /// The command that makes the page again.
    fn command(&self) -> String {
        let out_given = self.out.iter().flat_map(|out| ["--out".into(), out.display().to_string()]);
        let words = ["codexsim".into(), "report".into(), self.dir.display().to_string()].into_iter().chain(out_given);
        report::command(words)
    }

    /// A study of storage, or one such run; the number of runs without a result.
    fn storage(&self, survey: &StorageSurvey, out: &Path) -> Result<u64, Failure> {
        let parts = StorageParts::read(&self.dir, survey)?;
        results::try_folder(out)?;
        let document = report::storage_page(survey, &parts, &self.command());
        AtomicFile::write_all(&out.join("report.html"), document.html().as_bytes())?;
        self.shown.study(|| document, &self.dir)?;
        Ok(survey.runs_missing())
    }

    /// A table that not every study has; no rows where it has none.
    fn rows<R: TableRow>(&self) -> Result<Vec<R>, Failure> {
        let text = std::fs::read(self.dir.join(R::KIND.file)).ok();
        Ok(text.map_or(Ok(Vec::new()), |text| results::read(text.as_slice()))?)
    }

    /// The study as it is; the number of runs without a result.
    fn survey(&self, out: &Path) -> Result<u64, Failure> {
        let survey = Survey::read(&self.dir)?;
        let held = survey.held(&self.dir)?;
        let (discovery, mix) = (self.rows::<DiscoveryRow>()?, self.rows::<MixRow>()?);
        let command = self.command();
        results::try_folder(out)?;
        let parts = SurveyParts::read(&self.dir, &survey)?;
        let sources = SurveySources { held: &held, discovery: &discovery, mix: &mix, parts: &parts, command: &command };
        let document = report::survey(&survey, sources);
        AtomicFile::write_all(&out.join("report.html"), document.html().as_bytes())?;
        if let Some(upkeep) = report::upkeep(&discovery) {
            AtomicFile::write_all(&out.join("discovery.md"), upkeep.markdown(1).as_bytes())?;
        }
        self.shown.study(|| document, &self.dir)?;
        Ok(survey.runs_missing())
    }
}
