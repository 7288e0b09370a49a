//! Small plots out of characters, for a quick look.

use super::human::Scale;
use crate::results::SeriesRow;

/// The share stored over time. Nothing when it was sampled too rarely to have a shape,
/// or when nothing was ever stored.
pub fn stored(series: &[SeriesRow]) -> Option<String> {
    let samples = || series.iter().filter(|s| s.metric == "stored_share");
    if samples().count() < 3 || samples().all(|s| s.value == 0.0) {
        return None;
    }
    let scale = Scale::seconds(samples().map(|s| s.time_s));
    let points: Vec<(f64, f64)> = samples().map(|s| (scale.of(s.time_s), s.value)).collect();
    let end = points.last().map_or(0.0, |(time, _)| *time);
    let mut text = String::from("% stored\n");
    for (row, line) in curve(&points).iter().enumerate() {
        let share = 1.0 - row as f64 / (LINES - 1) as f64;
        let tick = if row % 6 == 0 { format!("{:.0}", 100.0 * share) } else { String::new() };
        text += format!("{tick:>4} \u{2502}{line}").trim_end();
        text.push('\n');
    }
    text += &format!("     \u{2514}{}\n", "\u{2500}".repeat(CELLS));
    let names = format!("simulated time, {}", scale.unit);
    let end = format!("{end:.3}");
    let end = end.trim_end_matches('0').trim_end_matches('.');
    Some(text + &format!("      0{names:^width$}{end}\n", width = CELLS - 1 - end.len()))
}

/// Cells and lines of the curve.
const CELLS: usize = 64;
const LINES: usize = 13;

/// The curve from the origin through `points`, of shares over time: two by four dots in a
/// cell of Braille.
fn curve(points: &[(f64, f64)]) -> Vec<String> {
    const DOTS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
    let (across, up) = (2 * CELLS - 1, 4 * LINES - 1);
    let end = points.last().map_or(1.0, |(time, _)| time.max(f64::MIN_POSITIVE));
    let mut cells = vec![[0x2800u32; CELLS]; LINES];
    let mut last = 0;
    for column in 0..=across {
        let now = end * column as f64 / across as f64;
        let after = points.iter().position(|(time, _)| *time >= now).unwrap_or(points.len() - 1);
        let (from, to) = (points[after.saturating_sub(1)], points[after]);
        let part = if to.0 > from.0 { (now - from.0) / (to.0 - from.0) } else { 1.0 };
        let dot = libm::round((from.1 + part.clamp(0.0, 1.0) * (to.1 - from.1)) * up as f64) as usize;
        for height in last.min(dot)..=dot.max(last) {
            let line = up - height.min(up);
            cells[line / 4][column / 2] |= DOTS[line % 4][column % 2];
        }
        last = dot;
    }
    let cell = |dots: &u32| char::from_u32(*dots).filter(|_| *dots != 0x2800).unwrap_or(' ');
    let text = |line: &[u32; CELLS]| line.iter().map(cell).collect();
    cells.iter().map(text).collect()
}

/// Cells that the longest bar takes.
const LONGEST: usize = 40;

/// A bar for each value, from zero, with its name before and its amount behind it.
pub fn bars(lines: &[(String, f64)], scale: &Scale) -> String {
    let most = lines.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let wide = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let names = wide(&mut lines.iter().map(|(name, _)| name.chars().count()));
    let amounts = wide(&mut lines.iter().map(|(_, value)| scale.show(*value).len()));
    let line = |(name, value): &(String, f64)| {
        let bar = bar(if most > 0.0 { value / most } else { 0.0 });
        format!(" {name:>names$}  {bar:<LONGEST$}  {:>amounts$} {}\n", scale.show(*value), scale.unit)
    };
    lines.iter().map(line).collect()
}

/// So much of the longest bar, in eighths of a cell.
fn bar(share: f64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = libm::round(share * (8 * LONGEST) as f64) as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_values() {
        let lines = [("a".to_owned(), 10.0), ("long".to_owned(), 5.0), ("c".to_owned(), 0.0)];
        let text = bars(&lines, &Scale::seconds([10.0, 5.0].into_iter()));
        let lengths: Vec<usize> = text.lines().map(|line| line.matches('█').count()).collect();
        assert_eq!(lengths, [LONGEST, LONGEST / 2, 0]);
        let widths: Vec<usize> = text.lines().map(|line| line.chars().count()).collect();
        assert!(widths.iter().all(|width| *width == widths[0]), "aligned:\n{text}");
        assert!(text.lines().nth(1).unwrap().ends_with("5.00 s"), "{text}");
        assert_eq!(bar(1.0 / 320.0), "▏");
    }

    #[test]
    fn a_curve_rises_from_left_to_right() {
        let row = |time_s: f64| SeriesRow {
            run_id: "r".into(),
            time_s,
            metric: "stored_share".into(),
            value: time_s / 100.0,
        };
        let text = stored(&(0..=100).map(|t| row(f64::from(t))).collect::<Vec<_>>()).unwrap();
        assert!(text.contains("simulated time, s") && text.contains("100"), "{text}");
        assert!(!text.contains('\u{1b}'), "no colours, for it may go into a file");
        let dots = |line: &str| line.chars().position(|c| ('\u{2801}'..='\u{28ff}').contains(&c));
        let places: Vec<usize> = text.lines().filter_map(dots).collect();
        assert!(places.len() > 5 && places.windows(2).all(|pair| pair[0] >= pair[1]), "{places:?}\n{text}");
        assert_eq!(stored(&[row(0.0), row(1.0)]), None, "two samples have no shape");
        let nothing = |t| SeriesRow { value: 0.0, ..row(t) };
        assert_eq!(stored(&[0.0, 1.0, 2.0, 3.0].map(nothing)), None, "nothing was stored");
    }
}
