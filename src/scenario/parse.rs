//! From texts to trees in which every value knows where it was written.

use super::error::{Fault, one_of};
use super::source::{Kind, Place, Sources};
use super::tree::{Node, Table, Value, read_toml};
use crate::network::Transport;
use std::path::{Path, PathBuf};

fn transport(transport: &Transport, at: Place) -> Node {
    Node::from_bare(&toml::Value::try_from(transport).expect("a transport is a table"), at)
}

/// Merges the file at `path` and, below it, what it extends. `asked_at` is
/// where the path was written, `open` the files that are being extended.
pub(super) fn merge_file(
    tree: &mut Table,
    sources: &mut Sources,
    path: &Path,
    asked_at: Option<Place>,
    open: &mut Vec<PathBuf>,
) -> Result<(), Fault> {
    let source = read_file(sources, path, asked_at, "a scenario file (TOML)")?;
    let canonical = path.canonicalize().unwrap_or_else(|_| path.into());
    if open.contains(&canonical) {
        let fault = Fault::new(format!("`extends` leads in a circle back to `{}`", path.display()))
            .expected("a chain of files that ends");
        return Err(asked_at.map_or(fault.clone(), |place| fault.at(place)));
    }
    open.push(canonical);
    let mut table = read_toml(sources, source)?;
    if let Some(base) = table.remove("extends") {
        let Some(name) = base.text() else {
            return Err(Fault::new("wrong type").expected("the path of another scenario file").at(base.at));
        };
        let base_path = sources.get(source).folder.join(name);
        merge_file(tree, sources, &base_path, Some(base.at), open)?;
    }
    open.pop();
    normalise(&mut table)?;
    sources.raise(source);
    tree.merge(table, "");
    Ok(())
}

/// Reads a file as a source; `asked_at` is where its path was written.
pub(super) fn read_file(
    sources: &mut Sources,
    path: &Path,
    asked_at: Option<Place>,
    what: &str,
) -> Result<usize, Fault> {
    let bytes = std::fs::read(path).map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_string(),
            std::io::ErrorKind::IsADirectory => "it is a directory".to_string(),
            _ => error.to_string(),
        };
        let fault = Fault::new(format!("cannot read `{}`: {why}", path.display())).expected(what);
        asked_at.map_or(fault.clone(), |place| fault.at(place))
    })?;
    let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let (text, wrong) = match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let start = error.utf8_error().valid_up_to();
            (String::from_utf8_lossy(error.as_bytes()).into_owned(), Some((start, error.as_bytes()[start])))
        }
    };
    let source = sources.add(Kind::File, path.display().to_string(), text, &folder);
    match wrong {
        // Of a scenario it is told what it has to say.
        None if asked_at.is_some() && sources.get(source).text.trim().is_empty() => {
            let fault = Fault::new(format!("`{}` is empty", path.display())).expected(what);
            Err(asked_at.map_or(fault.clone(), |place| fault.at(place)))
        }
        None => Ok(source),
        Some((start, byte)) => Err(Fault::new(format!("byte 0x{byte:02x} is not UTF-8"))
            .expected("text in UTF-8")
            .at(Place { source, start, end: start + char::REPLACEMENT_CHARACTER.len_utf8() })),
    }
}

/// Merges the text of `source`.
pub(super) fn merge_source(tree: &mut Table, sources: &mut Sources, source: usize) -> Result<(), Fault> {
    let mut table = read_toml(sources, source)?;
    normalise(&mut table)?;
    sources.raise(source);
    tree.merge(table, "");
    Ok(())
}

/// Takes a dotted key apart, as TOML does.
pub(super) fn read_key(key: &str) -> Option<Vec<String>> {
    let table: toml::Table = toml::from_str(&format!("{key} = 0")).ok()?;
    let mut keys = Vec::new();
    let mut level = &table;
    loop {
        let (name, value) = level.iter().next()?;
        keys.push(name.clone());
        match value {
            toml::Value::Table(next) => level = next,
            _ => return Some(keys),
        }
    }
}

/// Tables within tables, down to `node`.
pub(super) fn nest(keys: &[String], node: Node) -> Table {
    let (first, rest) = keys.split_first().expect("a key has a part");
    if rest.is_empty() {
        return Table(vec![(first.clone(), node)]);
    }
    let (key, at) = (node.key, node.at);
    Table(vec![(first.clone(), Node { key, at, value: Value::Table(nest(rest, node)) })])
}

/// Sets `key` (dotted) to `node`, whose layer has the highest rank.
pub(super) fn set(tree: &mut Table, key: &str, node: Node) -> Result<(), Fault> {
    let at = node.key;
    let keys = read_key(key).ok_or_else(|| {
        Fault::new(format!("`{key}` is not a key")).expected("a dotted key such as `swarm.network_size`").at(at)
    })?;
    let mut table = nest(&keys, node);
    normalise(&mut table)?;
    tree.merge(table, "");
    Ok(())
}

/// Short forms become the tables they stand for, so that layers can merge.
pub(super) fn normalise(table: &mut Table) -> Result<(), Fault> {
    if let Some(node) = table.get_mut("protocol") {
        normalise_protocol(node)?;
    }
    if let Some(node) = table.get_mut("hardware")
        && let Some(name) = node.text()
    {
        let name = Node { value: Value::String(name.into()), ..node.clone() };
        node.value = Value::Table(Table(vec![("extends".into(), name)]));
    }
    if let Some(Node { value: Value::Table(network), .. }) = table.get_mut("network")
        && let Some(node) = network.get_mut("transport")
        && let Some(name) = node.text()
    {
        let full = match name {
            "none" => Transport::NONE,
            "default" => Transport::default(),
            _ => {
                let fault = Fault::new(format!("unknown transport `{name}`")).suggest(name, ["none", "default"]);
                return Err(fault.expected("`none`, `default` or a table of constants").at(node.at));
            }
        };
        let (key, at) = (node.key, node.at);
        *node = transport(&full, at).moved(key, at);
    }
    Ok(())
}

fn normalise_protocol(node: &mut Node) -> Result<(), Fault> {
    const FORM: &str = "a name, a path, or one table such as `[protocol.codex-v2]`";
    match &node.value {
        Value::String(name) => {
            let chosen = Node { key: node.at, at: node.at, value: Value::Table(Table::default()) };
            node.value = Value::Table(Table(vec![(name.clone(), chosen)]));
            Ok(())
        }
        Value::Table(table) => match table.0.as_slice() {
            [(_, Node { value: Value::Table(_), .. })] => Ok(()),
            [(name, other)] => {
                Err(Fault::new(format!("`protocol.{name}` is not a table of constants")).expected(FORM).at(other.key))
            }
            [] => Err(Fault::new("no protocol is named").expected(FORM).at(node.at)),
            [(first, _), (second, node), ..] => Err(Fault::new(format!("two protocols: `{first}` and `{second}`"))
                .expected(format!("{}; to compare them, sweep over `protocol`", one_of([first.as_str(), second])))
                .at(node.key)),
        },
        _ => Err(node.wrong_type(FORM)),
    }
}
