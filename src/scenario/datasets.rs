//! Classes of datasets: together they are what is distributed.

use super::error::Fault;
use super::tree::{Node, Table, Value};
use crate::world::{DatasetClass, WorldSpec};

/// Says how large all datasets are together, where there are classes of them: nobody else
/// may.
pub(super) fn say_size(tree: &mut Table) -> Result<(), Fault> {
    let Some(classes) = tree.get("datasets").filter(|node| node.array().is_some_and(|list| !list.is_empty())) else {
        return Ok(());
    };
    let (at, classes) = (classes.at, classes.read::<Vec<DatasetClass>>()?);
    if let Some(file) = tree.find("swarm.file_size") {
        let fault = Fault::new("`datasets` and `swarm.file_size` exclude each other");
        return Err(fault.expected("one of them: each class of datasets has its own size").at(file.key));
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
