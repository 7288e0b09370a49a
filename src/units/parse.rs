//! The one parser behind the three quantities: a decimal number, an optional
//! space, a unit out of a table.

use super::mixed;
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
    /// The text is written in a way that only looks like a quantity.
    #[error("`{text}` {problem}; expected {expected}")]
    BadForm {
        /// What was given.
        text: String,
        /// What is wrong with it.
        problem: &'static str,
        /// The form that would have been right.
        expected: &'static str,
    },
    /// The number has no unit, or one that this kind of quantity does not know.
    #[error("{problem}; expected {expected}{}", hint(.meant))]
    BadUnit {
        /// What is wrong with it.
        problem: String,
        /// The form that would have been right.
        expected: &'static str,
        /// What may have been meant.
        meant: Option<String>,
    },
    /// There is no part of the smallest unit.
    #[error("`{text}` is no whole number of {unit}; expected e.g. \"{nearest} {unit}\"")]
    NotWhole {
        /// What was given.
        text: String,
        /// The smallest unit.
        unit: &'static str,
        /// The nearest whole number of it.
        nearest: u64,
    },
    /// More than zero, and nothing when counted in the smallest unit.
    #[error("`{text}` is too small to be represented; expected zero, or at least 1 {unit}")]
    TooSmall {
        /// What was given.
        text: String,
        /// The smallest unit.
        unit: &'static str,
    },
    /// The value does not fit the integer that holds it.
    #[error("`{text}` is too large to be represented; expected at most {most}")]
    TooLarge {
        /// What was given.
        text: String,
        /// The largest value.
        most: &'static str,
    },
}

fn hint(meant: &Option<String>) -> String {
    meant.as_ref().map(|meant| format!("; did you mean {meant}?")).unwrap_or_default()
}

/// A kind of quantity: how it is written, and what fits.
pub(super) struct Kind {
    /// Units and how many of the first they are worth, which is the smallest.
    pub(super) units: &'static [(&'static str, u64)],
    /// The form in words, for messages.
    pub(super) expected: &'static str,
    /// Bits in the smallest unit, of data.
    pub(super) bits: Option<u64>,
    /// The largest number of the smallest unit, and the same in words.
    pub(super) most: (u64, &'static str),
    /// The word for `u64::MAX`, which no number stands for.
    pub(super) endless: &'static str,
    /// Whether parts of the smallest unit are refused instead of rounded.
    pub(super) whole: bool,
}

impl Kind {
    /// `a size`
    pub(super) fn name(&self) -> &'static str {
        self.expected.split(" such").next().unwrap_or(self.expected)
    }
}

/// Reads `text` as a number and a unit of `kind`, or as the word for what has no end.
pub(super) fn quantity(text: &str, kind: &Kind) -> Result<u64, UnitError> {
    let trimmed = text.trim();
    if trimmed == kind.endless {
        return Ok(u64::MAX);
    }
    let (number, rest) = trimmed.split_at(number_length(trimmed));
    if number.is_empty() || number.starts_with('.') || number.ends_with('.') || number.contains(".e") {
        return Err(UnitError::NoNumber { text: text.into(), expected: kind.expected });
    }
    if let Some(problem) = problem(rest) {
        return Err(UnitError::BadForm { text: text.into(), problem, expected: kind.expected });
    }
    let unit = rest.strip_prefix(' ').unwrap_or(rest);
    let Some(&(_, scale)) = kind.units.iter().find(|(name, _)| *name == unit) else {
        let (problem, meant) = match unit {
            "" => (format!("`{text}` has no unit"), None),
            _ => mixed::told(text, number, unit, kind),
        };
        return Err(UnitError::BadUnit { problem, expected: kind.expected, meant });
    };
    scaled(number, scale, text, kind)
}

/// Length of the decimal number that `text` begins with; an exponent is part of
/// it, as programs write it: `5e-05`.
fn number_length(text: &str) -> usize {
    let digits = |from: usize, point: bool| {
        let end = text[from..].find(|c: char| !(c.is_ascii_digit() || point && c == '.'));
        end.map_or(text.len(), |end| from + end)
    };
    let mantissa = digits(0, true);
    if mantissa == 0 || !text[mantissa..].starts_with(['e', 'E']) {
        return mantissa;
    }
    let sign = usize::from(text[mantissa + 1..].starts_with(['+', '-']));
    let exponent = digits(mantissa + 1 + sign, false);
    if exponent > mantissa + 1 + sign { exponent } else { mantissa }
}

/// What stands between number and unit and does not belong there.
fn problem(rest: &str) -> Option<&'static str> {
    let mut chars = rest.chars();
    match (chars.next()?, chars.next()) {
        (',', _) => Some("has a comma: decimals come after a point, thousands without a mark"),
        ('_' | '\'' | '\u{2019}', Some('0'..='9')) => Some("has a mark between its digits"),
        (' ', Some(c)) if c.is_whitespace() => Some("has more than one space before its unit"),
        (c, _) if c.is_whitespace() && c != ' ' => {
            Some("has a special space (non-breaking, thin, tab) before its unit")
        }
        _ => None,
    }
}

/// The number of smallest units in `number` of the unit that is worth `scale`.
pub(super) fn scaled(number: &str, scale: u64, text: &str, kind: &Kind) -> Result<u64, UnitError> {
    let (most, words) = kind.most;
    let too_large = || UnitError::TooLarge { text: text.into(), most: words };
    let no_number = || UnitError::NoNumber { text: text.into(), expected: kind.expected };
    let (rounded, whole) = match exact_product(number, scale) {
        Some(product) => product,
        // More digits than can matter.
        None => {
            let product = number.parse::<f64>().map_err(|_| no_number())? * scale as f64;
            (libm::round(product) as u128, libm::floor(product) == product)
        }
    };
    let rounded = u64::try_from(rounded).ok().filter(|value| *value <= most).ok_or_else(too_large)?;
    let unit = kind.units[0].0;
    match (whole, rounded) {
        (false, _) if kind.whole => Err(UnitError::NotWhole { text: text.into(), unit, nearest: rounded.max(1) }),
        (false, 0) => Err(UnitError::TooSmall { text: text.into(), unit }),
        _ => Ok(rounded),
    }
}

/// `number * scale`, rounded to the nearest whole number, and whether it is one;
/// nothing where 128 bits do not hold it.
fn exact_product(number: &str, scale: u64) -> Option<(u128, bool)> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [before, after].concat();
    let shift = exponent.parse::<i32>().ok()?.checked_sub(i32::try_from(after.len()).ok()?)?;
    let product = digits.parse::<u128>().ok()?.checked_mul(u128::from(scale))?;
    if product == 0 {
        return Some((0, true));
    }
    let power = 10u128.checked_pow(shift.unsigned_abs());
    if shift >= 0 {
        return Some((product.checked_mul(power?)?, true));
    }
    let Some(power) = power else { return Some((0, false)) };
    Some(((product / power) + u128::from(product % power >= power.div_ceil(2)), product.is_multiple_of(power)))
}

/// The unit of `kind` that looks most like `unit`.
pub(super) fn nearest_unit(unit: &str, kind: &Kind) -> Option<&'static str> {
    // The Greek letter, in both its places.
    let unit = unit.replace(['\u{b5}', '\u{3bc}'], "u");
    kind.units
        .iter()
        .map(|(name, _)| *name)
        .min_by_key(|name| {
            let folded = strsim::levenshtein(&name.to_lowercase(), &unit.to_lowercase());
            (folded, strsim::levenshtein(name, &unit))
        })
        .filter(|name| strsim::levenshtein(&name.to_lowercase(), &unit.to_lowercase()) <= 3)
}

/// Prints `value` in the largest unit of `kind` that divides it, so that the text
/// parses back to the same value.
pub(super) fn exact(value: u64, kind: &Kind, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    if value == u64::MAX {
        return f.write_str(kind.endless);
    }
    let (name, scale) = kind
        .units
        .iter()
        .filter(|(_, scale)| value.is_multiple_of(*scale))
        .max_by_key(|(_, scale)| if value == 0 { u64::MAX - scale } else { *scale })
        .copied()
        .unwrap_or(kind.units[0]);
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
                    "units": KIND.units.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
                })
            }
        }
    };
}
pub(super) use text_serde;
