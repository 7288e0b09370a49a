//! The tables on standard output.

use super::super::terminal::{plain, right, show};
use super::{LEGEND, SCORE_TITLES, SHORT, covered, evidence, marked, off, score_cells, value};
use crate::study::{Metric, Refused, Validation};
use std::collections::BTreeMap;

/// Worst cells first, then how well each quantity is predicted.
pub fn terminal(validation: &Validation) -> String {
    let mut text = format!("{}\n\n{}", evidence(validation), cells(validation));
    text += &format!("\n{}", scores(validation));
    text += &format!("\n{}\n{}\n", LEGEND[5], LEGEND[4]);
    text + &refused(validation)
}

/// Cells that could not be re-created, those with the same reason together.
fn refused(validation: &Validation) -> String {
    let mut reasons: BTreeMap<&str, Vec<&Refused>> = BTreeMap::new();
    for refused in &validation.refused {
        reasons.entry(refused.reason.lines().next().unwrap_or_default()).or_default().push(refused);
    }
    let mut text = String::new();
    for cells in reasons.values() {
        let names: Vec<&str> = cells.iter().map(|refused| refused.name.as_str()).collect();
        text += &format!("not re-created: {}\n{}\n", names.join("; "), cells[0].reason);
    }
    text
}

fn cells(validation: &Validation) -> String {
    let mut titles = vec!["testbed", "cell", "n"];
    titles.extend(["makespan", "predicted", "p5..p95", "error", "covered", "t100", "predicted", "error"]);
    titles.extend(["received", "predicted", "copies", "predicted"]);
    let mut table = plain(&titles);
    for case in validation.worst_first() {
        let mut line = vec![validation.cases[case].testbed.clone(), marked(validation, case)];
        line.push(validation.cases[case].runs.len().to_string());
        for metric in SHORT {
            let verdict = validation.verdict(case, metric);
            line.push(verdict.measured_median().map_or("-".into(), |v| value(metric, v)));
            line.push(verdict.predicted.map_or("-".into(), |p| value(metric, p.median)));
            if metric == Metric::Makespan {
                let range = verdict.predicted.map(|p| format!("{:.2}..{:.2}", p.p5, p.p95));
                line.push(range.unwrap_or("-".into()));
            }
            if metric.is_time() {
                line.push(off(verdict));
            }
            if metric == Metric::Makespan {
                line.push(covered(verdict).into());
            }
        }
        table.add_row(line);
    }
    right(&mut table, 2);
    show(&table)
}

fn scores(validation: &Validation) -> String {
    let mut table = plain(&SCORE_TITLES);
    for score in &validation.scores {
        table.add_row(score_cells(validation, score));
    }
    show(&table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_has_a_line_and_fitted_ones_a_mark() {
        let validation = super::super::sample::validation();
        let text = terminal(&validation);
        for (index, case) in validation.cases.iter().enumerate() {
            let line = text.lines().find(|l| l.contains(&case.testbed) && l.contains(&marked(&validation, index)));
            assert!(line.is_some(), "{}\n{text}", case.name);
        }
        assert!(text.contains("2-1 10 MiB 10 Mbit/s *"), "{text}");
    }

    #[test]
    fn refused_cells_with_one_reason_are_told_once() {
        let mut validation = super::super::sample::validation();
        let cell = |name: &str, reason: &str| Refused { name: name.into(), reason: reason.into() };
        validation.refused = vec![cell("a", "no x\n at 1"), cell("b", "no y"), cell("c", "no x\n at 2")];
        let text = terminal(&validation);
        assert!(text.contains("not re-created: a; c\nno x\n at 1\nnot re-created: b\nno y\n"), "{text}");
    }
}
