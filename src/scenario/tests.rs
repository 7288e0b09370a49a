//! Layers, origins, points, and the round trip of the resolved form.

use super::*;
use crate::protocols::ProtocolSpec;
use crate::units::{Bytes, Rate, Time};
use crate::world::{ChurnSpec, LatencySpec, StartSpec};
use std::path::Path;

pub(super) const SMALL: &str = "[swarm]\nnetwork_size = 8\nseeders = 2\nfile_size = \"10 MB\"\n";

/// A folder with files, and scenarios read from it.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, text)| std::fs::write(folder.path(name), text).unwrap());
        folder
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn input(&self, name: &str) -> Input {
        Input { file: Some(self.path(name)), ..Input::default() }
    }
}

fn load_text(text: &str) -> Scenario {
    load(&Folder::new(&[("a.toml", text)]).input("a.toml")).unwrap_or_else(|error| panic!("{error}"))
}

fn with_sets(sets: &[&str]) -> Scenario {
    let sets = sets.iter().map(|set| set.to_string()).collect();
    load(&Input { sets, ..Input::default() }).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(sets: &[&str]) -> String {
    let sets = sets.iter().map(|set| set.to_string()).collect();
    load(&Input { sets, ..Input::default() }).map(|s| s.resolved).unwrap_err().to_string()
}

fn constants(scenario: &Scenario) -> serde_json::Value {
    let spec = serde_json::to_value(&scenario.run.protocol).unwrap();
    spec[scenario.run.protocol.family()].clone()
}

/// The line of the resolved form that sets `key` (the first one).
fn line<'a>(scenario: &'a Scenario, key: &str) -> &'a str {
    let start = format!("{key} = ");
    scenario.resolved.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no {key}"))
}

#[test]
fn the_quickstart_is_as_documented() {
    let scenario = load(&Input::default()).unwrap();
    let (world, run) = (&scenario.run.world, &scenario.run);
    assert_eq!((world.swarm.network_size, world.swarm.seeders), (32, 4));
    assert_eq!(world.dataset.size, Bytes(100_000_000));
    assert_eq!(world.dataset.block_size, Bytes(65_536));
    assert_eq!(world.links.len(), 1);
    assert_eq!((world.links[0].up, world.links[0].down), (Rate(50_000_000), Rate(50_000_000)));
    assert_eq!(world.latency, LatencySpec::Constant(Time::from_millis(50)));
    assert_eq!((scenario.name.as_str(), scenario.protocol.as_str()), ("quickstart", "codex-v2"));
    assert!(world.hardware.is_ideal());
    assert_eq!(run.stop.max_time, Time::from_secs(4 * 3600));
    assert_eq!(scenario.warnings, [] as [String; 0]);
    assert_eq!(scenario.sweep, Sweep { axes: vec![], seeder_sets: 1, repetitions: 1 });
}

/// Measured: 10, 12, 14, 15 round trips to the manifest for 2, 8, 16, 32
/// nodes, of which 8 are not the look-up.
#[test]
fn default_look_ups_take_the_measured_round_trips() {
    let crate::discovery::DiscoverySpec::Static(discovery) = load(&Input::default()).unwrap().run.discovery else {
        panic!("the default is static");
    };
    for (doublings, total) in [(1.0, 10.0), (3.0, 12.0), (4.0, 14.0), (5.0, 15.0)] {
        let modelled = 8.0 + discovery.round_trips + discovery.round_trips_per_doubling * doublings;
        assert!((modelled - total).abs() < 0.5, "{doublings}: {modelled} {total}");
    }
}

#[test]
fn later_layers_win() {
    let folder = Folder::new(&[
        ("base.toml", SMALL),
        ("a.toml", "extends = \"base.toml\"\nseed = 2\n[swarm]\nseeders = 3\n"),
        ("over.toml", "seed = 3\n[swarm]\nseeders = 4\n"),
        ("sweep.toml", "[sweep]\n\"swarm.seeders\" = [1]\nseed = [9]\n"),
    ]);
    let mut input = folder.input("a.toml");
    let seen = |input: &Input| {
        let run = load(input).unwrap().run;
        (run.world.swarm.network_size, run.world.swarm.seeders, run.seed)
    };
    assert_eq!(seen(&input), (8, 3, 2));
    input.overlays = vec![folder.path("over.toml")];
    assert_eq!(seen(&input), (8, 4, 3));
    input.seed = Some(7);
    assert_eq!(seen(&input), (8, 4, 7));
    input.sets = vec!["swarm.seeders=5".into(), "swarm.seeders=6".into()];
    assert_eq!(seen(&input), (8, 6, 7));
    input.overlays.insert(0, folder.path("sweep.toml"));
    let run = Base::read(&input).unwrap().first().unwrap().run;
    assert_eq!((run.world.swarm.seeders, run.seed), (1, 9), "a point wins over all");
}

#[test]
fn tables_merge_and_lists_are_replaced() {
    let folder = Folder::new(&[
        ("base.toml", &format!("{SMALL}[network]\nup = \"1 Mbit/s\"\n[[failures]]\nat = \"1 s\"\nnodes = 1\n")),
        ("a.toml", "extends = \"base.toml\"\n[network]\ndown = \"2 Mbit/s\"\n[[failures]]\nat = \"2 s\"\nnodes = 2\n"),
    ]);
    let world = load(&folder.input("a.toml")).unwrap().run.world;
    assert_eq!((world.links[0].up, world.links[0].down), (Rate(1_000_000), Rate(2_000_000)));
    assert_eq!(world.failures.len(), 1);
    assert_eq!(world.failures[0].nodes, 2);
}

#[test]
fn a_choice_replaces_another_and_keeps_its_own() {
    let folder = Folder::new(&[("a.toml", &format!("{SMALL}start = {{ stagger = \"10 s\" }}\n"))]);
    let mut input = folder.input("a.toml");
    input.sets = vec!["swarm.start={ poisson = \"2/s\" }".into()];
    assert_eq!(load(&input).unwrap().run.world.swarm.start, StartSpec::Poisson(Time::from_millis(500)));
    let churn =
        ["churn.model=sessions", "churn.offline={fixed={value=9}}", "churn.online={weibull={shape=0.5,scale=10}}"];
    let varied = with_sets(&[&churn[..], &["churn.online.weibull.scale=20"]].concat());
    let ChurnSpec::Sessions(sessions) = varied.run.world.churn else { panic!() };
    assert_eq!(sessions.online, crate::dist::Distribution::Weibull { shape: 0.5, scale: 20.0 });
}

#[test]
fn constants_merge_onto_every_form_of_the_protocol() {
    for text in ["protocol = \"codex-v2\"\n", "", "[protocol.codex-v2]\nblocks_per_message = 7\n"] {
        let folder = Folder::new(&[("a.toml", &format!("{text}{SMALL}"))]);
        let mut input = folder.input("a.toml");
        input.sets = vec!["protocol.codex-v2.window=512".into()];
        let scenario = load(&input).unwrap();
        assert_eq!(constants(&scenario)["window"], 512, "{text}");
        let messages = if text.starts_with('[') { 7 } else { 20 };
        assert_eq!(constants(&scenario)["blocks_per_message"], messages, "{text}");
        input.protocol = Some("direct".into());
        input.sets.clear();
        assert_eq!(load(&input).unwrap().run.protocol.family(), "direct", "{text}");
        input.protocol = None;
        input.sets = vec!["sweep.protocol=[\"ideal\"]".into()];
        assert_eq!(Base::read(&input).unwrap().first().unwrap().protocol, "ideal", "{text}");
    }
}

#[test]
fn a_protocol_file_extends_a_model() {
    let folder = Folder::new(&[
        ("small.toml", "extends = \"codex-v2\"\n[constants]\nwindow = 64\n"),
        ("a.toml", &format!("protocol = \"./small.toml\"\n{SMALL}")),
    ]);
    let scenario = load(&folder.input("a.toml")).unwrap();
    assert_eq!(scenario.protocol, "./small.toml");
    assert_eq!((&constants(&scenario)["window"], &constants(&scenario)["max_peers"]), (&64.into(), &160.into()));
    let warning = &scenario.warnings[0];
    assert!(warning.starts_with("not calibrated") && warning.ends_with("small.toml"), "{warning}");
    assert!(line(&scenario, "window").contains("small.toml:3"), "{}", line(&scenario, "window"));
    assert_eq!(load_text(&scenario.resolved).run, scenario.run);
}

#[test]
fn hardware_is_a_name_or_a_table_over_one() {
    let named = with_sets(&["hardware=codex-netns-2025"]).run.world.hardware;
    assert_eq!(named.per_block_sent, Time::from_nanos(1_400_000));
    let varied = with_sets(&["hardware=codex-netns-2025", "hardware.per_message=1 ms"]).run.world.hardware;
    assert_eq!(varied.per_message, Time::from_millis(1));
    assert_eq!(varied.per_block_sent, named.per_block_sent);
    let own = with_sets(&["hardware={per_mib=\"2 ms\"}"]).run.world.hardware;
    assert_eq!((own.per_mib, own.per_message), (Time::from_millis(2), Time::ZERO));
}

#[test]
fn the_highest_layer_decides_between_ways_to_give_links() {
    let classes = with_sets(&["network.links=das"]);
    assert_eq!(classes.run.world.links.len(), 2);
    assert!(classes.warnings.iter().any(|w| w.starts_with("network.up (quickstart:")), "{:?}", classes.warnings);
    let plain = with_sets(&["network.links=das", "network.up=3 Mbit/s"]);
    assert_eq!(plain.run.world.links[0].up, Rate(3_000_000));
    assert_eq!(plain.run.world.links.len(), 1);
}

#[test]
fn origins_name_file_setting_model_and_default() {
    let folder = Folder::new(&[("a.toml", SMALL), ("o.toml", "[stop]\nmax_time = \"2 h\"\n")]);
    let input = Input {
        overlays: vec![folder.path("o.toml")],
        sets: vec!["network.up=9 Mbit/s".into(), "sweep.\"swarm.seeders\"=[3]".into()],
        ..folder.input("a.toml")
    };
    let scenario = Base::read(&input).unwrap().first().unwrap();
    for (key, origin) in [
        ("network_size", "a.toml:2"),
        ("max_time", "o.toml:2"),
        ("up", "# --set network.up=9 Mbit/s"),
        ("seeders", "# --set sweep.\"swarm.seeders\"=[3]"),
        ("block_size", "# default"),
        ("window", "# models/protocols/codex-v2.toml:10"),
        ("segment_payload", "# default"),
        ("name", "# name of the file"),
    ] {
        assert!(line(&scenario, key).ends_with(origin), "{key}: {}", line(&scenario, key));
    }
    let values = scenario.resolved.lines().filter(|line| line.contains(" = "));
    assert!(values.clone().count() > 50);
    values.for_each(|line| assert!(line.contains(" # "), "no origin: {line}"));
}

#[test]
fn the_resolved_form_loads_to_the_same_run() {
    let trace = ["churn.model=trace", "churn.trace=[[5, 0, 10.5], [6, 1, 2]]", "churn.kind=crash"];
    let mut cases: Vec<Vec<&str>> = vec![
        vec![],
        vec!["network.links=regions-2019", "network.latency={matrix=\"regions-2019\"}", "network.degree=8"],
        vec!["network.latency={matrix=\"degraded\"}", "network.seeder_up=unlimited", "network.model=fifo"],
        vec!["network.latency={matrix=\"ripe-2025\"}", "network.transport=none", "tie_salt=3"],
        vec!["churn.model=kad-crawl-1", "churn.seeders=true", "hardware=codex-netns-2025"],
        vec![
            "failures=[{at=\"3 s\", nodes=2, seeders=true}, {at=\"4 s\", nodes=1, duration=\"1 min\", kind=\"departure\"}]",
        ],
        vec!["swarm.network_size=3", "swarm.seeders=1", "swarm.start={at=[\"0 s\", \"0.8 s\"]}"],
        vec!["swarm.start={poisson=\"3/s\"}", "seed=18446744073709551615", "swarm.group=4", "swarm.seeder_set=2"],
        vec!["protocol=direct", "protocol.direct.request=2 MiB", "expect.efficiency=<= 1", "name=it's \"q\""],
    ];
    cases.push(trace.to_vec());
    for sets in cases {
        let scenario = with_sets(&sets);
        let again = load_text(&scenario.resolved);
        assert_eq!(again.run, scenario.run, "{sets:?}");
        assert_eq!(again.fingerprint, scenario.fingerprint);
        let claims = |of: &Scenario| of.expect.iter().map(|e| (e.name.clone(), e.text.clone())).collect::<Vec<_>>();
        assert_eq!((&again.name, claims(&again)), (&scenario.name, claims(&scenario)));
    }
}

#[test]
fn what_has_no_end_is_shown_as_a_word() {
    let shown = |sets: &[&str]| with_sets(sets).resolved;
    assert!(shown(&[]).contains("delay_target = \"never\""), "{}", shown(&[]));
    let none = shown(&["network.transport=none", "network.up=unlimited"]);
    assert!(none.contains("max_window = \"unlimited\"") && none.contains("idle_restart = \"never\""), "{none}");
    assert!(!none.contains("18446744073709551615") && !shown(&[]).contains("18446744073709551615"), "{none}");
}

#[test]
fn the_fingerprint_follows_what_decides_the_run_and_nothing_else() {
    let base = with_sets(&[]).fingerprint;
    assert_eq!(with_sets(&["name=other", "expect.efficiency=<= 1"]).fingerprint, base);
    for set in ["seed=2", "swarm.seeders=5", "protocol.codex-v2.window=512", "network.latency=51 ms", "tie_salt=1"] {
        assert_ne!(with_sets(&[set]).fingerprint, base, "{set}");
    }
}

#[test]
fn a_sweep_lists_axes_in_the_order_of_the_file() {
    let text = "[swarm]\nfile_size = \"10 MB\"\n[sweep]\n\
        protocol = [\"direct\", \"codex-v2\"]\n\
        constrained__networkSize_seeders = [[2, 1], [8, [1, 2]]]\n\
        \"network.up\" = [\"10 Mbit/s\", \"20 Mbit/s\"]\n\
        discovery.round_trips = [0.5]\nseeder_sets = 2\nrepetitions = 5\n";
    let folder = Folder::new(&[("a.toml", text)]);
    let scenario = outline(&folder.input("a.toml")).unwrap();
    let keys: Vec<String> = scenario.sweep.axes.iter().map(|axis| axis.keys.join("+")).collect();
    assert_eq!(keys, ["protocol", "swarm.network_size+swarm.seeders", "network.up", "discovery.round_trips"]);
    let integer = |value: &Option<toml::Value>| value.as_ref().unwrap().as_integer().unwrap();
    let pairs: Vec<(i64, i64)> =
        scenario.sweep.axes[1].points.iter().map(|point| (integer(&point[0]), integer(&point[1]))).collect();
    assert_eq!(pairs, [(2, 1), (8, 1), (8, 2)]);
    assert_eq!((scenario.sweep.seeder_sets, scenario.sweep.repetitions), (2, 5));
}

#[test]
fn a_point_wins_over_settings_and_shows_where_it_is_listed() {
    let folder = Folder::new(&[(
        "a.toml",
        &format!("{SMALL}[sweep]\n\"network.links\" = [\"das\", \"leios-v2\"]\n\"swarm.seeders\" = [1, 7, 8]\n"),
    )]);
    let mut input = folder.input("a.toml");
    input.sets = vec!["network.up=1 Mbit/s".into()];
    let base = Base::read(&input).unwrap();
    let point = base.point(&[1, 1]).unwrap();
    assert_eq!(point.run.world.links[0].up, Rate(1_000_000_000));
    assert_eq!(point.run.world.swarm.seeders, 7);
    let first = base.first().unwrap();
    assert!(line(&first, "seeders").ends_with("a.toml:7"), "{}", line(&first, "seeders"));
    let error = base.point(&[1, 2]).map(|point| point.protocol).unwrap_err().to_string();
    assert!(error.contains("a.toml:7:") && error.contains("leave nobody to download"), "{error}");
}

#[test]
fn a_trace_is_read_relative_to_its_scenario() {
    let folder = Folder::new(&[
        ("t.csv", "node,online_s,offline_s\n3, 0, 10\n3,20,30.5\n"),
        ("a.toml", &format!("{SMALL}[churn]\nmodel = \"trace\"\ntrace = \"t.csv\"\n")),
    ]);
    let scenario = load(&folder.input("a.toml")).unwrap();
    let ChurnSpec::Trace { sessions, .. } = &scenario.run.world.churn else { panic!() };
    assert_eq!(sessions, &[(3, 0.0, 10.0), (3, 20.0, 30.5)]);
    assert_eq!(load_text(&scenario.resolved).run, scenario.run, "the resolved form needs no other file");
}

#[test]
fn churn_can_be_turned_off_from_above_but_not_left_without_effect() {
    let folder = Folder::new(&[("a.toml", &format!("{SMALL}[churn]\nmodel = \"kad-later\"\nkind = \"crash\"\n"))]);
    let mut input = folder.input("a.toml");
    assert!(matches!(load(&input).unwrap().run.world.churn, ChurnSpec::Sessions(_)));
    input.sets = vec!["churn.model=none".into()];
    assert_eq!(load(&input).unwrap().run.world.churn, ChurnSpec::None);
    assert!(refused(&["churn.kind=crash"]).contains("has no effect"));
}

#[test]
fn a_named_churn_takes_changes_of_its_own_layer_only() {
    let of = |scenario: Scenario| match scenario.run.world.churn {
        ChurnSpec::Sessions(sessions) => sessions.offline.mean(),
        other => panic!("{other:?}"),
    };
    let text = format!("{SMALL}[churn]\nmodel = \"kad-later\"\noffline = {{ fixed = {{ value = 60 }} }}\n");
    let folder = Folder::new(&[("a.toml", &text)]);
    let mut input = folder.input("a.toml");
    assert_eq!(of(load(&input).unwrap()), 60.0);
    input.sets = vec!["churn.model=kad-crawl-1".into()];
    assert!((of(load(&input).unwrap()) / 60.0 - 908.0).abs() < 2.0);
}

#[test]
fn uncalibrated_models_are_named_once() {
    let scenario = with_sets(&["network.links=regions-2019", "network.latency={matrix=\"regions-2019\"}"]);
    let [.., warning] = scenario.warnings.as_slice() else { panic!("{:?}", scenario.warnings) };
    assert!(warning.ends_with("measurements: models/networks/regions-2019.toml"), "{warning}");
    // Several of them, of several scenarios too, take one line.
    let mut warnings = scenario.warnings.clone();
    for further in [&["protocol=codex-v3b"][..], &["protocol=bitswap"], &["protocol=codex-v3b", "network.links=das"]] {
        with_sets(further).warnings.iter().for_each(|w| warn(&mut warnings, w));
    }
    let about: Vec<&String> = warnings.iter().filter(|w| w.starts_with("not calibrated")).collect();
    assert_eq!(about.len(), 1, "{warnings:?}");
    for file in ["networks/regions-2019", "protocols/codex-v3b", "protocols/bitswap"] {
        assert_eq!(about[0].matches(file).count(), 1, "{about:?}");
    }
}

#[test]
fn every_embedded_model_can_be_used() {
    let latency = |model: &ModelInfo| model.text.contains("\nlatency = ") || model.text.contains("\n[latency]");
    for model in models().into_iter().filter(|model| model.kind != "testbeds") {
        let sets = match model.kind {
            "networks" if latency(&model) => vec![format!("network.latency={{matrix=\"{}\"}}", model.name)],
            "networks" => vec![],
            "churn" => vec![format!("churn.model={}", model.name)],
            "hardware" => vec![format!("hardware={}", model.name)],
            "discovery" => vec![format!("discovery.model={}", model.name)],
            "protocols" => vec![format!("protocol={}", model.name)],
            kind => panic!("{kind}"),
        };
        let links = model.kind == "networks" && model.text.contains("\nclasses = ");
        let sets: Vec<String> =
            sets.into_iter().chain(links.then(|| format!("network.links={}", model.name))).collect();
        assert!(!sets.is_empty(), "{} is of no use", model.name);
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        let warned = with_sets(&sets).warnings.iter().any(|w| w.contains("not calibrated"));
        assert_eq!(warned, !model.calibrated, "{}", model.name);
    }
    let protocols: Vec<_> = models().into_iter().filter(|model| model.kind == "protocols").collect();
    for family in ProtocolSpec::FAMILIES {
        assert!(protocols.iter().any(|model| model.family.as_deref() == Some(*family)), "no model for {family}");
    }
}

#[test]
fn every_testbed_can_be_used_by_what_it_runs() {
    let protocols: Vec<&str> = models().into_iter().filter(|m| m.kind == "protocols").map(|m| m.name).collect();
    for testbed in testbeds() {
        let sets = ["swarm.network_size=4", "swarm.seeders=1", "swarm.file_size=1 MiB"].map(String::from).to_vec();
        let loaded = load(&Input { testbed: Some(testbed.name.clone()), sets, ..Input::default() });
        assert_eq!(loaded.is_ok(), protocols.contains(&testbed.protocol.as_str()), "{}", testbed.name);
    }
}

#[test]
fn delays_between_countries_are_half_the_round_trip_and_symmetric() {
    let LatencySpec::Regions { delay, shares } =
        with_sets(&["network.latency={matrix=\"ripe-2025\"}"]).run.world.latency
    else {
        panic!()
    };
    assert_eq!((delay.len(), shares.len()), (10, 10));
    assert_eq!(delay[0][1], Time::from_millis(57), "US to DE, 114 ms there and back");
    assert_eq!(delay[9][6], Time::from_millis(199), "ZA to AU, 398 ms there and back");
    assert!((0..10).all(|a| (0..10).all(|b| delay[a][b] == delay[b][a])));
}

#[test]
fn the_schema_describes_every_key_and_its_default() {
    let schema = schema();
    let at = |pointer: &str| schema.pointer(pointer).unwrap_or_else(|| panic!("{pointer}"));
    assert!(schema.get("required").is_none());
    assert_eq!(at("/$defs/Swarm/properties/group/default"), 1);
    assert!(at("/$defs/Swarm/properties/network_size/description").as_str().unwrap().contains("seeders included"));
    let folder = Folder::new(&[("a.toml", &load(&Input::default()).unwrap().resolved)]);
    let written: toml::Table = toml::from_str(&std::fs::read_to_string(folder.path("a.toml")).unwrap()).unwrap();
    for (key, value) in &written {
        let described = at(&format!("/properties/{key}"));
        assert!(described.get("description").is_some(), "{key}: {described}");
        let Some(table) = value.as_table().filter(|_| !["protocol", "hardware"].contains(&key.as_str())) else {
            continue;
        };
        let reference = described.get("$ref").or_else(|| described.pointer("/allOf/0/$ref"));
        let name = reference.and_then(|r| r.as_str()).unwrap_or_else(|| panic!("{key}: {described}"));
        for inner in table.keys() {
            let described = at(&format!("{}/properties/{inner}", name.trim_start_matches('#')));
            assert!(described.get("description").is_some(), "{key}.{inner}");
        }
    }
}

#[test]
fn a_file_without_a_name_is_called_after_itself() {
    let folder = Folder::new(&[("night.toml", SMALL)]);
    assert_eq!(load(&folder.input("night.toml")).unwrap().name, "night");
    assert_eq!(default_name(&Input { file: Some(Path::new("x/y.toml").into()), ..Input::default() }), "y");
}

mod no_panic {
    use super::*;
    use proptest::prelude::*;

    const PIECES: [&str; 24] = [
        "[swarm]\n",
        "[network]\n",
        "[churn]\n",
        "[sweep]\n",
        "[[failures]]\n",
        "[protocol.codex-v2]\n",
        "network_size = 8\n",
        "seeders = 2\n",
        "file_size = \"1 MB\"\n",
        "up = 5\n",
        "latency = {}\n",
        "model = \"trace\"\n",
        "trace = [[1, 2]]\n",
        "protocol = 3\n",
        "hardware = []\n",
        "swarm = 1\n",
        "network.latency.matrix = \"é\"\n",
        "\"swarm.seeders\" = [1, [2]]\n",
        "constrained__a_b = [[]]\n",
        "online = { fixed = {} }\n",
        "expect = 1\n",
        "extends = \"a.toml\"\n",
        "\"\" = [0]\n",
        "é",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

        #[test]
        fn on_any_pieces_of_scenarios(order in prop::collection::vec(0..PIECES.len(), 0..12)) {
            let text: String = order.iter().map(|i| PIECES[*i]).collect();
            let folder = Folder::new(&[("a.toml", &text)]);
            let input = folder.input("a.toml");
            for error in [load(&input).err(), outline(&input).err()].into_iter().flatten() {
                prop_assert!(error.to_string().starts_with("error: "));
            }
        }

        #[test]
        fn on_any_setting(key in "[a-z._\" ]{0,12}", value in "\\PC{0,12}") {
            let input = Input { sets: vec![format!("{key}={value}")], ..Input::default() };
            if let Err(error) = load(&input) {
                prop_assert!(error.to_string().contains("--set"), "{}", error);
            }
        }

        #[test]
        fn on_any_point(key in "(swarm|network|protocol|sweep|a)(\\.[a-z]{0,3}){0,2}", value in -3i64..9) {
            let input = Input { sets: vec![format!("sweep.\"{key}\"=[{value}]")], ..Input::default() };
            if let Err(error) = Base::read(&input).and_then(|base| base.first().map(|_| ())) {
                prop_assert!(error.to_string().contains("--set"), "{}", error);
            }
        }
    }
}
