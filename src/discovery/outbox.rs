//! What discovery asks of the simulation.

use super::Alarm;
use crate::network::Fate;
use crate::protocol::Key;
use crate::units::Time;
use crate::world::NodeId;
use std::collections::VecDeque;

/// What a datagram is for: a step of an exchange, by the slot of that exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letter {
    /// The exchange.
    pub(super) slot: u32,
    /// The step, as its model counts them.
    pub(super) step: u8,
}

/// A datagram to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagram {
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// All its bytes, UDP and IP headers included.
    pub bytes: u64,
    /// Whether it arrives, as far as the network goes.
    pub fate: Fate,
    /// What it is for.
    pub letter: Letter,
}

/// Something that discovery asks of the simulation.
#[derive(Debug)]
pub enum Out {
    /// Send this.
    Send(Datagram),
    /// Call [`super::Discovery::alarm`] at that time, if the node has not been
    /// offline by then.
    Alarm(Time, NodeId, Alarm),
    /// Call [`super::Discovery::tick`] at that time.
    Tick(Time),
    /// A look-up of a node is answered: its providers, newest first.
    Found(NodeId, Key, Vec<NodeId>),
}

/// What discovery asks for, in order. The simulation owns it and carries it out.
#[derive(Debug, Default)]
pub struct Outbox {
    /// The present.
    pub now: Time,
    items: VecDeque<Out>,
}

impl Outbox {
    /// Takes the oldest request.
    pub fn pop(&mut self) -> Option<Out> {
        self.items.pop_front()
    }

    pub(super) fn push(&mut self, out: Out) {
        self.items.push_back(out);
    }

    pub(super) fn alarm_after(&mut self, delay: Time, node: NodeId, alarm: Alarm) {
        self.push(Out::Alarm(self.now + delay, node, alarm));
    }
}
