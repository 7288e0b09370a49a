//! Folders of the storage team's benchmarks (repository `bittorrent-benchmarks`,
//! `benchmarks/logging/logging.py` and `analysis/final/R`): the logs of one
//! experiment, split by kind.
//!
//! - `<system>_experiment_config_log_entry.jsonl`: `file_size`, `seeders`,
//!   `seeder_sets`, `repetitions`, `nodes` (a list, or `network_size`),
//!   `download_metric_unit_bytes`.
//! - `request_event.csv`: a `leech` request starts a leecher (`destination`).
//! - `download_metric.csv`: progress of a `node` in `dataset-<seeder set>-<run>`.
//!   `value` is the number of a piece where a unit is larger than a byte, and a
//!   count of bytes where it is one.

use super::{Measured, MeasuredError, MeasuredRun, NodeFigures, complete, content, io, shortest};
use crate::world::Role;
use chrono::NaiveDate;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const CONFIG: &str = "_experiment_config_log_entry.jsonl";

/// A client that counts bytes logs every hundredth of the file, rounded down:
/// the last entry may be this share short of the whole.
const ROUNDING: f64 = 1e-4;

#[derive(Deserialize)]
struct Config {
    file_size: u64,
    seeders: u32,
    #[serde(default = "one")]
    seeder_sets: u32,
    #[serde(default = "one")]
    repetitions: u32,
    nodes: Nodes,
    download_metric_unit_bytes: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Nodes {
    Set { network_size: u32 },
    List(Vec<serde::de::IgnoredAny>),
}

fn one() -> u32 {
    1
}

/// A line of `request_event.csv`.
#[derive(Deserialize)]
struct PieceRequest {
    name: String,
    timestamp: String,
    destination: String,
    #[serde(default)]
    request_id: String,
    #[serde(rename = "type")]
    kind: String,
}

/// A line of `download_metric.csv`.
#[derive(Deserialize)]
struct ProgressEntry {
    timestamp: String,
    node: String,
    value: f64,
    dataset_name: String,
}

/// Seeder set and repetition.
type DatasetNumber = (u32, u32);

/// Whether `path` is the configuration of an experiment.
pub(super) fn is_config(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(CONFIG))
}

/// Adds the runs of the experiment in `folder` to `measured`.
pub(super) fn read(folder: &Path, config: &Path, measured: &mut Measured) -> Result<(), MeasuredError> {
    let (system, config) = read_config(config)?;
    let nodes = match &config.nodes {
        Nodes::Set { network_size } => *network_size,
        Nodes::List(list) => list.len() as u32,
    };
    let unit = config.download_metric_unit_bytes.unwrap_or(1);
    let starts = starts(folder, &config, nodes)?;
    let mut progress = progress(folder)?;
    for (dataset, leechers) in starts {
        let origin = leechers.values().copied().fold(f64::INFINITY, f64::min);
        let leecher = |(node, start): (&String, &f64)| {
            let steps = progress.remove(&(dataset, node.clone())).unwrap_or_default();
            let reached = |share| moment(&steps, share, unit, config.file_size).map(|t| t - origin);
            NodeFigures {
                role: Role::Leecher,
                start_s: Some(start - origin),
                t50_s: reached(0.5),
                t90_s: reached(0.9),
                t100_s: reached(1.0),
                ..NodeFigures::default()
            }
        };
        let mut all: Vec<NodeFigures> = leechers.iter().map(leecher).collect();
        all.extend((0..config.seeders).map(|_| NodeFigures::default()));
        let run = MeasuredRun {
            id: format!("dataset-{}-{}", dataset.0, dataset.1),
            file: folder.display().to_string(),
            conditions: conditions(&system, nodes, &config),
            nodes: all,
            obstacle: None,
        };
        complete(run, measured);
    }
    Ok(())
}

fn conditions(system: &str, nodes: u32, config: &Config) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("system", system.to_owned()),
        ("method", "benchmark".into()),
        ("nodes", nodes.to_string()),
        ("seeders", config.seeders.to_string()),
        ("file_bytes", shortest(config.file_size as f64)),
    ])
}

fn read_config(path: &Path) -> Result<(String, Config), MeasuredError> {
    let text = fs::read_to_string(path).map_err(io(path))?;
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let system = name.strip_suffix(CONFIG).unwrap_or_default().to_owned();
    let problem = |error| format!("not the configuration of an experiment: {error}");
    serde_json::from_str(line)
        .map(|config| (system, config))
        .map_err(|error| MeasuredError::File { file: path.display().to_string(), problem: problem(error) })
}

/// When each leecher of each run began. A run is known by the name of its
/// dataset in the request, or else by its place: runs come one after the other,
/// all repetitions of a seeder set together.
fn starts(
    folder: &Path,
    config: &Config,
    nodes: u32,
) -> Result<BTreeMap<DatasetNumber, BTreeMap<String, f64>>, MeasuredError> {
    let mut requests = Vec::new();
    for (request, time) in rows::<PieceRequest>(folder, "request_event.csv", |r| &r.timestamp)? {
        // Python prints members of an enumeration with the name of their class.
        if request.name == "leech" && request.kind.rsplit('.').next() == Some("start") {
            requests.push((time, request));
        }
    }
    requests.sort_by(|a, b| a.0.total_cmp(&b.0));
    let leechers = nodes.saturating_sub(config.seeders).max(1) as usize;
    let mut starts: BTreeMap<DatasetNumber, BTreeMap<String, f64>> = BTreeMap::new();
    for (index, (time, request)) in requests.into_iter().enumerate() {
        let run = (index / leechers) as u32;
        let by_place = (run / config.repetitions.max(1), run % config.repetitions.max(1));
        let set = dataset(&request.request_id).unwrap_or(by_place);
        if set.0 < config.seeder_sets {
            starts.entry(set).or_default().insert(unquoted(&request.destination), time);
        }
    }
    Ok(starts)
}

/// Logs of some systems put names in quotes.
fn unquoted(name: &str) -> String {
    name.replace('"', "")
}

/// `dataset-1-2`, anywhere in `text`.
fn dataset(text: &str) -> Option<DatasetNumber> {
    let rest = &text[text.find("dataset-")? + "dataset-".len()..];
    let (set, rest) = rest.split_once('-')?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    Some((set.parse().ok()?, rest[..digits].parse().ok()?))
}

/// What each node logged about each dataset: (when, value), in order of time.
type Steps = Vec<(f64, f64)>;

fn progress(folder: &Path) -> Result<BTreeMap<(DatasetNumber, String), Steps>, MeasuredError> {
    let mut progress: BTreeMap<(DatasetNumber, String), Steps> = BTreeMap::new();
    for (metric, time) in rows::<ProgressEntry>(folder, "download_metric.csv", |m| &m.timestamp)? {
        if let Some(set) = dataset(&metric.dataset_name) {
            progress.entry((set, unquoted(&metric.node))).or_default().push((time, metric.value));
        }
    }
    progress.values_mut().for_each(|steps| steps.sort_by(|a, b| a.0.total_cmp(&b.0)));
    Ok(progress)
}

/// When `share` of the file was there.
fn moment(steps: &Steps, share: f64, unit: u64, file: u64) -> Option<f64> {
    let mut pieces = BTreeSet::new();
    let mut bytes = 0.0_f64;
    let wanted = share * file as f64 * (1.0 - ROUNDING);
    let reached = |(_, value): &&(f64, f64)| {
        if unit > 1 {
            pieces.insert(*value as u64);
            bytes = pieces.len() as f64 * unit as f64;
        } else {
            bytes = bytes.max(*value);
        }
        bytes >= wanted
    };
    steps.iter().find(reached).map(|(time, _)| *time)
}

/// The rows of a table with their moments in seconds.
fn rows<R: for<'de> Deserialize<'de>>(
    folder: &Path,
    name: &str,
    timestamp: fn(&R) -> &String,
) -> Result<Vec<(R, f64)>, MeasuredError> {
    let path = folder.join(name);
    let content = content(&path)?;
    let file = path.display().to_string();
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(content.as_slice());
    let headers = reader.headers().cloned().unwrap_or_default();
    let mut rows = Vec::new();
    for record in reader.records() {
        let problem = |line, problem: String| MeasuredError::Line { file: file.clone(), line, problem };
        let record = record.map_err(|e| problem(e.position().map_or(1, csv::Position::line), e.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let row: R = record.deserialize(Some(&headers)).map_err(|e| problem(line, reason(&e, &headers)))?;
        let time = seconds(timestamp(&row)).ok_or_else(|| MeasuredError::Field {
            file: file.clone(),
            line,
            column: "timestamp".into(),
            found: timestamp(&row).clone(),
            expected: "a moment such as 2025-01-21 12:47:15.846761+00:00",
        })?;
        rows.push((row, time));
    }
    Ok(rows)
}

/// What is wrong with a row, with the name of the column.
fn reason(error: &csv::Error, headers: &csv::StringRecord) -> String {
    let csv::ErrorKind::Deserialize { err, .. } = error.kind() else { return error.to_string() };
    match err.field().and_then(|field| headers.get(field as usize)) {
        Some(column) => format!("column `{column}`: {}", err.kind()),
        None => err.kind().to_string(),
    }
}

/// Seconds since 1970 of a moment in RFC 3339, whose `T` may be a space; without
/// an offset it is UTC.
fn seconds(text: &str) -> Option<f64> {
    let moment: toml::value::Datetime = text.parse().ok()?;
    let (date, time) = (moment.date?, moment.time?);
    let minutes = match moment.offset {
        Some(toml::value::Offset::Custom { minutes }) => i64::from(minutes),
        _ => 0,
    };
    let day = NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())?;
    let days = day.signed_duration_since(NaiveDate::default()).num_days();
    let clock = i64::from(time.hour) * 3600 + i64::from(time.minute) * 60 + i64::from(time.second.unwrap_or(0));
    let whole = days * 86_400 + clock - minutes * 60;
    Some(whole as f64 + f64::from(time.nanosecond.unwrap_or(0)) * 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(config: &str, requests: &str, metrics: &str) -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join(format!("deluge{CONFIG}")), config).unwrap();
        let head = "node,name,timestamp,destination,request_id,type\n";
        fs::write(place.path().join("request_event.csv"), format!("{head}{requests}")).unwrap();
        let head = "name,timestamp,value,node,dataset_name\n";
        fs::write(place.path().join("download_metric.csv"), format!("{head}{metrics}")).unwrap();
        place
    }

    #[test]
    fn moments() {
        assert_eq!(seconds("1970-01-02 00:00:01+00:00"), Some(86_401.0));
        assert_eq!(seconds("2025-01-21T12:47:15.5Z"), Some(1_737_463_635.5));
        assert_eq!(seconds("2025-01-21 14:47:15.5+02:00"), seconds("2025-01-21 12:47:15.5"));
        assert_eq!(
            seconds("2024-03-01T00:00:00Z").zip(seconds("2024-02-28T00:00:00Z")).map(|(a, b)| a - b),
            Some(172_800.0)
        );
        assert_eq!((seconds("yesterday"), seconds("2025-01-21")), (None, None));
    }

    /// Four pieces of 100 B, two leechers; the seeder logs its own check.
    #[test]
    fn pieces_are_counted_once_and_the_seeders_own_are_not_counted() {
        let config = r#"{"file_size":400,"seeders":1,"seeder_sets":1,"repetitions":1,
            "download_metric_unit_bytes":100,"nodes":{"network_size":3,"name":"n"},"experiment_type":"x"}"#;
        let config = config.replace('\n', "");
        let requests = "runner,genseed,2025-01-21 12:00:00+00:00,n1,dataset-0-0,EventBoundary.start\n\
            runner,leech,2025-01-21 12:00:10+00:00,\"\"\"n2\"\"\",dataset-0-0,EventBoundary.start\n\
            runner,leech,2025-01-21 12:00:10.5+00:00,n3,dataset-0-0,EventBoundary.start\n\
            runner,leech,2025-01-21 12:00:11+00:00,n3,dataset-0-0,EventBoundary.end\n";
        let mut metrics = String::new();
        for (second, piece, node) in
            [(5, 0, "n1"), (12, 3, "n2"), (13, 3, "n2"), (14, 0, "n2"), (15, 1, "n2"), (17, 2, "n2"), (18, 1, "n3")]
        {
            metrics += &format!("download,2025-01-21 12:00:{second:02}+00:00,{piece},{node},dataset-0-0\n");
        }
        let place = folder(&config, requests, &metrics);
        let measured = Measured::read(place.path()).unwrap();
        let run = &measured.runs[0];
        assert_eq!((run.conditions["system"].as_str(), run.conditions["nodes"].as_str()), ("deluge", "3"));
        let times = |n: &NodeFigures| (n.role == Role::Leecher, n.start_s, n.t50_s, n.t90_s, n.t100_s);
        assert_eq!(times(&run.nodes[0]), (true, Some(0.0), Some(4.0), Some(7.0), Some(7.0)));
        assert_eq!(times(&run.nodes[1]), (true, Some(0.5), None, None, None), "it never finished");
        assert_eq!(times(&run.nodes[2]), (false, None, None, None, None));
    }

    /// Bytes are counted where a unit is a byte; runs without a name are known
    /// by their order.
    #[test]
    fn bytes_and_runs_in_order() {
        let config = r#"{"file_size":1055,"seeders":1,"seeder_sets":1,"repetitions":2,"nodes":[{},{}]}"#;
        let mut requests = String::new();
        let mut metrics = String::new();
        for run in 0..2 {
            requests += &format!("runner,leech,2025-01-21 12:0{run}:00Z,n2,uuid,RequestEventType.start\n");
            for (second, bytes) in [(10, 500), (20, 1000), (30 + run, 1055)] {
                metrics += &format!("download,2025-01-21 12:0{run}:{second}Z,{bytes},n2,dataset-0-{run}\n");
            }
        }
        let place = folder(config, &requests, &metrics);
        let runs = Measured::read(place.path()).unwrap().runs;
        let t100: Vec<_> = runs.iter().map(|r| (r.nodes[0].t50_s, r.nodes[0].t100_s)).collect();
        assert_eq!(t100, [(Some(20.0), Some(30.0)), (Some(20.0), Some(31.0))]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let config = r#"{"file_size":400,"seeders":1,"nodes":{"network_size":2}}"#;
        let error = |config: &str, requests: &str, metrics: &str| {
            Measured::read(folder(config, requests, metrics).path()).unwrap_err().to_string()
        };
        let text = error(r#"{"seeders":1}"#, "", "");
        assert!(text.contains("deluge_experiment_config") && text.contains("file_size"), "{text}");
        let text = error(config, "", "download,now,3,n2,dataset-0-0\n");
        assert!(text.contains("download_metric.csv:2: column `timestamp` is `now`"), "{text}");
        let text = error(config, "", "download,2025-01-21 12:00:00Z,much,n2,dataset-0-0\n");
        assert!(text.contains("download_metric.csv:2: column `value`"), "{text}");
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join(format!("codex{CONFIG}")), config).unwrap();
        let text = Measured::read(place.path()).unwrap_err().to_string();
        assert!(text.contains("request_event.csv"), "{text}");
    }
}
