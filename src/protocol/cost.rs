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

/// What a swarm of a protocol costs, measured at a few swarms.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cost {
    /// What each leecher is delivered: blocks, or the requests or pieces that a
    /// protocol moves in their place.
    pub deliveries: f64,
    /// Connections of a node.
    pub connections: f64,
    /// Memory of a connection, in bytes, what is said and wanted over it included.
    pub connection_bytes: f64,
    /// Events of each delivery, those of what was said about it included.
    pub events: f64,
    /// Processor time of each delivery, in microseconds of one core.
    pub micros: f64,
}

impl Cost {
    /// Memory of a connection where no other was measured, in bytes.
    pub const CONNECTION_BYTES: f64 = 3.5e3;

    /// Of a protocol that moves blocks.
    pub fn per_block(shape: &SwarmShape, connections: f64, events: f64, micros: f64) -> Self {
        let deliveries = shape.dataset.blocks() as f64;
        Cost { deliveries, connections, connection_bytes: Self::CONNECTION_BYTES, events, micros }
    }
}
