//! The plots of the report.

use super::super::figure::{AxisScale, Chart, ChartAxis, ChartPoint};
use super::super::human::tick;
use super::marked;
use crate::study::{Metric, Validation};

/// Cells of one testbed in one quantity: every measured run, the predicted
/// median with its interval, and the bound. Nothing when it was not measured.
pub(super) fn overlay(validation: &Validation, testbed: &str, metric: Metric) -> Option<String> {
    let verdicts = validation.cases.iter().enumerate().filter(|(_, case)| case.testbed == testbed);
    let mut verdicts: Vec<_> = verdicts
        .map(|(index, _)| validation.verdict(index, metric))
        .filter(|verdict| !verdict.measured.is_empty())
        .collect();
    if verdicts.is_empty() {
        return None;
    }
    let middle = |v: &crate::study::Verdict| v.measured_median().unwrap_or(0.0);
    verdicts.sort_by(|a, b| middle(a).total_cmp(&middle(b)).then(a.case.cmp(&b.case)));
    let names: Vec<String> = verdicts.iter().map(|v| marked(validation, v.case)).collect();
    let unit = if metric.is_time() { "seconds" } else { metric.title() };
    let mut figure = Chart::of_rows(names, ChartAxis::new(unit, AxisScale::Fitting, tick));
    figure.title = format!("{testbed}: {}", metric.title());
    let (mut predicted, mut measured, mut bound) = (vec![], vec![], vec![]);
    for (index, verdict) in verdicts.iter().enumerate() {
        let row = index as f64;
        predicted.extend(
            verdict.predicted.map(|p| ChartPoint { x_range: Some((p.p5, p.p95)), ..ChartPoint::new(p.median, row) }),
        );
        measured.extend(verdict.measured.iter().map(|value| ChartPoint::new(*value, row)));
        bound.extend(verdict.bound.map(|value| (value, row)));
    }
    figure.points("predicted: median, 5 to 95 %", predicted);
    figure.points("measured runs", measured);
    figure.line("bound", bound);
    Some(figure.svg())
}

/// Predicted against measured medians of all cells; on the diagonal they agree.
pub(super) fn scatter(validation: &Validation, metric: Metric) -> Option<String> {
    let unit = if metric.is_time() { ", seconds" } else { "" };
    let axis = |what: &str| ChartAxis::new(format!("{what}{unit}"), AxisScale::Fitting, tick);
    let mut figure = Chart::plane(axis("measured"), axis("predicted"));
    figure.title = metric.title().into();
    let mut testbeds: Vec<&str> = validation.cases.iter().map(|case| case.testbed.as_str()).collect();
    testbeds.dedup();
    let mut ends: Vec<f64> = Vec::new();
    for (testbed, evidence) in testbeds.iter().flat_map(|testbed| [(*testbed, true), (*testbed, false)]) {
        let wanted = |case: &crate::study::Case| case.testbed == testbed && case.is_evidence() == evidence;
        let cases = validation.cases.iter().enumerate().filter(|(_, case)| wanted(case));
        let points: Vec<ChartPoint> = cases
            .filter_map(|(index, _)| {
                let verdict = validation.verdict(index, metric);
                let (x, p) = (verdict.measured_median()?, verdict.predicted?);
                let (x_range, y_range) = (verdict.measured_range(), Some((p.p5, p.p95)));
                Some(ChartPoint { x_range, y_range, ..ChartPoint::new(x, p.median) })
            })
            .collect();
        ends.extend(points.iter().flat_map(|p| [p.x, p.y]));
        figure.points(&if evidence { testbed.to_owned() } else { format!("{testbed} * (fitted)") }, points);
    }
    let least = ends.iter().copied().reduce(f64::min)?;
    let most = ends.iter().copied().reduce(f64::max)?;
    figure.line("equal", vec![(least, least), (most, most)]);
    Some(figure.svg())
}
