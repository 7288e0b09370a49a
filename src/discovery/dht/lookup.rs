//! Iterative look-ups, and what is done with what they find.

use super::exchange::{Ask, Exchange};
use super::stats::{Cause, Purpose};
use super::{Dht, Moment};
use crate::discovery::{Alarm, Out};
use crate::protocol::Key;
use crate::units::Time;
use crate::world::NodeId;
use std::mem::take;

/// Where a candidate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Asked,
    Silent,
}

/// A look-up under way.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    node: u32,
    target: u64,
    purpose: Purpose,
    /// The closest known so far, with their distances; the closest first.
    candidates: Vec<(u64, u32, State)>,
    /// Requests open.
    pending: u32,
    queries: u32,
    started: Time,
    /// The closest nodes are known and are asked for providers.
    collecting: bool,
    providers: Vec<u32>,
}

impl Lookup {
    /// A refresh of discv5 asks the nodes closest to its target, but not whom
    /// they name (`query` as opposed to `lookup` in nim-codex-dht).
    fn is_query(&self, by_distance: bool) -> bool {
        by_distance && matches!(self.purpose, Purpose::JoinOwn | Purpose::JoinRandom | Purpose::Refresh(_))
    }

    pub fn cause(&self) -> Cause {
        self.purpose.cause()
    }

    /// Takes a node that was named into account.
    fn offer(&mut self, distance: u64, node: u32, k: usize, is_query: bool) {
        if self.candidates.iter().any(|c| c.1 == node) {
            return;
        }
        let full = self.candidates.len() >= k;
        if is_query {
            if !full {
                self.candidates.push((distance, node, State::New));
            }
            return;
        }
        let at = self.candidates.partition_point(|c| c.0 < distance);
        if at >= k {
            return;
        }
        if full {
            self.candidates.pop();
        }
        self.candidates.insert(at, (distance, node, State::New));
    }
}

impl Dht {
    pub(super) fn look_up(&mut self, node: u32, target: u64, purpose: Purpose, mut cx: Moment<'_>) {
        let slot = self.lookups.take();
        let old = &mut self.lookups[slot];
        let (mut candidates, mut providers) = (take(&mut old.candidates), take(&mut old.providers));
        candidates.clear();
        providers.clear();
        if self.tables[node as usize].inhabited() == 0 {
            self.bootstrap(node, cx.out.now);
        }
        let mut found = take(&mut self.scratch);
        self.tables[node as usize].closest(target, 0.0, &self.ids, &self.shape, &mut found);
        candidates.extend(found.iter().map(|(distance, node)| (*distance, *node, State::New)));
        self.scratch = found;
        if let Purpose::Find(topic) = purpose {
            self.records[node as usize].of(topic, node, cx.out.now, &self.params, &mut providers);
        }
        let started = cx.out.now;
        self.lookups[slot] =
            Lookup { node, target, purpose, candidates, pending: 0, queries: 0, started, collecting: false, providers };
        self.advance(slot, &mut cx);
    }

    /// Keeps `alpha` requests open while somebody is left to ask.
    fn advance(&mut self, slot: u32, cx: &mut Moment<'_>) {
        let alpha = self.params.alpha;
        let (node, target, purpose) = {
            let lookup = &self.lookups[slot];
            (lookup.node, lookup.target, lookup.purpose)
        };
        let enough = self.has_enough(slot);
        let (ask, topic) = match purpose {
            Purpose::Find(topic) if self.on_the_way() => (Ask::GetProviders, topic),
            _ => (Ask::FindNode, 0),
        };
        while !enough && self.lookups[slot].pending < alpha {
            let Some(next) = self.lookups[slot].candidates.iter_mut().find(|c| c.2 == State::New) else { break };
            next.2 = State::Asked;
            let peer = next.1;
            self.lookups[slot].pending += 1;
            self.lookups[slot].queries += 1;
            self.request((node, peer), ask, (target, topic), Some(slot), cx.again());
        }
        if self.lookups[slot].pending == 0 {
            self.found_closest(slot, cx);
        }
    }

    fn has_enough(&self, slot: u32) -> bool {
        let enough = self.params.enough_providers as usize;
        enough > 0 && self.on_the_way() && self.lookups[slot].providers.len() >= enough
    }

    /// A request is over.
    pub(super) fn completed(&mut self, slot: u32, answered: bool, mut cx: Moment<'_>) {
        let Exchange { asker, peer, ask, epoch, lookup, .. } = self.exchanges[slot];
        if epoch != self.epochs[asker as usize] {
            return self.abandon(lookup);
        }
        if ask == Ask::AddProvider {
            return;
        }
        let table = &mut self.tables[asker as usize];
        table.contacted(peer, answered, cx.out.now, &self.ids, &self.shape);
        if !answered {
            let keep_above = if ask == Ask::FindNode { 1.0 } else { self.params.keep_above };
            table.replace(peer, keep_above, &self.ids, &self.shape);
        }
        let Some(lookup) = lookup else { return };
        if answered {
            self.take_answer(slot, lookup);
        } else if let Some(candidate) = self.lookups[lookup].candidates.iter_mut().find(|c| c.1 == peer) {
            candidate.2 = State::Silent;
        }
        let state = &mut self.lookups[lookup];
        state.pending -= 1;
        match state.collecting {
            true if state.pending == 0 => self.end(lookup, &mut cx),
            true => {}
            false => self.advance(lookup, &mut cx),
        }
    }

    /// The node that looked up has gone; its last request clears up.
    fn abandon(&mut self, lookup: Option<u32>) {
        let Some(slot) = lookup else { return };
        self.lookups[slot].pending -= 1;
        if self.lookups[slot].pending == 0 {
            self.lookups.give_back(slot);
        }
    }

    fn take_answer(&mut self, exchange: u32, slot: u32) {
        let Exchange { asker, .. } = self.exchanges[exchange];
        let nodes = take(&mut self.exchanges[exchange].nodes);
        let (k, by_distance) = (self.shape.k, self.by_distance());
        let lookup = &mut self.lookups[slot];
        let is_query = lookup.is_query(by_distance);
        for node in nodes.iter().filter(|n| **n != asker) {
            self.tables[asker as usize].add(*node, 0.0, &self.ids, &self.shape);
            lookup.offer(self.ids[*node as usize] ^ lookup.target, *node, k, is_query);
        }
        for provider in &self.exchanges[exchange].providers {
            if !lookup.providers.contains(provider) {
                lookup.providers.push(*provider);
            }
        }
        self.exchanges[exchange].nodes = nodes;
    }

    /// The look-up proper is over.
    fn found_closest(&mut self, slot: u32, cx: &mut Moment<'_>) {
        let Lookup { node, purpose, started, queries, target, .. } = self.lookups[slot];
        self.last_lookup[node as usize] = cx.out.now;
        self.stats.looked_up(purpose, queries, cx.out.now - started);
        if !self.params.silent_nodes_stay {
            self.lookups[slot].candidates.retain(|c| c.2 != State::Silent);
        }
        match purpose {
            Purpose::Provide(topic) => {
                if self.lookups[slot].candidates.is_empty() {
                    // Who knows nobody keeps the record itself.
                    let (now, until) = (cx.out.now, cx.out.now + self.params.provider_ttl);
                    self.records[node as usize].add(topic, node, until, now, &self.params);
                }
                for at in 0..self.lookups[slot].candidates.len() {
                    let peer = self.lookups[slot].candidates[at].1;
                    self.request((node, peer), Ask::AddProvider, (target, topic), None, cx.again());
                }
            }
            Purpose::Find(topic) if !self.on_the_way() => {
                self.lookups[slot].collecting = true;
                let count = self.lookups[slot].candidates.len();
                self.lookups[slot].pending = count as u32;
                for at in 0..count {
                    let peer = self.lookups[slot].candidates[at].1;
                    self.request((node, peer), Ask::GetProviders, (target, topic), Some(slot), cx.again());
                }
                if count > 0 {
                    return;
                }
            }
            _ => {}
        }
        self.end(slot, cx);
    }

    /// Everything that the look-up was for is done.
    fn end(&mut self, slot: u32, cx: &mut Moment<'_>) {
        let Lookup { node, purpose, started, .. } = self.lookups[slot];
        let providers = take(&mut self.lookups[slot].providers);
        self.lookups.give_back(slot);
        match purpose {
            Purpose::JoinOwn => {
                let target = self.rngs[node as usize].next_u64();
                self.look_up(node, target, Purpose::JoinRandom, cx.again());
            }
            Purpose::JoinRandom => cx.out.alarm_after(self.params.refresh_interval, NodeId(node), Alarm::Refresh),
            Purpose::Refresh(next) => self.refreshed(node, next, cx.again()),
            Purpose::Provide(_) => self.announced(node, cx.again()),
            Purpose::Find(topic) => {
                self.stats.found(cx.out.now - started, providers.len());
                self.finding[node as usize].retain(|t| *t != topic);
                if topic < self.protocol_keys {
                    let known = providers.iter().map(|id| NodeId(*id));
                    let found = known.filter(|id| cx.world.may_know(NodeId(node), *id)).collect();
                    cx.out.push(Out::Found(NodeId(node), Key::at(topic), found));
                }
            }
        }
        self.lookups[slot].providers = providers;
    }
}
