//! The report as one self-contained HTML file.

use super::super::page::page;
use super::{LEGEND, PLACE_TITLES, bound, figures, heading, lost, place, ratio, sentence, shown, time};
use crate::study::{Comparison, Finding};
use serde::Serialize;

const TEMPLATE: &str = include_str!("comparison.html");

#[derive(Serialize)]
struct Values {
    heading: String,
    verdicts: Vec<String>,
    lost: Option<String>,
    legend: [&'static str; LEGEND.len()],
    ratios: Vec<String>,
    times: Vec<String>,
    place_titles: Vec<&'static str>,
    variants: Vec<String>,
    cells: Vec<Cell>,
}

#[derive(Serialize)]
struct Cell {
    place: Vec<String>,
    baseline: String,
    others: Vec<Other>,
    bound: String,
    bound_s: String,
}

#[derive(Serialize)]
struct Other {
    ratio: String,
    time: String,
    pairs: usize,
    class: &'static str,
}

/// The page, with all figures inside.
pub fn html(comparison: &Comparison) -> String {
    page(TEMPLATE, values(comparison))
}

fn values(comparison: &Comparison) -> Values {
    let first = shown(comparison);
    Values {
        heading: heading(comparison),
        verdicts: comparison.verdicts().iter().map(|verdict| sentence(comparison, verdict)).collect(),
        lost: lost(comparison),
        legend: LEGEND,
        ratios: figures::ratios(comparison),
        times: figures::times(comparison),
        place_titles: PLACE_TITLES[first..].to_vec(),
        variants: comparison.variants.clone(),
        cells: comparison.cells.iter().map(|cell| self::cell(comparison, cell, first)).collect(),
    }
}

fn cell(comparison: &Comparison, cell: &crate::study::ComparedCell, first: usize) -> Cell {
    let other = |figures: &crate::study::Figures| Other {
        ratio: ratio(comparison, figures),
        time: time(figures),
        pairs: figures.ratio.as_ref().map_or(0, |ratio| ratio.pairs),
        class: match figures.finding(comparison.limit) {
            Finding::Slower => "bad",
            Finding::Faster => "good",
            Finding::Open => "",
        },
    };
    Cell {
        place: place(cell)[first..].to_vec(),
        baseline: time(&cell.figures[0]),
        others: cell.figures.iter().skip(1).map(other).collect(),
        bound: bound(cell),
        bound_s: cell.bound_s.map_or("-".into(), super::human::seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_holds_the_numbers_of_every_cell() {
        let comparison = super::super::sample::comparison();
        let page = html(&comparison);
        for figures in comparison.cells.iter().flat_map(|cell| &cell.figures) {
            assert!(page.contains(&ratio(&comparison, figures)) && page.contains(&time(figures)), "{figures:?}");
        }
        for sentence in comparison.verdicts().iter().map(|verdict| sentence(&comparison, verdict)) {
            assert!(page.contains(&sentence.replace('<', "&lt;").replace('>', "&gt;")), "{sentence}");
        }
        assert_eq!(page.matches("<svg").count(), 2, "ratios and times");
        assert!(page.contains("limit 1.2") && page.contains("100 MB, seeders 1/8"), "the figure says what it shows");
        assert!(page.contains("class=\"n bad\"") && page.contains("class=\"n good\""));
        assert!(!page.contains("<a>"), "text is escaped");
        assert!(!page.contains("src="), "nothing is fetched");
    }
}
