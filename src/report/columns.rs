//! The columns of the result files in words.

use super::document::Document;
use crate::results::{ColumnRow, FileKind, Since};

/// What a value of the column looks like: unit, origin of time, and what else there is to
/// know.
fn remarks(row: &ColumnRow) -> String {
    let unit = Some(row.unit.symbol()).filter(|symbol| !symbol.is_empty());
    let better = row.better.map(|better| match better {
        crate::results::Better::Less => "less is better",
        crate::results::Better::More => "more is better",
        crate::results::Better::Neither => "neither is better",
    });
    let empty = (row.may_be_empty && row.better.is_none()).then_some("may be empty");
    let words = [unit, row.since.map(Since::words), better, empty];
    words.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What the rows of a file are, in one line.
fn heading(file: &str) -> String {
    let known = FileKind::ALL.iter().find(|kind| kind.file == file);
    let text = known.map_or(
        "What claims, `impact`, `validate` and `calibrate` are made of: the numbers of runs.csv, and what is made \
         from the other tables.",
        |kind| kind.meaning,
    );
    one_line(text)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The list, file by file.
pub fn columns(rows: &[ColumnRow]) -> Document {
    let mut document = Document::new("Result files");
    by_file(rows)
        .map(|(file, rows)| {
            let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
            let indent = " ".repeat(width + 4);
            let line = |row: &ColumnRow| {
                let remarks = Some(remarks(row)).filter(|words| !words.is_empty());
                let remarks = remarks.map_or(String::new(), |words| format!("{indent}{words}\n"));
                format!("  {:<width$}  {}\n{remarks}", row.name, one_line(row.meaning))
            };
            format!("{file}: {}\n{}", heading(file), rows.iter().map(line).collect::<String>())
        })
        .for_each(|text| document.paragraph(text));
    document
}

/// The list as the page docs/results.md.
pub fn columns_markdown(rows: &[ColumnRow]) -> String {
    let section = |(file, rows): (&str, &[ColumnRow])| {
        let cell = |text: &str| text.replace('|', "\\|");
        let line = |row: &ColumnRow| {
            format!("| `{}` | {} | {} |\n", row.name, cell(&remarks(row)), cell(&one_line(row.meaning)))
        };
        let lines: String = rows.iter().map(line).collect();
        format!("## {file}\n\n{}\n\n| column | unit | meaning |\n|---|---|---|\n{lines}", heading(file))
    };
    let sections: Vec<String> = by_file(rows).map(section).collect();
    format!("{INTRODUCTION}{}", sections.join("\n"))
}

const INTRODUCTION: &str = "\
# Result files

`codexsim columns` prints this page; with `--format csv` or `json` it is a table for
programs, and `codexsim columns nodes.csv` or `codexsim columns t100_s` a part of it.

Results are tidy CSV files: one kind of row in each file, a header, units in the names of
columns, a dot in decimals. Numbers have the shortest form that reads back to the same
value. An empty field means that something was not reached or does not apply; what is
unlimited is `inf` (in JSON the string `\"inf\"`). New columns are added at the end.
A study has, after these, a column in runs.csv for every swept key that has none of its
own, under its dotted name. `manifest.json` says what made the files: program, scenario in
full, numbers of runs and rows, and digests of all events.

";

/// The rows file by file.
fn by_file(rows: &[ColumnRow]) -> impl Iterator<Item = (&'static str, &[ColumnRow])> {
    rows.chunk_by(|a, b| a.file == b.file).map(|rows| (rows[0].file, rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::all_columns;

    /// The page in docs is what the program says; `UPDATE_EXPECTED=1` makes it anew.
    #[test]
    fn the_documentation_is_this() {
        let place = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/results.md");
        let page = columns_markdown(&all_columns());
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            std::fs::write(&place, &page).unwrap();
        }
        assert!(std::fs::read_to_string(place).unwrap_or_default() == page, "docs/results.md is not what it should be");
    }

    #[test]
    fn every_column_is_told_with_its_unit_and_origin() {
        let text = columns(&all_columns()).terminal(None);
        for row in all_columns() {
            assert!(text.contains(row.name) && text.contains(&one_line(row.meaning)), "{}", row.name);
        }
        let line = text.lines().skip_while(|line| !line.starts_with("  ttfb_s")).nth(1).unwrap();
        assert_eq!(line.trim(), "s, from the start of the earliest leecher, may be empty");
    }
}
