//! Tables in text: rows of cells, whatever stands between them.

use super::super::source::Place;
use super::Text;
use super::quantity::number;
use super::record::{Field, Record};
use std::borrow::Cow;

/// What the columns of a list of edges may be called, and the key that each is.
const EDGE_COLUMNS: [(&str, &[&str]); 2] =
    [("source", &["from", "source", "src"]), ("target", &["to", "target", "destination", "dst"])];

/// Up to here a table of numbers alone may be a list of edges.
const MOST_EDGE_COLUMNS: usize = 5;

/// What a table says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// An edge in a row.
    Edges,
    /// A latency from the point of its row to the point of its column in each cell.
    Matrix,
    /// A measurement between two points in a row.
    Pings,
}

/// A text as rows of cells; empty lines and those that begin with `#` are none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'a> {
    pub(super) text: Text<'a>,
    /// What stands between cells; nothing for blanks, of any number.
    separator: Option<char>,
}

impl<'a> Table<'a> {
    pub(super) fn of(text: Text<'a>) -> Self {
        let first = lines(text).next().unwrap_or_default();
        Table { text, separator: ['|', ',', ';', '\t'].into_iter().find(|mark| first.contains(*mark)) }
    }

    /// Whether bars stand between its cells, as in CAIDA's files and in no others.
    pub(super) fn has_bars(&self) -> bool {
        self.separator == Some('|')
    }

    /// The cells of each row: slices of the text, without blanks and quotes around them.
    pub(super) fn rows(self) -> impl Iterator<Item = Vec<&'a str>> {
        lines(self.text).map(move |line| match self.separator {
            Some(mark) => split(line, mark),
            None => line.split_whitespace().collect(),
        })
    }

    /// Where a whole row stands.
    pub(super) fn row_place(&self, row: &[&str]) -> Place {
        let [first, last] = [row.first(), row.last()].map(|cell| self.text.place(cell.unwrap_or(&"")));
        Place { end: last.end, ..first }
    }

    /// What stands in `cell`, in the column `key`.
    pub(super) fn field(&self, key: &'a str, cell: &'a str) -> Field<'a> {
        Field { key, value: Cow::Borrowed(cell), at: self.text.place(cell) }
    }

    /// What a row says under its columns, where it says something.
    pub(super) fn record(&self, columns: &[&'a str], row: &[&'a str]) -> Record<'a> {
        let said = columns.iter().zip(row).filter(|(_, cell)| !blank(cell));
        Record { at: self.row_place(row), fields: said.map(|(key, cell)| self.field(key, cell)).collect() }
    }

    /// What this table says, by its first rows.
    pub(super) fn shape(self) -> Shape {
        let mut rows = self.rows();
        let (Some(first), Some(second)) = (rows.next(), rows.next()) else { return Shape::Edges };
        let numbers = |cells: &[&str]| cells.iter().all(|cell| blank(cell) || number(cell).is_some());
        let names = |cells: &[&str]| cells.iter().all(|cell| number(cell).is_none());
        let names_over_numbers =
            || first.len() > 2 && first.len() == second.len() && names(&first) && numbers(&second[1..]);
        match header(&first) {
            Some(_) if first.contains(&"avg") => Shape::Pings,
            Some(_) => Shape::Edges,
            None if self.has_bars() => Shape::Edges,
            None if first[0].is_empty() || first.len() > MOST_EDGE_COLUMNS || names_over_numbers() => Shape::Matrix,
            None => self.small_shape(),
        }
    }

    /// The same for tables of few columns, which the whole of it decides: a matrix has as
    /// many rows as columns, and either zeros alone from corner to corner or the names of
    /// its columns before its rows.
    fn small_shape(self) -> Shape {
        let rows: Vec<_> = self.rows().take(MOST_EDGE_COLUMNS + 1).collect();
        let square = rows.iter().all(|row| row.len() == rows.len());
        let zero = |(at, row): (usize, &Vec<&str>)| number(row[at]) == Some(0.0);
        let named = |(at, row): (usize, &Vec<&str>)| row[0] == rows[0][at + 1];
        let is_matrix = square
            && match number(rows[0][0]) {
                Some(_) => rows.iter().enumerate().all(zero),
                None => rows.len() > 2 && rows[1..].iter().enumerate().all(named),
            };
        if is_matrix { Shape::Matrix } else { Shape::Edges }
    }
}

/// Whether nothing was measured.
pub(super) fn blank(cell: &str) -> bool {
    cell.is_empty() || cell == "-"
}

/// The keys of the columns, when `row` names both ends of an edge.
pub(super) fn header<'a>(row: &[&'a str]) -> Option<Vec<&'a str>> {
    let end = |cell: &&str| EDGE_COLUMNS.iter().find(|(_, names)| names.contains(cell)).map(|(key, _)| *key);
    let keys: Vec<&str> = row.iter().map(|cell| end(cell).unwrap_or(cell)).collect();
    EDGE_COLUMNS.iter().all(|(key, _)| keys.contains(key)).then_some(keys)
}

fn lines(text: Text<'_>) -> impl Iterator<Item = &str> {
    text.text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
}

/// The cells of `line`; what separates them may stand within quotes.
fn split(line: &str, mark: char) -> Vec<&str> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let open = rest.trim_start_matches(' ');
        let quoted = open.strip_prefix('"').and_then(|inner| inner.find('"').map(|end| (inner, end)));
        let after = quoted.map_or(rest, |(inner, end)| &inner[end + 1..]);
        let end = after.find(mark);
        let cell = match quoted {
            Some((inner, end)) => &inner[..end],
            None => rest[..end.unwrap_or(rest.len())].trim(),
        };
        cells.push(cell);
        match end {
            Some(end) => rest = &after[end + mark.len_utf8()..],
            None => return cells,
        }
    }
}
