//! Efficiency against the bound.

use super::super::document::Picture;
use super::super::figure::{AxisScale, Chart, ChartAxis, ChartPoint, Mark};
use super::super::human::tick;
use super::{MOST_ROWS, MOST_VARIANTS, csv, name, picked, place, shortened};
use crate::study::{Summary, Survey, spread};

/// A row for each cell, a mark for each variant. Nothing when no run completed.
pub(super) fn picture(survey: &Survey) -> Option<Picture> {
    let (cells, rest) = picked(survey, MOST_ROWS * survey.variants.len());
    let row = |cell: &Vec<usize>| match place(survey, &survey.points[cell[0]]) {
        nowhere if nowhere.is_empty() => survey.manifest.scenario.clone(),
        place => place,
    };
    let names: Vec<String> = cells.iter().map(row).collect();
    let mut figure = Chart::of_rows(names, ChartAxis::new("efficiency", AxisScale::Fitting, tick));
    figure.mark = Mark::Beside;
    let mut rows = Vec::new();
    let variants = spread(survey.variants.len(), MOST_VARIANTS);
    for variant in &variants {
        let mut marks = Vec::new();
        for (row, cell) in cells.iter().enumerate() {
            let mine = cell.iter().map(|index| &survey.points[*index]).filter(|point| point.variant == *variant);
            for point in mine {
                let Some(s) = Summary::of(&point.values_of(|run| run.efficiency)) else { continue };
                let numbers = [s.median, s.p5, s.p95].map(|value| value.to_string());
                rows.push([name(survey, point)].into_iter().chain(numbers).chain([s.n.to_string()]).collect());
                marks.push(ChartPoint { x_range: Some((s.p5, s.p95)), ..ChartPoint::new(s.median, row as f64) });
            }
        }
        figure.points(&survey.variants[*variant], marks);
    }
    if rows.is_empty() {
        return None;
    }
    figure.line("bound", vec![(1.0, -0.4), (1.0, cells.len() as f64 - 0.6)]);
    let caption = format!(
        "The bound over the makespan (from the start of a run's first leecher): 1 is as fast as anything could be. Median of the runs in which all leechers \
         completed, and from the 5 % to the 95 % quantile of these runs.{rest}{}",
        shortened("variants", variants.len(), survey.variants.len())
    );
    let svg = figure.svg();
    let data = csv(&["point", "median", "p5", "p95", "runs"], rows);
    Some(Picture { title: "Efficiency against the bound".into(), caption, svg, data, ..Picture::default() })
}
