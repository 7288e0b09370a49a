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

/// The 95 % quantile of the normal distribution, two-sided.
const NORMAL: f64 = 1.959_963_984_540_054;

/// Student's quantile with so many degrees of freedom, at least one.
pub(super) fn student(degrees: usize) -> f64 {
    STUDENT.iter().take_while(|(known, _)| *known <= degrees).last().map_or(STUDENT[0].1, |(_, t)| *t)
}

/// The interval of the mean of `values`, of which none is below zero; nothing of a single one.
pub(super) fn mean_interval(values: &[f64]) -> Option<(f64, f64)> {
    let n = values.len();
    let mean = values.iter().sum::<f64>() / n as f64;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let half = (n > 1).then(|| student(n - 1) * (squares / (n as f64 - 1.0) / n as f64).sqrt())?;
    Some(((mean - half).max(0.0), mean + half))
}

/// The interval of a probability of which `hits` of `n` trials came true (Wilson 1927).
pub(super) fn share_interval(hits: u64, n: u64) -> (f64, f64) {
    let (hits, n) = (hits as f64, n as f64);
    let (share, z2) = (hits / n, NORMAL * NORMAL);
    let middle = share + z2 / (2.0 * n);
    let half = NORMAL * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let low = if hits == 0.0 { 0.0 } else { (middle - half) / (1.0 + z2 / n) };
    let high = if hits == n { 1.0 } else { (middle + half) / (1.0 + z2 / n) };
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{ContinuousCDF, StudentsT};

    #[test]
    fn quantiles_are_those_of_the_books_or_wider() {
        for degrees in 1..2_000 {
            let book = StudentsT::new(0.0, 1.0, degrees as f64).unwrap().inverse_cdf(0.975);
            let ours = student(degrees);
            assert!(ours > book - 1e-3 && ours < book * 1.1, "{degrees}: {ours}, {book}");
        }
    }

    /// 15 of 20: the interval of Wilson's paper as the books print it, 0.531 to 0.888.
    #[test]
    fn a_share_has_the_interval_of_the_books() {
        let (low, high) = share_interval(15, 20);
        assert!((low - 0.531).abs() < 5e-4 && (high - 0.888).abs() < 5e-4, "{low} {high}");
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
