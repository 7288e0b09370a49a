//! What is compared: figures of one run, measured or simulated alike.

use crate::results::{NodeFigures, NodeRow, median};
use crate::scenario::Progress;

/// A quantity that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Median over leechers of the time to 50 %, from each one's own start, in s.
    T50,
    /// The same to 90 %.
    T90,
    /// The same to everything.
    T100,
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
    pub const ALL: [Metric; 8] = [
        Metric::Makespan,
        Metric::T50,
        Metric::T90,
        Metric::T100,
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
            Metric::Makespan => "makespan_s",
            Metric::Received => "received_per_file_byte",
            Metric::Sent => "sent_per_file_byte",
            Metric::SeederCopies => "seeder_copies",
            Metric::Duplicates => "duplicates_per_file_byte",
        }
    }

    /// The name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Metric::T50 => "t50, median leecher",
            Metric::T90 => "t90, median leecher",
            Metric::T100 => "t100, median leecher",
            Metric::Makespan => "makespan",
            Metric::Received => "bytes received per file byte",
            Metric::Sent => "bytes sent per file byte",
            Metric::SeederCopies => "copies sent by seeders",
            Metric::Duplicates => "duplicate bytes per file byte",
        }
    }

    /// Whether it is a time.
    pub const fn is_time(self) -> bool {
        matches!(self, Metric::T50 | Metric::T90 | Metric::T100 | Metric::Makespan)
    }

    /// How far a prediction is off: relative to the measurement, except for
    /// duplicates, of which there may be none.
    pub fn error(self, predicted: f64, measured: f64) -> Option<f64> {
        match self {
            Metric::Duplicates => Some(predicted - measured),
            _ => (measured > 0.0).then(|| predicted / measured - 1.0),
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
    /// Of the nodes of a run that distributed `file_bytes`.
    pub fn of(nodes: &[NodeFigures], file_bytes: f64) -> RunFigures {
        let run = Nodes { nodes, file_bytes };
        RunFigures(Metric::ALL.map(|metric| match metric {
            Metric::T50 => run.time(|n| n.t50_s),
            Metric::T90 => run.time(|n| n.t90_s),
            Metric::T100 => run.time(|n| n.t100_s),
            Metric::Makespan => run.makespan(),
            Metric::Received => run.per_leecher(|n| n.bytes_rx),
            Metric::Sent => run.per_leecher(|n| n.bytes_tx),
            Metric::SeederCopies => run.total(false, |n| n.bytes_tx).map(|bytes| bytes / file_bytes),
            Metric::Duplicates => run.per_leecher(|n| n.redundant),
        }))
    }

    /// One of them.
    pub fn get(&self, metric: Metric) -> Option<f64> {
        self.0[Metric::ALL.iter().position(|m| *m == metric)?]
    }
}

/// A simulated node, with times of the kind that were measured.
pub(super) fn simulated(row: &NodeRow, progress: Progress) -> NodeFigures {
    let (t50_s, t90_s, t100_s) = match progress {
        Progress::Stream => (row.stream_t50_s, row.stream_t90_s, row.stream_t100_s),
        Progress::Storage => (row.t50_s, row.t90_s, row.t100_s),
    };
    NodeFigures {
        leave_s: None,
        return_s: None,
        leecher: row.role == "leecher",
        start_s: row.start_s,
        t50_s,
        t90_s,
        t100_s,
        bytes_rx: Some(row.bytes_rx as f64),
        bytes_tx: Some(row.bytes_tx as f64),
        redundant: Some(row.duplicate_rx as f64),
    }
}

struct Nodes<'a> {
    nodes: &'a [NodeFigures],
    file_bytes: f64,
}

impl Nodes<'_> {
    fn leechers(&self) -> impl Iterator<Item = &NodeFigures> {
        self.nodes.iter().filter(|node| node.leecher)
    }

    /// Median over the leechers that got there, each from its own start.
    fn time(&self, moment: fn(&NodeFigures) -> Option<f64>) -> Option<f64> {
        let since = |node: &NodeFigures| Some(moment(node)? - node.start_s.unwrap_or(0.0));
        median(&self.leechers().filter_map(since).collect::<Vec<_>>())
    }

    /// Nothing unless all are complete.
    fn makespan(&self) -> Option<f64> {
        let first = self.leechers().map(|n| n.start_s.unwrap_or(0.0)).reduce(f64::min)?;
        let ends = self.leechers().map(|n| n.t100_s).collect::<Option<Vec<f64>>>()?;
        Some(ends.into_iter().reduce(f64::max)? - first)
    }

    /// Sum over leechers or seeders; nothing unless it is known of all.
    fn total(&self, leechers: bool, amount: fn(&NodeFigures) -> Option<f64>) -> Option<f64> {
        self.nodes.iter().filter(|n| n.leecher == leechers).map(amount).sum()
    }

    fn per_leecher(&self, amount: fn(&NodeFigures) -> Option<f64>) -> Option<f64> {
        Some(self.total(true, amount)? / self.leechers().count() as f64 / self.file_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: starts 0 and 2 s, ends 10 and 30 s.
    #[test]
    fn figures_of_a_run() {
        let node = |leecher, start_s, t100_s, rx, tx, redundant| NodeFigures {
            leecher,
            start_s,
            t100_s,
            bytes_rx: Some(rx),
            bytes_tx: Some(tx),
            redundant,
            ..NodeFigures::default()
        };
        let mut nodes = vec![
            node(false, None, None, 10.0, 250.0, None),
            node(true, Some(0.0), Some(10.0), 110.0, 20.0, Some(5.0)),
            node(true, Some(2.0), Some(30.0), 130.0, 40.0, None),
        ];
        let figures = RunFigures::of(&nodes, 100.0);
        let get = |metric| figures.get(metric);
        assert_eq!(get(Metric::Makespan), Some(30.0));
        assert_eq!(get(Metric::T100), Some(19.0), "median of 10 and 28");
        assert_eq!(get(Metric::T50), None, "not measured");
        assert_eq!((get(Metric::Received), get(Metric::Sent)), (Some(1.2), Some(0.3)));
        assert_eq!(get(Metric::SeederCopies), Some(2.5));
        assert_eq!(get(Metric::Duplicates), None, "not known of all leechers");
        nodes[1].t100_s = None;
        let figures = RunFigures::of(&nodes, 100.0);
        assert_eq!((figures.get(Metric::Makespan), figures.get(Metric::T100)), (None, Some(28.0)));
    }

    #[test]
    fn errors_are_relative_and_of_duplicates_absolute() {
        assert_eq!(Metric::Makespan.error(11.0, 10.0), Some(11.0 / 10.0 - 1.0));
        assert_eq!(Metric::Makespan.error(11.0, 0.0), None);
        assert_eq!(Metric::Duplicates.error(0.25, 0.0), Some(0.25));
    }
}
