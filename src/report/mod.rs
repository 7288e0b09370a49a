//! Reports, made from rows alone.

mod calibration;
mod figure;
mod human;
mod terminal;
mod validation;

pub use calibration::{file as calibration_file, terminal as calibration_report, usage as calibration_usage};
pub use figure::{Figure, Point, Words};
pub use human::{bytes, count, seconds};
pub use terminal::{run_report, study_report};
pub use validation::{html as validation_html, markdown as validation_markdown, terminal as validation_report};
