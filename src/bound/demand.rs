//! What has to move in a world: who lacks what since when, and who can give it.

use crate::units::Time;
use crate::world::{Act, DatasetId, NodeId, World};
use std::collections::BTreeSet;

/// A node has to come by so many bytes of a dataset, from a moment on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Need {
    pub node: NodeId,
    pub dataset: DatasetId,
    pub from: Time,
    pub bytes: f64,
}

/// What has to move.
#[derive(Debug)]
pub(super) struct Demand {
    /// In order of time.
    pub needs: Vec<Need>,
    /// By node: its needs, as places in `needs`.
    by_node: Vec<Vec<u32>>,
    /// By dataset: who has something of it from the start, or is given it.
    pub sources: Vec<Vec<NodeId>>,
}

impl Demand {
    /// What the wants and requests of `world` come to. Who asks twice, or deletes what it
    /// had, counts once: that is a bound still.
    pub fn of(world: &World) -> Self {
        let mut sources: Vec<Vec<NodeId>> = vec![Vec::new(); world.datasets.len() as usize];
        let mut seen = BTreeSet::new();
        for step in world.steps.iter().filter(|step| step.act == Act::Put) {
            if seen.insert((step.node, step.dataset)) {
                sources[step.dataset.index()].push(step.node);
            }
        }
        for dataset in world.datasets.ids() {
            let holders = world.ids().filter(|id| world.holds_at_start(*id, dataset));
            sources[dataset.index()].extend(holders.filter(|id| !seen.contains(&(*id, dataset))));
        }
        let standing = world.ids().flat_map(|id| {
            let from = world.node(id).start;
            world.wanted_by(id).into_iter().map(move |dataset| (id, dataset, from))
        });
        let gets = world.steps.iter().filter(|step| step.act == Act::Get);
        let gets = gets.map(|step| (step.node, step.dataset, step.at.max(world.node(step.node).start)));
        let mut needs = Vec::new();
        for (node, dataset, from) in standing.chain(gets) {
            if seen.insert((node, dataset)) {
                let bytes = lacking(world, node, dataset);
                needs.push(Need { node, dataset, from, bytes });
            }
        }
        needs.retain(|need| need.bytes > 0.0);
        needs.sort_by_key(|need| need.from);
        let mut by_node = vec![Vec::new(); world.nodes.len()];
        (0..).zip(&needs).for_each(|(place, need): (u32, &Need)| by_node[need.node.index()].push(place));
        Demand { needs, by_node, sources }
    }

    /// What `node` needs.
    pub fn of_node(&self, node: NodeId) -> impl Iterator<Item = &Need> {
        self.by_node[node.index()].iter().map(|place| &self.needs[*place as usize])
    }

    /// When the first need arises.
    pub fn first(&self) -> Time {
        self.needs.first().map_or(Time::ZERO, |need| need.from)
    }
}

/// Bytes of `dataset` that `node` has not from the start, of the file's true size.
fn lacking(world: &World, node: NodeId, dataset: DatasetId) -> f64 {
    let spec = world.datasets.get(dataset);
    let held = world.given.as_ref().map_or(0, |given| {
        let store = &given[node.index()];
        spec.bytes_of(u64::from(store.len_of(spec)), store.contains(spec.last()))
    });
    spec.size.get().saturating_sub(held) as f64
}
