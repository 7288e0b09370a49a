//! Asking: who has a block, and from whom to take it.

use super::{Batches, Cancel, CodexV1, Context, FirstRequest, Reader, Timer, Why, coding};
use crate::engine::TimerId;
use crate::protocol::{Key, Units};
use crate::protocols::codex::discovery::holders;
use crate::protocols::codex::wanted::{drop_dataset, is_about, key_of, manifest_of, manifests_in, touched};
use crate::protocols::codex::{Msg, advertise};
use crate::units::Time;
use crate::world::{BlockSet, DatasetId, NodeId};
use std::rc::Rc;

/// Knowledge of and dealings with one connected peer.
#[derive(Debug)]
pub(super) struct Peer {
    /// What it told us it has, as far as we still want it.
    have: BlockSet,
    /// What we asked it to send and still want.
    requested: BlockSet,
    pub reader: Reader,
}

/// What a node wants, of all datasets, and the tasks that ask for it.
#[derive(Debug, Default)]
pub(super) struct Wants {
    /// Wanted blocks and when they will be asked for again, by unit.
    tasks: Vec<(u32, TimerId)>,
    /// The units of `tasks`.
    wanted: BlockSet,
    /// The part of `wanted` that some peer was asked to send.
    in_flight: BlockSet,
}

impl Wants {
    fn place(&self, unit: u32) -> Result<usize, usize> {
        self.tasks.binary_search_by_key(&unit, |(unit, _)| *unit)
    }
}

impl CodexV1 {
    /// Begins with the manifest, unless it is here already.
    pub(super) fn begin_download(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let Some(part) = cx.part_wanted(dataset) else { return };
        if self.downloads.get(&dataset).is_some_and(|download| download.part == part) {
            return;
        }
        let units = coding::in_order(part, cx.dataset(dataset), &cx.shared.params.coding);
        self.downloads.insert(dataset, Batches::new(part, units));
        if cx.has_manifest(dataset) {
            self.begin_dataset(dataset, cx);
        } else {
            if !std::mem::replace(&mut self.looping, true) {
                cx.after(cx.shared.params.discovery_loop, Timer::DiscoveryLoop);
            }
            self.want(manifest_of(dataset), cx);
        }
    }

    fn begin_dataset(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        coding::begin(self, dataset, cx);
        self.fetch(dataset, cx);
    }

    /// Gives a download up; peers are not told.
    pub(super) fn end_download(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        self.downloads.remove(&dataset);
        self.decoders.stop(dataset);
        if !is_about(&self.wants.wanted, dataset, cx.world) {
            return;
        }
        let mut left = self.wants.wanted.clone();
        drop_dataset(&mut left, dataset, cx.world);
        let dropped = self.wants.wanted.difference(&left);
        self.forget(&dropped, cx);
    }

    fn forget(&mut self, dropped: &BlockSet, cx: &mut Context<'_>) {
        self.resolve(dropped, cx);
        for peer in self.peers.iter_mut() {
            peer.have.subtract(dropped);
            peer.requested.subtract(dropped);
        }
    }

    /// `set`, units of one dataset, is not wanted any more.
    pub(super) fn drop_wants(&mut self, set: &BlockSet, why: Why, cx: &mut Context<'_>) {
        let dropped = set.intersection(&self.wants.wanted);
        if why == Why::Spare {
            self.cancel(cx.me, &dropped, cx);
        }
        self.forget(&dropped, cx);
        self.go_on(&dropped, cx);
    }

    /// `set` is here: downloads go on whose batches are.
    fn go_on(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        let world = cx.world;
        for (dataset, _) in touched(set, &world.datasets) {
            if self.downloads.get_mut(&dataset).is_some_and(|download| download.came(set)) {
                match cx.shared.params.fetch_pause {
                    Time::ZERO => self.fetch(dataset, cx),
                    pause => drop(cx.after(pause, Timer::Fetch(dataset))),
                }
            }
        }
    }

    /// Whether any of `set` is still wanted.
    pub(super) fn wants_any(&self, set: &BlockSet) -> bool {
        self.wants.wanted.intersects(set)
    }

    /// Asks for the next blocks in order that are not here (`fetchBatched`).
    pub(super) fn fetch(&mut self, id: DatasetId, cx: &mut Context<'_>) {
        let Some(download) = self.downloads.get_mut(&id) else { return };
        let dataset = cx.world.datasets.get(id);
        let batch = (cx.shared.params.fetch_batch / dataset.group).max(1);
        let units = download.take(batch, dataset, cx.store());
        if units.is_empty() {
            if !self.decoders.has(id) {
                self.downloads.remove(&id);
            }
            return;
        }
        cx.cpu(cx.hardware().per_lookup * u64::from(units.len() * dataset.group));
        units.iter().for_each(|unit| self.want(unit, cx));
    }

    /// Starts the task of `unit`.
    pub(super) fn want(&mut self, unit: u32, cx: &mut Context<'_>) {
        if let Err(at) = self.wants.place(unit) {
            let retry = cx.after(cx.shared.params.retry_interval, Timer::Retry(unit));
            self.wants.tasks.insert(at, (unit, retry));
            self.wants.wanted.insert(unit);
            self.ask(unit, cx);
        }
    }

    /// The task of `unit` has waited in vain and tries again.
    pub(super) fn pursue(&mut self, unit: u32, cx: &mut Context<'_>) {
        let Ok(at) = self.wants.place(unit) else { return };
        self.wants.tasks[at].1 = cx.after(cx.shared.params.retry_interval, Timer::Retry(unit));
        self.ask(unit, cx);
    }

    /// One turn of the task of `unit` (`downloadInternal`): asks a holder to
    /// send it or, where none is known, everybody whether they have it.
    fn ask(&mut self, unit: u32, cx: &mut Context<'_>) {
        let known = self.peers.iter().any(|p| p.have.contains(unit));
        let chosen = match cx.shared.params.first_request {
            FirstRequest::Holder if known => {
                let holders = || (0..self.peers.len()).filter(|at| self.peers[*at].have.contains(unit));
                let draw = cx.rng().below(holders().count() as u64) as usize;
                holders().nth(draw)
            }
            FirstRequest::Holder => None,
            FirstRequest::Anybody => {
                let choice = || (0..self.peers.len()).filter(|at| !known || self.peers[*at].have.contains(unit));
                let count = choice().count() as u64;
                cx.shared.order.hash(unit).checked_rem(count).and_then(|draw| choice().nth(draw as usize))
            }
        };
        let set = Rc::new(BlockSet::one(unit));
        match chosen {
            Some(index) => {
                self.wants.in_flight.insert(unit);
                self.request(index, &set, cx);
            }
            None => drop(self.wants.in_flight.remove(unit)),
        }
        if chosen.is_none() || cx.shared.params.first_request == FirstRequest::Anybody {
            for (index, id) in self.peers.ids().iter().enumerate() {
                if Some(index) != chosen && !self.peers[index].have.contains(unit) {
                    cx.send(*id, Msg::WantHave(Rc::clone(&set)));
                }
            }
        }
        if !known {
            self.search(key_of(unit, cx.world), cx);
        }
    }

    fn request(&mut self, index: usize, set: &Rc<BlockSet>, cx: &mut Context<'_>) {
        self.peers[index].requested.union_with(set);
        cx.send(self.peers.ids()[index], Msg::WantBlock(Rc::clone(set)));
    }

    /// Looks for peers, unless that is being done for the dataset.
    fn search(&mut self, key: Key, cx: &mut Context<'_>) {
        if !self.searching.contains(key.dataset().0) && self.lookups.put(key) {
            self.searching.insert(key.dataset().0);
            self.look_up(cx);
        }
    }

    /// Carries searches out, while few hold anything of a dataset.
    pub(super) fn look_up(&mut self, cx: &mut Context<'_>) {
        let (peers, searching, world) = (&self.peers, &mut self.searching, cx.world);
        let enough = cx.shared.params.min_peers;
        let scarce = |key: Key| {
            let few = holders(peers, |peer| &peer.have, key, world) < enough;
            if !few {
                searching.remove(key.dataset().0);
            }
            few
        };
        self.lookups.work(scarce, cx);
    }

    /// Every few seconds missing manifests are looked for again.
    pub(super) fn on_discovery_loop(&mut self, cx: &mut Context<'_>) {
        let missing: BlockSet = manifests_in(&self.wants.wanted).map(|dataset| dataset.0).collect();
        self.looping = !missing.is_empty();
        if self.looping {
            for dataset in missing.iter().filter(|dataset| !self.searching.contains(*dataset)) {
                self.lookups.offer(Key::Manifest(DatasetId(dataset)));
            }
            self.searching.union_with(&missing);
            self.look_up(cx);
            cx.after(cx.shared.params.discovery_loop, Timer::DiscoveryLoop);
        }
    }

    /// A new peer is told all our wants.
    pub(super) fn on_connected(&mut self, id: NodeId, cx: &mut Context<'_>) {
        let reader = Reader::new(cx.now(), cx.shared.params.read_interval);
        self.peers.add(id, Peer { have: BlockSet::new(), requested: BlockSet::new(), reader });
        self.responder.meet(id);
        if !self.wants.wanted.is_empty() {
            cx.send(id, Msg::WantHave(Rc::new(self.wants.wanted.clone())));
        }
    }

    /// The first peer that says it has a block is asked to send it, together
    /// with all others that nobody was asked for.
    pub(super) fn on_presence(&mut self, from: NodeId, set: &BlockSet, cx: &mut Context<'_>) {
        let Some(index) = self.peers.position(from) else { return };
        let again = cx.shared.params.request_in_flight;
        let peer = &mut self.peers[index];
        peer.have.union_with(set);
        peer.have.retain_in(&self.wants.wanted);
        let take = if again { peer.have.clone() } else { peer.have.difference(&self.wants.in_flight) };
        self.wants.in_flight.union_with(&take);
        if again {
            take.iter().for_each(|unit| self.request(index, &Rc::new(BlockSet::one(unit)), cx));
        } else if !take.is_empty() {
            self.request(index, &Rc::new(take), cx);
        }
    }

    pub(super) fn on_manifests(&mut self, from: NodeId, set: &BlockSet, cx: &mut Context<'_>) {
        let got = set.intersection(&self.wants.wanted);
        if got.is_empty() {
            return;
        }
        self.resolve(&got, cx);
        manifests_in(&got).for_each(|dataset| cx.manifest_stored(dataset));
        self.cancel(from, &got, cx);
        self.responder.serve_waiting(&got, cx);
        for dataset in manifests_in(&got) {
            advertise(dataset, cx);
            self.begin_dataset(dataset, cx);
        }
    }

    /// Whoever sends a block that is wanted, it is taken. What is not wanted
    /// any more was sent in vain. (Cancellations leave at once; a task that has
    /// been scheduled begins after them.)
    pub(super) fn on_delivery(&mut self, from: NodeId, set: &BlockSet, cx: &mut Context<'_>) {
        let got = set.intersection(&self.wants.wanted);
        if got.is_empty() {
            return;
        }
        cx.keep(Units::Set(&got));
        self.resolve(&got, cx);
        self.cancel(from, &got, cx);
        self.responder.serve_waiting(&got, cx);
        self.go_on(&got, cx);
        coding::on_delivery(self, &got, cx);
    }

    /// Ends the tasks of `set`.
    fn resolve(&mut self, set: &BlockSet, cx: &mut Context<'_>) {
        self.wants.wanted.subtract(set);
        self.wants.in_flight.subtract(set);
        for unit in set.iter() {
            if let Ok(at) = self.wants.place(unit) {
                let (_, retry) = self.wants.tasks.remove(at);
                cx.cancel(retry);
            }
        }
    }

    /// Tells peers that `set`, which `from` delivered, is wanted no more.
    fn cancel(&mut self, from: NodeId, set: &BlockSet, cx: &mut Context<'_>) {
        let policy = cx.shared.params.cancel;
        let everything = Rc::new(set.clone());
        for index in 0..self.peers.len() {
            let (id, peer) = (self.peers.ids()[index], &mut self.peers[index]);
            let cancelled = match policy {
                Cancel::Everybody => Rc::clone(&everything),
                Cancel::AllHolders => Rc::new(peer.have.intersection(set)),
                Cancel::Outstanding if id != from => Rc::new(peer.requested.intersection(set)),
                Cancel::Outstanding | Cancel::Never => Rc::default(),
            };
            peer.have.subtract(set);
            peer.requested.subtract(set);
            if !cancelled.is_empty() {
                cx.send(id, Msg::Cancel(cancelled));
            }
        }
    }
}
