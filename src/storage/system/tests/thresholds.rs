//! When repair begins: lazily (S5), at checks (S6, S9), as far as was noticed (F10).

use super::*;
use crate::bound::durability::observed_repair;

/// Repairs that make a whole unit good when so many of its slots are left.
fn lazily(spec: StorageSpec, threshold: u32, time: Option<SpanSpec>) -> StorageSpec {
    StorageSpec {
        repair: RepairSpec { threshold: Some(threshold), together: true, time, ..Default::default() },
        ..spec
    }
}

/// S5: repairs a year and slots for each, in the long run, and the loss within a year.
#[test]
fn s5_lazy_repair() {
    for ((k, r, n), per_year, slots) in [((20, 25, 30), 5.04186, 5.46608), ((10, 15, 30), 1.43684, 15.2820)] {
        let mut spec = lazily(spec(600, 200, (n, n - k)), r, exponential(7.0));
        spec.horizon = days(365.0 * 40.0);
        let totals = run(&spec).totals;
        let years = totals.unit_s / (365 * DAY) as f64;
        let (repairs, each) = (totals.repairs as f64 / years, totals.rebuilt as f64 / totals.repairs as f64);
        assert!((repairs / per_year - 1.0).abs() < 0.02, "{repairs} a year, expected {per_year}");
        assert!((each / slots - 1.0).abs() < 0.01, "{each} slots for each, expected {slots}");
    }
    let year = StorageSpec { histories: 100, ..lazily(grouped(spec(3000, 100, (30, 10))), 25, exponential(7.0)) };
    agrees(units_lost(&run(&year), 100), (3.18862e-3, 0.0), "20 of 30, at 25");
}

/// S6: checks on a grid, and what is missing at a check made good there.
#[test]
fn s6_checks_on_a_grid() {
    let of = |(k, r, n), every: f64, checks: u32, units: u32, histories| {
        let mut spec = lazily(grouped(spec(units * n, units, (n, n - k))), r, fixed(0.0));
        spec.histories = histories;
        spec.horizon = days(every * f64::from(checks));
        spec.detect.check_every = days(every);
        let outcome = run(&spec);
        let all = f64::from(units * histories);
        (units_lost(&outcome, units), outcome.totals.repairs as f64 / all, outcome.totals.rebuilt as f64 / all)
    };
    let (lost, repairs, rebuilt) = of((10, 20, 30), 30.0, 12, 300, 10);
    assert_eq!(lost.0, 0.0);
    assert!((repairs - 1.89363).abs() < 0.03 && (rebuilt - 20.4268).abs() < 0.3, "{repairs} {rebuilt}");
    let (lost, repairs, rebuilt) = of((4, 5, 6), 7.0, 52, 500, 40);
    agrees(lost, (6.80527e-3, 0.0), "4 of 6, at 5");
    assert!((repairs - 5.62645).abs() < 0.06 && (rebuilt - 5.88623).abs() < 0.06, "{repairs} {rebuilt}");
}

/// S9: losses are seen once a week, rebuilds take a day from there.
#[test]
fn s9_checks_and_fixed_rebuilds() {
    let mut spec = StorageSpec { histories: 40, ..grouped(spec(3000, 500, (6, 2))) };
    spec.repair.time = fixed(1.0);
    spec.detect.check_every = days(7.0);
    agrees(units_lost(&run(&spec), 500), (9.859e-3, 0.097e-3), "S9");
}

/// F10: each lost slot is seen by its own clock; as soon as so many were seen all are made
/// good. A year of 365.25 days.
#[test]
fn f10_observed_losses() {
    for ((k, m), seen, expected, half) in [((2, 1), 1, 3.14e-2, 0.005e-2), ((5, 5), 5, 3.06e-2, 0.005e-2)] {
        let n = k + m;
        let mut spec = lazily(grouped(spec(500 * n, 500, (n, m))), n - seen, exponential(1.0));
        spec.histories = 40;
        spec.hosts.life.mean = days(365.25);
        spec.horizon = days(365.25);
        spec.detect.mean_delay = days(1.0);
        let lost = units_lost(&run(&spec), 500);
        agrees(lost, (expected, half), "F10");
        agrees(lost, (observed_repair((k, m), seen, 365.25, 1.0, 1.0).loss_within(0, 365.25), 0.0), "F10, the chain");
    }
}

/// Slots by themselves, but lazily: nothing is rebuilt until three are missing, and then all.
#[test]
fn slots_by_themselves_from_a_threshold_on() {
    let mut spec = spec(50, 20, (10, 6));
    spec.repair = RepairSpec { threshold: Some(7), time: fixed(0.5), ..RepairSpec::default() };
    let outcome = run(&spec);
    let began = |unit| outcome.repairs.iter().filter(move |repair| repair.unit == unit).map(|repair| repair.began);
    let first: Vec<Time> = began(0).collect();
    assert!(first.len() >= 6 && first[0] == first[1] && first[1] == first[2], "{first:?}");
    assert!(outcome.datasets.iter().all(|dataset| dataset.fewest <= 7), "{:?}", outcome.datasets);
    let eager = run(&StorageSpec { repair: RepairSpec { threshold: None, ..spec.repair.clone() }, ..spec.clone() });
    assert!(eager.totals.missing_slot_s < 0.3 * outcome.totals.missing_slot_s);
}

/// S2: one rebuild at a time in each unit.
#[test]
fn s2_one_at_a_time() {
    let mut spec = StorageSpec { histories: 60, ..grouped(spec(3000, 500, (6, 2))) };
    spec.repair.time = exponential(1.0);
    spec.repair.parallel = 1;
    agrees(units_lost(&run(&spec), 500), (8.71096e-4, 0.0), "S2");
}
