//! One storage run.

use super::super::document::{Document, Grid, GridColumn};
use super::super::human;
use super::words::{nines, of_a_host, probability, title, with_interval};
use crate::results::{RunResult, StorageRow};
use crate::study::StoragePoint;

/// One storage run: how likely a loss is, what keeping the data costs, what binds.
pub fn kept(result: &RunResult, row: &StorageRow) -> Document {
    let mut document = Document::new(&row.scenario);
    document.answer(vec![title(row)]);
    document.grid(facts(result, row));
    document.paragraph("(losses are within the horizon, intervals of 95 %; counts and bytes are means over histories)");
    document.list(result.warnings.iter().map(|warning| format!("warning: {warning}")));
    document
}

type Line = (&'static str, Option<String>);

fn facts(result: &RunResult, row: &StorageRow) -> Grid {
    let mut grid = Grid::new(["", ""].map(GridColumn::words));
    let status = Some(row.status.clone()).filter(|status| status != "complete");
    let link = result.hosts.first().map(|host| host.down_bps.0);
    let lines = [("status", status)].into_iter().chain(loss(row)).chain(upkeep(row, link));
    let lines = lines.chain([("what holds repairs back", row.binds.clone())]).chain(fill(row)).chain(effort(row));
    lines.for_each(|(name, value)| value.into_iter().for_each(|value| grid.row([name.to_owned(), value])));
    grid
}

fn loss(row: &StorageRow) -> Vec<Line> {
    let by = |how: &Option<String>| how.as_ref().map_or(String::new(), |how| format!(", by {how}"));
    let found = |value: Option<f64>, low: Option<f64>, high: Option<f64>, how: &Option<String>| {
        value.map(|value| with_interval(value, low.zip(high)) + &by(how))
    };
    // Of datasets of one unit each both are the same.
    let of_unit = row.unit_loss.filter(|_| row.units_per_dataset > 1);
    let exact = row.unit_loss_exact.map(|value| {
        let model = row.exact_model.as_ref().map_or(String::new(), |model| format!(" ({model})"));
        format!("{value:.5e}{model}")
    });
    let any = match (row.any_loss_by.as_deref(), row.any_loss_low, row.any_loss_high) {
        (Some("bounds"), Some(low), Some(high)) => {
            Some(format!("between {} and {}, by bounds", probability(low), probability(high)))
        }
        (_, low, high) => found(row.any_loss, low, high, &row.any_loss_by),
    };
    let point = StoragePoint { values: vec![], runs: vec![row.clone()] };
    vec![
        ("a dataset is lost", found(row.dataset_loss, row.dataset_loss_low, row.dataset_loss_high, &row.unit_loss_by)),
        ("that is", point.dataset_loss().map(|of| nines(&of))),
        ("a unit is lost", found(of_unit, row.unit_loss_low, row.unit_loss_high, &row.unit_loss_by)),
        ("a unit is lost, exact", exact),
        ("mean time to the loss of a unit", row.mttdl_s.filter(|time| time.is_finite()).map(human::seconds)),
        ("any dataset is lost", any),
        ("datasets lost when followed", row.datasets_lost.map(|lost| followed(row, lost))),
    ]
}

/// What was lost in the histories.
fn followed(row: &StorageRow, lost: f64) -> String {
    if row.histories == 1 {
        return format!("{lost} of {}, in the one history", row.datasets);
    }
    let ends = row.datasets_lost_low.zip(row.datasets_lost_high);
    let ends = ends.map_or(String::new(), |(low, high)| format!(" ({low:.2} .. {high:.2})"));
    format!("{lost:.2}{ends} of {}, in the mean of {} histories", row.datasets, row.histories)
}

fn upkeep(row: &StorageRow, link: Option<f64>) -> Vec<Line> {
    let spread = row.time_to_repair_median_s.zip(row.time_to_repair_p95_s);
    let per_byte = row.repair_per_stored_byte_year;
    let struck = row.shocks.filter(|shocks| *shocks > 0.0);
    let struck = struck.map_or(String::new(), |shocks| format!(", {} shocks", human::ratio(shocks)));
    vec![
        ("stored", Some(format!("{:.2} B for each byte, {} of all disks", row.overhead, percent(row.disk_use)))),
        ("repairs move", per_byte.map(|bytes| format!("{} B a year for each byte", human::ratio(bytes)))),
        ("which is, in all", row.repair_bytes.map(|bytes| moved(row, bytes))),
        ("and for a host", row.repair_per_host_bps.map(|mean| of_a_host(mean, link))),
        ("hosts that died", row.deaths.map(|deaths| human::count(deaths) + &struck)),
        ("slots rebuilt", row.rebuilt.map(|rebuilt| rebuilt_words(row, rebuilt))),
        (
            "time to repair, median and p95",
            spread.map(|(median, p95)| format!("{}, {}", human::seconds(median), human::seconds(p95))),
        ),
        (
            "a unit cannot be read",
            row.unreadable_share.filter(|share| *share > 0.0).map(|share| format!("{} of the time", percent(share))),
        ),
        ("proofs per second", row.proofs_per_second.filter(|rate| *rate > 0.0).map(human::ratio)),
        (
            "transactions per second",
            row.transactions_per_second.filter(|rate| *rate > 0.0).map(|rate| of_chain(row, rate)),
        ),
    ]
}

fn of_chain(row: &StorageRow, rate: f64) -> String {
    let share = row.chain_use.map_or(String::new(), |share| format!(", {} of what the chain takes", percent(share)));
    let rate = if rate < 5e-4 { format!("{rate:.1e}") } else { human::ratio(rate) };
    rate + &share
}

/// `12.3 %`
fn percent(share: f64) -> String {
    format!("{} %", human::ratio(share * 100.0))
}

/// Bytes, and what part of them was in vain.
fn moved(row: &StorageRow, bytes: f64) -> String {
    let vain = [
        (row.unneeded_bytes, "for slots that were only away"),
        (row.given_up_bytes, "for repairs given up"),
        (row.raced_bytes, "by hosts that came second"),
    ];
    let vain = vain.into_iter().filter_map(|(part, words)| Some((part.filter(|part| *part > 0.0)? / bytes, words)));
    let words: String = vain.map(|(share, words)| format!(", {} {words}", percent(share))).collect();
    human::bytes(bytes) + &words
}

fn rebuilt_words(row: &StorageRow, rebuilt: f64) -> String {
    let away = row.unneeded.filter(|count| *count > 0.0);
    let away = away.map_or(String::new(), |count| format!(", {} of them only away", human::count(count)));
    let given_up = row.given_up.filter(|count| *count > 0.0);
    let given_up = given_up.map_or(String::new(), |count| format!("; {} more given up", human::count(count)));
    human::count(rebuilt) + &away + &given_up
}

fn fill(row: &StorageRow) -> Vec<Line> {
    let bound = row.fill_bound_s.map_or(String::new(), |bound| format!(" (bound {})", human::seconds(bound)));
    vec![
        ("datasets filled", row.filled.map(|filled| format!("{filled} of {}", row.datasets))),
        ("time to fill", row.fill_s.map(|time| human::seconds(time) + &bound)),
        ("what holds the filling back", row.fill_binds.clone()),
        ("downloads in vain", row.fill_wasted_share.map(|share| format!("{:.1} % of bytes", share * 100.0))),
    ]
}

fn effort(row: &StorageRow) -> Vec<Line> {
    let events = row.events.map(|events| human::count(events as f64)).unwrap_or_default();
    let histories = if row.histories == 1 { String::new() } else { format!("{} x ", row.histories) };
    let simulated = row.sim_time_s.map(|time| format!("{histories}{}, {events} events", human::seconds(time)));
    let memory =
        row.peak_rss_bytes.map_or(String::new(), |bytes| format!(", {} of memory", human::bytes(bytes as f64)));
    vec![
        ("simulated", simulated),
        ("took", row.wall_s.map(|wall| human::seconds(wall) + &memory)),
        ("fingerprint", row.fingerprint.clone()),
    ]
}
