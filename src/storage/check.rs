//! What of a specification makes no sense, and the nearest that does.

mod classes;

use super::{
    AwaySpec, Class, CodeKind, DetectSpec, FillSpec, LifeFamily, LifeSpec, PlacementRule, RepairBy, RepairSpec,
    StorageSpec,
};
use crate::units::{Bytes, Rate, Refusal, Time, range, require};
use classes::check_classes;

/// Samples of a history at the most.
const MOST_SAMPLES: u64 = 1_000_000;

/// Refuses what can be read and makes no sense.
pub(super) fn check(spec: &StorageSpec) -> Result<(), Refusal> {
    let most = Time::LONGEST_YEARS;
    let kept = Time::ZERO < spec.horizon && spec.horizon <= Time::LONGEST;
    require(kept, "horizon", "nothing is kept for no time or forever", format!("above 0 s, at most {most} y"))?;
    at_least_one(spec.histories, "histories")?;
    check_code(spec)?;
    check_hosts(spec)?;
    check_life(&spec.hosts.life, "hosts.life")?;
    spec.hosts.away.as_ref().map_or(Ok(()), check_away)?;
    check_shocks(spec)?;
    check_classes(spec)?;
    check_data(spec)?;
    check_detection(&spec.detect)?;
    check_repair(spec)?;
    spec.fill.as_ref().map_or(Ok(()), check_fill)?;
    if let Some(chain) = &spec.chain {
        positive(chain.transactions_per_s, "chain.transactions_per_s")?;
    }
    let (starts, repetitions) = (spec.rare.starts, spec.rare.repetitions);
    require(starts >= 10, "rare.starts", format!("{starts} histories cannot be split"), "at least 10")?;
    let few = format!("the spread of {repetitions} repetitions is no interval");
    require(repetitions >= 5, "rare.repetitions", few, "at least 5")?;
    let Some(interval) = spec.sample_every else { return Ok(()) };
    lasting(interval, "sample_every")?;
    let samples = spec.horizon.nanos() / interval.nanos();
    let expected = format!("at least {}", spec.horizon / MOST_SAMPLES);
    require(samples <= MOST_SAMPLES, "sample_every", format!("{samples} samples of each history"), expected)
}

fn at_least_one(count: u32, key: &str) -> Result<(), Refusal> {
    require(count > 0, key, "there is none", "at least 1")
}

fn lasting(span: Time, key: &str) -> Result<(), Refusal> {
    require(span > Time::ZERO, key, "it takes no time", "more than 0 s")
}

fn flowing(rate: Rate, key: &str) -> Result<(), Refusal> {
    require(rate.bits_per_second() > 0.0, key, "nothing can be sent", "more than 0 bit/s")
}

fn positive(number: f64, key: &str) -> Result<(), Refusal> {
    require(number > 0.0 && number.is_finite(), key, format!("{number} is not above 0"), "a number above 0")
}

/// The shape of a Weibull law: below a tenth nearly all lives are nothing beside the mean.
fn shape(number: f64, key: &str) -> Result<(), Refusal> {
    let message = format!("{number} is no shape of lives that anybody observed");
    require((0.1..=1e6).contains(&number), key, message, "0.1 to 1000000")
}

/// A share or probability, of which 0 would be that nothing ever happens.
fn share(number: f64, key: &str) -> Result<(), Refusal> {
    require(number > 0.0 && number <= 1.0, key, format!("{number} is no share of anything"), "above 0, at most 1")
}

fn check_code(spec: &StorageSpec) -> Result<(), Refusal> {
    let code = &spec.code;
    let (data, total, hosts) = (code.data, code.total, spec.hosts.count);
    require(data > 0, "code.data", "nothing can be rebuilt from no slot", "at least 1")?;
    let message = format!("of {total} slots no {data} can be left");
    require(total >= data, "code.total", message, format!("at least {data}"))?;
    require(
        code.kind != CodeKind::Replica || data == 1,
        "code.data",
        format!("each copy is whole, and {data} of them are not needed"),
        "1, or the kind `mds`",
    )?;
    let (groups, whole) = (code.groups, code.kind != CodeKind::Lrc || code.groups > 0 && data % code.groups == 0);
    let divisors: Vec<String> = (1..=data).filter(|of| data % of == 0).map(|of| of.to_string()).collect();
    let message = format!("{data} slots cannot be in {groups} groups of the same size");
    require(whole, "code.groups", message, format!("one of {}", divisors.join(", ")))?;
    let message = format!("{total} slots of a unit are on different hosts, and there are {hosts}");
    let expected = if hosts >= data {
        format!("hosts.count at least {total}, or a total of {} slots", range(data, hosts))
    } else {
        format!("hosts.count at least {total}")
    };
    require(total <= hosts, "code.total", message, expected)
}

fn check_hosts(spec: &StorageSpec) -> Result<(), Refusal> {
    let hosts = &spec.hosts;
    let count = hosts.count;
    let message = |number: u32, what| format!("{count} hosts cannot be in {number} {what}");
    let most = format!("1 to {count}");
    let fit = |number: u32| (1..=count).contains(&number);
    require(fit(hosts.regions), "hosts.regions", message(hosts.regions, "regions"), &most)?;
    let operators = hosts.operators.unwrap_or(count);
    require(fit(operators), "hosts.operators", message(operators, "operators' hands"), &most)?;
    flowing(hosts.up, "hosts.up")?;
    flowing(hosts.down, "hosts.down")
}

/// A law of lives under `key`.
fn check_life(life: &LifeSpec, key: &str) -> Result<(), Refusal> {
    if matches!(life.family, LifeFamily::Exponential | LifeFamily::Weibull) {
        lasting(life.mean, &format!("{key}.mean"))?;
    }
    if life.family == LifeFamily::Weibull {
        shape(life.shape, &format!("{key}.shape"))?;
    } else {
        let message = "only lives of the family `weibull` have a shape";
        let none = life.shape == LifeSpec::default().shape;
        require(none, format!("{key}.shape"), message, "no shape, or the family `weibull`")?;
    }
    if life.family != LifeFamily::Trace {
        let message = "only lives of the family `trace` are those that were observed";
        let none = life.observed_days.is_empty();
        require(none, format!("{key}.observed_days"), message, "none, or the family `trace`")?;
    } else {
        let observed = &life.observed_days;
        let message = "the family `trace` draws from observed lives, and there are none";
        require(!observed.is_empty(), format!("{key}.observed_days"), message, "at least one life, in days")?;
        for (number, life) in observed.iter().enumerate() {
            positive(*life, &format!("{key}.observed_days.{number}"))?;
        }
    }
    Ok(())
}

fn check_away(away: &AwaySpec) -> Result<(), Refusal> {
    lasting(away.up, "hosts.away.up")?;
    lasting(away.down, "hosts.away.down")?;
    shape(away.up_shape, "hosts.away.up_shape")?;
    shape(away.down_shape, "hosts.away.down_shape")
}

fn check_shocks(spec: &StorageSpec) -> Result<(), Refusal> {
    for (number, shock) in spec.shocks.iter().enumerate() {
        lasting(shock.every, &format!("shocks.{number}.every"))?;
        let (key, hit) = (format!("shocks.{number}.share"), shock.share);
        require((0.0..=1.0).contains(&hit), key, format!("{hit} is no probability"), "0 to 1")?;
        shock.away_for.map_or(Ok(()), |span| lasting(span, &format!("shocks.{number}.away_for")))?;
    }
    Ok(())
}

fn check_data(spec: &StorageSpec) -> Result<(), Refusal> {
    at_least_one(spec.data.count, "data.count")?;
    require(spec.data.size > Bytes(0), "data.size", "there is nothing to keep", "more than 0 B")?;
    if let Some(unit) = spec.data.unit {
        require(unit > Bytes(0), "data.unit", "nothing is made of units of nothing", "more than 0 B")?;
    }
    let total = u128::from(spec.code.total);
    let most = u128::from(u32::MAX) / total / u128::from(spec.data.count);
    let slots = u128::from(spec.units()) * total;
    if most == 0 {
        let message = format!("{slots} slots are too many");
        let expected = format!("at most {}", u128::from(u32::MAX) / total);
        return Err(Refusal::new("data.count", message, expected));
    }
    let smallest = Bytes(u128::from(spec.data.size.get()).div_ceil(most) as u64);
    let message = format!("{slots} slots are more than {}", u32::MAX);
    require(slots <= u128::from(u32::MAX), "data.unit", message, format!("at least {smallest}"))?;
    spec.data.duration.map_or(Ok(()), |duration| lasting(duration, "data.duration"))?;
    // What ends while others are given in makes room for them.
    if spec.fill.is_some() && spec.data.duration.is_some() { Ok(()) } else { check_room(spec, slots) }
}

fn check_room(spec: &StorageSpec, slots: u128) -> Result<(), Refusal> {
    let (total, hosts, slot) = (u128::from(spec.code.total), u128::from(spec.hosts.count), spec.slot_size());
    // Hosts beyond the last group are empty; a disk takes whole slots.
    let used = if spec.placement.rule == PlacementRule::Groups { hosts / total * total } else { hosts };
    let room = |class: &Class| {
        let hosts = u128::from(class.hosts.end).min(used).saturating_sub(u128::from(class.hosts.start));
        hosts * u128::from(class.disk.get() / slot.get())
    };
    let room: u128 = spec.hosts.by_class().iter().map(room).sum();
    let fit = room / total / u128::from(spec.units_per_dataset());
    let disk = u64::try_from(slots.div_ceil(used) * u128::from(slot.get())).unwrap_or(u64::MAX);
    let take = match spec.hosts.classes.as_slice() {
        [] => format!("{} each", room / used),
        _ => format!("{room} between them"),
    };
    let message = format!("{slots} slots of {slot} do not fit on {used} disks that take {take}");
    let fewer = if fit > 0 { format!("data.count at most {fit}") } else { "a smaller data.size".into() };
    let expected = format!("at least {}, or {fewer}", Bytes(disk));
    require(room >= slots, "hosts.disk", message, expected)
}

fn check_detection(detect: &DetectSpec) -> Result<(), Refusal> {
    at_least_one(detect.misses, "detect.misses")?;
    if let Some(proofs) = &detect.proofs {
        lasting(proofs.period, "detect.proofs.period")?;
        share(proofs.probability, "detect.proofs.probability")?;
    }
    Ok(())
}

fn check_repair(spec: &StorageSpec) -> Result<(), Refusal> {
    let (repair, data, total) = (&spec.repair, spec.code.data, spec.code.total);
    if let Some(threshold) = repair.threshold {
        let expected = if data < total { range(data, total - 1) } else { "none: no slot may be gone".into() };
        let message = if threshold >= total {
            format!("{threshold} slots are left when none is missing")
        } else {
            format!("with {threshold} slots left a unit is lost")
        };
        require((data..total).contains(&threshold), "repair.threshold", message, expected)?;
    }
    check_who_repairs(spec)?;
    let alone = !repair.together && matches!(repair.by, RepairBy::NewHost | RepairBy::Neighbours);
    let message = "who rebuilds for others goes on with another host when one is away";
    require(
        alone || !repair.resumes,
        "repair.resumes",
        message,
        "false, or rebuilds one by one by `new_host` or `neighbours`",
    )?;
    check_reservations(repair)?;
    repair.rate_limit.map_or(Ok(()), |rate| flowing(rate, "repair.rate_limit"))?;
    let transfer = &repair.transfer;
    share(transfer.efficiency, "repair.transfer.efficiency")?;
    transfer.rate.map_or(Ok(()), |rate| flowing(rate, "repair.transfer.rate"))?;
    let message = format!("{} bytes on the wire do not carry one", transfer.wire_per_byte);
    let enough = transfer.wire_per_byte >= 1.0 && transfer.wire_per_byte.is_finite();
    require(enough, "repair.transfer.wire_per_byte", message, "at least 1")?;
    let message = format!("a slot cannot be rebuilt from {} of what it needs", transfer.fetched);
    let enough = transfer.fetched >= 1.0 && transfer.fetched.is_finite();
    require(enough, "repair.transfer.fetched", message, "at least 1")
}

fn check_reservations(repair: &RepairSpec) -> Result<(), Refusal> {
    let races = repair.reservations != 1;
    let by_itself = !repair.together && repair.by == RepairBy::NewHost;
    let (key, expected) = ("repair.reservations", "1, or rebuilds one by one by `new_host`");
    require(by_itself || !races, key, "only hosts that rebuild a slot for themselves race for it", expected)?;
    let message = "who is away leaves a race";
    require(!repair.resumes || !races, key, message, "1, or `repair.resumes` false")
}

fn check_who_repairs(spec: &StorageSpec) -> Result<(), Refusal> {
    let repair = &spec.repair;
    if let Some(worker) = &repair.worker {
        flowing(worker.up, "repair.worker.up")?;
        flowing(worker.down, "repair.worker.down")?;
    }
    let copies = spec.code.data == 1;
    let message = format!("nobody has a copy of a slot where {} slots bring back a unit", spec.code.data);
    let expected = "new_host, worker or owner, or code.data = 1";
    require(copies || repair.by != RepairBy::Neighbours, "repair.by", message, expected)?;
    let by_others = matches!(repair.by, RepairBy::Worker | RepairBy::Owner) && repair.time.is_none();
    let message = "who repairs for others needs links, or a time that it takes";
    require(repair.worker.is_some() || !by_others, "repair.worker", message, "up and down, or repair.time")
}

fn check_fill(fill: &FillSpec) -> Result<(), Refusal> {
    at_least_one(fill.clients, "fill.clients")?;
    flowing(fill.up, "fill.up")?;
    at_least_one(fill.at_a_time, "fill.at_a_time")?;
    at_least_one(fill.slot_workers, "fill.slot_workers")?;
    at_least_one(fill.queue, "fill.queue")?;
    lasting(fill.expiry, "fill.expiry")?;
    if let Some(window) = fill.window {
        let message = format!("of a share of {window} at half time no window comes that opens and has an end");
        require(window > 0.5 && window < 1.0, "fill.window", message, "above 0.5, below 1")?;
    }
    fill.encode.map_or(Ok(()), |rate| flowing(rate, "fill.encode"))
}

#[cfg(test)]
mod tests;
