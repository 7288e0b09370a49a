//! Protocols against a baseline, from the result files of a study alone.
//!
//! A *variant* is a protocol with constants and hardware; a *cell* is all else
//! that a study varies: file size, network size, seeders and further keys of the
//! world. Runs of one cell with the same seed and the same set of seeders are a
//! *pair*: they meet the same world.

mod ratio;

pub use ratio::Ratio;

use super::inputs::{Inputs, NotAStudy, StudyRun, words};
use super::{Race, Survey};
use crate::results::{ComparisonRow, ResultsError, median, quantile};
use crate::scenario::nearest;
use std::collections::BTreeMap;
use std::path::Path;
use thiserror::Error;

/// Why nothing can be compared.
#[derive(Debug, Error)]
pub enum CompareError {
    /// The directory holds no results of this program.
    #[error(transparent)]
    NotAStudy(#[from] NotAStudy),
    /// The study has no such protocol.
    #[error("`{given}` is in none of these runs; expected one of {}{}", known.join(", "), hint(given, known))]
    UnknownBaseline {
        /// What was given.
        given: String,
        /// The variants of the study.
        known: Vec<String>,
    },
    /// The protocol was run in several ways.
    #[error("`{given}` was run in several ways; name one of {}", variants.join(", "))]
    SeveralBaselines {
        /// What was given.
        given: String,
        /// Its variants.
        variants: Vec<String>,
    },
    /// Nothing was run beside the baseline under the same conditions.
    #[error("no run of another protocol shares world, seed and seeders with a finished run of `{0}`")]
    NoPairs(String),
    /// Files could not be read.
    #[error(transparent)]
    Results(#[from] ResultsError),
}

fn hint(given: &str, known: &[String]) -> String {
    let near = nearest(given, known.iter().map(String::as_str));
    near.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// A study, variant by variant and cell by cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Name of the scenario.
    pub scenario: String,
    /// What holds in all cells: (key, value).
    pub world: Vec<(String, String)>,
    /// Names of the variants, the baseline first, the others as they were run.
    pub variants: Vec<String>,
    /// The baseline beside each other variant, over all cells; of indices into
    /// [`Comparison::variants`].
    pub races: Vec<Race>,
    /// A ratio above this is too slow, such as 1.2.
    pub limit: f64,
    /// The cells, by what varies in the world, file size, network size and seeders.
    pub cells: Vec<ComparedCell>,
    /// Planned runs without a result.
    pub runs_missing: u64,
}

/// One cell, with the figures of all variants.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedCell {
    /// Further keys that vary in the study: (key, value).
    pub world: Vec<(String, String)>,
    /// Size of the file.
    pub file_size_bytes: u64,
    /// Nodes, seeders included.
    pub network_size: u32,
    /// Nodes that hold everything from the start.
    pub seeders: u32,
    /// Nodes that want everything.
    pub leechers: u32,
    /// Lower bound on the makespan, in s: the smallest of the runs of the cell.
    /// The median leecher may be done before it.
    pub bound_s: Option<f64>,
    /// In the order of [`Comparison::variants`].
    pub figures: Vec<Figures>,
}

/// What one variant did in one cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figures {
    /// Completed downloads.
    pub n: usize,
    /// Downloads that there should be.
    pub expected_n: usize,
    /// Median download time over leechers and runs, in s, from each leecher's
    /// own start; of completed downloads, as are the quartiles.
    pub median_s: Option<f64>,
    /// 25 % quantile.
    pub p25_s: Option<f64>,
    /// 75 % quantile.
    pub p75_s: Option<f64>,
    /// Against the baseline; nothing without pairs, and for the baseline itself.
    pub ratio: Option<Ratio>,
}

/// What the interval of a ratio says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It lies wholly above the limit.
    Slower,
    /// It lies wholly below 1.
    Faster,
    /// Neither, or there is no interval.
    Open,
}

/// How one variant does in all cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComparedVerdict {
    /// Index into [`Comparison::variants`].
    pub variant: usize,
    /// Cells with a ratio.
    pub cells: usize,
    /// Those of them with a ratio within the limit and no download missing.
    pub within: usize,
    /// Median of the ratios.
    pub median: f64,
    /// The largest ratio, and the index of its cell.
    pub worst: (f64, usize),
}

impl Figures {
    /// Downloads that were not completed.
    pub fn missing(&self) -> usize {
        self.expected_n.saturating_sub(self.n)
    }

    /// What the interval says.
    pub fn finding(&self, limit: f64) -> Finding {
        match self.ratio.as_ref().and_then(|ratio| ratio.interval) {
            Some((low, _)) if low > limit => Finding::Slower,
            Some((_, high)) if high < 1.0 => Finding::Faster,
            _ => Finding::Open,
        }
    }
}

impl ComparedCell {
    /// Seeders over network size, the users' seeder ratio.
    pub fn seeder_ratio(&self) -> f64 {
        f64::from(self.seeders) / f64::from(self.network_size)
    }

    /// The bound over the median of the baseline.
    pub fn bound_ratio(&self) -> Option<f64> {
        Some(self.bound_s? / self.figures.first()?.median_s.filter(|median| *median > 0.0)?)
    }
}

impl Comparison {
    /// Compares all that was run in `dir` with `baseline`, the name of a variant
    /// or of a protocol that was run in one way only.
    pub fn read(dir: &Path, baseline: &str, limit: f64) -> Result<Comparison, CompareError> {
        Comparison::of(Inputs::read(dir)?, baseline, limit)
    }

    fn of(inputs: Inputs, baseline: &str, limit: f64) -> Result<Comparison, CompareError> {
        let mut names: Vec<String> = Vec::new();
        for run in &inputs.runs {
            if !names.contains(&run.variant) {
                names.push(run.variant.clone());
            }
        }
        let first = find(&inputs.runs, &names, baseline)?;
        let name = names.remove(first);
        names.insert(0, name);
        let mut cells: BTreeMap<_, Vec<&StudyRun>> = BTreeMap::new();
        for run in &inputs.runs {
            let key = (run.world_index, run.row.file_size_bytes, run.row.network_size, run.row.seeders);
            cells.entry(key).or_default().push(run);
        }
        let cells: Vec<ComparedCell> = cells.values().map(|runs| cell(&inputs, runs, &names)).collect();
        if !cells.iter().flat_map(|cell| &cell.figures).any(|figures| figures.ratio.is_some()) {
            return Err(CompareError::NoPairs(names.swap_remove(0)));
        }
        let (runs_missing, world) = (inputs.runs_missing(), inputs.common.clone());
        let survey = Survey::of(inputs, Vec::new());
        let place = |of: &[String], name: &String| of.iter().position(|other| other == name).expect("one of them");
        let own = |index: usize| place(&names, &survey.variants[index]);
        let races = survey.races_of(place(&survey.variants, &names[0])).into_iter();
        let races = races.map(|race| Race { fast: own(race.fast), slow: own(race.slow), ..race }).collect();
        let scenario = survey.manifest.scenario;
        Ok(Comparison { scenario, world, races, variants: names, limit, cells, runs_missing })
    }

    /// How each variant but the baseline does; those without any ratio are left out.
    pub fn verdicts(&self) -> Vec<ComparedVerdict> {
        (1..self.variants.len()).filter_map(|variant| self.verdict(variant)).collect()
    }

    fn verdict(&self, variant: usize) -> Option<ComparedVerdict> {
        let figures = || self.cells.iter().enumerate().map(|(index, cell)| (index, cell, &cell.figures[variant]));
        let ratios: Vec<(f64, usize)> =
            figures().filter_map(|(index, _, f)| Some((f.ratio.as_ref()?.value, index))).collect();
        let whole = |cell: &ComparedCell, f: &Figures| f.missing() == 0 && cell.figures[0].missing() == 0;
        let within = figures()
            .filter(|(_, cell, f)| f.ratio.as_ref().is_some_and(|ratio| ratio.value <= self.limit) && whole(cell, f));
        Some(ComparedVerdict {
            variant,
            cells: ratios.len(),
            within: within.count(),
            median: median(&ratios.iter().map(|(ratio, _)| *ratio).collect::<Vec<_>>())?,
            // Of equal ratios the first cell.
            worst: ratios.iter().copied().reduce(|a, b| if b.0 > a.0 { b } else { a })?,
        })
    }

    /// Rows of `comparison.csv`: a row per cell and variant.
    pub fn rows(&self) -> Vec<ComparisonRow> {
        let of_cell = |cell: &ComparedCell| -> Vec<ComparisonRow> {
            self.variants.iter().zip(&cell.figures).map(|(name, figures)| self.row(cell, name, figures)).collect()
        };
        self.cells.iter().flat_map(of_cell).collect()
    }

    fn row(&self, cell: &ComparedCell, name: &str, figures: &Figures) -> ComparisonRow {
        let interval = figures.ratio.as_ref().and_then(|ratio| ratio.interval);
        ComparisonRow {
            scenario: self.scenario.clone(),
            world: words(&cell.world),
            file_size_bytes: cell.file_size_bytes,
            network_size: cell.network_size,
            seeders: cell.seeders,
            leechers: cell.leechers,
            seeder_ratio: cell.seeder_ratio(),
            variant: name.into(),
            baseline: self.variants[0].clone(),
            n: figures.n as u64,
            expected_n: figures.expected_n as u64,
            missing: figures.missing() as u64,
            p25_s: figures.p25_s,
            median_s: figures.median_s,
            p75_s: figures.p75_s,
            pairs: figures.ratio.as_ref().map_or(0, |ratio| ratio.pairs as u64),
            ratio: figures.ratio.as_ref().map(|ratio| ratio.value),
            ratio_low: interval.map(|i| i.0),
            ratio_high: interval.map(|i| i.1),
            limit: self.limit,
            bound_s: cell.bound_s,
            bound_ratio: cell.bound_ratio(),
        }
    }
}

/// The index of the baseline among the variants.
fn find(runs: &[StudyRun], names: &[String], given: &str) -> Result<usize, CompareError> {
    if let Some(index) = names.iter().position(|name| name == given) {
        return Ok(index);
    }
    let of_protocol = |name: &&String| runs.iter().any(|run| run.variant == **name && run.row.protocol == given);
    let variants: Vec<&String> = names.iter().filter(of_protocol).collect();
    match variants.as_slice() {
        [one] => Ok(names.iter().position(|name| name == *one).expect("it is one of them")),
        [] => Err(CompareError::UnknownBaseline { given: given.into(), known: names.to_vec() }),
        _ => Err(CompareError::SeveralBaselines {
            given: given.into(),
            variants: variants.into_iter().cloned().collect(),
        }),
    }
}

/// What makes two runs of a cell a pair: seed and set of seeders. The
/// repetition only numbers seeds.
type Chance = (u64, u32);

fn cell(inputs: &Inputs, runs: &[&StudyRun], names: &[String]) -> ComparedCell {
    let first = &runs[0].row;
    let of = |name: &String| -> BTreeMap<Chance, &StudyRun> {
        let mine = runs.iter().filter(|run| run.variant == *name);
        mine.map(|run| ((run.row.seed, run.row.seeder_set), *run)).collect()
    };
    let by_variant: Vec<BTreeMap<Chance, &StudyRun>> = names.iter().map(of).collect();
    // A study over `seed` has more runs than repetitions.
    let most = by_variant.iter().map(BTreeMap::len).chain([inputs.places()]).max().unwrap_or(0);
    // Where each point had the repetitions that it needed, it has all that it was to have.
    let places =
        |mine: &BTreeMap<Chance, &StudyRun>| if inputs.manifest.precision.is_some() { mine.len() } else { most };
    // A run without an outcome does not know who of its nodes was idle.
    let leechers = runs.iter().map(|run| run.row.leechers()).min().unwrap_or(0);
    // Where there are requests, runs differ in how many had something to fetch.
    let asked = runs.iter().filter(|run| run.row.has_requests()).map(|run| run.downloads as usize).min();
    let expected = |mine: &BTreeMap<Chance, &StudyRun>| match asked {
        Some(least) => {
            mine.values().map(|run| run.downloads as usize).sum::<usize>() + (places(mine) - mine.len()) * least
        }
        None => places(mine) * leechers as usize,
    };
    let world = runs[0].world.clone();
    let id = format!("{} {} {} {}", words(&world), first.file_size_bytes, first.network_size, first.seeders);
    let figures = names.iter().zip(&by_variant).enumerate().map(|(index, (name, mine))| {
        let times: Vec<f64> = mine.values().flat_map(|run| run.times.iter().copied()).collect();
        let pairs = mine.iter().filter_map(|(chance, run)| Some((&*run.times, &*by_variant[0].get(chance)?.times)));
        // A run in which nobody completed says nothing about times.
        let pairs: Vec<(&[f64], &[f64])> = pairs.filter(|(a, b)| !a.is_empty() && !b.is_empty()).collect();
        Figures {
            n: times.len(),
            expected_n: expected(mine),
            median_s: median(&times),
            p25_s: quantile(&times, 0.25),
            p75_s: quantile(&times, 0.75),
            ratio: (index > 0).then(|| Ratio::of(&pairs, super::digest(format!("{id} {name}").as_bytes()))).flatten(),
        }
    });
    ComparedCell {
        file_size_bytes: first.file_size_bytes,
        network_size: first.network_size,
        seeders: first.seeders,
        leechers,
        bound_s: runs.iter().filter_map(|run| run.row.bound_s).reduce(f64::min).filter(|_| asked.is_none()),
        figures: figures.collect(),
        world,
    }
}

#[cfg(test)]
mod tests;
