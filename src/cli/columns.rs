//! `codexsim columns`: what stands in the result files, and what is measured of a run.

use super::format::Shown;
use super::{End, Failure};
use crate::report;
use crate::results::{self, ColumnRow};
use clap::Args;

/// List the columns of the result files: meaning, unit, from when times count
///
/// `measures` stands for what claims (`[expect]`), `impact` and `validate` are made of:
/// the numbers of runs.csv and what is made from the other tables.
#[derive(Debug, Args)]
pub struct Columns {
    /// A file such as nodes.csv, `measures`, or a column; everything when absent
    what: Option<String>,
    #[command(flatten)]
    shown: Shown,
}

impl Columns {
    /// Prints the list.
    pub fn carry_out(&self) -> Result<End, Failure> {
        let rows: Vec<ColumnRow> = match &self.what {
            Some(what) => results::columns_of(what).map_err(Failure::Input)?,
            None => results::all_columns(),
        };
        self.shown.rows(|| report::columns(&rows), &rows)?;
        Ok(End::Good)
    }
}
