//! `codexsim explain-run`: why a run takes as long as it does.

use super::args::Changes;
use super::format::Shown;
use super::host::Console;
use super::progress::{Display, Unit};
use super::{End, Failure, output};
use crate::report;
use crate::scenario;
use crate::study::WhatIf;
use clap::Args;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Tell why a run takes as long as it does
///
/// Runs it over some seeds, and again with a tenth more of each resource (uplinks,
/// downlinks, shorter paths, faster processors, shorter timers, wider windows), and
/// shows how much that helps beside what the leechers were seen to be held back by.
/// Where the two disagree it says so.
#[derive(Debug, Args)]
pub struct ExplainRun {
    /// Scenario (TOML); the quickstart when absent
    file: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    /// Seeds to try
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    seeds: u32,
    /// Runs at the same time; default one per core
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    shown: Shown,
    /// No progress and no notes, only errors and the result
    #[arg(long)]
    quiet: bool,
}

impl ExplainRun {
    /// Carries the runs out and shows the reasons.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let scenario = scenario::load(&self.changes.input(self.file.clone()))?;
        let console = Console::new(None, Display::new(Unit::Runs, self.quiet));
        let found = WhatIf::new(&scenario.run, self.seeds).ask(self.jobs.map_or(0, usize::from), &console);
        console.close();
        match found {
            None => output::tell("interrupted"),
            Some(None) => {
                output::tell("no seed completes with and without more of every resource: there is no time to explain")
            }
            Some(Some(reasons)) => {
                self.shown.rows(|| report::reasons_report(&scenario.name, &reasons), &reasons.rows())?;
                return Ok(End::Good);
            }
        }
        Ok(End::Incomplete)
    }
}
