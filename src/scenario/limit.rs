//! The table `[limit]`: where a scenario breaks, as a question that is kept with it.

use super::Expectation;
use super::error::{Excerpt, Fault};
use super::source::Sources;
use super::tree::{Node, Table};

/// What `codexsim limit` asks when the command line does not say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LimitTable {
    /// What is varied: ranges of keys.
    pub vary: Vec<Expectation>,
    /// What has to hold in a run.
    pub goal: Vec<Expectation>,
    /// Protocols, of storage runs systems, side by side.
    pub protocol: Vec<String>,
}

/// The keys of the table.
const KEYS: [&str; 3] = ["vary", "goal", "protocol"];

/// Reads the table `limit` of the scenario; empty where there is none.
pub(super) fn limit(tree: &Table, sources: &Sources) -> Result<LimitTable, Fault> {
    let Some(node) = tree.get("limit") else { return Ok(LimitTable::default()) };
    let table = node.table().ok_or_else(|| Fault::new("wrong type").expected("a table").at(node.at))?;
    let mut read = LimitTable::default();
    for (name, node) in &table.0 {
        match name.as_str() {
            "vary" => read.vary = texts(name, node, sources)?,
            "goal" => read.goal = texts(name, node, sources)?,
            "protocol" => read.protocol = each(node)?.iter().map(Node::read).collect::<Result<_, _>>()?,
            _ => {
                let fault = Fault::new(format!("unknown key `{name}`")).expected("`vary`, `goal` or `protocol`");
                return Err(fault.suggest(name, KEYS).at(node.key));
            }
        }
    }
    Ok(read)
}

fn texts(name: &str, node: &Node, sources: &Sources) -> Result<Vec<Expectation>, Fault> {
    let text = |item: &Node| {
        let at = [node.key, item.at].map(|place| Excerpt::of(place, sources));
        Ok(Expectation { name: name.into(), text: item.read()?, at })
    };
    each(node)?.iter().map(text).collect()
}

/// The items of a list; of a single text that alone.
fn each(node: &Node) -> Result<&[Node], Fault> {
    match node.text() {
        Some(_) => Ok(std::slice::from_ref(node)),
        None => node.array().ok_or_else(|| Fault::new("wrong type").expected("a text, or a list of texts").at(node.at)),
    }
}
