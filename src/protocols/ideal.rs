//! Yardstick: an omniscient scheduler that stays close to the bound.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Constants of `ideal`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Number of pieces that the dataset is cut into at the most.
    pub pieces: u32,
}
