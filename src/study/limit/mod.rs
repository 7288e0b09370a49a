//! Where goals break: up to which value of a key they hold.
//!
//! The goals hold at a value when a run there meets all of them with a chance of at least a
//! share that is asked for. [`LimitSearch`] says where to look; here its points become runs, of
//! several protocols, or at several values of another key, side by side. All points meet the
//! same chances (common random numbers).

mod evidence;
mod ground;
mod line;
mod point;
mod request;
mod search;
#[cfg(test)]
mod synthetic;

pub use evidence::LimitSide;
pub use line::LimitLine;
pub use point::LimitPoint;
pub use request::{LimitError, LimitRequest};
pub use search::{LimitBracket, LimitFinding};

use super::plan::{Plan, RunPlace};
use super::values::extra_columns;
use super::{Claim, History, Kept, Next, PlanError, Question, digest};
use crate::results::ResultsError;
use crate::scenario::{self, Axis, AxisPoints, Base, Input, Range, Sweep};
use crate::sim::Keep;
use line::LimitSetting;
use point::LimitRun;
use request::{LimitAsked, note_on, refuse_foreign};
use std::sync::Arc;

/// Values of the first key at which the limit of the second is found.
const PLACES: usize = 7;

/// A search for limits, and what it found so far.
#[derive(Debug)]
pub struct Limits {
    /// What was asked.
    pub request: LimitRequest,
    /// Names the scenario.
    pub scenario: String,
    /// Names the results.
    pub name: String,
    /// What is searched.
    pub range: Range,
    /// At values of what else the limit is found.
    pub across: Option<Range>,
    /// What has to hold in a run.
    pub goals: Vec<Claim>,
    /// One limit each: protocols, and for each the values of the other key.
    pub lines: Vec<LimitLine>,
    /// What should be looked at before the answer is trusted.
    pub warnings: Vec<String>,
    /// What the scenario varies otherwise, which is left alone.
    pub sweep: Sweep,
    /// Whether the runs are of storage.
    pub of_storage: bool,
    /// The scenario in full.
    resolved: String,
    kept: Kept,
    /// The runs that were asked for last, and whose they are: line, point, repetition.
    batch: Option<(Plan, Vec<(usize, usize)>)>,
}

impl Limits {
    /// Nothing yet.
    ///
    /// # Errors
    /// On what cannot be searched, and on ends of the range that cannot be run.
    pub fn new(request: LimitRequest) -> Result<Limits, LimitError> {
        let first = Base::read(&request.input)?;
        let outline = first.outline();
        let LimitAsked { mut ranges, goals, protocols } = request.read(&first)?;
        let range = ranges.pop().expect("one is there");
        let across = ranges.pop();
        let mut lines = vec![];
        for protocol in protocols {
            let input = Input { protocol: protocol.or(request.input.protocol.clone()), ..request.input.clone() };
            let base = Arc::new(Base::read(&input)?);
            for setting in settings(across.as_ref()) {
                lines.push(LimitLine::new(base.clone(), setting, &range, &request)?);
            }
        }
        let mut warnings = outline.warnings;
        let ends = || lines.iter().flat_map(LimitLine::ends);
        ends().flat_map(|end| &end.warnings).for_each(|warning| scenario::warn(&mut warnings, warning));
        warnings.extend(scenario::in_vain(ends().map(|end| end.uses.as_slice())));
        warnings.extend(goals.iter().filter_map(note_on));
        let spec = lines[0].first();
        let of_storage = spec.storage().is_some();
        refuse_foreign(&goals, of_storage)?;
        // Claims may be about nodes and classes of bytes.
        let kept = Kept { tables: spec.keep().max(Keep::Nodes), progress_steps: 0 };
        Ok(Limits {
            name: title(&outline.name, &request),
            scenario: outline.name,
            range,
            across,
            goals,
            warnings,
            sweep: outline.sweep,
            of_storage,
            resolved: first.scenario().map_or_else(|_| String::new(), |scenario| scenario.resolved),
            kept,
            batch: None,
            lines,
            request,
        })
    }

    /// All runs that were looked at, as a study.
    pub fn plan(&self) -> Plan {
        let points = || self.lines.iter().flat_map(LimitLine::tried);
        let runs = points().enumerate().flat_map(|(point, of)| places(point, 0..of.runs.len()));
        let cells = points().map(|point| point.cell.clone()).collect();
        let axis = |key: &str| {
            let values = points().filter_map(|point| point.cell.values.0.iter().find(|(other, _)| other == key));
            let points = AxisPoints::Listed(values.map(|(_, value)| vec![Some(value.clone())]).collect());
            Axis { keys: vec![key.into()], points }
        };
        let keys = self.across.iter().chain([&self.range]).map(|range| axis(&range.key));
        let repetitions = points().map(|point| point.runs.len() as u32).max().unwrap_or(0);
        Plan {
            resolved: self.resolved.clone(),
            fingerprint: digest(self.name.as_bytes()),
            warnings: self.warnings.clone(),
            extra: extra_columns(&keys.collect::<Vec<_>>()),
            repetitions,
            kept: self.kept,
            of_swarm: !self.of_storage,
            ..Plan::list(&self.name, cells, runs.collect())
        }
    }

    /// Whether every line has its answer.
    pub fn is_done(&self) -> bool {
        self.lines.iter().all(LimitLine::is_done)
    }

    /// Looks at the runs of the last batch, all of which were carried out.
    fn look(&mut self, history: &History) -> Result<(), ResultsError> {
        let Some((plan, owners)) = self.batch.take() else { return Ok(()) };
        for (index, (line, point)) in owners.into_iter().enumerate() {
            let run = history.run(&plan, index).map(|file| LimitRun::read(&file, &self.goals)).transpose()?;
            self.lines[line].saw(point, run);
        }
        self.lines.iter_mut().for_each(LimitLine::look);
        Ok(())
    }

    /// The runs that the searches want next; none when all are done.
    fn wanted(&mut self) -> Result<Option<Plan>, PlanError> {
        let (mut cells, mut runs, mut owners) = (vec![], vec![], vec![]);
        for (index, line) in self.lines.iter_mut().enumerate() {
            for (point, repetitions) in line.wanted(&self.range)? {
                owners.extend(repetitions.clone().map(|_| (index, point)));
                runs.extend(places(cells.len(), repetitions));
                cells.push(line.points()[point].cell.clone());
            }
        }
        if runs.is_empty() {
            return Ok(None);
        }
        let plan = Plan { kept: self.kept, of_swarm: !self.of_storage, ..Plan::list(&self.name, cells, runs) };
        self.batch = Some((plan.clone(), owners));
        Ok(Some(plan))
    }
}

impl Question for Limits {
    /// It is in what was asked: a part of it is there before the end, too.
    type Answer = Result<(), PlanError>;

    fn next(&mut self, history: &History) -> Result<Next<Self::Answer>, ResultsError> {
        self.look(history)?;
        Ok(match self.wanted() {
            Ok(Some(plan)) => Next::Batch(plan),
            Ok(None) => Next::Done(Ok(())),
            Err(error) => Next::Done(Err(error)),
        })
    }
}

fn places(point: usize, repetitions: std::ops::Range<usize>) -> impl Iterator<Item = RunPlace> {
    repetitions.map(move |repetition| RunPlace { point, seeder_set: 0, repetition: repetition as u32 })
}

/// The values of the other key; nothing once where there is none.
fn settings(across: Option<&Range>) -> Vec<Option<LimitSetting>> {
    let Some(range) = across else { return vec![None] };
    let places = range.choices().unwrap_or(PLACES);
    let share = |place: usize| match range.choices() {
        Some(choices) => (place as f64 + 0.5) / choices as f64,
        None => place as f64 / (places - 1) as f64,
    };
    let mut values: Vec<toml::Value> = (0..places).map(|place| range.at(share(place))).collect();
    values.dedup();
    values.into_iter().map(|value| Some(LimitSetting { key: range.key.clone(), value })).collect()
}

/// A name for the runs and their folder, which another question does not have.
fn title(scenario: &str, request: &LimitRequest) -> String {
    let Input { overlays, sets, seed, .. } = &request.input;
    let asked = (&request.vary, &request.goals, &request.protocols, overlays, sets, seed);
    let nothing = (&vec![], &vec![], &vec![], &vec![], &vec![], &None);
    let digest = format!("-{:08x}", digest(format!("{asked:?}").as_bytes()) as u32);
    format!("limit-{scenario}{}", if asked == nothing { "" } else { &digest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::sample::{self, Willing};
    use crate::study::{Cache, Options, Runner};

    fn request(input: Input, vary: &[&str], goals: &[&str]) -> LimitRequest {
        let texts = |texts: &[&str]| texts.iter().map(|text| text.to_string()).collect();
        LimitRequest {
            input,
            protocols: vec![],
            vary: texts(vary),
            goals: texts(goals),
            share: 0.5,
            confidence: 0.95,
            precision: 0.01,
            max_runs: 64,
        }
    }

    fn asked(further: &str, vary: &[&str], goals: &[&str]) -> Limits {
        let (_file, input) = sample::scenario(further, &[]);
        let mut limits = Limits::new(request(input, vary, goals)).unwrap();
        let options = Options { threads: 1, reproducible: true };
        let asked = Runner::new(Cache::memory(), options, &Willing::ever()).ask(&mut limits).unwrap();
        asked.answer.unwrap().unwrap();
        assert!(limits.is_done());
        limits
    }

    fn bracket(line: &LimitLine) -> (f64, Option<f64>) {
        match line.finding() {
            LimitFinding::Limit(LimitBracket { inner, outer, .. }) => (inner, outer),
            other => panic!("{other:?}"),
        }
    }

    /// One seeder of 10 Mbit/s sends 1 MB to each of n - 1 leechers, one copy each, which takes it
    /// 0.88 s with all that is around it; the last link takes as long once more at 10 Mbit/s.
    /// 9.5 s are enough for ten copies, and at 20 Mbit/s for nineteen.
    #[test]
    fn leechers_that_a_seeder_serves_by_itself() {
        let limits = asked("", &["swarm.network_size=2..64 log"], &["makespan_s <= 9.5"]);
        assert_eq!(bracket(&limits.lines[0]), (11.0, Some(12.0)), "whole numbers, and neighbours");
        let at = |x: f64| limits.lines[0].points().iter().find(|point| point.x == x).unwrap();
        assert_eq!((at(11.0).missed(), at(12.0).missed()), (vec![0.0], vec![1.0]));
        assert_eq!(at(12.0).held()[0].0, "remote_uplink", "{:?}", at(12.0).held());
        assert!(at(11.0).runs.len() <= 3, "without chance a few runs are enough: {}", at(11.0).runs.len());
        let plan = limits.plan();
        assert_eq!(plan.len(), limits.lines[0].points().iter().map(|point| point.runs.len()).sum::<usize>());
        assert!(plan.spec(0).is_ok() && plan.extra.is_empty(), "{:?}", plan.extra);
    }

    #[test]
    fn two_keys_are_a_frontier_and_protocols_stand_side_by_side() {
        let vary = ["network.up=10 Mbit/s|20 Mbit/s", "swarm.network_size=2..64 log"];
        let limits = asked("", &vary, &["makespan_s <= 9.5"]);
        assert_eq!(limits.lines.iter().map(bracket).collect::<Vec<_>>(), [(11.0, Some(12.0)), (20.0, Some(21.0))]);
        let table = "[limit]\nvary = \"swarm.network_size=2..16 log\"\ngoal = [\"makespan_s <= 1e-9\", \"missing == 0\"]\n\
            protocol = [\"direct\", \"ideal\"]\n";
        let limits = asked(table, &[], &[]);
        let names: Vec<&str> = limits.lines.iter().map(|line| line.protocol.as_str()).collect();
        assert_eq!(names, ["direct", "ideal"]);
        assert!(limits.lines.iter().all(|line| line.finding() == LimitFinding::Throughout(LimitSide::Breaks, true)));
        assert_eq!(limits.lines[0].points()[0].missed(), [1.0, 0.0], "which goal it is");
    }

    #[test]
    fn what_cannot_be_asked_is_told() {
        let error = |further: &str, sets: &[&str], vary: &[&str], goals: &[&str]| {
            let (_file, input) = sample::scenario(further, sets);
            Limits::new(request(input, vary, goals)).unwrap_err().to_string()
        };
        let size = "swarm.network_size=2..64 log";
        for (further, sets, vary, goals, words) in [
            ("", &[][..], &[][..], &["missing == 0"][..], "nothing is varied"),
            ("", &[], &[size], &[], "there is no goal"),
            ("", &[], &[size, size], &["missing == 0"], "is varied twice"),
            ("", &[], &["protocol=direct|ideal"], &["missing == 0"], "is nothing to search in"),
            ("", &[], &[size], &["missng == 0"], "did you mean `missing`?"),
            ("", &[], &[size], &["datasets_lost == 0"], "not measured of swarm runs"),
            ("", &["swarm.network_size=3"], &[size], &["missing == 0"], "would do nothing"),
            ("", &[], &["swarm.seeders=1..64"], &["missing == 0"], "at the point swarm.seeders = 64"),
            ("[limit]\ngoal = \"missng == 0\"\n", &[], &[size], &[], ".toml:"),
            ("[limit]\nvary = \"swarm.network_size=9..2\"\n", &[], &[], &["missing == 0"], ".toml:"),
            ("[limit]\nvari = \"x\"\n", &[], &[size], &["missing == 0"], "did you mean `vary`?"),
        ] {
            let error = error(further, sets, vary, goals);
            assert!(error.contains(words), "{words}: {error}");
        }
    }

    #[test]
    fn a_goal_that_says_less_than_it_seems_to_is_noted() {
        let (_file, input) = sample::scenario("", &[]);
        let limits = Limits::new(request(input, &["swarm.network_size=2..64 log"], &["completed >= 0.999"])).unwrap();
        assert!(limits.warnings.iter().any(|warning| warning.contains("counts whole things")), "{:?}", limits.warnings);
    }
}
