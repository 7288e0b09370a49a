//! The exchange of the sister forks of Codex (Archivist, Promethei), 2025-2026.
//!
//! Sources: `promethei-project/nim-promethei-node`, `promethei/blockexchange/`:
//! `engine/{engine,pendingblocks,peerscoring}.nim`, `peers/{peercontext,
//! peerscore}.nim`, and `promethei/node.nim`. Peers are scored; only the best
//! few are asked what they have, and each block is asked of the least loaded of
//! its best holders. Requests collect blocks for a moment. What is absent is
//! told, and nothing has a price.
//!
//! As in v2, whose code it grew from, what is wanted, the limit on searches, the tasks
//! that serve, and of each peer its score, load, requests and questions are one for all
//! datasets of a node; a download has its batch of 128 alone (inferred: the sheet tells of
//! one download). A request may collect blocks of several, a question lists all that is
//! wanted; whom to ask is chosen for each dataset among those that hold anything of it.
//!
//! What the original does and this leaves out: the marketplace; the retry limit of 3000 (hours). A slice is loaded while the
//! one before it is being sent, for a task goes on when its message leaves.

mod params;
mod peer;
mod requester;
mod score;

pub use params::Params;
pub use score::ScoreParams;

use super::batches::Batches;
use super::coding::{self, Coding, Decoders, Reads, Stage, Why};
use super::responder::{Responder, Serves};
use super::{Msg, Serving, Shared, Unpriced, advertise, group};
use crate::protocol::{Cost, Ctx, Key, Protocol, SwarmShape};
use crate::protocols::parts::Peers;
use crate::world::{BlockSet, Channel, DatasetId, NodeId, World};
use peer::Peer;
use requester::Wants;
use std::collections::BTreeMap;

/// What a timer of a node is for.
#[derive(Debug, Clone, Copy)]
pub enum Timer {
    /// A request to a peer has collected long enough.
    Send(NodeId),
    /// What a numbered request to a peer asked for should have come.
    Timeout(NodeId, u32),
    /// Blocks without known holder are to be tried again.
    Holders,
    /// A question that was too early is due.
    Ask,
    /// Time to work on a question again.
    Answer,
    /// A stage of the decode job of a dataset.
    Decode(DatasetId, Stage),
}

/// One node of the sister forks.
#[derive(Debug)]
pub struct CodexF {
    peers: Peers<Peer>,
    wants: Wants,
    downloads: BTreeMap<DatasetId, Batches>,
    decoders: Decoders,
    responder: Responder,
}

type Context<'a> = Ctx<'a, CodexF>;

impl Protocol for CodexF {
    type Params = Params;
    type Shared = Shared<Params>;
    type Msg = Unpriced;
    type Timer = Timer;

    const DECODES: bool = true;

    /// Peers are ranked for each block.
    fn cost(params: &Params, shape: &SwarmShape) -> Cost {
        let (peers, blocks) = (shape.connections(params.max_peers), shape.dataset.blocks() as f64);
        Cost::of(shape, peers, blocks, [0.069, 0.33, 0.44], [0.0061, 0.97, 0.92])
            .connecting([0.43, 0.4, 1.9e3 + 0.08 * blocks])
            .keeping(20e3, 28.0)
    }

    fn prepare(world: &World, params: &Params) -> Shared<Params> {
        let serving = Serving {
            tasks: params.responder_tasks,
            queue: params.task_queue,
            blocks_per_message: params.blocks_per_message,
            presence_entries: params.presence_entries,
            yield_after: params.yield_after,
            manifest_size: params.manifest_size,
            tells_absence: true,
            guard: params.resend_guard,
            ..Serving::plain()
        };
        Shared::new(world, params, serving)
    }

    fn new(_me: NodeId, _world: &World, shared: &Shared<Params>) -> Self {
        CodexF {
            peers: Peers::default(),
            wants: Wants::default(),
            downloads: BTreeMap::new(),
            decoders: Decoders::default(),
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

    fn message(&mut self, from: NodeId, Unpriced(message): &Unpriced, cx: &mut Context<'_>) {
        match message {
            Msg::WantHave(set) => self.responder.on_want_have(from, set, cx),
            Msg::WantBlock(set) => self.responder.on_want_block(from, set, cx),
            Msg::Cancel(set) => self.responder.on_cancel(from, set),
            Msg::Presence { have, lack } => self.on_presence(from, have, lack.as_deref(), cx),
            Msg::Delivery(set, _) => self.on_delivery(from, set, cx),
            Msg::Have(_) => {} // nobody of this generation tells unasked
            Msg::Manifests(set, _) => self.on_manifests(from, set, cx),
        }
    }

    fn timer(&mut self, timer: Timer, cx: &mut Context<'_>) {
        match timer {
            Timer::Send(peer) => self.send_request(peer, cx),
            Timer::Timeout(peer, number) => self.on_timeout(peer, number, cx),
            Timer::Holders => self.on_holders_timer(cx),
            Timer::Ask => self.on_ask_timer(cx),
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

    fn found(&mut self, _key: Key, providers: &[NodeId], cx: &mut Context<'_>) {
        self.peers.dial(providers, cx.shared.params.max_peers, cx);
    }

    fn peer_lost(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        self.on_lost(peer, cx);
    }

    fn accepts(&self, _peer: NodeId, _channel: Channel, shared: &Shared<Params>) -> bool {
        self.peers.len() < shared.params.max_peers as usize
    }
}

impl Serves for CodexF {
    const ANSWER: Timer = Timer::Answer;
}

impl Reads for CodexF {
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
    crate::protocols::parts::bench::constants("codex-f")
}
