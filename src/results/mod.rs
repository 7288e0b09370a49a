//! Result files: their columns, writers and readers, and the manifest.
//!
//! Six tidy CSV tables (and `progress.csv` with `output.progress`, `trace.csv` with
//! `output.trace`, `discovery.csv` with discovery that has traffic) with units in the
//! column names; an empty field means
//! that something was not reached or does not apply. Numbers have the shortest
//! form that reads back to the same value.

mod columns;
pub mod export;
mod files;
mod folder;
mod limits;
mod manifest;
mod measure;
mod measured;
mod observation;
mod quantile;
mod record;
mod table;
mod tables;

pub use columns::{ColumnRow, MEASURES, all_columns, columns_of};
pub use files::AtomicFile;
pub use folder::{Kind, PlaceError, claim, kept_runs, try_file, try_folder};
pub use limits::HeldBack;
#[cfg(test)]
pub(crate) use manifest::tests::manifest as sample_manifest;
pub use manifest::{FileEntry, Machine, Manifest, Program};
pub use measure::{Amount, Better, Measure};
pub use measured::{Measured, MeasuredError, MeasuredRun, NodeFigures};
pub(crate) use measured::{NUMBERS as CONDITION_NUMBERS, WORDS as CONDITION_WORDS};
pub use observation::Observation;
pub use quantile::{median, quantile};
#[cfg(test)]
pub(crate) use record::tests::{outcome as sample_outcome, result as sample_result};
pub use record::{Labels, trace_rows};
pub use table::{Record, RunTable, body, header, open, read, read_each, remove_table, select, write, write_run};

pub use tables::{
    Capacity, Checkpoint, Column, ComparisonRow, ConstraintRow, DiscoveryRow, FileKind, NodeRow, Note, PARTS, Part,
    PartRow, Presence, ProgressRow, Row, RunResult, RunRow, SeriesRow, Since, TimelineRow, TraceRow, TrafficRow, Unit,
    ValidationRow,
};

use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why result files could not be written or read.
#[derive(Debug, Error)]
pub enum ResultsError {
    /// The system refused to write, rename or read: disk full, no permission.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder without result files.
    #[error("{}", no_results(dir, *kept))]
    NoResults {
        /// Which folder.
        dir: PathBuf,
        /// Runs of a study that are kept in it.
        kept: usize,
    },
    /// A study does not keep this table.
    #[error(
        "there is no {}: a study has only what it keeps of its runs\n = expected nodes.csv and traffic.csv of one with \
         `output.keep = \"nodes\"`, further tables of one with \"all\"; the same `codexsim sweep` with it makes them",
        path.display()
    )]
    NotKept {
        /// Which file.
        path: PathBuf,
    },
    /// The file is not a table of the expected columns.
    #[error("not a table of this program: {0}")]
    Table(#[from] csv::Error),
    /// The header is not the expected one.
    #[error("the header of {file} does not begin with `{expected}`")]
    Header {
        /// Which kind of table.
        file: &'static str,
        /// The columns it has to begin with.
        expected: String,
    },
}

fn no_results(dir: &Path, kept: usize) -> String {
    match kept {
        0 if dir.is_dir() => format!("there are no results: it has no {}", Manifest::FILE),
        0 => "there is no such directory".into(),
        _ => format!(
            "there are {kept} runs of an unfinished study and no result files yet\n = `codexsim sweep FILE --out {}` \
             carries out what is missing and writes them",
            dir.display()
        ),
    }
}

impl ResultsError {
    /// Attaches the path to an error of the system.
    pub fn io(path: &Path) -> impl FnOnce(std::io::Error) -> ResultsError + '_ {
        move |source| ResultsError::Io { path: path.to_path_buf(), source }
    }
}
