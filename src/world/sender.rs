//! How the transport of a node answers to what it learns of the way.

use crate::units::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// By what a sender decides how much it has on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Congestion {
    /// By nothing: all streams share a link evenly.
    Even,
    /// Losses: additive increase by a segment in a round trip, multiplicative decrease to a half
    /// (RFC 5681).
    Reno,
    /// Losses: a cubic of the time since the last one, never slower than Reno; decrease to 0.7
    /// (RFC 9438), the default of Linux.
    Cubic,
    /// The largest rate that was delivered and the least round trip, whatever is lost (version
    /// 1 of BBR: Cardwell et al., ACM Queue 14(5), 2016).
    Bbr,
}

/// What a node's transport does otherwise than that of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sender {
    /// By what it decides how much it sends.
    pub congestion: Option<Congestion>,
    /// The delay that it keeps buffers at.
    pub delay_target: Option<Time>,
}
