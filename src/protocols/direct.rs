//! Yardstick: every download is from the seeders of its dataset alone.
//!
//! A seeder of a dataset is whoever holds of it from the start, or where it was put;
//! nobody passes on what it has downloaded. Each download has requests of its own
//! outstanding at each of its seeders; one connection carries those of all datasets.
//! Requests name ranges and cost no bytes, so cost follows requests and not
//! blocks, and closed forms hold exactly: with one seeder, a fixed number of
//! blocks outstanding and no transport overhead this is the sliding-window law.
//! It moves what Codex would, whole blocks, the last one padded; so does `ideal`.

use crate::ledger::Class;
use crate::protocol::{Cost, Ctx, Key, Message, Protocol, Size, SwarmShape, Units};
use crate::protocols::parts::UnitRange;
use crate::units::{Bytes, Time};
use crate::world::{Act, BlockSet, Dataset, DatasetId, Holdings, NodeId, World};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};

/// Constants of `direct`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Amount asked for in one request, rounded up to whole units.
    pub request: Bytes,
    /// Requests into which a dataset is cut at the most; large datasets are
    /// asked for in larger requests.
    pub max_requests: u32,
    /// Requests of one download outstanding at one seeder.
    pub outstanding: u32,
    /// Pause before looking for seeders again when there are too few.
    pub retry: Time,
}

/// Messages of `direct`.
#[derive(Debug, Clone, Copy)]
pub enum Msg {
    /// Send me these; free of charge.
    Request(UnitRange),
    /// Here they are.
    Data(UnitRange),
    /// I do not have them, and am no seeder of this dataset; free of charge.
    Gone(UnitRange),
}

impl Message for Msg {
    fn class(&self) -> Class {
        match self {
            Msg::Request(_) => Class::Request,
            Msg::Data(_) => Class::Payload,
            Msg::Gone(_) => Class::Other,
        }
    }

    fn size(&self, world: &World) -> Size {
        match self {
            Msg::Request(_) | Msg::Gone(_) => Size::default(),
            Msg::Data((start, end)) => Size { payload: span_bytes(world, *start, *end), ..Size::default() },
        }
    }

    fn carried(&self) -> Units<'_> {
        match self {
            Msg::Request(_) | Msg::Gone(_) => Units::None,
            Msg::Data((start, end)) => Units::Range(*start, *end),
        }
    }
}

/// Bytes of block data in a range of units of one dataset.
pub(super) fn span_bytes(world: &World, start: u32, end: u32) -> u64 {
    let dataset = world.datasets.at(start);
    dataset.bytes_of(u64::from(end - start), end == dataset.end())
}

/// A seeder of one dataset.
#[derive(Debug)]
struct Seeder {
    id: NodeId,
    /// Asked of it, and not here.
    outstanding: VecDeque<UnitRange>,
    /// Whether it has all of the dataset.
    whole: bool,
    /// Of what it has, everything below this was taken or asked for; of who has a part.
    from: u32,
}

/// What is to be fetched of one dataset.
#[derive(Debug, Default)]
struct Download {
    /// Connected seeders.
    seeders: Vec<Seeder>,
    /// Who was found to have it.
    providers: Vec<NodeId>,
    /// What has to be asked for again.
    again: Vec<UnitRange>,
    /// Nothing from here on was asked for yet.
    next: u32,
    /// In the place of both: what is to be asked for, once a seeder has a part only.
    open: Option<BlockSet>,
}

impl Download {
    /// What to ask of seeder `index` next, at most `chunk` units.
    fn take(&mut self, index: usize, chunk: u32, dataset: &Dataset, world: &World) -> Option<UnitRange> {
        let seeder = &mut self.seeders[index];
        if let Some(open) = &mut self.open {
            let given = world.given.as_ref().filter(|_| !seeder.whole).map(|given| &given[seeder.id.index()]);
            let span = run_of(open, seeder.from, chunk, given);
            seeder.from = span.map_or(dataset.end(), |(_, end)| end);
            span.into_iter().flat_map(|(start, end)| start..end).for_each(|unit| {
                open.remove(unit);
            });
            return span;
        }
        if let Some(span) = self.again.pop() {
            return Some(span);
        }
        let start = self.next;
        let end = start.saturating_add(chunk).min(dataset.end());
        self.next = end;
        (start < end).then_some((start, end))
    }

    /// `spans` have to be asked for again.
    fn give_back(&mut self, spans: impl IntoIterator<Item = UnitRange>, dataset: &Dataset) {
        let Some(open) = &mut self.open else { return self.again.extend(spans) };
        spans.into_iter().for_each(|(start, end)| {
            open.insert_range(start, end);
        });
        self.seeders.iter_mut().for_each(|seeder| seeder.from = dataset.first);
    }

    /// Some seeder has a part only.
    fn look_at_units(&mut self, dataset: &Dataset, store: &Holdings) {
        let spans = std::mem::take(&mut self.again).into_iter().chain([(self.next, dataset.end())]);
        let units = spans.flat_map(|(start, end)| start..end);
        self.open.get_or_insert_with(|| units.filter(|unit| !store.contains(*unit)).collect());
    }
}

/// The first units of `open` from `from` on, of those `given`, one behind the other.
fn run_of(open: &BlockSet, from: u32, most: u32, given: Option<&Holdings>) -> Option<UnitRange> {
    let has = |unit: u32| given.is_none_or(|given| given.contains(unit));
    let mut start = open.first_from(from)?;
    while !has(start) {
        start = open.first_from(start + 1)?;
    }
    let length = (1..most).take_while(|ahead| open.contains(start + ahead) && has(start + ahead)).count();
    Some((start, start + 1 + length as u32))
}

/// What all nodes share.
#[derive(Debug)]
pub struct Shared {
    params: Params,
    /// Who is given which dataset during the run.
    put: BTreeSet<(NodeId, DatasetId)>,
}

impl Shared {
    /// Whether `id` seeds `dataset`, of which it has something: who downloaded it does not.
    fn seeds(&self, id: NodeId, dataset: DatasetId, world: &World) -> bool {
        world.holds_at_start(id, dataset) || self.put.contains(&(id, dataset))
    }
}

/// Units in one request.
fn chunk(dataset: &Dataset, params: &Params) -> u32 {
    let unit = dataset.block_size.get() * u64::from(dataset.group);
    let asked = params.request.get().div_ceil(unit).max(1);
    let least = u64::from(dataset.units()).div_ceil(u64::from(params.max_requests.max(1)));
    asked.max(least) as u32
}

/// A node of `direct`.
#[derive(Debug, Default)]
pub struct Direct {
    /// Connected nodes.
    peers: Vec<NodeId>,
    /// In the order of the datasets.
    downloads: Vec<(DatasetId, Download)>,
}

type Context<'a> = Ctx<'a, Direct>;

impl Direct {
    fn find(&mut self, dataset: DatasetId) -> Option<&mut Download> {
        let at = self.downloads.binary_search_by_key(&dataset, |(id, _)| *id).ok()?;
        Some(&mut self.downloads[at].1)
    }

    /// Keeps the pipe to seeder `index` full.
    fn fill(download: &mut Download, index: usize, dataset: &Dataset, cx: &mut Context<'_>) {
        let (world, params) = (cx.world, &cx.shared.params);
        while download.seeders[index].outstanding.len() < params.outstanding as usize {
            let Some(span) = download.take(index, chunk(dataset, params), dataset, world) else { return };
            download.seeders[index].outstanding.push_back(span);
            cx.send(download.seeders[index].id, Msg::Request(span));
        }
    }

    /// A seeder of dataset `id` is connected.
    fn join(download: &mut Download, id: DatasetId, peer: NodeId, cx: &mut Context<'_>) {
        let (world, dataset) = (cx.world, cx.world.datasets.get(id));
        if download.seeders.iter().any(|seeder| seeder.id == peer) {
            return;
        }
        let given = world.given.as_ref().map(|given| &given[peer.index()]);
        // Who held nothing at the start was given all of it later.
        let whole = given.is_none_or(|given| given.has_all(dataset) || given.len_of(dataset) == 0);
        if !whole {
            download.look_at_units(dataset, cx.store());
        }
        download.seeders.push(Seeder { id: peer, outstanding: VecDeque::new(), whole, from: dataset.first });
        Direct::fill(download, download.seeders.len() - 1, dataset, cx);
    }

    /// `peer` seeds dataset `id` no more: others are asked for what it owes.
    fn leave(download: &mut Download, id: DatasetId, peer: NodeId, cx: &mut Context<'_>) {
        let Some(index) = download.seeders.iter().position(|seeder| seeder.id == peer) else { return };
        let (owed, dataset) = (download.seeders.remove(index).outstanding, cx.world.datasets.get(id));
        download.give_back(owed, dataset);
        (0..download.seeders.len()).for_each(|i| Direct::fill(download, i, dataset, cx));
        cx.after(cx.shared.params.retry, id);
    }
}

impl Protocol for Direct {
    type Params = Params;
    type Shared = Shared;
    type Msg = Msg;
    /// Time to look for seeders of a dataset again.
    type Timer = DatasetId;

    /// A request with its answer.
    fn cost(params: &Params, shape: &SwarmShape) -> Cost {
        let requests = shape.dataset.size.get().div_ceil(params.request.get().max(1));
        let requests = requests.min(u64::from(params.max_requests)) as f64;
        Cost::of(shape, f64::from(shape.peers), requests, [4.1, -1.39, 0.89], [0.085, 1.17, -0.41])
            .connecting([0.08, 1.5, 100.0])
            .keeping(5e3, 61.0)
    }

    fn prepare(world: &World, params: &Params) -> Shared {
        let put = world.steps.iter().filter(|step| step.act == Act::Put).map(|step| (step.node, step.dataset));
        Shared { params: params.clone(), put: put.collect() }
    }

    fn new(_me: NodeId, _world: &World, _shared: &Shared) -> Self {
        Direct::default()
    }

    fn open(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        if !cx.wants(dataset) {
            // A leecher that comes back complete must not serve: it was not a seeder.
            if cx.shared.seeds(cx.me, dataset, cx.world) {
                cx.provide(Key::Dataset(dataset));
            }
            return;
        }
        let given = cx.world.given.as_ref().map(|given| &given[cx.me.index()]);
        let part = given.filter(|given| given.len_of(cx.dataset(dataset)) > 0);
        if part.is_some_and(|part| cx.store().includes(part, cx.dataset(dataset))) {
            cx.provide(Key::Dataset(dataset)); // it had a part from the start
        }
        let next = cx.store().contiguous_of(cx.dataset(dataset));
        let mut download = Download { next, ..Download::default() };
        for peer in self.peers.iter().filter(|peer| cx.world.holds_at_start(**peer, dataset)) {
            Direct::join(&mut download, dataset, *peer, cx);
        }
        let at = self.downloads.partition_point(|(id, _)| *id < dataset);
        self.downloads.insert(at, (dataset, download));
        cx.find(Key::Dataset(dataset));
    }

    fn close(&mut self, dataset: DatasetId, _cx: &mut Context<'_>) {
        self.downloads.retain(|(id, _)| *id != dataset);
    }

    fn message(&mut self, from: NodeId, message: &Msg, cx: &mut Context<'_>) {
        match *message {
            Msg::Request((start, end)) if cx.store().covers(start, end) => cx.send(from, Msg::Data((start, end))),
            Msg::Request((start, end)) => {
                // A seeder that lost its data is none.
                let of_it = cx.store().len_of(cx.world.datasets.at(start));
                if cx.store().len() > of_it { cx.send(from, Msg::Gone((start, end))) } else { cx.hang_up(from) }
            }
            Msg::Data((start, end)) => {
                let id = cx.world.datasets.of(start);
                let Some(download) = self.find(id) else { return }; // given up
                cx.keep(Units::Range(start, end));
                if let Some(index) = download.seeders.iter().position(|seeder| seeder.id == from) {
                    download.seeders[index].outstanding.retain(|span| *span != (start, end));
                    Direct::fill(download, index, cx.world.datasets.get(id), cx);
                }
            }
            Msg::Gone((start, _)) => {
                let id = cx.world.datasets.of(start);
                self.find(id).into_iter().for_each(|download| Direct::leave(download, id, from, cx));
            }
        }
    }

    fn timer(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        if cx.wants(dataset) {
            cx.find(Key::Dataset(dataset));
        }
    }

    fn found(&mut self, key: Key, providers: &[NodeId], cx: &mut Context<'_>) {
        let Ok(at) = self.downloads.binary_search_by_key(&key.dataset(), |(id, _)| *id) else { return };
        let (id, download) = &mut self.downloads[at];
        download.providers = providers.iter().copied().filter(|peer| cx.shared.seeds(*peer, *id, cx.world)).collect();
        for peer in providers {
            cx.dial(*peer);
            if self.peers.contains(peer) && download.providers.contains(peer) && cx.wants(*id) {
                Direct::join(download, *id, *peer, cx);
            }
        }
        // With parts alone there may be others who have the rest.
        if download.seeders.is_empty() || download.open.is_some() {
            cx.after(cx.shared.params.retry, *id);
        }
    }

    fn connected(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        self.peers.push(peer);
        for (id, download) in &mut self.downloads {
            let has_it = download.providers.contains(&peer) || cx.world.holds_at_start(peer, *id);
            if has_it && cx.wants(*id) {
                Direct::join(download, *id, peer, cx);
            }
        }
    }

    fn peer_lost(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        self.peers.retain(|other| *other != peer);
        self.downloads.iter_mut().for_each(|(id, download)| Direct::leave(download, *id, peer, cx));
    }
}
