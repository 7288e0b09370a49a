//! As one HTML file that fetches nothing.

use super::super::page::page;
use super::{Block, Document};
use serde::Serialize;

const TEMPLATE: &str = include_str!("document.html");

#[derive(Serialize)]
struct Values<'a> {
    title: &'a str,
    command: &'a str,
    blocks: Vec<&'a Block>,
}

impl Document {
    /// The page, with all figures inside.
    pub fn html(&self) -> String {
        // A figure out of characters alone is for the terminal.
        let drawn = |block: &&Block| !matches!(block, Block::Picture(picture) if picture.svg.is_empty());
        let blocks = self.blocks.iter().map(|placed| &placed.block).filter(drawn).collect();
        page(TEMPLATE, Values { title: &self.title, command: &self.command, blocks })
    }
}
