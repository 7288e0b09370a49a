//! Storage scenarios: the values of the system that is named are laid under what the scenario
//! sets, and the specification reads itself.

use super::error::Fault;
use super::idle::{self, says_nothing};
use super::kind::Kind;
use super::models;
use super::resolve::{Resolved, check_name, read_as};
use super::source::Sources;
use super::system_limits::{refuse_large, refuse_small};
use super::tree::{Node, Table, fill};
use super::warnings::warn_uncalibrated;
use super::{families, keys};
use crate::sim::Spec;
use crate::storage::StorageSpec;

/// The system without values of its own.
const CUSTOM: &str = "custom";

/// Looks up the system without making a run: values may still be missing.
pub(super) fn names(mut tree: Table, sources: &mut Sources) -> Result<(), Fault> {
    lay_system(&mut tree, sources, &mut Vec::new())?;
    lay_transfer(&mut tree, sources, &mut Vec::new())?;
    keys::known(&tree)?;
    keys::complete(&mut tree);
    read_as::<StorageSpec>(tree.clone()).map(|_| ())
}

/// Makes the run that `tree` describes.
pub(super) fn resolve(mut tree: Table, sources: &mut Sources) -> Result<Resolved, Fault> {
    let mut warnings = Vec::new();
    let (system, own) = lay_system(&mut tree, sources, &mut warnings)?;
    lay_transfer(&mut tree, sources, &mut warnings)?;
    keys::known(&tree)?;
    keys::said(&tree, sources)?;
    check_name(&tree)?;
    let spec: StorageSpec = read_as(tree.clone())?;
    spec.check().map_err(|refusal| tree.blamed(refusal, sources))?;
    let uses = idle::uses(idle::STORAGE, &spec, (&tree, &own), sources);
    Ok(Resolved { run: Spec::Storage(spec), protocol: system, tree, warnings, uses })
}

/// All that decides the run as it is shown.
pub(super) fn shown(tree: &Table) -> Table {
    let mut tree = tree.clone();
    keys::settle(&mut tree);
    tree
}

/// Lays the `[defaults]` of the system under what the scenario sets; its name, and what they are. A
/// key that the system has not is refused where the scenario sets it, a value that it cannot have too.
fn lay_system(tree: &mut Table, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<(String, Table), Fault> {
    let Some(node) = tree.get("system") else { return Ok((CUSTOM.into(), Table::default())) };
    let (name, at): (String, _) = (node.read()?, node.at);
    if name == CUSTOM {
        return Ok((name, Table::default()));
    }
    let model = models::find("systems", &name, at, sources)?;
    let part = |key: &str| -> Result<Table, Fault> {
        match model.node.table().and_then(|table| table.get(key)) {
            None => Ok(Table::default()),
            Some(node) => node.table().cloned().ok_or_else(|| node.wrong_type("a table")),
        }
    };
    let own = part("defaults")?;
    for (key, reason) in &part("cannot")?.0 {
        let reason: String = reason.read()?;
        // Who sets what is so anyway, as a scenario that was printed in full does, sets nothing.
        let is_other = |node: &&Node| !sources.is_default(node.at) && !says_nothing(node, key, &own);
        if let Some(set) = tree.find(key).filter(is_other) {
            let fault = Fault::new(format!("`{name}` has no `{key}` of one's own: {reason}"));
            let expected = "a scenario without it, or `system = \"custom\"`, where everything can be set";
            return Err(fault.expected(expected).at(set.key));
        }
    }
    if let Some(node) = Kind::ALL.iter().find_map(|kind| own.get(kind.choice())) {
        let fault = Fault::new("a system cannot choose another");
        return Err(fault.expected("keys such as `code` or `repair.threshold`").at(node.key));
    }
    fill(tree, own.clone(), sources);
    refuse_small(&part("at_least")?, tree)?;
    refuse_large(&name, &part("at_most")?, tree)?;
    warn_uncalibrated(&model.file, model.calibrated, warnings);
    Ok((name, own))
}

/// Puts numbers in the place of the name of a transfer.
fn lay_transfer(tree: &mut Table, sources: &mut Sources, warnings: &mut Vec<String>) -> Result<(), Fault> {
    let repair = tree.get_mut("repair").and_then(Node::table_mut);
    let transfer = repair.and_then(|repair| repair.get_mut("transfer"));
    transfer.map_or(Ok(()), |transfer| families::transfer(transfer, sources, warnings))
}
