//! The measurements of the Mix transport's own experiment (github.com/logos-storage/
//! libp2p-storage-mix-transport, `tools/harness/transport.bash`): a file
//! `<run>-transfer-times.csv` for each run, with a row for each transfer, as its notebook
//! `analysis.Rmd` reads them. The first six columns are the harness's, the others the
//! parameters that `multitransfer.bash` adds.
//!
//! There the node that asks is the `source` of a transfer, and who serves it the
//! `destination`.

use super::clock::Stamp;
use super::study::{ExportPoint, ExportRun, ExportStudy};
use super::{ExportFolder, Exporter, ResultsError, write};
use crate::mix::MixSpec;
use crate::results::DownloadRow;
use serde::Serialize;
use std::path::Path;

/// Writes a file of transfers for each run.
pub(super) struct Multitransfer;

/// The key that says how long relays hold packets, and the value of it that the experiment
/// calls `default`; all others have its names.
const DELAYS: (&str, &str) = ("network.mix.delays", "short");

/// The column of `runs.csv` with the name of the cell of a sweep, and what the experiment calls
/// a network that is not emulated.
const EMULATOR: (&str, &str) = ("name", "none");

impl Exporter for Multitransfer {
    fn write(
        &self,
        study: &ExportStudy,
        dir: &Path,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<ExportFolder>, ResultsError> {
        let mut several = 0;
        for point in &study.points {
            for run in point.runs() {
                let transfers = Transfer::all(run);
                several += transfers.iter().filter(|transfer| transfer.destination.is_none()).count();
                let file = dir.join(format!("{}-transfer-times.csv", run.row.run_id));
                write(&file, &table(&transfers, &Fields::of(study, point, run)))?;
            }
        }
        if several > 0 {
            warnings.push(format!(
                "{several} transfers have no destination: several nodes served them, or none, or nothing tells which"
            ));
        }
        Ok(vec![ExportFolder { name: ".".into(), points: study.points.len() }])
    }
}

/// A download.
#[derive(Debug, Clone, PartialEq)]
struct Transfer {
    begun_s: f64,
    bytes: u64,
    source: u32,
    destination: Option<u32>,
    /// Nothing where it did not end.
    took_s: Option<f64>,
}

impl Transfer {
    /// All of a run in the order in which they began; what was had already, was called off or
    /// has not begun is none.
    fn all(run: &ExportRun) -> Vec<Self> {
        let begun = |row: &DownloadRow| {
            let begun_s = row.begun_s?;
            let took_s = row.t100_s.map(|at| at - begun_s);
            Some(Transfer { begun_s, bytes: row.size_bytes, source: row.node, destination: row.source, took_s })
        };
        let mut all: Vec<Self> = run.downloads.iter().filter(|row| row.is_fetched()).filter_map(begun).collect();
        if run.downloads.is_empty() {
            let destination = run.only_seeder();
            all.extend(run.leechers().filter_map(|node| {
                let begun_s = node.start_s?;
                let (bytes, source) = (run.row.file_size_bytes, node.node);
                Some(Transfer { begun_s, bytes, source, destination, took_s: node.t100_s.map(|at| at - begun_s) })
            }));
        }
        all.sort_by(|a, b| a.begun_s.total_cmp(&b.begun_s));
        all
    }

    /// How many were under way at once, at most. What ends when another begins is over.
    fn concurrent(all: &[Self]) -> usize {
        let mut ends: Vec<f64> =
            all.iter().map(|one| one.took_s.map_or(f64::INFINITY, |took| one.begun_s + took)).collect();
        ends.sort_by(f64::total_cmp);
        let under_way = |(begun, one): (usize, &Self)| begun + 1 - ends.partition_point(|end| *end <= one.begun_s);
        all.iter().enumerate().map(under_way).max().unwrap_or(0)
    }
}

/// What is the same in all rows of a run.
struct Fields {
    emulator: String,
    strategy: String,
    nodes: u32,
    mix: bool,
}

impl Fields {
    fn of(study: &ExportStudy, point: &ExportPoint, run: &ExportRun) -> Self {
        let delays = point.value(DELAYS.0).or_else(|| study.resolved(DELAYS.0)).unwrap_or_else(unsaid);
        let is_default = !run.mixed || delays == DELAYS.1;
        let strategy = if is_default { "default".into() } else { delays };
        let emulator = point.value(EMULATOR.0).unwrap_or_else(|| EMULATOR.1.into());
        Fields { emulator, strategy, nodes: run.row.network_size, mix: run.mixed }
    }
}

/// How relays hold packets where nothing is said.
fn unsaid() -> String {
    let family = serde_json::to_value(MixSpec::default().delays).expect("a word");
    family.as_str().expect("a word").into()
}

/// A row of the file.
#[derive(Debug, Serialize)]
struct Row<'a> {
    timestamp: String,
    filesize: u64,
    source: u32,
    destination: Option<u32>,
    /// Seconds, to the millisecond; empty where it did not end.
    wallclock: Option<String>,
    /// Of the program that waits for the transfer, which nobody runs here.
    cpu: &'static str,
    concurrent: usize,
    emulator: &'a str,
    strategy: &'a str,
    netsize: u32,
    mix: bool,
}

fn table(transfers: &[Transfer], fields: &Fields) -> String {
    let concurrent = Transfer::concurrent(transfers);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for transfer in transfers {
        let row = Row {
            timestamp: Stamp::ZERO.after(transfer.begun_s).date_time() + "+0000",
            filesize: transfer.bytes,
            source: transfer.source,
            destination: transfer.destination,
            wallclock: transfer.took_s.map(|took| format!("{took:.3}")),
            cpu: "0.000",
            concurrent,
            emulator: &fields.emulator,
            strategy: &fields.strategy,
            netsize: fields.nodes,
            mix: fields.mix,
        };
        writer.serialize(row).expect("fields are flat, and memory takes them");
    }
    String::from_utf8(writer.into_inner().expect("memory")).expect("rows are text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_concurrent_as_are_under_way_at_once() {
        let of = |begun_s: f64, took_s| Transfer { begun_s, bytes: 1, source: 0, destination: None, took_s };
        assert_eq!(Transfer::concurrent(&[]), 0);
        assert_eq!(Transfer::concurrent(&[of(0.0, Some(2.0)), of(2.0, Some(2.0)), of(4.0, Some(1.0))]), 1);
        assert_eq!(
            Transfer::concurrent(&[of(0.0, Some(3.0)), of(1.0, Some(9.0)), of(2.0, Some(1.0)), of(3.5, None)]),
            3
        );
        assert_eq!(Transfer::concurrent(&[of(0.0, None), of(1.0, None), of(1.0, None)]), 3);
    }
}
