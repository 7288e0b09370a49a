//! The long view: slots on hosts, what is lost and what is repaired, over months to decades.
//!
//! A dataset is one or more units; a [unit](unit::UnitSpec) is n = K + M slots on n different
//! hosts, and is lost at the first moment when more than M of them are gone. [`mod@unit`] follows
//! one of them through one history, [`splitting`] estimates how likely its loss is, however
//! rare that may be; [`system`] keeps many on hosts that they share. Where a setting is a
//! Markov chain, [`exact`] has the number.

mod check;
pub mod exact;
pub mod fill;
mod life;
pub mod outcome;
mod pace;
mod run;
#[cfg(test)]
mod sample;
mod spans;
mod spec;
pub mod splitting;
mod statistics;
pub mod system;
pub mod unit;

pub use life::{Life, Start};
pub use outcome::{
    DatasetOutcome, Exact, FILL_HELD_BACK, FillOutcome, Found, FoundBy, HELD_BACK, HistoryOutcome, HostOutcome,
    RepairOutcome, Sample, StorageOutcome, Totals,
};
pub use run::run;
pub use spans::Spans;
use spec::one_of;
pub use spec::{
    AwaySpec, ChainSpec, Class, CodeKind, CodeSpec, DataSpec, DetectSpec, Dispersal, FillSpec, HostClass, HostsSpec,
    LifeFamily, LifeSpec, PlacementRule, PlacementSpec, ProofSpec, RareMethod, RareSpec, RebuiltOn, RepairBy,
    RepairSpec, ShockSpec, SpanFamily, SpanSpec, StorageKind, StorageSpec, Struck, TransferSpec, WorkerSpec,
};
pub use system::StorageProgress;
