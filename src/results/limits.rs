//! What held the leechers back, as rows.

use super::{ConstraintRow, NodeRow, TimelineRow};
use crate::ledger::{Constraint, NodeOutcome, Outcome};
use crate::sim::RunSpec;
use crate::units::Time;
use crate::world::Role;

/// Leechers whose stretches of time are kept.
const MOST_LEECHERS: usize = 64;

/// The leechers in order: which node each is, and what it did.
fn leechers(outcome: &Outcome) -> impl Iterator<Item = (u32, &NodeOutcome)> {
    (0u32..).zip(&outcome.nodes).filter(|(_, node)| node.role == Role::Leecher)
}

/// The end of the time in which a leecher wanted something.
fn end(node: &NodeOutcome, outcome: &Outcome) -> Time {
    node.milestones.all.unwrap_or(outcome.end)
}

/// For each leecher the time that each constraint took, summing up to the time
/// from its start to its completion.
pub(super) fn constraint_rows(id: &str, _: &RunSpec, outcome: &Outcome) -> Vec<ConstraintRow> {
    let mut rows = Vec::new();
    for (leecher, (node, what)) in leechers(outcome).enumerate() {
        let wanted = end(what, outcome).since(what.start).secs();
        let tally = outcome.timeline.tally(leecher);
        for (constraint, share) in Constraint::ALL.into_iter().zip(tally.shares()) {
            if share > 0.0 {
                let looks = tally.looks[constraint as usize];
                let constraint = constraint.name().into();
                rows.push(ConstraintRow { run_id: id.into(), node, constraint, seconds: share * wanted, looks });
            }
        }
    }
    rows
}

/// The stretches of some leechers, cut to the time in which each wanted something.
pub(super) fn timeline_rows(id: &str, _: &RunSpec, outcome: &Outcome) -> Vec<TimelineRow> {
    let origin = outcome.origin();
    let step = leechers(outcome).count().div_ceil(MOST_LEECHERS).max(1);
    let mut rows = Vec::new();
    for (leecher, (node, what)) in leechers(outcome).enumerate().step_by(step) {
        let (from, until) = (what.start, end(what, outcome));
        for span in outcome.timeline.spans(leecher) {
            rows.push(TimelineRow {
                run_id: id.into(),
                node,
                start_s: span.start.max(from).since(origin).secs(),
                end_s: span.end.min(until).since(origin).secs(),
                constraint: span.constraint.name().into(),
            });
        }
    }
    rows
}

/// One leecher of a run and what held it back.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldBack {
    /// The node.
    pub node: u32,
    /// When it was complete, as in `nodes.csv`; nothing when it never was.
    pub t100_s: Option<f64>,
    /// How long its download took, or it waited in vain, from its own start.
    pub own_s: f64,
    /// Constraint and share of its time, the largest first; equal ones in the
    /// order of [`Constraint::ALL`].
    pub shares: Vec<(String, f64)>,
    /// Looks that these are made from: with few of them they are rough.
    pub looks: u32,
}

impl HeldBack {
    /// The leecher whose download took longest and the one in the middle (of an
    /// even number the faster), by the rows of one run, each from its own start;
    /// those that were never complete come last. Nothing when there are no leechers.
    pub fn slowest_and_median(nodes: &[NodeRow], constraints: &[ConstraintRow]) -> Option<[HeldBack; 2]> {
        let mut leechers: Vec<&NodeRow> = nodes.iter().filter(|n| n.role == Role::Leecher.name()).collect();
        let time = |n: &NodeRow| n.t100_s.map_or(f64::INFINITY, |end| end - n.start_s.unwrap_or(0.0));
        leechers.sort_by(|a, b| time(a).total_cmp(&time(b)).then(b.node.cmp(&a.node)));
        let (slowest, median) = (leechers.last()?, leechers[(leechers.len() - 1) / 2]);
        Some([slowest, median].map(|node| HeldBack::of(node, constraints)))
    }

    fn of(node: &NodeRow, constraints: &[ConstraintRow]) -> HeldBack {
        let own = || constraints.iter().filter(|row| row.node == node.node);
        let own_s: f64 = own().map(|row| row.seconds).sum();
        let mut shares: Vec<_> = own().map(|row| (row.constraint.clone(), row.seconds / own_s)).collect();
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        HeldBack { node: node.node, t100_s: node.t100_s, own_s, shares, looks: own().map(|row| row.looks).sum() }
    }
}
