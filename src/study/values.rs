//! What is swept, at one point of a plan.

use super::PlanError;
use crate::scenario::{Axis, ScenarioError};

/// The swept keys and their values at a point.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Values(pub Vec<(String, toml::Value)>);

impl Values {
    /// What `axes` set at `point` of their grid.
    pub(super) fn at(axes: &[Axis], point: usize) -> Values {
        let chosen =
            axes.iter().zip(places(axes, point)).flat_map(|(axis, at)| axis.keys.iter().zip(axis.points.at(at)));
        Values(chosen.filter_map(|(key, value)| Some((key.clone(), value?))).collect())
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

/// The keys of `axes` whose values cannot be read off a column of `runs.csv`.
pub(super) fn extra_columns(axes: &[Axis]) -> Vec<String> {
    const SHOWN: [&str; 6] = ["protocol", "system", "seed", "swarm.network_size", "swarm.seeders", "swarm.file_size"];
    // These have a column for the plain form only, which is a text.
    const SHOWN_AS_TEXT: [&str; 3] = ["network.up", "network.down", "network.latency"];
    let mut extra = Vec::new();
    for axis in axes {
        for (position, key) in axis.keys.iter().enumerate() {
            let is_text = |value: &Option<toml::Value>| value.as_ref().is_none_or(toml::Value::is_str);
            let text = axis.points.telling().iter().all(|point| is_text(&axis.points.at(*point)[position]));
            let shown = SHOWN.contains(&key.as_str()) || (text && SHOWN_AS_TEXT.contains(&key.as_str()));
            if !shown && !extra.contains(key) {
                extra.push(key.clone());
            }
        }
    }
    extra
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::AxisPoints;

    #[test]
    fn keys_without_a_column_get_one() {
        let text = vec![vec![Some(toml::Value::from("1 ms"))]];
        let table = vec![vec![Some(toml::Value::Table(Default::default()))]];
        let axis = |key: &str, points: &Vec<Vec<Option<toml::Value>>>| Axis {
            keys: vec![key.into()],
            points: AxisPoints::Listed(points.clone()),
        };
        let axes = [
            axis("network.latency", &text),
            axis("network.down", &table),
            axis("protocol.codex-v2.window", &text),
            axis("protocol", &text),
            axis("system", &text),
        ];
        assert_eq!(extra_columns(&axes), ["network.down", "protocol.codex-v2.window"]);
    }
}
