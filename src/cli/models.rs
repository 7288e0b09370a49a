//! `codexsim models`: what can be named in a scenario.

use super::{End, Failure, output};
use crate::scenario;
use clap::Args;

/// List the models that come with the program, with source and date
#[derive(Debug, Args)]
pub struct Models {}

impl Models {
    /// Prints the list.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let mut text = String::new();
        for model in scenario::models() {
            let calibrated = if model.calibrated { "calibrated" } else { "not calibrated" };
            text += &format!("{}/{} ({calibrated}, {})\n", model.kind, model.name, model.date);
            text += &format!("    {}\n    source: {}\n", model.description.trim(), model.source.trim());
        }
        output::say(&text)?;
        Ok(End::Good)
    }
}
