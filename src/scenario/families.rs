//! What a scenario chooses by name, and whose constants it changes: the protocol, the
//! hardware, the model of discovery, how transfers of a storage run go.

use super::error::{Fault, list};
use super::models::{self, Constants, is_path};
use super::source::{Place, Sources};
use super::system_limits::refuse_small;
use super::tree::{Node, Table, Value};
use super::warnings::warn_uncalibrated;
use crate::discovery::DiscoverySpec;
use crate::protocols::ProtocolSpec;

/// The name of a family, as the specification reads it.
#[derive(Debug)]
pub(super) struct Family(String);

impl Family {
    /// `node` under this name.
    pub(super) fn over(self, node: Node) -> Node {
        let (key, at) = (node.key, node.at);
        Node { key, at, value: Value::Table(Table(vec![(self.0, node)])) }
    }

    /// The family of `model`, one of `all`; `none` is what a model without one is told.
    fn of(model: &Constants, all: &[&str], none: impl FnOnce() -> Fault) -> Result<Family, Fault> {
        let (family, at) = model.family.clone().ok_or_else(none)?;
        if all.contains(&family.as_str()) {
            return Ok(Family(family));
        }
        let fault = Fault::new(format!("unknown family `{family}`")).suggest(&family, all.iter().copied());
        Err(fault.expected(format!("one of {}", list(all.iter().copied()))).at(at))
    }
}

/// The one protocol of the tree: its name or path, and its table.
pub(super) fn chosen_protocol(tree: &Table) -> (&str, &Node) {
    let node = tree.get("protocol").expect("the defaults name a protocol");
    let Some([(name, chosen)]) = node.table().map(|table| table.0.as_slice()) else {
        unreachable!("a protocol is one table by now")
    };
    (name, chosen)
}

/// Keys of a scenario that the chosen protocol brings with it.
pub(super) fn protocol_defaults(tree: &Table, sources: &mut Sources) -> Result<Table, Fault> {
    let (name, chosen) = chosen_protocol(tree);
    Ok(models::constants("protocols", name, chosen.key, sources)?.defaults_with(chosen.table()))
}

/// Puts all constants of the protocol into the tree; one out of a file stands under its
/// family there, so that the tree does not depend on that file.
pub(super) fn protocol(tree: &mut Table, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<Family, Fault> {
    let (name, chosen) = chosen_protocol(tree);
    let model = models::constants("protocols", name, chosen.key, sources)?;
    let family = Family::of(&model, ProtocolSpec::FAMILIES, || {
        Fault::new(format!("{} names no `family`", model.file))
            .expected(format!("family = one of {}", list(ProtocolSpec::FAMILIES.iter().copied())))
            .at(chosen.key)
    })?;
    let constants = changed(&model, chosen.table(), warnings)?;
    let name = if is_path(name) { family.0.clone() } else { name.to_owned() };
    let chosen = Node { value: Value::Table(constants), ..chosen.clone() };
    let node = tree.get_mut("protocol").expect("the defaults name a protocol");
    node.value = Value::Table(Table(vec![(name, chosen)]));
    Ok(family)
}

/// The constants of `model` with those that `over` changes; too small ones are refused.
fn changed(model: &Constants, over: Option<&Table>, warnings: &mut Vec<String>) -> Result<Table, Fault> {
    let mut constants = model.table.clone();
    constants.merge(over.cloned().unwrap_or_default(), "");
    refuse_small(&model.at_least, &constants)?;
    warn_uncalibrated(&model.file, model.calibrated, warnings);
    Ok(constants)
}

/// The name of the discovery model, and where it is given.
fn discovery_model(tree: &Table) -> Result<(String, Place), Fault> {
    let node = tree.find("discovery.model").expect("the defaults name a model");
    Ok((node.read()?, node.at))
}

/// Puts all constants of the discovery model into the tree; the static directory has its
/// own keys instead.
pub(super) fn discovery(tree: &mut Table, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<Family, Fault> {
    let (name, at) = discovery_model(tree)?;
    let over = tree.find("discovery.constants");
    if name == "static" {
        let Some(over) = over else { return Ok(Family(name)) };
        let fault = Fault::new("the static directory has no `constants`");
        return Err(fault.expected("`round_trips`, or another `model`").at(over.key));
    }
    let model = models::constants("discovery", &name, at, sources)?;
    let table = over.map(|over| over.table().ok_or_else(|| over.wrong_type("a table of constants"))).transpose()?;
    let family = Family::of(&model, DiscoverySpec::FAMILIES, || {
        let families = list(DiscoverySpec::FAMILIES.iter().copied());
        Fault::new("unknown family ``").expected(format!("one of {families}")).at(at)
    })?;
    let constants = Value::Table(changed(&model, table, warnings)?);
    let (key, at) = over.map_or((at, at), |over| (over.key, over.at));
    let discovery = tree.get_mut("discovery").and_then(Node::table_mut).expect("the defaults name a model");
    discovery.put("constants", Node { key, at, value: constants });
    match discovery.get_mut("model") {
        Some(model) if is_path(&name) => model.value = Value::String(family.0.clone()),
        _ => {}
    }
    Ok(family)
}

/// Only a hash table takes load besides the protocol.
pub(super) fn refuse_load(tree: &Table) -> Result<(), Fault> {
    let (name, _) = discovery_model(tree)?;
    match tree.find("discovery.load") {
        Some(load) if ["static", "tracker"].contains(&name.as_str()) => {
            Err(Fault::new(format!("`{name}` takes no load")).expected("a hash table such as `discv5`").at(load.at))
        }
        _ => Ok(()),
    }
}

/// Puts all costs of the hardware into the tree.
pub(super) fn hardware(tree: &mut Table, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<(), Fault> {
    costs(tree.get_mut("hardware").expect("the defaults name a hardware"), sources, warnings)
}

/// Puts the numbers of a transfer in the place of the name of their model, or under those
/// that are given over it.
pub(super) fn transfer(node: &mut Node, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<(), Fault> {
    let over = node.table().cloned();
    let (name, at) = match over.as_ref().map(|over| over.get("extends")) {
        None => (node.text().ok_or_else(|| node.wrong_type("a name, a path, or a table of numbers"))?.into(), node.at),
        Some(None) => return Ok(()),
        Some(Some(extends)) => (extends.read::<String>()?, extends.at),
    };
    let over = over.map(|mut over| {
        over.remove("extends");
        over
    });
    let model = models::constants("transfers", &name, at, sources)?;
    node.value = Value::Table(changed(&model, over.as_ref(), warnings)?);
    Ok(())
}

/// Puts all costs of a hardware in the place of its name, and of those that are given alone.
pub(super) fn costs(node: &mut Node, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<(), Fault> {
    if let Some(name) = node.text() {
        let model = models::constants("hardware", name, node.at, sources)?;
        node.value = Value::Table(changed(&model, None, warnings)?);
        return Ok(());
    }
    let mut over = node.table().ok_or_else(|| node.wrong_type("a name, a path, or a table of costs"))?.clone();
    let (name, asked) = match over.remove("extends") {
        Some(name) => (name.read::<String>()?, name.at),
        None => ("ideal".into(), node.at),
    };
    let model = models::constants("hardware", &name, asked, sources)?;
    node.value = Value::Table(changed(&model, Some(&over), warnings)?);
    Ok(())
}
