//! Protocols against a baseline.

mod figures;

use super::document::{Document, Grid, GridCell, GridColumn, Picture, Tone};
use super::human;
use super::study::answer;
use super::words::{fact, size};
use crate::study::{ComparedCell, ComparedVerdict, Comparison, Figures, Finding, world_words};

/// Who is how much faster than the baseline, verdicts, ratios and times.
pub fn comparison(found: &Comparison) -> Document {
    let mut document = Document::new(heading(found));
    document.answer(answer::told(&found.variants, &found.races));
    document.list(found.verdicts().iter().map(|verdict| sentence(found, verdict)));
    lost(found).into_iter().for_each(|line| document.warning(line));
    document.pages(|page| {
        figures::ratios(found).into_iter().for_each(|svg| page.picture(Picture { svg, ..Picture::default() }));
    });
    document.heading(format!("Ratios to {} (its own column: time)", found.variants[0]));
    document.grid(table(found, &["bound", "pairs"], |cell| {
        let own = GridCell::from(time(&cell.figures[0]));
        let others =
            cell.figures.iter().skip(1).map(|figures| GridCell::toned(ratio(found, figures), tone(found, figures)));
        std::iter::once(own).chain(others).chain([bound(cell).into(), pairs(cell).into()]).collect()
    }));
    document.list(LEGEND);
    document.pages(|page| {
        page.list(LONG_LEGEND);
        page.heading("Median download times");
        figures::times(found).into_iter().for_each(|svg| page.picture(Picture { svg, ..Picture::default() }));
        page.grid(table(found, &["bound"], |cell| {
            let limit = cell.bound_s.map_or("-".into(), human::seconds);
            cell.figures.iter().map(time).chain([limit]).map(GridCell::from).collect()
        }));
    });
    document
}

/// How the numbers are to be read.
const LEGEND: [&str; 2] = [
    "A ratio is a median over that of the baseline, over pairs of runs with the same seed and seeders: below 1 is \
     faster. In brackets its 95 % interval (bootstrap over pairs; below about five pairs it is too narrow).",
    "Marks: ! the interval lies wholly above the limit, + wholly below 1.",
];
const LONG_LEGEND: [&str; 3] = [
    "Times are medians over leechers and runs of the time to the whole file, from each leecher's own start.",
    "The bound is a lower bound on the time of the last leecher, over the baseline's median; the median leecher may be \
     a little quicker.",
    "(n of m) counts downloads that were completed, where some are missing. Medians are of the completed ones, and \
     such a cell is not within the limit.",
];

/// A row for each cell, with what `of` says of its variants and of what comes `last`.
fn table(comparison: &Comparison, last: &[&str], of: impl Fn(&ComparedCell) -> Vec<GridCell>) -> Grid {
    let first = shown(comparison);
    let place = PLACE_TITLES[first..].iter().map(|title| GridColumn::numbers(*title));
    let variants = comparison.variants.iter().enumerate();
    let variants = variants.map(|(index, name)| GridColumn::numbers(name).ranked(index.min(200) as u8));
    let last = last.iter().map(|title| GridColumn::numbers(*title).ranked(201));
    let mut grid = Grid::new(place.chain(variants).chain(last));
    for cell in &comparison.cells {
        grid.row(self::place(cell).into_iter().skip(first).map(GridCell::from).chain(of(cell)));
    }
    grid
}

fn tone(comparison: &Comparison, figures: &Figures) -> Tone {
    match figures.finding(comparison.limit) {
        Finding::Slower => Tone::Bad,
        Finding::Faster => Tone::Good,
        Finding::Open => Tone::Plain,
    }
}

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
    let interval = ratio
        .interval
        .map_or(String::new(), |(low, high)| format!(" [{} .. {}]", human::ratio(low), human::ratio(high)));
    let mark = match figures.finding(comparison.limit) {
        Finding::Slower => " !",
        Finding::Faster => " +",
        Finding::Open => "",
    };
    let missing = match figures.missing() {
        0 => String::new(),
        _ => format!(" ({} of {})", figures.n, figures.expected_n),
    };
    format!("{}{interval}{mark}{missing}", human::ratio(ratio.value))
}

fn bound(cell: &ComparedCell) -> String {
    cell.bound_ratio().map_or("-".into(), human::ratio)
}

/// Pairs of runs behind the ratios of a cell, of the fewest.
fn pairs(cell: &ComparedCell) -> String {
    let pairs = cell.figures.iter().filter_map(|figures| Some(figures.ratio.as_ref()?.pairs));
    pairs.min().unwrap_or(0).to_string()
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
        human::ratio(verdict.median),
        human::ratio(worst),
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
    use crate::study::{ComparedCell, Comparison, Figures, Race, Ratio};

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
            leechers: network_size - 1,
            bound_s: Some(8.0),
            figures: vec![figures(6, 10.0, None), own, other],
        };
        Comparison {
            scenario: "sample".into(),
            world: vec![("up_bps".into(), "4300000000".into()), ("latency_s".into(), "0.0005".into())],
            variants: vec!["base".into(), "own <a>".into(), "other".into()],
            races: vec![Race {
                fast: 0,
                slow: 1,
                ratio: 1.31,
                interval: Some((1.1, 1.5)),
                pairs: 6,
                cells: 2,
                all_cells: 2,
                broken: 0,
                upset: 0,
            }],
            limit: 1.2,
            cells: vec![
                cell(2, figures(6, 15.5, Some((1.55, 1.31, 1.74))), figures(4, 5.0, Some((0.5, 0.4, 0.6)))),
                cell(8, figures(6, 11.0, Some((1.1, 0.95, 1.25))), Figures { expected_n: 6, ..Figures::default() }),
            ],
            runs_missing: 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_holds_the_numbers_of_every_cell_with_marks_and_what_is_missing() {
        let sample = sample::comparison();
        let document = comparison(&sample);
        let (page, text, shown) = (document.html(), document.markdown(1), document.terminal(None));
        let line = |nodes: &str| {
            let start = ["100", "MB", nodes];
            let words = shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
            words.into_iter().find(|words| words.starts_with(&start)).unwrap().join(" ")
        };
        assert_eq!(line("2"), "100 MB 2 1 10.0 s 1.55 [1.31 .. 1.74] ! 0.50 [0.40 .. 0.60] + (4 of 6) 0.80 3");
        assert_eq!(line("8"), "100 MB 8 1 10.0 s 1.10 [0.95 .. 1.25] - 0.80 3");
        let row = "| 100 MB | 2 | 1 | 10.0 s | 1.55 [1.31 .. 1.74] ! | 0.50 [0.40 .. 0.60] + (4 of 6) | 0.80 | 3 |";
        assert!(text.contains(row) && text.contains("| 100 MB | 8 | 1 | 10.0 s | 11.0 s | - (0 of 6) | 8.00 s |"));
        for figures in sample.cells.iter().flat_map(|cell| &cell.figures) {
            assert!(page.contains(&ratio(&sample, figures)) && page.contains(&time(figures)), "{figures:?}");
        }
        assert!(page.contains("class=\"n bad\"") && page.contains("class=\"n good\""));
    }

    #[test]
    fn the_answer_comes_first_and_the_verdicts_next() {
        let document = comparison(&sample::comparison());
        let (page, shown) = (document.html(), document.terminal(None));
        let told = "own <a>: 1 of 2 cells within 1.2 x base; median ratio 1.33, worst 1.55 (100 MB, 2 nodes";
        let first = "base is 1.31 [1.10 .. 1.50] times as fast as own <a> (6 pairs in all 2 cells).";
        assert!(shown.starts_with(first) && shown.contains(told), "{shown}");
        assert!(shown.contains("other: 0 of 1 cells within"), "a cell with missing downloads is not within: {shown}");
        assert!(shown.contains("2 planned runs are missing"));
        assert!(page.contains("4.30 Gbit&#x2f;s up, 500 us one way") && page.contains("<strong>base is 1.31"));
        assert_eq!(page.matches("<svg").count(), 2, "ratios and times");
        assert!(page.contains("limit 1.2") && page.contains("100 MB, seeders 1/8"), "the figure says what it shows");
    }
}
