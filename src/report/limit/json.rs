//! The limits for programs: `limit.json`, `limit.csv` and the points that were tried.

use super::words::{doubts, exact, finding, plain};
use crate::results::Program;
use crate::study::{LimitBracket, LimitFinding, LimitLine, LimitPoint, LimitSide, Limits, Summary};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Everything that the tables say, as JSON. Nothing in it differs between two equal searches.
pub fn json(limits: &Limits, program: &Program) -> String {
    let request = &limits.request;
    let value = json!({
        "program": program,
        "scenario": limits.scenario,
        "vary": limits.across.iter().chain([&limits.range]).map(|range| format!("{}={range}", range.key)).collect::<Vec<_>>(),
        "goals": limits.goals.iter().map(|goal| goal.text()).collect::<Vec<_>>(),
        "share": request.share,
        "confidence": request.confidence,
        "precision": request.precision,
        "max_runs": request.max_runs,
        "overlays": request.input.overlays,
        "sets": request.input.sets,
        "warnings": limits.warnings,
        "done": limits.is_done(),
        "limits": limits.lines.iter().map(|line| json_line(limits, line)).collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&value).expect("plain data") + "\n"
}

fn json_line(limits: &Limits, line: &LimitLine) -> Value {
    let shares = |point: Option<&LimitPoint>| {
        let held = point.map(LimitPoint::held).unwrap_or_default();
        held.into_iter().map(|(word, share)| (word, json!(share))).collect::<Map<String, Value>>()
    };
    let [good, bad] = line.beside();
    let missed = bad.map(|point| {
        limits
            .goals
            .iter()
            .zip(point.missed())
            .map(|(goal, share)| json!({ "goal": goal.text(), "missed_share": share }))
            .collect::<Vec<_>>()
    });
    json!({
        "answer": row(limits, line),
        "binding": { "goals": missed, "held_back_where_it_holds": shares(good), "held_back_where_it_does_not": shares(bad) },
        "points": line.tried().flat_map(|point| point_rows(limits, line, point)).collect::<Vec<_>>(),
    })
}

/// What was found of one limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LimitRow {
    /// The protocol; of storage runs the system.
    pub protocol: String,
    /// The other key and its value; empty where one key alone is varied.
    pub setting: String,
    /// The searched key.
    pub key: String,
    /// `limit`, `holds throughout`, `holds nowhere` or `not sure`.
    pub finding: &'static str,
    /// The value next to the limit at which the goals surely hold.
    pub holds_at: Option<String>,
    /// The value next to the limit at which they surely do not.
    pub breaks_at: Option<String>,
    /// Where the limit most likely is, between the two.
    pub likely: Option<String>,
    /// The first value that was tried.
    pub tried_from: Option<String>,
    /// The last.
    pub tried_to: Option<String>,
    /// How many there are.
    pub values: usize,
    /// Runs at all of them.
    pub runs: usize,
    /// What it is, in words, with all doubts about it.
    pub words: String,
}

/// What was found of each limit.
pub fn rows(limits: &Limits) -> Vec<LimitRow> {
    limits.lines.iter().map(|line| row(limits, line)).collect()
}

fn row(limits: &Limits, line: &LimitLine) -> LimitRow {
    let at = |x: f64| exact(limits, x);
    let tried: Vec<&LimitPoint> = line.tried().collect();
    let (word, holds, breaks, likely) = match line.finding() {
        LimitFinding::Unknown => ("not sure", None, None, None),
        LimitFinding::Throughout(_, false) => ("not sure", None, None, None),
        LimitFinding::Throughout(LimitSide::Holds, true) => {
            ("holds throughout", tried.last().map(|of| of.x), None, None)
        }
        LimitFinding::Throughout(LimitSide::Breaks, true) => {
            ("holds nowhere", None, tried.first().map(|of| of.x), None)
        }
        LimitFinding::Limit(LimitBracket { side, inner, outer, likely }) => {
            let (holds, breaks) = if side == LimitSide::Holds { (Some(inner), outer) } else { (outer, Some(inner)) };
            ("limit", holds, breaks, outer.map(|_| likely))
        }
    };
    LimitRow {
        protocol: line.protocol.clone(),
        setting: line.setting.as_ref().map_or(String::new(), |of| format!("{}={}", of.key, plain(&of.value))),
        key: limits.range.key.clone(),
        finding: word,
        holds_at: holds.map(at),
        breaks_at: breaks.map(at),
        likely: likely.map(at),
        tried_from: tried.first().map(|of| at(of.x)),
        tried_to: tried.last().map(|of| at(of.x)),
        values: tried.len(),
        runs: tried.iter().map(|of| of.runs.len()).sum(),
        words: std::iter::once(finding(limits, line)).chain(doubts(limits, line)).collect::<Vec<_>>().join("; "),
    }
}

/// One goal at one value that was tried.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct LimitPointRow {
    protocol: String,
    setting: String,
    key: String,
    value: String,
    /// Empty for all goals together.
    goal: String,
    runs: usize,
    /// Runs that meet it.
    good: usize,
    /// Of all goals together the side that it surely is on: `holds` or `breaks`.
    sure: Option<&'static str>,
    /// Medians of the numbers left and right of the sign of a goal.
    left_median: Option<f64>,
    right_median: Option<f64>,
}

/// The points that were tried, as CSV: a line for all goals together and one for each.
pub fn points(limits: &Limits) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in &limits.lines {
        let rows = line.tried().flat_map(|point| point_rows(limits, line, point));
        rows.for_each(|row| writer.serialize(row).expect("a row is flat, and memory takes it"));
    }
    String::from_utf8(writer.into_inner().expect("memory")).expect("rows are text")
}

fn point_rows(limits: &Limits, line: &LimitLine, point: &LimitPoint) -> Vec<LimitPointRow> {
    let answer = LimitPointRow {
        protocol: line.protocol.clone(),
        setting: line.setting.as_ref().map_or(String::new(), |of| format!("{}={}", of.key, plain(&of.value))),
        key: limits.range.key.clone(),
        value: plain(&point.value),
        goal: String::new(),
        runs: point.runs.len(),
        good: point.tally().good as usize,
        sure: line.sure(point.x).map(|side| if side == LimitSide::Holds { "holds" } else { "breaks" }),
        left_median: None,
        right_median: None,
    };
    let of_goal = |goal: usize| {
        let median = |side: usize| {
            let values: Vec<f64> = point.runs.iter().filter_map(|run| run.values[goal][side]).collect();
            Summary::of(&values).map(|of| of.median)
        };
        LimitPointRow {
            goal: limits.goals[goal].text().into(),
            good: point.runs.iter().filter(|run| run.met[goal]).count(),
            sure: None,
            left_median: median(0),
            right_median: median(1),
            ..answer.clone()
        }
    };
    let goals: Vec<LimitPointRow> = (0..limits.goals.len()).map(of_goal).collect();
    std::iter::once(answer.clone()).chain(goals).collect()
}
