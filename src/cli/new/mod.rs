//! `codexsim new`: a scenario to begin with.

use super::{End, Failure, output};
use crate::results::{AtomicFile, try_file};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

const SCENARIO: &str = include_str!("scenario.toml");
const SWEEP: &str = include_str!("study.toml");

/// Write a scenario or a study to begin with, each key explained
#[derive(Debug, Args)]
pub struct New {
    /// What to write
    #[arg(value_enum)]
    what: What,
    /// The file, which must not exist; standard output when absent
    file: Option<PathBuf>,
}

/// What to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// One run
    Scenario,
    /// Many runs: a scenario with a [sweep]
    Study,
}

impl New {
    /// Writes the file.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let text = self.what.text();
        let Some(file) = &self.file else {
            output::say(&text)?;
            return Ok(End::Good);
        };
        if file.exists() {
            return Err(Failure::Input(format!("`{}` is there already; nothing was changed", file.display())));
        }
        try_file(file)?;
        AtomicFile::write_all(file, text.as_bytes())?;
        let next = if self.what == What::Study { "sweep" } else { "run" };
        output::tell(&format!("{} is ready for `codexsim {next} {}`", file.display(), file.display()));
        Ok(End::Good)
    }
}

impl What {
    fn text(self) -> String {
        match self {
            What::Scenario => SCENARIO.into(),
            What::Study => format!("{SCENARIO}{SWEEP}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Input, keys};
    use crate::study::Plan;

    fn plan(text: &str) -> Result<Plan, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new.toml");
        std::fs::write(&file, text).unwrap();
        let plan = Plan::new(&Input { file: Some(file), ..Input::default() });
        plan.and_then(|plan| plan.cells().map(|_| plan)).map_err(|error| error.to_string())
    }

    fn size(text: &str) -> (usize, usize) {
        let plan = plan(text).unwrap();
        (plan.points(), plan.len())
    }

    /// The text with the choices at `chosen`, lines such as `# key = value`, made.
    fn with(text: &str, chosen: &dyn Fn(&str) -> bool) -> String {
        let line = |line: &str| match line.strip_prefix("# ") {
            Some(rest) if is_choice(rest) && chosen(rest) => format!("{rest}\n"),
            _ => format!("{line}\n"),
        };
        text.lines().map(line).collect()
    }

    fn is_choice(line: &str) -> bool {
        let key = line.split(" = ").next().unwrap_or_default();
        line.starts_with('[') || (line.contains(" = ") && !key.trim_matches('"').contains(' '))
    }

    #[test]
    fn what_is_written_is_right_as_it_stands() {
        assert_eq!(size(&What::Scenario.text()), (1, 1));
        assert_eq!(size(&What::Study.text()), (9, 45));
    }

    /// Tables in comments are chosen with their first keys; those that exclude what is
    /// there (`links` and `up`, cells and lists) are left out.
    #[test]
    fn every_choice_can_be_made() {
        let lines = SCENARIO.lines().filter_map(|line| line.strip_prefix("# ")).filter(|line| is_choice(line));
        let choices: Vec<&str> = lines.collect();
        assert!(choices.len() > 12, "{choices:?}");
        let tables = ["[discovery]", "[churn]", "[output]", "model", "progress"];
        for choice in choices.iter().filter(|line| !tables.iter().any(|table| line.starts_with(table))) {
            let text = with(SCENARIO, &|line| line == *choice || (choice.starts_with("trace") && line == "[output]"));
            let text = if choice.starts_with("links") {
                text.replace("\nup =", "\n# up =").replace("\ndown =", "\n# down =")
            } else {
                text
            };
            plan(&text).unwrap_or_else(|error| panic!("{choice}: {error}"));
        }
        let tables = with(SCENARIO, &|line| tables.iter().any(|table| line.starts_with(table)));
        assert!(tables.contains("\nmodel = \"discv5\"") && tables.contains("\nprogress = 100"));
        plan(&tables).unwrap();
    }

    #[test]
    fn keys_of_lists_exist() {
        let names: Vec<String> = keys().into_iter().map(|key| key.key).collect();
        for key in ["swarm.network_size", "network.latency", "network.up", "network.down"] {
            assert!(SWEEP.contains(&format!("\"{key}\" = ")) && names.iter().any(|name| name == key), "{key}");
        }
    }
}
