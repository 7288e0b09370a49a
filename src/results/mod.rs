//! Result files: their columns, writers and readers, and the manifest.
//!
//! Six tidy CSV tables (and `progress.csv` with `output.progress`, `trace.csv` with
//! `output.trace`, `discovery.csv` with discovery that has traffic) with units in the
//! column names; an empty field means
//! that something was not reached or does not apply. Numbers have the shortest
//! form that reads back to the same value.

mod columns;
mod downloads;
pub(crate) mod export;
mod files;
mod folder;
mod groups;
mod limits;
mod manifest;
mod measure;
mod measured;
mod observation;
mod quantile;
mod record;
mod storage;
mod table;
mod tables;

pub use downloads::DownloadGroup;
pub use manifest::Manifest;
pub use measure::Measure;
pub use measured::Measured;
pub use observation::Observation;
use quantile::quantile_of;
pub use quantile::{median, quantile};
pub(crate) use record::one_line;
pub use record::{Labels, trace_rows};
pub use table::{Record, RunTable, read, read_each, write};
pub use tables::{
    ComparisonRow, ConstraintRow, DatasetRow, DiscoveryRow, DownloadRow, HostRow, LinkRow, MixRow, NatRow, NodeRow,
    PARTS, ProgressRow, RepairRow, RunResult, RunRow, SeriesRow, StorageRow, TableRow, TimelineRow, TraceRow,
    TrafficRow, ValidationRow,
};

pub(crate) use columns::{ColumnRow, all_columns, columns_of};
pub(crate) use files::AtomicFile;
pub(crate) use folder::{PlaceError, ResultsKind, claim, kept_runs, try_file, try_folder};
pub(crate) use groups::{GroupBy, NodeGroup};
pub(crate) use limits::HeldBack;
pub(crate) use manifest::{FileEntry, Machine, Program};
pub(crate) use measure::{Amount, Better};
pub(crate) use measured::{MeasuredRun, NodeFigures};
pub(crate) use storage::nines;
pub(crate) use table::{body, holds_storage, open, remove_table, run_kind, select, write_run};
pub(crate) use tables::{Capacity, Checkpoint, Column, FileKind, Note, Part, PartRow, Since, TablePresence, Unit};

#[cfg(test)]
pub(crate) use manifest::tests::manifest as sample_manifest;
pub(crate) use measured::{NUMBERS as CONDITION_NUMBERS, WORDS as CONDITION_WORDS};
#[cfg(test)]
pub(crate) use record::tests::{outcome as sample_outcome, result as sample_result};

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
