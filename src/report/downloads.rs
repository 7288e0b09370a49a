//! Downloads by class of dataset.

use super::document::{Grid, GridColumn};
use super::human;
use super::words::duration;
use crate::results::{DownloadGroup, DownloadRow};

/// A table of the downloads of one run or several; nothing where there are none to tell.
pub(super) fn by_class(rows: &[DownloadRow]) -> Option<Grid> {
    let numbers = ["downloads", "held", "unfinished", "first block", "median", "p95", "stored each", "sources each"]
        .map(GridColumn::numbers);
    let mut grid = Grid::new([GridColumn::words("datasets")].into_iter().chain(numbers));
    for group in DownloadGroup::of(rows) {
        let time = |value: Option<f64>| match value {
            _ if group.held == group.downloads => "-".to_owned(),
            value => value.map_or("not reached".into(), duration),
        };
        grid.row([
            group.name.clone(),
            group.downloads.to_string(),
            group.held.to_string(),
            group.unfinished.to_string(),
            time(group.first_byte_s),
            time(group.median_s),
            time(group.p95_s),
            human::bytes(group.bytes),
            format!("{:.1}", group.sources),
        ]);
    }
    (!rows.is_empty()).then_some(grid)
}
