//! What a study would carry out, before it does.

use super::plan::Points;
use super::{Forecast, Plan, RowFile, Runs, Selection};
use crate::scenario::Axis;
use crate::sim::Spec;
use serde::Serialize;
use std::path::Path;

/// What a study would carry out, what of it is finished, and what the rest will take.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Outlook {
    /// Name of the scenario.
    pub name: String,
    /// Points of the plan.
    pub points: usize,
    /// Runs of the plan.
    pub runs: usize,
    /// Those of the part that was asked for.
    pub selected: usize,
    /// Those of the part that are finished.
    pub finished: usize,
    /// Those of the part that are not.
    pub missing: usize,
    /// What is varied, the slowest first.
    pub axes: Vec<OutlookAxis>,
    /// How points were drawn, in words, where they were.
    pub design: Option<String>,
    /// The first points, with the runs of the part at them.
    pub first_points: Vec<OutlookPoint>,
    /// Runs at the same time.
    pub runs_at_a_time: usize,
    /// Events of all that is missing, roughly.
    pub events: f64,
    /// Real time of all that is missing, in seconds, roughly.
    pub seconds: f64,
    /// Real time of the longest missing run, in seconds, roughly.
    pub longest_run_seconds: f64,
    /// Memory of the largest missing run, in bytes, roughly.
    pub largest_run_bytes: f64,
    /// Memory of all runs that go on at the same time, in bytes, roughly.
    pub memory_bytes: f64,
    /// Why the machine that tells this cannot carry out what is missing, in words.
    pub refusal: Option<String>,
}

/// An axis of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutlookAxis {
    /// The keys that vary together.
    pub keys: Vec<String>,
    /// How many values, or groups of values, there are.
    pub steps: usize,
    /// The first of them, in words.
    pub first_values: Vec<String>,
}

/// A point of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutlookPoint {
    /// The swept keys and their values, in words.
    pub values: String,
    /// Runs there.
    pub runs: usize,
}

/// Why a machine cannot carry something out: see [`super::Host::refusal`].
type Refusal<'a> = &'a dyn Fn(&Forecast, Option<&Spec>) -> Option<String>;

impl Outlook {
    /// Points, and values of an axis, that are listed one by one.
    pub const LISTED: usize = 40;

    /// What is to come of the part `selection` of `runs`, which are the whole plan, on so many
    /// threads, where finished runs are kept in `dir` and a machine refuses as of `refusal` (see
    /// [`super::Host::refusal`]).
    pub fn of(runs: &Runs, selection: Selection, dir: &Path, threads: usize, refusal: Refusal) -> Outlook {
        let plan = runs.plan;
        let mut first_points: Vec<OutlookPoint> = (0..plan.points().min(Self::LISTED))
            .map(|point| OutlookPoint { values: plan.values(point).describe(), runs: 0 })
            .collect();
        let (mut selected, mut missing) = (0, Vec::new());
        for at in (0..runs.len()).filter(|at| selection.contains(runs.index(*at))) {
            selected += 1;
            if let Some(point) = first_points.get_mut(plan.place(runs.index(at)).point) {
                point.runs += 1;
            }
            if RowFile::load(dir, &runs.id(at), plan.kept).is_err() {
                missing.push(at);
            }
        }
        let forecast = runs.forecast(&missing, threads);
        Outlook {
            name: plan.name.clone(),
            points: plan.points(),
            runs: plan.len(),
            selected,
            finished: selected - missing.len(),
            missing: missing.len(),
            axes: axes(plan),
            design: plan.design.as_ref().map(|design| design.words.clone()),
            first_points,
            runs_at_a_time: forecast.at_a_time,
            events: forecast.work.events,
            seconds: forecast.seconds(),
            longest_run_seconds: missing.iter().map(|at| seconds(runs, *at)).fold(0.0, f64::max),
            largest_run_bytes: forecast.work.memory_bytes,
            memory_bytes: forecast.memory_bytes(),
            refusal: refusal(&forecast, runs.largest(&missing).as_ref()),
        }
    }
}

/// Of one run.
fn seconds(runs: &Runs, at: usize) -> f64 {
    let Forecast { work, .. } = runs.forecast(&[at], 1);
    work.seconds
}

fn axes(plan: &Plan) -> Vec<OutlookAxis> {
    let Points::Grid { axes, .. } = &plan.points else { return vec![] };
    axes.iter().map(axis).collect()
}

fn axis(axis: &Axis) -> OutlookAxis {
    let words = |values: Vec<Option<toml::Value>>| {
        let each = values.iter().flatten().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
        each.collect::<Vec<_>>().join(" and ")
    };
    OutlookAxis {
        keys: axis.keys.clone(),
        steps: axis.points.len(),
        first_values: axis.points.iter().take(Outlook::LISTED).map(words).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_there_and_what_is_to_come() {
        let sweep = "[sweep]\n\"swarm.network_size\" = [3, 4, 5]\n\"network.latency\" = [\"0 ms\", \"9 ms\"]\n\
            repetitions = 2\n";
        let (_file, input) = crate::study::sample::scenario(sweep, &[]);
        let plan = Plan::new(&input).unwrap();
        let runs = plan.runs(Selection::All).unwrap();
        let nowhere = Path::new("no such folder");
        let all = Outlook::of(&runs, Selection::All, nowhere, 4, &|_, _| None);
        assert_eq!((all.points, all.runs, all.selected, all.finished, all.missing), (6, 12, 12, 0, 12));
        let axis = |keys: &str, values: &[&str]| OutlookAxis {
            keys: vec![keys.into()],
            steps: values.len(),
            first_values: values.iter().map(|value| value.to_string()).collect(),
        };
        assert_eq!(
            all.axes,
            [axis("swarm.network_size", &["3", "4", "5"]), axis("network.latency", &["0 ms", "9 ms"])]
        );
        assert!(all.first_points.iter().all(|point| point.runs == 2) && all.first_points.len() == 6);
        assert_eq!(all.runs_at_a_time, 4);
        assert!(all.longest_run_seconds > 0.0 && all.longest_run_seconds <= all.seconds * 4.0);
        let shard = Outlook::of(&runs, Selection::Shard { number: 1, of: 2 }, nowhere, 4, &|_, _| None);
        assert_eq!((shard.runs, shard.selected, shard.missing), (12, 6, 6));
        assert!(shard.events < all.events && shard.events > 0.0);
        assert_eq!(shard.first_points.iter().map(|point| point.runs).sum::<usize>(), 6);
    }
}
