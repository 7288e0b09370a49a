//! Runs that were measured: tidy tables with a row per node and run, and the
//! folders of the storage team's benchmarks.
//!
//! A table of runs has the columns `run_id`, `nodes`, `seeders`, `file_bytes`,
//! `up_bps`, `down_bps` and `role`; all others may be missing, and columns that
//! nobody here knows are ignored. Sizes are bytes, times seconds from the start
//! of the run's earliest leecher; an empty field means that something was not
//! reached or not measured, and of links that they have no limit, as does `inf`.
//! Links may differ from node to node. `settings` is a JSON object of what was set
//! otherwise than usual; `seed_after` is 0 of a leecher that goes once it holds
//! everything.

mod benchmark;
mod table;

use crate::world::Role;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Columns that say under which conditions a run was measured: those of words,
/// and those of numbers.
pub(crate) const WORDS: [&str; 8] =
    ["system", "version", "commit", "method", "tag", "transport", "addr_class", "settings"];
pub(crate) const NUMBERS: [&str; 10] = [
    "nodes",
    "seeders",
    "file_bytes",
    "block_bytes",
    "piece_bytes",
    "up_bps",
    "down_bps",
    "latency_s",
    "slots",
    "loss",
];

/// The measurements that come with the program.
const SHIPPED: [(&str, &str); 5] = [
    ("experiments/measured/codex-v2-runs.csv", include_str!("../../../experiments/measured/codex-v2-runs.csv")),
    (
        "experiments/measured/codex-v2-more-runs.csv",
        include_str!("../../../experiments/measured/codex-v2-more-runs.csv"),
    ),
    ("experiments/measured/codex-v3-runs.csv", include_str!("../../../experiments/measured/codex-v3-runs.csv")),
    ("experiments/measured/bittorrent-runs.csv", include_str!("../../../experiments/measured/bittorrent-runs.csv")),
    (
        "experiments/measured/bittorrent-2026-11-runs.csv",
        include_str!("../../../experiments/measured/bittorrent-2026-11-runs.csv"),
    ),
];

/// One run of a real system.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredRun {
    /// Its name in the file.
    pub id: String,
    /// The file it was read from.
    pub file: String,
    /// The conditions: column and value, numbers in their shortest form.
    pub conditions: BTreeMap<&'static str, String>,
    /// What its nodes did.
    pub nodes: Vec<NodeFigures>,
    /// Why no scenario says what happened in it, if none does.
    pub obstacle: Option<String>,
}

/// What one node did in a run, measured or simulated. Times are seconds from the
/// start of the run's earliest leecher.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct NodeFigures {
    /// What it was in the swarm.
    pub role: Role,
    /// Its upload capacity in bit/s, infinite without a limit, where nodes of a measured
    /// run differ in it.
    pub up_bps: Option<f64>,
    /// Its download capacity, likewise.
    pub down_bps: Option<f64>,
    /// Whether it was to go once it holds everything.
    pub leaves_complete: bool,
    /// When it began; nothing of a leecher that never did, where that of others is known.
    pub start_s: Option<f64>,
    /// When it went.
    pub leave_s: Option<f64>,
    /// When it came back.
    pub return_s: Option<f64>,
    /// When it had its first block; known of simulated nodes alone, as are the last two.
    pub ttfb_s: Option<f64>,
    /// When it had 50 %.
    pub t50_s: Option<f64>,
    /// When it had 90 %.
    pub t90_s: Option<f64>,
    /// When it had everything.
    pub t100_s: Option<f64>,
    /// Bytes received, headers included.
    pub bytes_rx: Option<f64>,
    /// Bytes sent, headers included.
    pub bytes_tx: Option<f64>,
    /// Data received in vain, in bytes.
    pub redundant: Option<f64>,
    /// Whether it is a leecher that holds everything at the end.
    pub complete: Option<bool>,
    /// The most bytes that it had handed to the network and that had not arrived.
    pub peak_queue_bytes: Option<f64>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measured {
    /// The runs, in the order of files and of rows.
    pub runs: Vec<MeasuredRun>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

/// Why measurements could not be read.
#[derive(Debug, Error)]
pub enum MeasuredError {
    /// The system refused to read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A field is not what its column holds.
    #[error("{file}:{line}: column `{column}` is `{found}`; expected {expected}")]
    Field {
        /// Which file.
        file: String,
        /// Its line, from 1.
        line: u64,
        /// Which column.
        column: String,
        /// What stands there.
        found: String,
        /// What should.
        expected: &'static str,
    },
    /// A line is not a row of the table.
    #[error("{file}:{line}: {problem}")]
    Line {
        /// Which file.
        file: String,
        /// Its line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// A file lacks something that cannot be done without.
    #[error("{file}: {problem}")]
    File {
        /// Which file.
        file: String,
        /// What is missing.
        problem: String,
    },
    /// There is nothing to read.
    #[error("{}: no measured runs{}; expected CSV tables with the columns run_id, nodes, seeders, file_bytes, up_bps, \
        down_bps, role, or benchmark folders with download_metric.csv, request_event.csv and \
        *_experiment_config_log_entry.jsonl", path.display(), left_out(.notes))]
    Nothing {
        /// Where it was looked for.
        path: PathBuf,
        /// What was left out there.
        notes: Vec<String>,
    },
}

fn left_out(notes: &[String]) -> String {
    notes.iter().map(|note| format!(" ({note})")).collect()
}

impl Measured {
    /// The measurements that come with the program.
    pub fn shipped() -> Measured {
        let mut measured = Measured::default();
        for (file, text) in SHIPPED {
            table::read(file, text.as_bytes(), &mut measured).expect("what is shipped can be read");
        }
        measured
    }

    /// Reads one file, or everything in a folder and the folders in it.
    ///
    /// # Errors
    /// On a table with a row that cannot be read, on a benchmark folder that is
    /// not complete, and when there is no measured run at all.
    pub fn read(path: &Path) -> Result<Measured, MeasuredError> {
        let mut measured = Measured::default();
        let meta = fs::metadata(path).map_err(io(path))?;
        if meta.is_dir() {
            folder(path, &mut measured)?
        } else {
            file(path, &mut measured)?
        }
        if measured.runs.is_empty() {
            return Err(MeasuredError::Nothing { path: path.into(), notes: measured.notes });
        }
        Ok(measured)
    }
}

fn folder(path: &Path, measured: &mut Measured) -> Result<(), MeasuredError> {
    let entries = fs::read_dir(path).and_then(|entries| entries.collect::<Result<Vec<_>, _>>()).map_err(io(path))?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    let config = paths.iter().find(|path| benchmark::is_config(path));
    if let Some(config) = config {
        benchmark::read(path, config, measured)?;
    }
    for inner in &paths {
        if inner.is_dir() {
            folder(inner, measured)?;
        } else if config.is_none() && inner.extension().is_some_and(|e| e == "csv") {
            file(inner, measured)?;
        }
    }
    Ok(())
}

fn file(path: &Path, measured: &mut Measured) -> Result<(), MeasuredError> {
    let content = content(path)?;
    table::read(&path.display().to_string(), &content, measured)
}

/// The bytes of a table, with lines that end in a line feed alone: the reader of
/// tables counts a line too few where they end in two characters.
fn content(path: &Path) -> Result<Vec<u8>, MeasuredError> {
    let mut content = fs::read(path).map_err(io(path))?;
    content.retain(|byte| *byte != b'\r');
    Ok(content)
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> MeasuredError + '_ {
    move |source| MeasuredError::Io { path: path.into(), source }
}

/// A number in its shortest form, so that equal conditions are equal texts.
fn shortest(number: f64) -> String {
    format!("{number}")
}

/// The run with the nodes it has; nothing but a note when nodes are missing,
/// for then its totals would be wrong.
fn complete(run: MeasuredRun, measured: &mut Measured) {
    if run.obstacle.is_some() {
        return measured.runs.push(run);
    }
    let count = |column: &str| run.conditions.get(column).and_then(|text| text.parse::<f64>().ok());
    let of = |role: Role| run.nodes.iter().filter(|node| node.role == role).count() as f64;
    let (seeders, leechers, idle) = (of(Role::Seeder), of(Role::Leecher), of(Role::Idle));
    let others = match idle {
        0.0 => format!("{leechers} leechers"),
        _ => format!("{leechers} leechers and {idle} idle nodes"),
    };
    match (count("nodes"), count("seeders")) {
        (Some(n), Some(s)) if (n, s) != (run.nodes.len() as f64, seeders) => measured.notes.push(format!(
            "{}: run {} is left out: it has rows of {seeders} seeders and {others}, not of {s} and {}",
            run.file,
            run.id,
            n - s
        )),
        _ => measured.runs.push(run),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_is_all_there() {
        let measured = Measured::shipped();
        assert!(measured.notes.is_empty(), "{:?}", measured.notes);
        let of = |system: &str| measured.runs.iter().filter(|r| r.conditions["system"] == system).count();
        assert_eq!((of("codex"), of("libtorrent"), of("libtorrent-shadow")), (97, 74, 21));
        let run = &measured.runs[0];
        assert_eq!((run.conditions["file_bytes"].as_str(), run.conditions["latency_s"].as_str()), ("10485760", "0"));
        assert_eq!((run.nodes[1].t100_s, run.nodes[0].bytes_tx), (Some(9.078), Some(11_052_674.0)));
    }

    #[test]
    fn lines_count_the_same_however_they_end() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("m.csv");
        let text = "run_id,nodes,seeders,file_bytes,up_bps,down_bps,role\na,2,1,5,8,8,seeder\na,2,1,5,x,8,leecher\n";
        for text in [text.to_string(), text.replace('\n', "\r\n")] {
            fs::write(&path, text).unwrap();
            let error = Measured::read(place.path()).unwrap_err().to_string();
            assert!(error.contains("m.csv:3: column `up_bps` is `x`"), "{error}");
        }
    }

    #[test]
    fn a_folder_is_read_with_all_its_folders_and_foreign_tables_are_named() {
        let place = tempfile::tempdir().unwrap();
        let inner = place.path().join("b/c");
        fs::create_dir_all(&inner).unwrap();
        let table = "run_id,system,nodes,seeders,file_bytes,up_bps,down_bps,role,t100_s\n";
        let run = |id: &str| format!("{id},x,2,1,1000,8000,8000,seeder,\n{id},x,2,1,1000,8000,8000,leecher,1.5\n");
        fs::write(place.path().join("a.csv"), format!("{table}{}", run("one"))).unwrap();
        fs::write(inner.join("z.csv"), format!("{table}{}", run("one"))).unwrap();
        fs::write(place.path().join("other.csv"), "filesize_mb,nodes\n1,2\n").unwrap();
        fs::write(place.path().join("README.md"), "no table").unwrap();
        let measured = Measured::read(place.path()).unwrap();
        assert_eq!(measured.runs.len(), 2, "runs of the same name in two files are two runs");
        assert!(measured.notes[0].contains("other.csv") && measured.notes.len() == 1, "{:?}", measured.notes);
        let error = Measured::read(&place.path().join("other.csv")).unwrap_err().to_string();
        assert!(error.contains("no measured runs") && error.contains("run_id"), "{error}");
        assert!(Measured::read(&place.path().join("none")).unwrap_err().to_string().contains("none"));
    }
}
