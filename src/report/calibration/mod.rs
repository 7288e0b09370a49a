//! What a calibration found: what fits better now, what is known, and as a file.

mod file;

pub use file::{file, usage};

use super::document::{Document, Grid, GridColumn};
use super::human;
use crate::study::{CONFOUNDED, Calibration, Constant, Figure, Identified, PINNED, UNDETERMINED};
use serde::Serialize;

/// Every figure before and after, every constant, and what it means.
pub fn calibration(found: &Calibration) -> Document {
    let mut document = Document::new(format!("Constants of {} from its cells", found.testbed));
    document.answer(vec![heading(found)]);
    document.grid(figures(found));
    document.grid(constants(found));
    document.list(sentences(found));
    document.list(found.refused.iter().map(|refused| format!("not re-created: {}\n{}", refused.name, refused.reason)));
    let lines = calibrated_on(found);
    if !lines.is_empty() {
        document.paragraph("For the testbed file, so that these cells no longer count as evidence:");
        document.command(lines);
    }
    document
}

/// A value as people write it.
fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn interval(constant: &Constant) -> String {
    constant.interval.as_ref().map_or("-".into(), |(low, high)| format!("{} .. {}", plain(low), plain(high)))
}

/// A constant as a row for programs; values are TOML, as in a scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConstantRow {
    /// Its dotted key.
    key: String,
    /// What the testbed gives it.
    initial: String,
    /// What the fit gives it; `initial` where it is not fitted.
    fitted: String,
    /// Relative standard error; empty without an interval.
    relative_error: Option<f64>,
    /// Lower end of its 95 % interval.
    low: Option<String>,
    /// Upper end.
    high: Option<String>,
    /// What the cells say about it, in words.
    verdict: String,
}

/// Every constant that was asked for.
pub fn rows(calibration: &Calibration) -> Vec<ConstantRow> {
    let row = |constant: &Constant| ConstantRow {
        key: constant.key.clone(),
        initial: plain(&constant.initial),
        fitted: plain(&constant.value),
        relative_error: constant.relative_error,
        low: constant.interval.as_ref().map(|(low, _)| plain(low)),
        high: constant.interval.as_ref().map(|(_, high)| plain(high)),
        verdict: verdict(calibration, constant),
    };
    calibration.constants.iter().map(row).collect()
}

/// The verdict on a constant in a few words.
fn verdict(calibration: &Calibration, constant: &Constant) -> String {
    match &constant.verdict {
        Identified::Pinned => "pinned down".into(),
        Identified::Loose => "only roughly known".into(),
        Identified::NoEffect => "no effect on these cells".into(),
        Identified::Undetermined => "not determined by these cells".into(),
        Identified::Vanishes => "no effect where the fit leads".into(),
        Identified::Unjudged => "fits, precision unknown".into(),
        Identified::Confounded(with) => {
            let names: Vec<&str> = with.iter().map(|j| calibration.constants[*j].key.as_str()).collect();
            format!("confounded with {}", names.join(", "))
        }
    }
}

/// The lines that a testbed file needs, so that these cells no longer count as
/// evidence; nothing when nothing was fitted.
pub fn calibrated_on(calibration: &Calibration) -> String {
    let fitted = calibration.constants.iter().filter(|constant| constant.is_fitted());
    let keys: Vec<String> = fitted.map(|constant| toml::Value::from(constant.key.as_str()).to_string()).collect();
    match keys.as_slice() {
        [] => String::new(),
        keys => {
            format!("[[calibrated_on]]\ncells = {}\nparameters = [{}]\n", calibration.only, keys.join(", "))
        }
    }
}

fn heading(calibration: &Calibration) -> String {
    let mut cells: Vec<&str> = calibration.figures.iter().map(|figure| figure.cell.as_str()).collect();
    cells.dedup();
    let Calibration { testbed, seeds, evaluations, .. } = calibration;
    let off = |value: fn(&Figure) -> Option<f64>| typical(calibration, value).map_or("-".into(), percent);
    format!(
        "{testbed}: {} figures of {} cells, {seeds} seeds each, {evaluations} sets of constants tried. \
         Root mean square error {} before, {} after.",
        calibration.figures.len(),
        cells.len(),
        off(|figure| figure.before),
        off(|figure| figure.after),
    )
}

/// Root mean square of the relative errors; nothing when a figure was not reached.
fn typical(calibration: &Calibration, value: fn(&Figure) -> Option<f64>) -> Option<f64> {
    let square = |figure: &Figure| value(figure).map(|v| (v / figure.measured - 1.0) * (v / figure.measured - 1.0));
    let squares: Vec<f64> = calibration.figures.iter().map(square).collect::<Option<_>>()?;
    Some((squares.iter().sum::<f64>() / squares.len() as f64).sqrt())
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn figures(calibration: &Calibration) -> Grid {
    let mut grid = Grid::new([
        GridColumn::words("cell"),
        GridColumn::numbers("n").ranked(3),
        GridColumn::words("quantity"),
        GridColumn::numbers("measured"),
        GridColumn::numbers("before").ranked(2),
        GridColumn::numbers("error").ranked(1),
        GridColumn::numbers("after"),
        GridColumn::numbers("error"),
    ]);
    for figure in &calibration.figures {
        let value = |value: Option<f64>| value.map_or("not reached".into(), |v| format!("{v:.3} s"));
        let error = |value: Option<f64>| {
            value.map_or("-".into(), |v| human::signed_percent(v / figure.measured - 1.0, 2) + " %")
        };
        grid.row([
            figure.cell.clone(),
            figure.runs.to_string(),
            figure.metric.title().into(),
            value(Some(figure.measured)),
            value(figure.before),
            error(figure.before),
            value(figure.after),
            error(figure.after),
        ]);
    }
    grid
}

fn constants(calibration: &Calibration) -> Grid {
    let columns = ["constant", "before", "fitted", "std. error", "95 % interval", "verdict"].map(GridColumn::words);
    let ranks = [0, 2, 0, 3, 1, 0];
    let mut grid = Grid::new(columns.into_iter().zip(ranks).map(|(column, rank)| column.ranked(rank)));
    for constant in &calibration.constants {
        grid.row([
            constant.key.clone(),
            plain(&constant.initial),
            if constant.is_fitted() { plain(&constant.value) } else { "-".into() },
            constant.relative_error.map_or("-".into(), percent),
            interval(constant),
            verdict(calibration, constant),
        ]);
    }
    grid
}

/// What the verdicts mean, each thing once.
fn sentences(calibration: &Calibration) -> Vec<String> {
    let has = |wanted: fn(&Identified) -> bool| calibration.constants.iter().any(|c| wanted(&c.verdict));
    let key = |j: usize| calibration.constants[j].key.as_str();
    let mut sentences = Vec::new();
    for (a, b, correlation) in calibration.correlations.iter().filter(|(.., c)| c.abs() > CONFOUNDED) {
        sentences.push(format!(
            "{} and {} are confounded (correlation {correlation:+.3}): these cells fix a combination of both, not \
             each. Fit one of them and take the other from elsewhere, or add cells that tell them apart.",
            key(*a),
            key(*b)
        ));
    }
    for constant in calibration.constants.iter().filter(|c| !c.is_fitted()) {
        let why = match constant.verdict {
            Identified::Undetermined => {
                &format!("is not determined: its 95 % interval reaches beyond a factor of {UNDETERMINED}")
            }
            Identified::Vanishes => "fits best so far from its start that it no longer matters to these cells",
            _ => "has no effect on these cells: doubling it moves no figure by a thousandth",
        };
        let (key, value) = (&constant.key, plain(&constant.initial));
        sentences.push(format!("{key} {why}. It stays at {value} and is not written."));
    }
    if has(|v| *v == Identified::Loose) {
        sentences.push(format!("Only roughly known: the 95 % interval is wider than {:.0} %.", PINNED * 100.0));
    }
    if has(|v| *v == Identified::Unjudged) {
        sentences.push("There are not more figures than constants: nothing is left over to judge the fit by.".into());
    }
    if !calibration.arrived {
        sentences.push("The search was cut short by --max-evaluations; more may fit better.".into());
    }
    sentences.push(
        "Intervals count only what this fit leaves unexplained, as if the model were right; they say nothing about \
         other cells."
            .into(),
    );
    sentences
}

#[cfg(test)]
pub(super) mod sample {
    use crate::scenario::{Conditions, Input, load};
    use crate::study::{Calibration, Constant, Figure, Identified, Metric};

    /// One constant for each verdict, on a scenario of the testbed.
    pub fn calibration(keys: &[(&str, Identified)]) -> Calibration {
        let sets = ["swarm.network_size=2", "swarm.seeders=1", "swarm.file_size=1 MiB"].map(String::from).to_vec();
        let resolved = load(&Input { testbed: Some("codex-netns".into()), sets, ..Input::default() }).unwrap().resolved;
        let constant = |(key, verdict): &(&str, Identified)| Constant {
            key: key.to_string(),
            initial: "2 us".into(),
            value: if key.contains("window") { 96.into() } else { "3 us".into() },
            relative_error: Some(0.05),
            interval: Some(("2500 ns".into(), "3500 ns".into())),
            verdict: verdict.clone(),
        };
        let figure = Figure {
            cell: "2-1 1 MiB".into(),
            runs: 3,
            metric: Metric::Makespan,
            measured: 2.0,
            before: Some(3.0),
            after: None,
        };
        Calibration {
            testbed: "codex-netns".into(),
            protocol: "codex-v2".into(),
            only: Conditions::parse("nodes=2").unwrap(),
            seeds: 3,
            figures: vec![figure],
            constants: keys.iter().map(constant).collect(),
            correlations: vec![(0, keys.len() - 1, -0.99)],
            evaluations: 12,
            arrived: true,
            refused: vec![],
            resolved,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_fitted_is_declared() {
        let keys = [("hardware.per_entry", Identified::Pinned), ("hardware.per_mib", Identified::NoEffect)];
        let text = calibrated_on(&sample::calibration(&keys));
        assert_eq!(text, "[[calibrated_on]]\ncells = { nodes = 2 }\nparameters = [\"hardware.per_entry\"]\n");
        assert_eq!(calibrated_on(&sample::calibration(&keys[1..])), "");
    }

    #[test]
    fn every_verdict_is_told() {
        let keys = [
            ("hardware.per_entry", Identified::Confounded(vec![5])),
            ("hardware.per_mib", Identified::NoEffect),
            ("hardware.per_lookup", Identified::Loose),
            ("hardware.per_block_sent", Identified::Vanishes),
            ("hardware.per_block_received", Identified::Undetermined),
            ("hardware.per_message", Identified::Confounded(vec![0])),
        ];
        let mut calibration = sample::calibration(&keys);
        calibration.arrived = false;
        let text = super::calibration(&calibration).terminal(None);
        for part in [
            "hardware.per_entry and hardware.per_message are confounded (correlation -0.990)",
            "hardware.per_mib has no effect on these cells",
            "hardware.per_block_sent fits best so far from its start that it no longer matters",
            "hardware.per_block_received is not determined",
            "wider than 25 %",
            "cut short by --max-evaluations",
            "+50.00 %",
            "not reached",
            "2500 ns .. 3500 ns",
            "[[calibrated_on]]",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }
}
