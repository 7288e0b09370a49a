//! Short tables and plots for the terminal.

mod plot;
mod run;
mod study;

pub use run::run_report;
pub use study::study_report;
pub(super) use study::{STUDY_NOTE, study_cells, study_table};

use super::human;
use crate::results::RunRow;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

/// What was run, in a line.
pub(super) fn title(run: &RunRow) -> String {
    let leechers = run.network_size - run.seeders;
    format!(
        "{}: {} to {leechers} leechers from {} seeders, {}, seed {}",
        run.scenario,
        human::bytes(run.file_size_bytes as f64),
        run.seeders,
        run.protocol,
        run.seed
    )
}

pub(super) fn plain(titles: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if !titles.is_empty() {
        table.set_header(titles.iter().copied());
    }
    table
}

/// Numbers to the right, from column `first` on.
pub(super) fn right(table: &mut Table, first: usize) {
    table.column_iter_mut().skip(first).for_each(|c| c.set_cell_alignment(CellAlignment::Right));
}

pub(super) fn show(table: &Table) -> String {
    table.trim_fmt() + "\n"
}
