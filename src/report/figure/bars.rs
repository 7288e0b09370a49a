//! Rows of segments end to end: shares of a whole, or stretches of time.

use super::axis::{AxisScale, ChartAxis};
use super::svg::{Anchor, Drawing, Flow, width};
use super::{BEHIND, COLOURS, ROW, WORDS};

/// Every kind has a colour of its own: those of the series, then yellow and grey, which
/// the colour-blind can tell apart; there are no more of that sort, so the others (of
/// Tol's palettes) are hatched as well.
const FILLS: [&str; 25] = {
    let [a, b, c, d, e, f, g] = COLOURS;
    let rest = ["#882255", "#44AA99", "#DDCC77", "#332288", "#7A4A1E", "#B7E0F2", "#C51B7D", "#FFFFFF"];
    let more = ["#117733", "#AA4499", "#661100", "#6699CC", "#BBCC33", "#DDDDDD", "#EE8866", "#225555"];
    let ([h, i, j, k, l, m, n, o], [p, q, r, s, t, u, v, w]) = (rest, more);
    [a, b, c, d, e, f, g, "#F0E442", "#999999", h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w]
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
const LIGHT: [&str; 5] = ["#DDCC77", "#B7E0F2", "#FFFFFF", "#BBCC33", "#DDDDDD"];
/// Pixels of the longest row.
const LONGEST: f64 = 640.0;

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
pub struct Bars {
    /// Along x.
    pub x: String,
    /// How the numbers along x are written.
    pub show: fn(f64) -> String,
    /// Names of the kinds; those without a segment are not in the legend, and keep
    /// their colours free.
    pub kinds: Vec<String>,
    /// The rows, from the top.
    pub rows: Vec<Bar>,
}

impl Bars {
    /// The figure as an `<svg>` element.
    pub fn svg(&self) -> String {
        let mut drawing = Drawing::default();
        let left = self.rows.iter().map(|row| width(&row.name, WORDS)).fold(0.0, f64::max) + 12.0;
        let whole = left + LONGEST + 30.0;
        let top = self.legend(&mut drawing, left, whole);
        let bottom = top + ROW * self.rows.len() as f64;
        let length = |row: &Bar| row.segments.iter().map(|(_, length)| length).sum::<f64>();
        let lengths: Vec<f64> = self.rows.iter().map(length).collect();
        let axis = ChartAxis::new(&self.x, AxisScale::Linear, self.show);
        let axis = axis.placed(&lengths, (left, left + LONGEST), 7);
        for tick in &axis.ticks {
            drawing.line((axis.at(*tick), top), (axis.at(*tick), bottom), BEHIND);
            drawing.text((axis.at(*tick), bottom + 10.0), WORDS - 1.0, Anchor::Middle, &(self.show)(*tick));
        }
        drawing.text((left + LONGEST / 2.0, bottom + 28.0), WORDS, Anchor::Middle, &self.x);
        // All of a kind are one path: a printer draws a pattern anew for every element.
        let mut paths = vec![String::new(); self.kinds.len()];
        for (index, row) in self.rows.iter().enumerate() {
            let y = top + ROW * index as f64;
            drawing.text((left - 6.0, y + ROW / 2.0), WORDS, Anchor::End, &row.name);
            let mut from = 0.0;
            for (kind, length) in &row.segments {
                let (x, end) = (axis.at(from), axis.at(from + length));
                if let Some(kind) = kind {
                    paths[*kind] += &format!("M{x:.2} {:.1}H{end:.2}v{:.1}H{x:.2}z", y + 2.0, ROW - 4.0);
                }
                from += length;
            }
        }
        for (kind, path) in paths.iter().enumerate().filter(|(_, path)| !path.is_empty()) {
            drawing.element("path", &format!("class=\"bar\" d=\"{path}\" fill=\"{}\"", fill(kind)));
        }
        drawing
            .path([(left, top), (left, bottom), (left + LONGEST, bottom)].into_iter(), "fill=\"none\" stroke=\"#222\"");
        drawing.finish(whole, bottom + 44.0)
    }

    /// A square for each kind that has a segment; the height where it ends.
    fn legend(&self, drawing: &mut Drawing, left: f64, whole: f64) -> f64 {
        let met =
            |kind: &usize| self.rows.iter().flat_map(|row| &row.segments).any(|s| s.0 == Some(*kind) && s.1 > 0.0);
        let mut flow = Flow::new((left, 10.0), whole);
        for kind in (0..self.kinds.len()).filter(met) {
            let (x, y) = flow.next(18.0, &self.kinds[kind]);
            if kind >= PLAIN {
                drawing.raw(&pattern(kind));
            }
            let square = format!("x=\"{x:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\" stroke=\"#222\"", y - 6.0);
            drawing.element("rect", &format!("{square} stroke-width=\"0.5\" fill=\"{}\"", fill(kind)));
            drawing.text((x + 18.0, y), WORDS, Anchor::Start, &self.kinds[kind]);
        }
        flow.bottom()
    }
}

/// Hatches are named in the whole page, and are the same in every figure of it.
fn fill(kind: usize) -> String {
    if kind < PLAIN { FILLS[kind].into() } else { format!("url(#hatch{kind})") }
}

/// The colour of a kind with its hatch.
fn pattern(kind: usize) -> String {
    let (colour, hatch) = (FILLS[kind % FILLS.len()], HATCHES[(kind - PLAIN) % HATCHES.len()]);
    let ink = if LIGHT.contains(&colour) { "#000" } else { "#fff" };
    format!(
        "<pattern id=\"hatch{kind}\" patternUnits=\"userSpaceOnUse\" width=\"8\" height=\"8\">\
         <rect width=\"8\" height=\"8\" fill=\"{colour}\"/>\
         <path d=\"{hatch}\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"1\"/></pattern>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_segment_is_drawn_in_the_fill_of_its_kind() {
        let row = |name: &str, segments: &[(Option<usize>, f64)]| Bar { name: name.into(), segments: segments.into() };
        let mut kinds: Vec<String> = (0..12).map(|kind| format!("kind {kind}")).collect();
        kinds[2] = "acks & more".into();
        let rows = vec![
            row("first", &[(Some(0), 3.0), (None, 1.0), (Some(2), 2.0)]),
            row("second", &[(Some(0), 5.0), (Some(10), 1.0)]),
        ];
        let svg = Bars { x: "bytes".into(), show: |v| format!("{v} B"), kinds, rows }.svg();
        for word in ["first", "second", "kind 0", "acks &amp; more", "bytes", ">2 B<"] {
            assert!(svg.contains(word), "no {word}");
        }
        assert!(!svg.contains("kind 1<"), "the legend has what is drawn");
        let bar = |fill: &str| {
            let fill = format!("fill=\"{fill}\"");
            let path = svg.lines().find(|line| line.contains("class=\"bar\"") && line.contains(&fill)).unwrap();
            path.matches('M').count()
        };
        assert_eq!((bar(COLOURS[0]), bar(COLOURS[2]), bar("url(#hatch10)")), (2, 1, 1), "one path for all of a kind");
        assert_eq!(svg.matches("<pattern ").count(), 1);
    }

    #[test]
    fn every_class_of_bytes_has_a_colour_of_its_own() {
        let colours: std::collections::BTreeSet<&str> = FILLS.into_iter().collect();
        assert_eq!(colours.len(), FILLS.len());
        assert!(colours.len() >= crate::ledger::Class::ALL.len());
    }

    #[test]
    fn nothing_is_no_failure() {
        let bars = Bars { x: "x".into(), show: |v| format!("{v}"), kinds: vec![], rows: vec![] };
        assert!(bars.svg().contains("<svg"));
    }
}
