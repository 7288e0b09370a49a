//! Which settings of a scenario do anything, and what its result hangs on
//! besides: one paired run without each setting, runs with other orders of equal
//! times, and runs with other seeds.

use super::batch::batch;
use super::plan::repetition_seed;
use super::{Host, digest};
use crate::ledger::{Outcome, TimerUse};
use crate::results::median;
use crate::scenario::{self, Input, Scenario, ScenarioError, Setting, Sweep};
use crate::sim::RunSpec;
use crate::units::Time;
use serde::Serialize;

/// Keys that decide nothing of a run by themselves, or are chance itself.
const NOT_ASKED: [&str; 7] = ["name", "seed", "tie_salt", "series_interval", "sweep", "expect", "output"];
/// Other orders of equal times, and other seeds, that are tried.
const OTHERS: u32 = 8;

/// What there is to find out about a scenario.
#[derive(Debug)]
pub struct Doctor {
    base: Scenario,
    settings: Vec<(Setting, Without)>,
}

/// The scenario without one setting.
#[derive(Debug)]
enum Without {
    /// It is the same run.
    Same,
    /// Another one.
    Other(Box<RunSpec>),
    /// There is none.
    Refused(String),
}

/// A run at a glance.
#[derive(Debug, Clone, PartialEq)]
pub struct Glance {
    /// Digest of its events.
    pub fingerprint: u64,
    /// As in `runs.csv`.
    pub makespan_s: Option<f64>,
    /// As in `runs.csv`.
    pub t100_median_s: Option<f64>,
    /// As in `runs.csv`.
    pub wire_bytes: u64,
    checkpoints: Vec<(Time, u64)>,
}

/// What a setting does.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// It says what would hold anyway.
    Default,
    /// The run is the same without it, event by event.
    None,
    /// Without it the run is another.
    Changes {
        /// The simulated second up to which both are the same.
        same_until_s: f64,
        /// The run without it.
        without: Glance,
    },
    /// The scenario cannot be run without it, for this reason.
    Needed(String),
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// Name of the scenario.
    pub name: String,
    /// The run as it is.
    pub base: Glance,
    /// What each setting does, in the order of the tables.
    pub settings: Vec<(Setting, Effect)>,
    /// What the protocol's timers did.
    pub timers: Vec<TimerUse>,
    /// What the run itself says: features that never acted, and so on.
    pub warnings: Vec<String>,
    /// Runs with equal times in other orders.
    pub ties: Vec<Glance>,
    /// Runs with other seeds.
    pub seeds: Vec<Glance>,
}

/// A finding for programs: a setting, a timer, or a dependence. Fields that do
/// not apply are empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct FindingRow {
    /// `setting`, `timer`, `tie_salt` or `seed`.
    pub kind: &'static str,
    /// The key, the timer, or which other run.
    pub name: String,
    /// The setting's value.
    pub value: String,
    /// Where it was written.
    pub origin: String,
    /// `none`, `default`, `changes` or `needed`.
    pub effect: &'static str,
    /// The makespan without it (or of the other run) over that as it is.
    pub makespan_ratio: Option<f64>,
    /// The same of all bytes on the wire.
    pub wire_ratio: Option<f64>,
    /// Times the timer was set.
    pub armed: Option<u64>,
    /// Times it came up.
    pub fired: Option<u64>,
    /// Times its node did something then.
    pub acted: Option<u64>,
}

impl Diagnosis {
    /// Everything that was found, in the order of the tables.
    pub fn rows(&self) -> Vec<FindingRow> {
        let settings = self.settings.iter().map(|(setting, effect)| {
            let Setting { key: name, value, origin } = setting.clone();
            let row = FindingRow { kind: "setting", name, value, origin, effect: effect.word(), ..Default::default() };
            match effect {
                Effect::Changes { without, .. } => self.beside(row, without),
                _ => row,
            }
        });
        let timers = self.timers.iter().map(|timer| FindingRow {
            kind: "timer",
            name: timer.name.clone(),
            armed: Some(timer.armed),
            fired: Some(timer.fired),
            acted: Some(timer.acted),
            ..Default::default()
        });
        let others = [("tie_salt", &self.ties), ("seed", &self.seeds)].into_iter().flat_map(|(kind, runs)| {
            let row = move |index: usize| FindingRow { kind, name: index.to_string(), ..Default::default() };
            runs.iter().enumerate().map(move |(index, run)| self.beside(row(index + 1), run))
        });
        settings.chain(timers).chain(others).collect()
    }

    /// `row` with how `other` compares with the run as it is.
    fn beside(&self, row: FindingRow, other: &Glance) -> FindingRow {
        let makespan_ratio = other.makespan_s.zip(self.base.makespan_s).map(|(other, base)| other / base);
        let wire_ratio = (self.base.wire_bytes > 0).then(|| other.wire_bytes as f64 / self.base.wire_bytes as f64);
        FindingRow { makespan_ratio, wire_ratio, ..row }
    }
}

impl Effect {
    /// The word used in rows.
    pub const fn word(&self) -> &'static str {
        match self {
            Effect::Default => "default",
            Effect::None => "none",
            Effect::Changes { .. } => "changes",
            Effect::Needed(_) => "needed",
        }
    }
}

impl Glance {
    fn of(outcome: &Outcome) -> Glance {
        let start = outcome.leechers().map(|n| n.start).min().unwrap_or(Time::ZERO);
        let ends = outcome.leechers().filter_map(|n| n.milestones.all);
        Glance {
            fingerprint: outcome.fingerprint,
            makespan_s: outcome.makespan().map(Time::secs),
            t100_median_s: median(&ends.map(|end| end.since(start).secs()).collect::<Vec<_>>()),
            wire_bytes: outcome.wire_bytes(),
            checkpoints: outcome.checkpoints.clone(),
        }
    }

    /// The last checkpoint at which this run and `other` are the same.
    fn same_until(&self, other: &Glance) -> f64 {
        let pairs = self.checkpoints.iter().zip(&other.checkpoints);
        pairs.take_while(|(a, b)| a == b).last().map_or(0.0, |(a, _)| a.0.secs())
    }
}

impl Doctor {
    /// The base of the scenario that `input` describes, and what it is without
    /// each of its settings.
    ///
    /// # Errors
    /// When the scenario itself is wrong.
    pub fn new(input: &Input) -> Result<Doctor, ScenarioError> {
        let base = scenario::load(input)?;
        let asked = |setting: &&Setting| {
            let table = setting.key.split('.').next().unwrap_or_default();
            !NOT_ASKED.contains(&table)
        };
        let settings = base.settings.iter().filter(asked).map(|s| (s.clone(), without(input, s, &base.run))).collect();
        Ok(Doctor { base, settings })
    }

    /// What the scenario varies, which is not examined.
    pub fn sweep(&self) -> &Sweep {
        &self.base.sweep
    }

    /// Carries the runs out, on so many threads (0: one a core); nothing when
    /// interrupted.
    pub fn examine(self, threads: usize, host: &dyn Host) -> Option<Diagnosis> {
        let base = &self.base.run;
        let ties = (1..=OTHERS).map(|salt| RunSpec { tie_salt: digest(&salt.to_le_bytes()), ..base.clone() });
        let seeds = (1..=OTHERS).map(|r| RunSpec { seed: repetition_seed(base.seed, r), ..base.clone() });
        let others = self.settings.iter().filter_map(|(_, without)| match without {
            Without::Other(spec) => Some((**spec).clone()),
            _ => None,
        });
        let specs: Vec<RunSpec> = std::iter::once(base.clone()).chain(ties).chain(seeds).chain(others).collect();
        let looked =
            |_: &RunSpec, outcome: &Outcome| (Glance::of(outcome), outcome.timers.clone(), outcome.warnings.clone());
        let mut looked = batch(&specs, threads, host, looked)?.into_iter();
        let (first, timers, warnings) = looked.next()?;
        let mut glances = looked.map(|(glance, ..)| glance);
        let ties = glances.by_ref().take(OTHERS as usize).collect();
        let seeds = glances.by_ref().take(OTHERS as usize).collect();
        let settings = self.settings.into_iter().map(|(setting, without)| {
            let effect = match without {
                Without::Same => Effect::Default,
                Without::Refused(reason) => Effect::Needed(reason),
                Without::Other(_) => effect(&first, glances.next().expect("a run for each")),
            };
            (setting, effect)
        });
        let settings = settings.collect();
        Some(Diagnosis { name: self.base.name, base: first, settings, timers, warnings, ties, seeds })
    }
}

fn without(input: &Input, setting: &Setting, base: &RunSpec) -> Without {
    let mut input = input.clone();
    input.without.push(setting.key.clone());
    match scenario::load(&input) {
        Ok(other) if other.run == *base => Without::Same,
        Ok(other) => Without::Other(Box::new(other.run)),
        Err(error) => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            Without::Refused(first.trim_start_matches("error: ").into())
        }
    }
}

fn effect(base: &Glance, without: Glance) -> Effect {
    if without.fingerprint == base.fingerprint {
        return Effect::None;
    }
    Effect::Changes { same_until_s: base.same_until(&without), without }
}
