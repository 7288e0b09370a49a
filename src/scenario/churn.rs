//! Who is online when: models and files become their contents.

use super::error::Fault;
use super::models::{self, ChurnFile};
use super::source::Sources;
use super::trace;
use super::tree::{Node, Table, Value};
use super::warnings::warn_uncalibrated;
use crate::world::ChurnSpec;

fn model_node(tree: &Table) -> &Node {
    tree.find("churn.model").expect("the defaults give a model")
}

fn churn_table(tree: &mut Table) -> &mut Table {
    tree.get_mut("churn").and_then(Node::table_mut).expect("the defaults give a model")
}

/// Whether the churn is that of a model file.
pub(super) fn uses_model(tree: &Table) -> Result<bool, Fault> {
    let name: String = model_node(tree).read()?;
    Ok(!["none", "sessions", "trace"].contains(&name.as_str()))
}

/// Leaves only what belongs to the chosen churn, with the contents of its model or file.
pub(super) fn choose_churn(tree: &mut Table, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<(), Fault> {
    let model = model_node(tree);
    match model.read::<String>()?.as_str() {
        "none" => refuse(tree, sources, &["online", "offline", "kind", "seeders", "trace"]),
        "sessions" => {
            refuse(tree, sources, &["trace"])?;
            if tree.find("churn.online").is_some() && tree.find("churn.offline").is_some() {
                return Ok(());
            }
            let fault = Fault::new("sessions need `churn.online` and `churn.offline`");
            Err(fault.expected("e.g. online = { exponential = { mean = 3600 } }, in seconds").at(model.at))
        }
        "trace" => {
            refuse(tree, sources, &["online", "offline", "seeders"])?;
            let size: u32 = tree.find("swarm.network_size").map_or(Ok(0), Node::read)?;
            let at = model.at;
            let trace = churn_table(tree)
                .get_mut("trace")
                .ok_or_else(|| Fault::new("a trace needs `churn.trace`").expected("trace = \"file.csv\"").at(at))?;
            trace::read(trace, size, sources)
        }
        _ => modelled(tree, sources, warnings),
    }
}

/// A named model, over which its own or a higher layer may set `online` and
/// `offline`; what a lower layer said belonged to another model.
fn modelled(tree: &mut Table, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<(), Fault> {
    refuse(tree, sources, &["trace"])?;
    let contents = model(tree, sources, warnings)?;
    let rank = sources.rank(model_node(tree).at);
    let churn = churn_table(tree);
    for key in ["online", "offline"] {
        let own = churn.get(key).is_some_and(|node| sources.rank(node.at) >= rank);
        if let (false, Some(modelled)) = (own, contents.get(key)) {
            churn.put(key, modelled.clone().moved(modelled.key, modelled.key));
        }
    }
    if let Some(model) = churn.get_mut("model") {
        model.value = Value::String("sessions".into());
    }
    Ok(())
}

/// The contents of the model that `churn.model` names.
pub(super) fn model(tree: &Table, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<Table, Fault> {
    let node = model_node(tree);
    let model = models::find("churn", &node.read::<String>()?, node.at, sources)
        .map_err(|fault| fault.also(", or `none`, `sessions`, `trace`"))?;
    let contents: ChurnFile = model.node.read()?;
    let checked = contents.online.check("online").and_then(|()| contents.offline.check("offline"));
    checked.map_err(|refusal| Fault::from(refusal).at(node.at))?;
    warn_uncalibrated(&model.file, model.calibrated, warnings);
    Ok(model.node.table().cloned().unwrap_or_default())
}

/// A setting must not be without effect: `keys` may not be given in the layer
/// that chose the churn model or above it.
fn refuse(tree: &Table, sources: &Sources, keys: &[&str]) -> Result<(), Fault> {
    let model = model_node(tree);
    for key in keys {
        let Some(node) = tree.find(&format!("churn.{key}")).filter(|node| !sources.is_default(node.at)) else {
            continue;
        };
        if sources.rank(node.at) >= sources.rank(model.at) {
            let name = model.text().unwrap_or_default();
            let other = if *key == "trace" { "\"trace\"" } else { "\"sessions\" or a name in models/churn" };
            return Err(Fault::new(format!("`churn.{key}` has no effect with churn.model = \"{name}\""))
                .expected(format!("churn.model = {other}"))
                .at(node.key));
        }
    }
    Ok(())
}

/// Leaves of the keys those that say something beside `churn`.
pub(super) fn show_churn(tree: &mut Table, churn: &ChurnSpec) {
    let table = churn_table(tree);
    match churn {
        ChurnSpec::None => table.0.retain(|(name, _)| name == "model"),
        ChurnSpec::Sessions(_) => drop(table.remove("trace")),
        ChurnSpec::Trace { .. } => {
            table.0.retain(|(name, _)| !["online", "offline", "seeders"].contains(&name.as_str()));
            table.0.sort_by_key(|(name, _)| name != "model" && name != "trace");
        }
    }
}
