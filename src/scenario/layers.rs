//! Step one: from files, overlays and `--set` to one tree.
//!
//! Layers, each over the one before: defaults, what the file `extends`, the
//! file, overlays, `--protocol` and `--seed`, `--set`, other options, `--vary`, the point of a sweep.

use super::error::Fault;
use super::kind::Kind;
use super::parse::{merge_file, merge_source, nest, normalise, read_key};
use super::source::{Kind as SourceKind, Place, Sources};
use super::tree::{Node, Table, Value, read_toml};
use super::{Input, keys, packs, testbeds};
use std::collections::BTreeSet;
use std::path::Path;

const QUICKSTART: &str = include_str!("quickstart.toml");

/// Reads all layers but the point of a sweep. What the lowest of them holds depends on what
/// kind of run the others say it is.
pub(super) fn layers(input: &Input, sources: &mut Sources) -> Result<Table, Fault> {
    let mut tree = layers_of(Kind::Swarm, input, sources)?;
    let kind = Kind::of(&tree)?;
    if kind != Kind::Swarm {
        *sources = Sources::default();
        tree = layers_of(kind, input, sources)?;
    }
    Ok(tree)
}

fn layers_of(kind: Kind, input: &Input, sources: &mut Sources) -> Result<Table, Fault> {
    let mut tree = keys::defaults(kind, sources);
    match (&input.testbed, &input.pack, &input.file) {
        (Some(name), ..) => {
            let (source, table) = testbeds::layer(name, sources)?;
            sources.raise(source);
            tree.merge(table, "");
        }
        (None, Some(name), _) => packs::layer(name, &mut tree, sources)?,
        (None, None, Some(path)) => merge_file(&mut tree, sources, path, None, &mut Vec::new())?,
        (None, None, None) => {
            let source = sources.add(SourceKind::File, "quickstart", QUICKSTART, Path::new(""));
            merge_source(&mut tree, sources, source)?;
        }
    }
    for path in &input.overlays {
        merge_file(&mut tree, sources, path, None, &mut Vec::new())?;
    }
    if let Some(name) = &input.protocol {
        let line = format!("{} = {}", Kind::known(&tree).choice(), toml::Value::String(name.clone()));
        let source = sources.add(SourceKind::Line, format!("--protocol {name}"), line, Path::new(""));
        merge_source(&mut tree, sources, source)?;
    }
    if let Some(seed) = input.seed {
        let source = sources.add(SourceKind::Line, format!("--seed {seed}"), format!("seed = {seed}"), Path::new(""));
        merge_source(&mut tree, sources, source)?;
    }
    for set in &input.sets {
        merge_set(&mut tree, sources, set, &format!("--set {set}"))?;
    }
    for (option, set) in &input.options {
        merge_set(&mut tree, sources, set, option)?;
    }
    design(input, &mut tree, sources)?;
    Ok(tree)
}

/// What the command line says of the design of a study.
fn design(input: &Input, tree: &mut Table, sources: &mut Sources) -> Result<(), Fault> {
    let mut varied = BTreeSet::new();
    for vary in &input.vary {
        let source = sources.add(SourceKind::Line, format!("--vary {vary}"), vary.as_str(), Path::new(""));
        let place = |start: usize, end: usize| Place { source, start, end };
        let Some((key, values)) = vary.split_once('=') else {
            let fault = Fault::new(format!("`--vary {vary}` has no `=`"));
            return Err(fault.expected(super::range::FORM).at(place(0, vary.len())));
        };
        let (key_at, at) = (place(0, key.trim_end().len()), place(key.len() + 1, vary.len()));
        let node = Node { key: key_at, at, value: Value::String(values.trim().into()) };
        // The file may have its list under the key in quotes or in a table of its own.
        let key = key.trim();
        if !varied.insert(read_key(key).unwrap_or_else(|| vec![key.into()])) {
            let fault = Fault::new(format!("`{key}` is varied twice")).expected("one --vary for each key");
            return Err(fault.at(key_at));
        }
        let nested = read_key(key).filter(|_| tree.find(&format!("sweep.{key}")).is_some());
        let path = [vec!["sweep".to_owned()], nested.unwrap_or_else(|| vec![key.into()])].concat();
        sources.raise(source);
        tree.merge(nest(&path, node), "");
    }
    let points = input.points.map(|points| (format!("--points {points}"), format!("sweep.points = {points}")));
    let named =
        |name: &String| (format!("--design {name}"), format!("sweep.design = {}", toml::Value::from(name.as_str())));
    for (name, line) in input.design.as_ref().map(named).into_iter().chain(points) {
        let source = sources.add(SourceKind::Line, name, line, Path::new(""));
        merge_source(tree, sources, source)?;
    }
    Ok(())
}

/// Merges `key=value`, which `who` says; a value that is not TOML is a string.
pub(super) fn merge_set(tree: &mut Table, sources: &mut Sources, set: &str, who: &str) -> Result<(), Fault> {
    let source = sources.add(SourceKind::Line, who, set, Path::new(""));
    let whole = Place { source, start: 0, end: set.len() };
    let form = "key=value, e.g. `--set swarm.seeders=4` or `--set \"network.up=10 Mbit/s\"`";
    let Some((key, value)) = set.split_once('=') else {
        return Err(Fault::new(format!("`{who}` has no `=`")).expected(form).at(whole));
    };
    let mut table = match read_toml(sources, source) {
        Ok(table) => table,
        Err(_) => {
            let value_start = set.len() - value.len();
            let at = Place { source, start: value_start, end: set.len() };
            let keys =
                read_key(key).ok_or_else(|| Fault::new(format!("`{key}` is not a key")).expected(form).at(whole))?;
            let key_at = Place { source, start: 0, end: key.trim_end().len() };
            nest(&keys, Node { key: key_at, at, value: Value::String(value.trim().into()) })
        }
    };
    if let Some(base) = table.get("extends") {
        return Err(Fault::new("`extends` belongs in a file").expected("an overlay (`-p FILE`) instead").at(base.key));
    }
    normalise(&mut table)?;
    sources.raise(source);
    tree.merge(table, "");
    Ok(())
}
