//! When leechers start to download.

use crate::units::{Refusal, Time, require};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// When leechers start to download.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum StartSpec {
    /// All at once.
    Together,
    /// One after another, this far apart.
    Stagger(Time),
    /// At random, at this rate (or with this mean distance).
    Poisson(
        #[serde(deserialize_with = "read_distance")]
        #[schemars(with = "Distance")]
        Time,
    ),
    /// At these moments, one for each leecher in order, counted from the start of the run, at
    /// which seeders are there. More than there are leechers do no harm.
    At(Vec<Time>),
}

impl StartSpec {
    /// Refuses what leaves one of `leechers` without a start before `end`: who starts
    /// after the end takes no part. (Of random starts the mean counts.)
    pub(super) fn check(&self, leechers: u32, end: Time) -> Result<(), Refusal> {
        let gaps = u64::from(leechers - 1);
        let (last, key) = match self {
            StartSpec::Together => return Ok(()),
            StartSpec::Stagger(distance) => (*distance * gaps, "swarm.start.stagger"),
            StartSpec::Poisson(distance) => (*distance * gaps, "swarm.start.poisson"),
            StartSpec::At(moments) => {
                let given = format!("{} starts for {leechers} leechers", moments.len());
                require(moments.len() >= leechers as usize, "swarm.start.at", given, "one for each leecher")?;
                let last = moments.iter().take(leechers as usize).copied().max();
                (last.unwrap_or(Time::ZERO), "swarm.start.at")
            }
        };
        let late = format!("the last leecher starts at {last}, after the end of the run");
        require(last < end, key, late, format!("starts before stop.max_time, {end}"))
    }
}

/// A mean distance in time; also written as a rate, "2/s".
pub(super) struct Distance;

const DISTANCE: &str = "a rate such as \"2/s\" or \"30/min\", or a mean distance such as \"500 ms\"";

/// Reads a [`Distance`].
pub(super) fn read_distance<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
    from.deserialize_str(Distance)
}

impl Visitor<'_> for Distance {
    type Value = Time;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(DISTANCE)
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Time, E> {
        mean_distance(text)
            .ok_or_else(|| E::custom(format_args!("`{text}` is neither a rate nor a time; expected {DISTANCE}")))
    }
}

/// The mean distance that `text` gives, as a time or as a rate; none where it is neither.
pub fn mean_distance(text: &str) -> Option<Time> {
    let Some((count, unit)) = text.split_once('/') else {
        return text.parse().ok().filter(|time| *time > Time::ZERO);
    };
    let period: Time = format!("1 {}", unit.trim()).parse().ok()?;
    let count: f64 = count.trim().parse().ok().filter(|count: &f64| count.is_finite() && *count > 0.0)?;
    Some(Time::from_secs_f64(period.secs() / count)).filter(|time| *time > Time::ZERO)
}

impl JsonSchema for Distance {
    fn schema_name() -> Cow<'static, str> {
        "Distance".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": DISTANCE, "examples": ["2/s"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_and_its_mean_distance_are_the_same() {
        for (text, millis) in [("2/s", 500), ("30/min", 2_000), ("0.5/s", 2_000), ("500 ms", 500)] {
            assert_eq!(mean_distance(text), Some(Time::from_millis(millis)), "{text}");
        }
        for text in ["2", "0/s", "-1/s", "nan/s", "2/parsec", "0 s", ""] {
            assert_eq!(mean_distance(text), None, "{text}");
        }
    }
}
