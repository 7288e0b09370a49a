//! Who is how much faster than whom, and how sure that is.

use super::super::human;
use super::super::words::title;
use super::{name, sweeps};
use crate::study::{Lag, Race, Summary, Survey};
use std::collections::BTreeSet;

/// Variants that are told one by one.
const MOST_OTHERS: usize = 6;

/// The answer, then what it is of and what speaks against it.
pub(super) fn lines(survey: &Survey) -> Vec<String> {
    let mut lines = match survey.race() {
        Some(race) => told(survey, &race),
        None if survey.variants.len() > 1 => vec![
            "Who is faster cannot be told: in no cell did all downloads of two variants complete in runs with equal \
             seeds."
                .into(),
        ],
        None => alone(survey),
    };
    lines.extend(unfinished(survey));
    lines
}

fn told(survey: &Survey, race: &Race) -> Vec<String> {
    let mut lines: Vec<String> = race.others.iter().take(MOST_OTHERS).map(|lag| beside(survey, race, lag)).collect();
    if race.others.len() > MOST_OTHERS {
        lines.push(format!("And {} more, further behind.", race.others.len() - MOST_OTHERS));
    }
    lines.push(
        "Ratios of median download times, each download from its own start, over pairs of runs with equal seeds: the \
         geometric mean over cells (all that varies but the variant), in brackets its 95 % interval."
            .into(),
    );
    lines
}

/// One variant beside the fastest.
fn beside(survey: &Survey, race: &Race, lag: &Lag) -> String {
    let (fastest, other) = (&survey.variants[race.fastest], &survey.variants[lag.variant]);
    let cells = match (lag.cells, survey.cells().len()) {
        (1, 1) => "the one cell".into(),
        (some, all) if some == all => format!("all {all} cells"),
        (some, all) => format!("{some} of {all} cells"),
    };
    let broken = survey.points.iter().filter(|p| [race.fastest, lag.variant].contains(&p.variant) && !p.is_whole());
    let broken = broken.map(|point| point.cell).collect::<BTreeSet<_>>().len();
    let left_out = if broken > 0 { format!("; in {broken} not all downloads completed") } else { String::new() };
    let of = format!("{} pairs in {cells}{left_out}", lag.pairs);
    let against = match lag.faster {
        0 => String::new(),
        n => format!("; but {other} is surely faster in {n} of these cells"),
    };
    let ratio = human::ratio(lag.ratio);
    match lag.interval.map(|(low, high)| (low, high, format!("[{} .. {}]", human::ratio(low), human::ratio(high)))) {
        None => {
            format!("{fastest} is {ratio} times as fast as {other} (no interval: one pair in a cell; {of}){against}.")
        }
        Some((low, high, _)) if low == 1.0 && high == 1.0 => {
            format!("{fastest} and {other} take the same time ({of}).")
        }
        Some((low, high, interval)) if low <= 1.0 && high >= 1.0 => {
            format!("{fastest} and {other} cannot be told apart: {ratio} {interval} ({of}){against}.")
        }
        Some((_, high, interval)) if high < 1.0 => format!(
            "{other}, where it completed, takes {ratio} {interval} times as long as {fastest} ({of}), which completed in \
             more cells."
        ),
        Some((.., interval)) => format!("{fastest} is {ratio} {interval} times as fast as {other} ({of}){against}."),
    }
}

/// Of a single variant: how long it takes, and what that follows.
fn alone(survey: &Survey) -> Vec<String> {
    let medians =
        |point: &crate::study::Point| Summary::of(&point.medians.iter().copied().collect::<Option<Vec<_>>>()?);
    let medians: Vec<f64> = survey.points.iter().filter_map(medians).map(|summary| summary.median).collect();
    let span = medians.iter().copied().reduce(f64::min).zip(medians.iter().copied().reduce(f64::max));
    let time = span.map(|(least, most)| {
        let variant = &survey.variants[0];
        match medians.len() {
            1 => format!("{variant}: median download {}", human::seconds(least)),
            points => {
                format!(
                    "{variant}: median download {} .. {} over {points} points",
                    human::seconds(least),
                    human::seconds(most)
                )
            }
        }
    });
    let efficiencies: Vec<f64> =
        survey.points.iter().filter_map(|p| Some(Summary::of(&p.values_of(|run| run.efficiency))?.median)).collect();
    let bound = match (efficiencies.iter().copied().reduce(f64::min), efficiencies.iter().copied().reduce(f64::max)) {
        (Some(low), Some(high)) if low < high => {
            format!("; {:.0} .. {:.0} % of the speed that the bound allows", low * 100.0, high * 100.0)
        }
        (Some(one), _) => format!("; {:.0} % of the speed that the bound allows", one * 100.0),
        _ => String::new(),
    };
    let mut lines: Vec<String> = time.into_iter().map(|time| format!("{time}{bound}.")).collect();
    for sweep in survey.sweeps() {
        if let [line] = &sweep.lines[..]
            && let Some(fit) = &line.fit
        {
            let axis = title(&sweep.axis.key);
            lines.push(format!("It goes with {axis} to the power {}.", sweeps::exponent(fit)));
        }
    }
    lines
}

/// Downloads that did not complete, by variant.
fn unfinished(survey: &Survey) -> Option<String> {
    let mut told = Vec::new();
    for (index, variant) in survey.variants.iter().enumerate() {
        let mine = || survey.points.iter().filter(|point| point.variant == index);
        let open = |point: &crate::study::Point| point.leechers - point.moments.len() as u64;
        let (missing, all): (u64, u64) = (mine().map(open).sum(), mine().map(|point| point.leechers).sum());
        let mut points = mine().filter(|point| open(point) > 0);
        if let Some(first) = points.next() {
            let at = match points.count() {
                0 => format!("at {}", name(survey, first)),
                more => format!("at {} of {} points", more + 1, mine().count()),
            };
            told.push(format!("{variant} {missing} of {all}, {at}"));
        }
    }
    let total: u64 = survey.points.iter().map(|point| point.leechers - point.moments.len() as u64).sum();
    (!told.is_empty()).then(|| {
        format!(
            "{total} leechers never completed; they count as longer than all others, and their cells are in no ratio: {}.",
            told.join("; ")
        )
    })
}
