//! Small figures side by side, with the same axes.

use super::{COLOURS, LINE, MARK, Point, SHAPES, arms, with_view_box};
use kuva::backend::svg::SvgBackend;
use kuva::plot::band::BandPlot;
use kuva::plot::legend::{LegendEntry, LegendShape};
use kuva::plot::line::{LinePlot, LineStyle};
use kuva::plot::scatter::ScatterPlot;
use kuva::render::figure::{Figure, FigureLegendPosition};
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;
use std::sync::Arc;

/// Room for one panel of several, in pixels.
const WIDTH: f64 = 310.0;
const HEIGHT: f64 = 225.0;
/// Letters of a title that have room above a panel.
const TITLE: usize = 46;
/// Ticks along an axis that have room for their words, such as `1 h 6 min`.
const TICKS: usize = 4;
/// How much larger a panel alone is.
const ALONE: f64 = 1.7;
/// What lies within a hollow mark.
const HOLLOW: &str = "#ffffff";
/// Dashes of lines, which differ also where colours do not.
const DASHES: [&str; 7] = ["", "8 4", "2 3", "8 3 2 3", "14 4", "5 2 1 2 1 2", "4 6"];

/// How a line for orientation is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stroke {
    /// Thin and whole.
    Solid,
    /// Broken.
    Dashed,
    /// Dotted.
    Dotted,
}

/// A line for orientation, drawn in every panel that has points of it.
#[derive(Debug, Clone)]
pub struct Guide {
    /// Its name in the legend.
    pub name: String,
    /// How it is drawn.
    pub stroke: Stroke,
}

/// One of the figures.
#[derive(Debug, Clone, Default)]
pub struct Panel {
    /// Above it.
    pub title: String,
    /// Points of each series, in the order of [`Panels::series`].
    pub series: Vec<Vec<Point>>,
    /// Each line, in the order of [`Panels::guides`].
    pub guides: Vec<Vec<(f64, f64)>>,
    /// How its own axis runs along x; nothing where all panels share one. What differs by
    /// decades from panel to panel would be squeezed on a shared one.
    pub own_x: Option<Scale>,
}

/// How an axis runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Evenly, from zero unless all values are far from it.
    Linear,
    /// Logarithmic; along x with a tick at the least value and at its doublings.
    Log,
}

/// An axis of all panels.
#[derive(Debug, Clone, Copy)]
pub struct Along<'a> {
    /// Its name, with unit.
    pub name: &'a str,
    /// How it runs.
    pub scale: Scale,
    /// How its numbers are written.
    pub show: fn(f64) -> String,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Points with bars for their intervals, side by side.
    Points,
    /// Points joined by lines, with their intervals as a band.
    Bands,
    /// A staircase.
    Steps,
}

/// Figures in rows and columns, with the same axes.
#[derive(Debug, Clone)]
pub struct Panels<'a> {
    /// Above all.
    pub title: String,
    /// Along x.
    pub x: Along<'a>,
    /// Along y.
    pub y: Along<'a>,
    /// How the series are drawn.
    pub mark: Mark,
    /// Names of the series; one without any point keeps its colour and shape
    /// free, so that these stay the same from figure to figure.
    pub series: Vec<String>,
    /// The lines.
    pub guides: Vec<Guide>,
    /// Panels in one row.
    pub columns: usize,
    /// The panels, row by row.
    pub panels: Vec<Panel>,
}

/// Where the axes run. Along x the library draws positions, which on a
/// logarithmic axis are doublings (or, over many of them, tenfolds) of the least
/// value: so ticks are at values that were run.
#[derive(Clone, Copy)]
struct Frame {
    x: (f64, f64),
    y: (f64, f64),
    least: f64,
    /// Logarithm of the factor between two ticks; 0 on a linear axis.
    step: f64,
}

impl Frame {
    fn place(&self, x: f64) -> f64 {
        if self.step > 0.0 { libm::log(x / self.least) / self.step } else { x }
    }
}

impl Panels<'_> {
    /// All of them as one `<svg>` element.
    pub fn svg(self) -> String {
        let all = self.frame(&self.panels, self.x.scale);
        let frame = |panel: &Panel| panel.own_x.map_or(all, |scale| self.frame(std::slice::from_ref(panel), scale));
        let rows = self.panels.len().div_ceil(self.columns.max(1)).max(1);
        let layouts =
            self.panels.iter().enumerate().map(|(index, panel)| self.layout(index, panel, &frame(panel))).collect();
        let plots = self.panels.iter().map(|panel| self.plots(panel, &frame(panel))).collect();
        let size = if self.panels.len() == 1 { ALONE } else { 1.0 };
        let mut figure = Figure::new(rows, self.columns.max(1));
        if !self.title.is_empty() {
            figure = figure.with_title(self.title.as_str()).with_title_size(16);
        }
        let scene = figure
            .with_cell_size(WIDTH * size, HEIGHT * size)
            .with_plots(plots)
            .with_layouts(layouts)
            .with_shared_legend_entries(self.legend())
            .with_shared_legend_position(FigureLegendPosition::RightTop)
            .render();
        let (width, height) = (scene.width, scene.height);
        with_view_box(&SvgBackend.render_scene(&scene), width, height)
    }

    /// Of points, intervals and lines.
    fn frame(&self, panels: &[Panel], x: Scale) -> Frame {
        let points = || panels.iter().flat_map(|panel| &panel.series).flatten();
        let guides = || panels.iter().flat_map(|panel| &panel.guides).flatten();
        // Under a staircase lines stand upright and belong in view.
        let upright = guides().map(|(x, _)| *x).filter(|_| self.mark == Mark::Steps);
        let (least, most) = super::span(points().map(|point| point.x).chain(upright)).unwrap_or((1.0, 2.0));
        // A staircase has no values that were chosen, so ticks are at round ones.
        let least = if self.mark == Mark::Steps { rounded_down(least) } else { least };
        let tens = libm::log10(most / least);
        let is_tenfold = tens > 0.5 && (tens - libm::round(tens)).abs() < 1e-6;
        let factor: f64 = if most > 600.0 * least || is_tenfold { 10.0 } else { 2.0 };
        let step = if x == Scale::Log { libm::log(factor) } else { 0.0 };
        let mut frame = Frame { x: (0.0, 1.0), y: (0.0, 1.0), least, step };
        frame.x = match x {
            Scale::Log => (-0.5, frame.place(most) + 0.5),
            Scale::Linear => (least.min(0.0), if most > 0.0 { most * 1.05 } else { 1.0 }),
        };
        let ys = points().flat_map(|p| [p.y, p.y_range.map_or(p.y, |r| r.0), p.y_range.map_or(p.y, |r| r.1)]);
        let ys = ys.chain(guides().map(|(_, y)| *y));
        frame.y = match self.y.scale {
            Scale::Log => {
                let (low, high) = super::span(ys.filter(|y| *y > 0.0)).unwrap_or((0.5, 2.0));
                // At least an octave.
                (low / 1.5, (high * 1.5).max(low * 2.0))
            }
            Scale::Linear => (0.0, super::span(ys).map_or(1.0, |(_, high)| high * 1.05).max(f64::MIN_POSITIVE)),
        };
        frame
    }

    fn layout(&self, index: usize, panel: &Panel, frame: &Frame) -> Layout {
        let (least, step, show_x, show_y) = (frame.least, frame.step, self.x.show, self.y.show);
        let x_value = move |v: f64| if step > 0.0 { least * libm::exp(v * step) } else { v };
        let last = index + self.columns >= self.panels.len();
        let mut layout = Layout::new(frame.x, frame.y)
            .with_title(panel.title.as_str())
            .with_title_wrap(TITLE)
            .with_x_label(if last { self.x.name } else { "" })
            .with_y_label(if index.is_multiple_of(self.columns.max(1)) { self.y.name } else { "" })
            .with_x_axis_min(frame.x.0)
            .with_x_axis_max(frame.x.1)
            .with_y_axis_min(frame.y.0)
            .with_y_axis_max(frame.y.1)
            .with_x_tick_format(TickFormat::Custom(Arc::new(move |v| show_x(x_value(v)))))
            .with_y_tick_format(TickFormat::Custom(Arc::new(show_y)))
            .with_ticks(TICKS)
            .with_title_size(13)
            .with_label_size(12)
            .with_tick_size(11)
            .with_body_size(12)
            .with_font_family("sans-serif");
        if step > 0.0 {
            layout = layout.with_x_tick_step(libm::ceil((frame.x.1 - frame.x.0) / TICKS as f64));
        }
        if self.y.scale == Scale::Log { layout.with_log_y() } else { layout }
    }

    fn plots(&self, panel: &Panel, frame: &Frame) -> Vec<Plot> {
        let lines = self.guides.iter().zip(&panel.guides).filter(|(_, points)| !points.is_empty());
        let mut plots: Vec<Plot> = lines.map(|(guide, points)| line(guide, points, frame)).collect();
        let series = || panel.series.iter().enumerate().filter(|(_, points)| !points.is_empty());
        match self.mark {
            Mark::Points => plots.extend(series().flat_map(|(i, points)| scatter(i, self.dodge(i), points, frame))),
            Mark::Steps => plots.extend(series().map(|(i, points)| joined(i, points, frame).with_step().into())),
            Mark::Bands => {
                plots.extend(series().flat_map(|(i, points)| bands(i, points, frame)));
                plots.extend(series().map(|(i, points)| joined(i, points, frame).into()));
                let bare = |points: &[Point]| points.iter().map(|p| Point { y_range: None, ..*p }).collect::<Vec<_>>();
                plots.extend(series().flat_map(|(i, points)| scatter(i, 0.0, &bare(points), frame)));
            }
        }
        if plots.is_empty() {
            // The library draws no axes around nothing.
            let corner = ScatterPlot::new().with_data([(frame.x.0, frame.y.0)]).with_size(0.0);
            plots.push(corner.into());
        }
        plots
    }

    /// A little to the side, so that equal values do not hide each other.
    fn dodge(&self, index: usize) -> f64 {
        let middle = (self.series.len() as f64 - 1.0) / 2.0;
        0.12 * (index as f64 - middle)
    }

    fn legend(&self) -> Vec<LegendEntry> {
        let drawn =
            |index: usize| self.panels.iter().any(|p| p.series.get(index).is_some_and(|points| !points.is_empty()));
        let series = self.series.iter().enumerate().filter(|(index, _)| drawn(*index));
        let series = series.map(|(index, name)| LegendEntry {
            label: name.clone(),
            color: COLOURS[index % COLOURS.len()].into(),
            shape: if self.mark == Mark::Steps { LegendShape::Line } else { LegendShape::Marker(shape(index)) },
            dasharray: dashes(index).dasharray(),
        });
        let met =
            |index: usize| self.panels.iter().any(|p| p.guides.get(index).is_some_and(|points| !points.is_empty()));
        let guides = self.guides.iter().enumerate().filter(|(index, _)| met(*index)).map(|(_, guide)| LegendEntry {
            label: guide.name.clone(),
            color: LINE.into(),
            shape: LegendShape::Line,
            dasharray: match guide.stroke {
                Stroke::Solid => None,
                Stroke::Dashed => Some("8 4".into()),
                Stroke::Dotted => Some("2 4".into()),
            },
        });
        series.chain(guides).collect()
    }
}

/// To 1, 2 or 5 in the leading digit.
fn rounded_down(value: f64) -> f64 {
    let tens = libm::pow(10.0, libm::floor(libm::log10(value)));
    [5.0, 2.0].into_iter().find(|digit| value >= digit * tens).unwrap_or(1.0) * tens
}

/// Shapes go round at another place than colours when there are more series than
/// colours.
fn shape(index: usize) -> kuva::plot::scatter::MarkerShape {
    SHAPES[(index + index / COLOURS.len()) % SHAPES.len()]
}

fn dashes(index: usize) -> LineStyle {
    match DASHES[(index + index / COLOURS.len()) % DASHES.len()] {
        "" => LineStyle::Solid,
        dashes => LineStyle::Custom(dashes.into()),
    }
}

fn line(guide: &Guide, points: &[(f64, f64)], frame: &Frame) -> Plot {
    let data = points.iter().map(|(x, y)| (frame.place(*x), *y));
    let line = LinePlot::new().with_data(data).with_color(LINE).with_stroke_width(1.3);
    match guide.stroke {
        Stroke::Solid => line.into(),
        Stroke::Dashed => line.with_dashed().into(),
        Stroke::Dotted => line.with_dotted().into(),
    }
}

fn joined(index: usize, points: &[Point], frame: &Frame) -> LinePlot {
    LinePlot::new()
        .with_data(points.iter().map(|p| (frame.place(p.x), p.y)))
        .with_color(COLOURS[index % COLOURS.len()])
        .with_stroke_width(1.6)
        .with_line_style(dashes(index))
}

/// A band over each stretch of points with intervals; none across a point without.
fn bands(index: usize, points: &[Point], frame: &Frame) -> Vec<Plot> {
    let stretches = points.split(|p| p.y_range.is_none()).filter(|stretch| !stretch.is_empty());
    let band = |stretch: &[Point]| {
        let ends = |of: fn((f64, f64)) -> f64| stretch.iter().filter_map(|p| p.y_range).map(of).collect::<Vec<_>>();
        let xs: Vec<f64> = stretch.iter().map(|p| frame.place(p.x)).collect();
        let band = BandPlot::new(xs, ends(|range| range.0), ends(|range| range.1));
        band.with_color(COLOURS[index % COLOURS.len()]).with_opacity(0.15).into()
    };
    stretches.map(band).collect()
}

/// All marks, and what makes outlines of the hollow ones: the library can leave
/// only circles unfilled, so a smaller white mark lies within.
fn scatter(index: usize, dodge: f64, points: &[Point], frame: &Frame) -> Vec<Plot> {
    let marks = |points: &[Point]| {
        let data = points.iter().map(|p| (frame.place(p.x) + dodge, p.y));
        ScatterPlot::new().with_data(data).with_marker(shape(index))
    };
    let all = marks(points).with_color(COLOURS[index % COLOURS.len()]).with_marker_opacity(0.85).with_size(MARK);
    let all = match points.iter().all(|p| p.y_range.is_none()) {
        true => all,
        false => all.with_y_err_asymmetric(points.iter().map(|p| arms(p.y, p.y_range))),
    };
    let hollow: Vec<Point> = points.iter().copied().filter(|point| point.hollow).collect();
    let within = (!hollow.is_empty()).then(|| marks(&hollow).with_color(HOLLOW).with_size(0.6 * MARK).into());
    std::iter::once(all.into()).chain(within).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(value: f64) -> String {
        format!("{}", libm::round(value))
    }

    #[test]
    fn panels_name_titles_axes_series_and_lines() {
        let panel = |title: &str, points| Panel {
            title: title.into(),
            series: vec![points, vec![]],
            guides: vec![vec![(2.0, 1.2), (32.0, 1.2)]],
            own_x: None,
        };
        let point = Point { y_range: Some((0.9, 3.0)), ..Point::new(8.0, 1.5) };
        let empty = Panel { title: "empty".into(), ..Panel::default() };
        let svg = Panels {
            title: "all & everything".into(),
            x: Along { name: "network size", scale: Scale::Log, show: plain },
            y: Along { name: "ratio", scale: Scale::Log, show: plain },
            mark: Mark::Points,
            series: vec!["own".into(), "nowhere".into()],
            guides: vec![Guide { name: "limit".into(), stroke: Stroke::Dashed }],
            columns: 2,
            panels: vec![panel("100 MB", vec![point]), panel("1 GB", vec![Point::new(32.0, 2.0)]), empty],
        }
        .svg();
        for word in ["viewBox", "all &amp; everything", "100 MB", "1 GB", "network size", "ratio", "own", "limit"] {
            assert!(svg.contains(word), "no {word}");
        }
        assert!(!svg.contains("nowhere"), "the legend has what is drawn");
        assert!(svg.contains(">8<") && svg.contains(">32<"), "network sizes, not their logarithms");
    }

    fn of(mark: Mark, scale: Scale, points: Vec<Point>) -> String {
        Panels {
            title: String::new(),
            x: Along { name: "x", scale, show: plain },
            y: Along { name: "y", scale: Scale::Linear, show: plain },
            mark,
            series: vec!["own".into()],
            guides: vec![],
            columns: 1,
            panels: vec![Panel { series: vec![points], ..Panel::default() }],
        }
        .svg()
    }

    #[test]
    fn ticks_of_a_logarithmic_axis_are_at_the_least_value_and_its_doublings() {
        let points = [300.0, 600.0, 2400.0].map(|x| Point { y_range: Some((1.0, 3.0)), ..Point::new(x, 2.0) });
        let svg = of(Mark::Bands, Scale::Log, points.to_vec());
        for tick in ["300", "600", "1200", "2400"] {
            assert!(svg.contains(&format!(">{tick}<")), "no {tick}");
        }
        let opaque = svg.matches("opacity=\"0.15\"").count();
        assert_eq!(opaque, 1, "one band");
    }

    #[test]
    fn hollow_marks_are_outlines_and_no_band_spans_a_point_without_an_interval() {
        let within = |x| Point { y_range: Some((1.0, 3.0)), ..Point::new(x, 2.0) };
        let open = Point { hollow: true, ..Point::new(2.0, 2.0) };
        let svg = of(Mark::Bands, Scale::Linear, vec![within(0.5), within(1.0), open, within(3.0), within(4.0)]);
        assert_eq!(svg.matches("opacity=\"0.15\"").count(), 2, "one on each side");
        let filled = of(Mark::Bands, Scale::Linear, vec![within(0.5)]);
        let within = |svg: &str| svg.matches(&format!("fill=\"{HOLLOW}\"")).count();
        assert_eq!(within(&svg), within(&filled) + 1, "{svg}");
    }

    /// 1 to 3 ms and 1 to 3 h would be two walls on one axis.
    #[test]
    fn a_panel_may_have_an_axis_of_its_own() {
        let panel = |unit: f64| Panel {
            series: vec![[1.0, 2.0, 3.0].map(|x| Point::new(x * unit, 0.5)).to_vec()],
            own_x: Some(Scale::Linear),
            ..Panel::default()
        };
        let svg = Panels {
            title: String::new(),
            x: Along { name: "x", scale: Scale::Log, show: |value| format!("{value:.3}") },
            y: Along { name: "y", scale: Scale::Linear, show: plain },
            mark: Mark::Steps,
            series: vec!["own".into()],
            guides: vec![],
            columns: 2,
            panels: vec![panel(0.001), panel(3600.0)],
        }
        .svg();
        assert!(svg.contains(">0.001<") && svg.contains(">5000.000<"), "{svg}");
    }

    #[test]
    fn a_staircase_has_a_corner_for_every_step() {
        let points = vec![Point::new(0.0, 0.0), Point::new(2.0, 0.5), Point::new(4.0, 1.0)];
        let svg = of(Mark::Steps, Scale::Linear, points);
        let path = svg.split("<path d=\"").find(|path| path.contains(&COLOURS[0].to_lowercase())).unwrap();
        let corners = path.split('"').next().unwrap().matches(['M', 'L']).count();
        assert_eq!(corners, 5, "{path}");
    }
}
