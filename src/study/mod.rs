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
mod forecast;
mod host;
mod impact;
mod inputs;
mod kept;
mod limit;
mod outlook;
mod plan;
mod precision;
mod question;
mod row_file;
mod runner;
mod runs;
#[cfg(test)]
mod sample;
mod selection;
mod sensitivity;
mod statistics;
mod storage_survey;
mod survey;
mod transfer;
mod validate;
mod values;
mod what_if;
mod wires;

pub use cache::Cache;
pub use host::Host;
pub use kept::Kept;
pub use plan::Plan;
pub use row_file::RowFile;
pub use runner::{Options, Runner, RunnerError};
pub use transfer::{MeasuredTransfer, TransferError, TransferPlace, TransferRequest, TransferRun};
pub use validate::{Cases, Metric, Request, RunFigures, Validation};
pub use what_if::{Reasons, Resource, WhatIf, Who};

pub(crate) use assemble::{Assembled, assemble};
pub(crate) use calibrate::{
    CONFOUNDED, CalibrateError, CalibrateRequest, Calibration, Calibrator, Constant, Figure, Fit, Identified, PINNED,
    UNDETERMINED,
};
pub(crate) use claims::{Breach, Claim, ClaimFault, check, claims};
#[cfg(test)]
pub(crate) use compare::Ratio;
pub(crate) use compare::{CompareError, ComparedCell, ComparedVerdict, Comparison, Figures, Finding};
pub(crate) use doctor::{Diagnosis, Doctor, Glance, SettingEffect};
pub(crate) use forecast::Forecast;
#[cfg(test)]
pub(crate) use impact::{ClassBytes, Decomposition, ImpactRange, Standing};
pub(crate) use impact::{
    Duel, Elsewhere, Examined, Impact, ImpactError, ImpactLine, ImpactMetric, ImpactRequest, ImpactSide, ImpactVerdict,
    ImpactWorld, Party, Stand,
};
pub(crate) use inputs::NotAStudy;
pub(crate) use limit::{
    LimitBracket, LimitError, LimitFinding, LimitLine, LimitPoint, LimitRequest, LimitSide, Limits,
};
pub(crate) use outlook::Outlook;
pub(crate) use plan::{Cell, PlanError, RunPlace, run_id};
pub(crate) use precision::{Precision, PrecisionEnd, PrecisionRequest};
pub(crate) use question::{Asked, History, Next, Question};
pub(crate) use row_file::row_path;
pub(crate) use runner::{Execution, FailedRun, threads};
pub(crate) use runs::Runs;
pub(crate) use selection::Selection;
#[cfg(test)]
pub(crate) use sensitivity::LeftOut;
pub(crate) use sensitivity::{
    Bearing, Estimate, Influence, Screened, Screening, Sensitivity, SensitivityError, SensitivityRequest,
    SensitivityStudy, Shared, Shares,
};
pub(crate) use statistics::{RunValue, Summary};
#[cfg(test)]
pub(crate) use storage_survey::sample as storage_sample;
pub(crate) use storage_survey::{
    Loss, StorageAxis, StorageParts, StoragePoint, StoragePoints, StorageSurvey, TradeOffs,
};
pub(crate) use survey::{
    Dot, Held, HeldMap, HeldShares, PowerLaw, Race, Survey, SurveyParts, SurveyPoint, Swept, SweptLine,
    is_told_by_name, spread,
};
pub(crate) use validate::{Case, Refused, Score, Verdict};
pub(crate) use values::Values;
pub(crate) use what_if::Reason;
pub(crate) use wires::{WiresSummary, wire_words};

pub(crate) use inputs::words as world_words;

/// A digest of `text` that is the same on every machine.
pub(crate) fn fingerprint(text: &str) -> u64 {
    digest(text.as_bytes())
}

/// FNV-1a, finished by the mixer of the random streams: a digest that is the
/// same on every machine.
pub(crate) fn digest(bytes: &[u8]) -> u64 {
    let fnv = bytes.iter().fold(0xcbf2_9ce4_8422_2325, |d: u64, b| (d ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
    crate::rng::mix(fnv)
}
