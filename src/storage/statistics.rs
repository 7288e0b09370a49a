//! Means and shares over histories, with their 95 % intervals.

/// Two-sided 95 % quantiles of Student's t by degrees of freedom; of what stands between two
/// the wider one counts.
const STUDENT: [(usize, f64); 12] = [
    (1, 12.706),
    (2, 4.303),
    (3, 3.182),
    (4, 2.776),
    (6, 2.447),
    (9, 2.262),
    (14, 2.145),
    (19, 2.093),
    (39, 2.023),
    (79, 1.990),
    (199, 1.972),
    (999, 1.962),
];

/// Student's quantile with so many degrees of freedom, at least one.
pub(super) fn student(degrees: usize) -> f64 {
    STUDENT.iter().take_while(|(known, _)| *known <= degrees).last().map_or(STUDENT[0].1, |(_, t)| *t)
}

/// The interval of the mean of `values`, of which none is below zero; nothing of a single one, or where
/// all are zero, which does not tell how rare others are.
pub(super) fn mean_interval(values: &[f64]) -> Option<(f64, f64)> {
    let n = values.len();
    let mean = values.iter().sum::<f64>() / n as f64;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let half = (n > 1 && mean > 0.0).then(|| student(n - 1) * (squares / (n as f64 - 1.0) / n as f64).sqrt())?;
    Some(((mean - half).max(0.0), mean + half))
}

/// The interval of a probability of which `hits` of `n` trials came true (Clopper and Pearson 1934): it
/// holds the probability at least as often as it says, however few trials there are.
pub(super) fn share_interval(hits: u64, n: u64) -> (f64, f64) {
    let low = if hits == 0 { 0.0 } else { solve(|p| at_most(n - hits, n, 1.0 - p) - TAIL) };
    let high = if hits == n { 1.0 } else { solve(|p| TAIL - at_most(hits, n, p)) };
    (low, high)
}

/// What a two-sided interval of 95 % leaves out at each end.
const TAIL: f64 = 0.025;

/// Where a function of a probability that grows with it is zero.
fn solve(of: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if of(middle) < 0.0 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The probability that of `n` trials at most `hits` come true, each with probability `p`.
fn at_most(hits: u64, n: u64, p: f64) -> f64 {
    let (yes, no) = (libm::log(p), libm::log1p(-p));
    let mut term = n as f64 * no;
    let mut sum = libm::exp(term);
    for k in 1..=hits {
        term += libm::log((n - k + 1) as f64 / k as f64) + yes - no;
        sum += libm::exp(term);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{Beta, ContinuousCDF, StudentsT};

    #[test]
    fn quantiles_are_those_of_the_books_or_wider() {
        for degrees in 1..2_000 {
            let book = StudentsT::new(0.0, 1.0, degrees as f64).unwrap().inverse_cdf(0.975);
            let ours = student(degrees);
            assert!(ours > book - 1e-3 && ours < book * 1.1, "{degrees}: {ours}, {book}");
        }
    }

    /// 15 of 20 as the books print it, 0.509 to 0.913; the ends are quantiles of beta distributions.
    #[test]
    fn a_share_has_the_interval_of_the_books() {
        let (low, high) = share_interval(15, 20);
        assert!((low - 0.509).abs() < 5e-4 && (high - 0.913).abs() < 5e-4, "{low} {high}");
        for (hits, n) in [(1, 3), (40, 300), (2990, 3000)] {
            let (low, high) = share_interval(hits, n);
            let end = |a: u64, b: u64, p| Beta::new(a as f64, b as f64).unwrap().inverse_cdf(p);
            assert!((low - end(hits, n - hits + 1, 0.025)).abs() < 1e-6, "{hits} of {n}");
            assert!((high - end(hits + 1, n - hits, 0.975)).abs() < 1e-6, "{hits} of {n}");
        }
        let (low, high) = share_interval(0, 1);
        assert!(low == 0.0 && (high - 0.975).abs() < 1e-9);
        assert_eq!(share_interval(0, 10).0, 0.0);
        assert_eq!(share_interval(10, 10).1, 1.0);
    }

    #[test]
    fn a_mean_has_an_interval_where_there_are_several_values() {
        assert_eq!(mean_interval(&[3.0]), None);
        let (low, high) = mean_interval(&[1.0, 2.0, 3.0]).unwrap();
        assert!((high - 2.0 - 4.303 / 3f64.sqrt()).abs() < 1e-12 && low == 0.0);
    }
}
