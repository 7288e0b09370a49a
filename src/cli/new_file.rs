//! A model that a command writes.

use super::Failure;
use crate::results;
use chrono::{NaiveDate, Utc};
use clap::Args;
use std::path::Path;

/// What is said of a file that a command makes.
#[derive(Debug, Args)]
pub struct Dated {
    /// Date that the file bears; default: today (UTC)
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    date: Option<NaiveDate>,
    /// Replace FILE if there is one
    #[arg(long)]
    force: bool,
}

impl Dated {
    /// The date.
    pub fn date(&self) -> String {
        self.date.unwrap_or_else(|| Utc::now().date_naive()).to_string()
    }

    /// Makes sure that `out` can be written, before the work rather than after it.
    pub fn check(&self, out: &Path) -> Result<(), Failure> {
        let wrong = |what: &str| Err(Failure::Input(format!("--out {}: {what}", out.display())));
        let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match () {
            () if out.extension().is_none_or(|e| e != "toml") => wrong("expected a name that ends with .toml"),
            () if !folder.is_dir() => wrong("there is no such folder"),
            () if out.is_dir() => wrong("this is a folder"),
            () if out.exists() && !self.force => wrong("there is such a file; --force replaces it"),
            () => Ok(results::try_file(out)?),
        }
    }
}

/// A word as it would be typed.
pub fn quoted(text: &str) -> String {
    if text.contains([' ', '|', '"']) { format!("'{text}'") } else { text.to_owned() }
}

fn date(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| format!("`{text}` is not a date such as 2026-11-22"))
}
