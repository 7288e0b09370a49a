//! `codexsim completions`: what the shell offers after the first letters.

use super::{Cli, End, Failure, output};
use crate::results;
use crate::scenario::{self, packs};
use clap::builder::PossibleValuesParser;
use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

/// Print completions for a shell
///
/// They know the protocols, models, testbeds, packs, keys and columns of this program.
/// For bash: codexsim completions bash > ~/.local/share/bash-completion/completions/codexsim;
/// for zsh: the file _codexsim in a folder of $fpath; for fish:
/// ~/.config/fish/completions/codexsim.fish.
#[derive(Debug, Args)]
pub struct Completions {
    /// For which shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Prints the script.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut with_names(Cli::command()), "codexsim", &mut script);
        output::say(&String::from_utf8_lossy(&script))?;
        Ok(End::Good)
    }
}

/// The names that an argument may be, of those that are known; others may be given too,
/// so the program itself does not insist on these.
fn names(argument: &str, command: &str) -> Option<Vec<String>> {
    let models = |kind: &str| -> Vec<String> {
        let of_kind = scenario::models().into_iter().filter(|model| model.kind == kind);
        of_kind.map(|model| model.name.to_owned()).collect()
    };
    let keys = |end: &str| scenario::keys().into_iter().map(|key| key.key + end).collect();
    let mut columns: Vec<String> =
        results::all_columns().iter().flat_map(|row| [row.file.to_owned(), row.name.to_owned()]).collect();
    columns.sort();
    columns.dedup();
    match (argument, command) {
        ("protocol" | "base" | "change", _) => Some(models("protocols")),
        ("testbed" | "testbeds", _) => Some(models("testbeds")),
        ("pack" | "packs", _) => Some(packs().map(|(name, _)| name.to_owned()).collect()),
        ("sets" | "base_sets" | "change_sets", _) => Some(keys("=")),
        ("fit" | "vary", _) | ("key", "explain") => Some(keys("")),
        ("name", "models") => {
            let mut names: Vec<String> =
                scenario::models().iter().flat_map(|model| [model.kind.to_owned(), model.name.to_owned()]).collect();
            names.sort();
            names.dedup();
            Some(names)
        }
        ("what", "columns") => Some(columns),
        _ => None,
    }
}

fn with_names(command: Command) -> Command {
    let name = command.get_name().to_owned();
    let command = command.mut_args(|argument| match names(argument.get_id().as_str(), &name) {
        Some(names) => argument.value_parser(PossibleValuesParser::new(names)),
        None => argument,
    });
    command.mut_subcommands(with_names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_program_are_offered() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut with_names(Cli::command()), "codexsim", &mut script);
            let script = String::from_utf8(script).unwrap();
            let mut offered = vec!["codex-v3d", "codex-netns", "swarm.network_size="];
            // The script for fish offers nothing where no option is named.
            offered.extend(["t100_p95_s", "networks"].iter().filter(|_| shell != Shell::Fish));
            for name in offered {
                assert!(script.contains(name), "{shell}: {name}");
            }
        }
    }
}
