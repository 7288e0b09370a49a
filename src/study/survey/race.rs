//! Which variant is the fastest, and how sure that is.

use super::super::statistics::{GrandMean, RunValue, satterthwaite, t_quantile};
use super::{Survey, SurveyPoint};
use std::collections::BTreeMap;

/// How long one variant takes beside another, which is not slower.
///
/// Runs of one cell with the same seed and set of seeders are a pair. Of each pair the
/// logarithm of the ratio of the two median download times is taken, its mean over the
/// pairs of a cell, and the mean of these over cells, so that every cell counts alike. Cells are
/// what was asked for and not drawn, so the interval (Student, with the degrees of freedom
/// of Welch and Satterthwaite) is of the pairs within them, of which those with one seed or one
/// set of seeders are not independent.
#[derive(Debug, Clone, PartialEq)]
pub struct Race {
    /// Index into [`Survey::variants`] of the faster one.
    pub fast: usize,
    /// Index of the other.
    pub slow: usize,
    /// The time of the slower one over that of the faster.
    pub ratio: f64,
    /// 95 % interval; nothing where a cell has one pair only.
    pub interval: Option<(f64, f64)>,
    /// Pairs of runs.
    pub pairs: usize,
    /// Cells that they are of: those in which all downloads of both completed.
    pub cells: usize,
    /// Cells of the study.
    pub all_cells: usize,
    /// Cells in which not all downloads of both completed.
    pub broken: usize,
    /// Those of the cells in which the slower one is the faster: surely, where there is an
    /// interval.
    pub upset: usize,
}

/// Variants of which each is told beside each other.
const FEW: usize = 4;

/// Logarithms of ratios in one cell: their mean, the variance of that, and its degrees of
/// freedom, of a single pair both none.
struct LogRatios {
    pairs: usize,
    mean: f64,
    variance: f64,
    degrees: f64,
}

impl Survey {
    /// Who is faster than whom: the fastest beside the others, the least slow first, then
    /// these beside one another where they are few. The fastest is, of those that are whole
    /// at the most points, the one that takes the least time. Empty where no two variants
    /// share a cell in which all downloads completed, in runs with equal seeds.
    pub fn races(&self) -> Vec<Race> {
        let all = 0..self.variants.len();
        let whole = |variant: usize| self.points.iter().filter(|p| p.variant == variant && p.is_whole()).count();
        let most = all.clone().map(whole).max();
        let able = all.clone().filter(|variant| Some(whole(*variant)) == most);
        let quicker = |best, variant| self.race(best, variant).map_or(best, |race| race.fast);
        let Some(fastest) = able.reduce(quicker) else { return Vec::new() };
        let mut races = self.races_of(fastest);
        if self.variants.len() <= FEW {
            let pairs = all.clone().flat_map(|one| all.clone().skip(one + 1).map(move |other| (one, other)));
            let others = pairs.filter(|(one, other)| ![one, other].contains(&&fastest));
            races.extend(others.filter_map(|(one, other)| self.race(one, other)));
        }
        races
    }

    /// A variant beside each other, those that do best first.
    pub fn races_of(&self, variant: usize) -> Vec<Race> {
        let others = (0..self.variants.len()).filter(|other| *other != variant);
        let mut races: Vec<Race> = others.filter_map(|other| self.race(variant, other)).collect();
        let lag = |race: &Race| if race.fast == variant { race.ratio } else { 1.0 / race.ratio };
        races.sort_by(|a, b| lag(a).total_cmp(&lag(b)));
        races
    }

    /// Two variants; nothing where they have no pair.
    fn race(&self, one: usize, other: usize) -> Option<Race> {
        let cells = self.cells();
        let of = |cell: &[usize], variant: usize| {
            let mut points = cell.iter().map(|index| &self.points[*index]);
            points.find(|point| point.variant == variant)
        };
        let whole = |cell: &[usize], variant| of(cell, variant).filter(|point| point.is_whole());
        let broken = |cell: &&Vec<usize>| [one, other].iter().filter_map(|v| of(cell, *v)).any(|p| !p.is_whole());
        let logs: Vec<LogRatios> =
            cells.iter().filter_map(|cell| LogRatios::of(whole(cell, other)?, whole(cell, one)?)).collect();
        if logs.is_empty() {
            return None;
        }
        let n = logs.len() as f64;
        let mean = logs.iter().map(|cell| cell.mean).sum::<f64>() / n;
        let parts = || logs.iter().map(|cell| (cell.variance / (n * n), cell.degrees));
        let variance: f64 = parts().map(|(part, _)| part).sum();
        let freedom = satterthwaite(parts(), variance);
        let several = logs.iter().all(|cell| cell.pairs > 1);
        let half = |degrees: f64, variance: f64| t_quantile(0.975, libm::floor(degrees).max(1.0)) * variance.sqrt();
        // Towards the one that is faster on the whole.
        let sign = if mean < 0.0 { -1.0 } else { 1.0 };
        let doubt = |cell: &LogRatios| if several { half(cell.degrees, cell.variance) } else { 0.0 };
        let interval = several.then(|| {
            let half = half(freedom, variance);
            (libm::exp(sign * mean - half), libm::exp(sign * mean + half))
        });
        let (fast, slow) = if mean < 0.0 { (other, one) } else { (one, other) };
        Some(Race {
            fast,
            slow,
            ratio: libm::exp(sign * mean),
            interval,
            pairs: logs.iter().map(|cell| cell.pairs).sum(),
            cells: logs.len(),
            all_cells: cells.len(),
            broken: cells.iter().filter(broken).count(),
            upset: logs.iter().filter(|cell| sign * cell.mean + doubt(cell) < 0.0).count(),
        })
    }
}

impl SurveyPoint {
    /// Whether every download of every finished run completed.
    pub fn is_whole(&self) -> bool {
        self.downloads > 0 && self.medians.iter().all(Option::is_some)
    }
}

impl LogRatios {
    /// Nothing without a pair that took time.
    fn of(own: &SurveyPoint, fastest: &SurveyPoint) -> Option<LogRatios> {
        let times = |point: &SurveyPoint| -> BTreeMap<(u64, u32), f64> {
            let runs = point.runs.iter().zip(&point.medians);
            runs.filter_map(|(run, time)| Some(((run.seed, run.seeder_set), (*time).filter(|t| *t > 0.0)?))).collect()
        };
        let (own, fastest) = (times(own), times(fastest));
        let log = |(chance, time): (&(u64, u32), &f64)| {
            let (seed, seeder_set) = *chance;
            Some(RunValue { value: libm::log(time / fastest.get(chance)?), seeder_set, seed }.labelled())
        };
        let logs: Vec<_> = own.iter().filter_map(log).collect();
        let grand = GrandMean::of(&logs)?;
        let (variance, degrees) = grand.variance().unwrap_or_default();
        Some(LogRatios { pairs: logs.len(), mean: grand.mean, variance, degrees })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::inputs::sample::{SampleRun, inputs};
    use super::*;

    fn survey(runs: &[SampleRun]) -> Survey {
        let runs: Vec<(SampleRun, &[&str])> = runs.iter().map(|run| (*run, &[][..])).collect();
        Survey::of(inputs(&[], &runs), Vec::new())
    }

    /// By hand: ratios e^0.1 and e^0.3 of the two pairs in the first cell, twice 1 in the
    /// second. Means 0.2 and 0, together 0.1; variance (0.02 / 2) / 4 + 0, one degree of freedom,
    /// so half the width is 12.7062 x 0.05.
    #[test]
    fn the_mean_over_cells_with_its_interval_by_hand() {
        let e = libm::exp;
        let one = |time: f64| [Some(time)];
        let times = [1.0, e(0.1), 2.0, 2.0 * e(0.3)].map(one);
        let three = [Some(4.0); 2];
        let survey = survey(&[
            ("p", 7, 2, &times[0]),
            ("p", 8, 2, &times[2]),
            ("q", 7, 2, &times[1]),
            ("q", 8, 2, &times[3]),
            ("p", 7, 3, &three),
            ("p", 8, 3, &three),
            ("q", 7, 3, &three),
            ("q", 8, 3, &three),
        ]);
        let [race] = &survey.races()[..] else { panic!("{:?}", survey.races()) };
        assert_eq!((race.fast, race.slow, race.pairs, race.cells, race.upset), (0, 1, 4, 2, 0));
        let other = &survey.races_of(1)[0];
        assert_eq!((other.fast, other.slow, other.pairs), (0, 1, 4), "whoever is asked about");
        let (low, high) = race.interval.unwrap();
        assert!((libm::log(race.ratio) - 0.1).abs() < 1e-12, "{race:?}");
        let half = 12.706_204_736_174_7 * 0.05;
        assert!((libm::log(low) - 0.1 + half).abs() < 1e-9 && (libm::log(high) - 0.1 - half).abs() < 1e-9);
    }

    /// Only half of the downloads of q end, and these quickly.
    #[test]
    fn who_does_not_complete_is_not_fast() {
        let (slow, half) = ([Some(4.0), Some(4.0)], [Some(1.0), None]);
        let survey = survey(&[("p", 7, 3, &slow), ("q", 7, 3, &half), ("r", 7, 3, &slow)]);
        let [race] = &survey.races()[..] else { panic!("{:?}", survey.races()) };
        assert_eq!((race.fast, race.slow, race.broken), (0, 2, 0));
        assert_eq!((race.ratio, race.interval), (1.0, None), "one pair has no spread");
    }

    #[test]
    fn runs_with_other_seeds_are_no_pairs() {
        let time = [Some(4.0)];
        assert_eq!(survey(&[("p", 7, 2, &time), ("q", 8, 2, &time)]).races(), []);
        assert_eq!(survey(&[("p", 7, 2, &time)]).races(), [], "nobody to be faster than");
    }

    /// What is asked of three may be how the second does beside the third.
    #[test]
    fn few_are_told_each_beside_each_other() {
        let times = [1.0, 2.0, 4.0].map(|time| [Some(time)]);
        let survey = survey(&[("p", 7, 2, &times[2]), ("q", 7, 2, &times[0]), ("r", 7, 2, &times[1])]);
        let told: Vec<_> = survey.races().iter().map(|race| (race.fast, race.slow, race.ratio.round())).collect();
        assert_eq!(told, [(1, 2, 2.0), (1, 0, 4.0), (2, 0, 2.0)]);
    }

    /// In one cell q takes half the time in both pairs, in the other four times as long.
    #[test]
    fn cells_that_disagree_are_counted() {
        let times = [1.0, 2.0, 4.0].map(|time| [Some(time)]);
        let twos = [1.0, 2.0, 4.0].map(|time| [Some(time); 2]);
        let survey = survey(&[
            ("p", 7, 2, &times[1]),
            ("p", 8, 2, &times[1]),
            ("q", 7, 2, &times[0]),
            ("q", 8, 2, &times[0]),
            ("p", 7, 3, &twos[0]),
            ("p", 8, 3, &twos[0]),
            ("q", 7, 3, &twos[2]),
            ("q", 8, 3, &twos[2]),
        ]);
        let [race] = &survey.races()[..] else { panic!("{:?}", survey.races()) };
        assert_eq!((race.fast, race.cells, race.upset), (0, 2, 1));
    }
}
