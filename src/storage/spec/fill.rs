//! How datasets come to their hosts.

use crate::units::{Rate, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
