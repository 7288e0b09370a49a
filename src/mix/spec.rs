//! How the mixnet is described: the key `network.mix`.

use super::delay::Family;
use super::sizes::{CHUNK, CODED_CHUNK, PACKET, PROOF, SURBS_PER_PACKET};
use crate::units::{Refusal, Time, require};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Downloads go through a mixnet. What nothing is said of is as the code of September 2026
/// has it; `relays` has to be said.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("source" = "nim-libp2p-mix, libp2p-storage-mix-transport, September 2026; docs/mix.md"))]
pub struct MixSpec {
    /// Machines that relay packets and do nothing else, each with the place and the links of
    /// a node of the swarm. 0: every node of the swarm relays for all others.
    pub relays: u32,
    /// Share of the relays that are in everybody's list and never there.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub stale: f64,
    /// Hops that a packet passes, the last of which is its receiver or, where a node at the
    /// end of the mixnet hands it on, that node (`PathLength`).
    pub hops: u32,
    /// Who takes a packet out of the mixnet.
    pub exit: Exit,
    /// How the relays of a path are drawn.
    pub path: PathProfile,
    /// How delays are drawn from their means.
    pub delays: Family,
    /// Mean time that a relay holds a packet.
    pub relay_delay: Time,
    /// Mean time that a sender holds each packet before it writes it; nobody but the task
    /// that sends waits. 0 s is the code before September 2026.
    pub hold: Time,
    /// Added to every delay of a relay; 100 ms are recommended where proofs are made.
    pub floor: Time,
    /// Processor time of the sender of a packet, one packet after another. Calibrated, the
    /// one constant that is (docs/mix.md).
    pub build_time: Time,
    /// Processor time of whoever receives a packet. Assumed: no time was published.
    pub unwrap_time: Time,
    /// Packets in which a frame is sent through reply blocks, each over a path of its own.
    pub copies: u32,
    /// How these are sent.
    pub sending: Sending,
    /// Reply blocks that the receiver of a session holds at the most.
    pub capacity: u32,
    /// Reply blocks in a packet that supplies them.
    pub supply: u32,
    /// Whether reply blocks are supplied one packet after another, as the code does, or all
    /// at once that there is room for.
    pub supply_serial: bool,
    /// Chunks of a stream that may be on their way unacknowledged.
    pub window: u32,
    /// How messages are cut.
    pub coding: Coding,
    /// Time after which what was not acknowledged is sent again, and after which a session
    /// or a stream that was not answered is given up or asked for again.
    pub timeout: Time,
    /// Silence after which the end that began a session asks whether the other is there.
    pub probe_after: Time,
    /// Such questions, one each `timeout`, before the session is given up.
    pub probes: u32,
    /// Packets that a node may send, its own and those of others, in each `epoch`; every one
    /// needs a proof of the rate-limiting nullifier (RLN). 0: no limit and no proofs, as in
    /// Storage today.
    pub limit: u32,
    /// Length of an epoch.
    pub epoch: Time,
    /// Processor time of a proof.
    pub proof_time: Time,
    /// Processor time of checking one.
    pub verify_time: Time,
    /// Proofs that a node makes at a time.
    pub proof_cores: u32,
    /// Share of `limit` that every relay uses for packets that hide when it sends others.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub cover: f64,
    /// Nodes through which others look up providers: drawn among those that want
    /// nothing. 0: discovery is asked directly.
    pub proxies: u32,
    /// Look-ups that a proxy makes at a time; what comes then is dropped.
    pub proxy_lookups: u32,
    /// Time after which the next proxy is asked.
    pub query_timeout: Time,
}

/// Who takes a packet out of the mixnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// The receiver is the last hop.
    Destination,
    /// The last hop sends what was in the packet on, in clear.
    Node,
}

/// How relays are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PathProfile {
    /// Anew for each packet, all alike.
    Random,
    /// The first of 5 that are drawn for the session, the others anew.
    Lite,
    /// The first and the second each of 5.
    Standard,
    /// The first, second and third each of 3; takes 4 hops.
    Strict,
}

impl PathProfile {
    /// Candidates for each of the first positions, and how many positions have some.
    pub const fn candidates(self) -> (usize, usize) {
        match self {
            PathProfile::Random => (0, 0),
            PathProfile::Lite => (5, 1),
            PathProfile::Standard => (5, 2),
            PathProfile::Strict => (3, 3),
        }
    }
}

/// How the receiver of a session sends through reply blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sending {
    /// One frame of a session after another, and its copies one after another.
    Serial,
    /// One frame after another, its copies at once.
    Concurrent,
    /// As many frames at once as there are reply blocks and as the window allows.
    Pipelined,
}

/// How a message is cut into chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Coding {
    /// Into the chunks of a stream; each is needed, and sent in all copies.
    None,
    /// With a few more, of which any that are as many as the message has rebuild it: at
    /// least one more, 1 %. Each is sent once.
    Low,
    /// At least two more, 4 %.
    Medium,
    /// At least three more, 10 %.
    High,
}

impl Coding {
    /// Message bytes in a chunk.
    pub const fn chunk(self) -> u64 {
        if matches!(self, Coding::None) { CHUNK } else { CODED_CHUNK }
    }

    /// Chunks that are sent at first of a message of `needed`.
    pub fn first_burst(self, needed: u32) -> u32 {
        let (more, percent) = match self {
            Coding::None => return needed,
            Coding::Low => (1, 101),
            Coding::Medium => (2, 104),
            Coding::High => (3, 110),
        };
        (needed + more).max((u64::from(needed) * percent).div_ceil(100) as u32)
    }
}

impl Default for MixSpec {
    fn default() -> Self {
        MixSpec {
            relays: 0,
            stale: 0.0,
            hops: 3,
            exit: Exit::Destination,
            path: PathProfile::Random,
            delays: Family::Exponential,
            relay_delay: Time::from_millis(100),
            hold: Time::from_millis(100),
            floor: Time::ZERO,
            build_time: Time::from_millis(4),
            unwrap_time: Time::from_nanos(300_000),
            copies: 2,
            sending: Sending::Serial,
            capacity: 16,
            supply: 5,
            supply_serial: true,
            window: 64,
            coding: Coding::None,
            timeout: Time::from_secs(30),
            probe_after: Time::from_secs(120),
            probes: 3,
            limit: 0,
            epoch: Time::from_secs(10),
            proof_time: Time::from_millis(63),
            verify_time: Time::from_nanos(2_700_000),
            proof_cores: 1,
            cover: 0.0,
            proxies: 0,
            proxy_lookups: 100,
            query_timeout: Time::from_secs(90),
        }
    }
}

/// Largest number of relays on a path.
pub(super) const MOST_RELAYS: usize = 5;

/// Machines that relay apart from the nodes, at the most.
const MOST_MACHINES: u32 = 100_000;

impl MixSpec {
    /// Relays between the two ends of a path.
    pub fn relays_on_path(&self) -> usize {
        self.hops as usize - usize::from(self.exit == Exit::Destination)
    }

    /// Bytes of a packet, with its proof where there is one.
    pub fn packet(&self) -> u64 {
        PACKET + if self.limit > 0 { PROOF } else { 0 }
    }

    /// Time between two packets of cover traffic of a relay: of the slots that are meant for
    /// it each packet uses one at its sender and one at each of its hops.
    pub fn cover_interval(&self) -> Option<Time> {
        let slots = libm::floor(self.cover * f64::from(self.limit)) as u64;
        (slots > 0).then(|| self.epoch * (1 + u64::from(self.hops)) / slots)
    }

    /// Refuses what no mixnet between `nodes` nodes can be.
    ///
    /// # Errors
    /// On the first thing that makes no sense.
    pub fn check(&self, nodes: u32) -> Result<(), Refusal> {
        let key = |name: &str| format!("network.mix.{name}");
        let share = |name: &str, value: f64| {
            let given = format!("a share of {value}");
            require((0.0..1.0).contains(&value), key(name), given, "at least 0, below 1")
        };
        let hops = format!("{} hops", self.hops);
        require((2..=MOST_RELAYS as u32).contains(&self.hops), key("hops"), hops, format!("2 to {MOST_RELAYS}"))?;
        let strict = self.path != PathProfile::Strict || self.hops == 4;
        require(strict, key("hops"), format!("the path profile `strict` over {} hops", self.hops), "4")?;
        let relays = if self.relays > 0 { self.relays } else { nodes.saturating_sub(2) };
        let (candidates, _) = self.path.candidates();
        let least = self.relays_on_path().max(candidates) as u32;
        let few = format!("{relays} relays besides the two ends, for paths of {least} different ones");
        let many = format!("{} machines", self.relays);
        require(self.relays <= MOST_MACHINES, key("relays"), many, format!("at most {MOST_MACHINES}"))?;
        require(relays >= least, key("relays"), few, format!("{least} or more machines, or more nodes"))?;
        share("stale", self.stale)?;
        share("cover", self.cover)?;
        let covered = self.cover == 0.0 || self.limit > 0;
        require(covered, key("cover"), "cover traffic without a limit of packets", "network.mix.limit, e.g. 100")?;
        let counts = [
            ("copies", self.copies, 4),
            ("supply", self.supply, SURBS_PER_PACKET as u32),
            ("window", self.window, 256),
            ("probes", self.probes, u32::MAX),
            ("proof_cores", self.proof_cores, 1024),
            ("proxy_lookups", self.proxy_lookups, u32::MAX),
        ];
        for (name, value, most) in counts {
            require((1..=most).contains(&value), key(name), value.to_string(), format!("1 to {most}"))?;
        }
        let holds = format!("{} reply blocks, where a frame takes {}", self.capacity, self.copies);
        let least = self.copies.max(self.supply);
        require(self.capacity >= least, key("capacity"), holds, format!("{least} or more"))?;
        for (name, value) in [("timeout", self.timeout), ("probe_after", self.probe_after), ("epoch", self.epoch)] {
            require(value > Time::ZERO, key(name), "no time at all", "a time above zero")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Oracle M15, first half.
    #[test]
    fn m15_interval_of_cover_traffic() {
        let spec = MixSpec { cover: 0.7, limit: 100, ..MixSpec::default() };
        let interval = spec.cover_interval().unwrap();
        assert!((interval.secs() - 0.571_428_571).abs() < 1e-8, "{interval}");
        assert_eq!(MixSpec { epoch: Time::from_secs(60), ..spec }.cover_interval().unwrap().nanos(), 3_428_571_428);
        assert_eq!(MixSpec::default().cover_interval(), None);
    }

    /// The bursts of the specification of the coded transport.
    #[test]
    fn bursts_of_coded_messages() {
        let bursts = |needed| [Coding::Low, Coding::Medium, Coding::High].map(|coding| coding.first_burst(needed));
        assert_eq!(bursts(1), [2, 3, 4]);
        assert_eq!(bursts(267), [270, 278, 294]);
        assert_eq!(Coding::None.first_burst(275), 275);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let refused = |spec: MixSpec, nodes| spec.check(nodes).err().map(|refusal| refusal.key);
        let base = MixSpec { relays: 5, ..MixSpec::default() };
        assert_eq!(refused(base, 2), None);
        assert_eq!(refused(MixSpec { relays: 0, ..base }, 3), Some("network.mix.relays".into()));
        assert_eq!(refused(MixSpec { relays: 0, ..base }, 4), None);
        assert_eq!(refused(MixSpec { path: PathProfile::Strict, ..base }, 2), Some("network.mix.hops".into()));
        assert_eq!(refused(MixSpec { cover: 0.5, ..base }, 2), Some("network.mix.cover".into()));
        assert_eq!(refused(MixSpec { capacity: 4, ..base }, 2), Some("network.mix.capacity".into()));
    }
}
