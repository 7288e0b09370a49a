//! Moments of a run worth jumping to.

use super::{Playback, micros};
use serde::Serialize;

/// A stall is at least this share of the time between the first byte and the end.
const STALL_SHARE: f64 = 0.05;
/// And as many times as long as a download takes for one step at an even pace:
/// what lies within a step is not seen.
const STALL_STEPS: f64 = 5.0;
/// Stalls shown, the longest ones.
const MOST_STALLS: usize = 5;

/// A moment worth jumping to, times in microseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bookmark {
    /// What happens there.
    pub label: String,
    /// When.
    pub at: i64,
    /// Until when, if it takes time.
    pub until: Option<i64>,
}

/// First byte, half, last finisher, and, where all is wanted from the start on, stalls.
pub fn bookmarks(playback: &Playback) -> Vec<Bookmark> {
    let moment = |label: String, at: i64| Bookmark { label, at, until: None };
    let first = playback.leechers().filter_map(|node| node.ttfb_s).map(micros).min();
    let finisher = playback.leechers().filter_map(|node| Some((micros(node.t100_s?), node.node))).max();
    let all = playback.leechers().all(|node| node.t100_s.is_some());
    let has_requests = playback.run.has_requests();
    let (middle, last) = match (has_requests, all) {
        (true, true) => ("half of the downloads complete", "last download settled"),
        (true, false) => ("half of the downloads complete", "last node whose downloads are all settled"),
        (false, true) => ("half of all stored", "last finisher"),
        (false, false) => ("half of all stored", "last finisher of those that finished"),
    };
    let mut marks = Vec::new();
    marks.extend(first.map(|at| moment("first block stored".into(), at)));
    marks.extend(half(playback).map(|at| moment(middle.into(), at)));
    marks.extend(finisher.map(|(at, node)| moment(format!("{last}: node {node}"), at)));
    // Where there are requests, a pause is as good as a stall.
    marks.extend(if has_requests { vec![] } else { stalls(playback) });
    marks
}

/// When half of what all leechers want was stored.
fn half(playback: &Playback) -> Option<i64> {
    let moments = moments(playback);
    let wanted: usize = playback.leechers().map(|node| playback.steps_of(node.node)).sum();
    let at = wanted.div_ceil(2).checked_sub(1)?;
    moments.get(at).copied()
}

/// Every step of every leecher, in order of time.
fn moments(playback: &Playback) -> Vec<i64> {
    let mut moments: Vec<i64> =
        playback.leechers().flat_map(|node| &playback.steps[node.node as usize]).copied().collect();
    moments.sort_unstable();
    moments
}

/// The longest spans in which no leecher got a step further, in order of time.
fn stalls(playback: &Playback) -> Vec<Bookmark> {
    let mut moments = moments(playback);
    let Some(first) = moments.first().copied() else { return vec![] };
    if playback.leechers().any(|node| node.t100_s.is_none()) {
        moments.push(playback.span().1);
    }
    let length = (moments[moments.len() - 1] - first) as f64;
    let least = length * STALL_SHARE.max(STALL_STEPS / f64::from(playback.step_count));
    let spans = moments.windows(2).map(|pair| (pair[0], pair[1]));
    let mut stalls: Vec<(i64, i64)> = spans.filter(|(from, to)| (to - from) as f64 > least).collect();
    stalls.sort_unstable_by_key(|(from, to)| (from - to, *from));
    stalls.truncate(MOST_STALLS);
    stalls.sort_unstable();
    let mark = |(at, until)| {
        let label = format!("stall of {}", super::super::human::seconds((until - at) as f64 / 1e6));
        Bookmark { label, at, until: Some(until) }
    };
    stalls.into_iter().map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::view::sample;

    #[test]
    fn moments_are_those_of_the_leechers() {
        let marks = bookmarks(&sample::playback());
        let mark = |label: &str, at| Bookmark { label: label.into(), at, until: None };
        // Four steps of eight: 0.25, 5, 6 and 10.75 s.
        assert_eq!(
            marks,
            [
                mark("first block stored", 250_000),
                mark("half of all stored", 10_750_000),
                mark("last finisher of those that finished: node 1", 20_100_000),
            ],
            "with four steps nothing is fine enough to be a stall"
        );
    }

    #[test]
    fn a_span_without_a_step_is_a_stall() {
        let mut playback = sample::playback();
        let second = 1_000_000;
        playback.step_count = 200;
        playback.steps[1] = (0..100).chain(120..220).map(|s| s * second).collect();
        playback.steps[2] = (10..90).map(|s| s * second).collect();
        playback.nodes[2].t100_s = Some(219.0);
        let stalls = stalls(&playback);
        assert_eq!(stalls, [Bookmark { label: "stall of 21.0 s".into(), at: 99 * second, until: Some(120 * second) }]);
        playback.nodes[2].t100_s = None;
        playback.flights[0].arrived = Some(300 * second);
        let ends: Vec<_> = super::stalls(&playback).iter().map(|stall| stall.until).collect();
        assert_eq!(ends, [Some(120 * second), Some(300 * second)], "who never finishes stalls to the end");
    }
}
