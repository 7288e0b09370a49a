//! Yardstick: an omniscient scheduler that stays close to the bound.
//!
//! A dataset is cut into stripes; each stripe flows down its own tree, in
//! which every leecher is an inner node of one tree only, so that all uplinks
//! are busy all the time. With as many stripes as leechers this is the optimal
//! fluid scheme of Kumar & Ross (2006); with fewer it is SplitStream (Castro et
//! al. 2003). The trees are computed from the world before it starts, so nodes
//! must stay online. It reaches 0.9 to 0.94 of the bound where a resource has
//! some slack, and 0.75 to 0.9 where every downlink of a large swarm has to be
//! busy all the time: fair sharing lets stripes run ahead of each other.
//!
//! Each dataset has trees of its own, over those who want it, with those who have all of
//! it as sources (who has a part gives nothing); all share the time and the uplinks
//! (`plan`). Who comes to want a dataset later, which nobody planned, gets all of it from
//! one of its sources, or where it was put or so got.

mod plan;
mod trees;

use crate::ledger::Class;
use crate::network::NetworkModel;
use crate::protocol::{Cost, Ctx, Key, Message, Protocol, Size, SwarmShape, Units};
use crate::protocols::direct::span_bytes;
use crate::units::Time;
use crate::world::{DatasetId, NodeId, World};
use plan::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Constants of `ideal`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Pieces that a dataset is cut into at the most.
    pub pieces: u32,
    /// Stripes, each with its own tree, at the most.
    pub stripes: u32,
    /// Seeders send pieces this much slower than the bound would have it, so
    /// that headers and uneven sharing never leave one stripe behind; at least 1.
    pub pace: f64,
}

/// Messages of `ideal`; free of any overhead.
#[derive(Debug, Clone, Copy)]
pub enum Msg {
    /// A piece on its way down its tree.
    Piece {
        /// Its number in its dataset.
        piece: u32,
        /// Its units.
        span: (u32, u32),
    },
    /// Send me all of this.
    Ask(DatasetId),
    /// I do not have it any more.
    Gone(DatasetId),
}

impl Message for Msg {
    fn class(&self) -> Class {
        match self {
            Msg::Piece { .. } => Class::Payload,
            Msg::Ask(_) => Class::Request,
            Msg::Gone(_) => Class::Other,
        }
    }

    fn size(&self, world: &World) -> Size {
        match self {
            Msg::Piece { span, .. } => Size { payload: span_bytes(world, span.0, span.1), ..Size::default() },
            Msg::Ask(_) | Msg::Gone(_) => Size::default(),
        }
    }

    fn carried(&self) -> Units<'_> {
        match self {
            Msg::Piece { span, .. } => Units::Range(span.0, span.1),
            Msg::Ask(_) | Msg::Gone(_) => Units::None,
        }
    }
}

/// A node of `ideal`.
#[derive(Debug, Default)]
pub struct Ideal {
    /// Connected nodes.
    peers: Vec<NodeId>,
    /// By dataset of which it is a source, the rounds in which this node has released
    /// pieces; of others it passes on whatever it has.
    released: BTreeMap<DatasetId, u32>,
    /// Datasets that were not planned for this node, and whom it asks for them.
    asks: BTreeMap<DatasetId, Option<NodeId>>,
    /// Datasets that were given up here.
    closed: BTreeSet<DatasetId>,
}

/// Pause before a provider of what was not planned is looked for again.
const RETRY: Time = Time::from_secs(1);

impl Ideal {
    /// Releases the next piece of every stripe, and sets the next round.
    fn release(&mut self, dataset: DatasetId, cx: &mut Ctx<'_, Self>) {
        let (course, Some(released)) = (cx.shared.course(dataset), self.released.get_mut(&dataset)) else { return };
        let round = *released;
        if course.piece(round, course.stripe(0)).is_none() {
            return;
        }
        *released += 1;
        for edge in cx.shared.children(cx.me, dataset) {
            if let Some(piece) = course.piece(round, edge.stripe).filter(|_| self.peers.contains(&edge.child)) {
                self.pass_on(dataset, piece, edge.child, cx);
            }
        }
        cx.after(course.round, dataset);
    }

    /// Sends `to` a piece, if it is here.
    fn pass_on(&self, dataset: DatasetId, piece: u32, to: NodeId, cx: &mut Ctx<'_, Self>) {
        let span = cx.shared.course(dataset).span(piece);
        if cx.store().covers(span.0, span.1) {
            cx.send(to, Msg::Piece { piece, span });
        }
    }

    /// Gets what was not planned from one of the sources, or from where it was put.
    fn ask(&mut self, dataset: DatasetId, cx: &mut Ctx<'_, Self>) {
        let sources = &cx.shared.course(dataset).sources;
        let source = sources.get(cx.me.index() % sources.len().max(1)).copied();
        self.asks.insert(dataset, source);
        match source {
            Some(peer) if self.peers.contains(&peer) => cx.send(peer, Msg::Ask(dataset)),
            Some(peer) => cx.dial(peer),
            None => cx.find(Key::Dataset(dataset)),
        }
    }
}

impl Protocol for Ideal {
    type Params = Params;
    type Shared = Plan;
    type Msg = Msg;
    /// The next round of a dataset, or time to look for it again.
    type Timer = DatasetId;

    /// The rates of all trees hang together on `fair`: how much depends on whether what is sent
    /// at one time ends at one time, which these do not know (within 3, not 2).
    fn cost(params: &Params, shape: &SwarmShape) -> Cost {
        let pieces = (shape.dataset.blocks() as f64).min(f64::from(params.pieces));
        // What is planned over a connection that there is not does not travel.
        let known = f64::from(shape.peers) / (f64::from(shape.nodes) - 1.0).max(1.0);
        let micros = if shape.network == NetworkModel::Fair { [1.3, 0.49, -0.29] } else { [1.3, 0.0, 0.0] };
        Cost::of(shape, f64::from(shape.peers), pieces * known, [1.2, 0.46, -0.83], micros)
            .connecting([0.56, 0.0, 200.0])
            .keeping(2e3, 6.0)
    }

    fn prepare(world: &World, params: &Params) -> Plan {
        Plan::new(world, params)
    }

    fn new(_me: NodeId, _world: &World, _plan: &Plan) -> Self {
        Ideal::default()
    }

    fn open(&mut self, dataset: DatasetId, cx: &mut Ctx<'_, Self>) {
        let (plan, me) = (cx.shared, cx.me);
        let course = plan.course(dataset);
        if course.sources.binary_search(&me).is_ok() {
            self.released.insert(dataset, 0);
            if course.begin > Time::ZERO {
                cx.after(course.begin, dataset);
            } else if course.stripes > 0 {
                self.release(dataset, cx);
            }
        } else if self.closed.remove(&dataset) || !course.serves(me) {
            if cx.wants(dataset) {
                self.ask(dataset, cx);
            } else if cx.store().has_all(cx.dataset(dataset)) {
                cx.provide(Key::Dataset(dataset)); // it was put here
            }
        }
        // Whoever starts later makes the connection.
        plan.children(me, dataset).iter().for_each(|edge| cx.dial(edge.child));
        plan.parents(me, dataset).iter().for_each(|(_, parent)| cx.dial(*parent));
    }

    fn close(&mut self, dataset: DatasetId, _cx: &mut Ctx<'_, Self>) {
        self.released.remove(&dataset);
        self.asks.remove(&dataset);
        self.closed.insert(dataset);
    }

    fn message(&mut self, from: NodeId, message: &Msg, cx: &mut Ctx<'_, Self>) {
        match *message {
            Msg::Piece { piece, span } => {
                let dataset = cx.world.datasets.of(span.0);
                if self.closed.contains(&dataset) {
                    return;
                }
                cx.keep(Units::Range(span.0, span.1));
                if !cx.wants(dataset) && self.asks.remove(&dataset).is_some() {
                    cx.provide(Key::Dataset(dataset));
                }
                let course = cx.shared.course(dataset);
                for edge in cx.shared.children(cx.me, dataset) {
                    if edge.stripe == course.stripe(piece) && self.peers.contains(&edge.child) {
                        self.pass_on(dataset, piece, edge.child, cx);
                    }
                }
            }
            Msg::Ask(dataset) if !cx.store().has_all(cx.dataset(dataset)) => cx.send(from, Msg::Gone(dataset)),
            Msg::Gone(dataset) => cx.find(Key::Dataset(dataset)),
            Msg::Ask(dataset) => {
                (0..cx.shared.course(dataset).pieces).for_each(|piece| self.pass_on(dataset, piece, from, cx));
            }
        }
    }

    fn timer(&mut self, dataset: DatasetId, cx: &mut Ctx<'_, Self>) {
        if self.asks.contains_key(&dataset) {
            self.ask(dataset, cx);
        } else {
            self.release(dataset, cx);
        }
    }

    fn found(&mut self, key: Key, providers: &[NodeId], cx: &mut Ctx<'_, Self>) {
        let Some(asked) = self.asks.get_mut(&key.dataset()) else { return };
        *asked = match providers.len() {
            0 => None,
            count => Some(providers[cx.rng().below(count as u64) as usize]),
        };
        match *asked {
            Some(peer) if self.peers.contains(&peer) => cx.send(peer, Msg::Ask(key.dataset())),
            Some(peer) => cx.dial(peer),
            None => _ = cx.after(RETRY, key.dataset()),
        }
    }

    fn connected(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        self.peers.push(peer);
        let asks = self.asks.iter().filter(|(_, asked)| **asked == Some(peer));
        asks.for_each(|(dataset, _)| cx.send(peer, Msg::Ask(*dataset)));
        let plan = cx.shared;
        for edges in plan.all_children(cx.me).chunk_by(|a, b| a.dataset == b.dataset) {
            let (dataset, stripes) = (edges[0].dataset, edges.iter().filter(|e| e.child == peer).map(|e| e.stripe));
            let (course, stripes) = (plan.course(dataset), stripes.collect::<Vec<u32>>());
            let released = self.released.get(&dataset).copied().unwrap_or(u32::MAX);
            for piece in (0..if stripes.is_empty() { 0 } else { course.pieces })
                .filter(|piece| piece / course.stripes < released && stripes.contains(&course.stripe(*piece)))
            {
                self.pass_on(dataset, piece, peer, cx);
            }
        }
    }

    fn refused(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        let asks = self.asks.iter().filter(|(_, asked)| **asked == Some(peer));
        asks.for_each(|(dataset, _)| _ = cx.after(RETRY, *dataset));
    }

    fn peer_lost(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        self.peers.retain(|p| *p != peer);
        self.refused(peer, cx);
    }
}
