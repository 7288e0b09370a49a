//! A node's part in the mixnet: its processor, its slots, its proofs, its chance.

use super::spec::MixSpec;
use crate::rng::{Purpose, Rng};
use crate::units::Time;
use crate::world::NodeId;

/// One node.
#[derive(Debug)]
pub(super) struct Station {
    /// Counts its times online: what it held in an earlier one is lost.
    pub life: u32,
    /// The task that packs and unpacks packets is busy until then.
    busy: Time,
    /// The latest epoch in which a slot was taken, and how many were.
    epoch: u64,
    used: u32,
    /// When each core that makes proofs is free.
    proofs: Vec<Time>,
    /// Draws paths.
    pub path: Rng,
    /// Draws how long its own packets are held.
    pub hold: Rng,
    /// Draws how long those of others are.
    pub delay: Rng,
}

impl Station {
    pub fn new(id: NodeId, seed: u64, spec: &MixSpec) -> Self {
        let stream = |purpose| Rng::stream(seed, purpose, u64::from(id.0));
        Station {
            life: 0,
            busy: Time::ZERO,
            epoch: 0,
            used: 0,
            proofs: vec![Time::ZERO; spec.proof_cores as usize],
            path: stream(Purpose::MixPath),
            hold: stream(Purpose::MixHold),
            delay: stream(Purpose::MixDelay),
        }
    }

    /// Works for so long behind what it has taken on; until when that takes.
    pub fn work(&mut self, now: Time, work: Time) -> Time {
        self.busy = self.busy.max(now) + work;
        self.busy
    }

    /// Whether a slot is free at `now`.
    pub fn is_free(&mut self, now: Time, spec: &MixSpec) -> bool {
        if spec.limit == 0 {
            return true;
        }
        let epoch = now.nanos() / spec.epoch.nanos();
        if self.epoch < epoch {
            (self.epoch, self.used) = (epoch, 0);
        }
        // Slots of a later epoch are taken when those of this one are used up.
        self.epoch == epoch && self.used < spec.limit
    }

    /// Whether the packet of somebody else finds a slot at `now`; without one it is dropped.
    pub fn forwards(&mut self, now: Time, spec: &MixSpec) -> bool {
        let free = self.is_free(now, spec);
        self.used += u32::from(free && spec.limit > 0);
        free
    }

    /// When a packet of its own that is ready at `now` has its slot: in the first epoch in
    /// which one is left.
    pub fn slot(&mut self, now: Time, spec: &MixSpec) -> Time {
        if spec.limit == 0 {
            return now;
        }
        let epoch = now.nanos() / spec.epoch.nanos();
        if self.epoch < epoch {
            (self.epoch, self.used) = (epoch, 0);
        }
        if self.used == spec.limit {
            (self.epoch, self.used) = (self.epoch + 1, 0);
        }
        self.used += 1;
        now.max(spec.epoch * self.epoch)
    }

    /// When a proof is made that is begun at `now`, or as soon as a core is free.
    pub fn prove(&mut self, now: Time, spec: &MixSpec) -> Time {
        if spec.limit == 0 {
            return now;
        }
        let Some(core) = self.proofs.iter_mut().min() else { return now };
        *core = (*core).max(now) + spec.proof_time;
        *core
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn station(spec: &MixSpec) -> Station {
        Station::new(NodeId(0), 1, spec)
    }

    #[test]
    fn own_packets_wait_for_a_slot_and_those_of_others_are_dropped() {
        let spec = MixSpec { limit: 3, ..MixSpec::default() };
        let mut station = station(&spec);
        let at = Time::from_secs;
        assert!(station.forwards(at(1), &spec));
        assert_eq!([station.slot(at(1), &spec), station.slot(at(2), &spec)], [at(1), at(2)]);
        assert!(!station.forwards(at(3), &spec), "all three are used");
        // Seven more: three in each of the next epochs.
        let later: Vec<Time> = (0..7).map(|_| station.slot(at(4), &spec)).collect();
        assert_eq!(later, [10, 10, 10, 20, 20, 20, 30].map(at));
        assert!(!station.forwards(at(12), &spec) && !station.forwards(at(29), &spec));
        assert!(station.forwards(at(31), &spec) && station.forwards(at(31), &spec));
        assert!(!station.forwards(at(31), &spec), "one was taken before");
    }

    #[test]
    fn without_a_limit_there_is_nothing_to_wait_for() {
        let spec = MixSpec::default();
        let mut station = station(&spec);
        let at = Time::from_secs(5);
        assert!(station.forwards(at, &spec));
        assert_eq!((station.slot(at, &spec), station.prove(at, &spec)), (at, at));
    }

    #[test]
    fn proofs_are_made_on_as_many_cores_as_there_are() {
        let spec = MixSpec { limit: 100, proof_cores: 2, proof_time: Time::from_millis(60), ..MixSpec::default() };
        let mut station = station(&spec);
        let made: Vec<Time> = (0..5).map(|_| station.prove(Time::ZERO, &spec)).collect();
        assert_eq!(made, [60, 60, 120, 120, 180].map(Time::from_millis));
        assert_eq!(station.work(Time::from_secs(1), spec.build_time), Time::from_millis(1_004));
        assert_eq!(station.work(Time::from_secs(1), spec.build_time), Time::from_millis(1_008));
    }
}
