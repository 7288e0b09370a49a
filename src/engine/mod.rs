//! Time and order, and nothing else: a list of events and cancellable timers.

mod list;
mod timers;

pub use list::EventList;
pub use timers::{TimerId, Timers};
