//! The constants of block exchange v1; their sources are in
//! `models/protocols/codex-v1.toml`.

use crate::protocols::codex::Coding;
use crate::units::{Bytes, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whom a node asks for a block of which it knows no holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FirstRequest {
    /// Nobody: it asks all peers whether they have it.
    Holder,
    /// Some peer, chosen by the hash of the address; it asks the others
    /// whether they have it.
    Anybody,
}

/// Who is told that a block is wanted no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cancel {
    /// Every connected peer.
    Everybody,
    /// Every peer that said it had the block, who sent it included.
    AllHolders,
    /// The peers that were asked to send the block and did not.
    Outstanding,
    /// Nobody.
    Never,
}

/// Constants of Codex block exchange v1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Blocks that a download asks for at once; the next ones follow when all are here.
    pub fetch_batch: u32,
    /// Pause between two batches.
    pub fetch_pause: Time,
    /// Time after which a block that has not come is asked for again.
    pub retry_interval: Time,
    /// Whom a node asks for a block without known holder.
    pub first_request: FirstRequest,
    /// Whether a block that was asked for already is asked of every peer that turns out to have it.
    pub request_in_flight: bool,
    /// Who is told that a block has come.
    pub cancel: Cancel,
    /// Blocks in one delivery message at the most.
    pub blocks_per_message: u32,
    /// Peers that a node serves at the same time.
    pub responder_tasks: u32,
    /// Peers that can wait to be served; further ones are not remembered.
    pub task_queue: u32,
    /// Distance between two searches for a missing manifest.
    pub discovery_loop: Time,
    /// Peers known to hold something of the dataset, below which a search is carried out.
    pub min_peers: u32,
    /// Connections of a node at the most.
    pub max_peers: u32,
    /// Time for which the reader of a connection does not pause.
    pub read_interval: Time,
    /// Pause of the reader of a connection.
    pub read_pause: Time,
    /// Size of an encoded manifest.
    pub manifest_size: Bytes,
    /// How files with an erasure code are read and rebuilt.
    pub coding: Coding,
}
