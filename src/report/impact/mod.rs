//! What a change does, for the terminal, as Markdown, as HTML and as JSON.

mod answer;
mod figures;
mod html;
mod json;
mod markdown;
mod tables;
mod terminal;
mod words;

pub use answer::worse;
pub use figures::{bytes as bytes_figure, changes as changes_figure};
pub use html::html;
pub use json::{VerdictRow, json, rows};
pub use markdown::markdown;
pub use terminal::terminal;

#[cfg(test)]
mod sample;
