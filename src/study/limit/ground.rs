//! The values that a search may try.

use crate::scenario::Quantity;

/// Significant digits of values that are tried.
const DIGITS: i32 = 4;
/// Steps by which a search goes through a range at first: on a logarithmic scale doublings
/// where that are as many.
const STEPS: (u32, u32) = (4, 12);
/// The same on a linear scale, where steps double.
const DOUBLINGS: i32 = 5;
/// On a linear scale an interval is small beside values below this share of the range, too.
const NEAR_ZERO: f64 = 0.1;

/// The values between two ends, in the smallest part of their unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitGround {
    /// Where the search begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
    /// Whether it goes by factors rather than by differences.
    pub log: bool,
    /// What values are measured in: whole numbers stay whole.
    pub unit: Quantity,
    /// An interval is small enough when it is this share of its upper end.
    pub precision: f64,
}

impl LimitGround {
    /// What is tried first, from the low end to the high one, ever farther apart.
    pub fn coarse(&self) -> Vec<f64> {
        let LimitGround { low, high, log, .. } = *self;
        let mut values: Vec<f64> = if log {
            let doublings = libm::log2(high / low);
            let steps = (libm::round(doublings) as u32).clamp(STEPS.0, STEPS.1);
            // Round values stay round where doublings end near enough to the high end.
            let are_doublings = libm::fabs(doublings - f64::from(steps)) <= 0.5;
            let factor = if are_doublings { 2.0 } else { libm::exp2(doublings / f64::from(steps)) };
            let step = |step: u32| low * libm::pow(factor, f64::from(step));
            (0..steps).map(step).chain([high]).collect()
        } else {
            let share = |step: i32| libm::exp2(f64::from(step - DOUBLINGS));
            std::iter::once(low).chain((0..=DOUBLINGS).map(|step| low + share(step) * (high - low))).collect()
        };
        values.iter_mut().for_each(|value| *value = self.rounded(*value));
        values.dedup();
        values
    }

    /// Between two values, where that is another one and the two are not near.
    pub fn middle(&self, low: f64, high: f64) -> Option<f64> {
        let middle = if self.log { low * libm::sqrt(high / low) } else { low + 0.5 * (high - low) };
        let middle = self.rounded(middle);
        (!self.is_near(low, high) && low < middle && middle < high).then_some(middle)
    }

    /// The value a share of the way from `low` to `high`.
    pub fn between(&self, low: f64, high: f64, share: f64) -> f64 {
        let value = if self.log { low * libm::pow(high / low, share) } else { low + share * (high - low) };
        self.rounded(value).clamp(low, high)
    }

    /// How many times two neighbours of [`LimitGround::coarse`] are halved at the most.
    pub fn halvings(&self) -> usize {
        let halvings = |(mut low, high): (f64, f64)| {
            let mut count = 0;
            while let Some(middle) = self.middle(low, high) {
                (low, count) = (middle, count + 1);
            }
            count
        };
        let coarse = self.coarse();
        coarse.windows(2).map(|pair| halvings((pair[0], pair[1]))).max().unwrap_or(0)
    }

    fn is_near(&self, low: f64, high: f64) -> bool {
        let beside = if self.log { low } else { high.max(NEAR_ZERO * (self.high - self.low)) };
        high - low <= self.precision * beside
    }

    fn rounded(&self, value: f64) -> f64 {
        self.unit.digits(value, DIGITS).clamp(self.low, self.high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ground(low: f64, high: f64, log: bool, unit: Quantity) -> LimitGround {
        LimitGround { low, high, log, unit, precision: 0.05 }
    }

    #[test]
    fn first_steps_grow() {
        assert_eq!(ground(2.0, 256.0, true, Quantity::Count).coarse(), [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0]);
        assert_eq!(ground(10.0, 200.0, true, Quantity::Count).coarse(), [10.0, 20.0, 40.0, 80.0, 200.0]);
        assert_eq!(ground(10.0, 20.0, true, Quantity::Count).coarse(), [10.0, 12.0, 14.0, 17.0, 20.0]);
        assert_eq!(ground(1.0, 1e6, true, Quantity::Count).coarse().len(), 13);
        assert_eq!(ground(0.0, 1.0, false, Quantity::Number).coarse(), [0.0, 0.03125, 0.0625, 0.125, 0.25, 0.5, 1.0]);
        assert_eq!(ground(1.0, 3.0, false, Quantity::Count).coarse(), [1.0, 2.0, 3.0]);
    }

    #[test]
    fn middles_stay_whole_and_end_where_there_is_none() {
        let whole = ground(1.0, 100.0, true, Quantity::Count);
        assert_eq!(
            (whole.middle(8.0, 32.0), whole.middle(8.0, 9.0), whole.middle(60.0, 62.0)),
            (Some(16.0), None, None)
        );
        let linear = ground(0.0, 1.0, false, Quantity::Number);
        assert_eq!((linear.middle(0.25, 0.5), linear.middle(0.5, 0.52)), (Some(0.375), None));
        assert_eq!(linear.middle(0.0, 0.004), None, "nothing is near zero in proportion");
        assert_eq!((whole.halvings(), linear.halvings()), (5, 4));
    }
}
