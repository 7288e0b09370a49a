//! What commands print: a table for people, or rows for programs.

use super::{Failure, output};
use crate::report::Document;
use crate::results::RunTable;
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::{Map, Value};

/// How results are printed.
#[derive(Debug, Args)]
pub struct Shown {
    /// What is written to standard output
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    format: Format,
    /// All columns of all tables, also where the terminal is too narrow for them
    #[arg(long)]
    wide: bool,
}

/// What is written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables for people
    Table,
    /// The same numbers as JSON: an object for each row, keys as in the result files
    Json,
    /// The same numbers as CSV with a header, columns as in the result files
    Csv,
}

impl Shown {
    /// Writes the one row `row`, or its `table`.
    pub fn row<R: Serialize>(&self, table: impl FnOnce() -> Document, row: &R) -> Result<(), Failure> {
        match self.format {
            Format::Json => print_json(&json(row)),
            _ => self.rows(table, std::slice::from_ref(row)),
        }
    }

    /// Writes `rows`, or their `table`.
    pub fn rows<R: Serialize>(&self, table: impl FnOnce() -> Document, rows: &[R]) -> Result<(), Failure> {
        match self.format {
            Format::Table => output::say(&table().terminal(self.width())),
            Format::Json => print_json(&Value::Array(rows.iter().map(json).collect())),
            Format::Csv => output::say(&csv(rows)),
        }
    }

    /// Cells in a line of the terminal; nothing where all is to be shown, and where it goes
    /// into a file or to another program.
    fn width(&self) -> Option<usize> {
        let terminal = console::Term::stdout();
        let size = terminal.size_checked().filter(|_| terminal.is_term() && !self.wide);
        size.map(|(_, columns)| usize::from(columns))
    }

    /// Writes the rows of a study with the columns of its swept keys, or their `table`.
    pub fn study(&self, table: impl FnOnce() -> Document, runs: &RunTable) -> Result<(), Failure> {
        match self.format {
            Format::Table => output::say(&table().terminal(self.width())),
            Format::Json => print_json(&Value::Array(records(runs))),
            Format::Csv => output::say(&runs.write()),
        }
    }
}

fn json<R: Serialize>(row: &R) -> Value {
    serde_json::to_value(row).expect("a row is plain data")
}

fn print_json(value: &Value) -> Result<(), Failure> {
    output::say(&(serde_json::to_string_pretty(value).expect("a value is plain data") + "\n"))
}

fn csv<R: Serialize>(rows: &[R]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    rows.iter().for_each(|row| writer.serialize(row).expect("a row is flat, and memory takes it"));
    String::from_utf8(writer.into_inner().expect("memory")).expect("rows are text")
}

/// Objects with all columns; the values of swept keys are text, as in the file.
fn records(runs: &RunTable) -> Vec<Value> {
    let record = |record: &crate::results::Record| {
        let mut columns = match json(&record.run) {
            Value::Object(columns) => columns,
            _ => Map::new(),
        };
        let further = runs.extra.iter().zip(&record.extra);
        columns.extend(further.map(|(key, value)| (key.clone(), Value::String(value.clone()))));
        Value::Object(columns)
    };
    runs.records.iter().map(record).collect()
}
