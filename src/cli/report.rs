//! `codexsim report`: what a finished study says.

use super::format::Shown;
use super::{End, Failure, output};
use crate::report;
use crate::results::{self, AtomicFile, ComparisonRow, DiscoveryRow, ResultsError, Row};
use crate::study::{CompareError, Comparison};
use clap::Args;
use std::path::{Path, PathBuf};

/// Compare the protocols of a finished study with one of them, or show what a
/// loaded hash table costs
///
/// Works from the result files of `run` and `sweep` alone. Of a study with
/// `discovery.load` it shows bytes per second and node beside the storage team's
/// formula (discovery.md), and needs no baseline. Else a table of median download
/// times and their ratios to the baseline goes to standard output; DIR gets
/// comparison.csv, comparison.md and comparison.html with figures.
#[derive(Debug, Args)]
pub struct Report {
    /// Directory with the result files
    dir: PathBuf,
    /// What the others are compared with: a protocol, or where it was run in
    /// several ways one of them, such as "bittorrent (ignore_slots)"
    #[arg(long, value_name = "PROTOCOL")]
    baseline: Option<String>,
    /// A ratio above this is too slow
    #[arg(long, value_name = "RATIO", default_value_t = 1.2, value_parser = ratio)]
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

impl From<CompareError> for Failure {
    fn from(error: CompareError) -> Self {
        match error {
            CompareError::Results(error) => error.into(),
            wrong => Failure::Input(wrong.to_string()),
        }
    }
}

impl Report {
    /// Compares, writes the reports, shows the table.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let Some(baseline) = &self.baseline else { return self.upkeep() };
        let comparison = Comparison::read(&self.dir, baseline, self.limit)?;
        let out = self.out.as_deref().unwrap_or(&self.dir);
        write(&comparison, out)?;
        self.shown.rows(|| report::comparison_report(&comparison), &comparison.rows())?;
        if !self.quiet {
            output::tell(&format!("reports are in {}", out.display()));
        }
        Ok(if comparison.runs_missing > 0 { End::Incomplete } else { End::Good })
    }

    /// What hash tables under load cost.
    fn upkeep(&self) -> Result<End, Failure> {
        let path = self.dir.join(DiscoveryRow::FILE);
        let rows: Vec<DiscoveryRow> =
            std::fs::read(&path).ok().map_or(Ok(Vec::new()), |text| results::read(text.as_slice()))?;
        let Some(text) = report::upkeep_report(&rows) else {
            let dir = self.dir.display();
            return Err(Failure::Input(format!(
                "{dir} has no runs with `discovery.load`; to compare protocols, name one of them: --baseline PROTOCOL"
            )));
        };
        let out = self.out.as_deref().unwrap_or(&self.dir);
        std::fs::create_dir_all(out).map_err(ResultsError::io(out))?;
        AtomicFile::write_all(&out.join("discovery.md"), text.as_bytes())?;
        self.shown.rows(|| text, &rows)?;
        Ok(End::Good)
    }
}

fn write(comparison: &Comparison, out: &Path) -> Result<(), ResultsError> {
    std::fs::create_dir_all(out).map_err(ResultsError::io(out))?;
    let write = |name: &str, text: &str| AtomicFile::write_all(&out.join(name), text.as_bytes());
    write(ComparisonRow::FILE, &results::write(&comparison.rows()))?;
    write("comparison.md", &report::comparison_markdown(comparison))?;
    write("comparison.html", &report::comparison_html(comparison))
}
