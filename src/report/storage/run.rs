//! One storage run.

use super::super::document::{Document, Grid, GridColumn};
use super::super::human;
use super::{probability, title, with_interval};
use crate::results::{RunResult, StorageRow};

/// One storage run: how likely a loss is, what keeping the data costs, what binds.
pub fn kept(result: &RunResult, row: &StorageRow) -> Document {
    let mut document = Document::new(&row.scenario);
    document.answer(vec![title(row)]);
    document.grid(facts(row));
    document.paragraph("(losses are within the horizon, intervals of 95 %; counts and bytes are means over histories)");
    document.list(result.warnings.iter().map(|warning| format!("warning: {warning}")));
    document
}

fn facts(row: &StorageRow) -> Grid {
    let mut grid = Grid::new(["", ""].map(GridColumn::words));
    let lines = [("status", Some(row.status.clone()))].into_iter().chain(loss(row)).chain(upkeep(row)).chain(fill(row));
    let lines = lines.chain(effort(row));
    lines.for_each(|(name, value)| value.into_iter().for_each(|value| grid.row([name.to_owned(), value])));
    grid
}

type Line = (&'static str, Option<String>);

fn loss(row: &StorageRow) -> Vec<Line> {
    let interval = |low: Option<f64>, high: Option<f64>| low.zip(high);
    let by = |how: &Option<String>| how.as_ref().map_or(String::new(), |how| format!(", by {how}"));
    let found = |value: Option<f64>, low, high, how: &Option<String>| {
        value.map(|value| with_interval(value, interval(low, high)) + &by(how))
    };
    let exact = row.unit_loss_exact.map(|value| {
        let model = row.exact_model.as_ref().map_or(String::new(), |model| format!(" ({model})"));
        format!("{value:.5e}{model}")
    });
    vec![
        ("a unit is lost", found(row.unit_loss, row.unit_loss_low, row.unit_loss_high, &row.unit_loss_by)),
        ("the same, exact", exact),
        ("a dataset is lost", found(row.dataset_loss, row.dataset_loss_low, row.dataset_loss_high, &None)),
        ("any dataset is lost", found(row.any_loss, row.any_loss_low, row.any_loss_high, &row.any_loss_by)),
        ("nines, a year", row.nines.map(|nines| format!("{nines:.1}"))),
        ("mean time to the loss of a unit", row.mttdl_s.filter(|time| time.is_finite()).map(human::seconds)),
        (
            "datasets lost in the histories",
            row.datasets_lost.map(|lost| {
                let mean = lost_interval(row).map_or(String::new(), |(low, high)| format!(" ({low:.3} .. {high:.3})"));
                format!("{lost:.3}{mean} of {}", row.datasets)
            }),
        ),
    ]
}

fn lost_interval(row: &StorageRow) -> Option<(f64, f64)> {
    row.datasets_lost_low.zip(row.datasets_lost_high)
}

fn upkeep(row: &StorageRow) -> Vec<Line> {
    let share = |value: f64| format!("{:.3} %", value * 100.0);
    let spread = row.time_to_repair_median_s.zip(row.time_to_repair_p95_s);
    vec![
        ("bytes stored per byte", Some(format!("{:.2}", row.overhead))),
        ("disks in use", Some(share(row.disk_use))),
        ("hosts that died", row.deaths.map(human::count)),
        ("slots rebuilt", row.rebuilt.map(|rebuilt| rebuilt_words(row, rebuilt))),
        (
            "time to repair, median and p95",
            spread.map(|(median, p95)| format!("{}, {}", human::seconds(median), human::seconds(p95))),
        ),
        ("bytes moved to repair", row.repair_bytes.map(human::bytes)),
        ("the same per stored byte and year", row.repair_per_stored_byte_year.map(|bytes| format!("{bytes:.3}"))),
        ("repair traffic of a host", row.repair_per_host_bps.map(rate)),
        ("cannot be read", row.unreadable_share.map(probability)),
        ("what binds repairs", row.binds.clone()),
        ("proofs per second", row.proofs_per_second.filter(|rate| *rate > 0.0).map(human::count)),
        ("transactions per second", row.transactions_per_second.filter(|rate| *rate > 0.0).map(human::ratio)),
        ("share of the chain", row.chain_use.map(share)),
    ]
}

fn rebuilt_words(row: &StorageRow, rebuilt: f64) -> String {
    let told = [(row.unneeded, "only away"), (row.given_up, "given up")];
    let told = told.into_iter().filter_map(|(count, words)| Some((count.filter(|count| *count > 0.0)?, words)));
    let words: String = told.map(|(count, words)| format!(", {} {words}", human::count(count))).collect();
    format!("{}{words}", human::count(rebuilt))
}

fn rate(bps: f64) -> String {
    match bps {
        bps if bps >= 1e9 => format!("{:.2} Gbit/s", bps / 1e9),
        bps if bps >= 1e6 => format!("{:.2} Mbit/s", bps / 1e6),
        bps => format!("{:.2} kbit/s", bps / 1e3),
    }
}

fn fill(row: &StorageRow) -> Vec<Line> {
    let bound = row.fill_bound_s.map_or(String::new(), |bound| format!(" (bound {})", human::seconds(bound)));
    vec![
        ("datasets filled", row.filled.map(|filled| format!("{filled} of {}", row.datasets))),
        ("time to fill", row.fill_s.map(|time| human::seconds(time) + &bound)),
        ("downloads in vain", row.fill_wasted_share.map(|share| format!("{:.1} % of bytes", share * 100.0))),
    ]
}

fn effort(row: &StorageRow) -> Vec<Line> {
    let events = row.events.map(|events| human::count(events as f64)).unwrap_or_default();
    let simulated = row.sim_time_s.map(|time| format!("{} x {}, {events} events", row.histories, human::seconds(time)));
    let memory =
        row.peak_rss_bytes.map_or(String::new(), |bytes| format!(", {} of memory", human::bytes(bytes as f64)));
    vec![
        ("simulated", simulated),
        ("took", row.wall_s.map(|wall| human::seconds(wall) + &memory)),
        ("fingerprint", row.fingerprint.clone()),
    ]
}
