//! The download of one node, as fine as the results know it.

use super::super::{NodeRow, ProgressRow};

/// What of a download is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CurveKind {
    /// What is stored.
    Stored,
    /// What can be read in order.
    Stream,
}

/// A moment at which a node had so many bytes for the first time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    /// Since the start of the run's earliest leecher, in seconds.
    pub(super) time_s: f64,
    /// Bytes of the file.
    pub(super) bytes: u64,
}

/// Steps from the rows of `progress.csv` that belong to one node.
pub(super) fn of_progress(rows: &[ProgressRow], measure: CurveKind) -> Vec<Step> {
    let moment = |row: &ProgressRow| match measure {
        CurveKind::Stored => Some(row.stored_s),
        CurveKind::Stream => row.stream_s,
    };
    growing(rows.iter().filter_map(|row| Some(Step { time_s: moment(row)?, bytes: row.bytes })))
}

/// Steps from the moments in `nodes.csv`: the first block, 50, 90 and 100 %.
pub(super) fn of_moments(node: &NodeRow, measure: CurveKind, file_size: u64, block_size: u64) -> Vec<Step> {
    let moments = match measure {
        CurveKind::Stored => [node.ttfb_s, node.t50_s, node.t90_s, node.t100_s],
        CurveKind::Stream => [node.stream_ttfb_s, node.stream_t50_s, node.stream_t90_s, node.stream_t100_s],
    };
    let share = |percent: u128| (u128::from(file_size) * percent / 100) as u64;
    let bytes = [block_size.min(file_size), share(50), share(90), file_size];
    let steps = moments.into_iter().zip(bytes);
    growing(steps.filter_map(|(moment, bytes)| Some(Step { time_s: moment?, bytes })))
}

/// Each number of bytes once: readers count the steps that reach the file's size.
fn growing(steps: impl Iterator<Item = Step>) -> Vec<Step> {
    let mut curve: Vec<Step> = Vec::new();
    for step in steps {
        if step.bytes > curve.last().map_or(0, |last| last.bytes) {
            curve.push(step);
        }
    }
    curve
}

/// Bytes at the moment `time_s` on a curve.
pub(super) fn at(curve: &[Step], time_s: f64) -> u64 {
    let reached = curve.partition_point(|step| step.time_s <= time_s);
    reached.checked_sub(1).map_or(0, |last| curve[last].bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A leecher that had everything it stored in order one second later.
    pub(in super::super) fn leecher(moments: [Option<f64>; 4]) -> NodeRow {
        let [ttfb_s, t50_s, t90_s, t100_s] = moments;
        let later = |moment: Option<f64>| moment.map(|m| m + 1.0);
        NodeRow {
            run_id: "r".into(),
            node: 1,
            role: "leecher".into(),
            start_s: Some(0.0),
            manifest_s: Some(0.1),
            ttfb_s,
            t50_s,
            t90_s,
            t100_s,
            stream_ttfb_s: later(ttfb_s),
            stream_t50_s: later(t50_s),
            stream_t90_s: later(t90_s),
            stream_t100_s: later(t100_s),
            completed: true,
            ..NodeRow::default()
        }
    }

    fn pairs(curve: &[Step]) -> Vec<(f64, u64)> {
        curve.iter().map(|step| (step.time_s, step.bytes)).collect()
    }

    #[test]
    fn moments_make_a_curve_of_four_steps() {
        let node = leecher([Some(1.0), Some(2.0), Some(3.0), None]);
        let curve = of_moments(&node, CurveKind::Stored, 1000, 10);
        assert_eq!(pairs(&curve), [(1.0, 10), (2.0, 500), (3.0, 900)]);
        assert_eq!(pairs(&of_moments(&node, CurveKind::Stream, 1000, 10))[0], (2.0, 10));
        assert_eq!([0.5, 1.0, 2.9, 9.0].map(|t| at(&curve, t)), [0, 10, 500, 900]);
    }

    #[test]
    fn a_file_is_complete_once_and_only_when_it_is() {
        let all_at_once = leecher([Some(1.0); 4]);
        assert_eq!(pairs(&of_moments(&all_at_once, CurveKind::Stored, 1000, 4096)), [(1.0, 1000)]);
        let row = |bytes, stored_s| ProgressRow { run_id: "r".into(), node: 1, bytes, stored_s, stream_s: None };
        let rows = [row(0, 1.0), row(1, 2.0), row(1, 3.0), row(2, 4.0)];
        assert_eq!(pairs(&of_progress(&rows, CurveKind::Stored)), [(2.0, 1), (4.0, 2)]);
        assert_eq!(of_progress(&rows, CurveKind::Stream), []);
    }
}
