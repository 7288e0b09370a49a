//! The tables.

use super::super::document::{Grid, GridColumn};
use super::json::rows;
use super::words::{doubts, finding, held, missed, name, runs, shown, value};
use crate::study::{LimitLine, LimitPoint, LimitSide, Limits, Summary};

/// A table about `lines`, each named where there are several.
fn grid<const N: usize>(limits: &Limits, columns: [&str; N], further: impl Iterator<Item = GridColumn>) -> Grid {
    let first = (limits.lines.len() > 1).then_some("");
    Grid::new(first.into_iter().chain(columns).map(GridColumn::words).chain(further))
}

/// The name of a line, where that is told.
fn named(limits: &Limits, line: &LimitLine) -> impl Iterator<Item = String> {
    (limits.lines.len() > 1).then(|| name(limits, line)).into_iter()
}

/// What was found of each line.
pub(super) fn found(limits: &Limits) -> Grid {
    let mut grid = grid(limits, ["what was found", "tried"], [GridColumn::numbers("runs")].into_iter());
    for (line, row) in limits.lines.iter().zip(rows(limits)) {
        let words = std::iter::once(finding(limits, line)).chain(doubts(limits, line)).collect::<Vec<_>>().join("; ");
        let tried: Vec<f64> = line.tried().map(|point| point.x).collect();
        let ends = tried.first().zip(tried.last());
        let tried =
            ends.map_or(String::new(), |(low, high)| format!("{} to {}", value(limits, *low), value(limits, *high)));
        grid.row(named(limits, line).chain([words, tried, row.runs.to_string()]));
    }
    grid
}

/// The two values next to each limit.
pub(super) fn binding(limits: &Limits) -> Grid {
    let columns = ["next to the limit", "runs that meet all goals", "goals", "held back by"];
    let mut grid = grid(limits, columns, std::iter::empty());
    for line in &limits.lines {
        for (point, word) in line.beside().into_iter().zip(["holds", "breaks"]) {
            let Some(point) = point else { continue };
            let missed = missed(limits, point);
            let missed = if missed.is_empty() { "all met".into() } else { missed };
            let place = format!("{word} at {}", value(limits, point.x));
            grid.row(named(limits, line).chain([place, runs(point), missed, held(point)]));
        }
    }
    grid
}

/// Every value with its runs, and the medians of both sides of each goal.
pub(super) fn tried(limits: &Limits) -> Grid {
    let goals = limits.goals.iter().map(|goal| GridColumn::words(goal.text()));
    let mut grid = grid(limits, ["value", "runs that meet all goals", "surely"], goals);
    for line in &limits.lines {
        for point in line.tried() {
            let sure = line.sure(point.x).map_or("", |side| if side == LimitSide::Holds { "holds" } else { "breaks" });
            let first = [value(limits, point.x), runs(point), sure.into()];
            let goals = (0..limits.goals.len()).map(|goal| sides(limits, point, goal));
            grid.row(named(limits, line).chain(first).chain(goals));
        }
    }
    grid
}

/// Medians left and right of the sign.
fn sides(limits: &Limits, point: &LimitPoint, goal: usize) -> String {
    let left = limits.goals[goal].text().split(['<', '>', '=', '!']).next().unwrap_or_default();
    let show = shown(left);
    let median = |side: usize| {
        let values: Vec<f64> = point.runs.iter().filter_map(|run| run.values[goal][side]).collect();
        Summary::of(&values).map_or("-".into(), |of| show(of.median))
    };
    let met = point.runs.iter().filter(|run| run.met[goal]).count();
    format!("{} against {}, met in {met}", median(0), median(1))
}
