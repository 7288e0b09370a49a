//! Bitswap, the exchange of IPFS (protocol 1.2, with HAVE and DONT_HAVE).
//!
//! Sources: `ipfs/boxo` `bitswap/`, before it `ipfs/go-bitswap`, and its
//! `docs/how-bitswap-works.md`; the parts name their files.
//!
//! # What a node has once, and what each download has
//! `Client.New` (`client/client.go`) makes once for a node what holds its wants at its
//! peers, `GetBlocks` with a session makes one download. So a node has
//! * for each peer one queue of wants, in which those of all sessions gather and leave
//!   together (`links`), one estimate of its latency (`timeouts`), and one ledger with one
//!   queue of tasks and one limit of wants over all datasets (`server`);
//! * writers for all peers and datasets together (`server`);
//! * for each download a session of its own with its peers, its idle time and searches
//!   (`session`), that walks the file's DAG (`dag`, `walk`).
//!
//! A session's broadcast goes to all who are connected, whatever they are there for:
//! who is a peer for one dataset and has another joins that session, too. What is known
//! about who has which block is by block and so by dataset; a node has one session for a
//! dataset (a second reader of the same file would share its blocks). How many sessions a
//! node has is not limited.
//!
//! A node announces itself as a provider once it has the root. A search finds
//! providers of the dataset, who join the session; unlike a record of the
//! very block, that does not say that they have the block that is wanted, so it
//! does not count as a HAVE. A session that is given up cancels its wants. Left out: the
//! preference for peers that owe
//! nothing (it decides nothing any more), broadcast control, HTTP retrieval, and
//! the connections to strangers that a public node keeps and broadcasts to.

mod client;
mod dag;
mod links;
#[cfg(test)]
mod many_tests;
mod params;
mod server;
mod session;
mod since;
mod split;
#[cfg(test)]
mod tests;
mod timeouts;
mod walk;
mod wire;

pub use dag::{Dag, Dags};
pub use params::{Order, Params};
pub use wire::{Msg, Response, WantEntry, WantKind};

use crate::protocol::{Cost, Ctx, Key, Protocol, SwarmShape};
use crate::world::{BlockSet, DatasetId, NodeId, World};
use client::Client;
use server::Server;

/// What all nodes share.
#[derive(Debug)]
pub struct Shared {
    params: Params,
    dags: Dags,
}

/// What a timer of a node is for.
#[derive(Debug, Clone, Copy)]
pub enum Timer {
    /// Wants have gathered for long enough.
    Flush(NodeId),
    /// Time to repeat all that is open at a peer.
    Rebroadcast(NodeId),
    /// A block that a peer owes may be late.
    Late(NodeId),
    /// The session of a dataset may have been idle for too long.
    Idle(DatasetId),
    /// Time to search for a random want of it.
    Periodic(DatasetId),
}

/// One node.
#[derive(Debug)]
pub struct Bitswap {
    client: Client,
    server: Server,
    /// Inner nodes of DAGs that are here.
    nodes: BlockSet,
}

type Context<'a> = Ctx<'a, Bitswap>;

/// Whether a block is here.
fn has(unit: u32, nodes: &BlockSet, cx: &Context<'_>) -> bool {
    if cx.shared.dags.is_leaf(unit) { cx.store.contains(unit) } else { nodes.contains(unit) }
}

impl Bitswap {
    /// The inner nodes that a node had of a dataset before an absence: nobody holds a
    /// block without all those above it.
    fn recover_nodes(&mut self, dataset: DatasetId, cx: &Context<'_>) {
        let dag = cx.shared.dags.get(dataset);
        if cx.store().has_all(cx.dataset(dataset)) {
            self.nodes.insert_range(dag.inner().start, dag.inner().end);
            return;
        }
        if cx.has_manifest(dataset) && !dag.is_leaf(dag.root()) {
            self.nodes.insert(dag.root());
        }
        for leaf in dag.leaves().filter(|leaf| cx.store().contains(*leaf)) {
            let mut above = dag.parent(leaf);
            while let Some(node) = above.filter(|node| self.nodes.insert(*node)) {
                above = dag.parent(node);
            }
        }
    }

    /// Sends responses while there are writers and peers that want something.
    fn serve(&mut self, cx: &mut Context<'_>) {
        while let Some((to, response, slot)) = self.server.next(&cx.shared.dags, &cx.shared.params) {
            cx.send(to, Msg::Response(Box::new(response)));
            cx.send_tracked(to, Msg::Written, slot);
        }
    }
}

impl Protocol for Bitswap {
    type Params = Params;
    type Shared = Shared;
    type Msg = Msg;
    type Timer = Timer;

    /// The last chunk of a file is short (chunker of fixed size).
    const PADS: bool = false;

    /// A delivery takes messages to and from all peers of a session.
    fn cost(_params: &Params, shape: &SwarmShape) -> Cost {
        let (peers, blocks) = (f64::from(shape.peers), shape.dataset.blocks() as f64);
        Cost::of(shape, peers, blocks, [9.2, 0.35, 0.02], [6.1, 0.39, 0.16])
            .connecting([0.0, 7.4, 490.0])
            .keeping(37e3, 40.0)
    }

    fn prepare(world: &World, params: &Params) -> Shared {
        Shared { params: params.clone(), dags: Dags::new(&world.datasets, params) }
    }

    fn new(_me: NodeId, _world: &World, shared: &Shared) -> Self {
        Bitswap { client: Client::default(), server: Server::new(&shared.params), nodes: BlockSet::new() }
    }

    fn open(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        self.recover_nodes(dataset, cx);
        let wants = cx.wants(dataset);
        if has(cx.shared.dags.get(dataset).root(), &self.nodes, cx) || !wants {
            self.have_root(dataset, cx);
        } else if cx.shared.params.order == Order::List && !cx.has_manifest(dataset) {
            // The addresses are known beforehand.
            cx.manifest_stored(dataset);
        }
        if wants {
            self.begin(dataset, cx);
        }
    }

    fn close(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        self.give_up(dataset, cx);
        if cx.store().len_of(cx.dataset(dataset)) == 0 {
            let dags = &cx.shared.dags;
            let (leaves, inner) = (dags.get(dataset).leaves(), dags.get(dataset).inner());
            self.nodes.subtract(&BlockSet::range(inner.start, inner.end));
            self.server.withdraw(leaves, dags);
            self.server.withdraw(inner, dags);
        }
    }

    fn message(&mut self, from: NodeId, message: &Msg, cx: &mut Context<'_>) {
        match message {
            Msg::Wants(entries) => {
                let looked_up = entries.iter().filter(|entry| entry.kind != WantKind::Cancel);
                let blocks: u64 = looked_up.map(|entry| cx.shared.dags.blocks(entry.unit)).sum();
                cx.cpu(cx.hardware().per_lookup * blocks);
                let (shared, nodes) = (cx.shared, &self.nodes);
                self.server.wants(from, entries, &shared.dags, &shared.params, |unit| has(unit, nodes, cx));
                self.serve(cx);
            }
            Msg::Response(response) => {
                self.on_response(from, response, cx);
                self.serve(cx);
            }
            Msg::Written => {}
        }
    }

    fn timer(&mut self, timer: Timer, cx: &mut Context<'_>) {
        match timer {
            Timer::Flush(peer) => self.flush(peer, cx),
            Timer::Rebroadcast(peer) => self.on_rebroadcast(peer, cx),
            Timer::Late(peer) => self.on_late(peer, cx),
            Timer::Idle(dataset) => self.on_idle(dataset, cx),
            Timer::Periodic(dataset) => self.on_periodic(dataset, cx),
        }
    }

    fn sent(&mut self, to: NodeId, slot: u32, cx: &mut Context<'_>) {
        self.server.sent(to, slot);
        self.serve(cx);
    }

    fn connected(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        self.server.add(peer);
        self.on_connected(peer, cx);
    }

    fn found(&mut self, key: Key, providers: &[NodeId], cx: &mut Context<'_>) {
        self.on_found(key.dataset(), providers, cx);
    }

    fn refused(&mut self, peer: NodeId, _cx: &mut Context<'_>) {
        self.on_refused(peer);
    }

    fn peer_lost(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        self.server.remove(peer);
        self.on_lost(peer, cx);
        self.serve(cx);
    }
}
