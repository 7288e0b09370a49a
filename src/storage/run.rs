//! One storage run: how datasets come to their hosts, the histories that follow, how likely
//! a loss is, and the exact number beside it.

use super::exact::exact;
use super::fill::fill_while;
use super::outcome::{Found, FoundBy, StorageOutcome};
use super::splitting::{Estimate, any_loss, dataset_loss, unit_loss_while};
use super::statistics::{mean_interval, share_interval};
use super::system::histories;
use super::unit::{Environment, Recorded};
use super::{RareMethod, RepairBy, StorageProgress, StorageSpec};

/// Histories with a loss from which on that any dataset is lost is counted.
const ENOUGH: u64 = 10;

/// An interval this many times as high as it is low tells a number; a wider one is bounds.
const TOLD: f64 = 3.0;

/// Carries out one run. `progress` is told how far it is every few thousand events; when it
/// returns false the histories that are done stay, and the outcome is not complete.
pub fn run(spec: &StorageSpec, progress: &mut dyn FnMut(StorageProgress) -> bool) -> StorageOutcome {
    let mut filled = None;
    if spec.fill.is_some() {
        let mut goes_on = |time| progress(StorageProgress { time, events: 0, share: 0.0 });
        filled = fill_while(spec, spec.seed, &mut goes_on);
        if filled.is_none() {
            return StorageOutcome::default();
        }
    }
    let mut outcome = histories(spec, filled.as_ref(), progress);
    outcome.fill = filled;
    outcome.lost_interval = mean_interval(&per_history(&outcome, |history| f64::from(history.lost)));
    outcome.exact = exact(spec);
    if outcome.complete {
        let done = StorageProgress { time: spec.horizon, events: outcome.events, share: 1.0 };
        outcome.complete = estimate_losses(spec, &mut outcome, &mut || progress(done));
    }
    outcome
}

fn per_history(outcome: &StorageOutcome, of: impl Fn(&super::HistoryOutcome) -> f64) -> Vec<f64> {
    outcome.histories.iter().map(of).collect()
}

/// How likely the loss of a unit, of a dataset and of any dataset is, as long as `goes_on`;
/// whether it came to the end.
fn estimate_losses(spec: &StorageSpec, outcome: &mut StorageOutcome, goes_on: &mut dyn FnMut() -> bool) -> bool {
    let counted = |share: Option<Estimate>| share.map(|estimate| Found { estimate, by: FoundBy::Counting });
    let units = spec.units() as f64;
    let of_unit = counted(mean_share(outcome, |history| f64::from(history.units_lost) / units));
    let of_dataset = counted(mean_share(outcome, |history| f64::from(history.lost) / f64::from(spec.data.count)));
    let hits = outcome.histories.iter().filter(|history| history.lost > 0).count() as u64;
    let all = outcome.histories.len() as u64;
    let of_any = counted(Some(Estimate {
        probability: hits as f64 / all as f64,
        interval: share_interval(hits, all),
        histories: all,
    }));
    if spec.rare.method == RareMethod::Count {
        (outcome.unit_loss, outcome.dataset_loss, outcome.any_loss) = (of_unit, of_dataset, of_any);
        return true;
    }
    let split = |estimate: Estimate| Some(Found { estimate, by: FoundBy::Splitting });
    let Some(unit) = unit_loss_while(spec, &environments(spec, outcome), goes_on) else { return false };
    (outcome.unit_loss, outcome.dataset_loss) = (split(unit), split(dataset_loss(spec, &unit)));
    // Units that share hosts are lost together: where losses are no rarity, histories know.
    let any = any_loss(spec, &unit);
    let is_known = any.interval.1 < TOLD * any.interval.0;
    let by = if is_known { FoundBy::Splitting } else { FoundBy::Bounds };
    outcome.any_loss = if hits >= ENOUGH { of_any } else { Some(Found { estimate: any, by }) };
    true
}

/// What the split unit meets of the whole system: how long rebuilds took in its first history,
/// where that depends on what else is under way.
fn environments(spec: &StorageSpec, outcome: &StorageOutcome) -> Vec<Environment> {
    let repair = &spec.repair;
    let wait_for_others = spec.shares_links() || repair.workers > 0 || repair.per_host > 0;
    if repair.by == RepairBy::Nobody || !wait_for_others || outcome.repairs.iter().all(|repair| !repair.rebuilt) {
        return vec![];
    }
    vec![Environment::Recorded(Recorded::of(&outcome.repairs, vec![]))]
}

/// The mean over histories of the share `of` that was lost in one. Within a history losses
/// come together, so that the histories, and not the units, are what is counted.
fn mean_share(outcome: &StorageOutcome, of: impl Fn(&super::HistoryOutcome) -> f64) -> Option<Estimate> {
    let shares = per_history(outcome, of);
    let all = shares.len() as u64;
    let probability = shares.iter().sum::<f64>() / all as f64;
    let interval = match mean_interval(&shares) {
        Some((low, high)) if probability > 0.0 => (low, high.min(1.0)),
        _ if probability > 0.0 => (0.0, 1.0),
        _ => (0.0, share_interval(0, all).1),
    };
    (all > 0).then_some(Estimate { probability, interval, histories: all })
}
