//! Amounts of data, in bytes.

use super::parse::{self, Kind, UnitError};
use std::fmt;
use std::str::FromStr;

/// An amount of data in bytes. Decimal (`MB`) and binary (`MiB`) prefixes are
/// different units; bits have no place here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes(pub u64);

pub(super) const KIND: Kind = Kind {
    units: &[
        ("B", 1),
        ("kB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
        ("PB", 1_000_000_000_000_000),
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("TiB", 1 << 40),
        ("PiB", 1 << 50),
    ],
    expected: "a size such as \"64 KiB\", \"100 MB\" or \"1 GiB\"",
    bits: Some(8),
    most: (u64::MAX - 1, "18446 PB"),
    endless: "unlimited",
    whole: true,
};

impl Bytes {
    /// More than there is; written `unlimited`. For windows and frames.
    pub const UNLIMITED: Bytes = Bytes(u64::MAX);

    /// The number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for Bytes {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse::quantity(text, &KIND).map(Bytes)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        parse::exact(self.0, &KIND, f)
    }
}

parse::text_serde!(Bytes, "a size such as \"64 KiB\", \"100 MB\" or \"1 GiB\"", "100 MB");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_decimal_from_binary_and_bits_from_bytes() {
        assert_eq!("1 MB".parse::<Bytes>().unwrap().get(), 1_000_000);
        assert_eq!("1 MiB".parse::<Bytes>().unwrap().get(), 1_048_576);
        assert_eq!("1.5 KiB".parse::<Bytes>().unwrap().get(), 1536);
        assert_eq!("1.5 kB".parse::<Bytes>().unwrap().get(), 1500);
        assert_eq!("1e6 B".parse::<Bytes>().unwrap().get(), 1_000_000);
        assert!("100 Tb".parse::<Bytes>().is_err());
    }

    #[test]
    fn names_the_nearest_unit() {
        let error = "100 mb".parse::<Bytes>().unwrap_err().to_string();
        assert!(error.contains("did you mean `MB`"), "{error}");
    }

    #[test]
    fn there_is_no_part_of_a_byte() {
        let message = |text: &str| text.parse::<Bytes>().unwrap_err().to_string();
        assert_eq!(message("1.5 B"), "`1.5 B` is no whole number of B; expected e.g. \"2 B\"");
        assert_eq!(message("0.1 KiB"), "`0.1 KiB` is no whole number of B; expected e.g. \"102 B\"");
        assert!(message("5e-1 B").contains("no whole number"));
    }

    #[test]
    fn says_what_only_looks_like_a_size() {
        let message = |text: &str| text.parse::<Bytes>().unwrap_err().to_string();
        assert!(message("1,5 MB").contains("decimals come after a point"), "{}", message("1,5 MB"));
        assert!(message("10\u{a0}MB").contains("special space"), "{}", message("10\u{a0}MB"));
        assert!(message("1_000 MB").contains("between its digits"));
        assert!(message("10  MB").contains("more than one space"));
    }

    #[test]
    fn what_has_no_end_is_a_word() {
        assert_eq!(Bytes::UNLIMITED.to_string().parse(), Ok(Bytes::UNLIMITED));
        assert!("18446744073709551615 B".parse::<Bytes>().is_err());
    }

    #[test]
    fn says_when_it_does_not_fit() {
        assert!(matches!("99999999999 PB".parse::<Bytes>(), Err(UnitError::TooLarge { .. })));
    }
}
