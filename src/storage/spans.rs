//! How long very many things took, in memory that does not grow with them.
//!
//! Up to a million spans are kept one by one. Beyond that all are counted in bins of even width
//! within each power of two, as HdrHistogram has them: count and mean stay exact, and an order
//! statistic is off by half a bin at most, 0.2 % of itself.

/// Spans that are kept one by one; 4 MB.
const EXACT: usize = 1 << 20;

/// Bins to a power of two, as bits of the fraction of a number that tell them.
const BIN_BITS: u32 = 8;

/// Bits of a 32-bit number (IEEE 754) below those that tell its bin.
const BELOW: u32 = f32::MANTISSA_DIGITS - 1 - BIN_BITS;

/// How long many things took.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spans {
    count: u64,
    sum_s: f64,
    /// Each of them, in s; in order of size when sorted. None when there are bins.
    each: Vec<f32>,
    /// By the leading bits of the span: how many. None while each is kept.
    bins: Vec<u64>,
}

impl Spans {
    /// One more, of so many seconds, not below zero.
    pub fn add(&mut self, span_s: f64) {
        let span = span_s as f32;
        self.count += 1;
        self.sum_s += f64::from(span);
        if self.bins.is_empty() && self.each.len() < EXACT {
            self.each.push(span);
        } else {
            self.use_bins();
            self.bins[bin(span)] += 1;
        }
    }

    /// Those of `others` as well.
    pub fn append(&mut self, mut others: Spans) {
        self.count += others.count;
        self.sum_s += others.sum_s;
        if self.bins.is_empty() && others.bins.is_empty() && self.each.len() + others.each.len() <= EXACT {
            self.each.append(&mut others.each);
            return;
        }
        self.use_bins();
        others.use_bins();
        for (bin, of) in self.bins.iter_mut().zip(others.bins) {
            *bin += of;
        }
    }

    /// Puts those that are kept one by one in order of size.
    pub fn sort(&mut self) {
        self.each.sort_unstable_by(f32::total_cmp);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum, s.
    pub fn sum_s(&self) -> f64 {
        self.sum_s
    }

    /// The one of this rank in order of size, from 0 to less than [`Spans::count`], in s. They
    /// have to be sorted.
    pub fn ranked_s(&self, rank: u64) -> f64 {
        if self.bins.is_empty() {
            return f64::from(self.each[rank as usize]);
        }
        let mut below = 0;
        let reaches = |of: &u64| {
            below += of;
            below > rank
        };
        self.bins.iter().position(reaches).map_or(f64::NAN, middle)
    }

    fn use_bins(&mut self) {
        if self.bins.is_empty() {
            self.bins = vec![0; bin(f32::INFINITY) + 1];
            for span in std::mem::take(&mut self.each) {
                self.bins[bin(span)] += 1;
            }
        }
    }
}

/// The bin of a span: numbers that are not below zero are in the order of their bits.
fn bin(span: f32) -> usize {
    (span.max(0.0).to_bits() >> BELOW) as usize
}

/// The middle of a bin, s; of the one at zero zero.
fn middle(bin: usize) -> f64 {
    let edge = |bin: usize| f64::from(f32::from_bits((bin as u32) << BELOW));
    if bin == 0 { 0.0 } else { (edge(bin) + edge(bin + 1)) / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second to many years, as many in each decade, and some zeros.
    fn drawn(count: usize) -> Vec<f64> {
        let golden = 0.618_033_988_749_895;
        let span = |index: usize| {
            if index.is_multiple_of(50) { 0.0 } else { libm::pow(10.0, 9.0 * (index as f64 * golden).fract()) }
        };
        (0..count).map(span).collect()
    }

    #[test]
    fn few_are_kept_one_by_one() {
        let (values, mut spans) = (drawn(1000), Spans::default());
        values.iter().for_each(|value| spans.add(*value));
        spans.sort();
        let mut sorted: Vec<f32> = values.iter().map(|value| *value as f32).collect();
        sorted.sort_by(f32::total_cmp);
        let ranked: Vec<f32> = (0..1000).map(|rank| spans.ranked_s(rank) as f32).collect();
        assert_eq!(ranked, sorted);
        assert_eq!((spans.count(), spans.bins.len()), (1000, 0));
    }

    #[test]
    fn many_are_within_the_stated_error_and_their_mean_is_exact() {
        let mut values = drawn(EXACT + EXACT / 4);
        let mut spans = Spans::default();
        values.iter().for_each(|value| spans.add(*value));
        assert!(spans.each.is_empty() && spans.bins.len() < 1 << 17, "memory is bounded");
        let sum: f64 = values.iter().map(|value| f64::from(*value as f32)).sum();
        assert_eq!((spans.sum_s(), spans.count()), (sum, values.len() as u64));
        values.sort_by(f64::total_cmp);
        for rank in (0..values.len()).step_by(997).chain([values.len() - 1]) {
            let (exact, got) = (values[rank], spans.ranked_s(rank as u64));
            assert!(
                (got - exact).abs() <= exact * (0.5 / f64::from(1 << BIN_BITS) + 1e-6),
                "rank {rank}: {got}, {exact}"
            );
        }
    }

    /// In whatever parts they come, they are the same in the end.
    #[test]
    fn parts_make_the_whole() {
        let values = drawn(EXACT + 500);
        let of = |values: &[f64]| {
            let mut spans = Spans::default();
            values.iter().for_each(|value| spans.add(*value));
            spans
        };
        let whole = of(&values);
        for cut in [0, 300, EXACT / 2, EXACT + 100] {
            let mut parts = of(&values[..cut]);
            parts.append(of(&values[cut..]));
            assert_eq!((parts.count, &parts.bins), (whole.count, &whole.bins));
        }
        let (mut few, mut one) = (of(&values[..10]), of(&values[..20]));
        few.append(of(&values[10..20]));
        few.sort();
        one.sort();
        assert_eq!(few.each, one.each);
    }
}
