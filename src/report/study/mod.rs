//! A study: which of its variants is the fastest, and every figure.

mod against;
pub(super) mod answer;
mod bytes;
mod curves;
mod efficiency;
mod held;
mod parts;
mod points;
mod sweeps;

pub use points::SweepTable;

use super::document::Document;
use super::words::{self, fact, title};
use super::{mixnet, upkeep};
use crate::ledger::Status;
use crate::results::{DiscoveryRow, MixRow, RunRow};
use crate::study::{Held, Survey, SurveyParts, SurveyPoint, spread};

/// What a report is made of besides the survey.
#[derive(Debug, Clone, Copy)]
pub struct SurveySources<'a> {
    /// What held the leechers back, as far as it is known.
    pub held: &'a Held,
    /// The rows of `discovery.csv`.
    pub discovery: &'a [DiscoveryRow],
    /// The rows of `mix.csv`.
    pub mix: &'a [MixRow],
    /// The nodes of the first run of some points, by class and region.
    pub parts: &'a [SurveyParts],
    /// The command that makes this report.
    pub command: &'a str,
}

/// A finished study of any kind.
pub fn survey(survey: &Survey, sources: SurveySources) -> Document {
    let mut document = Document::new(&survey.manifest.scenario);
    document.made_by(sources.command);
    words::lost(&survey.manifest).into_iter().for_each(|line| document.warning(line));
    document.answer(if is_idle(survey) { vec![NOBODY.into()] } else { answer::lines(survey) });
    document.pages(|page| {
        page.list(facts(survey));
        let made = survey.manifest.command_line.as_ref().map(words::command);
        page.list([
            format!("Results: {}", made.unwrap_or("of an unknown command (--reproducible)".into())),
            format!("This page: {}", sources.command),
        ]);
        figures(page, survey, sources.held);
        parts::tell(page, survey, sources.parts);
    });
    document.heading("Every point");
    document.grid(points::grid(&titles(survey), &lines(survey)));
    document.paragraph(points::note(survey.has_requests()));
    if let Some(grid) = mixnet::of_points(&titles(survey), &through_mixnet(survey, sources.mix)) {
        document.heading("Through the mixnet");
        document.grid(grid);
        document.paragraph(mixnet::NOTE);
    }
    if upkeep::is_known(sources.discovery) {
        document.heading("Upkeep of the hash table");
        upkeep::tell(&mut document, sources.discovery);
    }
    document.pages(|page| {
        page.heading("The scenario in full");
        page.details("Every key with its value and origin", &survey.manifest.resolved);
    });
    document
}

fn figures(page: &mut Document, survey: &Survey, held: &Held) {
    match curves::picture(survey) {
        Some(picture) => {
            page.heading("Completion curves");
            page.picture(picture);
        }
        None if is_idle(survey) => {}
        None => page.paragraph("No leecher completed, so there are no times to show."),
    }
    survey.sweeps().iter().for_each(|sweep| sweeps::tell(page, sweep, survey.has_requests()));
    let sections = [
        ("Bytes", bytes::pictures(survey)),
        ("Efficiency", efficiency::picture(survey).filter(|_| !survey.has_requests()).into_iter().collect()),
        ("What held the leechers back", held::pictures(survey, held)),
    ];
    for (title, pictures) in sections {
        if !pictures.is_empty() {
            page.heading(title);
            pictures.into_iter().for_each(|picture| page.picture(picture));
        }
    }
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
    if let Some(design) = &survey.manifest.design {
        let together = "they vary together, so there is no line against one of them";
        let several = if design.keys.len() > 1 { format!("; {together}") } else { String::new() };
        facts.push(format!("Drawn: {}{several}", design.words));
    }
    facts.extend(survey.manifest.precision.as_ref().map(|precision| format!("Repetitions: {precision}")));
    facts
}

/// Rows of figures with a row for each point.
const MOST_ROWS: usize = 48;
/// Variants that one figure can show apart.
const MOST_VARIANTS: usize = 14;

/// What tells the points apart.
fn titles(survey: &Survey) -> Vec<&str> {
    let axes = survey.axes.iter().filter(|axis| !axis.of_client).map(|axis| words::title(&axis.key));
    let mut runs = survey.points.iter().flat_map(|point| point.runs.iter().map(move |run| (run, point.variant)));
    let is_protocol = runs.all(|(run, variant)| run.protocol == survey.variants[variant]);
    axes.chain([if is_protocol { "protocol" } else { "variant" }]).collect()
}

fn lines(survey: &Survey) -> Vec<(Vec<String>, points::PointLine)> {
    let line = |point: &'_ SurveyPoint| {
        let place = survey.place(point).map(|(axis, value)| words::value(&axis.key, &value.text));
        place.chain([survey.variants[point.variant].clone()]).collect()
    };
    survey.points.iter().map(|point| (line(point), points::PointLine::of(&point.runs))).collect()
}

/// Each point with its runs that went through a mixnet, and what is counted of each.
fn through_mixnet<'a>(survey: &'a Survey, rows: &'a [MixRow]) -> Vec<mixnet::Point<'a>> {
    let counts = mixnet::by_run(rows);
    let known = |run: &'a RunRow| Some((run, counts.get(run.run_id.as_str())?.clone()));
    let of = |((place, _), point): ((Vec<String>, _), &'a SurveyPoint)| {
        (place, point.runs.iter().filter_map(known).collect())
    };
    lines(survey).into_iter().zip(&survey.points).map(of).collect()
}

/// What of the world varies, with its values at a point.
fn place(survey: &Survey, point: &SurveyPoint) -> String {
    let words: Vec<String> = survey.place(point).map(|(axis, value)| fact(&axis.key, &value.text)).collect();
    words.join(", ")
}

/// A point in words; never empty.
fn name(survey: &Survey, point: &SurveyPoint) -> String {
    let (place, variant) = (place(survey, point), &survey.variants[point.variant]);
    match (survey.variants.len(), place.is_empty()) {
        (1, false) => place,
        (_, true) => variant.clone(),
        _ => format!("{place}: {variant}"),
    }
}

/// Whole cells, evenly picked, so that no more than `most` points are shown; and
/// what to say about the others.
fn picked(survey: &Survey, most: usize) -> (Vec<Vec<usize>>, String) {
    let cells = survey.cells();
    let room = (most / survey.variants.len().max(1)).max(1);
    let shown: Vec<Vec<usize>> = spread(cells.len(), room).into_iter().map(|index| cells[index].clone()).collect();
    let rest = shortened("cells", shown.len(), cells.len());
    (shown, rest)
}

/// Nothing when all are shown.
pub(super) fn shortened(what: &str, shown: usize, all: usize) -> String {
    if shown == all { String::new() } else { format!(" Shown are {shown} of {all} {what}, evenly picked.") }
}

/// A table as CSV.
pub(super) fn csv(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).expect("memory");
    rows.into_iter().for_each(|row| writer.write_record(row).expect("rows are as long as the header"));
    String::from_utf8(writer.into_inner().expect("memory")).expect("rows are text")
}
