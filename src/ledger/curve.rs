//! A download as a curve: when each step of it was reached.

use crate::units::Time;

/// When each of so many equal steps of the dataset was stored, and when it
/// could be read in order; later steps were not reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Curve {
    /// Moments at which one more step was stored, counted from the start of the run.
    pub stored: Vec<Time>,
    /// Moments at which one more step could be read in order.
    pub stream: Vec<Time>,
}

impl Curve {
    /// Notes that `held` of `units` units are stored and that all below
    /// `contiguous` can be read in order. A step is reached when that many
    /// whole units are there, so a small dataset reaches several at once.
    pub fn note(&mut self, now: Time, held: u32, contiguous: u32, units: u32, steps: u32) {
        let goal = |step: usize| (u64::from(units) * (step as u64)).div_ceil(u64::from(steps)) as u32;
        let reach = |moments: &mut Vec<Time>, value: u32| {
            while moments.len() < steps as usize && value >= goal(moments.len() + 1) {
                moments.push(now);
            }
        };
        reach(&mut self.stored, held);
        reach(&mut self.stream, contiguous);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_reached_by_whole_units_and_never_left() {
        let mut curve = Curve::default();
        let at = Time::from_secs;
        for (second, held, contiguous) in [(1, 2, 0), (2, 3, 0), (3, 9, 9), (4, 4, 4), (5, 10, 10)] {
            curve.note(at(second), held, contiguous, 10, 4);
        }
        // Steps of 10 units in four: 3, 5, 8, 10.
        assert_eq!(curve.stored, [at(2), at(3), at(3), at(5)]);
        assert_eq!(curve.stream, [at(3), at(3), at(3), at(5)]);
    }

    #[test]
    fn more_steps_than_units_come_at_once() {
        let mut curve = Curve::default();
        curve.note(Time::from_secs(1), 1, 1, 2, 5);
        assert_eq!(curve.stored.len(), 2, "half of the units are two fifths");
        curve.note(Time::from_secs(2), 2, 2, 2, 5);
        assert_eq!(curve.stored.len(), 5);
    }
}
