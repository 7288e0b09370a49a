//! The oracles' points, asked for as specifications.

use super::*;
use crate::storage::sample::{checked, days, eager, exponential, fixed, in_regions, lazy, s7, shock, weibull};
use crate::storage::{AwaySpec, ProofSpec};

fn near(got: f64, expected: f64, digits: f64) {
    assert!((got / expected - 1.0).abs() < digits, "{got:e}, expected {expected:e}");
}

fn agrees(spec: &StorageSpec, loss: f64, mttdl: Option<f64>) {
    let found = exact(spec).unwrap();
    near(found.unit_loss, loss, 5.1e-6);
    assert_eq!(found.mttdl_s.is_some(), mttdl.is_some() || found.mttdl_s.is_some());
    if let Some(mttdl) = mttdl {
        near(found.mttdl_s.unwrap() / 86_400.0, mttdl, 5.1e-6);
    }
}

#[test]
fn s1_and_s2_slots_by_themselves() {
    agrees(&eager((3, 1), 365.0, 1.0), 1.60430e-2, Some(22508.3));
    agrees(&eager((15, 5), 365.0, 1.0), 4.39710e-9, Some(8.24929e10));
    agrees(&eager((30, 10), 365.0, 7.0), 2.07971e-9, Some(1.65976e11));
    agrees(&eager((3, 2), 9125.0, 0.5), 3.59484e-10, Some(1.01326e12));
    for (code, repair, parallel, loss, mttdl) in
        [((6, 2), 1.0, 1, 8.71096e-4, 416553.0), ((12, 4), 3.0, 2, 4.65532e-5, 7.68122e6)]
    {
        let mut spec = eager(code, 365.0, repair);
        spec.repair.parallel = parallel;
        agrees(&spec, loss, Some(mttdl));
    }
}

#[test]
fn s3_and_s4_shocks() {
    for (code, repair, every, share, loss) in [
        ((6, 2), 1.0, 365.0, 0.2, 9.86454e-2),
        ((30, 10), 3.0, 365.0, 0.2, 3.46525e-2),
        ((30, 10), 3.0, 3650.0, 0.1, 1.86104e-5),
    ] {
        let mut spec = eager(code, 365.0, repair);
        spec.shocks = vec![shock(every, Struck::All, share)];
        agrees(&spec, loss, None);
    }
    agrees(&in_regions(3, 2, 2, 1.0), 5.54933e-3, None);
    agrees(&in_regions(6, 1, 2, 1.0), 5.82582e-4, None);
    agrees(&in_regions(5, 3, 5, 3.0), 7.36508e-4, None);
    let mut operators = in_regions(3, 2, 2, 1.0);
    (operators.hosts.regions, operators.hosts.operators) = (1, Some(3));
    operators.shocks[0].hits = Struck::Operator;
    operators.placement.over = Struck::Operator;
    agrees(&operators, 5.54933e-3, None);
}

#[test]
fn s5_s6_and_f10_units_as_a_whole() {
    agrees(&lazy(29, 35, 80, 365.0, 1.0), 1.95999e-8, Some(1.37490e10));
    agrees(&lazy(20, 25, 30, 365.0, 7.0), 3.18862e-3, Some(97966.4));
    agrees(&checked(29, 35, 80, 365.0, (30.0, 12.0)), 2.54780e-3, None);
    agrees(&checked(4, 5, 6, 365.0, (7.0, 52.0)), 6.80527e-3, None);
    agrees(&checked(17, 19, 20, 365.0 / 0.00405, (6.5, 56.0)), 7.33365e-12, None);
    for ((k, n), seen, life, repair, interval, loss) in
        [((8, 12), 2, 365.0, 2.0, 0.5, 6.85101e-4), ((10, 15), 3, 90.0, 1.0, 1.0 / 12.0, 2.40046e-2)]
    {
        let mut spec = lazy(k, n - seen, n, life, repair);
        spec.detect.mean_delay = days(interval);
        agrees(&spec, loss, None);
    }
    let mut whitepaper = lazy(4, 5, 6, 365.25, 1.0);
    (whitepaper.detect.mean_delay, whitepaper.horizon) = (days(1.0), days(365.25));
    near(exact(&whitepaper).unwrap().unit_loss, 2.0948e-3, 5e-5);
}

#[test]
fn s7_two_classes_of_hosts() {
    for (spec, loss, mttdl) in s7() {
        assert_eq!(spec.check(), Ok(()));
        agrees(&spec, loss, Some(mttdl));
        assert_eq!(insensitive_bound(&spec), None);
    }
    // Classes that live alike are one.
    let [(mut alike, ..), ..] = s7();
    alike.hosts.classes.iter_mut().for_each(|class| class.life = None);
    near(exact(&alike).unwrap().unit_loss, 4.38696e-4, 5.1e-6);
}

/// F12, over a year of 365.25 days and of 365; all is lost after T (1/20 + ... + 1/10).
#[test]
fn f12_nothing_is_rebuilt() {
    let mut spec = eager((20, 10), 365.25, 1.0);
    spec.repair.by = RepairBy::Nobody;
    spec.horizon = days(30.0);
    let found = exact(&spec).unwrap();
    near(found.unit_loss, 6.275e-8, 1e-3);
    near(found.mttdl_s.unwrap() / 86_400.0, 365.25 * (10..=20).map(|alive| 1.0 / f64::from(alive)).sum::<f64>(), 1e-9);
    spec.hosts.life.mean = days(365.0);
    near(exact(&spec).unwrap().unit_loss, 6.318e-8, 1e-3);
}

/// S1's second part; the exact number is below it.
#[test]
fn the_insensitive_bound() {
    for (code, repair, bound) in [((3, 1), 1.0, 0.016304), ((15, 5), 1.0, 4.44905e-9), ((30, 10), 3.0, 6.6136e-13)] {
        let spec = eager(code, 365.0, repair);
        near(insensitive_bound(&spec).unwrap(), bound, 4e-5);
        assert!(exact(&spec).unwrap().unit_loss < bound);
        near(insensitive_bound(&weibull(code, 0.5, 365.0, repair, Start::Stationary)).unwrap(), bound, 4e-5);
        assert_eq!(insensitive_bound(&weibull(code, 0.5, 365.0, repair, Start::Fresh)), None);
    }
    let mut delayed = eager((3, 1), 365.0, 0.25);
    (delayed.detect.offline_after, delayed.detect.mean_delay) = (days(0.25), days(0.5));
    near(insensitive_bound(&delayed).unwrap(), 0.016304, 4e-5);
    let mut aged = weibull((3, 1), 0.5, 365.0, 1.0, Start::Stationary);
    aged.hosts.count = 50;
    assert_eq!(insensitive_bound(&aged), None);
}

/// Each is one step away from a model that is solved.
#[test]
fn near_misses_are_not_solved() {
    let change = |from: &StorageSpec, by: &dyn Fn(&mut StorageSpec)| {
        let mut spec = from.clone();
        by(&mut spec);
        assert_eq!(exact(&spec), None, "{spec:?}");
    };
    let each = eager((6, 2), 365.0, 1.0);
    change(&each, &|spec| spec.hosts.life.family = LifeFamily::Weibull);
    change(&each, &|spec| {
        let (up, down) = (days(1.0), days(0.1));
        spec.hosts.away = Some(AwaySpec { up, down, up_shape: 1.0, down_shape: 1.0 });
    });
    change(&each, &|spec| spec.repair.time = fixed(1.0));
    change(&each, &|spec| spec.repair.time = None);
    change(&each, &|spec| spec.repair.workers = 3);
    change(&each, &|spec| spec.repair.per_host = 1);
    change(&each, &|spec| spec.repair.threshold = Some(4));
    change(&each, &|spec| spec.detect.offline_after = days(1.0));
    change(&each, &|spec| spec.detect.mean_delay = days(1.0));
    change(&each, &|spec| spec.detect.check_every = days(1.0));
    change(&each, &|spec| {
        spec.detect.proofs = Some(ProofSpec { period: days(0.1), probability: 0.1, timeout: Time::ZERO });
    });
    change(&each, &|spec| {
        spec.shocks = vec![shock(365.0, Struck::All, 0.1), shock(365.0, Struck::All, 0.2)];
    });
    change(&each, &|spec| spec.shocks = vec![shock(365.0, Struck::Region, 1.0)]);
    let regions = in_regions(3, 2, 2, 1.0);
    change(&regions, &|spec| spec.shocks[0].share = 0.5);
    change(&regions, &|spec| spec.shocks[0].away_for = Some(days(1.0)));
    change(&regions, &|spec| spec.placement.rule = PlacementRule::Random);
    change(&regions, &|spec| spec.hosts.regions = 4);
    change(&regions, &|spec| spec.repair.parallel = 1);
    for (classes, ..) in s7() {
        change(&classes, &|spec| spec.hosts.classes[0].life.as_mut().unwrap().family = LifeFamily::Weibull);
        change(&classes, &|spec| spec.repair.class = RebuiltOn::Any);
        change(&classes, &|spec| spec.placement.slots.clear());
        change(&classes, &|spec| spec.hosts.replaced_after = days(1.0));
        change(&classes, &|spec| spec.repair.parallel = 1);
        change(&classes, &|spec| spec.repair.time = fixed(1.0));
        change(&classes, &|spec| spec.detect.mean_delay = days(1.0));
        change(&classes, &|spec| spec.shocks = vec![shock(365.0, Struck::All, 0.1)]);
    }
    let together = lazy(10, 15, 30, 365.0, 7.0);
    change(&together, &|spec| spec.repair.parallel = 1);
    change(&together, &|spec| spec.repair.time = fixed(7.0));
    change(&together, &|spec| spec.shocks = vec![shock(365.0, Struck::All, 0.1)]);
    let checks = checked(4, 5, 6, 365.0, (7.0, 52.0));
    change(&checks, &|spec| spec.repair.time = fixed(1.0));
    change(&checks, &|spec| spec.detect.misses = 2);
    change(&checks, &|spec| spec.detect.mean_delay = exponential(1.0).unwrap().mean);
}

/// Two regions of two slots, at most two missing: by how many miss 0, 1 and 2.
#[test]
fn states_of_regions_are_counted() {
    assert_eq!(region_states(2, 2, 2), 4); // none, 1, 1 and 1, 2
    assert_eq!(region_states(6, 1, 2), 3);
}
