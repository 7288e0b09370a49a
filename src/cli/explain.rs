//! `codexsim explain`: what a key or a column means.

use super::{End, Failure, models, output};
use crate::report;
use crate::results;
use crate::scenario::{self, Explanation, Origin};
use clap::Args;

/// Tell what a key of a scenario, a column of results or a model means: unit, range, default, source
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  codexsim explain swarm.start\n  codexsim explain network\n  codexsim explain t100_p95_s"
)]
pub struct Explain {
    /// A dotted key, its last words, a table, or a form of values: swarm.group, window,
    /// network, distribution; or a column, a measure, a result file: t100_p95_s, nodes.csv; or a model: codex-v2
    key: String,
}

impl Explain {
    /// Prints what is known of the key, and of columns and models that are called so.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let mut texts: Vec<String> = scenario::explain(&self.key).iter().map(describe).collect();
        texts.extend(results::columns_of(&self.key).map(|columns| report::columns(&columns).terminal(None)));
        texts.extend(scenario::models().iter().filter(|model| model.name == self.key).map(models::describe));
        if texts.is_empty() {
            return Err(self.unknown());
        }
        output::say(&texts.join("\n"))?;
        Ok(End::Good)
    }

    fn unknown(&self) -> Failure {
        let mut message = format!(
            "error: nothing is called `{}`\n = expected a key of a scenario such as swarm.seeders, a column or measure \
             such as t100_s, or a model such as codex-v2",
            self.key
        );
        let (keys, columns, models) = (scenario::explainable(), results::all_columns(), scenario::models());
        let columns = columns.iter().flat_map(|column| [column.file, column.name]);
        let known = keys.iter().map(String::as_str).chain(columns).chain(models.iter().map(|model| model.name));
        if let Some(name) = scenario::nearest(&self.key, known) {
            message += &format!("\n = did you mean `{name}`?");
        }
        Failure::Input(message)
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
