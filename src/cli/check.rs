//! `codexsim check`: is a scenario right, and what does it mean?

use super::args::Changes;
use super::{End, Failure, output};
use crate::scenario;
use crate::study::{LimitRequest, Limits, Plan, Selection};
use clap::Args;
use std::path::PathBuf;

/// Check a scenario and print it in full, each value with its origin
///
/// Printed is what `codexsim run` would run; every point of its [sweep] and the question of
/// its [limit] are checked too. Exit code 2 when anything is wrong.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  codexsim check my-swarm.toml\n  codexsim check my-swarm.toml --protocol codex-v3d --set seed=2"
)]
pub struct Check {
    /// Scenario (TOML)
    file: PathBuf,
    #[command(flatten)]
    changes: Changes,
}

impl Check {
    /// Checks and prints.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let input = self.changes.input(Some(self.file.clone()));
        let plan = Plan::new(&input)?;
        let runs = plan.runs(Selection::All)?;
        if let Some(asked) = LimitRequest::of_table(&input)? {
            Limits::new(asked)?;
        }
        let (base, by_itself) = match scenario::load(&input) {
            Ok(base) => (base.resolved, None),
            Err(error) => (plan.resolved.clone(), Some(error)),
        };
        output::say(&format!("{}\n", base.trim_end()))?;
        if plan.points() > 1 {
            output::tell("note: the [sweep] is no part of what is printed, which is the base of the study");
        }
        if let Some(error) = by_itself {
            output::tell(&format!("note: this is the first point of the sweep; `codexsim run` would say\n{error}"));
        }
        runs.warnings.iter().for_each(|w| output::tell(&format!("warning: {w}")));
        output::tell(&format!("ok: {} points, {} runs", plan.points(), plan.len()));
        Ok(End::Good)
    }
}
