//! Yardstick: an omniscient scheduler that stays close to the bound.
//!
//! The dataset is cut into stripes; each stripe flows down its own tree, in
//! which every leecher is an inner node of one tree only, so that all uplinks
//! are busy all the time. With as many stripes as leechers this is the optimal
//! fluid scheme of Kumar & Ross (2006); with fewer it is SplitStream (Castro et
//! al. 2003). The trees are computed from the world before it starts, so nodes
//! must stay online. It reaches 0.9 to 0.94 of the bound where a resource has
//! some slack, and 0.75 to 0.9 where every downlink of a large swarm has to be
//! busy all the time: fair sharing lets stripes run ahead of each other.

mod trees;

use crate::bound::distribution_time;
use crate::ledger::Class;
use crate::network::NetworkModel;
use crate::protocol::{Cost, Ctx, Message, Protocol, Size, SwarmShape, Units};
use crate::protocols::direct::span_bytes;
use crate::units::Time;
use crate::world::{DatasetId, NodeId, Role, World};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trees::Trees;

/// Constants of `ideal`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Pieces that the dataset is cut into at the most.
    pub pieces: u32,
    /// Stripes, each with its own tree, at the most.
    pub stripes: u32,
    /// Seeders send pieces this much slower than the bound would have it, so
    /// that headers and uneven sharing never leave one stripe behind; at least 1.
    pub pace: f64,
}

/// What all nodes share: the plan.
#[derive(Debug)]
pub struct Shared {
    trees: Trees,
    pieces: u32,
    units: u32,
    /// Distance between two pieces of the same stripe at the seeders.
    round: Time,
}

impl Shared {
    /// The units of piece `piece`.
    fn span(&self, piece: u32) -> (u32, u32) {
        let at = |p: u32| (u64::from(self.units) * u64::from(p) / u64::from(self.pieces)) as u32;
        (at(piece), at(piece + 1))
    }

    fn stripe(&self, piece: u32) -> u32 {
        piece % self.trees.stripes()
    }
}

/// A piece on its way down its tree; free of any overhead.
#[derive(Debug, Clone, Copy)]
pub struct Msg {
    piece: u32,
    span: (u32, u32),
}

impl Message for Msg {
    fn class(&self) -> Class {
        Class::Payload
    }

    fn size(&self, world: &World) -> Size {
        Size { payload: span_bytes(world, self.span.0, self.span.1), ..Size::default() }
    }

    fn carried(&self) -> Units<'_> {
        Units::Range(self.span.0, self.span.1)
    }
}

/// A node of `ideal`.
#[derive(Debug)]
pub struct Ideal {
    /// Connected nodes.
    peers: Vec<NodeId>,
    /// Pieces held, by index.
    held: Vec<bool>,
    /// Rounds in which this node has released pieces; a leecher passes on
    /// whatever it has.
    released: u32,
}

impl Ideal {
    /// Releases the next piece of every stripe, and sets the next round.
    fn release(&mut self, cx: &mut Ctx<'_, Self>) {
        let first = self.released * cx.shared.trees.stripes();
        if first >= cx.shared.pieces {
            return;
        }
        self.released += 1;
        for (stripe, child) in cx.shared.trees.children(cx.me) {
            let piece = first + stripe;
            if piece < cx.shared.pieces && self.held[piece as usize] && self.peers.contains(child) {
                self.pass_on(first + stripe, *child, cx);
            }
        }
        cx.after(cx.shared.round, ());
    }

    fn pass_on(&self, piece: u32, to: NodeId, cx: &mut Ctx<'_, Self>) {
        cx.send(to, Msg { piece, span: cx.shared.span(piece) });
    }
}

impl Protocol for Ideal {
    type Params = Params;
    type Shared = Shared;
    type Msg = Msg;
    /// The next round.
    type Timer = ();

    /// The rates of all trees hang together on `fair`, so a piece costs 1 us and 0.15 us
    /// for each node up to 200 (3.7 / 40 / 27 us at 32 / 200 / 1000), else 1.3 us.
    fn cost(params: &Params, shape: &SwarmShape) -> Cost {
        let fair = shape.network == NetworkModel::Fair;
        Cost {
            deliveries: (shape.dataset.blocks() as f64).min(f64::from(params.pieces)),
            connections: shape.connections(params.stripes),
            events: 3.0,
            micros: if fair { 1.0 + 0.15 * f64::from(shape.nodes.min(200)) } else { 1.3 },
        }
    }

    fn prepare(world: &World, params: &Params) -> Shared {
        let units = world.only().units();
        let (trees, pieces) = (Trees::plan(world, params.stripes), params.pieces.clamp(1, units));
        let rounds = f64::from(pieces.div_ceil(trees.stripes()));
        let round = Time::from_secs_f64(distribution_time(world).makespan.secs() * params.pace / rounds);
        Shared { trees, pieces, units, round }
    }

    fn new(_me: NodeId, _world: &World, shared: &Shared) -> Self {
        Ideal { peers: Vec::new(), held: vec![false; shared.pieces as usize], released: 0 }
    }

    fn open(&mut self, _dataset: DatasetId, cx: &mut Ctx<'_, Self>) {
        for piece in 0..cx.shared.pieces {
            let (start, end) = cx.shared.span(piece);
            self.held[piece as usize] = (start..end).all(|unit| cx.store().contains(unit));
        }
        match cx.world.node(cx.me).role {
            Role::Seeder => self.release(cx),
            Role::Leecher | Role::Idle | Role::Server => self.released = u32::MAX,
        }
        // Whoever starts later makes the connection.
        let (trees, me) = (&cx.shared.trees, cx.me);
        trees.children(me).iter().for_each(|(_, child)| cx.dial(*child));
        trees.parents(me).iter().for_each(|parent| cx.dial(*parent));
    }

    fn message(&mut self, _from: NodeId, message: &Msg, cx: &mut Ctx<'_, Self>) {
        cx.keep(Units::Range(message.span.0, message.span.1));
        self.held[message.piece as usize] = true;
        let stripe = cx.shared.stripe(message.piece);
        for (_, child) in cx.shared.trees.children(cx.me).iter().filter(|(s, _)| *s == stripe) {
            if self.peers.contains(child) {
                self.pass_on(message.piece, *child, cx);
            }
        }
    }

    fn timer(&mut self, (): (), cx: &mut Ctx<'_, Self>) {
        self.release(cx);
    }

    fn connected(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        self.peers.push(peer);
        let stripes: Vec<u32> =
            cx.shared.trees.children(cx.me).iter().filter(|(_, c)| *c == peer).map(|(s, _)| *s).collect();
        for piece in 0..cx.shared.pieces {
            let released = piece / cx.shared.trees.stripes() < self.released;
            if released && self.held[piece as usize] && stripes.contains(&cx.shared.stripe(piece)) {
                self.pass_on(piece, peer, cx);
            }
        }
    }

    fn peer_lost(&mut self, peer: NodeId, _cx: &mut Ctx<'_, Self>) {
        self.peers.retain(|p| *p != peer);
    }
}
