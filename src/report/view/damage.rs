//! Files of a run that cannot be what the program wrote.

use super::Playback;
use crate::results::{DownloadRow, NodeRow, ProgressRow, RunRow, TableRow, TraceRow};
use thiserror::Error;

/// A result file is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}: {reason}")]
pub struct Damage {
    /// Which.
    pub file: &'static str,
    /// What is wrong, and what was expected.
    pub reason: String,
}

impl Damage {
    fn of<R: TableRow>(reason: String) -> Damage {
        Damage { file: R::KIND.file, reason }
    }
}

/// Times beyond this (31 years), in s, are no times of a run.
const LONGEST: f64 = 1e9;

fn is_time(seconds: f64) -> bool {
    seconds.abs() <= LONGEST
}

/// A row for each node of the run, in order.
pub fn check_nodes(run: &RunRow, nodes: &[NodeRow]) -> Result<(), Damage> {
    let (rows, expected) = (nodes.len(), run.network_size);
    let in_order = (0u32..).zip(nodes).all(|(node, row)| row.node == node && row.run_id == run.run_id);
    if rows != expected as usize || !in_order {
        let reason =
            format!("{rows} rows; expected one for each of the {expected} nodes of run {}, in order", run.run_id);
        return Err(Damage::of::<NodeRow>(reason));
    }
    let times = |row: &NodeRow| [row.start_s, row.ttfb_s, row.t100_s].into_iter().flatten().all(is_time);
    nodes.iter().find(|row| !times(row)).map_or(Ok(()), |row| {
        Err(Damage::of::<NodeRow>(format!("node {}: expected times in s, finite and below {LONGEST:e}", row.node)))
    })
}

/// A step that a node of the run stored.
pub fn check_step(run: &RunRow, row: &ProgressRow) -> Result<(), Damage> {
    if row.run_id == run.run_id && row.node < run.network_size && is_time(row.stored_s) {
        return Ok(());
    }
    let reason = format!(
        "node {} at {} s in run {}; expected a node below {} and a time in run {}",
        row.node, row.stored_s, row.run_id, run.network_size, run.run_id
    );
    Err(Damage::of::<ProgressRow>(reason))
}

/// A download of a node of the run.
pub fn check_download(run: &RunRow, row: &DownloadRow) -> Result<(), Damage> {
    let times = [Some(row.asked_s), row.t100_s].into_iter().flatten().all(is_time);
    if row.run_id == run.run_id && row.node < run.network_size && times {
        return Ok(());
    }
    let reason = format!(
        "download {} of node {} in run {}; expected a node below {} and times in s, in run {}",
        row.download, row.node, row.run_id, run.network_size, run.run_id
    );
    Err(Damage::of::<DownloadRow>(reason))
}

impl Playback {
    /// A message between nodes of the run, sent no earlier than the one before and
    /// arrived no earlier than sent.
    pub(super) fn check_message(&self, row: &TraceRow) -> Result<(), Damage> {
        let nodes = self.nodes.len();
        let before = self.flights.last().map_or(i64::MIN, |flight| flight.sent);
        let reason = if row.run_id != self.run.run_id {
            format!("it is of run {}; expected run {}", row.run_id, self.run.run_id)
        } else if row.from.max(row.to) as usize >= nodes {
            format!("it goes from node {} to {}; expected nodes below {nodes}", row.from, row.to)
        } else if !is_time(row.sent_s) || !row.arrived_s.is_none_or(is_time) {
            format!("expected times in s, finite and below {LONGEST:e}, not {} and {:?}", row.sent_s, row.arrived_s)
        } else if row.arrived_s.is_some_and(|arrived| arrived < row.sent_s) {
            format!("it arrived before it was sent at {} s", row.sent_s)
        } else if super::micros(row.sent_s) < before {
            format!("sent at {} s; expected a time no earlier than that of the message above it", row.sent_s)
        } else {
            return Ok(());
        };
        Err(Damage::of::<TraceRow>(format!("message {}: {reason}", self.flights.len() + 1)))
    }
}
