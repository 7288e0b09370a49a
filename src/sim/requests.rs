//! Who wants what since when, and what has become of it.

use super::run::Simulation;
use crate::ledger::{DownloadOutcome, Milestones};
use crate::protocol::Protocol;
use crate::units::Time;
use crate::world::{DatasetId, NodeId, World};

/// A dataset that a node wants.
#[derive(Debug)]
pub(super) struct Request {
    pub node: NodeId,
    pub dataset: DatasetId,
    /// When it was wanted first, whether or not the node was there.
    pub asked: Time,
    pub milestones: Milestones,
    /// Since when the node has had all of it; nothing when it does not, or has lost it.
    pub complete_since: Option<Time>,
    /// Block data that was stored for it.
    pub bytes: u64,
    /// Who sent it, in order.
    pub sources: Vec<NodeId>,
}

/// All requests of a run.
#[derive(Debug)]
pub(super) struct Requests {
    pub all: Vec<Request>,
    /// By node, what it wants from its start on, as places in `all`.
    standing: Vec<std::ops::Range<u32>>,
    /// Requests that are not complete.
    pub open: u64,
    /// Units of all requests.
    pub units: u64,
}

impl Requests {
    /// Those that are there from the start.
    pub fn new(world: &World) -> Self {
        let mut requests =
            Requests { all: Vec::new(), standing: Vec::with_capacity(world.nodes.len()), open: 0, units: 0 };
        for node in world.ids() {
            let first = requests.all.len() as u32;
            for dataset in world.wanted_by(node) {
                requests.add(node, dataset, world.node(node).start, world);
            }
            requests.standing.push(first..requests.all.len() as u32);
        }
        requests
    }

    fn add(&mut self, node: NodeId, dataset: DatasetId, asked: Time, world: &World) {
        self.open += 1;
        self.units += u64::from(world.datasets.get(dataset).units());
        self.all.push(Request {
            node,
            dataset,
            asked,
            milestones: Milestones::default(),
            complete_since: None,
            bytes: 0,
            sources: Vec::new(),
        });
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
            bytes: request.bytes,
            sources: request.sources.len() as u32,
        };
        self.all.iter().map(outcome).collect()
    }

    /// The request of `node` for `dataset`, as a place in the list.
    fn place(&self, node: NodeId, dataset: DatasetId) -> Option<usize> {
        let range = self.standing[node.index()].clone();
        let at = self.standing(node).binary_search_by_key(&dataset, |request| request.dataset).ok()?;
        Some(range.start as usize + at)
    }
}

impl<P: Protocol> Simulation<'_, P> {
    /// `id` begins to want what it wants from its start on and does not have, and what it
    /// had all of at the start of the run and has lost.
    pub(super) fn take_up_wants(&mut self, id: NodeId) {
        let node = &mut self.nodes[id.index()];
        node.wanted.clear();
        let open = self.requests.standing(id).iter().filter(|request| request.complete_since.is_none());
        node.wanted.extend(open.map(|request| request.dataset));
        if node.epoch > 1 {
            let (given, datasets) = (self.world.given_to(id), &self.world.datasets);
            let lacks = |dataset| given.has_all(dataset) && !node.store.has_all(dataset);
            node.wanted.extend(datasets.ids().filter(|dataset| lacks(datasets.get(*dataset))));
            node.wanted.sort_unstable();
        }
    }

    /// Books what `id` stored of `dataset`; whether that was wanted.
    pub(super) fn note_progress(&mut self, id: NodeId, dataset: DatasetId, bytes: u64) -> bool {
        let (node, spec) = (&mut self.nodes[id.index()], self.world.datasets.get(dataset));
        if node.store.has_all(spec) {
            node.wanted.retain(|wanted| *wanted != dataset);
        }
        let Some(place) = self.requests.place(id, dataset) else { return false };
        let request = &mut self.requests.all[place];
        let (held, contiguous) = (node.store.len_of(spec), node.store.contiguous_of(spec) - spec.first);
        request.bytes += bytes;
        if let Some(from) = self.handling
            && let Err(at) = request.sources.binary_search(&from)
        {
            request.sources.insert(at, from);
        }
        request.milestones.progress(self.now, held, contiguous, spec.units());
        if held == spec.units() && request.complete_since.is_none() {
            request.complete_since = Some(self.now);
            self.requests.open -= 1;
        }
        true
    }

    /// What `id` holds of all that it wants from its start on: units in all, units that
    /// can be read in order, each dataset from its beginning; and how many it wants.
    pub(super) fn held_of_wanted(&self, id: NodeId) -> (u32, u32, u32) {
        let store = &self.nodes[id.index()].store;
        let datasets = self.requests.standing(id).iter().map(|request| self.world.datasets.get(request.dataset));
        datasets.fold((0, 0, 0), |(held, contiguous, units), dataset| {
            let in_order = store.contiguous_of(dataset) - dataset.first;
            (held + store.len_of(dataset), contiguous + in_order, units + dataset.units())
        })
    }

    /// The manifest of `dataset` is stored at `id`.
    pub(super) fn note_manifest(&mut self, id: NodeId, dataset: DatasetId) {
        if let Some(place) = self.requests.place(id, dataset) {
            self.requests.all[place].milestones.manifest.get_or_insert(self.now);
        }
    }

    /// What `id` had of what it wants is lost: it wants all of it again. Returns how many
    /// units that were.
    pub(super) fn reopen_wants(&mut self, id: NodeId) -> u64 {
        let range = self.requests.standing[id.index()].clone();
        let mut lost = 0;
        for request in &mut self.requests.all[range.start as usize..range.end as usize] {
            self.requests.open += u64::from(request.complete_since.take().is_some());
            lost += u64::from(self.nodes[id.index()].store.len_of(self.world.datasets.get(request.dataset)));
        }
        lost
    }
}
