//! The quantities that a change is judged by.

use crate::ledger::Class;
use crate::results::Measure;

/// A quantity of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImpactMetric {
    /// Median over leechers of the time from the own start to the whole file, in s;
    /// a download that does not end is longer than all others.
    MedianTime,
    /// 95 % quantile of the same.
    SlowTime,
    /// Median time to the first block, in s.
    FirstByte,
    /// From the start of the first leecher to the end of the last, in s.
    Makespan,
    /// Bound over makespan, 0 to 1.
    Efficiency,
    /// Bytes on the wire for each byte of the file that was stored.
    Wire,
    /// Bytes that seeders sent for each byte of the file that was stored.
    SeederShare,
    /// The most bytes that a node had handed to the network and that had not
    /// arrived: the largest of all nodes.
    PeakQueue,
    /// Leechers that do not hold everything at the end, as a share of all.
    Unfinished,
    /// Bytes of one class for each byte of the file that was stored.
    Class(Class),
    /// A measure of storage runs, by its place in [`ImpactMetric::KEPT`].
    Kept(usize),
}

/// How the values of two sides are set against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Yardstick {
    /// The ratio in each world counts alike, whatever the size of the values there.
    Ratio,
    /// The difference over the base's own value; worlds add up.
    Base,
    /// The difference over the base's own value and 1/200 of all its bytes.
    Traffic,
    /// The difference as it is.
    One,
}

impl ImpactMetric {
    /// Those about a swarm run as a whole.
    const WHOLE: [ImpactMetric; 9] = [
        ImpactMetric::MedianTime,
        ImpactMetric::SlowTime,
        ImpactMetric::FirstByte,
        ImpactMetric::Makespan,
        ImpactMetric::Efficiency,
        ImpactMetric::Wire,
        ImpactMetric::SeederShare,
        ImpactMetric::PeakQueue,
        ImpactMetric::Unfinished,
    ];

    /// The measures of storage runs that a change is judged by, the first that by which a world
    /// is called better or worse.
    const KEPT: [(&'static str, Yardstick); 10] = [
        ("dataset_loss", Yardstick::Ratio),
        ("any_loss", Yardstick::Ratio),
        ("overhead", Yardstick::Ratio),
        ("repair_per_stored_byte_year", Yardstick::Base),
        ("unneeded", Yardstick::Base),
        ("time_to_repair_median_s", Yardstick::Ratio),
        ("time_to_repair_p95_s", Yardstick::Ratio),
        ("unreadable_share", Yardstick::One),
        ("transactions_per_second", Yardstick::Base),
        ("fill_s", Yardstick::Ratio),
    ];

    /// By what a world is called better or worse, of storage runs or of swarms.
    pub const fn main(of_storage: bool) -> ImpactMetric {
        if of_storage { ImpactMetric::Kept(0) } else { ImpactMetric::MedianTime }
    }

    /// Those about a run as a whole, of both kinds of runs.
    pub fn whole() -> impl Iterator<Item = ImpactMetric> {
        Self::WHOLE.into_iter().chain((0..Self::KEPT.len()).map(ImpactMetric::Kept))
    }

    /// Every quantity: those about a run as a whole, then each class of bytes but payload, of
    /// which there is one for each byte stored.
    pub fn all() -> impl Iterator<Item = ImpactMetric> {
        let classes = Class::ALL.into_iter().filter(|class| *class != Class::Payload);
        Self::whole().chain(classes.map(ImpactMetric::Class))
    }

    /// Whether it is a measure of storage runs.
    pub const fn is_of_storage(self) -> bool {
        matches!(self, ImpactMetric::Kept(_))
    }

    /// What is measured.
    pub fn measure(self) -> &'static Measure {
        Measure::named(&self.key()).expect("a test names all of them")
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        &self.measure().title
    }

    /// Its name, as in `verdict.json`. Where `runs.csv` has a column of that name, it means
    /// the same: download times do not, as they count from each leecher's own start and
    /// from all leechers.
    pub fn key(self) -> String {
        match self {
            ImpactMetric::MedianTime => "download_time_median_s".into(),
            ImpactMetric::SlowTime => "download_time_p95_s".into(),
            ImpactMetric::FirstByte => "first_byte_median_s".into(),
            ImpactMetric::Makespan => "makespan_s".into(),
            ImpactMetric::Efficiency => "efficiency".into(),
            ImpactMetric::Wire => "wire_per_payload".into(),
            ImpactMetric::SeederShare => "seeder_bytes_per_payload".into(),
            ImpactMetric::PeakQueue => "peak_queue_bytes".into(),
            ImpactMetric::Unfinished => "unfinished_share".into(),
            ImpactMetric::Class(class) => format!("{}_per_payload", class.name()),
            ImpactMetric::Kept(place) => Self::KEPT[place].0.into(),
        }
    }

    /// Whether it is a time or made from one, and so says something only of what ended.
    pub const fn is_of_time(self) -> bool {
        use ImpactMetric::{Efficiency, FirstByte, Makespan, MedianTime, SlowTime};
        matches!(self, MedianTime | SlowTime | FirstByte | Makespan | Efficiency)
    }

    /// Whether it is about how long a run goes on, which with requests is as long as these
    /// come, whatever the protocol.
    pub const fn is_of_whole_run(self) -> bool {
        matches!(self, ImpactMetric::Makespan | ImpactMetric::Efficiency)
    }

    /// Whether it is a part of another quantity: classes of bytes sum to those
    /// on the wire.
    pub const fn is_part(self) -> bool {
        matches!(self, ImpactMetric::Class(_))
    }

    /// Whether its change is a difference and not a share of the base.
    pub const fn is_difference(self) -> bool {
        matches!(self.yardstick(), Yardstick::One)
    }

    pub(super) const fn yardstick(self) -> Yardstick {
        match self {
            ImpactMetric::MedianTime | ImpactMetric::SlowTime | ImpactMetric::FirstByte | ImpactMetric::Makespan => {
                Yardstick::Ratio
            }
            ImpactMetric::Efficiency | ImpactMetric::PeakQueue => Yardstick::Ratio,
            ImpactMetric::Wire | ImpactMetric::SeederShare => Yardstick::Base,
            ImpactMetric::Class(_) => Yardstick::Traffic,
            ImpactMetric::Unfinished => Yardstick::One,
            ImpactMetric::Kept(place) => Self::KEPT[place].1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Better, Unit};

    #[test]
    fn every_metric_is_a_measure_that_can_be_better() {
        for metric in ImpactMetric::all() {
            let Measure { name, unit, better, .. } = metric.measure();
            assert_eq!(*better == Better::More, metric == ImpactMetric::Efficiency, "{name}");
            assert_ne!(*better, Better::Neither, "{name}");
            if metric.is_of_storage() {
                continue;
            }
            assert_eq!(metric.is_of_time(), *unit == Unit::Seconds || metric == ImpactMetric::Efficiency, "{name}");
        }
    }
}
