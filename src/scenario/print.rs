//! The final form of a scenario, each value with its origin.

use super::schema::{KEYS, is_choice};
use super::source::Sources;
use super::tree::{Node, Table, Value, quoted};

/// Writes `tree`, in which all names are looked up and what is not shown is left out, as a
/// scenario that needs no other file.
pub(super) fn print(name: &str, mut tree: Table, sources: &Sources) -> String {
    tree.remove("sweep");
    tree.remove("limit");
    // Lists last, and then tables.
    tree.0.sort_by_key(|(_, node)| (node.table().is_some(), node.array().is_some()));
    let mut page = Page { text: String::new(), sources };
    // A cell of a sweep may have named itself at the key of the scenario's name.
    let named = tree.remove("name").map_or("name of the file".into(), |node| sources.origin(node.at));
    page.line("name", &toml::Value::from(name).to_string(), &named);
    page.table(&tree, "");
    page.text
}

struct Page<'a> {
    text: String,
    sources: &'a Sources,
}

impl Page<'_> {
    fn line(&mut self, key: &str, value: &str, origin: &str) {
        let line = format!("{key} = {value}");
        self.text.push_str(&format!("{line:<40} # {origin}\n"));
    }

    fn value(&mut self, key: &str, node: &Node) {
        let value = match &node.value {
            Value::Integer(value) => value.to_string(),
            _ => node.bare().to_string(),
        };
        self.line(&quoted(key), &value, &self.sources.origin(node.at));
    }

    /// The keys of `table`, which is called `path`, and then the tables in it.
    fn table(&mut self, table: &Table, path: &str) {
        let inner = |(name, _): &(String, Node)| {
            if path.is_empty() { quoted(name) } else { format!("{path}.{}", quoted(name)) }
        };
        let holds_tables = ["", "protocol"].contains(&path) || KEYS.tables().any(|table| table == path);
        let stands_apart = |entry: &&(String, Node)| {
            holds_tables && entry.1.table().is_some() && (path.is_empty() || !is_choice(&inner(entry)))
        };
        let (tables, values): (Vec<_>, Vec<_>) = table.0.iter().partition(stands_apart);
        if !path.is_empty() && (tables.is_empty() || !values.is_empty()) {
            self.text.push_str(&format!("\n[{path}]\n"));
        }
        values.iter().for_each(|(name, node)| self.value(name, node));
        for entry in tables {
            entry.1.table().into_iter().for_each(|table| self.table(table, &inner(entry)));
        }
    }
}
