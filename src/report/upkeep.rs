//! What a hash table costs under load, beside the storage team's formula.

use super::document::{Document, Grid, GridColumn};
use crate::results::DiscoveryRow;
use std::collections::BTreeMap;

/// What each run of a study costs a node in bytes per second, by cause:
/// simulated with all headers, its message bodies alone, and the formula, which
/// counts bodies. Nothing when no run was about a loaded hash table.
pub fn upkeep(rows: &[DiscoveryRow]) -> Option<Document> {
    let mut document = Document::new("Upkeep of the hash table");
    tell(&mut document, rows);
    is_known(rows).then_some(document)
}

/// Whether a run was about a loaded hash table.
pub(super) fn is_known(rows: &[DiscoveryRow]) -> bool {
    rows.iter().any(|row| row.metric == LOADED)
}

/// A metric that only such a run has.
const LOADED: &str = "formula_advertising_bytes_per_s";

/// Adds what there is to say to a `document`.
pub(super) fn tell(document: &mut Document, rows: &[DiscoveryRow]) {
    let mut runs: Vec<(&str, BTreeMap<&str, f64>)> = Vec::new();
    for row in rows {
        match runs.last_mut() {
            Some((id, metrics)) if *id == row.run_id => drop(metrics.insert(&row.metric, row.value)),
            _ => runs.push((&row.run_id, BTreeMap::from([(row.metric.as_str(), row.value)]))),
        }
    }
    runs.retain(|(_, metrics)| metrics.contains_key(LOADED));
    let mut grid = Grid::new(TITLES.map(|(title, rank)| GridColumn::numbers(title).ranked(rank)));
    runs.iter().for_each(|(_, metrics)| grid.row(line(metrics)));
    document.paragraph(HEAD);
    document.grid(grid);
    document.paragraph(REASONS);
}

const HEAD: &str = "Bytes per second and node: simulated with all headers / bodies of messages / formula";

/// Each with its rank.
const TITLES: [(&str, u8); 8] = [
    ("nodes", 0),
    ("keys", 0),
    ("every, min", 0),
    ("maintenance", 3),
    ("advertising", 2),
    ("queries", 4),
    ("all", 0),
    ("requests per look-up / formula", 1),
];

const REASONS: &str = "\
    The formula is the storage team's upper bound (oracle: bound::dht_upkeep). It charges 3 log2 N requests per \
    look-up, each answered by 16 full records; a simulated look-up asks until the closest 16 are asked, and answers \
    name fewer nodes near the target. It counts neither packet headers (115 B each, six packets in a full answer) \
    nor set-ups of sessions, which a table far larger than the 256 sessions a node keeps pays at nearly every \
    request. It charges a refresh every 5 minutes; a round of announcements takes the place of one, and refreshes \
    begin 5 to 10 minutes after the start, so short runs have fewer.";

fn line(metrics: &BTreeMap<&str, f64>) -> [String; 8] {
    let get = |name: &str| metrics.get(name).copied().unwrap_or(0.0);
    let parts = ["maintenance", "advertising", "queries"];
    let of = |part: &str| {
        let names = [format!("{part}_bytes_per_s"), format!("{part}_body_bytes_per_s")];
        [get(&names[0]), get(&names[1]), get(&format!("formula_{part}_bytes_per_s"))]
    };
    let show = |[all, body, formula]: [f64; 3]| format!("{} / {} / {}", short(all), short(body), short(formula));
    let mut sum = [0.0; 3];
    let [maintenance, advertising, queries] = parts.map(|part| {
        let values = of(part);
        (0..3).for_each(|i| sum[i] += values[i]);
        show(values)
    });
    let nodes = get("nodes");
    [
        nodes.to_string(),
        get("keys_per_node").to_string(),
        short(get("advertise_interval_s") / 60.0),
        maintenance,
        advertising,
        queries,
        show(sum),
        format!("{} / {}", short(get("provide_queries_per_lookup")), short(3.0 * libm::log2(nodes))),
    ]
}

/// Three digits or so.
fn short(value: f64) -> String {
    let digits = if value == 0.0 { 0 } else { (2 - libm::floor(libm::log10(value.abs())) as i32).clamp(0, 6) };
    format!("{value:.*}", digits as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(run: &str, metric: &str, value: f64) -> DiscoveryRow {
        DiscoveryRow { run_id: run.into(), metric: metric.into(), value }
    }

    #[test]
    fn parts_and_their_sum_stand_beside_the_formula() {
        let rows = [
            row("a", "nodes", 1024.0),
            row("a", "keys_per_node", 27.0),
            row("a", "advertise_interval_s", 1800.0),
            row("a", "maintenance_bytes_per_s", 40.0),
            row("a", "maintenance_body_bytes_per_s", 7.0),
            row("a", "advertising_bytes_per_s", 1000.0),
            row("a", "advertising_body_bytes_per_s", 800.0),
            row("a", "formula_maintenance_bytes_per_s", 489.0),
            row("a", "formula_advertising_bytes_per_s", 2225.0),
            row("a", "provide_queries_per_lookup", 21.5),
            row("b", "ping_messages", 3.0),
        ];
        let text = upkeep(&rows).unwrap().markdown(2);
        let line = text.lines().find(|line| line.starts_with("| 1024 ")).unwrap();
        assert_eq!(
            line,
            "| 1024 | 27 | 30.0 | 40.0 / 7.00 / 489 | 1000 / 800 / 2225 | 0 / 0 / 0 | 1040 / 807 / 2714 | 21.5 / 30.0 |"
        );
        assert_eq!(text.lines().filter(|l| l.starts_with("| ")).count(), 3, "a run without load has no line");
        assert_eq!(upkeep(&rows[10..]), None);
    }
}
