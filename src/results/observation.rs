//! What can be seen of a run, simulated or measured alike.

use super::{Amount, NodeFigures, NodeRow, RunResult, RunRow, StorageRow, TrafficRow};
use crate::ledger::Class;
use crate::scenario::Progress;
use crate::world::Role;

/// What can be seen of a run, simulated or measured.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observation {
    /// Its row of `runs.csv`; nothing of a measured run, and of a storage run what that has
    /// of it.
    pub run: Option<RunRow>,
    /// The row of a storage run.
    pub storage: Option<StorageRow>,
    /// Bytes on the wire by class, in the order of [`Class::ALL`]; nothing where they
    /// are not known.
    pub bytes: Option<[u64; Class::ALL.len()]>,
    pub(super) nodes: Vec<NodeFigures>,
    pub(super) file_bytes: f64,
}

impl Observation {
    /// Of a simulated run, from its rows.
    pub fn simulated(run: &RunRow, nodes: &[NodeRow], traffic: &[TrafficRow], progress: Progress) -> Observation {
        let mut bytes = [0; Class::ALL.len()];
        for row in traffic {
            if let Some(class) = Class::ALL.iter().position(|class| class.name() == row.class) {
                bytes[class] += row.bytes;
            }
        }
        Observation {
            bytes: (!traffic.is_empty()).then_some(bytes),
            nodes: nodes.iter().map(|row| figures(row, progress)).collect(),
            file_bytes: run.file_size_bytes as f64,
            run: Some(run.clone()),
            storage: None,
        }
    }

    /// Of a run with all its rows.
    pub fn of(result: &RunResult) -> Observation {
        if let Some(row) = &result.storage {
            return Observation::kept(row);
        }
        Observation::simulated(&result.run, &result.nodes, &result.traffic, Progress::Storage)
    }

    /// Of a storage run.
    pub fn kept(row: &StorageRow) -> Observation {
        Observation { run: Some(RunRow::from(row)), storage: Some(row.clone()), ..Observation::default() }
    }

    /// The number in a column of its row of `runs.csv`.
    pub(super) fn number(&self, column: &str) -> Option<f64> {
        match &self.storage {
            Some(row) => row.number(column),
            None => self.run.as_ref()?.number(column),
        }
    }

    /// Of a measured run that distributed `file_bytes`.
    pub fn measured(nodes: Vec<NodeFigures>, file_bytes: f64) -> Observation {
        Observation { nodes, file_bytes, ..Observation::default() }
    }

    /// All bytes on the wire; nothing where they are not known.
    pub fn wire(&self) -> Option<f64> {
        Some(self.bytes?.iter().sum::<u64>() as f64)
    }

    /// Its row, where there are requests: then its times are of downloads, each from when it
    /// was asked for.
    pub(super) fn asked(&self) -> Option<&RunRow> {
        self.run.as_ref().filter(|run| run.has_requests())
    }

    /// Whether the run has requests.
    pub fn has_requests(&self) -> bool {
        self.asked().is_some()
    }

    /// Leechers that do not hold everything at the end; of a measured run, that never did.
    /// Where there are requests, downloads that did not end.
    pub fn unfinished(&self) -> usize {
        if let Some(run) = self.asked() {
            return run.downloads_unfinished.unwrap_or(0) as usize;
        }
        self.leechers().filter(|node| !node.complete.unwrap_or(node.t100_s.is_some())).count()
    }

    pub(super) fn leechers(&self) -> impl Iterator<Item = &NodeFigures> {
        self.nodes.iter().filter(|node| node.role == Role::Leecher)
    }

    /// Times from each leecher's own start, those who got there alone.
    pub(super) fn reached(&self, moment: fn(&NodeFigures) -> Option<f64>) -> Vec<f64> {
        self.leechers().filter_map(|node| Some(moment(node)? - node.start_s.unwrap_or(0.0))).collect()
    }

    /// The same of all leechers: who did not get there takes longer than all others.
    pub(super) fn times(&self, moment: fn(&NodeFigures) -> Option<f64>) -> Vec<f64> {
        let since = |node: &NodeFigures| moment(node).map_or(f64::INFINITY, |end| end - node.start_s.unwrap_or(0.0));
        self.leechers().map(since).collect()
    }

    /// From the start of the first leecher to the end of the last; nothing unless all
    /// got there.
    pub(super) fn makespan(&self) -> Option<f64> {
        let Some(run) = &self.run else {
            let first = self.leechers().map(|n| n.start_s.unwrap_or(0.0)).reduce(f64::min)?;
            let ends = self.leechers().map(|n| n.t100_s).collect::<Option<Vec<f64>>>()?;
            return Some(ends.into_iter().reduce(f64::max)? - first);
        };
        run.makespan_s
    }

    /// Sum over leechers or seeders; nothing unless it is known of all.
    pub(super) fn total(&self, role: Role, amount: fn(&NodeFigures) -> Option<f64>) -> Option<f64> {
        self.nodes.iter().filter(|n| n.role == role).map(amount).sum()
    }

    /// For each byte that a leecher wanted.
    pub(super) fn per_wanted(&self, amount: fn(&NodeFigures) -> Option<f64>) -> Option<f64> {
        Some(self.total(Role::Leecher, amount)? / self.leechers().count() as f64 / self.file_bytes)
    }

    /// For each byte of block data that was stored and needed.
    pub(super) fn per_stored(&self, bytes: u64) -> Option<Amount> {
        let useful = self.run.as_ref().and_then(RunRow::useful).unwrap_or(self.bytes?[Class::Payload as usize]);
        Some(Amount { amount: bytes as f64, per: useful as f64 })
    }
}

/// What of a row of `nodes.csv` can be measured too, with times of the kind that were.
fn figures(row: &NodeRow, progress: Progress) -> NodeFigures {
    let (t50_s, t90_s, t100_s) = match progress {
        Progress::Stream => (row.stream_t50_s, row.stream_t90_s, row.stream_t100_s),
        Progress::Storage => (row.t50_s, row.t90_s, row.t100_s),
    };
    NodeFigures {
        role: Role::named(&row.role).unwrap_or(Role::Server),
        start_s: row.start_s,
        ttfb_s: row.ttfb_s,
        t50_s,
        t90_s,
        t100_s,
        bytes_rx: Some(row.bytes_rx as f64),
        bytes_tx: Some(row.bytes_tx as f64),
        redundant: Some(row.duplicate_rx as f64),
        complete: Some(row.completed),
        peak_queue_bytes: Some(row.peak_queue_bytes as f64),
        ..NodeFigures::default()
    }
}
