//! Nodes coming and going, connections made and lost.

use super::flight::Cargo;
use super::presence::Turn;
use super::run::{Event, Notice, Simulation};
use crate::ledger::Cut;
use crate::protocol::{Protocol, Size, Units};
use crate::world::{NodeId, OfflineKind, Role};

impl<P: Protocol> Simulation<'_, P> {
    /// Nodes come and go as is due now.
    pub(super) fn take_turns(&mut self) {
        let mut turns = std::mem::take(&mut self.turns);
        self.presence.advance(self.world, &mut turns);
        for turn in turns.drain(..) {
            match turn {
                Turn::Comes(id) => self.go_online(id),
                Turn::Goes(id, kind) => self.go_offline(id, kind),
                Turn::LosesData(id) => self.lose_data(id),
                Turn::StaysAway(id) => self.forget(id),
            }
        }
        self.turns = turns; // keeps its allocation
    }

    fn go_online(&mut self, id: NodeId) {
        let node = &mut self.nodes[id.index()];
        node.online = true;
        if self.world.node(id).role == Role::Server {
            return; // it runs no protocol
        }
        node.epoch += 1;
        node.cpu_free = self.now;
        node.finding = Default::default();
        self.online += 1;
        self.renew_patience();
        self.minds[id.index()] = P::new(id, self.world, &self.shared);
        self.books.digest.add(self.now, id.0, 4, 0);
        self.discover(|discovery, world, out| discovery.online(id, world, out));
        if self.world.node(id).role != Role::Idle {
            self.with(id, Units::None, |mind, cx| mind.start(cx));
        }
        if self.nodes[id.index()].epoch == 1 {
            self.meet(id);
        }
    }

    /// The connections of a node that stand from before its start, to those who are
    /// there.
    fn meet(&mut self, id: NodeId) {
        let credit = self.spec.network.transport.mux_credit();
        for peer in self.world.met_before(id) {
            let other = &self.nodes[peer.index()];
            let server = self.world.node(peer).role == Role::Server;
            if server || !other.online || other.knows(id) || self.nodes[id.index()].knows(peer) {
                continue; // nobody there yet, or they are just dialling
            }
            let taken = self.minds[peer.index()].accepts(id, &self.shared);
            if !taken || !self.minds[id.index()].accepts(peer, &self.shared) {
                continue; // no room
            }
            self.network.open(id, peer);
            for (one, other) in [(id, peer), (peer, id)] {
                self.nodes[one.index()].add_link(other, credit);
                self.notify(one, Notice::Connected(other));
            }
        }
    }

    /// The node's connections go, everything under way on them is lost; the
    /// other ends learn of it one delay later.
    fn go_offline(&mut self, id: NodeId, kind: OfflineKind) {
        let node = &mut self.nodes[id.index()];
        node.online = false;
        self.online -= 1;
        let links = std::mem::take(&mut node.links);
        let mut peers: Vec<NodeId> = links.iter().map(|link| link.peer).collect();
        peers.append(&mut node.opening);
        node.dialling.clear();
        links.into_iter().for_each(|link| self.drop_waiting(link));
        if kind == OfflineKind::Crash {
            self.lose_data(id);
        }
        self.forget(id);
        self.books.digest.add(self.now, id.0, 5, kind as u64);
        self.discovery.offline(id, kind);
        self.cutting = Some(Cut::Churn);
        for peer in peers {
            self.cut(id, peer);
        }
        self.cutting = None;
    }

    /// Everything on the disk of a node is lost.
    fn lose_data(&mut self, id: NodeId) {
        let node = &mut self.nodes[id.index()];
        let lost = std::mem::take(&mut node.store).len();
        self.copies -= if node.gone { 0 } else { u64::from(lost) };
        node.unverified.clear();
        node.manifest = false;
        if self.world.node(id).role == Role::Leecher {
            self.stored_units -= u64::from(lost);
        }
        let account = &mut self.books.accounts[id.index()];
        account.crash_lost = account.given_at_start + account.payload_rx;
        self.complete -= u32::from(account.complete_since.take().is_some());
    }

    /// Sets a connection up: all but the last round trip is waiting. Where nobody
    /// is, the first packet is refused.
    pub(super) fn dial(&mut self, from: NodeId, to: NodeId) {
        let node = &mut self.nodes[from.index()];
        if node.knows(to) || !self.world.may_know(from, to) {
            return;
        }
        let epoch = node.epoch;
        let waits = u64::from(self.spec.network.transport.connect_round_trips.saturating_sub(1));
        let wait = self.world.rtt(from, to) * waits;
        self.nodes[from.index()].dialling.push((to, self.now + wait));
        self.step_until(self.now + wait, Event::Dialled(from, to, epoch));
        if waits > 1 && !self.nodes[to.index()].online {
            self.step_until(self.now + self.world.delay(from, to), Event::Knock(from, to, epoch));
        }
    }

    /// The first packet of a dial arrives where nobody was when it was sent: it is
    /// refused, unless somebody has come since.
    pub(super) fn on_knock(&mut self, from: NodeId, to: NodeId, epoch: u32) {
        if !self.nodes[to.index()].online {
            self.step_until(self.now + self.world.delay(to, from), Event::Refused(from, epoch, to));
        }
    }

    /// The last round trip carries the bytes of the set-up, each way.
    pub(super) fn on_dialled(&mut self, from: NodeId, to: NodeId, epoch: u32) {
        let dialler = &mut self.nodes[from.index()];
        if dialler.epoch != epoch || !dialler.online {
            return;
        }
        let Some(at) = dialler.dialling.iter().position(|dial| *dial == (to, self.now)) else {
            return; // it was refused since
        };
        dialler.dialling.remove(at);
        if dialler.knows(to) || self.yields(from, to) {
            return; // the other end was faster
        }
        let taken = self.nodes[to.index()].online && self.minds[to.index()].accepts(from, &self.shared);
        if taken && self.minds[from.index()].accepts(to, &self.shared) {
            self.network.open(from, to);
            self.nodes[from.index()].opening.push(to);
            self.nodes[to.index()].opening.push(from);
            self.hello(from, to, false);
        } else {
            self.notify(from, Notice::Refused(to));
        }
    }

    /// The dial of `id` to `peer`, or the set-up that followed it, came to nothing.
    pub(super) fn on_refused(&mut self, id: NodeId, epoch: u32, peer: NodeId) {
        let node = &mut self.nodes[id.index()];
        if node.epoch == epoch {
            node.dialling.retain(|(to, _)| *to != peer);
            self.notify(id, Notice::Refused(peer));
        }
    }

    /// Of a seeder and a leecher that dial each other at one moment the seeder is
    /// first, in whatever order their events come: it was there first.
    fn yields(&self, from: NodeId, to: NodeId) -> bool {
        let roles = [from, to].map(|id| self.world.node(id).role);
        roles == [Role::Leecher, Role::Seeder] && self.nodes[to.index()].dialling.contains(&(from, self.now))
    }

    fn hello(&mut self, from: NodeId, to: NodeId, back: bool) {
        let size = Size::control(self.spec.network.transport.handshake.get());
        let flight = self.new_flight(from, to, Cargo::Hello { back }, size, None);
        self.depart(flight);
    }

    pub(super) fn on_hello(&mut self, from: NodeId, to: NodeId, back: bool) {
        if !self.nodes[to.index()].end_opening(from) {
            return; // one end has gone since
        }
        self.nodes[to.index()].add_link(from, self.spec.network.transport.mux_credit());
        if !back {
            self.hello(to, from, true);
        }
        self.notify(to, Notice::Connected(from));
    }

    pub(super) fn hang_up(&mut self, id: NodeId, peer: NodeId) {
        if let Some(link) = self.nodes[id.index()].remove_link(peer) {
            self.drop_waiting(link);
            self.cut(id, peer);
        }
    }

    /// Closes the connection, or the set-up of one, of which `id` has let go; a
    /// `peer` that had it learns of it one delay later.
    fn cut(&mut self, id: NodeId, peer: NodeId) {
        let ends = [id.min(peer), id.max(peer)];
        match self.cutting {
            Some(cut) => drop(self.cut_by.insert(ends, cut)),
            None => drop(self.cut_by.remove(&ends)),
        }
        self.network.close(self.now, id, peer, &mut self.net_events);
        self.nodes[id.index()].end_opening(peer);
        let at = self.now + self.world.delay(id, peer);
        let other = &mut self.nodes[peer.index()];
        let epoch = other.epoch;
        if other.end_opening(id) {
            self.step_until(at, Event::Refused(peer, epoch, id));
        } else if let Some(link) = other.remove_link(id) {
            self.step_until(at, Event::Cut(peer, epoch, id));
            self.drop_waiting(link);
        }
        self.drain_network();
    }
}
