//! The answer in sentences, the worlds first.

use super::words::{change, counted, percent, short_change};
use crate::study::{Elsewhere, Impact, ImpactLine, ImpactMetric, ImpactVerdict, ImpactWorld, Party, Stand};

/// What is compared where, in a few words.
pub(super) fn title(impact: &Impact) -> String {
    format!("{} against {}", impact.names[1], impact.names[0])
}

/// The answer, and where it does not hold.
pub(super) fn summary(impact: &Impact) -> Vec<String> {
    let known = || {
        let failures = impact.each_world().filter_map(|(world, lines, standing)| {
            standing.fails.map(|party| failure(world, lines, party, standing.incomplete, standing.pairs))
        });
        failures.chain([together(impact)]).chain(exceptions(impact)).collect()
    };
    let rest: Vec<String> = impact.elsewhere.as_ref().map_or_else(known, |elsewhere| vec![where_it_acts(elsewhere)]);
    std::iter::once(answer(impact)).chain(rest).chain([extent(impact)]).collect()
}

/// The worlds in which one side fails, then those in which the change is better, worse
/// or neither.
pub(super) fn answer(impact: &Impact) -> String {
    if !impact.is_exercised() {
        let runs: usize = impact.standings.iter().map(|standing| standing.pairs).sum();
        return format!(
            "{}: NOT EXERCISED: {} of runs are equal to the byte, so nothing is known of the change.",
            title(impact),
            if runs == 1 { "the 1 pair".into() } else { format!("all {runs} pairs") },
        );
    }
    let worlds: Vec<_> = impact.stands(impact.by()).collect();
    let named = |stand: Stand, with_numbers: bool| {
        let found = worlds.iter().filter(|(.., other)| *other == stand);
        let name = |(world, line, _): &(&ImpactWorld, &ImpactLine, Stand)| match with_numbers {
            true => format!("{} {}", world.name, short_change(line)),
            false => world.name.clone(),
        };
        found.map(name).collect::<Vec<String>>()
    };
    let failing = |party: Party| named(Stand::Fails(party), false).join(", ");
    let fails = [
        Some(failing(Party::Change)).filter(|names| !names.is_empty()).map(|names| format!("FAILS in {names}; ")),
        Some(failing(Party::Base))
            .filter(|names| !names.is_empty())
            .map(|names| format!("the base FAILS in {names}; ")),
    ];
    // How many are better and worse is always said.
    let groups = [
        ("better in", Stand::Better, true, true),
        ("worse in", Stand::Worse, true, true),
        ("no practical change in", Stand::Same, false, false),
        ("undecided in", Stand::Undecided, false, false),
        ("not exercised in", Stand::NotExercised, false, false),
        ("not reached in", Stand::NotReached, false, false),
    ];
    let told = groups.into_iter().filter_map(|(words, stand, always, with_numbers)| {
        let names = named(stand, with_numbers);
        let list = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
        (always || !names.is_empty()).then(|| format!("{words} {}{list}", names.len()))
    });
    format!(
        "{}: {}of {} {}, by {}.",
        title(impact),
        fails.into_iter().flatten().collect::<String>(),
        counted(worlds.len() as u128, "world"),
        told.collect::<Vec<_>>().join(", "),
        impact.by().title(),
    )
}

/// How a side fails in a world.
fn failure(world: &ImpactWorld, lines: &[ImpactLine], party: Party, incomplete: [usize; 2], pairs: usize) -> String {
    let [base, change_] = incomplete;
    let (who, whose, other, others) = match party {
        Party::Base => ("the base", base, "the change", change_),
        Party::Change => ("the change", change_, "the base", base),
    };
    let unfinished = lines.iter().find(|line| line.metric == ImpactMetric::Unfinished && line.is_reached());
    let unfinished = unfinished.map(|line| format!(" ({} {})", line.metric.title(), change(line, line.effect)));
    format!(
        "FAILS in {}: {who} does not complete in {whose} of {}, {other} in {others}{}; so no time is called better.",
        world.name,
        counted(pairs as u128, "pair"),
        unfinished.unwrap_or_default()
    )
}

/// The quantities of all worlds together.
fn together(impact: &Impact) -> String {
    let told = |wanted: &dyn Fn(&ImpactLine) -> bool, numbers: bool| {
        let lines = impact.whole.iter().filter(|line| wanted(line));
        let words = lines.map(|line| match numbers {
            true => format!("{} {}", line.metric.title(), short_change(line)),
            false => line.metric.title().into(),
        });
        words.collect::<Vec<String>>().join(", ")
    };
    let is = |word: &'static str| move |line: &ImpactLine| line.verdict.is_some_and(|verdict| verdict.word() == word);
    let groups = [
        ("worse: ", told(&ImpactLine::is_worse, true)),
        ("better: ", told(&ImpactLine::is_better, true)),
        ("FAILS: ", told(&is(ImpactVerdict::Fails.word()), false)),
        ("differ by world: ", told(&is(ImpactVerdict::Mixed.word()), true)),
        ("no practical change: ", told(&is(ImpactVerdict::NoPracticalChange.word()), false)),
        ("undecided: ", told(&is("UNDECIDED"), false)),
        ("not reached: ", told(&|line| line.verdict.is_none(), false)),
    ];
    let groups = groups.iter().filter(|(_, words)| !words.is_empty());
    let words: Vec<String> = groups.map(|(heading, words)| format!("{heading}{words}")).collect();
    format!("All worlds together: {}.", words.join("; "))
}

/// Single worlds in which something besides [`Impact::by`] is surely worse that is not so in
/// all together.
fn exceptions(impact: &Impact) -> Option<String> {
    let words = impact.each_world().filter_map(|(world, lines, _)| {
        let here = impact.worse_here(lines).into_iter().filter(|line| line.metric != impact.by());
        let words: Vec<String> = here.map(|line| format!("{} {}", line.metric.title(), short_change(line))).collect();
        (!words.is_empty()).then(|| format!("{} ({})", world.name, words.join(", ")))
    });
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| format!("Worse in single worlds: {}.", words.join("; ")))
}

/// All that speaks against the change, a line for each: worlds in which it fails, and
/// what is surely worse in all worlds together or in one.
pub fn worse(impact: &Impact) -> Vec<String> {
    let fails = impact.each_world().filter(|(.., standing)| standing.fails == Some(Party::Change));
    let fails = fails.map(|(world, ..)| format!("FAILS in {}", world.name));
    let together = impact.worse().into_iter().map(|line| line.metric.title().to_owned());
    let single = impact.each_world().flat_map(|(world, lines, _)| {
        let here = impact.worse_here(lines).into_iter();
        here.map(|line| format!("{} in {}", line.metric.title(), world.name))
    });
    fails.chain(together).chain(single).collect()
}

/// Where a change that did nothing does something.
fn where_it_acts(elsewhere: &Elsewhere) -> String {
    match elsewhere {
        Elsewhere::Same => "Base and change are the same: both sides have the same settings.".into(),
        Elsewhere::World { pack, world } => {
            format!("The pack {pack} does exercise it (in its world {world}): the same command with --pack {pack}.")
        }
        Elsewhere::Nowhere { of: 0, .. } => "No other pack can be tried, as these vary what is set here.".into(),
        Elsewhere::Nowhere { tried, of } => format!(
            "A pair of runs was equal too in each of {} of other packs: take a pack of worlds in which it matters, or \
             see with `codexsim doctor` whether the setting does anything.",
            if tried == of { format!("the {of} worlds") } else { format!("{tried} of the {of} worlds") }
        ),
        Elsewhere::Unknown => "Time was up before a pack was found that does exercise it.".into(),
    }
}

/// Worlds, pairs and seeds.
pub(super) fn extent(impact: &Impact) -> String {
    let failed: usize = impact.standings.iter().map(|standing| impact.pairs - standing.pairs).sum();
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

#[cfg(test)]
mod tests {
    use super::super::sample::{breaking, impact, not_exercised, one_world};
    use super::*;

    #[test]
    fn worlds_come_first_and_pooled_figures_later() {
        let lines = summary(&impact());
        assert_eq!(
            lines[0],
            "new <a> against base: of 2 worlds better in 2 (near -25.0 %, far | away -25.0 %), worse in 0, by median t100."
        );
        assert!(lines[1].starts_with("All worlds together: worse: efficiency -25.0 %, unfinished"), "{}", lines[1]);
        assert!(
            lines[1].contains("better: median t100 -25.0 %; ") && lines[1].contains("undecided: p95 t100, first byte")
        );
        assert!(lines[1].contains("not reached: makespan"), "{}", lines[1]);
        assert_eq!(lines[2..], [extent(&impact())]);
    }

    /// What does not complete is named before anything else, and no time is praised.
    #[test]
    fn what_fails_comes_first() {
        let lines = summary(&breaking());
        assert_eq!(
            lines[0],
            "new <a> against base: FAILS in far | away; of 2 worlds better in 1 (near -25.0 %), worse in 0, by median t100."
        );
        assert_eq!(
            lines[1],
            "FAILS in far | away: the change does not complete in 7 of 8 pairs, the base in 0 (unfinished downloads \
             +1.5 points); so no time is called better."
        );
        assert!(lines[2].contains("; FAILS: median t100, makespan;") && !lines[2].contains("better:"), "{}", lines[2]);
        assert_eq!(worse(&breaking())[..2], ["FAILS in far | away", "efficiency"]);
        assert!(lines[2].contains("differ by world: peak queue of a node -3.0 % .. +40.0 %"), "{}", lines[2]);
    }

    #[test]
    fn what_was_not_exercised_is_no_change_of_nothing() {
        let lines = summary(&not_exercised(Elsewhere::World { pack: "rfc".into(), world: "home".into() }));
        assert_eq!(
            lines[0],
            "new <a> against base: NOT EXERCISED: all 16 pairs of runs are equal to the byte, so nothing is known of the \
             change."
        );
        assert_eq!(lines[1], "The pack rfc does exercise it (in its world home): the same command with --pack rfc.");
        assert_eq!(lines.len(), 3);
        assert!(summary(&not_exercised(Elsewhere::Same))[1].starts_with("Base and change are the same"));
        let nowhere = summary(&not_exercised(Elsewhere::Nowhere { tried: 5, of: 31 }));
        assert!(nowhere[1].contains("in each of 5 of the 31 worlds of other packs"), "{}", nowhere[1]);
    }

    #[test]
    fn one_is_no_plural() {
        let one = one_world();
        assert!(extent(&one).starts_with("1 pair of runs in the world of the pack quick"), "{}", extent(&one));
        assert!(answer(&one).contains(": of 1 world better in 1 (near"), "{}", answer(&one));
        assert!(extent(&impact()).starts_with("8 pairs of runs in each of 2 worlds of"), "{}", extent(&impact()));
    }
}
