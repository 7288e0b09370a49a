//! A constant that is fitted: its key, its unit, and how its value is written.

use super::CalibrateError;
use crate::units::{Bytes, Rate, Time};

/// What a constant is measured in. Values are in the unit's smallest part:
/// nanoseconds, bytes, bit/s, or plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConstantKind {
    Time,
    Bytes,
    Rate,
    Count,
    Number,
}

/// Digits that a fitted value is written with, and those of its interval.
pub(super) const DIGITS: i32 = 4;
pub(super) const INTERVAL_DIGITS: i32 = 3;

impl ConstantKind {
    /// Reads a value of a scenario; nothing when it is no finite quantity.
    pub(super) fn read(value: &toml::Value) -> Option<(ConstantKind, f64)> {
        match value {
            toml::Value::Integer(count) => Some((ConstantKind::Count, *count as f64)),
            toml::Value::Float(number) => Some((ConstantKind::Number, *number)),
            toml::Value::String(text) => {
                let time = || Some((ConstantKind::Time, text.parse::<Time>().ok()?.nanos() as f64));
                let bytes = || Some((ConstantKind::Bytes, text.parse::<Bytes>().ok()?.get() as f64));
                let rate = text.parse::<Rate>().ok().filter(|rate| !rate.is_unlimited());
                time().or_else(bytes).or(rate.map(|rate| (ConstantKind::Rate, rate.0 as f64)))
            }
            _ => None,
        }
    }

    /// The nearest value that can be written down.
    pub(super) fn round(self, value: f64) -> f64 {
        if self == ConstantKind::Number { value } else { libm::round(value) }
    }

    /// The same, but never zero.
    pub(super) fn above_zero(self, value: f64) -> f64 {
        self.round(value).max(if self == ConstantKind::Number { f64::MIN_POSITIVE } else { 1.0 })
    }

    /// `value` with so many significant digits.
    pub(super) fn digits(self, value: f64, digits: i32) -> f64 {
        if value <= 0.0 {
            return value;
        }
        let scale = libm::pow(10.0, f64::from(digits - 1) - libm::floor(libm::log10(value)));
        // A division by a whole number is exact where the product would not be.
        let rounded = if scale >= 1.0 {
            libm::round(value * scale) / scale
        } else {
            let step = libm::round(1.0 / scale);
            libm::round(value / step) * step
        };
        self.round(rounded)
    }

    /// As TOML.
    pub(super) fn toml(self, value: f64) -> toml::Value {
        let whole = self.round(value) as u64;
        match self {
            ConstantKind::Time => Time::from_nanos(whole).to_string().into(),
            ConstantKind::Bytes => Bytes(whole).to_string().into(),
            ConstantKind::Rate => Rate(whole).to_string().into(),
            ConstantKind::Count => (whole as i64).into(),
            ConstantKind::Number => value.into(),
        }
    }

    /// Two values about a factor `e^step` below and above `value`, at least one
    /// smallest part away. The lower one stays above zero.
    pub(super) fn around(self, value: f64, step: f64) -> (f64, f64) {
        let (low, high) = (self.round(value * libm::exp(-step)), self.round(value * libm::exp(step)));
        if self == ConstantKind::Number {
            return (low, high);
        }
        (low.min(value - 1.0).max(1.0), high.max(value + 1.0))
    }
}

/// A constant that is fitted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameter {
    /// Its dotted key.
    pub(super) key: String,
    pub(super) unit: ConstantKind,
    /// The value that the testbed gives it.
    pub(super) initial: f64,
    /// Where the search begins; above zero.
    pub(super) start: f64,
}

/// What `--fit` says: a key and, perhaps, where to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// The dotted key.
    pub key: String,
    /// The value to begin with; that of the testbed when absent.
    pub start: Option<String>,
}

impl Fit {
    /// Reads `key` or `key=start`.
    ///
    /// # Errors
    /// On an empty key.
    pub fn parse(text: &str) -> Result<Fit, String> {
        let (key, start) = match text.split_once('=') {
            Some((key, start)) => (key.trim(), Some(start.trim().to_owned())),
            None => (text.trim(), None),
        };
        if key.is_empty() {
            return Err(format!("`{text}` is not a key such as hardware.per_entry, or key=start"));
        }
        Ok(Fit { key: key.into(), start })
    }
}

impl Parameter {
    /// Looks `fit` up in the resolved scenarios of all chosen cells.
    pub(super) fn find(fit: &Fit, resolved: &[&str]) -> Result<Parameter, CalibrateError> {
        let tables: Vec<toml::Table> =
            resolved.iter().map(|text| text.parse().expect("a resolved scenario is TOML")).collect();
        let first = lookup(&fit.key, &tables[0]).ok_or_else(|| unknown(&fit.key, &tables[0]))?;
        let (unit, initial) =
            ConstantKind::read(first).ok_or_else(|| CalibrateError::NoQuantity(fit.key.clone(), first.to_string()))?;
        if tables.iter().any(|table| lookup(&fit.key, table) != Some(first)) {
            return Err(CalibrateError::Differs(fit.key.clone()));
        }
        let start = match &fit.start {
            None => initial,
            Some(text) => read_start(text, unit, &fit.key)?,
        };
        if start <= 0.0 {
            return Err(CalibrateError::Zero(fit.key.clone()));
        }
        Ok(Parameter { key: fit.key.clone(), unit, initial, start })
    }

    /// `key=value`, as `--set` takes it.
    pub(super) fn set(&self, value: f64) -> String {
        format!("{}={}", self.key, self.unit.toml(value))
    }
}

fn read_start(text: &str, unit: ConstantKind, key: &str) -> Result<f64, CalibrateError> {
    let bare = |text: &str| format!("x = {text}").parse::<toml::Table>().ok()?.remove("x");
    let value = bare(text).unwrap_or_else(|| text.into());
    match ConstantKind::read(&value) {
        Some((read, start)) if read == unit => Ok(start),
        Some((ConstantKind::Count, start)) if unit == ConstantKind::Number => Ok(start),
        _ => Err(CalibrateError::Start(key.into(), text.into(), unit.toml(1.0).to_string())),
    }
}

/// The value of a dotted key. The one protocol of a scenario may be named by a
/// path, for which the resolved form has the name of its family.
fn lookup<'a>(key: &str, table: &'a toml::Table) -> Option<&'a toml::Value> {
    let mut wanted: toml::Table = format!("{key} = 0").parse().ok()?;
    let mut level = table;
    let mut depth = 0;
    loop {
        let (name, rest) = wanted.into_iter().next()?;
        let only = depth == 1 && key.starts_with("protocol.") && name.ends_with(".toml");
        let value = if only { level.values().next()? } else { level.get(&name)? };
        match (rest, value) {
            (toml::Value::Table(next), toml::Value::Table(inner)) => (wanted, level) = (next, inner),
            (toml::Value::Integer(_), value) if !value.is_table() => return Some(value),
            _ => return None,
        }
        depth += 1;
    }
}

fn unknown(key: &str, table: &toml::Table) -> CalibrateError {
    let mut keys = Vec::new();
    quantities("", table, &mut keys);
    let nearest = keys.into_iter().min_by_key(|known| strsim::damerau_levenshtein(known, key));
    CalibrateError::Unknown(key.into(), nearest.unwrap_or_default())
}

/// Dotted keys of everything that has a quantity.
fn quantities(prefix: &str, table: &toml::Table, keys: &mut Vec<String>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) => quantities(&key, inner, keys),
            value if ConstantKind::read(value).is_some() => keys.push(key),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESOLVED: &str = "seed = 1\nprotocol.p.window = 8\nprotocol.p.share = 0.5\nhardware.per_entry = \"250 us\"\n\
        hardware.per_mib = \"0 s\"\nnetwork.up = \"10 Mbit/s\"\nnetwork.model = \"fair\"\n";

    fn find(fit: &str) -> Result<Parameter, CalibrateError> {
        Parameter::find(&Fit::parse(fit).unwrap(), &[RESOLVED])
    }

    #[test]
    fn quantities_of_all_kinds_are_found_and_written_back() {
        for (fit, unit, start, set) in [
            ("hardware.per_entry", ConstantKind::Time, 250e3, "hardware.per_entry=\"250 us\""),
            ("hardware.per_mib = 2 ms", ConstantKind::Time, 2e6, "hardware.per_mib=\"2 ms\""),
            ("network.up", ConstantKind::Rate, 1e7, "network.up=\"10 Mbit/s\""),
            ("protocol.p.window", ConstantKind::Count, 8.0, "protocol.p.window=8"),
            ("protocol.p.share=2", ConstantKind::Number, 2.0, "protocol.p.share=2.0"),
            ("protocol.\"./x.toml\".window", ConstantKind::Count, 8.0, "protocol.\"./x.toml\".window=8"),
        ] {
            let found = find(fit).unwrap();
            assert_eq!((found.unit, found.start, found.set(found.start).as_str()), (unit, start, set));
        }
    }

    #[test]
    fn what_cannot_be_fitted_is_named() {
        for (fit, message) in [
            ("hardware.per_entri", "did you mean `hardware.per_entry`?"),
            ("hardware", "unknown key `hardware`"),
            ("network.model", "is \"fair\", which is no quantity"),
            ("hardware.per_mib", "`hardware.per_mib` begins at zero"),
            ("hardware.per_entry=3 MB", "`3 MB`"),
        ] {
            let error = find(fit).unwrap_err().to_string();
            assert!(error.contains(message), "{fit}: {error}");
        }
        let other = RESOLVED.replace("10 Mbit/s", "20 Mbit/s");
        let fit = Fit::parse("network.up").unwrap();
        let error = Parameter::find(&fit, &[RESOLVED, &other]).unwrap_err().to_string();
        assert!(error.contains("`network.up` differs among the chosen cells"), "{error}");
    }

    /// By hand.
    #[test]
    fn digits_and_neighbours() {
        assert_eq!(ConstantKind::Time.digits(2_801_234.0, 4), 2_801_000.0);
        assert_eq!(ConstantKind::Time.digits(280.0, 4), 280.0);
        assert_eq!(ConstantKind::Number.digits(0.123456, 3), 0.123);
        assert_eq!(ConstantKind::Count.around(8.0, 0.01), (7.0, 9.0), "at least one away");
        assert_eq!(ConstantKind::Count.around(1.0, 0.01), (1.0, 2.0));
        assert_eq!(ConstantKind::Time.around(1e6, libm::log(2.0)), (5e5, 2e6));
    }
}
