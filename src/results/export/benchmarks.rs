//! The experiment folders of bittorrent-benchmarks
//! (github.com/logos-storage/bittorrent-benchmarks): one CSV for each kind of
//! log entry and one JSON line for the experiment's configuration, as its log
//! splitter writes them (`benchmarks/logging/logging.py`, `sources.py`) and as
//! its analysis reads them (`analysis/final/R`).
//!
//! Its notebook knows protocol and world of an experiment by the folder it was
//! told to read, and an experiment by the folder's name. So points that differ
//! in anything but file size, network size and seeders lie in different
//! folders, one for each label.
//!
//! - A download is logged as its Codex agent does: bytes read in order from the
//!   stream (`benchmarks/codex/agent/agent.py`), not bytes stored.
//! - Requests carry neither seeder set nor repetition; the analysis counts them
//!   off. So runs follow each other in time, and a missing run has its requests.
//! - It subtracts dates and takes the result for seconds, but R chooses the unit
//!   by the smallest difference: minutes from a minute on. Where every download
//!   of a point waits that long, one entry of 0 bytes keeps completion times in
//!   seconds; the wait itself (`first_byte`) is subtracted node by node and cannot
//!   be helped, neither here nor in the users' own data.

use super::clock::Stamp;
use super::curve::CurveKind;
use super::study::{ExportPoint, ExportRun, ExportStudy, Slot};
use super::{ExportFolder, Exporter, ResultsError, write};
use crate::world::Role;
use serde_json::json;
use std::path::Path;

/// Type of experiment, which tells the analysis that downloads count bytes.
const EXPERIMENT_TYPE: &str = "codex_experiment_config_log_entry";
/// Pause after a run, in seconds: nothing of the next may be logged before.
const PAUSE_S: u64 = 60;
/// From this difference of dates on R counts in minutes.
const R_MINUTES_S: f64 = 60.0;
/// So long after the request an entry is added where R would count in minutes.
const EARLY_S: f64 = 59.9;

/// Writes experiment folders.
pub(super) struct Benchmarks;

impl Exporter for Benchmarks {
    fn refuses(&self, study: &ExportStudy) -> Option<String> {
        let several = study.points.iter().flat_map(|point| point.runs()).any(|run| !run.downloads.is_empty());
        let reason = "its runs have datasets or requests, and this format knows one file that all leechers want; \
                      `multitransfer` has a row for each download";
        several.then(|| reason.into())
    }

    fn write(
        &self,
        study: &ExportStudy,
        dir: &Path,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<ExportFolder>, ResultsError> {
        study.warn_of_steps(warnings);
        let mut folders: Vec<ExportFolder> = Vec::new();
        let mut late = Vec::new();
        let mut helped = 0;
        for point in &study.points {
            let mut logs = Logs::new(&point.name);
            let mut now = Stamp::ZERO;
            for (index, slot) in point.slots.iter().enumerate() {
                now = logs.slot(point, index, slot, now).well_after(PAUSE_S);
            }
            if logs.last_wait_s >= R_MINUTES_S {
                late.push(&point.name);
            }
            helped += usize::from(logs.keep_seconds());
            logs.write(&dir.join(&point.label).join(&point.name), &config(point))?;
            match folders.iter_mut().find(|folder| folder.name == point.label) {
                Some(folder) => folder.points += 1,
                None => folders.push(ExportFolder { name: point.label.clone(), points: 1 }),
            }
        }
        if let Some(first) = late.first() {
            warnings.push(format!(
                "at {} of {} points ({first}, ..) downloads wait a minute or more for their first log entry; \
                 the notebook shows that first_byte in minutes as if they were seconds, because R chooses the unit. \
                 At {helped} points an entry of 0 bytes was added to keep completion in seconds",
                late.len(),
                study.points.len()
            ));
        }
        Ok(folders)
    }
}

/// The experiment's configuration: `CodexExperimentConfig` of
/// `benchmarks/codex/config.py`, without addresses.
fn config(point: &ExportPoint) -> String {
    let inputs = &point.inputs;
    let sets = point.slots.iter().map(|slot| slot.seeder_set).max().map_or(0, |last| last + 1);
    let repetitions = point.slots.iter().map(|slot| slot.repetition).max().map_or(0, |last| last + 1);
    let config = json!({
        "repetitions": repetitions,
        "download_metric_unit_bytes": 1,
        "experiment_set_id": point.name,
        "seeder_sets": sets,
        "seeders": inputs.seeders,
        "file_size": inputs.file_size_bytes,
        "nodes": { "network_size": inputs.network_size, "name": "node-{node_index}", "first_node_index": 0 },
        "experiment_type": EXPERIMENT_TYPE,
    });
    format!("{config}\n")
}

/// A log entry of a download.
struct LogEntry {
    at: Stamp,
    node: u32,
    bytes: u64,
    dataset: String,
}

/// The log entries of one experiment, by kind.
struct Logs {
    experiment: String,
    downloads: Vec<LogEntry>,
    request_event: String,
    experiment_stage: String,
    experiment_status: String,
    /// Of the complete downloads, the shortest wait for a log entry, in
    /// seconds, with the entry of 0 bytes that would make it shorter.
    first_wait: Option<(f64, LogEntry)>,
    /// The longest wait of a complete download for its first log entry, in seconds.
    last_wait_s: f64,
}

impl Logs {
    fn new(experiment: &str) -> Self {
        Logs {
            experiment: experiment.into(),
            downloads: Vec::new(),
            request_event: "name,timestamp,node,destination,request_id,type\n".into(),
            experiment_stage: "name,timestamp,stage,type,error\n".into(),
            experiment_status: "name,timestamp,repetition,duration,error\n".into(),
            first_wait: None,
            last_wait_s: 0.0,
        }
    }

    /// Logs a run that begins at `begin`; returns its end.
    fn slot(&mut self, point: &ExportPoint, index: usize, slot: &Slot, begin: Stamp) -> Stamp {
        let inputs = &point.inputs;
        let (end, error) = match &slot.run {
            Some(run) => self.run(slot, run, begin),
            None => {
                // Which nodes it would have taken nobody knows; their number counts.
                let leechers =
                    (inputs.seeders..inputs.seeders + inputs.leechers()).map(|node| (node, begin, begin)).collect();
                self.requests(slot, "leech", leechers);
                (begin, slot.error.replace([',', '"', '\n'], " "))
            }
        };
        let (name, duration) = (&self.experiment, end.since(begin));
        self.experiment_status += &format!("{name},{},{index},{duration:?},{error}\n", end.with_zone());
        end
    }

    fn run(&mut self, slot: &Slot, run: &ExportRun, begin: Stamp) -> (Stamp, String) {
        let end = begin.after(run.length_s());
        let seeders =
            run.nodes.iter().filter(|n| n.role == Role::Seeder.name()).map(|n| (n.node, begin, begin)).collect();
        self.requests(slot, "genseed", seeders);
        let leechers: Vec<_> = run
            .leechers()
            .map(|n| {
                let start = n.start_s.unwrap_or(0.0);
                // The agent's answer comes when it has the manifest.
                (n.node, begin.after(start), begin.after(n.manifest_s.unwrap_or(start)))
            })
            .collect();
        let asked = leechers.iter().map(|(_, _, end)| *end).max().unwrap_or(begin);
        self.requests(slot, "leech", leechers);
        self.downloads(slot, run, begin);
        let missing = run.row.missing.unwrap_or(0);
        let error = if missing > 0 { format!("{missing} downloads did not complete in time") } else { String::new() };
        self.stages([("seeding", begin, begin), ("leeching", begin, asked), ("downloading", asked, end)], &error);
        self.stages([("log_cooldown", end, end), ("deleting", end, end)], "");
        (end, error)
    }

    /// Requests to nodes with their starts and ends.
    fn requests(&mut self, slot: &Slot, name: &str, nodes: Vec<(u32, Stamp, Stamp)>) {
        let starts = nodes.iter().map(|(node, start, _)| (*start, *node, "start"));
        let mut events: Vec<_> = starts.chain(nodes.iter().map(|(node, _, end)| (*end, *node, "end"))).collect();
        events.sort_by_key(|(at, node, kind)| (*at, *node, *kind != "start"));
        let id = format!("CodexMeta(name='{}')", slot.dataset());
        for (at, node, kind) in events {
            let line = format!("{name},{},runner,node-{node},{id},EventBoundary.{kind}\n", at.with_zone());
            self.request_event += &line;
        }
    }

    fn downloads(&mut self, slot: &Slot, run: &ExportRun, begin: Stamp) {
        let dataset = slot.dataset();
        for node in run.leechers() {
            let curve = run.curve(node, CurveKind::Stream);
            let start = node.start_s.unwrap_or(0.0);
            let entry =
                |time_s, bytes| LogEntry { at: begin.after(time_s), node: node.node, bytes, dataset: dataset.clone() };
            // The analysis throws the others away before it subtracts.
            let complete = curve.last().filter(|step| step.bytes == run.row.file_size_bytes);
            if let (Some(first), Some(_)) = (curve.first(), complete) {
                let wait_s = first.time_s - start;
                self.last_wait_s = self.last_wait_s.max(wait_s);
                if self.first_wait.as_ref().is_none_or(|(shortest, _)| wait_s < *shortest) {
                    self.first_wait = Some((wait_s, entry(start + EARLY_S, 0)));
                }
            }
            self.downloads.extend(curve.iter().map(|step| entry(step.time_s, step.bytes)));
        }
    }

    /// Adds an entry where R would count in minutes; whether it did.
    fn keep_seconds(&mut self) -> bool {
        let late = self.first_wait.take().filter(|(shortest, _)| *shortest >= R_MINUTES_S);
        let added = late.is_some();
        self.downloads.extend(late.map(|(_, entry)| entry));
        self.downloads.sort_by_key(|entry| (entry.at, entry.node, entry.bytes));
        added
    }

    fn download_metric(&self) -> String {
        let mut text = String::from("name,timestamp,node,value,dataset_name\n");
        for LogEntry { at, node, bytes, dataset } in &self.downloads {
            text += &format!("download,{},node-{node},{bytes},{dataset}\n", at.with_zone());
        }
        text
    }

    /// Stages with their starts and ends; an error belongs to the last.
    fn stages<const N: usize>(&mut self, stages: [(&str, Stamp, Stamp); N], error: &str) {
        for (index, (stage, start, end)) in stages.into_iter().enumerate() {
            let error = if index + 1 == N { error } else { "" };
            for (at, kind, error) in [(start, "start", ""), (end, "end", error)] {
                let line = format!("{},{},{stage},EventBoundary.{kind},{error}\n", self.experiment, at.with_zone());
                self.experiment_stage += &line;
            }
        }
    }

    fn write(&self, dir: &Path, config: &str) -> Result<(), ResultsError> {
        write(&dir.join(format!("{EXPERIMENT_TYPE}.jsonl")), config)?;
        write(&dir.join("download_metric.csv"), &self.download_metric())?;
        write(&dir.join("request_event.csv"), &self.request_event)?;
        write(&dir.join("experiment_stage.csv"), &self.experiment_stage)?;
        write(&dir.join("experiment_status.csv"), &self.experiment_status)
    }
}
