//! The share of leechers that are complete over time.

use super::super::document::Picture;
use super::super::figure::{AxisScale, Chart, ChartAxis, ChartPoint, Guide, Mark, Panel};
use super::super::words::duration;
use super::{MOST_VARIANTS, csv, name, place, shortened};
use crate::study::{Survey, SurveyPoint, spread};

/// Panels of one figure.
const MOST_PANELS: usize = 12;
/// Steps of a curve.
const MOST_STEPS: usize = 100;

/// A panel for each cell, a curve for each variant. Nothing when nobody completed.
pub(super) fn picture(survey: &Survey) -> Option<Picture> {
    let (cells, has_requests) = (survey.cells(), survey.has_requests());
    let variants = spread(survey.variants.len(), MOST_VARIANTS);
    let shown: Vec<&Vec<usize>> = spread(cells.len(), MOST_PANELS).into_iter().map(|index| &cells[index]).collect();
    let points = |cell: &[usize]| -> Vec<usize> {
        let mut mine = cell.to_vec();
        mine.retain(|index| variants.contains(&survey.points[*index].variant));
        mine
    };
    let mut rows = Vec::new();
    let panels = shown.iter().map(|cell| {
        let mine = points(cell);
        let log = spans_widely(mine.iter().map(|index| &survey.points[*index]));
        let mut series = vec![Vec::new(); variants.len()];
        for point in mine.iter().map(|index| &survey.points[*index]) {
            let steps = steps(point, log);
            rows.extend(steps.iter().map(|s| vec![name(survey, point), s.x.to_string(), s.y.to_string()]));
            series[variants.iter().position(|v| *v == point.variant).unwrap_or(0)] = steps;
        }
        let bound = cell
            .iter()
            .filter(|_| !has_requests)
            .flat_map(|index| survey.points[*index].values_of(|run| run.bound_s))
            .reduce(f64::min);
        let line = bound.filter(|bound| !log || *bound > 0.0).map(|bound| vec![(bound, 0.0), (bound, 1.0)]);
        let scale = if log { AxisScale::Log } else { AxisScale::Linear };
        Panel {
            title: place(survey, &survey.points[cell[0]]),
            series,
            guides: if has_requests { vec![] } else { vec![line.unwrap_or_default()] },
            own_x: Some(scale),
            ..Panel::default()
        }
    });
    let panels: Vec<Panel> = panels.collect();
    if rows.is_empty() {
        return None;
    }
    let share = |share: f64| format!("{:.0} %", share * 100.0);
    let svg = Chart {
        x: ChartAxis::new("time", AxisScale::Linear, duration),
        y: ChartAxis::new(
            if has_requests { "downloads complete" } else { "leechers complete" },
            AxisScale::Linear,
            share,
        ),
        mark: Mark::Steps,
        series: variants.iter().map(|index| survey.variants[*index].clone()).collect(),
        guides: if has_requests { vec![] } else { vec![Guide { name: "bound".into(), dashes: "2 4" }] },
        columns: 3,
        panels,
        ..Chart::default()
    }
    .svg();
    let what = match has_requests {
        true => {
            "Share of all downloads that are complete, over the time since each was asked for; all runs of a point \
             together; each panel has an axis of its own."
        }
        false => {
            "Share of all leechers that hold the whole file, over the time since the first leecher of their run began; \
             all runs of a point together; each panel has an axis of its own. Before the bound (the least of the \
             cell's runs) no run can be complete."
        }
    };
    let caption = format!(
        "{what}{}{}",
        shortened("cells", shown.len(), cells.len()),
        shortened("variants", variants.len(), survey.variants.len()),
    );
    let data = csv(&["point", "time_s", "share"], rows);
    Some(Picture { title: "Completion".into(), caption, svg, data, ..Picture::default() })
}

/// Whether the slowest and the fastest curve end far apart, so that time has to
/// be logarithmic.
fn spans_widely<'a>(points: impl Iterator<Item = &'a SurveyPoint>) -> bool {
    let ends: Vec<f64> = points.filter_map(|point| point.moments.last().copied()).collect();
    let (least, most) = ends.iter().fold((f64::INFINITY, 0.0_f64), |(a, b), end| (a.min(*end), b.max(*end)));
    least > 0.0 && most > 6.0 * least
}

/// The corners of a curve, beginning at nobody: each completion, or where there
/// are many the first at which each hundredth of them is reached.
fn steps(point: &SurveyPoint, log: bool) -> Vec<ChartPoint> {
    let all = point.moments.len();
    let Some(first) = point.moments.first() else { return Vec::new() };
    let ranks: Vec<usize> = match all {
        few if few <= MOST_STEPS => (1..=few).collect(),
        _ => (1..=MOST_STEPS).map(|step| (step * all).div_ceil(MOST_STEPS)).collect(),
    };
    let start = ChartPoint::new(if log { *first } else { 0.0 }, 0.0);
    let step = |rank: usize| ChartPoint::new(point.moments[rank - 1], rank as f64 / point.downloads as f64);
    [start].into_iter().chain(ranks.into_iter().map(step)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_ends_at_the_share_that_completed() {
        let point = SurveyPoint { downloads: 4, moments: vec![1.0, 2.0, 5.0], ..SurveyPoint::default() };
        let corners = |log| steps(&point, log).iter().map(|p| (p.x, p.y)).collect::<Vec<_>>();
        assert_eq!(corners(false), [(0.0, 0.0), (1.0, 0.25), (2.0, 0.5), (5.0, 0.75)]);
        assert_eq!(corners(true)[0], (1.0, 0.0), "zero has no logarithm");
        assert_eq!(steps(&SurveyPoint::default(), true), []);
    }

    #[test]
    fn many_completions_become_hundredths() {
        let point =
            SurveyPoint { downloads: 250, moments: (1..=250).map(f64::from).collect(), ..SurveyPoint::default() };
        let steps = steps(&point, false);
        assert_eq!(steps.len(), 101);
        assert_eq!((steps[1].x, steps[1].y), (3.0, 3.0 / 250.0), "the third is the first to reach a hundredth");
        assert_eq!((steps[100].x, steps[100].y), (250.0, 1.0));
    }
}
