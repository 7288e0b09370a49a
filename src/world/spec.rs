//! How a world is described: everything is resolved, nothing is drawn yet.
//!
//! A field says by the name under which it is read where in a scenario its value stands:
//! its dotted key, or `NAME.*` for a part of the description with keys of its own.

use super::topology::{TopologyKeys, topology};
use super::{
    ChurnSpec, DatasetClass, FailureSpec, LatencySpec, NodeClass, OverlaySpec, RequestSpec, StartSpec, StoreSpec,
    TopologySpec,
};
use crate::units::{Bytes, Rate, Refusal, Time, range, require, require_whole};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// Everything a world is drawn from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorldSpec {
    /// Who takes part.
    #[serde(rename(deserialize = "swarm.*"))]
    pub swarm: SwarmSpec,
    /// What is distributed.
    #[serde(rename(deserialize = "dataset.*"))]
    pub dataset: DatasetSpec,
    /// Datasets by classes, in the place of one file of `swarm.file_size`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("default" = [], "examples" = [[{ "name": "archive", "count": 52, "size": "40 MiB", "holders": { "share": 0.25 }, "wanted_by": { "share": 0.1 } }]]))]
    pub datasets: Vec<DatasetClass>,
    /// What leechers ask for during the run.
    #[serde(
        rename(deserialize = "requests.*"),
        deserialize_with = "super::requests::requests",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "super::requests::RequestKeys")]
    pub requests: Option<RequestSpec>,
    /// What nodes keep of what they fetch.
    #[serde(
        rename(deserialize = "store.*"),
        deserialize_with = "super::store::store",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "super::store::StoreKeys")]
    pub store: Option<StoreSpec>,
    /// Classes of access links; shares sum to 1.
    #[serde(rename(deserialize = "links.*"), deserialize_with = "classes")]
    #[schemars(with = "LinkKeys")]
    pub links: Vec<LinkClass>,
    /// Upload capacity of seeders, where it differs.
    #[serde(rename(deserialize = "network.seeder_up"))]
    pub seeder_up: Option<Rate>,
    /// Download capacity of seeders, where it differs.
    #[serde(rename(deserialize = "network.seeder_down"))]
    pub seeder_down: Option<Rate>,
    /// One-way delay between any two nodes, or { matrix = "regions-2019" }, or { shares = [..], delay = [[..]] }.
    #[serde(rename(deserialize = "network.latency"))]
    #[schemars(extend("default" = "50 ms"))]
    pub latency: LatencySpec,
    /// The wires between nodes, in the place of one delay between any two.
    #[serde(
        rename(deserialize = "topology.*"),
        deserialize_with = "topology",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "TopologyKeys")]
    pub topology: Option<TopologySpec>,
    /// Classes of nodes, or the path of a CSV file with a row for each node, or a model in models/networks that has classes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "NodesForm", extend("default" = [], "examples" = [[{ "name": "server", "share": 0.3, "up": "1 Gbit/s", "down": "1 Gbit/s" }, { "name": "home", "share": 0.7, "up": "20 Mbit/s", "down": "100 Mbit/s" }], "nodes.csv"]))]
    pub nodes: Vec<NodeClass>,
    /// Who is online when.
    #[serde(rename(deserialize = "churn.*"))]
    #[schemars(with = "super::churn::Keys")]
    pub churn: ChurnSpec,
    /// One-off failures: some nodes go at one moment.
    #[schemars(extend("default" = [], "examples" = [[{ "at": "10 min", "nodes": 2 }]]))]
    pub failures: Vec<FailureSpec>,
    /// Who knows whom, whatever the wires are; everybody knows everybody when absent.
    #[serde(rename(deserialize = "overlay.*"), deserialize_with = "super::overlay::overlay")]
    #[schemars(with = "super::overlay::OverlayKeys")]
    pub overlay: Option<OverlaySpec>,
    /// Peers with which each node is connected from before its start, at random, as a
    /// hash table over connections leaves them: 0 is nobody, the network's size everybody.
    /// With `degree` or `grown` all acquaintances are, unless it is 0.
    #[serde(rename(deserialize = "network.connected"))]
    #[schemars(extend("default" = 0, "source" = "late Codex v3 has its own, see models/protocols"))]
    pub connected: u32,
    /// Cost of a node's own work.
    pub hardware: Hardware,
}

impl WorldSpec {
    /// Whether classes of nodes or the points of a graph give links of their own.
    pub fn has_own_links(&self) -> bool {
        let classes = self.nodes.iter().any(|class| class.up.is_some() || class.down.is_some());
        classes || self.topology.as_ref().is_some_and(TopologySpec::gives_links)
    }

    /// Whether delays follow from more than one latency for all nodes.
    pub fn has_own_delays(&self) -> bool {
        self.topology.is_some() || self.nodes.iter().any(|class| class.access_delay.is_some())
    }

    /// Refuses what cannot be a world, or begins only after `end`.
    ///
    /// # Errors
    /// On the first thing that makes no sense.
    pub fn check(&self, end: Time, seed: u64) -> Result<(), Refusal> {
        let SwarmSpec { network_size, start, .. } = &self.swarm;
        self.swarm.check(self.needs_seeders())?;
        self.overlay.as_ref().map_or(Ok(()), |overlay| overlay.check(*network_size))?;
        self.dataset.check()?;
        self.check_datasets()?;
        for (key, rate) in [("network.seeder_up", self.seeder_up), ("network.seeder_down", self.seeder_down)] {
            LinkClass::check_rate(rate.unwrap_or(Rate::UNLIMITED), key)?;
        }
        LinkClass::check_all(&self.links)?;
        self.latency.check()?;
        super::classes::check(self, end)?;
        start.check(self.leechers(), end)?;
        self.store.as_ref().map_or(Ok(()), StoreSpec::check)?;
        self.requests.as_ref().map_or(Ok(()), |spec| spec.check(self.leechers(), &self.datasets))?;
        if let Some(topology) = &self.topology {
            topology.check(&self.placements(seed), seed)?;
        }
        let ends = (*network_size, self.leechers());
        self.failures.iter().enumerate().try_for_each(|(index, failure)| failure.check(index, ends, end))?;
        self.churn.check()
    }
}

/// How classes of nodes are written.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used: the scenario puts classes in the place of a name")]
enum NodesForm {
    /// Classes.
    Classes(Vec<NodeClass>),
    /// The path of a CSV file with a row for each node, or a model in models/networks.
    Name(String),
}

/// How costs of work are written.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used: the scenario puts costs in the place of a name")]
pub(super) enum HardwareForm {
    /// A name or a path.
    Name(String),
    /// Costs.
    Costs(Hardware),
}

/// Who takes part, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwarmSpec {
    /// Nodes in all, seeders included; at least 2.
    #[serde(rename(deserialize = "swarm.network_size"))]
    #[schemars(extend("examples" = [32]))]
    pub network_size: u32,
    /// Nodes that hold the file from the start; at least 1, fewer than `network_size`. None are needed where classes of datasets say who holds them.
    #[serde(rename(deserialize = "swarm.seeders"))]
    #[schemars(extend("examples" = [4]))]
    pub seeders: u32,
    /// When leechers start: "together", { stagger = "10 s" } one after another, { poisson = "2/s" } at random, { at = ["0 s", "0.8 s"] } each at its moment from the start of the run.
    #[serde(rename(deserialize = "swarm.start"))]
    #[schemars(extend("default" = "together"))]
    pub start: StartSpec,
}

/// Ten times the largest network anybody asked for; more would not fit into memory.
const MOST_NODES: u32 = 1_000_000;

impl SwarmSpec {
    fn check(&self, needs_seeders: bool) -> Result<(), Refusal> {
        let (n, seeders) = (self.network_size, self.seeders);
        let (key, network) = ("swarm.network_size", format!("a network of {n}"));
        require(n >= 2, key, &network, "at least 2 nodes: a seeder and a leecher")?;
        require(n <= MOST_NODES, key, network, format!("at most {MOST_NODES} nodes"))?;
        let some = seeders > 0 || !needs_seeders;
        require(some, "swarm.seeders", "nobody holds the file", "at least 1 seeder")?;
        let nobody = format!("{seeders} seeders in a network of {n} leave nobody to download");
        require(seeders < n, "swarm.seeders", nobody, format!("{}, fewer than network_size", range(1, n - 1)))
    }
}

/// What is distributed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DatasetSpec {
    /// Size of the file.
    #[serde(rename(deserialize = "swarm.file_size"))]
    #[schemars(extend("examples" = ["100 MB"]))]
    pub size: Bytes,
    /// Size of a block. Codex, `direct` and `ideal` pad the last one to it; of
    /// BitTorrent and Bitswap it is as short as what is left of the file.
    #[serde(rename(deserialize = "swarm.block_size"))]
    #[schemars(extend("default" = "64 KiB", "source" = "V2 codex/codextypes.nim:27"))]
    pub block_size: Bytes,
    /// How many consecutive blocks move as one unit; 1 is exact, more is faster.
    #[serde(rename(deserialize = "swarm.group"))]
    #[schemars(extend("default" = 1))]
    pub group: u32,
}

/// The largest block that any version of the protocol accepts (codex-protocol
/// sheet 5.1: message and block cap).
const LARGEST_BLOCK: Bytes = Bytes(100 << 20);

pub(super) fn check_block(block_size: Bytes, key: &str) -> Result<(), Refusal> {
    let fits = block_size > Bytes(0) && block_size <= LARGEST_BLOCK;
    require(fits, key, format!("a block of {block_size}"), "1 B to 100 MiB; Codex uses 64 KiB")
}

impl DatasetSpec {
    fn check(&self) -> Result<(), Refusal> {
        let DatasetSpec { size, block_size, group } = *self;
        let key = "swarm.file_size";
        require(size > Bytes(0), key, "an empty file", "at least one byte")?;
        require(size < Bytes::UNLIMITED, key, "a file without end", "a number of bytes")?;
        check_block(block_size, "swarm.block_size")?;
        require(group > 0, "swarm.group", "groups of no blocks", "at least 1")?;
        let (blocks, most) = (size.get().div_ceil(block_size.get()), u64::from(u32::MAX));
        if blocks.div_ceil(u64::from(group)) <= most {
            return Ok(());
        }
        let least = blocks.div_ceil(most);
        Err(Refusal {
            help: Some(format!("set swarm.group to {least} or more, so that blocks move together")),
            ..Refusal::new(
                key,
                format!("{blocks} blocks are too many to follow one by one"),
                format!("at most {most} units of `group` blocks"),
            )
        })
    }
}

/// A class of access links.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkClass {
    /// Share of the nodes that have it, 0 to 1.
    pub share: f64,
    /// Upload capacity.
    pub up: Rate,
    /// Download capacity.
    pub down: Rate,
}

impl LinkClass {
    /// Refuses what cannot be the links of a network.
    ///
    /// # Errors
    /// On links without capacity, and on shares that do not sum to 1.
    pub fn check_all(classes: &[LinkClass]) -> Result<(), Refusal> {
        if let [LinkClass { share: 1.0, up, down }] = classes {
            LinkClass::check_rate(*up, "network.up")?;
            return LinkClass::check_rate(*down, "network.down");
        }
        require(!classes.is_empty(), "network.classes", "no classes of links", "at least one")?;
        for (index, class) in classes.iter().enumerate() {
            let carries = class.up > Rate(0) && class.down > Rate(0);
            let key = format!("network.classes.{index}");
            require(carries, key, "a link without capacity", "rates above zero")?;
        }
        require_whole(classes.iter().map(|class| class.share), "network.classes")
    }

    pub(super) fn check_rate(rate: Rate, key: &str) -> Result<(), Refusal> {
        require(rate > Rate(0), key, "a link without capacity", "a rate above zero")
    }
}

/// How links are written.
#[derive(Deserialize, JsonSchema)]
struct LinkKeys {
    /// Upload capacity of every node.
    #[serde(rename = "network.up")]
    #[schemars(extend("default" = "50 Mbit/s", "source" = "the team's defaults, see models/networks/team-defaults.toml"))]
    up: Rate,
    /// Download capacity of every node.
    #[serde(rename = "network.down")]
    #[schemars(extend("default" = "50 Mbit/s"))]
    down: Rate,
    /// Classes of access links, instead of `up` and `down`; shares sum to 1.
    #[serde(rename = "network.classes")]
    #[schemars(extend("examples" = [[{ "share": 0.8, "up": "20 Mbit/s", "down": "100 Mbit/s" }, { "share": 0.2, "up": "1 Gbit/s", "down": "1 Gbit/s" }]]))]
    classes: Option<Vec<LinkClass>>,
    /// Classes of access links from a model in models/networks, or from a file, instead of `up` and `down`.
    #[serde(rename = "network.links")]
    #[schemars(extend("examples" = ["residential-2023"]))]
    _links: Option<String>,
}

/// Reads [`LinkKeys`]; the scenario has put the classes of a model in the place of its name.
fn classes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<LinkClass>, D::Error> {
    let LinkKeys { up, down, classes, .. } = LinkKeys::deserialize(from)?;
    Ok(classes.unwrap_or_else(|| vec![LinkClass { share: 1.0, up, down }]))
}

/// What a node's own work costs: one processor, first come first served.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hardware {
    /// Processor time to send or receive one message.
    pub per_message: Time,
    /// Processor time to send one data block (lookup, proof, encoding, encryption).
    pub per_block_sent: Time,
    /// Processor time to receive one data block (decryption, decoding, hash, proof, storing).
    pub per_block_received: Time,
    /// Processor time per mebibyte sent or received, for all kinds of bytes.
    pub per_mib: Time,
    /// Processor time per entry of a want list or presence list, each side.
    pub per_entry: Time,
    /// Processor time to look one block up in the local store.
    pub per_lookup: Time,
    /// Time to make the parity of a mebibyte of data, on a core beside that of the node.
    #[serde(default)]
    pub encode_per_mib: Time,
    /// Time to recover data from parity, for each mebibyte of data in the code words, likewise.
    #[serde(default)]
    pub decode_per_mib: Time,
}

impl Hardware {
    /// Work costs nothing.
    pub const IDEAL: Hardware = Hardware {
        per_message: Time::ZERO,
        per_block_sent: Time::ZERO,
        per_block_received: Time::ZERO,
        per_mib: Time::ZERO,
        per_entry: Time::ZERO,
        per_lookup: Time::ZERO,
        encode_per_mib: Time::ZERO,
        decode_per_mib: Time::ZERO,
    };

    /// All costs.
    pub fn costs(&mut self) -> [&mut Time; 8] {
        let Hardware { per_message, per_block_sent, per_block_received, per_mib, per_entry, per_lookup, .. } = self;
        let Hardware { encode_per_mib, decode_per_mib, .. } = self;
        [
            per_message,
            per_block_sent,
            per_block_received,
            per_mib,
            per_entry,
            per_lookup,
            encode_per_mib,
            decode_per_mib,
        ]
    }

    /// Whether all costs are zero.
    pub fn is_ideal(&self) -> bool {
        *self == Hardware::IDEAL
    }
}

#[cfg(test)]
impl WorldSpec {
    /// The simplest world with this swarm and dataset: links of one rate both
    /// ways, no delay, everybody always there, work for nothing.
    pub(crate) fn plain((network_size, seeders): (u32, u32), dataset: DatasetSpec, rate: Rate) -> Self {
        WorldSpec {
            swarm: SwarmSpec { network_size, seeders, start: StartSpec::Together },
            dataset,
            links: vec![LinkClass { share: 1.0, up: rate, down: rate }],
            seeder_up: None,
            seeder_down: None,
            latency: LatencySpec::Constant(Time::ZERO),
            topology: None,
            nodes: vec![],
            datasets: vec![],
            requests: None,
            store: None,
            churn: ChurnSpec::None,
            failures: vec![],
            overlay: None,
            connected: 0,
            hardware: Hardware::IDEAL,
        }
    }
}
