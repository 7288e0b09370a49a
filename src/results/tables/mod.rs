//! The columns of the result files. A table is one entry of a macro, a column one line in
//! it: name, type, unit, origin of time and meaning. Writers, readers, the rows of a run,
//! `codexsim columns` and docs/results.md follow from there.

mod capacity;
mod of_run;
mod reports;
mod run;
mod storage;

pub use capacity::Capacity;
pub use of_run::{
    Checkpoint, ConstraintRow, DatasetRow, DiscoveryRow, DownloadRow, HostRow, LinkRow, MixRow, NatRow, NodeRow, Note,
    PARTS, ProgressRow, RepairRow, RunResult, SeriesRow, TimelineRow, TraceRow, TrafficRow,
};
pub use reports::{ComparisonRow, ValidationRow};
pub use run::RunRow;
pub use storage::StorageRow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ops::Range;

/// What the numbers of a column, an axis or a measure count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Nothing: it is text.
    Text,
    /// `true` or `false`.
    Flag,
    /// Things, or a plain number.
    Count,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
    /// bit/s.
    BitsPerSecond,
    /// A share of a whole, 0 to 1.
    Share,
    /// One over the other.
    Ratio,
    /// Bytes for each byte that was stored.
    PerByte,
    /// Whatever the row is about.
    Various,
}

impl Unit {
    /// As it is told: `bit/s`; nothing where there is no unit.
    pub const fn symbol(self) -> &'static str {
        match self {
            Unit::Text | Unit::Count | Unit::Ratio => "",
            Unit::Flag => "true or false",
            Unit::Bytes => "B",
            Unit::Seconds => "s",
            Unit::BitsPerSecond => "bit/s",
            Unit::Share => "0 to 1",
            Unit::PerByte => "B/B",
            Unit::Various => "of its row",
        }
    }
}

/// The moment from which the times in a column count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Since {
    /// The beginning of the run.
    RunStart,
    /// The start of the run's earliest leecher; where datasets are asked for during the
    /// run, the first request.
    FirstLeecher,
}

impl Since {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Since::RunStart => "from the beginning of the run",
            Since::FirstLeecher => "from the start of the earliest leecher, or the first request",
        }
    }
}

/// A column of a result file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name, with the unit where there is one.
    pub name: &'static str,
    /// What its values are.
    pub meaning: &'static str,
    /// What they count.
    pub unit: Unit,
    /// From when they count, where they are moments; other seconds are durations.
    pub since: Option<Since>,
    /// Whether a field may be empty.
    pub may_be_empty: bool,
}

/// A kind of result file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileKind {
    /// Name of the file.
    pub file: &'static str,
    /// Its name in lists, where files of that name may have other columns too.
    pub called: &'static str,
    /// What a row is.
    pub meaning: &'static str,
    /// Its columns, in order.
    pub columns: &'static [Column],
}

impl FileKind {
    /// Every table that the program writes.
    pub fn all() -> impl Iterator<Item = FileKind> {
        let of_reports = [TraceRow::KIND, ComparisonRow::KIND, ValidationRow::KIND];
        [RunRow::KIND, StorageRow::KIND].into_iter().chain(PARTS.map(|part| part.kind)).chain(of_reports)
    }

    /// The header line, with line end.
    pub fn header(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        names.join(",") + "\n"
    }
}

/// A row of a result file.
pub trait TableRow: Serialize + DeserializeOwned {
    /// Its file.
    const KIND: FileKind;
}

/// A row of a table that a run has besides its row of `runs.csv`.
pub trait PartRow: TableRow {
    /// Place of the table in [`PARTS`].
    const PLACE: usize;
}

/// When a table is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TablePresence {
    /// Of every swarm run; of a storage run when it has any row.
    Swarm,
    /// When it has any row.
    Any,
    /// When `output.progress` asks for it.
    Progress,
}

/// A table that a run has besides its row of `runs.csv`.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Its file.
    pub kind: FileKind,
    /// When it is there.
    pub presence: TablePresence,
    /// Its number of rows.
    pub rows: fn(&RunResult) -> usize,
    /// The lines of some of them, without header: it may have very many.
    pub lines: fn(&RunResult, Range<usize>) -> String,
}

impl Part {
    /// All its lines, without header.
    pub fn all_lines(&self, result: &RunResult) -> String {
        (self.lines)(result, 0..(self.rows)(result))
    }

    /// Whether results, of swarms or not, with downloads noted in so many steps have this
    /// table, of so many rows.
    pub fn is_present(&self, of_swarm: bool, progress_steps: u32, rows: u64) -> bool {
        match self.presence {
            TablePresence::Swarm => of_swarm || rows > 0,
            TablePresence::Any => rows > 0,
            TablePresence::Progress => progress_steps > 0,
        }
    }
}

/// Text of doc comments as a constant.
macro_rules! meaning {
    ($($line:literal)*) => { concat!($($line, "\n"),*) };
}

/// The list of columns of a table.
macro_rules! columns {
    ($($(#[doc = $doc:literal])* $field:ident: $type:ty [$unit:ident $(since $since:ident)?],)+) => {
        &[$($crate::results::Column {
            name: stringify!($field),
            meaning: $crate::results::tables::meaning!($($doc)*),
            unit: $crate::results::Unit::$unit,
            since: $crate::results::tables::since!($($since)?),
            may_be_empty: $crate::results::tables::is_option(stringify!($type)),
        }),+]
    };
}

macro_rules! since {
    () => {
        None
    };
    ($since:ident) => {
        Some($crate::results::Since::$since)
    };
}

/// The first of several.
macro_rules! first {
    ($first:literal $(, $rest:literal)*) => {
        $first
    };
}

/// Declares a row with its file and columns.
macro_rules! table {
    (
        $(#[doc = $doc:literal])* $name:ident in $file:literal $(called $called:literal)? {
            $($(#[doc = $field_doc:literal])* $field:ident: $type:ty [$unit:ident $(since $since:ident)?],)+
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $name { $($(#[doc = $field_doc])* pub $field: $type),+ }

        impl $crate::results::TableRow for $name {
            const KIND: $crate::results::FileKind = $crate::results::FileKind {
                file: $file,
                called: $crate::results::tables::first!($($called,)? $file),
                meaning: $crate::results::tables::meaning!($($doc)*),
                columns: $crate::results::tables::columns!(
                    $($(#[doc = $field_doc])* $field: $type [$unit $(since $since)?],)+
                ),
            };
        }
    };
}

/// Declares the tables of a run, and with them all rows of one.
macro_rules! parts {
    ($(
        $(#[doc = $doc:literal])* $part:ident: $name:ident in $file:literal
        $(from $swarm:ident)? $(kept $storage:ident)?, $presence:ident { $($columns:tt)+ }
    )+) => {
        $($crate::results::tables::table! { $(#[doc = $doc])* $name in $file { $($columns)+ } })+

        /// All rows of one run, and what is to be said of it.
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct RunResult {
            /// Its row of `runs.csv`; of a storage run what that has of it.
            pub run: $crate::results::RunRow,
            /// The row of `runs.csv` of a storage run.
            pub storage: Option<$crate::results::StorageRow>,
            $(#[doc = concat!("Its rows of `", $file, "`.")] pub $part: Vec<$name>,)+
            /// Rules that did not hold.
            pub violations: Vec<String>,
            /// Things worth telling the user.
            pub warnings: Vec<String>,
        }

        impl RunResult {
            /// The rows of the outcome of a swarm run. Wall time and memory are left empty.
            pub fn new(
                labels: $crate::results::Labels,
                spec: &$crate::sim::RunSpec,
                outcome: &$crate::ledger::Outcome,
            ) -> Self {
                RunResult {
                    run: $crate::results::RunRow::planned(labels, spec).ended(spec, outcome),
                    $($($part: $swarm(labels.run_id, spec, outcome),)?)+
                    violations: outcome.violations.iter().map(|v| v.0.clone()).collect(),
                    warnings: outcome.warnings.clone(),
                    ..RunResult::default()
                }
            }

            /// The rows of the outcome of a storage run, likewise.
            pub fn kept(
                labels: $crate::results::Labels,
                spec: &$crate::storage::StorageSpec,
                outcome: &$crate::storage::StorageOutcome,
            ) -> Self {
                let storage = $crate::results::StorageRow::planned(labels, spec).ended(spec, outcome);
                RunResult {
                    run: $crate::results::RunRow::from(&storage),
                    storage: Some(storage),
                    $($($part: $storage(labels.run_id, spec, outcome),)?)+
                    violations: outcome.violations.clone(),
                    warnings: outcome.warnings.clone(),
                    ..RunResult::default()
                }
            }
        }

        #[allow(non_camel_case_types)]
        enum PartPlace { $($part),+ }

        $(impl $crate::results::PartRow for $name {
            const PLACE: usize = PartPlace::$part as usize;
        })+

        /// The tables of a run besides `runs.csv`, in the order in which they are written.
        pub const PARTS: [$crate::results::Part; [$(stringify!($part)),+].len()] = [$($crate::results::Part {
            kind: <$name as $crate::results::TableRow>::KIND,
            presence: $crate::results::TablePresence::$presence,
            rows: |result| result.$part.len(),
            lines: |result, range| $crate::results::body(&result.$part[range]),
        }),+];
    };
}

pub(super) use {columns, first, meaning, parts, since, table};

/// Whether `kind`, a Rust type as it is written, is that of a value that may be absent.
const fn is_option(kind: &str) -> bool {
    matches!(kind.as_bytes(), [b'O', b'p', b't', b'i', b'o', b'n', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of columns have their unit at the end; a few have it in the middle.
    #[test]
    fn names_and_units_agree() {
        for column in FileKind::all().flat_map(|kind| kind.columns) {
            let name = column.name;
            let expected = match name.rsplit('_').next() {
                Some("s" | "seconds") => Some(Unit::Seconds),
                Some("bps") => Some(Unit::BitsPerSecond),
                Some("bytes" | "rx" | "tx") => Some(Unit::Bytes),
                _ => None,
            };
            assert_eq!(column.unit, expected.unwrap_or(column.unit), "{name}");
            assert!(column.since.is_none() || column.unit == Unit::Seconds, "{name} counts from a moment");
            assert!(column.meaning.trim().ends_with(['.', ')']), "{name}: {}", column.meaning);
        }
    }

    #[test]
    fn files_have_names_of_their_own() {
        let names: std::collections::BTreeSet<&str> = FileKind::all().map(|kind| kind.called).collect();
        assert_eq!(names.len(), FileKind::all().count());
        assert!(FileKind::all().all(|kind| !kind.meaning.is_empty() && kind.header().ends_with('\n')));
    }
}
