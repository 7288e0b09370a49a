//! The books: every byte under one class, every node's progress, the digest of
//! the event stream. The books must balance.

mod books;
mod class;
mod constraint;
mod curve;
mod keep;
mod outcome;
mod timers;
mod trace;

pub use books::{Account, Books, Digest, Series};
pub use class::Class;
pub use constraint::{Constraint, ConstraintTally, Cut, Span, Timeline};
pub use curve::Curve;
pub use keep::Keep;
pub use outcome::{
    DatasetLabel, DownloadEnd, DownloadOutcome, LinkOutcome, Milestones, NodeOutcome, Outcome, Sample, Status, Traffic,
    Violation,
};
pub use timers::{TimerTally, TimerUse};
pub use trace::{Trace, TracedFlight};
