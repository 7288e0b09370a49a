//! The books: every byte under one class, every node's progress, the digest of
//! the event stream. The books must balance.

mod class;
mod outcome;

pub use class::Class;
pub use outcome::{Milestones, NodeOutcome, Outcome, Sample, Status, Traffic, Violation};
