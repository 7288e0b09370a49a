//! Capacities of links, in bits per second.

use super::parse::{self, Kind, UnitError};
use super::{Bytes, Time};
use std::fmt;
use std::str::FromStr;

/// A capacity in bits per second, or [`Rate::UNLIMITED`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(pub u64);

pub(super) const KIND: Kind = Kind {
    units: &[
        ("bit/s", 1),
        ("kbit/s", 1_000),
        ("Mbit/s", 1_000_000),
        ("Gbit/s", 1_000_000_000),
        ("Tbit/s", 1_000_000_000_000),
    ],
    expected: "a rate such as \"10 Mbit/s\" or \"unlimited\"",
    bits: Some(1),
    most: (u64::MAX - 1, "18446744 Tbit/s, or \"unlimited\""),
    endless: "unlimited",
    whole: false,
};

impl Rate {
    /// A link that never holds anything up; written `unlimited`.
    pub const UNLIMITED: Rate = Rate(u64::MAX);

    /// Bits per second; infinite when unlimited.
    pub fn bits_per_second(self) -> f64 {
        if self.is_unlimited() { f64::INFINITY } else { self.0 as f64 }
    }

    /// Bytes per second; infinite when unlimited.
    pub fn bytes_per_second(self) -> f64 {
        self.bits_per_second() / 8.0
    }

    /// Whether this is [`Rate::UNLIMITED`].
    pub const fn is_unlimited(self) -> bool {
        self.0 == u64::MAX
    }

    /// How long `size` takes at this rate, rounded up to a whole nanosecond;
    /// [`Time::NEVER`] for a rate of zero.
    pub fn time_for(self, size: Bytes) -> Time {
        if self.is_unlimited() {
            return Time::ZERO;
        }
        if self.0 == 0 {
            return Time::NEVER;
        }
        let nanos = (u128::from(size.get()) * 8_000_000_000).div_ceil(u128::from(self.0));
        Time::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl FromStr for Rate {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse::quantity(text, &KIND).map(Rate)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        parse::exact(self.0, &KIND, f)
    }
}

parse::text_serde!(Rate, "a rate such as \"10 Mbit/s\" or \"unlimited\"", "10 Mbit/s");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_bits_not_bytes() {
        let rate: Rate = "8 Mbit/s".parse().unwrap();
        assert_eq!(rate.time_for(Bytes(1_000_000)), Time::from_secs(1));
        for text in ["8 MB/s", "8 Mb/s", "8 mbit/s", "8 Mbps", "8"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[test]
    fn more_than_nothing_is_at_least_a_bit() {
        assert_eq!("1.3333333e6 bit/s".parse(), Ok(Rate(1_333_333)));
        assert!("0.3 bit/s".parse::<Rate>().unwrap_err().to_string().contains("at least 1 bit/s"));
    }

    #[test]
    fn unlimited_takes_no_time() {
        assert_eq!("unlimited".parse::<Rate>().unwrap().time_for(Bytes(1 << 60)), Time::ZERO);
        assert_eq!(Rate::UNLIMITED.to_string(), "unlimited");
    }
}
