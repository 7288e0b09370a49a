//! The constants of the sister forks; their sources are in
//! `models/protocols/codex-f.toml`.

use super::score::ScoreParams;
use crate::protocols::codex::Coding;
use crate::units::{Bytes, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Constants of the exchange of the sister forks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Blocks that a download asks for at once; the next ones follow when all are here.
    pub fetch_batch: u32,
    /// Peers that are asked what they have, the best ones.
    pub asked_peers: u32,
    /// Entries in one want list at the most.
    pub want_list_entries: u32,
    /// Time after which a peer is asked for everything again, not for what is new.
    pub want_window: Time,
    /// Shortest distance between two questions to the same peer.
    pub want_delta: Time,
    /// Blocks that one request collects at the most.
    pub request_batch: u32,
    /// Time for which a request waits for more blocks.
    pub request_delay: Time,
    /// Time after which a requested block is asked of another peer.
    pub request_timeout: Time,
    /// Time after which a block without known holder is tried again.
    pub holder_wait: Time,
    /// Share of blocks that are asked of a random holder, 0 to 1.
    pub exploration: f64,
    /// Best holders of a block, of which the least loaded is asked.
    pub best_peers: u32,
    /// How peers are judged.
    pub score: ScoreParams,
    /// Blocks in one delivery message at the most.
    pub blocks_per_message: u32,
    /// Entries in one presence message at the most.
    pub presence_entries: u32,
    /// Peers that a node serves at the same time.
    pub responder_tasks: u32,
    /// Peers that can wait to be served; further ones are not remembered.
    pub task_queue: u32,
    /// Time in which no block is sent to the same peer twice.
    pub resend_guard: Time,
    /// Time after which list processing yields to other work, sending what it has.
    pub yield_after: Time,
    /// Shortest distance between two searches for peers.
    pub discovery_interval: Time,
    /// Peers known to hold something of the dataset, below which a search is carried out.
    pub min_peers: u32,
    /// Connections of a node at the most.
    pub max_peers: u32,
    /// Size of an encoded manifest.
    pub manifest_size: Bytes,
    /// How files with an erasure code are read and rebuilt.
    pub coding: Coding,
}
