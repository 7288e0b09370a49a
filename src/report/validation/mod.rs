//! Prediction against measurement.

mod figures;

use super::document::{Document, Grid, GridCell, GridColumn, Picture, Tone};
use super::human;
use crate::study::{Metric, Refused, Score, Validation, Verdict};
use std::collections::BTreeMap;

/// How well each quantity is predicted, and every cell. `notes` say what was left out.
pub fn validation(found: &Validation, notes: &[String]) -> Document {
    let mut document = Document::new("Prediction against measurement");
    document.answer(answer(found));
    document.heading("How well each quantity is predicted");
    document.grid(scores(found));
    document.pages(|page| {
        page.list(LEGEND);
        let drawn = Metric::ALL.iter().filter_map(|metric| figures::scatter(found, *metric));
        page.heading("Predicted against measured");
        page.picture(Picture { svg: drawn.collect(), ..Picture::default() });
    });
    document.heading("Cells, worst makespan first");
    document.grid(cells(found));
    document.list(SHORT_LEGEND);
    let fitted = found.cases.iter().filter(|case| !case.is_evidence());
    let fitted = fitted.map(|case| format!("{} {} *: fitted {}", case.testbed, case.name, case.fitted.join(", ")));
    document.pages(|page| page.list(fitted));
    if !found.refused.is_empty() {
        document.heading("Cells that could not be re-created");
        document.list(refused(found));
    }
    document.pages(|page| {
        if !notes.is_empty() {
            page.heading("Left out");
            page.list(notes);
        }
        let mut testbeds: Vec<&str> = found.cases.iter().map(|case| case.testbed.as_str()).collect();
        testbeds.dedup();
        for testbed in testbeds {
            page.heading(testbed);
            let drawn = Metric::ALL.iter().filter_map(|metric| figures::overlay(found, testbed, *metric));
            drawn.for_each(|svg| page.picture(Picture { svg, ..Picture::default() }));
        }
        page.heading("Every quantity of every cell");
        page.grid(quantities(found));
    });
    document
}

/// How the numbers are to be read.
const LEGEND: [&str; 4] = [
    "Predicted is the median over the simulated seeds, in brackets its 5 to 95 % interval; measured is the median \
     over the measured runs, in brackets the smallest and the largest.",
    "t50, t90 and t100 count from each leecher's own start, and are medians over the leechers of a run, then over \
     runs. They are of the in-order stream where that was measured (Codex), else of what was stored (BitTorrent).",
    "Makespan is the time from the start of the first leecher to the completion of the last. The recorded starts of \
     the leechers are an input of the simulation.",
    "The error is predicted over measured median, less one; of duplicates it is the difference in shares of the file.",
];
const SHORT_LEGEND: [&str; 2] = [
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
    let unit = if metric.is_in_points() { "pp" } else { "%" };
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

fn covered(verdict: &Verdict) -> GridCell {
    match verdict.covered {
        Some(true) => "yes".into(),
        Some(false) => GridCell::toned("no", Tone::Bad),
        None => "-".into(),
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

fn scores(validation: &Validation) -> Grid {
    let [cells, off, bias, coverage] = ["cells", "median |error|", "bias", "coverage"].map(GridColumn::numbers);
    let mut grid = Grid::new([
        GridColumn::words("testbed"),
        GridColumn::words("quantity"),
        cells.ranked(2),
        off,
        bias,
        coverage.ranked(1),
        GridColumn::words("worst").ranked(3),
    ]);
    validation.scores.iter().for_each(|score| grid.row(score_cells(validation, score)));
    grid
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

/// How far off the times of all cells are, and how much of that is evidence.
fn answer(validation: &Validation) -> Vec<String> {
    let of_all = |metric: Metric| {
        let score = validation.scores.iter().find(|score| score.testbed.is_none() && score.metric == metric)?;
        let [_, _, cells, off, bias, coverage, _] = score_cells(validation, score);
        Some(format!(
            "{} of {cells} cells: median |error| {off}, bias {bias}, {coverage} in the predicted interval.",
            metric.title()
        ))
    };
    [Metric::Makespan, Metric::T100].into_iter().filter_map(of_all).chain([evidence(validation)]).collect()
}

/// Cells that could not be re-created, those with the same reason together.
fn refused(validation: &Validation) -> Vec<String> {
    let mut reasons: BTreeMap<&str, Vec<&Refused>> = BTreeMap::new();
    for refused in &validation.refused {
        reasons.entry(refused.reason.lines().next().unwrap_or_default()).or_default().push(refused);
    }
    let told = |cells: &Vec<&Refused>| {
        let names: Vec<&str> = cells.iter().map(|refused| refused.name.as_str()).collect();
        format!("not re-created: {}\n{}", names.join("; "), cells[0].reason)
    };
    reasons.values().map(told).collect()
}

/// The quantities that matter most, a row for each cell.
fn cells(validation: &Validation) -> Grid {
    let columns = [
        ("n", 6),
        ("makespan", 0),
        ("predicted", 0),
        ("p5..p95", 3),
        ("error", 0),
        ("covered", 2),
        ("t100", 4),
        ("t100 predicted", 4),
        ("t100 error", 1),
        ("received", 5),
        ("received predicted", 5),
        ("copies", 5),
        ("copies predicted", 5),
    ];
    let numbers = columns.map(|(title, rank)| GridColumn::numbers(title).ranked(rank));
    let mut grid = Grid::new(["testbed", "cell"].map(GridColumn::words).into_iter().chain(numbers));
    for case in validation.worst_first() {
        let mut line: Vec<GridCell> =
            vec![validation.cases[case].testbed.clone().into(), marked(validation, case).into()];
        line.push(validation.cases[case].runs.len().to_string().into());
        for metric in SHORT {
            let verdict = validation.verdict(case, metric);
            let show = |v: Option<f64>| GridCell::from(v.map_or("-".into(), |v| value(metric, v)));
            line.extend([show(verdict.measured_median()), show(verdict.predicted.map(|p| p.median))]);
            if metric == Metric::Makespan {
                let range = verdict.predicted.map(|p| format!("{:.2}..{:.2}", p.p5, p.p95));
                line.push(range.unwrap_or("-".into()).into());
            }
            if metric.is_time() {
                line.push(off(verdict).into());
            }
            if metric == Metric::Makespan {
                line.push(covered(verdict));
            }
        }
        grid.row(line);
    }
    grid
}

/// Every quantity that was measured of every cell.
fn quantities(validation: &Validation) -> Grid {
    let numbers = ["n", "measured", "predicted", "error", "covered", "bound"].map(GridColumn::numbers);
    let mut grid = Grid::new(["testbed", "cell", "quantity"].map(GridColumn::words).into_iter().chain(numbers));
    for case in validation.worst_first() {
        for verdict in validation.of(case).iter().filter(|v| !v.measured.is_empty()) {
            grid.row([
                GridCell::from(validation.cases[case].testbed.as_str()),
                marked(validation, case).into(),
                verdict.metric.title().into(),
                verdict.measured.len().to_string().into(),
                measured(verdict).into(),
                predicted(verdict).into(),
                off(verdict).into(),
                covered(verdict),
                verdict.bound.map_or("-".into(), |b| value(verdict.metric, b)).into(),
            ]);
        }
    }
    grid
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_holds_the_data_of_every_cell() {
        let sample = sample::validation();
        let document = validation(&sample, &["a <b> left out".to_string()]);
        let (page, text, shown) = (document.html(), document.markdown(1), document.terminal(None));
        for (index, case) in sample.cases.iter().enumerate() {
            let name = marked(&sample, index);
            assert!(page.contains(&name) && text.contains(&name.replace('*', "\\*")), "{name}");
            assert!(shown.lines().any(|line| line.contains(&case.testbed) && line.contains(&name)), "{name}\n{shown}");
            for verdict in sample.of(index).iter().filter(|v| !v.measured.is_empty()) {
                assert!(page.contains(&measured(verdict)) && text.contains(&measured(verdict)), "{verdict:?}");
            }
        }
        assert!(shown.contains("2-1 10 MiB 10 Mbit/s *") && text.contains("fitted hardware.per_block_sent"), "{text}");
        assert!(page.contains("a &lt;b&gt; left out") && page.contains("<svg"));
    }

    #[test]
    fn refused_cells_with_one_reason_are_told_once() {
        let mut sample = sample::validation();
        let cell = |name: &str, reason: &str| Refused { name: name.into(), reason: reason.into() };
        sample.refused = vec![cell("a", "no x\n at 1"), cell("b", "no y"), cell("c", "no x\n at 2")];
        let text = validation(&sample, &[]).terminal(None);
        assert!(text.contains("- not re-created: a; c\n  no x\n   at 1\n- not re-created: b\n  no y\n"), "{text}");
    }
}
