//! From measured runs to cells: runs of the same testbed under the same
//! conditions, and what a cell is called.

use crate::results::{CONDITION_NUMBERS, CONDITION_WORDS, MeasuredRun, NodeFigures};
use crate::scenario::Testbed;
use crate::units::{Bytes, Rate, Time};
use std::collections::{BTreeMap, BTreeSet};

/// Columns and their values.
pub(super) type ColumnValues = BTreeMap<&'static str, String>;

/// Mean distances of starts below this are no pattern but how long it takes to
/// start everybody.
const TOGETHER_S: f64 = 0.5;

/// Runs that are repetitions of each other.
#[derive(Debug, Clone)]
pub(super) struct Group<'a> {
    /// Index of the testbed; nothing when the runs come from an unknown one.
    pub(super) testbed: Option<usize>,
    pub(super) conditions: ColumnValues,
    pub(super) name: String,
    pub(super) runs: Vec<&'a MeasuredRun>,
    /// The different ways in which the leechers of these runs started: sorted, in
    /// seconds from the first.
    pub(super) starts: Vec<Vec<f64>>,
    /// Nodes that went, by their number in a simulated run, where seeders come first
    /// and then leechers in order of their starts: when, and when they came back.
    pub(super) absences: Vec<(usize, f64, Option<f64>)>,
    /// What was different in these runs: words of their tag.
    pub(super) variants: Vec<String>,
}

/// Groups `runs` into cells, by testbed and then by conditions.
pub(super) fn groups<'a>(runs: &'a [MeasuredRun], testbeds: &[Testbed]) -> Vec<Group<'a>> {
    let mut cells: BTreeMap<CellKey, Vec<&MeasuredRun>> = BTreeMap::new();
    for run in runs {
        cells.entry(key(run, testbeds)).or_default().push(run);
    }
    let keys: Vec<CellKey> = cells.keys().cloned().collect();
    let name = |key: &CellKey| {
        let same = keys.iter().filter(|other| other.testbed == key.testbed).collect::<Vec<_>>();
        name(key, &same, testbeds.get(key.testbed))
    };
    cells
        .into_iter()
        .map(|(key, runs)| Group {
            name: name(&key),
            testbed: (key.testbed < testbeds.len()).then_some(key.testbed),
            starts: all_starts(&runs),
            conditions: runs[0].conditions.clone(),
            absences: absences(&runs[0].nodes),
            variants: key.variants.clone(),
            runs,
        })
        .collect()
}

/// What makes runs repetitions of each other, in the order of cells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct CellKey {
    /// One past the last when unknown.
    testbed: usize,
    /// Numbers as bits: of positive numbers these are in the same order.
    numbers: Vec<(&'static str, u64)>,
    words: Vec<(&'static str, String)>,
    /// Mean distance of the starts in milliseconds, to one digit; 0 together.
    pattern_ms: u64,
    /// Who went when and came back when, in tenths of a second.
    absences: Vec<(usize, u64, Option<u64>)>,
    variants: Vec<String>,
}

fn key(run: &MeasuredRun, testbeds: &[Testbed]) -> CellKey {
    let value = |column: &str| run.conditions.get(column).map(String::as_str);
    let fitting = testbeds.iter().enumerate().filter(|(_, testbed)| testbed.rows.hold(value));
    // The most special one; of several the first.
    let testbed =
        fitting.max_by_key(|(i, t)| (t.rows.count(), std::cmp::Reverse(*i))).map_or(testbeds.len(), |(i, _)| i);
    let unknown = testbed == testbeds.len();
    let bed = testbeds.get(testbed);
    // The testbed stands for system and method, and for the commit where it knows one
    // only; of version and tag the words count that it knows.
    let one_version = bed.is_some_and(|bed| bed.versions.is_empty());
    let says = |column: &&&str| match **column {
        "system" | "method" => unknown,
        "commit" => !one_version,
        "version" | "tag" => unknown,
        _ => true,
    };
    let words = CONDITION_WORDS.iter().filter(says);
    let words_of = |column| value(column).into_iter().flat_map(|text| text.split('-'));
    let told = words_of("version").chain(words_of("tag"));
    let variants = told.filter(|word| bed.is_some_and(|bed| bed.variant(word).is_some())).map(str::to_owned);
    let tenths = |seconds: f64| libm::round(seconds * 10.0) as u64;
    let absences = absences(&run.nodes).into_iter().map(|(node, from, to)| (node, tenths(from), to.map(tenths)));
    let number = |column: &&'static str| Some((*column, value(column)?.parse::<f64>().ok()?.to_bits()));
    CellKey {
        testbed,
        numbers: CONDITION_NUMBERS.iter().filter_map(number).collect(),
        words: words.filter_map(|column| Some((*column, value(column)?.to_owned()))).collect(),
        pattern_ms: pattern_ms(&starts(&run.nodes)),
        absences: absences.collect(),
        variants: variants.collect(),
    }
}

/// Who went and came back, from the first start; see [`Group::absences`].
fn absences(nodes: &[NodeFigures]) -> Vec<(usize, f64, Option<f64>)> {
    let mut order: Vec<&NodeFigures> = nodes.iter().collect();
    let rank = |node: &NodeFigures| if node.leecher { node.start_s.unwrap_or(0.0) } else { f64::NEG_INFINITY };
    order.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
    let leechers = nodes.iter().filter(|node| node.leecher).map(|node| node.start_s.unwrap_or(0.0));
    let first = leechers.min_by(f64::total_cmp).unwrap_or(0.0);
    let gone = |(number, node): (usize, &&NodeFigures)| {
        Some((number, node.leave_s? - first, node.return_s.map(|to| to - first)))
    };
    order.iter().enumerate().filter_map(gone).collect()
}

/// Starts of the leechers, sorted, from the first.
fn starts(nodes: &[NodeFigures]) -> Vec<f64> {
    let mut starts: Vec<f64> = nodes.iter().filter(|n| n.leecher).map(|n| n.start_s.unwrap_or(0.0)).collect();
    starts.sort_by(f64::total_cmp);
    let first = starts.first().copied().unwrap_or(0.0);
    starts.into_iter().map(|start| start - first).collect()
}

fn pattern_ms(starts: &[f64]) -> u64 {
    let gaps = starts.len().saturating_sub(1).max(1) as f64;
    let gap = starts.last().copied().unwrap_or(0.0) / gaps;
    if gap < TOGETHER_S {
        return 0;
    }
    let mut digit = (gap * 1e3) as u64;
    let mut scale = 1;
    while digit >= 100 {
        (digit, scale) = (digit / 10, scale * 10);
    }
    (digit + 5) / 10 * 10 * scale
}

/// Each run's own starts, not their mean: milliseconds decide which leecher is
/// served first, and a mean is a start that no run had.
fn all_starts(runs: &[&MeasuredRun]) -> Vec<Vec<f64>> {
    let mut all: Vec<Vec<f64>> = Vec::new();
    for starts in runs.iter().map(|run| starts(&run.nodes)) {
        if !all.contains(&starts) {
            all.push(starts);
        }
    }
    all
}

/// `8-1 10 MiB 10 Mbit/s`, and what else differs among the cells of the testbed.
fn name(key: &CellKey, all: &[&CellKey], testbed: Option<&Testbed>) -> String {
    let number = |key: &CellKey, column: &str| {
        key.numbers.iter().find(|(c, _)| *c == column).map(|(_, bits)| f64::from_bits(*bits))
    };
    let word = |key: &CellKey, column: &str| key.words.iter().find(|(c, _)| *c == column).map(|(_, w)| w.clone());
    let of = |column: &str| number(key, column);
    let varies = |column: &str| {
        let values: BTreeSet<_> =
            all.iter().map(|key| (number(key, column).map(f64::to_bits), word(key, column))).collect();
        values.len() > 1
    };
    let bytes = |value: f64| Bytes(value as u64).to_string();
    let rate = |value: f64| Rate(value as u64).to_string();
    let mut parts = vec![format!("{}-{}", of("nodes").unwrap_or(0.0), of("seeders").unwrap_or(0.0))];
    parts.extend(of("file_bytes").map(bytes));
    match (of("up_bps"), of("down_bps")) {
        (Some(up), Some(down)) if up != down => parts.push(format!("{} up {} down", rate(up), rate(down))),
        (up, _) => parts.extend(up.map(rate)),
    }
    parts.extend(of("latency_s").filter(|_| varies("latency_s")).map(|s| Time::from_secs_f64(s).to_string()));
    let pieces = |column, what: &str| of(column).filter(|_| varies(column)).map(|v| format!("{what} {}", bytes(v)));
    parts.extend(pieces("piece_bytes", "pieces"));
    parts.extend(pieces("block_bytes", "blocks"));
    parts.extend(of("slots").filter(|_| varies("slots")).map(|slots| format!("{slots} slots")));
    for column in CONDITION_WORDS {
        let said = word(key, column).filter(|_| varies(column));
        let model = |commit: String| testbed.map_or(commit.clone(), |bed| bed.protocol_of(&commit).to_owned());
        parts.extend(if column == "commit" { said.map(model) } else { said });
    }
    parts.extend(key.variants.iter().cloned());
    if key.pattern_ms > 0 {
        parts.push(format!("every {}", Time::from_millis(key.pattern_ms)));
    }
    for (node, from, to) in &key.absences {
        let at = |tenths: u64| Time::from_millis(tenths * 100);
        parts.push(format!("{node} leaves at {}", at(*from)));
        parts.extend(to.map(|to| format!("returns at {}", at(to))));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: &str, conditions: &[(&'static str, &str)], starts: &[f64]) -> MeasuredRun {
        let leecher = |start: &f64| NodeFigures { leecher: true, start_s: Some(*start), ..NodeFigures::default() };
        MeasuredRun {
            id: id.into(),
            file: "m.csv".into(),
            conditions: conditions.iter().map(|(c, v)| (*c, v.to_string())).collect(),
            nodes: starts.iter().map(leecher).chain([NodeFigures::default()]).collect(),
        }
    }

    const BASE: [(&str, &str); 6] = [
        ("system", "codex"),
        ("method", "shadow"),
        ("nodes", "3"),
        ("seeders", "1"),
        ("file_bytes", "1048576"),
        ("up_bps", "10000000"),
    ];

    fn with(column: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
        BASE.into_iter().filter(|(c, _)| *c != column).chain([(column, value)]).collect()
    }

    #[test]
    fn repetitions_come_together_and_everything_else_apart() {
        let testbeds = crate::scenario::testbeds();
        let runs = [
            run("a", &BASE, &[0.5, 0.6]),
            run("b", &with("up_bps", "50000000"), &[0.0, 0.0]),
            run("c", &BASE, &[0.2, 0.0]),
            run("d", &BASE, &[0.0, 10.1]),
            run("e", &BASE, &[0.0, 9.8]),
            run("f", &with("method", "netns+tbf"), &[0.0, 0.0]),
            run("g", &with("system", "something new"), &[0.0, 0.0]),
        ];
        let groups = groups(&runs, &testbeds);
        let seen: Vec<_> = groups
            .iter()
            .map(|g| {
                let runs: String = g.runs.iter().map(|r| r.id.as_str()).collect();
                (g.testbed.map(|t| testbeds[t].name.as_str()), g.name.as_str(), runs)
            })
            .collect();
        assert_eq!(
            seen,
            [
                (Some("codex-netns"), "3-1 1 MiB 10 Mbit/s", "f".into()),
                (Some("codex-shadow"), "3-1 1 MiB 10 Mbit/s", "ac".into()),
                (Some("codex-shadow"), "3-1 1 MiB 10 Mbit/s every 10 s", "de".into()),
                (Some("codex-shadow"), "3-1 1 MiB 50 Mbit/s", "b".into()),
                (None, "3-1 1 MiB 10 Mbit/s", "g".into()),
            ]
        );
        let second: Vec<f64> = groups[1].starts.iter().map(|starts| starts[1]).collect();
        assert!((second[0] - 0.1).abs() < 1e-12 && second[1] == 0.2, "sorted and from the first: {second:?}");
    }

    #[test]
    fn names_say_what_differs() {
        let testbeds = crate::scenario::testbeds();
        let runs = [run("a", &with("slots", "4"), &[0.0, 0.0]), run("b", &with("slots", "16"), &[0.0, 0.0])];
        let names: Vec<String> = groups(&runs, &testbeds).into_iter().map(|g| g.name).collect();
        assert_eq!(names, ["3-1 1 MiB 10 Mbit/s 4 slots", "3-1 1 MiB 10 Mbit/s 16 slots"]);
    }

    const V3: [(&str, &str); 8] = [
        ("system", "codex"),
        ("method", "netns+tbf"),
        ("commit", "4e709275"),
        ("nodes", "3"),
        ("seeders", "1"),
        ("file_bytes", "1048576"),
        ("up_bps", "10000000"),
        ("latency_s", "0"),
    ];

    fn v3(id: &str, further: &[(&'static str, &'static str)]) -> MeasuredRun {
        let own = V3.into_iter().filter(|(column, _)| further.iter().all(|(other, _)| other != column));
        run(id, &own.chain(further.iter().copied()).collect::<Vec<_>>(), &[0.0, 0.0])
    }

    /// What was different in a run of v3 makes a cell of its own, which says it.
    #[test]
    fn cells_say_the_model_and_what_was_different() {
        let testbeds = crate::scenario::testbeds();
        let mut killed = v3("k", &[("tag", "kill-3-1")]);
        killed.nodes[0].leave_s = Some(8.0);
        let mut back = v3("r", &[("tag", "return-3-1")]);
        (back.nodes[1].leave_s, back.nodes[1].return_s) = (Some(4.04), Some(9.96));
        let runs = [
            v3("a", &[("version", "v3c-4e709275"), ("tag", "m3-1")]),
            v3("b", &[("tag", "again")]),
            v3("c", &[("commit", "09961319")]),
            v3("d", &[("version", "v3c-4e709275-cold")]),
            v3("e", &[("version", "v3c-4e709275-id0ignored"), ("tag", "w270336-d25")]),
            killed,
            back,
        ];
        let groups = groups(&runs, &testbeds);
        let mut names: Vec<(String, &str)> =
            groups.iter().map(|g| (g.runs.iter().map(|r| r.id.as_str()).collect(), g.name.as_str())).collect();
        names.sort();
        let of = |rest: &str| format!("3-1 1 MiB 10 Mbit/s codex-v3{rest}");
        let expected = [
            ("ab", of("d")),
            ("c", of("c")),
            ("d", of("d cold")),
            ("e", of("d id0ignored w270336")),
            ("k", of("d 1 leaves at 8 s")),
            ("r", of("d 2 leaves at 4 s returns at 10 s")),
        ];
        let names: Vec<(&str, String)> = names.iter().map(|(ids, name)| (ids.as_str(), (*name).to_owned())).collect();
        assert_eq!(names, expected);
        assert!(groups.iter().all(|g| g.testbed.is_some_and(|t| testbeds[t].name == "codex-v3-netns")));
        let absences = |id: &str| &groups.iter().find(|g| g.runs[0].id == id).unwrap().absences;
        assert_eq!(absences("k"), &[(1, 8.0, None)], "seeders first, then leechers");
        assert_eq!(absences("r"), &[(2, 4.04, Some(9.96))], "as they were, not as they are called");
    }

    /// A commit that no testbed knows is of no model, though the method is known.
    #[test]
    fn rows_of_an_unknown_commit_are_nobodys() {
        let testbeds = crate::scenario::testbeds();
        let of = |commit: &'static str, method: &'static str| {
            let runs = [v3("a", &[("commit", commit), ("method", method)])];
            groups(&runs, &testbeds)[0].testbed.map(|t| testbeds[t].name.clone())
        };
        let methods = ["netns+tbf", "netns+htb", "netns+tbf+recvdelay", "shadow"];
        for method in methods {
            assert_eq!(of("deadbeef", method), None, "{method}");
        }
        assert_eq!(of("bd49591f", "netns+tbf").as_deref(), Some("codex-netns"));
        assert_eq!(of("", "netns+tbf").as_deref(), Some("codex-netns"));
        assert_eq!(of("4e709275", "netns+tbf").as_deref(), Some("codex-v3-netns"));
        assert_eq!(of("", "netns+htb"), None, "v3 was never without a commit");
    }

    #[test]
    fn patterns_have_one_digit() {
        for (gap, pattern) in
            [(0.0, 0), (0.4, 0), (0.64, 600), (1.26, 1_000), (9.8, 10_000), (10.2, 10_000), (64.0, 60_000)]
        {
            assert_eq!(pattern_ms(&[0.0, gap, 2.0 * gap]), pattern, "{gap}");
        }
    }
}
