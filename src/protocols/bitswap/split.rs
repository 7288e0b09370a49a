//! One message speaks of blocks of many datasets; a session hears of its own.

use super::dag::Dags;
use super::session::Received;
use crate::world::DatasetId;

/// What a peer sent, said to have and said to lack of one dataset.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer<'a> {
    pub dataset: DatasetId,
    parts: [&'a [u32]; 3],
}

impl Answer<'_> {
    pub fn received(&self) -> Received<'_> {
        Received { blocks: self.parts[0], haves: self.parts[1], lacks: self.parts[2] }
    }
}

/// Hands `each` what there is in `parts` (blocks, HAVEs, DONT_HAVEs) of each dataset, in
/// the order of the datasets.
pub(super) fn split(dags: &Dags, parts: [&[u32]; 3], mut each: impl FnMut(&Answer<'_>)) {
    let first = parts.iter().find_map(|part| part.first()).map(|unit| dags.of(*unit));
    let Some(dataset) = first else { return };
    if dags.is_single() {
        return each(&Answer { dataset, parts });
    }
    let grouped = parts.map(|part| {
        let mut grouped: Vec<(DatasetId, u32)> = part.iter().map(|unit| (dags.of(*unit), *unit)).collect();
        grouped.sort_by_key(|(dataset, _)| *dataset);
        grouped
    });
    let units = [0, 1, 2].map(|kind: usize| grouped[kind].iter().map(|(_, unit)| *unit).collect::<Vec<u32>>());
    let mut begun = [0; 3];
    let next = |begun: &[usize; 3]| (0..3).filter_map(|kind| Some(grouped[kind].get(begun[kind])?.0)).min();
    while let Some(dataset) = next(&begun) {
        let start = begun;
        for (kind, of_kind) in grouped.iter().enumerate() {
            begun[kind] += of_kind[start[kind]..].iter().take_while(|(id, _)| *id == dataset).count();
        }
        each(&Answer { dataset, parts: [0, 1, 2].map(|kind: usize| &units[kind][start[kind]..begun[kind]]) });
    }
}
