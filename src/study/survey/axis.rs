//! What varies in a study.

use super::super::inputs::{NAME, StudyRun};
use crate::results::Unit;
use crate::units::{Bytes, Rate, Time};
use std::collections::BTreeMap;

/// A list or table of so many bytes can be read in a column.
const MOST_TEXT: usize = 24;

/// A swept key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyAxis {
    /// Its dotted name, or a column of `runs.csv`.
    pub key: String,
    /// What its numbers count.
    pub unit: Unit,
    /// Whether it belongs to the client and not to the world around it.
    pub of_client: bool,
}

/// A value of a swept key.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AxisValue {
    /// As it stands in `runs.csv`; empty where the base holds.
    pub text: String,
    /// In the unit of the axis; nothing when it is no finite number.
    pub number: Option<f64>,
}

impl SurveyAxis {
    fn new(key: &str, unit: Unit, of_client: bool) -> SurveyAxis {
        SurveyAxis { key: key.into(), unit, of_client }
    }

    /// Its value in `run`.
    pub(super) fn value(&self, run: &StudyRun) -> AxisValue {
        AxisValue::read(&text(&self.key, run))
    }

    /// Of a key of the world with these values.
    pub fn of_values<'a>(key: &str, mut texts: impl Iterator<Item = &'a str>) -> SurveyAxis {
        let unit = texts.find_map(parse).map_or(Unit::Count, |(_, unit)| unit);
        SurveyAxis::new(key, if unit == Unit::Count { unit_of(key) } else { unit }, false)
    }
}

impl AxisValue {
    /// Of a field of `runs.csv`.
    pub fn read(text: &str) -> AxisValue {
        AxisValue { number: parse(text).map(|(number, _)| number), text: text.into() }
    }
}

/// The columns that size a swarm.
const SWARM: [(&str, Unit); 3] =
    [("file_size_bytes", Unit::Bytes), ("network_size", Unit::Count), ("seeders", Unit::Count)];

/// The keys that vary among `runs`, and those of the swarm that do not.
pub(super) fn find(runs: &[StudyRun]) -> (Vec<SurveyAxis>, Vec<(String, String)>) {
    let mut axes: Vec<SurveyAxis> = SWARM.iter().map(|(key, unit)| SurveyAxis::new(key, *unit, false)).collect();
    let first = runs.first();
    let keys = |of: fn(&StudyRun) -> &[(String, String)]| first.map(of).unwrap_or_default().iter().map(|(key, _)| key);
    let axis = |key: &String, of_client: bool| {
        let texts: Vec<String> = runs.iter().map(|run| text(key, run)).collect();
        SurveyAxis { of_client, ..SurveyAxis::of_values(key, texts.iter().map(String::as_str)) }
    };
    axes.extend(keys(|run| &run.world).map(|key| axis(key, false)));
    axes.extend(keys(|run| &run.client).map(|key| axis(key, true)));
    let varies = |axis: &SurveyAxis| {
        first.is_some_and(|first| runs.iter().any(|r| text(&axis.key, r) != text(&axis.key, first)))
    };
    let (mut varying, fixed): (Vec<SurveyAxis>, Vec<SurveyAxis>) = axes.into_iter().partition(varies);
    if varying.iter().any(|axis| axis.key == NAME) {
        varying.retain(|axis| !is_told_by_name(runs.iter().map(|run| (text(NAME, run), text(&axis.key, run)))));
    }
    let fixed = fixed.into_iter().filter(|axis| !axis.of_client);
    (varying, fixed.filter_map(|axis| Some((axis.key.clone(), text(&axis.key, first?)))).collect())
}

/// Whether what is swept need not be shown, value by value beside the name of its cell: tables
/// and lists of some length, of which each name has one.
pub fn is_told_by_name(values: impl Iterator<Item = (String, String)>) -> bool {
    let mut of_name: BTreeMap<String, String> = BTreeMap::new();
    let mut told = values.map(|(name, value)| {
        let is_long = value.is_empty() || value.starts_with(['{', '[']) && value.len() > MOST_TEXT;
        is_long && *of_name.entry(name).or_insert_with(|| value.clone()) == value
    });
    told.all(|told| told)
}

fn text(key: &str, run: &StudyRun) -> String {
    let row = &run.row;
    match key {
        "file_size_bytes" => row.file_size_bytes.to_string(),
        "network_size" => row.network_size.to_string(),
        "seeders" => row.seeders.to_string(),
        _ => {
            let mut pairs = run.world.iter().chain(&run.client);
            pairs.find(|(name, _)| name == key).map(|(_, value)| value.clone()).unwrap_or_default()
        }
    }
}

/// The unit that a column names.
fn unit_of(key: &str) -> Unit {
    match key.rsplit_once('_').map(|(_, last)| last) {
        Some("bps") => Unit::BitsPerSecond,
        Some("bytes") => Unit::Bytes,
        Some("s") => Unit::Seconds,
        _ => Unit::Count,
    }
}

/// A number, plain or with a unit as in scenario files.
fn parse(text: &str) -> Option<(f64, Unit)> {
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some((number, Unit::Count));
    }
    if let Ok(rate) = text.parse::<Rate>() {
        return rate.bits_per_second().is_finite().then_some((rate.bits_per_second(), Unit::BitsPerSecond));
    }
    if let Ok(time) = text.parse::<Time>() {
        return Some((time.secs(), Unit::Seconds));
    }
    text.parse::<Bytes>().ok().map(|bytes| (bytes.get() as f64, Unit::Bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_units_of_scenario_files() {
        assert_eq!(parse("512"), Some((512.0, Unit::Count)));
        assert_eq!(parse("20 Mbit/s"), Some((2e7, Unit::BitsPerSecond)));
        assert_eq!(parse("50 ms"), Some((0.05, Unit::Seconds)));
        assert_eq!(parse("64 KiB"), Some((65536.0, Unit::Bytes)));
        for text in ["true", "", "inf", "mixed", "codex-v2", "10 Mbit"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(
            [unit_of("up_bps"), unit_of("latency_s"), unit_of("network_size")],
            [Unit::BitsPerSecond, Unit::Seconds, Unit::Count]
        );
    }
}
