//! Scenarios: from files and command-line settings to a [`Spec`].
//!
//! Three steps. *Layers* (defaults, those of the protocol, what the file extends, the file,
//! overlays, `--set`, a point of a sweep) merge into one tree in which each value knows
//! where it was written. *Names* of models become their contents, in that tree. Out of it
//! the [`Spec`] *reads itself* and checks itself; the tree prints itself.
//!
//! A key of a scenario is a field of the specification: its doc comment, its default, its
//! examples and the dotted key that it is read at stand there, the check beside it. Schema,
//! `explain`, errors and the resolved form follow.
//!
//! ```
//! use codexsim::scenario::{Input, load};
//! let quickstart = load(&Input::default()).unwrap();
//! assert_eq!(quickstart.swarm().unwrap().world.swarm.network_size, 32);
//! let wrong = Input { sets: vec!["swarm.seders=3".into()], ..Input::default() };
//! assert!(load(&wrong).unwrap_err().to_string().contains("did you mean `seeders`?"));
//! ```

mod axis;
mod churn;
mod datasets;
mod de;
mod design;
mod drawn;
mod embedded;
mod error;
mod explain;
mod families;
mod graphs;
mod idle;
mod keys;
mod kind;
mod layers;
mod library;

mod limit;
mod links;
mod models;
mod node_rows;
mod nodes;
mod origins;
mod packs;
mod parse;
mod print;
mod quantity;
mod range;
mod requests;
mod resolve;
mod sampler;
mod schema;
mod settings;
mod source;
mod storage;
mod sweep;
mod system_limits;
mod testbeds;
mod topology;
mod trace;
mod tree;
mod warnings;

#[cfg(test)]
mod tests;

pub use drawn::DrawnPoints;
pub use error::{ScenarioError, nearest};
pub use explain::{Explanation, explain, explainable, keys};
pub use idle::{KeyUse, in_vain};
pub use library::{ModelInfo, models};
pub use limit::LimitTable;
pub use origins::Origin;
pub use packs::{packs, setting_key};
pub use quantity::Quantity;
pub use range::{Range, RangeError};
pub use sampler::Sampler;
pub use schema::schema;
pub use settings::Setting;
pub use testbeds::{CalibratedOn, Conditions, Progress, Testbed, testbed, testbeds};
pub use warnings::warn;

use crate::rng::digest;
use crate::sim::{RunSpec, Spec};
use error::{Excerpt, Fault};
use resolve::Resolved;
use serde::{Deserialize, Serialize};
use source::Sources;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sweep::Study;
use tree::{Node, Table};

/// Where a scenario comes from. Layers, each over the one before: `file`,
/// `testbed` or `pack`, `overlays`, `protocol` and `seed`, `sets`, `options`, `vary` and the design.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// The scenario file; the embedded quickstart when absent.
    pub file: Option<PathBuf>,
    /// Name or path of a testbed whose scenario takes the place of `file`.
    pub testbed: Option<String>,
    /// Name or path of a pack of worlds that takes the place of `file`.
    pub pack: Option<String>,
    /// Files merged over it, in order.
    pub overlays: Vec<PathBuf>,
    /// `key=value`, dotted; a value that is not TOML is taken as a string.
    pub sets: Vec<String>,
    /// What options of a command stand for: each as it is typed, and `key=value`.
    pub options: Vec<(String, String)>,
    /// Name of a protocol model, of a storage run of a system, or the path of one.
    pub protocol: Option<String>,
    /// The seed.
    pub seed: Option<u64>,
    /// Dotted keys that are taken as if nobody had set them.
    pub without: Vec<String>,
    /// Ranges that a study varies keys over, over what its file says of them: each is written
    /// as [`Range::parse`] takes it.
    pub vary: Vec<String>,
    /// The design of the study: `[sweep] design`.
    pub design: Option<String>,
    /// Points of the design: `[sweep] points`.
    pub points: Option<u32>,
}

/// A scenario, ready to run.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Names the scenario and its folder of results.
    pub name: String,
    /// The protocol, of a storage run the system, as it was chosen: the name of a model, or the
    /// path of one.
    pub protocol: String,
    /// What is run.
    pub run: Spec,
    /// What a study varies; nothing without a `[sweep]` table.
    pub sweep: Sweep,
    /// Claims about the results that must hold.
    pub expect: Vec<Expectation>,
    /// The final form as TOML, each value with a comment naming its origin; it
    /// loads to an equal `run`. The sweep is not part of it.
    pub resolved: String,
    /// Digest of what decides the run: of `run`, and of nothing else.
    pub fingerprint: u64,
    /// What was set, in the order of the tables.
    pub settings: Vec<Setting>,
    /// Things to look at before trusting a result.
    pub warnings: Vec<String>,
}

impl Scenario {
    /// What decides the run, for a command that is about swarms.
    ///
    /// # Errors
    /// When it is a run of another kind.
    pub fn swarm(&self) -> Result<&RunSpec, ScenarioError> {
        self.run.swarm().ok_or_else(|| {
            let fault = Fault::new(format!("`{}` is a storage run, and this is about swarms", self.name));
            fault.expected("a scenario without `kind = \"storage\"`").render(&Sources::default())
        })
    }
}

/// What a scenario varies and claims, without a run.
#[derive(Debug, Clone)]
pub struct Outline {
    /// Names the scenario.
    pub name: String,
    /// What its study varies.
    pub sweep: Sweep,
    /// Claims about the results that must hold.
    pub expect: Vec<Expectation>,
    /// What its limit is asked of.
    pub limit: LimitTable,
    /// What was set, in the order of the tables.
    pub settings: Vec<Setting>,
    /// What is wrong with a setting of a swept key on the command line: it does nothing.
    pub overruled: Option<ScenarioError>,
    /// Files that set swept keys, likewise.
    pub warnings: Vec<String>,
}

/// What a study varies. Every combination of points is run.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// Lists of values, in the order of the file.
    pub axes: Vec<Axis>,
    /// What of it was drawn.
    pub design: Option<Design>,
    /// How many sets of seeders to try; at least 1.
    pub seeder_sets: u32,
    /// How many seeds to try; at least 1.
    pub repetitions: u32,
}

impl Sweep {
    /// Whether it varies nothing: the scenario is one run.
    pub fn is_nothing(&self) -> bool {
        self.axes.is_empty() && self.seeder_sets == 1 && self.repetitions == 1
    }
}

/// Points that were drawn from ranges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Design {
    /// How many, how, and of which ranges.
    pub words: String,
    /// The keys that vary together, of which none varies alone.
    pub keys: Vec<String>,
}

/// One list of values.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Dotted keys that vary together: one, two for a list of pairs, several
    /// for cells.
    pub keys: Vec<String>,
    /// The values at each point.
    pub points: AxisPoints,
}

/// Values of an axis: at each point one for each key, or none where the point leaves a constant
/// of a protocol as it is.
#[derive(Debug, Clone, PartialEq)]
pub enum AxisPoints {
    /// They are listed.
    Listed(Vec<Vec<Option<toml::Value>>>),
    /// They are made of what was drawn.
    Drawn(Arc<DrawnPoints>),
}

impl AxisPoints {
    /// How many points there are.
    #[expect(clippy::len_without_is_empty, reason = "an axis has points")]
    pub fn len(&self) -> usize {
        match self {
            AxisPoints::Listed(points) => points.len(),
            AxisPoints::Drawn(points) => points.len(),
        }
    }

    /// Points at which there is a value of every kind: all of a list; of drawn ones those with
    /// every choice and both ends of every range of numbers.
    pub fn telling(&self) -> Vec<usize> {
        match self {
            AxisPoints::Listed(points) => (0..points.len()).collect(),
            AxisPoints::Drawn(points) => points.telling(),
        }
    }

    /// The values at each point.
    pub fn iter(&self) -> impl Iterator<Item = Vec<Option<toml::Value>>> {
        (0..self.len()).map(|point| self.at(point))
    }

    /// The values at `point`.
    pub fn at(&self, point: usize) -> Vec<Option<toml::Value>> {
        match self {
            AxisPoints::Listed(points) => points[point].clone(),
            AxisPoints::Drawn(points) => points.at(point).map(Some).collect(),
        }
    }
}

/// A claim about the results, or what else only other rooms understand, as it is written:
/// this room knows nothing of results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// Its key.
    pub name: String,
    /// What is claimed.
    pub text: String,
    /// Where both are written.
    at: [Excerpt; 2],
}

impl Expectation {
    /// That the key of the claim is wrong, shown at its place; `meant` is the nearest
    /// valid name.
    pub fn wrong_name(&self, message: &str, expected: &str, meant: Option<&str>) -> ScenarioError {
        self.at[0].error(message, expected, meant)
    }

    /// The same of what is claimed.
    pub fn wrong_text(&self, message: &str, expected: &str, meant: Option<&str>) -> ScenarioError {
        self.at[1].error(message, expected, meant)
    }
}

/// Reads a scenario. Each value of the sweep is checked by itself; `run` is the base:
/// what the scenario says outside its `[sweep]`.
///
/// # Errors
/// On anything that cannot be run, showing where it was written.
pub fn load(input: &Input) -> Result<Scenario, ScenarioError> {
    Base::read(input)?.scenario()
}

/// Reads what a scenario varies and claims. Values that only its sweep gives may be
/// missing from the scenario itself; each value of the sweep is checked by itself.
///
/// # Errors
/// On anything that is wrong by itself, showing where it was written.
pub fn outline(input: &Input) -> Result<Outline, ScenarioError> {
    Ok(Base::read(input)?.outline())
}

/// A scenario that was read once, from which the points of its sweep are made.
#[derive(Debug)]
pub struct Base {
    sources: Sources,
    layered: Layered,
    name: String,
}

/// A point of a sweep.
#[derive(Debug, Clone)]
pub struct Point {
    /// The protocol, of a storage run the system, as it was chosen: the name of a model, or the
    /// path of one.
    pub protocol: String,
    /// What is run.
    pub run: Spec,
    /// Things to look at before trusting a result.
    pub warnings: Vec<String>,
    /// Keys that may act at other points alone: see [`in_vain`].
    pub uses: Vec<KeyUse>,
}

impl Base {
    /// Reads all layers. Each value of the sweep is checked by itself.
    ///
    /// # Errors
    /// On anything that is wrong by itself, showing where it was written.
    pub fn read(input: &Input) -> Result<Self, ScenarioError> {
        let mut sources = Sources::default();
        let read = |sources: &mut Sources| {
            let layered = Layered::read(input, sources)?;
            // A cell of the sweep may have a name of its own, which is not the scenario's.
            let name = name(layered.tree.get("name"), input)?;
            Ok((layered, name))
        };
        match read(&mut sources) {
            Ok((layered, name)) => Ok(Base { sources, layered, name }),
            Err(fault) => Err(Fault::render(&fault, &sources)),
        }
    }

    /// What the scenario varies and claims.
    pub fn outline(&self) -> Outline {
        let Layered { tree, study, expect, limit, settings } = &self.layered;
        let (overruled, warnings) = study.overruled(tree, &self.sources);
        let overruled = overruled.map(|fault| fault.render(&self.sources));
        let (name, expect, limit, settings) = (self.name.clone(), expect.clone(), limit.clone(), settings.clone());
        Outline { name, sweep: study.public(), expect, limit, settings, overruled, warnings }
    }

    /// What the scenario says outside its sweep, ready to run.
    ///
    /// # Errors
    /// On anything that cannot be run, showing where it was written.
    pub fn scenario(&self) -> Result<Scenario, ScenarioError> {
        self.whole(None)
    }

    /// The first point of the sweep in full; the base where nothing is swept.
    ///
    /// # Errors
    /// As of [`Base::scenario`].
    pub fn first(&self) -> Result<Scenario, ScenarioError> {
        self.whole(Some(&vec![0; self.layered.study.axes.len()]))
    }

    /// The point at `places`, an index into each axis, ready to run.
    ///
    /// # Errors
    /// As of [`Base::scenario`].
    pub fn point(&self, places: &[usize]) -> Result<Point, ScenarioError> {
        let mut sources = self.sources.clone();
        let resolved = self.layered.resolve(Some(places), &mut sources);
        let resolved = resolved.map_err(|fault| fault.render(&sources))?;
        let Resolved { protocol, run, warnings, uses, .. } = resolved;
        Ok(Point { protocol, run, warnings, uses })
    }

    /// What the scenario says outside its sweep with `settings` (dotted keys and values) over
    /// all layers, ready to run.
    ///
    /// # Errors
    /// As of [`Base::scenario`].
    pub fn with(&self, settings: &[(String, toml::Value)]) -> Result<Point, ScenarioError> {
        let (mut sources, mut tree) = (self.sources.clone(), self.layered.tree.clone());
        let set = |(key, value): &(String, toml::Value)| {
            layers::merge_set(&mut tree, &mut sources, &format!("{key}={value}"), &format!("the varied {key}"))
        };
        let made = settings.iter().try_for_each(set).and_then(|()| resolve::resolve(tree, &mut sources));
        let Resolved { protocol, run, warnings, uses, .. } = made.map_err(|fault| fault.render(&sources))?;
        Ok(Point { protocol, run, warnings, uses })
    }

    fn whole(&self, places: Option<&[usize]>) -> Result<Scenario, ScenarioError> {
        let mut sources = self.sources.clone();
        let resolved = self.layered.resolve(places, &mut sources);
        let resolved = resolved.map_err(|fault| fault.render(&sources))?;
        let Layered { study, expect, settings, .. } = &self.layered;
        Ok(Scenario {
            resolved: print::print(&self.name, resolved.shown(), &sources),
            fingerprint: fingerprint(&resolved.run),
            name: self.name.clone(),
            protocol: resolved.protocol,
            run: resolved.run,
            sweep: study.public(),
            expect: expect.clone(),
            settings: settings.clone(),
            warnings: [resolved.warnings, in_vain([resolved.uses.as_slice()])].concat(),
        })
    }
}

/// All layers but the point of a sweep, each value by itself in order.
#[derive(Debug)]
struct Layered {
    /// Without the lists of the sweep.
    tree: Table,
    study: Study,
    expect: Vec<Expectation>,
    limit: LimitTable,
    settings: Vec<Setting>,
}

impl Layered {
    fn read(input: &Input, sources: &mut Sources) -> Result<Self, Fault> {
        let mut tree = layers::layers(input, sources)?;
        input.without.iter().try_for_each(|key| settings::unset(&mut tree, key, sources))?;
        let settings = settings::settings(&tree, sources);
        let study = Study::take(&mut tree)?;
        let expect = sweep::expectations(&tree, sources)?;
        let limit = limit::limit(&tree, sources)?;
        resolve::structure(&tree, &study, sources)?;
        Ok(Layered { tree, study, expect, limit, settings })
    }

    /// The base or, with `places`, a point of the sweep, with all names looked up.
    fn resolve(&self, places: Option<&[usize]>, sources: &mut Sources) -> Result<Resolved, Fault> {
        let mut tree = self.tree.clone();
        for (axis, place) in self.study.axes.iter().zip(places.unwrap_or_default()) {
            axis.apply(*place, &mut tree, sources)?;
        }
        // A base may lack what each point of its sweep has.
        let explained = |fault, sources: &_| match places {
            None => self.study.explain(fault, &self.tree, sources),
            Some(_) => fault,
        };
        resolve::resolve(tree, sources).map_err(|fault| explained(fault, sources))
    }
}

fn name(given: Option<&Node>, input: &Input) -> Result<String, Fault> {
    given.map_or_else(|| Ok(default_name(input)), Node::read)
}

fn default_name(input: &Input) -> String {
    let file = input.pack.as_deref().map(Path::new).or(input.file.as_deref());
    let stem = file.and_then(Path::file_stem);
    stem.map_or_else(|| "quickstart".into(), |stem| stem.to_string_lossy().into_owned())
}

/// A digest of the serialised form: fields in order, shortest digits.
fn fingerprint(run: &Spec) -> u64 {
    let text = serde_json::to_string(run).expect("a run specification is plain data");
    digest(text.as_bytes())
}
