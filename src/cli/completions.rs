//! `codexsim completions`: what the shell offers after the first letters.

use super::{Cli, End, Failure, output};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print completions for a shell
///
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
        clap_complete::generate(self.shell, &mut Cli::command(), "codexsim", &mut script);
        output::say(&String::from_utf8_lossy(&script))?;
        Ok(End::Good)
    }
}
