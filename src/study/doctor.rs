//! Which settings of a scenario do anything, and what its result hangs on
//! besides: one paired run without each setting, runs with other orders of equal
//! times, and runs with other seeds.

use super::plan::repetition_seed;
use super::{History, Next, Plan, Question, RowFile, digest};
use crate::ledger::TimerUse;
use crate::results::{Checkpoint, ResultsError, StorageRow};
use crate::scenario::{self, Input, Scenario, ScenarioError, Setting, Sweep};
use crate::sim::{Keep, RunSpec, Spec};
use serde::Serialize;

/// Keys that decide nothing of a run by themselves, or are chance itself.
const NOT_ASKED: [&str; 9] =
    ["name", "kind", "seed", "tie_salt", "series_interval", "sweep", "expect", "limit", "output"];
/// Other orders of equal times, and other seeds, that are tried.
const OTHERS: u32 = 8;

/// What there is to find out about a scenario.
#[derive(Debug)]
pub struct Doctor {
    base: Scenario,
    settings: Vec<(Setting, Without)>,
    /// The base, other orders, other seeds, and those without a setting.
    plan: Plan,
    /// How many other orders.
    orders: usize,
}

/// The scenario without one setting.
#[derive(Debug)]
enum Without {
    /// It is the same run.
    Same,
    /// Another one, at this index of the plan.
    Other(usize),
    /// There is none.
    Refused(String),
}

/// A run at a glance.
#[derive(Debug, Clone, PartialEq)]
pub struct Glance {
    /// Digest of its events.
    pub fingerprint: String,
    /// As in `runs.csv`.
    pub makespan_s: Option<f64>,
    /// As in `runs.csv`.
    pub t100_median_s: Option<f64>,
    /// As in `runs.csv`.
    pub wire_bytes: u64,
    /// The row of a storage run.
    pub storage: Option<Box<StorageRow>>,
    checkpoints: Vec<Checkpoint>,
}

/// What a setting does.
#[derive(Debug, Clone, PartialEq)]
pub enum SettingEffect {
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
    pub settings: Vec<(Setting, SettingEffect)>,
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
    /// Of a storage run: the probability that a unit is lost without it (or of the other run)
    /// over that as it is.
    pub loss_ratio: Option<f64>,
    /// The same of the bytes moved to repair.
    pub repair_ratio: Option<f64>,
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
                SettingEffect::Changes { without, .. } => self.beside(row, without),
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
        let ratio = |of: fn(&StorageRow) -> Option<f64>| {
            let kept = |glance: &Glance| glance.storage.as_deref().and_then(of);
            kept(other).zip(kept(&self.base).filter(|base| *base > 0.0)).map(|(other, base)| other / base)
        };
        let (loss_ratio, repair_ratio) = (ratio(|row| row.unit_loss), ratio(|row| row.repair_bytes));
        FindingRow { makespan_ratio, wire_ratio, loss_ratio, repair_ratio, ..row }
    }
}

impl SettingEffect {
    /// The word used in rows.
    pub const fn word(&self) -> &'static str {
        match self {
            SettingEffect::Default => "default",
            SettingEffect::None => "none",
            SettingEffect::Changes { .. } => "changes",
            SettingEffect::Needed(_) => "needed",
        }
    }
}

impl Glance {
    fn of(file: RowFile) -> Glance {
        let RowFile { run, storage, checkpoints, .. } = file;
        Glance {
            fingerprint: run.fingerprint.unwrap_or_default(),
            makespan_s: run.makespan_s,
            t100_median_s: run.t100_median_s,
            wire_bytes: run.wire_bytes.unwrap_or_default(),
            storage: storage.map(Box::new),
            checkpoints,
        }
    }

    /// Whether the same happened in both. What is worked out beside the histories of a storage
    /// run stands in its row alone.
    fn is_alike(&self, other: &Glance) -> bool {
        let measures = |glance: &Glance| {
            let numbers = |row: &StorageRow| {
                [row.unit_loss, row.any_loss, row.chain_use, row.fill_s, row.transactions_per_second]
            };
            glance.storage.as_deref().map(numbers)
        };
        self.fingerprint == other.fingerprint && measures(self) == measures(other)
    }

    /// The last checkpoint at which this run and `other` are the same.
    fn same_until(&self, other: &Glance) -> f64 {
        let pairs = self.checkpoints.iter().zip(&other.checkpoints);
        pairs.take_while(|(a, b)| a == b).last().map_or(0.0, |(a, _)| a.time_s)
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
        let asked = |setting: &&Setting| decides_a_run(&setting.key);
        let run = &base.run;
        let salted = |swarm: &RunSpec, salt: u32| RunSpec { tie_salt: digest(&salt.to_le_bytes()), ..swarm.clone() };
        // Hosts that share links race for nothing: a storage run has no other order.
        let ties = run.swarm().into_iter().flat_map(|swarm| (1..=OTHERS).map(|salt| salted(swarm, salt).into()));
        let ties: Vec<Spec> = ties.collect();
        let seeds = (1..=OTHERS).map(|r| run.again(repetition_seed(run.seed(), r), run.seeder_set()));
        let orders = ties.len();
        let mut specs: Vec<Spec> = std::iter::once(run.clone()).chain(ties).chain(seeds).collect();
        let asked = base.settings.iter().filter(asked);
        let settings = asked.map(|setting| (setting.clone(), without(input, setting, run, &mut specs))).collect();
        Ok(Doctor { settings, plan: Plan::of(specs, Keep::Row), orders, base })
    }

    /// What the scenario varies, which is not examined.
    pub fn sweep(&self) -> &Sweep {
        &self.base.sweep
    }
}

impl Question for Doctor {
    /// Nothing when a run failed.
    type Answer = Option<Diagnosis>;

    fn next(&mut self, seen: &History) -> Result<Next<Self::Answer>, ResultsError> {
        if seen.batches() == 0 {
            return Ok(Next::Batch(self.plan.clone()));
        }
        let runs: Option<Vec<RowFile>> = (0..self.plan.len()).map(|index| seen.run(&self.plan, index)).collect();
        Ok(Next::Done(runs.map(|runs| self.diagnosis(runs))))
    }
}

impl Doctor {
    fn diagnosis(&self, runs: Vec<RowFile>) -> Diagnosis {
        let warnings = runs[0].warnings().map(str::to_owned).collect();
        let timers = runs[0].timers.clone();
        let glances: Vec<Glance> = runs.into_iter().map(Glance::of).collect();
        let effect = |without: &Without| match without {
            Without::Same => SettingEffect::Default,
            Without::Refused(reason) => SettingEffect::Needed(reason.clone()),
            Without::Other(index) => effect(&glances[0], glances[*index].clone()),
        };
        let others = |first: usize, count: usize| glances[first..first + count].to_vec();
        Diagnosis {
            name: self.base.name.clone(),
            base: glances[0].clone(),
            settings: self.settings.iter().map(|(setting, without)| (setting.clone(), effect(without))).collect(),
            timers,
            warnings,
            ties: others(1, self.orders),
            seeds: others(1 + self.orders, OTHERS as usize),
        }
    }
}

/// Whether the setting `key` may decide what happens in a run, chance aside.
pub(super) fn decides_a_run(key: &str) -> bool {
    !NOT_ASKED.contains(&key.split('.').next().unwrap_or_default())
}

/// What `base` is without `setting`; a run that is another one goes to `specs`.
fn without(input: &Input, setting: &Setting, base: &Spec, specs: &mut Vec<Spec>) -> Without {
    let mut input = input.clone();
    input.without.push(setting.key.clone());
    match scenario::load(&input) {
        Ok(other) if other.run == *base => Without::Same,
        Ok(other) => {
            specs.push(other.run);
            Without::Other(specs.len() - 1)
        }
        Err(error) => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            Without::Refused(first.trim_start_matches("error: ").into())
        }
    }
}

fn effect(base: &Glance, without: Glance) -> SettingEffect {
    if without.is_alike(base) {
        return SettingEffect::None;
    }
    SettingEffect::Changes { same_until_s: base.same_until(&without), without }
}
