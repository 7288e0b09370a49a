//! One run.

use super::document::{Document, Grid, GridColumn, Picture};
use super::words::size;
use super::{downloads, groups, human, mixnet, plot};
use crate::results::{HeldBack, RunResult, RunRow};

/// One run: what happened, how long it took, where the bytes went.
pub fn run(result: &RunResult) -> Document {
    let RunResult { run, warnings, .. } = result;
    let mut document = Document::new(&run.scenario);
    document.answer(vec![title(run)]);
    document.grid(facts(run));
    document.paragraph(match run.has_requests() {
        true => "(times from when each was asked for, without what was had already; what did not come is longer than all others)",
        false => "(times from the start of the first leecher, over those that got there)",
    });
    if let Some(text) = plot::stored(&result.series) {
        document.picture(Picture { text, ..Picture::default() });
    }
    document.grid(traffic(result));
    mixnet::of_run(result).into_iter().for_each(|grid| document.grid(grid));
    held_back(result).into_iter().for_each(|grid| document.grid(grid));
    downloads::by_class(&result.downloads).into_iter().for_each(|grid| document.grid(grid));
    groups::tell(&mut document, &result.nodes, &result.constraints, &result.links);
    document.list(warnings.iter().map(|warning| format!("warning: {warning}")));
    document
}

/// What was run, in a line.
pub(super) fn title(run: &RunRow) -> String {
    let leechers = run.leechers();
    if let (Some(datasets), Some(downloads)) = (run.dataset_count, run.downloads)
        && (datasets > 1 || run.has_requests())
    {
        let what = if datasets > 1 { format!("{datasets} datasets of") } else { "one file of".into() };
        return format!(
            "{}: {downloads} downloads of {what} {}{}, by {leechers} of {} nodes, {}, seed {}",
            run.scenario,
            size(run.file_size_bytes as f64),
            if datasets > 1 { " in all" } else { "" },
            run.network_size,
            run.protocol,
            run.seed
        );
    }
    format!(
        "{}: {} to {leechers} leechers from {} seeders, {}, seed {}",
        run.scenario,
        size(run.file_size_bytes as f64),
        run.seeders,
        run.protocol,
        run.seed
    )
}

fn facts(run: &RunRow) -> Grid {
    let time = |value: Option<f64>| value.map_or("not reached".into(), human::seconds);
    let leechers = run.leechers();
    let bound = run.bound_s.map(|s| format!("{} ({})", human::seconds(s), run.bound_kind.as_deref().unwrap_or("")));
    let simulated = run.sim_time_s.map(human::seconds).unwrap_or_default();
    let of_leechers = || {
        vec![
            ("completed", format!("{} of {leechers}", run.completed.unwrap_or(0))),
            ("first block, median", time(run.ttfb_median_s)),
            ("50 % stored, median", time(run.t50_median_s)),
            ("90 % stored, median", time(run.t90_median_s)),
            ("100 % stored, median", time(run.t100_median_s)),
            ("100 % stored, p95", time(run.t100_p95_s)),
            ("makespan", time(run.makespan_s)),
            ("bound", bound.unwrap_or_default()),
            ("efficiency", run.efficiency.map_or("-".into(), |e| format!("{:.1} %", e * 100.0))),
        ]
    };
    let of_downloads = || {
        vec![
            ("downloads", counts(run)),
            ("first block, median", time(run.download_first_byte_median_s)),
            ("download, median", time(run.download_median_s)),
            ("download, p95", time(run.download_p95_s)),
        ]
    };
    let lines = [("status", run.status.clone())].into_iter();
    let lines = lines.chain(if run.has_requests() { of_downloads() } else { of_leechers() }).chain([
        ("wire bytes per payload byte", run.wire_per_payload.map_or("-".into(), |w| format!("{w:.3}"))),
        ("simulated", format!("{simulated}, {} events", human::count(run.events.unwrap_or(0) as f64))),
        ("took", effort(run)),
        ("fingerprint", run.fingerprint.clone().unwrap_or_default()),
    ]);
    let mut grid = Grid::new(["", ""].map(GridColumn::words));
    lines.filter(|(_, value)| !value.is_empty()).for_each(|(name, value)| grid.row([name.into(), value]));
    grid
}

/// How many downloads there were to be, and what became of them: `40, 15 of them had already`.
pub(super) fn counts(run: &RunRow) -> String {
    let told = [(run.downloads_held, "had already"), (run.downloads_unfinished, "unfinished")];
    let told = told.into_iter().filter_map(|(count, words)| Some((count.filter(|count| *count > 0)?, words)));
    let words: String = told.map(|(count, words)| format!(", {count} of them {words}")).collect();
    format!("{}{words}", run.downloads.unwrap_or(0))
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
fn traffic(result: &RunResult) -> Grid {
    let wire = result.run.wire_bytes.unwrap_or(0) as f64;
    let payload = result.run.useful().unwrap_or(0) as f64;
    let ratio = |part: f64, whole: f64| if whole > 0.0 { Some(part / whole) } else { None };
    let [messages, bytes, share, each] = ["messages", "bytes", "of wire", "per payload byte"].map(GridColumn::numbers);
    let mut grid = Grid::new([GridColumn::words("class"), messages.ranked(1), bytes, share, each.ranked(2)]);
    let mut line = |class: &str, messages: u64, bytes: f64| {
        grid.row([
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
    grid
}

/// What held the slowest leecher and the one in the middle back, in shares of
/// their time.
fn held_back(result: &RunResult) -> Option<Grid> {
    let [slowest, median] = HeldBack::slowest_and_median(&result.nodes, &result.constraints)?;
    let share = |of: &HeldBack, name: &str| {
        of.shares
            .iter()
            .find(|(constraint, _)| constraint == name)
            .map_or("-".into(), |(_, share)| format!("{:.1} %", share * 100.0))
    };
    let title = |words: &str, of: &HeldBack| format!("{words} (node {}, {} looks)", of.node, of.looks);
    let titles = [title("slowest leecher", &slowest), title("median leecher", &median)].map(GridColumn::numbers);
    let mut grid = Grid::new([GridColumn::words("held back by")].into_iter().chain(titles));
    let mut names: Vec<&str> = slowest.shares.iter().chain(&median.shares).map(|(name, _)| name.as_str()).collect();
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    names.iter().for_each(|name| grid.row([(*name).to_owned(), share(&slowest, name), share(&median, name)]));
    Some(grid)
}
