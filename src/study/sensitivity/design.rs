//! The points that are run, and what was seen of them.

use super::SensitivityError;
use super::inputs::{Asked, point, under};
use super::sample::{Pair, Place, Step, pairs, steps};
use crate::results::ResultsError;
use crate::scenario::{Progress, Range};
use crate::study::plan::{Plan, Points, repetition_seed};
use crate::study::{Cell, History, RunPlace};
use rayon::prelude::*;
use std::ops::Range as Rows;

/// Rows of the first look at what was run, after which their number doubles.
const FIRST_LOOK: usize = 8;

/// Rows of points: a place, what is compared with it, and it with one input changed, each in
/// turn.
#[derive(Debug)]
pub(super) struct Design {
    per_row: usize,
    cells: Vec<Cell>,
    /// Of screening, how far each input goes in each row, as a share of its range.
    pub(super) lengths: Option<Vec<Vec<f64>>>,
}

/// A row of points: shares of the ranges, and which of the row's two seeds.
type Row = Vec<(Place, usize)>;

impl Design {
    /// Steps of each input, one at a time: the place, the place under another seed, and after
    /// each step.
    ///
    /// # Errors
    /// On points that cannot be run.
    pub(super) fn screening(asked: &Asked) -> Result<Design, SensitivityError> {
        let rows = steps(asked.ranges.len(), asked.places, asked.seed);
        let of_row = |row: &Vec<Step>| {
            let (from, to): (Place, Place) = row.iter().map(|step| (step.from, step.to)).unzip();
            mixed([from.clone(), from], &to)
        };
        // Among words there is no way, but an order: from one to a later one is up.
        let length = |(step, range): (&Step, &Range)| match range.choices() {
            Some(_) => (step.to - step.from).signum(),
            None => step.to - step.from,
        };
        let length = |row: &Vec<Step>| row.iter().zip(&asked.ranges).map(length).collect();
        let design = Design::of(asked, rows.iter().map(of_row).collect())?;
        Ok(Design { lengths: Some(rows.iter().map(length).collect()), ..design })
    }

    /// Exchanges between two places: A, B, A with each input of B, and A with the seed of B.
    ///
    /// # Errors
    /// On points that cannot be run.
    pub(super) fn shares(asked: &Asked) -> Result<Design, SensitivityError> {
        let rows = pairs(asked.ranges.len(), asked.pairs, asked.seed);
        let of_row = |row: &Vec<Pair>| {
            let (a, b): (Place, Place) = row.iter().map(|pair| (pair.a, pair.b)).unzip();
            let mut row = mixed([a.clone(), b.clone()], &b);
            row.push((a, 1));
            row
        };
        Design::of(asked, rows.iter().map(of_row).collect())
    }

    fn of(asked: &Asked, rows: Vec<Row>) -> Result<Design, SensitivityError> {
        let make = |(index, row): (usize, &Row)| {
            let seeds = [0, 1].map(|side| repetition_seed(asked.seed, 2 * index as u32 + side));
            let cell = |(place, side): &(Place, usize)| {
                let cell = point(&asked.base, &asked.ranges, place)?;
                Ok(under(&cell, seeds[*side], asked.seeder_set))
            };
            row.iter().map(cell).collect::<Result<Vec<Cell>, SensitivityError>>()
        };
        let made: Vec<_> = rows.par_iter().enumerate().map(make).collect();
        let cells: Vec<Vec<Cell>> = made.into_iter().collect::<Result<_, _>>()?;
        let per_row = rows.first().map_or(0, Vec::len);
        Ok(Design { per_row, cells: cells.into_iter().flatten().collect(), lengths: None })
    }

    pub(super) fn rows(&self) -> usize {
        self.cells.len() / self.per_row.max(1)
    }

    pub(super) fn per_row(&self) -> usize {
        self.per_row
    }

    /// Rows after which there is another look, when so many were seen.
    pub(super) fn next_look(&self, seen: usize) -> usize {
        (2 * seen).max(FIRST_LOOK).min(self.rows())
    }

    /// The runs of some rows, row by row.
    pub(super) fn plan(&self, asked: &Asked, rows: Rows<usize>) -> Plan {
        let cells = self.cells[rows.start * self.per_row..rows.end * self.per_row].to_vec();
        let place = |point, repetition| RunPlace { point, seeder_set: asked.seeder_set, repetition };
        let of_point = |point| (0..asked.repetitions).map(move |repetition| place(point, repetition));
        let runs = (0..cells.len()).flat_map(of_point).collect();
        Plan { points: Points::List { cells, runs }, ..asked.plan.clone() }
    }
}

/// `two` places under the row's two seeds, and the first with each input in turn as in `other`.
fn mixed(two: [Place; 2], other: &[f64]) -> Row {
    let [first, second] = two;
    let exchanged = |input: usize| {
        let mut place = first.clone();
        place[input] = other[input];
        (place, 0)
    };
    let all: Vec<_> = (0..other.len()).map(exchanged).collect();
    [(first, 0), (second, 1)].into_iter().chain(all).collect()
}

/// What was seen of the first rows of a design.
#[derive(Debug, Default)]
pub(super) struct Seen {
    points: Vec<SeenPoint>,
    rows: usize,
}

/// What the runs of a point said; nothing when one failed. Of each measure the mean, and in how
/// many runs it had no value.
pub(super) type SeenPoint = Option<Vec<SeenMeasure>>;

/// A measure at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SeenMeasure {
    /// Its mean; nothing where a run has no finite value.
    pub(super) mean: Option<f64>,
    /// The share of runs without.
    pub(super) empty: f64,
}

impl Seen {
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The points of each row.
    pub(super) fn each_row(&self) -> impl Iterator<Item = &[SeenPoint]> {
        self.points.chunks((self.points.len() / self.rows.max(1)).max(1))
    }

    /// Reads the runs of `plan`, all of which were carried out: of the next rows.
    pub(super) fn read(
        &mut self,
        asked: &Asked,
        plan: &Plan,
        per_row: usize,
        history: &History,
    ) -> Result<(), ResultsError> {
        let repetitions = asked.repetitions as usize;
        for first in (0..plan.len()).step_by(repetitions) {
            let mut values = vec![vec![]; asked.measures.len()];
            let mut failed = false;
            for index in first..first + repetitions {
                let Some(file) = history.run(plan, index) else {
                    failed = true;
                    continue;
                };
                let seen = file.observation(Progress::Storage)?;
                let value = |at: usize| asked.measures[at].value(&seen).filter(|value| value.is_finite());
                values.iter_mut().enumerate().for_each(|(at, values)| values.push(value(at)));
            }
            self.points.push((!failed).then(|| values.iter().map(|values| SeenMeasure::of(values)).collect()));
        }
        self.rows = self.points.len() / per_row;
        Ok(())
    }
}

impl SeenMeasure {
    fn of(values: &[Option<f64>]) -> SeenMeasure {
        let known: Vec<f64> = values.iter().copied().flatten().collect();
        let empty = 1.0 - known.len() as f64 / values.len() as f64;
        let mean = (known.len() == values.len()).then(|| known.iter().sum::<f64>() / known.len() as f64);
        SeenMeasure { mean, empty }
    }
}
