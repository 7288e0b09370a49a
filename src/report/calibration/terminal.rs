//! Tables on standard output: what fits better now, and what is known.

use super::super::human;
use super::super::terminal::{plain as table, right, show};
use super::{calibrated_on, interval, plain, verdict};
use crate::study::{CONFOUNDED, Calibration, Figure, Identified, PINNED, UNDETERMINED};

/// Every figure before and after, every constant, and what it means.
pub fn terminal(calibration: &Calibration) -> String {
    let mut text = format!("{}\n\n{}\n{}\n", heading(calibration), figures(calibration), constants(calibration));
    sentences(calibration).iter().for_each(|sentence| text += &format!("{sentence}\n"));
    for refused in &calibration.refused {
        text += &format!("not re-created: {}\n{}\n", refused.name, refused.reason);
    }
    let lines = calibrated_on(calibration);
    if !lines.is_empty() {
        text += &format!("\nFor the testbed file, so that these cells no longer count as evidence:\n\n{lines}");
    }
    text
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

fn figures(calibration: &Calibration) -> String {
    let mut lines = table(&["cell", "n", "quantity", "measured", "before", "error", "after", "error"]);
    for figure in &calibration.figures {
        let value = |value: Option<f64>| value.map_or("not reached".into(), |v| format!("{v:.3} s"));
        let error = |value: Option<f64>| {
            value.map_or("-".into(), |v| human::signed_percent(v / figure.measured - 1.0, 2) + " %")
        };
        lines.add_row([
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
    right(&mut lines, 3);
    show(&lines)
}

fn constants(calibration: &Calibration) -> String {
    let mut lines = table(&["constant", "before", "fitted", "std. error", "95 % interval", "verdict"]);
    for constant in &calibration.constants {
        lines.add_row([
            constant.key.clone(),
            plain(&constant.initial),
            if constant.is_fitted() { plain(&constant.value) } else { "-".into() },
            constant.relative_error.map_or("-".into(), percent),
            interval(constant),
            verdict(calibration, constant),
        ]);
    }
    show(&lines)
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
mod tests {
    use super::*;

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
        let mut calibration = super::super::sample::calibration(&keys);
        calibration.arrived = false;
        let text = terminal(&calibration);
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
