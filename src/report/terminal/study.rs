//! The table of a study.

use super::super::human::Scale;
use super::{plain, plot, right, show};
use crate::results::RunRow;
use crate::study::{Assembled, Plan, Summary};
use std::collections::BTreeMap;

/// A quantity of a study's table: its column has one unit.
struct Quantity {
    title: &'static str,
    of: fn(&RunRow) -> Option<f64>,
    scale: fn(&[f64]) -> Scale,
}

const QUANTITIES: [Quantity; 8] = [
    Quantity { title: "ttfb", of: |r| r.ttfb_median_s, scale: seconds },
    Quantity { title: "t50", of: |r| r.t50_median_s, scale: seconds },
    Quantity { title: "t90", of: |r| r.t90_median_s, scale: seconds },
    Quantity { title: "t100", of: |r| r.t100_median_s, scale: seconds },
    Quantity { title: "efficiency", of: |r| r.efficiency, scale: |_| Scale::fixed("%", 100.0, 1) },
    Quantity { title: "wire/payload", of: |r| r.wire_per_payload, scale: |_| Scale::fixed("", 1.0, 3) },
    Quantity { title: "control/block", of: control_per_block, scale: |_| Scale::fixed("B", 1.0, 0) },
    Quantity { title: "duplicates", of: duplicates, scale: |_| Scale::fixed("%", 100.0, 1) },
];

fn seconds(values: &[f64]) -> Scale {
    Scale::seconds(values.iter().copied())
}

/// Control bytes for each block that was stored.
fn control_per_block(run: &RunRow) -> Option<f64> {
    let blocks = run.payload_bytes? as f64 / run.block_size_bytes as f64;
    (blocks > 0.0).then(|| run.control_bytes.map(|bytes| bytes as f64 / blocks))?
}

/// Block data received in vain, as a share of what was stored.
fn duplicates(run: &RunRow) -> Option<f64> {
    let payload = run.payload_bytes.filter(|bytes| *bytes > 0)?;
    Some(run.duplicate_bytes? as f64 / payload as f64)
}

/// The values of the keys at a point, and the rows of its finished runs.
type Line<'a> = (Vec<String>, Vec<&'a RunRow>);

/// One line per point with medians over its runs; the makespan in addition
/// with its 5 and 95 % quantiles and the confidence interval of its mean. Below
/// it, the makespan against the first swept key.
pub fn study_report(plan: &Plan, assembled: &Assembled) -> String {
    let first = plan.values(0);
    let keys: Vec<&str> = first.keys().collect();
    let line = |point: usize| {
        let values = plan.values(point);
        (keys.iter().map(|key| values.get(key)).collect(), rows_of(plan, assembled, point))
    };
    let points: Vec<Line> = (0..plan.points()).map(line).collect();
    study_table(&keys, &points) + STUDY_NOTE + &against_first_key(&keys, &points)
}

/// What the times in the table are.
pub(in super::super) const STUDY_NOTE: &str = "\nmedians over runs; times from the start of a run's first leecher, \
    over leechers that completed; makespan over runs in which all did\n";

/// One line per point, whose runs are told apart by the values of `keys`.
pub(in super::super) fn study_table(keys: &[&str], points: &[Line]) -> String {
    let (titles, lines) = study_cells(keys, points);
    let mut table = plain(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    table.add_rows(lines);
    right(&mut table, keys.len());
    show(&table)
}

/// The same as titles and lines, for any form. Each column has one unit.
pub(in super::super) fn study_cells(keys: &[&str], points: &[Line]) -> (Vec<String>, Vec<Vec<String>>) {
    let rows: Vec<&[&RunRow]> = points.iter().map(|(_, rows)| rows.as_slice()).collect();
    let key = |(at, key): (usize, &&str)| Column {
        title: short(key, keys).to_owned(),
        cells: points.iter().map(|(values, _)| values[at].clone()).collect(),
    };
    let mut columns: Vec<Column> = keys.iter().enumerate().map(key).collect();
    columns.extend(counts(&rows));
    for Quantity { title, of, scale } in QUANTITIES {
        let values: Vec<Option<f64>> = rows.iter().map(|rows| summary(rows, of).map(|s| s.median)).collect();
        let scale = scale(&values.iter().flatten().copied().collect::<Vec<_>>());
        columns.push(Column::of(title, &scale, values.iter().map(|value| value.map(|v| scale.show(v)))));
    }
    columns.extend(spread(&makespans(points)));
    let line = |at: usize| columns.iter().map(|column| column.cells[at].clone()).collect();
    let lines = (0..points.len()).map(line).collect();
    (columns.into_iter().map(|column| column.title).collect(), lines)
}

struct Column {
    title: String,
    cells: Vec<String>,
}

impl Column {
    fn of(title: &str, scale: &Scale, cells: impl Iterator<Item = Option<String>>) -> Column {
        let title = if scale.unit.is_empty() { title.to_owned() } else { format!("{title}, {}", scale.unit) };
        Column { title, cells: cells.map(|cell| cell.unwrap_or("-".into())).collect() }
    }
}

fn makespans(points: &[Line]) -> Vec<Option<Summary>> {
    points.iter().map(|(_, rows)| summary(rows, |r| r.makespan_s)).collect()
}

/// Runs, and leechers that completed of all.
fn counts(rows: &[&[&RunRow]]) -> [Column; 2] {
    let completed = |rows: &&[&RunRow]| {
        let completed: u64 = rows.iter().filter_map(|r| r.completed).sum();
        let leechers: u64 = rows.iter().map(|r| u64::from(r.network_size - r.seeders)).sum();
        format!("{completed}/{leechers}")
    };
    [
        Column { title: "runs".into(), cells: rows.iter().map(|rows| rows.len().to_string()).collect() },
        Column { title: "completed".into(), cells: rows.iter().map(completed).collect() },
    ]
}

/// Median, quantiles, and mean with its interval, in one unit.
fn spread(makespans: &[Option<Summary>]) -> [Column; 3] {
    let scale = Scale::seconds(makespans.iter().flatten().flat_map(|s| [s.median, s.p5, s.p95]));
    let show = |value: f64| scale.show(value);
    let each = |of: &dyn Fn(&Summary) -> Option<String>| -> Vec<Option<String>> {
        makespans.iter().map(|makespan| makespan.as_ref().and_then(of)).collect()
    };
    let range = |s: &Summary| (s.n > 1).then(|| format!("{}..{}", show(s.p5), show(s.p95)));
    let interval = |s: &Summary| s.ci95.map(|half| format!("{} +- {}", show(s.mean), show(half)));
    [
        Column::of("makespan", &scale, each(&|s| Some(show(s.median))).into_iter()),
        Column::of("p5..p95", &scale, each(&range).into_iter()),
        Column::of("mean +- 95 %", &scale, each(&interval).into_iter()),
    ]
}

/// Values of the first key that are shown.
const MOST_BARS: usize = 24;

/// The median makespan for each value of the first swept key, over the places
/// (values of the other keys) that have one at every value: else a value would
/// look fast because only its easy points completed. Nothing where that is no
/// comparison.
fn against_first_key(keys: &[&str], points: &[Line]) -> String {
    let Some(key) = keys.first() else { return String::new() };
    let mut names: Vec<&str> = Vec::new();
    let mut places: BTreeMap<&[String], BTreeMap<&str, f64>> = BTreeMap::new();
    for ((values, rows), makespan) in points.iter().zip(makespans(points)) {
        if !names.contains(&values[0].as_str()) {
            names.push(&values[0]);
        }
        let all = rows.iter().all(|row| row.makespan_s.is_some());
        let place = places.entry(&values[1..]).or_default();
        place.extend(makespan.filter(|_| all).map(|s| (values[0].as_str(), s.median)));
    }
    if names.len() < 2 || names.len() > MOST_BARS {
        return String::new();
    }
    let shared: Vec<_> = places.values().filter(|place| place.len() == names.len()).collect();
    if shared.is_empty() {
        return format!("\nno bars of the makespan by {key}: at no point did all runs complete at every value of it\n");
    }
    let median = |name: &&str| {
        let values: Vec<f64> = shared.iter().map(|place| place[name]).collect();
        Some(((*name).to_owned(), Summary::of(&values)?.median))
    };
    let lines: Vec<(String, f64)> = names.iter().filter_map(median).collect();
    let scale = Scale::seconds(lines.iter().map(|(_, value)| *value));
    let over = match (keys.len(), shared.len()) {
        (1, _) => String::new(),
        (_, n) if n == places.len() => format!(", median over all {n} points with it"),
        (_, n) => {
            format!(", median over the {n} of {} points at which all runs completed at every value", places.len())
        }
    };
    format!("\nmakespan by {key}{over}\n{}", plot::bars(&lines, &scale))
}

/// Last words that do not say what they are of.
const UNTELLING: [&str; 2] = ["model", "kind"];

/// The last word of a dotted name, where that is enough to tell it from the others
/// and to know what it is.
fn short<'a>(key: &'a str, all: &[&str]) -> &'a str {
    let last = |key: &'a str| key.rsplit('.').next().unwrap_or(key);
    let ambiguous = all.iter().filter(|k| k.rsplit('.').next() == Some(last(key))).count() > 1;
    if ambiguous || UNTELLING.contains(&last(key)) { key } else { last(key) }
}

/// The rows of the runs at one point that were carried out.
fn rows_of<'a>(plan: &Plan, assembled: &'a Assembled, cell: usize) -> Vec<&'a RunRow> {
    // Rows are in plan order, and the runs of a point are neighbours there.
    let point = |index: &usize| plan.place(*index).point;
    let first = assembled.rows.partition_point(|(index, _)| point(index) < cell);
    let rest = assembled.rows[first..].iter();
    rest.take_while(|(index, _)| point(index) == cell).map(|(_, r)| r).filter(|r| !r.is_failed()).collect()
}

fn summary(rows: &[&RunRow], of: fn(&RunRow) -> Option<f64>) -> Option<Summary> {
    Summary::of(&rows.iter().filter_map(|r| of(r)).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_short_where_they_are_clear() {
        let keys = ["network.up", "other.up", "swarm.seeders"];
        assert_eq!(keys.map(|k| short(k, &keys)), ["network.up", "other.up", "seeders"]);
        assert_eq!(short("churn.model", &["churn.model", "swarm.seeders"]), "churn.model");
    }

    /// Of q only the easy point completed: it takes 1 s there, and p takes 2 s.
    #[test]
    fn bars_are_over_points_that_all_values_have() {
        let run = |makespan_s| RunRow { makespan_s, ..crate::results::sample_result().run };
        let runs = [Some(2.0), Some(9.0), Some(1.0), None].map(run);
        let names = [["p", "easy"], ["p", "hard"], ["q", "easy"], ["q", "hard"]];
        let line = |i: usize| (names[i].map(str::to_owned).to_vec(), vec![&runs[i]]);
        let text = against_first_key(&["protocol", "place"], &(0..4).map(line).collect::<Vec<_>>());
        assert!(
            text.contains("over the 1 of 2 points") && text.contains("2.00 s") && text.contains("1.00 s"),
            "{text}"
        );
        let hard = against_first_key(&["protocol", "place"], &[line(1), line(3)]);
        assert!(hard.starts_with("\nno bars of the makespan by protocol"), "{hard}");
        assert_eq!(against_first_key(&["protocol"], &[line(0)]), "", "one value is no comparison");
    }

    #[test]
    fn what_is_derived_is_per_stored_block_and_byte() {
        let run = crate::results::sample_result().run;
        let run = RunRow { payload_bytes: Some(2 * run.block_size_bytes), control_bytes: Some(500), ..run };
        assert_eq!(control_per_block(&run), Some(250.0));
        let run = RunRow { duplicate_bytes: Some(run.block_size_bytes), ..run };
        assert_eq!(duplicates(&run), Some(0.5));
        let nothing = RunRow { payload_bytes: Some(0), ..run };
        assert_eq!((control_per_block(&nothing), duplicates(&nothing)), (None, None));
    }
}
