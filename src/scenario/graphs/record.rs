//! What the keys of nodes and edges mean, whatever the format.

use super::super::error::{Fault, nearest};
use super::super::source::Place;
use super::quantity::{by_distance, degrees, latency, loss, rate, rate_in};
use crate::units::{Rate, Time};
use crate::world::{Edge, Point, RouteRule, Topology};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Keys that say what no run asks for, so that nobody need be told: names, addresses and
/// drawings.
const OF_NODES_SILENT: [&str; 7] = ["city_code", "citycode", "ip_address", "ip", "type", "Internal", "graphics"];
const OF_EDGES_SILENT: [&str; 7] = ["id", "key", "label", "LinkLabel", "LinkNote", "LinkType", "graphics"];

/// A KiB/s in bit/s.
const KIB_PER_SECOND: f64 = 8192.0;

/// What stands at a key.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    pub(super) key: &'a str,
    pub(super) value: Cow<'a, str>,
    /// Where the value stands.
    pub(super) at: Place,
}

impl Field<'_> {
    /// What `read` makes of the value; its faults are here.
    fn read<T>(&self, read: impl FnOnce(&str) -> Result<T, Fault>) -> Result<T, Fault> {
        read(&self.value).map_err(|fault| fault.at(self.at))
    }
}

/// A node or an edge as it is written.
#[derive(Debug, Clone)]
pub(super) struct Record<'a> {
    pub(super) at: Place,
    pub(super) fields: Vec<Field<'a>>,
}

impl<'a> Record<'a> {
    /// Takes out what stands at the first of `keys` that is there.
    pub(super) fn take(&mut self, keys: &[&str]) -> Result<Option<Field<'a>>, Fault> {
        let found = keys.iter().find_map(|key| self.fields.iter().position(|field| field.key == *key));
        let Some(field) = found.map(|at| self.fields.remove(at)) else { return Ok(None) };
        match self.fields.iter().find(|other| other.key == field.key) {
            Some(again) => Err(Fault::new(format!("`{}` twice", field.key)).expected("each key once").at(again.at)),
            None => Ok(Some(field)),
        }
    }

    /// What `read` makes of the first of `keys` that is there.
    fn read<T>(&mut self, keys: &[&str], read: impl FnOnce(&str) -> Result<T, Fault>) -> Result<Option<T>, Fault> {
        self.take(keys)?.map(|field| field.read(read)).transpose()
    }

    /// Takes out what must stand at `key`.
    pub(super) fn need(&mut self, key: &str, what: &str) -> Result<Field<'a>, Fault> {
        let at = self.at;
        self.take(&[key])?
            .ok_or_else(|| Fault::new(format!("{what} without `{key}`")).expected(format!("`{key}` in each")).at(at))
    }

    /// Takes out all that is known of a point; it is called `id` if nothing else.
    pub(super) fn point(&mut self, id: &str) -> Result<Point, Fault> {
        let own = |text: &str| Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()));
        let name = self.read(&["label", "name"], own)?.flatten();
        let region = self.read(&["region", "country_code", "countrycode", "Country", "country"], own)?.flatten();
        let mut capacity = |keys: &[&str], old: &str| match self.read(keys, rate)? {
            None => self.read(&[old], |text| rate_in(text, KIB_PER_SECOND)),
            given => Ok(given),
        };
        let up = capacity(&["host_bandwidth_up", "bandwidth_up"], "bandwidthup")?;
        let down = capacity(&["host_bandwidth_down", "bandwidth_down"], "bandwidthdown")?;
        let latitude = self.read(&["Latitude", "latitude"], |text| degrees(text, 90.0))?;
        let longitude = self.read(&["Longitude", "longitude"], |text| degrees(text, 180.0))?;
        let place = latitude.zip(longitude).map(|(latitude, longitude)| [latitude, longitude]);
        let name = name.unwrap_or_else(|| id.to_owned());
        Ok(Point { name, region, up, down, place, router: false })
    }

    /// Takes out all that is known of an edge between `ends`; a latency without a unit
    /// counts in `bare`.
    fn edge(&mut self, ends: [&Point; 2], bare: &str, otherwise: Option<Time>) -> Result<Edge, Fault> {
        let given = self.read(&["latency"], |text| latency(text, bare))?;
        let apart = ends[0].place.zip(ends[1].place).map(|(a, b)| by_distance(a, b));
        let delay = given
            .or(apart)
            .or(otherwise)
            .ok_or_else(|| self.without_latency("a latency, or the latitude and longitude of both ends"))?;
        let loss = self.read(&["packet_loss", "packetloss", "loss"], loss)?.unwrap_or(0.0);
        let capacity = self.read(&["capacity"], rate)?;
        let speed = self.speed()?;
        Ok(Edge { delay, capacity: capacity.or(speed).unwrap_or(Rate::UNLIMITED), loss })
    }

    /// The capacity as operator maps say it: in bit/s, or a number here and its unit there.
    fn speed(&mut self) -> Result<Option<Rate>, Fault> {
        let (raw, speed) = (self.take(&["LinkSpeedRaw"])?, self.take(&["LinkSpeed"])?);
        let unit = self.take(&["LinkSpeedUnits"])?.map(|unit| unit.value).unwrap_or_default();
        match (raw, speed) {
            (Some(raw), _) => raw.read(|text| rate_in(text, 1.0)).map(Some),
            (None, Some(speed)) => speed.read(|text| rate(&format!("{text} {unit}"))).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// That nothing says how long an edge takes.
    pub(super) fn without_latency(&self, expected: &str) -> Fault {
        let fault = Fault::new("an edge without `latency`").expected(expected).at(self.at);
        match self.fields.iter().find(|field| nearest(field.key, ["latency"]).is_some()) {
            Some(field) => fault.help(format!("`{}` is not understood; did you mean `latency`?", field.key)),
            None => fault,
        }
    }
}

/// A graph as it is written.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) nodes: Vec<Record<'a>>,
    /// Each with whether it leads both ways.
    pub(super) edges: Vec<(Record<'a>, bool)>,
    /// The unit of a latency that has none.
    pub(super) bare: &'static str,
    /// The latency of an edge of which nothing says it.
    pub(super) otherwise: Option<Time>,
}

impl Draft<'_> {
    /// The graph that is meant, and what in it has no effect.
    pub(super) fn build(self) -> Result<(Topology, Vec<String>), Fault> {
        let Draft { nodes, edges, bare, otherwise } = self;
        let (mut points, mut ids, mut unknown) = (Vec::new(), Vec::new(), Unknown::default());
        let mut index: BTreeMap<String, u32> = BTreeMap::new();
        for mut node in nodes {
            let id = node.need("id", "a node")?;
            points.push(node.point(&id.value)?);
            if index.insert(id.value.clone().into_owned(), ids.len() as u32).is_some() {
                return Err(Fault::new(format!("two nodes `{}`", id.value)).expected("each id once").at(id.at));
            }
            ids.push((id.value.into_owned(), id.at));
            unknown.note(&node, "nodes", &OF_NODES_SILENT);
        }
        tell_apart(&mut points, &ids)?;
        let (mut wires, mut twice) = (Vec::new(), Twice::default());
        for (mut edge, both_ways) in edges {
            let end = |field: Field<'_>| {
                index.get(&*field.value).copied().ok_or_else(|| {
                    let fault = Fault::new(format!("there is no node `{}`", field.value)).at(field.at);
                    fault.expected("the id of a node").suggest(&field.value, index.keys().map(String::as_str))
                })
            };
            let from = end(edge.need("source", "an edge")?)?;
            let to = end(edge.need("target", "an edge")?)?;
            let wire = edge.edge([from, to].map(|at| &points[at as usize]), bare, otherwise)?;
            twice.note((from, to), both_ways);
            wires.push((from, to, wire));
            if both_ways && from != to {
                wires.push((to, from, wire));
            }
            unknown.note(&edge, "edges", &OF_EDGES_SILENT);
        }
        let warnings = unknown.0.into_iter().chain(twice.told(&points)).collect();
        Ok((Topology::new(points, wires, RouteRule::Shortest), warnings))
    }
}

/// Edges that lead where another one does already.
#[derive(Debug, Default)]
struct Twice {
    ways: BTreeSet<(u32, u32)>,
    /// Ends of the first of them.
    first: Option<(u32, u32)>,
    count: usize,
}

impl Twice {
    fn note(&mut self, (from, to): (u32, u32), both_ways: bool) {
        let is_new = self.ways.insert((from, to));
        let back_is_new = both_ways && from != to && self.ways.insert((to, from));
        if !is_new && !back_is_new {
            self.first.get_or_insert((from, to));
            self.count += 1;
        }
    }

    fn told(self, points: &[Point]) -> Option<String> {
        let (from, to) = self.first?;
        let (from, to, count) = (&points[from as usize].name, &points[to as usize].name, self.count);
        let edges = if count == 1 { "edge leads" } else { "edges lead" };
        let what = "of edges between the same two nodes one alone is taken";
        Some(format!("{count} {edges} where another does already (`{from}` to `{to}`): {what}"))
    }
}

/// Gives each point a name of its own: points of one name have their ids behind it.
pub(super) fn tell_apart(points: &mut [Point], ids: &[(String, Place)]) -> Result<(), Fault> {
    let mut count: BTreeMap<String, u32> = BTreeMap::new();
    points.iter().for_each(|point| *count.entry(point.name.clone()).or_default() += 1);
    let mut names = BTreeSet::new();
    for (point, (id, at)) in points.iter_mut().zip(ids) {
        if count[&point.name] > 1 {
            point.name = format!("{} ({id})", point.name);
        }
        if !names.insert(&point.name) {
            return Err(Fault::new(format!("two nodes are called `{}`", point.name))
                .expected("each name once")
                .at(*at));
        }
    }
    Ok(())
}

/// Warnings of keys that are not understood, each once, in the order of the file.
#[derive(Debug, Default)]
struct Unknown(Vec<String>);

impl Unknown {
    fn note(&mut self, rest: &Record<'_>, whose: &str, silent: &[&str]) {
        for field in rest.fields.iter().filter(|field| !silent.contains(&field.key)) {
            let warning = format!("`{}` of {whose} is not understood and has no effect", field.key);
            if !self.0.contains(&warning) {
                self.0.push(warning);
            }
        }
    }
}
