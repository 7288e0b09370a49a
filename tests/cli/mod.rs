//! The command line as its users meet it: files, exit codes, resumption.

mod batch;
mod designs;
mod interruption;
mod mistakes;
mod places;
mod run;
mod sensitivity;
mod sweep;
mod told;

use assert_cmd::assert::Assert;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const SCENARIO: &str = r#"
name = "tiny"
seed = 5
protocol = "direct"
[swarm]
network_size = 4
seeders = 1
file_size = "1 MB"
[network]
model = "fifo"
up = "10 Mbit/s"
down = "10 Mbit/s"
latency = "20 ms"
"#;
const SWEEP: &str = r#"
[sweep]
"swarm.network_size" = [3, 4]
"network.latency" = ["0 ms", "20 ms"]
repetitions = 2
"#;

fn errors(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

fn printed(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

/// Content of every file below `dir`, row files included.
fn content(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let inner = content(&path).into_iter().map(|(name, bytes)| (path.join(name), bytes));
            files.extend(inner.map(|(name, bytes)| (name.strip_prefix(dir).unwrap().to_owned(), bytes)));
        } else {
            files.insert(path.strip_prefix(dir).unwrap().to_owned(), fs::read(&path).unwrap());
        }
    }
    files
}

fn row_files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("rows")).unwrap().map(|e| e.unwrap().path());
    let mut rows: Vec<PathBuf> = entries.filter(|p| p.extension().is_some_and(|e| e == "csv")).collect();
    rows.sort();
    rows
}
