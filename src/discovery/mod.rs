//! How nodes find each other: who provides what.
//!
//! A protocol asks `provide(key)` and `find(key)` and is told `found`; what
//! stands behind it is a switch of the scenario. Nothing here knows a protocol,
//! and no protocol sees anything of this. Models act by an [`Outbox`]; the
//! simulation sends their datagrams over the network and books every byte.
//!
//! - `static`: a [`Directory`] that answers after some round trips, free of charge;
//! - `tracker`: a server that names some peers at random ([`Tracker`]);
//! - distributed hash tables, with the constants of discv5 or Kademlia ([`Dht`]).

mod dht;
mod directory;
mod load;
mod outbox;
mod slots;
mod spec;
mod tally;
mod tracker;

pub use dht::{AskProviders, Dht, DhtParams, FindBy, Refresh, WhenFull};
pub use directory::{Directory, StaticParams};
pub use load::LoadSpec;
pub use outbox::{Datagram, Letter, Out, Outbox};
pub use spec::DiscoverySpec;
pub use tally::Tally;
pub use tracker::{Tracker, TrackerParams};

use crate::protocol::Key;
use crate::units::Time;
use crate::world::{NodeId, OfflineKind, World};

/// What a model wants to be reminded of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// The directory knows that the node provides the key.
    Announced(Key),
    /// The directory answers the node.
    Answered(Key),
    /// Time to announce everything again.
    Advertise,
    /// Time to ping somebody.
    Revalidate,
    /// Time to refresh the routing table.
    Refresh,
    /// Time to look for the providers of some key of the load.
    Query,
    /// The round trips before a request are over.
    Depart {
        /// The exchange.
        slot: u32,
        /// Its serial when it began to wait.
        serial: u32,
    },
    /// No answer has come, unless the exchange has another serial by now.
    Overdue {
        /// The exchange.
        slot: u32,
        /// Its serial when it began to wait.
        serial: u32,
    },
}

/// The discovery of one run.
#[derive(Debug)]
pub enum Discovery {
    /// See [`DiscoverySpec::Static`].
    Directory(Directory),
    /// See [`DiscoverySpec::Tracker`].
    Tracker(Box<Tracker>),
    /// See [`DiscoverySpec::Dht`].
    Dht(Box<Dht>),
}

impl Discovery {
    /// As it is before the run. By node, whether it takes part in a hash table as a client
    /// alone; empty where nobody does.
    pub fn new(world: &World, spec: &DiscoverySpec, clients: Vec<bool>) -> Self {
        match spec {
            DiscoverySpec::Static(params) => Discovery::Directory(Directory::new(world, params)),
            DiscoverySpec::Tracker(params) => Discovery::Tracker(Box::new(Tracker::new(world, params))),
            DiscoverySpec::Dht(params, load) => {
                Discovery::Dht(Box::new(Dht::new(world, params, load.as_ref(), clients)))
            }
        }
    }

    /// `node` came online; its protocol starts after this.
    pub fn online(&mut self, node: NodeId, world: &World, out: &mut Outbox) {
        match self {
            Discovery::Directory(_) | Discovery::Tracker(_) => {}
            Discovery::Dht(dht) => dht.come(node, world, out),
        }
    }

    /// `node` serves a hash table from now on, or is a client of it alone.
    pub fn set_client(&mut self, node: NodeId, client: bool) {
        if let Discovery::Dht(dht) = self {
            dht.set_client(node, client);
        }
    }

    /// `node` went offline: what it had under way is void.
    pub fn offline(&mut self, node: NodeId, kind: OfflineKind) {
        match self {
            Discovery::Directory(_) => {}
            Discovery::Tracker(tracker) => tracker.offline(node),
            Discovery::Dht(dht) => dht.go(node, kind == OfflineKind::Crash),
        }
    }

    /// `node` announces itself under `key`, now and from time to time.
    pub fn provide(&mut self, node: NodeId, key: Key, world: &World, out: &mut Outbox) {
        match self {
            Discovery::Directory(directory) => directory.provide(node, key, out),
            Discovery::Tracker(tracker) => tracker.provide(node, key, world, out),
            Discovery::Dht(dht) => dht.provide(node, key, world, out),
        }
    }

    /// `node` looks for providers of `key`. While that is under way, further
    /// calls change nothing (the directory answers each).
    pub fn find(&mut self, node: NodeId, key: Key, world: &World, out: &mut Outbox) {
        match self {
            Discovery::Directory(directory) => directory.find(node, key, out),
            Discovery::Tracker(tracker) => tracker.find(node, key, out),
            Discovery::Dht(dht) => dht.find(node, key, world, out),
        }
    }

    /// The time of an [`Out::Alarm`] has come.
    pub fn alarm(&mut self, node: NodeId, alarm: Alarm, world: &World, out: &mut Outbox) {
        match self {
            Discovery::Directory(directory) => directory.alarm(node, alarm, world, out),
            Discovery::Tracker(tracker) => tracker.alarm(node, alarm, out),
            Discovery::Dht(dht) => dht.alarm(node, alarm, world, out),
        }
    }

    /// The time of an [`Out::Tick`] has come.
    pub fn tick(&mut self, world: &World, out: &mut Outbox) {
        if let Discovery::Dht(dht) = self {
            dht.on_tick(world, out);
        }
    }

    /// A datagram has reached its receiver, which is online.
    pub fn arrived(&mut self, letter: Letter, world: &World, out: &mut Outbox) {
        match self {
            Discovery::Directory(_) => {}
            Discovery::Tracker(tracker) => tracker.arrived(letter, world, out),
            Discovery::Dht(dht) => dht.on_arrival(letter, world, out),
        }
    }

    /// What was done from the start to `end`, in numbers.
    pub fn report(&self, end: Time) -> Vec<(String, f64)> {
        match self {
            Discovery::Directory(_) => Vec::new(),
            Discovery::Tracker(tracker) => tracker.tally.report(),
            Discovery::Dht(dht) => dht.report(end),
        }
    }

    /// A datagram will not arrive.
    pub fn lost(&mut self, letter: Letter) {
        match self {
            Discovery::Directory(_) => {}
            Discovery::Tracker(tracker) => tracker.lost(letter),
            Discovery::Dht(dht) => dht.on_loss(letter),
        }
    }
}
