//! The columns of all result files as rows, for people and programs.

use super::{Better, FileKind, Measure, Since, Unit};
use crate::scenario::nearest;
use serde::Serialize;

/// A column of a result file, or a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ColumnRow {
    /// The file; `measures` of what is made from several.
    pub file: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// From when times count, where they are moments.
    pub since: Option<Since>,
    /// Whether a field may be empty.
    pub may_be_empty: bool,
    /// Which of two values is better, of measures.
    pub better: Option<Better>,
    /// What it is.
    pub meaning: &'static str,
}

/// The name under which measures are listed.
pub const MEASURES: &str = "measures";

/// The columns of every file, file by file, and all measures.
pub fn all_columns() -> Vec<ColumnRow> {
    let files = FileKind::all().flat_map(|kind| {
        kind.columns.iter().map(move |column| ColumnRow {
            file: kind.called,
            name: column.name,
            unit: column.unit,
            since: column.since,
            may_be_empty: column.may_be_empty,
            better: None,
            meaning: column.meaning,
        })
    });
    let measures = Measure::all().iter().map(|measure| ColumnRow {
        file: MEASURES,
        name: &measure.name,
        unit: measure.unit,
        since: None,
        may_be_empty: true,
        better: Some(measure.better),
        meaning: &measure.meaning,
    });
    files.chain(measures).collect()
}

/// Those of the file `what` (its ending may be left out), or those that are called so.
///
/// # Errors
/// When there is neither such a file nor such a column; names the nearest.
pub fn columns_of(what: &str) -> Result<Vec<ColumnRow>, String> {
    let all = all_columns();
    let of_file = |row: &ColumnRow| {
        let file = row.file.split(' ').next().unwrap_or_default();
        row.file == what || file == what || file.strip_suffix(".csv") == Some(what)
    };
    let ways: [&dyn Fn(&ColumnRow) -> bool; 2] = [&of_file, &|row| row.name == what];
    let found = ways.into_iter().map(|way| all.iter().filter(|row| way(row)).copied().collect::<Vec<_>>());
    found.into_iter().find(|found| !found.is_empty()).ok_or_else(|| {
        let mut message = format!(
            "error: there is no result file and no column `{what}`\n = expected a file such as nodes.csv, \
             `{MEASURES}`, or a column such as t100_s"
        );
        let valid = all.iter().flat_map(|row| [row.file, row.name]);
        if let Some(name) = nearest(what, valid) {
            message += &format!("\n = did you mean `{name}`?");
        }
        message
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_a_column_and_measures_are_found() {
        assert!(columns_of("nodes.csv").unwrap().iter().all(|row| row.file == "nodes.csv"));
        assert_eq!(columns_of("nodes").unwrap(), columns_of("nodes.csv").unwrap());
        let files: Vec<&str> = columns_of("t100_s").unwrap().iter().map(|row| row.file).collect();
        assert_eq!(files, ["nodes.csv", "downloads.csv", MEASURES]);
        assert_eq!(columns_of(MEASURES).unwrap().len(), Measure::all().len());
        assert!(columns_of("t10_s").unwrap_err().contains("did you mean"));
    }
}
