//! A capacity as it stands in a result file.

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A capacity in bit/s: a whole number, or `inf` when unlimited.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Capacity(pub f64);

impl Serialize for Capacity {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // Rates are whole numbers far below 2^53, so nothing is cut off. JSON has no
        // number without end, and would make it null.
        if self.0.is_finite() { to.serialize_u64(self.0 as u64) } else { to.serialize_str("inf") }
    }
}

impl<'de> Deserialize<'de> for Capacity {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Capacity;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or \"inf\"")
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Capacity, E> {
                Ok(Capacity(value))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Capacity, E> {
                Ok(Capacity(value as f64))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Capacity, E> {
                text.parse().map(Capacity).map_err(E::custom)
            }
        }
        from.deserialize_any(Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unlimited_is_inf_in_csv_and_json() {
        let json = |value: f64| serde_json::to_string(&Capacity(value)).unwrap();
        assert_eq!((json(f64::INFINITY), json(1e7)), ("\"inf\"".into(), "10000000".into()));
        for value in [f64::INFINITY, 1e7] {
            assert_eq!(serde_json::from_str::<Capacity>(&json(value)).unwrap(), Capacity(value));
            let mut csv = csv::Writer::from_writer(Vec::new());
            csv.serialize(Some(Capacity(value))).unwrap();
            let text = csv.into_inner().unwrap();
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_slice());
            assert_eq!(reader.deserialize::<Option<Capacity>>().next().unwrap().unwrap(), Some(Capacity(value)));
        }
        assert_eq!(crate::results::record::tests::result().run.number("up_bps"), Some(5e7));
    }
}
