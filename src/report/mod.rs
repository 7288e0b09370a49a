//! Reports, made from rows alone.

mod figure;
mod human;
mod terminal;
mod validation;

pub use figure::{Figure, Point, Words};
pub use human::{bytes, count, seconds};
pub use terminal::{run_report, study_report};
pub use validation::{html as validation_html, markdown as validation_markdown, terminal as validation_report};
