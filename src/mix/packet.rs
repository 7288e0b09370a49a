//! Packets under way, and what is in them.

use super::path::Path;
use crate::units::Time;
use crate::world::NodeId;

/// What the receiver of a stream has, as an acknowledgement says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Have {
    /// All chunks below.
    pub base: u32,
    /// Of the 256 from there on those whose bit is set.
    pub bits: [u64; 4],
}

impl Have {
    /// Whether it names chunk `seq`.
    pub fn has(&self, seq: u32) -> bool {
        let Some(place) = seq.checked_sub(self.base) else { return true };
        place < 256 && self.bits[(place / 64) as usize] >> (place % 64) & 1 == 1
    }
}

/// What is in a packet.
#[derive(Debug, Clone, Copy)]
pub(super) enum Frame {
    /// Begin a session.
    Connect,
    /// It stands; or it does not.
    Connected(bool),
    /// Open the stream of this number.
    Open(u8),
    /// It is open.
    Opened(u8),
    /// A chunk of a stream.
    Data(u8, u32),
    /// What has arrived of a stream.
    Ack(u8, Have),
    /// Nothing but reply blocks.
    Supply,
    /// Are you there?
    Probe,
    /// Yes.
    Status,
    /// The session is over.
    Disconnect,
    /// Hides when others are sent.
    Cover,
    /// Who provides it?
    Query(u32),
    /// These do.
    Answer(u32),
}

/// Reply blocks that come with a frame: the number of the supply, for it may be sent again,
/// and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Supply {
    pub number: u32,
    pub count: u32,
}

/// What every frame through reply blocks says beside what it is for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Grant {
    /// Reply blocks that may have been supplied altogether.
    pub limit: u64,
    /// All supplies with lower numbers have arrived...
    pub base: u32,
    /// ...and of the 64 from there on those whose bit is set.
    pub bits: u64,
}

impl Grant {
    /// Whether it says that the supply of this number has arrived.
    pub fn has(&self, number: u32) -> bool {
        let Some(place) = number.checked_sub(self.base) else { return true };
        place < 64 && self.bits >> place & 1 == 1
    }
}

/// Who waits until a packet has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// Nobody.
    None,
    /// The writer of a stream.
    Writer(u8),
    /// Who acknowledges a stream.
    Acker(u8),
    /// Who supplies reply blocks.
    Supplier,
    /// A frame that leaves through reply blocks, by its place among those of the session.
    Reply(u32),
}

/// Of which session a packet is, and which use of its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionId {
    pub(super) place: u32,
    pub(super) generation: u32,
}

impl SessionId {
    /// Of none.
    pub const NONE: SessionId = SessionId { place: u32::MAX, generation: 0 };
}

/// A packet.
#[derive(Debug)]
pub(super) struct Packet {
    pub session: SessionId,
    /// Which end of the session sent it: 0 the one that began it.
    pub side: usize,
    pub frame: Frame,
    pub supply: Option<Supply>,
    pub grant: Grant,
    pub task: Task,
    pub origin: NodeId,
    pub receiver: NodeId,
    pub path: Path,
    /// When its sender began to pack it.
    pub begun: Time,
    /// Nodes that it has left.
    pub hop: usize,
    /// Whether its sender was told that it has left.
    pub left: bool,
    /// The life of the node that holds it, when it came there.
    pub life: u32,
}

impl Packet {
    /// The node that holds it.
    pub fn holder(&self) -> NodeId {
        match self.hop.checked_sub(1) {
            None => self.origin,
            Some(place) => self.path.relays().get(place).copied().unwrap_or(self.receiver),
        }
    }

    /// Whether it has come to its receiver.
    pub fn is_there(&self) -> bool {
        self.hop > self.path.relays().len()
    }

    /// Where that sends it.
    pub fn next(&self) -> NodeId {
        self.path.relays().get(self.hop).copied().unwrap_or(self.receiver)
    }

    /// Whether its next hop is its receiver.
    pub fn is_last(&self) -> bool {
        self.hop == self.path.relays().len()
    }
}

/// All packets under way; places are used again.
#[derive(Debug, Default)]
pub(super) struct Packets {
    all: Vec<Option<Packet>>,
    free: Vec<u32>,
}

impl Packets {
    /// Takes a packet up.
    pub fn add(&mut self, packet: Packet) -> u32 {
        match self.free.pop() {
            Some(place) => {
                self.all[place as usize] = Some(packet);
                place
            }
            None => {
                self.all.push(Some(packet));
                (self.all.len() - 1) as u32
            }
        }
    }

    /// The packet of this number.
    pub fn get(&mut self, place: u32) -> Option<&mut Packet> {
        self.all[place as usize].as_mut()
    }

    /// Takes it out.
    pub fn take(&mut self, place: u32) -> Option<Packet> {
        let packet = self.all[place as usize].take();
        if packet.is_some() {
            self.free.push(place);
        }
        packet
    }
}
