//! Histories against the exact numbers and brute-force ones of the storage oracles.

mod away;
mod branches;
mod classes;
mod kept;
mod moves;
mod properties;
mod race;
mod regions;
mod thresholds;

use super::super::outcome::StorageOutcome;
use super::super::{
    AwaySpec, CodeKind, CodeSpec, DataSpec, DetectSpec, HostsSpec, LifeFamily, LifeSpec, PlacementRule, PlacementSpec,
    ProofSpec, RareSpec, RepairBy, RepairSpec, ShockSpec, SpanFamily, SpanSpec, Start, StorageKind, StorageSpec,
    Struck, TransferSpec, WorkerSpec,
};
use super::{History, HistoryOutcome, histories};
use crate::units::{Bytes, Time};

const DAY: u64 = 86_400;

fn days(days: f64) -> Time {
    Time::from_secs_f64(days * DAY as f64)
}

fn fixed(span: f64) -> Option<SpanSpec> {
    Some(SpanSpec { family: SpanFamily::Fixed, mean: days(span) })
}

fn exponential(span: f64) -> Option<SpanSpec> {
    Some(SpanSpec { family: SpanFamily::Exponential, mean: days(span) })
}

/// Datasets of n slots of which m may be missing, on hosts that live a year in the mean; every
/// slot is rebuilt by itself within a day in the mean. A year of it.
fn spec(hosts: u32, datasets: u32, (n, m): (u32, u32)) -> StorageSpec {
    let mbit = |rate: u64| format!("{rate} Mbit/s").parse().unwrap();
    StorageSpec {
        kind: StorageKind::Storage,
        horizon: days(365.0),
        histories: 1,
        seed: 1,
        hosts: HostsSpec {
            count: hosts,
            disk: Bytes(10_000_000_000_000),
            up: mbit(1000),
            down: mbit(1000),
            regions: 1,
            operators: None,
            life: LifeSpec::default(),
            away: None,
            replaced_after: Time::ZERO,
            classes: vec![],
        },
        shocks: vec![],
        data: DataSpec { count: datasets, size: Bytes(1_000_000_000), unit: None, duration: None },
        code: CodeSpec { data: n - m, total: n, kind: CodeKind::Mds, groups: 1 },
        placement: PlacementSpec::default(),
        detect: Default::default(),
        repair: RepairSpec { time: exponential(1.0), ..RepairSpec::default() },
        fill: None,
        chain: None,
        rare: RareSpec::default(),
        sample_every: None,
        keep: crate::ledger::Keep::All,
    }
}

/// Follows it to the end; nothing may be out of order.
fn run(spec: &StorageSpec) -> StorageOutcome {
    let outcome = histories(spec, None, &mut |_| true);
    assert!(outcome.complete && outcome.histories.len() == spec.histories as usize);
    assert_eq!(outcome.violations, [""; 0]);
    outcome
}

/// A mean over histories with half its 95 % interval.
fn mean(outcome: &StorageOutcome, of: impl Fn(&HistoryOutcome) -> f64) -> (f64, f64) {
    let n = outcome.histories.len() as f64;
    let mean = outcome.histories.iter().map(&of).sum::<f64>() / n;
    let variance = outcome.histories.iter().map(|history| of(history) - mean).map(|off| off * off).sum::<f64>();
    (mean, 1.96 * (variance / (n - 1.0) / n).sqrt())
}

/// The share of units that are lost, over histories.
fn units_lost(outcome: &StorageOutcome, units: u32) -> (f64, f64) {
    mean(outcome, |of| f64::from(of.units_lost) / f64::from(units))
}

/// Hosts in groups of as many as a unit has slots.
fn grouped(spec: StorageSpec) -> StorageSpec {
    StorageSpec {
        placement: PlacementSpec { rule: PlacementRule::Groups, over: Struck::Region, ..PlacementSpec::default() },
        ..spec
    }
}

/// Hosts that live for ever.
fn forever(mut spec: StorageSpec) -> StorageSpec {
    spec.hosts.life.family = LifeFamily::Forever;
    spec
}

/// Whether a mean is that of an oracle, both with half their 95 % intervals: their difference
/// is within three of its standard errors.
fn agrees((got, half): (f64, f64), (expected, other): (f64, f64), what: &str) {
    let most = 1.5 * (half * half + other * other).sqrt();
    assert!((got - expected).abs() < most, "{what}: {got} +- {half}, expected {expected} +- {other}");
}
