//! What must hold for any bytes that a reader of outside files is given: it says
//! what is wrong, or what it read can be written and read again. Each function is
//! the body of a fuzz target and of a test (`tests/readers.rs`).

use codexsim::report::{Playback, RunTables, view_html};
use codexsim::results::{
    self, ConstraintRow, DiscoveryRow, Labels, Measured, NodeRow, ProgressRow, RunResult, RunTable, SeriesRow,
    TableRow, TimelineRow, TraceRow, TrafficRow,
};
use codexsim::scenario::{Input, Scenario, ScenarioError, load};
use codexsim::study::RowFile;
use codexsim::units::{Bytes, Rate, Time};
use std::fmt::{Debug, Display};
use std::fs;
use std::str::FromStr;
use std::sync::OnceLock;

/// Sizes, rates and times: what is printed reads back.
pub fn units(data: &[u8]) {
    fn holds<Q: FromStr<Err: Display> + Display + PartialEq + Debug>(text: &str) {
        match text.parse::<Q>() {
            Ok(quantity) => assert_eq!(quantity.to_string().parse::<Q>().ok(), Some(quantity), "{text:?}"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    holds::<Bytes>(text);
    holds::<Rate>(text);
    holds::<Time>(text);
}

/// A scenario, with further files beside it.
fn loaded(scenario: &[u8], beside: &[(&str, &[u8])]) -> Result<Scenario, ScenarioError> {
    let folder = tempfile::tempdir().expect("a folder for the files");
    for (name, content) in [("s.toml", scenario)].iter().chain(beside) {
        fs::write(folder.path().join(name), content).expect("a file is written");
    }
    load(&Input { file: Some(folder.path().join("s.toml")), ..Input::default() })
}

/// An error that shows something, or a scenario whose final form is the same one.
fn told(result: Result<Scenario, ScenarioError>) {
    match result {
        Err(error) => assert!(error.to_string().starts_with("error: "), "{error}"),
        Ok(scenario) => match loaded(scenario.resolved.as_bytes(), &[]) {
            Ok(again) => assert_eq!(again.run, scenario.run, "{}", scenario.resolved),
            Err(error) => panic!("{error}\n{}", scenario.resolved),
        },
    }
}

/// A scenario (TOML).
pub fn scenario(data: &[u8]) {
    told(loaded(data, &[]));
}

/// Recorded sessions (CSV).
pub fn churn_trace(data: &[u8]) {
    let scenario = "[swarm]\nnetwork_size = 8\nseeders = 2\nfile_size = \"10 MB\"\n\
        [churn]\nmodel = \"trace\"\ntrace = \"t.csv\"\n";
    told(loaded(scenario.as_bytes(), &[("t.csv", data)]));
}

/// A network model with links and delays by region (TOML).
pub fn latency_matrix(data: &[u8]) {
    let scenario = "[swarm]\nnetwork_size = 8\nseeders = 2\nfile_size = \"10 MB\"\n\
        [network]\nlinks = \"./m.toml\"\nlatency = { matrix = \"./m.toml\" }\n";
    told(loaded(scenario.as_bytes(), &[("m.toml", data)]));
}

/// Rows of one kind: what is written reads back as the same text.
fn table<R: TableRow>(data: &[u8]) {
    if let Ok(rows) = results::read::<R>(data) {
        let text = results::write(&rows);
        let again = results::read::<R>(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(results::write(&again), text);
    }
}

/// The row file of a run, and each kind of table in it.
pub fn rows(data: &[u8]) {
    table::<NodeRow>(data);
    table::<TrafficRow>(data);
    table::<SeriesRow>(data);
    table::<ConstraintRow>(data);
    table::<TimelineRow>(data);
    table::<ProgressRow>(data);
    table::<DiscoveryRow>(data);
    table::<TraceRow>(data);
    if let Some((text, file)) = std::str::from_utf8(data).ok().and_then(|text| Some((text, RowFile::decode(text)?))) {
        assert_eq!(file.encode(), text, "only what the program wrote is taken");
    }
}

/// `runs.csv`.
pub fn runs(data: &[u8]) {
    if let Ok(table) = RunTable::read(data) {
        let text = table.write();
        let again = RunTable::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(again.write(), text);
    }
}

/// A small run, with the messages that it sent.
pub fn sample() -> &'static (RunResult, String) {
    static SAMPLE: OnceLock<(RunResult, String)> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let sets = [
            "protocol=direct",
            "swarm.network_size=3",
            "swarm.seeders=1",
            "swarm.file_size=200 kB",
            "output.trace=true",
        ];
        let input = Input { sets: sets.map(String::from).to_vec(), ..Input::default() };
        let spec = load(&input).unwrap_or_else(|error| panic!("{error}")).run.into_swarm().unwrap();
        let outcome = codexsim::sim::run(&spec, &mut |_| true).expect("nobody abandons the run");
        let labels = Labels { run_id: "00000000000000aa", scenario: "sample", protocol: "direct", repetition: 0 };
        let trace: Vec<TraceRow> = results::trace_rows(labels.run_id, &outcome).collect();
        (RunResult::new(labels, &spec, &outcome), results::write(&trace))
    })
}

/// `trace.csv`, as `codexsim view` plays it.
pub fn view(data: &[u8]) {
    let (result, _) = sample();
    let tables = RunTables {
        run: result.run.clone(),
        nodes: result.nodes.clone(),
        traffic: result.traffic.clone(),
        series: result.series.clone(),
        progress: result.progress.clone(),
        downloads: result.downloads.clone(),
    };
    let Ok(mut playback) = Playback::new(tables) else { panic!("the tables of a run belong together") };
    let Ok(rows) = results::read_each::<TraceRow>(data) else { return };
    for row in rows {
        let Ok(row) = row else { return };
        if playback.add(&row).is_err() {
            return;
        }
    }
    assert!(view_html(&playback).contains("</html>"));
}

/// Measured runs (CSV).
pub fn measured(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder for the file");
    let path = folder.path().join("m.csv");
    fs::write(&path, data).expect("a file is written");
    match Measured::read(&path) {
        Ok(measured) => assert!(!measured.runs.is_empty()),
        Err(error) => assert!(error.to_string().contains("m.csv"), "{error}"),
    }
}
