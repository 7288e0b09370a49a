//! Protocols against a baseline, for the terminal, as Markdown and as HTML.

mod figures;
mod html;
mod markdown;
mod terminal;

pub use html::html;
pub use markdown::markdown;
pub use terminal::terminal;

use super::human;
use super::words::{fact, size};
use crate::study::{ComparedCell, ComparedVerdict, Comparison, Figures, Finding, world_words};

/// How the numbers are to be read: the same words in every report.
const LEGEND: [&str; 6] = [
    "Times are medians over leechers and runs of the time to the whole file, from each leecher's own start.",
    "A ratio is a median over that of the baseline, over pairs of runs with the same seed and seeders: below 1 is \
     faster. In brackets its 95 % interval (bootstrap over pairs; below about five pairs it is too narrow).",
    "Marks: ! the interval lies wholly above the limit, + wholly below 1.",
    "The bound is a lower bound on the time of the last leecher, over the baseline's median; the median leecher may be \
     a little quicker.",
    "(n of m) counts downloads that were completed, where some are missing. Medians are of the completed ones, and \
     such a cell is not within the limit.",
    "n is the number of pairs of runs.",
];

/// Seeders per node as a fraction: `1/8`, or with two digits where it is none.
fn share(cell: &ComparedCell) -> String {
    let (nodes, seeders) = (cell.network_size, cell.seeders);
    if seeders > 0 && nodes.is_multiple_of(seeders) {
        return format!("1/{}", nodes / seeders);
    }
    format!("{:.2}", cell.seeder_ratio())
}

/// What a cell is: world (where it varies), file size, nodes, seeders.
fn place(cell: &ComparedCell) -> [String; 4] {
    [
        world_words(&cell.world),
        size(cell.file_size_bytes as f64),
        cell.network_size.to_string(),
        cell.seeders.to_string(),
    ]
}

const PLACE_TITLES: [&str; 4] = ["world", "file", "nodes", "seeders"];

/// The columns of [`place`] that are shown.
fn shown(comparison: &Comparison) -> usize {
    usize::from(comparison.cells.iter().all(|cell| cell.world.is_empty()))
}

fn time(figures: &Figures) -> String {
    let time = figures.median_s.map_or("-".into(), human::seconds);
    match figures.missing() {
        0 => time,
        _ => format!("{time} ({} of {})", figures.n, figures.expected_n),
    }
}

/// `1.35 [1.21 .. 1.50] !`
fn ratio(comparison: &Comparison, figures: &Figures) -> String {
    let Some(ratio) = &figures.ratio else { return "-".into() };
    let interval =
        ratio.interval.map_or(String::new(), |(low, high)| format!(" [{} .. {}]", digits(low), digits(high)));
    let mark = match figures.finding(comparison.limit) {
        Finding::Slower => " !",
        Finding::Faster => " +",
        Finding::Open => "",
    };
    let missing = match figures.missing() {
        0 => String::new(),
        _ => format!(" ({} of {})", figures.n, figures.expected_n),
    };
    format!("{}{interval}{mark}{missing}", digits(ratio.value))
}

fn digits(value: f64) -> String {
    match value {
        v if v < 0.0995 => format!("{v:.3}"),
        v if v < 9.995 => format!("{v:.2}"),
        v if v < 99.95 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

fn bound(cell: &ComparedCell) -> String {
    cell.bound_ratio().map_or("-".into(), digits)
}

/// One variant in a sentence.
fn sentence(comparison: &Comparison, verdict: &ComparedVerdict) -> String {
    let (worst, index) = verdict.worst;
    let [world, file, nodes, seeders] = place(&comparison.cells[index]);
    let world = if world.is_empty() { world } else { format!(", {world}") };
    format!(
        "{}: {} of {} cells within {} x {}; median ratio {}, worst {} ({file}, {nodes} nodes, {seeders} seeders{world})",
        comparison.variants[verdict.variant],
        verdict.within,
        verdict.cells,
        comparison.limit,
        comparison.variants[0],
        digits(verdict.median),
        digits(worst),
    )
}

/// What is compared where, in a sentence.
fn heading(comparison: &Comparison) -> String {
    let world: Vec<String> = comparison.world.iter().map(|(key, value)| fact(key, value)).collect();
    format!("{} against {}: {}", comparison.scenario, comparison.variants[0], world.join(", "))
}

/// Runs without a result.
fn lost(comparison: &Comparison) -> Option<String> {
    (comparison.runs_missing > 0).then(|| format!("{} planned runs are missing or failed.", comparison.runs_missing))
}

#[cfg(test)]
pub(super) mod sample {
    use crate::study::{ComparedCell, Comparison, Figures, Ratio};

    /// Two cells of three variants; one run of the last is missing.
    pub fn comparison() -> Comparison {
        let figures = |n, median: f64, ratio: Option<(f64, f64, f64)>| Figures {
            n,
            expected_n: 6,
            median_s: Some(median),
            p25_s: Some(median * 0.9),
            p75_s: Some(median * 1.1),
            ratio: ratio.map(|(value, low, high)| Ratio { value, interval: Some((low, high)), pairs: 3 }),
        };
        let cell = |network_size, own: Figures, other: Figures| ComparedCell {
            world: vec![],
            file_size_bytes: 100_000_000,
            network_size,
            seeders: 1,
            bound_s: Some(8.0),
            figures: vec![figures(6, 10.0, None), own, other],
        };
        Comparison {
            scenario: "sample".into(),
            world: vec![("up_bps".into(), "4300000000".into()), ("latency_s".into(), "0.0005".into())],
            variants: vec!["base".into(), "own <a>".into(), "other".into()],
            limit: 1.2,
            cells: vec![
                cell(2, figures(6, 15.5, Some((1.55, 1.31, 1.74))), figures(4, 5.0, Some((0.5, 0.4, 0.6)))),
                cell(8, figures(6, 11.0, Some((1.1, 0.95, 1.25))), Figures { expected_n: 6, ..Figures::default() }),
            ],
            runs_missing: 2,
        }
    }
}
