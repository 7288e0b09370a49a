//! A difference in bytes, by class.

use crate::ledger::Class;

/// Bytes of one class on both sides, summed over all runs that were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassBytes {
    /// The class.
    pub class: Class,
    /// Bytes of the base.
    pub base: u64,
    /// Bytes of the change.
    pub change: u64,
}

/// All classes that occur. The parts sum to the whole to the byte.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decomposition {
    /// In the order of [`Class::ALL`].
    pub parts: Vec<ClassBytes>,
    /// Bytes of the base in all classes.
    pub base: u64,
    /// Bytes of the change in all classes.
    pub change: u64,
}

impl ClassBytes {
    /// Bytes that the change has more.
    pub fn difference(&self) -> i128 {
        i128::from(self.change) - i128::from(self.base)
    }
}

impl Decomposition {
    /// Of runs of the base and of the change, by class.
    pub(super) fn of<'a>(
        runs: impl Iterator<Item = (&'a [u64; Class::ALL.len()], &'a [u64; Class::ALL.len()])>,
    ) -> Decomposition {
        let mut all = Class::ALL.map(|class| ClassBytes { class, base: 0, change: 0 });
        let mut found = Decomposition::default();
        for (base, change) in runs {
            found.base += base.iter().sum::<u64>();
            found.change += change.iter().sum::<u64>();
            for ((part, base), change) in all.iter_mut().zip(base).zip(change) {
                part.base += base;
                part.change += change;
            }
        }
        found.parts = all.into_iter().filter(|part| part.base + part.change > 0).collect();
        found
    }

    /// Bytes that the change has more in all classes.
    pub fn difference(&self) -> i128 {
        i128::from(self.change) - i128::from(self.base)
    }

    /// A difference as a share of all bytes of the base, so that those of the parts sum
    /// to that of the whole; nothing where the base has none.
    pub fn share(&self, difference: i128) -> Option<f64> {
        (self.base > 0).then(|| difference as f64 / self.base as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_sum_to_the_whole() {
        let bytes = |payload: u64, want: u64, ack: u64| {
            let mut all = [0; Class::ALL.len()];
            for (class, bytes) in [(Class::Payload, payload), (Class::Want, want), (Class::Ack, ack)] {
                all[class as usize] = bytes;
            }
            all
        };
        let runs = [(bytes(1000, 77, 0), bytes(1000, 70, 3)), (bytes(1000, 33, 0), bytes(1000, 41, 0))];
        let whole = Decomposition::of(runs.iter().map(|(base, change)| (base, change)));
        assert_eq!((whole.base, whole.change, whole.difference()), (2110, 2114, 4));
        let parts: Vec<_> = whole.parts.iter().map(|part| (part.class, part.difference())).collect();
        assert_eq!(parts, [(Class::Payload, 0), (Class::Want, 1), (Class::Ack, 3)]);
        let shares: f64 = whole.parts.iter().filter_map(|part| whole.share(part.difference())).sum();
        assert!((shares - whole.share(4).unwrap()).abs() < 1e-12 && (shares - 4.0 / 2110.0).abs() < 1e-12);
    }
}
