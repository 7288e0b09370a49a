//! Blocks and a moment of each.

use crate::units::Time;

/// Since when something is so of each of some blocks: a list by their numbers, for mostly
/// it is short.
#[derive(Debug, Default)]
pub(super) struct Since(Vec<(u32, Time)>);

impl Since {
    fn place(&self, unit: u32) -> Result<usize, usize> {
        self.0.binary_search_by_key(&unit, |(other, _)| *other)
    }

    /// It is so of `unit` from `now` on; false when it was before.
    pub fn add(&mut self, unit: u32, now: Time) -> bool {
        let place = self.place(unit);
        if let Err(at) = place {
            self.0.insert(at, (unit, now));
        }
        place.is_err()
    }

    /// Since when it is so of `unit`.
    pub fn get(&self, unit: u32) -> Option<Time> {
        self.place(unit).ok().map(|at| self.0[at].1)
    }

    /// It is so of `unit` no more; since when it was.
    pub fn remove(&mut self, unit: u32) -> Option<Time> {
        self.place(unit).ok().map(|at| self.0.remove(at).1)
    }
}
