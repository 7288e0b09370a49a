//! The runs of a study of storage, point by point.

use super::{Loss, StorageAxis};
use crate::results::{Record, RunTable, StorageRow, median};
use std::collections::BTreeMap;

/// The points of a study of storage, in its order.
#[derive(Debug, Clone, Default)]
pub struct StoragePoints {
    /// What tells the points apart: swept keys, and `system` where there are several.
    pub keys: Vec<String>,
    /// The points.
    pub points: Vec<StoragePoint>,
    /// Their places by their values.
    places: BTreeMap<Vec<String>, usize>,
}

/// The runs of a system with the same values of all swept keys.
#[derive(Debug, Clone, Default)]
pub struct StoragePoint {
    /// The values of the keys, as they stand in `runs.csv`.
    pub values: Vec<String>,
    /// The runs that did not fail.
    pub runs: Vec<StorageRow>,
}

/// What the key is called that tells systems apart.
const SYSTEM: &str = "system";
/// What the key is called by which the cells of a sweep have names of their own.
pub const NAME: &str = "name";

impl StoragePoints {
    /// Without any.
    pub fn new(keys: Vec<String>) -> Self {
        StoragePoints { keys, ..StoragePoints::default() }
    }

    /// The runs of a table. What is the same everywhere tells nothing apart and is no key.
    pub(super) fn of(table: &RunTable) -> Self {
        let systems = table.records.iter().filter_map(|record| record.storage.as_ref()).map(|row| row.system.as_str());
        let of_first = table.records.first();
        let varies = |at: &usize| {
            table.records.iter().any(|record| Some(&record.extra[*at]) != of_first.map(|first| &first.extra[*at]))
        };
        let columns: Vec<usize> = (0..table.extra.len()).filter(varies).collect();
        let is_swept = columns.iter().any(|at| table.extra[*at] == SYSTEM);
        let several = !is_swept && systems.clone().any(|system| Some(system) != systems.clone().next());
        let keys = columns.iter().map(|at| table.extra[*at].clone());
        let mut all = StoragePoints::new([SYSTEM.to_owned()].into_iter().filter(|_| several).chain(keys).collect());
        for record in &table.records {
            let system = record.storage.iter().map(|row| row.system.clone()).filter(|_| several);
            all.add(system.chain(columns.iter().map(|at| record.extra[*at].clone())).collect(), record);
        }
        all
    }

    /// Takes in a run at the point with these values. Runs of a point need not come one after
    /// the other: seeds may be swept outermost.
    pub fn add(&mut self, values: Vec<String>, record: &Record) {
        let next = self.points.len();
        let at = *self.places.entry(values.clone()).or_insert(next);
        if at == next {
            self.points.push(StoragePoint { values, runs: vec![] });
        }
        self.points[at].add(record);
    }

    /// All runs that did not fail.
    pub fn runs(&self) -> impl Iterator<Item = &StorageRow> {
        self.points.iter().flat_map(|point| &point.runs)
    }

    /// A key with its value at each point.
    pub fn axis(&self, key: usize) -> StorageAxis {
        StorageAxis::of(&self.keys[key], self.points.iter().map(|point| point.values[key].as_str()))
    }

    /// The keys by whose values a point is told in words: those of which its name does not
    /// tell the value.
    pub fn told(&self) -> Vec<usize> {
        let name = self.keys.iter().position(|key| key == NAME);
        let several = name.filter(|name| self.axis(*name).steps().len() > 1);
        let by_name = |key: usize, name: usize| {
            let mut of_name: BTreeMap<&str, &str> = BTreeMap::new();
            self.points.iter().all(|StoragePoint { values, .. }| {
                let value = values[key].as_str();
                *of_name.entry(&values[name]).or_insert(value) == value
            })
        };
        let untold = |key: &usize| several.is_none_or(|name| *key == name || !by_name(*key, name));
        (0..self.keys.len()).filter(untold).collect()
    }

    /// Whether systems are told apart, and by which key.
    pub fn system_key(&self) -> Option<usize> {
        self.keys.iter().position(|key| key == SYSTEM)
    }
}

impl StoragePoint {
    fn add(&mut self, record: &Record) {
        self.runs.extend(record.storage.clone().filter(|_| !record.run.is_failed()));
    }

    /// How likely the loss of a dataset is.
    pub fn dataset_loss(&self) -> Option<Loss> {
        Loss::of(&self.runs, |row| (row.dataset_loss, row.dataset_loss_low, row.dataset_loss_high))
    }

    /// The same of any of them.
    pub fn any_loss(&self) -> Option<Loss> {
        Loss::of(&self.runs, |row| (row.any_loss, row.any_loss_low, row.any_loss_high))
    }

    /// Whether one dataset or more is lost in the mean, by the lower end of the interval.
    /// Expectations add, though datasets share hosts.
    pub(super) fn loses_some(&self) -> bool {
        let datasets = self.runs.first().map_or(0, |row| row.datasets);
        self.dataset_loss().is_some_and(|loss| loss.interval.0 * f64::from(datasets) >= 1.0)
    }

    /// The median over its runs of what they have of `of`.
    pub fn median(&self, of: impl Fn(&StorageRow) -> Option<f64>) -> Option<f64> {
        median(&self.runs.iter().filter_map(of).collect::<Vec<_>>())
    }

    /// Bytes stored for each byte, and bytes moved to repair for each byte and year; nothing
    /// where that is not known.
    pub fn costs(&self) -> Option<[f64; 2]> {
        let overhead = self.median(|row| Some(row.overhead))?;
        Some([overhead, self.median(|row| row.repair_per_stored_byte_year)?])
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{record, table};
    use super::*;

    #[test]
    fn runs_are_grouped_by_what_varies_in_the_order_of_the_study() {
        let runs = [(1, ["10", "x"]), (2, ["20", "x"]), (3, ["10", "x"]), (4, ["5", "x"])];
        let records = runs.map(|(seed, extra)| record("a", seed, 0.1, &extra));
        let points = StoragePoints::of(&table(&["code.total", "repair.by"], &records));
        assert_eq!(points.keys, ["code.total"], "what is the same everywhere is no key");
        let told: Vec<(&str, Vec<u64>)> = points
            .points
            .iter()
            .map(|point| (point.values[0].as_str(), point.runs.iter().map(|row| row.seed).collect()))
            .collect();
        assert_eq!(told, [("10", vec![1, 3]), ("20", vec![2]), ("5", vec![4])]);
        assert_eq!(points.system_key(), None);
    }

    #[test]
    fn what_a_name_tells_is_told_by_it() {
        let cells = [["small", "6", "1 d"], ["large", "9", "1 d"], ["small", "6", "2 d"], ["large", "9", "2 d"]];
        let records = cells.map(|extra| record("a", 1, 0.1, &extra));
        let points = StoragePoints::of(&table(&["name", "code.total", "detect.mean_delay"], &records));
        assert_eq!(points.told(), [0, 2], "a name has one code and two delays");
        let unnamed = StoragePoints::of(&table(&["code.data", "code.total", "detect.mean_delay"], &records));
        assert_eq!(unnamed.told(), [0, 1, 2]);
    }

    #[test]
    fn systems_are_points_of_their_own_and_failed_runs_are_left_out() {
        let mut failed = record("b", 2, 0.1, &[]);
        failed.run.status = "failed: no memory".into();
        let records = [record("a", 1, 0.1, &[]), record("b", 1, 0.1, &[]), failed];
        let points = StoragePoints::of(&table(&[], &records));
        assert_eq!((points.keys.as_slice(), points.system_key()), (["system".to_owned()].as_slice(), Some(0)));
        assert_eq!(points.points.iter().map(|point| point.runs.len()).collect::<Vec<_>>(), [1, 1]);
        let swept = [record("a", 1, 0.1, &["a"]), record("b", 1, 0.1, &["b"])];
        assert_eq!(StoragePoints::of(&table(&["system"], &swept)).keys, ["system"], "it is a key once");
    }
}
