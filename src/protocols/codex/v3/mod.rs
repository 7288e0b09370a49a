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
//! bans for wrong data (nobody lies), failures of a stream whose connection stands.
//!
//! # Several datasets in one node
//! * Of each download: the loop with its sleeps, its ticks of 10 ms (so two downloads ask
//!   twice as often as one), scheduler, window and retries; the swarm of at most 16 with
//!   what each member has and how often it timed out; announcements; the search for the
//!   manifest (`engine/activedownload.nim`, `engine/swarm.nim`).
//! * Of each peer, for all downloads together: the connection and its one outgoing stream;
//!   throughput, response times and pipeline depth, and the requests outstanding that the
//!   depth limits (`peers/peercontext.nim`): who finds room first takes it (`room`);
//!   its requests, answered one after another; one question about presence at a time,
//!   further ones are dropped, also such about other datasets (`wantListBusy`).
//! * Of the node: one look-up for peers in 3 s, for whichever download comes first; the
//!   others skip theirs (`lastDiscRequest` in `engine/engine.nim`).
//!
//! A download begins by asking up to 16 connected peers, whatever they hold, and they
//! fill its swarm until they go: with more than 16 connected peers that do not hold it, one
//! that does may find no room (inferred from `engine/swarm.nim`; a `newcomers` other than
//! "ignored" has it take the place of one who never said anything). That all loops run in
//! one thread, so that ticks stretch where there are very many, is left out, and so is any
//! limit on how many downloads there are at once: there is none.

mod announcer;
mod joining;
mod manifest;
#[cfg(test)]
mod many;
mod params;
mod requests;
mod responder;
mod room;
mod scheduler;
mod stats;
mod swarm;
mod turns;
mod wire;
mod worker;

pub use params::{AdvertisedKeys, Announce, Audience, Newcomers, Order, Params, PeerChoice, Pipeline, PresenceForm};
pub use wire::{Blocks, Msg, Ranges, RequestId};

use crate::protocol::{Cost, Ctx, Key, Protocol, SwarmShape};
use crate::protocols::parts;
use crate::units::Time;
use crate::world::{Channel, DatasetId, NodeId, World};
use manifest::Fetch;
use room::Room;
use stats::PeerStats;
use std::collections::{BTreeMap, VecDeque};
use worker::Downloads;

/// What all nodes share.
#[derive(Debug)]
pub struct Shared {
    params: Params,
}

/// What a timer of a node is for, each of one dataset.
#[derive(Debug, Clone, Copy)]
pub enum Timer {
    /// The loop of the download goes on.
    Turn(DatasetId),
    /// A request may have been outstanding for too long.
    Deadline(DatasetId),
    /// A question or announcement may have been waiting to be written for too long.
    Written(DatasetId),
    /// A provider did not send the manifest in time.
    Provider(DatasetId),
    /// The next round over the providers of the manifest begins.
    Round(DatasetId),
}

/// What was sent when a tracked message has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// A response.
    Response,
    /// An answer about presence.
    Presence,
    /// A message of the loop of a download.
    Loop(DatasetId),
}

impl Token {
    fn number(self) -> u32 {
        match self {
            Token::Response => 0,
            Token::Presence => 1,
            Token::Loop(dataset) => 2 + dataset.0,
        }
    }

    fn of(number: u32) -> Self {
        match number {
            0 => Token::Response,
            1 => Token::Presence,
            loops => Token::Loop(DatasetId(loops - 2)),
        }
    }
}

/// One connected peer, whatever is exchanged with it.
#[derive(Debug)]
struct Peer {
    /// What was measured of it.
    stats: PeerStats,
    /// Requests outstanding there, of all downloads.
    in_flight: u32,
    /// Whether there is room for more.
    room: Room,
    /// Its requests that wait for the one being answered.
    waiting: VecDeque<(RequestId, Blocks)>,
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
    /// Searches for manifests.
    fetches: BTreeMap<DatasetId, Fetch>,
    /// Peers whom a dial did not reach, and when.
    failed_dials: Vec<(NodeId, Time)>,
    downloads: Downloads,
    /// When peers were looked up last, for whatever download.
    last_search: Option<Time>,
}

type Context<'a> = Ctx<'a, CodexV3>;

impl Protocol for CodexV3 {
    type Params = Params;
    type Shared = Shared;
    type Msg = Msg;
    type Timer = Timer;

    /// What comes and goes with a batch, and the choice of whom to ask.
    fn cost(params: &Params, shape: &SwarmShape) -> Cost {
        let batch = params.target_batch.get() / shape.dataset.block_size.get();
        let batch = batch.clamp(1, u64::from(params.max_blocks_per_batch));
        let (peers, batches) = (shape.connections(params.max_peers), shape.dataset.blocks() as f64 / batch as f64);
        // Who asks all whom it is connected with looks at all their answers.
        match params.batch_query {
            Audience::Connected => Cost::of(shape, peers, batches, [7.9, 0.17, 0.09], [0.37, 0.81, 0.43])
                .connecting([0.0, 10.0, 1.2e3])
                .keeping(15e3, 32.0),
            Audience::Swarm => Cost::of(shape, peers, batches, [9.6, 0.13, 0.02], [2.2, 0.26, 0.28])
                .connecting([0.0, 17.0, 1e3])
                .keeping(14e3, 40.0),
        }
    }

    fn prepare(_world: &World, params: &Params) -> Shared {
        Shared { params: params.clone() }
    }

    fn new(_me: NodeId, _world: &World, _shared: &Shared) -> Self {
        CodexV3 {
            peers: Peers::default(),
            fetches: BTreeMap::new(),
            failed_dials: Vec::new(),
            downloads: Downloads::new(),
            last_search: None,
        }
    }

    fn open(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        if cx.has_manifest(dataset) {
            self.on_manifest_stored(dataset, cx);
        } else if cx.wants(dataset) {
            self.begin_fetch(dataset, cx);
        }
    }

    /// Nobody is told: requests for it find nothing from now on.
    fn close(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        self.end_fetch(dataset, cx);
        self.end_download(dataset, cx);
    }

    fn message(&mut self, from: NodeId, message: &Msg, cx: &mut Context<'_>) {
        if self.peers.position(from).is_none() {
            return;
        }
        match message {
            Msg::Select { dataset, back: false } => cx.send(from, Msg::Select { dataset: *dataset, back: true }),
            Msg::Select { dataset, back: true } => self.on_selected(from, *dataset, cx),
            Msg::ManifestRequest(dataset) => self.on_manifest_request(from, *dataset, cx),
            Msg::Manifest(dataset, found) => self.on_manifest(from, *dataset, found.is_some(), cx),
            Msg::WantHave(start, end) => self.on_want_have(from, (*start, *end), cx),
            Msg::Have(about, ranges, _) => self.on_have(from, *about, ranges, cx),
            Msg::Announce(ranges, _) => {
                if let Some((about, _)) = ranges.first().filter(|_| cx.shared.params.hears_announcements) {
                    self.on_have(from, *about, ranges, cx);
                }
            }
            Msg::Complete(about) => self.on_complete(from, *about, cx),
            Msg::DontHave(about) => self.on_dont_have(from, *about, cx),
            Msg::Request(id, wanted) => self.on_request(from, (*id, wanted.clone()), cx),
            Msg::Response(id, found, _) => self.on_response(from, *id, found, cx),
        }
    }

    fn timer(&mut self, timer: Timer, cx: &mut Context<'_>) {
        match timer {
            Timer::Turn(dataset) => self.on_turn(dataset, cx),
            Timer::Deadline(dataset) => self.on_deadline(dataset, cx),
            Timer::Written(dataset) => self.on_write_limit(dataset, cx),
            Timer::Provider(dataset) => self.try_next_provider(dataset, cx),
            Timer::Round(dataset) => self.begin_round(dataset, cx),
        }
    }

    fn sent(&mut self, to: NodeId, token: u32, cx: &mut Context<'_>) {
        match Token::of(token) {
            Token::Loop(dataset) => self.on_written(dataset, to, cx),
            Token::Response => self.on_answered(to, cx),
            Token::Presence => {
                if let Some(peer) = self.peers.find(to) {
                    peer.questioned = false;
                }
            }
        }
    }

    fn connected(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let stats = PeerStats::new(cx.now(), &cx.shared.params);
        let (waiting, room) = (VecDeque::new(), Room::new());
        self.peers.add(peer, Peer { stats, in_flight: 0, room, waiting, answering: false, questioned: false });
        self.on_joined(peer, cx);
        self.ask_for_manifests(peer, cx);
    }

    fn found(&mut self, key: Key, providers: &[NodeId], cx: &mut Context<'_>) {
        if self.on_providers(key.dataset(), providers, cx) {
            return;
        }
        if cx.shared.params.newcomers != Newcomers::Ignored {
            return self.join(key.dataset(), providers, cx);
        }
        self.peers.dial(providers, cx.shared.params.max_peers, cx);
    }

    fn refused(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        self.on_dial_failed(peer, cx);
        self.on_provider_lost(peer, cx);
    }

    fn peer_lost(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        self.peers.take(peer);
        self.each_download(cx, |node, dataset, cx| node.on_peer_lost(dataset, peer, cx));
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
