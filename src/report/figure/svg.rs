//! Elements of a drawing, as text.

use std::fmt::Write;

/// Letters are about so wide, as a share of their height.
const LETTER: f64 = 0.56;

/// Where a text stands beside its position.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing in the making.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    out: String,
}

/// About how wide `text` is in letters of height `size`.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * LETTER
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Drawing {
    /// An element without content. `attributes` are written as they are.
    pub(super) fn element(&mut self, name: &str, attributes: &str) {
        let _ = writeln!(self.out, "<{name} {attributes}/>");
    }

    /// Elements that are written already.
    pub(super) fn raw(&mut self, elements: &str) {
        self.out += elements;
    }

    /// A line from one position to another.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), attributes: &str) {
        let place = format!("x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"", from.0, from.1, to.0, to.1);
        self.element("line", &format!("{place} {attributes}"));
    }

    /// A path through `points`.
    pub(super) fn path(&mut self, points: impl Iterator<Item = (f64, f64)>, attributes: &str) {
        let corner =
            |(index, (x, y)): (usize, (f64, f64))| format!("{}{x:.1},{y:.1}", if index == 0 { "M" } else { "L" });
        let d: String = points.enumerate().map(corner).collect();
        self.element("path", &format!("d=\"{d}\" {attributes}"));
    }

    /// Words at a position, their middle at its height.
    pub(super) fn text(&mut self, (x, y): (f64, f64), size: f64, anchor: Anchor, text: &str) {
        let anchor = ["start", "middle", "end"][anchor as usize];
        let place = format!("x=\"{x:.1}\" y=\"{:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\"", y + 0.35 * size);
        let _ = writeln!(self.out, "<text {place}>{}</text>", escaped(text));
    }

    /// The same from bottom to top.
    pub(super) fn upright(&mut self, (x, y): (f64, f64), size: f64, text: &str) {
        let turn =
            format!("transform=\"translate({x:.1},{y:.1}) rotate(-90)\" font-size=\"{size}\" text-anchor=\"middle\"");
        let _ = writeln!(self.out, "<text {turn}>{}</text>", escaped(text));
    }

    /// All of it as one `<svg>` element, which a page can shrink.
    pub(super) fn finish(self, width: f64, height: f64) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"sans-serif\" fill=\"#222\">\n{}</svg>\n",
            self.out
        )
    }
}

/// Places of a legend: from the left, and on in a next line where one is full.
#[derive(Debug)]
pub(super) struct Flow {
    left: f64,
    right: f64,
    next: (f64, f64),
}

impl Flow {
    /// Beginning at a position, up to `right`.
    pub(super) fn new(start: (f64, f64), right: f64) -> Flow {
        Flow { left: start.0, right, next: start }
    }

    /// Where the next entry begins: `room` for its key, then its `words`.
    pub(super) fn next(&mut self, room: f64, words: &str) -> (f64, f64) {
        let wide = room + width(words, super::WORDS) + 14.0;
        if self.next.0 > self.left && self.next.0 + wide > self.right {
            self.next = (self.left, self.next.1 + 18.0);
        }
        let place = self.next;
        self.next.0 += wide;
        place
    }

    /// Where it ends.
    pub(super) fn bottom(&self) -> f64 {
        self.next.1 + 16.0
    }
}
