//! Everything that decides a storage run.

use super::Start;
use crate::ledger::Keep;
use crate::units::{Bytes, Rate, Refusal, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that decides a storage run: two equal specifications give equal outcomes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StorageSpec {
    /// What kind of run it is.
    pub kind: StorageKind,
    /// How long the datasets are to be kept: simulated time.
    #[schemars(extend("examples" = ["1 y"]))]
    pub horizon: Time,
    /// Independent histories of the whole system that the run follows; shares and means are
    /// over all of them, tables of hosts, datasets and repairs are of the first.
    #[schemars(extend("default" = 1))]
    pub histories: u32,
    /// The seed of all chance.
    #[schemars(extend("default" = 1))]
    pub seed: u64,
    /// The hosts that keep the data.
    pub hosts: HostsSpec,
    /// What strikes many hosts at one moment.
    #[serde(default)]
    #[schemars(extend("default" = []))]
    pub shocks: Vec<ShockSpec>,
    /// What is kept.
    pub data: DataSpec,
    /// The erasure code of each unit.
    pub code: CodeSpec,
    /// Where slots are.
    pub placement: PlacementSpec,
    /// How a missing slot is noticed. Spans in this table add up.
    pub detect: DetectSpec,
    /// How missing slots are rebuilt.
    pub repair: RepairSpec,
    /// How datasets come to their hosts; without it all slots are filled at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill: Option<FillSpec>,
    /// What the chain can take, where proofs and requests go to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<ChainSpec>,
    /// How losses are estimated that hardly ever happen.
    pub rare: RareSpec,
    /// Distance between the samples of the time series; a 200th of the horizon when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["1 d"]))]
    pub sample_every: Option<Time>,
    /// What a study keeps of each run: its "row" of `runs.csv` alone, its "nodes" too with
    /// `traffic.csv`, or "all" tables. It decides nothing of the run.
    #[serde(default, skip_serializing, rename(deserialize = "output.keep"))]
    #[schemars(extend("default" = "all"))]
    pub keep: Keep,
}

/// What is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StorageKind {
    /// Slots on hosts over months to decades.
    #[default]
    Storage,
}

/// The hosts that keep the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostsSpec {
    /// How many hosts there are.
    #[schemars(extend("examples" = [50]))]
    pub count: u32,
    /// Space for slots on each.
    #[schemars(extend("default" = "10 TB"))]
    pub disk: Bytes,
    /// Upload capacity of each.
    #[schemars(extend("default" = "1 Gbit/s"))]
    pub up: Rate,
    /// Download capacity of each.
    #[schemars(extend("default" = "1 Gbit/s"))]
    pub down: Rate,
    /// Regions; host i is in region i modulo this.
    #[schemars(extend("default" = 1))]
    pub regions: u32,
    /// Operators; host i is of operator i modulo this. Each host has its own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = [10]))]
    pub operators: Option<u32>,
    /// How long hosts live.
    #[serde(default)]
    pub life: LifeSpec,
    /// Hosts that go away and come back with their data; without it they are there until
    /// they die.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away: Option<AwaySpec>,
    /// After this an empty host takes the place of one that died; `never` for no such host.
    #[schemars(extend("default" = "0 s"))]
    pub replaced_after: Time,
}

/// How long hosts live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LifeSpec {
    /// Which law.
    #[schemars(extend("default" = "exponential"))]
    pub family: LifeFamily,
    /// Mean life.
    #[schemars(extend("default" = "1 y"))]
    pub mean: Time,
    /// Shape of a Weibull law; below 1 who has lived long lives longer still.
    #[schemars(extend("default" = 1.0))]
    pub shape: f64,
    /// How old hosts are at the start.
    #[schemars(extend("default" = "stationary"))]
    pub start: Start,
    /// Lives that were observed, in days, for the family `trace`: each host's is one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("examples" = [[30.0, 400.0, 900.0]]))]
    pub observed_days: Vec<f64>,
}

impl Default for LifeSpec {
    fn default() -> Self {
        let mean = Time::from_secs(365 * 86_400);
        LifeSpec { family: LifeFamily::default(), mean, shape: 1.0, start: Start::Stationary, observed_days: vec![] }
    }
}

/// A law of lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LifeFamily {
    /// Without memory.
    #[default]
    Exponential,
    /// Weibull, of the given mean and shape.
    Weibull,
    /// As observed.
    Trace,
    /// Hosts do not die.
    Forever,
}

/// Hosts that go away and come back with their data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwaySpec {
    /// Mean time that a host is there.
    #[schemars(extend("examples" = ["10.28 h"]))]
    pub up: Time,
    /// Mean time that it is away.
    #[schemars(extend("examples" = ["15.13 h"]))]
    pub down: Time,
    /// Shape of the Weibull law of times that it is there; 1 is exponential.
    #[serde(default = "one")]
    #[schemars(extend("default" = 1.0))]
    pub up_shape: f64,
    /// The same of times away.
    #[serde(default = "one")]
    #[schemars(extend("default" = 1.0))]
    pub down_shape: f64,
}

fn one() -> f64 {
    1.0
}

/// Something that strikes many hosts at one moment, at random times.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShockSpec {
    /// Mean time between two; of a region or an operator, between two of the same one.
    #[schemars(extend("examples" = ["10 y"]))]
    pub every: Time,
    /// Whom it strikes.
    #[schemars(extend("default" = "all"))]
    #[serde(default)]
    pub hits: Struck,
    /// Probability with which each host there is struck, independently.
    #[serde(default = "one")]
    #[schemars(extend("default" = 1.0))]
    pub share: f64,
    /// Who is struck is away for so long and comes back with its data; when absent it dies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["2 d"]))]
    pub away_for: Option<Time>,
}

/// Whom a shock strikes, or over what slots are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Struck {
    /// All hosts.
    #[default]
    All,
    /// The hosts of one region.
    Region,
    /// The hosts of one operator.
    Operator,
}

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
    /// How many datasets.
    #[schemars(extend("examples" = [400]))]
    pub count: u32,
    /// Size of each, as it is given in.
    #[schemars(extend("examples" = ["500 GB"]))]
    pub size: Bytes,
    /// Size of what is coded and placed by itself: a dataset is as many units as it takes,
    /// and lost when one of them is. The whole dataset when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["64 MiB"]))]
    pub unit: Option<Bytes>,
}

/// The erasure code of each unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeSpec {
    /// Slots of which any so many bring the unit back: K.
    #[schemars(extend("default" = 2, "examples" = [10], "source" = "nodes - tolerance, codex/rest/api.nim:748-771"))]
    pub data: u32,
    /// All slots: n = K + M. The unit is lost when more than M are gone.
    #[schemars(extend("default" = 3, "examples" = [15], "source" = "nodes, codex/rest/api.nim:748-771"))]
    pub total: u32,
    /// What it takes to rebuild one slot.
    #[schemars(extend("default" = "mds"))]
    pub kind: CodeKind,
    /// Groups with a parity of their own, of the kind `lrc`.
    #[schemars(extend("default" = 1))]
    pub groups: u32,
}

/// What it takes to rebuild a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeKind {
    /// Reed-Solomon: K slots, or all slots of the unit after K were read.
    #[default]
    Mds,
    /// Local groups: K over `groups` slots for one, as long as one alone is missing; K otherwise.
    Lrc,
    /// Two dimensions: as much as was lost.
    TwoDimensional,
    /// Copies: one of them. `data` is 1.
    Replica,
}

/// Where slots are: no two of a unit on one host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PlacementSpec {
    /// How hosts are chosen.
    #[schemars(extend("default" = "random"))]
    pub rule: PlacementRule,
    /// Over what the rule `spread` spreads.
    #[schemars(extend("default" = "region"))]
    pub over: Struck,
}

impl Default for PlacementSpec {
    fn default() -> Self {
        PlacementSpec { rule: PlacementRule::default(), over: Struck::Region }
    }
}

/// How hosts are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlacementRule {
    /// At random among those with room.
    #[default]
    Random,
    /// Hosts stand in groups of as many as a unit has slots, and a unit in one group, in
    /// turn (copysets).
    Groups,
    /// As evenly over regions or operators as can be, at random within.
    Spread,
}

/// How a missing slot is noticed. Spans add up in the order of the fields, and what a host
/// that is away has is missing like what is gone, until it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DetectSpec {
    /// A host counts as gone when it was not there for so long.
    #[schemars(extend("default" = "0 s"))]
    pub offline_after: Time,
    /// A random time more, exponential with this mean, each slot by its own clock.
    #[schemars(extend("default" = "0 s"))]
    pub mean_delay: Time,
    /// Proofs that are asked for at random and fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proofs: Option<ProofSpec>,
    /// Checks happen at multiples of this; zero is at once.
    #[schemars(extend("default" = "0 s"))]
    pub check_every: Time,
    /// So many checks, or proofs, in a row have to fail.
    #[schemars(extend("default" = 1))]
    pub misses: u32,
}

impl Default for DetectSpec {
    fn default() -> Self {
        let (offline_after, mean_delay, check_every) = (Time::ZERO, Time::ZERO, Time::ZERO);
        DetectSpec { offline_after, mean_delay, proofs: None, check_every, misses: 1 }
    }
}

/// Proofs of storage that hosts are asked for (codex-protocol.md 13.4).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofSpec {
    /// How long a period is.
    #[schemars(extend("examples" = ["120 s"]))]
    pub period: Time,
    /// Probability with which a slot is asked in a period.
    #[schemars(extend("examples" = [0.004]))]
    pub probability: f64,
    /// How long after a period a proof that did not come counts as missed.
    #[schemars(extend("examples" = ["30 s"]))]
    pub timeout: Time,
}

/// How missing slots are rebuilt.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RepairSpec {
    /// Repair of a unit begins when so many of its slots or fewer are left, as far as was
    /// noticed; n - 1 (eager) when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = [12]))]
    pub threshold: Option<u32>,
    /// Whether one repair makes all slots of the unit good, those lost while it runs too;
    /// otherwise each slot is rebuilt by itself.
    #[schemars(extend("default" = false))]
    pub together: bool,
    /// Who does it, and whose links carry it.
    #[schemars(extend("default" = "new_host"))]
    pub by: RepairBy,
    /// Rebuilds at a time in one unit; 0 is no limit.
    #[schemars(extend("default" = 0))]
    pub parallel: u32,
    /// Rebuilds at a time in the whole system, first come, first served; 0 is no limit.
    #[schemars(extend("default" = 0))]
    pub workers: u32,
    /// Rebuilds at a time into one host; 0 is no limit.
    #[schemars(extend("default" = 0))]
    pub per_host: u32,
    /// What one rebuild may take of a link at the most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["50 Mbit/s"]))]
    pub rate_limit: Option<Rate>,
    /// How long a rebuild takes whatever it moves; when absent links and bytes decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<SpanSpec>,
    /// Links of each repair worker, or of the owner of each dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<WorkerSpec>,
    /// How a transfer differs from a flow that is as fast as its links let it: a name of `codexsim models transfers`, a path, or a table of numbers over the model that it `extends`, if any.
    #[schemars(with = "TransferForm")]
    pub transfer: TransferSpec,
}

/// How [`TransferSpec`] is written.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "only its schema is used: the scenario puts numbers in the place of a name")]
enum TransferForm {
    /// A model.
    Name(String),
    /// Numbers.
    Numbers(TransferNumbers),
}

/// Numbers of a transfer, over those of a model.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
struct TransferNumbers {
    /// The model whose numbers these change.
    #[schemars(extend("examples" = ["codex-v2"]))]
    extends: Option<String>,
    #[serde(flatten)]
    numbers: TransferSpec,
}

/// Who rebuilds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RepairBy {
    /// The host that gets the slot: what it takes comes down its link.
    #[default]
    NewHost,
    /// Workers of the system: down to them, up from there to the new hosts.
    Worker,
    /// The dataset's owner, likewise: one worker for each dataset.
    Owner,
    /// Who has a copy hands it on: a new host with one source.
    Neighbours,
    /// Nobody: what is gone stays gone.
    Nobody,
}

/// How long something takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpanSpec {
    /// Which law.
    #[serde(default)]
    #[schemars(extend("default" = "exponential"))]
    pub family: SpanFamily,
    /// Its mean.
    #[schemars(extend("examples" = ["1 d"]))]
    pub mean: Time,
}

/// A law of spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpanFamily {
    /// Without memory.
    #[default]
    Exponential,
    /// Always the same.
    Fixed,
}

/// Links of who repairs for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkerSpec {
    /// Upload capacity.
    #[schemars(extend("examples" = ["1 Gbit/s"]))]
    pub up: Rate,
    /// Download capacity.
    #[schemars(extend("examples" = ["1 Gbit/s"]))]
    pub down: Rate,
}

/// How a transfer differs from a flow that is as fast as its links let it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TransferSpec {
    /// From when it begins to its first byte.
    #[schemars(extend("default" = "0 s"))]
    pub startup: Time,
    /// Share of the links' rate that it reaches.
    #[schemars(extend("default" = 1.0))]
    pub efficiency: f64,
    /// How fast a slot would be rebuilt, in bytes of the slot, if links took no time: what round
    /// trips and pauses between blocks let it, whatever else goes on. What they take and what
    /// links take adds up. Links alone decide when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["5 Mbit/s"]))]
    pub rate: Option<Rate>,
    /// Bytes on the wire for each byte of a slot.
    #[schemars(extend("default" = 1.0))]
    pub wire_per_byte: f64,
    /// Share of what a rebuild needs that it fetches: 1 is just enough, (K + M - 1)/K all that
    /// there is.
    #[schemars(extend("default" = 1.0))]
    pub fetched: f64,
}

impl Default for TransferSpec {
    fn default() -> Self {
        TransferSpec { startup: Time::ZERO, efficiency: 1.0, rate: None, wire_per_byte: 1.0, fetched: 1.0 }
    }
}

/// How datasets come to their hosts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FillSpec {
    /// Who sends what.
    #[serde(default)]
    #[schemars(extend("default" = "client_sends"))]
    pub dispersal: Dispersal,
    /// Clients that give datasets in, each with links of its own; datasets are theirs by turns.
    #[serde(default = "one_client")]
    #[schemars(extend("default" = 1))]
    pub clients: u32,
    /// Upload capacity of a client.
    #[schemars(extend("examples" = ["1 Gbit/s"]))]
    pub up: Rate,
    /// Datasets that a client gives in at a time.
    #[serde(default = "one_client")]
    #[schemars(extend("default" = 1))]
    pub at_a_time: u32,
    /// Hosts that may reserve, and so download, one slot at a time; 0 is no limit.
    #[serde(default = "three")]
    #[schemars(extend("default" = 3))]
    pub reservations: u32,
    /// The expanding window: the share of hosts that may reserve when half of the time
    /// until `expiry` has passed; none when absent, then all may at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = [0.75]))]
    pub window: Option<f64>,
    /// A request of which not all slots are filled by then is cancelled.
    #[serde(default = "a_day")]
    #[schemars(extend("default" = "1 d"))]
    pub expiry: Time,
    /// Slots that a host works on at a time.
    #[serde(default = "three")]
    #[schemars(extend("default" = 3))]
    pub slot_workers: u32,
    /// Slots that the queue of a host holds.
    #[serde(default = "queue")]
    #[schemars(extend("default" = 128))]
    pub queue: u32,
    /// From a slot's data being there to its proof being accepted.
    #[serde(default)]
    #[schemars(extend("default" = "0 s"))]
    pub proving: Time,
    /// How fast a client or host encodes; unlimited when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["1 Gbit/s"]))]
    pub encode: Option<Rate>,
}

fn one_client() -> u32 {
    1
}

fn three() -> u32 {
    3
}

fn queue() -> u32 {
    128
}

fn a_day() -> Time {
    Time::from_secs(86_400)
}

/// Who sends what when a dataset is given in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dispersal {
    /// The client encodes and sends every slot to its host.
    #[default]
    ClientSends,
    /// The client sends the coded data once, to one host for each slot; others that
    /// reserved the slot get it from there.
    HostsRelay,
    /// The client sends the K data slots; the hosts of parity slots fetch K from them and encode.
    HostsEncode,
}

/// What the chain can take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainSpec {
    /// Transactions per second.
    #[schemars(extend("examples" = [100.0]))]
    pub transactions_per_s: f64,
}

/// How losses are estimated that hardly ever happen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RareSpec {
    /// What gives the probability of loss.
    #[schemars(extend("default" = "split"))]
    pub method: RareMethod,
    /// Histories from each level, in one repetition; more where these leave much open.
    #[schemars(extend("default" = 500))]
    pub starts: u32,
    /// Repetitions, from whose spread the interval comes.
    #[schemars(extend("default" = 20))]
    pub repetitions: u32,
}

impl Default for RareSpec {
    fn default() -> Self {
        RareSpec { method: RareMethod::default(), starts: 500, repetitions: 20 }
    }
}

/// What gives the probability of loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RareMethod {
    /// Histories of one unit, split where its loss is rare.
    #[default]
    Split,
    /// What was lost in the histories of the system, counted.
    Count,
}

impl StorageSpec {
    /// M: slots that may be gone.
    pub fn parity(&self) -> u32 {
        self.code.total - self.code.data
    }

    /// The most slots at which the repair of a unit begins.
    pub fn threshold(&self) -> u32 {
        self.repair.threshold.unwrap_or(self.code.total - 1)
    }

    /// Size of a unit.
    pub fn unit_size(&self) -> Bytes {
        self.data.unit.unwrap_or(self.data.size).min(self.data.size)
    }

    /// Units of a dataset.
    pub fn units_per_dataset(&self) -> u64 {
        self.data.size.get().div_ceil(self.unit_size().get().max(1))
    }

    /// Units of all datasets. Unit u is of dataset u / [`Self::units_per_dataset`], its slot
    /// j is number u n + j.
    pub fn units(&self) -> u64 {
        u64::from(self.data.count) * self.units_per_dataset()
    }

    /// Size of a slot.
    pub fn slot_size(&self) -> Bytes {
        Bytes(self.unit_size().get().div_ceil(u64::from(self.code.data)))
    }

    /// Bytes of all slots for each byte that was given in.
    pub fn overhead(&self) -> f64 {
        f64::from(self.code.total) / f64::from(self.code.data)
    }

    /// The region of a host.
    pub fn region(&self, host: u32) -> u32 {
        host % self.hosts.regions
    }

    /// The operator of a host.
    pub fn operator(&self, host: u32) -> u32 {
        host % self.hosts.operators.unwrap_or(self.hosts.count)
    }

    /// Whether how long a rebuild takes depends on what else is under way.
    pub fn shares_links(&self) -> bool {
        self.repair.time.is_none() && self.repair.by != RepairBy::Nobody
    }

    /// Refuses what can be read and makes no sense.
    ///
    /// # Errors
    /// On the first such thing.
    pub fn check(&self) -> Result<(), Refusal> {
        super::check::check(self)
    }
}
