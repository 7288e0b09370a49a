//! Exact numbers of loss, repair and placement, for settings that are Markov chains or
//! counts. Each names the model; times are in one unit throughout, rates in its inverse.
//!
//! A dataset has n = k + m slots on n different hosts, and is lost at the first moment when
//! more than m of them are missing. Host lives and rebuilds are independent and exponential,
//! a rebuilt slot sits on a new host.

mod chain;
mod models;
mod placement;

pub use chain::Chain;
pub use models::{
    Lazy, LazySteps, Observed, Regions, Shocks, drifting_classes, grid_checks, insensitive_loss_rate, kept_classes,
    lazy_repair, lazy_steps, observed_repair, region_repair, slot_repair, without_repair,
};
pub use placement::{available, grouped_loss, hit_share, unneeded_repairs};

#[cfg(test)]
mod tests;
