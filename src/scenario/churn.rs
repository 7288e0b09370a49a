//! Step three, for churn: who is online when.

use super::draft::Draft;
use super::error::Fault;
use super::models::{self, ChurnFile};
use super::resolve::warn_uncalibrated;
use super::trace;
use super::tree::{Node, Place, Sources, Table};
use super::validate::distribution_fault;
use crate::dist::Distribution;
use crate::world::{ChurnSpec, SessionSpec};

/// Shortest mean of a session and the absence after it: below, a run would
/// consist of little else.
const SHORTEST_CYCLE_SECS: f64 = 1.0;

/// Churn, and where its parts were written.
pub(super) struct Sessions {
    pub(super) spec: ChurnSpec,
    pub(super) online_at: Place,
    pub(super) offline_at: Place,
}

/// Looks up the churn of a scenario.
pub(super) fn churn(
    draft: &Draft,
    tree: &Table,
    sources: &mut Sources,
    warnings: &mut Vec<String>,
) -> Result<Sessions, Fault> {
    let model = model_node(tree);
    match draft.churn.model.as_str() {
        "none" => {
            refuse(tree, sources, &["online", "offline", "kind", "seeders", "trace"])?;
            Ok(Sessions { spec: ChurnSpec::None, online_at: model.at, offline_at: model.at })
        }
        "sessions" => {
            refuse(tree, sources, &["trace"])?;
            let at = |key: &str| tree.find(&format!("churn.{key}")).map_or(model.at, |node| node.at);
            let (Some(online), Some(offline)) = (draft.churn.online, draft.churn.offline) else {
                let fault = Fault::new("sessions need `churn.online` and `churn.offline`");
                return Err(fault.expected("e.g. online = { exponential = { mean = 3600 } }, in seconds").at(model.at));
            };
            drawn(draft, (online, at("online")), (offline, at("offline")))
        }
        "trace" => recorded(draft, tree, sources),
        name => modelled(name, draft, tree, sources, warnings),
    }
}

fn model_node(tree: &Table) -> &Node {
    tree.find("churn.model").expect("the defaults give a model")
}

type Placed = (Distribution, Place);

fn drawn(draft: &Draft, online: Placed, offline: Placed) -> Result<Sessions, Fault> {
    let cycle = online.0.mean() + offline.0.mean();
    if cycle < SHORTEST_CYCLE_SECS {
        let fault = Fault::new(format!("a node would come and go every {cycle} s"));
        let least = format!("a mean of online and offline together of at least {SHORTEST_CYCLE_SECS} s");
        return Err(fault.expected(least).at(online.1));
    }
    let (kind, seeders) = (draft.churn.kind, draft.churn.seeders);
    let spec = SessionSpec { online: online.0, offline: offline.0, kind, seeders };
    Ok(Sessions { spec: ChurnSpec::Sessions(spec), online_at: online.1, offline_at: offline.1 })
}

fn recorded(draft: &Draft, tree: &Table, sources: &mut Sources) -> Result<Sessions, Fault> {
    refuse(tree, sources, &["online", "offline", "seeders"])?;
    let Some((trace, node)) = draft.churn.trace.as_ref().zip(tree.find("churn.trace")) else {
        let fault = Fault::new("a trace needs `churn.trace`").expected("trace = \"file.csv\"");
        return Err(fault.at(model_node(tree).at));
    };
    let sessions = trace::rows(trace, node, draft.swarm.network_size.unwrap_or(0), sources)?;
    let spec = ChurnSpec::Trace { sessions, kind: draft.churn.kind };
    Ok(Sessions { spec, online_at: node.at, offline_at: node.at })
}

/// A named model, over which its own or a higher layer may set `online` and
/// `offline`; what a lower layer said belonged to another model.
fn modelled(
    name: &str,
    draft: &Draft,
    tree: &Table,
    sources: &mut Sources,
    warnings: &mut Vec<String>,
) -> Result<Sessions, Fault> {
    refuse(tree, sources, &["trace"])?;
    let (contents, table) = churn_model(name, tree, sources, warnings)?;
    let model = model_node(tree);
    let pick = |key: &str, given: Option<Distribution>, modelled: Distribution| {
        let own = tree.find(&format!("churn.{key}")).filter(|node| sources.rank(node.at) >= sources.rank(model.at));
        match own.zip(given) {
            Some((node, given)) => (given, node.at),
            None => (modelled, table.get(key).map_or(model.at, |node| node.key)),
        }
    };
    let online = pick("online", draft.churn.online, contents.online);
    let offline = pick("offline", draft.churn.offline, contents.offline);
    drawn(draft, online, offline)
}

/// The contents of the model that `churn.model` names.
pub(super) fn churn_model(
    name: &str,
    tree: &Table,
    sources: &mut Sources,
    warnings: &mut Vec<String>,
) -> Result<(ChurnFile, Table), Fault> {
    let node = model_node(tree);
    let model = models::find("churn", name, node.at, sources)
        .map_err(|fault| fault.also(", or `none`, `sessions`, `trace`"))?;
    let contents: ChurnFile = model.node.read()?;
    for distribution in [&contents.online, &contents.offline] {
        if let Some(fault) = distribution_fault(distribution) {
            return Err(fault.at(node.at));
        }
    }
    warn_uncalibrated(&model.file, model.calibrated, warnings);
    Ok((contents, model.node.table().cloned().unwrap_or_default()))
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
