//! Reports, made from rows alone.

mod calibration;
mod columns;
mod comparison;
mod diagnosis;
mod figure;
mod human;
mod impact;
mod page;
mod reasons;
mod study;
mod terminal;
mod upkeep;
mod validation;
mod view;
mod words;

pub use calibration::{
    file as calibration_file, rows as calibration_rows, terminal as calibration_report, usage as calibration_usage,
};
pub use columns::{columns_markdown, columns_report};
pub use comparison::{html as comparison_html, markdown as comparison_markdown, terminal as comparison_report};
pub use diagnosis::diagnosis_report;
pub use figure::{Along, Bar, Bars, Figure, Guide, Mark, Panel, Panels, Point, Scale, Stroke, Words};
pub use human::{bytes, count, seconds};
pub use impact::{VerdictRow, rows as impact_rows, worse as impact_worse};
pub use impact::{bytes_figure as impact_bytes, changes_figure as impact_changes};
pub use impact::{html as impact_html, json as impact_json, markdown as impact_markdown, terminal as impact_report};
pub use reasons::reasons_report;
pub use study::{Sources, html as survey_html, terminal as survey_report};
pub use terminal::{run_report, study_report};
pub use upkeep::upkeep_report;
pub use validation::{html as validation_html, markdown as validation_markdown, terminal as validation_report};
pub use view::{Damage, Playback, Tables, html as view_html};
pub use words::command;
