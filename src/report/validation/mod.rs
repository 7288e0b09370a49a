//! Prediction against measurement, for the terminal, as Markdown and as HTML.

mod figures;
mod html;
mod markdown;
mod terminal;

pub use html::html;
pub use markdown::markdown;
pub use terminal::terminal;

use super::human;
use crate::study::{Metric, Score, Validation, Verdict};

/// How the numbers are to be read: the same words in every report.
const LEGEND: [&str; 6] = [
    "Predicted is the median over the simulated seeds, in brackets its 5 to 95 % interval; measured is the median \
     over the measured runs, in brackets the smallest and the largest.",
    "t50, t90 and t100 count from each leecher's own start, and are medians over the leechers of a run, then over \
     runs. They are of the in-order stream where that was measured (Codex), else of what was stored (BitTorrent).",
    "Makespan is the time from the start of the first leecher to the completion of the last. The recorded starts of \
     the leechers are an input of the simulation.",
    "The error is predicted over measured median, less one; of duplicates it is the difference in shares of the file.",
    "Covered means that the measured median lies in the predicted interval. Where chance plays no part (pairs), that \
     interval is a point, and a cell is not covered however small its error.",
    "Cells marked * were used to calibrate. They are shown and not counted as evidence.",
];

/// The quantities of the short tables.
const SHORT: [Metric; 4] = [Metric::Makespan, Metric::T100, Metric::Received, Metric::SeederCopies];

/// A value of a metric: three digits for times, else a ratio.
fn value(metric: Metric, value: f64) -> String {
    match (metric.is_time(), value) {
        (true, v) if v >= 100.0 => format!("{v:.1} s"),
        (true, v) => format!("{v:.2} s"),
        (false, v) => format!("{v:.3}"),
    }
}

/// An error of a metric, with its sign; no number where the prediction never got
/// there.
fn error(metric: Metric, error: f64) -> String {
    if !error.is_finite() {
        return "not reached".into();
    }
    let unit = if metric == Metric::Duplicates { "pp" } else { "%" };
    format!("{} {unit}", human::signed_percent(error, 1))
}

fn measured(verdict: &Verdict) -> String {
    let Some(median) = verdict.measured_median() else { return "-".into() };
    let show = |v: f64| value(verdict.metric, v);
    match verdict.measured_range().filter(|_| verdict.measured.len() > 1) {
        Some((least, most)) => format!("{} [{} .. {}]", show(median), show(least), show(most)),
        None => show(median),
    }
}

fn predicted(verdict: &Verdict) -> String {
    let Some(p) = verdict.predicted else { return "not reached".into() };
    let show = |v: f64| value(verdict.metric, v);
    if p.n > 1 { format!("{} [{} .. {}]", show(p.median), show(p.p5), show(p.p95)) } else { show(p.median) }
}

fn off(verdict: &Verdict) -> String {
    verdict.error.map_or("-".into(), |e| error(verdict.metric, e))
}

fn covered(verdict: &Verdict) -> &'static str {
    match verdict.covered {
        Some(true) => "yes",
        Some(false) => "no",
        None => "-",
    }
}

/// The name of a cell, marked when something was fitted to it.
fn marked(validation: &Validation, case: usize) -> String {
    let case = &validation.cases[case];
    if case.is_evidence() { case.name.clone() } else { format!("{} *", case.name) }
}

/// What a score is about.
fn scope(score: &Score) -> &str {
    score.testbed.as_deref().unwrap_or("all")
}

fn score_cells(validation: &Validation, score: &Score) -> [String; 7] {
    let case = &validation.cases[score.worst_case];
    let worst = if score.testbed.is_some() { case.name.clone() } else { format!("{} {}", case.testbed, case.name) };
    [
        scope(score).into(),
        score.metric.title().into(),
        score.cells.to_string(),
        error(score.metric, score.typical_error).trim_start_matches('+').into(),
        error(score.metric, score.bias),
        format!("{:.0} %", score.coverage() * 100.0),
        format!("{} ({worst})", error(score.metric, score.worst_error)),
    ]
}

const SCORE_TITLES: [&str; 7] = ["testbed", "quantity", "cells", "median |error|", "bias", "coverage", "worst"];

/// How much of all this is evidence, in a sentence.
fn evidence(validation: &Validation) -> String {
    let fitted = validation.cases.iter().filter(|case| !case.is_evidence()).count();
    let all = validation.cases.len();
    let runs: usize = validation.cases.iter().map(|case| case.runs.len()).sum();
    let seeds = validation.seeds;
    format!(
        "{all} measured cells ({runs} runs), each re-created with {seeds} seeds; {fitted} were used to calibrate, so {} \
         are evidence.",
        all - fitted
    )
}

#[cfg(test)]
pub(super) mod sample {
    use crate::results::Measured;
    use crate::scenario::{Conditions, testbeds};
    use crate::study::{Cache, Cases, History, Request, Validation};

    /// The shipped cells of 2 and 4 Codex nodes, without any simulated run.
    pub fn validation() -> Validation {
        let only = Conditions::parse("system=codex,nodes=2|4").unwrap();
        let request = Request { testbeds: testbeds(), seeds: 1, sets: vec![], only };
        Cases::new(&Measured::shipped(), &request).judge(&History::new(&Cache::memory())).unwrap()
    }
}
