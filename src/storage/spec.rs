//! Everything that decides a storage run.

mod classes;
mod fill;
mod hosts;
mod repair;

pub(super) use classes::one_of;
pub use classes::{Class, HostClass, RebuiltOn};
pub use fill::{Dispersal, FillSpec};
pub use hosts::{AwaySpec, HostsSpec, LifeFamily, LifeSpec, ShockSpec, Struck};
pub use repair::{DetectSpec, ProofSpec, RepairBy, RepairSpec, SpanFamily, SpanSpec, TransferSpec, WorkerSpec};

use crate::ledger::Keep;
use crate::units::{Bytes, Refusal, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// How long each is to be kept, from when all its slots are filled: then its slots are freed
    /// and its data deleted, which is no loss. To the end of the horizon when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["30 d"]))]
    pub duration: Option<Time>,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PlacementSpec {
    /// How hosts are chosen.
    #[schemars(extend("default" = "random"))]
    pub rule: PlacementRule,
    /// Over what the rule `spread` spreads.
    #[schemars(extend("default" = "region"))]
    pub over: Struck,
    /// Slots of each unit on hosts of each class at the start, by name; any hosts have them when
    /// absent.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("additionalProperties" = {
        "title": "CLASS", "description": "Slots of each unit on hosts of this class.", "type": "integer",
        "format": "uint32", "minimum": 0, "examples": [3]
    }))]
    pub slots: BTreeMap<String, u32>,
}

impl Default for PlacementSpec {
    fn default() -> Self {
        PlacementSpec { rule: PlacementRule::default(), over: Struck::Region, slots: BTreeMap::new() }
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

    /// How long a dataset is kept that is filled at the start: as long as it is asked for, to
    /// the end of the horizon at the most.
    pub fn kept(&self) -> Time {
        self.data.duration.map_or(self.horizon, |duration| duration.min(self.horizon))
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
        let units = (u128::from(self.units_per_dataset()) * u128::from(self.unit_size().get())) as f64;
        units / self.data.size.get() as f64 * f64::from(self.code.total) / f64::from(self.code.data)
    }

    /// The region of a host.
    pub fn region(&self, host: u32) -> u32 {
        host % self.hosts.regions
    }

    /// The operator of a host.
    pub fn operator(&self, host: u32) -> u32 {
        host % self.hosts.operators.unwrap_or(self.hosts.count)
    }

    /// Whether units choose among no more hosts than they have slots: all, or those of a group. Then
    /// a host that comes in the place of a dead one is there for what that had.
    pub(in crate::storage) fn has_no_hosts_to_spare(&self) -> bool {
        self.placement.rule == PlacementRule::Groups || self.hosts.count == self.code.total
    }

    /// Whether rebuilds share links, workers or hosts.
    pub fn waits_for_others(&self) -> bool {
        let repair = &self.repair;
        repair.by != RepairBy::Nobody && (self.shares_links() || repair.workers > 0 || repair.per_host > 0)
    }

    /// Hosts that race with the first for a slot that is rebuilt, where enough are there.
    pub fn rivals(&self) -> u32 {
        let spare = if self.has_no_hosts_to_spare() { 0 } else { self.hosts.count - self.code.total };
        self.repair.reservations.checked_sub(1).map_or(spare, |others| others.min(spare))
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
