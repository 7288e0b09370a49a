//! Dials to nodes behind NATs, and the way from a relay to a direct connection.

use super::node::Line;
use super::run::{Event, Notice, Simulation};
use crate::nat::{Alarm, Attempt, Carry, CircuitId, Learned, Nat, NatSpec, Plan, Way};
use crate::protocol::Protocol;
use crate::units::Time;
use crate::world::{Channel, NodeId};

impl<P: Protocol> Simulation<'_, P> {
    /// Lets the layer act, where there is one.
    fn nat<T>(&mut self, act: impl FnOnce(&mut Nat) -> T) -> Option<T> {
        self.nat.as_mut().map(|nat| act(nat))
    }

    /// How reach is described, where it is.
    pub(super) fn nat_spec(&self) -> NatSpec {
        self.spec.nat.unwrap_or_default()
    }

    pub(super) fn remind(&mut self, at: Time, id: NodeId, alarm: Alarm) {
        let event = Event::Nat(id, self.nodes[id.index()].epoch, alarm);
        match alarm {
            // What a node waits for anyway, and no step towards anything.
            Alarm::Probe | Alarm::Seek | Alarm::Expire(_) => self.later(at, event),
            _ => self.step_until(at, event),
        }
    }

    /// `id` comes: what it knows of itself, and its connections with relays that have long stood.
    pub(super) fn come_behind_nat(&mut self, id: NodeId) {
        let now = self.now;
        let Some(nat) = &mut self.nat else { return };
        let relays = nat.come(id, now).to_vec();
        let (client, asks, first) = (nat.is_client(id), nat.asks(id), nat.relay_ids().first().copied());
        let alone = nat.is_alone(id);
        self.discovery.set_client(id, client);
        for relay in relays {
            self.network.open(id, relay, Channel::RELAY);
            for (one, other) in [(id, relay), (relay, id)] {
                self.nodes[one.index()].add_link((other, Channel::RELAY), u64::MAX);
            }
        }
        if let Some(relay) = first.filter(|_| asks) {
            self.remind(now + self.set_up_time(id, relay), id, Alarm::Probe);
        }
        if alone {
            self.remind(now + self.nat_spec().probe_interval, id, Alarm::Seek);
        }
    }

    /// What it takes to set up a connection.
    fn set_up_time(&self, from: NodeId, to: NodeId) -> Time {
        self.world.rtt(from, to) * u64::from(self.spec.network.transport.connect_round_trips)
    }

    /// Takes a dial over that cannot go straight to its node; whether it does.
    pub(super) fn dials_behind_nat(&mut self, from: NodeId, line: Line) -> bool {
        match self.nat(|nat| nat.plan(from, line.0)) {
            None | Some(Plan::Direct) => return false,
            Some(Plan::Unanswered) => {
                self.nodes[from.index()].dialling.push((line, Time::NEVER));
                let epoch = self.nodes[from.index()].epoch;
                self.step_until(self.now + self.nat_spec().dial_timeout, Event::Refused(from, epoch, line.0, line.1));
            }
            Some(Plan::Through(relay)) => self.dial_through(from, line, relay),
        }
        true
    }

    /// Sets a connection up over a relay, with which it connects first where it is not.
    fn dial_through(&mut self, from: NodeId, line: Line, relay: NodeId) {
        self.nodes[from.index()].dialling.push((line, Time::NEVER));
        self.nat(|nat| nat.begin(from, line, relay));
        if self.nodes[from.index()].is_linked((relay, Channel::RELAY)) {
            self.hop(from, line, relay);
        } else {
            self.dial(from, (relay, Channel::RELAY));
        }
    }

    /// The connection of `id` with a relay stands: what waited for it goes on.
    pub(super) fn on_relay(&mut self, id: NodeId, relay: NodeId) {
        let waiting = self.nat(|nat| nat.waiting(id, relay)).unwrap_or_default();
        waiting.into_iter().for_each(|line| self.hop(id, line, relay));
        if self.nat.as_ref().is_some_and(|nat| nat.wanted(id) > 0) {
            self.remind(self.now + self.world.rtt(id, relay), id, Alarm::Reserve(relay));
        }
    }

    /// Asks the relay for a circuit, which it asks the peer to take; over that a connection is
    /// set up as over any other, but for the round trip of TCP and the last one.
    fn hop(&mut self, from: NodeId, (to, channel): Line, relay: NodeId) {
        let relayed = self.relayed_rtt(from, to, relay);
        let above = u64::from(self.spec.network.transport.connect_round_trips.saturating_sub(2));
        self.remind(self.now + relayed + relayed * above, from, Alarm::Hop(to, channel));
    }

    fn relayed_rtt(&self, a: NodeId, b: NodeId, relay: NodeId) -> Time {
        self.world.rtt(a, relay) + self.world.rtt(relay, b)
    }

    pub(super) fn on_nat(&mut self, id: NodeId, epoch: u32, alarm: Alarm) {
        // Circuits and what is tried beside them are not of one node alone.
        let of_node = matches!(alarm, Alarm::Probe | Alarm::Seek | Alarm::Reserve(_) | Alarm::Hop(..));
        let node = &self.nodes[id.index()];
        if of_node && (node.epoch != epoch || !node.online) {
            return;
        }
        match alarm {
            Alarm::Probe => self.on_probe(id),
            Alarm::Seek => self.on_seek(id),
            Alarm::Reserve(relay) => {
                self.nat(|nat| nat.reserve(id, relay));
            }
            Alarm::Hop(to, channel) => self.on_hop(id, (to, channel)),
            Alarm::Expire(circuit) => self.on_expired(id, circuit),
            Alarm::Upgrade(circuit) => self.on_upgrade(circuit),
            Alarm::Agreed(circuit) => self.on_agreed(circuit),
            Alarm::Failed(circuit) => self.on_failed(circuit),
            Alarm::Dialled(circuit) => self.on_dialled_directly(id, circuit),
        }
    }

    fn on_probe(&mut self, id: NodeId) {
        let now = self.now;
        let Some(nat) = &mut self.nat else { return };
        let learned = nat.probe(id, now);
        let (asks, client) = (nat.asks(id), nat.is_client(id));
        let spec = self.nat_spec();
        match learned {
            Learned::Nothing => {}
            Learned::Reachable => self.discovery.set_client(id, client),
            Learned::Unreachable => self.remind(now + spec.mapping_time, id, Alarm::Seek),
        }
        if asks {
            self.remind(now + spec.probe_interval, id, Alarm::Probe);
        }
    }

    /// Asks relays that have room, all at once; where that leaves it alone, again after a while.
    fn on_seek(&mut self, id: NodeId) {
        let Some(nat) = self.nat.as_ref().filter(|nat| nat.is_alone(id)) else { return };
        for relay in nat.candidates(id) {
            if self.nodes[id.index()].is_linked((relay, Channel::RELAY)) {
                self.remind(self.now + self.world.rtt(id, relay), id, Alarm::Reserve(relay));
            } else {
                self.dial(id, (relay, Channel::RELAY));
            }
        }
        self.remind(self.now + self.nat_spec().probe_interval, id, Alarm::Seek);
    }

    fn on_hop(&mut self, from: NodeId, line: Line) {
        let (to, channel) = line;
        let relay = self.nat(|nat| nat.end(from, line)).flatten();
        let dialler = &mut self.nodes[from.index()];
        let Some(at) = dialler.dialling.iter().position(|dial| *dial == (line, Time::NEVER)) else { return };
        dialler.dialling.remove(at);
        if dialler.knows(line) {
            return; // the other end was faster
        }
        let epochs = [from, to].map(|id| self.nodes[id.index()].epoch);
        let taken = self.nodes[to.index()].online && self.both_accept([from, to], channel);
        let open = |relay| self.nat(|nat| nat.open([from, to], channel, relay, epochs)).flatten();
        let Some(circuit) = relay.filter(|_| taken).and_then(open) else {
            // Others were faster there; the peer has further addresses.
            let next = |relay| self.nat.as_ref()?.next_relay([from, to], relay);
            return match relay.filter(|_| taken).and_then(next) {
                Some(next) => self.dial_through(from, line, next),
                None => self.notify(from, Notice::Refused(line)),
            };
        };
        self.nodes[from.index()].opening.push(line);
        self.nodes[to.index()].opening.push((from, channel));
        let time = self.nat_spec().circuit_time;
        if time < Time::NEVER {
            self.remind(self.now + time, from, Alarm::Expire(circuit));
        }
        self.hello(from, line, false);
    }

    /// One end of a connection has heard of the other. Whether the protocol is to be told:
    /// not where its messages do not go over circuits.
    pub(super) fn tells_of(&mut self, id: NodeId, (peer, channel): Line, back: bool) -> bool {
        let spec = self.nat_spec();
        let Some(nat) = self.nat.as_mut().filter(|_| !channel.is_beneath()) else { return true };
        let Some((circuit, _)) = nat.carrier(id, peer, channel) else {
            nat.stands(id, peer, Way::Direct);
            return true;
        };
        if spec.circuits_carry == Carry::Messages {
            nat.stands(id, peer, Way::Relayed);
        }
        if !back {
            nat.will_upgrade(circuit);
            self.remind(self.now + spec.upgrade_after, id, Alarm::Upgrade(circuit));
        }
        spec.circuits_carry == Carry::Messages
    }

    fn on_upgrade(&mut self, circuit: CircuitId) {
        let Some(attempt) = self.nat(|nat| nat.upgrade(circuit)).flatten() else {
            return self.give_up_waiting(circuit);
        };
        let [caller, callee] = attempt.ends;
        if attempt.way == Way::Reversed {
            let at = self.now + self.set_up_time(callee, caller);
            return self.remind(at, callee, Alarm::Dialled(circuit));
        }
        let trips = self.nat_spec().upgrade_round_trips;
        let relayed = self.relayed_rtt(caller, callee, attempt.relay);
        self.remind(self.now + relayed * u64::from(trips) + relayed * 3 / 2, callee, Alarm::Agreed(circuit));
    }

    /// Both dial each other at this moment.
    fn on_agreed(&mut self, circuit: CircuitId) {
        let attempt = self.nat.as_ref().and_then(|nat| nat.attempt(circuit));
        let works = self.nat(|nat| nat.punch(circuit)).flatten();
        let (Some(attempt), Some(works)) = (attempt, works) else { return };
        let [caller, callee] = attempt.ends;
        if works {
            let at = self.now + self.set_up_time(callee, caller);
            return self.remind(at, callee, Alarm::Dialled(circuit));
        }
        self.remind(self.now + self.nat_spec().punching_timeout, callee, Alarm::Failed(circuit));
    }

    fn on_failed(&mut self, circuit: CircuitId) {
        self.nat(|nat| nat.end_attempt(circuit));
        self.give_up_waiting(circuit);
    }

    /// There will be no direct connection; where a circuit alone is of no use to the protocol,
    /// that ends it.
    fn give_up_waiting(&mut self, circuit: CircuitId) {
        if self.nat_spec().circuits_carry == Carry::Upgrades {
            self.close_circuit(circuit);
        }
    }

    /// A direct connection of the two ends stands: what goes over the circuit goes there from
    /// now on. Where the circuit was closed meanwhile it is a new one.
    fn on_dialled_directly(&mut self, id: NodeId, circuit: CircuitId) {
        let known = self.nat.as_ref().map_or(Time::ZERO, |nat| nat.known_closed(circuit));
        if known >= self.now && known > Time::ZERO {
            let after = known + Time::from_nanos(1);
            return self.remind(after, id, Alarm::Dialled(circuit)); // one end has yet to hear of its closing
        }
        let Some(attempt) = self.nat.as_ref().and_then(|nat| nat.attempt(circuit)) else { return };
        let carried = self.nat.as_ref().is_some_and(|nat| nat.carries(circuit));
        self.nat(|nat| nat.end_attempt(circuit));
        let Attempt { ends: [caller, callee], channel, epochs, way, .. } = attempt;
        let there = [caller, callee].into_iter().zip(epochs).all(|(id, epoch)| {
            let node = &self.nodes[id.index()];
            node.online && node.epoch == epoch
        });
        if !there || !(carried || self.may_meet([caller, callee], channel)) {
            return;
        }
        self.nat(|nat| nat.stands(caller, callee, way));
        self.network.open(caller, callee, channel);
        let spec = self.nat_spec();
        if carried {
            self.nat(|nat| nat.begin_move(circuit));
            self.remind(self.now + spec.linger, callee, Alarm::Expire(circuit));
        }
        if !carried || spec.circuits_carry == Carry::Upgrades {
            let credit = self.spec.network.transport.mux_credit();
            for (one, other) in [(caller, callee), (callee, caller)] {
                let node = &mut self.nodes[one.index()];
                node.end_opening((other, channel));
                node.add_link((other, channel), credit);
                self.notify(one, Notice::Connected((other, channel)));
            }
        }
        self.end_move(circuit);
    }

    /// Whether two nodes that have no connection any more may have one.
    fn may_meet(&self, ends: [NodeId; 2], channel: Channel) -> bool {
        let has = |one: NodeId, other: NodeId| {
            let node = &self.nodes[one.index()];
            node.is_linked((other, channel)) || node.opening.contains(&(other, channel))
        };
        !has(ends[0], ends[1]) && !has(ends[1], ends[0]) && self.both_accept(ends, channel)
    }
}
