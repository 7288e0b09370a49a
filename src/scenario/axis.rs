//! Axes of a sweep: lists of values, of pairs, of cells.

use super::error::{Fault, list, nearest};
use super::parse::{read_key, set};
use super::source::{Place, Sources};
use super::tree::{Node, Table, Value};
use super::{Axis, AxisPoints, DrawnPoints};
use crate::units::{Bytes, Rate, Time};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Keys that pair lists call by the users' own names.
const NAMES: [(&str, &str); 9] = [
    ("networkSize", "swarm.network_size"),
    ("network_size", "swarm.network_size"),
    ("seeders", "swarm.seeders"),
    ("fileSize", "swarm.file_size"),
    ("file_size", "swarm.file_size"),
    ("blockSize", "swarm.block_size"),
    ("block_size", "swarm.block_size"),
    ("up", "network.up"),
    ("latency", "network.latency"),
];

/// An [`Axis`] whose values know where they were written.
#[derive(Debug)]
pub(super) struct PlacedAxis {
    pub(super) keys: Vec<String>,
    /// At each point a value for each key, or none: see [`cells`]. Of drawn points those that
    /// show what can be wrong with any.
    pub(super) points: Vec<Vec<Option<Node>>>,
    /// All points, where they are drawn.
    drawn: Option<PlacedDraws>,
}

/// Drawn points, and where each of their ranges was written: the key, and the range itself.
#[derive(Debug)]
struct PlacedDraws {
    points: Arc<DrawnPoints>,
    places: Vec<(Place, Place)>,
}

impl PlacedDraws {
    fn at(&self, point: usize) -> Vec<Option<Node>> {
        let placed = |(value, (key, at)): (toml::Value, &(Place, Place))| Node::from_bare(&value, *at).moved(*key, *at);
        self.points.at(point).zip(&self.places).map(|pair| Some(placed(pair))).collect()
    }
}

impl PlacedAxis {
    /// An axis of the list `points`.
    pub(super) fn list(keys: Vec<String>, points: Vec<Vec<Option<Node>>>) -> PlacedAxis {
        PlacedAxis { keys, points, drawn: None }
    }

    /// An axis of drawn `points` of the ranges of `keys`, each with its places.
    pub(super) fn drawn(keys: Vec<String>, points: DrawnPoints, places: Vec<(Place, Place)>) -> PlacedAxis {
        let telling = points.telling();
        let drawn = PlacedDraws { points: Arc::new(points), places };
        PlacedAxis { keys, points: telling.iter().map(|point| drawn.at(*point)).collect(), drawn: Some(drawn) }
    }

    pub(super) fn values<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Node> {
        let column = self.keys.iter().position(|k| k == key);
        self.points.iter().filter_map(move |point| point.get(column?)?.as_ref())
    }

    /// The part of `node`, which is what the scenario says of `key`, that was written
    /// `later` than this axis and holds at none of its points.
    pub(super) fn overruled<'a>(&self, key: &str, node: &'a Node, later: &dyn Fn(&Node) -> bool) -> Option<&'a Node> {
        if self.values(key).count() < self.points.len() {
            return None; // it holds where a point leaves the key alone
        }
        if key != "protocol" {
            return leaves(node).into_iter().find(|leaf| later(leaf));
        }
        let (name, chosen) = node.table()?.0.first()?;
        // Constants hold where their protocol is run; its mere name holds nowhere.
        let named = !chosen.table()?.0.iter().any(|(_, constant)| later(constant));
        let runs = self.values(key).any(|value| value.text() == Some(name));
        (later(chosen) && (named || !runs)).then_some(chosen)
    }

    /// Within a cell, constants have to belong to the protocol of that cell.
    pub(super) fn refuse_foreign_in_cells(&self) -> Result<(), Fault> {
        for point in &self.points {
            let pairs = || self.keys.iter().zip(point).filter_map(|(key, node)| Some((key, node.as_ref()?)));
            let Some((_, chosen)) = pairs().find(|(key, _)| *key == "protocol") else { continue };
            for (key, node) in pairs() {
                let other = owner(key).and_then(|owner| foreign_to(chosen, &owner));
                other.map_or(Ok(()), |other| Err(means_nothing(key, other, node)))?;
            }
        }
        Ok(())
    }

    /// The protocol before all else, or a constant would be set for the one of the base.
    pub(super) fn with_the_protocol_first(mut self) -> PlacedAxis {
        if let Some(at) = self.keys.iter().position(|key| key == "protocol") {
            self.keys[..=at].rotate_right(1);
            self.points.iter_mut().for_each(|point| point[..=at].rotate_right(1));
        }
        self
    }

    /// Refuses a point that is there already: its runs would be counted twice.
    pub(super) fn without_repetition(self) -> Result<PlacedAxis, Fault> {
        let mut seen: BTreeSet<Vec<Option<String>>> = BTreeSet::new();
        for point in &self.points {
            if !seen.insert(canonical_point(point)) {
                let written = point.iter().flatten().next_back();
                let words: Vec<String> = point.iter().flatten().map(|node| node.bare().to_string()).collect();
                let fault = Fault::new(format!("{} is listed twice", words.join(", ")))
                    .expected("each point once; `repetitions` runs all of them several times");
                return Err(written.map_or(fault.clone(), |node| fault.at(node.at)));
            }
        }
        Ok(self)
    }

    /// The number of points.
    pub(super) fn len(&self) -> usize {
        self.drawn.as_ref().map_or(self.points.len(), |drawn| drawn.points.len())
    }

    /// Without the places.
    pub(super) fn public(&self) -> Axis {
        let bare = |point: &Vec<Option<Node>>| point.iter().map(|node| node.as_ref().map(Node::bare)).collect();
        let points = match &self.drawn {
            None => AxisPoints::Listed(self.points.iter().map(bare).collect()),
            Some(drawn) => AxisPoints::Drawn(Arc::clone(&drawn.points)),
        };
        Axis { keys: self.keys.clone(), points }
    }

    /// Sets the keys of this axis to their values at `point`.
    pub(super) fn apply(&self, point: usize, tree: &mut Table, sources: &mut Sources) -> Result<(), Fault> {
        match &self.drawn {
            None => self.set(&self.points[point], tree, sources),
            Some(drawn) => self.set(&drawn.at(point), tree, sources),
        }
    }

    /// Sets the keys of this axis to `values`.
    pub(super) fn set(&self, values: &[Option<Node>], tree: &mut Table, sources: &mut Sources) -> Result<(), Fault> {
        let set = |(key, node): (&String, &Option<Node>)| match node {
            Some(node) => set_point(tree, key, node, sources),
            None => Ok(()),
        };
        self.keys.iter().zip(values).try_for_each(set)
    }
}

/// The values in `node` that are no tables.
fn leaves(node: &Node) -> Vec<&Node> {
    match node.table() {
        Some(table) if !table.0.is_empty() => table.0.iter().flat_map(|(_, node)| leaves(node)).collect(),
        _ => vec![node],
    }
}

/// The protocol that a key such as `protocol.NAME.constant` belongs to.
pub(super) fn owner(key: &str) -> Option<String> {
    read_key(key).filter(|keys| keys.len() > 2 && keys[0] == "protocol").map(|mut keys| keys.remove(1))
}

/// The protocol chosen at `node`, when it is another than `owner`.
pub(super) fn foreign_to<'a>(node: &'a Node, owner: &str) -> Option<&'a str> {
    node.text().filter(|name| *name != owner)
}

pub(super) fn means_nothing(key: &str, protocol: &str, at: &Node) -> Fault {
    Fault::new(format!("`{key}` means nothing at points that run `{protocol}`"))
        .expected(
            "a sweep over `protocol` or over constants of one protocol, or cells that each set `protocol` and \
             constants of that protocol",
        )
        .at(at.key)
}

/// Sets `key` to a value of the sweep, above all other layers.
fn set_point(tree: &mut Table, key: &str, node: &Node, sources: &mut Sources) -> Result<(), Fault> {
    let (key_at, at) = (sources.above_all(node.key), sources.above_all(node.at));
    set(tree, key, node.clone().moved(key_at, at))
}

/// Refuses `name` as a key to sweep over where it is none.
pub(super) fn refuse_unswept(name: &str, node: &Node) -> Result<(), Fault> {
    let keys = read_key(name).ok_or_else(|| {
        Fault::new(format!("`{name}` is not a key")).expected("a dotted key such as \"swarm.seeders\"").at(node.key)
    })?;
    if ["sweep", "expect", "limit", "extends", "name"].contains(&keys[0].as_str()) {
        let expected = "a key of the scenario such as \"swarm.seeders\", or `seeder_sets` or `repetitions`";
        return Err(Fault::new(format!("`{name}` cannot be swept")).expected(expected).at(node.key));
    }
    Ok(())
}

/// The axis that the list `node` under `name` is.
pub(super) fn axis(name: &str, node: &Node) -> Result<PlacedAxis, Fault> {
    let values = node.array().unwrap_or_default();
    if values.is_empty() {
        return Err(Fault::new(format!("`{name}` has no values")).expected("at least one value to run").at(node.at));
    }
    if name == "cells" {
        return cells(values);
    }
    if let Some(names) = name.strip_prefix("constrained__") {
        return PlacedAxis::list(pair_keys(names, node)?, pairs(values, node.key)?).without_repetition();
    }
    refuse_unswept(name, node)?;
    let points = values.iter().map(|value| vec![Some(value.clone().moved(node.key, value.at))]).collect();
    PlacedAxis::list(vec![name.into()], points).without_repetition()
}

fn canonical_point(point: &[Option<Node>]) -> Vec<Option<String>> {
    point.iter().map(|node| node.as_ref().map(canonical)).collect()
}

/// A value in a form in which equal ones are equal however they are written.
pub(super) fn canonical(node: &Node) -> String {
    let number = |text: &str| {
        let size = text.parse::<Bytes>().map(|size| format!("{} B", size.get()));
        let rate = text.parse::<Rate>().map(|rate| format!("{} bit/s", rate.0));
        let time = text.parse::<Time>().map(|time| format!("{} ns", time.nanos()));
        size.or(rate).or(time).ok()
    };
    match &node.value {
        Value::String(text) => number(text).unwrap_or_else(|| text.clone()),
        Value::Integer(value) => (*value as f64).to_string(),
        Value::Float(value) => value.to_string(),
        _ => node.bare().to_string(),
    }
}

/// `[[sweep.cells]]`: points that set several keys each, all of them the same
/// keys. Constants of a protocol (`protocol.NAME.constant`) may be set by some
/// cells only: elsewhere they are what the base says, or belong to a protocol
/// that does not run there.
fn cells(values: &[Node]) -> Result<PlacedAxis, Fault> {
    let mut tables = Vec::new();
    for value in values {
        let Some(table) = value.table().filter(|table| !table.0.is_empty()) else {
            let expected = "tables such as { \"swarm.network_size\" = 8, \"network.up\" = \"10 Mbit/s\" }";
            return Err(Fault::new("a cell is not a table of keys").expected(expected).at(value.at));
        };
        tables.push((value, table));
    }
    let first: Vec<&str> = tables.first().into_iter().flat_map(|(_, table)| table.keys()).collect();
    let mut keys: Vec<String> = Vec::new();
    for (value, table) in &tables {
        if let Some((name, node)) = table.0.iter().find(|(name, _)| owner(name).is_none() && !first.contains(&&**name))
        {
            let fault =
                Fault::new(format!("`{name}` is not set by the first cell")).expected("the same keys in all cells");
            return Err(fault.suggest(name, first.iter().copied()).at(node.key));
        }
        if let Some(name) = first.iter().find(|name| owner(name).is_none() && table.get(name).is_none()) {
            let fault = Fault::new(format!("this cell does not set `{name}`"));
            return Err(fault.expected("the same keys in all cells").at(value.at));
        }
        let new = table.keys().filter(|name| !keys.iter().any(|key| key == name)).map(str::to_owned);
        keys.extend(new.collect::<Vec<_>>());
    }
    let points = tables.iter().map(|(_, table)| keys.iter().map(|name| table.get(name).cloned()).collect()).collect();
    PlacedAxis::list(keys, points).with_the_protocol_first().without_repetition()
}

/// `networkSize_seeders` names two keys; the underscore may be part of a name.
fn pair_keys(names: &str, node: &Node) -> Result<Vec<String>, Fault> {
    let path = |name: &str| NAMES.iter().find(|(users, _)| *users == name).map(|(_, path)| path.to_string());
    let split = names.match_indices('_').find_map(|(i, _)| Some(vec![path(&names[..i])?, path(&names[i + 1..])?]));
    split.ok_or_else(|| {
        let all: Vec<String> =
            NAMES.iter().flat_map(|a| NAMES.iter().map(move |b| format!("{}_{}", a.0, b.0))).collect();
        let fault = Fault::new(format!("`{names}` does not name two keys"))
            .expected(format!("constrained__A_B with A and B among {}", list(NAMES.iter().map(|(name, _)| *name))));
        match nearest(names, all.iter().map(String::as_str)) {
            Some(name) => fault.help(format!("did you mean `constrained__{name}`?")).at(node.key),
            None => fault.at(node.key),
        }
    })
}

/// `[[8, [1, 2]], [16, 4]]` gives (8, 1), (8, 2), (16, 4).
fn pairs(values: &[Node], key: Place) -> Result<Vec<Vec<Option<Node>>>, Fault> {
    let mut points = Vec::new();
    for value in values {
        let Some([first, second]) = value.array() else {
            return Err(Fault::new("not a pair").expected("[value, value] or [value, [value, ..]]").at(value.at));
        };
        let seconds = second.array().unwrap_or(std::slice::from_ref(second));
        if seconds.is_empty() {
            return Err(Fault::new("this pair has no second value").expected("at least one").at(second.at));
        }
        let placed = |node: &Node| Some(node.clone().moved(key, node.at));
        points.extend(seconds.iter().map(|second| vec![placed(first), placed(second)]));
    }
    Ok(points)
}
