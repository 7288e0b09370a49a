//! What is lost: S1 and S10, shared hosts, queues and groups.

use super::super::super::exact::exact;
use super::super::super::sample::weibull;
use super::*;

/// S10, the first row; expectations add over datasets, chances of any loss do not.
#[test]
fn s10_every_slot_on_its_own() {
    let outcome = run(&StorageSpec { histories: 400, ..spec(60, 1000, (6, 2)) });
    let (any, lost) = (mean(&outcome, |of| f64::from(u8::from(of.lost > 0))), mean(&outcome, |of| f64::from(of.lost)));
    agrees(any, (0.280, 0.014), "any loss");
    agrees(lost, (0.449, 0.029), "datasets lost");
    agrees(lost, (0.438696, 0.0), "as many as datasets times the chance of one, S1");
    assert!(any.0 < 0.355 - 0.03, "{any:?}: datasets that share hosts are lost together, .355 apart");
}

/// Datasets end after 100 days: nothing is counted of them from then on, their slots make room, and
/// as many are lost until then as the chain says for such a time.
#[test]
fn what_ends_is_not_lost() {
    let mut spec = forever(spec(10, 20, (3, 1)));
    spec.data.duration = Some(days(100.0));
    let outcome = run(&spec);
    assert_eq!(outcome.totals.unit_s, 20.0 * 100.0 * DAY as f64);
    assert!(outcome.datasets.iter().all(|of| of.ended == Some(days(100.0)) && of.lost.is_none()));
    assert!(outcome.hosts.iter().all(|host| host.slots == 0 && host.most_slots > 0));
    assert_eq!(outcome.totals.transactions, 60.0, "each slot is freed");
    let mut mortal = grouped(self::spec(3000, 1000, (3, 1)));
    (mortal.data.duration, mortal.histories) = (Some(days(100.0)), 60);
    let exact = exact(&mortal).unwrap().unit_loss;
    assert!(exact < 1.60430e-2 / 3.0);
    let outcome = run(&mortal);
    agrees(units_lost(&outcome, 1000), (exact, 0.0), "a hundred days");
    assert!(outcome.datasets.iter().all(|of| of.lost.is_none_or(|lost| lost <= days(100.0))));
    assert!(outcome.datasets.iter().all(|of| of.lost.is_some() != of.ended.is_some()));
}

/// S10, the queues, and how long slots wait in them.
#[test]
fn s10_one_queue_for_all() {
    let of = |hosts, datasets, code, tau: f64, histories| {
        let repair = RepairSpec { time: fixed(tau), workers: 1, ..RepairSpec::default() };
        let outcome = run(&StorageSpec { histories, repair, ..spec(hosts, datasets, code) });
        let wait = outcome.totals.waited_s / outcome.totals.rebuilt as f64 / DAY as f64;
        (mean(&outcome, |of| f64::from(u8::from(of.lost > 0))), mean(&outcome, |of| f64::from(of.lost)), wait)
    };
    let (any, lost, wait) = of(50, 500, (6, 2), 0.05, 400);
    agrees(any, (0.637, 0.024), "any loss");
    agrees(lost, (3.02, 0.24), "datasets lost");
    agrees((wait, 0.05), (3.15, 0.05), "mean wait, days");
    let (any, lost, wait) = of(100, 1000, (15, 5), 0.02, 100);
    agrees(any, (0.212, 0.033), "any loss");
    agrees(lost, (2.2, 1.1), "datasets lost");
    agrees((wait, 0.3), (7.7, 0.2), "mean wait, days");
}

/// S1: units on groups of hosts of their own are independent.
#[test]
fn s1_units_apart() {
    let outcome = run(&StorageSpec { histories: 40, ..grouped(spec(3000, 1000, (3, 1))) });
    agrees(units_lost(&outcome, 1000), (1.60430e-2, 0.0), "S1");
}

/// Ten groups of six hosts, ten datasets in each: as many are lost as at random, in fewer
/// disasters. Who loses one of a group loses all of it only where hosts are rebuilt as one.
#[test]
fn s10_groups() {
    let one = grouped(spec(60, 10, (6, 2)));
    let outcome = run(&StorageSpec { histories: 12_000, ..one.clone() });
    let any = mean(&outcome, |of| f64::from(u8::from(of.lost > 0)));
    agrees(any, (0.00438, 0.0), "any loss");
    let slow = |spec: StorageSpec, histories| {
        let repair = RepairSpec { time: exponential(3.0), ..RepairSpec::default() };
        let outcome = run(&StorageSpec { histories, repair, ..spec });
        (mean(&outcome, |of| f64::from(u8::from(of.lost > 0))), mean(&outcome, |of| f64::from(of.lost)))
    };
    let (random, groups) = (slow(spec(60, 500, (6, 2)), 200), slow(grouped(spec(60, 500, (6, 2))), 800));
    assert!(groups.0.0 < 0.5 * random.0.0, "{groups:?} {random:?}");
    agrees(groups.1, random.1, "datasets lost");
}

/// A first-come queue with one server at nine tenths of what it can do, as slots of hosts with
/// one each are lost at random: M/D/1, whose mean wait is rho / 2 (1 - rho) of a rebuild.
#[test]
fn a_queue_near_its_limit_is_that_of_the_books() {
    let (deaths_per_day, rho) = (10.0, 0.9);
    let mut spec = grouped(spec(10_000, 2000, (5, 4)));
    spec.hosts.life.mean = days(10_000.0 / deaths_per_day);
    spec.horizon = days(60_000.0);
    spec.repair = RepairSpec { time: fixed(rho / deaths_per_day), workers: 1, ..RepairSpec::default() };
    let outcome = run(&spec);
    let wait = outcome.totals.waited_s / outcome.totals.rebuilt as f64 / DAY as f64;
    let book = rho / (2.0 * (1.0 - rho)) * rho / deaths_per_day;
    assert!((wait / book - 1.0).abs() < 0.08, "{wait} d, expected {book}");
    assert!(outcome.totals.held_back_s[2] > 0.0, "the limit of workers holds back");
}

/// First come, first served: where each unit has one rebuild at a time, the second slot of the
/// unit that is rebuilt first comes to the queue when the first is done, after all others.
#[test]
fn a_unit_does_not_jump_the_queue() {
    let mut spec = forever(spec(16, 8, (4, 3)));
    spec.hosts.regions = 2;
    spec.placement = PlacementSpec { rule: PlacementRule::Spread, over: Struck::Region, ..PlacementSpec::default() };
    spec.shocks = vec![ShockSpec { every: days(300.0), hits: Struck::Region, share: 1.0, away_for: None }];
    spec.repair = RepairSpec { time: fixed(0.1), workers: 1, parallel: 1, ..RepairSpec::default() };
    let outcome = run(&spec);
    let units: Vec<u64> = outcome.repairs[..16].iter().map(|repair| repair.unit).collect();
    assert_eq!(units.iter().filter(|unit| **unit == units[0]).count(), 2, "two are on the hosts of a region");
    assert_eq!(units[15], units[0], "{units:?}");
}

/// S8: hosts that begin to live at the start die more often in the first year than those of a
/// system that has run for ever, of which as many die as the mean says, whatever the shape.
#[test]
fn fresh_hosts_are_not_those_of_a_system_that_has_run_for_ever() {
    let of = |start| {
        let mut spec = StorageSpec { histories: 4, ..grouped(spec(3000, 1000, (3, 1))) };
        spec.hosts.life = LifeSpec { family: LifeFamily::Weibull, shape: 0.5, start, ..LifeSpec::default() };
        let outcome = run(&spec);
        (outcome.totals.deaths as f64 / 12_000.0, units_lost(&outcome, 1000).0)
    };
    let ((fresh, many), (stationary, few)) = (of(Start::Fresh), of(Start::Stationary));
    assert!((stationary - 1.0).abs() < 0.05, "{stationary}");
    assert!(fresh > 1.3 * stationary && many > 3.0 * few, "{fresh} {stationary} {many} {few}");
}

/// S8: where there are no hosts to spare, the life of a new host counts from the end of the rebuild
/// that it came for.
#[test]
fn a_new_host_lives_from_its_first_slot() {
    for (code, mean, repair, (count, histories), expected) in
        [((3, 1), 365.0, 1.0, (1000, 12), 8.376e-2), ((15, 5), 120.0, 3.0, (500, 8), 4.048e-2)]
    {
        let mut spec = grouped(weibull(code, 0.5, mean, repair, Start::Fresh));
        (spec.hosts.count, spec.data.count, spec.histories) = (code.0 * count, count, histories);
        let share = units_lost(&run(&spec), count).0;
        let error = (expected / f64::from(count * histories)).sqrt();
        assert!((share - expected).abs() < 3.0 * error, "{code:?}: {share}, expected {expected} +- {error}");
    }
}

/// Hosts that lived for ten and for thirty days: as many die as the mean says.
#[test]
fn observed_lives() {
    let mut spec = spec(3000, 1000, (3, 1));
    spec.hosts.life.family = LifeFamily::Trace;
    spec.hosts.life.observed_days = vec![30.0, 10.0];
    let deaths = run(&spec).totals.deaths as f64 / 3000.0;
    assert!((deaths / (365.0 / 20.0) - 1.0).abs() < 0.01, "{deaths}");
}

/// A rebuild of fixed length L ends when a host has lived for so long from its begin: it
/// takes T (e^(L/T) - 1) in the mean.
#[test]
fn a_rebuild_onto_a_host_that_dies_begins_again() {
    let mut spec = spec(1000, 100, (10, 9));
    spec.hosts.life.mean = days(10.0);
    spec.horizon = days(300.0);
    spec.repair.time = fixed(4.0);
    let outcome = run(&spec);
    let times = &outcome.totals.times_to_repair;
    let mean = times.sum_s() / times.count() as f64 / DAY as f64;
    let expected = 10.0 * (libm::exp(0.4) - 1.0);
    assert!((mean / expected - 1.0).abs() < 0.02, "{mean} d, expected {expected}");
    let per_repair = outcome.totals.repairs as f64 / outcome.totals.rebuilt as f64;
    assert!((per_repair / libm::exp(0.4) - 1.0).abs() < 0.02, "{per_repair} begun for each that is done");
    assert!(outcome.totals.given_up > 1000);
}

/// Nothing is rebuilt of a dataset after its loss, though rebuilds of it waited and ran.
#[test]
fn a_lost_dataset_is_not_repaired_any_more() {
    let mut spec = spec(30, 100, (4, 1));
    spec.repair = RepairSpec { time: fixed(0.8), workers: 1, ..RepairSpec::default() };
    let outcome = run(&spec);
    assert!(outcome.histories[0].lost > 20 && outcome.totals.given_up > 0, "{:?}", outcome.histories);
    for repair in outcome.repairs.iter().filter(|repair| repair.rebuilt) {
        let lost = outcome.datasets[repair.unit as usize].lost;
        assert!(lost.is_none_or(|lost| repair.ended <= lost), "{repair:?} of a dataset lost at {lost:?}");
    }
}

/// A dataset of several units is lost with the first of them: 1 - (1 - p)^3.
#[test]
fn a_dataset_is_lost_with_any_of_its_units() {
    let mut spec = StorageSpec { histories: 20, ..grouped(spec(3000, 333, (3, 1))) };
    spec.data.unit = Some(Bytes(spec.data.size.get() / 3 + 1));
    assert_eq!(spec.units(), 999);
    let outcome = run(&spec);
    agrees(units_lost(&outcome, 999), (1.60430e-2, 0.0), "units");
    agrees(mean(&outcome, |of| f64::from(of.lost) / 333.0), (4.73608e-2, 0.0), "datasets");
}
