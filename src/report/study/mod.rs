//! A finished study of any kind, for the terminal and as HTML.

mod bytes;
mod curves;
mod efficiency;
mod held;
mod html;
mod sweeps;

pub use html::{Sources, html};

use super::terminal::study_table;
use super::words::{self, fact};
use crate::study::{Point, Survey, spread};

/// A figure with all that belongs to it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(super) struct Exhibit {
    title: String,
    /// What is shown, and what is not.
    caption: String,
    svg: String,
    /// The numbers that are drawn, as CSV.
    data: String,
}

/// Rows of figures with a row for each point.
const MOST_ROWS: usize = 48;
/// Variants that one figure can show apart.
const MOST_VARIANTS: usize = 14;

/// The table of the study, a line per point.
pub fn terminal(survey: &Survey) -> String {
    let mut text = lost(survey).map_or(String::new(), |line| line + "\n\n");
    text += &study_table(&titles(survey), &lines(survey));
    text + super::terminal::STUDY_NOTE
}

/// What tells the points apart.
fn titles(survey: &Survey) -> Vec<&str> {
    let axes = survey.axes.iter().filter(|axis| !axis.of_client).map(|axis| words::title(&axis.key));
    axes.chain(["variant"]).collect()
}

fn lines(survey: &Survey) -> Vec<(Vec<String>, Vec<&crate::results::RunRow>)> {
    let line = |point: &'_ Point| {
        let place = survey.place(point).map(|(axis, value)| words::value(&axis.key, &value.text));
        place.chain([survey.variants[point.variant].clone()]).collect()
    };
    survey.points.iter().map(|point| (line(point), point.runs.iter().collect())).collect()
}

/// What of the world varies, with its values at a point.
fn place(survey: &Survey, point: &Point) -> String {
    let words: Vec<String> = survey.place(point).map(|(axis, value)| fact(&axis.key, &value.text)).collect();
    words.join(", ")
}

/// A point in words; never empty.
fn name(survey: &Survey, point: &Point) -> String {
    let (place, variant) = (place(survey, point), &survey.variants[point.variant]);
    match (survey.variants.len(), place.is_empty()) {
        (1, false) => place,
        (_, true) => variant.clone(),
        _ => format!("{place}: {variant}"),
    }
}

/// Runs without a result, said at the top of everything.
fn lost(survey: &Survey) -> Option<String> {
    let manifest = &survey.manifest;
    (survey.runs_missing() > 0).then(|| {
        format!(
            "{} of {} planned runs have no result: {} failed, {} missing. All numbers are of the others.",
            survey.runs_missing(),
            manifest.runs_planned,
            manifest.runs_failed,
            manifest.runs_missing
        )
    })
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
fn shortened(what: &str, shown: usize, all: usize) -> String {
    if shown == all { String::new() } else { format!(" Shown are {shown} of {all} {what}, evenly picked.") }
}

/// A table as CSV.
fn csv(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).expect("memory");
    rows.into_iter().for_each(|row| writer.write_record(row).expect("rows are as long as the header"));
    String::from_utf8(writer.into_inner().expect("memory")).expect("rows are text")
}
