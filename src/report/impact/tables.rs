//! The tables: the same texts in every form of the report.

use super::super::human;
use super::words::{base, change_with_interval, changed, short_change, verdict};
use crate::study::{Impact, ImpactLine as Line, ImpactMetric, ImpactVerdict, ImpactWorld};

/// A table: titles, rows, and whether each row is for the better or the worse.
pub(super) struct Table {
    pub(super) titles: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// A row of texts.
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    /// `good`, `bad` or nothing, by cell.
    pub(super) classes: Vec<&'static str>,
}

impl Row {
    fn plain(cells: Vec<String>) -> Row {
        Row { classes: vec![""; cells.len()], cells }
    }
}

fn titles(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| word.to_string()).collect()
}

/// Quantities of the whole run, all worlds together.
pub(super) fn whole(impact: &Impact, per_pair: Option<f64>) -> Table {
    let row = |line: &Line| {
        let mut row = Row::plain(vec![
            line.metric.title().into(),
            base(line),
            changed(line),
            change_with_interval(line),
            verdict(line, per_pair),
        ]);
        row.classes[4] = class(line);
        row
    };
    Table {
        titles: titles(&["quantity", "base", "change", "difference", "verdict"]),
        rows: impact.whole.iter().map(row).collect(),
    }
}

/// Bytes by class: sums over all runs that were compared, and verdicts about
/// bytes for each byte stored.
pub(super) fn classes(impact: &Impact, per_pair: Option<f64>) -> Table {
    let bytes = &impact.bytes;
    let share =
        |difference: i128| bytes.share(difference).map_or("-".into(), |share| human::signed_percent(share, 1) + " %");
    let mut rows: Vec<Row> = Vec::new();
    for part in &bytes.parts {
        let line = impact.parts.iter().find(|line| line.metric == ImpactMetric::Class(part.class));
        let mut row = Row::plain(vec![
            part.class.name().into(),
            grouped(i128::from(part.base)),
            grouped(i128::from(part.change)),
            signed(part.difference()),
            share(part.difference()),
            line.map_or("-".into(), change_with_interval),
            line.map_or("-".into(), |line| verdict(line, per_pair)),
        ]);
        row.classes[6] = line.map_or("", class);
        rows.push(row);
    }
    rows.push(Row::plain(vec![
        "all".into(),
        grouped(i128::from(bytes.base)),
        grouped(i128::from(bytes.change)),
        signed(bytes.difference()),
        share(bytes.difference()),
        String::new(),
        String::new(),
    ]));
    let last = [
        "class",
        "base, bytes",
        "change, bytes",
        "difference, bytes",
        "of the base's bytes",
        "per byte stored",
        "verdict",
    ];
    Table { titles: titles(&last), rows }
}

/// Verdicts by world.
pub(super) fn worlds(impact: &Impact) -> Table {
    let row = |(world, lines, _): (&ImpactWorld, &[Line], _)| {
        let mut row = Row::plain(std::iter::once(world.name.clone()).chain(lines.iter().map(short)).collect());
        row.classes = std::iter::once("").chain(lines.iter().map(class)).collect();
        row
    };
    let names = ImpactMetric::WHOLE.iter().map(|metric| metric.title().to_owned());
    Table {
        titles: std::iter::once("world".to_owned()).chain(names).collect(),
        rows: impact.each_world().map(row).collect(),
    }
}

/// What stands above [`worlds`].
pub(super) const MARKS: &str =
    "= no practical change, ? undecided, x not exercised, n pairs with a value on both sides.";
/// What stands above [`classes`].
pub(super) const SUMS: &str = "All these runs together; the parts sum to the whole to the byte.";

/// A change and a mark for what can be said of it.
fn short(line: &Line) -> String {
    let told = short_change(line);
    match line.verdict {
        None => "-".into(),
        Some(ImpactVerdict::NoPracticalChange) => format!("{told} ="),
        Some(ImpactVerdict::Undecided { .. }) => format!("{told} ?"),
        Some(ImpactVerdict::NotExercised) => "x".into(),
        Some(verdict) if line.is_reached() => format!("{told} {}", verdict.word()),
        Some(verdict) => verdict.word().into(),
    }
}

fn class(line: &Line) -> &'static str {
    match () {
        () if line.is_worse() || line.verdict == Some(ImpactVerdict::Fails) => "bad",
        () if line.is_better() => "good",
        () => "",
    }
}

/// Digits in groups of three: `12 345 678`.
pub(super) fn grouped(number: i128) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

fn signed(number: i128) -> String {
    if number > 0 { format!("+{}", grouped(number)) } else { grouped(number) }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{breaking, impact, not_exercised};
    use super::*;
    use crate::study::Elsewhere;

    #[test]
    fn digits_come_in_groups() {
        let shown = [0, 7, 999, 1000, -1_234_567].map(grouped);
        assert_eq!(shown, ["0", "7", "999", "1 000", "-1 234 567"]);
        assert_eq!((signed(1000), signed(0), signed(-5)), ("+1 000".into(), "0".into(), "-5".into()));
    }

    #[test]
    fn the_parts_that_are_printed_sum_to_the_whole() {
        let table = classes(&impact(), None);
        let number = |text: &str| text.replace(' ', "").parse::<i128>().unwrap();
        for column in 1..4 {
            let (last, parts) = table.rows.split_last().unwrap();
            let sum: i128 = parts.iter().map(|row| number(&row.cells[column])).sum();
            assert_eq!(sum, number(&last.cells[column]), "{}", table.titles[column]);
        }
    }

    #[test]
    fn rows_are_as_wide_as_their_titles_and_bad_is_bad() {
        let impact = impact();
        for table in [whole(&impact, None), classes(&impact, None), worlds(&impact)] {
            assert!(table.rows.iter().all(|row| row.cells.len() == table.titles.len()));
            assert!(table.rows.iter().all(|row| row.classes.len() == table.titles.len()));
        }
        let rows = whole(&impact, Some(2.0)).rows;
        assert_eq!(rows[0].cells[3..], ["-25.0 % [-30.0 .. -20.0]", "LESS"]);
        assert_eq!((rows[0].classes[4], rows[4].classes[4]), ("good", "bad"), "less time, less efficiency");
        assert_eq!(rows[1].cells[4], "UNDECIDED (needs about 12 more pairs, about 24.0 s)");
        assert_eq!(rows[3].cells[1..], ["-", "-", "-", "not reached"]);
        assert_eq!(rows[8].cells[3], "+1.5 points [+1.0 .. +2.0]");
    }

    /// The times of both worlds that the change fails in, a quantity about which the
    /// worlds do not agree, and one that the change did not reach everywhere.
    #[test]
    fn what_fails_and_what_differs_is_no_number_of_all() {
        let impact = breaking();
        let rows = whole(&impact, None).rows;
        assert_eq!(
            rows[0].cells[1..],
            ["4.00 s", "reached in 9 of 16", "-25.0 % [-30.0 .. -20.0], n = 9 of 16", "FAILS"]
        );
        assert_eq!(rows[3].cells[1..], ["-", "-", "-", "FAILS"]);
        assert_eq!(rows[7].cells[2..], ["-", "-3.0 % .. +40.0 % by world", "DIFFERS BY WORLD"]);
        let table = worlds(&impact);
        assert_eq!(table.rows[0].cells[1], "-25.0 % LESS");
        assert_eq!(table.rows[1].cells[1..3], ["-25.0 % (n = 1 of 8) FAILS", "+10.0 % ?"]);
        assert_eq!(table.rows[1].classes[1], "bad");
        let table = worlds(&not_exercised(Elsewhere::Same));
        assert!(table.rows.iter().all(|row| row.cells[1..].iter().all(|cell| cell == "x" || cell == "-")));
        assert!(whole(&not_exercised(Elsewhere::Same), None).rows[0].cells[4] == "NOT EXERCISED");
    }

    /// 0.3 % of the base more, and never more than all there is, nor less than nothing.
    #[test]
    fn differences_are_shares_of_the_base() {
        let rows = classes(&impact(), None).rows;
        let column: Vec<&str> = rows.iter().map(|row| row.cells[4].as_str()).collect();
        assert_eq!(column, ["0.0 %", "+0.4 %", "0.0 %", "+0.4 %"]);
    }
}
