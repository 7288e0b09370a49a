//! As Markdown, to paste somewhere.

use super::{Document, Element, Grid, Picture};

impl Document {
    /// The text, its title a heading of level `top`.
    pub fn markdown(&self, top: usize) -> String {
        let title = Element::Heading { level: 1, text: self.title.clone() };
        let elements = std::iter::once(&title).chain(self.elements.iter().map(|placed| &placed.element));
        elements.filter_map(|element| shown(element, top)).collect::<Vec<_>>().join("\n")
    }
}

/// Nothing where a figure has no file.
fn shown(element: &Element, top: usize) -> Option<String> {
    Some(match element {
        Element::Heading { level, text } => format!("{} {}\n", "#".repeat(top + level - 1), escaped(text)),
        Element::Answer { lines } => lines.iter().map(|line| escaped(line) + "\n").collect::<Vec<_>>().join("\n"),
        Element::Paragraph { text } => escaped(text.trim_end()) + "\n",
        Element::Warning { text } => format!("**{}**\n", escaped(text)),
        Element::List { items } => items.iter().map(|item| format!("- {}\n", escaped(item))).collect(),
        Element::Grid(grid) => table(grid),
        Element::Picture(Picture { file, .. }) if file.is_empty() => return None,
        Element::Picture(Picture { title, file, .. }) => format!("![{}]({file})\n", escaped(title)),
        Element::Command { text } => format!("```sh\n{}\n```\n", text.trim_end()),
        Element::Details { title, text } => format!("{}:\n\n```\n{}\n```\n", escaped(title), text.trim_end()),
    })
}

fn table(grid: &Grid) -> String {
    let mut text = row(grid.columns.iter().map(|column| column.title.as_str()));
    text += &row(grid.columns.iter().map(|column| if column.right { "---:" } else { "---" }));
    grid.rows.iter().for_each(|line| text += &row(line.iter().map(|entry| entry.text.as_str())));
    text
}

fn row<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    format!("| {} |\n", cells.map(escaped).collect::<Vec<_>>().join(" | "))
}

/// Bars would end a cell, stars begin an emphasis, and brackets of names would be tags.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('*', "\\*").replace('<', "&lt;")
}
