//! How missing slots are noticed and rebuilt.

use super::RebuiltOn;
use crate::units::{Rate, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Whether a rebuild waits while its new host is away, and goes on with what that has when it
    /// is back. Otherwise it begins again elsewhere, from nothing. Of slots that are rebuilt by
    /// themselves, by who gets them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("default" = false))]
    pub resumes: bool,
    /// Which class of hosts a rebuilt slot goes to, where there are classes.
    #[serde(skip_serializing_if = "RebuiltOn::is_any")]
    #[schemars(extend("default" = "any"))]
    pub class: RebuiltOn,
    /// Of each class, by name, the probability with which a slot is rebuilt on it, for the
    /// class `mix`; they sum to 1.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("additionalProperties" = {
        "title": "CLASS", "description": "Probability with which a slot is rebuilt on this class.",
        "type": "number", "format": "double", "examples": [0.5]
    }))]
    pub mix: BTreeMap<String, f64>,
    /// Rebuilds at a time in one unit; 0 is no limit.
    #[schemars(extend("default" = 0))]
    pub parallel: u32,
    /// Rebuilds at a time in the whole system, first come, first served; 0 is no limit.
    #[schemars(extend("default" = 0))]
    pub workers: u32,
    /// Rebuilds at a time into one host; 0 is no limit.
    #[schemars(extend("default" = 0))]
    pub per_host: u32,
    /// Hosts that reserve a slot and rebuild it at the same time: the first that has it keeps it, and
    /// what others fetch is in vain; 0 is no limit. Of slots that are rebuilt by themselves, by who
    /// gets them; a `time` is that of the first.
    #[serde(skip_serializing_if = "is_one")]
    #[schemars(extend("default" = 1))]
    pub reservations: u32,
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

fn is_one(count: &u32) -> bool {
    *count == 1
}

impl Default for RepairSpec {
    fn default() -> Self {
        RepairSpec {
            threshold: None,
            together: false,
            by: RepairBy::NewHost,
            resumes: false,
            class: RebuiltOn::Any,
            mix: BTreeMap::new(),
            parallel: 0,
            workers: 0,
            per_host: 0,
            reservations: 1,
            rate_limit: None,
            time: None,
            worker: None,
            transfer: TransferSpec::default(),
        }
    }
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
