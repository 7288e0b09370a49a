//! Values as other programs write them.

use super::super::error::Fault;
use crate::units::{Rate, Time};
use serde::de::Error as _;

/// How fast light goes in glass.
const KM_PER_SECOND: f64 = 200_000.0;
const EARTH_RADIUS_KM: f64 = 6371.0;
/// The delay between points at one place.
const LEAST_DELAY: Time = Time::from_nanos(10_000);

/// Other spellings of the units of times and rates, and what each is here.
const SPELLINGS: [(&str, &[&str]); 10] = [
    ("ns", &["nanosecond", "nanoseconds"]),
    ("us", &["\u{b5}s", "\u{3bc}s", "microsecond", "microseconds"]),
    ("ms", &["millisecond", "milliseconds"]),
    ("s", &["sec", "secs", "second", "seconds"]),
    ("min", &["minute", "minutes"]),
    ("bit/s", &["bit", "bits", "bps"]),
    ("kbit/s", &["kbit", "Kbit", "kilobit", "kilobits", "Kbps", "kbps", "K", "k"]),
    ("Mbit/s", &["Mbit", "megabit", "megabits", "Mbps", "M"]),
    ("Gbit/s", &["Gbit", "gigabit", "gigabits", "Gbps", "G"]),
    ("Tbit/s", &["Tbit", "terabit", "terabits", "Tbps", "T"]),
];

/// Units that are no power of ten, in bit/s.
const BINARY: [(&str, f64); 6] = [
    ("Kibit", 1024.0),
    ("kibibit", 1024.0),
    ("Mibit", 1_048_576.0),
    ("mebibit", 1_048_576.0),
    ("Gibit", 1_073_741_824.0),
    ("gibibit", 1_073_741_824.0),
];

/// A finite number.
pub(super) fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Number and unit of `text`.
fn parts(text: &str) -> (&str, &str) {
    let unit = text.trim_end_matches(|c: char| !(c.is_ascii_digit() || c == '.')).len();
    (text[..unit].trim_end(), text[unit..].trim_start())
}

/// `text` in the spelling of this program.
fn respelled(text: &str) -> String {
    let (number, unit) = parts(text.trim());
    let known = SPELLINGS.iter().find(|(_, others)| others.contains(&unit));
    known.map_or_else(|| text.trim().to_owned(), |(ours, _)| format!("{number} {ours}"))
}

/// A latency; a number without a unit counts in `bare`.
pub(super) fn latency(text: &str, bare: &str) -> Result<Time, Fault> {
    let text = text.trim();
    let above = || Fault::new(format!("a latency of `{text}`")).expected("a latency above zero");
    let time = match number(text) {
        Some(number) if number <= 0.0 => return Err(above()),
        Some(number) => format!("{number} {bare}").parse(),
        None if text.starts_with('-') => return Err(above()),
        None => respelled(text).parse(),
    };
    match time.map_err(Fault::custom)? {
        Time::ZERO | Time::NEVER => Err(above()),
        time => Ok(time),
    }
}

/// A capacity with its unit.
pub(super) fn rate(text: &str) -> Result<Rate, Fault> {
    let (given, unit) = parts(text.trim());
    let binary = BINARY.iter().find(|(name, _)| unit.trim_end_matches("/s").trim_end_matches('s') == *name);
    match (binary, number(given)) {
        (Some((_, bits)), Some(given)) => bits_per_second(given * bits, text),
        _ => match respelled(text).parse().map_err(Fault::custom)? {
            Rate(0) => bits_per_second(0.0, text),
            rate => Ok(rate),
        },
    }
}

/// A capacity in units of `unit` bit/s, without saying so.
pub(super) fn rate_in(text: &str, unit: f64) -> Result<Rate, Fault> {
    let number = number(text.trim()).ok_or_else(|| Fault::new(format!("`{text}` is not a number")));
    bits_per_second(number? * unit, text)
}

fn bits_per_second(bits: f64, text: &str) -> Result<Rate, Fault> {
    if bits < 1.0 {
        return Err(Fault::new(format!("a capacity of `{text}`")).expected("a capacity above zero"));
    }
    format!("{} bit/s", libm::round(bits)).parse().map_err(Fault::custom)
}

/// A share of lost packets.
pub(super) fn loss(text: &str) -> Result<f64, Fault> {
    let loss = number(text.trim()).filter(|loss| (0.0..1.0).contains(loss));
    loss.ok_or_else(|| Fault::new(format!("a loss of `{text}`")).expected("a share of the packets, from 0 to below 1"))
}

/// An angle of at most `most` degrees either way.
pub(super) fn degrees(text: &str, most: f64) -> Result<f64, Fault> {
    let degrees = number(text.trim()).filter(|degrees| degrees.abs() <= most);
    degrees
        .ok_or_else(|| Fault::new(format!("`{text}` is no place")).expected(format!("degrees from -{most} to {most}")))
}

/// The delay of glass along the great circle from `a` to `b` (latitude, longitude).
pub(super) fn by_distance(a: [f64; 2], b: [f64; 2]) -> Time {
    let [[lat_a, lon_a], [lat_b, lon_b]] = [a, b].map(|place| place.map(f64::to_radians));
    let half = |angle: f64| libm::sin(angle / 2.0) * libm::sin(angle / 2.0);
    let chord = half(lat_b - lat_a) + libm::cos(lat_a) * libm::cos(lat_b) * half(lon_b - lon_a);
    let km = 2.0 * EARTH_RADIUS_KM * libm::asin(libm::sqrt(chord.min(1.0)));
    Time::from_secs_f64(km / KM_PER_SECOND).max(LEAST_DELAY)
}
