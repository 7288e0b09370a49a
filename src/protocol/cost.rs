//! What a swarm of a protocol will roughly cost to simulate.

use crate::network::NetworkModel;
use crate::world::Dataset;

/// What the cost of a run depends on besides the constants of its protocol.
#[derive(Debug, Clone, Copy)]
pub struct SwarmShape {
    /// Nodes, seeders and idle ones among them.
    pub nodes: u32,
    /// Nodes that hold everything at the start.
    pub seeders: u32,
    /// Nodes that hold nothing and want nothing.
    pub idle: u32,
    /// Others that a node knows.
    pub peers: u32,
    /// What is distributed.
    pub dataset: Dataset,
    /// How the network is modelled.
    pub network: NetworkModel,
}

impl SwarmShape {
    /// Nodes that want the dataset.
    pub fn leechers(&self) -> f64 {
        f64::from(self.nodes) - f64::from(self.seeders) - f64::from(self.idle)
    }

    /// Leechers for each seeder.
    pub fn leechers_per_seeder(&self) -> f64 {
        self.leechers() / f64::from(self.seeders.max(1))
    }

    /// Others that a node of at most `connections` is connected with.
    pub fn connections(&self, connections: u32) -> f64 {
        f64::from(self.peers.min(connections))
    }
}

/// A quantity that grows with the connections of a node and with how crowded seeders are:
/// `[k, a, b]` is k c^a l^b, of c connections and l leechers for each seeder.
pub type Law = [f64; 3];

/// What a swarm of a protocol costs, fitted to runs of some thirty swarms of 3 to 3000 nodes,
/// meshes and graphs of degree 8 to 50, with 1 to 50 seeders and 2 MB to 10 GB.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cost {
    /// What each leecher is delivered: blocks, or the requests or pieces that a
    /// protocol moves in their place.
    pub deliveries: f64,
    /// Connections of a node.
    pub connections: f64,
    /// Events of each delivery, those of what was said about it included.
    pub events: f64,
    /// Processor time of each delivery, in microseconds of one core.
    pub micros: f64,
    /// Events to set up a connection of a node.
    pub connection_events: f64,
    /// Processor time of a connection of a node, in microseconds.
    pub connection_micros: f64,
    /// Memory of a connection of a node, in bytes, what is said and wanted over it included.
    pub connection_bytes: f64,
    /// Memory of a node, in bytes.
    pub node_bytes: f64,
    /// Memory of a node for each delivery of which it keeps account, in bytes.
    pub delivery_bytes: f64,
}

impl Cost {
    /// Of nodes with so many connections, each leecher of which is delivered so much.
    pub fn of(shape: &SwarmShape, connections: f64, deliveries: f64, events: Law, micros: Law) -> Self {
        let law = |[k, a, b]: Law| {
            k * libm::pow(connections.max(1.0), a) * libm::pow(shape.leechers_per_seeder().max(0.1), b)
        };
        Cost { deliveries, connections, events: law(events), micros: law(micros), ..Cost::default() }
    }

    /// The same with what a connection takes: events, microseconds, bytes.
    pub fn connecting(self, [connection_events, connection_micros, connection_bytes]: [f64; 3]) -> Self {
        Cost { connection_events, connection_micros, connection_bytes, ..self }
    }

    /// The same with the bytes of a node, and of a node for each delivery.
    pub fn keeping(self, node_bytes: f64, delivery_bytes: f64) -> Self {
        Cost { node_bytes, delivery_bytes, ..self }
    }
}
