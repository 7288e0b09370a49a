//! The keys of a scenario, as the specifications of runs declare them, and its JSON Schema.
//!
//! A field of [`RunSpec`], of [`StorageSpec`] or of a part of one is read at the dotted key that it names, with
//! its description, default, examples and the source of its number beside it: in the
//! schema of the field. Here they are put together to tables; nothing about a key is said
//! a second time.

use super::kind::{Kind, Kinds};
use super::library::models;
use crate::protocols::ProtocolSpec;
use crate::sim::RunSpec;
use crate::storage::StorageSpec;
use crate::world::Hardware;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// A scenario: everything that decides a run.
#[derive(JsonSchema)]
#[schemars(title = "codexsim scenario")]
#[expect(dead_code, reason = "only its schema is used: what is read are the parts")]
struct Page {
    /// Names the scenario and its folder of results; the file's name when absent. In a cell of a sweep it names the cell.
    #[schemars(extend("examples" = ["quickstart"]))]
    name: Option<String>,
    /// Path of a scenario that this one builds on, relative to this file; keys given here win.
    #[schemars(extend("examples" = ["base.toml"]))]
    extends: Option<String>,
    /// What kind of run it is: `swarm`, which is meant where nothing is said, or `storage`.
    #[schemars(extend("examples" = ["storage"]))]
    kind: Option<String>,
    /// A storage run: the name of a system (see `codexsim models systems`) or the path of a TOML file, whose values hold where the scenario says nothing; `custom` brings none.
    #[schemars(schema_with = "system", extend("default" = "custom"))]
    system: (),
    /// A protocol's name (see `codexsim models`) or the path of a TOML file; to change constants: `[protocol.codex-v2]` with the constants.
    #[schemars(schema_with = "protocol", extend("default" = "codex-v2"))]
    protocol: (),
    /// What a node's own work costs: a name, a path, or a table of costs over the model that it `extends`.
    #[schemars(schema_with = "hardware", extend("default" = "ideal"))]
    hardware: (),
    #[schemars(rename = "run.*")]
    run: RunSpec,
    #[schemars(rename = "storage.*")]
    storage: StorageSpec,
    /// In studies: lists of values to run through.
    #[schemars(schema_with = "sweep")]
    sweep: (),
    /// Claims about measures (`codexsim columns measures`) that must hold, e.g. `efficiency = "<= 1"`.
    #[schemars(schema_with = "expect")]
    expect: (),
    /// Where it breaks: the question of `codexsim limit`.
    #[schemars(schema_with = "limit")]
    limit: (),
}

/// The order of keys and tables at the top.
const TOP: &str = "name extends kind seed system horizon histories hosts shocks data code placement detect repair fill chain rare \
                   sample_every protocol hardware swarm datasets requests store nodes network topology discovery churn failures stop series_interval \
                   tie_salt output sweep expect limit";

/// The tables whose keys several parts of the specification declare: their names, those in
/// the schema, what they are about, and the order of their keys. What is not named follows
/// in the order of the fields.
const TABLES: [(&str, &str, &str, &str); 8] = [
    (
        "swarm",
        "Swarm",
        "Who takes part, and what is distributed.",
        "network_size seeders file_size block_size group start seeder_set",
    ),
    (
        "requests",
        "Requests",
        "What leechers ask for during the run.",
        "rate rate_per_node number until each parallel think trace",
    ),
    (
        "store",
        "Store",
        "What nodes keep of what they fetch.",
        "quota when_full gc_period gc_watermark ttl sweep_interval sweep_blocks",
    ),
    (
        "network",
        "Network",
        "Links, delays, and how they are modelled.",
        "model up down seeder_up seeder_down classes links latency jitter transport mix nat degree grown overlay connected",
    ),
    (
        "topology",
        "Topology",
        "The wires between nodes, and where nodes are.",
        "generate file digest routes attach access_delay",
    ),
    ("discovery", "Discovery", "How peers find each other.", ""),
    ("churn", "Churn", "Who is online when.", ""),
    ("output", "Output", "What is written down beyond what always is; nothing here changes a run.", ""),
];

/// Where `name` stands in a list of names.
fn place(order: &str, name: &str) -> usize {
    order.split(' ').position(|known| known == name).unwrap_or(usize::MAX)
}

/// Keys of which a model has every value, so that a scenario may leave out any.
const MODELLED: [&str; 3] = ["protocol", "hardware", "discovery.constants"];

/// A key of a scenario.
#[derive(Debug)]
pub(super) struct Key {
    /// The table that it stands in; empty at the top.
    pub(super) table: &'static str,
    /// Its name there.
    pub(super) name: String,
    /// Description, form, default, examples.
    pub(super) schema: Value,
    /// Whether every run has a value of it.
    pub(super) required: bool,
    /// The kinds of runs that have it.
    pub(super) kinds: Kinds,
}

impl Key {
    /// The dotted key.
    pub(super) fn path(&self) -> String {
        if self.table.is_empty() { self.name.clone() } else { format!("{}.{}", self.table, self.name) }
    }
}

/// All keys, table by table, and the schema of the whole.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) all: Vec<Key>,
    pub(super) schema: Value,
}

/// The keys of a scenario.
pub(super) static KEYS: LazyLock<Keys> = LazyLock::new(Keys::collect);

/// JSON Schema of a scenario file, with a description of every key and the
/// values that hold when a key is absent.
pub fn schema() -> Value {
    KEYS.schema.clone()
}

/// Whether the value of `path` is one of several forms, of which another replaces it.
pub(super) fn is_choice(path: &str) -> bool {
    let of = |key: &&Key| key.path() == path;
    path == "protocol" || KEYS.all.iter().find(of).is_some_and(|key| KEYS.resolved(&key.schema).get("oneOf").is_some())
}

/// The schema of a dotted key; a `*` in it stands for each item of a list.
pub(super) fn schema_of(path: &str) -> Option<&'static Value> {
    let within = |key: &'static Key| {
        let rest = path.strip_prefix(&key.path())?;
        (rest.is_empty() || rest.starts_with('.')).then_some((key, rest))
    };
    let (key, rest) = KEYS.all.iter().find_map(within)?;
    rest.split('.').skip(1).try_fold(&key.schema, |schema, step| inner(schema, step))
}

/// The schema of what stands at `step` in what has this `schema`, whichever of its forms that is.
fn inner(schema: &'static Value, step: &str) -> Option<&'static Value> {
    let part = |schema: &'static Value| match step {
        "*" => schema.get("items"),
        _ => properties(schema).get(step),
    };
    let forms = |schema: &'static Value| {
        let several = ["anyOf", "oneOf"].into_iter().filter_map(|word| schema.get(word)?.as_array()).flatten();
        [schema].into_iter().chain(several).map(|form| KEYS.resolved(form))
    };
    forms(schema).flat_map(forms).find_map(part)
}

impl Keys {
    fn collect() -> Self {
        let mut generator = SchemaGenerator::default();
        let mut page = Page::json_schema(&mut generator);
        page.remove("required");
        let mut schema = generator.into_root_schema_for::<Page>().to_value();
        let mut all = Vec::new();
        fold(&schema, page.as_value(), Kinds::BOTH, &mut all);
        all.sort_by_key(|key| {
            let table = TABLES.iter().position(|(table, ..)| *table == key.table);
            (table, place(table.map_or(TOP, |table| TABLES[table].3), &key.name))
        });
        let of = |table: &str| -> Vec<(String, Value)> {
            let keys = all.iter().filter(|key| key.table == table);
            keys.map(|key| (key.name.clone(), key.schema.clone())).collect()
        };
        let mut top = of("");
        let definitions = schema["$defs"].as_object_mut().expect("a schema of many types has definitions");
        definitions.retain(|_, part| !properties(part).keys().any(|key| key.contains('.')));
        definitions.values_mut().for_each(drop_defaulted);
        all.iter().filter(|key| MODELLED.contains(&&*key.path())).for_each(|key| open(&key.schema, definitions));
        for (table, name, about, _) in TABLES {
            top.push((table.into(), json!({ "description": about, "$ref": format!("#/$defs/{name}") })));
            let keys: Map<String, Value> = of(table).into_iter().collect();
            let described =
                json!({ "description": about, "type": "object", "properties": keys, "additionalProperties": false });
            definitions.insert(name.into(), described);
        }
        top.sort_by_key(|(name, _)| place(TOP, name));
        schema["properties"] = top.into_iter().collect();
        schema["additionalProperties"] = false.into();
        schema.as_object_mut().expect("a schema of a struct").shift_remove("required");
        Keys { all, schema }
    }

    /// The keys of `table` that runs of `kind` have, in order.
    pub(super) fn of(&self, table: &str, kind: Kind) -> impl Iterator<Item = &Key> {
        self.all.iter().filter(move |key| key.table == table && key.kinds.has(kind))
    }

    /// The tables that hold keys, in order.
    pub(super) fn tables(&self) -> impl Iterator<Item = &'static str> {
        TABLES.iter().map(|(table, ..)| *table)
    }

    /// The tables that hold keys of runs of `kind`, in order.
    pub(super) fn tables_of(&self, kind: Kind) -> impl Iterator<Item = &'static str> {
        self.tables().filter(move |table| self.of(table, kind).next().is_some())
    }

    /// The names in `table` of runs of `kind`, in order: of keys and, at the top, of tables
    /// too.
    pub(super) fn names(&self, table: &str, kind: Kind) -> Vec<&str> {
        if !table.is_empty() {
            return self.of(table, kind).map(|key| &*key.name).collect();
        }
        let has = |name: &&str| {
            let key = self.all.iter().find(|key| key.table.is_empty() && key.name == *name);
            key.map_or_else(|| self.of(name, kind).next().is_some(), |key| key.kinds.has(kind))
        };
        properties(&self.schema).keys().map(String::as_str).filter(has).collect()
    }

    /// What `schema` refers to; of something or nothing, the something.
    pub(super) fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        resolve(&self.schema, schema)
    }
}

fn resolve<'a>(root: &'a Value, mut schema: &'a Value) -> &'a Value {
    if let Some([some, null]) = schema.get("anyOf").and_then(Value::as_array).map(Vec::as_slice)
        && null.get("type").and_then(Value::as_str) == Some("null")
    {
        schema = some;
    }
    let target = schema.get("$ref").and_then(Value::as_str);
    target.and_then(|target| root.pointer(target.trim_start_matches('#'))).unwrap_or(schema)
}

/// The properties of a schema; of most there are none.
fn properties(schema: &Value) -> &Map<String, Value> {
    static NONE: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
    schema.get("properties").and_then(Value::as_object).unwrap_or(&NONE)
}

/// Collects the keys that `part` and its parts, which runs of `kinds` have, declare; of a key
/// of both kinds what came first stays.
fn fold(root: &Value, part: &Value, kinds: Kinds, all: &mut Vec<Key>) {
    for (name, property) in properties(part) {
        if name.ends_with(".*") {
            let kinds = match name.as_str() {
                "run.*" => Kinds { storage: false, ..kinds },
                "storage.*" => Kinds { swarm: false, ..kinds },
                _ => kinds,
            };
            fold(root, resolve(root, property), kinds, all);
            continue;
        }
        let (table, name) = name.split_once('.').unwrap_or(("", name));
        let known = TABLES.iter().map(|(known, ..)| *known).chain([""]).find(|known| *known == table);
        let table = known.unwrap_or_else(|| panic!("no table {table}"));
        let kinds = match name {
            "system" => Kinds { swarm: false, ..kinds },
            "protocol" | "hardware" => Kinds { storage: false, ..kinds },
            _ => kinds,
        };
        if let Some(same) = all.iter_mut().find(|key| (key.table, &*key.name) == (table, name)) {
            same.kinds = Kinds { swarm: same.kinds.swarm || kinds.swarm, storage: same.kinds.storage || kinds.storage };
        } else {
            let mut schema = property.clone();
            schema.as_object_mut().into_iter().for_each(|schema| {
                schema.shift_remove("writeOnly");
                // Nothing is what holds of what may be absent.
                schema.retain(|name, value| name != "default" || !value.is_null());
            });
            let required = part.get("required").and_then(Value::as_array).into_iter().flatten();
            let required = required.filter_map(Value::as_str).any(|key| key.rsplit('.').next() == Some(name));
            all.push(Key { table, name: name.into(), schema, required, kinds });
        }
    }
}

/// What has a default may be left out.
fn drop_defaulted(table: &mut Value) {
    let defaulted: Vec<String> = properties(table)
        .iter()
        .filter(|(_, inner)| inner.get("default").is_some())
        .map(|(name, _)| name.clone())
        .collect();
    if let Some(required) = table.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !defaulted.iter().any(|key| name == key));
    }
}

fn names(kind: &str) -> Vec<&'static str> {
    models().iter().filter(|model| model.kind == kind).map(|model| model.name).collect()
}

/// Constants of a protocol stand under the name of its model, which has a value of each.
fn protocol(generator: &mut SchemaGenerator) -> Schema {
    let families = ProtocolSpec::schemas(generator);
    let mut properties = Map::new();
    for model in models().into_iter().filter(|model| model.kind == "protocols") {
        if let Some((_, schema)) = families.iter().find(|(family, _)| Some(*family) == model.family.as_deref()) {
            properties.insert(model.name.into(), schema.clone().to_value());
        }
    }
    json_schema!({ "anyOf": [
        { "type": "string", "examples": names("protocols") },
        {
            "type": "object", "properties": properties, "minProperties": 1, "maxProperties": 1,
            "patternProperties": { "[/.]": { "type": "object" } }, "additionalProperties": false,
        },
    ] })
}

fn system(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "examples": names("systems") })
}

/// Drops what is required from the tables that `schema` refers to.
fn open(schema: &Value, tables: &mut Map<String, Value>) {
    match schema {
        Value::Object(object) => {
            let target = object.get("$ref").and_then(Value::as_str).and_then(|target| target.rsplit('/').next());
            if let Some(Value::Object(table)) = target.and_then(|name| tables.get_mut(name)) {
                table.shift_remove("required");
            }
            object.values().for_each(|inner| open(inner, tables));
        }
        Value::Array(items) => items.iter().for_each(|inner| open(inner, tables)),
        _ => {}
    }
}

fn hardware(generator: &mut SchemaGenerator) -> Schema {
    let mut costs = properties(Hardware::json_schema(generator).as_value()).clone();
    let extends = json!({ "type": "string", "description": "The model whose costs these change.", "examples": names("hardware") });
    costs.insert("extends".into(), extends);
    json_schema!({ "anyOf": [
        { "type": "string", "examples": names("hardware") },
        { "type": "object", "properties": costs, "additionalProperties": false },
    ] })
}

fn sweep(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "properties": {
            "seeder_sets": { "type": "integer", "minimum": 1, "default": 1, "description": "How many sets of seeders to try." },
            "repetitions": { "type": "integer", "minimum": 1, "default": 1, "description": "How many seeds to try." },
            "design": {
                "type": "string", "enum": ["grid", "zip", "random", "lhs", "sobol"],
                "description": "How lists and ranges become points: `grid`, all combinations, which is meant where there are lists only; `zip`, lists of one length together; `sobol`, `lhs` (Latin hypercube) or `random`, points drawn from the ranges. Where there are ranges and nothing is said, `sobol`.",
                "examples": ["sobol"],
            },
            "points": {
                "type": "integer", "minimum": 1,
                "description": "How many points are drawn from the ranges; in a grid, how many values of each.",
                "examples": [64],
            },
            "cells": {
                "type": "array", "minItems": 1, "items": { "type": "object", "minProperties": 1 },
                "description": "Points that each set several dotted keys, the same in all of them; constants of a protocol may be set by some. As tables: [[sweep.cells]].",
                "examples": [[{ "swarm.network_size": 8, "network.up": "10 Mbit/s" }, { "swarm.network_size": 16, "network.up": "5 Mbit/s" }]],
            },
        },
        "patternProperties": {
            "^constrained__": {
                "title": "constrained__A_B",
                "type": "array", "minItems": 1, "items": { "type": "array", "minItems": 2, "maxItems": 2 },
                "description": "Pairs [a, b] or [a, [b, ..]] of the two keys in the name, e.g. constrained__networkSize_seeders.",
                "examples": [[[8, 2], [16, [2, 4]]]],
            },
        },
        "additionalProperties": {
            "title": "KEY",
            "type": ["array", "object", "string"],
            "description": "A dotted key of the scenario with the values to run through, or with a range to draw them from: LOW..HIGH, with ` log` after it for even steps in the logarithm; normal(MEAN, SD); lognormal(MEDIAN, SIGMA); ONE|OTHER.",
            "examples": [["10 Mbit/s", "50 Mbit/s"], "1 Mbit/s..1 Gbit/s log"],
        },
    })
}

fn expect(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "additionalProperties": {
            "title": "NAME", "type": "string", "examples": ["<= 1", "t100_p95_s <= 2 * bound_s"],
            "description": "A comparison that must hold in every run. One that begins with its sign is about the measure that its key names; any other compares measures by itself, and its key is but a name.",
        },
    })
}

fn limit(_: &mut SchemaGenerator) -> Schema {
    let texts = |description: &str, examples: Value| {
        json!({
            "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
            "description": description, "examples": examples,
        })
    };
    json_schema!({
        "type": "object",
        "properties": {
            "vary": texts("What is varied, key=LOW..HIGH, with ` log` after it to go by factors. Of two, the limit of the second is found at some values of the first.", json!(["swarm.network_size=2..256 log"])),
            "goal": texts("Comparisons of measures that have to hold in a run.", json!([["t100_p95_s <= 2 * bound_s", "missing == 0"]])),
            "protocol": texts("Protocols, of storage runs systems, side by side.", json!([["codex-v2", "bittorrent"]])),
        },
        "additionalProperties": false,
    })
}
