//! One seeder and one leecher, whom no tie of others disturbs.

use crate::common::{checked, spec};
use codexsim::ledger::Outcome;

/// The models of the network.
pub const NETWORKS: [&str; 3] = ["fair", "fifo", "ideal"];

/// A seeder and a leecher, 1 MB over 8 Mbit/s, no latency, no layers, no look-up.
pub const PAIR: [&str; 7] = [
    "swarm.network_size=2",
    "swarm.seeders=1",
    "swarm.file_size=1 MB",
    "network.up=8 Mbit/s",
    "network.down=8 Mbit/s",
    "network.latency=0 ms",
    "discovery={ model = \"static\", round_trips = 0, round_trips_per_doubling = 0 }",
];

/// Runs it with `further` settings.
pub fn pair(further: &[&str]) -> Outcome {
    checked(&spec(&[&PAIR[..], further].concat()))
}

/// The same with nothing below the protocol.
pub fn bare(protocol: &str, network: &str, further: &[&str]) -> Outcome {
    let (protocol, network) = (format!("protocol={protocol}"), format!("network.model={network}"));
    pair(&[&[&*protocol, &network, "network.transport=none"], further].concat())
}
