//! A specification for tests to start from.

use super::*;
use crate::units::{Bytes, Rate, Time};

/// Days, as a time.
pub(super) fn days(days: f64) -> Time {
    Time::from_secs_f64(days * 86_400.0)
}

/// An exponential span of so many days in the mean.
pub(super) fn exponential(mean: f64) -> Option<SpanSpec> {
    Some(SpanSpec { family: SpanFamily::Exponential, mean: days(mean) })
}

/// A span of so many days.
pub(super) fn fixed(span: f64) -> Option<SpanSpec> {
    Some(SpanSpec { family: SpanFamily::Fixed, mean: days(span) })
}

/// A year of a dataset of one unit of n slots, of which `m` may be gone, on n hosts that live for
/// `life` days; every missing slot is rebuilt by itself in `repair` days: all is exponential.
pub(super) fn eager((n, m): (u32, u32), life: f64, repair: f64) -> StorageSpec {
    StorageSpec {
        kind: StorageKind::Storage,
        horizon: days(365.0),
        histories: 1,
        seed: 1,
        hosts: HostsSpec {
            count: n,
            disk: Bytes(1_000_000_000_000),
            up: "1 Gbit/s".parse::<Rate>().unwrap(),
            down: "1 Gbit/s".parse::<Rate>().unwrap(),
            regions: 1,
            operators: None,
            life: LifeSpec { mean: days(life), ..LifeSpec::default() },
            away: None,
            replaced_after: Time::ZERO,
            classes: vec![],
        },
        shocks: vec![],
        data: DataSpec { count: 1, size: Bytes(1_000_000_000), unit: None, duration: None },
        code: CodeSpec { data: n - m, total: n, kind: CodeKind::Mds, groups: 1 },
        placement: PlacementSpec::default(),
        detect: DetectSpec::default(),
        repair: RepairSpec { time: exponential(repair), ..RepairSpec::default() },
        fill: None,
        chain: None,
        rare: RareSpec::default(),
        sample_every: None,
        keep: crate::ledger::Keep::All,
    }
}

/// A class of hosts that live for `life` days.
pub(super) fn class(name: &str, count: u32, life: f64) -> HostClass {
    let life = Some(LifeSpec { mean: days(life), ..LifeSpec::default() });
    HostClass { name: name.into(), count: Some(count), share: None, life, disk: None, up: None, down: None }
}

/// The same as [`eager`], with slots on hosts of two classes that live for so many days, each
/// rebuilt on the class that it was on or, with a probability, on the first.
pub(super) fn in_classes(slots: (u32, u32), m: u32, lives: (f64, f64), repair: f64, first: Option<f64>) -> StorageSpec {
    let n = slots.0 + slots.1;
    let mut spec = eager((n, m), 365.0, repair);
    let counts = if first.is_some() { (2 * n, 2 * n) } else { slots };
    spec.hosts.count = counts.0 + counts.1;
    spec.hosts.classes = vec![class("homes", counts.0, lives.0), class("servers", counts.1, lives.1)];
    spec.placement.slots = [("homes".into(), slots.0), ("servers".into(), slots.1)].into();
    spec.repair.class = if first.is_some() { RebuiltOn::Mix } else { RebuiltOn::Same };
    if let Some(first) = first {
        spec.repair.mix = [("homes".into(), first), ("servers".into(), 1.0 - first)].into();
    }
    spec
}

/// S7: its three rows, with the probability of loss and the days to it.
pub(super) fn s7() -> [(StorageSpec, f64, f64); 3] {
    [
        (in_classes((3, 3), 2, (90.0, 730.0), 1.0, None), 3.20365e-3, 113293.0),
        (in_classes((3, 3), 2, (90.0, 730.0), 1.0, Some(0.5)), 1.19690e-3, 1.17302e6),
        (in_classes((10, 20), 10, (60.0, 1095.0), 3.0, None), 8.14822e-11, 4.37616e12),
    ]
}

/// The same, where one repair makes all slots good and begins at `threshold` of them.
pub(super) fn lazy(k: u32, threshold: u32, n: u32, life: f64, repair: f64) -> StorageSpec {
    let mut spec = eager((n, n - k), life, repair);
    spec.repair.threshold = Some(threshold);
    spec.repair.together = true;
    spec
}

/// The same as [`eager`], with losses noticed and made good in no time every `interval` days, at
/// `threshold` slots, for so many intervals.
pub(super) fn checked(k: u32, threshold: u32, n: u32, life: f64, (interval, checks): (f64, f64)) -> StorageSpec {
    let mut spec = lazy(k, threshold, n, life, 1.0);
    spec.repair.time = fixed(0.0);
    spec.detect.check_every = days(interval);
    spec.horizon = days(interval * checks);
    spec
}

/// A shock that kills.
pub(super) fn shock(every: f64, hits: Struck, share: f64) -> ShockSpec {
    ShockSpec { every: days(every), hits, share, away_for: None }
}

/// The same as [`eager`], in regions of `slots` slots that are destroyed a tenth of a time a year.
pub(super) fn in_regions(regions: u32, slots: u32, m: u32, repair: f64) -> StorageSpec {
    let mut spec = eager((regions * slots, m), 365.0, repair);
    spec.hosts.regions = regions;
    spec.placement.rule = PlacementRule::Spread;
    spec.shocks = vec![shock(3650.0, Struck::Region, 1.0)];
    spec
}

/// The same as [`eager`], of Weibull lives.
pub(super) fn weibull(code: (u32, u32), shape: f64, life: f64, repair: f64, start: Start) -> StorageSpec {
    let mut spec = eager(code, life, repair);
    spec.hosts.life = LifeSpec { family: LifeFamily::Weibull, shape, start, ..spec.hosts.life };
    spec
}
