//! The command line: one file per command. The only place that prints, exits,
//! reads the clock or the environment.

mod args;
mod calibrate;
mod check;
mod columns;
mod completions;
mod destination;
mod doctor;
mod explain;
mod explain_run;
mod export;
mod format;
mod host;
mod impact;
mod limit;
mod man;
mod memory;
mod models;
mod new;
mod new_file;
mod outlook;
mod output;
mod plan;
mod precision;
mod progress;
mod report;
mod run;
mod schema;
mod sensitivity;
mod signals;
mod sweep;
mod topology;
mod transfer;
mod validate;
mod view;

pub use memory::Memory;

use crate::results::ResultsError;
use crate::scenario::ScenarioError;
use crate::study::PlanError;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// How Codex (Logos Storage) distributes datasets: a deterministic simulator.
///
/// Exit codes: 0 good; 1 our own failure; 2 wrong input; 3 finished with
/// failed or missing runs; 4 a check did not hold.
#[derive(Debug, Parser)]
#[command(name = "codexsim", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    New(new::New),
    Run(run::Run),
    Plan(plan::PlanCommand),
    Sweep(sweep::SweepCommand),
    Validate(validate::Validate),
    Calibrate(calibrate::Calibrate),
    Transfer(transfer::Transfer),
    Impact(impact::ImpactCommand),
    Sensitivity(sensitivity::SensitivityCommand),
    Limit(limit::LimitCommand),
    Check(check::Check),
    Topology(topology::TopologyCommand),
    Explain(explain::Explain),
    Doctor(doctor::DoctorCommand),
    ExplainRun(explain_run::ExplainRun),
    Export(export::Export),
    Report(report::Report),
    View(view::View),
    Schema(schema::Schema),
    Models(models::Models),
    Columns(columns::Columns),
    Completions(completions::Completions),
    Man(man::Manual),
}

/// How a command ended, when it ended well enough to have results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// All is good.
    Good,
    /// Runs failed or are missing.
    Incomplete,
    /// A check did not hold.
    Breach,
}

/// Why a command could not do its work.
#[derive(Debug)]
enum Failure {
    /// Our own failure, or the machine's.
    Own(String),
    /// Wrong input.
    Input(String),
}

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Self {
        Failure::Input(error.to_string())
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        Failure::Input(error.to_string())
    }
}

impl From<ResultsError> for Failure {
    fn from(error: ResultsError) -> Self {
        Failure::Own(error.to_string())
    }
}

/// Carries out the command of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // A panic has already said where it happened; it is our own failure.
    let result = std::panic::catch_unwind(|| cli.carry_out())
        .unwrap_or_else(|_| Err(Failure::Own("this is a mistake in the program; please report it".into())));
    let code = match result {
        Ok(End::Good) => 0,
        Ok(End::Incomplete) => 3,
        Ok(End::Breach) => 4,
        Err(Failure::Own(message)) => {
            output::tell_error(&message);
            1
        }
        Err(Failure::Input(message)) => {
            output::tell_error(&message);
            2
        }
    };
    ExitCode::from(code)
}

impl Cli {
    fn carry_out(&self) -> Result<End, Failure> {
        if self.command.may_plan_for_long() {
            signals::end_with_a_word();
        }
        match &self.command {
            Command::New(new) => new.carry_out(),
            Command::Run(run) => run.carry_out(),
            Command::Plan(plan) => plan.carry_out(),
            Command::Sweep(sweep) => sweep.carry_out(),
            Command::Validate(validate) => validate.carry_out(),
            Command::Calibrate(calibrate) => calibrate.carry_out(),
            Command::Transfer(transfer) => transfer.carry_out(),
            Command::Impact(impact) => impact.carry_out(),
            Command::Sensitivity(sensitivity) => sensitivity.carry_out(),
            Command::Limit(limit) => limit.carry_out(),
            Command::Check(check) => check.carry_out(),
            Command::Topology(topology) => topology.carry_out(),
            Command::Explain(explain) => explain.carry_out(),
            Command::Doctor(doctor) => doctor.carry_out(),
            Command::ExplainRun(explain) => explain.carry_out(),
            Command::Export(export) => export.carry_out(),
            Command::Report(report) => report.carry_out(),
            Command::View(view) => view.carry_out(),
            Command::Schema(schema) => schema.carry_out(),
            Command::Models(models) => models.carry_out(),
            Command::Columns(columns) => columns.carry_out(),
            Command::Completions(completions) => completions.carry_out(),
            Command::Man(manual) => manual.carry_out(),
        }
    }
}

impl Command {
    /// Whether it makes runs, which for many points takes a while before the first of them.
    fn may_plan_for_long(&self) -> bool {
        matches!(
            self,
            Command::Run(_)
                | Command::Plan(_)
                | Command::Sweep(_)
                | Command::Validate(_)
                | Command::Calibrate(_)
                | Command::Impact(_)
                | Command::Sensitivity(_)
                | Command::Limit(_)
                | Command::Check(_)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    /// Every command shows examples in its help, and each of them is one.
    #[test]
    fn examples_are_right() {
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples: Vec<&str> = help.lines().filter_map(|line| line.trim().strip_prefix("codexsim ")).collect();
            assert!(!examples.is_empty(), "{} has no examples", command.get_name());
            for example in examples {
                let words = example.split(" > ").next().unwrap_or_default();
                let words = std::iter::once("codexsim".to_owned()).chain(as_the_shell_does(words));
                Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{example}: {error}"));
            }
        }
    }

    /// Words between blanks, but for blanks between quotes.
    fn as_the_shell_does(line: &str) -> Vec<String> {
        let (mut words, mut quote) = (vec![String::new()], None);
        for letter in line.chars() {
            let last = words.last_mut().expect("there is one");
            match (quote, letter) {
                (None, '"' | '\'') => quote = Some(letter),
                (Some(open), _) if open == letter => quote = None,
                (None, ' ') => words.push(String::new()),
                _ => last.push(letter),
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }
}
