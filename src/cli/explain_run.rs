//! `codexsim explain-run`: why a run takes as long as it does.

use super::args::Probe;
use super::{End, Failure, output};
use crate::report;
use crate::scenario;
use crate::study::WhatIf;
use clap::Args;

/// Tell why a run takes as long as it does
///
/// Runs it over some seeds, and again with a tenth more of each resource (uplinks,
/// downlinks, shorter paths, faster processors, shorter timers, wider windows), and
/// shows how much that helps beside what the leechers were seen to be held back by.
/// Where the two disagree it says so. A scenario with a [sweep] is run as it is without it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  codexsim explain-run\n  codexsim explain-run my-swarm.toml --protocol bittorrent")]
pub struct ExplainRun {
    #[command(flatten)]
    probe: Probe,
    /// Seeds to try
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    seeds: u32,
}

impl ExplainRun {
    /// Carries the runs out and shows the reasons.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let scenario = scenario::load(&self.probe.input())?;
        self.probe.mention(&scenario.sweep);
        let mut runs = WhatIf::new(scenario.swarm()?, self.seeds);
        match self.probe.asking.ask(&mut runs)? {
            None => {}
            Some(None) => {
                output::tell("no seed completes with and without more of every resource: there is no time to explain")
            }
            Some(Some(reasons)) => {
                self.probe.shown.rows(|| report::reasons(&scenario.name, &reasons), &reasons.rows())?;
                return Ok(End::Good);
            }
        }
        Ok(End::Incomplete)
    }
}
