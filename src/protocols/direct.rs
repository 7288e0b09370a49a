//! Yardstick: every leecher downloads from the seeders alone.
//!
//! Requests name ranges and cost no bytes, so cost follows requests and not
//! blocks, and closed forms hold exactly: with one seeder, a fixed number of
//! blocks outstanding and no transport overhead this is the sliding-window law.
//! It moves what Codex would, whole blocks, the last one padded; so does `ideal`.

use crate::ledger::Class;
use crate::protocol::{Cost, Ctx, Key, Message, Protocol, Size, SwarmShape, Units};
use crate::protocols::parts::UnitRange;
use crate::units::{Bytes, Time};
use crate::world::{DatasetId, NodeId, Role, World};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Constants of `direct`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Amount asked for in one request, rounded up to whole units.
    pub request: Bytes,
    /// Requests into which a dataset is cut at the most; large datasets are
    /// asked for in larger requests.
    pub max_requests: u32,
    /// Requests outstanding at one seeder.
    pub outstanding: u32,
    /// Pause before looking for seeders again when there are too few.
    pub retry: Time,
}

/// What all nodes share.
#[derive(Debug)]
pub struct Shared {
    params: Params,
    /// Units in one request.
    chunk: u32,
}

/// Messages of `direct`.
#[derive(Debug, Clone, Copy)]
pub enum Msg {
    /// Send me these; free of charge.
    Request(UnitRange),
    /// Here they are.
    Data(UnitRange),
}

impl Message for Msg {
    fn class(&self) -> Class {
        match self {
            Msg::Request(_) => Class::Request,
            Msg::Data(_) => Class::Payload,
        }
    }

    fn size(&self, world: &World) -> Size {
        match self {
            Msg::Request(_) => Size::default(),
            Msg::Data((start, end)) => Size { payload: span_bytes(world, *start, *end), ..Size::default() },
        }
    }

    fn carried(&self) -> Units<'_> {
        match self {
            Msg::Request(_) => Units::None,
            Msg::Data((start, end)) => Units::Range(*start, *end),
        }
    }
}

/// Bytes of block data in a range of units.
pub(super) fn span_bytes(world: &World, start: u32, end: u32) -> u64 {
    world.only().bytes_of(u64::from(end - start), end == world.only().units())
}

/// A node of `direct`.
#[derive(Debug)]
pub struct Direct {
    /// Connected seeders and what is outstanding at each.
    seeders: Vec<(NodeId, VecDeque<UnitRange>)>,
    /// What has to be asked for again.
    again: Vec<UnitRange>,
    /// Nothing from here on was asked for yet.
    next: u32,
}

type Context<'a> = Ctx<'a, Direct>;

impl Direct {
    fn complete(cx: &Context<'_>) -> bool {
        cx.store().len() == cx.world.only().units()
    }

    fn take(&mut self, cx: &Context<'_>) -> Option<UnitRange> {
        if let Some(span) = self.again.pop() {
            return Some(span);
        }
        let start = self.next;
        let end = start.saturating_add(cx.shared.chunk).min(cx.world.only().units());
        self.next = end;
        (start < end).then_some((start, end))
    }

    /// Keeps the pipe to seeder `index` full.
    fn fill(&mut self, index: usize, cx: &mut Context<'_>) {
        while self.seeders[index].1.len() < cx.shared.params.outstanding as usize {
            let Some(span) = self.take(cx) else { return };
            self.seeders[index].1.push_back(span);
            cx.send(self.seeders[index].0, Msg::Request(span));
        }
    }
}

impl Protocol for Direct {
    type Params = Params;
    type Shared = Shared;
    type Msg = Msg;
    /// Time to look for seeders again.
    type Timer = ();

    /// A request with its answer: 0.5 us and 0.05 us for each leecher per seeder
    /// (measured 0.7 / 1.0 / 8 us at 7 / 24 / 61).
    fn cost(params: &Params, shape: &SwarmShape) -> Cost {
        let requests = shape.dataset.size.get().div_ceil(params.request.get().max(1));
        Cost {
            deliveries: requests.min(u64::from(params.max_requests)) as f64,
            connections: shape.connections(shape.seeders),
            events: 0.5,
            micros: 0.5 + 0.05 * shape.leechers_per_seeder(),
        }
    }

    fn prepare(world: &World, params: &Params) -> Shared {
        let dataset = world.only();
        let unit = dataset.block_size.get() * u64::from(dataset.group);
        let asked = params.request.get().div_ceil(unit).max(1);
        let least = u64::from(dataset.units()).div_ceil(u64::from(params.max_requests.max(1)));
        Shared { params: params.clone(), chunk: asked.max(least) as u32 }
    }

    fn new(_me: NodeId, _world: &World, _shared: &Shared) -> Self {
        Direct { seeders: Vec::new(), again: Vec::new(), next: 0 }
    }

    fn open(&mut self, _dataset: DatasetId, cx: &mut Context<'_>) {
        if Direct::complete(cx) {
            // A leecher that comes back complete must not serve: it was not a seeder.
            if cx.world.node(cx.me).role == Role::Seeder {
                cx.provide(Key::Dataset(DatasetId(0)));
            }
            return;
        }
        self.next = cx.store().contiguous_of(cx.world.only());
        cx.find(Key::Dataset(DatasetId(0)));
    }

    fn message(&mut self, from: NodeId, message: &Msg, cx: &mut Context<'_>) {
        match *message {
            Msg::Request((start, end)) if cx.store().covers(start, end) => cx.send(from, Msg::Data((start, end))),
            // A seeder that lost its data is none.
            Msg::Request(_) => cx.hang_up(from),
            Msg::Data((start, end)) => {
                cx.keep(Units::Range(start, end));
                if let Some(index) = self.seeders.iter().position(|(id, _)| *id == from) {
                    self.seeders[index].1.retain(|span| *span != (start, end));
                    self.fill(index, cx);
                }
            }
        }
    }

    fn timer(&mut self, (): (), cx: &mut Context<'_>) {
        if !Direct::complete(cx) {
            cx.find(Key::Dataset(DatasetId(0)));
        }
    }

    fn found(&mut self, _key: Key, providers: &[NodeId], cx: &mut Context<'_>) {
        providers.iter().for_each(|id| cx.dial(*id));
        if self.seeders.is_empty() {
            cx.after(cx.shared.params.retry, ());
        }
    }

    fn connected(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let wants = !Direct::complete(cx) && cx.world.node(cx.me).role != Role::Idle;
        if wants && cx.world.node(peer).role == Role::Seeder {
            self.seeders.push((peer, VecDeque::new()));
            self.fill(self.seeders.len() - 1, cx);
        }
    }

    fn peer_lost(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let Some(index) = self.seeders.iter().position(|(id, _)| *id == peer) else { return };
        self.again.extend(self.seeders.remove(index).1);
        (0..self.seeders.len()).for_each(|i| self.fill(i, cx));
        cx.after(cx.shared.params.retry, ());
    }
}
