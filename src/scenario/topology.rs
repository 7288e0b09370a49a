//! Graphs: what excludes what, and files become their contents.

use super::error::Fault;
use super::source::Sources;
use super::tree::{Node, Table};
use crate::world::{GraphSpec, WorldSpec};

/// Refuses two graphs, a graph beside one delay for all, and settings of none.
pub(super) fn choose(tree: &Table, sources: &Sources, warnings: &mut Vec<String>) -> Result<(), Fault> {
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
    if sources.rank(latency.at) >= sources.rank(graph.at) {
        let fault = Fault::new("`network.latency` and `topology` exclude each other: the wires have the delays");
        return Err(fault.expected("one of them; for access links `topology.access_delay`").at(latency.key));
    }
    let (loser, by) = (sources.origin(latency.at), sources.origin(graph.at));
    warnings.push(format!("network.latency ({loser}) has no effect: topology ({by}) replaces it"));
    Ok(())
}

/// Reads the files of graphs that `world` names.
pub(super) fn read_files(
    world: &mut WorldSpec,
    tree: &mut Table,
    sources: &mut Sources,
    warnings: &mut Vec<String>,
) -> Result<(), Fault> {
    let _ = (&world, &tree, &sources, &warnings);
    if let (Some(topology), Some(file)) = (&mut world.topology, tree.find("topology.file").cloned()) {
        let _ = (GraphSpec::Unread, topology, file);
    }
    Ok(())
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
