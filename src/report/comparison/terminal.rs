//! The table on standard output.

use super::super::terminal::{plain, right, show};
use super::{LEGEND, PLACE_TITLES, bound, heading, lost, place, ratio, sentence, shown, time};
use crate::study::Comparison;

/// A line per cell, then a sentence per variant.
pub fn terminal(comparison: &Comparison) -> String {
    let mut text = format!("{}\n\n{}\n", heading(comparison), cells(comparison));
    comparison.verdicts().iter().for_each(|verdict| text += &format!("{}\n", sentence(comparison, verdict)));
    text += &format!("\n{}\n{}\n", LEGEND[1], LEGEND[2]);
    lost(comparison).into_iter().for_each(|line| text += &format!("{line}\n"));
    text
}

fn cells(comparison: &Comparison) -> String {
    let first = shown(comparison);
    let mut titles: Vec<&str> = PLACE_TITLES[first..].to_vec();
    titles.extend(comparison.variants.iter().map(String::as_str));
    titles.push("bound");
    let mut table = plain(&titles);
    for cell in &comparison.cells {
        let mut line = place(cell)[first..].to_vec();
        line.push(time(&cell.figures[0]));
        line.extend(cell.figures.iter().skip(1).map(|figures| ratio(comparison, figures)));
        line.push(bound(cell));
        table.add_row(line);
    }
    right(&mut table, 1 - first);
    show(&table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_has_a_line_with_marks_and_what_is_missing() {
        let text = terminal(&super::super::sample::comparison());
        let line = |start: &str| text.lines().map(str::trim).find(|line| line.starts_with(start)).unwrap().to_owned();
        let words = |line: String| line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            words(line("100 MB      2")),
            "100 MB 2 1 10.0 s 1.55 [1.31 .. 1.74] ! 0.50 [0.40 .. 0.60] + (4 of 6) 0.80"
        );
        assert_eq!(words(line("100 MB      8")), "100 MB 8 1 10.0 s 1.10 [0.95 .. 1.25] - 0.80");
        assert!(
            text.contains("own <a>: 1 of 2 cells within 1.2 x base; median ratio 1.33, worst 1.55 (100 MB, 2 nodes")
        );
        assert!(text.contains("other: 0 of 1 cells within"), "a cell with missing downloads is not within: {text}");
        assert!(text.contains("4.30 Gbit/s up, 500 us one way") && text.contains("2 planned runs are missing"));
    }
}
