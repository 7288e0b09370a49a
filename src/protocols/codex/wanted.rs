//! What is wanted, over all datasets: units, and manifests among them.
//!
//! A manifest is an ordinary block of the exchange, addressed by its own CID. Among
//! wanted units it has a number from the end of all numbers, where no unit is.

use crate::protocol::Key;
use crate::world::{BlockSet, Dataset, DatasetId, Datasets, World};

/// From this number on units stand for manifests; there are no more datasets than that
/// leaves room for.
const FIRST_MANIFEST: u32 = u32::MAX - (1 << 24) + 1;

/// The manifest of `dataset` among the wanted units.
pub(super) const fn manifest_of(dataset: DatasetId) -> u32 {
    u32::MAX - dataset.0
}

/// Whether `unit` stands for a manifest.
pub(super) const fn is_manifest(unit: u32) -> bool {
    unit >= FIRST_MANIFEST
}

/// The dataset whose manifest `unit` stands for.
pub(super) const fn dataset_of_manifest(unit: u32) -> DatasetId {
    DatasetId(u32::MAX - unit)
}

/// Whether `set` is of manifests alone.
pub(super) fn is_manifests(set: &BlockSet) -> bool {
    set.first().is_some_and(is_manifest)
}

/// How many manifests are in `set`.
pub(super) fn count_manifests(set: &BlockSet) -> u32 {
    if set.last().is_some_and(is_manifest) { set.len() - set.count_below(FIRST_MANIFEST) } else { 0 }
}

/// The datasets whose manifests are in `set`, the last first.
pub(super) fn manifests_in(set: &BlockSet) -> impl Iterator<Item = DatasetId> + '_ {
    let mut next = set.first_from(FIRST_MANIFEST);
    std::iter::from_fn(move || {
        let unit = next?;
        next = unit.checked_add(1).and_then(|from| set.first_from(from));
        Some(dataset_of_manifest(unit))
    })
}

/// The key under which providers of `unit` are looked for: that of the manifest, or of
/// the tree.
pub(super) fn key_of(unit: u32, world: &World) -> Key {
    if is_manifest(unit) { Key::Manifest(dataset_of_manifest(unit)) } else { Key::Dataset(world.datasets.of(unit)) }
}

/// Whether anything of `set` is of `dataset`, its manifest included.
pub(super) fn is_about(set: &BlockSet, dataset: DatasetId, world: &World) -> bool {
    let of_it = world.datasets.get(dataset);
    set.first_from(of_it.first).is_some_and(|unit| unit < of_it.end()) || set.contains(manifest_of(dataset))
}

/// The datasets that `set` has units of, manifests apart.
pub(super) fn touched<'a>(set: &'a BlockSet, datasets: &'a Datasets) -> impl Iterator<Item = (DatasetId, &'a Dataset)> {
    let some = !is_manifests(set);
    datasets.touched(set).take_while(move |_| some)
}

/// The datasets that `set` is about, by their numbers.
pub(super) fn datasets_of(set: &BlockSet, world: &World) -> BlockSet {
    let of_units = touched(set, &world.datasets).map(|(id, _)| id);
    of_units.chain(manifests_in(set)).map(|id| id.0).collect()
}

/// Takes everything of `dataset` out of `set`.
pub(super) fn drop_dataset(set: &mut BlockSet, dataset: DatasetId, world: &World) {
    if is_about(set, dataset, world) {
        set.subtract(&world.datasets.get(dataset).part_of(set));
        set.remove(manifest_of(dataset));
    }
}

/// Takes what is wanted in turn, dataset by dataset, so that none waits for ever.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Turn {
    /// Where the next turn begins.
    from: u32,
}

impl Turn {
    /// The key of the next dataset that something of `set` is of; `set` is not empty.
    pub fn next(&mut self, set: &BlockSet, world: &World) -> Option<Key> {
        let unit = set.first_from(self.from).or_else(|| set.first())?;
        let key = key_of(unit, world);
        self.from = match key {
            Key::Dataset(dataset) => world.datasets.get(dataset).end(),
            Key::Manifest(_) => unit.wrapping_add(1),
        };
        Some(key)
    }
}
