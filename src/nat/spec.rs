//! How reach is described: the key `network.nat`.

use crate::units::{Bytes, Rate, Refusal, Time, require};
use crate::world::Behind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Not every node can be dialled by every other. What nothing is said of is as the code of 2026
/// has it; how many nodes there are of which kind is assumed where nobody has counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("source" = "logos-storage-nim nat.nim, nim-libp2p relay.nim, dcutr, autonat, 2026; docs/nat.md"))]
pub struct NatSpec {
    /// Share of the nodes that nobody can dial. A class of nodes may have another, or say what
    /// all its nodes are.
    #[schemars(range(min = 0.0, max = 1.0), extend("source" = "IPFS 2019/20, arXiv 2002.07747"))]
    pub unreachable: f64,
    /// What these are behind: shares of mapped, cone, symmetric and blocked that sum to 1. Assumed.
    pub behind: Behind,
    /// Whether nodes that are there at the start have been there for long: they know whether they
    /// can be dialled, have their ports mapped and their reservations made.
    pub settled: bool,
    /// Machines that relay and ask nodes whether they can be dialled, as bootstrap nodes do; each
    /// with the place of a node of the swarm.
    pub relays: u32,
    /// Capacity of the links of each, both ways. Assumed: servers.
    pub relay_rate: Rate,
    /// Reservations that a relay holds at the most.
    #[schemars(extend("source" = "nim-libp2p relay.nim"))]
    pub reservations: u32,
    /// Relays at which a node reserves.
    pub reserve_at: u32,
    /// Circuits of one node over one relay, counted at both ends.
    pub circuits_per_peer: u32,
    /// Bytes that a circuit carries in each direction before it is closed; "unlimited" for none.
    #[schemars(extend("source" = "nim-libp2p relay.nim; go and rust have the same"))]
    pub circuit_data: Bytes,
    /// Time after which a circuit is closed.
    pub circuit_time: Time,
    /// What goes over a circuit.
    pub circuits_carry: Carry,
    /// Whether a callee that can dial its caller does so, and moves the connection there.
    pub reversal: bool,
    /// Probability that a hole can be punched between two nodes behind cones; drawn once for each
    /// pair. 0: nobody tries.
    #[schemars(range(min = 0.0, max = 1.0), extend("source" = "Trautwein et al., arXiv 2510.27500: 70 % +- 7.1"))]
    pub punching: f64,
    /// The same where one of them is behind a symmetric NAT. Assumed: half of it.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub punching_symmetric: f64,
    /// Time that a callee waits before it tries either.
    pub upgrade_after: Time,
    /// Round trips in which the two choose the protocol for punching. Assumed.
    pub upgrade_round_trips: u32,
    /// Time that a punching takes which fails.
    pub punching_timeout: Time,
    /// Time for which the circuit stays when a direct connection stands.
    pub linger: Time,
    /// Time after which a dial that nobody answers fails. Assumed.
    pub dial_timeout: Time,
    /// Time between two rounds in which a node asks whether it can be dialled.
    pub probe_interval: Time,
    /// Machines that it asks in each round.
    pub probe_servers: u32,
    /// Answers that count, the last ones.
    pub probe_answers: u32,
    /// Share of these that has to agree.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub probe_confidence: f64,
    /// Time in which a node tries to have a port mapped.
    pub mapping_time: Time,
    /// Whether only those that know that they can be dialled serve a distributed hash table.
    pub dht_clients: bool,
}

/// What goes over a circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Carry {
    /// All messages, as over any connection.
    Messages,
    /// Only what it takes to get a direct connection: protocols are told of that alone.
    Upgrades,
}

impl Default for NatSpec {
    fn default() -> Self {
        NatSpec {
            unreachable: 0.5219,
            behind: Behind { mapped: 0.2, cone: 0.7, symmetric: 0.1, blocked: 0.0 },
            settled: true,
            relays: 3,
            relay_rate: Rate(1_000_000_000),
            reservations: 128,
            reserve_at: 2,
            circuits_per_peer: 16,
            circuit_data: Bytes(131_072),
            circuit_time: Time::from_secs(120),
            circuits_carry: Carry::Messages,
            reversal: true,
            punching: 0.7,
            punching_symmetric: 0.35,
            upgrade_after: Time::from_millis(500),
            upgrade_round_trips: 1,
            punching_timeout: Time::from_secs(15),
            linger: Time::from_secs(2),
            dial_timeout: Time::from_secs(15),
            probe_interval: Time::from_secs(120),
            probe_servers: 3,
            probe_answers: 3,
            probe_confidence: 0.6,
            mapping_time: Time::from_secs(1),
            dht_clients: true,
        }
    }
}

impl NatSpec {
    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// On the first such thing.
    pub fn check(&self) -> Result<(), Refusal> {
        let key = |name: &str| format!("network.nat.{name}");
        for (name, share) in [
            ("unreachable", self.unreachable),
            ("punching", self.punching),
            ("punching_symmetric", self.punching_symmetric),
            ("probe_confidence", self.probe_confidence),
        ] {
            let given = format!("a share of {share}");
            require((0.0..=1.0).contains(&share), key(name), given, "a share from 0 to 1")?;
        }
        self.behind.check("network.nat.behind")?;
        const MOST_RELAYS: u32 = 10_000;
        let relays = format!("{} relays", self.relays);
        require(self.relays <= MOST_RELAYS, key("relays"), relays, format!("at most {MOST_RELAYS}"))?;
        require(self.relay_rate > Rate(0), key("relay_rate"), "a link without capacity", "a rate above zero")?;
        for (name, count) in [
            ("reserve_at", self.reserve_at),
            ("circuits_per_peer", self.circuits_per_peer),
            ("probe_servers", self.probe_servers),
            ("probe_answers", self.probe_answers),
        ] {
            require(count > 0, key(name), "0", "at least 1")?;
        }
        require(self.circuit_data > Bytes(0), key("circuit_data"), "circuits that carry nothing", "at least 1 B")?;
        for (name, time) in [("circuit_time", self.circuit_time), ("probe_interval", self.probe_interval)] {
            require(time > Time::ZERO, key(name), "no time at all", "a time above zero")?;
        }
        let waits = [
            ("upgrade_after", self.upgrade_after),
            ("punching_timeout", self.punching_timeout),
            ("linger", self.linger),
            ("dial_timeout", self.dial_timeout),
            ("probe_interval", self.probe_interval),
            ("mapping_time", self.mapping_time),
        ];
        for (name, time) in waits {
            require(time < Time::NEVER, key(name), "a wait without an end", "a time")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_refused() {
        let refused = |spec: NatSpec| spec.check().err().map(|refusal| refusal.key);
        let base = NatSpec::default();
        assert_eq!(refused(base), None);
        assert_eq!(refused(NatSpec { unreachable: 1.5, ..base }), Some("network.nat.unreachable".into()));
        let behind = Behind { cone: 0.2, ..base.behind };
        assert_eq!(refused(NatSpec { behind, ..base }), Some("network.nat.behind".into()));
        assert_eq!(refused(NatSpec { circuit_data: Bytes(0), ..base }), Some("network.nat.circuit_data".into()));
        assert_eq!(refused(NatSpec { probe_answers: 0, ..base }), Some("network.nat.probe_answers".into()));
        assert_eq!(refused(NatSpec { linger: Time::NEVER, ..base }), Some("network.nat.linger".into()));
    }
}
