//! The points of a study: a line for each, with medians over its runs.

use super::super::document::{Document, Grid, GridColumn, Picture};
use super::super::human::Scale;
use super::super::plot;
use super::super::storage;
use super::{answer, is_idle};
use crate::results::{Measure, Observation, Record, RunRow, TableRow, Unit, median};
use crate::scenario::Progress;
use crate::study::{Plan, RunValue, StoragePoints, Summary, Survey, is_told_by_name};
use std::borrow::Borrow;
use std::collections::BTreeMap;

/// Measures of the table: name, title, and rank (see [`GridColumn::ranked`]).
const QUANTITIES: [(&str, &str, u8); 11] = [
    ("ttfb_median_s", "ttfb", 7),
    ("t50_median_s", "t50", 8),
    ("t90_median_s", "t90", 6),
    ("t100_median_s", "t100", 0),
    ("efficiency", "efficiency", 2),
    ("download_first_byte_median_s", "first block", 6),
    ("download_median_s", "median", 0),
    ("download_p95_s", "p95", 2),
    ("wire_per_payload", "wire/payload", 3),
    ("control_bytes_per_block", "control/block", 5),
    ("duplicate_share", "duplicates", 4),
];

/// Those that are told of leechers, and in their place where there are requests.
const OF_LEECHERS: std::ops::Range<usize> = 0..5;
const OF_DOWNLOADS: std::ops::Range<usize> = 5..8;

/// One unit for the `values` of a column.
fn scale(unit: Unit, values: &[f64]) -> Scale {
    match unit {
        Unit::Seconds => Scale::seconds(values.iter().copied()),
        Unit::Share => Scale::fixed("%", 100.0, 1),
        Unit::Bytes => Scale::fixed("B", 1.0, 0),
        _ => Scale::fixed("", 1.0, 3),
    }
}

/// The runs at one point together.
#[derive(Debug, Clone, Default)]
pub(super) struct PointLine {
    runs: usize,
    /// Whether there are requests: then downloads are counted, and their time is told.
    has_requests: bool,
    completed: u64,
    all: u64,
    medians: [Option<f64>; QUANTITIES.len()],
    /// The makespan, or the median time of a run's downloads.
    time: Option<Summary>,
}

impl PointLine {
    /// Of the finished runs `rows`.
    pub(super) fn of<'a>(rows: impl IntoIterator<Item = &'a RunRow>) -> PointLine {
        let mut gathered = Gathered::default();
        rows.into_iter().for_each(|row| gathered.add(row));
        gathered.line()
    }

    /// The median of this time, where all runs have one.
    fn time(&self) -> Option<f64> {
        self.time.as_ref().filter(|time| time.n == self.runs).map(|time| time.median)
    }
}

/// What is needed of the runs at one point while they come.
#[derive(Debug, Default)]
struct Gathered {
    line: PointLine,
    values: [Vec<f64>; QUANTITIES.len()],
    times: Vec<RunValue>,
}

impl Gathered {
    fn add(&mut self, row: &RunRow) {
        self.line.runs += 1;
        let (completed, all) = match row.has_requests() {
            true => {
                let all = row.downloads.unwrap_or(0);
                (all - row.downloads_unfinished.unwrap_or(0).min(all), all)
            }
            false => (row.completed.unwrap_or(0), row.leechers().into()),
        };
        self.line.has_requests |= row.has_requests();
        self.line.completed += completed;
        self.line.all += all;
        let seen = Observation::simulated(row, &[], &[], Progress::Storage);
        for (at, (values, (name, ..))) in self.values.iter_mut().zip(QUANTITIES).enumerate() {
            // A quantile among downloads that did not end is beyond all others.
            let endless = (row.has_requests() && OF_DOWNLOADS.contains(&at)).then_some(f64::INFINITY);
            values.extend(measure(name).value(&seen).or(endless));
        }
        let time = if row.has_requests() { row.download_median_s } else { row.makespan_s };
        self.times.extend(time.map(|value| RunValue { value, seeder_set: row.seeder_set, seed: row.seed }));
    }

    fn line(self) -> PointLine {
        let medians = self.values.map(|values| median(&values).filter(|value| value.is_finite()));
        PointLine { medians, time: Summary::of_runs(&self.times), ..self.line }
    }
}

fn measure(name: &str) -> &'static Measure {
    Measure::named(name).expect("every quantity is a measure")
}

/// Points that the table of a sweep has lines for.
const MOST_LINES: usize = 1000;

/// A study that is being put together: a line for each point, made from its rows as they
/// come, for there may be many.
#[derive(Debug)]
pub struct SweepTable<'a> {
    plan: &'a Plan,
    lines: Vec<PointLine>,
    /// Those at the point after the last of `lines`.
    here: Gathered,
    /// Storage runs.
    kept: StoragePoints,
}

impl<'a> SweepTable<'a> {
    /// Without any rows.
    pub fn new(plan: &'a Plan) -> Self {
        // Cells need not all have the same keys. Seeds are runs of one point, and a system has a
        // column of its own.
        let keys = plan.values(0).keys().filter(|key| *key == "system").map(str::to_owned).collect::<Vec<_>>();
        let kept = StoragePoints::new([keys.as_slice(), &plan.extra].concat());
        SweepTable { plan, lines: vec![], here: Gathered::default(), kept }
    }

    /// Takes in a row at `point`, which is no earlier one than that of the last row.
    pub fn add(&mut self, point: usize, record: &Record) {
        if record.storage.is_some() {
            let values = self.plan.values(point);
            return self.kept.add(self.kept.keys.iter().map(|key| values.get(key)).collect(), record);
        }
        self.close(point);
        if !record.run.is_failed() {
            self.here.add(&record.run);
        }
    }

    /// Makes the lines of all points before `point`.
    fn close(&mut self, point: usize) {
        while self.lines.len() < point {
            self.lines.push(std::mem::take(&mut self.here).line());
        }
    }

    /// Who is faster where there are several, as far as that is known from `survey`, the
    /// table, and the makespan against the first swept key.
    pub fn document(mut self, survey: Option<&Survey>) -> Document {
        if !self.plan.of_swarm {
            let mut document = Document::new(&self.plan.name);
            document.answer(storage::answer(&self.kept, &[]));
            document.grid(storage::table(&self.kept));
            document.paragraph(storage::note(&self.kept));
            return document;
        }
        self.close(self.plan.points());
        let first = self.plan.values(0);
        let value = |at: usize, key: &str| self.plan.values(at).get(key);
        let told = |key: &str| {
            let beside = first.keys().any(|key| key == "name");
            beside && is_told_by_name((0..self.lines.len()).map(|at| (value(at, "name"), value(at, key))))
        };
        let keys: Vec<&str> = first.keys().filter(|key| !told(key)).collect();
        let point = |(at, line)| {
            let values = self.plan.values(at);
            (keys.iter().map(|key| values.get(key)).collect::<Vec<_>>(), line)
        };
        let all = self.lines.len();
        let left_out = if all > MOST_LINES { MOST_LINES / 2..all - MOST_LINES / 2 } else { 0..0 };
        let shown = self.lines.iter().enumerate().filter(|(at, _)| !left_out.contains(at));
        let mut document = Document::new(&self.plan.name);
        if let Some(several) = survey.filter(|survey| survey.variants.len() > 1 && !is_idle(survey)) {
            document.answer(answer::lines(several));
        }
        document.grid(grid(&keys, &shown.map(point).collect::<Vec<_>>()));
        if !left_out.is_empty() {
            let (from, to, file) = (left_out.start + 1, left_out.end, RunRow::KIND.file);
            document.paragraph(format!("points {from} to {to} of {all} are left out here; all runs are in {file}"));
        }
        document.paragraph(note(self.lines.iter().any(|line| line.has_requests)));
        against_first_key(&mut document, &keys, self.lines.iter().enumerate().map(point));
        document
    }
}

/// What the times in the table are, where all is wanted from the start on.
const NOTE: &str = "medians over runs; times from the start of a run's first leecher, over leechers that \
    completed; makespan over runs in which all did; its mean with a 95 % interval, in which runs with one seed or one set \
    of seeders are not independent";

/// The same where there are requests.
const NOTE_OF_REQUESTS: &str = "medians over runs; times of downloads, each from when it was asked for: what did not \
    end counts as longer than all others, what was had already is left out; the mean of medians with a 95 % interval, in \
    which runs with one seed or one set of seeders are not independent";

/// What the times in the table are.
pub(super) fn note(has_requests: bool) -> &'static str {
    if has_requests { NOTE_OF_REQUESTS } else { NOTE }
}

/// A line for each of `points`, which are told apart by their values of `keys`. Each
/// column has one unit.
pub(super) fn grid<L: Borrow<PointLine>>(keys: &[&str], points: &[(Vec<String>, L)]) -> Grid {
    let lines: Vec<&PointLine> = points.iter().map(|(_, line)| line.borrow()).collect();
    let key = |(at, key): (usize, &&str)| {
        (GridColumn::words(short(key, keys)), points.iter().map(|(values, _)| values[at].clone()).collect())
    };
    let mut columns: Vec<Filled> = keys.iter().enumerate().map(key).collect();
    columns.extend(counts(&lines));
    let has_requests = lines.iter().any(|line| line.has_requests);
    let left_out = if has_requests { OF_LEECHERS } else { OF_DOWNLOADS };
    for (at, (name, title, rank)) in QUANTITIES.into_iter().enumerate().filter(|(at, _)| !left_out.contains(at)) {
        let medians = || lines.iter().map(|line| line.medians[at]);
        let scale = scale(measure(name).unit, &medians().flatten().collect::<Vec<_>>());
        columns.push(filled(title, rank, &scale, medians().map(|value| value.map(|v| scale.show(v)))));
    }
    columns.extend(spread(&lines, has_requests));
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

/// Runs, and leechers that completed of all; where there are requests, downloads that ended.
fn counts(lines: &[&PointLine]) -> [Filled; 2] {
    [
        (GridColumn::numbers("runs").ranked(3), lines.iter().map(|line| line.runs.to_string()).collect()),
        (
            GridColumn::numbers("completed").ranked(1),
            lines.iter().map(|line| format!("{}/{}", line.completed, line.all)).collect(),
        ),
    ]
}

/// Median, quantiles, and mean with its interval, in one unit.
fn spread(lines: &[&PointLine], has_requests: bool) -> [Filled; 3] {
    let times = || lines.iter().map(|line| line.time.as_ref());
    let scale = Scale::seconds(times().flatten().flat_map(|s| [s.median, s.p5, s.p95]));
    let show = |value: f64| scale.show(value);
    let each = |of: &dyn Fn(&Summary) -> Option<String>| times().map(|time| time.and_then(of)).collect::<Vec<_>>();
    let range = |s: &Summary| (s.n > 1).then(|| format!("{}..{}", show(s.p5), show(s.p95)));
    let interval = |s: &Summary| s.ci95.map(|half| format!("{} +- {}", show(s.mean), show(half)));
    [
        filled(
            if has_requests { "median of a run" } else { "makespan" },
            1,
            &scale,
            each(&|s| Some(show(s.median))).into_iter(),
        ),
        filled("p5..p95", 2, &scale, each(&range).into_iter()),
        filled("mean +- 95 %", 6, &scale, each(&interval).into_iter()),
    ]
}

/// Values of the first key that are shown.
const MOST_BARS: usize = 24;

/// The median makespan (where there are requests, the median download) for each value of the
/// first swept key, over the places
/// (values of the other keys) that have one at every value: else a value would
/// look fast because only its easy points completed. Nothing where that is no
/// comparison.
fn against_first_key<'a>(
    document: &mut Document,
    keys: &[&str],
    points: impl Iterator<Item = (Vec<String>, &'a PointLine)>,
) {
    let Some(key) = keys.first() else { return };
    let mut names: Vec<String> = Vec::new();
    let mut places: BTreeMap<Vec<String>, BTreeMap<String, Option<f64>>> = BTreeMap::new();
    let mut what = "makespan";
    for (mut values, line) in points {
        if line.has_requests {
            what = "median download";
        }
        let place = values.split_off(1);
        let name = values.swap_remove(0);
        if !names.contains(&name) {
            names.push(name.clone());
        }
        if names.len() > MOST_BARS {
            return;
        }
        places.entry(place).or_default().insert(name, line.time());
    }
    places.retain(|_, place| place.len() == names.len());
    if names.len() < 2 || places.is_empty() {
        return;
    }
    let shared: Vec<_> = places.values().filter(|place| place.values().all(Option::is_some)).collect();
    if shared.is_empty() {
        let told = format!("no bars of the {what} by {key}: nowhere did all runs complete at every value of it");
        return document.paragraph(told);
    }
    let median = |name: &String| {
        let values: Vec<f64> = shared.iter().filter_map(|place| place[name]).collect();
        Some((name.clone(), median(&values)?))
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
    let (title, text) = (format!("{what} by {key}{over}"), plot::bars(&lines, &scale));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Input;
    use std::io::Write;

    #[test]
    fn titles_are_short_where_they_are_clear() {
        let keys = ["network.up", "other.up", "swarm.seeders"];
        assert_eq!(keys.map(|k| short(k, &keys)), ["network.up", "other.up", "seeders"]);
        assert_eq!(short("churn.model", &["churn.model", "swarm.seeders"]), "churn.model");
    }

    /// A thousand points and two: the two in the middle are left out, and it is said.
    #[test]
    fn of_very_many_points_the_first_and_the_last_are_shown() {
        let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
        let sizes: Vec<String> = (1..=MOST_LINES + 2).map(|size| format!("\"{size} kB\"")).collect();
        write!(
            file,
            "protocol = \"direct\"\n[swarm]\nnetwork_size = 4\nseeders = 1\n[sweep]\n\"swarm.file_size\" = [{}]\n",
            sizes.join(", ")
        )
        .unwrap();
        let plan = Plan::new(&Input { file: Some(file.path().into()), ..Input::default() }).unwrap();
        let mut table = SweepTable::new(&plan);
        for point in [0, 0, MOST_LINES + 1] {
            let run = crate::results::sample_result().run;
            table.add(point, &Record { run, storage: None, extra: vec![] });
        }
        let text = table.document(None).terminal(None);
        let runs = |size: &str| {
            text.lines().find(|line| line.trim_start().starts_with(size)).map(|l| l.split_whitespace().nth(2))
        };
        assert_eq!(
            (runs("1 kB "), runs("500 kB "), runs("1002 kB ")),
            (Some(Some("2")), Some(Some("0")), Some(Some("1")))
        );
        assert_eq!((runs("501 kB "), runs("502 kB ")), (None, None), "{text}");
        assert!(text.contains("points 501 to 502 of 1002 are left out here; all runs are in runs.csv"), "{text}");
    }

    /// Of three runs with requests two did not come to 95 % of the downloads, so that their
    /// median does not either; with none it would be told of the third.
    #[test]
    fn a_quantile_that_most_runs_do_not_reach_is_none() {
        let run = |p95_s| RunRow {
            downloads: Some(9),
            downloads_unfinished: Some(2),
            downloads_asked: Some(9),
            download_median_s: Some(2.0),
            download_p95_s: p95_s,
            ..crate::results::sample_result().run
        };
        let line = |runs: [Option<f64>; 3]| PointLine::of(&runs.map(run));
        let cells = |line: PointLine| {
            let table = grid(&["k"], &[(vec!["1".to_owned()], line)]);
            table.texts()[0][1..6].iter().map(|cell| cell.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(cells(line([None, Some(5.0), None])), ["3", "21/27", "-", "2.00", "-"]);
        assert_eq!(cells(line([None, Some(5.0), Some(4.0)])), ["3", "21/27", "-", "2.00", "5.00"]);
    }

    /// Of q only the easy point completed: it takes 1 s there, and p takes 2 s.
    #[test]
    fn bars_are_over_points_that_all_values_have() {
        let run = |makespan_s| RunRow { makespan_s, ..crate::results::sample_result().run };
        let runs = [Some(2.0), Some(9.0), Some(1.0), None].map(run);
        let names = [["p", "easy"], ["p", "hard"], ["q", "easy"], ["q", "hard"]];
        let lines = runs.each_ref().map(|run| PointLine::of([run]));
        let bars = |keys: &[&str], points: &[usize]| {
            let mut document = Document::new("");
            let line = |i: &usize| (names[*i].map(str::to_owned).to_vec(), &lines[*i]);
            against_first_key(&mut document, keys, points.iter().map(line));
            document.terminal(None)
        };
        let text = bars(&["protocol", "place"], &[0, 1, 2, 3]);
        assert!(
            text.contains("over the 1 of 2 points") && text.contains("2.00 s") && text.contains("1.00 s"),
            "{text}"
        );
        let hard = bars(&["protocol", "place"], &[1, 3]);
        assert!(hard.starts_with("no bars of the makespan by protocol"), "{hard}");
        assert_eq!(bars(&["protocol"], &[0]), "", "one value is no comparison");
        assert_eq!(bars(&["protocol", "place"], &[0, 3]), "", "nor are values that go in pairs");
    }
}
