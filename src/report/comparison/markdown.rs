//! The report as Markdown.

use super::{LEGEND, PLACE_TITLES, bound, heading, lost, place, ratio, sentence, shown, time};
use crate::study::Comparison;

/// Verdicts, ratios and times.
pub fn markdown(comparison: &Comparison) -> String {
    let mut text = format!("# {}\n\n", heading(comparison));
    comparison.verdicts().iter().for_each(|verdict| text += &format!("- {}\n", sentence(comparison, verdict)));
    lost(comparison).into_iter().for_each(|line| text += &format!("- {line}\n"));
    text += "\n## How to read it\n\n";
    LEGEND.iter().for_each(|line| text += &format!("- {line}\n"));
    let first = shown(comparison);
    let mut titles: Vec<&str> = PLACE_TITLES[first..].to_vec();
    titles.extend(comparison.variants.iter().map(String::as_str));
    titles.push("bound");
    text += &format!("\n## Ratios to {0} (its own column: time)\n\n{1}", comparison.variants[0], head(&titles));
    for cell in &comparison.cells {
        let ratios = cell.figures.iter().skip(1).map(|figures| ratio(comparison, figures));
        let own = [time(&cell.figures[0])];
        text += &row(place(cell)[first..].iter().cloned().chain(own).chain(ratios).chain([bound(cell)]));
    }
    text += &format!("\n## Median download times\n\n{}", head(&titles));
    for cell in &comparison.cells {
        let limit = cell.bound_s.map_or("-".into(), super::human::seconds);
        text += &row(place(cell)[first..].iter().cloned().chain(cell.figures.iter().map(time)).chain([limit]));
    }
    text
}

fn head(titles: &[&str]) -> String {
    row(titles.iter().map(|title| title.to_string())) + &row(titles.iter().map(|_| "---".into()))
}

fn row(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_in_both_tables_and_columns_match() {
        let comparison = super::super::sample::comparison();
        let text = markdown(&comparison);
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
        assert_eq!(rows.len(), 2 * (2 + comparison.cells.len()));
        assert!(rows.iter().all(|row| row.matches('|').count() == 8), "{text}");
        assert!(
            text.contains(
                "| 100 MB | 2 | 1 | 10.0 s | 1.55 [1.31 .. 1.74] ! | 0.50 [0.40 .. 0.60] + (4 of 6) | 0.80 |"
            )
        );
        assert!(text.contains("| 100 MB | 8 | 1 | 10.0 s | 11.0 s | - (0 of 6) | 8.00 s |"), "{text}");
    }
}
