//! Where goals break.

mod figures;
mod json;
mod tables;
mod words;

pub use json::{json, points, rows};

use super::document::Document;
use super::words::command;
use crate::results::Program;
use crate::study::{LimitBracket, LimitFinding, LimitLine, LimitSide, Limits};
use words::{doubts, finding, goals, held, missed, name, percent, value};

/// Lines that are told in sentences; more of them stand in a table alone.
const MOST_SENTENCES: usize = 8;

/// The answer in sentences, limits and what binds there in tables, and the curves.
pub fn limit(limits: &Limits) -> Document {
    let mut document = Document::new(format!("Where {} breaks: {}", limits.scenario, limits.range.key));
    document.answer(answer(limits));
    limits.warnings.iter().for_each(|warning| document.warning(warning.clone()));
    if limits.lines.len() > 1 {
        document.heading("Limits");
        document.grid(tables::found(limits));
    }
    document.heading("What binds there");
    document.grid(tables::binding(limits));
    document.list([
        "next to the limit: the last value at which the goals surely hold, and the first at which they surely do not",
        if limits.of_storage {
            "held back by: what held the filling, and repairs, back the longest, as shares of runs"
        } else {
            "held back by: shares of the time of the slowest leecher, in the mean over runs"
        },
    ]);
    document.pages(|page| {
        page.heading("Curves");
        figures::pictures(limits).into_iter().for_each(|picture| page.picture(picture));
        page.heading("Values that were tried");
        page.grid(tables::tried(limits));
        method(page, limits);
    });
    document
}

/// The most important first.
fn answer(limits: &Limits) -> Vec<String> {
    let goals = goals(limits);
    let sentence = |line: &LimitLine| {
        let all = std::iter::once(finding(limits, line)).chain(doubts(limits, line)).collect::<Vec<_>>().join("; ");
        let name = name(limits, line);
        if name.is_empty() { all } else { format!("{name}: {all}") }
    };
    let lines: Vec<String> = limits.lines.iter().map(sentence).collect();
    let key = &limits.range.key;
    let mut told = match lines.as_slice() {
        [one] => vec![format!("{key}, {goals}: {one}.")],
        lines if lines.len() <= MOST_SENTENCES => {
            std::iter::once(format!("{key}, {goals}:")).chain(lines.iter().map(|line| format!("{line}."))).collect()
        }
        lines => {
            vec![format!("{key}, {goals}: of {} cases {}.", lines.len(), count(limits))]
        }
    };
    if let [line] = limits.lines.as_slice() {
        told.extend(what_binds(limits, line));
    }
    told.push(extent(limits));
    told
}

/// How many lines there are with each kind of answer.
fn count(limits: &Limits) -> String {
    let count = |is: fn(LimitFinding) -> bool| limits.lines.iter().filter(|line| is(line.finding())).count();
    let found = count(|of| matches!(of, LimitFinding::Limit(LimitBracket { outer: Some(_), .. })));
    let holds = count(|of| of == LimitFinding::Throughout(LimitSide::Holds, true));
    let breaks = count(|of| of == LimitFinding::Throughout(LimitSide::Breaks, true));
    let open = limits.lines.len() - found - holds - breaks;
    let all = [(found, "with a limit"), (holds, "hold throughout"), (breaks, "hold nowhere"), (open, "not sure")];
    let told = all.iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}"));
    told.collect::<Vec<_>>().join(", ")
}

/// What binds at the only limit.
fn what_binds(limits: &Limits, line: &LimitLine) -> Option<String> {
    let [_, bad] = line.beside();
    let bad = bad?;
    let held = held(bad);
    let what = if limits.of_storage { "what held back the longest:" } else { "the slowest leecher was held back by" };
    let held = if held.is_empty() { String::new() } else { format!("; {what} {held}") };
    Some(format!("At {} {}{held}.", value(limits, bad.x), missed(limits, bad)))
}

fn extent(limits: &Limits) -> String {
    let points = || limits.lines.iter().flat_map(LimitLine::tried);
    let all: usize = points().map(|point| point.runs.len()).sum();
    let (share, confidence) = (percent(limits.request.share), percent(limits.request.confidence));
    format!(
        "Goals hold where at least {share} of runs meet all of them; each limit lies in its interval with {confidence} \
         confidence. {all} runs at {} values, range {}.",
        points().count(),
        limits.range,
    )
}

fn method(page: &mut Document, limits: &Limits) {
    let Program { name, version, .. } = Program::this();
    page.heading("Method");
    page.list([
        "From the low end in growing steps until the goals seem to be on the other side, and two steps beyond, \
         then by halves. The interval rests on the two values at its ends alone, at which there are as many runs as it \
         takes; at the others a few runs tell where to go on. What lies between two values that were tried, and beyond \
         the last one, is not known."
            .to_owned(),
        "At each value the chance of being told the wrong side, whenever one looks, is the chance of an error over the \
         number of values that may be tried (a bet at fair odds, Ville's inequality; Bonferroni). Three runs that are \
         the same event by event are taken to have no chance in them."
            .to_owned(),
        "All values meet the same seeds. A run in which a measure of a goal was not reached does not meet it.".to_owned(),
        format!("Simulated with {name} {version}; what its models leave out is in its documentation."),
    ]);
    page.command(command(request_words(limits)));
}

/// The command that asks the same again.
fn request_words(limits: &Limits) -> Vec<String> {
    let request = &limits.request;
    let file_name =
        |path: &std::path::Path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let mut all: Vec<String> = vec!["codexsim".into(), "limit".into()];
    let mut add = |flag: &str, value: String| all.extend([flag.to_owned(), value]);
    request.protocols.iter().for_each(|of| add("--protocol", of.clone()));
    limits.across.iter().chain([&limits.range]).for_each(|range| add("--vary", format!("{}={range}", range.key)));
    limits.goals.iter().for_each(|goal| add("--goal", goal.text().into()));
    request.input.overlays.iter().for_each(|path| add("-p", file_name(path)));
    request.input.sets.iter().for_each(|set| add("--set", set.clone()));
    request.input.seed.iter().for_each(|seed| add("--seed", seed.to_string()));
    add("--share", percent(request.share).replace(' ', ""));
    add("--confidence", percent(request.confidence).replace(' ', ""));
    add("--precision", percent(request.precision).replace(' ', ""));
    add("--max-runs", request.max_runs.to_string());
    let file = request.input.file.as_deref().map(file_name);
    all.splice(2..2, file);
    all
}
