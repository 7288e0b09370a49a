//! What strikes many at once, and what spreading over regions is worth: S3, S4.

use super::*;

fn shock(every: f64, hits: Struck, share: f64) -> ShockSpec {
    ShockSpec { every: days(every), hits, share, away_for: None }
}

/// S3: shocks in which each host dies with some probability.
#[test]
fn s3_shocks() {
    let cases = [((6, 2), 1.0, 9.86454e-2, 1500), ((30, 10), 3.0, 3.46525e-2, 1500)];
    for ((n, m), repair, expected, histories) in cases {
        let mut spec = StorageSpec { histories, ..grouped(spec(4 * n, 4, (n, m))) };
        spec.repair.time = exponential(repair);
        spec.shocks = vec![shock(365.0, Struck::All, 0.2)];
        let outcome = run(&spec);
        agrees(units_lost(&outcome, 4), (expected, 0.0), "S3");
        let shocks = outcome.totals.shocks as f64 / f64::from(histories);
        assert!((shocks - 1.0).abs() < 4.0 / f64::from(histories).sqrt(), "{shocks} a year");
    }
}

/// S4: events that destroy a region; rebuilt slots stay in the region where they were.
#[test]
fn s4_regions() {
    let of = |regions: u32, histories| {
        let mut spec = StorageSpec { histories, ..spec(12, 2, (6, 2)) };
        spec.hosts.regions = regions;
        spec.placement =
            PlacementSpec { rule: PlacementRule::Spread, over: Struck::Region, ..PlacementSpec::default() };
        spec.shocks = vec![shock(3650.0, Struck::Region, 1.0)];
        units_lost(&run(&spec), 2)
    };
    let (three, six) = (of(3, 10_000), of(6, 10_000));
    agrees(three, (5.54933e-3, 0.0), "three regions with two slots each");
    agrees(six, (5.82582e-4, 0.0), "six regions with one each");
}

/// All hosts die in one shock: what is struck at one moment is lost together, though a rebuild
/// takes no time at all, and is one shock.
#[test]
fn what_one_shock_kills_is_counted_together() {
    let mut spec = forever(spec(20, 10, (3, 2)));
    spec.repair.time = fixed(0.0);
    spec.shocks = vec![shock(100.0, Struck::All, 1.0)];
    let outcome = run(&spec);
    assert_eq!(outcome.histories[0].lost, 10);
    assert_eq!(outcome.totals.deaths, 20 * outcome.totals.shocks);
    assert_eq!(outcome.totals.slots_lost, 30, "slots of units lost already are no loss");
    assert_eq!(outcome.totals.rebuilt, 0);
    let lost: Vec<_> = outcome.datasets.iter().map(|dataset| dataset.lost).collect();
    assert!(lost.iter().all(|of| of.is_some() && *of == lost[0]), "{lost:?}");
}

/// An operator's hosts die together: as often as there are operators, each its own.
#[test]
fn operators_are_struck_one_by_one() {
    let mut spec = forever(spec(40, 20, (3, 1)));
    spec.hosts.operators = Some(10);
    spec.placement = PlacementSpec { rule: PlacementRule::Spread, over: Struck::Operator, ..PlacementSpec::default() };
    spec.horizon = days(36_500.0);
    spec.shocks = vec![shock(365.0, Struck::Operator, 1.0)];
    let outcome = run(&spec);
    assert!((outcome.totals.shocks as f64 / 1000.0 - 1.0).abs() < 0.13, "{}", outcome.totals.shocks);
    assert_eq!(outcome.totals.deaths, 4 * outcome.totals.shocks);
    let lost = outcome.histories[0].lost;
    assert!(lost <= 20 && outcome.totals.rebuilt > 0, "{lost}: two operators within a day, where slots are apart");
}

/// More operators than slots: a unit has no two with one of them.
#[test]
fn slots_are_spread_over_many_operators() {
    let mut spec = spec(60, 100, (6, 2));
    spec.hosts.operators = Some(20);
    spec.placement = PlacementSpec { rule: PlacementRule::Spread, over: Struck::Operator, ..PlacementSpec::default() };
    let mut history = History::new(&spec, 1, None, true);
    assert!(history.run(&mut |_, _| true));
    for unit in (0..100).filter(|unit| !history.units[*unit as usize].lost) {
        let mut operators: Vec<u32> = history.slots_of(unit).map(|slot| slot.host % 20).collect();
        operators.sort_unstable();
        operators.dedup();
        let gone = history.units[unit as usize].gone;
        assert!(operators.len() as u32 >= 6 - gone, "{operators:?}");
    }
}
