//! Points that were drawn from ranges. They are kept as numbers, for there may be a hundred
//! thousand of them; values are made of one when it is needed.

use super::Range;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Points drawn from ranges, each once.
#[derive(Debug, PartialEq)]
pub struct DrawnPoints {
    ranges: Vec<Range>,
    /// The number of each range at each point, as of [`Range::number`], point by point.
    numbers: Vec<f64>,
}

impl DrawnPoints {
    /// The points at `shares` of each of `ranges`, without those that are there already, as
    /// chance may draw them: these would be the same runs.
    pub(super) fn new(ranges: Vec<Range>, shares: &[Vec<f64>]) -> DrawnPoints {
        let numbers = |(range, shares): (&Range, &Vec<f64>)| shares.iter().map(|share| range.number(*share)).collect();
        let sides: Vec<Vec<f64>> = ranges.iter().zip(shares).map(numbers).collect();
        // Equal points stand together in this order, the first of them in front.
        let mut order: Vec<usize> = (0..sides.first().map_or(0, Vec::len)).collect();
        let compared = |a: &usize, b: &usize| {
            let orders = sides.iter().map(|side| side[*a].total_cmp(&side[*b]));
            orders.fold(Ordering::Equal, Ordering::then)
        };
        order.sort_unstable_by(|a, b| compared(a, b).then(a.cmp(b)));
        order.dedup_by(|later, first| compared(later, first).is_eq());
        order.sort_unstable();
        let numbers = order.iter().flat_map(|point| sides.iter().map(|side| side[*point])).collect();
        DrawnPoints { ranges, numbers }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.numbers.len() / self.ranges.len()
    }

    /// A value of each range.
    pub(super) fn at(&self, point: usize) -> impl Iterator<Item = toml::Value> {
        self.ranges.iter().zip(self.numbers_at(point)).map(|(range, number)| range.of_number(*number))
    }

    /// Points that show what can be wrong with any by itself: the first with each combination of
    /// choices, and those at which a range of numbers is lowest and highest.
    pub(super) fn telling(&self) -> Vec<usize> {
        let points = 0..self.len();
        let chosen = |point: usize| {
            let choices = self.ranges.iter().zip(self.numbers_at(point)).filter(|(range, _)| range.choices().is_some());
            choices.map(|(_, number)| *number as usize).collect::<Vec<_>>()
        };
        let mut seen = BTreeSet::new();
        let mut telling: BTreeSet<usize> = points.clone().filter(|point| seen.insert(chosen(*point))).collect();
        for column in (0..self.ranges.len()).filter(|at| self.ranges[*at].choices().is_none()) {
            let compared = |a: &usize, b: &usize| self.numbers_at(*a)[column].total_cmp(&self.numbers_at(*b)[column]);
            telling.extend(points.clone().min_by(compared));
            telling.extend(points.clone().max_by(compared));
        }
        telling.into_iter().collect()
    }

    fn numbers_at(&self, point: usize) -> &[f64] {
        let width = self.ranges.len();
        &self.numbers[point * width..][..width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(ranges: &[&str], shares: &[&[f64]]) -> DrawnPoints {
        let ranges = ranges.iter().map(|text| Range::parse(text).unwrap()).collect();
        let side = |at: usize| shares.iter().map(|point| point[at]).collect();
        DrawnPoints::new(ranges, &[side(0), side(1)])
    }

    /// Of 8..9 there are two values, so the third point is the first again.
    #[test]
    fn each_point_is_there_once_where_it_was_first() {
        let points = drawn(
            &["swarm.network_size=8..9", "protocol=codex-v2|bittorrent"],
            &[&[0.9, 0.9], &[0.1, 0.9], &[0.8, 0.7], &[0.1, 0.1]],
        );
        let words = |point| points.at(point).map(|value| value.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!((points.len(), words(0), words(1), words(2)), {
            (3, "9 \"bittorrent\"".into(), "8 \"bittorrent\"".into(), "8 \"codex-v2\"".into())
        });
    }

    #[test]
    fn telling_points_have_every_choice_and_both_ends() {
        let shares: Vec<Vec<f64>> =
            (0..99).map(|at| vec![(f64::from(at) * 0.37 + 0.5).fract(), f64::from(at) / 99.0]).collect();
        let shares: Vec<&[f64]> = shares.iter().map(Vec::as_slice).collect();
        let points = drawn(&["swarm.network_size=8..1007", "protocol=a|b|c"], &shares);
        let telling = points.telling();
        assert_eq!(telling.len(), 5, "{telling:?}");
        let column = |at: usize| telling.iter().map(|point| points.numbers_at(*point)[at]).collect::<Vec<_>>();
        assert_eq!(column(1).iter().map(|choice| *choice as u32).collect::<BTreeSet<_>>().len(), 3);
        let all = || (0..points.len()).map(|point| points.numbers_at(point)[0]);
        let (low, high) = (all().fold(f64::MAX, f64::min), all().fold(0.0, f64::max));
        assert!(column(0).contains(&low) && column(0).contains(&high));
    }
}
