//! The answer in sentences.

use super::words::{amount, bearing, share, title};
use crate::study::{Bearing, Influence, Screening, Sensitivity, Shares};

/// A sentence for each thing that is looked at, and what it rests on.
pub(super) fn answer(found: &Sensitivity) -> Vec<String> {
    let mut lines: Vec<String> = found.influences.iter().map(|influence| sentence(found, influence)).collect();
    lines.push(basis(found));
    lines
}

fn sentence(found: &Sensitivity, influence: &Influence) -> String {
    let title = title(found, influence);
    let value = |value| amount(found, influence, value);
    let told = match (&influence.shares, &influence.screening) {
        (Some(shares), _) if shares.rows > 0 => by_shares(found, shares, &value),
        (_, Some(screening)) if screening.rows > 0 => by_steps(found, screening, &value),
        (None, None) => "nothing was finished".into(),
        _ => "it has no value in any place, so nothing can be said".into(),
    };
    format!("{title}: {told}.")
}

/// An amount of what is looked at.
type Value<'a> = &'a dyn Fn(f64) -> String;

fn by_shares(found: &Sensitivity, shares: &Shares, value: Value) -> String {
    let Some(inputs) = &shares.inputs else {
        return format!("{} everywhere, whatever the inputs and the seed are", value(shares.mean));
    };
    let mut order: Vec<usize> = (0..found.ranges.len()).collect();
    order.sort_by(|a, b| inputs[*b].total.value.total_cmp(&inputs[*a].total.value));
    let of = |which: Bearing| order.iter().copied().filter(move |at| inputs[*at].bearing == which);
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let mut parts = vec![];
    for at in &order {
        let (key, input) = (&found.ranges[*at].key, &inputs[*at]);
        parts.extend(match input.bearing {
            Bearing::Alone => Some(format!("{key} {} alone", percent(input.first.value))),
            Bearing::Both => {
                let (first, total) = (percent(input.first.value), percent(input.total.value));
                Some(format!("{key} {first} alone and {total} with others"))
            }
            Bearing::Through => Some(format!("{key} {} through others", percent(input.total.value))),
            _ => None,
        });
    }
    let told = match parts.as_slice() {
        [] => "no input is surely more than chance".into(),
        parts => format!("of its variance {}", parts.join(", ")),
    };
    let rest = rest(found, [Bearing::Little, Bearing::Noise, Bearing::None].map(|which| (which, of(which).collect())));
    let floor = shares.floor().map_or(0.0, |floor| floor.total.value);
    let (mean, deviation) = (value(shares.mean), value(shares.deviation));
    format!("{told}{rest}; another seed {} (mean {mean}, deviation {deviation})", share(floor))
}

fn by_steps(found: &Sensitivity, screening: &Screening, value: Value) -> String {
    let inputs = &screening.inputs;
    let mut order: Vec<usize> = (0..inputs.len()).collect();
    order.sort_by(|a, b| inputs[*b].mu_star.value.total_cmp(&inputs[*a].mu_star.value));
    let of = |which: &[Bearing]| -> Vec<usize> {
        order.iter().copied().filter(|at| which.contains(&inputs[*at].bearing)).collect()
    };
    let told = of(&[Bearing::Both, Bearing::Alone, Bearing::Through]);
    let moves: Vec<String> =
        told.iter().map(|at| format!("{} ({})", found.ranges[*at].key, value(inputs[*at].mu_star.value))).collect();
    let moves = match moves.as_slice() {
        [] => "no input surely moves it more than chance".into(),
        moves => format!("moved by {}", moves.join(", ")),
    };
    let rest = rest(found, [Bearing::Noise, Bearing::None].map(|which| (which, of(&[which]))));
    format!("{moves}{rest} (mean {})", value(screening.mean))
}

/// Inputs of which there is little to say.
fn rest<const N: usize>(found: &Sensitivity, lists: [(Bearing, Vec<usize>); N]) -> String {
    let told = |(which, inputs): (Bearing, Vec<usize>)| {
        let keys: Vec<&str> = inputs.iter().map(|at| found.ranges[*at].key.as_str()).collect();
        (!keys.is_empty()).then(|| format!("; {}: {}", bearing(which), keys.join(", ")))
    };
    lists.into_iter().filter_map(told).collect()
}

/// What all of it rests on.
fn basis(found: &Sensitivity) -> String {
    let first = found.influences.first();
    let rows = |of: Option<(usize, usize)>| of.map_or(0, |(rows, left_out)| rows + left_out);
    let places = rows(first.and_then(|it| it.screening.as_ref()).map(|of| (of.rows, of.left_out)));
    let pairs = rows(first.and_then(|it| it.shares.as_ref()).map(|of| (of.rows, of.left_out)));
    let [asked_places, asked_pairs] = found.asked;
    let seen = |seen: usize, asked: usize, what: &str| {
        let of = if seen < asked { format!(" of {asked}") } else { String::new() };
        (asked > 0).then(|| format!("{seen}{of} {what}"))
    };
    let parts =
        [seen(places, asked_places, "places with a step of each input"), seen(pairs, asked_pairs, "pairs of places")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let runs = if found.repetitions == 1 { String::new() } else { format!(", each point {} runs", found.repetitions) };
    let inputs = found.ranges.len();
    let cut = if found.is_cut_short() { "; ended early, the same command goes on" } else { "" };
    let inputs = if inputs == 1 { "1 input".into() } else { format!("{inputs} inputs") };
    format!("{inputs}, {}{runs}, seed {}{cut}.", parts.join(", "), found.seed)
}
