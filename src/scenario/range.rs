//! Values that a key may take: what a study draws its points from, and what a search goes
//! through.

use super::Quantity;
use super::error::nearest;
use super::explain::{Explanation, keys};
use crate::dist::normal_quantile;
use std::fmt;
use thiserror::Error;

/// What a range looks like, for messages.
pub(super) const FORM: &str = "key=LOW..HIGH such as swarm.network_size=8..512, with ` log` after it for even steps in the \
    logarithm; normal(MEAN, SD); lognormal(MEDIAN, SIGMA); or ONE|OTHER|..";
/// Digits that drawn values are written with.
const DIGITS: i32 = 4;
/// Uniform numbers beyond these stand for a law without ends.
const TAIL: f64 = 1e-6;

/// Values that a key may take, each with how likely it is.
///
/// Numbers are in the smallest part of the key's unit: see [`Quantity`].
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    /// The dotted key.
    pub key: String,
    law: Law,
}

/// How likely which value is.
#[derive(Debug, Clone, PartialEq)]
enum Law {
    /// Between two ends, evenly.
    Even { unit: Quantity, low: f64, high: f64 },
    /// Between two ends, evenly in the logarithm.
    Log { unit: Quantity, low: f64, high: f64 },
    /// Normal, without what is below zero.
    Normal { unit: Quantity, mean: f64, deviation: f64 },
    /// Its logarithm is normal, of deviation `sigma`.
    LogNormal { unit: Quantity, median: f64, sigma: f64 },
    /// One of these, equally likely.
    OneOf(Vec<toml::Value>),
}

/// Why a text is no range.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RangeError {
    /// There is no `=`, or nothing before it.
    #[error("`{0}` names no key\n = expected {FORM}")]
    NoKey(String),
    /// There is no such key; perhaps another is meant.
    #[error("unknown key `{key}`{}", suggestion(meant.as_deref()))]
    Unknown {
        /// What was written.
        key: String,
        /// The nearest key that there is.
        meant: Option<String>,
    },
    /// What stands after the key is no range.
    #[error("`{text}` is no range for `{key}`: {why}\n = expected {FORM}")]
    NoRange {
        /// The key.
        key: String,
        /// What was written.
        text: String,
        /// What is wrong with it.
        why: String,
    },
}

fn suggestion(key: Option<&str>) -> String {
    key.map_or(String::new(), |key| format!("\n = did you mean `{key}`?"))
}

impl Range {
    /// Reads `key=LOW..HIGH`, `key=LOW..HIGH log`, `key=normal(MEAN, SD)`,
    /// `key=lognormal(MEDIAN, SIGMA)` or `key=ONE|OTHER`.
    ///
    /// # Errors
    /// On anything else, and on keys that there are not.
    pub fn parse(text: &str) -> Result<Range, RangeError> {
        match text.split_once('=') {
            Some((key, values)) if !key.trim().is_empty() => Range::of(key.trim(), values.trim()),
            _ => Err(RangeError::NoKey(text.into())),
        }
    }

    /// Reads the values of `key`, written as [`Range::parse`] takes them.
    ///
    /// # Errors
    /// As of [`Range::parse`].
    pub fn of(key: &str, values: &str) -> Result<Range, RangeError> {
        let known = keys();
        let found = known.iter().find(|known| known.key == key);
        // Constants of a protocol may be those of a model that is a file of the user's own.
        let own = ["protocol.", "discovery."].iter().any(|table| key.starts_with(table)) || is_indexed(key, &known);
        if found.is_none() && !own {
            let settable = known.iter().filter(|known| known.settable).map(|known| known.key.as_str());
            return Err(RangeError::Unknown { key: key.into(), meant: nearest(key, settable).map(str::to_owned) });
        }
        let wrong = |why| RangeError::NoRange { key: key.into(), text: values.into(), why };
        let law = Law::read(values).map_err(wrong)?;
        let is_whole = |known: &Explanation| known.form.starts_with("a whole number");
        if let (true, Some(part)) = (found.is_some_and(is_whole), law.part()) {
            return Err(wrong(format!("`{part}` is no whole number, and the key counts")));
        }
        Ok(Range { key: key.into(), law: if found.is_none_or(is_whole) { law } else { law.of_any_number() } })
    }

    /// The value below which a share of all is, 0 to 1: at 0 and 1 the ends.
    pub fn at(&self, share: f64) -> toml::Value {
        self.of_number(self.number(share))
    }

    /// The same as a number: in the smallest part of the unit, or which of the choices, counted
    /// from 0. Equal values have equal numbers.
    pub(super) fn number(&self, share: f64) -> f64 {
        match &self.law {
            Law::OneOf(values) => {
                let at = ((share * values.len() as f64) as usize).min(values.len() - 1);
                values.iter().position(|value| *value == values[at]).map_or(0.0, |first| first as f64)
            }
            law => {
                let (unit, (low, high)) = (law.unit().expect("all others are numbers"), self.ends().expect("likewise"));
                unit.digits(law.number(share), DIGITS).clamp(low, high)
            }
        }
    }

    /// The value that such a number stands for.
    pub(super) fn of_number(&self, number: f64) -> toml::Value {
        match &self.law {
            Law::OneOf(values) => values[number as usize].clone(),
            law => law.unit().expect("all others are numbers").toml(number),
        }
    }

    /// `count` values from end to end: evenly, or by even factors; of a law without ends the
    /// middles of as many equally likely parts, of a choice every one. A value that would be
    /// there twice, as of few whole numbers, is there once.
    pub fn steps(&self, count: usize) -> Vec<toml::Value> {
        let share = |at: usize| if count == 1 { 0.5 } else { at as f64 / (count - 1) as f64 };
        let number = |low: f64, high: f64, at: usize| match share(at) {
            0.0 => low,
            1.0 => high,
            share if self.is_log() => low * libm::exp(share * libm::log(high / low)),
            share => low + share * (high - low),
        };
        let mut values: Vec<toml::Value> = match &self.law {
            Law::OneOf(values) => values.clone(),
            Law::Even { unit, low, high } | Law::Log { unit, low, high } => {
                let digits = |number: f64| unit.toml(unit.digits(number, DIGITS).clamp(*low, *high));
                (0..count).map(|at| digits(number(*low, *high, at))).collect()
            }
            Law::Normal { .. } | Law::LogNormal { .. } => {
                (0..count).map(|at| self.at((at as f64 + 0.5) / count as f64)).collect()
            }
        };
        values.dedup();
        values
    }

    /// `number` as a value of the key; of a choice among words there is none.
    pub fn value(&self, number: f64) -> Option<toml::Value> {
        Some(self.law.unit()?.toml(number))
    }

    /// The ends; of a choice among words there are none.
    pub fn ends(&self) -> Option<(f64, f64)> {
        match &self.law {
            Law::Even { low, high, .. } | Law::Log { low, high, .. } => Some((*low, *high)),
            Law::Normal { .. } | Law::LogNormal { .. } => Some((self.law.number(0.0), self.law.number(1.0))),
            Law::OneOf(_) => None,
        }
    }

    /// What its numbers are measured in; of a choice among words nothing.
    pub fn unit(&self) -> Option<Quantity> {
        self.law.unit()
    }

    /// Whether it goes by factors rather than by differences.
    pub fn is_log(&self) -> bool {
        matches!(self.law, Law::Log { .. } | Law::LogNormal { .. })
    }

    /// How many different values it has; nothing where they are without number.
    pub fn choices(&self) -> Option<usize> {
        match &self.law {
            Law::OneOf(values) => Some(values.len()),
            _ => None,
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |value: &toml::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let number = |unit: &Quantity, number: f64| plain(&unit.toml(number));
        match &self.law {
            Law::Even { unit, low, high } => write!(f, "{}..{}", number(unit, *low), number(unit, *high)),
            Law::Log { unit, low, high } => write!(f, "{}..{} log", number(unit, *low), number(unit, *high)),
            Law::Normal { unit, mean, deviation } => {
                write!(f, "normal({}, {})", number(unit, *mean), number(unit, *deviation))
            }
            Law::LogNormal { unit, median, sigma } => write!(f, "lognormal({}, {sigma})", number(unit, *median)),
            Law::OneOf(values) => f.write_str(&values.iter().map(plain).collect::<Vec<_>>().join("|")),
        }
    }
}

/// Whether `key` is one within a list, such as `links.0.up`, which no schema lists.
fn is_indexed(key: &str, known: &[Explanation]) -> bool {
    let first = key.split('.').next().unwrap_or_default();
    key.split('.').any(|word| word.parse::<usize>().is_ok()) && known.iter().any(|known| known.key.starts_with(first))
}

impl Law {
    fn read(text: &str) -> Result<Law, String> {
        let within = |name: &str| text.strip_prefix(name)?.trim().strip_prefix('(')?.strip_suffix(')');
        if let Some((first, second)) = within("lognormal").and_then(|inner| inner.split_once(',')) {
            let (unit, median) = quantity(first)?;
            let sigma: f64 = second.trim().parse().map_err(|_| format!("`{}` is no number", second.trim()))?;
            let is_good = median > 0.0 && sigma >= 0.0 && sigma.is_finite();
            let what = if median > 0.0 { format!("a sigma of {sigma}") } else { "the median is zero".into() };
            return if is_good { Ok(Law::LogNormal { unit, median, sigma }) } else { Err(what) };
        }
        if let Some((first, second)) = within("normal").and_then(|inner| inner.split_once(',')) {
            let (unit, mean, deviation) = same_unit(first, second)?;
            return Ok(Law::Normal { unit, mean, deviation });
        }
        if let Some((low, high)) = text.split_once("..") {
            let (high, is_log) = match high.trim().strip_suffix(" log") {
                Some(high) => (high, true),
                None => (high, false),
            };
            let (unit, low, high) = same_unit(low, high)?;
            return match () {
                () if low >= high => Err("its low end is not below its high end".into()),
                () if is_log && low <= 0.0 => Err("there is no logarithm of zero".into()),
                () if is_log => Ok(Law::Log { unit, low, high }),
                () => Ok(Law::Even { unit, low, high }),
            };
        }
        if text.contains('|') {
            let values: Vec<toml::Value> = text.split('|').map(bare).collect();
            let twice = (1..values.len()).find(|at| values[..*at].contains(&values[*at]));
            return twice.map_or(Ok(Law::OneOf(values.clone())), |at| Err(format!("{} is there twice", values[at])));
        }
        Err("it has no `..`".into())
    }

    fn unit(&self) -> Option<Quantity> {
        match self {
            Law::Even { unit, .. } | Law::Log { unit, .. } | Law::Normal { unit, .. } | Law::LogNormal { unit, .. } => {
                Some(*unit)
            }
            Law::OneOf(_) => None,
        }
    }

    /// The first of its numbers that is not whole, where they have no unit. (A deviation may be.)
    fn part(&self) -> Option<f64> {
        let numbers = match self {
            Law::Even { unit: Quantity::Number, low, high } | Law::Log { unit: Quantity::Number, low, high } => {
                [*low, *high]
            }
            Law::Normal { unit: Quantity::Number, mean: middle, .. }
            | Law::LogNormal { unit: Quantity::Number, median: middle, .. } => [*middle; 2],
            _ => return None,
        };
        numbers.into_iter().find(|number| number.fract() != 0.0)
    }

    /// The same where whole numbers are numbers like any other.
    fn of_any_number(mut self) -> Law {
        match &mut self {
            Law::Even { unit, .. } | Law::Log { unit, .. } | Law::Normal { unit, .. } | Law::LogNormal { unit, .. } => {
                if *unit == Quantity::Count {
                    *unit = Quantity::Number;
                }
            }
            Law::OneOf(_) => {}
        }
        self
    }

    /// The number below which `share` of all are.
    fn number(&self, share: f64) -> f64 {
        let inner = |share: f64| normal_quantile(share.clamp(TAIL, 1.0 - TAIL));
        match self {
            // Each whole number is as likely as the others, those at the ends too.
            Law::Even { unit: Quantity::Count, low, high } => {
                libm::floor(low + share * (high - low + 1.0)).clamp(*low, *high)
            }
            Law::Even { low, high, .. } => low + share * (high - low),
            Law::Log { low, high, .. } => (low * libm::exp(share * libm::log(high / low))).clamp(*low, *high),
            Law::Normal { mean, deviation, .. } => (mean + deviation * inner(share)).max(0.0),
            Law::LogNormal { median, sigma, .. } => median * libm::exp(sigma * inner(share)),
            Law::OneOf(_) => share,
        }
    }
}

/// A value as it stands in a scenario; what is no TOML is a word.
fn bare(text: &str) -> toml::Value {
    let text = text.trim();
    let table = format!("x = {text}").parse::<toml::Table>();
    table.ok().and_then(|mut table| table.remove("x")).unwrap_or_else(|| text.into())
}

fn quantity(text: &str) -> Result<(Quantity, f64), String> {
    let found = Quantity::read(&bare(text)).filter(|(_, number)| *number >= 0.0 && number.is_finite());
    found.ok_or_else(|| format!("`{}` is no quantity, zero or more", text.trim()))
}

/// Both as numbers of one unit.
fn same_unit(first: &str, second: &str) -> Result<(Quantity, f64, f64), String> {
    let ((one, a), (other, b)) = (quantity(first)?, quantity(second)?);
    let unit = match (one, other) {
        (Quantity::Count, Quantity::Number) | (Quantity::Number, Quantity::Count) => Quantity::Number,
        (one, other) if one == other => one,
        _ => return Err(format!("`{}` and `{}` are of different units", first.trim(), second.trim())),
    };
    Ok((unit, a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Range {
        Range::parse(text).unwrap()
    }

    fn values(text: &str, shares: &[f64]) -> Vec<String> {
        shares.iter().map(|share| range(text).at(*share).to_string()).collect()
    }

    #[test]
    fn values_are_between_the_ends_and_of_their_kind() {
        let shares = [0.0, 0.5, 1.0];
        assert_eq!(values("swarm.network_size=8..512", &shares), ["8", "260", "512"]);
        assert_eq!(values("swarm.network_size=8..512 log", &shares), ["8", "64", "512"]);
        assert_eq!(
            values("network.up=1 Mbit/s .. 100 Mbit/s log", &shares),
            ["\"1 Mbit/s\"", "\"10 Mbit/s\"", "\"100 Mbit/s\""]
        );
        assert_eq!(values("network.latency=0 ms..1 s", &shares), ["\"0 ns\"", "\"500 ms\"", "\"1 s\""]);
        assert_eq!(values("protocol=codex-v2|bittorrent", &[0.0, 0.49, 0.5, 1.0]).concat(), {
            let (a, b) = ("\"codex-v2\"", "\"bittorrent\"");
            [a, a, b, b].concat()
        });
    }

    /// A share is a number though both ends are whole; a number of nodes is not.
    #[test]
    fn whole_numbers_stay_whole_where_the_key_counts() {
        assert_eq!(values("hosts.away.up_shape=0..1", &[0.25]), ["0.25"]);
        let all: Vec<String> = values("swarm.seeders=1..3", &[0.1, 0.32, 0.34, 0.65, 0.67, 0.99]);
        assert_eq!(all, ["1", "1", "2", "2", "3", "3"], "each of three is as likely");
    }

    #[test]
    fn laws_without_ends() {
        assert_eq!(values("network.latency=normal(100 ms, 20 ms)", &[0.5]), ["\"100 ms\""]);
        assert_eq!(values("network.latency=lognormal(100 ms, 0.5)", &[0.5]), ["\"100 ms\""]);
        let below = range("network.latency=normal(10 ms, 20 ms)").at(0.01);
        assert_eq!(below.as_str(), Some("0 ns"), "nothing is below zero");
    }

    /// By hand.
    #[test]
    fn steps_go_from_end_to_end() {
        let steps = |text: &str, count: usize| {
            range(text).steps(count).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(steps("swarm.network_size=8..512 log", 4), "8 32 128 512");
        assert_eq!(steps("swarm.seeders=1..9", 3), "1 5 9");
        assert_eq!(steps("swarm.seeders=1..3", 9), "1 2 3", "each once");
        assert_eq!(steps("hosts.away.up_shape=0..1", 1), "0.5");
        assert_eq!(steps("swarm.seeders=3|1|2", 1), "3 1 2");
        let normal = steps("network.latency=normal(100 ms, 20 ms)", 2);
        assert_eq!(normal, "\"86510 us\" \"113500 us\"", "the quartiles, 0.67449 deviations away");
    }

    #[test]
    fn what_was_read_is_written_back() {
        for text in ["8..512", "8..512 log", "normal(100, 20)", "lognormal(100, 0.5)", "8|64|512"] {
            assert_eq!(Range::of("swarm.network_size", text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_range_is_told() {
        for (text, words) in [
            ("8..512", "names no key"),
            ("swarm.network_sze=8..512", "did you mean `swarm.network_size`?"),
            ("swarm.network_size=512..8", "not below its high end"),
            ("swarm.network_size=8", "has no `..`"),
            ("network.up=1 Mbit/s..10 s", "of different units"),
            ("network.latency=0 s..10 s log", "no logarithm of zero"),
            ("network.up=fast..slow", "`fast` is no quantity"),
            ("protocol=direct|ideal|direct", "\"direct\" is there twice"),
            ("swarm.network_size=2..64.5", "`64.5` is no whole number"),
            ("swarm.network_size=normal(7.5, 2.5)", "`7.5` is no whole number"),
        ] {
            let error = Range::parse(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
