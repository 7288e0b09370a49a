//! The constants of block exchange v3; their sources are in
//! `models/protocols/codex-v3c.toml` and the files that extend it.

use crate::protocols::codex::merkle::ProofForm;
use crate::units::{Bytes, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// In which order batches are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// By index: streams and downloads over the REST interface.
    Sequential,
    /// Whole presence windows in random order, by index inside: background fetches.
    RandomWindow,
    /// Inside a window, whichever of some random batches the fewest peers have.
    RarestFirst,
    /// Inside a window, at random.
    Random,
}

/// When a downloader announces what it has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Announce {
    /// Never.
    None,
    /// Now and then, what is contiguous.
    Interval,
    /// So, and at once when a batch completes out of order.
    Immediate,
}

/// Which connected peers are asked what they have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Everybody who is connected.
    Connected,
    /// The members of the download's swarm.
    Swarm,
}

/// What becomes of a peer that discovery finds during a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Newcomers {
    /// It is connected with and nothing else, until nobody else has what is wanted next.
    Ignored,
    /// It joins the swarm, if there is room; it is not asked.
    Admitted,
    /// It joins the swarm if there is room, and is asked about the presence window at once.
    Asked,
}

/// Who is asked among the peers that have a batch and capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeerChoice {
    /// The least sum of unbounded terms of load, throughput, round trip and time-outs.
    Sum,
    /// The least weighted mean of the same as shares between 0 and 1.
    Weighted,
    /// Any.
    Random,
}

/// How many requests may be outstanding at a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pipeline {
    /// The default depth.
    Fixed,
    /// As many as the measured throughput times the mean response time holds.
    Bdp,
    /// At most so, and one more now and then to see whether that is faster.
    Probing,
}

/// How a node says what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceForm {
    /// Start and length of each run.
    Ranges,
    /// One bit for each block from the first to the last that is there.
    Bitmap,
}

/// Under what a node announces itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdvertisedKeys {
    /// The CIDs of manifest and tree; a download looks for the tree.
    ManifestAndTree,
    /// The CID of the manifest alone.
    Manifest,
}

/// Constants of Codex block exchange v3.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Data that one request asks for, in whole blocks.
    pub target_batch: Bytes,
    /// Blocks in a batch at the least.
    pub min_batch: u32,
    /// Blocks in a batch at the most; a request for more is answered with nothing.
    pub max_blocks_per_batch: u32,
    /// Order of batches.
    pub order: Order,
    /// Data whose presence is asked about at once.
    pub presence_window: Bytes,
    /// Share of a window that has to be there before the next one begins.
    pub window_advance: f64,

    /// Pause of the download after each request, and while all peers are at capacity.
    pub tick: Time,
    /// Pause while there is nothing to ask for.
    pub idle: Time,
    /// Pause after a question about a batch, before a peer is chosen.
    pub presence_wait: Time,
    /// Pause when no peer has a batch.
    pub retry_interval: Time,
    /// The same when no peer of the swarm is active.
    pub no_active_wait: Time,
    /// Fruitless tries of the block that is read next, after which the download fails.
    pub block_retries: u32,
    /// Longest wait for one question or announcement to be written.
    pub send_timeout: Time,

    /// When a downloader announces what it has.
    pub announce: Announce,
    /// Shortest interval between announcements.
    pub announce_min: Time,
    /// Longest interval between announcements; each one is drawn evenly, in whole milliseconds.
    pub announce_max: Time,
    /// New blocks that are announced without waiting for the interval.
    pub announce_blocks: u32,
    /// Whether announcements of others are taken in.
    pub hears_announcements: bool,
    /// How presence is written.
    pub presence_form: PresenceForm,
    /// Blocks that an answer to one question covers at the most.
    pub scan_budget: u32,
    /// Whether a node that has everything says so, and is told nothing from then on.
    pub answers_complete: bool,
    /// Whether a node says that it has nothing of what it was asked about.
    pub send_dont_have: bool,
    /// How blocks are proven.
    pub proofs: ProofForm,

    /// Members of a swarm at the most.
    pub swarm_max: u32,
    /// Active members below which peers are searched for.
    pub swarm_target: u32,
    /// Connected peers that are asked when a download begins, at the most.
    pub initial_fan_out: u32,
    /// Who is asked about the next window.
    pub window_query: Audience,
    /// Who is asked about a batch that nobody is known to have.
    pub batch_query: Audience,
    /// What becomes of peers that discovery finds later.
    pub newcomers: Newcomers,
    /// Whether a member that never said anything is asked again once in `peer_stale`, not at every turn.
    pub asks_silent_once: bool,
    /// Time without a sign of a peer after which it is not asked for data.
    pub peer_stale: Time,
    /// Time-outs after which a peer leaves the swarm.
    pub max_timeouts: u32,
    /// How a peer is chosen.
    pub peer_choice: PeerChoice,
    /// Share of choices that are random instead.
    pub exploration: f64,
    /// What a time-out counts in the choice.
    pub timeout_penalty: f64,

    /// How the pipeline depth is found.
    pub pipeline: Pipeline,
    /// Requests outstanding at a peer about which nothing is known.
    pub default_depth: u32,
    /// Requests outstanding at a peer at the least.
    pub min_depth: u32,
    /// Requests outstanding at a peer at the most.
    pub max_depth: u32,
    /// Response times whose mean counts.
    pub response_samples: u32,
    /// Time over which throughput is measured; zero is the whole life of the connection.
    pub throughput_window: Time,
    /// Shortest time from which throughput is told.
    pub throughput_span: Time,
    /// Shortest time between two reductions of the depth.
    pub depth_grace: Time,
    /// Batches between two probes.
    pub probe_interval: u32,
    /// Batches that a probe lasts.
    pub probe_window: u32,
    /// Gain, in whole per cent, that keeps the greater depth.
    pub probe_gain: u32,
    /// Loss, in whole per cent, that takes the depth down by two.
    pub probe_loss: u32,
    /// Doublings of the interval after fruitless probes at the most.
    pub probe_backoff: u32,

    /// Factor on the expected time of a batch.
    pub timeout_factor: f64,
    /// Shortest time-out of a request.
    pub timeout_min: Time,
    /// Longest time-out of a request.
    pub timeout_max: Time,
    /// Time-out of requests to a peer about which nothing is known.
    pub timeout_unknown: Time,

    /// Connections of a node at the most.
    pub max_peers: u32,
    /// Shortest distance between two searches for peers.
    pub discovery_interval: Time,
    /// Time for which a peer that a dial did not reach is no candidate.
    pub dial_cooldown: Time,
    /// Keys of announcement and search.
    pub advertised_keys: AdvertisedKeys,
    /// Time that a provider has to send the manifest.
    pub manifest_timeout: Time,
    /// Rounds over all providers of the manifest.
    pub manifest_rounds: u32,
    /// Pause between two rounds.
    pub manifest_pause: Time,
    /// Size of an encoded manifest.
    pub manifest_size: Bytes,

    /// Whether the loop of a download turns even where nothing can happen, as
    /// the original does. Results are the same; it is here to show that.
    #[serde(skip)]
    pub literal: bool,
}
