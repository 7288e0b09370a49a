//! Designs: points of ranges, of lists together, and what the command line says of them.

use super::*;

/// The keys of each axis, and its points in words.
fn axes(input: &Input) -> Vec<(String, Vec<String>)> {
    let sweep = outline(input).unwrap().sweep;
    let word = |value: &Option<toml::Value>| {
        value.as_ref().map_or(String::new(), |v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
    };
    let point = |point: Vec<Option<toml::Value>>| point.iter().map(word).collect::<Vec<_>>().join(" ");
    sweep.axes.iter().map(|axis| (axis.keys.join("+"), axis.points.iter().map(point).collect())).collect()
}

fn study(sweep: &str) -> (Folder, Input) {
    let folder = Folder::new(&[("a.toml", &format!("{SMALL}[sweep]\n{sweep}"))]);
    let input = folder.input("a.toml");
    (folder, input)
}

const RANGES: &str = "\"swarm.seeders\" = [1, 2]\n\"network.up\" = \"1 Mbit/s..1 Gbit/s log\"\nprotocol = \"direct|bitswap\"\n\
    \"network.degree\" = [2, 3, 4]\n";

/// Lists stay axes; all ranges are one, at the place of the first, the protocol before all.
#[test]
fn drawn_points_are_one_axis() {
    let (_folder, input) = study(&format!("{RANGES}points = 6\nrepetitions = 2\n"));
    let sweep = outline(&input).unwrap().sweep;
    let design = sweep.design.unwrap();
    let words = "6 points by sobol of network.up = 1 Mbit/s..1 Gbit/s log, protocol = direct|bitswap";
    assert_eq!((design.words.as_str(), design.keys.join("+")), (words, "protocol+network.up".into()));
    let found = axes(&input);
    let keys: Vec<&str> = found.iter().map(|(keys, _)| keys.as_str()).collect();
    assert_eq!(keys, ["swarm.seeders", "protocol+network.up", "network.degree"]);
    let points = &found[1].1;
    assert_eq!((points.len(), sweep.repetitions), (6, 2));
    assert!(points.iter().all(|point| point.starts_with("direct ") || point.starts_with("bitswap ")), "{points:?}");
    let point = Base::read(&input).unwrap().point(&[1, 5, 0]).unwrap();
    assert_eq!(format!("{} {}", point.protocol, point.run.swarm().unwrap().world.links[0].up), points[5]);
}

#[test]
fn more_points_of_a_design_contain_the_fewer() {
    let points = |design: &str, count: u32, seed: Option<u64>| {
        let (_folder, mut input) = study(&format!("{RANGES}design = \"{design}\"\npoints = {count}\n"));
        input.seed = seed;
        axes(&input)[1].1.clone()
    };
    for (design, fewer, more) in [("sobol", 5, 9), ("random", 5, 9), ("lhs", 5, 10)] {
        let (some, all) = (points(design, fewer, None), points(design, more, None));
        assert_eq!(all[..fewer as usize], some, "{design}");
        assert_ne!(points(design, fewer, Some(77)), some, "{design} follows from the seed");
    }
}

/// A point that is drawn twice would be the same runs.
#[test]
fn of_few_values_each_point_is_there_once() {
    let (_folder, input) = study("\"swarm.seeders\" = \"1..2\"\nprotocol = \"direct|bitswap\"\npoints = 64\n");
    let mut points = axes(&input)[0].1.clone();
    points.sort();
    assert_eq!(points, ["bitswap 1", "bitswap 2", "direct 1", "direct 2"]);
}

#[test]
fn a_grid_of_ranges_has_values_from_end_to_end() {
    let (_folder, input) = study(&format!("{RANGES}design = \"grid\"\npoints = 4\n"));
    let found = axes(&input);
    assert_eq!(
        found[1],
        ("network.up".into(), ["1 Mbit/s", "10 Mbit/s", "100 Mbit/s", "1 Gbit/s"].map(String::from).into())
    );
    assert_eq!(found[2], ("protocol".into(), ["direct", "bitswap"].map(String::from).into()));
    assert_eq!(found.len(), 4);
    let (_folder, input) = study("protocol = \"direct|bitswap\"\n");
    assert_eq!(axes(&input), [found[2].clone()], "choices alone are a list");
}

#[test]
fn a_zip_takes_lists_together() {
    let zip = "design = \"zip\"\n\"swarm.seeders\" = [1, 2]\n\"network.up\" = \"1 Mbit/s|2 Mbit/s\"\n\
        protocol = [\"direct\", \"bitswap\"]\n";
    let (_folder, input) = study(zip);
    let points = ["direct 1 1 Mbit/s", "bitswap 2 2 Mbit/s"].map(String::from);
    assert_eq!(axes(&input), [("protocol+swarm.seeders+network.up".to_owned(), points.to_vec())]);
}

/// Whichever way the file wrote its list.
#[test]
fn the_command_line_varies_over_the_file() {
    for written in ["\"network.up\" = [\"3 Mbit/s\"]", "network.up = [\"3 Mbit/s\"]"] {
        let (_folder, mut input) = study(&format!("{written}\nrepetitions = 3\n"));
        input.vary = vec!["network.up = 1 Mbit/s..9 Mbit/s".into(), "swarm.seeders=1..4".into()];
        input.points = Some(8);
        input.design = Some("lhs".into());
        let found = axes(&input);
        assert_eq!(
            (found.len(), found[0].0.as_str(), found[0].1.len()),
            (1, "network.up+swarm.seeders", 8),
            "{written}"
        );
        let said = |input: &Input| outline(input).map(|outline| outline.name).unwrap_err().to_string();
        input.design = Some("lhd".into());
        assert!(
            said(&input).contains("--> --design lhd") && said(&input).contains("did you mean `lhs`?"),
            "{}",
            said(&input)
        );
        input.design = None;
        input.vary = vec!["network.up".into()];
        assert!(said(&input).contains("--> --vary network.up"), "{}", said(&input));
        input.vary = vec!["swarm.seeders=4..1".into()];
        assert!(said(&input).contains("its low end is not below its high end"), "{}", said(&input));
    }
}
