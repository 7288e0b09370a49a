//! Codex block exchange, generation 1 (v0.1 and v0.2, until November 2025).
//!
//! Sources: `logos-storage/logos-storage-nim` at `v0.2.0`:
//! `codex/blockexchange/engine/engine.nim`, `engine/pendingblocks.nim`,
//! `network/networkpeer.nim`, `codex/node.nim`; for the constants that v0.1.6
//! has otherwise, the same files at that tag. A download asks for a few blocks
//! at a time and waits for all of them; each wanted block has a task of its own
//! that asks for it again until it is here (`requester`).
//!
//! The table of wanted blocks, the peers, the tasks that serve, and discovery are one
//! each for all datasets of a node (`codex/codex.nim`); a download has its batch alone.
//! So the tasks of D downloads ask D times as much of every peer, and a new peer is told
//! the wants of all in one message. Nothing is shared out between downloads (facts of
//! `v0.2.5`, the same files).
//!
//! What the original does and this leaves out: payments; the retry limit of
//! 3000 (25 minutes); the stream reader beside the download, which asks for no
//! block that the download does not ask for in the same moment.

mod params;
mod requester;

pub use params::{Cancel, FirstRequest, Params};

use super::batches::Batches;
use super::coding::{self, Coding, Decoders, Reads, Stage, Why};
use super::discovery::LookUps;
use super::reader::Reader;
use super::responder::{Responder, Serves};
use super::{Msg, Serving, Shared, advertise};
use crate::protocol::{Cost, Ctx, Key, Message, Protocol, Side, SwarmShape};
use crate::protocols::parts::Peers;
use crate::units::Time;
use crate::world::{BlockSet, Channel, DatasetId, Hardware, NodeId, World};
use requester::{Peer, Wants};
use std::collections::BTreeMap;

/// What a timer of a node is for.
#[derive(Debug, Clone, Copy)]
pub enum Timer {
    /// A wanted block is to be asked for again.
    Retry(u32),
    /// The next blocks of a download are due.
    Fetch(DatasetId),
    /// The discovery loop looks for missing manifests.
    DiscoveryLoop,
    /// Time to work on a question again.
    Answer,
    /// A stage of the decode job of a dataset.
    Decode(DatasetId, Stage),
}

/// One node of block exchange v1.
#[derive(Debug)]
pub struct CodexV1 {
    peers: Peers<Peer>,
    wants: Wants,
    downloads: BTreeMap<DatasetId, Batches>,
    decoders: Decoders,
    lookups: LookUps,
    /// Datasets whose providers are being looked for, one look-up at a time each.
    searching: BlockSet,
    /// The discovery loop runs.
    looping: bool,
    responder: Responder,
}

type Context<'a> = Ctx<'a, CodexV1>;

impl Protocol for CodexV1 {
    type Params = Params;
    type Shared = Shared<Params>;
    type Msg = Msg;
    type Timer = Timer;

    const DECODES: bool = true;

    /// Messages of one entry go to and from all peers, whose wants are gone through for each, and
    /// more of them the longer leechers wait for a seeder.
    fn cost(params: &Params, shape: &SwarmShape) -> Cost {
        let (peers, blocks) = (shape.connections(params.max_peers), shape.dataset.blocks() as f64);
        Cost::of(shape, peers, blocks, [6.5, 0.49, 0.35], [0.46, 1.09, 0.59])
            .connecting([0.0, 10.0, 3.4e3 + 0.3 * blocks])
            .keeping(16e3, 13.0)
    }

    fn prepare(world: &World, params: &Params) -> Shared<Params> {
        let serving = Serving {
            tasks: params.responder_tasks,
            queue: params.task_queue,
            blocks_per_message: params.blocks_per_message,
            manifest_size: params.manifest_size,
            // A repeated entry replaces the old one and its mark.
            sends_again: true,
            ..Serving::plain()
        };
        Shared::new(world, params, serving)
    }

    fn new(_me: NodeId, _world: &World, shared: &Shared<Params>) -> Self {
        CodexV1 {
            peers: Peers::default(),
            wants: Wants::default(),
            downloads: BTreeMap::new(),
            decoders: Decoders::default(),
            lookups: LookUps::default(),
            searching: BlockSet::new(),
            looping: false,
            responder: Responder::new(&shared.serving),
        }
    }

    fn open(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        if cx.has_manifest(dataset) {
            advertise(dataset, cx);
            self.responder.serve_put(dataset, cx);
        }
        if cx.wants(dataset) {
            self.begin_download(dataset, cx);
        } else {
            self.end_download(dataset, cx);
        }
    }

    fn close(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        self.end_download(dataset, cx);
    }

    fn message(&mut self, from: NodeId, message: &Msg, cx: &mut Context<'_>) {
        match message {
            Msg::WantHave(set) => self.responder.on_want_have(from, set, cx),
            Msg::WantBlock(set) => self.responder.on_want_block(from, set, cx),
            Msg::Cancel(set) => self.responder.on_cancel(from, set),
            Msg::Presence { have, .. } => self.on_presence(from, have, cx),
            Msg::Delivery(set, _) => self.on_delivery(from, set, cx),
            Msg::Have(_) => {} // nobody of this generation tells unasked
            Msg::Manifests(set, _) => self.on_manifests(from, set, cx),
        }
    }

    /// A block that is not wanted is rejected before its proof is checked.
    fn work(&self, message: &Msg, world: &World, hardware: &Hardware) -> Time {
        match message {
            Msg::Delivery(set, _) if !self.wants_any(set) => hardware.per_message,
            _ => message.work(world, hardware, Side::Receive),
        }
    }

    fn timer(&mut self, timer: Timer, cx: &mut Context<'_>) {
        match timer {
            Timer::Retry(unit) => self.pursue(unit, cx),
            Timer::Fetch(dataset) => self.fetch(dataset, cx),
            Timer::DiscoveryLoop => self.on_discovery_loop(cx),
            Timer::Answer => self.responder.answer_next(cx),
            Timer::Decode(dataset, stage) => coding::on_stage(self, dataset, stage, cx),
        }
    }

    fn sent(&mut self, to: NodeId, token: u32, cx: &mut Context<'_>) {
        self.responder.on_sent(to, token, cx);
    }

    fn connected(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        self.on_connected(peer, cx);
    }

    fn found(&mut self, key: Key, providers: &[NodeId], cx: &mut Context<'_>) {
        self.searching.remove(key.dataset().0);
        self.lookups.ended(key);
        self.peers.dial(providers, cx.shared.params.max_peers, cx);
        self.look_up(cx);
    }

    fn peer_lost(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        if self.peers.take(peer).is_some() {
            self.responder.forget(peer);
            self.responder.serve(cx);
        }
    }

    fn reads_at(&mut self, peer: NodeId, now: Time, shared: &Shared<Params>) -> Time {
        let Params { read_interval, read_pause, .. } = shared.params;
        let reader = self.peers.find(peer).map(|peer| &mut peer.reader);
        reader.map_or(now, |reader| reader.read(now, read_interval, read_pause))
    }

    fn accepts(&self, _peer: NodeId, _channel: Channel, shared: &Shared<Params>) -> bool {
        self.peers.len() < shared.params.max_peers as usize
    }
}

impl Serves for CodexV1 {
    const ANSWER: Timer = Timer::Answer;
}

impl Reads for CodexV1 {
    const DECODE: fn(DatasetId, Stage) -> Timer = Timer::Decode;

    fn coding(shared: &Shared<Params>) -> &Coding {
        &shared.params.coding
    }

    fn decoders(&mut self) -> &mut Decoders {
        &mut self.decoders
    }

    fn seek(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        set.iter().for_each(|unit| self.want(unit, cx));
    }

    fn let_go(&mut self, set: &BlockSet, why: Why, cx: &mut Context<'_>) {
        self.drop_wants(set, why, cx);
    }

    fn end_job(&mut self, dataset: DatasetId, still_wanted: bool, cx: &mut Context<'_>) {
        if still_wanted {
            self.downloads.remove(&dataset);
        } else {
            self.end_download(dataset, cx);
        }
    }
}
