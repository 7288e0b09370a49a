//! The points of a study: a line for each, with medians over its runs.

use super::super::document::{Document, Grid, GridColumn, Picture};
use super::super::human::Scale;
use super::super::plot;
use super::{answer, is_idle};
use crate::results::{Measure, Observation, RunRow, Unit, median};
use crate::scenario::Progress;
use crate::study::{Assembled, Plan, Summary, Survey};
use std::collections::BTreeMap;

/// Measures of the table: name, title, and rank (see [`GridColumn::ranked`]).
const QUANTITIES: [(&str, &str, u8); 8] = [
    ("ttfb_median_s", "ttfb", 7),
    ("t50_median_s", "t50", 8),
    ("t90_median_s", "t90", 6),
    ("t100_median_s", "t100", 0),
    ("efficiency", "efficiency", 2),
    ("wire_per_payload", "wire/payload", 3),
    ("control_bytes_per_block", "control/block", 5),
    ("duplicate_share", "duplicates", 4),
];

/// One unit for the `values` of a column.
fn scale(unit: Unit, values: &[f64]) -> Scale {
    match unit {
        Unit::Seconds => Scale::seconds(values.iter().copied()),
        Unit::Share => Scale::fixed("%", 100.0, 1),
        Unit::Bytes => Scale::fixed("B", 1.0, 0),
        _ => Scale::fixed("", 1.0, 3),
    }
}

/// The values of the keys at a point, and the rows of its finished runs.
type Line<'a> = (Vec<String>, Vec<&'a RunRow>);

/// A study that was just carried out: who is faster where there are several, as far as
/// that is known, the table, and the makespan against the first swept key.
pub fn sweep(plan: &Plan, assembled: &Assembled, survey: Option<&Survey>) -> Document {
    let first = plan.values(0);
    let keys: Vec<&str> = first.keys().collect();
    let line = |point: usize| {
        let values = plan.values(point);
        (keys.iter().map(|key| values.get(key)).collect(), rows_of(plan, assembled, point))
    };
    let points: Vec<Line> = (0..plan.points()).map(line).collect();
    let mut document = Document::new(&plan.name);
    if let Some(several) = survey.filter(|survey| survey.variants.len() > 1 && !is_idle(survey)) {
        document.answer(answer::lines(several));
    }
    document.grid(grid(&keys, &points));
    document.paragraph(NOTE);
    against_first_key(&mut document, &keys, &points);
    document
}

/// What the times in the table are.
pub(super) const NOTE: &str = "medians over runs; times from the start of a run's first leecher, over leechers that \
    completed; makespan over runs in which all did";

/// One line per point, whose runs are told apart by the values of `keys`. Each column has
/// one unit.
pub(super) fn grid(keys: &[&str], points: &[Line]) -> Grid {
    let rows: Vec<&[&RunRow]> = points.iter().map(|(_, rows)| rows.as_slice()).collect();
    let key = |(at, key): (usize, &&str)| {
        (GridColumn::words(short(key, keys)), points.iter().map(|(values, _)| values[at].clone()).collect())
    };
    let mut columns: Vec<Filled> = keys.iter().enumerate().map(key).collect();
    columns.extend(counts(&rows));
    let seen = |row: &&RunRow| Observation::simulated(row, &[], &[], Progress::Storage);
    let seen: Vec<Vec<Observation>> = rows.iter().map(|rows| rows.iter().map(seen).collect()).collect();
    for (name, title, rank) in QUANTITIES {
        let measure = Measure::named(name).expect("every quantity is a measure");
        let values = |runs: &Vec<Observation>| runs.iter().filter_map(|run| measure.value(run)).collect::<Vec<f64>>();
        let medians: Vec<Option<f64>> = seen.iter().map(|runs| median(&values(runs))).collect();
        let scale = scale(measure.unit, &medians.iter().flatten().copied().collect::<Vec<_>>());
        columns.push(filled(title, rank, &scale, medians.iter().map(|value| value.map(|v| scale.show(v)))));
    }
    columns.extend(spread(&makespans(points)));
    let mut cells: Vec<_> = columns.iter_mut().map(|(_, cells)| std::mem::take(cells).into_iter()).collect();
    let rows: Vec<Vec<String>> =
        (0..points.len()).map(|_| cells.iter_mut().flat_map(Iterator::next).collect()).collect();
    drop(cells);
    let mut grid = Grid::new(columns.into_iter().map(|(column, _)| column));
    rows.into_iter().for_each(|row| grid.row(row));
    grid
}

/// A column and its cells.
type Filled = (GridColumn, Vec<String>);

fn filled(title: &str, rank: u8, scale: &Scale, cells: impl Iterator<Item = Option<String>>) -> Filled {
    let title = if scale.unit.is_empty() { title.to_owned() } else { format!("{title}, {}", scale.unit) };
    (GridColumn::numbers(title).ranked(rank), cells.map(|cell| cell.unwrap_or("-".into())).collect())
}

fn makespans(points: &[Line]) -> Vec<Option<Summary>> {
    let makespan = |rows: &[&RunRow]| Summary::of(&rows.iter().filter_map(|row| row.makespan_s).collect::<Vec<_>>());
    points.iter().map(|(_, rows)| makespan(rows)).collect()
}

/// Runs, and leechers that completed of all.
fn counts(rows: &[&[&RunRow]]) -> [Filled; 2] {
    let completed = |rows: &&[&RunRow]| {
        let completed: u64 = rows.iter().filter_map(|r| r.completed).sum();
        let leechers: u64 = rows.iter().map(|r| u64::from(r.network_size - r.seeders)).sum();
        format!("{completed}/{leechers}")
    };
    [
        (GridColumn::numbers("runs").ranked(3), rows.iter().map(|rows| rows.len().to_string()).collect()),
        (GridColumn::numbers("completed").ranked(1), rows.iter().map(completed).collect()),
    ]
}

/// Median, quantiles, and mean with its interval, in one unit.
fn spread(makespans: &[Option<Summary>]) -> [Filled; 3] {
    let scale = Scale::seconds(makespans.iter().flatten().flat_map(|s| [s.median, s.p5, s.p95]));
    let show = |value: f64| scale.show(value);
    let each = |of: &dyn Fn(&Summary) -> Option<String>| -> Vec<Option<String>> {
        makespans.iter().map(|makespan| makespan.as_ref().and_then(of)).collect()
    };
    let range = |s: &Summary| (s.n > 1).then(|| format!("{}..{}", show(s.p5), show(s.p95)));
    let interval = |s: &Summary| s.ci95.map(|half| format!("{} +- {}", show(s.mean), show(half)));
    [
        filled("makespan", 1, &scale, each(&|s| Some(show(s.median))).into_iter()),
        filled("p5..p95", 2, &scale, each(&range).into_iter()),
        filled("mean +- 95 %", 6, &scale, each(&interval).into_iter()),
    ]
}

/// Values of the first key that are shown.
const MOST_BARS: usize = 24;

/// The median makespan for each value of the first swept key, over the places
/// (values of the other keys) that have one at every value: else a value would
/// look fast because only its easy points completed. Nothing where that is no
/// comparison.
fn against_first_key(document: &mut Document, keys: &[&str], points: &[Line]) {
    let Some(key) = keys.first() else { return };
    let mut names: Vec<&str> = Vec::new();
    let mut places: BTreeMap<&[String], BTreeMap<&str, Option<f64>>> = BTreeMap::new();
    for ((values, rows), makespan) in points.iter().zip(makespans(points)) {
        if !names.contains(&values[0].as_str()) {
            names.push(&values[0]);
        }
        let all = rows.iter().all(|row| row.makespan_s.is_some());
        let median = makespan.filter(|_| all).map(|makespan| makespan.median);
        places.entry(&values[1..]).or_default().insert(&values[0], median);
    }
    places.retain(|_, place| place.len() == names.len());
    if names.len() < 2 || names.len() > MOST_BARS || places.is_empty() {
        return;
    }
    let shared: Vec<_> = places.values().filter(|place| place.values().all(Option::is_some)).collect();
    if shared.is_empty() {
        let told = format!("no bars of the makespan by {key}: nowhere did all runs complete at every value of it");
        return document.paragraph(told);
    }
    let median = |name: &&str| {
        let values: Vec<f64> = shared.iter().filter_map(|place| place[name]).collect();
        Some(((*name).to_owned(), median(&values)?))
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
    let (title, text) = (format!("makespan by {key}{over}"), plot::bars(&lines, &scale));
    document.picture(Picture { title, text, ..Picture::default() });
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
        let bars = |keys: &[&str], points: &[Line]| {
            let mut document = Document::new("");
            against_first_key(&mut document, keys, points);
            document.terminal(None)
        };
        let text = bars(&["protocol", "place"], &(0..4).map(line).collect::<Vec<_>>());
        assert!(
            text.contains("over the 1 of 2 points") && text.contains("2.00 s") && text.contains("1.00 s"),
            "{text}"
        );
        let hard = bars(&["protocol", "place"], &[line(1), line(3)]);
        assert!(hard.starts_with("no bars of the makespan by protocol"), "{hard}");
        assert_eq!(bars(&["protocol"], &[line(0)]), "", "one value is no comparison");
        assert_eq!(bars(&["protocol", "place"], &[line(0), line(3)]), "", "nor are values that go in pairs");
    }
}
