//! The models that come with the program (`models/`).

use super::embedded::MODELS;
use super::error::list;
use serde::Serialize;

/// Every kind of model, a folder each, in the order in which they are listed.
const KINDS: [&str; 8] =
    ["protocols", "networks", "churn", "discovery", "hardware", "testbeds", "systems", "transfers"];

/// Name and text of the embedded models of `kind`.
pub(super) fn of_kind(kind: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    MODELS.iter().filter(move |model| model.0 == kind).map(|(_, name, text)| (*name, *text))
}

/// A model that comes with the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelInfo {
    /// `protocols`, `networks`, `churn`, `discovery`, `hardware`, `testbeds`,
    /// `systems` or `transfers`.
    pub kind: &'static str,
    /// The name that a scenario uses.
    pub name: &'static str,
    /// What it stands for.
    pub description: String,
    /// Where its numbers come from.
    pub source: String,
    /// When they were taken.
    pub date: String,
    /// Whether its numbers were fitted to measurements, read in the code or the standard,
    /// or hold by definition; the file says behind the word which of these it is.
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
    let of = |kind| of_kind(kind).map(move |(name, text)| info(kind, name, text));
    let mut all: Vec<ModelInfo> = KINDS.into_iter().flat_map(of).collect();
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
    list(of_kind(kind).filter(|(_, text)| has(text)).map(|(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_file_of_every_kind_is_embedded() {
        let mut files = BTreeSet::new();
        for kind in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("models")).unwrap() {
            let kind = kind.unwrap();
            for file in std::fs::read_dir(kind.path()).unwrap() {
                let [kind, file] = [kind.file_name(), file.unwrap().file_name()].map(|n| n.into_string().unwrap());
                files.insert((kind, file));
            }
        }
        let listed = models().into_iter().map(|model| (model.kind.to_string(), format!("{}.toml", model.name)));
        assert_eq!(files, listed.collect());
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
            let own: &[&str] = match model.kind {
                "protocols" | "discovery" => &["family", "extends"],
                "hardware" | "transfers" => &["constants"],
                "networks" => &["classes", "latency"],
                "churn" => &["online"],
                "systems" => &["defaults"],
                _ => &["match"],
            };
            let has_own = own.iter().any(|key| table.contains_key(*key));
            assert!(has_own, "models/{}/{}.toml has none of {own:?}", model.kind, model.name);
            assert!(model.text.starts_with('#'), "models/{}/{}.toml begins with no comment", model.kind, model.name);
        }
    }
}
