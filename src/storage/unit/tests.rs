//! One unit against histories of the whole system, where losses are frequent enough to count.

use super::span::Begun;
use super::{Environment, Recorded, Unit, UnitSpec};
use crate::rng::{Purpose, Rng};
use crate::storage::sample::{days, eager, fixed, in_classes, shock, weibull};
use crate::storage::system::histories;
use crate::storage::{
    AwaySpec, PlacementRule, ProofSpec, RebuiltOn, RepairOutcome, ShockSpec, Start, StorageSpec, Struck,
};
use crate::units::{Rate, Time};

/// The share lost of so many units in each of so many histories of the system, with its variance.
fn counted(spec: &StorageSpec, (units, count): (u32, u32)) -> (f64, f64) {
    let mut spec = StorageSpec { histories: count, ..spec.clone() };
    spec.data.count = units;
    let outcome = histories(&spec, None, &mut |_| true);
    assert_eq!(outcome.violations, [""; 0]);
    let shares: Vec<f64> = outcome.histories.iter().map(|of| f64::from(of.units_lost) / f64::from(units)).collect();
    let n = shares.len() as f64;
    let mean = shares.iter().sum::<f64>() / n;
    let squares: f64 = shares.iter().map(|share| (share - mean) * (share - mean)).sum();
    // Of few histories the spread may come out too small: units that have nothing in common differ
    // by that of a share.
    let least = mean * (1.0 - mean) / n / f64::from(units);
    (mean, (squares / n / (n - 1.0)).max(least))
}

/// The same of units that are followed by themselves.
fn followed(spec: &StorageSpec, count: u32) -> (f64, f64) {
    let unit = UnitSpec::of(spec, &Environment::Own);
    let lost = (0..count).filter(|number| {
        let mut rng = Rng::stream(1, Purpose::Splitting, u64::from(*number));
        Unit::new(&unit, &mut rng).until(unit.lost(), spec.horizon.secs(), &unit, &mut rng)
    });
    let share = lost.count() as f64 / f64::from(count);
    (share, share * (1.0 - share) / f64::from(count))
}

/// The same units are lost as often by themselves as in the system, within four standard errors.
fn agrees(what: &str, spec: &StorageSpec, (units, count): (u32, u32)) {
    let ((system, of_system), (alone, of_alone)) = (counted(spec, (units, count)), followed(spec, 4000));
    let error = (of_system + of_alone).sqrt();
    assert!((system - alone).abs() < 4.0 * error, "{what}: {system} in the system, {alone} alone, +- {error}");
    assert!(system > 0.02 && system < 0.6 && error < 0.08 * system, "{what}: {system} +- {error} tells nothing");
}

fn away(up: f64, down: f64, shapes: (f64, f64)) -> Option<AwaySpec> {
    Some(AwaySpec { up: days(up), down: days(down), up_shape: shapes.0, down_shape: shapes.1 })
}

/// Three slots on hosts that live forever, three on others that three at a time race to rebuild: many
/// of these are gone before they are done, and a rebuild begins again when all three are.
#[test]
fn rebuilds_lose_all_that_race() {
    let mut spec = in_classes((3, 3), 2, (1e6, 20.0), 1.0, None);
    (spec.hosts.classes[0].count, spec.hosts.classes[1].count) = (Some(1000), Some(3000));
    (spec.hosts.count, spec.horizon) = (4000, days(60.0));
    spec.hosts.down = Rate((4.0 * spec.slot_size().get() as f64 * 8.0 / days(5.0).secs()) as u64);
    (spec.repair.time, spec.repair.reservations, spec.repair.per_host) = (None, 3, 1);
    agrees("races", &spec, (300, 8));
}

/// Hosts that are away for long, and rebuilds that are slow: many of these lose their new host
/// before they are done.
#[test]
fn rebuilds_lose_their_new_hosts() {
    let mut spec = eager((6, 2), 300.0, 1.0);
    (spec.hosts.count, spec.horizon) = (2000, days(200.0));
    (spec.repair.time, spec.detect.offline_after) = (fixed(5.0), days(8.0));
    spec.hosts.away = away(10.0, 5.0, (1.0, 1.0));
    agrees("long absences", &spec, (600, 8));
    spec.repair.resumes = true;
    agrees("who go on when they are back", &spec, (600, 16));
    (spec.repair.resumes, spec.repair.parallel) = (false, 1);
    agrees("one rebuild at a time", &spec, (600, 8));
}

#[test]
fn lives_with_memory_and_missed_proofs() {
    let mut spec = weibull((6, 2), 0.6, 150.0, 1.0, Start::Stationary);
    (spec.hosts.count, spec.horizon) = (2000, days(200.0));
    (spec.repair.time, spec.detect.offline_after, spec.detect.misses) = (fixed(4.0), days(1.0), 2);
    spec.hosts.away = away(12.0, 3.0, (0.7, 0.6));
    spec.detect.proofs = Some(ProofSpec { period: days(0.5), probability: 0.3, timeout: days(0.1) });
    agrees("stationary", &spec, (600, 12));
    (spec.hosts.life.start, spec.horizon) = (Start::Fresh, days(100.0));
    agrees("fresh", &spec, (600, 12));
}

#[test]
fn lazy_repair_by_itself_and_together() {
    let mut spec = eager((10, 5), 120.0, 1.0);
    (spec.hosts.count, spec.repair.threshold) = (2000, Some(7));
    (spec.repair.time, spec.detect.offline_after) = (fixed(10.0), days(10.0));
    spec.hosts.away = away(40.0, 10.0, (1.0, 1.0));
    agrees("by itself", &spec, (400, 6));
    spec.repair.together = true;
    agrees("together", &spec, (400, 6));
}

/// Hosts of which all can have slots of the unit are followed: what is away has no other host to go
/// to, and what is gone waits for the next host in the place of the one that died.
#[test]
fn few_hosts_are_followed() {
    let mut spec = weibull((6, 2), 0.6, 200.0, 1.0, Start::Stationary);
    (spec.hosts.count, spec.placement.rule) = (1800, PlacementRule::Groups);
    (spec.repair.time, spec.detect.offline_after) = (fixed(4.0), days(2.0));
    spec.hosts.away = away(20.0, 4.0, (1.0, 1.0));
    agrees("groups", &spec, (300, 16));
    spec.hosts.away = None;
    (spec.hosts.replaced_after, spec.hosts.life.mean) = (days(3.0), days(120.0));
    agrees("hosts that are replaced late", &spec, (300, 12));
}

/// Hosts of two classes, of which new ones of the one die soon, and a rebuild goes to the class that it
/// goes to however often it begins again.
#[test]
fn rebuilds_go_to_classes() {
    let mut spec = in_classes((3, 3), 2, (40.0, 400.0), 1.0, Some(0.5));
    for (class, count) in spec.hosts.classes.iter_mut().zip([800, 1200]) {
        class.count = Some(count);
    }
    (spec.hosts.count, spec.horizon, spec.repair.time) = (2000, days(100.0), fixed(5.0));
    agrees("either", &spec, (600, 30));
    (spec.repair.class, spec.repair.mix) = (RebuiltOn::Same, Default::default());
    agrees("the same", &spec, (600, 30));
    (spec.repair.class, spec.hosts.replaced_after) = (RebuiltOn::Any, days(10.0));
    agrees("any", &spec, (600, 30));
}

#[test]
fn shocks_strike_new_hosts_too() {
    let mut spec = eager((6, 2), 100.0, 1.0);
    (spec.hosts.count, spec.horizon, spec.detect.offline_after) = (2000, days(200.0), days(2.0));
    spec.repair.time = fixed(3.0);
    spec.shocks = vec![ShockSpec { away_for: Some(days(10.0)), ..shock(30.0, Struck::All, 0.3) }];
    agrees("who comes back", &spec, (300, 30));
}

/// Of rebuilds of two and of four days half of the long ones are broken off after three: what is
/// drawn are two and four days, in halves.
#[test]
fn what_was_broken_off_would_have_taken_longer() {
    let spec = eager((6, 2), 365.0, 1.0);
    let day = |day: f64| days(day);
    let repair = |number: u32| {
        let (took, rebuilt) = [(2.0, true), (4.0, true), (2.0, true), (3.0, false)][number as usize % 4];
        let began = day(10.0 + f64::from(number) / 100.0);
        RepairOutcome {
            unit: 0,
            slot: 0,
            lost: began,
            noticed: began,
            due: began,
            asked: began,
            began,
            missing: 1,
            held_up: Time::ZERO,
            ended: began + day(took),
            host: 0,
            bytes: 0,
            rebuilt,
            unneeded: false,
        }
    };
    let environment = Environment::Recorded(Recorded::of(&(0..400).map(repair).collect::<Vec<_>>(), &[]));
    let unit = UnitSpec::of(&spec, &environment);
    let mut rng = Rng::stream(1, Purpose::Splitting, 0);
    let begun = |at| Begun { at, missing: 1 };
    let takes = unit.repair.as_ref().unwrap().takes;
    let drawn: Vec<f64> =
        (0..4000).map(|_| takes.end(begun(day(12.0).secs()), None, &mut rng) - day(12.0).secs()).collect();
    let long = drawn.iter().filter(|span| (*span - day(4.0).secs()).abs() < 1e-3).count();
    let short = drawn.iter().filter(|span| (*span - day(2.0).secs()).abs() < 1e-3).count();
    assert!(long + short == 4000 && (long as f64 / 4000.0 - 0.5).abs() < 0.04, "{short} {long}");
    let again = takes.again((begun(0.0), 1.0), day(2.5).secs(), None, &mut rng);
    assert!((again - day(4.0).secs()).abs() < 1e-3, "{again}");
}

/// Hosts that are replaced late, or never: a slot may have to wait for one, however many there
/// are at the start. That is no chain that is solved.
#[test]
fn hosts_that_are_not_replaced_at_once_run_out() {
    for (count, life, after) in [(60, 150.0, Time::NEVER), (60, 100.0, days(200.0)), (6, 100.0, days(5.0))] {
        let mut spec = eager((5, 2), life, 5.0);
        (spec.hosts.count, spec.hosts.replaced_after) = (count, after);
        assert_eq!(crate::storage::exact::exact(&spec), None);
        agrees(&format!("{count} hosts, {after}"), &spec, (20, 1500));
    }
}
