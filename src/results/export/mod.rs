//! Finished studies in the file formats of other tools, made from the result
//! files alone.
//!
//! | format | whose |
//! |---|---|
//! | [`ExportFormat::Benchmarks`] | the storage team's bittorrent-benchmarks: what its log splitter writes and its R analysis reads |
//! | [`ExportFormat::TenKSim`] | the testing team's 10ksim: metric tables with a column for each node |
//! | [`ExportFormat::Multitransfer`] | the experiment of the Mix transport: a row for each transfer |

mod benchmarks;
mod clock;
mod curve;
mod multitransfer;
mod study;
mod tenksim;

use super::{AtomicFile, Manifest, PlaceError, ResultsError, try_folder};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use study::ExportStudy;
use thiserror::Error;

/// A format that a study can be exported to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Experiment folders of bittorrent-benchmarks.
    Benchmarks,
    /// Run folders of 10ksim.
    TenKSim,
    /// Transfer times of the experiment of the Mix transport.
    Multitransfer,
}

impl ExportFormat {
    /// The word for it on the command line and in file names.
    pub const fn name(self) -> &'static str {
        match self {
            ExportFormat::Benchmarks => "benchmarks",
            ExportFormat::TenKSim => "10ksim",
            ExportFormat::Multitransfer => "multitransfer",
        }
    }

    fn exporter(self) -> &'static dyn Exporter {
        match self {
            ExportFormat::Benchmarks => &benchmarks::Benchmarks,
            ExportFormat::TenKSim => &tenksim::TenKSim,
            ExportFormat::Multitransfer => &multitransfer::Multitransfer,
        }
    }
}

/// Writes studies in one format.
trait Exporter {
    /// Why the format has no place for what is in the study.
    fn refuses(&self, _study: &ExportStudy) -> Option<String> {
        None
    }

    /// Writes `study` into the empty directory `dir`; what a reader of the
    /// files should know is added to `warnings`. Returns how to go on.
    fn write(
        &self,
        study: &ExportStudy,
        dir: &Path,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<ExportFolder>, ResultsError>;
}

/// A folder of an export that its tool reads as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFolder {
    /// Its name below the export.
    pub name: String,
    /// Points of the study in it.
    pub points: usize,
}

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// What can be given to the other tool.
    pub folders: Vec<ExportFolder>,
    /// Finished runs in it.
    pub runs: usize,
    /// Planned runs that are not: missing or failed.
    pub missing: usize,
    /// What to know before trusting the files.
    pub warnings: Vec<String>,
}

/// Why nothing was exported.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The directory has no usable results.
    #[error("{}: {reason}", dir.display())]
    NotAStudy {
        /// The directory.
        dir: PathBuf,
        /// What is missing or wrong.
        reason: String,
    },
    /// Something else is where the export should go.
    #[error("{} is there and is no earlier export as {format}; remove it, or give another --out", out.display())]
    InTheWay {
        /// Where the export should go.
        out: PathBuf,
        /// The format.
        format: &'static str,
    },
    /// Nothing can be written where it should go.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The export could not be written.
    #[error(transparent)]
    Results(#[from] ResultsError),
}

/// The file that tells an export from everything else.
#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    format: String,
    program: String,
    version: String,
    scenario: String,
    results_fingerprint: String,
}

impl Marker {
    const FILE: &'static str = "export.json";

    fn new(format: ExportFormat, manifest: &Manifest) -> Self {
        Marker {
            format: format.name().into(),
            program: manifest.program.name.clone(),
            version: manifest.program.version.clone(),
            scenario: manifest.scenario.clone(),
            results_fingerprint: manifest.results_fingerprint.clone(),
        }
    }

    fn write(&self, dir: &Path) -> Result<(), ResultsError> {
        let text = serde_json::to_string_pretty(self).expect("a marker is plain data") + "\n";
        AtomicFile::write_all(&dir.join(Self::FILE), text.as_bytes())
    }

    /// Whether `out` may be replaced: an earlier export, or an empty directory.
    fn allows(format: ExportFormat, out: &Path) -> bool {
        let Ok(mut entries) = fs::read_dir(out) else { return fs::symlink_metadata(out).is_err() };
        let marker = || serde_json::from_slice::<Marker>(&fs::read(out.join(Self::FILE)).ok()?).ok();
        entries.next().is_none() || marker().is_some_and(|marker| marker.format == format.name())
    }
}

/// Where the study in `dir` is exported to when nothing else is said.
pub fn default_place(dir: &Path, format: ExportFormat) -> PathBuf {
    dir.join(format!("export-{}", format.name()))
}

/// Exports the study whose result files are in `dir` to the directory `out`,
/// which appears whole or not at all and replaces an earlier export.
///
/// # Errors
/// When `dir` has no finished study, when `out` is anything but an earlier
/// export in the same format, or when files cannot be written.
pub fn export(dir: &Path, format: ExportFormat, out: &Path) -> Result<Exported, ExportError> {
    let study = ExportStudy::read(dir)?;
    if let Some(reason) = format.exporter().refuses(&study) {
        return Err(ExportError::NotAStudy { dir: dir.into(), reason });
    }
    if !Marker::allows(format, out) {
        return Err(ExportError::InTheWay { out: out.into(), format: format.name() });
    }
    try_folder(out.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
    let temporary = beside(out, "tmp");
    let written = fill(&study, format, &temporary).and_then(|exported| {
        replace(out, &temporary)?;
        Ok(exported)
    });
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_dir_all(&temporary);
    }
    Ok(written?)
}

fn fill(study: &ExportStudy, format: ExportFormat, dir: &Path) -> Result<Exported, ResultsError> {
    if dir.exists() {
        fs::remove_dir_all(dir).map_err(ResultsError::io(dir))?;
    }
    fs::create_dir_all(dir).map_err(ResultsError::io(dir))?;
    let mut warnings = study.warnings();
    let folders = format.exporter().write(study, dir, &mut warnings)?;
    Marker::new(format, &study.manifest).write(dir)?;
    Ok(Exported { folders, runs: study.finished(), missing: study.missing(), warnings })
}

/// Puts `new` in the place of `out`; what was there goes only when `new` is there.
fn replace(out: &Path, new: &Path) -> Result<(), ResultsError> {
    let old = beside(out, "old");
    let had = out.exists();
    if had {
        fs::rename(out, &old).map_err(ResultsError::io(out))?;
    }
    if let Err(error) = fs::rename(new, out) {
        if had {
            let _ = fs::rename(&old, out);
        }
        return Err(ResultsError::io(out)(error));
    }
    if had { fs::remove_dir_all(&old).map_err(ResultsError::io(&old)) } else { Ok(()) }
}

/// A hidden neighbour of `place`, on the same disk.
fn beside(place: &Path, what: &str) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.{}.{what}", std::process::id()))
}

/// Writes a file of an export; its directories are made.
fn write(place: &Path, content: &str) -> Result<(), ResultsError> {
    if let Some(dir) = place.parent() {
        fs::create_dir_all(dir).map_err(ResultsError::io(dir))?;
    }
    fs::write(place, content).map_err(ResultsError::io(place))
}
