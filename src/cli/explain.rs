//! `codexsim explain`: what a key means.

use super::{End, Failure, output};
use crate::scenario::{self, Explanation, Origin};
use clap::Args;

/// Tell what a key of a scenario means: unit, range, default and source
#[derive(Debug, Args)]
pub struct Explain {
    /// A dotted key, its last words, a table, or a form of values: swarm.group, window,
    /// network, distribution
    key: String,
}

impl Explain {
    /// Prints what is known of the key.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let found = scenario::explain(&self.key).map_err(Failure::Input)?;
        let texts: Vec<String> = found.iter().map(describe).collect();
        output::say(&texts.join("\n"))?;
        Ok(End::Good)
    }
}

fn describe(known: &Explanation) -> String {
    let Explanation { key, meaning, form, choices, examples, default, with_models, .. } = known;
    let mut text = format!("{key}\n    {meaning}\n    value    {form}\n");
    for (word, meaning) in choices {
        text += &format!("             {word}: {meaning}\n");
    }
    text += &match default {
        Some(default) => origin("default ", default),
        None if !with_models.is_empty() => String::new(),
        None => "    default  none\n".into(),
    };
    examples.iter().take(3).for_each(|example| text += &format!("    example  {example}\n"));
    with_models.iter().for_each(|with| text += &origin("or      ", with));
    text
}

fn origin(title: &str, origin: &Origin) -> String {
    let source = origin.source.as_ref().map_or(String::new(), |words| format!("    source   {words}\n"));
    format!("    {title} {} ({})\n{source}", origin.value, origin.file)
}
