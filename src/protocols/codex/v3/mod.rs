//! Codex block exchange, generation 3 (2026), in its states a to d.
//!
//! Sources: `logos-storage/logos-storage-nim`, `storage/blockexchange/`. A node
//! fetches the manifest by a protocol of its own (`manifest`), then runs one loop
//! per download (`worker`, `turns`) that takes batches from a scheduler, chooses a peer of
//! its swarm for each (`swarm`, `stats`, `joining`), and keeps the requests (`requests`). It
//! answers others one request after another (`responder`) and tells them what it
//! has got (`announcer`). The states differ by constants only. Of c and d the
//! exchange was measured: what that decided is told in `docs/validation.md`.
//!
//! What the original does and this leaves out, because it does not act here:
//! bans for wrong data (nobody lies), failures of a stream whose connection stands,
//! several downloads in one node.

mod announcer;
mod joining;
mod manifest;
mod params;
mod requests;
mod responder;
mod scheduler;
mod stats;
mod swarm;
mod turns;
mod wire;
mod worker;

pub use params::{AdvertisedKeys, Announce, Audience, Newcomers, Order, Params, PeerChoice, Pipeline, PresenceForm};
pub use wire::{Blocks, Msg, Ranges};

use crate::protocol::{Cost, Ctx, Key, Protocol, SwarmShape};
use crate::protocols::parts;
use crate::units::Time;
use crate::world::{Channel, DatasetId, NodeId, World};
use manifest::Fetch;
use stats::PeerStats;
use std::collections::VecDeque;
use worker::Download;

/// What all nodes share.
#[derive(Debug)]
pub struct Shared {
    params: Params,
}

/// What a timer of a node is for.
#[derive(Debug, Clone, Copy)]
pub enum Timer {
    /// The loop of the download goes on.
    Turn,
    /// A request may have been outstanding for too long.
    Deadline,
    /// A question or announcement may have been waiting to be written for too long.
    Written,
    /// A provider did not send the manifest in time.
    Provider,
    /// The next round over the providers of the manifest begins.
    Round,
}

/// What was sent when a tracked message has left.
#[repr(u32)]
enum Token {
    /// A message of the download's loop.
    Loop,
    /// A response.
    Response,
    /// An answer about presence.
    Presence,
}

/// One connected peer.
#[derive(Debug)]
struct Peer {
    /// What was measured of it.
    stats: PeerStats,
    /// Requests outstanding there.
    in_flight: u32,
    /// Its requests that wait for the one being answered.
    waiting: VecDeque<(u64, Blocks)>,
    /// A response to it is being written.
    answering: bool,
    /// Its question about presence is being answered.
    questioned: bool,
}

type Peers = parts::Peers<Peer, true>;

/// One node of block exchange v3.
#[derive(Debug)]
pub struct CodexV3 {
    peers: Peers,
    has_manifest: bool,
    fetch: Option<Fetch>,
    /// Peers whom a dial did not reach, and when.
    failed_dials: Vec<(NodeId, Time)>,
    download: Option<Box<Download>>,
}

type Context<'a> = Ctx<'a, CodexV3>;

impl Protocol for CodexV3 {
    type Params = Params;
    type Shared = Shared;
    type Msg = Msg;
    type Timer = Timer;

    /// A batch is one request.
    fn cost(params: &Params, shape: &SwarmShape) -> Cost {
        let batch = params.target_batch.get() / shape.dataset.block_size.get();
        let batch = batch.clamp(1, u64::from(params.max_blocks_per_batch));
        Cost {
            deliveries: shape.dataset.blocks() as f64 / batch as f64,
            connections: shape.connections(params.max_peers),
            events: 6.0,
            micros: 3.0,
        }
    }

    fn prepare(_world: &World, params: &Params) -> Shared {
        Shared { params: params.clone() }
    }

    fn new(_me: NodeId, _world: &World, _shared: &Shared) -> Self {
        CodexV3 { peers: Peers::default(), has_manifest: false, fetch: None, failed_dials: Vec::new(), download: None }
    }

    fn open(&mut self, _dataset: DatasetId, cx: &mut Context<'_>) {
        if cx.has_manifest(DatasetId(0)) {
            self.on_manifest_stored(cx);
        } else {
            self.begin_fetch(cx);
        }
    }

    fn message(&mut self, from: NodeId, message: &Msg, cx: &mut Context<'_>) {
        if self.peers.position(from).is_none() {
            return;
        }
        match message {
            Msg::Select { back: false } => cx.send(from, Msg::Select { back: true }),
            Msg::Select { back: true } => self.on_selected(from, cx),
            Msg::ManifestRequest => self.on_manifest_request(from, cx),
            Msg::Manifest(found) => self.on_manifest(from, found.is_some(), cx),
            Msg::WantHave(start, end) => self.on_want_have(from, (*start, *end), cx),
            Msg::Have(_, ranges, _) => self.on_have(from, ranges, cx),
            Msg::Announce(ranges, _) if cx.shared.params.hears_announcements => self.on_have(from, ranges, cx),
            Msg::Announce(..) => {}
            Msg::Complete(_) => self.on_complete(from, cx),
            Msg::DontHave(_) => self.on_dont_have(from, cx),
            Msg::Request(id, wanted) => self.on_request(from, (*id, wanted.clone()), cx),
            Msg::Response(id, found, _) => self.on_response(from, *id, found, cx),
        }
    }

    fn timer(&mut self, timer: Timer, cx: &mut Context<'_>) {
        match timer {
            Timer::Turn => self.on_turn(cx),
            Timer::Deadline => self.on_deadline(cx),
            Timer::Written => self.on_write_limit(cx),
            Timer::Provider => self.try_next_provider(cx),
            Timer::Round => self.begin_round(cx),
        }
    }

    fn sent(&mut self, to: NodeId, token: u32, cx: &mut Context<'_>) {
        if token == Token::Loop as u32 {
            self.on_written(to, cx);
        } else if token == Token::Response as u32 {
            self.on_answered(to, cx);
        } else if let Some(peer) = self.peers.find(to) {
            peer.questioned = false;
        }
    }

    fn connected(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let stats = PeerStats::new(cx.now(), &cx.shared.params);
        let waiting = VecDeque::new();
        self.peers.add(peer, Peer { stats, in_flight: 0, waiting, answering: false, questioned: false });
        self.on_joined(peer, cx);
        self.ask_for_manifest(peer, cx);
    }

    fn found(&mut self, _key: Key, providers: &[NodeId], cx: &mut Context<'_>) {
        if self.fetch.is_some() {
            return self.on_providers(providers, cx);
        }
        if cx.shared.params.newcomers != Newcomers::Ignored {
            return self.join(providers, cx);
        }
        self.peers.dial(providers, cx.shared.params.max_peers, cx);
    }

    fn refused(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        self.on_dial_failed(peer, cx);
        self.on_provider_lost(peer, cx);
    }

    fn peer_lost(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        self.peers.take(peer);
        self.on_peer_lost(peer, cx);
        self.on_provider_lost(peer, cx);
    }

    fn accepts(&self, _peer: NodeId, _channel: Channel, shared: &Shared) -> bool {
        self.peers.len() < shared.params.max_peers as usize
    }
}

/// The constants of the model, for unit tests of the parts.
#[cfg(test)]
fn test_params() -> Params {
    crate::protocols::parts::bench::constants("codex-v3c")
}
