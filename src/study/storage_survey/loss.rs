//! How likely a loss is, over the runs of a point.

use crate::results::{StorageRow, nines};

/// A probability of loss within the horizon, and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loss {
    /// The probability: the mean over runs.
    pub probability: f64,
    /// Its interval. Of several runs it is from the mean of the lower ends to that of the upper
    /// ones, which is wider than the interval of the mean: errors even out.
    pub interval: (f64, f64),
    /// The horizon.
    years: f64,
}

impl Loss {
    /// The mean over those `runs` that have a number and an interval which tells anything.
    pub(super) fn of(
        runs: &[StorageRow],
        of: impl Fn(&StorageRow) -> (Option<f64>, Option<f64>, Option<f64>),
    ) -> Option<Loss> {
        let known = |row: &StorageRow| match of(row) {
            (Some(number), Some(low), Some(high)) if low > 0.0 || high < 1.0 => Some([number, low, high, row.years()]),
            _ => None,
        };
        let known: Vec<[f64; 4]> = runs.iter().filter_map(known).collect();
        let mean = |at: usize| known.iter().map(|of| of[at]).sum::<f64>() / known.len() as f64;
        (!known.is_empty()).then(|| Loss { probability: mean(0), interval: (mean(1), mean(2)), years: mean(3) })
    }

    /// Whether none was seen: all that is known is how likely it is at most.
    pub fn is_unseen(&self) -> bool {
        self.probability == 0.0
    }

    /// Nines in a year; nothing where no loss was seen.
    pub fn nines(&self) -> Option<f64> {
        nines(self.probability, self.years)
    }

    /// The fewest nines that the interval allows.
    pub fn fewest_nines(&self) -> Option<f64> {
        nines(self.interval.1, self.years)
    }

    /// The most; nothing where there is no end.
    pub fn most_nines(&self) -> Option<f64> {
        nines(self.interval.0, self.years)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(loss: f64, low: f64, high: f64) -> StorageRow {
        let (dataset_loss, dataset_loss_low, dataset_loss_high) = (Some(loss), Some(low), Some(high));
        StorageRow {
            dataset_loss,
            dataset_loss_low,
            dataset_loss_high,
            horizon_s: 365.0 * 86_400.0,
            ..StorageRow::default()
        }
    }

    fn loss(runs: &[StorageRow]) -> Option<Loss> {
        Loss::of(runs, |row| (row.dataset_loss, row.dataset_loss_low, row.dataset_loss_high))
    }

    #[test]
    fn several_runs_have_the_means_of_numbers_and_ends() {
        let of = loss(&[row(0.01, 0.005, 0.02), row(0.03, 0.015, 0.04), StorageRow::default()]).unwrap();
        assert_eq!((of.probability, of.interval), (0.02, (0.01, 0.03)));
        let nines = [of.fewest_nines(), of.nines(), of.most_nines()].map(|nines| nines.unwrap());
        assert!((nines[0] - 1.5229).abs() < 1e-4 && (nines[1] - 1.69897).abs() < 1e-5, "{nines:?}");
        assert!((nines[2] - 2.0).abs() < 1e-9);
        assert_eq!(loss(&[StorageRow::default(), row(0.0, 0.0, 1.0)]), None, "it may be anything");
    }

    #[test]
    fn what_was_not_seen_has_a_least_number_of_nines() {
        let of = loss(&[row(0.0, 0.0, 1e-4)]).unwrap();
        assert!(of.is_unseen() && of.nines().is_none() && of.most_nines().is_none());
        assert!((of.fewest_nines().unwrap() - 4.0).abs() < 1e-9);
    }
}
