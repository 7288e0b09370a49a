//! Downloads: one by one, in the row of their run, and by class of dataset.

use super::{DownloadRow, RunRow, median, quantile};
use crate::ledger::{DownloadEnd, DownloadOutcome, Outcome};
use crate::sim::RunSpec;
use crate::units::Time;
use std::collections::BTreeMap;

/// The downloads of a run; none where there is one file and nobody asks for it during the
/// run, for then `nodes.csv` says the same.
pub(super) fn download_rows(id: &str, spec: &RunSpec, outcome: &Outcome) -> Vec<DownloadRow> {
    if spec.world.datasets.is_empty() && spec.world.requests.is_none() {
        return Vec::new();
    }
    let origin = outcome.origin();
    let secs = |moment: Option<Time>| moment.map(|moment| moment.since(origin).secs());
    let row = |(number, of): (u32, &DownloadOutcome)| {
        let label = outcome.datasets[of.want.dataset.index()];
        DownloadRow {
            run_id: id.into(),
            download: number,
            node: of.node.0,
            dataset: of.want.dataset.0,
            class: outcome.dataset_classes.get(usize::from(label.class)).cloned(),
            size_bytes: label.bytes,
            asked_s: of.asked.since(origin).secs(),
            manifest_s: secs(of.milestones.manifest),
            ttfb_s: secs(of.milestones.first),
            t50_s: secs(of.milestones.half),
            t90_s: secs(of.milestones.most),
            t100_s: secs(of.milestones.all),
            bytes: of.bytes,
            sources: of.sources,
            outcome: of.end.name().into(),
            part: of.want.part.name().into(),
            slot: of.want.part.slot().map(u32::from),
            source: of.source.map(|source| source.0),
            begun_s: secs(of.begun),
        }
    };
    (0..).zip(&outcome.downloads).map(row).collect()
}

impl RunRow {
    /// The row with what is to be said of the downloads of its run.
    pub(super) fn with_downloads(self, spec: &RunSpec, outcome: &Outcome) -> Self {
        let count = |end| outcome.downloads.iter().filter(|of| of.end == end).count() as u64;
        let fetched =
            || outcome.downloads.iter().filter(|of| !matches!(of.end, DownloadEnd::Held | DownloadEnd::CalledOff));
        let since = |of: &DownloadOutcome, moment: Option<Time>| {
            moment.map_or(f64::INFINITY, |moment| moment.since(of.asked).secs())
        };
        let first: Vec<f64> = fetched().map(|of| since(of, of.milestones.first)).collect();
        let all: Vec<f64> = fetched().map(|of| since(of, of.milestones.all)).collect();
        let reached = |time: Option<f64>| time.filter(|time| time.is_finite());
        // Where there are requests, nobody wants anything from the start on unless it is said.
        let unsaid = spec.world.datasets.iter().all(|class| class.wanted_by.is_none());
        let by_request = |of: &&DownloadOutcome| unsaid || of.asked > outcome.nodes[of.node.index()].start;
        let asked = || outcome.downloads.iter().filter(by_request).count() as u64;
        RunRow {
            downloads_asked: spec.world.requests.as_ref().map(|_| asked()),
            dataset_count: Some(outcome.datasets.len() as u64),
            downloads: Some(outcome.downloads.len() as u64),
            downloads_unfinished: Some(count(DownloadEnd::Unfinished) + count(DownloadEnd::Refused)),
            downloads_held: Some(count(DownloadEnd::Held)),
            download_first_byte_median_s: reached(median(&first)),
            download_median_s: reached(median(&all)),
            download_p95_s: reached(quantile(&all, 0.95)),
            ..self
        }
    }
}

impl DownloadRow {
    /// Whether there was something to fetch: it was neither had already nor called off.
    pub fn is_fetched(&self) -> bool {
        ["complete", "refused", "unfinished"].contains(&self.outcome.as_str())
    }

    /// How long it took, in s; nothing where it never came to all.
    pub fn time_s(&self) -> Option<f64> {
        Some(self.t100_s? - self.asked_s)
    }
}

/// The downloads of one class of datasets, of one run or several.
#[derive(Debug, Clone, PartialEq)]
pub struct DownloadGroup {
    /// The name of the class.
    pub name: String,
    /// How many were to be made.
    pub downloads: usize,
    /// How many of these were had already when they were asked for.
    pub held: usize,
    /// How many did not end.
    pub unfinished: usize,
    /// Median of the time to the first block, of those that were fetched; nothing where
    /// it never came to half of them.
    pub first_byte_s: Option<f64>,
    /// Median of the time to everything, likewise.
    pub median_s: Option<f64>,
    /// 95 % quantile of that, likewise.
    pub p95_s: Option<f64>,
    /// Block data that was stored for one of them, on average.
    pub bytes: f64,
    /// Nodes that sent it, on average.
    pub sources: f64,
}

impl DownloadGroup {
    /// Groups by class of dataset, in the order of their names.
    pub fn of(rows: &[DownloadRow]) -> Vec<DownloadGroup> {
        let mut members: BTreeMap<&str, Vec<&DownloadRow>> = BTreeMap::new();
        for row in rows {
            members.entry(row.class.as_deref().unwrap_or("file")).or_default().push(row);
        }
        members.into_iter().map(|(name, rows)| group(name, &rows)).collect()
    }
}

fn group(name: &str, rows: &[&DownloadRow]) -> DownloadGroup {
    let count = |outcome: &str| rows.iter().filter(|row| row.outcome == outcome).count();
    let fetched: Vec<&&DownloadRow> = rows.iter().filter(|row| row.is_fetched()).collect();
    let times = |moment: fn(&DownloadRow) -> Option<f64>| -> Vec<f64> {
        fetched.iter().map(|row| moment(row).map_or(f64::INFINITY, |moment| moment - row.asked_s)).collect()
    };
    let reached = |time: Option<f64>| time.filter(|time| time.is_finite());
    let mean =
        |of: fn(&DownloadRow) -> f64| fetched.iter().map(|row| of(row)).sum::<f64>() / fetched.len().max(1) as f64;
    DownloadGroup {
        name: name.into(),
        downloads: rows.len(),
        held: count("held"),
        unfinished: count("unfinished") + count("refused"),
        first_byte_s: reached(median(&times(|row| row.ttfb_s))),
        median_s: reached(median(&times(|row| row.t100_s))),
        p95_s: reached(quantile(&times(|row| row.t100_s), 0.95)),
        bytes: mean(|row| row.bytes as f64),
        sources: mean(|row| f64::from(row.sources)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: of four of a class one was held, one never came, and two took 2 s and 6 s.
    #[test]
    fn groups_by_hand() {
        let row = |class: &str, asked_s, t100_s, outcome: &str| DownloadRow {
            class: Some(class.into()),
            asked_s,
            ttfb_s: t100_s,
            t100_s,
            outcome: outcome.into(),
            bytes: 100,
            sources: 3,
            ..DownloadRow::default()
        };
        let rows = [
            row("b", 1.0, Some(3.0), "complete"),
            row("b", 4.0, Some(10.0), "complete"),
            row("b", 5.0, Some(5.0), "held"),
            row("b", 6.0, None, "unfinished"),
            row("a", 6.0, None, "unfinished"),
        ];
        let groups = DownloadGroup::of(&rows);
        assert_eq!(groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        let b = &groups[1];
        assert_eq!((b.downloads, b.held, b.unfinished), (4, 1, 1));
        assert_eq!((b.median_s, b.p95_s, b.sources), (Some(6.0), None, 3.0));
        assert_eq!(groups[0].median_s, None);
    }
}
