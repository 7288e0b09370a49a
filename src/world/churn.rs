//! Who is online when, as it is described.

use crate::dist::Distribution;
use crate::units::{Refusal, require};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Who is online when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Keys")]
pub enum ChurnSpec {
    /// Everybody, always.
    None,
    /// Sessions drawn from distributions.
    Sessions(SessionSpec),
    /// Sessions as recorded: (node, online since, offline from), in seconds.
    Trace {
        /// Recorded sessions.
        sessions: Vec<(u32, f64, f64)>,
        /// What going offline means.
        kind: OfflineKind,
    },
}

/// Sessions drawn from distributions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionSpec {
    /// Length of a session, in seconds.
    pub online: Distribution,
    /// Length of an absence, in seconds.
    pub offline: Distribution,
    /// What going offline means.
    pub kind: OfflineKind,
    /// Whether seeders come and go too.
    pub seeders: bool,
}

/// What going offline means for the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfflineKind {
    /// The data is kept; the node comes back with it.
    Departure,
    /// The data is lost.
    Crash,
}

/// Shortest mean of a session and the absence after it: below, a run would
/// consist of little else.
const SHORTEST_CYCLE_SECS: f64 = 1.0;

impl ChurnSpec {
    /// Refuses what no node can live.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let ChurnSpec::Sessions(SessionSpec { online, offline, .. }) = self else { return Ok(()) };
        online.check("churn.online")?;
        offline.check("churn.offline")?;
        let cycle = online.mean() + offline.mean();
        let given = format!("a node would come and go every {cycle} s");
        let least = format!("a mean of online and offline together of at least {SHORTEST_CYCLE_SECS} s");
        require(cycle >= SHORTEST_CYCLE_SECS, "churn.online", given, least)
    }
}

/// How churn is written.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Keys {
    /// "none", "sessions" (give `online` and `offline`), "trace" (give `trace`), or a model in models/churn, or a file.
    #[serde(rename = "churn.model")]
    #[schemars(extend("default" = "none"))]
    model: String,
    /// Length of a session, in seconds or with a unit.
    #[serde(rename = "churn.online")]
    #[schemars(extend("examples" = [{ "exponential": { "mean": "1 h" } }]))]
    online: Option<Distribution>,
    /// Length of an absence, in seconds or with a unit.
    #[serde(rename = "churn.offline")]
    #[schemars(extend("examples" = [{ "fixed": { "value": "10 min" } }]))]
    offline: Option<Distribution>,
    /// What going offline means: "departure" keeps the data, "crash" loses it.
    #[serde(rename = "churn.kind")]
    #[schemars(extend("default" = "departure"))]
    kind: OfflineKind,
    /// Whether seeders come and go too.
    #[serde(rename = "churn.seeders")]
    #[schemars(extend("default" = false))]
    seeders: bool,
    /// Recorded sessions: a CSV file with the columns node, online_s, offline_s, or a list of such rows, in seconds from the start of the run. A node is offline between its sessions, and for good after the last one; one that has none is always online.
    #[serde(rename = "churn.trace")]
    #[schemars(extend("examples" = ["sessions.csv", [[5, 0, 600], [5, 900, 1200]]]))]
    trace: Option<Trace>,
}

impl From<Keys> for ChurnSpec {
    /// The scenario has put what a model or a file says in the place of its name; a name
    /// alone makes nobody leave.
    fn from(keys: Keys) -> Self {
        let Keys { model, online, offline, kind, seeders, trace } = keys;
        match (model.as_str(), online, offline, trace) {
            ("sessions", Some(online), Some(offline), _) => {
                ChurnSpec::Sessions(SessionSpec { online, offline, kind, seeders })
            }
            ("trace", .., Some(Trace::Rows(sessions))) => ChurnSpec::Trace { sessions, kind },
            _ => ChurnSpec::None,
        }
    }
}

/// Recorded sessions.
pub(super) enum Trace {
    /// A CSV file.
    File,
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
            fn visit_str<E: de::Error>(self, _: &str) -> Result<Trace, E> {
                Ok(Trace::File)
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
