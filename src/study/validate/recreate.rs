//! How a measured cell becomes a scenario: the one place that says which column
//! is which key.

use super::cells::Group;
use crate::scenario::{Input, Testbed};
use crate::units::Time;

/// How the value of a column is written as the value of a key.
#[derive(Clone, Copy)]
enum ColumnForm {
    /// As it is.
    Plain,
    /// With this unit behind it.
    Unit(&'static str),
    /// Seconds, to which the testbed adds its own.
    Latency,
    /// One word for another; others as they are.
    Words(&'static [(&'static str, &'static str)]),
}

/// Column, key (`{}` is the protocol of the testbed), form.
const KEYS: [(&str, &str, ColumnForm); 11] = [
    ("nodes", "swarm.network_size", ColumnForm::Plain),
    ("seeders", "swarm.seeders", ColumnForm::Plain),
    ("file_bytes", "swarm.file_size", ColumnForm::Unit("B")),
    ("block_bytes", "swarm.block_size", ColumnForm::Unit("B")),
    ("up_bps", "network.up", ColumnForm::Unit("bit/s")),
    ("down_bps", "network.down", ColumnForm::Unit("bit/s")),
    ("latency_s", "network.latency", ColumnForm::Latency),
    ("piece_bytes", "protocol.{}.piece_size", ColumnForm::Unit("B")),
    ("slots", "protocol.{}.unchoke_slots", ColumnForm::Plain),
    ("transport", "protocol.{}.transport", ColumnForm::Words(&[("utp+tcp", "utp")])),
    ("addr_class", "protocol.{}.ignore_slots", ColumnForm::Words(&[("private", "true"), ("public", "false")])),
];

/// The scenario of a cell whose leechers begin at `starts`: the testbed, what
/// the columns say, and `sets` over it.
pub(super) fn input(cell: &Group, starts: &[f64], testbed: &Testbed, sets: &[String]) -> Input {
    let commit = cell.conditions.get("commit").map_or("", String::as_str);
    let protocol = testbed.protocol_of(commit);
    let mut own = if protocol == testbed.protocol { vec![] } else { vec![format!("protocol={protocol}")] };
    own.extend(KEYS.iter().filter_map(|(column, key, form)| {
        let key = key.replace("{}", protocol);
        Some(format!("{key}={}", written(cell.conditions.get(column)?, *form, testbed)))
    }));
    own.push(format!("swarm.start={}", start(starts)));
    own.extend(churn(&cell.absences));
    let variants = cell.variants.iter().filter_map(|word| testbed.variant(word)).flatten();
    own.extend(variants.map(|set| set.replace("{}", protocol)));
    own.extend(sets.iter().cloned());
    Input { testbed: Some(testbed.name.clone()), sets: own, ..Input::default() }
}

fn written(value: &str, form: ColumnForm, testbed: &Testbed) -> String {
    match form {
        ColumnForm::Plain => value.into(),
        ColumnForm::Unit(unit) => format!("{value} {unit}"),
        ColumnForm::Latency => {
            let measured = Time::from_secs_f64(value.parse().unwrap_or(0.0));
            (measured + testbed.added_latency).to_string()
        }
        ColumnForm::Words(words) => words.iter().find(|(from, _)| *from == value).map_or(value, |(_, to)| to).into(),
    }
}

/// Sessions of those who went.
fn churn(absences: &[(usize, f64, Option<f64>)]) -> Option<String> {
    /// Later than any run ends.
    const FOR_GOOD_S: f64 = 1e8;
    let rows: Vec<String> = absences
        .iter()
        .flat_map(|(node, from, to)| {
            let back = to.map(|to| format!("[{node}, {to:?}, {FOR_GOOD_S:?}]"));
            std::iter::once(format!("[{node}, 0.0, {from:?}]")).chain(back)
        })
        .collect();
    (!rows.is_empty()).then(|| format!("churn={{ model = \"trace\", trace = [{}] }}", rows.join(", ")))
}

fn start(starts: &[f64]) -> String {
    if starts.iter().all(|start| *start == 0.0) {
        return "\"together\"".into();
    }
    let moments: Vec<String> = starts.iter().map(|start| format!("\"{}\"", Time::from_secs_f64(*start))).collect();
    format!("{{ at = [{}] }}", moments.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Progress, load, testbed, testbeds};
    use crate::world::{ChurnSpec, LatencySpec, StartSpec};

    fn cell(conditions: &[(&'static str, &str)]) -> Group<'static> {
        let conditions = conditions.iter().map(|(c, v)| (*c, v.to_string())).collect();
        let (runs, starts, absences, variants) = (vec![], vec![], vec![], vec![]);
        Group { testbed: Some(0), conditions, name: String::new(), runs, starts, absences, variants }
    }

    #[test]
    fn columns_become_keys() {
        let conditions = [
            ("nodes", "3"),
            ("seeders", "1"),
            ("file_bytes", "10485760"),
            ("block_bytes", "32768"),
            ("up_bps", "5000000"),
            ("down_bps", "20000000"),
            ("latency_s", "0.001"),
        ];
        let group = cell(&conditions);
        let sets = ["network.down=9 Mbit/s".to_string()];
        let run = load(&input(&group, &[0.0, 0.1234567], &testbed("codex-netns").unwrap(), &sets)).unwrap().run;
        let world = run.world;
        assert_eq!((world.swarm.network_size, world.swarm.seeders, world.dataset.size.get()), (3, 1, 10_485_760));
        assert_eq!((world.dataset.block_size.get(), world.links[0].up.0), (32_768, 5_000_000));
        assert_eq!(world.links[0].down.0, 9_000_000, "settings of the user win");
        let LatencySpec::Constant(latency) = world.latency else { panic!() };
        assert_eq!(latency, Time::from_nanos(1_050_000), "with what the bridge adds");
        assert_eq!(world.swarm.start, StartSpec::At(vec![Time::ZERO, Time::from_nanos(123_456_700)]));
    }

    /// What a word of a tag stands for, and the model that a commit is.
    #[test]
    fn commits_and_words_become_settings() {
        let bed = testbed("codex-v3-netns").unwrap();
        let input_of = |commit: &str, words: &[&str]| {
            let conditions = [("nodes", "8"), ("seeders", "1"), ("file_bytes", "10485760"), ("commit", commit)];
            let variants = words.iter().map(|word| (*word).to_owned()).collect();
            input(&Group { variants, ..cell(&conditions) }, &[0.0; 7], &bed, &[])
        };
        let has = |input: &Input, set: &str| input.sets.iter().any(|s| s == set);
        let cold = input_of("09961319", &["cold", "w270336"]);
        assert!(has(&cold, "network.connected=0") && has(&cold, "network.transport.mux_window=270336 B"));
        assert!(!cold.sets.iter().any(|set| set.starts_with("protocol")), "that of the testbed: {:?}", cold.sets);
        let run = load(&cold).unwrap().run;
        assert_eq!((run.world.connected, run.network.transport.mux_window.get()), (0, 270_336));
        for (commit, protocol) in [("09961319", "codex-v3c"), ("4e709275", "codex-v3d")] {
            let ignored = input_of(commit, &["id0ignored"]);
            assert!(has(&ignored, &format!("protocol.{protocol}.hears_announcements=false")), "{:?}", ignored.sets);
            assert_eq!(has(&ignored, "protocol=codex-v3d"), protocol == "codex-v3d");
            let scenario = load(&ignored).unwrap();
            assert!(scenario.resolved.contains(&format!("[protocol.{protocol}]")), "{}", scenario.resolved);
            assert_eq!(scenario.run.world.connected, 160);
        }
    }

    /// A node that is killed stays away; one that returns has been away in between.
    #[test]
    fn absences_become_sessions() {
        let conditions = [("nodes", "8"), ("seeders", "2"), ("file_bytes", "10485760")];
        let absences = vec![(1, 8.0, None), (4, 9.5, Some(19.5))];
        let group = Group { absences, ..cell(&conditions) };
        let run = load(&input(&group, &[0.0; 6], &testbed("codex-v3-netns").unwrap(), &[])).unwrap().run;
        let ChurnSpec::Trace { sessions, .. } = run.world.churn else { panic!("{:?}", run.world.churn) };
        assert_eq!(sessions, [(1, 0.0, 8.0), (4, 0.0, 9.5), (4, 19.5, 1e8)]);
        let run = load(&input(&cell(&conditions), &[0.0; 6], &testbed("codex-v3-netns").unwrap(), &[])).unwrap().run;
        assert_eq!(run.world.churn, ChurnSpec::None);
    }

    #[test]
    fn constants_go_to_the_protocol_of_the_testbed() {
        let bed = Testbed { protocol: "p".into(), progress: Progress::Storage, ..testbeds().remove(0) };
        let conditions =
            [("piece_bytes", "65536"), ("slots", "16"), ("transport", "utp+tcp"), ("addr_class", "private")];
        let sets = input(&cell(&conditions), &[0.0], &bed, &[]).sets;
        let expected = [
            "protocol.p.piece_size=65536 B",
            "protocol.p.unchoke_slots=16",
            "protocol.p.transport=utp",
            "protocol.p.ignore_slots=true",
            "swarm.start=\"together\"",
        ];
        assert_eq!(sets, expected);
    }
}
