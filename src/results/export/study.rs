//! A finished study, read back from its result files and ordered by points.

use super::super::{
    DownloadRow, Manifest, MixRow, NodeRow, ProgressRow, ResultsError, RunRow, RunTable, SeriesRow, TableRow, open,
    read as read_table,
};
use super::ExportError;
use super::curve::{self, CurveKind, Step};
use crate::world::Role;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A finished study.
#[derive(Debug)]
pub(super) struct ExportStudy {
    pub(super) manifest: Manifest,
    /// Its points, in the order of `runs.csv`.
    pub(super) points: Vec<ExportPoint>,
    /// What all of its points have in common.
    resolved: toml::Table,
    /// Whether downloads are known step by step.
    fine: bool,
    /// Samples of the time series are this far apart, by run, in seconds.
    grids: BTreeMap<String, f64>,
}

/// A point of the study: all runs that differ by chance only.
#[derive(Debug)]
pub(super) struct ExportPoint {
    /// Protocol, and what of the world differs between points and has no place
    /// in the other tools' descriptions of an experiment.
    pub(super) label: String,
    /// Names the point; no other has this name.
    pub(super) name: String,
    /// The values of further swept keys.
    pub(super) extra: Vec<(String, String)>,
    /// Any of its rows: inputs are the same in all but the seed.
    pub(super) inputs: RunRow,
    /// Every planned run, by seeder set and then by repetition.
    pub(super) slots: Vec<Slot>,
}

/// Place of one planned run.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) seeder_set: u32,
    pub(super) repetition: u32,
    /// Nothing when it is missing or failed.
    pub(super) run: Option<ExportRun>,
    /// Why there is no run.
    pub(super) error: String,
}

/// A finished run.
#[derive(Debug)]
pub(super) struct ExportRun {
    pub(super) row: RunRow,
    pub(super) nodes: Vec<NodeRow>,
    /// None where it has one file that nobody asks for during the run.
    pub(super) downloads: Vec<DownloadRow>,
    /// Whether its messages go through a mixnet.
    pub(super) mixed: bool,
    /// By node; empty when downloads are not known step by step.
    progress: BTreeMap<u32, Vec<ProgressRow>>,
}

impl ExportStudy {
    /// Reads the result files in `dir`.
    pub(super) fn read(dir: &Path) -> Result<ExportStudy, ExportError> {
        let wrong = |reason: String| ExportError::NotAStudy { dir: dir.into(), reason };
        let unread = |error: ResultsError| wrong(error.to_string());
        let manifest = Manifest::read(dir).map_err(unread)?;
        let table = open::<RunRow>(dir).and_then(RunTable::read).map_err(unread)?;
        if table.records.iter().any(|record| record.storage.is_some()) {
            return Err(wrong("its runs are of storage; only downloads of swarms are exported".into()));
        }
        let nodes = by_run(rows::<NodeRow>(dir).map_err(unread)?, |row| &row.run_id);
        let progress = listed::<ProgressRow>(dir, &manifest).map_err(unread)?;
        let fine = progress.is_some();
        let downloads = listed::<DownloadRow>(dir, &manifest).map_err(unread)?.unwrap_or_default();
        let mix = listed::<MixRow>(dir, &manifest).map_err(unread)?.unwrap_or_default();
        let grids = grids(rows::<SeriesRow>(dir).map_err(unread)?);
        let mut details = Details {
            nodes,
            downloads: by_run(downloads, |row| &row.run_id),
            mixed: mix.into_iter().map(|row| row.run_id).collect(),
            progress: by_run(progress.unwrap_or_default(), |row| &row.run_id),
        };
        let points = points(&table, &manifest, &mut details).map_err(wrong)?;
        if points.iter().all(|point| point.runs().next().is_none()) {
            return Err(wrong("no run of this study is finished".into()));
        }
        let resolved = manifest.resolved.parse().map_err(|_| wrong(format!("no scenario in {}", Manifest::FILE)))?;
        Ok(ExportStudy { manifest, points, resolved, fine, grids })
    }

    /// The word that the scenario, where it sweeps nothing, has for a key.
    pub(super) fn resolved(&self, key: &str) -> Option<String> {
        let mut steps = key.split('.');
        let top = self.resolved.get(steps.next()?)?;
        Some(steps.try_fold(top, |value, step| value.get(step))?.as_str()?.to_owned())
    }

    /// Number of finished runs.
    pub(super) fn finished(&self) -> usize {
        self.points.iter().map(|point| point.runs().count()).sum()
    }

    /// Distance between the samples of the run's own time series, in seconds.
    pub(super) fn grid_s(&self, run: &ExportRun) -> f64 {
        self.grids.get(&run.row.run_id).copied().unwrap_or(1.0)
    }

    /// Planned runs without a result.
    pub(super) fn missing(&self) -> usize {
        (self.manifest.runs_missing + self.manifest.runs_failed) as usize
    }

    /// What holds for every format.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let places: usize = self.points.iter().map(|point| point.slots.len()).sum();
        let lost = places - self.finished();
        if lost > 0 {
            warnings.push(format!("{lost} runs are missing or failed; their downloads are exported as missing"));
        }
        let unknown = self.manifest.runs_planned.saturating_sub(places as u64);
        if unknown > 0 {
            warnings.push(format!("{unknown} planned runs belong to points without any result, which are left out"));
        }
        warnings
    }

    /// What holds for every format that follows downloads.
    pub(super) fn warn_of_steps(&self, warnings: &mut Vec<String>) {
        if !self.fine {
            warnings.push(
                "downloads are known by their first block, 50, 90 and 100 % only; \
                 with `[output] progress = 100` in the scenario every percent is"
                    .into(),
            );
        }
    }
}

impl ExportPoint {
    /// The value of a swept key; nothing where it is not swept, or left alone here.
    pub(super) fn value(&self, key: &str) -> Option<String> {
        let (_, value) = self.extra.iter().find(|(swept, _)| swept == key)?;
        (!value.is_empty()).then(|| value.clone())
    }

    /// The finished runs.
    pub(super) fn runs(&self) -> impl Iterator<Item = &ExportRun> {
        self.slots.iter().filter_map(|slot| slot.run.as_ref())
    }
}

impl Slot {
    /// What the users call the dataset of this run; both counts from 0.
    pub(super) fn dataset(&self) -> String {
        format!("dataset-{}-{}", self.seeder_set, self.repetition)
    }
}

impl ExportRun {
    /// The leechers.
    pub(super) fn leechers(&self) -> impl Iterator<Item = &NodeRow> {
        self.nodes.iter().filter(|node| node.role == Role::Leecher.name())
    }

    /// Who alone holds the file from the start.
    pub(super) fn only_seeder(&self) -> Option<u32> {
        let mut seeders = self.nodes.iter().filter(|node| node.role == Role::Seeder.name());
        seeders.next().filter(|_| self.nodes.len() == 2).map(|node| node.node)
    }

    /// The download of one of its nodes.
    pub(super) fn curve(&self, node: &NodeRow, measure: CurveKind) -> Vec<Step> {
        match self.progress.get(&node.node) {
            Some(rows) => curve::of_progress(rows, measure),
            // Nobody who has steps in progress.csv comes here; who has none has stored next to nothing.
            None => curve::of_moments(node, measure, self.row.file_size_bytes, self.row.block_size_bytes),
        }
    }

    /// From the start of the earliest leecher to when nothing more happens, in seconds.
    pub(super) fn length_s(&self) -> f64 {
        let moments = self.nodes.iter().flat_map(|n| [n.start_s, n.manifest_s, n.t100_s, n.stream_t100_s]);
        moments.flatten().chain(self.row.sim_time_s).fold(0.0, f64::max)
    }
}

/// Rows of the other tables, by run.
struct Details {
    nodes: BTreeMap<String, Vec<NodeRow>>,
    downloads: BTreeMap<String, Vec<DownloadRow>>,
    mixed: BTreeSet<String>,
    progress: BTreeMap<String, Vec<ProgressRow>>,
}

impl Details {
    /// The run of `row`. A run that stands in the plan twice is there twice.
    fn run(&self, row: &RunRow) -> Result<ExportRun, String> {
        let mut nodes = self.nodes.get(&row.run_id).cloned().unwrap_or_default();
        nodes.retain(|node| Role::named(&node.role).is_none_or(Role::takes_part)); // no relays, no servers
        let wanted = row.network_size as usize;
        if nodes.len() != wanted {
            let (found, id, file) = (nodes.len(), &row.run_id, NodeRow::KIND.file);
            return Err(format!("{file} has {found} rows of run {id}, which has {wanted} nodes"));
        }
        let mut progress: BTreeMap<u32, Vec<ProgressRow>> = BTreeMap::new();
        for step in self.progress.get(&row.run_id).into_iter().flatten() {
            progress.entry(step.node).or_default().push(step.clone());
        }
        let downloads = self.downloads.get(&row.run_id).cloned().unwrap_or_default();
        let mixed = self.mixed.contains(&row.run_id);
        Ok(ExportRun { row: row.clone(), nodes, downloads, mixed, progress })
    }
}

fn rows<R: TableRow>(dir: &Path) -> Result<Vec<R>, ResultsError> {
    open::<R>(dir).and_then(read_table)
}

/// The rows of a table that the study may have; one that the manifest does not list was left
/// there by an earlier study.
fn listed<R: TableRow>(dir: &Path, manifest: &Manifest) -> Result<Option<Vec<R>>, ResultsError> {
    manifest.files.iter().any(|file| file.name == R::KIND.file).then(|| rows(dir)).transpose()
}

fn by_run<R>(rows: Vec<R>, id: impl Fn(&R) -> &String) -> BTreeMap<String, Vec<R>> {
    let mut runs: BTreeMap<String, Vec<R>> = BTreeMap::new();
    for row in rows {
        match runs.get_mut(id(&row)) {
            Some(rows) => rows.push(row),
            None => {
                runs.insert(id(&row).clone(), vec![row]);
            }
        }
    }
    runs
}

/// The second sample of a series tells how far apart all are.
fn grids(rows: Vec<SeriesRow>) -> BTreeMap<String, f64> {
    let mut grids = BTreeMap::new();
    for row in rows.into_iter().filter(|row| row.time_s > 0.0) {
        grids.entry(row.run_id).or_insert(row.time_s);
    }
    grids
}

/// Columns of `runs.csv` that describe the world, and the key that sets each.
const WORLD: [(&str, &str); 4] = [
    ("block_size_bytes", "swarm.block_size"),
    ("up_bps", "network.up"),
    ("down_bps", "network.down"),
    ("latency_s", "network.latency"),
];

/// Orders the rows by points. Rows are in plan order, so a point ends where
/// its description changes or where the count of its runs begins anew.
fn points(table: &RunTable, manifest: &Manifest, details: &mut Details) -> Result<Vec<ExportPoint>, String> {
    let worlds: Vec<_> = table.records.iter().map(|record| record.described(&WORLD, &table.extra)).collect();
    let varying: Vec<usize> = (0..worlds.first().map_or(0, Vec::len))
        .filter(|column| worlds.iter().any(|world| world[*column].1 != worlds[0][*column].1))
        .collect();
    let mut points: Vec<ExportPoint> = Vec::new();
    let mut names = BTreeSet::new();
    let mut last = None;
    for (record, world) in table.records.iter().zip(&worlds) {
        let row = &record.run;
        let label = label(row, varying.iter().map(|column| &world[*column]));
        // One set alone is the users' set 0, whichever it was.
        let set = if manifest.seeder_sets == 1 { 0 } else { row.seeder_set };
        let place = (set, row.repetition);
        let same = |point: &ExportPoint| point.label == label && same_swarm(&point.inputs, row);
        if !(points.last().is_some_and(same) && last < Some(place)) {
            let name = unique(format!("{label}-{}", swarm(row)), &mut names);
            let extra = table.extra.iter().cloned().zip(record.extra.iter().cloned()).collect();
            points.push(ExportPoint { label, name, extra, inputs: row.clone(), slots: slots(manifest) });
        }
        last = Some(place);
        let slots = &mut points.last_mut().expect("pushed just now").slots;
        let slot = slots.iter_mut().find(|slot| (slot.seeder_set, slot.repetition) == place);
        let slot = slot.ok_or_else(|| format!("run {} is no run of the study in {}", row.run_id, Manifest::FILE))?;
        match row.is_failed() {
            true => slot.error = row.status.clone(),
            false => slot.run = Some(details.run(row)?),
        }
    }
    Ok(points)
}

fn slots(manifest: &Manifest) -> Vec<Slot> {
    let absent = if manifest.precision.is_some() { "not needed for the precision" } else { "missing" };
    let slot = |seeder_set, repetition| Slot { seeder_set, repetition, run: None, error: absent.into() };
    let of_set = |set| (0..manifest.repetitions).map(move |repetition| slot(set, repetition));
    (0..manifest.seeder_sets).flat_map(of_set).collect()
}

fn same_swarm(a: &RunRow, b: &RunRow) -> bool {
    (a.network_size, a.seeders, a.file_size_bytes) == (b.network_size, b.seeders, b.file_size_bytes)
}

/// What the users' formats can say about a swarm: `<file size>-<nodes>-<seeders>`.
fn swarm(row: &RunRow) -> String {
    format!("{}-{}-{}", row.file_size_bytes, row.network_size, row.seeders)
}

fn label<'a>(row: &RunRow, world: impl Iterator<Item = &'a (String, String)>) -> String {
    // A constant that a cell leaves alone has no value.
    let words = world.filter(|(_, value)| !value.is_empty()).map(|(key, value)| format!("{key}={value}"));
    let words: Vec<String> = std::iter::once(row.protocol.clone()).chain(words).map(|word| tame(&word)).collect();
    words.join("__")
}

/// Text fit for the name of a folder, on any system.
fn tame(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        let c = if c.is_ascii_alphanumeric() || "._=+".contains(c) { c } else { '-' };
        if c != '-' || !name.ends_with('-') {
            name.push(c);
        }
    }
    name.trim_matches(['-', '.']).to_owned()
}

/// The name, or the name with a number, that no other point has.
fn unique(name: String, names: &mut BTreeSet<String>) -> String {
    let numbered = |n: usize| if n == 1 { name.clone() } else { format!("{name}-{n}") };
    let free = (1..).map(numbered).find(|candidate| !names.contains(candidate)).expect("numbers do not end");
    names.insert(free.clone());
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_have_tame_names() {
        assert_eq!(tame("network.model={ matrix = \"regions-2019\" }"), "network.model=-matrix-=-regions-2019");
        assert_eq!(tame("../../models/x.toml"), "models-x.toml");
        let mut names = BTreeSet::new();
        let got: Vec<_> = ["a", "b", "a", "a"].map(|name| unique(name.into(), &mut names)).into();
        assert_eq!(got, ["a", "b", "a-2", "a-3"]);
    }
}
