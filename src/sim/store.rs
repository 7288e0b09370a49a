//! Stores that are full, and what goes from them.

use super::run::{Event, Simulation};
use crate::ledger::DownloadEnd;
use crate::protocol::{Protocol, Units};
use crate::units::{Bytes, Time};
use crate::world::{DatasetId, NodeId, StoreSpec, Want, WhenStoreFull, World};

/// What a node's store knows of what is in it.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// Datasets that it has asked for, the one asked for longest ago first.
    recent: Vec<DatasetId>,
    /// What it was given during the run: it stays.
    given: Vec<DatasetId>,
    /// When something of a dataset was stored last, in order of datasets; kept where
    /// datasets expire.
    stored: Vec<(DatasetId, Time)>,
    /// The blocks up to here were examined for what has expired.
    examined: u64,
}

impl Shelf {
    /// `dataset` is asked for now.
    pub fn ask(&mut self, dataset: DatasetId) {
        self.recent.retain(|other| *other != dataset);
        self.recent.push(dataset);
    }

    fn forget(&mut self, dataset: DatasetId) {
        self.recent.retain(|other| *other != dataset);
        self.stored.retain(|(other, _)| *other != dataset);
    }

    /// It holds `dataset` by no wish of its own.
    pub fn give(&mut self, dataset: DatasetId) {
        self.given.push(dataset);
    }

    fn keeps(&self, id: NodeId, dataset: DatasetId, world: &World) -> bool {
        self.given.contains(&dataset) || world.holds_at_start(id, dataset)
    }
}

impl<P: Protocol> Simulation<'_, P> {
    fn store_spec(&self) -> Option<&StoreSpec> {
        self.spec.world.store.as_ref()
    }

    /// Bytes that may still be stored at `id`.
    pub(super) fn room(&self, id: NodeId) -> u64 {
        let Some(store) = self.store_spec().filter(|store| store.when_full == WhenStoreFull::Refuse) else {
            return u64::MAX;
        };
        store.quota.map_or(u64::MAX, |quota| quota.get().saturating_sub(self.books.accounts[id.index()].held()))
    }

    /// Bytes of `want` that `id` has to come by.
    pub(super) fn missing(&self, id: NodeId, want: Want) -> u64 {
        let (spec, store) = (self.world.datasets.get(want.dataset), &self.nodes[id.index()].store);
        let held = store.advance_of(spec, want.part).held;
        let has_last = spec.code.is_none() && store.contains(spec.last());
        let all = spec.bytes_of(u64::from(spec.units_of(want.part)), spec.code.is_none());
        all.saturating_sub(spec.bytes_of(u64::from(held), has_last))
    }

    /// `id` is to have `needed` bytes more of `dataset` now: whether it can at all. A cache
    /// makes room.
    pub(super) fn make_room(&mut self, id: NodeId, dataset: DatasetId, needed: u64) -> bool {
        let evicts = self.store_spec().filter(|store| store.when_full == WhenStoreFull::Evict);
        let Some(Bytes(quota)) = evicts.and_then(|store| store.quota) else { return true };
        let node = &mut self.nodes[id.index()];
        node.shelf.ask(dataset);
        let others: Vec<Want> = node.wanted.iter().filter(|want| want.dataset != dataset).copied().collect();
        let needed = needed + others.into_iter().map(|want| self.missing(id, want)).sum::<u64>();
        if needed > quota {
            return false; // nothing has to go for what cannot come
        }
        loop {
            if self.books.accounts[id.index()].held() + needed <= quota {
                return true;
            }
            let node = &self.nodes[id.index()];
            let goes = |of: &&DatasetId| {
                let busy = **of == dataset || node.is_fetching(**of);
                let there = node.store.len_of(self.world.datasets.get(**of)) > 0;
                !busy && there && !node.shelf.keeps(id, **of, self.world)
            };
            let Some(oldest) = node.shelf.recent.iter().find(goes).copied() else { return false };
            self.discard(id, oldest);
        }
    }

    /// What came of `dataset` found no room: it is not fetched any more.
    pub(super) fn refuse(&mut self, id: NodeId, dataset: DatasetId) {
        if self.nodes[id.index()].is_fetching(dataset) {
            self.nodes[id.index()].wanted.retain(|want| want.dataset != dataset);
            self.call_off(id, dataset, DownloadEnd::Refused);
            self.with(id, Units::None, |mind, cx| mind.close(dataset, cx));
        }
    }

    /// Something of `dataset` is stored at `id`.
    pub(super) fn note_stored(&mut self, id: NodeId, dataset: DatasetId) {
        if self.store_spec().is_some_and(|store| store.ttl.is_some()) {
            let (now, stored) = (self.now, &mut self.nodes[id.index()].shelf.stored);
            match stored.binary_search_by_key(&dataset, |(known, _)| *known) {
                Ok(at) => stored[at].1 = now,
                Err(at) => stored.insert(at, (dataset, now)),
            }
        }
    }

    /// The next look of `id` at its store.
    pub(super) fn await_tidying(&mut self, id: NodeId) {
        if let Some(every) = self.store_spec().and_then(StoreSpec::looks_every) {
            let epoch = self.nodes[id.index()].epoch;
            self.list.push(self.now + every, Event::Tidy(id, epoch));
        }
    }

    /// `id` looks at its store, and deletes what has to go.
    pub(super) fn on_tidy(&mut self, id: NodeId, epoch: u32) {
        let node = &self.nodes[id.index()];
        if node.epoch != epoch || !node.online {
            return;
        }
        let Some(store) = self.store_spec().copied() else { return };
        if store.when_full == WhenStoreFull::Collect
            && let Some(quota) = store.quota
            && self.books.accounts[id.index()].held() as f64 > store.gc_watermark * quota.get() as f64
        {
            self.collect(id);
        }
        if let Some(ttl) = store.ttl {
            self.sweep(id, ttl, u64::from(store.sweep_blocks));
        }
        self.await_tidying(id);
    }

    /// Deletes all that `id` fetched and is not fetching now.
    fn collect(&mut self, id: NodeId) {
        let node = &self.nodes[id.index()];
        let garbage = |dataset: &DatasetId| !node.is_fetching(*dataset) && !node.shelf.keeps(id, *dataset, self.world);
        let held = node.store.firsts().map(|first| self.world.datasets.of(first));
        let garbage: Vec<DatasetId> = held.filter(garbage).collect();
        garbage.into_iter().for_each(|dataset| self.discard(id, dataset));
    }

    /// Examines the next `blocks` blocks; datasets whose last one is among them go when
    /// they have expired.
    fn sweep(&mut self, id: NodeId, ttl: Time, blocks: u64) {
        let node = &self.nodes[id.index()];
        let held = |dataset: DatasetId| {
            let spec = self.world.datasets.get(dataset);
            spec.blocks_of(u64::from(node.store.len_of(spec)), node.store.contains(spec.last()))
        };
        let (from, to) = (node.shelf.examined, node.shelf.examined + blocks);
        let (mut passed, mut gone, mut expired) = (0, 0, Vec::new());
        for (dataset, stored) in &node.shelf.stored {
            passed += held(*dataset);
            if passed > from && passed <= to && *stored + ttl <= self.now {
                gone += held(*dataset);
                expired.push(*dataset);
            }
        }
        // Behind the last block it begins anew.
        self.nodes[id.index()].shelf.examined = if to >= passed { 0 } else { to - gone };
        expired.into_iter().for_each(|dataset| self.discard(id, dataset));
    }

    /// What `id` holds of `dataset` goes.
    pub(super) fn discard(&mut self, id: NodeId, dataset: DatasetId) {
        let spec = self.world.datasets.get(dataset);
        let before = self.bytes_held(id);
        let node = &mut self.nodes[id.index()];
        let gone = u64::from(node.store.remove(spec));
        node.unverified.subtract(&spec.part_of(&node.unverified.clone()));
        node.manifests.remove(dataset.0);
        node.shelf.forget(dataset);
        self.copies -= gone;
        self.books.accounts[id.index()].deleted += before - self.bytes_held(id);
        self.recount_wanted(id);
        self.requests.release(id, dataset);
        self.with(id, Units::None, |mind, cx| mind.close(dataset, cx));
    }
}
