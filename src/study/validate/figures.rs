//! What is compared: figures of one run, measured or simulated alike.

use crate::results::{Measure, Observation, Unit};

/// A quantity that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Median over leechers of the time to 50 %, from each one's own start, in s.
    T50,
    /// The same to 90 %.
    T90,
    /// The same to everything.
    T100,
    /// How far apart the first and the last of these are, as a share of their median.
    Spread,
    /// From the start of the first leecher to the completion of the last, in s.
    Makespan,
    /// Bytes that leechers received, headers included, per byte they wanted.
    Received,
    /// Bytes that leechers sent, headers included, per byte they wanted.
    Sent,
    /// Bytes that all seeders sent, headers included, in copies of the file.
    SeederCopies,
    /// Data that leechers received in vain, per byte they wanted.
    Duplicates,
}

impl Metric {
    /// All of them, in the order of the reports.
    pub const ALL: [Metric; 9] = [
        Metric::Makespan,
        Metric::T50,
        Metric::T90,
        Metric::T100,
        Metric::Spread,
        Metric::Received,
        Metric::Sent,
        Metric::SeederCopies,
        Metric::Duplicates,
    ];

    /// The name in `validation.csv`.
    pub const fn name(self) -> &'static str {
        match self {
            Metric::T50 => "t50_s",
            Metric::T90 => "t90_s",
            Metric::T100 => "t100_s",
            Metric::Spread => "t100_spread",
            Metric::Makespan => "makespan_s",
            Metric::Received => "received_per_file_byte",
            Metric::Sent => "sent_per_file_byte",
            Metric::SeederCopies => "seeder_copies",
            Metric::Duplicates => "duplicates_per_file_byte",
        }
    }

    /// What is measured.
    pub fn measure(self) -> &'static Measure {
        Measure::named(self.name()).expect("a test names all of them")
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        &self.measure().title
    }

    /// Whether it is a time.
    pub fn is_time(self) -> bool {
        self.measure().unit == Unit::Seconds
    }

    /// Whether it is a share that may be none, so that predictions are so many points off.
    pub fn is_in_points(self) -> bool {
        matches!(self, Metric::Duplicates | Metric::Spread)
    }

    /// How far a prediction is off: relative to the measurement, or in points.
    pub fn error(self, predicted: f64, measured: f64) -> Option<f64> {
        match self.is_in_points() {
            true => Some(predicted - measured),
            false => (measured > 0.0).then(|| predicted / measured - 1.0),
        }
    }

    /// What no run can be below; the makespan has a bound of its own.
    pub(super) const fn floor(self) -> Option<f64> {
        match self {
            // Every byte has to arrive, and to leave the seeders once.
            Metric::Received | Metric::SeederCopies => Some(1.0),
            _ => None,
        }
    }
}

/// The figures of one run; nothing where it has none.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RunFigures([Option<f64>; Metric::ALL.len()]);

impl RunFigures {
    /// Of what is seen of a run.
    pub fn of(seen: &Observation) -> RunFigures {
        RunFigures(Metric::ALL.map(|metric| metric.measure().value(seen)))
    }

    /// One of them.
    pub fn get(&self, metric: Metric) -> Option<f64> {
        self.0[Metric::ALL.iter().position(|m| *m == metric)?]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_a_measure() {
        for metric in Metric::ALL {
            assert_eq!(metric.measure().name, metric.name());
        }
    }

    #[test]
    fn errors_are_relative_and_of_shares_absolute() {
        assert_eq!(Metric::Makespan.error(11.0, 10.0), Some(11.0 / 10.0 - 1.0));
        assert_eq!(Metric::Makespan.error(11.0, 0.0), None);
        assert_eq!(Metric::Duplicates.error(0.25, 0.0), Some(0.25));
        assert_eq!(Metric::Spread.error(0.25, 0.5), Some(-0.25));
    }
}
