//! How fast years pass: `cargo bench --bench storage`.

use codexsim::storage::dataset::{DatasetSpec, Repair, Span};
use codexsim::storage::splitting::{Effort, loss_within};
use codexsim::storage::system::{Placement, SystemSpec, Workers, keep};
use codexsim::storage::{Life, Start};
use codexsim::units::Time;
use criterion::{Criterion, criterion_group, criterion_main};

const DAY: f64 = 86_400.0;

fn years(c: &mut Criterion) {
    let mut group = c.benchmark_group("storage");
    group.sample_size(10);
    // 10,000 hosts, a million slots, a year.
    let system = SystemSpec {
        hosts: 10_000,
        datasets: 83_333,
        k: 8,
        m: 4,
        life: Life::exponential(365.0 * DAY),
        start: Start::Fresh,
        placement: Placement::Random,
        seen_every: 0.0,
        takes: Span::Exponential(DAY),
        workers: Workers::Own,
    };
    group.bench_function("a million slots, a year", |b| {
        b.iter(|| keep(&system, Time::from_secs_f64(365.0 * DAY), 1));
    });
    // A loss of 4.4e-9 a year.
    let dataset = DatasetSpec {
        k: 10,
        m: 5,
        life: Life::exponential(365.0 * DAY),
        start: Start::Fresh,
        seen_every: 0.0,
        takes: Span::Exponential(DAY),
        repair: Repair::Each(u32::MAX),
        shock: None,
    };
    group.bench_function("a loss of 4e-9", |b| {
        b.iter(|| loss_within(&dataset, 365.0 * DAY, 1, Effort { starts: 1000, repetitions: 20 }));
    });
    group.finish();
}

criterion_group!(benches, years);
criterion_main!(benches);
