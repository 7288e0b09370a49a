//! A grid of cells, the darker the higher their values.

use super::WORDS;
use super::svg::{Anchor, Drawing, escaped, width};

/// Pixels of a cell with words in it, and of one without.
const WITH_WORDS: (f64, f64) = (64.0, 30.0);
const WITHOUT: (f64, f64) = (15.0, 15.0);
/// The lightest and the darkest colour.
const LIGHT: [f64; 3] = [240.0, 246.0, 252.0];
const DARK: [f64; 3] = [8.0, 69.0, 148.0];
/// Words are white on cells that are darker than this share of the way.
const WHITE_FROM: f64 = 0.5;
/// What has no value.
const NOTHING: &str = "#e2e2e2";
/// Steps of the legend.
const STEPS: usize = 6;

/// A cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    /// Decides its colour; grey without.
    pub value: Option<f64>,
    /// In it, where cells have words.
    pub text: String,
    /// Told when one points at it; may be empty.
    pub title: String,
}

/// Rows of cells.
#[derive(Debug, Clone, Default)]
pub struct Cells {
    /// Along x; may be empty.
    pub x: String,
    /// What the rows are of, above their names; may be empty.
    pub y: String,
    /// What the colours are of, with its unit.
    pub value: String,
    /// Names of the columns; empty where they have none.
    pub columns: Vec<String>,
    /// The rows from the top: their names, and their cells.
    pub rows: Vec<(String, Vec<Cell>)>,
    /// Whether cells are large enough for words.
    pub has_words: bool,
}

impl Cells {
    /// The figure as an `<svg>` element. `show` writes the numbers of the legend.
    pub fn svg(&self, show: fn(f64) -> String) -> String {
        let mut drawing = Drawing::default();
        let (cell, row) = if self.has_words { WITH_WORDS } else { WITHOUT };
        let cell = self.columns.iter().map(|name| width(name, WORDS) + 10.0).fold(cell, f64::max);
        let names = self.rows.iter().map(|(name, _)| width(name, WORDS)).fold(0.0, f64::max);
        let left = names + 12.0;
        let most = self.rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
        let values = || self.rows.iter().flat_map(|(_, cells)| cells).filter_map(|cell| cell.value);
        let (low, high) = super::axis::span(values()).unwrap_or((0.0, 1.0));
        let share = |value: f64| if high > low { (value - low) / (high - low) } else { 0.5 };
        let mut top = self.legend(&mut drawing, (low, high), show) + 6.0;
        if !self.y.is_empty() {
            drawing.text((4.0, top + 6.0), WORDS, Anchor::Start, &self.y);
            top += 18.0;
        }
        let bottom = top + row * self.rows.len() as f64;
        for (at, (name, cells)) in self.rows.iter().enumerate() {
            let y = top + row * at as f64;
            drawing.text((left - 6.0, y + row / 2.0), WORDS, Anchor::End, name);
            for (column, of) in cells.iter().enumerate() {
                let x = left + cell * column as f64;
                let fill = of.value.map_or(NOTHING.into(), |value| colour(share(value)));
                let place =
                    format!("x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\"", cell - 1.0, row - 1.0);
                let title =
                    if of.title.is_empty() { String::new() } else { format!("<title>{}</title>", escaped(&of.title)) };
                drawing.raw(&format!("<rect class=\"cell\" {place} fill=\"{fill}\">{title}</rect>\n"));
                if self.has_words {
                    let ink = if of.value.is_some_and(|value| share(value) > WHITE_FROM) { "#fff" } else { "#222" };
                    drawing.raw(&format!("<g fill=\"{ink}\">"));
                    drawing.text((x + cell / 2.0, y + row / 2.0), WORDS, Anchor::Middle, &of.text);
                    drawing.raw("</g>\n");
                }
            }
        }
        for (column, name) in self.columns.iter().enumerate() {
            drawing.text((left + cell * (column as f64 + 0.5), bottom + 10.0), WORDS, Anchor::Middle, name);
        }
        let wide = cell * most as f64;
        let below = if self.columns.is_empty() { 10.0 } else { 28.0 };
        drawing.text((left + wide / 2.0, bottom + below), WORDS, Anchor::Middle, &self.x);
        let legend = width(&self.value, WORDS) + STEPS as f64 * 60.0 + 20.0;
        drawing.finish((left + wide + 12.0).max(legend).max(left + width(&self.x, WORDS)), bottom + below + 14.0)
    }

    /// Some values with their colours; the height where it ends.
    fn legend(&self, drawing: &mut Drawing, (low, high): (f64, f64), show: fn(f64) -> String) -> f64 {
        drawing.text((4.0, 12.0), WORDS, Anchor::Start, &self.value);
        let steps = if high > low { STEPS } else { 1 };
        let mut x = 4.0 + width(&self.value, WORDS) + 14.0;
        let mut told = String::new();
        for step in 0..steps {
            let share = if steps > 1 { step as f64 / (steps - 1) as f64 } else { 0.5 };
            let text = show(low + (high - low) * if steps > 1 { share } else { 0.0 });
            if text == told {
                continue;
            }
            drawing.element(
                "rect",
                &format!("x=\"{x:.1}\" y=\"6\" width=\"12\" height=\"12\" fill=\"{}\"", colour(share)),
            );
            drawing.text((x + 16.0, 12.0), WORDS - 1.0, Anchor::Start, &text);
            x += 26.0 + width(&text, WORDS - 1.0);
            told = text;
        }
        24.0
    }
}

/// The colour at such a share of the way from the lightest to the darkest.
fn colour(share: f64) -> String {
    let mixed = |at: usize| (LIGHT[at] + (DARK[at] - LIGHT[at]) * share.clamp(0.0, 1.0)) as u8;
    format!("#{:02x}{:02x}{:02x}", mixed(0), mixed(1), mixed(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(value: Option<f64>) -> Cell {
        let text = value.map_or("-".into(), |value| format!("{value:.1}"));
        Cell { value, title: format!("it is {text} & more"), text }
    }

    #[test]
    fn the_highest_is_the_darkest_and_nothing_is_grey() {
        let rows = vec![("a < b".into(), [Some(1.0), Some(5.0)].map(cell).to_vec()), ("c".into(), vec![cell(None)])];
        let columns = ["10", "20"].map(str::to_owned).to_vec();
        let cells =
            Cells { x: "slots".into(), y: "threshold".into(), value: "nines".into(), columns, rows, has_words: true };
        let svg = cells.svg(|value| format!("{value:.0}"));
        assert_eq!(svg.matches("class=\"cell\"").count(), 3);
        for word in ["a &lt; b", "slots", "threshold", ">nines<", ">5.0<", ">20<", "it is - &amp; more"] {
            assert!(svg.contains(word), "no {word}: {svg}");
        }
        let fill = |fill: &str| svg.lines().filter(|line| line.contains("cell") && line.contains(fill)).count();
        assert_eq!((fill(&colour(1.0)), fill(&colour(0.0)), fill(NOTHING)), (1, 1, 1));
        assert_eq!((colour(0.0), colour(1.0)), ("#f0f6fc".into(), "#084594".into()));
    }

    #[test]
    fn nothing_is_no_failure() {
        assert!(Cells::default().svg(|value| format!("{value}")).contains("<svg"));
    }
}
