//! The constants of Bitswap; their sources are in `models/protocols/bitswap.toml`.

use crate::units::{Bytes, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// In which order and how far ahead the blocks of the DAG are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// As a file is read (`ipfs get`, `ipfs cat`, gateways): in order, some
    /// siblings ahead.
    Reader,
    /// As a graph is fetched (`ipfs pin add`): breadth first, by many workers.
    Graph,
    /// No DAG: all addresses are known beforehand and asked for in batches. For
    /// the benchmarks of go-bitswap.
    List,
}

/// Constants of Bitswap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Order in which blocks are asked for.
    pub order: Order,
    /// Siblings that a reader asks for at once, when fewer than half as many are under way.
    pub preload: u32,
    /// Blocks that a graph walk asks for at the same time.
    pub workers: u32,
    /// Sizes of the batches of a list; the last one repeats.
    pub batches: Vec<u32>,
    /// Links in an inner node of the DAG at the most.
    pub links_per_node: u32,
    /// Live wants in a broadcast at the most.
    pub broadcast_wants: u32,
    /// DONT_HAVEs in a row after which a peer leaves the session with the next one.
    pub dont_have_limit: u32,
    /// Time without any block after which a session that never got one broadcasts and searches.
    pub search_delay: Time,
    /// Distance between searches for a random live want.
    pub periodic_search: Time,
    /// Time without a block, beyond three mean latencies, after which a session broadcasts and searches.
    pub idle_base: Time,
    /// Providers taken from one search at the most.
    pub max_providers: u32,
    /// Wants gather for this long before they are sent.
    pub debounce: Time,
    /// Wants and cancels beyond this number are sent without waiting.
    pub send_cutoff: u32,
    /// Distance between repetitions of all wants that are open at a peer.
    pub rebroadcast: Time,
    /// A block that does not come within this time counts as DONT_HAVE, while no latency is known.
    pub dont_have_timeout: Time,
    /// Largest such time once latencies are known.
    pub max_timeout: Time,
    /// That time in smoothed latencies.
    pub latency_multiplier: u32,
    /// Weight of the newest latency in the smoothed one.
    pub latency_alpha: f64,
    /// Latencies from here on are not taken into account.
    pub max_valid_latency: Time,
    /// Whether the peer that delivered a block is sent a cancel for it, too.
    pub cancel_sender: bool,
    /// A response is filled up to this amount; the block that crosses it goes along.
    pub message_size: Bytes,
    /// Blocks up to this size are sent in place of a HAVE.
    pub replace_have_size: Bytes,
    /// Responses being written at the same time.
    pub tasks: u32,
    /// Amount being written to one peer, from which on it gets no further response.
    pub max_outstanding: Bytes,
    /// Wants of one peer that are remembered at the most.
    pub queued_wants: u32,
}
