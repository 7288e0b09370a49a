//! Classes of datasets: together they are what is distributed.

use super::error::Fault;
use super::source::Sources;
use super::tree::{Node, Table, Value};
use crate::world::{DatasetClass, WorldSpec};

/// Of classes of datasets and the size of one file what is in the higher layer counts. Of
/// classes it says how large all are together.
pub(super) fn choose(tree: &mut Table, sources: &Sources, warnings: &mut Vec<String>) -> Result<(), Fault> {
    let Some(classes) = tree.get("datasets").filter(|node| node.array().is_some_and(|list| !list.is_empty())) else {
        return Ok(());
    };
    let (at, classes) = (classes.at, classes.read::<Vec<DatasetClass>>()?);
    if let Some(file) = tree.find("swarm.file_size") {
        let (of_classes, of_file) = (sources.rank(at), sources.rank(file.at));
        if of_classes == of_file {
            let fault = Fault::new("`datasets` and `swarm.file_size` exclude each other");
            return Err(fault.expected("one of them: each class of datasets has its own size").at(file.key));
        }
        let (classes, file) = (sources.origin(at), sources.origin(file.at));
        if of_file > of_classes {
            warnings.push(format!("datasets ({classes}) have no effect: swarm.file_size ({file}) replaces them"));
            tree.remove("datasets");
            return Ok(());
        }
        warnings.push(format!("swarm.file_size ({file}) has no effect: datasets ({classes}) replace it"));
    }
    let size = WorldSpec::mean_total_size(&classes).to_string();
    if let Some(swarm) = tree.get_mut("swarm").and_then(Node::table_mut) {
        swarm.put("file_size", Node { key: at, at, value: Value::String(size) });
    }
    Ok(())
}

/// Leaves out what says nothing: no classes of datasets, and the size that they have
/// together.
pub(super) fn show(tree: &mut Table, world: &WorldSpec) {
    if world.datasets.is_empty() {
        tree.remove("datasets");
    } else if let Some(swarm) = tree.get_mut("swarm").and_then(Node::table_mut) {
        swarm.remove("file_size");
    }
}
