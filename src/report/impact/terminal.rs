//! The report on standard output.

use super::super::terminal::{plain, right, show};
use super::tables::{Table, classes, whole, worlds};
use super::words::{legend, summary, unreached};
use crate::study::Impact;

/// The answer in a sentence, then the tables.
pub fn terminal(impact: &Impact) -> String {
    let per_pair = impact.seconds_per_pair;
    let mut text = summary(impact).join("\n") + "\n\n";
    text += &table(&whole(impact, per_pair), 1);
    text += "\nBytes on the wire, all these runs together\n\n";
    text += &table(&classes(impact, per_pair), 1);
    text += "\nEach world by itself (= no practical change, ? undecided)\n\n";
    text += &table(&worlds(impact), 1);
    text += "\n";
    unreached(impact).iter().chain(&legend(impact)[..1]).for_each(|line| text += &format!("{line}\n"));
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
    fn the_first_line_is_the_answer() {
        let text = terminal(&impact());
        let first = text.lines().next().unwrap();
        assert!(first.starts_with("new <a> against base: better: median t100 -25.0 %"), "{first}");
        assert!(first.contains("worse: efficiency -25.0 %") && first.contains("undecided: p95 t100"), "{first}");
        assert!(first.contains("not reached: makespan"), "{first}");
    }
}
