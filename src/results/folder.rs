//! The places that files go to: whether they can be used, tried before any work, and
//! whose results lie there already.

use super::{
    AtomicFile, ComparisonRow, FileKind, Manifest, PARTS, ResultsError, RunRow, StorageRow, TableRow, TraceRow,
    ValidationRow,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What a set of result files is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResultsKind {
    /// One run.
    Run,
    /// The runs of a study.
    #[default]
    Study,
}

impl fmt::Display for ResultsKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ResultsKind::Run => "run",
            ResultsKind::Study => "study",
        })
    }
}

/// Why files cannot go to a place.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// The system refuses it.
    #[error("cannot write to `{}`: {why}", place.display())]
    Unusable {
        /// Where.
        place: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Something else would be lost.
    #[error(
        "`{}` holds {what}\n = expected an empty folder, or earlier results of the same; --out DIR names another, \
         --force replaces them",
        dir.display()
    )]
    Taken {
        /// Which folder.
        dir: PathBuf,
        /// What lies there.
        what: String,
    },
}

/// Reports about results, each made from all of them. They do not outlive these.
const REPORTS: [&str; 14] = [
    "report.html",
    "discovery.md",
    "view.html",
    ComparisonRow::KIND.file,
    "comparison.md",
    "comparison.html",
    "verdict.json",
    "impact.md",
    "impact.html",
    "impact-changes.svg",
    "impact-bytes.svg",
    ValidationRow::KIND.file,
    "validation.md",
    "validation.html",
];

/// The tables of results.
fn tables() -> impl Iterator<Item = FileKind> {
    let parts = PARTS.into_iter().map(|part| part.kind);
    [RunRow::KIND].into_iter().chain(parts).chain([TraceRow::KIND])
}

/// Makes sure that the results of the scenario `name` can go to the folder `dir`, which
/// is made. Nothing else is changed. Returns what the earlier results there say of
/// themselves.
///
/// # Errors
/// When files cannot be written there, or when it holds anything but results of the same
/// kind and name, unless `force` gives these up.
pub fn claim(dir: &Path, kind: ResultsKind, name: &str, force: bool) -> Result<Option<Manifest>, PlaceError> {
    try_folder(dir)?;
    let own = tables().map(|kind| kind.file).chain([Manifest::FILE]).chain(REPORTS);
    own.map(|file| dir.join(file)).filter(|place| place.is_dir()).map(in_the_way).try_for_each(Err)?;
    let earlier = Manifest::read(dir).ok();
    let what = match &earlier {
        Some(other) if (other.kind, other.scenario.as_str()) == (kind, name) => None,
        Some(other) => Some(format!("the results of the {} `{}`", other.kind, other.scenario)),
        None => stranger(dir, kind),
    };
    what.filter(|_| !force).map_or(Ok(()), |what| Err(PlaceError::Taken { dir: dir.into(), what }))?;
    if kind == ResultsKind::Study {
        let rows = dir.join("rows");
        try_folder(&rows)?;
        let folders = fs::read_dir(&rows).into_iter().flatten().flatten();
        let mut folders = folders.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        folders.next().map_or(Ok(()), |entry| Err(in_the_way(entry.path())))?;
    }
    Ok(earlier)
}

/// What lies in `dir` that no manifest explains and that results would replace.
fn stranger(dir: &Path, kind: ResultsKind) -> Option<String> {
    if dir.join(Manifest::FILE).exists() {
        return Some(format!("a {} that is not of this program, or of another version", Manifest::FILE));
    }
    // Rows without tables are a study that has not come to its end.
    if kind == ResultsKind::Run && dir.join("rows").exists() {
        return Some("the runs of an unfinished study".into());
    }
    let foreign = |kind: FileKind| {
        let file = kind.file;
        let first = BufReader::new(File::open(dir.join(file)).ok()?).lines().next();
        let kinds = tables().chain([StorageRow::KIND]).filter(|known| known.file == file);
        let headers: Vec<String> = kinds.map(|known| known.header()).collect();
        let ours = matches!(first, Some(Ok(line)) if headers.iter().any(|header| line.starts_with(header.trim_end())));
        (!ours).then(|| format!("a {file} that is not of this program, or of another version"))
    };
    tables().find_map(foreign)
}

/// How many runs of a study are kept in `dir`, going by their files.
pub fn kept_runs(dir: &Path) -> usize {
    let files = fs::read_dir(dir.join("rows")).into_iter().flatten().flatten();
    files.filter(|file| file.path().extension().is_some_and(|end| end == "csv")).count()
}

/// Removes the reports in `dir` that were made from other results than `new`.
pub(super) fn remove_reports(dir: &Path, new: &Manifest) -> Result<(), ResultsError> {
    let decides = |of: &Manifest| {
        (of.program.sources.clone(), of.scenario_fingerprint.clone(), of.results_fingerprint.clone(), of.runs_planned)
    };
    let same = |old: Manifest| decides(&old) == decides(new);
    if Manifest::read(dir).is_ok_and(same) {
        return Ok(());
    }
    for place in REPORTS.map(|name| dir.join(name)) {
        if place.exists() {
            fs::remove_file(&place).map_err(ResultsError::io(&place))?;
        }
    }
    Ok(())
}

/// Tries whether files can be written into the folder `dir`, which is made if need be.
///
/// # Errors
/// When they cannot.
pub fn try_folder(dir: &Path) -> Result<(), PlaceError> {
    let unusable = |why: String| PlaceError::Unusable { place: dir.into(), why };
    if dir.as_os_str().is_empty() {
        return Err(unusable("this is no name".into()));
    }
    fs::create_dir_all(dir).map_err(|error| unusable(obstacle(dir).unwrap_or_else(|| refused(&error))))?;
    try_file(&dir.join("trial")).map_err(|error| match error {
        PlaceError::Unusable { why, .. } => unusable(why),
        other => other,
    })
}

/// Tries whether the file `place` can be written; what is there stays.
///
/// # Errors
/// When it cannot.
pub fn try_file(place: &Path) -> Result<(), PlaceError> {
    if place.file_name().is_none() || place.is_dir() {
        return Err(in_the_way(place.into()));
    }
    // A path does not keep the separator at its end, the system does.
    if place.as_os_str().to_string_lossy().ends_with(std::path::is_separator) {
        return Err(PlaceError::Unusable { place: place.into(), why: "this names a folder, not a file".into() });
    }
    match AtomicFile::create(place) {
        Ok(_) => Ok(()), // dropped, it is gone
        Err(ResultsError::Io { source, .. }) => {
            let why = obstacle(place.parent().unwrap_or(place)).unwrap_or_else(|| refused(&source));
            Err(PlaceError::Unusable { place: place.into(), why })
        }
        Err(other) => Err(PlaceError::Unusable { place: place.into(), why: other.to_string() }),
    }
}

fn in_the_way(place: PathBuf) -> PlaceError {
    PlaceError::Unusable { place, why: "a folder is there, and a file should be".into() }
}

fn refused(error: &std::io::Error) -> String {
    format!("the system refuses it: {error}")
}

/// What on the way to `dir` is no folder.
fn obstacle(dir: &Path) -> Option<String> {
    let way: Vec<&Path> = dir.ancestors().filter(|part| !part.as_os_str().is_empty()).collect();
    way.into_iter().rev().filter(|part| !part.is_dir()).find_map(|part| {
        let found = fs::symlink_metadata(part).ok()?;
        let what = if found.is_symlink() { "a link that leads to no folder" } else { "a file" };
        Some(format!("`{}` is {what}", part.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::manifest::tests::manifest;
    use super::*;

    fn refusal(dir: &Path, kind: ResultsKind, name: &str) -> String {
        claim(dir, kind, name, false).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_written_is_told_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), "in the way").unwrap();
        for (dir, why) in [("file", "file` is a file"), ("file/below", "file` is a file")] {
            assert!(refusal(&path(dir), ResultsKind::Run, "x").contains(why), "{dir}");
        }
        assert!(refusal(Path::new(""), ResultsKind::Run, "x").contains("no name"));
        for name in ["trace.csv", "manifest.json", "report.html"] {
            fs::create_dir_all(path("results").join(name)).unwrap();
            let error = refusal(&path("results"), ResultsKind::Run, "x");
            assert!(error.contains(name) && error.contains("a folder is there"), "{error}");
            fs::remove_dir(path("results").join(name)).unwrap();
        }
        fs::write(path("results/rows"), "in the way").unwrap();
        assert!(refusal(&path("results"), ResultsKind::Study, "x").contains("rows` is a file"));
        fs::remove_file(path("results/rows")).unwrap();
        fs::create_dir_all(path("results/rows/00.csv")).unwrap();
        assert!(refusal(&path("results"), ResultsKind::Study, "x").contains("00.csv`: a folder is there"));
        fs::remove_dir_all(path("results/rows")).unwrap();
        claim(&path("results"), ResultsKind::Run, "x", false).unwrap();
        assert_eq!(fs::read_dir(path("results")).unwrap().count(), 0, "a trial leaves nothing");
        assert_eq!(fs::read(path("file")).unwrap(), b"in the way");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nowhere_and_what_is_no_disk_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("nowhere"), &link).unwrap();
        assert!(refusal(&link, ResultsKind::Run, "x").contains("link` is a link that leads to no folder"));
        assert!(!folder.path().join("nowhere").exists());
        if Path::new("/proc/self").exists() {
            assert!(refusal(Path::new("/proc/x"), ResultsKind::Study, "x").contains("/proc/x"));
        }
    }

    #[test]
    fn results_give_way_to_their_own_kind_only() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        assert!(claim(dir, ResultsKind::Run, "x", false).unwrap().is_none());
        let run = Manifest { kind: ResultsKind::Run, ..manifest() };
        run.write(dir).unwrap();
        assert_eq!(claim(dir, ResultsKind::Run, "x", false).unwrap(), Some(run.clone()));
        assert!(refusal(dir, ResultsKind::Run, "y").contains("holds the results of the run `x`"));
        assert!(refusal(dir, ResultsKind::Study, "x").contains("holds the results of the run `x`"));
        assert_eq!(claim(dir, ResultsKind::Study, "y", true).unwrap(), Some(run));
    }

    #[test]
    fn files_of_others_are_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        fs::write(dir.join("nodes.csv"), "name,age\n").unwrap();
        assert!(refusal(dir, ResultsKind::Run, "x").contains("a nodes.csv that is not of this program"));
        // A command that was ended may have left tables without a manifest.
        fs::write(dir.join("nodes.csv"), crate::results::NodeRow::KIND.header()).unwrap();
        claim(dir, ResultsKind::Run, "x", false).unwrap();
        fs::write(dir.join("manifest.json"), "{}").unwrap();
        assert!(refusal(dir, ResultsKind::Run, "x").contains("manifest.json"));
        fs::remove_file(dir.join("manifest.json")).unwrap();
        fs::create_dir(dir.join("rows")).unwrap();
        assert!(refusal(dir, ResultsKind::Run, "x").contains("an unfinished study"));
        claim(dir, ResultsKind::Study, "x", false).unwrap();
    }

    #[test]
    fn reports_go_with_the_results_that_they_tell_of() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name| folder.path().join(name);
        manifest().write(folder.path()).unwrap();
        let there = || REPORTS.map(place).iter().filter(|place| place.exists()).count();
        REPORTS.map(place).iter().for_each(|place| fs::write(place, "").unwrap());
        fs::write(place("notes.txt"), "mine").unwrap();
        manifest().write(folder.path()).unwrap();
        assert_eq!(there(), REPORTS.len(), "the same results");
        Manifest { results_fingerprint: "02".into(), ..manifest() }.write(folder.path()).unwrap();
        assert_eq!(there(), 0);
        assert!(place("notes.txt").exists());
    }
}
