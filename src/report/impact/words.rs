//! Numbers and sentences that all forms of the report share.

use super::super::human;
use super::super::words::quoted;
use crate::study::{Impact, ImpactLine as Line, ImpactUnit, ImpactVerdict, ImpactWorld};

/// A value of a quantity, in its unit.
pub(super) fn value(line: &Line, value: f64) -> String {
    match line.metric.unit() {
        _ if line.verdict.is_none() => "-".into(),
        ImpactUnit::Seconds => human::seconds(value),
        ImpactUnit::Bytes => human::bytes(value),
        ImpactUnit::PerByte => per_byte(value),
        ImpactUnit::Share => format!("{:.1} %", value * 100.0),
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
pub(super) fn change(line: &Line, effect: f64) -> String {
    if effect.is_infinite() {
        return "new".into();
    }
    let digits = if effect.abs() < 9.995 { 1 } else { 0 };
    // What is rounded to nothing has no sign.
    let percent = libm::round(effect * 1000.0) / 10.0 + 0.0;
    let sign = if percent > 0.0 { "+" } else { "" };
    let unit = if line.metric.is_difference() { "points" } else { "%" };
    format!("{sign}{percent:.digits$} {unit}")
}

/// Ends of intervals beyond this, on both sides of zero, are printed as open.
const MOST: f64 = 10.0;

/// The change with its interval: `-31.2 % [-33.0 .. -29.4]`.
pub(super) fn change_with_interval(line: &Line) -> String {
    if line.verdict.is_none() {
        return "-".into();
    }
    let number = |effect: f64| change(line, effect).split(' ').next().unwrap_or_default().to_owned();
    let interval = match line.interval {
        _ if line.effect.is_infinite() => String::new(),
        Some((low, high)) => {
            // So far out an end says no more than that there is none in reach.
            let low_end = if low < -MOST && high >= -MOST { format!("< {}", number(-MOST)) } else { number(low) };
            let high_end = if high > MOST && low <= MOST { format!("> {}", number(MOST)) } else { number(high) };
            format!(" [{low_end} .. {high_end}]")
        }
        None => " [open]".into(),
    };
    change(line, line.effect) + &interval
}

/// The word of the verdict. With `per_pair`, the real time of a pair in s, also how
/// long it would take to decide.
pub(super) fn verdict(line: &Line, per_pair: Option<f64>) -> String {
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
fn counted(number: impl Into<u128>, what: &str) -> String {
    let number = number.into();
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// What is compared where, in a few words.
pub(super) fn title(impact: &Impact) -> String {
    format!("{} against {}", impact.names[1], impact.names[0])
}

/// The answer in a sentence.
pub(super) fn answer(impact: &Impact) -> String {
    let told = |wanted: &dyn Fn(&Line) -> bool, numbers: bool| {
        let lines = impact.whole.iter().filter(|line| wanted(line));
        let words = lines.map(|line| match numbers {
            true => format!("{} {}", line.metric.title(), change(line, line.effect)),
            false => line.metric.title().into(),
        });
        words.collect::<Vec<String>>().join(", ")
    };
    let is = |word: &'static str| move |line: &Line| line.verdict.is_some_and(|verdict| verdict.word() == word);
    let groups = [
        ("better: ", told(&Line::is_better, true)),
        ("worse: ", told(&Line::is_worse, true)),
        ("no practical change: ", told(&is("NO PRACTICAL CHANGE"), false)),
        ("undecided: ", told(&is("UNDECIDED"), false)),
        ("not reached: ", told(&|line| line.verdict.is_none(), false)),
    ];
    let groups = groups.iter().filter(|(_, words)| !words.is_empty());
    let words: Vec<String> = groups.map(|(heading, words)| format!("{heading}{words}")).collect();
    format!("{}: {}.", title(impact), words.join("; "))
}

/// Single worlds in which something is surely worse that is not so on the whole.
fn exceptions(impact: &Impact) -> Option<String> {
    let of_world = |(world, lines): (&ImpactWorld, &Vec<Line>)| {
        let here = lines.iter().zip(&impact.whole).filter(|(here, whole)| here.is_worse() && !whole.is_worse());
        let words: Vec<String> =
            here.map(|(line, _)| format!("{} {}", line.metric.title(), change(line, line.effect))).collect();
        (!words.is_empty()).then(|| format!("{} ({})", world.name, words.join(", ")))
    };
    let words: Vec<String> = impact.worlds.iter().zip(&impact.by_world).filter_map(of_world).collect();
    (!words.is_empty()).then(|| format!("Worse in single worlds: {}.", words.join("; ")))
}

/// The answer, and where it does not hold.
pub(super) fn summary(impact: &Impact) -> Vec<String> {
    std::iter::once(answer(impact)).chain(exceptions(impact)).chain([extent(impact)]).collect()
}

/// Worlds, pairs and seeds.
fn extent(impact: &Impact) -> String {
    let failed: usize = impact.whole.iter().map(|line| line.excluded).min().unwrap_or(0);
    let failed = if failed > 0 { format!(", {failed} of them failed") } else { String::new() };
    format!(
        "{} of runs in {} of the pack {} (seeds from {}){failed}; verdicts at {} %, margin {} %.",
        counted(impact.pairs as u128, "pair"),
        if impact.worlds.len() == 1 { "the world".into() } else { format!("each of {} worlds", impact.worlds.len()) },
        impact.request.pack,
        impact.seed,
        percent(impact.request.confidence),
        percent(impact.request.margin),
    )
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

/// How the numbers are to be read.
pub(super) fn legend(impact: &Impact) -> Vec<String> {
    let margin = percent(impact.request.margin);
    let part = percent(impact.request.margin / 200.0);
    vec![
        format!(
            "LESS and MORE: the change is not zero and beyond {margin} %. NO PRACTICAL CHANGE: it is within {margin} % \
             (unfinished downloads: {margin} points; a class of bytes: {margin} % of it and {part} % of all bytes on the \
             wire). In brackets the interval at the level of each verdict, corrected for the number of quantities and looks."
        ),
        "Times are of each leecher's download from its own start; a download that does not end is longer than all \
         others. Times, efficiency and peak queue are geometric means over worlds and pairs, so that every world counts \
         alike; bytes and unfinished downloads are plain means."
            .into(),
        "Bytes are for each byte of the file that was stored. Seeder share: bytes that seeders sent for each byte \
         stored. Efficiency: lower bound over makespan. Peak queue: bytes handed to the network and not yet arrived, \
         the largest of all nodes."
            .into(),
    ]
}

/// Quantities that some runs did not reach.
pub(super) fn unreached(impact: &Impact) -> Vec<String> {
    let all = impact.pairs * impact.worlds.len();
    let lines = impact.whole.iter().filter(|line| line.excluded > 0);
    lines
        .map(|line| {
            let title = line.metric.title();
            let (of, are) = (counted(all as u128, "pair"), if line.excluded == 1 { "is" } else { "are" });
            format!("{title}: {} of {of} of runs did not reach it and {are} left out.", line.excluded)
        })
        .collect()
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
        let told = |interval| change_with_interval(&Line { interval: Some(interval), ..impact().whole[1].clone() });
        assert_eq!(told((-0.1, 9.9)), "+10.0 % [-10.0 .. +990.0]");
        assert_eq!(told((-0.1, 10.5)), "+10.0 % [-10.0 .. > +1000]");
        assert_eq!(told((-2e6, 3e9)), "+10.0 % [< -1000 .. > +1000]");
        assert_eq!(told((30.0, 50.0)), "+10.0 % [+3000 .. +5000]", "where all is large it is told");
    }

    #[test]
    fn one_is_no_plural() {
        let mut one = impact();
        one.worlds.truncate(1);
        (one.pairs, one.whole[3].excluded) = (1, 1);
        assert!(extent(&one).starts_with("1 pair of runs in the world of the pack quick"), "{}", extent(&one));
        assert_eq!(unreached(&one), ["makespan: 1 of 1 pair of runs did not reach it and is left out."]);
        assert!(extent(&impact()).starts_with("8 pairs of runs in each of 2 worlds of"), "{}", extent(&impact()));
    }
}
