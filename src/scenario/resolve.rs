//! Steps two and three: names of models become their contents, in the tree itself and each
//! at its place; the specification reads itself out of that tree.

use super::churn::{choose_churn, show_churn, uses_model};
use super::error::Fault;
use super::families::{self, Family};
use super::idle::{self, KeyUse};
use super::kind::Kind;
use super::links::{choose_links, latency, links_model, show_links};
use super::source::{Place, Sources};
use super::sweep::Study;
use super::tree::{Node, Table, Value, fill};
use super::{churn, datasets, keys, nodes, requests, storage, topology};
use crate::sim::{RunSpec, Spec};
use crate::units::Refusal;
use serde::de::DeserializeOwned;

/// A scenario with all names looked up.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) run: Spec,
    /// The protocol, or of a storage run the system, as it was named.
    pub(super) protocol: String,
    /// All that decides the run, with the contents of models in the places of their names.
    pub(super) tree: Table,
    pub(super) warnings: Vec<String>,
    /// Keys that act only beside others.
    pub(super) uses: Vec<KeyUse>,
}

impl Resolved {
    /// All that decides the run as it is shown: in order, in its shortest form, and nothing
    /// that another key replaces.
    pub(super) fn shown(&self) -> Table {
        let Spec::Swarm(run) = &self.run else { return storage::shown(&self.tree) };
        let mut tree = self.tree.clone();
        keys::settle(&mut tree);
        show_links(&mut tree);
        show_churn(&mut tree, &run.world.churn);
        topology::show(&mut tree, &run.world);
        datasets::show(&mut tree, &run.world);
        requests::show(&mut tree, &run.world);
        tree
    }
}

/// Checks every key, type, unit and name, in the scenario and in each value of
/// its sweep; what a sweep sets may be missing from the scenario itself.
pub(super) fn structure(tree: &Table, study: &Study, sources: &mut Sources) -> Result<(), Fault> {
    names(tree.clone(), sources)?;
    for axis in &study.axes {
        for point in &axis.points {
            let mut varied = tree.clone();
            axis.set(point, &mut varied, sources)?;
            names(varied, sources)?;
        }
    }
    Ok(())
}

/// Looks up every name without making a run: values may still be missing.
fn names(mut tree: Table, sources: &mut Sources) -> Result<(), Fault> {
    if Kind::of(&tree)? == Kind::Storage {
        return storage::names(tree, sources);
    }
    let mut warnings = Vec::new();
    fill_in(&mut tree, sources)?;
    nodes::classes(&mut tree, sources, &mut warnings)?;
    datasets::choose(&mut tree, sources, &mut warnings)?;
    keys::known(&tree)?;
    requests::choose(&mut tree, sources)?;
    let protocol = families::protocol(&mut tree, sources, &mut warnings)?;
    families::hardware(&mut tree, sources, &mut warnings)?;
    let discovery = families::discovery(&mut tree, sources, &mut warnings)?;
    if tree.find("network.links").is_some() {
        links_model(&tree, sources, &mut warnings)?;
    }
    latency(&mut tree, sources, &mut warnings)?;
    if uses_model(&tree)? {
        churn::model(&tree, sources, &mut warnings)?;
    }
    keys::complete(&mut tree);
    read(&tree, protocol, discovery).map(|_| ())
}

/// Makes the run that `tree` describes.
pub(super) fn resolve(mut tree: Table, sources: &mut Sources) -> Result<Resolved, Fault> {
    if Kind::of(&tree)? == Kind::Storage {
        return storage::resolve(tree, sources);
    }
    let mut warnings = Vec::new();
    let own = fill_in(&mut tree, sources)?;
    nodes::classes(&mut tree, sources, &mut warnings)?;
    datasets::choose(&mut tree, sources, &mut warnings)?;
    keys::known(&tree)?;
    keys::said(&tree, sources)?;
    check_name(&tree)?;
    exclude(&tree, "network.grown", "network.degree")?;
    exclude(&tree, "network.overlay", "network.degree")?;
    exclude(&tree, "network.overlay", "network.grown")?;
    requests::choose(&mut tree, sources)?;
    topology::choose(&mut tree, sources, &mut warnings)?;
    let name = families::chosen_protocol(&tree).0.to_owned();
    let protocol = families::protocol(&mut tree, sources, &mut warnings)?;
    families::hardware(&mut tree, sources, &mut warnings)?;
    choose_links(&mut tree, sources, &mut warnings)?;
    latency(&mut tree, sources, &mut warnings)?;
    choose_churn(&mut tree, sources, &mut warnings)?;
    let discovery = families::discovery(&mut tree, sources, &mut warnings)?;
    families::refuse_load(&tree)?;
    let mut run = read(&tree, protocol, discovery)?;
    topology::read_files(&mut run.world, &mut tree, sources, &mut warnings)?;
    run.check().map_err(|refusal| tree.blamed(refusal, sources))?;
    check_seeder_sets(&tree, &run)?;
    let uses = idle::uses(idle::SWARM, &run, (&tree, &own), sources);
    Ok(Resolved { run: Spec::Swarm(run.with_steps_for_trace()), protocol: name, tree, warnings, uses })
}

/// Lays the `[defaults]` of the chosen protocol under what the scenario sets; what they are.
fn fill_in(tree: &mut Table, sources: &mut Sources) -> Result<Table, Fault> {
    let own = families::protocol_defaults(tree, sources)?;
    for refused in ["protocol", "sweep", "extends"] {
        if let Some(node) = own.get(refused) {
            return Err(Fault::new(format!("`{refused}` is no default of a protocol"))
                .expected("keys such as `swarm.block_size` or `network.transport.mux_header`")
                .at(node.key));
        }
    }
    fill(tree, own.clone(), sources);
    Ok(own)
}

/// Reads the run; families are read by their names.
fn read(tree: &Table, protocol: Family, discovery: Family) -> Result<RunSpec, Fault> {
    let mut tree = tree.clone();
    let chosen = families::chosen_protocol(&tree).1.clone();
    tree.put("protocol", protocol.over(chosen));
    let table = tree.remove("discovery").expect("the defaults name a model");
    let (key, at) = (table.key, table.at);
    let whole = Node { key, at, value: Value::Table(Table(vec![("discovery".into(), table)])) };
    tree.put("discovery.*", discovery.over(whole));
    read_as(tree)
}

/// Reads a specification out of its tree.
pub(super) fn read_as<S: DeserializeOwned>(tree: Table) -> Result<S, Fault> {
    tree.get("name").map(Node::read::<String>).transpose()?;
    let at = Place { source: 0, start: 0, end: 0 };
    Node { key: at, at, value: Value::Table(tree) }.read()
}

pub(super) fn check_name(tree: &Table) -> Result<(), Fault> {
    let Some(node) = tree.get("name") else { return Ok(()) };
    let name: String = node.read()?;
    let bad = |c: char| c == '/' || c == '\\' || c.is_control();
    if name.trim().is_empty() || name.starts_with('.') || name.contains(bad) {
        let fault = Fault::new(format!("`{}` cannot name a folder of results", name.escape_debug()));
        return Err(fault.expected("a word such as \"quickstart\"").at(node.at));
    }
    Ok(())
}

/// Refuses `key` beside `other`.
fn exclude(tree: &Table, key: &str, other: &str) -> Result<(), Fault> {
    match (tree.find(key), tree.find(other)) {
        (Some(node), Some(_)) => {
            let fault = Fault::new(format!("`{key}` and `{other}` exclude each other"));
            Err(fault.expected("one of them").at(node.at))
        }
        _ => Ok(()),
    }
}

/// More sets of seeders than there are would be the same ones again.
fn check_seeder_sets(tree: &Table, run: &RunSpec) -> Result<(), Fault> {
    let Some(node) = tree.find("sweep.seeder_sets") else { return Ok(()) };
    let sets = run.world.seeder_sets();
    if u64::from(node.read::<u32>()?) > sets {
        let fault = Fault::new(format!("there are {sets} sets of this many seeders"));
        return Err(fault.expected(format!("1 to {sets}")).at(node.at));
    }
    Ok(())
}

impl Table {
    /// The refusal, at the place of what it blames. Where nobody set that, it is at the highest
    /// layer that sets another key which the refusal names.
    pub(super) fn blamed(&self, refusal: Refusal, sources: &Sources) -> Fault {
        let is_set = |node: &&Node| sources.rank(node.at) > 0;
        let part_of_a_key = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let texts = [&refusal.message, &refusal.expected];
        let words = texts.into_iter().flat_map(|text| text.split(|c| !part_of_a_key(c)));
        let keys = words.map(|word| word.trim_matches('.')).filter(|word| word.contains('.'));
        let named: Vec<&Node> = keys.filter_map(|key| self.find(key)).filter(is_set).collect();
        let named = named.into_iter().rev().max_by_key(|node| sources.rank(node.at));
        let own = self.nearest(&refusal.key);
        let blamed = own.filter(is_set).or(named).or(own.filter(|node| !sources.is_default(node.at)));
        let by_default = |node: &Node| format!("`{}` is {} where nothing is said", refusal.key, node.bare());
        let help = blamed.is_none().then(|| self.find(&refusal.key).map(by_default)).flatten();
        let fault = Fault::from(refusal);
        match (blamed, help) {
            (Some(node), _) => fault.at(node.at),
            (None, Some(help)) => fault.help(help),
            (None, None) => fault,
        }
    }
}
