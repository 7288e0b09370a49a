//! What has to move in a world: who lacks what since when, and who can give it.

use crate::units::Time;
use crate::world::{Act, NodeId, Part, Want, World};
use std::collections::BTreeSet;

/// A node has to come by so many bytes of what it wants, from a moment on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Need {
    pub node: NodeId,
    pub want: Want,
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
    /// had, counts once, and so does who wants a file and slots of it; what a repair needs
    /// that is asked for during the run depends on the run, and counts nothing: that is a
    /// bound still.
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
            world.wanted_by(id).into_iter().map(move |want| (id, want, from))
        });
        let gets = world.steps.iter().filter(|step| step.act == Act::Get);
        let gets = gets.map(|step| (step.node, Want::file(step.dataset), step.at.max(world.node(step.node).start)));
        let mut needs = Vec::new();
        let mut of_slots = BTreeSet::new();
        for (node, want, from) in standing.chain(gets) {
            let of_it = (node, want.dataset);
            let first = seen.insert(of_it);
            let is_slot = matches!(want.part, Part::Slot(_));
            if first && is_slot {
                of_slots.insert(of_it);
            }
            if first || is_slot && of_slots.contains(&of_it) {
                needs.push(Need { node, want, from, bytes: lacking(world, node, want) });
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

/// Bytes of what is wanted that `node` has not from the start, of the file's true size.
fn lacking(world: &World, node: NodeId, want: Want) -> f64 {
    let spec = world.datasets.get(want.dataset);
    let Some(store) = world.given.as_ref().map(|given| &given[node.index()]) else { return spec.size.get() as f64 };
    let of = |units: u32| spec.bytes_of(u64::from(units), false);
    let held = store.advance_of(spec, want.part).held;
    let bytes = match want.part {
        Part::File if spec.code.is_none() => {
            spec.size.get().saturating_sub(spec.bytes_of(u64::from(held), store.contains(spec.last())))
        }
        Part::File | Part::Rebuilt(_) => spec.size.get().saturating_sub(of(held)),
        // The last block of the file may be short.
        Part::Slot(_) => of(spec.units_of(want.part) - held).saturating_sub(of(1) - spec.bytes_in(spec.last())),
    };
    bytes as f64
}
