//! Messages of the peer wire protocol and their sizes to the byte.
//!
//! Sources: BEP 3 (length prefix of 4 bytes, id of 1, integers of 4), BEP 6
//! (have all, have none, reject, allowed fast). The 68 bytes of the handshake,
//! the extension handshake (BEP 10) and the key exchange of the encryption are
//! part of `network.transport.handshake`.

use crate::ledger::Class;
use crate::protocol::{Message, Side, Size, Units};
use crate::units::Time;
use crate::world::{BlockSet, Hardware, World};
use smallvec::SmallVec;
use std::rc::Rc;

/// Units asked for, refused or taken back; each block of them has its message,
/// but what is written at once travels at once.
pub type UnitList = SmallVec<[u32; 6]>;

/// A message of the peer wire protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Msg {
    /// No more uploads to you.
    Choke,
    /// You may request.
    Unchoke,
    /// You have what I lack.
    Interested,
    /// You no longer have what I lack.
    NotInterested,
    /// I have completed this piece.
    Have(u32),
    /// I have these of so many pieces.
    Bitfield(Rc<BlockSet>, u32),
    /// I have everything.
    HaveAll,
    /// I have nothing.
    HaveNone,
    /// You may request these pieces even when choked.
    AllowedFast(Rc<[u32]>),
    /// Send me these.
    Request(UnitList),
    /// I no longer want this.
    Cancel(u32),
    /// I will not send these.
    Reject(UnitList),
    /// Here it is.
    Piece(u32),
}

/// Length prefix and id.
const HEAD: u64 = 5;
/// Index, begin and length of a request, a cancel or a reject.
const REQUEST: u64 = HEAD + 12;
/// What comes before the data of a block: head, index and begin.
const PIECE: u64 = HEAD + 8;

/// Blocks in `units`, all of one torrent.
fn blocks(units: &[u32], world: &World) -> u64 {
    let Some(first) = units.first() else { return 0 };
    let dataset = world.datasets.at(*first);
    units.iter().map(|unit| dataset.blocks_in(*unit)).sum()
}

impl Message for Msg {
    fn class(&self) -> Class {
        match self {
            Msg::Have(_) | Msg::Bitfield(..) | Msg::HaveAll | Msg::HaveNone => Class::Have,
            Msg::Request(_) => Class::Request,
            Msg::Cancel(_) | Msg::Reject(_) => Class::Cancel,
            Msg::Piece(_) => Class::Payload,
            Msg::Choke | Msg::Unchoke | Msg::Interested | Msg::NotInterested | Msg::AllowedFast(_) => Class::Other,
        }
    }

    fn size(&self, world: &World) -> Size {
        Size::control(match self {
            Msg::Choke | Msg::Unchoke | Msg::Interested | Msg::NotInterested => HEAD,
            Msg::HaveAll | Msg::HaveNone => HEAD,
            Msg::Have(_) => HEAD + 4,
            Msg::AllowedFast(pieces) => pieces.len() as u64 * (HEAD + 4),
            Msg::Bitfield(_, pieces) => HEAD + u64::from(pieces.div_ceil(8)),
            Msg::Request(units) | Msg::Reject(units) => REQUEST * blocks(units, world),
            Msg::Cancel(unit) => REQUEST * world.datasets.at(*unit).blocks_in(*unit),
            Msg::Piece(unit) => {
                let dataset = world.datasets.at(*unit);
                let (payload, blocks) = (dataset.bytes_in(*unit), dataset.blocks_in(*unit));
                return Size { payload, framing: blocks * PIECE, ..Size::default() };
            }
        })
    }

    fn carried(&self) -> Units<'_> {
        match self {
            Msg::Piece(unit) => Units::Range(*unit, unit + 1),
            _ => Units::None,
        }
    }

    fn work(&self, world: &World, hardware: &Hardware, side: Side) -> Time {
        match (self, side) {
            (Msg::Piece(unit), Side::Send) => {
                hardware.per_message + hardware.per_block_sent * world.datasets.at(*unit).blocks_in(*unit)
            }
            (Msg::Piece(unit), Side::Receive) => {
                hardware.per_message + hardware.per_block_received * world.datasets.at(*unit).blocks_in(*unit)
            }
            _ => hardware.per_message,
        }
    }
}
