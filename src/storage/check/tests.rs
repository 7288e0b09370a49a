//! A change to a specification that works, and what is refused of it.

use super::*;
use crate::storage::sample::{class, days, eager, fixed, shock};
use crate::storage::{ChainSpec, HostClass, PlacementSpec, ProofSpec, RebuiltOn, Struck, WorkerSpec};

/// A specification of which everything is said.
fn full() -> StorageSpec {
    let mut spec = eager((6, 2), 365.0, 1.0);
    spec.hosts.count = 20;
    spec.hosts.regions = 4;
    spec.hosts.operators = Some(5);
    spec.hosts.away = Some(AwaySpec { up: days(1.0), down: days(0.1), up_shape: 1.0, down_shape: 0.7 });
    spec.shocks = vec![shock(3650.0, Struck::Region, 0.5), shock(100.0, Struck::All, 0.01)];
    spec.shocks[1].away_for = Some(days(2.0));
    spec.data.count = 100;
    spec.data.unit = Some(Bytes(64_000_000));
    spec.detect.proofs = Some(ProofSpec { period: days(0.01), probability: 0.1, timeout: Time::ZERO });
    spec.repair.threshold = Some(5);
    let rate: Rate = "1 Gbit/s".parse().unwrap();
    spec.repair.worker = Some(WorkerSpec { up: rate, down: rate });
    spec.repair.rate_limit = Some(rate);
    spec.chain = Some(ChainSpec { transactions_per_s: 100.0 });
    spec.sample_every = Some(days(1.0));
    let fill = serde_json::json!({ "up": "1 Gbit/s", "window": 0.75, "encode": "1 Gbit/s" });
    spec.fill = Some(serde_json::from_value(fill).unwrap());
    spec
}

type Change = fn(&mut StorageSpec);

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

/// The key that is blamed, a part of what would be right, and what was changed.
const REFUSED: &[(&str, &str, Change)] = &[
    ("horizon", "above 0 s", |spec| spec.horizon = Time::ZERO),
    ("horizon", "292 y", |spec| spec.horizon = Time::NEVER),
    ("histories", "at least 1", |spec| spec.histories = 0),
    ("code.data", "at least 1", |spec| spec.code.data = 0),
    ("code.total", "at least 4", |spec| spec.code.total = 3),
    ("code.data", "1, or the kind `mds`", |spec| spec.code.kind = CodeKind::Replica),
    ("code.groups", "one of 1, 2, 4", |spec| (spec.code.kind, spec.code.groups) = (CodeKind::Lrc, 3)),
    ("code.groups", "one of 1, 2, 4", |spec| (spec.code.kind, spec.code.groups) = (CodeKind::Lrc, 0)),
    ("code.total", "hosts.count at least 6, or a total of 4 to 5 slots", |spec| spec.hosts.count = 5),
    ("code.total", "hosts.count at least 6", |spec| {
        (spec.hosts.count, spec.placement) =
            (3, PlacementSpec { rule: PlacementRule::Groups, over: Struck::All, ..PlacementSpec::default() });
    }),
    ("hosts.regions", "1 to 20", |spec| spec.hosts.regions = 0),
    ("hosts.regions", "1 to 20", |spec| spec.hosts.regions = 21),
    ("hosts.operators", "1 to 20", |spec| spec.hosts.operators = Some(0)),
    ("hosts.up", "more than 0 bit/s", |spec| spec.hosts.up = rate("0 bit/s")),
    ("hosts.down", "more than 0 bit/s", |spec| spec.hosts.down = rate("0 bit/s")),
    ("hosts.life.mean", "more than 0 s", |spec| spec.hosts.life.mean = Time::ZERO),
    ("hosts.life.shape", "0.1 to", |spec| {
        (spec.hosts.life.family, spec.hosts.life.shape) = (LifeFamily::Weibull, 0.0);
    }),
    ("hosts.life.shape", "0.1 to", |spec| {
        (spec.hosts.life.family, spec.hosts.life.shape) = (LifeFamily::Weibull, f64::NAN);
    }),
    ("hosts.life.shape", "weibull", |spec| spec.hosts.life.shape = 0.5),
    ("hosts.life.observed_days", "trace", |spec| spec.hosts.life.observed_days = vec![3.0]),
    ("sample_every", "at least", |spec| spec.sample_every = Some(Time::from_nanos(1))),
    ("repair.by", "code.data = 1", |spec| spec.repair.by = RepairBy::Neighbours),
    ("repair.reservations", "new_host", |spec| {
        (spec.repair.by, spec.repair.reservations, spec.repair.resumes) = (RepairBy::Owner, 3, false);
        spec.repair.time = crate::storage::sample::fixed(1.0);
    }),
    ("hosts.life.observed_days", "at least one", |spec| spec.hosts.life.family = LifeFamily::Trace),
    ("hosts.life.observed_days.1", "above 0", |spec| {
        spec.hosts.life.family = LifeFamily::Trace;
        spec.hosts.life.observed_days = vec![3.0, -1.0];
    }),
    ("hosts.away.up", "more than 0 s", |spec| spec.hosts.away.as_mut().unwrap().up = Time::ZERO),
    ("hosts.away.down", "more than 0 s", |spec| spec.hosts.away.as_mut().unwrap().down = Time::ZERO),
    ("hosts.away.up_shape", "0.1 to", |spec| spec.hosts.away.as_mut().unwrap().up_shape = 0.0),
    ("hosts.away.down_shape", "0.1 to", |spec| spec.hosts.away.as_mut().unwrap().down_shape = -1.0),
    ("shocks.0.every", "more than 0 s", |spec| spec.shocks[0].every = Time::ZERO),
    ("shocks.1.share", "0 to 1", |spec| spec.shocks[1].share = 1.5),
    ("shocks.0.share", "0 to 1", |spec| spec.shocks[0].share = -0.1),
    ("shocks.1.away_for", "more than 0 s", |spec| spec.shocks[1].away_for = Some(Time::ZERO)),
    ("data.count", "at least 1", |spec| spec.data.count = 0),
    ("data.size", "more than 0 B", |spec| spec.data.size = Bytes(0)),
    ("data.unit", "more than 0 B", |spec| spec.data.unit = Some(Bytes(0))),
    ("data.unit", "at least 1", |spec| spec.data.unit = Some(Bytes(1))),
    ("data.duration", "more than 0 s", |spec| spec.data.duration = Some(Time::ZERO)),
    ("data.count", "at most 715827882", |spec| spec.data.count = u32::MAX),
    ("hosts.disk", "data.count at most 20", |spec| {
        (spec.data.unit, spec.hosts.disk) = (None, Bytes(1_500_000_000));
    }),
    ("detect.misses", "at least 1", |spec| spec.detect.misses = 0),
    ("detect.proofs.period", "more than 0 s", |spec| spec.detect.proofs.as_mut().unwrap().period = Time::ZERO),
    ("detect.proofs.probability", "above 0", |spec| spec.detect.proofs.as_mut().unwrap().probability = 0.0),
    ("repair.threshold", "4 to 5", |spec| spec.repair.threshold = Some(3)),
    ("repair.threshold", "4 to 5", |spec| spec.repair.threshold = Some(6)),
    ("repair.threshold", "none", |spec| spec.code.total = 4),
    ("repair.worker", "up and down, or repair.time", |spec| {
        (spec.repair.by, spec.repair.time, spec.repair.worker) = (RepairBy::Owner, None, None);
    }),
    ("repair.worker.up", "more than 0 bit/s", |spec| spec.repair.worker.as_mut().unwrap().up = rate("0 bit/s")),
    ("repair.worker.down", "more than 0 bit/s", |spec| spec.repair.worker.as_mut().unwrap().down = rate("0 bit/s")),
    ("repair.rate_limit", "more than 0 bit/s", |spec| spec.repair.rate_limit = Some(rate("0 bit/s"))),
    ("repair.resumes", "one by one", |spec| (spec.repair.resumes, spec.repair.together) = (true, true)),
    ("repair.resumes", "`new_host`", |spec| (spec.repair.resumes, spec.repair.by) = (true, RepairBy::Worker)),
    ("repair.transfer.efficiency", "at most 1", |spec| spec.repair.transfer.efficiency = 1.1),
    ("repair.transfer.rate", "more than 0 bit/s", |spec| spec.repair.transfer.rate = Some(rate("0 bit/s"))),
    ("repair.transfer.wire_per_byte", "at least 1", |spec| spec.repair.transfer.wire_per_byte = 0.0),
    ("repair.transfer.fetched", "at least 1", |spec| spec.repair.transfer.fetched = 0.9),
    ("fill.clients", "at least 1", |spec| spec.fill.as_mut().unwrap().clients = 0),
    ("fill.up", "more than 0 bit/s", |spec| spec.fill.as_mut().unwrap().up = rate("0 bit/s")),
    ("fill.at_a_time", "at least 1", |spec| spec.fill.as_mut().unwrap().at_a_time = 0),
    ("fill.slot_workers", "at least 1", |spec| spec.fill.as_mut().unwrap().slot_workers = 0),
    ("fill.queue", "at least 1", |spec| spec.fill.as_mut().unwrap().queue = 0),
    ("fill.expiry", "more than 0 s", |spec| spec.fill.as_mut().unwrap().expiry = Time::ZERO),
    ("fill.window", "above 0.5, below 1", |spec| spec.fill.as_mut().unwrap().window = Some(0.5)),
    ("fill.window", "above 0.5, below 1", |spec| spec.fill.as_mut().unwrap().window = Some(1.0)),
    ("fill.encode", "more than 0 bit/s", |spec| spec.fill.as_mut().unwrap().encode = Some(rate("0 bit/s"))),
    ("chain.transactions_per_s", "above 0", |spec| spec.chain.as_mut().unwrap().transactions_per_s = 0.0),
    ("rare.starts", "at least 10", |spec| spec.rare.starts = 9),
    ("rare.repetitions", "at least 5", |spec| spec.rare.repetitions = 4),
    ("sample_every", "more than 0 s", |spec| spec.sample_every = Some(Time::ZERO)),
];

/// The same of classes: ten hosts in each of two, six slots of a unit.
const REFUSED_OF_CLASSES: &[(&str, &str, Change)] = &[
    ("hosts.classes.1.name", "another name", |spec| spec.hosts.classes[1].name = "homes".into()),
    ("hosts.classes.0.name", "a name", |spec| spec.hosts.classes[0].name.clear()),
    ("hosts.classes.0", "a `count`, or a `share`", |spec| spec.hosts.classes[0].count = None),
    ("hosts.classes.0", "a `count`, or a `share`", |spec| spec.hosts.classes[0].share = Some(1.0)),
    ("hosts.classes.0.life.mean", "more than 0 s", |spec| {
        spec.hosts.classes[0].life.as_mut().unwrap().mean = Time::ZERO;
    }),
    ("hosts.classes.1.up", "more than 0 bit/s", |spec| spec.hosts.classes[1].up = Some(rate("0 bit/s"))),
    ("hosts.classes", "hosts.count = 19, or a class with a `share`", |spec| spec.hosts.classes[0].count = Some(9)),
    ("hosts.classes", "hosts.count = 21", |spec| spec.hosts.classes[0].count = Some(11)),
    ("hosts.classes", "hosts.count above 20", |spec| {
        spec.hosts.classes.push(HostClass { count: None, share: Some(1.0), ..class("c", 0, 1.0) });
    }),
    ("hosts.classes", "a sum of 1", |spec| {
        (spec.hosts.classes[0].count, spec.hosts.classes[0].share) = (None, Some(0.5));
    }),
    ("hosts.classes.0", "a larger share", |spec| {
        (spec.hosts.classes[0].count, spec.hosts.classes[0].share) = (None, Some(0.01));
        (spec.hosts.classes[1].count, spec.hosts.classes[1].share) = (None, Some(0.99));
    }),
    ("placement.slots.home", "one of homes, servers", |spec| {
        spec.placement.slots = [("home".into(), 6)].into();
    }),
    ("placement.slots", "6 in all", |spec| spec.placement.slots = [("homes".into(), 5)].into()),
    ("placement.slots.homes", "at most 10, or 11 hosts in `homes`", |spec| {
        spec.placement.slots = [("homes".into(), 11)].into();
    }),
    ("placement.slots.homes", "disks of at least", |spec| spec.hosts.classes[0].disk = Some(Bytes(1))),
    ("placement.slots", "`random` or `spread`", |spec| spec.placement.rule = PlacementRule::Groups),
    ("placement.slots", "without `fill`", |spec| spec.fill = full().fill),
    ("placement.slots.homes", "`hosts.classes`", |spec| spec.hosts.classes.clear()),
    ("repair.class", "`hosts.classes`", |spec| {
        (spec.hosts.classes, spec.placement.slots) = (vec![], [].into());
    }),
    ("repair.class", "`random` or `spread`", |spec| {
        (spec.placement.rule, spec.placement.slots) = (PlacementRule::Groups, [].into());
    }),
    ("repair.mix", "mix", |spec| spec.repair.class = RebuiltOn::Same),
    ("repair.mix", "for each class", |spec| spec.repair.mix.clear()),
    ("repair.mix.server", "one of homes, servers", |spec| {
        spec.repair.mix = [("server".into(), 1.0)].into();
    }),
    ("repair.mix.homes", "0 to 1", |spec| {
        spec.repair.mix = [("homes".into(), 1.5), ("servers".into(), -0.5)].into();
    }),
    ("repair.mix", "a sum of 1", |spec| spec.repair.mix = [("homes".into(), 0.5)].into()),
    ("repair.mix.homes", "at least 6 hosts", |spec| {
        (spec.hosts.classes[0].count, spec.hosts.classes[1].count) = (Some(5), Some(15));
    }),
    ("hosts.replaced_after", "repair.class", |spec| {
        (spec.hosts.replaced_after, spec.repair.class) = (Time::NEVER, RebuiltOn::Any);
        spec.repair.mix.clear();
    }),
];

/// Three slots on each of two classes, and rebuilt ones on either.
fn classed() -> StorageSpec {
    let mut spec = StorageSpec { fill: None, ..full() };
    spec.hosts.classes = vec![class("homes", 10, 90.0), class("servers", 10, 730.0)];
    spec.placement.slots = [("homes".into(), 3), ("servers".into(), 3)].into();
    (spec.repair.class, spec.repair.mix) = (RebuiltOn::Mix, [("homes".into(), 0.5), ("servers".into(), 0.5)].into());
    spec
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (from, refused) in [(full(), REFUSED), (classed(), REFUSED_OF_CLASSES)] {
        assert_eq!(from.check(), Ok(()));
        for (number, (key, expected, change)) in refused.iter().enumerate() {
            let mut spec = from.clone();
            change(&mut spec);
            let refusal = spec.check().expect_err(&format!("{number}: {key}"));
            assert!(refusal.key == *key && refusal.expected.contains(expected), "{number}: {refusal:?}");
        }
    }
}

/// Who misspells a class is told the nearest.
#[test]
fn the_nearest_class_is_named() {
    let mut spec = classed();
    spec.repair.mix = [("server".into(), 1.0)].into();
    assert_eq!(spec.check().unwrap_err().help.as_deref(), Some("did you mean `servers`?"));
}

/// What is odd and yet makes sense.
#[test]
fn what_makes_sense_is_not_refused() {
    let odd: &[Change] = &[
        |spec| (spec.code.total, spec.repair.threshold) = (4, None),
        |spec| (spec.placement.rule, spec.hosts.regions) = (PlacementRule::Spread, 1),
        |spec| (spec.placement.rule, spec.hosts.regions) = (PlacementRule::Spread, 3),
        |spec| spec.hosts.replaced_after = Time::NEVER,
        |spec| spec.repair.time = fixed(0.0),
        |spec| (spec.repair.by, spec.repair.time, spec.repair.worker) = (RepairBy::Nobody, None, None),
        |spec| (spec.hosts.life.family, spec.hosts.life.mean) = (LifeFamily::Forever, Time::ZERO),
        |spec| spec.shocks[0].share = 0.0,
        |spec| spec.hosts.up = Rate::UNLIMITED,
    ];
    for (number, change) in odd.iter().enumerate() {
        let mut spec = full();
        change(&mut spec);
        assert_eq!(spec.check(), Ok(()), "{number}");
    }
}

/// The room that is named is enough, and no dataset more than are named fits.
#[test]
fn what_is_named_as_right_works() {
    let mut spec = full();
    (spec.data.unit, spec.hosts.disk) = (None, Bytes(1_500_000_000));
    spec.data.count = 20;
    assert_eq!(spec.check(), Ok(()));
    spec.data.count = 21;
    let refusal = spec.check().unwrap_err();
    let disk = refusal.expected.trim_start_matches("at least ").split(", or").next().unwrap();
    spec.hosts.disk = disk.parse().unwrap();
    assert_eq!(spec.check(), Ok(()), "{refusal:?}");
}
