//! A folder with files, scenarios read from it, and what is asked of them.

mod any;
mod design;
mod layers;
mod models;
mod resolved;
mod sweep;

use super::*;
use crate::protocols::ProtocolSpec;
use crate::units::{Bytes, Rate, Time};
use crate::world::{ChurnSpec, LatencySpec, StartSpec};
use std::path::Path;

const SMALL: &str = "[swarm]\nnetwork_size = 8\nseeders = 2\nfile_size = \"10 MB\"\n";

/// A folder with files, and scenarios read from it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, text)| std::fs::write(folder.path(name), text).unwrap());
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn input(&self, name: &str) -> Input {
        Input { file: Some(self.path(name)), ..Input::default() }
    }
}

fn load_text(text: &str) -> Scenario {
    load(&Folder::new(&[("a.toml", text)]).input("a.toml")).unwrap_or_else(|error| panic!("{error}"))
}

fn with_sets(sets: &[&str]) -> Scenario {
    let sets = sets.iter().map(|set| set.to_string()).collect();
    load(&Input { sets, ..Input::default() }).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(sets: &[&str]) -> String {
    let sets = sets.iter().map(|set| set.to_string()).collect();
    load(&Input { sets, ..Input::default() }).map(|s| s.resolved).unwrap_err().to_string()
}

fn constants(scenario: &Scenario) -> serde_json::Value {
    let spec = serde_json::to_value(&scenario.run.swarm().unwrap().protocol).unwrap();
    spec[scenario.run.swarm().unwrap().protocol.family()].clone()
}

/// The line of the resolved form that sets `key` (the first one).
fn line<'a>(scenario: &'a Scenario, key: &str) -> &'a str {
    let start = format!("{key} = ");
    scenario.resolved.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no {key}"))
}
