//! Constants of a distributed hash table.

use crate::units::{Bytes, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a request for nodes names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindBy {
    /// The three logarithmic distances around the target, seen from the node
    /// that is asked; it answers with the nodes at these distances nearest to
    /// the first of them (discv5).
    Distance,
    /// The target itself (Kademlia).
    Target,
}

/// How providers are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AskProviders {
    /// All of the closest nodes in parallel, once these are found (discv5).
    AfterLookup,
    /// Every node on the way (Kademlia).
    OnTheWay,
}

/// What keeps a routing table fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refresh {
    /// One query for a random id, unless there was a look-up in the interval (discv5).
    Random,
    /// A look-up in every bucket in which nobody was seen for `stale_after` (Kademlia).
    StaleBuckets,
}

/// What a node does with a record for which it has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenFull {
    /// Drops it silently.
    Refuse,
    /// The oldest record under the key makes room.
    ReplaceOldest,
}

/// Constants of a distributed hash table. Sizes are those of message bodies;
/// `packet_overhead` comes on top of each packet.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DhtParams {
    /// Nodes in a bucket, nodes in an answer, and closest nodes that a look-up
    /// finds and a record goes to.
    pub k: u32,
    /// Nodes that wait for a place in a bucket.
    pub replacements: u32,
    /// A bucket away from the node's own id splits down to the next multiple of
    /// this depth.
    pub bits_per_hop: u32,
    /// Requests that a look-up keeps open.
    pub alpha: u32,
    /// What a request for nodes names.
    pub find_by: FindBy,
    /// An answer names only nodes whose `seen` is at least this.
    pub seen_threshold: f64,
    /// A node that leaves a ping or a question for providers unanswered is
    /// removed where `seen` is at most this, or a replacement waits.
    pub keep_above: f64,
    /// Whether nodes that stay silent count among the closest.
    pub silent_nodes_stay: bool,
    /// Whether every request makes its sender known, not only a session's first.
    pub learns_from_requests: bool,
    /// A request without an answer counts as failed after this.
    pub rpc_timeout: Time,
    /// A node pings the least recently seen node of a random bucket after a
    /// pause drawn evenly between these two; zero means never.
    pub revalidate_min: Time,
    /// See `revalidate_min`.
    pub revalidate_max: Time,
    /// Between two refreshes of the routing table.
    pub refresh_interval: Time,
    /// What keeps a routing table fresh.
    pub refresh: Refresh,
    /// See [`Refresh::StaleBuckets`].
    pub stale_after: Time,
    /// How providers are asked for.
    pub ask_providers: AskProviders,
    /// A look-up for providers ends when it knows this many; 0 goes to the end.
    pub enough_providers: u32,
    /// Provider records in one answer at the most.
    pub max_answer: u32,
    /// Life of a provider record.
    pub provider_ttl: Time,
    /// Between two clean-ups; a record that has expired is told until then.
    pub cleanup_interval: Time,
    /// Keys under which a node keeps records.
    pub max_keys: u32,
    /// Records that it keeps under a key.
    pub max_providers_per_key: u32,
    /// What it does with more.
    pub when_full: WhenFull,
    /// Pause between two rounds in which a node announces all its keys.
    pub advertise_interval: Time,
    /// Announcements that a node has under way at once.
    pub advertise_concurrency: u32,
    /// Keys that may wait for a free place; the pause begins when the last of
    /// the round waits.
    pub advertise_queue: u32,
    /// Sessions (or connections) that a node keeps, the least recently used goes.
    pub sessions: u32,
    /// Round trips to set a session up.
    pub setup_round_trips: u32,
    /// Round trips before each request: a stream of its own.
    pub stream_round_trips: u32,
    /// Bytes of the first message of a set-up, all headers included.
    pub setup_request: Bytes,
    /// Bytes of its answer, all headers included.
    pub setup_reply: Bytes,
    /// Bytes that the first request of a session carries besides, and on top of
    /// them the sender's record where the other end does not know it.
    pub setup_extra: Bytes,
    /// Headers of a packet, UDP and IP included.
    pub packet_overhead: Bytes,
    /// Bytes of a ping.
    pub ping: Bytes,
    /// Bytes of its answer.
    pub pong: Bytes,
    /// Bytes of a request for nodes.
    pub find_node: Bytes,
    /// Bytes of an answer, without the nodes in it.
    pub nodes: Bytes,
    /// Bytes of a node in an answer.
    pub node_record: Bytes,
    /// Nodes in one packet of an answer.
    pub records_per_packet: u32,
    /// Bytes of an announcement.
    pub add_provider: Bytes,
    /// Bytes of a question for providers.
    pub get_providers: Bytes,
    /// Bytes of an answer, without the providers in it; it is one packet.
    pub providers: Bytes,
    /// Bytes of a provider in an answer.
    pub provider_record: Bytes,
    /// Chance that a packet (of an IP fragment of up to 1500 B) is lost.
    pub loss: f64,
    /// Nodes on the bootstrap list, which is drawn among those of the start; as many
    /// as there are when these are fewer.
    pub bootstrap_nodes: u32,
    /// Whether the nodes that are online at the start have the routing tables of
    /// a converged network, and the records of its providers are in place;
    /// otherwise they join and announce themselves.
    pub warm: bool,
}
