//! Layers: which wins, and how they merge.

use super::*;

#[test]
fn the_quickstart_is_as_documented() {
    let scenario = load(&Input::default()).unwrap();
    let run = scenario.run.swarm().unwrap();
    let world = &run.world;
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
    assert_eq!(scenario.sweep, Sweep { axes: vec![], design: None, seeder_sets: 1, repetitions: 1 });
}

/// Measured: 10, 12, 14, 15 round trips to the manifest for 2, 8, 16, 32
/// nodes, of which 8 are not the look-up.
#[test]
fn default_look_ups_take_the_measured_round_trips() {
    let crate::discovery::DiscoverySpec::Static(discovery) =
        load(&Input::default()).unwrap().run.into_swarm().unwrap().discovery
    else {
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
        let run = load(input).unwrap().run.into_swarm().unwrap();
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
    let run = Base::read(&input).unwrap().first().unwrap().run.into_swarm().unwrap();
    assert_eq!((run.world.swarm.seeders, run.seed), (1, 9), "a point wins over all");
}

#[test]
fn tables_merge_and_lists_are_replaced() {
    let folder = Folder::new(&[
        ("base.toml", &format!("{SMALL}[network]\nup = \"1 Mbit/s\"\n[[failures]]\nat = \"1 s\"\nnodes = 1\n")),
        ("a.toml", "extends = \"base.toml\"\n[network]\ndown = \"2 Mbit/s\"\n[[failures]]\nat = \"2 s\"\nnodes = 2\n"),
    ]);
    let world = load(&folder.input("a.toml")).unwrap().run.into_swarm().unwrap().world;
    assert_eq!((world.links[0].up, world.links[0].down), (Rate(1_000_000), Rate(2_000_000)));
    assert_eq!(world.failures.len(), 1);
    assert_eq!(world.failures[0].nodes, 2);
}

#[test]
fn a_choice_replaces_another_and_keeps_its_own() {
    let folder = Folder::new(&[("a.toml", &format!("{SMALL}start = {{ stagger = \"10 s\" }}\n"))]);
    let mut input = folder.input("a.toml");
    input.sets = vec!["swarm.start={ poisson = \"2/s\" }".into()];
    assert_eq!(
        load(&input).unwrap().run.into_swarm().unwrap().world.swarm.start,
        StartSpec::Poisson(Time::from_millis(500))
    );
    let churn =
        ["churn.model=sessions", "churn.offline={fixed={value=9}}", "churn.online={weibull={shape=0.5,scale=10}}"];
    let varied = with_sets(&[&churn[..], &["churn.online.weibull.scale=20"]].concat());
    let ChurnSpec::Sessions(sessions) = varied.run.into_swarm().unwrap().world.churn else { panic!() };
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
        assert_eq!(load(&input).unwrap().run.into_swarm().unwrap().protocol.family(), "direct", "{text}");
        input.protocol = None;
        input.sets = vec!["sweep.protocol=[\"ideal\"]".into()];
        assert_eq!(Base::read(&input).unwrap().first().unwrap().protocol, "ideal", "{text}");
    }
}

#[test]
fn the_highest_layer_decides_between_ways_to_give_links() {
    let classes = with_sets(&["network.links=das"]);
    assert_eq!(classes.run.swarm().unwrap().world.links.len(), 2);
    assert!(classes.warnings.iter().any(|w| w.starts_with("network.up (quickstart:")), "{:?}", classes.warnings);
    let plain = with_sets(&["network.links=das", "network.up=3 Mbit/s"]);
    assert_eq!(plain.run.swarm().unwrap().world.links[0].up, Rate(3_000_000));
    assert_eq!(plain.run.swarm().unwrap().world.links.len(), 1);
}

#[test]
fn a_file_without_a_name_is_called_after_itself() {
    let folder = Folder::new(&[("night.toml", SMALL)]);
    assert_eq!(load(&folder.input("night.toml")).unwrap().name, "night");
    assert_eq!(default_name(&Input { file: Some(Path::new("x/y.toml").into()), ..Input::default() }), "y");
}
