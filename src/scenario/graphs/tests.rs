//! What is read of each format, to the value; each refusal; and texts that are changed.

use super::super::source::Kind;
use super::super::tree::Value;
use super::*;
use crate::units::{Rate, Time};
use crate::world::{Edge, Point, RouteRule, Routes};
use proptest::prelude::*;
use proptest::sample::{Index, select};

const FILES: [&str; 12] = [
    "shadow.gml",
    "shadow.graphml",
    "operator.gml",
    "operator.graphml",
    "yed.graphml",
    "edges.csv",
    "edges.txt",
    "as-rel.txt",
    "matrix.csv",
    "bare.txt",
    "wonder/pings.csv",
    "wonder/servers.csv",
];

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/graphs").join(name)
}

fn start(source: usize) -> Place {
    Place { source, start: 0, end: 0 }
}

/// What a scenario in `tests/graphs` reads when it names the graph `name`.
fn file(name: &str) -> Graph {
    let mut sources = Sources::default();
    let source = sources.add(Kind::File, "a.toml", "", &path(""));
    let node = Node { key: start(source), at: start(source), value: Value::String(name.into()) };
    read(&node, &mut sources).unwrap_or_else(|fault| panic!("{}", fault.render(&sources)))
}

/// What `text` is read as in a file called `name`.
fn text(name: &str, text: &str) -> Result<Graph, String> {
    let mut sources = Sources::default();
    let source = sources.add(Kind::File, name, text, Path::new(""));
    parse(&path(name), (source, None), start(source), &mut sources).map_err(|fault| fault.render(&sources).to_string())
}

/// What the cities are whose servers `list` names.
fn with_servers(list: &str) -> Result<Graph, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("servers.csv"), list).unwrap();
    let mut sources = Sources::default();
    let pings = std::fs::read_to_string(path("wonder/pings.csv")).unwrap();
    let source = sources.add(Kind::File, "pings.csv", pings, folder.path());
    let read = parse(&folder.path().join("pings.csv"), (source, None), start(source), &mut sources);
    read.map_err(|fault| fault.render(&sources).to_string())
}

fn refused(name: &str, given: &str) -> String {
    text(name, given).map(|graph| format!("{graph:?}")).unwrap_err()
}

fn names(graph: &Graph) -> Vec<&str> {
    graph.0.points().map(|point| point.name.as_str()).collect()
}

/// From, to and nanoseconds.
fn delays(graph: &Graph) -> Vec<(u32, u32, u64)> {
    graph.0.edges().map(|(from, to, edge)| (from, to, edge.delay.nanos())).collect()
}

fn edges(graph: &Graph) -> Vec<(u32, u32, Edge)> {
    graph.0.edges().map(|(from, to, edge)| (from, to, *edge)).collect()
}

fn ms(ms: u64) -> Time {
    Time::from_millis(ms)
}

const MS: u64 = 1_000_000;

#[test]
fn t1_a_graph_of_shadow() {
    let graph = file("shadow.gml");
    let (up, down) = (Some(Rate(10_000_000)), Some(Rate(100_000_000)));
    let points = [
        Point { region: Some("NL".into()), up, down, ..Point::named("0") },
        Point {
            region: Some("DE".into()),
            up: Some(Rate(81_920 * 1024)),
            down: Some(Rate(1_000_000_000)),
            ..Point::named("middle")
        },
        Point { region: Some("NL".into()), ..Point::named("2") },
    ];
    assert!(graph.0.points().eq(&points));
    let lossy = |ms| Edge { loss: 0.01, ..Edge::of(Time::from_millis(ms)) };
    let shared = Edge { capacity: Rate(1_000_000_000), ..lossy(20) };
    let both = [
        (0, 0, Edge::of(ms(1))),
        (0, 1, lossy(10)),
        (1, 0, lossy(10)),
        (1, 2, shared),
        (2, 1, shared),
        (0, 2, lossy(50)),
        (2, 0, lossy(50)),
    ];
    assert_eq!(edges(&graph), both);
    assert_eq!(graph.1, ["shadow.gml: `jitter` of edges is not understood and has no effect"]);
    let routes = |rule| Routes::new(Topology::clone(&graph.0).with_rule(rule));
    let shortest = routes(graph.0.rule());
    assert_eq!(shortest.delay(0, 2), Some(ms(30)));
    assert!((shortest.loss(0, 2) - 0.0199).abs() < 1e-12);
    assert_eq!(routes(RouteRule::Direct).delay(0, 2), Some(ms(50)));
}

#[test]
fn an_old_graph_of_shadow() {
    let graph = file("shadow.graphml");
    let known = Point {
        region: Some("US".into()),
        up: Some(Rate(8_388_608)),
        down: Some(Rate(16_777_216)),
        ..Point::named("poi-1")
    };
    assert!(graph.0.points().eq(&[known, Point::named("poi-2")]));
    let edge = Edge { loss: 0.05, ..Edge::of(Time::from_nanos(12_500_000)) };
    assert_eq!(edges(&graph), [(0, 1, edge), (1, 0, edge), (1, 1, Edge::of(ms(3)))]);
    let of = |what| format!("shadow.graphml: {what} is not understood and has no effect");
    assert_eq!(graph.1, [of("`packetloss` of nodes"), of("`jitter` of edges")]);
}

#[test]
fn an_operator_map_has_the_delays_of_glass() {
    let graph = file("operator.gml");
    assert_eq!(names(&graph), ["West", "East (1)", "East (2)"]);
    assert_eq!(graph.0.regions(), ["Gabon", "Indonesia"]);
    assert_eq!(graph.0.points().nth(1).unwrap().place, Some([0.0, 90.0]));
    let quarter = Time::from_secs_f64(std::f64::consts::FRAC_PI_2 * 6371.0 / 200_000.0);
    let far = Edge { capacity: Rate(10_000_000_000), ..Edge::of(quarter) };
    let near = Edge { capacity: Rate(2_500_000_000), ..Edge::of(Time::from_nanos(10_000)) };
    assert_eq!(edges(&graph), [(0, 1, far), (1, 0, far), (1, 2, near), (2, 1, near)]);
    assert_eq!(graph.1, ["operator.gml: `Altitude` of nodes is not understood and has no effect"]);

    let graph = file("operator.graphml");
    assert_eq!(names(&graph), ["West & more", "North"]);
    let edge = Edge { capacity: Rate(1_000_000_000), ..Edge::of(quarter) };
    assert_eq!(edges(&graph), [(0, 1, edge), (1, 0, edge)]);
    assert_eq!(graph.1, [""; 0]);
}

#[test]
fn a_drawing_names_its_nodes() {
    let graph = file("yed.graphml");
    assert_eq!(names(&graph), ["left", "right"]);
    assert_eq!(delays(&graph), [(0, 1, 4 * MS), (1, 0, 5 * MS), (0, 1, 5 * MS)]);
    assert_eq!(graph.1, [""; 0]);
}

#[test]
fn lists_of_edges() {
    let graph = file("edges.csv");
    assert_eq!(names(&graph), ["a", "b", "c"]);
    let first = Edge { capacity: Rate(1_000_000_000), loss: 0.01, ..Edge::of(ms(10)) };
    let there_and_back = [(1, 2, Edge::of(ms(20))), (2, 1, Edge::of(ms(25)))];
    assert_eq!(edges(&graph), [[(0, 1, first), (1, 0, first)], there_and_back].concat());
    assert_eq!(graph.1, ["edges.csv: `weight` of edges is not understood and has no effect"]);
    assert_eq!(graph.0.rule(), RouteRule::Shortest);

    let graph = file("edges.txt");
    let shared = Edge { capacity: Rate(100_000_000), ..Edge::of(Time::from_nanos(500_000)) };
    let ten = Edge::of(ms(10));
    assert_eq!(edges(&graph), [(0, 1, ten), (1, 0, ten), (1, 2, shared), (2, 1, shared), (2, 2, Edge::of(ms(1)))]);

    let graph = file("as-rel.txt");
    assert_eq!(names(&graph), ["64500", "64501", "64502"]);
    assert_eq!(delays(&graph), [(0, 1, 15 * MS), (1, 0, 15 * MS), (0, 2, 15 * MS), (2, 0, 15 * MS)]);
    assert_eq!(graph.1, ["as-rel.txt: `relation` of edges is not understood and has no effect"]);
}

#[test]
fn matrices() {
    let graph = file("matrix.csv");
    assert_eq!(names(&graph), ["Oslo", "Bern", "Rome"]);
    let expected =
        [(0, 1, 30_500_000), (0, 2, 55 * MS), (2, 0, 54 * MS), (1, 0, 31 * MS), (1, 1, 2 * MS), (1, 2, 22 * MS)];
    assert_eq!(delays(&graph), expected);
    assert_eq!(graph.0.rule(), RouteRule::Direct);

    let graph = file("bare.txt");
    assert_eq!((names(&graph), delays(&graph)), (vec!["0", "1"], vec![(0, 1, 12_250_000), (1, 0, 13 * MS)]));

    let small = [
        (",a,b\na,0,3\nb,4,0\n", ["a", "b"].as_slice(), 3),
        ("x 7 8\n7 0 5\n8 6 0\n", &["7", "8"], 5),
        ("0\t7\t8\n7\t0\t5\n8\t5\t0", &["0", "1", "2"], 7),
    ];
    for (given, points, delay) in small {
        let graph = text("m.txt", given).unwrap();
        assert_eq!((names(&graph).as_slice(), delays(&graph)[0]), (points, (0, 1, delay * MS)), "{given}");
    }
    let edges = text("e.txt", "0 1 10\n1 2 20\n0 2 50\n").unwrap();
    assert_eq!((edges.0.rule(), edges.0.edges().len()), (RouteRule::Shortest, 6), "three rows of three and no matrix");
}

#[test]
fn pings_of_cities() {
    let graph = file("wonder/pings.csv");
    assert_eq!(names(&graph), ["Town", "Port (22)", "Port (33)", "44"]);
    let town = graph.0.points().next().unwrap();
    assert_eq!((town.region.as_deref(), town.place), (Some("Freedonia"), Some([10.5, -20.25])));
    let expected =
        [(0, 1, 12_500_000), (0, 2, 50 * MS), (2, 0, 50 * MS), (1, 0, 13 * MS), (1, 3, 4 * MS), (3, 1, 4 * MS)];
    assert_eq!(delays(&graph), expected);
    assert_eq!(graph.0.rule(), RouteRule::Direct);
    let warning = "pings.csv: 1 of its 4 cities are not in servers.csv and keep their numbers for names";
    assert_eq!(graph.1, [warning]);
}

#[test]
fn of_two_lists_of_servers_none_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["pings.csv", "servers.csv"] {
        let bytes = std::fs::read(path("wonder").join(name)).unwrap();
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    std::fs::write(folder.path().join("servers-2.csv"), "").unwrap();
    let graph = file(folder.path().join("pings.csv").to_str().unwrap());
    assert_eq!(names(&graph), ["11", "22", "33", "44"]);
    let warning = "pings.csv: which of `servers-2.csv`, `servers.csv` names its cities is not clear, so none does";
    assert_eq!(graph.1, [warning]);
}

#[test]
fn a_wrong_list_of_servers_is_shown() {
    let said = with_servers("id,name,latitude\n11,Town,5\n11,Port,6\n").unwrap_err();
    assert!(said.contains("two servers of one `id`") && said.contains("servers.csv:3:1"), "{said}");
    let said = with_servers("id,name,latitude\n11,Town,95\n").unwrap_err();
    assert!(said.contains("`95` is no place") && said.contains("servers.csv:2:9"), "{said}");
}

#[test]
fn a_graph_is_read_once() {
    let mut sources = Sources::default();
    let source = sources.add(Kind::File, "a.toml", "", &path(""));
    let node = Node { key: start(source), at: start(source), value: Value::String("shadow.gml".into()) };
    let first = read(&node, &mut sources.clone()).unwrap();
    let again = read(&node, &mut sources.clone()).unwrap();
    assert!(Arc::ptr_eq(&first.0, &again.0) && first.1 == again.1);
}

/// Each example of the page is a graph, in its format.
#[test]
fn examples_of_the_page_are_read() {
    let page = std::fs::read_to_string(path("../../docs/topology-formats.md")).unwrap();
    let blocks: Vec<_> = page.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n')).collect();
    let read = |at: usize, name| text(name, blocks[at].1).unwrap_or_else(|error| panic!("{error}"));
    let of = |graph: &Graph| (names(graph).join(" "), delays(graph), graph.1.len());
    assert_eq!(of(&read(0, "a.gml")), ("home office".into(), vec![(0, 1, 10 * MS), (1, 0, 10 * MS)], 0));
    let (points, delays, warnings) = of(&read(1, "a.gml"));
    assert_eq!((points.as_str(), delays[0].2 / MS, warnings), ("Oslo Bern", 7, 0));
    assert_eq!(of(&read(2, "a.xml")), ("a b".into(), vec![(0, 1, 10 * MS), (1, 0, 10 * MS)], 0));
    let there_and_back = vec![(0, 1, 10 * MS), (1, 0, 10 * MS), (1, 2, 20 * MS), (2, 1, 25 * MS)];
    assert_eq!(of(&read(3, "a.txt")), ("a b c".into(), there_and_back, 0));
    let (points, delays, _) = of(&read(4, "a.csv"));
    assert_eq!((points.as_str(), delays.len()), ("Oslo Bern Rome", 6));
    assert_eq!(of(&read(5, "a.csv")), ("11 22".into(), vec![(0, 1, 12_500_000), (1, 0, 12_500_000)], 0));
    assert_eq!(names(&with_servers(blocks[6].1).unwrap())[0], "Oslo");
}

/// A graph in GML with two nodes of places and whatever else is given.
fn gml(more: &str) -> String {
    format!("graph [\n  node [ id 0 Latitude 1 Longitude 2 ]\n  node [ id 1 Latitude 3 Longitude 4 ]\n{more}\n]\n")
}

#[test]
fn refusals_of_values_show_where_they_stand() {
    let whole = refused("a.gml", &gml("  edge [ source 0 target 1 latency -5 ]"));
    assert_eq!(
        whole,
        "error: a latency of `-5`\n --> a.gml:4:36\n  |\n4 |   edge [ source 0 target 1 latency -5 ]\n  |                                    ^^\n  \
         = expected a latency above zero"
    );
    for (edge, message) in [
        ("latency 0", "a latency of `0`"),
        ("latency \"-1 ms\"", "a latency of `-1 ms`"),
        ("latency \"0 ms\"", "a latency of `0 ms`"),
        ("latency \"never\"", "a latency of `never`"),
        ("latency 1e300", "too large"),
        ("latency \"10 parsecs\"", "unknown unit `parsecs`"),
        ("latency [ ]", "`[ .. ]` does not start with a number"),
        ("latency 1 latency 2", "`latency` twice"),
        ("packet_loss 1", "a loss of `1`"),
        ("packet_loss -0.1", "a loss of `-0.1`"),
        ("capacity 5", "`5` has no unit"),
        ("capacity \"0 Mbit\"", "a capacity of `0 Mbit`"),
        ("capacity \"5 Mfoo\"", "unknown unit `Mfoo`"),
        ("LinkSpeed \"10\"", "`10` has no unit"),
        ("LinkSpeedRaw 0", "a capacity of `0`"),
    ] {
        let said = refused("a.gml", &gml(&format!("  edge [ source 0 target 1 {edge} ]")));
        assert!(said.contains(message) && said.contains("a.gml:4:"), "{edge}: {said}");
    }
    let said = refused("a.gml", "graph [ node [ id 0 Latitude 91 ] ]");
    assert!(said.contains("`91` is no place") && said.contains("from -90 to 90"), "{said}");
}

#[test]
fn refusals_of_graphs() {
    for (name, given, message, at) in [
        ("a.gml", "graph [ ]", "a graph without nodes", "1:1"),
        ("a.txt", "# nothing\n", "a graph without nodes", "1:1"),
        ("a.gml", "grph [ ]", "no graph is here", "1:1"),
        ("a.gml", "graph [ node [ id 1 ]\nnode [ id 1 ] ]", "two nodes `1`", "2:11"),
        ("a.gml", "graph [ node [ label \"x\" ] ]", "a node without `id`", "1:9"),
        ("a.gml", "graph [ node [ id 10 ]\nedge [ source 10 target 11 ] ]", "did you mean `10`?", "2:25"),
        ("a.gml", "graph [ node [ id 10 ]\nedge [ source 10 ] ]", "an edge without `target`", "2:1"),
        ("a.gml", "graph [ node [ id 1 ]\nedge [ source 1 target 1 ] ]", "an edge without `latency`", "2:1"),
        ("a.gml", "graph [ node [ id 1 ]\nedge [ source 1 target 1 Latency 1 ] ]", "did you mean `latency`?", "2:1"),
        ("a.gml", "graph [ directed 2 ]", "`directed` is neither 0 nor 1", "1:18"),
        ("a.gml", "graph [ node [ id 1 ]\n", "a list without end", "1:7"),
        ("a.gml", "graph [ ] ]", "a `]` without `[`", "1:11"),
        ("a.gml", "graph [ node [ id \"1 ]", "a text without end", "1:19"),
        ("a.gml", "graph [ node [ id one ] ]", "`one` is no value", "1:19"),
        ("a.gml", "graph [ 5 6 ]", "`5` is no key", "1:9"),
        ("a.gml", "graph [ node ]", "`node` has no value", "1:9"),
        ("a.gml", "graph [ node 5 ]", "expected node [ .. ]", "1:14"),
        ("a.gml", "graph [ ] graph [ ]", "a second graph", "1:11"),
        (
            "a.xml",
            "<graphml><graph edgedefault=\"undirected\"><node/></graph></graphml>",
            "<node> without `id`",
            "1:42",
        ),
        ("a.xml", "<graphml>\n<graph></graphml>", "not valid XML", "2:"),
        ("a.xml", "<svg/>", "`svg` is no GraphML", "1:1"),
        ("a.xml", "<graphml><graph edgedefault=\"both\"/></graphml>", "one of `directed`, `undirected`", "1:30"),
        (
            "a.xml",
            "<graphml><key id=\"d0\" attr.name=\"x\"/><graph edgedefault=\"directed\">\n<node id=\"a\"><data key=\"d1\"/></node></graph></graphml>",
            "did you mean `d0`?",
            "2:25",
        ),
        (
            "a.xml",
            "<graphml><graph edgedefault=\"directed\">\n<hyperedge/></graph></graphml>",
            "more than two ends",
            "2:1",
        ),
        ("a.txt", "a b 1\nc\n", "an edge without two ends", "2:1"),
        ("a.csv", "from,to\na,b,5\n", "3 fields", "2:1"),
        ("a.csv", "a,b\nb,c\n", "`# latency: 10 ms`", "1:1"),
        ("a.csv", "from,to,latency\na,b,x ms\n", "does not start with a number", "2:5"),
        ("a.csv", ",a,b\na,0,1\n", "the column `b` has no row", "1:"),
        ("a.csv", ",a,b\na,0,1\nc,1,0\n", "no column is called `c`", "3:1"),
        ("a.csv", ",a,b\na,0,1\na,1,0\n", "two rows of `a`", "3:1"),
        ("a.csv", ",a,a\na,0,1\na,1,0\n", "two columns `a`", "1:4"),
        ("a.csv", ",a,b\na,0,1\nb,1\n", "1 latencies", "3:1"),
        ("a.csv", ",a,b\na,0,0\nb,1,0\n", "a latency of `0`", "2:5"),
        ("a.csv", "source,destination,avg\n1,2,3\n1,2,-3\n", "a round trip of `-3`", "3:5"),
        ("a.csv", "source,destination,avg\n1,2\n", "2 fields", "2:1"),
    ] {
        let said = refused(name, given);
        assert!(said.contains(message) && said.contains(&format!("{name}:{at}")), "{given}\n{message} at {at}\n{said}");
    }
}

/// What makes trouble where it turns up.
const TOKENS: [&str; 22] = [
    "\"", ",", "\n", "\r\n", "[", "]", "<", ">", "/", "&", "#", "|", "-1", "0", "1e308", "nan", "never", "\u{a0}", "é",
    " ", "\t", "graph [ ",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_change_of_a_text_makes_a_reader_panic(
        file in select(&FILES[..]),
        changes in prop::collection::vec((any::<Index>(), 0usize..12, select(&TOKENS[..])), 1..5),
    ) {
        let mut given: Vec<char> = std::fs::read_to_string(path(file)).unwrap().chars().collect();
        for (at, length, token) in changes {
            let at = at.index(given.len() + 1);
            let end = (at + length).min(given.len());
            given.splice(at..end, token.chars());
        }
        let given: String = given.into_iter().collect();
        // What is read is a graph that runs may use.
        let read = if file == "wonder/servers.csv" { with_servers(&given) } else { text(file, &given) };
        if let Ok(graph) = read {
            prop_assert_eq!(graph.0.check(), Ok(()));
        }
    }
}

/// Of two edges one way one is taken; the way back is another way.
#[test]
fn edges_that_are_there_twice_are_told() {
    let told = |list: &str| text("a.csv", list).unwrap().1;
    assert_eq!(told("x,y,3\ny,x,4\ny,z,1\n"), [""; 0]);
    let twice = "a.csv: 2 edges lead where another does already (`x` to `y`): of edges between the same two nodes one \
                 alone is taken";
    assert_eq!(told("x,y,3\nx,y,5\ny,x,4\ny,x,4\n"), [twice]);
    let gml = |ends: &str| format!("graph [ node [ id 0 ] node [ id 1 ] {ends} ]");
    let edge = |from, to| format!("edge [ source {from} target {to} latency \"1 ms\" ]");
    let both = text("a.gml", &gml(&[edge(0, 1), edge(1, 0)].concat())).unwrap().1;
    assert!(both.len() == 1 && both[0].contains("1 edge leads"), "an edge leads both ways: {both:?}");
    assert_eq!(text("a.gml", &gml(&edge(0, 1))).unwrap().1, [""; 0]);
}
