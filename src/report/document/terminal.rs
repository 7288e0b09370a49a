//! On the terminal: nothing that does not fit, and no colours, for it may go into a file.

use super::{Document, Element, Grid, Picture};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};
use console::measure_text_width as wide;

impl Document {
    /// The text, of lines of at most `width` cells; without a width everything is there,
    /// as for a file.
    pub fn terminal(&self, width: Option<usize>) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut headings: Vec<(usize, String)> = Vec::new();
        for element in self.elements.iter().filter(|placed| !placed.pages_only).map(|placed| &placed.element) {
            if let Element::Heading { level, text } = element {
                headings.retain(|(above, _)| above < level);
                headings.push((*level, format!("{text}\n")));
            } else if let Some(text) = shown(element, width) {
                // A heading of nothing is not shown.
                parts.extend(headings.drain(..).map(|(_, text)| text));
                parts.push(text);
            }
        }
        parts.join("\n")
    }
}

/// Nothing where the element has no place on a terminal.
fn shown(element: &Element, width: Option<usize>) -> Option<String> {
    let lines = |lines: &[String], first: &str| lines.iter().map(|line| wrapped(line, first, width)).collect();
    match element {
        Element::Heading { .. } | Element::Details { .. } => None,
        Element::Answer { lines: told } => Some(lines(told, "")),
        Element::Paragraph { text } | Element::Warning { text } => Some(wrapped(text, "", width)),
        Element::List { items } => Some(lines(items, "- ")),
        Element::Grid(grid) => Some(fitted(grid, width)),
        Element::Picture(Picture { text, .. }) if text.is_empty() => None,
        Element::Picture(Picture { title, text, .. }) if title.is_empty() => Some(text.clone()),
        Element::Picture(Picture { title, text, .. }) => Some(wrapped(title, "", width) + text),
        Element::Command { text } => Some(format!("{}\n", text.trim_end())),
    }
}

/// Lines of whole words; what is within the text stays as it is. `first` stands before
/// the first, and room for it before the others.
fn wrapped(text: &str, first: &str, width: Option<usize>) -> String {
    let mut out = first.to_owned();
    for (index, line) in text.trim_end().lines().enumerate() {
        if index > 0 {
            out += &" ".repeat(first.len());
        }
        let Some(width) = width else {
            out += &format!("{line}\n");
            continue;
        };
        let mut used = first.len();
        for (index, word) in line.split(' ').enumerate() {
            let space = usize::from(index > 0);
            if index > 0 && used + space + wide(word) > width {
                out += &format!("\n{}{word}", " ".repeat(first.len()));
                used = first.len() + wide(word);
            } else {
                out += &format!("{}{word}", " ".repeat(space));
                used += space + wide(word);
            }
        }
        out.push('\n');
    }
    out
}

/// The table, without the columns that do not fit; the line below says which these are.
fn fitted(grid: &Grid, width: Option<usize>) -> String {
    let mut kept: Vec<usize> = (0..grid.columns.len()).collect();
    let Some(width) = width else { return table(grid, &kept, None) };
    let fits = |text: &String| text.lines().all(|line| wide(line) <= width);
    let mut text = table(grid, &kept, None);
    while !fits(&text) {
        let ranked = kept.iter().enumerate().filter(|(_, column)| grid.columns[**column].rank > 0);
        let Some((last, _)) = ranked.max_by_key(|(_, column)| (grid.columns[**column].rank, **column)) else {
            text = table(grid, &kept, Some(width));
            break;
        };
        kept.remove(last);
        text = table(grid, &kept, None);
    }
    let gone = grid.columns.iter().enumerate().filter(|(index, _)| !kept.contains(index));
    let gone: Vec<&str> = gone.map(|(_, column)| column.title.as_str()).filter(|title| !title.is_empty()).collect();
    if gone.is_empty() {
        return text;
    }
    text + &wrapped(&format!("not shown: {} (--wide shows all)", gone.join("; ")), "", Some(width))
}

/// Letters of a word that are kept together, however narrow the table.
const LONGEST_WORD: usize = 24;

/// The columns `kept`; with a width their texts are broken into lines.
fn table(grid: &Grid, kept: &[usize], width: Option<usize>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.min(usize::from(u16::MAX)) as u16);
    }
    if grid.has_head() {
        table.set_header(kept.iter().map(|column| &grid.columns[*column].title));
    }
    for row in &grid.rows {
        table.add_row(kept.iter().map(|column| &row[*column].text));
    }
    for (shown, column) in table.column_iter_mut().zip(kept) {
        if grid.columns[*column].right {
            shown.set_cell_alignment(CellAlignment::Right);
        }
        if width.is_some() {
            // Lines end between words, not within them; a cell has a blank at either side.
            let texts = grid.rows.iter().map(|row| &row[*column].text).chain([&grid.columns[*column].title]);
            let longest = texts.flat_map(|text| text.split_whitespace()).map(wide).max().unwrap_or(0).min(LONGEST_WORD);
            shown.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(longest as u16 + 2)));
        }
    }
    table.trim_fmt() + "\n"
}
