//! Prediction against measurement: per cell and quantity, and over all cells.

use super::{Case, Metric, RunFigures};
use crate::results::median;
use crate::study::Summary;

/// One quantity in one cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The cell, as an index into [`super::Validation::cases`].
    pub case: usize,
    /// The quantity.
    pub metric: Metric,
    /// Values of the measured runs that have one.
    pub measured: Vec<f64>,
    /// What the simulated runs say; nothing when none got there.
    pub predicted: Option<Summary>,
    /// What nothing can be below.
    pub bound: Option<f64>,
    /// [`Metric::error`] of the medians.
    pub error: Option<f64>,
    /// Whether the measured median lies in the predicted 5 to 95 % interval;
    /// nothing when nothing was measured.
    pub covered: Option<bool>,
}

impl Verdict {
    /// Compares `measured` with `predicted` runs.
    pub(super) fn new(
        case: usize,
        metric: Metric,
        measured: &[RunFigures],
        predicted: &[RunFigures],
        bound: Option<f64>,
    ) -> Verdict {
        let values = |runs: &[RunFigures]| runs.iter().filter_map(|run| run.get(metric)).collect::<Vec<f64>>();
        let (measured, predicted) = (values(measured), Summary::of(&values(predicted)));
        let middle = median(&measured);
        let error = middle.zip(predicted).and_then(|(m, p)| metric.error(p.median, m));
        // Runs that never got there predict nothing: that is a miss, not a gap.
        let covered = middle.map(|m| predicted.is_some_and(|p| p.p5 <= m && m <= p.p95));
        Verdict { case, metric, measured, predicted, bound: bound.or(metric.floor()), error, covered }
    }

    /// Median of the measured runs.
    pub fn measured_median(&self) -> Option<f64> {
        median(&self.measured)
    }

    /// Smallest and largest measured value.
    pub fn measured_range(&self) -> Option<(f64, f64)> {
        let least = self.measured.iter().copied().reduce(f64::min)?;
        Some((least, self.measured.iter().copied().reduce(f64::max)?))
    }
}

/// How well a quantity is predicted over the cells that nothing was fitted to.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// The testbed; nothing for all of them.
    pub testbed: Option<String>,
    /// The quantity.
    pub metric: Metric,
    /// Cells in which it was measured.
    pub cells: usize,
    /// Of these, those whose measured median lies in the predicted interval.
    pub covered: usize,
    /// Median of the absolute errors; of a cell that no simulated run reached it is
    /// infinite, and the median is no number when that is half of them.
    pub typical_error: f64,
    /// The largest of them, with its sign.
    pub worst_error: f64,
    /// Its cell, as an index into [`super::Validation::cases`].
    pub worst_case: usize,
    /// Median of the errors with their signs: above zero where predictions are
    /// too high on the whole.
    pub bias: f64,
}

impl Score {
    /// Share of the cells whose measured median lies in the predicted interval.
    pub fn coverage(&self) -> f64 {
        self.covered as f64 / self.cells as f64
    }

    /// Over `verdicts`, which are of one metric; nothing without any evidence.
    fn of(testbed: Option<String>, metric: Metric, verdicts: &[&Verdict]) -> Option<Score> {
        // What was measured and never reached in any simulated run is off by more
        // than any number; leaving it out would hide the worst misses.
        let error = |v: &Verdict| v.error.or(v.covered.map(|_| f64::INFINITY));
        let judged: Vec<(f64, usize)> = verdicts.iter().filter_map(|v| Some((error(v)?, v.case))).collect();
        let signed: Vec<f64> = judged.iter().map(|(error, _)| *error).collect();
        let sizes: Vec<f64> = signed.iter().map(|error| error.abs()).collect();
        let larger = |a: (f64, usize), b: (f64, usize)| if b.0.abs() > a.0.abs() { b } else { a };
        let (worst_error, worst_case) = judged.into_iter().reduce(larger)?;
        Some(Score {
            testbed,
            metric,
            cells: verdicts.iter().filter(|v| v.covered.is_some()).count(),
            covered: verdicts.iter().filter(|v| v.covered == Some(true)).count(),
            typical_error: median(&sizes)?,
            worst_error,
            worst_case,
            bias: median(&signed)?,
        })
    }
}

/// The scores over all cells, where there are several testbeds, then those of
/// every testbed (in order of `cases`).
pub(super) fn scores(cases: &[Case], verdicts: &[Verdict]) -> Vec<Score> {
    let mut testbeds: Vec<&str> = cases.iter().map(|case| case.testbed.as_str()).collect();
    testbeds.dedup();
    let scopes = (testbeds.len() > 1).then_some(None).into_iter().chain(testbeds.into_iter().map(Some));
    let mut scores = Vec::new();
    for scope in scopes {
        for metric in Metric::ALL {
            let counts = |v: &&Verdict| {
                let case = &cases[v.case];
                v.metric == metric && case.is_evidence() && scope.is_none_or(|testbed| case.testbed == testbed)
            };
            let verdicts: Vec<&Verdict> = verdicts.iter().filter(counts).collect();
            scores.extend(Score::of(scope.map(str::to_owned), metric, &verdicts));
        }
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{NodeFigures, Observation};
    use crate::world::Role;

    fn case(testbed: &str, fitted: &[&str]) -> Case {
        Case {
            testbed: testbed.into(),
            name: "c".into(),
            conditions: Default::default(),
            runs: vec![],
            fitted: fitted.iter().map(|p| p.to_string()).collect(),
            cells: 0..1,
        }
    }

    fn runs(makespans: &[f64]) -> Vec<RunFigures> {
        let one = |t: &f64| {
            let leecher = NodeFigures { role: Role::Leecher, t100_s: Some(*t), ..NodeFigures::default() };
            RunFigures::of(&Observation::measured(vec![leecher], 1.0))
        };
        makespans.iter().map(one).collect()
    }

    fn verdict(case: usize, measured: &[f64], predicted: &[f64]) -> Verdict {
        Verdict::new(case, Metric::Makespan, &runs(measured), &runs(predicted), Some(1.0))
    }

    /// By hand: predicted 10, 11, ..., 20 has quantiles 10.5, 15, 19.5.
    #[test]
    fn a_verdict_compares_medians() {
        let predicted: Vec<f64> = (10..=20).map(f64::from).collect();
        let v = verdict(0, &[12.0, 30.0, 10.0], &predicted);
        let p = v.predicted.unwrap();
        assert_eq!((p.n, p.p5, p.median, p.p95), (11, 10.5, 15.0, 19.5));
        assert_eq!((v.measured_median(), v.measured_range()), (Some(12.0), Some((10.0, 30.0))));
        assert_eq!((v.error, v.covered, v.bound), (Some(0.25), Some(true), Some(1.0)));
        assert_eq!(verdict(0, &[10.4], &predicted).covered, Some(false), "just below the interval");
        assert_eq!(verdict(0, &[], &predicted).covered, None);
        let nobody = verdict(0, &[10.0], &[]);
        assert_eq!((nobody.error, nobody.covered), (None, Some(false)), "no run got there: a miss");
    }

    /// By hand: errors +10 %, -20 %, +5 % and, fitted, +90 %.
    #[test]
    fn scores_leave_out_what_was_fitted() {
        let cases = [case("a", &[]), case("a", &[]), case("a", &["x"]), case("b", &[])];
        let verdicts = [
            verdict(0, &[10.0], &[11.0]),
            verdict(1, &[10.0], &[8.0]),
            verdict(2, &[10.0], &[19.0]),
            verdict(3, &[20.0], &[20.0, 21.0, 22.0]),
        ];
        let scores = scores(&cases, &verdicts);
        assert_eq!(scores.len(), 3, "both, a and b");
        let (all, a, b) = (&scores[0], &scores[1], &scores[2]);
        let near = |x: f64, y: f64| assert!((x - y).abs() < 1e-12, "{x} is not {y}");
        assert_eq!((a.cells, a.covered, a.worst_case), (2, 0, 1));
        near(a.typical_error, 0.15);
        near(a.bias, -0.05);
        near(a.worst_error, -0.2);
        assert_eq!((b.cells, b.covered), (1, 0), "20 is below the 5 % quantile of 20, 21, 22");
        assert_eq!((all.testbed.as_deref(), all.cells), (None, 3));
        near(all.typical_error, 0.1);
        near(all.bias, 0.05);
        near(all.coverage(), 0.0);
    }

    #[test]
    fn without_evidence_there_is_no_score() {
        assert!(scores(&[case("a", &["x"])], &[verdict(0, &[10.0], &[11.0])]).is_empty());
    }

    #[test]
    fn cells_that_no_simulated_run_reached_stay_in_the_score() {
        let run = |t100: Option<f64>| {
            let node = NodeFigures { role: Role::Leecher, start_s: Some(0.0), t100_s: t100, ..NodeFigures::default() };
            RunFigures::of(&Observation::measured(vec![node], 1.0))
        };
        let cases = [case("a", &[]), case("a", &[])];
        let reached = Verdict::new(0, Metric::Makespan, &[run(Some(1.0))], &[run(Some(1.1))], None);
        let missed = Verdict::new(1, Metric::Makespan, &[run(Some(1.0))], &[run(None)], None);
        let scores = scores(&cases, &[reached, missed]);
        let score = scores.iter().find(|s| s.metric == Metric::Makespan).unwrap();
        assert_eq!((score.cells, score.covered, score.worst_case), (2, 0, 1));
        assert_eq!(score.worst_error, f64::INFINITY);
    }
}
