//! Numbers for people: three significant digits and a unit.

/// An amount of data in decimal units: `12.3 MB`.
pub fn bytes(value: f64) -> String {
    scaled(value, &["B", "kB", "MB", "GB", "TB", "PB"])
}

/// A large number of whole things: `1.25 M`; small ones in full.
pub fn count(value: f64) -> String {
    scaled(libm::round(value), &["", "k", "M", "G", "T"]).trim_end().to_owned()
}

/// Seconds of a day, and of a year of 365 days.
const DAY: f64 = 86_400.0;
const YEAR: f64 = 365.0 * DAY;

/// A time with three digits, beyond an hour as hours and minutes: `12.3 s`,
/// `754 s`, `3 h 20 min`, `12.5 d`, `27.4 y`.
pub fn seconds(value: f64) -> String {
    match value {
        v if v < 1e-6 => "0 s".into(), // rounding; no model is finer
        v if v < 1e-3 => format!("{} us", digits(v * 1e6)),
        v if v < 1.0 => format!("{} ms", digits(v * 1e3)),
        v if v < 3600.0 => format!("{} s", digits(v)),
        v if v < 4.0 * DAY => format!("{} h {} min", (v / 3600.0) as u64, (v / 60.0) as u64 % 60),
        v if v < 2.0 * YEAR => format!("{} d", digits(v / DAY)),
        v if v < 1e5 * YEAR => format!("{} y", digits(v / YEAR)),
        v => format!("{:.2e} y", v / YEAR),
    }
}

/// A change as a share, in percent: `+12.3`. What is rounded to nothing has no sign.
pub fn signed_percent(share: f64, decimals: usize) -> String {
    let text = format!("{:+.decimals$}", share * 100.0);
    let is_zero = text.chars().all(|letter| "+-0.".contains(letter));
    if is_zero { text[1..].into() } else { text }
}

/// A number on an axis: `0.1`, `250`, never with an exponent or the dust of rounding.
pub fn tick(value: f64) -> String {
    format!("{}", libm::round(value * 1e9) / 1e9)
}

/// A ratio, with two or three digits that say something.
pub fn ratio(value: f64) -> String {
    match value {
        v if v < 0.0995 => format!("{v:.3}"),
        v if v < 9.995 => format!("{v:.2}"),
        v if v < 99.95 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

/// One unit for a column of numbers, and the decimals that they need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The unit; empty for plain numbers.
    pub unit: &'static str,
    factor: f64,
    decimals: usize,
}

impl Scale {
    /// Shows `factor` times a value with so many decimals.
    pub const fn fixed(unit: &'static str, factor: f64, decimals: usize) -> Scale {
        Scale { unit, factor, decimals }
    }

    /// For times in seconds: the unit fits the largest, the decimals give the
    /// smallest three significant digits (but no more than three decimals).
    pub fn seconds(values: impl Iterator<Item = f64>) -> Scale {
        let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
        values.filter(|value| *value > 0.0).for_each(|value| (least, most) = (least.min(value), most.max(value)));
        let (unit, factor) = match most {
            m if m < 1e-3 && m > 0.0 => ("us", 1e6),
            m if m < 1.0 && m > 0.0 => ("ms", 1e3),
            m if m < 36_000.0 => ("s", 1.0),
            m if m < 10.0 * DAY => ("h", 1.0 / 3600.0),
            m if m < 10.0 * YEAR => ("d", 1.0 / DAY),
            _ => ("y", 1.0 / YEAR),
        };
        let decimals = match least * factor {
            small if small < 0.9995 => 3,
            small if small < 9.995 => 2,
            small if small < 99.95 => 1,
            _ => 0,
        };
        Scale { unit, factor, decimals }
    }

    /// The value in the unit.
    pub fn of(&self, value: f64) -> f64 {
        value * self.factor
    }

    /// The number of the value in the unit.
    pub fn show(&self, value: f64) -> String {
        format!("{:.*}", self.decimals, self.of(value))
    }
}

fn scaled(value: f64, units: &[&str]) -> String {
    let mut rest = value;
    let mut unit = 0;
    // 999.5 would be printed as 1000 of the smaller unit.
    while rest >= 999.5 && unit + 1 < units.len() {
        rest /= 1000.0;
        unit += 1;
    }
    let number = if unit == 0 && rest == rest.trunc() { format!("{rest}") } else { digits(rest) };
    format!("{number} {}", units[unit])
}

/// Three significant digits for numbers from 1 to 1000.
fn digits(value: f64) -> String {
    match value {
        v if v < 9.995 => format!("{v:.2}"),
        v if v < 99.95 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_one_unit_and_digits_for_its_smallest_number() {
        let shown = |values: &[f64]| {
            let scale = Scale::seconds(values.iter().copied());
            (scale.unit, values.iter().map(|v| scale.show(*v)).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(shown(&[12.34, 754.2]), ("s", "12.3 754.2".into()));
        assert_eq!(shown(&[0.0512, 754.2]), ("s", "0.051 754.200".into()));
        assert_eq!(shown(&[0.0512, 0.75]), ("ms", "51.2 750.0".into()));
        assert_eq!(shown(&[0.0, 12_000.0, 72_000.0]), ("h", "0.00 3.33 20.00".into()));
        assert_eq!(shown(&[]), ("s", String::new()));
        assert_eq!(Scale::fixed("%", 100.0, 1).show(0.1234), "12.3");
    }

    #[test]
    fn nothing_has_no_sign() {
        let shown = [-0.00049, 0.00049, -0.0, 0.0005, -0.0006, 1.003, -0.1].map(|share| signed_percent(share, 1));
        assert_eq!(shown, ["0.0", "0.0", "0.0", "+0.1", "-0.1", "+100.3", "-10.0"]);
        assert_eq!((signed_percent(-0.001, 0), signed_percent(31.75, 0)), ("0".into(), "+3175".into()));
    }

    #[test]
    fn ticks_are_plain_numbers() {
        assert_eq!([0.1 + 0.2, 1e-6, 250.0, -2.5, 0.0].map(tick), ["0.3", "0.000001", "250", "-2.5", "0"]);
    }

    #[test]
    fn keeps_three_digits() {
        let shown: Vec<String> = [0.0, 999.0, 1234.0, 999_600.0, 100_007_936.0, 2.5e15].map(bytes).into();
        assert_eq!(shown, ["0 B", "999 B", "1.23 kB", "1.00 MB", "100 MB", "2.50 PB"]);
        let shown: Vec<String> = [0.0, 2e-5, 0.0512, 12.345, 754.2, 12_000.0].map(seconds).into();
        assert_eq!(shown, ["0 s", "20.0 us", "51.2 ms", "12.3 s", "754 s", "3 h 20 min"]);
        let shown: Vec<String> = [10.0 * DAY, YEAR, 5.0 * YEAR, 2e6 * YEAR].map(seconds).into();
        assert_eq!(shown, ["10.0 d", "365 d", "5.00 y", "2.00e6 y"]);
        assert_eq!([17.0, 21.6, 1_250_000.0].map(count), ["17", "22", "1.25 M"]);
    }
}
