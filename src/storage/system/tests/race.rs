//! Hosts that race for a slot that is rebuilt.

use super::super::super::sample::class;
use super::super::super::{HostClass, RebuiltOn};
use super::moves::{near, one_by_one, takes};
use super::*;

/// Three hosts fetch six slots each and are done at one moment: one has the slot, and two thirds of
/// what was fetched is in vain. Each reserves and tries to fill. Where there is
/// one host without a slot beside the new one, two race.
#[test]
fn the_first_has_the_slot_and_the_others_fetched_in_vain() {
    let mut spec = one_by_one(RepairSpec { reservations: 3, ..RepairSpec::default() });
    near(takes(&spec), 48.0);
    let totals = run(&spec).totals;
    let rebuilt = totals.rebuilt;
    assert_eq!((totals.rivals, totals.lost_races, totals.given_up), (2 * rebuilt, 2 * rebuilt, 0));
    assert_eq!((totals.repair_fetched, totals.raced_bytes), (rebuilt * 18_000_000_000, rebuilt * 12_000_000_000));
    assert_eq!(totals.transactions, (rebuilt * (1 + 3 + 3)) as f64);
    spec.repair.time = fixed(1.0);
    let totals = run(&spec).totals;
    assert_eq!(
        (totals.repair_fetched, totals.raced_bytes),
        (totals.rebuilt * 18_000_000_000, totals.rebuilt * 12_000_000_000)
    );
    (spec.repair.time, spec.hosts.count, spec.hosts.regions) = (None, 9, 9);
    assert_eq!(run(&spec).totals.rivals, run(&spec).totals.rebuilt, "one other of nine has no slot");
    spec.repair.reservations = 1;
    assert_eq!(run(&spec).totals.raced_bytes, 0);
}

/// Of two hosts with links as fast and half as fast the fast one has the slot, whoever reserved
/// first; the slow one fetches to its end, and is in the way of another slot until then.
#[test]
fn who_is_late_fetches_to_the_end() {
    let mut spec = one_by_one(RepairSpec { reservations: 0, ..RepairSpec::default() });
    let mut slow = class("slow", 6, 1.0);
    (slow.life, slow.down) = (None, "500 Mbit/s".parse().ok());
    let fast = HostClass { life: None, ..class("fast", 6, 1.0) };
    spec.hosts.classes = vec![slow, fast];
    let outcome = run(&spec);
    let classes: Vec<bool> = outcome.repairs.iter().map(|repair| repair.host >= 6).collect();
    assert!(classes.iter().any(|fast| *fast), "{classes:?}");
    for repair in &outcome.repairs {
        near(repair.ended.since(repair.began).secs(), if repair.host >= 6 { 48.0 } else { 96.0 });
    }
    let totals = outcome.totals;
    assert_eq!(totals.rivals, 4 * totals.rebuilt, "all that have no slot");
    assert_eq!(totals.raced_bytes, totals.rivals * 6_000_000_000);
}

/// A copy on hosts that live for 20 s in the mean is fetched in 8 s from one that stays: of those
/// that try at a time none lives so long with a probability of (1 - e^(-8/20))^R.
#[test]
fn a_rebuild_is_given_up_when_all_have_lost_their_hosts() {
    for reservations in [1, 2, 3] {
        let mut spec = forever(spec(61, 1, (2, 1)));
        (spec.code.kind, spec.horizon) = (CodeKind::Replica, days(1.0));
        spec.hosts.up = "100 Gbit/s".parse().unwrap();
        let stay = HostClass { life: None, ..class("stay", 1, 1.0) };
        spec.hosts.classes = vec![stay, class("go", 60, 20.0 / DAY as f64)];
        spec.placement.slots = [("stay".into(), 1), ("go".into(), 1)].into();
        spec.repair = RepairSpec { reservations, class: RebuiltOn::Same, ..RepairSpec::default() };
        let totals = run(&spec).totals;
        let tried = totals.rebuilt + totals.given_up;
        let (share, expected) =
            (totals.given_up as f64 / tried as f64, (1.0 - libm::exp(-0.4_f64)).powi(reservations as i32));
        let error = (expected * (1.0 - expected) / tried as f64).sqrt();
        assert!(tried > 2000 && (share - expected).abs() < 3.5 * error, "{reservations}: {share}, not {expected}");
    }
}

/// Nine hosts that rebuild one slot at a time, and one of them dies with several: not all that may
/// reserve a slot can at once, and who has done with one slot takes part in the race for another.
#[test]
fn hosts_join_a_race_when_they_have_done_with_another() {
    let mut spec = one_by_one(RepairSpec { reservations: 0, per_host: 1, ..RepairSpec::default() });
    spec.code = CodeSpec { data: 2, total: 3, kind: CodeKind::Mds, groups: 1 };
    (spec.data.count, spec.hosts.count, spec.shocks) = (12, 9, vec![]);
    let mut history = History::new(&spec, 1, None, true);
    let host = (0..9).max_by_key(|host| history.hosts[*host as usize].slots.len()).unwrap();
    let lost = history.hosts[host as usize].slots.len() as u64;
    history.die(host);
    while let Some((at, flow)) = history.next().filter(|(at, _)| *at == Time::ZERO) {
        history.step(at, flow); // it is noticed
    }
    let at_once = history.totals.rivals;
    assert!(at_once < 6 * lost, "{lost} slots, {at_once} rivals: all raced at once");
    while let Some((at, flow)) = history.next().filter(|(at, _)| *at < Time::from_secs(10_000)) {
        history.step(at, flow);
    }
    assert_eq!(history.totals.rebuilt, lost);
    assert!(history.totals.rivals > at_once, "nobody joined");
    assert!(history.totals.rivals <= 6 * lost && history.totals.lost_races == history.totals.rivals);
}
