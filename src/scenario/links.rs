//! Links and delays: models become their contents.

use super::error::Fault;
use super::library::with_key;
use super::models::{self, NetworkFile};
use super::source::{Place, Sources};
use super::tree::{Node, Table, Value};
use super::warnings::warn_uncalibrated;
use crate::units::Refusal;
use crate::world::LinkClass;

/// The contents of the network model named at `node`.
fn network_model(node: &Node, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<Table, Fault> {
    let name: String = node.read()?;
    let model = models::find("networks", &name, node.at, sources)?;
    let contents: NetworkFile = model.node.read()?;
    let table = model.node.table().cloned().unwrap_or_default();
    let blamed = |refusal: Refusal| {
        let key = refusal.key.split('.').nth(1).and_then(|key| table.get(key));
        Fault::from(refusal).at(key.unwrap_or(node).at)
    };
    contents.check().map_err(blamed)?;
    warn_uncalibrated(&model.file, model.calibrated, warnings);
    Ok(table)
}

impl NetworkFile {
    fn check(&self) -> Result<(), Refusal> {
        self.classes.as_deref().map_or(Ok(()), LinkClass::check_all)?;
        self.latency.as_ref().map_or(Ok(()), |latency| latency.check())?;
        self.jitter.map_or(Ok(()), |jitter| jitter.check("network.jitter"))
    }
}

/// What the network model named at `asked` says of `key`, called `what`, at the place of
/// its key.
fn part(table: &Table, key: &str, what: &str, asked: Place) -> Result<Node, Fault> {
    let node = table.get(key).ok_or_else(|| {
        Fault::new(format!("this model has no {what}"))
            .expected(format!("one of {}", with_key("networks", key)))
            .at(asked)
    })?;
    Ok(node.clone().moved(node.key, node.key))
}

/// The classes of links of the model that `network.links` names.
pub(super) fn links_model(tree: &Table, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<Node, Fault> {
    let node = tree.find("network.links").expect("the caller has seen it");
    let table = network_model(node, sources, warnings)?;
    part(&table, "classes", "`classes` of links", node.at)
}

/// Three ways to give links; the one in the highest layer counts and is left.
pub(super) fn choose_links(tree: &mut Table, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<(), Fault> {
    let mut ways: Vec<(&str, &Node)> = ["up", "down", "links", "classes"]
        .into_iter()
        .filter_map(|key| Some((key, tree.find(&format!("network.{key}"))?)))
        .filter(|(_, node)| !sources.is_default(node.at))
        .collect();
    ways.sort_by_key(|(_, node)| std::cmp::Reverse((sources.rank(node.at), node.at.start)));
    let pair = |key: &str| key == "up" || key == "down";
    let Some((winner, node)) = ways.first().copied() else { return Ok(()) };
    for (key, other) in ways.iter().filter(|(key, _)| *key != winner && !(pair(key) && pair(winner))) {
        if sources.rank(other.at) == sources.rank(node.at) {
            let message = format!("`network.{winner}` and `network.{key}` exclude each other");
            return Err(Fault::new(message).expected("`up` and `down`, or `links`, or `classes`").at(node.key));
        }
        let (loser, by) = (sources.origin(other.at), sources.origin(node.at));
        warnings.push(format!("network.{key} ({loser}) has no effect: network.{winner} ({by}) replaces it"));
    }
    let classes = if winner == "links" { Some(links_model(tree, sources, warnings)?) } else { None };
    let keeps_classes = winner == "classes";
    let network = network(tree);
    network.remove("links");
    match classes {
        Some(classes) => network.put("classes", classes),
        None if keeps_classes => {}
        None => drop(network.remove("classes")),
    }
    Ok(())
}

fn network(tree: &mut Table) -> &mut Table {
    tree.get_mut("network").and_then(Node::table_mut).expect("the defaults give a network")
}

/// Leaves of `up`, `down` and `classes` what holds; links that are all the same are shown
/// as `up` and `down`.
pub(super) fn show_links(tree: &mut Table) {
    let network = network(tree);
    let Some(classes) = network.remove("classes") else { return };
    let at = |node: &Node| node.clone().moved(classes.at, classes.at);
    let single = match classes.array() {
        Some([class]) => class.table().filter(|class| class.get("share").is_some_and(is_one)),
        _ => None,
    };
    if let Some(class) = single {
        for key in ["up", "down"] {
            class.get(key).into_iter().for_each(|rate| network.put(key, at(rate)));
        }
        return;
    }
    network.remove("down");
    if let Some((name, up)) = network.0.iter_mut().find(|(name, _)| name == "up") {
        (*name, *up) = ("classes".into(), classes);
    }
}

fn is_one(share: &Node) -> bool {
    matches!(share.value, Value::Integer(1)) || matches!(share.value, Value::Float(share) if share == 1.0)
}

/// Puts the delays of a model in the place of its name, and its jitter where the scenario
/// gives none of its own.
pub(super) fn latency(tree: &mut Table, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<(), Fault> {
    let only_names = |node: &&Node| node.table().is_some_and(|table| table.0.len() == 1);
    let written = tree.find("network.latency").filter(only_names);
    let Some(named) = written.and_then(|node| node.table()?.get("matrix")) else { return Ok(()) };
    let table = network_model(named, sources, warnings)?;
    let mut latency = part(&table, "latency", "`latency`", named.at)?;
    if let (Some(delays), Some(names)) = (latency.table_mut(), table.get("regions")) {
        delays.put("names", names.clone());
    }
    let network = network(tree);
    network.put("latency", latency);
    if let (None, Some(jitter)) = (network.get("jitter"), table.get("jitter")) {
        network.put("jitter", jitter.clone().moved(jitter.key, jitter.key));
    }
    Ok(())
}
