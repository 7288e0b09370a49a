//! `codexsim man`: the manual pages.

use super::{Cli, End, Failure, output};
use crate::results::{self, ResultsError};
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use std::path::PathBuf;

/// Print the manual page, or write those of all commands into DIR
///
/// To read it at once: codexsim man | man -l -
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  codexsim man > codexsim.1")]
pub struct Manual {
    /// Directory for the pages codexsim.1, codexsim-run.1 and so on
    dir: Option<PathBuf>,
}

impl Manual {
    /// Prints or writes.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let program = Cli::command();
        match &self.dir {
            Some(dir) => {
                results::try_folder(dir)?;
                clap_mangen::generate_to(program, dir).map_err(ResultsError::io(dir))?;
            }
            None => output::say(&String::from_utf8_lossy(&page(program)?))?,
        }
        Ok(End::Good)
    }
}

fn page(program: Command) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    let failed = |error| Failure::Own(format!("the manual page: {error}"));
    Man::new(program).render(&mut text).map_err(failed)?;
    Ok(text)
}
