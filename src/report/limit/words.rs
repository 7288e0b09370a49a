//! What is found, in words.

use super::super::figure::AxisScale;
use super::super::{human, words};
use crate::results::{Measure, Unit};
use crate::scenario::{Quantity, Range};
use crate::study::{LimitBracket, LimitFinding, LimitLine, LimitPoint, LimitSide, Limits};

/// Units of which each is a thousand of the one before.
const LADDERS: [&[&str]; 2] =
    [&["B", "kB", "MB", "GB", "TB", "PB"], &["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]];

/// A value without the quotes of TOML around text.
pub(super) fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value of the searched key, for people: `31.62 MB` where a scenario would have 31620 kB.
pub(super) fn value(limits: &Limits, x: f64) -> String {
    let text = exact(limits, x);
    let Some((number, unit)) = text.split_once(' ').filter(|(number, _)| number.len() > 3) else { return text };
    if limits.range.unit() == Some(Quantity::Time) {
        return words::duration(x * 1e-9);
    }
    let ladder = LADDERS.iter().find_map(|ladder| Some(&ladder[ladder.iter().position(|step| *step == unit)?..]));
    let (Some(ladder), Ok(mut number)) = (ladder, number.parse::<f64>()) else { return text };
    let mut step = 0;
    while number >= 1000.0 && step + 1 < ladder.len() {
        (number, step) = (number / 1000.0, step + 1);
    }
    format!("{} {}", human::tick(number), ladder[step])
}

/// The same as it stands in a scenario.
pub(super) fn exact(limits: &Limits, x: f64) -> String {
    limits.range.value(x).as_ref().map_or(String::new(), plain)
}

/// What tells a line from the others; empty where it is the only one.
pub(super) fn name(limits: &Limits, line: &LimitLine) -> String {
    let is_set = |key: &str| ["protocol", "system"].contains(&key); // the setting says it already
    let several = limits.lines.iter().any(|other| other.protocol != line.protocol)
        && !line.setting.as_ref().is_some_and(|setting| is_set(&setting.key));
    let setting = line.setting.as_ref().map(|setting| format!("{} = {}", setting.key, plain(&setting.value)));
    several.then(|| line.protocol.clone()).into_iter().chain(setting).collect::<Vec<_>>().join(", ")
}

/// What has to hold, in a few words.
pub(super) fn goals(limits: &Limits) -> String {
    match limits.goals.as_slice() {
        [goal] => format!("`{}`", goal.text()),
        goals => format!("{} goals together", goals.len()),
    }
}

/// A share, in percent.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", human::tick(libm::round(share * 1000.0) / 10.0))
}

/// What was found of one line.
pub(super) fn finding(limits: &Limits, line: &LimitLine) -> String {
    let at = |x: f64| value(limits, x);
    let tried = |x: f64| line.points().iter().find(|point| point.x == x).map_or(String::new(), runs);
    let ends = || {
        let tried: Vec<f64> = line.tried().map(|point| point.x).collect();
        (tried.first().copied().unwrap_or_default(), tried.last().copied().unwrap_or_default())
    };
    match line.finding() {
        LimitFinding::Unknown => match line.tried().next() {
            None => "nothing is known yet".into(),
            Some(low) => format!("NOT SURE at {}, the low end, where it is met in {}", at(low.x), runs(low)),
        },
        LimitFinding::Throughout(side, is_sure) => {
            let (low, high) = ends();
            let (sure, seems) = match side {
                LimitSide::Holds => ("NO LIMIT: holds at every", "seems to hold at every"),
                LimitSide::Breaks => ("HOLDS NOWHERE: at no", "seems to hold at no"),
            };
            match is_sure {
                true => format!("{sure} value tried, from {} to {}", at(low), at(high)),
                false => format!(
                    "NOT SURE at {}, where it is met in {}; {seems} value tried, from {} on",
                    at(high),
                    tried(high),
                    at(low)
                ),
            }
        }
        LimitFinding::Limit(bracket) => limit(limits, bracket, at(ends().1)),
    }
}

fn limit(limits: &Limits, LimitBracket { side, inner, outer, likely }: LimitBracket, last: String) -> String {
    let at = |x: f64| value(limits, x);
    let Some(outer) = outer else {
        let (holds, other) = match side {
            LimitSide::Holds => ("holds", "it surely does not"),
            LimitSide::Breaks => ("does not hold", "it surely does"),
        };
        return format!("{holds} at {}, and at no value tried above that, up to {last}, {other}", at(inner));
    };
    let are_neighbours = limits.range.unit() == Some(Quantity::Count) && outer - inner <= 1.0;
    let between =
        if are_neighbours { String::new() } else { format!("; the limit is most likely about {}", at(likely)) };
    match side {
        LimitSide::Holds => format!("holds up to {}, no longer at {}{between}", at(inner), at(outer)),
        LimitSide::Breaks => format!("holds from {} on, not yet at {}{between}", at(outer), at(inner)),
    }
}

/// Doubts about a line that stand beside its limit.
pub(super) fn doubts(limits: &Limits, line: &LimitLine) -> Vec<String> {
    let again: Vec<String> = line.again().into_iter().map(|x| value(limits, x)).collect();
    let turned = match line.finding() {
        LimitFinding::Limit(LimitBracket { side: LimitSide::Breaks, .. }) => "it does not hold",
        _ => "it holds",
    };
    let again = (!again.is_empty())
        .then(|| format!("NOT MONOTONE: {turned} again at {}; the limit is the first one", again.join(", ")));
    let failed = line.failed.map(|x| format!("a run failed at {}, which ended the search", value(limits, x)));
    let ended = (line.failed.is_none() && !line.is_done())
        .then(|| "ended before it was as narrow as asked for; the same command goes on".to_owned());
    again.into_iter().chain(failed).chain(ended).collect()
}

/// `12 of 14 runs`.
pub(super) fn runs(point: &LimitPoint) -> String {
    let tally = point.tally();
    format!("{} of {} runs", tally.good, tally.runs)
}

/// What misses the goals at a point: each goal and the share of runs, those that are met left
/// out.
pub(super) fn missed(limits: &Limits, point: &LimitPoint) -> String {
    let mut missed: Vec<(&str, f64)> = limits.goals.iter().map(|goal| goal.text()).zip(point.missed()).collect();
    missed.retain(|(_, share)| *share > 0.0);
    missed.sort_by(|a, b| b.1.total_cmp(&a.1));
    let words = missed.iter().map(|(goal, share)| match limits.goals.len() {
        1 => format!("missed in {}", percent(*share)),
        _ => format!("{goal}: missed in {}", percent(*share)),
    });
    words.collect::<Vec<_>>().join("; ")
}

/// What held runs at a point back: the three largest shares.
pub(super) fn held(point: &LimitPoint) -> String {
    let all = point.held().into_iter().filter(|(_, share)| *share >= 0.005);
    let largest = all.take(3);
    let words = largest.map(|(word, share)| format!("{} {:.0} %", word.replace('_', " "), share * 100.0));
    words.collect::<Vec<_>>().join(", ")
}

/// How numbers of a range are drawn: what they are divided by, and their text.
pub(super) fn drawn(range: &Range) -> (f64, fn(f64) -> String) {
    match range.unit() {
        Some(Quantity::Time) => (1e9, words::duration),
        Some(Quantity::Bytes) => (1.0, words::size),
        Some(Quantity::Rate) => (1.0, words::rate),
        Some(Quantity::Count) => (1.0, human::count),
        _ => (1.0, human::tick),
    }
}

/// The text of numbers on either side of a goal, by the one measure that stands on the left.
pub(super) fn shown(left: &str) -> fn(f64) -> String {
    match Measure::named(left.trim()).map(|measure| measure.unit) {
        Some(Unit::Seconds) => words::duration,
        Some(Unit::Bytes) => words::size,
        Some(Unit::BitsPerSecond) => words::rate,
        _ => human::tick,
    }
}

/// How an axis of a range runs.
pub(super) fn scale(range: &Range) -> AxisScale {
    if range.is_log() { AxisScale::Log } else { AxisScale::Linear }
}
