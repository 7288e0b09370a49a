//! As one HTML file that fetches nothing.

use super::super::page::page;
use super::{Document, Element};
use serde::Serialize;

const TEMPLATE: &str = include_str!("document.html");

#[derive(Serialize)]
struct HtmlValues<'a> {
    title: &'a str,
    command: &'a str,
    elements: Vec<&'a Element>,
}

impl Document {
    /// The page, with all figures inside.
    pub fn html(&self) -> String {
        // A figure out of characters alone is for the terminal.
        let drawn = |element: &&Element| !matches!(element, Element::Picture(picture) if picture.svg.is_empty());
        let elements = self.elements.iter().map(|placed| &placed.element).filter(drawn).collect();
        page(TEMPLATE, HtmlValues { title: &self.title, command: &self.command, elements })
    }
}
