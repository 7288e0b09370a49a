//! The constants of block exchange v2; their sources are in
//! `models/protocols/codex-v2.toml`.

use crate::protocols::codex::Coding;
use crate::protocols::codex::merkle::ProofForm;
use crate::units::{Bytes, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Constants of Codex block exchange v2.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Blocks wanted at the same time by a download.
    pub window: u32,
    /// Share of the window that has to complete before the next blocks join it.
    pub refill_threshold: f64,
    /// Entries in one want list at the most.
    pub want_list_entries: u32,
    /// Entries in one presence message at the most.
    pub presence_entries: u32,
    /// Blocks in one delivery message at the most.
    pub blocks_per_message: u32,
    /// Peers that a node serves at the same time.
    pub responder_tasks: u32,
    /// Peers that can wait to be served; further ones are not remembered.
    pub task_queue: u32,
    /// A peer that delivered nothing for this long while something was asked of it is dropped.
    pub activity_timeout: Time,
    /// Longest random pause before a block without known holder is tried again, whole seconds.
    pub retry_interval: Time,
    /// Shortest distance between two searches for peers.
    pub discovery_interval: Time,
    /// Distance between two searches for a missing manifest.
    pub discovery_loop: Time,
    /// Peers known to hold something of the dataset, below which a search is carried out.
    pub min_peers: u32,
    /// Age of a peer's knowledge at which it is stale, before back-off.
    pub refresh_interval: Time,
    /// Largest factor on `refresh_interval`.
    pub max_refresh_backoff: u32,
    /// Connections of a node at the most.
    pub max_peers: u32,
    /// Time after which list processing yields to other work, sending what it has.
    pub yield_after: Time,
    /// Size of an encoded manifest.
    pub manifest_size: Bytes,
    /// How files with an erasure code are read and rebuilt.
    pub coding: Coding,
    /// Blocks smaller than this are asked of all peers at once (want-block); larger ones are asked for in two phases: who has it, then one of those. "0 B" is always two phases.
    pub parallel_below: Bytes,
    /// What becomes of requests that other peers still have when a block arrives.
    pub cancel: Cancel,
    /// Whether peers say what they do not have (`sendDontHave`).
    pub dont_have: bool,
    /// Whether a peer that was asked in vain tells when the block arrives there.
    pub remember_wants: bool,
    /// Peers that are asked who has a block at the most, drawn anew each time.
    pub ask_peers: u32,
    /// Blocks asked of one peer at a time at the most.
    pub requests_per_peer: u32,
    /// Which of several holders is asked.
    pub peer_choice: PeerChoice,
    /// Which blocks come first where a peer may not be asked for all it has.
    pub order: Order,
    /// How the blocks of a message are proved.
    pub proofs: ProofForm,
}

/// What becomes of requests that other peers still have when a block arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cancel {
    /// They are cancelled.
    Outstanding,
    /// They stay, and are served in vain.
    Never,
}

/// Which of several holders is asked for a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeerChoice {
    /// At random, those with fewer requests more often.
    Weighted,
    /// At random.
    Random,
    /// One with the fewest requests, the first of them.
    LeastLoaded,
}

/// Which blocks are asked for first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// As hash sets are iterated: scattered, and the same at every node.
    Hash,
    /// By index.
    Sequential,
    /// Scattered, and different at every node.
    Random,
    /// Those that the fewest peers are known to have, scattered where equal.
    RarestFirst,
}
