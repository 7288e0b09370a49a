//! `codexsim explain`: what a key or a column means.

use super::{End, Failure, output};
use crate::report;
use crate::results;
use crate::scenario::{self, Explanation, Origin};
use clap::Args;

/// Tell what a key of a scenario or a column of results means: unit, range, default, source
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  codexsim explain swarm.start\n  codexsim explain network\n  codexsim explain t100_p95_s"
)]
pub struct Explain {
    /// A dotted key, its last words, a table, or a form of values: swarm.group, window,
    /// network, distribution; or a column, a measure, a result file: t100_p95_s, nodes.csv
    key: String,
}

impl Explain {
    /// Prints what is known of the key, and of columns that are called so.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let columns = results::columns_of(&self.key).ok();
        let mut texts: Vec<String> = match scenario::explain(&self.key) {
            Ok(found) => found.iter().map(describe).collect(),
            Err(_) if columns.is_some() => vec![],
            Err(message) => return Err(Failure::Input(message)),
        };
        texts.extend(columns.map(|columns| report::columns(&columns).terminal(None)));
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
