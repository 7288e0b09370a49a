//! Drawing which datasets there are, who holds them and who wants them.

use super::{Code, Dataset, DatasetClass, DatasetId, DatasetSpec, Datasets, HeldSpec, HolderSpec};
use super::{Holdings, NodeId, Part, Role, Want, WantedBy, WantedPart, World, WorldSpec};
use crate::rng::{Purpose, Rng};

/// All datasets, the class of each, and what follows of them for nodes.
pub(super) struct Catalogue {
    pub datasets: Datasets,
    /// By dataset: the place of its class in the specification.
    pub classes: Vec<u16>,
}

impl Catalogue {
    pub fn draw(spec: &WorldSpec, seed: u64) -> Self {
        let DatasetSpec { size, block_size, group } = spec.dataset;
        if spec.datasets.is_empty() {
            let plain = Dataset::new(size, block_size, group, None);
            return Catalogue { datasets: Datasets::new(vec![plain]), classes: vec![0] };
        }
        let (mut list, mut classes) = (Vec::new(), Vec::new());
        for (at, class) in (0..).zip(&spec.datasets) {
            for number in 0..class.count {
                let u =
                    || Rng::stream(seed, Purpose::DatasetSizes, (u64::from(at) << 32) | u64::from(number)).uniform();
                let drawn = class.sizes.as_ref().map(|sizes| sizes.draw(number, u())).or(class.size);
                let block_size = class.block_size.unwrap_or(block_size);
                list.push(Dataset::new(drawn.unwrap_or(size), block_size, group, class.code));
                classes.push(at);
            }
        }
        Catalogue { datasets: Datasets::new(list), classes }
    }
}

impl World {
    /// Draws who holds and who wants what, where the scenario describes datasets.
    pub(super) fn distribute(&mut self, spec: &WorldSpec) {
        if spec.datasets.is_empty() {
            if spec.requests.is_some() {
                self.wants = Some(vec![Vec::new(); self.nodes.len()]);
            }
            return;
        }
        let mut given = vec![Holdings::default(); self.nodes.len()];
        let mut wants = vec![Vec::new(); self.nodes.len()];
        for (id, at) in self.datasets.ids().zip(&self.dataset_classes) {
            let class = &spec.datasets[usize::from(*at)];
            let unsaid = if spec.requests.is_some() { WantedBy::Nobody } else { WantedBy::Leechers };
            let dataset = self.datasets.get(id);
            let lost = self.lost_slots(id, class.lost_slots);
            for (node, part) in shared_out(&self.holders(id, &class.holders), held_parts(class, dataset)) {
                if part.slot().is_none_or(|slot| !lost.contains(&slot)) {
                    self.give(&mut given[node.index()], (node, part), id, &class.held);
                }
            }
            let wanting = self.wanting(id, class.wanted_by.as_ref().unwrap_or(&unsaid));
            for (node, part) in shared_out(&wanting, wanted_parts(class, dataset, &lost)) {
                if !given[node.index()].meets(dataset, part) {
                    wants[node.index()].push(Want { dataset: id, part });
                }
            }
        }
        (self.given, self.wants) = (Some(given), Some(wants));
    }

    fn members_of(&self, name: &str) -> Vec<NodeId> {
        let class = self.classes.iter().position(|known| known == name);
        self.ids().filter(|id| Some(usize::from(self.node(*id).class)) == class).collect()
    }

    fn holders(&self, dataset: DatasetId, spec: &HolderSpec) -> Vec<NodeId> {
        let stream = |purpose, dataset| Rng::stream(self.seed, purpose, u64::from(dataset));
        let all = || self.ids().filter(|id| self.node(*id).role.takes_part()).collect::<Vec<_>>();
        match spec {
            HolderSpec::Seeders => self.with_role(Role::Seeder).collect(),
            HolderSpec::Nobody => Vec::new(),
            HolderSpec::Replicas(count) => stream(Purpose::Holders, dataset.0).some(all(), *count as usize),
            HolderSpec::Share(share) => {
                let count = libm::round(share * self.nodes.len() as f64).max(1.0) as usize;
                stream(Purpose::Holders, dataset.0).some(all(), count)
            }
            HolderSpec::Class(name) => self.members_of(name),
        }
    }

    fn wanting(&self, dataset: DatasetId, spec: &WantedBy) -> Vec<NodeId> {
        let stream = |purpose, dataset| Rng::stream(self.seed, purpose, u64::from(dataset));
        let leechers = || self.with_role(Role::Leecher).collect::<Vec<_>>();
        match spec {
            WantedBy::Leechers => leechers(),
            WantedBy::Nobody => Vec::new(),
            WantedBy::Share(share) => {
                let count = libm::round(share * leechers().len() as f64) as usize;
                stream(Purpose::Wants, dataset.0).some(leechers(), count)
            }
            WantedBy::Class(name) => self.members_of(name),
        }
    }

    /// The slots of a dataset that nobody holds.
    fn lost_slots(&self, dataset: DatasetId, count: u32) -> Vec<u16> {
        let slots = self.datasets.get(dataset).code.map_or(0, Code::slots);
        let all = (0..slots).map(|slot| slot as u16).collect();
        let mut rng = Rng::stream(self.seed, Purpose::LostSlots, u64::from(dataset.0));
        let mut lost = if count == 0 { Vec::new() } else { rng.some(all, count as usize) };
        lost.sort_unstable();
        lost
    }

    fn give(&self, to: &mut Holdings, (node, part): (NodeId, Part), id: DatasetId, held: &HeldSpec) {
        let dataset = self.datasets.get(id);
        if let Some(slot) = part.slot() {
            let row = dataset.slot(slot);
            to.add_range(row.start, row.end, dataset);
            return;
        }
        let HeldSpec::Share(share) = held else {
            to.add_all(dataset);
            return;
        };
        let count = libm::round(share * f64::from(dataset.units())) as usize;
        let entity = (u64::from(node.0) << 32) | u64::from(id.0);
        let mut rng = Rng::stream(self.seed, Purpose::HeldUnits, entity);
        let drawn = rng.some((dataset.first..dataset.end()).collect(), count);
        to.add(&drawn.into_iter().collect(), dataset);
    }
}

/// What of a dataset is given to its holders: to each the file, or slots one by one.
fn held_parts(class: &DatasetClass, dataset: &Dataset) -> Option<Vec<Part>> {
    (class.held == HeldSpec::Slots).then(|| slots(dataset).map(Part::Slot).collect())
}

/// What of a dataset they want who want it, likewise.
fn wanted_parts(class: &DatasetClass, dataset: &Dataset, lost: &[u16]) -> Option<Vec<Part>> {
    match class.wanted {
        WantedPart::File => None,
        WantedPart::Slots => Some(slots(dataset).map(Part::Slot).collect()),
        WantedPart::LostSlots => Some(lost.iter().copied().map(Part::Rebuilt).collect()),
    }
}

fn slots(dataset: &Dataset) -> impl Iterator<Item = u16> + use<> {
    (0..dataset.code.map_or(0, Code::slots)).map(|slot| slot as u16)
}

/// The parts of a dataset with nodes: the i-th goes to the i-th node, again from the first
/// where there are fewer nodes; to each node the file where there are no parts.
fn shared_out(nodes: &[NodeId], parts: Option<Vec<Part>>) -> Vec<(NodeId, Part)> {
    match parts {
        None => nodes.iter().map(|node| (*node, Part::File)).collect(),
        Some(parts) => nodes.iter().copied().cycle().zip(parts).collect(),
    }
}
