//! Who can dial whom, and what nodes do that nobody can dial.
//!
//! This layer lies below every protocol and above the network. A protocol dials, writes and
//! hangs up as ever; where `network.nat` is set, a dial to a node behind a NAT or a firewall
//! goes over a *circuit* of a relay at which that node holds a *reservation*, or fails. A
//! circuit is closed when it has carried so many bytes one way, or when its time is over. Once
//! it stands, the callee dials back where it can (*reversal*), or both agree to dial each other
//! at one moment (*hole punching*); if that works the connection moves. Whether it can be
//! dialled a node learns by asking servers in rounds (AutoNAT); until it knows that it cannot,
//! it has no reservation, and until it knows that it can, it serves no distributed hash table.
//!
//! What goes over a circuit is written to the relay and from there to its receiver, one message
//! of the network each, over the one connection that either end has with the relay: a relay reads
//! from one and writes to the other as any node does. On its way to the relay it is booked as
//! [`crate::ledger::Class::Relayed`], on the way from there under what it is for.
//!
//! The layer decides and counts; [`crate::sim`] asks it and does what is to be done. Without
//! `network.nat` none of this exists. Sources, and what is inferred: `docs/nat.md`.

mod circuit;
mod pairs;
mod probe;
mod spec;
mod station;
mod tally;

#[cfg(test)]
mod tests;

pub use circuit::{Attempt, CircuitId, Written};
pub use pairs::Way;
pub use spec::{Carry, NatSpec};
pub use station::Learned;

use crate::rng::{Purpose, Rng};
use crate::units::Time;
use crate::world::{Channel, NodeId, Reach, Role, World, WorldSpec};
use circuit::{Circuit, Line};
use pairs::Pairs;
use station::Station;
use std::collections::BTreeMap;
use tally::Tally;

/// What a node wants to be reminded of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// It asks whether it can be dialled.
    Probe,
    /// No port could be mapped: it looks for relays.
    Seek,
    /// The relay answers its wish for a reservation.
    Reserve(NodeId),
    /// A connection with the peer has been set up over a relay but for the last round trip.
    Hop(NodeId, Channel),
    /// The time of the circuit is over.
    Expire(CircuitId),
    /// The callee of the circuit looks for a direct way.
    Upgrade(CircuitId),
    /// Both ends of the circuit have agreed to dial each other.
    Agreed(CircuitId),
    /// Their dials have come to nothing.
    Failed(CircuitId),
    /// The direct dial of the two is over.
    Dialled(CircuitId),
}

/// How a node can be dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// As any other.
    Direct,
    /// Through this relay.
    Through(NodeId),
    /// Nobody answers.
    Unanswered,
}

/// Who can dial whom in one run.
#[derive(Debug)]
pub struct Nat {
    spec: NatSpec,
    seed: u64,
    reach: Vec<Reach>,
    stations: Vec<Station>,
    /// The first relay; the others follow.
    first_relay: u32,
    /// By relay: reservations that it holds.
    held: Vec<u32>,
    circuits: BTreeMap<CircuitId, Circuit>,
    next_circuit: CircuitId,
    /// The circuit that carries a connection, by that.
    carriers: BTreeMap<Line, CircuitId>,
    /// Circuits of a node over a relay.
    circuits_of: BTreeMap<(NodeId, NodeId), u32>,
    /// Set-ups through relays that wait for the connection with the relay, or are under way.
    pending: BTreeMap<(NodeId, NodeId, Channel), NodeId>,
    pairs: Pairs,
    tally: Tally,
}

impl NatSpec {
    /// Draws who can be dialled, and adds the relays.
    pub fn prepare(&self, world: &mut World, spec: &WorldSpec) {
        world.draw_reach(spec, self.unreachable, &self.behind);
        world.add_relays(self.relays, 0);
        let relays = world.nodes.iter_mut().filter(|node| node.role == Role::Relay);
        relays.for_each(|relay| (relay.up, relay.down) = (self.relay_rate, self.relay_rate));
    }
}

impl Nat {
    /// As it is before the run, in a world that [`NatSpec::prepare`] has prepared.
    pub fn new(world: &World, spec: &NatSpec) -> Self {
        let first_relay = world.with_role(Role::Relay).next().map_or(world.nodes.len() as u32, |id| id.0);
        let mut nat = Nat {
            spec: *spec,
            seed: world.seed,
            reach: world.nodes.iter().map(|node| node.reach).collect(),
            stations: world.ids().map(|_| Station::default()).collect(),
            first_relay,
            held: vec![0; spec.relays as usize],
            circuits: BTreeMap::new(),
            next_circuit: 0,
            carriers: BTreeMap::new(),
            circuits_of: BTreeMap::new(),
            pending: BTreeMap::new(),
            pairs: Pairs::default(),
            tally: Tally::default(),
        };
        if spec.settled {
            nat.settle(world);
        }
        nat
    }

    /// Nodes that are there at the start have long known, and reserved, in random order.
    fn settle(&mut self, world: &World) {
        let present = world.present_at_start();
        let mut there: Vec<NodeId> = world.ids().filter(|id| present[id.index()] && !self.is_relay(*id)).collect();
        Rng::stream(self.seed, Purpose::Relays, u64::MAX).shuffle(&mut there);
        for id in there {
            let dialled = matches!(self.reach[id.index()], Reach::Public | Reach::Mapped);
            self.stations[id.index()].settle(dialled);
            for relay in if dialled { Vec::new() } else { self.candidates(id) } {
                self.reserve(id, relay);
            }
        }
    }

    /// Whether `id` relays.
    pub fn is_relay(&self, id: NodeId) -> bool {
        id.0.checked_sub(self.first_relay).is_some_and(|at| at < self.spec.relays)
    }

    fn relays(&self) -> impl Iterator<Item = NodeId> + use<> {
        (self.first_relay..self.first_relay + self.spec.relays).map(NodeId)
    }

    /// Whether anybody can dial `id` now.
    pub fn is_dialable(&self, id: NodeId) -> bool {
        self.reach[id.index()] == Reach::Public || self.stations[id.index()].knows(true)
    }

    /// Whether `id` takes part in a distributed hash table as a client alone.
    pub fn is_client(&self, id: NodeId) -> bool {
        let asks = self.spec.relays > 0; // where nobody can be asked its operator says so
        let knows = self.stations[id.index()].knows(true) || (!asks && self.reach[id.index()] == Reach::Public);
        self.spec.dht_clients && !knows
    }

    /// By node, whether it is a client in a network that has long converged.
    pub fn clients_at_start(&self) -> Vec<bool> {
        let serves = |reach: &Reach| matches!(reach, Reach::Public | Reach::Mapped);
        self.reach.iter().map(|reach| self.spec.dht_clients && !serves(reach)).collect()
    }

    /// How `to` can be dialled by another node now. It counts as tried.
    pub fn plan(&mut self, from: NodeId, to: NodeId) -> Plan {
        self.pairs.tried(from, to);
        if self.is_dialable(to) {
            return Plan::Direct;
        }
        match self.relay_between(from, to) {
            Some(relay) => Plan::Through(relay),
            None => {
                self.tally.unanswered += 1;
                Plan::Unanswered
            }
        }
    }

    /// The first relay of `to` that has a circuit left for both; any of them where none has.
    fn relay_between(&self, from: NodeId, to: NodeId) -> Option<NodeId> {
        let relays = self.stations[to.index()].reserved();
        let free = relays.iter().find(|relay| self.has_room([from, to], **relay));
        free.or(relays.first()).copied()
    }

    /// The next relay of the second node behind `relay` that has a circuit left for both.
    pub fn next_relay(&self, ends: [NodeId; 2], relay: NodeId) -> Option<NodeId> {
        let reserved = self.stations[ends[1].index()].reserved().iter();
        let mut behind = reserved.skip_while(|other| **other != relay).skip(1);
        behind.find(|other| self.has_room(ends, **other)).copied()
    }

    /// Whether two nodes have a connection from before the start, as a hash table leaves them:
    /// one of them could be dialled.
    pub fn have_met(&mut self, a: NodeId, b: NodeId) -> bool {
        let met = self.is_dialable(a) || self.is_dialable(b);
        if met {
            self.pairs.met(a, b, Way::Direct);
        }
        met
    }

    /// Whether a hole can be punched between two nodes; drawn for each pair once and for all.
    pub fn can_punch(&self, a: NodeId, b: NodeId) -> bool {
        let is = |what: Reach| [a, b].map(|id| self.reach[id.index()]).contains(&what);
        let probability = match (is(Reach::Blocked), is(Reach::Symmetric)) {
            (true, _) => 0.0,
            (false, false) => self.spec.punching,
            _ if self.reach[a.index()] == self.reach[b.index()] => 0.0,
            (false, true) => self.spec.punching_symmetric,
        };
        let pair = u64::from(a.0.min(b.0)) << 32 | u64::from(a.0.max(b.0));
        probability > 0.0 && Rng::stream(self.seed, Purpose::Punching, pair).uniform() < probability
    }

    /// A connection of two nodes stands, that they have made or that has moved.
    pub fn stands(&mut self, a: NodeId, b: NodeId, way: Way) {
        self.pairs.met(a, b, way);
    }

    /// The set-up with `to` through `relay` begins.
    pub fn begin(&mut self, from: NodeId, (to, channel): (NodeId, Channel), relay: NodeId) {
        self.pending.insert((from, to, channel), relay);
    }

    /// Set-ups of `from` that waited for its connection with `relay`.
    pub fn waiting(&self, from: NodeId, relay: NodeId) -> Vec<(NodeId, Channel)> {
        let first = (from, NodeId(0), Channel(0));
        let of = self.pending.range(first..).take_while(|((id, ..), _)| *id == from);
        of.filter(|(_, through)| **through == relay).map(|((_, to, channel), _)| (*to, *channel)).collect()
    }

    /// The relay of a set-up that is over.
    pub fn end(&mut self, from: NodeId, (to, channel): (NodeId, Channel)) -> Option<NodeId> {
        self.pending.remove(&(from, to, channel))
    }

    /// A node came to know whether it can be dialled, `after` it came.
    pub(super) fn note_known(&mut self, after: Time) {
        self.tally.known.push(after);
    }

    /// What was done, in numbers; `relayed` are the bytes that each relay has sent on by `end`.
    pub fn report(&self, relayed: &[u64], end: Time) -> Vec<(String, f64)> {
        let hidden = self.reach.iter().filter(|reach| **reach != Reach::Public).count();
        let mut report = vec![("nat_unreachable_nodes".to_string(), hidden as f64)];
        self.pairs.report(&mut report);
        self.tally.report(&mut report);
        let alone = (0..self.stations.len() as u32).filter(|id| self.is_alone(NodeId(*id)));
        report.push(("nat_without_relay".into(), alone.count() as f64));
        report.push(("nat_reservations".into(), f64::from(self.held.iter().sum::<u32>())));
        let rate = |bytes: u64| bytes as f64 / end.secs().max(1e-9);
        report.push(("nat_relay_tx_bytes".into(), relayed.iter().sum::<u64>() as f64));
        report.push(("nat_busiest_relay_bytes_per_s".into(), rate(relayed.iter().copied().max().unwrap_or(0))));
        report
    }

    /// All relays, in order.
    pub fn relay_ids(&self) -> Vec<NodeId> {
        self.relays().collect()
    }
}
