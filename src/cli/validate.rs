//! `codexsim validate`: prediction against measurement.

use super::args::ended;
use super::format::Shown;
use super::host::Console;
use super::progress::{Counted, Display};
use super::{End, Failure, output};
use crate::report;
use crate::results::{self, AtomicFile, Measured, ResultsKind, TableRow, ValidationRow};
use crate::scenario::{self, Conditions, Testbed};
use crate::study::{self, Asked, Assembled, Cache, Cases, Options, Request, Runner, Selection, Validation};
use clap::Args;
use std::path::{Path, PathBuf};

/// Re-create measured swarms and show how far off the predictions are
///
/// Every measured cell is simulated with several seeds. A table goes to
/// standard output; DIR gets validation.csv, validation.md, validation.html
/// with plots, and the runs behind them. Cells that were used to calibrate are
/// marked and not counted. Finished runs are kept, so the same command again
/// is quick.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  codexsim validate\n  codexsim validate --only method=netns --seeds 3\n  codexsim validate --measured my-runs.csv --testbed my-testbed.toml --out results/mine"
)]
pub struct Validate {
    /// Measured runs: a CSV file or a folder of them, benchmark folders
    /// included; default: those that come with the program
    #[arg(long, value_name = "DIR|FILE")]
    measured: Option<PathBuf>,
    /// Simulated runs of each cell
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..))]
    seeds: u32,
    /// Only cells that meet these conditions on columns, such as
    /// system=codex,nodes=2|8
    #[arg(long, value_name = "CONDITIONS", value_parser = Conditions::parse)]
    only: Option<Conditions>,
    /// Another testbed (TOML) beside those from `codexsim models`
    #[arg(long = "testbed", value_name = "FILE")]
    testbeds: Vec<String>,
    /// Set a value in every cell, such as network.up="1 Gbit/s"
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Directory for the result files
    #[arg(long, value_name = "DIR", default_value = "results/validate")]
    out: PathBuf,
    /// Replace the results of something else in that directory
    #[arg(long)]
    force: bool,
    /// Runs at the same time; default: one per core
    #[arg(short = 'j', long = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// No progress and no notes, only errors and results
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    shown: Shown,
}

impl Validate {
    /// Runs what is missing, writes the reports, shows the table.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let measured = self.measured()?;
        measured.notes.iter().for_each(|note| self.note(note));
        let mut cases = self.cases(&measured)?;
        results::claim(&self.out, ResultsKind::Study, &cases.plan.name, self.force)?;
        let (validation, assembled) = self.run(&mut cases)?;
        let (missing, failed) = (assembled.missing, assembled.failed);
        output::tell_wrong(&assembled);
        let Some(validation) = validation else {
            self.note(&format!("{missing} runs are missing; the same command again carries them out"));
            return Ok(End::Incomplete);
        };
        let document = report::validation(&validation, &measured.notes);
        let write = |name: &str, text: &str| AtomicFile::write_all(&self.out.join(name), text.as_bytes());
        write(ValidationRow::KIND.file, &results::write(&validation.rows()))?;
        write("validation.md", &document.markdown(1))?;
        write("validation.html", &document.html())?;
        self.shown.rows(|| document, &validation.rows())?;
        self.note(&format!("reports are in {}", self.out.display()));
        Ok(match () {
            () if !assembled.violations.is_empty() => End::Breach,
            // What is refused of what comes with the program is known.
            () if failed > 0 || self.measured.is_some() && !validation.refused.is_empty() => End::Incomplete,
            () => End::Good,
        })
    }

    fn measured(&self) -> Result<Measured, Failure> {
        read_measured(self.measured.as_deref())
    }

    fn cases(&self, measured: &Measured) -> Result<Cases, Failure> {
        let own = self.testbeds.iter().map(|name| scenario::testbed(name)).collect::<Result<Vec<Testbed>, _>>()?;
        // The user's own come first: of two that fit equally well, theirs is meant.
        let testbeds: Vec<Testbed> = own.into_iter().chain(scenario::testbeds()).collect();
        let only = self.only.clone().unwrap_or_default();
        testbeds.iter().map(|testbed| &testbed.rows).chain([&only]).try_for_each(check_columns)?;
        let cases = Cases::new(measured, &Request { testbeds, seeds: self.seeds, sets: self.sets.clone(), only });
        match cases.refused.first() {
            Some(first) if cases.cases.is_empty() => {
                Err(Failure::Input(format!("{}\n(in the cell {}, as in all others)", first.reason, first.name)))
            }
            None if cases.cases.is_empty() => Err(Failure::Input("no measured cell meets --only".into())),
            _ => Ok(cases),
        }
    }

    fn run(&self, cases: &mut Cases) -> Result<(Option<Validation>, Assembled), Failure> {
        let console = Console::new(None, Display::new(Counted::Runs, self.quiet));
        let options = Options { threads: self.jobs.map_or(0, usize::from), reproducible: true };
        let asked = Runner::new(Cache::folder(&self.out)?, options, &console).ask(cases);
        console.close();
        let Asked { answer, execution } = asked.map_err(ended)?;
        output::tell_failed(&execution.failed);
        let assembled =
            study::assemble(&cases.plan.runs(Selection::All)?, &self.out, &execution.failed, true, |_, _| ())?;
        assembled.manifest(&cases.plan).write(&self.out)?;
        Ok((answer, assembled))
    }

    fn note(&self, line: &str) {
        if !self.quiet {
            output::tell(line);
        }
    }
}

/// What lies at `path`; what comes with the program when there is none.
pub fn read_measured(path: Option<&Path>) -> Result<Measured, Failure> {
    match path {
        None => Ok(Measured::shipped()),
        Some(path) => Measured::read(path).map_err(|error| Failure::Input(error.to_string())),
    }
}

/// A condition on a column that no cell has would never hold.
pub fn check_columns(conditions: &Conditions) -> Result<(), Failure> {
    let known = || results::CONDITION_WORDS.iter().chain(&results::CONDITION_NUMBERS);
    match conditions.columns().find(|column| !known().any(|k| k == column)) {
        None => Ok(()),
        Some(wrong) => {
            let all: Vec<&str> = known().copied().collect();
            Err(Failure::Input(format!("no cell has a column `{wrong}`; expected one of {}", all.join(", "))))
        }
    }
}
