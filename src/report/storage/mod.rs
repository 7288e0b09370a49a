//! Storage runs: one run, and studies of them.

mod against;
mod answer;
mod hosts;
mod map;
mod over_time;
mod page;
mod points;
mod run;
#[cfg(test)]
mod tests;
mod trade_off;
mod words;

pub use answer::lines as answer;
pub use page::page as storage_page;
pub use points::{note, table};
pub use run::kept;
