//! One quantity on both sides.

use super::contrast::{Both, Contrast, SideValue};
use super::metric::ImpactMetric;
use super::verdict::{ImpactVerdict, judge};
use super::{ImpactRequest, SeenPairs, looks};
use crate::results::{Amount, Better, Observation};

/// One quantity on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct ImpactLine {
    /// The quantity.
    pub metric: ImpactMetric,
    /// Mean of the base over worlds and pairs in which it reached the quantity,
    /// whatever the change did there: of times, efficiency and queues the geometric
    /// one, of bytes all for each byte stored. Nothing where it never did.
    pub base: Option<f64>,
    /// The same of the change over the same worlds and pairs; nothing when it did not
    /// reach the quantity in some of them.
    pub change: Option<f64>,
    /// The change as a share of the base, or as a difference where
    /// [`ImpactMetric::is_difference`], over pairs with a value on both sides; below zero is
    /// less. Infinite where the base has none of it.
    pub effect: f64,
    /// Its interval at the level of the verdict; nothing where it has no end.
    pub interval: Option<(f64, f64)>,
    /// Where the worlds do not agree whether it is more or less, in place of the effect.
    pub range: Option<ImpactRange>,
    /// What can be said; nothing where no pair reached the quantity.
    pub verdict: Option<ImpactVerdict>,
    /// Pairs with a value on both sides.
    pub pairs: usize,
    /// Runs of a pair in a world with a value on both sides.
    pub included: usize,
    /// Those without.
    pub excluded: usize,
}

/// What worlds say that do not agree: one is beyond the margin below zero and
/// another above. Worlds with a value in fewer than half of their pairs are left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImpactRange {
    /// The least change of a world.
    pub low: f64,
    /// The largest; infinite where the base has none of it, or the change stored nothing.
    pub high: f64,
    /// Whether that is more than chance would do.
    pub is_sure: bool,
}

impl ImpactLine {
    /// Whether any pair has a value on both sides.
    pub fn is_reached(&self) -> bool {
        self.pairs > 0
    }

    /// Whether the change is surely for the worse.
    pub fn is_worse(&self) -> bool {
        match self.verdict {
            Some(ImpactVerdict::More) => self.metric.measure().better == Better::Less,
            Some(ImpactVerdict::Less) => self.metric.measure().better == Better::More,
            _ => false,
        }
    }

    /// Whether the change is surely for the better.
    pub fn is_better(&self) -> bool {
        matches!(self.verdict, Some(ImpactVerdict::Less | ImpactVerdict::More)) && !self.is_worse()
    }
}

/// What the worlds in `seen` show of `metrics`, each joined over them, judged as one
/// family.
pub(super) fn lines(seen: &[&[SeenPairs]], metrics: &[ImpactMetric], request: &ImpactRequest) -> Vec<ImpactLine> {
    let looks = looks(request.max_pairs);
    let alpha = (1.0 - request.confidence) / looks.len() as f64;
    let all = || seen.iter().flat_map(|worlds| metrics.iter().map(move |metric| (*metric, *worlds)));
    let contrasts: Vec<Contrast> = all().map(|(metric, worlds)| contrast(worlds, metric)).collect();
    let family: Vec<&Contrast> = contrasts.iter().filter(|contrast| contrast.pairs() > 0).collect();
    let mut judgements = judge(&family, request.margin, alpha).into_iter();
    let line = |((metric, worlds), contrast): ((ImpactMetric, &[SeenPairs]), &Contrast)| {
        let judgement = if contrast.pairs() > 0 { judgements.next() } else { None };
        let pairs = worlds.first().map_or(0, Vec::len);
        ImpactLine {
            metric,
            base: contrast.base,
            change: contrast.change,
            effect: if judgement.is_some() { contrast.effect() } else { 0.0 },
            interval: judgement.and_then(|judgement| judgement.interval),
            range: ImpactRange::of(worlds, metric, request.margin, alpha),
            verdict: judgement.map(|judgement| judgement.verdict.until_a_look(pairs, &looks)),
            pairs: contrast.pairs(),
            included: worlds.len() * pairs - contrast.excluded,
            excluded: contrast.excluded,
        }
    };
    all().zip(&contrasts).map(line).collect()
}

/// Whether no run of any world has any of `metric`.
pub(super) fn is_absent(seen: &[SeenPairs], metric: ImpactMetric) -> bool {
    contrast(seen, metric).is_absent()
}

fn contrast(worlds: &[SeenPairs], metric: ImpactMetric) -> Contrast {
    let measure = metric.measure();
    let value = |seen: &Option<Observation>| {
        let seen = seen.as_ref()?;
        let Amount { amount, per } = measure.amount(seen)?;
        Some(SideValue { amount, per, wire: seen.wire().unwrap_or(0.0) })
    };
    let pair = |[base, change]: &[Option<Observation>; 2]| -> Both {
        // A run that failed shows nothing, which is no failing of its side.
        if change.is_none() { [None, None] } else { [value(base), value(change)] }
    };
    let values: Vec<_> = worlds.iter().map(|world| world.iter().map(pair).collect()).collect();
    Contrast::new(&values, metric.yardstick())
}

impl ImpactRange {
    fn of(worlds: &[SeenPairs], metric: ImpactMetric, margin: f64, alpha: f64) -> Option<ImpactRange> {
        // What a few pairs of a world show is not what the world does.
        let mostly =
            |world: &SeenPairs, contrast: &Contrast| contrast.pairs() == 0 || 2 * contrast.pairs() >= world.len();
        let each = worlds.iter().map(|world| (world, contrast(std::slice::from_ref(world), metric)));
        let each = each.filter(|(world, contrast)| contrast.is_told() && mostly(world, contrast));
        let each: Vec<Contrast> = each.map(|(_, contrast)| contrast).collect();
        let level = alpha / each.len() as f64;
        let is_sure = |world: &Contrast| world.pairs() > 1 && 2.0 * world.above(world.t(0.0).abs()) <= level;
        let both = |is: &dyn Fn(&Contrast) -> bool| {
            let one = |sign: f64| each.iter().any(|w| w.effect() * sign > 0.0 && w.beyond(margin) && is(w));
            one(-1.0) && one(1.0)
        };
        let ends = each.iter().map(|world| (world.effect(), world.effect()));
        let (low, high) = ends.reduce(|(low, high), (effect, _)| (low.min(effect), high.max(effect)))?;
        both(&|_| true).then(|| ImpactRange { low, high, is_sure: both(&is_sure) })
    }
}
