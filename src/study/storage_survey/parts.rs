//! The tables of the first run of some points.

use super::super::inputs::NotAStudy;
use super::super::survey::spread;
use super::StorageSurvey;
use crate::results::{HostRow, RepairRow, ResultsError, SeriesRow, TableRow, read_each};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Points of which they are read.
const MOST_POINTS: usize = 6;

/// What is known of the first history of the first run of a point, besides its row.
#[derive(Debug, Clone, Default)]
pub struct StorageParts {
    /// Index into the points of the survey.
    pub point: usize,
    /// Its hosts.
    pub hosts: Vec<HostRow>,
    /// From the loss of a slot to its being rebuilt, s: of each that was rebuilt, by size.
    pub repair_times_s: Vec<f64>,
    /// Time series by metric: (moment in s, value).
    pub series: BTreeMap<String, Vec<(f64, f64)>>,
}

impl StorageParts {
    /// Reads those of a few points, evenly picked, from the study in `dir`; what it did not keep
    /// is not there.
    pub fn read(dir: &Path, survey: &StorageSurvey) -> Result<Vec<StorageParts>, NotAStudy> {
        let points = &survey.points.points;
        let known: Vec<usize> = (0..points.len()).filter(|at| !points[*at].runs.is_empty()).collect();
        let picked = spread(known.len(), MOST_POINTS).into_iter().map(|at| known[at]);
        let mut parts: Vec<StorageParts> =
            picked.map(|point| StorageParts { point, ..StorageParts::default() }).collect();
        let ids: Vec<&str> = parts.iter().map(|part| points[part.point].runs[0].run_id.as_str()).collect();
        each(dir, &ids, |row: &HostRow| &row.run_id, |at, row| parts[at].hosts.push(row))?;
        each(
            dir,
            &ids,
            |row: &RepairRow| &row.run_id,
            |at, row| {
                if row.outcome == "rebuilt" {
                    parts[at].repair_times_s.push(row.ended_s - row.lost_s);
                }
            },
        )?;
        each(
            dir,
            &ids,
            |row: &SeriesRow| &row.run_id,
            |at, row| {
                parts[at].series.entry(row.metric).or_default().push((row.time_s, row.value));
            },
        )?;
        parts.iter_mut().for_each(|part| part.repair_times_s.sort_by(f64::total_cmp));
        Ok(parts)
    }

    /// A time series; empty where it is not known.
    pub fn metric(&self, name: &str) -> &[(f64, f64)] {
        self.series.get(name).map_or(&[], Vec::as_slice)
    }
}

/// Hands the rows of the runs `ids` to `take`, with the place of their run among these; the
/// others take no memory, for a table may be large. None where there is no such table.
fn each<R: TableRow>(
    dir: &Path,
    ids: &[&str],
    id: impl Fn(&R) -> &String,
    mut take: impl FnMut(usize, R),
) -> Result<(), NotAStudy> {
    let unread = |error: ResultsError| NotAStudy { dir: dir.into(), reason: error.to_string() };
    let Ok(file) = File::open(dir.join(R::KIND.file)) else { return Ok(()) };
    for row in read_each::<R>(BufReader::new(file)).map_err(unread)? {
        let row = row.map_err(unread)?;
        if let Some(at) = ids.iter().position(|known| known == id(&row)) {
            take(at, row);
        }
    }
    Ok(())
}
