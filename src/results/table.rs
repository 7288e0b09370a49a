//! CSV writers and readers.

use super::{
    AtomicFile, FileEntry, FileKind, PARTS, ResultsError, RunResult, RunRow, StorageRow, TableRow, TraceRow, trace_rows,
};
use crate::ledger::Outcome;
use serde::Serialize;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

/// The lines of `rows`, without header.
pub fn body<R: TableRow>(rows: &[R]) -> String {
    let mut writer = headless(Vec::new());
    // Rows are flat, and memory does not refuse to be written to.
    rows.iter().for_each(|row| writer.serialize(row).expect("a row is flat"));
    String::from_utf8(writer.into_inner().expect("memory")).expect("rows are text")
}

/// Writes `rows` under their header.
pub fn write<R: TableRow>(rows: &[R]) -> String {
    R::KIND.header() + &body(rows)
}

/// Writes the result files of one run into `dir`, and removes those of an earlier run that
/// this one has not. Downloads were noted in so many steps; of a run with a trace there is
/// the outcome.
pub fn write_run(
    dir: &Path,
    result: &RunResult,
    progress_steps: u32,
    traced: Option<&Outcome>,
) -> Result<Vec<FileEntry>, ResultsError> {
    let of_swarm = result.storage.is_none();
    let mut files = vec![write_table(dir, run_kind(of_swarm), std::iter::once(result.run_line()))?];
    for part in PARTS {
        let rows = (part.rows)(result);
        if part.is_present(of_swarm, progress_steps, rows as u64) {
            let starts = (0..rows).step_by(AT_ONCE);
            let lines = starts.map(|start| (part.lines)(result, start..rows.min(start + AT_ONCE)));
            files.push(write_table(dir, part.kind, lines)?);
        } else {
            remove_table(dir, part.kind.file)?;
        }
    }
    if let Some(outcome) = traced {
        let mut rows = trace_rows(&result.run.run_id, outcome);
        let lines = std::iter::from_fn(|| {
            let some: Vec<TraceRow> = rows.by_ref().take(AT_ONCE).collect();
            (!some.is_empty()).then(|| body(&some))
        });
        files.push(write_table(dir, TraceRow::KIND, lines)?);
    } else {
        remove_table(dir, TraceRow::KIND.file)?;
    }
    Ok(files)
}

/// The table of runs, of swarms or of storage.
pub fn run_kind(of_swarm: bool) -> FileKind {
    if of_swarm { RunRow::KIND } else { StorageRow::KIND }
}

impl RunResult {
    /// Its line of `runs.csv`, with line end.
    pub fn run_line(&self) -> String {
        match &self.storage {
            Some(row) => body(std::slice::from_ref(row)),
            None => body(std::slice::from_ref(&self.run)),
        }
    }
}

/// Rows of a table that are text at once while it is written.
const AT_ONCE: usize = 10_000;

/// Writes a table into `dir`, some lines after the other, for it may be large.
fn write_table(dir: &Path, kind: FileKind, lines: impl Iterator<Item = String>) -> Result<FileEntry, ResultsError> {
    let mut file = AtomicFile::create(&dir.join(kind.file))?;
    file.append(kind.header().as_bytes())?;
    let mut rows = 0;
    for lines in lines {
        rows += lines.lines().count() as u64;
        file.append(lines.as_bytes())?;
    }
    file.commit()?;
    Ok(FileEntry { name: kind.file.into(), rows })
}

/// Opens the table of a kind of row in `dir`.
pub fn open<R: TableRow>(dir: &Path) -> Result<File, ResultsError> {
    let path = dir.join(R::KIND.file);
    File::open(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound if R::KIND.file != RunRow::KIND.file => ResultsError::NotKept { path },
        _ => ResultsError::io(&path)(error),
    })
}

/// Whether the runs in `dir` are of storage, and not of swarms.
pub fn holds_storage(dir: &Path) -> Result<bool, ResultsError> {
    let mut reader = csv::Reader::from_reader(open::<RunRow>(dir)?);
    Ok(check_header::<StorageRow>(reader.headers()?).is_ok())
}

/// Reads rows under a header that begins with their columns.
pub fn read<R: TableRow>(from: impl Read) -> Result<Vec<R>, ResultsError> {
    read_each(from)?.collect()
}

/// The same, row by row, for a table may be large.
pub fn read_each<R: TableRow>(from: impl Read) -> Result<impl Iterator<Item = Result<R, ResultsError>>, ResultsError> {
    let mut reader = csv::Reader::from_reader(from);
    check_header::<R>(reader.headers()?)?;
    Ok(reader.into_deserialize().map(|row| row.map_err(ResultsError::from)))
}

/// Reads those rows that `keep` wants; the others take no memory.
pub fn select<R: TableRow>(from: impl Read, mut keep: impl FnMut(&R) -> bool) -> Result<Vec<R>, ResultsError> {
    read_each(from)?.filter(|row| row.as_ref().map_or(true, &mut keep)).collect()
}

/// Removes the table `file` that an earlier command left in `dir`.
pub fn remove_table(dir: &Path, file: &str) -> Result<(), ResultsError> {
    let place = dir.join(file);
    match std::fs::remove_file(&place) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(ResultsError::io(&place)(error)),
        _ => Ok(()),
    }
}

/// A row of `runs.csv` with the values of the swept keys that have no column
/// of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The columns that every study of swarms has; of storage, what that has of them.
    pub run: RunRow,
    /// The columns of a study of storage.
    pub storage: Option<StorageRow>,
    /// Values of the further columns.
    pub extra: Vec<String>,
}

impl Record {
    /// What was run: the `columns` whose keys are not swept, which come with them, and the
    /// swept keys `extra`.
    pub(crate) fn described(&self, columns: &[(&str, &str)], extra: &[String]) -> Vec<(String, String)> {
        let number = |column| self.run.number(column).map_or_else(|| "mixed".into(), |value| value.to_string());
        let fixed = columns.iter().filter(|(_, key)| !extra.iter().any(|swept| swept == key));
        let fixed = fixed.map(|(column, _)| ((*column).to_owned(), number(column)));
        fixed.chain(extra.iter().cloned().zip(self.extra.iter().cloned())).collect()
    }

    /// Its line, with line end.
    pub fn line(&self) -> String {
        match &self.storage {
            Some(row) => line(&(row, &self.extra)),
            None => line(&(&self.run, &self.extra)),
        }
    }
}

fn line(fields: &impl Serialize) -> String {
    let mut writer = headless(Vec::new());
    writer.serialize(fields).expect("fields are flat, and memory takes them");
    String::from_utf8(writer.into_inner().expect("memory")).expect("rows are text")
}

/// The table `runs.csv` of a study.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunTable {
    /// Dotted names of the further columns.
    pub extra: Vec<String>,
    /// The rows.
    pub records: Vec<Record>,
}

impl RunTable {
    /// The text of the file.
    pub fn write(&self) -> String {
        let lines = self.records.iter().map(Record::line);
        let of_swarm = self.records.iter().all(|record| record.storage.is_none());
        Self::header(of_swarm, &self.extra) + &lines.collect::<String>()
    }

    /// The header line of a table, of swarms or of storage, with these further columns, with
    /// line end.
    pub fn header(of_swarm: bool, extra: &[String]) -> String {
        let columns = run_kind(of_swarm).columns.iter();
        let names = columns.map(|column| column.name).chain(extra.iter().map(String::as_str));
        line(&names.collect::<Vec<_>>())
    }

    /// Reads what [`RunTable::write`] wrote.
    pub fn read(from: impl Read) -> Result<Self, ResultsError> {
        let (extra, records) = Self::read_each(from)?;
        Ok(RunTable { extra, records: records.collect::<Result<_, _>>()? })
    }

    /// Reads the names of the further columns, then row by row.
    pub fn read_each(
        from: impl Read,
    ) -> Result<(Vec<String>, impl Iterator<Item = Result<Record, ResultsError>>), ResultsError> {
        let mut reader = csv::Reader::from_reader(from);
        let headers = reader.headers()?.clone();
        let of_swarm = check_header::<StorageRow>(&headers).is_err();
        if of_swarm {
            check_header::<RunRow>(&headers)?;
        }
        let columns = run_kind(of_swarm).columns.len();
        let further = move |record: &csv::StringRecord| record.iter().skip(columns).map(str::to_owned).collect();
        let extra = further(&headers);
        let record = move |text: Result<csv::StringRecord, csv::Error>| {
            let text = text?;
            let extra = further(&text);
            if of_swarm {
                return Ok(Record { run: text.deserialize(Some(&headers))?, storage: None, extra });
            }
            let row: StorageRow = text.deserialize(Some(&headers))?;
            Ok(Record { run: RunRow::from(&row), storage: Some(row), extra })
        };
        Ok((extra, reader.into_records().map(record)))
    }
}

fn headless<W: Write>(to: W) -> csv::Writer<W> {
    csv::WriterBuilder::new().has_headers(false).from_writer(to)
}

fn check_header<R: TableRow>(found: &csv::StringRecord) -> Result<(), ResultsError> {
    let columns = R::KIND.columns;
    if columns.iter().map(|column| column.name).eq(found.iter().take(columns.len())) {
        return Ok(());
    }
    Err(ResultsError::Header { file: R::KIND.file, expected: R::KIND.header().trim_end().into() })
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::result;
    use super::super::{ConstraintRow, NodeRow, ProgressRow, SeriesRow, TimelineRow, TrafficRow};
    use super::*;

    #[test]
    fn runs_have_the_columns_of_the_contract() {
        let contract = "run_id,scenario,protocol,seed,seeder_set,repetition,network_size,seeders,file_size_bytes,\
            block_size_bytes,up_bps,down_bps,latency_s,status,completed,missing,ttfb_median_s,t50_median_s,\
            t90_median_s,t100_median_s,t100_p95_s,makespan_s,bound_s,bound_kind,efficiency,payload_bytes,\
            duplicate_bytes,control_bytes,overhead_bytes,wire_bytes,wire_per_payload,events,sim_time_s,wall_s,\
            peak_rss_bytes,fingerprint,ever_completed,crash_lost_bytes,timed_out_bytes,\
            churned_bytes,dataset_count,downloads,downloads_unfinished,downloads_held,download_first_byte_median_s,\
            download_median_s,download_p95_s,useful_bytes,downloads_asked,\
            pairs_direct,pairs_upgraded,pairs_relayed,pairs_never,relay_tx_bytes,payload_per_relay_byte\n";
        assert_eq!(RunRow::KIND.header(), contract);
        let nodes = "run_id,node,role,up_bps,down_bps,start_s,manifest_s,ttfb_s,t50_s,t90_s,t100_s,stream_ttfb_s,\
            stream_t50_s,stream_t90_s,stream_t100_s,bytes_rx,bytes_tx,payload_rx,payload_tx,duplicate_rx,\
            peak_queue_bytes,completed,crash_lost_bytes,class,region,sessions,reach\n";
        assert_eq!(NodeRow::KIND.header(), nodes);
        let downloads = "run_id,download,node,dataset,class,size_bytes,asked_s,manifest_s,ttfb_s,t50_s,t90_s,t100_s,\
            bytes,sources,outcome,part,slot,source,begun_s\n";
        assert_eq!(crate::results::DownloadRow::KIND.header(), downloads);
        assert_eq!(TrafficRow::KIND.header(), "run_id,class,messages,bytes\n");
        assert_eq!(SeriesRow::KIND.header(), "run_id,time_s,metric,value\n");
        assert_eq!(ConstraintRow::KIND.header(), "run_id,node,constraint,seconds,looks\n");
        assert_eq!(TimelineRow::KIND.header(), "run_id,node,start_s,end_s,constraint\n");
        assert_eq!(ProgressRow::KIND.header(), "run_id,node,bytes,stored_s,stream_s\n");
    }

    #[test]
    fn every_table_reads_back() {
        let RunResult { nodes, traffic, series, .. } = result();
        assert_eq!(read::<NodeRow>(write(&nodes).as_bytes()).unwrap(), nodes);
        assert_eq!(read::<TrafficRow>(write(&traffic).as_bytes()).unwrap(), traffic);
        assert_eq!(read::<SeriesRow>(write(&series).as_bytes()).unwrap(), series);
    }

    #[test]
    fn runs_read_back_with_swept_keys_and_awkward_text() {
        let failed = result().run.failed("it said:\n \"no, never\"");
        let table = RunTable {
            extra: vec!["protocol.codex-v2.window".into()],
            records: vec![
                Record { run: result().run, storage: None, extra: vec!["512".into()] },
                Record { run: failed, storage: None, extra: vec!["a, b".into()] },
            ],
        };
        let text = table.write();
        assert_eq!(RunTable::read(text.as_bytes()).unwrap(), table);
        assert_eq!(text.lines().count(), 3, "one line per run: {text}");
    }

    #[test]
    fn numbers_are_short_and_exact() {
        let text = write(&result().nodes);
        let leecher = text.lines().nth(2).unwrap();
        assert_eq!(leecher, "00000000000000aa,1,leecher,10000000,inf,0.0,,0.25,,,20.1,,,,,5,6,3,4,1,7,true,0,home,,2,");
        let awkward = SeriesRow { run_id: "r".into(), time_s: 0.1 + 0.2, metric: "m".into(), value: 1e300 };
        let back = read::<SeriesRow>(write(std::slice::from_ref(&awkward)).as_bytes()).unwrap();
        assert_eq!(back, [awkward]);
    }

    #[test]
    fn another_table_is_refused() {
        let error = read::<NodeRow>(write(&result().traffic).as_bytes()).unwrap_err().to_string();
        assert!(error.contains("header of nodes.csv"), "{error}");
    }
}
