//! Nodes coming and going, connections made and lost.

use super::flight::Cargo;
use super::node::Line;
use super::presence::Turn;
use super::run::{Event, Notice, Simulation};
use crate::ledger::Cut;
use crate::protocol::{Protocol, Size, Units};
use crate::world::{Channel, DatasetId, NodeId, OfflineKind, Role};

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
        if !self.world.node(id).role.takes_part() {
            return; // it runs no protocol
        }
        node.epoch += 1;
        node.cpu_free = self.now;
        node.finding.clear();
        self.online += 1;
        self.renew_patience();
        self.minds[id.index()] = P::new(id, self.world, &self.shared);
        self.books.digest.add(self.now, id.0, 4, 0);
        self.come_behind_nat(id);
        self.discover(|discovery, world, out| discovery.online(id, world, out));
        self.take_up_wants(id);
        let datasets = self.datasets_of(id);
        self.with(id, Units::None, |mind, cx| {
            mind.start(cx);
            datasets.into_iter().for_each(|dataset| mind.open(dataset, cx));
        });
        if self.nodes[id.index()].epoch == 1 {
            self.meet(id);
        }
        self.await_tidying(id);
        self.catch_up_steps(id);
    }

    /// The datasets that `id` holds something of or wants, in order.
    fn datasets_of(&self, id: NodeId) -> Vec<DatasetId> {
        let node = &self.nodes[id.index()];
        let mut datasets: Vec<DatasetId> = node.manifests.iter().map(DatasetId).collect();
        datasets.extend(node.store.firsts().map(|first| self.world.datasets.of(first)));
        datasets.extend(node.wanted.iter().map(|want| want.dataset));
        let holds = |dataset: &DatasetId| node.store.len_of(self.world.datasets.get(*dataset)) > 0;
        datasets.extend(self.world.datasets.ids().filter(holds));
        datasets.sort_unstable();
        datasets.dedup();
        datasets
    }

    /// The connections of a node that stand from before its start, to those who are
    /// there. Sessions through a mixnet stand with nobody before they are begun.
    fn meet(&mut self, id: NodeId) {
        if self.mix.is_some() {
            return;
        }
        if P::CONNECTS_PER_DATASET {
            let shared = |peer: &DatasetId| Channel(peer.0);
            let channels: Vec<Channel> = self.datasets_of(id).iter().map(shared).collect();
            channels.into_iter().for_each(|channel| self.meet_on(id, channel));
        } else {
            self.meet_on(id, Channel::ONLY);
        }
    }

    fn meet_on(&mut self, id: NodeId, channel: Channel) {
        let credit = self.spec.network.transport.mux_credit();
        for peer in self.world.met_before(id) {
            let other = &self.nodes[peer.index()];
            let outside = !self.world.node(peer).role.takes_part();
            if outside || !other.online || other.knows((id, channel)) || self.nodes[id.index()].knows((peer, channel)) {
                continue; // nobody there yet, or they are just dialling
            }
            if self.nat.as_mut().is_some_and(|nat| !nat.have_met(id, peer)) {
                continue;
            }
            let taken = self.minds[peer.index()].accepts(id, channel, &self.shared);
            if !taken || !self.minds[id.index()].accepts(peer, channel, &self.shared) {
                continue; // no room
            }
            self.network.open(id, peer, channel);
            for (one, other) in [(id, peer), (peer, id)] {
                self.nodes[one.index()].add_link((other, channel), credit);
                self.notify(one, Notice::Connected((other, channel)));
            }
        }
    }

    /// The node's connections go, everything under way on them is lost; the
    /// other ends learn of it one delay later.
    fn go_offline(&mut self, id: NodeId, kind: OfflineKind) {
        let node = &mut self.nodes[id.index()];
        (node.online, node.went) = (false, Some(self.now));
        self.online -= 1;
        let links = node.take_links();
        let mut peers: Vec<Line> = links.iter().map(|link| link.line).collect();
        peers.append(&mut node.opening);
        if self.mix.is_some() {
            peers.retain(|line| line.1 == Channel::MIX); // of a session nobody is told
        }
        node.dialling.clear();
        links.into_iter().for_each(|link| self.drop_waiting(link));
        if kind == OfflineKind::Crash {
            self.lose_data(id);
        }
        self.forget(id);
        self.books.digest.add(self.now, id.0, 5, kind as u64);
        self.discovery.offline(id, kind);
        self.leave_mix(id);
        if let Some(nat) = &mut self.nat {
            nat.go(id);
        }
        self.end_drains_to(id);
        self.cutting = Some(Cut::Churn);
        for peer in peers {
            if kind == OfflineKind::Crash || !self.drain(id, peer) {
                self.cut(id, peer);
            }
        }
        self.cutting = None;
    }

    /// Everything on the disk of a node is lost.
    fn lose_data(&mut self, id: NodeId) {
        self.reopen_wants(id);
        let node = &mut self.nodes[id.index()];
        let lost = std::mem::take(&mut node.store).len();
        self.copies -= if node.gone { 0 } else { u64::from(lost) };
        node.unverified.clear();
        node.manifests.clear();
        self.recount_wanted(id);
        let account = &mut self.books.accounts[id.index()];
        account.crash_lost += account.held();
        // What was asked for and had during the run was had.
        if !self.nodes[id.index()].asks {
            self.complete -= u32::from(account.complete_since.take().is_some());
        }
    }

    /// Sets a connection up: all but the last round trip is waiting. Where nobody
    /// is, the first packet is refused.
    pub(super) fn dial(&mut self, from: NodeId, line: Line) {
        let (node, (to, channel)) = (&mut self.nodes[from.index()], line);
        let may_know = channel.is_beneath() || self.world.may_know(from, to);
        if node.knows(line) || !may_know {
            return;
        }
        if self.mix.is_some() && channel != Channel::MIX {
            return self.begin_session(from, line);
        }
        if self.nat.is_some() && channel != Channel::RELAY && self.dials_behind_nat(from, line) {
            return;
        }
        let node = &self.nodes[from.index()];
        let epoch = node.epoch;
        let waits = u64::from(self.spec.network.transport.connect_round_trips.saturating_sub(1));
        let wait = self.world.rtt(from, to) * waits;
        self.nodes[from.index()].dialling.push((line, self.now + wait));
        self.step_until(self.now + wait, Event::Dialled(from, to, channel, epoch));
        if waits > 1 && !self.nodes[to.index()].online {
            self.step_until(self.now + self.world.delay(from, to), Event::Knock(from, to, channel, epoch));
        }
    }

    /// The first packet of a dial arrives where nobody was when it was sent: it is
    /// refused, unless somebody has come since.
    pub(super) fn on_knock(&mut self, from: NodeId, (to, channel): Line, epoch: u32) {
        if !self.nodes[to.index()].online {
            self.step_until(self.now + self.world.delay(to, from), Event::Refused(from, epoch, to, channel));
        }
    }

    /// The last round trip carries the bytes of the set-up, each way.
    pub(super) fn on_dialled(&mut self, from: NodeId, line: Line, epoch: u32) {
        let (to, channel) = line;
        let dialler = &mut self.nodes[from.index()];
        if dialler.epoch != epoch || !dialler.online {
            return;
        }
        let Some(at) = dialler.dialling.iter().position(|dial| *dial == (line, self.now)) else {
            return; // it was refused since
        };
        dialler.dialling.remove(at);
        if dialler.knows(line) || self.yields(from, line) {
            return; // the other end was faster
        }
        if self.nodes[to.index()].online && self.both_accept([from, to], channel) {
            self.end_drains_between([from, to], channel);
            self.network.open(from, to, channel);
            self.nodes[from.index()].opening.push(line);
            self.nodes[to.index()].opening.push((from, channel));
            self.hello(from, line, false);
        } else {
            self.notify(from, Notice::Refused(line));
        }
    }

    /// Whether two nodes take a connection with each other.
    pub(super) fn both_accept(&self, [from, to]: [NodeId; 2], channel: Channel) -> bool {
        let accepts = |one: NodeId, other: NodeId| self.minds[one.index()].accepts(other, channel, &self.shared);
        channel.is_beneath() || (accepts(to, from) && accepts(from, to))
    }

    /// The dial of `id` to `peer`, or the set-up that followed it, came to nothing.
    pub(super) fn on_refused(&mut self, id: NodeId, epoch: u32, line: Line) {
        let node = &mut self.nodes[id.index()];
        if node.epoch == epoch {
            node.dialling.retain(|(to, _)| *to != line);
            self.notify(id, Notice::Refused(line));
        }
    }

    /// Of a seeder and a leecher that dial each other at one moment the seeder is
    /// first, in whatever order their events come: it was there first.
    fn yields(&self, from: NodeId, (to, channel): Line) -> bool {
        let roles = [from, to].map(|id| self.world.node(id).role);
        roles == [Role::Leecher, Role::Seeder] && self.nodes[to.index()].dialling.contains(&((from, channel), self.now))
    }

    pub(super) fn hello(&mut self, from: NodeId, to: Line, back: bool) {
        let size = Size::control(self.spec.network.transport.handshake.get());
        let flight = self.new_flight(from, to, Cargo::Hello { back }, size, None);
        self.depart(flight);
    }

    pub(super) fn on_hello(&mut self, from: NodeId, (to, channel): Line, back: bool) {
        let line = (from, channel);
        if !self.nodes[to.index()].end_opening(line) {
            return; // one end has gone since
        }
        let tells = self.nat.is_none() || self.tells_of(to, line, back);
        if tells {
            self.nodes[to.index()].add_link(line, self.spec.network.transport.mux_credit());
        } else {
            self.nodes[to.index()].opening.push(line);
        }
        if !back {
            self.hello(to, line, true);
        }
        if tells {
            self.notify(to, Notice::Connected(line));
        }
    }

    pub(super) fn hang_up(&mut self, id: NodeId, line: Line) {
        if let Some(link) = self.nodes[id.index()].remove_link(line) {
            self.drop_waiting(link);
            if self.mix.is_some() {
                return self.mix(|mix| mix.hang_up(id, line.0, line.1));
            }
            self.cut(id, line);
        } else {
            self.end_drain((line.0, id, line.1));
        }
    }

    /// What closed a connection, when it was no plain hanging up.
    pub(super) fn note_cut(&mut self, (id, (peer, channel)): (NodeId, Line), cut: Option<Cut>) {
        let ends = ([id.min(peer), id.max(peer)], channel);
        match cut {
            Some(cut) => drop(self.cut_by.insert(ends, cut)),
            None => drop(self.cut_by.remove(&ends)),
        }
    }

    /// Closes the connection, or the set-up of one, of which `id` has let go; a
    /// peer that had it learns of it one delay later, which may lead over a relay.
    fn cut(&mut self, id: NodeId, line: Line) {
        let (peer, channel) = line;
        self.note_cut((id, line), self.cutting);
        let through_relay = self.leave_circuit(id, line);
        self.network.close(self.now, (id, peer), channel, &mut self.net_events);
        self.nodes[id.index()].end_opening(line);
        let at = through_relay.unwrap_or(self.now + self.world.delay(id, peer));
        self.tell_cut(peer, (id, channel), at);
        self.drain_network();
    }
}
