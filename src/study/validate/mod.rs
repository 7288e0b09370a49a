//! Every measured cell, re-created with several seeds and held against what was
//! measured.

mod cells;
mod figures;
mod members;
mod recreate;
mod verdict;

pub use figures::{Metric, RunFigures};
pub use verdict::{Score, Verdict};

use super::plan::{Cell, Plan, RunPlace};
use super::values::Values;
use super::{History, Next, Question, RowFile};
use crate::results::{Measured, MeasuredRun, Observation, ResultsError, ValidationRow};
use crate::scenario::{self, Conditions, Progress, Scenario, Testbed};
use cells::Group;
use members::Member;

/// What `runs.csv` calls the cells: the last is the number of the starts.
const LABELS: [&str; 3] = ["testbed", "cell", "starts"];

/// What to validate, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// The set-ups that runs can come from.
    pub testbeds: Vec<Testbed>,
    /// Simulated runs of each cell, at least 1; rounded up to a multiple of the
    /// different starts that its runs had.
    pub seeds: u32,
    /// `key=value` over the scenario of every cell.
    pub sets: Vec<String>,
    /// Only cells that meet these.
    pub only: Conditions,
}

/// A measured cell that can be re-created.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Name of its testbed.
    pub testbed: String,
    /// What it is called.
    pub name: String,
    /// The conditions of its runs: column and value.
    pub conditions: cells::ColumnValues,
    /// Figures of the measured runs.
    pub runs: Vec<RunFigures>,
    /// What was fitted to this cell; nothing when it is evidence.
    pub fitted: Vec<String>,
    /// Its cells in the plan: one for each way in which its members came and went.
    pub cells: std::ops::Range<usize>,
}

impl Case {
    /// Whether it says something about the model: nothing was fitted to it.
    pub fn is_evidence(&self) -> bool {
        self.fitted.is_empty()
    }

    fn condition(&self, column: &str) -> String {
        self.conditions.get(column).cloned().unwrap_or_default()
    }
}

/// A measured cell that cannot be re-created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What it is called, with its testbed.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// All cells, and the plan that re-creates them.
#[derive(Debug, Clone)]
pub struct Cases {
    /// The runs to carry out.
    pub plan: Plan,
    /// The cells, in the order of the plan.
    pub cases: Vec<Case>,
    /// Cells that cannot be re-created.
    pub refused: Vec<Refused>,
    /// What the measured times of each case are shares of.
    progress: Vec<Progress>,
    /// The scenario of each case in full, with its first starts.
    resolved: Vec<String>,
    /// What [`Request::seeds`] said.
    seeds: u32,
}

/// Prediction against measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Validation {
    /// Simulated runs of each cell.
    pub seeds: u32,
    /// The cells.
    pub cases: Vec<Case>,
    /// Every cell with every quantity, in the order of `cases` and of
    /// [`Metric::ALL`].
    pub verdicts: Vec<Verdict>,
    /// Over all, and by testbed.
    pub scores: Vec<Score>,
    /// Cells that could not be re-created.
    pub refused: Vec<Refused>,
}

impl Cases {
    /// Groups `measured` into cells and plans `request.seeds` runs of each.
    pub fn new(measured: &Measured, request: &Request) -> Cases {
        let mut cases = Cases {
            plan: Plan::list("validate", vec![], vec![]),
            cases: vec![],
            refused: vec![],
            progress: vec![],
            resolved: vec![],
            seeds: request.seeds,
        };
        let (mut points, mut warnings) = (vec![], vec![]);
        for group in cells::groups(&measured.runs, &request.testbeds) {
            if request.only.hold(|column| group.conditions.get(column).map(String::as_str)) {
                cases.add(&group, request, &mut points);
            }
        }
        points.iter().flat_map(|cell: &Cell| &cell.warnings).for_each(|warning| scenario::warn(&mut warnings, warning));
        let runs = cases.runs();
        let extra = LABELS.map(String::from).to_vec();
        cases.plan = Plan { warnings, extra, repetitions: request.seeds, ..Plan::list("validate", points, runs) };
        cases
    }

    fn add(&mut self, group: &Group, request: &Request, points: &mut Vec<Cell>) {
        let Some(testbed) = group.testbed.map(|index| &request.testbeds[index]) else {
            let reason = format!("no testbed is for such rows: {}", origin(group.runs[0]));
            self.refused.push(Refused { name: group.name.clone(), reason });
            return;
        };
        let load = |way: &Vec<Member>| {
            let input = recreate::input(group, way, testbed, &request.sets)?;
            scenario::load(&input).map_err(|error| error.to_string())
        };
        let scenarios = match &group.obstacle {
            Some(obstacle) => Err(obstacle.clone()),
            None => group.ways.iter().map(load).collect::<Result<Vec<_>, _>>(),
        };
        let scenarios = match scenarios {
            Ok(scenarios) => scenarios,
            Err(reason) => {
                let runs: Vec<&str> = group.runs.iter().map(|run| run.id.as_str()).collect();
                let name = format!("{} {} ({})", testbed.name, group.name, runs.join(", "));
                self.refused.push(Refused { name, reason });
                return;
            }
        };
        let first = points.len();
        self.cases.push(case(group, testbed, first..first + scenarios.len()));
        self.progress.push(testbed.progress);
        self.resolved.push(scenarios[0].resolved.clone());
        let labels = |variant: usize| [testbed.name.clone(), group.name.clone(), variant.to_string()];
        points.extend((0..).map(labels).zip(scenarios).map(|(labels, scenario)| point(scenario, labels)));
    }

    /// The same seeds for all cells; a case shares its seeds out to its starts.
    fn runs(&self) -> Vec<RunPlace> {
        let of_case = |case: &Case| {
            let each = self.seeds.div_ceil(case.cells.len() as u32);
            let cells = case.cells.clone();
            cells.flat_map(move |point| (0..each).map(move |repetition| RunPlace { point, seeder_set: 0, repetition }))
        };
        self.cases.iter().flat_map(of_case).collect()
    }

    /// The scenario of a case in full, as it is with its first starts.
    pub(super) fn resolved(&self, case: usize) -> &str {
        &self.resolved[case]
    }

    /// Figures of the finished runs of a case, and the rows of these.
    pub(super) fn figures(&self, case: usize, seen: &History) -> Result<Vec<(RunFigures, RowFile)>, ResultsError> {
        let own = |index: &usize| self.cases[case].cells.contains(&self.plan.place(*index).point);
        let files = (0..self.plan.len()).filter(own).filter_map(|index| seen.run(&self.plan, index));
        let figures = |file: RowFile| Ok((RunFigures::of(&file.observation(self.progress[case])?), file));
        files.map(figures).collect()
    }

    /// Compares what was measured with what was `seen`.
    ///
    /// # Errors
    /// When what is kept of a run cannot be read.
    pub fn judge(&self, seen: &History) -> Result<Validation, ResultsError> {
        let mut verdicts = Vec::new();
        for (index, case) in self.cases.iter().enumerate() {
            let runs = self.figures(index, seen)?;
            let predicted: Vec<RunFigures> = runs.iter().map(|(figures, _)| *figures).collect();
            let bound = runs.iter().filter_map(|(_, file)| file.run.bound_s).reduce(f64::min);
            for metric in Metric::ALL {
                let bound = bound.filter(|_| metric == Metric::Makespan);
                verdicts.push(Verdict::new(index, metric, &case.runs, &predicted, bound));
            }
        }
        let scores = verdict::scores(&self.cases, &verdicts);
        let (cases, refused) = (self.cases.clone(), self.refused.clone());
        Ok(Validation { seeds: self.seeds, cases, verdicts, scores, refused })
    }
}

impl Question for Cases {
    type Answer = Validation;

    fn next(&mut self, seen: &History) -> Result<Next<Validation>, ResultsError> {
        if seen.batches() == 0 {
            return Ok(Next::Batch(self.plan.clone()));
        }
        Ok(Next::Done(self.judge(seen)?))
    }
}

impl Validation {
    /// Verdicts of a cell, in the order of [`Metric::ALL`].
    pub fn of(&self, case: usize) -> &[Verdict] {
        let n = Metric::ALL.len();
        &self.verdicts[case * n..(case + 1) * n]
    }

    /// The verdict on one quantity in a cell.
    pub fn verdict(&self, case: usize, metric: Metric) -> &Verdict {
        self.of(case).iter().find(|v| v.metric == metric).expect("every cell has every quantity")
    }

    /// The cells, those with the largest error of the makespan first, and those
    /// that are no evidence after all others.
    pub fn worst_first(&self) -> Vec<usize> {
        let size = |case: usize| self.verdict(case, Metric::Makespan).error.map_or(f64::INFINITY, f64::abs);
        let mut order: Vec<usize> = (0..self.cases.len()).collect();
        order.sort_by(|a, b| {
            let fitted = |i: usize| !self.cases[i].is_evidence();
            fitted(*a).cmp(&fitted(*b)).then(size(*b).total_cmp(&size(*a))).then(a.cmp(b))
        });
        order
    }

    /// The rows of `validation.csv`: every quantity that was measured or predicted.
    pub fn rows(&self) -> Vec<ValidationRow> {
        self.worst_first().into_iter().flat_map(|case| self.of(case).iter().map(|v| self.row(v))).collect()
    }

    fn row(&self, verdict: &Verdict) -> ValidationRow {
        let case = &self.cases[verdict.case];
        let range = verdict.measured_range();
        let predicted = verdict.predicted;
        ValidationRow {
            testbed: case.testbed.clone(),
            cell: case.name.clone(),
            metric: verdict.metric.name().into(),
            nodes: case.condition("nodes"),
            seeders: case.condition("seeders"),
            file_bytes: case.condition("file_bytes"),
            piece_bytes: case.condition("piece_bytes"),
            up_bps: case.condition("up_bps"),
            down_bps: case.condition("down_bps"),
            latency_s: case.condition("latency_s"),
            transport: case.condition("transport"),
            addr_class: case.condition("addr_class"),
            slots: case.condition("slots"),
            n: verdict.measured.len() as u64,
            measured_median: verdict.measured_median(),
            measured_min: range.map(|r| r.0),
            measured_max: range.map(|r| r.1),
            predicted_n: predicted.map_or(0, |p| p.n as u64),
            predicted_p5: predicted.map(|p| p.p5),
            predicted_median: predicted.map(|p| p.median),
            predicted_p95: predicted.map(|p| p.p95),
            bound: verdict.bound,
            error: verdict.error,
            covered: verdict.covered,
            evidence: case.is_evidence(),
        }
    }
}

/// What `runs.csv` calls by `labels`.
fn point(scenario: Scenario, labels: [String; LABELS.len()]) -> Cell {
    let values = LABELS.map(String::from).into_iter().zip(labels.map(toml::Value::from)).collect();
    let Scenario { protocol, run, warnings, .. } = scenario;
    Cell { values: Values(values), protocol, base: run, warnings, uses: vec![] }
}

fn case(group: &Group, testbed: &Testbed, cells: std::ops::Range<usize>) -> Case {
    let value = |column: &str| group.conditions.get(column).map(String::as_str);
    let file_bytes = value("file_bytes").and_then(|text| text.parse().ok()).unwrap_or(1.0);
    let fitted = testbed.calibrated_on.iter().filter(|on| on.cells.hold(value)).flat_map(|on| on.parameters.clone());
    Case {
        testbed: testbed.name.clone(),
        name: group.name.clone(),
        conditions: group.conditions.clone(),
        runs: group
            .runs
            .iter()
            .map(|run| RunFigures::of(&Observation::measured(run.nodes.clone(), file_bytes)))
            .collect(),
        fitted: fitted.collect(),
        cells,
    }
}

/// Where a run comes from, for messages.
fn origin(run: &MeasuredRun) -> String {
    let value = |column: &str| run.conditions.get(column).map_or("none", String::as_str);
    format!("{}, run {}, system {}, method {}", run.file, run.id, value("system"), value("method"))
}

/// The runs of `measured` that come from the testbed at `index`.
pub(super) fn of_testbed(measured: &Measured, testbeds: &[Testbed], index: usize) -> Measured {
    let groups = cells::groups(&measured.runs, testbeds);
    let own = groups.iter().filter(|group| group.testbed == Some(index));
    Measured { runs: own.flat_map(|group| group.runs.iter().map(|run| (*run).clone())).collect(), notes: vec![] }
}
