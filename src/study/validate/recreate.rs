//! How a measured cell becomes a scenario: the one place that says which column
//! is which key.

use super::cells::Group;
use super::members::{Member, starts};
use crate::scenario::{Input, Testbed};
use crate::units::Time;
use crate::world::Role;
use std::collections::BTreeMap;

/// How the value of a column is written as the value of a key.
#[derive(Clone, Copy)]
enum ColumnForm {
    /// As it is.
    Plain,
    /// With this unit behind it.
    Unit(&'static str),
    /// Bit/s, or no limit.
    Rate,
    /// Seconds, to which the testbed adds its own.
    Latency,
    /// One word for another; others as they are.
    Words(&'static [(&'static str, &'static str)]),
}

/// Column, key (`{}` is the protocol of the testbed), form.
const KEYS: [(&str, &str, ColumnForm); 12] = [
    ("nodes", "swarm.network_size", ColumnForm::Plain),
    ("seeders", "swarm.seeders", ColumnForm::Plain),
    ("file_bytes", "swarm.file_size", ColumnForm::Unit("B")),
    ("block_bytes", "swarm.block_size", ColumnForm::Unit("B")),
    ("up_bps", "network.up", ColumnForm::Rate),
    ("down_bps", "network.down", ColumnForm::Rate),
    ("latency_s", "network.latency", ColumnForm::Latency),
    ("loss", "network.loss", ColumnForm::Plain),
    ("piece_bytes", "protocol.{}.piece_size", ColumnForm::Unit("B")),
    ("slots", "protocol.{}.unchoke_slots", ColumnForm::Plain),
    ("transport", "protocol.{}.transport", ColumnForm::Words(&[("utp+tcp", "utp")])),
    ("addr_class", "protocol.{}.ignore_slots", ColumnForm::Words(&[("private", "true"), ("public", "false")])),
];

/// The scenario of a cell whose members come and go in one `way` of its own: the testbed,
/// what the columns say, and `sets` over it.
///
/// # Errors
/// On a setting of the real system that the testbed does not know.
pub(super) fn input(cell: &Group, way: &[Member], testbed: &Testbed, sets: &[String]) -> Result<Input, String> {
    let commit = cell.conditions.get("commit").map_or("", String::as_str);
    let protocol = testbed.protocol_of(commit);
    let mut own = if protocol == testbed.protocol { vec![] } else { vec![format!("protocol={protocol}")] };
    own.extend(KEYS.iter().filter_map(|(column, key, form)| {
        let key = key.replace("{}", protocol);
        Some(format!("{key}={}", written(cell.conditions.get(column)?, *form, testbed)))
    }));
    own.extend(settings(cell, testbed)?.into_iter().map(|set| set.replace("{}", protocol)));
    if way.iter().any(Member::is_special) {
        own.push(format!("nodes=[{}]", classes(way).join(", ")));
    } else {
        own.push(format!("swarm.start={}", start(&starts(way))));
        own.extend(churn(way));
    }
    let variants = cell.variants.iter().filter_map(|word| testbed.variant(word)).flatten();
    own.extend(variants.map(|set| set.replace("{}", protocol)));
    own.extend(sets.iter().cloned());
    Ok(Input { testbed: Some(testbed.name.clone()), sets: own, ..Input::default() })
}

/// The settings of the real system that were not the usual ones, as settings of a scenario.
fn settings(cell: &Group, testbed: &Testbed) -> Result<Vec<String>, String> {
    let Some(text) = cell.conditions.get("settings") else { return Ok(vec![]) };
    let settings: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
    let set = |(name, value): (&String, &serde_json::Value)| {
        let known = testbed.settings.keys().cloned().collect::<Vec<_>>().join(", ");
        let unknown = || format!("the testbed {} has no setting `{name}`; it knows: {known}", testbed.name);
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Ok(testbed.settings.get(name).ok_or_else(unknown)?.replace('*', &value))
    };
    settings.iter().map(set).collect()
}

fn written(value: &str, form: ColumnForm, testbed: &Testbed) -> String {
    match form {
        ColumnForm::Plain => value.into(),
        ColumnForm::Unit(unit) => format!("{value} {unit}"),
        ColumnForm::Rate if value == "inf" => "unlimited".into(),
        ColumnForm::Rate => format!("{value} bit/s"),
        ColumnForm::Latency => {
            let measured = Time::from_secs_f64(value.parse().unwrap_or(0.0));
            (measured + testbed.added_latency).to_string()
        }
        ColumnForm::Words(words) => words.iter().find(|(from, _)| *from == value).map_or(value, |(_, to)| to).into(),
    }
}

/// Sessions of those who went.
fn churn(way: &[Member]) -> Option<String> {
    /// Later than any run ends.
    const FOR_GOOD_S: f64 = 1e8;
    let absences = way.iter().enumerate().filter_map(|(node, member)| Some((node, member.away?)));
    let rows: Vec<String> = absences
        .flat_map(|(node, (from, to))| {
            let back = to.map(|to| format!("[{node}, {to:?}, {FOR_GOOD_S:?}]"));
            std::iter::once(format!("[{node}, 0.0, {from:?}]")).chain(back)
        })
        .collect();
    (!rows.is_empty()).then(|| format!("churn={{ model = \"trace\", trace = [{}] }}", rows.join(", ")))
}

impl Member {
    /// Whether there is more to say of it than when it is there.
    fn is_special(&self) -> bool {
        let never_came = self.away == Some((0.0, None));
        let own_links = self.up.is_some() || self.down.is_some();
        own_links || self.leaves_complete || never_came || self.role == Role::Idle
    }

    /// Whether one class is enough for both.
    fn is_like(&self, other: &Member) -> bool {
        Member { start: other.start, ..self.clone() } == *other
    }
}

/// Classes of nodes: members that follow each other and differ in their start alone are one.
fn classes(way: &[Member]) -> Vec<String> {
    let mut first = 0;
    let numbered = |alike: &[Member]| {
        first += alike.len();
        class(alike, first - alike.len())
    };
    way.chunk_by(Member::is_like).map(numbered).collect()
}

/// The class of members of which the first is the node of this number.
fn class(alike: &[Member], first: usize) -> String {
    let (member, role) = (&alike[0], alike[0].role.name());
    let mut keys = vec![format!("name = \"{role}\", first = {first}, count = {}, role = \"{role}\"", alike.len())];
    let rate = |rate: f64| if rate.is_finite() { format!("{rate} bit/s") } else { "unlimited".into() };
    keys.extend(member.up.map(|up| format!("up = \"{}\"", rate(up))));
    keys.extend(member.down.map(|down| format!("down = \"{}\"", rate(down))));
    keys.extend((member.role == Role::Leecher).then(|| format!("start = {}", start(&starts(alike)))));
    let at = |seconds: f64| format!("\"{}\"", Time::from_secs_f64(seconds));
    keys.extend(member.away.map(|(from, to)| {
        let moments: Vec<String> = std::iter::once(from).chain(to).map(at).collect();
        format!("away = [[{}]]", moments.join(", "))
    }));
    keys.extend(member.leaves_complete.then(|| "seed_for = \"0 s\"".to_owned()));
    format!("{{ {} }}", keys.join(", "))
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
    use crate::world::{ChurnSpec, LatencySpec, StartSpec, World};

    fn cell(conditions: &[(&'static str, &str)]) -> Group<'static> {
        let conditions = conditions.iter().map(|(c, v)| (*c, v.to_string())).collect();
        let (runs, ways, variants) = (vec![], vec![], vec![]);
        Group { testbed: Some(0), conditions, name: String::new(), runs, ways, variants, obstacle: None }
    }

    /// Seeders, and leechers that start then.
    fn way(seeders: usize, starts: &[f64]) -> Vec<Member> {
        let member = |role, start| Member { role, start, away: None, up: None, down: None, leaves_complete: false };
        let seeders = std::iter::repeat_n(member(Role::Seeder, 0.0), seeders);
        seeders.chain(starts.iter().map(|start| member(Role::Leecher, *start))).collect()
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
        let run = load(&input(&group, &way(1, &[0.0, 0.1234567]), &testbed("codex-netns").unwrap(), &sets).unwrap());
        let run = run.unwrap().run.into_swarm().unwrap();
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
            input(&Group { variants, ..cell(&conditions) }, &way(1, &[0.0; 7]), &bed, &[]).unwrap()
        };
        let has = |input: &Input, set: &str| input.sets.iter().any(|s| s == set);
        let cold = input_of("09961319", &["cold", "w270336"]);
        assert!(has(&cold, "network.connected=0") && has(&cold, "network.transport.mux_window=270336 B"));
        assert!(!cold.sets.iter().any(|set| set.starts_with("protocol")), "that of the testbed: {:?}", cold.sets);
        let run = load(&cold).unwrap().run.into_swarm().unwrap();
        assert_eq!((run.world.connected, run.network.transport.mux_window.get()), (0, 270_336));
        for (commit, protocol) in [("09961319", "codex-v3c"), ("4e709275", "codex-v3d")] {
            let ignored = input_of(commit, &["id0ignored"]);
            assert!(has(&ignored, &format!("protocol.{protocol}.hears_announcements=false")), "{:?}", ignored.sets);
            assert_eq!(has(&ignored, "protocol=codex-v3d"), protocol == "codex-v3d");
            let scenario = load(&ignored).unwrap();
            assert!(scenario.resolved.contains(&format!("[protocol.{protocol}]")), "{}", scenario.resolved);
            assert_eq!(scenario.run.swarm().unwrap().world.connected, 160);
        }
    }

    /// A node that is killed stays away; one that returns has been away in between.
    #[test]
    fn absences_become_sessions() {
        let conditions = [("nodes", "8"), ("seeders", "2"), ("file_bytes", "10485760")];
        let mut way = way(2, &[0.0; 6]);
        let bed = testbed("codex-v3-netns").unwrap();
        let run = load(&input(&cell(&conditions), &way, &bed, &[]).unwrap()).unwrap().run.into_swarm().unwrap();
        assert_eq!(run.world.churn, ChurnSpec::None);
        (way[1].away, way[4].away) = (Some((8.0, None)), Some((9.5, Some(19.5))));
        let run = load(&input(&cell(&conditions), &way, &bed, &[]).unwrap()).unwrap().run.into_swarm().unwrap();
        let ChurnSpec::Trace { sessions, .. } = run.world.churn else { panic!("{:?}", run.world.churn) };
        assert_eq!(sessions, [(1, 0.0, 8.0), (4, 0.0, 9.5), (4, 19.5, 1e8)]);
    }

    #[test]
    fn constants_go_to_the_protocol_of_the_testbed() {
        let bed = Testbed { protocol: "p".into(), progress: Progress::Storage, ..testbeds().remove(0) };
        let conditions =
            [("piece_bytes", "65536"), ("slots", "16"), ("transport", "utp+tcp"), ("addr_class", "private")];
        let sets = input(&cell(&conditions), &way(1, &[0.0]), &bed, &[]).unwrap().sets;
        let expected = [
            "protocol.p.piece_size=65536 B",
            "protocol.p.unchoke_slots=16",
            "protocol.p.transport=utp",
            "protocol.p.ignore_slots=true",
            "swarm.start=\"together\"",
        ];
        assert_eq!(sets, expected);
    }

    /// Members that differ in more than their times become classes, node by node.
    #[test]
    fn unlike_members_become_classes() {
        let conditions = [("nodes", "6"), ("seeders", "1"), ("file_bytes", "10485760"), ("down_bps", "20000000")];
        let mut way = way(1, &[0.0, 0.5, 1.0, 2.0, 2.5]);
        way.iter_mut().for_each(|member| member.up = Some(1e7));
        way[3].up = Some(f64::INFINITY);
        way[4].away = Some((20.0, Some(40.0)));
        (way[5].away, way[5].leaves_complete) = (Some((0.0, None)), true);
        let world = load(&input(&cell(&conditions), &way, &testbed("libtorrent-netns").unwrap(), &[]).unwrap());
        let world = world.unwrap().run.into_swarm().unwrap().world;
        let ups: Vec<(u32, u64)> =
            world.nodes.iter().map(|class| (class.count.unwrap(), class.up.unwrap().0)).collect();
        assert_eq!(ups, [(1, 10_000_000), (2, 10_000_000), (1, u64::MAX), (1, 10_000_000), (1, 10_000_000)]);
        assert!(world.nodes.iter().all(|class| class.down.is_none()) && world.links[0].down.0 == 20_000_000);
        let built = World::build(&world, 1, 0);
        let starts: Vec<f64> = built.nodes.iter().map(|node| node.start.secs()).collect();
        assert_eq!(starts, [0.0, 0.0, 0.5, 1.0, 2.0, 2.5]);
        assert_eq!(world.nodes[3].away, [vec![Time::from_secs(20), Time::from_secs(40)]]);
        assert_eq!((&world.nodes[4].away, world.nodes[4].seed_for), (&vec![vec![Time::ZERO]], Some(Time::ZERO)));
        assert_eq!((world.swarm.network_size, world.swarm.seeders), (6, 1));
    }

    #[test]
    fn who_is_idle_is_a_class_without_a_start() {
        let conditions = [("nodes", "4"), ("seeders", "1"), ("file_bytes", "1000"), ("up_bps", "5000000")];
        let mut way = way(1, &[0.0, 3.0]);
        way.push(Member { role: Role::Idle, away: Some((2.0, None)), ..way[0].clone() });
        let world = load(&input(&cell(&conditions), &way, &testbed("libtorrent-netns").unwrap(), &[]).unwrap());
        let world = world.unwrap().run.into_swarm().unwrap().world;
        let built = World::build(&world, 1, 0);
        let of = |node: usize| (built.nodes[node].role, built.nodes[node].start.secs(), built.nodes[node].up.0);
        let up = 5_000_000;
        let roles =
            [(Role::Seeder, 0.0, up), (Role::Leecher, 0.0, up), (Role::Leecher, 3.0, up), (Role::Idle, 0.0, up)];
        assert_eq!([0, 1, 2, 3].map(of), roles);
        assert_eq!((world.leechers(), world.nodes[2].away.len()), (2, 1));
    }

    #[test]
    fn settings_of_the_real_system_become_constants() {
        let bed = testbed("libtorrent-netns").unwrap();
        let of = |settings: &str| {
            let conditions = [("nodes", "2"), ("seeders", "1"), ("file_bytes", "1000"), ("settings", settings)];
            input(&cell(&conditions), &way(1, &[0.0]), &bed, &[])
        };
        let sets = of("{\"allowed_fast_set_size\":0,\"request_queue_time\":5}").unwrap().sets;
        assert!(sets.contains(&"protocol.bittorrent.allowed_fast=0".to_owned()), "{sets:?}");
        assert!(sets.contains(&"protocol.bittorrent.request_queue_time=5 s".to_owned()), "{sets:?}");
        let unknown = of("{\"peer_dscp\":1}").unwrap_err();
        assert!(unknown.contains("has no setting `peer_dscp`; it knows: allowed_fast_set_size"), "{unknown}");
    }

    /// Every setting that a testbed knows is one.
    #[test]
    fn all_settings_of_the_testbeds_can_be_set() {
        for bed in testbeds() {
            for setting in bed.settings.values() {
                let set = setting.replace("{}", &bed.protocol).replace('*', "7");
                let conditions = [("nodes", "2"), ("seeders", "1"), ("file_bytes", "1000")];
                load(&input(&cell(&conditions), &way(1, &[0.0]), &bed, &[set]).unwrap()).unwrap();
            }
        }
    }
}
