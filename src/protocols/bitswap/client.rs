//! Downloading: a session, a walk through the DAG, and the links they act upon.

use super::links::Links;
use super::session::{Orders, Received, Session};
use super::walk::Walk;
use super::wire::Response;
use super::{Bitswap, Context, Msg, Timer, has};
use crate::protocol::{Key, Units};
use crate::protocols::parts::Wakeup;
use crate::units::Time;
use crate::world::{BlockSet, DatasetId, NodeId};

/// The download of one node; without a session when it is over.
#[derive(Debug, Default)]
pub(super) struct Client {
    pub links: Links,
    session: Option<Session>,
    walk: Walk,
    /// Providers that are being dialled.
    awaited: Vec<NodeId>,
    /// Looks whether the session is idle.
    idle: Wakeup,
}

impl Bitswap {
    /// The root is here: from now on others may find the dataset here.
    pub(super) fn have_root(&mut self, cx: &mut Context<'_>) {
        if !cx.has_manifest(DatasetId(0)) {
            cx.manifest_stored(DatasetId(0));
        }
        cx.provide(Key::Dataset(DatasetId(0)));
    }

    /// Opens the session.
    pub(super) fn begin(&mut self, cx: &mut Context<'_>) {
        let params = &cx.shared.params;
        self.client.session = Some(Session::new(cx.now(), params));
        cx.after(params.periodic_search, Timer::Periodic);
        self.walk_on(&[], cx);
    }

    /// Wants what comes next in the DAG.
    fn walk_on(&mut self, arrived: &[u32], cx: &mut Context<'_>) {
        let (shared, group, nodes) = (cx.shared, cx.world.only().group, &self.nodes);
        let mut ask = Vec::new();
        self.client.walk.advance(arrived, &shared.dag, &shared.params, group, |u| has(u, nodes, cx), &mut ask);
        if let Some(session) = self.client.session.as_mut().filter(|_| !ask.is_empty()) {
            cx.cpu(cx.hardware().per_lookup * ask.iter().map(|unit| shared.dag.blocks(*unit)).sum::<u64>());
            let orders = session.want(&ask, cx.now(), &shared.params, cx.rng());
            self.carry_out(&orders, cx);
        }
    }

    /// Does what the session wants done.
    fn carry_out(&mut self, orders: &Orders, cx: &mut Context<'_>) {
        let Some(session) = &self.client.session else { return };
        for order in &orders.sends {
            self.client.links.want(order.peer, &order.blocks, session.wanted());
        }
        self.client.links.broadcast(&orders.broadcast);
        if orders.search {
            cx.find(Key::Dataset(DatasetId(0)));
        }
        self.arm_flushes(cx);
        self.arm_idle(cx);
    }

    /// Wakes up when the session will have been idle for too long.
    fn arm_idle(&mut self, cx: &mut Context<'_>) {
        if let Some(session) = self.client.session.as_ref().filter(|session| session.idle_at < Time::NEVER) {
            self.client.idle.set(session.idle_at, Timer::Idle, cx);
        }
    }

    /// What is pending at a peer leaves soon, and at once when it is much.
    fn arm_flushes(&mut self, cx: &mut Context<'_>) {
        let params = &cx.shared.params;
        let mut full = Vec::new();
        for (id, link) in self.client.links.peers.pairs().filter(|(_, link)| link.pending() > 0) {
            if link.pending() > params.send_cutoff as usize {
                full.push(id);
            } else {
                link.flush.set(cx.now() + params.debounce, Timer::Flush(id), cx);
            }
        }
        full.into_iter().for_each(|id| self.flush(id, cx));
    }

    /// Sends `peer` what is pending.
    pub(super) fn flush(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let Some(link) = self.client.links.peers.find(peer) else { return };
        link.flush.cancel(cx);
        let entries = link.take(cx.now());
        if entries.is_empty() {
            return;
        }
        link.rebroadcast.set(cx.now() + cx.shared.params.rebroadcast, Timer::Rebroadcast(peer), cx);
        cx.send(peer, Msg::Wants(entries.into()));
        self.arm_late(peer, cx);
    }

    /// Repeats all that is open at `peer`.
    pub(super) fn on_rebroadcast(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let Some(link) = self.client.links.peers.find(peer) else { return };
        link.rebroadcast.fired();
        if link.has_open() {
            link.repeat();
            self.flush(peer, cx);
        }
    }

    /// Wakes up when the next block of `peer` is late.
    fn arm_late(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let Some(link) = self.client.links.peers.find(peer) else { return };
        if let Some(next) = link.timeouts.next(&cx.shared.params) {
            link.late.set(next, Timer::Late(peer), cx);
        }
    }

    /// Blocks that are late count as DONT_HAVEs.
    pub(super) fn on_late(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let (now, params) = (cx.now(), &cx.shared.params);
        let Some(link) = self.client.links.peers.find(peer) else { return };
        link.late.fired();
        let late = link.timeouts.expire(now, params);
        self.arm_late(peer, cx);
        if let Some(session) = self.client.session.as_mut().filter(|_| !late.is_empty()) {
            let what = Received { lacks: &late, ..Received::default() };
            let orders = session.receive(peer, what, now, params, cx.rng());
            self.carry_out(&orders, cx);
        }
    }

    /// Takes in what a peer answers.
    pub(super) fn on_response(&mut self, from: NodeId, response: &Response, cx: &mut Context<'_>) {
        let (now, params) = (cx.now(), &cx.shared.params);
        let blocks: Vec<u32> = response.leaves.iter().chain(response.nodes.iter().map(|(unit, _)| *unit)).collect();
        let what = Received { blocks: &blocks, haves: &response.haves, lacks: &response.lacks };
        if let Some(link) = self.client.links.peers.find(from) {
            let units = [what.blocks, what.haves, what.lacks].into_iter().flatten().copied();
            link.answered(units, now, params);
        }
        let Some(session) = &mut self.client.session else { return };
        let new: Vec<u32> = blocks.iter().copied().filter(|unit| session.wanted().contains(*unit)).collect();
        let orders = session.receive(from, what, now, params, cx.rng());
        self.client.links.cancel(&new, from, params.cancel_sender);
        self.carry_out(&orders, cx);
        self.arm_late(from, cx);
        if !new.is_empty() {
            self.keep(&new, cx);
            self.server.notify(&new, &cx.shared.dag, params);
            self.walk_on(&new, cx);
            self.arm_flushes(cx);
            if cx.store().len() == cx.shared.dag.leaves() {
                self.end(cx);
            }
        }
    }

    /// Stores new blocks.
    fn keep(&mut self, new: &[u32], cx: &mut Context<'_>) {
        let dag = &cx.shared.dag;
        let leaves: BlockSet = new.iter().copied().filter(|unit| dag.is_leaf(*unit)).collect();
        if !leaves.is_empty() {
            cx.keep(Units::Set(&leaves));
        }
        self.nodes.union_with(&new.iter().copied().filter(|unit| !dag.is_leaf(*unit)).collect());
        if new.contains(&dag.root()) {
            self.have_root(cx);
        }
    }

    /// Everything is here: the session closes.
    fn end(&mut self, cx: &mut Context<'_>) {
        self.client.session = None;
        self.client.awaited.clear();
        self.client.idle.cancel(cx);
        for link in self.client.links.peers.iter_mut() {
            link.late.cancel(cx);
            link.rebroadcast.cancel(cx);
        }
    }

    pub(super) fn on_idle(&mut self, cx: &mut Context<'_>) {
        let (now, params) = (cx.now(), &cx.shared.params);
        self.client.idle.fired();
        if let Some(session) = self.client.session.as_mut().filter(|session| session.idle_at <= now) {
            let orders = session.idle(now, params);
            self.carry_out(&orders, cx);
        }
        self.arm_idle(cx);
    }

    pub(super) fn on_periodic(&mut self, cx: &mut Context<'_>) {
        let Some(orders) = self.client.session.as_ref().and_then(|session| session.periodic(cx.rng())) else { return };
        self.carry_out(&orders, cx);
        cx.after(cx.shared.params.periodic_search, Timer::Periodic);
    }

    /// Providers join the session as soon as they are connected.
    pub(super) fn on_found(&mut self, providers: &[NodeId], cx: &mut Context<'_>) {
        if self.client.session.is_none() {
            return;
        }
        for id in providers.iter().copied().take(cx.shared.params.max_providers as usize) {
            if self.client.links.peers.position(id).is_some() {
                self.join(id, cx);
            } else {
                self.client.awaited.push(id);
                cx.dial(id);
            }
        }
    }

    fn join(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let now = cx.now();
        if let Some(session) = &mut self.client.session {
            let orders = session.found(peer, now, cx.rng());
            self.carry_out(&orders, cx);
        }
    }

    pub(super) fn on_connected(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        self.client.links.add(peer);
        if self.client.awaited.contains(&peer) {
            self.client.awaited.retain(|id| *id != peer);
            self.join(peer, cx);
        }
        self.arm_flushes(cx);
    }

    pub(super) fn on_refused(&mut self, peer: NodeId) {
        self.client.awaited.retain(|id| *id != peer);
    }

    pub(super) fn on_lost(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let Some(mut link) = self.client.links.peers.take(peer) else { return };
        [&mut link.flush, &mut link.rebroadcast, &mut link.late].into_iter().for_each(|wakeup| wakeup.cancel(cx));
        let (now, params) = (cx.now(), &cx.shared.params);
        if let Some(session) = &mut self.client.session {
            let orders = session.leave(peer, now, params, cx.rng());
            self.carry_out(&orders, cx);
        }
    }
}
