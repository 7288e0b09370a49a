//! Which runs a comparison consists of.

use crate::scenario::{self, Axis, Input, ScenarioError, Setting};
use crate::sim::Keep;
use crate::study::plan::{Plan, Points, run_id};
use crate::study::{Cell, Kept, PlanError, RunPlace, Values, digest};
use std::path::Path;
use thiserror::Error;

/// Why nothing can be compared.
#[derive(Debug, Error)]
pub enum ImpactError {
    /// A setting is none.
    #[error(transparent)]
    Setting(#[from] ScenarioError),
    /// Pack, model or setting are wrong.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A setting is about what the pack varies.
    #[error(
        "`{set}` has no effect: the pack varies `{key}`\n = expected a setting that holds in all its worlds, or another pack"
    )]
    Varied {
        /// The setting.
        set: String,
        /// The key that varies.
        key: String,
    },
    /// A setting is not about one side.
    #[error(
        "`{0}` is no setting of one side\n = expected a constant of its protocol or a key of the world; --base and --change name the protocols, --pack the worlds"
    )]
    NotOfOneSide(String),
    /// A setting of both sides names a protocol.
    #[error(
        "`{0}` would be the protocol of both sides\n = expected --base and --change for that; --set holds for both"
    )]
    NotOfBothSides(String),
    /// A setting makes a side another protocol than it was said to be.
    #[error(
        "a setting turns `{named}` into `{found}`\n = expected constants of a protocol that both sides run; those of one side with --base-set or --change-set"
    )]
    OtherProtocol {
        /// The model of the side.
        named: String,
        /// What it would run.
        found: String,
    },
    /// A world would count twice.
    #[error(
        "the pack has a world twice: `{0}` and `{1}`\n = expected worlds that differ in their names and in what they set, as each counts once"
    )]
    Twice(String, String),
    /// A pack compares protocols by itself.
    #[error("the pack varies `{0}`, which is what --base and --change are for")]
    NoPack(String),
}

/// One of the two that are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImpactSide {
    /// Name of a protocol model, or the path of one.
    pub model: String,
    /// What else is different: settings over the pack.
    pub sets: Vec<String>,
}

/// What is compared, where, and how surely.
#[derive(Debug, Clone)]
pub struct ImpactRequest {
    /// Name or path of a pack of worlds.
    pub pack: String,
    /// What is there.
    pub base: ImpactSide,
    /// What is proposed.
    pub change: ImpactSide,
    /// Overlays, settings and seed that hold for both.
    pub common: Input,
    /// 1 less the chance that any verdict of a table is wrong, such as 0.95.
    pub confidence: f64,
    /// A change within this is no practical one, such as 0.02.
    pub margin: f64,
    /// Pairs of runs in each world at the most; at least 2.
    pub max_pairs: u32,
}

/// Two sides in the worlds of a pack.
#[derive(Debug, Clone)]
pub struct Duel {
    pub(super) request: ImpactRequest,
    /// What the two are called.
    pub(super) names: [String; 2],
    pub(super) worlds: Vec<ImpactWorld>,
    /// What the plan of any number of pairs says besides points and runs.
    pub(super) plan: Plan,
    /// The worlds of the pack, each with its base and then its change.
    pub(super) cells: Vec<Cell>,
}

/// A world of the pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImpactWorld {
    /// The `name` of its cell, or all that the cell sets.
    pub name: String,
    /// What the cell sets, `key = value`.
    pub settings: String,
}

/// The keys that say what runs, in swarms and in storage: --base and --change do.
const CHOICES: [&str; 2] = ["protocol", "system"];

/// Values of the column `side`.
const SIDES: [&str; 2] = ["base", "change"];

impl Duel {
    /// Reads the pack with both sides.
    ///
    /// # Errors
    /// On anything that cannot be run.
    pub fn new(request: ImpactRequest) -> Result<Duel, ImpactError> {
        let [base, change] = [(&request.base, "--base-set"), (&request.change, "--change-set")]
            .map(|(side, option)| one(&request, side, option));
        let ((base, base_cells), (change, change_cells)) = (base?, change?);
        refuse_twice(&base_cells, &change_cells)?;
        let names = names(&request);
        let sets = base.seeder_sets;
        let worlds = base_cells.iter().flat_map(|cell| (0..sets).map(move |set| world(cell, set, sets))).collect();
        let mut warnings = vec![];
        for (plan, cells) in [(&base, &base_cells), (&change, &change_cells)] {
            let all = plan.warnings.iter().chain(cells.iter().flat_map(|cell| &cell.warnings));
            all.for_each(|warning| scenario::warn(&mut warnings, warning));
        }
        let cells = base_cells.iter().chain(&change_cells);
        warnings.extend(scenario::in_vain(cells.map(|cell| cell.uses.as_slice())));
        warnings.extend(unused(&request));
        let cells = base_cells.into_iter().zip(change_cells).flat_map(|(base, change)| [base, change]).enumerate();
        let cells = cells.map(|(index, cell)| labelled(cell, SIDES[index % 2])).collect();
        let plan = Plan {
            name: title(&request),
            fingerprint: crate::rng::mix(base.fingerprint ^ crate::rng::mix(change.fingerprint)),
            extra: std::iter::once("side".to_owned()).chain(base.extra).collect(),
            warnings,
            points: Points::List { cells: vec![], runs: vec![] },
            kept: Kept { tables: base.kept.tables.max(Keep::Nodes), ..base.kept },
            repetitions: 0,
            ..base
        };
        Ok(Duel { request, names, worlds, plan, cells })
    }

    /// What all runs of both sides are called together.
    pub fn name(&self) -> &str {
        &self.plan.name
    }

    /// What should be looked at before a verdict is trusted.
    pub fn warnings(&self) -> &[String] {
        &self.plan.warnings
    }

    /// The runs of the first `pairs` pairs, pair by pair, so that what is there
    /// after an interruption is mostly whole pairs.
    pub(super) fn plan(&self, pairs: u32) -> Plan {
        let sets = self.plan.seeder_sets;
        let of_pair = |repetition: u32| {
            let points = (0..self.cells.len()).flat_map(move |point| (0..sets).map(move |set| (point, set)));
            points.map(move |(point, seeder_set)| RunPlace { point, seeder_set, repetition })
        };
        let runs = (0..pairs).flat_map(of_pair).collect();
        Plan { repetitions: pairs, points: Points::List { cells: self.cells.clone(), runs }, ..self.plan.clone() }
    }
}

/// The pack with one side, of which `option` sets keys, and its points.
fn one(request: &ImpactRequest, side: &ImpactSide, option: &str) -> Result<(Plan, Vec<Cell>), ImpactError> {
    request.common.sets.iter().try_for_each(|set| refuse_choice(set))?;
    side.sets.iter().try_for_each(|set| refuse_common(set))?;
    let mut input = request.common.clone();
    input.pack = Some(request.pack.clone());
    input.protocol = Some(side.model.clone());
    input.options = side.sets.iter().map(|set| (format!("{option} {set}"), set.clone())).collect();
    let axes = scenario::outline(&input).map_err(PlanError::Scenario)?.sweep.axes;
    refuse_protocols(&axes)?;
    input.sets.iter().chain(&side.sets).try_for_each(|set| refuse_varied(set, &axes))?;
    let plan = Plan::new(&input)?;
    let cells = plan.cells()?;
    refuse_other(&cells, side)?;
    Ok((plan, cells))
}

/// One world must not have the weight of two.
fn refuse_twice(base: &[Cell], change: &[Cell]) -> Result<(), ImpactError> {
    let runs = |cell: &Cell| run_id(&cell.base);
    let worlds: Vec<_> = base.iter().zip(change).map(|(a, b)| (world(a, 0, 1).name, runs(a), runs(b))).collect();
    for (index, (name, a, b)) in worlds.iter().enumerate() {
        let same = worlds[..index].iter().find(|(other, x, y)| other == name || (x, y) == (a, b));
        if let Some((other, ..)) = same {
            return Err(ImpactError::Twice(other.clone(), name.clone()));
        }
    }
    Ok(())
}

/// What pack and overlays say about protocols, which --base and --change name.
fn unused(request: &ImpactRequest) -> Vec<String> {
    let of_world = |set: &&String| scenario::setting_key(set).is_ok_and(|keys| !CHOICES.contains(&keys[0].as_str()));
    let sets = request.common.sets.iter().filter(of_world).cloned().collect();
    let worlds = Input { pack: Some(request.pack.clone()), sets, ..request.common.clone() };
    // What is wrong without a side may be right with one, and is told there if it is not.
    let settings = scenario::outline(&worlds).map(|outline| outline.settings).unwrap_or_default();
    let chosen = settings.into_iter().filter(|setting| CHOICES.contains(&setting.key.as_str()));
    chosen
        .map(|Setting { key, value, origin }| {
            format!("`{key} = {value}` ({origin}) is not used: --base and --change name the {key}s")
        })
        .collect()
}

/// The protocol is what the sides differ in.
fn refuse_choice(set: &str) -> Result<(), ImpactError> {
    let keys = scenario::setting_key(set)?;
    let chosen = keys.len() == 1 && CHOICES.contains(&keys[0].as_str());
    if chosen { Err(ImpactError::NotOfBothSides(set.into())) } else { Ok(()) }
}

/// A constant of another protocol chooses that one.
fn refuse_other(cells: &[Cell], side: &ImpactSide) -> Result<(), ImpactError> {
    let other = cells.iter().map(|cell| &cell.protocol).find(|found| **found != side.model);
    other.map_or(Ok(()), |found| Err(ImpactError::OtherProtocol { named: side.model.clone(), found: found.clone() }))
}

fn refuse_protocols(axes: &[Axis]) -> Result<(), ImpactError> {
    let keys = axes.iter().flat_map(|axis| &axis.keys);
    let of_protocol = |key: &&String| key.split('.').next().is_some_and(|first| CHOICES.contains(&first));
    keys.clone().find(of_protocol).map_or(Ok(()), |key| Err(ImpactError::NoPack(key.clone())))
}

/// Both sides have the same worlds, and their protocols have been named.
fn refuse_common(set: &str) -> Result<(), ImpactError> {
    let keys = scenario::setting_key(set)?;
    let common = ["sweep", "expect", "limit", "name"].contains(&keys[0].as_str())
        || CHOICES.iter().any(|choice| keys == [*choice]);
    if common { Err(ImpactError::NotOfOneSide(set.into())) } else { Ok(()) }
}

/// Values of a sweep win over settings, which would do nothing without a word.
fn refuse_varied(set: &str, axes: &[Axis]) -> Result<(), ImpactError> {
    let own = scenario::setting_key(set)?;
    for key in axes.iter().flat_map(|axis| &axis.keys) {
        let varied = scenario::setting_key(&format!("{key}=0"))?;
        if own.starts_with(&varied) || varied.starts_with(&own) {
            return Err(ImpactError::Varied { set: set.into(), key: key.clone() });
        }
    }
    Ok(())
}

/// A name for the runs and their folder, which another comparison does not have:
/// pack and models, and a digest of what these do not show.
fn title(request: &ImpactRequest) -> String {
    // Three of them and the rest are less than the 255 bytes of a file name.
    const MOST: usize = 64;
    let models = [&request.pack, &request.base.model, &request.change.model];
    let short = models.map(|model| {
        let stem = stem(model);
        stem.char_indices().take_while(|(at, c)| at + c.len_utf8() <= MOST).map(|(_, c)| c).collect::<String>()
    });
    let Input { overlays, sets, seed, .. } = &request.common;
    let hidden = (
        models.map(|model| Some(model).filter(|model| **model != stem(model))),
        (&request.base.sets, &request.change.sets),
        (overlays, sets, seed),
    );
    let nothing = (models.map(|_| None), (&vec![], &vec![]), (&vec![], &vec![], &None));
    let digest = format!("-{:08x}", digest(format!("{hidden:?}").as_bytes()) as u32);
    format!("impact-{}{}", short.join("-"), if hidden == nothing { "" } else { &digest })
}

/// `own/codex-v4.toml` is called `codex-v4`.
fn stem(name: &str) -> String {
    let path = Path::new(name);
    let stem = if path.extension().is_some_and(|end| end == "toml") { path.file_stem() } else { path.file_name() };
    stem.unwrap_or_default().to_string_lossy().into_owned()
}

/// What the two sides are called: the model and what was set; where that is the
/// same, which side it is.
fn names(request: &ImpactRequest) -> [String; 2] {
    let name = |side: &ImpactSide| match side.sets.as_slice() {
        [] => stem(&side.model),
        sets => format!("{} ({})", stem(&side.model), sets.join(", ")),
    };
    let both = [name(&request.base), name(&request.change)];
    if both[0] != both[1] { both } else { SIDES.map(|side| format!("{} ({side})", both[0])) }
}

fn world(cell: &Cell, set: u32, sets: u32) -> ImpactWorld {
    let name = cell.values.get("name");
    let settings = Values(cell.values.0.iter().filter(|(key, _)| key != "name").cloned().collect()).describe();
    let name = if name.is_empty() { settings.clone() } else { name };
    ImpactWorld { name: if sets == 1 { name } else { format!("{name}, seeder set {set}") }, settings }
}

fn labelled(mut cell: Cell, side: &str) -> Cell {
    cell.values.0.insert(0, ("side".into(), side.into()));
    cell
}
