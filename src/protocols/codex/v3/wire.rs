//! Messages of block exchange v3 and their sizes to the byte.
//!
//! Layout: logos-storage-nim `storage/blockexchange/protocol/message.nim` for
//! control messages (protobuf, every field written, zero or not) and
//! `protocol/wantblocks.nim` for requests and responses (binary). Every message
//! stands behind its length and its type, 5 B.

use super::super::merkle::{ProofForm, multiproof_siblings};
use super::PresenceForm;
use crate::ledger::Class;
use crate::protocol::{Message, Side, Size, Units};
use crate::protocols::parts::wire::{field, varint};
use crate::units::Time;
use crate::world::{BlockSet, Dataset, DatasetId, Datasets, Hardware, World};
use std::rc::Rc;

/// Units of one dataset that a request asks for or a response brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocks {
    /// One run, from the first up to, not including, the second; may be empty.
    Run(u32, u32),
    /// Several runs.
    Set(Rc<BlockSet>),
}

impl Blocks {
    /// The cheapest form of `set`.
    pub fn new(set: BlockSet) -> Self {
        match (set.first(), set.last()) {
            (Some(first), Some(last)) if last - first + 1 == set.len() => Blocks::Run(first, last + 1),
            (None, _) => Blocks::Run(0, 0),
            _ => Blocks::Set(Rc::new(set)),
        }
    }

    /// As a message carries them.
    pub fn units(&self) -> Units<'_> {
        match self {
            Blocks::Run(start, end) if start == end => Units::None,
            Blocks::Run(start, end) => Units::Range(*start, *end),
            Blocks::Set(set) => Units::Set(set),
        }
    }

    /// As a set.
    pub fn to_set(&self) -> BlockSet {
        match self {
            Blocks::Run(start, end) => BlockSet::range(*start, *end),
            Blocks::Set(set) => BlockSet::clone(set),
        }
    }

    /// Number of runs.
    fn runs(&self) -> u64 {
        match self {
            Blocks::Run(start, end) => u64::from(start < end),
            Blocks::Set(set) => set.runs().count() as u64,
        }
    }

    /// The dataset that they are of; any where there are none.
    pub fn dataset<'a>(&self, datasets: &'a Datasets) -> &'a Dataset {
        datasets.at(match self {
            Blocks::Run(start, _) => *start,
            Blocks::Set(set) => set.first().unwrap_or(0),
        })
    }

    /// Number of blocks.
    pub fn count(&self, dataset: &Dataset) -> u64 {
        match self {
            Blocks::Run(start, end) => blocks_between(*start, *end, dataset),
            Blocks::Set(set) => dataset.blocks_of(u64::from(set.len()), set.contains(dataset.last())),
        }
    }
}

/// Runs of units that a node says it has, each `start..end`.
pub type Ranges = Rc<[(u32, u32)]>;

/// Names a request: a download of the node that sent it, a slot there and a use of the
/// slot. To the peer, which answers all requests of one connection in one row, it is a
/// number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId {
    /// What is downloaded.
    pub dataset: DatasetId,
    /// The slot among the requests of that download.
    pub slot: u32,
    /// How often the slot has been used.
    pub generation: u32,
}

/// A message of the exchange or of the manifest protocol, about one dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Msg {
    /// Do you speak the protocol of manifests? And that it does. It is about a stream that
    /// is for one manifest.
    Select {
        /// Whose manifest that is.
        dataset: DatasetId,
        /// Whether this is the answer.
        back: bool,
    },
    /// Send me the manifest.
    ManifestRequest(DatasetId),
    /// The manifest, of so many bytes, or that it is not here.
    Manifest(DatasetId, Option<u64>),
    /// What do you have from the first unit up to, not including, the second?
    WantHave(u32, u32),
    /// I have these, in answer to a question about the unit.
    Have(u32, Ranges, PresenceForm),
    /// I have everything, in answer to a question about the unit.
    Complete(u32),
    /// I have nothing of that, in answer to a question about the unit.
    DontHave(u32),
    /// I have these now: an announcement that answers nothing (download id 0).
    Announce(Ranges, PresenceForm),
    /// Send me these, under this request id.
    Request(RequestId, Blocks),
    /// The answer to the request of this id: what was found, proven so.
    Response(RequestId, Blocks, ProofForm),
}

/// Length of the frame and type of the message.
const FRAME: u64 = 5;
/// What either end of a new stream says: `/multistream/1.0.0` and
/// `/storage/manifest/1.0.0`, each with its length and a line feed.
const SELECT: u64 = 20 + 25;
/// A CID without its length prefix.
const CID: u64 = 38;
/// The smaller fields of an entry of a want list: priority, cancel, type, sendDontHave.
const ENTRY_FLAGS: u64 = 8;
/// The `full` flag of a want list; an empty list is this behind tag and length.
const FULL: u64 = 2;
/// A download id, 0 or 1.
const DOWNLOAD_ID: u64 = 2;
/// A request or response without ranges and blocks, behind the frame: request
/// id 8, CID 2 + 38, count 4.
const HEAD: u64 = 8 + 2 + CID + 4;
/// Per block of a response: index 8, CID 2 + 38, data length 4.
const BLOCK_HEAD: u64 = 8 + 2 + CID + 4;
/// Around the siblings of a proof: its length 2, codec 8, index 8, leaves 8, count 4.
const PROOF_HEAD: u64 = 2 + 8 + 8 + 8 + 4;
/// A sibling: length 2, digest 32.
const SIBLING: u64 = 34;

fn blocks_between(start: u32, end: u32, dataset: &Dataset) -> u64 {
    dataset.blocks_of(u64::from(end - start), start < end && end == dataset.end())
}

/// The number, inside its file, of the first block of a unit.
fn block(unit: u32, dataset: &Dataset) -> u64 {
    u64::from(unit - dataset.first) * u64::from(dataset.group)
}

/// An address as a field: tree CID 40, index 1 + its varint, tag and length 2.
fn address(unit: u32, dataset: &Dataset) -> u64 {
    field(CID + 3 + varint(block(unit, dataset)))
}

fn want_have(start: u32, end: u32, dataset: &Dataset) -> u64 {
    let count = 1 + varint(blocks_between(start, end, dataset));
    let entry = address(start, dataset) + ENTRY_FLAGS + count + DOWNLOAD_ID;
    FRAME + field(field(entry) + FULL)
}

/// A presence about the unit `about`, whose ranges or bits take `what` bytes.
fn presence(about: u32, what: u64, dataset: &Dataset) -> u64 {
    let kind = 2;
    FRAME + field(FULL) + field(address(about, dataset) + kind + what + DOWNLOAD_ID)
}

fn held(ranges: &[(u32, u32)], form: PresenceForm, dataset: &Dataset) -> u64 {
    match form {
        PresenceForm::Ranges => {
            let range = |(start, end): &(u32, u32)| {
                field(2 + varint(block(*start, dataset)) + varint(blocks_between(*start, *end, dataset)))
            };
            ranges.iter().map(range).sum()
        }
        PresenceForm::Bitmap => {
            let first = ranges.iter().map(|r| r.0).min().unwrap_or(dataset.first);
            let last = ranges.iter().map(|r| r.1).max().unwrap_or(first);
            field(blocks_between(first, last, dataset).div_ceil(8))
        }
    }
}

fn request(wanted: &Blocks) -> u64 {
    FRAME + HEAD + 16 * wanted.runs()
}

fn response(found: &Blocks, proof: ProofForm, dataset: &Dataset) -> Size {
    let blocks = found.count(dataset);
    let depth = u64::from(dataset.tree_depth());
    let proof = match proof {
        ProofForm::PerBlock => blocks * (PROOF_HEAD + SIBLING * depth),
        ProofForm::Multiproof if blocks == 0 => 0,
        ProofForm::Multiproof => PROOF_HEAD + SIBLING * multiproof_siblings(&found.to_set(), dataset),
    };
    // 4 B more than a request: the length of the metadata.
    let framing = FRAME + 4 + HEAD + blocks * BLOCK_HEAD;
    Size { payload: blocks * dataset.block_size.get(), proof, control: 0, framing }
}

impl Message for Msg {
    fn class(&self) -> Class {
        match self {
            Msg::Select { .. } | Msg::ManifestRequest(_) | Msg::Manifest(..) => Class::Manifest,
            Msg::WantHave(..) => Class::Want,
            Msg::Have(..) | Msg::Complete(_) | Msg::DontHave(_) => Class::Presence,
            Msg::Announce(..) => Class::Have,
            Msg::Request(..) => Class::Request,
            Msg::Response(..) => Class::Payload,
        }
    }

    fn size(&self, world: &World) -> Size {
        let datasets = &world.datasets;
        Size::control(match self {
            Msg::Select { .. } => SELECT,
            Msg::ManifestRequest(_) => 2 + CID,
            Msg::Manifest(_, found) => 4 + 1 + found.unwrap_or(0),
            Msg::WantHave(start, end) => want_have(*start, *end, datasets.at(*start)),
            Msg::Have(about, ranges, form) => {
                let dataset = datasets.at(*about);
                presence(*about, held(ranges, *form, dataset), dataset)
            }
            Msg::Complete(about) | Msg::DontHave(about) => presence(*about, 0, datasets.at(*about)),
            Msg::Announce(ranges, form) => {
                let about = ranges.first().map_or(0, |range| range.0);
                let dataset = datasets.at(about);
                presence(about, held(ranges, *form, dataset), dataset)
            }
            Msg::Request(_, wanted) => request(wanted),
            Msg::Response(_, found, proof) => return response(found, *proof, found.dataset(datasets)),
        })
    }

    fn carried(&self) -> Units<'_> {
        match self {
            Msg::Response(_, found, _) => found.units(),
            _ => Units::None,
        }
    }

    /// Through a mixnet: requests and responses share a stream, what is said about presence
    /// travels on one that who says it opens, and the manifest on one of its own
    /// (logos-storage-nim `docs/mix-downloads.md`).
    fn lane(&self) -> u8 {
        match self {
            Msg::WantHave(..) | Msg::Request(..) | Msg::Response(..) => 0,
            Msg::Select { .. } | Msg::ManifestRequest(_) | Msg::Manifest(..) => 1,
            Msg::Have(..) | Msg::Complete(_) | Msg::DontHave(_) | Msg::Announce(..) => 2,
        }
    }

    fn work(&self, world: &World, hardware: &Hardware, side: Side) -> Time {
        let blocks = |found: &Blocks| found.count(found.dataset(&world.datasets));
        let entries = match (self, side) {
            (Msg::Response(_, found, _), Side::Send) => hardware.per_block_sent * blocks(found),
            (Msg::Response(_, found, _), Side::Receive) => hardware.per_block_received * blocks(found),
            (Msg::Have(_, ranges, _) | Msg::Announce(ranges, _), _) => hardware.per_entry * ranges.len() as u64,
            (Msg::Request(_, wanted), _) => hardware.per_entry * wanted.runs(),
            (Msg::WantHave(..) | Msg::Complete(_) | Msg::DontHave(_), _) => hardware.per_entry,
            (Msg::Select { .. } | Msg::ManifestRequest(_) | Msg::Manifest(..), _) => Time::ZERO,
        };
        hardware.per_message + entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::parts::bench::dataset;

    fn announced(ranges: &[(u32, u32)], form: PresenceForm, dataset: &Dataset) -> u64 {
        presence(ranges[0].0, held(ranges, form, dataset), dataset)
    }

    /// Oracle F3: a request takes 57 + 16 r, 73 B for one range.
    #[test]
    fn f3_requests() {
        assert_eq!(request(&Blocks::Run(7, 9)), 73);
        for r in [1u64, 2, 5, 100] {
            let set: BlockSet = (0..r as u32).map(|i| 3 * i).collect();
            assert_eq!(request(&Blocks::new(set)), 57 + 16 * r);
        }
    }

    /// Oracle F3: a response takes 61 + B (82 + 34 depth + S).
    #[test]
    fn f3_responses() {
        for (blocks, depth) in [(1u64 << 14, 14), (1_638_400, 21), (10 << 24, 28)] {
            for count in [0u32, 1, 2, 16, 64] {
                let size = response(&Blocks::Run(1_000, 1_000 + count), ProofForm::PerBlock, &dataset(blocks));
                assert_eq!(size.total(), 61 + u64::from(count) * (82 + 34 * depth + 65_536));
            }
        }
    }

    /// The table of codex-protocol 8.2: overhead of responses, 1177 B for two
    /// blocks of a 1 GiB dataset, and its percentages.
    #[test]
    fn responses_of_the_table() {
        let overhead = |blocks, count| {
            let size = response(&Blocks::Run(0, count), ProofForm::PerBlock, &dataset(blocks));
            size.total() - size.payload
        };
        assert_eq!(overhead(1 << 14, 2), 1177);
        for (blocks, per_block, percent) in [
            (1u64 << 14, 558, [0.90, 0.86, 0.85]),
            (1_638_400, 796, [1.26, 1.22, 1.22]),
            (10 << 24, 1034, [1.62, 1.58, 1.58]),
        ] {
            assert_eq!(overhead(blocks, 3) - overhead(blocks, 2), per_block);
            for (count, percent) in [2u32, 16, 64].into_iter().zip(percent) {
                let share = 100.0 * overhead(blocks, count) as f64 / f64::from(count * 65_536);
                assert!((share - percent).abs() < 0.006, "{blocks} {count}: {share}");
            }
        }
    }

    /// The table of codex-protocol 8.2: want frames.
    #[test]
    fn want_frames_of_the_table() {
        let giga = dataset(1 << 14);
        assert_eq!(want_have(0, 16_384, &giga), 69);
        assert_eq!(want_have(0, 2, &giga), 67);
        // An address beyond 2^35 blocks would be needed for a length of two bytes.
        assert_eq!(want_have(1 << 21, (1 << 21) + 2, &dataset(1 << 24)), 70);
    }

    /// The table of codex-protocol 8.2: HaveRange frames.
    #[test]
    fn have_frames_of_the_table() {
        let giga = dataset(1 << 14);
        let one = |start, end| announced(&[(start, end)], PresenceForm::Ranges, &giga);
        assert_eq!((one(0, 16_384), one(200, 202), one(200, 456)), (67, 67, 68));
        assert_eq!(address(5, &giga), 2 + 42);
        // Each further range takes 4 + v(start) + v(count).
        let two = announced(&[(0, 2), (300, 302)], PresenceForm::Ranges, &giga);
        assert_eq!(two - one(0, 2), 4 + 2 + 1);
        // 8192 alternating ranges of a window: about 57 KB.
        let alternating: Vec<(u32, u32)> = (0..8192).map(|i| (2 * i, 2 * i + 1)).collect();
        let worst = announced(&alternating, PresenceForm::Ranges, &giga);
        assert!((56_000..58_000).contains(&worst), "{worst}");
    }

    /// codex-protocol 17, row 5: a bitmap of a GiB window is 2 KiB, whatever it says.
    #[test]
    fn a_bitmap_takes_a_bit_for_each_block() {
        let giga = dataset(1 << 14);
        let alternating: Vec<(u32, u32)> = (0..8192).map(|i| (2 * i, 2 * i + 1)).collect();
        let [ranges, few] = [&alternating[..], &[(0, 1), (16_382, 16_383)][..]];
        for ranges in [ranges, few] {
            let bits = held(ranges, PresenceForm::Bitmap, &giga);
            assert_eq!(bits, 1 + 2 + 2048);
        }
    }

    /// codex-protocol 17, row 15: 340 B of siblings for 16 aligned blocks at
    /// depth 14, against 7616 B.
    #[test]
    fn a_multiproof_replaces_the_proofs_of_a_batch() {
        let giga = dataset(1 << 14);
        let proof = |form| response(&Blocks::Run(32, 48), form, &giga).proof;
        assert_eq!(proof(ProofForm::Multiproof) - PROOF_HEAD, 340);
        assert_eq!(proof(ProofForm::PerBlock) - 16 * PROOF_HEAD, 7616);
    }

    #[test]
    fn a_group_is_charged_block_by_block() {
        let single = dataset(4_001);
        let grouped = crate::protocols::parts::bench::grouped(4_001, 16);
        for form in [ProofForm::PerBlock, ProofForm::Multiproof] {
            let whole = response(&Blocks::Run(3_968, 4_001), form, &single);
            assert_eq!(whole, response(&Blocks::Run(248, 251), form, &grouped));
        }
        assert_eq!(want_have(1_600, 1_920, &single), want_have(100, 120, &grouped));
        let ranges = |r: &[(u32, u32)], d| announced(r, PresenceForm::Ranges, d);
        assert_eq!(ranges(&[(1_600, 1_616)], &single), ranges(&[(100, 101)], &grouped));
    }
}
