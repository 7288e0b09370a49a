//! The first look at reality: every measured cell of the real node (generation
//! v2), simulated with several seeds and held against the measurement.
//!
//! `cargo test --release --test measured -- --nocapture` prints the table, which
//! stands in docs/validation.md too.

use codexsim::results::median;
use codexsim::scenario::Input;
use codexsim::sim::{RunSpec, run};
use codexsim::study::Plan;
use codexsim::world::{LatencySpec, Role, StartSpec};
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// A row of the measurements; only what is compared.
#[derive(Debug, Clone, Deserialize)]
struct Row {
    run_id: String,
    method: String,
    nodes: u32,
    seeders: u32,
    file_bytes: u64,
    up_bps: u64,
    latency_s: f64,
    role: String,
    start_s: Option<f64>,
    t100_s: Option<f64>,
    bytes_rx: f64,
    bytes_tx: f64,
}

/// What makes two runs the same experiment: shaped Ethernet frames or Shadow,
/// nodes, seeders, file, capacity, one-way delay in microseconds, staggered.
type Cell = (bool, u32, u32, u64, u64, u64, bool);

/// What is compared, for one run.
#[derive(Debug, Clone, Copy)]
struct Figures {
    makespan_s: f64,
    /// Median over leechers of the time since their own start.
    t100_median_s: f64,
    /// Mean over leechers, per byte of the file.
    rx_per_file: f64,
    /// All seeders together, in copies of the file.
    seeder_copies: f64,
}

impl Figures {
    const NAMES: [&'static str; 4] = ["makespan", "median t100", "received", "seeder copies"];

    fn list(&self) -> [f64; 4] {
        [self.makespan_s, self.t100_median_s, self.rx_per_file, self.seeder_copies]
    }
}

fn measured() -> BTreeMap<Cell, Vec<Figures>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/measured/codex-v2-runs.csv");
    let mut runs: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in csv::Reader::from_path(path).unwrap().deserialize::<Row>() {
        let row = row.unwrap();
        runs.entry(row.run_id.clone()).or_default().push(row);
    }
    let mut cells: BTreeMap<Cell, Vec<Figures>> = BTreeMap::new();
    for rows in runs.values() {
        let leechers: Vec<&Row> = rows.iter().filter(|r| r.role == "leecher").collect();
        let last = leechers.iter().filter_map(|r| r.start_s).fold(0.0, f64::max);
        // Apart from the staggered runs, all start within half a second.
        let staggered = last > 5.0;
        let r = &rows[0];
        let shaped = r.method == "netns+tbf";
        let micros = (r.latency_s * 1e6).round() as u64;
        let cell = (shaped, r.nodes, r.seeders, r.file_bytes, r.up_bps, micros, staggered);
        let own_start = |r: &Row| if staggered { r.start_s.unwrap() } else { 0.0 };
        let times: Vec<f64> = leechers.iter().map(|r| r.t100_s.unwrap() - own_start(r)).collect();
        let file = r.file_bytes as f64;
        cells.entry(cell).or_default().push(Figures {
            makespan_s: leechers.iter().filter_map(|r| r.t100_s).fold(0.0, f64::max),
            t100_median_s: median(&times).unwrap(),
            rx_per_file: leechers.iter().map(|r| r.bytes_rx).sum::<f64>() / leechers.len() as f64 / file,
            seeder_copies: rows.iter().filter(|r| r.role == "seeder").map(|r| r.bytes_tx).sum::<f64>() / file,
        });
    }
    cells
}

fn cell_of(spec: &RunSpec) -> Cell {
    let world = &spec.world;
    let LatencySpec::Constant(delay) = world.latency else { panic!("measured worlds have one latency") };
    let shaped = spec.network.transport.segment_header.get() == 66;
    let staggered = matches!(world.swarm.start, StartSpec::Stagger(_));
    // The bridge between namespaces adds 0.05 ms that the measurements call 0.
    let micros = if shaped { 0 } else { delay.nanos() / 1000 };
    let (nodes, seeders) = (world.swarm.network_size, world.swarm.seeders);
    (shaped, nodes, seeders, world.dataset.size.get(), world.links[0].up.0, micros, staggered)
}

fn simulate(spec: &RunSpec) -> Figures {
    let outcome = run(spec, &mut |_| true).unwrap();
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    let times: Vec<f64> = outcome.leechers().map(|n| (n.milestones.all.unwrap() - n.start).secs()).collect();
    let file = spec.world.dataset.size.get() as f64;
    let seeders = outcome.nodes.iter().filter(|n| n.role == Role::Seeder);
    Figures {
        makespan_s: outcome.makespan().unwrap().secs(),
        t100_median_s: median(&times).unwrap(),
        rx_per_file: outcome.leechers().map(|n| n.bytes_rx as f64).sum::<f64>() / times.len() as f64 / file,
        seeder_copies: seeders.map(|n| n.bytes_tx as f64).sum::<f64>() / file,
    }
}

/// Medians over runs, figure by figure.
fn medians(runs: &[Figures]) -> [f64; 4] {
    std::array::from_fn(|i| median(&runs.iter().map(|f| f.list()[i]).collect::<Vec<_>>()).unwrap())
}

fn name(cell: &Cell) -> String {
    let (shaped, nodes, seeders, file, up, micros, staggered) = *cell;
    let method = if shaped { "netns" } else { "shadow" };
    let start = if staggered { " staggered" } else { "" };
    let delay = micros as f64 / 1000.0;
    format!("{method} {nodes}-{seeders} {} MiB {} Mbit/s {delay} ms{start}", file >> 20, up / 1_000_000)
}

#[test]
fn the_real_node_is_predicted_cell_by_cell() {
    let experiment = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/measured-codex-v2.toml");
    let plan = Plan::new(&Input { file: Some(experiment), ..Input::default() }).unwrap();
    let specs: Vec<RunSpec> = (0..plan.runs.len()).map(|i| plan.spec(i)).collect();
    let mut predicted: BTreeMap<Cell, Vec<Figures>> = BTreeMap::new();
    for (cell, figures) in specs.par_iter().map(|s| (cell_of(s), simulate(s))).collect::<Vec<_>>() {
        predicted.entry(cell).or_default().push(figures);
    }
    let measured = measured();
    assert_eq!(predicted.keys().collect::<Vec<_>>(), measured.keys().collect::<Vec<_>>(), "cells differ");

    println!(
        "| cell | n | makespan s, measured | predicted | error | median t100 s | predicted | error | received per file byte | predicted | seeder copies | predicted |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    let mut errors: [Vec<f64>; 4] = Default::default();
    for (cell, real) in &measured {
        let (m, p) = (medians(real), medians(&predicted[cell]));
        let error: [f64; 4] = std::array::from_fn(|i| (p[i] / m[i] - 1.0) * 100.0);
        (0..4).for_each(|i| errors[i].push(error[i].abs()));
        println!(
            "| {} | {} | {:.2} | {:.2} | {:+.1} % | {:.2} | {:.2} | {:+.1} % | {:.3} | {:.3} | {:.2} | {:.2} |",
            name(cell),
            real.len(),
            m[0],
            p[0],
            error[0],
            m[1],
            p[1],
            error[1],
            m[2],
            p[2],
            m[3],
            p[3]
        );
    }
    for (figure, errors) in Figures::NAMES.iter().zip(&errors) {
        let worst = errors.iter().copied().fold(0.0, f64::max);
        println!("{figure}: median absolute error {:.1} %, worst {worst:.1} %", median(errors).unwrap());
    }
    let worst = errors[0].iter().copied().fold(0.0, f64::max);
    assert!(median(&errors[0]).unwrap() <= 10.0 && worst <= 35.0, "makespan: worst {worst:.1} %");
}

/// Leechers that start together hardly trade: seeders send nearly a copy to
/// each, and the makespan grows with leechers over seeder uplink.
#[test]
fn a_flash_crowd_shows_what_the_real_node_shows() {
    let makespan = |leechers: u32| {
        let sets = vec![
            format!("swarm.network_size={}", leechers + 1),
            "swarm.seeders=1".into(),
            "swarm.file_size=10 MiB".into(),
            "network.up=10 Mbit/s".into(),
            "network.down=10 Mbit/s".into(),
            "network.latency=1 ms".into(),
        ];
        let spec = codexsim::scenario::load(&Input { sets, ..Input::default() }).unwrap().run;
        let figures = simulate(&spec);
        assert!(figures.seeder_copies > 0.98 * f64::from(leechers), "{leechers}: {figures:?}");
        figures.makespan_s
    };
    let one = makespan(1);
    for leechers in [2, 4, 8] {
        let ratio = makespan(leechers) / one;
        assert!((ratio / f64::from(leechers) - 1.0).abs() < 0.03, "{leechers} leechers take {ratio} times as long");
    }
}
