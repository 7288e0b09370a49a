//! What of a scenario is varied, and what is looked at.

use super::SensitivityRequest;
use super::refused::refused;
use crate::results::{Measure, RunRow, TableRow};
use crate::scenario::{Axis, AxisPoints, Base, Outline, Quantity, Range, ScenarioError, Setting, Sweep, in_vain};
use crate::sim::{Keep, Spec};
use crate::study::doctor::decides_a_run;
use crate::study::values::extra_columns;
use crate::study::{Cell, Kept, Plan, PlanError, Values, run_id};
use thiserror::Error;

/// By how much a number of the scenario is varied to both sides where no range is given.
const FACTOR: f64 = 2.0;
/// What is commonly asked of swarms and of storage.
const OF_SWARM: [&str; 2] = ["download_time_p95_s", "wire_per_payload"];
const OF_STORAGE: [&str; 2] = ["unit_loss", "repair_per_stored_byte_year"];

/// Why no sensitivity can be looked for.
#[derive(Debug, Error)]
pub enum SensitivityError {
    /// The scenario is wrong.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// So is one of its points.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A key is no input.
    #[error("`{0}` is no input\n = expected a key that decides a run; the seed is varied without being asked to")]
    NoInput(String),
    /// A key has two ranges.
    #[error("`{0}` is varied twice\n = expected one range for each key")]
    Twice(String),
    /// A measure is asked for again.
    #[error("`{0}` is measured twice\n = expected each measure once")]
    MeasuredTwice(String),
    /// There is nothing to vary.
    #[error("`{0}` sets no number that could be varied\n = expected --vary key=LOW..HIGH")]
    NoInputs(String),
    /// A measure is of runs of the other kind.
    #[error("`{measure}` is nothing of a {kind} run\n = expected a measure of those, such as {example}")]
    OtherKind {
        /// The measure.
        measure: String,
        /// The kind that is run.
        kind: &'static str,
        /// One that there is.
        example: &'static str,
    },
    /// Some values cannot be run together.
    #[error("{source}\n(at the point {point}, which the ranges allow)\n = {narrow}; nothing was run")]
    Refused {
        /// The values.
        point: String,
        /// What is wrong.
        source: ScenarioError,
        /// What to do.
        narrow: String,
    },
}

/// A setting that is not varied though no range was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its key.
    pub key: String,
    /// Why.
    pub reason: String,
}

/// A scenario with the ranges of its inputs.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) name: String,
    /// What the scenario varies itself.
    pub(super) sweep: Sweep,
    pub(super) base: Base,
    pub(super) ranges: Vec<Range>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) measures: Vec<&'static Measure>,
    pub(super) of_logarithms: bool,
    pub(super) places: usize,
    pub(super) pairs: usize,
    pub(super) repetitions: u32,
    /// Seed of all chance, and which seeders.
    pub(super) seed: u64,
    pub(super) seeder_set: u32,
    /// What the plan of any of its runs says besides points.
    pub(super) plan: Plan,
    pub(super) warnings: Vec<String>,
}

impl Asked {
    pub(super) fn new(request: SensitivityRequest) -> Result<Asked, SensitivityError> {
        let base = Base::read(&request.input)?;
        let Outline { name, settings, sweep, .. } = base.outline();
        let (mut ranges, mut left_out) = (request.vary, vec![]);
        if ranges.is_empty() {
            (ranges, left_out) = numbers(&base, &settings)?;
        }
        if ranges.is_empty() {
            return Err(SensitivityError::NoInputs(name));
        }
        check(&ranges)?;
        let middle = point(&base, &ranges, &vec![0.5; ranges.len()])?;
        let of_swarm = middle.base.swarm().is_some();
        let measures = measures(request.measures, of_swarm)?;
        let plan = template(&name, &base, &middle, &ranges, &measures, request.repetitions);
        Ok(Asked {
            name,
            sweep,
            ranges,
            left_out,
            measures,
            of_logarithms: request.of_logarithms,
            places: request.places,
            pairs: request.pairs,
            repetitions: request.repetitions,
            seed: middle.base.seed(),
            seeder_set: middle.base.seeder_set(),
            plan,
            warnings: [middle.warnings, in_vain([middle.uses.as_slice()])].concat(),
            base,
        })
    }
}

/// The point at `shares` of all ranges.
pub(super) fn point(base: &Base, ranges: &[Range], shares: &[f64]) -> Result<Cell, SensitivityError> {
    let values = ranges.iter().zip(shares).map(|(range, share)| (range.key.clone(), range.at(*share)));
    Cell::with(base, Values(values.collect())).map_err(|error| refused(base, error, ranges, shares))
}

fn check(ranges: &[Range]) -> Result<(), SensitivityError> {
    for (index, range) in ranges.iter().enumerate() {
        if !decides_a_run(&range.key) {
            return Err(SensitivityError::NoInput(range.key.clone()));
        }
        if ranges[..index].iter().any(|other| other.key == range.key) {
            return Err(SensitivityError::Twice(range.key.clone()));
        }
    }
    Ok(())
}

/// The numbers that the scenario sets, each as far around its value as it can be run beside the others; the
/// settings that are none of these, and why.
fn numbers(base: &Base, settings: &[Setting]) -> Result<(Vec<Range>, Vec<LeftOut>), SensitivityError> {
    let (mut ranges, mut left_out) = (vec![], vec![]);
    // That there is a base at all is no matter of ranges.
    base.scenario()?;
    for setting in settings.iter().filter(|setting| decides_a_run(&setting.key)) {
        match around(base, setting, &ranges) {
            Ok(range) => ranges.push(range),
            Err(reason) => left_out.push(LeftOut { key: setting.key.clone(), reason }),
        }
    }
    Ok((ranges, left_out))
}

fn around(base: &Base, setting: &Setting, chosen: &[Range]) -> Result<Range, String> {
    let Setting { key, value, .. } = setting;
    let table = format!("x = {value}").parse::<toml::Table>();
    let found = table.ok().and_then(|table| Quantity::read(table.get("x")?)).ok_or("not a number")?;
    let (unit, value) = found;
    if value <= 0.0 {
        return Err("0 has no half and no double".into());
    }
    let (half, double) = (unit.above_zero(value / FACTOR), unit.round(value * FACTOR));
    let text = |number: f64| unit.toml(number).to_string().replace('"', "");
    let mut refusal = None;
    for (low, high) in [(half, double), (half, value), (value, double)].into_iter().filter(|(low, high)| low < high) {
        let range = Range::of(key, &format!("{}..{} log", text(low), text(high)));
        let tried = range.map_err(|error| first_line(&error)).and_then(|range| beside(base, chosen, range));
        match tried {
            Ok(range) => return Ok(range),
            Err(reason) => refusal = refusal.or(Some(reason)),
        }
    }
    Err(refusal.unwrap_or("it has no other value near".into()))
}

/// `range`, if both its ends can be run beside the low and beside the high ends of `chosen`.
fn beside(base: &Base, chosen: &[Range], range: Range) -> Result<Range, String> {
    for (own, others) in [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)] {
        let shares = chosen.iter().map(|other| (other, others)).chain([(&range, own)]);
        let values = shares.map(|(range, share)| (range.key.clone(), range.at(share)));
        Cell::with(base, Values(values.collect())).map_err(|error| first_line(&error))?;
    }
    Ok(range)
}

fn first_line(error: &impl std::fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// Those that were asked for, which there are in runs of this kind; the common ones where none
/// was.
fn measures(asked: Vec<&'static Measure>, of_swarm: bool) -> Result<Vec<&'static Measure>, SensitivityError> {
    let (kind, common) = if of_swarm { ("swarm", OF_SWARM) } else { ("storage", OF_STORAGE) };
    if let Some(measure) = asked.iter().find(|measure| !measure.is_of(!of_swarm)) {
        return Err(SensitivityError::OtherKind { measure: measure.name.clone(), kind, example: common[0] });
    }
    if let Some(at) = (1..asked.len()).find(|at| asked[..*at].iter().any(|other| other.name == asked[*at].name)) {
        return Err(SensitivityError::MeasuredTwice(asked[at].name.clone()));
    }
    let named = |name| Measure::named(name).expect("a test names all of them");
    Ok(if asked.is_empty() { common.map(named).into() } else { asked })
}

fn template(
    name: &str,
    base: &Base,
    middle: &Cell,
    ranges: &[Range],
    measures: &[&'static Measure],
    repetitions: u32,
) -> Plan {
    let has_column = |measure: &&&Measure| RunRow::KIND.columns.iter().any(|column| column.name == measure.name);
    let of_swarm = middle.base.swarm().is_some();
    let by_row = !of_swarm || measures.iter().all(|measure| has_column(&measure));
    let axis = |range: &Range| Axis {
        keys: vec![range.key.clone()],
        points: AxisPoints::Listed([0.0, 1.0].map(|share| vec![Some(range.at(share))]).into()),
    };
    let axes: Vec<Axis> = ranges.iter().map(axis).collect();
    Plan {
        // A base may lack what each of its points has.
        resolved: base.scenario().map(|scenario| scenario.resolved).unwrap_or_default(),
        fingerprint: u64::from_str_radix(&run_id(&middle.base), 16).expect("16 hex digits"),
        extra: extra_columns(&axes),
        repetitions,
        kept: Kept { tables: if by_row { Keep::Row } else { Keep::Nodes }, progress_steps: 0 },
        of_swarm,
        ..Plan::list(&format!("sensitivity-{name}"), vec![], vec![])
    }
}

/// The run of `cell` under a seed of its own, and all its repetitions with it.
pub(super) fn under(cell: &Cell, seed: u64, seeder_set: u32) -> Cell {
    let base: Spec = cell.base.again(seed, seeder_set);
    Cell { base, ..cell.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_the_common_measures() {
        for (names, of_swarm) in [(OF_SWARM, true), (OF_STORAGE, false)] {
            let found = measures(vec![], of_swarm).unwrap();
            assert_eq!(found.iter().map(|measure| measure.name.as_str()).collect::<Vec<_>>(), names);
            assert_eq!(measures(found, of_swarm).unwrap().len(), 2, "of their kind");
        }
        let wrong = measures(vec![Measure::named("any_loss").unwrap()], true).unwrap_err().to_string();
        assert!(wrong.contains("`any_loss` is nothing of a swarm run"), "{wrong}");
        let wrong = measures(vec![Measure::named("t100_s").unwrap()], false).unwrap_err().to_string();
        assert!(wrong.contains("`t100_s` is nothing of a storage run"), "{wrong}");
    }
}
