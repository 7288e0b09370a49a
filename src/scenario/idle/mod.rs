//! Keys that act only beside others, and what is said where somebody sets one in vain.
//!
//! [`table`] says of each such key once when it acts. Only what somebody set is looked at: what a
//! model or a protocol brings along, or what holds anyway, surprises nobody. Of several points
//! a key has to act at one: a sweep sets keys for those of its points at which they act.

mod table;

use super::axis::canonical;
use super::schema::schema_of;
use super::source::Sources;
use super::tree::{Node, Table, Value};
use std::collections::BTreeMap;
pub(super) use table::{STORAGE, SWARM};

/// Keys of one table that act under one condition, for runs that `S` describes.
pub(super) struct Idle<S: 'static> {
    /// The dotted key of the table; a `*` in it stands for each item of a list.
    table: &'static str,
    /// Their names there.
    names: &'static [&'static str],
    /// Whether they act; in a list, those of the item of this number.
    acts: fn(&S, usize) -> bool,
    /// What is said behind "has no effect" where they do not.
    otherwise: &'static str,
}

/// A key that somebody set at a point and that acts only beside others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    key: String,
    /// What there is to say where it does not act.
    in_vain: Option<String>,
}

/// What there is to say of keys that act at none of several points.
pub fn in_vain<'a>(points: impl IntoIterator<Item = &'a [KeyUse]>) -> Vec<String> {
    let mut found: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for KeyUse { key, in_vain } in points.into_iter().flatten() {
        let known = found.entry(key).or_insert(in_vain.as_deref());
        *known = known.filter(|_| in_vain.is_some());
    }
    found.into_values().flatten().map(str::to_owned).collect()
}

/// The keys of `table` that somebody set in `tree`, which describes `spec`; `own` is what the
/// chosen protocol or system brings along.
pub(super) fn uses<S>(
    table: &'static [Idle<S>],
    spec: &S,
    (tree, own): (&Table, &Table),
    sources: &Sources,
) -> Vec<KeyUse> {
    let mut uses: BTreeMap<String, Option<String>> = BTreeMap::new();
    for Idle { table, names, acts, otherwise } in table {
        for name in *names {
            let pattern = format!("{table}.{name}");
            for Found { key, item, node } in found(tree, &pattern) {
                if !is_set(node, sources) {
                    continue;
                }
                let idle = !acts(spec, item) && !says_nothing(node, &pattern, own);
                let told = || format!("`{key}` ({}) has no effect {otherwise}", sources.origin(node.key));
                let told = idle.then(told);
                let known = uses.entry(key).or_default();
                *known = known.take().or(told);
            }
        }
    }
    uses.into_iter().map(|(key, in_vain)| KeyUse { key, in_vain }).collect()
}

/// What stands at a key, in a list as the item of this number.
struct Found<'a> {
    key: String,
    item: usize,
    node: &'a Node,
}

fn found<'a>(tree: &'a Table, pattern: &str) -> Vec<Found<'a>> {
    let Some((list, rest)) = pattern.split_once(".*.") else {
        return tree.find(pattern).map(|node| Found { key: pattern.into(), item: 0, node }).into_iter().collect();
    };
    let items = tree.find(list).and_then(Node::array).unwrap_or_default().iter().enumerate();
    let of = |(item, node): (usize, &'a Node)| {
        let node = node.table()?.find(rest)?;
        Some(Found { key: format!("{list}.{item}.{rest}"), item, node })
    };
    items.filter_map(of).collect()
}

/// Whether somebody wrote this key: models have no rank among the layers, and keys that a word
/// such as `transport = "none"` stands for have no place of their own.
fn is_set(node: &Node, sources: &Sources) -> bool {
    sources.rank(node.at) > 0 && node.key != node.at
}

/// Whether `node`, which stands at `pattern`, says what `own` or the defaults say. A scenario that
/// was printed in full does so.
pub(super) fn says_nothing(node: &Node, pattern: &str, own: &Table) -> bool {
    if let Value::Table(table) = &node.value {
        return table.0.iter().all(|(name, inner)| says_nothing(inner, &format!("{pattern}.{name}"), own));
    }
    let default = || toml::Value::try_from(schema_of(pattern)?.get("default")?).ok();
    let default = || default().map(|value| Node::from_bare(&value, node.at));
    own.find(pattern).cloned().or_else(default).is_some_and(|default| canonical(&default) == canonical(node))
}

#[cfg(test)]
mod tests;
