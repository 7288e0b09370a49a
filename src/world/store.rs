//! How much a node keeps, and what it does when that is full.

use crate::units::{Bytes, Refusal, Time, require};
use schemars::JsonSchema;
use serde::de::Deserializer;
use serde::{Deserialize, Serialize};

/// What a node keeps of what it fetches. What it holds from the start, or was given during
/// the run, stays.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StoreSpec {
    /// Block data that a node keeps at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<Bytes>,
    /// What it does when more comes.
    pub when_full: WhenStoreFull,
    /// Time between two collections of garbage.
    pub gc_period: Time,
    /// Share of the quota above which garbage is collected.
    pub gc_watermark: f64,
    /// How long a dataset stays after its last block was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Time>,
    /// Time between two looks for what has expired.
    pub sweep_interval: Time,
    /// Blocks that such a look examines.
    pub sweep_blocks: u32,
}

/// What a node does when its store is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenStoreFull {
    /// It stores nothing more, and what it was fetching it does not get: Codex.
    Refuse,
    /// It deletes what was asked for longest ago before it fetches: a cache.
    Evict,
    /// It stores on, and from time to time deletes all that it fetched: IPFS with garbage collection.
    Collect,
}

/// How a store is written.
#[derive(Deserialize, JsonSchema)]
pub(super) struct StoreKeys {
    /// Block data that a node keeps at the most. Absent, there is no limit (a Codex node has 20 GiB, IPFS 10 GB).
    #[serde(rename = "store.quota")]
    #[schemars(extend("examples" = ["20 GiB"]))]
    quota: Option<Bytes>,
    /// What a node does when its store is full: "refuse" what comes (Codex), "evict" what was asked for longest ago (a cache), or "collect" garbage from time to time (IPFS).
    #[serde(rename = "store.when_full")]
    #[schemars(extend("default" = "refuse", "source" = "V2 codex/stores/repostore/operations.nim:123"))]
    when_full: WhenStoreFull,
    /// With "collect": time between two looks whether there is garbage to collect.
    #[serde(rename = "store.gc_period")]
    #[schemars(extend("default" = "1 h", "source" = "ipfs/kubo config/init.go: GCPeriod"))]
    gc_period: Time,
    /// With "collect": share of the quota above which all that was fetched is deleted, 0 to 1.
    #[serde(rename = "store.gc_watermark")]
    #[schemars(extend("default" = 0.9, "source" = "ipfs/kubo config/init.go: StorageGCWatermark"))]
    gc_watermark: f64,
    /// How long a dataset stays after its last block was stored; absent, for ever (a Codex node has 30 d).
    #[serde(rename = "store.ttl")]
    #[schemars(extend("examples" = ["30 d"]))]
    ttl: Option<Time>,
    /// Time between two looks for what has expired.
    #[serde(rename = "store.sweep_interval")]
    #[schemars(extend("default" = "10 min", "source" = "V2 codex/stores/maintenance.nim:30"))]
    sweep_interval: Time,
    /// Blocks that such a look examines: a dataset goes when its last block was examined.
    #[serde(rename = "store.sweep_blocks")]
    #[schemars(extend("default" = 1000, "source" = "V2 codex/stores/maintenance.nim:31"))]
    sweep_blocks: u32,
}

/// Reads [`StoreKeys`]; a store without a limit of any kind is none.
pub(super) fn store<'de, D: Deserializer<'de>>(from: D) -> Result<Option<StoreSpec>, D::Error> {
    let StoreKeys { quota, when_full, gc_period, gc_watermark, ttl, sweep_interval, sweep_blocks } =
        StoreKeys::deserialize(from)?;
    let store = StoreSpec { quota, when_full, gc_period, gc_watermark, ttl, sweep_interval, sweep_blocks };
    Ok(Some(store).filter(|store| store.quota.is_some() || store.ttl.is_some()))
}

impl StoreSpec {
    /// Refuses what no store can be.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let some = self.quota != Some(Bytes(0));
        require(some, "store.quota", "a store of no bytes", "at least one byte")?;
        let spans = [
            ("store.gc_period", self.gc_period),
            ("store.sweep_interval", self.sweep_interval),
            ("store.ttl", self.ttl.unwrap_or(Time::from_secs(1))),
        ];
        for (key, span) in spans {
            require(span > Time::ZERO, key, "no time at all", "a time above zero")?;
        }
        let share = (0.0..=1.0).contains(&self.gc_watermark);
        require(share, "store.gc_watermark", format!("a share of {}", self.gc_watermark), "a share from 0 to 1")?;
        require(self.sweep_blocks > 0, "store.sweep_blocks", "looks at no blocks", "at least 1")
    }

    /// Time between two looks of a node at its store; nothing where it never looks.
    pub fn looks_every(&self) -> Option<Time> {
        match (self.ttl, self.when_full) {
            (Some(_), _) => Some(self.sweep_interval),
            (None, WhenStoreFull::Collect) => Some(self.gc_period),
            (None, _) => None,
        }
    }
}
