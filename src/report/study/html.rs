//! The report as one self-contained HTML file.

use super::super::page::page;
use super::super::terminal::study_cells;
use super::super::upkeep::{Upkeep, upkeep};
use super::super::words::{self, fact, title};
use super::{Exhibit, bytes, curves, efficiency, held, lines, lost, sweeps, titles};
use crate::ledger::Status;
use crate::results::DiscoveryRow;
use crate::study::{HeldMap, Survey};
use serde::Serialize;

const TEMPLATE: &str = include_str!("study.html");

/// What a report is made of besides the survey.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// What held the leechers back, as far as it is known.
    pub held: &'a [HeldMap],
    /// The rows of `discovery.csv`.
    pub discovery: &'a [DiscoveryRow],
    /// The command that makes this report.
    pub command: &'a str,
}

#[derive(Serialize)]
struct Values<'a> {
    scenario: &'a str,
    lost: Option<String>,
    facts: Vec<String>,
    made: Option<String>,
    command: &'a str,
    key_titles: usize,
    titles: Vec<String>,
    lines: Vec<Vec<String>>,
    curves: Option<Exhibit>,
    idle: bool,
    sweeps: Vec<sweeps::Section>,
    bytes: Vec<Exhibit>,
    efficiency: Option<Exhibit>,
    held: Vec<Exhibit>,
    upkeep: Option<Upkeep>,
    resolved: &'a str,
}

/// The page, with all figures and their data inside.
pub fn html(survey: &Survey, sources: Sources) -> String {
    let keys = titles(survey);
    let (all_titles, table) = study_cells(&keys, &lines(survey));
    let values = Values {
        scenario: &survey.manifest.scenario,
        lost: lost(survey),
        facts: facts(survey),
        made: survey.manifest.command_line.as_ref().map(words::command),
        command: sources.command,
        key_titles: keys.len(),
        titles: all_titles,
        lines: table,
        curves: curves::exhibit(survey),
        idle: is_idle(survey),
        sweeps: survey.sweeps().iter().map(sweeps::section).collect(),
        bytes: bytes::exhibits(survey),
        efficiency: efficiency::exhibit(survey),
        held: held::exhibits(survey, sources.held),
        upkeep: upkeep(sources.discovery),
        resolved: &survey.manifest.resolved,
    };
    page(TEMPLATE, values)
}

const NOBODY: &str = "Nobody was to download: the runs went on for the time that they were given.";

/// Whether all runs did what they were asked to without any download.
fn is_idle(survey: &Survey) -> bool {
    let mut runs = survey.points.iter().flat_map(|point| &point.runs).peekable();
    runs.peek().is_some()
        && runs.all(|run| {
            run.status == Status::Complete.name() && run.completed == Some(0) && run.payload_bytes == Some(0)
        })
}

/// What was run, in short.
fn facts(survey: &Survey) -> Vec<String> {
    let runs: usize = survey.points.iter().map(|point| point.runs.len()).sum();
    let count = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let swept: Vec<&str> = survey.axes.iter().map(|axis| title(&axis.key)).collect();
    let world: Vec<String> = survey.world.iter().map(|(key, value)| fact(key, value)).collect();
    let mut facts = vec![
        format!(
            "{} at {}",
            count(runs, "finished run", "finished runs"),
            count(survey.points.len(), "point", "points")
        ),
        format!("{}: {}", count(survey.variants.len(), "variant", "variants"), survey.variants.join(", ")),
        format!("The same everywhere: {}", world.join(", ")),
    ];
    if !swept.is_empty() {
        facts.push(format!("Varied: {}", swept.join(", ")));
    }
    if is_idle(survey) {
        facts.push(NOBODY.into());
        return facts;
    }
    let unfinished: u64 = survey.points.iter().map(|point| point.leechers - point.moments.len() as u64).sum();
    if unfinished > 0 {
        facts.push(format!("{unfinished} leechers never completed; they count as longer than all others."));
    }
    facts
}
