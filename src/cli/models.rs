//! `codexsim models`: what can be named in a scenario.

use super::format::Shown;
use super::{End, Failure};
use crate::report::Document;
use crate::scenario::{self, ModelInfo};
use clap::Args;

/// List the models that come with the program, with source and date
#[derive(Debug, Args)]
pub struct Models {
    #[command(flatten)]
    shown: Shown,
}

impl Models {
    /// Prints the list.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let models = scenario::models();
        self.shown.rows(|| list(&models), &models)?;
        Ok(End::Good)
    }
}

fn list(models: &[ModelInfo]) -> Document {
    let mut document = Document::new("Models");
    models.iter().for_each(|model| document.paragraph(describe(model)));
    document
}

fn describe(model: &ModelInfo) -> String {
    let ModelInfo { kind, name, date, description, source, .. } = model;
    let calibrated = if model.calibrated { "calibrated" } else { "not calibrated" };
    format!("{kind}/{name} ({calibrated}, {date})\n    {}\n    source: {}\n", description.trim(), source.trim())
}
