//! Rebuilds whose links and bytes decide how long they take.

use super::*;

/// Twelve hosts that live for ever with one unit of eight slots of 1 GB, six needed. Every now
/// and then one of them dies, far apart. Links carry 1 Gbit/s: 8 s for a slot.
pub(super) fn one_by_one(repair: RepairSpec) -> StorageSpec {
    let mut spec = forever(spec(12, 1, (8, 2)));
    spec.data.size = Bytes(6_000_000_000);
    spec.hosts.regions = 12;
    spec.shocks = vec![ShockSpec { every: days(365.0), hits: Struck::Region, share: 1.0, away_for: None }];
    spec.repair = RepairSpec { time: None, ..repair };
    spec
}

/// How long each of its rebuilds takes, when that is the same for all.
pub(super) fn takes(spec: &StorageSpec) -> f64 {
    let outcome = run(spec);
    let spans: Vec<f64> = outcome.repairs.iter().map(|repair| repair.ended.since(repair.began).secs()).collect();
    assert!(spans.len() > 2, "{:?}", outcome.totals);
    assert!(spans.iter().all(|span| (span - spans[0]).abs() < 1e-6), "{spans:?}");
    spans[0]
}

pub(super) fn near(got: f64, expected: f64) {
    assert!((got - expected).abs() < 1e-6, "{got} s, expected {expected}");
}

/// A new host fetches six slots down its link, a copy is one, local groups are as many as one
/// of them has.
#[test]
fn a_new_host_fetches_what_it_takes() {
    let mut spec = one_by_one(RepairSpec::default());
    near(takes(&spec), 48.0);
    spec.code.kind = CodeKind::TwoDimensional;
    near(takes(&spec), 8.0);
    (spec.code.kind, spec.code.groups) = (CodeKind::Lrc, 4);
    near(takes(&spec), 16.0);
    spec.code.kind = CodeKind::Mds;
    spec.hosts.up = "100 Mbit/s".parse().unwrap();
    near(takes(&spec), 80.0); // each source is slower than its share of the downlink
}

/// A limit, a start-up, bytes on the wire, what is fetched in vain, links that are not used
/// in full, and a rate of the rebuild's own. Bytes in the books are those of the wire, whatever the efficiency.
#[test]
fn transfers_differ_from_flows() {
    let slow = RepairSpec { rate_limit: Some("500 Mbit/s".parse().unwrap()), ..RepairSpec::default() };
    near(takes(&one_by_one(slow)), 96.0);
    let startup = Time::from_secs(3);
    let transfer = TransferSpec { startup, efficiency: 0.5, rate: None, wire_per_byte: 1.25, fetched: 7.0 / 6.0 };
    let waiting = TransferSpec { rate: Some("1 Gbit/s".parse().unwrap()), ..transfer };
    let spec = one_by_one(RepairSpec { transfer: waiting, ..RepairSpec::default() });
    near(takes(&spec), 3.0 + 48.0 * 1.25 * 7.0 / 6.0 / 0.5 + 8.0);
    let spec = one_by_one(RepairSpec { transfer, ..RepairSpec::default() });
    near(takes(&spec), 3.0 + 48.0 * 1.25 * 7.0 / 6.0 / 0.5);
    let totals = run(&spec).totals;
    let bytes = totals.rebuilt * 6 * (1_250_000_000.0 * 7.0 / 6.0_f64).round() as u64;
    assert_eq!((totals.repair_fetched, totals.repair_sent), (bytes, 0));
}

/// A worker takes six slots down and sends one up meanwhile; an owner likewise.
#[test]
fn workers_and_owners_repair_for_others() {
    let link = |up: &str, down: &str| Some(WorkerSpec { up: up.parse().unwrap(), down: down.parse().unwrap() });
    let of = |by, worker| one_by_one(RepairSpec { by, worker, workers: 2, ..RepairSpec::default() });
    near(takes(&of(RepairBy::Worker, link("1 Gbit/s", "2 Gbit/s"))), 24.0);
    near(takes(&of(RepairBy::Owner, link("100 Mbit/s", "2 Gbit/s"))), 80.0);
    let totals = run(&of(RepairBy::Worker, link("1 Gbit/s", "2 Gbit/s"))).totals;
    assert_eq!(totals.repair_fetched, 6 * totals.repair_sent);
    assert_eq!(totals.repair_sent, totals.rebuilt * 1_000_000_000);
}

/// Three slots together: the first new host fetches six and sends two on, in half of the time
/// that takes it, for the one link is not the other.
#[test]
fn one_new_host_fetches_for_all_that_are_rebuilt_together() {
    let mut spec = one_by_one(RepairSpec { threshold: Some(6), together: true, ..RepairSpec::default() });
    spec.code = CodeSpec { data: 6, total: 9, kind: CodeKind::Mds, groups: 1 };
    near(takes(&spec), 48.0);
    let totals = run(&spec).totals;
    assert_eq!(totals.repair_fetched, totals.repairs * 6_000_000_000);
    assert_eq!(totals.rebuilt, 3 * totals.repairs);
    assert_eq!(totals.repair_sent, totals.repairs * 2_000_000_000);
}

/// F14: in the long run a host that holds S bytes for T in the mean receives and sends S / T
/// each to keep copies: 10 TB for a year are 5.07 Mbit/s in both, of years of 365.25 days.
#[test]
fn f14_upkeep() {
    let mut spec = spec(100, 500, (2, 1));
    spec.code.kind = CodeKind::Replica;
    spec.data.size = Bytes(1_000_000_000_000);
    spec.hosts.disk = Bytes(100_000_000_000_000);
    spec.hosts.life.mean = days(365.25);
    spec.horizon = days(4.0 * 365.25);
    spec.repair.time = None;
    let outcome = run(&spec);
    let bytes: u64 = outcome.hosts.iter().map(|host| host.sent + host.received).sum();
    let slots = 2.0 * outcome.totals.unit_s - outcome.totals.missing_slot_s;
    let held = slots * 1e12 / 100.0 / spec.horizon.secs(); // a few copies are lost
    let rate = bytes as f64 * 8.0 / 100.0 / spec.horizon.secs() / 1e6;
    assert!((rate / 5.07 / (held / 1e13) - 1.0).abs() < 0.1, "{rate} Mbit/s, holding {held}");
    assert_eq!(outcome.totals.repair_fetched * 2, bytes);
}

/// A full system: a slot waits until the host comes that takes the place of the one that died.
#[test]
fn a_slot_waits_for_room() {
    let mut spec = spec(24, 6, (8, 7));
    spec.hosts.disk = Bytes(2 * spec.slot_size().get() + 1);
    spec.hosts.replaced_after = days(10.0);
    spec.repair.time = fixed(0.0);
    let outcome = run(&spec);
    let times = &outcome.totals.times_to_repair;
    assert!(times.count() > 20);
    let days: Vec<f64> = (0..times.count()).map(|rank| times.ranked_s(rank) / DAY as f64).collect();
    assert!(days.iter().filter(|days| **days < 9.9).count() * 2 < days.len(), "{days:?}");
    assert!(outcome.totals.held_back_s[3] > 0.0 && outcome.totals.held_back_s[0] == 0.0);
    assert!(outcome.hosts.iter().all(|host| host.most_slots <= 2));
}

/// Where most sources are away a rebuild waits for them, and loses nothing of what it has.
#[test]
fn a_rebuild_waits_for_sources() {
    let mut spec = spec(40, 20, (4, 1));
    spec.repair.time = None;
    spec.data.size = Bytes(3_000_000_000_000);
    let hours = |hours: f64| days(hours / 24.0);
    spec.hosts.away = Some(AwaySpec { up: hours(12.0), down: hours(6.0), up_shape: 1.0, down_shape: 1.0 });
    spec.detect.offline_after = days(4.0);
    spec.sample_every = Some(hours(1.0));
    let totals = run(&spec).totals;
    assert!(totals.held_back_s[4] > 0.0 && totals.rebuilt > 0, "{totals:?}");
}

/// No more than one rebuild into a host at a time: others wait, for that limit and not for room.
#[test]
fn rebuilds_into_a_host_are_limited() {
    let mut spec = spec(6, 30, (3, 2));
    spec.repair = RepairSpec { time: fixed(1.0), per_host: 1, ..RepairSpec::default() };
    spec.sample_every = Some(days(0.1));
    let outcome = run(&spec);
    assert!(outcome.totals.held_back_s[2] > 0.0 && outcome.totals.held_back_s[3] == 0.0);
    let mut until = [Time::ZERO; 6];
    for repair in outcome.repairs.iter().filter(|repair| repair.host != u32::MAX) {
        assert!(repair.began >= until[repair.host as usize], "{repair:?}");
        until[repair.host as usize] = repair.ended;
    }
}

/// What finds no room at the start is missing, is said so, and waits.
#[test]
fn slots_without_room_at_the_start() {
    let mut spec = forever(spec(6, 2, (6, 3)));
    spec.hosts.disk = spec.slot_size();
    let outcome = run(&spec);
    assert_eq!(outcome.warnings.len(), 1);
    assert_eq!((outcome.histories[0].lost, outcome.totals.slots_lost), (1, 0), "the second has none at all");
    spec.hosts.count = 9;
    let outcome = run(&spec);
    assert_eq!((outcome.histories[0].lost, outcome.totals.rebuilt), (0, 0));
    assert_eq!(outcome.series[100].waiting, 3);
    let year = 365.0 * DAY as f64;
    assert!((outcome.totals.held_back_s[3] / year / 3.0 - 1.0).abs() < 0.01, "{:?}", outcome.totals.held_back_s);
}
