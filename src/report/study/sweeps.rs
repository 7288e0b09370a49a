//! Time and speed against each swept number.

use super::super::document::{Document, Grid, GridColumn, Picture};
use super::super::figure::{AxisScale, Chart, ChartAxis, ChartPoint, Mark, Panel};
use super::super::human::tick;
use super::super::words::{duration, fact, rate, size, title};
use super::{csv, shortened};
use crate::results::Unit;
use crate::study::{Dot, PowerLaw, Swept, SweptLine, spread};

/// Panels of one figure.
const MOST_PANELS: usize = 9;

/// Adds a section with two figures and the exponents; where there are requests, for files
/// of which sizes may differ, there is no figure of the speed.
pub(super) fn tell(page: &mut Document, sweep: &Swept, has_requests: bool) {
    let mut places: Vec<String> = Vec::new();
    for line in &sweep.lines {
        if !places.contains(&fixed(line)) {
            places.push(fixed(line));
        }
    }
    let all = places.len();
    let shown: Vec<String> = spread(all, MOST_PANELS).into_iter().map(|index| places[index].clone()).collect();
    let lines: Vec<&SweptLine> = sweep.lines.iter().filter(|line| shown.contains(&fixed(line))).collect();
    let told = format!("{}{}{}", unfinished(&lines), along(sweep), shortened("places", shown.len(), all));
    let time = Quantity {
        title: format!("Download time against {}", title(&sweep.axis.key)),
        caption: format!(
            "Median over the downloads of all runs of a point, each from {}; the band is from the 5 % to \
             the 95 % quantile of downloads. Seeds and sets of seeders are pooled, all else is fixed.{told}",
            if has_requests { "when it was asked for" } else { "its own start" }
        ),
        unit: "download time",
        show: duration,
        columns: ["median_s", "p5_s", "p95_s"],
        of: |dot| [dot.time_s[1], dot.time_s[0], dot.time_s[2]],
    };
    let speed = Quantity {
        title: format!("Speed against {}", title(&sweep.axis.key)),
        caption: format!(
            "Size of the file over the download time, each from its own start: of the median download, and of the slowest and fastest 5 %.{told}"
        ),
        unit: "speed",
        show: rate,
        columns: ["median_bps", "p5_bps", "p95_bps"],
        of: |dot| [dot.speed_bps[1], dot.speed_bps[0], dot.speed_bps[2]],
    };
    let axis = title(&sweep.axis.key);
    page.heading(format!("Against {axis}"));
    [Some(time), (!has_requests).then_some(speed)]
        .into_iter()
        .flatten()
        .for_each(|quantity| page.picture(quantity.picture(sweep, &shown, &lines)));
    if lines.iter().any(|line| line.fit.is_some()) {
        page.subheading(format!("Scaling with {axis}"));
        page.grid(fits(&lines));
        page.paragraph(format!(
            "Median download time as {axis} to a power, by least squares on the logarithms of the points above: 1 is \
             proportional, 0 independent. Left out are points whose median download did not end or took no time. A wide \
             interval means few points, scatter, or no power law."
        ));
    }
}

/// What goes along with the axis, in a sentence.
fn along(sweep: &Swept) -> String {
    let others: Vec<&str> = sweep.along.iter().map(|key| title(key)).collect();
    if others.is_empty() {
        return String::new();
    }
    format!(" Along with {} goes {}.", title(&sweep.axis.key), others.join(", "))
}

/// What is fixed on a line.
pub(super) fn fixed(line: &SweptLine) -> String {
    line.fixed.iter().map(|(axis, value)| fact(&axis.key, &value.text)).collect::<Vec<_>>().join(", ")
}

/// What downloads that did not end mean for a figure; nothing when all ended.
fn unfinished(lines: &[&SweptLine]) -> String {
    let dots = || lines.iter().flat_map(|line| &line.dots);
    let points = dots().filter(|dot| dot.is_unfinished()).count();
    if points == 0 {
        return String::new();
    }
    let (completed, downloads): (u64, u64) = (dots().map(|d| d.completed).sum(), dots().map(|d| d.downloads).sum());
    let unreached = dots().filter(|dot| dot.time_s[1].is_none()).count();
    format!(
        " {completed} of {downloads} downloads ended; those that did not count as longer than all others. Hollow: \
         points with such downloads ({points} of {}), without a band where a quantile is not reached.{}",
        dots().count(),
        match unreached {
            0 => String::new(),
            _ => format!(" {unreached} of them did not reach the median: not drawn, and in no fit."),
        }
    )
}

/// The exponents with their intervals, and of how many points they are.
fn fits(lines: &[&SweptLine]) -> Grid {
    let numbers = ["exponent [95 % interval]", "points", "left out"].map(GridColumn::numbers);
    let mut grid = Grid::new(["variant", "fixed"].map(GridColumn::words).into_iter().chain(numbers));
    for (line, fit) in lines.iter().filter_map(|line| Some((line, line.fit?))) {
        let left_out = line.dots.len() - fit.points;
        let numbers = [exponent(&fit), fit.points.to_string(), left_out.to_string()];
        grid.row([line.variant.clone(), fixed(line)].into_iter().chain(numbers));
    }
    grid
}

/// `1.02 [0.98 .. 1.06]`
pub(super) fn exponent(fit: &PowerLaw) -> String {
    format!("{:.2} [{:.2} .. {:.2}]", fit.exponent, fit.interval.0, fit.interval.1)
}

/// What is drawn of the dots.
struct Quantity {
    title: String,
    caption: String,
    unit: &'static str,
    show: fn(f64) -> String,
    /// Names of what `of` gives: the median, the lower and the upper end.
    columns: [&'static str; 3],
    of: fn(&Dot) -> [Option<f64>; 3],
}

impl Quantity {
    fn picture(self, sweep: &Swept, places: &[String], lines: &[&SweptLine]) -> Picture {
        let mut series: Vec<String> = Vec::new();
        for line in lines {
            if !series.contains(&line.variant) {
                series.push(line.variant.clone());
            }
        }
        let of = |place: &String, variant: &String| {
            let mine = lines.iter().filter(|line| fixed(line) == *place && line.variant == *variant);
            mine.flat_map(|line| &line.dots).filter_map(|dot| self.place(dot)).collect::<Vec<_>>()
        };
        let panel = |place: &String| Panel {
            title: place.clone(),
            series: series.iter().map(|variant| of(place, variant)).collect(),
            ..Panel::default()
        };
        let panels: Vec<Panel> = places.iter().map(panel).collect();
        let medians: Vec<f64> = lines.iter().flat_map(|line| &line.dots).filter_map(|dot| (self.of)(dot)[0]).collect();
        let (low, high) =
            (medians.iter().copied().fold(f64::INFINITY, f64::min), medians.iter().copied().fold(0.0, f64::max));
        let scale = |is_wide: bool| if is_wide { AxisScale::Log } else { AxisScale::Linear };
        let x = ChartAxis::new(title(&sweep.axis.key), scale(sweep.is_wide()), show(sweep.axis.unit));
        let dots = lines.iter().flat_map(|line| &line.dots);
        let svg = Chart {
            x: x.with_ticks(dots.map(|dot| dot.x)),
            y: ChartAxis::new(self.unit, scale(low > 0.0 && high > 8.0 * low), self.show),
            mark: Mark::Bands,
            series,
            columns: 3,
            panels,
            ..Chart::default()
        }
        .svg();
        let row = |line: &SweptLine, dot: &Dot| {
            let place = [line.variant.clone(), fixed(line), dot.x.to_string()];
            let ends = (self.of)(dot).map(|value| value.map_or(String::new(), |value| value.to_string()));
            let counts = [dot.completed, dot.downloads].map(|count| count.to_string());
            place.into_iter().chain(ends).chain(counts).collect()
        };
        let rows = lines.iter().flat_map(|line| line.dots.iter().map(|dot| row(line, dot)));
        let [median, low, high] = self.columns;
        let header = ["variant", "fixed", &sweep.axis.key, median, low, high, "completed", "downloads"];
        let data = csv(&header, rows);
        Picture { title: self.title, caption: self.caption, svg, data, ..Picture::default() }
    }

    /// Nothing where there is no median.
    fn place(&self, dot: &Dot) -> Option<ChartPoint> {
        let [median, low, high] = (self.of)(dot);
        Some(ChartPoint { y_range: low.zip(high), hollow: dot.is_unfinished(), ..ChartPoint::new(dot.x, median?) })
    }
}

/// How numbers of an axis are written.
fn show(unit: Unit) -> fn(f64) -> String {
    match unit {
        Unit::Bytes => size,
        Unit::BitsPerSecond => rate,
        Unit::Seconds => duration,
        _ => tick,
    }
}
