//! One limit: of one protocol, at one value of the other key.

use super::ground::LimitGround;
use super::point::{LimitPoint, LimitRun};
use super::request::{LimitError, LimitRequest};
use super::search::{LimitFinding, LimitSearch};
use super::{LimitBracket, LimitSide};
use crate::scenario::{Base, Range};
use crate::sim::Spec;
use crate::study::{Cell, PlanError, Values};
use std::ops;
use std::sync::Arc;

/// What else is set.
#[derive(Debug, Clone, PartialEq)]
pub struct LimitSetting {
    /// The dotted key.
    pub key: String,
    /// Its value.
    pub value: toml::Value,
}

/// One limit, and the points that were tried for it.
#[derive(Debug)]
pub struct LimitLine {
    /// The protocol; of storage runs the system.
    pub protocol: String,
    /// What else is set.
    pub setting: Option<LimitSetting>,
    /// A value at which a run failed, which ends the search.
    pub failed: Option<f64>,
    base: Arc<Base>,
    /// In order of their values.
    points: Vec<LimitPoint>,
    search: LimitSearch,
    /// Both ends of the range.
    ends: [Cell; 2],
}

impl LimitLine {
    /// Nothing yet.
    ///
    /// # Errors
    /// When an end of `range` cannot be run.
    pub(super) fn new(
        base: Arc<Base>,
        setting: Option<LimitSetting>,
        range: &Range,
        request: &LimitRequest,
    ) -> Result<LimitLine, LimitError> {
        let not_a_range = || LimitError::NotARange(range.key.clone());
        let ((low, high), unit) = range.ends().zip(range.unit()).ok_or_else(not_a_range)?;
        let ground = LimitGround { low, high, log: range.is_log(), unit, precision: request.precision };
        let ends = [cell(&base, setting.as_ref(), range, low)?, cell(&base, setting.as_ref(), range, high)?];
        let search = LimitSearch::new(ground, request.share, request.confidence, request.max_runs);
        let protocol = ends[0].protocol.clone();
        Ok(LimitLine { protocol, setting, failed: None, base, points: vec![], search, ends })
    }

    /// The points that were tried or were about to be, in order of their values.
    pub fn points(&self) -> &[LimitPoint] {
        &self.points
    }

    /// Those at which there is a run.
    pub fn tried(&self) -> impl DoubleEndedIterator<Item = &LimitPoint> {
        self.points.iter().filter(|point| !point.runs.is_empty())
    }

    /// What was found so far.
    pub fn finding(&self) -> LimitFinding {
        self.search.finding()
    }

    /// Values above the limit at which the goals surely are as at the low end again.
    pub fn again(&self) -> Vec<f64> {
        self.search.again()
    }

    /// Which side a value surely is on.
    pub fn sure(&self, x: f64) -> Option<LimitSide> {
        self.search.sure(x)
    }

    /// Whether there is nothing more to find out.
    pub fn is_done(&self) -> bool {
        self.failed.is_none() && self.search.next().is_empty()
    }

    /// The points next to the limit: the one at which the goals hold, and the one at which they
    /// do not; without a limit the one end or the other.
    pub fn beside(&self) -> [Option<&LimitPoint>; 2] {
        let at = |x: f64| self.tried().find(|point| point.x == x);
        let ends = [self.tried().next_back(), self.tried().next()];
        match self.finding() {
            LimitFinding::Unknown | LimitFinding::Throughout(_, false) => [None, None],
            LimitFinding::Throughout(LimitSide::Holds, true) => [ends[0], None],
            LimitFinding::Throughout(LimitSide::Breaks, true) => [None, ends[1]],
            LimitFinding::Limit(LimitBracket { side, inner, outer, .. }) => match side {
                LimitSide::Holds => [at(inner), outer.and_then(at)],
                LimitSide::Breaks => [outer.and_then(at), at(inner)],
            },
        }
    }

    /// The points at the ends.
    pub(super) fn ends(&self) -> impl Iterator<Item = &Cell> {
        self.ends.iter()
    }

    /// The run at the low end.
    pub(super) fn first(&self) -> &Spec {
        &self.ends[0].base
    }

    /// Takes a further run at a point; none where it failed.
    pub(super) fn saw(&mut self, point: usize, run: Option<LimitRun>) {
        match run {
            Some(run) => self.points[point].runs.push(run),
            None => self.failed = Some(self.points[point].x),
        }
    }

    /// Tells the search of all that was seen.
    pub(super) fn look(&mut self) {
        self.points.iter().for_each(|point| self.search.saw(point.x, point.tally()));
    }

    /// The points, as indices, of which more runs are wanted, and which repetitions.
    ///
    /// # Errors
    /// When a point cannot be run.
    pub(super) fn wanted(&mut self, range: &Range) -> Result<Vec<(usize, ops::Range<usize>)>, PlanError> {
        if self.failed.is_some() {
            return Ok(vec![]);
        }
        let asked = self.search.next();
        for (x, _) in &asked {
            if let Err(at) = self.points.binary_search_by(|point| point.x.total_cmp(x)) {
                let cell = cell(&self.base, self.setting.as_ref(), range, *x)?;
                let value = range.value(*x).expect("a range has numbers");
                self.points.insert(at, LimitPoint::new(*x, value, cell));
            }
        }
        let place = |x: f64| self.points.iter().position(|point| point.x == x).expect("it was made");
        let wanted = asked.into_iter().map(|(x, runs)| (place(x), runs as usize));
        Ok(wanted.map(|(at, runs)| (at, self.points[at].runs.len()..runs)).collect())
    }
}

/// The scenario with `x` for the key of `range`.
fn cell(base: &Base, setting: Option<&LimitSetting>, range: &Range, x: f64) -> Result<Cell, PlanError> {
    let value = range.value(x).expect("a range has numbers");
    let setting = setting.map(|LimitSetting { key, value }| (key.clone(), value.clone()));
    Cell::with(base, Values(setting.into_iter().chain([(range.key.clone(), value)]).collect()))
}
