//! What holds each leecher back: looked at from outside, now and then, without
//! touching anything.
//!
//! One pass over the messages under way says what goes on for whom; then each
//! leecher gets the first of these that is true:
//!
//! 1. it is offline;
//! 2. data waits for its processor (two messages or more, so that a processor
//!    that keeps up does not count);
//! 3. data is being sent to it: what holds back most of that rate (a full uplink
//!    at the other end or in between, its own downlink, windows);
//! 4. what it asks for waits for its own uplink;
//! 5. its processor works;
//! 6. data or requests are in the mixnet, or a session is being begun;
//! 7. data or requests are on their way, or a connection is being made;
//! 8. a processor at the other end works on what it asked for, or on the data;
//! 9. it looks for peers, who are there, and has nobody to ask or nothing to ask for;
//! 10. it asked who has what;
//! 11. nobody it is connected with has anything it lacks, or nobody at all has when it
//!     is connected with nobody;
//! 12. somebody has, and that uplink is full of data for others;
//! 13. else it waits for a timer or a turn of the protocol.
//!
//! Where a timer, or somebody's going, has cut off what was coming to it, and it has stored
//! nothing since, that is what holds it back, unless it is offline or nobody has what it lacks.

use super::RunSpec;
use super::flight::{Cargo, Flight};
use super::node::NodeState;
use super::run::Simulation;
use crate::bound::distribution_time;
use crate::ledger::{Class, Constraint, Cut, Timeline};
use crate::network::{Bottleneck, Network};
use crate::protocol::{Message, Protocol};
use crate::units::Time;
use crate::world::{NodeId, Role, World};
use std::cell::Cell;

/// Looks that a run at its bound gets; a slower one gets more.
const LOOKS_AT_THE_BOUND: u64 = 256;
/// Looks that a leecher gets which is as fast as any downlink allows, however many
/// come after it.
const LOOKS_AT_THE_LEAST: u64 = 128;
/// The shortest stratum, for runs without a bound.
const SHORTEST: Time = Time::from_millis(1);

/// The timeline of a run: empty where nobody is meant to finish.
pub(super) fn timeline(world: &World, spec: &RunSpec) -> Timeline {
    let leechers = world.with_role(Role::Leecher).count();
    let fastest = world.with_role(Role::Leecher).map(|id| world.node(id).down).max();
    let least = world.datasets.iter().map(|dataset| dataset.size).min();
    let alone = fastest.zip(least).map_or(Time::ZERO, |(down, least)| down.time_for(least));
    let bound = distribution_time(world).makespan;
    let share = (bound.nanos() / LOOKS_AT_THE_BOUND).min(alone.nanos() / LOOKS_AT_THE_LEAST);
    let stratum = if spec.stop.run_for.is_some() { Time::NEVER } else { Time::from_nanos(share).max(SHORTEST) };
    Timeline::new(leechers, stratum)
}

/// What was seen going on for a node.
#[derive(Debug, Clone, Copy, Default)]
struct Sight {
    /// Rates at which data comes, in bytes per second, by what holds it back: own
    /// downlink, uplink of the sender, window, a link in between.
    coming: [f64; 4],
    /// Messages with data that wait for its processor.
    unread: u32,
    /// Data waits for a turn of somebody's uplink.
    queued: bool,
    /// What it asks for waits for its own uplink.
    held: bool,
    /// Data or requests are in the mixnet.
    mixing: bool,
    /// Data, requests or connections are on their way.
    travelling: bool,
    /// The other end works on a request or on data.
    served: bool,
    /// Questions who has what, or their answers, are on their way.
    asked: bool,
}

/// What messages may travel in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrapped {
    /// Packets of a mixnet.
    Packets,
    /// A circuit.
    Circuit,
}

/// The one who looks.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// What the last look saw, by node; kept for its memory.
    sights: Vec<Sight>,
    /// Nodes and messages that all looks went over.
    cost: u64,
    /// The last node that had something for somebody; it mostly has for the next too.
    helpful: Cell<usize>,
}

impl<P: Protocol> Simulation<'_, P> {
    /// Takes the looks that are due before `next`; until then nothing changes.
    pub(super) fn look_around(&mut self, next: Time) {
        while self.books.timeline.due() < next {
            let mut sights = std::mem::take(&mut self.watch.sights);
            sights.clear();
            sights.resize(self.nodes.len(), Sight::default());
            for (id, flight) in (0u32..).zip(&self.flights) {
                if let Some(flight) = flight {
                    see(&mut sights, id, flight, (&self.network, self.wrapped()));
                }
            }
            let leechers = self.world.with_role(Role::Leecher);
            let at = self.books.timeline.due();
            let states: Vec<_> = leechers.map(|node| self.state(node, at, &sights[node.index()])).collect();
            // A message or node costs a look about a fiftieth of what an event costs.
            self.watch.cost += (self.nodes.len() + self.flights.len()) as u64;
            self.books.timeline.note(states.into_iter(), self.watch.cost > self.events);
            self.watch.sights = sights;
        }
    }

    /// What messages of protocols travel in, if they are no flights of their own.
    fn wrapped(&self) -> Option<Wrapped> {
        let circuit = self.nat.as_ref().map(|_| Wrapped::Circuit);
        self.mix.as_ref().map_or(circuit, |_| Some(Wrapped::Packets))
    }

    /// What holds `id` back at `at`; nothing when it wants nothing.
    fn state(&self, id: NodeId, at: Time, sight: &Sight) -> Option<Constraint> {
        let node = &self.nodes[id.index()];
        // Who asks during the run wants nothing in between.
        let asks = !node.asks || !node.wanted.is_empty() || !node.queue.is_empty();
        let wants = self.world.node(id).start <= at && self.books.accounts[id.index()].complete_since.is_none();
        (wants && asks).then(|| match self.constraint(id, at, sight) {
            constraint @ (Constraint::Nobody | Constraint::Away) => constraint,
            constraint => self.nodes[id.index()].cut.map_or(constraint, Cut::constraint),
        })
    }

    fn constraint(&self, id: NodeId, at: Time, sight: &Sight) -> Constraint {
        let node = &self.nodes[id.index()];
        if !node.online {
            return Constraint::Away;
        }
        if sight.unread > 1 {
            return Constraint::Cpu;
        }
        if let Some(constraint) = sight.slowest_link() {
            return constraint;
        }
        if sight.held {
            return Constraint::OwnUplink;
        }
        if node.cpu_free > at {
            return Constraint::Cpu;
        }
        if sight.mixing || (self.mix.is_some() && !node.opening.is_empty()) {
            return Constraint::Mix;
        }
        let dials = node.dialling.iter().any(|((peer, _), _)| self.nodes[peer.index()].online);
        if sight.travelling || dials || !node.opening.is_empty() {
            return if self.network.downlink_is_full(id) { Constraint::OwnDownlink } else { Constraint::RoundTrip };
        }
        if sight.served {
            return Constraint::Cpu;
        }
        let searching = !node.finding.is_empty();
        if searching && (node.links.is_empty() || !self.knows_wanted(node)) && self.somebody_has_more(node) {
            return Constraint::Discovery;
        }
        if sight.asked {
            return Constraint::Presence;
        }
        self.turn(id, searching)
    }

    /// Nothing is under way for `id`.
    fn turn(&self, id: NodeId, searching: bool) -> Constraint {
        let node = &self.nodes[id.index()];
        let links = node.links.chunk_by(|a, b| a.line.0 == b.line.0);
        let peers = links.filter(|links| !links[0].line.1.is_beneath()).map(|links| links[0].line.0);
        let mut helpful = peers.filter(|peer| self.has_more(&self.nodes[peer.index()], node));
        match helpful.next() {
            None if (searching || node.links.is_empty()) && self.somebody_has_more(node) => {
                if searching {
                    Constraint::Discovery
                } else {
                    Constraint::Timer
                }
            }
            None => Constraint::Nobody,
            Some(first) => {
                let mut peers = std::iter::once(first).chain(helpful);
                let busy = peers.any(|peer| self.network.uplink_is_full(peer));
                if busy { Constraint::RemoteUplink } else { Constraint::Timer }
            }
        }
    }

    /// Whether anybody online, connected or not, has something `node` lacks.
    fn somebody_has_more(&self, node: &NodeState) -> bool {
        let first = self.watch.helpful.get();
        let helps = |at: &usize| self.nodes[*at].online && self.has_more(&self.nodes[*at], node);
        let found = (first..self.nodes.len()).chain(0..first).find(helps);
        found.inspect(|at| self.watch.helpful.set(*at)).is_some()
    }

    /// Whether `node` holds the manifests of all that it is to fetch.
    fn knows_wanted(&self, node: &NodeState) -> bool {
        node.wanted.iter().all(|want| node.manifests.contains(want.dataset.0))
    }

    /// Whether `other` has something that `node` wants and lacks.
    fn has_more(&self, other: &NodeState, node: &NodeState) -> bool {
        let datasets = &self.world.datasets;
        if node.wanted.len() <= other.store.parts() {
            let mut wanted = node.wanted.iter();
            return wanted.any(|want| !node.store.includes(&other.store, datasets.get(want.dataset)));
        }
        node.store.lacks_of(&other.store).any(|first| node.is_fetching(datasets.of(first)))
    }
}

impl Sight {
    /// What holds most of the coming data back.
    fn slowest_link(&self) -> Option<Constraint> {
        const KINDS: [Constraint; 4] =
            [Constraint::OwnDownlink, Constraint::RemoteUplink, Constraint::RoundTrip, Constraint::CoreLink];
        let coming = self.coming.iter().sum::<f64>() > 0.0;
        if !coming {
            return self.queued.then_some(Constraint::RemoteUplink);
        }
        let most = (0..KINDS.len()).rev().max_by(|a, b| self.coming[*a].total_cmp(&self.coming[*b]))?;
        Some(KINDS[most])
    }
}

/// Notes what the message `id` says about its two ends.
fn see<M: Message>(sights: &mut [Sight], id: u32, flight: &Flight<M>, (network, wrapped): (&Network, Option<Wrapped>)) {
    let (from, to) = (flight.from.index(), flight.to.index());
    // What goes through a mixnet or over a circuit leaves in others, and is itself never on a wire.
    let waits_to_leave = flight.wire == 0 && !(wrapped.is_some() && (flight.waits || flight.arrived));
    let mixed = flight.waits && wrapped == Some(Wrapped::Packets);
    if flight.size.payload > 0 {
        if mixed {
            sights[to].mixing = true;
        } else if flight.waits {
            sights[to].travelling = true; // until the muxer has credit for it
        } else if waits_to_leave {
            sights[to].served = true;
        } else if flight.arrived {
            sights[to].unread += 1;
        } else {
            see_data(&mut sights[to], id, flight, network);
        }
        return;
    }
    match (&flight.cargo, flight.class) {
        (Cargo::Hello { .. }, _) => {
            sights[from].travelling = true;
            sights[to].travelling = true;
        }
        // Of one whose uplink holds it back nothing else counts that its requests tell.
        (Cargo::Message(_), Class::Request | Class::Want) if waits_to_leave || sights[from].held => {}
        (Cargo::Message(_), Class::Request) if flight.arrived => sights[from].served = true,
        (Cargo::Message(_), Class::Request | Class::Want) => {
            let asker = &mut sights[from];
            let full =
                network.uplink_is_full(flight.from) && network.head(flight.from, flight.to, flight.channel).is_some();
            asker.held |= full;
            let travels = !full && flight.class == Class::Request;
            asker.mixing |= travels && mixed;
            asker.travelling |= travels && !mixed;
            asker.asked |= flight.class == Class::Want;
        }
        (Cargo::Message(_), Class::Presence) => sights[to].asked = true,
        (Cargo::Message(_), Class::Manifest) => {
            for end in [from, to] {
                sights[end].mixing |= mixed;
                sights[end].travelling |= !flight.arrived && !mixed;
            }
        }
        _ => {}
    }
}

/// Data on its way through the network.
fn see_data<M>(receiver: &mut Sight, id: u32, flight: &Flight<M>, network: &Network) {
    match network.head(flight.from, flight.to, flight.channel) {
        Some(head) if head.id == id && head.rate > 0.0 => {
            let kind = match head.bottleneck {
                Bottleneck::Downlink => 0,
                Bottleneck::Uplink => 1,
                Bottleneck::Window => 2,
                Bottleneck::CoreLink => 3,
            };
            receiver.coming[kind] += head.rate;
        }
        Some(head) if head.id == id => receiver.queued = true,
        // Behind another message of its stream, which speaks for both, or gone.
        Some(_) => receiver.queued |= network.uplink_is_full(flight.from),
        None => receiver.travelling = true,
    }
}
