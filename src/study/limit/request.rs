//! What is asked, and what is wrong with it.

use crate::results::{RunRow, TableRow, Unit};
use crate::scenario::{self, Base, Expectation, Input, LimitTable, Range, RangeError, ScenarioError};
use crate::study::{Claim, ClaimFault, PlanError};
use std::collections::BTreeSet;
use thiserror::Error;

/// Where something breaks.
#[derive(Debug, Clone)]
pub struct LimitRequest {
    /// The scenario, and what is changed in it.
    pub input: Input,
    /// Protocols, of storage runs systems, side by side; what the scenario says where there
    /// are none.
    pub protocols: Vec<String>,
    /// What is varied, as it is written; what the scenario asks where there is nothing.
    pub vary: Vec<String>,
    /// What has to hold in a run, likewise.
    pub goals: Vec<String>,
    /// The share of runs that have to meet every goal, such as 0.5.
    pub share: f64,
    /// 1 less the chance that an interval is wrong, such as 0.95.
    pub confidence: f64,
    /// How narrow an interval has to be, as a share of its upper end, such as 0.05.
    pub precision: f64,
    /// Runs at one value at the most.
    pub max_runs: u32,
}

/// Why there is nothing to search.
#[derive(Debug, Error)]
pub enum LimitError {
    /// The scenario cannot be read.
    #[error("{0}")]
    Scenario(#[from] ScenarioError),
    /// An end of the range cannot be run.
    #[error("{0}")]
    Plan(#[from] PlanError),
    /// No range.
    #[error("{0}")]
    Range(#[from] RangeError),
    /// Nothing is varied.
    #[error("nothing is varied\n = expected --vary key=LOW..HIGH, or `vary` in the table [limit] of the scenario")]
    NoVary,
    /// Nothing has to hold.
    #[error(
        "there is no goal\n = expected --goal \"t100_p95_s <= 2 * bound_s\", or `goal` in the table [limit] of the scenario"
    )]
    NoGoal,
    /// More than two ranges.
    #[error(
        "{0} keys are varied\n = expected one, or two: then the limit of the second is found at some values of the first"
    )]
    TooMany(usize),
    /// The same key twice.
    #[error("`{0}` is varied twice")]
    Twice(String),
    /// A goal or a protocol that is there already.
    #[error("`{0}` is given twice\n = expected each goal and each protocol once")]
    GivenTwice(String),
    /// What is varied already.
    #[error("`--protocol` would do nothing, as `protocol` is varied\n = expected one of them")]
    ProtocolTwice,
    /// What decides nothing that could hold or not.
    #[error("`{0}` is no input\n = expected a key that decides a run; each value is run with several seeds")]
    NoInput(String),
    /// What is searched has no two ends.
    #[error("`{0}` is nothing to search in\n = expected key=LOW..HIGH, with ` log` after it to go by factors")]
    NotARange(String),
    /// A setting that would do nothing.
    #[error("`--set {set}` would do nothing, as `{key}` is varied")]
    Varied {
        /// The setting.
        set: String,
        /// The varied key.
        key: String,
    },
    /// No goal.
    #[error("`{text}` is no goal: {fault}")]
    Goal {
        /// What was written.
        text: String,
        /// What is wrong with it.
        fault: ClaimFault,
    },
    /// A goal about runs of the other kind.
    #[error(
        "`{measure}` is not measured of {kind} runs\n = expected a measure of these in `{goal}`: `codexsim columns measures`"
    )]
    Foreign {
        /// The goal.
        goal: String,
        /// The measure.
        measure: String,
        /// Of which kind the runs are.
        kind: &'static str,
    },
}

impl LimitRequest {
    /// What the table `[limit]` of a scenario asks by itself; nothing where there is none.
    ///
    /// # Errors
    /// Where the scenario cannot be read.
    pub fn of_table(input: &Input) -> Result<Option<LimitRequest>, LimitError> {
        let table = Base::read(input)?.outline().limit;
        let request = LimitRequest {
            input: input.clone(),
            protocols: vec![],
            vary: vec![],
            goals: vec![],
            share: 0.5,
            confidence: 0.95,
            precision: 0.05,
            max_runs: 100,
        };
        Ok((table != LimitTable::default()).then_some(request))
    }
}

/// What is asked, read.
#[derive(Debug)]
pub(super) struct LimitAsked {
    /// The searched range is the last.
    pub(super) ranges: Vec<Range>,
    pub(super) goals: Vec<Claim>,
    pub(super) protocols: Vec<Option<String>>,
}

impl LimitRequest {
    /// Reads ranges and goals; what is not said here the scenario says, of which `base` is.
    pub(super) fn read(&self, base: &Base) -> Result<LimitAsked, LimitError> {
        let LimitTable { vary, goal, protocol } = base.outline().limit;
        let ranges: Vec<Range> = match self.vary.is_empty() {
            false => self.vary.iter().map(|text| Range::parse(text)).collect::<Result<_, _>>()?,
            true => vary.iter().map(written_range).collect::<Result<_, _>>()?,
        };
        let goals: Vec<Claim> = match self.goals.is_empty() {
            false => self.goals.iter().map(|text| typed_goal(text)).collect::<Result<_, _>>()?,
            true => goal.iter().map(written_goal).collect::<Result<_, _>>()?,
        };
        match (ranges.as_slice(), goals.as_slice()) {
            ([], _) => return Err(LimitError::NoVary),
            (_, []) => return Err(LimitError::NoGoal),
            ([_] | [_, _], _) => {}
            (more, _) => return Err(LimitError::TooMany(more.len())),
        }
        if ranges.len() == 2 && ranges[0].key == ranges[1].key {
            return Err(LimitError::Twice(ranges[0].key.clone()));
        }
        if let Some(range) = ranges.iter().find(|range| range.key == "seed" || range.key.starts_with("output.")) {
            return Err(LimitError::NoInput(range.key.clone()));
        }
        if !self.protocols.is_empty() && ranges.iter().any(|range| range.key == "protocol") {
            return Err(LimitError::ProtocolTwice);
        }
        let searched = &ranges[ranges.len() - 1];
        // Laws without ends are for drawing from.
        if !searched.to_string().contains("..") {
            return Err(LimitError::NotARange(format!("{}={searched}", searched.key)));
        }
        self.input.sets.iter().try_for_each(|set| refuse_varied(set, &ranges))?;
        let chosen = if self.protocols.is_empty() { protocol } else { self.protocols.clone() };
        refuse_repeated(chosen.iter().map(String::as_str))?;
        refuse_repeated(goals.iter().map(Claim::text))?;
        let protocols = if chosen.is_empty() { vec![None] } else { chosen.into_iter().map(Some).collect() };
        Ok(LimitAsked { ranges, goals, protocols })
    }
}

/// Who asks for the same again would wait for it twice.
fn refuse_repeated<'a>(given: impl Iterator<Item = &'a str>) -> Result<(), LimitError> {
    let mut seen = BTreeSet::new();
    given.into_iter().find(|text| !seen.insert(*text)).map_or(Ok(()), |text| Err(LimitError::GivenTwice(text.into())))
}

fn written_range(written: &Expectation) -> Result<Range, LimitError> {
    let shown = |error: RangeError| {
        let text = error.to_string();
        let (message, expected) = text.split_once("\n = expected ").unwrap_or((&text, "a key that can be set"));
        LimitError::Scenario(written.wrong_text(message, expected, None))
    };
    Range::parse(&written.text).map_err(shown)
}

fn typed_goal(text: &str) -> Result<Claim, LimitError> {
    Claim::goal(text).map_err(|fault| LimitError::Goal { text: text.into(), fault })
}

fn written_goal(written: &Expectation) -> Result<Claim, LimitError> {
    Ok(Claim::goal(&written.text).map_err(|fault| fault.at(written))?)
}

/// What is varied wins over settings, which would do nothing without a word.
fn refuse_varied(set: &str, ranges: &[Range]) -> Result<(), LimitError> {
    let own = scenario::setting_key(set)?;
    for Range { key, .. } in ranges {
        let varied = scenario::setting_key(&format!("{key}=0"))?;
        if own.starts_with(&varied) || varied.starts_with(&own) {
            return Err(LimitError::Varied { set: set.into(), key: key.clone() });
        }
    }
    Ok(())
}

/// Refuses goals about runs of the other kind.
pub(super) fn refuse_foreign(goals: &[Claim], of_storage: bool) -> Result<(), LimitError> {
    let foreign = goals.iter().find_map(|goal| Some((goal, goal.foreign_to(of_storage)?)));
    foreign.map_or(Ok(()), |(goal, measure)| {
        let kind = if of_storage { "storage" } else { "swarm" };
        Err(LimitError::Foreign { goal: goal.text().into(), measure: measure.name.clone(), kind })
    })
}

/// What is to know of a goal that says less than it seems to: a number of things is compared
/// with a part of one.
pub(super) fn note_on(goal: &Claim) -> Option<String> {
    let [measure] = goal.measures() else { return None };
    let rest = goal.text().strip_prefix(measure.name.as_str())?.trim_start_matches(['<', '>', '=', ' ']);
    let number: f64 = rest.trim().parse().ok()?;
    let counts = |name: &str| RunRow::KIND.columns.iter().any(|of| of.name == name && of.unit == Unit::Count);
    let is_part = counts(&measure.name) && number > 0.0 && number < 1.0;
    is_part.then(|| {
        format!(
            "`{}` counts whole things, so `{}` is about a single one; shares are such as `unfinished_share <= 0.001`",
            measure.name,
            goal.text()
        )
    })
}
