//! Points in simulated time and spans of it, in nanoseconds.

use super::parse::{self, Kind, UnitError};
use std::fmt;
use std::ops::{Add, AddAssign, Div, Mul, Sub};
use std::str::FromStr;

/// A point in simulated time, or a span of it, in nanoseconds since the start
/// of the run. The range, 584 years, is enough for the long view of storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(u64);

pub(super) const KIND: Kind = Kind {
    units: &[
        ("ns", 1),
        ("us", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("min", 60_000_000_000),
        ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
        ("y", 31_536_000_000_000_000),
    ],
    expected: "a time such as \"50 ms\", \"10 s\", \"5 min\" or \"4 h\"",
    bits: None,
    most: (Time::LONGEST.0, "106751 d, which is 292 years"),
    endless: "never",
    whole: false,
};

impl Time {
    /// The start of a run; a span of no length.
    pub const ZERO: Time = Time(0);
    /// Later than anything that happens; written `never`.
    pub const NEVER: Time = Time(u64::MAX);
    /// The longest span that can be written, half of what the clock holds: a moment
    /// of a run and such a span together stay on the clock.
    pub const LONGEST: Time = Time(u64::MAX / 2);
    /// [`Time::LONGEST`] in years.
    pub const LONGEST_YEARS: u32 = 292;

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
        parse::quantity(text, &KIND).map(Time)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        parse::exact(self.0, &KIND, f)
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
        for text in ["", "ms", "5", "5 m", "5 S", "-1 s", "1e s", "1.e3 s", "5  s", ".5 s", "1. s"] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }

    #[test]
    fn reads_what_programs_write() {
        for (text, nanos) in [("5e-05 s", 50_000), ("1E3 s", 1_000_000_000_000), ("1.5e+0 ms", 1_500_000)] {
            assert_eq!(text.parse::<Time>(), Ok(Time::from_nanos(nanos)), "{text}");
        }
        assert_eq!("0.30000000000000004 s".parse(), Ok(Time::from_millis(300)), "to the nearest nanosecond");
        assert_eq!("0.1234567890123456789012345678901234567890 s".parse(), Ok(Time::from_nanos(123_456_789)));
        assert!("0.1 ns".parse::<Time>().unwrap_err().to_string().contains("at least 1 ns"));
        assert!("5 \u{b5}s".parse::<Time>().unwrap_err().to_string().contains("did you mean `us`?"));
    }

    #[test]
    fn what_the_clock_does_not_hold_is_refused() {
        assert!("106751 d".parse::<Time>().is_ok());
        for text in ["106752 d", "213503 d", "1e300 s", "18446744073709551615 ns"] {
            assert!(text.parse::<Time>().unwrap_err().to_string().contains("at most 106751 d"), "{text}");
        }
    }

    #[test]
    fn prints_what_it_reads() {
        for text in ["never", "50 ms", "4 h", "1 d", "90 s", "0 ns"] {
            assert_eq!(text.parse::<Time>().unwrap().to_string(), text);
        }
    }
}
