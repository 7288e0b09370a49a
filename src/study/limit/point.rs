//! What runs at one value of the varied key showed.

use super::evidence::LimitTally;
use crate::results::{ConstraintRow, HeldBack, NodeRow, Observation, ResultsError, StorageRow};
use crate::scenario::Progress;
use crate::study::{Cell, Claim, RowFile};
use std::collections::BTreeMap;

/// A value of the varied key, and the runs there.
#[derive(Debug, Clone)]
pub struct LimitPoint {
    /// The value, as a number in the smallest part of its unit.
    pub x: f64,
    /// The same as it stands in a scenario.
    pub value: toml::Value,
    /// The runs, by repetition.
    pub runs: Vec<LimitRun>,
    pub(super) cell: Cell,
}

/// One run, as the goals see it.
#[derive(Debug, Clone, PartialEq)]
pub struct LimitRun {
    /// For each goal whether it is met.
    pub met: Vec<bool>,
    /// For each goal the numbers left and right of its sign.
    pub values: Vec<[Option<f64>; 2]>,
    /// What held the slowest leecher back, as shares of its time; empty where that is not kept.
    pub held: Vec<(String, f64)>,
    /// Of a storage run, what held the filling and what held repairs back the longest: `fill_` or
    /// `repair_` and its name; what nothing held back is left out.
    pub binds: Vec<String>,
    /// Of the event stream, and all that the goals are about: two runs in which these are
    /// equal are the same.
    same: (Option<String>, Vec<Option<f64>>),
}

impl LimitRun {
    /// Of what is kept of a run.
    ///
    /// # Errors
    /// When its tables are none of this program's.
    pub(super) fn read(file: &RowFile, goals: &[Claim]) -> Result<LimitRun, ResultsError> {
        let seen: Observation = file.observation(Progress::Storage)?;
        let measures = goals.iter().flat_map(Claim::measures);
        let held = HeldBack::slowest_and_median(&file.rows::<NodeRow>()?, &file.rows::<ConstraintRow>()?);
        Ok(LimitRun {
            met: goals.iter().map(|goal| goal.is_met(&seen)).collect(),
            values: goals.iter().map(|goal| goal.values(&seen)).collect(),
            held: held.map_or(vec![], |[slowest, _]| slowest.shares),
            binds: file.storage.as_ref().map_or(vec![], binds),
            same: (file.run.fingerprint.clone(), measures.map(|measure| measure.value(&seen)).collect()),
        })
    }

    /// Whether it meets every goal.
    pub fn is_good(&self) -> bool {
        self.met.iter().all(|met| *met)
    }
}

impl LimitPoint {
    /// Before any run.
    pub(super) fn new(x: f64, value: toml::Value, cell: Cell) -> LimitPoint {
        LimitPoint { x, value, runs: vec![], cell }
    }

    /// What a search is told of it.
    pub fn tally(&self) -> LimitTally {
        let good = self.runs.iter().filter(|run| run.is_good()).count() as u32;
        let alike = self.runs.windows(2).all(|pair| pair[0].same == pair[1].same);
        LimitTally { runs: self.runs.len() as u32, good, alike }
    }

    /// For each goal the share of runs that do not meet it.
    pub fn missed(&self) -> Vec<f64> {
        let goals = self.runs.first().map_or(0, |run| run.met.len());
        let missed = |goal: usize| self.runs.iter().filter(|run| !run.met[goal]).count();
        (0..goals).map(|goal| missed(goal) as f64 / self.runs.len() as f64).collect()
    }

    /// What held the slowest leecher back, as shares of its time, in the mean over runs; of
    /// storage runs, in which share of them what held the filling, and repairs, back the longest. The
    /// largest first; empty where nothing is known.
    pub fn held(&self) -> Vec<(String, f64)> {
        let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
        let of_swarm = self.runs.iter().flat_map(|run| run.held.iter().map(|(word, share)| (word.as_str(), *share)));
        let of_storage = self.runs.iter().flat_map(|run| run.binds.iter().map(|word| (word.as_str(), 1.0)));
        of_swarm.chain(of_storage).for_each(|(word, share)| *sums.entry(word).or_default() += share);
        let mut means: Vec<(String, f64)> =
            sums.into_iter().map(|(word, sum)| (word.to_owned(), sum / self.runs.len() as f64)).collect();
        means.sort_by(|a, b| b.1.total_cmp(&a.1));
        means
    }
}

fn binds(row: &StorageRow) -> Vec<String> {
    let all = [("fill", &row.fill_binds), ("repair", &row.binds)];
    let all = all.into_iter().filter_map(|(what, by)| Some((what, by.as_deref().filter(|by| *by != "nothing")?)));
    all.map(|(what, by)| format!("{what}_{by}")).collect()
}
