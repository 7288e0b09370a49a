//! What makes the points of a sweep of its lists and ranges.

use super::axis::PlacedAxis;
use super::error::{Fault, one_of};
use super::range::FORM;
use super::sampler::Sampler;
use super::tree::Node;
use super::{Design, DrawnPoints, Range, RangeError};

/// A part of a sweep, in the order of the file.
#[derive(Debug)]
pub(super) enum Varied {
    /// A list of points.
    List(PlacedAxis),
    /// Values to draw from.
    Range(PlacedRange),
}

/// A [`Range`] that knows where it was written.
#[derive(Debug)]
pub(super) struct PlacedRange {
    range: Range,
    node: Node,
}

/// How lists and ranges become axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// Each is an axis of the grid; of a range so many values, evenly.
    Grid,
    /// All together are one axis: the first value of each, the second of each.
    Zip,
    /// All ranges together are one axis of drawn points, each list is another one.
    Drawn(Sampler),
}

/// What designs are called.
const NAMES: [&str; 5] = ["grid", "zip", "random", "lhs", "sobol"];

/// The design of a sweep, as it is written: which, and how many points.
#[derive(Debug, Default)]
pub(super) struct Asked<'a> {
    pub(super) design: Option<&'a Node>,
    pub(super) points: Option<&'a Node>,
}

/// What a range looks like where its key is written by itself.
fn within_a_file() -> String {
    FORM.replace("key=", "").replace("swarm.network_size=8..512", "\"8..512\"")
}

impl PlacedRange {
    /// The values of `key` that stand at `node` as a text.
    pub(super) fn read(key: &str, node: &Node) -> Result<PlacedRange, Fault> {
        let text = node.text().unwrap_or_default();
        let fault = |error| match error {
            RangeError::NoRange { why, .. } => Fault::new(format!("`{key}` is neither a list nor a range: {why}"))
                .expected(format!("a list of values to run through, or a range: {}", within_a_file()))
                .at(node.at),
            RangeError::Unknown { meant, .. } => {
                let own = ["seeder_sets", "repetitions", "design", "points"];
                let fault = Fault::new(format!("unknown key `{key}`"))
                    .expected("a dotted key such as \"swarm.seeders\" with a list or a range");
                fault.suggest(key, own.into_iter().chain(meant.as_deref())).at(node.key)
            }
            RangeError::NoKey(_) => Fault::new("no key").expected("a dotted key").at(node.key),
        };
        Ok(PlacedRange { range: Range::of(key, text).map_err(fault)?, node: node.clone() })
    }

    fn placed(&self, value: &toml::Value) -> Node {
        Node::from_bare(value, self.node.at).moved(self.node.key, self.node.at)
    }

    /// An axis of the grid, or a list to zip.
    fn axis(&self, values: &[toml::Value]) -> PlacedAxis {
        let points = values.iter().map(|value| vec![Some(self.placed(value))]).collect();
        PlacedAxis::list(vec![self.range.key.clone()], points)
    }
}

impl Asked<'_> {
    /// The axes that `parts` make, and what was drawn for them by `seed`.
    pub(super) fn axes(&self, parts: Vec<Varied>, seed: u64) -> Result<(Vec<PlacedAxis>, Option<Design>), Fault> {
        let how = self.how(&parts)?;
        let axes = match how {
            How::Grid => self.grid(parts)?,
            How::Zip => self.zip(parts)?,
            How::Drawn(sampler) => return self.drawn(parts, sampler, seed),
        };
        Ok((axes, None))
    }

    fn how(&self, parts: &[Varied]) -> Result<How, Fault> {
        let Some(node) = self.design else {
            // Choices alone are lists, unless it is said how many points are to be drawn.
            let is_choice = |placed: &PlacedRange| placed.range.choices().is_some() && self.points.is_none();
            let is_drawn = |part: &Varied| matches!(part, Varied::Range(placed) if !is_choice(placed));
            return Ok(if parts.iter().any(is_drawn) { How::Drawn(Sampler::Sobol) } else { How::Grid });
        };
        let name: String = node.read()?;
        match name.as_str() {
            "grid" => Ok(How::Grid),
            "zip" => Ok(How::Zip),
            _ => Sampler::ALL.into_iter().find(|sampler| sampler.name() == name).map(How::Drawn).ok_or_else(|| {
                Fault::new(format!("unknown design `{name}`")).expected(one_of(NAMES)).suggest(&name, NAMES).at(node.at)
            }),
        }
    }

    fn grid(&self, parts: Vec<Varied>) -> Result<Vec<PlacedAxis>, Fault> {
        let numbers = |part: &Varied| matches!(part, Varied::Range(placed) if placed.range.choices().is_none());
        if !parts.iter().any(numbers) {
            self.refuse_points("lists have values of their own")?;
        }
        let axis = |part| match part {
            Varied::List(axis) => Ok(axis),
            Varied::Range(placed) => {
                let count = if placed.range.choices().is_some() { 1 } else { self.points(&placed)? };
                placed.axis(&placed.range.steps(count as usize)).without_repetition()
            }
        };
        parts.into_iter().map(axis).collect()
    }

    /// Lists of one length, each a column of the one axis.
    fn zip(&self, parts: Vec<Varied>) -> Result<Vec<PlacedAxis>, Fault> {
        self.refuse_points("a zip has as many points as its lists have values")?;
        let list = |part| match part {
            Varied::List(axis) => Ok(axis),
            Varied::Range(placed) if placed.range.choices().is_some() => Ok(placed.axis(&placed.range.steps(1))),
            Varied::Range(placed) => {
                Err(Fault::new(format!("`{}` is a range, and a zip is of lists", placed.range.key))
                    .expected("a list of values such as [8, 16], or another design")
                    .at(placed.node.at))
            }
        };
        let mut lists = parts.into_iter().map(list);
        let Some(mut all) = lists.next().transpose()? else { return Ok(vec![]) };
        for list in lists {
            let list = list?;
            if list.len() != all.len() {
                let names = [&all, &list].map(|axis| axis.keys[axis.keys.len() - 1].clone());
                let fault = Fault::new(format!(
                    "`{}` has {} values, and `{}` has {}",
                    names[0],
                    all.len(),
                    names[1],
                    list.len()
                ))
                .expected(
                    "lists of one length, which vary together; without `design = \"zip\"` all combinations are run",
                );
                return Err(list
                    .points
                    .iter()
                    .flatten()
                    .flatten()
                    .next()
                    .map_or(fault.clone(), |node| fault.at(node.key)));
            }
            all.keys.extend(list.keys);
            all.points.iter_mut().zip(list.points).for_each(|(point, more)| point.extend(more));
        }
        Ok(vec![all.with_the_protocol_first().without_repetition()?])
    }

    fn drawn(
        &self,
        parts: Vec<Varied>,
        sampler: Sampler,
        seed: u64,
    ) -> Result<(Vec<PlacedAxis>, Option<Design>), Fault> {
        let ranges =
            || parts.iter().filter_map(|part| if let Varied::Range(placed) = part { Some(placed) } else { None });
        let Some(first) = ranges().next() else {
            let fault = Fault::new(format!("`{}` has no ranges to draw from", sampler.name()));
            let node = self.design.or(self.points);
            let fault = fault.expected("a range such as \"swarm.network_size\" = \"8..512 log\" beside it");
            return Err(node.map_or(fault.clone(), |node| fault.at(node.at)));
        };
        let count = self.points(first)? as usize;
        if let Some(why) = sampler.refusal(ranges().count(), count) {
            let fault = Fault::new(why).expected("fewer, or `random`");
            return Err(self.points.map_or(fault.clone(), |node| fault.at(node.at)));
        }
        let axis = axis_of(&ranges().collect::<Vec<_>>(), sampler, count, seed);
        let words: Vec<String> = ranges().map(|placed| format!("{} = {}", placed.range.key, placed.range)).collect();
        let design = Design {
            words: format!("{} points by {} of {}", axis.len(), sampler.name(), words.join(", ")),
            keys: axis.keys.clone(),
        };
        // Where the first range stands.
        let before = parts.iter().take_while(|part| matches!(part, Varied::List(_))).count();
        let lists = parts.into_iter().filter_map(|part| if let Varied::List(axis) = part { Some(axis) } else { None });
        let mut axes: Vec<PlacedAxis> = lists.collect();
        axes.insert(before, axis);
        Ok((axes, Some(design)))
    }

    /// How many points there are to be of `range`.
    fn points(&self, range: &PlacedRange) -> Result<u32, Fault> {
        let Some(node) = self.points else {
            return Err(Fault::new(format!("how many points of the range of `{}`?", range.range.key))
                .expected("`points = 64` or another number in [sweep], or --points")
                .at(range.node.at));
        };
        super::sweep::count(node)
    }

    /// Where nothing is drawn, a number of points does nothing.
    fn refuse_points(&self, why: &str) -> Result<(), Fault> {
        let Some(node) = self.points else { return Ok(()) };
        let fault = Fault::new(format!("`points` does nothing here: {why}"));
        Err(fault.expected("a range such as \"swarm.network_size\" = \"8..512 log\"").at(node.key))
    }
}

/// `count` points of `ranges`, of which each has a side of the cube that is sampled.
fn axis_of(ranges: &[&PlacedRange], sampler: Sampler, count: usize, seed: u64) -> PlacedAxis {
    let mut sides: Vec<usize> = (0..ranges.len()).collect();
    // The protocol before all else, or a constant would be set for the one of the base.
    sides.sort_by_key(|side| ranges[*side].range.key != "protocol");
    let drawn = sampler.sides(ranges.len(), count, seed);
    let shares: Vec<Vec<f64>> = sides.iter().map(|side| drawn[*side].clone()).collect();
    let ordered = || sides.iter().map(|side| ranges[*side]);
    let points = DrawnPoints::new(ordered().map(|placed| placed.range.clone()).collect(), &shares);
    let keys = ordered().map(|placed| placed.range.key.clone()).collect();
    PlacedAxis::drawn(keys, points, ordered().map(|placed| (placed.node.key, placed.node.at)).collect())
}
