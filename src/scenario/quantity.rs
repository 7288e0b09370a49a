//! Numbers with a unit as they stand in a scenario, and as numbers to reckon with.

use crate::units::{Bytes, Rate, Time};

/// What a number of a scenario is measured in. Such numbers are in the unit's smallest part:
/// nanoseconds, bytes, bit/s, or plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// A span of time, in ns.
    Time,
    /// A size, in bytes.
    Bytes,
    /// A rate, in bit/s.
    Rate,
    /// A whole number.
    Count,
    /// Any number.
    Number,
}

impl Quantity {
    /// Reads a value of a scenario; nothing when it is no finite quantity.
    pub fn read(value: &toml::Value) -> Option<(Quantity, f64)> {
        match value {
            toml::Value::Integer(count) => Some((Quantity::Count, *count as f64)),
            toml::Value::Float(number) => Some((Quantity::Number, *number)),
            toml::Value::String(text) => {
                let time = || Some((Quantity::Time, text.parse::<Time>().ok()?.nanos() as f64));
                let bytes = || Some((Quantity::Bytes, text.parse::<Bytes>().ok()?.get() as f64));
                let rate = text.parse::<Rate>().ok().filter(|rate| !rate.is_unlimited());
                time().or_else(bytes).or(rate.map(|rate| (Quantity::Rate, rate.0 as f64)))
            }
            _ => None,
        }
    }

    /// The nearest value that can be written down.
    pub fn round(self, value: f64) -> f64 {
        if self == Quantity::Number { value } else { libm::round(value) }
    }

    /// The same, but never zero.
    pub fn above_zero(self, value: f64) -> f64 {
        self.round(value).max(if self == Quantity::Number { f64::MIN_POSITIVE } else { 1.0 })
    }

    /// `value` with so many significant digits.
    pub fn digits(self, value: f64, digits: i32) -> f64 {
        if value <= 0.0 {
            return value;
        }
        let scale = libm::pow(10.0, f64::from(digits - 1) - libm::floor(libm::log10(value)));
        // A division by a whole number is exact where the product would not be.
        let rounded = if scale >= 1.0 {
            libm::round(value * scale) / scale
        } else {
            let step = libm::round(1.0 / scale);
            libm::round(value / step) * step
        };
        self.round(rounded)
    }

    /// As TOML.
    pub fn toml(self, value: f64) -> toml::Value {
        let whole = self.round(value) as u64;
        match self {
            Quantity::Time => Time::from_nanos(whole).to_string().into(),
            Quantity::Bytes => Bytes(whole).to_string().into(),
            Quantity::Rate => Rate(whole).to_string().into(),
            Quantity::Count => (whole as i64).into(),
            Quantity::Number => value.into(),
        }
    }

    /// Two values about a factor `e^step` below and above `value`, at least one
    /// smallest part away. The lower one stays above zero.
    pub fn around(self, value: f64, step: f64) -> (f64, f64) {
        let (low, high) = (self.round(value * libm::exp(-step)), self.round(value * libm::exp(step)));
        if self == Quantity::Number {
            return (low, high);
        }
        (low.min(value - 1.0).max(1.0), high.max(value + 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand.
    #[test]
    fn digits_and_neighbours() {
        assert_eq!(Quantity::Time.digits(2_801_234.0, 4), 2_801_000.0);
        assert_eq!(Quantity::Time.digits(280.0, 4), 280.0);
        assert_eq!(Quantity::Number.digits(0.123456, 3), 0.123);
        assert_eq!(Quantity::Count.around(8.0, 0.01), (7.0, 9.0), "at least one away");
        assert_eq!(Quantity::Count.around(1.0, 0.01), (1.0, 2.0));
        assert_eq!(Quantity::Time.around(1e6, libm::log(2.0)), (5e5, 2e6));
    }
}
