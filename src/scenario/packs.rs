//! Packs: the sets of worlds that come with the program (`experiments/packs`).
//!
//! A pack is a scenario whose `[sweep]` runs through worlds and leaves the
//! protocol open.

use super::ScenarioError;
use super::embedded::PACKS;
use super::error::{Fault, list};
use super::models::is_path;
use super::parse::{merge_file, normalise};
use super::source::{Kind, Place, Sources};
use super::tree::{Table, read_toml};
use std::path::Path;

/// A pack that comes with the program: its name and its file.
pub fn packs() -> impl Iterator<Item = (&'static str, &'static str)> {
    PACKS.iter().copied()
}

/// Reads the pack `name`, embedded or a path, over `tree`.
pub(super) fn layer(name: &str, tree: &mut Table, sources: &mut Sources) -> Result<(), Fault> {
    if is_path(name) {
        return merge_file(tree, sources, Path::new(name), None, &mut Vec::new());
    }
    let Some((_, text)) = PACKS.iter().find(|(known, _)| *known == name) else {
        let source = sources.add(Kind::Line, format!("--pack {name}"), name, Path::new(""));
        let names = || PACKS.iter().map(|(known, _)| *known);
        return Err(Fault::new(format!("unknown pack `{name}`"))
            .expected(format!("one of {} or the path of a .toml file", list(names())))
            .suggest(name, names())
            .at(Place { source, start: 0, end: name.len() }));
    };
    let source = sources.add(Kind::File, format!("experiments/packs/{name}.toml"), *text, Path::new(""));
    let mut table = read_toml(sources, source)?;
    normalise(&mut table)?;
    sources.raise(source);
    tree.merge(table, "");
    Ok(())
}

/// A setting such as `network.up=10 Mbit/s`: its dotted key.
///
/// # Errors
/// On text that is no setting.
pub fn setting_key(text: &str) -> Result<Vec<String>, ScenarioError> {
    let mut sources = Sources::default();
    let source = sources.add(Kind::Line, format!("--set {text}"), text, Path::new(""));
    let keys = text.split_once('=').and_then(|(key, _)| super::parse::read_key(key));
    keys.ok_or_else(|| {
        let place = Place { source, start: 0, end: text.len() };
        Fault::new(format!("`{text}` is no setting")).expected("key=value").at(place).render(&sources)
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Base, Input, load};
    use super::*;

    #[test]
    fn every_pack_file_is_embedded_and_opens_with_its_question() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/packs");
        assert_eq!(std::fs::read_dir(root).unwrap().count(), packs().count());
        for (name, text) in packs() {
            assert!(text.starts_with('#'), "{name} begins with no comment");
        }
    }

    #[test]
    fn a_pack_is_a_layer_and_bears_its_own_name() {
        for (name, _) in packs() {
            let input = Input { pack: Some(name.into()), ..Input::default() };
            let base = Base::read(&input).unwrap_or_else(|error| panic!("{error}"));
            let axes = base.outline().sweep.axes;
            assert!(axes.iter().any(|axis| axis.keys.iter().any(|key| key == "name")), "{name}");
            let scenario = base.first().unwrap();
            assert_eq!(scenario.name, name, "not that of its first world");
            assert!(scenario.resolved.contains(&format!("experiments/packs/{name}.toml:")), "{}", scenario.resolved);
        }
    }

    #[test]
    fn an_unknown_pack_is_told_with_the_nearest_name() {
        let error = load(&Input { pack: Some("flash-crowds".into()), ..Input::default() }).unwrap_err().to_string();
        assert!(error.contains("did you mean `flash-crowd`?") && error.contains("`lossy-long-fat`"), "{error}");
        let error = load(&Input { pack: Some("own/pack.toml".into()), ..Input::default() }).unwrap_err().to_string();
        assert!(error.contains("there is no such file"), "{error}");
    }

    #[test]
    fn the_key_of_a_setting() {
        assert_eq!(setting_key("network.\"a b\"=1").unwrap(), ["network", "a b"]);
        assert!(setting_key("network").unwrap_err().to_string().contains("key=value"));
    }
}
