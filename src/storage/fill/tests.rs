use super::*;
use crate::storage::outcome::FillOutcome;
use crate::units::{Bytes, Rate};
use proptest::prelude::*;

/// Hosts and clients at 8 Mbit/s, that is 1 MB/s, datasets of 10 MB in 3 slots of 5 MB of
/// which 2 are needed, one reservation.
fn small() -> StorageSpec {
    let spec = serde_json::json!({
        "kind": "storage", "horizon": "1 y", "histories": 1, "seed": 1,
        "hosts": { "count": 12, "disk": "1 GB", "up": "8 Mbit/s", "down": "8 Mbit/s", "regions": 1, "replaced_after": "0 s" },
        "data": { "count": 1, "size": "10 MB" },
        "code": { "data": 2, "total": 3, "kind": "mds", "groups": 1 },
        "placement": {}, "detect": {}, "repair": {}, "rare": {},
        "fill": { "up": "8 Mbit/s", "reservations": 1 },
    });
    serde_json::from_value(spec).unwrap()
}

fn with(change: impl Fn(&mut StorageSpec, &mut FillSpec)) -> StorageSpec {
    let mut spec = small();
    let mut rules = spec.fill.unwrap();
    change(&mut spec, &mut rules);
    spec.fill = Some(rules);
    spec
}

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

fn size(text: &str) -> Bytes {
    text.parse().unwrap()
}

const MB: u64 = 1_000_000;

/// What holds of any fill: bytes and slots add up, hosts have room for what they filled, and no
/// unit has two slots on one host.
fn check(spec: &StorageSpec, outcome: &FillOutcome) {
    let rules = spec.fill.unwrap();
    let (n, k) = (spec.code.total as usize, spec.code.data as usize);
    let slot = bound::wire_bytes(spec);
    let of_slot = |index: usize| {
        if rules.dispersal == Dispersal::HostsEncode && index % n >= k { k as u64 * slot } else { slot }
    };
    let filled = |index: &usize| outcome.host_of[*index] != NONE;
    let useful: u64 = (0..outcome.host_of.len()).filter(filled).map(of_slot).sum();
    assert_eq!(outcome.client_bytes + outcome.host_bytes, useful + outcome.wasted_bytes);
    assert_eq!(outcome.filled + outcome.cancelled, spec.data.count);
    let mut slots = vec![0; spec.hosts.count as usize];
    outcome.host_of.iter().filter(|host| **host != NONE).for_each(|host| slots[*host as usize] += 1);
    assert_eq!(slots, outcome.slots);
    let most = spec.hosts.disk.get() / spec.slot_size().get();
    assert!((0..).zip(&slots).all(|(host, slots)| u64::from((*slots).min(most_at_once(spec, outcome, host))) <= most));
    for unit in outcome.host_of.chunks(n) {
        let mut hosts: Vec<u32> = unit.iter().copied().filter(|host| *host != NONE).collect();
        assert!(hosts.is_empty() || hosts.len() == n, "a unit is filled or freed");
        hosts.sort_unstable();
        assert!(hosts.is_sorted_by(|a, b| a < b), "{unit:?}");
    }
    assert!(outcome.cancelled > 0 || outcome.ended >= outcome.bound, "{} < {}", outcome.ended, outcome.bound);
    assert_eq!(outcome.times_s.len(), outcome.filled as usize);
    assert_eq!(outcome.curve.last().map_or((Time::ZERO, 0), |last| *last), (outcome.ended, outcome.filled));
    assert!(outcome.reservations >= outcome.downloads);
}

/// The most slots of datasets that were filled and had not ended, at a time on a host.
fn most_at_once(spec: &StorageSpec, outcome: &FillOutcome, host: u32) -> u32 {
    let of_dataset = outcome.host_of.len() / spec.data.count as usize;
    let slots = |dataset: usize| {
        let on = &outcome.host_of[dataset * of_dataset..(dataset + 1) * of_dataset];
        on.iter().filter(|of| **of == host).count() as u32
    };
    let there = |dataset: usize, at: Time| {
        let (from, duration) = (outcome.filled_at[dataset], spec.data.duration.unwrap_or(Time::NEVER));
        from <= at && at < from + duration
    };
    let at = |at: &Time| (0..outcome.filled_at.len()).filter(|dataset| there(*dataset, *at)).map(slots).sum();
    outcome.filled_at.iter().filter(|at| **at < Time::NEVER).map(at).max().unwrap_or(0)
}

fn run(spec: &StorageSpec) -> FillOutcome {
    let outcome = fill(spec, 7);
    check(spec, &outcome);
    outcome
}

/// 3 slots of 5 MB out of one uplink of 1 MB/s: 15 s. With encoding at 2 MB/s 5 s more, with
/// startup and proving 1 and 2 s more; 1.1 bytes on the wire for each are 16.5 s.
#[test]
fn one_dataset_in_closed_form() {
    let outcome = run(&small());
    assert_eq!((outcome.filled, outcome.ended, outcome.bound.secs().round()), (1, Time::from_secs(15), 15.0));
    assert_eq!((outcome.client_bytes, outcome.host_bytes, outcome.wasted_bytes), (15 * MB, 0, 0));
    assert_eq!((outcome.reservations, outcome.downloads), (3, 3));
    assert_eq!(outcome.transactions, TO_REQUEST + 3 * (TO_RESERVE + TO_FILL));
    assert_eq!(outcome.held_back_s, [45.0, 0.0, 0.0, 0.0, 0.0], "three downloads of 15 s");
    let slow = run(&with(|spec, rules| {
        rules.encode = Some(rate("16 Mbit/s"));
        rules.proving = Time::from_secs(2);
        spec.repair.transfer.startup = Time::from_secs(1);
        spec.repair.transfer.wire_per_byte = 1.1;
    }));
    assert_eq!(slow.ended, Time::from_secs_f64(5.0 + 1.0 + 16.5 + 2.0));
    assert_eq!((slow.client_bytes, slow.held_back_s[ENCODING]), (16_500_000, 5.0));
    let hindered = run(&with(|spec, _| spec.repair.transfer.efficiency = 0.25));
    assert_eq!(hindered.ended, Time::from_secs(20), "5 MB at a quarter of 1 MB/s each, and the link has room");
}

/// The client's link may be fast, then the hosts' downlinks hold back, and it is said.
#[test]
fn the_narrow_link_is_named() {
    let down = run(&with(|_, rules| rules.up = rate("80 Mbit/s")));
    assert_eq!((down.ended, down.held_back_s), (Time::from_secs(5), [0.0, 15.0, 0.0, 0.0, 0.0]));
    let free = run(&with(|spec, rules| {
        (spec.hosts.up, spec.hosts.down, rules.up) = (Rate::UNLIMITED, Rate::UNLIMITED, Rate::UNLIMITED);
    }));
    assert_eq!((free.filled, free.ended, free.client_bytes, free.held_back_s), (1, Time::ZERO, 15 * MB, [0.0; 5]));
}

/// Three hosts race for each slot, and the client's uplink carries every one three times: they
/// end together, and two of three were in vain.
#[test]
fn three_race_for_a_slot() {
    let outcome = run(&with(|_, rules| rules.reservations = 3));
    assert_eq!((outcome.reservations, outcome.downloads), (9, 9));
    assert_eq!(outcome.ended, Time::from_secs(45));
    assert_eq!((outcome.client_bytes, outcome.wasted_bytes), (45 * MB, 30 * MB));
    assert_eq!(outcome.transactions, TO_REQUEST + 9 * (TO_RESERVE + TO_FILL), "losers try to fill too");
}

/// Without a limit all 12 hosts reserve the one slot there is; one of them gets it.
#[test]
fn without_a_limit_all_hosts_come() {
    let outcome = run(&with(|spec, rules| {
        (spec.code.data, spec.code.total, rules.reservations) = (1, 1, 0);
    }));
    assert_eq!((outcome.reservations, outcome.ended), (12, Time::from_secs(120)));
    assert_eq!((outcome.client_bytes, outcome.wasted_bytes), (120 * MB, 110 * MB));
}

/// Where hosts relay, the client sends each slot once in 15 s, and then the first of its
/// reservers sends it to the two others, in 10 s over its uplink; all in vain, for it has
/// filled the slot by then.
#[test]
fn hosts_that_relay_spare_the_client() {
    let relay = |proving| {
        run(&with(|_, rules| {
            (rules.reservations, rules.dispersal, rules.proving) = (3, Dispersal::HostsRelay, proving);
        }))
    };
    let outcome = relay(Time::ZERO);
    assert_eq!((outcome.ended, outcome.client_bytes), (Time::from_secs(15), 15 * MB));
    assert_eq!((outcome.host_bytes, outcome.wasted_bytes), (30 * MB, 30 * MB));
    assert_eq!(outcome.held_back_s, [45.0, 0.0, 60.0, 0.0, 0.0]);
    assert_eq!(relay(Time::from_secs(60)).ended, Time::from_secs(75));
}

/// The client sends the two data slots in 10 s; the host of the third fetches both in 10 s
/// over its downlink and encodes at 2 MB/s for 5 s.
#[test]
fn hosts_that_encode_fetch_the_data_slots() {
    let outcome = run(&with(|_, rules| {
        (rules.dispersal, rules.encode) = (Dispersal::HostsEncode, Some(rate("16 Mbit/s")));
    }));
    assert_eq!((outcome.ended, outcome.client_bytes, outcome.host_bytes), (Time::from_secs(25), 10 * MB, 10 * MB));
    assert_eq!(outcome.held_back_s, [20.0, 20.0, 0.0, 5.0, 0.0]);
    let many = run(&with(|spec, rules| {
        (spec.code.data, spec.code.total, spec.data.count) = (4, 7, 5);
        rules.dispersal = Dispersal::HostsEncode;
    }));
    assert_eq!((many.client_bytes, many.host_bytes), (50 * MB, 5 * 3 * 10 * MB), "K slots for each parity slot");
}

/// Twelve disks for one slot each and a dataset at a time: four fit, the fifth waits for room
/// until its request expires, and so do the others.
#[test]
fn disks_that_are_full_fill_nothing() {
    let outcome = run(&with(|spec, rules| {
        (spec.hosts.disk, spec.data.count) = (size("9 MB"), 6);
        rules.expiry = Time::from_secs(100);
    }));
    assert_eq!((outcome.filled, outcome.cancelled, outcome.ended), (4, 2, Time::from_secs(60)));
    assert!(outcome.slots.iter().all(|slots| *slots == 1));
    assert_eq!(outcome.held_back_s[ROOM], 2.0 * 3.0 * 100.0);
    assert_eq!(outcome.wasted_bytes, 0, "nobody downloads what there is no room for");
}

/// The same, each dataset kept for 30 s: when the fifth is given in the first two have ended, and
/// six fit one after the other. When the last is filled it has 30 s left, and the one before 15 s.
#[test]
fn what_ends_makes_room() {
    let spec = with(|spec, rules| {
        (spec.hosts.disk, spec.data.count) = (size("9 MB"), 6);
        spec.data.duration = Some(Time::from_secs(30));
        rules.expiry = Time::from_secs(100);
    });
    assert_eq!(spec.check(), Ok(()));
    let outcome = run(&spec);
    assert_eq!((outcome.filled, outcome.ended), (6, Time::from_secs(90)));
    let (filled, left) = ([15, 30, 45, 60, 75, 90].map(Time::from_secs), [0, 0, 0, 0, 15, 30].map(Time::from_secs));
    assert_eq!(outcome.filled_at, filled);
    assert_eq!([0, 1, 2, 3, 4, 5].map(|dataset| outcome.left(dataset, spec.data.duration)), left);
    assert_eq!([0, 5].map(|dataset| outcome.left(dataset, None)), [Time::NEVER; 2]);
    let ended = 4; // at 45, 60, 75, and at 90 after the last was filled
    assert_eq!(outcome.transactions, 6 * (TO_REQUEST + 3 * (TO_RESERVE + TO_FILL)) + (ended - 1) * 3 * TO_FREE);
    // What is left of two of six datasets is followed: 15 and 30 s of them.
    let kept = crate::storage::run(&spec, &mut |_| true);
    assert_eq!((kept.datasets_there, kept.kept_s), (2, Some(22.5)));
    let ends: Vec<Option<Time>> = kept.datasets.iter().map(|of| of.ended).collect();
    assert_eq!(ends, [None, None, None, None, Some(Time::from_secs(15)), Some(Time::from_secs(30))]);
    assert_eq!((kept.totals.unit_s, kept.exact), (45.0, None));
}

/// With two hosts the third slot finds none: the request is cancelled, and what the two have is
/// wasted and freed. An uplink that is too slow wastes what it has carried: 12 MB in 12 s.
#[test]
fn what_expires_is_cancelled_and_freed() {
    let lonely = run(&with(|spec, _| spec.hosts.count = 2));
    assert_eq!((lonely.filled, lonely.cancelled, lonely.wasted_bytes), (0, 1, 10 * MB));
    assert_eq!((lonely.slots, lonely.host_of), (vec![0, 0], vec![NONE; 3]));
    assert_eq!(lonely.transactions, TO_REQUEST + 2 * (TO_RESERVE + TO_FILL + TO_FREE) + TO_WITHDRAW);
    let slow = run(&with(|_, rules| rules.expiry = Time::from_secs(12)));
    assert_eq!((slow.cancelled, slow.wasted_bytes, slow.client_bytes), (1, 12 * MB, 12 * MB));
}

/// A request that is cancelled makes room for the next: two datasets at a time share the uplink
/// and are cancelled after 18 s with six disks full or reserved; the third fills three of them.
#[test]
fn room_that_is_freed_is_used() {
    let outcome = run(&with(|spec, rules| {
        (spec.hosts.count, spec.hosts.disk, spec.data.count) = (6, size("9 MB"), 3);
        (rules.at_a_time, rules.expiry) = (2, Time::from_secs(18));
    }));
    assert_eq!((outcome.filled, outcome.cancelled, outcome.ended), (1, 2, Time::from_secs(33)));
    assert_eq!(outcome.wasted_bytes, 18 * MB);
}

/// Queues that hold less than is on the market forget slots for ever: 40 datasets of 3 slots at
/// once, of which every busy host keeps 4.
#[test]
fn short_queues_forget_slots() {
    let filled = |queue| {
        let spec = with(|spec, rules| {
            (spec.data.count, rules.at_a_time, rules.slot_workers, rules.queue) = (40, 40, 1, queue);
        });
        run(&spec).filled
    };
    assert_eq!(filled(128), 40);
    assert!((1..30).contains(&filled(4)), "{}", filled(4));
}

/// A window of which a hundredth of the time lets 2.4 % of hosts in: with 1000 hosts a slot is
/// reserved three times when the third of them has had its turn, on the average after 3 of 1001
/// parts of the distances.
#[test]
fn a_window_spreads_reservations_over_time() {
    let spec = with(|spec, rules| {
        (spec.hosts.count, spec.data.count, rules.window) = (1000, 100, Some(0.75));
        (rules.reservations, rules.at_a_time, rules.up) = (1, 100, rate("800 Gbit/s"));
    });
    let outcome = run(&spec);
    assert_eq!((outcome.filled, outcome.reservations), (100, 300));
    // The last of three slots waits for the nearest of 1000 hosts: the mean of the largest of
    // three exponentials of mean 1/1000 is (1 + 1/2 + 1/3)/1000 of all distances.
    let opening = window::Opening::new(0.75);
    let expected = 86_400.0 * opening.moment(11.0 / 6.0 / 1000.0) + 5.0;
    let mean = outcome.times_s.iter().sum::<f64>() / 100.0;
    assert!((mean - expected).abs() < 0.2 * expected, "{mean} s, expected {expected}");
    assert!(outcome.held_back_s[ROOM] < 1.0, "a turn that has not come is no lack of room");
}

/// 50 hosts of 10 TB and 400 datasets of 500 GB in 15 slots of 50 GB: 300 TB through one client
/// at 1 Gbit/s take 27.8 days, which is the bound; with three that race for each slot three
/// times as long.
#[test]
fn four_hundred_datasets_are_filled_at_the_bound() {
    for racers in [1, 3] {
        let outcome = run(&with(|spec, rules| {
            (spec.hosts.count, spec.hosts.disk) = (50, size("10 TB"));
            (spec.hosts.up, spec.hosts.down, rules.up) = (rate("1 Gbit/s"), rate("1 Gbit/s"), rate("1 Gbit/s"));
            (spec.data.count, spec.data.size) = (400, size("500 GB"));
            (spec.code.data, spec.code.total, rules.reservations) = (10, 15, racers);
        }));
        let least = 300e12 / 125e6;
        assert!((outcome.bound.secs() / least - 1.0).abs() < 1e-8, "{}", outcome.bound);
        assert!((outcome.ended.secs() / least / f64::from(racers) - 1.0).abs() < 1e-9, "{}", outcome.ended);
        assert_eq!((outcome.filled, outcome.slots.iter().sum::<u32>()), (400, 6000));
        assert_eq!(outcome.wasted_bytes, u64::from(racers - 1) * 300 * MB * MB);
    }
}

fn dispersal() -> impl Strategy<Value = Dispersal> {
    prop::sample::select(vec![Dispersal::ClientSends, Dispersal::HostsRelay, Dispersal::HostsEncode])
}

prop_compose! {
    fn any_spec()(
        (hosts, disk, up, down) in (1u32..20, 4u64..60, 1u64..40, 1u64..40),
        (count, size, units, data, parity) in (1u32..12, 2u64..20, 1u64..4, 1u32..4, 0u32..4),
        (clients, client_up, at_a_time, reservations) in (1u32..4, 1u64..60, 1u32..4, 0u32..4),
        (window, expiry, workers, queue) in (prop::option::of(0.05..0.95), 5u64..400, 1u32..4, 1u32..40),
        (proving, startup, encode, duration) in (0u64..5, 0u64..3, prop::option::of(1u64..100), prop::option::of(1u64..200)),
        (dispersal, efficiency, wire) in (dispersal(), 0.3..=1.0, 1.0..1.2),
    ) -> StorageSpec {
        let mbit = |rate: u64| self::rate(&format!("{rate} Mbit/s"));
        with(|spec, rules| {
            (spec.hosts.count, spec.hosts.disk) = (hosts, Bytes(disk * MB));
            (spec.hosts.up, spec.hosts.down, rules.up) = (mbit(up), mbit(down), mbit(client_up));
            (spec.data.count, spec.data.size, spec.data.unit) = (count, Bytes(size * MB), Some(Bytes(size * MB / units)));
            (spec.code.data, spec.code.total) = (data, data + parity);
            (rules.clients, rules.at_a_time, rules.reservations) = (clients, at_a_time, reservations);
            (rules.window, rules.expiry) = (window, Time::from_secs(expiry));
            (rules.slot_workers, rules.queue, rules.dispersal) = (workers, queue, dispersal);
            (rules.proving, rules.encode) = (Time::from_secs(proving), encode.map(mbit));
            spec.data.duration = duration.map(Time::from_secs);
            let transfer = &mut spec.repair.transfer;
            (transfer.startup, transfer.efficiency, transfer.wire_per_byte) = (Time::from_secs(startup), efficiency, wire);
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    /// Whatever is asked for, the books balance and no bound is passed; and the same again
    /// gives the same.
    #[test]
    fn books_balance_whatever_is_asked_for(spec in any_spec(), seed: u64) {
        let outcome = fill(&spec, seed);
        check(&spec, &outcome);
        prop_assert_eq!(fill(&spec, seed), outcome);
    }
}

/// Another seed gives other hosts, and the same one the same.
#[test]
fn a_seed_decides_who_fills_what() {
    let spec = with(|spec, _| spec.data.count = 20);
    assert_eq!(fill(&spec, 1), fill(&spec, 1));
    assert_ne!(fill(&spec, 1).host_of, fill(&spec, 2).host_of);
}
