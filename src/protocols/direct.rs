//! Yardstick: every leecher downloads from the seeders alone.

use crate::units::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Constants of `direct`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Smallest amount asked for in one request; large datasets are cut into
    /// at most `max_requests` requests for each seeder.
    pub request: Bytes,
    /// Largest number of requests a leecher sends to one seeder.
    pub max_requests: u32,
}
