//! How fast years pass: `cargo bench --bench storage`.

use codexsim::storage::dataset::{DatasetSpec, Repair, Span};
use codexsim::storage::splitting::{Effort, loss_within};
use codexsim::storage::system::histories;
use codexsim::storage::{
    CodeKind, CodeSpec, DataSpec, DetectSpec, HostsSpec, Life, LifeSpec, PlacementSpec, RareSpec, RepairSpec,
    SpanFamily, SpanSpec, Start, StorageKind, StorageSpec,
};
use codexsim::units::{Bytes, Rate, Time};
use criterion::{Criterion, criterion_group, criterion_main};

const DAY: f64 = 86_400.0;

/// 10,000 hosts with a hundred slots of 20 GB each.
fn system((data, total): (u32, u32), time: Option<SpanSpec>) -> StorageSpec {
    let count = 10_000;
    StorageSpec {
        kind: StorageKind::Storage,
        horizon: Time::from_secs(365 * 86_400),
        histories: 1,
        seed: 1,
        hosts: HostsSpec {
            count,
            disk: Bytes(10_000_000_000_000),
            up: Rate(1_000_000_000),
            down: Rate(1_000_000_000),
            regions: 1,
            operators: None,
            life: LifeSpec::default(),
            away: None,
            replaced_after: Time::ZERO,
        },
        shocks: vec![],
        data: DataSpec { count: 100 * count / total, size: Bytes(20_000_000_000 * u64::from(data)), unit: None },
        code: CodeSpec { data, total, kind: if data == 1 { CodeKind::Replica } else { CodeKind::Mds }, groups: 1 },
        placement: PlacementSpec::default(),
        detect: DetectSpec::default(),
        repair: RepairSpec { time, ..RepairSpec::default() },
        fill: None,
        chain: None,
        rare: RareSpec::default(),
        series_interval: None,
    }
}

fn years(c: &mut Criterion) {
    let mut group = c.benchmark_group("storage");
    group.sample_size(10);
    let day = SpanSpec { family: SpanFamily::Fixed, mean: Time::from_secs(86_400) };
    for (what, code, time) in [
        ("a million slots, a year", (5, 10), Some(day)),
        ("a million copies over links, a year", (1, 3), None),
        ("a million slots over links, a year", (5, 10), None),
    ] {
        let system = system(code, time);
        group.bench_function(what, |b| b.iter(|| histories(&system, None, &mut |_| true)));
    }
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
