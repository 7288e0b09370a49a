//! A directory in which the program runs as a user would run it.

use assert_cmd::assert::Assert;
use codexsim::results::RunTable;
use std::fs;
use std::path::PathBuf;

/// A directory with a scenario, `s.toml`, in it.
pub struct Place(pub tempfile::TempDir);

impl Place {
    pub fn new(scenario: &str) -> Self {
        let place = Place(tempfile::tempdir().unwrap());
        fs::write(place.path("s.toml"), scenario).unwrap();
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The program in this directory.
    pub fn command(&self) -> assert_cmd::Command {
        let mut command = assert_cmd::cargo::cargo_bin_cmd!("codexsim");
        // Whoever runs these tests may be a task of a batch system.
        for variable in ["HQ_TASK_ID", "SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"] {
            command.env_remove(variable);
        }
        command.current_dir(self.0.path());
        command
    }

    /// Runs the program in this directory.
    pub fn codexsim(&self, arguments: &[&str]) -> Assert {
        self.command().args(arguments).assert()
    }

    /// Carries out the sweep of `s.toml` into `out`.
    pub fn sweep(&self, out: &str, further: &[&str]) -> Assert {
        self.codexsim(&[&["sweep", "s.toml", "--reproducible", "--out", out], further].concat())
    }

    /// Results of a part of the sweep, as of one that was interrupted.
    pub fn part(&self, out: &str, shard: &str, further: &[&str]) {
        self.sweep(out, &[&["--shard", shard], further].concat()).code(0);
        self.sweep(out, &[&["--budget", "0s"], further].concat()).code(3);
    }

    /// The table `runs.csv` in `dir`.
    pub fn runs(&self, dir: &str) -> RunTable {
        RunTable::read(fs::File::open(self.path(dir).join("runs.csv")).unwrap()).unwrap()
    }
}
