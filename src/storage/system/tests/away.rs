//! Hosts that come back with their data (S12), and how it is noticed that they do not.

use super::super::super::RareMethod;
use super::super::super::sample::class;
use super::*;

/// Hosts that come and go, and nobody who repairs.
fn coming_and_going(up: f64, down: f64, shapes: (f64, f64), code: (u32, u32)) -> StorageSpec {
    let mut spec = forever(spec(120, 40, code));
    let hours = |hours: f64| days(hours / 24.0);
    let (up_shape, down_shape) = shapes;
    spec.hosts.away = Some(AwaySpec { up: hours(up), down: hours(down), up_shape, down_shape });
    spec.repair.by = RepairBy::Nobody;
    spec
}

/// S12: how often 10 of 30 slots are not there when each is with probability .4, whatever
/// the laws of coming and going.
#[test]
fn s12_availability() {
    for shapes in [(1.0, 1.0), (0.7, 1.6)] {
        let outcome = run(&coming_and_going(4.0, 6.0, shapes, (30, 20)));
        let share = outcome.totals.unreadable_unit_s / outcome.totals.unit_s;
        assert!((share / 0.176286 - 1.0).abs() < 0.02, "{share}");
        let missing = outcome.totals.missing_slot_s / outcome.totals.unit_s / 30.0;
        assert!((missing - 0.6).abs() < 0.004, "{missing}");
        assert_eq!(outcome.histories[0].lost, 0, "what is away is not lost");
        let of_one: f64 = outcome.datasets.iter().map(|dataset| dataset.unreadable_s).sum();
        assert!((of_one / outcome.totals.unreadable_unit_s - 1.0).abs() < 1e-6);
        let up: f64 = outcome.hosts.iter().map(|host| host.up_s).sum();
        assert!((up / 120.0 / (365 * DAY) as f64 - 0.4).abs() < 0.004, "{up}");
    }
}

/// S12: slots that are noticed though they would return, for each and day. With nobody to
/// repair them each is one transaction.
#[test]
fn s12_noticed_in_vain() {
    let cases = [(10.0, 2.0, 6.0, (1.0, 1.0), 0.0995741, 0.0), (10.28, 15.13, 24.0, (1.0, 1.0), 0.193, 0.0005)];
    let fitted = (10.28, 15.13, 24.0, (0.54512, 0.47648), 0.154, 0.0005);
    for (up, down, after, shapes, expected, half) in cases.into_iter().chain([fitted]) {
        let mut spec = coming_and_going(up, down, shapes, (30, 20));
        spec.detect.offline_after = days(after / 24.0);
        let totals = run(&spec).totals;
        let each = totals.transactions / (30.0 * totals.unit_s / DAY as f64);
        assert!((each - expected).abs() < half + 0.015 * expected, "{each} a slot and day, expected {expected}");
    }
}

/// The same when they are rebuilt at once: a slot is there for U and then until it comes
/// back or is rebuilt elsewhere, the lesser of theta and an absence.
#[test]
fn rebuilt_in_vain() {
    let (up, down, after) = (10.0, 2.0, 6.0);
    let mut spec = coming_and_going(up, down, (1.0, 1.0), (6, 5));
    spec.detect.offline_after = days(after / 24.0);
    spec.repair = RepairSpec { time: fixed(0.0), ..RepairSpec::default() };
    let totals = run(&spec).totals;
    let longer = libm::exp(-after / down);
    let expected = 24.0 * longer / (up + down * (1.0 - longer));
    let each = totals.unneeded as f64 / (6.0 * totals.unit_s / DAY as f64);
    assert!((each / expected - 1.0).abs() < 0.015, "{each} a slot and day, expected {expected}");
    assert_eq!((totals.unneeded, totals.unneeded_bytes), (totals.rebuilt, totals.repair_fetched));
}

/// Who is back before its slots are rebuilt elsewhere keeps them: hosts that are away for two
/// days while a rebuild takes three cost nothing in the end.
#[test]
fn what_is_back_before_its_rebuild_ends_is_not_rebuilt() {
    let of = |takes| {
        let mut spec = forever(spec(30, 20, (4, 2)));
        spec.shocks = vec![ShockSpec { every: days(50.0), hits: Struck::All, share: 0.1, away_for: Some(days(2.0)) }];
        spec.repair.time = fixed(takes);
        run(&spec)
    };
    let (slow, quick) = (of(3.0), of(1.0));
    assert_eq!((slow.totals.rebuilt, slow.totals.unneeded_bytes), (0, 0));
    assert!(slow.totals.repairs > 20 && slow.repairs.iter().all(|repair| repair.unneeded && !repair.rebuilt));
    assert!(quick.totals.unneeded > 20 && quick.totals.unneeded == quick.totals.rebuilt);
    assert_eq!(quick.totals.absences, slow.totals.absences, "the same absences");
    let away = slow.totals.missing_slot_s / DAY as f64;
    assert!((away / 2.0 - slow.totals.repairs as f64).abs() < 8.0, "two days each, but for those at the end: {away}");
}

/// All hosts are away for two days: nothing is lost, and nothing can be read meanwhile.
#[test]
fn away_is_not_lost() {
    let mut spec = forever(spec(10, 8, (4, 1)));
    spec.shocks = vec![ShockSpec { every: days(100.0), hits: Struck::All, share: 1.0, away_for: Some(days(2.0)) }];
    let totals = run(&spec).totals;
    assert!(totals.shocks > 0 && totals.deaths == 0 && totals.slots_lost == 0);
    assert_eq!(totals.absences % 10, 0);
    let whole = (totals.absences / 10) as f64 * 2.0 * DAY as f64;
    assert!((totals.unreadable_unit_s / 8.0 - whole).abs() <= 2.0 * DAY as f64, "{totals:?}");
    assert_eq!(totals.missing_slot_s, 4.0 * totals.unreadable_unit_s);
    assert_eq!(totals.rebuilt, 0, "from what is away nothing can be rebuilt");
}

/// The mean time from the loss of a slot to its being noticed, days.
fn noticed_after(detect: DetectSpec) -> f64 {
    let mut spec = spec(100, 50, (10, 9));
    (spec.detect, spec.repair.time) = (detect, fixed(0.0));
    let repairs = run(&spec).repairs;
    let spans = repairs.iter().map(|repair| repair.noticed.since(repair.lost).secs());
    spans.sum::<f64>() / repairs.len() as f64 / DAY as f64
}

/// Spans of detection add up: a wait, a random one, the rest of a period and the periods until
/// two proofs were asked for, and what is left until the next check.
#[test]
fn spans_until_a_loss_is_noticed_add_up() {
    let none = DetectSpec::default();
    assert_eq!(noticed_after(none), 0.0);
    assert_eq!(noticed_after(DetectSpec { offline_after: days(0.5), ..none }), 0.5);
    let near = |detect, expected: f64| {
        let got = noticed_after(detect);
        assert!((got / expected - 1.0).abs() < 0.08, "{got}, expected {expected}: {detect:?}");
    };
    near(DetectSpec { offline_after: days(0.5), mean_delay: days(2.0), ..none }, 2.5);
    near(DetectSpec { check_every: days(2.0), misses: 3, ..none }, 5.0);
    let proofs = Some(ProofSpec { period: days(0.1), probability: 0.05, timeout: days(0.03) });
    near(DetectSpec { proofs, misses: 2, ..none }, 0.05 + 2.0 / 0.05 * 0.1 + 0.03);
    near(DetectSpec { proofs, check_every: days(1.0), misses: 2, ..none }, 0.05 + 4.0 + 0.03 + 0.5);
}

/// Proofs of slots that are there, two that are marked and a freeing for each that is lost, a
/// reservation and a filling for each that is rebuilt.
#[test]
fn transactions_are_counted() {
    let mut spec = spec(100, 50, (5, 4));
    spec.detect = DetectSpec {
        proofs: Some(ProofSpec { period: days(0.1), probability: 0.05, timeout: days(0.0) }),
        misses: 2,
        ..DetectSpec::default()
    };
    let totals = run(&spec).totals;
    let there = (5.0 * totals.unit_s - totals.missing_slot_s) / DAY as f64;
    assert!((totals.proofs / (there * 0.5) - 1.0).abs() < 1e-9, "{totals:?}");
    let beyond = totals.transactions - totals.proofs - 5.0 * totals.rebuilt as f64;
    assert!((-1e-6..40.0).contains(&beyond), "{beyond}: what was noticed and is not rebuilt at the end");
}

/// A rebuild of a day begins 1.5 days after the start; its new host, like all hosts, is away from day
/// 2 to day 2.5. It begins again then and ends on day 3.5, or goes on and ends on day 3; links
/// and spans alike.
#[test]
fn a_rebuild_begins_again_or_goes_on() {
    let rebuild = |resumes: bool, by_links: bool| {
        let mut spec = StorageSpec { horizon: days(4.0), ..spec(6, 1, (3, 1)) };
        let law =
            |family, of: Vec<f64>| LifeSpec { family, start: Start::Fresh, observed_days: of, ..LifeSpec::default() };
        spec.hosts.classes = vec![class("a", 1, 1.0), class("b", 5, 1.0)];
        spec.hosts.classes[0].life = Some(law(LifeFamily::Trace, vec![0.5]));
        spec.hosts.classes[1].life = Some(law(LifeFamily::Forever, vec![]));
        spec.hosts.replaced_after = Time::NEVER;
        // Nearly the same for all.
        spec.hosts.away = Some(AwaySpec { up: days(2.0), down: days(0.5), up_shape: 1e4, down_shape: 1e4 });
        spec.placement.slots = [("a".into(), 1), ("b".into(), 2)].into();
        spec.detect.offline_after = days(1.0);
        (spec.repair.resumes, spec.repair.time, spec.rare.method) = (resumes, fixed(1.0), RareMethod::Count);
        if by_links {
            // Two slots of 500 MB.
            (spec.repair.time, spec.hosts.down) = (None, "92593 bit/s".parse().unwrap());
        }
        assert_eq!(spec.check(), Ok(()));
        let outcome = run(&spec);
        let last = *outcome.repairs.last().unwrap();
        assert!(last.rebuilt);
        (outcome.totals.given_up, outcome.repairs.len(), last.ended.secs() / DAY as f64)
    };
    for by_links in [false, true] {
        let (given_up, repairs, ended) = rebuild(false, by_links);
        assert!((given_up, repairs) == (1, 2) && (ended - 3.5).abs() < 0.01, "{by_links}: {ended}");
        let (given_up, repairs, ended) = rebuild(true, by_links);
        assert!((given_up, repairs) == (0, 1) && (ended - 3.0).abs() < 0.01, "{by_links}: {ended}");
    }
}
