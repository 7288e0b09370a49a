//! The two kinds of run over one engine.

use super::{Progress, RunSpec, run_while};
use crate::ledger::{Keep, Outcome, Status};
use crate::storage::{self, StorageOutcome, StorageProgress, StorageSpec};
use crate::units::Time;
use serde::Serialize;

/// Everything that decides a run of either kind: two equal specifications give equal
/// outcomes, byte for byte.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "they are made once for each point of a study")]
pub enum Spec {
    /// Messages and blocks between nodes: seconds to days.
    Swarm(RunSpec),
    /// Slots and repairs on hosts: months to decades.
    Storage(StorageSpec),
}

impl Spec {
    /// What decides a swarm run, if this is one.
    pub fn swarm(&self) -> Option<&RunSpec> {
        match self {
            Spec::Swarm(spec) => Some(spec),
            Spec::Storage(_) => None,
        }
    }

    /// The same, taken out.
    pub fn into_swarm(self) -> Option<RunSpec> {
        match self {
            Spec::Swarm(spec) => Some(spec),
            Spec::Storage(_) => None,
        }
    }

    /// What decides a storage run, if this is one.
    pub fn storage(&self) -> Option<&StorageSpec> {
        match self {
            Spec::Swarm(_) => None,
            Spec::Storage(spec) => Some(spec),
        }
    }

    /// The seed of all chance.
    pub fn seed(&self) -> u64 {
        match self {
            Spec::Swarm(spec) => spec.seed,
            Spec::Storage(spec) => spec.seed,
        }
    }

    /// The same under another seed and, of a swarm, with another set of seeders; without a
    /// trace.
    pub fn again(&self, seed: u64, seeder_set: u32) -> Spec {
        match self {
            Spec::Swarm(spec) => Spec::Swarm(RunSpec { seed, seeder_set, trace: false, ..spec.clone() }),
            Spec::Storage(spec) => Spec::Storage(StorageSpec { seed, ..spec.clone() }),
        }
    }

    /// Which set of nodes are the seeders; 0 where there are none.
    pub fn seeder_set(&self) -> u32 {
        self.swarm().map_or(0, |spec| spec.seeder_set)
    }

    /// What a study keeps of the run.
    pub fn keep(&self) -> Keep {
        match self {
            Spec::Swarm(spec) => spec.keep,
            Spec::Storage(spec) => spec.keep,
        }
    }

    /// Steps in which downloads are noted.
    pub fn progress_steps(&self) -> u32 {
        self.swarm().map_or(0, |spec| spec.progress_steps)
    }
}

impl From<RunSpec> for Spec {
    fn from(spec: RunSpec) -> Spec {
        Spec::Swarm(spec)
    }
}

/// What came out of a run of either kind.
#[derive(Debug)]
pub enum Ended {
    /// Of a swarm.
    Swarm(Outcome),
    /// Of a storage run.
    Storage(StorageOutcome),
}

impl Ended {
    /// Whether the run was ended before its end.
    pub fn is_interrupted(&self) -> bool {
        match self {
            Ended::Swarm(outcome) => outcome.status == Status::Interrupted,
            Ended::Storage(outcome) => !outcome.complete,
        }
    }

    /// Digest of the ordered event stream.
    pub fn fingerprint(&self) -> u64 {
        match self {
            Ended::Swarm(outcome) => outcome.fingerprint,
            Ended::Storage(outcome) => outcome.fingerprint,
        }
    }

    /// Digest of the event stream as it grew.
    pub fn checkpoints(&self) -> &[(Time, u64)] {
        match self {
            Ended::Swarm(outcome) => &outcome.checkpoints,
            Ended::Storage(outcome) => &outcome.checkpoints,
        }
    }
}

/// Carries out a run of either kind. `progress` is told how far it is now and then; when it
/// returns false the run ends there and says so.
pub fn carry_out(spec: &Spec, progress: &mut dyn FnMut(Progress) -> bool) -> Ended {
    match spec {
        Spec::Swarm(spec) => Ended::Swarm(run_while(spec, progress)),
        Spec::Storage(spec) => Ended::Storage(storage::run(spec, &mut |of: StorageProgress| {
            progress(Progress { time: of.time, events: of.events, share: of.share })
        })),
    }
}
