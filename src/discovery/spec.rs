//! How discovery is described.

use super::{DhtParams, LoadSpec, StaticParams, TrackerParams};
use crate::units::{Refusal, require};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, IgnoredAny};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How nodes find each other. It is read under the name of its family.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscoverySpec {
    /// A directory that everybody can ask.
    #[serde(deserialize_with = "directory")]
    Static(StaticParams),
    /// One server.
    #[serde(deserialize_with = "tracker")]
    Tracker(TrackerParams),
    /// A distributed hash table, and what loads it besides the protocol.
    #[serde(deserialize_with = "dht")]
    Dht(Box<DhtParams>, Option<LoadSpec>),
}

/// How discovery is written; `C` are the constants of its model.
#[derive(Deserialize, JsonSchema)]
struct Keys<C> {
    /// "static" (a directory that costs round trips and no bytes), a model in models/discovery, or a file.
    #[serde(rename = "discovery.model")]
    #[schemars(extend("default" = "static"))]
    _model: String,
    /// The numbers of `static`.
    #[serde(rename = "static.*")]
    directory: StaticParams,
    /// Constants of the model that differ from its file.
    #[serde(rename = "discovery.constants")]
    #[schemars(extend("examples" = [{ "alpha": 4 }]))]
    constants: C,
    /// Load besides the protocol, for studies of a hash table alone.
    #[serde(rename = "discovery.load")]
    #[schemars(extend("examples" = [{ "keys_per_node": 10, "providers_per_key": 20, "queries_per_second": 0.1 }]))]
    load: Option<LoadSpec>,
}

fn directory<'de, D: Deserializer<'de>>(from: D) -> Result<StaticParams, D::Error> {
    Keys::<Option<IgnoredAny>>::deserialize(from).map(|keys| keys.directory)
}

fn tracker<'de, D: Deserializer<'de>>(from: D) -> Result<TrackerParams, D::Error> {
    Keys::deserialize(from).map(|keys| keys.constants)
}

fn dht<'de, D: Deserializer<'de>>(from: D) -> Result<(Box<DhtParams>, Option<LoadSpec>), D::Error> {
    Keys::deserialize(from).map(|Keys { constants, load, .. }| (Box::new(constants), load))
}

/// Constants of any family.
struct Constants;

impl JsonSchema for Constants {
    fn schema_name() -> Cow<'static, str> {
        "DiscoveryConstants".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            generator.subschema_for::<TrackerParams>(),
            generator.subschema_for::<DhtParams>(),
        ] })
    }
}

impl JsonSchema for DiscoverySpec {
    fn schema_name() -> Cow<'static, str> {
        "Discovery".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Keys::<Constants>::json_schema(generator);
        if let Some(required) = schema.get_mut("required").and_then(|required| required.as_array_mut()) {
            required.retain(|key| key != "discovery.constants");
        }
        schema
    }
}

impl DiscoverySpec {
    /// Names of the families that a model file may belong to.
    pub const FAMILIES: &'static [&'static str] = &["tracker", "dht"];

    /// Refuses what finds nobody, and a load without keys.
    ///
    /// # Errors
    /// On the first of both.
    pub fn check(&self) -> Result<(), Refusal> {
        match self {
            DiscoverySpec::Static(directory) => {
                let nobody = "a look-up that finds nobody";
                require(directory.max_providers > 0, "discovery.max_providers", nobody, "at least 1 provider")
            }
            DiscoverySpec::Tracker(_) => Ok(()),
            DiscoverySpec::Dht(_, load) => load.map_or(Ok(()), |load| load.check()),
        }
    }

    /// Whether it runs on a machine of its own.
    pub fn needs_server(&self) -> bool {
        matches!(self, DiscoverySpec::Tracker(_))
    }

    /// The word for it in a scenario.
    pub fn family(&self) -> &'static str {
        match self {
            DiscoverySpec::Static(_) => "static",
            DiscoverySpec::Tracker(_) => "tracker",
            DiscoverySpec::Dht(..) => "dht",
        }
    }
}
