//! A finished study of storage, or one run of it: the answer, every point, every figure.

use super::super::document::{Document, Picture};
use super::super::words;
use super::words::setting;
use super::{against, answer, hosts, map, over_time, points, trade_off};
use crate::study::{StorageParts, StoragePoints, StorageSurvey};

/// The report, made by `command`. `parts` are the tables of the first runs of some points, as
/// far as they are kept.
pub fn page(survey: &StorageSurvey, parts: &[StorageParts], command: &str) -> Document {
    let all = &survey.points;
    let mut document = Document::new(&survey.manifest.scenario);
    document.made_by(command);
    words::lost(&survey.manifest).into_iter().for_each(|line| document.warning(line));
    document.answer(answer::lines(all, parts));
    document.pages(|page| {
        page.paragraph(answer::terms(all));
        page.list(facts(all));
        let made = survey.manifest.command_line.as_ref().map(words::command);
        page.list([
            format!("Results: {}", made.unwrap_or("of an unknown command (--reproducible)".into())),
            format!("This page: {command}"),
        ]);
        figures(page, all, parts);
    });
    document.heading("Every point");
    document.grid(points::table(all));
    document.paragraph(points::note(all));
    document.pages(|page| {
        page.heading("The scenario in full");
        page.details("Every key with its value and origin", &survey.manifest.resolved);
    });
    document
}

fn figures(page: &mut Document, points: &StoragePoints, parts: &[StorageParts]) {
    let sections: [(&str, Vec<Picture>); 4] = [
        ("Nines and what they cost", if points.points.len() > 1 { trade_off::pictures(points) } else { vec![] }),
        ("Losses", map::picture(points).into_iter().chain(against::pictures(points)).collect()),
        ("Over time", over_time::pictures(points, parts)),
        ("Hosts", hosts::picture(points, parts).into_iter().collect()),
    ];
    for (title, pictures) in sections {
        if !pictures.is_empty() {
            page.heading(title);
            pictures.into_iter().for_each(|picture| page.picture(picture));
        }
    }
    if parts.iter().all(|part| part.series.is_empty()) {
        page.paragraph(
            "The study keeps too little of its runs for what happened over time: with `output.keep = \"all\"` it keeps that.",
        );
    }
}

/// What was run, in short.
fn facts(points: &StoragePoints) -> Vec<String> {
    let count = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let runs = points.runs().count();
    let mut facts = vec![format!(
        "{} at {}",
        count(runs, "finished run", "finished runs"),
        count(points.points.len(), "point", "points")
    )];
    facts.extend(points.runs().next().map(|row| match points.points.len() {
        1 => setting(row),
        _ => format!("The first of them: {}", setting(row)),
    }));
    if !points.keys.is_empty() {
        facts.push(format!("Varied: {}", points.keys.join(", ")));
    }
    facts
}
