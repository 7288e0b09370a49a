//! The runs of a study, read from its result files.

#[cfg(test)]
pub(super) mod sample;
mod variants;

pub(super) use variants::{NAME, RunClient, labels};

use crate::results::{DownloadRow, Manifest, NodeRow, Record, ResultsError, RunRow, RunTable, TableRow, open, select};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use thiserror::Error;
use variants::{names_clients, of_client};

/// The directory holds no results of this program.
#[derive(Debug, Error)]
#[error("{}: {reason}", dir.display())]
pub struct NotAStudy {
    /// The directory.
    pub dir: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// The finished runs of a study.
#[derive(Debug)]
pub(super) struct Inputs {
    pub(super) manifest: Manifest,
    /// What of the world holds for all runs.
    pub(super) common: Vec<(String, String)>,
    pub(super) runs: Vec<StudyRun>,
}

/// A run; one that failed has no times.
#[derive(Debug)]
pub(super) struct StudyRun {
    pub(super) variant: String,
    /// What of the world varies in the study, and the number of this combination
    /// in the order of the study.
    pub(super) world: Vec<(String, String)>,
    pub(super) world_index: usize,
    pub(super) row: RunRow,
    /// The client's swept keys that have a column of their own; empty where the
    /// base holds.
    pub(super) client: Vec<(String, String)>,
    /// Downloads that should end: of each leecher one, of all that it wants; where there
    /// are requests, all that had something to fetch.
    pub(super) downloads: u64,
    /// Times of those that ended, in s: of a leecher from its own start, where there are
    /// requests from when each download was asked for.
    pub(super) times: Vec<f64>,
    /// When leechers were complete, from the start of the earliest one, in s; where there are
    /// requests the times again.
    pub(super) moments: Vec<f64>,
}

/// Columns of `runs.csv` that describe the world, and the key that sets each.
const WORLD: [(&str, &str); 3] =
    [("up_bps", "network.up"), ("down_bps", "network.down"), ("latency_s", "network.latency")];

/// What is said of results that have no downloads.
const OF_STORAGE: &str = "its runs are of storage, and this is about downloads of swarms\n = `codexsim report DIR` without \
                          --baseline tells what they say; `codexsim impact` tells what a change does to storage";

impl Inputs {
    /// Reads the result files in `dir`.
    pub(super) fn read(dir: &Path) -> Result<Inputs, NotAStudy> {
        let unread = |error: ResultsError| NotAStudy { dir: dir.into(), reason: error.to_string() };
        let manifest = Manifest::read(dir).map_err(unread)?;
        let table = open::<RunRow>(dir).and_then(RunTable::read).map_err(unread)?;
        if table.records.iter().any(|record| record.storage.is_some()) {
            return Err(NotAStudy { dir: dir.into(), reason: OF_STORAGE.into() });
        }
        if table.records.is_empty() {
            let reason = format!("{} has no row", RunRow::KIND.file);
            return Err(NotAStudy { dir: dir.into(), reason });
        }
        let nodes = read_where(dir, |node: &NodeRow| node.t100_s.is_some())?;
        let asked = with_requests(&table);
        let downloads = match asked.is_empty() {
            true => vec![],
            false => read_where(dir, |row: &DownloadRow| row.is_fetched() && asked.contains(&row.run_id))?,
        };
        Ok(Inputs::of(manifest, table, nodes, downloads))
    }

    pub(super) fn of(
        mut manifest: Manifest,
        table: RunTable,
        nodes: Vec<NodeRow>,
        downloads: Vec<DownloadRow>,
    ) -> Inputs {
        // Of the two the one that knows of more: rows may have come from elsewhere.
        let failed = table.records.iter().filter(|record| record.run.is_failed()).count() as u64;
        manifest.runs_failed = manifest.runs_failed.max(failed);
        let (ended, asked) = (ended(nodes), asked(downloads));
        let named = names_clients(table.records.iter().map(|record| {
            let (client, world): (Described, Described) =
                record.described(&WORLD, &table.extra).into_iter().partition(|(key, _)| of_client(key));
            let (names, world): (Described, Described) = world.into_iter().partition(|(key, _)| key == NAME);
            (
                format!("{} {client:?}", record.run.protocol),
                format!("{world:?}"),
                names.first().map_or(String::new(), |(_, name)| name.clone()),
            )
        }));
        let of_client = |key: &str| of_client(key) || named && key == NAME;
        let described = |record: &Record| {
            let all = record.described(&WORLD, &table.extra);
            all.into_iter().filter(|(key, _)| !of_client(key)).collect()
        };
        let described: Vec<Described> = table.records.iter().map(described).collect();
        let (common, worlds) = split(described);
        let names = names(&table, &worlds, of_client);
        let mut order: BTreeMap<Described, usize> = BTreeMap::new();
        let runs = table.records.into_iter().zip(worlds).zip(names).map(|((record, world), variant)| {
            let next = order.len();
            let world_index = *order.entry(world.clone()).or_insert(next);
            let (downloads, (times, moments)) = match record.run.has_requests() {
                true => asked.get(&record.run.run_id).cloned().unwrap_or_default(),
                false => (record.run.leechers().into(), ended.get(&record.run.run_id).cloned().unwrap_or_default()),
            };
            let swept = table.extra.iter().cloned().zip(record.extra);
            let client = swept.filter(|(key, _)| of_client(key)).collect();
            StudyRun { variant, world, world_index, row: record.run, client, downloads, times, moments }
        });
        Inputs { common, runs: runs.collect(), manifest }
    }

    /// Runs planned for each variant in each cell.
    pub(super) fn places(&self) -> usize {
        self.manifest.seeder_sets as usize * self.manifest.repetitions as usize
    }

    /// Planned runs without a result.
    pub(super) fn runs_missing(&self) -> u64 {
        self.manifest.runs_missing + self.manifest.runs_failed
    }
}

/// Those rows of a table in `dir` that `keep` wants.
pub(super) fn read_where<R: TableRow>(dir: &Path, keep: impl FnMut(&R) -> bool) -> Result<Vec<R>, NotAStudy> {
    let rows = open::<R>(dir).and_then(|file| select(file, keep));
    rows.map_err(|error| NotAStudy { dir: dir.into(), reason: error.to_string() })
}

/// Times and moments, see [`StudyRun`].
type Ended = (Vec<f64>, Vec<f64>);

/// How long the downloads of each run took, and when they ended.
fn ended(nodes: Vec<NodeRow>) -> BTreeMap<String, Ended> {
    let mut ended: BTreeMap<String, Ended> = BTreeMap::new();
    for node in nodes.into_iter().filter(|node| node.role == "leecher") {
        if let Some(end) = node.t100_s {
            let (times, moments) = ended.entry(node.run_id).or_default();
            times.push(end - node.start_s.unwrap_or(0.0));
            moments.push(end);
        }
    }
    ended
}

/// The runs in which nodes ask for something during the run.
fn with_requests(table: &RunTable) -> BTreeSet<String> {
    let runs = table.records.iter().map(|record| &record.run);
    runs.filter(|run| run.has_requests()).map(|run| run.run_id.clone()).collect()
}

/// How many downloads of each run had something to fetch, and how long they took.
fn asked(downloads: Vec<DownloadRow>) -> BTreeMap<String, (u64, Ended)> {
    let mut asked: BTreeMap<String, (u64, Ended)> = BTreeMap::new();
    for row in downloads.into_iter().filter(DownloadRow::is_fetched) {
        let time = row.time_s();
        let (downloads, (times, moments)) = asked.entry(row.run_id).or_default();
        *downloads += 1;
        times.extend(time);
        moments.extend(time);
    }
    asked
}

/// `key = value, key = value`.
pub(crate) fn words(world: &[(String, String)]) -> String {
    world.iter().map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
}

type Described = Vec<(String, String)>;

/// What holds for all, and what is left of each.
fn split(worlds: Vec<Described>) -> (Described, Vec<Described>) {
    let first = worlds.first().cloned().unwrap_or_default();
    let same = |column: usize| worlds.iter().all(|world| world[column] == first[column]);
    let common: Vec<bool> = (0..first.len()).map(same).collect();
    let keep = |world: &Described, wanted: bool| -> Described {
        world.iter().zip(&common).filter(|(_, common)| **common == wanted).map(|(pair, _)| pair.clone()).collect()
    };
    (keep(&first, true), worlds.iter().map(|world| keep(world, false)).collect())
}

/// The variant of each run.
fn names(table: &RunTable, worlds: &[Described], of_client: impl Fn(&str) -> bool) -> Vec<String> {
    let columns: Vec<usize> = (0..table.extra.len()).filter(|column| of_client(&table.extra[*column])).collect();
    let keys: Vec<&str> = columns.iter().map(|column| table.extra[*column].as_str()).collect();
    let client = |(record, world): (&'_ Record, &Described)| {
        let row = &record.run;
        let cell = format!("{world:?} {} {} {}", row.file_size_bytes, row.network_size, row.seeders);
        let constants = columns.iter().map(|column| record.extra[*column].clone()).collect();
        RunClient { protocol: row.protocol.clone(), cell, constants }
    };
    let clients: Vec<RunClient> = table.records.iter().zip(worlds).map(client).collect();
    labels(&keys, &clients)
}
