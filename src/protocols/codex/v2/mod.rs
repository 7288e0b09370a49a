//! Codex block exchange, generation 2 (Nov-Dec 2025).
//!
//! Sources: `logos-storage/logos-storage-nim` at `bd49591f`:
//! `codex/blockexchange/engine/engine.nim`, `peers/peercontext.nim`,
//! `engine/pendingblocks.nim`, `codex/node.nim`. A node is both requester
//! (`requester`) and responder (shared with v1); a download is a sliding
//! window of wanted blocks (`download`). One task per block in the original
//! becomes set operations here: blocks that would wait for the same moment are
//! one set.
//!
//! For all datasets together a node has what is wanted, the limit on searches (one in
//! 3 s; manifests are looked for by a loop beside it) and the tasks that serve; for each
//! peer, over all datasets, what it has, was asked for and was told, the pause between
//! questions and the time of its last delivery, of whichever dataset: a question lists
//! the wants of all downloads, and an answer of one dataset puts off those of others. A
//! download has its window and no more (`codex/codex.nim:301-347`, `engine.nim:213-262,
//! 304-311, 512-551`, `peercontext.nim`). When it is given up peers are not told.
//!
//! Beyond the original there are switches for changes that RFCs discuss; with
//! the constants of `codex-v2` they do nothing. What the original does and this
//! leaves out, because it never acts there either: payments, the forgetting of excess peers
//! (it forgets the wrong address), the retry limit of 3000 (over an hour and a
//! half of fruitless searching).

mod choice;
mod download;
mod params;
mod peer;
mod requester;

pub use params::{Cancel, Order, Params, PeerChoice};

use super::coding::{self, Coding, Decoders, Reads, Stage, Why};
use super::discovery::LookUps;
use super::responder::{Responder, Serves};
use super::{Msg, Serving, Shared, advertise, group};
use crate::protocol::{Cost, Ctx, Key, Protocol, SwarmShape};
use crate::protocols::parts::Peers;
use crate::world::{BlockSet, Channel, DatasetId, NodeId, World};
use download::{Download, Wants};
use peer::Peer;
use std::collections::BTreeMap;

/// What a timer of a node is for.
#[derive(Debug, Clone, Copy)]
pub enum Timer {
    /// Some block without known holder is to be tried again.
    Retry,
    /// A peer may have been inactive for too long.
    Activity(NodeId),
    /// The discovery loop looks for missing manifests.
    DiscoveryLoop,
    /// Time to work on a question again.
    Answer,
    /// A stage of the decode job of a dataset.
    Decode(DatasetId, Stage),
}

/// One node of block exchange v2.
#[derive(Debug)]
pub struct CodexV2 {
    peers: Peers<Peer>,
    wants: Wants,
    downloads: BTreeMap<DatasetId, Download>,
    decoders: Decoders,
    lookups: LookUps,
    /// The discovery loop runs.
    looping: bool,
    responder: Responder,
}

type Context<'a> = Ctx<'a, CodexV2>;

impl Protocol for CodexV2 {
    type Params = Params;
    type Shared = Shared<Params>;
    type Msg = Msg;
    type Timer = Timer;

    const DECODES: bool = true;

    /// What is wanted goes out in long lists, and the more often the longer leechers wait for a
    /// seeder.
    fn cost(params: &Params, shape: &SwarmShape) -> Cost {
        let (peers, blocks) = (shape.connections(params.max_peers), shape.dataset.blocks() as f64);
        // In a crowd that waits for few seeders the many rates of a mesh change all the time.
        let waiting = shape.leechers_per_seeder().min(150.0);
        let crowd = peers * waiting;
        let per_connection = 580.0 + 0.35 * blocks + 17.0 * waiting;
        let cost = Cost::of(shape, peers, blocks, [0.095, -0.2, 0.63], [0.048, 0.16, 0.75])
            .connecting([0.07, 1.8, per_connection])
            .keeping(27e3, 6.0);
        Cost { micros: cost.micros + 1e-12 * f64::from(shape.nodes) * crowd * crowd * blocks, ..cost }
    }

    fn prepare(world: &World, params: &Params) -> Shared<Params> {
        let serving = Serving {
            tasks: params.responder_tasks,
            queue: params.task_queue,
            blocks_per_message: params.blocks_per_message,
            presence_entries: params.presence_entries,
            yield_after: params.yield_after,
            manifest_size: params.manifest_size,
            tells_absence: params.dont_have,
            refuses: params.dont_have,
            remembers: params.remember_wants,
            stops_when_cancelled: params.cancel == Cancel::Outstanding,
            proofs: params.proofs,
            ..Serving::plain()
        };
        Shared::new(world, params, serving)
    }

    fn new(_me: NodeId, _world: &World, shared: &Shared<Params>) -> Self {
        CodexV2 {
            peers: Peers::default(),
            wants: Wants::default(),
            downloads: BTreeMap::new(),
            decoders: Decoders::default(),
            lookups: LookUps::default(),
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
            Msg::Have(set) => self.on_presence(from, set, None, cx),
            Msg::Cancel(set) => self.responder.on_cancel(from, set),
            Msg::Presence { have, lack } => self.on_presence(from, have, lack.as_deref(), cx),
            Msg::Delivery(set, _) => self.on_delivery(from, set, cx),
            Msg::Manifests(set, _) => self.on_manifests(from, set, cx),
        }
    }

    fn timer(&mut self, timer: Timer, cx: &mut Context<'_>) {
        match timer {
            Timer::Retry => self.on_retry(cx),
            Timer::Activity(peer) => self.on_activity_timer(peer, cx),
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
        self.lookups.ended(key);
        self.peers.dial(providers, cx.shared.params.max_peers, cx);
        self.look_up(cx);
    }

    fn peer_lost(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        self.evict(peer, cx);
    }

    fn accepts(&self, _peer: NodeId, _channel: Channel, shared: &Shared<Params>) -> bool {
        self.peers.len() < shared.params.max_peers as usize
    }
}

impl Serves for CodexV2 {
    const ANSWER: Timer = Timer::Answer;
}

impl Reads for CodexV2 {
    const DECODE: fn(DatasetId, Stage) -> Timer = Timer::Decode;

    fn coding(shared: &Shared<Params>) -> &Coding {
        &shared.params.coding
    }

    fn decoders(&mut self) -> &mut Decoders {
        &mut self.decoders
    }

    fn seek(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        self.want(set, cx);
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

/// The constants of the model, for unit tests of the parts.
#[cfg(test)]
fn test_params() -> Params {
    crate::protocols::parts::bench::constants("codex-v2")
}
