//! How a world is described: everything is resolved, nothing is drawn yet.

use crate::dist::Distribution;
use crate::units::{Bytes, Rate, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything a world is drawn from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorldSpec {
    /// Who takes part.
    pub swarm: SwarmSpec,
    /// What is distributed.
    pub dataset: DatasetSpec,
    /// Classes of access links; shares sum to 1.
    pub links: Vec<LinkClass>,
    /// Upload capacity of seeders, where it differs from their class.
    pub seeder_up: Option<Rate>,
    /// Download capacity of seeders, where it differs from their class.
    pub seeder_down: Option<Rate>,
    /// One-way delays.
    pub latency: LatencySpec,
    /// Who is online when.
    pub churn: ChurnSpec,
    /// One-off failures.
    pub failures: Vec<FailureSpec>,
    /// Who knows whom; everybody knows everybody when absent.
    pub overlay: Option<OverlaySpec>,
    /// Peers with which each node is connected from before its start; of acquaintances
    /// all, where there is a graph of them and this is not 0.
    pub connected: u32,
    /// Cost of a node's own work.
    pub hardware: Hardware,
}

/// Who takes part, and when.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SwarmSpec {
    /// Nodes in all, seeders included; at least 2.
    pub network_size: u32,
    /// Nodes that hold everything from the start; at least 1, fewer than `network_size`.
    pub seeders: u32,
    /// When leechers start.
    pub start: StartSpec,
}

/// When leechers start to download.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum StartSpec {
    /// All at once.
    Together,
    /// One after another, this far apart.
    Stagger(Time),
    /// At the points of a Poisson process with this mean distance.
    Poisson(Time),
    /// At these moments from the start of the run, one for each leecher in order; more
    /// than there are leechers do no harm. For runs whose starts were recorded.
    At(Vec<Time>),
}

/// What is distributed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DatasetSpec {
    /// Size of the file.
    pub size: Bytes,
    /// Size of a block; whether the last one is filled up to it is up to the protocol.
    pub block_size: Bytes,
    /// How many consecutive blocks move as one unit (1 = exact).
    pub group: u32,
}

/// A class of access links.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkClass {
    /// Share of the nodes that have it, 0 to 1.
    pub share: f64,
    /// Upload capacity.
    pub up: Rate,
    /// Download capacity.
    pub down: Rate,
}

/// One-way delays between nodes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum LatencySpec {
    /// The same between any two nodes.
    Constant(Time),
    /// By region.
    Regions {
        /// Share of the nodes in each region; sums to 1.
        shares: Vec<f64>,
        /// One-way delay from region (row) to region (column).
        delay: Vec<Vec<Time>>,
    },
}

/// Who is online when.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum ChurnSpec {
    /// Everybody, always.
    None,
    /// Sessions drawn from distributions.
    Sessions(SessionSpec),
    /// Sessions as recorded: (node, online since, offline from), in seconds.
    Trace {
        /// Recorded sessions.
        sessions: Vec<(u32, f64, f64)>,
        /// What going offline means.
        kind: OfflineKind,
    },
}

/// Sessions drawn from distributions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionSpec {
    /// Length of a session, in seconds.
    pub online: Distribution,
    /// Length of an absence, in seconds.
    pub offline: Distribution,
    /// What going offline means.
    pub kind: OfflineKind,
    /// Whether seeders come and go too.
    pub seeders: bool,
}

/// What going offline means for the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfflineKind {
    /// The data is kept; the node comes back with it.
    Departure,
    /// The data is lost.
    Crash,
}

/// Some nodes fail at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailureSpec {
    /// When, from the start of the run.
    pub at: Time,
    /// How many nodes, drawn at random among all that are not spared and are up then;
    /// when too few are, others lose what they have left.
    pub nodes: u32,
    /// For how long; for ever when absent.
    #[serde(default)]
    pub duration: Option<Time>,
    /// Whether their data is lost.
    #[serde(default = "crash")]
    pub kind: OfflineKind,
    /// Whether seeders can be drawn.
    #[serde(default)]
    pub seeders: bool,
}

fn crash() -> OfflineKind {
    OfflineKind::Crash
}

/// Who knows whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum OverlaySpec {
    /// Each node has this number of acquaintances in a random graph; the graph
    /// is connected, and degrees differ by at most one where parity demands it.
    Random(u32),
    /// The nodes came one after another, and each joined to this number of
    /// earlier ones, chosen evenly.
    Grown(u32),
}

impl OverlaySpec {
    /// Acquaintances of a node, on average.
    pub fn mean_degree(&self) -> u32 {
        match self {
            OverlaySpec::Random(degree) => *degree,
            OverlaySpec::Grown(joins) => 2 * joins,
        }
    }
}

/// What a node's own work costs: one processor, first come first served.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hardware {
    /// Processor time to send or receive one message.
    pub per_message: Time,
    /// Processor time to send one data block (lookup, proof, encoding, encryption).
    pub per_block_sent: Time,
    /// Processor time to receive one data block (decryption, decoding, hash, proof, storing).
    pub per_block_received: Time,
    /// Processor time per mebibyte sent or received, for all kinds of bytes.
    pub per_mib: Time,
    /// Processor time per entry of a want list or presence list, each side.
    pub per_entry: Time,
    /// Processor time to look one block up in the local store.
    pub per_lookup: Time,
}

impl Hardware {
    /// Work costs nothing.
    pub const IDEAL: Hardware = Hardware {
        per_message: Time::ZERO,
        per_block_sent: Time::ZERO,
        per_block_received: Time::ZERO,
        per_mib: Time::ZERO,
        per_entry: Time::ZERO,
        per_lookup: Time::ZERO,
    };

    /// Whether all costs are zero.
    pub fn is_ideal(&self) -> bool {
        *self == Hardware::IDEAL
    }
}

#[cfg(test)]
impl WorldSpec {
    /// The simplest world with this swarm and dataset: links of one rate both
    /// ways, no delay, everybody always there, work for nothing.
    pub(crate) fn plain((network_size, seeders): (u32, u32), dataset: DatasetSpec, rate: Rate) -> Self {
        WorldSpec {
            swarm: SwarmSpec { network_size, seeders, start: StartSpec::Together },
            dataset,
            links: vec![LinkClass { share: 1.0, up: rate, down: rate }],
            seeder_up: None,
            seeder_down: None,
            latency: LatencySpec::Constant(Time::ZERO),
            churn: ChurnSpec::None,
            failures: vec![],
            overlay: None,
            connected: 0,
            hardware: Hardware::IDEAL,
        }
    }
}
