//! The models that come with the program (`models/`).

use super::error::list;
use serde::Serialize;

/// Makes the list of embedded files from their kinds and names.
macro_rules! embedded {
    ($($kind:literal: [$($name:literal),+ $(,)?]),+ $(,)?) => {
        pub(super) const EMBEDDED: &[(&str, &str, &str)] = &[
            $($(($kind, $name, include_str!(concat!("../../models/", $kind, "/", $name, ".toml"))),)+)+
        ];
    };
}

embedded! {
    "protocols": [
        "bitswap", "bittorrent", "codex-f", "codex-v0.1.6", "codex-v1", "codex-v2", "codex-v2-hybrid", "codex-v2-parallel",
        "codex-v3a", "codex-v3b", "codex-v3c", "codex-v3d", "direct", "ideal", "idle",
    ],
    "networks": [
        "das", "datacentre", "degraded", "leios-100", "leios-v2", "mobile-2023", "regions-2019", "residential-2022",
        "residential-2023", "ripe-2025", "team-defaults", "uplinks-us",
    ],
    "churn": [
        "bittorrent-debian", "bittorrent-flatout", "bittorrent-redhat", "kad-crawl-1", "kad-later",
    ],
    "discovery": ["discv5", "kademlia", "tracker"],
    "hardware": ["codex-netns-2025", "ideal", "libtorrent-netns-2026"],
    "testbeds": [
        "cluster-codex", "cluster-deluge", "codex-netns", "codex-shadow", "codex-v3-netns", "codex-v3-netns-delay",
        "codex-v3-netns-fair", "libtorrent-netns", "libtorrent-shadow",
    ],
}

/// A model that comes with the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelInfo {
    /// `protocols`, `networks`, `churn`, `discovery`, `hardware` or `testbeds`.
    pub kind: &'static str,
    /// The name that a scenario uses.
    pub name: &'static str,
    /// What it stands for.
    pub description: String,
    /// Where its numbers come from.
    pub source: String,
    /// When they were taken.
    pub date: String,
    /// Whether its numbers were fitted to measurements or read in the code of
    /// the system that was measured, or hold by definition.
    pub calibrated: bool,
    /// The model that this one builds on.
    pub extends: Option<String>,
    /// The family of a protocol, its own or that of what it extends.
    pub family: Option<String>,
    /// The file itself.
    #[serde(skip)]
    pub text: &'static str,
}

/// Lists the models that come with the program.
pub fn models() -> Vec<ModelInfo> {
    let mut all: Vec<ModelInfo> = EMBEDDED.iter().map(|(kind, name, text)| info(kind, name, text)).collect();
    for at in 0..all.len() {
        let mut base = at;
        while all[base].family.is_none()
            && let Some(next) =
                all.iter().position(|m| m.kind == all[at].kind && Some(m.name) == all[base].extends.as_deref())
        {
            base = next;
        }
        all[at].family = all[base].family.clone();
    }
    all
}

fn info(kind: &'static str, name: &'static str, text: &'static str) -> ModelInfo {
    let table: toml::Table = toml::from_str(text).expect("an embedded model is TOML");
    let word = |key: &str| table.get(key).and_then(|v| v.as_str()).map(str::to_string);
    ModelInfo {
        kind,
        name,
        description: word("description").unwrap_or_default(),
        source: word("source").unwrap_or_default(),
        date: word("date").unwrap_or_default(),
        calibrated: table.get("calibrated").and_then(toml::Value::as_bool).unwrap_or(false),
        extends: word("extends"),
        family: word("family"),
        text,
    }
}

/// Names of the models of `kind` that have the key `key`, for messages.
pub(super) fn with_key(kind: &str, key: &str) -> String {
    let has = |text: &str| toml::from_str::<toml::Table>(text).is_ok_and(|table| table.contains_key(key));
    list(EMBEDDED.iter().filter(|(k, _, text)| *k == kind && has(text)).map(|(_, name, _)| *name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_model_file_is_in_the_list() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        let mut files = BTreeSet::new();
        for kind in ["protocols", "networks", "churn", "discovery", "hardware", "testbeds"] {
            for entry in std::fs::read_dir(root.join(kind)).unwrap() {
                let name = entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
                files.insert((kind.to_string(), name));
            }
        }
        let listed = EMBEDDED.iter().map(|(kind, name, _)| (kind.to_string(), name.to_string())).collect();
        assert_eq!(files, listed);
    }

    #[test]
    fn every_model_says_where_it_comes_from() {
        for model in models() {
            for (what, word) in [("description", &model.description), ("source", &model.source), ("date", &model.date)]
            {
                assert!(!word.is_empty(), "models/{}/{}.toml has no {what}", model.kind, model.name);
            }
            let table: toml::Table = toml::from_str(model.text).unwrap();
            assert!(table["calibrated"].is_bool(), "models/{}/{}.toml", model.kind, model.name);
            assert!(model.text.starts_with('#'), "models/{}/{}.toml begins with no comment", model.kind, model.name);
        }
    }
}
