//! The one definition of a quantile in all results.

/// The `p`-quantile of `values`, 0 to 1, interpolated between order statistics
/// (type 7 of Hyndman & Fan 1996, the default of R and NumPy); nothing when
/// there are no values.
pub fn quantile(values: &[f64], p: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile_of(sorted.len() as u64, p, |rank| sorted[rank as usize])
}

/// The same of `count` values of which `ranked` tells the one of each rank, from 0.
pub(super) fn quantile_of(count: u64, p: f64, ranked: impl Fn(u64) -> f64) -> Option<f64> {
    let last = count.checked_sub(1)?;
    let position = last as f64 * p.clamp(0.0, 1.0);
    let (below, part) = (position as u64, position.fract());
    let low = ranked(below);
    if part == 0.0 {
        return Some(low); // whatever comes above it, were it infinite
    }
    Some(low + part * (ranked(below + 1) - low))
}

/// The 0.5-quantile.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand after the definition of type 7: position `(n - 1) p` among the
    /// sorted values.
    #[test]
    fn is_of_type_7() {
        let values = [9.0, 1.0, 4.0, 16.0, 25.0];
        for (p, expected) in [(0.0, 1.0), (0.05, 1.6), (0.25, 4.0), (0.5, 9.0), (0.9, 21.4), (1.0, 25.0)] {
            let got = quantile(&values, p).unwrap();
            assert!((got - expected).abs() < 1e-12, "p = {p}: {got}");
        }
        assert_eq!(median(&[1.0, 2.0, 10.0, 20.0]), Some(6.0));
    }

    /// What was never reached is infinite and above all others.
    #[test]
    fn beside_an_infinite_value() {
        let unreached = f64::INFINITY;
        assert_eq!(median(&[1.0, 2.0, unreached]), Some(2.0));
        assert_eq!(median(&[1.0, 2.0, unreached, unreached]), Some(unreached));
        let twenty: Vec<f64> = (1..=20).map(f64::from).chain([unreached]).collect();
        assert_eq!(quantile(&twenty, 0.95), Some(20.0));
        assert_eq!(quantile(&twenty, 0.96), Some(unreached));
    }

    #[test]
    fn of_one_value_and_of_none() {
        assert_eq!(quantile(&[3.5], 0.95), Some(3.5));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
