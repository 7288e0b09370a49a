//! What commands print: a table for people, or rows for programs.

use super::{Failure, output};
use crate::report::Document;
use crate::results::{self, RunRow, RunTable};
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};
use serde_json::Value;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

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

    /// Writes the rows of the study in `dir`, which may be many, with the columns of its
    /// swept keys, or their `table`.
    pub fn study(&self, table: impl FnOnce() -> Document, dir: &Path) -> Result<(), Failure> {
        if self.format == Format::Table {
            return output::say(&table().terminal(self.width()));
        }
        let mut runs = BufReader::new(results::open::<RunRow>(dir)?);
        output::pour(|out| match self.format {
            Format::Json => print_records(runs, out),
            _ => io::copy(&mut runs, out).map(drop),
        })
    }
}

fn json<R: Serialize>(row: &R) -> Value {
    serde_json::to_value(row).expect("a row is plain data")
}

fn print_json(value: &Value) -> Result<(), Failure> {
    output::say(&(serde_json::to_string_pretty(value).expect("a value is plain data") + "\n"))
}

/// Rows with a header.
pub fn csv<R: Serialize>(rows: &[R]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    rows.iter().for_each(|row| writer.serialize(row).expect("a row is flat, and memory takes it"));
    String::from_utf8(writer.into_inner().expect("memory")).expect("rows are text")
}

/// Objects with all columns; the values of swept keys are text, as in the file.
fn print_records(runs: impl Read, out: &mut dyn Write) -> io::Result<()> {
    let (extra, records) = RunTable::read_each(runs).map_err(io::Error::other)?;
    let mut json_out = serde_json::Serializer::pretty(&mut *out);
    let mut list = json_out.serialize_seq(None)?;
    for record in records {
        let record = record.map_err(io::Error::other)?;
        let row = record.storage.as_ref().map_or_else(|| json(&record.run), json);
        let Value::Object(mut columns) = row else { unreachable!("a row is an object") };
        columns.extend(extra.iter().cloned().zip(record.extra.into_iter().map(Value::String)));
        list.serialize_element(&columns)?;
    }
    list.end()?;
    writeln!(out)
}
