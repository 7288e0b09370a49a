//! Where results go: which folder, and whether they may.

use super::args::for_shell;
use super::{Failure, output};
use crate::results::{self, Machine, Manifest, PlaceError, Program, ResultsKind};
use crate::study::{Assembled, Plan};
use clap::Args;
use std::path::{Path, PathBuf};

/// Where results go.
#[derive(Debug, Args)]
pub struct Place {
    /// Folder for the result files; default results/ and the name of the scenario, with
    /// the protocol and a digest where these are changed
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Where results go, and what is said on the way.
#[derive(Debug, Args)]
pub struct Output {
    #[command(flatten)]
    pub place: Place,
    /// Replace the results of something else in that folder
    #[arg(long)]
    force: bool,
    /// Leave out what differs between two equal runs: wall time, memory,
    /// machine and command line
    #[arg(long)]
    pub reproducible: bool,
    /// No progress and no notes, only errors and results
    #[arg(long)]
    pub quiet: bool,
}

impl From<PlaceError> for Failure {
    fn from(error: PlaceError) -> Self {
        Failure::Input(error.to_string())
    }
}

impl Place {
    /// The folder for results that are called `title`.
    pub fn dir(&self, title: &str) -> PathBuf {
        let tame = |c: char| if c.is_alphanumeric() || "-_.+ ".contains(c) { c } else { '-' };
        let folder: String = title.chars().map(tame).collect();
        // "" and ".." would leave the directory.
        let folder = if folder.trim_matches('.').is_empty() { "unnamed".into() } else { folder };
        self.out.clone().unwrap_or_else(|| PathBuf::from("results").join(folder))
    }

    /// The folder as a shell takes it, where one was named.
    pub fn typed(&self) -> Option<String> {
        self.out.as_ref().map(|dir| format!("--out {}", for_shell(&dir.to_string_lossy())))
    }
}

impl Output {
    /// The folder for results that are called `title`.
    pub fn dir(&self, title: &str) -> PathBuf {
        self.place.dir(title)
    }

    /// Makes sure, before any work, that results can go to `dir`: of one run or of a
    /// study of the scenario `name`. Says when it will replace earlier ones of another
    /// digest than `fingerprint`, and returns what these are.
    pub fn claim(
        &self,
        dir: &Path,
        kind: ResultsKind,
        name: &str,
        fingerprint: Option<u64>,
    ) -> Result<Option<Manifest>, Failure> {
        let earlier = results::claim(dir, kind, name, self.force)?;
        let hex = fingerprint.map(|digest| format!("{digest:016x}"));
        let other = |earlier: &&Manifest| hex.as_ref().is_some_and(|hex| *hex != earlier.scenario_fingerprint);
        if let Some(Manifest { kind, scenario, .. }) = earlier.as_ref().filter(other) {
            let kept = if *kind == ResultsKind::Study { "; its finished runs stay in rows/" } else { "" };
            self.note(&format!(
                "note: the results of the {kind} `{scenario}` with other settings in {} are replaced{kept}",
                dir.display()
            ));
        }
        Ok(earlier)
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
            command_line: self.command_line(),
            machine: self.machine(),
            wall_s: (!self.reproducible).then_some(elapsed_s),
            ..assembled.manifest(plan)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stay_in_their_directory() {
        let place = Place { out: None };
        for (name, folder) in [("a b-1.2", "a b-1.2"), ("../../etc", "..-..-etc"), ("..", "unnamed"), ("", "unnamed")] {
            assert_eq!(place.dir(name), PathBuf::from("results").join(folder));
        }
    }
}
