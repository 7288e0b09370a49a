//! Everything that decides a run.

use crate::discovery::DiscoverySpec;
use crate::network::NetworkSpec;
use crate::protocols::ProtocolSpec;
use crate::units::Time;
use crate::world::WorldSpec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that decides a run: two equal specifications give equal
/// outcomes, byte for byte.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunSpec {
    /// The world.
    pub world: WorldSpec,
    /// How the network is modelled.
    pub network: NetworkSpec,
    /// How peers find each other.
    pub discovery: DiscoverySpec,
    /// What the nodes do.
    pub protocol: ProtocolSpec,
    /// When to stop.
    pub stop: StopSpec,
    /// The seed of all chance.
    pub seed: u64,
    /// Which of the possible sets of nodes are the seeders; 0 is the first nodes.
    pub seeder_set: u32,
    /// Permutes what races: events of different nodes at equal times, and leechers
    /// that come at one moment. 0 keeps their order. What concerns one node, failures
    /// and seeders keep theirs with any.
    pub tie_salt: u64,
    /// Distance between the samples of the time series.
    pub series_interval: Time,
    /// The clock by which the protocol's timers run.
    #[serde(skip_serializing_if = "Clock::is_true")]
    pub clock: Clock,
    /// Steps in which each download is noted; 0 notes nothing. It decides
    /// nothing of the run, so it is no part of the digests made from this.
    #[serde(skip)]
    pub progress_steps: u32,
    /// Whether every message is noted; it decides nothing either.
    #[serde(skip)]
    pub trace: bool,
}

/// The clock that nodes have: true, or fast in runs that ask what would be if all
/// timers of the protocol were shorter. (A timer that alone were shorter would come
/// before the deadline that its node compares the time with.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// It shows this much...
    shown: u32,
    /// ...while this much time passes.
    passed: u32,
}

impl Clock {
    /// As time goes.
    pub const TRUE: Clock = Clock { shown: 1, passed: 1 };

    /// One that shows `shown` while `passed` goes by; both above zero.
    pub const fn fast(shown: u32, passed: u32) -> Clock {
        Clock { shown, passed }
    }

    /// Whether it goes as time goes.
    pub fn is_true(&self) -> bool {
        self.shown == self.passed
    }

    /// What it shows when `real` has passed.
    pub(super) fn shows(self, real: Time) -> Time {
        if self.is_true() || real == Time::NEVER {
            return real;
        }
        Time::from_nanos((u128::from(real.nanos()) * u128::from(self.shown) / u128::from(self.passed)) as u64)
    }

    /// How long it takes to show `shown` more. Rounded up, so that no timer comes
    /// before its deadline.
    pub(super) fn real(self, shown: Time) -> Time {
        if self.is_true() || shown == Time::NEVER {
            return shown;
        }
        Time::from_nanos((u128::from(shown.nanos()) * u128::from(self.passed)).div_ceil(u128::from(self.shown)) as u64)
    }
}

/// When a run ends, besides when every leecher is complete.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopSpec {
    /// Simulated time.
    pub max_time: Time,
    /// Simulated time in which no node stored anything. A run waits longer: for nodes
    /// that start or come back, for timers set and messages sent before, twice for long
    /// timers set since, and after these once more this long, or eight times as long as
    /// the slowest message took since somebody last stored something.
    pub no_progress_for: Time,
    /// The run takes exactly this long, whatever is or is not stored, and
    /// counts as complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_for: Option<Time>,
}
