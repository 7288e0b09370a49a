//! Messages of Bitswap 1.2 and their sizes to the byte.
//!
//! Layout: `ipfs/boxo` `bitswap/message/pb/message.proto` and
//! `bitswap/message/message.go`. Fields with the default value are not written;
//! the want list is, even when empty.

use super::dag::{CID, Dags};
use crate::ledger::Class;
use crate::protocol::{Message, Side, Size, Units};
use crate::protocols::parts::wire::{field, frame, varint};
use crate::units::Time;
use crate::world::{BlockSet, Dataset, Hardware, World};
use std::rc::Rc;

/// What an entry of a want list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantKind {
    /// Not wanted any more.
    Cancel,
    /// Send the block, or say that you lack it.
    Block,
    /// Say whether you have it.
    Have,
    /// Say so if you have it: part of a broadcast.
    Broadcast,
}

/// One entry of a want list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantEntry {
    /// The block.
    pub unit: u32,
    /// What about it.
    pub kind: WantKind,
}

/// What a node answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// Leaves of DAGs.
    pub leaves: BlockSet,
    /// Inner nodes of DAGs, and the bytes of each.
    pub nodes: Vec<(u32, u64)>,
    /// Held.
    pub haves: Vec<u32>,
    /// Not held.
    pub lacks: Vec<u32>,
    /// Bytes that wait to be sent to the same peer.
    pub pending: u64,
    /// Blocks that `haves` and `lacks` stand for.
    pub(super) presences: (u64, u64),
}

impl Response {
    /// Adds a block.
    pub fn block(&mut self, unit: u32, dags: &Dags) {
        if dags.is_leaf(unit) {
            self.leaves.insert(unit);
        } else {
            self.nodes.push((unit, dags.at(unit).bytes(unit)));
        }
    }

    /// Adds a HAVE.
    pub fn have(&mut self, unit: u32, dags: &Dags) {
        self.haves.push(unit);
        self.presences.0 += dags.blocks(unit);
    }

    /// Adds a DONT_HAVE.
    pub fn lack(&mut self, unit: u32, dags: &Dags) {
        self.lacks.push(unit);
        self.presences.1 += dags.blocks(unit);
    }
}

/// A message of the exchange.
#[derive(Debug, Clone)]
pub enum Msg {
    /// Changes of a want list.
    Wants(Rc<[WantEntry]>),
    /// Blocks, HAVEs and DONT_HAVEs.
    Response(Box<Response>),
    /// Nothing, not even a header. It follows a response on its stream, so its
    /// turn to leave comes when the response has left: there the write returns
    /// and the writer is free. (Socket buffers are small beside a block of
    /// 256 KiB on a busy uplink; that a write returns at its first byte would
    /// put a block to each peer under way at once, past recall.)
    Written,
}

/// A HAVE in a message, without tag and length; what the sender's queue counts
/// for any presence (`BlockPresenceSize`).
pub(super) const PRESENCE: u64 = field(CID);
/// Tag and value of a flag or an enumeration.
const FLAG: u64 = 2;
/// A priority: they count down from 2^31 - 1.
const PRIORITY: u64 = 6;
/// Version, codec, hash function and length of hash, as a field.
const PREFIX: u64 = field(4);

const fn entry(kind: WantKind) -> u64 {
    field(match kind {
        WantKind::Cancel => field(CID) + FLAG,
        WantKind::Block => field(CID) + PRIORITY + FLAG,
        WantKind::Have => field(CID) + PRIORITY + 2 * FLAG,
        WantKind::Broadcast => field(CID) + PRIORITY + FLAG,
    })
}

/// Blocks that `unit` stands for: inner nodes, numbered behind all leaves, are single.
fn blocks(unit: u32, world: &World) -> u64 {
    if unit < world.datasets.end() { world.datasets.at(unit).blocks_in(unit) } else { 1 }
}

fn want_list(entries: &[WantEntry], world: &World) -> u64 {
    frame(field(entries.iter().map(|e| blocks(e.unit, world) * entry(e.kind)).sum()))
}

const fn block(data: u64) -> u64 {
    field(PREFIX + field(data))
}

fn response(r: &Response, world: &World) -> Size {
    let (mut payload, mut leaves) = (0, 0);
    for (_, dataset) in world.datasets.touched(&r.leaves) {
        let (count, has_last) = dataset.count_of(&r.leaves);
        let (units, short) = (u64::from(count), u64::from(has_last));
        payload += dataset.bytes_of(units, has_last);
        let whole = dataset.blocks_of(units, has_last) - short;
        leaves += whole * block(dataset.block_size.get()) + short * block(dataset.last_block());
    }
    let presences = r.presences.0 * field(PRESENCE) + r.presences.1 * field(PRESENCE + FLAG);
    let nodes: u64 = r.nodes.iter().map(|(_, bytes)| block(*bytes)).sum();
    let pending = if r.pending == 0 { 0 } else { 1 + varint(r.pending) };
    let whole = frame(field(0) + leaves + nodes + presences + pending);
    let control = nodes + presences;
    Size { payload, proof: 0, control, framing: whole - payload - control }
}

fn leaf_blocks(r: &Response, world: &World) -> u64 {
    let blocks = |dataset: &Dataset| {
        let (count, has_last) = dataset.count_of(&r.leaves);
        dataset.blocks_of(u64::from(count), has_last)
    };
    world.datasets.touched(&r.leaves).map(|(_, dataset)| blocks(dataset)).sum()
}

impl Message for Msg {
    /// A message says several things at once; its control bytes are booked
    /// under the weightiest: requests before questions before cancels, inner
    /// nodes (as manifests) before presences.
    fn class(&self) -> Class {
        match self {
            Msg::Wants(entries) if entries.iter().any(|e| e.kind == WantKind::Block) => Class::Request,
            Msg::Wants(entries) if entries.iter().any(|e| e.kind != WantKind::Cancel) => Class::Want,
            Msg::Wants(_) => Class::Cancel,
            Msg::Response(r) if !r.nodes.is_empty() => Class::Manifest,
            Msg::Response(r) if r.presences != (0, 0) => Class::Presence,
            Msg::Response(_) => Class::Payload,
            Msg::Written => Class::Other,
        }
    }

    fn size(&self, world: &World) -> Size {
        match self {
            Msg::Wants(entries) => Size::control(want_list(entries, world)),
            Msg::Response(r) => response(r, world),
            Msg::Written => Size::default(),
        }
    }

    fn carried(&self) -> Units<'_> {
        match self {
            Msg::Response(r) if !r.leaves.is_empty() => Units::Set(&r.leaves),
            _ => Units::None,
        }
    }

    fn work(&self, world: &World, hardware: &Hardware, side: Side) -> Time {
        let per_block = match side {
            Side::Send => hardware.per_block_sent,
            Side::Receive => hardware.per_block_received,
        };
        let (data, entries) = match self {
            Msg::Wants(entries) => (0, entries.iter().map(|e| blocks(e.unit, world)).sum()),
            Msg::Response(r) => (leaf_blocks(r, world) + r.nodes.len() as u64, r.presences.0 + r.presences.1),
            Msg::Written => return Time::ZERO,
        };
        hardware.per_message + per_block * data + hardware.per_entry * entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::bitswap::tests::{params, world};

    fn wants(kinds: &[WantKind]) -> u64 {
        let world = world(4096, 262_144, 1);
        let entries: Rc<[WantEntry]> = kinds.iter().map(|kind| WantEntry { unit: 1, kind: *kind }).collect();
        Msg::Wants(entries).size(&world).total()
    }

    /// By hand: entry = 0a 24 <36 B of CID>, 10 and 5 B of priority, 18 01
    /// cancel, 20 01 want-have, 28 01 send-dont-have; each behind tag and
    /// length, the list behind tag and length, the message behind its length.
    #[test]
    fn want_lists_to_the_byte() {
        assert_eq!(wants(&[WantKind::Block]), 1 + 2 + (2 + 38 + 6 + 2));
        assert_eq!(wants(&[WantKind::Have]), 1 + 2 + (2 + 38 + 6 + 2 + 2));
        assert_eq!(wants(&[WantKind::Broadcast]), 1 + 2 + (2 + 38 + 6 + 2));
        assert_eq!(wants(&[WantKind::Cancel]), 1 + 2 + (2 + 38 + 2));
        // Ten want-blocks: list and message take two bytes of length each.
        assert_eq!(wants(&[WantKind::Block; 10]), 2 + 3 + 10 * 48);
        assert_eq!(wants(&[WantKind::Cancel, WantKind::Block, WantKind::Have]), 2 + 3 + 42 + 48 + 50);
    }

    /// By hand: 0a 00 for the empty list; a block is 1a and its length, 0a 04
    /// and the prefix, 12 and the length of the data; a presence 22, its length,
    /// 0a 24 and the CID, and 10 01 when it is a DONT_HAVE; 28 and the pending bytes.
    #[test]
    fn responses_to_the_byte() {
        let world = world(4096, 262_144, 1);
        let dag = Dags::new(&world.datasets, &params());
        let mut leaf = Response { pending: 300, ..Response::default() };
        leaf.block(7, &dag);
        let size = Msg::Response(Box::new(leaf)).size(&world);
        assert_eq!((size.payload, size.control), (262_144, 0));
        assert_eq!(size.framing, 3 + 2 + (1 + 3 + 6 + 1 + 3) + 3);

        let mut answers = Response::default();
        answers.have(1, &dag);
        answers.lack(2, &dag);
        answers.lack(3, &dag);
        let size = Msg::Response(Box::new(answers)).size(&world);
        assert_eq!((size.control, size.framing), (40 + 2 * 42, 2 + 1));

        let mut node = Response::default();
        node.block(4096, &dag);
        let message = Msg::Response(Box::new(node));
        let size = message.size(&world);
        assert_eq!((size.payload, size.control, size.framing), (0, 8710 + (1 + 2 + 6 + 1 + 2), 2 + 2));
        assert_eq!(message.class(), Class::Manifest);
    }

    #[test]
    fn a_group_is_charged_block_by_block() {
        let (single, grouped) = (world(4096, 262_144, 1), world(4096, 262_144, 4));
        let want = |units: &[u32], world: &World| {
            let entries = units.iter().map(|unit| WantEntry { unit: *unit, kind: WantKind::Have }).collect();
            Msg::Wants(entries).size(world)
        };
        assert_eq!(want(&[4, 5, 6, 7], &single), want(&[1], &grouped));
        let give = |units: &[u32], world: &World| {
            let dag = Dags::new(&world.datasets, &params());
            let mut r = Response::default();
            units.iter().for_each(|unit| r.block(*unit, &dag));
            Msg::Response(Box::new(r)).size(world)
        };
        assert_eq!(give(&[4, 5, 6, 7], &single), give(&[1], &grouped));
    }

    #[test]
    fn the_weightiest_part_names_the_class() {
        let class = |kinds: &[WantKind]| {
            Msg::Wants(kinds.iter().map(|kind| WantEntry { unit: 0, kind: *kind }).collect()).class()
        };
        assert_eq!(class(&[WantKind::Cancel, WantKind::Block]), Class::Request);
        assert_eq!(class(&[WantKind::Cancel, WantKind::Broadcast]), Class::Want);
        assert_eq!(class(&[WantKind::Cancel]), Class::Cancel);
    }
}
