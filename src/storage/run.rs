//! One storage run: how datasets come to their hosts, the histories that follow, how likely
//! a loss is, and the exact number beside it.

use super::exact::exact;
use super::fill::fill_while;
use super::outcome::{FillOutcome, Found, FoundBy, RepairOutcome, StorageOutcome};
use super::splitting::{Estimate, any_loss, dataset_loss, unit_loss_while};
use super::statistics::{mean_interval, share_interval};
use super::system::{aftermath, histories, unit_loss as system_unit_loss};
use super::unit::{Environment, Recorded};
use super::{RareMethod, StorageProgress, StorageSpec};
use crate::units::Time;
use std::collections::BTreeMap;

/// Histories with a loss from which on that any dataset is lost is counted.
const ENOUGH: u64 = 10;

/// Rebuilds that others make longer by no more than this share of the time that slots are missing
/// do not wait for one another.
const ALIKE: f64 = 0.005;

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
    let lasts = lasts(spec, filled.as_ref());
    outcome.datasets_there = lasts.len() as u32;
    if spec.data.duration.is_some() && !lasts.is_empty() {
        outcome.kept_s = Some(lasts.iter().sum::<f64>() / lasts.len() as f64);
    }
    outcome.fill = filled;
    outcome.lost_interval = mean_interval(&per_history(&outcome, |history| f64::from(history.lost)));
    outcome.exact = exact(spec);
    if outcome.complete {
        let done = StorageProgress { time: spec.horizon, events: outcome.events, share: 1.0 };
        let lasts = if spec.data.duration.is_some() { lasts.as_slice() } else { &[] };
        outcome.complete = estimate_losses(spec, &mut outcome, lasts, &mut || progress(done));
    }
    outcome
}

/// For how long of the horizon each dataset is kept that is there when it begins, seconds.
fn lasts(spec: &StorageSpec, filled: Option<&FillOutcome>) -> Vec<f64> {
    let left = |dataset| filled.map_or(spec.kept(), |filled| filled.left(dataset, spec.data.duration));
    let there = (0..spec.data.count).map(left).filter(|left| *left > Time::ZERO);
    there.map(|left| left.min(spec.horizon).secs()).collect()
}

fn per_history(outcome: &StorageOutcome, of: impl Fn(&super::HistoryOutcome) -> f64) -> Vec<f64> {
    outcome.histories.iter().map(of).collect()
}

/// How likely the loss of a unit, of a dataset and of any dataset is, of those that are there when
/// the horizon begins, kept for spans of it (all of it where there are none), as long as `goes_on`;
/// whether it came to the end.
fn estimate_losses(
    spec: &StorageSpec,
    outcome: &mut StorageOutcome,
    lasts: &[f64],
    goes_on: &mut dyn FnMut() -> bool,
) -> bool {
    let counted = |share: Option<Estimate>| share.map(|estimate| Found { estimate, by: FoundBy::Counting });
    let there = outcome.datasets_there;
    if there == 0 {
        return true; // nothing can be lost
    }
    let units = f64::from(there) * spec.units_per_dataset() as f64;
    let of_unit = counted(mean_share(outcome, |history| f64::from(history.units_lost) / units));
    let of_dataset = counted(mean_share(outcome, |history| f64::from(history.lost) / f64::from(there)));
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
    let Some(unit) = split_unit_loss(spec, outcome, (lasts, units), goes_on) else { return false };
    (outcome.unit_loss, outcome.dataset_loss) = (split(unit), split(dataset_loss(spec, &unit)));
    // Units that share hosts are lost together: where losses are no rarity, histories know.
    let any = any_loss(spec, &unit, there);
    let is_known = any.interval.1 < TOLD * any.interval.0;
    let by = if is_known { FoundBy::Splitting } else { FoundBy::Bounds };
    outcome.any_loss = if hits >= ENOUGH { of_any } else { Some(Found { estimate: any, by }) };
    true
}

/// How likely a unit is lost, by splitting: of one unit, or of the whole system where rebuilds wait for
/// one another and that does not take too long. Nothing when `goes_on` ended it.
fn split_unit_loss(
    spec: &StorageSpec,
    outcome: &mut StorageOutcome,
    (lasts, units): (&[f64], f64),
    goes_on: &mut dyn FnMut() -> bool,
) -> Option<Estimate> {
    if spec.waits_for_others() && !rebuilds_are_alike(spec, &outcome.repairs) {
        if let Some(estimate) = system_unit_loss(spec, outcome.fill.as_ref(), units, goes_on).ok()? {
            return Some(estimate);
        }
        let what = "rebuilds wait for one another, and the whole of it is too large to be followed, or its losses or \
                    shocks are too rare: losses are those of a unit that meets what rebuilds took in one history, \
                    and may be several times as many, for who loses much waits for all that was lost with it";
        outcome.warnings.push(what.into());
    }
    environments(spec, outcome, goes_on).and_then(|them| unit_loss_while(spec, &them, lasts, goes_on))
}

/// Whether rebuilds took what they would take alone, as far as they were not broken off: what they
/// waited, and what they took beyond the shortest of units of which as many slots were missing, is
/// nothing beside the time for which slots were missing.
fn rebuilds_are_alike(spec: &StorageSpec, repairs: &[RepairOutcome]) -> bool {
    let span = |repair: &RepairOutcome| repair.ended.since(repair.began).since(repair.held_up).secs();
    let rebuilt = || repairs.iter().filter(|repair| repair.rebuilt);
    let mut shortest: BTreeMap<u32, f64> = BTreeMap::new();
    for repair in rebuilt() {
        let least = shortest.entry(repair.missing).or_insert(f64::INFINITY);
        *least = least.min(span(repair));
    }
    // A span that is drawn is longer or shorter by chance.
    let longer = |repair: &RepairOutcome| match spec.repair.time {
        Some(_) => 0.0,
        None => span(repair) - shortest[&repair.missing],
    };
    let by_others: f64 = rebuilt().map(|repair| repair.began.since(repair.asked).secs() + longer(repair)).sum();
    let missing: f64 = rebuilt().map(|repair| repair.ended.since(repair.lost).secs()).sum();
    by_others <= ALIKE * missing
}

/// What the split unit meets of the whole system: how long rebuilds took in its first history,
/// where that depends on what else is under way, and what they take after shocks of which that
/// had none. Nothing when `goes_on` ended it.
fn environments(
    spec: &StorageSpec,
    outcome: &StorageOutcome,
    goes_on: &mut dyn FnMut() -> bool,
) -> Option<Vec<Environment>> {
    if !spec.waits_for_others() || outcome.repairs.iter().all(|repair| !repair.rebuilt) {
        return Some(vec![]);
    }
    let mut recorded = Recorded::of(&outcome.repairs, &outcome.shocks);
    for entry in 0..spec.shocks.len() as u32 {
        if !recorded.knows(entry) && spec.shocks[entry as usize].every < Time::NEVER {
            let after = aftermath(spec, outcome.fill.as_ref(), entry, goes_on)?;
            recorded = recorded.or(Recorded::of(&after.repairs, &after.shocks));
        }
    }
    Some(vec![Environment::Recorded(recorded)])
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
