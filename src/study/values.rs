//! What is swept, at one point of a plan.

use super::PlanError;
use crate::scenario::{Axis, ScenarioError};

/// The swept keys and their values at a point.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Values(pub Vec<(String, toml::Value)>);

impl Values {
    /// What `axes` set at `point` of their grid.
    pub(super) fn at(axes: &[Axis], point: usize) -> Values {
        let chosen = axes.iter().zip(places(axes, point)).flat_map(|(axis, at)| axis.keys.iter().zip(&axis.points[at]));
        Values(chosen.filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect())
    }

    /// The point in words: `swarm.network_size = 8, network.up = 10 Mbit/s`.
    pub fn describe(&self) -> String {
        let Values(values) = self;
        if values.is_empty() {
            return "the base scenario".into();
        }
        let words = values.iter().map(|(key, value)| format!("{key} = {}", plain(value)));
        words.collect::<Vec<_>>().join(", ")
    }

    /// The value of a swept key as it stands in `runs.csv`; empty where there is none.
    pub fn get(&self, key: &str) -> String {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| plain(v)).unwrap_or_default()
    }

    /// The swept keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_str())
    }

    /// What is wrong at this point.
    pub(super) fn wrong(&self, source: ScenarioError) -> PlanError {
        if self.0.is_empty() {
            return PlanError::Scenario(source);
        }
        PlanError::Point { point: self.describe(), source }
    }
}

/// A value without the quotes of TOML around text.
fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The indices into each of `axes` of `point` of the grid, where the first axis varies slowest.
pub(super) fn places(axes: &[Axis], point: usize) -> Vec<usize> {
    let mut rest = point;
    let mut places: Vec<usize> = axes
        .iter()
        .rev()
        .map(|axis| {
            let place = rest % axis.points.len();
            rest /= axis.points.len();
            place
        })
        .collect();
    places.reverse();
    places
}
