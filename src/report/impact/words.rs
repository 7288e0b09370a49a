//! Numbers and sentences that all forms of the report share.

use super::super::human;
use super::super::words::quoted;
use crate::results::Unit;
use crate::study::{Impact, ImpactLine, ImpactVerdict};

/// The value of the base, in its unit.
pub(super) fn base(line: &ImpactLine) -> String {
    line.base.map_or("-".into(), |value| in_unit(line, value))
}

/// That of the change; where it did not reach all that the base did, how much it
/// reached; and none where the worlds do not agree, as two means would say what the
/// range does not.
pub(super) fn changed(line: &ImpactLine) -> String {
    let change = line.change.map(|value| if line.range.is_some() { "-".into() } else { in_unit(line, value) });
    let reached = || format!("reached in {} of {}", line.included, line.included + line.excluded);
    let missed = line.base.map(|_| reached());
    change.or(missed).unwrap_or("-".into())
}

fn in_unit(line: &ImpactLine, value: f64) -> String {
    match line.metric.measure().unit {
        Unit::Seconds => human::seconds(value),
        Unit::Bytes => human::bytes(value),
        Unit::Share => format!("{:.1} %", value * 100.0),
        _ => per_byte(value),
    }
}

/// Bytes for each byte: four digits that say something.
pub(super) fn per_byte(value: f64) -> String {
    match value {
        0.0 => "0".into(),
        v if v < 0.001 => format!("{v:.3e}"),
        v if v < 1.0 => format!("{v:.5}"),
        v => format!("{v:.4}"),
    }
}

/// `-31.2 %`; of shares `+1.2 points`.
pub(super) fn change(line: &ImpactLine, effect: f64) -> String {
    if effect.is_infinite() {
        return "new".into();
    }
    let unit = if line.metric.is_difference() { "points" } else { "%" };
    format!("{} {unit}", human::signed_percent(effect, if effect.abs() < 9.995 { 1 } else { 0 }))
}

/// The change without interval, or the range over worlds that do not agree; and where
/// pairs are left out, how many remain: `-31.2 % (n = 159 of 192)`.
pub(super) fn short_change(line: &ImpactLine) -> String {
    let number = match line.range {
        Some(range) if range.high.is_infinite() => format!("{} .. without end", change(line, range.low)),
        Some(range) => format!("{} .. {}", change(line, range.low), change(line, range.high)),
        None => change(line, line.effect),
    };
    if line.is_reached() { number + &of_all(line, " (", ")") } else { "-".into() }
}

/// What remains where pairs are left out, between `before` and `after`.
fn of_all(line: &ImpactLine, before: &str, after: &str) -> String {
    let all = line.included + line.excluded;
    if line.excluded > 0 { format!("{before}n = {} of {all}{after}", line.included) } else { String::new() }
}

/// Ends of intervals beyond this, on both sides of zero, are printed as open.
const MOST: f64 = 10.0;

/// The change with its interval: `-31.2 % [-33.0 .. -29.4]`.
pub(super) fn change_with_interval(line: &ImpactLine) -> String {
    if !line.is_reached() || line.range.is_some() {
        return short_change(line) + if line.range.is_some() { " by world" } else { "" };
    }
    let number = |effect: f64| change(line, effect).split(' ').next().unwrap_or_default().to_owned();
    let interval = match line.interval {
        _ if line.effect.is_infinite() => String::new(),
        Some((low, high)) => {
            // So far out an end says no more than that there is none in reach.
            let is_open = |sign: f64, end: f64, other: f64| {
                [other, line.effect].map(|v| sign * v <= MOST) == [true; 2] && sign * end > MOST
            };
            let low_end = if is_open(-1.0, low, high) { format!("< {}", number(-MOST)) } else { number(low) };
            let high_end = if is_open(1.0, high, low) { format!("> {}", number(MOST)) } else { number(high) };
            format!(" [{low_end} .. {high_end}]")
        }
        None => " [open]".into(),
    };
    change(line, line.effect) + &interval + &of_all(line, ", ", "")
}

/// The word of the verdict. With `per_pair`, the real time of a pair in s, also how
/// long it would take to decide.
pub(super) fn verdict(line: &ImpactLine, per_pair: Option<f64>) -> String {
    match line.verdict {
        None => "not reached".into(),
        Some(ImpactVerdict::Undecided { more_pairs: Some(pairs) }) => {
            let time = per_pair.map(|time| format!(", about {}", human::seconds(time * pairs as f64)));
            format!("UNDECIDED (needs about {}{})", counted(pairs, "more pair"), time.unwrap_or_default())
        }
        Some(ImpactVerdict::Undecided { more_pairs: None }) => "UNDECIDED (cannot be told)".into(),
        Some(decided) => decided.word().into(),
    }
}

/// `1 pair`, `2 pairs`.
pub(super) fn counted(number: impl Into<u128>, what: &str) -> String {
    let number = number.into();
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// `95`, `2.5`: a share in percent, without needless digits.
pub(super) fn percent(share: f64) -> String {
    format!("{}", libm::round(share * 1e8) / 1e6)
}

/// The command that gives the same numbers.
pub(super) fn command(impact: &Impact) -> String {
    let request = &impact.request;
    let mut words = vec![format!(
        "codexsim impact --base {} --change {} --pack {}",
        quoted(&request.base.model),
        quoted(&request.change.model),
        quoted(&request.pack)
    )];
    let mut flag = |name: &str, values: &[String]| {
        words.extend(values.iter().map(|value| format!("{name} {}", quoted(value))));
    };
    flag("--base-set", &request.base.sets);
    flag("--change-set", &request.change.sets);
    let overlays: Vec<String> = request.common.overlays.iter().map(|path| path.display().to_string()).collect();
    flag("-p", &overlays);
    flag("--set", &request.common.sets);
    flag("--seed", &request.common.seed.map(|seed| seed.to_string()).into_iter().collect::<Vec<_>>());
    words.push(format!(
        "--confidence {}% --margin {}% --max-pairs {} --budget 1d",
        percent(request.confidence),
        percent(request.margin),
        request.max_pairs
    ));
    words.join(" ")
}

/// Where the command does not give the same numbers, what it does.
pub(super) fn caution(impact: &Impact) -> Option<String> {
    let words = || {
        format!(
            "This was ended at {}. The command goes on, to {} at the most, and then gives other numbers.",
            counted(impact.pairs as u128, "pair"),
            impact.request.max_pairs
        )
    };
    impact.is_cut_short().then(words)
}

/// How the quantities are to be read.
pub(super) const QUANTITIES: [&str; 2] = [
    "Times are of each leecher's download from its own start; a download that does not end is longer than all \
     others. Unfinished downloads: leechers that do not hold everything at the end. Times, efficiency and peak queue \
     are geometric means over worlds and pairs, so that every world counts alike; unfinished downloads are plain \
     means; bytes are sums over worlds.",
    "Bytes are for each byte of a file that was stored in any of the worlds. Seeder share: bytes that seeders sent for \
     each byte stored. Efficiency: lower bound over makespan. Peak queue: bytes handed to the network and not yet \
     arrived, the largest of all nodes.",
];

/// What the verdicts mean; nothing where there are none.
pub(super) fn verdicts(impact: &Impact) -> Vec<String> {
    if !impact.is_exercised() {
        return vec![];
    }
    let margin = percent(impact.request.margin);
    let part = percent(impact.request.margin / 200.0);
    vec![
        "A side FAILS in a world where its downloads do not all end and those of the other do, or surely more of its \
         downloads do not end; then no time is called better. NOT EXERCISED: the same happened on both sides, event by \
         event. DIFFERS BY WORLD: more in some worlds and less in others; then there is a range over worlds (in which \
         at least half of the pairs have a value), and no number of all together. n: pairs in a world with a value on both sides, where some have none; numbers of the \
         base are over all of its own."
            .into(),
        format!(
            "LESS and MORE: the change is not zero and beyond {margin} %. NO PRACTICAL CHANGE: it is within {margin} % \
             (unfinished downloads: {margin} points; a class of bytes: {margin} % of it and {part} % of all bytes on the \
             wire). In brackets the interval at the level of each verdict, corrected for the number of quantities and looks."
        ),
    ]
}

/// What each world is.
pub(super) fn worlds(impact: &Impact) -> Vec<String> {
    let lines = impact.worlds.iter().filter(|world| world.name != world.settings);
    lines.map(|world| format!("{}: {}", world.name, world.settings)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::impact;
    use super::*;

    #[test]
    fn ends_out_of_reach_are_open() {
        let told =
            |interval| change_with_interval(&ImpactLine { interval: Some(interval), ..impact().whole[1].clone() });
        assert_eq!(told((-0.1, 9.9)), "+10.0 % [-10.0 .. +990.0]");
        assert_eq!(told((-0.1, 10.5)), "+10.0 % [-10.0 .. > +1000]");
        assert_eq!(told((-2e6, 3e9)), "+10.0 % [< -1000 .. > +1000]");
        assert_eq!(told((30.0, 50.0)), "+10.0 % [+3000 .. +5000]", "where all is large it is told");
        let large = ImpactLine { effect: 14.0, interval: Some((9.0, 21.0)), ..impact().whole[1].clone() };
        assert_eq!(change_with_interval(&large), "+1400 % [+900.0 .. +2100]", "also where the change itself is");
    }
}
