//! Who is how much faster than whom, and how sure that is.

use super::super::human;
use super::super::words::title;
use super::sweeps;
use crate::results::median;
use crate::study::{Race, Survey, SurveyPoint};

/// Variants that are told one by one.
const MOST_OTHERS: usize = 6;

/// How ratios are to be read.
pub(in crate::report) const METHOD: &str = "Ratios of median download times, each download from its own start, over \
    pairs of runs with equal seeds: the geometric mean over cells (all that varies but the variant), in brackets its \
    95 % interval.";

/// The same where there are requests.
const METHOD_OF_REQUESTS: &str = "Ratios of median download times, each download from when it was asked for, over \
    pairs of runs with equal seeds: the geometric mean over cells (all that varies but the variant), in brackets its \
    95 % interval.";

/// The answer, then what it is of and what speaks against it.
pub(super) fn lines(survey: &Survey) -> Vec<String> {
    let races = survey.races();
    let mut lines = match races.len() {
        0 if survey.variants.len() > 1 => vec![
            "Who is faster cannot be told: in no cell did all downloads of two variants complete in runs with equal \
             seeds."
                .into(),
        ],
        0 => alone(survey),
        _ => told(&survey.variants, &races),
    };
    if survey.has_requests() {
        lines.iter_mut().filter(|line| *line == METHOD).for_each(|line| *line = METHOD_OF_REQUESTS.into());
    }
    lines.extend(unfinished(survey));
    lines
}

/// Who is faster than whom, and how the ratios are to be read.
pub(in crate::report) fn told(names: &[String], races: &[Race]) -> Vec<String> {
    let mut lines: Vec<String> = races.iter().take(MOST_OTHERS).map(|race| sentence(names, race)).collect();
    if races.len() > MOST_OTHERS {
        lines.push(format!("And {} more, further behind.", races.len() - MOST_OTHERS));
    }
    lines.push(METHOD.into());
    lines
}

/// One variant beside another.
fn sentence(names: &[String], race: &Race) -> String {
    let (fast, slow) = (&names[race.fast], &names[race.slow]);
    let cells = match (race.cells, race.all_cells) {
        (1, 1) => "the one cell".into(),
        (some, all) if some == all => format!("all {all} cells"),
        (some, all) => format!("{some} of {all} cells"),
    };
    let left_out = match race.broken {
        0 => String::new(),
        n => format!("; in {n} not all downloads completed"),
    };
    let of = format!("{} pairs in {cells}{left_out}", race.pairs);
    let surely = if race.interval.is_some() { "surely " } else { "" };
    let against = match race.upset {
        0 => String::new(),
        n => format!("; but {slow} is {surely}faster in {n} of these cells"),
    };
    let ratio = human::ratio(race.ratio);
    let Some((low, high)) = race.interval else {
        return format!("{fast} is {ratio} times as fast as {slow} (no interval: one pair in a cell; {of}){against}.");
    };
    let interval = format!("[{} .. {}]", human::ratio(low), human::ratio(high));
    match (low, high) {
        (1.0, 1.0) => format!("{fast} and {slow} take the same time ({of})."),
        (low, _) if low <= 1.0 => {
            format!("{fast} and {slow} cannot be told apart: {ratio} {interval} ({of}){against}.")
        }
        _ => format!("{fast} is {ratio} {interval} times as fast as {slow} ({of}){against}."),
    }
}

/// Of a single variant: how long it takes, and what that follows.
fn alone(survey: &Survey) -> Vec<String> {
    let whole = survey.points.iter().filter(|point| point.is_whole());
    let medians = whole.filter_map(|point| median(&point.medians.iter().copied().flatten().collect::<Vec<_>>()));
    let efficiencies = survey
        .points
        .iter()
        .filter_map(|point| median(&point.values_of(|run| run.efficiency.filter(|_| !run.has_requests()))));
    let Some(time) = range(&medians.collect::<Vec<_>>(), human::seconds) else { return Vec::new() };
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let bound = range(&efficiencies.collect::<Vec<_>>(), percent);
    let bound = bound.map_or(String::new(), |share| format!("; {share} of the speed that the bound allows"));
    let mut lines = vec![format!("{}: median download {time}{bound}.", survey.variants[0])];
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

/// `2.00 s`, or `2.00 s .. 9.00 s` where there are several points.
fn range(values: &[f64], show: impl Fn(f64) -> String) -> Option<String> {
    let least = values.iter().copied().reduce(f64::min)?;
    let most = values.iter().copied().reduce(f64::max)?;
    Some(if values.len() == 1 { show(least) } else { format!("{} .. {}", show(least), show(most)) })
}

/// Downloads that did not complete, by variant.
fn unfinished(survey: &Survey) -> Option<String> {
    let mut told = Vec::new();
    for (index, variant) in survey.variants.iter().enumerate() {
        let mine = || survey.points.iter().filter(|point| point.variant == index);
        let open = |point: &SurveyPoint| point.downloads - point.moments.len() as u64;
        let (missing, all): (u64, u64) = (mine().map(open).sum(), mine().map(|point| point.downloads).sum());
        let points = mine().filter(|point| open(point) > 0).count();
        if points > 0 {
            told.push(format!("{variant} {missing} of {all}, at {points} of {} points", mine().count()));
        }
    }
    let total: u64 = survey.points.iter().map(|point| point.downloads - point.moments.len() as u64).sum();
    (!told.is_empty()).then(|| {
        format!(
            "{total} {} never completed; they count as longer than all others, and their cells are in no ratio: {}.",
            if survey.has_requests() { "downloads" } else { "leechers" },
            told.join("; ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two cells of two variants; the last point has a download that did not end.
    fn survey() -> Survey {
        let point = |(cell, variant): (usize, usize), ended: bool| SurveyPoint {
            cell,
            variant,
            downloads: 2,
            medians: vec![ended.then_some(4.0)],
            moments: vec![4.0; if ended { 2 } else { 1 }],
            ..SurveyPoint::default()
        };
        let places = [(0, 0), (0, 1), (1, 0), (1, 1)];
        let points = places.map(|place| point(place, place != (1, 1))).into();
        let manifest = crate::results::sample_manifest();
        Survey { manifest, world: vec![], axes: vec![], variants: vec!["p".into(), "q".into()], points }
    }

    fn told(ratio: f64, interval: Option<(f64, f64)>, upset: usize) -> String {
        let (cells, all_cells, broken) = (1, 2, 1);
        let race = Race { fast: 0, slow: 1, ratio, interval, pairs: 3, cells, all_cells, broken, upset };
        sentence(&["p".into(), "q".into()], &race)
    }

    #[test]
    fn an_answer_says_how_sure_it_is_and_what_it_is_of() {
        let of = "(3 pairs in 1 of 2 cells; in 1 not all downloads completed)";
        assert_eq!(told(2.0, Some((1.5, 2.5)), 0), format!("p is 2.00 [1.50 .. 2.50] times as fast as q {of}."));
        assert_eq!(told(1.1, Some((0.9, 1.3)), 0), format!("p and q cannot be told apart: 1.10 [0.90 .. 1.30] {of}."));
        assert_eq!(told(1.0, Some((1.0, 1.0)), 0), format!("p and q take the same time {of}."));
        assert!(told(2.0, Some((1.5, 2.5)), 1).ends_with("; but q is surely faster in 1 of these cells."));
        assert!(told(2.0, None, 0).contains("no interval: one pair in a cell"));
        assert!(told(2.0, None, 1).ends_with("; but q is faster in 1 of these cells."));
    }

    #[test]
    fn downloads_that_did_not_end_are_named() {
        let lines = lines(&survey());
        assert!(lines[0].starts_with("Who is faster cannot be told"), "no runs, no pairs: {lines:?}");
        assert!(
            lines[1].starts_with("1 leechers never completed") && lines[1].ends_with("q 1 of 4, at 1 of 2 points.")
        );
    }
}
