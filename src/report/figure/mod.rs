//! Figures as SVG text: the only place that knows the plotting library.
//!
//! Colours are those of Okabe & Ito (2008), which the colour-blind can tell
//! apart; every series differs in shape as well.

mod bars;
mod panels;

pub use bars::{Bar, Bars};
pub use panels::{Along, Guide, Mark, Panel, Panels, Scale, Stroke};

use kuva::backend::terminal::TerminalBackend;
use kuva::plot::legend::LegendPosition;
use kuva::plot::line::LinePlot;
use kuva::plot::scatter::{MarkerShape, ScatterPlot};
use kuva::render::annotations::TextAnnotation;
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;
use std::sync::Arc;

/// The colours of series, in this order.
pub(super) const COLOURS: [&str; 7] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000"];
const SHAPES: [MarkerShape; 7] = [
    MarkerShape::Diamond,
    MarkerShape::Circle,
    MarkerShape::Square,
    MarkerShape::Triangle,
    MarkerShape::Cross,
    MarkerShape::TriangleDown,
    MarkerShape::Plus,
];
/// Half the size of a mark, in pixels.
const MARK: f64 = 4.5;
/// Colour of lines for orientation: bounds, the diagonal.
const LINE: &str = "#555555";

/// Room for a row of categories, and for all that is not the plot, in pixels.
const ROW: f64 = 24.0;
const MARGINS: f64 = 110.0;

/// A value at a position, and the interval around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Along x.
    pub x: f64,
    /// Along y.
    pub y: f64,
    /// The interval along x that `x` lies in.
    pub x_range: Option<(f64, f64)>,
    /// The interval along y that `y` lies in.
    pub y_range: Option<(f64, f64)>,
    /// Whether the mark is an outline, in [`Panels`]: the value is not of all.
    pub hollow: bool,
}

impl Point {
    /// A filled mark without intervals.
    pub const fn new(x: f64, y: f64) -> Point {
        Point { x, y, x_range: None, y_range: None, hollow: false }
    }
}

/// Words on a figure.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// Above it.
    pub title: &'a str,
    /// Along x.
    pub x: &'a str,
    /// Along y.
    pub y: &'a str,
}

enum Series {
    Points(String, Vec<Point>),
    Line(String, Vec<(f64, f64)>),
}

/// A figure in the making.
pub struct Figure {
    series: Vec<Series>,
    /// Names of the rows, from the bottom; rows are y = 1, 2, ...
    rows: Vec<String>,
    /// Words above a position.
    labels: Vec<(f64, f64, String)>,
    log: bool,
}

impl Figure {
    /// A figure with x and y to scale; logarithmic where all values are above
    /// zero and spread over more than a decade.
    pub fn plane() -> Figure {
        Figure { series: vec![], rows: vec![], labels: vec![], log: true }
    }

    /// A figure of rows, named from the top. The first row is `y = rows`, the
    /// last `y = 1`: see [`Figure::row`].
    pub fn of_rows(names: &[String]) -> Figure {
        Figure { series: vec![], rows: names.iter().rev().cloned().collect(), labels: vec![], log: true }
    }

    /// The y of the row `index`, counted from the top.
    pub fn row(&self, index: usize) -> f64 {
        (self.rows.len() - index) as f64
    }

    /// Adds a series of points.
    pub fn points(&mut self, name: &str, points: Vec<Point>) {
        if !points.is_empty() {
            self.series.push(Series::Points(name.into(), points));
        }
    }

    /// Adds a line for orientation.
    pub fn line(&mut self, name: &str, points: Vec<(f64, f64)>) {
        if !points.is_empty() {
            self.series.push(Series::Line(name.into(), points));
        }
    }

    /// Writes `text` just above the position, centred.
    pub fn label(&mut self, x: f64, y: f64, text: &str) {
        self.labels.push((x, y, text.into()));
    }

    /// Smallest and largest value along x, intervals included.
    pub fn x_span(&self) -> Option<(f64, f64)> {
        span(self.series.iter().flat_map(xs))
    }

    fn y_span(&self) -> Option<(f64, f64)> {
        span(self.series.iter().flat_map(ys))
    }

    /// The figure as an `<svg>` element.
    pub fn svg(self, words: Words) -> String {
        let (x, y) = (self.x_span().unwrap_or((0.0, 1.0)), self.y_span().unwrap_or((0.0, 1.0)));
        let wide = |(low, high): (f64, f64)| low > 0.0 && high > 10.0 * low;
        let log_x = self.log && wide(x);
        let log_y = self.rows.is_empty() && self.log && wide(y);
        let rows = self.rows.len() as f64;
        let (x, y) = (padded(x, log_x), if self.rows.is_empty() { padded(y, log_y) } else { (0.5, rows + 0.5) });
        let plots: Vec<Plot> = self.series.into_iter().enumerate().map(|(i, series)| plot(i, series)).collect();
        let mut layout = Layout::auto_from_plots(&plots)
            .with_x_label(words.x)
            .with_y_label(words.y)
            .with_x_axis_min(x.0)
            .with_x_axis_max(x.1)
            .with_y_axis_min(y.0)
            .with_y_axis_max(y.1);
        let (width, height) = if self.rows.is_empty() { (760.0, 520.0) } else { (1000.0, MARGINS + ROW * rows) };
        layout = styled(layout).with_width(width).with_height(height);
        if !self.rows.is_empty() {
            layout = layout.with_y_categories(self.rows);
        }
        if !words.title.is_empty() {
            layout = layout.with_title(words.title);
        }
        for (x, y, text) in self.labels {
            layout = layout.with_annotation(TextAnnotation::new(text, x, y).with_font_size(11).with_color(LINE));
        }
        if log_x {
            layout = layout.with_log_x();
        }
        if log_y {
            layout = layout.with_log_y();
        }
        with_view_box(&kuva::render_to_svg(plots, layout), width, height)
    }
}

/// Without a view box a page could cut a figure but not shrink it.
fn with_view_box(svg: &str, width: f64, height: f64) -> String {
    svg.replacen("<svg ", &format!("<svg role=\"img\" viewBox=\"0 0 {width} {height}\" "), 1)
}

/// Columns and rows of a figure out of characters.
const TEXT_SIZE: (usize, usize) = (72, 14);

impl Figure {
    /// The figure out of characters: to scale, without title, legend and colours.
    pub fn text(self, words: Words) -> String {
        let solid = |series| match series {
            Series::Line(_, points) => LinePlot::new().with_data(points).into(),
            points => plot(0, points),
        };
        let plots: Vec<Plot> = self.series.into_iter().map(solid).collect();
        let layout = Layout::auto_from_plots(&plots).with_x_label(words.x).with_y_label(words.y).with_show_grid(false);
        let scene = kuva::render::render::render_multiple(plots, layout);
        let text = TerminalBackend::new(TEXT_SIZE.0, TEXT_SIZE.1).render_scene(&scene);
        let lines = console::strip_ansi_codes(&text).lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        lines + "\n"
    }
}

/// The legend beside the plot, and the size of all words.
fn styled(layout: Layout) -> Layout {
    layout
        .with_legend_position(LegendPosition::OutsideRightTop)
        .with_legend_box(false)
        .with_label_size(13)
        .with_tick_size(12)
        .with_tick_format(TickFormat::Custom(Arc::new(super::human::tick)))
        .with_title_size(15)
        .with_body_size(12)
        .with_font_family("sans-serif")
}

fn xs(series: &Series) -> Vec<f64> {
    match series {
        Series::Points(_, points) => {
            points.iter().flat_map(|p| [Some(p.x), p.x_range.map(|r| r.0), p.x_range.map(|r| r.1)]).flatten().collect()
        }
        Series::Line(_, points) => points.iter().map(|p| p.0).collect(),
    }
}

fn ys(series: &Series) -> Vec<f64> {
    match series {
        Series::Points(_, points) => {
            points.iter().flat_map(|p| [Some(p.y), p.y_range.map(|r| r.0), p.y_range.map(|r| r.1)]).flatten().collect()
        }
        Series::Line(_, points) => points.iter().map(|p| p.1).collect(),
    }
}

fn span(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.map(|v| (v, v)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// Some room around the values, so that no point lies on an axis.
fn padded((low, high): (f64, f64), log: bool) -> (f64, f64) {
    if log {
        return (low / 1.15, high * 1.15);
    }
    let room = 0.05 * (high - low).max(0.02 * high.abs()).max(1e-9);
    (low - room, high + room)
}

/// How far an interval reaches below and above a value.
fn arms(value: f64, range: Option<(f64, f64)>) -> (f64, f64) {
    range.map_or((0.0, 0.0), |r| (value - r.0, r.1 - value))
}

fn plot(index: usize, series: Series) -> Plot {
    match series {
        Series::Line(name, points) => {
            let line = LinePlot::new().with_data(points).with_color(LINE).with_stroke_width(1.5).with_dashed();
            line.with_legend(name).into()
        }
        Series::Points(name, points) => {
            let mut scatter = ScatterPlot::new()
                .with_data(points.iter().map(|p| (p.x, p.y)))
                .with_color(COLOURS[index % COLOURS.len()])
                .with_marker(SHAPES[index % SHAPES.len()])
                .with_marker_opacity(0.75)
                .with_size(MARK);
            // A bar on every point, or none at all.
            if points.iter().any(|p| p.x_range.is_some()) {
                scatter = scatter.with_x_err_asymmetric(points.iter().map(|p| arms(p.x, p.x_range)));
            }
            if points.iter().any(|p| p.y_range.is_some()) {
                scatter = scatter.with_y_err_asymmetric(points.iter().map(|p| arms(p.y, p.y_range)));
            }
            scatter.with_legend(name).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_names_its_rows_axes_and_series() {
        let mut figure = Figure::of_rows(&["first & only".into(), "second".into()]);
        assert_eq!((figure.row(0), figure.row(1)), (2.0, 1.0));
        let (first, second) = (figure.row(0), figure.row(1));
        figure.points("measured", vec![Point::new(3.0, first), Point::new(90.0, second)]);
        figure.points("predicted", vec![Point { x_range: Some((2.0, 4.0)), ..Point::new(2.5, first) }]);
        figure.label(2.5, first, "two & a half");
        assert_eq!(figure.x_span(), Some((2.0, 90.0)));
        let svg = figure.svg(Words { title: "times", x: "seconds", y: "" });
        for word in [
            "<svg",
            "first &amp; only",
            "second",
            "measured",
            "predicted",
            "two &amp; a half",
            "times",
            "seconds",
            "</svg>",
        ] {
            assert!(svg.contains(word), "no {word}");
        }
    }

    #[test]
    fn an_empty_figure_is_no_failure() {
        assert!(Figure::plane().svg(Words { title: "nothing", x: "x", y: "y" }).contains("<svg"));
    }

    #[test]
    fn equal_values_get_room() {
        let (low, high) = padded((5.0, 5.0), false);
        assert!(low < 5.0 && high > 5.0);
    }
}
