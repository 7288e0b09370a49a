//! The report as Markdown.

use super::{LEGEND, SCORE_TITLES, SHORT, covered, evidence, marked, measured, off, predicted, score_cells, value};
use crate::study::Validation;

/// The whole report: scores, a short table, and every quantity of every cell.
pub fn markdown(validation: &Validation) -> String {
    let mut text = format!("# Prediction against measurement\n\n{}\n", evidence(validation));
    LEGEND.iter().for_each(|line| text += &format!("- {line}\n"));
    text += "\n## How well each quantity is predicted\n\n";
    text += &head(&SCORE_TITLES);
    validation.scores.iter().for_each(|score| text += &row(&score_cells(validation, score)));
    text += "\n## Cells, worst makespan first\n\n";
    text += &cells(validation);
    text += &refused(validation);
    text += "\n## Every quantity of every cell\n\n";
    text += &head(&["testbed", "cell", "quantity", "n", "measured", "predicted", "error", "covered", "bound"]);
    for case in validation.worst_first() {
        for verdict in validation.of(case).iter().filter(|v| !v.measured.is_empty()) {
            text += &row(&[
                validation.cases[case].testbed.clone(),
                marked(validation, case),
                verdict.metric.title().into(),
                verdict.measured.len().to_string(),
                measured(verdict),
                predicted(verdict),
                off(verdict),
                covered(verdict).into(),
                verdict.bound.map_or("-".into(), |b| value(verdict.metric, b)),
            ]);
        }
    }
    text
}

fn cells(validation: &Validation) -> String {
    let mut titles = vec!["testbed".to_string(), "cell".into(), "n".into()];
    for metric in SHORT {
        titles.extend([format!("{}, measured", metric.title()), "predicted".into(), "error".into()]);
    }
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let mut text = head(&titles);
    for case in validation.worst_first() {
        let mut line = vec![validation.cases[case].testbed.clone(), marked(validation, case)];
        line.push(validation.cases[case].runs.len().to_string());
        for metric in SHORT {
            let verdict = validation.verdict(case, metric);
            let show = |v: Option<f64>| v.map_or("-".into(), |v| value(metric, v));
            line.extend([show(verdict.measured_median()), show(verdict.predicted.map(|p| p.median)), off(verdict)]);
        }
        text += &row(&line);
    }
    text + &fitted(validation)
}

/// What was fitted to the marked cells.
fn fitted(validation: &Validation) -> String {
    let mut text = String::new();
    for case in validation.cases.iter().filter(|case| !case.is_evidence()) {
        let line = format!("- \\* {} {}: fitted {}\n", case.testbed, case.name, case.fitted.join(", "));
        text += &line;
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

fn refused(validation: &Validation) -> String {
    if validation.refused.is_empty() {
        return String::new();
    }
    let mut text = "\n## Cells that could not be re-created\n\n".to_string();
    for refused in &validation.refused {
        text += &format!("- {}: {}\n", refused.name, refused.reason.lines().next().unwrap_or_default());
    }
    text
}

fn head(titles: &[&str]) -> String {
    format!("{}|{}\n", row(titles), "---|".repeat(titles.len()))
}

fn row(cells: &[impl AsRef<str>]) -> String {
    // A bar would end the cell.
    let cells: Vec<String> = cells.iter().map(|cell| cell.as_ref().replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_as_many_cells_in_every_row() {
        let text = markdown(&super::super::sample::validation());
        let mut columns = 0;
        for line in text.lines() {
            let bars = line.replace("\\|", "").matches('|').count();
            if line.starts_with('|') && columns > 0 {
                assert_eq!(bars, columns, "{line}");
            }
            columns = bars;
        }
        assert!(text.contains("fitted hardware.per_block_sent"), "{text}");
    }
}
