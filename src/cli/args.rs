//! Arguments that several commands share.

use super::format::Shown;
use super::host::Console;
use super::output;
use super::progress::{Display, Unit};
use crate::results::{Machine, Manifest, Program};
use crate::scenario::{Input, Sweep};
use crate::study::{Assembled, Plan};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// What changes a scenario.
#[derive(Debug, Args)]
pub struct Changes {
    /// Protocol: a name from `codexsim models`, or a TOML file
    #[arg(long, value_name = "NAME|FILE")]
    protocol: Option<String>,
    #[command(flatten)]
    layers: Layers,
}

/// Layers over a scenario.
#[derive(Debug, Args)]
pub struct Layers {
    /// Set a value, such as network.up="10 Mbit/s"; the value is TOML where it
    /// parses as TOML, else text; the last one wins
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Lay a TOML file over the scenario, before --set; the last one wins
    #[arg(short = 'p', long = "overlay", value_name = "FILE")]
    overlays: Vec<PathBuf>,
    /// Seed of all chance
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

impl Changes {
    /// The scenario in `file` (the quickstart when there is none) with these changes.
    pub fn input(&self, file: Option<PathBuf>) -> Input {
        Input { file, protocol: self.protocol.clone(), ..self.layers.input() }
    }
}

impl Layers {
    /// These layers over whatever comes below.
    pub fn input(&self) -> Input {
        Input { overlays: self.overlays.clone(), sets: self.sets.clone(), seed: self.seed, ..Input::default() }
    }
}

/// A scenario that a handful of runs is made of, and how they are made and shown.
#[derive(Debug, Args)]
pub struct Probe {
    /// Scenario (TOML); the quickstart when absent
    file: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    /// Runs at the same time; default: one per core
    #[arg(short = 'j', long = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    #[command(flatten)]
    pub shown: Shown,
    /// No progress and no notes, only errors and the result
    #[arg(long)]
    quiet: bool,
}

impl Probe {
    /// The scenario.
    pub fn input(&self) -> Input {
        self.changes.input(self.file.clone())
    }

    /// Says what is to know of runs of a scenario that varies something.
    pub fn mention(&self, sweep: &Sweep) {
        note_on_base(sweep).iter().filter(|_| !self.quiet).for_each(|note| output::tell(note));
    }

    /// What `work` finds on so many threads (0: one a core), with its progress shown.
    pub fn find<T>(&self, work: impl FnOnce(usize, &Console) -> T) -> T {
        let console = Console::new(None, Display::new(Unit::Runs, self.quiet));
        let found = work(self.jobs.map_or(0, usize::from), &console);
        console.close();
        found
    }
}

/// What is to know of one run of a scenario that varies something.
pub fn note_on_base(sweep: &Sweep) -> Option<&'static str> {
    let note = "note: this is the scenario without its [sweep], which `codexsim sweep` carries out";
    (!sweep.is_nothing()).then_some(note)
}

/// Where results go, and what is said on the way.
#[derive(Debug, Args)]
pub struct Output {
    /// Directory for the result files; default results/<name of the scenario>
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Leave out what differs between two equal runs: wall time, memory,
    /// machine and command line
    #[arg(long)]
    pub reproducible: bool,
    /// No progress and no notes, only errors and results
    #[arg(long)]
    pub quiet: bool,
}

impl Output {
    /// The directory for the results of the scenario `name`.
    pub fn dir(&self, name: &str) -> PathBuf {
        let tame = |c: char| if c.is_alphanumeric() || "-_.+ ".contains(c) { c } else { '-' };
        let folder: String = name.chars().map(tame).collect();
        // "" and ".." would leave the directory.
        let folder = if folder.trim_matches('.').is_empty() { "unnamed".into() } else { folder };
        self.out.clone().unwrap_or_else(|| PathBuf::from("results").join(folder))
    }

    /// A note for people, on standard error.
    pub fn note(&self, line: &str) {
        if !self.quiet {
            output::tell(line);
        }
    }

    /// The words of this command, for the manifest.
    pub fn command_line(&self) -> Option<Vec<String>> {
        let words = || std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
        (!self.reproducible).then(words)
    }

    /// This machine, for the manifest.
    pub fn machine(&self) -> Option<Machine> {
        let cores = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
        let (os, arch) = (std::env::consts::OS.into(), std::env::consts::ARCH.into());
        (!self.reproducible).then_some(Machine { cores, os, arch })
    }

    /// This program, for the manifest.
    pub fn program(&self) -> Program {
        Program::this()
    }

    /// The manifest of a study that took `elapsed_s` of real time.
    pub fn manifest(&self, plan: &Plan, assembled: &Assembled, elapsed_s: f64) -> Manifest {
        Manifest {
            program: self.program(),
            scenario: plan.name.clone(),
            resolved: plan.resolved.clone(),
            scenario_fingerprint: format!("{:016x}", plan.fingerprint),
            results_fingerprint: format!("{:016x}", assembled.fingerprint),
            checkpoints: vec![],
            seeder_sets: plan.seeder_sets,
            repetitions: plan.repetitions,
            runs_planned: plan.runs.len() as u64,
            runs_failed: assembled.failed as u64,
            runs_missing: assembled.missing as u64,
            command_line: self.command_line(),
            machine: self.machine(),
            wall_s: (!self.reproducible).then_some(elapsed_s),
            files: assembled.files.clone(),
        }
    }
}

/// Reads a share such as `95%` or `0.95`.
pub fn share(text: &str) -> Result<f64, String> {
    let trimmed = text.trim();
    let (number, scale) = trimmed.strip_suffix('%').map_or((trimmed, 1.0), |number| (number.trim(), 100.0));
    let share = number.parse::<f64>().ok().map(|value| value / scale).filter(|share| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| format!("`{text}` is not a share such as 95% or 0.95"))
}

/// Reads a real time such as `90s`, `30m`, `1.5h`, `2d`; minutes also as `min`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time such as 90s, 30m, 1.5h or 2d");
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or_else(wrong)?;
    let (number, unit) = trimmed.split_at(split);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit.trim() {
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_budgets() {
        for (text, seconds) in [("0s", 0.0), ("90s", 90.0), ("30m", 1800.0), ("30 min", 1800.0), ("1.5h", 5400.0)] {
            assert_eq!(duration(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in ["", "30", "m", "-3s", "3 weeks", "1..5h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn reads_shares() {
        for (text, value) in [("95%", 0.95), ("0.5", 0.5), ("2 %", 0.02), ("99.9%", 0.999)] {
            assert!((share(text).unwrap() - value).abs() < 1e-12, "{text}");
        }
        for text in ["95", "0", "100%", "-2%", "%", "nan"] {
            assert!(share(text).is_err(), "{text}");
        }
    }

    #[test]
    fn results_stay_in_their_directory() {
        let output = Output { out: None, reproducible: false, quiet: false };
        for (name, folder) in [("a b-1.2", "a b-1.2"), ("../../etc", "..-..-etc"), ("..", "unnamed"), ("", "unnamed")] {
            assert_eq!(output.dir(name), PathBuf::from("results").join(folder));
        }
    }
}
