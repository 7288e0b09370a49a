//! The long view: slots on hosts, what is lost and what is repaired, over months to decades.
//!
//! A [`Dataset`](dataset::DatasetSpec) is n = k + m slots on n different hosts; it is lost
//! at the first moment when more than m of them are missing. [`dataset`] follows one of them
//! through one history, [`splitting`] estimates how likely its loss is, however rare that
//! may be; [`system`] follows all datasets on the hosts that they share. Where a setting is a
//! Markov chain, [`crate::bound::durability`] has the exact number.

mod check;
pub mod dataset;
mod life;
pub mod outcome;
mod spec;
pub mod splitting;
pub mod system;

pub use life::{Life, Start};
pub use spec::{
    AwaySpec, ChainSpec, CodeKind, CodeSpec, DataSpec, DetectSpec, Dispersal, FillSpec, HostsSpec, LifeFamily,
    LifeSpec, PlacementRule, PlacementSpec, ProofSpec, RareMethod, RareSpec, RepairBy, RepairSpec, ShockSpec,
    SpanFamily, SpanSpec, StorageKind, StorageSpec, Struck, TransferSpec, WorkerSpec,
};
