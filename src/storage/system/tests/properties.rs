//! What holds of every history.

use super::super::super::outcome::FillOutcome;
use super::super::super::sample::class;
use super::super::super::{HostClass, RebuiltOn};
use super::super::jobs::Stage;
use super::super::state::NONE;
use super::*;
use proptest::prelude::*;

/// Small specifications with anything in them.
fn any_spec() -> impl Strategy<Value = StorageSpec> {
    let lives = (0..4u32, 5.0..60.0f64, 0.4..2.0f64, prop::bool::ANY);
    let hosts = (9..30u32, 1..4u32, prop::option::of(2..6u32), lives, prop::option::of((0.5..5.0f64, 0.2..5.0f64)));
    let code = (1..4u32, 1..4u32, 0..4u32, prop::bool::ANY);
    let rules =
        (0..3u32, 0..3u32, prop::option::of((5.0..80.0f64, 0..3u32, 0.1..1.0f64, prop::option::of(0.5..3.0f64))));
    let detect = (0..2u32, 0..2u32, 0..2u32, 0..2u32, 1..3u32);
    let repair = (0..5u32, prop::bool::ANY, 0..3u32, 0..3u32, 0..2u32, 0..3u32, 0..4u32);
    let more = (1..4u64, 0..3u32, prop::bool::ANY, 1..40u64, 0..5u32, prop::option::of(5.0..150.0f64));
    (hosts, code, rules, detect, repair, more, 0..1000u64).prop_map(
        |(hosts, code, rules, detect, repair, more, seed)| {
            let (count, regions, operators, (family, mean, shape, fresh), away) = hosts;
            let (data, parity, kind, _) = code;
            let kind = [CodeKind::Mds, CodeKind::Lrc, CodeKind::TwoDimensional, CodeKind::Replica][kind as usize];
            let data = if kind == CodeKind::Replica { 1 } else { data };
            let n = data + parity;
            let mut spec = StorageSpec { seed, histories: 2, horizon: days(120.0), ..spec(count, 12, (n, parity)) };
            spec.code.kind = kind;
            spec.hosts.regions = regions;
            spec.hosts.operators = operators;
            let families = [LifeFamily::Exponential, LifeFamily::Weibull, LifeFamily::Trace, LifeFamily::Forever];
            spec.hosts.life = LifeSpec {
                family: families[family as usize],
                mean: days(mean),
                shape,
                start: if fresh { Start::Fresh } else { Start::Stationary },
                observed_days: vec![3.0, mean, 2.0 * mean],
            };
            spec.hosts.away =
                away.map(|(up, down)| AwaySpec { up: days(up), down: days(down), up_shape: shape, down_shape: 1.0 });
            let (size, replaced, unit, room, by_class, duration) = more;
            spec.data.duration = duration.map(days);
            spec.data.size = Bytes(size * 1_000_000_000_000);
            spec.data.unit = unit.then_some(Bytes(700_000_000_000));
            let slots = spec.units() * u64::from(n) / u64::from(count) + room;
            spec.hosts.disk = Bytes(slots * spec.slot_size().get());
            spec.hosts.replaced_after = [Time::ZERO, days(4.0), Time::NEVER][replaced as usize];
            let (rule, over, shock) = rules;
            let parts = [Struck::All, Struck::Region, Struck::Operator];
            let rule = [PlacementRule::Random, PlacementRule::Groups, PlacementRule::Spread][rule as usize];
            spec.placement = PlacementSpec { rule, over: parts[over as usize], ..PlacementSpec::default() };
            spec.shocks = Vec::from_iter(shock.map(|(every, hits, share, away)| ShockSpec {
                every: days(every),
                hits: parts[hits as usize],
                share,
                away_for: away.map(days),
            }));
            let (offline, delay, proofs, checks, misses) = detect;
            spec.detect = DetectSpec {
                offline_after: days(f64::from(offline)),
                mean_delay: days(f64::from(delay)),
                proofs: (proofs > 0).then_some(ProofSpec { period: days(0.3), probability: 0.3, timeout: days(0.1) }),
                check_every: days(f64::from(checks)),
                misses,
            };
            let (by, together, parallel, workers, per_host, time, threshold) = repair;
            let by = [RepairBy::NewHost, RepairBy::Worker, RepairBy::Owner, RepairBy::Neighbours, RepairBy::Nobody]
                [by as usize];
            let link = "300 Mbit/s".parse().unwrap();
            let races = !together && by == RepairBy::NewHost && seed % 2 == 1;
            spec.repair = RepairSpec {
                reservations: if races { (seed / 2 % 5) as u32 } else { 1 },
                resumes: !together && matches!(by, RepairBy::NewHost | RepairBy::Neighbours) && seed % 2 == 0,
                class: RebuiltOn::Any,
                mix: Default::default(),
                threshold: Some((n - 1).saturating_sub(threshold).max(data)),
                together,
                by,
                parallel,
                workers,
                per_host,
                rate_limit: (time == 2).then_some(link),
                time: [None, fixed(0.0), exponential(2.0)].get(2 - time as usize).copied().flatten(),
                worker: Some(WorkerSpec { up: link, down: link }),
                transfer: TransferSpec {
                    startup: days(f64::from(delay) * 0.01),
                    efficiency: 0.9,
                    ..Default::default()
                },
            };
            if by_class > 0 {
                in_classes(&mut spec, by_class);
            }
            spec
        },
    )
}

/// Hosts of two classes, one of them with half the life, the disk and the links of the other.
fn in_classes(spec: &mut StorageSpec, rule: u32) {
    let (first, n) = (spec.hosts.count / 3, spec.code.total);
    let mut small = class("a", first, spec.hosts.life.mean.secs() / DAY as f64 / 2.0);
    small.disk = Some(Bytes(spec.hosts.disk.get() / 2));
    (small.up, small.down) = ("300 Mbit/s".parse().ok(), "500 Mbit/s".parse().ok());
    let large = HostClass { life: None, ..class("b", spec.hosts.count - first, 1.0) };
    spec.hosts.classes = vec![small, large];
    if spec.placement.rule == PlacementRule::Groups {
        return;
    }
    spec.repair.class =
        [RebuiltOn::Any, RebuiltOn::Any, RebuiltOn::Same, RebuiltOn::Mix, RebuiltOn::Mix][rule as usize];
    spec.repair.mix = [("a".into(), 0.4), ("b".into(), 0.6)].into();
    if rule != 2 {
        spec.placement.slots = [("a".into(), first.min(n / 2)), ("b".into(), n - first.min(n / 2))].into();
    }
}

/// Transfers are between hosts that are there, each from a slot of its own, to who rebuilds or
/// from there to where the slot is to be.
fn check_transfers(history: &History) {
    let is_there = |node: u32| node as usize >= history.hosts.len() || history.is_up(node);
    for job in (0..history.jobs.len() as u32).filter(|job| history.jobs[*job as usize].unit != NONE) {
        let of = history.jobs[job as usize];
        let mut slots: Vec<u32> = Vec::new();
        for part in history.parts_of_job(job).map(|part| history.parts[part as usize]) {
            assert!(!slots.contains(&part.slot) || part.slot == NONE, "{part:?} is of a slot that another is of");
            slots.push(part.slot);
            let slot = history.slots.get(part.slot as usize);
            let ends = slot.map(|slot| if part.is_sent_on { (of.node, slot.target) } else { (slot.host, of.node) });
            if part.flow != NONE {
                assert!(is_there(part.from) && is_there(part.to), "{part:?} is from or to who is not there");
                assert_eq!(ends, Some((part.from, part.to)));
            }
        }
        let under_way = of.stage == Stage::Running && history.bulk.is_some();
        let is_held_up = matches!(of.stage, Stage::Paused { .. });
        assert!(is_held_up || under_way == (of.parts != NONE), "{of:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// No rule is broken, neither at the end nor on the way; the same gives the same, and the
    /// first of two histories is the one.
    #[test]
    fn books_balance_and_runs_are_equal(spec in any_spec()) {
        let both = run(&spec);
        prop_assert_eq!(&both, &run(&spec));
        let one = run(&StorageSpec { histories: 1, ..spec.clone() });
        prop_assert_eq!(&both.histories[..1], &one.histories[..]);
        prop_assert_eq!((&both.hosts, &both.datasets, &both.series), (&one.hosts, &one.datasets, &one.series));
        prop_assert_eq!((&both.repairs, &both.checkpoints), (&one.repairs, &one.checkpoints));
        let mut history = History::new(&spec, spec.seed, None, true);
        let mut broken = Vec::new();
        while let Some((at, flow)) = history.next().filter(|(at, _)| *at <= spec.horizon) {
            history.step(at, flow);
            history.check_slots(&mut |what| broken.push(what));
            check_transfers(&history);
        }
        prop_assert_eq!(broken, Vec::<String>::new());
    }
}

/// A longer horizon changes nothing of what has been.
#[test]
fn what_has_been_does_not_depend_on_the_horizon() {
    let mut short = spec(30, 50, (6, 2));
    short.repair.time = None;
    short.hosts.away = Some(AwaySpec { up: days(5.0), down: days(1.0), up_shape: 0.7, down_shape: 1.0 });
    short.sample_every = Some(days(1.0));
    let long = StorageSpec { horizon: days(800.0), ..short.clone() };
    let (short, long) = (run(&short), run(&long));
    assert!(short.repairs.len() > 500);
    assert_eq!(short.repairs[..], long.repairs[..short.repairs.len()]);
    assert_eq!(short.series[..], long.series[..short.series.len()]);
}

/// Slots are where they were filled, and what was not filled is no part of it.
#[test]
fn slots_begin_where_they_were_filled() {
    let spec = StorageSpec { repair: RepairSpec { by: RepairBy::Nobody, ..Default::default() }, ..spec(9, 3, (3, 1)) };
    let host_of = vec![0, 1, 2, 3, u32::MAX, 5, 6, 7, 8];
    let filled_at = vec![Time::ZERO, Time::NEVER, Time::ZERO];
    let filled = FillOutcome { host_of: host_of.clone(), filled_at, ..FillOutcome::default() };
    let history = History::new(&spec, 1, Some(&filled), true);
    let hosts: Vec<u32> = history.slots.iter().map(|slot| slot.host).collect();
    assert_eq!(hosts, [0, 1, 2, u32::MAX, u32::MAX, u32::MAX, 6, 7, 8]);
    let outcome = histories(&spec, Some(&filled), &mut |_| true);
    assert_eq!((outcome.violations.len(), outcome.datasets[1].lost), (0, None));
    assert_eq!(outcome.histories[0].lost, outcome.datasets.iter().filter(|of| of.lost.is_some()).count() as u32);
}

/// Who says no ends the run there; histories that came to their end stay.
#[test]
fn an_interrupted_run_keeps_what_it_has() {
    let spec = StorageSpec { histories: 10, ..spec(60, 1000, (6, 2)) };
    let mut shares = Vec::new();
    let outcome = histories(&spec, None, &mut |progress| {
        shares.push(progress.share);
        progress.share < 0.45
    });
    assert!(!outcome.complete && outcome.histories.len() == 4, "{}", outcome.histories.len());
    assert!(shares.is_sorted() && shares.len() > 8, "{shares:?}");
    let whole = run(&StorageSpec { histories: 4, ..spec });
    assert_eq!((outcome.totals, outcome.datasets), (whole.totals, whole.datasets));
}

/// Checkpoints lie at even distances and differ; another seed gives other ones.
#[test]
fn digests_follow_the_history() {
    let of = |seed| run(&StorageSpec { seed, ..spec(60, 100, (6, 2)) });
    let (one, other) = (of(1), of(2));
    assert_eq!(one.checkpoints.len(), 64);
    assert_eq!(one.checkpoints[63].0, days(365.0));
    assert_ne!(one.fingerprint, other.fingerprint);
    assert_ne!(one.checkpoints[0].1, one.checkpoints[63].1);
    assert!(one.checkpoints.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert_eq!(one.series.len(), 200);
}
