//! One-off failures, as they are described.

use super::OfflineKind;
use crate::units::{Refusal, Time, range, require};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Some nodes fail at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailureSpec {
    /// When, from the start of the run.
    pub at: Time,
    /// How many nodes, drawn at random among all that are not spared and are up then;
    /// when too few are, others lose what they have left.
    pub nodes: u32,
    /// For how long; for ever when absent.
    #[serde(default)]
    pub duration: Option<Time>,
    /// Whether their data is lost.
    #[serde(default = "crash")]
    pub kind: OfflineKind,
    /// Whether seeders, and idle nodes, can be drawn.
    #[serde(default)]
    pub seeders: bool,
}

fn crash() -> OfflineKind {
    OfflineKind::Crash
}

impl FailureSpec {
    /// Refuses what cannot happen as failure number `index` to `nodes` nodes, `leechers`
    /// among them, before `end`.
    pub(super) fn check(&self, index: usize, (nodes, leechers): (u32, u32), end: Time) -> Result<(), Refusal> {
        let key = |name: &str| format!("failures.{index}.{name}");
        let (candidates, who, more) = match self.seeders {
            true => (nodes, "nodes", ""),
            false => (leechers, "leechers", " (with `seeders = true`, seeders can fail too)"),
        };
        let given = format!("a failure of {} nodes among {candidates} {who}", self.nodes);
        let some = (1..=candidates).contains(&self.nodes);
        require(some, key("nodes"), given, format!("{}{more}", range(1, candidates)))?;
        let lasts = self.duration != Some(Time::ZERO);
        let span = "a time above zero, or no `duration` for ever";
        require(lasts, key("duration"), "a failure of no duration", span)?;
        let late = "this failure comes after the end of the run";
        require(self.at < end, key("at"), late, format!("a time below stop.max_time, {end}"))
    }
}
