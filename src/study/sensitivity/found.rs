//! What was found: of each measure, how each input bears on it.

use super::design::{Design, Seen, SeenMeasure};
use super::inputs::{Asked, LeftOut};
use super::morris::{Screened, Steps, screened};
use super::sobol::{Exchanges, Shared, shared};
use crate::results::Measure;
use crate::scenario::Range;

/// Which inputs of a scenario matter.
#[derive(Debug, Clone)]
pub struct Sensitivity {
    /// Name of the scenario.
    pub name: String,
    /// The inputs and their ranges.
    pub ranges: Vec<Range>,
    /// Settings that were left as they are though no range was given.
    pub left_out: Vec<LeftOut>,
    /// Runs whose mean is looked at.
    pub repetitions: u32,
    /// Whether it is the logarithms that are looked at.
    pub of_logarithms: bool,
    /// Seed of all chance.
    pub seed: u64,
    /// Places and pairs of places that were asked for.
    pub asked: [usize; 2],
    /// Each measure, and after it whether it has a value at all where it has not always.
    pub influences: Vec<Influence>,
}

/// How the inputs bear on one measure.
#[derive(Debug, Clone)]
pub struct Influence {
    /// The measure.
    pub measure: &'static Measure,
    /// Whether it is about the share of runs in which the measure has no value.
    pub of_emptiness: bool,
    /// One step of each input from many places; nothing when it was not asked for, or there are
    /// too few places.
    pub screening: Option<Screening>,
    /// Shares of the variance; likewise.
    pub shares: Option<Shares>,
}

/// What screening says.
#[derive(Debug, Clone)]
pub struct Screening {
    /// Places that count.
    pub rows: usize,
    /// Places that do not, as a run around them failed or has no value.
    pub left_out: usize,
    /// Mean over the places.
    pub mean: f64,
    /// Each input, in the order of the ranges.
    pub inputs: Vec<Screened>,
}

/// Shares of the variance.
#[derive(Debug, Clone)]
pub struct Shares {
    /// Pairs of places that count.
    pub rows: usize,
    /// Pairs that do not, as a run between them failed or has no value.
    pub left_out: usize,
    /// Mean over the places.
    pub mean: f64,
    /// Deviation over the places.
    pub deviation: f64,
    /// Each input, in the order of the ranges, and the seed last; nothing where all is alike.
    pub inputs: Option<Vec<Shared>>,
}

impl Sensitivity {
    /// Whether fewer rows were seen than asked for, failed ones counted as seen.
    pub fn is_cut_short(&self) -> bool {
        let seen = |rows: usize, left_out: usize| rows + left_out;
        let first = self.influences.first();
        let places = first.and_then(|of| of.screening.as_ref()).map_or(0, |of| seen(of.rows, of.left_out));
        let pairs = first.and_then(|of| of.shares.as_ref()).map_or(0, |of| seen(of.rows, of.left_out));
        [places, pairs] != self.asked
    }
}

impl Shares {
    /// The noise floor: what the seed decides, with all others.
    pub fn floor(&self) -> Option<Shared> {
        self.inputs.as_ref()?.last().copied()
    }
}

/// What `seen` says of `designs`.
pub(super) fn found(asked: &Asked, designs: &[Design], seen: &[Seen]) -> Sensitivity {
    let parts: Vec<(&Design, &Seen)> = designs.iter().zip(seen).filter(|(_, seen)| seen.rows() > 0).collect();
    let is_empty = |at: usize| {
        let points = parts.iter().flat_map(|(_, seen)| seen.each_row()).flatten().flatten();
        points.into_iter().any(|measures| measures[at].empty > 0.0)
    };
    let mut influences = vec![];
    for (at, measure) in asked.measures.iter().enumerate() {
        let value = |seen: &[SeenMeasure]| scaled(seen[at].mean?, asked.of_logarithms);
        influences.push(influence(asked, measure, false, &parts, &value));
        if is_empty(at) {
            influences.push(influence(asked, measure, true, &parts, &|seen| Some(seen[at].empty)));
        }
    }
    Sensitivity {
        name: asked.name.clone(),
        ranges: asked.ranges.clone(),
        left_out: asked.left_out.clone(),
        repetitions: asked.repetitions,
        of_logarithms: asked.of_logarithms,
        seed: asked.seed,
        asked: [asked.places, asked.pairs],
        influences,
    }
}

/// `value` as it is looked at; of zero there is no logarithm.
fn scaled(value: f64, of_logarithms: bool) -> Option<f64> {
    match of_logarithms {
        true => Some(libm::log(value)).filter(|value| value.is_finite()),
        false => Some(value),
    }
}

/// What is looked at of a point; nothing where it has none.
type Looked<'a> = &'a dyn Fn(&[SeenMeasure]) -> Option<f64>;

fn influence(
    asked: &Asked,
    measure: &'static Measure,
    of_emptiness: bool,
    parts: &[(&Design, &Seen)],
    value: Looked,
) -> Influence {
    let (mut screening, mut shares) = (None, None);
    for (design, seen) in parts {
        let rows = || seen.each_row().map(|row| row.iter().map(|point| value(point.as_ref()?)).collect());
        let rows: Vec<Option<Vec<f64>>> = rows().collect();
        match &design.lengths {
            Some(lengths) => screening = Some(screening_of(&rows, lengths, asked.seed)),
            None => shares = Some(shares_of(&rows, asked.seed)),
        }
    }
    Influence { measure, of_emptiness, screening, shares }
}

fn screening_of(rows: &[Option<Vec<f64>>], lengths: &[Vec<f64>], seed: u64) -> Screening {
    let steps = |(row, lengths): (&Option<Vec<f64>>, &Vec<f64>)| {
        let [here, reseeded, there @ ..] = row.as_deref()? else { return None };
        Some(Steps { here: *here, reseeded: *reseeded, there: there.to_vec(), lengths: lengths.clone() })
    };
    let steps: Vec<Steps> = rows.iter().zip(lengths).filter_map(steps).collect();
    let mean = steps.iter().map(|row| row.here).sum::<f64>() / steps.len() as f64;
    Screening { rows: steps.len(), left_out: rows.len() - steps.len(), mean, inputs: screened(&steps, seed) }
}

fn shares_of(rows: &[Option<Vec<f64>>], seed: u64) -> Shares {
    let exchanges = |row: &Option<Vec<f64>>| {
        let [a, b, mixed @ ..] = row.as_deref()? else { return None };
        Some(Exchanges { a: *a, b: *b, mixed: mixed.to_vec() })
    };
    let known: Vec<Exchanges> = rows.iter().filter_map(exchanges).collect();
    let all: Vec<f64> = known.iter().flat_map(|row| [row.a, row.b]).collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let variance = all.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (all.len() as f64 - 1.0);
    Shares {
        rows: known.len(),
        left_out: rows.len() - known.len(),
        mean,
        deviation: variance.sqrt(),
        inputs: shared(&known, seed),
    }
}
