//! What a key of the scenario means, from the schema, the defaults and the
//! model files: nothing is written here a second time.

use super::error::nearest;
use super::models::{ModelInfo, models};
use super::parse::DEFAULTS;
use super::schema::schema;
use crate::network::Transport;
use serde_json::Value;
use toml_edit::{DocumentMut, Item};

/// What is known of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The dotted key, as for `--set`.
    pub key: String,
    /// Its words.
    path: Vec<String>,
    /// What it decides.
    pub meaning: String,
    /// What a value looks like, with its unit and its limits.
    pub form: String,
    /// The words that it may be, and what each means.
    pub choices: Vec<(String, String)>,
    /// The value that holds when a scenario says nothing.
    pub default: Option<Origin>,
    /// Other values, which models bring with them.
    pub with_models: Vec<Origin>,
}

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

/// Explains the key `asked`: a dotted key, a table (every key in it), or the
/// last words of one (every key that ends so).
///
/// # Errors
/// When no key is meant; names the nearest.
pub fn explain(asked: &str) -> Result<Vec<Explanation>, String> {
    let all = keys();
    let chosen = |test: &dyn Fn(&str) -> bool| -> Vec<Explanation> {
        all.iter().filter(|known| test(&known.key)).cloned().collect()
    };
    let (inside, ending) = (format!("{asked}."), format!(".{asked}"));
    let ways: [&dyn Fn(&str) -> bool; 3] =
        [&|key| key == asked, &|key| key.starts_with(&inside), &|key| key.ends_with(&ending)];
    if let Some(found) = ways.into_iter().map(chosen).find(|found| !found.is_empty()) {
        return Ok(found);
    }
    let words = all.iter().flat_map(|known| [known.key.as_str(), known.key.rsplit('.').next().unwrap_or_default()]);
    let mut message = format!("error: unknown key `{asked}`\n = expected a key of a scenario such as `swarm.seeders`");
    if let Some(name) = nearest(asked, words) {
        message += &format!("\n = did you mean `{name}`?");
    }
    Err(message)
}

/// All keys, in the order of the schema.
pub fn keys() -> Vec<Explanation> {
    let schema = schema();
    let mut found = Vec::new();
    Walk { schema: &schema, found: &mut found }.table(&schema, &[]);
    let given = GivenValues::read();
    for known in &mut found {
        given.complete(known);
    }
    found
}

/// A walk through the schema.
struct Walk<'a> {
    schema: &'a Value,
    found: &'a mut Vec<Explanation>,
}

impl<'a> Walk<'a> {
    /// Notes every key of a table.
    fn table(&mut self, table: &'a Value, path: &[String]) {
        let Some(Value::Object(properties)) = table.get("properties") else { return };
        for (name, property) in properties {
            let key = [path, std::slice::from_ref(name)].concat();
            // Keys of a swept thing are keys of other tables.
            let inner = if name == "sweep" { vec![] } else { self.inner_tables(property) };
            if inner.is_empty() || property.get("anyOf").is_some() {
                self.value(key.clone(), property); // a name may stand for a table
            }
            inner.into_iter().for_each(|table| self.table(table, &key));
        }
    }

    fn value(&mut self, path: Vec<String>, property: &'a Value) {
        let own = self.resolved(property);
        let meaning = text(property, "description").or_else(|| text(own, "description")).unwrap_or_default();
        let default = property.get("default").map(|value| Origin {
            value: value.to_string(),
            file: "the scenario's defaults".into(),
            source: None,
        });
        self.found.push(Explanation {
            key: path.iter().map(|word| quoted(word)).collect::<Vec<_>>().join("."),
            path,
            meaning: meaning.replace('\n', " "),
            form: form(own),
            choices: choices(own),
            default,
            with_models: vec![],
        });
    }

    /// The tables with keys of their own that a property is, or may be instead
    /// of a name. (Forms of a value, such as { stagger = "10 s" }, are none.)
    fn inner_tables(&self, property: &'a Value) -> Vec<&'a Value> {
        let cases = property.get("anyOf").and_then(Value::as_array);
        let tables = cases.into_iter().flatten().chain([property]).map(|case| self.resolved(case));
        let mut tables: Vec<&Value> = tables.filter(|case| case.get("properties").is_some()).collect();
        tables.dedup_by(|a, b| std::ptr::eq(*a, *b));
        tables
    }

    fn resolved(&self, mut property: &'a Value) -> &'a Value {
        if let Some([some, null]) = property.get("anyOf").and_then(Value::as_array).map(Vec::as_slice)
            && null.get("type").and_then(Value::as_str) == Some("null")
        {
            property = some;
        }
        match text(property, "$ref") {
            Some(target) => self.schema.pointer(target.trim_start_matches('#')).unwrap_or(property),
            None => property,
        }
    }
}

/// A word of a dotted key; TOML wants quotes around dots.
fn quoted(word: &str) -> String {
    if word.contains('.') { format!("\"{word}\"") } else { word.to_string() }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_string)
}

/// What a value looks like: its type, unit and limits.
fn form(own: &Value) -> String {
    let kind = match own.get("type") {
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).unwrap_or_default(),
        other => other.and_then(Value::as_str).unwrap_or_default(),
    };
    match kind {
        "integer" => "a whole number, zero or more".into(),
        "number" => "a number".into(),
        "boolean" => "true or false".into(),
        "array" => "a list".into(),
        "object" => "a table".into(),
        "string" => text(own, "description").filter(|d| d.starts_with("a ")).unwrap_or_else(|| "text".into()),
        _ if !choices(own).is_empty() => "one of the following".into(),
        _ => text(own, "description")
            .filter(|d| d.starts_with("a "))
            .unwrap_or_else(|| "a name, a path, or a table".into()),
    }
}

/// The words that a value may be.
fn choices(own: &Value) -> Vec<(String, String)> {
    let cases = own.get("oneOf").and_then(Value::as_array);
    let word = |case: &Value| {
        let form = case.get("properties").and_then(Value::as_object).and_then(|keys| keys.keys().next().cloned());
        let name = text(case, "const").or_else(|| form.map(|key| format!("{{ {key} = .. }}")))?;
        Some((name, text(case, "description").unwrap_or_default().replace('\n', " ")))
    };
    cases.into_iter().flatten().filter_map(word).collect()
}

/// The files in which values are written, with their comments.
struct GivenValues {
    defaults: DocumentMut,
    models: Vec<(ModelInfo, DocumentMut)>,
    transport: toml::Table,
}

impl GivenValues {
    fn read() -> Self {
        let parse = |text: &'static str| text.parse::<DocumentMut>().expect("an embedded file is TOML");
        GivenValues {
            defaults: parse(DEFAULTS),
            models: models().into_iter().map(|model| (model.clone(), parse(model.text))).collect(),
            transport: toml::Table::try_from(Transport::default()).expect("constants are plain data"),
        }
    }

    /// Adds the default, its source and its limit.
    fn complete(&self, known: &mut Explanation) {
        let path = known.path.clone();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["protocol", model, constant @ ..] if !constant.is_empty() => {
                self.constant(known, "protocols", model, constant);
            }
            ["hardware", cost] => self.constant(known, "hardware", "ideal", &[cost]),
            ["network", "transport", layer] => {
                let value = self.transport.get(*layer).map(ToString::to_string);
                let file = "TCP/IPv4, Noise, mplex; a protocol may bring its own".into();
                known.default = value.map(|value| Origin { value, file, source: None });
            }
            _ => {
                let item = path.iter().try_fold(self.defaults.as_item(), |item, key| item.get(key));
                if let (Some(default), Some(item)) = (&mut known.default, item) {
                    default.source = comment(item);
                }
            }
        }
        known.with_models.extend(self.models.iter().filter_map(|(info, file)| brought(info, file, &path)));
    }

    /// Looks a constant up in its model, then in what the model extends.
    fn constant(&self, known: &mut Explanation, kind: &str, model: &str, constant: &[&str]) {
        let mut name = Some(model.to_string());
        while let Some((info, file)) =
            self.models.iter().find(|(m, _)| m.kind == kind && Some(m.name) == name.as_deref())
        {
            let entry = |table: &str| constant.iter().try_fold(file.get(table)?, |item, key| item.get(key));
            if let Some(least) = entry("at_least").and_then(bare) {
                known.form = format!("{}, at least {least}", known.form.trim_end_matches(", zero or more"));
            }
            if let (None, Some(item)) = (&known.default, entry("constants")) {
                let file = format!("models/{kind}/{}.toml", info.name);
                known.default = bare(item).map(|value| Origin { value, file, source: comment(item) });
            }
            name = info.extends.clone();
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn one(key: &str) -> Explanation {
        let found = explain(key).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        found.into_iter().next().unwrap()
    }

    #[test]
    fn a_constant_tells_value_file_and_source() {
        let window = one("protocol.codex-v2.window");
        let default = window.default.unwrap();
        assert_eq!(default.value, "1024");
        assert_eq!(default.file, "models/protocols/codex-v2.toml");
        assert_eq!(default.source.as_deref(), Some("DefaultFetchBatch, codex/node.nim:56"));
        assert!(window.meaning.contains("wanted"), "{}", window.meaning);
        assert!(window.form.contains("at least 1"), "{}", window.form);
    }

    #[test]
    fn a_word_is_explained_with_all_its_choices() {
        let model = one("network.model");
        let words: Vec<&str> = model.choices.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(words, ["ideal", "fifo", "fair"]);
        assert!(model.choices.iter().all(|(_, meaning)| !meaning.is_empty()));
        assert_eq!(model.default.unwrap().value, "\"fair\"");
    }

    #[test]
    fn what_protocols_bring_is_told() {
        let size = one("swarm.block_size");
        assert_eq!(size.default.unwrap().value, "\"64 KiB\"");
        let bittorrent = size.with_models.iter().find(|origin| origin.file.ends_with("bittorrent.toml")).unwrap();
        assert_eq!((bittorrent.value.as_str(), bittorrent.source.as_deref()), ("\"16 KiB\"", Some("a request, BEP 3")));
    }

    #[test]
    fn the_last_words_of_a_key_are_enough_and_a_table_stands_for_its_keys() {
        assert_eq!(one("mux_header").key, "network.transport.mux_header");
        assert_eq!(one("mux_header").default.unwrap().value, "\"5 B\"");
        let swarm = explain("swarm").unwrap();
        assert!(swarm.len() >= 7 && swarm.iter().all(|known| known.key.starts_with("swarm.")), "{swarm:?}");
    }

    #[test]
    fn every_key_has_a_meaning_and_every_constant_a_value_and_a_source() {
        for known in keys() {
            assert!(!known.meaning.is_empty(), "{} has no meaning", known.key);
            assert!(!known.form.is_empty(), "{} has no form", known.key);
            if known.key.starts_with("protocol.") {
                assert!(known.default.is_some() || known.form == "a table", "{} has no value", known.key);
            }
            if known.key.starts_with("discovery.constants.") {
                assert!(!known.with_models.is_empty(), "{} has no value", known.key);
            }
        }
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let message = explain("swarm.seders").unwrap_err();
        assert!(message.contains("did you mean `swarm.seeders`?"), "{message}");
        assert!(explain("windw").unwrap_err().contains("did you mean `window`?"));
    }
}
