//! The trace of a run, and the page that plays it.

use crate::common::place::Place;
use crate::common::{checked, spec};
use codexsim::ledger::{Class, Outcome};
use codexsim::results::{Manifest, NodeRow, ProgressRow, TableRow, TraceRow, TrafficRow, read};
use codexsim::units::Time;
use std::fs;

/// Small runs that between them have every way for a message to travel: over
/// connections, as datagrams, acknowledgements alone, lost with a connection.
const RUNS: [&[&str]; 8] = [
    &["swarm.network_size=8", "swarm.seeders=2", "swarm.file_size=20 MB"],
    &["swarm.network_size=6", "swarm.seeders=1", "swarm.file_size=8 MB", "protocol=bittorrent"],
    &["swarm.network_size=4", "swarm.seeders=1", "swarm.file_size=8 MB", "protocol=bitswap"],
    &["swarm.network_size=6", "swarm.seeders=1", "swarm.file_size=8 MB", "protocol=codex-v3c"],
    &["swarm.network_size=6", "swarm.seeders=1", "swarm.file_size=8 MB", "protocol=codex-v3d"],
    &["swarm.network_size=8", "swarm.seeders=2", "swarm.file_size=8 MB", "discovery.model=discv5"],
    &[
        "swarm.network_size=8",
        "swarm.seeders=2",
        "swarm.file_size=40 MB",
        "network.model=fifo",
        CHURN[0],
        CHURN[1],
        CHURN[2],
    ],
    &[
        "swarm.network_size=8",
        "swarm.seeders=2",
        "swarm.file_size=40 MB",
        "network.model=ideal",
        CHURN[0],
        CHURN[1],
        CHURN[2],
    ],
];
const CHURN: [&str; 3] =
    ["churn.model=trace", "churn.kind=departure", "churn.trace=[[4, 0.0, 1.35], [4, 20.0, 3000.0], [5, 0.0, 7.0]]"];

fn traced(sets: &[&str]) -> Outcome {
    checked(&spec(&[sets, &["output.trace=true"]].concat()))
}

/// Bytes of each class that messages with the property `which` carry; block
/// data under `Payload`.
fn bytes_by_class(outcome: &Outcome, which: impl Fn(bool) -> bool) -> [u64; Class::ALL.len()] {
    let mut sums = [0; Class::ALL.len()];
    for m in outcome.trace.iter().filter(|m| which(m.arrived < Time::NEVER)) {
        let rest = m.wire - m.payload - m.proof - m.framing - m.acks;
        let parts =
            [(Class::Payload, m.payload), (Class::Proof, m.proof), (Class::Framing, m.framing), (Class::Ack, m.acks)];
        parts.iter().chain([&(m.class, rest)]).for_each(|(class, bytes)| sums[*class as usize] += bytes);
    }
    sums
}

#[test]
fn the_trace_balances_with_the_traffic_to_the_byte() {
    for sets in RUNS {
        let outcome = traced(sets);
        let mut traffic = outcome.traffic.map(|t| t.bytes);
        // Whether block data is stored or in vain is not known when it arrives.
        traffic[Class::Payload as usize] += std::mem::take(&mut traffic[Class::Duplicate as usize]);
        let lost = std::mem::take(&mut traffic[Class::Lost as usize]);
        assert_eq!(bytes_by_class(&outcome, |arrived| arrived), traffic, "{sets:?}");
        let messages: u64 = outcome.traffic.iter().map(|t| t.messages).sum();
        let arrived = outcome.trace.iter().filter(|m| m.arrived < Time::NEVER && !m.piece).count();
        assert_eq!(arrived as u64, messages, "{sets:?}");
        let missing: u64 = bytes_by_class(&outcome, |arrived| !arrived).iter().sum();
        assert!(missing >= lost, "{sets:?}: what was lost had been sent: {missing} >= {lost}");
        if sets.contains(&"network.model=ideal") {
            assert_eq!(missing, lost, "on links without limits all that is sent leaves");
            assert!(lost > 0, "the case is about losses");
        }
    }
}

#[test]
fn each_node_sends_and_receives_what_its_row_says() {
    for sets in RUNS {
        let outcome = traced(sets);
        for (node, row) in (0u32..).zip(&outcome.nodes) {
            let mine =
                |end: fn(&codexsim::ledger::TracedFlight) -> u32| outcome.trace.iter().filter(move |m| end(m) == node);
            let received: u64 = mine(|m| m.to.0).filter(|m| m.arrived < Time::NEVER).map(|m| m.wire).sum();
            assert_eq!(received, row.bytes_rx, "{sets:?}, node {node}");
            let sent: u64 = mine(|m| m.from.0).filter(|m| m.arrived < Time::NEVER).map(|m| m.wire).sum();
            assert!(sent <= row.bytes_tx, "{sets:?}, node {node}: what arrived had left");
        }
        assert!(outcome.trace.windows(2).all(|pair| pair[0].sent <= pair[1].sent), "in order of sending");
        assert!(outcome.trace.iter().all(|m| m.sent < m.arrived), "nothing arrives at once");
    }
}

#[test]
fn a_trace_changes_nothing_else() {
    for sets in RUNS {
        let (plain, with) = (checked(&spec(&[sets, &["output.progress=100"]].concat())), traced(sets));
        assert!(plain.trace.is_empty() && !with.trace.is_empty());
        assert_eq!(Outcome { trace: vec![], ..with }, plain, "{sets:?}");
    }
    let place = Place::new(SCENARIO);
    place.codexsim(&["run", "s.toml", "--reproducible", "--out", "plain"]).code(0);
    place.codexsim(&["run", "s.toml", "--reproducible", "--out", "trace", "--trace"]).code(0);
    for file in ["runs.csv", "nodes.csv", "traffic.csv", "series.csv", "constraints.csv", "timeline.csv"] {
        let bytes = |dir: &str| fs::read(place.path(dir).join(file)).unwrap();
        assert!(bytes("plain") == bytes("trace"), "{file} differs");
    }
    let fingerprint = |dir: &str| Manifest::read(&place.path(dir)).unwrap().scenario_fingerprint;
    assert_eq!(fingerprint("plain"), fingerprint("trace"));
}

const SCENARIO: &str = r#"
name = "tiny"
protocol = "codex-v2"
[swarm]
network_size = 6
seeders = 2
file_size = "10 MB"
start = { stagger = "2 s" }
"#;

fn table<R: TableRow>(place: &Place, dir: &str) -> Vec<R> {
    read(fs::File::open(place.path(dir).join(R::KIND.file)).unwrap()).unwrap()
}

#[test]
fn the_files_hold_the_trace_and_a_run_without_it_takes_them_away() {
    let place = Place::new(SCENARIO);
    place.codexsim(&["run", "s.toml", "--out", "a", "--trace"]).code(0);
    let (trace, traffic): (Vec<TraceRow>, Vec<TrafficRow>) = (table(&place, "a"), table(&place, "a"));
    let payload: u64 = trace.iter().filter(|m| m.arrived_s.is_some()).map(|m| m.payload_bytes).sum();
    let booked = |class: &str| traffic.iter().find(|t| t.class == class).unwrap().bytes;
    assert_eq!(payload, booked("payload") + booked("duplicate"));
    let files = Manifest::read(&place.path("a")).unwrap().files;
    assert!(files.iter().any(|f| f.name == "trace.csv" && f.rows == trace.len() as u64));
    // The last message of its data cannot arrive after a node was complete.
    for node in table::<NodeRow>(&place, "a").iter().filter(|n| n.t100_s.is_some()) {
        let mine = trace.iter().filter(|m| m.to == node.node && m.payload_bytes > 0);
        let last = mine.filter_map(|m| m.arrived_s).fold(0.0, f64::max);
        assert_eq!(Some(last), node.t100_s, "times count alike");
    }
    assert_eq!(table::<ProgressRow>(&place, "a").len(), 4 * 100);
    place.codexsim(&["run", "s.toml", "--out", "a"]).code(0);
    assert!(!place.path("a/trace.csv").exists() && !place.path("a/progress.csv").exists());
}

#[test]
fn a_sweep_says_that_it_keeps_no_trace() {
    let place = Place::new(SCENARIO);
    let assert = place.codexsim(&["sweep", "s.toml", "--out", "a", "--set", "output.trace=true"]).code(0);
    let errors = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(errors.contains("a sweep writes no trace.csv"), "{errors}");
    assert!(!place.path("a/trace.csv").exists());
}

#[test]
fn view_writes_a_page_from_the_files_alone() {
    let place = Place::new(SCENARIO);
    place.codexsim(&["run", "s.toml", "--out", "a", "--trace"]).code(0);
    fs::remove_file(place.path("s.toml")).unwrap();
    place.codexsim(&["view", "a"]).code(0);
    let page = fs::read_to_string(place.path("a/view.html")).unwrap();
    assert!(page.contains("tiny: 10 MB to 4 leechers from 2 seeders, codex-v2, seed 1"));
    let (_, data) = page.split_once("id=\"data\">").unwrap();
    let data: serde_json::Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
    let trace: Vec<TraceRow> = table(&place, "a");
    let arrived: u64 = trace.iter().filter(|m| m.arrived_s.is_some()).map(|m| m.bytes).sum();
    let numbers = |list: &serde_json::Value| -> Vec<u64> {
        list.as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect()
    };
    let bins = data["bins"]["flows"].as_array().unwrap();
    let of_bin = |bin| numbers(bin).chunks(2).map(|flow| flow[1]).sum::<u64>();
    assert_eq!(bins.iter().map(of_bin).sum::<u64>(), arrived);
    assert_eq!(numbers(&data["flights"]["bytes"]), trace.iter().map(|m| m.bytes).collect::<Vec<_>>());
    let last = table::<NodeRow>(&place, "a").iter().filter_map(|n| n.t100_s).fold(0.0, f64::max);
    let mark = data["bookmarks"].as_array().unwrap().iter().find(|m| m["label"].as_str().unwrap().contains("last"));
    assert_eq!(mark.unwrap()["at"].as_f64().unwrap(), (last * 1e6).round());
}

#[test]
fn what_cannot_be_played_is_wrong_input() {
    let place = Place::new(SCENARIO);
    place.codexsim(&["run", "s.toml", "--out", "a"]).code(0);
    place.codexsim(&["sweep", "s.toml", "--out", "b", "--set", "sweep.repetitions=2"]).code(0);
    for (dir, words) in [("a", "codexsim run SCENARIO --trace --out a"), ("b", "2 runs"), ("none", "has no runs.csv")] {
        let assert = place.codexsim(&["view", dir]).code(2);
        let errors = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(errors.contains(words), "{errors}");
    }
}

#[test]
fn a_damaged_file_is_named_with_what_was_expected() {
    let place = Place::new(SCENARIO);
    place.codexsim(&["run", "s.toml", "--out", "a", "--trace"]).code(0);
    let whole = |name: &str| fs::read_to_string(place.path("a").join(name)).unwrap();
    let (trace, nodes) = (whole("trace.csv"), whole("nodes.csv"));
    let mut lines: Vec<&str> = trace.lines().collect();
    let first: Vec<String> = lines[1].split(',').map(str::to_owned).collect();
    let changed = |column: usize, value: &str| {
        let mut row = first.clone();
        row[column] = value.into();
        format!("{}\n{}\n", lines[0], row.join(","))
    };
    let header = |text: &str| format!("{}\n", text.lines().next().unwrap());
    for (name, text, words) in [
        ("trace.csv", String::new(), "does not begin with"),
        ("trace.csv", trace[..trace.len() / 2].rsplit_once(',').unwrap().0.to_owned(), "not a table"),
        ("trace.csv", changed(0, "0000000000000000"), "expected run"),
        ("trace.csv", changed(3, "6"), "expected nodes below 6"),
        ("trace.csv", changed(1, "NaN"), "expected times"),
        ("trace.csv", changed(2, "1e300"), "expected times"),
        ("trace.csv", changed(2, "-1e6"), "before it was sent"),
        ("nodes.csv", header(&nodes), "0 rows; expected one for each of the 6 nodes"),
    ] {
        let kept = whole(name);
        fs::write(place.path("a").join(name), text).unwrap();
        let assert = place.codexsim(&["view", "a"]).code(2);
        let errors = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(errors.contains(&format!("a/{name}")) && errors.contains(words), "{words}: {errors}");
        fs::write(place.path("a").join(name), kept).unwrap();
    }
    lines.truncate(lines.len() / 2);
    fs::write(place.path("a/trace.csv"), lines.join("\n") + "\n").unwrap();
    place.codexsim(&["view", "a"]).code(0);
    assert!(fs::read_to_string(place.path("a/view.html")).unwrap().contains("The trace is cut"), "at a line's end");
}
