//! How both sides stand in one world.

use super::line::ImpactLine;
use super::verdict::ImpactVerdict;
use super::{SeenPairs, is_alike};
use serde::Serialize;

/// One of the two that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// What is there.
    Base,
    /// What is proposed.
    Change,
}

/// How far both sides came in a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Pairs of which both runs are there.
    pub pairs: usize,
    /// Pairs in which the same happened on both sides, event by event.
    pub alike: usize,
    /// Pairs in which downloads of base and change did not end.
    pub incomplete: [usize; 2],
    /// The side that does not complete where the other does.
    pub fails: Option<Party>,
}

/// What a change does in a world, by one quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// One side does not complete where the other does.
    Fails(Party),
    /// Surely better.
    Better,
    /// Surely worse.
    Worse,
    /// No practical change.
    Same,
    /// Not enough is known.
    Undecided,
    /// The same happened on both sides in all pairs.
    NotExercised,
    /// No pair reached the quantity, on both sides alike.
    NotReached,
}

impl Standing {
    /// Of the pairs in one world, and what can be said of downloads that did not end.
    pub(super) fn new(seen: &SeenPairs, unfinished: Option<ImpactVerdict>) -> Standing {
        let pairs = || seen.iter().filter_map(|[base, change]| base.as_ref().zip(change.as_ref()));
        let [base, change] = [
            pairs().filter(|(base, _)| base.unfinished() > 0).count(),
            pairs().filter(|(_, change)| change.unfinished() > 0).count(),
        ];
        // Where peers leave, no side completes always; there it takes the statistics.
        let fails = match (base, change, unfinished) {
            (0, 0, _) => None,
            (0, ..) | (_, _, Some(ImpactVerdict::More)) => Some(Party::Change),
            (_, 0, _) | (_, _, Some(ImpactVerdict::Less)) => Some(Party::Base),
            _ => None,
        };
        let alike = pairs().filter(|(base, change)| is_alike(base, change)).count();
        Standing { pairs: pairs().count(), alike, incomplete: [base, change], fails }
    }

    /// Whether anything happened on one side that did not on the other.
    pub const fn is_exercised(&self) -> bool {
        self.pairs == 0 || self.alike < self.pairs
    }

    /// The verdict on a quantity of this world that the pairs alone would make
    /// `line.verdict`.
    pub(super) fn verdict(&self, line: &ImpactLine) -> Option<ImpactVerdict> {
        match () {
            () if !self.is_exercised() => line.verdict.map(|_| ImpactVerdict::NotExercised),
            () if self.fails.is_some() => unpraised(line),
            () => line.verdict,
        }
    }

    /// What the change does here by `line`, one of this world.
    pub(super) fn by(&self, line: &ImpactLine) -> Stand {
        match (self.fails, line.verdict) {
            (Some(party), _) => Stand::Fails(party),
            (_, Some(ImpactVerdict::NotExercised)) => Stand::NotExercised,
            (_, Some(ImpactVerdict::NoPracticalChange)) => Stand::Same,
            _ if line.is_better() => Stand::Better,
            _ if line.is_worse() => Stand::Worse,
            (_, None) => Stand::NotReached,
            _ => Stand::Undecided,
        }
    }
}

/// The verdict on a quantity of all worlds together that the pairs alone would make
/// `line.verdict`.
pub(super) fn verdict(line: &ImpactLine, standings: &[Standing]) -> Option<ImpactVerdict> {
    if !standings.iter().any(Standing::is_exercised) {
        return line.verdict.map(|_| ImpactVerdict::NotExercised);
    }
    let fails = standings.iter().any(|standing| standing.fails.is_some());
    match (if fails { unpraised(line) } else { line.verdict }, line.range) {
        (Some(ImpactVerdict::Less | ImpactVerdict::More), Some(_)) => Some(ImpactVerdict::Mixed),
        (Some(ImpactVerdict::NoPracticalChange), Some(range)) if range.is_sure => Some(ImpactVerdict::Mixed),
        (verdict, _) => verdict,
    }
}

/// Where a side does not complete, no time is called better, nor unchanged.
fn unpraised(line: &ImpactLine) -> Option<ImpactVerdict> {
    let open = line.verdict.is_some_and(|verdict| !verdict.is_decided());
    if line.metric.is_of_time() && !open && !line.is_worse() { Some(ImpactVerdict::Fails) } else { line.verdict }
}
