//! The tables: the same texts in every form of the report.

use super::super::document::{Grid, GridCell, GridColumn, Tone};
use super::super::human;
use super::words::{base, change_with_interval, changed, short_change, verdict};
use crate::study::{Impact, ImpactLine, ImpactMetric, ImpactVerdict};

/// Quantities of the whole run, all worlds together.
pub(super) fn whole(impact: &Impact, per_pair: Option<f64>) -> Grid {
    let [base_, change_, difference] = ["base", "change", "difference"].map(GridColumn::numbers);
    let verdict_ = GridColumn::words("verdict");
    let mut grid = Grid::new([GridColumn::words("quantity"), base_.ranked(2), change_.ranked(1), difference, verdict_]);
    for line in &impact.whole {
        let texts = [line.metric.title().into(), base(line), changed(line), change_with_interval(line)];
        grid.row(texts.map(GridCell::from).into_iter().chain([GridCell::toned(verdict(line, per_pair), tone(line))]));
    }
    grid
}

/// Bytes by class: sums over all runs that were compared, and verdicts about
/// bytes for each byte stored.
pub(super) fn classes(impact: &Impact, per_pair: Option<f64>) -> Grid {
    let bytes = &impact.bytes;
    let share =
        |difference: i128| bytes.share(difference).map_or("-".into(), |share| human::signed_percent(share, 1) + " %");
    let columns = [
        ("base, bytes", 3),
        ("change, bytes", 3),
        ("difference, bytes", 0),
        ("of the base's bytes", 1),
        ("per byte stored", 2),
    ];
    let numbers = columns.map(|(title, rank)| GridColumn::numbers(title).ranked(rank));
    let ends = ["class", "verdict"].map(GridColumn::words);
    let [class, verdict_] = ends;
    let mut grid = Grid::new([class].into_iter().chain(numbers).chain([verdict_]));
    for part in &bytes.parts {
        let line = impact.parts.iter().find(|line| line.metric == ImpactMetric::Class(part.class));
        grid.row([
            part.class.name().into(),
            grouped(i128::from(part.base)).into(),
            grouped(i128::from(part.change)).into(),
            signed(part.difference()).into(),
            share(part.difference()).into(),
            line.map_or("-".into(), change_with_interval).into(),
            line.map_or("-".into(), |line| GridCell::toned(verdict(line, per_pair), tone(line))),
        ]);
    }
    grid.row([
        "all".into(),
        grouped(i128::from(bytes.base)),
        grouped(i128::from(bytes.change)),
        signed(bytes.difference()),
        share(bytes.difference()),
        String::new(),
        String::new(),
    ]);
    grid
}

/// Verdicts by world.
pub(super) fn worlds(impact: &Impact) -> Grid {
    // The time by which a world is judged stays; of the others the first are the last to go.
    let metric = |(rank, line): (usize, &ImpactLine)| GridColumn::numbers(line.metric.title()).ranked(rank as u8);
    let columns = impact.whole.iter().enumerate().map(metric);
    let mut grid = Grid::new([GridColumn::words("world")].into_iter().chain(columns));
    for (world, lines, _) in impact.each_world() {
        let verdicts = lines.iter().map(|line| GridCell::toned(short(line), tone(line)));
        grid.row([GridCell::from(world.name.as_str())].into_iter().chain(verdicts));
    }
    grid
}

/// What stands above [`worlds`].
pub(super) const MARKS: &str =
    "= no practical change, ? undecided, x not exercised, n pairs with a value on both sides.";
/// What stands above [`classes`].
pub(super) const SUMS: &str = "All these runs together; the parts sum to the whole to the byte.";

/// A change and a mark for what can be said of it.
fn short(line: &ImpactLine) -> String {
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

fn tone(line: &ImpactLine) -> Tone {
    match () {
        () if line.is_worse() || line.verdict == Some(ImpactVerdict::Fails) => Tone::Bad,
        () if line.is_better() => Tone::Good,
        () => Tone::Plain,
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
        let rows = table.texts();
        let number = |text: &str| text.replace(' ', "").parse::<i128>().unwrap();
        for column in 1..4 {
            let (last, parts) = rows.split_last().unwrap();
            let sum: i128 = parts.iter().map(|row| number(row[column])).sum();
            assert_eq!(sum, number(last[column]), "column {column}");
        }
    }

    #[test]
    fn numbers_have_intervals_and_bad_is_bad() {
        let impact = impact();
        let table = whole(&impact, Some(2.0));
        let (rows, tones) = (table.texts(), table.tones());
        assert_eq!(rows[0][3..], ["-25.0 % [-30.0 .. -20.0]", "LESS"]);
        assert_eq!((tones[0][4], tones[4][4]), (Tone::Good, Tone::Bad), "less time, less efficiency");
        assert_eq!(rows[1][4], "UNDECIDED (needs about 12 more pairs, about 24.0 s)");
        assert_eq!(rows[3][1..], ["-", "-", "-", "not reached"]);
        assert_eq!(rows[8][3], "+1.5 points [+1.0 .. +2.0]");
    }

    /// The times of both worlds that the change fails in, a quantity about which the
    /// worlds do not agree, and one that the change did not reach everywhere.
    #[test]
    fn what_fails_and_what_differs_is_no_number_of_all() {
        let impact = breaking();
        let table = whole(&impact, None);
        let rows = table.texts();
        assert_eq!(rows[0][1..], ["4.00 s", "reached in 9 of 16", "-25.0 % [-30.0 .. -20.0], n = 9 of 16", "FAILS"]);
        assert_eq!(rows[3][1..], ["-", "-", "-", "FAILS"]);
        assert_eq!(rows[7][2..], ["-", "-3.0 % .. +40.0 % by world", "DIFFERS BY WORLD"]);
        let table = worlds(&impact);
        assert_eq!(table.texts()[0][1], "-25.0 % LESS");
        assert_eq!(table.texts()[1][1..3], ["-25.0 % (n = 1 of 8) FAILS", "+10.0 % ?"]);
        assert_eq!(table.tones()[1][1], Tone::Bad);
        let table = worlds(&not_exercised(Elsewhere::Same));
        assert!(table.texts().iter().all(|row| row[1..].iter().all(|cell| ["x", "-"].contains(cell))));
        assert_eq!(whole(&not_exercised(Elsewhere::Same), None).texts()[0][4], "NOT EXERCISED");
    }

    /// 0.3 % of the base more, and never more than all there is, nor less than nothing.
    #[test]
    fn differences_are_shares_of_the_base() {
        let table = classes(&impact(), None);
        let column: Vec<&str> = table.texts().iter().map(|row| row[4]).collect();
        assert_eq!(column, ["0.0 %", "+0.4 %", "0.0 %", "+0.4 %"]);
    }
}
