//! Wires, classes of nodes and files of both, from outside: what is the same said in two
//! ways gives the same run, closed forms hold, and the books balance.

use crate::common::place::Place;
use crate::common::{checked, protocols, spec};
use codexsim::ledger::{Constraint, Outcome};
use codexsim::units::Time;
use codexsim::world::Role;

const SMALL: [&str; 4] = ["swarm.network_size=8", "swarm.seeders=2", "swarm.file_size=2 MB", "discovery.model=static"];

fn write(place: &Place, name: &str, text: &str) {
    std::fs::write(place.path(name), text).unwrap();
}

fn outcome(sets: &[&str], more: &[&str]) -> Outcome {
    checked(&spec(&[&SMALL[..], sets, more].concat()))
}

/// A star of wires without limit, a node at each point, is one delay between any two: the
/// same run, event for event. So are access links with half of the delay at one point.
#[test]
fn a_star_is_one_latency() {
    let star = "topology.generate={ star = { points = 8, delay = \"15 ms\" } }";
    let one_point = ["topology.generate={ line = { points = 1, delay = \"1 s\" } }", "topology.access_delay=15 ms"];
    for protocol in protocols() {
        let protocol = format!("protocol={protocol}");
        for model in ["network.model=fair", "network.model=fifo", "network.model=ideal"] {
            let plain = outcome(&[&protocol, model], &["network.latency=30 ms"]);
            for wires in [&[star][..], &one_point] {
                let over_wires = outcome(&[&protocol, model], wires);
                assert_eq!(plain.fingerprint, over_wires.fingerprint, "{protocol} {model} {wires:?}");
                assert_eq!(plain.end, over_wires.end);
            }
        }
    }
}

/// Wires with a capacity that nobody can fill change nothing but a rounding.
#[test]
fn wide_wires_change_nothing() {
    let star = |more: &str| format!("topology.generate={{ star = {{ points = 8, delay = \"15 ms\"{more} }} }}");
    for protocol in protocols() {
        let protocol = format!("protocol={protocol}");
        let [free, wide] = ["", ", capacity = \"100 Tbit/s\""].map(|more| outcome(&[&protocol], &[&star(more)]));
        let (free, wide) = (free.makespan().unwrap(), wide.makespan().unwrap());
        assert!(free.nanos().abs_diff(wide.nanos()) <= 100_000, "{protocol}: {free} {wide}");
    }
}

/// Classes of nodes by share are classes of links by share.
#[test]
fn classes_of_nodes_are_classes_of_links() {
    let links = "network.classes=[{ share = 0.25, up = \"9 Mbit/s\", down = \"40 Mbit/s\" }, { share = 0.75, up = \
                 \"3 Mbit/s\", down = \"20 Mbit/s\" }]";
    let nodes = "nodes=[{ name = \"a\", share = 0.25, up = \"9 Mbit/s\", down = \"40 Mbit/s\" }, { name = \"b\", share = \
                 0.75, up = \"3 Mbit/s\", down = \"20 Mbit/s\" }]";
    for protocol in ["protocol=codex-v2", "protocol=bittorrent"] {
        let [links, nodes] = [links, nodes].map(|classes| outcome(&[protocol], &[classes]));
        assert_eq!(links.fingerprint, nodes.fingerprint);
        assert_eq!(nodes.classes, ["a", "b"]);
        let fast = nodes.nodes.iter().filter(|node| node.class == 0);
        assert!(fast.clone().count() == 2 && fast.into_iter().all(|node| node.up_bps == 9e6));
    }
}

/// A matrix of latencies between regions is a graph with the same edges, taken directly.
/// (The mean delay, which look-ups take, is that of regions here and of nodes there; with
/// these numbers both are the same.)
#[test]
fn a_matrix_of_regions_is_a_graph() {
    let place = Place::new("");
    write(&place, "m.csv", ",a,b\na,20,30\nb,40,50\n");
    let file = format!("topology.file={}", place.path("m.csv").display());
    let matrix = "network.latency={ shares = [0.5, 0.5], delay = [[\"20 ms\", \"30 ms\"], [\"40 ms\", \"50 ms\"]], names = \
                  [\"a\", \"b\"] }";
    let nodes = |at: &str| {
        let class = |name: &str| format!("{{ name = \"{name}\", count = 4, {at} = \"{name}\" }}");
        format!("nodes=[{}, {}]", class("a"), class("b"))
    };
    for protocol in protocols().filter(|protocol| *protocol != "ideal") {
        let protocol = format!("protocol={protocol}");
        let by_matrix = outcome(&[&protocol], &[matrix, &nodes("region"), "discovery.round_trips=0"]);
        let by_graph = outcome(&[&protocol], &[&file, &nodes("point"), "discovery.round_trips=0"]);
        assert_eq!(by_matrix.fingerprint, by_graph.fingerprint, "{protocol}");
    }
}

/// Leechers behind one wire, and the only seeder on the other side: `direct` downloads from
/// seeders alone, so all of it crosses.
#[test]
fn a_dumbbell_takes_its_time() {
    let racks = "topology.generate={ racks = { racks = 2, delay = \"1 ms\", uplink = \"10 Mbit/s\" } }";
    let nodes = "nodes=[{ name = \"source\", count = 1, role = \"seeder\", point = \"rack-0\", up = \"1 Gbit/s\", down = \
                 \"1 Gbit/s\" }, { name = \"sink\", count = 4, role = \"leecher\", point = \"rack-1\", up = \"1 Gbit/s\", \
                 down = \"1 Gbit/s\" }]";
    let sets = ["swarm.network_size=5", "swarm.seeders=1", "swarm.file_size=1 MiB", "network.transport=none"];
    for model in ["fair", "fifo"] {
        let model = format!("network.model={model}");
        let run = checked(&spec(&[&sets[..], &[&model, "protocol=direct", racks, nodes]].concat()));
        let wire_s = run.wire_bytes() as f64 * 8.0 / 10e6;
        let makespan = run.makespan().unwrap().secs();
        assert!((makespan - wire_s).abs() < 0.05, "{model}: {makespan} s, {wire_s} s on the wire");
        let crossed = run.links.iter().find(|link| link.from == "rack-0").unwrap();
        assert!(crossed.bytes >= 4 << 20 && crossed.busy > 0.98 && crossed.busy <= 1.0, "{model}: {crossed:?}");
        assert_eq!((run.bound_kind, run.bound), ("core_link", Time::from_nanos((1u64 << 20) * 800)), "{model}");
    }
}

/// Where links are infinitely fast so are wires: they delay, and bind nothing.
#[test]
fn in_ideal_wires_only_delay() {
    let racks = "topology.generate={ racks = { racks = 2, delay = \"10 ms\", uplink = \"1 Mbit/s\" } }";
    for protocol in protocols() {
        let run = outcome(&[&format!("protocol={protocol}"), "network.model=ideal"], &[racks]);
        assert!(run.links.is_empty() && run.bound == Time::ZERO, "{protocol}");
    }
}

/// What leaves nodes for other points is what crosses the wires, twice in a star of racks.
#[test]
fn core_links_carry_what_crosses_racks() {
    let racks = "topology.generate={ racks = { racks = 8, delay = \"1 ms\", uplink = \"1 Gbit/s\" } }";
    for protocol in protocols() {
        let protocol = format!("protocol={protocol}");
        let run = outcome(&[&protocol, "network.model=fair"], &[racks]);
        let crossed: u64 = run.links.iter().map(|link| link.bytes).sum();
        // Every node has a rack of its own, so all that leaves a node crosses two links.
        let left: u64 = run.nodes.iter().map(|node| node.bytes_tx).sum();
        assert_eq!(crossed, 2 * left, "{protocol}");
    }
}

#[test]
fn a_file_of_nodes_is_followed_row_by_row() {
    let place = Place::new("");
    write(
        &place,
        "nodes.csv",
        "class,role,up_bps,down_bps,region,start_s,leave_s,return_s\ns,seeder,20000000,20000000,NA,,,\n\
         h,leecher,5000000,10000000,EU,0,,\nh,leecher,5000000,10000000,EU,1.5,,\nh,leecher,6000000,10000000,AP,2,3,30\n",
    );
    let nodes = format!("nodes={}", place.path("nodes.csv").display());
    let plain = "[swarm]\nfile_size = \"5 MB\"\n[network]\nlatency = { matrix = \"regions-2019\" }\n";
    write(&place, "s.toml", plain);
    let input = codexsim::scenario::Input {
        file: Some(place.path("s.toml")),
        sets: vec![nodes],
        ..codexsim::scenario::Input::default()
    };
    let spec = codexsim::scenario::load(&input).unwrap().run.into_swarm().unwrap();
    assert_eq!((spec.world.swarm.network_size, spec.world.swarm.seeders), (4, 1), "as the rows say");
    let run = checked(&spec);
    let told: Vec<(f64, &str, &str, f64, u32)> = run
        .nodes
        .iter()
        .map(|node| {
            let (class, region) = (&run.classes[usize::from(node.class)], &run.regions[usize::from(node.region)]);
            (node.up_bps, class.as_str(), region.as_str(), node.start.secs(), node.sessions)
        })
        .collect();
    let expected =
        [(2e7, "s", "NA", 0.0, 1), (5e6, "h", "EU", 0.0, 1), (5e6, "h", "EU", 1.5, 1), (6e6, "h", "AP", 2.0, 2)];
    assert_eq!(told, expected);
}

/// Slow processors of a class slow that class down, and nobody else.
#[test]
fn hardware_of_a_class_is_its_own() {
    let nodes = |cost: &str| {
        format!(
            "nodes=[{{ name = \"source\", count = 1, role = \"seeder\" }}, {{ name = \"fast\", count = 1, role = \
             \"leecher\" }}, {{ name = \"slow\", count = 1, role = \"leecher\", hardware = {{ per_mib = \"{cost}\" }} }}]"
        )
    };
    let sets = ["swarm.network_size=3", "swarm.seeders=1", "swarm.file_size=8 MB", "protocol=direct"];
    let times = |cost: &str| {
        let run = checked(&spec(&[&sets[..], &[&nodes(cost)]].concat()));
        let of = |class: u16| run.nodes.iter().find(|node| node.class == class).unwrap();
        [1, 2].map(|class| of(class).milestones.all.unwrap().secs())
    };
    let ([fast, same], [other, slow]) = (times("0 s"), times("1 s"));
    assert!((fast - same).abs() < 0.1 && (other - fast).abs() < 0.5 * fast, "{fast} {same} {other}");
    assert!(slow > 7.0, "8 MB at 1 s each MiB: {slow}");
}

/// The order of classes means nothing: which nodes are of which class is drawn. (Who has
/// the lower number comes first where all come at once, and is served first.)
#[test]
fn the_order_of_classes_means_nothing() {
    let class = |name: &str, count: u32, up: &str, role: &str| {
        format!("{{ name = \"{name}\", count = {count}, role = \"{role}\", up = \"{up}\", down = \"30 Mbit/s\" }}")
    };
    let parts = [
        class("s", 2, "10 Mbit/s", "seeder"),
        class("a", 3, "4 Mbit/s", "leecher"),
        class("b", 3, "7 Mbit/s", "leecher"),
    ];
    let median = |order: [usize; 3], seed: u64| {
        let nodes = format!("nodes=[{}]", order.map(|at| parts[at].clone()).join(", "));
        let run = outcome(&["protocol=bittorrent", &format!("seed={seed}")], &[&nodes]);
        run.makespan().unwrap().secs()
    };
    let mean = |order: [usize; 3]| (1..=40).map(|seed| median(order, seed)).sum::<f64>() / 40.0;
    let (one, other) = (mean([0, 1, 2]), mean([2, 1, 0]));
    assert!((one / other - 1.0).abs() < 0.04, "{one} {other}");
}

#[test]
fn who_knows_whom_may_come_from_a_file() {
    let place = Place::new("");
    let ring: String = (0..8).map(|at| format!("{at} {}\n", (at + 1) % 8)).collect();
    write(&place, "ring.txt", &ring);
    let file = format!("network.overlay={{ file = \"{}\" }}", place.path("ring.txt").display());
    let spec = spec(&[&SMALL[..], &[&file, "protocol=bittorrent"]].concat());
    let world = codexsim::world::World::build(&spec.world, 1, 0);
    let known = world.overlay.as_ref().unwrap().neighbours(codexsim::world::NodeId(0));
    assert_eq!(known.iter().map(|id| id.0).collect::<Vec<_>>(), [1, 7]);
    assert!(checked(&spec).makespan().is_some());
    for overlay in ["{ barabasi_albert = { joins = 2 } }", "{ watts_strogatz = { degree = 4, rewire = 0.2 } }"] {
        assert!(outcome(&["protocol=bittorrent", &format!("network.overlay={overlay}")], &[]).makespan().is_some());
    }
}

/// What the findings say of racks, in a smaller world: BitTorrent pays for oversubscription,
/// and core links are what its leechers wait for.
#[test]
fn racks_cost_who_does_not_look_at_them() {
    let with = |uplink: &str| {
        let racks =
            format!("topology.generate={{ racks = {{ racks = 8, delay = \"50 us\", uplink = \"{uplink}\" }} }}");
        let sets = ["swarm.network_size=32", "swarm.seeders=4", "swarm.file_size=20 MB", "protocol=bittorrent"];
        let links = ["network.up=1 Gbit/s", "network.down=1 Gbit/s", "topology.access_delay=25 us"];
        checked(&spec(&[&sets[..], &links, &[&racks]].concat()))
    };
    let (wide, narrow) = (with("4 Gbit/s"), with("400 Mbit/s"));
    let times = narrow.makespan().unwrap().secs() / wide.makespan().unwrap().secs();
    assert!(times > 1.8, "{times}");
    assert_eq!(narrow.bound_kind, "core_link");
    let waits = |run: &Outcome, constraint: Constraint| {
        let leechers = run.nodes.iter().filter(|node| node.role == Role::Leecher).count();
        (0..leechers).map(|leecher| run.timeline.tally(leecher).shares()[constraint as usize]).sum::<f64>()
            / leechers as f64
    };
    assert!(waits(&narrow, Constraint::CoreLink) > 0.4, "{}", waits(&narrow, Constraint::CoreLink));
    assert!(waits(&wide, Constraint::CoreLink) < 0.1, "{}", waits(&wide, Constraint::CoreLink));
}

/// What the findings say of servers among homes: BitTorrent's are done long before the homes
/// beside them, those of Codex v3c are not.
#[test]
fn servers_go_ahead_in_bittorrent_alone() {
    let ahead = |protocol: &str| {
        let input = codexsim::scenario::Input {
            file: Some("experiments/residential-and-servers.toml".into()),
            protocol: Some(protocol.into()),
            sets: ["swarm.file_size=20 MB", "swarm.network_size=20"].map(String::from).to_vec(),
            ..codexsim::scenario::Input::default()
        };
        let run = checked(&codexsim::scenario::load(&input).unwrap().run.into_swarm().unwrap());
        let of = |name: &str| {
            let class = run.classes.iter().position(|class| class == name).unwrap() as u16;
            let mine = run.nodes.iter().filter(|node| node.class == class && node.role == Role::Leecher);
            let times: Vec<f64> = mine.filter_map(|node| node.milestones.all).map(Time::secs).collect();
            codexsim::results::median(&times).unwrap()
        };
        of("server") / of("home EU")
    };
    let (bittorrent, codex) = (ahead("bittorrent"), ahead("codex-v3c"));
    assert!(bittorrent < 0.4 && codex > 0.7, "{bittorrent} {codex}");
}
