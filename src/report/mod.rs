//! Reports, made from rows alone.

mod calibration;
mod comparison;
mod figure;
mod human;
mod page;
mod terminal;
mod upkeep;
mod validation;
mod view;

pub use calibration::{
    file as calibration_file, rows as calibration_rows, terminal as calibration_report, usage as calibration_usage,
};
pub use comparison::{html as comparison_html, markdown as comparison_markdown, terminal as comparison_report};
pub use figure::{Figure, Guide, Panel, Panels, Point, Stroke, Words};
pub use human::{bytes, count, seconds};
pub use terminal::{run_report, study_report};
pub use upkeep::upkeep_report;
pub use validation::{html as validation_html, markdown as validation_markdown, terminal as validation_report};
pub use view::{Playback, Tables, html as view_html};
