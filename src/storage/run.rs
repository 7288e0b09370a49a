//! One storage run: how datasets come to their hosts, the histories that follow, how likely
//! a loss is, and the exact number beside it.

use super::outcome::{Found, FoundBy, StorageOutcome};
use super::splitting::Estimate;
use super::statistics::{mean_interval, share_interval};
use super::{StorageProgress, StorageSpec, system};

/// Carries out one run. `progress` is told how far it is every few thousand events; when it
/// returns false the histories that are done stay, and the outcome is not complete.
pub fn run(spec: &StorageSpec, progress: &mut dyn FnMut(StorageProgress) -> bool) -> StorageOutcome {
    let mut outcome = system::histories(spec, None, progress);
    outcome.lost_interval = mean_interval(&outcome.histories.iter().map(|of| f64::from(of.lost)).collect::<Vec<_>>());
    outcome.any_loss = any_loss(&outcome);
    outcome
}

/// The share of histories in which any dataset was lost.
fn any_loss(outcome: &StorageOutcome) -> Option<Found> {
    let all = outcome.histories.len() as u64;
    let hits = outcome.histories.iter().filter(|history| history.lost > 0).count() as u64;
    let estimate =
        || Estimate { probability: hits as f64 / all as f64, interval: share_interval(hits, all), histories: all };
    (all > 0).then(|| Found { estimate: estimate(), by: FoundBy::Counting })
}
