//! What one run shows, from its row file.

use super::contrast::Value;
use super::metric::Metric;
use crate::ledger::Class;
use crate::results::{NodeRow, ResultsError, RunRow, TrafficRow, median, quantile};
use crate::study::RowFile;

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Observation {
    run: RunRow,
    /// Bytes on the wire by class, in the order of [`Class::ALL`].
    pub(super) bytes: [u64; Class::ALL.len()],
    /// Download times from each leecher's own start; infinite where not completed.
    times: Vec<f64>,
    /// Leechers that do not hold everything at the end.
    unfinished: usize,
    /// The same to the first block.
    first_bytes: Vec<f64>,
    seeder_bytes: u64,
    peak_queue: u64,
}

impl Observation {
    /// Of a finished run.
    ///
    /// # Errors
    /// When the file holds other tables than this program writes.
    pub(super) fn new(file: &RowFile) -> Result<Observation, ResultsError> {
        let nodes: Vec<NodeRow> = file.rows()?;
        let mut bytes = [0; Class::ALL.len()];
        for row in file.rows::<TrafficRow>()? {
            if let Some(class) = Class::ALL.iter().position(|class| class.name() == row.class) {
                bytes[class] += row.bytes;
            }
        }
        let since = |moment: fn(&NodeRow) -> Option<f64>| -> Vec<f64> {
            let leechers = nodes.iter().filter(|node| node.role == "leecher");
            leechers.map(|n| moment(n).map_or(f64::INFINITY, |end| end - n.start_s.unwrap_or(0.0))).collect()
        };
        Ok(Observation {
            bytes,
            times: since(|node| node.t100_s),
            unfinished: nodes.iter().filter(|node| node.role == "leecher" && !node.completed).count(),
            first_bytes: since(|node| node.ttfb_s),
            seeder_bytes: nodes.iter().filter(|node| node.role == "seeder").map(|node| node.bytes_tx).sum(),
            peak_queue: nodes.iter().map(|node| node.peak_queue_bytes).max().unwrap_or(0),
            run: file.run.clone(),
        })
    }

    /// Whether every leecher holds everything at the end.
    pub(super) fn is_complete(&self) -> bool {
        self.unfinished == 0
    }

    /// Whether the same happened in both runs, event by event.
    pub(super) fn is_like(&self, other: &Observation) -> bool {
        let stream = |seen: &Observation| (seen.run.fingerprint.clone(), seen.run.events);
        stream(self) == stream(other) && Metric::all().all(|metric| self.value(metric) == other.value(metric))
    }

    /// What it shows of `metric`; nothing where that was not reached.
    pub(super) fn value(&self, metric: Metric) -> Option<Value> {
        let wire = self.bytes.iter().sum::<u64>() as f64;
        let plain = |amount| Value { amount, per: 1.0, wire };
        let per_stored =
            |bytes: u64| Some(Value { amount: bytes as f64, per: self.bytes[Class::Payload as usize] as f64, wire });
        match metric {
            Metric::MedianTime => median(&self.times).filter(|time| time.is_finite()).map(plain),
            Metric::SlowTime => quantile(&self.times, 0.95).filter(|time| time.is_finite()).map(plain),
            Metric::FirstByte => median(&self.first_bytes).filter(|time| time.is_finite()).map(plain),
            Metric::Makespan => self.run.makespan_s.map(plain),
            Metric::Efficiency => self.run.efficiency.map(plain),
            Metric::Wire => per_stored(self.bytes.iter().sum()),
            Metric::SeederShare => per_stored(self.seeder_bytes),
            Metric::PeakQueue => Some(plain(self.peak_queue as f64)),
            Metric::Unfinished => {
                (!self.times.is_empty()).then(|| plain(self.unfinished as f64 / self.times.len() as f64))
            }
            Metric::Class(class) => per_stored(self.bytes[class as usize]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::sample_result;
    use crate::study::Kept;

    /// The sample: 1000 B stored, 100 B of wants, 25 B of acknowledgements; the
    /// seeder sent 6 B; of two leechers one was done 20.1 s after its start.
    #[test]
    fn by_hand() {
        let seen = Observation::new(&RowFile::new(&sample_result(), Kept::default())).unwrap();
        let value = |seen: &Observation, metric| seen.value(metric).map(|value| value.amount / value.per);
        assert_eq!(value(&seen, Metric::Wire), Some(1.125));
        assert_eq!(value(&seen, Metric::Class(Class::Want)), Some(0.1));
        assert_eq!(value(&seen, Metric::SeederShare), Some(0.006));
        assert_eq!(value(&seen, Metric::Unfinished), Some(0.5));
        assert_eq!(value(&seen, Metric::PeakQueue), Some(7.0));
        assert_eq!(value(&seen, Metric::FirstByte), Some(0.5), "0.25 s and 0.75 s from each start");
        for metric in [Metric::MedianTime, Metric::SlowTime, Metric::Makespan, Metric::Efficiency] {
            assert_eq!(value(&seen, metric), None, "{metric:?} waits for those that are not done");
        }
        assert!(!seen.is_complete());
        let alone = Observation { times: vec![20.1], unfinished: 0, ..seen.clone() };
        assert_eq!((value(&alone, Metric::MedianTime), value(&alone, Metric::Unfinished)), (Some(20.1), Some(0.0)));
        assert!(alone.is_complete() && !alone.is_like(&seen) && seen.is_like(&seen));
        let mut other = seen.clone();
        other.run.fingerprint = Some("0123456789abcdef".into());
        assert!(!other.is_like(&seen), "the same measures of other events");
    }
}
