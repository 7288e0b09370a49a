//! The report on standard output.

use super::super::terminal::{plain, right, show};
use super::answer::summary;
use super::tables::{MARKS, SUMS, Table, classes, whole, worlds};
use super::words::verdicts;
use crate::study::Impact;

/// The answer in sentences, then the tables, worlds first.
pub fn terminal(impact: &Impact) -> String {
    let per_pair = impact.seconds_per_pair;
    let mut text = summary(impact).join("\n") + "\n\n";
    text += &format!("Each world by itself ({})\n\n", MARKS.trim_end_matches('.'));
    text += &table(&worlds(impact), 1);
    text += "\nAll worlds together\n\n";
    text += &table(&whole(impact, per_pair), 1);
    text += &format!("\nBytes on the wire. {SUMS}\n\n");
    text += &table(&classes(impact, per_pair), 1);
    text += "\n";
    let meanings = if impact.is_exercised() { verdicts(impact) } else { vec![] };
    meanings.iter().for_each(|line| text += &format!("{line}\n"));
    text
}

fn table(table: &Table, numbers: usize) -> String {
    let titles: Vec<&str> = table.titles.iter().map(String::as_str).collect();
    let mut shown = plain(&titles);
    table.rows.iter().for_each(|row| {
        shown.add_row(row.cells.iter());
    });
    right(&mut shown, numbers);
    show(&shown)
}

#[cfg(test)]
mod tests {
    use super::super::sample::impact;
    use super::*;

    #[test]
    fn the_first_lines_are_the_answer() {
        let text = terminal(&impact());
        assert!(text.starts_with(&summary(&impact()).join("\n")), "{text}");
        let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("no {words}"));
        assert!(
            at("Each world by itself") < at("All worlds together\n") && at("All worlds together\n") < at("Bytes on")
        );
    }
}
