//! Points in simulated time and spans of it, in nanoseconds.

use super::parse::{self, UnitError, UnitTable};
use std::fmt;
use std::ops::{Add, AddAssign, Div, Mul, Sub};
use std::str::FromStr;

/// A point in simulated time, or a span of it, in nanoseconds since the start
/// of the run. The range, 584 years, is enough for the long view of storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(u64);

const UNITS: UnitTable = &[
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];
const EXPECTED: &str = "a time such as \"50 ms\", \"10 s\", \"5 min\" or \"4 h\"";

impl Time {
    /// The start of a run; a span of no length.
    pub const ZERO: Time = Time(0);
    /// Later than anything that happens.
    pub const NEVER: Time = Time(u64::MAX);

    /// From whole nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Time(nanos)
    }

    /// From whole milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Time(millis * 1_000_000)
    }

    /// From whole seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Time(secs * 1_000_000_000)
    }

    /// From seconds, rounded to the nearest nanosecond; negative values become
    /// zero, values beyond the range become [`Time::NEVER`].
    pub fn from_secs_f64(secs: f64) -> Self {
        Time(libm::round(secs * 1e9) as u64)
    }

    /// In nanoseconds.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// In seconds.
    pub fn secs(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The span from `earlier` to `self`, or zero when `earlier` is later.
    pub const fn since(self, earlier: Time) -> Time {
        Time(self.0.saturating_sub(earlier.0))
    }
}

impl Add for Time {
    type Output = Time;
    fn add(self, span: Time) -> Time {
        Time(self.0.saturating_add(span.0))
    }
}

impl AddAssign for Time {
    fn add_assign(&mut self, span: Time) {
        *self = *self + span;
    }
}

impl Sub for Time {
    type Output = Time;
    /// # Panics
    /// In debug builds when `earlier` is later than `self`.
    fn sub(self, earlier: Time) -> Time {
        debug_assert!(earlier <= self, "time went backwards");
        self.since(earlier)
    }
}

impl Mul<u64> for Time {
    type Output = Time;
    fn mul(self, factor: u64) -> Time {
        Time(self.0.saturating_mul(factor))
    }
}

impl Div<u64> for Time {
    type Output = Time;
    fn div(self, divisor: u64) -> Time {
        Time(self.0 / divisor)
    }
}

impl FromStr for Time {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse::quantity(text, UNITS, EXPECTED).map(Time)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        parse::exact(self.0, UNITS, f)
    }
}

parse::text_serde!(Time, "a time such as \"50 ms\", \"10 s\", \"5 min\" or \"4 h\"", "50 ms");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_unit() {
        for (text, nanos) in [("3 ns", 3), ("2us", 2_000), ("0.5 ms", 500_000), ("1 d", 86_400_000_000_000)] {
            assert_eq!(text.parse::<Time>(), Ok(Time::from_nanos(nanos)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_time() {
        for text in ["", "ms", "5", "5 m", "5 S", "-1 s", "1e3 s", "5  s", ".5 s", "1. s"] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }

    #[test]
    fn prints_what_it_reads() {
        for text in ["50 ms", "4 h", "1 d", "90 s", "0 ns"] {
            assert_eq!(text.parse::<Time>().unwrap().to_string(), text);
        }
    }
}
