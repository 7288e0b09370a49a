//! The curves: what the goals are about against the varied key.

use super::super::document::Picture;
use super::super::figure::{AxisScale, Chart, ChartAxis, ChartPoint, Mark};
use super::super::human;
use super::words::{drawn, exact, name, scale, shown, value};
use crate::scenario::Quantity;
use crate::study::{Claim, LimitBracket, LimitFinding, LimitLine, Limits, Summary, spread};

/// Lines that a figure of curves has at the most: more hide each other.
const MOST_LINES: usize = 7;

/// The frontier, where two keys are varied; the curve of each goal that is one comparison; and
/// the share of runs that meet all.
pub(super) fn pictures(limits: &Limits) -> Vec<Picture> {
    let goals = limits.goals.iter().enumerate().filter_map(|(index, goal)| curve(limits, index, goal));
    frontier(limits).into_iter().chain(goals).chain([shares(limits)]).collect()
}

/// The lines with their colours; where there are too many, evenly picked.
fn shown_lines(limits: &Limits) -> impl Iterator<Item = (String, &LimitLine)> {
    let picked = spread(limits.lines.len(), MOST_LINES);
    picked.into_iter().map(|index| {
        let line = &limits.lines[index];
        let name = name(limits, line);
        (if name.is_empty() { line.protocol.clone() } else { name }, line)
    })
}

fn axis(limits: &Limits) -> ChartAxis {
    let (_, show) = drawn(&limits.range);
    ChartAxis::new(limits.range.key.clone(), scale(&limits.range), show)
}

/// What stands left of the sign of a goal, and right of it.
fn sides(goal: &Claim) -> Option<(&str, &str)> {
    let signs = ['<', '>', '=', '!'];
    let at = goal.text().find(signs)?;
    Some((goal.text()[..at].trim(), goal.text()[at..].trim_start_matches(signs).trim()))
}

fn curve(limits: &Limits, index: usize, goal: &Claim) -> Option<Picture> {
    let (left, right) = sides(goal)?;
    let (unit, _) = drawn(&limits.range);
    let y = ChartAxis::new(left, AxisScale::Fitting, shown(left));
    let mut chart = Chart { mark: Mark::Bands, ..Chart::plane(axis(limits), y) };
    let mut data = "line,value,runs,left_median,left_p5,left_p95,right_median\n".to_owned();
    let mut bounds: Vec<Vec<(f64, f64)>> = vec![];
    for (name, line) in shown_lines(limits) {
        let (mut points, mut bound) = (vec![], vec![]);
        for point in line.tried() {
            let values =
                |side: usize| -> Vec<f64> { point.runs.iter().filter_map(|run| run.values[index][side]).collect() };
            let [seen, allowed] = [0, 1].map(|side| Summary::of(&values(side)));
            let x = point.x / unit;
            // A mark is hollow where some runs did not get there.
            let hollow = seen.is_some_and(|seen| seen.n < point.runs.len());
            points.extend(seen.map(|of| ChartPoint {
                y_range: Some((of.p5, of.p95)),
                hollow,
                ..ChartPoint::new(x, of.median)
            }));
            bound.extend(allowed.map(|of| (x, of.median)));
            let text = |of: Option<f64>| of.map_or(String::new(), |number| number.to_string());
            data += &format!(
                "\"{}\",{},{},{},{},{},{}\n",
                name.replace('"', "\"\""),
                exact(limits, point.x),
                point.runs.len(),
                text(seen.map(|of| of.median)),
                text(seen.map(|of| of.p5)),
                text(seen.map(|of| of.p95)),
                text(allowed.map(|of| of.median)),
            );
        }
        chart.points(&name, points);
        join(&mut bounds, bound);
    }
    if bounds.is_empty() || chart.panels[0].series.iter().all(Vec::is_empty) {
        return None;
    }
    bounds.into_iter().for_each(|bound| chart.line(right, bound));
    edges(limits, &mut chart);
    let caption = format!(
        "Medians over runs, with the middle 90 % of them. Dashed: what the goal allows.{} Hollow: it was not reached in \
         all runs.",
        edges_told(limits)
    );
    Some(Picture { title: format!("Goal: {}", goal.text()), caption, svg: chart.svg(), data, ..Picture::default() })
}

/// Adds a line to those of which none agrees with another wherever both are, or goes on with the
/// one that it agrees with.
fn join(lines: &mut Vec<Vec<(f64, f64)>>, line: Vec<(f64, f64)>) {
    let agrees = |known: &&mut Vec<(f64, f64)>| {
        let mut both = known.iter().flat_map(|a| line.iter().filter(move |b| b.0 == a.0).map(move |b| (a.1, b.1)));
        both.next().is_some_and(|(a, b)| a == b) && both.all(|(a, b)| a == b)
    };
    match lines.iter_mut().find(agrees) {
        Some(known) => {
            known.extend(line);
            known.sort_by(|a, b| a.0.total_cmp(&b.0));
            known.dedup();
        }
        None if line.is_empty() => {}
        None => lines.push(line),
    }
}

/// The share of runs that meet all goals.
fn shares(limits: &Limits) -> Picture {
    let (unit, _) = drawn(&limits.range);
    let y = ChartAxis::new("share of runs that meet all goals, %", AxisScale::Linear, human::tick);
    let mut chart = Chart { mark: Mark::Bands, ..Chart::plane(axis(limits), y) };
    let mut data = "line,value,runs,good\n".to_owned();
    for (name, line) in shown_lines(limits) {
        let points = line.tried();
        let mut shown = vec![];
        for point in points {
            let tally = point.tally();
            let share = 100.0 * f64::from(tally.good) / f64::from(tally.runs);
            // A mark is hollow where the runs are too few to be sure.
            let hollow = line.sure(point.x).is_none();
            shown.push(ChartPoint { hollow, ..ChartPoint::new(point.x / unit, share) });
            data += &format!(
                "\"{}\",{},{},{}\n",
                name.replace('"', "\"\""),
                exact(limits, point.x),
                tally.runs,
                tally.good
            );
        }
        chart.points(&name, shown);
    }
    let ends: Vec<f64> = chart.panels[0].series.iter().flatten().map(|point| point.x).collect();
    let (low, high) = (ends.iter().copied().fold(f64::INFINITY, f64::min), ends.iter().copied().fold(0.0, f64::max));
    let share = 100.0 * limits.request.share;
    if low <= high {
        chart.line("as many have to", vec![(low, share), (high, share)]);
    }
    edges(limits, &mut chart);
    let caption = format!(
        "Filled: enough runs to be sure which side of the limit it is; hollow: a glance.{}",
        edges_told(limits)
    );
    Picture { title: "Runs that meet all goals".into(), caption, svg: chart.svg(), data, ..Picture::default() }
}

/// Upright lines at both ends of the interval, where there is one limit alone.
fn edges(limits: &Limits, chart: &mut Chart) {
    let [line] = limits.lines.as_slice() else { return };
    let LimitFinding::Limit(LimitBracket { inner, outer: Some(outer), .. }) = line.finding() else { return };
    let (unit, _) = drawn(&limits.range);
    let ends = |points: &Vec<ChartPoint>| {
        points
            .iter()
            .flat_map(|of| [of.y_range.map_or(of.y, |r| r.0), of.y_range.map_or(of.y, |r| r.1)])
            .collect::<Vec<_>>()
    };
    let heights: Vec<f64> = chart.panels[0].series.iter().flat_map(ends).collect();
    let (low, high) =
        (heights.iter().copied().fold(f64::INFINITY, f64::min), heights.iter().copied().fold(0.0, f64::max));
    for x in [inner, outer] {
        chart.line(&value(limits, x), vec![(x / unit, low), (x / unit, high)]);
    }
}

fn edges_told(limits: &Limits) -> &'static str {
    match limits.lines.as_slice() {
        [line] if matches!(line.finding(), LimitFinding::Limit(LimitBracket { outer: Some(_), .. })) => {
            " Upright: the interval that the limit lies in."
        }
        _ => "",
    }
}

/// The limit of the searched key at each value of the other, where that is a number.
fn frontier(limits: &Limits) -> Option<Picture> {
    let across = limits.across.as_ref().filter(|range| range.unit().is_some())?;
    let ((x_unit, x_show), (y_unit, y_show)) = (drawn(across), drawn(&limits.range));
    let x = ChartAxis::new(across.key.clone(), scale(across), x_show);
    let y = ChartAxis::new(limits.range.key.clone(), scale(&limits.range), y_show);
    let mut chart = Chart { mark: Mark::Bands, ..Chart::plane(x, y) };
    let mut data = format!("protocol,{},inner,outer\n", across.key);
    let mut protocols: Vec<&str> = vec![];
    for line in &limits.lines {
        if !protocols.contains(&&*line.protocol) {
            protocols.push(&line.protocol);
        }
    }
    for protocol in protocols {
        let mut points = vec![];
        for line in limits.lines.iter().filter(|line| line.protocol == protocol) {
            let LimitFinding::Limit(LimitBracket { inner, outer: Some(outer), likely, .. }) = line.finding() else {
                continue;
            };
            let Some((_, at)) = line.setting.as_ref().and_then(|of| Quantity::read(&of.value)) else {
                continue;
            };
            let y_range = Some((inner / y_unit, outer / y_unit));
            points.push(ChartPoint { y_range, ..ChartPoint::new(at / x_unit, likely / y_unit) });
            data += &format!("{protocol},{at},{},{}\n", exact(limits, inner), exact(limits, outer));
        }
        chart.points(protocol, points);
    }
    let caption =
        "The limit with its interval; values of the other key at which there is none within the range are left out."
            .into();
    let picture = Picture { title: "Frontier".into(), caption, svg: chart.svg(), data, ..Picture::default() };
    chart.panels[0].series.iter().any(|points| !points.is_empty()).then_some(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_agree_are_one() {
        let mut lines = vec![];
        join(&mut lines, vec![(1.0, 5.0), (2.0, 5.0)]);
        join(&mut lines, vec![(2.0, 5.0), (3.0, 6.0)]);
        join(&mut lines, vec![(2.0, 7.0)]);
        join(&mut lines, vec![]);
        assert_eq!(lines, [vec![(1.0, 5.0), (2.0, 5.0), (3.0, 6.0)], vec![(2.0, 7.0)]]);
    }
}
