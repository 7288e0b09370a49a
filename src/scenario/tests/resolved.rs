//! The resolved form: origins, round trip, fingerprint, schema.

use super::*;

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
fn a_trace_is_read_relative_to_its_scenario() {
    let folder = Folder::new(&[
        ("t.csv", "node,online_s,offline_s\n3, 0, 10\n3,20,30.5\n"),
        ("a.toml", &format!("{SMALL}[churn]\nmodel = \"trace\"\ntrace = \"t.csv\"\n")),
    ]);
    let scenario = load(&folder.input("a.toml")).unwrap();
    let ChurnSpec::Trace { sessions, .. } = &scenario.run.swarm().unwrap().world.churn else { panic!() };
    assert_eq!(sessions, &[(3, 0.0, 10.0), (3, 20.0, 30.5)]);
    assert_eq!(load_text(&scenario.resolved).run, scenario.run, "the resolved form needs no other file");
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
