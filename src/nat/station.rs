//! What a node knows of its own reach, and where it has reserved.

use super::probe::Answers;
use super::{Nat, NatSpec};
use crate::rng::{Purpose, Rng};
use crate::units::Time;
use crate::world::{NodeId, Reach};

/// What a round of questions has told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learned {
    /// Nothing that it had not known.
    Nothing,
    /// That it can be dialled.
    Reachable,
    /// That it cannot, and that it has to do something about it.
    Unreachable,
}

/// A node, as it knows itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Station {
    answers: Answers,
    /// Whether it can be dialled, once it knows.
    known: Option<bool>,
    /// A port is mapped from then on.
    mapped_at: Option<Time>,
    /// Since when it is there.
    came: Time,
    /// Relays at which it holds a reservation, in the order in which it got them.
    reserved: Vec<NodeId>,
}

impl Station {
    /// It has known for long.
    pub fn settle(&mut self, dialled: bool) {
        self.known = Some(dialled);
    }

    /// Whether it knows that.
    pub fn knows(&self, dialled: bool) -> bool {
        self.known == Some(dialled)
    }

    pub fn reserved(&self) -> &[NodeId] {
        &self.reserved
    }

    /// A round of questions.
    fn ask(&mut self, reach: Reach, now: Time, spec: &NatSpec) -> Learned {
        let mapped = self.mapped_at.is_some_and(|at| at <= now);
        self.answers.round(reach == Reach::Public || mapped, spec);
        let before = self.known;
        self.known = self.answers.believed(spec).or(before);
        match self.known {
            after if after == before => Learned::Nothing,
            Some(true) => Learned::Reachable,
            _ => {
                self.mapped_at = (reach == Reach::Mapped).then(|| now + spec.mapping_time);
                Learned::Unreachable
            }
        }
    }
}

impl Nat {
    /// `id` comes. What it had known from before the start it knows; at the relays named it
    /// holds reservations.
    pub fn come(&mut self, id: NodeId, now: Time) -> &[NodeId] {
        let station = &mut self.stations[id.index()];
        station.came = now;
        if now > Time::ZERO {
            // It was counted among those there at the start, or was there and went.
            *station = Station { came: now, ..Station::default() };
        }
        &station.reserved
    }

    /// `id` goes: its relays let go of it.
    pub fn go(&mut self, id: NodeId) {
        let station = std::mem::take(&mut self.stations[id.index()]);
        station.reserved.into_iter().for_each(|relay| self.held[(relay.0 - self.first_relay) as usize] -= 1);
        self.pending.retain(|(from, ..), _| *from != id);
    }

    /// Whether `id` goes on asking: it does not know yet, or a port may be mapped.
    pub fn asks(&self, id: NodeId) -> bool {
        let station = &self.stations[id.index()];
        let waits = self.reach[id.index()] == Reach::Mapped && !station.knows(true);
        self.spec.relays > 0 && (station.known.is_none() || waits)
    }

    /// `id` asks whether it can be dialled.
    pub fn probe(&mut self, id: NodeId, now: Time) -> Learned {
        let station = &mut self.stations[id.index()];
        let first = station.known.is_none();
        let (learned, came) = (station.ask(self.reach[id.index()], now, &self.spec), station.came);
        if first && learned != Learned::Nothing {
            self.note_known(now.since(came));
        }
        learned
    }

    /// At how many relays `id` wants to reserve and has not: no port of it is mapped.
    pub fn wanted(&self, id: NodeId) -> usize {
        let station = &self.stations[id.index()];
        let needs = station.knows(false) && station.mapped_at.is_none();
        if needs { (self.spec.reserve_at as usize).saturating_sub(station.reserved.len()) } else { 0 }
    }

    /// Whether `id` can be reached by no relay and wants to.
    pub fn is_alone(&self, id: NodeId) -> bool {
        self.wanted(id) > 0 && self.stations[id.index()].reserved.is_empty()
    }

    /// The relays at which `id` asks for a reservation: those with room that come first in an
    /// order of its own.
    pub fn candidates(&self, id: NodeId) -> Vec<NodeId> {
        let mut order: Vec<NodeId> = self.relays().collect();
        Rng::stream(self.seed, Purpose::Relays, u64::from(id.0)).shuffle(&mut order);
        let reserved = &self.stations[id.index()].reserved;
        let has_room = |relay: &NodeId| self.held[(relay.0 - self.first_relay) as usize] < self.spec.reservations;
        order.retain(|relay| has_room(relay) && !reserved.contains(relay));
        order.truncate(self.wanted(id));
        order
    }

    /// `relay` is asked for a reservation; whether it has one left.
    pub fn reserve(&mut self, id: NodeId, relay: NodeId) -> bool {
        let held = &mut self.held[(relay.0 - self.first_relay) as usize];
        let reserved = &mut self.stations[id.index()].reserved;
        let room = *held < self.spec.reservations && !reserved.contains(&relay);
        if room {
            *held += 1;
            reserved.push(relay);
        }
        room
    }
}
