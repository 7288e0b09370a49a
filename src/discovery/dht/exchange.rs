//! Requests and their answers, as datagrams.
//!
//! A request to a node with which there is no session is preceded by a set-up:
//! a first message that the other cannot read, and its answer to that. Where
//! only the other end has forgotten the session, the request itself plays the
//! part of the first message.

use super::stats::Cause;
use super::{Dht, Moment};
use crate::discovery::{Alarm, Datagram, Letter, Out, Outbox};
use crate::network::Fate;
use crate::world::NodeId;
use std::mem::take;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Ask {
    #[default]
    Ping,
    FindNode,
    AddProvider,
    GetProviders,
}

/// A request under way.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    pub asker: u32,
    pub peer: u32,
    pub ask: Ask,
    pub target: u64,
    pub topic: u32,
    /// The look-up that it belongs to, if any.
    pub lookup: Option<u32>,
    cause: Cause,
    /// The asker's time online.
    pub epoch: u32,
    /// Counts the uses of the slot.
    serial: u32,
    /// Datagrams on their way.
    flying: u32,
    /// Still waiting for its answer.
    open: bool,
    /// Part of the answer has come, and the rest never will.
    partial: bool,
    /// Not given back yet.
    live: bool,
    /// Nodes in the answer.
    pub nodes: Vec<u32>,
    /// Providers in the answer.
    pub providers: Vec<u32>,
}

/// Kinds of messages, as they are counted and as the steps of an exchange.
pub(super) const KINDS: [&str; 10] = [
    "setup_request",
    "setup_reply",
    "setup_extra",
    "ping",
    "pong",
    "find_node",
    "nodes",
    "add_provider",
    "get_providers",
    "providers",
];
const SETUP_EXTRA: usize = 2;

/// Steps of an exchange.
const KNOCK: u8 = 0;
const WELCOME: u8 = 1;
const REQUEST: u8 = 2;
const FIRST_REQUEST: u8 = 3;
const REPLY: u8 = 4;
const PARTIAL_REPLY: u8 = 5;

/// IPv4 packets carry so much behind their header of 20 B.
const FRAGMENT: u64 = 1480;

impl Ask {
    fn kind(self, step: u8) -> usize {
        match (step, self) {
            (KNOCK, _) => 0,
            (WELCOME, _) => 1,
            (REQUEST | FIRST_REQUEST, Ask::Ping) => 3,
            (REQUEST | FIRST_REQUEST, Ask::FindNode) => 5,
            (REQUEST | FIRST_REQUEST, Ask::AddProvider) => 7,
            (REQUEST | FIRST_REQUEST, Ask::GetProviders) => 8,
            (_, Ask::Ping) => 4,
            (_, Ask::FindNode) => 6,
            (_, _) => 9,
        }
    }
}

impl Dht {
    /// Sends a request; [`Dht::completed`] is called with its end.
    pub(super) fn request(
        &mut self,
        (asker, peer): (u32, u32),
        ask: Ask,
        (target, topic): (u64, u32),
        lookup: Option<u32>,
        cx: Moment<'_>,
    ) {
        let slot = self.exchanges.take();
        let (epoch, cause) = (self.epochs[asker as usize], self.cause(ask, lookup));
        let old = &mut self.exchanges[slot];
        let (serial, nodes, providers) = (old.serial.wrapping_add(1), take(&mut old.nodes), take(&mut old.providers));
        let (flying, open, partial, live) = (0, true, false, true);
        *old = Exchange {
            asker,
            peer,
            ask,
            target,
            topic,
            lookup,
            cause,
            epoch,
            serial,
            flying,
            open,
            partial,
            live,
            nodes,
            providers,
        };
        old.nodes.clear();
        old.providers.clear();
        self.overdue.push_back((cx.out.now + self.params.rpc_timeout, slot, serial));
        if !self.ticking {
            self.ticking = true;
            cx.out.push(Out::Tick(cx.out.now + self.params.rpc_timeout));
        }
        let new = !self.sessions.touch(asker, peer);
        let setup = if new { self.params.setup_round_trips.saturating_sub(1) } else { 0 };
        let waits = u64::from(setup + self.params.stream_round_trips);
        if waits > 0 {
            let wait = cx.world.rtt(NodeId(asker), NodeId(peer)) * waits;
            cx.out.alarm_after(wait, NodeId(asker), Alarm::Depart { slot, serial });
        } else {
            self.send(slot, if new { KNOCK } else { REQUEST }, cx.out);
        }
    }

    /// The round trips before the first message of a request are over.
    pub(super) fn depart(&mut self, slot: u32, serial: u32, out: &mut Outbox) {
        let Exchange { asker, peer, open, .. } = self.exchanges[slot];
        if open && self.exchanges[slot].serial == serial {
            let known = self.sessions.touch(asker, peer);
            self.send(slot, if known { REQUEST } else { KNOCK }, out);
        }
    }

    fn send(&mut self, slot: u32, step: u8, out: &mut Outbox) {
        let Exchange { asker, peer, ask, .. } = self.exchanges[slot];
        if step == REPLY && ask == Ask::FindNode {
            return self.send_nodes(slot, out);
        }
        let params = &self.params;
        let body = match (step, ask) {
            (KNOCK, _) => params.setup_request.get(),
            (WELCOME, _) => params.setup_reply.get(),
            (REQUEST | FIRST_REQUEST, Ask::Ping) => params.ping.get(),
            (REQUEST | FIRST_REQUEST, Ask::FindNode) => params.find_node.get(),
            (REQUEST | FIRST_REQUEST, Ask::AddProvider) => params.add_provider.get(),
            (REQUEST | FIRST_REQUEST, Ask::GetProviders) => params.get_providers.get(),
            (_, Ask::Ping) => params.pong.get(),
            _ => self.providers_size(slot),
        };
        let overhead = if step <= WELCOME { 0 } else { params.packet_overhead.get() };
        let extra = if step == FIRST_REQUEST { self.introduction(asker, peer) } else { 0 };
        let bytes = fragmented(body + extra + overhead);
        self.tally.sent(ask.kind(step), bytes - extra);
        self.stats.sent(self.exchanges[slot].cause, bytes, if step <= WELCOME { 0 } else { body });
        if step == FIRST_REQUEST {
            self.tally.sent(SETUP_EXTRA, extra);
        }
        let back = step == WELCOME || step >= REPLY;
        let (from, to) = if back { (peer, asker) } else { (asker, peer) };
        let fate = self.fate(from, bytes);
        self.dispatch(slot, step, (from, to), bytes, fate, out);
    }

    /// What a request is for.
    fn cause(&self, ask: Ask, lookup: Option<u32>) -> Cause {
        match (ask, lookup) {
            (Ask::AddProvider, _) => Cause::Advertising,
            (Ask::GetProviders, _) => Cause::Queries,
            (Ask::FindNode, Some(lookup)) => self.lookups[lookup].cause(),
            _ => Cause::Maintenance,
        }
    }

    /// What the first request of a session carries besides: who knows the asker
    /// already needs no record of it.
    fn introduction(&self, asker: u32, peer: u32) -> u64 {
        let known = self.tables[peer as usize].knows(asker, &self.ids, &self.shape);
        let record = if known { 0 } else { self.params.node_record.get() };
        self.params.setup_extra.get() + record
    }

    fn providers_size(&self, slot: u32) -> u64 {
        let (exchange, params) = (&self.exchanges[slot], &self.params);
        let providers = params.provider_record.get() * exchange.providers.len() as u64;
        params.providers.get() + providers + params.node_record.get() * exchange.nodes.len() as u64
    }

    /// An answer to a request for nodes comes in several packets, each lost or
    /// not; what arrives counts, but the asker waits for the rest in vain.
    fn send_nodes(&mut self, slot: u32, out: &mut Outbox) {
        let Exchange { asker, peer, .. } = self.exchanges[slot];
        let per_packet = self.params.records_per_packet.max(1) as usize;
        let count = self.exchanges[slot].nodes.len();
        let head = self.params.nodes.get() + self.params.packet_overhead.get();
        let record = self.params.node_record.get();
        let packets = count.div_ceil(per_packet).max(1);
        let (mut arriving, mut dropped, mut kept) = (0, 0, 0);
        for packet in 0..packets {
            let records = (count - packet * per_packet).min(per_packet);
            let bytes = fragmented(head + record * records as u64);
            self.tally.sent(Ask::FindNode.kind(REPLY), bytes);
            let body = record * records as u64 + if packet == 0 { self.params.nodes.get() } else { 0 };
            self.stats.sent(self.exchanges[slot].cause, bytes, body);
            if self.lossy && self.fate(peer, bytes) == Fate::Dropped {
                dropped += bytes;
                continue;
            }
            arriving += bytes;
            let first = packet * per_packet;
            self.exchanges[slot].nodes.copy_within(first..first + records, kept);
            kept += records;
        }
        self.exchanges[slot].nodes.truncate(kept);
        let step = if dropped == 0 { REPLY } else { PARTIAL_REPLY };
        if arriving > 0 {
            self.dispatch(slot, step, (peer, asker), arriving, Fate::Arrives, out);
        }
        if dropped > 0 {
            self.dispatch(slot, step, (peer, asker), dropped, Fate::Dropped, out);
        }
    }

    fn dispatch(&mut self, slot: u32, step: u8, (from, to): (u32, u32), bytes: u64, fate: Fate, out: &mut Outbox) {
        self.exchanges[slot].flying += 1;
        let (from, to) = (NodeId(from), NodeId(to));
        out.push(Out::Send(Datagram { from, to, bytes, fate, letter: Letter { slot, step } }));
    }

    /// Whether a packet of the node survives: one of its fragments lost is all lost.
    fn fate(&mut self, sender: u32, bytes: u64) -> Fate {
        if !self.lossy {
            return Fate::Arrives;
        }
        let survives = libm::pow(1.0 - self.params.loss, fragments(bytes) as f64);
        if self.rngs[sender as usize].uniform() < survives { Fate::Arrives } else { Fate::Dropped }
    }

    /// A datagram has reached its receiver.
    pub(super) fn arrived(&mut self, letter: Letter, cx: Moment<'_>) {
        let Letter { slot, step } = letter;
        self.exchanges[slot].flying -= 1;
        let Exchange { asker, peer, open, epoch, .. } = self.exchanges[slot];
        let awaited = open && epoch == self.epochs[asker as usize];
        match step {
            KNOCK => self.send(slot, WELCOME, cx.out),
            WELCOME if awaited => {
                self.sessions.add(asker, peer);
                self.send(slot, FIRST_REQUEST, cx.out);
            }
            REQUEST if !self.sessions.touch(peer, asker) => self.send(slot, WELCOME, cx.out),
            REQUEST => self.serve(slot, cx.out),
            FIRST_REQUEST => {
                self.sessions.add(peer, asker);
                self.meet(peer, asker);
                self.serve(slot, cx.out);
            }
            REPLY if awaited => return self.close(slot, true, cx),
            PARTIAL_REPLY if awaited => {
                self.exchanges[slot].partial = true;
                let serial = self.exchanges[slot].serial;
                cx.out.alarm_after(self.params.rpc_timeout, NodeId(asker), Alarm::Overdue { slot, serial });
            }
            _ => {}
        }
        self.tidy(slot);
    }

    /// A datagram will not arrive.
    pub(super) fn lost(&mut self, letter: Letter) {
        self.exchanges[letter.slot].flying -= 1;
        self.tidy(letter.slot);
    }

    /// The node that is asked does what is asked.
    fn serve(&mut self, slot: u32, out: &mut Outbox) {
        let Exchange { asker, peer, ask, target, topic, .. } = self.exchanges[slot];
        if self.params.learns_from_requests {
            self.meet(peer, asker);
        }
        match ask {
            Ask::Ping => {}
            Ask::FindNode => self.name_nodes(slot, target),
            Ask::AddProvider => {
                let until = out.now + self.params.provider_ttl;
                self.records[peer as usize].add(topic, asker, until, out.now, &self.params);
                self.exchanges[slot].open = false; // nobody waits for an answer
                return;
            }
            Ask::GetProviders => {
                let mut providers = take(&mut self.exchanges[slot].providers);
                providers.clear();
                self.records[peer as usize].of(topic, asker, out.now, &self.params, &mut providers);
                self.exchanges[slot].providers = providers;
                if self.on_the_way() {
                    self.name_nodes(slot, target);
                }
            }
        }
        self.send(slot, REPLY, out);
    }

    /// `node` has heard from `other`, and knows it from now on if it serves.
    fn meet(&mut self, node: u32, other: u32) {
        if !self.is_client(other) {
            self.tables[node as usize].add(other, 1.0, &self.ids, &self.shape);
        }
    }

    /// The nodes that the asked one names, those closest to `target` first.
    fn name_nodes(&mut self, slot: u32, target: u64) {
        let Exchange { asker, peer, .. } = self.exchanges[slot];
        let (table, threshold) = (&self.tables[peer as usize], self.params.seen_threshold);
        let mut found = take(&mut self.scratch);
        if self.by_distance() {
            table.at_distances(target, threshold, &self.ids, &self.shape, &mut found);
        } else {
            table.closest(target, threshold, &self.ids, &self.shape, &mut found);
        }
        let nodes = &mut self.exchanges[slot].nodes;
        nodes.clear();
        nodes.extend(found.iter().map(|(_, node)| *node).filter(|node| *node != asker));
        self.scratch = found;
    }

    /// Requests whose time is up, in order of that time.
    pub(super) fn tick(&mut self, cx: Moment<'_>) {
        while let Some((due, slot, serial)) = self.overdue.front().copied() {
            let Exchange { open, partial, .. } = self.exchanges[slot];
            let waits = open && !partial && self.exchanges[slot].serial == serial;
            if waits && due > cx.out.now {
                return cx.out.push(Out::Tick(due));
            }
            self.overdue.pop_front();
            if waits {
                self.close(slot, false, Moment { world: cx.world, out: cx.out });
            }
        }
        self.ticking = false;
    }

    /// The rest of an answer has not come.
    pub(super) fn give_up(&mut self, slot: u32, serial: u32, cx: Moment<'_>) {
        if self.exchanges[slot].open && self.exchanges[slot].serial == serial {
            self.close(slot, true, cx);
        }
    }

    /// The request is over, with an answer or without.
    fn close(&mut self, slot: u32, answered: bool, cx: Moment<'_>) {
        self.exchanges[slot].open = false;
        self.completed(slot, answered, cx);
        self.tidy(slot);
    }

    /// Gives the slot back when nobody needs it any more.
    fn tidy(&mut self, slot: u32) {
        let exchange = &mut self.exchanges[slot];
        if !exchange.open && exchange.flying == 0 && std::mem::take(&mut exchange.live) {
            self.exchanges.give_back(slot);
        }
    }
}

/// IP packets that carry a packet of `bytes`, all headers but theirs included once.
fn fragments(bytes: u64) -> u64 {
    bytes.saturating_sub(20).div_ceil(FRAGMENT).max(1)
}

/// A packet with the IP headers of all its fragments.
fn fragmented(bytes: u64) -> u64 {
    bytes + 20 * (fragments(bytes) - 1)
}
