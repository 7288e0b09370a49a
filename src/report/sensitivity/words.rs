//! Numbers and sentences that all forms of the report share.

use super::super::human;
use super::super::words::rate;
use crate::results::Unit;
use crate::study::{Bearing, Estimate, Influence, Sensitivity, Shares};

/// What is looked at.
pub(super) fn title(found: &Sensitivity, influence: &Influence) -> String {
    let title = &influence.measure.title;
    match (influence.of_emptiness, found.of_logarithms) {
        (true, _) => format!("Runs without {title}"),
        (false, true) => format!("Logarithm of {title}"),
        (false, false) => title.clone(),
    }
}

/// A bearing in words.
pub(super) const fn bearing(found: Bearing) -> &'static str {
    match found {
        Bearing::Both => "matters alone and through others",
        Bearing::Alone => "matters alone",
        Bearing::Through => "matters through others",
        Bearing::Little => "matters little",
        Bearing::Noise => "not told from noise",
        Bearing::None => "no effect",
    }
}

/// The same of steps, which do not tell what depends on others from what is no straight line.
pub(super) const fn stepped(found: Bearing) -> &'static str {
    match found {
        Bearing::Both => "matters, more in some places",
        Bearing::Alone => "matters alike everywhere",
        Bearing::Through => "matters, up or down by place",
        _ => bearing(found),
    }
}

/// A share of the variance.
pub(super) fn share(value: f64) -> String {
    // What is rounded to nothing has no sign.
    format!("{:.2}", value + 0.0).replace("-0.00", "0.00")
}

/// A share with its interval.
pub(super) fn share_within(estimate: Estimate) -> String {
    within(estimate, share)
}

/// A value with its interval.
pub(super) fn within(estimate: Estimate, show: impl Fn(f64) -> String) -> String {
    let ends = estimate.interval.map(|(low, high)| format!(" ({} .. {})", show(low), show(high)));
    show(estimate.value) + &ends.unwrap_or_default()
}

/// An amount of what is looked at, in its unit, with a sign where it is below zero.
pub(super) fn amount(found: &Sensitivity, influence: &Influence, value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "" };
    let size = value.abs();
    let text = match influence.measure.unit {
        _ if size == 0.0 => "0".into(),
        _ if influence.of_emptiness => percent(size),
        _ if found.of_logarithms => plain(size),
        Unit::Seconds => human::seconds(size),
        Unit::Bytes => human::bytes(size),
        Unit::BitsPerSecond => rate(size),
        Unit::Share => percent(size),
        _ => plain(size),
    };
    format!("{sign}{text}")
}

fn percent(share: f64) -> String {
    if share < 9.995e-4 { format!("{share:.2e}") } else { format!("{:.1} %", share * 100.0) }
}

/// Three digits that say something.
fn plain(value: f64) -> String {
    match value {
        v if !(1e-3..1e6).contains(&v) => format!("{v:.2e}"),
        v if v < 0.9995 => format!("{v:.4}"),
        v if v < 9.995 => format!("{v:.2}"),
        v if v < 99.95 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

/// Intervals of shares beyond this say little.
const WIDE: f64 = 0.4;

/// The width of the widest interval of all inputs.
fn widest(shares: &Shares) -> Option<f64> {
    let all = shares.inputs.as_ref()?.iter().flat_map(|input| [input.first, input.total]);
    all.filter_map(|estimate| estimate.interval).map(|(low, high)| high - low).reduce(f64::max)
}

/// What puts the numbers of a measure in doubt.
pub(super) fn doubts(influence: &Influence) -> Vec<String> {
    let Influence { measure, of_emptiness, screening, shares } = influence;
    let places = screening.as_ref().map(|found| ("places", found.rows, found.left_out));
    let pairs = shares.as_ref().map(|found| ("pairs of places", found.rows, found.left_out));
    let doubt = |(what, rows, left_out): (&str, usize, usize)| {
        let all = rows + left_out;
        let cause = match of_emptiness {
            true => "a run failed".into(),
            false => format!("a run failed or has no {}", measure.title),
        };
        (left_out > 0).then(|| {
            format!(
                "Around {left_out} of {all} {what} {cause}: they are left out, and the numbers here are of the other {rows} \
                 alone, which are no even sample of the ranges."
            )
        })
    };
    let wide = shares.as_ref().and_then(widest).filter(|width| *width > WIDE);
    let wide = wide.map(|width| {
        format!(
            "A share has an interval {width:.1} wide: a few places decide most of the variance. More --points, or --log where \
             the measure changes by factors, tell more."
        )
    });
    [pairs, places].into_iter().flatten().filter_map(doubt).chain(wide).collect()
}

/// How it was found, and what the numbers mean.
pub(super) fn method(found: &Sensitivity) -> Vec<String> {
    let [places, pairs] = found.asked;
    let mut list = vec![match found.repetitions {
        1 => "Each point is one run; around a place all points have the same seed.".to_owned(),
        runs => format!("Each point is the mean of {runs} runs; around a place all points have the same seeds."),
    }];
    if pairs > 0 {
        list.push(
            "By itself: the share of the variance that would be gone, on average, were the input known. With all others: the \
             share that is left, on average, were all others known. Jansen's estimators with the variance of the same \
             pairs: an input without effect is exactly 0."
                .into(),
        );
        list.push(
            "Another seed is an input like the others; its share with all others is the noise floor. An input that only stirs \
             chance has no larger one."
                .into(),
        );
    }
    if places > 0 {
        list.push(
            "mu*: mean amount of what one step of the input changes, over the length of the step (half to three quarters of \
             the range; 1 for a choice); mu: the mean with its signs; sigma: the deviation of these. The floor is what \
             another seed changes in place of the step."
                .into(),
        );
    }
    list.push(
        "Intervals are of 95 %, by 2000 resamples of places. Words are said where they hold for all inputs of a list together \
         with 95 %; what is not told from noise may still matter a little."
            .into(),
    );
    list.push(
        "Ranges are even (in the logarithm where they say log), and inputs independent: other ranges, other shares."
            .into(),
    );
    list
}
