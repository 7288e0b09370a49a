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
    /// Permutes events of equal time; 0 keeps their order.
    pub tie_salt: u64,
    /// Distance between the samples of the time series.
    pub series_interval: Time,
    /// How long the protocol's timers run, in percent of what it asks for: 100,
    /// except in what-if runs.
    #[serde(skip_serializing_if = "is_whole")]
    pub timer_percent: u32,
    /// Steps in which each download is noted; 0 notes nothing. It decides
    /// nothing of the run, so it is no part of the digests made from this.
    #[serde(skip)]
    pub progress_steps: u32,
    /// Whether every message is noted; it decides nothing either.
    #[serde(skip)]
    pub trace: bool,
}

fn is_whole(percent: &u32) -> bool {
    *percent == 100
}

/// When a run ends, besides when every leecher is complete.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopSpec {
    /// Simulated time.
    pub max_time: Time,
    /// Simulated time in which no node stored anything.
    pub no_progress_for: Time,
    /// The run takes exactly this long, whatever is or is not stored, and
    /// counts as complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_for: Option<Time>,
}
