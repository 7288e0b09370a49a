//! Small figures side by side, with the same axes.

use super::{COLOURS, LINE, Point, SHAPES, arms};
use kuva::backend::svg::SvgBackend;
use kuva::plot::legend::{LegendEntry, LegendShape};
use kuva::plot::line::LinePlot;
use kuva::plot::scatter::ScatterPlot;
use kuva::render::figure::{Figure, FigureLegendPosition};
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;
use std::sync::Arc;

/// Room for one panel, in pixels.
const WIDTH: f64 = 310.0;
const HEIGHT: f64 = 225.0;

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
}

/// Figures in rows and columns, with the same axes: x in doublings, y
/// logarithmic.
#[derive(Debug, Clone)]
pub struct Panels {
    /// Above all.
    pub title: String,
    /// Along x.
    pub x: String,
    /// Along y.
    pub y: String,
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

impl Panels {
    /// All of them as one `<svg>` element.
    pub fn svg(self) -> String {
        let (x, y) = (self.x_range(), self.y_range());
        let rows = self.panels.len().div_ceil(self.columns.max(1)).max(1);
        let layouts = self.panels.iter().enumerate().map(|(index, panel)| self.layout(index, panel, x, y)).collect();
        let plots = self.panels.iter().map(|panel| self.plots(panel, x, y)).collect();
        let scene = Figure::new(rows, self.columns.max(1))
            .with_title(self.title.as_str())
            .with_title_size(16)
            .with_cell_size(WIDTH, HEIGHT)
            .with_plots(plots)
            .with_layouts(layouts)
            .with_shared_legend_entries(self.legend())
            .with_shared_legend_position(FigureLegendPosition::RightTop)
            .render();
        let view = format!("<svg viewBox=\"0 0 {} {}\" ", scene.width, scene.height);
        SvgBackend.render_scene(&scene).replacen("<svg ", &view, 1)
    }

    fn x_range(&self) -> (f64, f64) {
        let values = self.panels.iter().flat_map(|panel| &panel.series).flatten().map(|point| point.x);
        let (low, high) = super::span(values).unwrap_or((1.0, 2.0));
        (libm::log2(low) - 0.5, libm::log2(high) + 0.5)
    }

    /// Of points, intervals and lines; at least an octave.
    fn y_range(&self) -> (f64, f64) {
        let points = self.panels.iter().flat_map(|panel| &panel.series).flatten();
        let points = points.flat_map(|p| [p.y, p.y_range.map_or(p.y, |r| r.0), p.y_range.map_or(p.y, |r| r.1)]);
        let lines = self.panels.iter().flat_map(|panel| &panel.guides).flatten().map(|(_, y)| *y);
        let (low, high) = super::span(points.chain(lines).filter(|y| *y > 0.0)).unwrap_or((0.5, 2.0));
        (low / 1.5, (high * 1.5).max(low * 2.0))
    }

    fn layout(&self, index: usize, panel: &Panel, x: (f64, f64), y: (f64, f64)) -> Layout {
        let doublings: TickFormat = TickFormat::Custom(Arc::new(|v: f64| format!("{}", libm::round(libm::exp2(v)))));
        let last = index + self.columns >= self.panels.len();
        Layout::new(x, y)
            .with_title(panel.title.as_str())
            .with_x_label(if last { self.x.as_str() } else { "" })
            .with_y_label(if index.is_multiple_of(self.columns.max(1)) { self.y.as_str() } else { "" })
            .with_x_axis_min(x.0)
            .with_x_axis_max(x.1)
            .with_y_axis_min(y.0)
            .with_y_axis_max(y.1)
            .with_log_y()
            .with_x_tick_step(1.0)
            .with_x_tick_format(doublings)
            .with_y_tick_format(TickFormat::Custom(Arc::new(|v: f64| format!("{v}"))))
            .with_title_size(13)
            .with_label_size(12)
            .with_tick_size(11)
            .with_body_size(12)
            .with_font_family("sans-serif")
    }

    fn plots(&self, panel: &Panel, x: (f64, f64), y: (f64, f64)) -> Vec<Plot> {
        let lines = self.guides.iter().zip(&panel.guides).filter(|(_, points)| !points.is_empty());
        let mut plots: Vec<Plot> = lines.map(|(guide, points)| line(guide, points)).collect();
        let series = panel.series.iter().enumerate().filter(|(_, points)| !points.is_empty());
        plots.extend(series.map(|(index, points)| scatter(index, self.dodge(index), points)));
        if plots.is_empty() {
            // The library draws no axes around nothing.
            let corner = ScatterPlot::new().with_data([(x.0, y.0)]).with_size(0.0);
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
            shape: LegendShape::Marker(SHAPES[index % SHAPES.len()]),
            dasharray: None,
        });
        let guides = self.guides.iter().map(|guide| LegendEntry {
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

fn line(guide: &Guide, points: &[(f64, f64)]) -> Plot {
    let data = points.iter().map(|(x, y)| (libm::log2(*x), *y));
    let line = LinePlot::new().with_data(data).with_color(LINE).with_stroke_width(1.3);
    match guide.stroke {
        Stroke::Solid => line.into(),
        Stroke::Dashed => line.with_dashed().into(),
        Stroke::Dotted => line.with_dotted().into(),
    }
}

fn scatter(index: usize, dodge: f64, points: &[Point]) -> Plot {
    let scatter = ScatterPlot::new()
        .with_data(points.iter().map(|p| (libm::log2(p.x) + dodge, p.y)))
        .with_color(COLOURS[index % COLOURS.len()])
        .with_marker(SHAPES[index % SHAPES.len()])
        .with_marker_opacity(0.85)
        .with_size(4.0);
    if points.iter().all(|p| p.y_range.is_none()) {
        return scatter.into();
    }
    scatter.with_y_err_asymmetric(points.iter().map(|p| arms(p.y, p.y_range))).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_name_titles_axes_series_and_lines() {
        let panel = |title: &str, points| Panel {
            title: title.into(),
            series: vec![points, vec![]],
            guides: vec![vec![(2.0, 1.2), (32.0, 1.2)]],
        };
        let point = Point { y_range: Some((0.9, 3.0)), ..Point::new(8.0, 1.5) };
        let empty = Panel { title: "empty".into(), ..Panel::default() };
        let svg = Panels {
            title: "all & everything".into(),
            x: "network size".into(),
            y: "ratio".into(),
            series: vec!["own".into(), "nowhere".into()],
            guides: vec![Guide { name: "limit".into(), stroke: Stroke::Dashed }],
            columns: 2,
            panels: vec![panel("100 MB", vec![point]), panel("1 GB", vec![Point::new(32.0, 2.0)]), empty],
        }
        .svg();
        for word in ["<svg viewBox", "all &amp; everything", "100 MB", "1 GB", "network size", "ratio", "own", "limit"]
        {
            assert!(svg.contains(word), "no {word}");
        }
        assert!(!svg.contains("nowhere"), "the legend has what is drawn");
        assert!(svg.contains(">8<") && svg.contains(">32<"), "network sizes, not their logarithms");
    }
}
