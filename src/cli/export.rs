//! `codexsim export`: a finished study in the files of other tools.

use super::{End, Failure, output};
use crate::results::export::{self, ExportError, Exported};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Write a finished study in the file format of another tool
///
/// Works from the result files of `run` or `sweep` alone. An earlier export in
/// the same place is replaced, anything else is left alone. Exit code 3 where runs of
/// the study are missing or failed.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  codexsim export results/my-study --format benchmarks\n  codexsim export results/my-study --format 10ksim --out exported"
)]
pub struct Export {
    /// Directory with the result files
    dir: PathBuf,
    /// For which tool
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: ForeignFormat,
    /// Where to; default DIR/export-FORMAT
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// No notes, only errors
    #[arg(long)]
    quiet: bool,
}

/// For which tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ForeignFormat {
    /// The notebook of bittorrent-benchmarks: experiment folders with log entries as CSV
    Benchmarks,
    /// The analysis of 10ksim: metric tables with Time and one column for each node
    #[value(name = "10ksim")]
    TenKSim,
    /// The experiment of the Mix transport: a file for each run with a row for each transfer
    Multitransfer,
}

impl From<ForeignFormat> for export::ExportFormat {
    fn from(format: ForeignFormat) -> Self {
        match format {
            ForeignFormat::Benchmarks => export::ExportFormat::Benchmarks,
            ForeignFormat::TenKSim => export::ExportFormat::TenKSim,
            ForeignFormat::Multitransfer => export::ExportFormat::Multitransfer,
        }
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Results(error) => error.into(),
            wrong => Failure::Input(wrong.to_string()),
        }
    }
}

impl Export {
    /// Exports, and says how the other tool finds the files.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let format = export::ExportFormat::from(self.format);
        let out = self.out.clone().unwrap_or_else(|| export::default_place(&self.dir, format));
        let exported = export::export(&self.dir, format, &out)?;
        if !self.quiet {
            exported.warnings.iter().for_each(|w| output::tell(&format!("warning: {w}")));
        }
        output::say(&self.describe(&exported, &out))?;
        Ok(if exported.missing > 0 { End::Incomplete } else { End::Good })
    }

    fn describe(&self, exported: &Exported, out: &Path) -> String {
        let points: usize = exported.folders.iter().map(|folder| folder.points).sum();
        let mut text = format!("{points} points, {} runs exported to {}\n", exported.runs, out.display());
        for folder in &exported.folders {
            let place = out.join(&folder.name);
            text += &match self.format {
                ForeignFormat::Benchmarks => {
                    format!("  read_all_experiments('{}', label = '{}')\n", place.display(), folder.name)
                }
                ForeignFormat::TenKSim => format!("  {}\n", place.display()),
                ForeignFormat::Multitransfer => format!("  data_path <- '{}'\n", out.display()),
            };
        }
        text
    }
}
