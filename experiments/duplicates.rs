//! The look at reality for generation 1: copies of each block that arrived in
//! swarms of node v0.1.6, re-created by `duplicates.toml`.

use codexsim::ledger::Class;
use codexsim::scenario::Input;
use codexsim::sim::run;
use codexsim::study::Plan;
use std::collections::BTreeMap;
use std::path::Path;

/// Mean copies for each distinct pair of node and block, by MiB and nodes.
type Copies = BTreeMap<(u64, u64), f64>;

/// The measured histograms: how many pairs arrived once, twice, and so on.
fn measured() -> Copies {
    let table = include_str!("measured/codex-v0.1.6-duplicates.csv");
    let rows =
        table.lines().skip(1).map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect::<Vec<u64>>());
    rows.map(|row| {
        let (mib, nodes, pairs) = (row[0], row[1], &row[2..]);
        let distinct: u64 = pairs.iter().sum();
        // Every downloader got every block, and the manifest.
        assert_eq!(distinct, (nodes - 1) * (16 * mib + 1));
        let copies: u64 = (1..).zip(pairs).map(|(times, count)| times * count).sum();
        ((mib, nodes), copies as f64 / distinct as f64)
    })
    .collect()
}

fn predicted() -> Copies {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/duplicates.toml");
    let plan = Plan::new(&Input { file: Some(file), ..Input::default() }).unwrap_or_else(|e| panic!("{e}"));
    let mut copies = Copies::new();
    for index in 0..plan.len() {
        let spec = plan.spec(index).unwrap().into_swarm().unwrap();
        let world = &spec.world;
        let cell = (world.dataset.size.get() >> 20, u64::from(world.swarm.network_size));
        let outcome = run(&spec, &mut |_| true).unwrap();
        assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
        let bytes = |class| outcome.traffic(class).bytes as f64;
        let mean = 1.0 + bytes(Class::Duplicate) / bytes(Class::Payload);
        *copies.entry(cell).or_default() += mean / f64::from(plan.repetitions);
    }
    copies
}

/// Cells of 1 MiB decided how long a look-up takes; the six others decided
/// nothing.
#[test]
fn copies_of_a_block_are_predicted() {
    let (measured, predicted) = (measured(), predicted());
    assert_eq!(measured.len(), 9);
    assert!(measured.keys().eq(predicted.keys()), "the experiment has the measured cells");
    println!("| file | nodes | measured | predicted | error |");
    for ((mib, nodes), was) in &measured {
        let is = predicted[&(*mib, *nodes)];
        println!("| {mib} MiB | {nodes} | {was:.2} | {is:.2} | {:+.0} % |", (is / was - 1.0) * 100.0);
    }
    for (cell, was) in &measured {
        let error = predicted[cell] / was - 1.0;
        assert!(error.abs() <= 0.25, "{cell:?}: {error}");
    }
    for mib in [5, 20] {
        let growth = [3, 5, 10].map(|nodes| predicted[&(mib, nodes)]);
        assert!(growth[0] < growth[1] && growth[1] < growth[2], "{mib} MiB: more nodes, more copies: {growth:?}");
    }
    // Measured: a file four times as large has up to 5 % more copies, a swarm
    // twice as large 30 %. Here, too, size matters less than a third as much.
    let growth = [3, 5, 10].map(|nodes| predicted[&(20, nodes)]);
    let by_nodes = (growth[1] / growth[0]).min(growth[2] / growth[1]) - 1.0;
    for nodes in [3, 5, 10] {
        let by_size = predicted[&(20, nodes)] / predicted[&(5, nodes)] - 1.0;
        assert!(by_size.abs() < by_nodes / 3.0, "{nodes} nodes: {by_size} by size, {by_nodes} by nodes");
    }
}
