//! `codexsim schema`: what a scenario file may contain.

use super::{End, Failure, output};
use crate::scenario;
use clap::Args;

/// Print the JSON Schema of scenario files
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  codexsim schema > codexsim.schema.json")]
pub struct Schema {}

impl Schema {
    /// Prints the schema.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let text = serde_json::to_string_pretty(&scenario::schema()).expect("a schema is plain data");
        output::say(&(text + "\n"))?;
        Ok(End::Good)
    }
}
