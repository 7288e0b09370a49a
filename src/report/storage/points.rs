//! The points of a study of storage: a line for each, with medians over its runs.

use super::super::document::{Grid, GridColumn};
use super::super::human::{self, Scale};
use super::probability;
use crate::results::{Record, StorageRow, median};

/// A column of the table: its measure, its title, where it goes when not all fit, and how
/// its values are written.
struct Quantity {
    of: fn(&StorageRow) -> Option<f64>,
    title: &'static str,
    rank: u8,
    show: Show,
}

/// How the values of a column are written.
enum Show {
    Probability,
    Plain(usize),
    Percent,
    Seconds,
    Bytes,
}

const QUANTITIES: [Quantity; 11] = [
    Quantity { of: |row| row.dataset_loss, title: "a dataset is lost", rank: 0, show: Show::Probability },
    Quantity { of: |row| row.nines, title: "nines", rank: 1, show: Show::Plain(1) },
    Quantity { of: |row| row.any_loss, title: "any is lost", rank: 3, show: Show::Probability },
    Quantity { of: |row| row.datasets_lost, title: "lost", rank: 6, show: Show::Plain(2) },
    Quantity { of: |row| Some(row.overhead), title: "overhead", rank: 2, show: Show::Plain(2) },
    Quantity { of: |row| row.repair_per_stored_byte_year, title: "repair B/B/year", rank: 2, show: Show::Plain(3) },
    Quantity { of: |row| row.time_to_repair_median_s, title: "time to repair", rank: 4, show: Show::Seconds },
    Quantity { of: |row| row.unneeded_bytes, title: "unneeded", rank: 8, show: Show::Bytes },
    Quantity { of: |row| row.unreadable_share, title: "unreadable", rank: 5, show: Show::Probability },
    Quantity { of: |row| row.chain_use, title: "of chain", rank: 7, show: Show::Percent },
    Quantity { of: |row| row.fill_s, title: "time to fill", rank: 4, show: Show::Seconds },
];

/// The runs of a study of storage, point by point.
#[derive(Debug, Clone, Default)]
pub struct StoragePoints {
    /// What tells the points apart.
    pub keys: Vec<String>,
    /// The values of the keys, and the runs that did not fail.
    pub points: Vec<(Vec<String>, Vec<StorageRow>)>,
}

impl StoragePoints {
    /// Without any.
    pub fn new(keys: Vec<String>) -> Self {
        StoragePoints { keys, points: vec![] }
    }

    /// Takes in a run at the point with these values; runs of one point come one after the
    /// other.
    pub fn add(&mut self, values: Vec<String>, record: &Record) {
        if self.points.last().is_none_or(|(last, _)| *last != values) {
            self.points.push((values, vec![]));
        }
        let runs = self.points.last_mut().map(|(_, runs)| runs);
        runs.into_iter().for_each(|runs| runs.extend(record.storage.clone().filter(|_| !record.run.is_failed())));
    }
}

/// A line for each point. Columns in which no point has a value are left out.
pub fn table(of: &StoragePoints) -> Grid {
    let medians = |quantity: &Quantity| -> Vec<Option<f64>> {
        let of_point = |runs: &Vec<StorageRow>| median(&runs.iter().filter_map(quantity.of).collect::<Vec<_>>());
        of.points.iter().map(|(_, runs)| of_point(runs)).collect()
    };
    let columns: Vec<(&Quantity, Vec<Option<f64>>)> = QUANTITIES
        .iter()
        .map(|quantity| (quantity, medians(quantity)))
        .filter(|(_, all)| all.iter().any(Option::is_some))
        .collect();
    let heads = of.keys.iter().map(GridColumn::words);
    let runs = GridColumn::numbers("runs").ranked(9);
    let titles = columns.iter().map(|(quantity, _)| GridColumn::numbers(quantity.title).ranked(quantity.rank));
    let mut grid = Grid::new(heads.chain([runs]).chain(titles));
    let shown: Vec<Vec<String>> = columns.iter().map(|(quantity, values)| written(&quantity.show, values)).collect();
    for (at, (values, runs)) in of.points.iter().enumerate() {
        let numbers = shown.iter().map(|column| column[at].clone());
        grid.row(values.iter().cloned().chain([runs.len().to_string()]).chain(numbers));
    }
    grid
}

fn written(show: &Show, values: &[Option<f64>]) -> Vec<String> {
    let seconds = Scale::seconds(values.iter().copied().flatten());
    let text = |value: f64| match show {
        Show::Probability => probability(value),
        Show::Plain(digits) => format!("{value:.digits$}"),
        Show::Percent => format!("{:.1} %", value * 100.0),
        Show::Seconds => seconds.show(value),
        Show::Bytes => human::bytes(value),
    };
    values.iter().map(|value| value.map_or("-".into(), text)).collect()
}
