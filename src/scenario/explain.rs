//! What a key of the scenario means, from the schema and the model files: nothing is
//! written here a second time.

use super::origins::{GivenValues, Origin};
use super::schema::KEYS;
use serde_json::Value;

/// What is known of one key, or of one form of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The dotted key, as for `--set`; of a form its name.
    pub key: String,
    /// Its words.
    path: Vec<String>,
    /// Whether `--set` can set it by itself: not what is within a list, nor what stands
    /// for names of the user's own.
    pub settable: bool,
    /// What it decides.
    pub meaning: String,
    /// What a value looks like, with its unit and its limits.
    pub form: String,
    /// The words or forms that it may be, and what each means.
    pub choices: Vec<(String, String)>,
    /// Values as they could be written, as TOML.
    pub examples: Vec<String>,
    /// The value that holds when a scenario says nothing.
    pub default: Option<Origin>,
    /// Other values, which models bring with them.
    pub with_models: Vec<Origin>,
}

/// Whether something is what was asked for.
type Test<'a> = &'a dyn Fn(&Explanation) -> bool;

/// Explains `asked`: a dotted key with what is in it, a table (every key in it), the
/// last words of a key (every key that ends so), or a form of values such as
/// `distribution`, `rate`, `weibull`. Nothing where none of these is meant.
pub fn explain(asked: &str) -> Vec<Explanation> {
    let (all, forms) = (keys(), forms());
    let (inside, ending) = (format!("{asked}."), format!(".{asked}"));
    let below = |key: &str| key.strip_prefix(&inside).is_some_and(|rest| !rest.contains('.'));
    let known = all.iter().any(|known| known.key == asked);
    let is_form = |form: &Explanation| {
        let starts = |word: &str| word.trim_start_matches("{ ").split(' ').next() == Some(asked);
        let called = form.form.split(' ').nth(1) == Some(asked); // "a rate such as .."
        form.key == asked.to_lowercase() || called || form.choices.iter().any(|(word, _)| starts(word))
    };
    let ways: [(&[Explanation], Test<'_>); 5] = [
        (&all, &|it| known && (it.key == asked || below(&it.key))),
        (&all, &|it| it.key.starts_with(&inside)),
        (&forms, &|it| it.key == asked),
        (&all, &|it| it.key.ends_with(&ending)),
        (&forms, &is_form),
    ];
    let chosen = ways.into_iter().map(|(from, test)| from.iter().filter(|it| test(it)).cloned().collect::<Vec<_>>());
    chosen.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// What can be explained, to suggest the nearest: keys, their last words, and forms of values.
pub fn explainable() -> Vec<String> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    keys().into_iter().chain(forms()).flat_map(|known| [last(&known.key), known.key]).collect()
}

/// All keys, in the order of the schema.
pub fn keys() -> Vec<Explanation> {
    let mut found = Vec::new();
    table(&KEYS.schema, &[], (&Value::Null, true), &mut found);
    let models = GivenValues::read();
    for known in &mut found {
        let path: Vec<&str> = known.path.iter().map(String::as_str).collect();
        let given = models.of(&path);
        known.default = given.value.or(known.default.take());
        known.with_models = given.with_models;
        if let Some(least) = given.least {
            known.form = format!("{}, at least {least}", known.form.trim_end_matches(", zero or more"));
        }
    }
    found
}

/// The forms of values that several keys have: quantities, distributions and their like.
fn forms() -> Vec<Explanation> {
    let definitions = KEYS.schema["$defs"].as_object().expect("a schema with definitions");
    let is_form = |schema: &Value| schema.get("oneOf").is_some() || schema.get("units").is_some();
    let name = |name: &str| name.trim_end_matches("Spec").to_lowercase();
    let forms = definitions.iter().filter(|(_, schema)| is_form(schema));
    forms.map(|(known, schema)| explained(vec![name(known)], schema, None, &Value::Null)).collect()
}

/// Notes every key of a table, of which an example is given and whether its keys can be set.
fn table(schema: &'static Value, path: &[String], (example, settable): (&Value, bool), found: &mut Vec<Explanation>) {
    let named = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    // Keys that the user names stand under a title that says what to name.
    let patterns = schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
    let others = patterns.map(|(_, schema)| schema).chain(schema.get("additionalProperties"));
    let others = others.filter_map(|schema| Some((text(schema, "title")?, schema)));
    for (name, property) in named.map(|(name, schema)| (name.as_str(), schema)).chain(others) {
        let key = [path, &[name.to_owned()]].concat();
        let (inner, own) = (inner_tables(property), example.get(name).unwrap_or(&Value::Null));
        let is_list = property.get("items").is_some();
        if inner.is_empty() || is_list || property.get("anyOf").is_some() {
            // A name may stand for a table.
            let known = explained(key.clone(), property, text(schema, "source"), own);
            let named = schema.get("properties").is_some_and(|named| named.get(name).is_some());
            found.push(Explanation { settable: settable && named, ..known });
        }
        let example = property.pointer("/examples/0").unwrap_or(own);
        let example = example.get(0).unwrap_or(example);
        inner.into_iter().for_each(|inner| table(inner, &key, (example, settable && !is_list), found));
    }
}

/// The tables with keys of their own that a property is, may be instead of a name, or
/// lists. (Forms of a value, such as { stagger = "10 s" }, are none.)
fn inner_tables(property: &'static Value) -> Vec<&'static Value> {
    let cases = property.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    let cases = cases.chain(property.get("items")).chain([property]);
    let has_keys = |case: &&Value| {
        ["properties", "additionalProperties"].iter().any(|word| case.get(word).is_some_and(Value::is_object))
    };
    // A name may stand for a list of tables too.
    let with_items = |case: &'static Value| [Some(case), case.get("items")].into_iter().flatten();
    let cases = cases.map(|case| KEYS.resolved(case)).flat_map(with_items);
    let mut tables: Vec<&Value> = cases.map(|case| KEYS.resolved(case)).filter(has_keys).collect();
    tables.dedup_by(|a, b| std::ptr::eq(*a, *b));
    tables
}

/// Explains a property; `source` is that of all defaults in its table, `example` one of
/// the property within its table.
fn explained(path: Vec<String>, property: &'static Value, source: Option<&str>, example: &Value) -> Explanation {
    let own = KEYS.resolved(property);
    let meaning = text(property, "description").or_else(|| text(own, "description")).unwrap_or_default();
    let default = property.get("default").filter(|value| !value.is_null()).map(|value| Origin {
        value: toml_text(value),
        file: "the scenario's defaults".into(),
        source: text(property, "source").or(source).map(str::to_owned),
    });
    let mut choices = choices(own);
    let listed = [property, own].into_iter().find_map(|schema| schema.get("examples")?.as_array());
    let given = (!example.is_null()).then_some(example).or_else(|| listed?.first());
    if let (Some(usual), Some(fitting)) = (span(&KEYS.schema["$defs"]["Seconds"]["examples"][0]), given.and_then(span))
    {
        let fitted = |text: &mut String| *text = text.replace(&usual, &fitting);
        choices.iter_mut().for_each(|(form, meaning)| [form, meaning].into_iter().for_each(fitted));
    }
    let forms = choices.iter().filter(|(word, _)| word.starts_with('{')).map(|(form, _)| form.clone());
    let examples = match listed {
        _ if !example.is_null() => vec![toml_text(example)],
        Some(listed) => listed.iter().map(toml_text).collect(),
        None => forms.collect(),
    };
    Explanation {
        key: path.iter().map(|word| quoted(word)).collect::<Vec<_>>().join("."),
        path,
        settable: false,
        meaning: meaning.replace('\n', " "),
        form: form(own),
        choices,
        examples,
        default,
        with_models: vec![],
    }
}

/// The first text in an example: a time with its unit.
fn span(example: &Value) -> Option<String> {
    match example {
        Value::String(text) => Some(format!("\"{text}\"")),
        Value::Object(fields) => fields.values().find_map(span),
        _ => None,
    }
}

fn toml_text(value: &Value) -> String {
    toml::Value::try_from(value).map_or_else(|_| value.to_string(), |value| value.to_string())
}

/// A word of a dotted key; TOML wants quotes around dots.
fn quoted(word: &str) -> String {
    if word.contains('.') { format!("\"{word}\"") } else { word.to_string() }
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// What a value looks like: its type, unit and limits.
fn form(own: &Value) -> String {
    let kind = match own.get("type") {
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).unwrap_or_default(),
        other => other.and_then(Value::as_str).unwrap_or_default(),
    };
    let described = text(own, "description").filter(|words| words.starts_with("a ") || words.starts_with("the "));
    match kind {
        "integer" => match own.get("minimum").and_then(Value::as_u64) {
            None | Some(0) => "a whole number, zero or more".into(),
            Some(least) => format!("a whole number, at least {least}"),
        },
        "number" => "a number".into(),
        "boolean" => "true or false".into(),
        "array" => "a list".into(),
        "object" => "a table".into(),
        "string" => {
            let units: Vec<&str> =
                own.get("units").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
            let form = described.unwrap_or("text");
            if units.is_empty() { form.into() } else { format!("{form}; units: {}", units.join(", ")) }
        }
        _ => match described {
            Some(form) => form.into(),
            None if own.get("oneOf").is_some() => "one of the following".into(),
            None => "a name, a path, or a table".into(),
        },
    }
}

/// The words and forms that a value may be, each with what it and its fields mean.
fn choices(own: &'static Value) -> Vec<(String, String)> {
    let cases = own.get("oneOf").and_then(Value::as_array);
    cases.into_iter().flatten().filter_map(choice).collect()
}

fn choice(case: &'static Value) -> Option<(String, String)> {
    let meaning = text(case, "description").unwrap_or_default().replace('\n', " ");
    if let Some(word) = text(case, "const") {
        return Some((word.into(), meaning));
    }
    let own = KEYS.resolved(case);
    let told = |(field, schema): (&String, &'static Value)| {
        let words = text(schema, "description").map(|words| words.trim_end_matches('.'));
        let own = KEYS.resolved(schema);
        let unit = text(own, "description").filter(|_| !std::ptr::eq(own, schema));
        let unit = unit.map_or(String::new(), |unit| format!(" ({unit})"));
        words.map(|words| format!("{field}: {words}{unit}"))
    };
    let named = own.get("properties")?.as_object()?;
    let inner = named.iter().filter_map(|(_, inner)| KEYS.resolved(inner).get("properties")?.as_object()).flatten();
    let fields: Vec<String> = named.iter().chain(inner).filter_map(told).collect();
    let meaning = [meaning, fields.join("; ")].into_iter().filter(|part| !part.is_empty());
    Some((toml_text(&example(own)), meaning.collect::<Vec<_>>().join(" ")))
}

/// A value that `schema` could have.
fn example(schema: &'static Value) -> Value {
    let own = KEYS.resolved(schema);
    if let Some(given) = [schema, own].into_iter().find_map(|schema| schema.pointer("/examples/0")) {
        return given.clone();
    }
    match (own.get("properties").and_then(Value::as_object), own.get("items")) {
        (Some(fields), _) => fields.iter().map(|(name, field)| (name.clone(), example(field))).collect(),
        (None, Some(items)) => vec![example(items)].into(),
        (None, None) => 1.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key itself, without what is in it.
    fn one_of(key: &str) -> Explanation {
        explain(key).swap_remove(0)
    }

    fn one(key: &str) -> Explanation {
        let found = explain(key);
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
        let swarm = explain("swarm");
        assert!(swarm.len() >= 7 && swarm.iter().all(|known| known.key.starts_with("swarm.")), "{swarm:?}");
    }

    #[test]
    fn every_key_has_a_meaning_a_form_and_a_value() {
        let all = keys();
        assert!(all.len() > 200, "{}", all.len());
        for known in &all {
            assert!(!known.meaning.is_empty(), "{} has no meaning", known.key);
            assert!(!known.form.is_empty(), "{} has no form", known.key);
            let is_table = all.iter().any(|inner| inner.key.starts_with(&format!("{}.", known.key)));
            let told = known.default.is_some() || !known.with_models.is_empty() || !known.examples.is_empty();
            // The protocol without constants has nothing to show.
            assert!(told || is_table || known.key == "protocol.idle", "{} has neither default nor example", known.key);
            if known.key.starts_with("protocol.") {
                assert!(known.default.is_some() || known.form == "a table", "{} has no value", known.key);
            }
            if known.key.starts_with("discovery.constants.") {
                assert!(!known.with_models.is_empty(), "{} has no value", known.key);
            }
        }
    }

    /// Every name that stands somewhere in the schema as that of a key can be asked for.
    #[test]
    fn no_key_of_the_schema_is_left_out() {
        let all = keys();
        for key in &KEYS.all {
            let inside = format!("{}.", key.path());
            assert!(
                all.iter().any(|known| known.key == key.path() || known.key.starts_with(&inside)),
                "{}",
                key.path()
            );
        }
        for key in [
            "sweep.seeder_sets",
            "sweep.repetitions",
            "sweep.design",
            "sweep.points",
            "sweep.cells",
            "sweep.constrained__A_B",
            "sweep.KEY",
            "expect.NAME",
            "network.classes.share",
            "failures.at",
            "discovery.load.keys_per_node",
            "stop.run_for",
            "hardware.extends",
        ] {
            assert!(!one(key).meaning.is_empty(), "{key}");
        }
        assert_eq!(one("network.classes.share").examples, ["0.8"]);
        assert!(["swarm.seeders", "failures", "sweep.repetitions"].into_iter().all(|key| one_of(key).settable));
        assert!(["failures.at", "network.classes.share", "sweep.KEY"].into_iter().all(|key| !one_of(key).settable));
    }

    /// What is given as an example can be written so.
    #[test]
    fn examples_of_forms_are_such_values() {
        let distribution = one("distribution");
        assert_eq!(distribution.examples.len(), 6, "{distribution:?}");
        for example in &distribution.examples {
            let read: toml::Table = toml::from_str(&format!("a = {example}")).unwrap();
            let value: crate::dist::Distribution = read["a"].clone().try_into().unwrap();
            value.check("a").unwrap();
        }
        assert!(distribution.choices.iter().any(|(form, words)| form.contains("weibull") && words.contains("shape: ")));
        assert_eq!(one_of("weibull").key, "distribution");
        assert!(one("rate").form.contains("units: bit/s"), "{:?}", one("rate"));
        assert_eq!(one("bytes").key, "bytes");
        for example in &one("swarm.start").examples {
            let sets = vec![format!("swarm.start={example}"), "swarm.network_size=2".into(), "swarm.seeders=1".into()];
            crate::scenario::load(&crate::scenario::Input { sets, ..Default::default() }).unwrap();
        }
    }

    #[test]
    fn a_key_is_explained_with_what_is_in_it() {
        let keys = |asked: &str| explain(asked).into_iter().map(|known| known.key).collect::<Vec<_>>();
        assert_eq!(
            keys("failures"),
            ["failures", "failures.at", "failures.nodes", "failures.duration", "failures.kind", "failures.seeders"]
        );
        assert!(keys("network.transport").contains(&"network.transport.queue".into()));
        assert!(!keys("protocol").iter().any(|key| key.contains("window")), "constants stand under their protocol");
        assert!(keys("protocol.codex-v2").contains(&"protocol.codex-v2.window".into()));
    }
    #[test]
    fn examples_of_a_form_suit_the_key() {
        let choices = |key: &str| format!("{:?}", one(key).choices);
        assert!(choices("network.jitter").contains("5 ms") && !choices("network.jitter").contains("10 min"));
        assert!(choices("churn.online").contains("1 h") && !choices("churn.online").contains("10 min"));
    }
}
