//! The keys of a scenario as they are written, before names are looked up.
//! The doc comments here are the descriptions in the schema.

use super::Keep;
use crate::discovery::LoadSpec;
use crate::dist::Distribution;
use crate::network::{NetworkModel, Transport};
use crate::sim::StopSpec;
use crate::units::{Bytes, Rate, Time};
use crate::world::{FailureSpec, LinkClass, OfflineKind};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A scenario: everything that decides a run.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "codexsim scenario")]
pub(super) struct Draft {
    /// Names the scenario and its folder of results; the file's name when absent. In a cell of a sweep it names the cell.
    pub(super) name: Option<String>,
    /// Path of a scenario that this one builds on, relative to this file; keys given here win.
    #[serde(rename = "extends")]
    #[schemars(with = "Option<String>")]
    pub(super) _extends: Option<IgnoredAny>,
    /// The seed of all chance.
    pub(super) seed: u64,
    /// A protocol's name (see `codexsim models`) or the path of a TOML file; to change constants: `[protocol.codex-v2]` with the constants.
    #[serde(rename = "protocol")]
    #[schemars(schema_with = "super::schema::protocol")]
    pub(super) _protocol: IgnoredAny,
    /// What a node's own work costs: a name, a path, or a table of costs over the model that it `extends`.
    #[serde(rename = "hardware")]
    #[schemars(schema_with = "super::schema::hardware")]
    pub(super) _hardware: IgnoredAny,
    /// Who takes part, and what is distributed.
    pub(super) swarm: Swarm,
    /// Links, delays, and how they are modelled.
    pub(super) network: Network,
    /// How peers find each other.
    pub(super) discovery: Discovery,
    /// Who is online when.
    pub(super) churn: Churn,
    /// One-off failures: some nodes go at one moment.
    pub(super) failures: Vec<FailureSpec>,
    /// When to stop, besides when every leecher is complete.
    pub(super) stop: StopSpec,
    /// Distance between the samples of the time series.
    pub(super) series_interval: Time,
    /// Permutes what races: events of different nodes at equal times, and leechers
    /// that come at one moment. 0 keeps their order. What concerns one node, failures
    /// and seeders keep theirs with any.
    pub(super) tie_salt: u64,
    /// What is written down beyond what always is; nothing here changes a run.
    pub(super) output: Output,
    /// In studies: lists of values to run through.
    #[serde(rename = "sweep")]
    #[schemars(schema_with = "super::schema::sweep")]
    pub(super) _sweep: Option<IgnoredAny>,
    /// Claims about columns of `runs.csv` that must hold, e.g. `efficiency = "<= 1"`.
    #[serde(rename = "expect")]
    #[schemars(schema_with = "super::schema::expect")]
    pub(super) _expect: Option<IgnoredAny>,
}

/// Who takes part, and what is distributed.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Swarm {
    /// Nodes in all, seeders included; at least 2.
    pub(super) network_size: Option<u32>,
    /// Nodes that hold the file from the start; at least 1, fewer than `network_size`.
    pub(super) seeders: Option<u32>,
    /// Size of the file.
    pub(super) file_size: Option<Bytes>,
    /// Size of a block. Codex, `direct` and `ideal` pad the last one to it; of
    /// BitTorrent and Bitswap it is as short as what is left of the file.
    pub(super) block_size: Bytes,
    /// How many consecutive blocks move as one unit; 1 is exact, more is faster.
    pub(super) group: u32,
    /// When leechers start: "together", { stagger = "10 s" } one after another, { poisson = "2/s" } at random, { at = ["0 s", "0.8 s"] } each at its moment from the start of the run.
    pub(super) start: Start,
    /// Which of the possible sets of nodes are the seeders; 0 is the first nodes.
    pub(super) seeder_set: u32,
}

/// Links, delays, and how they are modelled.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Network {
    /// How the network is modelled.
    pub(super) model: NetworkModel,
    /// Upload capacity of every node.
    pub(super) up: Rate,
    /// Download capacity of every node.
    pub(super) down: Rate,
    /// Upload capacity of seeders, where it differs.
    pub(super) seeder_up: Option<Rate>,
    /// Download capacity of seeders, where it differs.
    pub(super) seeder_down: Option<Rate>,
    /// Classes of access links, instead of `up` and `down`; shares sum to 1.
    pub(super) classes: Option<Vec<LinkClass>>,
    /// Classes of access links from a model in models/networks, or from a file, instead of `up` and `down`.
    pub(super) links: Option<String>,
    /// One-way delay between any two nodes, or { matrix = "regions-2019" }, or { shares = [..], delay = [[..]] }.
    pub(super) latency: Latency,
    /// Random addition to the latency of each message, in seconds or with a unit.
    pub(super) jitter: Option<Distribution>,
    /// The layers below the protocol: "default", "none", or a table of the constants that differ.
    #[schemars(schema_with = "super::schema::transport")]
    pub(super) transport: Transport,
    /// Number of acquaintances of each node in a random graph; everybody knows everybody when absent.
    pub(super) degree: Option<u32>,
    /// Instead of `degree`: every node joins to this number of earlier ones, chosen at random.
    pub(super) grown: Option<u32>,
    /// Peers with which each node is connected from before its start, at random, as a
    /// hash table over connections leaves them: 0 is nobody, the network's size everybody.
    /// With `degree` or `grown` all acquaintances are, unless it is 0.
    pub(super) connected: u32,
}

/// How peers find each other.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Discovery {
    /// "static" (a directory that costs round trips and no bytes), a model in models/discovery, or a file.
    pub(super) model: String,
    /// Static: round trips of a look-up in a network of one node.
    pub(super) round_trips: f64,
    /// Static: further round trips for each doubling of the network.
    pub(super) round_trips_per_doubling: f64,
    /// Static: providers in one answer at the most.
    pub(super) max_providers: u32,
    /// Constants of the model that differ from its file.
    #[serde(rename = "constants")]
    #[schemars(schema_with = "super::schema::discovery")]
    pub(super) _constants: Option<IgnoredAny>,
    /// Load besides the protocol, for studies of a hash table alone.
    pub(super) load: Option<LoadSpec>,
}

/// Who is online when.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Churn {
    /// "none", "sessions" (give `online` and `offline`), "trace" (give `trace`), or a model in models/churn, or a file.
    pub(super) model: String,
    /// Length of a session, in seconds or with a unit.
    pub(super) online: Option<Distribution>,
    /// Length of an absence, in seconds or with a unit.
    pub(super) offline: Option<Distribution>,
    /// What going offline means: "departure" keeps the data, "crash" loses it.
    pub(super) kind: OfflineKind,
    /// Whether seeders come and go too.
    pub(super) seeders: bool,
    /// Recorded sessions: a CSV file with the columns node, online_s, offline_s, or a list of such rows, in seconds from the start of the run. A node is offline between its sessions, and for good after the last one; one that has none is always online.
    pub(super) trace: Option<Trace>,
}

/// What is written down beyond what always is.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Output {
    /// Steps in which every download is written to `progress.csv`, e.g. 100 for
    /// every percent; 0 writes no such file.
    pub(super) progress: u32,
    /// Whether `codexsim run` writes every message to `trace.csv`, for `codexsim
    /// view`; downloads are then noted in 100 steps where `progress` is 0.
    pub(super) trace: bool,
    /// What a study keeps of each run: its "row" of `runs.csv`, its "nodes" too (with
    /// `traffic.csv`), or "all" tables.
    pub(super) keep: Keep,
}

/// When leechers start to download.
#[derive(Debug, Clone, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Start {
    /// All at once.
    Together,
    /// One after another, this far apart.
    Stagger(Time),
    /// At random, at this rate (or with this mean distance).
    Poisson(Distance),
    /// At these moments, one for each leecher in order, counted from the start of the run, at which seeders are there.
    At(Vec<Time>),
}

/// A mean distance in time; also written as a rate, "2/s".
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Distance(pub(super) Time);

const DISTANCE: &str = "a rate such as \"2/s\" or \"30/min\", or a mean distance such as \"500 ms\"";

impl<'de> Deserialize<'de> for Distance {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Form;
        impl Visitor<'_> for Form {
            type Value = Distance;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(DISTANCE)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Distance, E> {
                distance(text).map(Distance).ok_or_else(|| {
                    E::custom(format_args!("`{text}` is neither a rate nor a time; expected {DISTANCE}"))
                })
            }
        }
        from.deserialize_str(Form)
    }
}

fn distance(text: &str) -> Option<Time> {
    let Some((count, unit)) = text.split_once('/') else {
        return text.parse().ok().filter(|time| *time > Time::ZERO);
    };
    let period: Time = format!("1 {}", unit.trim()).parse().ok()?;
    let count: f64 = count.trim().parse().ok().filter(|count: &f64| count.is_finite() && *count > 0.0)?;
    Some(Time::from_secs_f64(period.secs() / count)).filter(|time| *time > Time::ZERO)
}

impl JsonSchema for Distance {
    fn schema_name() -> Cow<'static, str> {
        "Distance".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": DISTANCE, "examples": ["2/s"] })
    }
}

/// One-way delays.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(untagged)]
pub(super) enum Latency {
    /// The same between any two nodes.
    Constant(Time),
    /// From a model in models/networks, or from a file.
    Matrix(String),
    /// By region.
    Regions(Regions),
}

/// Delays by region.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Regions {
    /// Share of the nodes in each region; sums to 1.
    pub(super) shares: Vec<f64>,
    /// One-way delay from region (row) to region (column).
    pub(super) delay: Vec<Vec<Time>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct LatencyKeys {
    matrix: Option<String>,
    shares: Option<Vec<f64>>,
    delay: Option<Vec<Vec<Time>>>,
}

const LATENCY: &str =
    "a time such as \"50 ms\", { matrix = \"regions-2019\" }, or { shares = [..], delay = [[..], ..] }";

impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Latency;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(LATENCY)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Latency, E> {
                text.parse().map(Latency::Constant).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Latency, A::Error> {
                let keys = LatencyKeys::deserialize(MapAccessDeserializer::new(map))?;
                match (keys.matrix, keys.shares, keys.delay) {
                    (Some(name), None, None) => Ok(Latency::Matrix(name)),
                    (None, Some(shares), Some(delay)) => Ok(Latency::Regions(Regions { shares, delay })),
                    _ => Err(de::Error::custom(format_args!("incomplete latency; expected {LATENCY}"))),
                }
            }
        }
        from.deserialize_any(Form)
    }
}

impl JsonSchema for Latency {
    fn schema_name() -> Cow<'static, str> {
        "Latency".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": LATENCY, "anyOf": [
            generator.subschema_for::<Time>(),
            { "type": "object", "properties": { "matrix": { "type": "string" } }, "required": ["matrix"], "additionalProperties": false },
            generator.subschema_for::<Regions>(),
        ] })
    }
}

/// Recorded sessions.
#[derive(Debug, Clone)]
pub(super) enum Trace {
    /// A CSV file.
    File(String),
    /// Rows of node, online since, offline from (seconds).
    Rows(Vec<(u32, f64, f64)>),
}

const TRACE: &str = "the path of a CSV file with the columns node,online_s,offline_s, or a list of such rows";

impl<'de> Deserialize<'de> for Trace {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Trace;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(TRACE)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Trace, E> {
                Ok(Trace::File(text.into()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, rows: A) -> Result<Trace, A::Error> {
                Deserialize::deserialize(SeqAccessDeserializer::new(rows)).map(Trace::Rows)
            }
        }
        from.deserialize_any(Form)
    }
}

impl JsonSchema for Trace {
    fn schema_name() -> Cow<'static, str> {
        "Trace".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": TRACE, "anyOf": [
            { "type": "string" },
            generator.subschema_for::<Vec<(u32, f64, f64)>>(),
        ] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_and_its_mean_distance_are_the_same() {
        for (text, millis) in [("2/s", 500), ("30/min", 2_000), ("0.5/s", 2_000), ("500 ms", 500)] {
            assert_eq!(distance(text), Some(Time::from_millis(millis)), "{text}");
        }
        for text in ["2", "0/s", "-1/s", "nan/s", "2/parsec", "0 s", ""] {
            assert_eq!(distance(text), None, "{text}");
        }
    }
}
