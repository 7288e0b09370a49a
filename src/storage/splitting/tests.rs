//! Estimates against the exact chains and the oracles S1 to S9.

use super::*;
use crate::storage::exact::exact;
use crate::storage::outcome::ShockAt;
use crate::storage::sample::{checked, days, eager, fixed, in_regions, lazy, s7, shock, weibull};
use crate::storage::statistics::mean_interval;
use crate::storage::system::histories;
use crate::storage::unit::Recorded;
use crate::storage::{AwaySpec, PlacementRule, ProofSpec, RepairBy, Start, Struck};
use crate::units::Bytes;

fn with_effort(spec: &StorageSpec, seed: u64, starts: u32) -> Estimate {
    let mut spec = spec.clone();
    spec.seed = seed;
    (spec.rare.starts, spec.rare.repetitions) = (starts, 20);
    unit_loss(&spec, &[])
}

/// The estimate is the exact number within four standard errors, and these are small.
fn agrees(spec: &StorageSpec, seed: u64, starts: u32) {
    let (exact, got) = (exact(spec).unwrap().unit_loss, with_effort(spec, seed, starts));
    let half = (got.interval.1 - got.interval.0) / 2.0;
    assert!((got.probability - exact).abs() < 2.0 * half && half < 0.5 * exact, "{exact:e} {got:?}");
}

#[test]
fn s1_and_s2_slots_by_themselves() {
    for (code, life, repair) in
        [((3, 1), 365.0, 1.0), ((6, 2), 365.0, 1.0), ((12, 4), 365.0, 3.0), ((15, 5), 365.0, 1.0), ((9, 3), 60.0, 4.0)]
    {
        agrees(&eager(code, life, repair), 1, 100);
    }
    for parallel in [1, 2] {
        let mut spec = eager((12, 4), 365.0, 3.0);
        spec.repair.parallel = parallel;
        agrees(&spec, 2, 100);
    }
}

#[test]
fn s3_and_s4_shocks() {
    for (code, repair, every, share) in
        [((6, 2), 1.0, 365.0, 0.2), ((30, 10), 3.0, 365.0, 0.2), ((30, 10), 3.0, 3650.0, 0.1)]
    {
        let mut spec = eager(code, 365.0, repair);
        spec.shocks = vec![shock(every, Struck::All, share)];
        agrees(&spec, 3, 200);
    }
    agrees(&in_regions(6, 1, 2, 1.0), 4, 200);
    agrees(&in_regions(5, 3, 5, 3.0), 4, 800);
    // Ten hosts to choose from for each slot: the same.
    let mut roomy = in_regions(3, 2, 2, 1.0);
    agrees(&roomy, 4, 200);
    roomy.hosts.count *= 10;
    agrees(&roomy, 5, 200);
}

#[test]
fn s7_two_classes_of_hosts() {
    for ((spec, ..), starts) in s7().into_iter().zip([100, 200, 100]) {
        agrees(&spec, 12, starts);
    }
}

/// A unit that is kept for 100 days is lost as often as in a horizon of so many, and one of those
/// that are kept for 50 or 300 days, each as likely, as often as these in the mean.
#[test]
fn units_that_end_are_lost_before() {
    let mut spec = eager((6, 2), 365.0, 4.0);
    spec.data.duration = Some(days(100.0));
    let in_days = |horizon: f64| exact(&StorageSpec { horizon: days(horizon), ..eager((6, 2), 365.0, 4.0) }).unwrap();
    assert_eq!(exact(&spec), Some(in_days(100.0)));
    agrees(&spec, 13, 200);
    let lasts = [50.0, 300.0].map(|span| days(span).secs());
    let got = unit_loss_while(&spec, &[], &lasts, &mut || true).unwrap();
    let expected = (in_days(50.0).unit_loss + in_days(300.0).unit_loss) / 2.0;
    let half = (got.interval.1 - got.interval.0) / 2.0;
    assert!((got.probability - expected).abs() < 2.0 * half && half < 0.3 * expected, "{expected:e} {got:?}");
}

/// S5, F10, S6 and F12.
#[test]
fn units_as_a_whole_and_none() {
    agrees(&lazy(29, 35, 80, 365.0, 1.0), 6, 100);
    agrees(&lazy(10, 15, 30, 365.0, 7.0), 7, 100);
    let mut observed = lazy(8, 10, 12, 365.0, 2.0);
    observed.detect.mean_delay = days(0.5);
    agrees(&observed, 8, 100);
    agrees(&checked(29, 35, 80, 365.0, (30.0, 12.0)), 9, 200);
    agrees(&checked(10, 20, 30, 365.0, (30.0, 12.0)), 10, 500);
    let mut unrepaired = eager((20, 10), 365.25, 1.0);
    (unrepaired.repair.by, unrepaired.horizon) = (RepairBy::Nobody, days(30.0));
    agrees(&unrepaired, 11, 500);
}

/// S8 and S9: lives that are not exponential, ages fresh and stationary, losses noticed on a
/// grid, repairs of fixed length; within the brute-force interval and the estimate's own.
#[test]
fn what_is_no_chain_is_as_brute_force_has_it() {
    let seen = |every| {
        let mut spec = eager((6, 2), 365.0, 1.0);
        (spec.repair.time, spec.detect.check_every) = (fixed(1.0), days(every));
        spec
    };
    for (spec, expected, half, starts) in [
        (weibull((3, 1), 0.5, 365.0, 1.0, Start::Fresh), 8.376e-2, 0.027e-2, 200),
        (weibull((3, 1), 0.5, 365.0, 1.0, Start::Stationary), 1.464e-2, 0.012e-2, 200),
        (weibull((6, 2), 0.7, 365.0, 1.0, Start::Fresh), 1.576e-3, 0.027e-3, 150),
        (weibull((6, 2), 0.7, 365.0, 1.0, Start::Stationary), 4.40e-4, 0.15e-4, 150),
        (weibull((15, 5), 0.5, 120.0, 3.0, Start::Fresh), 4.048e-2, 0.039e-2, 200),
        (weibull((15, 5), 0.7, 365.0, 1.0, Start::Stationary), 4.36e-9, 0.40e-9, 40),
        (seen(0.0), 4.40e-4, 0.10e-4, 150),
        (seen(7.0), 9.859e-3, 0.097e-3, 200),
    ] {
        let got = with_effort(&spec, 7, starts);
        let own = (got.interval.1 - got.interval.0) / 2.0;
        assert!((got.probability - expected).abs() < 2.0 * (own + half), "{expected:e}: {got:?}");
        assert!(own < 0.6 * expected, "{got:?}");
    }
}

/// Of a hundred seeds at least ninety intervals hold the exact value.
fn hold(spec: &StorageSpec, starts: u32) {
    let exact = exact(spec).unwrap().unit_loss;
    let holds = (1..=100).filter(|seed| {
        let (low, high) = with_effort(spec, *seed, starts).interval;
        low <= exact && exact <= high
    });
    let count = holds.count();
    assert!(count >= 90, "{exact:e}: {count} of 100");
}

#[test]
fn intervals_hold_what_they_say() {
    hold(&eager((6, 2), 365.0, 1.0), 30); // 4.4e-4
}

#[test]
#[ignore = "minutes"]
fn intervals_hold_what_they_say_of_what_hardly_ever_happens() {
    hold(&eager((16, 10), 365.0, 30.0), 40); // 1.4e-7
    hold(&eager((20, 13), 365.0, 30.0), 40); // 6.4e-10
    hold(&eager((24, 18), 365.0, 30.0), 100); // 2.5e-15
    hold(&eager((21, 9), 365.0, 1.2), 100); // 1.5e-16
}

/// A clone that kept the future that was drawn would be the same history again: of lives and
/// rebuilds, absences, delays, proofs, shocks.
#[test]
fn clones_do_not_share_a_future() {
    let mut spec = eager((15, 5), 365.0, 30.0);
    let mut specs = vec![spec.clone()];
    spec.hosts.away = Some(AwaySpec { up: days(3.0), down: days(1.0), up_shape: 0.7, down_shape: 0.6 });
    spec.detect.offline_after = days(1.0);
    spec.detect.mean_delay = days(1.0);
    spec.detect.proofs = Some(ProofSpec { period: days(0.1), probability: 0.1, timeout: days(0.1) });
    spec.shocks = vec![shock(100.0, Struck::All, 0.1)];
    specs.push(spec);
    for spec in specs {
        let rng = |number| Rng::stream(1, Purpose::Splitting, number);
        let (unit, year) = (UnitSpec::of(&spec, &Environment::Own), spec.horizon.secs());
        let mut first = Unit::new(&unit, &mut rng(1));
        assert!(first.until(2, year, &unit, &mut rng(2)));
        let future = |number| {
            let mut clone = first.clone();
            clone.diverge(&unit, &mut rng(number));
            clone.until(3, 10.0 * year, &unit, &mut rng(number + 100));
            clone
        };
        assert_ne!(future(10), future(11));
        assert_eq!(future(10), future(10));
    }
}

/// What is not split is the same whether it is drawn anew half way or not: the share lost of
/// histories that run on, against that of histories that diverge every week.
#[test]
fn diverging_changes_no_law() {
    let mut spec = eager((6, 2), 60.0, 2.0);
    spec.hosts.away = Some(AwaySpec { up: days(4.0), down: days(1.0), up_shape: 0.7, down_shape: 0.6 });
    spec.detect.mean_delay = days(1.0);
    spec.detect.proofs = Some(ProofSpec { period: days(0.5), probability: 0.3, timeout: days(0.1) });
    spec.detect.misses = 2;
    spec.horizon = days(50.0);
    let unit = UnitSpec::of(&spec, &Environment::Own);
    let (lost, end) = (unit.lost(), spec.horizon.secs());
    let share = |every: f64| {
        let count = 2000;
        let lost = (0..count).filter(|number| {
            let mut rng = Rng::stream(if every < end { 1 } else { 2 }, Purpose::Splitting, *number);
            let mut history = Unit::new(&unit, &mut rng);
            let mut until = every;
            loop {
                if history.until(lost, until.min(end), &unit, &mut rng) {
                    return true;
                }
                if until >= end {
                    return false;
                }
                history.diverge(&unit, &mut rng);
                until += every;
            }
        });
        lost.count() as f64 / count as f64
    };
    let (on, anew) = (share(end), share(end / 50.0));
    assert!(on > 0.1 && on < 0.9 && (on - anew).abs() < 4.0 * (0.5 / 2000.0f64).sqrt(), "{on} {anew}");
}

/// Environments: recorded spans are taken, a wait is waited.
#[test]
fn a_recorded_environment_decides_spans() {
    let spec = eager((6, 2), 365.0, 1.0);
    let times = |took: f64, waited: f64| (0..365).map(move |day| (days(f64::from(day)), days(took), days(waited)));
    let in_environment = |spec: &StorageSpec, environment| unit_loss(spec, &[environment]);
    let mut same = spec.clone();
    same.repair.time = fixed(2.0);
    let expected = unit_loss(&same, &[]);
    let recorded = in_environment(&spec, Environment::Recorded(Recorded::new(times(1.5, 0.5), &[])));
    let half = |found: &Estimate| (found.interval.1 - found.interval.0) / 2.0;
    let difference = (recorded.probability - expected.probability).abs();
    assert!(difference < half(&recorded) + half(&expected), "{recorded:?} {expected:?}");
}

/// Rebuilds are quick, but those that become due just after a shock take 20 days: the unit's own
/// shocks, whenever they come, are followed by these, in its first three days.
#[test]
fn rebuilds_after_a_shock_take_what_they_took_after_one() {
    let mut spec = eager((6, 2), 365.0, 1.0);
    spec.shocks = vec![shock(365.0, Struck::All, 0.2)];
    let took = |day: f64| if (100.0..103.0).contains(&day) { 20.0 } else { 1.0 };
    let rebuild = |day: f64| (days(day), days(took(day)), days(0.0));
    let times = || (0..3650).map(|tenth| rebuild(f64::from(tenth) / 10.0));
    let at = [ShockAt { time: days(100.0), shock: 0 }];
    let of =
        |shocks: &[ShockAt]| unit_loss(&spec, &[Environment::Recorded(Recorded::new(times(), shocks))]).probability;
    let slow = |repair: f64| {
        let mut spec = spec.clone();
        spec.repair.time = fixed(repair);
        unit_loss(&spec, &[]).probability
    };
    let (known, unknown) = (of(&at), of(&[]));
    assert!(known > 1.15 * unknown, "{known:e} {unknown:e}");
    assert!(slow(1.0) < known && known < slow(20.0), "{known:e}");
    let recorded = Recorded::new(times(), &at);
    assert!(recorded.knows(0) && !recorded.knows(1));
    assert!(Recorded::default().or(recorded).knows(0));
}

/// A quick and a slow history: the interval covers how much they differ.
#[test]
fn repetitions_take_environments_by_turns() {
    let mut spec = eager((6, 2), 365.0, 1.0);
    spec.rare.starts = 100;
    let environment = |took: f64| {
        let times = (0..365).map(|day| (days(f64::from(day)), days(took), days(0.0)));
        Environment::Recorded(Recorded::new(times, &[]))
    };
    let [quick, slow] = [environment(0.5), environment(2.0)];
    let of = |environments: &[Environment]| unit_loss(&spec, environments);
    let (both, one, other) =
        (of(&[quick.clone(), slow.clone()]), of(std::slice::from_ref(&quick)), of(std::slice::from_ref(&slow)));
    let mean = (one.probability + other.probability) / 2.0;
    assert!((both.probability / mean - 1.0).abs() < 0.2, "{both:?} {one:?} {other:?}");
    assert!(both.interval.1 - both.interval.0 > 2.0 * (other.interval.1 - other.interval.0) / 2.0);
}

/// S10, first row: by brute force .280 +- .014, and .355 if units had nothing in common. In ten
/// groups, whole hosts rebuilt: .00438.
#[test]
fn any_of_many_is_between_its_bounds() {
    let mut spec = eager((6, 2), 365.0, 1.0);
    (spec.hosts.count, spec.data.count) = (60, 1000);
    let loss = exact(&spec).unwrap().unit_loss;
    let unit = Estimate { probability: loss, interval: (0.9 * loss, 1.1 * loss), histories: 1 };
    let any = any_loss(&spec, &unit, spec.data.count);
    assert!((any.probability - 0.355).abs() < 5e-4, "{any:?}");
    assert!(any.interval.0 < 0.280 && 0.280 < any.interval.1 && any.interval.1 < 0.39, "{any:?}");
    assert_eq!(dataset_loss(&spec, &unit).interval.1, -libm::expm1(libm::log1p(-1.1 * loss)));
    spec.placement.rule = PlacementRule::Groups;
    let apart = any_loss(&spec, &unit, spec.data.count);
    assert!(apart.probability == any.probability && apart.interval.0 > any.interval.0, "{apart:?}");
    spec.repair.time = fixed(1.0);
    let grouped = any_loss(&spec, &unit, spec.data.count);
    assert!((grouped.probability / 0.00438 - 1.0).abs() < 2e-3 && grouped.interval.1 < 0.005, "{grouped:?}");
    // Two datasets of three units each are in six groups.
    (spec.data.count, spec.data.unit) = (2, Some(Bytes(400_000_000)));
    assert!((any_loss(&spec, &unit, spec.data.count).probability / loss - 6.0).abs() < 0.01);
    assert!((dataset_loss(&spec, &unit).probability / loss - 3.0).abs() < 0.01);
}

/// How histories are split decides how sure an estimate is, and not what it is: where excursions begin,
/// over which levels they are followed, by how many, and how many of them are kept.
#[test]
fn how_histories_are_split_does_not_move_the_estimate() {
    let spec = eager((9, 3), 60.0, 4.0);
    let exact = exact(&spec).unwrap().unit_loss;
    let unit = UnitSpec::of(&spec, &Environment::Own);
    let estimate = |plan: &Plan| {
        let one = |repetition: u64| {
            let (horizon, stream) = (spec.horizon.secs(), repetition << 40);
            Pass { unit: &unit, horizon, seed: 1, stream, histories: 0, goes_on: &mut || true }.run(plan)
        };
        with_interval(&(1..=20).map(one).collect::<Vec<_>>(), 1.0)
    };
    let begin = |usual, histories, one_of| Begin { usual, histories, one_of };
    let level = |gone, starts| Level { gone, starts };
    for (begin, levels) in [
        (begin(0, 20, 1), vec![level(2, 500), level(3, 500), level(4, 500)]),
        (begin(0, 40, 7), vec![level(2, 200), level(3, 900), level(4, 400)]),
        (begin(0, 20, 1), vec![level(3, 800), level(4, 300)]),
        (begin(1, 40, 1), vec![level(3, 300), level(4, 300)]),
        (begin(1, 100, 3), vec![level(4, 2000)]),
        (begin(2, 150, 1), vec![level(4, 500)]),
        (begin(3, 400, 1), vec![]),
    ] {
        let plan = Plan { begin, levels, at_most: 1.0 };
        let (found, (low, high)) = estimate(&plan);
        let half = (high - low) / 2.0;
        assert!((found - exact).abs() < 2.0 * half && half < 0.2 * exact, "{exact:e}: {found:e} +- {half:e}, {plan:?}");
    }
    for starts in [25, 100, 400] {
        agrees(&spec, 12, starts);
    }
}

/// Sessions of hours, of which hardly any is noticed: histories of one unit that look at a host
/// now and then lose it as often as those that see it leave each time.
#[test]
fn absences_that_are_not_noticed_need_not_be_seen() {
    let mut spec = eager((5, 3), 20.0, 0.5);
    (spec.hosts.count, spec.horizon) = (100, days(200.0));
    spec.hosts.away = Some(AwaySpec { up: days(0.5), down: days(0.4), up_shape: 0.6, down_shape: 0.5 });
    (spec.repair.time, spec.detect.offline_after) = (fixed(0.05), days(3.0));
    let split = with_effort(&spec, 1, 100);
    (spec.data.count, spec.histories) = (60, 10);
    let outcome = histories(&spec, None, &mut |_| true);
    let shares: Vec<f64> = outcome.histories.iter().map(|of| f64::from(of.units_lost) / 60.0).collect();
    let (low, high) = mean_interval(&shares).unwrap();
    let (middle, half) = ((low + high) / 2.0, (high - low) / 2.0);
    let most = half + (split.interval.1 - split.interval.0) / 2.0;
    assert!((split.probability - middle).abs() < 1.5 * most && most < 0.5 * middle, "{split:?}, {low} .. {high}");
}

/// Nothing found: not zero for certain.
#[test]
fn what_is_never_found_is_not_impossible() {
    let mut spec = eager((3, 2), 1e6, 1e-6);
    spec.hosts.life.mean = days(1e7);
    (spec.rare.starts, spec.rare.repetitions) = (10, 5);
    let found = unit_loss(&spec, &[]);
    assert!(found.probability == 0.0 && found.interval.0 == 0.0 && found.interval.1 > 0.0, "{found:?}");
}

/// A rebuild that takes no time begins when the last slot of a check is noticed, not the second:
/// what is noticed at one moment is rebuilt at that.
#[test]
fn rebuilds_that_take_no_time() {
    for (check, horizon) in [(90.0, 365.0), (30.0, 365.0)] {
        let mut spec = eager((6, 3), 365.0, 0.0);
        spec.hosts.count = 60;
        spec.horizon = days(horizon);
        spec.detect.check_every = days(check);
        spec.repair.threshold = Some(4);
        let exact = exact(&spec).unwrap().unit_loss;
        let found: Vec<f64> = (1..=8).map(|seed| with_effort(&spec, seed, 500).probability / exact).collect();
        let mean = found.iter().sum::<f64>() / 8.0;
        assert!((mean - 1.0).abs() < 0.03, "checks every {check} days: {mean} of {exact}");
    }
}

/// Where regions are lost nearly for certain, and every loss is of all, a probability stays one.
#[test]
fn what_is_nearly_certain_is_no_more_than_that() {
    let mut spec = eager((5, 2), 100.0, 5.0);
    (spec.hosts.count, spec.hosts.regions) = (60, 3);
    spec.placement.rule = PlacementRule::Spread;
    spec.shocks = vec![shock(50.0, Struck::Region, 1.0)];
    for seed in 1..=5 {
        let found = with_effort(&spec, seed, 100);
        let (low, high) = found.interval;
        assert!(found.probability <= 1.0 && low <= found.probability && found.probability <= high, "{found:?}");
        assert!(dataset_loss(&spec, &found).probability <= 1.0);
    }
}
