//! A finished study as a whole, from its result files alone: what varied, what
//! every point did, how results follow each swept number, and what held the
//! leechers back.
//!
//! Variants and cells are those of a comparison: a *variant* is a protocol with
//! constants and hardware, a *cell* all else that varies, a *point* a variant in
//! a cell. Seeds, sets of seeders and repetitions of a point are pooled.

mod axis;
mod held;
mod parts;
mod power;
mod race;
mod sweep;
#[cfg(test)]
mod tests;

pub use axis::{AxisValue, SurveyAxis, is_told_by_name};
pub use held::{Held, HeldMap, HeldShares, spread};
pub use parts::SurveyParts;
pub use power::PowerLaw;
pub use race::Race;
pub use sweep::{Dot, Swept, SweptLine};

use super::inputs::{Inputs, NotAStudy, StudyRun, read_where};
use crate::ledger::Class;
use crate::results::{Manifest, RunRow, TrafficRow, median};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A study, point by point.
#[derive(Debug, Clone)]
pub struct Survey {
    /// Where the results come from.
    pub manifest: Manifest,
    /// What holds in all runs: (key, value).
    pub world: Vec<(String, String)>,
    /// What varies: first the world, then the client.
    pub axes: Vec<SurveyAxis>,
    /// Names of the variants, as they were run.
    pub variants: Vec<String>,
    /// Cell by cell, in a cell in the order of the variants.
    pub points: Vec<SurveyPoint>,
}

/// The runs of one variant in one cell.
#[derive(Debug, Clone, Default)]
pub struct SurveyPoint {
    /// Index of the cell.
    pub cell: usize,
    /// Index into [`Survey::variants`].
    pub variant: usize,
    /// One for each of [`Survey::axes`].
    pub values: Vec<AxisValue>,
    /// Finished runs, each once.
    pub runs: Vec<RunRow>,
    /// The median download time of each of them, each download from its own start, in s;
    /// nothing where one did not complete.
    pub medians: Vec<Option<f64>>,
    /// Downloads of the finished runs: of each leecher one, of all that it wants; where
    /// there are requests, all that had something to fetch.
    pub downloads: u64,
    /// When leechers were complete, from the start of the earliest leecher of the
    /// run, in s, ascending; where there are requests, how long each download took.
    pub moments: Vec<f64>,
    /// How long downloads took, each from its own start or from when it was asked for, in s.
    pub times: Vec<f64>,
    /// Bytes of each class, mean over the runs; classes without any are absent.
    pub traffic: Vec<(Class, f64)>,
}

impl SurveyPoint {
    /// The values of `of` in the finished runs that have one.
    pub fn values_of(&self, of: impl Fn(&RunRow) -> Option<f64>) -> Vec<f64> {
        self.runs.iter().filter_map(of).collect()
    }

    /// Bytes of block data that were stored and needed, mean over the runs.
    pub fn payload(&self) -> f64 {
        let useful = self.values_of(|run| run.useful().map(|bytes| bytes as f64));
        useful.iter().sum::<f64>() / self.runs.len().max(1) as f64
    }
}

impl Survey {
    /// Reads the result files in `dir`.
    pub fn read(dir: &Path) -> Result<Survey, NotAStudy> {
        let inputs = Inputs::read(dir)?;
        Ok(Survey::of(inputs, read_where(dir, |row: &TrafficRow| row.bytes > 0)?))
    }

    pub(super) fn of(inputs: Inputs, traffic: Vec<TrafficRow>) -> Survey {
        let mut bytes: BTreeMap<String, Vec<TrafficRow>> = BTreeMap::new();
        traffic.into_iter().for_each(|row| bytes.entry(row.run_id.clone()).or_default().push(row));
        let mut variants: Vec<String> = Vec::new();
        for run in &inputs.runs {
            if !variants.contains(&run.variant) {
                variants.push(run.variant.clone());
            }
        }
        let (axes, fixed) = axis::find(&inputs.runs);
        let mut cells: BTreeMap<_, Vec<&StudyRun>> = BTreeMap::new();
        for run in &inputs.runs {
            let row = &run.row;
            let key = (run.world_index, row.file_size_bytes, row.network_size, row.seeders);
            cells.entry(key).or_default().push(run);
        }
        let mut points = Vec::new();
        for (cell, runs) in cells.values().enumerate() {
            for (variant, name) in variants.iter().enumerate() {
                let mine: Vec<&StudyRun> = runs.iter().filter(|run| run.variant == *name).copied().collect();
                if let Some(first) = mine.first() {
                    let values = axes.iter().map(|axis| axis.value(first)).collect();
                    points.push(SurveyPoint { cell, variant, values, ..pool(&mine, &bytes) });
                }
            }
        }
        let world = fixed.into_iter().chain(inputs.common).collect();
        Survey { manifest: inputs.manifest, world, axes, variants, points }
    }

    /// Indices of the points of each cell.
    pub fn cells(&self) -> Vec<Vec<usize>> {
        let mut cells: Vec<Vec<usize>> = Vec::new();
        for (index, point) in self.points.iter().enumerate() {
            cells.resize(cells.len().max(point.cell + 1), Vec::new());
            cells[point.cell].push(index);
        }
        cells
    }

    /// What of the world varies, with its values at `point`.
    pub fn place<'a>(&'a self, point: &'a SurveyPoint) -> impl Iterator<Item = (&'a SurveyAxis, &'a AxisValue)> {
        self.axes.iter().zip(&point.values).filter(|(axis, _)| !axis.of_client)
    }

    /// Whether nodes ask for something during the runs.
    pub fn has_requests(&self) -> bool {
        self.points.iter().flat_map(|point| &point.runs).any(RunRow::has_requests)
    }

    /// Planned runs without a result.
    pub fn runs_missing(&self) -> u64 {
        self.manifest.runs_missing + self.manifest.runs_failed
    }
}

/// What the runs of a point did together.
fn pool(runs: &[&StudyRun], traffic: &BTreeMap<String, Vec<TrafficRow>>) -> SurveyPoint {
    let mut point = SurveyPoint::default();
    // A run that stands in the plan twice has two rows.
    let mut seen = BTreeSet::new();
    let mut bytes: BTreeMap<Class, u64> = BTreeMap::new();
    for run in runs.iter().filter(|run| !run.row.is_failed() && seen.insert(&run.row.run_id)) {
        point.downloads += run.downloads;
        point.medians.push(median(&run.times).filter(|_| run.times.len() as u64 == run.downloads));
        point.moments.extend(&run.moments);
        point.times.extend(&run.times);
        point.runs.push(run.row.clone());
        for row in traffic.get(&run.row.run_id).into_iter().flatten() {
            let class = Class::ALL.into_iter().find(|class| class.name() == row.class);
            *bytes.entry(class.unwrap_or(Class::Other)).or_default() += row.bytes;
        }
    }
    point.moments.sort_by(f64::total_cmp);
    let runs = point.runs.len() as f64;
    point.traffic = bytes.into_iter().map(|(class, bytes)| (class, bytes as f64 / runs)).collect();
    point
}
