//! One node's mind.
//!
//! A [`Protocol`] is a plain struct that sees only messages, timers, its own
//! store and its own random stream, through a [`Ctx`]. It cannot look into
//! another node or the network. A run holds all nodes in one `Vec<P>`.
//!
//! # A node's life
//! 1. [`Protocol::prepare`] once a run, for all nodes; then for each node, every
//!    time it comes online, [`Protocol::new`] and [`Protocol::start`].
//! 2. [`Ctx::find`] is answered by [`Protocol::found`]: providers, who may be gone or
//!    connected already. [`Ctx::provide`] makes others find this node.
//! 3. [`Ctx::dial`] is answered once, by [`Protocol::connected`] at both ends, or by
//!    [`Protocol::refused`]. Whoever is dialled is asked first
//!    ([`Protocol::accepts`]); of two that dial each other both are told once that
//!    they are connected. A scenario may have nodes connected from before their
//!    start: they are told right after [`Protocol::start`].
//! 4. Between `connected` and the end of the connection [`Ctx::send`] reaches the
//!    peer's [`Protocol::message`]; what is tracked comes to [`Protocol::sent`] here.
//! 5. The end is [`Protocol::peer_lost`], a delay after the peer went offline or hung
//!    up; who hangs up itself is told nothing. What was under way is lost.
//!
//! # A dial that fails
//! The peer may be offline, full ([`Protocol::accepts`]), or go while the connection is
//! made. Each ends in one `refused`: a round trip after the dial where nobody was
//! there, else when the connection would have stood. Nothing is tried again by itself:
//! the protocol takes its next candidate or sets a timer. A dial of one who is
//! connected, being dialled or no acquaintance (`network.degree`) is not answered.
//!
//! # Churn
//! A node that goes offline is told nothing: its struct is dropped, its timers never
//! fire, what it sent and what is on its way to it is lost. When it comes back it is
//! made anew, `start` finds in [`Ctx::store`] and [`Ctx::has_manifest`] what survived
//! (all of it after a departure, nothing after a crash), and has to find and dial
//! again. The others learn of it by `peer_lost`.
//!
//! Everything a node is told waits until its processor is free, in order.

mod cost;
mod ctx;

pub use cost::{Cost, SwarmShape};
pub use ctx::{Ctx, Effect, Effects};

use crate::ledger::Class;
use crate::units::Time;
use crate::world::{BlockSet, Channel, DatasetId, Hardware, NodeId, World};
use std::fmt::Debug;

/// The protocol bytes of a message, by what they are for. Transport headers
/// come on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Block data.
    pub payload: u64,
    /// Merkle proofs.
    pub proof: u64,
    /// The message's own content, booked under [`Message::class`].
    pub control: u64,
    /// Encoding around data and proofs.
    pub framing: u64,
}

impl Size {
    /// A message of `bytes` that carries no data.
    pub const fn control(bytes: u64) -> Self {
        Size { payload: 0, proof: 0, control: bytes, framing: 0 }
    }

    /// All bytes.
    pub const fn total(&self) -> u64 {
        self.payload + self.proof + self.control + self.framing
    }

    /// Takes the first `bytes`, which are fewer than all: data comes last.
    pub(crate) fn take(&mut self, bytes: u64) -> Size {
        let mut left = bytes;
        let mut part = |of: &mut u64| {
            let taken = left.min(*of);
            (*of, left) = (*of - taken, left - taken);
            taken
        };
        let (control, framing) = (part(&mut self.control), part(&mut self.framing));
        let (proof, payload) = (part(&mut self.proof), part(&mut self.payload));
        Size { payload, proof, control, framing }
    }
}

/// Units of datasets, as a message carries them; a range is of one dataset.
#[derive(Debug, Clone, Copy)]
pub enum Units<'a> {
    /// None.
    None,
    /// All from the first up to, not including, the second.
    Range(u32, u32),
    /// A set.
    Set(&'a BlockSet),
}

impl Units<'_> {
    /// How many.
    pub fn len(&self) -> u32 {
        match self {
            Units::None => 0,
            Units::Range(start, end) => end - start,
            Units::Set(set) => set.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `other` lies wholly inside.
    pub fn covers(&self, other: &Units<'_>) -> bool {
        match (self, other) {
            (_, Units::None) => true,
            (Units::Range(a, b), Units::Range(c, d)) => a <= c && d <= b,
            (Units::Range(a, b), Units::Set(set)) => {
                set.first().is_none_or(|f| f >= *a) && set.last().is_none_or(|l| l < *b)
            }
            (Units::Set(mine), Units::Set(set)) => set.difference(mine).is_empty(),
            (Units::Set(mine), Units::Range(a, b)) => (*a..*b).all(|unit| mine.contains(unit)),
            (Units::None, other) => other.is_empty(),
        }
    }
}

/// Under what a node announces itself, and others look for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A dataset: tree CID, info hash, root of a graph.
    Dataset(DatasetId),
    /// Its manifest.
    Manifest(DatasetId),
}

impl Key {
    /// The dataset that it is about.
    pub fn dataset(self) -> DatasetId {
        match self {
            Key::Dataset(dataset) | Key::Manifest(dataset) => dataset,
        }
    }

    /// Its place among the keys of all datasets.
    pub fn index(self) -> u32 {
        match self {
            Key::Dataset(dataset) => 2 * dataset.0,
            Key::Manifest(dataset) => 2 * dataset.0 + 1,
        }
    }

    /// How many keys the datasets of `world` have.
    pub fn count(world: &World) -> usize {
        2 * world.datasets.len() as usize
    }

    /// The key at this place.
    pub fn at(index: u32) -> Key {
        let dataset = DatasetId(index / 2);
        if index.is_multiple_of(2) { Key::Dataset(dataset) } else { Key::Manifest(dataset) }
    }
}

/// Which end of a message works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The sender.
    Send,
    /// The receiver.
    Receive,
}

/// A message between two nodes of one protocol.
pub trait Message {
    /// The class of its control bytes.
    fn class(&self) -> Class;

    /// Its size before transport.
    fn size(&self, world: &World) -> Size;

    /// The data it carries.
    fn carried(&self) -> Units<'_> {
        Units::None
    }

    /// Which of the streams of a connection it travels on, where these are opened one by
    /// one, each by the end that first sends on it.
    fn lane(&self) -> u8 {
        0
    }

    /// Processor time it costs one end, which has this `hardware`, besides the cost per byte.
    fn work(&self, world: &World, hardware: &Hardware, side: Side) -> Time {
        let _ = (world, side);
        hardware.per_message
    }
}

/// One node of a protocol. All methods are called at one moment of simulated
/// time and act through `cx`.
pub trait Protocol: Sized {
    /// Its constants; its own table, nobody else's.
    type Params;
    /// What all nodes of a run share and nobody changes: constants, schedules.
    type Shared;
    /// Its messages.
    type Msg: Message;
    /// What its timers carry.
    type Timer: Copy + Debug;

    /// Whether the last block of a file is filled up to the block size, as Codex
    /// does; else it travels as short as it is.
    const PADS: bool = true;

    /// What a swarm costs to simulate: mostly within a factor of 2 of what was
    /// measured. Where nothing was, a message for each block to or from each peer is assumed.
    fn cost(params: &Self::Params, shape: &SwarmShape) -> Cost {
        let _ = params;
        let (each_peer, blocks) = ([5.0, 1.0, 0.0], shape.dataset.blocks() as f64);
        Cost::of(shape, f64::from(shape.peers), blocks, each_peer, each_peer)
            .connecting([0.0, 0.0, 3.5e3])
            .keeping(20e3, 10.0)
    }

    /// Whether two nodes have a connection of its own for each dataset, its channel named
    /// by the dataset; else they have one for all.
    const CONNECTS_PER_DATASET: bool = false;

    /// Whether it reads and rebuilds files with an erasure code; else a run with such a
    /// file is refused.
    const DECODES: bool = false;

    /// Computes what all nodes share, once a run.
    fn prepare(world: &World, params: &Self::Params) -> Self::Shared;

    /// A node before it starts.
    fn new(me: NodeId, world: &World, shared: &Self::Shared) -> Self;

    /// The node came online: at its start, and again after each absence (then
    /// on a fresh instance, with the store that survived). [`Protocol::open`] follows for
    /// each dataset that it holds something of or is to fetch: of an idle node for none, it
    /// looks for nothing and offers nothing, and answers who asks.
    fn start(&mut self, cx: &mut Ctx<'_, Self>) {
        let _ = cx;
    }

    /// The node takes up a dataset: after its start, when it begins to want it
    /// ([`Ctx::wants`]: it is to be fetched), or when it was put here. Of what it holds
    /// others are to know.
    fn open(&mut self, dataset: DatasetId, cx: &mut Ctx<'_, Self>);

    /// The dataset is given up here: deleted, or not to be fetched any more. Nothing of it
    /// is in the store from now on, unless [`Ctx::store`] says so.
    fn close(&mut self, dataset: DatasetId, cx: &mut Ctx<'_, Self>) {
        let _ = (dataset, cx);
    }

    /// A message arrived.
    fn message(&mut self, from: NodeId, message: &Self::Msg, cx: &mut Ctx<'_, Self>);

    /// Processor time that a message just read costs this node; what turns out
    /// useless may cost less than [`Message::work`] says.
    fn work(&self, message: &Self::Msg, world: &World, hardware: &Hardware) -> Time {
        message.work(world, hardware, Side::Receive)
    }

    /// A timer fired.
    fn timer(&mut self, timer: Self::Timer, cx: &mut Ctx<'_, Self>) {
        let _ = (timer, cx);
    }

    /// A tracked message is on its way: a writer that awaited it may go on.
    fn sent(&mut self, to: NodeId, token: u32, cx: &mut Ctx<'_, Self>) {
        let _ = (to, token, cx);
    }

    /// A connection stands, whoever dialled.
    fn connected(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        let _ = (peer, cx);
    }

    /// A look-up of `key` returned providers, newest first.
    fn found(&mut self, key: Key, providers: &[NodeId], cx: &mut Ctx<'_, Self>) {
        let _ = (key, providers, cx);
    }

    /// There will be no connection to `peer`: it is not there, has no room, or went
    /// before the connection stood. Without an answer to this a node that has no other
    /// peer waits for ever.
    fn refused(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        let _ = (peer, cx);
    }

    /// The connection to `peer` is gone; what was under way on it is lost.
    fn peer_lost(&mut self, peer: NodeId, cx: &mut Ctx<'_, Self>) {
        let _ = (peer, cx);
    }

    /// When the node reads what arrives from `peer` now: at once, or later when
    /// its reader pauses; never before what arrived earlier.
    fn reads_at(&mut self, peer: NodeId, now: Time, shared: &Self::Shared) -> Time {
        let _ = (peer, shared);
        now
    }

    /// Whether a connection with `peer` is taken, or made, on this channel.
    fn accepts(&self, peer: NodeId, channel: Channel, shared: &Self::Shared) -> bool {
        let _ = (peer, channel, shared);
        true
    }
}
