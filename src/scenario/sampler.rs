//! Points spread over the unit cube: what designs of sweeps, and studies of what matters, are
//! drawn from.

use crate::rng::{Purpose, Rng};
use sobol_burley::parts::{owen_scramble_rev, sobol_rev};

/// How points are spread over the unit cube, of which every side is a share that
/// [`super::Range::at`] makes a value of.
///
/// Each dimension has its own random stream, so that one more dimension leaves the others as
/// they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampler {
    /// Each by itself. More points go on where fewer ended.
    Random,
    /// A Latin hypercube (McKay, Beckman & Conover 1979): cut into as many parts as there are
    /// points, every side has one point in each part. Twice as many points contain all of
    /// the points so far (nested doubling, as of Sallaberry, Helton & Hora 2008); other numbers
    /// do not.
    LatinHypercube,
    /// The sequence of Sobol' (1967) with the direction numbers of Joe & Kuo (2008), scrambled
    /// as of Owen (1995) by the hash of Burley (2020). More points go on where fewer ended; a
    /// power of two covers the cube most evenly.
    Sobol,
}

/// Dimensions and points of the sequence of Sobol' that there are direction numbers for.
const SOBOL_DIMENSIONS: usize = sobol_burley::NUM_DIMENSIONS as usize;
const SOBOL_POINTS: usize = 1 << 16;

impl Sampler {
    /// All of them.
    pub const ALL: [Sampler; 3] = [Sampler::Random, Sampler::LatinHypercube, Sampler::Sobol];

    /// Its name in scenarios.
    pub const fn name(self) -> &'static str {
        match self {
            Sampler::Random => "random",
            Sampler::LatinHypercube => "lhs",
            Sampler::Sobol => "sobol",
        }
    }

    /// Why there are no `count` points in so many dimensions, in words; nothing where there are.
    pub fn refusal(self, dimensions: usize, count: usize) -> Option<String> {
        match self {
            Sampler::Sobol if dimensions > SOBOL_DIMENSIONS => {
                Some(format!("`sobol` has at most {SOBOL_DIMENSIONS} dimensions, and these are {dimensions}"))
            }
            Sampler::Sobol if count > SOBOL_POINTS => {
                Some(format!("`sobol` has at most {SOBOL_POINTS} points, and these are {count}"))
            }
            _ => None,
        }
    }

    /// The first `count` points in `dimensions` dimensions that `seed` decides, each a list of
    /// shares above 0 and below 1.
    ///
    /// # Panics
    /// Where [`Sampler::refusal`] has something to say.
    pub fn points(self, dimensions: usize, count: usize, seed: u64) -> Vec<Vec<f64>> {
        let sides = self.sides(dimensions, count, seed);
        (0..count).map(|point| sides.iter().map(|side| side[point]).collect()).collect()
    }

    /// The same, dimension by dimension.
    ///
    /// # Panics
    /// Likewise.
    pub(super) fn sides(self, dimensions: usize, count: usize, seed: u64) -> Vec<Vec<f64>> {
        let refusal = self.refusal(dimensions, count);
        assert!(refusal.is_none(), "{refusal:?}");
        (0..dimensions).map(|dimension| self.side(dimension, count, seed)).collect()
    }

    /// One dimension of all points.
    fn side(self, dimension: usize, count: usize, seed: u64) -> Vec<f64> {
        let mut rng = Rng::stream(seed, Purpose::Designs, dimension as u64);
        match self {
            Sampler::Random => (0..count).map(|_| rng.uniform()).collect(),
            Sampler::LatinHypercube => latin(count, &mut rng),
            Sampler::Sobol => {
                let scramble = rng.next_u64() as u32;
                (0..count as u32).map(|point| sobol(point, dimension as u32, scramble)).collect()
            }
        }
    }
}

/// The middle of the 32 bits that the scrambled sequence has: never 0 and never 1.
fn sobol(point: u32, dimension: u32, scramble: u32) -> f64 {
    let bits = owen_scramble_rev(sobol_rev(point.reverse_bits(), dimension), scramble).reverse_bits();
    (f64::from(bits) + 0.5) / 4_294_967_296.0
}

/// One side of a Latin hypercube: the odd part of `count` in random order, and as many
/// doublings as it takes. A doubling halves every part; the new points are in the empty halves.
fn latin(count: usize, rng: &mut Rng) -> Vec<f64> {
    if count == 0 {
        return vec![];
    }
    let mut parts = count >> count.trailing_zeros();
    let mut empty: Vec<usize> = (0..parts).collect();
    let (mut taken, mut side) = (Vec::with_capacity(count), Vec::with_capacity(count));
    loop {
        rng.shuffle(&mut empty);
        side.extend(empty.iter().map(|part| (*part as f64 + rng.uniform()) / parts as f64));
        taken.append(&mut empty);
        if side.len() == count {
            return side;
        }
        parts *= 2;
        // By comparison and not by rounding down, so that each stays in its own half.
        let half =
            |(part, share): (&usize, &f64)| 2 * part + usize::from(share * parts as f64 >= (2 * part + 1) as f64);
        taken = taken.iter().zip(&side).map(half).collect();
        let mut is_empty = vec![true; parts];
        taken.iter().for_each(|part| is_empty[*part] = false);
        empty = (0..parts).filter(|part| is_empty[*part]).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// In which of so many equal parts `share` is.
    fn part_of(share: f64, parts: usize) -> usize {
        ((share * parts as f64) as usize).min(parts - 1)
    }

    fn column(points: &[Vec<f64>], dimension: usize) -> Vec<f64> {
        points.iter().map(|point| point[dimension]).collect()
    }

    /// The points are part of what a study runs: they are the same on every machine.
    #[test]
    fn golden_points() {
        let first = |sampler: Sampler| sampler.points(2, 2, 42).concat();
        for (sampler, expected) in [
            (Sampler::Random, [0.8722702631303283, 0.286232740297199, 0.3511110548206989, 0.6919271970404273]),
            (Sampler::LatinHypercube, [0.8722702631303283, 0.286232740297199, 0.17555552741034944, 0.8459635985202136]),
            (Sampler::Sobol, [0.13649347622413188, 0.2703144288389012, 0.8022671822691336, 0.8938600417459384]),
        ] {
            assert_eq!(first(sampler), expected, "{}", sampler.name());
        }
    }

    /// Joe & Kuo's own list of the first points in three dimensions (their program's
    /// documentation), before scrambling; the order within a power of two is a matter of taste.
    #[test]
    fn direction_numbers_are_those_of_joe_and_kuo() {
        let published = [
            [0.0, 0.0, 0.0],
            [0.5, 0.5, 0.5],
            [0.75, 0.25, 0.25],
            [0.25, 0.75, 0.75],
            [0.375, 0.375, 0.625],
            [0.875, 0.875, 0.125],
            [0.625, 0.125, 0.875],
            [0.125, 0.625, 0.375],
        ];
        let eighths = |point: [f64; 3]| point.map(|share| (share * 8.0) as u32);
        let plain = |point: u32, d: u32| f64::from(sobol_rev(point.reverse_bits(), d).reverse_bits()) / 4_294_967_296.0;
        let ours: BTreeSet<[u32; 3]> = (0..8).map(|point| eighths([0, 1, 2].map(|d| plain(point, d)))).collect();
        assert_eq!(ours, published.map(eighths).into_iter().collect());
    }

    /// Random and Sobol' at any number, a Latin hypercube at twice the number.
    #[test]
    fn more_points_contain_the_fewer() {
        for (sampler, fewer, more) in [
            (Sampler::Random, 10, 17),
            (Sampler::Sobol, 10, 17),
            (Sampler::LatinHypercube, 10, 20),
            (Sampler::LatinHypercube, 3, 24),
        ] {
            let (all, some) = (sampler.points(3, more, 7), sampler.points(3, fewer, 7));
            assert_eq!(all[..fewer], some, "{}", sampler.name());
            let wider = sampler.points(4, fewer, 7);
            assert!((0..3).all(|d| column(&wider, d) == column(&some, d)), "a dimension leaves the others alone");
            assert_ne!(sampler.points(3, fewer, 8), some, "another seed, other points");
        }
    }

    /// One point in each of as many equal parts, on every side: of a Latin hypercube always,
    /// of Sobol's sequence at powers of two.
    #[test]
    fn every_side_has_a_point_in_each_part() {
        for (sampler, count) in
            [(Sampler::LatinHypercube, 7), (Sampler::LatinHypercube, 40), (Sampler::Sobol, 1), (Sampler::Sobol, 64)]
        {
            let points = sampler.points(40, count, 3);
            for dimension in 0..40 {
                let parts: BTreeSet<usize> =
                    column(&points, dimension).iter().map(|share| part_of(*share, count)).collect();
                assert_eq!(parts.len(), count, "{} of {count}, dimension {dimension}", sampler.name());
            }
        }
        let random = Sampler::Random.points(1, 64, 3);
        let parts: BTreeSet<usize> = column(&random, 0).iter().map(|share| part_of(*share, 64)).collect();
        assert!(parts.len() < 64, "random points leave parts empty");
    }

    /// The first two dimensions are a (0, 2)-sequence (Sobol' 1967): 64 points have one in
    /// every box of area 1/64, whatever its shape.
    #[test]
    fn two_dimensions_of_sobol_fill_every_box() {
        let points = Sampler::Sobol.points(2, 64, 11);
        for across in [1, 2, 4, 8, 16, 32, 64] {
            let boxes: BTreeSet<(usize, usize)> =
                points.iter().map(|p| (part_of(p[0], across), part_of(p[1], 64 / across))).collect();
            assert_eq!(boxes.len(), 64, "{across} by {}", 64 / across);
        }
    }

    /// The L2 star discrepancy (Warnock 1972), in six dimensions.
    #[test]
    fn sobol_is_more_even_than_chance() {
        let discrepancy = |sampler: Sampler, seed: u64| {
            let points = sampler.points(6, 256, seed);
            let n = points.len() as f64;
            let alone = |p: &Vec<f64>| p.iter().map(|x| (1.0 - x * x) / 2.0).product::<f64>();
            let both = |p: &Vec<f64>, q: &Vec<f64>| p.iter().zip(q).map(|(x, y)| 1.0 - x.max(*y)).product::<f64>();
            let pairs: f64 = points.iter().flat_map(|p| points.iter().map(move |q| both(p, q))).sum();
            let own: f64 = points.iter().map(alone).sum();
            libm::sqrt(libm::pow(3.0, -6.0) - 2.0 * own / n + pairs / n / n)
        };
        let mean = |sampler: Sampler| (0..8).map(|seed| discrepancy(sampler, seed)).sum::<f64>() / 8.0;
        let [random, sobol] = [Sampler::Random, Sampler::Sobol].map(mean);
        assert!(sobol < 0.6 * random, "{sobol} {random}");
    }

    #[test]
    fn what_there_are_no_points_for_is_said() {
        assert!(Sampler::Sobol.refusal(257, 1).unwrap().contains("at most 256 dimensions"));
        assert!(Sampler::Sobol.refusal(1, 65_537).unwrap().contains("at most 65536 points"));
        assert!(Sampler::Random.refusal(1000, 1_000_000).is_none() && Sampler::Sobol.refusal(256, 65_536).is_none());
        assert!(Sampler::LatinHypercube.points(2, 0, 1).is_empty());
    }
}
