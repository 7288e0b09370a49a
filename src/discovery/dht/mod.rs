//! Distributed hash tables: one core, and constants that make it the discv5
//! variant of nim-codex-dht or the Kademlia of nim-libp2p.
//!
//! Ids have 64 random bits in place of 256: the nodes of a run differ in the
//! first 40 bits or so, and what comes after the first difference decides
//! nothing.
//!
//! A node that knows nobody, because it joins or because all it knew have gone, asks
//! the bootstrap list: some of the nodes that are there at the start, drawn by the
//! seed. They do nothing else than other nodes do. Those that are up are taken into
//! its table; when all have gone, some other node that is up is (somebody tells its
//! address). While nobody else is up the node stays alone, until others find it or
//! its next look-up asks again.

mod exchange;
mod lookup;
mod params;
mod records;
mod sessions;
mod stats;
mod table;
mod upkeep;
mod warm;

#[cfg(test)]
mod tests;

pub use params::{AskProviders, DhtParams, FindBy, Refresh, WhenFull};

use super::slots::Slots;
use super::{Alarm, Letter, LoadSpec, Outbox, Tally};
use crate::bound;
use crate::protocol::Key;
use crate::rng::{Purpose as Stream, Rng, mix};
use crate::units::Time;
use crate::world::{NodeId, World};
use exchange::Exchange;
use lookup::Lookup;
use records::Records;
use sessions::Sessions;
use stats::{Purpose, Stats};
use std::collections::VecDeque;
use table::{RoutingTable, Shape};
use upkeep::Advertiser;
use warm::Ring;

/// What an action of the table needs of its surroundings.
pub(super) struct Moment<'a> {
    pub world: &'a World,
    pub out: &'a mut Outbox,
}

impl Moment<'_> {
    fn again(&mut self) -> Moment<'_> {
        Moment { world: self.world, out: self.out }
    }
}

/// The hash table of all nodes of a run.
#[derive(Debug)]
pub struct Dht {
    params: DhtParams,
    shape: Shape,
    lossy: bool,
    ids: Vec<u64>,
    /// Nodes that may take part: all but machines apart, relays above all, which come last.
    members: u32,
    key_salt: u64,
    /// Who was there before the start.
    at_start: Vec<bool>,
    /// By node, whether it asks and is never asked: in no table, holder of no record. Empty
    /// where all are asked.
    clients: Vec<bool>,
    ring: Ring,
    tables: Vec<RoutingTable>,
    records: Vec<Records>,
    sessions: Sessions,
    rngs: Vec<Rng>,
    /// The nodes that everybody has heard of.
    bootstrap: Vec<u32>,
    is_online: Vec<bool>,
    /// How many are.
    online: usize,
    /// Counts the comings and goings of a node; what began under another number
    /// is void.
    epochs: Vec<u32>,
    last_lookup: Vec<Time>,
    /// By node: the keys that it looks for providers of.
    finding: Vec<Vec<u32>>,
    advertisers: Vec<Advertiser>,
    exchanges: Slots<Exchange>,
    lookups: Slots<Lookup>,
    /// Requests in order of the time at which they count as failed.
    overdue: VecDeque<(Time, u32, u32)>,
    ticking: bool,
    scratch: Vec<(u64, u32)>,
    /// How many keys protocols have.
    protocol_keys: u32,
    /// What is provided and asked for besides the protocol, and the keys of each node.
    load: Option<(LoadSpec, Vec<Vec<u32>>)>,
    tally: Tally,
    stats: Stats,
}

impl Dht {
    pub(super) fn new(world: &World, params: &DhtParams, load: Option<&LoadSpec>, clients: Vec<bool>) -> Self {
        let n = world.nodes.len();
        let members = world.ids().filter(|id| world.node(*id).role.takes_part()).count();
        let salt = |entity| Rng::stream(world.seed, Stream::DhtIdentifiers, entity).next_u64();
        let (node_salt, key_salt) = (salt(0), salt(1));
        // `mix` is one to one, so no two nodes have the same id.
        let ids: Vec<u64> = (0..n as u64).map(|node| mix(node_salt ^ node)).collect();
        let at_start = world.present_at_start();
        let serves = |node: usize| at_start[node] && !clients.get(node).is_some_and(|client| *client);
        let servers: Vec<bool> = (0..n).map(serves).collect();
        let shape = Shape::new(params);
        let mut dht = Dht {
            params: *params,
            shape,
            lossy: params.loss > 0.0,
            key_salt,
            members: members as u32,
            ring: Ring::new(&ids, &servers),
            at_start,
            clients,
            tables: ids.iter().map(|id| RoutingTable::new(*id, &shape)).collect(),
            ids,
            records: std::iter::repeat_with(Records::default).take(n).collect(),
            sessions: Sessions::new(n, params.sessions),
            rngs: (0..n as u64).map(|node| Rng::stream(world.seed, Stream::Discovery, node)).collect(),
            bootstrap: Vec::new(),
            is_online: vec![false; n],
            online: 0,
            epochs: vec![0; n],
            last_lookup: vec![Time::ZERO; n],
            finding: vec![Vec::new(); n],
            advertisers: std::iter::repeat_with(Advertiser::default).take(n).collect(),
            exchanges: Slots::new(),
            lookups: Slots::new(),
            overdue: VecDeque::new(),
            ticking: false,
            scratch: Vec::new(),
            protocol_keys: Key::count(world) as u32,
            load: load.map(|load| (*load, load.assign(members as u32, world.seed))),
            tally: Tally::new(&exchange::KINDS),
            stats: Stats::default(),
        };
        let mut there: Vec<u32> = (0..n as u32).filter(|node| servers[*node as usize]).collect();
        Rng::stream(world.seed, Stream::DhtIdentifiers, 2).shuffle(&mut there);
        there.truncate(params.bootstrap_nodes as usize);
        dht.bootstrap = there;
        if params.warm {
            dht.converge();
        }
        dht
    }

    /// Whether `node` is a client alone.
    fn is_client(&self, node: u32) -> bool {
        self.clients.get(node as usize).is_some_and(|client| *client)
    }

    /// `node` serves from now on, or does not. Those of the bootstrap list always do.
    pub(super) fn set_client(&mut self, node: NodeId, client: bool) {
        if !self.bootstrap.contains(&node.0)
            && let Some(is_client) = self.clients.get_mut(node.index())
        {
            *is_client = client;
        }
    }

    fn converge(&mut self) {
        for node in (0..self.ids.len()).filter(|node| self.at_start[*node]) {
            let (table, rng) = (&mut self.tables[node], &mut self.rngs[node]);
            self.ring.fill(table, self.ids[node], &self.shape, rng);
        }
        let Some((load, keys)) = self.load.take() else { return };
        let mut closest: Vec<Vec<u32>> = vec![Vec::new(); load.keys(self.members) as usize];
        for (node, keys) in (0..).zip(&keys) {
            let there = self.at_start[node as usize];
            for key in keys.iter().filter(|_| there) {
                let holders = &mut closest[*key as usize];
                if holders.is_empty() {
                    *holders = self.ring.closest(self.key_id(self.load_topic(*key)), self.shape.k);
                }
                self.put(node, self.load_topic(*key), holders);
            }
        }
        self.load = Some((load, keys));
    }

    /// Keys of the load come after those of protocols.
    fn load_topic(&self, key: u32) -> u32 {
        self.protocol_keys + key
    }

    fn key_id(&self, topic: u32) -> u64 {
        mix(self.key_salt ^ u64::from(topic))
    }

    fn by_distance(&self) -> bool {
        self.params.find_by == FindBy::Distance
    }

    fn on_the_way(&self) -> bool {
        self.params.ask_providers == AskProviders::OnTheWay
    }

    pub(super) fn come(&mut self, node: NodeId, world: &World, out: &mut Outbox) {
        self.online(node.0, Moment { world, out });
    }

    pub(super) fn go(&mut self, node: NodeId, data_lost: bool) {
        self.offline(node.0);
        if data_lost {
            self.records[node.index()].clear();
        }
    }

    pub(super) fn provide(&mut self, node: NodeId, key: Key, world: &World, out: &mut Outbox) {
        let (topic, mut cx) = (key.index(), Moment { world, out });
        if self.is_warm(node.0, cx.out.now) && world.holds_at_start(node, key.dataset()) {
            self.place(node.0, topic, &mut cx);
        } else {
            self.advertise(node.0, topic, cx);
        }
    }

    pub(super) fn find(&mut self, node: NodeId, key: Key, world: &World, out: &mut Outbox) {
        self.find_topic(node.0, key.index(), Moment { world, out });
    }

    fn find_topic(&mut self, node: u32, topic: u32, cx: Moment<'_>) {
        if !self.finding[node as usize].contains(&topic) {
            self.finding[node as usize].push(topic);
            self.look_up(node, self.key_id(topic), Purpose::Find(topic), cx);
        }
    }

    pub(super) fn alarm(&mut self, node: NodeId, alarm: Alarm, world: &World, out: &mut Outbox) {
        let (node, cx) = (node.0, Moment { world, out });
        match alarm {
            Alarm::Revalidate => self.revalidate(node, cx),
            Alarm::Refresh => self.refresh(node, cx),
            Alarm::Advertise => self.next_round(node, cx),
            Alarm::Query => self.query(node, cx),
            Alarm::Depart { slot, serial } => self.depart(slot, serial, cx.out),
            Alarm::Overdue { slot, serial } => self.give_up(slot, serial, cx),
            Alarm::Announced(_) | Alarm::Answered(_) => {}
        }
    }

    pub(super) fn on_tick(&mut self, world: &World, out: &mut Outbox) {
        self.tick(Moment { world, out });
    }

    pub(super) fn on_arrival(&mut self, letter: Letter, world: &World, out: &mut Outbox) {
        self.arrived(letter, Moment { world, out });
    }

    pub(super) fn on_loss(&mut self, letter: Letter) {
        self.lost(letter);
    }

    pub(super) fn report(&self, end: Time) -> Vec<(String, f64)> {
        let mut report = self.tally.report();
        self.stats.report(&mut report);
        let nodes = f64::from(self.members);
        self.stats.rates(nodes, end.secs().max(1e-9), &mut report);
        if let Some((load, _)) = &self.load {
            let upkeep = bound::dht_upkeep(&bound::DhtLoad {
                nodes,
                keys_per_node: f64::from(load.keys_per_node),
                interval_s: self.params.advertise_interval.secs(),
                providers_per_key: f64::from(load.providers_per_key),
                queries_per_s: load.queries_per_second,
            });
            report.push(("nodes".into(), nodes));
            report.push(("keys_per_node".into(), f64::from(load.keys_per_node)));
            report.push(("advertise_interval_s".into(), self.params.advertise_interval.secs()));
            report.push(("formula_maintenance_bytes_per_s".into(), upkeep.maintenance));
            report.push(("formula_advertising_bytes_per_s".into(), upkeep.advertising));
            report.push(("formula_queries_bytes_per_s".into(), upkeep.queries));
        }
        report
    }
}
