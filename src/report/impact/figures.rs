//! The plots of the report.

use super::super::figure::{Figure, Point, Words};
use super::words::title;
use crate::study::{Impact, ImpactMetric};

/// Changes beyond this are not to scale, in percent.
const MOST: f64 = 150.0;

/// The change of each quantity with its interval, and the margin.
pub fn changes(impact: &Impact) -> String {
    let lines: Vec<_> = impact.whole.iter().filter(|line| line.verdict.is_some()).collect();
    let shown = |share: f64| (share * 100.0).clamp(-MOST, MOST);
    let name = |line: &&crate::study::ImpactLine| match line.effect.abs() * 100.0 > MOST {
        true => format!("{} (beyond)", line.metric.title()),
        false => line.metric.title().into(),
    };
    let mut figure = Figure::of_rows(&lines.iter().map(name).collect::<Vec<_>>());
    let point = |(index, line): (usize, &&crate::study::ImpactLine)| {
        let x = shown(line.effect);
        let (low, high) = line.interval.map_or((x, x), |(low, high)| (shown(low), shown(high)));
        Point { x_range: Some((low, high)), ..Point::new(x, figure.row(index)) }
    };
    let points = lines.iter().enumerate().map(point).collect();
    figure.points("change, interval", points);
    let (top, margin) = (lines.len() as f64 + 0.5, impact.request.margin * 100.0);
    let upright = |x: f64| vec![(x, 0.5), (x, top)];
    figure.line("no change", upright(0.0));
    figure.line(&format!("-{margin} %"), upright(-margin));
    figure.line(&format!("+{margin} %"), upright(margin));
    let words = Words { title: &title(impact), x: "change in % (unfinished downloads: in points)", y: "" };
    figure.svg(words)
}

/// Bytes of each class for each byte stored, on both sides.
pub fn bytes(impact: &Impact) -> String {
    let classes: Vec<_> = impact.parts.iter().filter(|line| matches!(line.metric, ImpactMetric::Class(_))).collect();
    let names: Vec<String> = classes.iter().map(|line| line.metric.title().to_owned()).collect();
    let mut figure = Figure::of_rows(&names);
    let points = |value: fn(&crate::study::ImpactLine) -> f64, lift: f64| {
        let row = |index: usize| figure.row(index) + lift;
        // There is no place for nothing on a logarithmic axis.
        let values = classes.iter().enumerate().filter(|(_, line)| value(line) > 0.0);
        values.map(|(index, line)| Point::new(value(line), row(index))).collect::<Vec<_>>()
    };
    let (base, change) = (points(|line| line.base, 0.12), points(|line| line.change, -0.12));
    figure.points(&impact.names[0], base);
    figure.points(&impact.names[1], change);
    figure.svg(Words { title: "Bytes besides payload, by class", x: "bytes for each byte of the file stored", y: "" })
}

#[cfg(test)]
mod tests {
    use super::super::sample::impact;
    use super::*;

    #[test]
    fn figures_name_quantities_and_sides() {
        let changes = changes(&impact());
        assert!(changes.contains("median t100") && changes.contains("+2 %") && !changes.contains("makespan"));
        assert!(changes.contains("first byte (beyond)"), "clipped ones say so");
        let bytes = bytes(&impact());
        assert!(bytes.contains("want") && bytes.contains("new &lt;a&gt;") && bytes.contains(">base<"));
    }
}
