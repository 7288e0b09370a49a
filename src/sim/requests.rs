//! Who wants what since when, and what has become of it; what nodes do with datasets
//! during the run.

use super::run::{Event, Simulation};
use crate::ledger::{DownloadEnd, DownloadOutcome, Milestones};
use crate::protocol::{Protocol, Units};
use crate::units::Time;
use crate::world::{Act, DatasetId, NodeId, Step, World};

/// A dataset that a node wants.
#[derive(Debug)]
pub(super) struct Request {
    pub node: NodeId,
    pub dataset: DatasetId,
    /// When it was wanted first, whether or not the node was there.
    pub asked: Time,
    /// Whether the node wants it from its start on, to have and to hold; else it is done
    /// with when it has it.
    pub standing: bool,
    pub milestones: Milestones,
    /// Since when the node has had all of it; nothing when it does not, or has lost it.
    pub complete_since: Option<Time>,
    pub end: DownloadEnd,
    /// Block data that was stored for it.
    pub bytes: u64,
    /// Who sent it, in order.
    pub sources: Vec<NodeId>,
    /// Units that can be read in order, from the beginning.
    in_order: u32,
}

impl Request {
    fn new((node, dataset): (NodeId, DatasetId), asked: Time, standing: bool) -> Self {
        Request {
            node,
            dataset,
            asked,
            standing,
            milestones: Milestones::default(),
            complete_since: None,
            end: DownloadEnd::Unfinished,
            bytes: 0,
            sources: Vec::new(),
            in_order: 0,
        }
    }
}

/// What a node holds of all that it wants from its start on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct HeldOfWanted {
    /// Units in all.
    pub held: u32,
    /// Units that can be read in order, each dataset from its beginning.
    pub in_order: u32,
    /// Units that it wants.
    pub wanted: u32,
}

/// All requests of a run.
#[derive(Debug)]
pub(super) struct Requests {
    pub all: Vec<Request>,
    /// By node, what it wants from its start on, as places in `all`.
    standing: Vec<std::ops::Range<u32>>,
    /// By node, what it holds of that.
    held: Vec<HeldOfWanted>,
    /// By node, how many of its requests are not settled, those that are still to come
    /// among them.
    left: Vec<u32>,
    /// Requests that are not settled, likewise.
    pub open: u64,
    /// Units of all requests that are not called off.
    pub units: u64,
    /// The next of the steps of the world.
    next_step: usize,
}

impl Requests {
    /// Those that are there from the start, and a count of those to come.
    pub fn new(world: &World) -> Self {
        let n = world.nodes.len();
        let mut requests = Requests {
            all: Vec::new(),
            standing: Vec::with_capacity(n),
            held: vec![HeldOfWanted::default(); n],
            left: vec![0; n],
            open: 0,
            units: 0,
            next_step: 0,
        };
        for node in world.ids() {
            let first = requests.all.len() as u32;
            for dataset in world.wanted_by(node) {
                requests.all.push(Request::new((node, dataset), world.node(node).start, true));
                requests.expect(node, dataset, world);
            }
            requests.standing.push(first..requests.all.len() as u32);
        }
        for step in world.steps.iter().filter(|step| step.act == Act::Get) {
            requests.expect(step.node, step.dataset, world);
        }
        requests
    }

    fn expect(&mut self, node: NodeId, dataset: DatasetId, world: &World) {
        self.open += 1;
        self.left[node.index()] += 1;
        self.units += u64::from(world.datasets.get(dataset).units());
    }

    /// What `node` wants from its start on.
    pub fn standing(&self, node: NodeId) -> &[Request] {
        let range = &self.standing[node.index()];
        &self.all[range.start as usize..range.end as usize]
    }

    /// What became of all of them.
    pub fn outcomes(&self) -> Vec<DownloadOutcome> {
        let outcome = |request: &Request| DownloadOutcome {
            node: request.node,
            dataset: request.dataset,
            asked: request.asked,
            milestones: request.milestones,
            complete_since: request.complete_since,
            end: request.end,
            bytes: request.bytes,
            sources: request.sources.len() as u32,
        };
        self.all.iter().map(outcome).collect()
    }

    /// The request of `node` for `dataset` that stands from its start on, as a place in
    /// the list.
    fn place(&self, node: NodeId, dataset: DatasetId) -> Option<usize> {
        let range = self.standing[node.index()].clone();
        let at = self.standing(node).binary_search_by_key(&dataset, |request| request.dataset).ok()?;
        Some(range.start as usize + at)
    }

    /// What `node` has of `dataset` goes by its own will: what was met stays so.
    pub fn release(&mut self, node: NodeId, dataset: DatasetId) {
        if let Some(place) = self.place(node, dataset) {
            self.all[place].standing = false;
        }
    }

    /// The request at `place` is settled; whether it was not before.
    fn settle(&mut self, place: usize, end: DownloadEnd) -> bool {
        let request = &mut self.all[place];
        let news = request.end == DownloadEnd::Unfinished;
        if news {
            request.end = end;
            self.open -= 1;
            self.left[request.node.index()] -= 1;
        }
        news
    }
}

impl<P: Protocol> Simulation<'_, P> {
    /// `id` begins to want what it wants from its start on and does not have, what it
    /// had all of at the start of the run and has lost, and what it was fetching.
    pub(super) fn take_up_wants(&mut self, id: NodeId) {
        let node = &mut self.nodes[id.index()];
        node.wanted.clear();
        let open = self.requests.standing(id).iter().filter(|request| request.end == DownloadEnd::Unfinished);
        node.wanted.extend(open.map(|request| request.dataset));
        node.wanted.extend(node.running.iter().map(|(dataset, _)| *dataset));
        if node.epoch > 1 {
            let (given, datasets) = (self.world.given_to(id), &self.world.datasets);
            let lacks = |dataset| given.has_all(dataset) && !node.store.has_all(dataset);
            node.wanted.extend(datasets.ids().filter(|dataset| lacks(datasets.get(*dataset))));
        }
        node.wanted.sort_unstable();
        node.wanted.dedup();
        let wanted = node.wanted.clone();
        for dataset in wanted.into_iter().filter(|_| self.spec.world.store.is_some()) {
            if !self.make_room(id, dataset) {
                self.nodes[id.index()].wanted.retain(|other| *other != dataset);
                self.call_off(id, dataset, DownloadEnd::Refused);
            }
        }
    }

    /// Books what `id` stored of `dataset`, bytes and units; how many requests that was
    /// wanted for.
    pub(super) fn note_progress(&mut self, id: NodeId, dataset: DatasetId, (bytes, stored): (u64, u32)) -> u32 {
        let spec = self.world.datasets.get(dataset);
        let node = &mut self.nodes[id.index()];
        let done = node.store.has_all(spec);
        if done {
            node.wanted.retain(|wanted| *wanted != dataset);
        }
        let (held, contiguous) = (node.store.len_of(spec), node.store.contiguous_of(spec) - spec.first);
        let first = node.running.partition_point(|(running, _)| *running < dataset);
        let running = node.running[first..].iter().take_while(|(running, _)| *running == dataset);
        let places = running.map(|(_, place)| *place as usize).chain(self.requests.place(id, dataset));
        let mut wanted = 0;
        for place in places {
            let request = &mut self.requests.all[place];
            request.bytes += bytes;
            if let Some(from) = self.handling
                && let Err(at) = request.sources.binary_search(&from)
            {
                request.sources.insert(at, from);
            }
            request.milestones.progress(self.now, held, contiguous, spec.units());
            if request.standing {
                let sum = &mut self.requests.held[id.index()];
                sum.held += stored;
                sum.in_order += contiguous - request.in_order;
                request.in_order = contiguous;
            }
            wanted += 1;
            if done && request.complete_since.is_none() {
                request.complete_since = Some(self.now);
                self.requests.settle(place, DownloadEnd::Complete);
            }
        }
        if done {
            self.end_running(id, dataset);
        }
        wanted
    }

    /// Requests of `id` for `dataset` that are carried out are over: others may begin.
    fn end_running(&mut self, id: NodeId, dataset: DatasetId) {
        let node = &mut self.nodes[id.index()];
        let before = node.running.len();
        node.running.retain(|(running, _)| *running != dataset);
        let (ended, at) = (before - node.running.len(), self.now + self.world.think);
        (0..ended).for_each(|_| self.later(at, Event::Next(id)));
    }

    /// What `id` holds of all that it wants from its start on.
    pub(super) fn held_of_wanted(&self, id: NodeId) -> HeldOfWanted {
        self.requests.held[id.index()]
    }

    /// Counts that anew, after something has gone.
    pub(super) fn recount_wanted(&mut self, id: NodeId) {
        let store = &self.nodes[id.index()].store;
        let range = self.requests.standing[id.index()].clone();
        let mut sum = HeldOfWanted::default();
        for request in &mut self.requests.all[range.start as usize..range.end as usize] {
            let dataset = self.world.datasets.get(request.dataset);
            request.in_order = store.contiguous_of(dataset) - dataset.first;
            sum.held += store.len_of(dataset);
            sum.in_order += request.in_order;
            sum.wanted += dataset.units();
        }
        self.requests.held[id.index()] = sum;
    }

    /// Whether `id` asks for something during the run, beside what it wants from its start.
    pub(super) fn asks_later(&self, id: NodeId) -> bool {
        self.nodes[id.index()].asks
    }

    /// The manifest of `dataset` is stored at `id`.
    pub(super) fn note_manifest(&mut self, id: NodeId, dataset: DatasetId) {
        let running = self.nodes[id.index()].running.iter().filter(|(running, _)| *running == dataset);
        let running = running.map(|(_, place)| *place as usize);
        for place in running.chain(self.requests.place(id, dataset)) {
            self.requests.all[place].milestones.manifest.get_or_insert(self.now);
        }
    }

    /// What `id` had of what it wants is lost: it wants all of it again. Returns how many
    /// units that were.
    pub(super) fn reopen_wants(&mut self, id: NodeId) -> u64 {
        let range = self.requests.standing[id.index()].clone();
        let mut lost = 0;
        for request in &mut self.requests.all[range.start as usize..range.end as usize] {
            if request.complete_since.take().is_some() {
                request.end = DownloadEnd::Unfinished;
                self.requests.open += 1;
                self.requests.left[id.index()] += 1;
            }
            lost += u64::from(self.nodes[id.index()].store.len_of(self.world.datasets.get(request.dataset)));
        }
        let node = &self.nodes[id.index()];
        let held = |(dataset, _): &(DatasetId, u32)| node.store.len_of(self.world.datasets.get(*dataset));
        lost += node.running.iter().map(held).map(u64::from).sum::<u64>();
        lost
    }

    /// Puts the next step of the world on the list.
    pub(super) fn await_step(&mut self) {
        if let Some(step) = self.world.steps.get(self.requests.next_step) {
            self.later(step.at, Event::Step(step.node));
        }
    }

    /// A node does something with a dataset; who is away does it when it comes.
    pub(super) fn on_step(&mut self) {
        let step = self.world.steps[self.requests.next_step];
        self.requests.next_step += 1;
        self.await_step();
        let node = &mut self.nodes[step.node.index()];
        if step.act == Act::Get {
            self.requests.all.push(Request::new((step.node, step.dataset), step.at, false));
            let place = self.requests.all.len() as u32 - 1;
            node.queue.push_back((step.dataset, place));
            self.begin_requests(step.node);
        } else if node.online {
            self.take_step(step);
        } else {
            node.put_off.push(step);
        }
    }

    /// `id` has come: it does what it put off.
    pub(super) fn catch_up_steps(&mut self, id: NodeId) {
        let put_off = std::mem::take(&mut self.nodes[id.index()].put_off);
        put_off.into_iter().for_each(|step| self.take_step(step));
        self.begin_requests(id);
    }

    fn take_step(&mut self, step: Step) {
        match step.act {
            Act::Get => {}
            Act::Put => self.put(step.node, step.dataset),
            Act::Delete => self.delete(step.node, step.dataset),
        }
    }

    /// Requests of `id` begin as many as may be carried out at a time.
    pub(super) fn begin_requests(&mut self, id: NodeId) {
        while self.nodes[id.index()].online && self.nodes[id.index()].busy < self.world.at_a_time {
            let node = &mut self.nodes[id.index()];
            let Some((dataset, place)) = node.queue.pop_front() else { return };
            node.busy += 1;
            if !self.make_room(id, dataset) {
                self.turn_away(id, place as usize);
                continue;
            }
            let node = &mut self.nodes[id.index()];
            if node.store.has_all(self.world.datasets.get(dataset)) {
                self.meet_at_once(id, place as usize);
                continue;
            }
            self.stored_units += u64::from(node.store.len_of(self.world.datasets.get(dataset)));
            let at = node.running.partition_point(|running| *running < (dataset, place));
            node.running.insert(at, (dataset, place));
            if let Err(at) = node.wanted.binary_search(&dataset) {
                node.wanted.insert(at, dataset);
                self.with(id, Units::None, |mind, cx| mind.open(dataset, cx));
            }
        }
    }

    /// What is asked for has no room in the store.
    fn turn_away(&mut self, id: NodeId, place: usize) {
        self.requests.units -= u64::from(self.world.datasets.get(self.requests.all[place].dataset).units());
        self.requests.settle(place, DownloadEnd::Refused);
        self.note_settled(id);
        self.later(self.now + self.world.think, Event::Next(id));
    }

    /// What is asked for is here already.
    fn meet_at_once(&mut self, id: NodeId, place: usize) {
        let request = &mut self.requests.all[place];
        let units = self.world.datasets.get(request.dataset).units();
        request.milestones.progress(self.now, units, units, units);
        request.complete_since = Some(self.now);
        self.stored_units += u64::from(units);
        self.requests.settle(place, DownloadEnd::Held);
        self.note_settled(id);
        self.later(self.now + self.world.think, Event::Next(id));
    }

    /// The pause of a node after a request is over.
    pub(super) fn on_next(&mut self, id: NodeId) {
        self.nodes[id.index()].busy -= 1;
        self.begin_requests(id);
    }

    /// Looks whether all that `id` asks for in the run is settled.
    pub(super) fn note_settled(&mut self, id: NodeId) {
        let account = &mut self.books.accounts[id.index()];
        if self.requests.left[id.index()] > 0 || account.complete_since.is_some() || !self.nodes[id.index()].asks {
            return;
        }
        account.complete_since = Some(self.now);
        account.milestones.all.get_or_insert(self.now);
        self.complete += 1;
        self.presence.part_at(id, self.now + self.world.node(id).seed_for);
    }

    /// `id` is given all of `dataset`, which costs it the work of storing so many blocks;
    /// a full store refuses it.
    fn put(&mut self, id: NodeId, dataset: DatasetId) {
        let spec = self.world.datasets.get(dataset);
        let before = self.bytes_held(id);
        let held = self.nodes[id.index()].store.len_of(spec);
        let lacking = spec.bytes().get().saturating_sub(spec.bytes_of(u64::from(held), false));
        if !self.make_room(id, dataset) || lacking > self.room(id) {
            self.refused_puts += 1;
            return;
        }
        let node = &mut self.nodes[id.index()];
        let new = node.store.add_all(spec);
        node.unverified.subtract(&spec.part_of(&node.unverified.clone()));
        node.manifests.insert(dataset.0);
        node.shelf.give(dataset);
        self.copies += u64::from(new);
        self.books.accounts[id.index()].given_at_start += self.bytes_held(id) - before;
        self.renew_patience();
        let work = self.world.hardware_of(id).per_block_received * u64::from(new) * u64::from(spec.group);
        self.work(id, work);
        let wanted = self.note_progress(id, dataset, (0, new));
        self.stored_units += u64::from(wanted) * u64::from(new);
        self.note_settled(id);
        self.with(id, Units::None, |mind, cx| mind.open(dataset, cx));
    }

    /// `id` deletes `dataset`, and does not want it any more.
    fn delete(&mut self, id: NodeId, dataset: DatasetId) {
        self.nodes[id.index()].wanted.retain(|wanted| *wanted != dataset);
        self.call_off(id, dataset, DownloadEnd::CalledOff);
        self.discard(id, dataset);
    }

    /// Requests of `id` for `dataset` that are not met never will be.
    pub(super) fn call_off(&mut self, id: NodeId, dataset: DatasetId, end: DownloadEnd) {
        let units = u64::from(self.nodes[id.index()].store.len_of(self.world.datasets.get(dataset)));
        let running = self.nodes[id.index()].running.iter().filter(|(running, _)| *running == dataset);
        let running: Vec<usize> = running.map(|(_, place)| *place as usize).collect();
        for place in running.into_iter().chain(self.requests.place(id, dataset)) {
            if self.requests.settle(place, end) {
                self.requests.units -= u64::from(self.world.datasets.get(dataset).units());
                self.stored_units -= units;
            }
        }
        self.end_running(id, dataset);
        self.note_settled(id);
    }
}
