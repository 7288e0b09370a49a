//! JSON Schema of the scenario file.

use super::draft::Draft;
use super::models::models;
use super::parse::DEFAULTS;
use crate::discovery::DiscoverySpec;
use crate::network::Transport;
use crate::protocols::ProtocolSpec;
use crate::world::Hardware;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

/// JSON Schema of a scenario file, with a description of every key and the
/// values that hold when a key is absent.
pub fn schema() -> Value {
    let generator = SchemaGenerator::default();
    let mut schema = generator.into_root_schema_for::<Draft>().to_value();
    for name in OPEN {
        if let Some(table) = schema.pointer_mut(&format!("/$defs/{name}")) {
            relax(table);
        }
    }
    relax(&mut schema);
    let defaults: toml::Table = toml::from_str(DEFAULTS).expect("the embedded defaults are TOML");
    add_defaults(&mut schema, &defaults);
    for (table, values) in &defaults {
        let name = match table.as_str() {
            "swarm" => "Swarm",
            "network" => "Network",
            "discovery" => "Discovery",
            "churn" => "Churn",
            "stop" => "StopSpec",
            "output" => "Output",
            _ => continue,
        };
        if let (Some(part), Some(values)) = (schema.pointer_mut(&format!("/$defs/{name}")), values.as_table()) {
            add_defaults(part, values);
        }
    }
    schema
}

/// Tables of which a scenario may leave out any key.
const OPEN: [&str; 8] = ["Swarm", "Network", "Discovery", "Churn", "StopSpec", "Output", "Transport", "Hardware"];

fn relax(table: &mut Value) {
    if let Some(object) = table.as_object_mut() {
        object.shift_remove("required");
    }
}

fn add_defaults(schema: &mut Value, values: &toml::Table) {
    for (key, value) in values.iter().filter(|(_, value)| !value.is_table()) {
        if let Some(Value::Object(property)) = schema.pointer_mut(&format!("/properties/{key}")) {
            property.insert("default".into(), json!(value));
        }
    }
}

fn names(kind: &str) -> Vec<&'static str> {
    models().iter().filter(|model| model.kind == kind).map(|model| model.name).collect()
}

/// Constants of a protocol stand under the name of its model.
pub(super) fn protocol(generator: &mut SchemaGenerator) -> Schema {
    let families = ProtocolSpec::schemas(generator);
    for (_, schema) in &families {
        let name = schema.as_value().get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
        if let Some(table) = name.and_then(|name| generator.definitions_mut().get_mut(name)) {
            relax(table);
        }
    }
    let mut properties = serde_json::Map::new();
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

pub(super) fn hardware(generator: &mut SchemaGenerator) -> Schema {
    let costs = generator.subschema_for::<Hardware>();
    let mut properties = serde_json::Map::new();
    let name = costs.as_value().get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
    if let Some(Value::Object(table)) =
        name.and_then(|name| generator.definitions().get(name)).and_then(|t| t.get("properties"))
    {
        properties.extend(table.clone());
    }
    properties.insert("extends".into(), json!({ "type": "string", "description": "The model whose costs these change.", "examples": names("hardware") }));
    json_schema!({ "anyOf": [
        { "type": "string", "examples": names("hardware") },
        { "type": "object", "properties": properties, "additionalProperties": false },
    ] })
}

pub(super) fn discovery(generator: &mut SchemaGenerator) -> Schema {
    let families = DiscoverySpec::schemas(generator);
    for schema in &families {
        let name = schema.as_value().get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
        if let Some(table) = name.and_then(|name| generator.definitions_mut().get_mut(name)) {
            relax(table);
        }
    }
    let families: Vec<Value> = families.into_iter().map(Schema::to_value).collect();
    json_schema!({ "anyOf": families })
}

pub(super) fn transport(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [{ "enum": ["default", "none"] }, generator.subschema_for::<Transport>()] })
}

pub(super) fn sweep(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "properties": {
            "seeder_sets": { "type": "integer", "minimum": 1, "default": 1, "description": "How many sets of seeders to try." },
            "repetitions": { "type": "integer", "minimum": 1, "default": 1, "description": "How many seeds to try." },
        },
        "patternProperties": {
            "^constrained__": {
                "type": "array", "minItems": 1, "items": { "type": "array", "minItems": 2, "maxItems": 2 },
                "description": "Pairs [a, b] or [a, [b, ..]] of the two keys in the name, e.g. constrained__networkSize_seeders.",
            },
        },
        "additionalProperties": {
            "type": ["array", "object"],
            "description": "A dotted key of the scenario with the values to run through.",
        },
    })
}

pub(super) fn expect(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "additionalProperties": { "type": "string", "pattern": "^\\s*(<=|>=|<|>|==)", "examples": ["<= 1"] },
    })
}
