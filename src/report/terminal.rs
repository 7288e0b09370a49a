//! Short tables for the terminal.

use super::human;
use crate::results::{HeldBack, RunResult, RunRow};
use crate::study::{Assembled, Plan, Summary};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

/// One run: what happened, how long it took, where the bytes went.
pub fn run_report(result: &RunResult) -> String {
    let RunResult { run, warnings, .. } = result;
    let mut text = title(run) + "\n\n";
    text += &facts(run);
    text += "\n";
    text += &traffic(result);
    text += &held_back(result);
    warnings.iter().for_each(|w| text += &format!("warning: {w}\n"));
    text
}

pub(super) fn title(run: &RunRow) -> String {
    let leechers = run.network_size - run.seeders;
    format!(
        "{}: {} to {leechers} leechers from {} seeders, {}, seed {}",
        run.scenario,
        human::bytes(run.file_size_bytes as f64),
        run.seeders,
        run.protocol,
        run.seed
    )
}

fn facts(run: &RunRow) -> String {
    let time = |value: Option<f64>| value.map_or("not reached".into(), human::seconds);
    let leechers = run.network_size - run.seeders;
    let bound = run.bound_s.map(|s| format!("{} ({})", human::seconds(s), run.bound_kind.as_deref().unwrap_or("")));
    let simulated = run.sim_time_s.map(human::seconds).unwrap_or_default();
    let lines = [
        ("status", run.status.clone()),
        ("completed", format!("{} of {leechers}", run.completed.unwrap_or(0))),
        ("first block, median", time(run.ttfb_median_s)),
        ("50 % stored, median", time(run.t50_median_s)),
        ("90 % stored, median", time(run.t90_median_s)),
        ("100 % stored, median", time(run.t100_median_s)),
        ("100 % stored, p95", time(run.t100_p95_s)),
        ("makespan", time(run.makespan_s)),
        ("bound", bound.unwrap_or_default()),
        ("efficiency", run.efficiency.map_or("-".into(), |e| format!("{:.1} %", e * 100.0))),
        ("wire bytes per payload byte", run.wire_per_payload.map_or("-".into(), |w| format!("{w:.3}"))),
        ("simulated", format!("{simulated}, {} events", human::count(run.events.unwrap_or(0) as f64))),
        ("took", effort(run)),
        ("fingerprint", run.fingerprint.clone().unwrap_or_default()),
    ];
    let mut table = plain(&[]);
    lines.into_iter().filter(|(_, value)| !value.is_empty()).for_each(|(name, value)| {
        table.add_row([name.to_owned(), value]);
    });
    show(&table)
}

/// Real time, speed and memory; nothing in reproducible results.
fn effort(run: &RunRow) -> String {
    let Some(wall) = run.wall_s else { return String::new() };
    let mut text = human::seconds(wall);
    if let Some(events) = run.events.filter(|_| wall > 0.0) {
        text += &format!(", {} events/s", human::count(events as f64 / wall));
    }
    if let Some(memory) = run.peak_rss_bytes {
        text += &format!(", {} of memory", human::bytes(memory as f64));
    }
    text
}

/// Bytes by class, with their share of the wire and per byte that was stored.
fn traffic(result: &RunResult) -> String {
    let wire = result.run.wire_bytes.unwrap_or(0) as f64;
    let payload = result.run.payload_bytes.unwrap_or(0) as f64;
    let ratio = |part: f64, whole: f64| if whole > 0.0 { Some(part / whole) } else { None };
    let mut table = plain(&["class", "messages", "bytes", "of wire", "per payload byte"]);
    let mut line = |class: &str, messages: u64, bytes: f64| {
        table.add_row([
            class.to_owned(),
            messages.to_string(),
            human::bytes(bytes),
            ratio(bytes, wire).map_or("-".into(), |r| format!("{:.2} %", r * 100.0)),
            ratio(bytes, payload).map_or("-".into(), |r| format!("{r:.5}")),
        ]);
    };
    for row in result.traffic.iter().filter(|t| t.messages > 0 || t.bytes > 0) {
        line(&row.class, row.messages, row.bytes as f64);
    }
    line("all", result.traffic.iter().map(|t| t.messages).sum(), wire);
    right(&mut table, 1);
    show(&table)
}

/// What held the slowest leecher and the one in the middle back, in shares of
/// their time.
fn held_back(result: &RunResult) -> String {
    let Some([slowest, median]) = HeldBack::slowest_and_median(&result.nodes, &result.constraints) else {
        return String::new();
    };
    let share = |of: &HeldBack, name: &str| {
        of.shares.iter().find(|(constraint, _)| constraint == name).map_or("-".into(), |(_, share)| percent(*share))
    };
    let title = |words: &str, of: &HeldBack| format!("{words} (node {})", of.node);
    let mut table = plain(&["held back by", &title("slowest leecher", &slowest), &title("median leecher", &median)]);
    let mut names: Vec<&str> = slowest.shares.iter().chain(&median.shares).map(|(name, _)| name.as_str()).collect();
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    if names.is_empty() {
        return String::new();
    }
    names.iter().for_each(|name| {
        table.add_row([(*name).to_owned(), share(&slowest, name), share(&median, name)]);
    });
    right(&mut table, 1);
    format!("\n{}", show(&table))
}

/// A quantity of a study's table.
struct Quantity {
    title: &'static str,
    of: fn(&RunRow) -> Option<f64>,
    show: fn(f64) -> String,
}

const QUANTITIES: [Quantity; 8] = [
    Quantity { title: "ttfb", of: |r| r.ttfb_median_s, show: human::seconds },
    Quantity { title: "t50", of: |r| r.t50_median_s, show: human::seconds },
    Quantity { title: "t90", of: |r| r.t90_median_s, show: human::seconds },
    Quantity { title: "t100", of: |r| r.t100_median_s, show: human::seconds },
    Quantity { title: "efficiency", of: |r| r.efficiency, show: percent },
    Quantity { title: "wire/payload", of: |r| r.wire_per_payload, show: |v| format!("{v:.3}") },
    Quantity { title: "control/block", of: control_per_block, show: |v| format!("{v:.0} B") },
    Quantity { title: "duplicates", of: duplicates, show: percent },
];

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Control bytes for each block that was stored.
fn control_per_block(run: &RunRow) -> Option<f64> {
    let blocks = run.payload_bytes? as f64 / run.block_size_bytes as f64;
    (blocks > 0.0).then(|| run.control_bytes.map(|bytes| bytes as f64 / blocks))?
}

/// Block data received in vain, as a share of what was stored.
fn duplicates(run: &RunRow) -> Option<f64> {
    let payload = run.payload_bytes.filter(|bytes| *bytes > 0)?;
    Some(run.duplicate_bytes? as f64 / payload as f64)
}

/// One line per point with medians over its runs; the makespan in addition
/// with its 5 and 95 % quantiles and the confidence interval of its mean.
pub fn study_report(plan: &Plan, assembled: &Assembled) -> String {
    let keys: Vec<&str> = plan.cells.first().map_or(vec![], |c| c.values.iter().map(|(k, _)| k.as_str()).collect());
    let titles: Vec<&str> = keys
        .iter()
        .map(|key| short(key, &keys))
        .chain(["runs", "completed"])
        .chain(QUANTITIES.iter().map(|q| q.title))
        .chain(["makespan", "p5..p95", "mean +- 95 %"])
        .collect();
    let mut table = plain(&titles);
    for (index, cell) in plan.cells.iter().enumerate() {
        let rows = rows_of(plan, assembled, index);
        let values = keys.iter().map(|key| cell.value(key));
        table.add_row(values.chain(point(&rows)).collect::<Vec<_>>());
    }
    right(&mut table, keys.len());
    show(&table)
}

/// The last word of a dotted name, where that is enough to tell it from the others.
fn short<'a>(key: &'a str, all: &[&str]) -> &'a str {
    let last = |key: &'a str| key.rsplit('.').next().unwrap_or(key);
    let ambiguous = all.iter().filter(|k| k.rsplit('.').next() == Some(last(key))).count() > 1;
    if ambiguous { key } else { last(key) }
}

/// The rows of the runs at one point that were carried out.
fn rows_of<'a>(plan: &Plan, assembled: &'a Assembled, cell: usize) -> Vec<&'a RunRow> {
    // Rows are in plan order, and the runs of a point are neighbours there.
    let first = assembled.rows.partition_point(|(index, _)| plan.runs[*index].cell < cell);
    let rest = assembled.rows[first..].iter();
    rest.take_while(|(index, _)| plan.runs[*index].cell == cell).map(|(_, r)| r).filter(|r| !r.is_failed()).collect()
}

fn point(rows: &[&RunRow]) -> Vec<String> {
    let summary = |of: fn(&RunRow) -> Option<f64>| Summary::of(&rows.iter().filter_map(|r| of(r)).collect::<Vec<_>>());
    let completed: u64 = rows.iter().filter_map(|r| r.completed).sum();
    let leechers: u64 = rows.iter().map(|r| u64::from(r.network_size - r.seeders)).sum();
    let mut line = vec![rows.len().to_string(), format!("{completed}/{leechers}")];
    line.extend(QUANTITIES.iter().map(|q| summary(q.of).map_or("-".into(), |s| (q.show)(s.median))));
    match summary(|r| r.makespan_s) {
        None => line.extend(["-".into(), "-".into(), "-".into()]),
        Some(s) => line.extend([
            human::seconds(s.median),
            if s.n > 1 { format!("{}..{}", human::seconds(s.p5), human::seconds(s.p95)) } else { "-".into() },
            s.ci95.map_or("-".into(), |half| format!("{} +- {}", human::seconds(s.mean), human::seconds(half))),
        ]),
    }
    line
}

pub(super) fn plain(titles: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if !titles.is_empty() {
        table.set_header(titles.iter().copied());
    }
    table
}

/// Numbers to the right, from column `first` on.
pub(super) fn right(table: &mut Table, first: usize) {
    table.column_iter_mut().skip(first).for_each(|c| c.set_cell_alignment(CellAlignment::Right));
}

pub(super) fn show(table: &Table) -> String {
    table.trim_fmt() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_short_where_they_are_clear() {
        let keys = ["network.up", "other.up", "swarm.seeders"];
        assert_eq!(keys.map(|k| short(k, &keys)), ["network.up", "other.up", "seeders"]);
    }

    #[test]
    fn what_is_derived_is_per_stored_block_and_byte() {
        let run = crate::results::sample_result().run;
        let run = RunRow { payload_bytes: Some(2 * run.block_size_bytes), control_bytes: Some(500), ..run };
        assert_eq!(control_per_block(&run), Some(250.0));
        let run = RunRow { duplicate_bytes: Some(run.block_size_bytes), ..run };
        assert_eq!(duplicates(&run), Some(0.5));
        let nothing = RunRow { payload_bytes: Some(0), ..run };
        assert_eq!((control_per_block(&nothing), duplicates(&nothing)), (None, None));
    }
}
