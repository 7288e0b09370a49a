//! A constant that is fitted: its key, its unit, and how its value is written.

use super::CalibrateError;
use crate::scenario::Quantity;

/// Digits that a fitted value is written with, and those of its interval.
pub(super) const DIGITS: i32 = 4;
pub(super) const INTERVAL_DIGITS: i32 = 3;

/// A constant that is fitted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameter {
    /// Its dotted key.
    pub(super) key: String,
    pub(super) unit: Quantity,
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
            Quantity::read(first).ok_or_else(|| CalibrateError::NoQuantity(fit.key.clone(), first.to_string()))?;
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

fn read_start(text: &str, unit: Quantity, key: &str) -> Result<f64, CalibrateError> {
    let bare = |text: &str| format!("x = {text}").parse::<toml::Table>().ok()?.remove("x");
    let value = bare(text).unwrap_or_else(|| text.into());
    match Quantity::read(&value) {
        Some((read, start)) if read == unit => Ok(start),
        Some((Quantity::Count, start)) if unit == Quantity::Number => Ok(start),
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
            value if Quantity::read(value).is_some() => keys.push(key),
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
            ("hardware.per_entry", Quantity::Time, 250e3, "hardware.per_entry=\"250 us\""),
            ("hardware.per_mib = 2 ms", Quantity::Time, 2e6, "hardware.per_mib=\"2 ms\""),
            ("network.up", Quantity::Rate, 1e7, "network.up=\"10 Mbit/s\""),
            ("protocol.p.window", Quantity::Count, 8.0, "protocol.p.window=8"),
            ("protocol.p.share=2", Quantity::Number, 2.0, "protocol.p.share=2.0"),
            ("protocol.\"./x.toml\".window", Quantity::Count, 8.0, "protocol.\"./x.toml\".window=8"),
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
}
