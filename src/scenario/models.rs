//! The files of models, those that come with the program and others of the same form.
//!
//! Every file has `description`, `source`, `date` and `calibrated`. Beyond that:
//! `protocols` have a `family` (or `extends`, the name or path of another),
//! `[constants]`, `[at_least]` with the smallest constants that make sense, and
//! `[defaults]`: keys of a scenario that hold for this protocol (its block size,
//! its transport) unless the scenario says otherwise, and `[when.CONSTANT.VALUE]`:
//! such keys that hold where a constant has that value;
//! `discovery` has a `family` (or `extends`), `[constants]` and `[at_least]`;
//! `hardware` has `[constants]`, the costs, and may have `extends`; `transfers` have
//! `[constants]`, the numbers of a transfer, and `[run]`, the runs that gave them; `networks`
//! have `classes` of links, classes of `nodes` tied to their regions, a `latency` (with
//! names of `regions` and `jitter`), or several of these; `churn` has the
//! distributions `online` and `offline`, in seconds; `testbeds` are described in
//! [`super::testbeds`].

use super::error::{Fault, list};
use super::library::of_kind;
use super::parse::read_file;
use super::source::{Kind, Place, Sources};
use super::tree::{Node, Table, Value};
use crate::dist::Distribution;
use crate::world::{LatencySpec, LinkClass};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::path::Path;
use std::sync::Arc;

/// A model file without the lines that every model begins with.
#[derive(Debug)]
pub(super) struct Model {
    /// `models/protocols/codex-v2.toml`, or the path of a file.
    pub(super) file: String,
    /// Its contents.
    pub(super) node: Node,
    pub(super) calibrated: bool,
}

/// Links and delays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkFile {
    /// Names of the regions.
    #[serde(rename = "regions")]
    _regions: Option<Vec<String>>,
    /// Classes of nodes; they are read where a scenario asks for them.
    #[serde(rename = "nodes")]
    _nodes: Option<IgnoredAny>,
    pub(super) classes: Option<Vec<LinkClass>>,
    pub(super) latency: Option<LatencySpec>,
    pub(super) jitter: Option<Distribution>,
}

/// Sessions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChurnFile {
    pub(super) online: Distribution,
    pub(super) offline: Distribution,
}

/// Constants of a protocol, costs of a hardware, numbers of a transfer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConstantsFile {
    extends: Option<String>,
    family: Option<String>,
    #[serde(rename = "constants")]
    _constants: Option<IgnoredAny>,
    #[serde(rename = "at_least")]
    _at_least: Option<IgnoredAny>,
    #[serde(rename = "defaults")]
    _defaults: Option<IgnoredAny>,
    #[serde(rename = "when")]
    _when: Option<IgnoredAny>,
    /// What made the numbers of a transfer.
    #[serde(rename = "run")]
    _run: Option<IgnoredAny>,
}

/// The constants of a model and of all models that it extends.
#[derive(Debug, Default)]
pub(super) struct Constants {
    pub(super) table: Table,
    /// Smallest values that make sense.
    pub(super) at_least: Table,
    /// Keys of a scenario that hold unless the scenario sets them.
    pub(super) defaults: Table,
    /// The same, by constant and value.
    when: Table,
    /// The family that a protocol belongs to.
    pub(super) family: Option<(String, Place)>,
    /// The file that was named.
    pub(super) file: String,
    /// Whether the model and all that it extends are calibrated.
    pub(super) calibrated: bool,
}

impl Constants {
    /// The defaults that hold with the constants as `chosen` changes them.
    pub(super) fn defaults_with(&self, chosen: Option<&Table>) -> Table {
        let mut defaults = self.defaults.clone();
        for (constant, cases) in &self.when.0 {
            let value = chosen.and_then(|over| over.get(constant)).or_else(|| self.table.get(constant));
            let case = value.and_then(Node::text).zip(cases.table()).and_then(|(value, cases)| cases.get(value));
            if let Some(keys) = case.and_then(Node::table) {
                defaults.merge(keys.clone(), "");
            }
        }
        defaults
    }
}

/// Reads the constants of the model `name`, over those of what it extends.
pub(super) fn constants(kind: &str, name: &str, asked: Place, sources: &mut Sources) -> Result<Arc<Constants>, Fault> {
    let source = place(kind, name, asked, sources)?;
    if let Some(known) = sources.constants(source, kind) {
        return Ok(known);
    }
    let mut found = Constants { calibrated: true, ..Constants::default() };
    stack(kind, name, asked, sources, 0, &mut found)?;
    let found = Arc::new(found);
    sources.keep_constants(source, kind, &found);
    Ok(found)
}

fn stack(
    kind: &str,
    name: &str,
    asked: Place,
    sources: &mut Sources,
    depth: u32,
    found: &mut Constants,
) -> Result<(), Fault> {
    if depth > 32 {
        return Err(Fault::new("`extends` leads in a circle").expected("a chain of models that ends").at(asked));
    }
    let model = find(kind, name, asked, sources)?;
    let head: ConstantsFile = model.node.read()?;
    let Value::Table(mut table) = model.node.value else { unreachable!("a model is a table") };
    if let (Some(base), Some(node)) = (&head.extends, table.get("extends")) {
        stack(kind, base, node.at, sources, depth + 1, found)?;
    }
    found.calibrated &= model.calibrated;
    found.file = model.file;
    if let (Some(family), Some(node)) = (head.family, table.get("family")) {
        found.family = Some((family, node.at));
    }
    let parts = [
        ("constants", &mut found.table),
        ("at_least", &mut found.at_least),
        ("defaults", &mut found.defaults),
        ("when", &mut found.when),
    ];
    for (key, under) in parts {
        match table.remove(key) {
            Some(Node { value: Value::Table(over), .. }) => under.merge(over, ""),
            Some(node) => return Err(Fault::new("wrong type").expected("a table").at(node.at)),
            None => {}
        }
    }
    Ok(())
}

/// Whether `name` is the path of a file rather than the name of a model.
pub(super) fn is_path(name: &str) -> bool {
    name.contains('/') || name.contains('\\') || name.ends_with(".toml")
}

/// Reads the model `name` of `kind`; `asked` is where the name was written.
pub(super) fn find(kind: &str, name: &str, asked: Place, sources: &mut Sources) -> Result<Model, Fault> {
    let source = place(kind, name, asked, sources)?;
    let at = Place { source, start: 0, end: 0 };
    let mut table = sources.table(source)?;
    for key in ["description", "source", "date"] {
        table.remove(key).map_or(Ok(String::new()), |node| node.read())?;
    }
    let calibrated = table.remove("calibrated").map_or(Ok(false), |node| node.read())?;
    let file = sources.get(source).name.clone();
    Ok(Model { file, node: Node { key: at, at, value: Value::Table(table) }, calibrated })
}

/// The source that the model `name` of `kind` is.
fn place(kind: &str, name: &str, asked: Place, sources: &mut Sources) -> Result<usize, Fault> {
    if is_path(name) { from_path(kind, name, asked, sources) } else { from_list(kind, name, asked, sources) }
}

fn from_path(kind: &str, name: &str, asked: Place, sources: &mut Sources) -> Result<usize, Fault> {
    let path = sources.get(asked.source).folder.join(name);
    match sources.named(&path.display().to_string()) {
        Some(source) => Ok(source),
        None => read_file(sources, &path, Some(asked), &format!("a model of the form of those in models/{kind}")),
    }
}

fn from_list(kind: &str, name: &str, asked: Place, sources: &mut Sources) -> Result<usize, Fault> {
    let names = || of_kind(kind).map(|(name, _)| name);
    let Some((_, text)) = of_kind(kind).find(|(known, _)| *known == name) else {
        let what = match kind {
            "protocols" => "protocol",
            "networks" => "network model",
            "churn" => "churn model",
            "discovery" => "discovery model",
            "testbeds" => "testbed",
            "systems" => "system",
            "transfers" => "transfer",
            _ => "hardware",
        };
        let made = if kind == "transfers" { ", which `codexsim transfer --out FILE` makes" } else { "" };
        return Err(Fault::new(format!("unknown {what} `{name}`"))
            .expected(format!("a name in models/{kind} ({}) or the path of a .toml file{made}", list(names())))
            .suggest(name, names())
            .at(asked));
    };
    let file = format!("models/{kind}/{name}.toml");
    Ok(sources.named(&file).unwrap_or_else(|| sources.add(Kind::File, file, text, Path::new(""))))
}

#[cfg(test)]
mod tests {
    fn with_defaults(
        defaults: &str,
        sets: &[&str],
    ) -> Result<crate::scenario::Scenario, crate::scenario::ScenarioError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.toml");
        std::fs::write(&path, format!("extends = \"codex-v2\"\n[defaults]\n{defaults}\n")).unwrap();
        crate::scenario::load(&crate::scenario::Input {
            protocol: Some(path.display().to_string()),
            sets: sets.iter().map(|set| set.to_string()).collect(),
            ..Default::default()
        })
    }

    #[test]
    fn defaults_of_a_protocol_hold_unless_the_scenario_says_otherwise() {
        let own = "swarm.block_size = \"16 KiB\"\nnetwork.transport.mux_header = \"12 B\"";
        let run = with_defaults(own, &[]).unwrap().run.into_swarm().unwrap();
        assert_eq!(run.world.dataset.block_size.get(), 16 << 10);
        assert_eq!(run.network.transport.mux_header.get(), 12);
        assert_eq!(run.network.transport.secure_header.get(), 18, "what it does not name stays");
        let run = with_defaults(own, &["swarm.block_size=1 MiB"]).unwrap().run.into_swarm().unwrap();
        assert_eq!(run.world.dataset.block_size.get(), 1 << 20);
        assert_eq!(run.network.transport.mux_header.get(), 12);
    }

    #[test]
    fn defaults_may_follow_a_constant() {
        let header = |sets: &[&str]| {
            let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
            let input = crate::scenario::Input { protocol: Some("bittorrent".into()), sets, ..Default::default() };
            crate::scenario::load(&input).unwrap().run.into_swarm().unwrap().network.transport.segment_header.get()
        };
        assert_eq!(header(&["protocol.bittorrent.transport=utp"]), 48);
        assert_eq!(header(&["protocol.bittorrent.transport=tcp"]), 52);
        let own = ["protocol.bittorrent.transport=utp", "network.transport.segment_header=60 B"];
        assert_eq!(header(&own), 60, "what the scenario sets stays");
    }

    #[test]
    fn wrong_defaults_of_a_protocol_are_told_with_their_place() {
        let error = with_defaults("swarm.blok_size = \"16 KiB\"", &[]).unwrap_err().to_string();
        assert!(error.contains("own.toml:3") && error.contains("did you mean `block_size`?"), "{error}");
        let error = with_defaults("protocol = \"direct\"", &[]).unwrap_err().to_string();
        assert!(error.contains("own.toml:3") && error.contains("no default of a protocol"), "{error}");
    }
}
