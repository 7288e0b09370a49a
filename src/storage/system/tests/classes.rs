//! Classes of hosts: S7, and where slots go.

use super::super::super::RebuiltOn;
use super::super::super::sample::{class, s7};
use super::*;

/// S7's rows that histories see losses of: 200 units on hosts of two classes, rebuilt on
/// the class that they were on or on either.
#[test]
fn s7_two_classes_of_hosts() {
    for ((mut spec, loss, _), histories) in s7().into_iter().zip([60, 150]) {
        let many = 10;
        spec.hosts.count *= many;
        spec.hosts.classes.iter_mut().for_each(|class| class.count = class.count.map(|count| count * many));
        (spec.data.count, spec.histories) = (200, histories);
        assert_eq!(spec.check(), Ok(()));
        agrees(units_lost(&run(&spec), 200), (loss, 0.0), "S7");
    }
}

/// Slots begin on the classes that are said, and a rebuilt one is where the rule says: on the
/// class that it was on; on either in proportion to hosts, or with the probabilities.
#[test]
fn slots_are_on_the_classes_that_are_said() {
    let share_at_end = |rule: RebuiltOn| {
        let mut spec = StorageSpec { horizon: days(2000.0), ..spec(100, 300, (6, 2)) };
        spec.hosts.classes = vec![class("a", 25, 100.0), class("b", 75, 100.0)];
        spec.hosts.classes[1].life.as_mut().unwrap().mean = days(100.001); // laws that differ in name
        spec.repair.time = fixed(0.0);
        spec.repair.class = rule;
        spec.placement.slots = [("a".into(), 4), ("b".into(), 2)].into();
        if rule == RebuiltOn::Mix {
            spec.repair.mix = [("a".into(), 0.6), ("b".into(), 0.4)].into();
        }
        let at_start = run(&StorageSpec { horizon: Time::from_secs(1), ..spec.clone() });
        let on_first = |outcome: &StorageOutcome| -> u32 { outcome.hosts[..25].iter().map(|host| host.slots).sum() };
        assert_eq!(on_first(&at_start), 4 * 300);
        f64::from(on_first(&run(&spec))) / (6.0 * 300.0)
    };
    assert_eq!(share_at_end(RebuiltOn::Same), 4.0 / 6.0);
    // Of 1800 slots: within five standard deviations, and hosts that die take many with them.
    assert!((share_at_end(RebuiltOn::Any) - 0.25).abs() < 0.06);
    assert!((share_at_end(RebuiltOn::Mix) - 0.6).abs() < 0.06);
}

/// Each class has disks and links of its own: a death is rebuilt down the link of the class
/// that the slot goes to, and no disk is over-full.
#[test]
fn classes_have_links_and_disks_of_their_own() {
    let mut spec = forever(StorageSpec { horizon: days(10.0), ..spec(12, 1, (3, 1)) });
    spec.hosts.classes = vec![class("a", 6, 1.0), class("b", 6, 1.0)];
    let forever = LifeSpec { family: LifeFamily::Forever, ..LifeSpec::default() };
    let mean = LifeSpec { family: LifeFamily::Trace, observed_days: vec![1.0], start: Start::Fresh, ..forever.clone() };
    (spec.hosts.classes[0].life, spec.hosts.classes[1].life) = (Some(mean), Some(forever));
    (spec.hosts.classes[0].down, spec.hosts.classes[0].up) = ("8 Mbit/s".parse().ok(), "80 Mbit/s".parse().ok());
    (spec.hosts.classes[1].down, spec.hosts.classes[1].up) = ("16 Mbit/s".parse().ok(), "80 Mbit/s".parse().ok());
    spec.hosts.replaced_after = Time::NEVER;
    spec.placement.slots = [("a".into(), 1), ("b".into(), 2)].into();
    (spec.repair.time, spec.repair.class) = (None, RebuiltOn::Mix);
    spec.repair.mix = [("b".into(), 1.0)].into();
    let outcome = run(&spec);
    let [repair] = outcome.repairs.as_slice() else { panic!("{:?}", outcome.repairs) };
    // Two slots of 500 MB through 2 MB/s, to a host of the second class.
    assert_eq!((repair.began, repair.ended.since(repair.began)), (days(1.0), Time::from_secs(500)));
    assert!(repair.host >= 6);
    spec.hosts.classes[0].disk = Some(Bytes(499_999_999));
    let refusal = spec.check().unwrap_err();
    assert_eq!(refusal.key, "placement.slots.a");
}
