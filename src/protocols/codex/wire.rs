//! Messages of block exchange v1 and v2 and of the sister forks, and their sizes
//! to the byte.
//!
//! Layout: Codex `codex/blockexchange/protobuf/message.nim:82-165`. The writer
//! writes every field, zero or not (nim-libp2p `minprotobuf.nim`), so sizes
//! depend on the length of indices and of the Merkle proof alone. A list may speak of
//! many datasets: each entry has the address of its own, each proof the depth of its own.

use super::merkle::{ProofForm, multiproof_siblings};
use super::wanted::{count_manifests, is_manifests, touched};
use crate::ledger::Class;
use crate::protocol::{Message, Side, Size, Units};
use crate::protocols::parts::wire::{field, frame, varint};
use crate::units::Time;
use crate::world::{BlockSet, Dataset, Datasets, Hardware, World};
use std::rc::Rc;

/// A message of the exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Msg {
    /// Who has these? (Shared: many peers are asked the same.)
    WantHave(Rc<BlockSet>),
    /// I have these and, where absence is told, lack those.
    Presence {
        /// What is here.
        have: Rc<BlockSet>,
        /// What was asked for and is not here.
        lack: Option<Rc<BlockSet>>,
    },
    /// I have these now, which you once asked about in vain.
    Have(Rc<BlockSet>),
    /// Send me these.
    WantBlock(Rc<BlockSet>),
    /// I want these no more.
    Cancel(Rc<BlockSet>),
    /// Here are these, proved in this form.
    Delivery(Rc<BlockSet>, ProofForm),
    /// Here are these manifests, each of so many bytes. (The original may put blocks into
    /// the same message, which saves its 14 bytes around them.)
    Manifests(Rc<BlockSet>, u64),
}

/// What depends on whether blocks have a price.
#[derive(Debug, Clone, Copy)]
struct Encoding {
    /// End of every message.
    trailer: u64,
    /// An entry of a presence list without its address.
    presence: u64,
}

/// pendingBytes 2, empty account 4, empty payment 4; entries with a price of 34.
const PRICED: Encoding = Encoding { trailer: 10, presence: 40 };
/// The sister forks have no accounts, payments and prices.
const UNPRICED: Encoding = Encoding { trailer: 2, presence: 6 };
/// An empty want list, in messages without wants.
const NO_WANTS: u64 = 4;
/// Address of a leaf without its index: tree CID, leaf flag, tags.
const LEAF_ADDRESS: u64 = 43;
/// Address of a block by its own CID.
const CID_ADDRESS: u64 = 42;
/// Merkle proof: bytes per level.
const PROOF_LEVEL: u64 = 36;

/// How many blocks of `dataset` a set stands for, and the summed varint lengths of
/// their indices.
fn indices(set: &BlockSet, dataset: &Dataset) -> (u64, u64) {
    let (group, first) = (u64::from(dataset.group), dataset.first);
    let (count, with_last) = dataset.count_of(set);
    let (highest, blocks) =
        (set.last().unwrap_or(first).min(dataset.last()), dataset.blocks_of(u64::from(count), with_last));
    let below = |limit: u64| {
        let units = u32::try_from(dataset.blocks_before(limit) / group).unwrap_or(u32::MAX).saturating_add(first);
        if highest < units {
            return blocks;
        }
        (u64::from(set.count_within(first, units)) * group).min(blocks)
    };
    let bytes = 5 * blocks - below(1 << 7) - below(1 << 14) - below(1 << 21) - below(1 << 28);
    (blocks, bytes)
}

/// Bytes of the entries of a list, each an address and `extra` more; a manifest is
/// addressed by its CID.
fn entries(set: &BlockSet, datasets: &Datasets, extra: u64) -> u64 {
    let of_one = |(_, dataset)| {
        let (blocks, index_bytes) = indices(set, dataset);
        blocks * (LEAF_ADDRESS + extra) + index_bytes
    };
    touched(set, datasets).map(of_one).sum::<u64>() + u64::from(count_manifests(set)) * (CID_ADDRESS + extra)
}

/// Bytes of the proof of the block with index `index`.
fn proof(index_varint: u64, dataset: &Dataset) -> u64 {
    2 + (1 + index_varint) + (1 + varint(dataset.leaves())) + PROOF_LEVEL * u64::from(dataset.tree_depth())
}

/// Bytes of one delivery entry: codec and CID 40, data, address, proof.
fn delivery_entry(data: u64, address: u64, proof: u64) -> u64 {
    let proof_field = if proof == 0 { 0 } else { field(proof) };
    field(40 + field(data) + 2 + address + proof_field)
}

fn want_list(set: &BlockSet, datasets: &Datasets, as_in: Encoding) -> u64 {
    // The `full` flag of the list takes 2.
    frame(field(entries(set, datasets, 12) + 2) + as_in.trailer)
}

fn presence(have: &BlockSet, lack: Option<&BlockSet>, datasets: &Datasets, as_in: Encoding) -> u64 {
    let list = |set| entries(set, datasets, as_in.presence);
    frame(list(have) + lack.map_or(0, list) + as_in.trailer + NO_WANTS)
}

fn delivery(set: &BlockSet, form: ProofForm, datasets: &Datasets, as_in: Encoding) -> Size {
    let (mut payload, mut content, mut proofs) = (0, as_in.trailer + NO_WANTS, 0);
    for (_, dataset) in touched(set, datasets) {
        let (blocks, index_bytes) = indices(set, dataset);
        payload += blocks * dataset.block_size.get();
        // Entries differ by the length of their index alone: 1 to 5 bytes.
        let mean = index_bytes / blocks.max(1);
        let longer = index_bytes - mean * blocks;
        for (index_varint, count) in [(mean, blocks - longer), (mean + 1, longer)] {
            let p = match form {
                ProofForm::PerBlock => proof(index_varint, dataset),
                ProofForm::Multiproof => 0,
            };
            proofs += if p == 0 { 0 } else { count * field(p) };
            content += count * delivery_entry(dataset.block_size.get(), LEAF_ADDRESS + index_varint, p);
        }
        if form == ProofForm::Multiproof {
            // One field for each tree of the message; the indices are in its entries.
            let siblings = multiproof_siblings(&dataset.part_of(set), dataset);
            let together = field(2 + 1 + varint(dataset.leaves()) + PROOF_LEVEL * siblings);
            proofs += together;
            content += together;
        }
    }
    Size { payload, proof: proofs, control: 0, framing: frame(content) - payload - proofs }
}

impl Msg {
    /// Blocks that the message speaks of.
    fn blocks(&self, datasets: &Datasets) -> u64 {
        let count = |set: &BlockSet| {
            let of_one = |(_, dataset): (_, &Dataset)| {
                let (units, with_last) = dataset.count_of(set);
                dataset.blocks_of(u64::from(units), with_last)
            };
            touched(set, datasets).map(of_one).sum::<u64>() + u64::from(count_manifests(set))
        };
        match self {
            Msg::WantHave(set) | Msg::Have(set) | Msg::WantBlock(set) | Msg::Cancel(set) => count(set),
            Msg::Delivery(set, _) | Msg::Manifests(set, _) => count(set),
            Msg::Presence { have, lack } => count(have) + lack.as_ref().map_or(0, |set| count(set)),
        }
    }

    /// Whether it speaks of manifests alone.
    fn is_about_manifests(&self) -> bool {
        match self {
            Msg::WantHave(set) | Msg::Have(set) | Msg::WantBlock(set) | Msg::Cancel(set) => is_manifests(set),
            Msg::Presence { have, lack } => {
                let none_else = |set: &BlockSet| set.is_empty() || is_manifests(set);
                let lacks = lack.as_deref();
                (is_manifests(have) && lacks.is_none_or(none_else))
                    || (have.is_empty() && lacks.is_some_and(is_manifests))
            }
            Msg::Delivery(..) => false,
            Msg::Manifests(..) => true,
        }
    }

    fn size_as(&self, world: &World, as_in: Encoding) -> Size {
        let datasets = &world.datasets;
        match self {
            // A cancellation is an entry of a want list with a flag set.
            Msg::WantHave(set) | Msg::WantBlock(set) | Msg::Cancel(set) => {
                Size::control(want_list(set, datasets, as_in))
            }
            Msg::Presence { have, lack } => Size::control(presence(have, lack.as_deref(), datasets, as_in)),
            Msg::Have(set) => Size::control(presence(set, None, datasets, as_in)),
            Msg::Delivery(set, form) => delivery(set, *form, datasets, as_in),
            Msg::Manifests(set, size) => {
                let entry = delivery_entry(*size, CID_ADDRESS, 0);
                Size::control(frame(u64::from(set.len()) * entry + as_in.trailer + NO_WANTS))
            }
        }
    }
}

impl Message for Msg {
    fn class(&self) -> Class {
        match self {
            _ if self.is_about_manifests() => Class::Manifest,
            Msg::WantHave(_) => Class::Want,
            Msg::Presence { .. } => Class::Presence,
            Msg::Have(_) => Class::Have,
            Msg::WantBlock(_) => Class::Request,
            Msg::Cancel(_) => Class::Cancel,
            Msg::Delivery(..) | Msg::Manifests(..) => Class::Payload,
        }
    }

    fn size(&self, world: &World) -> Size {
        self.size_as(world, PRICED)
    }

    fn carried(&self) -> Units<'_> {
        match self {
            Msg::Delivery(set, _) => Units::Set(set),
            _ => Units::None,
        }
    }

    fn work(&self, world: &World, hardware: &Hardware, side: Side) -> Time {
        let each = match (self, side) {
            (Msg::Delivery(..), Side::Send) => hardware.per_block_sent,
            (Msg::Delivery(..), Side::Receive) => hardware.per_block_received,
            // A question is worked through entry by entry in its handler,
            // which yields in between.
            (Msg::WantHave(_), Side::Receive) | (Msg::Manifests(..), _) => Time::ZERO,
            _ => hardware.per_entry,
        };
        hardware.per_message + each * self.blocks(&world.datasets)
    }
}

/// A message of the sister forks: the same, but nothing has a price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpriced(pub Msg);

impl From<Msg> for Unpriced {
    fn from(message: Msg) -> Self {
        Unpriced(message)
    }
}

impl Message for Unpriced {
    fn class(&self) -> Class {
        self.0.class()
    }

    fn size(&self, world: &World) -> Size {
        self.0.size_as(world, UNPRICED)
    }

    fn carried(&self) -> Units<'_> {
        self.0.carried()
    }

    fn work(&self, world: &World, hardware: &Hardware, side: Side) -> Time {
        self.0.work(world, hardware, side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::parts::bench::dataset;

    /// This dataset alone.
    fn alone(dataset: Dataset) -> Datasets {
        Datasets::new(vec![dataset])
    }

    /// Oracle F2: 16 000 blocks, index 8 000: want entry 57, presence 85, proof
    /// 512, delivery 610 beyond the data.
    #[test]
    fn f2_entries_of_a_block() {
        let d = dataset(16_000);
        let one = BlockSet::one(8_000);
        assert_eq!(entries(&one, &alone(d), 12), 57);
        assert_eq!(entries(&one, &alone(d), 40), 85);
        assert_eq!(proof(2, &d), 512);
        assert_eq!(delivery_entry(65_536, LEAF_ADDRESS + 2, 512) - 65_536, 610);
    }

    /// The table of codex-protocol 8.1: merkle proof for depths 10 to 28.
    #[test]
    fn proofs_of_all_depths() {
        for (depth, bytes) in [(10, 368), (14, 513), (18, 658), (21, 766), (24, 876), (28, 1020)] {
            let d = dataset(1 << depth);
            let widest = if depth >= 28 { 4 } else { varint((1 << depth) - 1).min(varint(d.leaves())) };
            let p = proof(widest, &d);
            assert!(p.abs_diff(bytes) <= 1, "depth {depth}: {p} against {bytes}");
        }
    }

    /// The table of codex-protocol 8.1: whole messages.
    #[test]
    fn messages_of_the_table() {
        let giga = alone(dataset(16_384));
        assert_eq!(want_list(&BlockSet::one(5), &giga, PRICED), 71);
        assert_eq!(want_list(&BlockSet::one(16_383), &giga, PRICED), 72);
        assert_eq!(want_list(&BlockSet::range(0, 1024), &giga, PRICED), 58_259);
        let tera = alone(dataset(1 << 24));
        assert_eq!(want_list(&BlockSet::range(20_000, 21_024), &tera, PRICED), 59_411);
        assert_eq!(presence(&BlockSet::one(8_000), None, &giga, PRICED), 100);
        assert_eq!(presence(&BlockSet::range(0, 1024), None, &giga, PRICED), 86_929);
        assert_eq!(presence(&BlockSet::range(20_000, 21_024), None, &tera, PRICED), 88_081);
        let twenty = delivery(&BlockSet::range(8_000, 8_020), ProofForm::PerBlock, &giga, PRICED);
        assert_eq!((twenty.total(), twenty.total() - twenty.payload), (1_322_957, 12_237));
    }

    /// One block per message, datasets of 64 MiB to 10 TiB: 483 to 1137 B.
    #[test]
    fn single_block_overhead_of_the_table() {
        for (blocks, index, overhead) in [
            (1u64 << 10, 500u32, 483),
            (1 << 14, 8_000, 628),
            (163_840, 100_000, 774),
            (1_638_400, 1_000_000, 882),
            (1 << 24, 10_000_000, 993),
            (10 << 24, 100_000_000, 1137),
        ] {
            let size = delivery(&BlockSet::one(index), ProofForm::PerBlock, &alone(dataset(blocks)), PRICED);
            assert_eq!(size.total() - size.payload, overhead, "{blocks} blocks");
        }
    }

    /// Sixteen neighbours: 16 proofs of 14 levels, or the 10 digests above them.
    #[test]
    fn a_multiproof_replaces_the_proofs_of_a_message() {
        let giga = alone(dataset(16_384));
        let sixteen = BlockSet::range(8_000, 8_016);
        let size = |form| delivery(&sixteen, form, &giga, PRICED);
        let (each, together) = (size(ProofForm::PerBlock), size(ProofForm::Multiproof));
        assert_eq!(each.proof, 16 * field(513));
        assert_eq!(together.proof, field(2 + 4 + 36 * 10));
        assert_eq!(together.payload, each.payload);
        assert!(together.total() < each.total());
    }

    #[test]
    fn a_group_is_charged_block_by_block() {
        let grouped = alone(crate::protocols::parts::bench::grouped(4_000, 16));
        let single = alone(dataset(4_000));
        let blocks = BlockSet::range(1_600, 1_920);
        let units = BlockSet::range(100, 120);
        assert_eq!(want_list(&blocks, &single, PRICED), want_list(&units, &grouped, PRICED));
        assert_eq!(
            delivery(&blocks, ProofForm::PerBlock, &single, PRICED),
            delivery(&units, ProofForm::PerBlock, &grouped, PRICED)
        );
    }

    /// codex-protocol 8.1 and 7.11: without a price a presence entry has 51 B
    /// in place of 85, and a message ends 8 B earlier.
    #[test]
    fn sister_forks_save_the_price() {
        let d = alone(dataset(16_384));
        let one = BlockSet::one(8_000);
        assert_eq!(entries(&one, &d, UNPRICED.presence), 51);
        assert_eq!(presence(&one, None, &d, UNPRICED), 100 - 34 - 8);
        assert_eq!(want_list(&one, &d, UNPRICED), 72 - 8);
        let (priced, unpriced) =
            (delivery(&one, ProofForm::PerBlock, &d, PRICED), delivery(&one, ProofForm::PerBlock, &d, UNPRICED));
        assert_eq!((priced.total() - unpriced.total(), priced.payload), (8, unpriced.payload));
        let lack = BlockSet::one(8_001);
        let both = presence(&one, Some(&lack), &d, UNPRICED);
        assert_eq!(both, presence(&one, None, &d, UNPRICED) + 51, "absence is an entry like any other");
    }
}
