//! Rows of segments end to end: shares of a whole, or stretches of time.

use super::{COLOURS, MARGINS, ROW, styled, with_view_box};
use kuva::backend::svg::SvgBackend;
use kuva::plot::bar::BarPlot;
use kuva::plot::legend::{LegendEntry, LegendShape};
use kuva::render::color::Color;
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;
use kuva::render::render::{PathData, Primitive, Scene, render_multiple};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every kind has a colour of its own: those of the series, then yellow and grey, which
/// the colour-blind can tell apart; there are no more of that sort, so the others (of
/// Tol's palettes) are hatched as well.
const FILLS: [&str; 17] = {
    let [a, b, c, d, e, f, g] = COLOURS;
    let rest = ["#882255", "#44AA99", "#DDCC77", "#332288", "#7A4A1E", "#B7E0F2", "#C51B7D", "#FFFFFF"];
    let [h, i, j, k, l, m, n, o] = rest;
    [a, b, c, d, e, f, g, "#F0E442", "#999999", h, i, j, k, l, m, n, o]
};
/// Kinds of a colour that needs no hatch.
const PLAIN: usize = 9;
/// As paths in a square of 8 by 8.
const HATCHES: [&str; 6] = [
    "M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4",
    "M0,4 h8",
    "M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4",
    "M2,2 h2 v2 h-2 z M6,6 h2 v2 h-2 z",
    "M4,0 v8",
    "M0,0 l8,8 M0,8 l8,-8",
];
/// Colours on which a dark hatch is better seen than a light one.
const LIGHT: [&str; 3] = ["#DDCC77", "#B7E0F2", "#FFFFFF"];

/// One row.
#[derive(Debug, Clone)]
pub struct Bar {
    /// Its name.
    pub name: String,
    /// From the left: the kind, an index into [`Bars::kinds`], or nothing for a
    /// gap; and its length.
    pub segments: Vec<(Option<usize>, f64)>,
}

/// Rows of segments.
#[derive(Debug, Clone)]
pub struct Bars<'a> {
    /// Above it.
    pub title: &'a str,
    /// Along x.
    pub x: &'a str,
    /// How the numbers along x are written.
    pub show: fn(f64) -> String,
    /// Names of the kinds; those without a segment are not in the legend, and keep
    /// their colours free.
    pub kinds: Vec<String>,
    /// The rows, from the top.
    pub rows: Vec<Bar>,
}

impl Bars<'_> {
    /// The figure as an `<svg>` element.
    pub fn svg(self) -> String {
        let id = self.id();
        let fill = |kind: Option<usize>| kind.map_or("none".into(), |kind| format!("url(#{id}-{kind})"));
        let mut plot = BarPlot::new().with_horizontal(true).with_stacked();
        plot = plot.with_width(0.8 * self.rows.len() as f64 / self.lines());
        for row in self.rows.iter().rev() {
            plot = plot.with_group(row.name.as_str(), row.segments.iter().map(|(kind, length)| (*length, fill(*kind))));
        }
        let kinds = self.drawn();
        let legend = kinds.iter().map(|kind| LegendEntry {
            label: self.kinds[*kind].clone(),
            color: fill(Some(*kind)),
            shape: LegendShape::Rect,
            dasharray: None,
        });
        let layout = self.layout().with_legend_entries(legend.collect());
        let mut scene = render_multiple(vec![Plot::Bar(plot)], layout);
        scene.defs.extend(kinds.iter().map(|kind| pattern(&format!("{id}-{kind}"), *kind)));
        join(&mut scene);
        with_view_box(&SvgBackend.render_scene(&scene), scene.width, scene.height)
    }

    /// Fills are named in the whole page, so every figure has names of its own.
    fn id(&self) -> String {
        let mut text = format!("{} {}", self.title, self.x);
        for row in &self.rows {
            text += &format!("{} {:?}", row.name, row.segments);
        }
        format!("f{:08x}", crate::study::digest(text.as_bytes()) as u32)
    }

    /// The kinds that have a segment.
    fn drawn(&self) -> Vec<usize> {
        let met =
            |kind: &usize| self.rows.iter().flat_map(|row| &row.segments).any(|s| s.0 == Some(*kind) && s.1 > 0.0);
        (0..self.kinds.len()).filter(met).collect()
    }

    /// Lines that have room: those of the legend are a little narrower than rows.
    fn lines(&self) -> f64 {
        (self.rows.len() as f64).max(self.drawn().len() as f64 * 0.8).max(1.0)
    }

    fn layout(&self) -> Layout {
        let most = self.rows.iter().map(|row| row.segments.iter().map(|s| s.1).sum::<f64>()).fold(0.0, f64::max);
        let rows = self.rows.len() as f64;
        let layout = Layout::new((0.0, most), (0.5, rows + 0.5))
            .with_x_label(self.x)
            .with_y_categories(self.rows.iter().rev().map(|row| row.name.clone()).collect())
            .with_x_axis_min(0.0)
            .with_x_axis_max(if most > 0.0 { most * 1.02 } else { 1.0 })
            .with_y_axis_min(0.5)
            .with_y_axis_max(rows + 0.5)
            .with_width(1000.0)
            .with_height(MARGINS + ROW * self.lines());
        let layout = styled(layout).with_x_tick_format(TickFormat::Custom(Arc::new(self.show)));
        if self.title.is_empty() { layout } else { layout.with_title(self.title) }
    }
}

/// Joins all that is filled alike into one path: a printer draws a pattern anew
/// for every element, which made pages of tens of megabytes.
fn join(scene: &mut Scene) {
    let mut paths: BTreeMap<String, String> = BTreeMap::new();
    scene.elements.retain(|element| match element {
        Primitive::Rect { x, y, width, height, fill: Color::Css(fill), .. } if fill.starts_with("url(") => {
            let path = paths.entry(fill.to_string()).or_default();
            *path += &format!("M{x:.2} {y:.2}h{width:.2}v{height:.2}h-{width:.2}z");
            false
        }
        _ => true,
    });
    for (fill, d) in paths {
        let fill = Some(Color::Css(fill.into()));
        let (stroke, stroke_width, opacity, stroke_dasharray) = (Color::None, 0.0, None, None);
        scene.add(Primitive::Path(Box::new(PathData { d, fill, stroke, stroke_width, opacity, stroke_dasharray })));
    }
}

/// The colour of a kind with its hatch.
fn pattern(id: &str, kind: usize) -> String {
    let colour = FILLS[kind % FILLS.len()];
    let hatch = if kind < PLAIN { "" } else { HATCHES[(kind - PLAIN) % HATCHES.len()] };
    let ink = if LIGHT.contains(&colour) { "#000" } else { "#fff" };
    format!(
        "<pattern id=\"{id}\" patternUnits=\"userSpaceOnUse\" width=\"8\" height=\"8\">\
         <rect width=\"8\" height=\"8\" fill=\"{colour}\"/>\
         <path d=\"{hatch}\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"1\"/></pattern>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_segment_is_drawn_in_the_fill_of_its_kind() {
        let row = |name: &str, segments: &[(Option<usize>, f64)]| Bar { name: name.into(), segments: segments.into() };
        let svg = Bars {
            title: "bytes",
            x: "bytes",
            show: |v| format!("{v}"),
            kinds: vec!["payload".into(), "nowhere".into(), "acks & more".into()],
            rows: vec![row("first", &[(Some(0), 3.0), (None, 1.0), (Some(2), 2.0)]), row("second", &[(Some(0), 5.0)])],
        }
        .svg();
        for word in ["first", "second", "payload", "acks &amp; more"] {
            assert!(svg.contains(word), "no {word}");
        }
        assert!(!svg.contains("nowhere"), "the legend has what is drawn");
        assert_eq!(svg.matches("<pattern ").count(), 2);
        let id = svg.split("<pattern id=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(svg.matches(&format!("url(#{id})")).count(), 1, "one path for all of a kind");
        let path = svg.split("<path ").find(|path| path.contains(&format!("url(#{id})"))).unwrap();
        assert_eq!(path.split("/>").next().unwrap().matches('M').count(), 3, "two segments and the legend");
    }

    #[test]
    fn every_class_of_bytes_has_a_colour_of_its_own() {
        let colours: std::collections::BTreeSet<&str> = FILLS.into_iter().collect();
        assert_eq!(colours.len(), FILLS.len());
        assert!(colours.len() >= crate::ledger::Class::ALL.len());
    }

    #[test]
    fn nothing_is_no_failure() {
        let bars = Bars { title: "t", x: "x", show: |v| format!("{v}"), kinds: vec![], rows: vec![] };
        assert!(bars.svg().contains("<svg"));
    }
}
