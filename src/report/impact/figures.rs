//! The plots of the report.

use super::super::figure::{AxisScale, Chart, ChartAxis, ChartPoint};
use super::super::human::tick;
use super::answer::title;
use super::words::change;
use crate::study::{Impact, ImpactLine, ImpactMetric};

/// The axis of changes ends here, in percent.
const MOST: f64 = 150.0;

/// The change of each quantity with its interval, or that of each world where these
/// do not agree; and the margin. Nothing where no quantity was reached.
pub fn changes(impact: &Impact) -> Option<String> {
    let lines: Vec<&ImpactLine> = impact.whole.iter().filter(|line| line.is_reached()).collect();
    let names: Vec<String> = lines.iter().map(|line| line.metric.title().to_owned()).collect();
    let axis = ChartAxis::new("change in % (unfinished downloads: in points)", AxisScale::Linear, tick);
    let mut figure = Chart::of_rows(names, axis);
    figure.title = title(impact);
    let (mut together, mut single) = (vec![], vec![]);
    for (index, line) in lines.iter().enumerate() {
        let y = index as f64;
        let worlds = || impact.stands(line.metric).map(|(_, of_world, _)| of_world).filter(|world| world.is_reached());
        let shown: Vec<(&ImpactLine, bool)> = match line.range {
            None => vec![(line, true)],
            Some(_) => worlds().map(|world| (world, false)).collect(),
        };
        for (line, is_all) in &shown {
            let x = at_most(line.effect);
            let range = line.interval.filter(|_| *is_all).map(|(low, high)| (at_most(low), at_most(high)));
            let point = ChartPoint { x_range: range, ..ChartPoint::new(x, y) };
            if *is_all { together.push(point) } else { single.push(point) }
        }
        let worlds = shown.iter().map(|(line, _)| line.effect).chain(line.range.map(|range| range.high));
        let ends = line.interval.filter(|_| line.range.is_none());
        label_beyond(&mut figure, y, line, &worlds.collect::<Vec<_>>(), ends);
    }
    figure.points("all worlds, interval", together);
    figure.points("single worlds that differ", single);
    let (bottom, margin) = (lines.len() as f64 - 0.5, impact.request.margin * 100.0);
    let upright = |x: f64| vec![(x, -0.5), (x, bottom)];
    figure.line("no change", upright(0.0));
    figure.line(&format!("-{margin} %"), upright(-margin));
    figure.line(&format!("+{margin} %"), upright(margin));
    (!lines.is_empty()).then(|| figure.svg())
}

fn at_most(share: f64) -> f64 {
    (share * 100.0).clamp(-MOST, MOST)
}

/// Says at the edge of the axis what the point is that lies beyond it, the outermost of
/// `values`; or how far an interval reaches whose point does not.
fn label_beyond(figure: &mut Chart, y: f64, line: &ImpactLine, values: &[f64], interval: Option<(f64, f64)>) {
    // Centred on the text, which has to stay within the plot.
    const WITHIN: f64 = 0.9;
    for (edge, end) in [(MOST, interval.map(|ends| ends.1)), (-MOST, interval.map(|ends| ends.0))] {
        let beyond = |value: &f64| value * 100.0 / edge > 1.0;
        let outermost = values.iter().copied().filter(beyond).max_by(|a, b| a.abs().total_cmp(&b.abs()));
        let words = match (outermost, end.filter(beyond)) {
            (Some(value), _) if value.is_infinite() && line.range.is_some() => "without end".into(),
            (Some(value), _) => change(line, value),
            (None, Some(end)) => format!("to {}", change(line, end)),
            (None, None) => continue,
        };
        figure.panels[0].labels.push((edge * WITHIN, y, words));
    }
}

/// Bytes of each class for each byte stored, on both sides; nothing where there are
/// no classes besides payload.
pub fn bytes(impact: &Impact) -> Option<String> {
    let classes: Vec<_> = impact.parts.iter().filter(|line| matches!(line.metric, ImpactMetric::Class(_))).collect();
    let names: Vec<String> = classes.iter().map(|line| line.metric.title().to_owned()).collect();
    let axis = ChartAxis::new("bytes for each byte of the file stored", AxisScale::Fitting, tick);
    let mut figure = Chart::of_rows(names, axis);
    figure.title = "Bytes besides payload, by class".into();
    let values = classes.iter().flat_map(|line| [line.base, line.change]).flatten().filter(|value| *value > 0.0);
    // There is no place for nothing on a logarithmic axis but its edge.
    let edge = 0.5 * values.reduce(f64::min)?;
    // Beside each other, the base above.
    for (side, lift) in [(0, -0.12), (1, 0.12)] {
        let mut points = Vec::new();
        for (index, line) in classes.iter().enumerate() {
            let Some(value) = [line.base, line.change][side] else { continue };
            let y = index as f64 + lift;
            points.push(ChartPoint::new(value.max(edge), y));
            if value == 0.0 {
                figure.panels[0].labels.push((edge, y, "0".into()));
            }
        }
        figure.points(&impact.names[side], points);
    }
    Some(figure.svg())
}

#[cfg(test)]
mod tests {
    use super::super::sample::{breaking, impact};
    use super::*;

    #[test]
    fn figures_name_quantities_and_sides() {
        let changes = changes(&impact()).unwrap();
        assert!(changes.contains("median t100") && changes.contains("+2 %") && !changes.contains("makespan"));
        assert!(changes.contains(">+300.0 %<"), "what is beyond the axis is told at its edge");
        assert!(!changes.contains("to +"), "all other intervals end within it");
        let bytes = bytes(&impact()).unwrap();
        assert!(bytes.contains("want") && bytes.contains("new &lt;a&gt;") && bytes.contains(">base<"));
        assert!(bytes.contains(">0<"), "acknowledgements, of which the change has none");
    }

    #[test]
    fn worlds_that_differ_are_shown_one_by_one() {
        assert!(!changes(&impact()).unwrap().contains("single worlds"));
        assert!(changes(&breaking()).unwrap().contains("single worlds that differ"));
    }

    #[test]
    fn no_plot_without_data() {
        let mut empty = impact();
        (empty.parts, empty.whole) = (vec![], vec![]);
        assert_eq!((bytes(&empty), changes(&empty)), (None, None));
    }
}
