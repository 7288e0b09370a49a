//! Reports, made from rows alone.

mod human;
mod terminal;

pub use human::{bytes, count, seconds};
pub use terminal::{run_report, study_report};
