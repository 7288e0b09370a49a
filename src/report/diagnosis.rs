//! What a scenario's settings do.

use super::document::{Document, Grid, GridColumn};
use super::human;
use crate::ledger::TimerUse;
use crate::results::StorageRow;
use crate::study::{Diagnosis, Glance, SettingEffect};

/// The findings: dead settings first.
pub fn diagnosis(found: &Diagnosis) -> Document {
    let mut document = Document::new(format!("What the settings of {} do", found.name));
    document.answer(vec![format!("{}: {}", found.name, summary(found))]);
    document.grid(settings(found));
    if found.base.storage.is_none() {
        if found.timers.is_empty() {
            document.paragraph("The protocol set no timers.");
        }
        document.grid(timers(&found.timers));
    }
    document.grid(sensitivity(found));
    document.list(found.warnings.iter().map(|warning| format!("never acted: {warning}")));
    document
}

fn summary(found: &Diagnosis) -> String {
    let count = |which: fn(&SettingEffect) -> bool| found.settings.iter().filter(|(_, effect)| which(effect)).count();
    let dead = count(|e| matches!(e, SettingEffect::None));
    let default = count(|e| matches!(e, SettingEffect::Default));
    let acting = count(|e| matches!(e, SettingEffect::Changes { .. } | SettingEffect::Needed(_)));
    format!("{dead} settings without effect, {default} that say what holds anyway, {acting} that act")
}

fn settings(found: &Diagnosis) -> Grid {
    let [key, value, origin, effect] = ["setting", "value", "set in", "what it does"].map(GridColumn::words);
    let mut grid = Grid::new([key, value, origin.ranked(1), effect]);
    let rank = |effect: &SettingEffect| match effect {
        SettingEffect::None => 0,
        SettingEffect::Default => 1,
        SettingEffect::Changes { .. } => 2,
        SettingEffect::Needed(_) => 3,
    };
    let mut order: Vec<_> = found.settings.iter().collect();
    order.sort_by_key(|(_, effect)| rank(effect));
    for (setting, effect) in order {
        let words = match effect {
            SettingEffect::None => "NO EFFECT: the run is the same without it, event by event".into(),
            SettingEffect::Default => "as the default".into(),
            SettingEffect::Needed(reason) => format!("needed: {reason}"),
            SettingEffect::Changes { same_until_s, without } => changes(&found.base, *same_until_s, without),
        };
        grid.row([setting.key.clone(), setting.value.clone(), setting.origin.clone(), words]);
    }
    grid
}

/// What is different without a setting.
fn changes(base: &Glance, same_until_s: f64, without: &Glance) -> String {
    if let Some((base, without)) = base.storage.as_deref().zip(without.storage.as_deref()) {
        return kept_changes(base, without);
    }
    let time = match (base.makespan_s, without.makespan_s) {
        (Some(base), Some(without)) => format!("makespan {}", percent(without / base)),
        (Some(_), None) => "not everybody completes".into(),
        (None, Some(_)) => "everybody completes".into(),
        (None, None) => "still not everybody completes".into(),
    };
    let bytes = ratio(without.wire_bytes as f64, base.wire_bytes as f64);
    let first = if same_until_s > 0.0 {
        format!(", the same for the first {}", human::seconds(same_until_s))
    } else {
        String::new()
    };
    format!("without it: {time}, bytes {bytes}{first}")
}

/// What is different in a storage run without a setting.
fn kept_changes(base: &StorageRow, without: &StorageRow) -> String {
    let of = |what: fn(&StorageRow) -> Option<f64>| ratio(what(without).unwrap_or(0.0), what(base).unwrap_or(0.0));
    let (loss, repair, time) =
        (of(|row| row.unit_loss), of(|row| row.repair_bytes), of(|row| row.time_to_repair_mean_s));
    format!("without it: loss of a unit {loss}, repair bytes {repair}, time to repair {time}")
}

/// `part` against `whole`; of nothing there is no share.
fn ratio(part: f64, whole: f64) -> String {
    match (part == whole, whole > 0.0) {
        (true, _) => percent(1.0),
        (_, true) => percent(part / whole),
        (_, false) => "new".into(),
    }
}

fn percent(ratio: f64) -> String {
    human::signed_percent(ratio - 1.0, 1) + " %"
}

fn timers(uses: &[TimerUse]) -> Grid {
    let [set, fired, acted] = ["set", "fired", "did something"].map(GridColumn::numbers);
    let mut grid = Grid::new([GridColumn::words("timer of the protocol"), set, fired, acted, GridColumn::words("")]);
    for TimerUse { name, armed, fired, acted } in uses {
        let word = match (fired, acted) {
            (0, _) => "never fired",
            (_, 0) => "fired and never did anything",
            _ => "",
        };
        grid.row([name.clone(), armed.to_string(), fired.to_string(), acted.to_string(), word.into()]);
    }
    grid
}

/// How far the result depends on what should not matter, and on chance.
fn sensitivity(found: &Diagnosis) -> Grid {
    if found.base.storage.is_some() {
        return kept_sensitivity(found);
    }
    let [runs, makespan, t100, bytes] = ["runs", "makespan", "median t100", "bytes"].map(GridColumn::numbers);
    let mut grid = Grid::new([GridColumn::words("depends on"), runs.ranked(2), makespan, t100, bytes.ranked(1)]);
    for (name, runs) in [("order of equal times (tie_salt)", &found.ties), ("chance (seed)", &found.seeds)] {
        grid.row([
            name.to_owned(),
            runs.len().to_string(),
            spread(found, runs, |g| g.makespan_s),
            spread(found, runs, |g| g.t100_median_s),
            spread(found, runs, |g| Some(g.wire_bytes as f64)),
        ]);
    }
    grid
}

/// The same of a storage run, which has no order of equal times.
fn kept_sensitivity(found: &Diagnosis) -> Grid {
    let titles = ["runs", "loss of a unit", "repair bytes", "time to repair"].map(GridColumn::numbers);
    let mut grid = Grid::new([GridColumn::words("depends on")].into_iter().chain(titles));
    let of = |what: fn(&StorageRow) -> Option<f64>| {
        spread(found, &found.seeds, move |glance| glance.storage.as_deref().and_then(what))
    };
    grid.row([
        "chance (seed)".to_owned(),
        found.seeds.len().to_string(),
        of(|row| row.unit_loss),
        of(|row| row.repair_bytes),
        of(|row| row.time_to_repair_mean_s),
    ]);
    grid
}

/// The range of `of` over `runs`, relative to the run as it is.
fn spread(found: &Diagnosis, runs: &[Glance], of: impl Fn(&Glance) -> Option<f64>) -> String {
    let values: Option<Vec<f64>> = runs.iter().map(&of).collect();
    let (Some(base), Some(values)) = (of(&found.base), values) else { return "not always complete".into() };
    if values.iter().all(|value| *value == base) {
        return "none".into();
    }
    if base == 0.0 {
        return "none at all as it is".into();
    }
    let ratios = values.iter().map(|value| value / base);
    let (low, high) = ratios.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), r| (low.min(r), high.max(r)));
    format!("{} .. {}", percent(low), percent(high))
}
