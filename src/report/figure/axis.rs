//! Where values are on an axis, and which of them are told.

/// How an axis runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AxisScale {
    /// Evenly, zero included.
    Linear,
    /// By factors.
    Log,
    /// By factors where all values are above zero and differ by more than one decade.
    Fitting,
}

/// An axis: what is along it, and how its numbers are written.
#[derive(Debug, Clone)]
pub struct ChartAxis {
    /// What is along it.
    pub name: String,
    /// How it runs.
    pub scale: AxisScale,
    /// The text of a number.
    pub show: fn(f64) -> String,
    /// Values that are told, such as those that were run; round ones where there are none.
    pub ticks: Vec<f64>,
}

/// An axis in its place.
#[derive(Debug, Clone)]
pub(super) struct DrawnAxis {
    /// Values, or on a logarithmic axis their logarithms, at both ends.
    ends: (f64, f64),
    pixels: (f64, f64),
    log: bool,
    pub(super) ticks: Vec<f64>,
}

impl DrawnAxis {
    /// Of so many rows, from the first to the second of `pixels`.
    pub(super) fn rows(rows: usize, pixels: (f64, f64)) -> DrawnAxis {
        let ticks = (0..rows).map(|row| row as f64).collect();
        DrawnAxis { ends: (-0.5, rows as f64 - 0.5), pixels, log: false, ticks }
    }

    /// The pixel of `value`; of what has no logarithm the lower end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let value = if self.log { libm::log10(value.max(f64::MIN_POSITIVE)).max(self.ends.0) } else { value };
        let share = (value - self.ends.0) / (self.ends.1 - self.ends.0);
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }
}

impl ChartAxis {
    /// With round ticks.
    pub fn new(name: impl Into<String>, scale: AxisScale, show: fn(f64) -> String) -> ChartAxis {
        ChartAxis { name: name.into(), scale, show, ticks: vec![] }
    }

    /// With ticks at those `values` that there are.
    pub fn with_ticks(self, values: impl Iterator<Item = f64>) -> ChartAxis {
        let mut ticks: Vec<f64> = values.collect();
        ticks.sort_by(f64::total_cmp);
        ticks.dedup();
        ChartAxis { ticks, ..self }
    }

    /// From the first to the second of `pixels`, with room for all `values` and for so many
    /// ticks.
    pub(super) fn placed(&self, values: &[f64], pixels: (f64, f64), room: usize) -> DrawnAxis {
        let above = values.iter().copied().filter(|value| *value > 0.0);
        let (least, most) = span(above).unwrap_or((1.0, 10.0));
        let log = match self.scale {
            AxisScale::Linear => false,
            AxisScale::Log => true,
            AxisScale::Fitting => values.iter().all(|value| *value > 0.0) && most > 10.0 * least,
        };
        let (low, high) = if log {
            // At least an octave, and no mark lies on the edge.
            let room = (0.04 * libm::log10(most / least)).max(0.08);
            (libm::log10(least) - room, libm::log10(most) + room)
        } else {
            let (low, high) = span(values.iter().copied().chain([0.0])).unwrap_or((0.0, 1.0));
            let high = if high > low { high } else { low + 1.0 };
            let room = 0.04 * (high - low);
            (if low < 0.0 { low - room } else { low }, if high > 0.0 { high + room } else { high })
        };
        let (from, to) = if log { (libm::pow(10.0, low), libm::pow(10.0, high)) } else { (low, high) };
        let ticks = match self.ticks.len() {
            0 if log => round_factors(from, to, room),
            0 => round_steps(from, to, room),
            // Evenly picked, so that their words do not meet.
            n => self.ticks.iter().copied().step_by(n.div_ceil(room.max(1))).collect(),
        };
        DrawnAxis { ends: (low, high), pixels, log, ticks }
    }
}

/// The least and the largest.
pub(super) fn span(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.map(|v| (v, v)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// Multiples of 1, 2, 2.5 or 5 times a power of ten.
fn round_steps(low: f64, high: f64, room: usize) -> Vec<f64> {
    let least = (high - low) / room.max(1) as f64;
    let tens = libm::pow(10.0, libm::floor(libm::log10(least)));
    let step =
        [1.0, 2.0, 2.5, 5.0].into_iter().map(|digit| digit * tens).find(|step| *step >= least).unwrap_or(10.0 * tens);
    let (first, last) = (libm::ceil(low / step) as i64, libm::floor(high / step) as i64);
    (first..=last).map(|n| n as f64 * step).collect()
}

/// 1, 2 and 5 of each decade, or whole decades; steps where there are not two of these.
fn round_factors(low: f64, high: f64, room: usize) -> Vec<f64> {
    let decades = libm::floor(libm::log10(low)) as i32..=libm::ceil(libm::log10(high)) as i32;
    let of = |digits: &'static [f64], every: i32| -> Vec<f64> {
        let decades = decades.clone().filter(|decade| decade % every == 0);
        let all = decades.flat_map(|decade| digits.iter().map(move |digit| digit * libm::pow(10.0, f64::from(decade))));
        all.filter(|tick| (low..=high).contains(tick)).collect()
    };
    let fine = of(&[1.0, 2.0, 5.0], 1);
    match () {
        () if fine.len() < 2 => round_steps(low, high, room),
        () if fine.len() <= room => fine,
        () => (1..).map(|every| of(&[1.0], every)).find(|ticks| ticks.len() <= room.max(1)).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(scale: AxisScale, values: &[f64], room: usize) -> Vec<f64> {
        let axis = ChartAxis::new("", scale, |v| v.to_string());
        axis.placed(values, (0.0, 100.0), room).ticks
    }

    #[test]
    fn ticks_are_round_and_as_many_as_there_is_room_for() {
        assert_eq!(ticks(AxisScale::Linear, &[3.0, 8.9], 5), [0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(ticks(AxisScale::Linear, &[-60.0, 150.0], 5), [-50.0, 0.0, 50.0, 100.0, 150.0]);
        assert_eq!(ticks(AxisScale::Log, &[0.5, 20.0], 8), [0.5, 1.0, 2.0, 5.0, 10.0, 20.0]);
        assert_eq!(ticks(AxisScale::Log, &[1.0, 1e6], 4), [1.0, 1e2, 1e4, 1e6]);
        assert_eq!(ticks(AxisScale::Log, &[3.0, 4.0], 4).len(), 2, "within a decade there are steps");
        assert_eq!(ticks(AxisScale::Fitting, &[1.0, 9.0], 5), [0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(ticks(AxisScale::Fitting, &[1.0, 1000.0], 4), [1.0, 10.0, 100.0, 1000.0]);
    }

    #[test]
    fn values_are_in_order_and_within_the_ends() {
        for (scale, values) in [(AxisScale::Log, [1.0, 10.0, 100.0]), (AxisScale::Linear, [0.0, 1.0, 2.0])] {
            let axis = ChartAxis::new("", scale, |v| v.to_string()).with_ticks([1.0].into_iter());
            let placed = axis.placed(&values, (200.0, 0.0), 3);
            let [a, b, c] = values.map(|value| placed.at(value));
            assert!(200.0 >= a && a > b && b > c && c >= 0.0, "{a} {b} {c}");
            assert!(((a - b) - (b - c)).abs() < 1e-9, "equal steps or factors are equally far apart");
            assert_eq!(placed.ticks, [1.0]);
        }
        let axis = ChartAxis::new("", AxisScale::Log, |v| v.to_string());
        assert_eq!(axis.placed(&[1.0, 10.0], (0.0, 9.0), 3).at(0.0), 0.0, "nothing is at the lower end");
    }
}
