//! The hosts that keep the data: how long they live, when they are away, what strikes them.

use super::HostClass;
use crate::storage::Start;
use crate::units::{Bytes, Rate, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// After this an empty host takes the place of one that died; `never` for no such host. Where
    /// there are no hosts to spare (as many as a unit has slots, or groups) its life counts from when
    /// it has its first slot, and before that only shocks end it; elsewhere from when it comes.
    #[schemars(extend("default" = "0 s"))]
    pub replaced_after: Time,
    /// Classes of hosts, where not all are alike.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("examples" = [[{ "name": "homes", "share": 0.6, "life": { "mean": "90 d" } }, { "name": "servers", "share": 0.4 }]]))]
    pub classes: Vec<HostClass>,
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
