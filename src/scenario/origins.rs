//! What models say of a key: its value, their file, the source of the number.

use super::library::{ModelInfo, models};
use toml_edit::{DocumentMut, Item};

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The value, as TOML.
    pub value: String,
    /// The file that gives it.
    pub file: String,
    /// The comment beside it: the source of the number.
    pub source: Option<String>,
}

/// What models say of one key.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// The value of a constant.
    pub(super) value: Option<Origin>,
    /// The smallest that makes sense.
    pub(super) least: Option<String>,
    /// Values that come with the choice of a model.
    pub(super) with_models: Vec<Origin>,
}

/// The files in which values are written, with their comments.
pub(super) struct GivenValues {
    models: Vec<(ModelInfo, DocumentMut)>,
}

impl GivenValues {
    /// Of all models.
    pub(super) fn read() -> Self {
        let parse = |text: &'static str| text.parse::<DocumentMut>().expect("an embedded file is TOML");
        GivenValues { models: models().into_iter().map(|model| (model.clone(), parse(model.text))).collect() }
    }

    /// What they say of the key `path`.
    pub(super) fn of(&self, path: &[&str]) -> Given {
        let mut given = match path {
            ["protocol", model, constant @ ..] if !constant.is_empty() => self.constant("protocols", model, constant),
            ["hardware", cost] => self.constant("hardware", "ideal", &[cost]),
            _ => Given::default(),
        };
        given.with_models.extend(self.models.iter().filter_map(|(info, file)| brought(info, file, path)));
        given
    }

    /// Looks a constant up in its model, then in what the model extends.
    fn constant(&self, kind: &str, model: &str, constant: &[&str]) -> Given {
        let mut given = Given::default();
        let mut name = Some(model.to_string());
        while let Some((info, file)) =
            self.models.iter().find(|(m, _)| m.kind == kind && Some(m.name) == name.as_deref())
        {
            let entry = |table: &str| constant.iter().try_fold(file.get(table)?, |item, key| item.get(key));
            given.least = given.least.or(entry("at_least").and_then(bare));
            if let (None, Some(item)) = (&given.value, entry("constants")) {
                let file = format!("models/{kind}/{}.toml", info.name);
                given.value = bare(item).map(|value| Origin { value, file, source: comment(item) });
            }
            name = info.extends.clone();
        }
        given
    }
}

/// What a model says of the key: in its `[defaults]`, or, of discovery, in its
/// constants.
fn brought(info: &ModelInfo, file: &DocumentMut, path: &[&str]) -> Option<Origin> {
    let item = match path {
        ["discovery", "constants", constant] if info.kind == "discovery" => file.get("constants")?.get(constant)?,
        _ => path.iter().try_fold(file.get("defaults")?, |item, key| item.get(key))?,
    };
    let file = format!("models/{}/{}.toml", info.kind, info.name);
    Some(Origin { value: bare(item)?, file, source: comment(item) })
}

/// A value without what stands around it.
fn bare(item: &Item) -> Option<String> {
    item.as_value().map(|value| value.clone().decorated("", "").to_string())
}

/// The comment that follows a value on its line.
fn comment(item: &Item) -> Option<String> {
    let after = item.as_value()?.decor().suffix()?.as_str()?;
    after.split_once('#').map(|(_, words)| words.trim().to_string())
}
