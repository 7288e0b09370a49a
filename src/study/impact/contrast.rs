//! Pairs of runs as numbers to which Student's t test applies.
//!
//! Every hypothesis about a change, "none" or "so much of the base", becomes one
//! number for each pair whose mean is zero if it holds. So there is one test, the
//! one-sample t test over pairs, for all quantities and all hypotheses.

use super::metric::Yardstick;
use crate::study::statistics::{Mean, t_above, t_quantile};

/// What a side showed in one world and pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SideValue {
    /// The value itself, or the bytes of which so many came for each byte stored.
    pub(super) amount: f64,
    /// Of bytes: the bytes stored; else 1.
    pub(super) per: f64,
    /// All bytes on the wire.
    pub(super) wire: f64,
}

/// Base and change in one world and pair; nothing where a side has no value.
pub(super) type Both = [Option<SideValue>; 2];

/// The pairs of one quantity, worlds joined.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Contrast {
    units: Vec<PairContrast>,
    yardstick: Yardstick,
    /// Worlds and pairs in which a side has no value.
    pub(super) excluded: usize,
    /// Mean over worlds and pairs in which the base has a value, whatever the change
    /// does there; with [`Yardstick::Ratio`] the geometric one.
    pub(super) base: Option<f64>,
    /// The same of the change over the same worlds and pairs; nothing when it has no
    /// value in some of them, as a mean over others says nothing beside that.
    pub(super) change: Option<f64>,
    /// Whether there is no pair, and in one the change sent bytes for nothing stored.
    is_endless: bool,
}

/// One pair, worlds joined: see [`joined`].
#[derive(Debug, Clone, Copy, PartialEq)]
struct PairContrast {
    base: f64,
    /// The change less the base.
    difference: f64,
    /// What the difference is measured by.
    yardstick: f64,
}

/// Mean and its standard error.
#[derive(Debug, Clone, Copy)]
struct Estimated {
    mean: f64,
    error: f64,
}

impl Contrast {
    /// Of worlds, each with the same pairs.
    pub(super) fn new(worlds: &[Vec<Both>], yardstick: Yardstick) -> Contrast {
        let pairs = worlds.iter().map(Vec::len).max().unwrap_or(0);
        // No ratio to or of nothing.
        let usable = |value: &SideValue| yardstick != Yardstick::Ratio || value.amount > 0.0;
        let mut found = Contrast { units: vec![], yardstick, excluded: 0, base: None, change: None, is_endless: false };
        let (mut bases, mut missed) = (vec![], false);
        for pair in 0..pairs {
            let of_pair = worlds.iter().filter_map(|world| world.get(pair));
            let of_pair: Vec<Both> = of_pair.map(|both| both.map(|value| value.filter(usable))).collect();
            let own: Vec<SideValue> = of_pair.iter().filter_map(|[base, _]| *base).collect();
            let both: Vec<(SideValue, SideValue)> =
                of_pair.iter().filter_map(|[base, change]| base.zip(*change)).collect();
            let unit = PairContrast::of(&both, yardstick);
            let compared = if unit.is_some() { both.len() } else { 0 };
            found.excluded += worlds.len() - compared;
            found.is_endless |=
                unit.is_none() && both.iter().any(|(base, change)| base.per > 0.0 && change.amount > 0.0);
            missed |= compared < own.len();
            bases.extend(joined(&own, yardstick));
            found.units.extend(unit);
        }
        let plain = |mean: f64| if yardstick == Yardstick::Ratio { libm::exp(mean) } else { mean };
        found.is_endless &= found.units.is_empty();
        found.base = (!bases.is_empty()).then(|| plain(bases.iter().sum::<f64>() / bases.len() as f64));
        found.change =
            (!missed && !found.units.is_empty()).then(|| plain(found.mean(|unit| unit.base + unit.difference).mean));
        found
    }

    /// Pairs with a value in at least one world.
    pub(super) fn pairs(&self) -> usize {
        self.units.len()
    }

    /// Whether a change can be told, if only as one without end.
    pub(super) fn is_told(&self) -> bool {
        self.is_endless || !self.units.is_empty()
    }

    /// Whether there is nothing of it on either side.
    pub(super) fn is_absent(&self) -> bool {
        self.units.iter().all(|unit| unit.base == 0.0 && unit.difference == 0.0)
    }

    /// Whether both sides have the same value in every pair.
    pub(super) fn is_unchanged(&self) -> bool {
        self.units.iter().all(|unit| unit.difference == 0.0)
    }

    /// The change as people read it: less than zero is less. A share of the base,
    /// or the difference itself; infinite where the base has nothing, or where the
    /// change stored nothing for its bytes.
    pub(super) fn effect(&self) -> f64 {
        match self.yardstick {
            _ if self.is_endless => f64::INFINITY,
            Yardstick::Ratio => libm::expm1(self.mean(|unit| unit.difference).mean),
            Yardstick::One => self.mean(|unit| unit.difference).mean,
            Yardstick::Base | Yardstick::Traffic if self.is_absent() => 0.0,
            Yardstick::Base | Yardstick::Traffic => {
                self.mean(|unit| unit.difference).mean / self.mean(|unit| unit.base).mean
            }
        }
    }

    /// Whether the change is beyond `margin` either way: a share of what it is
    /// measured by.
    pub(super) fn beyond(&self, margin: f64) -> bool {
        let difference = self.mean(|unit| unit.difference).mean;
        match self.yardstick {
            _ if self.is_endless => true,
            Yardstick::Ratio => !(libm::log1p(-margin)..=libm::log1p(margin)).contains(&difference),
            _ => difference.abs() > margin * self.mean(|unit| unit.yardstick).mean,
        }
    }

    /// How far the pairs speak against a change of `share`, in standard errors:
    /// above zero the change is larger.
    pub(super) fn t(&self, share: f64) -> f64 {
        let Estimated { mean, error } = match self.yardstick {
            Yardstick::Ratio => {
                let mean = self.mean(|unit| unit.difference);
                Estimated { mean: mean.mean - libm::log1p(share), ..mean }
            }
            _ => self.mean(|unit| unit.difference - share * unit.yardstick),
        };
        match mean {
            0.0 => 0.0,
            _ => mean / error,
        }
    }

    /// The chance of so large a `t` or a larger one, if the change is what it was
    /// computed for. Needs two pairs.
    pub(super) fn above(&self, t: f64) -> f64 {
        match t {
            f64::INFINITY => 0.0,
            f64::NEG_INFINITY => 1.0,
            _ => t_above(t, self.units.len() as f64 - 1.0),
        }
    }

    /// The changes, as [`Contrast::effect`] tells them, that are not refuted at the
    /// two-sided level `alpha`; none where they have an end on one side only.
    /// Fieller (1954) for shares of a base that itself is uncertain.
    pub(super) fn interval(&self, alpha: f64) -> Option<(f64, f64)> {
        let degrees = self.units.len().checked_sub(1).filter(|degrees| *degrees > 0)?;
        let t = t_quantile(1.0 - 0.5 * alpha, degrees as f64);
        let difference = self.mean(|unit| unit.difference);
        let (low, high) = (difference.mean - t * difference.error, difference.mean + t * difference.error);
        match self.yardstick {
            Yardstick::Ratio => Some((libm::expm1(low), libm::expm1(high))),
            Yardstick::One => Some((low, high)),
            Yardstick::Base | Yardstick::Traffic => self.fieller(t),
        }
    }

    /// Where `difference - share * base` is within `t` standard errors of zero.
    fn fieller(&self, t: f64) -> Option<(f64, f64)> {
        if self.is_unchanged() {
            return (!self.is_absent()).then_some((0.0, 0.0));
        }
        let (base, difference) = (self.mean(|unit| unit.base), self.mean(|unit| unit.difference));
        let both = self.mean(|unit| unit.base + unit.difference);
        let square = |value: f64| value * value;
        let covariance = 0.5 * (square(both.error) - square(base.error) - square(difference.error));
        let a = square(base.mean) - square(t * base.error);
        let b = base.mean * difference.mean - t * t * covariance;
        let c = square(difference.mean) - square(t * difference.error);
        let root = libm::sqrt((b * b - a * c).max(0.0));
        (a > 0.0).then(|| ((b - root) / a, (b + root) / a))
    }

    fn mean(&self, of: impl Fn(&PairContrast) -> f64) -> Estimated {
        let values: Vec<f64> = self.units.iter().map(of).collect();
        let Mean { mean, variance } = Mean::of(&values);
        // Rounding is no spread.
        let size = values.iter().map(|value| value.abs()).fold(0.0, f64::max);
        let error = variance.sqrt();
        Estimated { mean, error: if error <= 1e-12 * size { 0.0 } else { error } }
    }
}

impl PairContrast {
    /// One pair in all worlds where both sides have a value; nothing without any.
    fn of(both: &[(SideValue, SideValue)], yardstick: Yardstick) -> Option<PairContrast> {
        let (bases, changes): (Vec<SideValue>, Vec<SideValue>) = both.iter().copied().unzip();
        let (base, change) = joined(&bases, yardstick).zip(joined(&changes, yardstick))?;
        let difference = match yardstick {
            Yardstick::Ratio => mean_of(both.iter().map(|(base, change)| libm::log(change.amount / base.amount))),
            _ => change - base,
        };
        let yardstick = match yardstick {
            Yardstick::Ratio | Yardstick::One => 1.0,
            Yardstick::Base => base,
            Yardstick::Traffic => {
                let wire: f64 = bases.iter().map(|value| value.wire).sum();
                base + wire / bases.iter().map(|value| value.per).sum::<f64>() / 200.0
            }
        };
        Some(PairContrast { base, difference, yardstick })
    }
}

/// One side of a pair in all its worlds: with [`Yardstick::Ratio`] the mean of
/// logarithms, of bytes all of them for each byte stored in any world. So bytes of a
/// world in which nothing was stored count. Nothing where nothing was stored at all.
fn joined(values: &[SideValue], yardstick: Yardstick) -> Option<f64> {
    let all = || values.iter();
    let joined = match yardstick {
        Yardstick::Ratio => mean_of(all().map(|value| libm::log(value.amount))),
        Yardstick::One => mean_of(all().map(|value| value.amount)),
        Yardstick::Base | Yardstick::Traffic => {
            all().map(|value| value.amount).sum::<f64>() / all().map(|value| value.per).sum::<f64>()
        }
    };
    (!values.is_empty() && joined.is_finite()).then_some(joined)
}

fn mean_of(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.sum::<f64>() / n
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One world of pairs (base, change), with ten bytes on the wire for each stored.
    fn one(yardstick: Yardstick, pairs: &[(f64, f64)]) -> Contrast {
        let value = |amount| Some(SideValue { amount, per: 1.0, wire: 10.0 });
        Contrast::new(&[pairs.iter().map(|(a, b)| [value(*a), value(*b)]).collect()], yardstick)
    }

    /// By hand: differences 1, 2, 3 of bases 10, 20, 30: mean 2, standard error
    /// sqrt(1/3); t = 2 / 0.57735 = 3.4641, above it 0.0371 at two degrees.
    #[test]
    fn the_paired_t_test() {
        let contrast = one(Yardstick::Base, &[(10.0, 11.0), (20.0, 22.0), (30.0, 33.0)]);
        assert!((contrast.t(0.0) - 3.464_101_6).abs() < 1e-6);
        assert!((contrast.above(contrast.t(0.0)) - 0.037_089_7).abs() < 1e-6);
        assert!((contrast.effect() - 0.1).abs() < 1e-12, "a tenth more in every pair");
        assert_eq!(contrast.t(0.1), 0.0, "which is exactly what they say");
        assert_eq!((contrast.base, contrast.change, contrast.pairs()), (Some(20.0), Some(22.0), 3));
    }

    /// The interval holds the changes that the test does not refute: at its ends
    /// t is the quantile.
    #[test]
    fn intervals_end_where_the_test_begins_to_refute() {
        let pairs = [(10.0, 11.5), (12.0, 12.1), (9.0, 10.2), (11.0, 11.9), (10.5, 11.0)];
        for yardstick in [Yardstick::Base, Yardstick::Ratio, Yardstick::One] {
            let contrast = one(yardstick, &pairs);
            let (low, high) = contrast.interval(0.05).unwrap();
            let t = t_quantile(0.975, 4.0);
            assert!(low < contrast.effect() && contrast.effect() < high);
            assert!((contrast.t(low) - t).abs() < 1e-9 && (contrast.t(high) + t).abs() < 1e-9, "{yardstick:?}");
        }
    }

    /// Halved and doubled are no change on the whole, in two worlds of which one
    /// takes a thousand times longer.
    #[test]
    fn ratios_of_all_worlds_count_alike() {
        let world = |a: f64, b: f64| {
            let value = |amount| Some(SideValue { amount, per: 1.0, wire: 1.0 });
            vec![[value(a), value(b)]; 3]
        };
        let contrast = Contrast::new(&[world(1.0, 2.0), world(2000.0, 1000.0)], Yardstick::Ratio);
        assert!(contrast.effect().abs() < 1e-12 && !contrast.beyond(0.02));
        let middle = libm::sqrt(2000.0);
        for mean in [contrast.base, contrast.change] {
            assert!((mean.unwrap() - middle).abs() < 1e-9, "geometric means");
        }
        let contrast = Contrast::new(&[world(1.0, 2.0), world(2000.0, 1000.0)], Yardstick::Base);
        assert!((contrast.effect() + 999.0 / 2001.0).abs() < 1e-12, "others add up");
    }

    #[test]
    fn a_class_is_measured_by_itself_and_a_little_of_the_wire() {
        // 10 B on the wire: 2 % of 10 / 200 is 0.001.
        let small = one(Yardstick::Traffic, &[(0.0, 0.0009), (0.0, 0.0009)]);
        assert!(!small.beyond(0.02) && small.effect() == f64::INFINITY);
        assert!(one(Yardstick::Traffic, &[(0.0, 0.0011), (0.0, 0.0011)]).beyond(0.02));
        assert!(!one(Yardstick::Traffic, &[(1.0, 1.0209), (1.0, 1.0209)]).beyond(0.02), "0.02 and 0.001");
        assert_eq!(small.interval(0.05), None, "no share of nothing");
    }

    /// What the change does not reach is left out of the difference, is counted, and
    /// moves no number of the base: 4 and 9 have the geometric mean 6.
    #[test]
    fn what_is_missing_is_counted_and_does_not_move_the_base() {
        let value = |amount| Some(SideValue { amount, per: 1.0, wire: 1.0 });
        let whole = vec![[value(4.0), value(5.0)]; 2];
        let other = |change| vec![[value(9.0), change]; 2];
        let contrast = |worlds: &[Vec<Both>]| Contrast::new(worlds, Yardstick::Ratio);
        let all = contrast(&[whole.clone(), other(value(9.0))]);
        let some = contrast(&[whole.clone(), other(None)]);
        assert_eq!((some.pairs(), some.excluded), (2, 2));
        assert!((some.effect() - 0.25).abs() < 1e-12);
        assert!(all.base == some.base && (some.base.unwrap() - 6.0).abs() < 1e-12, "{:?}", some.base);
        assert_eq!(some.change, None, "a mean over other pairs beside it would mislead");
        let fixed = contrast(&[whole, vec![[None, value(9.0)]; 2]]);
        assert!((fixed.base.unwrap() - 4.0).abs() < 1e-12 && (fixed.change.unwrap() - 5.0).abs() < 1e-12);
        let none = contrast(&[vec![[None; 2]; 2], vec![[None; 2]; 2]]);
        assert_eq!((none.pairs(), none.excluded, none.base), (0, 4, None));
        let zero = contrast(&[vec![[value(0.0), value(5.0)]]]);
        assert_eq!((zero.pairs(), zero.excluded), (0, 1), "no ratio to nothing");
    }

    /// 10 B for 10 stored in one world, 30 B for none in the other: 4 for each byte
    /// stored, as the sums say, and not 1.
    #[test]
    fn bytes_of_worlds_that_store_nothing_count() {
        let value = |amount, per| Some(SideValue { amount, per, wire: 0.0 });
        let worlds = [vec![[value(10.0, 10.0), value(10.0, 10.0)]; 2], vec![[value(10.0, 10.0), value(30.0, 0.0)]; 2]];
        let contrast = Contrast::new(&worlds, Yardstick::Base);
        assert_eq!((contrast.base, contrast.change, contrast.excluded), (Some(1.0), Some(4.0), 0));
        let alone = Contrast::new(&worlds[1..], Yardstick::Base);
        assert_eq!((alone.pairs(), alone.excluded, alone.base), (0, 2, Some(1.0)), "no share of nothing");
        assert!(alone.is_told() && alone.effect() == f64::INFINITY && alone.beyond(0.02));
    }
}
