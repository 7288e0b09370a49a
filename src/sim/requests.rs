//! Who wants what since when, and what has become of it.

use super::node::NodeState;
use super::run::{Event, Simulation};
use crate::ledger::{DownloadEnd, DownloadOutcome, Milestones};
use crate::protocol::Protocol;
use crate::units::Time;
use crate::world::{Advance, Dataset, DatasetId, Holdings, NodeId, Want, World};

/// What a node wants.
#[derive(Debug)]
pub(super) struct Request {
    pub node: NodeId,
    pub want: Want,
    /// When it was wanted first, whether or not the node was there.
    pub asked: Time,
    /// When the node began with it.
    pub begun: Option<Time>,
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
    /// How far it is, as it was counted last.
    pub had: Advance,
}

impl Request {
    pub fn new((node, want): (NodeId, Want), asked: Time, standing: bool) -> Self {
        Request {
            node,
            want,
            asked,
            begun: standing.then_some(asked),
            standing,
            milestones: Milestones::default(),
            complete_since: None,
            end: DownloadEnd::Unfinished,
            bytes: 0,
            sources: Vec::new(),
            had: Advance::default(),
        }
    }

    /// How far it is with what is in `store`. What has to be decoded or rebuilt is not all
    /// there before that is done, whatever has come.
    pub fn count(&self, store: &Holdings, world: &World, done: bool) -> Advance {
        let dataset = world.datasets.get(self.want.dataset);
        let units = dataset.units_of(self.want.part);
        if done {
            return Advance { held: units, in_order: units };
        }
        let Advance { held, in_order } = store.advance_of(dataset, self.want.part);
        let most = units.saturating_sub(1);
        Advance { held: held.min(most), in_order: in_order.min(most) }
    }
}

/// What a node holds of all that it wants from its start on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct HeldOfWanted {
    /// In all.
    pub had: Advance,
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
    /// By node, whether one of them found no room.
    refused: Vec<bool>,
    /// Requests that are not settled, likewise.
    pub open: u64,
    /// Units of all requests that are not called off.
    pub units: u64,
    /// The next of the steps of the world.
    pub next_step: usize,
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
            refused: vec![false; n],
            open: 0,
            units: 0,
            next_step: 0,
        };
        for node in world.ids() {
            let first = requests.all.len() as u32;
            for want in world.wanted_by(node) {
                requests.all.push(Request::new((node, want), world.node(node).start, true));
                requests.expect(node, want, world);
            }
            requests.standing.push(first..requests.all.len() as u32);
        }
        for step in world.steps.iter().filter(|step| step.act.is_request()) {
            requests.expect(step.node, Want::file(step.dataset), world);
        }
        requests
    }

    fn expect(&mut self, node: NodeId, want: Want, world: &World) {
        self.open += 1;
        self.left[node.index()] += 1;
        self.units += u64::from(world.datasets.get(want.dataset).units_of(want.part));
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
            want: request.want,
            asked: request.asked,
            begun: request.begun,
            milestones: request.milestones,
            complete_since: request.complete_since,
            end: request.end,
            bytes: request.bytes,
            sources: request.sources.len() as u32,
            source: if let [alone] = request.sources[..] { Some(alone) } else { None },
        };
        self.all.iter().map(outcome).collect()
    }

    /// The requests of `node` for `dataset` that stand from its start on, as places in
    /// the list.
    fn places(&self, node: NodeId, dataset: DatasetId) -> std::ops::Range<usize> {
        let (start, standing) = (self.standing[node.index()].start as usize, self.standing(node));
        let first = standing.partition_point(|request| request.want.dataset < dataset);
        let of_it = standing[first..].iter().take_while(|request| request.want.dataset == dataset).count();
        start + first..start + first + of_it
    }

    /// What `node` has of `dataset` goes by its own will: what was met stays so.
    pub fn release(&mut self, node: NodeId, dataset: DatasetId) {
        for place in self.places(node, dataset) {
            self.all[place].standing = false;
        }
    }

    /// The request at `place` is settled; whether it was not before.
    fn settle(&mut self, place: usize, end: DownloadEnd) -> bool {
        let request = &mut self.all[place];
        let news = request.end == DownloadEnd::Unfinished;
        if news {
            request.end = end;
            self.refused[request.node.index()] |= end == DownloadEnd::Refused;
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
        node.wanted.extend(open.map(|request| request.want));
        node.wanted.extend(node.running.iter().map(|(want, _)| *want));
        if node.epoch > 1 {
            let (given, datasets) = (self.world.given_to(id), &self.world.datasets);
            let lacks =
                |dataset: &Dataset| dataset.code.is_none() && given.has_all(dataset) && !node.store.has_all(dataset);
            node.wanted.extend(datasets.ids().filter(|id| lacks(datasets.get(*id))).map(Want::file));
        }
        node.wanted.sort_unstable();
        node.wanted.dedup();
        let wanted = node.wanted.clone();
        for want in wanted.into_iter().filter(|_| self.spec.world.store.is_some()) {
            let (dataset, missing) = (want.dataset, self.missing(id, want));
            if !self.make_room(id, dataset, missing) {
                self.nodes[id.index()].wanted.retain(|other| other.dataset != dataset);
                self.call_off(id, dataset, DownloadEnd::Refused);
            }
        }
    }

    /// Looks how far `id` is with what it wants of `dataset`, of which `bytes` are new, and
    /// which is `decoded` now or not; how many requests that concerns.
    pub(super) fn note_progress(&mut self, id: NodeId, dataset: DatasetId, bytes: u64, decoded: bool) -> u32 {
        let spec = self.world.datasets.get(dataset);
        let NodeState { store, wanted, running, .. } = &mut self.nodes[id.index()];
        let is_met = |part| if spec.decodes(part) { decoded } else { store.meets(spec, part) };
        let mut at = wanted.partition_point(|want| want.dataset < dataset);
        while let Some(want) = wanted.get(at).filter(|want| want.dataset == dataset) {
            if is_met(want.part) {
                wanted.remove(at);
            } else {
                at += 1;
            }
        }
        let first = running.partition_point(|(want, _)| want.dataset < dataset);
        let running = running[first..].iter().take_while(|(want, _)| want.dataset == dataset);
        let places = running.map(|(_, place)| *place as usize).chain(self.requests.places(id, dataset));
        let (mut concerned, mut settled) = (0, false);
        for place in places {
            let request = &mut self.requests.all[place];
            let done = is_met(request.want.part) || request.complete_since.is_some();
            let (now, before) = (request.count(store, self.world, done), request.had);
            request.bytes += bytes;
            if let Some(from) = self.handling
                && let Err(at) = request.sources.binary_search(&from)
            {
                request.sources.insert(at, from);
            }
            request.milestones.progress(self.now, now.held, now.in_order, spec.units_of(request.want.part));
            request.had = now;
            // It may have less when it drops what it does not need any more.
            self.stored_units = (self.stored_units + u64::from(now.held)).saturating_sub(u64::from(before.held));
            if request.standing {
                let sum = &mut self.requests.held[id.index()];
                sum.had.held = (sum.had.held + now.held).saturating_sub(before.held);
                sum.had.in_order = (sum.had.in_order + now.in_order).saturating_sub(before.in_order);
            }
            concerned += 1;
            if done && request.complete_since.is_none() {
                request.complete_since = Some(self.now);
                settled |= self.requests.settle(place, DownloadEnd::Complete);
            }
        }
        if settled {
            self.end_running(id);
        }
        concerned
    }

    /// Requests of `id` that are carried out and settled are over: others may begin.
    fn end_running(&mut self, id: NodeId) {
        let node = &mut self.nodes[id.index()];
        let before = node.running.len();
        let all = &self.requests.all;
        node.running.retain(|(_, place)| all[*place as usize].end == DownloadEnd::Unfinished);
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
            let dataset = self.world.datasets.get(request.want.dataset);
            let done = request.complete_since.is_some() && store.meets(dataset, request.want.part);
            request.had = request.count(store, self.world, done);
            sum.had.held += request.had.held;
            sum.had.in_order += request.had.in_order;
            sum.wanted += dataset.units_of(request.want.part);
        }
        self.requests.held[id.index()] = sum;
    }

    /// Whether `id` asks for something during the run, beside what it wants from its start.
    pub(super) fn asks_later(&self, id: NodeId) -> bool {
        self.nodes[id.index()].asks
    }

    /// The manifest of `dataset` is stored at `id`.
    pub(super) fn note_manifest(&mut self, id: NodeId, dataset: DatasetId) {
        let running = self.nodes[id.index()].running.iter().filter(|(want, _)| want.dataset == dataset);
        let running = running.map(|(_, place)| *place as usize);
        for place in running.chain(self.requests.places(id, dataset)) {
            self.requests.all[place].milestones.manifest.get_or_insert(self.now);
        }
    }

    /// What `id` had of what it wants is lost: it wants all of it again.
    pub(super) fn reopen_wants(&mut self, id: NodeId) {
        let range = self.requests.standing[id.index()].clone();
        for request in &mut self.requests.all[range.start as usize..range.end as usize] {
            if request.complete_since.take().is_some() {
                request.end = DownloadEnd::Unfinished;
                self.requests.open += 1;
                self.requests.left[id.index()] += 1;
            }
        }
        let running = self.nodes[id.index()].running.iter().map(|(_, place)| *place as usize);
        for place in running.chain(range.start as usize..range.end as usize) {
            let lost = std::mem::take(&mut self.requests.all[place].had).held;
            self.stored_units = self.stored_units.saturating_sub(u64::from(lost));
        }
    }

    /// What is asked for has no room in the store.
    pub(super) fn turn_away(&mut self, id: NodeId, place: usize) {
        self.requests.units -= self.units_of(place);
        self.requests.settle(place, DownloadEnd::Refused);
        self.renew_patience();
        self.note_settled(id);
        self.later(self.now + self.world.think, Event::Next(id));
    }

    /// What is asked for is here already.
    pub(super) fn meet_at_once(&mut self, id: NodeId, place: usize) {
        let units = self.units_of(place) as u32;
        let request = &mut self.requests.all[place];
        request.milestones.progress(self.now, units, units, units);
        request.complete_since = Some(self.now);
        self.stored_units += u64::from(units);
        self.requests.settle(place, DownloadEnd::Held);
        self.renew_patience();
        self.note_settled(id);
        self.later(self.now + self.world.think, Event::Next(id));
    }

    /// How many units the request at `place` is for.
    fn units_of(&self, place: usize) -> u64 {
        let Want { dataset, part } = self.requests.all[place].want;
        u64::from(self.world.datasets.get(dataset).units_of(part))
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
        self.presence.part_at(id, self.now + self.world.node(id).seed_for);
        if self.requests.refused[id.index()] {
            return; // it is done, and has not had all
        }
        account.complete_since = Some(self.now);
        account.milestones.all.get_or_insert(self.now);
        self.complete += 1;
    }

    /// Requests of `id` for `dataset` that are not met never will be.
    pub(super) fn call_off(&mut self, id: NodeId, dataset: DatasetId, end: DownloadEnd) {
        let running = self.nodes[id.index()].running.iter().filter(|(want, _)| want.dataset == dataset);
        let running: Vec<usize> = running.map(|(_, place)| *place as usize).collect();
        for place in running.into_iter().chain(self.requests.places(id, dataset)) {
            if self.requests.settle(place, end) {
                self.requests.units -= self.units_of(place);
                self.stored_units -= u64::from(self.requests.all[place].had.held);
            }
        }
        self.end_running(id);
        self.note_settled(id);
    }
}
