//! Which variant is the fastest, and how sure that is.

use super::super::statistics::{Mean, t_quantile};
use super::{Survey, SurveyPoint};
use std::collections::BTreeMap;

/// The fastest variant, and the others beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Race {
    /// Index into [`Survey::variants`]: of those that are whole at the most points, the
    /// one that takes the least time.
    pub fastest: usize,
    /// The others that share a cell with it in which all downloads of both completed, the
    /// least slow first.
    pub others: Vec<Lag>,
}

/// How long a variant takes beside the fastest.
///
/// Runs of one cell with the same seed and set of seeders are a pair. Of each pair the
/// logarithm of the ratio of the two median download times is taken, its mean over the
/// pairs of a cell, and the mean of these over cells, so that every cell counts alike. Cells are
/// what was asked for and not drawn, so the interval (Student, with the degrees of freedom
/// of Welch and Satterthwaite) is of the pairs within them.
#[derive(Debug, Clone, PartialEq)]
pub struct Lag {
    /// Index into [`Survey::variants`].
    pub variant: usize,
    /// Its time over that of the fastest.
    pub ratio: f64,
    /// 95 % interval; nothing where a cell has one pair only.
    pub interval: Option<(f64, f64)>,
    /// Pairs of runs.
    pub pairs: usize,
    /// Cells that they are of.
    pub cells: usize,
    /// Those of the cells in which it is surely the faster one.
    pub faster: usize,
}

/// Logarithms of ratios in one cell: their mean, and the variance of that.
struct LogRatios {
    pairs: usize,
    mean: f64,
    variance: f64,
}

impl Survey {
    /// Who is faster than whom; nothing where no two variants share a cell in which all
    /// downloads completed, in runs with equal seeds.
    pub fn race(&self) -> Option<Race> {
        let whole = |variant: usize| self.points.iter().filter(|p| p.variant == variant && p.is_whole()).count();
        let most = (0..self.variants.len()).map(whole).max()?;
        let mut able = (0..self.variants.len()).filter(|variant| whole(*variant) == most);
        let first = able.next()?;
        let quicker =
            |best, variant| self.lag(variant, best).map_or(best, |l| if l.ratio < 1.0 { variant } else { best });
        let fastest = able.fold(first, quicker);
        let others = (0..self.variants.len()).filter(|variant| *variant != fastest);
        let mut others: Vec<Lag> = others.filter_map(|variant| self.lag(variant, fastest)).collect();
        others.sort_by(|a, b| a.ratio.total_cmp(&b.ratio));
        (!others.is_empty()).then_some(Race { fastest, others })
    }

    fn lag(&self, variant: usize, fastest: usize) -> Option<Lag> {
        let of = |cell: &[usize], variant: usize| {
            let mut points = cell.iter().map(|index| &self.points[*index]);
            points.find(|point| point.variant == variant && point.is_whole())
        };
        let cells = self.cells();
        let cells = cells.iter().filter_map(|cell| LogRatios::of(of(cell, variant)?, of(cell, fastest)?));
        let cells: Vec<LogRatios> = cells.collect();
        if cells.is_empty() {
            return None;
        }
        let n = cells.len() as f64;
        let mean = cells.iter().map(|cell| cell.mean).sum::<f64>() / n;
        let parts = || cells.iter().map(|cell| (cell.variance / (n * n), (cell.pairs - 1) as f64));
        let variance: f64 = parts().map(|(part, _)| part).sum();
        let freedom = if variance > 0.0 {
            variance * variance / parts().map(|(part, freedom)| part * part / freedom).sum::<f64>()
        } else {
            1.0
        };
        let several = cells.iter().all(|cell| cell.pairs > 1);
        let half = |degrees: f64, variance: f64| t_quantile(0.975, (degrees as usize).max(1)) * variance.sqrt();
        Some(Lag {
            variant,
            ratio: libm::exp(mean),
            interval: several.then(|| {
                let half = half(freedom, variance);
                (libm::exp(mean - half), libm::exp(mean + half))
            }),
            pairs: cells.iter().map(|cell| cell.pairs).sum(),
            cells: cells.len(),
            faster: cells
                .iter()
                .filter(|cell| cell.pairs > 1 && cell.mean + half((cell.pairs - 1) as f64, cell.variance) < 0.0)
                .count(),
        })
    }
}

impl SurveyPoint {
    /// Whether every download of every finished run completed.
    pub fn is_whole(&self) -> bool {
        self.leechers > 0 && self.medians.iter().all(Option::is_some)
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
        let logs = own.iter().filter_map(|(chance, time)| Some(libm::log(time / fastest.get(chance)?)));
        let logs: Vec<f64> = logs.collect();
        let Mean { mean, variance } = Mean::of(&logs);
        let variance = if logs.len() > 1 { variance } else { 0.0 };
        (!logs.is_empty()).then_some(LogRatios { pairs: logs.len(), mean, variance })
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
        let race = survey.race().unwrap();
        let [lag] = &race.others[..] else { panic!("{race:?}") };
        assert_eq!((race.fastest, lag.variant, lag.pairs, lag.cells, lag.faster), (0, 1, 4, 2, 0));
        let (low, high) = lag.interval.unwrap();
        assert!((libm::log(lag.ratio) - 0.1).abs() < 1e-12, "{lag:?}");
        let half = 12.706_204_736_174_7 * 0.05;
        assert!((libm::log(low) - 0.1 + half).abs() < 1e-9 && (libm::log(high) - 0.1 - half).abs() < 1e-9);
    }

    /// Only half of the downloads of q end, and these quickly.
    #[test]
    fn who_does_not_complete_is_not_fast() {
        let (slow, half) = ([Some(4.0), Some(4.0)], [Some(1.0), None]);
        let survey = survey(&[("p", 7, 3, &slow), ("q", 7, 3, &half), ("r", 7, 3, &slow)]);
        let race = survey.race().unwrap();
        assert_eq!((race.fastest, race.others.len(), race.others[0].variant), (0, 1, 2));
        assert_eq!((race.others[0].ratio, race.others[0].interval), (1.0, None), "one pair has no spread");
    }

    #[test]
    fn runs_with_other_seeds_are_no_pairs() {
        let time = [Some(4.0)];
        assert_eq!(survey(&[("p", 7, 2, &time), ("q", 8, 2, &time)]).race(), None);
        assert_eq!(survey(&[("p", 7, 2, &time)]).race(), None, "nobody to be faster than");
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
        let race = survey.race().unwrap();
        assert_eq!((race.fastest, race.others[0].cells, race.others[0].faster), (0, 2, 1));
    }
}
