//! The report as one self-contained HTML file.

use super::super::page::page;
use super::answer::{summary, title};
use super::tables::{MARKS, Row, SUMS, Table, classes, whole, worlds};
use super::words::{caution, command, legend, worlds as described};
use super::{bytes_figure, changes_figure};
use crate::study::Impact;
use serde::Serialize;

const TEMPLATE: &str = include_str!("impact.html");

#[derive(Serialize)]
struct Values {
    title: String,
    summary: Vec<String>,
    marks: &'static str,
    worlds: Shown,
    whole: Shown,
    changes: Option<String>,
    sums: &'static str,
    classes: Shown,
    bytes: Option<String>,
    described: Vec<String>,
    notes: Vec<String>,
    command: String,
    caution: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    titles: Vec<String>,
    /// Text and class of each cell.
    rows: Vec<Vec<(String, &'static str)>>,
}

impl From<Table> for Shown {
    fn from(table: Table) -> Shown {
        let row = |row: Row| row.cells.into_iter().zip(row.classes).collect();
        Shown { titles: table.titles, rows: table.rows.into_iter().map(row).collect() }
    }
}

/// The page, with all figures inside.
pub fn html(impact: &Impact) -> String {
    page(
        TEMPLATE,
        Values {
            title: title(impact),
            summary: summary(impact),
            marks: MARKS,
            whole: whole(impact, None).into(),
            changes: changes_figure(impact),
            sums: SUMS,
            classes: classes(impact, None).into(),
            bytes: bytes_figure(impact),
            worlds: worlds(impact).into(),
            described: described(impact),
            notes: legend(impact),
            command: command(impact),
            caution: caution(impact),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::super::sample::impact;
    use super::*;

    #[test]
    fn the_page_has_the_numbers_of_the_tables() {
        let impact = impact();
        let page = html(&impact);
        let escaped = |text: &str| text.replace('<', "&lt;").replace('>', "&gt;");
        for table in [whole(&impact, None), classes(&impact, None), worlds(&impact)] {
            for cell in table.rows.iter().flat_map(|row| &row.cells) {
                assert!(page.contains(&format!(">{}</td>", escaped(cell))), "{cell}");
            }
        }
        assert_eq!(page.matches("<svg").count(), 2);
        assert!(page.contains("ended at 8 pairs. The command goes on"));
        assert!(summary(&impact).iter().all(|line| page.contains(&escaped(line))) && !page.contains("<a>"));
    }
}
