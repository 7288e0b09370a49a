//! `codexsim models`: what can be named in a scenario.

use super::format::Shown;
use super::{End, Failure, output};
use crate::report::Document;
use crate::scenario::{self, ModelInfo, nearest};
use clap::Args;

/// List the models that come with the program, with source and date, or print one
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  codexsim models\n  codexsim models networks\n  codexsim models codex-v3d > mine.toml"
)]
pub struct Models {
    /// A model, whose file is printed, or a kind of models: codex-v2, networks/leios-v2,
    /// churn
    pub name: Option<String>,
    #[command(flatten)]
    shown: Shown,
}

impl Models {
    /// Prints the list, or a file.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let models = match &self.name {
            Some(name) => chosen(name)?,
            None => scenario::models(),
        };
        match models.as_slice() {
            [one] if self.name.is_some() => output::say(one.text)?,
            _ => self.shown.rows(|| list(&models), &models)?,
        }
        Ok(End::Good)
    }
}

/// Those of a kind, or those of a name: several kinds may have one of it. A transfer has the
/// name of its protocol, which is meant by that.
fn chosen(asked: &str) -> Result<Vec<ModelInfo>, Failure> {
    let all = scenario::models();
    let path = |model: &ModelInfo| format!("{}/{}", model.kind, model.name);
    let ways: [&dyn Fn(&ModelInfo) -> bool; 4] = [
        &|model| model.kind == asked,
        &|model| path(model) == asked,
        &|model| model.name == asked && model.kind != "transfers",
        &|model| model.name == asked,
    ];
    let found = ways.into_iter().map(|way| all.iter().filter(|model| way(model)).cloned().collect::<Vec<_>>());
    found.into_iter().find(|found| !found.is_empty()).ok_or_else(|| {
        let expected = "a name in the list of `codexsim models`, or a kind such as networks";
        let mut message = format!("error: unknown model `{asked}`\n = expected {expected}");
        if let Some(name) = nearest(asked, all.iter().flat_map(|model| [model.kind, model.name])) {
            message += &format!("\n = did you mean `{name}`?");
        }
        Failure::Input(message)
    })
}

fn list(models: &[ModelInfo]) -> Document {
    let mut document = Document::new("Models");
    models.iter().for_each(|model| document.paragraph(describe(model)));
    document
}

/// A model in words.
pub fn describe(model: &ModelInfo) -> String {
    let ModelInfo { kind, name, date, description, source, .. } = model;
    // Whether somebody checked it is a word; what that means for it stands behind the word.
    let line = model.text.lines().find(|line| line.starts_with("calibrated")).unwrap_or_default();
    let why = line.split_once('#').map_or(String::new(), |(_, why)| format!(": {}", why.trim()));
    let calibrated = if model.calibrated { "calibrated" } else { "not calibrated" };
    format!(
        "{kind}/{name} ({date})\n    {}\n    source: {}\n    {calibrated}{why}\n",
        description.trim(),
        source.trim()
    )
}
