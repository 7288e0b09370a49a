//! Look-ups of providers through proxies (`dht_proxy/client.nim`, `dht_proxy/protocol.nim`).
//!
//! A query goes through the mixnet, out of it at its last hop and in clear to one of the
//! proxies that are configured, drawn at random; this one looks up as anybody does and
//! answers through the one reply block of the query. Where no answer comes in time, the
//! next proxy is asked.

use super::packet::{Frame, Packet};
use super::path::Candidates;
use super::sizes::ANSWER;
use super::spec::MixSpec;
use super::{Alarm, Mix, Out};
use crate::rng::{Purpose, Rng};
use crate::world::{NodeId, Role, World};

/// Bytes of a provider's record in an answer.
const RECORD: u64 = 300;

/// A query.
#[derive(Debug)]
struct Query {
    asker: NodeId,
    key: u32,
    /// The proxies that are to be asked, last first.
    proxies: Vec<NodeId>,
    /// The one that is.
    asked: Option<NodeId>,
    /// Counts the questions.
    serial: u32,
    /// Whether that proxy looks up.
    looks_up: bool,
    providers: Vec<NodeId>,
    open: bool,
}

/// All queries.
#[derive(Debug)]
pub(super) struct Queries {
    proxies: Vec<NodeId>,
    all: Vec<Query>,
    /// Look-ups that each proxy is about.
    busy: Vec<u32>,
}

impl Queries {
    /// None yet.
    pub fn new(world: &World, spec: &MixSpec) -> Self {
        let others = world.ids().filter(|id| matches!(world.node(*id).role, Role::Seeder | Role::Idle));
        let mut rng = Rng::stream(world.seed, Purpose::MixPath, u64::MAX);
        Queries::of(rng.some(others.collect(), spec.proxies as usize))
    }

    /// None yet; they will go through these.
    pub fn of(proxies: Vec<NodeId>) -> Self {
        Queries { busy: vec![0; proxies.len()], proxies, all: Vec::new() }
    }

    /// `node` is gone, and wants no answer.
    pub fn forget(&mut self, node: NodeId) {
        self.all.iter_mut().filter(|query| query.asker == node).for_each(|query| query.open = false);
    }

    fn busy(&mut self, proxy: NodeId) -> Option<&mut u32> {
        let at = self.proxies.iter().position(|id| *id == proxy)?;
        self.busy.get_mut(at)
    }
}

impl Mix {
    /// Whether look-ups of `node` go through proxies.
    pub fn hides_queries(&self, node: NodeId) -> bool {
        !self.queries.proxies.is_empty() && !self.queries.proxies.contains(&node)
    }

    /// `asker` looks for providers of `key`; [`Out::Answered`] follows.
    pub fn ask(&mut self, asker: NodeId, key: u32) {
        let mut proxies = self.queries.proxies.clone();
        self.stations[asker.index()].path.shuffle(&mut proxies);
        let (asked, providers) = (None, Vec::new());
        let query = Query { asker, key, proxies, asked, serial: 0, looks_up: false, providers, open: true };
        let closed = self.queries.all.iter().position(|query| !query.open && !query.looks_up);
        let place = closed.unwrap_or(self.queries.all.len());
        if place == self.queries.all.len() {
            self.queries.all.push(query);
        } else {
            let serial = self.queries.all[place].serial;
            self.queries.all[place] = Query { serial, ..query };
        }
        self.tally.queries += 1;
        self.ask_next(place as u32);
    }

    fn ask_next(&mut self, place: u32) {
        let query = &mut self.queries.all[place as usize];
        let Some(proxy) = query.proxies.pop() else { return self.answer(place) };
        query.serial = query.serial.wrapping_add(1);
        query.asked = Some(proxy);
        let (asker, serial) = (query.asker, query.serial);
        let rng = &mut self.stations[asker.index()].path;
        let path = self.pool.path([asker, proxy], self.spec.hops as usize, &Candidates::default(), rng);
        self.launch(Packet::alone(Frame::Query(place), [asker, proxy], path), true);
        let alarm = Alarm::Query { place, serial };
        self.out.push_back(Out::Alarm(self.now + self.spec.query_timeout, asker, alarm));
    }

    pub(super) fn query_overdue(&mut self, place: u32, serial: u32) {
        let query = &self.queries.all[place as usize];
        if query.open && query.serial == serial {
            self.tally.asked_again += 1;
            self.ask_next(place);
        }
    }

    /// A query has come to a proxy.
    pub(super) fn on_query(&mut self, place: u32, proxy: NodeId) {
        let most = self.spec.proxy_lookups;
        let query = &mut self.queries.all[place as usize];
        if !query.open || query.asked != Some(proxy) {
            return;
        }
        let key = query.key;
        query.looks_up = true;
        let Some(busy) = self.queries.busy(proxy) else { return };
        if *busy >= most {
            self.queries.all[place as usize].looks_up = false;
            self.tally.queries_dropped += 1;
            return;
        }
        *busy += 1;
        self.out.push_back(Out::LookUp { proxy, key });
    }

    /// The proxy has found who provides `key`; false where it was not asked by anybody.
    pub fn found(&mut self, proxy: NodeId, key: u32, providers: &[NodeId]) -> bool {
        let mut any = false;
        for place in 0..self.queries.all.len() {
            let query = &mut self.queries.all[place];
            if query.asked != Some(proxy) || query.key != key || !std::mem::take(&mut query.looks_up) {
                continue;
            }
            any = true;
            let most = (ANSWER / RECORD) as usize;
            query.providers = providers.iter().copied().take(most).collect();
            let asker = query.asker;
            if let Some(busy) = self.queries.busy(proxy) {
                *busy -= 1;
            }
            let rng = &mut self.stations[asker.index()].path;
            let path = self.pool.path([proxy, asker], self.spec.hops as usize - 1, &Candidates::default(), rng);
            self.launch(Packet::alone(Frame::Answer(place as u32), [proxy, asker], path), true);
        }
        any
    }

    /// The answer has come.
    pub(super) fn on_answer(&mut self, place: u32) {
        if self.queries.all[place as usize].open {
            self.answer(place);
        }
    }

    fn answer(&mut self, place: u32) {
        let query = &mut self.queries.all[place as usize];
        query.open = false;
        let providers = std::mem::take(&mut query.providers);
        self.out.push_back(Out::Answered { asker: query.asker, key: query.key, providers });
    }
}
