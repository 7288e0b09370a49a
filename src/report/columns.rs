//! The columns of the result files in words.

use super::document::{Document, Grid, GridColumn};
use crate::results::{Better, ColumnRow, FileKind, Since, one_line};

/// What a value of the column looks like: unit, origin of time, and what else there is to
/// know.
fn remarks(row: &ColumnRow) -> String {
    let unit = Some(row.unit.symbol()).filter(|symbol| !symbol.is_empty());
    let better = row.better.map(|better| match better {
        Better::Less => "less is better",
        Better::More => "more is better",
        Better::Neither => "neither is better",
    });
    let empty = (row.may_be_empty && row.better.is_none()).then_some("may be empty");
    let words = [unit, row.since.map(Since::words), better, empty];
    words.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What the rows of a file are.
fn of_file(file: &str) -> String {
    let known = FileKind::all().find(|kind| kind.file == file);
    known.map_or(MEASURES.into(), |kind| one_line(kind.meaning))
}

const MEASURES: &str = "What claims (`[expect]`), `impact`, `validate` and `calibrate` are made of: the numbers of \
                        runs.csv, and what is made from the other tables.";

/// `rows`, file by file; as Markdown the page docs/results.md.
pub fn columns(rows: &[ColumnRow]) -> Document {
    let mut document = Document::new("Result files");
    document.pages(|page| INTRODUCTION.iter().for_each(|text| page.paragraph(*text)));
    for rows in rows.chunk_by(|a, b| a.file == b.file) {
        document.heading(rows[0].file);
        document.paragraph(of_file(rows[0].file));
        let mut grid = Grid::new(["column", "unit", "meaning"].map(GridColumn::words));
        rows.iter().for_each(|row| grid.row([row.name.to_owned(), remarks(row), one_line(row.meaning)]));
        document.grid(grid);
    }
    document
}

const INTRODUCTION: [&str; 3] = [
    "`codexsim columns` prints this page; with `--format csv` or `json` it is a table for programs, and `codexsim \
     columns nodes.csv` or `codexsim columns t100_s` a part of it.",
    "Results are tidy CSV files: one kind of row in each, a header, units in the names of columns, a dot in decimals. \
     Numbers have the shortest form that reads back to the same value. An empty field means that something was not \
     reached or does not apply; what is unlimited is `inf` (in JSON the string `\"inf\"`). New columns are added at \
     the end.",
    "The runs.csv of a study has, after these, a column for every swept key that has none of its own, under its \
     dotted name. `manifest.json` says what made the files: program, scenario in full, numbers of runs and rows, and \
     digests of all events.",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::all_columns;

    /// The page in docs is what the program says; `UPDATE_EXPECTED=1` makes it anew.
    #[test]
    fn the_documentation_is_this() {
        let place = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/results.md");
        let page = columns(&all_columns()).markdown(1);
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            std::fs::write(&place, &page).unwrap();
        }
        assert!(std::fs::read_to_string(place).unwrap_or_default() == page, "docs/results.md is not what it should be");
    }

    #[test]
    fn every_column_is_told_with_its_unit_and_origin() {
        let text = columns(&all_columns()).markdown(1);
        for row in all_columns() {
            assert!(text.contains(&format!("| {} | {} |", row.name, remarks(&row))), "{}", row.name);
        }
        assert!(
            text.contains(
                "| ttfb_s | s, from the start of the earliest leecher, or the first request, may be empty | "
            ),
            "{text}"
        );
    }
}
