//! The points of a study: a line for each, with medians over its runs.

use super::super::document::{Document, Grid, GridColumn};
use super::super::human::Scale;
use super::super::storage;
use super::against::AgainstFirstKey;
use super::{answer, is_idle};
use crate::results::{Measure, Observation, Record, RunRow, TableRow, Unit, median};
use crate::scenario::Progress;
use crate::study::{Plan, RunValue, StoragePoints, Summary, Survey, is_told_by_name};
use std::ops::Range;

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
const OF_LEECHERS: Range<usize> = 0..5;
const OF_DOWNLOADS: Range<usize> = 5..8;

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
    pub(super) has_requests: bool,
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
    pub(super) fn time(&self) -> Option<f64> {
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
/// come. There may be many points, so of each no more is kept than is told.
#[derive(Debug)]
pub struct SweepTable<'a> {
    plan: &'a Plan,
    /// What the points are told apart by.
    keys: Vec<String>,
    /// The points that have a line in the table, each with its values of the keys.
    lines: Vec<(Vec<String>, PointLine)>,
    has_requests: bool,
    against: AgainstFirstKey,
    /// How many points are done, and what there is of the next.
    done: usize,
    here: Gathered,
    /// Storage runs.
    kept: StoragePoints,
}

impl<'a> SweepTable<'a> {
    /// Without any rows.
    pub fn new(plan: &'a Plan) -> Self {
        let first = plan.values(0);
        // Cells need not all have the same keys. Seeds are runs of one point, and a system has a
        // column of its own.
        let of_storage = first.keys().filter(|key| *key == "system").map(str::to_owned).collect::<Vec<_>>();
        let value = |at: usize, key: &str| plan.values(at).get(key);
        let told = |key: &str| {
            let beside = first.keys().any(|key| key == "name");
            beside && is_told_by_name((0..plan.points()).map(|at| (value(at, "name"), value(at, key))))
        };
        let keys: Vec<String> = first.keys().filter(|key| !told(key)).map(str::to_owned).collect();
        SweepTable {
            plan,
            keys,
            lines: vec![],
            has_requests: false,
            against: AgainstFirstKey::default(),
            done: 0,
            here: Gathered::default(),
            kept: StoragePoints::new([of_storage.as_slice(), &plan.extra].concat()),
        }
    }

    /// Takes in a row at `point`, which is no earlier one than that of the last row.
    pub fn add(&mut self, point: usize, record: &Record) {
        if record.storage.is_some() {
            if !self.left_out().contains(&point) {
                let values = self.plan.values(point);
                self.kept.add(self.kept.keys.iter().map(|key| values.get(key)).collect(), record);
            }
            return;
        }
        self.close(point);
        if !record.run.is_failed() {
            self.here.add(&record.run);
        }
    }

    /// The points that have no line.
    fn left_out(&self) -> Range<usize> {
        let all = self.plan.points();
        if all > MOST_LINES { MOST_LINES / 2..all - MOST_LINES / 2 } else { 0..0 }
    }

    /// Makes the lines of all points before `point`.
    fn close(&mut self, point: usize) {
        for at in self.done..point {
            let line = std::mem::take(&mut self.here).line();
            let values = self.plan.values(at);
            let values: Vec<String> = self.keys.iter().map(|key| values.get(key)).collect();
            self.has_requests |= line.has_requests;
            self.against.add(&values, &line);
            if !self.left_out().contains(&at) {
                self.lines.push((values, line));
            }
        }
        self.done = self.done.max(point);
    }

    /// Who is faster where there are several, as far as that is known from `survey`, the
    /// table, and the makespan against the first swept key.
    pub fn document(mut self, survey: Option<&Survey>) -> Document {
        let mut document = Document::new(&self.plan.name);
        if !self.plan.of_swarm {
            // What is best of some is not what is best of all.
            if self.left_out().is_empty() {
                document.answer(storage::answer(&self.kept, &[]));
            }
            document.grid(storage::table(&self.kept));
            self.tell_left_out(&mut document);
            document.paragraph(storage::note(&self.kept));
            return document;
        }
        self.close(self.plan.points());
        if let Some(several) = survey.filter(|survey| survey.variants.len() > 1 && !is_idle(survey)) {
            document.answer(answer::lines(several));
        }
        document.grid(grid(&self.keys.iter().map(String::as_str).collect::<Vec<_>>(), &self.lines));
        self.tell_left_out(&mut document);
        document.paragraph(note(self.has_requests));
        self.against.tell(&mut document, &self.keys);
        document
    }

    fn tell_left_out(&self, document: &mut Document) {
        let left_out = self.left_out();
        if !left_out.is_empty() {
            let (from, to, all, file) = (left_out.start + 1, left_out.end, self.plan.points(), RunRow::KIND.file);
            document.paragraph(format!("points {from} to {to} of {all} are left out here; all runs are in {file}"));
        }
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
pub(super) fn grid(keys: &[&str], points: &[(Vec<String>, PointLine)]) -> Grid {
    let lines: Vec<&PointLine> = points.iter().map(|(_, line)| line).collect();
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
}
