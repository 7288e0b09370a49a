//! `codexsim calibrate`: constants from measured cells.

use super::args::{Asking, last};
use super::format::Shown;
use super::new_file::{Dated, quoted};
use super::validate::{check_columns, read_measured};
use super::{End, Failure, output};
use crate::report;
use crate::results::AtomicFile;
use crate::scenario::{self, Conditions, Testbed};
use crate::study::{CalibrateError, CalibrateRequest, Calibration, Calibrator, Fit};
use clap::Args;
use std::path::{Path, PathBuf};

/// Fit a few constants to measured cells, and say what the cells can tell
///
/// Makes the squared logarithms of predicted over measured makespan (and t100,
/// where it differs) as small as possible, and reports for each constant its
/// 95 % interval, and whether the cells pin it down, confound it with another,
/// or do not see or determine it at all; then it keeps the testbed's value and
/// is not written as fitted.
///
/// FILE becomes a hardware (--set hardware=FILE) when all fitted keys begin
/// with `hardware.`, a protocol that extends that of the testbed (--protocol
/// FILE) when all begin with `protocol.`, and an overlay for scenarios (-p FILE)
/// otherwise. Exit code 3 when nothing could be fitted.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  codexsim calibrate --testbed codex-netns --fit hardware.per_entry --out mine.toml\n  codexsim calibrate --testbed codex-netns --fit hardware.per_entry,hardware.per_block_received --seeds 3 --out mine.toml"
)]
pub struct Calibrate {
    /// Measured runs: a CSV file or a folder of them, benchmark folders
    /// included; default: those that come with the program
    #[arg(long, value_name = "DIR|FILE")]
    measured: Option<PathBuf>,
    /// The testbed whose cells are fitted: a name from `codexsim models`, or a
    /// TOML file
    #[arg(long, value_name = "NAME|FILE")]
    testbed: String,
    /// Constants to fit: dotted keys, separated by commas; KEY=START begins
    /// elsewhere than at the testbed's value, which is needed where that is zero
    #[arg(long, value_name = "KEY[=START],..", required = true, value_delimiter = ',', value_parser = Fit::parse)]
    fit: Vec<Fit>,
    /// Only cells that meet these conditions on columns, such as
    /// nodes=2,up_bps=10000000|50000000
    #[arg(long, value_name = "CONDITIONS")]
    only: Option<String>,
    /// Set a value in every cell, such as network.model=fifo
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Simulated runs of each cell, the same seeds for all constants
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    seeds: u32,
    /// Sets of constants that a search tries at the most; there is another search
    /// after each constant that turns out to be unknowable
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    max_evaluations: u32,
    /// File for the fitted constants
    #[arg(long, value_name = "FILE.toml")]
    out: PathBuf,
    #[command(flatten)]
    dated: Dated,
    #[command(flatten)]
    asking: Asking,
    #[command(flatten)]
    shown: Shown,
}

impl Calibrate {
    /// Fits, shows the tables, writes the file.
    pub fn carry_out(&self) -> Result<End, Failure> {
        self.dated.check(&self.out)?;
        let measured = read_measured(self.measured.as_deref())?;
        measured.notes.iter().for_each(|note| self.asking.note(note));
        let mut calibrator = Calibrator::new(&measured, self.request()?).map_err(input)?;
        match self.asking.ask(&mut calibrator)? {
            Some(Ok(calibration)) => self.write(&calibration),
            Some(Err(CalibrateError::Violation(rule))) => {
                output::tell(&format!("violation: {rule}"));
                Ok(End::Breach)
            }
            Some(Err(CalibrateError::Failed(_))) => Ok(End::Incomplete),
            Some(Err(error)) => Err(input(error)),
            None => {
                self.asking.note("nothing was written");
                Ok(End::Incomplete)
            }
        }
    }

    fn request(&self) -> Result<CalibrateRequest, Failure> {
        let chosen = scenario::testbed(&self.testbed)?;
        let mut others = scenario::testbeds();
        others.retain(|testbed| testbed.name != chosen.name);
        // The chosen one comes first: of two that fit equally well, it is meant.
        let testbeds: Vec<Testbed> = std::iter::once(chosen).chain(others).collect();
        let only = self.only.as_deref().map(Conditions::parse).transpose().map_err(Failure::Input)?.unwrap_or_default();
        testbeds.iter().map(|testbed| &testbed.rows).chain([&only]).try_for_each(check_columns)?;
        Ok(CalibrateRequest {
            testbeds,
            testbed: 0,
            only,
            seeds: self.seeds,
            sets: self.sets.clone(),
            fits: self.fit.clone(),
            max_evaluations: self.max_evaluations as usize,
        })
    }

    fn write(&self, calibration: &Calibration) -> Result<End, Failure> {
        self.shown.rows(|| report::calibration(calibration), &report::calibration_rows(calibration))?;
        let Some(text) = report::calibration_file(calibration, &self.command(), &self.dated.date()) else {
            self.asking.note("nothing could be fitted, so nothing was written");
            return Ok(End::Incomplete);
        };
        AtomicFile::write_all(&self.out, text.as_bytes())?;
        let usage = report::calibration_usage(&text, &self.out);
        self.asking.note(&format!("{} is written; use it with {usage}", self.out.display()));
        Ok(End::Good)
    }

    /// What decides the outcome, as it would be typed. Paths are left out but
    /// for their last part: the file may be shared.
    fn command(&self) -> String {
        let mut words = vec!["codexsim calibrate".to_owned()];
        words.extend(self.measured.iter().map(|path| format!("--measured {}", quoted(&last(path)))));
        words.push(format!("--testbed {}", quoted(&last(Path::new(&self.testbed)))));
        let fit = |fit: &Fit| fit.start.as_ref().map_or(fit.key.clone(), |start| format!("{}={start}", fit.key));
        words.push(format!("--fit {}", quoted(&self.fit.iter().map(fit).collect::<Vec<_>>().join(","))));
        words.extend(self.only.iter().map(|only| format!("--only {}", quoted(only))));
        words.extend(self.sets.iter().map(|set| format!("--set {}", quoted(set))));
        words.push(format!("--seeds {} --max-evaluations {}", self.seeds, self.max_evaluations));
        words.join(" ")
    }
}

fn input(error: CalibrateError) -> Failure {
    Failure::Input(error.to_string())
}
