//! Where finished runs are kept, by their ids.

use super::Kept;
use super::row_file::{RowFile, Unread, row_path};
use crate::results::{AtomicFile, ResultsError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Where finished runs are kept, by their ids.
#[derive(Debug)]
pub enum Cache {
    /// As row files under `rows/` in this folder, where they outlive the process.
    Folder(PathBuf),
    /// In memory, for commands that keep nothing.
    Memory(Mutex<BTreeMap<String, RowFile>>),
}

impl Cache {
    /// The folder `dir`, which is made.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn folder(dir: &Path) -> Result<Cache, ResultsError> {
        let rows = dir.join("rows");
        std::fs::create_dir_all(&rows).map_err(ResultsError::io(&rows))?;
        Ok(Cache::Folder(dir.into()))
    }

    /// Nowhere but in memory.
    pub fn memory() -> Cache {
        Cache::Memory(Mutex::default())
    }

    /// What is kept of the run `id`, for one who wants so much of it.
    ///
    /// # Errors
    /// When there is nothing, or nothing that can be used.
    pub fn load(&self, id: &str, wanted: Kept) -> Result<RowFile, Unread> {
        match self {
            Cache::Folder(dir) => RowFile::load(dir, id, wanted),
            Cache::Memory(runs) => {
                let found = runs.lock().expect(UNBROKEN).get(id).cloned();
                found.ok_or(Unread::Absent)?.serving(wanted)
            }
        }
    }

    /// Keeps a finished run.
    pub(super) fn keep(&self, file: RowFile) -> Result<(), ResultsError> {
        let id = file.run.run_id.clone();
        match self {
            Cache::Folder(dir) => AtomicFile::write_all(&row_path(dir, &id), file.encode().as_bytes())?,
            Cache::Memory(runs) => drop(runs.lock().expect(UNBROKEN).insert(id, file)),
        }
        Ok(())
    }
}

const UNBROKEN: &str = "no thread panics while it holds the lock";
