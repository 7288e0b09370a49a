//! Graphs: what excludes what, and files become their contents.

use super::error::Fault;
use super::graphs;
use super::source::Sources;
use super::tree::{Node, Table, Value};
use crate::world::{Acquaintances, GraphSpec, OverlayGraph, OverlaySpec, Topology, WorldSpec};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Keys that name a graph, which another setting may take the place of.
const OF_A_GRAPH: [&str; 3] = ["generate", "file", "digest"];

/// Refuses two graphs, and settings of none. Of a graph and one delay for all the one in the
/// highest layer counts and is left.
pub(super) fn choose(tree: &mut Table, sources: &Sources, warnings: &mut Vec<String>) -> Result<(), Fault> {
    let own = |key: &str| tree.find(key).filter(|node| !sources.is_default(node.at));
    let (made, read) = (own("topology.generate"), own("topology.file"));
    if let (Some(_), Some(file)) = (made, read) {
        let fault = Fault::new("`topology.file` and `topology.generate` exclude each other");
        return Err(fault.expected("one of them").at(file.key));
    }
    let Some(graph) = made.or(read) else {
        let idle =
            ["routes", "digest", "attach", "access_delay"].iter().find_map(|key| own(&format!("topology.{key}")));
        let Some(node) = idle else { return Ok(()) };
        let fault = Fault::new("a topology without a graph");
        return Err(fault.expected("`topology.generate` or `topology.file`").at(node.key));
    };
    if let (Some(digest), None) = (own("topology.digest"), read) {
        let fault = Fault::new("a digest without a file").expected("`topology.file`, or no digest");
        return Err(fault.at(digest.key));
    }
    let Some(latency) = own("network.latency") else { return Ok(()) };
    let ranks = (sources.rank(latency.at), sources.rank(graph.at));
    if ranks.0 == ranks.1 {
        let fault = Fault::new("`network.latency` and `topology` exclude each other: the wires have the delays");
        return Err(fault.expected("one of them; for access links `topology.access_delay`").at(latency.key));
    }
    let (latency, graph) = (sources.origin(latency.at), sources.origin(graph.at));
    if ranks.0 > ranks.1 {
        warnings.push(format!("topology ({graph}) has no effect: network.latency ({latency}) replaces it"));
        let topology = tree.get_mut("topology").and_then(Node::table_mut);
        topology.into_iter().for_each(|topology| topology.0.retain(|(key, _)| !OF_A_GRAPH.contains(&key.as_str())));
    } else {
        warnings.push(format!("network.latency ({latency}) has no effect: topology ({graph}) replaces it"));
    }
    Ok(())
}

/// Reads the files of graphs that `world` names.
pub(super) fn read_files(
    world: &mut WorldSpec,
    tree: &mut Table,
    sources: &mut Sources,
    warnings: &mut Vec<String>,
) -> Result<(), Fault> {
    if let (Some(topology), Some(file)) = (&mut world.topology, tree.find("topology.file").cloned()) {
        let (graph, told) = graphs::read(&file, sources)?;
        warnings.extend(told);
        let digest = graph.digest();
        same_graph(tree, &file, digest)?;
        if graph.points().any(|point| point.up.is_some() && point.down.is_some()) {
            warn_of_links(tree, sources, &file, warnings);
        }
        if graph.edges().any(|(.., edge)| edge.loss > 0.0) {
            let name = file.text().unwrap_or_default();
            warnings.push(format!("{name}: loss on wires is kept and shown, and no run loses anything by it"));
        }
        topology.graph = GraphSpec::Read(graph, digest);
    }
    if let Some(OverlaySpec::Graph(OverlayGraph::File(_))) = &world.overlay {
        let file = tree.find("network.overlay.file").expect("it was read from there").clone();
        let (graph, told) = graphs::read_links(&file, sources)?;
        warnings.extend(told);
        world.overlay = Some(OverlaySpec::Read(acquaintances(&graph, &file)?));
    }
    Ok(())
}

/// Refuses a graph with another digest than the scenario asks for; says which it has where
/// it asks for none.
fn same_graph(tree: &mut Table, file: &Node, digest: u64) -> Result<(), Fault> {
    let found = format!("{digest:016x}");
    let Some(topology) = tree.get_mut("topology").and_then(Node::table_mut) else { return Ok(()) };
    match topology.get("digest") {
        None => topology.put("digest", Node { value: Value::String(found), ..file.clone() }),
        Some(wanted) if wanted.text() == Some(&found) => {}
        Some(wanted) => {
            let fault =
                Fault::new(format!("`{}` has another graph, of digest {found}", file.text().unwrap_or_default()));
            return Err(fault.expected("the graph of this digest, or its own digest").at(wanted.at));
        }
    }
    Ok(())
}

/// Says where the links of hosts in a graph win over those that the scenario sets for all.
fn warn_of_links(tree: &Table, sources: &Sources, file: &Node, warnings: &mut Vec<String>) {
    let name = file.text().unwrap_or_default();
    for key in ["network.up", "network.down", "network.classes"] {
        if let Some(node) = tree.find(key).filter(|node| !sources.is_default(node.at)) {
            let origin = sources.origin(node.at);
            warnings.push(format!("{key} ({origin}) holds only where {name} gives a point no bandwidth of its hosts"));
        }
    }
}

/// The graph as one of acquaintances: its points are nodes, by their numbers where all have
/// one for a name, else in order.
fn acquaintances(graph: &Topology, file: &Node) -> Result<Acquaintances, Fault> {
    let nodes = graph.points().len() as u32;
    let numbers: Option<Vec<u32>> = graph.points().map(|point| point.name.parse().ok()).collect();
    let of: Vec<u32> = match numbers {
        Some(numbers) => {
            let mut sorted = numbers.clone();
            sorted.sort_unstable();
            if !sorted.iter().copied().eq(0..nodes) {
                let fault = Fault::new("points with numbers that are no numbers of nodes");
                return Err(fault.expected(format!("each of 0 to {} once", nodes - 1)).at(file.at));
            }
            numbers
        }
        None => (0..nodes).collect(),
    };
    let ends = graph.edges().map(|(a, b, _)| (of[a as usize], of[b as usize])).filter(|(a, b)| a != b);
    let edges: BTreeSet<(u32, u32)> = ends.map(|(a, b)| (a.min(b), a.max(b))).collect();
    Ok(Acquaintances { nodes, edges: Arc::new(edges.into_iter().collect()), digest: graph.digest() })
}

/// Leaves out what says nothing: a topology without a graph, no classes, and the delay
/// between any two that a graph replaces.
pub(super) fn show(tree: &mut Table, world: &WorldSpec) {
    if world.topology.is_none() {
        tree.remove("topology");
    } else if let Some(network) = tree.get_mut("network").and_then(Node::table_mut) {
        network.remove("latency");
    }
    if world.nodes.is_empty() {
        tree.remove("nodes");
    }
}
