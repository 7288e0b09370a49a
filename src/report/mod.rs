//! Reports, made from rows alone.

mod calibration;
mod columns;
mod comparison;
mod diagnosis;
mod document;
mod downloads;
mod figure;
mod groups;
mod human;
mod impact;
mod limit;
mod mixnet;
mod page;
mod plot;
mod reasons;
mod run;
mod sensitivity;
mod storage;
mod study;
mod topology;
mod transfer;
mod upkeep;
mod validation;
mod view;
mod words;

pub use reasons::reasons;
pub use transfer::transfer;
pub use validation::validation;
pub use view::{Playback, RunTables, html as view_html};

pub(crate) use calibration::{
    calibration, file as calibration_file, rows as calibration_rows, usage as calibration_usage,
};
pub(crate) use columns::columns;
pub(crate) use comparison::comparison;
pub(crate) use diagnosis::diagnosis;
pub(crate) use document::Document;
pub(crate) use human::{bytes, count, seconds};
pub(crate) use impact::{
    FIGURES as IMPACT_FIGURES, bytes_figure as impact_bytes, changes_figure as impact_changes, impact,
    json as impact_json, rows as impact_rows, worse as impact_worse,
};
pub(crate) use limit::{json as limit_json, limit, points as limit_points, rows as limit_rows};
pub(crate) use run::run;
pub(crate) use sensitivity::{json as sensitivity_json, rows as sensitivity_rows, sensitivity};
pub(crate) use storage::{kept, storage_page};
pub(crate) use study::{SurveySources, SweepTable, survey};
pub(crate) use topology::{topology, topology_drawing};
pub(crate) use upkeep::upkeep;
pub(crate) use view::Damage;
pub(crate) use words::command;
