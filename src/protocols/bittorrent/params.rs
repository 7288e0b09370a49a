//! The constants of the BitTorrent client; their sources are in
//! `models/protocols/bittorrent.toml`.

use crate::units::{Bytes, Rate, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a client sends its messages over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// TCP: fills the buffer in front of the link.
    Tcp,
    /// uTP (BEP 29): delay-based, keeps the buffer at its target.
    Utp,
}

/// Constants of a mainline BitTorrent client as libtorrent behaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// What messages are sent over; sets the defaults of `network.transport`.
    pub transport: Carrier,
    /// Size of a piece, the unit of hashing and announcing; rounded down to whole units, at least one.
    pub piece_size: Bytes,
    /// Peers that a node uploads to at the same time, of all its torrents.
    pub unchoke_slots: u32,
    /// Whether everybody interested is unchoked, as libtorrent does for peers with private addresses.
    pub ignore_slots: bool,
    /// Slots of them that are optimistic; 0 is a fifth of the slots, at least one.
    pub optimistic_slots: u32,
    /// Distance between two rounds of unchoking.
    pub unchoke_interval: Time,
    /// Distance between two optimistic unchokes.
    pub optimistic_interval: Time,
    /// How long a client has been running when it gets its first torrent, at the least:
    /// its optimistic unchokes go by a clock that began with it.
    pub session_age: Time,
    /// By how much more at the most; each client draws its own.
    pub session_age_spread: Time,
    /// Pieces that a seeder sends to one peer before others take their turn.
    pub seeding_quota: u32,
    /// Time that a peer keeps its slot at a seeder in any case.
    pub seeding_turn: Time,
    /// Time that the requests outstanding at a peer should last.
    pub request_queue_time: Time,
    /// Requests outstanding at a peer when nothing is known of its rate.
    pub first_requests: u32,
    /// Requests outstanding at a peer at the least.
    pub min_requests: u32,
    /// Requests outstanding at a peer at the most.
    pub max_requests: u32,
    /// Requests of a peer that wait at the most; further ones are rejected.
    pub max_waiting: u32,
    /// A peer that delivers a piece within this time is asked for whole pieces.
    pub whole_piece_time: Time,
    /// Most bytes asked for as contiguous whole pieces.
    pub whole_piece_limit: Bytes,
    /// Pieces that are picked at random, before rarest first begins.
    pub random_first: u32,
    /// Pieces that a choked peer may ask for.
    pub allowed_fast: u32,
    /// Longest wait for a requested block before the peer counts as snubbing.
    pub request_timeout: Time,
    /// Longest time without any block from a peer that owes some.
    pub piece_timeout: Time,
    /// Pause before an idle connection tries for a block that others were asked for.
    pub end_game_pause: Time,
    /// Whether a block that came from elsewhere is taken back from others who were asked for it.
    pub cancels: bool,
    /// Connections of a node at the most, of all its torrents.
    pub connections: u32,
    /// Connections begun at once when the first peers of a torrent are known.
    pub connect_boost: u32,
    /// Connections begun per second after that, for all torrents of a node.
    pub connection_speed: u32,
    /// Pause before a lost connection is tried again.
    pub reconnect_time: Time,
    /// Whether a client that was away ran on without its network: it has kept its list of
    /// peers, and tries each again when that pause is over. Else it is started anew.
    pub runs_on: bool,
    /// Distance between two announces to the tracker.
    pub announce_interval: Time,
    /// Torrents of a node that load at the same time; others wait. Deluge: 3.
    pub active_downloads: u32,
    /// Complete torrents of a node that are served at the same time; others wait. Deluge: 5.
    pub active_seeds: u32,
    /// Torrents of a node that load or are served at the same time, slow ones among them. Deluge: 8.
    pub active_limit: u32,
    /// Whether slow torrents count only among all. Deluge: false.
    pub dont_count_slow: bool,
    /// A torrent is slow that loads, or serves when it is complete, less than this.
    pub slow_rate: Rate,
    /// For how long it has to, to count as slow, and not to, to count as such no longer.
    pub slow_after: Time,
    /// Distance between two looks at which torrents load and are served, when nothing happens.
    pub auto_manage_interval: Time,
    /// Least size of the send buffer of a connection.
    pub send_buffer_low: Bytes,
    /// Largest size of the send buffer of a connection.
    pub send_buffer_high: Bytes,
    /// Size of the send buffer as a share of what was sent in the last second.
    pub send_buffer_factor: f64,
    /// What the socket below holds besides.
    pub socket_buffer: Bytes,
}
