//! Figures as SVG text.
//!
//! Colours are those of Okabe & Ito (2008), which the colour-blind can tell
//! apart; every series differs in shape and dashes as well.

mod axis;
mod bars;
mod cells;
mod draw;
mod svg;
mod wires;

pub use axis::{AxisScale, ChartAxis};
pub use bars::{Bar, Bars};
pub use cells::{Cell, Cells};
pub use wires::{Wire, Wires, WiresPoint};

/// The colours of series, in this order.
pub(super) const COLOURS: [&str; 7] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000"];
/// Dashes of lines, which differ also where colours do not.
const DASHES: [&str; 7] = ["none", "8 4", "2 3", "8 3 2 3", "14 4", "5 2 1 2 1 2", "4 6"];
/// Shapes of marks around the origin, one pixel in radius or so.
const SHAPES: [&str; 7] = [
    "M0,-1.3L1.3,0L0,1.3L-1.3,0Z",
    "M-1,0A1,1 0 1 1 1,0A1,1 0 1 1 -1,0Z",
    "M-0.9,-0.9H0.9V0.9H-0.9Z",
    "M0,-1.2L1.15,0.8H-1.15Z",
    "M-1.1,-0.5L-0.5,-1.1L0,-0.6L0.5,-1.1L1.1,-0.5L0.6,0L1.1,0.5L0.5,1.1L0,0.6L-0.5,1.1L-1.1,0.5L-0.6,0Z",
    "M0,1.2L1.15,-0.8H-1.15Z",
    "M-0.4,-1.2H0.4V-0.4H1.2V0.4H0.4V1.2H-0.4V0.4H-1.2V-0.4H-0.4Z",
];
/// Half the size of a mark.
const MARK: f64 = 4.5;
/// Colour of lines for orientation, and of the lines behind all.
const LINE: &str = "#555";
const BEHIND: &str = "stroke=\"#ddd\"";
/// Heights of titles, of all other words, and of a row of categories.
const TITLE: f64 = 13.0;
const WORDS: f64 = 12.0;
const ROW: f64 = 24.0;

/// A value at a position, and the interval around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChartPoint {
    /// Along x.
    pub x: f64,
    /// Along y.
    pub y: f64,
    /// The interval along x that `x` lies in.
    pub x_range: Option<(f64, f64)>,
    /// The interval along y that `y` lies in.
    pub y_range: Option<(f64, f64)>,
    /// Whether the mark is an outline: the value is not of all.
    pub hollow: bool,
}

impl ChartPoint {
    /// A filled mark without intervals.
    pub const fn new(x: f64, y: f64) -> ChartPoint {
        ChartPoint { x, y, x_range: None, y_range: None, hollow: false }
    }

    fn ends(&self) -> [(f64, f64); 2] {
        [self.x_range.unwrap_or((self.x, self.x)), self.y_range.unwrap_or((self.y, self.y))]
    }
}

/// A line for orientation, in every panel that has points of it.
#[derive(Debug, Clone)]
pub struct Guide {
    /// Its name in the legend.
    pub name: String,
    /// Its dashes, such as `8 4`; `none` when it is whole.
    pub dashes: &'static str,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Points with bars for their intervals.
    Points,
    /// The same, a little aside of each other, so that equal values do not hide.
    Beside,
    /// Points joined by lines, with their intervals as a band.
    Bands,
    /// A staircase.
    Steps,
}

/// One of the plots of a figure.
#[derive(Debug, Clone, Default)]
pub struct Panel {
    /// Above it.
    pub title: String,
    /// Points of each series, in the order of [`Chart::series`].
    pub series: Vec<Vec<ChartPoint>>,
    /// Each line, in the order of [`Chart::guides`].
    pub guides: Vec<Vec<(f64, f64)>>,
    /// Words just above a position.
    pub labels: Vec<(f64, f64, String)>,
    /// How its own axis runs along x; nothing where all panels share one. What differs by
    /// decades from panel to panel would be squeezed on a shared one.
    pub own_x: Option<AxisScale>,
}

/// Plots in rows and columns, with the same axes.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Above all; may be empty.
    pub title: String,
    /// Along x.
    pub x: ChartAxis,
    /// Along y; not drawn where there are `rows`.
    pub y: ChartAxis,
    /// Names of rows from the top, whose y are 0, 1, ...; empty where y are numbers.
    pub rows: Vec<String>,
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

impl Default for Chart {
    fn default() -> Chart {
        let axis = ChartAxis::new("", AxisScale::Linear, super::human::tick);
        Chart {
            title: String::new(),
            x: axis.clone(),
            y: axis,
            rows: vec![],
            mark: Mark::Points,
            series: vec![],
            guides: vec![],
            columns: 1,
            panels: vec![Panel::default()],
        }
    }
}

impl Chart {
    /// One plot without points.
    pub fn plane(x: ChartAxis, y: ChartAxis) -> Chart {
        Chart { x, y, ..Chart::default() }
    }

    /// One plot of rows, named from the top.
    pub fn of_rows(rows: Vec<String>, x: ChartAxis) -> Chart {
        Chart { rows, x, ..Chart::default() }
    }

    /// Adds a series of points to the first panel.
    pub fn points(&mut self, name: &str, points: Vec<ChartPoint>) {
        self.series.push(name.into());
        self.panels[0].series.push(points);
    }

    /// Adds a line to the first panel.
    pub fn line(&mut self, name: &str, points: Vec<(f64, f64)>) {
        self.guides.push(Guide { name: name.into(), dashes: DASHES[(self.guides.len() + 1) % DASHES.len()] });
        self.panels[0].guides.push(points);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(value: f64) -> String {
        format!("{}", libm::round(value))
    }

    fn axis(name: &str, scale: AxisScale) -> ChartAxis {
        ChartAxis { name: name.into(), scale, show: plain, ticks: vec![] }
    }

    fn figure(mark: Mark, panels: Vec<Panel>) -> Chart {
        Chart {
            title: "all & everything".into(),
            x: axis("network size", AxisScale::Linear),
            y: axis("ratio", AxisScale::Linear),
            rows: vec![],
            mark,
            series: vec!["own".into(), "nowhere".into()],
            guides: vec![Guide { name: "limit".into(), dashes: "8 4" }],
            columns: 2,
            panels,
        }
    }

    fn of(mark: Mark, points: Vec<ChartPoint>) -> String {
        figure(mark, vec![Panel { series: vec![points], ..Panel::default() }]).svg()
    }

    #[test]
    fn titles_axes_series_and_lines_are_named() {
        let panel = |title: &str, points| Panel {
            title: title.into(),
            series: vec![points, vec![]],
            guides: vec![vec![(2.0, 1.2), (32.0, 1.2)]],
            labels: vec![(8.0, 1.5, "here > there".into())],
            own_x: None,
        };
        let point = ChartPoint { y_range: Some((0.9, 3.0)), ..ChartPoint::new(8.0, 1.5) };
        let panels =
            vec![panel("100 MB", vec![point]), panel("1 GB", vec![ChartPoint::new(32.0, 2.0)]), Panel::default()];
        let mut figure = figure(Mark::Points, panels);
        figure.x.ticks = vec![8.0, 32.0];
        let svg = figure.svg();
        for word in ["viewBox", "all &amp; everything", "100 MB", "1 GB", "network size", "ratio", "own", "limit"] {
            assert!(svg.contains(word), "no {word}");
        }
        assert!(svg.contains("here &gt; there") && !svg.contains("nowhere"), "the legend has what is drawn");
        assert!(svg.contains(">8<") && svg.contains(">32<") && svg.matches("class=\"mark\"").count() == 2);
    }

    /// Three marks at one place have labels above, below and to its right; a narrow plot has no
    /// room for more than it has.
    #[test]
    fn labels_do_not_touch() {
        let marks = vec![ChartPoint::new(8.0, 1.5)];
        let labels = ["one", "two", "three"].map(|text| (8.0, 1.5, text.to_owned())).to_vec();
        let svg = figure(Mark::Points, vec![Panel { series: vec![marks], labels, ..Panel::default() }]).svg();
        let height = |word: &str| {
            let line = svg.lines().find(|line| line.contains(&format!(">{word}<")))?;
            line.split("y=\"").nth(1)?.split('"').next()?.parse::<f64>().ok()
        };
        let heights = ["one", "two", "three"].map(|word| height(word).unwrap_or_else(|| panic!("no {word}: {svg}")));
        assert!(heights[0] < heights[2] - 8.0 && heights[2] < heights[1] - 8.0, "{heights:?}");
    }

    #[test]
    fn rows_are_named_from_the_top() {
        let mut figure = figure(Mark::Points, vec![Panel::default()]);
        figure.rows = vec!["first & only".into(), "second".into()];
        figure.panels[0].series = vec![vec![ChartPoint::new(3.0, 0.0), ChartPoint::new(90.0, 1.0)]];
        let svg = figure.svg();
        let height = |word: &str| {
            let line = svg.lines().find(|line| line.contains(word)).unwrap_or_else(|| panic!("no {word}"));
            line.split("y=\"").nth(1).unwrap().split('"').next().unwrap().parse::<f64>().unwrap()
        };
        assert!((height("second") - height("first &amp; only") - ROW).abs() < 0.2, "{svg}");
    }

    /// 1 to 3 ms and 1 to 3 h would be two walls on one axis.
    #[test]
    fn a_panel_may_have_an_axis_of_its_own() {
        let panel = |unit: f64| Panel {
            series: vec![[1.0, 2.0, 3.0].map(|x| ChartPoint::new(x * unit, 0.5)).to_vec()],
            own_x: Some(AxisScale::Linear),
            ..Panel::default()
        };
        let mut figure = figure(Mark::Steps, vec![panel(0.001), panel(3600.0)]);
        figure.x.show = |value| format!("{value:.3}");
        let svg = figure.svg();
        assert!(svg.contains(">0.001<") && svg.contains(">5000.000<"), "{svg}");
    }

    #[test]
    fn hollow_marks_are_outlines_and_no_band_spans_a_point_without_an_interval() {
        let within = |x| ChartPoint { y_range: Some((1.0, 3.0)), ..ChartPoint::new(x, 2.0) };
        let open = ChartPoint { hollow: true, ..ChartPoint::new(2.0, 2.0) };
        let svg = of(Mark::Bands, vec![within(0.5), within(1.0), open, within(3.0), within(4.0)]);
        assert_eq!(svg.matches("class=\"band\"").count(), 2, "one on each side");
        assert_eq!(svg.matches("fill=\"#fff\"").count(), 1, "{svg}");
        assert_eq!(svg.matches("class=\"line\"").count(), 1);
    }

    #[test]
    fn a_staircase_has_a_corner_for_every_step() {
        let svg =
            of(Mark::Steps, vec![ChartPoint::new(0.0, 0.0), ChartPoint::new(2.0, 0.5), ChartPoint::new(4.0, 1.0)]);
        let path = svg.lines().find(|line| line.contains("class=\"line\"")).unwrap();
        let d = path.split("d=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(d.matches(['M', 'L']).count(), 5, "{path}");
    }

    #[test]
    fn nothing_is_no_failure() {
        assert!(of(Mark::Points, vec![]).contains("<svg"));
        assert!(figure(Mark::Bands, vec![]).svg().contains("<svg"));
    }
}
