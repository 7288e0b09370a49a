//! From measured runs to cells: runs of the same testbed under the same
//! conditions, and what a cell is called.

use super::members::{Member, Pattern, members, rates};
use crate::results::{CONDITION_NUMBERS, CONDITION_WORDS, MeasuredRun};
use crate::scenario::Testbed;
use crate::units::{Bytes, Time};
use std::collections::{BTreeMap, BTreeSet};

/// Columns and their values.
pub(super) type ColumnValues = BTreeMap<&'static str, String>;

/// Runs that are repetitions of each other.
#[derive(Debug, Clone)]
pub(super) struct Group<'a> {
    /// Index of the testbed; nothing when the runs come from an unknown one.
    pub(super) testbed: Option<usize>,
    pub(super) conditions: ColumnValues,
    pub(super) name: String,
    pub(super) runs: Vec<&'a MeasuredRun>,
    /// The different ways in which the members of these runs came and went. Each run's
    /// own, not their mean: milliseconds decide which leecher is served first, and a mean
    /// is a start that no run had.
    pub(super) ways: Vec<Vec<Member>>,
    /// What was different in these runs: words of their tag.
    pub(super) variants: Vec<String>,
    /// Why these runs cannot be re-created, if no scenario says what happened in them.
    pub(super) obstacle: Option<String>,
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
    let mut named: BTreeMap<(usize, String), usize> = BTreeMap::new();
    cells
        .into_iter()
        .map(|(key, runs)| {
            let (name, same) = (name(&key), named.entry((key.testbed, name(&key))).or_insert(0));
            *same += 1;
            Group {
                name: if *same == 1 { name } else { format!("{name} ({same})") },
                testbed: (key.testbed < testbeds.len()).then_some(key.testbed),
                ways: ways(&runs),
                conditions: runs[0].conditions.clone(),
                variants: key.variants,
                obstacle: key.obstacle,
                runs,
            }
        })
        .collect()
}

fn ways(runs: &[&MeasuredRun]) -> Vec<Vec<Member>> {
    let mut all: Vec<Vec<Member>> = Vec::new();
    for way in runs.iter().map(|run| members(run)) {
        if !all.contains(&way) {
            all.push(way);
        }
    }
    all
}

/// What makes runs repetitions of each other, in the order of cells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct CellKey {
    /// One past the last when unknown.
    testbed: usize,
    /// Numbers as bits: of positive numbers these are in the same order.
    numbers: Vec<(&'static str, u64)>,
    words: Vec<(&'static str, String)>,
    pattern: Pattern,
    variants: Vec<String>,
    obstacle: Option<String>,
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
    let number = |column: &&'static str| Some((*column, value(column)?.parse::<f64>().ok()?.to_bits()));
    CellKey {
        testbed,
        numbers: CONDITION_NUMBERS.iter().filter_map(number).collect(),
        words: words.filter_map(|column| Some((*column, value(column)?.to_owned()))).collect(),
        pattern: Pattern::of(&members(run)),
        variants: variants.collect(),
        obstacle: run.obstacle.clone(),
    }
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
    let range = |column: &str, differing: Option<(f64, f64)>| of(column).map(|rate| (rate, rate)).or(differing);
    let [up, down] = key.pattern.links();
    let mut parts = vec![format!("{}-{}", of("nodes").unwrap_or(0.0), of("seeders").unwrap_or(0.0))];
    parts.extend(of("file_bytes").map(bytes));
    match (range("up_bps", up), range("down_bps", down)) {
        (Some(up), Some(down)) if up != down => parts.push(format!("{} up {} down", rates(up), rates(down))),
        (up, _) => parts.extend(up.map(rates)),
    }
    parts.extend(of("latency_s").filter(|_| varies("latency_s")).map(|s| Time::from_secs_f64(s).to_string()));
    parts.extend(of("loss").map(|loss| format!("{} % lost", 100.0 * loss)));
    let pieces = |column, what: &str| of(column).filter(|_| varies(column)).map(|v| format!("{what} {}", bytes(v)));
    parts.extend(pieces("piece_bytes", "pieces"));
    parts.extend(pieces("block_bytes", "blocks"));
    parts.extend(of("slots").filter(|_| varies("slots")).map(|slots| format!("{slots} slots")));
    for column in CONDITION_WORDS {
        let said = word(key, column).filter(|_| varies(column));
        let model = |commit: String| testbed.map_or(commit.clone(), |bed| bed.protocol_of(&commit).to_owned());
        let plain = |settings: String| settings.replace(['{', '}', '"'], "").replace([':', ','], " ");
        parts.extend(match column {
            "commit" => said.map(model),
            "settings" => said.map(plain),
            _ => said,
        });
    }
    parts.extend(key.variants.iter().cloned());
    parts.extend(key.pattern.words());
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::members::starts;
    use super::*;
    use crate::results::NodeFigures;
    use crate::world::Role;

    fn run(id: &str, conditions: &[(&'static str, &str)], starts: &[f64]) -> MeasuredRun {
        let leecher =
            |start: &f64| NodeFigures { role: Role::Leecher, start_s: Some(*start), ..NodeFigures::default() };
        MeasuredRun {
            id: id.into(),
            file: "m.csv".into(),
            conditions: conditions.iter().map(|(c, v)| (*c, v.to_string())).collect(),
            nodes: starts.iter().map(leecher).chain([NodeFigures::default()]).collect(),
            obstacle: None,
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
        let second: Vec<f64> = groups[1].ways.iter().map(|way| starts(way)[1]).collect();
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
            ("k", of("d 1 away from 8 s")),
            ("r", of("d 1 away from 4 s to 10 s")),
        ];
        let names: Vec<(&str, String)> = names.iter().map(|(ids, name)| (ids.as_str(), (*name).to_owned())).collect();
        assert_eq!(names, expected);
        assert!(groups.iter().all(|g| g.testbed.is_some_and(|t| testbeds[t].name == "codex-v3-netns")));
        let away = |id: &str| {
            let way = &groups.iter().find(|g| g.runs[0].id == id).unwrap().ways[0];
            way.iter().map(|member| member.away).collect::<Vec<_>>()
        };
        assert_eq!(away("k"), [None, Some((8.0, None)), None], "seeders first, then leechers");
        assert_eq!(away("r"), [None, None, Some((4.04, Some(9.96)))], "as they were, not as they are called");
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
}
