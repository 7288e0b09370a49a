//! Amounts of data, in bytes.

use super::parse::{self, UnitError, UnitTable};
use std::fmt;
use std::str::FromStr;

/// An amount of data in bytes. Decimal (`MB`) and binary (`MiB`) prefixes are
/// different units; bits have no place here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes(pub u64);

const UNITS: UnitTable = &[
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
];
const EXPECTED: &str = "a size such as \"64 KiB\", \"100 MB\" or \"1 GiB\"";

impl Bytes {
    /// The number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for Bytes {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse::quantity(text, UNITS, EXPECTED).map(Bytes)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        parse::exact(self.0, UNITS, f)
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
        assert!("100 Tb".parse::<Bytes>().is_err());
    }

    #[test]
    fn names_the_nearest_unit() {
        let error = "100 mb".parse::<Bytes>().unwrap_err().to_string();
        assert!(error.contains("did you mean `MB`"), "{error}");
    }

    #[test]
    fn says_when_it_does_not_fit() {
        assert!(matches!("99999999999 PB".parse::<Bytes>(), Err(UnitError::TooLarge { .. })));
    }
}
