//! One-way delays.

use crate::units::Time;

/// One-way delay between regions; a world without regions has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latency {
    regions: usize,
    delay: Vec<Time>,
}

impl Latency {
    /// The same delay between any two nodes.
    pub fn constant(delay: Time) -> Self {
        Latency { regions: 1, delay: vec![delay] }
    }

    /// From a square matrix, row = sender's region, column = receiver's.
    ///
    /// # Panics
    /// When the matrix is not square.
    pub fn regions(matrix: &[Vec<Time>]) -> Self {
        assert!(matrix.iter().all(|row| row.len() == matrix.len()), "a latency matrix is square");
        Latency { regions: matrix.len(), delay: matrix.concat() }
    }

    /// Delay from a node in region `from` to one in region `to`.
    pub fn between(&self, from: u16, to: u16) -> Time {
        self.delay[from as usize * self.regions + to as usize]
    }

    /// The largest delay there is.
    pub fn longest(&self) -> Time {
        self.delay.iter().copied().max().unwrap_or(Time::ZERO)
    }

    /// The mean over all pairs of regions.
    pub fn mean(&self) -> Time {
        let sum: u128 = self.delay.iter().map(|d| u128::from(d.nanos())).sum();
        Time::from_nanos((sum / self.delay.len() as u128) as u64)
    }
}
