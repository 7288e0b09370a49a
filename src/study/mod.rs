//! Many runs: which they are, carrying them out in parallel and resumably,
//! putting their rows together, statistics and verdicts.
//!
//! A finished run is one file under `rows/` in the result directory, named by
//! the digest of everything that decides the run. So a study that was stopped,
//! split over machines or extended computes what is missing and nothing else,
//! and ends with the same bytes as one that was never disturbed.

mod assemble;
mod cache;
mod calibrate;
mod claims;
mod compare;
mod doctor;
mod estimate;
mod host;
mod impact;
mod inputs;
mod kept;
mod plan;
mod question;
mod row_file;
mod runner;
mod runs;
mod selection;
mod statistics;
mod survey;
mod validate;
mod values;
mod what_if;

pub use assemble::{Assembled, assemble};
pub use cache::Cache;
pub use calibrate::{CONFOUNDED, CalibrateError, Calibration, Calibrator, Constant, Figure, Fit, PINNED, UNDETERMINED};
pub use calibrate::{CalibrateRequest, Identified};
pub use claims::{Breach, Claim, check, claims};
pub use compare::{CompareError, ComparedCell, ComparedVerdict, Comparison, Figures, Finding, Ratio};
pub use doctor::{Diagnosis, Doctor, Effect, FindingRow, Glance};
pub use estimate::{Estimate, Forecast, estimate};
pub use host::Host;
pub use impact::ImpactVerdict;
pub use impact::{
    Decomposition, Duel, Elsewhere, Examined, Impact, ImpactError, Line as ImpactLine, Part, Party, Side, Stand,
    Standing, World as ImpactWorld,
};
pub use impact::{ImpactRequest, Metric as ImpactMetric, Range as ImpactRange};
pub use inputs::NotAStudy;
pub(crate) use inputs::words as world_words;
pub use kept::Kept;
pub use plan::{Cell, Place, Plan, PlanError, run_id};
pub use question::{Asked, History, Next, Question};
pub use row_file::{RowFile, Unread, row_path};
pub use runner::{Execution, Failure, Options, Runner, threads};
pub use runs::Runs;
pub use selection::Selection;
pub use statistics::Summary;
pub use survey::{Axis, Dot, Held, HeldMap, HeldShares, Leecher, Line, Point, PowerLaw, Race, Survey, Sweep};
pub use survey::{Value, spread};
pub use validate::{Case, Cases, Metric, Refused, Request, RunFigures, Score, Validation, Verdict};
pub use values::Values;
pub use what_if::{Reason, ReasonRow, Reasons, Resource, WhatIf, Who};

/// A digest of `text` that is the same on every machine.
pub fn fingerprint(text: &str) -> u64 {
    digest(text.as_bytes())
}

/// FNV-1a, finished by the mixer of the random streams: a digest that is the
/// same on every machine.
pub(crate) fn digest(bytes: &[u8]) -> u64 {
    let fnv = bytes.iter().fold(0xcbf2_9ce4_8422_2325, |d: u64, b| (d ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
    crate::rng::mix(fnv)
}

#[cfg(test)]
mod sample {
    use crate::scenario::Input;
    use std::io::Write;

    /// A small scenario with `further` tables; the file lives as long as the first value.
    pub fn scenario(further: &str, sets: &[&str]) -> (tempfile::NamedTempFile, Input) {
        let base = "name = \"t\"\nseed = 7\nprotocol = \"direct\"\n[swarm]\nnetwork_size = 4\nseeders = 1\n\
            file_size = \"1 MB\"\n[network]\nmodel = \"fifo\"\nup = \"10 Mbit/s\"\ndown = \"10 Mbit/s\"\n\
            latency = \"20 ms\"\n";
        let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
        file.write_all(format!("{base}{further}").as_bytes()).unwrap();
        let sets = sets.iter().map(|s| s.to_string()).collect();
        let input = Input { file: Some(file.path().into()), sets, ..Default::default() };
        (file, input)
    }
}
