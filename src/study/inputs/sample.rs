//! Runs made by hand.

use super::Inputs;
use crate::results::{Labels, Manifest, NodeRow, Record, RunTable, TableRow, sample_manifest};
use crate::scenario;

/// A study whose runs are named `protocol, seed, nodes, download times` (nothing
/// for a leecher that did not complete).
pub type SampleRun<'a> = (&'a str, u64, u32, &'a [Option<f64>]);

/// The inputs of such a study, with the values of the columns `extra`.
pub fn inputs(extra: &[&str], runs: &[(SampleRun, &[&str])]) -> Inputs {
    let (mut records, mut nodes) = (Vec::new(), Vec::new());
    for (index, ((protocol, seed, size, times), values)) in runs.iter().enumerate() {
        let sets = [format!("swarm.network_size={size}"), "swarm.seeders=1".into(), format!("seed={seed}")];
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        let (_file, input) = crate::study::sample::scenario("", &sets);
        let spec = scenario::load(&input).unwrap().run.into_swarm().unwrap();
        let run_id = format!("{index:016x}");
        let labels = Labels { run_id: &run_id, scenario: "t", protocol, repetition: 0 };
        let status = "complete".into();
        let run =
            crate::results::RunRow { bound_s: Some(0.5), status, ..crate::results::RunRow::planned(labels, &spec) };
        nodes.extend(times.iter().enumerate().map(|(node, time)| leecher(&run_id, node as u32, *time)));
        records.push(Record { run, storage: None, extra: values.iter().map(|v| v.to_string()).collect() });
    }
    let manifest = Manifest { seeder_sets: 1, repetitions: 2, runs_failed: 0, runs_missing: 1, ..sample_manifest() };
    let table = RunTable { extra: extra.iter().map(|key| key.to_string()).collect(), records };
    Inputs::of(manifest, table, nodes, vec![])
}

/// A row of `nodes.csv`; every leecher starts at 1 s.
fn leecher(run_id: &str, node: u32, time: Option<f64>) -> NodeRow {
    let text = format!(
        "{run_id},{node},leecher,1,1,1.0,,,,,{},,,,,0,0,0,0,0,0,{},0,,,1,",
        time.map_or(String::new(), |t| (t + 1.0).to_string()),
        time.is_some()
    );
    let table = NodeRow::KIND.header() + &text + "\n";
    crate::results::read::<NodeRow>(table.as_bytes()).unwrap().remove(0)
}
