//! `manifest.json`: where a set of result files comes from.

use super::folder::{kept_runs, remove_reports};
use super::{AtomicFile, Checkpoint, ResultsError, ResultsKind};
use crate::scenario::Design;
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::Path;

/// Where a set of result files comes from. What may differ between two equal
/// runs is absent from reproducible results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// What made them.
    pub program: Program,
    /// What they are of.
    #[serde(default)]
    pub kind: ResultsKind,
    /// Name of the scenario.
    pub scenario: String,
    /// The scenario in full, each value with its origin.
    pub resolved: String,
    /// Digest of the resolved scenario, 16 hex digits.
    pub scenario_fingerprint: String,
    /// Digest of the event streams of all runs, in order, 16 hex digits.
    pub results_fingerprint: String,
    /// Digest of the event stream as it grew; single runs only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checkpoints: Vec<Checkpoint>,
    /// Sets of seeders at every point.
    pub seeder_sets: u32,
    /// Repetitions with every set of seeders; where points differ in them, the most.
    pub repetitions: u32,
    /// What was drawn of a study.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub design: Option<Design>,
    /// How precisely a measure was to be known, where that decided the repetitions at each
    /// point: in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
    /// Runs that were planned.
    pub runs_planned: u64,
    /// Runs that failed.
    pub runs_failed: u64,
    /// Runs that have not been carried out.
    pub runs_missing: u64,
    /// The command, word by word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_line: Option<Vec<String>>,
    /// The machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
    /// Real time the command took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall_s: Option<f64>,
    /// The files and their numbers of rows.
    pub files: Vec<FileEntry>,
}

/// Which program made the results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The commit it was built from; empty when it was built without one.
    pub commit: String,
    /// Digest of the sources that decide results, 16 hex digits.
    pub sources: String,
}

impl Program {
    /// Digest of the sources that decide results. Results of other sources
    /// are never mixed with ours.
    pub const SOURCES: &'static str = env!("CODEXSIM_SOURCES");

    /// This program.
    pub fn this() -> Self {
        Program {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            commit: env!("CODEXSIM_COMMIT").into(),
            sources: Self::SOURCES.into(),
        }
    }
}

/// The machine a command ran on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Processor cores that the program may use.
    pub cores: u64,
    /// Operating system.
    pub os: String,
    /// Processor architecture.
    pub arch: String,
}

/// A result file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its name.
    pub name: String,
    /// Rows, without the header.
    pub rows: u64,
}

impl Manifest {
    /// Name of the file.
    pub const FILE: &'static str = "manifest.json";

    /// Writes it into `dir`, in which its tables are. Reports there about other results go.
    pub fn write(&self, dir: &Path) -> Result<(), ResultsError> {
        remove_reports(dir, self)?;
        let text = serde_json::to_string_pretty(self).expect("a manifest is plain data");
        AtomicFile::write_all(&dir.join(Self::FILE), (text + "\n").as_bytes())
    }

    /// Reads the manifest of `dir`.
    pub fn read(dir: &Path) -> Result<Self, ResultsError> {
        let path = dir.join(Self::FILE);
        let text = std::fs::read(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => ResultsError::NoResults { dir: dir.into(), kept: kept_runs(dir) },
            _ => ResultsError::io(&path)(error),
        })?;
        serde_json::from_slice(&text).map_err(|e| ResultsError::io(&path)(e.into()))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn manifest() -> Manifest {
        Manifest {
            program: Program::this(),
            kind: ResultsKind::Study,
            scenario: "x".into(),
            resolved: "a = 1 # here\n".into(),
            scenario_fingerprint: "00".into(),
            results_fingerprint: "01".into(),
            checkpoints: vec![Checkpoint { time_s: 1.0, fingerprint: "02".into() }],
            seeder_sets: 1,
            repetitions: 3,
            design: None,
            precision: None,
            runs_planned: 3,
            runs_failed: 1,
            runs_missing: 1,
            command_line: None,
            machine: Some(Machine { cores: 2, os: "linux".into(), arch: "x86_64".into() }),
            wall_s: Some(0.5),
            files: vec![FileEntry { name: "runs.csv".into(), rows: 2 }],
        }
    }

    #[test]
    fn reads_back() {
        let manifest = manifest();
        let dir = tempfile::tempdir().unwrap();
        manifest.write(dir.path()).unwrap();
        assert_eq!(Manifest::read(dir.path()).unwrap(), manifest);
    }
}
