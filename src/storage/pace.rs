//! How fast one rebuild may go.
//!
//! Who rebuilds from code words asks, waits, fetches, and asks again: a part of the time of
//! each byte is links', which carry others meanwhile, and a part is round trips' and pauses',
//! which nothing on links makes shorter or longer. Of two rebuilds that each leave a link
//! idle for most of the time neither is slower for the other.

use super::{Class, CodeKind, RepairBy, StorageSpec};
use crate::units::Rate;

/// Capacities of a host's links, in bytes per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Links {
    /// Out of it, or out of each of several that send.
    pub up: f64,
    /// Into it.
    pub down: f64,
}

impl StorageSpec {
    /// Slots that a rebuild fetches when so many of the unit are missing.
    pub(super) fn sources(&self, missing: u32) -> u32 {
        let k = self.code.data;
        match (self.code.kind, self.repair.by) {
            (CodeKind::Replica, _) | (_, RepairBy::Neighbours) => 1,
            (CodeKind::TwoDimensional, _) if self.repair.together => missing.clamp(1, k),
            (CodeKind::TwoDimensional, _) => 1,
            (CodeKind::Lrc, _) if missing <= 1 => k.div_ceil(self.code.groups),
            (CodeKind::Lrc | CodeKind::Mds, _) => k,
        }
    }

    /// The mean ones of all hosts' links: those that sources have, whoever they are.
    pub(super) fn mean_links(&self) -> Links {
        let mean = |of: fn(&Class) -> Rate| self.hosts.mean_over(|class| of(class).bytes_per_second());
        Links { up: mean(|class| class.up), down: mean(|class| class.down) }
    }

    /// Bytes per second that the links of a rebuild from so many slots carry when they have
    /// nothing else to carry, as far as the rebuild may use them: those into the host that
    /// it goes to, and out of so many others.
    pub(super) fn links_alone(&self, links: Links, sources: u32) -> f64 {
        let repair = &self.repair;
        let worker = repair.worker.filter(|_| repair.by != RepairBy::NewHost);
        let into = worker.map_or(links.down, |worker| worker.down.bytes_per_second());
        let out = links.up * f64::from(sources);
        into.min(out).min(repair.rate_limit.map_or(f64::INFINITY, Rate::bytes_per_second))
    }

    /// The most bytes per second that a rebuild from so many slots takes of its links, those
    /// that its efficiency loses among them.
    pub(super) fn most_of_links(&self, links: Links, sources: u32) -> f64 {
        let (repair, transfer) = (&self.repair, &self.repair.transfer);
        let limit = repair.rate_limit.map_or(f64::INFINITY, Rate::bytes_per_second);
        // Bytes over links for each byte of the slot.
        let moved = f64::from(sources) * transfer.fetched * transfer.wire_per_byte / transfer.efficiency;
        let waits = |rate: Rate| 1.0 / (moved * rate.bytes_per_second());
        transfer.rate.map_or(limit, |rate| 1.0 / (waits(rate) + 1.0 / self.links_alone(links, sources)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    /// A slot that is rebuilt from ten takes 12.5 times its bytes of links of 100 Mbit/s, and
    /// would be rebuilt at 8 Mbit/s without them: a byte of links takes 0.08 us, and 0.08 us more.
    #[test]
    fn waiting_and_links_take_their_time_one_after_the_other() {
        let mut spec = sample::eager((15, 5), 100.0, 1.0);
        (spec.hosts.up, spec.hosts.down) = (Rate(100_000_000), Rate(100_000_000));
        spec.repair.transfer.efficiency = 0.8;
        assert_eq!(spec.most_of_links(spec.mean_links(), 10), f64::INFINITY);
        spec.repair.transfer.rate = Some(Rate(8_000_000));
        assert!((spec.most_of_links(spec.mean_links(), 10) * 8.0 / 1e6 - 50.0).abs() < 1e-9);
        spec.repair.rate_limit = Some(Rate(25_000_000));
        assert!((spec.most_of_links(spec.mean_links(), 10) * 8.0 / 1e6 - 20.0).abs() < 1e-9);
    }
}
