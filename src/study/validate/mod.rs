//! Every measured cell, re-created with several seeds and held against what was
//! measured.

mod cells;
mod figures;
mod recreate;
mod verdict;

pub use figures::{Metric, RunFigures};
pub use verdict::{Score, Verdict};

use super::plan::{self, Cell, Plan, PlannedRun};
use super::row_file::RowFile;
use crate::results::{Measured, MeasuredRun, Observation, RunResult, ValidationRow};
use crate::scenario::{self, Conditions, Progress, Scenario, Testbed};
use cells::{Group, Values};
use std::path::Path;

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
    pub conditions: Values,
    /// Figures of the measured runs.
    pub runs: Vec<RunFigures>,
    /// What was fitted to this cell; nothing when it is evidence.
    pub fitted: Vec<String>,
    /// Its cells in the plan: one for each way in which its leechers started.
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
            plan: empty_plan(request.seeds),
            cases: vec![],
            refused: vec![],
            progress: vec![],
            resolved: vec![],
            seeds: request.seeds,
        };
        for group in cells::groups(&measured.runs, &request.testbeds) {
            if request.only.hold(|column| group.conditions.get(column).map(String::as_str)) {
                cases.add(&group, request);
            }
        }
        cases.plan.runs = cases.runs();
        cases
    }

    fn add(&mut self, group: &Group, request: &Request) {
        let Some(testbed) = group.testbed.map(|index| &request.testbeds[index]) else {
            let reason = format!("no testbed is for such rows: {}", origin(group.runs[0]));
            self.refused.push(Refused { name: group.name.clone(), reason });
            return;
        };
        let load = |starts: &Vec<f64>| scenario::load(&recreate::input(group, starts, testbed, &request.sets));
        let scenarios = match group.starts.iter().map(load).collect::<Result<Vec<_>, _>>() {
            Ok(scenarios) => scenarios,
            Err(error) => {
                let name = format!("{} {}", testbed.name, group.name);
                self.refused.push(Refused { name, reason: error.to_string() });
                return;
            }
        };
        let first = self.plan.cells.len();
        self.cases.push(case(group, testbed, first..first + scenarios.len()));
        self.progress.push(testbed.progress);
        self.resolved.push(scenarios[0].resolved.clone());
        for (variant, scenario) in scenarios.into_iter().enumerate() {
            self.plan_cell(scenario, &[&testbed.name, &group.name, &variant.to_string()]);
        }
    }

    fn plan_cell(&mut self, scenario: Scenario, labels: &[&str]) {
        scenario.warnings.iter().for_each(|warning| scenario::warn(&mut self.plan.warnings, warning));
        let values = LABELS.iter().zip(labels).map(|(key, text)| (key.to_string(), (*text).into())).collect();
        self.plan.cells.push(Cell { values, protocol: scenario.protocol, base: scenario.run });
    }

    /// The same seeds for all cells; a case shares its seeds out to its starts.
    fn runs(&self) -> Vec<PlannedRun> {
        let mut runs = Vec::new();
        for case in &self.cases {
            let each = self.seeds.div_ceil(case.cells.len() as u32);
            let cells = case.cells.clone();
            let of_case = plan::runs(&self.plan.cells[cells.clone()], 1, each);
            runs.extend(of_case.into_iter().map(|run| PlannedRun { cell: run.cell + cells.start, ..run }));
        }
        runs
    }

    /// The scenario of a case in full, as it is with its first starts.
    pub(super) fn resolved(&self, case: usize) -> &str {
        &self.resolved[case]
    }

    /// The case that the run at `index` of the plan belongs to, and its figures.
    pub(super) fn figures(&self, index: usize, result: &RunResult) -> (usize, RunFigures) {
        let cell = self.plan.runs[index].cell;
        let case = self.cases.iter().position(|case| case.cells.contains(&cell)).expect("runs are of cases");
        let RunResult { run, nodes, traffic, .. } = result;
        (case, RunFigures::of(&Observation::simulated(run, nodes, traffic, self.progress[case])))
    }

    /// Compares what was measured with the finished runs in the result
    /// directory `dir`.
    pub fn judge(self, dir: &Path) -> Validation {
        let mut verdicts = Vec::new();
        for (index, case) in self.cases.iter().enumerate() {
            let (predicted, bounds) = self.predicted(index, dir);
            for metric in Metric::ALL {
                let bound = bounds.iter().copied().reduce(f64::min).filter(|_| metric == Metric::Makespan);
                verdicts.push(Verdict::new(index, metric, &case.runs, &predicted, bound));
            }
        }
        let scores = verdict::scores(&self.cases, &verdicts);
        Validation { seeds: self.seeds, cases: self.cases, verdicts, scores, refused: self.refused }
    }

    /// Figures and bounds of the finished runs of a case.
    fn predicted(&self, index: usize, dir: &Path) -> (Vec<RunFigures>, Vec<f64>) {
        let runs = self.plan.runs.iter().filter(|run| self.cases[index].cells.contains(&run.cell));
        let files: Vec<RowFile> = runs.filter_map(|run| RowFile::load(dir, &run.id, 0).ok()).collect();
        let bounds = files.iter().filter_map(|file| file.run.bound_s).collect();
        let figures = |file: &RowFile| {
            file.observation(self.progress[index]).map_or(RunFigures::default(), |seen| RunFigures::of(&seen))
        };
        (files.iter().map(figures).collect(), bounds)
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

fn empty_plan(seeds: u32) -> Plan {
    Plan {
        name: "validate".into(),
        resolved: String::new(),
        fingerprint: 0,
        expect: Default::default(),
        warnings: vec![],
        extra: LABELS.map(String::from).to_vec(),
        seeder_sets: 1,
        repetitions: seeds,
        progress_steps: 0,
        cells: vec![],
        runs: vec![],
    }
}
