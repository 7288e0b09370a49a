//! What of classes of hosts makes no sense: how many hosts are in them, how many slots go to them.

use super::{check_life, flowing, share};
use crate::storage::{Class, PlacementRule, RareMethod, RebuiltOn, StorageSpec};
use crate::units::{Bytes, Refusal, Time, require, require_whole};

/// Classes of hosts that a run has at the most.
const MOST: usize = 100;

pub(super) fn check_classes(spec: &StorageSpec) -> Result<(), Refusal> {
    let classes = &spec.hosts.classes;
    let many = format!("{} classes", classes.len());
    require(classes.len() <= MOST, "hosts.classes", many, format!("at most {MOST}"))?;
    for (number, class) in classes.iter().enumerate() {
        let key = |key: &str| format!("hosts.classes.{number}.{key}");
        require(!class.name.is_empty(), key("name"), "a class without a name", "a name")?;
        let is_taken = classes[..number].iter().any(|other| other.name == class.name);
        require(!is_taken, key("name"), format!("two classes are called `{}`", class.name), "another name")?;
        let one = class.count.is_some() != class.share.is_some();
        let of_hosts = format!("how many hosts `{}` has is not said, or twice", class.name);
        require(
            one,
            format!("hosts.classes.{number}"),
            of_hosts,
            "a `count`, or a `share` of those in no counted class",
        )?;
        class.share.map_or(Ok(()), |part| share(part, &key("share")))?;
        class.life.as_ref().map_or(Ok(()), |life| check_life(life, &key("life")))?;
        class.up.map_or(Ok(()), |rate| flowing(rate, &key("up")))?;
        class.down.map_or(Ok(()), |rate| flowing(rate, &key("down")))?;
    }
    check_counts(spec)?;
    check_slots(spec)?;
    check_rebuilds(spec)
}

/// Classes have all hosts between them, and each has some.
fn check_counts(spec: &StorageSpec) -> Result<(), Refusal> {
    let (hosts, classes) = (spec.hosts.count, &spec.hosts.classes);
    if classes.is_empty() {
        return Ok(());
    }
    let counted: u64 = classes.iter().filter_map(|class| class.count).map(u64::from).sum();
    let shares: Vec<f64> = classes.iter().filter_map(|class| class.share).collect();
    let all = if shares.is_empty() { counted == u64::from(hosts) } else { counted < u64::from(hosts) };
    let message = format!("{counted} hosts are counted in classes, and there are {hosts}");
    let expected = match (shares.is_empty(), counted < u64::from(hosts)) {
        (false, _) => format!("hosts.count above {counted}, for what classes with a share have"),
        (true, true) => format!("hosts.count = {counted}, or a class with a `share` of the others"),
        (true, false) => format!("hosts.count = {counted}"),
    };
    require(all, "hosts.classes", message, expected)?;
    if !shares.is_empty() {
        require_whole(shares, "hosts.classes")?;
    }
    for (number, class) in spec.hosts.by_class().iter().enumerate() {
        let message = format!("of {hosts} hosts none is in `{}`", class.name);
        require(class.count() > 0, format!("hosts.classes.{number}"), message, "a larger share, or more hosts")?;
    }
    Ok(())
}

/// The class of this name.
fn named<'a>(classes: &'a [Class], name: &str, key: &str) -> Result<&'a Class<'a>, Refusal> {
    let known = classes.iter().map(|class| class.name).filter(|name| !name.is_empty());
    let message = format!("no class of hosts is called `{name}`");
    if known.clone().next().is_none() {
        return Err(Refusal::new(key, message, "a class of that name in `hosts.classes`"));
    }
    let found = classes.iter().find(|class| class.name == name);
    found.ok_or_else(|| Refusal::unknown(message, name, known, key))
}

/// Slots of a unit at the start, by class.
fn check_slots(spec: &StorageSpec) -> Result<(), Refusal> {
    let (placement, total) = (&spec.placement, spec.code.total);
    if placement.slots.is_empty() {
        return Ok(());
    }
    let classes = spec.hosts.by_class();
    for (name, slots) in &placement.slots {
        let key = format!("placement.slots.{name}");
        let class = named(&classes, name, &key)?;
        let count = class.count();
        let message = format!("{slots} slots of a unit are on different hosts, and `{name}` has {count}");
        require(*slots <= count, &key, message, format!("at most {count}, or {slots} hosts in `{name}`"))?;
        let (units, slot) = (u128::from(spec.units()), spec.slot_size());
        let (all, each) = (units * u128::from(*slots), u128::from(class.disk.get() / slot.get()));
        let message = format!("{all} slots of {slot} do not fit on {count} disks of `{name}` that take {each} each");
        let disk = u64::try_from(all.div_ceil(u128::from(count)) * u128::from(slot.get())).unwrap_or(u64::MAX);
        let fits = all <= u128::from(count) * each;
        require(fits, &key, message, format!("fewer, or disks of at least {}", Bytes(disk)))?;
    }
    let sum: u64 = placement.slots.values().map(|slots| u64::from(*slots)).sum();
    let message = format!("classes have {sum} slots of a unit, which has {total}");
    require(sum == u64::from(total), "placement.slots", message, format!("{total} in all, which is code.total"))?;
    let in_groups = placement.rule == PlacementRule::Groups;
    let message = "the slots of a unit are on the hosts of one group, whatever their class";
    require(!in_groups, "placement.slots", message, "the rule `random` or `spread`")?;
    let message = "where datasets are given in, hosts choose slots: no class has a number of them";
    require(spec.fill.is_none(), "placement.slots", message, "none, or a run without `fill`")
}

/// Where rebuilt slots go.
fn check_rebuilds(spec: &StorageSpec) -> Result<(), Refusal> {
    let (repair, total) = (&spec.repair, spec.code.total);
    let classes = spec.hosts.by_class();
    let by_class = repair.class != RebuiltOn::Any;
    let message = "hosts are of no classes";
    require(!by_class || !spec.hosts.classes.is_empty(), "repair.class", message, "`any`, or `hosts.classes`")?;
    let in_groups = spec.placement.rule == PlacementRule::Groups;
    let message = "a slot is rebuilt in its group, whatever the class of its hosts";
    require(!by_class || !in_groups, "repair.class", message, "`any`, or the placement `random` or `spread`")?;
    let mixed = repair.class == RebuiltOn::Mix;
    let message = "probabilities of classes are those of the class `mix`";
    require(mixed || repair.mix.is_empty(), "repair.mix", message, "repair.class = \"mix\"")?;
    if mixed {
        let message = "no class is said to get rebuilt slots";
        require(
            !repair.mix.is_empty(),
            "repair.mix",
            message,
            "a probability for each class, such as { a = 0.5, b = 0.5 }",
        )?;
        for (name, probability) in &repair.mix {
            let key = format!("repair.mix.{name}");
            let class = named(&classes, name, &key)?;
            let message = format!("{probability} is no probability");
            require((0.0..=1.0).contains(probability), &key, message, "0 to 1")?;
            let count = class.count();
            let message = format!("all {total} slots of a unit may come to `{name}`, which has {count} hosts");
            let fits = *probability == 0.0 || count >= total;
            require(fits, &key, message, format!("0, or at least {total} hosts in `{name}`"))?;
        }
        require_whole(repair.mix.values().copied(), "repair.mix")?;
    }
    // Histories of one unit know how many hosts a class has in the long run, not how they die out.
    let dies_out = spec.hosts.replaced_after == Time::NEVER && spec.hosts.one_life().is_none();
    let unknown = dies_out && !by_class && !in_groups && spec.rare.method == RareMethod::Split;
    let message =
        "of hosts that nobody replaces, whose class is left follows from all histories, not from those of one unit";
    let expected = "rare.method = \"count\", repair.class = \"same\", or a time after which hosts are replaced";
    require(!unknown, "hosts.replaced_after", message, expected)
}
