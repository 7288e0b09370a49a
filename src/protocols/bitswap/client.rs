//! Downloading: for each dataset a session and a walk through its DAG; for all of them
//! the links they act upon.

use super::links::Links;
use super::session::{Orders, Session};
use super::split::{Answer, split};
use super::walk::Walk;
use super::wire::Response;
use super::{Bitswap, Context, Msg, Timer, has};
use crate::protocol::{Key, Units};
use crate::protocols::parts::Wakeup;
use crate::units::Time;
use crate::world::{BlockSet, DatasetId, NodeId};
use std::collections::BTreeSet;

/// The download of one dataset, until all of it is here.
#[derive(Debug)]
struct Download {
    session: Session,
    walk: Walk,
    /// Looks whether the session is idle.
    idle: Wakeup,
    /// When a random want is searched for next.
    periodic: Time,
}

/// The downloads of one node.
#[derive(Debug, Default)]
pub(super) struct Client {
    pub links: Links,
    /// In the order of the datasets.
    downloads: Vec<(DatasetId, Download)>,
    /// Providers that are being dialled, and for which session.
    awaited: BTreeSet<(NodeId, DatasetId)>,
}

impl Client {
    fn find(&mut self, dataset: DatasetId) -> Option<&mut Download> {
        let at = self.downloads.binary_search_by_key(&dataset, |(id, _)| *id).ok()?;
        Some(&mut self.downloads[at].1)
    }

    fn take(&mut self, dataset: DatasetId) -> Option<Download> {
        let at = self.downloads.binary_search_by_key(&dataset, |(id, _)| *id).ok()?;
        Some(self.downloads.remove(at).1)
    }

    /// The datasets for which `peer` is dialled; it is dialled no more.
    fn awaits(&mut self, peer: NodeId) -> Vec<DatasetId> {
        let all = self.awaited.range((peer, DatasetId(0))..=(peer, DatasetId(u32::MAX)));
        let datasets: Vec<DatasetId> = all.map(|(_, dataset)| *dataset).collect();
        datasets.iter().for_each(|dataset| {
            self.awaited.remove(&(peer, *dataset));
        });
        datasets
    }
}

impl Bitswap {
    /// The root is here: from now on others may find the dataset here.
    pub(super) fn have_root(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        if !cx.has_manifest(dataset) {
            cx.manifest_stored(dataset);
        }
        cx.provide(Key::Dataset(dataset));
    }

    /// Opens a session.
    pub(super) fn begin(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let (params, walk) = (&cx.shared.params, Walk::new(cx.shared.dags.get(dataset)));
        let (session, periodic) = (Session::new(cx.now(), params), cx.now() + params.periodic_search);
        let at = self.client.downloads.partition_point(|(id, _)| *id < dataset);
        let download = Download { session, walk, idle: Wakeup::default(), periodic };
        self.client.downloads.insert(at, (dataset, download));
        cx.after(params.periodic_search, Timer::Periodic(dataset));
        self.walk_on(dataset, &[], cx);
    }

    /// Wants what comes next in the DAG.
    fn walk_on(&mut self, dataset: DatasetId, arrived: &[u32], cx: &mut Context<'_>) {
        let (shared, group, nodes) = (cx.shared, cx.dataset(dataset).group, &self.nodes);
        let (dag, mut ask) = (shared.dags.get(dataset), Vec::new());
        let Some(download) = self.client.find(dataset) else { return };
        download.walk.advance(arrived, dag, &shared.params, group, |u| has(u, nodes, cx), &mut ask);
        if !ask.is_empty() {
            cx.cpu(cx.hardware().per_lookup * ask.iter().map(|unit| dag.blocks(*unit)).sum::<u64>());
            let orders = download.session.want(&ask, cx.now(), &shared.params, cx.rng());
            self.carry_out(dataset, &orders, cx);
        }
    }

    /// Does what a session wants done.
    fn carry_out(&mut self, dataset: DatasetId, orders: &Orders, cx: &mut Context<'_>) {
        let Ok(at) = self.client.downloads.binary_search_by_key(&dataset, |(id, _)| *id) else { return };
        let Client { links, downloads, .. } = &mut self.client;
        for order in &orders.sends {
            links.want(order.peer, &order.blocks, downloads[at].1.session.wanted());
        }
        links.broadcast(&orders.broadcast);
        if orders.search {
            cx.find(Key::Dataset(dataset));
        }
        self.arm_flushes(cx);
        self.arm_idle(dataset, cx);
    }

    /// Wakes up when a session will have been idle for too long.
    fn arm_idle(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let Some(download) = self.client.find(dataset) else { return };
        if download.session.idle_at < Time::NEVER {
            download.idle.set(download.session.idle_at, Timer::Idle(dataset), cx);
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
        split(&cx.shared.dags, [&[], &[], &late], |answer| {
            let Some(download) = self.client.find(answer.dataset) else { return };
            let orders = download.session.receive(peer, answer.received(), now, params, cx.rng());
            self.carry_out(answer.dataset, &orders, cx);
        });
    }

    /// Takes in what a peer answers.
    pub(super) fn on_response(&mut self, from: NodeId, response: &Response, cx: &mut Context<'_>) {
        let blocks: Vec<u32> = response.leaves.iter().chain(response.nodes.iter().map(|(unit, _)| *unit)).collect();
        let parts = [&blocks[..], &response.haves, &response.lacks];
        if let Some(link) = self.client.links.peers.find(from) {
            link.answered(parts.into_iter().flatten().copied(), cx.now(), &cx.shared.params);
        }
        split(&cx.shared.dags, parts, |answer| self.on_answer(from, answer, cx));
    }

    /// What a peer answers about one dataset.
    fn on_answer(&mut self, from: NodeId, answer: &Answer<'_>, cx: &mut Context<'_>) {
        let (dataset, what) = (answer.dataset, answer.received());
        let (now, params) = (cx.now(), &cx.shared.params);
        let Some(Download { session, .. }) = self.client.find(dataset) else { return };
        let new: Vec<u32> = what.blocks.iter().copied().filter(|unit| session.wanted().contains(*unit)).collect();
        let orders = session.receive(from, what, now, params, cx.rng());
        self.client.links.cancel(&new, from, params.cancel_sender);
        self.carry_out(dataset, &orders, cx);
        self.arm_late(from, cx);
        if !new.is_empty() {
            self.keep(dataset, &new, cx);
            self.server.notify(&new, &cx.shared.dags, params);
            self.walk_on(dataset, &new, cx);
            self.arm_flushes(cx);
            if cx.store().has_all(cx.dataset(dataset)) {
                self.end(dataset, cx);
            }
        }
    }

    /// Stores new blocks of a dataset.
    fn keep(&mut self, dataset: DatasetId, new: &[u32], cx: &mut Context<'_>) {
        let dag = cx.shared.dags.get(dataset);
        let leaves: BlockSet = new.iter().copied().filter(|unit| dag.is_leaf(*unit)).collect();
        if !leaves.is_empty() {
            cx.keep(Units::Set(&leaves));
        }
        self.nodes.union_with(&new.iter().copied().filter(|unit| !dag.is_leaf(*unit)).collect());
        if new.contains(&dag.root()) {
            self.have_root(dataset, cx);
        }
    }

    /// Everything of a dataset is here: its session closes.
    fn end(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let ended = self.client.take(dataset);
        ended.into_iter().for_each(|mut download| download.idle.cancel(cx));
        if self.client.downloads.is_empty() {
            for link in self.client.links.peers.iter_mut() {
                link.late.cancel(cx);
                link.rebroadcast.cancel(cx);
            }
        }
    }

    /// A dataset is not to be fetched any more: whoever was told of its wants is told so.
    pub(super) fn give_up(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let Some(mut download) = self.client.take(dataset) else { return };
        download.idle.cancel(cx);
        let wanted: Vec<u32> = download.session.wanted().iter().collect();
        self.client.links.cancel(&wanted, cx.me, true);
        self.arm_flushes(cx);
    }

    pub(super) fn on_idle(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let (now, params) = (cx.now(), &cx.shared.params);
        let Some(download) = self.client.find(dataset) else { return };
        download.idle.fired();
        if download.session.idle_at <= now {
            let orders = download.session.idle(now, params);
            self.carry_out(dataset, &orders, cx);
        }
        self.arm_idle(dataset, cx);
    }

    pub(super) fn on_periodic(&mut self, dataset: DatasetId, cx: &mut Context<'_>) {
        let (now, every) = (cx.now(), cx.shared.params.periodic_search);
        // A session that has ended may have left its timer behind.
        let Some(download) = self.client.find(dataset).filter(|download| download.periodic == now) else { return };
        let Some(orders) = download.session.periodic(cx.rng()) else { return };
        download.periodic = now + every;
        self.carry_out(dataset, &orders, cx);
        cx.after(every, Timer::Periodic(dataset));
    }

    /// Providers join a session as soon as they are connected.
    pub(super) fn on_found(&mut self, dataset: DatasetId, providers: &[NodeId], cx: &mut Context<'_>) {
        if self.client.find(dataset).is_none() {
            return;
        }
        for id in providers.iter().copied().take(cx.shared.params.max_providers as usize) {
            if self.client.links.peers.position(id).is_some() {
                self.join(dataset, id, cx);
            } else {
                self.client.awaited.insert((id, dataset));
                cx.dial(id);
            }
        }
    }

    fn join(&mut self, dataset: DatasetId, peer: NodeId, cx: &mut Context<'_>) {
        let now = cx.now();
        if let Some(download) = self.client.find(dataset) {
            let orders = download.session.found(peer, now, cx.rng());
            self.carry_out(dataset, &orders, cx);
        }
    }

    pub(super) fn on_connected(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        self.client.links.add(peer);
        self.client.awaits(peer).into_iter().for_each(|dataset| self.join(dataset, peer, cx));
        self.arm_flushes(cx);
    }

    pub(super) fn on_refused(&mut self, peer: NodeId) {
        self.client.awaits(peer);
    }

    pub(super) fn on_lost(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        let Some(mut link) = self.client.links.peers.take(peer) else { return };
        [&mut link.flush, &mut link.rebroadcast, &mut link.late].into_iter().for_each(|wakeup| wakeup.cancel(cx));
        let (now, params) = (cx.now(), &cx.shared.params);
        for at in 0..self.client.downloads.len() {
            let (dataset, download) = &mut self.client.downloads[at];
            let (dataset, orders) = (*dataset, download.session.leave(peer, now, params, cx.rng()));
            if orders != Orders::default() {
                self.carry_out(dataset, &orders, cx);
            }
        }
    }
}
