//! The tables `[sweep]` and `[expect]`.

use super::axis::{PlacedAxis, axis, foreign_to, means_nothing, owner, refuse_unswept};
use super::design::{Asked, PlacedRange, Varied};
use super::error::{Excerpt, Fault};
use super::parse::read_key;
use super::source::Sources;
use super::tree::{Node, Table, Value, quoted};
use super::{Design, Expectation, Sweep};
use std::collections::BTreeSet;

/// A [`Sweep`] whose values know where they were written.
#[derive(Debug)]
pub(super) struct Study {
    pub(super) axes: Vec<PlacedAxis>,
    design: Option<Design>,
    seeder_sets: u32,
    repetitions: u32,
}

/// What a table `sweep` says, in its order.
#[derive(Debug, Default)]
struct Said<'a> {
    parts: Vec<Varied>,
    asked: Asked<'a>,
    seeder_sets: Option<u32>,
    repetitions: Option<u32>,
}

impl Study {
    /// Reads the table `sweep` of the scenario, and leaves but its counts there.
    pub(super) fn take(tree: &mut Table) -> Result<Study, Fault> {
        let study = Self::read(tree)?;
        if let Some(Value::Table(table)) = tree.get_mut("sweep").map(|node| &mut node.value) {
            table.0.retain(|(name, _)| ["seeder_sets", "repetitions"].contains(&name.as_str()));
        }
        Ok(study)
    }

    fn read(tree: &Table) -> Result<Study, Fault> {
        let mut said = Said::default();
        if let Some(node) = tree.get("sweep") {
            let table = node.table().ok_or_else(|| Fault::new("wrong type").expected("a table").at(node.at))?;
            said.read_table(table, "")?;
        }
        let seed = tree.get("seed").map_or(Ok(0), Node::read)?;
        let Said { parts, asked, seeder_sets, repetitions } = said;
        let (axes, design) = asked.axes(parts, seed)?;
        let (seeder_sets, repetitions) = (seeder_sets.unwrap_or(1), repetitions.unwrap_or(1));
        let study = Study { axes, design, seeder_sets, repetitions };
        study.refuse_twice()?;
        study.refuse_output()?;
        study.refuse_foreign_constants()?;
        Ok(study)
    }

    /// Of two axes with one key the second would overrule the first, and so would a table one of its
    /// keys; but for a protocol and its constants.
    fn refuse_twice(&self) -> Result<(), Fault> {
        for (axis, key) in self.keys() {
            let Some(path) = read_key(key).filter(|path| *path != ["protocol"]) else { continue };
            let within =
                |other: &str| read_key(other).is_some_and(|other| other.len() > path.len() && other.starts_with(&path));
            let others = self.keys().filter(|(other, _)| !std::ptr::eq(*other, axis));
            let twice = others.into_iter().find(|(_, inner)| within(inner));
            if let Some((other, inner)) = twice {
                let fault = Fault::new(format!("`{inner}` is swept, and so is `{key}`, of which it is a part"))
                    .expected("one of them, or cells that say both");
                return Err(other.values(inner).last().map_or(fault.clone(), |node| fault.at(node.key)));
            }
        }
        let mut seen = BTreeSet::new();
        for (axis, key) in self.keys() {
            if !seen.insert(read_key(key)) {
                let fault = Fault::new(format!("`{key}` is swept twice")).expected("one list or range for each key");
                return Err(axis.values(key).last().map_or(fault.clone(), |node| fault.at(node.key)));
            }
        }
        Ok(())
    }

    /// What is written down changes no run, so it cannot tell points apart.
    fn refuse_output(&self) -> Result<(), Fault> {
        for axis in &self.axes {
            let output = |key: &str| read_key(key).is_some_and(|keys| keys[0] == "output");
            if let Some(key) = axis.keys.iter().find(|key| output(key)) {
                let expected = "it in the table [output], where it holds for all points";
                let fault = Fault::new(format!("`{key}` cannot be swept")).expected(expected);
                return Err(axis.values(key).next().map_or(fault.clone(), |node| fault.at(node.key)));
            }
        }
        Ok(())
    }

    /// A constant of one protocol means nothing at points that run another.
    fn refuse_foreign_constants(&self) -> Result<(), Fault> {
        for axis in &self.axes {
            // A cell says both what it runs and with which constants.
            let own = axis.keys.iter().any(|key| key == "protocol");
            for (key, point) in axis.points.iter().flat_map(|point| axis.keys.iter().zip(point)) {
                let (Some(owner), Some(node)) = (owner(key), point) else { continue };
                let others = self.axes.iter().filter(|other| !own || !std::ptr::eq(*other, axis));
                let foreign = others.flat_map(|other| other.values("protocol")).find_map(|n| foreign_to(n, &owner));
                foreign.map_or(Ok(()), |other| Err(means_nothing(key, other, node)))?;
            }
            if own {
                axis.refuse_foreign_in_cells()?;
            }
        }
        Ok(())
    }

    pub(super) fn public(&self) -> Sweep {
        Sweep {
            axes: self.axes.iter().map(PlacedAxis::public).collect(),
            design: self.design.clone(),
            seeder_sets: self.seeder_sets,
            repetitions: self.repetitions,
        }
    }

    /// What later layers say of swept keys, to no end, for each point sets these again: an
    /// error where it was said on the command line, and warnings about files, which may
    /// be there for other studies too.
    pub(super) fn overruled(&self, tree: &Table, sources: &Sources) -> (Option<Fault>, Vec<String>) {
        let (mut error, mut warnings) = (None, Vec::new());
        for (axis, key) in self.keys() {
            let Some(listed) = axis.values(key).next() else { continue };
            let later = |node: &Node| sources.rank(node.at) > sources.rank(listed.key);
            let Some(node) = find(tree, key).and_then(|node| axis.overruled(key, node, &later)) else { continue };
            let place = sources.origin(listed.key);
            if sources.is_file(node.at) {
                let origin = sources.origin(node.key);
                warnings.push(format!("`{key}` is swept at {place}, so what {origin} says of it does nothing"));
                continue;
            }
            let fault = Fault::new(format!("`{key}` is swept at {place}, so this would do nothing"));
            let expected = "a key that the sweep leaves alone, or another list there; `codexsim run` takes one value";
            error.get_or_insert(fault.expected(expected).at(node.key));
        }
        (error, warnings)
    }

    /// `fault` of the scenario without a point; where keys are missing, with those that
    /// only the sweep sets.
    pub(super) fn explain(&self, fault: Fault, tree: &Table, sources: &Sources) -> Fault {
        let only_swept = self.keys().filter(|(_, key)| owner(key).is_none() && find(tree, key).is_none());
        let (mut places, mut sets) = (Vec::new(), Vec::new());
        for (axis, key) in only_swept {
            let Some(listed) = axis.values(key).next() else { continue };
            places.push(format!("`{key}` at {}", sources.origin(listed.key)));
            let set = format!("{key}={}", listed.text().map_or_else(|| listed.bare().to_string(), str::to_owned));
            sets.push(if set.contains([' ', '"', '{']) { format!("--set '{set}'") } else { format!("--set {set}") });
        }
        if !fault.is_missing_key() || places.is_empty() {
            return fault;
        }
        fault.help(format!("the sweep alone sets {}; for one run: {}", places.join(", "), sets.join(" ")))
    }

    /// Each swept key with its axis.
    fn keys(&self) -> impl Iterator<Item = (&PlacedAxis, &String)> {
        self.axes.iter().flat_map(|axis| axis.keys.iter().map(move |key| (axis, key)))
    }
}

impl<'a> Said<'a> {
    fn read_table(&mut self, table: &'a Table, path: &str) -> Result<(), Fault> {
        for (name, node) in &table.0 {
            let key = || if path.is_empty() { name.clone() } else { format!("{path}.{}", quoted(name)) };
            match (path, name.as_str(), &node.value) {
                ("", "seeder_sets", _) => self.seeder_sets = Some(count(node)?),
                ("", "repetitions", _) => self.repetitions = Some(count(node)?),
                ("", "design", _) => self.asked.design = Some(node),
                ("", "points", _) => self.asked.points = Some(node),
                (_, _, Value::Array(_)) => self.parts.push(Varied::List(axis(&key(), node)?)),
                (_, _, Value::String(_)) => {
                    refuse_unswept(&key(), node)?;
                    self.parts.push(Varied::Range(PlacedRange::read(&key(), node)?));
                }
                ("", _, Value::Table(inner)) => self.read_table(inner, &quoted(name))?,
                (_, _, Value::Table(inner)) => self.read_table(inner, &key())?,
                _ => {
                    let fault = Fault::new(format!("`{name}` is not a list"))
                        .expected("a list of values to run through, or a range such as \"8..512 log\"");
                    return Err(fault.suggest(name, ["seeder_sets", "repetitions", "points"]).at(node.at));
                }
            }
        }
        Ok(())
    }
}

/// What `tree` says of the dotted `key`.
fn find<'a>(tree: &'a Table, key: &str) -> Option<&'a Node> {
    let path = read_key(key)?;
    let (last, above) = path.split_last()?;
    above.iter().try_fold(tree, |table, name| table.get(name)?.table())?.get(last)
}

/// How many, at least one.
pub(super) fn count(node: &Node) -> Result<u32, Fault> {
    let value: u32 = node.read()?;
    if value == 0 { Err(Fault::new("`0` runs nothing").expected("at least 1").at(node.at)) } else { Ok(value) }
}

/// Reads the table `expect` of the scenario.
pub(super) fn expectations(tree: &Table, sources: &Sources) -> Result<Vec<Expectation>, Fault> {
    let Some(node) = tree.get("expect") else { return Ok(Vec::new()) };
    let table = node.table().ok_or_else(|| Fault::new("wrong type").expected("a table").at(node.at))?;
    let expectation = |(name, node): &(String, Node)| {
        let at = [node.key, node.at].map(|place| Excerpt::of(place, sources));
        Ok(Expectation { name: name.clone(), text: node.read()?, at })
    };
    table.0.iter().map(expectation).collect()
}
