//! What somebody set, and a scenario without one of these.

use super::error::Fault;
use super::keys::defaults;
use super::kind::Kind;
use super::parse::read_key;
use super::source::Sources;
use super::tree::{Node, Table, Value, quoted};

/// A value that a file or the command line sets; what a model or the defaults
/// say is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its dotted key.
    pub key: String,
    /// As TOML.
    pub value: String,
    /// Where it was written.
    pub origin: String,
}

/// All settings of `tree`, which holds no models yet, in its order.
pub(super) fn settings(tree: &Table, sources: &Sources) -> Vec<Setting> {
    let mut found = Vec::new();
    collect(tree, "", sources, &mut found);
    found
}

fn collect(table: &Table, prefix: &str, sources: &Sources, found: &mut Vec<Setting>) {
    for (name, node) in &table.0 {
        let key = if prefix.is_empty() { quoted(name) } else { format!("{prefix}.{}", quoted(name)) };
        // The choice of a protocol is one setting, each of its constants another.
        let chosen = (key == "protocol").then(|| node.table().and_then(|choice| choice.0.first())).flatten();
        let own = |node: &Node, value: String| {
            let (key, origin) = (key.clone(), sources.origin(node.at));
            (!sources.is_default(node.at)).then_some(Setting { key, value, origin })
        };
        match (chosen, node.table()) {
            (Some((protocol, chosen)), Some(table)) => {
                found.extend(own(chosen, toml::Value::String(protocol.clone()).to_string()));
                collect(table, &key, sources, found);
            }
            (None, Some(table)) if !is_one(node, table) => collect(table, &key, sources, found),
            _ => found.extend(own(node, node.bare().to_string())),
        }
    }
}

/// Whether a table was written as one value, such as `{ stagger = "10 s" }` or the
/// name that stands for it.
fn is_one(node: &Node, table: &Table) -> bool {
    let within = |inner: &Node| inner.at.source == node.at.source && inner.at.start >= node.at.start;
    !table.0.is_empty() && table.0.iter().all(|(_, inner)| within(inner) && inner.at.end <= node.at.end)
}

/// Takes the setting `key` out of `tree`, so that the default holds in its place.
pub(super) fn unset(tree: &mut Table, key: &str, sources: &mut Sources) -> Result<(), Fault> {
    let missing = || Fault::new(format!("`{key}` is not set")).expected("a dotted key that the scenario sets");
    let path = read_key(key).ok_or_else(missing)?;
    let (name, above) = path.split_last().ok_or_else(missing)?;
    let lower = defaults(Kind::known(tree), sources);
    let mut table = tree;
    let mut default = Some(&lower);
    for step in above {
        table = match table.get_mut(step) {
            Some(Node { value: Value::Table(inner), .. }) => inner,
            _ => return Err(missing()),
        };
        default = default.and_then(|table| table.get(step)).and_then(Node::table);
    }
    let place = table.0.iter().position(|(known, _)| known == name).ok_or_else(missing)?;
    match default.and_then(|table| table.get(name)) {
        Some(default) => table.0[place].1 = default.clone(),
        None => {
            table.0.remove(place);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::scenario::{Input, Scenario, load};

    fn scenario(sets: &[&str], without: &[&str]) -> Scenario {
        let owned = |list: &[&str]| list.iter().map(|s| s.to_string()).collect();
        load(&Input { sets: owned(sets), without: owned(without), ..Input::default() }).unwrap()
    }

    #[test]
    fn settings_are_what_was_written_and_nothing_else() {
        let sets = ["swarm.start={ stagger = \"1 s\" }", "protocol.codex-v2.window=512", "network.transport=none"];
        let found = scenario(&sets, &[]).settings;
        let of = |key: &str| found.iter().find(|s| s.key == key).map(|s| (s.value.as_str(), s.origin.as_str()));
        assert_eq!(of("protocol.codex-v2.window"), Some(("512", "--set protocol.codex-v2.window=512")));
        assert_eq!(of("swarm.start").map(|s| s.0), Some("{ stagger = \"1 s\" }"));
        assert_eq!(of("swarm.seeders"), Some(("4", "quickstart:9")));
        assert_eq!(of("protocol").map(|s| s.0), Some("\"codex-v2\""));
        assert!(of("network.transport").is_some() && of("network.transport.queue").is_none(), "{found:#?}");
        assert_eq!(of("swarm.group"), None, "a default");
        assert_eq!(of("discovery.model"), None, "a default");
    }

    #[test]
    fn without_a_setting_the_default_holds() {
        let default = scenario(&["swarm.block_size=1 MiB"], &["swarm.block_size", "network.up"]);
        assert_eq!(default.run, scenario(&[], &[]).run, "the quickstart sets what is the default");
        let window = scenario(&["protocol.codex-v2.window=512"], &["protocol.codex-v2.window"]);
        assert_eq!(window.run, default.run);
        let transport = scenario(&["network.transport=none"], &["network.transport"]);
        assert_eq!(transport.run, default.run);
    }

    #[test]
    fn what_is_not_set_cannot_be_taken_out() {
        let input = Input { without: vec!["swarm.sizes".into()], ..Input::default() };
        assert!(load(&input).unwrap_err().to_string().contains("`swarm.sizes` is not set"));
    }
}
