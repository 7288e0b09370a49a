//! Years of slots: histories of a million slots with and without links that they share, and
//! the loss of a unit that hardly ever happens.

use codexsim::scenario::{Input, load};
use codexsim::sim::{Ended, Spec, carry_out};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

/// A storage scenario of these settings.
fn spec(sets: &[&str]) -> Spec {
    let sets = sets.iter().map(|set| set.to_string()).collect();
    load(&Input { file: Some("benches/storage.toml".into()), sets, ..Input::default() })
        .expect("the settings are right")
        .run
}

fn run(spec: &Spec) -> u64 {
    match carry_out(spec, &mut |_| true) {
        Ended::Storage(outcome) => outcome.events,
        Ended::Swarm(_) => unreachable!("a storage run"),
    }
}

fn years(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("storage");
    group.sample_size(10);
    let fixed = "repair.time={ family = \"fixed\", mean = \"1 d\" }";
    let million = ["hosts.count=10000", "data.count=100000", "code.data=5", "code.total=10", "rare.method=count"];
    let copies = ["hosts.count=10000", "data.count=333333", "code.data=1", "code.total=3", "rare.method=count"];
    let rare = ["hosts.count=15", "data.count=1", "code.data=10", "code.total=15", "repair.time={ mean = \"1 d\" }"];
    let cases = [
        ("1 M slots, a year", [&million[..], &[fixed]].concat()),
        ("1 M slots, a year, links", million.to_vec()),
        ("1 M copies, a year, links", [&copies[..], &["code.kind=replica"]].concat()),
        ("loss of 4.4e-9", rare.to_vec()),
    ];
    for (name, sets) in cases {
        let spec = spec(&sets);
        group.bench_function(name, |bench| bench.iter(|| black_box(run(&spec))));
    }
    group.finish();
}

criterion_group!(benches, years);
criterion_main!(benches);
