//! Reports, made from rows alone.

mod calibration;
mod columns;
mod comparison;
mod diagnosis;
mod document;
mod figure;
mod human;
mod impact;
mod page;
mod plot;
mod reasons;
mod run;
mod study;
mod upkeep;
mod validation;
mod view;
mod words;

pub use calibration::{calibration, file as calibration_file, rows as calibration_rows, usage as calibration_usage};
pub use columns::columns;
pub use comparison::comparison;
pub use diagnosis::diagnosis;
pub use document::Document;
pub use human::{bytes, count, seconds};
pub use impact::{FIGURES as IMPACT_FIGURES, VerdictRow, impact, rows as impact_rows, worse as impact_worse};
pub use impact::{bytes_figure as impact_bytes, changes_figure as impact_changes, json as impact_json};
pub use reasons::reasons;
pub use run::run;
pub use study::{SurveySources, SweepTable, survey};
pub use upkeep::upkeep;
pub use validation::validation;
pub use view::{Damage, Playback, RunTables, html as view_html};
pub use words::command;
