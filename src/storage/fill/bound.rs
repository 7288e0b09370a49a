//! How fast a fill could be at the best.

use crate::storage::{Class, Dispersal, FillSpec, StorageSpec};
use crate::units::{Bytes, Rate, Time};

/// Bytes on the wire of a slot.
pub(super) fn wire_bytes(spec: &StorageSpec) -> u64 {
    libm::round(spec.slot_size().get() as f64 * spec.repair.transfer.wire_per_byte) as u64
}

/// No fill of all datasets is over before this: every link has to carry the bytes that it must,
/// encoders have to encode, and a client that gives in so many datasets at a time takes as
/// many rounds as it has datasets over that, of what the least hindered dataset takes.
pub(super) fn bound(spec: &StorageSpec, rules: &FillSpec) -> Time {
    let hosts_encode = rules.dispersal == Dispersal::HostsEncode;
    let (slot, encode) = (wire_bytes(spec) as f64, encode_s(spec, rules));
    let (n, k, parity) = (f64::from(spec.code.total), f64::from(spec.code.data), f64::from(spec.parity()));
    let (per_dataset, units) = (spec.units_per_dataset() as f64, spec.units() as f64);
    let (hosts, links) = (f64::from(spec.hosts.count), spec.mean_links());
    let client_up = rules.up.bytes_per_second();
    // No host is faster than the fastest one.
    let fastest = |of: fn(&Class) -> Rate| spec.hosts.by_class().iter().map(of).fold(Rate(0), Rate::max);
    let up = fastest(|class| class.up).bytes_per_second();
    let down = fastest(|class| class.down).bytes_per_second();
    // Slots of a unit that its client sends, and that hosts send and receive.
    let (sent, relayed, received) = if hosts_encode { (k, parity * k, k + parity * k) } else { (n, 0.0, n) };
    let at_client = if hosts_encode { 0.0 } else { encode };
    let busiest = f64::from(spec.data.count.div_ceil(rules.clients));

    let transfer = spec.repair.transfer;
    let fetch = |from: f64| transfer.startup.secs() + slot / (transfer.efficiency * from.min(down));
    let proving = rules.proving.secs();
    let fresh = (per_dataset * at_client + fetch(client_up)).max(per_dataset * sent * slot / client_up) + proving;
    let recoded = if hosts_encode && parity > 0.0 {
        fetch(up).max(transfer.startup.secs() + k * slot / down) + encode + proving
    } else {
        0.0
    };
    let rounds = f64::from(spec.data.count.div_ceil(rules.clients).div_ceil(rules.at_a_time));

    let least = [
        busiest * per_dataset * sent * slot / client_up,
        busiest * per_dataset * at_client,
        units * received * slot / (hosts * links.down),
        units * relayed * slot / (hosts * links.up),
        if hosts_encode { units * parity * encode / hosts } else { 0.0 },
        rounds * (fresh + recoded),
    ];
    // Moments are whole nanoseconds: less by what their rounding may take.
    Time::from_secs_f64(least.into_iter().fold(0.0, f64::max) * (1.0 - 1e-9))
}

/// Seconds to encode a unit.
fn encode_s(spec: &StorageSpec, rules: &FillSpec) -> f64 {
    encode_time(spec, rules).secs()
}

/// How long a unit takes to encode.
pub(super) fn encode_time(spec: &StorageSpec, rules: &FillSpec) -> Time {
    rules.encode.map_or(Time::ZERO, |rate| rate.time_for(Bytes(spec.unit_size().get())))
}
