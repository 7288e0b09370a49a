//! Classes of nodes: files and models become their contents, and what they say of the
//! network's size is said.

use super::error::{Fault, list};
use super::families;
use super::library::with_key;
use super::models::{self, ChurnFile};
use super::node_rows;
use super::source::{Place, Sources};
use super::tree::{Node, Table, Value};
use super::warnings::warn_uncalibrated;
use crate::world::{NodeClass, counted_nodes, seeder_places};

/// Puts the classes of nodes in the place of the file or model that names them, costs and
/// sessions in the places of their models, and says how many nodes and seeders there are
/// where nobody else does.
pub(super) fn classes(tree: &mut Table, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<(), Fault> {
    let Some(node) = tree.get_mut("nodes") else { return Ok(()) };
    if let Some(name) = node.text().map(str::to_owned) {
        let (key, at) = (node.key, node.at);
        let classes = if name.ends_with(".csv") {
            node_rows::read(&name, at, sources)?
        } else {
            of_model(&name, at, sources, warnings)?
        };
        *node = classes.moved(key, at);
    }
    let Value::Array(classes) = &mut node.value else {
        return Err(node.wrong_type("a list of classes, a CSV file, or a name in models/networks"));
    };
    for class in classes.iter_mut().filter_map(Node::table_mut) {
        if let Some(hardware) = class.get_mut("hardware") {
            families::costs(hardware, sources, warnings)?;
        }
        if let Some(churn) = class.get_mut("churn") {
            sessions(churn, sources, warnings)?;
        }
    }
    let (node, at) = (node.clone(), node.at);
    say_sizes(tree, &node.read::<Vec<NodeClass>>()?, at);
    Ok(())
}

fn of_model(name: &str, at: Place, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<Node, Fault> {
    let model = models::find("networks", name, at, sources).map_err(|fault| fault.also(", or a CSV file"))?;
    warn_uncalibrated(&model.file, model.calibrated, warnings);
    let classes = model.node.table().and_then(|table| table.get("nodes")).cloned();
    classes.ok_or_else(|| {
        let fault = Fault::new("this model has no classes of nodes");
        fault.expected(format!("one of {}, or a CSV file", list(with_key("networks", "nodes").split(", ")))).at(at)
    })
}

/// Puts the sessions of a churn model in the place of its name.
fn sessions(churn: &mut Node, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<(), Fault> {
    let Some(name) = churn.text().map(str::to_owned) else { return Ok(()) };
    let model = models::find("churn", &name, churn.at, sources)?;
    model.node.read::<ChurnFile>()?;
    warn_uncalibrated(&model.file, model.calibrated, warnings);
    churn.value = model.node.moved(churn.key, churn.at).value;
    Ok(())
}

/// Counts say how large the network is, and roles how many seeders it has.
fn say_sizes(tree: &mut Table, classes: &[NodeClass], at: Place) {
    let integer = |value: u64| Node { key: at, at, value: Value::Integer(value.into()) };
    if tree.get("swarm").is_none() {
        tree.put("swarm", Node { key: at, at, value: Value::Table(Table::default()) });
    }
    let Some(swarm) = tree.get_mut("swarm").and_then(Node::table_mut) else { return };
    let all_counted = !classes.is_empty() && classes.iter().all(|class| class.count.is_some());
    if swarm.get("network_size").is_none() && all_counted {
        swarm.put("network_size", integer(counted_nodes(classes)));
    }
    let size = swarm.get("network_size").and_then(|size| size.read::<u32>().ok());
    let roles = !classes.is_empty() && classes.iter().all(|class| class.role.is_some());
    if let (None, true, Some(size)) = (swarm.get("seeders"), roles, size) {
        let (seeders, _) = seeder_places(classes, size);
        swarm.put("seeders", integer(seeders.into()));
    }
}
