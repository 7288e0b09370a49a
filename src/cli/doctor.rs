//! `codexsim doctor`: which settings of a scenario do anything.

use super::args::Changes;
use super::format::Shown;
use super::host::Console;
use super::progress::{Display, Unit};
use super::{End, Failure, output};
use crate::report;
use crate::study::Doctor;
use clap::Args;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Tell which settings of a scenario do anything
///
/// One run without each setting, with the same seed: where no event differs the
/// setting has no effect. Timers and features that never acted are listed, and how
/// far the result depends on the order of equal times (tie_salt) and on the seed.
/// A scenario with a [sweep] is examined at its base.
#[derive(Debug, Args)]
pub struct DoctorCommand {
    /// Scenario (TOML); the quickstart when absent
    file: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    /// Runs at the same time; default one per core
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    shown: Shown,
    /// No progress and no notes, only errors and the result
    #[arg(long)]
    quiet: bool,
}

impl DoctorCommand {
    /// Carries the runs out and shows what was found.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let doctor = Doctor::new(&self.changes.input(self.file.clone()))?;
        let console = Console::new(None, Display::new(Unit::Runs, self.quiet));
        let found = doctor.examine(self.jobs.map_or(0, usize::from), &console);
        console.close();
        let Some(found) = found else {
            output::tell("interrupted");
            return Ok(End::Incomplete);
        };
        self.shown.rows(|| report::diagnosis_report(&found), &found.rows())?;
        Ok(End::Good)
    }
}
