//! Messages between leaving their sender's hands and being handled.

use super::node::Line;
use crate::discovery::Letter;
use crate::ledger::{Class, TracedFlight};
use crate::nat::CircuitId;
use crate::protocol::{Message, Size};
use crate::units::Time;
use crate::world::{Channel, NodeId};

/// What a message is.
#[derive(Debug)]
pub(super) enum Cargo<M> {
    /// A message of the protocol.
    Message(M),
    /// The last step of a connection set-up: there, and back.
    Hello { back: bool },
    /// A datagram of discovery.
    Letter(Letter),
    /// Acknowledgements that found no message to travel with.
    Acks,
    /// All that fitted into the window of the muxer of a message of this class; the
    /// rest follows.
    Frame(Class),
    /// The end of a connection, behind all that a node which has stopped had written to it.
    Fin,
    /// So many bytes were read: the muxer gives the credit for them back.
    Credit(u64),
    /// A packet of the mixnet on one of its hops, and what it is booked under.
    Packet(u32, Class),
    /// A message on one of its ways over a circuit: to the relay, or from there.
    Relayed {
        /// The message.
        message: u32,
        circuit: CircuitId,
        /// Whether that is all of it; else the circuit is closed behind it.
        whole: bool,
    },
}

/// A message between leaving its sender's hands and being handled.
#[derive(Debug)]
pub(super) struct Flight<M> {
    pub from: NodeId,
    pub to: NodeId,
    pub channel: Channel,
    /// Who sent the data in it, if that is not who sent it.
    pub origin: Option<NodeId>,
    pub cargo: Cargo<M>,
    /// The class of what it is for, which is asked for far more often than it is made out.
    pub class: Class,
    pub size: Size,
    pub wire: u64,
    /// The part of `wire` that acknowledges earlier messages.
    pub acks: u64,
    pub token: Option<u32>,
    /// The epoch of the receiver (of the sender, until it departs).
    pub epoch: u32,
    /// When its sender handed it over.
    pub begun: Time,
    /// How long it has been worked on, sent or carried, up to `since`.
    pub served: Time,
    /// Since when that goes on; [`Time::NEVER`] while it waits behind others.
    pub since: Time,
    /// Arrived and waiting for the processor.
    pub arrived: bool,
    /// Waits for credit of the muxer, or travels in packets of a mixnet or over a circuit.
    pub waits: bool,
}

impl<M> Flight<M> {
    /// The connection that it is on, as its sender sees it.
    pub fn line(&self) -> Line {
        (self.to, self.channel)
    }

    /// It waits behind others from `now` until `until`.
    pub fn wait(&mut self, now: Time, until: Time) {
        self.served += now.since(self.since);
        self.since = until;
    }

    /// How long it has been under way, without the time in which it waited.
    pub fn service(&self, now: Time) -> Time {
        self.served + now.since(self.since)
    }
}

impl<M> Cargo<M> {
    /// The message that goes over a circuit in this one, if it is such.
    pub fn inside(&self) -> Option<u32> {
        if let Cargo::Relayed { message, .. } = self { Some(*message) } else { None }
    }
}

impl<M: Message> Cargo<M> {
    /// The class of what it is for.
    pub fn class(&self) -> Class {
        match self {
            Cargo::Message(message) => message.class(),
            Cargo::Hello { .. } => Class::Handshake,
            Cargo::Letter(_) => Class::Discovery,
            Cargo::Acks => Class::Ack,
            Cargo::Frame(class) => *class,
            Cargo::Credit(_) | Cargo::Fin => Class::Framing,
            Cargo::Packet(_, class) => *class,
            Cargo::Relayed { .. } => Class::Relayed,
        }
    }
}

impl<M> Flight<M> {
    /// Its wire bytes by class. Block data counts as received in vain until it
    /// is stored.
    pub fn parts(&self) -> [(Class, u64); 5] {
        let size = self.size;
        [
            (Class::Duplicate, size.payload),
            (Class::Proof, size.proof),
            (self.class, size.control),
            (Class::Framing, self.framing()),
            (Class::Ack, self.acks),
        ]
    }

    /// What all layers add around it.
    fn framing(&self) -> u64 {
        self.wire - self.size.total() - self.acks + self.size.framing
    }

    /// Its line of the trace when it sets out `now`.
    pub fn traced(&self, now: Time) -> TracedFlight {
        TracedFlight {
            sent: now,
            arrived: Time::NEVER,
            from: self.from,
            to: self.to,
            class: self.class,
            wire: self.wire,
            payload: self.size.payload,
            proof: self.size.proof,
            framing: self.framing(),
            acks: self.acks,
            piece: matches!(self.cargo, Cargo::Frame(_)),
        }
    }
}
