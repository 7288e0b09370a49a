//! How a figure is drawn.

use super::axis::DrawnAxis;
use super::svg::{Anchor, Drawing, Flow, width};
use super::{
    BEHIND, COLOURS, Chart, ChartAxis, ChartPoint, DASHES, LINE, MARK, Mark, Panel, ROW, SHAPES, TITLE, WORDS,
};

/// Pixels of the plot of one panel, its axes in place.
struct Frame {
    x: DrawnAxis,
    y: DrawnAxis,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Frame {
    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }
}

/// A word beside its mark: where it begins, its baseline and its width, in pixels.
#[derive(Clone, Copy)]
struct Label {
    x: f64,
    y: f64,
    width: f64,
}

impl Label {
    fn touches(&self, other: &Label) -> bool {
        let apart = |low: f64, own: f64, other: f64, length: f64| low + own <= other || other + length <= low;
        !apart(self.x, self.width, other.x, other.width) && !apart(self.y, WORDS, other.y, WORDS)
    }
}

/// Writes each label where it touches no other: above its mark, below, or beside it. One for
/// which there is no such place is left out; the data under the figure tell it.
fn labels(drawing: &mut Drawing, panel: &Panel, frame: &Frame) {
    let mut placed: Vec<Label> = vec![];
    for (x, y, text) in &panel.labels {
        let (x, y) = frame.at((*x, *y));
        let width = width(text, WORDS - 1.0);
        let around =
            [(x - width / 2.0, y - 9.0), (x - width / 2.0, y + 17.0), (x + 9.0, y + 4.0), (x - 9.0 - width, y + 4.0)];
        let mut free = around.into_iter().map(|(x, y)| Label { x, y, width });
        let fits = |label: &Label| label.x >= frame.left && label.x + width <= frame.right;
        let Some(label) = free.find(|label| fits(label) && placed.iter().all(|other| !label.touches(other))) else {
            continue;
        };
        drawing.text((label.x, label.y), WORDS - 1.0, Anchor::Start, text);
        placed.push(label);
    }
}

impl Chart {
    /// The figure as an `<svg>` element.
    pub fn svg(&self) -> String {
        let columns = self.columns.clamp(1, self.panels.len().max(1));
        let (plot_width, plot_height) = match (self.rows.len(), self.panels.len()) {
            (0, 1) => (530.0, 330.0),
            (0, _) => (250.0, 160.0),
            (rows, _) => (640.0, ROW * rows as f64),
        };
        let left = self.left(plot_height);
        let cell = (left + plot_width + 24.0, plot_height + 68.0);
        let whole = columns as f64 * cell.0;
        let mut drawing = Drawing::default();
        let mut top = 4.0;
        if !self.title.is_empty() {
            drawing.text((left, top + 10.0), TITLE + 2.0, Anchor::Start, &self.title);
            top += 26.0;
        }
        top = self.legend(&mut drawing, (left, top), whole);
        for (index, panel) in self.panels.iter().enumerate() {
            let corner = ((index % columns) as f64 * cell.0 + left, top + (index / columns) as f64 * cell.1 + 24.0);
            let frame = self.frame(panel, corner, (plot_width, plot_height));
            let is_first = index % columns == 0;
            self.axes(&mut drawing, panel, &frame, is_first.then_some(corner.0 - left));
            self.plot(&mut drawing, panel, &frame);
        }
        drawing.finish(whole, top + self.panels.len().div_ceil(columns) as f64 * cell.1)
    }

    /// Room for what stands left of a plot.
    fn left(&self, plot_height: f64) -> f64 {
        let y = self.y.placed(&self.values(&self.panels, 1), (plot_height, 0.0), y_room(plot_height));
        let texts = y.ticks.iter().map(|tick| (self.y.show)(*tick));
        let texts: Vec<String> = if self.rows.is_empty() { texts.collect() } else { self.rows.clone() };
        let widest = texts.iter().map(|text| width(text, WORDS)).fold(0.0, f64::max);
        widest + 12.0 + if self.y.name.is_empty() { 0.0 } else { 20.0 }
    }

    /// All values along x (0) or y (1), ends of intervals and lines included.
    fn values(&self, panels: &[Panel], along: usize) -> Vec<f64> {
        let points = panels.iter().flat_map(|panel| panel.series.iter().flatten());
        let ends = points.flat_map(|point| <[f64; 2]>::from(point.ends()[along]));
        let guides = panels.iter().flat_map(|panel| panel.guides.iter().flatten());
        ends.chain(guides.map(|(x, y)| [*x, *y][along])).collect()
    }

    fn frame(&self, panel: &Panel, (left, top): (f64, f64), (width, height): (f64, f64)) -> Frame {
        let (right, bottom) = (left + width, top + height);
        let room = (width / 62.0) as usize;
        let x = match panel.own_x {
            Some(scale) => {
                let own = ChartAxis { scale, ..self.x.clone() };
                own.placed(&self.values(std::slice::from_ref(panel), 0), (left, right), room)
            }
            None => self.x.placed(&self.values(&self.panels, 0), (left, right), room),
        };
        let y = match self.rows.len() {
            0 => self.y.placed(&self.values(&self.panels, 1), (bottom, top), y_room(height)),
            rows => DrawnAxis::rows(rows, (top, bottom)),
        };
        Frame { x, y, left, top, right, bottom }
    }

    /// Ticks, names and the title; those along y where `names` says where they begin.
    fn axes(&self, drawing: &mut Drawing, panel: &Panel, frame: &Frame, names: Option<f64>) {
        let middle = ((frame.left + frame.right) / 2.0, (frame.top + frame.bottom) / 2.0);
        // A long title is small rather than in its neighbour's place.
        let size = TITLE.min((frame.right - frame.left + 40.0) / width(&panel.title, 1.0)).max(0.6 * TITLE);
        drawing.text((middle.0, frame.top - 12.0), size, Anchor::Middle, &panel.title);
        for tick in &frame.x.ticks {
            let x = frame.x.at(*tick);
            drawing.line((x, frame.top), (x, frame.bottom), BEHIND);
            drawing.text((x, frame.bottom + 10.0), WORDS - 1.0, Anchor::Middle, &(self.x.show)(*tick));
        }
        for (row, tick) in frame.y.ticks.iter().enumerate() {
            let y = frame.y.at(*tick);
            drawing.line((frame.left, y), (frame.right, y), BEHIND);
            let text = self.rows.get(row).cloned().unwrap_or_else(|| (self.y.show)(*tick));
            let size = if self.rows.is_empty() { WORDS - 1.0 } else { WORDS };
            drawing.text((frame.left - 6.0, y), size, Anchor::End, &text);
        }
        drawing.text((middle.0, frame.bottom + 28.0), WORDS, Anchor::Middle, &self.x.name);
        if let Some(start) = names {
            drawing.upright((start + 8.0, middle.1), WORDS, &self.y.name);
        }
        let corner = [(frame.left, frame.top), (frame.left, frame.bottom), (frame.right, frame.bottom)];
        drawing.path(corner.into_iter(), "fill=\"none\" stroke=\"#222\"");
    }

    fn plot(&self, drawing: &mut Drawing, panel: &Panel, frame: &Frame) {
        for (guide, points) in self.guides.iter().zip(&panel.guides).filter(|(_, points)| !points.is_empty()) {
            let style = format!("class=\"guide\" {}", stroke(LINE, guide.dashes, 1.3));
            drawing.path(points.iter().map(|point| frame.at(*point)), &style);
        }
        for (index, points) in panel.series.iter().enumerate() {
            if self.mark == Mark::Bands {
                bands(drawing, index, points, frame);
            }
        }
        for (index, points) in panel.series.iter().enumerate().filter(|(_, points)| !points.is_empty()) {
            let line = format!("class=\"line\" {}", stroke(colour(index), dashes(index), 1.6));
            let places = points.iter().map(|point| frame.at((point.x, point.y)));
            match self.mark {
                Mark::Points | Mark::Beside => {}
                Mark::Bands => drawing.path(places, &line),
                Mark::Steps => {
                    let places: Vec<(f64, f64)> = places.collect();
                    let corners = places.windows(2).flat_map(|pair| [(pair[1].0, pair[0].1), pair[1]]);
                    drawing.path(places[..1].iter().copied().chain(corners), &line);
                }
            }
            if self.mark != Mark::Steps {
                points.iter().for_each(|point| self.point(drawing, index, point, frame));
            }
        }
        labels(drawing, panel, frame);
    }

    /// A mark, with its intervals unless a band shows these.
    fn point(&self, drawing: &mut Drawing, index: usize, point: &ChartPoint, frame: &Frame) {
        let (x, y) = frame.at((point.x, point.y));
        let (x, y) = match (self.mark, self.rows.is_empty()) {
            (Mark::Beside, true) => (x + 7.0 * self.aside(index), y),
            (Mark::Beside, false) => (x, y + self.aside(index) * (0.7 * ROW / self.series.len() as f64).min(7.0)),
            _ => (x, y),
        };
        let colour = colour(index);
        if matches!(self.mark, Mark::Points | Mark::Beside) {
            let style = stroke(colour, "none", 1.3);
            if let Some((low, high)) = point.x_range {
                let (low, high) = (frame.x.at(low), frame.x.at(high));
                drawing.path([(low, y), (high, y)].into_iter(), &style);
                [low, high].iter().for_each(|end| drawing.line((*end, y - 3.0), (*end, y + 3.0), &style));
            }
            if let Some((low, high)) = point.y_range {
                let (low, high) = (frame.y.at(low), frame.y.at(high));
                drawing.path([(x, low), (x, high)].into_iter(), &style);
                [low, high].iter().for_each(|end| drawing.line((x - 3.0, *end), (x + 3.0, *end), &style));
            }
        }
        mark(drawing, index, (x, y), point.hollow, "class=\"mark\"");
    }

    /// The place of a series from the middle of all.
    fn aside(&self, index: usize) -> f64 {
        index as f64 - (self.series.len() as f64 - 1.0) / 2.0
    }

    /// From the left, and on in a next line where one is full; the height where it ends.
    fn legend(&self, drawing: &mut Drawing, (left, top): (f64, f64), whole: f64) -> f64 {
        fn drawn<T>(panels: &[Panel], of: fn(&Panel) -> &Vec<Vec<T>>, index: usize) -> bool {
            panels.iter().any(|panel| of(panel).get(index).is_some_and(|points| !points.is_empty()))
        }
        let mut flow = Flow::new((left, top + 8.0), whole);
        for (index, name) in self.series.iter().enumerate() {
            if !drawn(&self.panels, |panel| &panel.series, index) {
                continue;
            }
            let (x, y) = flow.next(34.0, name);
            if matches!(self.mark, Mark::Bands | Mark::Steps) {
                drawing.line((x, y), (x + 28.0, y), &stroke(colour(index), dashes(index), 1.6));
            }
            if self.mark != Mark::Steps {
                mark(drawing, index, (x + 14.0, y), false, "");
            }
            drawing.text((x + 34.0, y), WORDS, Anchor::Start, name);
        }
        for (index, guide) in self.guides.iter().enumerate() {
            if !drawn(&self.panels, |panel| &panel.guides, index) {
                continue;
            }
            let (x, y) = flow.next(34.0, &guide.name);
            drawing.line((x, y), (x + 28.0, y), &stroke(LINE, guide.dashes, 1.3));
            drawing.text((x + 34.0, y), WORDS, Anchor::Start, &guide.name);
        }
        flow.bottom()
    }
}

/// Ticks along y that have room.
fn y_room(height: f64) -> usize {
    (height / 28.0) as usize
}

fn colour(index: usize) -> &'static str {
    COLOURS[index % COLOURS.len()]
}

/// Shapes and dashes go round at another place than colours when there are more series
/// than colours.
fn turn(index: usize) -> usize {
    (index + index / COLOURS.len()) % SHAPES.len()
}

fn dashes(index: usize) -> &'static str {
    DASHES[turn(index)]
}

fn stroke(colour: &str, dashes: &str, width: f64) -> String {
    format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" stroke-dasharray=\"{dashes}\"")
}

fn mark(drawing: &mut Drawing, index: usize, (x, y): (f64, f64), hollow: bool, class: &str) {
    let (shape, colour) = (SHAPES[turn(index)], colour(index));
    let (fill, edge, width) = if hollow { ("#fff", colour, 0.35) } else { (colour, "#fff", 0.15) };
    let place = format!("transform=\"translate({x:.1},{y:.1}) scale({MARK})\"");
    let style = format!("fill=\"{fill}\" stroke=\"{edge}\" stroke-width=\"{width}\"");
    drawing.element("path", &format!("{class} d=\"{shape}\" {place} {style}"));
}

/// A band over each stretch of points with intervals; none across a point without.
fn bands(drawing: &mut Drawing, index: usize, points: &[ChartPoint], frame: &Frame) {
    for stretch in points.split(|point| point.y_range.is_none()).filter(|stretch| !stretch.is_empty()) {
        let ends =
            |of: fn((f64, f64)) -> f64| stretch.iter().filter_map(move |p| Some(frame.at((p.x, of(p.y_range?)))));
        let around = ends(|range| range.0).chain(ends(|range| range.1).collect::<Vec<_>>().into_iter().rev());
        drawing.path(around, &format!("class=\"band\" fill=\"{}\" fill-opacity=\"0.15\"", colour(index)));
    }
}
