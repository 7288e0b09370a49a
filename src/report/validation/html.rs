//! The report as one self-contained HTML file.

use super::super::page::page;
use super::{LEGEND, SCORE_TITLES, covered, evidence, figures, marked, measured, off, predicted, score_cells, value};
use crate::study::{Metric, Validation};
use serde::Serialize;

const TEMPLATE: &str = include_str!("validation.html");

#[derive(Serialize)]
struct Values {
    evidence: String,
    legend: [&'static str; LEGEND.len()],
    score_titles: [&'static str; SCORE_TITLES.len()],
    scores: Vec<[String; SCORE_TITLES.len()]>,
    scatters: Vec<String>,
    testbeds: Vec<Testbed>,
    cells: Vec<Cell>,
    refused: Vec<(String, String)>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Testbed {
    name: String,
    overlays: Vec<String>,
}

#[derive(Serialize)]
struct Cell {
    testbed: String,
    name: String,
    evidence: bool,
    fitted: String,
    quantities: Vec<Quantity>,
}

#[derive(Serialize)]
struct Quantity {
    title: &'static str,
    n: usize,
    measured: String,
    predicted: String,
    error: String,
    covered: &'static str,
    bound: String,
}

/// The page, with all figures inside. `notes` say what was left out.
pub fn html(validation: &Validation, notes: &[String]) -> String {
    page(TEMPLATE, values(validation, notes))
}

fn values(validation: &Validation, notes: &[String]) -> Values {
    let mut testbeds: Vec<&str> = validation.cases.iter().map(|case| case.testbed.as_str()).collect();
    testbeds.dedup();
    let overlays = |name: &str| Metric::ALL.iter().filter_map(|m| figures::overlay(validation, name, *m)).collect();
    Values {
        evidence: evidence(validation),
        legend: LEGEND,
        score_titles: SCORE_TITLES,
        scores: validation.scores.iter().map(|score| score_cells(validation, score)).collect(),
        scatters: Metric::ALL.iter().filter_map(|metric| figures::scatter(validation, *metric)).collect(),
        testbeds: testbeds.iter().map(|name| Testbed { name: name.to_string(), overlays: overlays(name) }).collect(),
        cells: validation.worst_first().into_iter().map(|case| cell(validation, case)).collect(),
        refused: validation.refused.iter().map(|r| (r.name.clone(), r.reason.clone())).collect(),
        notes: notes.to_vec(),
    }
}

fn cell(validation: &Validation, index: usize) -> Cell {
    let case = &validation.cases[index];
    Cell {
        testbed: case.testbed.clone(),
        name: marked(validation, index),
        evidence: case.is_evidence(),
        fitted: case.fitted.join(", "),
        quantities: validation
            .of(index)
            .iter()
            .map(|v| Quantity {
                title: v.metric.title(),
                n: v.measured.len(),
                measured: measured(v),
                predicted: predicted(v),
                error: off(v),
                covered: covered(v),
                bound: v.bound.map_or("-".into(), |b| value(v.metric, b)),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_holds_the_data_of_every_cell() {
        let validation = super::super::sample::validation();
        let notes = ["a <b> left out".to_string()];
        let page = html(&validation, &notes);
        for index in 0..validation.cases.len() {
            assert!(page.contains(&marked(&validation, index)), "{}", validation.cases[index].name);
            for verdict in validation.of(index).iter().filter(|v| !v.measured.is_empty()) {
                assert!(page.contains(&measured(verdict)), "{:?}", verdict);
            }
        }
        assert!(page.contains("a &lt;b&gt; left out"), "text is escaped");
        assert!(page.contains("<svg"), "figures are not");
        assert!(!page.contains("http://") || !page.contains("src="), "nothing is fetched");
    }
}
