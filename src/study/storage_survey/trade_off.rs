//! Which points are worth what they cost: few losses, little space, little repair traffic.
//!
//! Losses are known within intervals, and points whose intervals overlap are not ranked.

use super::{Loss, StoragePoints};

/// How a point stands among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// All that cost no more lose more: surely.
    Best,
    /// Another costs no more and loses less: surely.
    Beaten,
    /// Another costs no more, and which of them loses less the intervals do not tell.
    Open,
    /// Nothing is known of its losses or its costs.
    Unknown,
}

/// How the points of a study stand.
#[derive(Debug, Clone, PartialEq)]
pub struct TradeOffs {
    /// Of each point.
    pub standings: Vec<Standing>,
    /// The points of which none surely loses more than any other: one where it is told which
    /// loses the least, else all that it may be, the cheapest first.
    pub safest: Vec<usize>,
    /// The points at which some dataset is lost as good as surely.
    pub losing: Vec<usize>,
}

/// A loss so likely, by the lower end of its interval, is as good as sure.
const SURE: f64 = 0.95;

impl Standing {
    /// As it stands in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Standing::Best => "best",
            Standing::Beaten => "beaten",
            Standing::Open => "open",
            Standing::Unknown => "-",
        }
    }
}

/// What of a point is weighed.
#[derive(Debug, Clone, Copy)]
struct Weighed {
    point: usize,
    loss: Loss,
    costs: [f64; 2],
}

impl Weighed {
    fn costs_no_more_than(&self, other: &Weighed) -> bool {
        self.costs.iter().zip(other.costs).all(|(own, other)| *own <= other)
    }
}

impl TradeOffs {
    /// Of the points of a study.
    pub fn of(points: &StoragePoints) -> TradeOffs {
        let weigh = |(point, of): (usize, &super::StoragePoint)| {
            Some(Weighed { point, loss: of.dataset_loss()?, costs: of.costs()? })
        };
        let mut all: Vec<Weighed> = points.points.iter().enumerate().filter_map(weigh).collect();
        all.sort_by(|a, b| a.costs[0].total_cmp(&b.costs[0]).then(a.costs[1].total_cmp(&b.costs[1])));
        let mut standings = vec![Standing::Unknown; points.points.len()];
        // In this order whatever costs no more comes before, or costs the same.
        for own in &all {
            let cheaper = || all.iter().take_while(|other| other.costs[0] <= own.costs[0]);
            let rivals = || cheaper().filter(|other| other.point != own.point && other.costs_no_more_than(own));
            standings[own.point] = match () {
                () if rivals().any(|rival| rival.loss.is_surely_below(&own.loss)) => Standing::Beaten,
                () if rivals().all(|rival| own.loss.is_surely_below(&rival.loss)) => Standing::Best,
                () => Standing::Open,
            };
        }
        let least = all.iter().map(|own| own.loss.interval.1).fold(f64::INFINITY, f64::min);
        let safest = all.iter().filter(|own| own.loss.interval.0 <= least).map(|own| own.point).collect();
        let is_sure = |loss: Loss| loss.interval.0 >= SURE;
        let losing = (0..points.points.len()).filter(|at| points.points[*at].any_loss().is_some_and(is_sure)).collect();
        TradeOffs { standings, safest, losing }
    }

    /// The points that stand so, the cheapest in space first.
    pub fn standing(&self, wanted: Standing, points: &StoragePoints) -> Vec<usize> {
        let mut mine: Vec<usize> = (0..self.standings.len()).filter(|at| self.standings[*at] == wanted).collect();
        let costs = |at: &usize| points.points[*at].costs().unwrap_or_default();
        mine.sort_by(|a, b| costs(a)[0].total_cmp(&costs(b)[0]).then(costs(a)[1].total_cmp(&costs(b)[1])));
        mine
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::points;
    use super::*;
    use Standing::{Beaten, Best, Open};

    #[test]
    fn points_whose_intervals_overlap_are_not_ranked() {
        // (overhead, traffic, loss, half of its interval as a share of it)
        let of = TradeOffs::of(&points(&[(1.5, 1.0, 1e-3, 0.5), (2.0, 1.0, 0.9e-3, 0.5)]));
        assert_eq!(of.standings, [Best, Open]);
        assert_eq!(of.safest, [0, 1], "either may be");
        let of = TradeOffs::of(&points(&[(1.5, 1.0, 1e-3, 0.01), (2.0, 1.0, 0.9e-3, 0.01)]));
        assert_eq!((of.standings, of.safest), (vec![Best, Best], vec![1]));
    }

    #[test]
    fn who_costs_more_and_loses_more_is_beaten() {
        let of = TradeOffs::of(&points(&[
            (2.0, 1.0, 1e-2, 0.1),
            (1.5, 1.0, 1e-4, 0.1),
            (1.5, 0.5, 1e-1, 0.1),
            (3.0, 0.2, 1e-3, 0.1),
        ]));
        assert_eq!(of.standings, [Beaten, Best, Best, Best]);
        assert_eq!(of.safest, [1]);
        assert!(of.losing.is_empty());
    }

    #[test]
    fn a_loss_that_is_as_good_as_sure_is_told() {
        let mut all = points(&[(1.5, 1.0, 0.5, 0.1), (2.0, 1.0, 0.4, 0.1)]);
        let row = &mut all.points[1].runs[0];
        (row.any_loss, row.any_loss_low, row.any_loss_high) = (Some(1.0), Some(0.96), Some(1.0));
        assert_eq!(TradeOffs::of(&all).losing, [1]);
    }
}
