//! What a study asks of its surroundings.

use super::Forecast;
use crate::sim::{Progress, Spec};

/// Everything outside the library that a study needs: clock, interruption,
/// progress display. None of it reaches the results, except wall time and
/// memory, which reproducible results leave out.
pub trait Host: Sync {
    /// Real time since the command began, in seconds.
    fn elapsed_s(&self) -> f64;
    /// Largest memory that the process has used, in bytes, where known.
    fn peak_rss_bytes(&self) -> Option<u64>;
    /// Whether another run may begin.
    fn may_start(&self) -> bool;
    /// Whether running ones should be abandoned.
    fn interrupted(&self) -> bool;
    /// Why this machine cannot carry out what will roughly take `forecast`, of which `largest`
    /// takes the most memory: in words, nothing where it can.
    fn refusal(&self, _forecast: &Forecast, _largest: Option<&Spec>) -> Option<String> {
        None
    }
    /// Runs are about to be carried out that will roughly take `forecast`.
    fn foretold(&self, _forecast: &Forecast) {}
    /// `total` runs are about to be carried out.
    fn planned(&self, total: u64);
    /// A run has come as far as `progress`, `events` events further than last time.
    fn advanced(&self, progress: Progress, events: u64);
    /// A run has ended.
    fn finished(&self);
}
