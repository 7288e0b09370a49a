//! What a calibration found: in words, and as a file.

mod file;
mod terminal;

pub use file::{file, usage};
pub use terminal::terminal;

use crate::study::{Calibration, Constant, Identified};
use serde::Serialize;

/// A value as people write it.
fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn interval(constant: &Constant) -> String {
    constant.interval.as_ref().map_or("-".into(), |(low, high)| format!("{} .. {}", plain(low), plain(high)))
}

/// A constant as a row for programs; values are TOML, as in a scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConstantRow {
    /// Its dotted key.
    key: String,
    /// What the testbed gives it.
    initial: String,
    /// What the fit gives it; `initial` where it is not fitted.
    fitted: String,
    /// Relative standard error; empty without an interval.
    relative_error: Option<f64>,
    /// Lower end of its 95 % interval.
    low: Option<String>,
    /// Upper end.
    high: Option<String>,
    /// What the cells say about it, in words.
    verdict: String,
}

/// Every constant that was asked for.
pub fn rows(calibration: &Calibration) -> Vec<ConstantRow> {
    let row = |constant: &Constant| ConstantRow {
        key: constant.key.clone(),
        initial: plain(&constant.initial),
        fitted: plain(&constant.value),
        relative_error: constant.relative_error,
        low: constant.interval.as_ref().map(|(low, _)| plain(low)),
        high: constant.interval.as_ref().map(|(_, high)| plain(high)),
        verdict: verdict(calibration, constant),
    };
    calibration.constants.iter().map(row).collect()
}

/// The verdict on a constant in a few words.
fn verdict(calibration: &Calibration, constant: &Constant) -> String {
    match &constant.verdict {
        Identified::Pinned => "pinned down".into(),
        Identified::Loose => "only roughly known".into(),
        Identified::NoEffect => "no effect on these cells".into(),
        Identified::Undetermined => "not determined by these cells".into(),
        Identified::Vanishes => "no effect where the fit leads".into(),
        Identified::Unjudged => "fits, precision unknown".into(),
        Identified::Confounded(with) => {
            let names: Vec<&str> = with.iter().map(|j| calibration.constants[*j].key.as_str()).collect();
            format!("confounded with {}", names.join(", "))
        }
    }
}

/// The lines that a testbed file needs, so that these cells no longer count as
/// evidence; nothing when nothing was fitted.
pub fn calibrated_on(calibration: &Calibration) -> String {
    let fitted = calibration.constants.iter().filter(|constant| constant.is_fitted());
    let keys: Vec<String> = fitted.map(|constant| toml::Value::from(constant.key.as_str()).to_string()).collect();
    match keys.as_slice() {
        [] => String::new(),
        keys => {
            format!("[[calibrated_on]]\ncells = {}\nparameters = [{}]\n", calibration.only, keys.join(", "))
        }
    }
}

#[cfg(test)]
pub(super) mod sample {
    use crate::scenario::{Conditions, Input, load};
    use crate::study::{Calibration, Constant, Figure, Identified, Metric};

    /// One constant for each verdict, on a scenario of the testbed.
    pub fn calibration(keys: &[(&str, Identified)]) -> Calibration {
        let sets = ["swarm.network_size=2", "swarm.seeders=1", "swarm.file_size=1 MiB"].map(String::from).to_vec();
        let resolved = load(&Input { testbed: Some("codex-netns".into()), sets, ..Input::default() }).unwrap().resolved;
        let constant = |(key, verdict): &(&str, Identified)| Constant {
            key: key.to_string(),
            initial: "2 us".into(),
            value: if key.contains("window") { 96.into() } else { "3 us".into() },
            relative_error: Some(0.05),
            interval: Some(("2500 ns".into(), "3500 ns".into())),
            verdict: verdict.clone(),
        };
        let figure = Figure {
            cell: "2-1 1 MiB".into(),
            runs: 3,
            metric: Metric::Makespan,
            measured: 2.0,
            before: Some(3.0),
            after: None,
        };
        Calibration {
            testbed: "codex-netns".into(),
            protocol: "codex-v2".into(),
            only: Conditions::parse("nodes=2").unwrap(),
            seeds: 3,
            figures: vec![figure],
            constants: keys.iter().map(constant).collect(),
            correlations: vec![(0, keys.len() - 1, -0.99)],
            evaluations: 12,
            arrived: true,
            refused: vec![],
            resolved,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_fitted_is_declared() {
        let keys = [("hardware.per_entry", Identified::Pinned), ("hardware.per_mib", Identified::NoEffect)];
        let text = calibrated_on(&sample::calibration(&keys));
        assert_eq!(text, "[[calibrated_on]]\ncells = { nodes = 2 }\nparameters = [\"hardware.per_entry\"]\n");
        assert_eq!(calibrated_on(&sample::calibration(&keys[1..])), "");
    }
}
