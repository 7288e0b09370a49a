//! A quantity of one kind where another is wanted: bytes for bits, a size for a rate.

use super::parse::{Kind, nearest_unit, scaled};
use super::{bytes, rate, time};
use std::fmt;

/// What is wrong with `number` of `unit`, which is none of `wanted`; and what may have been
/// meant: the same amount as it should be written, or the unit that looks most like it.
pub(super) fn told(text: &str, number: &str, unit: &str, wanted: &Kind) -> (String, Option<String>) {
    let stem = unit.strip_suffix("/s").or_else(|| unit.strip_suffix("ps"));
    let (stem, is_rate) = (stem.unwrap_or(unit), stem.is_some());
    let (bits, in_bytes) = (bits(stem, is_rate), stem.ends_with('B'));
    let given = match bits {
        Some(_) if is_rate => Some(&rate::KIND),
        Some(_) => in_bytes.then_some(&bytes::KIND),
        None => time::KIND.units.iter().any(|(name, _)| *name == unit).then_some(&time::KIND),
    };
    let other = given.filter(|given| given.expected != wanted.expected);
    let nearest = || nearest_unit(unit, wanted).filter(|_| other.is_none()).map(|name| format!("`{name}`"));
    let wants_rate = wanted.expected == rate::KIND.expected;
    // Bytes where bits are counted, or bits where bytes are.
    let converted = bits.zip(wanted.bits).filter(|_| wants_rate == in_bytes && (wants_rate || !is_rate));
    let meant = converted.and_then(|(bits, each)| {
        let amount = scaled(number, bits.is_multiple_of(each).then_some(bits / each)?, text, wanted).ok()?;
        let span = if wants_rate && !is_rate { " a second" } else { "" };
        Some(format!("`{}`, which is {number} {unit}{span}", Exact(amount, wanted)))
    });
    let problem = other.map(|other| format!("`{text}` is {}", other.name()));
    (problem.unwrap_or_else(|| format!("unknown unit `{unit}` in `{text}`")), meant.or_else(nearest))
}

/// Bits in a unit of data: `MB`, `KiB`, `Mbit`; and within a rate `Mb`, which alone is
/// rather a misspelt `MB`.
fn bits(unit: &str, is_rate: bool) -> Option<u64> {
    let lower = unit.to_lowercase();
    let prefix =
        lower.strip_suffix("bit").or_else(|| lower.strip_suffix('b').filter(|_| is_rate || unit.ends_with('B')));
    let bytes = format!("{}b", prefix?);
    let (_, scale) = bytes::KIND.units.iter().find(|(name, _)| name.to_lowercase() == bytes)?;
    scale.checked_mul(if unit.ends_with('B') { 8 } else { 1 })
}

/// A number of the smallest unit of a kind.
struct Exact<'a>(u64, &'a Kind);

impl fmt::Display for Exact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::parse::exact(self.0, self.1, f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Bytes, Rate, Time};

    #[test]
    fn another_kind_is_named_and_converted() {
        let rate = |text: &str| text.parse::<Rate>().unwrap_err().to_string();
        let size = |text: &str| text.parse::<Bytes>().unwrap_err().to_string();
        let time = |text: &str| text.parse::<Time>().unwrap_err().to_string();
        for (message, words) in [
            (rate("20MB/s"), "unknown unit `MB/s` in `20MB/s`"),
            (rate("20MB/s"), "; did you mean `160 Mbit/s`, which is 20 MB/s?"),
            (rate("2.5 MBps"), "; did you mean `20 Mbit/s`, which is 2.5 MBps?"),
            (rate("1 MiB/s"), "; did you mean `8388608 bit/s`, which is 1 MiB/s?"),
            (rate("20 Mbps"), "; did you mean `Mbit/s`?"),
            (rate("20 mb/s"), "; did you mean `Mbit/s`?"),
            (rate("20 MB"), "`20 MB` is a size; expected a rate"),
            (rate("20 MB"), "; did you mean `160 Mbit/s`, which is 20 MB a second?"),
            (rate("20 Mbit"), "; did you mean `Mbit/s`?"),
            (rate("20 ms"), "`20 ms` is a time; expected a rate"),
            (size("20 Mbit/s"), "`20 Mbit/s` is a rate; expected a size"),
            (size("10 Mbit"), "; did you mean `1250 kB`, which is 10 Mbit?"),
            (size("10 ms"), "`10 ms` is a time; expected a size"),
            (time("20 MB"), "`20 MB` is a size; expected a time"),
            (time("20 kbit/s"), "`20 kbit/s` is a rate; expected a time"),
        ] {
            assert!(message.contains(words), "{message}");
        }
        for message in [size("20 Mbit/s"), size("10 ms"), time("20 MB"), rate("20 ms")] {
            assert!(!message.contains("did you mean"), "{message}");
        }
    }
}
