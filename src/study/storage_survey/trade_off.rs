//! Which points are worth what they cost: few losses, little space, little repair traffic.
//!
//! Losses are known within intervals, and points whose intervals overlap are not ranked.

use super::{Loss, StoragePoint, StoragePoints};

/// How the points of a study stand.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TradeOffs {
    /// Of each cost of [`StoragePoint::costs`] a ladder of points: the first costs the least,
    /// and each costs more than the one before and surely loses less.
    pub ladders: [Vec<usize>; 2],
    /// Of each point whether another costs no more in anything and surely loses less.
    pub beaten: Vec<bool>,
    /// The points of which none surely loses more than any other: one where it is told which
    /// loses the least, else all that it may be; those that take the least space first.
    pub safest: Vec<usize>,
    /// The points at which the loss of a dataset is to be expected: one or more in the mean.
    pub losing: Vec<usize>,
}

/// What of a point is weighed.
#[derive(Debug, Clone, Copy)]
struct Weighed {
    point: usize,
    loss: Loss,
    costs: [f64; 2],
}

impl TradeOffs {
    /// Of the points of a study; those whose losses or costs are not known are left out.
    pub fn of(points: &StoragePoints) -> TradeOffs {
        let weigh =
            |(point, of): (usize, &StoragePoint)| Some(Weighed { point, loss: of.dataset_loss()?, costs: of.costs()? });
        let mut all: Vec<Weighed> = points.points.iter().enumerate().filter_map(weigh).collect();
        let ladders = [1, 0].map(|cost| {
            all.sort_by(|a, b| {
                let ends = a.loss.interval.1.total_cmp(&b.loss.interval.1);
                a.costs[cost].total_cmp(&b.costs[cost]).then(ends)
            });
            ladder(&all)
        });
        let [by_traffic, by_space] = ladders;
        let least = all.iter().map(|own| own.loss.interval.1).fold(f64::INFINITY, f64::min);
        TradeOffs {
            ladders: [by_space, by_traffic],
            beaten: beaten(&all, points.points.len()),
            safest: all.iter().filter(|own| own.loss.interval.0 <= least).map(|own| own.point).collect(),
            losing: (0..points.points.len()).filter(|at| points.points[*at].loses_some()).collect(),
        }
    }
}

/// Of points in the order of a cost, the first of each cost being the one that may lose the
/// least.
fn ladder(all: &[Weighed]) -> Vec<usize> {
    let mut rungs: Vec<&Weighed> = Vec::new();
    for own in all {
        let climbs = |last: &&Weighed| own.loss.interval.1 < last.loss.interval.0;
        if rungs.last().is_none_or(climbs) {
            rungs.push(own);
        }
    }
    rungs.into_iter().map(|own| own.point).collect()
}

/// Which of so many points are beaten; `all` are in the order of their first cost.
fn beaten(all: &[Weighed], points: usize) -> Vec<bool> {
    let mut seconds: Vec<f64> = all.iter().map(|own| own.costs[1]).collect();
    seconds.sort_by(f64::total_cmp);
    let rank = |own: &Weighed| seconds.partition_point(|cost| *cost < own.costs[1]);
    let mut met = LeastUpTo(vec![f64::INFINITY; all.len() + 1]);
    let mut beaten = vec![false; points];
    // Those with the same first cost are rivals of one another.
    for same in all.chunk_by(|a, b| a.costs[0] == b.costs[0]) {
        same.iter().for_each(|own| met.add(rank(own), own.loss.interval.1));
        same.iter().for_each(|own| beaten[own.point] = met.least(rank(own)) < own.loss.interval.0);
    }
    beaten
}

/// The least value of all ranks up to one (a Fenwick tree).
struct LeastUpTo(Vec<f64>);

impl LeastUpTo {
    fn add(&mut self, rank: usize, value: f64) {
        let mut at = rank + 1;
        while at < self.0.len() {
            self.0[at] = self.0[at].min(value);
            at += at & at.wrapping_neg();
        }
    }

    fn least(&self, rank: usize) -> f64 {
        let (mut at, mut least) = (rank + 1, f64::INFINITY);
        while at > 0 {
            least = least.min(self.0[at]);
            at -= at & at.wrapping_neg();
        }
        least
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::points;
    use super::*;

    #[test]
    fn points_whose_intervals_overlap_are_not_ranked() {
        // (overhead, traffic, loss, half of its interval as a share of it)
        let of = TradeOffs::of(&points(&[(1.5, 1.0, 1e-3, 0.5), (2.0, 1.0, 0.9e-3, 0.5)]));
        assert_eq!((of.ladders[0].as_slice(), of.safest), ([0].as_slice(), vec![0, 1]));
        let of = TradeOffs::of(&points(&[(1.5, 1.0, 1e-3, 0.01), (2.0, 1.0, 0.9e-3, 0.01)]));
        assert_eq!((of.ladders[0].as_slice(), of.safest), ([0, 1].as_slice(), vec![1]));
    }

    #[test]
    fn ladders_climb_from_the_cheapest_in_each_cost() {
        let all = [(2.0, 1.0, 1e-2, 0.1), (1.5, 2.0, 1e-4, 0.1), (1.5, 0.5, 1e-1, 0.1), (3.0, 0.2, 1e-5, 0.1)];
        let of = TradeOffs::of(&points(&all));
        assert_eq!(of.ladders, [vec![1, 3], vec![3]], "of the same space the one that loses less");
        assert_eq!(of.beaten, [false; 4], "each is cheaper in something");
        let of = TradeOffs::of(&points(&[(2.0, 1.0, 1e-2, 0.1), (1.5, 1.0, 1e-4, 0.1)]));
        assert_eq!(of.beaten, [true, false]);
    }

    #[test]
    fn many_points_are_beaten_as_each_beside_each_other() {
        let of = |at: u32| {
            let digit = |by: u32| f64::from(at * by % 17);
            (digit(3), f64::from(at * at % 19), 0.001 * (1.0 + digit(7)), 0.3 * digit(11) / 17.0)
        };
        let all = points(&(1..400).map(of).collect::<Vec<_>>());
        let known = |at: usize| (all.points[at].dataset_loss().unwrap().interval, all.points[at].costs().unwrap());
        let is_beaten = |own: usize| {
            let (loss, costs) = known(own);
            (0..all.points.len())
                .map(known)
                .any(|(rival, other)| other[0] <= costs[0] && other[1] <= costs[1] && rival.1 < loss.0)
        };
        let expected: Vec<bool> = (0..all.points.len()).map(is_beaten).collect();
        assert!(expected.contains(&true) && expected.contains(&false));
        assert_eq!(TradeOffs::of(&all).beaten, expected);
    }

    /// Of ten datasets each.
    #[test]
    fn where_one_dataset_is_lost_in_the_mean_losses_are_to_be_expected() {
        let all = points(&[(1.5, 1.0, 0.09, 0.1), (2.0, 1.0, 0.12, 0.1), (2.0, 1.0, 0.11, 0.2)]);
        assert_eq!(TradeOffs::of(&all).losing, [1], "the interval of the third reaches below");
    }
}
