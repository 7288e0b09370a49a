//! The one parser behind the three quantities: a decimal number, an optional
//! space, a unit out of a table.

use thiserror::Error;

/// Why a text is not a quantity of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnitError {
    /// The text does not begin with a plain decimal number.
    #[error("`{text}` does not start with a number; expected {expected}")]
    NoNumber {
        /// What was given.
        text: String,
        /// The form that would have been right.
        expected: &'static str,
    },
    /// The number has no unit, or one that this kind of quantity does not know.
    #[error("{}; expected {expected}{}", unit_problem(.unit, .text), hint(.nearest))]
    BadUnit {
        /// What was given.
        text: String,
        /// The unit part of it, possibly empty.
        unit: String,
        /// The form that would have been right.
        expected: &'static str,
        /// The known unit that looks most like it.
        nearest: Option<&'static str>,
    },
    /// The value does not fit the integer that holds it.
    #[error("`{text}` is too large to be represented")]
    TooLarge {
        /// What was given.
        text: String,
    },
}

fn unit_problem(unit: &str, text: &str) -> String {
    if unit.is_empty() { format!("`{text}` has no unit") } else { format!("unknown unit `{unit}` in `{text}`") }
}

fn hint(nearest: &Option<&'static str>) -> String {
    nearest.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default()
}

/// A unit's name and how many base quantities it is worth.
pub(super) type UnitTable = &'static [(&'static str, u64)];

/// Reads `text` as a number and a unit of `table`, rounding to the nearest
/// base quantity.
pub(super) fn quantity(text: &str, table: UnitTable, expected: &'static str) -> Result<u64, UnitError> {
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(trimmed.len());
    let (number, rest) = trimmed.split_at(split);
    let unit = rest.strip_prefix(' ').unwrap_or(rest);
    if number.is_empty() || number.starts_with('.') || number.ends_with('.') {
        return Err(UnitError::NoNumber { text: text.into(), expected });
    }
    let Some(&(_, scale)) = table.iter().find(|(name, _)| *name == unit) else {
        return Err(UnitError::BadUnit {
            text: text.into(),
            unit: unit.into(),
            expected,
            nearest: nearest_unit(unit, table),
        });
    };
    scaled(number, scale, text, expected)
}

/// Whole numbers stay exact; fractions go through `f64`.
fn scaled(number: &str, scale: u64, text: &str, expected: &'static str) -> Result<u64, UnitError> {
    let too_large = || UnitError::TooLarge { text: text.into() };
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(scale).ok_or_else(too_large);
    }
    let value: f64 = number.parse().map_err(|_| UnitError::NoNumber { text: text.into(), expected })?;
    let product = libm::round(value * scale as f64);
    if product >= u64::MAX as f64 { Err(too_large()) } else { Ok(product as u64) }
}

fn nearest_unit(unit: &str, table: UnitTable) -> Option<&'static str> {
    if unit.is_empty() {
        return None;
    }
    table
        .iter()
        .map(|(name, _)| *name)
        .min_by_key(|name| {
            let folded = strsim::levenshtein(&name.to_lowercase(), &unit.to_lowercase());
            (folded, strsim::levenshtein(name, unit))
        })
        .filter(|name| strsim::levenshtein(&name.to_lowercase(), &unit.to_lowercase()) <= 3)
}

/// Prints `value` in the largest unit of `table` that divides it, so that the
/// text parses back to the same value.
pub(super) fn exact(value: u64, table: UnitTable, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    let (name, scale) = table
        .iter()
        .filter(|(_, scale)| value.is_multiple_of(*scale))
        .max_by_key(|(_, scale)| if value == 0 { u64::MAX - scale } else { *scale })
        .copied()
        .unwrap_or((table[0].0, table[0].1));
    write!(f, "{} {}", value / scale, name)
}

/// Serde by text, shared by the three quantities.
macro_rules! text_serde {
    ($kind:ident, $expected:literal, $example:literal) => {
        impl serde::Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $kind {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $kind;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expected)
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$kind, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                from.deserialize_str(Text)
            }
        }
        impl schemars::JsonSchema for $kind {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($kind).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "description": $expected,
                    "examples": [$example],
                })
            }
        }
    };
}
pub(super) use text_serde;
