//! The run folders of 10ksim (github.com/vacp2p/10ksim): metric tables
//! `metrics/<metric>/<run>.csv` with `Time` and one column for each pod, as its
//! scraper dumps and its plotter reads them (`src/analysis/data`,
//! `src/analysis/metrics/shadow_metrics.py`), deliveries in
//! `analysis_data/summary/received.csv`, and `metadata.json`.
//!
//! A folder holds a point of the study. Its runs stand where 10ksim has the
//! muxers it compares: each is a file in every metric's folder. Pods are called
//! `pod-<node>`, the only name its summaries count as a node of the swarm.

use super::clock::Stamp;
use super::curve::{self, CurveKind, Step};
use super::study::{ExportPoint, ExportRun, ExportStudy, Slot};
use super::{ExportFolder, Exporter, ResultsError, write};
use crate::results::{NodeRow, median};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Writes run folders.
pub(super) struct TenKSim;

/// What is known of a node only for the run as a whole.
struct Total {
    /// Folder of the metric, 10ksim's own name where it has one.
    folder: &'static str,
    of: fn(&NodeRow) -> u64,
    /// Whether the metric is the mean rate over the run, in bytes a second, as
    /// 10ksim's bandwidth metrics are rates; else a counter that ends at the total.
    rate: bool,
}

const TOTALS: [Total; 5] = [
    Total { folder: "libp2p-in", of: |node| node.bytes_rx, rate: true },
    Total { folder: "libp2p-out", of: |node| node.bytes_tx, rate: true },
    Total { folder: "payload-received", of: |node| node.payload_rx, rate: false },
    Total { folder: "payload-sent", of: |node| node.payload_tx, rate: false },
    Total { folder: "payload-duplicate", of: |node| node.duplicate_rx, rate: false },
];

/// What is known of a node all the time.
const CURVES: [(&str, CurveKind); 2] = [("stored-bytes", CurveKind::Stored), ("stream-bytes", CurveKind::Stream)];

impl Exporter for TenKSim {
    fn write(
        &self,
        study: &ExportStudy,
        dir: &Path,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<ExportFolder>, ResultsError> {
        study.warn_of_steps(warnings);
        warnings.push(
            "libp2p-in and libp2p-out are the mean rates of whole runs: the results have each node's bytes as totals"
                .into(),
        );
        for point in &study.points {
            let folder = dir.join(&point.name);
            let finished = point.slots.iter().filter_map(|slot| Some((slot, slot.run.as_ref()?)));
            for (slot, run) in finished.clone() {
                let file = format!("{}.csv", slot.dataset());
                let place = |metric: &str| folder.join("metrics").join(metric).join(&file);
                for total in &TOTALS {
                    write(&place(total.folder), &total_table(total, run, study.grid_s(run)))?;
                }
                for (metric, measure) in CURVES {
                    write(&place(metric), &curve_table(measure, run, study.grid_s(run)))?;
                }
            }
            let runs: Vec<(&Slot, &ExportRun)> = finished.collect();
            write(&folder.join("analysis_data/summary/received.csv"), &received(&runs))?;
            write(&folder.join("analysis_data/summary/medians.csv"), &medians(&runs))?;
            write(&folder.join("metadata.json"), &metadata(study, point))?;
        }
        Ok(study.points.iter().map(|point| ExportFolder { name: point.name.clone(), points: 1 }).collect())
    }
}

/// Rows of a table: all moments in one form, or its readers find no dates.
struct MetricTable {
    text: String,
    fractions: bool,
}

impl MetricTable {
    fn new(run: &ExportRun, grid_s: f64) -> Self {
        let pods = run.nodes.iter().map(|node| format!(",pod-{}", node.node));
        MetricTable { text: format!("Time{}\n", pods.collect::<String>()), fractions: grid_s.fract() != 0.0 }
    }

    fn row(&mut self, time_s: f64, values: impl Iterator<Item = String>) {
        let stamp = Stamp::ZERO.after(time_s);
        self.text += &if self.fractions { stamp.date_time() } else { stamp.whole_seconds() };
        values.for_each(|value| self.text += &format!(",{value}"));
        self.text.push('\n');
    }
}

/// Number of distances of the grid until nothing more happens.
fn last_sample(run: &ExportRun, grid_s: f64) -> u64 {
    (run.length_s() / grid_s).ceil() as u64
}

fn total_table(total: &Total, run: &ExportRun, grid_s: f64) -> String {
    let mut table = MetricTable::new(run, grid_s);
    let seconds = run.row.sim_time_s.filter(|time| *time > 0.0).unwrap_or(1.0);
    let rate = |node: &NodeRow| format!("{:?}", (total.of)(node) as f64 / seconds);
    let begin = |node: &NodeRow| if total.rate { rate(node) } else { "0".into() };
    let end = |node: &NodeRow| if total.rate { rate(node) } else { (total.of)(node).to_string() };
    table.row(0.0, run.nodes.iter().map(begin));
    table.row(last_sample(run, grid_s).max(1) as f64 * grid_s, run.nodes.iter().map(end));
    table.text
}

fn curve_table(measure: CurveKind, run: &ExportRun, grid_s: f64) -> String {
    let mut table = MetricTable::new(run, grid_s);
    // Seeders hold the whole file from the start.
    let whole = Step { time_s: 0.0, bytes: run.row.file_size_bytes };
    let curve = |node: &NodeRow| match node.start_s {
        Some(_) => run.curve(node, measure),
        None => vec![whole],
    };
    let curves: Vec<Vec<Step>> = run.nodes.iter().map(curve).collect();
    for sample in 0..=last_sample(run, grid_s) {
        let time_s = sample as f64 * grid_s;
        table.row(time_s, curves.iter().map(|curve| curve::at(curve, time_s).to_string()));
    }
    table.text
}

/// Each complete download as the delivery of one message, with the time since
/// it was asked for. A message is a dataset of a run.
fn received(runs: &[(&Slot, &ExportRun)]) -> String {
    let mut text = String::from("kubernetes.pod_name,msgId,sentAt,timestamp,delayMs\n");
    let datasets = runs.iter().flat_map(|(_, run)| &run.downloads).map(|row| row.dataset as usize + 1).max();
    for (at, (_, run)) in runs.iter().enumerate() {
        let first = at * datasets.unwrap_or(1);
        let mut deliver = |pod: u32, message: usize, asked_s: f64, all_s: f64| {
            let [sent, arrived] = [asked_s, all_s].map(|moment| Stamp::ZERO.after(moment));
            let delay_ms = arrived.since(sent) * 1e3;
            text += &format!("pod-{pod},{message},{},{},{delay_ms:?}\n", sent.date_time(), arrived.date_time());
        };
        for row in run.downloads.iter().filter(|row| row.is_fetched()) {
            if let Some(all_s) = row.t100_s {
                deliver(row.node, first + row.dataset as usize, row.asked_s, all_s);
            }
        }
        for node in run.leechers().filter(|_| run.downloads.is_empty()) {
            if let (Some(start_s), Some(all_s)) = (node.start_s, node.t100_s) {
                deliver(node.node, first, start_s, all_s);
            }
        }
    }
    text
}

/// Medians over the leechers of each run, and the duplicate ratio as 10ksim
/// forms it: duplicates over delivered, by node, then the median.
fn medians(runs: &[(&Slot, &ExportRun)]) -> String {
    let mut text =
        format!("metric{}\n", runs.iter().map(|(slot, _)| format!(",{}", slot.dataset())).collect::<String>());
    let mut line = |name: &str, of: &dyn Fn(&NodeRow) -> Option<f64>| {
        text += name;
        for (_, run) in runs {
            let values: Vec<f64> = run.leechers().filter_map(of).collect();
            text += &median(&values).map_or(",".into(), |value| format!(",{value:?}"));
        }
        text.push('\n');
    };
    line("bytes in", &|node| Some(node.bytes_rx as f64));
    line("bytes out", &|node| Some(node.bytes_tx as f64));
    line("payload received", &|node| Some(node.payload_rx as f64));
    line("payload duplicate", &|node| Some(node.duplicate_rx as f64));
    line("duplicate ratio", &|node| (node.payload_rx > 0).then(|| node.duplicate_rx as f64 / node.payload_rx as f64));
    text
}

/// What the point is; latency and bandwidth under the names of 10ksim's Shadow
/// experiments.
fn metadata(study: &ExportStudy, point: &ExportPoint) -> String {
    let inputs = &point.inputs;
    let megabits = |rate: Option<f64>| rate.filter(|bps| bps.is_finite()).map(|bps| bps / 1e6);
    let (up, down) = (megabits(inputs.up_bps.map(|c| c.0)), megabits(inputs.down_bps.map(|c| c.0)));
    let swept: Map<String, Value> = point.extra.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    let window = |run: &ExportRun| {
        let end = Stamp::ZERO.after(run.length_s());
        json!({ "start": Stamp::ZERO.date_time(), "end": end.date_time(),
            "run_id": run.row.run_id, "seed": run.row.seed, "status": run.row.status })
    };
    let results = point.slots.iter().filter_map(|slot| Some((slot.dataset(), window(slot.run.as_ref()?))));
    let end = point.runs().map(|run| run.length_s()).fold(0.0, f64::max);
    let metadata = json!({
        "stack": {
            "name": study.manifest.scenario,
            "stateful_sets": ["pod"],
            "nodes_per_statefulset": [inputs.network_size],
            "start_time": Stamp::ZERO.date_time(),
            "end_time": Stamp::ZERO.after(end).date_time(),
        },
        "params": {
            "protocol": inputs.protocol,
            "network_size": inputs.network_size,
            "seeders": inputs.seeders,
            "file_size_bytes": inputs.file_size_bytes,
            "block_size_bytes": inputs.block_size_bytes,
            "latency_ms": inputs.latency_s.map(|seconds| seconds * 1e3),
            "bandwidth_mbit": if up == down { up } else { None },
            "up_mbit": up,
            "down_mbit": down,
            "swept": swept,
        },
        "results": Map::from_iter(results),
    });
    serde_json::to_string_pretty(&metadata).expect("metadata is plain data") + "\n"
}
