//! One-way delays.

use super::topology::{CoreLink, Hop, Routes};
use crate::units::{Refusal, Time, require, require_whole};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// One-way delays between nodes.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub enum LatencySpec {
    /// The same between any two nodes.
    Constant(Time),
    /// By region.
    Regions {
        /// Share of the nodes in each region; sums to 1.
        shares: Vec<f64>,
        /// One-way delay from region (row) to region (column).
        delay: Vec<Vec<Time>>,
        /// Names of the regions. They decide nothing, and are no part of digests.
        #[serde(skip_serializing)]
        names: Option<Vec<String>>,
    },
}

impl LatencySpec {
    /// Refuses what cannot be between nodes.
    ///
    /// # Errors
    /// On messages that never arrive, and on regions that do not fit together.
    pub fn check(&self) -> Result<(), Refusal> {
        let (key, shares_key) = ("network.latency", "network.latency.shares");
        let arrives = |delay: &Time| require(*delay != Time::NEVER, key, "messages would never arrive", "a time");
        let (shares, delay) = match self {
            LatencySpec::Constant(delay) => return arrives(delay),
            LatencySpec::Regions { shares, delay, names } => {
                let given = format!("{} names of {} regions", names.as_ref().map_or(0, Vec::len), shares.len());
                let named = names.as_ref().is_none_or(|names| names.len() == shares.len());
                require(named, "network.latency.names", given, "one for each share")?;
                (shares, delay)
            }
        };
        delay.iter().flatten().try_for_each(arrives)?;
        let n = shares.len();
        require((1..=usize::from(u16::MAX)).contains(&n), shares_key, format!("{n} regions"), "1 to 65535 regions")?;
        let widths: Vec<String> = delay.iter().map(|row| row.len().to_string()).collect();
        let square = delay.len() == n && delay.iter().all(|row| row.len() == n);
        let given = format!("the delays come in rows of {}", widths.join(", "));
        require(square, "network.latency.delay", given, format!("{n} rows of {n}, one for each share"))?;
        require_whole(shares.iter().copied(), shares_key)
    }
}

/// Delays by region, as they are written.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "what is read may be a name instead: see `Keys`")]
struct Regions {
    /// Share of the nodes in each region; sums to 1.
    shares: Vec<f64>,
    /// One-way delay from region (row) to region (column).
    delay: Vec<Vec<Time>>,
    /// Names of the regions, for classes of nodes and for results.
    names: Option<Vec<String>>,
}

/// All keys that the table may have; where it only names a matrix, the scenario has put
/// that in its place.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    matrix: Option<String>,
    shares: Option<Vec<f64>>,
    delay: Option<Vec<Vec<Time>>>,
    names: Option<Vec<String>>,
}

const FORM: &str = "a time such as \"50 ms\", { matrix = \"regions-2019\" }, or { shares = [..], delay = [[..], ..] }";

impl<'de> Deserialize<'de> for LatencySpec {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = LatencySpec;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(FORM)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<LatencySpec, E> {
                text.parse().map(LatencySpec::Constant).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<LatencySpec, A::Error> {
                match Keys::deserialize(MapAccessDeserializer::new(map))? {
                    Keys { matrix: None, shares: Some(shares), delay: Some(delay), names } => {
                        Ok(LatencySpec::Regions { shares, delay, names })
                    }
                    _ => Err(de::Error::custom(format_args!("incomplete latency; expected {FORM}"))),
                }
            }
        }
        from.deserialize_any(Form)
    }
}

impl JsonSchema for LatencySpec {
    fn schema_name() -> Cow<'static, str> {
        "Latency".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": FORM, "oneOf": [
            generator.subschema_for::<Time>(),
            { "type": "object", "properties": { "matrix": { "type": "string", "description": "A model in models/networks, or a file.", "examples": ["regions-2019"] } }, "required": ["matrix"], "additionalProperties": false },
            generator.subschema_for::<Regions>(),
        ] })
    }
}

/// How far points are from each other, and over which core links. A point is a region,
/// or one of a graph; a world without either has one.
#[derive(Debug, Clone)]
pub enum Latency {
    /// By a matrix of one-way delays.
    Matrix {
        /// How many points there are.
        points: u32,
        /// From each to each, row by row.
        delay: Vec<Time>,
    },
    /// Over the wires of a graph.
    Graph(Arc<Routes>),
}

impl Latency {
    /// The same delay between any two nodes.
    pub fn constant(delay: Time) -> Self {
        Latency::Matrix { points: 1, delay: vec![delay] }
    }

    /// From a square matrix, row = sender's region, column = receiver's.
    ///
    /// # Panics
    /// When the matrix is not square.
    pub fn regions(matrix: &[Vec<Time>]) -> Self {
        assert!(matrix.iter().all(|row| row.len() == matrix.len()), "a latency matrix is square");
        Latency::Matrix { points: matrix.len() as u32, delay: matrix.concat() }
    }

    /// Delay from point `from` to point `to`; [`Time::NEVER`] where no way leads.
    pub fn between(&self, from: u32, to: u32) -> Time {
        match self {
            Latency::Matrix { points, delay } => delay[(from * points + to) as usize],
            Latency::Graph(routes) => routes.delay(from, to).unwrap_or(Time::NEVER),
        }
    }

    /// The graph, if there is one.
    pub fn graph(&self) -> Option<&Routes> {
        match self {
            Latency::Matrix { .. } => None,
            Latency::Graph(routes) => Some(routes),
        }
    }

    /// The same delays over wires that hold nobody back.
    pub fn without_capacities(&self) -> Latency {
        match self.graph().filter(|routes| !routes.core_links().is_empty()) {
            Some(routes) => Latency::Graph(Routes::new(routes.topology().without_capacities()).into()),
            None => self.clone(),
        }
    }

    /// The wires between points whose capacity those who send over them share.
    pub fn core_links(&self) -> &[CoreLink] {
        self.graph().map_or(&[], Routes::core_links)
    }

    /// Puts the core links from one point to another into `hops`, in order.
    pub fn hops(&self, from: u32, to: u32, hops: &mut Vec<Hop>) {
        match self {
            Latency::Matrix { .. } => hops.clear(),
            Latency::Graph(routes) => routes.hops(from, to, hops),
        }
    }
}
