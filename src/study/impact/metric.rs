//! The quantities that a change is judged by.

use crate::ledger::Class;

/// A quantity of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
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
}

/// In which unit a quantity is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Bytes for each byte that was stored.
    PerByte,
    /// A share of a whole, 0 to 1.
    Share,
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

impl Metric {
    /// Those about the run as a whole.
    pub const WHOLE: [Metric; 9] = [
        Metric::MedianTime,
        Metric::SlowTime,
        Metric::FirstByte,
        Metric::Makespan,
        Metric::Efficiency,
        Metric::Wire,
        Metric::SeederShare,
        Metric::PeakQueue,
        Metric::Unfinished,
    ];

    /// Every quantity: those of [`Metric::WHOLE`], then each class of bytes but
    /// payload, of which there is one for each byte stored.
    pub fn all() -> impl Iterator<Item = Metric> {
        let classes = Class::ALL.into_iter().filter(|class| *class != Class::Payload);
        Self::WHOLE.into_iter().chain(classes.map(Metric::Class))
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Metric::MedianTime => "median t100",
            Metric::SlowTime => "p95 t100",
            Metric::FirstByte => "first byte",
            Metric::Makespan => "makespan",
            Metric::Efficiency => "efficiency",
            Metric::Wire => "wire bytes per byte",
            Metric::SeederShare => "seeder share",
            Metric::PeakQueue => "peak queue of a node",
            Metric::Unfinished => "unfinished downloads",
            Metric::Class(class) => class.name(),
        }
    }

    /// Its name in `verdict.json`, with the unit. Where `runs.csv` has a column of
    /// that name, it means the same: download times do not, as they count from each
    /// leecher's own start and from all leechers.
    pub fn key(self) -> String {
        match self {
            Metric::MedianTime => "download_time_median_s".into(),
            Metric::SlowTime => "download_time_p95_s".into(),
            Metric::FirstByte => "first_byte_median_s".into(),
            Metric::Makespan => "makespan_s".into(),
            Metric::Efficiency => "efficiency".into(),
            Metric::Wire => "wire_per_payload".into(),
            Metric::SeederShare => "seeder_bytes_per_payload".into(),
            Metric::PeakQueue => "peak_queue_bytes".into(),
            Metric::Unfinished => "unfinished_share".into(),
            Metric::Class(class) => format!("{}_per_payload", class.name()),
        }
    }

    /// Its unit.
    pub const fn unit(self) -> Unit {
        match self {
            Metric::MedianTime | Metric::SlowTime | Metric::FirstByte | Metric::Makespan => Unit::Seconds,
            Metric::PeakQueue => Unit::Bytes,
            Metric::Wire | Metric::SeederShare | Metric::Class(_) => Unit::PerByte,
            Metric::Efficiency | Metric::Unfinished => Unit::Share,
        }
    }

    /// Whether it is a time or made from one, and so says something only of what ended.
    pub const fn is_of_time(self) -> bool {
        matches!(self.unit(), Unit::Seconds) || matches!(self, Metric::Efficiency)
    }

    /// Whether more of it is better; of all others, less is.
    pub const fn more_is_better(self) -> bool {
        matches!(self, Metric::Efficiency)
    }

    /// Whether it is a part of another quantity: classes of bytes sum to those
    /// on the wire.
    pub const fn is_part(self) -> bool {
        matches!(self, Metric::Class(_))
    }

    /// Whether its change is a difference and not a share of the base.
    pub const fn is_difference(self) -> bool {
        matches!(self, Metric::Unfinished)
    }

    pub(super) const fn yardstick(self) -> Yardstick {
        match self {
            Metric::MedianTime | Metric::SlowTime | Metric::FirstByte | Metric::Makespan => Yardstick::Ratio,
            Metric::Efficiency | Metric::PeakQueue => Yardstick::Ratio,
            Metric::Wire | Metric::SeederShare => Yardstick::Base,
            Metric::Class(_) => Yardstick::Traffic,
            Metric::Unfinished => Yardstick::One,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Row, RunRow};

    /// Columns of the same name have to mean the same.
    #[test]
    fn keys_are_no_columns_of_another_meaning() {
        let shared: Vec<String> =
            Metric::all().map(Metric::key).filter(|key| RunRow::KIND.columns.iter().any(|c| c.name == key)).collect();
        assert_eq!(shared, ["makespan_s", "efficiency", "wire_per_payload"], "these do mean the same");
    }
}
