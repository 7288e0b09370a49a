//! Studies: their axes and points, their base, and what their sweeps overrule.

use super::*;

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
    assert_eq!(point.run.swarm().unwrap().world.links[0].up, Rate(1_000_000_000));
    assert_eq!(point.run.swarm().unwrap().world.swarm.seeders, 7);
    let first = base.first().unwrap();
    assert!(line(&first, "seeders").ends_with("a.toml:7"), "{}", line(&first, "seeders"));
    let error = base.point(&[1, 2]).map(|point| point.protocol).unwrap_err().to_string();
    assert!(error.contains("a.toml:7:") && error.contains("leave nobody to download"), "{error}");
}

/// Without a point, a study is its base.
#[test]
fn the_base_is_what_the_sweep_does_not_say() {
    let sweep = "[sweep]\n\"swarm.seeders\" = [4, 5]\nprotocol = [\"direct\", \"bitswap\"]\n\"network.degree\" = [2]\n";
    let folder = Folder::new(&[("a.toml", &format!("{SMALL}{sweep}"))]);
    let seen = |input: &Input| {
        let run = load(input).unwrap().run.into_swarm().unwrap();
        (run.world.swarm.seeders, run.protocol.family(), run.world.overlay.is_some())
    };
    let mut input = folder.input("a.toml");
    assert_eq!(seen(&input), (2, "codex-v2", false));
    input.protocol = Some("bittorrent".into());
    input.sets = vec!["swarm.seeders=3".into()];
    assert_eq!(seen(&input), (3, "bittorrent", false));
    let base = Base::read(&input).unwrap();
    let point = base.point(&[1, 0, 0]).unwrap().run.into_swarm().unwrap();
    assert_eq!(
        (point.world.swarm.seeders, point.protocol.family(), point.world.overlay.is_some()),
        (5, "direct", true)
    );
}

#[test]
fn a_base_without_what_its_sweep_gives_is_told_so() {
    let text = "[swarm]\nfile_size = \"1 MB\"\n[sweep]\nconstrained__networkSize_seeders = [[8, [1, 2]]]\n\
        \"network.links\" = [\"das\"]\n";
    let folder = Folder::new(&[("a.toml", text)]);
    let mut input = folder.input("a.toml");
    outline(&input).unwrap();
    let error = load(&input).map(|s| s.name).unwrap_err().to_string();
    assert!(error.starts_with("error: missing key"), "{error}");
    let help = "the sweep alone sets `swarm.network_size` at a.toml:4, `swarm.seeders` at a.toml:4, `network.links` at \
        a.toml:5; for one run: --set swarm.network_size=8 --set swarm.seeders=1 --set network.links=das";
    assert!(error.replace(&*folder.path("").to_string_lossy(), "").contains(help), "{error}");
    input.sets = vec!["swarm.network_size=8".into(), "swarm.seeders=1".into()];
    load(&input).unwrap();
    input.sets.push("stop.max_time=0 s".into());
    let error = load(&input).map(|s| s.name).unwrap_err().to_string();
    assert!(error.contains("no time at all") && !error.contains("the sweep alone"), "{error}");
}

#[test]
fn a_setting_that_the_sweep_overrules_is_told() {
    let axes = "[sweep]\nseed = [1, 2]\n\"swarm.seeders\" = [1, 3]\nprotocol = [\"direct\", \"bittorrent\"]\n\
        \"network.latency\" = [\"1 ms\"]\n";
    let cells = "[[sweep.cells]]\nprotocol = \"direct\"\nhardware = \"ideal\"\n\"protocol.direct.request\" = \"1 MiB\"\n\
        [[sweep.cells]]\nprotocol = \"direct\"\nhardware = \"ideal\"\n";
    let folder = Folder::new(&[
        ("axes.toml", &format!("{SMALL}{axes}")),
        ("cells.toml", &format!("{SMALL}{cells}")),
        ("over.toml", "[swarm]\nseeders = 2\n"),
        ("more.toml", "extends = \"axes.toml\"\nseed = 3\n"),
        ("base.toml", "extends = \"axes.toml\"\nseed = 3\n[sweep]\nseed = [4]\n"),
    ]);
    let of = |input: &Input| outline(input).unwrap().overruled.map(|error| error.to_string());
    let with = |file: &str, set: &str| Input { sets: vec![set.into()], ..folder.input(file) };
    for (file, set, key, line) in [
        ("axes.toml", "swarm.seeders=2", "swarm.seeders", 7),
        ("axes.toml", "swarm={ seeders = 2 }", "swarm.seeders", 7),
        ("axes.toml", "seed=3", "seed", 6),
        ("axes.toml", "protocol=direct", "protocol", 8),
        ("axes.toml", "protocol.codex-v2.window=9", "protocol", 8),
        ("axes.toml", "network.latency={ matrix = \"degraded\" }", "network.latency", 9),
        ("cells.toml", "hardware.per_block_sent=1 us", "hardware", 7),
        ("cells.toml", "protocol.bittorrent.unchoke_slots=4", "protocol", 6),
    ] {
        let error = of(&with(file, set)).unwrap_or_else(|| panic!("{set} was accepted"));
        assert!(error.contains(&format!("`{key}` is swept at ")), "{error}");
        assert!(error.contains(&format!("{file}:{line}, so this would do nothing")), "{error}");
        assert!(error.contains(&format!("--> --set {set}")), "{error}");
    }
    for (file, set) in [
        ("axes.toml", "network.up=1 Mbit/s"),
        ("axes.toml", "protocol.bittorrent.unchoke_slots=4"),
        ("axes.toml", "sweep.seed=[7]"),
        ("cells.toml", "protocol.direct.request=2 MiB"), // at the second cell
    ] {
        assert_eq!(of(&with(file, set)), None, "{set}");
    }
    let base = || folder.input("axes.toml");
    assert!(of(&Input { seed: Some(3), ..base() }).unwrap().contains("--> --seed 3"));
    assert!(of(&Input { protocol: Some("direct".into()), ..base() }).unwrap().contains("--> --protocol direct"));
    let warnings = |input: &Input| {
        let Outline { overruled, warnings, .. } = outline(input).unwrap();
        assert_eq!(overruled, None, "a file may be there for other studies too");
        warnings.join("\n")
    };
    let said = warnings(&Input { overlays: vec![folder.path("over.toml")], ..base() });
    assert!(said.contains("axes.toml:7, so what ") && said.ends_with("over.toml:2 says of it does nothing"), "{said}");
    assert!(warnings(&folder.input("more.toml")).contains("more.toml:2 says"), "extending a study is laying over it");
    assert_eq!(warnings(&folder.input("base.toml")), "", "base and sweep of one layer");
}
