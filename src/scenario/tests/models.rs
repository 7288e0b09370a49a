//! Names of models, and what stands behind them.

use super::*;

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

/// What a system does not allow is refused with the reason and the nearest that it does; the
/// nearest is allowed.
#[test]
fn a_system_has_limits() {
    let text = |code: &str| {
        let rest = "kind = \"storage\"\nhorizon = \"1 y\"\nhosts = { count = 600 }\n";
        format!("system = \"codex-market\"\n{rest}data = {{ count = 3, size = \"1 GB\"{code}\n")
    };
    let fault = |code: &str| {
        let folder = Folder::new(&[("a.toml", &text(code))]);
        load(&folder.input("a.toml")).map(|_| ()).map_err(|errors| errors.to_string())
    };
    for (code, reason, nearest) in [
        (" }\ncode = { data = 4, total = 9 }", "K >= M", "at most 8, or `code.data` of at least 5"),
        (" }\ncode = { data = 200, total = 257 }", "depth 8", "at most 256"),
        (", duration = \"31 d\" }", "duration", "at most \"30 d\""),
        (" }\ncode = { data = 1, total = 2 }", "too small", "at least 2"),
    ] {
        let told = fault(code).unwrap_err();
        assert!(told.contains(reason) && told.contains(nearest), "{told}");
    }
    for code in [
        " }\ncode = { data = 4, total = 8 }",
        " }\ncode = { data = 5, total = 9 }",
        " }\ncode = { data = 200, total = 256 }",
        ", duration = \"30 d\" }",
    ] {
        assert_eq!(fault(code), Ok(()), "{code}");
    }
}

#[test]
fn hardware_is_a_name_or_a_table_over_one() {
    let named = with_sets(&["hardware=codex-netns-2025"]).run.into_swarm().unwrap().world.hardware;
    assert_eq!(named.per_block_sent, Time::from_nanos(1_400_000));
    let varied =
        with_sets(&["hardware=codex-netns-2025", "hardware.per_message=1 ms"]).run.into_swarm().unwrap().world.hardware;
    assert_eq!(varied.per_message, Time::from_millis(1));
    assert_eq!(varied.per_block_sent, named.per_block_sent);
    let own = with_sets(&["hardware={per_mib=\"2 ms\"}"]).run.into_swarm().unwrap().world.hardware;
    assert_eq!((own.per_mib, own.per_message), (Time::from_millis(2), Time::ZERO));
}

#[test]
fn churn_can_be_turned_off_from_above_but_not_left_without_effect() {
    let folder = Folder::new(&[("a.toml", &format!("{SMALL}[churn]\nmodel = \"kad-later\"\nkind = \"crash\"\n"))]);
    let mut input = folder.input("a.toml");
    assert!(matches!(load(&input).unwrap().run.into_swarm().unwrap().world.churn, ChurnSpec::Sessions(_)));
    input.sets = vec!["churn.model=none".into()];
    assert_eq!(load(&input).unwrap().run.into_swarm().unwrap().world.churn, ChurnSpec::None);
    assert!(refused(&["churn.kind=crash"]).contains("has no effect"));
}

#[test]
fn a_named_churn_takes_changes_of_its_own_layer_only() {
    let of = |scenario: Scenario| match scenario.run.into_swarm().unwrap().world.churn {
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
    for model in models().into_iter().filter(|model| !["testbeds", "systems", "transfers"].contains(&model.kind)) {
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
    for model in models().into_iter().filter(|model| ["systems", "transfers"].contains(&model.kind)) {
        let key = if model.kind == "systems" { "system" } else { "repair.transfer" };
        let sets =
            ["kind=storage", "horizon=1 y", "hosts.count=300", "data.count=1", "data.size=1 GB", "hosts.regions=20"];
        let sets = sets.map(str::to_owned).into_iter().chain([format!("{key}={}", model.name)]).collect();
        let empty = tempfile::NamedTempFile::new().unwrap();
        let input = Input { file: Some(empty.path().into()), sets, ..Input::default() };
        let scenario = load(&input).unwrap_or_else(|error| panic!("{}: {error}", model.name));
        let warned = scenario.warnings.iter().any(|w| w.contains("not calibrated"));
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
    let LatencySpec::Regions { delay, shares, names } =
        with_sets(&["network.latency={matrix=\"ripe-2025\"}"]).run.into_swarm().unwrap().world.latency
    else {
        panic!()
    };
    assert_eq!((delay.len(), shares.len(), names.unwrap()[9].as_str()), (10, 10, "ZA"));
    assert_eq!(delay[0][1], Time::from_millis(57), "US to DE, 114 ms there and back");
    assert_eq!(delay[9][6], Time::from_millis(199), "ZA to AU, 398 ms there and back");
    assert!((0..10).all(|a| (0..10).all(|b| delay[a][b] == delay[b][a])));
}
