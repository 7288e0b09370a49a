//! What held the leechers back.

use super::super::document::Picture;
use super::super::figure::{Bar, Bars};
use super::super::words::duration;
use super::{csv, name, shortened};
use crate::ledger::Constraint;
use crate::study::{Held, HeldMap, HeldShares, Survey, spread};

/// Maps of one page.
const MOST_MAPS: usize = 8;

/// The shares of two leechers of many points, and a map of node and time for each variant.
pub(super) fn pictures(survey: &Survey, held: &Held) -> Vec<Picture> {
    let maps = spread(held.maps.len(), MOST_MAPS).into_iter().map(|index| heat(survey, &held.maps[index]));
    shares(survey, &held.shares).into_iter().chain(maps).collect()
}

fn kinds() -> Vec<String> {
    Constraint::ALL.map(|constraint| constraint.name().replace('_', " ")).into()
}

fn kind(word: &str) -> Option<usize> {
    Constraint::ALL.iter().position(|constraint| constraint.name() == word)
}

fn heat(survey: &Survey, map: &HeldMap) -> Picture {
    let mut data = Vec::new();
    let mut rows = Vec::new();
    for leecher in &map.leechers {
        let mut segments = Vec::new();
        let mut at = 0.0;
        for (from, to, word) in &leecher.spans {
            if *from > at {
                segments.push((None, from - at));
            }
            segments.push((kind(word), to - from));
            at = *to;
            data.push(vec![leecher.node.to_string(), from.to_string(), to.to_string(), word.clone()]);
        }
        rows.push(Bar { name: format!("node {}", leecher.node), segments });
    }
    let point = name(survey, &survey.points[map.point]);
    let caption = format!(
        "Time counts from the start of the first leecher. Leechers of run {}, the first to complete at the top, at most 24 of those in timeline.csv; in each 120th of \
         the time what held the leecher back longest.",
        map.run_id
    );
    let svg = Bars { x: "time".into(), show: duration, kinds: kinds(), rows }.svg();
    let data = csv(&["node", "start_s", "end_s", "constraint"], data);
    Picture { title: format!("What held each leecher back: {point}"), caption, svg, data, ..Picture::default() }
}

/// Nothing when no point has sums.
fn shares(survey: &Survey, points: &[HeldShares]) -> Option<Picture> {
    let mut data = Vec::new();
    let mut rows = Vec::new();
    for HeldShares { point, slowest_and_median } in points {
        let point = name(survey, &survey.points[*point]);
        let both = slowest_and_median.iter().zip(["slowest leecher", "median leecher"]);
        for (leecher, which) in both.filter(|(leecher, _)| !leecher.shares.is_empty()) {
            let name = format!("{point}: {which}");
            let mut shares = leecher.shares.clone();
            // The same order in every row, so that rows can be compared.
            shares.sort_by_key(|(word, _)| kind(word));
            for (word, share) in &shares {
                data.push(vec![name.clone(), leecher.node.to_string(), word.clone(), share.to_string()]);
            }
            rows.push(Bar { name, segments: shares.iter().map(|(word, share)| (kind(word), *share)).collect() });
        }
    }
    let cells = points.iter().map(|shares| survey.points[shares.point].cell).collect::<std::collections::BTreeSet<_>>();
    let caption = format!(
        "The time from the start of a leecher to its completion (or the end of the run) by what held it back, in the \
         first run of each point: of the last leecher and of the one in the middle.{}{}",
        if survey.has_requests() { " Between its requests nobody holds it back." } else { "" },
        shortened("cells", cells.len(), survey.cells().len())
    );
    let show = |share| format!("{:.0} %", share * 100.0);
    let svg = Bars { x: "share of its time".into(), show, kinds: kinds(), rows: rows.clone() }.svg();
    let data = csv(&["point", "node", "constraint", "share"], data);
    let picture = Picture {
        title: "What held the median and the slowest leecher back".into(),
        caption,
        svg,
        data,
        ..Picture::default()
    };
    (!rows.is_empty()).then_some(picture)
}
