//! What held the leechers back, in one run of each point.

use super::{Survey, SurveyPoint};
use crate::results::{ConstraintRow, HeldBack, NodeRow, ResultsError, TableRow, TimelineRow, select};
use crate::study::NotAStudy;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

/// Equal slots of time that a map has.
const SLOTS: usize = 120;
/// Leechers that a map has at most, evenly picked by completion.
const MOST_LEECHERS: usize = 24;

/// Points whose sums are read at most, in whole cells that are evenly picked.
const MOST_POINTS: usize = 24;

/// What is known of what held the leechers back.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Held {
    /// Of each variant in its last cell, in the order of the variants.
    pub maps: Vec<HeldMap>,
    /// Of many points, in their order.
    pub shares: Vec<HeldShares>,
}

/// Two leechers of the first run of a point.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldShares {
    /// Index into [`Survey::points`].
    pub point: usize,
    /// The last leecher and the one in the middle.
    pub slowest_and_median: [HeldBack; 2],
}

/// The first run of a variant in its last cell.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldMap {
    /// Index into [`Survey::points`].
    pub point: usize,
    /// The run.
    pub run_id: String,
    /// Leechers by the time at which they were complete, the unfinished last.
    pub leechers: Vec<Leecher>,
}

/// A leecher over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Leecher {
    /// The node.
    pub node: u32,
    /// When it was complete, from the start of the earliest leecher, in s.
    pub t100_s: Option<f64>,
    /// Stretches of time in s, and the word for what held it back longest in each
    /// slot of it; in gaps it wanted nothing.
    pub spans: Vec<(f64, f64, String)>,
}

impl Survey {
    /// What the files in `dir` know; nothing when the program that made them wrote no
    /// such files.
    pub fn held(&self, dir: &Path) -> Result<Held, NotAStudy> {
        let unread = |error: ResultsError| NotAStudy { dir: dir.into(), reason: error.to_string() };
        let last: BTreeMap<&str, usize> = (0..self.variants.len()).filter_map(|v| self.shown_run(v)).collect();
        let many = self.many_runs();
        let known = |run_id: &str| last.contains_key(run_id) || many.iter().any(|(id, _)| *id == run_id);
        let nodes = rows(dir, |row: &NodeRow| row.role == "leecher" && known(&row.run_id)).map_err(unread)?;
        let times = rows(dir, |row: &TimelineRow| last.contains_key(&*row.run_id)).map_err(unread)?;
        let sums = rows(dir, |row: &ConstraintRow| known(&row.run_id)).map_err(unread)?;
        let mut maps: Vec<HeldMap> =
            last.iter().filter_map(|(run_id, point)| map(run_id, *point, &nodes, &times)).collect();
        maps.sort_by_key(|map| self.points[map.point].variant);
        let shares = |(run_id, point): &(&str, usize)| {
            let nodes: Vec<NodeRow> = nodes.iter().filter(|row| row.run_id == *run_id).cloned().collect();
            let sums: Vec<ConstraintRow> = sums.iter().filter(|row| row.run_id == *run_id).cloned().collect();
            let slowest_and_median = HeldBack::slowest_and_median(&nodes, &sums)?;
            Some(HeldShares { point: *point, slowest_and_median })
        };
        Ok(Held { maps, shares: many.iter().filter_map(shares).collect() })
    }

    /// The first run of each point of evenly picked cells.
    fn many_runs(&self) -> Vec<(&str, usize)> {
        let cells = self.cells();
        let picked = spread(cells.len(), (MOST_POINTS / self.variants.len().max(1)).max(1));
        let points = picked.into_iter().flat_map(|cell| cells[cell].iter().copied());
        let wanting = points.filter(|index| self.points[*index].downloads > 0);
        wanting.map(|index| (&*self.points[index].runs[0].run_id, index)).collect()
    }

    fn shown_run(&self, variant: usize) -> Option<(&str, usize)> {
        let mine = |point: &&SurveyPoint| point.variant == variant && point.downloads > 0;
        let index = self.points.iter().rposition(|point| mine(&point))?;
        Some((&self.points[index].runs[0].run_id, index))
    }
}

/// The rows that `keep` wants; none when there is no such file.
fn rows<R: TableRow>(dir: &Path, keep: impl FnMut(&R) -> bool) -> Result<Vec<R>, ResultsError> {
    File::open(dir.join(R::KIND.file)).ok().map_or(Ok(Vec::new()), |file| select(file, keep))
}

fn map(run_id: &str, point: usize, nodes: &[NodeRow], times: &[TimelineRow]) -> Option<HeldMap> {
    let mut order: Vec<&NodeRow> = nodes.iter().filter(|row| row.run_id == run_id).collect();
    let moment = |row: &NodeRow| row.t100_s.unwrap_or(f64::INFINITY);
    order.sort_by(|a, b| moment(a).total_cmp(&moment(b)).then(b.node.cmp(&a.node)));
    let mut spans: BTreeMap<u32, Vec<&TimelineRow>> = BTreeMap::new();
    times.iter().filter(|row| row.run_id == run_id).for_each(|row| spans.entry(row.node).or_default().push(row));
    let end = spans.values().flatten().map(|row| row.end_s).fold(0.0, f64::max);
    let traced: Vec<&NodeRow> = order.iter().filter(|row| spans.contains_key(&row.node)).copied().collect();
    if traced.is_empty() || end <= 0.0 {
        return None;
    }
    let picked = spread(traced.len(), MOST_LEECHERS).into_iter().map(|index| traced[index]);
    let leecher = |row: &NodeRow| Leecher { node: row.node, t100_s: row.t100_s, spans: slots(&spans[&row.node], end) };
    Some(HeldMap { point, run_id: run_id.into(), leechers: picked.map(leecher).collect() })
}

/// So many of `n` indices at most, evenly picked, the first and the last among them.
pub fn spread(n: usize, most: usize) -> Vec<usize> {
    if n <= most {
        return (0..n).collect();
    }
    (0..most).map(|i| i * (n - 1) / (most - 1).max(1)).collect()
}

/// What held the node back longest in each slot of `0..end`, equal neighbours joined.
fn slots(rows: &[&TimelineRow], end: f64) -> Vec<(f64, f64, String)> {
    let width = end / SLOTS as f64;
    let mut longest: Vec<BTreeMap<&str, f64>> = vec![BTreeMap::new(); SLOTS];
    for row in rows {
        let first = (row.start_s / width) as usize;
        let last = ((row.end_s / width) as usize).min(SLOTS - 1);
        for (slot, held) in longest.iter_mut().enumerate().take(last + 1).skip(first) {
            let (from, to) = (slot as f64 * width, (slot + 1) as f64 * width);
            *held.entry(&row.constraint).or_default() += row.end_s.min(to) - row.start_s.max(from);
        }
    }
    let mut spans: Vec<(f64, f64, String)> = Vec::new();
    for (slot, held) in longest.iter().enumerate() {
        // Of equals the first by name; a slot that is mostly gap shows what is in it.
        let Some((word, _)) = held.iter().filter(|(_, s)| **s > 0.0).reduce(|a, b| if b.1 > a.1 { b } else { a })
        else {
            continue;
        };
        let (from, to) = (slot as f64 * width, (slot + 1) as f64 * width);
        match spans.last_mut() {
            Some(span) if span.2 == *word && span.1 == from => span.1 = to,
            _ => spans.push((from, to, (*word).to_owned())),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(start_s: f64, end_s: f64, constraint: &str) -> TimelineRow {
        TimelineRow { run_id: "r".into(), node: 1, start_s, end_s, constraint: constraint.into() }
    }

    /// Slots of 1 s: the first half of slot 3 is `timer` for longer than `cpu`.
    #[test]
    fn a_slot_shows_what_held_longest_and_gaps_stay() {
        let rows = [row(0.0, 2.0, "cpu"), row(2.0, 3.7, "timer"), row(3.7, 4.0, "cpu"), row(110.0, 120.0, "nobody")];
        let spans = slots(&rows.iter().collect::<Vec<_>>(), 120.0);
        let span = |from, to, word: &str| (from, to, word.to_owned());
        assert_eq!(spans, [span(0.0, 2.0, "cpu"), span(2.0, 4.0, "timer"), span(110.0, 120.0, "nobody")]);
    }

    #[test]
    fn what_is_picked_is_spread() {
        assert_eq!(spread(3, 5), [0, 1, 2]);
        assert_eq!(spread(101, 5), [0, 25, 50, 75, 100]);
        assert_eq!(spread(4, 1), [0]);
    }
}
