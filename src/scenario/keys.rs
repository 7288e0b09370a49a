//! What follows from the keys of a scenario: which there are, what has to be said, what
//! holds when nothing is said, and how values are shown.

use super::error::{Fault, list, one_of};
use super::kind::Kind as RunKind;
use super::parse::normalise;
use super::schema::{KEYS, Key};
use super::source::{Kind, Place, Sources};
use super::tree::{Node, Table, Value};
use crate::units::{Bytes, Rate, Time};
use crate::world::mean_distance;
use serde::de::IgnoredAny;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::Path;

/// The text that defaults are said to be written in.
const NOTHING_SAID: &str = "# What holds when a scenario says nothing: the lowest of all layers.";

/// The lowest layer: the defaults of all keys of runs of `kind`.
pub(super) fn defaults(kind: RunKind, sources: &mut Sources) -> Table {
    let source = sources.add(Kind::Default, "defaults", NOTHING_SAID, Path::new(""));
    let at = Place { source, start: 0, end: 0 };
    let mut tree = default_table("", kind, at);
    for table in KEYS.tables_of(kind) {
        tree.0.push((table.into(), Node { key: at, at, value: Value::Table(default_table(table, kind, at)) }));
    }
    let order = KEYS.names("", kind);
    tree.0.sort_by_key(|(name, node)| (node.table().is_some(), order.iter().position(|known| known == name)));
    normalise(&mut tree).expect("the defaults are well-formed");
    tree
}

/// The defaults of one table: values, then tables.
fn default_table(table: &str, kind: RunKind, at: Place) -> Table {
    let given = KEYS.of(table, kind).filter_map(|key| Some((key.name.clone(), node(&default(key)?, at))));
    let (tables, values): (Vec<_>, Vec<_>) = given.partition(|(_, node)| node.table().is_some());
    Table([values, tables].concat())
}

/// What holds when nobody sets `key`.
fn default(key: &Key) -> Option<Json> {
    if let Some(default) = key.schema.get("default") {
        return Some(default.clone());
    }
    let inner = |schema: &Json| {
        let properties = KEYS.resolved(schema).get("properties")?.as_object()?.iter();
        let given = properties.filter_map(|(name, inner)| Some((name.clone(), inner.get("default")?.clone())));
        Some(Json::Object(given.filter(|(_, value)| !value.is_null()).collect()))
    };
    let cases = key.schema.get("anyOf").and_then(Json::as_array);
    key.required.then(|| cases.into_iter().flatten().chain([&key.schema]).find_map(inner))?
}

fn node(value: &Json, at: Place) -> Node {
    Node::from_bare(&toml::Value::try_from(value).expect("a value of a scenario is TOML"), at)
}

/// Refuses keys that there are not, and values where tables belong.
pub(super) fn known(tree: &Table) -> Result<(), Fault> {
    let kind = RunKind::of(tree)?;
    known_in(tree, "", kind)?;
    for table in KEYS.tables_of(kind) {
        if let Some(node) = tree.get(table) {
            node.read::<BTreeMap<String, IgnoredAny>>()?;
            known_in(node.table().expect("it was read as one"), table, kind)?;
        }
    }
    Ok(())
}

fn known_in(table: &Table, called: &str, kind: RunKind) -> Result<(), Fault> {
    let names = KEYS.names(called, kind);
    let Some((name, node)) = table.0.iter().find(|(name, _)| !names.contains(&name.as_str())) else { return Ok(()) };
    if let Some(other) = RunKind::ALL.into_iter().find(|other| KEYS.names(called, *other).contains(&name.as_str())) {
        let fault = Fault::new(format!("a run of kind `{}` has no `{name}`", kind.name()));
        let other = other.name();
        return Err(fault.expected(format!("`kind = \"{other}\"`, or {}", one_of(names.iter().copied()))).at(node.key));
    }
    let fault = Fault::new(format!("unknown key `{name}`")).expected(one_of(names.iter().copied()));
    Err(fault.suggest(name, names).at(node.key))
}

/// A key that every run needs and nobody has set.
struct Unsaid {
    /// The table that it stands in; empty at the top.
    table: &'static str,
    name: &'static str,
    example: Json,
}

/// Keys that every run needs and nobody has set: those of the tables that several parts
/// declare, and those within a part that is a table itself.
fn unsaid(tree: &Table) -> Vec<Unsaid> {
    let kind = RunKind::known(tree);
    let example = |schema: &Json| Some(schema.get("examples")?.get(0)?.clone());
    let mut found = Vec::new();
    for key in KEYS.all.iter().filter(|key| key.required && key.kinds.has(kind)) {
        if tree.find(&key.path()).is_none() {
            let unsaid = |example| Unsaid { table: key.table, name: &key.name, example };
            found.extend(example(&key.schema).map(unsaid));
        }
        let own = KEYS.resolved(&key.schema);
        let needed = own.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
        let inner = needed.filter_map(|name| Some((name, own.get("properties")?.get(name)?)));
        let said = |name: &str| tree.find(&format!("{}.{name}", key.path())).is_some();
        let inner = inner.filter(|(name, _)| key.table.is_empty() && !said(name));
        let unsaid = |(name, schema)| Some(Unsaid { table: &key.name, name, example: example(schema)? });
        found.extend(inner.filter_map(unsaid));
    }
    found
}

/// Refuses a scenario that does not say what it has to; tells all such keys of a table at
/// once.
pub(super) fn said(tree: &Table, sources: &Sources) -> Result<(), Fault> {
    let unsaid = unsaid(tree);
    let Some(Unsaid { table, .. }) = unsaid.first() else { return Ok(()) };
    let missing: Vec<&Unsaid> = unsaid.iter().filter(|key| key.table == *table).collect();
    let keys = if missing.len() == 1 { "key" } else { "keys" };
    let names = list(missing.iter().map(|key| key.name));
    let examples: Vec<String> = missing.iter().map(|key| format!("{} = {}", key.name, key.example)).collect();
    let place = if table.is_empty() { String::new() } else { format!(" in [{table}]") };
    let fault = Fault::new(format!("missing {keys} {names}{place}")).expected(examples.join(", "));
    let blank = sources.blank().map(|name| format!("`{name}` is empty"));
    let fault = blank.map_or(fault.clone(), |blank| fault.help(blank));
    let written = tree.get(table).filter(|node| !sources.is_default(node.at));
    Err(written.map_or(fault.clone(), |node| fault.at(node.key)))
}

/// Lets examples stand for what is not said.
pub(super) fn complete(tree: &mut Table) {
    let at = tree.0.first().map_or(Place { source: 0, start: 0, end: 0 }, |(_, node)| node.at);
    for Unsaid { table, name, example } in unsaid(tree) {
        match tree.get_mut(table) {
            Some(Node { at, value: Value::Table(table), .. }) => table.put(name, node(&example, *at)),
            _ if table.is_empty() => tree.put(name, node(&example, at)),
            _ => {}
        }
    }
}

/// Sorts keys as they are told, and writes quantities in their shortest form.
pub(super) fn settle(tree: &mut Table) {
    let kind = RunKind::known(tree);
    for table in KEYS.tables_of(kind) {
        if let Some(inner) = tree.get_mut(table).and_then(Node::table_mut) {
            settle_table(inner, table, kind);
        }
    }
    settle_table(tree, "", kind);
}

fn settle_table(table: &mut Table, name: &str, kind: RunKind) {
    let order = KEYS.names(name, kind);
    table.0.sort_by_key(|(name, _)| order.iter().position(|known| known == name));
    for key in KEYS.of(name, kind) {
        // A plain number stays as it is written, and so do the constants in a table.
        let settles = |node: &&mut Node| !matches!(node.value, Value::Integer(_)) && !is_table(node, key);
        if let Some(node) = table.get_mut(&key.name).filter(settles) {
            shorten(node, &key.schema);
        }
    }
}

/// Whether the value of `key` is a table of keys and not one of several forms.
fn is_table(node: &Node, key: &Key) -> bool {
    node.table().is_some() && !super::schema::is_choice(&key.path()) || key.path() == "protocol"
}

/// Writes the quantities in `node` in their shortest form, fractions as such, and adds the
/// defaults within a table.
fn shorten(node: &mut Node, schema: &'static Json) {
    if let Some(value) = quantity(node, schema) {
        node.value = value;
        return;
    }
    let cases = |schema: &'static Json| {
        let words = ["oneOf", "anyOf"].into_iter();
        words.filter_map(|word| schema.get(word)?.as_array()).flatten().chain([schema])
    };
    let cases: Vec<&Json> = cases(schema).chain(cases(KEYS.resolved(schema))).collect();
    let at = node.at;
    match &mut node.value {
        Value::Array(items) => {
            let lists = cases.iter().map(|case| KEYS.resolved(case));
            let Some(list) = lists.into_iter().find(|case| case.get("items").or(case.get("prefixItems")).is_some())
            else {
                return;
            };
            for (index, item) in items.iter_mut().enumerate() {
                let own = list.get("prefixItems").and_then(|items| items.get(index));
                own.or(list.get("items")).into_iter().for_each(|schema| shorten(item, schema));
            }
        }
        Value::Table(table) => {
            let forms = cases.iter().filter_map(|case| KEYS.resolved(case).get("properties")?.as_object());
            let form = forms.into_iter().find(|form| table.keys().all(|name| form.contains_key(name)));
            for (name, schema) in form.into_iter().flatten() {
                match (table.get_mut(name), schema.get("default").filter(|default| !default.is_null())) {
                    (Some(inner), _) => shorten(inner, schema),
                    (None, Some(default)) => table.put(name, self::node(default, at)),
                    (None, None) => {}
                }
            }
        }
        _ => {
            let shorter = cases.iter().find_map(|case| quantity(node, case));
            shorter.into_iter().for_each(|value| node.value = value);
        }
    }
}

/// The value in its shortest form where `schema` is that of a quantity.
fn quantity(node: &Node, schema: &Json) -> Option<Value> {
    let kind = schema.get("$ref").or(schema.get("type"))?.as_str()?;
    let seconds = |time: Time| Value::Float(time.secs());
    match (kind.rsplit('/').next()?, &node.value) {
        ("number" | "Seconds", Value::Integer(value)) => Some(Value::Float(*value as f64)),
        ("Bytes", Value::String(text)) => text.parse().ok().map(|size: Bytes| Value::String(size.to_string())),
        ("Rate", Value::String(text)) => text.parse().ok().map(|rate: Rate| Value::String(rate.to_string())),
        ("Time", Value::String(text)) => text.parse().ok().map(|time: Time| Value::String(time.to_string())),
        ("Distance", Value::String(text)) => mean_distance(text).map(|time| Value::String(time.to_string())),
        ("Seconds", Value::String(text)) => text.parse().ok().map(seconds),
        _ => None,
    }
}
